// The back end without stacks: one context, main's. A blocking call there runs the loop until it is
// satisfied; in a turn of the loop nothing may wait. All work queues are served in the turn.
#include "kernel/loop.h"
#include "kernel/sched.h"
#include "kernel/state.h"

int64_t breeze_step(void)
{
    if (kernel_state.in_turn) {
        return breeze_port_now();
    }
    breeze_init();
    kernel_state.in_turn = true;
    bool more = loop_turn();
    if (kernel_state.work_turn) {
        more |= kernel_state.work_turn();
    }
    kernel_state.in_turn = false;
    return loop_next(more);
}

// A turn over all queues: of each as many items as it has at the start.
static bool queues_turn(void)
{
    bool more = false;
    struct k_thread *caller = kernel_state.current;
    for (struct k_work_q *queue = kernel_state.queues; queue; queue = queue->next_queue) {
        size_t count = sys_slist_len(&queue->pending);
        kernel_state.current = &queue->thread;
        while (count-- > 0 && work_queue_run_one(queue)) {
        }
        more |= !sys_slist_is_empty(&queue->pending);
    }
    kernel_state.current = caller;
    return more;
}

void backend_queue_start(struct k_work_q *queue, k_thread_stack_t *stack, size_t stack_size,
                         int prio, const char *name)
{
    kernel_state.work_turn = queues_turn;
    queue->thread.prio = (int16_t)prio;
    queue->thread.name = name;
}

void backend_queue_kick(struct k_work_q *queue)
{
    // The program may be about to sleep until the time that an earlier turn returned.
    if (!kernel_state.in_turn) {
        kernel_state.wake = true;
    }
}

bool backend_may_wait(void)
{
    return !kernel_state.in_turn;
}

int backend_wait(struct sched_waiter *waiter, int64_t deadline)
{
    for (;;) {
        int64_t next = breeze_step();
        if (!waiter->queue) {
            return 0;
        }
        if (breeze_port_now() >= deadline) {
            return -EAGAIN;
        }
        if (breeze_port_idle(MIN(next, deadline)) == -EINTR) {
            return -EINTR;
        }
    }
}

void backend_woken(struct sched_waiter *waiter)
{
    waiter->thread->waiter = NULL;
}

k_tid_t k_current_get(void)
{
    return kernel_state.current ? kernel_state.current : &kernel_state.main_thread;
}

void k_yield(void)
{
    if (!kernel_state.in_turn) {
        (void)breeze_step();
    }
}

void k_thread_priority_set(k_tid_t thread, int prio)
{
    thread->prio = (int16_t)prio;
}

void backend_queue_stop(struct k_work_q *queue)
{
    // It is no longer among kernel_state.queues, which is all there is to it.
    (void)queue;
}
