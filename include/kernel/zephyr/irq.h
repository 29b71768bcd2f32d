// Keeping interrupts out.
#ifndef ZEPHYR_IRQ_H_
#define ZEPHYR_IRQ_H_

#include <breeze/port.h>

// Nests; irq_unlock() takes what irq_lock() returned.
#define irq_lock()      breeze_port_irq_lock()
#define irq_unlock(key) breeze_port_irq_unlock(key)

#endif // ZEPHYR_IRQ_H_
