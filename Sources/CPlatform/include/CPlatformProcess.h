#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Programs that outlive the process which starts them, and what the system knows about processes.

/// A child that waits at its gate: it exists, it has a process id, and it has run nothing yet.
struct platform_child {
  pid_t pid;
  int gate;
};

/// A program to be started, found as a shell would unless its name has a slash.
struct platform_program {
  const char *program;
  /// NULL at the end of both, the program's own name first.
  char *const *arguments;
  char *const *environment;
  /// NULL stays where this process is.
  const char *directory;
  /// Its standard streams; -1 for `input` is /dev/null.
  int input, output, error;
  /// It takes this process's place on the terminal: the same session and process group, the same
  /// streams whatever is said above, and the signals as this process found them.
  int is_foreground;
};

/// Forks a child that waits at its gate; if the parent dies first, it exits. Unless it is to be in
/// the foreground it has a session of its own, the default signal actions, no blocked signal and no
/// other descriptors. Returns 0, or -1 with errno.
int platform_start(struct platform_child *child, const struct platform_program *how);

/// Forks a child in a session of its own, with its input on /dev/null, its output and errors on
/// `output`, the default signal actions, no blocked signal and no other descriptor. The child waits
/// for platform_open_gate(); if the parent dies first, it exits. Returns 0, or -1 with errno.
int platform_spawn(struct platform_child *child, const char *program, char *const arguments[],
                   char *const environment[], const char *directory, int output);

/// Lets the child run its program. Returns 0 once it runs, or the errno that kept it from running.
int platform_open_gate(struct platform_child *child);

/// Makes a waiting child exit without having run anything, and reaps it.
void platform_close_gate(struct platform_child *child);

/// Waits until a child has ended, without reaping it: until then no other process gets its number.
/// Returns 0, or -1 with errno.
int platform_await(pid_t pid);

/// Reaps a child that has ended. Returns 1 with its exit status (or -1) and the signal that ended
/// it (or 0), 0 when it still runs, -1 when it is not a child of this process.
int platform_reap(pid_t pid, int *status, int *signal_number);

/// When the process started, in units that only compare within one boot. Returns 1, or 0 when there
/// is no such process or it has ended.
int platform_process_start(pid_t pid, uint64_t *start);

/// The processes of a session that have not ended. Returns how many there are, which may be more
/// than `capacity`, or -1 with errno.
int platform_session_members(pid_t session, pid_t *members, int capacity);

/// A text that is another one after every boot. Returns 0, or -1 with errno.
int platform_boot_identifier(char *text, size_t size);

/// Writes everything of the descriptor's file system to the device. Returns 0, or -1 with errno.
int platform_sync_filesystem(int descriptor);
