// 16 connections in a build that asks for 16: all subscribed, all served, none left over; and 1,000
// attributes.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/many.h"

static int result;

static void do_notify_all(void *arg)
{
    result = bt_gatt_notify(NULL, many_attr(), "all", 3);
}

static void do_notify_each(void *arg)
{
    for (unsigned int i = 0; i < many.links; i++) {
        assert_int_equal(bt_gatt_notify(many.conns[i], many_attr(), "each", 4), 0);
    }
}

static void do_advertise(void *arg)
{
    result = bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0);
}

static bool all_heard(void *arg)
{
    for (unsigned int i = 0; i < MANY_MAX; i++) {
        if (many.notified[i] < *(unsigned int *)arg) {
            return false;
        }
    }
    return true;
}

static void sixteen_connections(void **state)
{
    assert_true(many_start(MANY_MAX));
    sim_on(many.hub, do_advertise, NULL); // A seventeenth has no slot.
    assert_int_equal(result, -ENOMEM);
    unsigned int rounds = 20;
    for (unsigned int i = 0; i < rounds; i++) {
        result = 0;
        sim_on(many.hub, i & 1 ? do_notify_each : do_notify_all, NULL);
        assert_int_equal(result, 0);
        sim_run(many.sim, 300000);
    }
    assert_true(sim_until(many.sim, all_heard, &rounds, 10000000));
    for (unsigned int i = 0; i < MANY_MAX; i++) {
        assert_int_equal(many.notified[i], rounds);
    }
    assert_true(many_stop());
}

// ---- 1,000 attributes ---------------------------------------------------------------------------

#define SERVICES 100

static struct bt_gatt_attr attrs[SERVICES][10];
static struct bt_gatt_service services[SERVICES];
static const struct bt_uuid_16 primary = BT_UUID_INIT_16(BT_UUID_GATT_PRIMARY_VAL);
static const struct bt_uuid_16 type = BT_UUID_INIT_16(0xff77);

static void do_register(void *arg)
{
    for (unsigned int i = 0; i < SERVICES; i++) {
        for (unsigned int j = 0; j < 10; j++) {
            attrs[i][j] = (struct bt_gatt_attr){.uuid = j ? &type.uuid : &primary.uuid,
                                                .user_data = (void *)&type};
        }
        services[i] = (struct bt_gatt_service){.attrs = attrs[i], .attr_count = 10};
        assert_int_equal(bt_gatt_service_register(&services[i]), 0);
    }
    for (unsigned int i = 0; i < SERVICES; i++) {
        uint16_t handle = bt_gatt_attr_get_handle(&attrs[i][9]);
        assert_true(handle);
        assert_ptr_equal(bt_gatt_attr_next(&attrs[i][8]), &attrs[i][9]);
        assert_int_equal(handle, bt_gatt_attr_get_handle(&attrs[i][0]) + 9);
    }
    for (unsigned int i = 0; i < SERVICES; i++) {
        assert_int_equal(bt_gatt_service_unregister(&services[i]), 0);
    }
}

static void a_thousand_attributes(void **state)
{
    assert_true(many_start(1));
    sim_on(many.hub, do_register, NULL);
    assert_true(many_stop());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixteen_connections),
        cmocka_unit_test(a_thousand_attributes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
