// The transmit power of advertising (breeze/adv.h; Vol 4, Part E, 7.8.53).
#include <errno.h>

#include <breeze/adv.h>
#include <zephyr/bluetooth/gap.h>
#include <zephyr/bluetooth/hci.h>
#include <zephyr/bluetooth/hci_vs.h>

#include "gap/id.h"
#include "gap/state.h"

#define TX_POWER_MAX 20

// Write Tx Power Level of Zephyr's controllers: what (advertising), its handle, dBm.
#define OP_VS_WRITE_TX_POWER BT_HCI_OP_VS(0x00e)
#define VS_ADVERTISING       0

int8_t gap_tx_power(void)
{
    return gap_reg.tx_power_set ? gap_reg.tx_power : BT_GAP_TX_POWER_INVALID;
}

static int vs_write(int8_t dbm)
{
    struct net_buf *cmd = id_maker_is_zephyr() ? bt_hci_cmd_alloc(K_NO_WAIT) : NULL;
    if (!cmd) {
        return id_maker_is_zephyr() ? -ENOBUFS : -ENOTSUP;
    }
    net_buf_add_u8(cmd, VS_ADVERTISING);
    net_buf_add_le16(cmd, 0);
    net_buf_add_u8(cmd, (uint8_t)dbm);
    int err = bt_hci_cmd_send_sync(OP_VS_WRITE_TX_POWER, cmd, NULL);
    return err == -EOPNOTSUPP ? -ENOTSUP : err;
}

int breeze_adv_tx_power_set(int8_t dbm)
{
    bool any = dbm == BT_GAP_TX_POWER_INVALID;
    if (dbm == INT8_MIN || (dbm > TX_POWER_MAX && !any)) {
        return -EINVAL;
    }
    if (!gap_is_ready()) {
        return -EAGAIN;
    }
    if (!ext_used()) {
        return vs_write(dbm);
    }
    gap_reg.tx_power_set = !any;
    gap_reg.tx_power = dbm;
    return 0;
}
