// Pairing with callbacks of one connection's own, between two whole hosts on the virtual air.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "smp_users.h"

struct overlay {
    const struct bt_conn_auth_cb *cb;
    int err;
};

static void do_overlay(void *arg)
{
    struct overlay *overlay = arg;
    overlay->err = bt_conn_auth_cb_overlay(pair_here()->conn, overlay->cb);
}

static int overlay(unsigned int who, const struct bt_conn_auth_cb *cb)
{
    struct overlay wish = {cb, 1};
    pair_on(who, do_overlay, &wish);
    return wish.err;
}

// Without callbacks a device has neither input nor output, whatever the others have.
static void overlaid_with_none(void **state)
{
    start(SMP_IO_DISPLAY_YESNO, SMP_IO_DISPLAY_YESNO, NULL);
    assert_int_equal(overlay(1, NULL), 0);
    assert_int_equal(overlay(1, &ios[SMP_IO_DISPLAY_YESNO]), -EALREADY);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    assert_int_equal(heard[0].complete + heard[1].complete, 2);
    assert_int_equal(heard[0].level, BT_SECURITY_L2);
    assert_int_equal(heard[0].compared + heard[1].compared, 0);
    pair_stop(&pair);
}

// A connection's own callbacks are asked, and only as long as it lasts.
static void overlaid_for_one_connection(void **state)
{
    start(SMP_IO_DISPLAY_ONLY, SMP_IO_NONE, NULL);
    assert_int_equal(overlay(1, &ios[SMP_IO_KEYBOARD_ONLY]), 0);
    assert_int_equal(ask(1, BT_SECURITY_L4), 0);
    run_pairing();
    assert_int_equal(heard[1].asked, 1);
    assert_int_equal(heard[0].shown, 1);
    assert_int_equal(heard[1].level, BT_SECURITY_L4);

    assert_true(pair_disconnect(&pair, 1));
    assert_int_equal(overlay(1, NULL), -EINVAL); // There is no connection.
    forget();
    assert_true(pair_connect(&pair, 6));
    // Those of all connections have nothing to show or type.
    assert_int_equal(ask(1, BT_SECURITY_L4 | BT_SECURITY_FORCE_PAIR), -EINVAL);
    pair_stop(&pair);
}

// Not while a pairing runs, and not half a set.
static void overlaid_too_late_or_badly(void **state)
{
    static const struct bt_conn_auth_cb no_cancel = {.passkey_entry = on_entry};
    start(SMP_IO_DISPLAY_ONLY, SMP_IO_KEYBOARD_ONLY, NULL);
    assert_int_equal(overlay(1, &no_cancel), -EINVAL);
    assert_int_equal(ask(1, BT_SECURITY_L4), 0);
    assert_int_equal(overlay(1, NULL), -EALREADY);
    run_pairing();
    assert_int_equal(heard[1].level, BT_SECURITY_L4);
    quiet();
    pair_stop(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(overlaid_with_none, after),
        cmocka_unit_test_teardown(overlaid_for_one_connection, after),
        cmocka_unit_test_teardown(overlaid_too_late_or_badly, after),
    };
    return cmocka_run_group_tests_name("smp_overlay", tests, NULL, NULL);
}
