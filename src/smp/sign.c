// Keys that sign (CSRK): given and taken in a pairing, kept with the bond, used for signed writes (Vol 3,
// Part H, 2.4.2.2, 2.4.5 and 3.6.6).
//
// No counter is ever spent twice, whenever the power goes. For sending the store is ahead: before the first
// of STEP counters is used, all of them are stored as spent. For receiving a counter is stored as
// spent before the write is handed up. What cannot be stored is not sent and not taken.
// Without a store at all nothing outlasts the memory that holds the counters too.
#include <errno.h>
#include <string.h>

#include "base/rd.h"
#include "base/wr.h"
#include "smp/state.h"

#define MAC_LEN 8
#define STEP    64 // Counters that one save of a bond is good for.

// ---- Given and taken -------------------------------------------------------------------------------

bool smp_sign_give(struct smp_link *link)
{
    struct smp_keys *keys = &link->keys;
    if (crypto_rand(keys->sign.val, sizeof(keys->sign.val))) {
        return false;
    }
    smp_send_value(link, SMP_SIGN_INFO, keys->sign.val, sizeof(keys->sign.val));
    return true;
}

void smp_on_sign_info(struct smp_link *link, struct rd *in)
{
    if (smp_dist_expected(link, SMP_DIST_SIGN, false)) {
        rd_copy(in, link->keys.check.val, sizeof(link->keys.check.val));
        smp_dist_got(link, SMP_DIST_SIGN);
    }
}

// ---- Kept ------------------------------------------------------------------------------------------

void smp_sign_put(const struct smp_keys *bond, struct wr *w)
{
    wr_bytes(w, bond->sign.val, sizeof(bond->sign.val));
    wr_le32(w, bond->sign_stored);
    wr_bytes(w, bond->check.val, sizeof(bond->check.val));
    wr_le32(w, bond->check.counter);
}

void smp_sign_get(struct smp_keys *bond, struct rd *r)
{
    rd_copy(r, bond->sign.val, sizeof(bond->sign.val));
    bond->sign_stored = rd_le32(r);
    bond->sign.counter = bond->sign_stored;
    rd_copy(r, bond->check.val, sizeof(bond->check.val));
    bond->check.counter = rd_le32(r);
}

void smp_sign_merge(struct smp_keys *keys, const struct smp_keys *old)
{
    if (!memcmp(keys->sign.val, old->sign.val, sizeof(old->sign.val)) &&
        keys->sign_stored < old->sign_stored) {
        keys->sign_stored = old->sign_stored;
        keys->sign.counter = old->sign.counter;
    }
    if (!memcmp(keys->check.val, old->check.val, sizeof(old->check.val))) {
        keys->check.counter = MAX(keys->check.counter, old->check.counter);
    }
}

// It is kept, or there is no place that could lose it.
static int keep(const struct smp_keys *bond)
{
    int err = smp_store_save(bond);
    return err == -ENOENT ? 0 : err;
}

// ---- Used ------------------------------------------------------------------------------------------

static int counter_take(struct smp_keys *bond, uint32_t *counter)
{
    if (bond->sign.counter == bond->sign_stored) {
        if (bond->sign_stored > UINT32_MAX - STEP) {
            return -EOVERFLOW;
        }
        bond->sign_stored += STEP;
        int err = keep(bond);
        if (err) {
            bond->sign_stored -= STEP;
            return err;
        }
    }
    *counter = bond->sign.counter++;
    return 0;
}

int smp_sign(const struct bt_conn *conn, const uint8_t *pdu, size_t len, uint8_t *signature)
{
    uint32_t counter;
    uint8_t mac[MAC_LEN];
    struct smp_keys *bond = smp_bond_find(conn->id, &conn->dst);
    if (!bond || !smp_is_key(bond->sign.val)) {
        return -ENOENT;
    }
    int err = counter_take(bond, &counter);
    if (err) {
        return err;
    }
    crypto_sign(bond->sign.val, pdu, len, counter, mac);
    if (!crypto_ok()) {
        return -EIO;
    }
    struct wr w = wr_init(signature, sizeof(counter) + sizeof(mac));
    wr_le32(&w, counter);
    wr_bytes(&w, mac, sizeof(mac));
    return 0;
}

// In the same time wherever they differ.
static bool same(const uint8_t *a, const uint8_t *b, size_t len)
{
    uint8_t differs = 0;
    for (size_t i = 0; i < len; i++) {
        differs |= a[i] ^ b[i];
    }
    return !differs;
}

bool smp_sign_check(const struct bt_conn *conn, const uint8_t *pdu, size_t len,
                    const uint8_t *signature)
{
    uint8_t mac[MAC_LEN];
    struct rd r = rd_init(signature, sizeof(uint32_t) + MAC_LEN);
    uint32_t counter = rd_le32(&r);
    struct smp_keys *bond = smp_bond_find(conn->id, &conn->dst);
    // The last counter would have no successor.
    if (!bond || !smp_is_key(bond->check.val) || counter < bond->check.counter ||
        counter == UINT32_MAX) {
        return false;
    }
    crypto_sign(bond->check.val, pdu, len, counter, mac);
    if (!crypto_ok() || !same(mac, rd_take(&r, MAC_LEN), MAC_LEN)) {
        return false;
    }
    bond->check.counter = counter + 1;
    return !keep(bond);
}
