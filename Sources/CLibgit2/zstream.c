// Inflating for libgit2's reading of packs. Linking libgit2 as an archive, these definitions stand in
// for its own member, which knows only zlib. Where libgit2 is a shared library they are never
// reached. Names and layout as in libgit2 1.5 (src/util/zstream.h).
#include "CLibgit2.h"
#include "inflate.h"
#include <limits.h>
#include <stdbool.h>
#include <zlib.h>

typedef struct {
  z_stream z;
  int type;
  const unsigned char *in;
  size_t in_len;
  int flush;
  int zerr;
} git_zstream;

#if defined(__LP64__)
_Static_assert(
    sizeof(git_zstream) == 144 && offsetof(git_zstream, in_len) == 128 &&
        offsetof(git_zstream, zerr) == 140,
    "not the stream of libgit2 1.5");
#endif

enum { TYPE_INFLATE, TYPE_DEFLATE };

// Of a delta libgit2 wants this many bytes to learn the sizes in it: inflating it whole is in vain.
#define DELTA_HEADER 16

int git_zstream_init(git_zstream *stream, int type);
void git_zstream_free(git_zstream *stream);
void git_zstream_reset(git_zstream *stream);
int git_zstream_set_input(git_zstream *stream, const void *in, size_t size);
bool git_zstream_done(git_zstream *stream);
bool git_zstream_eos(git_zstream *stream);
size_t git_zstream_suggest_output_len(git_zstream *stream);
int git_zstream_get_output_chunk(void *out, size_t *size, git_zstream *stream);
int git_zstream_get_output(void *out, size_t *size, git_zstream *stream);
int git_zstream_deflatebuf(void *out, const void *in, size_t size);
int git_zstream_inflatebuf(void *out, const void *in, size_t size);

static int fail(const char *message) {
  git_error_set_str(GIT_ERROR_ZLIB, message);
  return GIT_ERROR;
}

/// zlib itself is started only where it is wanted; `z.state` tells.
int git_zstream_init(git_zstream *stream, int type) {
  *stream = (git_zstream){.type = type};
  return 0;
}

static int start(git_zstream *stream) {
  int result = stream->type == TYPE_INFLATE ? inflateInit(&stream->z)
                                            : deflateInit(&stream->z, Z_DEFAULT_COMPRESSION);
  return result == Z_OK ? 0 : fail("out of memory");
}

void git_zstream_free(git_zstream *stream) {
  if (stream->z.state == NULL) return;
  if (stream->type == TYPE_INFLATE)
    inflateEnd(&stream->z);
  else
    deflateEnd(&stream->z);
  stream->z.state = NULL;
}

void git_zstream_reset(git_zstream *stream) {
  git_zstream_free(stream);
  *stream = (git_zstream){.type = stream->type, .zerr = Z_STREAM_END};
}

int git_zstream_set_input(git_zstream *stream, const void *in, size_t size) {
  stream->in = in;
  stream->in_len = size;
  stream->zerr = Z_OK;
  return 0;
}

bool git_zstream_eos(git_zstream *stream) { return stream->zerr == Z_STREAM_END; }

bool git_zstream_done(git_zstream *stream) {
  return stream->in_len == 0 && git_zstream_eos(stream);
}

size_t git_zstream_suggest_output_len(git_zstream *stream) {
  const size_t least = 8, most = 1 << 20;
  return stream->in_len < least ? least : stream->in_len > most ? most : stream->in_len;
}

int git_zstream_get_output_chunk(void *out, size_t *size, git_zstream *stream) {
  if (stream->z.state == NULL) {
    size_t used, made;
    if (stream->z.total_in > 0) {
      stream->zerr = Z_STREAM_END;
      *size = 0;
      return 0;
    }
    if (stream->type == TYPE_INFLATE && *size > DELTA_HEADER &&
        libgit2_inflate_whole(stream->in, stream->in_len, out, *size, &used, &made) == 0) {
      stream->in += used;
      stream->in_len -= used;
      stream->z.total_in = used;  // for what asks again after the end
      stream->flush = Z_FINISH;
      stream->zerr = Z_STREAM_END;
      *size = made;
      return 0;
    }
    if (start(stream) < 0) return GIT_ERROR;
  }
  uInt input = stream->in_len > UINT_MAX ? UINT_MAX : (uInt)stream->in_len;
  uInt room = *size > UINT_MAX ? UINT_MAX : (uInt)*size;
  stream->flush = input == stream->in_len ? Z_FINISH : Z_NO_FLUSH;
  stream->z.next_in = (unsigned char *)stream->in;
  stream->z.avail_in = input;
  stream->z.next_out = out;
  stream->z.avail_out = room;
  stream->zerr = stream->type == TYPE_INFLATE ? inflate(&stream->z, stream->flush)
                                              : deflate(&stream->z, stream->flush);
  // Z_BUF_ERROR: more input or more room is wanted.
  if (stream->zerr != Z_OK && stream->zerr != Z_STREAM_END && stream->zerr != Z_BUF_ERROR)
    return fail(stream->z.msg != NULL ? stream->z.msg : "broken zlib stream");
  stream->in += input - stream->z.avail_in;
  stream->in_len -= input - stream->z.avail_in;
  *size = room - stream->z.avail_out;
  return 0;
}

int git_zstream_get_output(void *out, size_t *size, git_zstream *stream) {
  if (stream->in_len > 0 && git_zstream_eos(stream)) return fail("bytes after the zlib stream");
  unsigned char *end = (unsigned char *)out;
  size_t room = *size;
  while (room > 0 && !git_zstream_eos(stream)) {
    size_t made = room;
    if (git_zstream_get_output_chunk(end, &made, stream) < 0) return GIT_ERROR;
    if (made == 0 && stream->zerr == Z_BUF_ERROR) return fail("the zlib stream ends too soon");
    end += made;
    room -= made;
  }
  *size -= room;
  return 0;
}

// What only binary patches and the writing of packs want, which git-eb never asks for.

int git_zstream_deflatebuf(void *out, const void *in, size_t size) {
  (void)out, (void)in, (void)size;
  return fail("deflating is left out");
}

int git_zstream_inflatebuf(void *out, const void *in, size_t size) {
  (void)out, (void)in, (void)size;
  return fail("inflating is left out");
}
