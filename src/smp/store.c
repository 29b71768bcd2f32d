// Bonds in the settings: one value per bond, "bt/keys/IITAAAAAAAAAAAA" (identity, address type,
// address, in hexadecimal), whose layout is the same on every machine (doc/BONDS.md).
//
// A record is taken whole or not at all: version, length, check, every field (hostile 57).
#include <errno.h>
#include <string.h>

#include <zephyr/settings/settings.h>

#include "base/rd.h"
#include "base/wr.h"
#include "gap/id.h"
#include "smp/record.h"
#include "smp/state.h"

#define LOG_LAYER LOG_SMP
#include "base/log.h"

#define VERSION   (CONFIG_BT_SIGNING ? 3 : 2)
#define LTK_LEN   26
#define CHECK_LEN SMP_RECORD_CHECK_LEN
// Version 1 has no IRK of ours, version 2 no keys that sign.
#define RECORD_1_LEN (1 + 1 + 1 + 1 + 4 + 7 + 7 + 2 * LTK_LEN + 16 + CHECK_LEN)
#define RECORD_2_LEN (RECORD_1_LEN + 16)
#define RECORD_3_LEN (RECORD_2_LEN + SMP_SIGN_RECORD_LEN)
#define RECORD_LEN   (CONFIG_BT_SIGNING ? RECORD_3_LEN : RECORD_2_LEN)
_Static_assert(RECORD_LEN == BREEZE_BOND_RECORD_LEN, "what the public header promises");
#define FLAGS_1     (SMP_KEYS_AUTH | SMP_KEYS_SC | SMP_KEYS_OURS | SMP_KEYS_THEIRS | SMP_KEYS_IRK)
#define FLAGS_KNOWN (FLAGS_1 | SMP_KEYS_KNOWN)
#define PREFIX      "bt/keys/"
#define NAME_LEN    SMP_RECORD_NAME_LEN(PREFIX)

static void name_of(const struct smp_keys *bond, char name[NAME_LEN])
{
    struct wr w = wr_init(name, NAME_LEN);
    smp_record_name(PREFIX, bond->id, &bond->addr, &w);
}

static void put_ltk(struct wr *w, const struct smp_ltk *ltk)
{
    wr_bytes(w, ltk->val, sizeof(ltk->val));
    wr_bytes(w, ltk->rand, sizeof(ltk->rand));
    wr_le16(w, ltk->ediv);
}

static void get_ltk(struct rd *r, struct smp_ltk *ltk)
{
    rd_copy(r, ltk->val, sizeof(ltk->val));
    rd_copy(r, ltk->rand, sizeof(ltk->rand));
    ltk->ediv = rd_le16(r);
}

// False: not now, for want of AES.
static bool record_of(const struct smp_keys *bond, uint8_t record[RECORD_LEN])
{
    static const uint8_t none[16];
    uint8_t check[CRYPTO_LEN];
    const uint8_t *own = bond->flags & SMP_KEYS_KNOWN ? own_irk(bond->id) : NULL;
    struct wr w = wr_init(record, RECORD_LEN);
    wr_u8(&w, VERSION);
    wr_u8(&w, bond->id);
    wr_u8(&w, bond->flags & FLAGS_KNOWN);
    wr_u8(&w, bond->size);
    wr_le32(&w, bond->age);
    smp_record_put_addr(&w, &bond->local);
    smp_record_put_addr(&w, &bond->addr);
    put_ltk(&w, &bond->ours);
    put_ltk(&w, &bond->theirs);
    wr_bytes(&w, bond->irk, sizeof(bond->irk));
    wr_bytes(&w, own ? own : none, sizeof(none));
    smp_sign_put(bond, &w);
    bool ok = smp_record_check(record, RECORD_LEN - CHECK_LEN, check);
    wr_bytes(&w, check, CHECK_LEN);
    return ok;
}

int smp_store_save(const struct smp_keys *bond)
{
    uint8_t record[RECORD_LEN];
    char name[NAME_LEN];
    bool made = record_of(bond, record);
    name_of(bond, name);
    int err = made ? settings_save_one(name, record, sizeof(record)) : -EAGAIN;
    if (err) {
        log_inf("%s is not kept: %d", name, err);
    }
    memset(record, 0, sizeof(record));
    return err;
}

int smp_store_delete(const struct smp_keys *bond)
{
    char name[NAME_LEN];
    name_of(bond, name);
    int err = settings_delete(name);
    if (err && err != -ENOENT) {
        log_err("%s stays in the store: %d", name, err);
        return err;
    }
    return 0;
}

static bool is_identity(const bt_addr_le_t *addr)
{
    return addr->type == BT_ADDR_LE_PUBLIC ||
           (addr->type == BT_ADDR_LE_RANDOM && (addr->a.val[5] & 0xc0) != 0x00);
}

// 0: none has this length.
static uint8_t version_of(size_t len)
{
    static const uint8_t lens[] = {RECORD_1_LEN, RECORD_2_LEN, RECORD_3_LEN};
    for (uint8_t i = 0; i < sizeof(lens); i++) {
        if (len == lens[i]) {
            return i + 1;
        }
    }
    return 0;
}

// What the flags name is there.
static bool has_keys(const struct smp_keys *keys)
{
    bool theirs = (keys->flags & SMP_KEYS_THEIRS) && !(keys->flags & SMP_KEYS_SC);
    return (!(keys->flags & SMP_KEYS_OURS) || smp_is_key(keys->ours.val)) &&
           (!theirs || smp_is_key(keys->theirs.val)) &&
           (!(keys->flags & SMP_KEYS_IRK) || smp_is_key(keys->irk));
}

// With our IRK, or NULL where there is none.
static bool parse(struct rd *r, struct smp_keys *keys, const uint8_t **own)
{
    uint8_t check[CRYPTO_LEN];
    uint8_t expected = version_of(rd_left(r));
    bool old = expected == 1;
    bool ok = smp_record_check(r->p, rd_left(r) - CHECK_LEN, check);
    uint8_t version = rd_u8(r);
    keys->id = rd_u8(r);
    keys->flags = rd_u8(r);
    keys->size = rd_u8(r);
    keys->age = rd_le32(r);
    smp_record_get_addr(r, &keys->local);
    smp_record_get_addr(r, &keys->addr);
    get_ltk(r, &keys->ours);
    get_ltk(r, &keys->theirs);
    rd_copy(r, keys->irk, sizeof(keys->irk));
    *own = old ? NULL : rd_take(r, 16);
    if (expected > 2) {
        smp_sign_get(keys, r);
    }
    const uint8_t *stored = rd_take(r, CHECK_LEN);
    return rd_done(r) && ok && !memcmp(stored, check, CHECK_LEN) && version == expected &&
           keys->id < CONFIG_BT_ID_MAX && !(keys->flags & ~(old ? FLAGS_1 : FLAGS_KNOWN)) &&
           keys->size >= 7 && keys->size <= CRYPTO_LEN && is_identity(&keys->local) &&
           is_identity(&keys->addr) && has_keys(keys);
}

// What this peer knows us by, if it knows this device.
static void restore_irk(const struct smp_keys *keys, const uint8_t *own)
{
    const bt_addr_le_t *local = gap_id_addr(keys->id);
    if (own && (keys->flags & SMP_KEYS_KNOWN) && local && bt_addr_le_eq(local, &keys->local)) {
        own_irk_restore(keys->id, own);
    }
}

static int take(struct smp_keys *keys)
{
    struct smp_keys *place = NULL;
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        struct smp_keys *bond = &smp_reg.bonds[i];
        bool used = bond->flags & SMP_KEYS_USED;
        if (used && bond->id == keys->id && bt_addr_le_eq(&bond->addr, &keys->addr)) {
            place = bond;
            break;
        }
        place = !place && !used ? bond : place;
    }
    if (!place) {
        return -ENOSPC;
    }
    smp_sign_merge(keys, place);
    *place = *keys;
    place->flags |= SMP_KEYS_USED;
    smp_reg.age = MAX(smp_reg.age, keys->age);
    gap_bonds_changed();
    return 0;
}

// 0; -EINVAL; -EAGAIN: nobody can tell, for want of AES.
static int whole(const void *record, size_t len, struct smp_keys *keys, const uint8_t **own)
{
    struct rd r = rd_init(record, len);
    memset(keys, 0, sizeof(*keys));
    if (!crypto_has_aes()) {
        return -EAGAIN;
    }
    return version_of(len) && parse(&r, keys, own) ? 0 : -EINVAL;
}

int breeze_smp_bond_local(const void *record, size_t len, bt_addr_le_t *local)
{
    struct smp_keys keys;
    const uint8_t *own;
    int err = whole(record, len, &keys, &own);
    *local = keys.local;
    memset(&keys, 0, sizeof(keys));
    return err;
}

int breeze_smp_bond_import(const void *record, size_t len)
{
    struct smp_keys keys;
    const uint8_t *own;
    int err = whole(record, len, &keys, &own);
    if (err == -EAGAIN) {
        log_wrn("no AES just now: a bond is not taken");
        return err;
    }
    if (err) {
        log_wrn("what is no whole record of a bond is not taken: %u octets", (unsigned int)len);
        return -EINVAL;
    }
    err = smp_bond_is_foreign(&keys) ? -EACCES : take(&keys);
    if (!err) {
        restore_irk(&keys, own);
    }
    return err;
}

int breeze_smp_bond_export(uint8_t id, const bt_addr_le_t *addr, uint8_t *record)
{
    const struct smp_keys *bond = smp_bond_find(id, addr);
    if (!bond) {
        return -ENOENT;
    }
    return record_of(bond, record) ? 0 : -EAGAIN;
}

static int on_set(const char *key, size_t len, settings_read_cb read_cb, void *cb_arg)
{
    uint8_t record[RECORD_3_LEN];
    size_t take = MIN(len, sizeof(record));
    if (!key || read_cb(cb_arg, record, take) != (ssize_t)take) {
        return -EINVAL;
    }
    int err = breeze_smp_bond_import(record, len);
    memset(record, 0, sizeof(record));
    return err;
}

// The identity may have come behind the bonds.
static int on_commit(void)
{
    smp_bonds_check();
    return 0;
}

const struct settings_handler_static smp_settings = {
    .name = "bt/keys",
    .h_set = on_set,
    .h_commit = on_commit,
};
