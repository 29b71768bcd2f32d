// The helper thread's side: when to schedule the pump, and how the main thread comes to run it.
#ifndef BREEZE_STOCK_HELPER_H_
#define BREEZE_STOCK_HELPER_H_

#include <stdatomic.h>
#include <stdint.h>

enum pump_state {
    PUMP_IDLE,      // Nothing to do, as far as the pump knows.
    PUMP_SCHEDULED, // The interpreter will run it at the next chance.
    PUMP_RUNNING,
};

// Atomics only: the thread that waits in helper.c may be cancelled between any two instructions.
struct helper {
    atomic_int pump;
    atomic_int waiting;         // Events in the queue.
    atomic_int wake_fd;         // eventfd, -1 before helper_open().
    _Atomic int64_t touched_us; // When the pump last showed life.
    _Atomic int64_t resend_us;  // When to send SIGINT again; 0 never.
    _Atomic int64_t retry_us;   // When to try again to schedule the pump; 0 at once.
    atomic_int kicks;           // Signals since the pump was scheduled.
};
extern struct helper helper;

int helper_open(void);
void helper_wake(void);
void helper_touch(void); // The pump shows life.

#endif // BREEZE_STOCK_HELPER_H_
