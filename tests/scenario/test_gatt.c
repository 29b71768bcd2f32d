// GATT between two whole hosts on the virtual air: what an application does with a link.
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

#define LIMIT_US 60000000

static struct pair pair;

static void start(uint32_t loss_ppm)
{
    struct pair_options options = {.seed = 7, .loss_ppm = loss_ppm};
    story[0] = 0;
    assert_true(pair_start(&pair, &options));
}

// The service of pair.c begins behind GATT's, which is longer with caching.
#define SERVICE (pair.notify_handle - 2U)

// ---- Discovery ---------------------------------------------------------------------------------

static struct bt_gatt_discover_params disc;

static uint8_t on_found(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                        struct bt_gatt_discover_params *params)
{
    char text[BT_UUID_STR_LEN];
    if (!attr) {
        tell("end%u;", params->type);
        return BT_GATT_ITER_STOP;
    }
    if (params->type == BT_GATT_DISCOVER_PRIMARY) {
        const struct bt_gatt_service_val *val = attr->user_data;
        bt_uuid_to_str(val->uuid, text, sizeof(text));
        tell("%u-%u %s;", attr->handle, val->end_handle, text);
    } else if (params->type == BT_GATT_DISCOVER_CHARACTERISTIC) {
        const struct bt_gatt_chrc *chrc = attr->user_data;
        bt_uuid_to_str(chrc->uuid, text, sizeof(text));
        tell("%u>%u %s;", attr->handle, chrc->value_handle, text);
    } else {
        bt_uuid_to_str(attr->uuid, text, sizeof(text));
        tell("%u %s;", attr->handle, text);
    }
    return BT_GATT_ITER_CONTINUE;
}

static void do_discover(void *arg)
{
    disc = (struct bt_gatt_discover_params){
        .func = on_found, .start_handle = 1, .end_handle = 0xffff, .type = *(uint8_t *)arg};
    assert_int_equal(bt_gatt_discover(pair_here()->conn, &disc), 0);
}

static void discovery_over_the_air(void **state)
{
    start(0);
    // In both directions: a peripheral is a client as well.
    for (unsigned int who = 0; who < 2; who++) {
        story[0] = 0;
        uint8_t type = BT_GATT_DISCOVER_PRIMARY;
        pair_on(who, do_discover, &type);
        wait_for("end0;");
        wait_for("1-9 1800;%u-%u 1801;%u-%u 5a1e0000-bee2-4e5a-8f00-0242ac120002;end0;", 10,
                 SERVICE - 1, SERVICE, SERVICE + 5);
        type = BT_GATT_DISCOVER_CHARACTERISTIC;
        pair_on(who, do_discover, &type);
        wait_for("end3;");
        wait_for("%u>%u 5a1e0001-bee2-4e5a-8f00-0242ac120002;", SERVICE + 1, SERVICE + 2);
        wait_for("%u>%u 5a1e0002-bee2-4e5a-8f00-0242ac120002;", SERVICE + 4, SERVICE + 5);
        type = BT_GATT_DISCOVER_DESCRIPTOR;
        pair_on(who, do_discover, &type);
        wait_for("end4;");
        wait_for("%u 2902;", SERVICE + 3);
    }
    pair_stop(&pair);
}

// ---- Read and write ----------------------------------------------------------------------------

static struct bt_gatt_write_params wr;
static struct bt_gatt_read_params rd;
static uint8_t data[300];
static size_t got;

static void on_written(struct bt_conn *conn, uint8_t err, struct bt_gatt_write_params *params)
{
    tell("written %u;", err);
}

static uint8_t on_read(struct bt_conn *conn, uint8_t err, struct bt_gatt_read_params *params,
                       const void *piece, uint16_t len)
{
    if (!piece) {
        tell("read %u;", err);
        return BT_GATT_ITER_STOP;
    }
    assert_memory_equal(piece, data + got, len);
    got += len;
    return BT_GATT_ITER_CONTINUE;
}

static void do_write(void *arg)
{
    wr = (struct bt_gatt_write_params){
        .func = on_written, .handle = pair.write_handle, .data = data, .length = *(uint16_t *)arg};
    assert_int_equal(bt_gatt_write(pair_here()->conn, &wr), 0);
}

static void do_read(void *arg)
{
    rd = (struct bt_gatt_read_params){
        .func = on_read, .handle_count = 1, .single = {.handle = pair.write_handle}};
    got = 0;
    assert_int_equal(bt_gatt_read(pair_here()->conn, &rd), 0);
}

static void read_and_write_over_a_lossy_air(void **state)
{
    start(30000);
    for (unsigned int i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t)(i * 7);
    }
    uint16_t len = 20;
    pair_on(PAIR_CENTRAL, do_write, &len);
    wait_for("written 0;");
    assert_int_equal(pair.hosts[PAIR_PERIPHERAL].written, 1);
    pair_on(PAIR_CENTRAL, do_read, NULL);
    wait_for("read 0;");
    assert_int_equal(got, 20);
    // A long value: Read Blob until it is over.
    memcpy(pair.hosts[PAIR_PERIPHERAL].value, data, sizeof(data));
    pair.hosts[PAIR_PERIPHERAL].value_len = sizeof(data);
    story[0] = 0;
    pair_on(PAIR_CENTRAL, do_read, NULL);
    wait_for("read 0;");
    assert_int_equal(got, sizeof(data));
    pair_stop(&pair);
}

// ---- Notifications -----------------------------------------------------------------------------

#define COUNT 1000
static unsigned int next_out;
static unsigned int next_in;
static unsigned int sent_cnt;

static void on_sent(struct bt_conn *conn, uint16_t handle, int err, void *user)
{
    assert_int_equal(err, 0);
    sent_cnt++;
}

static void pump(struct bt_conn *conn)
{
    while (next_out < COUNT) {
        uint8_t value[20] = {(uint8_t)next_out, (uint8_t)(next_out >> 8)};
        int err =
            breeze_gatt_send(conn, pair.notify_handle, value, sizeof(value), false, on_sent, NULL);
        if (err) {
            assert_int_equal(err, -ENOMEM);
            return;
        }
        next_out++;
    }
}

static void on_any(struct bt_conn *conn, uint16_t handle, const void *value, uint16_t len,
                   bool indication)
{
    const uint8_t *octets = value;
    if (indication) {
        tell("indicated %u;", handle);
        return;
    }
    assert_int_equal(handle, pair.notify_handle);
    assert_int_equal(octets[0] | octets[1] << 8, next_in);
    next_in++;
}

static const struct breeze_gatt_any_cb any = {.notified = on_any};

static void do_listen(void *arg)
{
    breeze_gatt_any_cb_set(&any);
}

static void do_pump(void *arg)
{
    breeze_gatt_ready_cb_set(pump);
    pump(pair_here()->conn);
}

static bool all_in(void *arg)
{
    return next_in == COUNT && sent_cnt == COUNT;
}

static void thousand_notifications_in_order(void **state)
{
    start(30000);
    next_out = next_in = sent_cnt = 0;
    pair_on(PAIR_CENTRAL, do_listen, NULL);
    pair_on(PAIR_PERIPHERAL, do_pump, NULL);
    assert_true(pair_until(all_in, NULL, LIMIT_US));
    pair_stop(&pair);
    assert_int_equal(next_in, COUNT);
}

static unsigned int ended_cnt;
static void on_ended(struct bt_conn *conn, uint16_t handle, int err, void *user)
{
    ended_cnt++;
}

static void do_send_and_go(void *arg)
{
    unsigned int *sent = arg;
    while (
        !breeze_gatt_send(pair_here()->conn, pair.notify_handle, "x", 1, false, on_ended, NULL)) {
        (*sent)++;
    }
    assert_int_equal(bt_conn_disconnect(pair_here()->conn, 0x13), 0);
}

static bool both_down(void *arg)
{
    return pair.hosts[0].disconnected && pair.hosts[1].disconnected;
}

static void completions_at_link_loss(void **state)
{
    start(0);
    unsigned int sent = 0;
    ended_cnt = 0;
    pair_on(PAIR_PERIPHERAL, do_send_and_go, &sent);
    assert_true(pair_until(both_down, NULL, LIMIT_US));
    assert_true(sent > 0);
    assert_int_equal(ended_cnt, sent);
    pair_stop(&pair);
}

// ---- Indications -------------------------------------------------------------------------------

static void on_confirmed(struct bt_conn *conn, uint16_t handle, int err, void *user)
{
    tell("confirmed %d;", err);
}

static void do_indicate(void *arg)
{
    struct bt_conn *conn = pair_here()->conn;
    assert_int_equal(breeze_gatt_send(conn, pair.notify_handle, "1", 1, true, on_confirmed, NULL),
                     0);
    assert_int_equal(breeze_gatt_send(conn, pair.notify_handle, "2", 1, true, on_confirmed, NULL),
                     0);
    assert_int_equal(breeze_gatt_send(conn, pair.notify_handle, "3", 1, true, on_confirmed, NULL),
                     -ENOMEM);
}

static void indications_queue_and_confirm(void **state)
{
    start(0);
    pair_on(PAIR_CENTRAL, do_listen, NULL);
    pair_on(PAIR_PERIPHERAL, do_indicate, NULL);
    wait_for("indicated %u;confirmed 0;indicated %u;confirmed 0;", SERVICE + 2, SERVICE + 2);
    pair_stop(&pair);
}

// ---- MTU ---------------------------------------------------------------------------------------

static struct bt_gatt_exchange_params exchange[2];

static void on_exchange(struct bt_conn *conn, uint8_t err, struct bt_gatt_exchange_params *params)
{
    tell("mtu%u %u err %u;", (unsigned int)(params - exchange), bt_gatt_get_mtu(conn), err);
}

static void do_exchange(void *arg)
{
    unsigned int who = *(unsigned int *)arg;
    exchange[who].func = on_exchange;
    assert_int_equal(breeze_mtu_set((uint16_t)(100 + 50 * who)), 0);
    assert_int_equal(bt_gatt_exchange_mtu(pair_here()->conn, &exchange[who]), 0);
}

static void check_mtu(void *arg)
{
    assert_int_equal(bt_gatt_get_mtu(pair_here()->conn), *(uint16_t *)arg);
}

static void mtu_from_either_side_and_both(void **state)
{
    for (unsigned int first = 0; first < 3; first++) {
        start(0);
        uint16_t want = first == 0 ? 100 : first == 1 ? 150 : 100;
        for (unsigned int who = 0; who < 2; who++) {
            if (first == 2 || who == first) {
                pair_on(who, do_exchange, &who);
            }
        }
        wait_for(first == 1 ? "mtu1 150 err 0;" : "mtu0 100 err 0;");
        if (first == 2) {
            wait_for("mtu1 100 err 0;");
        }
        pair_on(0, check_mtu, &want);
        pair_on(1, check_mtu, &want);
        pair_stop(&pair);
    }
}

// ---- Services that come and go -----------------------------------------------------------------

static ssize_t read_late(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                         uint16_t len, uint16_t offset)
{
    return bt_gatt_attr_read(conn, attr, buf, len, offset, "late", 4);
}

static struct bt_gatt_attr late_attrs[] = {
    BT_GATT_PRIMARY_SERVICE(BT_UUID_BAS),
    BT_GATT_CHARACTERISTIC(BT_UUID_BAS_BATTERY_LEVEL, BT_GATT_CHRC_READ, BT_GATT_PERM_READ,
                           read_late, NULL, NULL),
};
static struct bt_gatt_service late = BT_GATT_SERVICE(late_attrs);
static struct bt_gatt_subscribe_params changed;

static uint8_t on_changed(struct bt_conn *conn, struct bt_gatt_subscribe_params *params,
                          const void *value, uint16_t len)
{
    const uint8_t *octets = value;
    if (value) {
        tell("changed %u %u-%u;", len, octets[0], octets[2]);
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
    changed = (struct bt_gatt_subscribe_params){.notify = on_changed,
                                                .subscribe = on_subscribed,
                                                .value_handle = 12,
                                                .ccc_handle = 13,
                                                .value = BT_GATT_CCC_INDICATE};
    assert_int_equal(bt_gatt_subscribe(pair_here()->conn, &changed), 0);
}

static void do_register(void *arg)
{
    assert_int_equal(bt_gatt_service_register(&late), 0);
}

static void do_unregister(void *arg)
{
    assert_int_equal(bt_gatt_service_unregister(&late), 0);
}

static void service_registered_while_connected(void **state)
{
    start(0);
    pair_on(PAIR_CENTRAL, do_subscribe, NULL);
    wait_for("subscribed 0;");
    pair_on(PAIR_PERIPHERAL, do_register, NULL);
    wait_for("changed 4 %u-%u;", SERVICE + 6, SERVICE + 8);
    uint8_t type = BT_GATT_DISCOVER_PRIMARY;
    pair_on(PAIR_CENTRAL, do_discover, &type);
    wait_for("%u-%u 180f;end0;", SERVICE + 6, SERVICE + 8);
    story[0] = 0;
    pair_on(PAIR_PERIPHERAL, do_unregister, NULL);
    wait_for("changed 4 %u-%u;", SERVICE + 6, SERVICE + 8);
    pair_stop(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(discovery_over_the_air),
        cmocka_unit_test(read_and_write_over_a_lossy_air),
        cmocka_unit_test(thousand_notifications_in_order),
        cmocka_unit_test(completions_at_link_loss),
        cmocka_unit_test(indications_queue_and_confirm),
        cmocka_unit_test(mtu_from_either_side_and_both),
        cmocka_unit_test(service_registered_while_connected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
