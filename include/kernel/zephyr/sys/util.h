// Small helpers under Zephyr's names: sizes, ranges, bits, hexadecimal text.
#ifndef ZEPHYR_SYS_UTIL_H_
#define ZEPHYR_SYS_UTIL_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <zephyr/sys/util_macro.h>
#include <zephyr/toolchain.h>
#include <zephyr/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define POINTER_TO_UINT(x) ((uintptr_t)(x))
#define UINT_TO_POINTER(x) ((void *)(uintptr_t)(x))
#define POINTER_TO_INT(x)  ((intptr_t)(x))
#define INT_TO_POINTER(x)  ((void *)(intptr_t)(x))

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define IS_ARRAY_ELEMENT(array, ptr)                                                               \
    ((ptr) && POINTER_TO_UINT(array) <= POINTER_TO_UINT(ptr) &&                                    \
     POINTER_TO_UINT(ptr) < POINTER_TO_UINT(&(array)[ARRAY_SIZE(array)]) &&                        \
     (POINTER_TO_UINT(ptr) - POINTER_TO_UINT(array)) % sizeof((array)[0]) == 0)
#define ARRAY_INDEX(array, ptr) ((size_t)((ptr) - (array)))
#define PART_OF_ARRAY(array, ptr)                                                                  \
    ((ptr) && POINTER_TO_UINT(array) <= POINTER_TO_UINT(ptr) &&                                    \
     POINTER_TO_UINT(ptr) < POINTER_TO_UINT(&(array)[ARRAY_SIZE(array)]))

// The object that holds `field`, from a pointer to the field.
#define CONTAINER_OF(ptr, type, field) ((type *)(((char *)(ptr)) - offsetof(type, field)))
#define SIZEOF_FIELD(type, member)     sizeof((((type *)0)->member))

#define ROUND_UP(x, align)                                                                         \
    ((((unsigned long)(x) + ((unsigned long)(align)-1)) / (unsigned long)(align)) *                \
     (unsigned long)(align))
#define ROUND_DOWN(x, align)                                                                       \
    (((unsigned long)(x) / (unsigned long)(align)) * (unsigned long)(align))
#define WB_UP(x)               ROUND_UP(x, sizeof(void *))
#define WB_DN(x)               ROUND_DOWN(x, sizeof(void *))
#define DIV_ROUND_UP(n, d)     (((n) + (d)-1) / (d))
#define ceiling_fraction(n, d) DIV_ROUND_UP(n, d)

#ifndef MAX
#define MAX(a, b) (((a) > (b)) ? (a) : (b))
#endif
#ifndef MIN
#define MIN(a, b) (((a) < (b)) ? (a) : (b))
#endif
#ifndef CLAMP
#define CLAMP(val, low, high) (((val) <= (low)) ? (low) : MIN(val, high))
#endif
#define IN_RANGE(val, min, max) ((val) >= (min) && (val) <= (max))

#define KB(x)         ((x) << 10)
#define MB(x)         (KB(x) << 10)
#define KHZ(x)        ((x)*1000)
#define MHZ(x)        (KHZ(x) * 1000)
#define NSEC_PER_USEC 1000U
#define USEC_PER_MSEC 1000U
#define MSEC_PER_SEC  1000U
#define USEC_PER_SEC  1000000U
#define NSEC_PER_MSEC 1000000U
#define NSEC_PER_SEC  1000000000U
#define SEC_PER_MIN   60U
#define MIN_PER_HOUR  60U

// A positive value that fails to compile when the condition is false.
#define ZERO_OR_COMPILE_ERROR(cond) ((int)sizeof(char[1 - 2 * !(cond)]) - 1)

#define BITS_PER_BYTE 8

static inline bool is_power_of_two(unsigned int x)
{
    return x && !(x & (x - 1));
}
#define IS_POWER_OF_TWO(x) (((x) != 0U) && (((x) & ((x)-1U)) == 0U))

// One hexadecimal digit to its value and back; 0, or -EINVAL.
int char2hex(char c, uint8_t *x);
int hex2char(uint8_t x, char *c);
// Bytes to lower-case hexadecimal text with a closing zero. Returns the length of the text, 0 when
// `hexlen` is too small.
size_t bin2hex(const uint8_t *buf, size_t buflen, char *hex, size_t hexlen);
// Hexadecimal text to bytes (an odd number of digits: the first byte has one). Returns the number
// of bytes, 0 on a bad digit or when `buflen` is too small.
size_t hex2bin(const char *hex, size_t hexlen, uint8_t *buf, size_t buflen);
// `value` in decimal, with a closing zero if there is room. Returns the number of digits written.
uint8_t u8_to_dec(char *buf, uint8_t buflen, uint8_t value);

// Copy text and always close it with a zero. Returns `dst`.
static inline char *utf8_lcpy(char *dst, const char *src, size_t n)
{
    if (n > 0) {
        size_t len = strnlen(src, n - 1);
        // A multi-byte character that would be cut is left out whole.
        while (len > 0 && ((unsigned char)src[len] & 0xC0U) == 0x80U) {
            len--;
        }
        memcpy(dst, src, len);
        dst[len] = '\0';
    }
    return dst;
}

// dst = src1 XOR src2, `len` bytes.
static inline void mem_xor_n(uint8_t *dst, const uint8_t *src1, const uint8_t *src2, size_t len)
{
    while (len--) {
        *dst++ = *src1++ ^ *src2++;
    }
}
static inline void mem_xor_32(uint8_t dst[4], const uint8_t src1[4], const uint8_t src2[4])
{
    mem_xor_n(dst, src1, src2, 4);
}
static inline void mem_xor_128(uint8_t dst[16], const uint8_t src1[16], const uint8_t src2[16])
{
    mem_xor_n(dst, src1, src2, 16);
}

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_SYS_UTIL_H_
