// Waiting: who waits for an object, and the seam to the back end that knows how to (design D8).
//
// A waiter lies on the stack of the call that waits, linked into the object's wait queue, highest
// priority first and first come first among equals. Waking takes it out of the queue, which is how
// the waiting call learns of it.
#ifndef BREEZE_SRC_KERNEL_SCHED_H_
#define BREEZE_SRC_KERNEL_SCHED_H_

#include <zephyr/kernel.h>

struct sched_waiter {
    struct sched_waiter *next;
    _wait_q_t *queue; // NULL once woken
    struct k_thread *thread;
    void *data;        // what it waits for, or what it was handed
    unsigned int left; // work.c: how many runs it waits for
    int result;
    int prio;
    bool asleep; // in k_sleep(): k_wakeup() may wake it
};

// Wait in `queue`. Returns what sched_wake() gave; -EAGAIN: timed out, or this context may not wait
// (then an error is logged and an assertion fails); -EINTR: the user's interrupt. K_NO_WAIT is the
// caller's to check first. The waiter may be set up with data; the rest is done here.
int sched_pend(_wait_q_t *queue, struct sched_waiter *waiter, k_timeout_t timeout);
// The same where only the result matters.
int sched_pend_plain(_wait_q_t *queue, k_timeout_t timeout);

// Wake one waiter; the first of a queue (NULL if there is none); all of a queue (how many).
void sched_wake(struct sched_waiter *waiter, int result);
struct sched_waiter *sched_wake_first(_wait_q_t *queue, int result, void *data);
int sched_wake_all(_wait_q_t *queue, int result);
// Take a waiter out of its queue without waking anybody.
void sched_unlink(struct sched_waiter *waiter);

// Absolute time in microseconds at which a time-out that starts now ends.
int64_t sched_deadline(k_timeout_t timeout);

// The back end: coop.c or fiber.c, one of them linked.

// Whether the running context may wait.
bool backend_may_wait(void);
// Until waiter->queue is NULL (0), the deadline (-EAGAIN) or the user's interrupt (-EINTR).
int backend_wait(struct sched_waiter *waiter, int64_t deadline);
// The waiter has just been taken out of its queue.
void backend_woken(struct sched_waiter *waiter);
// Serve a work queue from now on.
void backend_queue_start(struct k_work_q *queue, k_thread_stack_t *stack, size_t stack_size,
                         int prio, const char *name);
// Stop serving it; it is empty.
void backend_queue_stop(struct k_work_q *queue);
// There is something for the queue's thread to do.
void backend_queue_kick(struct k_work_q *queue);

// work.c, for the back ends: run the queue's first item, if any; false when there is none.
bool work_queue_run_one(struct k_work_q *queue);

// poll.c: a thread that may have been in k_poll() has ended; its stack is gone.
void poll_thread_ended(struct k_thread *thread);

// Tell who polls an object that something happened to it.
static inline void poll_notify(void (*notify)(void *obj, uint8_t state), void *obj, uint8_t state)
{
    if (notify) {
        notify(obj, state);
    }
}

#endif // BREEZE_SRC_KERNEL_SCHED_H_
