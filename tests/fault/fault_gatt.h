// The GATT application of the fault sweeps: a service, the procedures of a client, and the scenarios of
// both. Included once, by fault.c, behind its helpers.
#ifndef BREEZE_TESTS_FAULT_FAULT_GATT_H_
#define BREEZE_TESTS_FAULT_FAULT_GATT_H_

#include <breeze/gatt.h>
#include <zephyr/bluetooth/gatt.h>

// ---- The application ---------------------------------------------------------------------------

static uint8_t value[512];
static uint16_t value_len;
static uint8_t big[300];

static ssize_t on_read(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                       uint16_t len, uint16_t offset)
{
    (void)callback();
    return bt_gatt_attr_read(conn, attr, buf, len, offset, value, value_len);
}

static ssize_t on_write(struct bt_conn *conn, const struct bt_gatt_attr *attr, const void *buf,
                        uint16_t len, uint16_t offset, uint8_t flags)
{
    struct side *side = callback();
    if (offset + len > (int)sizeof(value)) {
        return BT_GATT_ERR(BT_ATT_ERR_INVALID_ATTRIBUTE_LEN);
    }
    memcpy(value + offset, buf, len);
    value_len = (uint16_t)(offset + len);
    side->written++;
    return len;
}

static void on_ccc(const struct bt_gatt_attr *attr, uint16_t ccc)
{
    (void)callback();
}

BT_GATT_SERVICE_DEFINE(
    fault_service, BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xff00)),
    BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff01),
                           BT_GATT_CHRC_READ | BT_GATT_CHRC_WRITE | BT_GATT_CHRC_AUTH,
                           BT_GATT_PERM_READ | BT_GATT_PERM_WRITE, on_read, on_write, NULL),
    BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff02), BT_GATT_CHRC_NOTIFY | BT_GATT_CHRC_INDICATE,
                           BT_GATT_PERM_NONE, NULL, NULL, NULL),
    BT_GATT_CCC(on_ccc, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE));

#define VALUE_HANDLE  (bt_gatt_attr_get_handle(&attr_fault_service[2]))
#define NOTIFY_HANDLE (bt_gatt_attr_get_handle(&attr_fault_service[4]))

static struct bt_gatt_exchange_params exchange;
static struct bt_gatt_discover_params discover;
static struct bt_gatt_read_params read_params;
static struct bt_gatt_write_params write_params;
static struct breeze_gatt_reliable_params reliable;
static struct bt_gatt_subscribe_params subscription;
static struct bt_gatt_indicate_params indications[2];

static void on_exchanged(struct bt_conn *conn, uint8_t err, struct bt_gatt_exchange_params *params)
{
    callback()->ended++;
}

static int call_exchange(void)
{
    exchange.func = on_exchanged;
    return started(here()->conn ? bt_gatt_exchange_mtu(here()->conn, &exchange) : -ENOTCONN);
}

static uint8_t on_found(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                        struct bt_gatt_discover_params *params)
{
    struct side *side = callback();
    side->found += attr != NULL;
    side->ended += !attr;
    return BT_GATT_ITER_CONTINUE;
}

static int call_discover(void)
{
    if (!here()->conn) {
        return -ENOTCONN;
    }
    discover = (struct bt_gatt_discover_params){.func = on_found,
                                                .start_handle = 1,
                                                .end_handle = 0xffff,
                                                .type = BT_GATT_DISCOVER_ATTRIBUTE};
    return started(bt_gatt_discover(here()->conn, &discover));
}

static uint8_t on_value(struct bt_conn *conn, uint8_t err, struct bt_gatt_read_params *params,
                        const void *data, uint16_t len)
{
    callback()->ended += !data;
    return BT_GATT_ITER_CONTINUE;
}

static int call_read(void)
{
    if (!here()->conn) {
        return -ENOTCONN;
    }
    read_params = (struct bt_gatt_read_params){
        .func = on_value, .handle_count = 1, .single = {.handle = VALUE_HANDLE}};
    return started(bt_gatt_read(here()->conn, &read_params));
}

static void on_written(struct bt_conn *conn, uint8_t err, struct bt_gatt_write_params *params)
{
    callback()->ended++;
}

static int call_write_long(void)
{
    if (!here()->conn) {
        return -ENOTCONN;
    }
    write_params = (struct bt_gatt_write_params){
        .func = on_written, .handle = VALUE_HANDLE, .data = big, .length = sizeof(big)};
    return started(bt_gatt_write(here()->conn, &write_params));
}

static int call_cancel(void)
{
    if (!here()->conn) {
        return -ENOTCONN;
    }
    bt_gatt_cancel(here()->conn, &write_params);
    return 0;
}

static void on_reliable(struct bt_conn *conn, uint8_t err,
                        struct breeze_gatt_reliable_params *params)
{
    callback()->ended++;
}

static int call_reliable(void)
{
    static struct breeze_gatt_part parts[2];
    if (!here()->conn) {
        return -ENOTCONN;
    }
    parts[0] = (struct breeze_gatt_part){VALUE_HANDLE, 0, 10, big};
    parts[1] = (struct breeze_gatt_part){VALUE_HANDLE, 10, 30, big};
    reliable =
        (struct breeze_gatt_reliable_params){.func = on_reliable, .parts = parts, .count = 2};
    return started(breeze_gatt_write_reliable(here()->conn, &reliable));
}

static uint8_t on_notified(struct bt_conn *conn, struct bt_gatt_subscribe_params *params,
                           const void *data, uint16_t len)
{
    struct side *side = callback();
    side->notified += data != NULL;
    side->ended += !data;
    return BT_GATT_ITER_CONTINUE;
}

static void on_subscribed(struct bt_conn *conn, uint8_t err,
                          struct bt_gatt_subscribe_params *params)
{
    callback()->found += !err && params->value;
}

// Started once; over when its notify callback has no data.
static int call_subscribe(void)
{
    if (!here()->conn) {
        return -ENOTCONN;
    }
    subscription =
        (struct bt_gatt_subscribe_params){.notify = on_notified,
                                          .subscribe = on_subscribed,
                                          .value_handle = NOTIFY_HANDLE,
                                          .value = BT_GATT_CCC_NOTIFY | BT_GATT_CCC_INDICATE};
    return started(bt_gatt_subscribe(here()->conn, &subscription));
}

static int call_unsubscribe(void)
{
    return here()->conn ? bt_gatt_unsubscribe(here()->conn, &subscription) : -ENOTCONN;
}

static void on_sent(struct bt_conn *conn, void *user_data)
{
    struct side *side = callback();
    side->sent++;
    side->ended++;
}

static int call_notify(void)
{
    struct bt_gatt_notify_params params = {
        .attr = &attr_fault_service[4], .data = big, .len = 20, .func = on_sent};
    return started(here()->conn ? bt_gatt_notify_cb(here()->conn, &params) : -ENOTCONN);
}

static void on_indicated(struct bt_conn *conn, struct bt_gatt_indicate_params *params, uint8_t err)
{
    struct side *side = callback();
    side->sent++;
    side->ended++;
}

static int indicate(size_t i)
{
    if (!here()->conn) {
        return -ENOTCONN;
    }
    indications[i] = (struct bt_gatt_indicate_params){
        .attr = &attr_fault_service[4], .func = on_indicated, .data = big, .len = 20};
    return started(bt_gatt_indicate(here()->conn, &indications[i]));
}

static int call_indicate(void)
{
    return indicate(0);
}

// The second waits for the confirmation of the first.
static int call_indicate_all(void)
{
    int err = 0;
    for (size_t i = 0; i < ARRAY_SIZE(indications) && !err; i++) {
        err = indicate(i);
    }
    return err;
}

// Values of both handles, each with its length.
static int call_read_multiple(void)
{
    static uint16_t handles[2];
    if (!here()->conn) {
        return -ENOTCONN;
    }
    handles[0] = handles[1] = VALUE_HANDLE;
    read_params = (struct bt_gatt_read_params){
        .func = on_value, .handle_count = 2, .multiple = {.handles = handles, .variable = true}};
    return started(bt_gatt_read(here()->conn, &read_params));
}

// ---- Scenarios ---------------------------------------------------------------------------------

static bool scenario_read(void)
{
    value_len = sizeof(value);
    return link_up(call_advertise, call_create) && procedure(CENTRAL, call_exchange) &&
           procedure(CENTRAL, call_discover) && procedure(CENTRAL, call_read) &&
           link_down(PERIPHERAL);
}

// By blobs, as the ATT_MTU stays what it is.
static bool scenario_read_long(void)
{
    value_len = 120;
    return link_up(call_advertise, call_create) && procedure(CENTRAL, call_read) &&
           procedure(CENTRAL, call_read_multiple) && link_down(CENTRAL);
}

static bool scenario_reliable(void)
{
    value_len = 0;
    return link_up(call_advertise, call_create) && procedure(CENTRAL, call_reliable) &&
           value_len == 40 && procedure(CENTRAL, call_reliable) && link_down(PERIPHERAL);
}

static bool scenario_write(void)
{
    return link_up(call_advertise, call_create) && procedure(CENTRAL, call_write_long) &&
           value_len == sizeof(big) && procedure(CENTRAL, call_reliable) &&
           does(CENTRAL, call_write_long) && does(CENTRAL, call_cancel) &&
           until(&sides[CENTRAL].ended, sides[CENTRAL].started) && link_down(CENTRAL);
}

static bool scenario_notify(void)
{
    unsigned int found = sides[CENTRAL].found;
    unsigned int notified = sides[CENTRAL].notified;
    return link_up(call_advertise, call_create) && does(CENTRAL, call_subscribe) &&
           until(&sides[CENTRAL].found, found + 1) && procedure(PERIPHERAL, call_notify) &&
           procedure(PERIPHERAL, call_indicate) && until(&sides[CENTRAL].notified, notified + 2) &&
           procedure(CENTRAL, call_unsubscribe) && link_down(PERIPHERAL);
}

static bool scenario_indicate(void)
{
    unsigned int found = sides[CENTRAL].found;
    unsigned int notified = sides[CENTRAL].notified;
    return link_up(call_advertise, call_create) && does(CENTRAL, call_subscribe) &&
           until(&sides[CENTRAL].found, found + 1) && does(PERIPHERAL, call_indicate_all) &&
           until(&sides[CENTRAL].notified, notified + 2) &&
           until(&sides[PERIPHERAL].ended, sides[PERIPHERAL].started) && link_down(CENTRAL);
}

// Procedures of both sides at once, cut off by the end of the link.
static bool scenario_crossing(void)
{
    return link_up(call_advertise, call_create) && does(CENTRAL, call_discover) &&
           does(CENTRAL, call_read) && does(CENTRAL, call_write_long) &&
           does(PERIPHERAL, call_exchange) && link_down(CENTRAL) &&
           until(&sides[CENTRAL].ended, sides[CENTRAL].started);
}

#endif // BREEZE_TESTS_FAULT_FAULT_GATT_H_
