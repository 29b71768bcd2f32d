// HCI events about links that are up (Vol 4, Part E, 7.7). LE Connection Complete is in gap/link.c,
// which knows who wanted the link.
//
// Each handler decodes first, then acts. An event for a handle we do not have is stale, not
// malformed: its link may just have ended (hostile 10).
#include <errno.h>

#include "conn/state.h"

#define LOG_LAYER LOG_CONN
#include "base/log.h"

// The connection of an event that was read whole; NULL counts it as stale.
static struct bt_conn *find(uint16_t handle)
{
    struct bt_conn *conn = conn_by_handle(handle);
    if (!conn) {
        hci_stats()->evt_stale++;
    }
    return conn;
}

// An event that is a handle and numbers of 16 bits: read whole, then its connection (NULL: stale).
// False: malformed.
static bool numbers(struct rd *params, uint16_t *to, unsigned int count, struct bt_conn **conn)
{
    uint16_t handle = rd_le16(params);
    for (unsigned int i = 0; i < count; i++) {
        to[i] = rd_le16(params);
    }
    if (!rd_done(params)) {
        return false;
    }
    *conn = find(handle);
    return true;
}

static bool on_disconnection(struct rd *params)
{
    uint8_t status = rd_u8(params);
    uint16_t handle = rd_le16(params);
    uint8_t reason = rd_u8(params);
    if (!rd_done(params)) {
        return false;
    }
    struct bt_conn *conn = find(handle);
    if (conn && !status) {
        conn_end(conn, reason);
    }
    return true;
}

static bool on_update(struct rd *params)
{
    uint8_t status = rd_u8(params);
    struct bt_conn *conn;
    uint16_t set[3];
    if (!numbers(params, set, ARRAY_SIZE(set), &conn)) {
        return false;
    }
    uint16_t interval = set[0];
    uint16_t latency = set[1];
    uint16_t timeout = set[2];
    if (!conn) {
        return true;
    }
    if (!status &&
        (interval < 6 || interval > 3200 || latency > 499 || timeout < 10 || timeout > 3200)) {
        return false; // Impossible (hostile 14).
    }
    bool ours = conn->updating;
    conn->updating = false;
    if (!status) {
        conn->interval = interval;
        conn->latency = latency;
        conn->timeout = timeout;
        conn_subrate_reset(conn); // 5.1.1: other parameters end it.
        conn_post(conn, CONN_POST_PARAM_UPDATED);
    } else if (ours && conn_param_unsupported(conn, status)) {
        conn_post(conn, CONN_POST_FALLBACK);
    } else if (ours && !conn_again(conn, CONN_WANT_UPDATE, status)) {
        conn_param_failed(conn, status);
    }
    return true;
}

static bool on_features(struct rd *params)
{
    uint8_t status = rd_u8(params);
    uint16_t handle = rd_le16(params);
    const uint8_t *features = rd_take(params, 8);
    if (!rd_done(params)) {
        return false;
    }
    struct bt_conn *conn = find(handle);
    if (!conn) {
        return true;
    }
    if (!status) {
        memcpy(conn->features, features, sizeof(conn->features));
        conn->has_features = true;
        if (conn_is_up(conn)) {
            conn_radio_auto(conn);
        }
    }
    conn->no_features = status != 0;
    conn_remote_info(conn);
    return true;
}

static bool on_version(struct rd *params)
{
    uint8_t status = rd_u8(params);
    uint16_t handle = rd_le16(params);
    uint8_t version = rd_u8(params);
    uint16_t manufacturer = rd_le16(params);
    uint16_t subversion = rd_le16(params);
    if (!rd_done(params)) {
        return false;
    }
    struct bt_conn *conn = find(handle);
    if (conn && !status) {
        conn->remote_version = version;
        conn->remote_manufacturer = manufacturer;
        conn->remote_subversion = subversion;
        conn->has_version = true;
        conn_remote_info(conn);
    } else if (conn) {
        conn->version_asked = false; // The next one who wants to know has it asked for again.
    }
    return true;
}

static bool on_param_req(struct rd *params)
{
    struct bt_conn *conn;
    uint16_t asked[4];
    if (!numbers(params, asked, ARRAY_SIZE(asked), &conn)) {
        return false;
    }
    if (conn) { // Judged in the drain, by conn_param_ask().
        conn->asked = (struct bt_le_conn_param){asked[0], asked[1], asked[2], asked[3]};
        conn_post(conn, CONN_POST_PARAM_REQ);
    }
    return true;
}

static bool is_data_len(uint16_t octets)
{
    return octets >= BT_GAP_DATA_LEN_DEFAULT && octets <= BT_GAP_DATA_LEN_MAX;
}

static bool on_data_len(struct rd *params)
{
    struct bt_conn *conn;
    uint16_t now[4]; // Octets and time to send, octets and time to receive.
    if (!numbers(params, now, ARRAY_SIZE(now), &conn) || !is_data_len(now[0]) ||
        !is_data_len(now[2])) {
        return false;
    }
    if (conn) {
        conn->data_len = (struct bt_conn_le_data_len_info){now[0], now[1], now[2], now[3]};
        conn_post(conn, CONN_POST_DATA_LEN);
    }
    return true;
}

static bool on_phy(struct rd *params)
{
    uint8_t status = rd_u8(params);
    uint16_t handle = rd_le16(params);
    uint8_t tx = rd_u8(params);
    uint8_t rx = rd_u8(params);
    if (!rd_done(params)) {
        return false;
    }
    struct bt_conn *conn = find(handle);
    if (!conn) {
        return true;
    }
    if (status && conn_again(conn, CONN_WANT_PHY, status)) {
        return true;
    }
    bool asked = conn->phy_asked;
    conn->phy_asked = false;
    if (status) {
        if (asked) {
            conn_phy_failed(conn, status);
        }
        return true;
    }
    if (tx < BT_HCI_LE_PHY_1M || tx > BT_HCI_LE_PHY_CODED || rx < BT_HCI_LE_PHY_1M ||
        rx > BT_HCI_LE_PHY_CODED) {
        return false;
    }
    // HCI counts 1, 2, 3; the API has bits.
    conn->phy.tx_phy = (uint8_t)BIT(tx - 1);
    conn->phy.rx_phy = (uint8_t)BIT(rx - 1);
    conn_post(conn, CONN_POST_PHY);
    return true;
}

// Vol 4, Part E, 7.7.65.5. There are no keys yet: every request is refused (hostile 12).
static bool on_ltk_request(struct rd *params)
{
    uint16_t handle = rd_le16(params);
    (void)rd_take(params, 10); // Rand and EDIV.
    if (!rd_done(params)) {
        return false;
    }
    struct bt_conn *conn = find(handle);
    if (conn) {
        hci_stats()->ltk_refused++;
        conn_want(conn, CONN_WANT_LTK_NEG_REPLY);
    }
    return true;
}

// A link cannot become encrypted that has no keys (hostile 11): whatever the event says is stale.
static bool ignore(struct rd *params, size_t len)
{
    (void)rd_take(params, len);
    if (!rd_done(params)) {
        return false;
    }
    hci_stats()->evt_stale++;
    return true;
}

static bool on_encrypt_change(struct rd *params)
{
    return ignore(params, 4);
}

static bool on_key_refresh(struct rd *params)
{
    return ignore(params, 3);
}

const struct hci_evt_row conn_evt_rows[] = {
    {BT_HCI_EVT_DISCONN_COMPLETE, 0, on_disconnection},
    {BT_HCI_EVT_REMOTE_VERSION_INFO, 0, on_version},
    {BT_HCI_EVT_ENCRYPT_CHANGE, 0, on_encrypt_change},
    {BT_HCI_EVT_ENCRYPT_KEY_REFRESH_COMPLETE, 0, on_key_refresh},
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_CONN_UPDATE_COMPLETE, on_update},
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_REMOTE_FEAT_COMPLETE, on_features},
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_LTK_REQUEST, on_ltk_request},
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_CONN_PARAM_REQ, on_param_req},
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_DATA_LEN_CHANGE, on_data_len},
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_PHY_UPDATE_COMPLETE, on_phy},
};
