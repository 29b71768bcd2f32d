// Timers, uptime and cycles.
#ifndef ZEPHYR_KERNEL_TIMER_H_
#define ZEPHYR_KERNEL_TIMER_H_

#include <breeze/loop_timer.h>
#include <zephyr/kernel/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct k_timer;
typedef void (*k_timer_expiry_t)(struct k_timer *timer);
typedef void (*k_timer_stop_t)(struct k_timer *timer);

struct k_timer {
    struct loop_timer timer;
    _wait_q_t wait_q;
    k_timer_expiry_t expiry_fn;
    k_timer_stop_t stop_fn;
    int64_t period_us;
    uint32_t status;
    void *user_data;
};

#define Z_TIMER_INITIALIZER(obj, expiry, stop)                                                     \
    {                                                                                              \
        .expiry_fn = (expiry), .stop_fn = (stop)                                                   \
    }
#define K_TIMER_DEFINE(name, expiry_fn, stop_fn)                                                   \
    struct k_timer name = Z_TIMER_INITIALIZER(name, expiry_fn, stop_fn)

// Set up a timer. expiry_fn (may be NULL) runs at each expiry, where an interrupt handler would;
// stop_fn (may be NULL) when a running timer is stopped.
void k_timer_init(struct k_timer *timer, k_timer_expiry_t expiry_fn, k_timer_stop_t stop_fn);
// Start, or start anew: the first expiry after `duration` (K_FOREVER: the call does nothing), then
// every `period` (K_NO_WAIT or K_FOREVER: only once). The status becomes 0. Periods are counted from
// the expiry that was due, not from when its function ran: a timer does not drift.
void k_timer_start(struct k_timer *timer, k_timeout_t duration, k_timeout_t period);
// Stop; a timer that does not run is left alone.
void k_timer_stop(struct k_timer *timer);
// How often it expired since this was last asked.
uint32_t k_timer_status_get(struct k_timer *timer);
// The same, after waiting for an expiry or the timer's stop if there was none yet.
uint32_t k_timer_status_sync(struct k_timer *timer);
// When it expires next (now, if it does not run), and how long until then; 0 if it does not run.
k_ticks_t k_timer_expires_ticks(const struct k_timer *timer);
k_ticks_t k_timer_remaining_ticks(const struct k_timer *timer);
static inline uint32_t k_timer_remaining_get(struct k_timer *timer)
{
    return k_ticks_to_ms_floor32(k_timer_remaining_ticks(timer));
}
static inline void k_timer_user_data_set(struct k_timer *timer, void *user_data)
{
    timer->user_data = user_data;
}
static inline void *k_timer_user_data_get(const struct k_timer *timer)
{
    return timer->user_data;
}

// Time since the port's clock began. The 32-bit views are the low bits: they wrap.
int64_t k_uptime_get(void);
int64_t k_uptime_ticks(void);
static inline uint32_t k_uptime_get_32(void)
{
    return (uint32_t)k_uptime_get();
}
static inline uint32_t k_uptime_seconds(void)
{
    return (uint32_t)(k_uptime_get() / 1000);
}
// Milliseconds since *reftime, which becomes now.
static inline int64_t k_uptime_delta(int64_t *reftime)
{
    int64_t now = k_uptime_get();
    int64_t delta = now - *reftime;
    *reftime = now;
    return delta;
}
uint32_t k_cycle_get_32(void);
uint64_t k_cycle_get_64(void);

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_KERNEL_TIMER_H_
