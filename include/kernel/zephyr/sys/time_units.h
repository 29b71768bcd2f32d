// Conversion between units of time: k_<from>_to_<to>_<rounding><bits>(t), with from and to among sec,
// ms, us, ns, cyc and ticks, rounding floor, ceil or near, and 32 or 64 bits of result.
#ifndef ZEPHYR_SYS_TIME_UNITS_H_
#define ZEPHYR_SYS_TIME_UNITS_H_

#include <stdint.h>

#include <breeze/kernel_config.h>
#include <zephyr/toolchain.h>

#ifdef __cplusplus
extern "C" {
#endif

// A "hardware cycle" of the shim is a microsecond.
#define Z_HZ_sec   1ULL
#define Z_HZ_ms    1000ULL
#define Z_HZ_us    1000000ULL
#define Z_HZ_ns    1000000000ULL
#define Z_HZ_cyc   1000000ULL
#define Z_HZ_ticks ((uint64_t)CONFIG_SYS_CLOCK_TICKS_PER_SEC)

static inline int sys_clock_hw_cycles_per_sec(void)
{
    return (int)Z_HZ_cyc;
}

// `t` of a unit of `from` per second in units of `to` per second; `add` does the rounding. All but
// `t` are constants, so one multiplication or division remains.
static ALWAYS_INLINE uint64_t z_time_convert(uint64_t t, uint64_t from, uint64_t to, uint64_t add)
{
    if (to % from == 0) {
        return t * (to / from);
    }
    if (from % to == 0) {
        return (t + add / to) / (from / to);
    }
    return (t * to + add) / from;
}

// clang-format off
#define k_sec_to_ms_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_ms, 0))
#define k_sec_to_ms_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_ms, 0))
#define k_sec_to_ms_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_ms, Z_HZ_sec - 1))
#define k_sec_to_ms_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_ms, Z_HZ_sec - 1))
#define k_sec_to_ms_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_ms, Z_HZ_sec / 2))
#define k_sec_to_ms_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_ms, Z_HZ_sec / 2))
#define k_sec_to_us_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_us, 0))
#define k_sec_to_us_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_us, 0))
#define k_sec_to_us_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_us, Z_HZ_sec - 1))
#define k_sec_to_us_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_us, Z_HZ_sec - 1))
#define k_sec_to_us_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_us, Z_HZ_sec / 2))
#define k_sec_to_us_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_us, Z_HZ_sec / 2))
#define k_sec_to_ns_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_ns, 0))
#define k_sec_to_ns_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_ns, 0))
#define k_sec_to_ns_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_ns, Z_HZ_sec - 1))
#define k_sec_to_ns_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_ns, Z_HZ_sec - 1))
#define k_sec_to_ns_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_ns, Z_HZ_sec / 2))
#define k_sec_to_ns_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_ns, Z_HZ_sec / 2))
#define k_sec_to_cyc_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_cyc, 0))
#define k_sec_to_cyc_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_cyc, 0))
#define k_sec_to_cyc_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_cyc, Z_HZ_sec - 1))
#define k_sec_to_cyc_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_cyc, Z_HZ_sec - 1))
#define k_sec_to_cyc_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_cyc, Z_HZ_sec / 2))
#define k_sec_to_cyc_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_cyc, Z_HZ_sec / 2))
#define k_sec_to_ticks_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_ticks, 0))
#define k_sec_to_ticks_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_ticks, 0))
#define k_sec_to_ticks_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_ticks, Z_HZ_sec - 1))
#define k_sec_to_ticks_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_ticks, Z_HZ_sec - 1))
#define k_sec_to_ticks_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_ticks, Z_HZ_sec / 2))
#define k_sec_to_ticks_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_sec, Z_HZ_ticks, Z_HZ_sec / 2))
#define k_ms_to_sec_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_sec, 0))
#define k_ms_to_sec_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_sec, 0))
#define k_ms_to_sec_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_sec, Z_HZ_ms - 1))
#define k_ms_to_sec_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_sec, Z_HZ_ms - 1))
#define k_ms_to_sec_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_sec, Z_HZ_ms / 2))
#define k_ms_to_sec_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_sec, Z_HZ_ms / 2))
#define k_ms_to_us_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_us, 0))
#define k_ms_to_us_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_us, 0))
#define k_ms_to_us_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_us, Z_HZ_ms - 1))
#define k_ms_to_us_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_us, Z_HZ_ms - 1))
#define k_ms_to_us_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_us, Z_HZ_ms / 2))
#define k_ms_to_us_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_us, Z_HZ_ms / 2))
#define k_ms_to_ns_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_ns, 0))
#define k_ms_to_ns_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_ns, 0))
#define k_ms_to_ns_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_ns, Z_HZ_ms - 1))
#define k_ms_to_ns_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_ns, Z_HZ_ms - 1))
#define k_ms_to_ns_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_ns, Z_HZ_ms / 2))
#define k_ms_to_ns_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_ns, Z_HZ_ms / 2))
#define k_ms_to_cyc_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_cyc, 0))
#define k_ms_to_cyc_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_cyc, 0))
#define k_ms_to_cyc_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_cyc, Z_HZ_ms - 1))
#define k_ms_to_cyc_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_cyc, Z_HZ_ms - 1))
#define k_ms_to_cyc_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_cyc, Z_HZ_ms / 2))
#define k_ms_to_cyc_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_cyc, Z_HZ_ms / 2))
#define k_ms_to_ticks_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_ticks, 0))
#define k_ms_to_ticks_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_ticks, 0))
#define k_ms_to_ticks_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_ticks, Z_HZ_ms - 1))
#define k_ms_to_ticks_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_ticks, Z_HZ_ms - 1))
#define k_ms_to_ticks_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_ticks, Z_HZ_ms / 2))
#define k_ms_to_ticks_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ms, Z_HZ_ticks, Z_HZ_ms / 2))
#define k_us_to_sec_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_sec, 0))
#define k_us_to_sec_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_sec, 0))
#define k_us_to_sec_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_sec, Z_HZ_us - 1))
#define k_us_to_sec_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_sec, Z_HZ_us - 1))
#define k_us_to_sec_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_sec, Z_HZ_us / 2))
#define k_us_to_sec_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_sec, Z_HZ_us / 2))
#define k_us_to_ms_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_ms, 0))
#define k_us_to_ms_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_ms, 0))
#define k_us_to_ms_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_ms, Z_HZ_us - 1))
#define k_us_to_ms_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_ms, Z_HZ_us - 1))
#define k_us_to_ms_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_ms, Z_HZ_us / 2))
#define k_us_to_ms_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_ms, Z_HZ_us / 2))
#define k_us_to_ns_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_ns, 0))
#define k_us_to_ns_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_ns, 0))
#define k_us_to_ns_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_ns, Z_HZ_us - 1))
#define k_us_to_ns_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_ns, Z_HZ_us - 1))
#define k_us_to_ns_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_ns, Z_HZ_us / 2))
#define k_us_to_ns_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_ns, Z_HZ_us / 2))
#define k_us_to_cyc_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_cyc, 0))
#define k_us_to_cyc_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_cyc, 0))
#define k_us_to_cyc_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_cyc, Z_HZ_us - 1))
#define k_us_to_cyc_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_cyc, Z_HZ_us - 1))
#define k_us_to_cyc_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_cyc, Z_HZ_us / 2))
#define k_us_to_cyc_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_cyc, Z_HZ_us / 2))
#define k_us_to_ticks_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_ticks, 0))
#define k_us_to_ticks_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_ticks, 0))
#define k_us_to_ticks_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_ticks, Z_HZ_us - 1))
#define k_us_to_ticks_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_ticks, Z_HZ_us - 1))
#define k_us_to_ticks_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_ticks, Z_HZ_us / 2))
#define k_us_to_ticks_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_us, Z_HZ_ticks, Z_HZ_us / 2))
#define k_ns_to_sec_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_sec, 0))
#define k_ns_to_sec_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_sec, 0))
#define k_ns_to_sec_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_sec, Z_HZ_ns - 1))
#define k_ns_to_sec_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_sec, Z_HZ_ns - 1))
#define k_ns_to_sec_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_sec, Z_HZ_ns / 2))
#define k_ns_to_sec_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_sec, Z_HZ_ns / 2))
#define k_ns_to_ms_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_ms, 0))
#define k_ns_to_ms_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_ms, 0))
#define k_ns_to_ms_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_ms, Z_HZ_ns - 1))
#define k_ns_to_ms_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_ms, Z_HZ_ns - 1))
#define k_ns_to_ms_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_ms, Z_HZ_ns / 2))
#define k_ns_to_ms_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_ms, Z_HZ_ns / 2))
#define k_ns_to_us_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_us, 0))
#define k_ns_to_us_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_us, 0))
#define k_ns_to_us_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_us, Z_HZ_ns - 1))
#define k_ns_to_us_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_us, Z_HZ_ns - 1))
#define k_ns_to_us_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_us, Z_HZ_ns / 2))
#define k_ns_to_us_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_us, Z_HZ_ns / 2))
#define k_ns_to_cyc_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_cyc, 0))
#define k_ns_to_cyc_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_cyc, 0))
#define k_ns_to_cyc_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_cyc, Z_HZ_ns - 1))
#define k_ns_to_cyc_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_cyc, Z_HZ_ns - 1))
#define k_ns_to_cyc_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_cyc, Z_HZ_ns / 2))
#define k_ns_to_cyc_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_cyc, Z_HZ_ns / 2))
#define k_ns_to_ticks_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_ticks, 0))
#define k_ns_to_ticks_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_ticks, 0))
#define k_ns_to_ticks_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_ticks, Z_HZ_ns - 1))
#define k_ns_to_ticks_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_ticks, Z_HZ_ns - 1))
#define k_ns_to_ticks_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_ticks, Z_HZ_ns / 2))
#define k_ns_to_ticks_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ns, Z_HZ_ticks, Z_HZ_ns / 2))
#define k_cyc_to_sec_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_sec, 0))
#define k_cyc_to_sec_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_sec, 0))
#define k_cyc_to_sec_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_sec, Z_HZ_cyc - 1))
#define k_cyc_to_sec_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_sec, Z_HZ_cyc - 1))
#define k_cyc_to_sec_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_sec, Z_HZ_cyc / 2))
#define k_cyc_to_sec_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_sec, Z_HZ_cyc / 2))
#define k_cyc_to_ms_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_ms, 0))
#define k_cyc_to_ms_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_ms, 0))
#define k_cyc_to_ms_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_ms, Z_HZ_cyc - 1))
#define k_cyc_to_ms_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_ms, Z_HZ_cyc - 1))
#define k_cyc_to_ms_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_ms, Z_HZ_cyc / 2))
#define k_cyc_to_ms_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_ms, Z_HZ_cyc / 2))
#define k_cyc_to_us_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_us, 0))
#define k_cyc_to_us_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_us, 0))
#define k_cyc_to_us_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_us, Z_HZ_cyc - 1))
#define k_cyc_to_us_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_us, Z_HZ_cyc - 1))
#define k_cyc_to_us_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_us, Z_HZ_cyc / 2))
#define k_cyc_to_us_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_us, Z_HZ_cyc / 2))
#define k_cyc_to_ns_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_ns, 0))
#define k_cyc_to_ns_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_ns, 0))
#define k_cyc_to_ns_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_ns, Z_HZ_cyc - 1))
#define k_cyc_to_ns_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_ns, Z_HZ_cyc - 1))
#define k_cyc_to_ns_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_ns, Z_HZ_cyc / 2))
#define k_cyc_to_ns_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_ns, Z_HZ_cyc / 2))
#define k_cyc_to_ticks_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_ticks, 0))
#define k_cyc_to_ticks_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_ticks, 0))
#define k_cyc_to_ticks_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_ticks, Z_HZ_cyc - 1))
#define k_cyc_to_ticks_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_ticks, Z_HZ_cyc - 1))
#define k_cyc_to_ticks_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_ticks, Z_HZ_cyc / 2))
#define k_cyc_to_ticks_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_cyc, Z_HZ_ticks, Z_HZ_cyc / 2))
#define k_ticks_to_sec_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_sec, 0))
#define k_ticks_to_sec_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_sec, 0))
#define k_ticks_to_sec_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_sec, Z_HZ_ticks - 1))
#define k_ticks_to_sec_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_sec, Z_HZ_ticks - 1))
#define k_ticks_to_sec_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_sec, Z_HZ_ticks / 2))
#define k_ticks_to_sec_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_sec, Z_HZ_ticks / 2))
#define k_ticks_to_ms_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_ms, 0))
#define k_ticks_to_ms_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_ms, 0))
#define k_ticks_to_ms_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_ms, Z_HZ_ticks - 1))
#define k_ticks_to_ms_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_ms, Z_HZ_ticks - 1))
#define k_ticks_to_ms_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_ms, Z_HZ_ticks / 2))
#define k_ticks_to_ms_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_ms, Z_HZ_ticks / 2))
#define k_ticks_to_us_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_us, 0))
#define k_ticks_to_us_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_us, 0))
#define k_ticks_to_us_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_us, Z_HZ_ticks - 1))
#define k_ticks_to_us_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_us, Z_HZ_ticks - 1))
#define k_ticks_to_us_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_us, Z_HZ_ticks / 2))
#define k_ticks_to_us_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_us, Z_HZ_ticks / 2))
#define k_ticks_to_ns_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_ns, 0))
#define k_ticks_to_ns_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_ns, 0))
#define k_ticks_to_ns_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_ns, Z_HZ_ticks - 1))
#define k_ticks_to_ns_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_ns, Z_HZ_ticks - 1))
#define k_ticks_to_ns_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_ns, Z_HZ_ticks / 2))
#define k_ticks_to_ns_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_ns, Z_HZ_ticks / 2))
#define k_ticks_to_cyc_floor32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_cyc, 0))
#define k_ticks_to_cyc_floor64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_cyc, 0))
#define k_ticks_to_cyc_ceil32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_cyc, Z_HZ_ticks - 1))
#define k_ticks_to_cyc_ceil64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_cyc, Z_HZ_ticks - 1))
#define k_ticks_to_cyc_near32(t) \
    ((uint32_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_cyc, Z_HZ_ticks / 2))
#define k_ticks_to_cyc_near64(t) \
    ((uint64_t)z_time_convert((uint64_t)(t), Z_HZ_ticks, Z_HZ_cyc, Z_HZ_ticks / 2))
// clang-format on

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_SYS_TIME_UNITS_H_
