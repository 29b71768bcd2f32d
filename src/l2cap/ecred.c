// Enhanced credit based channels: up to five per request, and their reconfiguration (Vol 3, Part A,
// 4.25 to 4.28). The channels of one request share its identifier; the first of them owes it.
#include <errno.h>

#include "hci/hci.h"
#include "l2cap/coc.h"
#include "l2cap/l2cap.h"
#include "l2cap/sig.h"
#include "l2cap/state.h"

#define LOG_LAYER LOG_L2CAP
#include "base/log.h"

#define CONN_RTX_US   40000000LL
#define RECONF_RTX_US 30000000LL

#define MAX_PER_REQ BT_L2CAP_ECRED_CHAN_MAX_PER_REQ

// Results of a Credit Based Reconfigure Response (4.28).
#define RECONF_OK       0x0000
#define RECONF_BAD_MTU  0x0001
#define RECONF_BAD_MPS  0x0002
#define RECONF_BAD_DCID 0x0003
#define RECONF_OTHER    0x0004

static struct coc *next_of(const struct coc *of, struct coc *from)
{
    return coc_by_ident(of->conn, of->ident, from);
}

// ---- Requests of ours ---------------------------------------------------------------------------

uint8_t ecred_put_conn(struct coc *first, struct wr *w)
{
    uint16_t credits = UINT16_MAX;
    uint16_t mps = UINT16_MAX;
    struct coc *coc;
    for (coc = first; (coc = next_of(first, coc)) != NULL; coc++) {
        credits = MIN(credits, coc->rx_credits);
        mps = MIN(mps, coc->rx_mps);
    }
    wr_le16(w, first->psm);
    wr_le16(w, first->rx_mtu);
    wr_le16(w, mps);
    wr_le16(w, credits);
    for (coc = first; (coc = next_of(first, coc)) != NULL; coc++) {
        wr_le16(w, coc_cid(coc));
        // One value for all: who wants more gives it when the channel is open.
        coc->give = (uint16_t)(coc->give + coc->rx_credits - credits);
        coc->rx_credits = credits;
        coc->rx_mps = mps;
    }
    coc_rtx_start(first, CONN_RTX_US);
    for (coc = first + 1; (coc = next_of(first, coc)) != NULL; coc++) {
        coc_rtx_start(coc, CONN_RTX_US);
    }
    return SIG_CREDIT_CONN_REQ;
}

static int list_len(struct bt_l2cap_chan **chans)
{
    int n = 0;
    while (chans && n < MAX_PER_REQ && chans[n]) {
        n++;
    }
    return n;
}

static void drop_all(struct coc **slots, int count)
{
    while (count--) {
        coc_drop(slots[count]);
    }
}

static int take_all(struct bt_conn *conn, struct bt_l2cap_chan **chans, int count,
                    struct coc **slots)
{
    for (int i = 0; i < count; i++) {
        int err = coc_take(&slots[i], conn, chans[i], true, COC_CONNECTING);
        if (!err && slots[i]->rx_mtu != slots[0]->rx_mtu) {
            coc_drop(slots[i]);
            err = -EINVAL;
        }
        if (err) {
            drop_all(slots, i);
            return err;
        }
    }
    return 0;
}

static void sort(struct coc **slots, int count)
{
    for (int i = 1; i < count; i++) {
        for (int k = i; k > 0 && slots[k] < slots[k - 1]; k--) {
            struct coc *coc = slots[k];
            slots[k] = slots[k - 1];
            slots[k - 1] = coc;
        }
    }
}

int bt_l2cap_ecred_chan_connect(struct bt_conn *conn, struct bt_l2cap_chan **chans, uint16_t psm)
{
    struct coc *slots[MAX_PER_REQ] = {NULL};
    int count = list_len(chans);
    if (!conn || !count || !psm || psm > 0xff) {
        return -EINVAL;
    }
    if (!conn_is_up(conn)) {
        return -ENOTCONN;
    }
    int err = take_all(conn, chans, count, slots);
    if (err) {
        return err;
    }
    sort(slots, count);
    bt_security_t level = BT_SECURITY_L0;
    uint8_t ident = sig_ident(conn);
    for (int i = 0; i < count; i++) {
        slots[i]->psm = psm;
        slots[i]->ident = ident;
        level = MAX(level, slots[i]->le->required_sec_level);
        coc_show(slots[i]);
    }
    err = coc_ask(slots[0], level);
    if (err) {
        drop_all(slots, count);
    }
    return err;
}

// One channel of a response; dcid 0: it was refused.
static void opened(struct coc *coc, uint16_t dcid, uint16_t mtu, uint16_t mps, uint16_t credits)
{
    bool closing = coc->state == COC_CLOSING;
    bool valid = dcid >= L2CAP_CID_DYNAMIC && dcid <= L2CAP_CID_DYNAMIC_END &&
                 !coc_by_peer_cid(coc->conn, dcid) && mtu >= BT_L2CAP_ECRED_MIN_MTU &&
                 mps >= BT_L2CAP_ECRED_MIN_MPS;
    coc_rtx_stop(coc);
    if (!valid) {
        coc_close(coc);
        return;
    }
    coc_open(coc, dcid, mtu, mps, credits);
    if (closing) {
        post_clear(&coc->post);
        coc_disconnect(coc);
    }
}

static bool waits(const struct coc *coc)
{
    return coc->ecred && !coc->tx_cid && coc_is_out(coc) &&
           (coc->state == COC_CONNECTING || coc->state == COC_CLOSING);
}

// A response that is too short refuses the channels that it does not name; a result that concerns all
// refuses all, whatever it names (4.26).
void sig_on_credit_conn_rsp(struct sig_cmd *cmd)
{
    uint16_t mtu = rd_le16(&cmd->data);
    uint16_t mps = rd_le16(&cmd->data);
    uint16_t credits = rd_le16(&cmd->data);
    uint16_t result = rd_le16(&cmd->data);
    struct coc *coc = coc_by_ident(cmd->conn, cmd->ident, coc_run.chans);
    if (!coc || !waits(coc)) {
        sig_ignore(cmd);
        return;
    }
    if (rd_ok(&cmd->data) && coc_ask_again(coc, result)) {
        return;
    }
    bool all = result == COC_NO_SPSM || (result >= COC_NO_AUTHEN && result <= COC_NO_ENCRYPTION) ||
               result >= COC_BAD_PARAMS || !rd_ok(&cmd->data);
    while (coc) {
        uint16_t dcid = rd_le16(&cmd->data);
        coc->refused = (uint8_t)result;
        opened(coc, all || !rd_ok(&cmd->data) ? 0 : dcid, mtu, mps, credits);
        coc = coc_by_ident(cmd->conn, cmd->ident, coc + 1);
    }
}

// ---- Requests of the peer -----------------------------------------------------------------------

struct request {
    uint16_t psm;
    uint16_t mtu;
    uint16_t mps;
    uint16_t credits;
    size_t count;
    uint16_t scids[MAX_PER_REQ];
};

// A result that concerns all channels of the request, before anybody is asked.
static uint16_t check(struct sig_cmd *cmd, const struct request *req,
                      struct bt_l2cap_server **server)
{
    *server = coc_server(req->psm);
    if (!*server) {
        return COC_NO_SPSM;
    }
    if (req->mtu < BT_L2CAP_ECRED_MIN_MTU || req->mps < BT_L2CAP_ECRED_MIN_MPS || !req->credits) {
        return COC_BAD_PARAMS;
    }
    return coc_lacks(cmd->conn, (*server)->sec_level);
}

// One value of MTU, MPS and credits holds for all channels accepted: the least.
static void level(struct coc **slots, size_t count, struct request *ours)
{
    *ours = (struct request){.mtu = UINT16_MAX, .mps = UINT16_MAX, .credits = UINT16_MAX};
    for (size_t i = 0; i < count; i++) {
        if (slots[i]) {
            ours->mtu = MIN(ours->mtu, slots[i]->rx_mtu);
            ours->mps = MIN(ours->mps, slots[i]->rx_mps);
            ours->credits = MIN(ours->credits, slots[i]->rx_credits);
            ours->count++;
        }
    }
    if (!ours->count) {
        *ours = (struct request){0};
    }
}

static void open_all(struct coc **slots, const struct request *req, const struct request *ours)
{
    for (size_t i = 0; i < req->count; i++) {
        struct coc *coc = slots[i];
        if (!coc) {
            continue;
        }
        coc->give = (uint16_t)(coc->rx_credits - ours->credits);
        coc->rx_credits = ours->credits;
        coc->rx_mtu = ours->mtu;
        coc->rx_mps = ours->mps;
        coc_open(coc, req->scids[i], req->mtu, req->mps, req->credits);
    }
}

void sig_on_credit_conn_req(struct sig_cmd *cmd)
{
    struct request req = {.psm = rd_le16(&cmd->data)};
    req.mtu = rd_le16(&cmd->data);
    req.mps = rd_le16(&cmd->data);
    req.credits = rd_le16(&cmd->data);
    req.count = rd_left(&cmd->data) / 2;
    if (!rd_ok(&cmd->data) || (rd_left(&cmd->data) & 1) || !req.count || req.count > MAX_PER_REQ) {
        sig_reject(cmd, REJECT_NOT_UNDERSTOOD);
        return;
    }
    struct bt_l2cap_server *server;
    uint16_t result = check(cmd, &req, &server);
    struct coc *slots[MAX_PER_REQ] = {NULL};
    bool all = result != COC_OK;
    coc_run.asked = (struct breeze_l2cap_asked){.mtu = req.mtu, .mps = req.mps};
    for (size_t i = 0; i < req.count; i++) {
        req.scids[i] = rd_le16(&cmd->data);
        uint16_t one = all ? result : coc_accept(cmd->conn, server, req.scids[i], true, &slots[i]);
        result = one ? one : result;
        if (slots[i]) {
            slots[i]->tx_cid = req.scids[i]; // So that a second one of the same is seen.
        }
        server = all ? server : coc_server(req.psm); // accept() may have unregistered it.
        all = all || !server;
    }
    struct request ours;
    level(slots, req.count, &ours);
    open_all(slots, &req, &ours);
    cmd->opened = ours.count > 0;
    cmd->out_code = SIG_CREDIT_CONN_RSP;
    wr_le16(&cmd->out, ours.mtu);
    wr_le16(&cmd->out, ours.mps);
    wr_le16(&cmd->out, ours.credits);
    wr_le16(&cmd->out, all && !result ? COC_NO_RESOURCES : result);
    for (size_t i = 0; i < req.count; i++) {
        wr_le16(&cmd->out, slots[i] ? coc_cid(slots[i]) : 0);
    }
}

// ---- Reconfiguration ----------------------------------------------------------------------------

uint8_t ecred_put_reconf(struct coc *first, struct wr *w)
{
    wr_le16(w, first->next_mtu);
    wr_le16(w, first->next_mps);
    for (struct coc *coc = first; (coc = next_of(first, coc)) != NULL; coc++) {
        wr_le16(w, coc_cid(coc));
    }
    return SIG_RECONF_REQ;
}

// The slots of channels that may be reconfigured together; their number, or an error.
static int reconf_slots(struct bt_l2cap_chan **chans, int count, struct coc **slots)
{
    for (int i = 0; i < count; i++) {
        struct coc *coc = coc_of(chans[i]);
        if (!coc || coc->state != COC_OPEN) {
            return -ENOTCONN;
        }
        if (coc->ident) {
            return -EBUSY;
        }
        slots[i] = coc;
        if (!coc->ecred || coc->conn != slots[0]->conn) {
            return -EINVAL;
        }
        for (int k = 0; k < i; k++) {
            if (slots[k] == coc) {
                return -EINVAL;
            }
        }
    }
    return count ? count : -EINVAL;
}

static int reconf(struct coc **slots, int count, uint16_t mtu, uint16_t mps)
{
    for (int i = 0; i < count; i++) {
        if (mtu < slots[i]->rx_mtu || (count > 1 && mps < slots[i]->rx_mps) ||
            !coc_can_take(slots[i], mtu, mps)) {
            return -EINVAL;
        }
    }
    sort(slots, count);
    uint8_t ident = sig_ident(slots[0]->conn);
    for (int i = 0; i < count; i++) {
        slots[i]->next_mtu = mtu;
        slots[i]->next_mps = mps;
        coc_rtx_start(slots[i], RECONF_RTX_US);
        slots[i]->ident = ident;
        coc_show(slots[i]);
    }
    coc_owe(slots[0], COC_OWE_RECONF);
    return 0;
}

int bt_l2cap_ecred_chan_reconfigure(struct bt_l2cap_chan **chans, uint16_t mtu)
{
    struct coc *slots[MAX_PER_REQ] = {NULL};
    int count = reconf_slots(chans, list_len(chans), slots);
    int mps = 0;
    for (int i = 0; i < count; i++) {
        const struct bt_l2cap_chan_ops *ops = slots[i]->le->chan.ops;
        bool one_frame = !ops->alloc_buf && !ops->seg_recv;
        int most = one_frame ? BT_L2CAP_RX_MTU : CONFIG_BREEZE_L2CAP_MPS;
        mps = MAX(mps, MAX(slots[i]->rx_mps, MIN(mtu + BT_L2CAP_SDU_HDR_SIZE, most)));
    }
    return count < 0 ? count : reconf(slots, count, mtu, (uint16_t)mps);
}

int bt_l2cap_ecred_chan_reconfigure_explicit(struct bt_l2cap_chan **chans, size_t chan_count,
                                             uint16_t mtu, uint16_t mps)
{
    struct coc *slots[MAX_PER_REQ] = {NULL};
    if (!chans || chan_count > MAX_PER_REQ) {
        return -EINVAL;
    }
    int count = reconf_slots(chans, (int)chan_count, slots);
    return count < 0 ? count : reconf(slots, count, mtu, mps);
}

void sig_on_reconf_rsp(struct sig_cmd *cmd)
{
    uint16_t result = rd_le16(&cmd->data);
    struct coc *coc = coc_by_ident(cmd->conn, cmd->ident, coc_run.chans);
    if (!coc || coc->state != COC_OPEN || !coc->next_mtu || (coc->owe & COC_OWE_RECONF)) {
        sig_ignore(cmd);
        return;
    }
    for (; coc; coc = coc_by_ident(cmd->conn, cmd->ident, coc + 1)) {
        if (result == RECONF_OK) {
            coc->rx_mtu = coc->next_mtu;
            coc->rx_mps = coc->next_mps;
        }
        coc->next_mtu = 0;
        coc_rtx_stop(coc);
        coc_show(coc);
        post_set(&coc->post, COC_POST_RECONFIGURED);
    }
}

// 4.27: an MTU never shrinks, an MPS only of a single channel.
static uint16_t reconf_check(struct coc **slots, size_t count, uint16_t mtu, uint16_t mps)
{
    for (size_t i = 0; i < count; i++) {
        if (!slots[i] || !slots[i]->ecred || slots[i]->state != COC_OPEN) {
            return RECONF_BAD_DCID;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (mtu < slots[i]->tx_mtu) {
            return RECONF_BAD_MTU;
        }
        if (count > 1 && mps < slots[i]->tx_mps) {
            return RECONF_BAD_MPS;
        }
    }
    return RECONF_OK;
}

void sig_on_reconf_req(struct sig_cmd *cmd)
{
    uint16_t mtu = rd_le16(&cmd->data);
    uint16_t mps = rd_le16(&cmd->data);
    size_t count = rd_left(&cmd->data) / 2;
    if (!rd_ok(&cmd->data) || (rd_left(&cmd->data) & 1) || !count || count > MAX_PER_REQ) {
        sig_reject(cmd, REJECT_NOT_UNDERSTOOD);
        return;
    }
    struct coc *slots[MAX_PER_REQ];
    for (size_t i = 0; i < count; i++) {
        slots[i] = coc_by_peer_cid(cmd->conn, rd_le16(&cmd->data));
    }
    uint16_t result = mtu < BT_L2CAP_ECRED_MIN_MTU || mps < BT_L2CAP_ECRED_MIN_MPS
                          ? RECONF_OTHER
                          : reconf_check(slots, count, mtu, mps);
    for (size_t i = 0; !result && i < count; i++) {
        slots[i]->tx_mtu = mtu;
        slots[i]->tx_mps = mps;
        coc_show(slots[i]);
        post_set(&slots[i]->post, COC_POST_RECONFIGURED);
    }
    cmd->out_code = SIG_RECONF_RSP;
    wr_le16(&cmd->out, result);
}
