#define __STDC_WANT_LIB_EXT1__ 1
#define _DEFAULT_SOURCE
#include "CPlatform.h"

#include <string.h>
#include <sys/resource.h>

void platform_wipe(void *bytes, size_t count) {
#ifdef __APPLE__
  memset_s(bytes, count, 0, count);
#else
  explicit_bzero(bytes, count);
#endif
}

void platform_disable_core_dumps(void) {
  const struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
}
