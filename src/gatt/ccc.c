// Client Characteristic Configuration: what each peer wrote, per connection (Vol 3, Part G,
// 3.3.3.3).
//
// One small table in the run part holds the values that are not 0, those of a connection in a list,
// so that a notification's look-up costs the same however many are connected; they go with it. The
// application hears of the greatest value over all connections when that changes.
#include <errno.h>

#include <zephyr/bluetooth/gatt.h>

#include "att/db.h"
#include "att/perm.h"
#include "base/rd.h"
#include "base/wr.h"
#include "gatt/gatt.h"

#define CCC_BITS (BT_GATT_CCC_NOTIFY | BT_GATT_CCC_INDICATE)

// Behind `at` in the list of one connection; NULL at its end.
static struct gatt_ccc *entry_at(uint16_t at)
{
    return at ? &gatt_run.ccc[at - 1] : NULL;
}

static struct gatt_ccc *entry_find(uint16_t handle, uint8_t conn)
{
    struct gatt_ccc *entry = entry_at(gatt_run.links[conn].ccc);
    while (entry && entry->handle != handle) {
        entry = entry_at(entry->next);
    }
    return entry;
}

static struct gatt_ccc *entry_new(uint8_t conn)
{
    struct gatt_link *link = &gatt_run.links[conn];
    for (uint16_t i = 0; i < CONFIG_BREEZE_GATT_CCC_MAX; i++) {
        struct gatt_ccc *entry = &gatt_run.ccc[i];
        if (!entry->value) {
            *entry = (struct gatt_ccc){.next = link->ccc, .conn = conn};
            link->ccc = (uint16_t)(i + 1);
            return entry;
        }
    }
    return NULL;
}

static void entry_drop(struct gatt_ccc *entry)
{
    uint16_t *at = &gatt_run.links[entry->conn].ccc;
    while (entry_at(*at) != entry) {
        at = &entry_at(*at)->next;
    }
    *at = entry->next;
    *entry = (struct gatt_ccc){0};
}

static uint16_t greatest(uint16_t handle)
{
    uint16_t value = 0;
    for (uint8_t i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        const struct gatt_ccc *entry = entry_find(handle, i);
        if (entry && entry->value > value) {
            value = entry->value;
        }
    }
    return value;
}

static void tell(const struct bt_gatt_attr *attr, uint16_t handle, uint16_t before)
{
    const struct bt_gatt_ccc_managed_user_data *ccc = attr->user_data;
    uint16_t after = greatest(handle);
    if (after != before && ccc->cfg_changed) {
        ccc->cfg_changed(attr, after);
    }
}

// The CCC descriptor of the characteristic whose value has this handle: before the next
// declaration.
static const struct bt_gatt_attr *ccc_of(uint16_t *handle)
{
    const struct bt_gatt_attr *attr;
    while (*handle != UINT16_MAX) {
        (*handle)++;
        attr = db_find(*handle);
        if (!attr || uuid_is(attr->uuid, BT_UUID_GATT_CHRC_VAL) || uuid_is_service(attr->uuid)) {
            break;
        }
        if (uuid_is(attr->uuid, BT_UUID_GATT_CCC_VAL)) {
            return attr;
        }
    }
    return NULL;
}

// The value that a descriptor belongs to: behind the declaration before it; 0 when there is none.
static uint16_t value_of(uint16_t handle)
{
    const struct bt_gatt_attr *attr;
    while (--handle && (attr = db_find(handle)) && !uuid_is_service(attr->uuid)) {
        if (uuid_is(attr->uuid, BT_UUID_GATT_CHRC_VAL)) {
            return (uint16_t)(handle + 1);
        }
    }
    return 0;
}

uint16_t gatt_ccc_value(const struct bt_conn *conn, uint16_t value_handle)
{
    const struct gatt_ccc *entry = entry_at(gatt_link_of(conn)->ccc);
    while (entry && entry->value_handle != value_handle) {
        entry = entry_at(entry->next);
    }
    return entry ? entry->value : 0;
}

uint16_t gatt_ccc_handle(uint16_t value_handle)
{
    return ccc_of(&value_handle) ? value_handle : 0;
}

bool gatt_ccc_match(struct bt_conn *conn, uint16_t value_handle)
{
    const struct bt_gatt_attr *attr = ccc_of(&value_handle);
    const struct bt_gatt_ccc_managed_user_data *ccc = attr ? attr->user_data : NULL;
    return !ccc || !ccc->cfg_match || ccc->cfg_match(conn, attr);
}

ssize_t bt_gatt_attr_read_ccc(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                              uint16_t len, uint16_t offset)
{
    const struct gatt_ccc *entry =
        conn ? entry_find(bt_gatt_attr_get_handle(attr), bt_conn_index(conn)) : NULL;
    uint8_t value[2];
    struct wr w = wr_init(value, sizeof(value));
    wr_le16(&w, entry ? entry->value : 0);
    return bt_gatt_attr_read(conn, attr, buf, len, offset, value, sizeof(value));
}

// Some clients write one octet only; that is taken as the lower one.
static ssize_t ccc_parse(const void *buf, uint16_t len, uint16_t offset, uint16_t *value)
{
    struct rd r = rd_init(buf, len);
    if (offset) {
        return BT_GATT_ERR(BT_ATT_ERR_INVALID_OFFSET);
    }
    if (len != 1 && len != 2) {
        return BT_GATT_ERR(BT_ATT_ERR_INVALID_ATTRIBUTE_LEN);
    }
    *value = len == 1 ? rd_u8(&r) : rd_le16(&r);
    return *value & ~CCC_BITS ? BT_GATT_ERR(BT_ATT_ERR_VALUE_NOT_ALLOWED) : 0;
}

static bool ccc_set(uint16_t handle, uint8_t conn, uint16_t value)
{
    struct gatt_ccc *entry = entry_find(handle, conn);
    if (!value) {
        if (entry) {
            entry_drop(entry);
        }
        return true;
    }
    entry = entry ? entry : entry_new(conn);
    if (!entry) {
        return false;
    }
    entry->handle = handle;
    entry->value_handle = value_of(handle);
    entry->value = (uint8_t)value;
    return true;
}

// Whoever may not read a value may not subscribe to it either (hostile 36).
static uint8_t subscriber_lacks(struct bt_conn *conn, uint16_t handle)
{
    const struct bt_gatt_attr *value = db_find(value_of(handle));
    return value ? att_may_notify(conn, value) : 0;
}

ssize_t bt_gatt_attr_write_ccc(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                               const void *buf, uint16_t len, uint16_t offset, uint8_t flags)
{
    const struct bt_gatt_ccc_managed_user_data *ccc = attr->user_data;
    uint16_t handle = bt_gatt_attr_get_handle(attr);
    uint16_t value = 0;
    ssize_t err = ccc_parse(buf, len, offset, &value);
    if (err) {
        return err;
    }
    uint8_t lack = value ? subscriber_lacks(conn, handle) : 0;
    if (lack) {
        return BT_GATT_ERR(lack);
    }
    if (ccc->cfg_write) {
        ssize_t taken = ccc->cfg_write(conn, attr, value);
        if (taken < 0) {
            return taken;
        }
        if (db_find(handle) != attr) { // The application removed the service.
            return BT_GATT_ERR(BT_ATT_ERR_INVALID_HANDLE);
        }
    }
    uint16_t before = greatest(handle);
    if (!ccc_set(handle, bt_conn_index(conn), value)) {
        return BT_GATT_ERR(BT_ATT_ERR_INSUFFICIENT_RESOURCES);
    }
    tell(attr, handle, before);
    gatt_keep_written(conn);
    return len;
}

void gatt_ccc_restore(struct bt_conn *conn, uint16_t handle, uint8_t value)
{
    const struct bt_gatt_attr *attr = db_find(handle);
    uint16_t before = greatest(handle);
    if (attr && uuid_is(attr->uuid, BT_UUID_GATT_CCC_VAL) && value &&
        !entry_find(handle, bt_conn_index(conn)) && ccc_set(handle, bt_conn_index(conn), value)) {
        tell(attr, handle, before);
    }
}

void gatt_ccc_drop_conn(const struct bt_conn *conn)
{
    const struct gatt_link *link = gatt_link_of(conn);
    struct gatt_ccc *entry;
    while ((entry = entry_at(link->ccc)) != NULL) {
        uint16_t handle = entry->handle;
        uint16_t before = greatest(handle);
        entry_drop(entry);
        const struct bt_gatt_attr *attr = db_find(handle);
        if (attr) {
            tell(attr, handle, before);
        }
    }
}

void gatt_ccc_drop_range(uint16_t start, uint16_t end)
{
    for (unsigned int i = 0; i < CONFIG_BREEZE_GATT_CCC_MAX; i++) {
        struct gatt_ccc *entry = &gatt_run.ccc[i];
        if (entry->value && entry->handle >= start && entry->handle <= end) {
            entry_drop(entry);
        }
    }
}

bool bt_gatt_is_subscribed(struct bt_conn *conn, const struct bt_gatt_attr *attr, uint16_t ccc_type)
{
    uint16_t handle = 0;
    if (!conn || !conn_is_up(conn) || gatt_value_find(NULL, &attr, &handle)) {
        return false;
    }
    return (gatt_ccc_value(conn, handle) & ccc_type) != 0;
}
