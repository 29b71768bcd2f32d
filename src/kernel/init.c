// Runs what SYS_INIT() registered: once, by level, then priority, then link order.
#include <breeze/loop.h>

#define LOG_LAYER LOG_KERNEL
#include "base/log.h"
#include "kernel/state.h"

static void entries_run(uint32_t order)
{
    STRUCT_SECTION_FOREACH (init_entry, entry) {
        int err = entry->order == order ? entry->init_fn() : 0;
        if (err) {
            log_err("an init function of order %u failed: %d", (unsigned int)order, err);
        }
    }
}

// The smallest order above `after`, or UINT32_MAX.
static uint32_t order_next(int64_t after)
{
    uint32_t next = UINT32_MAX;
    STRUCT_SECTION_FOREACH (init_entry, entry) {
        if (entry->order > after && entry->order < next) {
            next = entry->order;
        }
    }
    return next;
}

void breeze_init(void)
{
    if (kernel_state.started) {
        return;
    }
    kernel_state.started = true;
    for (uint32_t order = order_next(-1); order != UINT32_MAX; order = order_next(order)) {
        entries_run(order);
    }
}
