// What the files of GATT tell each other, and the rows for the tables of src/api/wiring.c.
#ifndef BREEZE_SRC_GATT_GATT_H_
#define BREEZE_SRC_GATT_GATT_H_

#include <stdbool.h>
#include <stdint.h>

#include <zephyr/settings/settings.h>

#include "att/bearer.h"
#include "gatt/state.h"

// Rows: conn_ups[] (before ATT's and L2CAP's), acl_tx_free_hooks[] (behind theirs).
extern const struct conn_up gatt_conn_up;
void gatt_tx_free(void);

// Bits of gatt_link.post.
#define GATT_POST_ENDED   BIT(0) // `ended` is not empty.
#define GATT_POST_CHANGED BIT(1) // A range for Service Changed.
#define GATT_POST_KICK    BIT(2) // A procedure may go on.

// Bits of gatt_link.features (Vol 3, Part G, 7.2).
#define GATT_FEATURE_ROBUST       BIT(0)
#define GATT_FEATURE_EATT         BIT(1)
#define GATT_FEATURE_MULTI_NOTIFY BIT(2)

static inline struct gatt_link *gatt_link_of(const struct bt_conn *conn)
{
    return &gatt_run.links[conn->index];
}

static inline struct clt_link *clt_link_of(const struct bt_conn *conn)
{
    return &clt_run.links[conn->index];
}

// The connection of a link of GATT.
struct bt_conn *gatt_conn_of(const struct gatt_link *link);

// service.c: put the static services into the database if that has not happened.
void gatt_db_ensure(void);

// svc_gap.c, svc_gatt.c: the two services every server has.
extern const struct bt_gatt_service_static gap_service;
extern const struct bt_gatt_service_static gatt_service;

// svc_gatt.c: services changed in this range; and a peer's indication of it if one is due.
void gatt_changed(uint16_t start, uint16_t end);
void gatt_changed_for(struct bt_conn *conn, uint16_t start, uint16_t end);
void gatt_changed_send(struct bt_conn *conn);

// ccc.c: the CCC of the characteristic whose value has this handle, 0 none; what this peer wrote to it,
// 0 if nothing or without CCC. Every configuration of a connection, or of a range of handles, is
// forgotten; the first tells the application.
uint16_t gatt_ccc_handle(uint16_t value_handle);
uint16_t gatt_ccc_value(const struct bt_conn *conn, uint16_t value_handle);
void gatt_ccc_drop_conn(const struct bt_conn *conn);
void gatt_ccc_drop_range(uint16_t start, uint16_t end);
// Configure as the peer did before, unless it has already; nothing if there is no such CCC.
void gatt_ccc_restore(struct bt_conn *conn, uint16_t handle, uint8_t value);

// hash.c: the Database Hash, as the protocol carries it; not in dispatch. NULL: it cannot be made just now
// (the controller's AES). The characteristic.
const uint8_t *gatt_hash(void);
ssize_t gatt_hash_read(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                       uint16_t len, uint16_t offset);

// caching.c: robust caching (Vol 3, Part G, 2.5.2.1). Row: att_up.access. A client that asked for it
// and does not know the database is notified of nothing but that.
uint8_t gatt_access(struct bt_conn *conn, uint8_t op, struct rd params, uint16_t *handle);
static inline bool gatt_out_of_sync(const struct gatt_link *link)
{
    return CONFIG_BT_GATT_CACHING && link->sync != GATT_SYNC_AWARE &&
           (link->features & GATT_FEATURE_ROBUST);
}
// The peer knows the database as it is now.
void gatt_aware(struct bt_conn *conn);

// ccc_keep.c: what is kept of bonded peers. The peer of this link wrote something of that, or is
// aware; services changed. Rows: conn_up.secured, .unbonded; the settings'.
void gatt_keep_written(struct bt_conn *conn);
void gatt_keep_changed(uint16_t start, uint16_t end);
void gatt_keep_secured(struct bt_conn *conn);
void gatt_keep_unbonded(uint8_t id, const bt_addr_le_t *peer);
extern const struct settings_handler_static gatt_keep_settings;
// Is this descriptor configured in what is kept of the peer of this link.
bool gatt_keep_has(const struct bt_conn *conn, uint16_t ccc_handle);
// May this subscribed peer be served one of many (bt_gatt_ccc_managed_user_data.cfg_match).
bool gatt_ccc_match(struct bt_conn *conn, uint16_t value_handle);

// notify.c: the value attribute, and its handle, that uuid and *attr of a notification mean: 0, -EINVAL
// or -ENOENT.
int gatt_value_find(const struct bt_uuid *uuid, const struct bt_gatt_attr **attr, uint16_t *handle);
// Send a PDU of opcode, handle and data; `who` says who hears of its completion (func and sent
// NULL: nobody). Errors as bt_gatt_notify_cb().
int gatt_send(struct bt_conn *conn, uint8_t op, uint16_t handle, const void *data, uint16_t len,
              const struct gatt_tx *who);
// The same for a PDU that was written already; takes it.
int gatt_pdu_send(struct att_bearer *bearer, struct net_buf *pdu, const struct wr *w,
                  const struct gatt_tx *who);
// May this be notified: 0 and the value's handle, or an error of bt_gatt_notify_cb().
int gatt_notify_check(struct bt_conn *conn, const struct bt_gatt_notify_params *params,
                      uint16_t *handle);
// A call failed for want of room: the application is told when there is some.
int gatt_starved(struct bt_conn *conn);
void gatt_ready(struct bt_conn *conn);

// indicate.c: send or queue; `who` says who hears of the end. All end when the link is gone.
int gatt_indicate(struct bt_conn *conn, uint16_t handle, const void *data, uint16_t len,
                  const struct gatt_ind *who);
void gatt_indicate_confirmed(struct att_bearer *bearer, bool in_time);
void gatt_indicate_over(struct att_bearer *bearer, int err);
void gatt_indicate_sweep(struct bt_conn *conn);
// The one that waits, if it may leave now.
void gatt_indicate_next(struct bt_conn *conn);

// The client (clt.c): rows of the tables, and what it is told.
void clt_response(struct att_bearer *bearer, uint8_t req_op, uint8_t err, struct rd *params);
void clt_security(struct bt_conn *conn, enum bt_security_err err);
// clt_resub.c: rows conn_up.secured, .unbonded and .off, as far as subscriptions go.
void clt_off(void);
#if CONFIG_BT_GATT_CLIENT
void clt_secured(struct bt_conn *conn);
void clt_unbonded(uint8_t id, const bt_addr_le_t *peer);
void clt_closed(struct att_bearer *bearer);
void clt_notified(struct bt_conn *conn, uint16_t handle, const uint8_t *value, uint16_t len);
void clt_kick(struct bt_conn *conn);
void clt_ended(struct bt_conn *conn);
void clt_sweep(struct bt_conn *conn);
#else
static inline void clt_closed(struct att_bearer *bearer)
{
}
static inline void clt_notified(struct bt_conn *conn, uint16_t handle, const uint8_t *value,
                                uint16_t len)
{
}
static inline void clt_kick(struct bt_conn *conn)
{
}
static inline void clt_ended(struct bt_conn *conn)
{
}
static inline void clt_sweep(struct bt_conn *conn)
{
}
static inline void clt_secured(struct bt_conn *conn)
{
}
static inline void clt_unbonded(uint8_t id, const bt_addr_le_t *peer)
{
}
#endif

#endif // BREEZE_SRC_GATT_GATT_H_
