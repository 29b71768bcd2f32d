// Sleeping and thread attributes that are the same on every back end.
#include "kernel/sched.h"
#include "kernel/state.h"

// Sleep until an absolute time; what was left then, in microseconds.
static int64_t sleep_until(k_timeout_t timeout)
{
    int64_t deadline = sched_deadline(timeout);
    _wait_q_t nobody = {NULL};
    struct sched_waiter waiter = {.asleep = true};
    (void)sched_pend(&nobody, &waiter, timeout);
    return MAX(deadline - breeze_port_now(), 0);
}

int32_t k_sleep(k_timeout_t timeout)
{
    if (K_TIMEOUT_EQ(timeout, K_NO_WAIT)) {
        k_yield();
        return 0;
    }
    int64_t left_us = sleep_until(timeout);
    if (K_TIMEOUT_EQ(timeout, K_FOREVER)) {
        return (int32_t)K_TICKS_FOREVER;
    }
    return (int32_t)MIN((left_us + 999) / 1000, INT32_MAX);
}

int32_t k_usleep(int32_t us)
{
    if (us <= 0) {
        k_yield();
        return 0;
    }
    int64_t left_us = sleep_until(K_USEC(us));
    return (int32_t)MIN(left_us, INT32_MAX);
}

void k_wakeup(k_tid_t thread)
{
    struct sched_waiter *waiter = thread->waiter;
    if (waiter && waiter->queue && waiter->asleep) {
        sched_wake(waiter, 0);
    }
}

void k_busy_wait(uint32_t usec_to_wait)
{
    int64_t end = breeze_port_now() + usec_to_wait;
    while (breeze_port_now() < end) {
    }
}

int k_thread_name_set(k_tid_t thread, const char *name)
{
    (thread ? thread : k_current_get())->name = name;
    return 0;
}

const char *k_thread_name_get(k_tid_t thread)
{
    return thread->name ? thread->name : "";
}

void k_thread_custom_data_set(void *value)
{
    k_current_get()->custom_data = value;
}

void *k_thread_custom_data_get(void)
{
    return k_current_get()->custom_data;
}

int k_thread_priority_get(k_tid_t thread)
{
    return thread->prio;
}

bool k_is_in_isr(void)
{
    return kernel_state.in_timer;
}

bool k_can_yield(void)
{
    return backend_may_wait();
}

int k_is_preempt_thread(void)
{
    return !kernel_state.in_timer && k_current_get()->prio >= 0;
}
