// The timer that everything in the shim waits with, as a type only: kernel objects embed it. The
// functions are internal (src/kernel/loop.h).
#ifndef BREEZE_LOOP_TIMER_H_
#define BREEZE_LOOP_TIMER_H_

#include <stdbool.h>
#include <stdint.h>

#include <zephyr/sys/dlist.h>

struct loop_timer {
    sys_dnode_t node;
    int64_t due_us;
    void (*fn)(struct loop_timer *timer);
    bool running;
};

#endif // BREEZE_LOOP_TIMER_H_
