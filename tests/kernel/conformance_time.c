// Timers, uptime, time-outs, and the loop's own timers.
#include "conformance.h"

#include "kernel/loop.h"

static struct k_timer timer;
static int64_t expiries[16];
static unsigned int expiry_count;
static unsigned int stop_count;

static void note(struct k_timer *unused)
{
    expiries[expiry_count++ % ARRAY_SIZE(expiries)] = virtual_now;
}

static void note_stop(struct k_timer *unused)
{
    stop_count++;
}

static void prepare(void)
{
    expiry_count = 0;
    stop_count = 0;
    k_timer_init(&timer, note, note_stop);
}

static void timer_expires_once(void)
{
    prepare();
    int64_t start = virtual_now;
    k_timer_start(&timer, K_MSEC(7), K_NO_WAIT);
    assert_int_equal(k_timer_remaining_get(&timer), 7);
    run_for_ms(100);
    assert_int_equal(expiry_count, 1);
    assert_int_equal(expiries[0] - start, 7000);
    assert_int_equal(k_timer_remaining_get(&timer), 0);
    assert_int_equal(loop_timer_count(), 0);
    assert_int_equal(k_timer_status_get(&timer), 1);
    assert_int_equal(k_timer_status_get(&timer), 0);
}

static void timer_with_duration_forever_does_not_start(void)
{
    prepare();
    k_timer_start(&timer, K_FOREVER, K_MSEC(1));
    assert_int_equal(loop_timer_count(), 0);
}

static void timer_with_no_duration_expires_in_the_next_turn(void)
{
    prepare();
    k_timer_start(&timer, K_NO_WAIT, K_MSEC(3));
    assert_int_equal(expiry_count, 0);
    breeze_step();
    assert_int_equal(expiry_count, 1);
    run_for_ms(3);
    assert_int_equal(expiry_count, 2);
    k_timer_stop(&timer);
}

static void slow(struct k_timer *unused)
{
    note(unused);
    virtual_now += 1700; // the function takes its time
}

static void periodic_timer_does_not_drift(void)
{
    prepare();
    k_timer_init(&timer, slow, NULL);
    int64_t start = virtual_now;
    k_timer_start(&timer, K_MSEC(5), K_MSEC(10));
    run_for_ms(100);
    assert_int_equal(expiry_count, 10);
    for (unsigned int i = 0; i < expiry_count; i++) {
        assert_int_equal(expiries[i] - start, 5000 + i * 10000);
    }
    k_timer_stop(&timer);
    run_for_ms(50);
    assert_int_equal(expiry_count, 10);
}

static void periodic_timer_catches_up(void)
{
    prepare();
    k_timer_start(&timer, K_MSEC(10), K_MSEC(10));
    virtual_now += 55000; // nobody turned the loop
    run_for_ms(0);
    assert_int_equal(k_timer_status_get(&timer), 5);
    assert_int_equal(k_timer_remaining_get(&timer), 5);
    k_timer_stop(&timer);
}

static void stop_calls_its_function_only_if_running(void)
{
    prepare();
    k_timer_stop(&timer);
    assert_int_equal(stop_count, 0);
    k_timer_start(&timer, K_MSEC(1), K_NO_WAIT);
    k_timer_stop(&timer);
    k_timer_stop(&timer);
    assert_int_equal(stop_count, 1);
    // Starting anew is no stop.
    k_timer_start(&timer, K_MSEC(1), K_NO_WAIT);
    k_timer_start(&timer, K_MSEC(2), K_NO_WAIT);
    assert_int_equal(stop_count, 1);
    run_for_ms(5);
    assert_int_equal(expiry_count, 1);
    assert_int_equal(k_timer_status_get(&timer), 1);
}

static void restart(struct k_timer *self)
{
    note(self);
    if (expiry_count < 4) {
        k_timer_start(self, K_MSEC(2), K_NO_WAIT);
    }
}

static void timer_restarts_in_its_own_function(void)
{
    prepare();
    k_timer_init(&timer, restart, NULL);
    int64_t start = virtual_now;
    k_timer_start(&timer, K_MSEC(1), K_MSEC(50));
    run_for_ms(40);
    assert_int_equal(expiry_count, 4);
    assert_int_equal(expiries[3] - start, 7000);
    assert_int_equal(loop_timer_count(), 0);
}

static void stop_self(struct k_timer *self)
{
    note(self);
    k_timer_stop(self);
}

static void periodic_timer_stops_in_its_own_function(void)
{
    prepare();
    k_timer_init(&timer, stop_self, note_stop);
    k_timer_start(&timer, K_MSEC(1), K_MSEC(1));
    run_for_ms(10);
    assert_int_equal(expiry_count, 1);
    assert_int_equal(stop_count, 1);
}

static void status_sync_waits_for_an_expiry(void)
{
    prepare();
    assert_int_equal(k_timer_status_sync(&timer), 0);
    k_timer_start(&timer, K_MSEC(6), K_MSEC(6));
    int64_t start = virtual_now;
    assert_int_equal(k_timer_status_sync(&timer), 1);
    assert_int_equal(virtual_now - start, 6000);
    assert_int_equal(k_timer_status_sync(&timer), 1);
    assert_int_equal(virtual_now - start, 12000);
    k_timer_stop(&timer);
    k_timer_user_data_set(&timer, &start);
    assert_ptr_equal(k_timer_user_data_get(&timer), &start);
}

// The objects of the prior system were wiped while its timer list still held them.
static void pitfall_90_memory_of_an_idle_timer_may_be_wiped(void)
{
    static struct k_timer others[2];
    static struct k_work_delayable dwork;
    prepare();
    k_timer_init(&others[0], note, NULL);
    k_timer_init(&others[1], note, NULL);
    k_timer_start(&others[0], K_MSEC(10), K_NO_WAIT);
    k_timer_start(&timer, K_MSEC(20), K_NO_WAIT);
    k_timer_start(&others[1], K_MSEC(30), K_NO_WAIT);
    k_timer_stop(&timer);
    memset(&timer, 0xff, sizeof(timer));
    memset(&timer, 0, sizeof(timer));
    k_work_init_delayable(&dwork, NULL);
    k_work_schedule(&dwork, K_MSEC(15));
    k_work_cancel_delayable(&dwork);
    memset(&dwork, 0, sizeof(dwork));
    run_for_ms(15);
    assert_int_equal(expiry_count, 1);
    memset(&others[0], 0xff, sizeof(others[0])); // it has expired
    run_for_ms(20);
    assert_int_equal(expiry_count, 2);
    assert_int_equal(loop_timer_count(), 0);
    // An object of zeroes can be started.
    k_timer_start(&timer, K_MSEC(1), K_NO_WAIT);
    run_for_ms(2);
    assert_int_equal(k_timer_status_get(&timer), 1);
}

static void pitfall_90_timer_wiped_in_its_own_function_fn(struct k_timer *self)
{
    note(self);
    memset(self, 0xff, sizeof(*self));
}

static void pitfall_90_timer_wiped_in_its_own_function(void)
{
    prepare();
    k_timer_init(&timer, pitfall_90_timer_wiped_in_its_own_function_fn, NULL);
    k_timer_start(&timer, K_MSEC(1), K_NO_WAIT);
    run_for_ms(2);
    assert_int_equal(expiry_count, 1);
}

static void time_wraps_in_32_bits_only(void)
{
    virtual_now = (INT64_C(1) << 32) * 1000 - 5000; // 5 ms before 2^32 ms
    assert_int_equal(k_uptime_get_32(), UINT32_MAX - 4);
    int64_t reference = k_uptime_get();
    prepare();
    k_timer_start(&timer, K_MSEC(10), K_NO_WAIT);
    assert_int_equal(k_sleep(K_MSEC(8)), 0);
    assert_int_equal(k_uptime_get_32(), 3);
    assert_int_equal(k_uptime_get(), (INT64_C(1) << 32) + 3);
    assert_int_equal(k_uptime_delta(&reference), 8);
    assert_int_equal(reference, k_uptime_get());
    assert_int_equal(expiry_count, 0);
    run_for_ms(2);
    assert_int_equal(expiry_count, 1);
    assert_int_equal(k_cycle_get_32(), (uint32_t)virtual_now);
    assert_int_equal(k_uptime_ticks(), virtual_now * CONFIG_SYS_CLOCK_TICKS_PER_SEC / 1000000);
}

static void a_timer_says_when_it_expires(void)
{
    prepare();
    assert_int_equal(k_timer_expires_ticks(&timer), k_uptime_ticks());
    k_timer_start(&timer, K_MSEC(7), K_MSEC(2));
    k_ticks_t due = k_uptime_ticks() + 70;
    assert_int_equal(k_timer_expires_ticks(&timer), due);
    virtual_now += 3000;
    assert_int_equal(k_timer_expires_ticks(&timer), due);
    run_for_ms(5);
    assert_int_equal(k_timer_expires_ticks(&timer), due + 20);
    k_timer_stop(&timer);
}

static void all_clocks_are_one(void)
{
    virtual_now = (INT64_C(1) << 32) * 100 + 1700; // 17 ticks beyond 32 bits
    assert_int_equal(sys_clock_tick_get(), k_uptime_ticks());
    assert_int_equal(sys_clock_tick_get_32(), 17);
    assert_int_equal(k_cycle_get_64(), virtual_now);
    assert_int_equal(k_cycle_get_32(), (uint32_t)virtual_now);
    assert_int_equal(sys_clock_timeout_end_calc(K_MSEC(3)), k_uptime_ticks() + 30);
    assert_int_equal(sys_clock_timeout_end_calc(K_NO_WAIT), k_uptime_ticks());
    assert_true(sys_clock_timeout_end_calc(K_FOREVER) == UINT64_MAX);
}

static void sleeping_takes_its_time(void)
{
    int64_t start = virtual_now;
    assert_int_equal(k_msleep(12), 0);
    assert_int_equal(virtual_now - start, 12000);
    assert_int_equal(k_usleep(200), 0);
    assert_int_equal(virtual_now - start, 12200);
    assert_int_equal(k_sleep(K_NO_WAIT), 0);
    assert_int_equal(k_sleep(K_TIMEOUT_ABS_MS(k_uptime_get() + 5)), 0);
    idle_error = -EINTR;
    assert_int_equal(k_sleep(K_MSEC(40)), 40);
}

static k_tid_t sleeper;

static void wake_sleeper(struct k_timer *unused)
{
    k_wakeup(sleeper);
}

static void wakeup_ends_a_sleep(void)
{
    sleeper = k_current_get();
    k_timer_init(&timer, wake_sleeper, NULL);
    k_timer_start(&timer, K_MSEC(10), K_NO_WAIT);
    assert_int_equal(k_msleep(25), 15);
}

static void timeouts_round_up(void)
{
    assert_int_equal(K_USEC(1).ticks, 1);
    assert_int_equal(K_USEC(101).ticks, 2);
    assert_int_equal(K_MSEC(3).ticks, 30);
    assert_int_equal(K_MSEC(-3).ticks, 0);
    assert_int_equal(K_SECONDS(2).ticks, 20000);
    assert_int_equal(K_HOURS(1).ticks, INT64_C(36000000));
    assert_true(K_TIMEOUT_EQ(K_FOREVER, K_FOREVER));
    assert_false(K_TIMEOUT_EQ(K_FOREVER, K_NO_WAIT));
    assert_int_equal(k_ticks_to_ms_floor32(19), 1);
    assert_int_equal(k_ticks_to_ms_ceil32(19), 2);
    assert_int_equal(k_ms_to_ticks_near64(7), 70);
    assert_int_equal(k_us_to_ms_near32(1500), 2);
    assert_int_equal(k_us_to_ms_near32(1499), 1);
    assert_int_equal(k_ns_to_us_ceil64(1001), 2);
}

static void timepoints_count_down(void)
{
    k_timepoint_t end = sys_timepoint_calc(K_MSEC(10));
    assert_false(sys_timepoint_expired(end));
    virtual_now += 4000;
    assert_int_equal(sys_timepoint_timeout(end).ticks, 60);
    k_timepoint_t later = sys_timepoint_calc(K_MSEC(7));
    assert_true(sys_timepoint_cmp(end, later) < 0);
    virtual_now += 6000;
    assert_true(sys_timepoint_expired(end));
    assert_true(sys_timepoint_expired(sys_timepoint_calc(K_NO_WAIT)));
    assert_true(K_TIMEOUT_EQ(sys_timepoint_timeout(sys_timepoint_calc(K_FOREVER)), K_FOREVER));
}

static struct loop_timer loop_timers[4];
static int order[4];
static int order_count;

static void note_order(struct loop_timer *which)
{
    order[order_count++] = (int)(which - loop_timers);
}

static void loop_timers_keep_due_and_start_order(void)
{
    order_count = 0;
    loop_timer_start(&loop_timers[2], 500, note_order);
    loop_timer_start(&loop_timers[0], 1000, note_order);
    loop_timer_start(&loop_timers[3], 500, note_order);
    loop_timer_start(&loop_timers[1], 1000, note_order);
    loop_timer_start(&loop_timers[2], 1000, note_order); // moved behind
    assert_int_equal(loop_timer_count(), 4);
    assert_true(breeze_wake_pending()); // a sleep would not begin
    assert_int_equal(breeze_step(), virtual_now + 500);
    run_for_ms(1);
    static const int expected[] = {3, 0, 1, 2};
    assert_memory_equal(order, expected, sizeof(expected));
    assert_false(loop_timer_running(&loop_timers[0]));
}

static void stop_next(struct loop_timer *which)
{
    note_order(which);
    loop_timer_stop(&loop_timers[1]);
    loop_timer_start(&loop_timers[3], 0, note_order);
}

static void a_due_timer_may_be_stopped_by_another(void)
{
    order_count = 0;
    loop_timer_start(&loop_timers[0], 100, stop_next);
    loop_timer_start(&loop_timers[1], 100, note_order);
    loop_timer_start(&loop_timers[2], 100, note_order);
    virtual_now += 100;
    breeze_step();
    // What is started in a turn waits for the next one, even with no delay.
    static const int expected[] = {0, 2, 3};
    assert_int_equal(order_count, 2);
    breeze_step();
    assert_int_equal(order_count, 3);
    assert_memory_equal(order, expected, sizeof(expected));
}

static struct loop_source sources[3];
static int turns[3];

static bool turn_0(void)
{
    turns[0]++;
    loop_source_remove(&sources[0]);
    loop_source_remove(&sources[1]);
    return false;
}

static bool turn_1(void)
{
    turns[1]++;
    return false;
}

static bool turn_2(void)
{
    turns[2]++;
    return turns[2] < 3;
}

static void sources_may_be_removed_in_their_turn(void)
{
    memset(turns, 0, sizeof(turns));
    sources[0].turn = turn_0;
    sources[1].turn = turn_1;
    sources[2].turn = turn_2;
    for (int i = 0; i < 3; i++) {
        loop_source_add(&sources[i]);
        loop_source_add(&sources[i]); // once is enough
    }
    assert_int_equal(breeze_step(), virtual_now); // the third has more to do
    assert_int_equal(turns[0], 1);
    assert_int_equal(turns[1], 0);
    assert_int_equal(turns[2], 1);
    breeze_step();
    assert_int_equal(breeze_step(), BREEZE_NEVER);
    assert_int_equal(turns[0], 1);
    loop_source_remove(&sources[2]);
}

static void wake_makes_the_next_turn_due(void)
{
    assert_int_equal(breeze_step(), BREEZE_NEVER);
    breeze_wake();
    assert_true(breeze_wake_pending());
    breeze_step();
    assert_false(breeze_wake_pending());
}

static int64_t nested_result;

static void nested(struct loop_timer *unused)
{
    assert_true(loop_in_turn());
    nested_result = breeze_step();
    order_count++;
}

// The prior system's poll could be entered from a callback that it had called itself.
static void pitfall_42_a_nested_step_does_nothing(void)
{
    order_count = 0;
    loop_timer_start(&loop_timers[0], 0, nested);
    loop_timer_start(&loop_timers[1], 0, nested);
    breeze_step();
    assert_int_equal(order_count, 2);
    assert_int_equal(nested_result, virtual_now);
    assert_false(loop_in_turn());
}

static const struct conformance_case cases[] = {
    CASE(timer_expires_once, ALL),
    CASE(timer_with_duration_forever_does_not_start, ALL),
    CASE(timer_with_no_duration_expires_in_the_next_turn, ALL),
    CASE(periodic_timer_does_not_drift, ALL),
    CASE(periodic_timer_catches_up, ALL),
    CASE(stop_calls_its_function_only_if_running, ALL),
    CASE(timer_restarts_in_its_own_function, ALL),
    CASE(periodic_timer_stops_in_its_own_function, ALL),
    CASE(status_sync_waits_for_an_expiry, ALL),
    CASE(pitfall_90_memory_of_an_idle_timer_may_be_wiped, ALL),
    CASE(pitfall_90_timer_wiped_in_its_own_function, ALL),
    CASE(time_wraps_in_32_bits_only, ALL),
    CASE(a_timer_says_when_it_expires, ALL),
    CASE(all_clocks_are_one, ALL),
    CASE(sleeping_takes_its_time, ALL),
    CASE(wakeup_ends_a_sleep, ALL),
    CASE(timeouts_round_up, ALL),
    CASE(timepoints_count_down, ALL),
    CASE(loop_timers_keep_due_and_start_order, ALL),
    CASE(a_due_timer_may_be_stopped_by_another, ALL),
    CASE(sources_may_be_removed_in_their_turn, ALL),
    CASE(wake_makes_the_next_turn_due, ALL),
    CASE(pitfall_42_a_nested_step_does_nothing, ALL),
};
CASE_LIST(cases_time, cases);
