// The legacy calls with the extended commands (Vol 4, Part E, 7.8.52 to 7.8.66): what adv.c, scan.c and
// init.c send where the controller has them (gap.h). Advertising is set 0, with legacy PDUs.
#include <string.h>

#include "gap/ext_adv.h"
#include "gap/id.h"
#include "gap/state.h"

#define LEGACY_SET     0
#define HIGH_DUTY_TIME 128 // 1.28 s, the most there is (7.8.56)

bool ext_used(void)
{
    return hci_has_feature(BT_LE_FEAT_BIT_EXT_ADV);
}

// ---- Advertising --------------------------------------------------------------------------------

// Properties by Advertising_Type (the table of 7.8.53).
static const uint8_t legacy_props[] = {
    [BT_HCI_ADV_IND] = 0x13,
    [BT_HCI_ADV_DIRECT_IND] = 0x1d,
    [BT_HCI_ADV_SCAN_IND] = 0x12,
    [BT_HCI_ADV_NONCONN_IND] = 0x10,
    [BT_HCI_ADV_DIRECT_IND_LOW_DUTY] = 0x15,
};

static void build_param(const struct adv_run *run, struct wr *params)
{
    bool high_duty = run->type == BT_HCI_ADV_DIRECT_IND;
    wr_u8(params, LEGACY_SET);
    wr_le16(params, legacy_props[run->type]);
    // Not used by high duty directed advertising, but checked.
    wr_le24(params, high_duty ? 0x20 : run->param.interval_min);
    wr_le24(params, high_duty ? 0x20 : run->param.interval_max);
    wr_u8(params, run->channels);
    wr_u8(params, own_addr(run->own, run->param.id)->type);
    wr_u8(params, run->to.type);
    wr_bytes(params, run->to.a.val, BT_ADDR_SIZE);
    wr_u8(params, adv_filter_of(run->param.options));
    wr_u8(params, (uint8_t)gap_tx_power());
    wr_u8(params, BT_HCI_LE_PHY_1M);
    wr_u8(params, 0);
    wr_u8(params, BT_HCI_LE_PHY_1M);
    wr_u8(params, 0); // SID
    wr_u8(params, 0); // No scan request notifications.
}

static void build_addr(const struct adv_run *run, struct wr *params)
{
    const bt_addr_le_t *own = own_addr(run->own, run->param.id);
    wr_u8(params, LEGACY_SET);
    wr_bytes(params, own->a.val, BT_ADDR_SIZE);
    gap_run.adv.local = *own;
}

static void put_data(struct wr *params, const uint8_t *data, uint8_t len)
{
    wr_u8(params, LEGACY_SET);
    wr_u8(params, BT_HCI_LE_EXT_ADV_OP_COMPLETE_DATA);
    wr_u8(params, BT_HCI_LE_EXT_ADV_FRAG_DISABLED);
    wr_u8(params, len);
    wr_bytes(params, data, len);
}

static void build_ad(const struct adv_run *run, struct wr *params)
{
    put_data(params, run->ad, run->ad_len);
}

static void build_sd(const struct adv_run *run, struct wr *params)
{
    put_data(params, run->sd, run->sd_len);
}

static const struct adv_step steps[] = {
    {ADV_DIRTY_PARAM, BT_HCI_OP_LE_SET_EXT_ADV_PARAM, build_param},
    {ADV_DIRTY_ADDR, BT_HCI_OP_LE_SET_ADV_SET_RANDOM_ADDR, build_addr},
    {ADV_DIRTY_AD, BT_HCI_OP_LE_SET_EXT_ADV_DATA, build_ad},
    {ADV_DIRTY_SD, BT_HCI_OP_LE_SET_EXT_SCAN_RSP_DATA, build_sd},
    {0, 0, NULL},
};

const struct adv_step *ext_adv_steps(void)
{
    return ext_used() ? steps : NULL;
}

uint16_t ext_adv_put_enable(const struct adv_run *run, bool on, struct wr *params)
{
    if (!ext_used()) {
        return 0;
    }
    wr_u8(params, on ? BT_HCI_LE_ADV_ENABLE : BT_HCI_LE_ADV_DISABLE);
    wr_u8(params, 1);
    wr_u8(params, LEGACY_SET);
    wr_le16(params, on && run->type == BT_HCI_ADV_DIRECT_IND ? HIGH_DUTY_TIME : 0);
    wr_u8(params, 0);
    return BT_HCI_OP_LE_SET_EXT_ADV_ENABLE;
}

bool ext_adv_is_on(void)
{
    for (size_t i = 0; i < CONFIG_BT_EXT_ADV_MAX_ADV_SET; i++) {
        if (ext_adv_run.sets[i].on) {
            return true;
        }
    }
    return false;
}

bool ext_adv_filters(void)
{
    for (size_t i = 0; i < CONFIG_BT_EXT_ADV_MAX_ADV_SET; i++) {
        const struct bt_le_ext_adv *set = &ext_adv_run.sets[i];
        bool active = set->on || set->rests || (set->todo & STEP_ENABLE);
        if (active && (set->param.options & ADV_OPT_FILTERS)) {
            return true;
        }
    }
    return false;
}

// ---- Scanning and initiating --------------------------------------------------------------------

#define PHY_BIT_1M    BIT(0)
#define PHY_BIT_CODED BIT(2)

// Interval and window on a PHY: those for LE Coded are as the others where they are not given.
static void put_window(struct wr *params, bool coded, const uint16_t *windows)
{
    bool own = coded && windows[2];
    wr_le16(params, windows[own ? 2 : 0]);
    wr_le16(params, windows[own ? 3 : 1]);
}

uint16_t ext_scan_put_param(const struct bt_le_scan_param *param, struct wr *params)
{
    if (!ext_used()) {
        return 0;
    }
    const uint16_t windows[] = {param->interval, param->window, param->interval_coded,
                                param->window_coded};
    uint8_t phys = (uint8_t)((param->options & BT_LE_SCAN_OPT_NO_1M ? 0 : PHY_BIT_1M) |
                             (param->options & BT_LE_SCAN_OPT_CODED ? PHY_BIT_CODED : 0));
    wr_u8(params, rlist_own_type(gap_radio_addr()));
    wr_u8(params, param->options & BT_LE_SCAN_OPT_FILTER_ACCEPT_LIST
                      ? BT_HCI_LE_SCAN_FP_BASIC_FILTER
                      : BT_HCI_LE_SCAN_FP_BASIC_NO_FILTER);
    wr_u8(params, phys);
    for (uint8_t phy = PHY_BIT_1M; phy <= PHY_BIT_CODED; phy = (uint8_t)(phy << 2)) {
        if (phys & phy) {
            wr_u8(params, param->type);
            put_window(params, phy == PHY_BIT_CODED, windows);
        }
    }
    return BT_HCI_OP_LE_SET_EXT_SCAN_PARAM;
}

uint16_t ext_scan_put_enable(bool on, bool filter, struct wr *params)
{
    if (!ext_used()) {
        return 0;
    }
    ext_scan_lost(); // What was begun is over either way.
    wr_u8(params, on ? BT_HCI_LE_SCAN_ENABLE : BT_HCI_LE_SCAN_DISABLE);
    wr_u8(params, filter);
    wr_le16(params, 0); // The host counts the time.
    wr_le16(params, 0);
    return BT_HCI_OP_LE_SET_EXT_SCAN_ENABLE;
}

uint16_t ext_init_put_create(const struct init_run *run, struct wr *params)
{
    if (!ext_used()) {
        return 0;
    }
    const struct bt_conn_le_create_param *param = &run->param;
    const uint16_t windows[] = {param->interval, param->window, param->interval_coded,
                                param->window_coded};
    uint8_t phys = (uint8_t)((param->options & BT_CONN_LE_OPT_NO_1M ? 0 : PHY_BIT_1M) |
                             (param->options & BT_CONN_LE_OPT_CODED ? PHY_BIT_CODED : 0));
    wr_u8(params, init_by_list(run)); // Initiator_Filter_Policy: the accept list, or this peer.
    wr_u8(params, rlist_own_type(gap_radio_addr()));
    wr_u8(params, run->target.type);
    wr_bytes(params, run->target.a.val, BT_ADDR_SIZE);
    wr_u8(params, phys);
    for (uint8_t phy = PHY_BIT_1M; phy <= PHY_BIT_CODED; phy = (uint8_t)(phy << 2)) {
        if (phys & phy) {
            put_window(params, phy == PHY_BIT_CODED, windows);
            wr_le16(params, run->conn_param.interval_min);
            wr_le16(params, run->conn_param.interval_max);
            wr_le16(params, run->conn_param.latency);
            wr_le16(params, run->conn_param.timeout);
            wr_le32(params, 0); // Length of the connection events: no wish.
        }
    }
    return BT_HCI_OP_LE_EXT_CREATE_CONN;
}
