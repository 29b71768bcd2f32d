// Vendor-specific HCI (OGF 0x3f; Vol 4, Part E, 5.4.1): how an application names such commands.
// They are sent with bt_hci_cmd_send_sync(), their events come through
// bt_hci_register_vnd_evt_cb().
#ifndef ZEPHYR_BLUETOOTH_HCI_VS_H_
#define ZEPHYR_BLUETOOTH_HCI_VS_H_

#include <zephyr/bluetooth/hci_types.h>

// The opcode of a vendor command from its OCF (0 to 0x3ff).
#define BT_HCI_OP_VS(ocf) BT_OP(BT_OGF_VS, (ocf))

#endif // ZEPHYR_BLUETOOTH_HCI_VS_H_
