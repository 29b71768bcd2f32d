// ACL towards the host: reassembly, hostile fragments, flow control, back-pressure.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hci_fixture.h"

#define START 0x2000
#define CONT  0x1000

static void up_with_links(unsigned int links)
{
    fix_up_54();
    for (unsigned int i = 0; i < links; i++) {
        fix_connect((uint16_t)(0x40 + i));
    }
    fix_run();
    fix.log[0] = '\0';
}

// A frame with `len` octets of payload 0, 1, 2 ... in pieces of `piece` octets.
static void frame_in_pieces(uint16_t handle, uint16_t len, uint16_t piece)
{
    uint8_t frame[1100] = {(uint8_t)len, (uint8_t)(len >> 8), 4, 0};
    for (uint16_t i = 0; i < len; i++) {
        frame[4 + i] = (uint8_t)i;
    }
    uint16_t flags = START;
    for (uint16_t at = 0; at < len + 4; at += piece) {
        fix_acl(handle | flags, frame + at, MIN(piece, len + 4 - at));
        flags = CONT;
    }
}

static void reassembly(void **state)
{
    up_with_links(1);
    // Pieces of one octet split the L2CAP header itself (hostile 17).
    for (uint16_t piece = 1; piece < 60; piece++) {
        frame_in_pieces(0x40, 50, piece);
        fix_run();
        fix_assert_log("pdu54");
        assert_int_equal(fix.pdu[4 + 49], 49);
    }
    frame_in_pieces(0x40, CONFIG_BT_L2CAP_RX_MTU, 27);
    fix_run();
    fix_assert_log("pdu521");
    frame_in_pieces(0x40, 0, 27);
    fix_run();
    fix_assert_log("pdu4");
    assert_int_equal(hci_stats()->acl_dropped, 0);
    fix_down();
}

static void links_apart(void **state)
{
    up_with_links(2);
    fix_acl(0x40 | START,
            "\x02\x00\x04\x00"
            "a",
            5);
    fix_acl(0x41 | START,
            "\x02\x00\x04\x00"
            "b",
            5);
    fix_acl(0x40 | CONT, "A", 1);
    fix_run();
    assert_memory_equal(fix.pdu + 4, "aA", 2);
    assert_ptr_equal(fix.pdu_link, &fix.links[0]);
    fix_acl(0x41 | CONT, "B", 1);
    fix_run();
    assert_memory_equal(fix.pdu + 4, "bB", 2);
    assert_ptr_equal(fix.pdu_link, &fix.links[1]);
    fix_down();
}

static void hostile_17_fragments(void **state)
{
    up_with_links(1);
    struct breeze_stats *stats = hci_stats();
    fix_acl(0x99 | START, "\x01\x00\x04\x00x", 5); // Unknown handle.
    fix_run();
    assert_int_equal(stats->acl_dropped, 1);
    fix_acl(0x40 | CONT, "x", 1); // A continuation of nothing.
    fix_run();
    assert_int_equal(stats->acl_dropped, 2);
    fix_acl(0x40 | START, "\x05\x00\x04\x00x", 5); // A start while another is open.
    fix_acl(0x40 | START, "\x01\x00\x04\x00y", 5);
    fix_run();
    assert_int_equal(stats->acl_dropped, 3);
    fix_assert_log("pdu5");
    assert_int_equal(fix.pdu[4], 'y');
    fix_acl(0x40 | 0x3000, "\x01\x00\x04\x00x", 5);         // Reserved boundary flags,
    fix_acl(0x40 | 0x4000 | START, "\x01\x00\x04\x00x", 5); // broadcast flags.
    fix_acl(0x40 | 0x8000 | START, "\x01\x00\x04\x00x", 5);
    fix_acl(0x40 | 0xf000, "\x01\x00\x04\x00x", 5);
    fix_run();
    assert_int_equal(stats->acl_dropped, 7);
    fix_acl(0x40 | START, "", 0); // Empty ones, outside of a PDU and inside.
    fix_acl(0x40 | CONT, "", 0);
    fix_acl(0x40 | START, "\x02\x00\x04\x00x", 5);
    fix_acl(0x40 | CONT, "", 0);
    fix_acl(0x40 | CONT, "z", 1);
    fix_run();
    assert_int_equal(stats->acl_dropped, 10);
    fix_assert_log("pdu6");
    fix_down();
}

static void hostile_18_lengths(void **state)
{
    up_with_links(1);
    struct breeze_stats *stats = hci_stats();
    fix_acl(0x40 | START, "\x01\x00\x04\x00xy", 6); // More than announced, in one
    fix_acl(0x40 | START, "\x02\x00\x04\x00x", 5);  // and in two.
    fix_acl(0x40 | CONT, "yz", 2);
    fix_run();
    assert_int_equal(stats->acl_dropped, 2);
    fix_acl(0x40 | START, "\xff\xff\x04\x00x", 5); // More than there is room for.
    fix_acl(0x40 | CONT, "rest", 4);
    fix_run();
    assert_int_equal(stats->acl_dropped, 4);
    fix_acl(0x40 | START, "\x00", 1); // Not even a length, and then a whole frame.
    fix_acl(0x40 | START, "\x01\x00\x04\x00x", 5);
    fix_run();
    assert_int_equal(stats->acl_dropped, 5);
    uint8_t big[600] = {0};
    fix_acl(0x40 | START, "\x05\x00\x04\x00x", 5); // A fragment that no buffer holds ends the PDU.
    fix_acl(0x40 | CONT, big, sizeof(big));
    fix_acl(0x40 | CONT, "aaaa", 4);
    fix_run();
    assert_int_equal(stats->h4_skipped, 1);
    assert_int_equal(stats->acl_dropped, 7);
    big[0] = 0xff; // A continuation that overflows the buffer of the first.
    big[1] = 0x01;
    fix_acl(0x40 | START, big, 500);
    fix_acl(0x40 | CONT, big, 500);
    fix_run();
    assert_int_equal(stats->acl_dropped, 9);
    fix_assert_log("pdu5");
    fix_down();
}

// What the controller was told, by handle.
static unsigned int told(uint16_t handle)
{
    unsigned int n = 0;
    for (unsigned int i = 0; i < script.sent_count; i++) {
        const uint8_t *p = script.sent[i].data;
        if (p[0] != 1 || p[1] != 0x35 || p[2] != 0x0c) {
            continue;
        }
        assert_int_equal(p[3], 1 + 4 * p[4]);
        for (unsigned int k = 0; k < p[4]; k++) {
            const uint8_t *pair = p + 5 + 4 * k;
            n += (pair[0] | pair[1] << 8) == handle ? (unsigned int)(pair[2] | pair[3] << 8) : 0;
        }
    }
    return n;
}

static void flow_control_to_the_host(void **state)
{
    up_with_links(2);
    frame_in_pieces(0x40, 50, 20); // Three fragments
    frame_in_pieces(0x41, 10, 50); // one,
    fix_acl(0x41 | CONT, "x", 1);  // a wrong one,
    fix_acl(0x77 | START, "x", 1); // one of nobody,
    uint8_t big[600] = {0};
    fix_acl(0x41 | START, big, sizeof(big));       // one that is skipped,
    fix_acl(0x40 | START, "\x05\x00\x04\x00x", 5); // and one whose buffer is still in use.
    fix_run();
    assert_int_equal(told(0x40), 3);
    assert_int_equal(told(0x41), 1); // The other two wait for a batch to be full.
    fix_acl(0x40 | CONT, "xxxx", 4);
    fix_run();
    assert_int_equal(told(0x40), 5);
    assert_int_equal(told(0x41), 3);
    assert_int_equal(told(0x77), 0);
    fix_down();
}

static void flow_control_counts_held_buffers(void **state)
{
    up_with_links(1);
    fix.keep_pdus = true;
    frame_in_pieces(0x40, 10, 50);
    frame_in_pieces(0x40, 10, 50);
    fix_run();
    assert_int_equal(fix.links[0].rx_done, 0);
    net_buf_unref(fix.kept[--fix.kept_count]);
    fix_run();
    assert_int_equal(fix.links[0].rx_done, 1);
    // The link ends, its handle is used again: the old buffer is not counted for the new link.
    fix_disconnect(0x40);
    fix_connect(0x40);
    fix_run();
    net_buf_unref(fix.kept[--fix.kept_count]);
    fix_run();
    assert_int_equal(fix.links[0].rx_done, 0);
    assert_int_equal(hci_run.acl_rx_done, 0);
    assert_int_equal(told(0x40), 0);
    fix_down();
}

static void flow_control_is_batched(void **state)
{
    up_with_links(1);
    for (int i = 0; i < 40; i++) {
        frame_in_pieces(0x40, 10, 50);
    }
    fix_run();
    assert_int_equal(told(0x40), 40);
    assert_in_range(script_commands(BT_HCI_OP_HOST_NUM_COMPLETED_PACKETS), 2, 11);
    fix_down();
}

// Data on every link, in part, and more data than there are buffers: nothing is lost, nothing
// stops.
static void pitfall_35_pool_exhaustion(void **state)
{
    up_with_links(FIX_LINKS);
    for (uint16_t link = 0; link < FIX_LINKS; link++) {
        fix_acl((uint16_t)(0x40 + link) | START, "\x14\x00\x04\x00", 4);
    }
    for (int round = 0; round < 20; round++) {
        for (uint16_t link = 0; link < FIX_LINKS; link++) {
            fix_acl((uint16_t)(0x40 + link) | CONT, "x", 1);
        }
    }
    fix_run();
    assert_int_equal(fix.pdus, FIX_LINKS);
    assert_int_equal(hci_stats()->acl_dropped, 0);
    fix.pdus = 0;
    fix.keep_pdus = true; // The application keeps all it gets.
    for (int i = 0; i < CONFIG_BT_BUF_ACL_RX_COUNT + 5; i++) {
        frame_in_pieces(0x40, 10, 50);
    }
    fix_disconnect(0x43);
    for (int i = 0; i < 100; i++) {
        (void)breeze_step();
    }
    assert_int_equal(fix.pdus, CONFIG_BT_BUF_ACL_RX_COUNT); // The rest waits in the transport.
    assert_int_equal(hci_stats()->acl_rx_free, 0);
    fix.keep_pdus = false;
    while (fix.kept_count) {
        net_buf_unref(fix.kept[--fix.kept_count]);
    }
    fix_run();
    assert_int_equal(fix.pdus, CONFIG_BT_BUF_ACL_RX_COUNT + 5);
    assert_int_equal(hci_stats()->acl_dropped, 0);
    assert_non_null(strstr(fix.log, "disconnected"));
    fix_down();
    assert_int_equal(hci_stats()->acl_rx_low, 0);
}

static void end_link(struct acl_link *link)
{
    hci_fail(BREEZE_RESET_HARDWARE_ERROR);
}

static void failure_inside_a_delivery(void **state)
{
    up_with_links(1);
    fix.on_pdu = end_link;
    frame_in_pieces(0x40, 10, 50);
    frame_in_pieces(0x40, 10, 50);
    fix_run();
    fix_assert_log("pdu14 lost disconnected ready");
    fix_down();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reassembly),
        cmocka_unit_test(links_apart),
        cmocka_unit_test(hostile_17_fragments),
        cmocka_unit_test(hostile_18_lengths),
        cmocka_unit_test(flow_control_to_the_host),
        cmocka_unit_test(flow_control_counts_held_buffers),
        cmocka_unit_test(flow_control_is_batched),
        cmocka_unit_test(pitfall_35_pool_exhaustion),
        cmocka_unit_test(failure_inside_a_delivery),
    };
    return cmocka_run_group_tests_name("hci_acl_rx", tests, NULL, NULL);
}
