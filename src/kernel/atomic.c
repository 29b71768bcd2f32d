// Atomic operations with interrupts kept out, for processors without such instructions; elsewhere
// zephyr/sys/atomic_builtin.h is in force and these are not linked. zephyr/sys/atomic_c.h gives them
// their public names, so that every build compiles them and a test can call them.
#include <zephyr/sys/atomic_locked.h>

#include <breeze/port.h>

#define ATOMIC_LOCKED(name, expression)                                                            \
    atomic_val_t name(atomic_t *target, atomic_val_t value)                                        \
    {                                                                                              \
        unsigned int key = breeze_port_irq_lock();                                                 \
        atomic_val_t old = *target;                                                                \
        *target = (expression);                                                                    \
        breeze_port_irq_unlock(key);                                                               \
        return old;                                                                                \
    }

// Sums wrap, as the instructions of other processors do.
ATOMIC_LOCKED(atomic_locked_add, (atomic_val_t)((unsigned long)old + (unsigned long)value))
ATOMIC_LOCKED(atomic_locked_sub, (atomic_val_t)((unsigned long)old - (unsigned long)value))
ATOMIC_LOCKED(atomic_locked_set, value)
ATOMIC_LOCKED(atomic_locked_or, old | value)
ATOMIC_LOCKED(atomic_locked_xor, old ^ value)
ATOMIC_LOCKED(atomic_locked_and, old &value)
ATOMIC_LOCKED(atomic_locked_nand, ~(old &value))

bool atomic_locked_cas(atomic_t *target, atomic_val_t old_value, atomic_val_t new_value)
{
    unsigned int key = breeze_port_irq_lock();
    bool same = *target == old_value;
    if (same) {
        *target = new_value;
    }
    breeze_port_irq_unlock(key);
    return same;
}

bool atomic_locked_ptr_cas(atomic_ptr_t *target, atomic_ptr_val_t old_value,
                           atomic_ptr_val_t new_value)
{
    unsigned int key = breeze_port_irq_lock();
    bool same = *target == old_value;
    if (same) {
        *target = new_value;
    }
    breeze_port_irq_unlock(key);
    return same;
}

atomic_ptr_val_t atomic_locked_ptr_set(atomic_ptr_t *target, atomic_ptr_val_t value)
{
    unsigned int key = breeze_port_irq_lock();
    atomic_ptr_val_t old = *target;
    *target = value;
    breeze_port_irq_unlock(key);
    return old;
}
