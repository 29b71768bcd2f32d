// May a connection read or write an attribute (Vol 3, Part F, 3.2.5).
#ifndef BREEZE_SRC_ATT_PERM_H_
#define BREEZE_SRC_ATT_PERM_H_

#include <zephyr/bluetooth/gatt.h>

// 0, or the ATT error code that says why not. A notification needs the security that reading the
// value needs, but not the permission to read. The others also ask the application's authorisation
// callbacks, which may remove the attribute.
uint8_t att_may_notify(struct bt_conn *conn, const struct bt_gatt_attr *attr);
uint8_t att_may_read(struct bt_conn *conn, const struct bt_gatt_attr *attr, uint16_t handle);
uint8_t att_may_write(struct bt_conn *conn, const struct bt_gatt_attr *attr, uint16_t handle);

// The ATT error code of what an attribute's callback returned below 0.
uint8_t att_err_of(ssize_t result);

#endif // BREEZE_SRC_ATT_PERM_H_
