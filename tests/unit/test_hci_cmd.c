// The command engine and the commands of the application: credit, deadlines, wrong answers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include <zephyr/bluetooth/crypto.h>

#include "hci/wait.h"
#include "hci_fixture.h"

#define OP_A 0x2001
#define OP_B 0x2005

static void wish(uint16_t a, uint16_t b)
{
    memset(fix.wish, 0, sizeof(fix.wish));
    fix.wish[0] = a;
    fix.wish[1] = b;
    fix.wish_at = 0;
    hci_cmd_kick();
}

static void one_in_flight(void **state)
{
    fix_up_54();
    script.mute = true;
    wish(OP_A, OP_B);
    assert_int_equal(script_commands(OP_A), 2); // The first was the event mask of bring-up.
    assert_int_equal(script_commands(OP_B), 0);
    fix_run();
    assert_int_equal(script_commands(OP_B), 0);
    script_complete(OP_A, 1, "\x00\x07\x08", 3);
    fix_run();
    assert_int_equal(fix.done_calls, 1);
    assert_int_equal(fix.ret_len, 2);
    assert_int_equal(fix.ret[0], 7);
    assert_int_equal(script_commands(OP_B), 1);
    script_status(OP_B, 1, 0x0c);
    fix_run();
    assert_int_equal(fix.done_calls, 2);
    assert_int_equal(fix.status, 0x0c);
    assert_int_equal(fix.ret_len, 0);
    fix_down();
}

static void hostile_03_stale_answers(void **state)
{
    fix_up_54();
    script.mute = true;
    wish(OP_A, 0);
    script_complete(OP_B, 1, "\x00", 1); // Never sent.
    script_status(0xfc01, 1, 0);
    script_complete(0, 1, "", 0); // Opcode 0 only brings credit.
    fix_run();
    assert_int_equal(fix.done_calls, 0);
    assert_int_equal(hci_stats()->evt_stale, 2);
    script_complete(OP_A, 1, "\x00", 1);
    script_complete(OP_A, 1, "\x00", 1); // Twice.
    fix_run();
    assert_int_equal(fix.done_calls, 1);
    assert_int_equal(hci_stats()->evt_stale, 3);
    fix_down();
}

static void hostile_03_short_answers(void **state)
{
    fix_up_54();
    script.mute = true;
    wish(OP_A, 0);
    script_put(4, 0x0e, 0, 4, 0x0e, 1, 1, 4, 0x0e, 2, 1, 1, 4, 0x0f, 0, 4, 0x0f, 3, 0, 1, 1);
    fix_run();
    assert_int_equal(hci_stats()->evt_malformed, 5);
    assert_int_equal(fix.done_calls, 0);
    script_complete(OP_A, 1, "", 0); // No status: an error, and the command is over.
    fix_run();
    assert_int_equal(hci_stats()->evt_malformed, 6);
    assert_int_equal(fix.done_calls, 1);
    assert_int_equal(fix.status, BT_HCI_ERR_UNSPECIFIED);
    fix_down();
}

static void hostile_04_silence_resets(void **state)
{
    fix_up_54();
    script.mute = true;
    wish(OP_A, 0);
    fix_run_for(1999000);
    assert_int_equal(hci_state(), HCI_READY);
    script.mute = false;
    fix_run_for(2000);
    assert_int_equal(fix.done_calls, 1);
    assert_int_equal(fix.status, HCI_STATUS_GONE);
    assert_int_equal(hci_state(), HCI_READY);
    assert_int_equal(hci_stats()->resets, 1);
    fix_assert_log("lost ready");
    fix_down();
}

// A program that did not run for longer than a controller may take.
static void answer_waits_while_the_host_sleeps(void **state)
{
    fix_up_54();
    script.mute = true;
    wish(OP_A, 0);
    script_put(0x04, 0xff, 0x01, 0x77); // Something else is in front of the answer.
    script_complete(OP_A, 1, "\x00", 1);
    script.now += 10000000;
    fix_run();
    assert_int_equal(fix.done_calls, 1);
    assert_int_equal(fix.status, 0);
    assert_int_equal(hci_stats()->resets, 0);
    fix_down();
}

static void answer_waits_while_the_host_sleeps_in_a_wait(void **state)
{
    fix_up_54();
    script.mute = true;
    assert_int_equal(bt_hci_cmd_send(OP_B, NULL), 0); // Its timer runs from now.
    script.now += 10000000;
    script_put(0x04, 0xff, 0x01, 0x77);
    script_complete(OP_B, 1, "\x00", 1);
    script_complete(OP_B, 1, "\x00", 1); // To the second, which goes out when the first is done.
    assert_int_equal(bt_hci_cmd_send_sync(OP_B, NULL, NULL), 0);
    assert_int_equal(hci_stats()->resets, 0);
    fix_down();
}

// Events without end, and no answer among them.
static void hostile_04_talk_without_an_answer_resets(void **state)
{
    fix_up_54();
    script.mute = true;
    wish(OP_A, 0);
    int64_t begin = script.now;
    while (!fix.done_calls && script.now - begin < 10000000) {
        script_put(0x04, 0xff, 0x01, 0x77);
        script_put(0x04, 0xff, 0x01, 0x77);
        (void)breeze_step();
        script.now += 10000;
    }
    assert_int_equal(fix.status, HCI_STATUS_GONE);
    assert_in_range(script.now - begin, 3990000, 4100000);
    script.mute = false;
    fix_run();
    assert_int_equal(hci_stats()->resets, 1);
    fix_down();
}

static void hostile_05_no_credit(void **state)
{
    fix_up_54();
    script.mute = true;
    wish(OP_A, OP_B);
    script_complete(OP_A, 0, "\x00", 1);
    fix_run_for(1000000);
    assert_int_equal(script_commands(OP_B), 0);
    script_complete(0, 1, "", 0);
    fix_run();
    assert_int_equal(script_commands(OP_B), 1);
    script_status(OP_B, 0, 0);
    fix_run_for(1000000);
    script_status(0, 1, 0); // Command Status of opcode 0 brings credit too.
    fix_run_for(5000000);
    assert_int_equal(hci_stats()->resets, 0);
    wish(OP_A, 0);
    script_complete(OP_A, 0, "\x00", 1); // And now none for ever.
    fix_run();
    script.mute = false;
    fix_run_for(2100000);
    assert_int_equal(hci_stats()->resets, 1);
    assert_int_equal(hci_state(), HCI_READY);
    fix_down();
}

static void hostile_05_255_credits(void **state)
{
    fix_up_54();
    script.mute = true;
    wish(OP_A, OP_B);
    script_complete(OP_A, 255, "\x00", 1);
    fix_run();
    assert_int_equal(script_commands(OP_B), 1);
    wish(OP_A, 0);
    assert_int_equal(script_commands(OP_A), 2); // Still one at a time.
    script_complete(OP_B, 255, "\x00", 1);
    fix_run();
    assert_int_equal(script_commands(OP_A), 3);
    script_complete(OP_A, 255, "\x00", 1);
    fix_run();
    fix_down();
}

static void transport_without_room(void **state)
{
    fix_up_54();
    script.send_err = -EAGAIN;
    script.send_errs = 5;
    wish(OP_A, 0);
    assert_int_equal(script_commands(OP_A), 1);
    fix_run_for(10000);
    assert_int_equal(script_commands(OP_A), 2);
    fix_run();
    assert_int_equal(fix.done_calls, 1);
    assert_int_equal(loop_timer_count(), 0);
    script.send_errs = 5; // The same inside a wait.
    assert_int_equal(bt_hci_cmd_send_sync(BT_HCI_OP_LE_RAND, NULL, NULL), 0);
    fix_run();
    fix_down();
}

static void send_sync(void **state)
{
    fix_up_54();
    struct net_buf *rsp = NULL;
    assert_int_equal(bt_hci_cmd_send_sync(BT_HCI_OP_READ_BD_ADDR, NULL, &rsp), 0);
    assert_int_equal(rsp->len, 7);
    assert_memory_equal(rsp->data, "\x00\x01\x02\x03\x04\x05\x06", 7);
    net_buf_unref(rsp);
    struct net_buf *buf = bt_hci_cmd_create(0xfc05, 3);
    (void)net_buf_add_mem(buf, "abc", 3);
    assert_int_equal(bt_hci_cmd_send_sync(0xfc05, buf, NULL), -EOPNOTSUPP);
    assert_memory_equal(script_last(0xfc05)->data,
                        "\x01\x05\xfc\x03"
                        "abc",
                        7);
    assert_int_equal(bt_hci_cmd_send(BT_HCI_OP_LE_RAND, NULL), 0);
    fix_run();
    assert_int_equal(hci_kept.cmd_pool.pool.avail_count, CONFIG_BT_BUF_CMD_TX_COUNT);
    uint8_t r[20];
    assert_int_equal(bt_hci_le_rand(r, sizeof(r)), 0);
    assert_memory_equal(r + 8, "\1\2\3\4\5\6\7\10\1\2\3\4", 12);
    fix_down();
}

static void send_sync_interrupted(void **state)
{
    fix_up_54();
    script.mute = true;
    script.interrupt = true;
    assert_int_equal(bt_hci_cmd_send_sync(OP_B, NULL, NULL), -EINTR);
    script_complete(OP_B, 1, "\x00", 1);
    fix_run();
    assert_int_equal(hci_kept.cmd_pool.pool.avail_count, CONFIG_BT_BUF_CMD_TX_COUNT);
    assert_int_equal(hci_stats()->evt_stale, 0);
    fix_down();
}

static void send_sync_on_a_dead_controller(void **state)
{
    fix_up_54();
    script.mute = true;
    int64_t begin = script.now;
    assert_int_equal(bt_hci_cmd_send_sync(OP_B, NULL, NULL), -ENODEV);
    assert_int_equal(script.now - begin, 2000000);
    assert_int_equal(hci_state(), HCI_RESETTING);
    assert_int_equal(bt_hci_cmd_send_sync(OP_B, NULL, NULL), -EAGAIN);
    fix_run_for(6000000);
    assert_int_equal(hci_state(), HCI_FAILED);
    assert_int_equal(script.closed, 1);
    fix_down();
}

static void commands_run_out(void **state)
{
    fix_up_54();
    script.mute = true;
    for (int i = 0; i < CONFIG_BT_BUF_CMD_TX_COUNT; i++) {
        assert_int_equal(bt_hci_cmd_send(OP_B, NULL), 0);
    }
    assert_int_equal(bt_hci_cmd_send(OP_B, NULL), -ENOBUFS);
    assert_null(bt_hci_cmd_alloc(K_NO_WAIT));
    script_complete(OP_B, 1, "\x00", 1);
    struct net_buf *buf = bt_hci_cmd_alloc(K_FOREVER); // Waits for the answer.
    assert_non_null(buf);
    net_buf_unref(buf);
    fix_down();
}

// A response that the application still holds when Bluetooth is switched off.
static void response_outlives_disable(void **state)
{
    fix_up_54();
    struct net_buf *rsp;
    assert_int_equal(bt_hci_cmd_send_sync(BT_HCI_OP_READ_BD_ADDR, NULL, &rsp), 0);
    assert_int_equal(hci_stop(), 0);
    memset(&hci_run, 0, sizeof(hci_run));
    assert_int_equal(rsp->data[1], 1);
    net_buf_unref(rsp);
    assert_int_equal(hci_kept.cmd_pool.pool.avail_count, CONFIG_BT_BUF_CMD_TX_COUNT);
    fix_up(ctl_54, ctl_54_count);
    fix_down();
}

static int in_dispatch;
static bool send_from_report(uint16_t opcode, const uint8_t *params, size_t len)
{
    return false;
}

static bool busy_once(void *arg)
{
    return true;
}

static void wait_in_dispatch(struct post *post, uint16_t bits)
{
    in_dispatch = hci_wait(busy_once, NULL);
}

static void wait_without_a_command(void **state)
{
    fix_up_54();
    script.on_command = send_from_report;
    static struct post post;
    post_init(&post, wait_in_dispatch);
    post_set(&post, 1);
    fix_run();
    assert_int_equal(in_dispatch, -EINPROGRESS); // In the drain it may wait; nothing could end it.
    hci_run.dispatching = true;
    assert_int_equal(hci_wait(busy_once, NULL), -EAGAIN);
    assert_int_equal(bt_hci_cmd_send_sync(OP_B, NULL, NULL), -EAGAIN);
    hci_run.dispatching = false;
    fix_down();
}

static void random_from_the_controller(void **state)
{
    fix_reset();
    script.has_entropy = false;
    fix_up(ctl_54, ctl_54_count);
    uint8_t buf[100];
    assert_int_equal(hci_rand(buf, 32), 0);
    assert_int_equal(hci_rand(buf, 32), -EAGAIN);
    fix_run();
    assert_int_equal(hci_rand(buf, 32), 0);
    assert_int_equal(bt_rand(buf, sizeof(buf)), 0);
    for (size_t i = 0; i < sizeof(buf); i++) {
        assert_in_range(buf[i], 1, 8);
    }
    fix_down();
    fix_reset(); // A controller without LE Rand, and no entropy.
    script.has_entropy = false;
    struct script_row rows[16];
    size_t count = 0;
    for (size_t i = 0; i < ctl_54_count; i++) {
        if (ctl_54[i].opcode != BT_HCI_OP_LE_RAND) {
            rows[count++] = ctl_54[i];
        }
    }
    fix_up(rows, count);
    assert_int_equal(hci_rand(buf, 8), -ENODEV);
    assert_int_equal(bt_rand(buf, 8), -ENODEV);
    fix_down();
}

static void status_words(void **state)
{
    assert_int_equal(hci_errno(0), 0);
    assert_int_equal(hci_errno(HCI_STATUS_GONE), -ENODEV);
    assert_int_equal(hci_errno(0x0c), -EACCES);
    assert_int_equal(hci_errno(0x3f), -EIO);
    assert_string_equal(bt_hci_err_to_str(8), "connection timeout");
    assert_string_equal(bt_hci_err_to_str(0xee), "unknown");
    assert_string_equal(bt_hci_get_ver_str(13), "5.4");
    assert_string_equal(bt_hci_get_ver_str(200), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_in_flight),
        cmocka_unit_test(hostile_03_stale_answers),
        cmocka_unit_test(hostile_03_short_answers),
        cmocka_unit_test(hostile_04_silence_resets),
        cmocka_unit_test(answer_waits_while_the_host_sleeps),
        cmocka_unit_test(answer_waits_while_the_host_sleeps_in_a_wait),
        cmocka_unit_test(hostile_04_talk_without_an_answer_resets),
        cmocka_unit_test(hostile_05_no_credit),
        cmocka_unit_test(hostile_05_255_credits),
        cmocka_unit_test(transport_without_room),
        cmocka_unit_test(send_sync),
        cmocka_unit_test(send_sync_interrupted),
        cmocka_unit_test(send_sync_on_a_dead_controller),
        cmocka_unit_test(commands_run_out),
        cmocka_unit_test(response_outlives_disable),
        cmocka_unit_test(wait_without_a_command),
        cmocka_unit_test(random_from_the_controller),
        cmocka_unit_test(status_words),
    };
    return cmocka_run_group_tests_name("hci_cmd", tests, NULL, NULL);
}
