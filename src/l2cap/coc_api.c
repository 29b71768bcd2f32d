// Channels as the application has them (zephyr/bluetooth/l2cap.h).
#include <errno.h>

#include "l2cap/coc.h"
#include "l2cap/l2cap.h"
#include "l2cap/sig.h"
#include "l2cap/state.h"

#define PSM_MAX     0x00ff
#define PSM_DYNAMIC 0x0080

// ---- Servers ------------------------------------------------------------------------------------

static uint16_t psm_free(void)
{
    for (uint16_t psm = PSM_DYNAMIC; psm <= PSM_MAX; psm++) {
        if (!coc_server(psm)) {
            return psm;
        }
    }
    return 0;
}

int bt_l2cap_server_register(struct bt_l2cap_server *server)
{
    if (!server || !server->accept || server->psm > PSM_MAX || server->sec_level > BT_SECURITY_L4) {
        return -EINVAL;
    }
    if (sys_slist_find(&coc_reg.servers, &server->node, NULL) ||
        (server->psm && coc_server(server->psm))) {
        return -EADDRINUSE;
    }
    uint16_t psm = server->psm ? server->psm : psm_free();
    if (!psm) {
        return -EADDRINUSE;
    }
    server->psm = psm;
    server->sec_level = MAX(server->sec_level, BT_SECURITY_L1);
    sys_slist_append(&coc_reg.servers, &server->node);
    return 0;
}

int bt_l2cap_server_unregister(struct bt_l2cap_server *server)
{
    if (!server || !sys_slist_find_and_remove(&coc_reg.servers, &server->node)) {
        return -ENOENT;
    }
    return 0;
}

int breeze_l2cap_asked(struct breeze_l2cap_asked *asked)
{
    if (!coc_run.asked.cid) {
        return -EINVAL;
    }
    *asked = coc_run.asked;
    return 0;
}

// ---- Opening and closing ------------------------------------------------------------------------

int bt_l2cap_chan_connect(struct bt_conn *conn, struct bt_l2cap_chan *chan, uint16_t psm)
{
    struct coc *coc = NULL;
    if (!conn || !chan || !psm || psm > PSM_MAX) {
        return -EINVAL;
    }
    if (!conn_is_up(conn)) {
        return -ENOTCONN;
    }
    int err = coc_take(&coc, conn, chan, false, COC_CONNECTING);
    if (err) {
        return err;
    }
    coc->psm = psm;
    coc->ident = sig_ident(conn);
    coc_show(coc);
    err = coc_ask(coc, coc->le->required_sec_level);
    if (err) {
        coc_drop(coc);
    }
    return err;
}

int bt_l2cap_chan_disconnect(struct bt_l2cap_chan *chan)
{
    struct coc *coc = coc_of(chan);
    if (!coc) {
        return -ENOTCONN;
    }
    if (coc->state == COC_CLOSING || coc->state == COC_CLOSED) {
        return -EALREADY;
    }
    coc_disconnect(coc);
    return 0;
}

// ---- Data ---------------------------------------------------------------------------------------

int bt_l2cap_chan_send(struct bt_l2cap_chan *chan, struct net_buf *buf)
{
    if (!chan || !buf || !buf->len || buf->frags || buf->ref != 1 ||
        net_buf_headroom(buf) < BT_L2CAP_SDU_CHAN_SEND_RESERVE) {
        return -EINVAL;
    }
    struct coc *coc = coc_of(chan);
    if (!coc || coc->state == COC_CONNECTING) {
        return -ENOTCONN;
    }
    if (coc->state != COC_OPEN) {
        return -ESHUTDOWN;
    }
    if (buf->len > coc->tx_mtu) {
        return -EMSGSIZE;
    }
    net_buf_slist_put(&coc->tx_queue, buf);
    if (coc->tx_credits) {
        acl_pull(&coc->conn->acl);
    }
    return 0;
}

int bt_l2cap_chan_recv_complete(struct bt_l2cap_chan *chan, struct net_buf *buf)
{
    struct coc *coc = coc_of(chan);
    if (!coc || coc->state == COC_CLOSED) {
        return -ENOTCONN;
    }
    if (!buf || !coc->held) {
        return -EINVAL;
    }
    coc->held--;
    net_buf_unref(buf);
    if (coc->state == COC_OPEN) {
        coc_rx_refill(coc);
    }
    return 0;
}

// Credits for a channel that has no slot yet are kept where the first ones are read, in its object.
static int credits_ahead(struct bt_l2cap_chan *chan, uint16_t credits)
{
    struct bt_l2cap_le_chan *le = BT_L2CAP_LE_CHAN(chan);
    unsigned int sum = (unsigned int)atomic_get(&le->rx.credits) + credits;
    if (sum > UINT16_MAX) {
        return -EOVERFLOW;
    }
    atomic_set(&le->rx.credits, (atomic_val_t)sum);
    return 0;
}

int bt_l2cap_chan_give_credits(struct bt_l2cap_chan *chan, uint16_t additional_credits)
{
    if (!chan || !chan->ops || !chan->ops->seg_recv || !additional_credits) {
        return -EINVAL;
    }
    struct coc *coc = coc_of(chan);
    if (!coc) {
        return credits_ahead(chan, additional_credits);
    }
    if (coc->state != COC_OPEN && coc->state != COC_CONNECTING) {
        return -ENOTCONN;
    }
    if (coc->rx_credits + coc->give + additional_credits > UINT16_MAX) {
        return -EOVERFLOW;
    }
    if (coc->need || coc->owe & (COC_OWE_CONN | COC_OWE_ECRED)) {
        coc->rx_credits = (uint16_t)(coc->rx_credits + additional_credits);
        coc_show_credits(coc);
        return 0;
    }
    coc->give = (uint16_t)(coc->give + additional_credits);
    if (coc->state == COC_OPEN) {
        coc_owe(coc, COC_OWE_CREDITS);
    }
    return 0;
}
