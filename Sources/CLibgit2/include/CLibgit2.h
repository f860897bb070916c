#pragma once
#include <git2.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>
#include <git2/sys/transport.h>

// git_libgit2_opts() is variadic, which Swift cannot call: one function for each shape of argument.

/// git_libgit2_opts(option, size).
int libgit2_set_size(int option, size_t size);

/// git_libgit2_opts(option, enabled).
int libgit2_set_flag(int option, int enabled);

/// git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, path).
int libgit2_set_search_path(git_config_level_t level, const char *path);

/// git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, …): every extension of a repository that git-eb can live
/// with, named in `options.c`.
int libgit2_set_extensions(void);

/// A backend that reads the loose objects of a directory and tells a broken one, which libgit2's own
/// does not. Owned by the database that it is added to.
int libgit2_loose_backend(git_odb_backend **out, const char *objects_directory);
