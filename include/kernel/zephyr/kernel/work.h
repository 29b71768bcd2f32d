// Work items and work queues.
//
// On coop all queues are served by breeze_step() in the main context, in the order in which they
// were started (the system queue first): a work item that blocks fails at once. On fiber each queue
// has its own thread.
#ifndef ZEPHYR_KERNEL_WORK_H_
#define ZEPHYR_KERNEL_WORK_H_

#include <breeze/loop_timer.h>
#include <zephyr/kernel/sync.h>
#include <zephyr/kernel/thread.h>
#include <zephyr/sys/slist.h>

#ifdef __cplusplus
extern "C" {
#endif

struct k_work;
struct k_work_q;
typedef void (*k_work_handler_t)(struct k_work *work);

// Bits of k_work_busy_get(): what the item is doing.
enum {
    K_WORK_RUNNING_BIT = 0,
    K_WORK_CANCELING_BIT = 1,
    K_WORK_QUEUED_BIT = 2,
    K_WORK_DELAYED_BIT = 3,
    K_WORK_FLUSHING_BIT = 4,
    K_WORK_DELAYABLE_BIT = 8,
};
#define K_WORK_RUNNING   BIT(K_WORK_RUNNING_BIT)
#define K_WORK_CANCELING BIT(K_WORK_CANCELING_BIT)
#define K_WORK_QUEUED    BIT(K_WORK_QUEUED_BIT)
#define K_WORK_DELAYED   BIT(K_WORK_DELAYED_BIT)
#define K_WORK_FLUSHING  BIT(K_WORK_FLUSHING_BIT)
#define K_WORK_DELAYABLE BIT(K_WORK_DELAYABLE_BIT)
#define K_WORK_MASK                                                                                \
    (K_WORK_RUNNING | K_WORK_CANCELING | K_WORK_QUEUED | K_WORK_DELAYED | K_WORK_FLUSHING)

struct k_work {
    sys_snode_t node;
    k_work_handler_t handler;
    struct k_work_q *queue; // where it is queued or runs, or ran last
    uint32_t flags;
};

struct k_work_delayable {
    struct k_work work;
    struct loop_timer timer;
    struct k_work_q *queue; // where it goes when the delay ends
};

struct k_work_queue_config {
    const char *name;
    bool no_yield;
    bool essential;
    uint32_t work_timeout_ms;
};

struct k_work_q {
    struct k_thread thread;
    sys_slist_t pending;
    struct k_work *running;
    _wait_q_t notify;   // the queue's thread, when it has nothing to do
    _wait_q_t done;     // those who wait for an item to end
    _wait_q_t drainers; // those who wait for the queue to be empty
    struct k_work_q *next_queue;
    uint32_t flags;
};

// What k_work_cancel_sync() and its like wait with; must stay in place during the call.
struct k_work_sync {
    struct k_work *work;
};

#define Z_WORK_INITIALIZER(work_handler)                                                           \
    {                                                                                              \
        .handler = (work_handler)                                                                  \
    }
#define K_WORK_DEFINE(work, work_handler) struct k_work work = Z_WORK_INITIALIZER(work_handler)
#define Z_WORK_DELAYABLE_INITIALIZER(work_handler)                                                 \
    {                                                                                              \
        .work = {.handler = (work_handler), .flags = K_WORK_DELAYABLE }                            \
    }
#define K_WORK_DELAYABLE_DEFINE(work, work_handler)                                                \
    struct k_work_delayable work = Z_WORK_DELAYABLE_INITIALIZER(work_handler)

// The system work queue; it starts at its first use.
struct k_work_q *breeze_system_work_queue(void);
#define k_sys_work_q (*breeze_system_work_queue())

// An item that is idle and will call `handler`. Not while it is queued or running.
void k_work_init(struct k_work *work, k_work_handler_t handler);
// What the item is doing, as bits; 0: nothing, its memory may be reused.
int k_work_busy_get(const struct k_work *work);
// Is it queued, running or being cancelled.
static inline bool k_work_is_pending(const struct k_work *work)
{
    return k_work_busy_get(work) != 0;
}
// Queue an item. 0: it was queued already; 1: queued; 2: it is running and was queued again, on the
// queue that runs it; -EBUSY: it is being cancelled, or the queue is draining or plugged and the
// call does not come from the queue's own thread; -EINVAL: no queue given and none known; -ENODEV:
// the queue was not started. `queue` NULL means the queue it was on last.
int k_work_submit_to_queue(struct k_work_q *queue, struct k_work *work);
// ... on the system work queue.
int k_work_submit(struct k_work *work);
// Wait until the item is no longer queued or running. True if there was something to wait for.
bool k_work_flush(struct k_work *work, struct k_work_sync *sync);
// Take it off its queue. Returns what k_work_busy_get() would: non-zero while it still runs
// (K_WORK_RUNNING | K_WORK_CANCELING).
int k_work_cancel(struct k_work *work);
// The same, and wait until it has ended. True if it was pending.
bool k_work_cancel_sync(struct k_work *work, struct k_work_sync *sync);

// An empty queue, not started. Before k_work_queue_start().
void k_work_queue_init(struct k_work_q *queue);
// Start a queue with a thread of its own (on coop: let breeze_step() serve it; `stack` may be NULL
// there).
void k_work_queue_start(struct k_work_q *queue, k_thread_stack_t *stack, size_t stack_size,
                        int prio, const struct k_work_queue_config *cfg);
static inline k_tid_t k_work_queue_thread_get(struct k_work_q *queue)
{
    return &queue->thread;
}
// Wait until the queue is empty; with `plug` it then takes nothing more. 1: had to wait; 0: was
// empty; negative errno: did not get there.
int k_work_queue_drain(struct k_work_q *queue, bool plug);
// Let a plugged queue take items again. 0; -EALREADY: it is not plugged.
int k_work_queue_unplug(struct k_work_q *queue);
// Stop a plugged queue. 0; -EALREADY: not started; -EBUSY: not plugged; -ETIMEDOUT: still busy.
int k_work_queue_stop(struct k_work_q *queue, k_timeout_t timeout);

// An item that is idle, without a delay, and will call `handler`.
void k_work_init_delayable(struct k_work_delayable *dwork, k_work_handler_t handler);
// The delayable item of a work item: for handlers, which are given the inner one.
static inline struct k_work_delayable *k_work_delayable_from_work(struct k_work *work)
{
    return CONTAINER_OF(work, struct k_work_delayable, work);
}
// What it is doing, as bits, K_WORK_DELAYED among them; 0: nothing.
int k_work_delayable_busy_get(const struct k_work_delayable *dwork);
// Is it delayed, queued, running or being cancelled.
static inline bool k_work_delayable_is_pending(const struct k_work_delayable *dwork)
{
    return k_work_delayable_busy_get(dwork) != 0;
}
// When the delay ends, and what is left of it, in ticks; now and 0 when it is not delayed.
k_ticks_t k_work_delayable_expires_get(const struct k_work_delayable *dwork);
k_ticks_t k_work_delayable_remaining_get(const struct k_work_delayable *dwork);
// Queue the item after a delay, unless it is delayed or queued already: then nothing changes and 0
// is returned. 1: delayed (or queued, with K_NO_WAIT); 2: with K_NO_WAIT, running and queued again;
// errors as k_work_submit_to_queue().
int k_work_schedule_for_queue(struct k_work_q *queue, struct k_work_delayable *dwork,
                              k_timeout_t delay);
int k_work_schedule(struct k_work_delayable *dwork, k_timeout_t delay);
// Queue the item after a delay that replaces any it has. 0: K_NO_WAIT and it was queued already;
// else as above. An item that is queued already stays queued, and is queued once more after the
// delay.
int k_work_reschedule_for_queue(struct k_work_q *queue, struct k_work_delayable *dwork,
                                k_timeout_t delay);
int k_work_reschedule(struct k_work_delayable *dwork, k_timeout_t delay);
// End the delay now and wait until the item has run. True if there was something to wait for.
bool k_work_flush_delayable(struct k_work_delayable *dwork, struct k_work_sync *sync);
// End delay and queueing. Returns the busy bits that remain.
int k_work_cancel_delayable(struct k_work_delayable *dwork);
bool k_work_cancel_delayable_sync(struct k_work_delayable *dwork, struct k_work_sync *sync);

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_KERNEL_WORK_H_
