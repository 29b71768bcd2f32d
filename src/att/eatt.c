// Enhanced ATT bearers: their channels, opening them, and which one a PDU goes to (eatt.h).
//
// A slot is FREE, ASKED (a request of ours has it), ACCEPTED (the peer's has) or OPEN; it is FREE again
// when the channel is released, whatever has ended it. `goal` is how many bearers of the link we
// want in all while we are opening some, 0 otherwise: a request opens up to five, the next one
// follows its answer.
//
// Collisions (Vol 3, Part G, 5.4). When both sides ask at once each may have given its room to its own
// request and refuse the other's for want of resources. Then the central asks again at once, the
// peripheral after 100 ms or two intervals of its latency, whichever is longer; bearers that the
// peer has opened meanwhile count. A peer that simply has no more is asked so often and no more.
#include "att/eatt.h"

#include <errno.h>

#include <breeze/breeze.h>
#include <zephyr/bluetooth/l2cap.h>

#include "att/pdu.h"
#include "att/state.h"
#include "l2cap/coc.h"
#include "l2cap/l2cap.h"

#define LOG_LAYER LOG_ATT
#include "base/log.h"

#define EATT_PSM   0x0027
#define EATT_LEVEL MAX(CONFIG_BT_EATT_SEC_LEVEL, BT_SECURITY_L2) // 5.3.2: encrypted.

#define RETRIES      3
#define RETRY_MIN_US 100000LL

// What has a handle of its own, and so an order.
#define NO_HANDLE    0x0000
#define EVERY_HANDLE 0xffff

static inline struct eatt_link *link_of(const struct bt_conn *conn)
{
    return &eatt_run.links[conn->index];
}

static inline struct eatt_bearer *of_att(const struct att_bearer *bearer)
{
    return CONTAINER_OF(bearer, struct eatt_bearer, att);
}

static struct eatt_bearer *of_chan(struct bt_l2cap_chan *chan)
{
    return CONTAINER_OF(BT_L2CAP_LE_CHAN(chan), struct eatt_bearer, le);
}

static unsigned int count(const struct eatt_link *link, enum eatt_state state)
{
    unsigned int n = 0;
    for (unsigned int i = 0; i < CONFIG_BT_EATT_MAX; i++) {
        n += link->bearers[i].state == state;
    }
    return n;
}

static inline bool is_open(const struct eatt_bearer *bearer)
{
    return bearer->att.conn != NULL;
}

// ---- Which bearer -------------------------------------------------------------------------------

struct att_bearer *eatt_next(const struct bt_conn *conn, const struct att_bearer *last)
{
    struct eatt_link *link = link_of(conn);
    for (unsigned int i = last->index; i < CONFIG_BT_EATT_MAX; i++) {
        if (is_open(&link->bearers[i])) {
            return &link->bearers[i].att;
        }
    }
    return NULL;
}

uint16_t eatt_mtu(const struct bt_conn *conn, unsigned int opt)
{
    uint16_t mtu = 0;
    struct att_bearer *bearer = NULL;
    while ((bearer = att_bearer_next(conn, bearer)) != NULL) {
        if (att_is_live(bearer) && att_opt_allows(opt, bearer)) {
            mtu = MAX(mtu, bearer->mtu);
        }
    }
    return mtu;
}

static bool has_room(const struct att_bearer *bearer)
{
    if (!bearer->index) {
        return true;
    }
    const struct eatt_bearer *eatt = of_att(bearer);
    return coc_queued(eatt->coc) < EATT_QUEUE && coc_has_room(eatt->coc);
}

// Does it still hold something that a PDU about this handle (or about several) must not pass.
static bool holds(const struct eatt_bearer *bearer, uint16_t handle)
{
    unsigned int queued = coc_queued(bearer->coc);
    for (unsigned int i = 1; i <= queued && i <= EATT_QUEUE; i++) {
        uint16_t other = bearer->handles[(bearer->put - i) % EATT_QUEUE];
        if (other && (other == handle || other == EVERY_HANDLE || handle == EVERY_HANDLE)) {
            return true;
        }
    }
    return false;
}

static const struct eatt_bearer *holder(const struct eatt_link *link, uint16_t handle)
{
    for (unsigned int i = 0; i < CONFIG_BT_EATT_MAX; i++) {
        const struct eatt_bearer *bearer = &link->bearers[i];
        if (is_open(bearer) && !bearer->att.dead && holds(bearer, handle)) {
            return bearer;
        }
    }
    return NULL;
}

// How good: too small, without room now, or good.
static unsigned int rate(const struct att_bearer *bearer, uint16_t len)
{
    return len + ATT_HDR_LEN > bearer->mtu ? 1 : has_room(bearer) ? 3 : 2;
}

struct att_bearer *eatt_pick(struct bt_conn *conn, unsigned int opt, uint16_t handle, uint16_t len)
{
    if (!conn || !conn_is_up(conn)) {
        return NULL;
    }
    struct eatt_link *link = link_of(conn);
    struct att_bearer *plain = att_bearer_live(conn);
    plain = plain && att_opt_allows(opt, plain) ? plain : NULL;
    bool behind = (int16_t)(conn->acl.got - link->plain_put) < 0;
    if (plain && (behind || (opt & BT_ATT_CHAN_OPT_UNENHANCED_ONLY))) {
        return plain;
    }
    const struct eatt_bearer *first = holder(link, handle);
    if (first) {
        return (struct att_bearer *)&first->att;
    }
    struct att_bearer *best = NULL;
    for (unsigned int i = 0; i < CONFIG_BT_EATT_MAX; i++) {
        struct att_bearer *bearer = &link->bearers[(link->turn + i) % CONFIG_BT_EATT_MAX].att;
        if (bearer->conn && !bearer->dead && att_opt_allows(opt, bearer) &&
            (!best || rate(bearer, len) > rate(best, len))) {
            best = bearer;
        }
    }
    if (plain && (!best || rate(plain, len) > rate(best, len))) {
        link->plain_put = (uint16_t)(conn->acl.put + 1);
        return plain;
    }
    link->plain_put = conn->acl.got;
    link->turn = best ? best->index : 0; // The one behind it is next.
    return best;
}

bool eatt_has_room(const struct att_bearer *bearer)
{
    bool room = has_room(bearer);
    if (!room) {
        acl_tx_want();
    }
    return room;
}

struct net_buf *eatt_alloc(const struct att_bearer *bearer)
{
    struct net_buf *pdu = eatt_has_room(bearer) ? l2cap_tx_alloc() : NULL;
    if (pdu) {
        net_buf_reserve(pdu, BT_L2CAP_SDU_CHAN_SEND_RESERVE);
    }
    return pdu;
}

// ---- The channels -------------------------------------------------------------------------------

static uint16_t ordered_handle(const struct net_buf *pdu)
{
    struct rd r = rd_init(pdu->data, pdu->len);
    uint8_t op = rd_u8(&r);
    if (op == ATT_MULTI_NOTIFICATION) {
        return EVERY_HANDLE;
    }
    return op == ATT_NOTIFICATION || op == ATT_WRITE_CMD ? rd_le16(&r) : NO_HANDLE;
}

static int send_enhanced(struct att_bearer *att, struct net_buf *pdu, acl_done_t done, void *user)
{
    struct eatt_bearer *bearer = of_att(att);
    uint16_t handle = ordered_handle(pdu);
    // Before it is queued: it may leave at once, which is no harm.
    bearer->handles[bearer->put % EATT_QUEUE] = handle;
    int err = coc_send(bearer->coc, pdu, done, user);
    bearer->put += err ? 0 : 1;
    return err;
}

static uint16_t mtu_of(const struct eatt_bearer *bearer)
{
    uint16_t mtu = MIN(bearer->le.tx.mtu, bearer->le.rx.mtu);
    return MIN(mtu, CONFIG_BT_L2CAP_TX_MTU);
}

static struct net_buf *on_alloc(struct bt_l2cap_chan *chan)
{
    return net_buf_alloc(&eatt_run.rx.pool, K_NO_WAIT);
}

static int on_recv(struct bt_l2cap_chan *chan, struct net_buf *sdu)
{
    struct eatt_bearer *bearer = of_chan(chan);
    att_bearer_recv(is_open(bearer) ? &bearer->att : NULL, net_buf_ref(sdu));
    return 0;
}

// Credits: the bearer may have room again.
static void on_status(struct bt_l2cap_chan *chan, atomic_t *status)
{
    if (atomic_test_bit(status, BT_L2CAP_STATUS_OUT)) {
        acl_tx_freed();
    }
}

static void on_reconfigured(struct bt_l2cap_chan *chan)
{
    struct eatt_bearer *bearer = of_chan(chan);
    if (!is_open(bearer)) {
        return;
    }
    uint16_t before = eatt_mtu(chan->conn, BT_ATT_CHAN_OPT_NONE);
    bearer->att.mtu = mtu_of(bearer);
    bearer->att.rx_mtu = bearer->le.rx.mtu;
    if (bearer->att.mtu > before) {
        att_up.mtu(chan->conn, bearer->att.mtu);
    }
}

static void close_bearer(struct eatt_bearer *bearer)
{
    if (is_open(bearer)) {
        bearer->att.dead = true;
        att_up.closed(&bearer->att);
        att_bearer_close(&bearer->att);
    }
}

static void next_step(struct bt_conn *conn);

static void on_connected(struct bt_l2cap_chan *chan)
{
    struct eatt_bearer *bearer = of_chan(chan);
    struct bt_conn *conn = chan->conn;
    uint16_t before = eatt_mtu(conn, BT_ATT_CHAN_OPT_NONE);
    const struct att_bearer open = {
        .conn = conn,
        .send = send_enhanced,
        .mtu = mtu_of(bearer),
        .rx_mtu = bearer->le.rx.mtu,
        .index = (uint8_t)(bearer - link_of(conn)->bearers + 1),
    };
    bearer->coc = coc_of(chan);
    bearer->put = 0;
    bearer->state = EATT_OPEN;
    att_bearer_open(&bearer->att, &open);
    if (open.mtu > before) {
        att_up.mtu(conn, open.mtu);
    }
    att_up.opened(conn);
    next_step(conn);
}

static void on_disconnected(struct bt_l2cap_chan *chan)
{
    struct eatt_bearer *bearer = of_chan(chan);
    struct eatt_link *link = link_of(chan->conn);
    if (bearer->state == EATT_ASKED && coc_of(chan)->refused == COC_NO_RESOURCES) {
        link->refused = true;
    } else if (link->goal) {
        link->goal--;
    }
    close_bearer(bearer);
}

static void on_released(struct bt_l2cap_chan *chan)
{
    struct eatt_bearer *bearer = of_chan(chan);
    bearer->state = EATT_FREE;
    next_step(conn_at(bearer->link));
}

static const struct bt_l2cap_chan_ops ops = {
    .connected = on_connected,
    .disconnected = on_disconnected,
    .alloc_buf = on_alloc,
    .recv = on_recv,
    .status = on_status,
    .reconfigured = on_reconfigured,
    .released = on_released,
};

// A free slot, made ready; NULL.
static struct eatt_bearer *take(const struct bt_conn *conn, enum eatt_state state)
{
    struct eatt_link *link = link_of(conn);
    for (unsigned int i = 0; i < CONFIG_BT_EATT_MAX; i++) {
        struct eatt_bearer *bearer = &link->bearers[i];
        if (bearer->state == EATT_FREE) {
            *bearer = (struct eatt_bearer){
                .le.chan.ops = &ops,
                .le.rx.mtu = MAX(BT_L2CAP_ECRED_MIN_MTU, MIN(breeze_mtu_get(), EATT_RX_SIZE)),
                .state = (uint8_t)state,
                .link = conn->index,
            };
            return bearer;
        }
    }
    return NULL;
}

// Slots that accept() gave, for which L2CAP then had none of its own, are free again: nobody tells.
static void reclaim(struct eatt_link *link)
{
    for (unsigned int i = 0; i < CONFIG_BT_EATT_MAX; i++) {
        struct eatt_bearer *bearer = &link->bearers[i];
        if (bearer->state == EATT_ACCEPTED && !bearer->le.chan.conn) {
            bearer->state = EATT_FREE;
        }
    }
}

static int accept(struct bt_conn *conn, struct bt_l2cap_server *server, struct bt_l2cap_chan **chan)
{
    reclaim(link_of(conn));
    struct eatt_bearer *bearer = take(conn, EATT_ACCEPTED);
    *chan = bearer ? &bearer->le.chan : NULL;
    return bearer ? 0 : -ENOMEM;
}

// ---- Opening ------------------------------------------------------------------------------------

static unsigned int missing(const struct eatt_link *link)
{
    unsigned int used = CONFIG_BT_EATT_MAX - count(link, EATT_FREE);
    return link->goal > used ? link->goal - used : 0;
}

static void over(struct eatt_link *link)
{
    link->goal = 0;
    link->tries = 0;
    link->refused = false;
    loop_timer_stop(&link->retry);
}

// Ask for what is missing, five at most.
static int ask(struct bt_conn *conn)
{
    struct eatt_link *link = link_of(conn);
    struct bt_l2cap_chan *chans[BT_L2CAP_ECRED_CHAN_MAX_PER_REQ + 1] = {NULL};
    unsigned int n = MIN(missing(link), BT_L2CAP_ECRED_CHAN_MAX_PER_REQ);
    for (unsigned int i = 0; i < n; i++) {
        chans[i] = &take(conn, EATT_ASKED)->le.chan;
    }
    link->refused = false;
    int err = bt_l2cap_ecred_chan_connect(conn, chans, EATT_PSM);
    for (unsigned int i = 0; i < n; i++) {
        if (err) {
            of_chan(chans[i])->state = EATT_FREE;
        } else {
            coc_of(chans[i])->own = true; // No pairing is begun for bearers that nobody asked for.
        }
    }
    if (err) {
        log_inf("%u: enhanced bearers: %d", conn->acl.handle, err);
        over(link);
    }
    return err;
}

static void retry(struct loop_timer *timer)
{
    struct eatt_link *link = CONTAINER_OF(timer, struct eatt_link, retry);
    struct bt_conn *conn = conn_at((unsigned int)(link - eatt_run.links));
    if (missing(link)) {
        (void)ask(conn);
    } else {
        over(link);
    }
}

// Something of the link's bearers has changed: go on opening, later, or no more.
static void next_step(struct bt_conn *conn)
{
    struct eatt_link *link = link_of(conn);
    if (!link->goal || loop_timer_running(&link->retry) || count(link, EATT_ASKED)) {
        return;
    }
    if (!missing(link) || !conn_is_up(conn) || (link->refused && link->tries == RETRIES)) {
        over(link);
    } else if (!link->refused || conn->role == BT_CONN_ROLE_CENTRAL) {
        link->tries += link->refused;
        (void)ask(conn);
    } else {
        link->tries++;
        int64_t us = 2 * (conn->latency + 1LL) * conn->interval * 1250;
        loop_timer_start(&link->retry, MAX(us, RETRY_MIN_US), retry);
    }
}

int bt_eatt_connect(struct bt_conn *conn, size_t num_channels)
{
    if (!conn || !num_channels || num_channels > CONFIG_BT_EATT_MAX) {
        return -EINVAL;
    }
    if (!conn_is_up(conn)) {
        return -ENOTCONN;
    }
    if (bt_conn_get_security(conn) < EATT_LEVEL) {
        return -EACCES;
    }
    struct eatt_link *link = link_of(conn);
    reclaim(link);
    unsigned int waiting = missing(link);
    if (count(link, EATT_FREE) < num_channels + waiting) {
        return -ENOMEM;
    }
    bool busy = link->goal != 0;
    link->goal = (uint8_t)(CONFIG_BT_EATT_MAX - count(link, EATT_FREE) + waiting + num_channels);
    return busy ? 0 : ask(conn);
}

size_t bt_eatt_count(struct bt_conn *conn)
{
    return conn && conn_is_up(conn) ? count(link_of(conn), EATT_OPEN) : 0;
}

int bt_eatt_disconnect_one(struct bt_conn *conn)
{
    if (!conn || !conn_is_up(conn)) {
        return -ENOTCONN;
    }
    struct eatt_link *link = link_of(conn);
    for (unsigned int i = CONFIG_BT_EATT_MAX; i--;) {
        if (is_open(&link->bearers[i]) && !link->bearers[i].att.dead) {
            link->bearers[i].att.dead = true;
            return bt_l2cap_chan_disconnect(&link->bearers[i].le.chan);
        }
    }
    return -ENOENT;
}

// Those from `from` on that are open, five at most, and NULL; `from` moves behind the last.
static bool open_chans(struct eatt_link *link, unsigned int *from, struct bt_l2cap_chan **chans)
{
    size_t n = 0;
    for (; *from < CONFIG_BT_EATT_MAX && n < BT_L2CAP_ECRED_CHAN_MAX_PER_REQ; (*from)++) {
        struct eatt_bearer *bearer = &link->bearers[*from];
        if (is_open(bearer) && !bearer->att.dead) {
            chans[n++] = &bearer->le.chan;
        }
    }
    chans[n] = NULL;
    return n != 0;
}

int bt_eatt_reconfigure(struct bt_conn *conn, uint16_t mtu)
{
    if (!conn || !conn_is_up(conn)) {
        return -ENOTCONN;
    }
    if (mtu > EATT_RX_SIZE) {
        return -EINVAL;
    }
    struct bt_l2cap_chan *chans[BT_L2CAP_ECRED_CHAN_MAX_PER_REQ + 1];
    unsigned int from = 0;
    int err = -ENOENT;
    while (open_chans(link_of(conn), &from, chans)) {
        err = bt_l2cap_ecred_chan_reconfigure(chans, mtu);
        if (err) {
            break;
        }
    }
    return err;
}

void eatt_dead(struct att_bearer *att)
{
    (void)bt_l2cap_chan_disconnect(&of_att(att)->le.chan);
}

void eatt_auto(struct bt_conn *conn)
{
    struct eatt_link *link = link_of(conn);
    if (!CONFIG_BT_EATT_AUTO_CONNECT || link->begun || !conn_is_up(conn) ||
        bt_conn_get_security(conn) < EATT_LEVEL ||
        (conn->role == BT_CONN_ROLE_PERIPHERAL && !att_up.takes_enhanced(conn))) {
        return;
    }
    link->begun = true;
    if (count(link, EATT_FREE) == CONFIG_BT_EATT_MAX) {
        (void)bt_eatt_connect(conn, CONFIG_BT_EATT_MAX);
    }
}

// ---- Ends of the tables -------------------------------------------------------------------------

void eatt_security(struct bt_conn *conn, enum bt_security_err err)
{
    if (!err) {
        eatt_auto(conn);
    }
}

void eatt_tx_free(void)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        for (unsigned int k = 0; k < CONFIG_BT_EATT_MAX; k++) {
            struct eatt_bearer *bearer = &eatt_run.links[i].bearers[k];
            if (is_open(bearer)) {
                att_bearer_tx_free(&bearer->att);
            }
        }
    }
}

void eatt_link_up(void)
{
    struct bt_l2cap_server *server = &eatt_reg.server;
    if (!eatt_run.rx.pool.buf_count) {
        NET_BUF_POOL_MEMBER_INIT(&eatt_run.rx.pool, eatt_run.rx.mem, EATT_RX_COUNT, EATT_RX_SIZE, 0,
                                 NULL);
    }
    if (!server->accept) {
        *server =
            (struct bt_l2cap_server){.psm = EATT_PSM, .sec_level = EATT_LEVEL, .accept = accept};
        if (bt_l2cap_server_register(server)) {
            log_wrn("the application has the SPSM of enhanced bearers");
        }
    }
}

// Completions first, then what is under way, as on the unenhanced bearer; the channels themselves
// end with all others.
void eatt_link_down(struct bt_conn *conn)
{
    struct eatt_link *link = link_of(conn);
    over(link);
    link->begun = false;
    link->plain_put = 0;
    for (unsigned int i = 0; i < CONFIG_BT_EATT_MAX; i++) {
        if (is_open(&link->bearers[i])) {
            coc_flush(link->bearers[i].coc);
        }
    }
    acl_link_deliver(&conn->acl);
    for (unsigned int i = 0; i < CONFIG_BT_EATT_MAX; i++) {
        close_bearer(&link->bearers[i]);
    }
}
