// The services of the test host, defined statically, and what happens to them as lines.
//
// b5ee0001 (all with the same base): ..02 read, write, write without response, up to 512 octets;
// ..03 notify, with a user description; ..04 indicate; ..05 read, 400 octets; ..06 write, always
// refused with the application error 0x80. Battery service 0x180f with 0x2a19, read and notify.
#include <errno.h>
#include <string.h>

#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/gatt.h>
#include <zephyr/bluetooth/uuid.h>
#include <zephyr/sys/byteorder.h>

#include "host_parts.h"

#define OWN_UUID(n)                                                                                \
    BT_UUID_DECLARE_128(                                                                           \
        BT_UUID_128_ENCODE(0xb5ee0000 + (n), 0x1b2f, 0x4c7e, 0x9a55, 0x0123456789ab))

#define LONG_LEN      400
#define REFUSED       0x80
#define FLIGHT_MAX    4
#define NOTIFY_CHRC   3 // index of the notifying characteristic's declaration in the service
#define INDICATE_CHRC 7

static uint8_t value[VALUE_MAX] = "breeze";
static uint16_t value_len = 6;
static uint8_t long_value[LONG_LEN];
static uint8_t battery = 87;

static ssize_t read_value(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                          uint16_t len, uint16_t offset)
{
    return bt_gatt_attr_read(conn, attr, buf, len, offset, value, value_len);
}

static ssize_t write_value(struct bt_conn *conn, const struct bt_gatt_attr *attr, const void *buf,
                           uint16_t len, uint16_t offset, uint8_t flags)
{
    if (offset + len > VALUE_MAX) {
        return BT_GATT_ERR(BT_ATT_ERR_INVALID_ATTRIBUTE_LEN);
    }
    (void)memcpy(&value[offset], buf, len);
    value_len = (uint16_t)(offset + len);
    say("wrote %u flags=0x%02x offset=%u %s", bt_conn_index(conn), flags, offset, hex(buf, len));
    return len;
}

static ssize_t read_long(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                         uint16_t len, uint16_t offset)
{
    return bt_gatt_attr_read(conn, attr, buf, len, offset, long_value, LONG_LEN);
}

static ssize_t read_battery(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                            uint16_t len, uint16_t offset)
{
    return bt_gatt_attr_read(conn, attr, buf, len, offset, &battery, sizeof battery);
}

static ssize_t refuse_write(struct bt_conn *conn, const struct bt_gatt_attr *attr, const void *buf,
                            uint16_t len, uint16_t offset, uint8_t flags)
{
    return BT_GATT_ERR(REFUSED);
}

static void on_notify_ccc(const struct bt_gatt_attr *attr, uint16_t ccc)
{
    say("ccc notify %u", ccc);
}

static void on_indicate_ccc(const struct bt_gatt_attr *attr, uint16_t ccc)
{
    say("ccc indicate %u", ccc);
}

static void on_battery_ccc(const struct bt_gatt_attr *attr, uint16_t ccc)
{
    say("ccc battery %u", ccc);
}

BT_GATT_SERVICE_DEFINE(
    interop_service, BT_GATT_PRIMARY_SERVICE(OWN_UUID(1)),
    BT_GATT_CHARACTERISTIC(OWN_UUID(2),
                           BT_GATT_CHRC_READ | BT_GATT_CHRC_WRITE | BT_GATT_CHRC_WRITE_WITHOUT_RESP,
                           BT_GATT_PERM_READ | BT_GATT_PERM_WRITE, read_value, write_value, NULL),
    BT_GATT_CHARACTERISTIC(OWN_UUID(3), BT_GATT_CHRC_NOTIFY, BT_GATT_PERM_NONE, NULL, NULL, NULL),
    BT_GATT_CCC(on_notify_ccc, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE),
    BT_GATT_CUD("counter", BT_GATT_PERM_READ),
    BT_GATT_CHARACTERISTIC(OWN_UUID(4), BT_GATT_CHRC_INDICATE, BT_GATT_PERM_NONE, NULL, NULL, NULL),
    BT_GATT_CCC(on_indicate_ccc, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE),
    BT_GATT_CHARACTERISTIC(OWN_UUID(5), BT_GATT_CHRC_READ, BT_GATT_PERM_READ, read_long, NULL,
                           NULL),
    BT_GATT_CHARACTERISTIC(OWN_UUID(6), BT_GATT_CHRC_WRITE, BT_GATT_PERM_WRITE, NULL, refuse_write,
                           NULL));

BT_GATT_SERVICE_DEFINE(interop_battery, BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0x180f)),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0x2a19),
                                              BT_GATT_CHRC_READ | BT_GATT_CHRC_NOTIFY,
                                              BT_GATT_PERM_READ, read_battery, NULL, NULL),
                       BT_GATT_CCC(on_battery_ccc, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE));

static struct bt_gatt_attr extra_attrs[] = {
    BT_GATT_PRIMARY_SERVICE(OWN_UUID(0x10)),
    BT_GATT_CHARACTERISTIC(OWN_UUID(0x11), BT_GATT_CHRC_READ, BT_GATT_PERM_READ, read_battery, NULL,
                           NULL),
};
static struct bt_gatt_service extra = BT_GATT_SERVICE(extra_attrs);

int server_extra(bool there)
{
    return there ? bt_gatt_service_register(&extra) : bt_gatt_service_unregister(&extra);
}

static void on_mtu(struct bt_conn *conn, uint16_t tx, uint16_t rx)
{
    say("mtu %u %u %u", bt_conn_index(conn), tx, rx);
}

static struct bt_gatt_cb gatt_cb = {.att_mtu_updated = on_mtu};

void server_start(void)
{
    for (size_t i = 0; i < LONG_LEN; i++) {
        long_value[i] = (uint8_t)(i % 251);
    }
    bt_gatt_cb_register(&gatt_cb);
}

// ---- Notifications ------------------------------------------------------------------------------------

static struct burst {
    uint32_t next, total, len, sent;
} bursts[CONFIG_BT_MAX_CONN];

static void on_sent(struct bt_conn *conn, void *user_data)
{
    struct burst *burst = user_data;
    if (++burst->sent == burst->total) {
        say("notify_done %u %u", bt_conn_index(conn), (unsigned int)burst->sent);
    }
}

int server_notify(uint32_t link, uint32_t count, uint32_t len)
{
    if (link_at(link) == NULL) {
        return -ENOTCONN;
    }
    if (len < sizeof(uint32_t) || len > VALUE_MAX || count == 0) {
        return -EINVAL;
    }
    struct burst *burst = &bursts[link];
    if (burst->sent != burst->total) {
        return -EBUSY;
    }
    *burst = (struct burst){.total = count, .len = len};
    return 0;
}

// What a notification could not be sent with ends the burst; no room is only a pause.
static void burst_refused(struct burst *burst, int rc)
{
    if (rc != -ENOMEM && rc != -EAGAIN && rc != -ENOBUFS) {
        say("notify_failed %d", -rc);
        *burst = (struct burst){.total = 0};
    }
}

static void burst_pump(struct bt_conn *conn, struct burst *burst)
{
    static uint8_t data[VALUE_MAX];
    while (burst->next < burst->total && burst->next - burst->sent < FLIGHT_MAX) {
        sys_put_le32(burst->next, data);
        struct bt_gatt_notify_params params = {
            .attr = &interop_service.attrs[NOTIFY_CHRC],
            .data = data,
            .len = (uint16_t)burst->len,
            .func = on_sent,
            .user_data = burst,
            .chan_opt = (enum bt_att_chan_opt)bearers,
        };
        int rc = conn == NULL ? -ENOTCONN : bt_gatt_notify_cb(conn, &params);
        if (rc != 0) {
            burst_refused(burst, rc);
            return;
        }
        burst->next++;
    }
}

void server_pump(void)
{
    for (uint32_t i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        burst_pump(link_at(i), &bursts[i]);
    }
}

static struct {
    struct bt_gatt_indicate_params params;
    uint8_t data[VALUE_MAX];
    bool busy;
} indication;

static void on_indicated(struct bt_conn *conn, struct bt_gatt_indicate_params *params, uint8_t err)
{
    say("indicated %u err=0x%02x", bt_conn_index(conn), err);
}

static void on_indication_over(struct bt_gatt_indicate_params *params)
{
    indication.busy = false;
    say("indication_over");
}

int server_indicate(uint32_t link, const void *data, size_t len)
{
    struct bt_conn *conn = link_at(link);
    if (conn == NULL) {
        return -ENOTCONN;
    }
    if (indication.busy) {
        return -EBUSY;
    }
    (void)memcpy(indication.data, data, len);
    indication.params = (struct bt_gatt_indicate_params){
        .attr = &interop_service.attrs[INDICATE_CHRC],
        .func = on_indicated,
        .destroy = on_indication_over,
        .data = indication.data,
        .len = (uint16_t)len,
        .chan_opt = (enum bt_att_chan_opt)bearers,
    };
    int rc = bt_gatt_indicate(conn, &indication.params);
    indication.busy = rc == 0;
    return rc;
}
