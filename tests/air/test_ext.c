// Extended advertising, scanning and initiating on the air (Core Specification, Vol 6, Part B, 4.4;
// Vol 4, Part E, 7.8.52 to 7.8.66), by raw HCI.
#include <stdio.h>

#include "any.h"

#define MS 1000

#define OP_SET_ADDRESS   0x2035
#define OP_EXT_PARAMS    0x2036
#define OP_EXT_DATA      0x2037
#define OP_EXT_SCAN_RSP  0x2038
#define OP_EXT_ENABLE    0x2039
#define OP_MAX_DATA      0x203a
#define OP_SET_COUNT     0x203b
#define OP_REMOVE_SET    0x203c
#define OP_CLEAR_SETS    0x203d
#define OP_EXT_SCAN      0x2041
#define OP_EXT_SCAN_ON   0x2042
#define OP_EXT_CREATE    0x2043
#define LE_EV_EXT_REPORT 0x0d
#define LE_EV_SCAN_TIME  0x11
#define LE_EV_TERMINATED 0x12
#define LE_EV_SCAN_REQ   0x13

enum {
    P_1M = 1,
    P_2M = 2,
    P_CODED = 3,
};

#define CONNECTABLE 0x01
#define SCANNABLE   0x02
#define DIRECTED    0x04
#define ANONYMOUS   0x20

static void open_rig(struct rig *rig, int count)
{
    rig_open(rig, 11);
    for (int i = 0; i < count; i++) {
        rig_add_ready(rig, &(struct air_controller_config){0});
    }
}

static uint8_t params(struct rig *rig, int i, uint8_t handle, uint16_t props, uint8_t primary,
                      uint8_t secondary)
{
    uint8_t p[25] = {handle};
    put16(p + 1, props);
    p[3] = p[6] = 0x40; // 40 ms
    p[9] = 7;
    p[10] = 1; // random
    p[11] = 1;
    p[19] = 0x7f;
    p[20] = primary;
    p[22] = secondary;
    p[23] = handle & 0x0f; // SID
    p[24] = 1;             // scan request notifications
    return rig_cmd(rig, i, OP_EXT_PARAMS, p, sizeof(p));
}

// A set with its address: the device's own with the handle mixed in.
static void set_make(struct rig *rig, int i, uint8_t handle, uint16_t props, uint8_t primary,
                     uint8_t secondary)
{
    uint8_t p[7] = {handle};
    assert_int_equal(params(rig, i, handle, props, primary, secondary), 0);
    rig_addr(rig, i, p + 1);
    p[1] ^= handle;
    assert_int_equal(rig_cmd(rig, i, OP_SET_ADDRESS, p, sizeof(p)), 0);
}

static uint8_t fragment(struct rig *rig, int i, uint16_t opcode, uint8_t handle, uint8_t op,
                        const uint8_t *data, size_t len)
{
    uint8_t p[255] = {handle, op, 1, (uint8_t)len};
    memcpy(p + 4, data, len);
    return rig_cmd(rig, i, opcode, p, 4 + len);
}

static uint8_t octet(size_t i)
{
    return (uint8_t)(i * 7 + i / 251);
}

static void set_data(struct rig *rig, int i, uint16_t opcode, uint8_t handle, size_t len)
{
    uint8_t data[1650];
    for (size_t k = 0; k < len; k++) {
        data[k] = octet(k);
    }
    if (len <= 251) {
        assert_int_equal(fragment(rig, i, opcode, handle, 3, data, len), 0);
        return;
    }
    for (size_t k = 0; k < len; k += 251) {
        size_t part = len - k < 251 ? len - k : 251;
        uint8_t op = k == 0 ? 1 : k + part == len ? 2 : 0;
        assert_int_equal(fragment(rig, i, opcode, handle, op, data + k, part), 0);
    }
}

static uint8_t enable(struct rig *rig, int i, uint8_t handle, uint16_t duration, uint8_t events)
{
    uint8_t p[6] = {1, 1, handle};
    put16(p + 3, duration);
    p[5] = events;
    return rig_cmd(rig, i, OP_EXT_ENABLE, p, sizeof(p));
}

static void scan(struct rig *rig, int i, bool active, uint8_t phys, bool filter)
{
    uint8_t p[13] = {1, 0, phys};
    size_t len = 3;
    for (int bit = 0; bit < 3; bit++) {
        if (phys >> bit & 1) {
            p[len] = active;
            put16(p + len + 1, 0x60);
            put16(p + len + 3, 0x60);
            len += 5;
        }
    }
    assert_int_equal(rig_cmd(rig, i, OP_EXT_SCAN, p, len), 0);
    assert_int_equal(RIG_CMD(rig, i, OP_EXT_SCAN_ON, 1, filter, 0, 0, 0, 0), 0);
}

static uint8_t create(struct rig *rig, int i, int to, uint8_t handle, uint8_t phys)
{
    uint8_t p[10 + 3 * 16] = {0, 1, 1};
    size_t len = 10;
    rig_addr(rig, to, p + 3);
    p[3] ^= handle;
    p[9] = phys;
    for (int bit = 0; bit < 3; bit++) {
        if (phys >> bit & 1) {
            put16(p + len, 0x60);
            put16(p + len + 2, 0x60);
            put16(p + len + 4, 24);
            put16(p + len + 6, 24);
            put16(p + len + 10, 100);
            len += 16;
        }
    }
    return rig_cmd(rig, i, OP_EXT_CREATE, p, len);
}

// A report put together from its fragments.
struct whole {
    uint16_t type;
    uint8_t addr[7], primary, secondary, sid;
    uint8_t data[1700];
    size_t len;
    unsigned int fragments;
};

static bool whole_report(struct rig *rig, int i, int64_t us, struct whole *whole)
{
    struct packet packet;
    int64_t until = air_now(rig->air) + us;
    *whole = (struct whole){0};
    while (rig_le_event(rig, i, LE_EV_EXT_REPORT, until - air_now(rig->air), &packet)) {
        const uint8_t *p = packet.data + 5;
        assert_int_equal(packet.data[4], 1);
        assert_int_equal(packet.len, 29 + (size_t)p[23]);
        whole->type = get16(p);
        memcpy(whole->addr, p + 2, 7);
        whole->primary = p[9];
        whole->secondary = p[10];
        whole->sid = p[11];
        memcpy(whole->data + whole->len, p + 24, p[23]);
        whole->len += p[23];
        whole->fragments++;
        if (whole->type >> 5 != 1) {
            return true;
        }
    }
    return false;
}

static void check_data(const struct whole *whole, size_t len)
{
    assert_int_equal(whole->len, len);
    for (size_t k = 0; k < len; k++) {
        assert_int_equal(whole->data[k], octet(k));
    }
}

static void test_chains_of_any_length_and_phy(void **state)
{
    static const size_t lengths[] = {0, 1, 31, 229, 230, 243, 244, 245, 246, 500, 1649, 1650};
    static const uint8_t phys[][2] = {{P_1M, P_1M}, {P_1M, P_2M}, {P_CODED, P_CODED}};
    for (size_t ph = 0; ph < 3; ph++) {
        for (size_t n = 0; n < sizeof(lengths) / sizeof(lengths[0]); n++) {
            struct rig rig;
            struct whole whole;
            open_rig(&rig, 2);
            set_make(&rig, 0, 3, 0, phys[ph][0], phys[ph][1]);
            set_data(&rig, 0, OP_EXT_DATA, 3, lengths[n]);
            assert_int_equal(enable(&rig, 0, 3, 0, 0), 0);
            scan(&rig, 1, false, phys[ph][0] == P_CODED ? 4 : 1, false);
            assert_true(whole_report(&rig, 1, 2000 * MS, &whole));
            assert_int_equal(whole.type, 0);
            assert_int_equal(whole.sid, 3);
            assert_int_equal(whole.primary, phys[ph][0]);
            assert_int_equal(whole.secondary, phys[ph][1]);
            check_data(&whole, lengths[n]);
            rig_close(&rig);
        }
    }
}

static void test_scan_response_and_notification(void **state)
{
    struct rig rig;
    struct whole whole;
    struct packet packet;
    uint8_t addr[6];
    open_rig(&rig, 2);
    set_make(&rig, 0, 1, SCANNABLE, P_1M, P_2M);
    assert_int_equal(enable(&rig, 0, 1, 0, 0), 0x0c); // nothing to answer with
    assert_int_equal(fragment(&rig, 0, OP_EXT_DATA, 1, 3, (const uint8_t *)"x", 1), 0x12);
    set_data(&rig, 0, OP_EXT_SCAN_RSP, 1, 700);
    assert_int_equal(enable(&rig, 0, 1, 0, 0), 0);
    scan(&rig, 1, true, 1, true);
    assert_true(whole_report(&rig, 1, 1000 * MS, &whole));
    assert_int_equal(whole.type, SCANNABLE);
    assert_int_equal(whole.len, 0);
    assert_true(whole_report(&rig, 1, 1000 * MS, &whole));
    assert_int_equal(whole.type, SCANNABLE | 0x08);
    check_data(&whole, 700);
    assert_false(whole_report(&rig, 1, 1000 * MS, &whole)); // the duplicates are filtered
    assert_true(rig_le_event(&rig, 0, LE_EV_SCAN_REQ, 1, &packet));
    rig_addr(&rig, 1, addr);
    assert_int_equal(packet.data[4], 1);
    assert_memory_equal(packet.data + 6, addr, 6);
    rig_close(&rig);
}

static void test_anonymous_and_several_sets(void **state)
{
    struct rig rig;
    struct whole whole;
    unsigned int seen[4] = {0};
    open_rig(&rig, 2);
    for (uint8_t set = 0; set < 4; set++) {
        set_make(&rig, 0, set, set == 2 ? ANONYMOUS : 0, P_1M, P_1M);
        set_data(&rig, 0, OP_EXT_DATA, set, 10u + set);
        assert_int_equal(enable(&rig, 0, set, 0, 0), 0);
    }
    scan(&rig, 1, false, 1, false);
    for (int n = 0; n < 60; n++) {
        assert_true(whole_report(&rig, 1, 1000 * MS, &whole));
        assert_in_range(whole.sid, 0, 3);
        seen[whole.sid]++;
        check_data(&whole, 10u + whole.sid);
        assert_int_equal(whole.addr[0], whole.sid == 2 ? 0xff : 1);
    }
    for (int set = 0; set < 4; set++) {
        assert_true(seen[set] >= 5);
    }
    rig_close(&rig);
}

// A scanner hears what it listens for; with two PHYs it hears both.
static void test_primary_phys(void **state)
{
    for (uint8_t phys = 1; phys <= 5; phys++) {
        struct rig rig;
        struct whole whole;
        unsigned int heard[4] = {0};
        if (phys & 2) {
            continue;
        }
        open_rig(&rig, 3);
        set_make(&rig, 0, 0, 0, P_1M, P_2M);
        set_make(&rig, 2, 0, 0, P_CODED, P_CODED);
        enable(&rig, 0, 0, 0, 0);
        enable(&rig, 2, 0, 0, 0);
        scan(&rig, 1, false, phys, false);
        int64_t until = air_now(rig.air) + 2000 * MS;
        while (whole_report(&rig, 1, until - air_now(rig.air), &whole)) {
            heard[whole.primary]++;
        }
        assert_int_equal(heard[P_1M] > 5, phys & 1);
        assert_int_equal(heard[P_CODED] > 5, phys >> 2);
        rig_close(&rig);
    }
}

static void test_connection_over_auxiliary(void **state)
{
    static const uint8_t rows[][3] = {
        {P_1M, P_1M, 1}, {P_1M, P_2M, 3}, {P_1M, P_2M, 1}, {P_CODED, P_CODED, 4}};
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        struct rig rig;
        struct packet packet;
        struct air_link_stats stats;
        open_rig(&rig, 2);
        set_make(&rig, 0, 5, CONNECTABLE, rows[r][0], rows[r][1]);
        set_data(&rig, 0, OP_EXT_DATA, 5, 200);
        assert_int_equal(enable(&rig, 0, 5, 0, 0), 0);
        assert_int_equal(create(&rig, 1, 0, 5, rows[r][2]), 0);
        assert_true(rig_le_event(&rig, 1, LE_EV_CONNECTION, 5000 * MS, &packet));
        assert_int_equal(packet.data[4], 0);
        uint16_t handle = get16(packet.data + 5);
        assert_true(rig_le_event(&rig, 0, LE_EV_CONNECTION, 100 * MS, &packet));
        uint16_t theirs = get16(packet.data + 5);
        assert_true(rig_le_event(&rig, 0, LE_EV_TERMINATED, 100 * MS, &packet));
        assert_int_equal(packet.data[4], 0);
        assert_int_equal(packet.data[5], 5);
        assert_int_equal(get16(packet.data + 6), theirs);
        rig_run(&rig, 3000 * MS);
        assert_int_equal(air_link_stats(rig.c[1], handle, &stats), 0);
        assert_int_equal(stats.tx_phy, rows[r][1]);
        assert_true(stats.events > 90);
        rig_close(&rig);
    }
}

// What does not fit into one AUX_ADV_IND is not for connectable sets.
static void test_connectable_data_limit(void **state)
{
    struct rig rig;
    open_rig(&rig, 1);
    set_make(&rig, 0, 0, CONNECTABLE, P_1M, P_1M);
    set_data(&rig, 0, OP_EXT_DATA, 0, 251);
    assert_int_equal(enable(&rig, 0, 0, 0, 0), 0x45);
    set_data(&rig, 0, OP_EXT_DATA, 0, 245);
    assert_int_equal(enable(&rig, 0, 0, 0, 0), 0);
    rig_close(&rig);
}

static void test_legacy_pdus_of_a_set(void **state)
{
    struct rig rig;
    struct packet packet;
    struct whole whole;
    open_rig(&rig, 4);
    set_make(&rig, 0, 0, 0x13, P_1M, P_1M);
    set_data(&rig, 0, OP_EXT_DATA, 0, 20);
    set_data(&rig, 0, OP_EXT_SCAN_RSP, 0, 31);
    assert_int_equal(enable(&rig, 0, 0, 0, 0), 0);
    rig_scan(&rig, 1, true, 0x60, 0x60, false); // by legacy commands
    assert_true(rig_le_event(&rig, 1, LE_EV_REPORT, 1000 * MS, &packet));
    assert_int_equal(packet.data[5], 0);
    assert_int_equal(packet.data[13], 20);
    scan(&rig, 2, true, 1, true);
    assert_true(whole_report(&rig, 2, 1000 * MS, &whole));
    assert_int_equal(whole.type, 0x13);
    assert_int_equal(whole.sid, 0xff);
    assert_int_equal(whole.secondary, 0);
    check_data(&whole, 20);
    assert_true(whole_report(&rig, 2, 1000 * MS, &whole));
    assert_int_equal(whole.type, 0x1b);
    check_data(&whole, 31);
    assert_int_equal(create(&rig, 3, 0, 0, 1), 0);
    assert_true(rig_le_event(&rig, 3, LE_EV_CONNECTION, 1000 * MS, &packet));
    assert_true(rig_le_event(&rig, 0, LE_EV_TERMINATED, 1000 * MS, &packet));
    rig_close(&rig);
}

// A legacy scanner and a legacy initiator do not see extended PDUs.
static void test_legacy_listeners_hear_nothing_extended(void **state)
{
    struct rig rig;
    struct packet packet;
    open_rig(&rig, 3);
    set_make(&rig, 0, 0, CONNECTABLE, P_1M, P_1M);
    assert_int_equal(enable(&rig, 0, 0, 0, 0), 0);
    rig_scan(&rig, 1, true, 0x60, 0x60, false);
    assert_int_equal(rig_connect(&rig, 2, 0, 24, 0, 100), 0);
    assert_false(rig_le_event(&rig, 1, LE_EV_REPORT, 1000 * MS, &packet));
    assert_false(rig_le_event(&rig, 2, LE_EV_CONNECTION, 1000 * MS, &packet));
    rig_close(&rig);
}

static void test_families_do_not_mix(void **state)
{
    struct rig rig;
    open_rig(&rig, 2);
    assert_int_equal(params(&rig, 0, 0, 0, P_1M, P_1M), 0);
    assert_int_equal(RIG_CMD(&rig, 0, OP_ADV_ENABLE, 0), 0x0c);
    assert_int_equal(RIG_CMD(&rig, 0, OP_SCAN_ENABLE, 0, 0), 0x0c);
    assert_int_equal(rig_cmd(&rig, 0, OP_RESET, NULL, 0), 0);
    assert_int_equal(RIG_CMD(&rig, 0, OP_ADV_ENABLE, 0), 0);
    assert_int_equal(params(&rig, 0, 0, 0, P_1M, P_1M), 0x0c);
    assert_int_equal(create(&rig, 0, 1, 0, 1), 0x0c);
    rig_close(&rig);
}

static void test_limits_end_a_set(void **state)
{
    struct rig rig;
    struct packet packet;
    open_rig(&rig, 1);
    set_make(&rig, 0, 0, 0, P_1M, P_1M);
    set_make(&rig, 0, 1, 0x10, P_1M, P_1M);
    for (uint8_t set = 0; set < 2; set++) {
        assert_int_equal(enable(&rig, 0, set, 0, 5), 0);
        assert_true(rig_le_event(&rig, 0, LE_EV_TERMINATED, 1000 * MS, &packet));
        assert_int_equal(packet.data[4], 0x43);
        assert_int_equal(packet.data[5], set);
        assert_int_equal(packet.data[8], 5);
        int64_t started = air_now(rig.air);
        assert_int_equal(enable(&rig, 0, set, 50, 0), 0); // 500 ms
        assert_true(rig_le_event(&rig, 0, LE_EV_TERMINATED, 1000 * MS, &packet));
        assert_int_equal(packet.data[4], 0x3c);
        assert_in_range(air_now(rig.air) - started, 500 * MS, 560 * MS);
    }
    rig_close(&rig);
}

static void test_sets_come_and_go(void **state)
{
    struct rig rig;
    struct packet rsp;
    open_rig(&rig, 1);
    assert_int_equal(enable(&rig, 0, 9, 0, 0), 0x42);
    assert_int_equal(RIG_CMD(&rig, 0, OP_REMOVE_SET, 9), 0x42);
    assert_int_equal(rig_cmd_rsp(&rig, 0, OP_SET_COUNT, NULL, 0, &rsp), 0);
    uint8_t count = rsp.data[1];
    for (uint8_t set = 0; set < count; set++) {
        set_make(&rig, 0, set, 0, P_1M, P_1M);
    }
    assert_int_equal(params(&rig, 0, count, 0, P_1M, P_1M), 0x07);
    assert_int_equal(enable(&rig, 0, 0, 0, 0), 0);
    assert_int_equal(RIG_CMD(&rig, 0, OP_REMOVE_SET, 0), 0x0c);
    assert_int_equal(rig_cmd(&rig, 0, OP_CLEAR_SETS, NULL, 0), 0x0c);
    assert_int_equal(RIG_CMD(&rig, 0, OP_EXT_ENABLE, 0, 0), 0);
    assert_int_equal(RIG_CMD(&rig, 0, OP_REMOVE_SET, 0), 0);
    assert_int_equal(params(&rig, 0, count, 0, P_1M, P_1M), 0);
    assert_int_equal(rig_cmd(&rig, 0, OP_CLEAR_SETS, NULL, 0), 0);
    rig_close(&rig);
}

static void test_data_fragments_are_checked(void **state)
{
    struct rig rig;
    uint8_t data[251] = {0};
    open_rig(&rig, 1);
    set_make(&rig, 0, 0, 0, P_1M, P_1M);
    assert_int_equal(fragment(&rig, 0, OP_EXT_DATA, 0, 0, data, 10), 0x0c); // no first one
    assert_int_equal(fragment(&rig, 0, OP_EXT_DATA, 0, 1, data, 251), 0);
    assert_int_equal(enable(&rig, 0, 0, 0, 0), 0x0c); // not whole
    for (int i = 0; i < 5; i++) {
        assert_int_equal(fragment(&rig, 0, OP_EXT_DATA, 0, 0, data, 251), 0);
    }
    assert_int_equal(fragment(&rig, 0, OP_EXT_DATA, 0, 2, data, 251), 0x07); // 1757 octets
    assert_int_equal(enable(&rig, 0, 0, 0, 0), 0);
    assert_int_equal(fragment(&rig, 0, OP_EXT_DATA, 0, 1, data, 10), 0x0c); // while enabled
    assert_int_equal(fragment(&rig, 0, OP_EXT_DATA, 0, 3, data, 251), 0);
    assert_int_equal(fragment(&rig, 0, OP_EXT_DATA, 0, 4, data, 0), 0);
    rig_close(&rig);
}

static void test_lost_parts_are_reported_cut(void **state)
{
    struct rig rig;
    struct whole whole;
    unsigned int cut = 0, complete = 0;
    rig_open_config(&rig, &(struct air_config){.seed = 4, .loss_ppm = 100000});
    rig_add_ready(&rig, &(struct air_controller_config){0});
    rig_add_ready(&rig, &(struct air_controller_config){0});
    set_make(&rig, 0, 0, 0, P_1M, P_1M);
    set_data(&rig, 0, OP_EXT_DATA, 0, 1200);
    assert_int_equal(enable(&rig, 0, 0, 0, 0), 0);
    scan(&rig, 1, false, 1, false);
    for (int n = 0; n < 100 && whole_report(&rig, 1, 1000 * MS, &whole); n++) {
        bool is_cut = whole.type >> 5 == 2;
        cut += is_cut;
        complete += !is_cut;
        if (!is_cut) {
            check_data(&whole, 1200);
        }
    }
    assert_true(cut > 10 && complete > 10);
    rig_close(&rig);
}

static void test_scan_duration(void **state)
{
    struct rig rig;
    struct packet packet;
    open_rig(&rig, 1);
    scan(&rig, 0, false, 1, false);
    assert_int_equal(RIG_CMD(&rig, 0, OP_EXT_SCAN_ON, 1, 0, 20, 0, 0, 0), 0);
    assert_false(rig_le_event(&rig, 0, LE_EV_SCAN_TIME, 190 * MS, &packet));
    assert_true(rig_le_event(&rig, 0, LE_EV_SCAN_TIME, 20 * MS, &packet));
    rig_close(&rig);
}

// Any extended command with any parameters, and controllers that come and go: nothing breaks.

static void any_command(struct rig *rig, uint64_t *random)
{
    static const struct any_command commands[] = {
        {OP_SET_ADDRESS, 7}, {OP_EXT_PARAMS, 25},    {OP_EXT_DATA, 14},   {OP_EXT_SCAN_RSP, 14},
        {OP_EXT_ENABLE, 6},  {OP_REMOVE_SET, 1},     {OP_CLEAR_SETS, 0},  {OP_EXT_SCAN, 8},
        {OP_EXT_SCAN, 13},   {OP_EXT_SCAN_ON, 6},    {OP_EXT_CREATE, 26}, {OP_CREATE_CANCEL, 0},
        {OP_DISCONNECT, 3},  {OP_RANDOM_ADDRESS, 6},
    };
    uint32_t draw = any(random);
    int i = (int)(draw % 3);
    size_t which = (draw >> 8) % (sizeof(commands) / sizeof(commands[0]));
    uint8_t buf[4 + ANY_PARAMS_MAX];
    size_t len = any_packet(buf, &commands[which], draw, 0x03, random);
    if (commands[which].opcode == OP_EXT_DATA || commands[which].opcode == OP_EXT_SCAN_RSP) {
        buf[7] = 10;
    }
    (void)air_hci_write(rig->c[i], buf, len);
    if (draw % 97 == 0) {
        air_controller_power(rig->c[i], false);
        air_controller_power(rig->c[i], true);
    }
    rig_run(rig, draw % 20000);
    rig_drain(rig, i);
}

static void test_any_extended_command(void **state)
{
    struct rig rig;
    uint64_t random = 5;
    any_open(&rig, 3);
    for (int n = 0; n < 30000; n++) {
        if (n % 300 == 0) {
            for (int i = 0; i < 3; i++) {
                rig_restart(&rig, i);
                set_make(&rig, i, 0, (uint16_t)(any(&random) % 3), P_1M, P_2M);
                (void)enable(&rig, i, 0, 0, 0);
            }
        }
        any_command(&rig, &random);
    }
    any_close(&rig);
}

static void write_file(void *ctx, const void *data, size_t len)
{
    (void)fwrite(data, 1, len, ctx);
}

// With AIR_PCAP=FILE in the environment the packets of one scene are left there, for tshark.
static void test_scene_for_the_trace(void **state)
{
    struct rig rig;
    struct packet packet;
    const char *path = getenv("AIR_PCAP");
    FILE *file = path ? fopen(path, "wb") : NULL;
    open_rig(&rig, 3);
    if (file) {
        air_pcap(rig.air, (struct air_sink){write_file, file});
    }
    set_make(&rig, 0, 1, SCANNABLE, P_1M, P_2M);
    set_data(&rig, 0, OP_EXT_SCAN_RSP, 1, 700);
    enable(&rig, 0, 1, 0, 3);
    set_make(&rig, 2, 2, 0, P_CODED, P_CODED);
    set_data(&rig, 2, OP_EXT_DATA, 2, 600);
    enable(&rig, 2, 2, 0, 3);
    scan(&rig, 1, true, 5, false);
    rig_run(&rig, 500 * MS);
    set_make(&rig, 0, 5, CONNECTABLE, P_1M, P_2M);
    enable(&rig, 0, 5, 0, 0);
    assert_int_equal(create(&rig, 1, 0, 5, 3), 0);
    assert_true(rig_le_event(&rig, 1, LE_EV_CONNECTION, 2000 * MS, &packet));
    rig_run(&rig, 100 * MS);
    rig_close(&rig);
    if (file) {
        (void)fclose(file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chains_of_any_length_and_phy),
        cmocka_unit_test(test_scan_response_and_notification),
        cmocka_unit_test(test_anonymous_and_several_sets),
        cmocka_unit_test(test_primary_phys),
        cmocka_unit_test(test_connection_over_auxiliary),
        cmocka_unit_test(test_connectable_data_limit),
        cmocka_unit_test(test_legacy_pdus_of_a_set),
        cmocka_unit_test(test_legacy_listeners_hear_nothing_extended),
        cmocka_unit_test(test_families_do_not_mix),
        cmocka_unit_test(test_limits_end_a_set),
        cmocka_unit_test(test_sets_come_and_go),
        cmocka_unit_test(test_data_fragments_are_checked),
        cmocka_unit_test(test_lost_parts_are_reported_cut),
        cmocka_unit_test(test_scan_duration),
        cmocka_unit_test(test_any_extended_command),
        cmocka_unit_test(test_scene_for_the_trace),
    };
    return cmocka_run_group_tests_name("air_ext", tests, NULL, NULL);
}
