// The sleep of the Unix port: the file descriptors that end it, and Ctrl-C.
#ifndef BREEZE_UNIX_WATCH_H_
#define BREEZE_UNIX_WATCH_H_

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

// Let breeze_port_idle() return when `fd` has any of the poll(2) `events` (POLLIN ...). A second call
// for the same fd replaces its events; events 0: no longer. 0; -ENOSPC: too many. The loop's thread
// only.
int breeze_unix_watch(int fd, short events);

// Ctrl-C: the sleep under way, or the next one, ends with -EINTR, once. From a signal handler or any
// thread.
void breeze_unix_interrupt(void);

// Whether there was one that no sleep has reported; it counts as reported then. For waits of the
// port's own.
bool breeze_unix_interrupted(void);

#ifdef __cplusplus
}
#endif

#endif // BREEZE_UNIX_WATCH_H_
