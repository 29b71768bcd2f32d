// What L2CAP remembers (design D2): per link, the state of the signalling channel.
#ifndef BREEZE_SRC_L2CAP_STATE_H_
#define BREEZE_SRC_L2CAP_STATE_H_

#include <stdint.h>

#include <breeze/config.h>
#include <zephyr/net_buf.h>

#include "kernel/loop.h"

struct l2cap_link {
    struct net_buf *parked;  // A signalling PDU whose answer has no buffer yet.
    struct loop_timer timer; // RTX of the request below.
    uint8_t ident;           // Last identifier used, 0 none.
    uint8_t pending;         // Identifier of our Connection Parameter Update Request, 0 none.
};

struct l2cap_run {
    struct l2cap_link links[CONFIG_BT_MAX_CONN]; // By bt_conn_index().
};
extern struct l2cap_run l2cap_run;

#endif // BREEZE_SRC_L2CAP_STATE_H_
