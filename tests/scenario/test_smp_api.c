// The application in the midst of pairings: callbacks that are taken away, calls from the
// callbacks. Whatever it does, a pairing ends once, and bonds are whole.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

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

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(callbacks_taken_away, after),
        cmocka_unit_test_teardown(calls_while_a_bond_gives_way, after),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
