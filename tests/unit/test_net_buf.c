// Buffers: pools, references, room, words, fragments.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include <zephyr/net_buf.h>

#include "kernel/state.h"

static unsigned int destroyed;
static unsigned int asserts;

static void count_destroy(struct net_buf *buf)
{
    destroyed++;
    net_buf_destroy(buf);
}

NET_BUF_POOL_FIXED_DEFINE(fixed_pool, 3, 10, 4, NULL);
NET_BUF_POOL_DEFINE(counted_pool, 2, 8, 0, count_destroy);
NET_BUF_POOL_VAR_DEFINE(var_pool, 4, 200, 4, NULL);

static void note_assert(const char *file, int line, const char *text)
{
    asserts++;
}

static int setup(void **state)
{
    kernel_state_reset();
    breeze_assert_hook(note_assert);
    destroyed = 0;
    asserts = 0;
    return 0;
}

static void a_pool_hands_out_all_and_takes_back(void **state)
{
    struct net_buf *bufs[3];
    for (int i = 0; i < 3; i++) {
        bufs[i] = net_buf_alloc(&fixed_pool, K_NO_WAIT);
        assert_non_null(bufs[i]);
        assert_int_equal(net_buf_id(bufs[i]), i);
        assert_int_equal(net_buf_tailroom(bufs[i]), 10);
        assert_int_equal(net_buf_headroom(bufs[i]), 0);
        assert_int_equal(bufs[i]->user_data_size, 4);
        memset(net_buf_add(bufs[i], 10), 'a' + i, 10);
        memset(net_buf_user_data(bufs[i]), 0xff, 4);
    }
    assert_null(net_buf_alloc(&fixed_pool, K_NO_WAIT));
    assert_null(net_buf_alloc(&fixed_pool, K_MSEC(2)));
    assert_int_equal(fixed_pool.min_avail_count, 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(bufs[i]->data[9], 'a' + i);
        net_buf_unref(bufs[i]);
    }
    assert_int_equal(fixed_pool.avail_count, 3);
    struct net_buf *again = net_buf_alloc(&fixed_pool, K_NO_WAIT);
    assert_ptr_equal(again, bufs[2]); // the one that the cache still knows
    assert_int_equal(again->len, 0);
    net_buf_unref(again);
}

static void the_last_unref_destroys(void **state)
{
    struct net_buf *buf = net_buf_alloc(&counted_pool, K_NO_WAIT);
    assert_ptr_equal(net_buf_ref(buf), buf);
    net_buf_unref(buf);
    assert_int_equal(destroyed, 0);
    assert_int_equal(counted_pool.avail_count, 1);
    net_buf_unref(buf);
    assert_int_equal(destroyed, 1);
    assert_int_equal(counted_pool.avail_count, 2);
    net_buf_unref(NULL);
}

static struct net_buf *to_free;

static void free_it(struct k_timer *timer)
{
    net_buf_unref(to_free);
}

static void alloc_waits_for_a_buffer(void **state)
{
    struct net_buf *first = net_buf_alloc(&counted_pool, K_NO_WAIT);
    to_free = net_buf_alloc(&counted_pool, K_NO_WAIT);
    struct k_timer timer;
    k_timer_init(&timer, free_it, NULL);
    k_timer_start(&timer, K_MSEC(1), K_NO_WAIT);
    struct net_buf *buf = net_buf_alloc(&counted_pool, K_SECONDS(10));
    assert_ptr_equal(buf, to_free);
    assert_int_equal(buf->ref, 1);
    assert_int_equal(counted_pool.avail_count, 0);
    net_buf_unref(buf);
    net_buf_unref(first);
    assert_int_equal(counted_pool.avail_count, 2);
}

static void data_grows_at_both_ends(void **state)
{
    NET_BUF_SIMPLE_DEFINE(buf, 16);
    net_buf_simple_reserve(&buf, 4);
    assert_int_equal(net_buf_simple_headroom(&buf), 4);
    assert_int_equal(net_buf_simple_tailroom(&buf), 12);
    assert_int_equal(net_buf_simple_max_len(&buf), 12);
    net_buf_simple_add_mem(&buf, "abc", 3);
    net_buf_simple_add_u8(&buf, 'd');
    net_buf_simple_push_u8(&buf, 'Z');
    net_buf_simple_push_mem(&buf, "XY", 2);
    assert_int_equal(buf.len, 7);
    assert_memory_equal(buf.data, "XYZabcd", 7);
    assert_int_equal(net_buf_simple_pull_u8(&buf), 'X');
    struct net_buf_simple_state saved;
    net_buf_simple_save(&buf, &saved);
    assert_memory_equal(net_buf_simple_pull_mem(&buf, 2), "YZ", 2);
    assert_int_equal(net_buf_simple_remove_u8(&buf), 'd');
    assert_memory_equal(net_buf_simple_remove_mem(&buf, 2), "bc", 2);
    assert_ptr_equal(net_buf_simple_pull(&buf, 1), net_buf_simple_tail(&buf));
    assert_int_equal(buf.len, 0);
    net_buf_simple_restore(&buf, &saved);
    assert_memory_equal(buf.data, "YZabcd", 6);
    assert_int_equal(buf.len, 6);
    net_buf_simple_reset(&buf);
    assert_int_equal(net_buf_simple_tailroom(&buf), 16);
}

#define ROUND_TRIP(suffix, value)                                                                  \
    net_buf_simple_reset(&buf);                                                                    \
    net_buf_simple_reserve(&buf, 8);                                                               \
    net_buf_simple_add_##suffix(&buf, value);                                                      \
    net_buf_simple_push_##suffix(&buf, value);                                                     \
    assert_memory_equal(buf.data, buf.data + buf.len / 2, buf.len / 2);                            \
    assert_true(net_buf_simple_remove_##suffix(&buf) == (value));                                  \
    assert_true(net_buf_simple_pull_##suffix(&buf) == (value));                                    \
    assert_int_equal(buf.len, 0)

static void words_of_all_widths(void **state)
{
    NET_BUF_SIMPLE_DEFINE(buf, 16);
    ROUND_TRIP(le16, 0x1234);
    ROUND_TRIP(be16, 0x1234);
    ROUND_TRIP(le24, 0x123456);
    ROUND_TRIP(be24, 0x123456);
    ROUND_TRIP(le32, 0x12345678);
    ROUND_TRIP(be32, 0x12345678);
    ROUND_TRIP(le40, 0x123456789aULL);
    ROUND_TRIP(be40, 0x123456789aULL);
    ROUND_TRIP(le48, 0x123456789abcULL);
    ROUND_TRIP(be48, 0x123456789abcULL);
    ROUND_TRIP(le64, 0x123456789abcdef0ULL);
    ROUND_TRIP(be64, 0x123456789abcdef0ULL);
    net_buf_simple_reset(&buf);
    net_buf_simple_add_le32(&buf, 0x04030201);
    assert_memory_equal(buf.data, "\1\2\3\4", 4);
}

static void hostile_pull_beyond_the_data_gives_nothing(void **state)
{
    NET_BUF_SIMPLE_DEFINE(buf, 8);
    net_buf_simple_add_mem(&buf, "abc", 3);
    assert_int_equal(net_buf_simple_pull_le32(&buf), 0);
    assert_int_equal(buf.len, 0);
    assert_int_equal(net_buf_simple_pull_u8(&buf), 0);
    assert_null(net_buf_simple_pull(&buf, 1));
    assert_null(net_buf_simple_remove_mem(&buf, 1));
    assert_int_equal(asserts, 0); // a peer's fault is no assertion
}

static void adding_beyond_the_room_is_refused(void **state)
{
    NET_BUF_SIMPLE_DEFINE(buf, 4);
    assert_null(net_buf_simple_add_mem(&buf, "abcde", 5));
    assert_null(net_buf_simple_push(&buf, 1));
    net_buf_simple_add_le64(&buf, 1);
    assert_int_equal(buf.len, 0);
    assert_int_equal(asserts, 3 * CONFIG_ASSERT);
    assert_non_null(net_buf_simple_add_mem(&buf, "abcd", 4));
}

static void fixed_pools_refuse_more_than_they_have(void **state)
{
    assert_null(net_buf_alloc_len(&fixed_pool, 11, K_NO_WAIT));
    struct net_buf *buf = net_buf_alloc_len(&fixed_pool, 6, K_NO_WAIT);
    assert_int_equal(net_buf_tailroom(buf), 6);
    net_buf_unref(buf);
    buf = net_buf_alloc(&fixed_pool, K_NO_WAIT);
    assert_int_equal(net_buf_tailroom(buf), 10);
    net_buf_unref(buf);
}

static void foreign_data_is_only_referred_to(void **state)
{
    uint8_t data[20] = "foreign";
    struct net_buf *buf = net_buf_alloc_with_data(&fixed_pool, data, sizeof(data), K_NO_WAIT);
    assert_ptr_equal(buf->data, data);
    assert_int_equal(buf->len, 20);
    struct net_buf *clone = net_buf_clone(buf, K_NO_WAIT);
    assert_ptr_equal(clone->data, data);
    net_buf_unref(clone);
    net_buf_unref(buf);
    // The slot has its own data again.
    for (int i = 0; i < 2; i++) {
        buf = net_buf_alloc(&fixed_pool, K_NO_WAIT);
        assert_int_equal(net_buf_tailroom(buf), 10);
        memset(net_buf_add(buf, 10), 0, 10);
        to_free = i ? to_free : buf;
    }
    net_buf_unref(buf);
    net_buf_unref(to_free);
    assert_string_equal((char *)data, "foreign");
}

static void clones_of_fixed_buffers_are_copies(void **state)
{
    struct net_buf *buf = net_buf_alloc(&fixed_pool, K_NO_WAIT);
    net_buf_reserve(buf, 3);
    net_buf_add_mem(buf, "abc", 3);
    memcpy(net_buf_user_data(buf), "user", 4);
    struct net_buf *clone = net_buf_clone(buf, K_NO_WAIT);
    assert_ptr_not_equal(clone->data, buf->data);
    assert_int_equal(net_buf_headroom(clone), 3);
    assert_memory_equal(clone->data, "abc", 3);
    assert_memory_equal(net_buf_user_data(clone), "user", 4);
    net_buf_unref(buf);
    net_buf_unref(clone);
}

static void variable_pools_share_their_area(void **state)
{
    struct net_buf *a = net_buf_alloc_len(&var_pool, 60, K_NO_WAIT);
    struct net_buf *b = net_buf_alloc_len(&var_pool, 90, K_NO_WAIT);
    assert_non_null(a);
    assert_non_null(b);
    memset(net_buf_add(a, 60), 'a', 60);
    memset(net_buf_add(b, 90), 'b', 90);
    assert_null(net_buf_alloc_len(&var_pool, 90, K_NO_WAIT));
    assert_int_equal(var_pool.avail_count, 2);
    struct net_buf *clone = net_buf_clone(b, K_NO_WAIT);
    assert_ptr_equal(clone->data, b->data);
    net_buf_unref(b);
    assert_null(net_buf_alloc_len(&var_pool, 90, K_NO_WAIT)); // the clone holds it
    assert_int_equal(clone->data[89], 'b');
    net_buf_unref(clone);
    b = net_buf_alloc_len(&var_pool, 90, K_NO_WAIT);
    assert_non_null(b);
    net_buf_unref(a);
    net_buf_unref(b);
    assert_int_equal(var_pool.avail_count, 4);
}

static void fragments_are_chained_and_freed_together(void **state)
{
    struct net_buf *head = net_buf_alloc(&fixed_pool, K_NO_WAIT);
    net_buf_add_mem(head, "0123456789", 10);
    assert_int_equal(net_buf_append_bytes(head, 15, "abcdefghijklmno", K_NO_WAIT, NULL, NULL), 15);
    assert_int_equal(net_buf_frags_len(head), 25);
    assert_int_equal(fixed_pool.avail_count, 0);
    assert_int_equal(net_buf_append_bytes(head, 9, "pqrstuvwx", K_NO_WAIT, NULL, NULL), 5);
    char flat[32] = "";
    assert_int_equal(net_buf_linearize(flat, sizeof(flat), head, 8, 14), 14);
    assert_string_equal(flat, "89abcdefghijkl");
    assert_int_equal(net_buf_data_match(head, 8, "89abX", 5), 4);
    assert_int_equal(net_buf_linearize(flat, sizeof(flat), head, 29, 14), 1);
    head = net_buf_skip(head, 12);
    assert_int_equal(net_buf_frags_len(head), 18);
    assert_int_equal(head->data[0], 'c');
    assert_int_equal(fixed_pool.avail_count, 1);
    assert_null(net_buf_frag_del(head, head->frags));
    assert_int_equal(fixed_pool.avail_count, 2);
    struct net_buf *other = net_buf_alloc(&fixed_pool, K_NO_WAIT);
    assert_ptr_equal(net_buf_frag_add(head, other), head);
    assert_ptr_equal(net_buf_frag_last(head), other);
    net_buf_ref(other);
    net_buf_unref(head);
    assert_int_equal(fixed_pool.avail_count, 2); // the other one is still held
    net_buf_unref(other);
    assert_int_equal(fixed_pool.avail_count, 3);
}

static void buffers_go_through_lists_and_queues(void **state)
{
    struct k_fifo fifo;
    sys_slist_t list = SYS_SLIST_STATIC_INIT(&list);
    k_fifo_init(&fifo);
    struct net_buf *buf = net_buf_alloc(&fixed_pool, K_NO_WAIT);
    net_buf_put(&fifo, buf);
    assert_ptr_equal(net_buf_get(&fifo, K_NO_WAIT), buf);
    assert_null(net_buf_get(&fifo, K_NO_WAIT));
    net_buf_slist_put(&list, buf);
    assert_ptr_equal(net_buf_slist_get(&list), buf);
    assert_null(net_buf_slist_get(&list));
    net_buf_unref(buf);
}

static void pools_live_inside_other_structs(void **state)
{
    struct {
        struct net_buf_pool pool;
        NET_BUF_POOL_MEMBER(mem, 2, 5, 8);
    } run;
    memset(&run, 0, sizeof(run));
    NET_BUF_POOL_MEMBER_INIT(&run.pool, run.mem, 2, 5, 8, NULL);
    struct net_buf *a = net_buf_alloc(&run.pool, K_NO_WAIT);
    struct net_buf *b = net_buf_alloc(&run.pool, K_NO_WAIT);
    assert_non_null(b);
    assert_null(net_buf_alloc(&run.pool, K_NO_WAIT));
    assert_int_equal(a->pool_id, NET_BUF_POOL_ID_NONE);
    assert_int_equal(net_buf_id(b), 1);
    memset(net_buf_add(a, 5), 1, 5);
    memset(net_buf_add(b, 5), 2, 5);
    memset(net_buf_user_data(a), 3, 8);
    assert_int_equal(b->data[0], 2);
    net_buf_unref(a);
    net_buf_unref(b);
}

static void one_unref_too_many_is_noticed(void **state)
{
    struct net_buf *buf = net_buf_alloc(&fixed_pool, K_NO_WAIT);
    buf->ref = 0;
    (void)net_buf_ref(buf);
    assert_int_equal(asserts, CONFIG_ASSERT);
    net_buf_unref(buf);
}

static void buffers_without_a_pool(void **state)
{
    struct net_buf_simple *buf = NET_BUF_SIMPLE(8);
    net_buf_simple_init(buf, 3);
    assert_int_equal(net_buf_simple_headroom(buf), 3);
    assert_int_equal(net_buf_simple_tailroom(buf), 5);
    net_buf_simple_add_mem(buf, "abcde", 5);
    struct net_buf_simple view;
    net_buf_simple_clone(buf, &view);
    assert_memory_equal(net_buf_simple_pull_mem(&view, 2), "ab", 2);
    view.data[0] = 'C'; // The memory is one, the place in it is each one's own.
    assert_int_equal(buf->len, 5);
    assert_memory_equal(buf->data, "abCde", 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_pool_hands_out_all_and_takes_back, setup),
        cmocka_unit_test_setup(the_last_unref_destroys, setup),
        cmocka_unit_test_setup(alloc_waits_for_a_buffer, setup),
        cmocka_unit_test_setup(data_grows_at_both_ends, setup),
        cmocka_unit_test_setup(words_of_all_widths, setup),
        cmocka_unit_test_setup(hostile_pull_beyond_the_data_gives_nothing, setup),
        cmocka_unit_test_setup(adding_beyond_the_room_is_refused, setup),
        cmocka_unit_test_setup(fixed_pools_refuse_more_than_they_have, setup),
        cmocka_unit_test_setup(foreign_data_is_only_referred_to, setup),
        cmocka_unit_test_setup(clones_of_fixed_buffers_are_copies, setup),
        cmocka_unit_test_setup(variable_pools_share_their_area, setup),
        cmocka_unit_test_setup(fragments_are_chained_and_freed_together, setup),
        cmocka_unit_test_setup(buffers_go_through_lists_and_queues, setup),
        cmocka_unit_test_setup(pools_live_inside_other_structs, setup),
        cmocka_unit_test_setup(one_unref_too_many_is_noticed, setup),
        cmocka_unit_test_setup(buffers_without_a_pool, setup),
    };
    return cmocka_run_group_tests_name("net_buf", tests, NULL, NULL);
}
