// L2CAP in the LE: basic frames, fixed channels and the signalling channel (Vol 3, Part A).
#ifndef BREEZE_SRC_L2CAP_L2CAP_H_
#define BREEZE_SRC_L2CAP_L2CAP_H_

#include <stdbool.h>
#include <stdint.h>

#include <zephyr/net_buf.h>

#include "conn/conn.h"

#define L2CAP_HDR_LEN 4
#define L2CAP_CID_ATT 0x0004
#define L2CAP_CID_SIG 0x0005
#define L2CAP_CID_SMP 0x0006
// The channels of the application: 0x0040 to 0x007f.
#define L2CAP_CID_DYNAMIC     0x0040
#define L2CAP_CID_DYNAMIC_END 0x007f

// A fixed channel: who receives. Table in src/api/wiring.c, ended by cid 0. Runs in the drain; takes
// the buffer, whose data is the information payload.
struct l2cap_fixed {
    uint16_t cid;
    void (*recv)(struct bt_conn *conn, struct net_buf *sdu);
};
extern const struct l2cap_fixed l2cap_fixed[];

// From the link below (acl_up.recv).
void l2cap_recv(struct acl_link *link, struct net_buf *pdu);

// A buffer for one payload of up to CONFIG_BT_L2CAP_TX_MTU octets, headroom for every header below
// in front; NULL when none is free.
struct net_buf *l2cap_tx_alloc(void);

// Prepend the basic header and queue. Results and ownership as acl_send().
int l2cap_send(struct bt_conn *conn, uint16_t cid, struct net_buf *sdu, acl_done_t done,
               void *user);

// Ask the central for connection parameters through the signalling channel (Vol 3, Part A, 4.20): what
// bt_conn_le_param_update() falls back to. 0, -ENOBUFS, -ENOTCONN, -EBUSY while one is pending.
int l2cap_param_update_req(struct bt_conn *conn, const struct bt_le_conn_param *param);

#endif // BREEZE_SRC_L2CAP_L2CAP_H_
