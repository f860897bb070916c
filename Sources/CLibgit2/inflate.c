// One libdeflate decompressor for each thread that reads objects.
#include "inflate.h"
#include <libdeflate.h>
#include <pthread.h>

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int has_key;

static void free_decompressor(void *decompressor) { libdeflate_free_decompressor(decompressor); }

static void make_key(void) { has_key = pthread_key_create(&key, free_decompressor) == 0; }

static struct libdeflate_decompressor *decompressor_of_thread(void) {
  pthread_once(&once, make_key);
  if (!has_key) return NULL;
  struct libdeflate_decompressor *decompressor = pthread_getspecific(key);
  if (decompressor == NULL) {
    decompressor = libdeflate_alloc_decompressor();
    if (decompressor != NULL && pthread_setspecific(key, decompressor) != 0) {
      libdeflate_free_decompressor(decompressor);
      decompressor = NULL;
    }
  }
  return decompressor;
}

int libgit2_inflate_whole(
    const void *in, size_t in_size, void *out, size_t out_size, size_t *used, size_t *made) {
  struct libdeflate_decompressor *decompressor = decompressor_of_thread();
  if (decompressor == NULL) return -1;
  return libdeflate_zlib_decompress_ex(decompressor, in, in_size, out, out_size, used, made) ==
                 LIBDEFLATE_SUCCESS
             ? 0
             : -1;
}
