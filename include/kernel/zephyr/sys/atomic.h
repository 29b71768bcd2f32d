// Atomic variables and bit arrays. Every operation that changes a variable returns the value that
// it had BEFORE (pitfall 38); a bit number may be any size: it addresses the words of an array made
// by ATOMIC_DEFINE().
//
//     atomic_add, sub, inc, dec, or, and, xor, nand, set, clear   return the old value
//     atomic_cas(target, old, new)                                 true when it stored `new`
//     atomic_get(target), atomic_ptr_get, _set, _cas, _clear       the same for pointers
#ifndef ZEPHYR_SYS_ATOMIC_H_
#define ZEPHYR_SYS_ATOMIC_H_

#include <stdbool.h>
#include <stddef.h>

#include <zephyr/sys/util.h>

#if defined(__GCC_ATOMIC_LONG_LOCK_FREE) && __GCC_ATOMIC_LONG_LOCK_FREE == 2
#include <zephyr/sys/atomic_builtin.h>
#else
#include <zephyr/sys/atomic_c.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define ATOMIC_INIT(i)     (i)
#define ATOMIC_PTR_INIT(p) (p)

#define ATOMIC_BITS                   (sizeof(atomic_val_t) * 8)
#define ATOMIC_MASK(bit)              BIT((unsigned long)(bit) & (ATOMIC_BITS - 1U))
#define ATOMIC_ELEM(addr, bit)        ((addr) + ((bit) / ATOMIC_BITS))
#define ATOMIC_BITMAP_SIZE(num_bits)  (ROUND_UP(num_bits, ATOMIC_BITS) / ATOMIC_BITS)
#define ATOMIC_DEFINE(name, num_bits) atomic_t name[ATOMIC_BITMAP_SIZE(num_bits)]

static inline atomic_val_t atomic_inc(atomic_t *target)
{
    return atomic_add(target, 1);
}

static inline atomic_val_t atomic_dec(atomic_t *target)
{
    return atomic_sub(target, 1);
}

static inline atomic_val_t atomic_clear(atomic_t *target)
{
    return atomic_set(target, 0);
}

static inline atomic_ptr_val_t atomic_ptr_clear(atomic_ptr_t *target)
{
    return atomic_ptr_set(target, NULL);
}

// Whether the bit is set.
static inline bool atomic_test_bit(const atomic_t *target, int bit)
{
    return (atomic_get(ATOMIC_ELEM(target, bit)) & (atomic_val_t)ATOMIC_MASK(bit)) != 0;
}

// Clear the bit; says whether it was set.
static inline bool atomic_test_and_clear_bit(atomic_t *target, int bit)
{
    atomic_val_t mask = (atomic_val_t)ATOMIC_MASK(bit);
    return (atomic_and(ATOMIC_ELEM(target, bit), ~mask) & mask) != 0;
}

// Set the bit; says whether it was set before.
static inline bool atomic_test_and_set_bit(atomic_t *target, int bit)
{
    atomic_val_t mask = (atomic_val_t)ATOMIC_MASK(bit);
    return (atomic_or(ATOMIC_ELEM(target, bit), mask) & mask) != 0;
}

static inline void atomic_clear_bit(atomic_t *target, int bit)
{
    (void)atomic_and(ATOMIC_ELEM(target, bit), ~(atomic_val_t)ATOMIC_MASK(bit));
}

static inline void atomic_set_bit(atomic_t *target, int bit)
{
    (void)atomic_or(ATOMIC_ELEM(target, bit), (atomic_val_t)ATOMIC_MASK(bit));
}

static inline void atomic_set_bit_to(atomic_t *target, int bit, bool val)
{
    if (val) {
        atomic_set_bit(target, bit);
    } else {
        atomic_clear_bit(target, bit);
    }
}

// Set the bit to `val`; true when that changed it.
static inline bool atomic_test_and_set_bit_to(atomic_t *target, int bit, bool val)
{
    return val ? !atomic_test_and_set_bit(target, bit) : atomic_test_and_clear_bit(target, bit);
}

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_SYS_ATOMIC_H_
