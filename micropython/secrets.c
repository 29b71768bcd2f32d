// MicroPython's Bluetooth backend: bonds in the program's store of secrets.
//
// A bond is a secret of type 1, and what its peer told our server, once it told something, one of type
// 3. The key of both is the peer's address (type, then most significant octet first), the values are
// the records of doc/BONDS.md. The program is asked for what it keeps when the radio comes up, and
// at each connection until it gave something: a handler may be set later.
//
// Invariants: a record is used whole or not at all, and said to be refused. A device none of whose
// bonds was made here becomes the one that they were made on, as long as the radio has not been used
// and the program has not chosen an address: so a program and its secrets move to another board.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <breeze/gatt.h>
#include <breeze/id.h>
#include <breeze/smp.h>

#include "backend.h"

#define TYPE_BOND 1
#define TYPE_PEER 3
#define KEY_LEN   7

static struct {
    bool loaded; // The program gave its secrets.
    bool fixed;  // It chose its address.
} secrets;

// ---- To the program ------------------------------------------------------------------------------

static void secret_set(uint8_t type, const bt_addr_le_t *peer, const uint8_t *record, size_t len)
{
    uint8_t key[KEY_LEN] = {peer->type};
    mpy_reverse(key + 1, peer->a.val, sizeof(peer->a.val));
    mpy_enter();
    (void)mp_bluetooth_gap_on_set_secret(type, key, sizeof(key), record, len);
    mpy_leave();
}

void mpy_secrets_bonded(const bt_addr_le_t *peer)
{
    uint8_t record[BREEZE_BOND_RECORD_LEN];
    if (mpy_on() && !breeze_smp_bond_export(BT_ID_DEFAULT, peer, record)) {
        secret_set(TYPE_BOND, peer, record, sizeof(record));
    }
    memset(record, 0, sizeof(record));
}

void mpy_secrets_unbonded(const bt_addr_le_t *peer)
{
    if (mpy_on()) {
        secret_set(TYPE_BOND, peer, NULL, 0);
    }
}

static void on_peer_changed(uint8_t id, const bt_addr_le_t *peer)
{
    uint8_t record[BREEZE_GATT_KEEP_MAX];
    if (mpy_on()) {
        int len = breeze_gatt_keep_export(id, peer, record);
        secret_set(TYPE_PEER, peer, len < 0 ? NULL : record, len < 0 ? 0 : (size_t)len);
    }
}

// ---- From the program ----------------------------------------------------------------------------

static bool secret_get(uint8_t type, uint8_t index, const uint8_t **value, size_t *len)
{
    mpy_enter();
    bool found = mp_bluetooth_gap_on_get_secret(type, index, NULL, 0, value, len);
    mpy_leave();
    return found;
}

// Be the device that the bonds were made on, unless one was made here.
static void identity_restore(void)
{
    bt_addr_le_t own;
    bt_addr_le_t first = *BT_ADDR_LE_ANY;
    size_t count = 1;
    const uint8_t *value;
    size_t len;
    bt_id_get(&own, &count);
    for (uint8_t i = 0; i < CONFIG_BT_MAX_PAIRED && secret_get(TYPE_BOND, i, &value, &len); i++) {
        bt_addr_le_t local;
        if (breeze_smp_bond_local(value, len, &local)) {
            continue;
        }
        if (bt_addr_le_eq(&local, &own)) {
            return;
        }
        if (local.type == BT_ADDR_LE_RANDOM && bt_addr_le_eq(&first, BT_ADDR_LE_ANY)) {
            first = local;
        }
    }
    if (!secrets.fixed && !bt_addr_le_eq(&first, BT_ADDR_LE_ANY)) {
        (void)breeze_id_set(&first); // If it cannot be any more each bond is refused, and says so.
    }
}

static void say_refused(const uint8_t *value, size_t len, int err)
{
    char text[160];
    bt_addr_le_t local;
    char addr[BT_ADDR_STR_LEN];
    const char *why = "the record is damaged, or of another version";
    if (err == -ENOSPC) {
        why = "there is no room for another one";
    }
    if (err != -EACCES || breeze_smp_bond_local(value, len, &local)) {
        snprintf(text, sizeof(text), "a bond is not used: %s", why);
        mpy_say(text);
        return;
    }
    bt_addr_to_str(&local.a, addr, sizeof(addr));
    snprintf(text, sizeof(text), "a bond is not used: it was made as %s, %s", addr,
             local.type == BT_ADDR_LE_PUBLIC
                 ? "a public address, which stays with its board: pair again"
                 : "and this device has another address in use");
    mpy_say(text);
}

static void bonds_load(void)
{
    const uint8_t *value;
    size_t len;
    for (uint8_t i = 0; i < CONFIG_BT_MAX_PAIRED && secret_get(TYPE_BOND, i, &value, &len); i++) {
        int err = breeze_smp_bond_import(value, len);
        if (err) {
            say_refused(value, len, err);
        }
        secrets.loaded = true;
    }
}

static void peers_load(void)
{
    const uint8_t *value;
    size_t len;
    for (uint8_t i = 0; i < CONFIG_BT_MAX_PAIRED && secret_get(TYPE_PEER, i, &value, &len); i++) {
        // What belongs to a bond that was refused was told with it.
        if (breeze_gatt_keep_import(value, len) == -EINVAL) {
            mpy_say(
                "what a bonded peer subscribed to is not restored: the record is damaged, or of "
                "another version");
        }
    }
}

void mpy_secrets_load(void)
{
    if (!mpy_bonding() || secrets.loaded) {
        return; // A program that keeps no bonds is not asked for any.
    }
    identity_restore();
    bonds_load();
    if (secrets.loaded) {
        peers_load();
    }
}

void mpy_secrets_start(void)
{
    secrets.loaded = false;
    breeze_gatt_keep_cb_set(on_peer_changed);
}

void mpy_secrets_addr_chosen(void)
{
    secrets.fixed = true;
}
