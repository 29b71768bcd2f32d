// ATT bearers: dispatch of PDUs by one table, responses, time-outs (Vol 3, Part F, 3.3 and 3.4).
//
// A request is executed only when a buffer for its response is at hand; without one it is parked
// and executed when a buffer is free, so no response is ever lost. A peer that sends another
// request meanwhile breaks the protocol (3.3.2): that one is dropped and counted. Requests that are
// not in the table get Request Not Supported, commands and everything nobody waits for are ignored.
#include "att/bearer.h"

#include <errno.h>

#include <zephyr/bluetooth/att.h>
#include <zephyr/bluetooth/conn.h>

#include "att/pdu.h"
#include "att/server.h"
#include "att/signed.h"
#include "att/state.h"
#include "hci/hci.h"
#include "l2cap/l2cap.h"

#define LOG_LAYER LOG_ATT
#include "base/log.h"

#define ATT_POST_REQ_TIMEOUT BIT(0)
#define ATT_POST_IND_TIMEOUT BIT(1)

enum att_class {
    ATT_UNKNOWN, // Zero: what the table does not list.
    ATT_REQUEST,
    ATT_COMMAND,
    ATT_RESPONSE,
    ATT_OTHER, // Notifications, indications, confirmations: the handler does it all.
};

struct att_row {
    uint8_t class;
    uint8_t min_len; // Of the parameters; shorter is an invalid PDU.
    uint8_t (*fn)(struct att_rx *rx);
};

static void dropped(struct att_bearer *bearer, const char *what)
{
    log_dbg("%u: %s", bearer->conn->acl.handle, what);
    hci_stats()->att_dropped++;
}

static uint8_t on_notification(struct att_rx *rx)
{
    uint16_t handle = rd_le16(&rx->in);
    if (!handle) {
        dropped(rx->bearer, "notification of handle 0");
        return 0;
    }
    size_t len = rd_left(&rx->in);
    att_up.notified(rx->bearer->conn, handle, rd_take(&rx->in, len), (uint16_t)len, false);
    return 0;
}

#if CONFIG_BT_GATT_CLIENT
// Values of several handles, whole or not at all (3.4.7.4). The application may disconnect in
// between; what is here already is still told.
static uint8_t on_multi_notification(struct att_rx *rx)
{
    for (struct rd check = rx->in; rd_left(&check);) {
        uint16_t handle = rd_le16(&check);
        uint16_t len = rd_le16(&check);
        (void)rd_take(&check, len);
        if (!rd_ok(&check) || !handle) {
            dropped(rx->bearer, "malformed multiple notification");
            return 0;
        }
    }
    while (rd_left(&rx->in)) {
        uint16_t handle = rd_le16(&rx->in);
        uint16_t len = rd_le16(&rx->in);
        att_up.notified(rx->bearer->conn, handle, rd_take(&rx->in, len), len, false);
    }
    return 0;
}
#define ROWS_CLIENT [ATT_MULTI_NOTIFICATION] = {ATT_OTHER, 4, on_multi_notification},
#else
#define ROWS_CLIENT // Nobody asks for them.
#endif

static void confirm(struct att_bearer *bearer)
{
    struct wr w;
    struct net_buf *pdu = att_pdu_alloc(bearer, &w);
    bearer->confirm = !pdu;
    if (pdu) {
        wr_u8(&w, ATT_CONFIRMATION);
        (void)att_pdu_send(bearer, pdu, &w, NULL, NULL);
    }
}

// Confirmed whatever the handle is, behind the application's callbacks (3.4.7.3).
static uint8_t on_indication(struct att_rx *rx)
{
    uint16_t handle = rd_le16(&rx->in);
    if (handle) {
        size_t len = rd_left(&rx->in);
        att_up.notified(rx->bearer->conn, handle, rd_take(&rx->in, len), (uint16_t)len, true);
    } else {
        dropped(rx->bearer, "indication of handle 0");
    }
    confirm(rx->bearer);
    return 0;
}

static uint8_t on_confirmation(struct att_rx *rx)
{
    if (!rx->bearer->ind_wait || !rd_done(&rx->in)) {
        dropped(rx->bearer, "unexpected confirmation");
        return 0;
    }
    rx->bearer->ind_wait = false;
    loop_timer_stop(&rx->bearer->ind_timer);
    att_up.confirmed(rx->bearer, true);
    return 0;
}

// Our request that waits for a response, 0 none: a server alone never has one.
static uint8_t asked(const struct att_bearer *bearer)
{
    return CONFIG_BT_GATT_CLIENT ? bearer->req_op : 0;
}

static void request_end(struct att_bearer *bearer, uint8_t err, struct rd *params)
{
    uint8_t req_op = bearer->req_op;
    bearer->req_op = 0;
    loop_timer_stop(&bearer->req_timer);
    att_up.response(bearer, req_op, err, params);
}

// An Error Response (3.4.1.1) counts only for the request that is under way.
static uint8_t on_error(struct att_rx *rx)
{
    uint8_t req_op = rd_u8(&rx->in);
    (void)rd_le16(&rx->in);
    uint8_t err = rd_u8(&rx->in);
    if (!rd_done(&rx->in) || !req_op || req_op != asked(rx->bearer)) {
        dropped(rx->bearer, "unexpected error response");
        return 0;
    }
    request_end(rx->bearer, err ? err : BT_ATT_ERR_UNLIKELY, &rx->in);
    return 0;
}

// What the build leaves out is not in the table.
#if CONFIG_BREEZE_ATT_PREPARE_QUEUES
#define ROWS_PREPARE                                                                               \
    [ATT_PREPARE_REQ] = {ATT_REQUEST, 4, att_on_prepare},                                          \
    [ATT_EXECUTE_REQ] = {ATT_REQUEST, 1, att_on_execute},
#else
#define ROWS_PREPARE
#endif
#if CONFIG_BT_GATT_READ_MULTIPLE
#define ROWS_READ_MULTI                                                                            \
    [ATT_READ_MULTI_REQ] = {ATT_REQUEST, 4, att_on_read_multi},                                    \
    [ATT_READ_MULTI_VAR_REQ] = {ATT_REQUEST, 4, att_on_read_multi_var},
#else
#define ROWS_READ_MULTI
#endif

// By opcode; Write Command, whose opcode is out of line, is the last.
#define ROW_WRITE_CMD 0x24
// clang-format would lay the table out by the macros at its end.
// clang-format off
static const struct att_row rows[] = {
    [ATT_ERROR_RSP] = {ATT_OTHER, 4, on_error},
    [ATT_MTU_REQ] = {ATT_REQUEST, 2, att_on_mtu_req},
    [ATT_MTU_RSP] = {ATT_RESPONSE, 0, NULL},
    [ATT_FIND_INFO_REQ] = {ATT_REQUEST, 4, att_on_find_info},
    [ATT_FIND_INFO_RSP] = {ATT_RESPONSE, 0, NULL},
    [ATT_FIND_TYPE_REQ] = {ATT_REQUEST, 6, att_on_find_type},
    [ATT_FIND_TYPE_RSP] = {ATT_RESPONSE, 0, NULL},
    [ATT_READ_TYPE_REQ] = {ATT_REQUEST, 6, att_on_read_type},
    [ATT_READ_TYPE_RSP] = {ATT_RESPONSE, 0, NULL},
    [ATT_READ_REQ] = {ATT_REQUEST, 2, att_on_read},
    [ATT_READ_RSP] = {ATT_RESPONSE, 0, NULL},
    [ATT_READ_BLOB_REQ] = {ATT_REQUEST, 4, att_on_read_blob},
    [ATT_READ_BLOB_RSP] = {ATT_RESPONSE, 0, NULL},
    [ATT_READ_MULTI_RSP] = {ATT_RESPONSE, 0, NULL},
    [ATT_READ_GROUP_REQ] = {ATT_REQUEST, 6, att_on_read_group},
    [ATT_READ_GROUP_RSP] = {ATT_RESPONSE, 0, NULL},
    [ATT_WRITE_REQ] = {ATT_REQUEST, 2, att_on_write_req},
    [ATT_WRITE_RSP] = {ATT_RESPONSE, 0, NULL},
    [ATT_PREPARE_RSP] = {ATT_RESPONSE, 0, NULL},
    [ATT_EXECUTE_RSP] = {ATT_RESPONSE, 0, NULL},
    [ATT_NOTIFICATION] = {ATT_OTHER, 2, on_notification},
    [ATT_INDICATION] = {ATT_OTHER, 2, on_indication},
    [ATT_CONFIRMATION] = {ATT_OTHER, 0, on_confirmation},
    [ATT_READ_MULTI_VAR_RSP] = {ATT_RESPONSE, 0, NULL},
    [ROW_WRITE_CMD] = {ATT_COMMAND, 2, att_on_write_cmd},
    ROWS_PREPARE ROWS_READ_MULTI ROWS_CLIENT
};
// clang-format on

static const struct att_row *row_of(uint8_t op)
{
    static const struct att_row unknown;
    static const struct att_row signed_write = {ATT_COMMAND, 2 + ATT_SIGN_LEN,
                                                CONFIG_BT_SIGNING ? att_on_signed_write : NULL};
    if (op == ATT_WRITE_CMD) {
        return &rows[ROW_WRITE_CMD];
    }
    if (CONFIG_BT_SIGNING && op == ATT_SIGNED_WRITE_CMD) {
        return &signed_write;
    }
    return op < ROW_WRITE_CMD ? &rows[op] : &unknown;
}

// ---- Sending -----------------------------------------------------------------------------------

struct net_buf *att_pdu_alloc(const struct att_bearer *bearer, struct wr *w)
{
    struct net_buf *pdu = CONFIG_BT_EATT ? eatt_alloc(bearer) : l2cap_tx_alloc();
    if (pdu) {
        *w = wr_init(net_buf_tail(pdu), bearer->mtu);
    }
    return pdu;
}

int att_pdu_send(struct att_bearer *bearer, struct net_buf *pdu, const struct wr *w,
                 acl_done_t done, void *user)
{
    net_buf_add(pdu, wr_len(w));
    int err = bearer->send(bearer, pdu, done, user);
    if (err) {
        net_buf_unref(pdu);
    }
    return err;
}

static void req_expired(struct loop_timer *timer)
{
    struct att_bearer *bearer = CONTAINER_OF(timer, struct att_bearer, req_timer);
    post_set(&bearer->post, ATT_POST_REQ_TIMEOUT);
}

static void ind_expired(struct loop_timer *timer)
{
    struct att_bearer *bearer = CONTAINER_OF(timer, struct att_bearer, ind_timer);
    post_set(&bearer->post, ATT_POST_IND_TIMEOUT);
}

int att_request_send(struct att_bearer *bearer, struct net_buf *pdu, const struct wr *w)
{
    uint8_t op = w->start[0];
    int err = att_pdu_send(bearer, pdu, w, NULL, NULL);
    if (!err) {
        bearer->req_op = op;
        loop_timer_start(&bearer->req_timer, ATT_TIMEOUT_US, req_expired);
    }
    return err;
}

int att_indication_send(struct att_bearer *bearer, struct net_buf *pdu, const struct wr *w)
{
    int err = att_pdu_send(bearer, pdu, w, NULL, NULL);
    if (!err) {
        bearer->ind_wait = true;
        loop_timer_start(&bearer->ind_timer, ATT_TIMEOUT_US, ind_expired);
    }
    return err;
}

void att_mtu_settle(struct att_bearer *bearer, uint16_t mtu)
{
    if (mtu > CONFIG_BT_L2CAP_TX_MTU) {
        mtu = CONFIG_BT_L2CAP_TX_MTU;
    }
    if (mtu > bearer->mtu) {
        bearer->mtu = mtu;
    }
    att_up.mtu(bearer->conn, bearer->mtu);
}

// ---- Receiving ---------------------------------------------------------------------------------

static void error_put(struct wr *w, uint8_t op, uint16_t handle, uint8_t err)
{
    *w = wr_init(w->start, ATT_MTU_MIN);
    wr_u8(w, ATT_ERROR_RSP);
    wr_u8(w, op);
    wr_le16(w, handle);
    wr_u8(w, err);
}

// Execute a request and send its response. The PDU stays the caller's.
static void request(struct att_bearer *bearer, const struct att_row *row, const struct net_buf *pdu,
                    struct net_buf *rsp, struct wr *w)
{
    struct rd in = rd_init(pdu->data, pdu->len);
    uint8_t op = rd_u8(&in);
    wr_u8(w, (uint8_t)(op + 1));
    struct att_rx rx = {
        .bearer = bearer,
        .in = in,
        .out = *w,
        .spare = net_buf_tailroom(rsp) > bearer->mtu,
    };
    uint8_t err = BT_ATT_ERR_NOT_SUPPORTED;
    if (pdu->len > bearer->rx_mtu || (row->fn && rd_left(&in) < row->min_len)) {
        err = BT_ATT_ERR_INVALID_PDU;
    } else if (row->fn) {
        err = att_up.access(bearer->conn, op, in, &rx.handle);
        err = err ? err : row->fn(&rx);
    }
    *w = rx.out;
    if (err) {
        error_put(w, op, rx.handle, err);
    }
    if (att_pdu_send(bearer, rsp, w, NULL, NULL) == 0 && rx.settle) {
        bearer->mtu_answered = true;
        att_mtu_settle(bearer, rx.settle);
    }
}

// Takes the PDU.
static void request_recv(struct att_bearer *bearer, const struct att_row *row, struct net_buf *pdu)
{
    if (bearer->parked) {
        dropped(bearer, "request before the response to another");
        net_buf_unref(pdu);
        return;
    }
    struct wr w;
    struct net_buf *rsp = att_pdu_alloc(bearer, &w);
    if (!rsp) {
        bearer->parked = pdu;
        return;
    }
    request(bearer, row, pdu, rsp, &w);
    net_buf_unref(pdu);
}

static void response_recv(struct att_bearer *bearer, uint8_t op, struct rd *params)
{
    if (!asked(bearer) || op != asked(bearer) + 1) {
        dropped(bearer, "response nobody waits for");
        return;
    }
    request_end(bearer, 0, params);
}

// In line for the unenhanced bearer, whose every PDU comes this way.
static ALWAYS_INLINE void pdu_recv(struct att_bearer *bearer, struct net_buf *pdu)
{
    struct rd in = rd_init(pdu->data, pdu->len);
    uint8_t op = rd_u8(&in);
    if (!bearer || !rd_ok(&in)) {
        hci_stats()->att_dropped++;
        net_buf_unref(pdu);
        return;
    }
    const struct att_row *row = row_of(op);
    if (row->class == ATT_REQUEST || (row->class == ATT_UNKNOWN && !(op & ATT_OP_COMMAND))) {
        request_recv(bearer, row, pdu);
        return;
    }
    struct att_rx rx = {.bearer = bearer, .in = in};
    if (row->class == ATT_UNKNOWN || rd_left(&in) < row->min_len || pdu->len > bearer->rx_mtu) {
        dropped(bearer, "PDU ignored");
    } else if (row->class == ATT_RESPONSE) {
        response_recv(bearer, op, &in);
    } else if (row->class != ATT_COMMAND || !att_up.access(bearer->conn, op, in, &rx.handle)) {
        (void)row->fn(&rx);
    }
    net_buf_unref(pdu);
}

void att_recv(struct bt_conn *conn, struct net_buf *pdu)
{
    pdu_recv(att_bearer_of(conn), pdu);
}

void att_bearer_recv(struct att_bearer *bearer, struct net_buf *pdu)
{
    pdu_recv(bearer, pdu);
}

void att_bearer_tx_free(struct att_bearer *bearer)
{
    if (bearer->confirm) {
        confirm(bearer);
    }
    struct net_buf *pdu = bearer->parked;
    if (pdu) {
        bearer->parked = NULL;
        request_recv(bearer, row_of(pdu->data[0]), pdu);
    }
}

void att_tx_free(void)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        att_bearer_tx_free(&att_run.bearers[i]);
    }
    if (CONFIG_BT_EATT) {
        eatt_tx_free();
    }
}

// ---- Life --------------------------------------------------------------------------------------

static void deliver(struct post *post, uint16_t bits)
{
    struct att_bearer *bearer = CONTAINER_OF(post, struct att_bearer, post);
    struct rd none = {0};
    bearer->dead = true;
    log_wrn("%u: no answer within 30 s", bearer->conn->acl.handle);
    if ((bits & ATT_POST_REQ_TIMEOUT) && asked(bearer)) {
        request_end(bearer, BT_ATT_ERR_UNLIKELY, &none);
    }
    if ((bits & ATT_POST_IND_TIMEOUT) && bearer->ind_wait) {
        bearer->ind_wait = false;
        att_up.confirmed(bearer, false);
    }
    if (CONFIG_BT_EATT && bearer->index) {
        eatt_dead(bearer);
    }
}

static int send_unenhanced(struct att_bearer *bearer, struct net_buf *pdu, acl_done_t done,
                           void *user)
{
    return l2cap_send(bearer->conn, L2CAP_CID_ATT, pdu, done, user);
}

struct att_bearer *att_bearer_of(const struct bt_conn *conn)
{
    struct att_bearer *bearer = &att_run.bearers[conn->index];
    return bearer->conn == conn ? bearer : NULL;
}

struct att_bearer *att_bearer_live(const struct bt_conn *conn)
{
    if (!conn || !conn_is_up(conn)) {
        return NULL;
    }
    struct att_bearer *bearer = att_bearer_of(conn);
    return bearer && !bearer->dead ? bearer : NULL;
}

void att_bearer_open(struct att_bearer *bearer, const struct att_bearer *as)
{
    *bearer = *as;
    post_init(&bearer->post, deliver);
}

void att_bearer_close(struct att_bearer *bearer)
{
    loop_timer_stop(&bearer->req_timer);
    loop_timer_stop(&bearer->ind_timer);
    post_clear(&bearer->post);
    if (bearer->parked) {
        net_buf_unref(bearer->parked);
    }
    *bearer = (struct att_bearer){0};
}

static void link_up(struct bt_conn *conn)
{
    const struct att_bearer unenhanced = {
        .conn = conn,
        .send = send_unenhanced,
        .mtu = ATT_MTU_MIN,
        .rx_mtu = ATT_MTU_MIN,
    };
    att_bearer_open(&att_run.bearers[conn->index], &unenhanced);
    if (CONFIG_BT_EATT) {
        eatt_link_up();
    }
}

static void link_down(struct bt_conn *conn)
{
    struct att_bearer *bearer = att_bearer_of(conn);
    if (bearer) {
        att_queue_drop(conn);
        att_bearer_close(bearer);
    }
}

const struct conn_up att_conn_up = {
    .connected = link_up,
    .disconnected = link_down,
    .security = CONFIG_BT_EATT ? eatt_security : NULL,
};
