// The cooperative loop: one turn at a time, from the program's own main loop.
//
//     for (;;) {
//         breeze_port_idle(breeze_step());
//     }
#ifndef BREEZE_LOOP_H_
#define BREEZE_LOOP_H_

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Run one bounded turn: due timers, every source (the Bluetooth host is one), the work queue.
// Returns the absolute time (as breeze_port_now() counts, microseconds) at which the next turn is
// due; a time in the past means "at once", BREEZE_NEVER "when something wakes us". Must not be
// called from a callback: there it does nothing and returns "at once".
int64_t breeze_step(void);

// Something happened: the next breeze_port_idle() returns at once. The only function of Breeze
// that an interrupt handler or another thread may call.
void breeze_wake(void);

// Run what SYS_INIT() registered, once. Called by the kernel at its first use; a program that wants
// it earlier calls it itself.
void breeze_init(void);

// True once after breeze_wake(); breeze_step() clears it. For the port's idle function.
bool breeze_wake_pending(void);

#ifdef __cplusplus
}
#endif

#endif // BREEZE_LOOP_H_
