// Wait queues over the back end's way of waiting; called by every object that can block.
#include "kernel/sched.h"

#include <breeze/loop.h>

#define LOG_LAYER LOG_KERNEL
#include "base/log.h"
#include "kernel/state.h"

#define US_PER_TICK (1000000 / CONFIG_SYS_CLOCK_TICKS_PER_SEC)
// Longer than anything lasts, and now + that is before BREEZE_NEVER: a constant, because dividing 64
// bits costs more than a kilobyte where the processor cannot.
#define TICKS_BEYOND (BREEZE_NEVER / 2 / US_PER_TICK)

int64_t sched_deadline(k_timeout_t timeout)
{
    if (K_TIMEOUT_EQ(timeout, K_FOREVER)) {
        return BREEZE_NEVER;
    }
    if (!Z_IS_TIMEOUT_RELATIVE(timeout)) {
        return (K_TICKS_FOREVER - 1 - timeout.ticks) * US_PER_TICK;
    }
    bool beyond = timeout.ticks > TICKS_BEYOND;
    return beyond ? BREEZE_NEVER : breeze_port_now() + timeout.ticks * US_PER_TICK;
}

static void waiter_link(_wait_q_t *queue, struct sched_waiter *waiter)
{
    struct sched_waiter **at = &queue->head;
    while (*at && (*at)->prio <= waiter->prio) {
        at = &(*at)->next;
    }
    waiter->next = *at;
    *at = waiter;
    waiter->queue = queue;
}

void sched_unlink(struct sched_waiter *waiter)
{
    struct sched_waiter **at = &waiter->queue->head;
    while (*at != waiter) {
        at = &(*at)->next;
    }
    *at = waiter->next;
    waiter->queue = NULL;
}

int sched_pend(_wait_q_t *queue, struct sched_waiter *waiter, k_timeout_t timeout)
{
    breeze_init();
    if (!backend_may_wait()) {
        log_err("a blocking call in a callback: it fails at once");
        __ASSERT(false, "blocking call in a callback");
        return -EAGAIN;
    }
    int64_t deadline = sched_deadline(timeout);
    waiter->thread = k_current_get();
    waiter->prio = waiter->thread->prio;
    waiter->result = -EAGAIN;
    waiter_link(queue, waiter);
    waiter->thread->waiter = waiter;
    int err = backend_wait(waiter, deadline);
    waiter->thread->waiter = NULL;
    if (waiter->queue) {
        sched_unlink(waiter);
        waiter->result = err;
    }
    return waiter->result;
}

int sched_pend_plain(_wait_q_t *queue, k_timeout_t timeout)
{
    struct sched_waiter waiter = {0};
    return sched_pend(queue, &waiter, timeout);
}

void sched_wake(struct sched_waiter *waiter, int result)
{
    sched_unlink(waiter);
    waiter->result = result;
    backend_woken(waiter);
}

struct sched_waiter *sched_wake_first(_wait_q_t *queue, int result, void *data)
{
    struct sched_waiter *waiter = queue->head;
    if (waiter) {
        waiter->data = data;
        sched_wake(waiter, result);
    }
    return waiter;
}

int sched_wake_all(_wait_q_t *queue, int result)
{
    int count = 0;
    while (queue->head) {
        sched_wake(queue->head, result);
        count++;
    }
    return count;
}
