// Byte order: host to little- and big-endian words and back, unaligned reads and writes, reversed
// copies. sys_put_le16(value, dst) and its family write, sys_get_le16(src) and its family read.
#ifndef ZEPHYR_SYS_BYTEORDER_H_
#define ZEPHYR_SYS_BYTEORDER_H_

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <zephyr/sys/util.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BSWAP_16(x) __builtin_bswap16((uint16_t)(x))
#define BSWAP_24(x) (__builtin_bswap32((uint32_t)(x) << 8) & 0xffffffU)
#define BSWAP_32(x) __builtin_bswap32((uint32_t)(x))
#define BSWAP_40(x) (__builtin_bswap64((uint64_t)(x) << 24) & 0xffffffffffULL)
#define BSWAP_48(x) (__builtin_bswap64((uint64_t)(x) << 16) & 0xffffffffffffULL)
#define BSWAP_64(x) __builtin_bswap64((uint64_t)(x))

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define sys_le16_to_cpu(val) ((uint16_t)(val))
#define sys_cpu_to_le16(val) ((uint16_t)(val))
#define sys_be16_to_cpu(val) BSWAP_16(val)
#define sys_cpu_to_be16(val) BSWAP_16(val)
#define sys_le24_to_cpu(val) ((uint32_t)(val))
#define sys_cpu_to_le24(val) ((uint32_t)(val))
#define sys_be24_to_cpu(val) BSWAP_24(val)
#define sys_cpu_to_be24(val) BSWAP_24(val)
#define sys_le32_to_cpu(val) ((uint32_t)(val))
#define sys_cpu_to_le32(val) ((uint32_t)(val))
#define sys_be32_to_cpu(val) BSWAP_32(val)
#define sys_cpu_to_be32(val) BSWAP_32(val)
#define sys_le40_to_cpu(val) ((uint64_t)(val))
#define sys_cpu_to_le40(val) ((uint64_t)(val))
#define sys_be40_to_cpu(val) BSWAP_40(val)
#define sys_cpu_to_be40(val) BSWAP_40(val)
#define sys_le48_to_cpu(val) ((uint64_t)(val))
#define sys_cpu_to_le48(val) ((uint64_t)(val))
#define sys_be48_to_cpu(val) BSWAP_48(val)
#define sys_cpu_to_be48(val) BSWAP_48(val)
#define sys_le64_to_cpu(val) ((uint64_t)(val))
#define sys_cpu_to_le64(val) ((uint64_t)(val))
#define sys_be64_to_cpu(val) BSWAP_64(val)
#define sys_cpu_to_be64(val) BSWAP_64(val)
#else
#define sys_le16_to_cpu(val) BSWAP_16(val)
#define sys_cpu_to_le16(val) BSWAP_16(val)
#define sys_be16_to_cpu(val) ((uint16_t)(val))
#define sys_cpu_to_be16(val) ((uint16_t)(val))
#define sys_le24_to_cpu(val) BSWAP_24(val)
#define sys_cpu_to_le24(val) BSWAP_24(val)
#define sys_be24_to_cpu(val) ((uint32_t)(val))
#define sys_cpu_to_be24(val) ((uint32_t)(val))
#define sys_le32_to_cpu(val) BSWAP_32(val)
#define sys_cpu_to_le32(val) BSWAP_32(val)
#define sys_be32_to_cpu(val) ((uint32_t)(val))
#define sys_cpu_to_be32(val) ((uint32_t)(val))
#define sys_le40_to_cpu(val) BSWAP_40(val)
#define sys_cpu_to_le40(val) BSWAP_40(val)
#define sys_be40_to_cpu(val) ((uint64_t)(val))
#define sys_cpu_to_be40(val) ((uint64_t)(val))
#define sys_le48_to_cpu(val) BSWAP_48(val)
#define sys_cpu_to_le48(val) BSWAP_48(val)
#define sys_be48_to_cpu(val) ((uint64_t)(val))
#define sys_cpu_to_be48(val) ((uint64_t)(val))
#define sys_le64_to_cpu(val) BSWAP_64(val)
#define sys_cpu_to_le64(val) BSWAP_64(val)
#define sys_be64_to_cpu(val) ((uint64_t)(val))
#define sys_cpu_to_be64(val) ((uint64_t)(val))
#endif

static inline void sys_put_le16(uint16_t val, uint8_t dst[2])
{
    dst[0] = (uint8_t)val;
    dst[1] = (uint8_t)(val >> 8);
}

static inline uint16_t sys_get_le16(const uint8_t src[2])
{
    return (uint16_t)((uint32_t)src[1] << 8 | (uint32_t)src[0]);
}

static inline void sys_put_le24(uint32_t val, uint8_t dst[3])
{
    dst[0] = (uint8_t)val;
    dst[1] = (uint8_t)(val >> 8);
    dst[2] = (uint8_t)(val >> 16);
}

static inline uint32_t sys_get_le24(const uint8_t src[3])
{
    return (uint32_t)((uint32_t)src[2] << 16 | (uint32_t)src[1] << 8 | (uint32_t)src[0]);
}

static inline void sys_put_le32(uint32_t val, uint8_t dst[4])
{
    sys_put_le16((uint16_t)val, dst);
    sys_put_le16((uint16_t)(val >> 16), &dst[2]);
}

static inline uint32_t sys_get_le32(const uint8_t src[4])
{
    return (uint32_t)sys_get_le16(&src[2]) << 16 | sys_get_le16(src);
}

static inline void sys_put_le40(uint64_t val, uint8_t dst[5])
{
    sys_put_le32((uint32_t)val, dst);
    dst[4] = (uint8_t)(val >> 32);
}

static inline uint64_t sys_get_le40(const uint8_t src[5])
{
    return (uint64_t)src[4] << 32 | sys_get_le32(src);
}

static inline void sys_put_le48(uint64_t val, uint8_t dst[6])
{
    sys_put_le32((uint32_t)val, dst);
    sys_put_le16((uint16_t)(val >> 32), &dst[4]);
}

static inline uint64_t sys_get_le48(const uint8_t src[6])
{
    return (uint64_t)sys_get_le16(&src[4]) << 32 | sys_get_le32(src);
}

static inline void sys_put_le64(uint64_t val, uint8_t dst[8])
{
    sys_put_le32((uint32_t)val, dst);
    sys_put_le32((uint32_t)(val >> 32), &dst[4]);
}

static inline uint64_t sys_get_le64(const uint8_t src[8])
{
    return (uint64_t)sys_get_le32(&src[4]) << 32 | sys_get_le32(src);
}

static inline void sys_put_be16(uint16_t val, uint8_t dst[2])
{
    dst[0] = (uint8_t)(val >> 8);
    dst[1] = (uint8_t)val;
}

static inline uint16_t sys_get_be16(const uint8_t src[2])
{
    return (uint16_t)((uint32_t)src[0] << 8 | (uint32_t)src[1]);
}

static inline void sys_put_be24(uint32_t val, uint8_t dst[3])
{
    dst[0] = (uint8_t)(val >> 16);
    dst[1] = (uint8_t)(val >> 8);
    dst[2] = (uint8_t)val;
}

static inline uint32_t sys_get_be24(const uint8_t src[3])
{
    return (uint32_t)((uint32_t)src[0] << 16 | (uint32_t)src[1] << 8 | (uint32_t)src[2]);
}

static inline void sys_put_be32(uint32_t val, uint8_t dst[4])
{
    sys_put_be16((uint16_t)(val >> 16), dst);
    sys_put_be16((uint16_t)val, &dst[2]);
}

static inline uint32_t sys_get_be32(const uint8_t src[4])
{
    return (uint32_t)sys_get_be16(src) << 16 | sys_get_be16(&src[2]);
}

static inline void sys_put_be40(uint64_t val, uint8_t dst[5])
{
    dst[0] = (uint8_t)(val >> 32);
    sys_put_be32((uint32_t)val, &dst[1]);
}

static inline uint64_t sys_get_be40(const uint8_t src[5])
{
    return (uint64_t)src[0] << 32 | sys_get_be32(&src[1]);
}

static inline void sys_put_be48(uint64_t val, uint8_t dst[6])
{
    sys_put_be16((uint16_t)(val >> 32), dst);
    sys_put_be32((uint32_t)val, &dst[2]);
}

static inline uint64_t sys_get_be48(const uint8_t src[6])
{
    return (uint64_t)sys_get_be16(src) << 32 | sys_get_be32(&src[2]);
}

static inline void sys_put_be64(uint64_t val, uint8_t dst[8])
{
    sys_put_be32((uint32_t)(val >> 32), dst);
    sys_put_be32((uint32_t)val, &dst[4]);
}

static inline uint64_t sys_get_be64(const uint8_t src[8])
{
    return (uint64_t)sys_get_be32(src) << 32 | sys_get_be32(&src[4]);
}

// Copy `length` bytes in reverse order; the two must not overlap.
void sys_memcpy_swap(void *dst, const void *src, size_t length);
// Reverse `length` bytes in place.
void sys_mem_swap(void *buf, size_t length);

// Turn a number of any length between host order and the named order, in place.
static inline void sys_le_to_cpu(void *buf, size_t length)
{
    if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__) {
        sys_mem_swap(buf, length);
    }
}
static inline void sys_cpu_to_le(void *buf, size_t length)
{
    sys_le_to_cpu(buf, length);
}
static inline void sys_be_to_cpu(void *buf, size_t length)
{
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) {
        sys_mem_swap(buf, length);
    }
}
static inline void sys_cpu_to_be(void *buf, size_t length)
{
    sys_be_to_cpu(buf, length);
}

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_SYS_BYTEORDER_H_
