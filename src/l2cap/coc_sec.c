// Security of channels (Vol 3, Part A, 4.23 and 4.26; Vol 3, Part C, 10.3.2): what a link lacks for a
// server, channels that hear of encryption, and requests of ours that wait for it.
//
// A waiting request has `need`, in each of its channels, and nothing is owed for it. It goes when the
// link has that level, and its channels are closed when it cannot have it, or not in time: a central
// may leave a peripheral's Security Request unanswered. A pairing that somebody else has begun comes
// first; its end is not always told, so it is looked for.
#include <errno.h>

#include "l2cap/coc.h"
#include "l2cap/l2cap.h"
#include "l2cap/sig.h"
#include "l2cap/state.h"

// What users at both ends may take (6.2.2: at least a minute); how often to look for the end of
// another pairing; how often to ask a peer that comes up with less.
#define WAIT_US    60000000LL
#define TURN_US    250000LL
#define RAISES_MAX 3

uint16_t coc_lacks(const struct bt_conn *conn, bt_security_t level)
{
    static const uint16_t results[] = {
        [CONN_LACKS_NOTHING] = COC_OK,
        [CONN_LACKS_AUTHENTICATION] = COC_NO_AUTHEN,
        [CONN_LACKS_ENCRYPTION] = COC_NO_ENCRYPTION,
        [CONN_LACKS_KEY_SIZE] = COC_KEY_SIZE,
    };
    return results[conn_lacks(conn, level)];
}

// ---- Requests that wait -------------------------------------------------------------------------

static struct coc *first_of(const struct coc *coc)
{
    return coc_by_ident(coc->conn, coc->ident, coc_run.chans);
}

static struct coc *next_of(const struct coc *coc)
{
    return coc_by_ident(coc->conn, coc->ident, (struct coc *)coc + 1);
}

static void go(struct coc *first)
{
    for (struct coc *coc = first; coc; coc = next_of(coc)) {
        coc->need = 0;
        loop_timer_stop(&coc->timer);
        atomic_clear_bit(coc->le->chan.status, BT_L2CAP_STATUS_ENCRYPT_PENDING);
    }
    coc_owe(first, first->ecred ? COC_OWE_ECRED : COC_OWE_CONN);
}

static int secure(struct coc *any);

static void waited(struct loop_timer *timer)
{
    struct coc *coc = CONTAINER_OF(timer, struct coc, timer);
    if (!coc->in_turn || secure(coc)) {
        coc_close(coc);
    }
}

// Have the link raised to what these channels need, or send their request.
static int secure(struct coc *any)
{
    struct coc *first = first_of(any);
    if (bt_conn_get_security(any->conn) >= any->need) {
        go(first);
        return 0;
    }
    int err = any->raises < RAISES_MAX ? bt_conn_set_security(any->conn, any->need) : -EACCES;
    if (err && err != -EBUSY) {
        return err == -ENOTSUP ? -EACCES : err;
    }
    for (struct coc *coc = first; coc; coc = next_of(coc)) {
        coc->in_turn = err != 0;
        coc->raises += !err;
        atomic_set_bit(coc->le->chan.status, BT_L2CAP_STATUS_ENCRYPT_PENDING);
        loop_timer_start(&coc->timer, err ? TURN_US : WAIT_US, waited);
    }
    return 0;
}

static void need(struct coc *first, bt_security_t level)
{
    for (struct coc *coc = first; coc; coc = next_of(coc)) {
        coc->need = (uint8_t)level;
        coc->raises = 0;
    }
}

int coc_ask(struct coc *coc, bt_security_t level)
{
    need(first_of(coc), level);
    return secure(coc);
}

// What a refusal asks for: some encryption, or more than there is.
static bt_security_t wanted(const struct coc *coc, uint16_t result)
{
    bt_security_t is = bt_conn_get_security(coc->conn);
    bt_security_t next = MAX(is + 1, BT_SECURITY_L2);
    bool can = result == COC_NO_ENCRYPTION ? is < BT_SECURITY_L2
                                           : result == COC_NO_AUTHEN && is < BT_SECURITY_L4;
    return can && !coc->own ? next : BT_SECURITY_L0;
}

bool coc_ask_again(struct coc *coc, uint16_t result)
{
    bt_security_t level = wanted(coc, result);
    if (!level) {
        return false;
    }
    struct coc *first = NULL;
    for (struct coc *next; coc; coc = next) {
        next = next_of(coc);
        if (coc->state == COC_CLOSING) {
            coc_close(coc); // bt_l2cap_chan_disconnect() was called before it was open.
        } else if (!first) {
            first = coc;
        }
    }
    if (first && coc_ask(first, level)) {
        need(first, BT_SECURITY_L0);
        return false;
    }
    uint8_t old = first ? first->ident : 0;
    uint8_t ident = first ? sig_ident(first->conn) : 0;
    for (coc = first; coc; coc = coc_by_ident(coc->conn, old, coc + 1)) {
        coc->ident = ident;
        coc_show(coc);
    }
    return true;
}

// ---- Security changed ---------------------------------------------------------------------------

static uint8_t status_of(enum bt_security_err err)
{
    if (!err) {
        return 0;
    }
    return err == BT_SECURITY_ERR_PIN_OR_KEY_MISSING ? BT_HCI_ERR_PIN_OR_KEY_MISSING
                                                     : BT_HCI_ERR_AUTH_FAIL;
}

// A callback may close any channel.
void coc_security(struct bt_conn *conn, enum bt_security_err err)
{
    for (size_t i = 0; i < ARRAY_SIZE(coc_run.chans); i++) {
        struct coc *coc = &coc_run.chans[i];
        if (coc->conn != conn) {
            continue;
        }
        if (coc->state == COC_OPEN && coc->le->chan.ops->encrypt_change) {
            coc->le->chan.ops->encrypt_change(&coc->le->chan, status_of(err));
        } else if (coc->need && ((err && !coc->in_turn) || secure(coc))) {
            coc_close(coc);
        }
    }
}
