// Level beacon: no links, so nothing of ACL, L2CAP, ATT and GATT, in code or in memory. What wiring.c
// is for the other levels.
#include "api/state.h"
#include "gap/gap.h"
#include "hci/cmd.h"
#include "hci/evt.h"
#include "hci/hci.h"
#include "settings/handlers.h"

const struct state_part *const state_groups[] = {state_core, NULL};

const struct hci_source *const hci_sources[] = {&gap_source, NULL};

const struct hci_evt_table hci_evt_tables[] = {{NULL, 0}};

const struct hci_up *const hci_ups[] = {&gap_hci_up, NULL};

const struct settings_handler_static *const settings_host_handlers[] = {
#if CONFIG_BT_SETTINGS
    &gap_settings,
#endif
    NULL};
