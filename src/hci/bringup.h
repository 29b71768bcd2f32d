// Bring-up of a controller as a script of commands (bringup.c).
#ifndef BREEZE_SRC_HCI_BRINGUP_H_
#define BREEZE_SRC_HCI_BRINGUP_H_

#include <stdbool.h>

#include "hci/cmd.h"

// Asked before any other source while the script runs.
extern const struct hci_source bringup_source;

// Run the script from its first row, HCI Reset. hci_life_up() ends it.
void bringup_begin(void);
void bringup_stop(void);

#endif // BREEZE_SRC_HCI_BRINGUP_H_
