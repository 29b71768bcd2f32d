// Read callbacks for attributes whose value follows from their user_data (Vol 3, Part G, 3).
#include <string.h>

#include <zephyr/bluetooth/gatt.h>

#include "att/db.h"
#include "att/uuid.h"
#include "base/wr.h"

ssize_t bt_gatt_attr_read(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                          uint16_t buf_len, uint16_t offset, const void *value, uint16_t value_len)
{
    if (offset > value_len) {
        return BT_GATT_ERR(BT_ATT_ERR_INVALID_OFFSET);
    }
    uint16_t len = value_len - offset < buf_len ? (uint16_t)(value_len - offset) : buf_len;
    if (len) {
        memcpy(buf, (const uint8_t *)value + offset, len);
    }
    return len;
}

static ssize_t read_written(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                            uint16_t len, uint16_t offset, const struct wr *w)
{
    return bt_gatt_attr_read(conn, attr, buf, len, offset, w->start, (uint16_t)wr_len(w));
}

ssize_t bt_gatt_attr_read_service(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                                  uint16_t len, uint16_t offset)
{
    uint8_t value[BT_UUID_SIZE_128];
    struct wr w = wr_init(value, sizeof(value));
    uuid_put(&w, attr->user_data);
    return read_written(conn, attr, buf, len, offset, &w);
}

// The included service's range, and its UUID if that is a short one (3.2).
ssize_t bt_gatt_attr_read_included(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                                   uint16_t len, uint16_t offset)
{
    const struct bt_gatt_attr *included = attr->user_data;
    const struct bt_uuid *uuid = included->user_data;
    uint16_t start = bt_gatt_attr_get_handle(included);
    uint8_t value[6];
    struct wr w = wr_init(value, sizeof(value));
    wr_le16(&w, start);
    wr_le16(&w, db_group_end(start));
    if (uuid->type == BT_UUID_TYPE_16) {
        uuid_put(&w, uuid);
    }
    return read_written(conn, attr, buf, len, offset, &w);
}

ssize_t bt_gatt_attr_read_chrc(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                               uint16_t len, uint16_t offset)
{
    const struct bt_gatt_chrc *chrc = attr->user_data;
    uint8_t value[3 + BT_UUID_SIZE_128];
    struct wr w = wr_init(value, sizeof(value));
    wr_u8(&w, chrc->properties);
    wr_le16(&w, bt_gatt_attr_value_handle(attr));
    uuid_put(&w, chrc->uuid);
    return read_written(conn, attr, buf, len, offset, &w);
}

ssize_t bt_gatt_attr_read_cep(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                              uint16_t len, uint16_t offset)
{
    const struct bt_gatt_cep *cep = attr->user_data;
    uint8_t value[2];
    struct wr w = wr_init(value, sizeof(value));
    wr_le16(&w, cep->properties);
    return read_written(conn, attr, buf, len, offset, &w);
}

ssize_t bt_gatt_attr_read_cud(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                              uint16_t len, uint16_t offset)
{
    const char *text = attr->user_data;
    return bt_gatt_attr_read(conn, attr, buf, len, offset, text, (uint16_t)strlen(text));
}

ssize_t bt_gatt_attr_read_cpf(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                              uint16_t len, uint16_t offset)
{
    const struct bt_gatt_cpf *cpf = attr->user_data;
    uint8_t value[7];
    struct wr w = wr_init(value, sizeof(value));
    wr_u8(&w, cpf->format);
    wr_u8(&w, (uint8_t)cpf->exponent);
    wr_le16(&w, cpf->unit);
    wr_u8(&w, cpf->name_space);
    wr_le16(&w, cpf->description);
    return read_written(conn, attr, buf, len, offset, &w);
}
