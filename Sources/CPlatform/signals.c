#ifdef __linux__
#define _GNU_SOURCE
#endif

#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// What git forwards comes this much later than what the terminal sent, at the most.
#define ECHO_NANOSECONDS 500000000LL

static volatile sig_atomic_t caught = 0;
static volatile long long caught_at = 0;
static int pipe_ends[2] = {-1, -1};

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void note_signal(int number) {
  int saved = errno;
  if (caught != 0) {
    // `git eb` gets every signal twice: from the terminal, and from git, which forwards its own.
    if (now() - caught_at < ECHO_NANOSECONDS) return;
    // The second one: end at once, in the way the signal itself would have.
    platform_raise_default(number);
    _exit(128 + number);
  }
  caught = number;
  caught_at = now();
  char byte = (char)number;
  ssize_t written = write(pipe_ends[1], &byte, 1);
  (void)written;
  errno = saved;
}

int platform_catch_signals(void) {
  if (pipe(pipe_ends) != 0) return -1;
  for (int i = 0; i < 2; i++) {
    fcntl(pipe_ends[i], F_SETFD, FD_CLOEXEC);
    fcntl(pipe_ends[i], F_SETFL, O_NONBLOCK);
  }
  const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    struct sigaction old;
    if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN) continue;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = note_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(numbers[i], &action, NULL);
  }
  return pipe_ends[0];
}

int platform_caught_signal(void) { return caught; }

void platform_raise_default(int number) {
  signal(number, SIG_DFL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  raise(number);
}

// What this process found when it started, for a program that takes its place on the terminal.
static const int changed[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
#define CHANGED_COUNT (sizeof changed / sizeof *changed)
static struct sigaction found[CHANGED_COUNT];
static sigset_t found_mask;

void platform_remember_signals(void) {
  for (unsigned i = 0; i < CHANGED_COUNT; i++) sigaction(changed[i], NULL, &found[i]);
  sigprocmask(SIG_SETMASK, NULL, &found_mask);
}

void platform_restore_signals(void) {
  for (unsigned i = 0; i < CHANGED_COUNT; i++) sigaction(changed[i], &found[i], NULL);
  sigprocmask(SIG_SETMASK, &found_mask, NULL);
}

static volatile sig_atomic_t recipient = 0;

// What the terminal sends, it sends to the recipient as well.
static void pass_on(int number, siginfo_t *information, void *context) {
  (void)context;
  int saved = errno;
  if (caught == 0) caught = number;
  if (recipient > 0 && (number == SIGTERM || number == SIGHUP) && information->si_code <= 0)
    kill((pid_t)recipient, number);
  errno = saved;
}

void platform_pass_signals_to(pid_t pid) {
  recipient = (sig_atomic_t)pid;
  for (unsigned i = 0; i < CHANGED_COUNT; i++) {
    if (changed[i] == SIGPIPE || found[i].sa_handler == SIG_IGN) continue;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = pass_on;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART | SA_SIGINFO;
    sigaction(changed[i], &action, NULL);
  }
}

void platform_ignore_signals(void) {
  for (unsigned i = 0; i < CHANGED_COUNT; i++) signal(changed[i], SIG_IGN);
}

void platform_ignore_sigpipe(void) { signal(SIGPIPE, SIG_IGN); }
