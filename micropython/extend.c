// MicroPython's Bluetooth backend: what lies beyond MicroPython's own contract (extend.h).
//
// Invariants: no event of its own is raised unless it was asked for. What concerns pairing is in
// security.c.
#include <breeze/gatt.h>

#include "backend.h"
#include "extend.h"

static bool wanted;

void mpy_ext_events(bool on)
{
    wanted = on;
}

void mpy_raise_ext(uint8_t event, uint16_t conn_handle, uint16_t a, uint16_t b, uint16_t c)
{
    if (wanted && mpy_on()) {
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

void mpy_ext_register(void)
{
    breeze_gatt_ready_cb_set(on_ready);
}
