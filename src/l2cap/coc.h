// Credit based channels inside the host (Vol 3, Part A, 3.4 and 10): one slot per channel.
//
// The slot holds all that the host works with; the application's object (`le`) gets copies of what it
// may read and is looked at again only for its operations. So an object that is written over, or given
// to a second connect while it is in use, harms nobody but its owner.
//
// A slot's number is its local CID (0x0040 + number). Frames to send are never queued: coc_pull()
// makes the next one when the ACL layer has room for it, straight in the SDU's buffer; requests and
// credits are bits and counters in the slot, made into a frame at that time too, so none can be
// lost for want of a buffer. Channels of a link take turns, one K-frame each.
#ifndef BREEZE_SRC_L2CAP_COC_H_
#define BREEZE_SRC_L2CAP_COC_H_

#include <stdbool.h>
#include <stdint.h>

#include <zephyr/bluetooth/l2cap.h>
#include <zephyr/net_buf.h>

#include "conn/conn.h"
#include "hci/acl.h"
#include "hci/post.h"
#include "kernel/loop.h"

// Results of LE and enhanced connection responses (4.23, 4.26).
#define COC_OK               0x0000
#define COC_NO_SPSM          0x0002
#define COC_NO_RESOURCES     0x0004
#define COC_NO_AUTHEN        0x0005
#define COC_NO_AUTHOR        0x0006
#define COC_KEY_SIZE         0x0007
#define COC_NO_ENCRYPTION    0x0008
#define COC_BAD_SCID         0x0009
#define COC_SCID_TAKEN       0x000a
#define COC_BAD_PARAMS       0x000b
#define COC_ECRED_BAD_PARAMS 0x000c

#define COC_MIN_MTU 23

enum coc_state {
    COC_FREE,
    COC_CONNECTING, // Our request is owed, waits for security, or is out.
    COC_OPEN,
    COC_CLOSING, // Our Disconnection Request is owed or out.
    COC_CLOSED,  // The application will be told; nothing else happens any more.
};

// What must be sent (bits of owe).
#define COC_OWE_CONN    BIT(0)
#define COC_OWE_ECRED   BIT(1) // For all slots with this ident.
#define COC_OWE_DISC    BIT(2)
#define COC_OWE_CREDITS BIT(3) // `give` of them.
#define COC_OWE_RECONF  BIT(4) // For all slots with this ident.

// What the application must be told, in this order.
#define COC_POST_CONNECTED    BIT(0)
#define COC_POST_STATUS       BIT(1)
#define COC_POST_RECONFIGURED BIT(2)
#define COC_POST_CLOSE        BIT(3)

struct coc {
    uint8_t state;   // enum coc_state
    uint8_t life;    // Grows with each channel of the slot.
    uint8_t owe;     // COC_OWE_*
    uint8_t ident;   // Of our request; 0 none.
    uint8_t held;    // SDUs that the application has not completed.
    uint8_t refused; // The result that refused it.
    uint8_t need;    // The level of security that our request waits for; 0 it does not wait.
    uint8_t raises;  // How often it was asked for.
    bool ecred;
    bool own;       // The host's: its SDUs are sent by coc_send().
    bool in_turn;   // While waiting: somebody else's pairing comes first.
    bool begun;     // The length of the head of tx_queue has left.
    bool sdu_open;  // Between the first and the last K-frame of an SDU.
    bool streaming; // The application takes SDUs as they come ...
    bool modest;    // ... or once did not, and is sent one at a time.
    uint16_t psm;
    uint16_t tx_cid;
    uint16_t tx_mtu;
    uint16_t tx_mps;
    uint16_t tx_credits;
    uint16_t rx_mtu;
    uint16_t rx_mps;
    uint16_t rx_credits; // What the peer may still send.
    uint16_t give;       // Credits to be sent, not in rx_credits yet.
    uint16_t next_mtu;   // Of a reconfiguration; 0: none is under way.
    uint16_t next_mps;   // The same.
    uint16_t sdu_len;    // How long the SDU in `sdu` will be,
    uint16_t sdu_done;   // ... and how much of it came.
    struct net_buf *sdu;
    struct bt_conn *conn; // NULL: the slot is free.
    struct bt_l2cap_le_chan *le;
    sys_slist_t tx_queue; // net_buf: SDUs of the application; the head may have left in part.
    struct post post;
    struct loop_timer timer; // RTX of the request that is out.
};

// ---- Slots: coc.c -------------------------------------------------------------------------------

// The slot with this local CID on a link; NULL.
struct coc *coc_by_cid(const struct bt_conn *conn, uint16_t cid);
// The slot with this CID of the peer.
struct coc *coc_by_peer_cid(const struct bt_conn *conn, uint16_t cid);
// The next slot, from `from` on, of a link with this identifier of ours under way.
struct coc *coc_by_ident(const struct bt_conn *conn, uint8_t ident, struct coc *from);
// The slot of an object of the application.
struct coc *coc_of(const struct bt_l2cap_chan *chan);
uint16_t coc_cid(const struct coc *coc);

// The slot that the next channel would get; NULL.
struct coc *coc_unused(void);
// May it be told to take SDUs of this length in frames of that one: can its application, and we.
bool coc_can_take(const struct coc *coc, uint16_t mtu, uint16_t mps);
// Give an object a slot: -EINVAL (no operations, MTU), -EBUSY (in use), -ENOMEM.
int coc_take(struct coc **coc, struct bt_conn *conn, struct bt_l2cap_chan *chan, bool ecred,
             enum coc_state state);
// Take it back without a word: the object was never used.
void coc_drop(struct coc *coc);
// The peer's side is known: open.
void coc_open(struct coc *coc, uint16_t cid, uint16_t mtu, uint16_t mps, uint16_t credits);
// Owe a frame.
void coc_owe(struct coc *coc, uint8_t bits);
// Begin to disconnect; nothing more is delivered to the application but the end.
void coc_disconnect(struct coc *coc);
// The channel is over: the application will be told in the drain.
void coc_close(struct coc *coc);
// A request of ours went out, or its answer came (ident 0).
void coc_rtx_start(struct coc *coc, int64_t us);
void coc_rtx_stop(struct coc *coc);
// Copy into the object what it shows.
void coc_show(const struct coc *coc);
void coc_show_credits(const struct coc *coc);

// Down-calls of sig.c, l2cap.c and of the wiring: there is an identifier in use by a request of a
// channel; the link is down; buffers are free. A frame for a dynamic CID (coc_rx.c), in the drain:
// true, taken; false, no such channel.
#if CONFIG_BT_L2CAP_DYNAMIC_CHANNEL
bool coc_ident_used(const struct bt_conn *conn, uint8_t ident);
void coc_link_down(struct bt_conn *conn);
bool coc_recv(struct bt_conn *conn, uint16_t cid, struct net_buf *pdu);
#else
static inline bool coc_ident_used(const struct bt_conn *conn, uint8_t ident)
{
    return false;
}
static inline void coc_link_down(struct bt_conn *conn)
{
}
static inline bool coc_recv(struct bt_conn *conn, uint16_t cid, struct net_buf *pdu)
{
    return false;
}
#endif
void coc_tx_free(void);
// coc_sec.c: security of the link changed, or could not be raised; what it lacks for a server: a
// result.
void coc_security(struct bt_conn *conn, enum bt_security_err err);
uint16_t coc_lacks(const struct bt_conn *conn, bt_security_t level);
// Owe the request of the channels with this one's identifier, when the link has the security that they
// must have: raise it first. An error: it cannot be raised, nothing happened.
int coc_ask(struct coc *coc, bt_security_t level);
// The peer refused that request: for want of security that we can raise, so that it will be asked again?
bool coc_ask_again(struct coc *coc, uint16_t result);
// Is its request out, so that the peer may answer it; of several channels with one, the first knows.
static inline bool coc_is_out(const struct coc *coc)
{
    return coc->ident && !coc->need && !(coc->owe & ~COC_OWE_CREDITS);
}

// ---- Data: coc_rx.c, coc_tx.c -------------------------------------------------------------------

// How many credits an opening channel starts with.
uint16_t coc_rx_start(struct coc *coc);
// Give the peer the credits that it should have now.
void coc_rx_refill(struct coc *coc);
// Row for acl_up.pull.
bool coc_pull(struct acl_link *acl, struct acl_frame *frame);

// ---- Channels of the host itself: coc_own.c -----------------------------------------------------

// Send an SDU in a buffer of acl_tx_alloc() with BT_L2CAP_SDU_CHAN_SEND_RESERVE octets of headroom.
// 0: the buffer is taken and `done` (may be NULL) is called as acl_send() says; -ENOTCONN; -ENOBUFS.
int coc_send(struct coc *coc, struct net_buf *sdu, acl_done_t done, void *user);
// How many SDUs have not been handed over in full; are there credits for all of them and for a part
// of another one.
unsigned int coc_queued(const struct coc *coc);
bool coc_has_room(const struct coc *coc);
// Hand back what is queued.
void coc_flush(struct coc *coc);

// ---- Signalling: coc_sig.c, ecred.c -------------------------------------------------------------

// The server of a PSM, or NULL; what its application says to a peer whose MTU and MPS stand in
// coc_run.asked: a result, COC_OK and a slot.
struct bt_l2cap_server *coc_server(uint16_t psm);
uint16_t coc_accept(struct bt_conn *conn, struct bt_l2cap_server *server, uint16_t scid, bool ecred,
                    struct coc **coc);
// Write the frame owed (one of COC_OWE_*) behind its signalling header; returns its code.
struct wr;
uint8_t coc_put_owed(struct coc *coc, struct wr *w, uint8_t *ident);
uint8_t ecred_put_conn(struct coc *coc, struct wr *w);
uint8_t ecred_put_reconf(struct coc *coc, struct wr *w);

#endif // BREEZE_SRC_L2CAP_COC_H_
