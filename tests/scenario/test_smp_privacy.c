// Private addresses between two whole hosts on the virtual air: bonded peers find each other by their
// identities, whichever side hides, whoever resolves, through rotations and restarts.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/privacy.h>

#include "crypto/crypto.h"
#include "gap/state.h"
#include "gatt/state.h"
#include "smp_users.h"

#define SECONDS 1000000LL
#define SHORT_S 30 // A private address lasts so long here.

// What the controllers are like; chosen by the group.
#define PRIVACY BIT(6) // Of the LE features.
static struct air_controller_config controller;

static bool has_list(void)
{
    return controller.level != AIR_LEVEL_4_1 && !controller.without_features;
}

static bt_addr_le_t identity[2];

static void do_identity(void *arg)
{
    size_t count = 1;
    bt_id_get(&identity[here()], &count);
    assert_int_equal(count, 1);
}

static void do_privacy(void *arg)
{
    assert_int_equal(breeze_privacy_set(*(enum breeze_privacy *)arg), 0);
    assert_int_equal(bt_le_set_rpa_timeout(SHORT_S), 0);
}

static void begin(enum breeze_privacy peripheral, enum breeze_privacy central)
{
    static const struct breeze_smp_policy none;
    struct pair_options options = {.seed = 5, .controller = controller};
    struct setup setup = {SMP_IO_NONE, none};
    forget();
    memset(user, 0, sizeof(user));
    assert_true(pair_enable(&pair, &options));
    for (unsigned int who = 0; who < 2; who++) {
        on(who, do_setup, &setup);
        on(who, do_identity, NULL);
    }
    on(0, do_privacy, &peripheral);
    on(1, do_privacy, &central);
}

// ---- Advertising, connecting --------------------------------------------------------------------

static const struct bt_data ad[] = {BT_DATA_BYTES(BT_DATA_FLAGS, BT_LE_AD_GENERAL)};

static void do_advertise(void *arg)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, ad, 1, NULL, 0), 0);
}

static void do_stop(void *arg)
{
    assert_int_equal(bt_le_adv_stop(), 0);
}

static struct sightings {
    unsigned int count;
    unsigned int addresses; // How many different ones, one after the other.
    bt_addr_le_t addr;
} seen;

static void on_seen(const bt_addr_le_t *addr, int8_t rssi, uint8_t type, struct net_buf_simple *buf)
{
    seen.addresses += !seen.count || !bt_addr_le_eq(addr, &seen.addr);
    seen.addr = *addr;
    seen.count++;
}

static void do_scan(void *arg)
{
    static const struct bt_le_scan_param param = {
        .type = BT_LE_SCAN_TYPE_ACTIVE, .interval = 0x60, .window = 0x60};
    memset(&seen, 0, sizeof(seen));
    assert_int_equal(bt_le_scan_start(&param, on_seen), 0);
}

static void do_scan_stop(void *arg)
{
    assert_int_equal(bt_le_scan_stop(), 0);
}

static bool was_seen(void *arg)
{
    return seen.count > 0;
}

// The address under which host 0 shows itself to host 1.
static bt_addr_le_t look(void)
{
    on(1, do_scan, NULL);
    assert_true(pair_until(was_seen, NULL, 10 * SECONDS));
    on(1, do_scan_stop, NULL);
    return seen.addr;
}

static void do_connect(void *arg)
{
    static const struct bt_conn_le_create_param param = {
        .interval = 0x60, .window = 0x60, .timeout = 2000};
    struct bt_conn *conn = NULL;
    assert_int_equal(bt_conn_le_create(arg, &param, BT_LE_CONN_PARAM_DEFAULT, &conn), 0);
    bt_conn_unref(conn);
}

static bool both_up(void *arg)
{
    return pair.hosts[0].conn && pair.hosts[1].conn;
}

static void connect_to(bt_addr_le_t addr)
{
    on(1, do_connect, &addr);
    assert_true(pair_until(both_up, NULL, 20 * SECONDS));
}

static struct bt_conn_info infos_of[2];

static void do_info(void *arg)
{
    assert_int_equal(bt_conn_get_info(pair_here()->conn, &infos_of[here()]), 0);
}

// Both sides agree on the addresses of the link, whatever each calls the other.
static void check_link(bool peripheral_private, bool central_private)
{
    bt_addr_le_t addrs[2][2];
    for (unsigned int who = 0; who < 2; who++) {
        on(who, do_info, NULL);
        addrs[who][0] = *infos_of[who].le.local;
        addrs[who][1] = *infos_of[who].le.remote;
        assert_true(bt_addr_le_eq(infos_of[who].le.src, &identity[who]));
    }
    assert_true(bt_addr_le_eq(&addrs[0][0], &addrs[1][1]));
    assert_true(bt_addr_le_eq(&addrs[1][0], &addrs[0][1]));
    assert_int_equal(bt_addr_le_is_rpa(&addrs[0][0]), peripheral_private);
    assert_int_equal(bt_addr_le_is_rpa(&addrs[1][0]), central_private);
}

static void check_identities(void)
{
    for (unsigned int who = 0; who < 2; who++) {
        on(who, do_info, NULL);
        assert_true(bt_addr_le_eq(infos_of[who].le.dst, &identity[!who]));
    }
}

static void bond(void)
{
    on(0, do_advertise, NULL);
    connect_to(look());
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    assert_true(heard[0].bonded && heard[1].bonded);
    check_identities();
}

static void run_s(int64_t seconds)
{
    sim_run(pair.sim, seconds * SECONDS);
}

// Connected by identity, encrypted by the bond.
static void reconnect_by_bond(void)
{
    forget();
    on(0, do_advertise, NULL);
    connect_to(identity[0]);
    check_identities();
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    assert_true(pair_until(one_changed, NULL, 10 * SECONDS));
    assert_int_equal(heard[0].err | heard[1].err, 0);
    assert_int_equal(heard[0].complete, 0);
    assert_true(encrypted());
}

static void reconnection(enum breeze_privacy peripheral, enum breeze_privacy central)
{
    bool hides[2] = {peripheral != BREEZE_PRIVACY_NONE, central != BREEZE_PRIVACY_NONE};
    begin(peripheral, central);
    bond();
    check_link(hides[0], hides[1]);
    for (int i = 0; i < 3; i++) {
        assert_true(pair_disconnect(&pair, 1));
        run_s(SHORT_S + 1);
        reconnect_by_bond();
        check_link(hides[0], hides[1]);
        quiet();
    }
    pair_stop(&pair);
}

static void private_peripheral_is_found_by_its_bond(void **state)
{
    reconnection(BREEZE_PRIVACY_RPA, BREEZE_PRIVACY_NONE);
}

static void private_central_is_known_by_its_bond(void **state)
{
    reconnection(BREEZE_PRIVACY_NONE, BREEZE_PRIVACY_RPA);
}

static void both_sides_private(void **state)
{
    reconnection(BREEZE_PRIVACY_RPA, BREEZE_PRIVACY_RPA);
}

static void hang_up(struct bt_conn *conn, bool bonded)
{
    assert_int_equal(bt_conn_disconnect(conn, BT_HCI_ERR_REMOTE_USER_TERM_CONN), 0);
}

static struct bt_conn_auth_info_cb hasty = {.pairing_complete = hang_up};

static void do_be_hasty(void *arg)
{
    assert_int_equal(bt_conn_auth_info_cb_register(&hasty), 0);
}

static void do_calm_down(void *arg)
{
    assert_int_equal(bt_conn_auth_info_cb_unregister(&hasty), 0);
}

static bool both_gone(void *arg)
{
    return !pair.hosts[0].conn && !pair.hosts[1].conn;
}

// Who ends the link as soon as the pairing is complete has given its keys all the same.
static void keys_arrive_before_the_end_of_the_link(void **state)
{
    begin(BREEZE_PRIVACY_NONE, BREEZE_PRIVACY_RPA);
    on(1, do_be_hasty, NULL);
    on(0, do_advertise, NULL);
    connect_to(look());
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    assert_true(pair_until(both_gone, NULL, 10 * SECONDS));
    assert_true(heard[0].bonded && heard[1].bonded);
    on(1, do_calm_down, NULL);
    reconnect_by_bond();
    pair_stop(&pair);
}

// ---- Rotation -----------------------------------------------------------------------------------

// A stranger sees another address in each period, and the advertising never ends.
static void advertising_goes_on_across_rotations(void **state)
{
    begin(BREEZE_PRIVACY_RPA, BREEZE_PRIVACY_NONE);
    on(0, do_advertise, NULL);
    on(1, do_scan, NULL);
    run_s(5 * SHORT_S - 1);
    assert_int_equal(seen.addresses, 5);
    assert_in_range(seen.count, 5 * SHORT_S * 10, UINT32_MAX);
    on(1, do_scan_stop, NULL);
    on(0, do_stop, NULL);
    pair_stop(&pair);
}

// Whoever is bonded sees one identity all the time.
static void bonded_peer_sees_the_identity(void **state)
{
    begin(BREEZE_PRIVACY_RPA, BREEZE_PRIVACY_RPA);
    bond();
    assert_true(pair_disconnect(&pair, 0));
    on(0, do_advertise, NULL);
    on(1, do_scan, NULL);
    run_s(5 * SHORT_S);
    assert_int_equal(seen.addresses, 1);
    assert_true(bt_addr_le_eq(&seen.addr, &identity[0]));
    assert_in_range(seen.count, 5 * SHORT_S * 10, UINT32_MAX);
    on(1, do_scan_stop, NULL);
    on(0, do_stop, NULL);
    pair_stop(&pair);
}

// Links are not touched: no callback, no command that fails, the same addresses.
static void links_stay_across_rotations(void **state)
{
    begin(BREEZE_PRIVACY_RPA, BREEZE_PRIVACY_RPA);
    bond();
    forget();
    on(1, do_scan, NULL);
    run_s(5 * SHORT_S);
    assert_int_equal(heard[0].changed + heard[1].changed, 0);
    assert_int_equal(pair.hosts[0].disconnected + pair.hosts[1].disconnected, 0);
    assert_true(encrypted());
    check_link(true, true);
    check_identities();
    on(1, do_scan_stop, NULL);
    pair_stop(&pair);
}

// A central that waits across a rotation is there when the peer comes, with its next address.
static void initiator_goes_on_across_rotations(void **state)
{
    begin(BREEZE_PRIVACY_NONE, BREEZE_PRIVACY_RPA);
    bond();
    bt_addr_le_t before = *infos_of[1].le.local;
    assert_true(pair_disconnect(&pair, 1));
    run_s(SHORT_S - 10);
    bt_addr_le_t to = identity[0];
    on(1, do_connect, &to);
    run_s(15);
    on(0, do_advertise, NULL);
    assert_true(pair_until(both_up, NULL, 5 * SECONDS));
    check_link(false, true);
    check_identities();
    assert_false(bt_addr_le_eq(infos_of[1].le.local, &before));
    pair_stop(&pair);
}

// ---- Restart ------------------------------------------------------------------------------------

static uint8_t store_mem[2][1024];
static struct breeze_settings_ram stores[2];

static void do_store(void *arg)
{
    struct breeze_settings_ram *ram = &stores[here()];
    breeze_settings_ram_init(ram, store_mem[here()], sizeof(store_mem[0]));
    settings_src_register(&ram->store);
    settings_dst_register(&ram->store);
    assert_int_equal(settings_load(), 0);
}

// As after a restart of the program: what was kept in memory only is gone.
static void do_lose(void *arg)
{
    memset(smp_reg.bonds, 0, sizeof(smp_reg.bonds));
    memset(&gatt_keep_reg, 0, sizeof(gatt_keep_reg));
    memset(rpa_reg.irks, 0, sizeof(rpa_reg.irks));
    own_lost();
    gap_bonds_changed();
}

static void do_load(void *arg)
{
    assert_int_equal(settings_load(), 0);
}

static void key_lasts_in_the_settings(void **state)
{
    begin(BREEZE_PRIVACY_RPA, BREEZE_PRIVACY_RPA);
    on(0, do_store, NULL);
    on(1, do_store, NULL);
    bond();
    assert_true(pair_disconnect(&pair, 1));
    for (unsigned int who = 0; who < 2; who++) {
        on(who, do_lose, NULL);
        on(who, do_load, NULL);
    }
    reconnect_by_bond();
    pair_stop(&pair);
}

static uint8_t record[BREEZE_BOND_RECORD_LEN];

static void do_export(void *arg)
{
    assert_int_equal(breeze_smp_bond_export(BT_ID_DEFAULT, &identity[1], record), 0);
}

static void do_import(void *arg)
{
    assert_int_equal(breeze_smp_bond_import(record, sizeof(record)), 0);
}

// Whoever keeps nothing but the bond's record (MicroPython's programs) is known again as well.
static void key_lasts_in_the_record(void **state)
{
    begin(BREEZE_PRIVACY_RPA, BREEZE_PRIVACY_NONE);
    bond();
    assert_true(pair_disconnect(&pair, 1));
    on(0, do_export, NULL);
    on(0, do_lose, NULL);
    on(0, do_import, NULL);
    reconnect_by_bond();
    pair_stop(&pair);
}

static void do_import_old(void *arg)
{
    // Version 1 ended behind the peer's IRK.
    static const uint8_t key[16] = "Breeze bond 1";
    uint8_t old[BREEZE_BOND_RECORD_LEN - 16];
    uint8_t check[16];
    memcpy(old, record, sizeof(old) - 4);
    old[0] = 1;
    assert_int_equal(breeze_smp_bond_import(old, sizeof(old)), -EINVAL);
    crypto_cmac(key, old, sizeof(old) - 4, check);
    memcpy(old + sizeof(old) - 4, check, 4);
    assert_int_equal(breeze_smp_bond_import(old, sizeof(old)), *(int *)arg);
    // A later one's length does not make it one.
    old[0] = 2;
    crypto_cmac(key, old, sizeof(old) - 4, check);
    memcpy(old + sizeof(old) - 4, check, 4);
    assert_int_equal(breeze_smp_bond_import(old, sizeof(old)), -EINVAL);
}

static void hostile_57_records_of_two_versions(void **state)
{
    int want = 0;
    begin(BREEZE_PRIVACY_NONE, BREEZE_PRIVACY_NONE);
    bond();
    assert_true(pair_disconnect(&pair, 1));
    on(0, do_export, NULL);
    on(0, do_lose, NULL);
    on(0, do_import_old, &want);
    assert_int_equal(bonds(0), 1);
    reconnect_by_bond();
    assert_true(pair_disconnect(&pair, 1));
    // A record of version 1 cannot say that the peer has our IRK.
    record[2] |= SMP_KEYS_KNOWN;
    want = -EINVAL;
    on(0, do_lose, NULL);
    on(0, do_import_old, &want);
    assert_int_equal(bonds(0), 0);
    pair_stop(&pair);
}

// ---- The controller's part -----------------------------------------------------------------------

static void do_check_list(void *arg)
{
    const struct rlist_run *run = &rlist_run;
    assert_int_equal(run->on, *(bool *)arg);
    assert_int_equal(run->sent, *(bool *)arg);
    assert_false(run->failed);
    assert_int_equal(gap_is_hidden(&identity[0]), !*(bool *)arg);
}

static void do_unpair(void *arg)
{
    assert_int_equal(bt_unpair(BT_ID_DEFAULT, NULL), 0);
}

static void do_check_unlisted(void *arg)
{
    assert_int_equal(rlist_run.count, 0);
    assert_false(rlist_run.on);
}

static uint32_t blocks;

static void do_count_blocks(void *arg)
{
    struct breeze_stats stats;
    breeze_stats(&stats);
    blocks = stats.rpa_blocks;
}

// Where it can, the controller knows the peer, and the host never tries a key.
static void controller_resolves_if_it_can(void **state)
{
    bool list = has_list();
    begin(BREEZE_PRIVACY_RPA, BREEZE_PRIVACY_RPA);
    bond();
    assert_true(pair_disconnect(&pair, 1));
    on(1, do_check_list, &list);
    on(1, do_count_blocks, NULL);
    uint32_t before = blocks;
    reconnect_by_bond();
    assert_true(pair_disconnect(&pair, 1));
    on(0, do_advertise, NULL);
    on(1, do_scan, NULL);
    run_s(SHORT_S);
    on(1, do_scan_stop, NULL);
    on(1, do_count_blocks, NULL);
    assert_int_equal(blocks > before, !list);
    on(0, do_stop, NULL);
    pair_stop(&pair);
}

// A bond that goes leaves the list, while advertising and scanning go on.
static void list_follows_the_bonds(void **state)
{
    bool list = has_list();
    begin(BREEZE_PRIVACY_RPA, BREEZE_PRIVACY_RPA);
    on(1, do_check_unlisted, NULL);
    bond();
    on(1, do_scan, NULL);
    run_s(1);
    on(1, do_check_list, &list);
    on(1, do_unpair, NULL);
    run_s(1);
    struct sightings last = seen;
    on(1, do_check_unlisted, NULL);
    on(0, do_advertise, NULL);
    run_s(2);
    assert_true(seen.count > last.count);
    assert_true(bt_addr_le_is_rpa(&seen.addr)); // A stranger again.
    on(1, do_scan_stop, NULL);
    on(0, do_stop, NULL);
    pair_stop(&pair);
}

static void do_more_bonds(void *arg)
{
    static const uint8_t key[16] = "Breeze bond 1";
    uint8_t check[16];
    assert_int_equal(breeze_smp_bond_export(BT_ID_DEFAULT, &identity[0], record), 0);
    for (uint8_t i = 1; i < CONFIG_BT_MAX_PAIRED; i++) {
        record[5] = i;      // Used later than the peer's,
        record[15 + 1]++;   // ... of another peer,
        record[74] ^= 0x40; // ... with another IRK.
        record[75] = i;
        crypto_cmac(key, record, sizeof(record) - 4, check);
        memcpy(record + sizeof(record) - 4, check, 4);
        assert_int_equal(breeze_smp_bond_import(record, sizeof(record)), 0);
    }
}

static void do_check_full(void *arg)
{
    assert_int_equal(rlist_run.sent, *(unsigned int *)arg);
    assert_true(gap_is_hidden(&identity[0]));
}

// The bond found no place on the list: the host does for it what the controller does for others.
static void list_smaller_than_bonds(void **state)
{
    if (CONFIG_BREEZE_CRYPTO_CONTROLLER) {
        return; // It stays a stranger.
    }
    struct air_controller_config was = controller;
    unsigned int want = has_list() ? 2 : 0;
    controller.resolving_list_size = 2;
    begin(BREEZE_PRIVACY_RPA, BREEZE_PRIVACY_RPA);
    bond();
    assert_true(pair_disconnect(&pair, 1));
    on(1, do_more_bonds, NULL);
    run_s(1);
    on(1, do_check_full, &want);
    reconnect_by_bond();
    assert_true(pair_disconnect(&pair, 1));
    run_s(SHORT_S);
    reconnect_by_bond();
    pair_stop(&pair);
    controller = was;
}

static void do_accept(void *arg)
{
    assert_int_equal(bt_le_filter_accept_list_add(&identity[!here()]), 0);
}

static void do_connect_auto(void *arg)
{
    static const struct bt_conn_le_create_param param = {.interval = 0x60, .window = 0x60};
    assert_int_equal(bt_conn_le_create_auto(&param, BT_LE_CONN_PARAM_DEFAULT), 0);
}

// The accept list holds identities.
static void accept_list_lets_a_hidden_peer_in(void **state)
{
    begin(BREEZE_PRIVACY_RPA, BREEZE_PRIVACY_RPA);
    bond();
    assert_true(pair_disconnect(&pair, 1));
    run_s(SHORT_S);
    on(1, do_accept, NULL);
    on(1, do_connect_auto, NULL);
    run_s(SHORT_S + 5); // It rotates as it waits.
    on(0, do_advertise, NULL);
    assert_true(pair_until(both_up, NULL, 20 * SECONDS));
    check_link(true, true);
    check_identities();
    pair_stop(&pair);
}

static void do_directed(void *arg)
{
    struct bt_le_adv_param param = {
        .options =
            BT_LE_ADV_OPT_CONN | BT_LE_ADV_OPT_DIR_MODE_LOW_DUTY | BT_LE_ADV_OPT_DIR_ADDR_RPA,
        .interval_min = 0x60,
        .interval_max = 0x60,
        .peer = &identity[1],
    };
    assert_int_equal(bt_le_adv_start(&param, NULL, 0, NULL, 0), 0);
}

// Directed advertising to any private address of ours reaches us where the controller can tell.
static void directed_advertising_to_a_hidden_central(void **state)
{
    if (!has_list()) {
        return; // A controller without the list hears its own address only.
    }
    begin(BREEZE_PRIVACY_RPA, BREEZE_PRIVACY_RPA);
    bond();
    assert_true(pair_disconnect(&pair, 1));
    on(0, do_directed, NULL);
    bt_addr_le_t to = identity[0];
    on(1, do_connect, &to);
    assert_true(pair_until(both_up, NULL, 20 * SECONDS));
    check_identities();
    pair_stop(&pair);
}

static int says = -1;

static uint8_t on_said(struct bt_conn *conn, uint8_t err, struct bt_gatt_read_params *params,
                       const void *data, uint16_t len)
{
    assert_int_equal(err, 0);
    assert_int_equal(len, 1);
    says = *(const uint8_t *)data;
    return BT_GATT_ITER_STOP;
}

static void do_ask_central(void *arg)
{
    static struct bt_gatt_read_params params;
    params = (struct bt_gatt_read_params){
        .func = on_said,
        .by_uuid = {.start_handle = 1, .end_handle = 0xffff, .uuid = BT_UUID_CENTRAL_ADDR_RES},
    };
    says = -1;
    assert_int_equal(bt_gatt_read(pair_here()->conn, &params), 0);
}

static bool has_said(void *arg)
{
    return says >= 0;
}

// Whether that works, the peripheral can ask (Vol 3, Part C, 12.4).
static void central_says_whether_it_resolves(void **state)
{
    begin(BREEZE_PRIVACY_NONE, BREEZE_PRIVACY_RPA);
    bond();
    on(0, do_ask_central, NULL);
    assert_true(pair_until(has_said, NULL, 10 * SECONDS));
    assert_int_equal(says, has_list());
    pair_stop(&pair);
}

// ---- What `connected` shows ---------------------------------------------------------------------

static struct {
    bool on; // Not for the first link, on which the identities are not known yet.
    unsigned int links[2];
} looks;

// Already here, and for whoever looks first, the peer is its identity; only `remote` tells the address
// that was in the air.
static void on_connected_look(struct bt_conn *conn, uint8_t err)
{
    struct bt_conn_info info;
    if (!looks.on || err) {
        return;
    }
    assert_true(bt_addr_le_eq(bt_conn_get_dst(conn), &identity[!here()]));
    assert_int_equal(bt_conn_get_info(conn, &info), 0);
    assert_int_equal(info.role, here() ? BT_CONN_ROLE_CENTRAL : BT_CONN_ROLE_PERIPHERAL);
    assert_true(bt_addr_le_eq(info.le.dst, &identity[!here()]));
    assert_true(bt_addr_le_eq(info.le.src, &identity[here()]));
    assert_true(bt_addr_le_is_rpa(info.le.remote));
    looks.links[here()]++;
}

BT_CONN_CB_DEFINE(look_callbacks) = {.connected = on_connected_look};

// By the controller where it has a resolving list, else by the host, of which the counter tells.
static void connected_shows_the_identity(void **state)
{
    uint32_t before[2];
    begin(BREEZE_PRIVACY_RPA, BREEZE_PRIVACY_RPA);
    bond();
    assert_true(pair_disconnect(&pair, 1));
    run_s(SHORT_S + 1); // Both have addresses that neither has seen.
    for (unsigned int who = 0; who < 2; who++) {
        on(who, do_count_blocks, NULL);
        before[who] = blocks;
    }
    memset(&looks, 0, sizeof(looks));
    looks.on = true;
    on(0, do_advertise, NULL);
    connect_to(identity[0]);
    looks.on = false;
    for (unsigned int who = 0; who < 2; who++) {
        assert_int_equal(looks.links[who], 1);
        on(who, do_count_blocks, NULL);
        assert_int_equal(blocks > before[who], !has_list());
    }
    pair_stop(&pair);
}

// ---- Sets ---------------------------------------------------------------------------------------

static struct bt_le_ext_adv *set;

static void do_set(void *arg)
{
    const struct bt_le_adv_param *param = arg;
    assert_int_equal(bt_le_ext_adv_create(param, NULL, &set), 0);
    assert_int_equal(bt_le_ext_adv_start(set, BT_LE_EXT_ADV_START_DEFAULT), 0);
}

static void do_set_delete(void *arg)
{
    assert_int_equal(bt_le_ext_adv_stop(set), 0);
    assert_int_equal(bt_le_ext_adv_delete(set), 0);
}

static void set_rotates(uint32_t options, bool is_rpa)
{
    struct bt_le_adv_param param = *BT_LE_ADV_PARAM(options, 0x60, 0x60, NULL);
    begin(BREEZE_PRIVACY_RPA, BREEZE_PRIVACY_NONE);
    on(0, do_set, &param);
    on(1, do_scan, NULL);
    run_s(4 * SHORT_S - 1);
    assert_int_equal(seen.addresses, 4);
    assert_int_equal(bt_addr_le_is_rpa(&seen.addr), is_rpa);
    assert_in_range(seen.count, 4 * SHORT_S * 5, UINT32_MAX);
    on(1, do_scan_stop, NULL);
    on(0, do_set_delete, NULL);
    pair_stop(&pair);
}

static void sets_rotate(void **state)
{
    if (controller.level) {
        return; // Without extended advertising.
    }
    set_rotates(BT_LE_ADV_OPT_CONN, true);
    set_rotates(BT_LE_ADV_OPT_EXT_ADV, true);
    set_rotates(BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_CONN, true);
    set_rotates(BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_USE_NRPA, false);
}

static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, after)
    TEST(private_peripheral_is_found_by_its_bond),
    TEST(private_central_is_known_by_its_bond),
    TEST(both_sides_private),
    TEST(keys_arrive_before_the_end_of_the_link),
    TEST(advertising_goes_on_across_rotations),
    TEST(bonded_peer_sees_the_identity),
    TEST(links_stay_across_rotations),
    TEST(initiator_goes_on_across_rotations),
    TEST(key_lasts_in_the_settings),
    TEST(key_lasts_in_the_record),
    TEST(hostile_57_records_of_two_versions),
    TEST(controller_resolves_if_it_can),
    TEST(list_follows_the_bonds),
    TEST(list_smaller_than_bonds),
    TEST(accept_list_lets_a_hidden_peer_in),
    TEST(directed_advertising_to_a_hidden_central),
    TEST(central_says_whether_it_resolves),
    TEST(connected_shows_the_identity),
    TEST(sets_rotate),
};

int main(void)
{
    static const struct {
        const char *name;
        struct air_controller_config config;
    } groups[] = {
        {"resolving list", {0}},
        {"resolving list, legacy commands", {.level = AIR_LEVEL_4_2}},
        {"host alone", {.without_features = PRIVACY}},
        {"host alone, legacy commands", {.level = AIR_LEVEL_4_1}},
    };
    int failed = 0;
    size_t count = CONFIG_BREEZE_CRYPTO_CONTROLLER ? 2 : ARRAY_SIZE(groups); // With a list.
    for (size_t i = 0; i < count; i++) {
        controller = groups[i].config;
        failed += cmocka_run_group_tests_name(groups[i].name, tests, NULL, NULL);
    }
    return failed;
}
