// The controller's side of privacy: the list's rules, addresses made and resolved, the enhanced
// event (Core Specification, Vol 4, Part E, 7.8.38 to 7.8.45, 7.8.77; Vol 6, Part B, 6).
#include "rig.h"

#define MS              1000
#define OP_ADD_RL       0x2027
#define OP_REMOVE_RL    0x2028
#define OP_CLEAR_RL     0x2029
#define OP_RL_SIZE      0x202a
#define OP_LOCAL_RPA    0x202c
#define OP_RESOLUTION   0x202d
#define OP_RPA_TIMEOUT  0x202e
#define OP_PRIVACY_MODE 0x204e
#define OP_SET_RANDOM   0x2005
#define OP_ADV_PARAMS   0x2006
#define OP_ADV_ENABLE   0x200a
#define DISALLOWED      0x0c
#define INVALID         0x12
#define UNKNOWN         0x02
#define FULL            0x07
#define LEVEL                                                                                      \
    {                                                                                              \
        .level = AIR_LEVEL_5_0, .without_features = 1u << 12                                       \
    }

// The sample data of Vol 3, Part H, D.7: an IRK and an address that it made.
static const uint8_t sample_irk[16] = {0x9b, 0x7d, 0x39, 0x0a, 0xa6, 0x10, 0x10, 0x34,
                                       0x05, 0xad, 0xc8, 0x57, 0xa3, 0x34, 0x02, 0xec};
static const uint8_t sample_rpa[6] = {0xaa, 0xfb, 0x0d, 0x94, 0x81, 0x70};
static const uint8_t identity[7] = {0x00, 1, 2, 3, 4, 5, 6}; // public

static uint8_t add(struct rig *rig, int i, const uint8_t peer[7], const uint8_t *peer_irk,
                   const uint8_t *local_irk)
{
    uint8_t params[39] = {0};
    memcpy(params, peer, 7);
    if (peer_irk) {
        memcpy(params + 7, peer_irk, 16);
    }
    if (local_irk) {
        memcpy(params + 23, local_irk, 16);
    }
    return rig_cmd(rig, i, OP_ADD_RL, params, sizeof(params));
}

static void test_rules_of_the_list(void **state)
{
    static const uint8_t other[7] = {0x01, 1, 2, 3, 4, 5, 0xc6};
    static const uint8_t third[7] = {0x01, 9, 2, 3, 4, 5, 0xc6};
    static const uint8_t odd[7] = {0x02, 1, 2, 3, 4, 5, 6};
    uint8_t mode[8];
    struct rig rig;
    struct packet rsp;
    rig_open(&rig, 1);
    struct air_controller_config config = LEVEL;
    config.resolving_list_size = 2;
    int a = rig_add_ready(&rig, &config);
    assert_int_equal(rig_cmd_rsp(&rig, a, OP_RL_SIZE, NULL, 0, &rsp), 0);
    assert_int_equal(rsp.data[1], 2);
    assert_int_equal(add(&rig, a, identity, sample_irk, NULL), 0);
    assert_int_equal(add(&rig, a, identity, sample_irk, NULL), INVALID); // Twice.
    assert_int_equal(add(&rig, a, odd, sample_irk, NULL), INVALID);
    assert_int_equal(add(&rig, a, other, sample_irk, NULL), 0);
    assert_int_equal(add(&rig, a, third, sample_irk, NULL), FULL);
    assert_int_equal(rig_cmd(&rig, a, OP_REMOVE_RL, third, 7), UNKNOWN);
    memcpy(mode, third, 7);
    mode[7] = 1;
    assert_int_equal(rig_cmd(&rig, a, OP_PRIVACY_MODE, mode, 8), UNKNOWN);
    assert_int_equal(RIG_CMD(&rig, a, OP_RESOLUTION, 2), INVALID);
    assert_int_equal(RIG_CMD(&rig, a, OP_RPA_TIMEOUT, 0, 0), INVALID);
    assert_int_equal(RIG_CMD(&rig, a, OP_RPA_TIMEOUT, 0x11, 0x0e), INVALID); // 3601 s
    // While somebody advertises and resolution is on nothing of it may change.
    assert_int_equal(RIG_CMD(&rig, a, OP_RESOLUTION, 1), 0);
    rig_advertise(&rig, a, 0, 0x40);
    memcpy(mode, identity, 7);
    assert_int_equal(rig_cmd(&rig, a, OP_REMOVE_RL, identity, 7), DISALLOWED);
    assert_int_equal(rig_cmd(&rig, a, OP_CLEAR_RL, NULL, 0), DISALLOWED);
    assert_int_equal(add(&rig, a, third, sample_irk, NULL), DISALLOWED);
    assert_int_equal(rig_cmd(&rig, a, OP_PRIVACY_MODE, mode, 8), DISALLOWED);
    assert_int_equal(RIG_CMD(&rig, a, OP_RESOLUTION, 0), DISALLOWED);
    assert_int_equal(RIG_CMD(&rig, a, OP_ADV_ENABLE, 0), 0);
    assert_int_equal(rig_cmd(&rig, a, OP_PRIVACY_MODE, mode, 8), 0);
    assert_int_equal(rig_cmd(&rig, a, OP_CLEAR_RL, NULL, 0), 0);
    rig_close(&rig);
}

// A device with the sample's address is reported by its identity, of type 2.
static void test_sample_is_resolved(void **state)
{
    struct rig rig;
    struct packet packet;
    struct air_controller_config config = LEVEL;
    rig_open(&rig, 1);
    int a = rig_add_ready(&rig, &config);
    int b = rig_add_ready(&rig, &config);
    assert_int_equal(rig_cmd(&rig, a, OP_SET_RANDOM, sample_rpa, 6), 0);
    rig_advertise(&rig, a, 0, 0x40);
    rig_scan(&rig, b, false, 0x40, 0x40, false);
    assert_true(rig_le_event(&rig, b, LE_EV_REPORT, 1000 * MS, &packet));
    assert_int_equal(packet.data[6], 1);
    assert_memory_equal(packet.data + 7, sample_rpa, 6);
    assert_int_equal(RIG_CMD(&rig, b, 0x200c, 0, 0), 0);
    assert_int_equal(add(&rig, b, identity, sample_irk, NULL), 0);
    assert_int_equal(RIG_CMD(&rig, b, OP_RESOLUTION, 1), 0);
    rig_drain(&rig, b);
    rig_scan(&rig, b, false, 0x40, 0x40, false);
    assert_true(rig_le_event(&rig, b, LE_EV_REPORT, 1000 * MS, &packet));
    assert_int_equal(packet.data[6], 2);
    assert_memory_equal(packet.data + 7, identity + 1, 6);
    rig_close(&rig);
}

// In network mode, which is the default, a peer with an IRK has to hide; in device mode it need not.
static void test_network_and_device_mode(void **state)
{
    struct rig rig;
    struct packet packet;
    struct air_controller_config config = LEVEL;
    uint8_t peer[8] = {1};
    rig_open(&rig, 1);
    int a = rig_add_ready(&rig, &config);
    int b = rig_add_ready(&rig, &config);
    rig_addr(&rig, a, peer + 1);
    assert_int_equal(add(&rig, b, peer, sample_irk, NULL), 0);
    assert_int_equal(RIG_CMD(&rig, b, OP_RESOLUTION, 1), 0);
    rig_advertise(&rig, a, 0, 0x40);
    rig_scan(&rig, b, false, 0x40, 0x40, false);
    assert_false(rig_le_event(&rig, b, LE_EV_REPORT, 1000 * MS, &packet));
    assert_int_equal(RIG_CMD(&rig, b, 0x200c, 0, 0), 0);
    peer[7] = 1;
    assert_int_equal(rig_cmd(&rig, b, OP_PRIVACY_MODE, peer, 8), 0);
    rig_scan(&rig, b, false, 0x40, 0x40, false);
    assert_true(rig_le_event(&rig, b, LE_EV_REPORT, 1000 * MS, &packet));
    rig_close(&rig);
}

static void local_rpa(struct rig *rig, int i, const uint8_t peer[7], uint8_t addr[6])
{
    struct packet rsp;
    assert_int_equal(rig_cmd_rsp(rig, i, OP_LOCAL_RPA, peer, 7, &rsp), 0);
    memcpy(addr, rsp.data + 1, 6);
}

// The controller's own private address changes when its time is over, also while it advertises.
static void test_own_address_changes(void **state)
{
    struct rig rig;
    struct packet packet;
    struct air_controller_config config = LEVEL;
    uint8_t params[15] = {0x40, 0, 0x40, 0, 0, 3}; // own type: private, or random
    uint8_t addrs[2][6];
    rig_open(&rig, 1);
    int a = rig_add_ready(&rig, &config);
    int b = rig_add_ready(&rig, &config);
    assert_int_equal(add(&rig, a, identity, NULL, sample_irk), 0);
    assert_int_equal(RIG_CMD(&rig, a, OP_RPA_TIMEOUT, 10, 0), 0);
    assert_int_equal(RIG_CMD(&rig, a, OP_RESOLUTION, 1), 0);
    memcpy(params + 6, identity, 7);
    params[13] = 7;
    assert_int_equal(rig_cmd(&rig, a, OP_ADV_PARAMS, params, sizeof(params)), 0);
    assert_int_equal(RIG_CMD(&rig, a, OP_ADV_ENABLE, 1), 0);
    rig_scan(&rig, b, false, 0x40, 0x40, false);
    for (int i = 0; i < 2; i++) {
        rig_drain(&rig, b);
        assert_true(rig_le_event(&rig, b, LE_EV_REPORT, 1000 * MS, &packet));
        local_rpa(&rig, a, identity, addrs[i]);
        assert_memory_equal(packet.data + 7, addrs[i], 6);
        assert_int_equal(addrs[i][5] & 0xc0, 0x40);
        rig_run(&rig, 10 * 1000 * MS);
    }
    assert_memory_not_equal(addrs[0], addrs[1], 6);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_of_the_list),
        cmocka_unit_test(test_sample_is_resolved),
        cmocka_unit_test(test_network_and_device_mode),
        cmocka_unit_test(test_own_address_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
