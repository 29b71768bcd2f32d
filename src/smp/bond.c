// Bonds in memory: one place per peer identity and local identity.
#include <string.h>

#include "gap/id.h"
#include "smp/state.h"

#define LOG_LAYER LOG_SMP
#include "base/log.h"

static bool is_bond_of(const struct smp_keys *bond, uint8_t id, const bt_addr_le_t *addr)
{
    return (bond->flags & SMP_KEYS_USED) && bond->id == id && bt_addr_le_eq(&bond->addr, addr);
}

// The identity it was made with is still ours: a bond file of another device is of no use here.
static bool is_ours(const struct smp_keys *bond)
{
    const bt_addr_le_t *local = gap_id_addr(bond->id);
    return local && bt_addr_le_eq(local, &bond->local);
}

struct smp_keys *smp_bond_find(uint8_t id, const bt_addr_le_t *addr)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        struct smp_keys *bond = &smp_reg.bonds[i];
        if (is_bond_of(bond, id, addr) && is_ours(bond)) {
            return bond;
        }
    }
    return NULL;
}

bool smp_bond_is_foreign(const struct smp_keys *bond)
{
    if (!gap_id_addr(bond->id) || is_ours(bond)) {
        return false;
    }
    log_wrn("a bond of another device's identity is not taken%s",
            bond->local.type == BT_ADDR_LE_PUBLIC ? ": a public address stays with its board" : "");
    return true;
}

void smp_bonds_check(void)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        struct smp_keys *bond = &smp_reg.bonds[i];
        if ((bond->flags & SMP_KEYS_USED) && smp_bond_is_foreign(bond)) {
            memset(bond, 0, sizeof(*bond));
            gap_bonds_changed();
        }
    }
}

bool smp_bond_at(unsigned int place, struct gap_bond *bond)
{
    if (place >= CONFIG_BT_MAX_PAIRED) {
        return false;
    }
    const struct smp_keys *keys = &smp_reg.bonds[place];
    bool counts = (keys->flags & SMP_KEYS_USED) && (keys->flags & SMP_KEYS_IRK) && is_ours(keys);
    *bond = (struct gap_bond){keys->id, keys->addr, counts ? keys->irk : NULL, keys->age};
    return true;
}

// Never by a weaker pairing, by Just Works only on the link that the old keys encrypt or where the
// policy says so.
bool smp_bond_may_replace(const struct smp_link *link, const struct smp_keys *old)
{
    const struct bt_conn *conn = smp_conn_of(link);
    const struct smp_keys *keys = &link->keys;
    bool weaker =
        (old->flags & ~keys->flags & (SMP_KEYS_AUTH | SMP_KEYS_SC)) || keys->size < old->size;
    if (!(keys->flags & SMP_KEYS_AUTH) && (old->flags & SMP_KEYS_AUTH)) {
        return false;
    }
    if (!(keys->flags & SMP_KEYS_AUTH)) {
        bool proven = conn->sec_level >= BT_SECURITY_L2 && bt_addr_le_eq(&conn->dst, &old->addr);
        return !weaker && (proven || smp_reg.policy.repair_just_works || !link->peer_began);
    }
    return !weaker;
}

static bool in_use(const struct smp_keys *bond)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        const struct bt_conn *conn = conn_at(i);
        if (conn_is_up(conn) && conn->id == bond->id && bt_addr_le_eq(&conn->dst, &bond->addr)) {
            return true;
        }
    }
    return false;
}

// A place: the identity's own, else a free one; and of the bonds that are not in use the one used
// longest ago.
static struct smp_keys *place_now(const struct smp_keys *keys, struct smp_keys **oldest)
{
    struct smp_keys *free_place = NULL;
    *oldest = NULL;
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        struct smp_keys *bond = &smp_reg.bonds[i];
        if (is_bond_of(bond, keys->id, &keys->addr)) {
            return bond;
        }
        if (!(bond->flags & SMP_KEYS_USED)) {
            free_place = free_place ? free_place : bond;
        } else if (!in_use(bond) && (!*oldest || bond->age < (*oldest)->age)) {
            *oldest = bond;
        }
    }
    return free_place;
}

// By policy the oldest gives way; whoever is told of that may have filled its place already.
static struct smp_keys *place_for(const struct smp_keys *keys)
{
    struct smp_keys *oldest;
    struct smp_keys *place = place_now(keys, &oldest);
    if (!place && oldest && smp_reg.policy.replace_oldest) {
        (void)smp_bond_delete(oldest);
        place = place_now(keys, &oldest);
    }
    return place;
}

bool smp_bond_put(const struct smp_keys *keys)
{
    struct smp_keys *bond = place_for(keys);
    if (!bond) {
        log_wrn("no room for another bond (CONFIG_BT_MAX_PAIRED)");
        return false;
    }
    if (bond->flags & SMP_KEYS_USED) {
        conn_unbonded(bond->id, &bond->addr); // What belonged to the old bond goes with it.
    }
    *bond = *keys;
    bond->flags |= SMP_KEYS_USED;
    bond->age = ++smp_reg.age;
    gap_bonds_changed();
    (void)smp_store_save(bond);
    return true;
}

// Which one is the oldest is stored when the bond changes only: flash wears out.
void smp_bond_used(struct smp_keys *bond)
{
    bond->age = ++smp_reg.age;
}

int smp_bond_delete(struct smp_keys *bond)
{
    struct smp_keys gone = *bond;
    memset(bond, 0, sizeof(*bond));
    gap_bonds_changed();
    int err = smp_store_delete(&gone);
    conn_unbonded(gone.id, &gone.addr);
    smp_tell_deleted(gone.id, &gone.addr);
    return err;
}

void smp_bonds_delete(uint8_t id)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        struct smp_keys *bond = &smp_reg.bonds[i];
        if ((bond->flags & SMP_KEYS_USED) && bond->id == id) {
            smp_bond_delete(bond);
        }
    }
}
