// Sizes of HCI buffers under Zephyr's names, from this build's options.
#ifndef ZEPHYR_BLUETOOTH_BUF_H_
#define ZEPHYR_BLUETOOTH_BUF_H_

#include <breeze/config.h>
#include <zephyr/bluetooth/hci_types.h>

// The packet type octet that every HCI buffer starts with (H4).
#define BT_BUF_RESERVE 1

// Octets of a buffer, from its parameters or data, packet type and header included.
#define BT_BUF_SIZE(size)    (BT_BUF_RESERVE + (size))
#define BT_BUF_ACL_SIZE(len) BT_BUF_SIZE(BT_HCI_ACL_HDR_SIZE + (len))
#define BT_BUF_EVT_SIZE(len) BT_BUF_SIZE(BT_HCI_EVT_HDR_SIZE + (len))
#define BT_BUF_CMD_SIZE(len) BT_BUF_SIZE(BT_HCI_CMD_HDR_SIZE + (len))

// Largest ACL packet and event that are received, and largest command that is sent.
#define BT_BUF_ACL_RX_SIZE BT_BUF_ACL_SIZE(4 + CONFIG_BT_L2CAP_RX_MTU)
#define BT_BUF_EVT_RX_SIZE BT_BUF_EVT_SIZE(255)
#define BT_BUF_CMD_TX_SIZE BT_BUF_CMD_SIZE(255)

#endif // ZEPHYR_BLUETOOTH_BUF_H_
