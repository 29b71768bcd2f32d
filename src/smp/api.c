// The application's side of the Security Manager (zephyr/bluetooth/conn.h, breeze/smp.h).
#include <errno.h>
#include <string.h>

#include "base/wr.h"
#include "smp/state.h"

#define PASSKEY_MAX 999999

// ---- Security level ----------------------------------------------------------------------------------

static int peripheral_ask(struct smp_link *link)
{
    uint8_t auth = smp_bondable(link) ? SMP_AUTH_BONDING : 0;
    auth |= link->required >= BT_SECURITY_L3 ? SMP_AUTH_MITM : 0;
    auth |= smp_has_sc() ? SMP_AUTH_SC : 0;
    uint8_t pdu[] = {SMP_SECURITY_REQ, auth};
    link->asked = true;
    smp_send(link, pdu, sizeof(pdu));
    smp_timer_again(link);
    return 0;
}

static bool able(const struct smp_link *link, bt_security_t level)
{
    return level < BT_SECURITY_L3 || smp_io_of(link) != SMP_IO_NONE || smp_reg.oob_sc ||
           smp_reg.oob_legacy;
}

int bt_conn_set_security(struct bt_conn *conn, bt_security_t sec)
{
    if (!conn || !conn_is_up(conn)) {
        return -ENOTCONN;
    }
    struct smp_link *link = smp_link_of(conn);
    bool force = sec & BT_SECURITY_FORCE_PAIR;
    bt_security_t level = sec & ~BT_SECURITY_FORCE_PAIR;
    if (level > BT_SECURITY_L4 || !able(link, level) ||
        (level == BT_SECURITY_L4 && !smp_has_sc())) {
        return -EINVAL;
    }
    if (level <= BT_SECURITY_L1 || (!force && conn->sec_level >= level)) {
        return 0;
    }
    if (link->state == SMP_DEAD) {
        return -ETIMEDOUT;
    }
    if (smp_is_pairing(link) || link->enc_out) {
        return -EBUSY;
    }
    link->required = (uint8_t)level;
    if (conn->role == BT_CONN_ROLE_PERIPHERAL) {
        return peripheral_ask(link);
    }
    if (!force && smp_encrypt_known(link, (uint8_t)level)) {
        return 0;
    }
    return smp_pair_start(link);
}

uint8_t bt_conn_enc_key_size(const struct bt_conn *conn)
{
    return conn && conn->sec_level > BT_SECURITY_L1 ? conn->enc_size : 0;
}

bool breeze_smp_is_pairing(struct bt_conn *conn)
{
    return conn && smp_is_pairing(smp_link_of(conn));
}

int breeze_smp_policy_set(const struct breeze_smp_policy *policy)
{
    if (!policy || policy->min_key_size > CRYPTO_LEN ||
        (policy->min_key_size && policy->min_key_size < 7) || (policy->no_sc && policy->sc_only) ||
        policy->min_level > BT_SECURITY_L4) {
        return -EINVAL;
    }
    smp_reg.policy = *policy;
    return 0;
}

// ---- Callbacks ---------------------------------------------------------------------------------------

const struct bt_conn_auth_cb *smp_auth(const struct smp_link *link)
{
    return link->overlaid ? link->overlay : smp_reg.auth;
}

// Who asks a user must be able to say that it is over.
static bool auth_valid(const struct bt_conn_auth_cb *cb)
{
    return !cb || cb->cancel ||
           !(cb->passkey_display || cb->passkey_entry || cb->passkey_confirm ||
             cb->pairing_confirm);
}

int bt_conn_auth_cb_register(const struct bt_conn_auth_cb *cb)
{
    if (!auth_valid(cb)) {
        return -EINVAL;
    }
    if (cb && smp_reg.auth) {
        return -EALREADY;
    }
    smp_reg.auth = cb;
    return 0;
}

int bt_conn_auth_cb_overlay(struct bt_conn *conn, const struct bt_conn_auth_cb *cb)
{
    if (!conn || !auth_valid(cb)) {
        return -EINVAL;
    }
    struct smp_link *link = smp_link_of(conn);
    if (!conn_is_up(conn)) {
        return -ENOTCONN;
    }
    if (link->overlaid || smp_is_pairing(link)) {
        return -EALREADY;
    }
    link->overlay = cb;
    link->overlaid = true;
    return 0;
}

int bt_conn_auth_info_cb_register(struct bt_conn_auth_info_cb *cb)
{
    if (!cb) {
        return -EINVAL;
    }
    if (sys_slist_find(&smp_reg.infos, &cb->node, NULL)) {
        return -EALREADY;
    }
    sys_slist_append(&smp_reg.infos, &cb->node);
    return 0;
}

static struct bt_conn_auth_info_cb *info_of(sys_snode_t *node)
{
    return node ? CONTAINER_OF(node, struct bt_conn_auth_info_cb, node) : NULL;
}

// A walk that bears any change by a callback: unregistering moves info_next out of the way.
static struct bt_conn_auth_info_cb *info_next(bool first)
{
    struct bt_conn_auth_info_cb *cb =
        first ? info_of(sys_slist_peek_head(&smp_reg.infos)) : smp_reg.info_next;
    smp_reg.info_next = cb ? info_of(sys_slist_peek_next(&cb->node)) : NULL;
    return cb;
}

int bt_conn_auth_info_cb_unregister(struct bt_conn_auth_info_cb *cb)
{
    if (!cb) {
        return -EINVAL;
    }
    if (smp_reg.info_next == cb) {
        (void)info_next(false);
    }
    return sys_slist_find_and_remove(&smp_reg.infos, &cb->node) ? 0 : -EALREADY;
}

void smp_tell_complete(struct bt_conn *conn, bool bonded)
{
    for (struct bt_conn_auth_info_cb *cb = info_next(true); cb; cb = info_next(false)) {
        if (cb->pairing_complete) {
            cb->pairing_complete(conn, bonded);
        }
    }
}

void smp_tell_failed(struct bt_conn *conn, enum bt_security_err err)
{
    for (struct bt_conn_auth_info_cb *cb = info_next(true); cb; cb = info_next(false)) {
        if (cb->pairing_failed) {
            cb->pairing_failed(conn, err);
        }
    }
}

void smp_tell_deleted(uint8_t id, const bt_addr_le_t *peer)
{
    for (struct bt_conn_auth_info_cb *cb = info_next(true); cb; cb = info_next(false)) {
        if (cb->bond_deleted) {
            cb->bond_deleted(id, peer);
        }
    }
}

// ---- The user's answers --------------------------------------------------------------------------------

// The link if it waits for this answer.
static struct smp_link *waiting(struct bt_conn *conn, uint8_t wait, bool right_method)
{
    struct smp_link *link = conn && conn_is_up(conn) ? smp_link_of(conn) : NULL;
    return link && smp_is_pairing(link) && (link->waits & wait) && right_method ? link : NULL;
}

static bool method_is(struct bt_conn *conn, enum smp_method method)
{
    return conn && smp_link_of(conn)->method == method;
}

int bt_conn_auth_passkey_entry(struct bt_conn *conn, unsigned int passkey)
{
    struct smp_link *link = waiting(conn, SMP_WAIT_SECRET, method_is(conn, SMP_TYPE));
    if (!link || passkey > PASSKEY_MAX) {
        return -EINVAL;
    }
    struct wr w = wr_init(link->secret, sizeof(link->secret));
    wr_le32(&w, passkey);
    smp_arrived(link, SMP_WAIT_SECRET);
    return 0;
}

int bt_conn_auth_passkey_confirm(struct bt_conn *conn)
{
    struct smp_link *link = waiting(conn, SMP_WAIT_USER, method_is(conn, SMP_NUMERIC));
    if (!link) {
        return -EINVAL;
    }
    smp_arrived(link, SMP_WAIT_USER);
    return 0;
}

int bt_conn_auth_pairing_confirm(struct bt_conn *conn)
{
    struct smp_link *link = waiting(conn, SMP_WAIT_USER, method_is(conn, SMP_JUST_WORKS));
    if (!link) {
        return -EINVAL;
    }
    smp_arrived(link, SMP_WAIT_USER);
    return 0;
}

int bt_conn_auth_cancel(struct bt_conn *conn)
{
    static const uint8_t reasons[] = {
        [SMP_JUST_WORKS] = SMP_REASON_UNSPECIFIED,
        [SMP_NUMERIC] = SMP_REASON_NUMERIC,
        [SMP_SHOW] = SMP_REASON_PASSKEY,
        [SMP_TYPE] = SMP_REASON_PASSKEY,
        [SMP_OOB] = SMP_REASON_OOB,
    };
    struct smp_link *link = conn && conn_is_up(conn) ? smp_link_of(conn) : NULL;
    if (!link || !smp_is_pairing(link)) {
        return -EINVAL;
    }
    link->user_asked = false; // Whoever cancels knows.
    smp_failed(link, (enum smp_reason)reasons[link->method]);
    return 0;
}

int bt_passkey_set(unsigned int passkey)
{
    if (passkey > PASSKEY_MAX && passkey != BT_PASSKEY_INVALID) {
        return -EINVAL;
    }
    smp_reg.passkey_fixed = passkey != BT_PASSKEY_INVALID;
    smp_reg.passkey = smp_reg.passkey_fixed ? passkey : 0;
    return 0;
}

// ---- Bonds -------------------------------------------------------------------------------------------

bool smp_bondable(const struct smp_link *link)
{
    return link->bondable ? link->bondable == 2 : !smp_reg.not_bondable;
}

void bt_set_bondable(bool enable)
{
    smp_reg.not_bondable = !enable;
}

bool bt_get_bondable(void)
{
    return !smp_reg.not_bondable;
}

int bt_conn_set_bondable(struct bt_conn *conn, bool enable)
{
    if (!conn || !conn_is_up(conn)) {
        return -EINVAL;
    }
    struct smp_link *link = smp_link_of(conn);
    if (link->bondable) {
        return -EALREADY;
    }
    link->bondable = enable ? 2 : 1;
    return 0;
}

static int unpair(struct smp_keys *bond)
{
    struct bt_conn *conn = bt_conn_lookup_addr_le(bond->id, &bond->addr);
    int err = smp_bond_delete(bond);
    if (conn) {
        (void)bt_conn_disconnect(conn, BT_HCI_ERR_REMOTE_USER_TERM_CONN);
        bt_conn_unref(conn);
    }
    return err;
}

int bt_unpair(uint8_t id, const bt_addr_le_t *addr)
{
    if (id >= CONFIG_BT_ID_MAX) {
        return -EINVAL;
    }
    bool all = !addr || bt_addr_le_eq(addr, BT_ADDR_LE_ANY);
    int first = 0;
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        struct smp_keys *bond = &smp_reg.bonds[i];
        if ((bond->flags & SMP_KEYS_USED) && bond->id == id &&
            (all || bt_addr_le_eq(&bond->addr, addr))) {
            int err = unpair(bond);
            first = first ? first : err;
        }
    }
    return first;
}

void bt_foreach_bond(uint8_t id, void (*func)(const struct bt_bond_info *info, void *user_data),
                     void *user_data)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        const struct smp_keys *bond = &smp_reg.bonds[i];
        if ((bond->flags & SMP_KEYS_USED) && bond->id == id) {
            struct bt_bond_info info = {.addr = bond->addr};
            func(&info, user_data);
        }
    }
}

int breeze_smp_bond_flags(uint8_t id, const bt_addr_le_t *addr)
{
    const struct smp_keys *bond = addr ? smp_bond_find(id, addr) : NULL;
    if (!bond) {
        return -ENOENT;
    }
    return (bond->flags & SMP_KEYS_AUTH ? BREEZE_BOND_AUTHENTICATED : 0) |
           (bond->flags & SMP_KEYS_SC ? BREEZE_BOND_SC : 0);
}
