// What a reset of the kernel's state leaves behind, init functions, and state as a value.
#include "conformance.h"

#include <zephyr/net_buf.h>

#include "kernel/loop.h"
#include "kernel/state.h"

NET_BUF_POOL_FIXED_DEFINE(pool, 3, 16, 8, NULL);
K_MEM_SLAB_DEFINE_STATIC(slab, 16, 2, 8);

// A pool of the prior system kept its free list over a soft reset.
static void pitfall_50_pools_are_full_after_a_reset(void)
{
    struct net_buf *bufs[3];
    for (int i = 0; i < 3; i++) {
        bufs[i] = net_buf_alloc(&pool, K_NO_WAIT);
        assert_non_null(bufs[i]);
    }
    net_buf_unref(bufs[1]);
    void *block;
    assert_int_equal(k_mem_slab_alloc(&slab, &block, K_NO_WAIT), 0);
    kernel_state_reset();
    assert_int_equal(pool.avail_count, 3);
    for (int i = 0; i < 3; i++) {
        bufs[i] = net_buf_alloc(&pool, K_NO_WAIT);
        assert_non_null(bufs[i]);
        assert_int_equal(net_buf_id(bufs[i]), i);
        assert_int_equal(bufs[i]->ref, 1);
        assert_ptr_equal(net_buf_pool_get(bufs[i]->pool_id), &pool);
    }
    assert_null(net_buf_alloc(&pool, K_NO_WAIT));
    assert_int_equal(k_mem_slab_num_free_get(&slab), 2);
}

static unsigned int runs;

static void count(struct k_work *item)
{
    runs++;
}

// A queued item of the prior system stayed "pending" when its queue's head was cleared, and no
// later submission queued it.
static void pitfall_52_no_item_stays_pending_after_a_reset(void)
{
    static struct k_work work;
    static struct k_work_delayable dwork;
    runs = 0;
    k_work_init(&work, count);
    k_work_init_delayable(&dwork, count);
    k_work_submit(&work);
    k_work_schedule(&dwork, K_MSEC(5));
    kernel_state_reset();
    assert_false(k_work_is_pending(&work));
    assert_false(k_work_delayable_is_pending(&dwork));
    assert_int_equal(k_work_submit(&work), 1);
    assert_int_equal(k_work_schedule(&dwork, K_MSEC(5)), 1);
    run_for_ms(10);
    assert_int_equal(runs, 2);
}

static void tick(struct k_timer *unused)
{
    runs++;
}

static void timers_can_be_started_after_a_reset(void)
{
    static struct k_timer timer;
    runs = 0;
    k_timer_init(&timer, tick, NULL);
    k_timer_start(&timer, K_MSEC(1), K_MSEC(1));
    kernel_state_reset();
    assert_int_equal(loop_timer_count(), 0);
    run_for_ms(5);
    assert_int_equal(runs, 0);
    k_timer_start(&timer, K_MSEC(1), K_NO_WAIT);
    run_for_ms(5);
    assert_int_equal(runs, 1);
}

// One process, two hosts: each has the address of the state to itself while it runs.
static void state_is_a_value(void)
{
    static struct kernel_state first, second;
    static struct k_timer timers[2];
    runs = 0;
    k_timer_init(&timers[0], tick, NULL);
    k_timer_init(&timers[1], tick, NULL);
    k_timer_start(&timers[0], K_MSEC(5), K_NO_WAIT);
    first = kernel_state;
    kernel_state_blank();
    assert_int_equal(loop_timer_count(), 0);
    k_timer_start(&timers[1], K_MSEC(5), K_NO_WAIT);
    second = kernel_state;
    kernel_state = first;
    run_for_ms(6);
    assert_int_equal(runs, 1);
    assert_int_equal(timers[0].status, 1);
    assert_int_equal(timers[1].status, 0);
    kernel_state = second;
    run_for_ms(1);
    assert_int_equal(runs, 2);
    assert_int_equal(timers[1].status, 1);
}

static char init_order[256];

static int init_note(char which)
{
    strncat(init_order, &which, 1);
    return 0;
}

static int init_application(void)
{
    return init_note('d');
}

static int init_post_late(void)
{
    return init_note('c');
}

static int init_post_early(void)
{
    return init_note('b');
}

static int init_pre(void)
{
    return init_note('a');
}

SYS_INIT(init_application, APPLICATION, 0);
SYS_INIT(init_post_late, POST_KERNEL, 90);
SYS_INIT(init_post_early, POST_KERNEL, 10);
SYS_INIT(init_pre, PRE_KERNEL_1, 99);

static void init_functions_run_once_in_order(void)
{
    static struct k_work work;
    init_order[0] = '\0';
    k_work_init(&work, count);
    assert_string_equal(init_order, "");
    k_work_submit(&work); // the first use
    assert_string_equal(init_order, "abcd");
    breeze_step();
    breeze_init();
    assert_string_equal(init_order, "abcd");
    init_order[0] = '\0';
    kernel_state_reset();
    breeze_step();
    assert_string_equal(init_order, "abcd");
    init_order[0] = '\0';
}

static const struct conformance_case cases[] = {
    CASE(pitfall_50_pools_are_full_after_a_reset, ALL),
    CASE(pitfall_52_no_item_stays_pending_after_a_reset, ALL),
    CASE(timers_can_be_started_after_a_reset, ALL),
    CASE(state_is_a_value, ALL),
    CASE(init_functions_run_once_in_order, ALL),
};
CASE_LIST(cases_reset, cases);
