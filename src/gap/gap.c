// The order of GAP's runners, and what they are told of the controller's life (gap.h).
#include "gap/id.h"
#include "gap/state.h"

// The resolving list, whose changes take a rest of all, and the accept list stand before who uses them,
// the scanner before the initiator: it must rest first where the controller cannot do both.
static bool (*const runners[])(struct hci_cmd *cmd, struct wr *params) = {
    id_next,
#if CONFIG_BREEZE_PRIVACY
    rlist_next,
#endif
#if CONFIG_BT_FILTER_ACCEPT_LIST
    accept_next,
#endif
    adv_next,
#if CONFIG_BT_EXT_ADV
    ext_adv_next,
#endif
#if CONFIG_BT_PER_ADV_SYNC
    per_sync_next,
#endif
#if CONFIG_BT_OBSERVER
    scan_next,
#endif
#if CONFIG_BT_CENTRAL
    init_next,
#endif
};

static bool gap_next(struct hci_cmd *cmd, struct wr *params)
{
    for (size_t i = 0; i < ARRAY_SIZE(runners); i++) {
        if (runners[i](cmd, params)) {
            return true;
        }
    }
    return false;
}

const struct hci_source gap_source = {.name = "gap", .next = gap_next};

static void hci_ready(void)
{
    id_ready();
}

static void hci_lost(void)
{
    own_lost();
    rlist_lost();
    accept_lost();
    adv_lost();
    ext_adv_lost();
    per_sync_lost();
    scan_lost();
    ext_scan_lost();
    init_lost();
}

const struct hci_up gap_hci_up = {.ready = hci_ready, .lost = hci_lost};

const struct conn_up gap_conn_up = {.recycled = adv_recycled};

const struct hci_evt_row gap_evt_rows[] = {
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_CONN_COMPLETE, link_on_complete},
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_ENH_CONN_COMPLETE, link_on_enhanced_complete},
#if CONFIG_BT_OBSERVER
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_ADVERTISING_REPORT, scan_on_report},
#endif
#if CONFIG_BT_EXT_ADV
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_EXT_ADVERTISING_REPORT, ext_scan_on_report},
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_ADV_SET_TERMINATED, ext_adv_on_terminated},
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_SCAN_REQ_RECEIVED, ext_adv_on_scan_request},
#endif
#if CONFIG_BT_PER_ADV_SYNC
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_PER_ADVERTISING_REPORT, per_sync_on_report},
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_PER_ADV_SYNC_ESTABLISHED, per_sync_on_established},
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_PER_ADV_SYNC_LOST, per_sync_on_lost},
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_PAST_RECEIVED, per_sync_on_transfer},
#endif
};

bool gap_is_ready(void)
{
    return hci_state() == HCI_READY && !gap_id_busy() && gap_id_addr(BT_ID_DEFAULT);
}
