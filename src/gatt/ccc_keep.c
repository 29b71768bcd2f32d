// What the server keeps of bonded peers as long as the bond (Vol 3, Part G, 3.3.3.3, 2.5.2 and 7.2):
// their client configurations, their features and the hash of the database that they know. In the
// settings as "bt/ccc/IITAAAAAAAAAAAA", restored when the bond encrypts a link, never before.
//
// Whether a peer must be told that services changed while it was away, also over a restart, the hash
// decides. Which ones did is known only of the time since this program knew it to be aware, and
// "all" otherwise.
//
// A value: version 3, local identity, its address and the peer's (7 each), features, hash (16), then per
// descriptor its handle and its value (3), then a check (4). Version 2 had neither our address nor a
// check, version 1 neither features nor hash besides. A handle that is no CCC any more when it is
// restored is dropped (hostile 57), and so is one in a range of services that changed meanwhile: what
// stands there is perhaps another characteristic, which the peer did not subscribe to.
#include <errno.h>

#include <breeze/smp.h>

#include "att/db.h"
#include "base/rd.h"
#include "base/wr.h"
#include "crypto/crypto.h"
#include "gap/id.h"
#include "gatt/gatt.h"
#include "smp/record.h"

#define LOG_LAYER LOG_GATT
#include "base/log.h"

#define VERSION    3
#define HEAD_LEN   (17 + GATT_HASH_LEN)
#define CHECK_LEN  SMP_RECORD_CHECK_LEN
#define RECORD_MAX (HEAD_LEN + 3 * GATT_KEEP_MAX + CHECK_LEN)
#define PREFIX     "bt/ccc/"
#define NAME_LEN   SMP_RECORD_NAME_LEN(PREFIX)
_Static_assert(RECORD_MAX == BREEZE_GATT_KEEP_MAX, "what the public header promises");

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

static bool is_bonded(uint8_t id, const bt_addr_le_t *addr)
{
    return breeze_smp_bond_flags(id, addr) >= 0;
}

// Its length; 0: not now, for want of AES.
static size_t record_of(const struct gatt_keep *keep, uint8_t record[RECORD_MAX])
{
    uint8_t check[CRYPTO_LEN];
    const bt_addr_le_t *local = gap_id_addr(keep->id);
    struct wr w = wr_init(record, RECORD_MAX);
    wr_u8(&w, VERSION);
    wr_u8(&w, keep->id);
    smp_record_put_addr(&w, local ? local : BT_ADDR_LE_ANY);
    smp_record_put_addr(&w, &keep->addr);
    wr_u8(&w, keep->features);
    wr_bytes(&w, keep->hash, sizeof(keep->hash));
    for (unsigned int i = 0; i < keep->count; i++) {
        wr_le16(&w, keep->ccc[i].handle);
        wr_u8(&w, keep->ccc[i].value);
    }
    bool ok = smp_record_check(record, wr_len(&w), check);
    wr_bytes(&w, check, CHECK_LEN);
    return ok ? wr_len(&w) : 0;
}

// Write what is kept of a peer; nothing kept: delete it.
static void save(const struct gatt_keep *keep)
{
    char name[NAME_LEN];
    uint8_t record[RECORD_MAX];
    struct wr n = wr_init(name, sizeof(name));
    smp_record_name(PREFIX, keep->id, &keep->addr, &n);
    size_t len = keep->used ? record_of(keep, record) : 0;
    int err = keep->used && !len ? -EAGAIN : settings_save_one(name, record, len);
    if (err) {
        log_dbg("%s is not kept: %d", name, err);
    }
    if (gatt_keep_reg.cb) {
        gatt_keep_reg.cb(keep->id, &keep->addr);
    }
}

static void forget(struct gatt_keep *keep)
{
    keep->used = false;
    save(keep);
}

// A free place; else that of a peer whose bond was lost, as damaged records of bonds are.
static struct gatt_keep *keep_free(void)
{
    struct gatt_keep *orphan = NULL;
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        struct gatt_keep *keep = &gatt_keep_reg.peers[i];
        if (!keep->used) {
            return keep;
        }
        orphan = orphan || is_bonded(keep->id, &keep->addr) ? orphan : keep;
    }
    if (orphan) {
        forget(orphan);
    }
    return orphan;
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
        if (!entry->value || entry->conn != bt_conn_index(conn)) {
            continue;
        }
        if (now.count == GATT_KEEP_MAX) {
            log_wrn("more configurations than are kept (CONFIG_BREEZE_GATT_KEEP_MAX)");
            break;
        }
        now.ccc[now.count].handle = entry->handle;
        now.ccc[now.count++].value = entry->value;
    }
    now.used = now.count || now.features;
    const uint8_t *hash = link->sync == GATT_SYNC_AWARE ? gatt_hash() : NULL;
    if (hash) {
        memcpy(now.hash, hash, sizeof(now.hash));
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
    bool same = keep && !memcmp(keep, &now, offsetof(struct gatt_keep, changed_start));
    keep = keep || !now.used ? keep : keep_free();
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
    if (bt_conn_get_security(conn) >= BT_SECURITY_L2 && is_bonded(conn->id, &conn->dst)) {
        keep_now(conn);
    }
}

bool gatt_keep_has(const struct bt_conn *conn, uint16_t ccc_handle)
{
    const struct gatt_keep *keep = keep_find(conn->id, &conn->dst);
    for (unsigned int i = 0; keep && i < keep->count; i++) {
        if (keep->ccc[i].handle == ccc_handle) {
            return true;
        }
    }
    return false;
}

// Is it known to stand where services changed. "All" is what nobody knows.
static bool has_moved(const struct gatt_keep *keep, uint16_t handle)
{
    bool all = keep->changed_start <= 1 && keep->changed_end == UINT16_MAX;
    return !all && handle >= keep->changed_start && handle <= keep->changed_end;
}

// A change while the peer was away, or before it was known who it is, is told now.
void gatt_keep_secured(struct bt_conn *conn)
{
    const struct gatt_keep *keep = keep_find(conn->id, &conn->dst);
    struct gatt_keep copy = keep ? *keep : (struct gatt_keep){.used = false};
    const uint8_t *hash = copy.used ? gatt_hash() : NULL;
    bool changed = copy.used && (!hash || memcmp(copy.hash, hash, sizeof(copy.hash)));
    for (unsigned int i = 0; i < copy.count; i++) {
        if (!changed || !has_moved(&copy, copy.ccc[i].handle)) {
            gatt_ccc_restore(conn, copy.ccc[i].handle, copy.ccc[i].value);
        }
    }
    gatt_link_of(conn)->features |= copy.features;
    if (changed) {
        gatt_changed_for(conn, copy.changed_start, copy.changed_end);
    }
    gatt_keep_written(conn); // If a callback has not deleted the bond.
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
        forget(keep);
    }
}

// A record of any version. `local`: our address in it, BT_ADDR_LE_ANY where it has none.
static bool parse(const uint8_t *record, size_t len, struct gatt_keep *keep, bt_addr_le_t *local)
{
    struct rd r = rd_init(record, len);
    memset(keep, 0, sizeof(*keep));
    *local = *BT_ADDR_LE_ANY;
    uint8_t version = rd_u8(&r);
    size_t tail = version > 2 ? CHECK_LEN : 0;
    keep->id = rd_u8(&r);
    if (version > 2) {
        smp_record_get_addr(&r, local);
    }
    smp_record_get_addr(&r, &keep->addr);
    if (version > 1) {
        keep->features = rd_u8(&r);
        rd_copy(&r, keep->hash, sizeof(keep->hash));
    }
    while (rd_left(&r) > tail && keep->count < GATT_KEEP_MAX) {
        keep->ccc[keep->count].handle = rd_le16(&r);
        keep->ccc[keep->count].value = rd_u8(&r) & 3;
        keep->count++;
    }
    const uint8_t *stored = rd_take(&r, tail);
    keep->used = keep->count || keep->features;
    keep->changed_start = 1; // Nobody knows what changed before.
    keep->changed_end = UINT16_MAX;
    if (!rd_done(&r) || !version || version > VERSION || !keep->used) {
        return false;
    }
    uint8_t check[CRYPTO_LEN];
    return smp_record_check(record, len - tail, check) && !memcmp(stored, check, tail);
}

// Whether it was made with another identity address than ours, if both are known.
static bool is_foreign(uint8_t id, const bt_addr_le_t *local)
{
    const bt_addr_le_t *own = gap_id_addr(id);
    return own && !bt_addr_le_eq(local, BT_ADDR_LE_ANY) && !bt_addr_le_eq(local, own);
}

static int take(const struct gatt_keep *keep)
{
    struct gatt_keep *place = keep_find(keep->id, &keep->addr);
    place = place ? place : keep_free();
    if (!place) {
        return -ENOSPC;
    }
    *place = *keep;
    return 0;
}

static int on_set(const char *key, size_t len, settings_read_cb read_cb, void *cb_arg)
{
    uint8_t record[RECORD_MAX];
    struct gatt_keep keep;
    bt_addr_le_t local;
    if (!key || len > sizeof(record) || read_cb(cb_arg, record, len) != (ssize_t)len ||
        !parse(record, len, &keep, &local)) {
        return -EINVAL;
    }
    return is_foreign(keep.id, &local) ? -EACCES : take(&keep);
}

const struct settings_handler_static gatt_keep_settings = {.name = "bt/ccc", .h_set = on_set};

// ---- A store of the application's own ------------------------------------------------------------

void breeze_gatt_keep_cb_set(void (*cb)(uint8_t id, const bt_addr_le_t *peer))
{
    gatt_keep_reg.cb = cb;
}

int breeze_gatt_keep_export(uint8_t id, const bt_addr_le_t *peer, uint8_t *record)
{
    const struct gatt_keep *keep = keep_find(id, peer);
    if (!keep) {
        return -ENOENT;
    }
    int len = (int)record_of(keep, record);
    return len ? len : -EAGAIN;
}

int breeze_gatt_keep_import(const void *record, size_t len)
{
    struct gatt_keep keep;
    bt_addr_le_t local;
    if (!crypto_has_aes()) {
        return -EAGAIN;
    }
    if (!parse(record, len, &keep, &local)) {
        log_wrn("what is no whole record of a bonded peer is not taken: %u octets",
                (unsigned int)len);
        return -EINVAL;
    }
    if (is_foreign(keep.id, &local)) {
        log_wrn("what belongs to a bond of another device is not taken");
        return -EACCES;
    }
    return is_bonded(keep.id, &keep.addr) ? take(&keep) : -ENOENT;
}
