// The GAP service, 0x1800 (Vol 3, Part C, 12): name, appearance, preferred parameters, and whether
// this device resolves addresses as a central.
#include <string.h>

#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/gatt.h>

#include "base/wr.h"
#include "gatt/gatt.h"

static ssize_t read_name(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                         uint16_t len, uint16_t offset)
{
    const char *name = bt_get_name();
    return bt_gatt_attr_read(conn, attr, buf, len, offset, name, (uint16_t)strlen(name));
}

static ssize_t read_appearance(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                               uint16_t len, uint16_t offset)
{
    uint8_t value[2];
    struct wr w = wr_init(value, sizeof(value));
    wr_le16(&w, bt_get_appearance());
    return bt_gatt_attr_read(conn, attr, buf, len, offset, value, sizeof(value));
}

// Peripheral Preferred Connection Parameters (12.3).
static ssize_t read_preferred(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                              uint16_t len, uint16_t offset)
{
    uint8_t value[8];
    struct wr w = wr_init(value, sizeof(value));
    wr_le16(&w, CONFIG_BT_PERIPHERAL_PREF_MIN_INT);
    wr_le16(&w, CONFIG_BT_PERIPHERAL_PREF_MAX_INT);
    wr_le16(&w, CONFIG_BT_PERIPHERAL_PREF_LATENCY);
    wr_le16(&w, CONFIG_BT_PERIPHERAL_PREF_TIMEOUT);
    return bt_gatt_attr_read(conn, attr, buf, len, offset, value, sizeof(value));
}

// Central Address Resolution (12.4): 0, this version does not resolve addresses.
static ssize_t read_resolution(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                               uint16_t len, uint16_t offset)
{
    static const uint8_t value = 0;
    return bt_gatt_attr_read(conn, attr, buf, len, offset, &value, sizeof(value));
}

static const struct bt_gatt_attr attrs[] = {
    BT_GATT_PRIMARY_SERVICE(BT_UUID_GAP),
    BT_GATT_CHARACTERISTIC(BT_UUID_GAP_DEVICE_NAME, BT_GATT_CHRC_READ, BT_GATT_PERM_READ, read_name,
                           NULL, NULL),
    BT_GATT_CHARACTERISTIC(BT_UUID_GAP_APPEARANCE, BT_GATT_CHRC_READ, BT_GATT_PERM_READ,
                           read_appearance, NULL, NULL),
    BT_GATT_CHARACTERISTIC(BT_UUID_GAP_PPCP, BT_GATT_CHRC_READ, BT_GATT_PERM_READ, read_preferred,
                           NULL, NULL),
    BT_GATT_CHARACTERISTIC(BT_UUID_CENTRAL_ADDR_RES, BT_GATT_CHRC_READ, BT_GATT_PERM_READ,
                           read_resolution, NULL, NULL),
};

const struct bt_gatt_service_static gap_service = {
    .attrs = attrs,
    .attr_count = ARRAY_SIZE(attrs),
};
