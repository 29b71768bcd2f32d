// Connections beyond Zephyr's API.
#ifndef BREEZE_CONN_H_
#define BREEZE_CONN_H_

#include <stdint.h>

#include <zephyr/bluetooth/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

// The strength of what was received last on a link, dBm (Vol 4, Part E, 7.5.4). Waits for the
// controller's answer. 0; -EINVAL (NULL); -ENOTCONN; -EIO: the controller does not know; -ENOBUFS:
// too many commands of the application under way; the errors of bt_hci_cmd_send_sync().
int breeze_conn_rssi(struct bt_conn *conn, int8_t *rssi);

#ifdef __cplusplus
}
#endif

#endif // BREEZE_CONN_H_
