// The application in the midst of pairings: callbacks that are taken away, calls from the callbacks, and
// requests that nobody answers. Whatever it does, what it asked for ends once, and bonds are whole.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/gatt.h>

#include "smp_users.h"

struct where {
    unsigned int who;
    uint8_t state;
    bool is;
};

static void do_look(void *arg)
{
    struct where *where = arg;
    where->is = smp_link_of(pair_here()->conn)->state == where->state;
}

// Begin a pairing and play it until this side is in this state.
static void pair_to(unsigned int who, uint8_t state)
{
    struct where where = {who, state, false};
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    for (int i = 0; i < 4000 && !where.is; i++) {
        on(who, do_look, &where);
        if (!where.is) {
            (void)pair_until(never, NULL, 500);
        }
    }
    assert_true(where.is);
}

static void let_pass(int64_t us)
{
    (void)pair_until(never, NULL, us);
}

// ---- Callbacks that are taken away ---------------------------------------------------------------

static void do_no_auth(void *arg)
{
    assert_int_equal(bt_conn_auth_cb_register(NULL), 0);
}

static void do_other_auth(void *arg)
{
    (void)bt_conn_auth_cb_register(NULL);
    assert_int_equal(bt_conn_auth_cb_register(&ios[SMP_IO_NONE]), 0);
}

// What a side told the other that its user can do it cannot any more when its user's turn comes.
static void callbacks_taken_away(void **state)
{
    static const struct {
        uint8_t io[2]; // The peripheral's and the central's.
        bool legacy;
        uint8_t who;
        uint8_t state; // Of that side, when they go.
    } cases[] = {
        {{SMP_IO_DISPLAY_ONLY, SMP_IO_KEYBOARD_ONLY}, false, 0, SMP_KEY},
        {{SMP_IO_DISPLAY_ONLY, SMP_IO_KEYBOARD_ONLY}, false, 1, SMP_KEY},
        {{SMP_IO_KEYBOARD_ONLY, SMP_IO_DISPLAY_ONLY}, false, 0, SMP_KEY},
        {{SMP_IO_KEYBOARD_ONLY, SMP_IO_DISPLAY_ONLY}, false, 1, SMP_KEY},
        {{SMP_IO_DISPLAY_YESNO, SMP_IO_DISPLAY_YESNO}, false, 0, SMP_KEY},
        {{SMP_IO_DISPLAY_YESNO, SMP_IO_DISPLAY_YESNO}, false, 1, SMP_CONFIRMED},
        {{SMP_IO_DISPLAY_YESNO, SMP_IO_DISPLAY_YESNO}, false, 1, SMP_RANDOMED},
        {{SMP_IO_DISPLAY_ONLY, SMP_IO_KEYBOARD_ONLY}, true, 1, SMP_REQUESTED},
        {{SMP_IO_KEYBOARD_ONLY, SMP_IO_DISPLAY_ONLY}, true, 1, SMP_REQUESTED},
    };
    for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
        const struct breeze_smp_policy policy = {.no_sc = cases[i / 2].legacy};
        unsigned int who = cases[i / 2].who;
        start(cases[i / 2].io[0], cases[i / 2].io[1], &policy);
        pair_to(who, cases[i / 2].state);
        on(who, i % 2 ? do_no_auth : do_other_auth, NULL);
        run_pairing();
        for (unsigned int side = 0; side < 2; side++) {
            assert_int_equal(heard[side].failed, 1);
            assert_int_equal(heard[side].reason, BT_SECURITY_ERR_AUTH_FAIL);
            assert_int_equal(bonds(side), 0);
        }
        quiet();
        pair_stop(&pair);
    }
}

// ---- While a bond gives way ----------------------------------------------------------------------

static uint8_t spare[BREEZE_BOND_RECORD_LEN];
static struct bt_conn_auth_info_cb acting;

static void cancel_then(uint8_t id, const bt_addr_le_t *peer)
{
    assert_int_equal(bt_conn_auth_cancel(pair_here()->conn), -EINVAL);
}

static void import_then(uint8_t id, const bt_addr_le_t *peer)
{
    assert_int_equal(breeze_smp_bond_import(spare, sizeof(spare)), 0);
}

static void unpair_then(uint8_t id, const bt_addr_le_t *peer)
{
    assert_int_equal(bt_unpair(BT_ID_DEFAULT, NULL), 0);
}

static void pair_again_then(uint8_t id, const bt_addr_le_t *peer)
{
    assert_int_equal(
        bt_conn_set_security(pair_here()->conn, BT_SECURITY_L2 | BT_SECURITY_FORCE_PAIR), 0);
}

static void disconnect_then(uint8_t id, const bt_addr_le_t *peer)
{
    assert_int_equal(bt_conn_disconnect(pair_here()->conn, BT_HCI_ERR_REMOTE_USER_TERM_CONN), 0);
}

static void disable_then(uint8_t id, const bt_addr_le_t *peer)
{
    assert_int_equal(bt_disable(), 0);
}

// All places taken, by bonds that differ in their peers; one of them, which is not there, in `spare`.
static void do_fill(void *arg)
{
    struct bt_le_oob oob;
    assert_int_equal(bt_le_oob_get_local(BT_ID_DEFAULT, &oob), 0);
    for (unsigned int i = 0; i <= CONFIG_BT_MAX_PAIRED; i++) {
        struct smp_keys *bond = &smp_reg.bonds[i % CONFIG_BT_MAX_PAIRED];
        *bond = (struct smp_keys){
            .flags = SMP_KEYS_USED | SMP_KEYS_OURS | SMP_KEYS_THEIRS | SMP_KEYS_SC,
            .size = 16,
            .addr = {BT_ADDR_LE_RANDOM, {{(uint8_t)(77 - i), 2, 3, 4, 5, 0xc6}}},
            .local = oob.addr,
            .ours.val = {(uint8_t)(1 + i)},
            .age = 1 + i,
        };
        if (i == 0) {
            assert_int_equal(breeze_smp_bond_export(bond->id, &bond->addr, spare), 0);
        }
    }
    smp_reg.age = 100;
}

static void do_act(void *arg)
{
    assert_int_equal(bt_conn_auth_info_cb_register(&acting), 0);
}

static void do_act_no_more(void *arg)
{
    assert_int_equal(bt_conn_auth_info_cb_unregister(&acting), 0);
}

static void do_check_whole(void *arg)
{
    static const uint8_t zero[16];
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        const struct smp_keys *bond = &smp_reg.bonds[i];
        assert_true(!(bond->flags & SMP_KEYS_USED) || memcmp(bond->ours.val, zero, 16));
        for (unsigned int k = 0; k < i; k++) {
            assert_true(!(bond->flags & SMP_KEYS_USED) ||
                        !bt_addr_le_eq(&bond->addr, &smp_reg.bonds[k].addr));
        }
    }
}

// The application hears of the bond that gives way for this pairing's, and acts.
static void calls_while_a_bond_gives_way(void **state)
{
    static const struct {
        void (*act)(uint8_t id, const bt_addr_le_t *peer);
        bool bonded;
        unsigned int bonds;
    } cases[] = {
        {cancel_then, true, CONFIG_BT_MAX_PAIRED},
        {import_then, false, CONFIG_BT_MAX_PAIRED}, // Its place is taken again.
        {unpair_then, true, 1},
        {pair_again_then, true, CONFIG_BT_MAX_PAIRED},
        {disconnect_then, true, CONFIG_BT_MAX_PAIRED},
        {disable_then, true, CONFIG_BT_MAX_PAIRED},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct breeze_smp_policy policy = {.replace_oldest = true};
        start(SMP_IO_NONE, SMP_IO_NONE, &policy);
        on(1, do_fill, NULL);
        acting = (struct bt_conn_auth_info_cb){.bond_deleted = cases[i].act};
        on(1, do_act, NULL);
        assert_int_equal(ask(1, BT_SECURITY_L2), 0);
        run_pairing();
        assert_int_equal(heard[1].complete, 1);
        assert_int_equal(heard[1].bonded, cases[i].bonded);
        assert_int_equal(heard[1].failed, 0);
        on(1, do_act_no_more, NULL);
        on(1, do_check_whole, NULL);
        assert_int_equal(bonds(1), cases[i].bonds);
        let_pass(2000000);
        on(1, do_check_whole, NULL);
        quiet();
        pair_stop(&pair);
    }
}

// ---- Requests that nobody answers ------------------------------------------------------------------

static void do_deafen(void *arg)
{
    smp_link_of(pair_here()->conn)->state = SMP_DEAD;
}

static void security_request_without_an_answer(void **state)
{
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    on(1, do_deafen, NULL);
    assert_int_equal(ask(0, BT_SECURITY_L2), 0);
    let_pass(29900000);
    assert_int_equal(heard[0].changed, 0);
    let_pass(200000);
    assert_int_equal(heard[0].changed, 1);
    assert_int_equal(heard[0].err, BT_SECURITY_ERR_UNSPECIFIED);
    assert_int_equal(heard[0].failed, 0); // No pairing began.
    assert_int_equal(ask(0, BT_SECURITY_L2), -ETIMEDOUT);
    quiet();
    assert_true(pair_disconnect(&pair, 1));
    forget();
    assert_true(pair_connect(&pair, 6));
    assert_int_equal(ask(0, BT_SECURITY_L2), 0);
    run_pairing();
    assert_int_equal(heard[0].complete, 1);
    let_pass(40000000);
    assert_int_equal(heard[0].changed, 1);
    pair_stop(&pair);
}

static ssize_t read_secret(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                           uint16_t len, uint16_t offset)
{
    return bt_gatt_attr_read(conn, attr, buf, len, offset, "secret", 6);
}

BT_GATT_SERVICE_DEFINE(api_service, BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xff00)),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff01), BT_GATT_CHRC_READ,
                                              BT_GATT_PERM_READ_ENCRYPT, read_secret, NULL, NULL),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff02), BT_GATT_CHRC_READ,
                                              BT_GATT_PERM_READ, read_secret, NULL, NULL));

static struct bt_gatt_read_params reads[2];
static char story[64];

static uint8_t on_value(struct bt_conn *conn, uint8_t err, struct bt_gatt_read_params *params,
                        const void *data, uint16_t len)
{
    size_t at = strlen(story);
    if (!data) {
        snprintf(story + at, sizeof(story) - at, "%d:%u;", (int)(params - reads), err);
    }
    return BT_GATT_ITER_CONTINUE;
}

static void do_read_both(void *arg)
{
    static const uint8_t values[] = {2, 4};
    breeze_gatt_raise_security(true);
    for (unsigned int i = 0; i < 2; i++) {
        reads[i] = (struct bt_gatt_read_params){
            .func = on_value,
            .handle_count = 1,
            .single.handle = bt_gatt_attr_get_handle(&api_service.attrs[values[i]]),
        };
        assert_int_equal(bt_gatt_read(pair_here()->conn, &reads[i]), 0);
    }
}

static bool has_said(void *arg)
{
    return !strcmp(story, arg);
}

// The peripheral's client waits for the security that its central is to begin: not for ever, and what
// waits behind it is served then.
static void client_waits_for_security_in_vain(void **state)
{
    story[0] = 0;
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    on(1, do_deafen, NULL);
    on(0, do_read_both, NULL);
    let_pass(29000000);
    assert_string_equal(story, "");
    assert_true(pair_until(has_said, "0:5;1:0;", 2000000));
    pair_stop(&pair);
}

// ---- A server that has something for a bonded peer -----------------------------------------------------

BT_GATT_SERVICE_DEFINE(due_service, BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xff08)),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff09), BT_GATT_CHRC_NOTIFY,
                                              BT_GATT_PERM_READ_ENCRYPT, read_secret, NULL, NULL),
                       BT_GATT_CCC(NULL, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE));

static struct bt_gatt_subscribe_params due_sub;
static unsigned int due_values;
static bool due_subscribed;

static uint8_t on_due(struct bt_conn *conn, struct bt_gatt_subscribe_params *params,
                      const void *data, uint16_t len)
{
    due_values += data != NULL;
    return BT_GATT_ITER_CONTINUE;
}

static void on_due_subscribed(struct bt_conn *conn, uint8_t err,
                              struct bt_gatt_subscribe_params *params)
{
    due_subscribed = !err;
}

static void do_subscribe_due(void *arg)
{
    uint16_t handle = bt_gatt_attr_get_handle(&due_service.attrs[2]);
    due_sub = (struct bt_gatt_subscribe_params){
        .notify = on_due,
        .subscribe = on_due_subscribed,
        .value_handle = handle,
        .ccc_handle = (uint16_t)(handle + 1),
        .value = BT_GATT_CCC_NOTIFY,
    };
    assert_int_equal(bt_gatt_subscribe(pair_here()->conn, &due_sub), 0);
}

struct notify {
    bool to_all;
    int err;
};

static void do_notify_due(void *arg)
{
    struct notify *notify = arg;
    notify->err =
        bt_gatt_notify(notify->to_all ? NULL : pair_here()->conn, &due_service.attrs[1], "v", 1);
}

static int notify_due(unsigned int who, bool to_all)
{
    struct notify notify = {to_all, 0};
    on(who, do_notify_due, &notify);
    return notify.err;
}

static bool is_due_subscribed(void *arg)
{
    return due_subscribed;
}

// The link comes back, the server has a value at once: it has the link encrypted, in both roles, and by a
// call for this peer or for all. Without a bond nothing is asked for.
static void server_asks_for_encryption(void **state)
{
    for (int kind = 0; kind < 4; kind++) {
        unsigned int server = (unsigned int)kind % 2;
        bool to_all = kind / 2;
        due_subscribed = false;
        due_values = 0;
        start(SMP_IO_NONE, SMP_IO_NONE, NULL);
        assert_int_equal(notify_due(server, false), -EPERM);
        let_pass(1000000);
        assert_int_equal(heard[0].changed + heard[1].changed, 0);
        assert_int_equal(ask(1, BT_SECURITY_L2), 0);
        run_pairing();
        on(!server, do_subscribe_due, NULL);
        assert_true(pair_until(is_due_subscribed, NULL, LIMIT_US));
        assert_true(pair_disconnect(&pair, 1));
        forget();
        assert_true(pair_connect(&pair, 6));
        for (int i = 0; i < 5; i++) { // Asked for once, however often it is tried.
            assert_int_equal(notify_due(server, to_all), to_all ? -ENOTCONN : -EPERM);
        }
        assert_true(pair_until(one_changed, NULL, LIMIT_US));
        let_pass(1000000);
        assert_int_equal(heard[0].changed, 1);
        assert_int_equal(heard[0].err | heard[1].err, 0);
        assert_int_equal(heard[0].complete, 0);
        assert_int_equal(notify_due(server, to_all), 0);
        let_pass(100000);
        assert_int_equal(due_values, 1);
        pair_stop(&pair);
    }
}

static void do_unpair(void *arg)
{
    assert_int_equal(bt_unpair(BT_ID_DEFAULT, NULL), 0);
}

static void bonded(void)
{
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    assert_true(heard[0].bonded && heard[1].bonded);
    assert_true(pair_disconnect(&pair, 1));
}

static void come_back(void)
{
    forget();
    assert_true(pair_connect(&pair, 6));
}

// The peripheral asks, but has lost the bond that its central answers with: it is told, and may be
// paired with whenever the central wants to.
static void security_request_answered_with_a_lost_bond(void **state)
{
    bonded();
    on(0, do_unpair, NULL);
    come_back();
    assert_int_equal(ask(0, BT_SECURITY_L2), 0);
    assert_true(pair_until(one_changed, NULL, LIMIT_US));
    assert_int_equal(heard[0].err, BT_SECURITY_ERR_PIN_OR_KEY_MISSING);
    assert_int_equal(heard[1].err, BT_SECURITY_ERR_PIN_OR_KEY_MISSING);
    quiet();
    let_pass(40000000);
    forget();
    assert_int_equal(ask(1, BT_SECURITY_L2 | BT_SECURITY_FORCE_PAIR), 0);
    run_pairing();
    assert_int_equal(heard[0].complete, 1);
    pair_stop(&pair);
}

static enum air_verdict without_encryption_events(void *ctx, enum air_dir dir,
                                                  const uint8_t *packet, size_t len)
{
    bool change = packet[0] == 0x04 && (packet[1] == 0x08 || packet[1] == 0x30);
    return dir == AIR_TO_HOST && change ? AIR_DROP : AIR_PASS;
}

// The event that says that a link is encrypted by a bond is lost, on either side: it is told after
// 30 s, the link ends, and the next one is as if nothing had been.
static void encryption_event_lost(void **state)
{
    for (unsigned int who = 0; who < 2; who++) {
        struct air_controller *controller;
        bonded();
        come_back();
        controller = sim_controller(pair.hosts[who].host);
        air_hci_filter(controller, without_encryption_events, NULL);
        assert_int_equal(ask(1, BT_SECURITY_L2), 0);
        let_pass(29000000);
        assert_int_equal(heard[who].changed, 0);
        assert_int_equal(ask(who, BT_SECURITY_L2), -EBUSY);
        let_pass(2000000);
        assert_int_equal(heard[who].changed, 1);
        assert_int_equal(heard[who].err, BT_SECURITY_ERR_UNSPECIFIED);
        assert_null(pair.hosts[0].conn);
        assert_null(pair.hosts[1].conn);
        air_hci_filter(controller, NULL, NULL);
        come_back();
        assert_int_equal(ask(1, BT_SECURITY_L2), 0);
        assert_true(pair_until(one_changed, NULL, LIMIT_US));
        assert_int_equal(heard[0].err | heard[1].err, 0);
        let_pass(40000000);
        assert_non_null(pair.hosts[0].conn);
        pair_stop(&pair);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(callbacks_taken_away, after),
        cmocka_unit_test_teardown(calls_while_a_bond_gives_way, after),
        cmocka_unit_test_teardown(security_request_without_an_answer, after),
        cmocka_unit_test_teardown(client_waits_for_security_in_vain, after),
        cmocka_unit_test_teardown(server_asks_for_encryption, after),
        cmocka_unit_test_teardown(security_request_answered_with_a_lost_bond, after),
        cmocka_unit_test_teardown(encryption_event_lost, after),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
