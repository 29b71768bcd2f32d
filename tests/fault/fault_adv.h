// Advertising sets and periodic trains in the fault sweeps. Included once, by fault.c, behind its helpers.
#ifndef BREEZE_TESTS_FAULT_FAULT_ADV_H_
#define BREEZE_TESTS_FAULT_FAULT_ADV_H_

#define ADV_LONG 600 // Octets of data, more than a PDU holds
#define ADV_SID  3

static struct bt_le_ext_adv *adv_set;       // The peripheral's,
static struct bt_le_per_adv_sync *adv_sync; // ... and the central's of its train.
static struct {
    unsigned int whole; // Long data that came whole.
    unsigned int set_connected;
    unsigned int sent;
    unsigned int synced;
    unsigned int reports;
} adv_seen;

// ---- The application ---------------------------------------------------------------------------

static void on_set_sent(struct bt_le_ext_adv *set, struct bt_le_ext_adv_sent_info *info)
{
    (void)callback();
    adv_seen.sent++;
}

static void on_set_connected(struct bt_le_ext_adv *set, struct bt_le_ext_adv_connected_info *info)
{
    (void)callback();
    adv_seen.set_connected++;
}

static const struct bt_le_ext_adv_cb adv_set_cb = {.sent = on_set_sent,
                                                   .connected = on_set_connected};

static void on_ext_report(const struct bt_le_scan_recv_info *info, struct net_buf_simple *buf)
{
    (void)callback();
    adv_seen.whole += (info->adv_props & BT_GAP_ADV_PROP_EXT_ADV) && buf->len == ADV_LONG;
}

static void on_synced(struct bt_le_per_adv_sync *sync, struct bt_le_per_adv_sync_synced_info *info)
{
    struct side *side = callback();
    adv_seen.synced++;
    if (info->conn) { // Of a transfer: it begins here.
        side->held++;
        adv_sync = sync;
    }
}

static void on_term(struct bt_le_per_adv_sync *sync,
                    const struct bt_le_per_adv_sync_term_info *info)
{
    callback()->held--;
    adv_sync = NULL;
}

static void on_train(struct bt_le_per_adv_sync *sync,
                     const struct bt_le_per_adv_sync_recv_info *info, struct net_buf_simple *buf)
{
    (void)callback();
    adv_seen.reports++;
}

static struct bt_le_scan_cb adv_scan_cb = {.recv = on_ext_report};
static struct bt_le_per_adv_sync_cb adv_sync_cb = {
    .synced = on_synced, .term = on_term, .recv = on_train};

// Of the central only; registrations outlive bt_disable().
static int call_listen(void)
{
    int err = bt_le_scan_cb_register(&adv_scan_cb);
    int sync_err = bt_le_per_adv_sync_cb_register(&adv_sync_cb);
    return (err && err != -EEXIST) || (sync_err && sync_err != -EEXIST) ? -EIO : 0;
}

static int set_create(uint32_t options, uint16_t len)
{
    static uint8_t octets[250];
    struct bt_data list[3];
    size_t count = 0;
    struct bt_le_adv_param param =
        BT_LE_ADV_PARAM_INIT(BT_LE_ADV_OPT_EXT_ADV | options, 0x40, 0x40, NULL);
    param.sid = ADV_SID;
    for (uint16_t done = 0; done < len; count++) {
        uint8_t part = (uint8_t)MIN(len - done, 202);
        list[count] = (struct bt_data){BT_DATA_MANUFACTURER_DATA, (uint8_t)(part - 2), octets};
        done = (uint16_t)(done + part);
    }
    int err = bt_le_ext_adv_create(&param, &adv_set_cb, &adv_set);
    return err ? err : bt_le_ext_adv_set_data(adv_set, list, count, NULL, 0);
}

static int call_set_long(void)
{
    int err = set_create(BT_LE_ADV_OPT_NONE, ADV_LONG);
    return err ? err : bt_le_ext_adv_start(adv_set, BT_LE_EXT_ADV_START_DEFAULT);
}

static int call_set_connectable(void)
{
    int err = set_create(BT_LE_ADV_OPT_CONN, 40);
    return err ? err : bt_le_ext_adv_start(adv_set, BT_LE_EXT_ADV_START_DEFAULT);
}

static int call_set_short(void)
{
    return bt_le_ext_adv_start(adv_set, BT_LE_EXT_ADV_START_PARAM(0, 3));
}

static int call_set_stop(void)
{
    return bt_le_ext_adv_stop(adv_set);
}

static int call_set_delete(void)
{
    int err = bt_le_ext_adv_stop(adv_set);
    return err ? err : bt_le_ext_adv_delete(adv_set);
}

static int call_scan_sets(void)
{
    int err = call_listen();
    return err ? err : bt_le_scan_start(BT_LE_SCAN_PASSIVE_CONTINUOUS, NULL);
}

static int call_train(void)
{
    static const uint8_t octets[20];
    const struct bt_data data = {BT_DATA_MANUFACTURER_DATA, sizeof(octets), octets};
    int err = set_create(BT_LE_ADV_OPT_NONE, 20);
    err =
        err ? err
            : bt_le_per_adv_set_param(adv_set, BT_LE_PER_ADV_PARAM(40, 40, BT_LE_PER_ADV_OPT_NONE));
    err = err ? err : bt_le_per_adv_set_data(adv_set, &data, 1);
    err = err ? err : bt_le_per_adv_start(adv_set);
    return err ? err : bt_le_ext_adv_start(adv_set, BT_LE_EXT_ADV_START_DEFAULT);
}

static int call_train_delete(void)
{
    int err = bt_le_per_adv_stop(adv_set);
    return err ? err : call_set_delete();
}

static int call_follow(void)
{
    const struct bt_le_per_adv_sync_param param = {
        .addr = sides[PERIPHERAL].addr, .sid = ADV_SID, .timeout = 100};
    int err = call_listen();
    err = err ? err : bt_le_per_adv_sync_create(&param, &adv_sync);
    here()->held += !err;
    return err;
}

static int call_leave(void)
{
    return adv_sync ? bt_le_per_adv_sync_delete(adv_sync) : -ENOENT;
}

static int call_take_transfers(void)
{
    const struct bt_le_per_adv_sync_transfer_param param = {.timeout = 100};
    int err = call_listen();
    return err ? err : bt_le_per_adv_sync_transfer_subscribe(NULL, &param);
}

static int call_transfer(void)
{
    return here()->conn ? bt_le_per_adv_set_info_transfer(adv_set, here()->conn, 7) : -ENOTCONN;
}

// ---- Scenarios ---------------------------------------------------------------------------------

static bool none_held(void)
{
    for (int64_t left = STEP_US; left > 0 && sides[CENTRAL].held; left -= TICK_US) {
        pass(TICK_US);
    }
    return !sides[CENTRAL].held;
}

// Long data over a chain; a set that ends by itself; a link from a set.
static bool scenario_sets(void)
{
    unsigned int whole = adv_seen.whole;
    unsigned int sent = adv_seen.sent;
    unsigned int connected = adv_seen.set_connected;
    return up() && does(PERIPHERAL, call_set_long) && does(CENTRAL, call_scan_sets) &&
           until(&adv_seen.whole, whole + 1) && does(CENTRAL, bt_le_scan_stop) &&
           does(PERIPHERAL, call_set_stop) && does(PERIPHERAL, call_set_short) &&
           until(&adv_seen.sent, sent + 1) && does(PERIPHERAL, call_set_delete) &&
           link_up(call_set_connectable, call_create) &&
           until(&adv_seen.set_connected, connected + 1) && link_down(CENTRAL) &&
           does(PERIPHERAL, call_set_delete);
}

static bool follow(void)
{
    unsigned int synced = adv_seen.synced;
    unsigned int reports = adv_seen.reports;
    return does(CENTRAL, call_follow) && until(&adv_seen.synced, synced + 1) &&
           until(&adv_seen.reports, reports + 2);
}

static bool scenario_train(void)
{
    return up() && does(PERIPHERAL, call_train) && follow() && does(CENTRAL, call_leave) &&
           none_held() && does(PERIPHERAL, call_train_delete);
}

// The central takes the peripheral's train over their link.
static bool scenario_transfer(void)
{
    unsigned int synced = adv_seen.synced;
    unsigned int reports = adv_seen.reports;
    return up() && does(CENTRAL, call_take_transfers) && does(PERIPHERAL, call_train) &&
           known_up() && does(PERIPHERAL, call_transfer) && until(&adv_seen.synced, synced + 1) &&
           until(&adv_seen.reports, reports + 2) && link_down(PERIPHERAL) &&
           does(CENTRAL, call_leave) && none_held() && does(PERIPHERAL, call_train_delete);
}

#endif // BREEZE_TESTS_FAULT_FAULT_ADV_H_
