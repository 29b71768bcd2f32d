// What the Bluetooth SIG's tests of the Generic Access Profile ask for, by their ids, between two whole
// hosts: modes and procedures of the broadcaster, observer, peripheral and central (Vol 3, Part C,
// 9), and what advertising data may hold (Supplement, Part A). Those of bonding and security:
// test_smp_gap_ids.c.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/breeze.h>
#include <zephyr/bluetooth/hci.h>

#include "support/pair.h"

#define SECOND       1000000
#define DISCOVERABLE (BT_LE_AD_LIMITED | BT_LE_AD_GENERAL)

static struct pair pair;
static bt_addr_le_t addrs[2];

static unsigned int here(void)
{
    return (unsigned int)(pair_here() - pair.hosts);
}

static void do_address(void *arg)
{
    size_t count = 1;
    bt_id_get(&addrs[here()], &count);
    assert_int_equal(count, 1);
}

static void begin(enum air_level level)
{
    struct pair_options options = {.seed = 9, .controller.level = level};
    assert_true(pair_enable(&pair, &options));
    for (unsigned int who = 0; who < 2; who++) {
        pair_on(who, do_address, NULL);
    }
}

// ---- The advertiser, host 0 ---------------------------------------------------------------------

// BT_LE_AD_LIMITED and _GENERAL are the modes; without either it is not discoverable.
struct mode {
    uint32_t options; // BT_LE_ADV_OPT_CONN, or none
    uint8_t flags;
    bool directed;
};

static void do_advertise(void *arg)
{
    const struct mode *mode = arg;
    const struct bt_le_adv_param param = {
        .options = mode->options | (mode->directed ? BT_LE_ADV_OPT_DIR_MODE_LOW_DUTY : 0),
        .interval_min = 0xa0, // Not connectable, 4.x controllers take no less.
        .interval_max = 0xa0,
        .peer = mode->directed ? &addrs[PAIR_CENTRAL] : NULL,
    };
    const uint8_t flags = mode->flags | BT_LE_AD_NO_BREDR;
    const struct bt_data ad[] = {
        BT_DATA(BT_DATA_FLAGS, &flags, 1),
        BT_DATA_BYTES(BT_DATA_MANUFACTURER_DATA, 0xff, 0xff, 'b', 'z'),
    };
    assert_int_equal(bt_le_adv_start(&param, ad, mode->directed ? 0 : ARRAY_SIZE(ad), NULL, 0), 0);
}

static void advertise(uint32_t options, uint8_t flags, bool directed)
{
    struct mode mode = {options, flags, directed};
    pair_on(PAIR_PERIPHERAL, do_advertise, &mode);
}

// ---- The observer, host 1 -----------------------------------------------------------------------

static struct {
    unsigned int reports;
    unsigned int types[5];
    uint8_t flags; // Of all reports together.
    unsigned int flagged;
    uint8_t data[31];
    uint16_t len;
} seen;

static bool on_field(struct bt_data *field, void *user_data)
{
    if (field->type == BT_DATA_FLAGS) {
        assert_int_equal(field->data_len, 1);
        seen.flags |= field->data[0];
        seen.flagged++;
    }
    return true;
}

static void on_report(const bt_addr_le_t *addr, int8_t rssi, uint8_t type,
                      struct net_buf_simple *buf)
{
    assert_true(bt_addr_le_eq(addr, &addrs[PAIR_PERIPHERAL]));
    assert_in_range(type, 0, ARRAY_SIZE(seen.types) - 1);
    seen.reports++;
    seen.types[type]++;
    seen.len = buf->len;
    memcpy(seen.data, buf->data, buf->len);
    bt_data_parse(buf, on_field, NULL);
}

static void do_scan(void *arg)
{
    assert_int_equal(bt_le_scan_start(arg, on_report), 0);
}

static void do_scan_not(void *arg)
{
    assert_int_equal(bt_le_scan_stop(), 0);
}

static void observe(uint8_t type, uint32_t options)
{
    const struct bt_le_scan_param param = {
        .type = type, .options = options, .interval = 96, .window = 96};
    memset(&seen, 0, sizeof(seen));
    pair_on(PAIR_CENTRAL, do_scan, (void *)&param);
    sim_run(pair.sim, 2 * SECOND);
    pair_on(PAIR_CENTRAL, do_scan_not, NULL);
}

// Everything that was heard is of this type, with these modes in its flags.
static void check_seen(uint8_t type, uint8_t flags)
{
    assert_in_range(seen.reports, 5, 25); // Every 100 ms, and up to 10 ms more.
    assert_int_equal(seen.types[type], seen.reports);
    assert_int_equal(seen.flagged, seen.reports);
    assert_int_equal(seen.flags & DISCOVERABLE, flags);
}

static void check_mode(uint32_t options, uint8_t flags)
{
    begin(AIR_LEVEL_DEFAULT);
    advertise(options, flags, false);
    observe(BT_LE_SCAN_TYPE_PASSIVE, 0);
    check_seen(options ? BT_GAP_ADV_TYPE_ADV_IND : BT_GAP_ADV_TYPE_ADV_NONCONN_IND, flags);
    pair_stop(&pair);
}

// ---- Connecting ---------------------------------------------------------------------------------

static const struct bt_conn_le_create_param create_param = {.interval = 0x60, .window = 0x60};

static void do_create(void *arg)
{
    struct bt_conn *conn = NULL;
    assert_int_equal(bt_conn_le_create(&addrs[PAIR_PERIPHERAL], &create_param,
                                       BT_LE_CONN_PARAM(24, 24, 0, 400), &conn),
                     0);
    bt_conn_unref(conn);
}

static void do_create_auto(void *arg)
{
    assert_int_equal(bt_conn_le_create_auto(&create_param, BT_LE_CONN_PARAM_DEFAULT), 0);
}

static void do_accept(void *arg)
{
    assert_int_equal(bt_le_filter_accept_list_add(&addrs[PAIR_PERIPHERAL]), 0);
}

static bool connected(void *arg)
{
    return pair.hosts[0].conn && pair.hosts[1].conn;
}

static bool failed(void *arg)
{
    return pair.hosts[PAIR_CENTRAL].failed > 0;
}

// Each of the two sides knows who the other is, and as which it is there.
static void do_check_link(void *arg)
{
    struct bt_conn_info info;
    assert_int_equal(bt_conn_get_info(pair_here()->conn, &info), 0);
    assert_int_equal(info.role, here() ? BT_CONN_ROLE_CENTRAL : BT_CONN_ROLE_PERIPHERAL);
    assert_true(bt_addr_le_eq(info.le.dst, &addrs[!here()]));
}

static void check_connected(void)
{
    assert_true(pair_until(connected, NULL, 5 * SECOND));
    pair_on(0, do_check_link, NULL);
    pair_on(1, do_check_link, NULL);
}

// A procedure of the central, with a peripheral in undirected and in directed connectable mode.
static void establish(void (*procedure)(void))
{
    for (int directed = 0; directed < 2; directed++) {
        begin(AIR_LEVEL_DEFAULT);
        advertise(BT_LE_ADV_OPT_CONN, BT_LE_AD_GENERAL, directed);
        procedure();
        check_connected();
        pair_stop(&pair);
    }
}

// ---- Broadcast and observation ------------------------------------------------------------------

// Not connectable, and no discoverable mode in its flags.
static void gap_brob_bcst_bv_01_c(void **state)
{
    check_mode(0, 0);
}

static void do_broadcast(void *arg)
{
    static const struct bt_data sd[] = {BT_DATA(BT_DATA_NAME_COMPLETE, "more", 4)};
    const struct bt_le_adv_param param = {.interval_min = 0xa0, .interval_max = 0xa0};
    assert_int_equal(bt_le_adv_start(&param, arg, 1, sd, ARRAY_SIZE(sd)), 0);
}

// Passive: it hears the data, and asks nobody for more.
static void gap_brob_obsv_bv_01_c(void **state)
{
    static const uint8_t expected[] = {5, BT_DATA_MANUFACTURER_DATA, 0xff, 0xff, 'b', 'z'};
    struct bt_data ad = BT_DATA(BT_DATA_MANUFACTURER_DATA, expected + 2, 4);
    begin(AIR_LEVEL_DEFAULT);
    pair_on(PAIR_PERIPHERAL, do_broadcast, &ad);
    observe(BT_LE_SCAN_TYPE_PASSIVE, 0);
    assert_in_range(seen.reports, 5, 25);
    assert_int_equal(seen.types[BT_GAP_ADV_TYPE_ADV_SCAN_IND], seen.reports);
    assert_int_equal(seen.len, sizeof(expected));
    assert_memory_equal(seen.data, expected, sizeof(expected));
    pair_stop(&pair);
}

// ---- Discovery ----------------------------------------------------------------------------------

static void gap_disc_nonm_bv_01_c(void **state)
{
    check_mode(0, 0);
}

static void gap_disc_nonm_bv_02_c(void **state)
{
    check_mode(BT_LE_ADV_OPT_CONN, 0);
}

static void gap_disc_limm_bv_03_c(void **state)
{
    check_mode(0, BT_LE_AD_LIMITED);
}

static void gap_disc_limm_bv_04_c(void **state)
{
    check_mode(BT_LE_ADV_OPT_CONN, BT_LE_AD_LIMITED);
}

static void gap_disc_genm_bv_03_c(void **state)
{
    check_mode(0, BT_LE_AD_GENERAL);
}

static void gap_disc_genm_bv_04_c(void **state)
{
    check_mode(BT_LE_ADV_OPT_CONN, BT_LE_AD_GENERAL);
}

// An active scan finds a peripheral in this mode, and tells it apart by the flags.
static void find(uint8_t flags)
{
    begin(AIR_LEVEL_DEFAULT);
    advertise(BT_LE_ADV_OPT_CONN, flags, false);
    observe(BT_LE_SCAN_TYPE_ACTIVE, 0);
    assert_true(seen.types[BT_GAP_ADV_TYPE_ADV_IND] >= 5);
    assert_int_equal(seen.flags & DISCOVERABLE, flags);
    pair_stop(&pair);
}

// The general procedure finds peers in general and in limited discoverable mode.
static void gap_disc_genp_bv_01_c_bv_02_c(void **state)
{
    find(BT_LE_AD_GENERAL);
    find(BT_LE_AD_LIMITED);
}

// ---- Connection modes ---------------------------------------------------------------------------

// Whatever its discoverable mode, nobody connects.
static void gap_conn_ncon_bv_01_to_03_c(void **state)
{
    static const uint8_t flags[] = {0, BT_LE_AD_GENERAL, BT_LE_AD_LIMITED};
    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        begin(AIR_LEVEL_DEFAULT);
        advertise(0, flags[i], false);
        observe(BT_LE_SCAN_TYPE_PASSIVE, 0);
        check_seen(BT_GAP_ADV_TYPE_ADV_NONCONN_IND, flags[i]);
        pair_on(PAIR_CENTRAL, do_create, NULL);
        assert_true(pair_until(failed, NULL, 10 * SECOND));
        assert_int_equal(pair.hosts[0].connected + pair.hosts[1].connected, 0);
        pair_stop(&pair);
    }
}

static void gap_conn_ucon_bv_01_to_03_c(void **state)
{
    static const uint8_t flags[] = {0, BT_LE_AD_GENERAL, BT_LE_AD_LIMITED};
    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        begin(AIR_LEVEL_DEFAULT);
        advertise(BT_LE_ADV_OPT_CONN, flags[i], false);
        observe(BT_LE_SCAN_TYPE_PASSIVE, 0);
        check_seen(BT_GAP_ADV_TYPE_ADV_IND, flags[i]);
        pair_on(PAIR_CENTRAL, do_create, NULL);
        check_connected();
        pair_stop(&pair);
    }
}

static void gap_conn_dcon_bv_01_c(void **state)
{
    begin(AIR_LEVEL_DEFAULT);
    advertise(BT_LE_ADV_OPT_CONN, 0, true);
    observe(BT_LE_SCAN_TYPE_PASSIVE, 0);
    assert_in_range(seen.reports, 5, 25);
    assert_int_equal(seen.types[BT_GAP_ADV_TYPE_ADV_DIRECT_IND], seen.reports);
    pair_on(PAIR_CENTRAL, do_create, NULL);
    check_connected();
    pair_stop(&pair);
}

// ---- Connection establishment -------------------------------------------------------------------

static void automatic(void)
{
    pair_on(PAIR_CENTRAL, do_accept, NULL);
    pair_on(PAIR_CENTRAL, do_create_auto, NULL);
}

static void gap_conn_acep_accept_list(void **state)
{
    establish(automatic);
}

// Anyone is heard, one is chosen.
static void general(void)
{
    observe(BT_LE_SCAN_TYPE_PASSIVE, 0);
    assert_true(seen.reports >= 5);
    pair_on(PAIR_CENTRAL, do_create, NULL);
}

static void gap_conn_gcep_bv_01_c_bv_02_c(void **state)
{
    establish(general);
}

// Only those of the list are heard: nobody, before it holds the peer.
static void selective(void)
{
    observe(BT_LE_SCAN_TYPE_PASSIVE, BT_LE_SCAN_OPT_FILTER_ACCEPT_LIST);
    assert_int_equal(seen.reports, 0);
    pair_on(PAIR_CENTRAL, do_accept, NULL);
    observe(BT_LE_SCAN_TYPE_PASSIVE, BT_LE_SCAN_OPT_FILTER_ACCEPT_LIST);
    assert_true(seen.reports >= 5);
    pair_on(PAIR_CENTRAL, do_create, NULL);
}

static void gap_conn_scep_bv_01_c_bv_03_c(void **state)
{
    establish(selective);
}

static void direct(void)
{
    pair_on(PAIR_CENTRAL, do_create, NULL);
}

static void gap_conn_dcep_bv_01_c_bv_03_c(void **state)
{
    establish(direct);
}

// ---- Connection parameters ----------------------------------------------------------------------

static struct {
    bool refuse;
    unsigned int asked;
    unsigned int updated[2];
    uint16_t interval[2], latency[2], timeout[2];
} heard;

static bool on_asked(struct bt_conn *conn, struct bt_le_conn_param *param)
{
    heard.asked++;
    assert_int_equal(here(), PAIR_CENTRAL);
    return !heard.refuse;
}

static void on_updated(struct bt_conn *conn, uint16_t interval, uint16_t latency, uint16_t timeout)
{
    heard.updated[here()]++;
    heard.interval[here()] = interval;
    heard.latency[here()] = latency;
    heard.timeout[here()] = timeout;
}

BT_CONN_CB_DEFINE(ids_callbacks) = {.le_param_req = on_asked, .le_param_updated = on_updated};

static void do_update(void *arg)
{
    assert_int_equal(bt_conn_le_param_update(pair_here()->conn, BT_LE_CONN_PARAM(40, 40, 1, 300)),
                     0);
}

static bool both_updated(void *arg)
{
    return heard.updated[0] && heard.updated[1];
}

// On controllers without the link layer's procedure, as that of L2CAP is asked for.
static void ask_for_parameters(unsigned int who, bool refuse)
{
    memset(&heard, 0, sizeof(heard));
    heard.refuse = refuse;
    begin(AIR_LEVEL_4_0);
    assert_true(pair_connect(&pair, 24));
    sim_run(pair.sim, SECOND);
    pair_on(who, do_update, NULL);
    assert_int_equal(pair_until(both_updated, NULL, 5 * SECOND), !refuse);
    assert_int_equal(heard.asked, who == PAIR_PERIPHERAL);
    assert_int_equal(heard.updated[0], !refuse);
    assert_int_equal(heard.updated[1], !refuse);
    for (unsigned int i = 0; i < 2 && !refuse; i++) {
        assert_int_equal(heard.interval[i], 40);
        assert_int_equal(heard.latency[i], 1);
        assert_int_equal(heard.timeout[i], 300);
    }
    assert_true(connected(NULL));
    pair_stop(&pair);
}

// The peripheral asks, the central does it.
static void gap_conn_cpup_bv_01_c_bv_04_c(void **state)
{
    ask_for_parameters(PAIR_PERIPHERAL, false);
}

// ... or says no, and all stays as it was.
static void gap_conn_cpup_bv_05_c(void **state)
{
    ask_for_parameters(PAIR_PERIPHERAL, true);
}

// The central changes them without being asked.
static void gap_conn_cpup_bv_06_c(void **state)
{
    ask_for_parameters(PAIR_CENTRAL, false);
}

// ---- Termination --------------------------------------------------------------------------------

static void gap_conn_term_bv_01_c(void **state)
{
    for (unsigned int who = 0; who < 2; who++) {
        begin(AIR_LEVEL_DEFAULT);
        assert_true(pair_connect(&pair, 24));
        assert_true(pair_disconnect(&pair, who));
        assert_int_equal(pair.hosts[who].reason, BT_HCI_ERR_LOCALHOST_TERM_CONN);
        assert_int_equal(pair.hosts[!who].reason, BT_HCI_ERR_REMOTE_USER_TERM_CONN);
        pair_stop(&pair);
    }
}

// ---- Names --------------------------------------------------------------------------------------

static char name[32];

static uint8_t on_name(struct bt_conn *conn, uint8_t err, struct bt_gatt_read_params *params,
                       const void *data, uint16_t len)
{
    assert_int_equal(err, 0);
    if (!data) {
        return BT_GATT_ITER_STOP;
    }
    assert_in_range(len, 1, sizeof(name) - 1);
    memcpy(name, data, len);
    return BT_GATT_ITER_STOP;
}

static void do_read_name(void *arg)
{
    static struct bt_gatt_read_params read;
    read = (struct bt_gatt_read_params){
        .func = on_name,
        .by_uuid = {.start_handle = 1, .end_handle = 0xffff, .uuid = BT_UUID_GAP_DEVICE_NAME},
    };
    assert_int_equal(bt_gatt_read(pair_here()->conn, &read), 0);
}

static void do_set_name(void *arg)
{
    assert_int_equal(bt_set_name(arg), 0);
}

static bool has_name(void *arg)
{
    return name[0] != 0;
}

// Either side reads the other's Device Name: 01 is the reader's, 02 the other's.
static void gap_idle_namp_bv_01_c_bv_02_c(void **state)
{
    static char *const names[] = {"the peripheral", "the central"};
    begin(AIR_LEVEL_DEFAULT);
    for (unsigned int who = 0; who < 2; who++) {
        pair_on(who, do_set_name, names[who]);
    }
    assert_true(pair_connect(&pair, 24));
    for (unsigned int who = 0; who < 2; who++) {
        memset(name, 0, sizeof(name));
        pair_on(who, do_read_name, NULL);
        assert_true(pair_until(has_name, NULL, 5 * SECOND));
        assert_string_equal(name, names[!who]);
    }
    pair_stop(&pair);
}

// ---- Advertising data ---------------------------------------------------------------------------

// A field of this type and content arrives as it was given.
static void carry(uint8_t type, const void *content, uint8_t len)
{
    struct bt_data ad = BT_DATA(type, content, len);
    begin(AIR_LEVEL_DEFAULT);
    pair_on(PAIR_PERIPHERAL, do_broadcast, &ad);
    observe(BT_LE_SCAN_TYPE_PASSIVE, 0);
    assert_true(seen.reports >= 5);
    assert_int_equal(seen.len, 2 + len);
    assert_int_equal(seen.data[0], 1 + len);
    assert_int_equal(seen.data[1], type);
    assert_memory_equal(seen.data + 2, content, len);
    pair_stop(&pair);
}

static void gap_adv_bv_01_c_service_uuids(void **state)
{
    carry(0x03, "\x0d\x18\x0f\x18", 4); // Complete list, 16 bit.
    carry(0x07, "0123456789abcdef", 16);
}

static void gap_adv_bv_02_c_local_name(void **state)
{
    carry(0x09, "a whole name", 12);
    carry(0x08, "a short", 7);
}

static void gap_adv_bv_03_c_flags(void **state)
{
    carry(0x01, "\x06", 1);
}

static void gap_adv_bv_04_c_manufacturer_data(void **state)
{
    carry(0xff, "\xff\xff data", 7);
}

static void gap_adv_bv_05_c_tx_power(void **state)
{
    carry(0x0a, "\xf8", 1);
}

static void gap_adv_bv_10_c_service_data(void **state)
{
    carry(0x16, "\x0f\x18\x64", 3);
}

static void gap_adv_bv_11_c_appearance(void **state)
{
    carry(0x19, "\x41\x03", 2);
}

// A failed case leaves no simulation behind for the next.
static int after(void **state)
{
    if (pair_now()) {
        pair_stop(&pair);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_teardown(name, after)
        CASE(gap_brob_bcst_bv_01_c),
        CASE(gap_brob_obsv_bv_01_c),
        CASE(gap_disc_nonm_bv_01_c),
        CASE(gap_disc_nonm_bv_02_c),
        CASE(gap_disc_limm_bv_03_c),
        CASE(gap_disc_limm_bv_04_c),
        CASE(gap_disc_genm_bv_03_c),
        CASE(gap_disc_genm_bv_04_c),
        CASE(gap_disc_genp_bv_01_c_bv_02_c),
        CASE(gap_conn_ncon_bv_01_to_03_c),
        CASE(gap_conn_ucon_bv_01_to_03_c),
        CASE(gap_conn_dcon_bv_01_c),
        CASE(gap_conn_acep_accept_list),
        CASE(gap_conn_gcep_bv_01_c_bv_02_c),
        CASE(gap_conn_scep_bv_01_c_bv_03_c),
        CASE(gap_conn_dcep_bv_01_c_bv_03_c),
        CASE(gap_conn_cpup_bv_01_c_bv_04_c),
        CASE(gap_conn_cpup_bv_05_c),
        CASE(gap_conn_cpup_bv_06_c),
        CASE(gap_conn_term_bv_01_c),
        CASE(gap_idle_namp_bv_01_c_bv_02_c),
        CASE(gap_adv_bv_01_c_service_uuids),
        CASE(gap_adv_bv_02_c_local_name),
        CASE(gap_adv_bv_03_c_flags),
        CASE(gap_adv_bv_04_c_manufacturer_data),
        CASE(gap_adv_bv_05_c_tx_power),
        CASE(gap_adv_bv_10_c_service_data),
        CASE(gap_adv_bv_11_c_appearance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
