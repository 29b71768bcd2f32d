// What Breeze offers beyond Zephyr's security API: the policy, which Zephyr fixes at compile time.
#ifndef BREEZE_SMP_H_
#define BREEZE_SMP_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zephyr/bluetooth/conn.h>

#ifdef __cplusplus
extern "C" {
#endif

// All zero is the default.
struct breeze_smp_policy {
    bool no_sc;       // Do not offer LE Secure Connections.
    bool sc_only;     // Refuse anything below level 4 (Vol 3, Part C, 10.2.1, mode 1 level 4).
    bool no_mitm;     // Do not ask for MITM protection unless level 3 or 4 is requested.
    bool legacy_auth; // Legacy passkey entry counts as authenticated (before Core 6.2).
    // A peer may replace an unauthenticated bond by a new Just Works pairing on an unencrypted link, as
    // a peer that lost its keys must; so may whoever uses its address. An authenticated bond
    // is never replaced by a weaker one: bt_unpair() it.
    bool repair_just_works;
    // Offer keypress notifications: the application tells with bt_conn_auth_keypress_notify() what
    // its user types. Zephyr's CONFIG_BT_PASSKEY_KEYPRESS.
    bool keypress;
    bool replace_oldest;  // A new bond takes the place of the one used longest ago.
    uint8_t min_key_size; // Octets, 7 to 16; 0: 16.
    uint8_t min_level;    // Refuse what would be below this level, bonds too; 0 to 4.
};

// Set the policy for pairings that begin from now on. Survives bt_disable(). 0, or -EINVAL.
int breeze_smp_policy_set(const struct breeze_smp_policy *policy);

// A pairing is under way on this connection: pairing_complete or pairing_failed will follow.
bool breeze_smp_is_pairing(struct bt_conn *conn);

#define BREEZE_BOND_AUTHENTICATED 0x01
#define BREEZE_BOND_SC            0x02
// Flags of a stored bond (BREEZE_BOND_*); -ENOENT: there is none.
int breeze_smp_bond_flags(uint8_t id, const bt_addr_le_t *addr);

#define BREEZE_BOND_RECORD_LEN (CONFIG_BT_SIGNING ? 150 : 110)
// A bond as a record for a store of the application's own (doc/BONDS.md), the one that the settings
// hold. Export writes BREEZE_BOND_RECORD_LEN octets: 0, -ENOENT. Import takes it whole or not at
// all: 0, -EINVAL (damaged, a later version), -EACCES (made for an identity address that is not
// ours; known once the host is enabled), -ENOSPC (CONFIG_BT_MAX_PAIRED). When the host is enabled
// it also brings back the IRK that the peer knows us by. With CONFIG_BT_SIGNING a record holds sign
// counters as they were when it was written: import never takes those of a bond that is there back,
// but one that comes back from an old record takes signed writes a second time. The settings always
// hold the last ones. -EAGAIN of both: with the controller's cryptography (CONFIG_BREEZE_CRYPTO_CONTROLLER)
// records are made and read while the host is enabled, settings_load() included.
int breeze_smp_bond_export(uint8_t id, const bt_addr_le_t *addr, uint8_t *record);
int breeze_smp_bond_import(const void *record, size_t len);

// The identity address of ours that a record was made with, for who wants it back on another board
// (breeze_id_set(); not a public one, which stays with its controller). 0; -EINVAL and -EAGAIN as above.
int breeze_smp_bond_local(const void *record, size_t len, bt_addr_le_t *local);

#ifdef __cplusplus
}
#endif

#endif // BREEZE_SMP_H_
