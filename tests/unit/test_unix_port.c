// The Unix port: time, sleep and everything that ends one, entropy.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <breeze/loop.h>
#include <breeze/port.h>
#include <zephyr/kernel.h>

#include "kernel/state.h"
#include "watch.h"

#define LONG_US 20000000 // never reached, unless a sleep is not ended by what should end it

static int setup(void **state)
{
    kernel_state_reset();
    (void)breeze_unix_interrupted();
    return 0;
}

static void idle_sleeps_until_its_time(void **state)
{
    int64_t start = breeze_port_now();
    while (breeze_port_now() < start + 20000) {
        assert_int_equal(breeze_port_idle(start + 20000), 0);
    }
    assert_true(breeze_port_now() - start < LONG_US);
    assert_int_equal(breeze_port_idle(start), 0); // in the past
}

static void *waker(void *arg)
{
    usleep(20000);
    breeze_wake();
    return NULL;
}

static void another_thread_wakes(void **state)
{
    pthread_t thread;
    (void)breeze_port_idle(0);
    int64_t start = breeze_port_now();
    pthread_create(&thread, NULL, waker, NULL);
    while (!breeze_wake_pending()) {
        assert_int_equal(breeze_port_idle(start + LONG_US), 0);
    }
    assert_true(breeze_port_now() - start < LONG_US);
    pthread_join(thread, NULL);
    // Pending: the next sleep does not begin, until a step has seen it.
    assert_int_equal(breeze_port_idle(BREEZE_NEVER), 0);
    (void)breeze_step();
    assert_false(breeze_wake_pending());
}

static void a_watched_descriptor_ends_the_sleep(void **state)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(breeze_unix_watch(ends[0], POLLIN), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    int64_t start = breeze_port_now();
    assert_int_equal(breeze_port_idle(BREEZE_NEVER), 0);
    assert_int_equal(breeze_port_idle(BREEZE_NEVER), 0);
    // No longer watched: it sleeps its time.
    assert_int_equal(breeze_unix_watch(ends[0], 0), 0);
    assert_int_equal(breeze_unix_watch(ends[0], 0), 0);
    int64_t before = breeze_port_now();
    while (breeze_port_now() < before + 5000) {
        (void)breeze_port_idle(before + 5000);
    }
    assert_true(breeze_port_now() - start < LONG_US);
    close(ends[0]);
    close(ends[1]);
}

static void too_many_descriptors_are_refused(void **state)
{
    int fd = 1000;
    while (breeze_unix_watch(fd, POLLIN) == 0) {
        fd++;
    }
    assert_int_equal(breeze_unix_watch(fd, POLLIN), -ENOSPC);
    assert_int_equal(breeze_unix_watch(1000, POLLOUT), 0);
    for (int i = 1000; i < fd; i++) {
        assert_int_equal(breeze_unix_watch(i, 0), 0);
    }
    assert_true(fd - 1000 >= 8);
}

static void on_signal(int number)
{
    breeze_unix_interrupt();
}

static void *signaller(void *arg)
{
    usleep(20000);
    pthread_kill(*(pthread_t *)arg, SIGUSR1);
    return NULL;
}

static void an_interrupt_ends_a_blocking_call_once(void **state)
{
    struct k_sem sem;
    pthread_t self = pthread_self(), thread;
    signal(SIGUSR1, on_signal);
    k_sem_init(&sem, 0, 1);
    pthread_create(&thread, NULL, signaller, &self);
    assert_int_equal(k_sem_take(&sem, K_SECONDS(20)), -EINTR);
    pthread_join(thread, NULL);
    assert_int_equal(k_sem_take(&sem, K_MSEC(1)), -EAGAIN);
    breeze_unix_interrupt(); // before the sleep
    assert_int_equal(breeze_port_idle(BREEZE_NEVER), -EINTR);
    breeze_unix_interrupt();
    assert_true(breeze_unix_interrupted());
    assert_false(breeze_unix_interrupted());
}

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
    signals++;
}

static void irq_lock_holds_signals_and_nests(void **state)
{
    signal(SIGUSR2, count_signal);
    signals = 0;
    unsigned int outer = irq_lock();
    unsigned int inner = irq_lock();
    raise(SIGUSR2);
    irq_unlock(inner);
    assert_int_equal(signals, 0);
    irq_unlock(outer);
    assert_int_equal(signals, 1);
}

static void entropy_differs(void **state)
{
    uint8_t a[32] = {0}, b[32] = {0};
    assert_int_equal(breeze_port_entropy(a, sizeof(a)), 0);
    assert_int_equal(breeze_port_entropy(b, sizeof(b)), 0);
    assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(idle_sleeps_until_its_time, setup),
        cmocka_unit_test_setup(another_thread_wakes, setup),
        cmocka_unit_test_setup(a_watched_descriptor_ends_the_sleep, setup),
        cmocka_unit_test_setup(too_many_descriptors_are_refused, setup),
        cmocka_unit_test_setup(an_interrupt_ends_a_blocking_call_once, setup),
        cmocka_unit_test_setup(irq_lock_holds_signals_and_nests, setup),
        cmocka_unit_test_setup(entropy_differs, setup),
    };
    return cmocka_run_group_tests_name("unix_port", tests, NULL, NULL);
}
