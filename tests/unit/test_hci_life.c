// Failure and recovery, order of events, waits against queued events, vendor events, the trace.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "hci/wait.h"
#include "hci_fixture.h"
#include "trace/trace.h"

static void on_reset(enum breeze_reset_reason reason, bool recovered)
{
    fix_log("reset%d%s", (int)reason, recovered ? "+" : "-");
}

static void up(void)
{
    fix_up_54();
    breeze_reset_cb(on_reset);
}

static void hostile_16_hardware_error(void **state)
{
    up();
    fix_connect(0x40);
    fix_connect(0x41);
    script_put(4, 0x10, 1, 0x42);
    fix_run();
    // The application hears of it once, behind the end of its links.
    fix_assert_log("connected connected lost disconnected ready reset2+");
    assert_int_equal(hci_state(), HCI_READY);
    fix_down();
}

static void hostile_16_odd_events(void **state)
{
    up();
    script_put(4, 0x10, 0); // Too short, and a reset all the same.
    fix_run();
    fix_assert_log("lost ready reset2+");
    assert_int_equal(hci_stats()->evt_malformed, 1);
    script_put(4, 0x1a, 1, 1, 4, 0x1a, 0);
    fix_run();
    assert_int_equal(hci_stats()->data_overflows, 2);
    assert_int_equal(hci_stats()->evt_malformed, 2);
    fix_down();
}

static bool on_vendor(struct net_buf_simple *buf)
{
    fix_log("vendor%u", buf->len);
    return buf->len != 1;
}

static void hostile_16_vendor_events(void **state)
{
    up();
    assert_int_equal(bt_hci_register_vnd_evt_cb(on_vendor), 0);
    uint8_t packet[258] = {4, 0xff};
    for (int len = 0; len < 256; len += 51) {
        packet[2] = (uint8_t)len;
        script_inject(packet, 3u + (size_t)len);
        fix_run();
    }
    fix_assert_log("vendor0 vendor51 vendor102 vendor153 vendor204 vendor255");
    script_put(4, 0xff, 1, 9);
    fix_run();
    assert_int_equal(hci_stats()->evt_unknown, 1);
    fix_down();
}

static void hostile_02_short_events(void **state)
{
    up();
    uint8_t packet[8] = {4};
    for (int code = 0; code < 256; code++) {
        for (uint8_t len = 0; len < 4; len++) {
            packet[1] = (uint8_t)code;
            packet[2] = len;
            packet[3] = len > 1 ? 1 : 2; // A handle count, a subevent, a status ...
            script_inject(packet, 3u + len);
        }
        fix_run();
    }
    assert_int_equal(hci_state(), HCI_READY); // But for Hardware Error no event is fatal.
    assert_int_equal(hci_stats()->resets, 1);
    fix_down();
}

static void hostile_15_events_without_request(void **state)
{
    up();
    uint8_t p256[3 + 66] = {4, 0x3e, 66, 8};
    uint8_t dhkey[3 + 34] = {4, 0x3e, 34, 9, 0x1f};
    script_inject(p256, sizeof(p256));
    script_inject(dhkey, sizeof(dhkey));
    fix_run();
    assert_int_equal(hci_stats()->evt_unknown, 2);
    fix_down();
}

// A dead controller: reset, no answer, given up; then a fresh start.
static void recovery_fails(void **state)
{
    up();
    fix_connect(0x40);
    fix_run();
    script.mute = true;
    fix.wish[0] = 0x2001;
    hci_cmd_kick();
    fix_run_for(1999000);
    fix_assert_log("connected");
    fix_run_for(2000);
    fix_assert_log("lost disconnected");
    fix_run_for(4900000);
    fix_assert_log("");
    fix_run_for(200000);
    fix_assert_log("reset0-");
    assert_int_equal(hci_state(), HCI_FAILED);
    assert_int_equal(script.closed, 1);
    assert_int_equal(loop_timer_count(), 0);
    script.mute = false;
    fix.started = 0;
    fix_up(ctl_54, ctl_54_count);
    assert_int_equal(fix.start_err, 0);
    fix_down();
}

static void hostile_58_failure_with_everything_under_way(void **state)
{
    for (int stop = 0; stop < 2; stop++) {
        up();
        fix_connect(0x40);
        fix_run();
        fix.log[0] = '\0';
        struct acl_link *link = &fix.links[0];
        for (int i = 0; i < 6; i++) {
            struct net_buf *frame = fix_frame(300, 1);
            assert_int_equal(acl_send(link, frame, fix_done, (void *)"f"), 0);
        }
        fix_acl(0x2040,
                "\x10\x00\x04\x00"
                "half",
                8); // A PDU in part.
        fix_run();
        script.mute = true;
        fix.wish[0] = 0x2001;
        hci_cmd_kick();
        assert_int_equal(bt_hci_cmd_send(0x2005, NULL), 0);
        script_put(4, 0x3e, 20, 2); // An event in part.
        fix_run();
        if (stop) {
            acl_link_close(link);
            (void)post_drain();
            script.mute = false;
            script.rx_at = script.rx_len;
            fix_down();
            fix_assert_log("f! f! f! f! f! f!");
            assert_int_equal(fix.status, HCI_STATUS_GONE);
        } else {
            fix_run_for(2000100);
            fix_assert_log("lost f! f! f! f! f! f! disconnected");
            assert_int_equal(fix.done_calls, 1);
            assert_int_equal(fix.status, HCI_STATUS_GONE);
            script.mute = false;
            script_complete(BT_HCI_OP_RESET, 1, "\x00", 1);
            fix_run();
            fix_assert_log("ready reset0+");
            fix_down();
        }
    }
}

static void stop_with_a_dead_controller(void **state)
{
    up();
    script.mute = true;
    int64_t begin = script.now;
    fix_down();
    assert_int_equal(script.now - begin, 5000000);
}

static void stop_while_interrupted(void **state)
{
    up();
    script.mute = true;
    script.interrupt = true;
    fix_down();
    assert_int_equal(script.now, 2000000);
}

static void stop_while_starting(void **state)
{
    for (unsigned int packets = 0; packets < 14; packets++) {
        fix_reset();
        script_controller(ctl_54, ctl_54_count);
        script.chunk = 3;
        assert_int_equal(hci_start(NULL), 0);
        for (unsigned int i = 0; i < packets; i++) {
            (void)breeze_step();
        }
        fix_down();
    }
}

// Off and on again in every state, wiped in between as bt_disable() does: nothing leaks, and
// nothing of the last life hangs in the next.
static void pitfall_50_thousand_cycles(void **state)
{
    fix_reset();
    for (int i = 0; i < 1000; i++) {
        fix.log[0] = '\0';
        fix.started = 0;
        fix_up(ctl_54, ctl_54_count);
        fix_assert_log("ready");
        fix_connect(0x40);
        fix_acl(0x2040, "\x05\x00\x04\x00x", 5);
        for (int k = 0; k < i % 5; k++) {
            (void)breeze_step();
        }
        struct net_buf *frame = fix_frame(300, 1);
        if (acl_send(&fix.links[0], frame, fix_done, (void *)"f")) {
            net_buf_unref(frame);
        }
        (void)bt_hci_cmd_send(0x2005, NULL);
        fix_down();
        script.rx_at = script.rx_len;
        script.sent_count = 0;
        memset(&hci_run, 0, sizeof(hci_run));
        memset(fix.links, 0, sizeof(fix.links));
    }
}

// An object whose delivery was taken back, or was due when Bluetooth went off, posts in the next
// life.
static void pitfall_52_no_orphaned_post(void **state)
{
    up();
    post_init(&conn_post, conn_post.fn);
    post_set(&conn_post, 1);
    post_set(&conn_post, 2); // Still one object in the list.
    assert_int_equal(sys_slist_len(&hci_run.posts), 1);
    post_clear(&conn_post);
    assert_int_equal(sys_slist_len(&hci_run.posts), 0);
    fix_down();
    memset(&hci_run, 0, sizeof(hci_run));
    fix.started = 0;
    fix_up(ctl_54, ctl_54_count);
    fix_connect(0x40);
    fix_run();
    fix_assert_log("ready connected");
    fix_down();
}

// What an API call of the program leaves for the loop wakes it: no sleep in between.
static void work_from_main_wakes_the_loop(void **state)
{
    up();
    fix_connect(0x40);
    fix_run();
    (void)breeze_step();
    assert_false(breeze_wake_pending());
    script.send_err = -EPIPE;
    script.send_errs = 1;
    assert_int_equal(acl_send(&fix.links[0], fix_frame(5, 0), NULL, NULL), 0);
    assert_true(breeze_wake_pending());
    fix_run();
    assert_int_equal(hci_state(), HCI_FAILED);
    fix_down();
}

// ---- Order --------------------------------------------------------------------------------------

// CONNECT, data and DISCONNECT in one piece of the stream: each is told before the next is looked
// at.
static void pitfall_33_one_event_per_drain(void **state)
{
    up();
    fix_connect(0x40);
    fix_acl(0x2040, "\x01\x00\x04\x00x", 5);
    fix_disconnect(0x40);
    fix_connect(0x40);
    fix_acl(0x2040, "\x02\x00\x04\x00xx", 6);
    fix_run();
    fix_assert_log("connected pdu5 disconnected connected pdu6");
    fix_down();
}

static struct net_buf *waited;
static void ask_address(struct acl_link *link)
{
    int err = bt_hci_cmd_send_sync(BT_HCI_OP_READ_BD_ADDR, NULL, &waited);
    fix_log("asked%d", err);
    if (!err) {
        net_buf_unref(waited);
    }
}

// A wait inside a callback: what arrives meanwhile is kept in order, and no callback runs in
// another.
static void wait_keeps_the_order(void **state)
{
    up();
    fix.on_pdu = ask_address;
    fix_connect(0x40);
    fix_acl(0x2040, "\x01\x00\x04\x00x", 5);
    fix_acl(0x2040, "\x02\x00\x04\x00xx", 6);
    fix_disconnect(0x40);
    fix_connect(0x41);
    fix_run();
    fix_assert_log("connected pdu5 asked0 pdu6 asked0 disconnected connected");
    fix_down();
}

// Completions overtake: a wait sees them, and TX buffers come back.
static void wait_takes_completions(void **state)
{
    up();
    fix_connect(0x40);
    fix_run();
    for (int i = 0; i < CONFIG_BT_L2CAP_TX_BUF_COUNT + 4; i++) {
        struct net_buf *frame = fix_frame(20, 1);
        if (frame) {
            assert_int_equal(acl_send(&fix.links[0], frame, NULL, NULL), 0);
        }
    }
    assert_null(fix_frame(20, 1));
    assert_true(acl_run.tx_starved);
    fix_disconnect(0x41);
    fix_completed(0x40, 4);
    // The allocation looks at what has arrived: buffers come free without a turn of the loop.
    struct net_buf *frame = fix_frame(20, 1);
    assert_non_null(frame);
    net_buf_unref(frame);
    assert_int_equal(fix.free_hooks, 0);
    fix_run();
    assert_int_equal(fix.free_hooks, 1);
    fix_down();
}

// ---- Room ---------------------------------------------------------------------------------------

// Reports that an application is slow to take are dropped; other events never, and answers get
// through.
static void hostile_54_scan_flood(void **state)
{
    up();
    fix.keep_reports = true;
    for (int i = 0; i < 50; i++) {
        script_put(4, 0x3e, 14, 2, 1, 0, 0, 1, 2, 3, 4, 5, 6, 2, 9, 9, 0xc0);
    }
    fix_connect(0x40);
    fix_disconnect(0x40);
    fix_run();
    assert_int_equal(hci_stats()->adv_dropped, 50 - (CONFIG_BT_BUF_EVT_RX_COUNT - 2));
    assert_int_equal(hci_stats()->evt_rx_low, 1);
    assert_non_null(strstr(fix.log, "connected disconnected"));
    assert_int_equal(bt_hci_cmd_send_sync(BT_HCI_OP_READ_BD_ADDR, NULL, NULL), 0);
    fix_down();
}

// Events fill the whole pool during a wait: the wait ends early, and nothing is lost.
static void pitfall_35_wait_ends_when_room_runs_out(void **state)
{
    up();
    script.mute = true;
    for (int i = 0; i < CONFIG_BT_BUF_EVT_RX_COUNT + 3; i++) {
        fix_connect((uint16_t)(0x40 + i));
        fix_disconnect((uint16_t)(0x40 + i));
    }
    assert_int_equal(bt_hci_cmd_send_sync(0x2001, NULL, NULL), -EINPROGRESS);
    script_complete(0x2001, 1, "\x00", 1);
    fix_run();
    for (int i = 0; i < CONFIG_BT_BUF_EVT_RX_COUNT + 3; i++) {
        assert_int_equal(strncmp(fix.log, "connected disconnected", 22), 0);
        memmove(fix.log, fix.log + MIN(23, strlen(fix.log)), sizeof(fix.log) - 23);
    }
    assert_int_equal(hci_kept.cmd_pool.pool.avail_count, CONFIG_BT_BUF_CMD_TX_COUNT);
    assert_int_equal(hci_stats()->resets, 0);
    fix_down();
}

// ---- Trace --------------------------------------------------------------------------------------

static void sink(void *ctx, const uint8_t *packet, size_t len, bool from_controller,
                 int64_t time_us)
{
    fix_log("%c%u:%zu@%d", from_controller ? '<' : '>', packet[0], len, (int)time_us);
    assert_ptr_equal(ctx, &fix);
}

static void trace(void **state)
{
    up();
    fix_connect(0x40);
    fix_run();
    fix.log[0] = '\0';
    breeze_trace_set(sink, &fix);
    fix.wish[0] = 0x2001;
    hci_cmd_kick();
    fix_run();
    fix_acl(0x2040, "\x01\x00\x04\x00x", 5);
    fix_run();
    assert_int_equal(acl_send(&fix.links[0], fix_frame(3, 0), NULL, NULL), 0);
    breeze_trace_set(NULL, NULL);
    fix_assert_log(">1:4@2000000 <4:7@2000000 <2:10@2000000 pdu5 >2:12@2000000");
    fix_down();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_16_hardware_error),
        cmocka_unit_test(hostile_16_odd_events),
        cmocka_unit_test(hostile_16_vendor_events),
        cmocka_unit_test(hostile_02_short_events),
        cmocka_unit_test(hostile_15_events_without_request),
        cmocka_unit_test(recovery_fails),
        cmocka_unit_test(hostile_58_failure_with_everything_under_way),
        cmocka_unit_test(stop_with_a_dead_controller),
        cmocka_unit_test(stop_while_interrupted),
        cmocka_unit_test(stop_while_starting),
        cmocka_unit_test(pitfall_50_thousand_cycles),
        cmocka_unit_test(pitfall_52_no_orphaned_post),
        cmocka_unit_test(work_from_main_wakes_the_loop),
        cmocka_unit_test(pitfall_33_one_event_per_drain),
        cmocka_unit_test(wait_keeps_the_order),
        cmocka_unit_test(wait_takes_completions),
        cmocka_unit_test(hostile_54_scan_flood),
        cmocka_unit_test(pitfall_35_wait_ends_when_room_runs_out),
        cmocka_unit_test(trace),
    };
    return cmocka_run_group_tests_name("hci_life", tests, NULL, NULL);
}
