// Periodic advertising and synchronisation on the air (Core Specification, Vol 6, Part B, 4.4; Vol 4,
// Part E, 7.8.61 to 7.8.73 and 7.8.88 to 7.8.92), by raw HCI.
#include "any.h"

#define MS 1000

#define OP_SET_ADDRESS   0x2035
#define OP_EXT_PARAMS    0x2036
#define OP_EXT_ENABLE    0x2039
#define OP_REMOVE_SET    0x203c
#define OP_CLEAR_SETS    0x203d
#define OP_PER_PARAMS    0x203e
#define OP_PER_DATA      0x203f
#define OP_PER_ENABLE    0x2040
#define OP_EXT_SCAN      0x2041
#define OP_EXT_SCAN_ON   0x2042
#define OP_SYNC          0x2044
#define OP_SYNC_CANCEL   0x2045
#define OP_SYNC_END      0x2046
#define OP_LIST_ADD      0x2047
#define OP_LIST_REMOVE   0x2048
#define OP_LIST_CLEAR    0x2049
#define OP_LIST_SIZE     0x204a
#define OP_PER_RECEIVE   0x2059
#define OP_PAST_SYNC     0x205a
#define OP_PAST_SET      0x205b
#define OP_PAST_PARAMS   0x205c
#define OP_PAST_DEFAULT  0x205d
#define LE_EV_SYNCED     0x0e
#define LE_EV_PER_REPORT 0x0f
#define LE_EV_LOST       0x10

#define INTERVAL 80 // 100 ms

static void open_rig(struct rig *rig, int count)
{
    rig_open(rig, 12);
    for (int i = 0; i < count; i++) {
        rig_add_ready(rig, &(struct air_controller_config){0});
    }
}

static void set_make(struct rig *rig, int i, uint8_t handle, uint16_t props)
{
    uint8_t p[25] = {handle}, addr[7] = {handle};
    put16(p + 1, props);
    p[3] = p[6] = 0x40; // 40 ms
    p[9] = 7;
    p[10] = 1; // random
    p[19] = 0x7f;
    p[20] = 1;
    p[22] = 2;
    p[23] = handle & 0x0f; // SID
    assert_int_equal(rig_cmd(rig, i, OP_EXT_PARAMS, p, sizeof(p)), 0);
    rig_addr(rig, i, addr + 1);
    assert_int_equal(rig_cmd(rig, i, OP_SET_ADDRESS, addr, sizeof(addr)), 0);
}

static uint8_t octet(size_t i)
{
    return (uint8_t)(i * 7 + i / 251);
}

static uint8_t fragment(struct rig *rig, uint8_t handle, uint8_t op, size_t from, size_t len)
{
    uint8_t p[255] = {handle, op, (uint8_t)len};
    for (size_t i = 0; i < len; i++) {
        p[3 + i] = octet(from + i);
    }
    return rig_cmd(rig, 0, OP_PER_DATA, p, 3 + len);
}

static uint8_t data(struct rig *rig, uint8_t handle, size_t len)
{
    uint8_t status = len <= 252 ? fragment(rig, handle, 3, 0, len) : 0;
    for (size_t at = 0; len > 252 && at < len && !status; at += 252) {
        size_t part = len - at < 252 ? len - at : 252;
        status = fragment(rig, handle, at == 0 ? 1 : at + part == len ? 2 : 0, at, part);
    }
    return status;
}

// A set of controller 0 and its train.
static void train(struct rig *rig, uint8_t handle, uint16_t interval, size_t len)
{
    set_make(rig, 0, handle, 0);
    assert_int_equal(RIG_CMD(rig, 0, OP_PER_PARAMS, handle, (uint8_t)interval, interval >> 8,
                             (uint8_t)interval, interval >> 8, 0, 0),
                     0);
    assert_int_equal(data(rig, handle, len), 0);
    assert_int_equal(RIG_CMD(rig, 0, OP_PER_ENABLE, 1, handle), 0);
    assert_int_equal(RIG_CMD(rig, 0, OP_EXT_ENABLE, 1, 1, handle, 0, 0, 0), 0);
}

static void scan(struct rig *rig, int i)
{
    assert_int_equal(RIG_CMD(rig, i, OP_EXT_SCAN, 1, 0, 1, 0, 0x60, 0, 0x60, 0), 0);
    assert_int_equal(RIG_CMD(rig, i, OP_EXT_SCAN_ON, 1, 0, 0, 0, 0, 0), 0);
}

// Options, skip and time-out (10 ms) of a sync with a set of controller 0.
static uint8_t sync_with(struct rig *rig, int i, uint8_t handle, uint8_t options, uint16_t skip,
                         uint16_t timeout)
{
    uint8_t p[14] = {options, handle, 1};
    rig_addr(rig, 0, p + 3);
    put16(p + 9, skip);
    put16(p + 11, timeout);
    return rig_cmd(rig, i, OP_SYNC, p, sizeof(p));
}

static uint8_t synced_status(struct rig *rig, int i)
{
    struct packet packet;
    assert_true(rig_le_event(rig, i, LE_EV_SYNCED, 3000 * MS, &packet));
    assert_int_equal(packet.len, 4 + 15);
    return packet.data[4];
}

// The next whole data; the number of octets, or -1 for data that was cut.
static int whole(struct rig *rig, int i)
{
    struct packet packet;
    size_t len = 0;
    while (rig_le_event(rig, i, LE_EV_PER_REPORT, 2000 * MS, &packet)) {
        const uint8_t *p = packet.data + 4;
        assert_int_equal(packet.len, 4 + 7 + p[6]);
        for (size_t k = 0; k < p[6]; k++) {
            assert_int_equal(p[7 + k], octet(len + k));
        }
        len += p[6];
        if (p[5] != 1) {
            return p[5] ? -1 : (int)len;
        }
    }
    return -2;
}

static void test_data_of_any_length(void **state)
{
    static const int lens[] = {0, 1, 247, 248, 252, 254, 255, 256, 498, 503, 1000, 1650};
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        struct rig rig;
        open_rig(&rig, 2);
        train(&rig, 3, INTERVAL, (size_t)lens[i]);
        scan(&rig, 1);
        assert_int_equal(sync_with(&rig, 1, 3, 0, 0, 100), 0);
        assert_int_equal(synced_status(&rig, 1), 0);
        for (int n = 0; n < 3; n++) {
            assert_int_equal(whole(&rig, 1), lens[i]);
        }
        rig_close(&rig);
    }
}

static void test_advertising_is_checked(void **state)
{
    static const uint8_t not_for[] = {0x01, 0x02, 0x20, 0x10};
    struct rig rig;
    open_rig(&rig, 1);
    assert_int_equal(RIG_CMD(&rig, 0, OP_PER_PARAMS, 9, 6, 0, 6, 0, 0, 0), 0x42);
    assert_int_equal(fragment(&rig, 9, 3, 0, 1), 0x42);
    assert_int_equal(RIG_CMD(&rig, 0, OP_PER_ENABLE, 1, 9), 0x42);
    for (uint8_t i = 0; i < sizeof(not_for); i++) {
        set_make(&rig, 0, i, not_for[i]);
        assert_int_equal(RIG_CMD(&rig, 0, OP_PER_PARAMS, i, 6, 0, 6, 0, 0, 0), 0x12);
    }
    set_make(&rig, 0, 9, 0);
    assert_int_equal(RIG_CMD(&rig, 0, OP_PER_ENABLE, 1, 9), 0x0c);
    assert_int_equal(fragment(&rig, 9, 3, 0, 1), 0x0c);
    assert_int_equal(RIG_CMD(&rig, 0, OP_PER_PARAMS, 9, 5, 0, 6, 0, 0, 0), 0x12);
    assert_int_equal(RIG_CMD(&rig, 0, OP_PER_PARAMS, 9, 7, 0, 6, 0, 0, 0), 0x12);
    assert_int_equal(RIG_CMD(&rig, 0, OP_PER_PARAMS, 9, 6, 0, 6, 0, 1, 0), 0x12);
    assert_int_equal(RIG_CMD(&rig, 0, OP_PER_PARAMS, 9, 6, 0, 6, 0, 0x40, 0), 0);
    assert_int_equal(data(&rig, 9, 1650), 0x45); // not within 7.5 ms
    assert_int_equal(fragment(&rig, 9, 2, 0, 1), 0x0c);
    assert_int_equal(fragment(&rig, 9, 1, 0, 0), 0x12);
    assert_int_equal(fragment(&rig, 9, 5, 0, 1), 0x12);
    assert_int_equal(RIG_CMD(&rig, 0, OP_PER_DATA, 9, 3, 2, 0), 0x12);
    assert_int_equal(fragment(&rig, 9, 1, 0, 1), 0);
    assert_int_equal(RIG_CMD(&rig, 0, OP_PER_ENABLE, 1, 9), 0x0c); // data is open
    assert_int_equal(fragment(&rig, 9, 2, 0, 1), 0);
    assert_int_equal(RIG_CMD(&rig, 0, OP_PER_ENABLE, 3, 9), 0x11);
    assert_int_equal(RIG_CMD(&rig, 0, OP_PER_ENABLE, 1, 9), 0);
    assert_int_equal(RIG_CMD(&rig, 0, OP_PER_PARAMS, 9, 6, 0, 6, 0, 0, 0), 0x0c);
    assert_int_equal(fragment(&rig, 9, 1, 0, 1), 0x0c); // complete data only
    assert_int_equal(RIG_CMD(&rig, 0, OP_REMOVE_SET, 9), 0x0c);
    assert_int_equal(rig_cmd(&rig, 0, OP_CLEAR_SETS, NULL, 0), 0x0c);
    assert_int_equal(RIG_CMD(&rig, 0, OP_PER_ENABLE, 0, 9), 0);
    assert_int_equal(rig_cmd(&rig, 0, OP_CLEAR_SETS, NULL, 0), 0);
    rig_close(&rig);
}

static void test_syncs_are_checked(void **state)
{
    struct rig rig;
    open_rig(&rig, 2);
    train(&rig, 3, INTERVAL, 10);
    assert_int_equal(sync_with(&rig, 1, 3, 0x08, 0, 100), 0x12);
    assert_int_equal(sync_with(&rig, 1, 3, 0, 0x01f4, 100), 0x12);
    assert_int_equal(sync_with(&rig, 1, 3, 0, 0, 9), 0x12);
    assert_int_equal(sync_with(&rig, 1, 0x10, 0, 0, 100), 0x12);
    assert_int_equal(rig_cmd(&rig, 1, OP_SYNC_CANCEL, NULL, 0), 0x0c);
    assert_int_equal(RIG_CMD(&rig, 1, OP_SYNC_END, 0, 0), 0x42);
    assert_int_equal(RIG_CMD(&rig, 1, OP_PER_RECEIVE, 0, 0, 1), 0x42);
    // It is looked for until it is found, or no more.
    assert_int_equal(sync_with(&rig, 1, 3, 0, 0, 100), 0);
    assert_int_equal(sync_with(&rig, 1, 3, 0, 0, 100), 0x0c);
    assert_int_equal(rig_cmd(&rig, 1, OP_LIST_CLEAR, NULL, 0), 0x0c);
    rig_cmd_nowait(&rig, 1, OP_SYNC_CANCEL, NULL, 0);
    assert_int_equal(synced_status(&rig, 1), 0x44);
    scan(&rig, 1);
    assert_int_equal(sync_with(&rig, 1, 3, 0, 0, 100), 0);
    assert_int_equal(synced_status(&rig, 1), 0);
    assert_int_equal(sync_with(&rig, 1, 3, 0, 0, 100), 0x0b);
    assert_int_equal(RIG_CMD(&rig, 1, OP_PER_RECEIVE, 0, 0, 4), 0x12);
    assert_int_equal(RIG_CMD(&rig, 1, OP_SYNC_END, 0, 0), 0);
    assert_int_equal(RIG_CMD(&rig, 1, OP_SYNC_END, 0, 0), 0x42);
    rig_close(&rig);
}

static void test_list(void **state)
{
    struct rig rig;
    struct packet packet;
    uint8_t entry[8] = {1};
    open_rig(&rig, 2);
    train(&rig, 3, INTERVAL, 10);
    rig_addr(&rig, 0, entry + 1);
    entry[7] = 3;
    assert_int_equal(rig_cmd_rsp(&rig, 1, OP_LIST_SIZE, NULL, 0, &packet), 0);
    assert_int_equal(packet.data[1], 8);
    for (uint8_t sid = 0; sid < 8; sid++) {
        entry[7] = sid;
        assert_int_equal(rig_cmd(&rig, 1, OP_LIST_ADD, entry, sizeof(entry)), 0);
        assert_int_equal(rig_cmd(&rig, 1, OP_LIST_ADD, entry, sizeof(entry)), 0x12);
    }
    entry[7] = 9;
    assert_int_equal(rig_cmd(&rig, 1, OP_LIST_ADD, entry, sizeof(entry)), 0x07);
    assert_int_equal(rig_cmd(&rig, 1, OP_LIST_REMOVE, entry, sizeof(entry)), 0x42);
    assert_int_equal(rig_cmd(&rig, 1, OP_LIST_CLEAR, NULL, 0), 0);
    scan(&rig, 1);
    assert_int_equal(sync_with(&rig, 1, 3, 1, 0, 100), 0);
    rig_run(&rig, 1000 * MS);
    rig_drain(&rig, 1);
    rig_cmd_nowait(&rig, 1, OP_SYNC_CANCEL, NULL, 0);
    assert_int_equal(synced_status(&rig, 1), 0x44); // the list is empty
    entry[7] = 3;
    assert_int_equal(rig_cmd(&rig, 1, OP_LIST_ADD, entry, sizeof(entry)), 0);
    assert_int_equal(sync_with(&rig, 1, 0, 1, 0, 100), 0);
    assert_int_equal(synced_status(&rig, 1), 0);
    rig_close(&rig);
}

// Nothing arrives: not established in six intervals; later: lost after the time-out.
static void test_silence(void **state)
{
    struct rig rig;
    struct packet packet;
    open_rig(&rig, 2);
    train(&rig, 3, 800, 10); // every second
    scan(&rig, 1);
    assert_int_equal(sync_with(&rig, 1, 3, 0, 0, 300), 0);
    rig_run(&rig, 300 * MS); // found, not yet received
    air_controller_radio(rig.c[1], 0, 1000000);
    assert_true(rig_le_event(&rig, 1, LE_EV_SYNCED, 8000 * MS, &packet));
    assert_int_equal(packet.data[4], 0x3e);
    air_controller_radio(rig.c[1], 0, 0);
    assert_int_equal(sync_with(&rig, 1, 3, 0, 0, 300), 0);
    assert_int_equal(synced_status(&rig, 1), 0);
    int64_t then = air_now(rig.air);
    air_controller_radio(rig.c[1], 0, 1000000);
    assert_true(rig_le_event(&rig, 1, LE_EV_LOST, 8000 * MS, &packet));
    assert_in_range(air_now(rig.air) - then, 2990 * MS, 3010 * MS);
    rig_close(&rig);
}

// Parts that are lost, and data that changes while it is sent.
static void test_cut(void **state)
{
    struct rig rig;
    int cut = 0, good = 0;
    open_rig(&rig, 2);
    train(&rig, 3, INTERVAL, 1650);
    scan(&rig, 1);
    assert_int_equal(sync_with(&rig, 1, 3, 0, 0, 1000), 0);
    assert_int_equal(synced_status(&rig, 1), 0);
    air_controller_radio(rig.c[1], 100000, 0);
    for (int i = 0; i < 60; i++) {
        int len = whole(&rig, 1);
        assert_true(len == 1650 || len == -1);
        cut += len == -1;
        good += len == 1650;
    }
    assert_true(cut > 5 && good > 5);
    air_controller_radio(rig.c[1], 0, 0);
    for (int i = 0; i < 200; i++) {
        rig_run(&rig, 1700);
        assert_int_equal(data(&rig, 3, 30 + (size_t)i), 0);
        rig_drain(&rig, 1);
    }
    (void)whole(&rig, 1);
    assert_int_equal(whole(&rig, 1), 229);
    rig_close(&rig);
}

static void test_transfer_is_checked(void **state)
{
    struct rig rig;
    uint16_t handles[2];
    rig_open(&rig, 13);
    rig_add_ready(&rig, &(struct air_controller_config){0});
    rig_add_ready(&rig, &(struct air_controller_config){.level = AIR_LEVEL_5_0});
    rig_link(&rig, 1, 0, 24, handles);
    uint8_t low = (uint8_t)handles[1], high = (uint8_t)(handles[1] >> 8);
    assert_int_equal(RIG_CMD(&rig, 1, OP_PAST_DEFAULT, 0, 0, 0, 10, 0, 0), 0x01);
    assert_int_equal(RIG_CMD(&rig, 0, OP_PAST_DEFAULT, 4, 0, 0, 10, 0, 0), 0x12);
    assert_int_equal(RIG_CMD(&rig, 0, OP_PAST_DEFAULT, 2, 0, 0, 9, 0, 0), 0x12);
    assert_int_equal(RIG_CMD(&rig, 0, OP_PAST_DEFAULT, 2, 0, 0, 10, 0, 0), 0);
    assert_int_equal(RIG_CMD(&rig, 0, OP_PAST_PARAMS, 0xff, 0x0e, 0, 0, 0, 10, 0, 0), 0x02);
    assert_int_equal(RIG_CMD(&rig, 0, OP_PAST_PARAMS, low, high, 2, 0, 0, 10, 0, 0), 0);
    assert_int_equal(RIG_CMD(&rig, 0, OP_PAST_SYNC, low, high, 0, 0, 1, 0), 0x42);
    assert_int_equal(RIG_CMD(&rig, 0, OP_PAST_SYNC, 0xff, 0x0e, 0, 0, 1, 0), 0x02);
    assert_int_equal(RIG_CMD(&rig, 0, OP_PAST_SET, low, high, 0, 0, 7), 0x42);
    // The other end is too old, as it says.
    assert_int_equal(RIG_CMD(&rig, 0, OP_REMOTE_FEATURES, low, high), 0);
    rig_run(&rig, 1000 * MS);
    rig_drain(&rig, 0);
    assert_int_equal(RIG_CMD(&rig, 0, OP_PAST_SET, low, high, 0, 0, 7), 0x1a);
    rig_close(&rig);
}

// Commands at random, with small numbers that often mean something, devices that vanish: it all ends.
static void test_any_periodic_command(void **state)
{
    static const struct any_command commands[] = {
        {OP_PER_PARAMS, 7},  {OP_PER_DATA, 13},   {OP_PER_ENABLE, 2},   {OP_EXT_ENABLE, 6},
        {OP_SYNC, 14},       {OP_SYNC_CANCEL, 0}, {OP_SYNC_END, 2},     {OP_LIST_ADD, 8},
        {OP_LIST_REMOVE, 8}, {OP_PER_RECEIVE, 3}, {OP_PAST_SET, 5},     {OP_PAST_SYNC, 6},
        {OP_PAST_PARAMS, 8}, {OP_REMOVE_SET, 1},  {OP_PAST_DEFAULT, 6}, {OP_DISCONNECT, 3},
    };
    struct rig rig;
    uint64_t random = 7;
    any_open(&rig, 4);
    for (int n = 0; n < 20000; n++) {
        if (n % 250 == 0) {
            for (int i = 0; i < 3; i++) {
                rig_restart(&rig, i);
            }
            train(&rig, 0, 8, any(&random) % 600);
            scan(&rig, 1);
            (void)sync_with(&rig, 1, 0, 0, 0, 20);
        }
        uint32_t draw = any(&random);
        size_t which = (draw >> 8) % (sizeof(commands) / sizeof(commands[0]));
        int i = (int)(draw % 3);
        uint8_t buf[4 + ANY_PARAMS_MAX];
        size_t len = any_packet(buf, &commands[which], draw, 0x03, &random);
        (void)air_hci_write(rig.c[i], buf, len);
        if (draw % 89 == 0) {
            air_controller_power(rig.c[i], false);
            air_controller_power(rig.c[i], true);
        }
        rig_run(&rig, draw % 12000);
        rig_drain(&rig, i);
    }
    any_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_data_of_any_length),
        cmocka_unit_test(test_advertising_is_checked),
        cmocka_unit_test(test_syncs_are_checked),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_transfer_is_checked),
        cmocka_unit_test(test_any_periodic_command),
    };
    return cmocka_run_group_tests_name("air_per", tests, NULL, NULL);
}
