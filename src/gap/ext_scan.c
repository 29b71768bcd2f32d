// Extended advertising reports (Vol 4, Part E, 7.7.65.13): checked whole in dispatch and held until the
// drain, as scan.c does; long data is put together in one buffer.
//
// Fragments say from whom they are, but not that they are a first one. So one advertiser's data is put
// together at a time; what another one begins meanwhile is dropped to its end (`skips`), and an
// advertiser that does not go on for STALE_US has given up (hostile 8). When reports were lost for want
// of buffers, what is being put together is dropped too. What is too long, cut short
// by the controller or dropped counts as adv_dropped; only whole data is handed out.
#include <string.h>

#include <breeze/port.h>

#include "gap/state.h"

#define LOG_LAYER LOG_GAP
#include "base/log.h"

#define POST_REPORTS BIT(0)
// What HCI allows in one event.
#define REPORTS_MAX 10
// Far longer than the longest chain takes.
#define STALE_US 1000000

// Data_Status, bits 5 and 6 of Event_Type.
enum {
    DATA_COMPLETE,
    DATA_MORE,
    DATA_TRUNCATED,
    DATA_RESERVED,
};

struct ext_report {
    uint16_t type;
    bt_addr_le_t addr;
    uint8_t primary_phy;
    uint8_t secondary_phy;
    uint8_t sid;
    int8_t tx_power;
    int8_t rssi;
    uint16_t interval;
    uint8_t len;
    const uint8_t *data;
};

static uint8_t data_status(const struct ext_report *report)
{
    return report->type >> 5 & 3;
}

static bool addr_type_valid(uint8_t type)
{
    return type <= BT_ADDR_LE_RANDOM_ID || type == BT_ADDR_LE_ANONYMOUS;
}

static bool read_report(struct rd *from, struct ext_report *report)
{
    report->type = rd_le16(from);
    report->addr.type = rd_u8(from);
    rd_copy(from, report->addr.a.val, BT_ADDR_SIZE);
    report->primary_phy = rd_u8(from);
    report->secondary_phy = rd_u8(from);
    report->sid = rd_u8(from);
    report->tx_power = rd_i8(from);
    report->rssi = rd_i8(from);
    report->interval = rd_le16(from);
    (void)rd_take(from,
                  1 + BT_ADDR_SIZE); // To whom a directed one is: to us, or it was not reported.
    report->len = rd_u8(from);
    report->data = rd_take(from, report->len);
    if (report->addr.type == BT_ADDR_LE_ANONYMOUS) {
        report->addr.a = *BT_ADDR_ANY;
    }
    bool legacy = report->type & BT_HCI_LE_ADV_EVT_TYPE_LEGACY;
    return rd_ok(from) && addr_type_valid(report->addr.type) &&
           data_status(report) != DATA_RESERVED &&
           (!legacy || (report->len <= BT_GAP_ADV_MAX_ADV_DATA_LEN && !data_status(report)));
}

// The type of a legacy report, by Event_Type (7.7.65.13, table 7.1).
static uint8_t legacy_type(uint16_t type)
{
    if (type & BT_HCI_LE_ADV_EVT_TYPE_SCAN_RSP) {
        return BT_GAP_ADV_TYPE_SCAN_RSP;
    }
    if (type & BT_HCI_LE_ADV_PROP_DIRECT) {
        return BT_GAP_ADV_TYPE_ADV_DIRECT_IND;
    }
    if (type & BT_HCI_LE_ADV_PROP_CONN) {
        return BT_GAP_ADV_TYPE_ADV_IND;
    }
    return type & BT_HCI_LE_ADV_PROP_SCAN ? BT_GAP_ADV_TYPE_ADV_SCAN_IND
                                          : BT_GAP_ADV_TYPE_ADV_NONCONN_IND;
}

// HCI numbers PHYs, GAP has a bit for each; 0: none.
static uint8_t phy_of(uint8_t phy)
{
    return phy && phy <= BT_HCI_LE_PHY_CODED ? (uint8_t)BIT(phy - 1) : BT_GAP_LE_PHY_NONE;
}

static void tell(const struct ext_report *report, const uint8_t *data, uint16_t len)
{
    bool legacy = report->type & BT_HCI_LE_ADV_EVT_TYPE_LEGACY;
    struct bt_le_scan_recv_info info = {
        .addr = &report->addr,
        .sid = legacy ? BT_GAP_SID_INVALID : report->sid,
        .rssi = report->rssi,
        .tx_power = report->tx_power,
        .adv_type = legacy ? legacy_type(report->type) : BT_GAP_ADV_TYPE_EXT_ADV,
        .adv_props = (report->type & 0x0f) | (legacy ? 0 : BT_GAP_ADV_PROP_EXT_ADV),
        .interval = report->interval,
        .primary_phy = phy_of(report->primary_phy),
        .secondary_phy = phy_of(report->secondary_phy),
    };
    scan_tell(&info, data, len);
}

// ---- Putting together ---------------------------------------------------------------------------

static bool is_from(const struct ext_source *source, const struct ext_report *report)
{
    return source->used && source->sid == report->sid &&
           bt_addr_le_eq(&source->addr, &report->addr);
}

static struct ext_source *skip_find(const struct ext_report *report)
{
    for (size_t i = 0; i < EXT_SKIPS; i++) {
        if (is_from(&ext_scan_run.skips[i], report)) {
            return &ext_scan_run.skips[i];
        }
    }
    return NULL;
}

static void drop(void)
{
    hci_stats()->adv_dropped++;
    ext_scan_run.dropped = hci_stats()->adv_dropped;
}

// A report that was lost on its way to us (no buffer) may have been the next part.
static void doubt(void)
{
    struct ext_scan_run *run = &ext_scan_run;
    if (run->dropped != hci_stats()->adv_dropped) {
        run->dropped = hci_stats()->adv_dropped;
        run->overflow = true;
    }
}

// Another advertiser's report while one is being put together, or the rest of one that was not taken.
static void other(const struct ext_report *report, struct ext_source *skip)
{
    struct ext_scan_run *run = &ext_scan_run;
    bool more = data_status(report) == DATA_MORE;
    if (skip) {
        skip->used = more;
        return;
    }
    if (more) {
        run->skips[run->next_skip++ % EXT_SKIPS] =
            (struct ext_source){true, report->sid, report->addr};
    }
    drop();
}

static void append(const struct ext_report *report)
{
    struct ext_scan_run *run = &ext_scan_run;
    run->last_us = breeze_port_now();
    run->overflow = run->overflow || report->len > sizeof(run->data) - run->len;
    if (!run->overflow && report->len) {
        memcpy(run->data + run->len, report->data, report->len);
        run->len = (uint16_t)(run->len + report->len);
    }
    if (data_status(report) == DATA_MORE) {
        return;
    }
    run->source.used = false;
    if (run->overflow || data_status(report) == DATA_TRUNCATED) {
        drop();
    } else {
        tell(report, run->data, run->len);
    }
}

static void take(const struct ext_report *report)
{
    struct ext_scan_run *run = &ext_scan_run;
    uint8_t status = data_status(report);
    doubt();
    if (report->type & BT_HCI_LE_ADV_EVT_TYPE_LEGACY) {
        tell(report, report->data, report->len);
        return;
    }
    if (run->source.used && breeze_port_now() - run->last_us > STALE_US) {
        run->source.used = false;
        drop();
    }
    if (is_from(&run->source, report)) {
        append(report);
        return;
    }
    struct ext_source *skip = skip_find(report);
    if (!skip && status == DATA_COMPLETE) {
        tell(report, report->data, report->len);
    } else if (skip || run->source.used || status != DATA_MORE) {
        other(report, skip);
    } else {
        run->source = (struct ext_source){true, report->sid, report->addr};
        run->overflow = false;
        run->len = 0;
        append(report);
    }
}

void ext_scan_lost(void)
{
    struct ext_scan_run *run = &ext_scan_run;
    run->source.used = false;
    memset(run->skips, 0, sizeof(run->skips));
}

// ---- Reports ------------------------------------------------------------------------------------

static void deliver(struct post *post, uint16_t bits)
{
    struct ext_scan_run *run = &ext_scan_run;
    struct rd from = run->reports;
    struct net_buf *evt = run->evt;
    uint8_t count = run->report_count;
    struct ext_report report;
    // A callback may stop the scan: then the rest is for nobody.
    for (; count && scan_is_wanted() && read_report(&from, &report); count--) {
        take(&report);
    }
    run->report_count = 0;
    run->evt = NULL;
    net_buf_unref(evt);
}

bool ext_scan_on_report(struct rd *params)
{
    struct ext_scan_run *run = &ext_scan_run;
    uint8_t count = rd_u8(params);
    struct rd from = *params;
    struct ext_report report;
    if (!count || count > REPORTS_MAX) {
        return false;
    }
    for (uint8_t i = 0; i < count; i++) {
        if (!read_report(params, &report)) {
            return false;
        }
    }
    if (!rd_done(params)) {
        return false;
    }
    if (!scan_is_wanted() || !ext_used()) {
        hci_stats()->evt_stale += !scan_is_on(); // Else it is on for others.
        return true;
    }
    struct net_buf *evt = run->evt ? NULL : hci_evt_hold();
    if (!evt) {
        hci_stats()->adv_dropped += count;
        return true;
    }
    run->post.fn = deliver;
    run->evt = evt;
    run->reports = from;
    run->report_count = count;
    post_set(&run->post, POST_REPORTS);
    return true;
}
