// The Database Hash (Vol 3, Part G, 7.3): AES-CMAC over the declarations of the database, computed
// when somebody asks and something changed since, never in dispatch.
//
// It tells a client, or what is kept of a bonded one (ccc_keep.c), whether the database is still the
// one it knows.
#include <string.h>

#include <zephyr/bluetooth/gatt.h>

#include "att/db.h"
#include "att/uuid.h"
#include "base/wr.h"
#include "crypto/crypto.h"
#include "gatt/gatt.h"

// The longest declaration: of a characteristic with a 128-bit UUID.
#define VALUE_MAX (3 + BT_UUID_SIZE_128)

// What of an attribute goes into the hash (7.3.1): nothing, handle and type, these and the value.
enum part { PART_NONE, PART_TYPE, PART_VALUE };

static enum part part_of(const struct bt_uuid *uuid)
{
    uint16_t val = uuid->type == BT_UUID_TYPE_16 ? ((const struct bt_uuid_16 *)uuid)->val : 0;
    if ((val >= BT_UUID_GATT_PRIMARY_VAL && val <= BT_UUID_GATT_CHRC_VAL) ||
        val == BT_UUID_GATT_CEP_VAL) {
        return PART_VALUE;
    }
    return val > BT_UUID_GATT_CEP_VAL && val <= BT_UUID_GATT_CAF_VAL ? PART_TYPE : PART_NONE;
}

static void add(struct crypto_cmac *cmac, const struct bt_gatt_attr *attr, uint16_t handle)
{
    uint8_t message[4 + VALUE_MAX];
    struct wr w = wr_init(message, sizeof(message));
    enum part part = part_of(attr->uuid);
    if (part == PART_NONE) {
        return;
    }
    wr_le16(&w, handle);
    uuid_put(&w, attr->uuid);
    if (part == PART_VALUE && attr->read) {
        ssize_t got = attr->read(NULL, attr, w.p, VALUE_MAX, 0);
        (void)wr_reserve(&w, got > 0 ? (size_t)got : 0);
    }
    crypto_cmac_add(cmac, message, wr_len(&w));
}

const uint8_t *gatt_hash(void)
{
    static const uint8_t key[CRYPTO_LEN];
    uint8_t *hash = gatt_keep_reg.hash;
    uint8_t mac[CRYPTO_LEN];
    struct crypto_cmac cmac;
    if (gatt_keep_reg.hash_known) {
        return hash;
    }
    gatt_db_ensure();
    gatt_keep_reg.hash_known = true; // Unless a callback changes something meanwhile.
    crypto_cmac_start(&cmac, key);
    const struct bt_gatt_attr *attr;
    for (uint16_t at = 1; at && (attr = db_next(&at, UINT16_MAX)) != NULL; at++) {
        add(&cmac, attr, at);
    }
    crypto_cmac_end(&cmac, mac);
    if (!crypto_ok()) {
        gatt_keep_reg.hash_known = false;
        return NULL;
    }
    crypto_reverse(hash, mac, CRYPTO_LEN);
    return hash;
}

// A client that read it knows what it knows (2.5.2.1).
ssize_t gatt_hash_read(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                       uint16_t len, uint16_t offset)
{
    const uint8_t *hash = gatt_hash();
    if (!hash) {
        return BT_GATT_ERR(BT_ATT_ERR_UNLIKELY);
    }
    if (conn && gatt_link_of(conn)->sync == GATT_SYNC_UNAWARE) {
        gatt_link_of(conn)->sync = GATT_SYNC_TOLD;
    }
    return bt_gatt_attr_read(conn, attr, buf, len, offset, hash, GATT_HASH_LEN);
}
