// ATT bearers: where ATT PDUs arrive and leave (Vol 3, Part F, 3.2.11 and 3.3).
//
// A bearer is a connection, an ATT_MTU, a way to send and the slots of the sequential protocol: at
// most one request of ours, one indication of ours, and one request of the peer whose response has
// no buffer yet. The unenhanced bearer of a link is att_bearer_of(); enhanced ones, in a build that has
// them (CONFIG_BT_EATT), are eatt.c's, and another bearer each. Bearers know nothing of each other.
//
// A transaction of ours that is not answered within 30 s ends the bearer (3.3.3): it sends nothing
// of ours any more, but it still answers the peer.
#ifndef BREEZE_SRC_ATT_BEARER_H_
#define BREEZE_SRC_ATT_BEARER_H_

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include <zephyr/bluetooth/att.h>
#include <zephyr/net_buf.h>

#include "att/eatt.h"
#include "base/rd.h"
#include "base/wr.h"
#include "conn/conn.h"
#include "kernel/loop.h"

struct att_bearer {
    uint16_t mtu;         // What holds now.
    uint16_t rx_mtu;      // What we can take: the minimum, or what we offered in an exchange.
    uint8_t req_op;       // Our request that waits for a response, 0 none.
    uint8_t index;        // 0: the unenhanced one; the enhanced ones of a link from 1 on.
    bool dead;            // A transaction of ours timed out, or the bearer is being closed.
    bool ind_wait;        // Our indication waits for its confirmation.
    bool confirm;         // We owe the peer a confirmation.
    bool mtu_asked;       // We started the exchange.
    bool mtu_answered;    // The peer started one, and we answered.
    struct bt_conn *conn; // NULL: closed.
    int (*send)(struct att_bearer *bearer, struct net_buf *pdu, acl_done_t done, void *user);
    void *op;               // Whose request is under way: the client's (gatt/clt.c).
    struct net_buf *parked; // A request that waits for a buffer for its response.
    struct post post;       // ATT_POST_*
    struct loop_timer req_timer;
    struct loop_timer ind_timer;
};

// A PDU on its way through the server: what came, and the response being written.
struct att_rx {
    struct att_bearer *bearer;
    struct rd in;    // Behind the opcode.
    struct wr out;   // Behind the opcode of the response; ends at the ATT_MTU.
    uint8_t spare;   // Octets behind `out` that may be scribbled on, 0 or 1.
    uint16_t handle; // Attribute in error, for the Error Response.
    uint16_t settle; // The ATT_MTU that holds behind the response; 0: as before.
};

// Up-calls to the layer above, in the drain. Defined in gatt/.
struct att_up {
    // Before a request or a command of the peer is executed: 0, or the error that answers a request
    // and has a command ignored; then the handle in error.
    uint8_t (*access)(struct bt_conn *conn, uint8_t op, struct rd params, uint16_t *handle);
    // The response to our request `req_op`: err 0 and the parameters, or the peer's error code, or
    // BT_ATT_ERR_UNLIKELY after a time-out (the bearer is dead then).
    void (*response)(struct att_bearer *bearer, uint8_t req_op, uint8_t err, struct rd *params);
    // A notification or an indication.
    void (*notified)(struct bt_conn *conn, uint16_t handle, const uint8_t *value, uint16_t len,
                     bool indication);
    // Our indication was confirmed, or (false) will never be.
    void (*confirmed)(struct att_bearer *bearer, bool in_time);
    // An exchange settled the MTU, or an enhanced bearer with a larger one is open.
    void (*mtu)(struct bt_conn *conn, uint16_t mtu);
    // An enhanced bearer is open; one closes, and what is under way on it ends.
    void (*opened)(struct bt_conn *conn);
    void (*closed)(struct att_bearer *bearer);
    // The peer's client has said that it takes enhanced bearers.
    bool (*takes_enhanced)(const struct bt_conn *conn);
};
extern const struct att_up att_up;

// The open bearer of a connection; NULL when there is none.
struct att_bearer *att_bearer_of(const struct bt_conn *conn);

// The same for sending something of our own: also NULL when it is dead or the link is going down.
struct att_bearer *att_bearer_live(const struct bt_conn *conn);

// May any bearer send something of our own now.
static inline bool att_is_live(const struct att_bearer *bearer)
{
    return !bearer->dead && conn_is_up(bearer->conn);
}

// The open bearers of a connection, the unenhanced one first: the one behind `last`, NULL begins
// and ends.
static inline struct att_bearer *att_bearer_next(const struct bt_conn *conn,
                                                 const struct att_bearer *last)
{
    if (last) {
        return CONFIG_BT_EATT ? eatt_next(conn, last) : NULL;
    }
    return att_bearer_of(conn);
}

// Is this a bt_att_chan_opt that this build can serve: 0, -EINVAL, -ENOTSUP.
static inline int att_opt_check(unsigned int opt)
{
    const unsigned int both = BT_ATT_CHAN_OPT_UNENHANCED_ONLY | BT_ATT_CHAN_OPT_ENHANCED_ONLY;
    if (CONFIG_BT_EATT) {
        return (opt & both) == both ? -EINVAL : 0;
    }
    return opt & BT_ATT_CHAN_OPT_ENHANCED_ONLY ? -ENOTSUP : 0;
}

// May an operation with this option use this bearer.
static inline bool att_opt_allows(unsigned int opt, const struct att_bearer *bearer)
{
    if (!CONFIG_BT_EATT) {
        return true;
    }
    return !(opt &
             (bearer->index ? BT_ATT_CHAN_OPT_UNENHANCED_ONLY : BT_ATT_CHAN_OPT_ENHANCED_ONLY));
}

// The largest ATT_MTU among the live bearers that an operation may use; 0: there is none.
static inline uint16_t att_mtu_of(const struct bt_conn *conn, unsigned int opt)
{
    if (CONFIG_BT_EATT) {
        return conn ? eatt_mtu(conn, opt) : 0;
    }
    const struct att_bearer *bearer = att_bearer_live(conn);
    return bearer ? bearer->mtu : 0;
}

// The bearer for a PDU that no transaction holds (a notification, a command) about this handle with so
// many octets of value: NULL when there is none. It may have no room, or be too small where all are.
static inline struct att_bearer *att_bearer_pick(struct bt_conn *conn, unsigned int opt,
                                                 uint16_t handle, uint16_t len)
{
    return CONFIG_BT_EATT ? eatt_pick(conn, opt, handle, len) : att_bearer_live(conn);
}

// Begin and end the life of a bearer: `as` says what it is.
void att_bearer_open(struct att_bearer *bearer, const struct att_bearer *as);
void att_bearer_close(struct att_bearer *bearer);

// A PDU came on it, in the drain; takes the buffer. NULL: on none, it is dropped.
void att_bearer_recv(struct att_bearer *bearer, struct net_buf *pdu);

// What found no buffer goes now.
void att_bearer_tx_free(struct att_bearer *bearer);

// A buffer for one PDU and its writer, ended by the bearer's MTU; NULL when none is free.
struct net_buf *att_pdu_alloc(const struct att_bearer *bearer, struct wr *w);

// Send what the writer wrote. On an error the buffer is freed.
int att_pdu_send(struct att_bearer *bearer, struct net_buf *pdu, const struct wr *w,
                 acl_done_t done, void *user);

// Send a request, or an indication, and start its 30 s. Only when none is under way.
int att_request_send(struct att_bearer *bearer, struct net_buf *pdu, const struct wr *w);
int att_indication_send(struct att_bearer *bearer, struct net_buf *pdu, const struct wr *w);

// What this side offers in an exchange: the same value in both directions (3.4.2.2).
uint16_t att_mtu_offer(struct att_bearer *bearer);

// An exchange ended: what holds from the next PDU on. Never less than before: both sides' values
// are the same in both directions of exchange (3.4.2.2), so a second one cannot shrink it.
void att_mtu_settle(struct att_bearer *bearer, uint16_t mtu);

// Row for l2cap_fixed[].
void att_recv(struct bt_conn *conn, struct net_buf *pdu);

// Row for acl_tx_free_hooks[]: responses and confirmations that found no buffer go now.
void att_tx_free(void);

// Row for conn_ups[], behind GATT's.
extern const struct conn_up att_conn_up;

#endif // BREEZE_SRC_ATT_BEARER_H_
