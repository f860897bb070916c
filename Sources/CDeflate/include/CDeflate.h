#pragma once
#include <libdeflate.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

/// Finds the header of the last block of a raw deflate stream and the end of that block, both
/// counted in bits. Returns 0, or -1 where the stream is broken.
int cdeflate_last_block(const void *bytes, size_t size, size_t *start, size_t *end);
