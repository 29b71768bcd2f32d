// The clock in its several units, and points in time.
#include "kernel/loop.h"
#include "kernel/sched.h"

int64_t k_uptime_get(void)
{
    return breeze_port_now() / 1000;
}

int64_t k_uptime_ticks(void)
{
    return (int64_t)k_us_to_ticks_floor64(breeze_port_now());
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
    return left_us > 0 ? (int64_t)k_us_to_ticks_ceil64(left_us) : 0;
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
