// Events by table (evt.h), this layer's own rows, and the event masks that follow from all tables:
// no event is asked for that nobody handles, none that the controller does not know.
#include "hci/evt.h"

#include <zephyr/sys/util.h>

#include "hci/life.h"
#include "hci/state.h"

#define LOG_LAYER LOG_HCI
#include "base/log.h"

// The controller failed (7.7.16).
static bool on_hardware_error(struct rd *r)
{
    uint8_t code = rd_u8(r);
    log_err("hardware error 0x%02x", code);
    hci_fail(BREEZE_RESET_HARDWARE_ERROR);
    return rd_ok(r);
}

// The controller had no room for a packet of ours and dropped it (7.7.26).
static bool on_data_overflow(struct rd *r)
{
    uint8_t link_type = rd_u8(r);
    hci_kept.stats.data_overflows++;
    log_err("data buffer overflow, link type %u", link_type);
    return rd_ok(r);
}

// In the order of their frequency.
static const struct hci_evt_row own_rows[] = {
    {BT_HCI_EVT_NUM_COMPLETED_PACKETS, 0, acl_on_completed},
    {BT_HCI_EVT_CMD_COMPLETE, 0, hci_cmd_on_complete},
    {BT_HCI_EVT_CMD_STATUS, 0, hci_cmd_on_status},
    {BT_HCI_EVT_HARDWARE_ERROR, 0, on_hardware_error},
    {BT_HCI_EVT_DATA_BUF_OVERFLOW, 0, on_data_overflow},
    {BT_HCI_EVT_VENDOR, 0, vendor_on_event},
};
static const struct hci_evt_table own_table = {own_rows, ARRAY_SIZE(own_rows)};

// Bit of the LE event mask -> LE feature that brings the event; for those that not every LE
// controller knows. Vol 4, Part E, 7.8.1 and Vol 6, Part B, 4.6.
static const struct {
    uint8_t sub;
    uint8_t feature;
} le_conditions[] = {
    {BT_HCI_EVT_LE_CONN_PARAM_REQ, BT_LE_FEAT_BIT_CONN_PARAM_REQ},
    {BT_HCI_EVT_LE_DATA_LEN_CHANGE, BT_LE_FEAT_BIT_DLE},
    {BT_HCI_EVT_LE_P256_PUBLIC_KEY_COMPLETE, BT_LE_FEAT_BIT_ENC},
    {BT_HCI_EVT_LE_GENERATE_DHKEY_COMPLETE, BT_LE_FEAT_BIT_ENC},
    {BT_HCI_EVT_LE_LTK_REQUEST, BT_LE_FEAT_BIT_ENC},
    {BT_HCI_EVT_LE_ENH_CONN_COMPLETE, BT_LE_FEAT_BIT_PRIVACY},
    {BT_HCI_EVT_LE_DIRECT_ADV_REPORT, BT_LE_FEAT_BIT_EXT_SCAN},
    {BT_HCI_EVT_LE_PHY_UPDATE_COMPLETE, BT_LE_FEAT_BIT_PHY_2M},
    {BT_HCI_EVT_LE_PHY_UPDATE_COMPLETE, BT_LE_FEAT_BIT_PHY_CODED},
    {BT_HCI_EVT_LE_EXT_ADVERTISING_REPORT, BT_LE_FEAT_BIT_EXT_ADV},
    {BT_HCI_EVT_LE_PER_ADV_SYNC_ESTABLISHED, BT_LE_FEAT_BIT_PER_ADV},
    {BT_HCI_EVT_LE_PER_ADVERTISING_REPORT, BT_LE_FEAT_BIT_PER_ADV},
    {BT_HCI_EVT_LE_PER_ADV_SYNC_LOST, BT_LE_FEAT_BIT_PER_ADV},
    {BT_HCI_EVT_LE_SCAN_TIMEOUT, BT_LE_FEAT_BIT_EXT_ADV},
    {BT_HCI_EVT_LE_ADV_SET_TERMINATED, BT_LE_FEAT_BIT_EXT_ADV},
    {BT_HCI_EVT_LE_SCAN_REQ_RECEIVED, BT_LE_FEAT_BIT_EXT_ADV},
    {BT_HCI_EVT_LE_PAST_RECEIVED, BT_LE_FEAT_BIT_PAST_RECV},
    {BT_HCI_EVT_LE_CHAN_SEL_ALGO, BT_LE_FEAT_BIT_CHAN_SEL_ALGO_2},
    {BT_HCI_EVT_LE_SUBRATE_CHANGE, BT_LE_FEAT_BIT_CONN_SUBRATING},
};

static const struct hci_evt_row *find_in(const struct hci_evt_table *table, uint8_t code,
                                         uint8_t sub)
{
    for (const struct hci_evt_row *row = table->rows; row < table->rows + table->count; row++) {
        if (row->code == code && row->sub == sub) {
            return row;
        }
    }
    return NULL;
}

static const struct hci_evt_row *find_row(uint8_t code, uint8_t sub)
{
    const struct hci_evt_row *row = find_in(&own_table, code, sub);
    for (const struct hci_evt_table *t = hci_evt_tables; !row && t->rows; t++) {
        row = find_in(t, code, sub);
    }
    return row;
}

struct net_buf *hci_evt_hold(void)
{
    return hci_run.evt_buf ? net_buf_ref(hci_run.evt_buf) : NULL;
}

void hci_evt_dispatch(const uint8_t *packet, size_t len, struct net_buf *buf)
{
    struct rd r = rd_init(packet, len);
    (void)rd_u8(&r); // Packet type.
    uint8_t code = rd_u8(&r);
    struct rd params = rd_sub(&r, rd_u8(&r));
    uint8_t sub = code == BT_HCI_EVT_LE_META_EVENT ? rd_u8(&params) : 0;
    const struct hci_evt_row *row = rd_ok(&params) ? find_row(code, sub) : NULL;
    hci_kept.stats.rx_events++;
    if (!rd_ok(&params)) {
        hci_kept.stats.evt_malformed++;
        return;
    }
    if (!row) {
        hci_kept.stats.evt_unknown++;
        log_dbg("event 0x%02x/0x%02x is not handled", code, sub);
        return;
    }
    hci_run.evt_buf = buf;
    hci_run.dispatching = true;
    if (!row->fn(&params)) {
        hci_kept.stats.evt_malformed++;
        log_wrn("event 0x%02x/0x%02x is malformed", code, sub);
    }
    hci_run.dispatching = false;
    hci_run.evt_buf = NULL;
}

static bool le_supported(uint8_t sub)
{
    bool known = false;
    for (size_t i = 0; i < ARRAY_SIZE(le_conditions); i++) {
        if (le_conditions[i].sub == sub) {
            known = true;
            if (hci_has_feature(le_conditions[i].feature)) {
                return true;
            }
        }
    }
    return !known;
}

// In both masks the bit of an event is its code less one; codes above 0x40 are in page 2, and
// vendor events cannot be masked.
static uint64_t mask_of(const struct hci_evt_table *table, bool le)
{
    uint64_t mask = 0;
    for (const struct hci_evt_row *row = table->rows; row < table->rows + table->count; row++) {
        uint8_t code = le ? row->sub : row->code;
        if (code && code <= 64 && (!le || le_supported(code))) {
            mask |= BIT64(code - 1);
        }
    }
    return mask;
}

static uint64_t mask_of_all(bool le)
{
    uint64_t mask = mask_of(&own_table, le);
    for (const struct hci_evt_table *t = hci_evt_tables; t->rows; t++) {
        mask |= mask_of(t, le);
    }
    return mask;
}

// Bits of events that no mask can hold back (Command Complete and Status, Number Of Completed
// Packets) are reserved there (7.3.1).
#define UNMASKABLE                                                                                 \
    (BIT64(BT_HCI_EVT_CMD_COMPLETE - 1) | BIT64(BT_HCI_EVT_CMD_STATUS - 1) |                       \
     BIT64(BT_HCI_EVT_NUM_COMPLETED_PACKETS - 1))

uint64_t hci_evt_mask(void)
{
    return mask_of_all(false) & ~UNMASKABLE;
}

uint64_t hci_evt_le_mask(void)
{
    return mask_of_all(true);
}
