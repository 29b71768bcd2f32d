// Looking connections up and telling about them (zephyr/bluetooth/conn.h).
#include <errno.h>

#include <zephyr/bluetooth/hci.h>

#include "conn/state.h"

// The state as the API has it.
static const uint8_t api_state[] = {
    [CONN_FREE] = BT_CONN_STATE_DISCONNECTED,
    [CONN_INITIATING] = BT_CONN_STATE_CONNECTING,
    [CONN_CONNECTED] = BT_CONN_STATE_CONNECTED,
    [CONN_DISCONNECTING] = BT_CONN_STATE_DISCONNECTING,
    [CONN_DISCONNECTED] = BT_CONN_STATE_DISCONNECTED,
    [CONN_ADVERTISING] = BT_CONN_STATE_DISCONNECTED,
};

// The application may know of it.
static bool is_visible(const struct bt_conn *conn)
{
    return conn->state != CONN_FREE && conn->state != CONN_ADVERTISING;
}

void bt_conn_foreach(enum bt_conn_type type, void (*func)(struct bt_conn *conn, void *data),
                     void *data)
{
    for (size_t i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        struct bt_conn *conn = &conn_run.slots[i];
        if ((type & BT_CONN_TYPE_LE) && is_visible(conn) && bt_conn_ref(conn)) {
            func(conn, data);
            bt_conn_unref(conn);
        }
    }
}

struct bt_conn *bt_conn_lookup_addr_le(uint8_t id, const bt_addr_le_t *peer)
{
    for (size_t i = 0; peer && i < CONFIG_BT_MAX_CONN; i++) {
        struct bt_conn *conn = &conn_run.slots[i];
        if (is_visible(conn) && conn->state != CONN_DISCONNECTED && conn->id == id &&
            bt_addr_le_eq(&conn->dst, peer)) {
            return bt_conn_ref(conn);
        }
    }
    return NULL;
}

const bt_addr_le_t *bt_conn_get_dst(const struct bt_conn *conn)
{
    return &conn->dst;
}

uint8_t bt_conn_index(const struct bt_conn *conn)
{
    return conn->index;
}

bool bt_conn_is_type(const struct bt_conn *conn, enum bt_conn_type type)
{
    return conn && (type & BT_CONN_TYPE_LE);
}

int bt_conn_get_info(const struct bt_conn *conn, struct bt_conn_info *info)
{
    if (!conn || !info) {
        return -EINVAL;
    }
    *info = (struct bt_conn_info){
        .type = BT_CONN_TYPE_LE,
        .role = conn->role,
        .id = conn->id,
        .le =
            {
                .src = &conn->src,
                .dst = &conn->dst,
                .local = &conn->local,
                .remote = &conn->remote,
                .interval = conn->interval,
                .interval_us = BT_CONN_INTERVAL_TO_US(conn->interval),
                .latency = conn->latency,
                .timeout = conn->timeout,
                .phy = &conn->phy,
                .data_len = &conn->data_len,
            },
        .state = api_state[conn->state],
        .security =
            {
                .level = bt_conn_get_security(conn),
                .enc_key_size = conn->enc_size,
                .flags = conn->sec_level == BT_SECURITY_L4 ? BT_SECURITY_FLAG_SC : 0,
            },
    };
    conn_subrate_info(conn, &info->le);
    return 0;
}

static bool features_over(const struct bt_conn *conn)
{
    return conn->has_features || conn->no_features;
}

void conn_remote_info(struct bt_conn *conn)
{
    if (conn_is_up(conn) && conn->has_version && features_over(conn)) {
        conn_post(conn, CONN_POST_REMOTE_INFO);
    }
}

int bt_conn_get_remote_info(struct bt_conn *conn, struct bt_conn_remote_info *remote_info)
{
    if (!conn || !remote_info) {
        return -EINVAL;
    }
    if (!conn_is_up(conn)) {
        return -ENOTCONN;
    }
    if (!conn->has_version && !conn->version_asked) {
        conn->version_asked = true;
        conn_want(conn, CONN_WANT_VERSION);
    }
    if (!conn->has_version || !features_over(conn)) {
        return -EBUSY;
    }
    *remote_info = (struct bt_conn_remote_info){
        .type = BT_CONN_TYPE_LE,
        .version = conn->remote_version,
        .manufacturer = conn->remote_manufacturer,
        .subversion = conn->remote_subversion,
        .le = {.features = conn->features},
    };
    return 0;
}

bt_security_t bt_conn_get_security(const struct bt_conn *conn)
{
    return conn && conn->sec_level ? conn->sec_level : BT_SECURITY_L1;
}

int bt_hci_get_conn_handle(const struct bt_conn *conn, uint16_t *conn_handle)
{
    if (!conn || !conn->acl.open) {
        return -ENOTCONN;
    }
    *conn_handle = conn->acl.handle;
    return 0;
}

struct bt_conn *bt_hci_conn_lookup_handle(uint16_t handle)
{
    return bt_conn_ref(conn_by_handle(handle));
}
