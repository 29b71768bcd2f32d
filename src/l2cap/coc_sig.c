// Signalling of credit based channels: connecting, credits, disconnecting (Vol 3, Part A, 4.6, 4.7,
// 4.22 to 4.24). Requests of ours are written here when the ACL layer has room for them (coc.h). A
// response counts only for the request with its identifier that is out (hostile 21, 23).
#include <errno.h>

#include "hci/hci.h"
#include "l2cap/coc.h"
#include "l2cap/l2cap.h"
#include "l2cap/sig.h"
#include "l2cap/state.h"

#define LOG_LAYER LOG_L2CAP
#include "base/log.h"

// RTX of a connection request, which may need a user's decision at the other end (6.2.2).
#define CONN_RTX_US 40000000LL

// ---- What we owe --------------------------------------------------------------------------------

static uint8_t put_conn(struct coc *coc, struct wr *w)
{
    wr_le16(w, coc->psm);
    wr_le16(w, coc_cid(coc));
    wr_le16(w, coc->rx_mtu);
    wr_le16(w, coc->rx_mps);
    wr_le16(w, coc->rx_credits);
    coc_rtx_start(coc, CONN_RTX_US);
    return SIG_LE_CONN_REQ;
}

static uint8_t put_disc(struct coc *coc, struct wr *w)
{
    wr_le16(w, coc->tx_cid);
    wr_le16(w, coc_cid(coc));
    return SIG_DISC_REQ;
}

static uint8_t put_credits(struct coc *coc, struct wr *w)
{
    wr_le16(w, coc_cid(coc));
    wr_le16(w, coc->give);
    coc->rx_credits = (uint16_t)(coc->rx_credits + coc->give);
    coc->give = 0;
    atomic_set(&coc->le->rx.credits, coc->rx_credits);
    return SIG_LE_CREDITS;
}

static const struct {
    uint8_t owe;
    uint8_t (*put)(struct coc *coc, struct wr *w);
} owed[] = {
    {COC_OWE_CONN, put_conn},       {COC_OWE_ECRED, ecred_put_conn},    {COC_OWE_DISC, put_disc},
    {COC_OWE_CREDITS, put_credits}, {COC_OWE_RECONF, ecred_put_reconf},
};

uint8_t coc_put_owed(struct coc *coc, struct wr *w, uint8_t *ident)
{
    size_t i = 0;
    while (!(coc->owe & owed[i].owe)) {
        i++;
    }
    coc->owe &= (uint8_t)~owed[i].owe;
    *ident = owed[i].owe == COC_OWE_CREDITS ? sig_ident(coc->conn) : coc->ident;
    return owed[i].put(coc, w);
}

// ---- Servers ------------------------------------------------------------------------------------

struct bt_l2cap_server *coc_server(uint16_t psm)
{
    struct bt_l2cap_server *server;
    SYS_SLIST_FOR_EACH_CONTAINER (&coc_reg.servers, server, node) {
        if (server->psm == psm) {
            return server;
        }
    }
    return NULL;
}

static uint16_t refusal(int err)
{
    switch (err) {
    case -ENOMEM:
        return COC_NO_RESOURCES;
    case -EACCES:
        return COC_NO_AUTHOR;
    case -EPERM:
        return COC_KEY_SIZE;
    default:
        return COC_BAD_PARAMS;
    }
}

uint16_t coc_accept(struct bt_conn *conn, struct bt_l2cap_server *server, uint16_t scid, bool ecred,
                    struct coc **to)
{
    if (scid < L2CAP_CID_DYNAMIC || scid > L2CAP_CID_DYNAMIC_END) {
        return COC_BAD_SCID;
    }
    if (coc_by_peer_cid(conn, scid)) {
        return COC_SCID_TAKEN;
    }
    struct coc *unused = coc_unused();
    if (!unused) {
        return COC_NO_RESOURCES;
    }
    struct bt_l2cap_chan *chan = NULL;
    uint16_t psm = server->psm; // It may be gone after the call.
    coc_run.asked.cid = coc_cid(unused);
    int err = server->accept(conn, server, &chan);
    coc_run.asked.cid = 0;
    if (err) {
        return refusal(err);
    }
    err = coc_take(to, conn, chan, ecred, COC_CONNECTING);
    if (err) {
        log_wrn("%u: the accepted channel is unusable: %d", conn->acl.handle, err);
        return err == -ENOMEM || err == -EBUSY ? COC_NO_RESOURCES : COC_BAD_PARAMS;
    }
    (*to)->psm = psm;
    coc_show(*to);
    return COC_OK;
}

// Channel, parameters and who listens, in the order of Zephyr.
static uint16_t le_conn(struct sig_cmd *cmd, struct coc **coc)
{
    uint16_t psm = rd_le16(&cmd->data);
    uint16_t scid = rd_le16(&cmd->data);
    uint16_t mtu = rd_le16(&cmd->data);
    uint16_t mps = rd_le16(&cmd->data);
    uint16_t credits = rd_le16(&cmd->data);
    struct bt_l2cap_server *server = coc_server(psm);
    if (!server) {
        return COC_NO_SPSM;
    }
    if (mtu < COC_MIN_MTU || mps < COC_MIN_MTU) {
        return COC_BAD_PARAMS;
    }
    uint16_t result = coc_lacks(cmd->conn, server->sec_level);
    if (result) {
        return result;
    }
    coc_run.asked = (struct breeze_l2cap_asked){.mtu = mtu, .mps = mps};
    result = coc_accept(cmd->conn, server, scid, false, coc);
    if (!result) {
        coc_open(*coc, scid, mtu, mps, credits);
    }
    return result;
}

void sig_on_le_conn_req(struct sig_cmd *cmd)
{
    struct coc *coc = NULL;
    uint16_t result = le_conn(cmd, &coc);
    cmd->out_code = SIG_LE_CONN_RSP;
    cmd->opened = !result;
    wr_le16(&cmd->out, coc ? coc_cid(coc) : 0);
    wr_le16(&cmd->out, coc ? coc->rx_mtu : 0);
    wr_le16(&cmd->out, coc ? coc->rx_mps : 0);
    wr_le16(&cmd->out, coc ? coc->rx_credits : 0);
    wr_le16(&cmd->out, result);
}

// ---- Responses ----------------------------------------------------------------------------------

void sig_on_le_conn_rsp(struct sig_cmd *cmd)
{
    uint16_t dcid = rd_le16(&cmd->data);
    uint16_t mtu = rd_le16(&cmd->data);
    uint16_t mps = rd_le16(&cmd->data);
    uint16_t credits = rd_le16(&cmd->data);
    uint16_t result = rd_le16(&cmd->data);
    struct coc *coc = coc_by_ident(cmd->conn, cmd->ident, coc_run.chans);
    bool waits = coc && !coc->ecred && !coc->tx_cid && coc_is_out(coc);
    if (!waits || (coc->state != COC_CONNECTING && coc->state != COC_CLOSING)) {
        sig_ignore(cmd);
        return;
    }
    bool valid = dcid >= L2CAP_CID_DYNAMIC && dcid <= L2CAP_CID_DYNAMIC_END &&
                 !coc_by_peer_cid(cmd->conn, dcid) && mtu >= COC_MIN_MTU && mps >= COC_MIN_MTU;
    bool closing = coc->state == COC_CLOSING;
    if (coc_ask_again(coc, result)) {
        return;
    }
    coc_rtx_stop(coc);
    if (result || !valid) {
        log_inf("%u: channel refused: %u", cmd->conn->acl.handle, result);
        coc_close(coc);
        return;
    }
    coc_open(coc, dcid, mtu, mps, credits);
    if (closing) { // bt_l2cap_chan_disconnect() was called before it was open.
        post_clear(&coc->post);
        coc_disconnect(coc);
    }
}

void sig_on_le_credits(struct sig_cmd *cmd)
{
    uint16_t cid = rd_le16(&cmd->data);
    uint16_t credits = rd_le16(&cmd->data);
    struct coc *coc = coc_by_peer_cid(cmd->conn, cid);
    if (!coc || coc->state != COC_OPEN || !credits) {
        sig_ignore(cmd); // Of no channel, or of one that has just been closed (4.24).
        return;
    }
    if (coc->tx_credits + credits > UINT16_MAX) {
        log_wrn("%u: channel 0x%04x: too many credits", cmd->conn->acl.handle, coc_cid(coc));
        coc_disconnect(coc);
        return;
    }
    if (!coc->tx_credits) {
        post_set(&coc->post, COC_POST_STATUS);
    }
    coc->tx_credits = (uint16_t)(coc->tx_credits + credits);
    atomic_set(&coc->le->tx.credits, coc->tx_credits);
    acl_pull(&cmd->conn->acl);
}

void sig_on_disc_req(struct sig_cmd *cmd)
{
    uint16_t dcid = rd_le16(&cmd->data);
    uint16_t scid = rd_le16(&cmd->data);
    struct coc *coc = coc_by_cid(cmd->conn, dcid);
    if (!coc || coc->state == COC_CLOSED) {
        // The disputed channel is named as the sender of the reject sees it.
        sig_reject(cmd, REJECT_INVALID_CID);
        wr_le16(&cmd->out, dcid);
        wr_le16(&cmd->out, scid);
        return;
    }
    if (!scid || coc->tx_cid != scid) {
        sig_ignore(cmd); // 4.6: silently discarded.
        return;
    }
    cmd->out_code = SIG_DISC_RSP;
    wr_le16(&cmd->out, dcid);
    wr_le16(&cmd->out, scid);
    coc_close(coc);
}

void sig_on_disc_rsp(struct sig_cmd *cmd)
{
    uint16_t dcid = rd_le16(&cmd->data);
    uint16_t scid = rd_le16(&cmd->data);
    struct coc *coc = coc_by_cid(cmd->conn, scid);
    if (!coc || coc->state != COC_CLOSING || !dcid || coc->tx_cid != dcid ||
        coc->ident != cmd->ident) {
        sig_ignore(cmd);
        return;
    }
    coc_close(coc);
}

bool sig_on_coc_reject(struct sig_cmd *cmd)
{
    struct coc *coc = coc_by_ident(cmd->conn, cmd->ident, coc_run.chans);
    if (!coc || !coc_is_out(coc)) {
        return false;
    }
    for (; coc; coc = coc_by_ident(cmd->conn, cmd->ident, coc + 1)) {
        if (coc->state != COC_OPEN) {
            coc_close(coc); // The peer does not do this, or knows of no such channel.
        } else {
            coc_rtx_stop(coc);
            coc->next_mtu = 0;
            coc_show(coc);
            post_set(&coc->post, COC_POST_RECONFIGURED);
        }
    }
    return true;
}
