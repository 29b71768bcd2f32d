// Pairing, phase 3: keys out and in (Vol 3, Part H, 2.4.3 and 3.6). The peripheral's come first.
#include <errno.h>
#include <string.h>

#include "base/rd.h"
#include "base/wr.h"
#include "gap/id.h"
#include "smp/state.h"

#define LOG_LAYER LOG_SMP
#include "base/log.h"

// The pairing has made all that it makes. It is over before anybody hears of that: a bond that gives
// way is told of, and what the application does then is of no pairing any more.
static void complete(struct smp_link *link)
{
    struct bt_conn *conn = smp_conn_of(link);
    const bt_addr_le_t *local = gap_id_addr(conn->id);
    bool bonding = link->bonding;
    link->keys.addr = conn->dst;
    link->keys.local = local ? *local : conn->src;
    link->has_keys = true;
    link->failures = 0;
    smp_clear(link);
    bool bonded = bonding && smp_bond_put(&link->keys);
    if (bonded) {
        link->has_keys = false;
        memset(&link->keys, 0, sizeof(link->keys));
        conn_secured(conn);
    }
    smp_tell_complete(conn, bonded);
}

static bool send_ltk(struct smp_link *link)
{
    uint8_t pdu[SMP_PDU_MAX];
    struct smp_ltk *ltk = &link->keys.ours;
    uint8_t ediv[2];
    if (crypto_rand(ltk->val, 16) || crypto_rand(ltk->rand, 8) || crypto_rand(ediv, 2)) {
        return false;
    }
    struct rd r = rd_init(ediv, sizeof(ediv));
    ltk->ediv = rd_le16(&r);
    memset(ltk->val + link->keys.size, 0, 16U - link->keys.size);
    link->keys.flags |= SMP_KEYS_OURS;
    smp_send_value(link, SMP_ENC_INFO, ltk->val, 16);
    struct wr w = wr_init(pdu, sizeof(pdu));
    wr_u8(&w, SMP_CENTRAL_ID);
    wr_le16(&w, ltk->ediv);
    wr_bytes(&w, ltk->rand, 8);
    smp_send(link, pdu, wr_len(&w));
    return true;
}

static bool send_identity(struct smp_link *link)
{
    uint8_t pdu[SMP_PDU_MAX];
    uint8_t id = smp_conn_of(link)->id;
    const bt_addr_le_t *addr = gap_id_addr(id);
    const uint8_t *irk = addr ? own_irk(id) : NULL;
    if (!irk) {
        return false;
    }
    link->keys.flags |= SMP_KEYS_KNOWN;
    smp_send_value(link, SMP_ID_INFO, irk, 16);
    struct wr w = wr_init(pdu, sizeof(pdu));
    wr_u8(&w, SMP_ID_ADDR);
    wr_u8(&w, addr->type);
    wr_bytes(&w, addr->a.val, sizeof(addr->a.val));
    smp_send(link, pdu, wr_len(&w));
    return true;
}

// In the order of 2.4.3.
static bool send_keys(struct smp_link *link)
{
    uint8_t send = link->send;
    link->send = 0;
    if (((send & SMP_DIST_ENC) && !send_ltk(link)) ||
        ((send & SMP_DIST_ID) && !send_identity(link)) ||
        (CONFIG_BT_SIGNING && (send & SMP_DIST_SIGN) && !smp_sign_give(link))) {
        smp_failed(link, SMP_REASON_UNSPECIFIED);
        return false;
    }
    return true;
}

// Whoever hears that the pairing is complete may end the link: our keys must be with the peer by then.
static void give(struct smp_link *link)
{
    if (link->in_air || link->out_len) {
        link->given = true;
        smp_expect(link, SMP_KEYS);
    } else {
        complete(link);
    }
}

// What comes next; called whenever something of it is done.
static void go_on(struct smp_link *link)
{
    if (link->receive) {
        smp_expect(link, SMP_KEYS);
    } else if (send_keys(link)) {
        give(link);
    }
}

void smp_keys_sent(struct smp_link *link)
{
    if (link->given && link->state == SMP_KEYS) {
        complete(link);
    }
}

void smp_dist_begin(struct smp_link *link)
{
    if (link->sc) {
        link->send &= (uint8_t)~SMP_DIST_ENC; // The LTK is there already.
        link->receive &= (uint8_t)~SMP_DIST_ENC;
    }
    link->got_half = false;
    link->given = false;
    if (smp_is_central(link) || send_keys(link)) {
        go_on(link);
    }
}

void smp_dist_got(struct smp_link *link, uint8_t key)
{
    link->receive &= (uint8_t)~key;
    link->got_half = false;
    go_on(link);
}

bool smp_dist_expected(struct smp_link *link, uint8_t key, bool half)
{
    // Keys come in the order of their bits (2.4.3).
    bool order = !(link->receive & (key - 1U));
    if ((link->receive & key) && order && link->got_half == half) {
        link->got_half = !half;
        return true;
    }
    smp_failed(link, SMP_REASON_UNSPECIFIED);
    return false;
}

void smp_on_enc_info(struct smp_link *link, struct rd *in)
{
    if (smp_dist_expected(link, SMP_DIST_ENC, false)) {
        rd_copy(in, link->keys.theirs.val, 16);
        memset(link->keys.theirs.val + link->keys.size, 0, 16U - link->keys.size);
        if (smp_is_key(link->keys.theirs.val)) {
            smp_expect(link, SMP_KEYS);
        } else {
            smp_failed(link, SMP_REASON_KEY_REJECTED); // Hostile 49.
        }
    }
}

void smp_on_central_id(struct smp_link *link, struct rd *in)
{
    if (smp_dist_expected(link, SMP_DIST_ENC, true)) {
        link->keys.theirs.ediv = rd_le16(in);
        rd_copy(in, link->keys.theirs.rand, 8);
        link->keys.flags |= SMP_KEYS_THEIRS;
        smp_dist_got(link, SMP_DIST_ENC);
    }
}

void smp_on_id_info(struct smp_link *link, struct rd *in)
{
    if (smp_dist_expected(link, SMP_DIST_ID, false)) {
        rd_copy(in, link->keys.irk, 16);
        smp_expect(link, SMP_KEYS);
    }
}

static bool is_private(const bt_addr_le_t *addr)
{
    return addr->type == BT_ADDR_LE_RANDOM && BT_ADDR_IS_RPA(&addr->a);
}

// Is this an identity address, and one that a peer behind a private address may have: not another
// bond's, unless the new keys could replace those (hostile 48).
static bool identity_allowed(struct smp_link *link, const bt_addr_le_t *addr)
{
    struct bt_conn *conn = smp_conn_of(link);
    if (addr->type != BT_ADDR_LE_PUBLIC &&
        (addr->type != BT_ADDR_LE_RANDOM || !BT_ADDR_IS_STATIC(&addr->a))) {
        return false;
    }
    const struct smp_keys *other = is_private(&conn->dst) ? smp_bond_find(conn->id, addr) : NULL;
    return !other || smp_bond_may_replace(link, other);
}

void smp_on_id_addr(struct smp_link *link, struct rd *in)
{
    struct bt_conn *conn = smp_conn_of(link);
    bt_addr_le_t addr;
    if (!smp_dist_expected(link, SMP_DIST_ID, true)) {
        return;
    }
    addr.type = rd_u8(in);
    rd_copy(in, addr.a.val, sizeof(addr.a.val));
    if (!identity_allowed(link, &addr)) {
        smp_failed(link, SMP_REASON_KEY_REJECTED);
        return;
    }
    // An IRK of zeroes means that the peer has no private addresses.
    if (smp_is_key(link->keys.irk)) {
        link->keys.flags |= SMP_KEYS_IRK;
    }
    link->receive &= (uint8_t)~SMP_DIST_ID;
    // A peer that shows itself under a lasting address is bonded under that one: another that it names
    // is not proven by anything.
    if (is_private(&conn->dst)) {
        uint16_t attempt = link->attempt;
        bt_addr_le_t rpa = conn->dst;
        conn->dst = addr;
        conn_cb_identity(conn, &rpa);
        if (attempt != link->attempt) {
            return;
        }
    }
    go_on(link);
}
