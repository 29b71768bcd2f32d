// What Breeze offers beyond Zephyr's advertising API: data as octets, which need not be a list of AD
// structures (Supplement, Part A). For bindings whose programs make their payloads themselves.
#ifndef BREEZE_ADV_H_
#define BREEZE_ADV_H_

#include <stddef.h>
#include <stdint.h>

#include <zephyr/bluetooth/bluetooth.h>

#ifdef __cplusplus
extern "C" {
#endif

// bt_le_adv_start() with both data as octets, at most 31 each, copied. BT_LE_ADV_OPT_USE_NAME is
// -EINVAL here; else its errors. bt_le_adv_update_data() and bt_le_adv_stop() go with it.
int breeze_adv_start_raw(const struct bt_le_adv_param *param, const uint8_t *ad, size_t ad_len,
                         const uint8_t *sd, size_t sd_len);

// bt_le_ext_adv_set_data() with both data as octets, which are read until the call returns. Its
// errors. In a build with CONFIG_BT_EXT_ADV.
int breeze_ext_adv_set_data_raw(struct bt_le_ext_adv *adv, const uint8_t *ad, size_t ad_len,
                                const uint8_t *sd, size_t sd_len);

// The transmit power that advertising which begins from now on asks for, dBm, -127 to 20; at first, and
// with BT_GAP_TX_POWER_INVALID, the controller's choice. The controller takes a level near it
// (bt_le_ext_adv_get_info()). It stands in the extended advertising commands (Vol 4, Part E, 7.8.53), with
// which bt_le_adv_start() goes out too where a controller has them, and survives bt_disable(). A
// controller that has not, but may be Zephyr's, is told at once, by that vendor's command, which waits for
// the answer and which a reset of the controller undoes. 0; -EINVAL; -EAGAIN: before bt_enable(); -ENOTSUP:
// neither way; the errors of bt_hci_cmd_send_sync().
int breeze_adv_tx_power_set(int8_t dbm);

#ifdef __cplusplus
}
#endif

#endif // BREEZE_ADV_H_
