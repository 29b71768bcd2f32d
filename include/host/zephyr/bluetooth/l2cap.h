// L2CAP: sizes that programs use, and credit based channels in the LE (Vol 3, Part A, 3.4, 4.22 to
// 4.28 and 10).
//
// A channel is an object of the application, embedded in a larger one of its own if it likes, with a
// table of operations. The host knows it from the call (or the accept callback) that hands it over
// until its `released` operation, and fills in its fields; what the host needs to work it keeps
// itself. All operations run from breeze_step(), one at a time, never inside one of these functions,
// and may call all of them. Return values as in bluetooth.h.
#ifndef ZEPHYR_INCLUDE_BLUETOOTH_L2CAP_H_
#define ZEPHYR_INCLUDE_BLUETOOTH_L2CAP_H_

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <breeze/config.h>
#include <zephyr/net_buf.h>
#include <zephyr/sys/atomic.h>
#include <zephyr/sys/slist.h>
#include <zephyr/sys/util.h>

#include <zephyr/bluetooth/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

// newlib has this one, with this number, only among its extensions.
#ifndef ESHUTDOWN
#define ESHUTDOWN 110
#endif

// Octets of the basic header in front of every payload, and of the length in front of an SDU.
#define BT_L2CAP_HDR_SIZE     4
#define BT_L2CAP_SDU_HDR_SIZE 2

// The largest payload of a fixed channel, sent and received, octets.
#define BT_L2CAP_TX_MTU CONFIG_BT_L2CAP_TX_MTU
#define BT_L2CAP_RX_MTU CONFIG_BT_L2CAP_RX_MTU

// The largest SDU that fits one K-frame of that size.
#define BT_L2CAP_SDU_TX_MTU (BT_L2CAP_TX_MTU - BT_L2CAP_SDU_HDR_SIZE)
#define BT_L2CAP_SDU_RX_MTU (BT_L2CAP_RX_MTU - BT_L2CAP_SDU_HDR_SIZE)

// Headroom that bt_l2cap_chan_send() needs in front of the data: packet type, ACL header, basic
// header, length of the SDU.
#define BT_L2CAP_CHAN_SEND_RESERVE     (1 + 4 + BT_L2CAP_HDR_SIZE)
#define BT_L2CAP_SDU_CHAN_SEND_RESERVE (BT_L2CAP_CHAN_SEND_RESERVE + BT_L2CAP_SDU_HDR_SIZE)

// Size of a buffer for a payload, or for an SDU, of `mtu` octets that is to be sent.
#define BT_L2CAP_BUF_SIZE(mtu)     (BT_L2CAP_CHAN_SEND_RESERVE + (mtu))
#define BT_L2CAP_SDU_BUF_SIZE(mtu) (BT_L2CAP_SDU_CHAN_SEND_RESERVE + (mtu))

// Least MTU and MPS of enhanced channels, and how many one request may open (4.25).
#define BT_L2CAP_ECRED_MIN_MTU          64
#define BT_L2CAP_ECRED_MIN_MPS          64
#define BT_L2CAP_ECRED_CHAN_MAX_PER_REQ 5

struct bt_l2cap_chan;

typedef void (*bt_l2cap_chan_destroy_t)(struct bt_l2cap_chan *chan);

typedef enum bt_l2cap_chan_state {
    BT_L2CAP_DISCONNECTED,
    BT_L2CAP_CONNECTING,
    BT_L2CAP_CONFIG, // BR/EDR only.
    BT_L2CAP_CONNECTED,
    BT_L2CAP_DISCONNECTING,
} __packed bt_l2cap_chan_state_t;

// Bits of chan->status.
typedef enum bt_l2cap_chan_status {
    BT_L2CAP_STATUS_OUT,             // The peer has given credits: sending moves.
    BT_L2CAP_STATUS_SHUTDOWN,        // Sending is over: bt_l2cap_chan_send() says -ESHUTDOWN.
    BT_L2CAP_STATUS_ENCRYPT_PENDING, // Connecting waits for the link's security.
    BT_L2CAP_NUM_STATUS,
} __packed bt_l2cap_chan_status_t;

struct bt_l2cap_chan {
    struct bt_conn *conn; // While the channel exists.
    const struct bt_l2cap_chan_ops *ops;
    sys_snode_t node;                // Free for the application.
    bt_l2cap_chan_destroy_t destroy; // Called before `released`; may be NULL.
    ATOMIC_DEFINE(status, BT_L2CAP_NUM_STATUS);
};

// One direction of a channel. For `rx` the application may set mtu (the largest SDU it takes, to 65533
// octets; 0 is BT_L2CAP_SDU_RX_MTU) and, with seg_recv, mps; everything else is the host's.
struct bt_l2cap_le_endpoint {
    uint16_t cid;
    uint16_t mtu;
    uint16_t mps;
    atomic_t credits;
};

struct bt_l2cap_le_chan {
    struct bt_l2cap_chan chan;
    struct bt_l2cap_le_endpoint rx;
    uint16_t pending_rx_mtu; // MTU of a reconfiguration that is under way, 0 none.
    struct bt_l2cap_le_endpoint tx;
    bt_l2cap_chan_state_t state;
    uint16_t psm;
    uint8_t ident;                    // Of the request under way.
    bt_security_t required_sec_level; // Before connecting: what the link must have, 0 nothing.
};

#define BT_L2CAP_LE_CHAN(_ch) CONTAINER_OF(_ch, struct bt_l2cap_le_chan, chan)

// What a channel does. Each may be NULL but recv, or seg_recv in its place.
struct bt_l2cap_chan_ops {
    // The channel is open both ways.
    void (*connected)(struct bt_l2cap_chan *chan);
    // It is closed, or was not opened; once per channel that was handed over. What was queued is gone.
    void (*disconnected)(struct bt_l2cap_chan *chan);
    // The security of the link under an open channel changed (0), or could not be raised (an HCI
    // status).
    void (*encrypt_change)(struct bt_l2cap_chan *chan, uint8_t hci_status);
    // (-) Zephyr copies segments into buffers of this; here segments need none.
    struct net_buf *(*alloc_seg)(struct bt_l2cap_chan *chan);
    // A buffer for an incoming SDU that needs more than one K-frame; called again where one buffer has
    // not room for the whole, the buffers are chained. NULL closes the channel. Without this rx.mtu
    // is cut to what one K-frame carries.
    struct net_buf *(*alloc_buf)(struct bt_l2cap_chan *chan);
    // An SDU. 0: done with it, the host frees `buf`. -EINPROGRESS: the application keeps it until
    // bt_l2cap_chan_recv_complete(), the peer gets no more credits meanwhile. Any other error
    // closes the channel. Who keeps every SDU needs one buffer. Who has taken some at once, and then
    // keeps one, is brought those that the peer had credits for: CONFIG_BREEZE_L2CAP_WINDOW at most.
    int (*recv)(struct bt_l2cap_chan *chan, struct net_buf *buf);
    // The oldest SDU that bt_l2cap_chan_send() took has left the controller.
    void (*sent)(struct bt_l2cap_chan *chan);
    // Bits of *status have changed: BT_L2CAP_STATUS_OUT, above all.
    void (*status)(struct bt_l2cap_chan *chan, atomic_t *status);
    // The host has forgotten the object: its memory may be used again. The last call.
    void (*released)(struct bt_l2cap_chan *chan);
    // MTU or MPS of the peer changed, or our own reconfiguration has ended (pending_rx_mtu is 0 then).
    void (*reconfigured)(struct bt_l2cap_chan *chan);
    // In place of recv: each segment as it comes, `seg_offset` octets into an SDU of `sdu_len`. The
    // peer may send only what bt_l2cap_chan_give_credits() allowed, one K-frame per credit.
    void (*seg_recv)(struct bt_l2cap_chan *chan, size_t sdu_len, off_t seg_offset,
                     struct net_buf_simple *seg);
};

// Who takes channels that peers open on a PSM.
struct bt_l2cap_server {
    uint16_t psm;            // 0x01 to 0xff; 0: the next free one from 0x80 on is written here.
    bt_security_t sec_level; // What the link must have.
    // A peer asks: hand over a channel, its object's `ops` set, all else zero or as released. 0;
    // -ENOMEM, -EACCES (authorisation), -EPERM (key too short) or another error refuse.
    int (*accept)(struct bt_conn *conn, struct bt_l2cap_server *server,
                  struct bt_l2cap_chan **chan);
    sys_snode_t node;
};

// Register a server, which stays in use until unregistered, also over bt_disable(). May be called
// while disabled. 0; -EINVAL; -EADDRINUSE: the PSM is taken, or no dynamic one is free.
int bt_l2cap_server_register(struct bt_l2cap_server *server);
// Channels that it opened stay. 0; -ENOENT.
int bt_l2cap_server_unregister(struct bt_l2cap_server *server);

// Open a channel (4.22). On 0 `connected` or `disconnected` follows. Where the link is below the channel's
// required_sec_level, or the peer refuses for want of encryption or authentication, its security
// is raised first, by encrypting or pairing as bt_conn_set_security() does, and the channel opened
// then; it ends with `disconnected` if that fails, or has come to nothing after a minute. -EINVAL
// (psm 1 to 0xff, no ops, rx.mtu); -ENOTCONN; -EBUSY: the object is in use; -ENOMEM:
// CONFIG_BREEZE_L2CAP_CHAN_MAX are open; -EACCES: the link is below required_sec_level in a build
// without the Security Manager; else as bt_conn_set_security() says.
int bt_l2cap_chan_connect(struct bt_conn *conn, struct bt_l2cap_chan *chan, uint16_t psm);

// Open up to five channels with one request (4.25); `chans` ends with NULL if it has fewer. The rx.mtu
// of all must be the same, 64 at least; what one must have of security all wait for. Those that the
// peer refuses hear `disconnected`. Returns as bt_l2cap_chan_connect().
int bt_l2cap_ecred_chan_connect(struct bt_conn *conn, struct bt_l2cap_chan **chans, uint16_t psm);

// Raise the MTU (and with it, where it was bounded by it, the MPS) that we take on up to five enhanced
// channels of one connection (4.27); `chans` ends with NULL if it has fewer. `reconfigured` tells
// each. -EINVAL: smaller than before, or more than the channel can take; not enhanced, not all of
// one connection, one twice; -ENOTCONN; -EBUSY: one is under way.
int bt_l2cap_ecred_chan_reconfigure(struct bt_l2cap_chan **chans, uint16_t mtu);

// The same for `chan_count` channels (1 to 5) with an MPS of the application's choice: 64 to
// BT_L2CAP_RX_MTU, smaller than before for a single channel only. Channels without alloc_buf and
// seg_recv need one that an SDU of `mtu` octets fits.
int bt_l2cap_ecred_chan_reconfigure_explicit(struct bt_l2cap_chan **chans, size_t chan_count,
                                             uint16_t mtu, uint16_t mps);

// Close a channel. What was not sent is dropped. `disconnected` follows when the peer has answered,
// after 2 s at most. 0; -ENOTCONN; -EALREADY.
int bt_l2cap_chan_disconnect(struct bt_l2cap_chan *chan);

// Send an SDU. 0: the buffer is taken; its data must not be touched any more, its node and headroom are
// the host's, and it comes back to its pool when the last of it was handed over. Nothing is copied
// and the number that may wait is not limited but by the buffers. An SDU waits for credits of the
// peer. Buffers need a headroom of BT_L2CAP_SDU_CHAN_SEND_RESERVE. -EINVAL: no headroom, empty,
// chained or referenced twice; -EMSGSIZE: longer than tx.mtu; -ENOTCONN; -ESHUTDOWN: the channel is
// closing.
int bt_l2cap_chan_send(struct bt_l2cap_chan *chan, struct net_buf *buf);

// The SDU for which recv() said -EINPROGRESS is done with: frees `buf` and lets the peer go on. 0;
// -EINVAL: none is under way; -ENOTCONN: the channel has ended, `buf` stays the caller's.
int bt_l2cap_chan_recv_complete(struct bt_l2cap_chan *chan, struct net_buf *buf);

// Let the peer of a channel with seg_recv send so many K-frames more. Before it is open: how many it
// starts with. 0; -EINVAL: no seg_recv, or 0 credits; -EOVERFLOW: more than 65535 in all; -ENOTCONN.
int bt_l2cap_chan_give_credits(struct bt_l2cap_chan *chan, uint16_t additional_credits);

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_INCLUDE_BLUETOOTH_L2CAP_H_
