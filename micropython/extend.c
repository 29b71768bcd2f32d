// MicroPython's Bluetooth backend: what lies beyond MicroPython's own contract (extend.h).
//
// Invariants: no event of its own is raised unless it was asked for. What concerns pairing is in
// security.c.
#include <errno.h>

#include <breeze/adv.h>
#include <breeze/conn.h>
#include <breeze/gatt.h>

#include "py/mperrno.h"

#include "backend.h"
#include "extend.h"

static bool wanted;

void mpy_ext_events(bool on)
{
    wanted = on;
}

void mpy_raise_ext(uint8_t event, uint16_t conn_handle, uint16_t a, uint16_t b, uint16_t c)
{
    if (wanted && mpy_tells()) {
        const uint16_t args[4] = {conn_handle, a, b, c};
        mpy_enter();
        mpy_ext_on_event(event, args);
        mpy_leave();
    }
}

static void on_ready(struct bt_conn *conn)
{
    struct mpy_conn *mc = mpy_conn_of(conn);
    if (mc) {
        mpy_raise_ext(MPY_EXT_IRQ_NOTIFY_READY, mpy_conn_handle(mc), 0, 0, 0);
    }
}

void mpy_ext_phy_updated(struct bt_conn *conn, struct bt_conn_le_phy_info *phy)
{
    struct mpy_conn *mc = mpy_conn_of(conn);
    if (mc) {
        mpy_raise_ext(MPY_EXT_IRQ_PHY, mpy_conn_handle(mc), phy->tx_phy, phy->rx_phy, 0);
    }
}

// ---- Links -------------------------------------------------------------------------------------

static void raise_params(struct bt_conn *conn, uint8_t status)
{
    struct mpy_conn *mc = mpy_conn_of(conn);
    struct bt_conn_info info;
    if (mc && !bt_conn_get_info(conn, &info)) {
        mpy_enter();
        mp_bluetooth_gap_on_connection_update(mpy_conn_handle(mc), info.le.interval,
                                              info.le.latency, info.le.timeout, status);
        mpy_leave();
    }
}

static void on_phy_failed(struct bt_conn *conn, uint8_t status)
{
    struct mpy_conn *mc = mpy_conn_of(conn);
    struct bt_conn_info info;
    if (mc && !bt_conn_get_info(conn, &info)) {
        mpy_raise_ext(MPY_EXT_IRQ_PHY, mpy_conn_handle(mc), info.le.phy->tx_phy,
                      info.le.phy->rx_phy, status);
    }
}

static const struct breeze_conn_failed_cb failed_callbacks = {
    .param_update = raise_params,
    .phy_update = on_phy_failed,
};

void mpy_ext_register(void)
{
    breeze_gatt_ready_cb_set(on_ready);
    breeze_conn_failed_cb_set(&failed_callbacks);
}

static int no_conn(void)
{
    return mpy_on() ? MP_ENOTCONN : MP_ENODEV;
}

int mpy_ext_conn_update(uint16_t conn_handle, int32_t min_us, int32_t max_us, int32_t latency,
                        int32_t timeout_ms)
{
    struct mpy_conn *mc = mpy_conn_get(conn_handle);
    if (!mc) {
        return no_conn();
    }
    const int32_t numbers[] = {min_us / 1250, max_us / 1250, latency, timeout_ms / 10};
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        if (!IN_RANGE(numbers[i], 0, UINT16_MAX)) {
            return MP_EINVAL;
        }
    }
    const struct bt_le_conn_param param = {
        .interval_min = (uint16_t)numbers[0],
        .interval_max = (uint16_t)numbers[1],
        .latency = (uint16_t)numbers[2],
        .timeout = (uint16_t)numbers[3],
    };
    int err = bt_conn_le_param_update(mc->conn, &param);
    if (err == -EALREADY) {
        raise_params(mc->conn, 0); // Something is told in any case.
        return 0;
    }
    return mpy_errno(err);
}

int mpy_ext_conn_info(uint16_t conn_handle, struct mpy_ext_conn_info *to)
{
    struct mpy_conn *mc = mpy_conn_get(conn_handle);
    struct bt_conn_info info;
    if (!mc || bt_conn_get_info(mc->conn, &info)) {
        return no_conn();
    }
    *to = (struct mpy_ext_conn_info){
        .interval_us = info.le.interval_us,
        .timeout_ms = info.le.timeout * 10U,
        .latency = info.le.latency,
        .mtu = bt_gatt_get_mtu(mc->conn),
        .role = info.role,
        .phy_tx = info.le.phy->tx_phy,
        .phy_rx = info.le.phy->rx_phy,
        .level = (uint8_t)bt_conn_get_security(mc->conn),
        .key_size = bt_conn_enc_key_size(mc->conn),
    };
    return 0;
}

int mpy_ext_rssi(uint16_t conn_handle, int8_t *rssi)
{
    struct mpy_conn *mc = mpy_conn_get(conn_handle);
    return mc ? mpy_errno(breeze_conn_rssi(mc->conn, rssi)) : no_conn();
}

int mpy_ext_phy(uint16_t conn_handle, int32_t tx, int32_t rx)
{
    struct mpy_conn *mc = mpy_conn_get(conn_handle);
    if (!mc) {
        return no_conn();
    }
    if (!IN_RANGE(tx, 0, UINT8_MAX) || !IN_RANGE(rx, 0, UINT8_MAX)) {
        return MP_EINVAL;
    }
    const struct bt_conn_le_phy_param param = BT_CONN_LE_PHY_PARAM_INIT((uint8_t)tx, (uint8_t)rx);
    return mpy_errno(bt_conn_le_phy_update(mc->conn, &param));
}

int mpy_ext_data_len(uint16_t conn_handle, int32_t octets)
{
    struct mpy_conn *mc = mpy_conn_get(conn_handle);
    struct bt_conn_info info;
    if (!mc || bt_conn_get_info(mc->conn, &info)) {
        return no_conn();
    }
    if (!IN_RANGE(octets, BT_GAP_DATA_LEN_DEFAULT, BT_GAP_DATA_LEN_MAX)) {
        return MP_EINVAL;
    }
    // What so many octets take on LE 1M (Vol 6, Part B, 4.5.10); on LE Coded whatever they take.
    uint16_t time = info.le.phy->tx_phy == BT_GAP_LE_PHY_CODED ? BT_GAP_DATA_TIME_MAX
                                                               : (uint16_t)((octets + 14) * 8);
    const struct bt_conn_le_data_len_param param =
        BT_CONN_LE_DATA_LEN_PARAM_INIT((uint16_t)octets, time);
    int err = bt_conn_le_data_len_update(mc->conn, &param);
    return err == -EALREADY ? 0 : mpy_errno(err);
}

// ---- Power -------------------------------------------------------------------------------------

static struct {
    bool chosen;
    int8_t dbm;
} power;

int mpy_ext_tx_power(int32_t dbm)
{
    if (!mpy_on()) {
        return MP_ENODEV;
    }
    if (!IN_RANGE(dbm, INT8_MIN, INT8_MAX)) {
        return MP_EINVAL;
    }
    int err = breeze_adv_tx_power_set((int8_t)dbm);
    if (!err) {
        power.chosen = true;
        power.dbm = (int8_t)dbm;
    }
    return mpy_errno(err);
}

void mpy_ext_start(void)
{
    if (power.chosen) {
        (void)breeze_adv_tx_power_set(power.dbm); // Another controller may not know how.
    }
}
