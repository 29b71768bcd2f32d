// HCI commands and vendor events for the application (Vol 4, Part E).
#ifndef ZEPHYR_BLUETOOTH_HCI_H_
#define ZEPHYR_BLUETOOTH_HCI_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <breeze/config.h>
#include <zephyr/bluetooth/addr.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/hci_types.h>
#include <zephyr/kernel.h>
#include <zephyr/net_buf.h>

#ifdef __cplusplus
extern "C" {
#endif

// The words for an HCI error code ("connection timeout"), for logs and reports. With
// CONFIG_BT_HCI_ERR_TO_STR 0 always "".
#if CONFIG_BT_HCI_ERR_TO_STR
const char *bt_hci_err_to_str(uint8_t hci_err);
#else
static inline const char *bt_hci_err_to_str(uint8_t hci_err)
{
    (void)hci_err;
    return "";
}
#endif

// The version of the Core Specification that an HCI or link layer version number stands for
// ("5.4").
const char *bt_hci_get_ver_str(uint8_t core_version);

// A buffer for one HCI command. The parameters (at most 255 octets) are appended with
// net_buf_add*(); the command header is put in front when the command is sent. NULL when none is
// free within `timeout`: with anything but K_NO_WAIT it waits for commands that are under way,
// where the caller may wait, and never longer than their deadlines.
struct net_buf *bt_hci_cmd_alloc(k_timeout_t timeout);

// The same under the name that Zephyr had before 4.2; `param_len` is advisory.
struct net_buf *bt_hci_cmd_create(uint16_t opcode, uint8_t param_len);

// Queue a command and return at once; its status is logged, not reported. `buf` NULL: a command
// without parameters. Takes the buffer in any case. 0; -EAGAIN: Bluetooth is off or not ready;
// -ENOBUFS: the queue is full; -EINVAL: too many parameters.
int bt_hci_cmd_send(uint16_t opcode, struct net_buf *buf);

// Send a command and wait for its answer. With `rsp`, the return parameters are handed over in
// `*rsp`, status octet first (for Command Status: only the status); the caller gives the buffer
// back with net_buf_unref(). Takes `buf` in any case. 0 on success; with another status no response
// is given and the result is -EACCES (command disallowed), -EINVAL (invalid parameters), -ENOMEM
// (no resources), -ECONNREFUSED (connection limit), -EOPNOTSUPP (unknown command), else -EIO.
// Errors of the way: -EAGAIN (off, or called from the dispatch of an event), -ENOBUFS, -ENODEV (the
// controller was lost), -EINTR and -EINPROGRESS (the wait ended first; the command runs on and its
// answer is dropped). Usable from a transport's setup step too.
int bt_hci_cmd_send_sync(uint16_t opcode, struct net_buf *buf, struct net_buf **rsp);

// Fill a buffer with random octets of the controller's generator (LE Rand, 7.8.23), 8 per command.
// 0 or the error of bt_hci_cmd_send_sync().
int bt_hci_le_rand(void *buffer, size_t len);

// Where vendor events (code 0xff) go: `buf` holds their parameters and is valid during the call.
// Return true if the event was yours; otherwise it is counted as unknown. Runs from the loop, where
// every API may be called.
typedef bool bt_hci_vnd_evt_cb_t(struct net_buf_simple *buf);

// Register it; NULL removes it. Survives bt_disable(). Returns 0.
int bt_hci_register_vnd_evt_cb(bt_hci_vnd_evt_cb_t cb);

// The controller's handle of a connection. 0, or -ENOTCONN while it has none.
int bt_hci_get_conn_handle(const struct bt_conn *conn, uint16_t *conn_handle);

// The connection with this handle and a new reference to it, or NULL.
struct bt_conn *bt_hci_conn_lookup_handle(uint16_t handle);

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_BLUETOOTH_HCI_H_
