// The loop's inner side: one-shot timers in 64-bit microseconds and the sources that a turn serves.
//
// Everything that waits for time in Breeze, k_timer and k_work_delayable included, is a loop_timer.
// A timer's node is unlinked before its function runs and whenever it is stopped, so the memory of a
// timer that is not running may be wiped or reused at will (pitfall 90). Due timers run in order of
// their due time, those of equal time in the order they were started.
//
// The host's layers call this; the contract for programs is <breeze/loop.h>.
#ifndef BREEZE_SRC_KERNEL_LOOP_H_
#define BREEZE_SRC_KERNEL_LOOP_H_

#include <stdbool.h>
#include <stdint.h>

#include <breeze/loop.h>
#include <breeze/loop_timer.h>
#include <breeze/port.h>
#include <zephyr/sys/slist.h>

// Start (or restart) a timer that calls fn once, delay_us from now.
void loop_timer_start(struct loop_timer *timer, int64_t delay_us,
                      void (*fn)(struct loop_timer *timer));
// The same for an absolute time, for periods that must not drift.
void loop_timer_start_at(struct loop_timer *timer, int64_t due_us,
                         void (*fn)(struct loop_timer *timer));
// Stop it; nothing happens if it is not running.
void loop_timer_stop(struct loop_timer *timer);
static inline bool loop_timer_running(const struct loop_timer *timer)
{
    return timer->running;
}
// What is left until an absolute time, in ticks of k_timeout_t, rounded up; 0 when it has passed.
int64_t loop_ticks_until(int64_t due_us);
// How many timers run now (for tests of quiescence).
unsigned int loop_timer_count(void);

// Something the loop serves each turn. `turn` does one bounded piece of work and returns true when
// more is waiting (the loop then does not sleep).
struct loop_source {
    sys_snode_t node;
    bool (*turn)(void);
};
void loop_source_add(struct loop_source *source);
void loop_source_remove(struct loop_source *source);

// True while the loop's turn runs: in timers, sources, work (coop) and every callback made by them.
bool loop_in_turn(void);

// Forget a breeze_wake() before looking for what it may have announced: for a wait that sleeps in
// breeze_port_idle() outside of a turn. It must breeze_wake() when it ends, so that the loop looks too.
void loop_wake_clear(void);

// A turn without work queues: due timers, then sources. True when more is waiting. The back ends
// call it; loop_next() then says when the next turn is due.
bool loop_turn(void);
int64_t loop_next(bool more);

#endif // BREEZE_SRC_KERNEL_LOOP_H_
