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

// What this side asked for and did not get; Zephyr's callbacks tell successes only.
struct breeze_conn_failed_cb {
    // bt_conn_le_param_update() returned 0 and the parameters stay: the peer refused them (0x3b) or did
    // not answer (0x22); other HCI statuses as the controller says. Not yet where a peripheral met
    // another procedure of the central's (0x2a): the host asks three times more, as for PHYs.
    void (*param_update)(struct bt_conn *conn, uint8_t status);
    // bt_conn_le_phy_update() returned 0 and the PHYs stay.
    void (*phy_update)(struct bt_conn *conn, uint8_t status);
};
// One set, members may be NULL; NULL removes it; survives bt_disable(). Must stay valid. From the loop.
void breeze_conn_failed_cb_set(const struct breeze_conn_failed_cb *cb);

#ifdef __cplusplus
}
#endif

#endif // BREEZE_CONN_H_
