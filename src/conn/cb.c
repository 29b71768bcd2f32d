// The application's connection callbacks: who is registered, and the walks that call them
// (zephyr/bluetooth/conn.h). All walks run in the drain, so there is never more than one; a callback
// may register and unregister anyone, itself included: conn_reg.next is moved out of the way.
#include <errno.h>

#include "conn/state.h"

// One event, told to one registration.
typedef void (*tell_t)(const struct bt_conn_cb *cb, struct bt_conn *conn);

static struct bt_conn_cb *cb_of(sys_snode_t *node)
{
    return node ? CONTAINER_OF(node, struct bt_conn_cb, _node) : NULL;
}

static struct bt_conn_cb *walk_first(void)
{
    struct bt_conn_cb *cb = cb_of(sys_slist_peek_head(&conn_reg.cbs));
    conn_reg.next = cb ? cb_of(sys_slist_peek_next(&cb->_node)) : NULL;
    return cb;
}

static struct bt_conn_cb *walk_next(void)
{
    struct bt_conn_cb *cb = conn_reg.next;
    conn_reg.next = cb ? cb_of(sys_slist_peek_next(&cb->_node)) : NULL;
    return cb;
}

void conn_cb_tell(tell_t tell, struct bt_conn *conn)
{
    for (struct bt_conn_cb *cb = walk_first(); cb; cb = walk_next()) {
        tell(cb, conn);
    }
    STRUCT_SECTION_FOREACH (bt_conn_cb, cb) {
        tell(cb, conn);
    }
}

static void tell_connected(const struct bt_conn_cb *cb, struct bt_conn *conn)
{
    if (cb->connected) {
        cb->connected(conn, conn->err);
    }
}

static void tell_disconnected(const struct bt_conn_cb *cb, struct bt_conn *conn)
{
    if (cb->disconnected) {
        cb->disconnected(conn, conn->reason);
    }
}

static void tell_recycled(const struct bt_conn_cb *cb, struct bt_conn *conn)
{
    if (cb->recycled) {
        cb->recycled();
    }
}

static void tell_param_updated(const struct bt_conn_cb *cb, struct bt_conn *conn)
{
    if (cb->le_param_updated) {
        cb->le_param_updated(conn, conn->interval, conn->latency, conn->timeout);
    }
}

static void tell_phy(const struct bt_conn_cb *cb, struct bt_conn *conn)
{
    if (cb->le_phy_updated) {
        struct bt_conn_le_phy_info phy = conn->phy;
        cb->le_phy_updated(conn, &phy);
    }
}

static void tell_data_len(const struct bt_conn_cb *cb, struct bt_conn *conn)
{
    if (cb->le_data_len_updated) {
        struct bt_conn_le_data_len_info info = conn->data_len;
        cb->le_data_len_updated(conn, &info);
    }
}

static void tell_remote_info(const struct bt_conn_cb *cb, struct bt_conn *conn)
{
    struct bt_conn_remote_info info;
    if (cb->remote_info_available && !bt_conn_get_remote_info(conn, &info)) {
        cb->remote_info_available(conn, &info);
    }
}

void conn_cb_connected(struct bt_conn *conn)
{
    conn_cb_tell(tell_connected, conn);
}

void conn_cb_disconnected(struct bt_conn *conn)
{
    conn_cb_tell(tell_disconnected, conn);
}

void conn_cb_recycled(void)
{
    conn_cb_tell(tell_recycled, NULL);
}

void conn_cb_param_updated(struct bt_conn *conn)
{
    conn_cb_tell(tell_param_updated, conn);
}

void conn_cb_phy(struct bt_conn *conn)
{
    conn_cb_tell(tell_phy, conn);
}

void conn_cb_data_len(struct bt_conn *conn)
{
    conn_cb_tell(tell_data_len, conn);
}

void conn_cb_remote_info(struct bt_conn *conn)
{
    conn_cb_tell(tell_remote_info, conn);
}

void conn_cb_security(struct bt_conn *conn, enum bt_security_err err)
{
    bt_security_t level = bt_conn_get_security(conn);
    for (const struct conn_up *const *up = conn_ups; *up; up++) {
        if ((*up)->security) {
            (*up)->security(conn, err);
        }
    }
    for (struct bt_conn_cb *cb = walk_first(); cb; cb = walk_next()) {
        if (cb->security_changed) {
            cb->security_changed(conn, level, err);
        }
    }
    STRUCT_SECTION_FOREACH (bt_conn_cb, cb) {
        if (cb->security_changed) {
            cb->security_changed(conn, level, err);
        }
    }
}

void conn_cb_identity(struct bt_conn *conn, const bt_addr_le_t *rpa)
{
    for (struct bt_conn_cb *cb = walk_first(); cb; cb = walk_next()) {
        if (cb->identity_resolved) {
            cb->identity_resolved(conn, rpa, &conn->dst);
        }
    }
    STRUCT_SECTION_FOREACH (bt_conn_cb, cb) {
        if (cb->identity_resolved) {
            cb->identity_resolved(conn, rpa, &conn->dst);
        }
    }
}

// ---- The one question ---------------------------------------------------------------------------

static bool ask(const struct bt_conn_cb *cb, struct bt_conn *conn, struct bt_le_conn_param *param)
{
    return !cb->le_param_req || cb->le_param_req(conn, param);
}

// Zephyr: every callback is asked, each sees what the one before made of it; one no is a no.
bool conn_param_ask(struct bt_conn *conn, struct bt_le_conn_param *param)
{
    if (!conn_param_valid(param)) {
        return false;
    }
    for (struct bt_conn_cb *cb = walk_first(); cb; cb = walk_next()) {
        if (!ask(cb, conn, param)) {
            return false;
        }
    }
    STRUCT_SECTION_FOREACH (bt_conn_cb, cb) {
        if (!ask(cb, conn, param)) {
            return false;
        }
    }
    return conn_param_valid(param);
}

// ---- Registration -------------------------------------------------------------------------------

// Called in dispatch, where no walk is under way and none may be disturbed: it keeps its own place.
bool conn_cb_wants_remote_info(void)
{
    sys_snode_t *node;
    SYS_SLIST_FOR_EACH_NODE (&conn_reg.cbs, node) {
        if (cb_of(node)->remote_info_available) {
            return true;
        }
    }
    STRUCT_SECTION_FOREACH (bt_conn_cb, cb) {
        if (cb->remote_info_available) {
            return true;
        }
    }
    return false;
}

int bt_conn_cb_register(struct bt_conn_cb *cb)
{
    if (!cb) {
        return -EINVAL;
    }
    if (sys_slist_find(&conn_reg.cbs, &cb->_node, NULL)) {
        return -EEXIST;
    }
    sys_slist_append(&conn_reg.cbs, &cb->_node);
    return 0;
}

int bt_conn_cb_unregister(struct bt_conn_cb *cb)
{
    if (!cb) {
        return -EINVAL;
    }
    if (conn_reg.next == cb) {
        (void)walk_next();
    }
    return sys_slist_find_and_remove(&conn_reg.cbs, &cb->_node) ? 0 : -ENOENT;
}
