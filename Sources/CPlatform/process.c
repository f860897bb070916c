#ifdef __linux__
#define _GNU_SOURCE
#endif

#include "CPlatform.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#else
#include <libproc.h>
#include <sys/sysctl.h>
#endif

extern char **environ;

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

static void close_from(int first) {
#ifdef SYS_close_range
  if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0) return;
#endif
  long limit = sysconf(_SC_OPEN_MAX);
  if (limit < 0 || limit > 1048576) limit = 1048576;
  for (int descriptor = first; descriptor < limit; descriptor++) close(descriptor);
}

// Waits at the gate, then runs the program.
static _Noreturn void pass_gate(int gate, const struct platform_program *how) {
  char byte;
  ssize_t count;
  do count = read(gate, &byte, 1);
  while (count < 0 && errno == EINTR);
  if (count != 1) _exit(127);
  if (how->directory == NULL || chdir(how->directory) == 0) {
    environ = (char **)how->environment;
    execvp(how->program, how->arguments);
  }
  int error = errno;
  ssize_t written = write(gate, &error, sizeof error);
  (void)written;
  _exit(127);
}

// Runs in the child of a process with threads: nothing here but async-signal-safe calls.
static _Noreturn void run_child(int gate, const struct platform_program *how) {
  if (how->is_foreground) {
    platform_restore_signals();
    pass_gate(gate, how);
  }
  // First out of the group, then what the group was sent until now is dropped, by ignoring it.
  setsid();
  for (int number = 1; number < NSIG; number++) {
    signal(number, SIG_IGN);
    signal(number, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);

  // Out of the way of the low numbers first, so that no dup2 overwrites what is still needed.
  int high_gate = fcntl(gate, F_DUPFD, 10);
  int input = how->input < 0 ? open("/dev/null", O_RDONLY) : how->input;
  int high_input = fcntl(input, F_DUPFD, 10);
  int high_output = fcntl(how->output, F_DUPFD, 10);
  int high_error = fcntl(how->error, F_DUPFD, 10);
  // Whoever started this process may have closed it.
  if (high_error < 0) high_error = fcntl(open("/dev/null", O_WRONLY), F_DUPFD, 10);
  if (high_gate < 0 || high_input < 0 || high_output < 0 || high_error < 0) _exit(127);
  if (dup2(high_input, 0) < 0 || dup2(high_output, 1) < 0 || dup2(high_error, 2) < 0 ||
      dup2(high_gate, 3) < 0)
    _exit(127);
  fcntl(3, F_SETFD, FD_CLOEXEC);
  close_from(4);
  pass_gate(3, how);
}

int platform_start(struct platform_child *child, const struct platform_program *how) {
  int ends[2];
#ifdef SOCK_CLOEXEC
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return -1;
#else
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return -1;
  int on = 1;
  for (int i = 0; i < 2; i++) {
    fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    setsockopt(ends[i], SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
  }
#endif
  // A signal that arrives between fork and run_child's signal() must not run the parent's handler
  // in the child: it would write into the parent's self-pipe.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t pid = fork();
  if (pid == 0) {
    // Its end comes with the parent's: this copy would keep it open.
    close(ends[0]);
    run_child(ends[1], how);
  }
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(ends[1]);
  if (pid < 0) {
    close(ends[0]);
    errno = error;
    return -1;
  }
  child->pid = pid;
  child->gate = ends[0];
  return 0;
}

int platform_spawn(struct platform_child *child, const char *program, char *const arguments[],
                   char *const environment[], const char *directory, int output) {
  const struct platform_program how = {
      .program = program, .arguments = arguments, .environment = environment,
      .directory = directory, .input = -1, .output = output, .error = output};
  return platform_start(child, &how);
}

static void wait_for(pid_t pid) {
  while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
}

int platform_open_gate(struct platform_child *child) {
  char byte = 1;
  ssize_t count;
  do count = send(child->gate, &byte, 1, MSG_NOSIGNAL);
  while (count < 0 && errno == EINTR);
  int error = count == 1 ? 0 : errno;
  if (count == 1) {
    // The end of the stream is execve's close-on-exec: the program runs.
    int reported;
    do count = recv(child->gate, &reported, sizeof reported, MSG_WAITALL);
    while (count < 0 && errno == EINTR);
    if (count == (ssize_t)sizeof reported) error = reported;
  }
  close(child->gate);
  child->gate = -1;
  if (error != 0) wait_for(child->pid);
  return error;
}

void platform_close_gate(struct platform_child *child) {
  close(child->gate);
  child->gate = -1;
  wait_for(child->pid);
}

int platform_await(pid_t pid) {
  siginfo_t information;
  int result;
  do result = waitid(P_PID, (id_t)pid, &information, WEXITED | WNOWAIT);
  while (result < 0 && errno == EINTR);
  return result;
}

int platform_reap(pid_t pid, int *status, int *signal_number) {
  int value;
  pid_t found;
  do found = waitpid(pid, &value, WNOHANG);
  while (found < 0 && errno == EINTR);
  if (found <= 0) return (int)found;
  *status = WIFEXITED(value) ? WEXITSTATUS(value) : -1;
  *signal_number = WIFSIGNALED(value) ? WTERMSIG(value) : 0;
  return 1;
}

#ifdef __linux__

// Fields of /proc/<pid>/stat (proc_pid_stat(5)): the name in field 2 may hold anything, so fields
// are counted from behind its last parenthesis.
static bool read_stat(const char *pid, char *state, pid_t *session, uint64_t *start) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%s/stat", pid);
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  ssize_t count = read(descriptor, text, sizeof text - 1);
  close(descriptor);
  if (count <= 0) return false;
  text[count] = 0;
  char *field = strrchr(text, ')');
  if (field == NULL || field[1] == 0) return false;
  field += 2;
  *state = *field;
  for (int number = 3; number < 22; number++) {
    if (number == 6) *session = (pid_t)strtol(field, NULL, 10);
    field = strchr(field, ' ');
    if (field == NULL) return false;
    field++;
  }
  *start = strtoull(field, NULL, 10);
  return true;
}

static bool has_ended(char state) { return state == 'Z' || state == 'X' || state == 'x'; }

int platform_process_start(pid_t pid, uint64_t *start) {
  char name[32], state;
  pid_t session;
  snprintf(name, sizeof name, "%ld", (long)pid);
  return read_stat(name, &state, &session, start) && !has_ended(state);
}

int platform_session_members(pid_t session, pid_t *members, int capacity) {
  DIR *processes = opendir("/proc");
  if (processes == NULL) return -1;
  int count = 0;
  errno = 0;
  for (struct dirent *entry; (entry = readdir(processes)) != NULL; errno = 0) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    char state;
    pid_t owner;
    uint64_t start;
    if (!read_stat(entry->d_name, &state, &owner, &start) || has_ended(state)) continue;
    if (owner != session) continue;
    if (count < capacity) members[count] = (pid_t)strtol(entry->d_name, NULL, 10);
    count++;
  }
  int error = errno;
  closedir(processes);
  errno = error;
  return error == 0 ? count : -1;
}

int platform_boot_identifier(char *text, size_t size) {
  int descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return -1;
  ssize_t count = read(descriptor, text, size - 1);
  int error = errno;
  close(descriptor);
  errno = error;
  if (count < 0) return -1;
  while (count > 0 && text[count - 1] == '\n') count--;
  text[count] = 0;
  return 0;
}

int platform_sync_filesystem(int descriptor) { return syncfs(descriptor); }

#else

int platform_process_start(pid_t pid, uint64_t *start) {
  struct proc_bsdinfo info;
  if (proc_pidinfo(pid, PROC_PIDTBSDINFO, 0, &info, sizeof info) != (int)sizeof info) return 0;
  if (info.pbi_status == 5 /* SZOMB */) return 0;
  *start = info.pbi_start_tvsec * 1000000 + info.pbi_start_tvusec;
  return 1;
}

int platform_session_members(pid_t session, pid_t *members, int capacity) {
  int available = proc_listallpids(NULL, 0) + 64;
  pid_t *all = calloc((size_t)available, sizeof *all);
  if (all == NULL) return -1;
  int total = proc_listallpids(all, available * (int)sizeof *all), count = 0;
  for (int i = 0; i < total; i++) {
    uint64_t start;
    if (getsid(all[i]) != session || !platform_process_start(all[i], &start)) continue;
    if (count < capacity) members[count] = all[i];
    count++;
  }
  free(all);
  return count;
}

int platform_boot_identifier(char *text, size_t size) {
  return sysctlbyname("kern.bootsessionuuid", text, &size, NULL, 0);
}

int platform_sync_filesystem(int descriptor) {
  (void)descriptor;
  sync();
  return 0;
}

#endif
