// What the server keeps of bonded peers as long as the bond (Vol 3, Part G, 3.3.3.3, 2.5.2 and 7.2):
// their client configurations, their features and the hash of the database that they know. In the
// settings as "bt/ccc/IITAAAAAAAAAAAA", restored when the bond encrypts a link, never before.
//
// Whether a peer must be told that services changed while it was away, also over a restart, the hash
// decides. Which ones did is known only of the time since this program knew it to be aware, and
// "all" otherwise.
//
// A value: version 2, local identity, the peer's address (7), features, hash (16), then per descriptor
// its handle and its value (3). Version 1 had neither features nor hash. A handle that is no CCC any
// more when it is restored is dropped (hostile 57).
#include <errno.h>

#include <breeze/smp.h>

#include "att/db.h"
#include "base/rd.h"
#include "base/wr.h"
#include "gatt/gatt.h"

#define LOG_LAYER LOG_GATT
#include "base/log.h"

#define VERSION    2
#define HEAD_LEN   (10 + GATT_HASH_LEN)
#define RECORD_MAX (HEAD_LEN + 3 * GATT_KEEP_MAX)
#define NAME_LEN   sizeof("bt/ccc/IITAAAAAAAAAAAA")

static struct gatt_keep *keep_find(uint8_t id, const bt_addr_le_t *addr)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        struct gatt_keep *keep = &gatt_keep_reg.peers[i];
        if (keep->used && keep->id == id && bt_addr_le_eq(&keep->addr, addr)) {
            return keep;
        }
    }
    return NULL;
}

static struct gatt_keep *keep_free(void)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        if (!gatt_keep_reg.peers[i].used) {
            return &gatt_keep_reg.peers[i];
        }
    }
    return NULL;
}

static void put_hex(struct wr *w, uint8_t octet)
{
    static const char digits[] = "0123456789abcdef";
    wr_u8(w, (uint8_t)digits[octet >> 4]);
    wr_u8(w, (uint8_t)digits[octet & 15]);
}

// Write what is kept of a peer; nothing kept: delete it.
static void save(const struct gatt_keep *keep)
{
    char name[NAME_LEN];
    uint8_t record[RECORD_MAX];
    struct wr n = wr_init(name, sizeof(name));
    wr_bytes(&n, "bt/ccc/", 7);
    put_hex(&n, keep->id);
    wr_u8(&n, (uint8_t)('0' + (keep->addr.type & 7)));
    for (unsigned int i = 6; i--;) {
        put_hex(&n, keep->addr.a.val[i]);
    }
    wr_u8(&n, 0);
    struct wr w = wr_init(record, sizeof(record));
    wr_u8(&w, VERSION);
    wr_u8(&w, keep->id);
    wr_u8(&w, keep->addr.type);
    wr_bytes(&w, keep->addr.a.val, sizeof(keep->addr.a.val));
    wr_u8(&w, keep->features);
    wr_bytes(&w, keep->hash, sizeof(keep->hash));
    for (unsigned int i = 0; i < keep->count; i++) {
        wr_le16(&w, keep->ccc[i].handle);
        wr_u8(&w, keep->ccc[i].value);
    }
    int err = settings_save_one(name, record, keep->used ? wr_len(&w) : 0);
    if (err) {
        log_dbg("%s is not kept: %d", name, err);
    }
}

// What there is to keep of this connection's peer now. `before`: of that, or NULL.
static struct gatt_keep now_of(struct bt_conn *conn, const struct gatt_keep *before)
{
    const struct gatt_link *link = gatt_link_of(conn);
    struct gatt_keep now;
    memset(&now, 0, sizeof(now)); // Compared as a whole.
    now.id = conn->id;
    now.addr = conn->dst;
    now.features = link->features;
    for (unsigned int i = 0; i < CONFIG_BREEZE_GATT_CCC_MAX; i++) {
        const struct gatt_ccc *entry = &gatt_run.ccc[i];
        if (entry->value && entry->conn == bt_conn_index(conn) && now.count < GATT_KEEP_MAX) {
            now.ccc[now.count].handle = entry->handle;
            now.ccc[now.count++].value = entry->value;
        }
    }
    now.used = now.count || now.features;
    if (link->sync == GATT_SYNC_AWARE) {
        memcpy(now.hash, gatt_hash(), sizeof(now.hash));
    } else if (before) {
        memcpy(now.hash, before->hash, sizeof(now.hash));
        now.changed_start = before->changed_start;
        now.changed_end = before->changed_end;
    } else {
        now.changed_start = 1;
        now.changed_end = UINT16_MAX;
    }
    return now;
}

static void keep_now(struct bt_conn *conn)
{
    struct gatt_keep *keep = keep_find(conn->id, &conn->dst);
    struct gatt_keep now = now_of(conn, keep);
    bool same = keep ? !memcmp(keep, &now, offsetof(struct gatt_keep, changed_start)) : !now.used;
    keep = keep ? keep : keep_free();
    if (!keep) {
        return;
    }
    *keep = now;
    if (!same) {
        save(&now);
    }
}

void gatt_keep_written(struct bt_conn *conn)
{
    if (bt_conn_get_security(conn) >= BT_SECURITY_L2 &&
        breeze_smp_bond_flags(conn->id, &conn->dst) >= 0) {
        keep_now(conn);
    }
}

// A change while the peer was away, or before it was known who it is, is told now.
void gatt_keep_secured(struct bt_conn *conn)
{
    const struct gatt_keep *keep = keep_find(conn->id, &conn->dst);
    struct gatt_keep copy = keep ? *keep : (struct gatt_keep){.used = false};
    for (unsigned int i = 0; i < copy.count; i++) {
        gatt_ccc_restore(conn, copy.ccc[i].handle, copy.ccc[i].value);
    }
    gatt_link_of(conn)->features |= copy.features;
    if (copy.used && memcmp(copy.hash, gatt_hash(), sizeof(copy.hash))) {
        gatt_changed_for(conn, copy.changed_start, copy.changed_end);
    }
    keep_now(conn);
}

void gatt_keep_changed(uint16_t start, uint16_t end)
{
    gatt_keep_reg.hash_known = false;
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        struct gatt_keep *keep = &gatt_keep_reg.peers[i];
        if (!keep->changed_start || start < keep->changed_start) {
            keep->changed_start = start;
        }
        if (end > keep->changed_end) {
            keep->changed_end = end;
        }
    }
}

void gatt_keep_unbonded(uint8_t id, const bt_addr_le_t *peer)
{
    struct gatt_keep *keep = keep_find(id, peer);
    if (keep) {
        keep->used = false;
        save(keep);
    }
}

static int take(struct rd *r)
{
    struct gatt_keep keep;
    memset(&keep, 0, sizeof(keep));
    uint8_t version = rd_u8(r);
    keep.id = rd_u8(r);
    keep.addr.type = rd_u8(r);
    rd_copy(r, keep.addr.a.val, sizeof(keep.addr.a.val));
    if (version > 1) {
        keep.features = rd_u8(r);
        rd_copy(r, keep.hash, sizeof(keep.hash));
    }
    while (rd_left(r) && keep.count < GATT_KEEP_MAX) {
        keep.ccc[keep.count].handle = rd_le16(r);
        keep.ccc[keep.count].value = rd_u8(r) & 3;
        keep.count++;
    }
    keep.used = keep.count || keep.features;
    if (!rd_done(r) || !version || version > VERSION || !keep.used) {
        return -EINVAL;
    }
    keep.changed_start = 1; // Nobody knows what changed before.
    keep.changed_end = UINT16_MAX;
    struct gatt_keep *place = keep_find(keep.id, &keep.addr);
    place = place ? place : keep_free();
    if (!place) {
        return -ENOSPC;
    }
    *place = keep;
    return 0;
}

static int on_set(const char *key, size_t len, settings_read_cb read_cb, void *cb_arg)
{
    uint8_t record[RECORD_MAX];
    if (!key || len > sizeof(record) || read_cb(cb_arg, record, len) != (ssize_t)len) {
        return -EINVAL;
    }
    struct rd r = rd_init(record, len);
    return take(&r);
}

const struct settings_handler_static gatt_keep_settings = {.name = "bt/ccc", .h_set = on_set};
