// What the Bluetooth SIG's tests of the Generic Access Profile ask of bonding, by their ids, between two
// whole hosts (Vol 3, Part C, 9.4). Those of modes and procedures: test_gap_ids.c.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "smp_users.h"

static void do_bondable(void *arg)
{
    bt_set_bondable(*(bool *)arg);
}

// A pairing that this side asks for. Bonds are there if both can bond, else on neither side.
static void pair_up(unsigned int who, const bool bondable[2])
{
    bool both = bondable[0] && bondable[1];
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    for (unsigned int i = 0; i < 2; i++) {
        bool can = bondable[i];
        on(i, do_bondable, &can);
    }
    assert_int_equal(ask(who, BT_SECURITY_L2), 0);
    run_pairing();
    assert_true(encrypted());
    for (unsigned int i = 0; i < 2; i++) {
        assert_int_equal(heard[i].complete, 1);
        assert_int_equal(heard[i].bonded, both);
        assert_int_equal(bonds(i), both);
    }
}

// The next link, on which this side asks again: encrypted by the bond, or a pairing like the first.
static void come_back(unsigned int who, bool bonded)
{
    assert_true(pair_disconnect(&pair, 1));
    forget();
    assert_true(pair_connect(&pair, 0));
    assert_int_equal(ask(who, BT_SECURITY_L2), 0);
    assert_true(pair_until(one_changed, NULL, LIMIT_US));
    sim_run(pair.sim, 1000000);
    assert_true(encrypted());
    for (unsigned int i = 0; i < 2; i++) {
        assert_int_equal(heard[i].err, BT_SECURITY_ERR_SUCCESS);
        assert_int_equal(heard[i].complete, !bonded);
    }
    pair_stop(&pair);
}

// Non-bondable: this side, the other, or both of them; either asks.
static void gap_bond_nbon_bv_01_to_03_c(void **state)
{
    static const bool bondable[][2] = {{false, true}, {true, false}, {false, false}};
    for (size_t i = 0; i < ARRAY_SIZE(bondable); i++) {
        for (unsigned int who = 0; who < 2; who++) {
            pair_up(who, bondable[i]);
            come_back(who, false);
        }
    }
}

static void gap_bond_bon_bv_01_to_04_c(void **state)
{
    static const bool bondable[2] = {true, true};
    for (unsigned int who = 0; who < 2; who++) {
        for (unsigned int then = 0; then < 2; then++) {
            pair_up(who, bondable);
            come_back(then, true);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(gap_bond_nbon_bv_01_to_03_c, after),
        cmocka_unit_test_teardown(gap_bond_bon_bv_01_to_04_c, after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
