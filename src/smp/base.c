// What every part of a pairing leans on: PDUs out, the end, waiting for the peer and for this side,
// the curve.
#include <errno.h>
#include <string.h>

#include "base/wr.h"
#include "l2cap/l2cap.h"
#include "smp/state.h"

#define LOG_LAYER LOG_SMP
#include "base/log.h"

#define TIMEOUT_US (30 * 1000000LL)

// ---- Out ------------------------------------------------------------------------------------------

// The controller has got it across, or the link is gone.
static void sent(struct acl_link *acl, void *user, int err)
{
    struct smp_link *link = smp_link_of(conn_of(acl));
    if (link->in_air) {
        link->in_air--;
        if (!err && !link->in_air && !link->out_len) {
            smp_keys_sent(link);
        }
    }
}

// Without a place to remember it by nobody hears that it was sent: nothing waits for it then.
static int send_buf(struct smp_link *link, struct net_buf *buf)
{
    struct bt_conn *conn = smp_conn_of(link);
    int err = l2cap_send(conn, L2CAP_CID_SMP, buf, sent, NULL);
    link->in_air += !err;
    return err == -ENOBUFS ? l2cap_send(conn, L2CAP_CID_SMP, buf, NULL, NULL) : err;
}

void smp_flush(struct smp_link *link)
{
    struct bt_conn *conn = smp_conn_of(link);
    while (link->out_len) {
        size_t len = link->out[0];
        struct net_buf *buf = conn_is_up(conn) ? l2cap_tx_alloc() : NULL;
        if (!buf) {
            return; // smp_tx_free() goes on; the link's end forgets.
        }
        net_buf_add_mem(buf, link->out + 1, len);
        if (send_buf(link, buf)) {
            net_buf_unref(buf);
            return;
        }
        link->out_len -= (uint8_t)(1 + len);
        memmove(link->out, link->out + 1 + len, link->out_len);
    }
}

void smp_send(struct smp_link *link, const void *pdu, size_t len)
{
    struct wr w = wr_init(link->out + link->out_len, sizeof(link->out) - link->out_len);
    wr_u8(&w, (uint8_t)len);
    wr_bytes(&w, pdu, len);
    if (!wr_ok(&w)) {
        log_wrn("%04x: no room for a PDU", smp_conn_of(link)->acl.handle);
        return; // The peer will time out: it answers nothing that we sent.
    }
    link->out_len += (uint8_t)wr_len(&w);
    smp_flush(link);
}

void smp_send_value(struct smp_link *link, enum smp_code code, const uint8_t *value, size_t len)
{
    uint8_t pdu[SMP_PDU_MAX];
    struct wr w = wr_init(pdu, sizeof(pdu));
    wr_u8(&w, code);
    wr_bytes(&w, value, len);
    smp_send(link, pdu, wr_len(&w));
}

// ---- The end --------------------------------------------------------------------------------------

static const uint8_t reason_errs[] = {
    [SMP_REASON_OOB] = BT_SECURITY_ERR_OOB_NOT_AVAILABLE,
    [SMP_REASON_AUTH_REQ] = BT_SECURITY_ERR_AUTH_REQUIREMENT,
    [SMP_REASON_KEY_SIZE] = BT_SECURITY_ERR_AUTH_REQUIREMENT,
    [SMP_REASON_NOT_SUPPORTED] = BT_SECURITY_ERR_PAIR_NOT_SUPPORTED,
    [SMP_REASON_CMD] = BT_SECURITY_ERR_PAIR_NOT_SUPPORTED,
    [SMP_REASON_PASSKEY] = BT_SECURITY_ERR_AUTH_FAIL,
    [SMP_REASON_CONFIRM] = BT_SECURITY_ERR_AUTH_FAIL,
    [SMP_REASON_DHKEY] = BT_SECURITY_ERR_AUTH_FAIL,
    [SMP_REASON_NUMERIC] = BT_SECURITY_ERR_AUTH_FAIL,
    [SMP_REASON_REPEATED] = BT_SECURITY_ERR_PAIR_NOT_ALLOWED,
    [SMP_REASON_PARAMS] = BT_SECURITY_ERR_INVALID_PARAM,
    [SMP_REASON_KEY_REJECTED] = BT_SECURITY_ERR_KEY_REJECTED,
};

enum bt_security_err smp_err_of(uint8_t reason)
{
    uint8_t err = reason < sizeof(reason_errs) ? reason_errs[reason] : 0;
    return err ? (enum bt_security_err)err : BT_SECURITY_ERR_UNSPECIFIED;
}

void smp_clear(struct smp_link *link)
{
    loop_timer_stop(&link->timer);
    link->state = SMP_IDLE;
    link->waits = 0;
    link->then = NULL;
    link->user_asked = false;
    link->attempt++;
    link->required = 0;
    link->round = 0;
    // Nothing secret stays behind, and no key of a pairing that was not completed.
    memset(link->req, 0, offsetof(struct smp_link, keys) - offsetof(struct smp_link, req));
    if (!link->has_keys) {
        memset(&link->keys, 0, sizeof(link->keys));
    }
}

// A third failure and later ones in a row let the peer wait, 2 s at first, twice as long each time
// (2.3.6); typing errors of people do not.
static void count_failure(struct smp_link *link)
{
    if (!bt_addr_le_eq(&link->failed_peer, &smp_conn_of(link)->dst)) {
        link->failed_peer = smp_conn_of(link)->dst;
        link->failures = 0;
    }
    link->failures = link->failures < 8 ? link->failures + 1 : 8;
    if (link->failures > 2) {
        link->refuse_until = breeze_port_now() + (1000000LL << (link->failures - 2));
    }
}

void smp_fail(struct smp_link *link, uint8_t reason, enum bt_security_err err)
{
    struct bt_conn *conn = smp_conn_of(link);
    const struct bt_conn_auth_cb *auth = smp_auth(link);
    bool cancel = link->user_asked && auth && auth->cancel;
    bool dead = link->state == SMP_DEAD;
    log_inf("%04x: pairing failed: reason %02x", conn->acl.handle, reason);
    if (reason != SMP_REASON_NONE) {
        uint8_t pdu[] = {SMP_FAILED, reason};
        smp_send(link, pdu, sizeof(pdu));
    }
    count_failure(link);
    smp_clear(link);
    link->enc_out = false; // What the controller says of it later is of no pairing any more.
    link->state = dead ? SMP_DEAD : SMP_IDLE;
    smp_run.pair_stale = true; // A fresh key pair after each failure (2.3.6).
    if (cancel) {
        auth->cancel(conn);
    }
    smp_tell_failed(conn, err);
    conn_cb_security(conn, err);
}

void smp_failed(struct smp_link *link, enum smp_reason reason)
{
    smp_fail(link, (uint8_t)reason, smp_err_of((uint8_t)reason));
}

static void timed_out(struct loop_timer *timer)
{
    struct smp_link *link = CONTAINER_OF(timer, struct smp_link, timer);
    post_set(&link->post, SMP_POST_TIMEOUT);
}

void smp_timer_again(struct smp_link *link)
{
    loop_timer_start(&link->timer, TIMEOUT_US, timed_out);
}

void smp_expect(struct smp_link *link, enum smp_state state)
{
    link->state = (uint8_t)state;
    smp_timer_again(link);
}

// ---- What this side owes ---------------------------------------------------------------------------

// Go on with `then` as soon as nothing of `waits` is missing.
void smp_hold(struct smp_link *link, uint8_t waits, void (*then)(struct smp_link *link))
{
    if (!(link->waits & waits)) {
        then(link);
        return;
    }
    link->waits_for = waits;
    link->then = then;
    smp_expect(link, SMP_LOCAL);
}

void smp_arrived(struct smp_link *link, uint8_t wait)
{
    link->waits &= (uint8_t)~wait;
    if (link->state == SMP_LOCAL && link->then && !(link->waits & link->waits_for)) {
        void (*then)(struct smp_link *) = link->then;
        link->then = NULL;
        then(link);
    }
}

void smp_curve_renew(const struct smp_link *link)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        if (&smp_run.links[i] != link && smp_is_pairing(&smp_run.links[i])) {
            return;
        }
    }
    if (smp_run.pair_stale) {
        smp_run.pair_valid = false;
        smp_run.pair_stale = false;
    }
}

int smp_curve_pair(void)
{
    uint8_t be[64];
    uint8_t priv[32];
    if (smp_run.pair_valid) {
        return 0;
    }
    int err = crypto_p256_make(priv, be);
    if (!err) {
        memcpy(smp_run.priv, priv, sizeof(priv));
        crypto_reverse(smp_run.pub, be, 32);
        crypto_reverse(smp_run.pub + 32, be + 32, 32);
        smp_run.pair_valid = true;
    }
    return err;
}

static int curve_dh(struct smp_link *link)
{
    uint8_t be[64];
    uint8_t dh[32];
    crypto_reverse(be, link->peer_pub, 32);
    crypto_reverse(be + 32, link->peer_pub + 32, 32);
    int err = crypto_p256_dh(smp_run.priv, be, dh);
    if (!err) {
        crypto_reverse(link->dh, dh, 32);
    }
    return err;
}

// The key pair first.
static void curve_for(struct smp_link *link)
{
    uint8_t wait = link->waits & SMP_WAIT_PAIR ? SMP_WAIT_PAIR : SMP_WAIT_DH;
    int err = smp_curve_pair();
    if (!err && wait == SMP_WAIT_DH) {
        err = curve_dh(link);
    }
    if (err == -EINPROGRESS) {
        return; // smp_curve_up()
    }
    smp_curve_kick(); // Others may wait too.
    if (err) {
        smp_failed(link, err == -EINVAL ? SMP_REASON_DHKEY : SMP_REASON_UNSPECIFIED);
    } else {
        smp_arrived(link, wait);
    }
}

// One product per turn.
static void curve_work(struct post *post, uint16_t bits)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        struct smp_link *link = &smp_run.links[i];
        if (smp_is_pairing(link) && (link->waits & (SMP_WAIT_PAIR | SMP_WAIT_DH))) {
            curve_for(link);
            return;
        }
    }
}

void smp_curve_kick(void)
{
    smp_run.curve_post.fn = curve_work;
    post_set(&smp_run.curve_post, 1);
}

void smp_curve_up(bool lost)
{
    if (lost) {
        smp_run.pair_valid = false;
    } else {
        smp_curve_kick();
    }
}
