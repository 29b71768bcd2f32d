// Caching between two bonded hosts on the virtual air: what a client misses of the database while it is
// away, and what it need not do again when it is back (Vol 3, Part G, 2.5.2).
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "smp_users.h"

// Of the GATT service, which is the same on both hosts.
#define CHANGED_HANDLE  0x0c
#define FEATURES_HANDLE 0x0f

static uint8_t value[64];
static uint16_t value_len;
static int answer; // Of the last procedure: -1 not yet, else the ATT error.
static uint8_t range[4];
static unsigned int changes;
static unsigned int subscription_ends;
static bool renewed;

// ---- The client, host 1 ------------------------------------------------------------------------------

static uint8_t on_read(struct bt_conn *conn, uint8_t err, struct bt_gatt_read_params *params,
                       const void *data, uint16_t length)
{
    if (data) {
        memcpy(value, data, length);
        value_len = length;
        return BT_GATT_ITER_CONTINUE;
    }
    answer = err;
    return BT_GATT_ITER_STOP;
}

static void on_written(struct bt_conn *conn, uint8_t err, struct bt_gatt_write_params *params)
{
    answer = err;
}

static struct bt_gatt_read_params reading;
static struct bt_gatt_write_params writing;

static void do_read_hash(void *arg)
{
    reading = (struct bt_gatt_read_params){
        .func = on_read,
        .by_uuid = {.start_handle = 1, .end_handle = 0xffff, .uuid = BT_UUID_GATT_DB_HASH},
    };
    answer = bt_gatt_read(pair_here()->conn, &reading) ? -EIO : -1;
}

static void do_read_value(void *arg)
{
    reading = (struct bt_gatt_read_params){
        .func = on_read, .handle_count = 1, .single.handle = pair.write_handle};
    answer = bt_gatt_read(pair_here()->conn, &reading) ? -EIO : -1;
}

static void do_ask_robust(void *arg)
{
    static const uint8_t robust = 1;
    writing = (struct bt_gatt_write_params){
        .func = on_written, .handle = FEATURES_HANDLE, .data = &robust, .length = 1};
    answer = bt_gatt_write(pair_here()->conn, &writing) ? -EIO : -1;
}

static uint8_t on_service_changed(struct bt_conn *conn, struct bt_gatt_subscribe_params *params,
                                  const void *data, uint16_t len)
{
    if (!data) {
        subscription_ends++;
    } else if (len == sizeof(range)) {
        memcpy(range, data, len);
        changes++;
    }
    return BT_GATT_ITER_CONTINUE;
}

// Once for the call, again when it is renewed.
static void on_subscribed(struct bt_conn *conn, uint8_t err,
                          struct bt_gatt_subscribe_params *params)
{
    if (!renewed) {
        answer = err;
    }
    renewed = true;
}

static struct bt_gatt_subscribe_params changed_sub;

static void do_subscribe_changed(void *arg)
{
    changed_sub = (struct bt_gatt_subscribe_params){
        .notify = on_service_changed,
        .subscribe = on_subscribed,
        .value_handle = CHANGED_HANDLE,
        .ccc_handle = CHANGED_HANDLE + 1,
        .value = BT_GATT_CCC_INDICATE,
    };
    answer = bt_gatt_subscribe(pair_here()->conn, &changed_sub) ? -EIO : -1;
}

static bool answered(void *arg)
{
    return answer != -1;
}

static int result(void (*procedure)(void *arg))
{
    on(1, procedure, NULL);
    assert_true(pair_until(answered, NULL, LIMIT_US));
    return answer;
}

// ---- The server, host 0 ------------------------------------------------------------------------------

static struct bt_gatt_attr extra_attrs[] = {
    BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xffc0)),
};
static struct bt_gatt_service extra = BT_GATT_SERVICE(extra_attrs);

static void do_add(void *arg)
{
    assert_int_equal(bt_gatt_service_register(&extra), 0);
}

static void do_remove(void *arg)
{
    assert_int_equal(bt_gatt_service_unregister(&extra), 0);
}

static void do_notify(void *arg)
{
    assert_int_equal(bt_gatt_notify(pair_here()->conn, pair_notify_attr(), "n", 1), 0);
}

// ---- Scenarios ---------------------------------------------------------------------------------------

static bool was_told(void *arg)
{
    return changes == *(unsigned int *)arg;
}

static bool was_notified(void *arg)
{
    return pair.hosts[1].notified == *(unsigned int *)arg;
}

static void bonded(void)
{
    changes = subscription_ends = 0;
    renewed = false;
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    assert_int_equal(result(do_subscribe_changed), 0);
    assert_int_equal(result(do_ask_robust), 0);
}

static void come_back(void)
{
    forget();
    assert_true(pair_connect(&pair, 6));
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    assert_true(pair_until(one_changed, NULL, LIMIT_US));
}

static void service_changed_reaches_a_bonded_client_that_was_away(void **state)
{
    uint8_t before[64];
    bonded();
    assert_int_equal(result(do_read_hash), 0);
    assert_int_equal(value_len, 16);
    memcpy(before, value, sizeof(before));
    assert_true(pair_disconnect(&pair, 1));
    on(0, do_add, NULL);
    come_back();
    unsigned int once = 1;
    assert_true(pair_until(was_told, &once, LIMIT_US));
    const uint16_t handle = extra_attrs[0].handle;
    const uint8_t want[] = {(uint8_t)handle, (uint8_t)(handle >> 8), (uint8_t)handle,
                            (uint8_t)(handle >> 8)};
    assert_memory_equal(range, want, sizeof(want));
    assert_int_equal(result(do_read_value), 0); // Its confirmation made it aware.
    assert_int_equal(result(do_read_hash), 0);
    assert_memory_not_equal(before, value, 16);
    // Nothing changed: nothing is told, and its subscriptions need no care.
    assert_true(pair_disconnect(&pair, 1));
    come_back();
    pair.hosts[1].notified = 0;
    on(0, do_notify, NULL);
    assert_true(pair_until(was_notified, &once, LIMIT_US));
    assert_int_equal(changes, 1);
    assert_int_equal(subscription_ends, 0);
    on(0, do_remove, NULL);
    pair_stop(&pair);
    assert_int_equal(subscription_ends, 1); // bt_disable() hands back.
}

// While the indication is under way and not yet confirmed, a request by handle is refused, once.
static void hostile_40_request_that_crosses_service_changed(void **state)
{
    bonded();
    on(0, do_add, NULL);
    assert_int_equal(result(do_read_value), BT_ATT_ERR_DB_OUT_OF_SYNC);
    assert_int_equal(result(do_read_value), 0);
    on(0, do_remove, NULL);
    unsigned int twice = 2;
    assert_true(pair_until(was_told, &twice, LIMIT_US));
    assert_int_equal(result(do_read_value), 0);
    pair_stop(&pair);
}

// The subscription of a client whose bond goes while it is away ends.
static void do_unpair(void *arg)
{
    assert_int_equal(bt_unpair(BT_ID_DEFAULT, NULL), 0);
}

static void subscriptions_end_with_the_bond(void **state)
{
    bonded();
    assert_true(pair_disconnect(&pair, 0));
    assert_int_equal(subscription_ends, 0);
    on(1, do_unpair, NULL);
    assert_int_equal(subscription_ends, 1);
    pair_stop(&pair);
    assert_int_equal(subscription_ends, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(service_changed_reaches_a_bonded_client_that_was_away, after),
        cmocka_unit_test_teardown(hostile_40_request_that_crosses_service_changed, after),
        cmocka_unit_test_teardown(subscriptions_end_with_the_bond, after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
