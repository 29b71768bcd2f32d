// ACL data: flow control towards the controller, fragmentation, reassembly, and Controller To Host
// Flow Control (Vol 4, Part E, 4.1 and 4.2; Vol 3, Part A, 7.2).
//
// A link is embedded in its connection. PDUs (basic L2CAP frames, header included) queue per link;
// whenever the controller has room, links take turns, one fragment each, so that no link starves
// another. A fragment's header is written over the octets in front of it, which have left already:
// nothing is copied. A received PDU is one span in one buffer.
//
// Besides what is queued, the layer above may have frames that it makes only when there is room for
// them (acl_pull()): the queue and the pulled frames of a link take turns, frame by frame.
#ifndef BREEZE_SRC_HCI_ACL_H_
#define BREEZE_SRC_HCI_ACL_H_

#include <stdbool.h>
#include <stdint.h>

#include <zephyr/net_buf.h>
#include <zephyr/sys/slist.h>

#include "base/rd.h"
#include "hci/post.h"

// Room in front of an L2CAP frame for the packet type and the ACL header.
#define ACL_HEADROOM 5

// The completion of one PDU: err 0 when the controller reported all its fragments, -ENOTCONN when
// the link closed before. In the drain.
struct acl_link;
typedef void (*acl_done_t)(struct acl_link *link, void *user, int err);

// A frame that was pulled. `at` points to ACL_HEADROOM octets that may be written over, the frame
// stands behind them; `hold` (may be NULL) keeps the memory and is given back when all has left.
struct acl_frame {
    uint8_t *at;
    uint16_t left; // Octets of it not sent yet; 0: there is none.
    bool started;  // A part has left.
    struct net_buf *hold;
    struct acl_tx *tx; // Its completion.
};

struct acl_link {
    uint16_t handle;
    bool open;
    bool started;           // The head of tx_queue was sent in part.
    bool pull;              // acl_up.pull() may have a frame.
    bool pull_next;         // It is its turn.
    uint16_t in_flight;     // Fragments with the controller.
    uint16_t sent;          // Fragments ever given to the controller ...
    uint16_t acked;         // ... and completed; both wrap, compare by signed difference.
    uint16_t epoch;         // Which life of which link; marks received buffers.
    uint16_t rx_missing;    // Octets that `rx` still lacks.
    uint16_t rx_done;       // Received fragments that the controller may count as read.
    uint16_t put;           // Frames ever queued ...
    uint16_t got;           // ... and gone in full; both wrap.
    sys_slist_t tx_queue;   // net_buf: whole L2CAP frames.
    sys_slist_t tx_done;    // acl_tx: who wants to hear of a completion, in order of sending.
    struct net_buf *rx;     // A PDU not yet whole.
    struct acl_frame frame; // The pulled frame under way.
    struct post post;       // Delivers completions.
};

// What lies above. Defined in src/api/wiring.c.
struct acl_up {
    // A whole PDU, in the drain (it may call the application and wait). Takes the buffer.
    void (*recv)(struct acl_link *link, struct net_buf *pdu);
    // The open link with this handle, or NULL.
    struct acl_link *(*find)(uint16_t handle);
    // The i-th link, open or not, for taking turns; NULL past the last.
    struct acl_link *(*at)(unsigned int i);
    // Make the next frame that does not come from the queue; false: there is none now. In any
    // context: it must not call the application. NULL where nobody calls acl_pull().
    bool (*pull)(struct acl_link *link, struct acl_frame *frame);
};
extern const struct acl_up acl_up;

// Begin and end the life of a link. Closing hands back every buffer and posts the completion of
// every PDU that had one (-ENOTCONN); link->post must stay valid until that is delivered.
void acl_link_open(struct acl_link *link, uint16_t handle);
void acl_link_close(struct acl_link *link);

// Deliver completions that are due now: for a layer that must tell of a link's end after them, when
// its own post may have been in the queue before the link's. In the drain.
void acl_link_deliver(struct acl_link *link);

// A buffer for one L2CAP frame of up to CONFIG_BT_L2CAP_TX_MTU + 4 octets, with ACL_HEADROOM in
// front; NULL when none is free. Takes in completions that have already arrived before it gives up.
struct net_buf *acl_tx_alloc(void);

// Queue a frame (buffer from acl_tx_alloc()) and send what the controller has room for. 0: the
// buffer is taken and `done` (may be NULL) is called exactly once; -ENOTCONN: the link is closed;
// -ENOBUFS: no room to remember `done`. On an error the caller keeps the buffer.
int acl_send(struct acl_link *link, struct net_buf *frame, acl_done_t done, void *user);

// The layer above has something for acl_up.pull(): send it as soon as there is room.
void acl_pull(struct acl_link *link);

// Within acl_up.pull(): have `done` called when the frame has been sent. False when there is no room
// to remember it; acl_tx_free_hooks will tell.
bool acl_frame_done(struct acl_frame *frame, acl_done_t done, void *user);

// For an SDU that will be pulled later, in a buffer of acl_tx_alloc() (acl_promise.c): see to it
// now that `done` can be called when it has been sent; false when there is no room to remember it.
// Within acl_up.pull() the last frame of it keeps the promise; if it never leaves, breaking it has
// `done` called with -ENOTCONN.
bool acl_promise(struct net_buf *buf, acl_done_t done, void *user);
void acl_promise_keep(struct acl_frame *frame, struct net_buf *buf);
void acl_promise_break(struct acl_link *link, struct net_buf *buf);
// Somebody waits as if there were no TX buffer: acl_tx_free_hooks when one is freed, or at
// acl_tx_freed().
void acl_tx_want(void);

// Something below may have become possible again (a TX buffer was freed): upper layers that ran dry
// are told through this post-like list of hooks, in the drain. Defined in src/api/wiring.c, NULL at
// the end.
extern void (*const acl_tx_free_hooks[])(void);

// The rest is for hci/ itself.

// Forget all credit, links are closed already; the controller's room is info->acl_count from now
// on.
void acl_reset(void);
void acl_set_credits(uint16_t count);
// Send what can be sent.
void acl_kick(void);
// Take in one received ACL packet, packet type octet first. Returns the PDU if it is whole now, and
// its link.
struct net_buf *acl_rx(struct net_buf *buf, struct acl_link **link);
// Hand a PDU up, as part of the drain, if its link is still in that life.
void acl_deliver(struct acl_link *link, uint16_t epoch, struct net_buf *pdu);
// A packet for this handle (with its flags) was too long for our buffers.
void acl_rx_skipped(uint16_t handle);
// The last reference to a received fragment is gone.
void acl_rx_freed(uint16_t handle, uint16_t epoch);
// Tell the controller which received packets may be counted as read (Host Number Of Completed
// Packets).
void acl_flow_flush(void);
// A TX buffer is free again.
void acl_tx_freed(void);
// Row of the event table.
bool acl_on_completed(struct rd *params);

#endif // BREEZE_SRC_HCI_ACL_H_
