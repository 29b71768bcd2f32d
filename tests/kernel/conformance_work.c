// Work items, delayable work, work queues.
#include "conformance.h"

static struct k_work work, second;
static struct k_work_delayable dwork;
static struct k_work_sync sync;
static unsigned int runs, second_runs;
static int64_t ran_at;
static int inner;
static int busy_inside;

static void run(struct k_work *item)
{
    runs++;
    ran_at = virtual_now;
    busy_inside = k_work_busy_get(item);
}

static void run_second(struct k_work *item)
{
    second_runs++;
}

static void prepare(k_work_handler_t handler)
{
    runs = 0;
    second_runs = 0;
    inner = 99;
    k_work_init(&work, handler);
    k_work_init(&second, run_second);
    k_work_init_delayable(&dwork, handler);
}

static void submit_queues_once(void)
{
    prepare(run);
    assert_false(k_work_is_pending(&work));
    assert_int_equal(k_work_submit(&work), 1);
    assert_int_equal(k_work_busy_get(&work), K_WORK_QUEUED);
    assert_int_equal(k_work_submit(&work), 0);
    assert_int_equal(runs, 0);
    run_for_ms(1);
    assert_int_equal(runs, 1);
    assert_int_equal(busy_inside, K_WORK_RUNNING);
    assert_int_equal(k_work_busy_get(&work), 0);
    assert_int_equal(k_work_submit_to_queue(NULL, &work), 1); // the queue it was on
    run_for_ms(1);
    assert_int_equal(runs, 2);
}

static void submit_without_a_queue_is_einval(void)
{
    prepare(run);
    assert_int_equal(k_work_submit_to_queue(NULL, &work), -EINVAL);
}

static void submit_to_a_queue_that_did_not_start_is_enodev(void)
{
    static struct k_work_q queue;
    prepare(run);
    k_work_queue_init(&queue);
    assert_int_equal(k_work_submit_to_queue(&queue, &work), -ENODEV);
    assert_false(k_work_is_pending(&work));
}

static void again(struct k_work *item)
{
    run(item);
    if (runs < 3) {
        inner = k_work_submit(item);
        busy_inside = k_work_busy_get(item);
    }
}

static void submit_while_running_runs_again(void)
{
    prepare(again);
    k_work_submit(&work);
    run_for_ms(1);
    assert_int_equal(runs, 3);
    assert_int_equal(inner, 2);
}

static void submit_while_running_is_queued_and_running(void)
{
    prepare(again);
    runs = 1;
    k_work_submit(&work);
    breeze_step();
    assert_true(runs >= 2);
    run_for_ms(1);
    assert_int_equal(runs, 3);
}

static void items_run_in_order(void)
{
    prepare(run);
    k_work_submit(&second);
    k_work_submit(&work);
    assert_int_equal(k_work_cancel(&second), 0);
    k_work_submit(&second);
    run_for_ms(1);
    assert_int_equal(runs, 1);
    assert_int_equal(second_runs, 1);
}

static void cancel_of_a_queued_item_takes_it_off(void)
{
    prepare(run);
    assert_int_equal(k_work_cancel(&work), 0);
    k_work_submit(&work);
    assert_int_equal(k_work_cancel(&work), 0);
    assert_false(k_work_is_pending(&work));
    run_for_ms(1);
    assert_int_equal(runs, 0);
    assert_int_equal(k_work_submit(&work), 1);
    assert_true(k_work_cancel_sync(&work, &sync));
    assert_false(k_work_cancel_sync(&work, &sync));
}

static int resubmit_inside;

static void cancel_self(struct k_work *item)
{
    runs++;
    inner = k_work_cancel(item);
    resubmit_inside = k_work_submit(item);
}

static void cancel_while_running_refuses_submission(void)
{
    prepare(cancel_self);
    k_work_submit(&work);
    run_for_ms(1);
    assert_int_equal(runs, 1);
    assert_int_equal(inner, K_WORK_RUNNING | K_WORK_CANCELING);
    assert_int_equal(resubmit_inside, -EBUSY);
    // When the run is over the item is free again.
    assert_int_equal(k_work_busy_get(&work), 0);
    k_work_init(&work, run);
    assert_int_equal(k_work_submit(&work), 1);
    run_for_ms(1);
    assert_int_equal(runs, 2);
}

static void flush_waits_for_the_run(void)
{
    prepare(run);
    assert_false(k_work_flush(&work, &sync));
    k_work_submit(&second);
    k_work_submit(&work);
    assert_true(k_work_flush(&work, &sync));
    assert_int_equal(runs, 1);
    assert_int_equal(second_runs, 1);
}

static void schedule_does_not_move_reschedule_does(void)
{
    prepare(run);
    int64_t start = virtual_now;
    assert_int_equal(k_work_schedule(&dwork, K_MSEC(10)), 1);
    assert_int_equal(k_work_delayable_busy_get(&dwork), K_WORK_DELAYED);
    assert_int_equal(k_work_schedule(&dwork, K_MSEC(5)), 0);
    assert_int_equal(k_work_delayable_remaining_get(&dwork), 100);
    assert_int_equal(k_work_delayable_expires_get(&dwork), (start + 10000) / 100);
    run_for_ms(20);
    assert_int_equal(runs, 1);
    assert_int_equal(ran_at - start, 10000);

    start = virtual_now;
    assert_int_equal(k_work_reschedule(&dwork, K_MSEC(10)), 1);
    run_for_ms(6);
    assert_int_equal(k_work_reschedule(&dwork, K_MSEC(10)), 1);
    run_for_ms(6);
    assert_int_equal(runs, 1);
    run_for_ms(6);
    assert_int_equal(runs, 2);
    assert_int_equal(ran_at - start, 16000);
    assert_int_equal(k_work_delayable_remaining_get(&dwork), 0);
}

static void no_delay_submits_at_once(void)
{
    prepare(run);
    assert_int_equal(k_work_schedule(&dwork, K_NO_WAIT), 1);
    assert_int_equal(k_work_delayable_busy_get(&dwork), K_WORK_QUEUED);
    assert_int_equal(k_work_schedule(&dwork, K_NO_WAIT), 0);
    assert_int_equal(k_work_schedule(&dwork, K_MSEC(1)), 0);
    assert_int_equal(k_work_reschedule(&dwork, K_NO_WAIT), 0);
    run_for_ms(1);
    assert_int_equal(runs, 1);
    // From delayed to queued in one step.
    k_work_schedule(&dwork, K_MSEC(100));
    assert_int_equal(k_work_reschedule(&dwork, K_NO_WAIT), 1);
    run_for_ms(1);
    assert_int_equal(runs, 2);
    run_for_ms(200);
    assert_int_equal(runs, 2);
}

static void reschedule_self(struct k_work *item)
{
    run(item);
    if (runs == 1) {
        inner = k_work_reschedule(k_work_delayable_from_work(item), K_NO_WAIT);
    } else if (runs == 2) {
        inner = k_work_schedule(k_work_delayable_from_work(item), K_MSEC(3));
        busy_inside = k_work_busy_get(item);
    }
}

static void delayable_reschedules_itself(void)
{
    prepare(reschedule_self);
    k_work_schedule(&dwork, K_MSEC(1));
    run_for_ms(1);
    assert_int_equal(runs, 2);
    assert_int_equal(inner, 1);
    assert_int_equal(busy_inside, K_WORK_RUNNING | K_WORK_DELAYED);
    run_for_ms(3);
    assert_int_equal(runs, 3);
}

static void cancel_delayable_ends_delay_and_queueing(void)
{
    prepare(run);
    k_work_schedule(&dwork, K_MSEC(5));
    assert_int_equal(k_work_cancel_delayable(&dwork), 0);
    k_work_schedule(&dwork, K_NO_WAIT);
    assert_int_equal(k_work_cancel_delayable(&dwork), 0);
    run_for_ms(10);
    assert_int_equal(runs, 0);
    assert_false(k_work_cancel_delayable_sync(&dwork, &sync));
    k_work_schedule(&dwork, K_MSEC(5));
    assert_true(k_work_cancel_delayable_sync(&dwork, &sync));
    assert_false(k_work_delayable_is_pending(&dwork));
}

static void flush_delayable_runs_it_now(void)
{
    prepare(run);
    assert_false(k_work_flush_delayable(&dwork, &sync));
    k_work_schedule(&dwork, K_SECONDS(100));
    int64_t start = virtual_now;
    assert_true(k_work_flush_delayable(&dwork, &sync));
    assert_int_equal(runs, 1);
    assert_int_equal(virtual_now, start);
}

static void forever_is_never(void)
{
    prepare(run);
    assert_int_equal(k_work_schedule(&dwork, K_FOREVER), 1);
    run_for_ms(1000000);
    assert_int_equal(runs, 0);
    assert_true(k_work_delayable_is_pending(&dwork));
    k_work_cancel_delayable(&dwork);
}

static k_tid_t ran_in;

static void note_thread(struct k_work *item)
{
    runs++;
    ran_in = k_current_get();
    assert_false(k_is_in_isr());
}

K_THREAD_STACK_DEFINE(own_stack, 65536);
static struct k_work_q own_queue;

static void start_own_queue(void)
{
    static const struct k_work_queue_config config = {.name = "own"};
    k_work_queue_init(&own_queue);
    k_work_queue_start(&own_queue, own_stack, K_THREAD_STACK_SIZEOF(own_stack), 3, &config);
}

// Code asks whether it runs on the queue's thread, and takes short cuts if so.
static void current_thread_in_work_is_the_queues(void)
{
    prepare(note_thread);
    k_tid_t main_thread = k_current_get();
    k_work_submit(&work);
    run_for_ms(1);
    assert_ptr_equal(ran_in, k_work_queue_thread_get(&k_sys_work_q));
    start_own_queue();
    assert_int_equal(k_work_submit_to_queue(&own_queue, &work), 1);
    run_for_ms(1);
    assert_ptr_equal(ran_in, k_work_queue_thread_get(&own_queue));
    assert_string_equal(k_thread_name_get(ran_in), "own");
    assert_ptr_equal(k_current_get(), main_thread);
    assert_int_equal(runs, 2);
}

static void drain_plug_unplug_stop(void)
{
    prepare(run);
    start_own_queue();
    assert_int_equal(k_work_queue_drain(&own_queue, false), 0);
    k_work_submit_to_queue(&own_queue, &work);
    assert_int_equal(k_work_queue_drain(&own_queue, true), 1);
    assert_int_equal(runs, 1);
    assert_int_equal(k_work_submit_to_queue(&own_queue, &work), -EBUSY);
    assert_int_equal(k_work_queue_unplug(&own_queue), 0);
    assert_int_equal(k_work_queue_unplug(&own_queue), -EALREADY);
    assert_int_equal(k_work_submit_to_queue(&own_queue, &work), 1);
    run_for_ms(1);
    assert_int_equal(runs, 2);
    assert_int_equal(k_work_queue_stop(&own_queue, K_NO_WAIT), -EBUSY);
    k_work_queue_drain(&own_queue, true);
    assert_int_equal(k_work_queue_stop(&own_queue, K_MSEC(10)), 0);
    assert_int_equal(k_work_queue_stop(&own_queue, K_MSEC(10)), -EALREADY);
    assert_int_equal(k_work_submit_to_queue(&own_queue, &work), -ENODEV);
}

static void forever_again(struct k_work *item)
{
    runs++;
    k_work_submit(item);
}

// An item that always submits itself must neither stop the others nor the loop.
static void a_turn_is_bounded(void)
{
    prepare(forever_again);
    k_work_submit(&work);
    k_work_submit(&second);
    breeze_step();
    assert_true(runs >= 1 && runs < 10);
    assert_int_equal(breeze_step(), virtual_now);
    assert_int_equal(second_runs, 1);
    k_work_cancel(&work);
}

static void wipe(struct k_work *item)
{
    runs++;
}

static void pitfall_90_work_may_be_wiped_when_idle(void)
{
    prepare(wipe);
    k_work_submit(&work);
    k_work_submit(&second);
    k_work_cancel(&work);
    memset(&work, 0, sizeof(work));
    run_for_ms(1);
    assert_int_equal(runs, 0);
    assert_int_equal(second_runs, 1);
}

static const struct conformance_case cases[] = {
    CASE(submit_queues_once, ALL),
    CASE(submit_without_a_queue_is_einval, ALL),
    CASE(submit_to_a_queue_that_did_not_start_is_enodev, ALL),
    CASE(submit_while_running_runs_again, ALL),
    CASE(submit_while_running_is_queued_and_running, ALL),
    CASE(items_run_in_order, ALL),
    CASE(cancel_of_a_queued_item_takes_it_off, ALL),
    CASE(cancel_while_running_refuses_submission, ALL),
    CASE(flush_waits_for_the_run, ALL),
    CASE(schedule_does_not_move_reschedule_does, ALL),
    CASE(no_delay_submits_at_once, ALL),
    CASE(delayable_reschedules_itself, ALL),
    CASE(cancel_delayable_ends_delay_and_queueing, ALL),
    CASE(flush_delayable_runs_it_now, ALL),
    CASE(forever_is_never, ALL),
    CASE(current_thread_in_work_is_the_queues, ALL),
    CASE(drain_plug_unplug_stop, ALL),
    CASE(a_turn_is_bounded, ALL),
    CASE(pitfall_90_work_may_be_wiped_when_idle, ALL),
};
CASE_LIST(cases_work, cases);
