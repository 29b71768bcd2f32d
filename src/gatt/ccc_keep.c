// Client configurations of bonded peers, which last as long as the bond (Vol 3, Part G, 3.3.3.3): kept
// in the settings as "bt/ccc/IITAAAAAAAAAAAA", restored when the bond encrypts a link, never before.
//
// A value: version 1, local identity, the peer's address (7), then per descriptor its handle and its
// value (3). One whose handle is no CCC any more when it is restored is dropped (hostile 57).
#include <errno.h>

#include <breeze/smp.h>

#include "att/db.h"
#include "base/rd.h"
#include "base/wr.h"
#include "gatt/gatt.h"

#define LOG_LAYER LOG_GATT
#include "base/log.h"

#define VERSION    1
#define HEAD_LEN   9
#define RECORD_MAX (HEAD_LEN + 3 * GATT_KEEP_MAX)
#define NAME_LEN   sizeof("bt/ccc/IITAAAAAAAAAAAA")

static struct gatt_keep *keep_find(uint8_t id, const bt_addr_le_t *addr)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        struct gatt_keep *keep = &gatt_keep_reg.peers[i];
        if (keep->count && keep->id == id && bt_addr_le_eq(&keep->addr, addr)) {
            return keep;
        }
    }
    return NULL;
}

static struct gatt_keep *keep_free(void)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        if (!gatt_keep_reg.peers[i].count) {
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
    for (unsigned int i = 0; i < keep->count; i++) {
        wr_le16(&w, keep->ccc[i].handle);
        wr_u8(&w, keep->ccc[i].value);
    }
    int err = settings_save_one(name, record, keep->count ? wr_len(&w) : 0);
    if (err) {
        log_dbg("%s is not kept: %d", name, err);
    }
}

// What this connection's peer has configured now.
static struct gatt_keep configured(const struct bt_conn *conn)
{
    struct gatt_keep now;
    memset(&now, 0, sizeof(now)); // Compared as a whole.
    now.id = conn->id;
    now.addr = conn->dst;
    for (unsigned int i = 0; i < CONFIG_BREEZE_GATT_CCC_MAX; i++) {
        const struct gatt_ccc *entry = &gatt_run.ccc[i];
        if (entry->value && entry->conn == bt_conn_index(conn) && now.count < GATT_KEEP_MAX) {
            now.ccc[now.count].handle = entry->handle;
            now.ccc[now.count++].value = entry->value;
        }
    }
    return now;
}

static void keep_now(struct bt_conn *conn)
{
    struct gatt_keep now = configured(conn);
    struct gatt_keep *keep = keep_find(now.id, &now.addr);
    if (keep ? !memcmp(keep, &now, sizeof(now)) : !now.count) {
        return;
    }
    keep = keep ? keep : keep_free();
    if (keep) {
        *keep = now;
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

void gatt_keep_secured(struct bt_conn *conn)
{
    const struct gatt_keep *keep = keep_find(conn->id, &conn->dst);
    struct gatt_keep copy = keep ? *keep : (struct gatt_keep){.count = 0};
    for (unsigned int i = 0; i < copy.count; i++) {
        gatt_ccc_restore(conn, copy.ccc[i].handle, copy.ccc[i].value);
    }
    keep_now(conn);
}

void gatt_keep_unbonded(uint8_t id, const bt_addr_le_t *peer)
{
    struct gatt_keep *keep = keep_find(id, peer);
    if (keep) {
        keep->count = 0;
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
    while (rd_left(r) && keep.count < GATT_KEEP_MAX) {
        keep.ccc[keep.count].handle = rd_le16(r);
        keep.ccc[keep.count].value = rd_u8(r) & 3;
        keep.count++;
    }
    if (!rd_done(r) || version != VERSION || !keep.count) {
        return -EINVAL;
    }
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
