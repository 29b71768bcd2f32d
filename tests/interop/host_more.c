// Commands of the test host that single tests need: several values at once, included services, the
// accept list, data length and PHY. One of a kind at a time.
#include <errno.h>
#include <string.h>

#include <breeze/gatt.h>
#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/gatt.h>

#include "host_parts.h"
#include "host_words.h"

#define HANDLES_MAX 4

// ---- Reading and writing several values ---------------------------------------------------------

static struct {
    struct bt_gatt_read_params params;
    uint16_t handles[HANDLES_MAX];
} reading;

static uint8_t on_read(struct bt_conn *conn, uint8_t err, struct bt_gatt_read_params *params,
                       const void *data, uint16_t length)
{
    if (err == 0 && data != NULL) {
        say("value %u %s", bt_conn_index(conn), hex(data, length));
        return BT_GATT_ITER_CONTINUE;
    }
    say("read %u err=0x%02x", bt_conn_index(conn), err);
    return BT_GATT_ITER_STOP;
}

// read_several CONN 0|1 HANDLE HANDLE...: 1: of variable length
static int cmd_read_several(const struct words *w)
{
    struct bt_conn *conn = link_at(number_at(w, 1, 0));
    size_t count = 0;
    while (count < HANDLES_MAX && number_at(w, 3 + count, 0) != 0) {
        reading.handles[count] = (uint16_t)number_at(w, 3 + count, 0);
        count++;
    }
    reading.params = (struct bt_gatt_read_params){
        .func = on_read,
        .handle_count = count,
        .multiple = {.handles = reading.handles, .variable = number_at(w, 2, 0) != 0},
    };
    return conn == NULL || count < 2 ? -EINVAL : bt_gatt_read(conn, &reading.params);
}

static struct {
    struct breeze_gatt_reliable_params params;
    struct breeze_gatt_part parts[2];
    uint8_t data[2][VALUE_MAX];
} reliable;

static void on_reliable(struct bt_conn *conn, uint8_t err,
                        struct breeze_gatt_reliable_params *params)
{
    say("written %u 0 err=0x%02x", bt_conn_index(conn), err);
}

// write_reliable CONN HANDLE VALUE HANDLE VALUE
static int cmd_write_reliable(const struct words *w)
{
    struct bt_conn *conn = link_at(number_at(w, 1, 0));
    for (size_t i = 0; i < 2; i++) {
        size_t len = bytes_at(w, 3 + 2 * i, reliable.data[i], VALUE_MAX);
        reliable.parts[i] = (struct breeze_gatt_part){
            .handle = (uint16_t)number_at(w, 2 + 2 * i, 0),
            .length = (uint16_t)len,
            .data = reliable.data[i],
        };
    }
    reliable.params = (struct breeze_gatt_reliable_params){
        .func = on_reliable, .parts = reliable.parts, .count = 2};
    return conn == NULL ? -ENOTCONN : breeze_gatt_write_reliable(conn, &reliable.params);
}

// ---- Included services, and notifications of several values --------------------------------------

#define MORE_UUID(n)                                                                               \
    BT_UUID_DECLARE_128(                                                                           \
        BT_UUID_128_ENCODE(0xb5ee0000 + (n), 0x1b2f, 0x4c7e, 0x9a55, 0x0123456789ab))

static struct bt_gatt_attr inner_attrs[] = {
    BT_GATT_SECONDARY_SERVICE(MORE_UUID(0x21)),
    BT_GATT_CHARACTERISTIC(MORE_UUID(0x22), BT_GATT_CHRC_NOTIFY, BT_GATT_PERM_NONE, NULL, NULL,
                           NULL),
    BT_GATT_CCC(NULL, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE),
    BT_GATT_CHARACTERISTIC(MORE_UUID(0x23), BT_GATT_CHRC_NOTIFY, BT_GATT_PERM_NONE, NULL, NULL,
                           NULL),
    BT_GATT_CCC(NULL, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE),
};
static struct bt_gatt_service inner = BT_GATT_SERVICE(inner_attrs);
static struct bt_gatt_attr outer_attrs[] = {
    BT_GATT_PRIMARY_SERVICE(MORE_UUID(0x20)),
    BT_GATT_INCLUDE_SERVICE(inner_attrs),
};
static struct bt_gatt_service outer = BT_GATT_SERVICE(outer_attrs);

// including: from now on there is a service that includes another
static int cmd_including(const struct words *w)
{
    int rc = bt_gatt_service_register(&inner);
    return rc != 0 ? rc : bt_gatt_service_register(&outer);
}

// notify_both CONN VALUE VALUE: of the two characteristics of the included service
static int cmd_notify_both(const struct words *w)
{
    static uint8_t data[2][VALUE_MAX];
    struct bt_gatt_notify_params params[2];
    struct bt_conn *conn = link_at(number_at(w, 1, 0));
    for (size_t i = 0; i < 2; i++) {
        size_t len = bytes_at(w, 2 + i, data[i], VALUE_MAX);
        params[i] = (struct bt_gatt_notify_params){
            .attr = &inner_attrs[1 + 3 * i], .data = data[i], .len = (uint16_t)len};
    }
    return conn == NULL ? -ENOTCONN : bt_gatt_notify_multiple(conn, 2, params);
}

static struct bt_gatt_discover_params discovery;

static uint8_t on_discovered(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                             struct bt_gatt_discover_params *params)
{
    char text[BT_UUID_STR_LEN];
    if (attr == NULL) {
        say("discovered %u more", bt_conn_index(conn));
    } else if (params->type == BT_GATT_DISCOVER_INCLUDE) {
        const struct bt_gatt_include *include = attr->user_data;
        bt_uuid_to_str(include->uuid, text, sizeof text);
        say("service %u %u %u %s", bt_conn_index(conn), include->start_handle, include->end_handle,
            text);
    } else {
        const struct bt_gatt_service_val *service = attr->user_data;
        bt_uuid_to_str(service->uuid, text, sizeof text);
        say("service %u %u %u %s", bt_conn_index(conn), attr->handle, service->end_handle, text);
    }
    return BT_GATT_ITER_CONTINUE;
}

// discover_more CONN includes|secondary
static int cmd_discover_more(const struct words *w)
{
    struct bt_conn *conn = link_at(number_at(w, 1, 0));
    bool includes = strcmp(text_at(w, 2), "includes") == 0;
    discovery = (struct bt_gatt_discover_params){
        .func = on_discovered,
        .start_handle = 1,
        .end_handle = 0xffff,
        .type = includes ? BT_GATT_DISCOVER_INCLUDE : BT_GATT_DISCOVER_SECONDARY,
    };
    return conn == NULL ? -ENOTCONN : bt_gatt_discover(conn, &discovery);
}

// ---- The accept list ----------------------------------------------------------------------------

// accept ADDR: on the list; without: nobody
static int cmd_accept(const struct words *w)
{
    bt_addr_le_t addr;
    if (w->count == 1) {
        return bt_le_filter_accept_list_clear();
    }
    int rc = addr_at(w, 1, &addr);
    return rc != 0 ? rc : bt_le_filter_accept_list_add(&addr);
}

static void on_report(const bt_addr_le_t *addr, int8_t rssi, uint8_t type,
                      struct net_buf_simple *ad)
{
    say("report %s %u %d %s", addr_text(addr), type, rssi, hex(ad->data, ad->len));
}

static int cmd_scan_accepted(const struct words *w)
{
    return bt_le_scan_start(BT_LE_SCAN_PARAM(BT_LE_SCAN_TYPE_PASSIVE,
                                             BT_LE_SCAN_OPT_FILTER_ACCEPT_LIST,
                                             BT_GAP_SCAN_FAST_INTERVAL, BT_GAP_SCAN_FAST_INTERVAL),
                            on_report);
}

static int cmd_connect_accepted(const struct words *w)
{
    struct bt_conn_le_create_param create = {.interval = BT_GAP_SCAN_FAST_INTERVAL,
                                             .window = BT_GAP_SCAN_FAST_INTERVAL};
    return bt_conn_le_create_auto(&create, BT_LE_CONN_PARAM(12, 12, 0, 200));
}

static int cmd_adv_accepted(const struct words *w)
{
    return bt_le_adv_start(BT_LE_ADV_PARAM(BT_LE_ADV_OPT_CONN | BT_LE_ADV_OPT_FILTER_CONN |
                                               BT_LE_ADV_OPT_FILTER_SCAN_REQ,
                                           0x30, 0x30, NULL),
                           NULL, 0, NULL, 0);
}

// ---- Data length and PHY ------------------------------------------------------------------------

// data_len CONN OCTETS MICROSECONDS
static int cmd_data_len(const struct words *w)
{
    struct bt_conn *conn = link_at(number_at(w, 1, 0));
    uint16_t octets = (uint16_t)number_at(w, 2, 27);
    uint16_t us = (uint16_t)number_at(w, 3, 328);
    return conn == NULL ? -ENOTCONN
                        : bt_conn_le_data_len_update(conn, BT_CONN_LE_DATA_LEN_PARAM(octets, us));
}

// phy CONN BITS
static int cmd_phy(const struct words *w)
{
    struct bt_conn *conn = link_at(number_at(w, 1, 0));
    uint8_t bits = (uint8_t)number_at(w, 2, 1);
    return conn == NULL ? -ENOTCONN : bt_conn_le_phy_update(conn, BT_CONN_LE_PHY_PARAM(bits, bits));
}

static void on_phy(struct bt_conn *conn, struct bt_conn_le_phy_info *phy)
{
    say("phy %u %u %u", bt_conn_index(conn), phy->tx_phy, phy->rx_phy);
}

static void on_data_len(struct bt_conn *conn, struct bt_conn_le_data_len_info *info)
{
    say("data_len %u %u %u", bt_conn_index(conn), info->tx_max_len, info->rx_max_len);
}

BT_CONN_CB_DEFINE(more_conn_cb) = {.le_phy_updated = on_phy, .le_data_len_updated = on_data_len};

const struct command more_commands[] = {
    {"read_several", cmd_read_several},
    {"write_reliable", cmd_write_reliable},
    {"including", cmd_including},
    {"notify_both", cmd_notify_both},
    {"discover_more", cmd_discover_more},
    {"accept", cmd_accept},
    {"scan_accepted", cmd_scan_accepted},
    {"connect_accepted", cmd_connect_accepted},
    {"adv_accepted", cmd_adv_accepted},
    {"data_len", cmd_data_len},
    {"phy", cmd_phy},
    {NULL, NULL},
};
