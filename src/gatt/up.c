// GATT's ends of the tables below it: links come and go, ATT has something to tell, buffers are
// free.
//
// At the loss of a link (design D4): indications and client procedures end, subscriptions end, the
// peer's configurations are forgotten; then ATT and L2CAP clean up, and the application hears
// `disconnected` last.
#include "gatt/gatt.h"

#include <errno.h>

#include "gatt/state.h"

struct bt_conn *gatt_conn_of(const struct gatt_link *link)
{
    return conn_at((unsigned int)(link - gatt_run.links));
}

static void deliver(struct post *post, uint16_t bits)
{
    struct gatt_link *link = CONTAINER_OF(post, struct gatt_link, post);
    struct bt_conn *conn = gatt_conn_of(link);
    if (bits & GATT_POST_CHANGED) {
        gatt_changed_send(conn);
    }
    if (bits & GATT_POST_ENDED) {
        clt_ended(conn);
    }
    if (bits & GATT_POST_KICK) {
        clt_kick(conn);
    }
}

static void link_up(struct bt_conn *conn)
{
    gatt_db_ensure();
    struct gatt_link *link = gatt_link_of(conn);
    *link = (struct gatt_link){.open = true};
    post_init(&link->post, deliver);
}

static void link_down(struct bt_conn *conn)
{
    struct gatt_link *link = gatt_link_of(conn);
    if (!link->open) {
        return;
    }
    link->open = false; // Nothing new is taken while the old ends.
    if (CONFIG_BT_EATT) {
        eatt_link_down(conn);
    }
    gatt_indicate_sweep(conn);
    clt_sweep(conn);
    gatt_ccc_drop_conn(conn);
    post_clear(&link->post);
    link->changed_start = 0;
}

static void security(struct bt_conn *conn, enum bt_security_err err)
{
    gatt_link_of(conn)->asked = false;
    if (CONFIG_BT_GATT_CLIENT) {
        clt_security(conn, err);
    }
}

static void secured(struct bt_conn *conn)
{
    gatt_keep_secured(conn);
    clt_secured(conn);
}

static void unbonded(uint8_t id, const bt_addr_le_t *peer)
{
    gatt_keep_unbonded(id, peer);
    clt_unbonded(id, peer);
}

const struct conn_up gatt_conn_up = {
    .connected = link_up,
    .disconnected = link_down,
    .security = CONFIG_BT_SMP ? security : NULL,
    .secured = secured,
    .unbonded = unbonded,
    .off = CONFIG_BT_GATT_CLIENT ? clt_off : NULL,
};

void gatt_tx_free(void)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        struct gatt_link *link = &gatt_run.links[i];
        if (link->open) {
            struct bt_conn *conn = conn_at(i);
            clt_kick(conn);
            if (CONFIG_BT_EATT) {
                gatt_indicate_next(conn);
            }
            gatt_changed_send(conn);
            gatt_ready(conn);
        }
    }
}

static void notified(struct bt_conn *conn, uint16_t handle, const uint8_t *value, uint16_t len,
                     bool indication)
{
    const struct breeze_gatt_any_cb *any = gatt_reg.any;
    if (any && any->notified) {
        any->notified(conn, handle, value, len, indication);
    }
    clt_notified(conn, handle, value, len);
}

// A callback may unregister anyone: cb_next is moved out of the way.
static void mtu_changed(struct bt_conn *conn, uint16_t mtu)
{
    gatt_reg.cb_next = sys_slist_peek_head(&gatt_reg.cbs);
    while (gatt_reg.cb_next) {
        struct bt_gatt_cb *cb = CONTAINER_OF(gatt_reg.cb_next, struct bt_gatt_cb, node);
        gatt_reg.cb_next = sys_slist_peek_next(&cb->node);
        if (cb->att_mtu_updated) {
            cb->att_mtu_updated(conn, mtu, mtu);
        }
    }
}

static void opened(struct bt_conn *conn)
{
    clt_kick(conn);
    gatt_indicate_next(conn);
}

static void closed(struct att_bearer *bearer)
{
    struct bt_conn *conn = bearer->conn;
    if (bearer->ind_wait) {
        gatt_indicate_over(bearer, -ENOTCONN);
    }
    clt_closed(bearer);
    if (conn_is_up(conn)) {
        gatt_ready(conn); // What waited for room on it may look elsewhere.
    }
}

static bool takes_enhanced(const struct bt_conn *conn)
{
    return gatt_link_of(conn)->features & GATT_FEATURE_EATT;
}

const struct att_up att_up = {
    .access = gatt_access,
    .response = CONFIG_BT_GATT_CLIENT ? clt_response : NULL,
    .notified = notified,
    .confirmed = gatt_indicate_confirmed,
    .mtu = mtu_changed,
    .opened = CONFIG_BT_EATT ? opened : NULL,
    .closed = CONFIG_BT_EATT ? closed : NULL,
    .takes_enhanced = CONFIG_BT_EATT ? takes_enhanced : NULL,
};

static bool cb_off(struct bt_gatt_cb *cb)
{
    if (gatt_reg.cb_next == &cb->node) {
        gatt_reg.cb_next = sys_slist_peek_next(&cb->node);
    }
    return sys_slist_find_and_remove(&gatt_reg.cbs, &cb->node);
}

void bt_gatt_cb_register(struct bt_gatt_cb *cb)
{
    (void)cb_off(cb); // Registering twice is harmless (pitfall 48).
    sys_slist_append(&gatt_reg.cbs, &cb->node);
}

int bt_gatt_cb_unregister(struct bt_gatt_cb *cb)
{
    return cb_off(cb) ? 0 : -ENOENT;
}

void breeze_gatt_any_cb_set(const struct breeze_gatt_any_cb *cb)
{
    gatt_reg.any = cb;
}

void breeze_gatt_raise_security(bool enable)
{
    gatt_reg.raise = enable;
}

void breeze_gatt_ready_cb_set(void (*cb)(struct bt_conn *conn))
{
    gatt_reg.ready = cb;
}

uint16_t bt_gatt_get_mtu(struct bt_conn *conn)
{
    const struct att_bearer *bearer = NULL;
    uint16_t mtu = 0;
    while (conn && (bearer = att_bearer_next(conn, bearer)) != NULL) {
        mtu = MAX(mtu, bearer->mtu);
    }
    return mtu;
}

uint16_t bt_gatt_get_uatt_mtu(struct bt_conn *conn)
{
    const struct att_bearer *bearer = conn ? att_bearer_of(conn) : NULL;
    return bearer ? bearer->mtu : 0;
}
