// Atomic operations for processors without such instructions (Cortex-M0): functions that keep
// interrupts out (src/kernel/atomic.c). Loads of a word are atomic by themselves.
#ifndef ZEPHYR_SYS_ATOMIC_C_H_
#define ZEPHYR_SYS_ATOMIC_C_H_

#include <stdbool.h>

#include <zephyr/sys/atomic_locked.h>

#ifdef __cplusplus
extern "C" {
#endif

#define atomic_add     atomic_locked_add
#define atomic_sub     atomic_locked_sub
#define atomic_set     atomic_locked_set
#define atomic_or      atomic_locked_or
#define atomic_xor     atomic_locked_xor
#define atomic_and     atomic_locked_and
#define atomic_nand    atomic_locked_nand
#define atomic_cas     atomic_locked_cas
#define atomic_ptr_cas atomic_locked_ptr_cas
#define atomic_ptr_set atomic_locked_ptr_set

static inline atomic_val_t atomic_get(const atomic_t *target)
{
    return *(const volatile atomic_t *)target;
}

static inline atomic_ptr_val_t atomic_ptr_get(const atomic_ptr_t *target)
{
    return *(void *const volatile *)target;
}

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_SYS_ATOMIC_C_H_
