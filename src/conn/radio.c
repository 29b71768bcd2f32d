// Data length and PHY of links: asked for by the application, and without being asked on each new link
// where both sides have them (Vol 4, Part E, 7.8.33 and 7.8.49; Vol 6, Part B, 5.1.9 and 5.1.10).
#include <errno.h>

#include "conn/state.h"
#include "hci/wait.h"

// 251 octets on LE 1M take so many microseconds.
#define TIME_UNCODED 2120

static bool both_have(const struct bt_conn *conn, unsigned int bit)
{
    return hci_has_feature(bit) && conn->has_features &&
           (conn->features[bit / 8] & BIT(bit % 8)) != 0;
}

// A time that leaves the length alone on every PHY that we have.
static uint16_t time_max(void)
{
    return hci_has_feature(BT_LE_FEAT_BIT_PHY_CODED) ? BT_GAP_DATA_TIME_MAX : TIME_UNCODED;
}

// What the application asks for already goes first.
void conn_radio_auto(struct bt_conn *conn)
{
    if (CONFIG_BT_AUTO_DATA_LEN_UPDATE && both_have(conn, BT_LE_FEAT_BIT_DLE) &&
        conn->data_len.tx_max_len < BT_GAP_DATA_LEN_MAX &&
        !(conn->want & BIT(CONN_WANT_DATA_LEN))) {
        conn->radio.octets = BT_GAP_DATA_LEN_MAX;
        conn->radio.time = time_max();
        conn_want(conn, CONN_WANT_DATA_LEN);
    }
    if (CONFIG_BT_AUTO_PHY_UPDATE && both_have(conn, BT_LE_FEAT_BIT_PHY_2M) &&
        conn->phy.tx_phy == BT_GAP_LE_PHY_1M && !(conn->want & BIT(CONN_WANT_PHY))) {
        conn->radio.phy = (struct bt_conn_le_phy_param){.pref_tx_phy = BT_GAP_LE_PHY_2M,
                                                        .pref_rx_phy = BT_GAP_LE_PHY_2M};
        conn_want(conn, CONN_WANT_PHY);
    }
}

void conn_build_data_len(struct bt_conn *conn, struct wr *params)
{
    wr_le16(params, conn->acl.handle);
    wr_le16(params, conn->radio.octets);
    wr_le16(params, conn->radio.time);
}

void conn_build_phy(struct bt_conn *conn, struct wr *params)
{
    const struct bt_conn_le_phy_param *phy = &conn->radio.phy;
    wr_le16(params, conn->acl.handle);
    wr_u8(params, (uint8_t)((phy->pref_tx_phy ? 0 : BIT(0)) | (phy->pref_rx_phy ? 0 : BIT(1))));
    wr_u8(params, phy->pref_tx_phy);
    wr_u8(params, phy->pref_rx_phy);
    wr_le16(params, phy->options);
}

static bool data_len_busy(void *arg)
{
    const struct bt_conn *conn = arg;
    return (conn->want & BIT(CONN_WANT_DATA_LEN)) || conn->busy == CONN_WANT_DATA_LEN + 1;
}

static bool phy_busy(void *arg)
{
    const struct bt_conn *conn = arg;
    return (conn->want & BIT(CONN_WANT_PHY)) || conn->busy == CONN_WANT_PHY + 1;
}

static int ask(struct bt_conn *conn, enum conn_want want, bool (*busy)(void *arg))
{
    if (conn->state != CONN_CONNECTED || !bt_conn_ref(conn)) {
        return -ENOTCONN;
    }
    conn->status = 0;
    conn_want(conn, want);
    int err = hci_wait(busy, conn);
    err = err ? err : hci_errno(conn->status);
    bt_conn_unref(conn);
    return err;
}

int bt_conn_le_data_len_update(struct bt_conn *conn, const struct bt_conn_le_data_len_param *param)
{
    if (!conn || !param ||
        !IN_RANGE(param->tx_max_len, BT_GAP_DATA_LEN_DEFAULT, BT_GAP_DATA_LEN_MAX) ||
        !IN_RANGE(param->tx_max_time, BT_GAP_DATA_TIME_DEFAULT, BT_GAP_DATA_TIME_MAX)) {
        return -EINVAL;
    }
    if (!hci_has_feature(BT_LE_FEAT_BIT_DLE) ||
        (conn->has_features && !both_have(conn, BT_LE_FEAT_BIT_DLE))) {
        return -ENOTSUP;
    }
    if (conn->state == CONN_CONNECTED && conn->data_len.tx_max_len == param->tx_max_len &&
        conn->data_len.tx_max_time == param->tx_max_time) {
        return -EALREADY;
    }
    conn->radio.octets = param->tx_max_len;
    conn->radio.time = param->tx_max_time;
    return ask(conn, CONN_WANT_DATA_LEN, data_len_busy);
}

int bt_conn_le_phy_update(struct bt_conn *conn, const struct bt_conn_le_phy_param *param)
{
    const uint8_t known = BT_GAP_LE_PHY_1M | BT_GAP_LE_PHY_2M | BT_GAP_LE_PHY_CODED;
    if (!conn || !param || (param->pref_tx_phy & ~known) || (param->pref_rx_phy & ~known) ||
        param->options > BT_CONN_LE_PHY_OPT_CODED_S8) {
        return -EINVAL;
    }
    conn->radio.phy = *param;
    conn_first(conn, CONN_WANT_PHY);
    conn->phy_asked = true;
    int err = ask(conn, CONN_WANT_PHY, phy_busy);
    if (err) {
        conn->phy_asked = false;
    }
    return err;
}
