#pragma once

#include <stddef.h>
#include <stdint.h>

/// What git-eb needs of libcurl, which is loaded when it is first used: its start takes longer than
/// most commands do. curl's own headers are not needed, and no function here is variadic, which
/// Swift could not call.
///
/// A loop and its transfers belong to one thread; only `ccurl_loop_wake` may be called from others.

/// Several transfers at once, and the connections that they leave open for the next ones.
typedef struct ccurl_loop ccurl_loop;

/// One request and its answer.
typedef struct ccurl_transfer ccurl_transfer;

/// Loads libcurl. Returns NULL, or why there is none, in words that stay valid.
const char *ccurl_load(void);

/// What libcurl says of itself, such as `libcurl/7.88.1 OpenSSL/3.0.19 zlib/1.2.13`.
const char *ccurl_version(void);

/// NULL when there is no memory, or no descriptor, left. `ccurl_load` comes first.
ccurl_loop *ccurl_loop_create(void);

/// Closes all connections. The loop has no transfers any more.
void ccurl_loop_destroy(ccurl_loop *loop);

/// Starts a transfer. Returns 0 or a CURLMcode.
int ccurl_loop_add(ccurl_loop *loop, ccurl_transfer *transfer);

/// Takes a transfer out, ended or not. A connection in use is closed.
void ccurl_loop_remove(ccurl_loop *loop, ccurl_transfer *transfer);

/// Does what can be done without waiting. Returns 0 or a CURLMcode.
int ccurl_loop_advance(ccurl_loop *loop);

/// Waits until there is something to do, at most so long. Returns 0 or a CURLMcode.
int ccurl_loop_wait(ccurl_loop *loop, int milliseconds);

/// Ends the wait that goes on, or else the next one. Any thread may call it.
void ccurl_loop_wake(ccurl_loop *loop);

/// The context of a transfer that has ended, and its CURLcode; NULL when there is none. Each one is
/// told once, and has to be removed before the next call.
void *ccurl_loop_next_ended(ccurl_loop *loop, int *code);

/// What a transfer asks and tells while `ccurl_loop_advance` runs.
typedef struct ccurl_callbacks {
  /// Fills `buffer` with the next bytes of the body; CCURL_ABORT ends the transfer.
  size_t (*read)(void *context, void *buffer, size_t capacity);
  /// The body is sent again from `offset`. Returns 0, or 1 to end the transfer.
  int (*rewind)(void *context, int64_t offset);
  /// Bytes of the answer's body. Returns `count`, anything else ends the transfer.
  size_t (*write)(void *context, const void *bytes, size_t count);
  /// A line of the answer's head with its line end, the status line and the empty line too. Returns
  /// `count`, anything else ends the transfer.
  size_t (*header)(void *context, const void *bytes, size_t count);
  /// There is a connection, and the request goes out next, for the second time when the first
  /// connection broke without an answer. Returns 0, or 1 to end the transfer.
  int (*prepare)(void *context);
} ccurl_callbacks;

/// CURL_READFUNC_ABORT (curl.h).
#define CCURL_ABORT ((size_t)0x10000000)

/// NULL when there is no memory.
ccurl_transfer *ccurl_transfer_create(const ccurl_callbacks *callbacks);

/// What the callbacks and `ccurl_loop_next_ended` are given. Set it before the transfer is started.
/// Returns 0 or a CURLcode.
int ccurl_transfer_set_context(ccurl_transfer *transfer, void *context);

/// The transfer is in no loop any more.
void ccurl_transfer_destroy(ccurl_transfer *transfer);

/// 1 when `prepare` is called, 0 when this libcurl is older than 7.80 and cannot.
int ccurl_transfer_prepares(const ccurl_transfer *transfer);

/// The numbers are curl.h's, which are part of its stable interface.
enum ccurl_text {
  CCURL_URL = 10002,
  CCURL_USERAGENT = 10018,
  CCURL_CUSTOMREQUEST = 10036,
  CCURL_CAINFO = 10065,
  CCURL_CAPATH = 10097,
  CCURL_PROXY_CAINFO = 10246,
  CCURL_PROXY_CAPATH = 10247,
};

/// The text is copied; NULL puts the option out of use. Returns 0 or a CURLcode.
int ccurl_set_text(ccurl_transfer *transfer, enum ccurl_text option, const char *text);

enum ccurl_number {
  CCURL_NOBODY = 44,
  CCURL_UPLOAD = 46,
  CCURL_CONNECTTIMEOUT_MS = 156,
  CCURL_EXPECT_100_TIMEOUT_MS = 227,
  CCURL_INFILESIZE_LARGE = 30115,
};

/// Returns 0 or a CURLcode.
int ccurl_set_number(ccurl_transfer *transfer, enum ccurl_number option, int64_t number);

/// Adds a line `Name: value`. Returns 0 or a CURLcode.
int ccurl_add_header(ccurl_transfer *transfer, const char *line);

/// How far a transfer has come.
typedef struct ccurl_progress {
  /// Bytes of the body that were sent, since the body's beginning.
  int64_t sent;
  /// Bytes of the answer's body that came.
  int64_t received;
  /// Bytes of heads that were sent, of all attempts, and those to a proxy.
  int64_t request;
} ccurl_progress;

ccurl_progress ccurl_transfer_progress(const ccurl_transfer *transfer);

/// What went wrong, for people; `code` is from `ccurl_loop_next_ended`. Valid until the transfer is
/// destroyed.
const char *ccurl_transfer_reason(const ccurl_transfer *transfer, int code);

/// CURLcode (curl.h), those that mean something to git-eb.
enum ccurl_code {
  CCURL_OK = 0,
  CCURL_UNSUPPORTED_PROTOCOL = 1,
  CCURL_FAILED_INIT = 2,
  CCURL_NOT_BUILT_IN = 4,
  CCURL_COULDNT_RESOLVE_PROXY = 5,
  CCURL_COULDNT_RESOLVE_HOST = 6,
  CCURL_COULDNT_CONNECT = 7,
  CCURL_OUT_OF_MEMORY = 27,
  CCURL_OPERATION_TIMEDOUT = 28,
  CCURL_SSL_CONNECT_ERROR = 35,
  CCURL_UNKNOWN_OPTION = 48,
  CCURL_SSL_CERTPROBLEM = 58,
  CCURL_SSL_CIPHER = 59,
  CCURL_PEER_FAILED_VERIFICATION = 60,
  CCURL_SSL_CACERT_BADFILE = 77,
  CCURL_SSL_ISSUER_ERROR = 83,
  CCURL_SSL_INVALIDCERTSTATUS = 91,
  CCURL_SSL_CLIENTCERT = 98,
};
