// Semaphores, mutexes, condition variables, and where a blocking call may wait.
#include "conformance.h"

static struct k_sem sem;
static struct k_timer timer;
static struct k_work work;
static int in_callback;

static void give(struct k_timer *unused)
{
    k_sem_give(&sem);
}

static void sem_init_checks_its_arguments(void)
{
    assert_int_equal(k_sem_init(&sem, 0, 0), -EINVAL);
    assert_int_equal(k_sem_init(&sem, 2, 1), -EINVAL);
    assert_int_equal(k_sem_init(&sem, 1, 1), 0);
    assert_int_equal(k_sem_count_get(&sem), 1);
}

static void sem_give_stops_at_the_limit(void)
{
    k_sem_init(&sem, 0, 2);
    for (int i = 0; i < 5; i++) {
        k_sem_give(&sem);
    }
    assert_int_equal(k_sem_count_get(&sem), 2);
    assert_int_equal(k_sem_take(&sem, K_NO_WAIT), 0);
    assert_int_equal(k_sem_take(&sem, K_NO_WAIT), 0);
    assert_int_equal(k_sem_take(&sem, K_NO_WAIT), -EBUSY);
}

static void sem_take_times_out_on_time(void)
{
    k_sem_init(&sem, 0, 1);
    int64_t start = virtual_now;
    assert_int_equal(k_sem_take(&sem, K_MSEC(25)), -EAGAIN);
    assert_int_equal(virtual_now - start, 25000);
    // A later give is not lost on the one who gave up.
    k_sem_give(&sem);
    assert_int_equal(k_sem_count_get(&sem), 1);
}

static void sem_take_waits_for_a_timer_to_give(void)
{
    k_sem_init(&sem, 0, 1);
    k_timer_init(&timer, give, NULL);
    k_timer_start(&timer, K_MSEC(10), K_NO_WAIT);
    int64_t start = virtual_now;
    assert_int_equal(k_sem_take(&sem, K_FOREVER), 0);
    assert_int_equal(virtual_now - start, 10000);
    assert_int_equal(k_sem_count_get(&sem), 0);
}

static void reset_sem(struct k_timer *unused)
{
    k_sem_reset(&sem);
}

static void sem_reset_wakes_waiters_with_eagain(void)
{
    k_sem_init(&sem, 0, 1);
    k_timer_init(&timer, reset_sem, NULL);
    k_timer_start(&timer, K_MSEC(10), K_NO_WAIT);
    int64_t start = virtual_now;
    assert_int_equal(k_sem_take(&sem, K_SECONDS(10)), -EAGAIN);
    assert_int_equal(virtual_now - start, 10000);
    k_sem_init(&sem, 1, 1);
    k_sem_reset(&sem);
    assert_int_equal(k_sem_count_get(&sem), 0);
}

static void wait_is_interrupted_by_the_user(void)
{
    k_sem_init(&sem, 0, 1);
    idle_error = -EINTR;
    assert_int_equal(k_sem_take(&sem, K_FOREVER), -EINTR);
    assert_int_equal(k_sem_take(&sem, K_MSEC(1)), -EAGAIN);
}

static void take_in_callback(struct k_work *unused)
{
    in_callback = k_sem_take(&sem, K_SECONDS(1));
}

static void blocking_in_work_fails_at_once(void)
{
    k_sem_init(&sem, 0, 1);
    in_callback = 1;
    k_work_init(&work, take_in_callback);
    k_work_submit(&work);
    int64_t start = virtual_now;
    breeze_step();
    assert_int_equal(in_callback, -EAGAIN);
    assert_int_equal(virtual_now, start);
    assert_int_equal(asserts_failed, CONFIG_ASSERT);
    assert_true(errors_logged >= 1 || BREEZE_LOG_MAX == 0);
    assert_null(sem.wait_q.head);
}

static void blocking_in_work_really_waits(void)
{
    k_sem_init(&sem, 0, 1);
    in_callback = 1;
    k_work_init(&work, take_in_callback);
    k_work_submit(&work);
    run_for_ms(1);
    assert_int_equal(in_callback, 1);
    k_sem_give(&sem);
    run_for_ms(1);
    assert_int_equal(in_callback, 0);
    assert_int_equal(asserts_failed, 0);
}

static void take_in_timer(struct k_timer *unused)
{
    in_callback = k_sem_take(&sem, K_FOREVER);
    assert_true(k_is_in_isr());
    assert_false(k_can_yield());
}

static void blocking_in_a_timer_fails_at_once(void)
{
    k_sem_init(&sem, 0, 1);
    in_callback = 1;
    k_timer_init(&timer, take_in_timer, NULL);
    k_timer_start(&timer, K_MSEC(1), K_NO_WAIT);
    assert_false(k_is_in_isr());
    run_for_ms(2);
    assert_int_equal(in_callback, -EAGAIN);
    assert_int_equal(asserts_failed, CONFIG_ASSERT);
}

static void no_wait_in_a_timer_is_fine(struct k_timer *unused)
{
    in_callback = k_sem_take(&sem, K_NO_WAIT);
}

static void no_wait_works_in_callbacks(void)
{
    k_sem_init(&sem, 1, 1);
    k_timer_init(&timer, no_wait_in_a_timer_is_fine, NULL);
    k_timer_start(&timer, K_MSEC(1), K_MSEC(1));
    run_for_ms(1);
    assert_int_equal(in_callback, 0);
    run_for_ms(1);
    assert_int_equal(in_callback, -EBUSY);
    assert_int_equal(asserts_failed, 0);
    k_timer_stop(&timer);
}

static void mutex_is_recursive_and_owned(void)
{
    struct k_mutex mutex;
    assert_int_equal(k_mutex_init(&mutex), 0);
    assert_int_equal(k_mutex_unlock(&mutex), -EINVAL);
    assert_int_equal(k_mutex_lock(&mutex, K_NO_WAIT), 0);
    assert_int_equal(k_mutex_lock(&mutex, K_FOREVER), 0);
    assert_int_equal(mutex.lock_count, 2);
    assert_int_equal(k_mutex_unlock(&mutex), 0);
    assert_int_equal(k_mutex_unlock(&mutex), 0);
    assert_int_equal(k_mutex_unlock(&mutex), -EINVAL);
}

static struct k_mutex shared;
static int lock_result;
static int unlock_result;

static void try_shared(struct k_work *unused)
{
    lock_result = k_mutex_lock(&shared, K_NO_WAIT);
    unlock_result = k_mutex_unlock(&shared);
}

static void mutex_of_another_is_busy(void)
{
    k_mutex_init(&shared);
    k_mutex_lock(&shared, K_NO_WAIT);
    k_work_init(&work, try_shared);
    k_work_submit(&work);
    run_for_ms(1);
    assert_int_equal(lock_result, -EBUSY);
    assert_int_equal(unlock_result, -EPERM);
    k_mutex_unlock(&shared);
}

static struct k_condvar condvar;

static void signal_condvar(struct k_timer *unused)
{
    k_condvar_signal(&condvar);
}

static void condvar_wait_unlocks_and_locks(void)
{
    k_mutex_init(&shared);
    k_condvar_init(&condvar);
    k_mutex_lock(&shared, K_NO_WAIT);
    assert_int_equal(k_condvar_wait(&condvar, &shared, K_MSEC(5)), -EAGAIN);
    assert_int_equal(shared.lock_count, 1);
    k_timer_init(&timer, signal_condvar, NULL);
    k_timer_start(&timer, K_MSEC(5), K_NO_WAIT);
    assert_int_equal(k_condvar_wait(&condvar, &shared, K_FOREVER), 0);
    assert_int_equal(shared.lock_count, 1);
    assert_int_equal(k_condvar_broadcast(&condvar), 0);
    k_mutex_unlock(&shared);
}

static void spinlock_and_irq_lock_nest(void)
{
    struct k_spinlock lock = {0};
    unsigned int key = irq_lock();
    k_spinlock_key_t spin_key = k_spin_lock(&lock);
    k_spin_unlock(&lock, spin_key);
    irq_unlock(key);
    int runs = 0;
    K_SPINLOCK(&lock)
    {
        runs++;
    }
    assert_int_equal(runs, 1);
    k_sched_lock();
    k_sched_unlock();
}

static const struct conformance_case cases[] = {
    CASE(sem_init_checks_its_arguments, ALL),       CASE(sem_give_stops_at_the_limit, ALL),
    CASE(sem_take_times_out_on_time, ALL),          CASE(sem_take_waits_for_a_timer_to_give, ALL),
    CASE(sem_reset_wakes_waiters_with_eagain, ALL), CASE(wait_is_interrupted_by_the_user, ALL),
    CASE(blocking_in_work_fails_at_once, COOP),     CASE(blocking_in_work_really_waits, FIBER),
    CASE(blocking_in_a_timer_fails_at_once, ALL),   CASE(no_wait_works_in_callbacks, ALL),
    CASE(mutex_is_recursive_and_owned, ALL),        CASE(mutex_of_another_is_busy, ALL),
    CASE(condvar_wait_unlocks_and_locks, ALL),      CASE(spinlock_and_irq_lock_nest, ALL),
};
CASE_LIST(cases_sync, cases);
