// The ATT_MTU: what this host offers, and the exchange as server (Vol 3, Part F, 3.4.2).
#include <errno.h>

#include <breeze/breeze.h>
#include <zephyr/bluetooth/att.h>

#include "att/pdu.h"
#include "att/server.h"
#include "att/state.h"

int breeze_mtu_set(uint16_t mtu)
{
    if (mtu < ATT_MTU_MIN || mtu > CONFIG_BT_L2CAP_RX_MTU) {
        return -EINVAL;
    }
    att_reg.mtu = mtu;
    return 0;
}

uint16_t breeze_mtu_get(void)
{
    return att_reg.mtu ? att_reg.mtu : CONFIG_BREEZE_ATT_MTU;
}

uint16_t att_mtu_offer(struct att_bearer *bearer)
{
    if (!bearer->mtu_asked && !bearer->mtu_answered) {
        bearer->rx_mtu = breeze_mtu_get();
    }
    return bearer->rx_mtu;
}

// The answer takes effect behind the response (bearer.c). A peer that asks again, which it must not
// (3.4.2.1), hears the same again and changes nothing.
uint8_t att_on_mtu_req(struct att_rx *rx)
{
    uint16_t client = rd_le16(&rx->in);
    if (!rd_done(&rx->in) || client < ATT_MTU_MIN) {
        return BT_ATT_ERR_INVALID_PDU;
    }
    if (rx->bearer->index) {
        return BT_ATT_ERR_NOT_SUPPORTED; // Enhanced bearers have the MTU of their channels (3.4.2).
    }
    uint16_t offer = att_mtu_offer(rx->bearer);
    wr_le16(&rx->out, offer);
    rx->settle = rx->bearer->mtu_answered ? 0 : client < offer ? client : offer;
    return 0;
}
