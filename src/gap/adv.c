// The legacy advertiser (Vol 6, Part B, 4.4.2; Vol 4, Part E, 7.8.5 to 7.8.9).
//
// Invariants: while connectable advertising is wanted or on, `conn` is a slot in state ADVERTISING
// that nobody else can take; the link that ends the advertising takes it over. `on` is what the
// controller does: it changes with the answer to LE Set Advertising Enable and with LE Connection
// Complete, nowhere else.
#include <errno.h>
#include <string.h>

#include <breeze/adv.h>

#include "gap/id.h"
#include "gap/state.h"
#include "hci/wait.h"

#define LOG_LAYER LOG_GAP
#include "base/log.h"

#define OPT_EXTENDED_ONLY                                                                          \
    (BT_LE_ADV_OPT_EXT_ADV | BT_LE_ADV_OPT_NO_2M | BT_LE_ADV_OPT_CODED | BT_LE_ADV_OPT_ANONYMOUS | \
     BT_LE_ADV_OPT_USE_TX_POWER | BT_LE_ADV_OPT_REQUIRE_S2_CODING |                                \
     BT_LE_ADV_OPT_REQUIRE_S8_CODING)
#define OPT_LATER BT_LE_ADV_OPT_NOTIFY_SCAN_REQ

// Advertising_Filter_Policy (7.8.5), bits.
#define FILTER_SCAN_REQ BIT(0)
#define FILTER_CONN     BIT(1)

static bool is_connectable(const struct bt_le_adv_param *param)
{
    return param->options & BT_LE_ADV_OPT_CONNECTABLE;
}

// The deprecated option without its deprecated companion: BT_LE_ADV_OPT_CONN is both bits.
static bool is_resuming(const struct bt_le_adv_param *param)
{
    return is_connectable(param) && !(param->options & BT_LE_ADV_OPT_ONE_TIME);
}

// ---- Runner -------------------------------------------------------------------------------------

// Legacy data travels in 31 octets, filled up with zeroes.
static void put_data(struct wr *params, const uint8_t *data, uint8_t len)
{
    wr_u8(params, len);
    uint8_t *to = wr_reserve(params, BT_GAP_ADV_MAX_ADV_DATA_LEN);
    if (to) {
        memset(to, 0, BT_GAP_ADV_MAX_ADV_DATA_LEN);
        memcpy(to, data, len);
    }
}

uint8_t adv_filter_of(uint32_t options)
{
    return (uint8_t)((options & BT_LE_ADV_OPT_FILTER_SCAN_REQ ? FILTER_SCAN_REQ : 0) |
                     (options & BT_LE_ADV_OPT_FILTER_CONN ? FILTER_CONN : 0));
}

static void build_param(const struct adv_run *run, struct wr *params)
{
    wr_le16(params, (uint16_t)run->param.interval_min);
    wr_le16(params, (uint16_t)run->param.interval_max);
    wr_u8(params, run->type);
    wr_u8(params, own_addr(run->own, run->param.id)->type);
    wr_u8(params, run->to.type);
    wr_bytes(params, run->to.a.val, BT_ADDR_SIZE);
    wr_u8(params, run->channels);
    wr_u8(params, adv_filter_of(run->param.options));
}

static void build_ad(const struct adv_run *run, struct wr *params)
{
    put_data(params, run->ad, run->ad_len);
}

static void build_sd(const struct adv_run *run, struct wr *params)
{
    put_data(params, run->sd, run->sd_len);
}

static const struct adv_step legacy_steps[] = {
    {ADV_DIRTY_PARAM, BT_HCI_OP_LE_SET_ADV_PARAM, build_param},
    {ADV_DIRTY_AD, BT_HCI_OP_LE_SET_ADV_DATA, build_ad},
    {ADV_DIRTY_SD, BT_HCI_OP_LE_SET_SCAN_RSP_DATA, build_sd},
    {0, 0, NULL},
};

// The advertiser is off for good: its slot goes back.
static void adv_off(void)
{
    gap_run.adv.want = false;
    if (gap_run.adv.conn) {
        conn_drop(gap_run.adv.conn);
        gap_run.adv.conn = NULL;
    }
}

static void fail(uint8_t status)
{
    gap_run.adv.status = status;
    if (!gap_run.adv.on) {
        adv_off();
    }
    log_wrn("advertising: status %02x", status);
}

static void step_done(void *arg, uint8_t status, struct rd *ret)
{
    gap_run.adv.data_sent = false;
    if (status) {
        gap_run.adv.dirty = 0;
        fail(status);
    }
}

static void enable_done(void *arg, uint8_t status, struct rd *ret)
{
    struct adv_run *run = &gap_run.adv;
    bool enable = arg != NULL;
    if (!status) {
        run->on = enable;
    } else if (!enable) {
        run->on = false; // It had ended already; its LE Connection Complete is on the way.
    } else {
        fail(status);
    }
}

static bool next_step(struct hci_cmd *cmd, struct wr *params)
{
    struct adv_run *run = &gap_run.adv;
    const struct adv_step *extended = ext_adv_steps();
    for (const struct adv_step *step = extended ? extended : legacy_steps; step->dirty; step++) {
        if (run->dirty & step->dirty) {
            run->dirty &= (uint8_t)~step->dirty;
            run->data_sent = true;
            step->build(run, params);
            *cmd = (struct hci_cmd){step->opcode, step_done, NULL};
            return true;
        }
    }
    return false;
}

// It may begin, with this address of ours. False: not now, or never.
static bool may_begin(struct adv_run *run, const bt_addr_le_t *own)
{
    if (rlist_needs_quiet()) {
        return false;
    }
    bool usable = own && (ext_used() || gap_id_usable(own));
    if (!usable && (!own || !gap_id_waiting())) {
        fail(BT_HCI_ERR_UNSPECIFIED); // There is none, or the controller refused it.
    }
    // With the extended commands the set has a random address of its own.
    bool random = own && own->type == BT_ADDR_LE_RANDOM;
    if (usable && ext_used() && random && !bt_addr_le_eq(own, &run->local)) {
        run->dirty |= ADV_DIRTY_ADDR;
    }
    return usable;
}

bool adv_next(struct hci_cmd *cmd, struct wr *params)
{
    struct adv_run *run = &gap_run.adv;
    if (!run->want && !run->on) {
        return false;
    }
    const bt_addr_le_t *own = own_addr(run->own, run->param.id);
    if (run->want && !run->on && !may_begin(run, own)) {
        return false;
    }
    // Rest when a private address's time is over, and go on with the next one.
    bool over = run->own != OWN_IDENTITY && own && !bt_addr_le_eq(own, &run->local);
    bool rests = run->on && (over || rlist_needs_quiet());
    bool active = run->want && !rests;
    if (active && next_step(cmd, params)) {
        return true;
    }
    if (active == run->on) {
        return false;
    }
    if (active) {
        run->local = *own;
    } else if (run->want && own_aim(run->param.options, run->param.id, &run->peer, &run->to)) {
        run->dirty |= ADV_DIRTY_PARAM; // The target's address may change as well.
    }
    uint16_t opcode = ext_adv_put_enable(run, active, params);
    if (!opcode) {
        wr_u8(params, active ? BT_HCI_LE_ADV_ENABLE : BT_HCI_LE_ADV_DISABLE);
        opcode = BT_HCI_OP_LE_SET_ADV_ENABLE;
    }
    *cmd = (struct hci_cmd){opcode, enable_done, active ? run : NULL};
    return true;
}

// ---- What others see ----------------------------------------------------------------------------

bool adv_is_on(void)
{
    return gap_run.adv.on;
}

bool adv_filters(void)
{
    const struct adv_run *run = &gap_run.adv;
    return ((run->want || run->on) && (run->param.options & ADV_OPT_FILTERS)) || ext_adv_filters();
}

bool adv_uses(uint8_t id)
{
    return ((gap_run.adv.want || gap_run.adv.on) && gap_run.adv.param.id == id) || ext_adv_uses(id);
}

int adv_random_id(void)
{
    const struct adv_run *run = &gap_run.adv;
    // With the extended commands each set has its own.
    if (!(run->want || run->on) || ext_used()) {
        return -1;
    }
    const bt_addr_le_t *addr = own_addr(run->own, run->param.id);
    return addr && addr->type == BT_ADDR_LE_RANDOM ? run->param.id : -1;
}

bool adv_hides(enum own_kind kind, uint8_t id)
{
    const bt_addr_le_t *addr = own_addr(kind, id);
    bool same = gap_run.adv.own == kind && gap_run.adv.param.id == id;
    return addr && addr->type == BT_ADDR_LE_RANDOM && adv_random_id() >= 0 && !same;
}

void adv_lost(void)
{
    struct adv_run *run = &gap_run.adv;
    run->on = false;
    run->resume = false;
    adv_off();
}

struct bt_conn *adv_connected(void)
{
    struct adv_run *run = &gap_run.adv;
    struct bt_conn *conn = run->conn;
    // Without one the advertising was stopped while the central connected.
    if (!conn) {
        conn = conn_take(CONN_ADVERTISING);
    }
    // It may rest just now.
    if ((run->on || run->want) && is_connectable(&run->param)) {
        run->on = false;
        run->want = false;
        run->conn = NULL;
        run->resume = is_resuming(&run->param);
    }
    if (conn) {
        conn->id = run->param.id;
        conn->local = run->local;
    }
    return conn;
}

bool adv_timed_out(void)
{
    struct adv_run *run = &gap_run.adv;
    if (!run->on || run->type != BT_HCI_ADV_DIRECT_IND) {
        return false;
    }
    struct bt_conn *conn = run->conn;
    run->conn = NULL;
    run->on = false;
    run->want = false;
    if (conn) {
        conn->id = run->param.id;
        conn->dst = run->peer;
        conn_fail(conn, BT_HCI_ERR_ADV_TIMEOUT);
    }
    return true;
}

// A slot is free: advertising that the deprecated option keeps alive goes on.
void adv_recycled(void)
{
    struct adv_run *run = &gap_run.adv;
    if (!run->resume || run->want || run->on) {
        return;
    }
    run->conn = conn_take(CONN_ADVERTISING);
    if (run->conn) {
        run->want = true;
        run->resume = false;
        run->local = *BT_ADDR_LE_ANY;
        run->dirty = ADV_DIRTY_PARAM | ADV_DIRTY_AD | ADV_DIRTY_SD;
        gap_id_retry();
        hci_cmd_kick();
    }
}

// ---- Data ---------------------------------------------------------------------------------------

static bool has_name(const struct bt_data *data, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (data[i].type == BT_DATA_NAME_COMPLETE || data[i].type == BT_DATA_NAME_SHORTENED) {
            return true;
        }
    }
    return false;
}

// Append the device name, shortened to what is left (Supplement, Part A, 1.2).
static int name_append(uint8_t *to, int len)
{
    int room = BT_GAP_ADV_MAX_ADV_DATA_LEN - len - 2;
    if (room < 1) {
        return -EINVAL;
    }
    const char *name = bt_get_name();
    size_t name_len = strlen(name);
    bool whole = name_len <= (size_t)room;
    struct bt_data data = BT_DATA(whole ? BT_DATA_NAME_COMPLETE : BT_DATA_NAME_SHORTENED, name,
                                  (uint8_t)(whole ? name_len : (size_t)room));
    return len + (int)bt_data_serialize(&data, &to[len]);
}

struct adv_data {
    int ad_len;
    int sd_len;
    uint8_t ad[BT_GAP_ADV_MAX_ADV_DATA_LEN];
    uint8_t sd[BT_GAP_ADV_MAX_ADV_DATA_LEN];
};

// Serialise both. 0, or -EINVAL.
static int data_build(struct adv_data *built, const struct bt_le_adv_param *param, bool scannable,
                      const struct bt_data *ad, size_t ad_len, const struct bt_data *sd,
                      size_t sd_len)
{
    built->ad_len = ad_write(ad, ad_len, built->ad, sizeof(built->ad));
    built->sd_len = ad_write(sd, sd_len, built->sd, sizeof(built->sd));
    if (built->ad_len < 0 || built->sd_len < 0) {
        return -EINVAL;
    }
    if (!(param->options & BT_LE_ADV_OPT_USE_NAME)) {
        return 0;
    }
    if (has_name(ad, ad_len) || has_name(sd, sd_len)) {
        return -EINVAL;
    }
    if (scannable && !(param->options & BT_LE_ADV_OPT_FORCE_NAME_IN_AD)) {
        built->sd_len = name_append(built->sd, built->sd_len);
    } else {
        built->ad_len = name_append(built->ad, built->ad_len);
    }
    return built->ad_len < 0 || built->sd_len < 0 ? -EINVAL : 0;
}

static void data_take(const struct adv_data *built)
{
    struct adv_run *run = &gap_run.adv;
    run->ad_len = (uint8_t)built->ad_len;
    run->sd_len = (uint8_t)built->sd_len;
    memcpy(run->ad, built->ad, sizeof(run->ad));
    memcpy(run->sd, built->sd, sizeof(run->sd));
}

// ---- The API ------------------------------------------------------------------------------------

static uint8_t channels_of(uint32_t options)
{
    return (uint8_t)(0x07 & ~((options & BT_LE_ADV_OPT_DISABLE_CHAN_37 ? BIT(0) : 0) |
                              (options & BT_LE_ADV_OPT_DISABLE_CHAN_38 ? BIT(1) : 0) |
                              (options & BT_LE_ADV_OPT_DISABLE_CHAN_39 ? BIT(2) : 0)));
}

// Advertising_Type (7.8.5) from what was asked for.
static uint8_t type_of(const struct bt_le_adv_param *param, bool scannable)
{
    if (param->peer) {
        return param->options & BT_LE_ADV_OPT_DIR_MODE_LOW_DUTY ? BT_HCI_ADV_DIRECT_IND_LOW_DUTY
                                                                : BT_HCI_ADV_DIRECT_IND;
    }
    if (is_connectable(param)) {
        return BT_HCI_ADV_IND;
    }
    return scannable ? BT_HCI_ADV_SCAN_IND : BT_HCI_ADV_NONCONN_IND;
}

static int param_check(const struct bt_le_adv_param *param, size_t data_count)
{
    if (!gap_id_addr(param->id) || (param->options & OPT_EXTENDED_ONLY) ||
        !channels_of(param->options)) {
        return -EINVAL;
    }
    if ((param->options & ADV_OPT_FILTERS) && !CONFIG_BT_FILTER_ACCEPT_LIST) {
        return -ENOTSUP;
    }
    if ((param->options & OPT_LATER) || (is_connectable(param) && !CONFIG_BT_PERIPHERAL)) {
        return -ENOTSUP;
    }
    int own = own_kind_of(param->options);
    if (own < 0) {
        return own;
    }
    bool directed = param->peer != NULL;
    if (!directed && (param->options & BT_LE_ADV_OPT_DIR_ADDR_RPA)) {
        return -EINVAL;
    }
    bool high_duty = directed && !(param->options & BT_LE_ADV_OPT_DIR_MODE_LOW_DUTY);
    if (directed && (!is_connectable(param) || data_count || (param->options & ADV_OPT_FILTERS))) {
        return -EINVAL;
    }
    if (!high_duty && (param->interval_min < 0x0020 || param->interval_max > 0x4000 ||
                       param->interval_min > param->interval_max)) {
        return -EINVAL;
    }
    return 0;
}

static bool is_random(const bt_addr_le_t *addr)
{
    return addr && addr->type == BT_ADDR_LE_RANDOM;
}

// The initiator uses another random address of ours already.
static bool address_taken(enum own_kind kind, uint8_t id)
{
    bool same = id == BT_ID_DEFAULT && kind == own_kind();
    return init_is_active() && !ext_used() && !same && is_random(own_addr(kind, id)) &&
           is_random(own_addr(own_kind(), BT_ID_DEFAULT));
}

static bool adv_busy(void *arg)
{
    return gap_run.adv.want != gap_run.adv.on;
}

// Wait until the controller does what is wanted.
static int adv_settle(void)
{
    struct adv_run *run = &gap_run.adv;
    run->status = 0;
    hci_cmd_kick();
    int err = hci_wait(adv_busy, NULL);
    if (err == -EINTR) {
        adv_off();
        hci_cmd_kick();
    }
    return err ? err : hci_errno(run->status);
}

// 0, or why advertising cannot start at all.
static int start_check(const struct bt_le_adv_param *param)
{
    if (!gap_is_ready()) {
        return -EAGAIN;
    }
    if (!param) {
        return -EINVAL;
    }
    return gap_run.adv.want || gap_run.adv.on ? -EALREADY : 0;
}

static int start(const struct bt_le_adv_param *param, bool scannable, const struct adv_data *built)
{
    struct adv_run *run = &gap_run.adv;
    enum own_kind own = (enum own_kind)own_kind_of(param->options);
    if (!own_prepare(own, param->id)) {
        return -EAGAIN;
    }
    if (address_taken(own, param->id)) {
        return -EBUSY;
    }
    const bt_addr_le_t *peer = param->peer ? param->peer : BT_ADDR_LE_ANY;
    if (!own_aim(param->options, param->id, peer, &run->to)) {
        return -EINVAL;
    }
    if (is_connectable(param)) {
        run->conn = conn_take(CONN_ADVERTISING);
        if (!run->conn) {
            return -ENOMEM;
        }
    }
    run->own = own;
    run->param = *param;
    run->param.peer = NULL;
    run->peer = *peer;
    run->type = type_of(param, scannable);
    run->channels = channels_of(param->options);
    data_take(built);
    run->local = *BT_ADDR_LE_ANY;
    run->dirty = ADV_DIRTY_PARAM;
    if (!param->peer) {
        run->dirty |= ADV_DIRTY_AD | (scannable ? ADV_DIRTY_SD : 0);
    }
    run->resume = false;
    run->want = true;
    gap_id_retry();
    return adv_settle();
}

static bool is_scannable(const struct bt_le_adv_param *param, size_t sd_len)
{
    return !param->peer &&
           (is_connectable(param) || sd_len || (param->options & BT_LE_ADV_OPT_SCANNABLE));
}

int bt_le_adv_start(const struct bt_le_adv_param *param, const struct bt_data *ad, size_t ad_len,
                    const struct bt_data *sd, size_t sd_len)
{
    struct adv_data built;
    int err = start_check(param);
    err = err ? err : param_check(param, ad_len + sd_len);
    if (err) {
        return err;
    }
    bool scannable = is_scannable(param, sd_len);
    err = data_build(&built, param, scannable, ad, ad_len, sd, sd_len);
    return err ? err : start(param, scannable, &built);
}

int breeze_adv_start_raw(const struct bt_le_adv_param *param, const uint8_t *ad, size_t ad_len,
                         const uint8_t *sd, size_t sd_len)
{
    struct adv_data built = {.ad_len = (int)ad_len, .sd_len = (int)sd_len};
    int err = start_check(param);
    err = err ? err : param_check(param, ad_len + sd_len);
    if (err) {
        return err;
    }
    if (ad_len > sizeof(built.ad) || sd_len > sizeof(built.sd) || (ad_len && !ad) ||
        (sd_len && !sd) || (param->options & BT_LE_ADV_OPT_USE_NAME)) {
        return -EINVAL;
    }
    if (ad_len) {
        memcpy(built.ad, ad, ad_len);
    }
    if (sd_len) {
        memcpy(built.sd, sd, sd_len);
    }
    return start(param, is_scannable(param, sd_len), &built);
}

static bool data_busy(void *arg)
{
    return gap_run.adv.dirty || gap_run.adv.data_sent;
}

int bt_le_adv_update_data(const struct bt_data *ad, size_t ad_len, const struct bt_data *sd,
                          size_t sd_len)
{
    struct adv_run *run = &gap_run.adv;
    struct adv_data built;
    if (!run->want || !run->on) {
        return -EAGAIN;
    }
    bool scannable = run->type == BT_HCI_ADV_IND || run->type == BT_HCI_ADV_SCAN_IND;
    bool directed = !scannable && run->type != BT_HCI_ADV_NONCONN_IND;
    if (directed || (sd_len && !scannable)) {
        return -EINVAL;
    }
    int err = data_build(&built, &run->param, scannable, ad, ad_len, sd, sd_len);
    if (err) {
        return err;
    }
    data_take(&built);
    run->dirty |= ADV_DIRTY_AD | (scannable ? ADV_DIRTY_SD : 0);
    run->status = 0;
    hci_cmd_kick();
    err = hci_wait(data_busy, NULL);
    return err ? err : hci_errno(run->status);
}

int bt_le_adv_stop(void)
{
    gap_run.adv.resume = false;
    if (!gap_run.adv.want && !gap_run.adv.on) {
        return 0;
    }
    adv_off();
    return adv_settle();
}
