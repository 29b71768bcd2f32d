// What the controller's cryptography (controller.c) is to HCI: a source of commands, and rows of events.
#ifndef BREEZE_SRC_CRYPTO_CONTROLLER_H_
#define BREEZE_SRC_CRYPTO_CONTROLLER_H_

#include "hci/cmd.h"
#include "hci/evt.h"
#include "hci/hci.h"

extern const struct hci_source crypto_source;
#define CRYPTO_EVT_ROWS 2
extern const struct hci_evt_row crypto_evt_rows[CRYPTO_EVT_ROWS];
extern const struct hci_up crypto_hci_up;

#endif // BREEZE_SRC_CRYPTO_CONTROLLER_H_
