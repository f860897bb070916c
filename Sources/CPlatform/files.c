#ifdef __linux__
#define _GNU_SOURCE
#endif

#include "CPlatform.h"

#include <sys/stat.h>

#ifdef __APPLE__
#define st_mtim st_mtimespec
#endif

void platform_modified(const void *status, int64_t *seconds, int64_t *nanoseconds) {
  const struct stat *file = status;
  *seconds = file->st_mtim.tv_sec;
  *nanoseconds = file->st_mtim.tv_nsec;
}

int platform_set_modified(int descriptor, int64_t seconds, int64_t nanoseconds) {
  struct timespec time = {.tv_sec = (time_t)seconds, .tv_nsec = (long)nanoseconds};
  const struct timespec times[] = {time, time};
  return futimens(descriptor, times);
}
