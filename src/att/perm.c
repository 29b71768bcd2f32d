// Permissions, security and authorisation of attribute accesses (Vol 3, Part F, 3.2.5 and 4; Vol 3,
// Part C, 10.3.1).
#include "att/perm.h"

#include "att/state.h"

// The bits that matter for one direction of access.
struct perm_kind {
    uint16_t plain;
    uint16_t encrypt;
    uint16_t authen;
    uint16_t lesc;
    uint8_t denied;
};

static const struct perm_kind reading = {
    BT_GATT_PERM_READ,      BT_GATT_PERM_READ_ENCRYPT,     BT_GATT_PERM_READ_AUTHEN,
    BT_GATT_PERM_READ_LESC, BT_ATT_ERR_READ_NOT_PERMITTED,
};
static const struct perm_kind writing = {
    BT_GATT_PERM_WRITE,      BT_GATT_PERM_WRITE_ENCRYPT,     BT_GATT_PERM_WRITE_AUTHEN,
    BT_GATT_PERM_WRITE_LESC, BT_ATT_ERR_WRITE_NOT_PERMITTED,
};

static const uint8_t lack_errs[] = {
    [CONN_LACKS_NOTHING] = 0,
    [CONN_LACKS_AUTHENTICATION] = BT_ATT_ERR_AUTHENTICATION,
    [CONN_LACKS_ENCRYPTION] = BT_ATT_ERR_INSUFFICIENT_ENCRYPTION,
    [CONN_LACKS_KEY_SIZE] = BT_ATT_ERR_ENCRYPTION_KEY_SIZE,
};

// Each bit alone demands its level: a table with LESC and nothing else is not open to anyone.
static uint8_t check(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                     const struct perm_kind *kind)
{
    uint16_t secure = attr->perm & (kind->encrypt | kind->authen | kind->lesc);
    if (!secure) {
        return attr->perm & kind->plain ? 0 : kind->denied;
    }
    bt_security_t need = secure & kind->lesc     ? BT_SECURITY_L4
                         : secure & kind->authen ? BT_SECURITY_L3
                                                 : BT_SECURITY_L2;
    return lack_errs[conn_lacks(conn, need)];
}

uint8_t att_may_notify(struct bt_conn *conn, const struct bt_gatt_attr *attr)
{
    const uint16_t secure =
        BT_GATT_PERM_READ_ENCRYPT | BT_GATT_PERM_READ_AUTHEN | BT_GATT_PERM_READ_LESC;
    return attr->perm & secure ? check(conn, attr, &reading) : 0;
}

// Ask the application, which may remove the attribute while it is asked.
static uint8_t ask(bool (*authorize)(struct bt_conn *conn, const struct bt_gatt_attr *attr),
                   struct bt_conn *conn, const struct bt_gatt_attr *attr, uint16_t handle)
{
    if (!authorize) {
        return 0;
    }
    if (!authorize(conn, attr)) {
        return BT_ATT_ERR_AUTHORIZATION;
    }
    return db_find(handle) == attr ? 0 : BT_ATT_ERR_INVALID_HANDLE;
}

uint8_t att_may_read(struct bt_conn *conn, const struct bt_gatt_attr *attr, uint16_t handle)
{
    uint8_t err = check(conn, attr, &reading);
    const struct bt_gatt_authorization_cb *cb = att_reg.authorization;
    return err || !cb ? err : ask(cb->read_authorize, conn, attr, handle);
}

uint8_t att_may_write(struct bt_conn *conn, const struct bt_gatt_attr *attr, uint16_t handle)
{
    uint8_t err = check(conn, attr, &writing);
    const struct bt_gatt_authorization_cb *cb = att_reg.authorization;
    return err || !cb ? err : ask(cb->write_authorize, conn, attr, handle);
}

uint8_t att_err_of(ssize_t result)
{
    return result < 0 && result >= -0xff ? (uint8_t)-result : BT_ATT_ERR_UNLIKELY;
}
