// ACL towards the controller: credit, fragments, fairness, completions, the end of links.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "hci_fixture.h"

static void up_with_links(unsigned int links)
{
    fix_up_54();
    for (unsigned int i = 0; i < links; i++) {
        fix_connect((uint16_t)(0x40 + i));
    }
    fix_run();
    fix.log[0] = '\0';
}

static int send(unsigned int link, uint16_t len, const char *name)
{
    struct net_buf *frame = fix_frame(len, (uint8_t)name[0]);
    assert_non_null(frame);
    int err = acl_send(&fix.links[link], frame, fix_done, (void *)name);
    if (err) {
        net_buf_unref(frame);
    }
    return err;
}

static void fragments(void **state)
{
    up_with_links(1);
    assert_int_equal(send(0, 500, "a"), 0);
    assert_int_equal(script_acl(0)->len, 5 + 251);
    assert_memory_equal(script_acl(0)->data,
                        "\x02\x40\x00\xfb\x00\xf4\x01\x04\x00"
                        "aaa",
                        12);
    assert_memory_equal(script_acl(1)->data,
                        "\x02\x40\x10\xfb\x00"
                        "aaa",
                        8);
    assert_memory_equal(script_acl(2)->data,
                        "\x02\x40\x10\x02\x00"
                        "aa",
                        7);
    for (unsigned int i = 9; i < 256; i++) { // Headers overwrote only what had left.
        assert_int_equal(script_acl(0)->data[i], 'a');
        assert_int_equal(script_acl(1)->data[i], 'a');
    }
    assert_null(script_acl(3));
    fix_completed(0x40, 2);
    fix_run();
    fix_assert_log(""); // Two of three.
    fix_completed(0x40, 1);
    fix_run();
    fix_assert_log("a");
    fix_down();
}

static void credit_is_never_exceeded(void **state)
{
    up_with_links(1);
    for (int i = 0; i < 7; i++) {
        assert_int_equal(send(0, 20, "a"), 0);
    }
    assert_non_null(script_acl(3));
    assert_null(script_acl(4));
    fix_completed(0x40, 1);
    fix_run();
    assert_non_null(script_acl(4));
    assert_null(script_acl(5));
    fix_completed(0x40, 4);
    fix_run();
    assert_null(script_acl(7));
    fix_completed(0x40, 2);
    fix_run();
    fix_assert_log("a a a a a a a");
    assert_int_equal(acl_run.credits, 4);
    assert_int_equal(hci_stats()->tx_acl, 7);
    fix_down();
}

static void links_take_turns(void **state)
{
    up_with_links(3);
    assert_int_equal(send(0, 4, "x"), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(send(0, 4, "x"), 0); // The controller is full now.
    }
    assert_int_equal(send(0, 500, "a"), 0);
    assert_int_equal(send(1, 500, "b"), 0);
    assert_int_equal(send(2, 20, "c"), 0);
    for (int i = 0; i < 7; i++) {
        fix_completed(0x40, 1);
        fix_run();
        acl_run.credits = MAX(acl_run.credits, 0);
        fix_completed(0x41, 1);
        fix_run();
        fix_completed(0x42, 1);
        fix_run();
    }
    static const uint8_t order[] = {0x40, 0x41, 0x42, 0x40, 0x41, 0x40, 0x41};
    for (unsigned int i = 0; i < sizeof(order); i++) {
        assert_non_null(script_acl(4 + i));
        assert_int_equal(script_acl(4 + i)->data[1], order[i]);
    }
    assert_int_equal(acl_run.credits, 4);
    fix_down();
}

static void hostile_06_completions(void **state)
{
    up_with_links(2);
    assert_int_equal(send(0, 20, "a"), 0);
    fix_completed(0x40, 60000); // More than in flight.
    fix_run();
    fix_assert_log("a");
    assert_int_equal(acl_run.credits, 4);
    assert_int_equal(hci_stats()->evt_malformed, 1);
    fix_completed(0x40, 1);
    fix_completed(0x41, 3);
    fix_run();
    assert_int_equal(acl_run.credits, 4);
    assert_int_equal(hci_stats()->evt_malformed, 3);
    fix_completed(0x0eee, 1); // Unknown handle.
    fix_run();
    assert_int_equal(hci_stats()->evt_stale, 1);
    script_put(4, 0x13, 5, 2, 0x40, 0, 1, 0); // Two handles announced, one there.
    script_put(4, 0x13, 1, 255);
    script_put(4, 0x13, 0);
    script_put(4, 0x13, 1, 0); // None at all is legal.
    fix_run();
    assert_int_equal(hci_stats()->evt_malformed, 6);
    assert_int_equal(acl_run.credits, 4);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(send(1, 20, "b"), 0);
    }
    script_put(4, 0x13, 13, 3, 0x41, 0, 1, 0, 0x41, 0, 1, 0, 0x41, 0, 1, 0); // A handle thrice.
    fix_run();
    fix_assert_log("b b b");
    fix_down();
}

static void the_end_of_a_link(void **state)
{
    up_with_links(2);
    assert_int_equal(send(0, 20, "a"), 0);
    assert_int_equal(send(0, 20, "b"), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(send(0, 300, "c"), 0);
    }
    assert_int_equal(send(1, 20, "d"), 0); // No credit left: it waits.
    assert_null(script_acl(4));
    fix_completed(0x40, 1);
    fix_disconnect(0x40);
    fix_run();
    // The first had been completed; all others of the link end, and their credit helps the other.
    fix_assert_log("a b! c! c! disconnected");
    assert_int_equal(fix.links[0].in_flight, 0);
    bool found = false;
    for (unsigned int i = 0; script_acl(i); i++) {
        found |= script_acl(i)->data[1] == 0x41;
    }
    assert_true(found);
    fix_completed(0x40, 3); // Late ones.
    fix_completed(0x41, 1);
    fix_run();
    fix_assert_log("d");
    assert_int_equal(acl_run.credits, 4);
    assert_int_equal(send(0, 20, "e"), -ENOTCONN);
    fix_down();
}

static void sequence_numbers_wrap(void **state)
{
    up_with_links(1);
    fix.links[0].sent = 0xfffe;
    fix.links[0].acked = 0xfffe;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(send(0, 20, "a"), 0);
    }
    fix_completed(0x40, 3);
    fix_run();
    fix_assert_log("a a a");
    fix_completed(0x40, 1);
    fix_run();
    fix_assert_log("a");
    fix_down();
}

static void completions_run_out(void **state)
{
    up_with_links(1);
    int sent = 0;
    int err = 0;
    while (!(err = send(0, 4, "a"))) {
        sent++;
        fix_completed(0x40, 0);
        if (acl_run.tx.pool.avail_count == 0) {
            break;
        }
    }
    assert_int_equal(sent, CONFIG_BT_L2CAP_TX_BUF_COUNT + 4);
    for (int i = 0; i < 4; i++) {
        acl_run.tx_starved = true;
        fix_completed(0x40, 4);
        fix_run();
    }
    assert_in_range(fix.free_hooks, 1, 4);
    assert_int_equal(sys_slist_len(&acl_run.txs_free), CONFIG_BT_CONN_TX_MAX);
    sys_slist_t all = acl_run.txs_free;
    acl_run.txs_free = (sys_slist_t){0};
    assert_int_equal(send(0, 4, "a"), -ENOBUFS);
    acl_run.txs_free = all;
    fix_down();
}

static void transport_without_room(void **state)
{
    up_with_links(1);
    script.send_err = -EAGAIN;
    script.send_errs = 3;
    assert_int_equal(send(0, 300, "a"), 0);
    assert_null(script_acl(0));
    fix_run_for(10000);
    assert_memory_equal(script_acl(0)->data,
                        "\x02\x40\x00\xfb\x00\x2c\x01\x04\x00"
                        "a",
                        10);
    assert_int_equal(script_acl(1)->len, 5 + 304 - 251);
    fix_completed(0x40, 2);
    fix_run();
    fix_assert_log("a");
    fix_down();
}

static void transport_ends_in_a_send(void **state)
{
    up_with_links(1);
    script.send_err = -EPIPE;
    script.send_errs = 1;
    assert_int_equal(send(0, 20, "a"), 0);
    fix_run();
    fix_assert_log("lost a! disconnected");
    assert_int_equal(hci_state(), HCI_FAILED);
    fix_down();
}

static int again;
static void send_again(struct acl_link *link, void *user, int err)
{
    fix_log("%s%s", (const char *)user, err ? "!" : "");
    struct net_buf *frame = fix_frame(20, 'z');
    again = acl_send(link, frame, fix_done, (void *)"z");
    if (again) {
        net_buf_unref(frame);
    }
}

static void a_completion_sends(void **state)
{
    up_with_links(1);
    assert_int_equal(acl_send(&fix.links[0], fix_frame(20, 'y'), send_again, (void *)"y"), 0);
    fix_completed(0x40, 1);
    fix_run();
    assert_int_equal(again, 0);
    fix_completed(0x40, 1);
    fix_run();
    fix_assert_log("y z");
    assert_int_equal(acl_send(&fix.links[0], fix_frame(20, 'y'), send_again, (void *)"y"), 0);
    fix_disconnect(0x40);
    fix_run();
    assert_int_equal(again, -ENOTCONN);
    fix_assert_log("y! disconnected");
    fix_down();
}

static void shared_and_small_buffers(void **state)
{
    fix_reset();
    fix_up(ctl_40, ctl_40_count); // 27 octets, three of them.
    fix_connect(0x40);
    fix_run();
    assert_int_equal(send(0, 100, "a"), 0);
    assert_non_null(script_acl(2));
    assert_null(script_acl(3));
    for (int i = 0; i < 4; i++) {
        fix_completed(0x40, 1);
        fix_run();
    }
    assert_int_equal(script_acl(3)->len, 5 + 104 - 3 * 27);
    fix_down();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fragments),
        cmocka_unit_test(credit_is_never_exceeded),
        cmocka_unit_test(links_take_turns),
        cmocka_unit_test(hostile_06_completions),
        cmocka_unit_test(the_end_of_a_link),
        cmocka_unit_test(sequence_numbers_wrap),
        cmocka_unit_test(completions_run_out),
        cmocka_unit_test(transport_without_room),
        cmocka_unit_test(transport_ends_in_a_send),
        cmocka_unit_test(a_completion_sends),
        cmocka_unit_test(shared_and_small_buffers),
    };
    return cmocka_run_group_tests_name("hci_acl", tests, NULL, NULL);
}
