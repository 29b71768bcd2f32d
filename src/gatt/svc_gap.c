// The GAP service, 0x1800 (Vol 3, Part C, 12): name, appearance, preferred parameters, and whether
// this device resolves addresses as a central.
#include <string.h>

#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/gatt.h>

#include "base/rd.h"
#include "base/wr.h"
#include "gap/gap.h"
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

// Central Address Resolution (12.4): may a bonded peer's directed advertising name a private address of
// ours. Our controller tells that from one of somebody else, or nobody does.
static ssize_t read_resolution(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                               uint16_t len, uint16_t offset)
{
    const uint8_t value = CONFIG_BREEZE_PRIVACY && CONFIG_BT_CENTRAL && rlist_is_there();
    return bt_gatt_attr_read(conn, attr, buf, len, offset, &value, sizeof(value));
}

#define WRITABLE_PROPS (BT_GATT_CHRC_READ | BT_GATT_CHRC_WRITE)
#define WRITABLE_PERM  (BT_GATT_PERM_READ | BT_GATT_PERM_WRITE)

#if CONFIG_BT_DEVICE_NAME_GATT_WRITABLE
static ssize_t write_name(struct bt_conn *conn, const struct bt_gatt_attr *attr, const void *buf,
                          uint16_t len, uint16_t offset, uint8_t flags)
{
    char name[CONFIG_BT_DEVICE_NAME_MAX + 1];
    if (offset) {
        return BT_GATT_ERR(BT_ATT_ERR_INVALID_OFFSET);
    }
    if (len > CONFIG_BT_DEVICE_NAME_MAX) {
        return BT_GATT_ERR(BT_ATT_ERR_INVALID_ATTRIBUTE_LEN);
    }
    if (len && memchr(buf, '\0', len)) {
        return BT_GATT_ERR(BT_ATT_ERR_VALUE_NOT_ALLOWED);
    }
    if (len) {
        memcpy(name, buf, len);
    }
    name[len] = '\0';
    return bt_set_name(name) ? BT_GATT_ERR(BT_ATT_ERR_UNLIKELY) : len;
}
#define NAME_PROPS WRITABLE_PROPS
#define NAME_PERM  WRITABLE_PERM
#else
#define write_name NULL
#define NAME_PROPS BT_GATT_CHRC_READ
#define NAME_PERM  BT_GATT_PERM_READ
#endif

#if CONFIG_BT_DEVICE_APPEARANCE_GATT_WRITABLE
static ssize_t write_appearance(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                                const void *buf, uint16_t len, uint16_t offset, uint8_t flags)
{
    struct rd r = rd_init(buf, len);
    uint16_t appearance = rd_le16(&r);
    if (offset) {
        return BT_GATT_ERR(BT_ATT_ERR_INVALID_OFFSET);
    }
    if (!rd_done(&r)) {
        return BT_GATT_ERR(BT_ATT_ERR_INVALID_ATTRIBUTE_LEN);
    }
    return bt_set_appearance(appearance) ? BT_GATT_ERR(BT_ATT_ERR_UNLIKELY) : len;
}
#define APPEARANCE_PROPS WRITABLE_PROPS
#define APPEARANCE_PERM  WRITABLE_PERM
#else
#define write_appearance NULL
#define APPEARANCE_PROPS BT_GATT_CHRC_READ
#define APPEARANCE_PERM  BT_GATT_PERM_READ
#endif

static const struct bt_gatt_attr attrs[] = {
    BT_GATT_PRIMARY_SERVICE(BT_UUID_GAP),
    BT_GATT_CHARACTERISTIC(BT_UUID_GAP_DEVICE_NAME, NAME_PROPS, NAME_PERM, read_name, write_name,
                           NULL),
    BT_GATT_CHARACTERISTIC(BT_UUID_GAP_APPEARANCE, APPEARANCE_PROPS, APPEARANCE_PERM,
                           read_appearance, write_appearance, NULL),
    BT_GATT_CHARACTERISTIC(BT_UUID_GAP_PPCP, BT_GATT_CHRC_READ, BT_GATT_PERM_READ, read_preferred,
                           NULL, NULL),
    BT_GATT_CHARACTERISTIC(BT_UUID_CENTRAL_ADDR_RES, BT_GATT_CHRC_READ, BT_GATT_PERM_READ,
                           read_resolution, NULL, NULL),
};

const struct bt_gatt_service_static gap_service = {
    .attrs = attrs,
    .attr_count = ARRAY_SIZE(attrs),
};
