// The air's HCI: commands, levels, errors, masks, the stream (Core Specification, Vol 4, Part E).
#include <errno.h>

#include "rig.h"
#include "vendor.h"

static void test_reset_and_versions(void **state)
{
    static const struct {
        enum air_level level;
        uint8_t version;
    } rows[] = {{AIR_LEVEL_4_0, 6},  {AIR_LEVEL_4_1, 7},  {AIR_LEVEL_4_2, 8},
                {AIR_LEVEL_5_0, 9},  {AIR_LEVEL_5_1, 10}, {AIR_LEVEL_5_2, 11},
                {AIR_LEVEL_5_3, 12}, {AIR_LEVEL_5_4, 13}, {AIR_LEVEL_DEFAULT, 13}};
    struct rig rig;
    struct packet rsp;
    rig_open(&rig, 1);
    for (int i = 0; i < RIG_MAX; i++) {
        rig_add(&rig, &(struct air_controller_config){.level = rows[i].level});
        assert_int_equal(rig_cmd(&rig, i, OP_RESET, NULL, 0), 0);
        assert_int_equal(rig_cmd_rsp(&rig, i, OP_READ_VERSION, NULL, 0, &rsp), 0);
        assert_int_equal(rsp.len, 9);
        assert_int_equal(rsp.data[1], rows[i].version);
        assert_int_equal(rsp.data[4], rows[i].version);
    }
    rig_close(&rig);
}

// A command is known exactly when its bit among the supported commands says so.
static void test_levels_decide_commands(void **state)
{
    static const struct {
        uint16_t opcode;
        uint8_t octet, bit, level, len;
    } rows[] = {{OP_READ_MAX_LEN, 35, 3, 42, 0},   {OP_READ_DEFAULT_LEN, 33, 7, 42, 0},
                {OP_PARAM_NEGATIVE, 33, 5, 41, 3}, {OP_READ_PHY, 35, 4, 50, 2},
                {OP_RAND, 27, 7, 40, 0},           {0x2060, 41, 5, 52, 0}};
    static const enum air_level levels[] = {40, 41, 42, 50, 51, 52, 53, 54};
    struct rig rig;
    struct packet rsp;
    rig_open(&rig, 1);
    for (int i = 0; i < 8; i++) {
        rig_add(&rig, &(struct air_controller_config){.level = levels[i]});
        assert_int_equal(rig_cmd_rsp(&rig, i, OP_READ_COMMANDS, NULL, 0, &rsp), 0);
        assert_int_equal(rsp.len, 65);
        struct packet commands = rsp;
        for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
            uint8_t params[4] = {0};
            bool expected = levels[i] >= rows[r].level;
            bool listed = commands.data[1 + rows[r].octet] >> rows[r].bit & 1;
            uint8_t status = rig_cmd(&rig, i, rows[r].opcode, params, rows[r].len);
            assert_int_equal(listed, expected);
            assert_int_equal(status == 0x01, !expected);
        }
    }
    rig_close(&rig);
}

static void test_features_follow_level(void **state)
{
    static const struct {
        enum air_level level;
        uint64_t features;
    } rows[] = {{AIR_LEVEL_4_0, 0x01},   {AIR_LEVEL_4_1, 0x0f},      {AIR_LEVEL_4_2, 0x6f},
                {AIR_LEVEL_5_0, 0x396f}, {AIR_LEVEL_5_2, 0x300396f}, {AIR_LEVEL_5_4, 0x200300396f}};
    struct rig rig;
    struct packet rsp;
    rig_open(&rig, 1);
    for (int i = 0; i < 6; i++) {
        rig_add(&rig, &(struct air_controller_config){.level = rows[i].level});
        assert_int_equal(rig_cmd_rsp(&rig, i, OP_LE_FEATURES, NULL, 0, &rsp), 0);
        assert_int_equal(get64(rsp.data + 1), rows[i].features);
    }
    rig_close(&rig);
}

static void test_single_commands_and_features_removed(void **state)
{
    static const uint16_t without[] = {OP_HOST_FLOW, OP_RAND};
    struct rig rig;
    struct packet rsp;
    rig_open(&rig, 1);
    rig_add(&rig, &(struct air_controller_config){.without_commands = without,
                                                  .without_commands_len = 2,
                                                  .without_features = 1u << 5});
    assert_int_equal(RIG_CMD(&rig, 0, OP_HOST_FLOW, 1), 0x01);
    assert_int_equal(rig_cmd(&rig, 0, OP_RAND, NULL, 0), 0x01);
    assert_int_equal(rig_cmd(&rig, 0, OP_READ_MAX_LEN, NULL, 0), 0x01);
    assert_int_equal(rig_cmd_rsp(&rig, 0, OP_READ_COMMANDS, NULL, 0, &rsp), 0);
    assert_int_equal(rsp.data[1 + 10] & 1 << 5, 0);
    assert_int_equal(rsp.data[1 + 27] & 1 << 7, 0);
    rig_close(&rig);
}

static void test_buffers_own_and_shared(void **state)
{
    struct rig rig;
    struct packet rsp;
    rig_open(&rig, 1);
    rig_add(&rig, &(struct air_controller_config){.acl_len = 64, .acl_count = 3});
    rig_add(&rig,
            &(struct air_controller_config){.acl_len = 64, .acl_count = 3, .acl_shared = true});
    assert_int_equal(rig_cmd_rsp(&rig, 0, OP_LE_BUFFER_SIZE, NULL, 0, &rsp), 0);
    assert_memory_equal(rsp.data, ((uint8_t[]){0, 64, 0, 3}), 4);
    assert_int_equal(rig_cmd_rsp(&rig, 1, OP_LE_BUFFER_SIZE, NULL, 0, &rsp), 0);
    assert_memory_equal(rsp.data, ((uint8_t[]){0, 0, 0, 0}), 4);
    assert_int_equal(rig_cmd_rsp(&rig, 1, OP_READ_BUFFER_SIZE, NULL, 0, &rsp), 0);
    assert_memory_equal(rsp.data, ((uint8_t[]){0, 64, 0, 0, 3, 0, 0, 0}), 8);
    rig_close(&rig);
}

static void test_identity(void **state)
{
    struct rig rig;
    struct packet rsp;
    rig_open(&rig, 1);
    uint8_t addr[6];
    rig_add(&rig, &(struct air_controller_config){.has_public_address = true,
                                                  .public_address = {1, 2, 3, 4, 5, 6}});
    rig_add(&rig, &(struct air_controller_config){.name = "sensor"});
    rig_add(&rig, &(struct air_controller_config){.no_static_address = true});
    assert_int_equal(rig_cmd_rsp(&rig, 0, OP_READ_BD_ADDR, NULL, 0, &rsp), 0);
    assert_memory_equal(rsp.data + 1, ((uint8_t[]){1, 2, 3, 4, 5, 6}), 6);
    assert_int_equal(rig_cmd_rsp(&rig, 1, OP_READ_BD_ADDR, NULL, 0, &rsp), 0);
    assert_memory_equal(rsp.data + 1, ((uint8_t[6]){0}), 6);
    assert_int_equal(rig_cmd_rsp(&rig, 1, AIR_VENDOR_READ_STATIC_ADDRESSES, NULL, 0, &rsp), 0);
    air_address_from_name("sensor", 6, addr);
    assert_int_equal(rsp.len, 1 + 1 + 6 + 16);
    assert_memory_equal(rsp.data + 2, addr, 6);
    assert_int_equal(addr[5] & 0xc0, 0xc0);
    assert_int_equal(rig_cmd_rsp(&rig, 2, AIR_VENDOR_READ_STATIC_ADDRESSES, NULL, 0, &rsp), 0);
    assert_int_equal(rsp.data[1], 0);
    rig_close(&rig);
}

static void test_name_sets_address(void **state)
{
    struct rig rig;
    struct packet rsp;
    uint8_t first[6];
    rig_open(&rig, 1);
    rig_add(&rig, &(struct air_controller_config){.has_public_address = true});
    rig_add_ready(&rig, &(struct air_controller_config){0});
    assert_int_equal(rig_cmd_rsp(&rig, 0, AIR_VENDOR_SET_NAME, "lamp", 4, &rsp), 0);
    memcpy(first, rsp.data + 1, 6);
    assert_int_equal(rig_cmd(&rig, 0, OP_RESET, NULL, 0), 0);
    assert_int_equal(rig_cmd_rsp(&rig, 0, AIR_VENDOR_READ_STATIC_ADDRESSES, NULL, 0, &rsp), 0);
    assert_memory_equal(rsp.data + 2, first, 6);
    assert_int_equal(rig_cmd_rsp(&rig, 0, OP_READ_BD_ADDR, NULL, 0, &rsp), 0);
    assert_memory_equal(rsp.data + 1, ((uint8_t[6]){0}), 6);
    // Taken; not while in use; not empty.
    assert_int_equal(rig_cmd(&rig, 1, AIR_VENDOR_SET_NAME, "lamp", 4), 0x0b);
    assert_int_equal(rig_cmd(&rig, 1, AIR_VENDOR_SET_NAME, "", 0), 0x12);
    rig_advertise(&rig, 1, 0, 0x20);
    assert_int_equal(rig_cmd(&rig, 1, AIR_VENDOR_SET_NAME, "other", 5), 0x0c);
    rig_close(&rig);
}

static void test_errors(void **state)
{
    struct rig rig;
    uint16_t handles[2];
    rig_open(&rig, 1);
    int a = rig_add_ready(&rig, &(struct air_controller_config){0});
    int b = rig_add_ready(&rig, &(struct air_controller_config){0});
    assert_int_equal(RIG_CMD(&rig, a, 0x0123, 1), 0x01);        // unknown
    assert_int_equal(RIG_CMD(&rig, a, OP_RESET, 1), 0x12);      // too long
    assert_int_equal(RIG_CMD(&rig, a, OP_ADV_ENABLE, 2), 0x12); // out of range
    assert_int_equal(RIG_CMD(&rig, a, OP_DISCONNECT, 9, 0, 0x13), 0x02);
    assert_int_equal(RIG_CMD(&rig, a, OP_REMOTE_VERSION, 9, 0), 0x02);
    assert_int_equal(RIG_CMD(&rig, a, OP_READ_PHY, 9, 0), 0x02);
    assert_int_equal(rig_cmd(&rig, a, OP_CREATE_CANCEL, NULL, 0), 0x0c);
    assert_int_equal(RIG_CMD(&rig, a, OP_HOST_COMPLETED, 2, 0, 0, 1, 0), 0x12);
    assert_int_equal(RIG_CMD(&rig, a, OP_SET_CHANNELS, 0, 0, 0, 0, 0), 0x12);
    assert_int_equal(RIG_CMD(&rig, a, OP_SET_CHANNELS, 1, 0, 0, 0, 0x20), 0x12);
    rig_link(&rig, a, b, 24, handles);
    uint8_t h = (uint8_t)handles[0];
    assert_int_equal(RIG_CMD(&rig, a, OP_DISCONNECT, h, 0, 0x08), 0x12); // not a legal reason
    assert_int_equal(RIG_CMD(&rig, a, OP_DATA_LENGTH, h, 0, 26, 0, 72, 1), 0x12);
    assert_int_equal(RIG_CMD(&rig, a, OP_SET_PHY, h, 0, 0, 0, 1, 0, 0), 0x12);
    assert_int_equal(RIG_CMD(&rig, a, OP_LTK_NEGATIVE, h, 0), 0x0c);
    assert_int_equal(RIG_CMD(&rig, a, OP_PARAM_NEGATIVE, h, 0, 0x3b), 0x0c);
    assert_int_equal(RIG_CMD(&rig, a, OP_HOST_FLOW, 1), 0x0c);
    assert_int_equal(rig_connect(&rig, a, b, 24, 0, 100), 0x0b);  // connected already
    assert_int_equal(rig_connect(&rig, a, a, 5, 0, 100), 0x12);   // interval too short
    assert_int_equal(rig_connect(&rig, a, a, 400, 9, 100), 0x12); // time-out too short
    rig_close(&rig);
}

static void test_le_events_need_both_masks(void **state)
{
    struct rig rig;
    struct packet packet;
    rig_open(&rig, 1);
    int a = rig_add(&rig, &(struct air_controller_config){0});
    int b = rig_add_ready(&rig, &(struct air_controller_config){0});
    uint8_t addr[6];
    rig_addr(&rig, a, addr);
    rig_cmd(&rig, a, OP_RESET, NULL, 0);
    rig_cmd(&rig, a, OP_RANDOM_ADDRESS, addr, 6);
    rig_advertise(&rig, b, 0, 0x20);
    rig_scan(&rig, a, false, 0x60, 0x60, false);
    // After a reset the LE Meta event is masked out (7.3.1).
    assert_false(rig_le_event(&rig, a, LE_EV_REPORT, 1000000, &packet));
    RIG_CMD(&rig, a, OP_EVENT_MASK, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f);
    assert_true(rig_le_event(&rig, a, LE_EV_REPORT, 1000000, &packet));
    RIG_CMD(&rig, a, OP_LE_EVENT_MASK, 0x1d, 0, 0, 0, 0, 0, 0, 0); // without bit 1
    rig_drain(&rig, a);
    assert_false(rig_le_event(&rig, a, LE_EV_REPORT, 1000000, &packet));
    rig_close(&rig);
}

static void test_disconnection_masked(void **state)
{
    struct rig rig;
    struct packet packet;
    uint16_t handles[2];
    rig_open(&rig, 1);
    rig_add_ready(&rig, &(struct air_controller_config){0});
    rig_add_ready(&rig, &(struct air_controller_config){0});
    rig_link(&rig, 0, 1, 24, handles);
    RIG_CMD(&rig, 0, OP_EVENT_MASK, 0xef, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
    RIG_CMD(&rig, 0, OP_DISCONNECT, (uint8_t)handles[0], 0, 0x13);
    assert_false(rig_event(&rig, 0, EV_DISCONNECTION, 3000000, &packet));
    assert_true(rig_event(&rig, 1, EV_DISCONNECTION, 1000, &packet));
    rig_close(&rig);
}

// LE Encrypt against the sample data of FIPS 197, appendix B, in HCI's octet order; LE Rand varies.
static void test_encrypt_and_rand(void **state)
{
    static const uint8_t key[16] = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
                                    0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};
    static const uint8_t in[16] = {0x32, 0x43, 0xf6, 0xa8, 0x88, 0x5a, 0x30, 0x8d,
                                   0x31, 0x31, 0x98, 0xa2, 0xe0, 0x37, 0x07, 0x34};
    static const uint8_t out[16] = {0x39, 0x25, 0x84, 0x1d, 0x02, 0xdc, 0x09, 0xfb,
                                    0xdc, 0x11, 0x85, 0x97, 0x19, 0x6a, 0x0b, 0x32};
    struct rig rig;
    struct packet rsp, other;
    uint8_t params[32];
    rig_open(&rig, 1);
    rig_add(&rig, &(struct air_controller_config){0});
    for (int i = 0; i < 16; i++) {
        params[i] = key[15 - i];
        params[16 + i] = in[15 - i];
    }
    assert_int_equal(rig_cmd_rsp(&rig, 0, OP_ENCRYPT, params, 32, &rsp), 0);
    for (int i = 0; i < 16; i++) {
        assert_int_equal(rsp.data[1 + i], out[15 - i]);
    }
    assert_int_equal(rig_cmd_rsp(&rig, 0, OP_RAND, NULL, 0, &rsp), 0);
    assert_int_equal(rig_cmd_rsp(&rig, 0, OP_RAND, NULL, 0, &other), 0);
    assert_memory_not_equal(rsp.data + 1, other.data + 1, 8);
    rig_close(&rig);
}

static void test_stream_any_read_size(void **state)
{
    struct rig rig;
    uint8_t all[64], one[64];
    size_t len = 0;
    rig_open(&rig, 1);
    rig_add(&rig, &(struct air_controller_config){0});
    rig_add(&rig, &(struct air_controller_config){0});
    for (int i = 0; i < 2; i++) {
        rig_cmd_nowait(&rig, i, OP_RESET, NULL, 0);
        rig_cmd_nowait(&rig, i, OP_READ_VERSION, NULL, 0);
    }
    rig_run(&rig, 10);
    int n = air_hci_read(rig.c[0], all, sizeof(all));
    while (air_hci_pending(rig.c[1])) {
        assert_int_equal(air_hci_read(rig.c[1], one + len++, 1), 1);
    }
    assert_int_equal(n, 7 + 15);
    assert_int_equal(len, n);
    assert_memory_equal(all, one, len);
    rig_close(&rig);
}

static void test_write_refuses_what_is_no_packet(void **state)
{
    struct rig rig;
    rig_open(&rig, 1);
    rig_add(&rig, &(struct air_controller_config){0});
    assert_int_equal(air_hci_write(rig.c[0], (const uint8_t *)"\x01\x03\x0c", 3), -EINVAL);
    assert_int_equal(air_hci_write(rig.c[0], (const uint8_t *)"\x01\x03\x0c\x01", 4), -EINVAL);
    assert_int_equal(air_hci_write(rig.c[0], (const uint8_t *)"\x77\x03\x0c\x00", 4), -EINVAL);
    assert_int_equal(air_hci_write(rig.c[0], (const uint8_t *)"\x02\x00\x00\x05\x00", 5), -EINVAL);
    int sent = 0;
    while (air_hci_write(rig.c[0], (const uint8_t *)"\x01\x18\x20\x00", 4) == 0) {
        sent++;
    }
    assert_int_equal(air_hci_write(rig.c[0], (const uint8_t *)"\x01\x18\x20\x00", 4), -EAGAIN);
    assert_in_range(sent, 1, 1000);
    rig_run(&rig, 1);
    assert_int_equal(air_hci_write(rig.c[0], (const uint8_t *)"\x01\x18\x20\x00", 4), 0);
    // A host that never reads is not served for ever.
    for (sent = 0; sent < 10000; sent++) {
        if (air_hci_write(rig.c[0], (const uint8_t *)"\x01\x18\x20\x00", 4)) {
            break;
        }
        rig_run(&rig, 1);
    }
    assert_in_range(sent, 100, 1000);
    air_controller_power(rig.c[0], false);
    assert_int_equal(air_hci_write(rig.c[0], (const uint8_t *)"\x01\x03\x0c\x00", 4), -ENODEV);
    assert_false(air_hci_pending(rig.c[0]));
    rig_close(&rig);
}

static void test_latency_each_way(void **state)
{
    struct rig rig;
    struct packet packet;
    rig_open(&rig, 1);
    rig_add(&rig, &(struct air_controller_config){.latency_us = 1000});
    rig_cmd_nowait(&rig, 0, OP_RESET, NULL, 0);
    assert_false(rig_wait(&rig, 0, 1999, &packet));
    assert_true(rig_wait(&rig, 0, 1, &packet));
    assert_int_equal(air_now(rig.air), 2000);
    rig_close(&rig);
}

struct filter_log {
    int to_host, to_controller;
    uint16_t drop_opcode;
};

static enum air_verdict count_and_drop(void *ctx, enum air_dir dir, const uint8_t *packet,
                                       size_t len)
{
    struct filter_log *log = ctx;
    if (dir == AIR_TO_HOST) {
        log->to_host++;
        return AIR_PASS;
    }
    log->to_controller++;
    return get16(packet + 1) == log->drop_opcode ? AIR_DROP : AIR_PASS;
}

static void test_filter_and_inject(void **state)
{
    struct rig rig;
    struct packet packet;
    struct filter_log log = {.drop_opcode = OP_RAND};
    rig_open(&rig, 1);
    rig_add(&rig, &(struct air_controller_config){0});
    air_hci_filter(rig.c[0], count_and_drop, &log);
    rig_cmd_nowait(&rig, 0, OP_RAND, NULL, 0);
    assert_false(rig_wait(&rig, 0, 1000000, &packet));
    assert_int_equal(rig_cmd(&rig, 0, OP_RESET, NULL, 0), 0);
    assert_int_equal(log.to_controller, 2);
    assert_int_equal(log.to_host, 1);
    static const uint8_t odd[] = {0x04, 0xff, 0x01, 0x55};
    assert_int_equal(air_hci_inject(rig.c[0], AIR_TO_HOST, odd, 4, 500), 0);
    assert_false(rig_wait(&rig, 0, 499, &packet));
    assert_true(rig_wait(&rig, 0, 1, &packet));
    assert_memory_equal(packet.data, odd, 4);
    assert_int_equal(log.to_host, 1); // past the filter
    static const uint8_t reset[] = {0x01, 0x03, 0x0c, 0x00};
    assert_int_equal(air_hci_inject(rig.c[0], AIR_TO_CONTROLLER, reset, 4, 0), 0);
    assert_true(rig_event(&rig, 0, EV_COMPLETE, 10, &packet));
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reset_and_versions),
        cmocka_unit_test(test_levels_decide_commands),
        cmocka_unit_test(test_features_follow_level),
        cmocka_unit_test(test_single_commands_and_features_removed),
        cmocka_unit_test(test_buffers_own_and_shared),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_name_sets_address),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_le_events_need_both_masks),
        cmocka_unit_test(test_disconnection_masked),
        cmocka_unit_test(test_encrypt_and_rand),
        cmocka_unit_test(test_stream_any_read_size),
        cmocka_unit_test(test_write_refuses_what_is_no_packet),
        cmocka_unit_test(test_latency_each_way),
        cmocka_unit_test(test_filter_and_inject),
    };
    return cmocka_run_group_tests_name("air_hci", tests, NULL, NULL);
}
