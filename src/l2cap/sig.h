// The LE signalling channel, CID 0x0005 (Vol 3, Part A, 4).
#ifndef BREEZE_SRC_L2CAP_SIG_H_
#define BREEZE_SRC_L2CAP_SIG_H_

#include <zephyr/net_buf.h>

#include "conn/conn.h"

// Row for l2cap_fixed[]: one C-frame, in the drain; takes the buffer.
void l2cap_sig_recv(struct bt_conn *conn, struct net_buf *pdu);

// Row for acl_tx_free_hooks[]: answers that found no buffer go now.
void l2cap_sig_tx_free(void);

// Row for conn_ups[].
extern const struct conn_up l2cap_conn_up;

#endif // BREEZE_SRC_L2CAP_SIG_H_
