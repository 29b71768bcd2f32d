// Private addresses of bonded peers (rpa.h; Vol 6, Part B, 1.3.2.3), in the host.
//
// Trying every bond's IRK costs an AES block each, so what came of it is remembered, that nobody is
// behind an address as well: in a crowd of strangers each is tried once, not with every report. The
// memory is a table with one place for each hash of an address; strangers drive each other out,
// never more than that. Changed bonds empty it.
//
// With the controller's cryptography that block would be waited for, in dispatch: there its resolving list does it
// (rlist.c), and who is not on that list stays unknown behind a private address.
#include <string.h>

#include "crypto/crypto.h"
#include "gap/state.h"

#define NOBODY 0xff

_Static_assert(CONFIG_BT_MAX_PAIRED < NOBODY, "places of bonds are octets");

// The lower half of an address is as good as random.
static struct resolved *place_of(const bt_addr_t *addr)
{
    unsigned int hash = addr->val[0] | (unsigned int)addr->val[1] << 8;
    return &resolve_run.cache[hash % CONFIG_BREEZE_RPA_CACHE];
}

static bool made_by(const struct gap_bond *bond, uint8_t id, const bt_addr_t *addr)
{
    uint8_t hash[3];
    if (!bond->irk || bond->id != id) {
        return false;
    }
    crypto_ah(bond->irk, addr->val + 3, hash);
    hci_stats()->rpa_blocks++;
    return !memcmp(hash, addr->val, sizeof(hash));
}

static uint8_t find(uint8_t id, const bt_addr_t *addr)
{
    struct gap_bond bond;
    for (unsigned int i = 0; gap_bond_at(i, &bond); i++) {
        if (made_by(&bond, id, addr)) {
            return (uint8_t)i;
        }
    }
    return NOBODY;
}

bool gap_resolve(uint8_t id, bt_addr_le_t *addr)
{
    struct gap_bond bond;
    if (CONFIG_BREEZE_CRYPTO_CONTROLLER || !bt_addr_le_is_rpa(addr)) {
        return false;
    }
    struct resolved *place = place_of(&addr->a);
    if (!place->used || place->id != id || !bt_addr_eq(&place->addr, &addr->a)) {
        *place = (struct resolved){true, id, find(id, &addr->a), addr->a};
    }
    if (place->bond == NOBODY || !gap_bond_at(place->bond, &bond)) {
        return false;
    }
    *addr = bond.addr;
    return true;
}

bool gap_find_behind_rpa(uint8_t id, const bt_addr_le_t *addr, struct gap_bond *bond)
{
    for (unsigned int i = 0; gap_bond_at(i, bond); i++) {
        if (bond->irk && bond->id == id && bt_addr_le_eq(&bond->addr, addr)) {
            return true;
        }
    }
    return false;
}

bool gap_is_hidden(const bt_addr_le_t *identity)
{
    struct gap_bond bond;
    return !CONFIG_BREEZE_CRYPTO_CONTROLLER && !rlist_resolves(identity) &&
           gap_find_behind_rpa(BT_ID_DEFAULT, identity, &bond);
}

void gap_bonds_forget(uint8_t id)
{
    gap_bonds_delete(id);
}

void gap_bonds_changed(void)
{
    memset(&resolve_run, 0, sizeof(resolve_run));
    mode_bonds_changed();
    rlist_changed();
}
