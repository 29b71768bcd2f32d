// Work items and queues.
//
// The flags of an item are the truth about it; "delayed" alone is not stored but read from its
// timer, so a timer that was stopped behind our back (a reset) leaves no item that waits for ever.
// An item's memory is touched after its handler only to clear its running flag.
#include "kernel/loop.h"
#include "kernel/sched.h"
#include "kernel/state.h"

#define QUEUE_STARTED BIT(0)
#define QUEUE_PLUGGED BIT(1)
#define QUEUE_DRAIN   BIT(2)

void k_work_init(struct k_work *work, k_work_handler_t handler)
{
    *work = (struct k_work){.handler = handler};
}

void k_work_init_delayable(struct k_work_delayable *dwork, k_work_handler_t handler)
{
    *dwork = (struct k_work_delayable)Z_WORK_DELAYABLE_INITIALIZER(handler);
}

int k_work_busy_get(const struct k_work *work)
{
    uint32_t busy = work->flags & K_WORK_MASK;
    if ((work->flags & K_WORK_DELAYABLE) &&
        loop_timer_running(&CONTAINER_OF(work, struct k_work_delayable, work)->timer)) {
        busy |= K_WORK_DELAYED;
    }
    return (int)busy;
}

int k_work_delayable_busy_get(const struct k_work_delayable *dwork)
{
    return k_work_busy_get(&dwork->work);
}

void k_work_queue_init(struct k_work_q *queue)
{
    *queue = (struct k_work_q){0};
}

void k_work_queue_start(struct k_work_q *queue, k_thread_stack_t *stack, size_t stack_size,
                        int prio, const struct k_work_queue_config *cfg)
{
    breeze_init();
    __ASSERT((queue->flags & QUEUE_STARTED) == 0, "the queue was started already");
    queue->flags = QUEUE_STARTED;
    struct k_work_q **at = &kernel_state.queues;
    while (*at && *at != queue) {
        at = &(*at)->next_queue;
    }
    if (*at == NULL) {
        queue->next_queue = NULL;
        *at = queue;
    }
    backend_queue_start(queue, stack, stack_size, prio, cfg ? cfg->name : NULL);
}

struct k_work_q *breeze_system_work_queue(void)
{
    struct k_work_q *queue = &kernel_state.system_queue;
    if ((queue->flags & QUEUE_STARTED) == 0) {
        static const struct k_work_queue_config config = {.name = "sysworkq"};
        // An init function that submits work gets here again and starts the queue.
        breeze_init();
        if ((queue->flags & QUEUE_STARTED) == 0) {
            k_work_queue_start(queue, NULL, 0, CONFIG_SYSTEM_WORKQUEUE_PRIORITY, &config);
        }
    }
    return queue;
}

// Append to a queue that takes items: a draining one only from its own thread.
static int queue_append(struct k_work_q *queue, struct k_work *work)
{
    if (queue == NULL) {
        return -EINVAL;
    }
    bool own = k_current_get() == &queue->thread && !kernel_state.in_timer;
    if ((queue->flags & QUEUE_STARTED) == 0) {
        return -ENODEV;
    }
    bool draining = queue->flags & QUEUE_DRAIN;
    bool plugged = queue->flags & QUEUE_PLUGGED;
    if ((draining && !own) || (plugged && !draining)) {
        return -EBUSY;
    }
    sys_slist_append(&queue->pending, &work->node);
    work->flags |= K_WORK_QUEUED;
    work->queue = queue;
    backend_queue_kick(queue);
    return 1;
}

int k_work_submit_to_queue(struct k_work_q *queue, struct k_work *work)
{
    if (work->flags & K_WORK_CANCELING) {
        return -EBUSY;
    }
    if (work->flags & K_WORK_QUEUED) {
        return 0;
    }
    // One item never runs on two queues at once.
    bool running = work->flags & K_WORK_RUNNING;
    int ret = queue_append(running || queue == NULL ? work->queue : queue, work);
    return ret > 0 && running ? 2 : ret;
}

int k_work_submit(struct k_work *work)
{
    return k_work_submit_to_queue(&k_sys_work_q, work);
}

// Wake those who wait for this item to end: one run is over, or (all) it is off its queue for good.
static void work_done_notify(struct k_work_q *queue, struct k_work *work, bool all)
{
    struct sched_waiter *next;
    for (struct sched_waiter *waiter = queue->done.head; waiter; waiter = next) {
        next = waiter->next;
        if (waiter->data == work && (all || --waiter->left == 0)) {
            sched_wake(waiter, 0);
        }
    }
}

bool work_queue_run_one(struct k_work_q *queue)
{
    sys_snode_t *node = sys_slist_get(&queue->pending);
    if (node) {
        struct k_work *work = CONTAINER_OF(node, struct k_work, node);
        queue->running = work;
        work->flags = (work->flags & ~K_WORK_QUEUED) | K_WORK_RUNNING;
        work->handler(work);
        // After a reset from the handler the item is no longer ours.
        if (queue->running == work) {
            queue->running = NULL;
            bool cancelled = work->flags & K_WORK_CANCELING;
            work->flags &= ~(K_WORK_RUNNING | K_WORK_CANCELING);
            if (queue->done.head) {
                work_done_notify(queue, work, cancelled);
            }
        }
    }
    if (sys_slist_is_empty(&queue->pending) && (queue->flags & QUEUE_DRAIN)) {
        queue->flags &= ~QUEUE_DRAIN;
        (void)sched_wake_all(&queue->drainers, 0);
    }
    return node != NULL;
}

// Wait until the item has run `left` more times or was cancelled.
static void work_wait(struct k_work *work, unsigned int left)
{
    struct sched_waiter waiter = {.data = work, .left = left};
    (void)sched_pend(&work->queue->done, &waiter, K_FOREVER);
}

bool k_work_flush(struct k_work *work, struct k_work_sync *sync)
{
    unsigned int runs =
        ((work->flags & K_WORK_RUNNING) ? 1 : 0) + ((work->flags & K_WORK_QUEUED) ? 1 : 0);
    if (runs) {
        sync->work = work;
        work_wait(work, runs);
    }
    return runs > 0;
}

int k_work_cancel(struct k_work *work)
{
    if (work->flags & K_WORK_CANCELING) {
        return k_work_busy_get(work);
    }
    if (work->flags & K_WORK_QUEUED) {
        (void)sys_slist_find_and_remove(&work->queue->pending, &work->node);
        work->flags &= ~K_WORK_QUEUED;
        if (work->queue->done.head && !(work->flags & K_WORK_RUNNING)) {
            work_done_notify(work->queue, work, true);
        }
    }
    if (work->flags & K_WORK_RUNNING) {
        work->flags |= K_WORK_CANCELING;
    }
    return k_work_busy_get(work);
}

bool k_work_cancel_sync(struct k_work *work, struct k_work_sync *sync)
{
    bool pending = k_work_busy_get(work) != 0;
    if (k_work_cancel(work) & K_WORK_RUNNING) {
        sync->work = work;
        work_wait(work, 1);
    }
    return pending;
}

int k_work_queue_drain(struct k_work_q *queue, bool plug)
{
    if ((queue->flags & QUEUE_STARTED) == 0) {
        return -ENODEV;
    }
    bool busy =
        (queue->flags & QUEUE_DRAIN) || queue->running || !sys_slist_is_empty(&queue->pending);
    if (plug) {
        queue->flags |= QUEUE_PLUGGED;
    }
    if (!busy) {
        return 0;
    }
    queue->flags |= QUEUE_DRAIN;
    backend_queue_kick(queue);
    int err = sched_pend_plain(&queue->drainers, K_FOREVER);
    return err ? err : 1;
}

int k_work_queue_unplug(struct k_work_q *queue)
{
    if ((queue->flags & QUEUE_PLUGGED) == 0) {
        return -EALREADY;
    }
    queue->flags &= ~QUEUE_PLUGGED;
    return 0;
}

int k_work_queue_stop(struct k_work_q *queue, k_timeout_t timeout)
{
    if ((queue->flags & QUEUE_STARTED) == 0) {
        return -EALREADY;
    }
    if ((queue->flags & QUEUE_PLUGGED) == 0) {
        return -EBUSY;
    }
    bool busy = queue->running || !sys_slist_is_empty(&queue->pending);
    if (busy && (K_TIMEOUT_EQ(timeout, K_NO_WAIT) || sched_pend_plain(&queue->drainers, timeout))) {
        return -ETIMEDOUT;
    }
    struct k_work_q **at = &kernel_state.queues;
    while (*at && *at != queue) {
        at = &(*at)->next_queue;
    }
    if (*at) {
        *at = queue->next_queue;
    }
    backend_queue_stop(queue);
    queue->flags = 0;
    return 0;
}
