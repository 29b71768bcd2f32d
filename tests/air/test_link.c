// The life of links: establishment, supervision, termination, several links at once
// (Core Specification, Vol 6, Part B, 4.5), and the control procedures of 5.1 but encryption.
#include "any.h"

#define MS 1000

static void two_at(struct rig *rig, enum air_level a, enum air_level b)
{
    rig_open(rig, 11);
    rig_add_ready(rig, &(struct air_controller_config){.level = a});
    rig_add_ready(rig, &(struct air_controller_config){.level = b});
}

static void two(struct rig *rig)
{
    two_at(rig, AIR_LEVEL_5_4, AIR_LEVEL_5_4);
}

// A link with at least one packet in each direction.
static void established(struct rig *rig, int central, int peripheral, uint16_t interval,
                        uint16_t handles[2])
{
    rig_link(rig, central, peripheral, interval, handles);
    rig_run(rig, 200 * MS);
    rig_drain(rig, central);
    rig_drain(rig, peripheral);
}

static uint8_t lost(struct rig *rig, int i, int64_t us)
{
    struct packet packet;
    return rig_event(rig, i, EV_DISCONNECTION, us, &packet) ? packet.data[6] : 0;
}

#define BY_HANDLE(rig, i, opcode, handle, ...)                                                     \
    RIG_CMD(rig, i, opcode, (uint8_t)(handle), (uint8_t)((handle) >> 8), ##__VA_ARGS__)

static void test_connection_complete_of_both(void **state)
{
    struct rig rig;
    struct packet c, p;
    uint8_t addr[6];
    two(&rig);
    rig_advertise(&rig, 1, 0, 0x20);
    assert_int_equal(rig_connect(&rig, 0, 1, 40, 3, 300), 0);
    assert_true(rig_le_event(&rig, 0, LE_EV_CONNECTION, 1000 * MS, &c));
    assert_true(rig_le_event(&rig, 1, LE_EV_CONNECTION, 1000 * MS, &p));
    rig_addr(&rig, 1, addr);
    assert_memory_equal(c.data + 9, addr, 6);
    rig_addr(&rig, 0, addr);
    assert_memory_equal(p.data + 9, addr, 6);
    assert_memory_equal(c.data + 15, ((uint8_t[]){40, 0, 3, 0, 0x2c, 1}), 6);
    assert_memory_equal(p.data + 15, ((uint8_t[]){40, 0, 3, 0, 0x2c, 1}), 6);
    rig_close(&rig);
}

// The peripheral never hears a data packet, the central never an answer: six intervals, 0x3E each.
static void test_not_established(void **state)
{
    struct rig rig;
    struct packet packet;
    two(&rig);
    rig_advertise(&rig, 1, 0, 0x20);
    assert_int_equal(rig_connect(&rig, 0, 1, 80, 0, 300), 0);
    assert_true(rig_le_event(&rig, 1, LE_EV_CONNECTION, 1000 * MS, &packet));
    int64_t start = air_now(rig.air);
    air_controller_radio(rig.c[0], 0, 1000000);
    assert_int_equal(lost(&rig, 1, 5000 * MS), 0x3e);
    assert_in_range(air_now(rig.air) - start, 600 * MS, 710 * MS);
    assert_int_equal(lost(&rig, 0, 5000 * MS), 0x3e);
    rig_close(&rig);
}

static void test_supervision_after_power_loss(void **state)
{
    struct rig rig;
    uint16_t handles[2];
    two(&rig);
    established(&rig, 0, 1, 40, handles);
    air_controller_power(rig.c[1], false);
    int64_t start = air_now(rig.air);
    assert_int_equal(lost(&rig, 0, 5000 * MS), 0x08);
    assert_in_range(air_now(rig.air) - start, 940 * MS, 1001 * MS); // time-out 1 s
    assert_int_equal(air_next(rig.air), AIR_NEVER);                 // nothing is left of the link
    air_controller_power(rig.c[1], true);
    assert_int_equal(rig_cmd(&rig, 1, OP_RESET, NULL, 0), 0);
    rig_close(&rig);
}

static void test_supervision_of_the_peripheral(void **state)
{
    struct rig rig;
    uint16_t handles[2];
    two(&rig);
    established(&rig, 0, 1, 40, handles);
    air_controller_free(rig.c[0]);
    assert_int_equal(lost(&rig, 1, 5000 * MS), 0x08);
    rig_close(&rig);
}

static void test_disconnect_reasons(void **state)
{
    static const uint8_t reasons[] = {0x05, 0x13, 0x14, 0x15, 0x1a, 0x29, 0x3b};
    struct rig rig;
    uint16_t handles[2];
    two(&rig);
    for (size_t i = 0; i < sizeof(reasons); i++) {
        int who = i & 1;
        established(&rig, 0, 1, 24, handles);
        assert_int_equal(BY_HANDLE(&rig, who, OP_DISCONNECT, handles[who], reasons[i]), 0);
        assert_int_equal(BY_HANDLE(&rig, who, OP_DISCONNECT, handles[who], reasons[i]), 0x0c);
        assert_int_equal(lost(&rig, !who, 500 * MS), reasons[i]);
        assert_int_equal(lost(&rig, who, 500 * MS), 0x16);
        assert_int_equal(BY_HANDLE(&rig, who, OP_DISCONNECT, handles[who], 0x13), 0x02);
    }
    rig_close(&rig);
}

static void test_disconnect_from_a_dead_peer(void **state)
{
    struct rig rig;
    uint16_t handles[2];
    two(&rig);
    established(&rig, 0, 1, 24, handles);
    air_controller_power(rig.c[1], false);
    assert_int_equal(BY_HANDLE(&rig, 0, OP_DISCONNECT, handles[0], 0x13), 0);
    assert_int_equal(lost(&rig, 0, 1500 * MS), 0x16);
    rig_close(&rig);
}

static void test_version_and_features(void **state)
{
    struct rig rig;
    struct packet packet;
    uint16_t handles[2];
    two_at(&rig, AIR_LEVEL_4_2, AIR_LEVEL_5_1);
    established(&rig, 0, 1, 24, handles);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(BY_HANDLE(&rig, i, OP_REMOTE_VERSION, handles[i]), 0);
        assert_true(rig_event(&rig, i, EV_REMOTE_VERSION, 1000 * MS, &packet));
        assert_int_equal(packet.data[3], 0);
        assert_int_equal(packet.data[6], i ? 8 : 10);
        assert_int_equal(BY_HANDLE(&rig, i, OP_REMOTE_FEATURES, handles[i]), 0);
        assert_true(rig_le_event(&rig, i, LE_EV_FEATURES, 1000 * MS, &packet));
        assert_int_equal(packet.data[4], 0);
        assert_int_equal(get64(packet.data + 7), i ? 0x6f : 0x300396f);
    }
    rig_close(&rig);
}

static void test_features_of_a_4_0_central(void **state)
{
    struct rig rig;
    struct packet packet;
    uint16_t handles[2];
    two_at(&rig, AIR_LEVEL_4_0, AIR_LEVEL_5_4);
    established(&rig, 0, 1, 24, handles);
    // A 4.0 central does not know the peripheral's request.
    assert_int_equal(BY_HANDLE(&rig, 1, OP_REMOTE_FEATURES, handles[1]), 0);
    assert_true(rig_le_event(&rig, 1, LE_EV_FEATURES, 1000 * MS, &packet));
    assert_int_equal(packet.data[4], 0x1a);
    rig_close(&rig);
}

static uint8_t update(struct rig *rig, int i, uint16_t handle, uint16_t interval, uint16_t latency)
{
    return BY_HANDLE(rig, i, OP_UPDATE, handle, (uint8_t)interval, 0, (uint8_t)interval, 0,
                     (uint8_t)latency, 0, 200, 0, 0, 0, 0, 0);
}

static void expect_update(struct rig *rig, int i, uint8_t status, uint16_t interval)
{
    struct packet packet;
    assert_true(rig_le_event(rig, i, LE_EV_UPDATE, 3000 * MS, &packet));
    assert_int_equal(packet.data[4], status);
    if (!status) {
        assert_int_equal(get16(packet.data + 7), interval);
    }
}

static void answer_param_request(struct rig *rig, int i, uint16_t handle)
{
    struct packet packet;
    assert_true(rig_le_event(rig, i, LE_EV_PARAM, 1000 * MS, &packet));
    uint8_t reply[14] = {0};
    put16(reply, handle);
    memcpy(reply + 2, packet.data + 6, 8);
    assert_int_equal(rig_cmd(rig, i, OP_PARAM_REPLY, reply, sizeof(reply)), 0);
}

// In every mix of versions; the new interval holds afterwards.
static void test_update_by_central(void **state)
{
    static const enum air_level levels[][2] = {{54, 54}, {40, 40}, {54, 40}, {40, 54}};
    for (size_t l = 0; l < 4; l++) {
        struct rig rig;
        struct packet packet;
        uint16_t handles[2];
        two_at(&rig, levels[l][0], levels[l][1]);
        established(&rig, 0, 1, 24, handles);
        assert_int_equal(update(&rig, 0, handles[0], 60, 2), 0);
        if (levels[l][0] > 40 && levels[l][1] > 40) {
            answer_param_request(&rig, 1, handles[1]);
        }
        expect_update(&rig, 0, 0, 60);
        expect_update(&rig, 1, 0, 60);
        struct air_link_stats before, after;
        air_link_stats(rig.c[0], handles[0], &before);
        rig_run(&rig, 7500 * MS);
        air_link_stats(rig.c[0], handles[0], &after);
        assert_in_range(after.events - before.events, 99, 101);
        assert_int_equal(after.latency, 2);
        assert_false(rig_event(&rig, 0, EV_DISCONNECTION, 0, &packet));
        rig_close(&rig);
    }
}

static void test_update_by_peripheral(void **state)
{
    struct rig rig;
    uint16_t handles[2];
    two(&rig);
    established(&rig, 0, 1, 24, handles);
    assert_int_equal(update(&rig, 1, handles[1], 80, 0), 0);
    answer_param_request(&rig, 0, handles[0]);
    expect_update(&rig, 0, 0, 80);
    expect_update(&rig, 1, 0, 80);
    rig_close(&rig);
}

static void test_update_by_peripheral_refused(void **state)
{
    struct rig rig;
    struct packet packet;
    uint16_t handles[2];
    two(&rig);
    established(&rig, 0, 1, 24, handles);
    assert_int_equal(update(&rig, 1, handles[1], 80, 0), 0);
    assert_true(rig_le_event(&rig, 0, LE_EV_PARAM, 1000 * MS, &packet));
    assert_int_equal(BY_HANDLE(&rig, 0, OP_PARAM_NEGATIVE, handles[0], 0x3b), 0);
    expect_update(&rig, 1, 0x3b, 0);
    // Masked out: the controller refuses by itself (Vol 6, Part B, 5.1.7).
    RIG_CMD(&rig, 0, OP_LE_EVENT_MASK, 0x1f, 0, 0, 0, 0, 0, 0, 0);
    assert_int_equal(update(&rig, 1, handles[1], 80, 0), 0);
    expect_update(&rig, 1, 0x1a, 0);
    rig_close(&rig);
}

static void test_update_by_peripheral_needs_the_procedure(void **state)
{
    struct rig rig;
    uint16_t handles[2];
    two_at(&rig, AIR_LEVEL_5_4, AIR_LEVEL_4_0);
    established(&rig, 0, 1, 24, handles);
    assert_int_equal(update(&rig, 1, handles[1], 80, 0), 0x0c);
    rig_close(&rig);
    two_at(&rig, AIR_LEVEL_4_0, AIR_LEVEL_5_4);
    established(&rig, 0, 1, 24, handles);
    assert_int_equal(update(&rig, 1, handles[1], 80, 0), 0);
    expect_update(&rig, 1, 0x1a, 0);
    rig_close(&rig);
}

// Both ask at once: the central's request wins, the peripheral's fails with a collision (5.3).
static void test_update_collision(void **state)
{
    struct rig rig;
    uint16_t handles[2];
    two(&rig);
    established(&rig, 0, 1, 24, handles);
    assert_int_equal(update(&rig, 0, handles[0], 80, 0), 0);
    assert_int_equal(update(&rig, 1, handles[1], 60, 0), 0);
    answer_param_request(&rig, 1, handles[1]);
    expect_update(&rig, 1, 0x23, 0);
    expect_update(&rig, 0, 0, 80);
    expect_update(&rig, 1, 0, 80);
    rig_close(&rig);
}

// A peripheral's request that comes while the central asks for the PHYs that are there already: refused
// as a collision, or done; it never waits for a procedure that is over.
static void test_update_while_phys_stay(void **state)
{
    for (int i = 0; i < 30; i++) {
        struct rig rig;
        struct packet packet;
        uint16_t handles[2];
        two(&rig);
        established(&rig, 0, 1, 24, handles);
        assert_int_equal(BY_HANDLE(&rig, 0, OP_SET_PHY, handles[0], 0, 2, 2, 0, 0), 0);
        rig_run(&rig, 1000 * MS);
        assert_int_equal(BY_HANDLE(&rig, 0, OP_SET_PHY, handles[0], 0, 2, 2, 0, 0), 0);
        rig_run(&rig, i * 5 * MS);
        assert_int_equal(update(&rig, 1, handles[1], 80, 0), 0);
        if (rig_le_event(&rig, 1, LE_EV_UPDATE, 500 * MS, &packet)) {
            assert_int_equal(packet.data[4], 0x2a);
        } else {
            answer_param_request(&rig, 0, handles[0]);
            expect_update(&rig, 1, 0, 80);
        }
        rig_close(&rig);
    }
}

static void test_channel_map(void **state)
{
    struct rig rig;
    struct packet rsp;
    uint16_t handles[2];
    uint8_t handle[2];
    two(&rig);
    established(&rig, 0, 1, 24, handles);
    assert_int_equal(RIG_CMD(&rig, 0, OP_SET_CHANNELS, 0xff, 0x00, 0x00, 0x00, 0x10), 0);
    rig_run(&rig, 1000 * MS);
    for (int i = 0; i < 2; i++) {
        put16(handle, handles[i]);
        assert_int_equal(rig_cmd_rsp(&rig, i, OP_READ_CHANNELS, handle, 2, &rsp), 0);
        assert_memory_equal(rsp.data + 3, ((uint8_t[]){0xff, 0, 0, 0, 0x10}), 5);
    }
    rig_close(&rig);
}

static void test_data_length(void **state)
{
    struct rig rig;
    struct packet packet;
    uint16_t handles[2];
    two(&rig);
    established(&rig, 0, 1, 24, handles);
    assert_int_equal(BY_HANDLE(&rig, 0, OP_DATA_LENGTH, handles[0], 100, 0, 0x90, 4), 0);
    assert_true(rig_le_event(&rig, 0, LE_EV_LENGTH, 1000 * MS, &packet));
    assert_memory_equal(packet.data + 6, ((uint8_t[]){100, 0, 0x90, 4, 27, 0, 0x48, 1}), 8);
    assert_true(rig_le_event(&rig, 1, LE_EV_LENGTH, 1000 * MS, &packet));
    assert_memory_equal(packet.data + 6, ((uint8_t[]){27, 0, 0x48, 1, 100, 0, 0x90, 4}), 8);
    // Nothing changes: nothing is said.
    assert_int_equal(BY_HANDLE(&rig, 0, OP_DATA_LENGTH, handles[0], 100, 0, 0x90, 4), 0);
    assert_false(rig_le_event(&rig, 0, LE_EV_LENGTH, 1000 * MS, &packet));
    rig_close(&rig);
}

static void test_data_length_by_default(void **state)
{
    struct rig rig;
    struct packet packet;
    uint16_t handles[2];
    two(&rig);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(RIG_CMD(&rig, i, OP_WRITE_DEFAULT_LEN, 251, 0, 0x48, 8), 0);
    }
    rig_link(&rig, 0, 1, 24, handles);
    assert_true(rig_le_event(&rig, 0, LE_EV_LENGTH, 1000 * MS, &packet));
    assert_memory_equal(packet.data + 6, ((uint8_t[]){251, 0, 0x48, 8, 251, 0, 0x48, 8}), 8);
    rig_close(&rig);
}

static void test_data_length_old_peer(void **state)
{
    struct rig rig;
    struct packet packet;
    uint16_t handles[2];
    two_at(&rig, AIR_LEVEL_5_4, AIR_LEVEL_4_1);
    established(&rig, 0, 1, 24, handles);
    assert_int_equal(BY_HANDLE(&rig, 0, OP_DATA_LENGTH, handles[0], 251, 0, 0x48, 8), 0);
    assert_false(rig_le_event(&rig, 0, LE_EV_LENGTH, 1000 * MS, &packet));
    assert_int_equal(BY_HANDLE(&rig, 0, OP_REMOTE_VERSION, handles[0]), 0);
    assert_true(rig_event(&rig, 0, EV_REMOTE_VERSION, 1000 * MS, &packet)); // goes on
    rig_close(&rig);
}

static void expect_phy(struct rig *rig, int i, uint8_t status, uint8_t tx, uint8_t rx)
{
    struct packet packet;
    assert_true(rig_le_event(rig, i, LE_EV_PHY, 2000 * MS, &packet));
    assert_int_equal(packet.data[4], status);
    assert_int_equal(packet.data[7], tx);
    assert_int_equal(packet.data[8], rx);
}

static void test_phy_update(void **state)
{
    struct rig rig;
    struct packet rsp;
    uint16_t handles[2];
    two(&rig);
    established(&rig, 0, 1, 24, handles);
    // By the central, both directions.
    assert_int_equal(BY_HANDLE(&rig, 0, OP_SET_PHY, handles[0], 0, 2, 2, 0, 0), 0);
    expect_phy(&rig, 0, 0, 2, 2);
    expect_phy(&rig, 1, 0, 2, 2);
    // By the peripheral, its sending direction only.
    assert_int_equal(BY_HANDLE(&rig, 1, OP_SET_PHY, handles[1], 0, 1, 2, 0, 0), 0);
    expect_phy(&rig, 1, 0, 1, 2);
    expect_phy(&rig, 0, 0, 2, 1);
    // As it is already: told to the one that asked, at once.
    assert_int_equal(BY_HANDLE(&rig, 0, OP_SET_PHY, handles[0], 0, 2, 1, 0, 0), 0);
    expect_phy(&rig, 0, 0, 2, 1);
    assert_false(rig_le_event(&rig, 1, LE_EV_PHY, 500 * MS, &rsp));
    // Coded.
    assert_int_equal(BY_HANDLE(&rig, 0, OP_SET_PHY, handles[0], 0, 4, 4, 2, 0), 0);
    expect_phy(&rig, 0, 0, 3, 3);
    uint8_t handle[2];
    put16(handle, handles[0]);
    assert_int_equal(rig_cmd_rsp(&rig, 0, OP_READ_PHY, handle, 2, &rsp), 0);
    assert_memory_equal(rsp.data + 3, ((uint8_t[]){3, 3}), 2);
    rig_close(&rig);
}

static void test_phy_old_peer(void **state)
{
    struct rig rig;
    uint16_t handles[2];
    two_at(&rig, AIR_LEVEL_5_4, AIR_LEVEL_4_2);
    established(&rig, 0, 1, 24, handles);
    assert_int_equal(BY_HANDLE(&rig, 0, OP_SET_PHY, handles[0], 0, 2, 2, 0, 0), 0);
    expect_phy(&rig, 0, 0x1a, 1, 1);
    rig_close(&rig);
}

// An unanswered procedure ends the link after 40 s (5.2).
static void test_procedure_timeout(void **state)
{
    struct rig rig;
    uint16_t handles[2];
    two(&rig);
    established(&rig, 0, 1, 24, handles);
    assert_int_equal(update(&rig, 0, handles[0], 60, 0), 0);
    int64_t start = air_now(rig.air);
    assert_int_equal(lost(&rig, 0, 60000 * MS), 0x22); // the peripheral's host does not answer
    assert_in_range(air_now(rig.air) - start, 40000 * MS, 40001 * MS);
    assert_int_equal(lost(&rig, 1, 3000 * MS), 0x08);
    rig_close(&rig);
}

// The peripheral misses the instant: the two lose each other.
static void test_missed_instant(void **state)
{
    struct rig rig;
    uint16_t handles[2];
    two_at(&rig, AIR_LEVEL_4_0, AIR_LEVEL_4_0);
    established(&rig, 0, 1, 24, handles);
    assert_int_equal(update(&rig, 0, handles[0], 60, 0), 0);
    air_controller_radio(rig.c[1], 0, 1000000);
    rig_run(&rig, 300 * MS);
    air_controller_radio(rig.c[1], 0, 0);
    assert_int_equal(lost(&rig, 1, 3000 * MS), 0x08);
    assert_int_equal(lost(&rig, 0, 3000 * MS), 0x08);
    rig_close(&rig);
}

// With latency the peripheral sleeps, but wakes to send, and the link lives.
static void test_latency(void **state)
{
    struct rig rig;
    struct packet packet;
    uint16_t handles[2];
    two_at(&rig, AIR_LEVEL_4_0, AIR_LEVEL_4_0);
    established(&rig, 0, 1, 24, handles);
    assert_int_equal(update(&rig, 0, handles[0], 24, 9), 0);
    expect_update(&rig, 1, 0, 24);
    rig_run(&rig, 3000 * MS);
    int64_t start = air_now(rig.air);
    rig_acl(&rig, 1, handles[1], true, "up", 2);
    assert_true(rig_wait(&rig, 0, 1000 * MS, &packet));
    while (packet.data[0] != 2) {
        assert_true(rig_wait(&rig, 0, 1000 * MS, &packet));
    }
    assert_in_range(air_now(rig.air) - start, 0, 31 * MS);
    start = air_now(rig.air);
    rig_acl(&rig, 0, handles[0], true, "down", 4);
    rig_drain(&rig, 1);
    assert_true(rig_wait(&rig, 1, 1000 * MS, &packet));
    assert_in_range(air_now(rig.air) - start, 0, 301 * MS);
    assert_int_equal(lost(&rig, 0, 20000 * MS), 0);
    rig_close(&rig);
}

// One central with four peripherals, one of which is itself a central of a fifth; all keep going.
static void test_many_links(void **state)
{
    struct rig rig;
    uint16_t handles[5][2];
    rig_open(&rig, 5);
    for (int i = 0; i < 6; i++) {
        rig_add_ready(&rig, &(struct air_controller_config){0});
    }
    for (int i = 0; i < 4; i++) {
        established(&rig, 0, i + 1, (uint16_t)(6 + i), handles[i]);
    }
    established(&rig, 1, 5, 7, handles[4]);
    for (int i = 0; i < 5; i++) {
        air_link_saturate(rig.c[i < 4 ? i + 1 : 5], handles[i][1], 27);
    }
    rig_run(&rig, 20000 * MS);
    for (int i = 0; i < 5; i++) {
        struct air_link_stats stats;
        assert_int_equal(air_link_stats(rig.c[i < 4 ? 0 : 1], handles[i][0], &stats), 0);
        assert_true(stats.saturate_pdus > 500); // everybody gets a share
    }
    assert_int_equal(air_controller_links(rig.c[0]), 4);
    assert_int_equal(air_controller_links(rig.c[1]), 2);
    rig_close(&rig);
}

static void test_saturate_all_links(void **state)
{
    struct rig rig;
    uint16_t handles[2][2];
    struct air_link_stats stats;
    rig_open(&rig, 5);
    for (int i = 0; i < 3; i++) {
        rig_add_ready(&rig, &(struct air_controller_config){0});
    }
    established(&rig, 0, 1, 24, handles[0]);
    established(&rig, 0, 2, 24, handles[1]);
    assert_int_equal(air_controller_saturate(rig.c[0], 27), 2);
    assert_int_equal(air_controller_saturate(rig.c[0], 300), 0); // No PDU is so long.
    rig_run(&rig, 1000 * MS);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(air_link_stats(rig.c[i + 1], handles[i][1], &stats), 0);
        assert_true(stats.saturate_pdus > 100);
    }
    rig_close(&rig);
}

// Links that fill the radio leave room for advertising, scanning and one more connection.
static void test_nobody_starves(void **state)
{
    struct rig rig;
    struct packet packet;
    uint16_t handles[2];
    rig_open(&rig, 5);
    for (int i = 0; i < 4; i++) {
        rig_add_ready(&rig, &(struct air_controller_config){0});
    }
    established(&rig, 0, 1, 6, handles);
    air_link_saturate(rig.c[0], handles[0], 27);
    air_link_saturate(rig.c[1], handles[1], 27);
    rig_advertise(&rig, 1, 0, 0x20);
    rig_scan(&rig, 2, true, 0x60, 0x60, false);
    int heard = 0;
    for (int i = 0; i < 100; i++) {
        heard += rig_le_event(&rig, 2, LE_EV_REPORT, 200 * MS, &packet);
    }
    assert_int_equal(heard, 100);
    rig_advertise(&rig, 3, 0, 0x20);
    assert_int_equal(rig_connect(&rig, 0, 3, 24, 0, 100), 0);
    assert_true(rig_le_event(&rig, 0, LE_EV_CONNECTION, 5000 * MS, &packet));
    rig_run(&rig, 5000 * MS);
    assert_int_equal(air_controller_links(rig.c[0]), 2);
    rig_close(&rig);
}

// One peripheral of four centrals that know nothing of each other, so that anchors lie anywhere, just
// before another's too: each link carries what it is given in both directions, or it has ended.
static void random_offsets(uint64_t seed)
{
    struct rig rig;
    struct packet packet;
    uint16_t handles[4][2];
    uint8_t data[200] = {196, 0, 4, 0};
    unsigned int received[4] = {0}, hub_received = 0, ended = 0;
    uint64_t random = seed;
    rig_open(&rig, seed);
    for (int i = 0; i < 5; i++) {
        rig_add_ready(&rig, &(struct air_controller_config){0});
    }
    for (int i = 0; i < 4; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        rig_run(&rig, (int64_t)(random >> 40) % (50 * MS));
        rig_link(&rig, i + 1, 0, 8, handles[i]);
    }
    for (int i = 0; i < 4; i++) {
        (void)rig_event(&rig, i + 1, EV_DISCONNECTION, 1, &packet);
        if (air_controller_links(rig.c[i + 1])) {
            rig_acl(&rig, i + 1, handles[i][0], true, data, sizeof(data));
            rig_acl(&rig, 0, handles[i][1], true, data, sizeof(data));
        }
    }
    rig_run(&rig, 5000 * MS);
    for (int i = 0; i < 4; i++) {
        ended += !air_controller_links(rig.c[i + 1]);
        while (rig_read(&rig, i + 1, &packet)) {
            received[i] += packet.data[0] == 0x02 ? get16(packet.data + 3) : 0;
        }
        assert_true(received[i] == sizeof(data) || !air_controller_links(rig.c[i + 1]));
    }
    while (rig_read(&rig, 0, &packet)) {
        hub_received += packet.data[0] == 0x02 ? get16(packet.data + 3) : 0;
    }
    assert_true(hub_received >= (4 - ended) * sizeof(data));
    assert_true(ended < 4);
    rig_close(&rig);
}

static void test_close_anchors_carry_data_or_end(void **state)
{
    for (uint64_t seed = 1; seed <= 200; seed++) {
        random_offsets(seed);
    }
}

// ... and no piece of a packet is smaller than it must be.
static void test_close_anchors_cut_no_crumbs(void **state)
{
    struct rig rig;
    uint16_t handles[2][2];
    uint8_t data[100] = {96, 0, 4, 0};
    for (int64_t shift = 0; shift < 10 * MS; shift += 250) {
        struct air_link_stats stats;
        rig_open(&rig, 3);
        for (int i = 0; i < 3; i++) {
            rig_add_ready(&rig, &(struct air_controller_config){0});
        }
        rig_link(&rig, 1, 0, 8, handles[0]);
        rig_run(&rig, shift);
        rig_link(&rig, 2, 0, 8, handles[1]);
        rig_acl(&rig, 1, handles[0][0], true, data, sizeof(data));
        rig_run(&rig, 2000 * MS);
        if (!air_link_stats(rig.c[1], handles[0][0], &stats)) {
            assert_int_equal(stats.tx_pdus, 4); // 27 + 27 + 27 + 19
        }
        rig_close(&rig);
    }
}

// Three controllers whose hosts send any command with any parameters, mostly for handles that
// exist: nothing breaks, and all still answer.

static const struct any_command any_commands[] = {
    {OP_DISCONNECT, 3},
    {OP_REMOTE_VERSION, 2},
    {OP_EVENT_MASK, 8},
    {OP_RESET, 0},
    {OP_HOST_FLOW, 1},
    {OP_HOST_BUFFER_SIZE, 7},
    {OP_HOST_COMPLETED, 5},
    {OP_READ_COMMANDS, 0},
    {OP_LE_EVENT_MASK, 8},
    {OP_RANDOM_ADDRESS, 6},
    {OP_ADV_PARAMS, 15},
    {OP_ADV_DATA, 32},
    {OP_SCAN_RSP, 32},
    {OP_ADV_ENABLE, 1},
    {OP_SCAN_PARAMS, 7},
    {OP_SCAN_ENABLE, 2},
    {OP_CREATE, 25},
    {OP_CREATE_CANCEL, 0},
    {OP_CLEAR_ACCEPT, 0},
    {OP_ADD_ACCEPT, 7},
    {OP_REMOVE_ACCEPT, 7},
    {OP_UPDATE, 14},
    {OP_SET_CHANNELS, 5},
    {OP_READ_CHANNELS, 2},
    {OP_REMOTE_FEATURES, 2},
    {OP_ENCRYPT, 32},
    {OP_RAND, 0},
    {OP_START_ENCRYPTION, 28},
    {OP_LTK_REPLY, 18},
    {OP_LTK_NEGATIVE, 2},
    {OP_PARAM_REPLY, 14},
    {OP_PARAM_NEGATIVE, 3},
    {OP_DATA_LENGTH, 6},
    {OP_WRITE_DEFAULT_LEN, 4},
    {OP_READ_PHY, 2},
    {OP_SET_PHY, 7},
    {0x2031, 3},
    {0xffb0, 3},
    {0xffb1, 8},
    {0x0c2d, 3},
    {0x1405, 2},
};

// A fresh start, so that there is always something to disturb.
static void any_restart(struct rig *rig, uint32_t draw, uint16_t handles[2])
{
    rig_run(rig, MS);
    for (int k = 0; k < 3; k++) {
        rig_drain(rig, k);
        rig_restart(rig, k);
        RIG_CMD(rig, k, 0xffb1, 0, 0, 0, 0, 0, 0, 0, 0);
    }
    rig_link(rig, 0, 1, (uint16_t)(6 + draw % 50), handles);
}

static void any_disturbance(struct rig *rig, uint64_t *random, const uint16_t handles[2])
{
    uint32_t draw = any(random);
    int i = (int)(draw % 3);
    size_t which = (draw >> 8) % (sizeof(any_commands) / sizeof(any_commands[0]));
    uint8_t buf[4 + ANY_PARAMS_MAX];
    size_t len = any_packet(buf, &any_commands[which], draw, 0x07, random);
    if (buf[3] >= 2) {
        put16(buf + 4, handles[i & 1]);
    }
    if (any_commands[which].opcode != OP_RESET || !(draw >> 30)) {
        (void)air_hci_write(rig->c[i], buf, len);
    }
    if (draw % 7 == 0) {
        uint8_t acl[16] = {0x02, (uint8_t)handles[i & 1], (uint8_t)(handles[i & 1] >> 8), 11};
        (void)air_hci_write(rig->c[i], acl, sizeof(acl));
    }
    rig_run(rig, draw % 9000);
    struct packet packet;
    while (draw % 3 && rig_read(rig, i, &packet)) {
    }
}

static void test_any_command_at_any_time(void **state)
{
    struct rig rig;
    uint16_t handles[2];
    uint64_t random = 99;
    any_open(&rig, 3);
    for (int n = 0; n < 60000; n++) {
        if (n % 300 == 0) {
            any_restart(&rig, any(&random), handles);
        }
        any_disturbance(&rig, &random, handles);
    }
    any_close(&rig);
}

static void test_link_limit(void **state)
{
    struct rig rig;
    struct packet packet;
    uint16_t handles[2];
    rig_open(&rig, 5);
    rig_add_ready(&rig, &(struct air_controller_config){.max_links = 1});
    rig_add_ready(&rig, &(struct air_controller_config){0});
    rig_add_ready(&rig, &(struct air_controller_config){0});
    established(&rig, 0, 1, 24, handles);
    rig_advertise(&rig, 2, 0, 0x20);
    assert_int_equal(rig_connect(&rig, 0, 2, 24, 0, 100), 0x09);
    assert_false(rig_le_event(&rig, 2, LE_EV_CONNECTION, 100 * MS, &packet));
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connection_complete_of_both),
        cmocka_unit_test(test_not_established),
        cmocka_unit_test(test_supervision_after_power_loss),
        cmocka_unit_test(test_supervision_of_the_peripheral),
        cmocka_unit_test(test_disconnect_reasons),
        cmocka_unit_test(test_disconnect_from_a_dead_peer),
        cmocka_unit_test(test_version_and_features),
        cmocka_unit_test(test_features_of_a_4_0_central),
        cmocka_unit_test(test_update_by_central),
        cmocka_unit_test(test_update_by_peripheral),
        cmocka_unit_test(test_update_by_peripheral_refused),
        cmocka_unit_test(test_update_by_peripheral_needs_the_procedure),
        cmocka_unit_test(test_update_collision),
        cmocka_unit_test(test_update_while_phys_stay),
        cmocka_unit_test(test_channel_map),
        cmocka_unit_test(test_data_length),
        cmocka_unit_test(test_data_length_by_default),
        cmocka_unit_test(test_data_length_old_peer),
        cmocka_unit_test(test_phy_update),
        cmocka_unit_test(test_phy_old_peer),
        cmocka_unit_test(test_procedure_timeout),
        cmocka_unit_test(test_missed_instant),
        cmocka_unit_test(test_latency),
        cmocka_unit_test(test_many_links),
        cmocka_unit_test(test_saturate_all_links),
        cmocka_unit_test(test_nobody_starves),
        cmocka_unit_test(test_close_anchors_carry_data_or_end),
        cmocka_unit_test(test_close_anchors_cut_no_crumbs),
        cmocka_unit_test(test_any_command_at_any_time),
        cmocka_unit_test(test_link_limit),
    };
    return cmocka_run_group_tests_name("air_link", tests, NULL, NULL);
}
