#include "CCurl.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// The part of curl.h, easy.h and multi.h that is used here. Numbers and layouts are libcurl's binary
// interface, which has not changed since `libcurl.so.4`.

typedef struct CURL CURL;
typedef struct CURLM CURLM;
struct curl_slist;

typedef struct {
  int msg;
  CURL *easy_handle;
  union {
    void *whatever;
    int result;
  } data;
} CURLMsg;

enum {
  CURLMSG_DONE = 1,
  CURL_GLOBAL_DEFAULT = 3,
  CURL_ERROR_SIZE = 256,
  CURL_HTTP_VERSION_1_1 = 2,
  CURL_SSLVERSION_TLSv1_2 = 6,
  CURLPROTO_HTTP_HTTPS = 1 | 2,

  CURLOPT_SSLVERSION = 32,
  CURLOPT_HTTP_VERSION = 84,
  CURLOPT_BUFFERSIZE = 98,
  CURLOPT_NOSIGNAL = 99,
  CURLOPT_PROTOCOLS = 181,
  CURLOPT_PATH_AS_IS = 234,
  CURLOPT_PROXY_SSLVERSION = 250,
  CURLOPT_SUPPRESS_CONNECT_HEADERS = 265,
  CURLOPT_UPLOAD_BUFFERSIZE = 280,
  CURLOPT_QUICK_EXIT = 322,
  CURLOPT_WRITEDATA = 10001,
  CURLOPT_READDATA = 10009,
  CURLOPT_ERRORBUFFER = 10010,
  CURLOPT_HTTPHEADER = 10023,
  CURLOPT_HEADERDATA = 10029,
  CURLOPT_PRIVATE = 10103,
  CURLOPT_SEEKDATA = 10168,
  CURLOPT_PREREQDATA = 10313,
  CURLOPT_PROTOCOLS_STR = 10318,
  CURLOPT_WRITEFUNCTION = 20011,
  CURLOPT_READFUNCTION = 20012,
  CURLOPT_HEADERFUNCTION = 20079,
  CURLOPT_SOCKOPTFUNCTION = 20148,
  CURLOPT_SEEKFUNCTION = 20167,
  CURLOPT_PREREQFUNCTION = 20312,

  CURLINFO_PRIVATE = 0x100000 + 21,
  CURLINFO_REQUEST_SIZE = 0x200000 + 12,
  CURLINFO_SIZE_UPLOAD_T = 0x600000 + 7,
  CURLINFO_SIZE_DOWNLOAD_T = 0x600000 + 8,
};

static struct {
  int (*global_init)(long);
  char *(*version)(void);
  CURL *(*easy_init)(void);
  void (*easy_cleanup)(CURL *);
  int (*easy_setopt)(CURL *, int, ...);
  int (*easy_getinfo)(CURL *, int, ...);
  const char *(*easy_strerror)(int);
  struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
  void (*slist_free_all)(struct curl_slist *);
  CURLM *(*multi_init)(void);
  int (*multi_cleanup)(CURLM *);
  int (*multi_add_handle)(CURLM *, CURL *);
  int (*multi_remove_handle)(CURLM *, CURL *);
  int (*multi_perform)(CURLM *, int *);
  int (*multi_poll)(CURLM *, void *, unsigned, int, int *);
  int (*multi_wakeup)(CURLM *);
  CURLMsg *(*multi_info_read)(CURLM *, int *);
} curl;

/// Why libcurl cannot be used; NULL when it can.
static const char *problem;

static const struct {
  const char *name;
  void *slot;
} functions[] = {
    {"curl_global_init", &curl.global_init},
    {"curl_version", &curl.version},
    {"curl_easy_init", &curl.easy_init},
    {"curl_easy_cleanup", &curl.easy_cleanup},
    {"curl_easy_setopt", &curl.easy_setopt},
    {"curl_easy_getinfo", &curl.easy_getinfo},
    {"curl_easy_strerror", &curl.easy_strerror},
    {"curl_slist_append", &curl.slist_append},
    {"curl_slist_free_all", &curl.slist_free_all},
    {"curl_multi_init", &curl.multi_init},
    {"curl_multi_cleanup", &curl.multi_cleanup},
    {"curl_multi_add_handle", &curl.multi_add_handle},
    {"curl_multi_remove_handle", &curl.multi_remove_handle},
    {"curl_multi_perform", &curl.multi_perform},
    {"curl_multi_poll", &curl.multi_poll},
    {"curl_multi_wakeup", &curl.multi_wakeup},
    {"curl_multi_info_read", &curl.multi_info_read},
};

static const char *const libraries[] = {
#ifdef __APPLE__
    "libcurl.4.dylib", "/usr/lib/libcurl.4.dylib",
#else
    "libcurl.so.4", "libcurl-gnutls.so.4",
#endif
};

static void load(void) {
  void *library = NULL;
  for (size_t i = 0; !library && i < sizeof libraries / sizeof *libraries; i++)
    library = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    problem = "libcurl is not installed";
    return;
  }
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    void *function = dlsym(library, functions[i].name);
    if (!function) {
      problem = "this libcurl is older than version 7.68";
      return;
    }
    memcpy(functions[i].slot, &function, sizeof function);
  }
  // OpenSSL would free everything it has at exit(3), under the hands of a transfer that still goes
  // on in its thread. 0x00080000 is OPENSSL_INIT_NO_ATEXIT (crypto.h); only the first call counts.
  int (*init_crypto)(uint64_t, const void *);
  void *function = dlsym(library, "OPENSSL_init_crypto");
  memcpy(&init_crypto, &function, sizeof function);
  if (function) init_crypto(0x00080000, NULL);
  if (curl.global_init(CURL_GLOBAL_DEFAULT) != 0) problem = "libcurl cannot be started";
}

const char *ccurl_load(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return problem;
}

const char *ccurl_version(void) { return curl.version(); }

ccurl_loop *ccurl_loop_create(void) { return (ccurl_loop *)curl.multi_init(); }

void ccurl_loop_destroy(ccurl_loop *loop) { curl.multi_cleanup((CURLM *)loop); }

struct ccurl_transfer {
  CURL *easy;
  struct curl_slist *headers;
  void *context;
  ccurl_callbacks callbacks;
  int prepares;
  char error[CURL_ERROR_SIZE];
};

int ccurl_loop_add(ccurl_loop *loop, ccurl_transfer *transfer) {
  return curl.multi_add_handle((CURLM *)loop, transfer->easy);
}

void ccurl_loop_remove(ccurl_loop *loop, ccurl_transfer *transfer) {
  curl.multi_remove_handle((CURLM *)loop, transfer->easy);
}

int ccurl_loop_advance(ccurl_loop *loop) {
  int running;
  return curl.multi_perform((CURLM *)loop, &running);
}

int ccurl_loop_wait(ccurl_loop *loop, int milliseconds) {
  return curl.multi_poll((CURLM *)loop, NULL, 0, milliseconds, NULL);
}

void ccurl_loop_wake(ccurl_loop *loop) { curl.multi_wakeup((CURLM *)loop); }

void *ccurl_loop_next_ended(ccurl_loop *loop, int *code) {
  int left;
  for (CURLMsg *message; (message = curl.multi_info_read((CURLM *)loop, &left));) {
    if (message->msg != CURLMSG_DONE) continue;
    *code = message->data.result;
    void *context = NULL;
    curl.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &context);
    return context;
  }
  return NULL;
}

// libcurl's own shapes of the callbacks.

static size_t read_body(char *buffer, size_t size, size_t count, void *data) {
  ccurl_transfer *transfer = data;
  return transfer->callbacks.read(transfer->context, buffer, size * count);
}

static int rewind_body(void *data, int64_t offset, int origin) {
  ccurl_transfer *transfer = data;
  // libcurl only knows SEEK_SET (CURLOPT_SEEKFUNCTION). 1 is CURL_SEEKFUNC_FAIL.
  return origin == 0 ? transfer->callbacks.rewind(transfer->context, offset) : 1;
}

static size_t write_body(char *bytes, size_t size, size_t count, void *data) {
  ccurl_transfer *transfer = data;
  return transfer->callbacks.write(transfer->context, bytes, size * count);
}

static size_t write_header(char *bytes, size_t size, size_t count, void *data) {
  ccurl_transfer *transfer = data;
  return transfer->callbacks.header(transfer->context, bytes, size * count);
}

static int prepare(void *data, char *peer, char *local, int peer_port, int local_port) {
  (void)peer, (void)local, (void)peer_port, (void)local_port;
  ccurl_transfer *transfer = data;
  return transfer->callbacks.prepare(transfer->context);
}

/// Programs that git-eb starts do not inherit the connections.
static int close_on_exec(void *data, int descriptor, int purpose) {
  (void)data, (void)purpose;
  fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  return 0;
}

/// The options that every transfer has; 0 or a CURLcode.
static int set_up(ccurl_transfer *transfer) {
  CURL *easy = transfer->easy;
  int code = 0;
  static const int data_options[] = {
      CURLOPT_READDATA, CURLOPT_SEEKDATA, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA};
  for (size_t i = 0; !code && i < sizeof data_options / sizeof *data_options; i++)
    code = curl.easy_setopt(easy, data_options[i], transfer);
  if (!code) code = curl.easy_setopt(easy, CURLOPT_READFUNCTION, read_body);
  if (!code) code = curl.easy_setopt(easy, CURLOPT_SEEKFUNCTION, rewind_body);
  if (!code) code = curl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, write_body);
  if (!code) code = curl.easy_setopt(easy, CURLOPT_HEADERFUNCTION, write_header);
  if (!code) code = curl.easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, close_on_exec);
  if (!code) code = curl.easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);

  static const struct {
    int option;
    long number;
  } numbers[] = {
      {CURLOPT_NOSIGNAL, 1},
      {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
      {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
      {CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
      // The path is what was signed.
      {CURLOPT_PATH_AS_IS, 1},
      {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
      {CURLOPT_BUFFERSIZE, 1 << 17},
      {CURLOPT_UPLOAD_BUFFERSIZE, 1 << 17},
  };
  for (size_t i = 0; !code && i < sizeof numbers / sizeof *numbers; i++)
    code = curl.easy_setopt(easy, numbers[i].option, numbers[i].number);
  if (code) return code;

  // Since 7.85; before, a mask of bits.
  code = curl.easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  if (code == CCURL_UNKNOWN_OPTION)
    code = curl.easy_setopt(easy, CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTP_HTTPS);
  if (code) return code;
  // Since 7.80.
  transfer->prepares = curl.easy_setopt(easy, CURLOPT_PREREQFUNCTION, prepare) == 0 &&
                       curl.easy_setopt(easy, CURLOPT_PREREQDATA, transfer) == 0;
  // Since 7.87: a name that is still looked up does not hold up the end of its transfer, and so not
  // all others; the thread that looks it up is left to itself.
  (void)curl.easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  return 0;
}

ccurl_transfer *ccurl_transfer_create(const ccurl_callbacks *callbacks) {
  ccurl_transfer *transfer = calloc(1, sizeof *transfer);
  if (!transfer) return NULL;
  transfer->callbacks = *callbacks;
  transfer->easy = curl.easy_init();
  if (transfer->easy && set_up(transfer) == 0) return transfer;
  ccurl_transfer_destroy(transfer);
  return NULL;
}

int ccurl_transfer_set_context(ccurl_transfer *transfer, void *context) {
  transfer->context = context;
  return curl.easy_setopt(transfer->easy, CURLOPT_PRIVATE, context);
}

void ccurl_transfer_destroy(ccurl_transfer *transfer) {
  if (transfer->easy) curl.easy_cleanup(transfer->easy);
  curl.slist_free_all(transfer->headers);
  free(transfer);
}

int ccurl_transfer_prepares(const ccurl_transfer *transfer) { return transfer->prepares; }

int ccurl_set_text(ccurl_transfer *transfer, enum ccurl_text option, const char *text) {
  return curl.easy_setopt(transfer->easy, (int)option, text);
}

int ccurl_set_number(ccurl_transfer *transfer, enum ccurl_number option, int64_t number) {
  // CURLOPTTYPE_OFF_T; below it are those that take a long.
  if ((int)option >= 30000) return curl.easy_setopt(transfer->easy, (int)option, number);
  return curl.easy_setopt(transfer->easy, (int)option, (long)number);
}

int ccurl_add_header(ccurl_transfer *transfer, const char *line) {
  struct curl_slist *longer = curl.slist_append(transfer->headers, line);
  if (!longer) return CCURL_OUT_OF_MEMORY;
  transfer->headers = longer;
  return curl.easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, longer);
}

ccurl_progress ccurl_transfer_progress(const ccurl_transfer *transfer) {
  ccurl_progress progress = {0};
  long request = 0;
  curl.easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &progress.sent);
  curl.easy_getinfo(transfer->easy, CURLINFO_SIZE_DOWNLOAD_T, &progress.received);
  curl.easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &request);
  progress.request = request;
  return progress;
}

const char *ccurl_transfer_reason(const ccurl_transfer *transfer, int code) {
  return transfer->error[0] ? transfer->error : curl.easy_strerror(code);
}
