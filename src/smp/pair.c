// Pairing, phase 2, both roles, and the table of what a link takes (Vol 3, Part H, 2.3.5 and 3.5).
//
// What each state takes from the peer is one table, `rows`; every other PDU is a violation and ends
// the pairing (hostile 41). A handler ends in exactly one of: smp_expect() (the peer is next),
// smp_hold() (this side is next: user or curve), smp_failed(). Callbacks of the application may end the
// pairing: after one, `attempt` says whether it is still the same.
#include <string.h>

#include "base/rd.h"
#include "base/wr.h"
#include "smp/state.h"

#define LOG_LAYER LOG_SMP
#include "base/log.h"

#define PASSKEY_ROUNDS 20

// X of the debug key (2.3.5.6.1): known to everyone.
static const uint8_t debug_x[32] = {
    0xe6, 0x9d, 0x35, 0x0e, 0x48, 0x01, 0x03, 0xcc, 0xdb, 0xfd, 0xf4, 0xac, 0x11, 0x91, 0xf4, 0xef,
    0xb9, 0xa5, 0xf9, 0xe9, 0xa7, 0x83, 0x2c, 0x5e, 0x2c, 0xbe, 0x97, 0xf2, 0xd2, 0x03, 0xb0, 0x20};

static void key_send(struct smp_link *link);
static void round_begin(struct smp_link *link);
static void secret_ask(struct smp_link *link);

// Phase 2 begins: with Secure Connections with the central's public key, else with what c1 needs.
void smp_phase_2(struct smp_link *link)
{
    if (link->sc) {
        smp_curve_renew(link);
        link->waits |= SMP_WAIT_PAIR;
        smp_curve_kick();
        if (smp_is_central(link)) {
            smp_hold(link, SMP_WAIT_PAIR, key_send);
        } else {
            smp_expect(link, SMP_KEY);
        }
        return;
    }
    uint16_t attempt = link->attempt;
    secret_ask(link);
    if (attempt != link->attempt) {
        return;
    }
    if (smp_is_central(link)) {
        smp_hold(link, SMP_WAIT_SECRET | SMP_WAIT_USER, round_begin);
    } else {
        round_begin(link);
    }
}

// ---- Phase 2: public keys (2.3.5.6.1) ---------------------------------------------------------------

static void key_send(struct smp_link *link)
{
    smp_send_value(link, SMP_PUBLIC_KEY, smp_run.pub, 64);
    smp_expect(link, SMP_KEY);
}

// Both keys are there. Ours sent back to us, or the one that everyone knows, proves nothing
// (hostile 44).
static void keys_known(struct smp_link *link)
{
    if (!memcmp(link->peer_pub, smp_run.pub, 32) || !memcmp(link->peer_pub, debug_x, 32)) {
        smp_failed(link, SMP_REASON_DHKEY);
        return;
    }
    if (!smp_is_central(link)) {
        smp_send_value(link, SMP_PUBLIC_KEY, smp_run.pub, 64);
    }
    link->waits |= SMP_WAIT_DH;
    smp_curve_kick();
    uint16_t attempt = link->attempt;
    secret_ask(link);
    if (attempt != link->attempt) {
        return;
    }
    if (smp_is_central(link)) {
        smp_hold(link, SMP_WAIT_SECRET, round_begin);
    } else {
        round_begin(link);
    }
}

static void on_public_key(struct smp_link *link, struct rd *in)
{
    rd_copy(in, link->peer_pub, sizeof(link->peer_pub));
    smp_hold(link, SMP_WAIT_PAIR, keys_known);
}

// ---- Phase 2: what the user does ---------------------------------------------------------------------

static void passkey_show(struct smp_link *link)
{
    const struct bt_conn_auth_cb *auth = smp_auth(link);
    bool shown = auth && auth->passkey_display;
    uint32_t passkey = smp_reg.passkey;
    if (!smp_reg.passkey_fixed && (!shown || crypto_rand(&passkey, sizeof(passkey)))) {
        smp_failed(link, shown ? SMP_REASON_UNSPECIFIED : SMP_REASON_PASSKEY);
        return;
    }
    passkey %= 1000000;
    struct wr w = wr_init(link->secret, sizeof(link->secret));
    wr_le32(&w, passkey);
    if (shown) {
        link->user_asked = true;
        auth->passkey_display(smp_conn_of(link), passkey);
    }
}

// The application may have taken its callbacks away since the features named them.
static void passkey_ask(struct smp_link *link)
{
    const struct bt_conn_auth_cb *auth = smp_auth(link);
    if (!auth || !auth->passkey_entry) {
        smp_failed(link, SMP_REASON_PASSKEY);
        return;
    }
    link->user_asked = true;
    link->waits |= SMP_WAIT_SECRET;
    auth->passkey_entry(smp_conn_of(link));
}

// A Just Works pairing that the peer began needs the application's word, if it wants to be asked.
static void pairing_ask(struct smp_link *link)
{
    const struct bt_conn_auth_cb *auth = smp_auth(link);
    if (link->peer_began && auth && auth->pairing_confirm) {
        link->user_asked = true;
        link->waits |= SMP_WAIT_USER;
        auth->pairing_confirm(smp_conn_of(link));
    }
}

static void oob_ask(struct smp_link *link)
{
    const struct bt_conn_auth_cb *auth = smp_auth(link);
    bool own = smp_features_own(link)[2];
    bool peer = smp_features_peer(link)[2];
    struct bt_conn_oob_info info = {.type = BT_CONN_OOB_LE_LEGACY};
    if (link->sc) {
        info.type = BT_CONN_OOB_LE_SC;
        info.lesc.oob_config = own && peer ? BT_CONN_OOB_BOTH_PEERS
                               : own       ? BT_CONN_OOB_REMOTE_ONLY
                                           : BT_CONN_OOB_LOCAL_ONLY;
    }
    if (!auth || !auth->oob_data_request) {
        smp_failed(link, SMP_REASON_OOB);
        return;
    }
    link->waits |= SMP_WAIT_SECRET;
    auth->oob_data_request(smp_conn_of(link), &info);
}

static void nothing_to_ask(struct smp_link *link)
{
}

static void secret_ask(struct smp_link *link)
{
    static void (*const ask[])(struct smp_link * link) = {
        [SMP_JUST_WORKS] = pairing_ask,
        [SMP_NUMERIC] = nothing_to_ask,
        [SMP_SHOW] = passkey_show,
        [SMP_TYPE] = passkey_ask,
        [SMP_OOB] = oob_ask,
    };
    ask[link->method](link);
}

// ---- Phase 2: rounds of confirm and random (2.3.5.5, 2.3.5.6.2 to .4) ----------------------------------

static bool is_passkey(const struct smp_link *link)
{
    return link->method == SMP_SHOW || link->method == SMP_TYPE;
}

// Both sides commit; with numeric comparison and Just Works of Secure Connections only the peripheral.
static bool both_commit(const struct smp_link *link)
{
    return !link->sc || is_passkey(link);
}

// False: it could not be made.
static bool confirm_value(struct smp_link *link, bool own, uint8_t out[16])
{
    struct bt_conn *conn = smp_conn_of(link);
    bool central = smp_is_central(link);
    const uint8_t *nonce = own ? link->own_rand : link->peer_rand;
    if (!link->sc) {
        crypto_c1(link->secret, nonce, link->req, link->rsp, central ? &conn->local : &conn->remote,
                  central ? &conn->remote : &conn->local, out);
        return crypto_ok();
    }
    uint8_t bit = link->secret[link->round / 8] >> link->round % 8 & 1;
    const uint8_t *mine = own ? smp_run.pub : link->peer_pub;
    const uint8_t *other = own ? link->peer_pub : smp_run.pub;
    crypto_f4(mine, other, nonce, is_passkey(link) ? 0x80 | bit : 0, out);
    return crypto_ok();
}

static void confirm_send(struct smp_link *link)
{
    if (!confirm_value(link, true, link->own_confirm)) {
        smp_failed(link, SMP_REASON_UNSPECIFIED);
        return;
    }
    smp_send_value(link, SMP_CONFIRM, link->own_confirm, 16);
    smp_expect(link, smp_is_central(link) ? SMP_CONFIRMED : SMP_RANDOMED);
}

static void random_send(struct smp_link *link)
{
    smp_send_value(link, SMP_RANDOM, link->own_rand, 16);
}

static void round_begin(struct smp_link *link)
{
    bool central = smp_is_central(link);
    if (crypto_rand(link->own_rand, sizeof(link->own_rand))) {
        smp_failed(link, SMP_REASON_UNSPECIFIED);
    } else if (both_commit(link)) {
        if (central) {
            confirm_send(link);
        } else {
            smp_expect(link, SMP_CONFIRMED);
        }
    } else if (link->method == SMP_OOB) {
        if (central) {
            random_send(link);
        }
        smp_expect(link, SMP_RANDOMED);
    } else if (central) {
        smp_expect(link, SMP_CONFIRMED);
    } else {
        confirm_send(link);
    }
}

static void on_confirm(struct smp_link *link, struct rd *in)
{
    rd_copy(in, link->peer_confirm, 16);
    if (!smp_is_central(link)) {
        smp_hold(link, SMP_WAIT_SECRET | SMP_WAIT_USER, confirm_send);
        return;
    }
    if (!memcmp(link->peer_confirm, link->own_confirm, 16)) {
        smp_failed(link, SMP_REASON_CONFIRM); // Ours, reflected.
        return;
    }
    random_send(link);
    smp_expect(link, SMP_RANDOMED);
}

static void rounds_done(struct smp_link *link);

static void round_end(struct smp_link *link)
{
    if (!smp_is_central(link)) {
        random_send(link);
    }
    if (link->sc && is_passkey(link) && ++link->round < PASSKEY_ROUNDS) {
        round_begin(link);
    } else {
        rounds_done(link);
    }
}

static void on_random(struct smp_link *link, struct rd *in)
{
    rd_copy(in, link->peer_rand, 16);
    bool committed = both_commit(link) || (smp_is_central(link) && link->method != SMP_OOB);
    uint8_t value[16];
    if (!memcmp(link->peer_rand, link->own_rand, 16)) {
        smp_failed(link, SMP_REASON_CONFIRM); // Hostile 45.
        return;
    }
    if (committed && !confirm_value(link, false, value)) {
        smp_failed(link, SMP_REASON_UNSPECIFIED);
        return;
    }
    if (committed && memcmp(value, link->peer_confirm, 16)) {
        smp_failed(link, SMP_REASON_CONFIRM);
        return;
    }
    smp_hold(link, SMP_WAIT_SECRET, round_end);
}

// ---- Phase 2: its end --------------------------------------------------------------------------------

static void encrypt(struct smp_link *link, const uint8_t key[16])
{
    struct smp_ltk ltk = {.ediv = 0};
    uint8_t level = smp_level((enum smp_method)link->method, link->sc, link->keys.size);
    memcpy(ltk.val, key, link->keys.size); // The rest is zero (2.3.4).
    memcpy(link->stk, ltk.val, 16);
    smp_expect(link, SMP_ENCRYPTING);
    if (smp_is_central(link)) {
        smp_encrypt(link, &ltk, level, link->keys.size);
    } else {
        link->enc_level = level; // The controller asks for the key.
        link->enc_size = link->keys.size;
    }
}

static const uint8_t *central_rand(const struct smp_link *link)
{
    return smp_is_central(link) ? link->own_rand : link->peer_rand;
}

static const uint8_t *peripheral_rand(const struct smp_link *link)
{
    return smp_is_central(link) ? link->peer_rand : link->own_rand;
}

// The check value that one side sends (2.3.5.6.5).
static void check_value(struct smp_link *link, bool own, uint8_t out[16])
{
    struct bt_conn *conn = smp_conn_of(link);
    uint8_t r[16] = {0};
    if (is_passkey(link)) {
        memcpy(r, link->secret, 16);
    } else if (link->method == SMP_OOB) {
        // The r of the side that receives the check, where its sender had it.
        const uint8_t *sender = own ? smp_features_own(link) : smp_features_peer(link);
        if (sender[2]) {
            memcpy(r, own ? link->secret : link->local_r, 16);
        }
    }
    const uint8_t *features = own ? smp_features_own(link) : smp_features_peer(link);
    crypto_f6(link->mackey, own ? link->own_rand : link->peer_rand,
              own ? link->peer_rand : link->own_rand, r, features + 1,
              own ? &conn->local : &conn->remote, own ? &conn->remote : &conn->local, out);
}

static void keys_make(struct smp_link *link)
{
    struct bt_conn *conn = smp_conn_of(link);
    bool central = smp_is_central(link);
    crypto_f5(link->dh, central_rand(link), peripheral_rand(link),
              central ? &conn->local : &conn->remote, central ? &conn->remote : &conn->local,
              link->mackey, link->keys.ours.val);
    memset(link->keys.ours.val + link->keys.size, 0, 16U - link->keys.size);
    link->keys.flags |= SMP_KEYS_OURS | SMP_KEYS_THEIRS;
}

// The keys, too, are what they should be. False: the pairing has failed.
static bool check_send(struct smp_link *link)
{
    uint8_t value[16];
    check_value(link, true, value);
    if (!crypto_ok()) {
        smp_failed(link, SMP_REASON_UNSPECIFIED);
        return false;
    }
    smp_send_value(link, SMP_DHKEY_CHECK, value, 16);
    return true;
}

static bool check_is_good(struct smp_link *link)
{
    uint8_t value[16];
    check_value(link, false, value);
    if (!crypto_ok()) {
        smp_failed(link, SMP_REASON_UNSPECIFIED);
        return false;
    }
    if (memcmp(value, link->peer_confirm, 16)) {
        smp_failed(link, SMP_REASON_DHKEY);
        return false;
    }
    return true;
}

static void central_checks(struct smp_link *link)
{
    keys_make(link);
    if (check_send(link)) {
        smp_expect(link, SMP_CHECKED);
    }
}

static void peripheral_checks(struct smp_link *link)
{
    keys_make(link);
    if (check_is_good(link) && check_send(link)) {
        encrypt(link, link->keys.ours.val);
    }
}

static void on_dhkey_check(struct smp_link *link, struct rd *in)
{
    rd_copy(in, link->peer_confirm, 16);
    if (!smp_is_central(link)) {
        smp_hold(link, SMP_WAIT_DH | SMP_WAIT_USER, peripheral_checks);
    } else if (check_is_good(link)) {
        encrypt(link, link->keys.ours.val);
    }
}

static void number_ask(struct smp_link *link)
{
    bool central = smp_is_central(link);
    const struct bt_conn_auth_cb *auth = smp_auth(link);
    if (!auth || !auth->passkey_confirm) {
        smp_failed(link, SMP_REASON_NUMERIC);
        return;
    }
    uint32_t number =
        crypto_g2(central ? smp_run.pub : link->peer_pub, central ? link->peer_pub : smp_run.pub,
                  central_rand(link), peripheral_rand(link));
    if (!crypto_ok()) {
        smp_failed(link, SMP_REASON_UNSPECIFIED);
        return;
    }
    link->waits |= SMP_WAIT_USER;
    link->user_asked = true;
    auth->passkey_confirm(smp_conn_of(link), number);
}

static void rounds_done(struct smp_link *link)
{
    if (!link->sc) {
        uint8_t stk[16];
        crypto_s1(link->secret, peripheral_rand(link), central_rand(link), stk);
        if (crypto_ok()) {
            encrypt(link, stk);
        } else {
            smp_failed(link, SMP_REASON_UNSPECIFIED);
        }
        return;
    }
    if (link->method == SMP_NUMERIC) {
        uint16_t attempt = link->attempt;
        number_ask(link);
        if (attempt != link->attempt) {
            return;
        }
    }
    if (smp_is_central(link)) {
        smp_hold(link, SMP_WAIT_DH | SMP_WAIT_USER, central_checks);
    } else {
        smp_expect(link, SMP_CHECKED);
    }
}

void smp_pair_encrypted(struct smp_link *link)
{
    smp_timer_again(link);
    smp_dist_begin(link);
}

// ---- In ----------------------------------------------------------------------------------------------

static void on_failed(struct smp_link *link, struct rd *in)
{
    uint8_t reason = rd_u8(in);
    smp_fail(link, SMP_REASON_NONE, smp_err_of(reason));
}

// The peripheral's request for security was refused.
static void on_request_failed(struct smp_link *link, struct rd *in)
{
    if (link->asked) {
        link->asked = false;
        loop_timer_stop(&link->timer);
        conn_cb_security(smp_conn_of(link), smp_err_of(rd_u8(in)));
    }
}

static void on_not_supported(struct smp_link *link, struct rd *in)
{
    uint8_t pdu[] = {SMP_FAILED, SMP_REASON_CMD};
    smp_send(link, pdu, sizeof(pdu));
}

static void on_nothing(struct smp_link *link, struct rd *in)
{
}

#define C    BIT(BT_CONN_ROLE_CENTRAL)
#define P    BIT(BT_CONN_ROLE_PERIPHERAL)
#define ANY  (BIT(SMP_DEAD) - BIT(SMP_REQUESTED)) // A pairing is under way.
#define S(s) BIT(SMP_##s)

// What is taken when: states, PDU, our role. All else ends a pairing, or is dropped where there is
// none.
static const struct {
    uint16_t states;
    uint8_t code;
    uint8_t roles;
    void (*fn)(struct smp_link *link, struct rd *in);
} rows[] = {
    {S(IDLE), SMP_PAIRING_REQ, P, smp_on_pairing_req},
    {S(IDLE), SMP_PAIRING_REQ, C, on_not_supported},
    {S(IDLE), SMP_SECURITY_REQ, C, smp_on_security_req},
    {S(IDLE), SMP_SECURITY_REQ, P, on_not_supported},
    {S(IDLE), SMP_FAILED, P, on_request_failed},
    {S(REQUESTED), SMP_PAIRING_RSP, C, smp_on_pairing_rsp},
    {ANY, SMP_SECURITY_REQ, C, on_nothing}, // It crossed ours, or is a flood (hostile 47).
    {ANY, SMP_FAILED, C | P, on_failed},
    {S(KEY), SMP_PUBLIC_KEY, C | P, on_public_key},
    {S(CONFIRMED) | S(RANDOMED) | S(LOCAL) | S(CHECKED), SMP_KEYPRESS, C | P, smp_on_keypress},
    {S(CONFIRMED), SMP_CONFIRM, C | P, on_confirm},
    {S(RANDOMED), SMP_RANDOM, C | P, on_random},
    {S(CHECKED), SMP_DHKEY_CHECK, C | P, on_dhkey_check},
    {S(KEYS), SMP_ENC_INFO, C | P, smp_on_enc_info},
    {S(KEYS), SMP_CENTRAL_ID, C | P, smp_on_central_id},
    {S(KEYS), SMP_ID_INFO, C | P, smp_on_id_info},
    {S(KEYS), SMP_ID_ADDR, C | P, smp_on_id_addr},
#if CONFIG_BT_SIGNING
    {S(KEYS), SMP_SIGN_INFO, C | P, smp_on_sign_info},
#endif
};

// Lengths of the parameters (3.3).
static const uint8_t lens[] = {
    [SMP_PAIRING_REQ] = 6,  [SMP_PAIRING_RSP] = 6, [SMP_CONFIRM] = 16,     [SMP_RANDOM] = 16,
    [SMP_FAILED] = 1,       [SMP_ENC_INFO] = 16,   [SMP_CENTRAL_ID] = 10,  [SMP_ID_INFO] = 16,
    [SMP_ID_ADDR] = 7,      [SMP_SIGN_INFO] = 16,  [SMP_SECURITY_REQ] = 1, [SMP_PUBLIC_KEY] = 64,
    [SMP_DHKEY_CHECK] = 16, [SMP_KEYPRESS] = 1,
};

static void take(struct smp_link *link, uint8_t code, struct rd *in)
{
    uint16_t role = BIT(smp_conn_of(link)->role);
    bool fits = rd_left(in) == lens[code];
    for (size_t i = 0; fits && i < ARRAY_SIZE(rows); i++) {
        if ((rows[i].states & BIT(link->state)) && rows[i].code == code && (rows[i].roles & role)) {
            rows[i].fn(link, in);
            return;
        }
    }
    log_inf("%04x: PDU %02x in state %u", smp_conn_of(link)->acl.handle, code, link->state);
    if (smp_is_pairing(link)) {
        smp_failed(link, fits ? SMP_REASON_UNSPECIFIED : SMP_REASON_PARAMS);
    } else if (!fits && code == SMP_PAIRING_REQ && link->state == SMP_IDLE) {
        uint8_t pdu[] = {SMP_FAILED, SMP_REASON_PARAMS};
        smp_send(link, pdu, sizeof(pdu));
    }
}

void smp_recv(struct bt_conn *conn, struct net_buf *pdu)
{
    struct rd in = rd_init(pdu->data, pdu->len);
    uint8_t code = rd_u8(&in);
    // Unknown codes are ignored in every state (3.3).
    if (rd_ok(&in) && code && code <= SMP_KEYPRESS && conn_is_up(conn)) {
        take(smp_link_of(conn), code, &in);
    }
    net_buf_unref(pdu);
}

void smp_tx_free(void)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        smp_flush(&smp_run.links[i]);
    }
}
