// The LE signalling channel (Vol 3, Part A, 4): one command per C-frame.
//
// Commands about channels are handled in coc_sig.c and ecred.c, or refused in coc_none.c as the
// specification says: by a result where the response has one. Exactly one answer per command; a
// reject, a response nobody waits for and a command with identifier 0 never get one. A command
// whose answer finds no buffer is parked whole and handled when a buffer is free; one per link,
// since a peer waits for its answer (what it sends meanwhile is dropped).
#include <errno.h>

#include <zephyr/bluetooth/conn.h>

#include "hci/hci.h"
#include "l2cap/coc.h"
#include "l2cap/l2cap.h"
#include "l2cap/sig.h"
#include "l2cap/state.h"

#define LOG_LAYER LOG_L2CAP
#include "base/log.h"

// Results of a Connection Parameter Update Response (4.21).
#define PARAM_ACCEPTED 0x0000
#define PARAM_REJECTED 0x0001

// Data of the longest answer: five channels (4.26).
#define SIG_DATA_MAX 18

// RTX of a request whose response may need a user's decision (6.2.1).
#define RTX_US (30 * 1000000LL)

struct sig_row {
    uint8_t code;
    bool request; // A malformed one is rejected as "not understood"; anything else is dropped.
    int8_t len;   // Exact length of the data, -1 any.
    void (*fn)(struct sig_cmd *cmd);
};

void sig_reject(struct sig_cmd *cmd, uint16_t reason)
{
    cmd->out_code = SIG_REJECT;
    wr_le16(&cmd->out, reason);
}

void sig_ignore(struct sig_cmd *cmd)
{
    (void)cmd;
    hci_stats()->l2cap_dropped++;
}

// Our own request was refused wholesale.
static void on_reject(struct sig_cmd *cmd)
{
    if (!cmd->link->pending || cmd->link->pending != cmd->ident) {
        if (!sig_on_coc_reject(cmd)) {
            sig_ignore(cmd);
        }
        return;
    }
    log_inf("%u: parameter update request rejected", cmd->conn->acl.handle);
    conn_param_failed(cmd->conn, BT_HCI_ERR_UNSUPP_REMOTE_FEATURE);
    cmd->link->pending = 0;
    loop_timer_stop(&cmd->link->timer);
}

// Ranges of Vol 4, Part E, 7.8.18; the time-out must outlast two intervals with full latency.
static bool param_valid(const struct bt_le_conn_param *param)
{
    return param->interval_min >= 6 && param->interval_max <= 3200 &&
           param->interval_min <= param->interval_max && param->latency <= 499 &&
           param->timeout >= 10 && param->timeout <= 3200 &&
           4u * param->timeout > (1u + param->latency) * param->interval_max;
}

// Connection Parameter Update Request (4.20): only a peripheral may ask.
static void on_param_req(struct sig_cmd *cmd)
{
    struct bt_le_conn_param *param = &cmd->param;
    param->interval_min = rd_le16(&cmd->data);
    param->interval_max = rd_le16(&cmd->data);
    param->latency = rd_le16(&cmd->data);
    param->timeout = rd_le16(&cmd->data);
    if (cmd->conn->role != BT_CONN_ROLE_CENTRAL) {
        sig_reject(cmd, REJECT_NOT_UNDERSTOOD);
        return;
    }
    cmd->update = param_valid(param) && conn_param_ask(cmd->conn, param);
    cmd->out_code = SIG_PARAM_RSP;
    wr_le16(&cmd->out, cmd->update ? PARAM_ACCEPTED : PARAM_REJECTED);
}

static void on_param_rsp(struct sig_cmd *cmd)
{
    uint16_t result = rd_le16(&cmd->data);
    if (!cmd->link->pending || cmd->link->pending != cmd->ident) {
        sig_ignore(cmd);
        return;
    }
    cmd->link->pending = 0;
    loop_timer_stop(&cmd->link->timer);
    if (result != PARAM_ACCEPTED) {
        log_inf("%u: the central refused the parameters", cmd->conn->acl.handle);
        conn_param_failed(cmd->conn, BT_HCI_ERR_UNACCEPT_CONN_PARAM);
    }
}

// What is not here is an unknown command and rejected; responses are here so that they never are.
static const struct sig_row rows[] = {
    {SIG_REJECT, false, -1, on_reject},
    {SIG_DISC_REQ, true, 4, sig_on_disc_req},
    {SIG_DISC_RSP, false, 4, sig_on_disc_rsp},
    {SIG_PARAM_REQ, true, 8, on_param_req},
    {SIG_PARAM_RSP, false, 2, on_param_rsp},
    {SIG_LE_CONN_REQ, true, 10, sig_on_le_conn_req},
    {SIG_LE_CONN_RSP, false, 10, sig_on_le_conn_rsp},
    {SIG_LE_CREDITS, false, 4, sig_on_le_credits},
    {SIG_CREDIT_CONN_REQ, true, -1, sig_on_credit_conn_req},
    {SIG_CREDIT_CONN_RSP, false, -1, sig_on_credit_conn_rsp},
    {SIG_RECONF_REQ, true, -1, sig_on_reconf_req},
    {SIG_RECONF_RSP, false, 2, sig_on_reconf_rsp},
};

static const struct sig_row *row_find(uint8_t code)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
        if (rows[i].code == code) {
            return &rows[i];
        }
    }
    return NULL;
}

// `len` is what the command's header says; more than one command in a frame is malformed (4, LE).
static void dispatch(struct sig_cmd *cmd, uint8_t code, uint16_t len)
{
    const struct sig_row *row = row_find(code);
    bool fits = rd_left(&cmd->data) == len && (!row || row->len < 0 || row->len == len);
    if (row && fits) {
        row->fn(cmd);
    } else if (!row || row->request) {
        sig_reject(cmd, REJECT_NOT_UNDERSTOOD);
    } else {
        sig_ignore(cmd);
    }
}

// The header of an answer, in front of what its handler wrote.
static void answer(struct sig_cmd *cmd, struct net_buf *rsp)
{
    uint16_t len = (uint16_t)wr_len(&cmd->out);
    struct wr w = wr_init(net_buf_add(rsp, SIG_HDR_LEN + len), SIG_HDR_LEN);
    wr_u8(&w, cmd->out_code);
    wr_u8(&w, cmd->ident);
    wr_le16(&w, len);
    if (l2cap_send(cmd->conn, L2CAP_CID_SIG, rsp, NULL, NULL)) {
        net_buf_unref(rsp);
    }
    if (cmd->opened) {
        cmd->link->hold = cmd->conn->acl.put;
    }
}

// Handle one command with a buffer at hand for its answer; false when that was not needed.
static bool handle(struct bt_conn *conn, struct net_buf *pdu, struct net_buf *rsp)
{
    struct rd r = rd_init(pdu->data, pdu->len);
    uint8_t code = rd_u8(&r);
    uint8_t ident = rd_u8(&r);
    uint16_t len = rd_le16(&r);
    if (!rd_ok(&r) || !ident) {
        hci_stats()->l2cap_dropped++;
        return false;
    }
    struct sig_cmd cmd = {
        .conn = conn,
        .link = &l2cap_run.links[bt_conn_index(conn)],
        .ident = ident,
        .data = r,
        .out = wr_init(net_buf_tail(rsp) + SIG_HDR_LEN, SIG_DATA_MAX),
    };
    dispatch(&cmd, code, len);
    if (!cmd.out_code) {
        return false;
    }
    answer(&cmd, rsp);
    if (cmd.update) {
        (void)bt_conn_le_param_update(conn, &cmd.param);
    }
    return true;
}

void l2cap_sig_recv(struct bt_conn *conn, struct net_buf *pdu)
{
    struct l2cap_link *link = &l2cap_run.links[bt_conn_index(conn)];
    struct net_buf *rsp = link->parked ? NULL : l2cap_tx_alloc();
    if (!rsp) {
        if (link->parked) {
            hci_stats()->l2cap_dropped++;
            net_buf_unref(pdu);
        } else {
            link->parked = pdu;
        }
        return;
    }
    if (!handle(conn, pdu, rsp)) {
        net_buf_unref(rsp);
    }
    net_buf_unref(pdu);
}

void l2cap_sig_tx_free(void)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        struct net_buf *pdu = l2cap_run.links[i].parked;
        if (pdu) {
            l2cap_run.links[i].parked = NULL;
            l2cap_sig_recv(conn_at(i), pdu);
        }
    }
}

uint8_t sig_ident(struct bt_conn *conn)
{
    struct l2cap_link *link = &l2cap_run.links[bt_conn_index(conn)];
    do {
        link->ident = link->ident == 0xff ? 1 : (uint8_t)(link->ident + 1);
    } while (link->ident == link->pending || coc_ident_used(conn, link->ident));
    return link->ident;
}

// No response: the request is given up (6.2.1); the link's parameters simply stay.
static void rtx_expired(struct loop_timer *timer)
{
    struct l2cap_link *link = CONTAINER_OF(timer, struct l2cap_link, timer);
    link->pending = 0;
    log_wrn("parameter update request was not answered");
    conn_param_failed(conn_at((unsigned int)(link - l2cap_run.links)), BT_HCI_ERR_LL_RESP_TIMEOUT);
}

int l2cap_param_update_req(struct bt_conn *conn, const struct bt_le_conn_param *param)
{
    struct l2cap_link *link = &l2cap_run.links[bt_conn_index(conn)];
    if (link->pending) {
        return -EBUSY;
    }
    struct net_buf *req = l2cap_tx_alloc();
    if (!req) {
        return -ENOBUFS;
    }
    uint8_t ident = sig_ident(conn);
    struct wr w = wr_init(net_buf_tail(req), net_buf_tailroom(req));
    wr_u8(&w, SIG_PARAM_REQ);
    wr_u8(&w, ident);
    wr_le16(&w, 8);
    wr_le16(&w, param->interval_min);
    wr_le16(&w, param->interval_max);
    wr_le16(&w, param->latency);
    wr_le16(&w, param->timeout);
    net_buf_add(req, wr_len(&w));
    int err = l2cap_send(conn, L2CAP_CID_SIG, req, NULL, NULL);
    if (err) {
        net_buf_unref(req);
        return err;
    }
    link->pending = ident;
    loop_timer_start(&link->timer, RTX_US, rtx_expired);
    return 0;
}

static void link_up(struct bt_conn *conn)
{
    l2cap_run.links[bt_conn_index(conn)] = (struct l2cap_link){0};
}

static void link_down(struct bt_conn *conn)
{
    struct l2cap_link *link = &l2cap_run.links[bt_conn_index(conn)];
    coc_link_down(conn);
    loop_timer_stop(&link->timer);
    if (link->parked) {
        net_buf_unref(link->parked);
    }
    *link = (struct l2cap_link){0};
}

const struct conn_up l2cap_conn_up = {
    .connected = link_up,
    .disconnected = link_down,
    .param_fallback = l2cap_param_update_req,
    .security = CONFIG_BT_L2CAP_DYNAMIC_CHANNEL ? coc_security : NULL,
};
