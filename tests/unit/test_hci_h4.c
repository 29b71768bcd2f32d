// The H4 framer: any cut of the stream gives the same packets; hostile lengths and types.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "hci_fixture.h"

// A stream with every kind of packet that is legal, and one that no buffer holds.
static uint8_t stream[4096];
static size_t stream_len;

static void add(const void *octets, size_t len)
{
    memcpy(stream + stream_len, octets, len);
    stream_len += len;
}
#define ADD(...) add((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void make_stream(void)
{
    stream_len = 0;
    ADD(4, 0x3e, 4, 1, 0, 0x40, 0);                   // connected
    ADD(2, 0x40, 0x20, 8, 0, 4, 0, 4, 0, 1, 2, 3, 4); // a PDU
    ADD(4, 0xff, 0);                                  // vendor event, empty
    ADD(4, 0x3e, 2, 2, 1);                            // report
    ADD(4, 0x13, 5, 1, 0x40, 0, 0, 0);                // completions: none
    ADD(2, 0x40, 0x20, 6, 0, 5, 0, 4, 0, 9, 8);       // a PDU in two
    ADD(4, 0x3e, 0);                                  // LE Meta without a subevent
    ADD(2, 0x40, 0x10, 3, 0, 7, 6, 5);                // its rest
    ADD(3, 0x01, 0x00, 2, 1, 2);                      // SCO: skipped
    ADD(2, 0x40, 0x20, 0xff, 0x03);                   // ACL, 1,023 octets: skipped
    memset(stream + stream_len, 4, 1023);
    stream_len += 1023;
    ADD(5, 0x01, 0x00, 3, 0, 1, 2, 3); // ISO: skipped
    ADD(4, 0x0f, 4, 0, 1, 0, 0);       // Command Status of nothing
    ADD(4, 0x05, 4, 0, 0x40, 0, 0x13); // disconnected
}

static const char all_of_it[] = "connected pdu8 report pdu9 disconnected";

static void check_all(void)
{
    fix_run();
    fix_assert_log(all_of_it);
    assert_int_equal(hci_stats()->rx_events, 7 + 9);
    assert_int_equal(hci_stats()->rx_acl, 4);
    assert_int_equal(hci_stats()->h4_skipped, 3);
    assert_int_equal(hci_stats()->evt_malformed, 1);
    assert_int_equal(hci_stats()->evt_unknown, 1);
    assert_int_equal(hci_stats()->resets, 0);
    fix_down();
}

// 4.0: as few commands at bring-up as there are.
static void start(void)
{
    fix_reset();
    fix_up(ctl_40, ctl_40_count);
    fix_assert_log("ready");
    assert_int_equal(hci_stats()->rx_events, 9);
}

static void every_piece_size(void **state)
{
    make_stream();
    for (unsigned int chunk = 0; chunk < 40; chunk++) {
        start();
        script.chunk = chunk;
        script_inject(stream, stream_len);
        check_all();
    }
}

static void every_split_point(void **state)
{
    make_stream();
    for (size_t at = 0; at <= stream_len; at = at == 120 ? stream_len - 40 : at + 1) {
        start();
        script_inject(stream, at);
        fix_run();
        script_inject(stream + at, stream_len - at);
        check_all();
    }
}

static void random_splits(void **state)
{
    make_stream();
    for (uint32_t seed = 1; seed <= 200; seed++) {
        start();
        script.seed = seed;
        script_inject(stream, stream_len);
        check_all();
    }
}

static void hostile_01_unknown_type_resets(void **state)
{
    for (int type = 0; type < 256; type++) {
        if (type >= 2 && type <= 5) {
            continue;
        }
        fix_up_54();
        fix_connect(0x40);
        fix_run();
        fix_assert_log("connected");
        script.mute = true;
        script_put((uint8_t)type, 0x0e, 4, 1, 0x03, 0x0c, 0);
        fix_run();
        fix_assert_log("lost disconnected");
        assert_int_equal(hci_state(), HCI_RESETTING);
        assert_int_equal(script_commands(BT_HCI_OP_RESET), 2);
        // Garbage, and answers that are nearly the one.
        script_put(4, 0x0e, 4, 1, 0x03, 0x0c, 1, 4, 0x0e, 4, 1, 0x04, 0x0c, 0, 4, 4, 0x0e);
        fix_run();
        assert_int_equal(script_commands(BT_HCI_OP_READ_LOCAL_VERSION_INFO), 1);
        script.mute = false;
        script_put(4, 4, 0x0e, 4, 9, 0x03, 0x0c, 0);
        fix_run();
        fix_assert_log("ready");
        assert_int_equal(hci_state(), HCI_READY);
        assert_int_equal(hci_stats()->resets, 1);
        fix_down();
    }
}

// The pattern may begin anew at any place inside a beginning of itself.
static void resync_at_every_cut(void **state)
{
    static const uint8_t garbage[] = {4,    4,    0x0e, 4,    4, 0x0e, 4,    0x0e, 4,
                                      1,    0x03, 4,    0x0e, 4, 1,    0x03, 0x0c, 4,
                                      0x0e, 4,    4,    0x0e, 4, 1,    0x03, 0x0c, 0};
    for (size_t from = 0; from < sizeof(garbage) - 7; from++) {
        for (unsigned int chunk = 1; chunk < 9; chunk++) {
            fix_up_54();
            script.mute = true;
            script_put(0xaa);
            fix_run();
            script.chunk = chunk;
            script.mute = false;
            script_inject(garbage + from, sizeof(garbage) - from);
            fix_run();
            assert_int_equal(hci_state(), HCI_READY);
            fix_down();
        }
    }
}

static void hostile_01_event_longer_than_said(void **state)
{
    // A length that eats into the next packets: they are parameters then; the rest is no packet
    // type.
    fix_up_54();
    script_put(4, 0xff, 10, 4, 0x13, 5, 1, 0x40, 0, 1, 0, 4, 0x13);
    fix_run();
    assert_int_equal(hci_stats()->evt_unknown, 1);
    assert_int_equal(hci_stats()->resets, 0);
    script_put(4, 0x13, 1, 0);
    fix_run();
    assert_int_equal(hci_stats()->evt_malformed, 0);
    fix_down();
}

static void longest_packets(void **state)
{
    fix_up_54();
    fix_connect(0x40);
    uint8_t big[4 + CONFIG_BT_L2CAP_RX_MTU] = {CONFIG_BT_L2CAP_RX_MTU & 255,
                                               CONFIG_BT_L2CAP_RX_MTU >> 8, 4, 0};
    fix_acl(0x2040, big, sizeof(big));
    uint8_t vendor[258] = {4, 0xff, 255};
    script_inject(vendor, sizeof(vendor));
    uint8_t answer[258] = {4, 0x0e, 255, 1, 1, 0xfc};
    script_inject(answer, sizeof(answer));
    fix_run();
    fix_assert_log("connected pdu521");
    assert_int_equal(hci_stats()->evt_stale, 1);
    assert_int_equal(hci_stats()->evt_unknown, 1);
    assert_int_equal(hci_stats()->h4_skipped, 0);
    fix_down();
}

static void transport_that_ends(void **state)
{
    fix_up_54();
    fix_connect(0x40);
    fix_run();
    script.dead = true;
    fix_run();
    fix_assert_log("connected lost disconnected");
    assert_int_equal(hci_state(), HCI_FAILED);
    assert_int_equal(script.closed, 1);
    script.dead = false;
    fix.started = 0;
    fix_up(ctl_42, ctl_42_count);
    assert_int_equal(hci_state(), HCI_READY);
    fix_down();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_piece_size),    cmocka_unit_test(every_split_point),
        cmocka_unit_test(random_splits),       cmocka_unit_test(hostile_01_unknown_type_resets),
        cmocka_unit_test(resync_at_every_cut), cmocka_unit_test(hostile_01_event_longer_than_said),
        cmocka_unit_test(longest_packets),     cmocka_unit_test(transport_that_ends),
    };
    return cmocka_run_group_tests_name("hci_h4", tests, NULL, NULL);
}
