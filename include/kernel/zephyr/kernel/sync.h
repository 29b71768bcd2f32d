// Semaphores, mutexes, condition variables.
//
// Where a time-out other than K_NO_WAIT may be given and may not be waited for is told in
// <zephyr/kernel.h>. A wait that the user interrupts (see breeze_port_idle()) ends with -EINTR.
#ifndef ZEPHYR_KERNEL_SYNC_H_
#define ZEPHYR_KERNEL_SYNC_H_

#include <zephyr/kernel/types.h>
#include <zephyr/kernel/thread.h>
#include <zephyr/sys/iterable_sections.h>

#ifdef __cplusplus
extern "C" {
#endif

struct k_sem {
    _wait_q_t wait_q;
    unsigned int count;
    unsigned int limit;
};

#define K_SEM_MAX_LIMIT UINT32_MAX
#define Z_SEM_INITIALIZER(obj, initial_count, count_limit)                                         \
    {                                                                                              \
        .wait_q = Z_WAIT_Q_INIT(&obj.wait_q), .count = (initial_count), .limit = (count_limit)     \
    }
#define K_SEM_DEFINE(name, initial_count, count_limit)                                             \
    struct k_sem name = Z_SEM_INITIALIZER(name, initial_count, count_limit);                       \
    BUILD_ASSERT((count_limit) != 0 && (initial_count) <= (count_limit))

// Set up a semaphore. 0; -EINVAL: limit 0 or below the initial count.
int k_sem_init(struct k_sem *sem, unsigned int initial_count, unsigned int limit);
// Take one. 0; -EBUSY: none and K_NO_WAIT; -EAGAIN: timed out, or the semaphore was reset.
int k_sem_take(struct k_sem *sem, k_timeout_t timeout);
// Give one: to the first who waits, else to the count, which stops at its limit.
void k_sem_give(struct k_sem *sem);
// Set the count to 0 and wake all who wait, with -EAGAIN.
void k_sem_reset(struct k_sem *sem);
static inline unsigned int k_sem_count_get(struct k_sem *sem)
{
    return sem->count;
}

struct k_mutex {
    _wait_q_t wait_q;
    struct k_thread *owner;
    uint32_t lock_count;
    int owner_orig_prio;
};

#define Z_MUTEX_INITIALIZER(obj)                                                                   \
    {                                                                                              \
        .wait_q = Z_WAIT_Q_INIT(&obj.wait_q)                                                       \
    }
#define K_MUTEX_DEFINE(name) struct k_mutex name = Z_MUTEX_INITIALIZER(name)

// Set up a mutex. 0.
int k_mutex_init(struct k_mutex *mutex);
// Lock; the owner may lock again. 0; -EBUSY: taken and K_NO_WAIT; -EAGAIN: timed out. An owner less
// urgent than one who waits runs at that one's priority until it unlocks.
int k_mutex_lock(struct k_mutex *mutex, k_timeout_t timeout);
// Undo one lock. 0; -EPERM: the caller is not the owner; -EINVAL: not locked.
int k_mutex_unlock(struct k_mutex *mutex);

struct k_condvar {
    _wait_q_t wait_q;
};

#define Z_CONDVAR_INITIALIZER(obj)                                                                 \
    {                                                                                              \
        .wait_q = Z_WAIT_Q_INIT(&obj.wait_q)                                                       \
    }
#define K_CONDVAR_DEFINE(name) struct k_condvar name = Z_CONDVAR_INITIALIZER(name)

// A condition variable that nobody waits for. 0.
int k_condvar_init(struct k_condvar *condvar);
// Wake the first who waits, if any. 0.
int k_condvar_signal(struct k_condvar *condvar);
// Wake all. Returns how many.
int k_condvar_broadcast(struct k_condvar *condvar);
// Unlock the mutex, wait, lock it again. 0; -EAGAIN: timed out (the mutex is locked all the same).
int k_condvar_wait(struct k_condvar *condvar, struct k_mutex *mutex, k_timeout_t timeout);

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_KERNEL_SYNC_H_
