// The Attribute Protocol's numbers that programs see (Vol 3, Part F).
#ifndef ZEPHYR_INCLUDE_BLUETOOTH_ATT_H_
#define ZEPHYR_INCLUDE_BLUETOOTH_ATT_H_

#include <stddef.h>
#include <stdint.h>

#include <breeze/config.h>
#include <zephyr/sys/util.h>

#ifdef __cplusplus
extern "C" {
#endif

// Error codes (Vol 3, Part F, 3.4.1.1; 0xfc to 0xff: Core Specification Supplement, Part B).
#define BT_ATT_ERR_SUCCESS                 0x00 // Not on the air: an operation went well.
#define BT_ATT_ERR_INVALID_HANDLE          0x01
#define BT_ATT_ERR_READ_NOT_PERMITTED      0x02
#define BT_ATT_ERR_WRITE_NOT_PERMITTED     0x03
#define BT_ATT_ERR_INVALID_PDU             0x04
#define BT_ATT_ERR_AUTHENTICATION          0x05
#define BT_ATT_ERR_NOT_SUPPORTED           0x06
#define BT_ATT_ERR_INVALID_OFFSET          0x07
#define BT_ATT_ERR_AUTHORIZATION           0x08
#define BT_ATT_ERR_PREPARE_QUEUE_FULL      0x09
#define BT_ATT_ERR_ATTRIBUTE_NOT_FOUND     0x0a
#define BT_ATT_ERR_ATTRIBUTE_NOT_LONG      0x0b
#define BT_ATT_ERR_ENCRYPTION_KEY_SIZE     0x0c
#define BT_ATT_ERR_INVALID_ATTRIBUTE_LEN   0x0d
#define BT_ATT_ERR_UNLIKELY                0x0e
#define BT_ATT_ERR_INSUFFICIENT_ENCRYPTION 0x0f
#define BT_ATT_ERR_UNSUPPORTED_GROUP_TYPE  0x10
#define BT_ATT_ERR_INSUFFICIENT_RESOURCES  0x11
#define BT_ATT_ERR_DB_OUT_OF_SYNC          0x12
#define BT_ATT_ERR_VALUE_NOT_ALLOWED       0x13
#define BT_ATT_ERR_WRITE_REQ_REJECTED      0xfc
#define BT_ATT_ERR_CCC_IMPROPER_CONF       0xfd
#define BT_ATT_ERR_PROCEDURE_IN_PROGRESS   0xfe
#define BT_ATT_ERR_OUT_OF_RANGE            0xff

// The longest attribute value, octets (Vol 3, Part F, 3.2.9).
#define BT_ATT_MAX_ATTRIBUTE_LEN 512

// The whole range of handles (Vol 3, Part F, 3.2.2).
#define BT_ATT_FIRST_ATTRIBUTE_HANDLE 0x0001
#define BT_ATT_LAST_ATTRIBUTE_HANDLE  0xffff

// Which bearers an operation may use; the two bits exclude each other (-EINVAL). Every link has the
// unenhanced bearer, and in a build with CONFIG_BT_EATT the enhanced ones that either side opens; in
// another an operation that insists on those is refused with -ENOTSUP.
//
// Without a bit the host spreads operations over what is free, and uses the unenhanced bearer where
// there is nothing else. Then two client procedures, or two indications of different handles, may
// run at once and end in any order; notifications and commands about one handle keep theirs. Who
// needs an order between other operations waits for the first, or gives both
// BT_ATT_CHAN_OPT_UNENHANCED_ONLY.
enum bt_att_chan_opt {
    BT_ATT_CHAN_OPT_NONE = 0x0,
    BT_ATT_CHAN_OPT_UNENHANCED_ONLY = BIT(0),
    BT_ATT_CHAN_OPT_ENHANCED_ONLY = BIT(1),
};

// The name of an error code ("BT_ATT_ERR_INVALID_HANDLE"), "(unknown)" for codes without one. Never
// NULL; any context. With CONFIG_BT_ATT_ERR_TO_STR 0 always "".
#if CONFIG_BT_ATT_ERR_TO_STR
const char *bt_att_err_to_str(uint8_t att_err);
#else
static inline const char *bt_att_err_to_str(uint8_t att_err)
{
    (void)att_err;
    return "";
}
#endif

// ---- Enhanced bearers (CONFIG_BT_EATT; without it -ENOTSUP, and none) ----------------------------

struct bt_conn;

// Open so many enhanced bearers (1 to CONFIG_BT_EATT_MAX) besides those that are open, by as many
// requests as that takes. The peer may open fewer: bt_eatt_count() tells what there is. A refusal
// for want of resources, as it happens when both sides open some at once, is asked again up to
// three times, by the central at once, by the peripheral after 100 ms or more (Vol 3, Part G, 5.4).
// 0: the first request is on its way; -EINVAL; -ENOTCONN; -EACCES: the link is not encrypted, or below
// CONFIG_BT_EATT_SEC_LEVEL; -ENOMEM: fewer than that are left.
int bt_eatt_connect(struct bt_conn *conn, size_t num_channels);

// Close the one that was opened last of those that are open. Procedures under way on it end with
// BT_ATT_ERR_UNLIKELY. 0; -ENOTCONN; -ENOENT: none is open.
int bt_eatt_disconnect_one(struct bt_conn *conn);

// Raise the ATT_MTU that we take on all that are open, 64 to CONFIG_BREEZE_ATT_MTU octets (Vol 3, Part A, 4.27);
// att_mtu_updated tells when it came to more. 0: the peer is asked; -EINVAL: not so many, or fewer
// than one of them takes now; -ENOTCONN; -ENOENT: none is open; -EBUSY: one is being changed.
int bt_eatt_reconfigure(struct bt_conn *conn, uint16_t mtu);

// How many are open; 0 also without a connection.
size_t bt_eatt_count(struct bt_conn *conn);

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_INCLUDE_BLUETOOTH_ATT_H_
