// Long, reliable and several values, includes and automatic configuration between two whole hosts
// over a lossy air.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/breeze.h>
#include <breeze/gatt.h>

#include "support/pair.h"
#include "support/story.h"

static struct pair pair;

static void start(void)
{
    struct pair_options options = {.seed = 11, .loss_ppm = 100000};
    story[0] = 0;
    assert_true(pair_start(&pair, &options));
}

// A service that includes another one, in both hosts.
static uint8_t small[2][8];

static ssize_t on_write(struct bt_conn *conn, const struct bt_gatt_attr *attr, const void *buf,
                        uint16_t len, uint16_t offset, uint8_t flags)
{
    if (offset + len > sizeof(small[0])) {
        return BT_GATT_ERR(BT_ATT_ERR_INVALID_ATTRIBUTE_LEN);
    }
    memcpy((uint8_t *)attr->user_data + offset, buf, len);
    return len;
}

static ssize_t on_read(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                       uint16_t len, uint16_t offset)
{
    return bt_gatt_attr_read(conn, attr, buf, len, offset, attr->user_data, sizeof(small[0]));
}

#define RW BT_GATT_PERM_READ | BT_GATT_PERM_WRITE
BT_GATT_SERVICE_DEFINE(more_inner, BT_GATT_SECONDARY_SERVICE(BT_UUID_DECLARE_128(BT_UUID_128_ENCODE(
                                       0x5a1e0100, 0xbee2, 0x4e5a, 0x8f00, 0x0242ac120002))));
BT_GATT_SERVICE_DEFINE(more_outer, BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xffa0)),
                       BT_GATT_INCLUDE_SERVICE(&attr_more_inner[0]),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xffa1), BT_GATT_CHRC_WRITE, RW,
                                              on_read, on_write, small[0]),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xffa1), BT_GATT_CHRC_WRITE, RW,
                                              on_read, on_write, small[1]));

// ---- Long writes and reads ---------------------------------------------------------------------

static char big[512];
static struct bt_gatt_write_params wr;
static struct bt_gatt_read_params rd;
static size_t got;

static void on_written(struct bt_conn *conn, uint8_t err, struct bt_gatt_write_params *params)
{
    tell("written %u;", err);
}

static uint8_t on_value(struct bt_conn *conn, uint8_t err, struct bt_gatt_read_params *params,
                        const void *data, uint16_t len)
{
    if (!data) {
        tell("read %u;", err);
        return BT_GATT_ITER_STOP;
    }
    if (params->handle_count != 1) {
        tell("%u %.*s;", params->handle_count ? 0 : params->by_uuid.start_handle, len,
             (const char *)data);
    } else {
        assert_memory_equal(data, big + got, len);
        got += len;
    }
    return BT_GATT_ITER_CONTINUE;
}

static void do_write_long(void *arg)
{
    for (size_t i = 0; i < sizeof(big); i++) {
        big[i] = (char)(i * 7);
    }
    wr = (struct bt_gatt_write_params){
        .func = on_written, .handle = pair.write_handle, .data = big, .length = sizeof(big)};
    assert_int_equal(bt_gatt_write(pair_here()->conn, &wr), 0);
}

static void do_read_long(void *arg)
{
    got = 0;
    rd = (struct bt_gatt_read_params){
        .func = on_value, .handle_count = 1, .single = {.handle = pair.write_handle}};
    assert_int_equal(bt_gatt_read(pair_here()->conn, &rd), 0);
}

static void long_values(void **state)
{
    start();
    pair_on(PAIR_CENTRAL, do_write_long, NULL);
    wait_for("written 0;");
    assert_int_equal(pair.hosts[PAIR_PERIPHERAL].written, 1); // Whole.
    assert_int_equal(pair.hosts[PAIR_PERIPHERAL].value_len, sizeof(big));
    pair_on(PAIR_CENTRAL, do_read_long, NULL);
    wait_for("read 0;");
    assert_int_equal(got, sizeof(big));
    pair_stop(&pair);
}

static void do_cancel(void *arg)
{
    bt_gatt_cancel(pair_here()->conn, &wr);
}

static void cancelled_long_write(void **state)
{
    start();
    pair_on(PAIR_CENTRAL, do_write_long, NULL);
    sim_run(pair.sim, 50000);
    pair_on(PAIR_CENTRAL, do_cancel, NULL);
    wait_for("written 14;");
    // Nothing of it is executed with the next one.
    pair_on(PAIR_CENTRAL, do_write_long, NULL);
    wait_for("written 0;");
    assert_int_equal(pair.hosts[PAIR_PERIPHERAL].written, 1);
    pair_stop(&pair);
}

// ---- Several values -----------------------------------------------------------------------------

static uint16_t handles[2];
static struct bt_gatt_discover_params disc;

static uint8_t on_found(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                        struct bt_gatt_discover_params *params)
{
    if (!attr) {
        tell("end%u;", params->type);
    } else if (params->type == BT_GATT_DISCOVER_INCLUDE) {
        char text[BT_UUID_STR_LEN];
        const struct bt_gatt_include *include = attr->user_data;
        bt_uuid_to_str(include->uuid, text, sizeof(text));
        tell("includes %d %s;", include->end_handle - include->start_handle, text);
    }
    return BT_GATT_ITER_CONTINUE;
}

static void do_discover(void *arg)
{
    disc = (struct bt_gatt_discover_params){.func = on_found,
                                            .start_handle = 1,
                                            .end_handle = 0xffff,
                                            .type = BT_GATT_DISCOVER_INCLUDE};
    assert_int_equal(bt_gatt_discover(pair_here()->conn, &disc), 0);
}

static struct breeze_gatt_reliable_params reliable;

static void on_reliable(struct bt_conn *conn, uint8_t err,
                        struct breeze_gatt_reliable_params *params)
{
    tell("reliable %u;", err);
}

static void do_reliable(void *arg)
{
    static struct breeze_gatt_part parts[2];
    static const char text[] = "firstonesecondon";
    handles[0] = bt_gatt_attr_get_handle(&attr_more_outer[3]);
    handles[1] = bt_gatt_attr_get_handle(&attr_more_outer[5]);
    for (unsigned int i = 0; i < 2; i++) {
        parts[i] = (struct breeze_gatt_part){handles[i], 0, 8, &text[8 * i]};
    }
    reliable =
        (struct breeze_gatt_reliable_params){.func = on_reliable, .parts = parts, .count = 2};
    assert_int_equal(breeze_gatt_write_reliable(pair_here()->conn, &reliable), 0);
}

static void do_read_by_uuid(void *arg)
{
    static const struct bt_uuid_16 uuid = BT_UUID_INIT_16(0xffa1);
    rd = (struct bt_gatt_read_params){.func = on_value, .by_uuid = {1, 0xffff, &uuid.uuid}};
    assert_int_equal(bt_gatt_read(pair_here()->conn, &rd), 0);
}

static void do_read_multiple(void *arg)
{
    rd = (struct bt_gatt_read_params){
        .func = on_value, .handle_count = 2, .multiple = {handles, arg != NULL}};
    assert_int_equal(bt_gatt_read(pair_here()->conn, &rd), 0);
}

static void several_values(void **state)
{
    start();
    pair_on(PAIR_CENTRAL, do_discover, NULL);
    wait_for("includes 0 5a1e0100-bee2-4e5a-8f00-0242ac120002;end2;");
    pair_on(PAIR_CENTRAL, do_reliable, NULL);
    wait_for("reliable 0;");
    pair_on(PAIR_CENTRAL, do_read_by_uuid, NULL);
    wait_for("%u firstone;%u secondon;read 0;", handles[0], handles[1]);
    story[0] = 0;
    pair_on(PAIR_CENTRAL, do_read_multiple, NULL);
    wait_for("0 firstonesecondon;read 0;");
    pair_on(PAIR_CENTRAL, do_read_multiple, &pair);
    wait_for("0 firstone;0 secondon;read 0;");
    pair_stop(&pair);
}

// ---- Subscriptions ------------------------------------------------------------------------------

static struct bt_gatt_subscribe_params sub;

static uint8_t on_notified(struct bt_conn *conn, struct bt_gatt_subscribe_params *params,
                           const void *data, uint16_t len)
{
    if (data) {
        tell("%.*s;", len, (const char *)data);
    } else {
        tell("over;");
    }
    return BT_GATT_ITER_CONTINUE;
}

static void on_subscribed(struct bt_conn *conn, uint8_t err,
                          struct bt_gatt_subscribe_params *params)
{
    tell("subscribed %u;", err);
}

static void do_subscribe(void *arg)
{
    sub = (struct bt_gatt_subscribe_params){.notify = on_notified,
                                            .subscribe = on_subscribed,
                                            .value_handle = pair.notify_handle,
                                            .value = BT_GATT_CCC_NOTIFY};
    assert_int_equal(bt_gatt_subscribe(pair_here()->conn, &sub), 0);
}

static void do_notify_several(void *arg)
{
    struct bt_gatt_notify_params params[] = {
        {.attr = pair_notify_attr(), .data = "one", .len = 3},
        {.attr = pair_notify_attr(), .data = "two", .len = 3},
    };
    assert_int_equal(bt_gatt_notify_multiple(pair_here()->conn, 2, params), 0);
}

static void the_configuration_is_found(void **state)
{
    start();
    pair_on(PAIR_CENTRAL, do_subscribe, NULL);
    wait_for("subscribed 0;");
    assert_int_equal(sub.ccc_handle, pair.notify_handle + 1);
    pair_on(PAIR_PERIPHERAL, do_notify_several, NULL);
    wait_for("one;two;");
    pair_stop(&pair);
    assert_non_null(strstr(story, "over;"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_values),
        cmocka_unit_test(cancelled_long_write),
        cmocka_unit_test(several_values),
        cmocka_unit_test(the_configuration_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
