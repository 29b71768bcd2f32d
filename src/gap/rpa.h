// Private addresses: ours, and those of bonded peers (Vol 6, Part B, 1.3.2 and 6; Vol 3, Part C, 10.7
// and 10.8).
//
//   rpa.c      our IRKs, our address of each kind, its rotation; or rpa_none.c
//   resolve.c  a peer's private address to its identity; or resolve_none.c
#ifndef BREEZE_SRC_GAP_RPA_H_
#define BREEZE_SRC_GAP_RPA_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <breeze/privacy.h>
#include <zephyr/bluetooth/addr.h>

// ---- Ours ---------------------------------------------------------------------------------------

enum own_kind {
    OWN_IDENTITY,
    OWN_RPA,
    OWN_NRPA,
};

// The kind that whoever begins now uses, and the one that advertising options ask for: -EINVAL,
// -ENOTSUP.
enum own_kind own_kind(void);
int own_kind_of(uint32_t adv_options);

// The address of that kind for an identity, as it is now; NULL: there is none. Private ones change
// when their time is over, for all who use them at once; who sees another one than it gave the
// controller rests, tells the controller and goes on.
const bt_addr_le_t *own_addr(enum own_kind kind, uint8_t id);

// Make that address now, where its making takes a wait (the controller's cryptography): for calls that begin
// something, not in dispatch. False: it cannot be made now.
#if CONFIG_BREEZE_CRYPTO_CONTROLLER && CONFIG_BREEZE_PRIVACY
bool own_prepare(enum own_kind kind, uint8_t id);
#else
static inline bool own_prepare(enum own_kind kind, uint8_t id)
{
    return true;
}
#endif

// Where directed advertising with these options goes to for a peer of identity `id`: its identity, or a
// fresh private address of it (BT_LE_ADV_OPT_DIR_ADDR_RPA). False: it is no bond with an IRK.
bool own_aim(uint32_t adv_options, uint8_t id, const bt_addr_le_t *peer, bt_addr_le_t *to);

// How long private addresses last, seconds.
uint16_t own_timeout(void);

// The identity's IRK, made when there is none yet; NULL: it cannot be made, or privacy is not built in.
const uint8_t *own_irk(uint8_t id);
// The IRK that peers know an identity by was stored with a bond: take it, unless the application
// gave one.
void own_irk_restore(uint8_t id, const uint8_t irk[16]);
// bt_id_create(), bt_id_reset(): `irk` is NULL, zeroes to be filled in, or the one to use. 0, or
// why not.
int own_irk_assign(uint8_t id, uint8_t *irk);
void own_irk_forget(uint8_t id);
// The settings: all IRKs, 16 octets each. False: not acceptable.
bool own_irk_load(const uint8_t *value, size_t len);
void own_irk_load_done(void);
void own_lost(void);

// ---- Peers' -------------------------------------------------------------------------------------

// What is known of a bonded peer.
struct gap_bond {
    uint8_t id;
    bt_addr_le_t addr;
    const uint8_t *irk; // NULL: it has none.
    uint32_t age;       // The greater, the later it was used.
};

// The bonds of the layer that keeps them, by place; false: past the last. An empty place has no IRK.
// Defined in src/api.
extern bool (*const gap_bond_at)(unsigned int place, struct gap_bond *bond);

// That layer deletes all that an identity has. Defined in src/api; called through gap_bonds_forget().
extern void (*const gap_bonds_delete)(uint8_t id);
void gap_bonds_forget(uint8_t id);

// Privacy modes (mode.c): this bonded peer is in network privacy mode, so whoever shows its identity
// address is not to be believed. And: bonds are others now.
#if CONFIG_BREEZE_PRIVACY
bool mode_is_network(uint8_t id, const bt_addr_le_t *addr);
void mode_bonds_changed(void);
#else
static inline bool mode_is_network(uint8_t id, const bt_addr_le_t *addr)
{
    return false;
}

static inline void mode_bonds_changed(void)
{
}
#endif

// That layer's bonds are others now.
void gap_bonds_changed(void);

// If a bonded peer of identity `id` made this private address, put its identity address in its place.
// Known addresses cost one look-up, others an AES block for each bond that has an IRK.
bool gap_resolve(uint8_t id, bt_addr_le_t *addr);

// This identity may be behind private addresses that the controller cannot resolve.
bool gap_is_hidden(const bt_addr_le_t *identity);

// The bonded peer with this identity address, if it may show itself behind private addresses.
bool gap_find_behind_rpa(uint8_t id, const bt_addr_le_t *addr, struct gap_bond *bond);

#endif // BREEZE_SRC_GAP_RPA_H_
