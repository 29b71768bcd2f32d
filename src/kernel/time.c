// The clock in its several units, and points in time.
#include "kernel/loop.h"
#include "kernel/sched.h"

#define US_PER_TICK (1000000 / CONFIG_SYS_CLOCK_TICKS_PER_SEC)

// us / by, by at most 65535. By digits of 16 bits where a processor has no division of 64: the
// library's costs half a kilobyte.
static int64_t divided(int64_t us, uint32_t by)
{
    if (sizeof(void *) > sizeof(uint32_t) || by > UINT16_MAX) {
        return us / by;
    }
    uint64_t result = 0;
    uint32_t rest = 0;
    for (int shift = 48; shift >= 0; shift -= 16) {
        rest = rest << 16 | (uint16_t)((uint64_t)us >> shift);
        result = result << 16 | rest / by;
        rest %= by;
    }
    return (int64_t)result;
}

int64_t k_uptime_get(void)
{
    return divided(breeze_port_now(), 1000);
}

int64_t k_uptime_ticks(void)
{
    return divided(breeze_port_now(), US_PER_TICK);
}

int64_t sys_clock_tick_get(void)
{
    return k_uptime_ticks();
}

uint32_t sys_clock_tick_get_32(void)
{
    return (uint32_t)k_uptime_ticks();
}

uint64_t k_cycle_get_64(void)
{
    return (uint64_t)breeze_port_now();
}

uint32_t k_cycle_get_32(void)
{
    return (uint32_t)breeze_port_now();
}

int64_t loop_ticks_until(int64_t due_us)
{
    int64_t left_us = due_us - breeze_port_now();
    return left_us > 0 ? divided(left_us + US_PER_TICK - 1, US_PER_TICK) : 0;
}

k_timepoint_t sys_timepoint_calc(k_timeout_t timeout)
{
    if (K_TIMEOUT_EQ(timeout, K_NO_WAIT)) {
        return (k_timepoint_t){0};
    }
    return (k_timepoint_t){(uint64_t)sched_deadline(timeout)};
}

k_timeout_t sys_timepoint_timeout(k_timepoint_t timepoint)
{
    if (timepoint.us == (uint64_t)BREEZE_NEVER) {
        return K_FOREVER;
    }
    return K_TICKS(loop_ticks_until((int64_t)timepoint.us));
}

uint64_t sys_clock_timeout_end_calc(k_timeout_t timeout)
{
    if (K_TIMEOUT_EQ(timeout, K_FOREVER)) {
        return UINT64_MAX;
    }
    return k_us_to_ticks_ceil64(sched_deadline(timeout));
}
