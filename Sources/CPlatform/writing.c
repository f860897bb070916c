#define _GNU_SOURCE
#include "CPlatform.h"
#include <fcntl.h>

void platform_begin_writing_back(int descriptor) {
#ifdef __linux__
  sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
#else
  (void)descriptor;
#endif
}
