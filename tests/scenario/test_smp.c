// Pairing between two whole hosts on the virtual air, whose links are encrypted with the keys that the
// hosts agreed on: every IO capability pair, both kinds, bonds, reconnection, refusals, faults.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/gatt.h>

#include "gatt/state.h"
#include "smp_users.h"

// ---- Every IO capability pair --------------------------------------------------------------------------

// Table 2.8 as the specification prints it: initiator in columns, responder in rows; J, N, or who shows
// the passkey (I, R), or B: both type.
static const char *const sc_spec[5] = {"JJRJR", "JNRJN", "IIBJI", "JJJJJ", "INRJN"};
static const char *const legacy_spec[5] = {"JJRJR", "JJRJR", "IIBJI", "JJJJJ", "IIRJR"};

static void check_method(char method, bool sc)
{
    // Which side shows, asks, compares: responder is the peripheral, host 0.
    bool initiator_types = method == 'I' || method == 'B';
    bool responder_types = method == 'R' || method == 'B';
    assert_int_equal(heard[1].asked, initiator_types);
    assert_int_equal(heard[0].asked, responder_types);
    assert_int_equal(heard[1].shown, method == 'R');
    assert_int_equal(heard[0].shown, method == 'I');
    assert_int_equal(heard[0].compared, method == 'N');
    assert_int_equal(heard[1].compared, method == 'N');
    if (method == 'N') {
        assert_int_equal(heard[0].number, heard[1].number);
    }
    bt_security_t level = method == 'J' || !sc ? BT_SECURITY_L2 : BT_SECURITY_L4;
    for (unsigned int who = 0; who < 2; who++) {
        assert_int_equal(heard[who].complete, 1);
        assert_true(heard[who].bonded);
        assert_int_equal(heard[who].changed, 1);
        assert_int_equal(heard[who].level, level);
        assert_int_equal(heard[who].err, 0);
        assert_int_equal(heard[who].failed, 0);
    }
}

static void every_pair(bool sc)
{
    const struct breeze_smp_policy policy = {.no_sc = !sc};
    for (uint8_t initiator = 0; initiator < 5; initiator++) {
        for (uint8_t responder = 0; responder < 5; responder++) {
            start(responder, initiator, &policy);
            // By turns the central's wish and the peripheral's.
            assert_int_equal(ask((initiator + responder) % 2, BT_SECURITY_L2), 0);
            run_pairing();
            if (heard[0].complete != 1 || heard[1].complete != 1) {
                fprintf(stderr, "initiator %u, responder %u: %u %u\n", initiator, responder,
                        heard[1].reason, heard[0].reason);
            }
            check_method((sc ? sc_spec : legacy_spec)[initiator][responder], sc);
            assert_true(encrypted());
            quiet();
            pair_stop(&pair);
        }
    }
}

static void every_io_pair_secure_connections(void **state)
{
    every_pair(true);
}

static void every_io_pair_legacy(void **state)
{
    every_pair(false);
}

// ---- Bonds -----------------------------------------------------------------------------------------------

static void reconnect(void)
{
    assert_true(pair_disconnect(&pair, 1));
    forget();
    assert_true(pair_connect(&pair, 6));
}

static void bonded_reconnection(bool sc, uint8_t io, bt_security_t level)
{
    const struct breeze_smp_policy policy = {.no_sc = !sc};
    start(io, io, &policy);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    for (unsigned int who = 0; who < 2; who++) {
        reconnect();
        assert_false(encrypted());
        assert_int_equal(ask(who, BT_SECURITY_L2), 0);
        assert_true(pair_until(one_changed, NULL, LIMIT_US));
        assert_true(encrypted());
        for (unsigned int i = 0; i < 2; i++) {
            assert_int_equal(heard[i].level, level);
            assert_int_equal(heard[i].complete, 0); // By the bond, not by pairing.
        }
        quiet();
    }
    pair_stop(&pair);
}

static void bond_encrypts_again_secure_connections(void **state)
{
    bonded_reconnection(true, SMP_IO_DISPLAY_YESNO, BT_SECURITY_L4);
}

static void bond_encrypts_again_legacy(void **state)
{
    bonded_reconnection(false, SMP_IO_NONE, BT_SECURITY_L2);
}

static void do_unpair(void *arg)
{
    assert_int_equal(bt_unpair(BT_ID_DEFAULT, NULL), 0);
}

// One side has lost its bond: nothing is sent in plain text as if it were not, the application hears
// why (hostile 49, BLESA).
static void hostile_49_lost_bond_is_no_way_to_plain_text(void **state)
{
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    reconnect();
    on(0, do_unpair, NULL);
    assert_int_equal(heard[0].deleted, 1);
    assert_int_equal(bonds(0), 0);
    reconnect();
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    assert_true(pair_until(one_changed, NULL, 1000000) || heard[1].changed);
    assert_int_equal(heard[1].err, BT_SECURITY_ERR_PIN_OR_KEY_MISSING);
    assert_int_equal(heard[1].level, BT_SECURITY_L1);
    assert_int_equal(bonds(1), 1);
    // Pairing anew is the application's decision.
    forget();
    assert_int_equal(ask(1, BT_SECURITY_L2 | BT_SECURITY_FORCE_PAIR), 0);
    run_pairing();
    assert_true(heard[0].bonded && heard[1].bonded);
    pair_stop(&pair);
}

// A peer that lost an authenticated bond cannot replace it by Just Works.
static void hostile_48_just_works_over_an_authenticated_bond(void **state)
{
    start(SMP_IO_DISPLAY_YESNO, SMP_IO_DISPLAY_YESNO, NULL);
    assert_int_equal(ask(1, BT_SECURITY_L4), 0);
    run_pairing();
    assert_int_equal(heard[0].level, BT_SECURITY_L4);
    on(1, do_unpair, NULL);
    sim_run(pair.sim, 1000000);
    if (!pair.hosts[1].conn) {
        forget();
        assert_true(pair_connect(&pair, 6));
    }
    struct setup weak = {.io = SMP_IO_NONE};
    on(1, do_setup, &weak);
    forget();
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    assert_int_equal(heard[0].failed, 1);
    assert_int_equal(heard[1].failed, 1);
    assert_int_equal(heard[1].reason, BT_SECURITY_ERR_AUTH_REQUIREMENT);
    assert_int_equal(bonds(0), 1);
    assert_int_equal(bonds(1), 0);
    pair_stop(&pair);
}

// A peripheral that wants more than the bond gives, on the encrypted link.
static void peripheral_asks_for_more(void **state)
{
    const struct breeze_smp_policy modest = {.no_mitm = true};
    start(SMP_IO_DISPLAY_YESNO, SMP_IO_DISPLAY_YESNO, &modest);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    assert_int_equal(heard[0].level, BT_SECURITY_L2);
    forget();
    assert_int_equal(ask(0, BT_SECURITY_L3), 0);
    run_pairing();
    assert_int_equal(heard[0].level, BT_SECURITY_L4);
    assert_int_equal(heard[1].level, BT_SECURITY_L4);
    assert_int_equal(bonds(0), 1);
    pair_stop(&pair);
}

static void do_not_bondable(void *arg)
{
    bt_set_bondable(false);
}

static void pairing_without_a_bond(void **state)
{
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    on(0, do_not_bondable, NULL);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    assert_false(heard[0].bonded || heard[1].bonded);
    assert_int_equal(bonds(0) + bonds(1), 0);
    assert_true(encrypted());
    pair_stop(&pair);
}

// ---- Records -----------------------------------------------------------------------------------------------

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

static void do_lose_and_load(void *arg)
{
    memset(smp_reg.bonds, 0, sizeof(smp_reg.bonds));
    memset(&gatt_keep_reg, 0, sizeof(gatt_keep_reg));
    assert_int_equal(settings_load(), 0);
}

static void bonds_survive_in_the_settings(void **state)
{
    start(SMP_IO_DISPLAY_YESNO, SMP_IO_DISPLAY_YESNO, NULL);
    on(0, do_store, NULL);
    on(1, do_store, NULL);
    assert_int_equal(ask(1, BT_SECURITY_L4), 0);
    run_pairing();
    assert_true(pair_disconnect(&pair, 1));
    forget();
    on(0, do_lose_and_load, NULL);
    on(1, do_lose_and_load, NULL);
    assert_int_equal(bonds(0), 1);
    assert_int_equal(bonds(1), 1);
    assert_true(pair_connect(&pair, 6));
    assert_int_equal(ask(0, BT_SECURITY_L4), 0);
    assert_true(pair_until(one_changed, NULL, LIMIT_US));
    assert_int_equal(heard[0].level, BT_SECURITY_L4);
    assert_int_equal(heard[0].complete, 0);
    pair_stop(&pair);
}

static void do_is_subscribed(void *arg)
{
    *(bool *)arg = bt_gatt_is_subscribed(pair_here()->conn, pair_notify_attr(), BT_GATT_CCC_NOTIFY);
}

// A bonded peer's configuration comes back with the encryption, also after a restart, and not before.
static void subscriptions_last_with_the_bond(void **state)
{
    bool subscribed = false;
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    on(0, do_store, NULL);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    for (int i = 0; i < 2; i++) {
        assert_true(pair_disconnect(&pair, 1));
        forget();
        if (i) {
            on(0, do_lose_and_load, NULL);
        }
        assert_true(pair_connect(&pair, 6));
        on(0, do_is_subscribed, &subscribed);
        assert_false(subscribed);
        assert_int_equal(ask(1, BT_SECURITY_L2), 0);
        assert_true(pair_until(one_changed, NULL, LIMIT_US));
        on(0, do_is_subscribed, &subscribed);
        assert_true(subscribed);
    }
    on(0, do_unpair, NULL);
    pair_stop(&pair);
}

// Every octet of a record damaged, every length: never taken, never half.
static void hostile_57_damaged_records(void **state)
{
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    on(0, do_store, NULL);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    uint8_t good[1024];
    memcpy(good, store_mem[0], sizeof(good));
    size_t len = BREEZE_BOND_RECORD_LEN;
    size_t at = 0;
    while (memcmp(&good[at], "bt/keys/", 8)) {
        at++;
    }
    at += 23; // Its name.
    for (size_t i = 0; i < len; i++) {
        store_mem[0][at + i] ^= 0x41;
        on(0, do_lose_and_load, NULL);
        assert_int_equal(bonds(0), 0);
        memcpy(store_mem[0], good, sizeof(good));
    }
    on(0, do_lose_and_load, NULL);
    assert_int_equal(bonds(0), 1);
    pair_stop(&pair);
}

// ---- Refusals and failures -----------------------------------------------------------------------------------

static void expect_failure(enum bt_security_err central, enum bt_security_err peripheral)
{
    run_pairing();
    assert_int_equal(heard[1].failed, 1);
    assert_int_equal(heard[0].failed, 1);
    assert_int_equal(heard[1].reason, central);
    assert_int_equal(heard[0].reason, peripheral);
    assert_int_equal(bonds(0) + bonds(1), 0);
    assert_false(encrypted());
    quiet();
}

static void hostile_46_wrong_passkey(void **state)
{
    for (int sc = 0; sc < 2; sc++) {
        const struct breeze_smp_policy policy = {.no_sc = !sc};
        start(SMP_IO_DISPLAY_ONLY, SMP_IO_KEYBOARD_ONLY, &policy);
        user[1].wrong = true;
        assert_int_equal(ask(1, BT_SECURITY_L2), 0);
        expect_failure(BT_SECURITY_ERR_AUTH_FAIL, BT_SECURITY_ERR_AUTH_FAIL);
        assert_int_equal(heard[0].cancelled, 1);
        uint32_t first = heard[0].number;
        // Again, with another passkey; right this time.
        forget();
        user[1].wrong = false;
        assert_int_equal(ask(1, BT_SECURITY_L2), 0);
        run_pairing();
        assert_int_equal(heard[0].complete, 1);
        assert_int_not_equal(heard[0].number, first);
        pair_stop(&pair);
    }
}

static void numbers_that_differ(void **state)
{
    for (unsigned int who = 0; who < 2; who++) {
        start(SMP_IO_DISPLAY_YESNO, SMP_IO_DISPLAY_YESNO, NULL);
        user[who].wrong = true;
        assert_int_equal(ask(1, BT_SECURITY_L2), 0);
        expect_failure(BT_SECURITY_ERR_AUTH_FAIL, BT_SECURITY_ERR_AUTH_FAIL);
        pair_stop(&pair);
    }
}

static void application_refuses(void **state)
{
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    user[0].refuse = true;
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    expect_failure(BT_SECURITY_ERR_PAIR_NOT_SUPPORTED, BT_SECURITY_ERR_PAIR_NOT_ALLOWED);
    pair_stop(&pair);
}

// What is required and cannot be reached fails, whichever side requires it (hostile 50).
static void hostile_50_no_downgrade(void **state)
{
    const struct breeze_smp_policy legacy = {.no_sc = true};
    start(SMP_IO_NONE, SMP_IO_DISPLAY_YESNO, NULL);
    assert_int_equal(ask(1, BT_SECURITY_L3), 0);
    expect_failure(BT_SECURITY_ERR_AUTH_REQUIREMENT, BT_SECURITY_ERR_AUTH_REQUIREMENT);
    pair_stop(&pair);
    // Legacy passkey is no authentication.
    start(SMP_IO_KEYBOARD_ONLY, SMP_IO_DISPLAY_ONLY, &legacy);
    assert_int_equal(ask(1, BT_SECURITY_L3), 0);
    expect_failure(BT_SECURITY_ERR_AUTH_REQUIREMENT, BT_SECURITY_ERR_AUTH_REQUIREMENT);
    pair_stop(&pair);
    // Secure Connections only, against a legacy peer.
    start(SMP_IO_NONE, SMP_IO_DISPLAY_YESNO, &legacy);
    struct setup only = {SMP_IO_DISPLAY_YESNO, {.sc_only = true}};
    on(0, do_setup, &only);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    expect_failure(BT_SECURITY_ERR_AUTH_REQUIREMENT, BT_SECURITY_ERR_AUTH_REQUIREMENT);
    pair_stop(&pair);
    // And what this side cannot do at all is refused at once.
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    assert_int_equal(ask(1, BT_SECURITY_L3), -EINVAL);
    pair_stop(&pair);
}

// The policy of either side refuses what would be below its level, new pairings and old bonds; what
// reaches it is accepted.
static void minimum_level(void **state)
{
    const struct setup high = {SMP_IO_NONE, {.min_level = BT_SECURITY_L3}};
    for (unsigned int who = 0; who < 2; who++) {
        start(SMP_IO_NONE, SMP_IO_NONE, NULL);
        on(who, do_setup, (void *)&high);
        assert_int_equal(ask(1, BT_SECURITY_L2), 0);
        expect_failure(BT_SECURITY_ERR_AUTH_REQUIREMENT, BT_SECURITY_ERR_AUTH_REQUIREMENT);
        pair_stop(&pair);
    }
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    reconnect();
    on(0, do_setup, (void *)&high);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    assert_true(pair_until(one_changed, NULL, LIMIT_US) || heard[1].changed);
    assert_int_equal(heard[1].err, BT_SECURITY_ERR_PIN_OR_KEY_MISSING);
    assert_false(encrypted());
    pair_stop(&pair);
    const struct breeze_smp_policy four = {.min_level = BT_SECURITY_L4};
    start(SMP_IO_DISPLAY_YESNO, SMP_IO_DISPLAY_YESNO, &four);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    assert_int_equal(heard[1].level, BT_SECURITY_L4);
    pair_stop(&pair);
}

// A user who does nothing: 30 s, and no more pairing on that link (hostile 46).
static void hostile_46_time_out(void **state)
{
    start(SMP_IO_DISPLAY_ONLY, SMP_IO_KEYBOARD_ONLY, NULL);
    user[1].silent = true;
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    assert_true(pair_until(both_over, NULL, 40000000));
    assert_int_equal(heard[0].failed, 1);
    assert_int_equal(heard[1].failed, 1);
    assert_int_equal(ask(1, BT_SECURITY_L2), -ETIMEDOUT);
    user[1].silent = false;
    reconnect();
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    assert_int_equal(heard[1].complete, 1);
    pair_stop(&pair);
}

// A pairing is under way here, or has been.
static void do_began(void *arg)
{
    const struct smp_link *link = smp_link_of(pair_here()->conn);
    *(bool *)arg = smp_is_pairing(link) || heard[here()].complete || heard[here()].failed;
}

// The link is lost after every number of milliseconds of a pairing (hostile 51): no user is left asked,
// no timer runs, no half of a bond is kept.
static void hostile_51_link_loss_at_every_step(void **state)
{
    for (int legacy = 0; legacy < 2; legacy++) {
        const struct breeze_smp_policy policy = {.no_sc = legacy};
        bool done = false;
        bool began[2];
        for (int64_t ms = 1; !done && ms < 1500; ms += 9) {
            start(SMP_IO_DISPLAY_YESNO, SMP_IO_KEYBOARD_DISPLAY, &policy);
            assert_int_equal(ask(1, BT_SECURITY_L2), 0);
            int64_t left = ms * 1000;
            while (left > 0 && !both_over(NULL)) {
                (void)pair_until(over_with_users, NULL, 3000);
                left -= 3000;
                for (unsigned int who = 0; who < 2; who++) {
                    if (can_type(who)) {
                        on(who, do_type, NULL);
                    }
                }
            }
            done = both_over(NULL);
            for (unsigned int who = 0; who < 2; who++) {
                on(who, do_began, &began[who]);
            }
            assert_true(began[1]);
            assert_true(pair_disconnect(&pair, (unsigned int)(ms % 2)));
            for (unsigned int who = 0; who < 2; who++) {
                unsigned int told = heard[who].complete + heard[who].failed;
                assert_in_range(told, began[who], 1);
                assert_int_equal(bonds(who), heard[who].complete);
            }
            quiet();
            pair_stop(&pair);
        }
        assert_true(done);
    }
}

// ---- Keys that are pressed ------------------------------------------------------------------------------

static uint8_t pressed[8];
static size_t pressed_count;

static void on_pressed(struct bt_conn *conn, enum bt_conn_auth_keypress type)
{
    assert_int_equal(here(), 0);
    assert_true(pressed_count < sizeof(pressed));
    pressed[pressed_count++] = (uint8_t)type;
}

static const struct bt_conn_auth_cb showing = {
    .passkey_display = on_display, .passkey_display_keypress = on_pressed, .cancel = on_cancel};

static void do_show_keys(void *arg)
{
    (void)bt_conn_auth_cb_register(NULL);
    assert_int_equal(bt_conn_auth_cb_register(&showing), 0);
}

struct press {
    enum bt_conn_auth_keypress type;
    int err;
};

static void do_press(void *arg)
{
    struct press *press = arg;
    press->err = bt_conn_auth_keypress_notify(pair_here()->conn, press->type);
}

static int press(unsigned int who, enum bt_conn_auth_keypress type)
{
    struct press p = {type, 0};
    on(who, do_press, &p);
    (void)pair_until(never, NULL, 50000);
    return p.err;
}

static bool is_asked(void *arg)
{
    return late_conn[1] && heard[0].shown;
}

// Both sides offer it, or one only; the typist's keys come in order, and stop with the passkey.
static void keys_that_are_pressed(void **state)
{
    for (int kind = 0; kind < 4; kind++) {
        bool both = kind & 1;
        const struct breeze_smp_policy shower = {.no_sc = kind >= 2};
        struct setup typist = {SMP_IO_KEYBOARD_ONLY, {.no_sc = kind >= 2, .keypress = both}};
        start(SMP_IO_DISPLAY_ONLY, SMP_IO_KEYBOARD_ONLY, &shower);
        on(0, do_show_keys, NULL);
        on(1, do_setup, &typist);
        pressed_count = 0;
        assert_int_equal(press(1, BT_CONN_AUTH_KEYPRESS_ENTRY_STARTED), -EINVAL);
        assert_int_equal(ask(1, BT_SECURITY_L2), 0);
        assert_true(pair_until(is_asked, NULL, LIMIT_US));
        assert_int_equal(press(0, BT_CONN_AUTH_KEYPRESS_ENTRY_STARTED), -EINVAL); // It shows.
        assert_int_equal(press(1, 5), -EINVAL);
        for (unsigned int type = 0; type <= BT_CONN_AUTH_KEYPRESS_ENTRY_COMPLETED; type++) {
            assert_int_equal(press(1, (enum bt_conn_auth_keypress)type), both ? 0 : -ENOTSUP);
        }
        run_pairing();
        assert_int_equal(heard[0].complete, 1);
        assert_int_equal(pressed_count, both ? 5 : 0);
        if (both) {
            assert_memory_equal(pressed, "\0\1\2\3\4", 5);
        }
        pair_stop(&pair);
    }
}

// A key that is told begins the typist's 30 s anew, those of the other side it does not.
static void keys_prolong_the_typing_only(void **state)
{
    const struct breeze_smp_policy policy = {.keypress = true};
    start(SMP_IO_DISPLAY_ONLY, SMP_IO_KEYBOARD_ONLY, &policy);
    user[1].silent = true;
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    (void)pair_until(never, NULL, 20000000);
    assert_int_equal(press(1, BT_CONN_AUTH_KEYPRESS_DIGIT_ENTERED), 0);
    (void)pair_until(never, NULL, 15000000);
    assert_int_equal(heard[0].failed, 1);
    assert_int_equal(heard[1].failed, 0);
    (void)pair_until(never, NULL, 20000000);
    assert_int_equal(heard[1].failed, 1);
    pair_stop(&pair);
}

static void do_flood(void *arg)
{
    uint8_t pdu[] = {SMP_KEYPRESS, BT_CONN_AUTH_KEYPRESS_DIGIT_ENTERED};
    smp_send(smp_link_of(pair_here()->conn), pdu, sizeof(pdu));
}

// Keys that are pressed for ever do not keep a pairing alive.
static void hostile_46_keypress_flood(void **state)
{
    int64_t waited = 0;
    start(SMP_IO_DISPLAY_ONLY, SMP_IO_KEYBOARD_ONLY, NULL);
    user[1].silent = true;
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    assert_true(pair_until(is_asked, NULL, LIMIT_US));
    for (; waited < 40000000 && !heard[0].failed; waited += 50000) {
        on(1, do_flood, NULL);
        (void)pair_until(never, NULL, 50000);
    }
    assert_int_equal(heard[0].failed, 1);
    assert_in_range(waited, 29000000, 31000000);
    pair_stop(&pair);
}

// ---- A client that gets itself the security it lacks ------------------------------------------------------

static ssize_t read_secret(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                           uint16_t len, uint16_t offset)
{
    return bt_gatt_attr_read(conn, attr, buf, len, offset, "secret", 6);
}

static struct bt_gatt_attr secret_attrs[] = {
    BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0x181a)),
    BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0x2a6e), BT_GATT_CHRC_READ, BT_GATT_PERM_READ_AUTHEN,
                           read_secret, NULL, NULL),
};
static struct bt_gatt_service secret_service = BT_GATT_SERVICE(secret_attrs);
static uint16_t secret_handle;
static int secret_err;

static void do_serve_secret(void *arg)
{
    assert_int_equal(bt_gatt_service_register(&secret_service), 0);
    secret_handle = bt_gatt_attr_get_handle(&secret_attrs[2]);
}

static uint8_t on_secret(struct bt_conn *conn, uint8_t err, struct bt_gatt_read_params *params,
                         const void *data, uint16_t len)
{
    secret_err = err ? err : 0;
    return BT_GATT_ITER_STOP;
}

static void do_read_secret(void *arg)
{
    static struct bt_gatt_read_params params;
    params = (struct bt_gatt_read_params){.func = on_secret, .handle_count = 1};
    params.single.handle = secret_handle;
    secret_err = -1;
    breeze_gatt_raise_security(*(bool *)arg);
    assert_int_equal(bt_gatt_read(pair_here()->conn, &params), 0);
}

static bool secret_read(void *arg)
{
    return secret_err >= 0;
}

static void do_unserve_secret(void *arg)
{
    assert_int_equal(bt_gatt_service_unregister(&secret_service), 0);
}

static void client_raises_security_when_asked(void **state)
{
    static const struct {
        bool raise;
        uint8_t io;
        int err;
    } cases[] = {
        {false, SMP_IO_DISPLAY_YESNO, BT_ATT_ERR_AUTHENTICATION},
        {true, SMP_IO_DISPLAY_YESNO, 0},
        {true, SMP_IO_NONE, BT_ATT_ERR_AUTHENTICATION}, // Level 2 is all there is.
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        bool raise = cases[i].raise;
        start(cases[i].io, cases[i].io, NULL);
        on(0, do_serve_secret, NULL);
        on(1, do_read_secret, &raise);
        assert_true(pair_until(secret_read, NULL, LIMIT_US));
        assert_int_equal(secret_err, cases[i].err);
        on(0, do_unserve_secret, NULL);
        pair_stop(&pair);
    }
}

// ---- Out of band -----------------------------------------------------------------------------------------------

static struct bt_le_oob oob[2];

static void on_oob(struct bt_conn *conn, struct bt_conn_oob_info *info)
{
    static const uint8_t tk[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    unsigned int me = here();
    heard[me].asked++;
    if (info->type == BT_CONN_OOB_LE_LEGACY) {
        assert_int_equal(bt_le_oob_set_legacy_tk(conn, tk), 0);
        return;
    }
    bool remote = info->lesc.oob_config != BT_CONN_OOB_LOCAL_ONLY;
    bool local = info->lesc.oob_config != BT_CONN_OOB_REMOTE_ONLY;
    assert_int_equal(bt_le_oob_set_sc_data(conn, local ? &oob[me].le_sc_data : NULL,
                                           remote ? &oob[!me].le_sc_data : NULL),
                     0);
}

static const struct bt_conn_auth_cb oob_auth = {.oob_data_request = on_oob, .cancel = on_cancel};

static void do_oob_auth(void *arg)
{
    const bool *has = arg;
    assert_int_equal(bt_conn_auth_cb_register(NULL), 0);
    assert_int_equal(bt_conn_auth_cb_register(&oob_auth), 0);
    bt_le_oob_set_sc_flag(*has);
    bt_le_oob_set_legacy_flag(*has);
    assert_int_equal(bt_le_oob_get_local(BT_ID_DEFAULT, &oob[here()]), 0);
}

static void out_of_band(void **state)
{
    // Who has the other's data: peripheral, central, both.
    for (int has = 1; has < 4; has++) {
        bool flags[2] = {has & 1, (has & 2) != 0};
        start(SMP_IO_NONE, SMP_IO_NONE, NULL);
        curve_ready(0);
        curve_ready(1);
        on(0, do_oob_auth, &flags[0]);
        on(1, do_oob_auth, &flags[1]);
        assert_int_equal(ask(1, BT_SECURITY_L2), 0);
        run_pairing();
        assert_int_equal(heard[0].level, BT_SECURITY_L4);
        assert_int_equal(heard[1].level, BT_SECURITY_L4);
        assert_int_equal(heard[0].asked + heard[1].asked, 2);
        pair_stop(&pair);
    }
    // A false C.
    bool yes = true;
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    curve_ready(0);
    curve_ready(1);
    on(0, do_oob_auth, &yes);
    on(1, do_oob_auth, &yes);
    oob[0].le_sc_data.c[3] ^= 1;
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    assert_int_equal(heard[0].failed + heard[1].failed, 2);
    pair_stop(&pair);
    const struct breeze_smp_policy legacy = {.no_sc = true};
    start(SMP_IO_NONE, SMP_IO_NONE, &legacy);
    curve_ready(0);
    curve_ready(1);
    on(0, do_oob_auth, &yes);
    on(1, do_oob_auth, &yes);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    assert_int_equal(heard[0].level, BT_SECURITY_L3);
    pair_stop(&pair);
}

// An argument names the tests to run ("hostile_*").
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_io_pair_secure_connections, after),
        cmocka_unit_test_teardown(every_io_pair_legacy, after),
        cmocka_unit_test_teardown(bond_encrypts_again_secure_connections, after),
        cmocka_unit_test_teardown(bond_encrypts_again_legacy, after),
        cmocka_unit_test_teardown(hostile_49_lost_bond_is_no_way_to_plain_text, after),
        cmocka_unit_test_teardown(hostile_48_just_works_over_an_authenticated_bond, after),
        cmocka_unit_test_teardown(peripheral_asks_for_more, after),
        cmocka_unit_test_teardown(pairing_without_a_bond, after),
        cmocka_unit_test_teardown(bonds_survive_in_the_settings, after),
        cmocka_unit_test_teardown(subscriptions_last_with_the_bond, after),
        cmocka_unit_test_teardown(hostile_57_damaged_records, after),
        cmocka_unit_test_teardown(hostile_46_wrong_passkey, after),
        cmocka_unit_test_teardown(numbers_that_differ, after),
        cmocka_unit_test_teardown(application_refuses, after),
        cmocka_unit_test_teardown(hostile_50_no_downgrade, after),
        cmocka_unit_test_teardown(minimum_level, after),
        cmocka_unit_test_teardown(hostile_46_time_out, after),
        cmocka_unit_test_teardown(hostile_51_link_loss_at_every_step, after),
        cmocka_unit_test_teardown(keys_that_are_pressed, after),
        cmocka_unit_test_teardown(keys_prolong_the_typing_only, after),
        cmocka_unit_test_teardown(hostile_46_keypress_flood, after),
        cmocka_unit_test_teardown(client_raises_security_when_asked, after),
        cmocka_unit_test_teardown(out_of_band, after),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
