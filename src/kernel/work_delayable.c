// Work items with a delay: a timer in front of work.c.
#include "kernel/loop.h"
#include "kernel/sched.h"

static void delay_ended(struct loop_timer *timer)
{
    struct k_work_delayable *dwork = CONTAINER_OF(timer, struct k_work_delayable, timer);
    (void)k_work_submit_to_queue(dwork->queue, &dwork->work);
}

static int delay_start(struct k_work_q *queue, struct k_work_delayable *dwork, k_timeout_t delay)
{
    if (K_TIMEOUT_EQ(delay, K_NO_WAIT)) {
        return k_work_submit_to_queue(queue, &dwork->work);
    }
    dwork->queue = queue;
    loop_timer_start_at(&dwork->timer, sched_deadline(delay), delay_ended);
    return 1;
}

int k_work_schedule_for_queue(struct k_work_q *queue, struct k_work_delayable *dwork,
                              k_timeout_t delay)
{
    // Delayed or queued already: that stands. A running item may be scheduled again.
    if (k_work_delayable_busy_get(dwork) & (K_WORK_DELAYED | K_WORK_QUEUED)) {
        return 0;
    }
    return delay_start(queue, dwork, delay);
}

int k_work_schedule(struct k_work_delayable *dwork, k_timeout_t delay)
{
    return k_work_schedule_for_queue(&k_sys_work_q, dwork, delay);
}

int k_work_reschedule_for_queue(struct k_work_q *queue, struct k_work_delayable *dwork,
                                k_timeout_t delay)
{
    loop_timer_stop(&dwork->timer);
    return delay_start(queue, dwork, delay);
}

int k_work_reschedule(struct k_work_delayable *dwork, k_timeout_t delay)
{
    return k_work_reschedule_for_queue(&k_sys_work_q, dwork, delay);
}

k_ticks_t k_work_delayable_remaining_get(const struct k_work_delayable *dwork)
{
    return loop_timer_running(&dwork->timer) ? loop_ticks_until(dwork->timer.due_us) : 0;
}

k_ticks_t k_work_delayable_expires_get(const struct k_work_delayable *dwork)
{
    return k_uptime_ticks() + k_work_delayable_remaining_get(dwork);
}

bool k_work_flush_delayable(struct k_work_delayable *dwork, struct k_work_sync *sync)
{
    if (loop_timer_running(&dwork->timer)) {
        loop_timer_stop(&dwork->timer);
        (void)k_work_submit_to_queue(dwork->queue, &dwork->work);
    }
    return k_work_flush(&dwork->work, sync);
}

int k_work_cancel_delayable(struct k_work_delayable *dwork)
{
    loop_timer_stop(&dwork->timer);
    return k_work_cancel(&dwork->work);
}

bool k_work_cancel_delayable_sync(struct k_work_delayable *dwork, struct k_work_sync *sync)
{
    bool pending = k_work_delayable_is_pending(dwork);
    loop_timer_stop(&dwork->timer);
    (void)k_work_cancel_sync(&dwork->work, sync);
    return pending;
}
