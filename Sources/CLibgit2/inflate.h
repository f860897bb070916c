// Internal to this target.
#pragma once
#include <stddef.h>

/// Inflates a whole zlib stream from memory with libdeflate, which takes half the time of zlib but
/// cannot stop and go on. Returns 0, or -1 where zlib has to be asked: the input ends too soon, the
/// output is too small, or the stream is broken.
int libgit2_inflate_whole(
    const void *in, size_t in_size, void *out, size_t out_size, size_t *used, size_t *made);
