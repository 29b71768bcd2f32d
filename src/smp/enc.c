// Encryption: what links owe the controller for it, and what it says (Vol 4, Part E, 7.8.24 to
// 7.8.26, 7.7.8, 7.7.39, 7.7.65.5; Vol 6, Part B, 5.1.3).
//
// An event about encryption counts only after the controller had a key from us (`enc_out`). A link
// that fails to encrypt stays as it was and the application is told: nothing falls back to plain
// text by itself (hostile 49), and no bond is dropped for it. Whether a link is encrypted whose event
// does not come within 30 s nobody knows: it ends.
//
// The timer of a link runs during a pairing, while the peer owes us an answer to a Security Request
// (3.4), and while the controller owes us such an event.
#include <string.h>

#include "base/rd.h"
#include "base/wr.h"
#include "hci/hci.h"
#include "smp/state.h"

#define LOG_LAYER LOG_SMP
#include "base/log.h"

// Bits of smp_link.cmds, in the order of sending.
enum { CMD_REPLY, CMD_NEG_REPLY, CMD_START };

static void owe(struct smp_link *link, unsigned int cmd)
{
    link->cmds |= (uint8_t)BIT(cmd);
    hci_cmd_kick();
}

static void failed(struct smp_link *link, uint8_t status)
{
    link->enc_out = false;
    link->enc_status = status;
    post_set(&link->post, SMP_POST_ENC);
}

// Only a refusal ends what was begun; all else comes as an event.
static void cmd_done(void *arg, uint8_t status, struct rd *ret)
{
    struct bt_conn *conn = arg;
    struct smp_link *link = smp_link_of(conn);
    if (status && conn->acl.open && link->enc_out) {
        failed(link, status);
    }
    bt_conn_unref(conn);
}

static bool cmd_next(struct smp_link *link, struct hci_cmd *cmd, struct wr *params)
{
    static const uint16_t opcodes[] = {
        [CMD_REPLY] = BT_HCI_OP_LE_LTK_REQ_REPLY,
        [CMD_NEG_REPLY] = BT_HCI_OP_LE_LTK_REQ_NEG_REPLY,
        [CMD_START] = BT_HCI_OP_LE_START_ENCRYPTION,
    };
    struct bt_conn *conn = smp_conn_of(link);
    for (unsigned int i = 0; i < ARRAY_SIZE(opcodes); i++) {
        if (!(link->cmds & BIT(i))) {
            continue;
        }
        link->cmds &= (uint8_t)~BIT(i);
        *cmd = (struct hci_cmd){opcodes[i], cmd_done, bt_conn_ref(conn)};
        wr_le16(params, conn->acl.handle);
        if (i == CMD_START) {
            wr_bytes(params, link->enc.rand, sizeof(link->enc.rand));
            wr_le16(params, link->enc.ediv);
        }
        if (i != CMD_NEG_REPLY) {
            wr_bytes(params, link->enc.val, sizeof(link->enc.val));
        }
        return true;
    }
    return false;
}

static bool source_next(struct hci_cmd *cmd, struct wr *params)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        if (smp_run.links[i].cmds && cmd_next(&smp_run.links[i], cmd, params)) {
            return true;
        }
    }
    return false;
}

const struct hci_source smp_source = {.name = "smp", .next = source_next};

void smp_encrypt(struct smp_link *link, const struct smp_ltk *ltk, uint8_t level, uint8_t size)
{
    link->enc = *ltk;
    link->enc_level = level;
    link->enc_size = size;
    link->enc_out = true;
    smp_timer_again(link);
    owe(link, CMD_START);
}

// ---- Known keys --------------------------------------------------------------------------------------

struct smp_keys *smp_keys_of(struct smp_link *link)
{
    const struct bt_conn *conn = smp_conn_of(link);
    return link->has_keys ? &link->keys : smp_bond_find(conn->id, &conn->dst);
}

// The policy may be stricter than it was when they were made.
static bool too_weak(const struct smp_keys *keys)
{
    return keys->size < smp_min_size() || smp_keys_level(keys) < smp_reg.policy.min_level;
}

bool smp_encrypt_known(struct smp_link *link, uint8_t level)
{
    struct smp_keys *keys = smp_keys_of(link);
    if (!keys || !(keys->flags & SMP_KEYS_THEIRS) || too_weak(keys) ||
        smp_keys_level(keys) < level) {
        return false;
    }
    smp_encrypt(link, keys->flags & SMP_KEYS_SC ? &keys->ours : &keys->theirs, smp_keys_level(keys),
                keys->size);
    return true;
}

// The key that the peer's controller asked for by these two numbers: the one of this pairing, else
// one of a bond (2.4.4.1). In the midst of a pairing there is none (hostile 12).
static bool key_for(struct smp_link *link, const uint8_t rand[8], uint16_t ediv)
{
    static const uint8_t zero[8];
    bool unnamed = !ediv && !memcmp(rand, zero, sizeof(zero));
    if (link->state == SMP_ENCRYPTING) {
        link->enc = (struct smp_ltk){.ediv = 0};
        memcpy(link->enc.val, link->stk, sizeof(link->enc.val));
        return unnamed;
    }
    const struct smp_keys *keys = smp_is_pairing(link) ? NULL : smp_keys_of(link);
    if (!keys || !(keys->flags & SMP_KEYS_OURS) || too_weak(keys)) {
        return false;
    }
    bool same = keys->ours.ediv == ediv && !memcmp(keys->ours.rand, rand, 8);
    if (keys->flags & SMP_KEYS_SC ? !unnamed : !same) {
        return false;
    }
    link->enc = keys->ours;
    link->enc_level = smp_keys_level(keys);
    link->enc_size = keys->size;
    return true;
}

// ---- Events ------------------------------------------------------------------------------------------

static struct smp_link *link_by(uint16_t handle)
{
    const struct bt_conn *conn = conn_by_handle(handle);
    if (!conn) {
        hci_stats()->evt_stale++;
    }
    return conn ? smp_link_of(conn) : NULL;
}

static bool on_ltk_request(struct rd *params)
{
    uint16_t handle = rd_le16(params);
    const uint8_t *rand = rd_take(params, 8);
    uint16_t ediv = rd_le16(params);
    if (!rd_done(params)) {
        return false;
    }
    struct smp_link *link = link_by(handle);
    if (!link) {
        return true;
    }
    link->enc_out = smp_conn_of(link)->role == BT_CONN_ROLE_PERIPHERAL && key_for(link, rand, ediv);
    if (link->enc_out) {
        smp_timer_again(link);
    } else {
        hci_stats()->ltk_refused++;
        if (link->asked) { // So that is what the peer answers to our request.
            failed(link, BT_HCI_ERR_PIN_OR_KEY_MISSING);
        }
    }
    owe(link, link->enc_out ? CMD_REPLY : CMD_NEG_REPLY);
    return true;
}

static void changed(uint16_t handle, uint8_t status, bool on)
{
    struct smp_link *link = link_by(handle);
    if (!link) {
        return;
    }
    struct bt_conn *conn = smp_conn_of(link);
    if (!status && !on && conn->sec_level > BT_SECURITY_L1 && conn_is_up(conn)) {
        // There is no way back to plain text on a link (hostile 11).
        conn->sec_level = 0;
        conn_want_disconnect(conn, BT_HCI_ERR_AUTH_FAIL);
    } else if (link->enc_out && (status || on)) {
        link->enc_out = false;
        link->enc_status = status;
        post_set(&link->post, SMP_POST_ENC);
    } else {
        hci_stats()->evt_stale++;
    }
}

static bool on_encrypt_change(struct rd *params)
{
    uint8_t status = rd_u8(params);
    uint16_t handle = rd_le16(params);
    uint8_t on = rd_u8(params);
    if (!rd_done(params) || on > 2) {
        return false;
    }
    changed(handle, status, on);
    return true;
}

static bool on_key_refresh(struct rd *params)
{
    uint8_t status = rd_u8(params);
    uint16_t handle = rd_le16(params);
    if (!rd_done(params)) {
        return false;
    }
    changed(handle, status, true);
    return true;
}

const struct hci_evt_row smp_evt_rows[] = {
    {BT_HCI_EVT_ENCRYPT_CHANGE, 0, on_encrypt_change},
    {BT_HCI_EVT_ENCRYPT_KEY_REFRESH_COMPLETE, 0, on_key_refresh},
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_LTK_REQUEST, on_ltk_request},
};

// ---- In the drain ------------------------------------------------------------------------------------

static enum bt_security_err err_of(uint8_t status)
{
    if (status == BT_HCI_ERR_PIN_OR_KEY_MISSING) {
        return BT_SECURITY_ERR_PIN_OR_KEY_MISSING;
    }
    return status == BT_HCI_ERR_AUTH_FAIL ? BT_SECURITY_ERR_AUTH_FAIL : BT_SECURITY_ERR_UNSPECIFIED;
}

// What was asked for outside of a pairing has come to its end.
static void settled(struct smp_link *link)
{
    if (!smp_is_pairing(link)) {
        link->asked = false;
        link->required = 0;
        loop_timer_stop(&link->timer);
    }
}

static void encrypted_failed(struct smp_link *link)
{
    struct bt_conn *conn = smp_conn_of(link);
    log_inf("%04x: not encrypted: status %02x", conn->acl.handle, link->enc_status);
    if (smp_is_pairing(link)) {
        smp_fail(link, SMP_REASON_NONE, err_of(link->enc_status));
        return;
    }
    settled(link);
    conn_cb_security(conn, err_of(link->enc_status));
}

static void encrypted(struct smp_link *link)
{
    struct bt_conn *conn = smp_conn_of(link);
    bool pairing = link->state == SMP_ENCRYPTING;
    uint16_t attempt = link->attempt;
    conn->sec_level = link->enc_level;
    conn->enc_size = link->enc_size;
    memset(&link->enc, 0, sizeof(link->enc));
    if (!pairing) {
        struct smp_keys *keys = smp_keys_of(link);
        settled(link);
        if (keys && (keys->flags & SMP_KEYS_USED)) {
            smp_bond_used(keys);
            conn_secured(conn);
        }
    }
    conn_cb_security(conn, BT_SECURITY_ERR_SUCCESS);
    if (pairing && attempt == link->attempt) {
        smp_pair_encrypted(link);
    }
}

// 30 s went by without what was waited for.
static void timed_out(struct smp_link *link)
{
    struct bt_conn *conn = smp_conn_of(link);
    if (smp_is_pairing(link)) {
        link->state = SMP_DEAD; // Nothing more of the Security Manager on this link (3.4).
        smp_fail(link, SMP_REASON_NONE, BT_SECURITY_ERR_UNSPECIFIED);
        return;
    }
    if (link->enc_out) {
        link->enc_out = false;
        if (conn_is_up(conn)) {
            conn_want_disconnect(conn, BT_HCI_ERR_AUTH_FAIL);
        }
    } else if (link->asked) {
        link->state = SMP_DEAD;
    } else {
        return; // It came in the last moment.
    }
    settled(link);
    conn_cb_security(conn, BT_SECURITY_ERR_UNSPECIFIED);
}

static void deliver(struct post *post, uint16_t bits)
{
    struct smp_link *link = CONTAINER_OF(post, struct smp_link, post);
    if (bits & SMP_POST_ENC) {
        if (link->enc_status) {
            encrypted_failed(link);
        } else {
            encrypted(link);
        }
    }
    if (bits & SMP_POST_TIMEOUT) {
        timed_out(link);
    }
}

// ---- Links come and go ---------------------------------------------------------------------------------

// Forget all but what outlasts a link.
static void link_wipe(struct smp_link *link)
{
    loop_timer_stop(&link->timer);
    post_clear(&link->post);
    struct smp_link kept = {.failed_peer = link->failed_peer,
                            .failures = link->failures,
                            .refuse_until = link->refuse_until,
                            .attempt = (uint16_t)(link->attempt + 1)};
    *link = kept;
    post_init(&link->post, deliver);
}

static void link_up(struct bt_conn *conn)
{
    link_wipe(smp_link_of(conn));
}

static void link_down(struct bt_conn *conn)
{
    struct smp_link *link = smp_link_of(conn);
    if (smp_is_pairing(link)) {
        smp_fail(link, SMP_REASON_NONE, BT_SECURITY_ERR_UNSPECIFIED);
    }
    link_wipe(link);
}

static bool link_has_key(const struct bt_conn *conn)
{
    const struct smp_keys *keys = smp_keys_of(smp_link_of(conn));
    return keys && (keys->flags & (SMP_KEYS_OURS | SMP_KEYS_THEIRS));
}

const struct conn_up smp_conn_up = {
    .connected = link_up,
    .disconnected = link_down,
    .has_key = link_has_key,
};
