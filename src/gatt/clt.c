// The engine of the GATT client; see clt.h. Every procedure ends exactly once, from the drain: by
// its answer, by the 30 s of the bearer, by the loss of the link; or it is withdrawn and never
// heard of.
//
// Invariants: `bearer->op` is the procedure whose request is under way on it (bearer->req_op is set),
// `link->op` the one whose answer is handled (link->handling). A withdrawn procedure leaves
// bearer->req_op behind; its answer is thrown away and only then the next request leaves there.
// Procedures that fill the server's queue of writes run one at a time on all bearers.
#include "gatt/clt.h"

#include <errno.h>

#include "att/pdu.h"

#define LOG_LAYER LOG_GATT
#include "base/log.h"

static const struct clt_proc *proc_of(const struct bt_gatt_op *op)
{
    return op->proc;
}

static void finish(struct bt_conn *conn, struct bt_gatt_op *op, uint8_t err)
{
    log_dbg("%u: %s ends: 0x%02x", conn->acl.handle, proc_of(op)->name, err);
    proc_of(op)->end(conn, op, err);
}

// From the list of those that ended: regularly, or with the error that stands in the op.
static void finish_ended(struct bt_conn *conn, struct bt_gatt_op *op)
{
    finish(conn, op, op->err);
}

// The bearer on which its request is under way; NULL.
static struct att_bearer *bearer_with(const struct bt_conn *conn, const struct bt_gatt_op *op)
{
    struct att_bearer *bearer = NULL;
    while ((bearer = att_bearer_next(conn, bearer)) != NULL && bearer->op != op) {
    }
    return bearer;
}

// The procedure of a bearer, which is off it now.
static struct bt_gatt_op *take_off(struct clt_link *link, struct att_bearer *bearer)
{
    struct bt_gatt_op *op = bearer->op;
    bearer->op = NULL;
    link->out -= op != NULL;
    return op;
}

// Is the procedure with any link, but for being handled right now.
static bool is_pending(const struct bt_gatt_op *op)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        struct clt_link *link = &clt_run.links[i];
        const sys_snode_t *node;
        if (link->out && bearer_with(conn_at(i), op)) {
            return true;
        }
        SYS_SLIST_FOR_EACH_NODE (&link->queue, node) {
            if (node == &op->node) {
                return true;
            }
        }
        SYS_SLIST_FOR_EACH_NODE (&link->ended, node) {
            if (node == &op->node) {
                return true;
            }
        }
    }
    return false;
}

int clt_start(struct bt_conn *conn, struct bt_gatt_op *op, const struct clt_proc *proc,
              void *params, uint16_t at, unsigned int opt)
{
    struct clt_link *link = conn ? clt_link_of(conn) : NULL;
    int err = att_opt_check(opt);
    if (err) {
        return err;
    }
    if (!att_mtu_of(conn, opt) || !gatt_link_of(conn)->open) {
        return -ENOTCONN;
    }
    if (is_pending(op)) {
        return -EBUSY;
    }
    if (link->op == op) {
        link->op = NULL; // Started anew from its own callback: the old procedure is over.
    }
    *op = (struct bt_gatt_op){.proc = proc, .params = params, .at = at, .opt = (uint8_t)opt};
    sys_slist_append(&link->queue, &op->node);
    clt_kick(conn);
    return 0;
}

// A procedure ends before its time: the server may hold pieces of what it wrote.
static void given_up(struct clt_link *link, const struct bt_gatt_op *op)
{
    if (proc_of(op)->queues && op->on) {
        link->queue_stale = true;
        link->stale_on = (uint8_t)(op->on - 1);
    }
}

bool clt_withdraw(struct bt_conn *conn, struct bt_gatt_op *op)
{
    struct clt_link *link = clt_link_of(conn);
    struct att_bearer *bearer = bearer_with(conn, op);
    if (bearer || link->op == op) {
        given_up(link, op);
        if (bearer) {
            (void)take_off(link, bearer);
        } else {
            link->op = NULL;
        }
        return true;
    }
    // One that waits between two requests is in the queue as well.
    if (sys_slist_find_and_remove(&link->queue, &op->node)) {
        given_up(link, op);
        return true;
    }
    return sys_slist_find_and_remove(&link->ended, &op->node);
}

static struct bt_gatt_op *op_of_params(const struct bt_conn *conn, const void *params)
{
    const struct clt_link *link = clt_link_of(conn);
    const struct att_bearer *bearer = NULL;
    struct bt_gatt_op *op;
    while ((bearer = att_bearer_next(conn, bearer)) != NULL) {
        op = bearer->op;
        if (op && op->params == params) {
            return op;
        }
    }
    if (link->op && link->op->params == params) {
        return link->op;
    }
    SYS_SLIST_FOR_EACH_CONTAINER (&link->queue, op, node) {
        if (op->params == params) {
            return op;
        }
    }
    return NULL;
}

void bt_gatt_cancel(struct bt_conn *conn, void *params)
{
    struct clt_link *link = clt_link_of(conn);
    struct bt_gatt_op *op = op_of_params(conn, params);
    if (op && clt_withdraw(conn, op)) {
        op->err = BT_ATT_ERR_UNLIKELY;
        sys_slist_append(&link->ended, &op->node);
        post_set(&gatt_link_of(conn)->post, GATT_POST_ENDED | GATT_POST_KICK);
    }
}

// Out of the queue, of which it is nearly always the head.
static void unqueue(struct clt_link *link, struct bt_gatt_op *op)
{
    if (sys_slist_peek_head(&link->queue) == &op->node) {
        (void)sys_slist_get(&link->queue);
    } else {
        (void)sys_slist_find_and_remove(&link->queue, &op->node);
    }
}

// One in the queue has nothing to ask: its end is told from the drain.
static void end_later(struct bt_conn *conn, struct bt_gatt_op *op)
{
    struct clt_link *link = clt_link_of(conn);
    unqueue(link, op);
    sys_slist_append(&link->ended, &op->node);
    post_set(&gatt_link_of(conn)->post, GATT_POST_ENDED);
}

// Have the server forget the pieces of a write that was given up (Vol 3, Part F, 3.4.6.3). Its
// answer belongs to no procedure. False: not now.
static bool queue_cancel(struct clt_link *link, struct att_bearer *bearer)
{
    struct wr w;
    struct net_buf *pdu = att_pdu_alloc(bearer, &w);
    if (!pdu) {
        return false;
    }
    wr_u8(&w, ATT_EXECUTE_REQ);
    wr_u8(&w, ATT_EXECUTE_CANCEL);
    link->queue_stale = att_request_send(bearer, pdu, &w) != 0;
    return !link->queue_stale;
}

uint16_t clt_mtu(const struct bt_conn *conn, const struct bt_gatt_op *op)
{
    const struct att_bearer *bearer = att_bearer_of(conn);
    while (CONFIG_BT_EATT && bearer && bearer->index + 1 != op->on) {
        bearer = att_bearer_next(conn, bearer);
    }
    return bearer ? bearer->mtu : ATT_MTU_MIN;
}

// Could this procedure ever go on, on this bearer or (NULL) on any that is live.
static bool may_go(const struct bt_conn *conn, const struct bt_gatt_op *op,
                   const struct att_bearer *on)
{
    const struct att_bearer *bearer = NULL;
    while ((bearer = att_bearer_next(conn, bearer)) != NULL) {
        if (att_is_live(bearer) && (!on || on == bearer) && att_opt_allows(op->opt, bearer) &&
            (!op->on || op->on == bearer->index + 1)) {
            return true;
        }
    }
    return false;
}

// Does another procedure fill the server's queue of writes, or are pieces of one left in it.
static bool queue_taken(const struct bt_conn *conn, const struct bt_gatt_op *op)
{
    const struct clt_link *link = clt_link_of(conn);
    const struct att_bearer *bearer = NULL;
    const struct bt_gatt_op *other;
    while ((bearer = att_bearer_next(conn, bearer)) != NULL) {
        const struct bt_gatt_op *on_it = bearer->op;
        bool withdrawn = bearer->req_op == ATT_PREPARE_REQ || bearer->req_op == ATT_EXECUTE_REQ;
        if (on_it ? proc_of(on_it)->queues : withdrawn) {
            return true;
        }
    }
    SYS_SLIST_FOR_EACH_CONTAINER (&link->queue, other, node) {
        if (other != op && other->on && proc_of(other)->queues) {
            return true;
        }
    }
    return link->queue_stale;
}

// The first in the queue that may use this bearer now.
static struct bt_gatt_op *next_op(const struct bt_conn *conn, const struct att_bearer *bearer)
{
    struct clt_link *link = clt_link_of(conn);
    struct bt_gatt_op *op;
    if (!CONFIG_BT_EATT) {
        sys_snode_t *head = sys_slist_peek_head(&link->queue);
        return head ? CONTAINER_OF(head, struct bt_gatt_op, node) : NULL;
    }
    SYS_SLIST_FOR_EACH_CONTAINER (&link->queue, op, node) {
        if (may_go(conn, op, bearer) && !(proc_of(op)->queues && queue_taken(conn, op))) {
            return op;
        }
    }
    return NULL;
}

// The request does not fit this bearer: wait for a larger one, or (true) end where there is none.
static bool too_small(struct bt_conn *conn, const struct att_bearer *bearer, struct bt_gatt_op *op)
{
    if (bearer->mtu < att_mtu_of(conn, op->opt)) {
        return false;
    }
    op->err = BT_ATT_ERR_UNLIKELY;
    end_later(conn, op);
    return true;
}

// Send the next request on a bearer that has none under way. False: not now.
static bool send_next(struct bt_conn *conn, struct clt_link *link, struct att_bearer *bearer)
{
    struct bt_gatt_op *op = next_op(conn, bearer);
    struct wr w;
    struct net_buf *pdu = op ? att_pdu_alloc(bearer, &w) : NULL;
    if (!pdu) {
        return false; // Nothing to do, or again when a buffer is free.
    }
    uint8_t kept_to = op->on;
    op->on = (uint8_t)(bearer->index + 1);
    if (!proc_of(op)->build(conn, op, &w)) {
        net_buf_unref(pdu);
        end_later(conn, op);
        return true;
    }
    if (CONFIG_BT_EATT && !wr_ok(&w)) {
        net_buf_unref(pdu);
        op->on = kept_to;
        return too_small(conn, bearer, op);
    }
    if (att_request_send(bearer, pdu, &w)) {
        return false; // The link is going down, which will end it.
    }
    unqueue(link, op);
    bearer->op = op;
    link->out++;
    return true;
}

// Send the next requests where they may be sent. Never calls the application.
void clt_kick(struct bt_conn *conn)
{
    struct clt_link *link = clt_link_of(conn);
    struct att_bearer *bearer = NULL;
    if (sys_slist_is_empty(&link->queue) && !link->queue_stale) {
        return;
    }
    while ((bearer = att_bearer_next(conn, bearer)) != NULL) {
        if (!att_is_live(bearer) || bearer->req_op) {
            continue;
        }
        if (link->queue_stale && link->stale_on == bearer->index && !queue_cancel(link, bearer)) {
            continue;
        }
        while (!bearer->req_op && !link->handling && !link->raising &&
               send_next(conn, link, bearer)) {
            // It ended without a request.
        }
    }
}

void clt_ended(struct bt_conn *conn)
{
    struct clt_link *link = clt_link_of(conn);
    sys_snode_t *last = sys_slist_peek_tail(&link->ended);
    sys_snode_t *node = NULL;
    while (node != last && (node = sys_slist_get(&link->ended)) != NULL) {
        finish_ended(conn, CONTAINER_OF(node, struct bt_gatt_op, node));
    }
    if (!sys_slist_is_empty(&link->ended)) {
        post_set(&gatt_link_of(conn)->post, GATT_POST_ENDED);
    }
}

// The first in the queue that no live bearer can carry.
static struct bt_gatt_op *stranded(const struct bt_conn *conn)
{
    struct bt_gatt_op *op;
    SYS_SLIST_FOR_EACH_CONTAINER (&clt_link_of(conn)->queue, op, node) {
        if (!may_go(conn, op, NULL)) {
            return op;
        }
    }
    return NULL;
}

// End what was under way on a bearer that is dead, and what waits for no other.
static void bearer_sweep(struct bt_conn *conn, struct att_bearer *bearer)
{
    struct clt_link *link = clt_link_of(conn);
    struct bt_gatt_op *op = take_off(link, bearer);
    if (op) {
        given_up(link, op);
        finish(conn, op, BT_ATT_ERR_UNLIKELY);
    }
    while ((op = stranded(conn)) != NULL) {
        (void)sys_slist_find_and_remove(&link->queue, &op->node);
        given_up(link, op);
        finish(conn, op, BT_ATT_ERR_UNLIKELY);
    }
    if (link->stale_on == bearer->index) {
        link->stale_on = 0; // The queue is the client's, not the bearer's.
    }
}

static void ops_sweep(struct bt_conn *conn)
{
    struct clt_link *link = clt_link_of(conn);
    struct bt_gatt_op *op = link->op;
    struct att_bearer *bearer = NULL;
    sys_snode_t *node;
    link->op = NULL;
    if (op) {
        finish(conn, op, BT_ATT_ERR_UNLIKELY);
    }
    while ((bearer = att_bearer_next(conn, bearer)) != NULL) {
        op = take_off(link, bearer);
        if (op) {
            finish(conn, op, BT_ATT_ERR_UNLIKELY);
        }
    }
    while ((node = sys_slist_get(&link->queue)) != NULL) {
        finish(conn, CONTAINER_OF(node, struct bt_gatt_op, node), BT_ATT_ERR_UNLIKELY);
    }
    while ((node = sys_slist_get(&link->ended)) != NULL) {
        finish_ended(conn, CONTAINER_OF(node, struct bt_gatt_op, node));
    }
}

// Hand the answer to the procedure; what it says about going on.
static int handle(struct bt_conn *conn, struct clt_link *link, struct bt_gatt_op *op, uint8_t err,
                  struct rd *params)
{
    if (err) {
        return proc_of(op)->on_err ? proc_of(op)->on_err(op, err) : err;
    }
    link->op = op;
    link->handling = true;
    int next = proc_of(op)->on_rsp(conn, op, params);
    link->handling = false;
    next = link->op == op ? next : CLT_GONE;
    link->op = NULL;
    return next;
}

// Refused for want of security: get more, if that is wanted and can be begun; the request is asked
// again then.
static bool raised(struct bt_conn *conn, struct clt_link *link, struct bt_gatt_op *op, uint8_t err)
{
    if (!gatt_reg.raise ||
        (err != BT_ATT_ERR_AUTHENTICATION && err != BT_ATT_ERR_INSUFFICIENT_ENCRYPTION)) {
        return false;
    }
    bt_security_t level = bt_conn_get_security(conn);
    int result = level < BT_SECURITY_L4 ? bt_conn_set_security(conn, level + 1) : -EINVAL;
    if (result && result != -EBUSY) {
        return false;
    }
    link->raising = op;
    link->raising_err = err;
    sys_slist_prepend(&link->queue, &op->node);
    return true;
}

void clt_security(struct bt_conn *conn, enum bt_security_err err)
{
    struct clt_link *link = clt_link_of(conn);
    struct bt_gatt_op *op = link->raising;
    link->raising = NULL;
    // It may have been cancelled meanwhile.
    if (op && err && sys_slist_find_and_remove(&link->queue, &op->node)) {
        finish(conn, op, link->raising_err);
    }
    if (op) {
        clt_kick(conn);
    }
}

void clt_response(struct att_bearer *bearer, uint8_t req_op, uint8_t err, struct rd *params)
{
    struct bt_conn *conn = bearer->conn;
    struct clt_link *link = clt_link_of(conn);
    struct bt_gatt_op *op = take_off(link, bearer);
    if (op && err && raised(conn, link, op, err)) {
        return;
    }
    int next = op ? handle(conn, link, op, err, params) : CLT_GONE;
    if (next < CLT_MORE && next != CLT_DONE && req_op != ATT_EXECUTE_REQ) {
        given_up(link, op);
    }
    if (next == CLT_MORE) {
        sys_slist_prepend(&link->queue, &op->node);
    } else if (next < CLT_MORE) {
        finish(conn, op, (uint8_t)next);
    }
    if (bearer->dead) {
        bearer_sweep(conn, bearer);
    }
    clt_kick(conn);
}

void clt_closed(struct att_bearer *bearer)
{
    bearer_sweep(bearer->conn, bearer);
    clt_kick(bearer->conn);
}

void clt_sweep(struct bt_conn *conn)
{
    clt_link_of(conn)->queue_stale = false;
    clt_link_of(conn)->raising = NULL;
    ops_sweep(conn);
    clt_subs_sweep(conn);
}
