// Spin locks: on one processor, keeping interrupts out.
#ifndef ZEPHYR_SPINLOCK_H_
#define ZEPHYR_SPINLOCK_H_

#include <breeze/port.h>
#include <zephyr/toolchain.h>

#ifdef __cplusplus
extern "C" {
#endif

struct k_spinlock {
    char unused;
};

typedef struct {
    unsigned int key;
} k_spinlock_key_t;

// Lock: interrupts are off until k_spin_unlock() with the key that this returns.
static ALWAYS_INLINE k_spinlock_key_t k_spin_lock(struct k_spinlock *l)
{
    (void)l;
    return (k_spinlock_key_t){breeze_port_irq_lock()};
}

// Always succeeds. 0.
static ALWAYS_INLINE int k_spin_trylock(struct k_spinlock *l, k_spinlock_key_t *k)
{
    *k = k_spin_lock(l);
    return 0;
}

static ALWAYS_INLINE void k_spin_unlock(struct k_spinlock *l, k_spinlock_key_t key)
{
    (void)l;
    breeze_port_irq_unlock(key.key);
}

// Run the statement that follows with the lock held; it must not leave by return or goto.
#define K_SPINLOCK(lck)                                                                            \
    for (k_spinlock_key_t __i = k_spin_lock(lck), *__once = &__i; __once;                          \
         k_spin_unlock((lck), __i), __once = NULL)

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_SPINLOCK_H_
