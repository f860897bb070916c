// Loose objects, read only.
//
// libgit2 1.5's own backend spins for ever on a loose object that ends too soon, which is what a
// power cut leaves. This one tells it, and cannot write.
#include "CLibgit2.h"
#include "inflate.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

// The longest header is "commit", a space, twenty digits and a zero byte.
#define HEADER_MAX 32
// Holds the header, deflated as any program does it.
#define HEADER_FILE_MAX 1024
// Above this a file is mapped. Mapping is dear where several threads do it.
#define READ_MAX (256 << 10)

typedef struct {
  git_odb_backend parent;
  char *directory;
} loose_backend;

/// A loose object in memory, with the inflating of it under way.
typedef struct {
  unsigned char *file;
  int is_mapped;
  size_t size, fed;
  z_stream stream;
  unsigned char head[HEADER_MAX];
  // What of `head` is there, and how much of it is the header.
  size_t head_count, header_count;
  git_object_t type;
  size_t length;
} loose_object;

static int fail(int area, const char *message) {
  git_error_set_str(area, message);
  return GIT_ERROR;
}

static char *object_path(const git_odb_backend *backend, const char *hex, size_t count) {
  const char *directory = ((const loose_backend *)backend)->directory;
  size_t length = strlen(directory) + GIT_OID_HEXSZ + 3;
  char *path = malloc(length);
  if (path == NULL) return NULL;
  if (count > 2)
    snprintf(path, length, "%s/%.2s/%.*s", directory, hex, (int)count - 2, hex + 2);
  else
    snprintf(path, length, "%s/%.2s", directory, hex);
  return path;
}

static char *path_of(const git_odb_backend *backend, const git_oid *id) {
  char hex[GIT_OID_HEXSZ + 1];
  git_oid_tostr(hex, sizeof hex, id);
  return object_path(backend, hex, GIT_OID_HEXSZ);
}

/// Inflates until `output` is full or the object ends. Returns zlib's last word.
static int inflate_some(loose_object *object, unsigned char *output, size_t wanted, size_t *made) {
  int result = Z_OK;
  *made = 0;
  while (*made < wanted && result == Z_OK) {
    size_t rest = object->size - object->fed, room = wanted - *made;
    uInt input = rest > UINT_MAX ? UINT_MAX : (uInt)rest;
    uInt space = room > UINT_MAX ? UINT_MAX : (uInt)room;
    object->stream.next_in = object->file + object->fed;
    object->stream.avail_in = input;
    object->stream.next_out = output + *made;
    object->stream.avail_out = space;
    result = inflate(&object->stream, Z_NO_FLUSH);
    object->fed += input - object->stream.avail_in;
    *made += space - object->stream.avail_out;
  }
  return result;
}

/// `type SP size NUL`.
static int parse_header(loose_object *object) {
  const unsigned char *end = memchr(object->head, 0, object->head_count);
  const unsigned char *space = memchr(object->head, ' ', object->head_count);
  if (end == NULL || space == NULL || space >= end) return -1;
  char name[HEADER_MAX] = {0};
  memcpy(name, object->head, (size_t)(space - object->head));
  object->type = git_object_string2type(name);
  if (object->type < GIT_OBJECT_COMMIT || object->type > GIT_OBJECT_TAG) return -1;
  if (space + 1 == end) return -1;
  size_t length = 0;
  for (const unsigned char *digit = space + 1; digit < end; digit++) {
    if (*digit < '0' || *digit > '9' || length > (SIZE_MAX - 10) / 10) return -1;
    length = length * 10 + (size_t)(*digit - '0');
  }
  object->length = length;
  object->header_count = (size_t)(end - object->head) + 1;
  return 0;
}

static void free_file(loose_object *object) {
  if (object->is_mapped)
    munmap(object->file, object->size);
  else
    free(object->file);
}

static void close_object(loose_object *object) {
  inflateEnd(&object->stream);
  free_file(object);
}

/// Brings the file into memory. Returns 0, or what errno says.
static int read_file(loose_object *object, int file) {
  object->is_mapped = object->size > READ_MAX;
  if (object->is_mapped) {
    object->file = mmap(NULL, object->size, PROT_READ, MAP_PRIVATE, file, 0);
    return object->file == MAP_FAILED ? errno : 0;
  }
  object->file = malloc(object->size);
  if (object->file == NULL) return ENOMEM;
  size_t filled = 0;
  while (filled < object->size) {
    ssize_t count = read(file, object->file + filled, object->size - filled);
    if (count == 0) break;
    if (count < 0 && errno != EINTR) {
      int reason = errno;
      free(object->file);
      return reason;
    }
    if (count > 0) filled += (size_t)count;
  }
  object->size = filled;
  return 0;
}

/// Opens an object, of whose file at most `wanted` bytes matter, and reads its header. To be closed
/// only after 0.
static int open_object(
    loose_object *object, const git_odb_backend *backend, const git_oid *id, size_t wanted) {
  memset(object, 0, sizeof *object);
  char *path = path_of(backend, id);
  if (path == NULL) return fail(GIT_ERROR_NOMEMORY, "out of memory");
  int file = open(path, O_RDONLY | O_CLOEXEC);
  free(path);
  if (file < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return GIT_ENOTFOUND;
    return fail(GIT_ERROR_OS, strerror(errno));
  }
  struct stat status;
  if (fstat(file, &status) != 0) {
    int reason = errno;
    close(file);
    return fail(GIT_ERROR_OS, strerror(reason));
  }
  if (status.st_size == 0) {
    close(file);
    return fail(GIT_ERROR_ZLIB, "the object file is empty");
  }
  object->size = (size_t)status.st_size < wanted ? (size_t)status.st_size : wanted;
  int reason = read_file(object, file);
  close(file);
  if (reason != 0) return fail(GIT_ERROR_OS, strerror(reason));
  if (inflateInit(&object->stream) != Z_OK) {
    free_file(object);
    return fail(GIT_ERROR_NOMEMORY, "out of memory");
  }
  inflate_some(object, object->head, sizeof object->head, &object->head_count);
  if (parse_header(object) != 0) {
    close_object(object);
    return fail(GIT_ERROR_ZLIB, "the object file is broken: no header");
  }
  return 0;
}

static int loose_read_header(
    size_t *length, git_object_t *type, git_odb_backend *backend, const git_oid *id) {
  loose_object object;
  int result = open_object(&object, backend, id, HEADER_FILE_MAX);
  if (result < 0) return result;
  *length = object.length;
  *type = object.type;
  close_object(&object);
  return 0;
}

static int loose_read(
    void **data, size_t *length, git_object_t *type, git_odb_backend *backend, const git_oid *id) {
  loose_object object;
  int result = open_object(&object, backend, id, SIZE_MAX);
  if (result < 0) return result;
  size_t known = object.head_count - object.header_count, whole = object.header_count;
  unsigned char *bytes = NULL;
  // The header stands in front until the end. One byte more than there should be: what is wrong at
  // the end comes with it.
  if (known <= object.length && object.length < SIZE_MAX - HEADER_MAX) {
    whole += object.length;
    bytes = git_odb_backend_data_alloc(backend, whole + 1);
  }
  if (bytes == NULL) {
    close_object(&object);
    return fail(GIT_ERROR_ZLIB, "the object file is broken: wrong size");
  }
  size_t used, made;
  int is_whole = 1;
  if (libgit2_inflate_whole(object.file, object.size, bytes, whole + 1, &used, &made) != 0) {
    memcpy(bytes, object.head, object.head_count);
    size_t rest = whole + 1 - object.head_count;
    is_whole = inflate_some(&object, bytes + object.head_count, rest, &made) == Z_STREAM_END;
    made += object.head_count;
  }
  is_whole = is_whole && made == whole;
  close_object(&object);
  if (!is_whole) {
    git_odb_backend_data_free(backend, bytes);
    return fail(GIT_ERROR_ZLIB, "the object file is broken: it ends too soon or too late");
  }
  memmove(bytes, bytes + object.header_count, object.length);
  bytes[object.length] = 0;
  *data = bytes;
  *length = object.length;
  *type = object.type;
  return 0;
}

static int loose_exists(git_odb_backend *backend, const git_oid *id) {
  char *path = path_of(backend, id);
  int exists = path != NULL && access(path, F_OK) == 0;
  free(path);
  return exists;
}

static int loose_exists_prefix(
    git_oid *found, git_odb_backend *backend, const git_oid *prefix, size_t count) {
  char hex[GIT_OID_HEXSZ + 1];
  git_oid_tostr(hex, sizeof hex, prefix);
  if (count < 2 || count > GIT_OID_HEXSZ) return GIT_ENOTFOUND;
  char *path = object_path(backend, hex, 2);
  DIR *directory = path == NULL ? NULL : opendir(path);
  free(path);
  if (directory == NULL) return GIT_ENOTFOUND;
  int matches = 0;
  errno = 0;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL; errno = 0) {
    if (strlen(entry->d_name) != GIT_OID_HEXSZ - 2) continue;
    if (strncmp(entry->d_name, hex + 2, count - 2) != 0) continue;
    char whole[GIT_OID_HEXSZ + 1];
    memcpy(whole, hex, 2);
    memcpy(whole + 2, entry->d_name, GIT_OID_HEXSZ - 1);
    if (git_oid_fromstr(found, whole) == 0) matches++;
  }
  int error = errno;
  closedir(directory);
  // What could not be read may hold another one of that beginning.
  if (error != 0) return fail(GIT_ERROR_OS, strerror(error));
  return matches == 0 ? GIT_ENOTFOUND : matches == 1 ? 0 : GIT_EAMBIGUOUS;
}

static int loose_read_prefix(
    git_oid *found, void **data, size_t *length, git_object_t *type, git_odb_backend *backend,
    const git_oid *prefix, size_t count) {
  int result = loose_exists_prefix(found, backend, prefix, count);
  return result < 0 ? result : loose_read(data, length, type, backend, found);
}

static void loose_free(git_odb_backend *backend) {
  free(((loose_backend *)backend)->directory);
  free(backend);
}

int libgit2_loose_backend(git_odb_backend **out, const char *objects_directory) {
  loose_backend *backend = calloc(1, sizeof *backend);
  char *directory = strdup(objects_directory);
  if (backend == NULL || directory == NULL ||
      git_odb_init_backend(&backend->parent, GIT_ODB_BACKEND_VERSION) < 0) {
    free(backend);
    free(directory);
    return fail(GIT_ERROR_NOMEMORY, "out of memory");
  }
  backend->directory = directory;
  backend->parent.read = loose_read;
  backend->parent.read_prefix = loose_read_prefix;
  backend->parent.read_header = loose_read_header;
  backend->parent.exists = loose_exists;
  backend->parent.exists_prefix = loose_exists_prefix;
  backend->parent.free = loose_free;
  *out = &backend->parent;
  return 0;
}
