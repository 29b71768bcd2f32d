// Periodic advertising of a set (Vol 6, Part B, 4.4.2.12; Vol 4, Part E, 7.8.61 to 7.8.63): steps
// of the set beside those of its extended advertising, in the same engine (ext_adv.h).
//
// Invariant: `per_on` changes with the answer to LE Set Periodic Advertising Enable, and when the
// controller is lost.
#include <errno.h>

#include "gap/ext_adv.h"
#include "gap/ext_data.h"

#define OPT_KNOWN (BT_LE_PER_ADV_OPT_USE_TX_POWER | BT_LE_PER_ADV_OPT_INCLUDE_ADI)
#define PERIODIC  2 // Its data among the payloads of a call.

// ---- Commands -----------------------------------------------------------------------------------

static void put_param(struct bt_le_ext_adv *set, struct wr *params)
{
    const struct bt_le_per_adv_param *param = &set->per_param;
    bool tx_power = param->options & BT_LE_PER_ADV_OPT_USE_TX_POWER;
    wr_u8(params, ext_adv_handle(set));
    wr_le16(params, param->interval_min);
    wr_le16(params, param->interval_max);
    wr_le16(params, tx_power ? BT_HCI_LE_ADV_PROP_TX_POWER : 0);
}

static void put_data(struct bt_le_ext_adv *set, struct wr *params)
{
    struct ext_adv_data *data = &ext_adv_run.data;
    const struct ext_payload *payload = &data->payloads[PERIODIC];
    wr_u8(params, ext_adv_handle(set));
    wr_u8(params,
          ext_payload_next(payload, data->offset, BT_HCI_LE_PER_ADV_FRAG_MAX_LEN, &data->sent));
    wr_u8(params, (uint8_t)data->sent);
    ext_payload_put(payload, params, data->offset, data->sent);
}

static void put_enable(struct bt_le_ext_adv *set, struct wr *params)
{
    wr_u8(params, BT_HCI_LE_ADV_ENABLE);
    wr_u8(params, ext_adv_handle(set));
}

static void put_disable(struct bt_le_ext_adv *set, struct wr *params)
{
    wr_u8(params, BT_HCI_LE_ADV_DISABLE);
    wr_u8(params, ext_adv_handle(set));
}

static void param_set(struct bt_le_ext_adv *set, struct rd *ret)
{
    set->per_set = true;
}

static void enabled(struct bt_le_ext_adv *set, struct rd *ret)
{
    set->per_on = true;
}

static void disabled(struct bt_le_ext_adv *set, struct rd *ret)
{
    set->per_on = false;
}

const struct ext_adv_row per_adv_rows[] = {
    {STEP_PER_DISABLE, BT_HCI_OP_LE_SET_PER_ADV_ENABLE, put_disable, disabled},
    {STEP_PER_PARAM, BT_HCI_OP_LE_SET_PER_ADV_PARAM, put_param, param_set},
    {STEP_PER_DATA, BT_HCI_OP_LE_SET_PER_ADV_DATA, put_data, ext_adv_fragment_taken},
    {STEP_PER_ENABLE, BT_HCI_OP_LE_SET_PER_ADV_ENABLE, put_enable, enabled},
    {0, 0, NULL, NULL},
};

// ---- The API ------------------------------------------------------------------------------------

// 0, or why this set has no periodic advertising.
static int check(const struct bt_le_ext_adv *adv)
{
    const uint16_t not = BT_HCI_LE_ADV_PROP_CONN | BT_HCI_LE_ADV_PROP_SCAN |
                         BT_HCI_LE_ADV_PROP_LEGACY | BT_HCI_LE_ADV_PROP_ANON;
    int err = ext_adv_check(adv);
    if (err) {
        return err;
    }
    if (!hci_has_feature(BT_LE_FEAT_BIT_PER_ADV)) {
        return -ENOTSUP;
    }
    return adv->props & not ? -EINVAL : 0;
}

int bt_le_per_adv_set_param(struct bt_le_ext_adv *adv, const struct bt_le_per_adv_param *param)
{
    int err = check(adv);
    if (err) {
        return err;
    }
    if (!param || adv->per_on || param->interval_min < 6 ||
        param->interval_min > param->interval_max || (param->options & ~(uint32_t)OPT_KNOWN)) {
        return -EINVAL;
    }
    if (param->options & BT_LE_PER_ADV_OPT_INCLUDE_ADI) {
        return -ENOTSUP;
    }
    adv->per_param = *param;
    err = ext_adv_restore(adv);
    adv->todo |= err ? 0 : STEP_PER_PARAM;
    return err ? err : ext_adv_settle(adv);
}

int bt_le_per_adv_set_data(const struct bt_le_ext_adv *adv, const struct bt_data *ad, size_t ad_len)
{
    struct bt_le_ext_adv *set = (struct bt_le_ext_adv *)adv;
    struct ext_payload payload;
    int err = check(adv);
    err = err ? err : ext_payload_list(&payload, ad, ad_len);
    if (err || !adv->per_set) {
        return err ? err : -EINVAL;
    }
    if (adv->per_on && payload.len > BT_HCI_LE_PER_ADV_FRAG_MAX_LEN) {
        return -EAGAIN;
    }
    err = ext_adv_restore(set);
    if (err) {
        return err;
    }
    set->todo |= STEP_PER_DATA;
    ext_adv_run.data = (struct ext_adv_data){.set = set, .payloads = {[PERIODIC] = payload}};
    return ext_adv_settle(set);
}

int bt_le_per_adv_start(struct bt_le_ext_adv *adv)
{
    int err = check(adv);
    if (err || !adv->per_set) {
        return err ? err : -EINVAL;
    }
    if (adv->per_on) {
        return -EALREADY;
    }
    err = ext_adv_restore(adv);
    adv->todo |= err ? 0 : STEP_PER_ENABLE;
    return err ? err : ext_adv_settle(adv);
}

int bt_le_per_adv_stop(struct bt_le_ext_adv *adv)
{
    int err = check(adv);
    if (err || !adv->per_on) {
        return err ? err : -EALREADY;
    }
    adv->todo |= STEP_PER_DISABLE;
    return ext_adv_settle(adv);
}
