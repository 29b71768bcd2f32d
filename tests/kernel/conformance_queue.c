// Queues, FIFOs, LIFOs.
#include "conformance.h"

struct item {
    void *reserved;
    int value;
};
static struct k_fifo fifo;
static struct k_lifo lifo;
static struct k_timer timer;
static struct item late = {.value = 77};

static void fifo_keeps_the_order(void)
{
    struct item items[4] = {{.value = 0}, {.value = 1}, {.value = 2}, {.value = 3}};
    k_fifo_init(&fifo);
    assert_true(k_fifo_is_empty(&fifo));
    for (int i = 0; i < 4; i++) {
        k_fifo_put(&fifo, &items[i]);
    }
    assert_ptr_equal(k_fifo_peek_head(&fifo), &items[0]);
    assert_ptr_equal(k_fifo_peek_tail(&fifo), &items[3]);
    for (int i = 0; i < 4; i++) {
        assert_ptr_equal(k_fifo_get(&fifo, K_NO_WAIT), &items[i]);
    }
    assert_null(k_fifo_get(&fifo, K_NO_WAIT));
}

static void lifo_turns_the_order_round(void)
{
    struct item items[3];
    k_lifo_init(&lifo);
    for (int i = 0; i < 3; i++) {
        k_lifo_put(&lifo, &items[i]);
    }
    for (int i = 2; i >= 0; i--) {
        assert_ptr_equal(k_lifo_get(&lifo, K_NO_WAIT), &items[i]);
    }
    assert_null(k_lifo_get(&lifo, K_NO_WAIT));
}

static void put_late(struct k_timer *unused)
{
    k_fifo_put(&fifo, &late);
}

static void get_waits_for_an_item(void)
{
    k_fifo_init(&fifo);
    k_timer_init(&timer, put_late, NULL);
    k_timer_start(&timer, K_MSEC(3), K_NO_WAIT);
    int64_t start = virtual_now;
    assert_ptr_equal(k_fifo_get(&fifo, K_FOREVER), &late);
    assert_int_equal(virtual_now - start, 3000);
    assert_true(k_fifo_is_empty(&fifo));
    assert_null(k_fifo_get(&fifo, K_MSEC(2)));
    assert_int_equal(virtual_now - start, 5000);
}

static void cancel(struct k_timer *unused)
{
    k_fifo_cancel_wait(&fifo);
}

static void cancel_wait_ends_get_with_null(void)
{
    k_fifo_init(&fifo);
    k_timer_init(&timer, cancel, NULL);
    k_timer_start(&timer, K_MSEC(3), K_NO_WAIT);
    int64_t start = virtual_now;
    assert_null(k_fifo_get(&fifo, K_FOREVER));
    assert_int_equal(virtual_now - start, 3000);
    // With nobody waiting it leaves nothing behind.
    k_fifo_cancel_wait(&fifo);
    k_fifo_put(&fifo, &late);
    assert_ptr_equal(k_fifo_get(&fifo, K_NO_WAIT), &late);
}

static void queue_inserts_and_removes(void)
{
    struct k_queue queue;
    struct item a, b, c, d;
    k_queue_init(&queue);
    k_queue_append(&queue, &a);
    k_queue_append(&queue, &c);
    k_queue_insert(&queue, &a, &b);
    k_queue_prepend(&queue, &d);
    assert_false(k_queue_unique_append(&queue, &b));
    assert_true(k_queue_remove(&queue, &a));
    assert_false(k_queue_remove(&queue, &a));
    assert_true(k_queue_unique_append(&queue, &a));
    assert_ptr_equal(k_queue_get(&queue, K_NO_WAIT), &d);
    assert_ptr_equal(k_queue_get(&queue, K_NO_WAIT), &b);
    assert_ptr_equal(k_queue_get(&queue, K_NO_WAIT), &c);
    assert_ptr_equal(k_queue_get(&queue, K_NO_WAIT), &a);
    assert_true(k_queue_is_empty(&queue));
}

static void lists_are_appended_whole(void)
{
    struct item a, b, c;
    sys_slist_t list;
    k_fifo_init(&fifo);
    a.reserved = &b;
    b.reserved = NULL;
    assert_int_equal(k_fifo_put_list(&fifo, &a, &b), 0);
    assert_int_equal(k_fifo_put_list(&fifo, NULL, NULL), -EINVAL);
    sys_slist_init(&list);
    assert_int_equal(k_fifo_put_slist(&fifo, &list), -EINVAL);
    sys_slist_append(&list, (sys_snode_t *)&c);
    assert_int_equal(k_fifo_put_slist(&fifo, &list), 0);
    assert_true(sys_slist_is_empty(&list));
    assert_ptr_equal(k_fifo_get(&fifo, K_NO_WAIT), &a);
    assert_ptr_equal(k_fifo_get(&fifo, K_NO_WAIT), &b);
    assert_ptr_equal(k_fifo_get(&fifo, K_NO_WAIT), &c);
}

static struct item listed[2];

static void put_list(struct k_timer *unused)
{
    listed[0].reserved = &listed[1];
    k_fifo_put_list(&fifo, &listed[0], &listed[1]);
}

static void a_list_serves_the_waiter_first(void)
{
    k_fifo_init(&fifo);
    k_timer_init(&timer, put_list, NULL);
    k_timer_start(&timer, K_MSEC(1), K_NO_WAIT);
    assert_ptr_equal(k_fifo_get(&fifo, K_FOREVER), &listed[0]);
    assert_ptr_equal(k_fifo_get(&fifo, K_NO_WAIT), &listed[1]);
    assert_null(k_fifo_get(&fifo, K_NO_WAIT));
}

K_FIFO_DEFINE(static_fifo);

static void a_defined_fifo_is_ready(void)
{
    k_fifo_put(&static_fifo, &late);
    assert_ptr_equal(k_fifo_get(&static_fifo, K_NO_WAIT), &late);
}

static const struct conformance_case cases[] = {
    CASE(fifo_keeps_the_order, ALL),           CASE(lifo_turns_the_order_round, ALL),
    CASE(get_waits_for_an_item, ALL),          CASE(cancel_wait_ends_get_with_null, ALL),
    CASE(queue_inserts_and_removes, ALL),      CASE(lists_are_appended_whole, ALL),
    CASE(a_list_serves_the_waiter_first, ALL), CASE(a_defined_fifo_is_ready, ALL),
};
CASE_LIST(cases_queue, cases);
