// The signal strength of a link (Vol 4, Part E, 7.5.4).
#include <errno.h>

#include <breeze/conn.h>
#include <zephyr/bluetooth/hci.h>

#include "base/rd.h"
#include "conn/conn.h"

#define RSSI_UNKNOWN 127

int breeze_conn_rssi(struct bt_conn *conn, int8_t *rssi)
{
    uint16_t handle;
    int err = conn && rssi ? bt_hci_get_conn_handle(conn, &handle) : -EINVAL;
    struct net_buf *cmd = err ? NULL : bt_hci_cmd_alloc(K_NO_WAIT);
    if (!cmd) {
        return err ? err : -ENOBUFS;
    }
    struct net_buf *rsp = NULL;
    net_buf_add_le16(cmd, handle);
    err = bt_hci_cmd_send_sync(BT_HCI_OP_READ_RSSI, cmd, &rsp);
    if (err) {
        return err;
    }
    struct rd ret = rd_init(rsp->data, rsp->len);
    (void)rd_u8(&ret); // Status
    (void)rd_le16(&ret);
    *rssi = rd_i8(&ret);
    bool ok = rd_ok(&ret) && *rssi != RSSI_UNKNOWN;
    net_buf_unref(rsp);
    return ok ? 0 : -EIO;
}
