// Advertising, scanning and initiating on the air (Core Specification, Vol 6, Part B, 4.4).
#include "rig.h"
#include "vendor.h"

#define MS 1000

static void two(struct rig *rig)
{
    rig_open(rig, 7);
    rig_add_ready(rig, &(struct air_controller_config){0});
    rig_add_ready(rig, &(struct air_controller_config){0});
}

static void set_data(struct rig *rig, int i, uint16_t opcode, const char *text)
{
    uint8_t params[32] = {(uint8_t)strlen(text)};
    memcpy(params + 1, text, strlen(text));
    assert_int_equal(rig_cmd(rig, i, opcode, params, sizeof(params)), 0);
}

// Reports by Event_Type within some time.
static void count_reports(struct rig *rig, int i, int64_t us, unsigned int counts[5])
{
    struct packet packet;
    int64_t until = air_now(rig->air) + us;
    memset(counts, 0, 5 * sizeof(counts[0]));
    while (rig_le_event(rig, i, LE_EV_REPORT, until - air_now(rig->air), &packet)) {
        assert_int_equal(packet.data[4], 1);
        assert_in_range(packet.data[5], 0, 4);
        assert_int_equal(packet.len, 4 + 10 + packet.data[13] + 1);
        counts[packet.data[5]]++;
    }
}

static void test_types_told_apart(void **state)
{
    // HCI Advertising_Type, Event_Type of its report, answers scan requests.
    static const uint8_t rows[][3] = {{0, 0, 1}, {2, 2, 1}, {3, 3, 0}};
    for (size_t r = 0; r < 3; r++) {
        struct rig rig;
        unsigned int counts[5];
        two(&rig);
        set_data(&rig, 0, OP_ADV_DATA, "\x02\x01\x06");
        set_data(&rig, 0, OP_SCAN_RSP, "\x04\x09xyz");
        rig_advertise(&rig, 0, rows[r][0], 0x40);
        rig_scan(&rig, 1, true, 0x60, 0x60, false);
        count_reports(&rig, 1, 2000 * MS, counts);
        for (unsigned int type = 0; type < 4; type++) {
            assert_int_equal(counts[type] != 0, type == rows[r][1]);
        }
        assert_int_equal(counts[4] != 0, rows[r][2]);
        rig_close(&rig);
    }
}

static void test_passive_scan_asks_nothing(void **state)
{
    struct rig rig;
    unsigned int counts[5];
    two(&rig);
    rig_advertise(&rig, 0, 0, 0x40);
    rig_scan(&rig, 1, false, 0x60, 0x60, false);
    count_reports(&rig, 1, 2000 * MS, counts);
    assert_true(counts[0] > 20);
    assert_int_equal(counts[4], 0);
    rig_close(&rig);
}

static void test_report_carries_data(void **state)
{
    struct rig rig;
    struct packet packet;
    uint8_t addr[6];
    two(&rig);
    rig_addr(&rig, 0, addr);
    set_data(&rig, 0, OP_ADV_DATA, "hello");
    set_data(&rig, 0, OP_SCAN_RSP, "answer");
    rig_advertise(&rig, 0, 0, 0x40);
    rig_scan(&rig, 1, true, 0x60, 0x60, true);
    assert_true(rig_le_event(&rig, 1, LE_EV_REPORT, 1000 * MS, &packet));
    assert_int_equal(packet.data[6], 1);
    assert_memory_equal(packet.data + 7, addr, 6);
    assert_memory_equal(packet.data + 14, "hello", 5);
    assert_true(rig_le_event(&rig, 1, LE_EV_REPORT, 1000 * MS, &packet));
    assert_int_equal(packet.data[5], 4);
    assert_memory_equal(packet.data + 14, "answer", 6);
    // New data shows in the next event; duplicates of one type and address are filtered.
    assert_false(rig_le_event(&rig, 1, LE_EV_REPORT, 1000 * MS, &packet));
    RIG_CMD(&rig, 1, OP_SCAN_ENABLE, 0, 0);
    set_data(&rig, 0, OP_ADV_DATA, "changed");
    RIG_CMD(&rig, 1, OP_SCAN_ENABLE, 1, 1);
    assert_true(rig_le_event(&rig, 1, LE_EV_REPORT, 1000 * MS, &packet));
    assert_memory_equal(packet.data + 14, "changed", 7);
    rig_close(&rig);
}

// advInterval plus 0 to 10 ms, every event heard by a scanner that never closes its window.
static void test_interval_and_delay(void **state)
{
    struct rig rig;
    struct packet packet;
    two(&rig);
    rig_scan(&rig, 1, false, 0x4000, 0x4000, false);
    rig_advertise(&rig, 0, 0, 160); // 100 ms
    assert_true(rig_le_event(&rig, 1, LE_EV_REPORT, 1000 * MS, &packet));
    int64_t before = air_now(rig.air);
    int64_t least = INT64_MAX, most = 0;
    for (int i = 0; i < 60; i++) { // less than the scanner's 10.24 s on one channel
        assert_true(rig_le_event(&rig, 1, LE_EV_REPORT, 1000 * MS, &packet));
        int64_t gap = air_now(rig.air) - before;
        before = air_now(rig.air);
        least = gap < least ? gap : least;
        most = gap > most ? gap : most;
    }
    assert_in_range(least, 100 * MS, 103 * MS);
    assert_in_range(most, 107 * MS, 110 * MS);
    rig_close(&rig);
}

// A window of a tenth of the interval hears about a tenth of the events.
static void test_scan_window(void **state)
{
    struct rig rig;
    unsigned int counts[5];
    two(&rig);
    rig_advertise(&rig, 0, 0, 0x20);              // 20 to 30 ms
    rig_scan(&rig, 1, false, 0x140, 0x20, false); // 20 of 200 ms
    count_reports(&rig, 1, 100000 * MS, counts);
    assert_in_range(counts[0], 250, 550); // of 4,000 events
    rig_close(&rig);
}

static void test_loss_of_advertisements(void **state)
{
    struct rig rig;
    unsigned int counts[5];
    rig_open(&rig, 3);
    rig_add_ready(&rig, &(struct air_controller_config){0});
    rig_add_ready(&rig, &(struct air_controller_config){.loss_ppm = 500000});
    rig_add_ready(&rig, &(struct air_controller_config){.miss_ppm = 1000000});
    rig_advertise(&rig, 0, 0, 0x20);
    rig_scan(&rig, 1, false, 0x60, 0x60, false);
    rig_scan(&rig, 2, false, 0x60, 0x60, false);
    count_reports(&rig, 1, 25000 * MS, counts);
    assert_in_range(counts[0], 400, 600); // of 1,000
    rig_drain(&rig, 2);
    count_reports(&rig, 2, 1000 * MS, counts);
    assert_int_equal(counts[0], 0);
    uint8_t none[8] = {0};
    assert_int_equal(rig_cmd(&rig, 2, AIR_VENDOR_SET_RADIO, none, 8), 0);
    count_reports(&rig, 2, 1000 * MS, counts);
    assert_true(counts[0] > 30);
    rig_close(&rig);
}

static void advertise_directed(struct rig *rig, int i, int to, uint8_t type)
{
    uint8_t params[15] = {0x20, 0, 0x20, 0, type, 1, 1};
    rig_addr(rig, to, params + 7);
    params[13] = 7;
    assert_int_equal(rig_cmd(rig, i, OP_ADV_PARAMS, params, sizeof(params)), 0);
    assert_int_equal(RIG_CMD(rig, i, OP_ADV_ENABLE, 1), 0);
}

static void test_directed_reaches_its_target_only(void **state)
{
    struct rig rig;
    struct packet packet;
    unsigned int counts[5];
    two(&rig);
    rig_add_ready(&rig, &(struct air_controller_config){0});
    advertise_directed(&rig, 0, 1, 4);
    rig_scan(&rig, 1, true, 0x60, 0x60, false);
    rig_scan(&rig, 2, true, 0x60, 0x60, false);
    count_reports(&rig, 1, 500 * MS, counts);
    assert_true(counts[1] > 10);
    assert_int_equal(counts[0] + counts[4], 0);
    count_reports(&rig, 2, 0, counts);
    assert_int_equal(counts[1], 0);
    // The wrong initiator waits, the right one connects.
    assert_int_equal(rig_connect(&rig, 2, 0, 24, 0, 100), 0);
    assert_false(rig_le_event(&rig, 2, LE_EV_CONNECTION, 1000 * MS, &packet));
    assert_int_equal(rig_connect(&rig, 1, 0, 24, 0, 100), 0);
    assert_true(rig_le_event(&rig, 1, LE_EV_CONNECTION, 1000 * MS, &packet));
    rig_close(&rig);
}

static void test_high_duty_directed_ends(void **state)
{
    struct rig rig;
    struct packet packet;
    two(&rig);
    advertise_directed(&rig, 0, 1, 1);
    int64_t start = air_now(rig.air);
    assert_true(rig_le_event(&rig, 0, LE_EV_CONNECTION, 2000 * MS, &packet));
    assert_int_equal(packet.data[4], 0x3c);
    assert_in_range(air_now(rig.air) - start, 1275 * MS, 1285 * MS);
    assert_int_equal(RIG_CMD(&rig, 0, OP_ADV_ENABLE, 1), 0);
    rig_scan(&rig, 1, false, 0x60, 0x60, false);
    unsigned int counts[5];
    count_reports(&rig, 1, 375 * MS, counts);
    assert_in_range(counts[1], 60, 101); // every 3.75 ms; the unread ones beyond 64 are dropped
    rig_close(&rig);
}

static void test_connect_waits_and_cancels(void **state)
{
    struct rig rig;
    struct packet packet;
    two(&rig);
    assert_int_equal(rig_connect(&rig, 1, 0, 24, 0, 100), 0);
    assert_int_equal(rig_connect(&rig, 1, 0, 24, 0, 100), 0x0c);
    rig_run(&rig, INT64_C(600000000)); // ten minutes
    assert_false(air_hci_pending(rig.c[1]));
    assert_int_equal(rig_cmd(&rig, 1, OP_CREATE_CANCEL, NULL, 0), 0);
    assert_true(rig_le_event(&rig, 1, LE_EV_CONNECTION, MS, &packet));
    assert_int_equal(packet.data[4], 0x02);
    // Again, and now somebody comes; a scannable advertiser is not connectable.
    assert_int_equal(rig_connect(&rig, 1, 0, 24, 0, 100), 0);
    rig_advertise(&rig, 0, 2, 0x20);
    assert_false(rig_le_event(&rig, 1, LE_EV_CONNECTION, 2000 * MS, &packet));
    RIG_CMD(&rig, 0, OP_ADV_ENABLE, 0);
    rig_advertise(&rig, 0, 0, 0x20);
    assert_true(rig_le_event(&rig, 1, LE_EV_CONNECTION, 2000 * MS, &packet));
    assert_int_equal(packet.data[4], 0);
    assert_true(rig_le_event(&rig, 0, LE_EV_CONNECTION, 2000 * MS, &packet));
    // Advertising has ended with the connection.
    rig_scan(&rig, 1, false, 0x60, 0x60, false);
    assert_false(rig_le_event(&rig, 1, LE_EV_REPORT, 2000 * MS, &packet));
    rig_close(&rig);
}

static void test_accept_list(void **state)
{
    struct rig rig;
    struct packet packet;
    uint8_t entry[7] = {1};
    uint8_t create[25] = {0x60, 0, 0x60, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 24, 0, 24, 0, 0, 0, 100, 0};
    two(&rig);
    rig_add_ready(&rig, &(struct air_controller_config){.accept_list_size = 1});
    rig_advertise(&rig, 0, 0, 0x20);
    rig_advertise(&rig, 1, 0, 0x20);
    rig_addr(&rig, 1, entry + 1);
    assert_int_equal(rig_cmd(&rig, 2, OP_ADD_ACCEPT, entry, 7), 0);
    assert_int_equal(rig_cmd(&rig, 2, OP_ADD_ACCEPT, entry, 7), 0);
    uint8_t other[7] = {1, 1, 2, 3, 4, 5, 0xc0};
    assert_int_equal(rig_cmd(&rig, 2, OP_ADD_ACCEPT, other, 7), 0x07);
    assert_int_equal(rig_cmd(&rig, 2, OP_CREATE, create, 25), 0);
    assert_int_equal(rig_cmd(&rig, 2, OP_CLEAR_ACCEPT, NULL, 0), 0x0c); // in use
    assert_true(rig_le_event(&rig, 2, LE_EV_CONNECTION, 2000 * MS, &packet));
    assert_memory_equal(packet.data + 9, entry + 1, 6);
    assert_int_equal(rig_cmd(&rig, 2, OP_REMOVE_ACCEPT, entry, 7), 0);
    assert_int_equal(rig_cmd(&rig, 2, OP_REMOVE_ACCEPT, entry, 7), 0x12);
    rig_close(&rig);
}

static void test_advertiser_filters_connections(void **state)
{
    struct rig rig;
    struct packet packet;
    two(&rig);
    uint8_t params[15] = {0x20, 0, 0x20, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 2};
    assert_int_equal(rig_cmd(&rig, 0, OP_ADV_PARAMS, params, sizeof(params)), 0);
    RIG_CMD(&rig, 0, OP_ADV_ENABLE, 1);
    // The stranger's CONNECT_IND is ignored: its link is never established.
    assert_int_equal(rig_connect(&rig, 1, 0, 24, 0, 100), 0);
    assert_true(rig_le_event(&rig, 1, LE_EV_CONNECTION, 1000 * MS, &packet));
    assert_true(rig_event(&rig, 1, EV_DISCONNECTION, 1000 * MS, &packet));
    assert_int_equal(packet.data[6], 0x3e);
    assert_false(air_hci_pending(rig.c[0]));
    rig_close(&rig);
}

static void test_own_address_must_exist(void **state)
{
    struct rig rig;
    rig_open(&rig, 1);
    rig_add(&rig, &(struct air_controller_config){0});
    uint8_t params[15] = {0x20, 0, 0x20, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0};
    assert_int_equal(rig_cmd(&rig, 0, OP_ADV_PARAMS, params, sizeof(params)), 0);
    assert_int_equal(RIG_CMD(&rig, 0, OP_ADV_ENABLE, 1), 0x12); // random, not set
    params[5] = 0;
    assert_int_equal(rig_cmd(&rig, 0, OP_ADV_PARAMS, params, sizeof(params)), 0);
    assert_int_equal(RIG_CMD(&rig, 0, OP_ADV_ENABLE, 1), 0x12); // public, has none
    assert_int_equal(RIG_CMD(&rig, 0, OP_RANDOM_ADDRESS, 1, 2, 3, 4, 5, 0xc6), 0);
    params[5] = 1;
    assert_int_equal(rig_cmd(&rig, 0, OP_ADV_PARAMS, params, sizeof(params)), 0);
    assert_int_equal(RIG_CMD(&rig, 0, OP_ADV_ENABLE, 1), 0);
    assert_int_equal(RIG_CMD(&rig, 0, OP_RANDOM_ADDRESS, 1, 2, 3, 4, 5, 0xc7), 0x0c);
    assert_int_equal(rig_cmd(&rig, 0, OP_ADV_PARAMS, params, sizeof(params)), 0x0c);
    params[0] = 0x1f;
    RIG_CMD(&rig, 0, OP_ADV_ENABLE, 0);
    assert_int_equal(rig_cmd(&rig, 0, OP_ADV_PARAMS, params, sizeof(params)), 0x12);
    rig_close(&rig);
}

static void test_reset_stops_everything(void **state)
{
    struct rig rig;
    struct packet packet;
    uint16_t handles[2];
    two(&rig);
    rig_add_ready(&rig, &(struct air_controller_config){0});
    rig_link(&rig, 1, 0, 24, handles);
    rig_run(&rig, 100 * MS);
    rig_advertise(&rig, 0, 3, 0x20);
    assert_int_equal(rig_cmd(&rig, 0, OP_RESET, NULL, 0), 0);
    rig_scan(&rig, 2, false, 0x60, 0x60, false);
    assert_false(rig_le_event(&rig, 2, LE_EV_REPORT, 1000 * MS, &packet));
    assert_true(rig_event(&rig, 1, EV_DISCONNECTION, 2000 * MS, &packet));
    assert_int_equal(packet.data[6], 0x08);
    assert_false(rig_event(&rig, 0, EV_DISCONNECTION, 1000 * MS, &packet));
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_told_apart),
        cmocka_unit_test(test_passive_scan_asks_nothing),
        cmocka_unit_test(test_report_carries_data),
        cmocka_unit_test(test_interval_and_delay),
        cmocka_unit_test(test_scan_window),
        cmocka_unit_test(test_loss_of_advertisements),
        cmocka_unit_test(test_directed_reaches_its_target_only),
        cmocka_unit_test(test_high_duty_directed_ends),
        cmocka_unit_test(test_connect_waits_and_cancels),
        cmocka_unit_test(test_accept_list),
        cmocka_unit_test(test_advertiser_filters_connections),
        cmocka_unit_test(test_own_address_must_exist),
        cmocka_unit_test(test_reset_stops_everything),
    };
    return cmocka_run_group_tests_name("air_adv", tests, NULL, NULL);
}
