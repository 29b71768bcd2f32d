// Threads, on the back ends that have them. The functions that coop lacks are declared weak here, so
// that the program links there and can tell that they are absent.
#include "conformance.h"

#pragma weak k_thread_create
#pragma weak k_thread_start
#pragma weak k_thread_abort
#pragma weak k_thread_join
#pragma weak k_thread_suspend
#pragma weak k_thread_resume

#define STACK 65536
K_THREAD_STACK_ARRAY_DEFINE(stacks, 4, STACK);
static struct k_thread threads[4];
static char trace[64];
static struct k_sem sem;
static struct k_mutex mutex;
static struct k_fifo fifo;

static void note(char what)
{
    strncat(trace, &what, 1);
}

static k_tid_t start(int which, k_thread_entry_t entry, void *arg, int prio)
{
    return k_thread_create(&threads[which], stacks[which], K_THREAD_STACK_SIZEOF(stacks[which]),
                           entry, arg, NULL, NULL, prio, 0, K_NO_WAIT);
}

static void prepare(void)
{
    trace[0] = '\0';
    k_sem_init(&sem, 0, 10);
    k_mutex_init(&mutex);
    k_fifo_init(&fifo);
}

static void coop_has_no_threads(void)
{
    assert_null(k_thread_create);
    assert_null(k_thread_abort);
}

static void one_letter(void *p1, void *p2, void *p3)
{
    note(*(const char *)p1);
}

static void the_highest_priority_runs_first(void)
{
    prepare();
    start(0, one_letter, "c", 7);
    start(1, one_letter, "a", -3);
    start(2, one_letter, "d", 7);
    start(3, one_letter, "b", 1);
    assert_string_equal(trace, "");
    assert_int_equal(k_msleep(1), 0);
    assert_string_equal(trace, "abcd");
    assert_int_equal(k_thread_join(&threads[2], K_NO_WAIT), 0);
}

static void step_gives_everyone_a_turn(void)
{
    prepare();
    start(0, one_letter, "x", K_LOWEST_APPLICATION_THREAD_PRIO);
    breeze_step();
    assert_string_equal(trace, "x");
}

static void take_and_note(void *p1, void *p2, void *p3)
{
    assert_int_equal(k_sem_take(&sem, K_FOREVER), 0);
    note(*(const char *)p1);
}

static void waiters_are_served_by_priority_then_order(void)
{
    prepare();
    start(0, take_and_note, "c", 5);
    start(1, take_and_note, "d", 5);
    start(2, take_and_note, "a", 2);
    k_msleep(1);
    start(3, take_and_note, "b", 3);
    k_msleep(1);
    for (int i = 0; i < 4; i++) {
        k_sem_give(&sem);
        k_msleep(1);
    }
    assert_string_equal(trace, "abcd");
}

static void yielder(void *p1, void *p2, void *p3)
{
    for (int i = 0; i < 3; i++) {
        note(*(const char *)p1);
        k_yield();
    }
}

static void yield_alternates_among_equals(void)
{
    prepare();
    start(0, yielder, "a", 4);
    start(1, yielder, "b", 4);
    k_msleep(1);
    assert_string_equal(trace, "ababab");
}

static void sleeper(void *p1, void *p2, void *p3)
{
    k_msleep(5);
    note('s');
}

static void join_waits_for_the_end(void)
{
    prepare();
    k_tid_t thread = start(0, sleeper, NULL, 4);
    assert_int_equal(k_thread_join(thread, K_NO_WAIT), -EBUSY);
    assert_int_equal(k_thread_join(thread, K_MSEC(2)), -EAGAIN);
    assert_int_equal(k_thread_join(k_current_get(), K_FOREVER), -EDEADLK);
    assert_int_equal(k_thread_join(thread, K_FOREVER), 0);
    assert_string_equal(trace, "s");
}

static void delayed_start_and_explicit_start(void)
{
    prepare();
    k_thread_create(&threads[0], stacks[0], STACK, one_letter, "l", NULL, NULL, 2, 0, K_MSEC(10));
    k_thread_create(&threads[1], stacks[1], STACK, one_letter, "n", NULL, NULL, 2, 0, K_FOREVER);
    k_msleep(5);
    assert_string_equal(trace, "");
    k_thread_start(&threads[1]);
    k_msleep(1);
    assert_string_equal(trace, "n");
    k_msleep(5);
    assert_string_equal(trace, "nl");
}

static void abort_ends_a_waiting_thread(void)
{
    prepare();
    k_tid_t thread = start(0, take_and_note, "x", 2);
    k_msleep(1);
    k_thread_abort(thread);
    k_sem_give(&sem);
    k_msleep(1);
    assert_string_equal(trace, "");
    assert_int_equal(k_sem_count_get(&sem), 1);
    assert_int_equal(k_thread_join(thread, K_NO_WAIT), 0);
}

static void poll_sem(void *p1, void *p2, void *p3)
{
    struct k_poll_event event =
        K_POLL_EVENT_INITIALIZER(K_POLL_TYPE_SEM_AVAILABLE, K_POLL_MODE_NOTIFY_ONLY, &sem);
    assert_int_equal(k_poll(&event, 1, K_FOREVER), 0);
    note('p');
}

static void abort_of_a_polling_thread_is_forgotten(void)
{
    prepare();
    k_tid_t thread = start(0, poll_sem, NULL, 2);
    k_msleep(1);
    k_thread_abort(thread);
    k_sem_give(&sem);
    start(0, poll_sem, NULL, 2);
    k_msleep(1);
    assert_string_equal(trace, "p");
}

static void suspend_holds_a_thread(void)
{
    prepare();
    k_tid_t thread = start(0, take_and_note, "x", 2);
    k_msleep(1);
    k_thread_suspend(thread);
    k_sem_give(&sem);
    k_msleep(5);
    assert_string_equal(trace, "");
    k_thread_resume(thread);
    k_msleep(1);
    assert_string_equal(trace, "x");
}

static void lock_long(void *p1, void *p2, void *p3)
{
    k_mutex_lock(&mutex, K_FOREVER);
    note('l');
    k_sem_take(&sem, K_FOREVER);
    note('0' + (char)k_thread_priority_get(k_current_get()));
    k_mutex_unlock(&mutex);
    note('0' + (char)k_thread_priority_get(k_current_get()));
}

static void lock_short(void *p1, void *p2, void *p3)
{
    k_mutex_lock(&mutex, K_FOREVER);
    note('h');
    k_mutex_unlock(&mutex);
}

static void a_mutex_lends_its_owner_priority(void)
{
    prepare();
    start(0, lock_long, NULL, 9);
    k_msleep(1);
    start(1, lock_short, NULL, 2);
    k_msleep(1);
    k_sem_give(&sem);
    k_msleep(1);
    assert_string_equal(trace, "l29h");
}

static struct {
    void *reserved;
    char letter;
} letters[3] = {{.letter = 'x'}, {.letter = 'y'}, {.letter = 'z'}};

static void producer(void *p1, void *p2, void *p3)
{
    for (int i = 0; i < 3; i++) {
        k_fifo_put(&fifo, &letters[i]);
        k_msleep(1);
    }
}

static void threads_exchange_through_a_fifo(void)
{
    prepare();
    start(0, producer, NULL, 3);
    for (int i = 0; i < 3; i++) {
        assert_ptr_equal(k_fifo_get(&fifo, K_FOREVER), &letters[i]);
    }
}

static struct k_work work;
static struct k_work_sync sync;

static void slow_work(struct k_work *item)
{
    note('(');
    k_msleep(5);
    note(')');
}

static void cancel_sync_waits_for_the_running_item(void)
{
    prepare();
    k_work_init(&work, slow_work);
    k_work_submit(&work);
    k_msleep(1);
    assert_int_equal(k_work_busy_get(&work), K_WORK_RUNNING);
    assert_int_equal(k_work_submit(&work), 2);
    assert_true(k_work_cancel_sync(&work, &sync));
    assert_string_equal(trace, "()");
    assert_int_equal(k_work_busy_get(&work), 0);
}

static void flush_waits_for_both_runs(void)
{
    prepare();
    k_work_init(&work, slow_work);
    k_work_submit(&work);
    k_msleep(1);
    assert_int_equal(k_work_submit(&work), 2);
    assert_true(k_work_flush(&work, &sync));
    assert_string_equal(trace, "()()");
}

static void deep(void *p1, void *p2, void *p3)
{
    volatile char space[16384];
    memset((void *)space, 1, sizeof(space));
    k_yield();
    note((char)('0' + space[sizeof(space) - 1]));
}

static void threads_have_stacks_of_their_own(void)
{
    prepare();
    start(0, deep, NULL, 2);
    start(1, deep, NULL, 2);
    k_msleep(1);
    assert_string_equal(trace, "11");
}

static void main_is_a_thread(void)
{
    assert_int_equal(k_thread_name_set(NULL, "main"), 0);
    assert_string_equal(k_thread_name_get(k_current_get()), "main");
    k_thread_custom_data_set(trace);
    assert_ptr_equal(k_thread_custom_data_get(), trace);
    assert_int_equal(k_is_preempt_thread(), k_thread_priority_get(k_current_get()) >= 0);
}

static void keep(void *p1, void *p2, void *p3)
{
    k_thread_custom_data_set(p1);
    k_yield();
    note(*(const char *)k_thread_custom_data_get());
    note(k_is_preempt_thread() ? 'p' : 'c');
}

static void custom_data_belongs_to_a_thread(void)
{
    prepare();
    k_thread_custom_data_set(trace);
    start(0, keep, "a", 2);
    start(1, keep, "b", 2);
    start(2, keep, "c", -2);
    k_msleep(1);
    assert_string_equal(trace, "ccapbp");
    assert_ptr_equal(k_thread_custom_data_get(), trace);
}

static const struct conformance_case cases[] = {
    CASE(main_is_a_thread, ALL),
    CASE(custom_data_belongs_to_a_thread, FIBER),
    CASE(coop_has_no_threads, COOP),
    CASE(the_highest_priority_runs_first, FIBER),
    CASE(step_gives_everyone_a_turn, FIBER),
    CASE(waiters_are_served_by_priority_then_order, FIBER),
    CASE(yield_alternates_among_equals, FIBER),
    CASE(join_waits_for_the_end, FIBER),
    CASE(delayed_start_and_explicit_start, FIBER),
    CASE(abort_ends_a_waiting_thread, FIBER),
    CASE(abort_of_a_polling_thread_is_forgotten, FIBER),
    CASE(suspend_holds_a_thread, FIBER),
    CASE(a_mutex_lends_its_owner_priority, FIBER),
    CASE(threads_exchange_through_a_fifo, FIBER),
    CASE(cancel_sync_waits_for_the_running_item, FIBER),
    CASE(flush_waits_for_both_runs, FIBER),
    CASE(threads_have_stacks_of_their_own, FIBER),
};
CASE_LIST(cases_thread, cases);
