#pragma once

#include "CPlatformProcess.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Signals, as a self-pipe: the handler only counts and writes one byte.

/// Starts catching SIGINT, SIGTERM and SIGHUP, except those that were inherited as ignored. Returns
/// the descriptor that becomes readable at the first signal, or -1 with errno. A second signal,
/// at least half a second later, ends the process at once, as the signal's own default does. Call
/// it once.
int platform_catch_signals(void);

/// The first signal that was caught, or 0.
int platform_caught_signal(void);

/// Puts back the signal's default action and raises it, so that the parent sees the death it expects.
void platform_raise_default(int signal_number);

/// Takes note of the signal actions and the mask that this process was started with. Call it first.
void platform_remember_signals(void);

/// Puts them back, in a child that is about to run another program.
void platform_restore_signals(void);

/// From now on no signal but SIGKILL ends this process while another program has the terminal.
/// SIGINT and SIGQUIT are the other program's own affair; SIGTERM and SIGHUP are passed on to `pid`
/// unless the kernel sent them to both. 0 for `pid` passes on nothing.
void platform_pass_signals_to(pid_t pid);

/// Ignores all signals that a terminal or a shell sends.
void platform_ignore_signals(void);

/// Ignores SIGPIPE: a reader that went away is an error of write(2), EPIPE.
void platform_ignore_sigpipe(void);

/// When the file was written, of its `struct stat`, which has it under another name on each system.
/// Untyped, so that the system's headers stay out of this one: Swift would take what is declared
/// there for ours.
void platform_modified(const void *status, int64_t *seconds, int64_t *nanoseconds);

/// Says when an open file was written and read. Returns 0, or -1 with errno.
int platform_set_modified(int descriptor, int64_t seconds, int64_t nanoseconds);

/// Overwrites memory in a way that the compiler does not take out.
void platform_wipe(void *bytes, size_t count);

/// No core file is written when this process, or one that it starts, crashes.
void platform_disable_core_dumps(void);

/// Lets the system begin to write to the disk what was written to a file, so that there is little
/// left when it is synced. Nothing is waited for, and nothing is promised.
void platform_begin_writing_back(int descriptor);
