// The engine of the GATT client; see clt.h. Every procedure ends exactly once, from the drain: by
// its answer, by the 30 s of the bearer, by the loss of the link; or it is withdrawn and never
// heard of.
//
// Invariants: `link->op` is the procedure whose request is under way (bearer->req_op is set) or
// whose answer is handled (link->handling). A withdrawn procedure leaves bearer->req_op behind; its
// answer is thrown away and only then the next request leaves.
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

// Is the procedure with any link, but for being handled right now.
static bool is_pending(const struct bt_gatt_op *op)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        struct clt_link *link = &clt_run.links[i];
        const sys_snode_t *node;
        if (link->op == op && !link->handling) {
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
              void *params, uint16_t at)
{
    struct clt_link *link = conn ? clt_link_of(conn) : NULL;
    if (!att_bearer_live(conn) || !gatt_link_of(conn)->open) {
        return -ENOTCONN;
    }
    if (is_pending(op)) {
        return -EBUSY;
    }
    if (link->op == op) {
        link->op = NULL; // Started anew from its own callback: the old procedure is over.
    }
    *op = (struct bt_gatt_op){.proc = proc, .params = params, .at = at};
    sys_slist_append(&link->queue, &op->node);
    clt_kick(conn);
    return 0;
}

bool clt_withdraw(struct bt_conn *conn, struct bt_gatt_op *op)
{
    struct clt_link *link = clt_link_of(conn);
    if (link->op == op) {
        link->queue_stale = link->queue_stale || proc_of(op)->queues;
        link->op = NULL;
        return true;
    }
    // One that waits between two requests is in the queue as well.
    if (sys_slist_find_and_remove(&link->queue, &op->node)) {
        link->queue_stale = link->queue_stale || (proc_of(op)->queues && (op->at || op->stage));
        return true;
    }
    return sys_slist_find_and_remove(&link->ended, &op->node);
}

static struct bt_gatt_op *op_of_params(const struct clt_link *link, const void *params)
{
    struct bt_gatt_op *op;
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
    struct bt_gatt_op *op = op_of_params(link, params);
    if (op && clt_withdraw(conn, op)) {
        op->err = BT_ATT_ERR_UNLIKELY;
        sys_slist_append(&link->ended, &op->node);
        post_set(&gatt_link_of(conn)->post, GATT_POST_ENDED | GATT_POST_KICK);
    }
}

// The first in the queue has nothing to ask: its end is told from the drain.
static void end_later(struct bt_conn *conn, struct bt_gatt_op *op)
{
    struct clt_link *link = clt_link_of(conn);
    (void)sys_slist_get(&link->queue);
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

// Send the next request if one may be sent. Never calls the application.
void clt_kick(struct bt_conn *conn)
{
    struct clt_link *link = clt_link_of(conn);
    struct att_bearer *bearer = att_bearer_live(conn);
    if (bearer && link->queue_stale && !bearer->req_op && !queue_cancel(link, bearer)) {
        return;
    }
    while (bearer && !bearer->req_op && !link->op && !link->handling && !link->raising) {
        sys_snode_t *node = sys_slist_peek_head(&link->queue);
        struct wr w;
        struct net_buf *pdu = node ? att_pdu_alloc(bearer, &w) : NULL;
        if (!pdu) {
            return; // Nothing to do, or again when a buffer is free.
        }
        struct bt_gatt_op *op = CONTAINER_OF(node, struct bt_gatt_op, node);
        if (!proc_of(op)->build(conn, op, &w)) {
            net_buf_unref(pdu);
            end_later(conn, op);
        } else if (att_request_send(bearer, pdu, &w)) {
            return; // The link is going down, which will end it.
        } else {
            (void)sys_slist_get(&link->queue);
            link->op = op;
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

static void ops_sweep(struct bt_conn *conn)
{
    struct clt_link *link = clt_link_of(conn);
    struct bt_gatt_op *op = link->op;
    sys_snode_t *node;
    link->op = NULL;
    if (op) {
        finish(conn, op, BT_ATT_ERR_UNLIKELY);
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
    link->handling = true;
    int next = proc_of(op)->on_rsp(conn, op, params);
    link->handling = false;
    return link->op == op ? next : CLT_GONE;
}

// Refused for want of security: get more, if that is wanted and can be begun; the request is asked again
// then.
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
    link->op = NULL;
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

void clt_response(struct bt_conn *conn, uint8_t req_op, uint8_t err, struct rd *params)
{
    struct clt_link *link = clt_link_of(conn);
    struct bt_gatt_op *op = link->op;
    if (op && err && raised(conn, link, op, err)) {
        return;
    }
    int next = op ? handle(conn, link, op, err, params) : CLT_GONE;
    if (next != CLT_GONE) {
        link->op = NULL;
    }
    if (next < CLT_MORE && next != CLT_DONE && req_op != ATT_EXECUTE_REQ) {
        link->queue_stale = link->queue_stale || proc_of(op)->queues;
    }
    if (next == CLT_MORE) {
        sys_slist_prepend(&link->queue, &op->node);
    } else if (next < CLT_MORE) {
        finish(conn, op, (uint8_t)next);
    }
    const struct att_bearer *bearer = att_bearer_of(conn);
    if (!bearer || bearer->dead) {
        ops_sweep(conn);
    }
    clt_kick(conn);
}

void clt_sweep(struct bt_conn *conn)
{
    clt_link_of(conn)->queue_stale = false;
    clt_link_of(conn)->raising = NULL;
    ops_sweep(conn);
    clt_subs_sweep(conn);
}
