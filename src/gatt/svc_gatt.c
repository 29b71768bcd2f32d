// The GATT service, 0x1801, with Service Changed (Vol 3, Part G, 7.1); Client Supported Features (7.2)
// where the build has a feature that a client must ask for; Database Hash (7.3) with caching; Server
// Supported Features (7.4) with enhanced bearers.
//
// Ranges that change are merged per connection and indicated from the drain, so that a program that
// registers several services causes one indication; a peer that did not subscribe is not told. What
// a bonded peer misses while it is away is kept (ccc_keep.c).
#include <errno.h>

#include <zephyr/bluetooth/gatt.h>

#include "att/db.h"
#include "base/rd.h"
#include "base/wr.h"
#include "gatt/gatt.h"

#define ATTR_CHANGED_VALUE 2

#if CONFIG_BT_GATT_NOTIFY_MULTIPLE || CONFIG_BT_GATT_CACHING || CONFIG_BT_EATT
static ssize_t read_features(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                             uint16_t len, uint16_t offset)
{
    uint8_t value = conn ? gatt_link_of(conn)->features : 0;
    return bt_gatt_attr_read(conn, attr, buf, len, offset, &value, sizeof(value));
}

// A bit once set stays set for the connection (7.2); bits of features unknown here are as good as
// any. Octets behind the first are of features to come.
static ssize_t write_features(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                              const void *buf, uint16_t len, uint16_t offset, uint8_t flags)
{
    struct gatt_link *link = gatt_link_of(conn);
    struct rd r = rd_init(buf, len);
    uint8_t features = rd_u8(&r);
    if (offset) {
        return BT_GATT_ERR(BT_ATT_ERR_INVALID_OFFSET);
    }
    if (!rd_ok(&r)) {
        return BT_GATT_ERR(BT_ATT_ERR_INVALID_ATTRIBUTE_LEN);
    }
    if (link->features & ~features) {
        return BT_GATT_ERR(BT_ATT_ERR_VALUE_NOT_ALLOWED);
    }
    link->features = features;
    gatt_keep_written(conn);
    if (CONFIG_BT_EATT) {
        eatt_auto(conn);
    }
    return len;
}
#define ATTRS_FEATURES                                                                             \
    BT_GATT_CHARACTERISTIC(BT_UUID_GATT_CLIENT_FEATURES, BT_GATT_CHRC_READ | BT_GATT_CHRC_WRITE,   \
                           BT_GATT_PERM_READ | BT_GATT_PERM_WRITE, read_features, write_features,  \
                           NULL),
#else
#define ATTRS_FEATURES
#endif
#if CONFIG_BT_GATT_CACHING
#define ATTRS_HASH                                                                                 \
    BT_GATT_CHARACTERISTIC(BT_UUID_GATT_DB_HASH, BT_GATT_CHRC_READ, BT_GATT_PERM_READ,             \
                           gatt_hash_read, NULL, NULL),
#else
#define ATTRS_HASH
#endif

#if CONFIG_BT_EATT
// Bit 0: enhanced bearers.
static ssize_t read_server_features(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                                    void *buf, uint16_t len, uint16_t offset)
{
    static const uint8_t value = BIT(0);
    return bt_gatt_attr_read(conn, attr, buf, len, offset, &value, sizeof(value));
}
#define ATTRS_SERVER                                                                               \
    BT_GATT_CHARACTERISTIC(BT_UUID_GATT_SERVER_FEATURES, BT_GATT_CHRC_READ, BT_GATT_PERM_READ,     \
                           read_server_features, NULL, NULL),
#else
#define ATTRS_SERVER
#endif

static const struct bt_gatt_attr attrs[] = {
    BT_GATT_PRIMARY_SERVICE(BT_UUID_GATT),
    BT_GATT_CHARACTERISTIC(BT_UUID_GATT_SC, BT_GATT_CHRC_INDICATE, BT_GATT_PERM_NONE, NULL, NULL,
                           NULL),
    BT_GATT_CCC(NULL, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE),
    ATTRS_FEATURES ATTRS_HASH ATTRS_SERVER};

const struct bt_gatt_service_static gatt_service = {
    .attrs = attrs,
    .attr_count = ARRAY_SIZE(attrs),
};

void gatt_changed_for(struct bt_conn *conn, uint16_t start, uint16_t end)
{
    struct gatt_link *link = gatt_link_of(conn);
    if (!link->changed_start || start < link->changed_start) {
        link->changed_start = start;
    }
    if (end > link->changed_end) {
        link->changed_end = end;
    }
    link->sync = GATT_SYNC_UNAWARE;
    post_set(&link->post, GATT_POST_CHANGED);
}

void gatt_changed(uint16_t start, uint16_t end)
{
    gatt_keep_changed(start, end);
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        if (gatt_run.links[i].open) {
            gatt_changed_for(conn_at(i), start, end);
        }
    }
}

void gatt_aware(struct bt_conn *conn)
{
    gatt_link_of(conn)->sync = GATT_SYNC_AWARE;
    gatt_keep_written(conn);
}

// A confirmed indication makes the client aware (2.5.2.1), unless there is another one to come.
static void confirmed(struct bt_conn *conn, uint16_t handle, int err, void *user)
{
    struct gatt_link *link = gatt_link_of(conn);
    link->changing = false;
    if (!err && !link->changed_start) {
        gatt_aware(conn);
    }
}

void gatt_changed_send(struct bt_conn *conn)
{
    struct gatt_link *link = gatt_link_of(conn);
    if (!link->changed_start || link->changing) {
        return;
    }
    uint16_t handle = db_handle_of(&attrs[ATTR_CHANGED_VALUE]);
    int err = 0;
    if (gatt_ccc_value(conn, handle) & BT_GATT_CCC_INDICATE) {
        static const struct gatt_ind who = {.sent = confirmed};
        uint8_t value[4];
        struct wr w = wr_init(value, sizeof(value));
        wr_le16(&w, link->changed_start);
        wr_le16(&w, link->changed_end);
        err = gatt_indicate(conn, handle, value, sizeof(value), &who);
        link->changing = !err;
    }
    if (err != -ENOMEM) { // Else again when a confirmation or a buffer comes.
        link->changed_start = 0;
        link->changed_end = 0;
    }
}
