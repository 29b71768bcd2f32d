// L2CAP sizes that programs use (Vol 3, Part A, 3.1).
#ifndef ZEPHYR_INCLUDE_BLUETOOTH_L2CAP_H_
#define ZEPHYR_INCLUDE_BLUETOOTH_L2CAP_H_

#include <breeze/config.h>

#ifdef __cplusplus
extern "C" {
#endif

// Octets of the basic header in front of every payload.
#define BT_L2CAP_HDR_SIZE 4

// The largest payload of a fixed channel, sent and received, octets.
#define BT_L2CAP_TX_MTU CONFIG_BT_L2CAP_TX_MTU
#define BT_L2CAP_RX_MTU CONFIG_BT_L2CAP_RX_MTU

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_INCLUDE_BLUETOOTH_L2CAP_H_
