// Notifications, and what all PDUs of a handle and a value share (Vol 3, Part G, 4.10; Vol 3, Part
// F, 3.4.7.1). Nothing here waits: without a buffer the caller gets -ENOMEM and, later, the ready
// callback.
#include <errno.h>

#include <breeze/gatt.h>

#include "att/db.h"
#include "att/pdu.h"
#include "att/perm.h"
#include "gatt/gatt.h"

// ---- Completion slots --------------------------------------------------------------------------

static struct gatt_tx *tx_take(void)
{
    struct gatt_tx *tx = gatt_run.tx_free;
    if (tx) {
        gatt_run.tx_free = tx->next;
        return tx;
    }
    return gatt_run.tx_fresh < CONFIG_BT_CONN_TX_MAX ? &gatt_run.tx[gatt_run.tx_fresh++] : NULL;
}

static void tx_give(struct gatt_tx *tx)
{
    tx->next = gatt_run.tx_free;
    gatt_run.tx_free = tx;
}

// The slot is free before the application is called: it may send again at once.
static void sent(struct acl_link *acl, void *user, int err)
{
    struct gatt_tx tx = *(struct gatt_tx *)user;
    tx_give(user);
    if (tx.sent) {
        tx.sent(conn_of(acl), tx.handle, err, tx.user);
    } else {
        tx.func(conn_of(acl), tx.user);
    }
}

int gatt_starved(struct bt_conn *conn)
{
    gatt_link_of(conn)->starved = true;
    return -ENOMEM;
}

void gatt_ready(struct bt_conn *conn)
{
    struct gatt_link *link = gatt_link_of(conn);
    if (link->starved) {
        link->starved = false;
        if (gatt_reg.ready) {
            gatt_reg.ready(conn);
        }
    }
}

// ---- Sending -----------------------------------------------------------------------------------

static int pdu_send(struct bt_conn *conn, uint8_t op, uint16_t handle, const void *data,
                    uint16_t len, struct gatt_tx *tx, uint8_t opt)
{
    struct att_bearer *bearer = att_bearer_pick(conn, opt, handle, len);
    if (!bearer) {
        return -ENOTCONN;
    }
    if (len > bearer->mtu - ATT_HDR_LEN) {
        return -EMSGSIZE;
    }
    struct wr w;
    struct net_buf *pdu = att_pdu_alloc(bearer, &w);
    if (!pdu) {
        return gatt_starved(conn);
    }
    wr_u8(&w, op);
    wr_le16(&w, handle);
    wr_bytes(&w, data, len);
    int err = att_pdu_send(bearer, pdu, &w, tx ? sent : NULL, tx);
    return err == -ENOBUFS ? gatt_starved(conn) : err;
}

int gatt_send(struct bt_conn *conn, uint8_t op, uint16_t handle, const void *data, uint16_t len,
              const struct gatt_tx *who)
{
    if (!who->func && !who->sent) {
        return pdu_send(conn, op, handle, data, len, NULL, who->opt);
    }
    struct gatt_tx *tx = tx_take();
    if (!tx) {
        return gatt_starved(conn);
    }
    *tx = *who;
    int err = pdu_send(conn, op, handle, data, len, tx, who->opt);
    if (err) {
        tx_give(tx);
    }
    return err;
}

int gatt_pdu_send(struct att_bearer *bearer, struct net_buf *pdu, const struct wr *w,
                  const struct gatt_tx *who)
{
    struct bt_conn *conn = bearer->conn;
    struct gatt_tx *tx = who->func ? tx_take() : NULL;
    if (who->func && !tx) {
        net_buf_unref(pdu);
        return gatt_starved(conn);
    }
    if (tx) {
        *tx = *who;
    }
    int err = att_pdu_send(bearer, pdu, w, tx ? sent : NULL, tx);
    if (err && tx) {
        tx_give(tx);
    }
    return err == -ENOBUFS ? gatt_starved(conn) : err;
}

// ---- Which attribute ---------------------------------------------------------------------------

// The first attribute of a type.
static const struct bt_gatt_attr *by_uuid(const struct bt_uuid *uuid, uint16_t *handle)
{
    const struct bt_gatt_attr *found;
    while ((found = db_next(handle, UINT16_MAX)) != NULL && bt_uuid_cmp(found->uuid, uuid)) {
        if (*handle == UINT16_MAX) {
            return NULL;
        }
        ++*handle;
    }
    return found;
}

int gatt_value_find(const struct bt_uuid *uuid, const struct bt_gatt_attr **attr, uint16_t *handle)
{
    const struct bt_gatt_attr *found = *attr;
    if (uuid) {
        *handle = found ? db_handle_of(found) : 1;
        found = *handle ? by_uuid(uuid, handle) : NULL;
        if (!found) {
            return *handle ? -ENOENT : -EINVAL;
        }
    }
    const struct db_service *svc = found ? db_service_with(found) : NULL;
    if (!svc) {
        return -EINVAL;
    }
    if (uuid_is(found->uuid, BT_UUID_GATT_CHRC_VAL)) {
        found++; // The value stands behind its declaration.
    }
    *attr = found;
    *handle = (uint16_t)(svc->start + (found - svc->attrs));
    return found < svc->attrs + svc->count ? 0 : -EINVAL;
}

// A value that needs security is due to a peer whose bond has not encrypted the link yet: the server
// asks for that, once (Vol 3, Part C, 10.3.2).
static int insecure(struct bt_conn *conn, uint8_t err)
{
    struct gatt_link *link = gatt_link_of(conn);
    if (CONFIG_BT_SMP && err == BT_ATT_ERR_INSUFFICIENT_ENCRYPTION && !link->asked) {
        link->asked = !bt_conn_set_security(conn, BT_SECURITY_L2);
    }
    return -EPERM;
}

// The same for one whose configuration is kept, and comes back with the encryption.
static void ask_known(unsigned int i, const struct bt_gatt_attr *attr, uint16_t handle)
{
    struct bt_conn *conn = conn_at(i);
    uint8_t err = gatt_run.links[i].open && conn_is_up(conn) ? att_may_notify(conn, attr) : 0;
    if (err && gatt_keep_has(conn, gatt_ccc_handle(handle))) {
        (void)insecure(conn, err);
    }
}

// Security of the value, the peer's wish (Vol 3, Part G, 3.3.3.3), its view of the database (2.5.2.1).
static int allowed(struct bt_conn *conn, const struct bt_gatt_attr *attr, uint16_t handle,
                   uint16_t ccc_type)
{
    if (!conn_is_up(conn)) {
        return -ENOTCONN;
    }
    uint8_t lack = att_may_notify(conn, attr);
    if (lack) {
        return insecure(conn, lack);
    }
    if (gatt_out_of_sync(gatt_link_of(conn))) {
        return -EAGAIN;
    }
    return gatt_ccc_value(conn, handle) & ccc_type ? 0 : -EINVAL;
}

int gatt_notify_check(struct bt_conn *conn, const struct bt_gatt_notify_params *params,
                      uint16_t *handle)
{
    const struct bt_gatt_attr *attr = params->attr;
    int err = att_opt_check(params->chan_opt);
    err = err ? err : gatt_value_find(params->uuid, &attr, handle);
    return err ? err : allowed(conn, attr, *handle, BT_GATT_CCC_NOTIFY);
}

static int notify_one(struct bt_conn *conn, const struct bt_gatt_attr *attr, uint16_t handle,
                      const struct bt_gatt_notify_params *params)
{
    int err = allowed(conn, attr, handle, BT_GATT_CCC_NOTIFY);
    if (err) {
        return err;
    }
    const struct gatt_tx who = {.func = params->func,
                                .user = params->user_data,
                                .opt = CONFIG_BT_EATT ? (uint8_t)params->chan_opt : 0};
    return gatt_send(conn, ATT_NOTIFICATION, handle, params->data, params->len, &who);
}

static int indicate_one(struct bt_conn *conn, const struct bt_gatt_attr *attr, uint16_t handle,
                        struct bt_gatt_indicate_params *params)
{
    int err = allowed(conn, attr, handle, BT_GATT_CCC_INDICATE);
    if (err) {
        return err;
    }
    const struct gatt_ind who = {.params = params, .where = (uint8_t)params->chan_opt};
    err = gatt_indicate(conn, handle, params->data, params->len, &who);
    if (!err) {
        params->_ref++;
    }
    return err;
}

// Is connection i up and subscribed to this, and does the application want it served.
static struct bt_conn *subscriber(unsigned int i, uint16_t handle, uint16_t ccc_type)
{
    struct bt_conn *conn = conn_at(i);
    return gatt_run.links[i].open && conn_is_up(conn) &&
                   (gatt_ccc_value(conn, handle) & ccc_type) && gatt_ccc_match(conn, handle)
               ? conn
               : NULL;
}

// ---- The API -----------------------------------------------------------------------------------

int bt_gatt_notify_cb(struct bt_conn *conn, struct bt_gatt_notify_params *params)
{
    uint16_t handle = 0;
    int err = att_opt_check(params->chan_opt);
    if (err) {
        return err;
    }
    const struct bt_gatt_attr *attr = params->attr;
    err = gatt_value_find(params->uuid, &attr, &handle);
    if (err || conn) {
        return err ? err : notify_one(conn, attr, handle, params);
    }
    bool any = false;
    err = -ENOTCONN;
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        struct bt_conn *peer = subscriber(i, handle, BT_GATT_CCC_NOTIFY);
        if (peer) {
            err = notify_one(peer, attr, handle, params);
            any = any || !err;
        } else {
            ask_known(i, attr, handle);
        }
    }
    return any ? 0 : err;
}

// Is it still with the host from a call before.
static bool params_in_use(const struct bt_gatt_indicate_params *params)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        for (unsigned int k = 0; k < GATT_INDS; k++) {
            const struct gatt_ind *ind = &gatt_run.links[i].ind[k];
            if (ind->used && ind->params == params) {
                return true;
            }
        }
    }
    return false;
}

int bt_gatt_indicate(struct bt_conn *conn, struct bt_gatt_indicate_params *params)
{
    uint16_t handle = 0;
    const struct bt_gatt_attr *attr = params->attr;
    int err = att_opt_check(params->chan_opt);
    err = err ? err : gatt_value_find(params->uuid, &attr, &handle);
    if (err) {
        return err;
    }
    if (!params_in_use(params)) {
        params->_ref = 0;
    }
    if (conn) {
        return indicate_one(conn, attr, handle, params);
    }
    bool any = false;
    err = -ENOTCONN;
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        struct bt_conn *peer = subscriber(i, handle, BT_GATT_CCC_INDICATE);
        if (peer) {
            err = indicate_one(peer, attr, handle, params);
            any = any || !err;
        } else {
            ask_known(i, attr, handle);
        }
    }
    return any ? 0 : err;
}

int breeze_gatt_send(struct bt_conn *conn, uint16_t handle, const void *data, uint16_t len,
                     bool indication, breeze_gatt_sent_t done, void *user)
{
    if (!conn || !conn_is_up(conn)) {
        return -ENOTCONN;
    }
    const struct bt_gatt_attr *attr = db_find(handle);
    if (!attr) {
        return -EINVAL;
    }
    uint8_t lack = att_may_notify(conn, attr);
    if (lack) {
        return insecure(conn, lack);
    }
    if (gatt_out_of_sync(gatt_link_of(conn))) {
        return -EAGAIN;
    }
    if (indication) {
        const struct gatt_ind who = {.sent = done, .user = user};
        return gatt_indicate(conn, handle, data, len, &who);
    }
    const struct gatt_tx who = {.sent = done, .user = user, .handle = handle};
    return gatt_send(conn, ATT_NOTIFICATION, handle, data, len, &who);
}
