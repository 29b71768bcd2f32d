// Data over a link: order and completeness under loss, fragments, flow control in both directions,
// acknowledgement, the physical limit; and encryption (Core Specification, Vol 6, Part B, 4.5.9,
// 5.1.3; Vol 4, Part E, 4.1).
#include "rig.h"

#define MS 1000

static void two(struct rig *rig, const struct air_controller_config *config, uint16_t handles[2],
                uint16_t interval)
{
    rig_open(rig, 21);
    rig_add_ready(rig, config);
    rig_add_ready(rig, config);
    rig_link(rig, 0, 1, interval, handles);
    rig_run(rig, 100 * MS);
}

static void long_pdus(struct rig *rig, const uint16_t handles[2])
{
    for (int i = 0; i < 2; i++) {
        assert_int_equal(RIG_CMD(rig, i, OP_DATA_LENGTH, (uint8_t)handles[i],
                                 (uint8_t)(handles[i] >> 8), 251, 0, 0x48, 8),
                         0);
        rig_run(rig, 300 * MS);
        rig_drain(rig, 0);
        rig_drain(rig, 1);
    }
}

// A stream of numbered octets in each direction, and what has come of it.
struct flow {
    uint32_t sent, received;
    unsigned int in_flight;
    unsigned int packets_from_peer;
};

static void flow_send(struct rig *rig, int i, uint16_t handle, struct flow *flow, size_t len)
{
    uint8_t data[251];
    for (size_t k = 0; k < len; k++) {
        data[k] = (uint8_t)(flow->sent++ * 31 >> 2);
    }
    rig_acl(rig, i, handle, true, data, len);
    flow->in_flight++;
}

static void flow_take(struct rig *rig, int i, struct flow *mine, struct flow *theirs)
{
    struct packet packet;
    while (rig_read(rig, i, &packet)) {
        if (packet.data[0] == 2) {
            theirs->packets_from_peer++;
            for (size_t k = 5; k < packet.len; k++) {
                assert_int_equal(packet.data[k], (uint8_t)(theirs->received++ * 31 >> 2));
            }
        } else if (packet.data[1] == EV_COMPLETED_PACKETS) {
            assert_in_range(get16(packet.data + 6), 1, mine->in_flight);
            mine->in_flight -= get16(packet.data + 6);
        }
    }
}

// No octet is lost, repeated or out of order, whatever the air does.
static void test_nothing_lost(void **state)
{
    static const uint32_t rates[][2] = {{0, 0}, {100000, 0}, {0, 100000}, {200000, 50000}};
    for (size_t r = 0; r < 4; r++) {
        struct rig rig;
        struct flow flows[2] = {0};
        uint16_t handles[2];
        two(&rig, &(struct air_controller_config){0}, handles, 6);
        long_pdus(&rig, handles);
        air_controller_radio(rig.c[0], rates[r][0], rates[r][1]);
        for (int turn = 0; turn < 20000; turn++) {
            for (int i = 0; i < 2; i++) {
                flow_take(&rig, i, &flows[i], &flows[!i]);
                if (flows[i].in_flight < 4 && flows[i].sent < 100000) {
                    flow_send(&rig, i, handles[i], &flows[i], 1 + (flows[i].sent * 7) % 250);
                }
            }
            rig_run(&rig, 1 * MS);
        }
        for (int i = 0; i < 2; i++) {
            assert_true(flows[i].sent >= 100000);
            assert_int_equal(flows[i].received, flows[i].sent);
            assert_int_equal(flows[i].in_flight, 0);
        }
        struct air_link_stats stats;
        air_link_stats(rig.c[0], handles[0], &stats);
        assert_int_equal(stats.bad_crc != 0, rates[r][0] != 0);
        assert_int_equal(stats.retransmissions != 0, r != 0);
        rig_close(&rig);
    }
}

// One ACL packet becomes PDUs of at most the data length; each is an ACL packet at the other side.
static void test_fragments(void **state)
{
    struct rig rig;
    struct packet packet;
    uint16_t handles[2];
    uint8_t data[100];
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t)i;
    }
    two(&rig, &(struct air_controller_config){0}, handles, 24);
    rig_acl(&rig, 0, handles[0], true, data, 100);
    static const uint8_t lens[] = {27, 27, 27, 19};
    size_t at = 0;
    for (int i = 0; i < 4; i++) {
        assert_true(rig_wait(&rig, 1, 100 * MS, &packet));
        assert_int_equal(packet.data[0], 2);
        assert_int_equal(get16(packet.data + 1) & 0x0fff, handles[1]);
        assert_int_equal(get16(packet.data + 1) >> 12, i ? 1 : 2);
        assert_int_equal(get16(packet.data + 3), lens[i]);
        assert_memory_equal(packet.data + 5, data + at, lens[i]);
        at += lens[i];
    }
    rig_run(&rig, 100 * MS);
    // Exactly one packet was completed.
    assert_true(rig_event(&rig, 0, EV_COMPLETED_PACKETS, 0, &packet));
    assert_memory_equal(packet.data + 3, ((uint8_t[]){1, (uint8_t)handles[0], 0, 1, 0}), 5);
    assert_false(rig_event(&rig, 0, EV_COMPLETED_PACKETS, 1000 * MS, &packet));
    rig_close(&rig);
}

// Number Of Completed Packets comes with the acknowledgement, not before.
static void test_completed_after_acknowledgement(void **state)
{
    struct rig rig;
    struct packet packet;
    uint16_t handles[2];
    two(&rig, &(struct air_controller_config){0}, handles, 80);
    // The peripheral's packet leaves in an event and is acknowledged in the next one.
    rig_acl(&rig, 1, handles[1], true, "x", 1);
    assert_true(rig_wait(&rig, 0, 200 * MS, &packet));
    int64_t arrived = air_now(rig.air);
    assert_true(rig_event(&rig, 1, EV_COMPLETED_PACKETS, 500 * MS, &packet));
    assert_in_range(air_now(rig.air) - arrived, 99 * MS, 101 * MS);
    // Nothing gets through: nothing is completed, the buffers stay full, the next one overflows.
    air_controller_radio(rig.c[0], 1000000, 0);
    for (int i = 0; i < 4; i++) {
        rig_acl(&rig, 0, handles[0], true, "x", 1);
    }
    assert_false(rig_event(&rig, 0, EV_COMPLETED_PACKETS, 500 * MS, &packet));
    rig_acl(&rig, 0, handles[0], true, "x", 1);
    assert_true(rig_event(&rig, 0, EV_OVERFLOW, 10 * MS, &packet));
    rig_close(&rig);
}

static void test_acl_for_no_link_is_dropped(void **state)
{
    struct rig rig;
    struct packet packet;
    uint16_t handles[2];
    two(&rig, &(struct air_controller_config){.acl_len = 27}, handles, 24);
    rig_acl(&rig, 0, 0x0eff, true, "x", 1);
    rig_acl(&rig, 0, (uint16_t)(handles[0] | 0x2000), true, "x", 1); // a flag only controllers use
    assert_false(rig_wait(&rig, 1, 100 * MS, &packet));
    uint8_t big[28] = {0};
    rig_acl(&rig, 0, handles[0], true, big, sizeof(big));
    assert_true(rig_event(&rig, 0, EV_OVERFLOW, 10 * MS, &packet));
    rig_close(&rig);
}

// The host has three buffers of 40 octets: never more than three packets, none longer.
static void test_flow_control_to_host(void **state)
{
    struct rig rig;
    struct packet packet;
    uint16_t handles[2];
    rig_open(&rig, 1);
    rig_add_ready(&rig, &(struct air_controller_config){.acl_count = 8});
    rig_add_ready(&rig, &(struct air_controller_config){0});
    assert_int_equal(RIG_CMD(&rig, 1, OP_HOST_BUFFER_SIZE, 26, 0, 0, 3, 0, 0, 0), 0x12);
    assert_int_equal(RIG_CMD(&rig, 1, OP_HOST_BUFFER_SIZE, 40, 0, 0, 3, 0, 0, 0), 0);
    assert_int_equal(RIG_CMD(&rig, 1, OP_HOST_FLOW, 1), 0);
    rig_link(&rig, 0, 1, 24, handles);
    long_pdus(&rig, handles);
    struct flow flow = {0};
    flow_send(&rig, 0, handles[0], &flow, 200); // five packets of 40
    for (int i = 0; i < 3; i++) {
        flow_send(&rig, 0, handles[0], &flow, 30);
    }
    uint32_t received = 0;
    for (int given = 0; given < 8; given++) {
        int arrived = 0;
        rig_run(&rig, 1000 * MS);
        while (rig_read(&rig, 1, &packet)) {
            if (packet.data[0] == 2) {
                arrived++;
                assert_true(packet.len <= 45);
                for (size_t k = 5; k < packet.len; k++) {
                    assert_int_equal(packet.data[k], (uint8_t)(received++ * 31 >> 2));
                }
            }
        }
        assert_int_equal(arrived, given == 0 ? 3 : given < 6 ? 1 : 0);
        assert_int_equal(
            air_hci_write(rig.c[1], (uint8_t[]){1, 0x35, 0x0c, 5, 1, (uint8_t)handles[1], 0, 1, 0},
                          9),
            0);
    }
    assert_int_equal(received, 290);
    assert_false(rig_event(&rig, 1, EV_COMPLETE, 1000 * MS, &packet)); // it is never answered
    rig_close(&rig);
}

// Buffers of a link that has gone are the host's again (Vol 4, Part E, 7.3.40).
static void test_flow_control_after_disconnection(void **state)
{
    struct rig rig;
    struct packet packet;
    uint16_t handles[2];
    rig_open(&rig, 1);
    rig_add_ready(&rig, &(struct air_controller_config){0});
    rig_add_ready(&rig, &(struct air_controller_config){0});
    assert_int_equal(RIG_CMD(&rig, 1, OP_HOST_BUFFER_SIZE, 251, 0, 0, 1, 0, 0, 0), 0);
    assert_int_equal(RIG_CMD(&rig, 1, OP_HOST_FLOW, 1), 0);
    for (int i = 0; i < 2; i++) {
        rig_link(&rig, 0, 1, 24, handles);
        rig_acl(&rig, 0, handles[0], true, "one", 3);
        rig_acl(&rig, 0, handles[0], true, "two", 3);
        rig_run(&rig, 500 * MS);
        int packets = 0;
        while (rig_read(&rig, 1, &packet)) {
            packets += packet.data[0] == 2;
        }
        assert_int_equal(packets, 1);
        RIG_CMD(&rig, 0, OP_DISCONNECT, (uint8_t)handles[0], (uint8_t)(handles[0] >> 8), 0x13);
        assert_true(rig_event(&rig, 1, EV_DISCONNECTION, 1000 * MS, &packet));
        assert_true(rig_event(&rig, 0, EV_DISCONNECTION, 1000 * MS, &packet));
    }
    rig_close(&rig);
}

// A host that does not read stops the peer, as a UART with flow control would; nothing is lost.
static void test_slow_reader_pushes_back(void **state)
{
    struct rig rig;
    struct flow flows[2] = {0};
    uint16_t handles[2];
    two(&rig, &(struct air_controller_config){0}, handles, 6);
    for (int turn = 0; turn < 1000; turn++) {
        flow_take(&rig, 0, &flows[0], &flows[1]);
        if (flows[0].in_flight < 4) {
            flow_send(&rig, 0, handles[0], &flows[0], 20);
        }
        rig_run(&rig, 10 * MS);
    }
    assert_in_range(flows[0].sent, 600, 900); // 32 packets unread, four waiting
    for (int turn = 0; turn < 100; turn++) {
        flow_take(&rig, 1, &flows[1], &flows[0]);
        flow_take(&rig, 0, &flows[0], &flows[1]);
        rig_run(&rig, 10 * MS);
    }
    assert_int_equal(flows[0].received, flows[0].sent);
    rig_close(&rig);
}

// The figures of the physical limit: 244 octets of payload in each PDU of 251.
static void limit(uint8_t phys, uint16_t interval, double expected)
{
    struct rig rig;
    struct air_link_stats before, after;
    uint16_t handles[2];
    two(&rig, &(struct air_controller_config){0}, handles, interval);
    long_pdus(&rig, handles);
    assert_int_equal(RIG_CMD(&rig, 0, OP_SET_PHY, (uint8_t)handles[0], (uint8_t)(handles[0] >> 8),
                             0, phys, phys, 0, 0),
                     0);
    rig_run(&rig, 1000 * MS);
    assert_int_equal(air_link_saturate(rig.c[1], handles[1], 251), 0);
    rig_run(&rig, 1000 * MS);
    air_link_stats(rig.c[0], handles[0], &before);
    rig_run(&rig, 30000 * MS);
    air_link_stats(rig.c[0], handles[0], &after);
    double rate = (double)(after.saturate_pdus - before.saturate_pdus) * 244 / 30 / 1000;
    assert_true(rate > expected - 0.06 && rate < expected + 0.06);
    rig_close(&rig);
}

static void test_physical_limit(void **state)
{
    limit(1, 6, 97.6);
    limit(1, 12, 97.6);
    limit(1, 24, 97.6);
    limit(1, 40, 97.6);
    limit(2, 6, 162.67);
    limit(2, 12, 162.67);
    limit(2, 24, 170.8);
    limit(2, 40, 170.8);
}

// What is given before an event leaves in it.
static void test_leaves_in_the_next_event(void **state)
{
    struct rig rig;
    struct packet packet;
    uint16_t handles[2];
    two(&rig, &(struct air_controller_config){0}, handles, 80);
    for (int i = 0; i < 20; i++) {
        struct air_link_stats stats;
        rig_run(&rig, 700 * MS + i * 5 * MS);
        air_link_stats(rig.c[1], handles[1], &stats);
        uint64_t event = stats.events;
        rig_acl(&rig, 1, handles[1], true, "x", 1);
        rig_drain(&rig, 0);
        assert_true(rig_wait(&rig, 0, 500 * MS, &packet));
        air_link_stats(rig.c[1], handles[1], &stats);
        assert_int_equal(stats.last_tx_event, event);
    }
    rig_close(&rig);
}

// Encryption

static const uint8_t ltk[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static void start_encryption(struct rig *rig, uint16_t handle)
{
    uint8_t params[28] = {0};
    put16(params, handle);
    memset(params + 2, 0xab, 8);
    put16(params + 10, 0x1234);
    memcpy(params + 12, ltk, 16);
    assert_int_equal(rig_cmd(rig, 0, OP_START_ENCRYPTION, params, sizeof(params)), 0);
}

static void expect_ltk_request(struct rig *rig, uint16_t handle)
{
    struct packet packet;
    assert_true(rig_le_event(rig, 1, LE_EV_LTK, 1000 * MS, &packet));
    assert_int_equal(get16(packet.data + 4), handle);
    assert_int_equal(packet.data[6], 0xab);
    assert_int_equal(get16(packet.data + 14), 0x1234);
}

static void reply(struct rig *rig, uint16_t handle, uint8_t change)
{
    uint8_t params[18];
    put16(params, handle);
    memcpy(params + 2, ltk, 16);
    params[2] ^= change;
    assert_int_equal(rig_cmd(rig, 1, OP_LTK_REPLY, params, sizeof(params)), 0);
}

static void expect_encrypted(struct rig *rig, int i, uint8_t code, uint8_t status)
{
    struct packet packet;
    assert_true(rig_event(rig, i, code, 2000 * MS, &packet));
    assert_int_equal(packet.data[3], status);
    if (code == EV_ENCRYPTION_CHANGE) {
        assert_int_equal(packet.data[6], !status);
    }
}

static void test_encryption(void **state)
{
    struct rig rig;
    struct packet packet;
    struct air_link_stats stats;
    uint16_t handles[2];
    two(&rig, &(struct air_controller_config){0}, handles, 24);
    start_encryption(&rig, handles[0]);
    expect_ltk_request(&rig, handles[1]);
    // No data while the keys change.
    rig_acl(&rig, 0, handles[0], true, "down", 4);
    rig_acl(&rig, 1, handles[1], true, "up", 2);
    rig_run(&rig, 300 * MS);
    assert_false(air_hci_pending(rig.c[0]));
    assert_false(air_hci_pending(rig.c[1]));
    reply(&rig, handles[1], 0);
    expect_encrypted(&rig, 1, EV_ENCRYPTION_CHANGE, 0);
    expect_encrypted(&rig, 0, EV_ENCRYPTION_CHANGE, 0);
    assert_true(rig_wait(&rig, 1, 500 * MS, &packet));
    assert_memory_equal(packet.data + 5, "down", 4);
    air_link_stats(rig.c[0], handles[0], &stats);
    assert_true(stats.encrypted);
    // Once more: Key Refresh.
    start_encryption(&rig, handles[0]);
    expect_ltk_request(&rig, handles[1]);
    reply(&rig, handles[1], 0);
    expect_encrypted(&rig, 1, EV_KEY_REFRESH, 0);
    expect_encrypted(&rig, 0, EV_KEY_REFRESH, 0);
    // And without a key: the link ends (Vol 6, Part B, 5.1.3.2).
    start_encryption(&rig, handles[0]);
    expect_ltk_request(&rig, handles[1]);
    assert_int_equal(RIG_CMD(&rig, 1, OP_LTK_NEGATIVE, (uint8_t)handles[1], 0), 0);
    assert_true(rig_event(&rig, 0, EV_DISCONNECTION, 2000 * MS, &packet));
    assert_int_equal(packet.data[6], 0x06);
    rig_close(&rig);
}

static void test_encryption_refused(void **state)
{
    struct rig rig;
    struct packet packet;
    uint16_t handles[2];
    two(&rig, &(struct air_controller_config){0}, handles, 24);
    start_encryption(&rig, handles[0]);
    expect_ltk_request(&rig, handles[1]);
    assert_int_equal(RIG_CMD(&rig, 1, OP_LTK_NEGATIVE, (uint8_t)handles[1], 0), 0);
    expect_encrypted(&rig, 0, EV_ENCRYPTION_CHANGE, 0x06);
    assert_false(rig_event(&rig, 1, EV_ENCRYPTION_CHANGE, 500 * MS, &packet));
    rig_acl(&rig, 0, handles[0], true, "plain", 5);
    assert_true(rig_wait(&rig, 1, 500 * MS, &packet));
    assert_memory_equal(packet.data + 5, "plain", 5);
    // A peripheral whose host does not want to be asked has no key either.
    RIG_CMD(&rig, 1, OP_LE_EVENT_MASK, 0x0f, 0, 0, 0, 0, 0, 0, 0);
    start_encryption(&rig, handles[0]);
    expect_encrypted(&rig, 0, EV_ENCRYPTION_CHANGE, 0x06);
    rig_close(&rig);
}

static void test_encryption_keys_differ(void **state)
{
    struct rig rig;
    struct packet packet;
    uint16_t handles[2];
    two(&rig, &(struct air_controller_config){0}, handles, 24);
    start_encryption(&rig, handles[0]);
    expect_ltk_request(&rig, handles[1]);
    reply(&rig, handles[1], 1);
    assert_true(rig_event(&rig, 1, EV_DISCONNECTION, 1000 * MS, &packet));
    assert_int_equal(packet.data[6], 0x3d);
    assert_true(rig_event(&rig, 0, EV_DISCONNECTION, 3000 * MS, &packet));
    assert_int_equal(packet.data[6], 0x08); // the central hears nothing any more
    rig_close(&rig);
}

static void test_encryption_unanswered(void **state)
{
    struct rig rig;
    struct packet packet;
    uint16_t handles[2];
    two(&rig, &(struct air_controller_config){0}, handles, 24);
    start_encryption(&rig, handles[0]);
    expect_ltk_request(&rig, handles[1]);
    assert_true(rig_event(&rig, 0, EV_DISCONNECTION, 50000 * MS, &packet));
    assert_int_equal(packet.data[6], 0x22);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_lost),
        cmocka_unit_test(test_fragments),
        cmocka_unit_test(test_completed_after_acknowledgement),
        cmocka_unit_test(test_acl_for_no_link_is_dropped),
        cmocka_unit_test(test_flow_control_to_host),
        cmocka_unit_test(test_flow_control_after_disconnection),
        cmocka_unit_test(test_slow_reader_pushes_back),
        cmocka_unit_test(test_physical_limit),
        cmocka_unit_test(test_leaves_in_the_next_event),
        cmocka_unit_test(test_encryption),
        cmocka_unit_test(test_encryption_refused),
        cmocka_unit_test(test_encryption_keys_differ),
        cmocka_unit_test(test_encryption_unanswered),
    };
    return cmocka_run_group_tests_name("air_data", tests, NULL, NULL);
}
