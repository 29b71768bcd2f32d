// Types that the kernel objects share.
#ifndef ZEPHYR_KERNEL_TYPES_H_
#define ZEPHYR_KERNEL_TYPES_H_

#include <zephyr/sys_clock.h>
#include <zephyr/types.h>

struct sched_waiter;

// Those who wait for an object, highest priority first. All zero: nobody.
typedef struct {
    struct sched_waiter *head;
} _wait_q_t;

#define Z_WAIT_Q_INIT(wait_q_ptr)                                                                  \
    {                                                                                              \
        NULL                                                                                       \
    }

#endif // ZEPHYR_KERNEL_TYPES_H_
