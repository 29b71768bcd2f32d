// MicroPython's Bluetooth backend: pairing and bonds; the program's store of them is in secrets.c.
//
// Invariants: one ENCRYPTION_UPDATE per change: of a pairing after its keys are exchanged and kept, so
// that `bonded` is the truth; of a failed one with encrypted 0. mitm and le_secure ask, they refuse
// nothing. The IO capability is the set of callbacks that the host is given, fixed when the radio
// is switched on.
#include <breeze/smp.h>

#include "py/mperrno.h"
#include "py/runtime.h"

#include "backend.h"
#include "extend.h"

static struct {
    bool bonding;
    bool mitm;
    bool no_sc;
    bool io_set;
    uint8_t io;
    uint8_t level; // What is below is refused; 0: nothing is.
    bool registered;
    bool failed; // A pairing's failure was told; security_changed follows.
} sec;

// ---- What the user does ------------------------------------------------------------------------

static void raise_passkey(struct bt_conn *conn, uint8_t action, unsigned int passkey)
{
    struct mpy_conn *mc = mpy_conn_of(conn);
    if (mc) {
        mpy_enter();
        mp_bluetooth_gap_on_passkey_action(mpy_conn_handle(mc), action, (mp_int_t)passkey);
        mpy_leave();
    }
}

static void on_display(struct bt_conn *conn, unsigned int passkey)
{
    raise_passkey(conn, MP_BLUETOOTH_PASSKEY_ACTION_DISPLAY, passkey);
}

static void on_entry(struct bt_conn *conn)
{
    raise_passkey(conn, MP_BLUETOOTH_PASSKEY_ACTION_INPUT, 0);
}

static void on_compare(struct bt_conn *conn, unsigned int passkey)
{
    raise_passkey(conn, MP_BLUETOOTH_PASSKEY_ACTION_NUMERIC_COMPARISON, passkey);
}

static void on_cancel(struct bt_conn *conn)
{
}

static const struct bt_conn_auth_cb auths[] = {
    [MP_BLUETOOTH_IO_CAPABILITY_DISPLAY_ONLY] = {.passkey_display = on_display,
                                                 .cancel = on_cancel},
    [MP_BLUETOOTH_IO_CAPABILITY_DISPLAY_YESNO] = {.passkey_display = on_display,
                                                  .passkey_confirm = on_compare,
                                                  .cancel = on_cancel},
    [MP_BLUETOOTH_IO_CAPABILITY_KEYBOARD_ONLY] = {.passkey_entry = on_entry, .cancel = on_cancel},
    [MP_BLUETOOTH_IO_CAPABILITY_NO_INPUT_OUTPUT] = {.cancel = NULL},
    [MP_BLUETOOTH_IO_CAPABILITY_KEYBOARD_DISPLAY] = {.passkey_display = on_display,
                                                     .passkey_entry = on_entry,
                                                     .passkey_confirm = on_compare,
                                                     .cancel = on_cancel},
};

// ---- What became of it -------------------------------------------------------------------------

static void raise_encryption(struct bt_conn *conn, bool bonded)
{
    struct mpy_conn *mc = mpy_conn_of(conn);
    if (mc) {
        bt_security_t level = bt_conn_get_security(conn);
        mpy_enter();
        mp_bluetooth_gatts_on_encryption_update(mpy_conn_handle(mc), level >= BT_SECURITY_L2,
                                                level >= BT_SECURITY_L3, bonded,
                                                bt_conn_enc_key_size(conn));
        mpy_leave();
    }
}

static void raise_failed(struct bt_conn *conn, enum bt_security_err err)
{
    struct mpy_conn *mc = mpy_conn_of(conn);
    if (mc) {
        mpy_raise_ext(MPY_EXT_IRQ_PAIRING_FAILED, mpy_conn_handle(mc), err, 0, 0);
    }
}

void mpy_security_changed(struct bt_conn *conn, bt_security_t level, enum bt_security_err err)
{
    if (err && !sec.failed) {
        raise_failed(conn, err); // Known keys did not do.
    }
    sec.failed = false;
    // In a pairing the event comes with its end.
    if (!breeze_smp_is_pairing(conn)) {
        bool bonded = breeze_smp_bond_flags(BT_ID_DEFAULT, bt_conn_get_dst(conn)) >= 0;
        raise_encryption(conn, !err && bonded);
        mpy_gatts_subscribed(conn); // What a bonded peer subscribed to before counts again.
    }
}

static void on_failed(struct bt_conn *conn, enum bt_security_err err)
{
    sec.failed = true;
    raise_failed(conn, err);
}

bool mpy_bonding(void)
{
    return sec.bonding;
}

static void on_complete(struct bt_conn *conn, bool bonded)
{
    if (bonded) {
        mpy_secrets_bonded(bt_conn_get_dst(conn));
    }
    raise_encryption(conn, bonded);
}

static void on_deleted(uint8_t id, const bt_addr_le_t *peer)
{
    mpy_secrets_unbonded(peer);
}

static struct bt_conn_auth_info_cb infos = {
    .pairing_complete = on_complete,
    .pairing_failed = on_failed,
    .bond_deleted = on_deleted,
};

// ---- Configuration -----------------------------------------------------------------------------

static void apply(void)
{
    uint8_t io = sec.io_set ? sec.io : MP_BLUETOOTH_IO_CAPABILITY_NO_INPUT_OUTPUT;
    const struct breeze_smp_policy policy = {
        .no_sc = sec.no_sc && sec.level < BT_SECURITY_L4,
        .no_mitm = !sec.mitm,
        .min_level = sec.level,
        .repair_just_works = true,
        .replace_oldest = true,
    };
    (void)bt_conn_auth_cb_register(NULL);
    (void)bt_conn_auth_cb_register(&auths[io]);
    (void)breeze_smp_policy_set(&policy);
    bt_set_bondable(sec.bonding);
}

void mpy_security_start(void)
{
    if (!sec.registered) {
        sec.registered = true;
        (void)bt_conn_auth_info_cb_register(&infos);
    }
    mpy_secrets_start();
    apply();
}

void mp_bluetooth_set_bonding(bool enabled)
{
    sec.bonding = enabled;
    apply();
}

void mp_bluetooth_set_mitm_protection(bool enabled)
{
    sec.mitm = enabled;
    apply();
}

void mp_bluetooth_set_le_secure(bool enabled)
{
    sec.no_sc = !enabled;
    apply();
}

void mp_bluetooth_set_io_capability(uint8_t capability)
{
    if (capability > MP_BLUETOOTH_IO_CAPABILITY_KEYBOARD_DISPLAY) {
        mp_raise_OSError(MP_EINVAL);
        return;
    }
    sec.io = capability;
    sec.io_set = true;
    apply();
}

// ---- Pairing -----------------------------------------------------------------------------------

int mp_bluetooth_gap_pair(uint16_t conn_handle)
{
    struct mpy_conn *mc = mpy_conn_get(conn_handle);
    bt_security_t level = MAX(sec.level, BT_SECURITY_L2);
    return mc ? mpy_errno(bt_conn_set_security(mc->conn, level)) : MP_ENOTCONN;
}

int mp_bluetooth_gap_passkey(uint16_t conn_handle, uint8_t action, mp_int_t passkey)
{
    struct mpy_conn *mc = mpy_conn_get(conn_handle);
    if (!mc) {
        return MP_ENOTCONN;
    }
    if (passkey < 0) {
        return MP_EINVAL;
    }
    switch (action) {
    case MP_BLUETOOTH_PASSKEY_ACTION_INPUT:
        return mpy_errno(bt_conn_auth_passkey_entry(mc->conn, (unsigned int)passkey));
    case MP_BLUETOOTH_PASSKEY_ACTION_NUMERIC_COMPARISON:
        return mpy_errno(passkey ? bt_conn_auth_passkey_confirm(mc->conn)
                                 : bt_conn_auth_cancel(mc->conn));
    case MP_BLUETOOTH_PASSKEY_ACTION_DISPLAY:
        return 0; // The passkey that the event told is the one: it is random each time.
    default:
        return MP_EINVAL;
    }
}

// ---- Beyond MicroPython's contract -------------------------------------------------------------

int mpy_ext_level(int level)
{
    if (level < BT_SECURITY_L1 || level > BT_SECURITY_L4) {
        return MP_EINVAL;
    }
    sec.level = (uint8_t)level;
    apply();
    return 0;
}

void mpy_ext_load_secrets(void)
{
    if (mpy_on()) {
        mpy_secrets_load();
    }
}

struct bonds {
    void (*func)(uint8_t addr_type, const uint8_t *addr, uint8_t flags, void *user);
    void *user;
    bool any;
};

static void bond_tell(const struct bt_bond_info *info, void *user)
{
    struct bonds *bonds = user;
    uint8_t addr[6];
    mpy_reverse(addr, info->addr.a.val, sizeof(addr));
    bonds->any = true;
    if (bonds->func) {
        int flags = breeze_smp_bond_flags(BT_ID_DEFAULT, &info->addr);
        bonds->func(info->addr.type, addr, (uint8_t)flags, bonds->user);
    }
}

int mpy_ext_bonds(void (*func)(uint8_t addr_type, const uint8_t *addr, uint8_t flags, void *user),
                  void *user)
{
    if (!mpy_on()) {
        return MP_ENODEV;
    }
    struct bonds bonds = {.func = func, .user = user};
    bt_foreach_bond(BT_ID_DEFAULT, bond_tell, &bonds);
    return 0;
}

static int unpair_all(void)
{
    struct bonds bonds = {.func = NULL};
    bt_foreach_bond(BT_ID_DEFAULT, bond_tell, &bonds);
    return bonds.any ? mpy_errno(bt_unpair(BT_ID_DEFAULT, NULL)) : MP_ENOENT;
}

int mpy_ext_unpair(uint8_t addr_type, const uint8_t *addr)
{
    if (!mpy_on()) {
        return MP_ENODEV;
    }
    if (!addr) {
        return unpair_all();
    }
    bt_addr_le_t peer;
    mpy_identity(&peer, addr_type, addr);
    if (breeze_smp_bond_flags(BT_ID_DEFAULT, &peer) < 0) {
        return MP_ENOENT;
    }
    return mpy_errno(bt_unpair(BT_ID_DEFAULT, &peer));
}
