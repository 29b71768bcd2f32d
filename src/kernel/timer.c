// k_timer over loop_timer.
#include "kernel/loop.h"
#include "kernel/sched.h"
#include "kernel/state.h"

void k_timer_init(struct k_timer *timer, k_timer_expiry_t expiry_fn, k_timer_stop_t stop_fn)
{
    *timer = (struct k_timer){.expiry_fn = expiry_fn, .stop_fn = stop_fn};
}

static void timer_call(struct k_timer *timer, k_timer_expiry_t fn)
{
    if (fn) {
        bool before = kernel_state.in_timer;
        kernel_state.in_timer = true;
        fn(timer);
        kernel_state.in_timer = before;
    }
}

static void timer_expired(struct loop_timer *base)
{
    struct k_timer *timer = CONTAINER_OF(base, struct k_timer, timer);
    // From the time that was due, so that it does not drift; before the function, which may stop or
    // restart it.
    if (timer->period_us > 0) {
        loop_timer_start_at(base, base->due_us + timer->period_us, timer_expired);
    }
    timer->status++;
    bool waited_for = timer->wait_q.head != NULL;
    timer_call(timer, timer->expiry_fn);
    if (waited_for) {
        (void)sched_wake_all(&timer->wait_q, 0);
    }
}

void k_timer_start(struct k_timer *timer, k_timeout_t duration, k_timeout_t period)
{
    if (K_TIMEOUT_EQ(duration, K_FOREVER)) {
        return;
    }
    breeze_init();
    int64_t period_ticks = K_TIMEOUT_EQ(period, K_FOREVER) ? 0 : period.ticks;
    timer->period_us = (int64_t)k_ticks_to_us_floor64(period_ticks);
    timer->status = 0;
    loop_timer_start_at(&timer->timer, sched_deadline(duration), timer_expired);
}

void k_timer_stop(struct k_timer *timer)
{
    if (!loop_timer_running(&timer->timer)) {
        return;
    }
    loop_timer_stop(&timer->timer);
    timer_call(timer, timer->stop_fn);
    (void)sched_wake_all(&timer->wait_q, 0);
}

uint32_t k_timer_status_get(struct k_timer *timer)
{
    uint32_t status = timer->status;
    timer->status = 0;
    return status;
}

uint32_t k_timer_status_sync(struct k_timer *timer)
{
    if (timer->status == 0 && loop_timer_running(&timer->timer)) {
        (void)sched_pend_plain(&timer->wait_q, K_FOREVER);
    }
    return k_timer_status_get(timer);
}

k_ticks_t k_timer_expires_ticks(const struct k_timer *timer)
{
    return k_uptime_ticks() + k_timer_remaining_ticks(timer);
}

k_ticks_t k_timer_remaining_ticks(const struct k_timer *timer)
{
    return loop_timer_running(&timer->timer) ? loop_ticks_until(timer->timer.due_us) : 0;
}
