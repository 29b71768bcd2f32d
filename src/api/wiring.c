// How a host with links hangs together: every table through which a lower layer calls a higher one
// (level_beacon.c has those of a host without). Nothing else in src/ calls upward; to add an event, a
// command source or a fixed channel, add its row here.
#include "att/bearer.h"
#include "conn/conn.h"
#include "crypto/controller.h"
#include "gap/gap.h"
#include "gatt/gatt.h"
#include "hci/acl.h"
#include "hci/cmd.h"
#include "hci/evt.h"
#include "hci/hci.h"
#include "l2cap/coc.h"
#include "l2cap/l2cap.h"
#include "l2cap/sig.h"
#include "settings/handlers.h"
#include "smp/smp.h"

// Who may owe the controller a command, in the order of asking.
const struct hci_source *const hci_sources[] = {
#if CONFIG_BT_SMP
    &smp_source,
#endif
    &conn_source,   &gap_source,
#if CONFIG_BREEZE_CRYPTO_CONTROLLER
    &crypto_source,
#endif
    NULL,
};

// Who handles which events, the first row that fits: conn_evt_rows refuse what the Security Manager
// takes where it is there.
const struct hci_evt_table hci_evt_tables[] = {
#if CONFIG_BT_SMP
    {smp_evt_rows, SMP_EVT_ROWS},
#endif
    {conn_evt_rows, CONN_EVT_ROWS},
#if CONFIG_BT_SUBRATING
    {subrate_evt_rows, SUBRATE_EVT_ROWS},
#endif
    {gap_evt_rows, GAP_EVT_ROWS},
#if CONFIG_BREEZE_CRYPTO_CONTROLLER
    {crypto_evt_rows, CRYPTO_EVT_ROWS},
#endif
    {NULL, 0},
};

// Who must know that the controller is ready, or lost. Connections first: their ends come before
// what follows from them.
const struct hci_up *const hci_ups[] = {&conn_hci_up, &gap_hci_up,
#if CONFIG_BREEZE_CRYPTO_CONTROLLER
                                        &crypto_hci_up,
#endif
                                        NULL};

// Links of the ACL layer are connections; their data goes to L2CAP.
const struct acl_up acl_up = {
    .recv = l2cap_recv,
    .find = conn_acl_find,
    .at = conn_acl_at,
    .pull = CONFIG_BT_L2CAP_DYNAMIC_CHANNEL ? coc_pull : NULL,
};

// Who waits for TX buffers: answers to the peer before anything of our own.
void (*const acl_tx_free_hooks[])(void) = {
    l2cap_sig_tx_free,
#if CONFIG_BT_SMP
    smp_tx_free,
#endif
    att_tx_free,
#if CONFIG_BT_L2CAP_DYNAMIC_CHANNEL
    coc_tx_free,
#endif
    gatt_tx_free,      NULL,
};

// Who follows connections. At the end of a link client procedures and subscriptions end first, then
// channels, then the application hears `disconnected` (design D4).
const struct conn_up *const conn_ups[] = {
    &gatt_conn_up,  &att_conn_up,
#if CONFIG_BT_SMP
    &smp_conn_up,
#endif
    &l2cap_conn_up, &gap_conn_up, NULL,
};

// Fixed channels.
const struct l2cap_fixed l2cap_fixed[] = {
    {L2CAP_CID_ATT, att_recv},
    {L2CAP_CID_SIG, l2cap_sig_recv},
    {L2CAP_CID_SMP, smp_recv},
    {0, NULL},
};

// Who keeps something in the settings.
const struct settings_handler_static *const settings_host_handlers[] = {
#if CONFIG_BT_SETTINGS
    &gap_settings, &smp_settings, &gatt_keep_settings,
#endif
    NULL};
