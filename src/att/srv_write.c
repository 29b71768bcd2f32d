// Write Request and Write Command (Vol 3, Part F, 3.4.5.1 and 3.4.5.3).
#include "att/db.h"
#include "att/perm.h"
#include "att/server.h"

static uint8_t write_value(struct att_rx *rx, uint8_t flags)
{
    rx->handle = rd_le16(&rx->in);
    size_t len = rd_left(&rx->in);
    const uint8_t *value = rd_take(&rx->in, len);
    const struct bt_gatt_attr *attr = db_find(rx->handle);
    if (!attr) {
        return BT_ATT_ERR_INVALID_HANDLE;
    }
    uint8_t err = att_may_write(rx->bearer->conn, attr, rx->handle);
    if (err) {
        return err;
    }
    if (!attr->write) {
        return BT_ATT_ERR_WRITE_NOT_PERMITTED;
    }
    if (len > BT_ATT_MAX_ATTRIBUTE_LEN) {
        return BT_ATT_ERR_INVALID_ATTRIBUTE_LEN;
    }
    ssize_t taken = attr->write(rx->bearer->conn, attr, value, (uint16_t)len, 0, flags);
    return taken >= 0 && (size_t)taken == len ? 0 : att_err_of(taken);
}

uint8_t att_on_write_req(struct att_rx *rx)
{
    return write_value(rx, 0);
}

// Errors are not answered (3.4.5.3).
uint8_t att_on_write_cmd(struct att_rx *rx)
{
    return write_value(rx, BT_GATT_WRITE_FLAG_CMD);
}
