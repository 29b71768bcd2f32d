// Semaphores, mutexes and condition variables over wait queues.
#include "kernel/sched.h"
#include "kernel/state.h"

int k_sem_init(struct k_sem *sem, unsigned int initial_count, unsigned int limit)
{
    if (limit == 0 || initial_count > limit) {
        return -EINVAL;
    }
    *sem = (struct k_sem){.count = initial_count, .limit = limit};
    return 0;
}

int k_sem_take(struct k_sem *sem, k_timeout_t timeout)
{
    if (sem->count > 0) {
        sem->count--;
        return 0;
    }
    return K_TIMEOUT_EQ(timeout, K_NO_WAIT) ? -EBUSY : sched_pend_plain(&sem->wait_q, timeout);
}

void k_sem_give(struct k_sem *sem)
{
    // One who waits gets it directly: nobody can snatch it in between.
    if (sched_wake_first(&sem->wait_q, 0, NULL)) {
        return;
    }
    if (sem->count < sem->limit) {
        sem->count++;
    }
    poll_notify(kernel_state.poll_notify, sem, K_POLL_STATE_SEM_AVAILABLE);
}

void k_sem_reset(struct k_sem *sem)
{
    sem->count = 0;
    (void)sched_wake_all(&sem->wait_q, -EAGAIN);
}

int k_mutex_init(struct k_mutex *mutex)
{
    *mutex = (struct k_mutex){0};
    return 0;
}

static void mutex_give_to(struct k_mutex *mutex, struct k_thread *thread)
{
    mutex->owner = thread;
    mutex->lock_count = 1;
    mutex->owner_orig_prio = thread->prio;
}

int k_mutex_lock(struct k_mutex *mutex, k_timeout_t timeout)
{
    struct k_thread *self = k_current_get();
    if (mutex->lock_count == 0) {
        mutex_give_to(mutex, self);
        return 0;
    }
    if (mutex->owner == self) {
        mutex->lock_count++;
        return 0;
    }
    if (K_TIMEOUT_EQ(timeout, K_NO_WAIT)) {
        return -EBUSY;
    }
    // Priority inheritance: the owner must not be held up by those between it and us.
    if (backend_may_wait() && self->prio < mutex->owner->prio) {
        k_thread_priority_set(mutex->owner, self->prio);
    }
    return sched_pend_plain(&mutex->wait_q, timeout);
}

int k_mutex_unlock(struct k_mutex *mutex)
{
    if (mutex->lock_count == 0) {
        return -EINVAL;
    }
    if (mutex->owner != k_current_get()) {
        return -EPERM;
    }
    if (--mutex->lock_count > 0) {
        return 0;
    }
    if (mutex->owner->prio != mutex->owner_orig_prio) {
        k_thread_priority_set(mutex->owner, mutex->owner_orig_prio);
    }
    mutex->owner = NULL;
    struct sched_waiter *next = sched_wake_first(&mutex->wait_q, 0, NULL);
    if (next) {
        mutex_give_to(mutex, next->thread);
    }
    return 0;
}

int k_condvar_init(struct k_condvar *condvar)
{
    *condvar = (struct k_condvar){0};
    return 0;
}

int k_condvar_signal(struct k_condvar *condvar)
{
    (void)sched_wake_first(&condvar->wait_q, 0, NULL);
    return 0;
}

int k_condvar_broadcast(struct k_condvar *condvar)
{
    return sched_wake_all(&condvar->wait_q, 0);
}

int k_condvar_wait(struct k_condvar *condvar, struct k_mutex *mutex, k_timeout_t timeout)
{
    // Nothing can run between the unlock and the wait: no signal is lost.
    (void)k_mutex_unlock(mutex);
    int err =
        K_TIMEOUT_EQ(timeout, K_NO_WAIT) ? -EAGAIN : sched_pend_plain(&condvar->wait_q, timeout);
    int lock_err = k_mutex_lock(mutex, K_FOREVER);
    return err ? err : lock_err;
}
