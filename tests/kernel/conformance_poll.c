// k_poll() and its signals.
#include "conformance.h"

static struct k_sem sem;
static struct k_fifo fifo;
static struct k_poll_signal signal;
static struct k_timer timer;
static struct k_poll_event events[3];
static struct {
    void *reserved;
} item;

static void prepare(k_timer_expiry_t expiry)
{
    k_sem_init(&sem, 0, 5);
    k_fifo_init(&fifo);
    k_poll_signal_init(&signal);
    k_poll_event_init(&events[0], K_POLL_TYPE_SEM_AVAILABLE, K_POLL_MODE_NOTIFY_ONLY, &sem);
    k_poll_event_init(&events[1], K_POLL_TYPE_FIFO_DATA_AVAILABLE, K_POLL_MODE_NOTIFY_ONLY, &fifo);
    k_poll_event_init(&events[2], K_POLL_TYPE_SIGNAL, K_POLL_MODE_NOTIFY_ONLY, &signal);
    k_timer_init(&timer, expiry, NULL);
    k_timer_start(&timer, K_MSEC(5), K_NO_WAIT);
}

static void poll_tells_all_that_is_ready(void)
{
    prepare(NULL);
    assert_int_equal(k_poll(events, 3, K_NO_WAIT), -EAGAIN);
    k_sem_give(&sem);
    k_poll_signal_raise(&signal, 42);
    assert_int_equal(k_poll(events, 3, K_FOREVER), 0);
    assert_int_equal(events[0].state, K_POLL_STATE_SEM_AVAILABLE);
    assert_int_equal(events[1].state, K_POLL_STATE_NOT_READY);
    assert_int_equal(events[2].state, K_POLL_STATE_SIGNALED);
    // Nothing is taken.
    assert_int_equal(k_sem_count_get(&sem), 1);
    unsigned int signaled;
    int result;
    k_poll_signal_check(&signal, &signaled, &result);
    assert_int_equal(signaled, 1);
    assert_int_equal(result, 42);
    k_poll_signal_reset(&signal);
    k_poll_signal_check(&signal, &signaled, &result);
    assert_int_equal(signaled, 0);
}

static void poll_times_out(void)
{
    prepare(NULL);
    int64_t start = virtual_now;
    assert_int_equal(k_poll(events, 3, K_MSEC(9)), -EAGAIN);
    assert_int_equal(virtual_now - start, 9000);
}

static void give(struct k_timer *unused)
{
    k_sem_give(&sem);
}

static void put(struct k_timer *unused)
{
    k_fifo_put(&fifo, &item);
}

static void raise_signal(struct k_timer *unused)
{
    k_poll_signal_raise(&signal, 7);
}

static void poll_waits_for_each_kind(void)
{
    prepare(give);
    assert_int_equal(k_poll(events, 3, K_FOREVER), 0);
    assert_int_equal(events[0].state, K_POLL_STATE_SEM_AVAILABLE);
    prepare(put);
    assert_int_equal(k_poll(events, 3, K_FOREVER), 0);
    assert_int_equal(events[1].state, K_POLL_STATE_FIFO_DATA_AVAILABLE);
    prepare(raise_signal);
    assert_int_equal(k_poll(events, 3, K_FOREVER), 0);
    assert_int_equal(events[2].state, K_POLL_STATE_SIGNALED);
}

static void cancel(struct k_timer *unused)
{
    k_fifo_cancel_wait(&fifo);
}

static void poll_of_a_cancelled_queue_is_eintr(void)
{
    prepare(cancel);
    assert_int_equal(k_poll(events, 3, K_FOREVER), -EINTR);
    assert_int_equal(events[1].state, K_POLL_STATE_CANCELLED);
}

static void poll_ignores_what_it_is_told_to(void)
{
    prepare(give);
    events[0].type = K_POLL_TYPE_IGNORE;
    assert_int_equal(k_poll(events, 3, K_MSEC(8)), -EAGAIN);
    assert_int_equal(events[0].state, 0);
}

static const struct conformance_case cases[] = {
    CASE(poll_tells_all_that_is_ready, ALL),    CASE(poll_times_out, ALL),
    CASE(poll_waits_for_each_kind, ALL),        CASE(poll_of_a_cancelled_queue_is_eintr, ALL),
    CASE(poll_ignores_what_it_is_told_to, ALL),
};
CASE_LIST(cases_poll, cases);
