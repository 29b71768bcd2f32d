// Atomic operations that keep interrupts out, under names of their own (see atomic_c.h).
#ifndef ZEPHYR_SYS_ATOMIC_LOCKED_H_
#define ZEPHYR_SYS_ATOMIC_LOCKED_H_

#include <stdbool.h>

#include <zephyr/sys/atomic_types.h>

#ifdef __cplusplus
extern "C" {
#endif

atomic_val_t atomic_locked_add(atomic_t *target, atomic_val_t value);
atomic_val_t atomic_locked_sub(atomic_t *target, atomic_val_t value);
atomic_val_t atomic_locked_set(atomic_t *target, atomic_val_t value);
atomic_val_t atomic_locked_or(atomic_t *target, atomic_val_t value);
atomic_val_t atomic_locked_xor(atomic_t *target, atomic_val_t value);
atomic_val_t atomic_locked_and(atomic_t *target, atomic_val_t value);
atomic_val_t atomic_locked_nand(atomic_t *target, atomic_val_t value);
bool atomic_locked_cas(atomic_t *target, atomic_val_t old_value, atomic_val_t new_value);
bool atomic_locked_ptr_cas(atomic_ptr_t *target, atomic_ptr_val_t old_value,
                           atomic_ptr_val_t new_value);
atomic_ptr_val_t atomic_locked_ptr_set(atomic_ptr_t *target, atomic_ptr_val_t value);

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_SYS_ATOMIC_LOCKED_H_
