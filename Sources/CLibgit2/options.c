#include "CLibgit2.h"

int libgit2_set_size(int option, size_t size) { return git_libgit2_opts(option, size); }

int libgit2_set_flag(int option, int enabled) { return git_libgit2_opts(option, enabled); }

int libgit2_set_search_path(git_config_level_t level, const char *path) {
  return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, (int)level, path);
}

int libgit2_set_extensions(void) {
  // None of these changes how objects, references or the index are read. `objectformat` and
  // `refstorage` do, unless they name what is the default: the Swift side has looked at their
  // values by the time libgit2 sees them.
  static const char *extensions[] = {
      "objectformat",   "refstorage",        "worktreeconfig", "partialclone",
      "preciousobjects", "relativeworktrees",
  };
  return git_libgit2_opts(
      GIT_OPT_SET_EXTENSIONS, extensions, sizeof extensions / sizeof *extensions);
}
