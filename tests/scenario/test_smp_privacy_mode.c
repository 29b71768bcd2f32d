// Privacy modes of bonded peers between two whole hosts: who may show an identity address, with the
// controller's resolving list and without it.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/privacy.h>

#include "gap/state.h"
#include "smp_users.h"

#define SECONDS 1000000LL
#define PRIVACY BIT(6) // Of the LE features.

static struct air_controller_config controller; // Chosen by the group.
static bt_addr_le_t identity[2];

static void do_identity(void *arg)
{
    size_t count = 1;
    bt_id_get(&identity[here()], &count);
}

static void do_privacy(void *arg)
{
    assert_int_equal(breeze_privacy_set(*(enum breeze_privacy *)arg), 0);
}

static void hide(unsigned int who, bool hides)
{
    enum breeze_privacy privacy = hides ? BREEZE_PRIVACY_RPA : BREEZE_PRIVACY_NONE;
    on(who, do_privacy, &privacy);
}

// What this host believes of the other.
static void do_mode(void *arg)
{
    enum breeze_privacy_mode mode = *(enum breeze_privacy_mode *)arg;
    const bt_addr_le_t *peer = &identity[!here()];
    assert_int_equal(breeze_privacy_mode_set(BT_ID_DEFAULT, peer, mode), 0);
    assert_int_equal(breeze_privacy_mode_get(BT_ID_DEFAULT, peer), mode);
}

static void set_mode(unsigned int who, enum breeze_privacy_mode mode)
{
    on(who, do_mode, &mode);
}

static void do_advertise(void *arg)
{
    const struct bt_le_adv_param *fast = BT_LE_ADV_CONN_FAST_1;
    struct bt_le_adv_param param = *fast;
    param.options |= *(uint32_t *)arg;
    assert_int_equal(bt_le_adv_start(&param, NULL, 0, NULL, 0), 0);
}

static void advertise(uint32_t options)
{
    on(0, do_advertise, &options);
}

static void do_stop(void *arg)
{
    assert_int_equal(bt_le_adv_stop(), 0);
}

static struct {
    unsigned int count; // Reports,
    unsigned int known; // ... and those of host 0's identity.
} seen;

static void on_seen(const bt_addr_le_t *addr, int8_t rssi, uint8_t type, struct net_buf_simple *buf)
{
    seen.count++;
    seen.known += bt_addr_le_eq(addr, &identity[0]);
}

static void do_scan(void *arg)
{
    static const struct bt_le_scan_param param = {
        .type = BT_LE_SCAN_TYPE_PASSIVE, .interval = 0x60, .window = 0x60};
    assert_int_equal(bt_le_scan_start(&param, on_seen), 0);
}

static void do_scan_stop(void *arg)
{
    assert_int_equal(bt_le_scan_stop(), 0);
}

// How host 1 sees host 0 advertising with these options.
static void look(uint32_t options)
{
    memset(&seen, 0, sizeof(seen));
    advertise(options);
    on(1, do_scan, NULL);
    sim_run(pair.sim, 2 * SECONDS);
    on(1, do_scan_stop, NULL);
    on(0, do_stop, NULL);
    assert_int_equal(seen.known, seen.count);
}

static void begin(void)
{
    static const struct setup setup = {.io = SMP_IO_NONE};
    struct pair_options options = {.seed = 6, .controller = controller};
    forget();
    memset(user, 0, sizeof(user));
    assert_true(pair_enable(&pair, &options));
    for (unsigned int who = 0; who < 2; who++) {
        on(who, do_setup, (void *)&setup);
        on(who, do_identity, NULL);
        hide(who, true);
    }
}

static void do_connect(void *arg)
{
    static const struct bt_conn_le_create_param param = {
        .interval = 0x60, .window = 0x60, .timeout = 500};
    struct bt_conn *conn = NULL;
    assert_int_equal(bt_conn_le_create(arg, &param, BT_LE_CONN_PARAM_DEFAULT, &conn), 0);
    bt_conn_unref(conn);
}

static bool both_up(void *arg)
{
    return pair.hosts[0].conn && pair.hosts[1].conn;
}

static bool connects(void)
{
    return pair_until(both_up, NULL, 20 * SECONDS);
}

static bt_addr_le_t heard_at;

static void on_any(const bt_addr_le_t *addr, int8_t rssi, uint8_t type, struct net_buf_simple *buf)
{
    heard_at = *addr;
    seen.count++;
}

static void do_scan_any(void *arg)
{
    assert_int_equal(bt_le_scan_start(BT_LE_SCAN_PASSIVE_CONTINUOUS, on_any), 0);
}

static bool was_seen(void *arg)
{
    return seen.count > 0;
}

static void bond(void)
{
    memset(&seen, 0, sizeof(seen));
    advertise(0);
    on(1, do_scan_any, NULL);
    assert_true(pair_until(was_seen, NULL, 10 * SECONDS));
    on(1, do_scan_stop, NULL);
    on(1, do_connect, &heard_at);
    assert_true(connects());
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    assert_true(heard[0].bonded && heard[1].bonded);
    assert_true(pair_disconnect(&pair, 1));
}

// ---- Scenarios ----------------------------------------------------------------------------------

// A peer in network privacy mode is heard behind its private address, and by its identity address not.
static void network_mode_hides_an_identity_from_scans(void **state)
{
    begin();
    bond();
    set_mode(1, BREEZE_PRIVACY_MODE_NETWORK);
    look(0);
    assert_true(seen.count > 5);
    look(BT_LE_ADV_OPT_USE_IDENTITY);
    assert_int_equal(seen.count, 0);
    // In device privacy mode it is; a controller before 5.0 has no such mode for those on its list.
    set_mode(1, BREEZE_PRIVACY_MODE_DEVICE);
    look(BT_LE_ADV_OPT_USE_IDENTITY);
    assert_true(seen.count > 5 || controller.level == AIR_LEVEL_4_2);
    look(0);
    assert_true(seen.count > 5);
    pair_stop(&pair);
}

// No link with who shows its identity address, but with the peer itself.
static void network_mode_refuses_links_from_an_identity(void **state)
{
    begin();
    bond();
    set_mode(0, BREEZE_PRIVACY_MODE_NETWORK);
    hide(1, false);
    unsigned int before = pair.hosts[0].connected;
    advertise(0);
    on(1, do_connect, &identity[0]);
    sim_run(pair.sim, 8 * SECONDS);
    assert_int_equal(pair.hosts[0].connected, before);
    assert_null(pair.hosts[1].conn);
    on(0, do_stop, NULL);
    // Whoever hides comes in, and in device privacy mode the identity does.
    hide(1, true);
    advertise(0);
    on(1, do_connect, &identity[0]);
    assert_true(connects());
    assert_true(pair_disconnect(&pair, 1));
    if (controller.level != AIR_LEVEL_4_2) {
        set_mode(0, BREEZE_PRIVACY_MODE_DEVICE);
        hide(1, false);
        advertise(0);
        on(1, do_connect, &identity[0]);
        assert_true(connects());
    }
    pair_stop(&pair);
}

// The host's own refusal is told, and the slot comes back: with a controller that has no list.
static void refused_link_is_told(void **state)
{
    if (!controller.without_features) {
        return;
    }
    begin();
    bond();
    set_mode(0, BREEZE_PRIVACY_MODE_NETWORK);
    hide(1, false);
    for (unsigned int i = 1; i <= CONFIG_BT_MAX_CONN + 1; i++) {
        unsigned int ended = pair.hosts[1].disconnected + pair.hosts[1].failed;
        advertise(0);
        on(1, do_connect, &identity[0]);
        sim_run(pair.sim, 8 * SECONDS);
        assert_int_equal(pair.hosts[0].failed, i);
        assert_true(pair.hosts[1].disconnected + pair.hosts[1].failed > ended);
        assert_null(pair.hosts[1].conn);
    }
    pair_stop(&pair);
}

static void do_errors(void *arg)
{
    bt_addr_le_t stranger = {BT_ADDR_LE_RANDOM, {{1, 2, 3, 4, 5, 0xc6}}};
    const bt_addr_le_t *peer = &identity[!here()];
    assert_int_equal(breeze_privacy_mode_set(0, NULL, BREEZE_PRIVACY_MODE_NETWORK), -EINVAL);
    assert_int_equal(breeze_privacy_mode_set(0, peer, (enum breeze_privacy_mode)2), -EINVAL);
    assert_int_equal(breeze_privacy_mode_set(1, peer, BREEZE_PRIVACY_MODE_NETWORK), -ENOENT);
    assert_int_equal(breeze_privacy_mode_set(0, &stranger, BREEZE_PRIVACY_MODE_NETWORK), -ENOENT);
    assert_int_equal(breeze_privacy_mode_get(0, peer), BREEZE_PRIVACY_MODE_DEVICE);
}

static void do_unpair(void *arg)
{
    assert_int_equal(bt_unpair(BT_ID_DEFAULT, NULL), 0);
    assert_int_equal(breeze_privacy_mode_get(0, &identity[!here()]), BREEZE_PRIVACY_MODE_DEVICE);
}

static void do_restart(void *arg)
{
    assert_int_equal(bt_disable(), 0);
    assert_int_equal(bt_enable(NULL), 0);
    assert_int_equal(breeze_privacy_mode_get(0, &identity[!here()]), BREEZE_PRIVACY_MODE_NETWORK);
}

// A mode lasts as long as the bond.
static void mode_goes_with_the_bond(void **state)
{
    begin();
    bond();
    on(1, do_errors, NULL);
    set_mode(1, BREEZE_PRIVACY_MODE_NETWORK);
    on(1, do_restart, NULL);
    look(BT_LE_ADV_OPT_USE_IDENTITY);
    assert_int_equal(seen.count, 0);
    on(1, do_unpair, NULL);
    look(BT_LE_ADV_OPT_USE_IDENTITY);
    assert_true(seen.count > 5);
    pair_stop(&pair);
}

int main(void)
{
    static const struct {
        const char *name;
        struct air_controller_config config;
    } groups[] = {
        {"resolving list", {.level = AIR_LEVEL_5_4}},
        {"resolving list without modes", {.level = AIR_LEVEL_4_2}},
        {"host alone", {.without_features = PRIVACY}},
        {"host alone, legacy commands", {.level = AIR_LEVEL_4_1, .without_features = PRIVACY}},
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(network_mode_hides_an_identity_from_scans, after),
        cmocka_unit_test_teardown(network_mode_refuses_links_from_an_identity, after),
        cmocka_unit_test_teardown(refused_link_is_told, after),
        cmocka_unit_test_teardown(mode_goes_with_the_bond, after),
    };
    int failed = 0;
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        controller = groups[i].config;
        failed += cmocka_run_group_tests_name(groups[i].name, tests, NULL, NULL);
    }
    return failed;
}
