// git-eb never lets libgit2 talk to the network. Linking libgit2 as an archive, these definitions
// stand in for its HTTP, SSH and TLS members, so that the linker leaves those out, and with them
// libssh2, mbedtls and Kerberos. It also keeps git_libgit2_init() from parsing the machine's
// certificates. Where libgit2 is a shared library they are never reached.
// Names as in libgit2 1.5 (src/libgit2/transports/, src/libgit2/streams/).
#include "CLibgit2.h"
#include <stdbool.h>

bool git_http__expect_continue = false;

int git_transport_ssh_global_init(void);
int git_mbedtls_stream_global_init(void);
int git_mbedtls__set_cert_location(const char *file, const char *path);
int git_mbedtls_stream_new(void **out, const char *host, const char *port);
int git_mbedtls_stream_wrap(void **out, void *in, const char *host);

int git_transport_ssh_global_init(void) { return 0; }
int git_mbedtls_stream_global_init(void) { return 0; }

int git_mbedtls__set_cert_location(const char *file, const char *path) {
  (void)file, (void)path;
  return GIT_ENOTFOUND;
}

int git_mbedtls_stream_new(void **out, const char *host, const char *port) {
  (void)host, (void)port;
  *out = NULL;
  return GIT_ENOTFOUND;
}

int git_mbedtls_stream_wrap(void **out, void *in, const char *host) {
  (void)in, (void)host;
  *out = NULL;
  return GIT_ENOTFOUND;
}

int git_smart_subtransport_http(git_smart_subtransport **out, git_transport *owner, void *param) {
  (void)owner, (void)param;
  *out = NULL;
  return GIT_ENOTFOUND;
}

int git_smart_subtransport_ssh(git_smart_subtransport **out, git_transport *owner, void *param) {
  (void)owner, (void)param;
  *out = NULL;
  return GIT_ENOTFOUND;
}
