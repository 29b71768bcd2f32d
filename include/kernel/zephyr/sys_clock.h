// Time-outs, ticks and points in time.
//
// A k_timeout_t counts ticks of 1 / CONFIG_SYS_CLOCK_TICKS_PER_SEC seconds in 64 bits, rounded up:
// nothing ends earlier than it was asked to. Inside, time is 64-bit microseconds from
// breeze_port_now(); one "hardware cycle" is one microsecond.
#ifndef ZEPHYR_SYS_CLOCK_H_
#define ZEPHYR_SYS_CLOCK_H_

#include <stdbool.h>
#include <stdint.h>

#include <breeze/kernel_config.h>
#include <zephyr/sys/time_units.h>
#include <zephyr/sys/util.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int64_t k_ticks_t;

typedef struct {
    k_ticks_t ticks;
} k_timeout_t;

#define K_TICKS_FOREVER    ((k_ticks_t)-1)
#define Z_TIMEOUT_NO_WAIT  ((k_timeout_t){0})
#define Z_FOREVER          ((k_timeout_t){K_TICKS_FOREVER})
#define Z_TIMEOUT_TICKS(t) ((k_timeout_t){(k_ticks_t)(t)})

#define K_NO_WAIT Z_TIMEOUT_NO_WAIT
#define K_FOREVER Z_FOREVER

// How long from now. Negative lengths count as zero.
#define K_TICKS(t)   Z_TIMEOUT_TICKS(MAX(t, 0))
#define K_NSEC(t)    Z_TIMEOUT_TICKS(k_ns_to_ticks_ceil64((uint64_t)MAX(t, 0)))
#define K_USEC(t)    Z_TIMEOUT_TICKS(k_us_to_ticks_ceil64((uint64_t)MAX(t, 0)))
#define K_CYC(t)     Z_TIMEOUT_TICKS(k_cyc_to_ticks_ceil64((uint64_t)MAX(t, 0)))
#define K_MSEC(ms)   Z_TIMEOUT_TICKS(k_ms_to_ticks_ceil64((uint64_t)MAX(ms, 0)))
#define K_SECONDS(s) Z_TIMEOUT_TICKS((k_ticks_t)MAX(s, 0) * CONFIG_SYS_CLOCK_TICKS_PER_SEC)
#define K_MINUTES(m) K_SECONDS((int64_t)(m)*60)
#define K_HOURS(h)   K_MINUTES((int64_t)(h)*60)

// A moment on the scale of k_uptime_ticks() instead of a length.
#define Z_TICK_ABS(t)            (K_TICKS_FOREVER - 1 - (t))
#define Z_IS_TIMEOUT_RELATIVE(t) ((t).ticks >= K_TICKS_FOREVER)
#define K_TIMEOUT_ABS_TICKS(t)   Z_TIMEOUT_TICKS(Z_TICK_ABS((k_ticks_t)MAX(t, 0)))
#define K_TIMEOUT_ABS_SEC(t)     K_TIMEOUT_ABS_TICKS((k_ticks_t)(t)*CONFIG_SYS_CLOCK_TICKS_PER_SEC)
#define K_TIMEOUT_ABS_MS(t)      K_TIMEOUT_ABS_TICKS(k_ms_to_ticks_ceil64(t))
#define K_TIMEOUT_ABS_US(t)      K_TIMEOUT_ABS_TICKS(k_us_to_ticks_ceil64(t))
#define K_TIMEOUT_ABS_NS(t)      K_TIMEOUT_ABS_TICKS(k_ns_to_ticks_ceil64(t))
#define K_TIMEOUT_ABS_CYC(t)     K_TIMEOUT_ABS_TICKS(k_cyc_to_ticks_ceil64(t))

#define K_TIMEOUT_EQ(a, b) ((a).ticks == (b).ticks)

// A point in time that a length can be turned into and back. Opaque.
typedef struct {
    uint64_t us;
} k_timepoint_t;

// When a time-out that starts now ends.
k_timepoint_t sys_timepoint_calc(k_timeout_t timeout);
// What is left until then; K_NO_WAIT when it has passed.
k_timeout_t sys_timepoint_timeout(k_timepoint_t timepoint);
// Negative, 0 or positive as `a` comes before, with or after `b`.
static inline int sys_timepoint_cmp(k_timepoint_t a, k_timepoint_t b)
{
    return a.us == b.us ? 0 : a.us < b.us ? -1 : 1;
}
static inline bool sys_timepoint_expired(k_timepoint_t timepoint)
{
    return K_TIMEOUT_EQ(sys_timepoint_timeout(timepoint), Z_TIMEOUT_NO_WAIT);
}

// The same under its earlier name: when the time-out ends, in ticks of k_uptime_ticks().
uint64_t sys_clock_timeout_end_calc(k_timeout_t timeout);

// Ticks, and the low 32 bits of them, since the port's clock began.
int64_t sys_clock_tick_get(void);
uint32_t sys_clock_tick_get_32(void);

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_SYS_CLOCK_H_
