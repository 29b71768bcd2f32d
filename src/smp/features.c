// Pairing, phase 1: who can and wants what (Vol 3, Part H, 2.3.1 to 2.3.5 and 3.5).
#include <errno.h>
#include <string.h>

#include "base/rd.h"
#include "base/wr.h"
#include "smp/state.h"

// ---- Phase 1: features -----------------------------------------------------------------------------

uint8_t *smp_features_own(struct smp_link *link)
{
    return smp_is_central(link) ? link->req : link->rsp;
}

uint8_t *smp_features_peer(struct smp_link *link)
{
    return smp_is_central(link) ? link->rsp : link->req;
}

bool smp_has_sc(void)
{
    return !smp_reg.policy.no_sc && crypto_has_p256();
}

static uint8_t auth_own(const struct smp_link *link)
{
    uint8_t auth = smp_bondable(link) ? SMP_AUTH_BONDING : 0;
    bool able = smp_io_of(link) != SMP_IO_NONE || smp_reg.oob_legacy || smp_reg.oob_sc;
    if (MAX(link->required, smp_reg.policy.min_level) >= BT_SECURITY_L3 ||
        (able && !smp_reg.policy.no_mitm)) {
        auth |= SMP_AUTH_MITM;
    }
    auth |= smp_keypress_offered(link) ? SMP_AUTH_KEYS : 0;
    return smp_has_sc() ? auth | SMP_AUTH_SC : auth;
}

// The peer does not see our identity: it needs our IRK to know us again.
static bool hides(const struct smp_link *link)
{
    return own_kind() == OWN_RPA || bt_addr_le_is_rpa(&smp_conn_of(link)->local);
}

// Our Pairing Request, or the Response to link->req. Of keys the peer gives us its LTK (legacy) and its
// identity; we give our LTK, and our identity where it is not the one it sees.
static void features_make(struct smp_link *link, bool central)
{
    uint8_t own = SMP_DIST_ENC | SMP_DIST_OPTIONAL | (hides(link) ? SMP_DIST_ID : 0);
    uint8_t mine = smp_bondable(link) ? own : 0;
    uint8_t theirs = smp_bondable(link) ? SMP_DIST_ALL : 0;
    uint8_t *pdu = central ? link->req : link->rsp;
    bool sc = central ? smp_has_sc() : link->sc;
    struct wr w = wr_init(pdu, SMP_FEATURE_LEN);
    wr_u8(&w, central ? SMP_PAIRING_REQ : SMP_PAIRING_RSP);
    wr_u8(&w, (uint8_t)smp_io_of(link));
    wr_u8(&w, sc ? smp_reg.oob_sc : smp_reg.oob_legacy);
    wr_u8(&w, auth_own(link));
    wr_u8(&w, CRYPTO_LEN);
    wr_u8(&w, central ? mine : theirs & link->req[5]);
    wr_u8(&w, central ? theirs : mine & link->req[6]);
    smp_send(link, pdu, SMP_FEATURE_LEN);
}

// Values that no peer may send (3.5.1).
static enum smp_reason features_check(const struct smp_link *link, const uint8_t *pdu)
{
    if (pdu[1] > SMP_IO_KEYBOARD_DISPLAY || pdu[2] > 1 || pdu[4] < 7 || pdu[4] > CRYPTO_LEN) {
        return SMP_REASON_PARAMS;
    }
    if (pdu[4] < smp_min_size()) {
        return SMP_REASON_KEY_SIZE;
    }
    bool sc = (pdu[3] & SMP_AUTH_SC) && smp_has_sc();
    if (!sc && (smp_reg.policy.sc_only || link->required == BT_SECURITY_L4)) {
        return SMP_REASON_AUTH_REQ;
    }
    return 0;
}

// Both features are known: what pairing will it be, and is that enough for this side.
static enum smp_reason features_settle(struct smp_link *link)
{
    const uint8_t *peer = smp_features_peer(link);
    const uint8_t *own = smp_features_own(link);
    link->bonding = (own[3] & peer[3] & SMP_AUTH_BONDING) != 0;
    link->method = (uint8_t)smp_method(link);
    link->has_keys = false; // Those of an earlier pairing of this connection.
    link->keys = (struct smp_keys){.size = peer[4], .id = smp_conn_of(link)->id};
    bt_security_t level = smp_level((enum smp_method)link->method, link->sc, peer[4]);
    if (level < MAX(link->required, smp_reg.policy.min_level) ||
        (smp_reg.policy.sc_only && level < BT_SECURITY_L4)) {
        return SMP_REASON_AUTH_REQ;
    }
    link->keys.flags =
        (uint8_t)((level >= BT_SECURITY_L3 ? SMP_KEYS_AUTH : 0) | (link->sc ? SMP_KEYS_SC : 0));
    const struct smp_keys *old = smp_bond_find(link->keys.id, &smp_conn_of(link)->dst);
    if (old && !smp_bond_may_replace(link, old)) {
        return SMP_REASON_AUTH_REQ;
    }
    uint8_t initiator = link->rsp[5] & link->req[5] & SMP_DIST_ALL;
    uint8_t responder = link->rsp[6] & link->req[6] & SMP_DIST_ALL;
    link->send = smp_is_central(link) ? initiator : responder;
    link->receive = smp_is_central(link) ? responder : initiator;
    return 0;
}

static bool accepted(struct smp_link *link)
{
    const struct bt_conn_auth_cb *auth = smp_auth(link);
    const uint8_t *pdu = smp_features_peer(link);
    if (!auth || !auth->pairing_accept) {
        return true;
    }
    const struct bt_conn_pairing_feat feat = {
        .io_capability = pdu[1],
        .oob_data_flag = pdu[2],
        .auth_req = pdu[3],
        .max_enc_key_size = pdu[4],
        .init_key_dist = pdu[5],
        .resp_key_dist = pdu[6],
    };
    uint16_t attempt = link->attempt;
    enum bt_security_err err = auth->pairing_accept(smp_conn_of(link), &feat);
    if (err && attempt == link->attempt) {
        smp_fail(link,
                 err == BT_SECURITY_ERR_AUTH_REQUIREMENT ? SMP_REASON_AUTH_REQ
                                                         : SMP_REASON_NOT_SUPPORTED,
                 err);
    }
    return attempt == link->attempt;
}

// Without a cipher there is no pairing at all.
static void not_supported(struct smp_link *link)
{
    uint8_t pdu[] = {SMP_FAILED, SMP_REASON_NOT_SUPPORTED};
    smp_send(link, pdu, sizeof(pdu));
}

static bool refused(struct smp_link *link)
{
    return link->refuse_until > breeze_port_now() &&
           bt_addr_le_eq(&link->failed_peer, &smp_conn_of(link)->dst);
}

void smp_on_pairing_req(struct smp_link *link, struct rd *in)
{
    if (refused(link)) {
        uint8_t pdu[] = {SMP_FAILED, SMP_REASON_REPEATED};
        smp_send(link, pdu, sizeof(pdu));
        return;
    }
    if (!crypto_has_aes()) {
        not_supported(link);
        return;
    }
    uint8_t required = link->required;
    smp_clear(link);
    link->required = required;
    link->asked = false;
    link->peer_began = true;
    link->req[0] = SMP_PAIRING_REQ;
    rd_copy(in, link->req + 1, 6);
    smp_expect(link, SMP_LOCAL);
    enum smp_reason reason = features_check(link, link->req);
    if (reason) {
        smp_failed(link, reason);
        return;
    }
    if (!accepted(link)) {
        return;
    }
    link->sc = (link->req[3] & SMP_AUTH_SC) && smp_has_sc();
    // The answer is sent first, so that a refusal answers what the peer knows.
    features_make(link, false);
    reason = features_settle(link);
    if (reason) {
        smp_failed(link, reason);
        return;
    }
    smp_phase_2(link);
}

void smp_on_pairing_rsp(struct smp_link *link, struct rd *in)
{
    link->rsp[0] = SMP_PAIRING_RSP;
    rd_copy(in, link->rsp + 1, 6);
    enum smp_reason reason = features_check(link, link->rsp);
    if (!reason && ((link->rsp[5] & ~link->req[5]) || (link->rsp[6] & ~link->req[6]))) {
        reason = SMP_REASON_PARAMS; // Keys that were not offered (hostile 43).
    }
    if (reason) {
        smp_failed(link, reason);
        return;
    }
    smp_expect(link, SMP_LOCAL);
    if (!accepted(link)) {
        return;
    }
    link->sc = (link->rsp[3] & SMP_AUTH_SC) && (link->req[3] & SMP_AUTH_SC);
    reason = features_settle(link);
    if (reason) {
        smp_failed(link, reason);
        return;
    }
    smp_phase_2(link);
}

int smp_pair_start(struct smp_link *link)
{
    uint8_t required = link->required;
    if (!crypto_has_aes()) {
        return -ENOTSUP;
    }
    if (refused(link)) {
        return -EAGAIN;
    }
    smp_clear(link);
    link->required = required;
    link->peer_began = link->asked; // A Security Request of the peer.
    link->asked = false;
    smp_expect(link, SMP_REQUESTED);
    features_make(link, true);
    return 0;
}

// The peripheral wants security (2.4.6). Known keys come first, whatever they are worth: an old
// peer asks for more than it can have at every connection. What it lacks on an encrypted link takes
// a pairing.
void smp_on_security_req(struct smp_link *link, struct rd *in)
{
    uint8_t auth = rd_u8(in);
    bool more = (auth & SMP_AUTH_MITM) && smp_io_of(link) != SMP_IO_NONE;
    uint8_t level = smp_conn_of(link)->sec_level;
    if (link->enc_out || level >= (more ? BT_SECURITY_L3 : BT_SECURITY_L2) ||
        (level < BT_SECURITY_L2 && smp_encrypt_known(link, BT_SECURITY_L2))) {
        return;
    }
    link->asked = true;
    int err = smp_pair_start(link);
    if (err) {
        link->asked = false;
    }
    if (err == -ENOTSUP) {
        not_supported(link);
    }
}
