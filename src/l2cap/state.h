// What L2CAP remembers (design D2): per link, the state of the signalling channel; the channels; and
// the servers that the application registered.
#ifndef BREEZE_SRC_L2CAP_STATE_H_
#define BREEZE_SRC_L2CAP_STATE_H_

#include <stdint.h>

#include <breeze/config.h>
#include <breeze/l2cap.h>
#include <zephyr/net_buf.h>

#include "hci/acl.h"
#include "kernel/loop.h"
#include "l2cap/coc.h"

// The data of a request of ours are at most this long: Credit Based Connection Request, five channels.
#define L2CAP_CTRL_MAX 18

struct l2cap_link {
    uint8_t ident;   // Last identifier used, 0 none.
    uint8_t pending; // Identifier of our Connection Parameter Update Request, 0 none.
    uint8_t chans;   // Slots in use by it.
    uint8_t turn;    // The channel that is asked first.
    uint16_t hold;   // Frames of channels wait until so many queued ones have gone (acl.got).
    struct net_buf *parked;  // A signalling PDU whose answer has no buffer yet.
    struct loop_timer timer; // RTX of the request `pending`.
};

struct l2cap_run {
    struct l2cap_link links[CONFIG_BT_MAX_CONN]; // By bt_conn_index().
};
extern struct l2cap_run l2cap_run;

// Channels; only in a build that has them.
struct coc_run {
    struct coc chans[CONFIG_BREEZE_L2CAP_CHAN_MAX];
    struct breeze_l2cap_asked asked; // By the peer; its cid is that of a slot kept for it, 0 none.
    uint8_t ctrl[CONFIG_BT_MAX_CONN][ACL_HEADROOM + 8 + L2CAP_CTRL_MAX]; // Requests being sent.
};
extern struct coc_run coc_run;

struct coc_reg {
    sys_slist_t servers; // bt_l2cap_server
};
extern struct coc_reg coc_reg;

#endif // BREEZE_SRC_L2CAP_STATE_H_
