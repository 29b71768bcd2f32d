// See pair.h. One pair at a time, as there is one simulation at a time.
#include "support/pair.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <breeze/breeze.h>
#include <zephyr/bluetooth/hci.h>

// A step of pair_start() that takes longer than this in virtual time does not happen at all.
#define STEP_LIMIT_US 10000000

static struct pair *current;

struct pair *pair_now(void)
{
    return current;
}

struct pair_host *pair_here(void)
{
    return &current->hosts[sim_current() == current->hosts[1].host];
}

// ---- The service --------------------------------------------------------------------------------

static ssize_t on_read(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                       uint16_t len, uint16_t offset)
{
    struct pair_host *here = pair_here();
    return bt_gatt_attr_read(conn, attr, buf, len, offset, here->value, here->value_len);
}

static ssize_t on_write(struct bt_conn *conn, const struct bt_gatt_attr *attr, const void *buf,
                        uint16_t len, uint16_t offset, uint8_t flags)
{
    struct pair_host *here = pair_here();
    if (offset + len > sizeof(here->value)) {
        return BT_GATT_ERR(BT_ATT_ERR_INVALID_ATTRIBUTE_LEN);
    }
    memcpy(here->value + offset, buf, len);
    here->value_len = offset + len;
    here->written++;
    return len;
}

#define PAIR_UUID(n)                                                                               \
    BT_UUID_DECLARE_128(                                                                           \
        BT_UUID_128_ENCODE(0x5a1e0000 + (n), 0xbee2, 0x4e5a, 0x8f00, 0x0242ac120002))

BT_GATT_SERVICE_DEFINE(pair_service, BT_GATT_PRIMARY_SERVICE(PAIR_UUID(0)),
                       BT_GATT_CHARACTERISTIC(PAIR_UUID(1), BT_GATT_CHRC_NOTIFY, BT_GATT_PERM_NONE,
                                              NULL, NULL, NULL),
                       BT_GATT_CCC(NULL, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE),
                       BT_GATT_CHARACTERISTIC(PAIR_UUID(2), BT_GATT_CHRC_READ | BT_GATT_CHRC_WRITE,
                                              BT_GATT_PERM_READ | BT_GATT_PERM_WRITE, on_read,
                                              on_write, NULL), );

const struct bt_gatt_attr *pair_notify_attr(void)
{
    return &pair_service.attrs[1];
}

// ---- Callbacks ----------------------------------------------------------------------------------

static void on_connected(struct bt_conn *conn, uint8_t err)
{
    if (!current) {
        return;
    }
    struct pair_host *here = pair_here();
    if (err) {
        here->failed++;
        return;
    }
    here->connected++;
    if (!here->conn) {
        here->conn = bt_conn_ref(conn);
        (void)bt_hci_get_conn_handle(conn, &here->handle);
    }
}

static void on_disconnected(struct bt_conn *conn, uint8_t reason)
{
    if (!current) {
        return;
    }
    struct pair_host *here = pair_here();
    here->disconnected++;
    here->reason = reason;
    if (here->conn == conn) {
        bt_conn_unref(conn);
        here->conn = NULL;
    }
}

BT_CONN_CB_DEFINE(pair_callbacks) = {
    .connected = on_connected,
    .disconnected = on_disconnected,
};

bool pair_until(bool (*pred)(void *arg), void *arg, int64_t limit_us)
{
    return sim_until(current->sim, pred, arg, limit_us);
}

void pair_on(unsigned int who, void (*fn)(void *arg), void *arg)
{
    sim_on(current->hosts[who].host, fn, arg);
}

// ---- Steps --------------------------------------------------------------------------------------

// What a function that runs inside a host hands back.
struct step {
    const struct pair_options *options;
    uint16_t number;
    int err;
    bool done;
};

static bool step_done(void *arg)
{
    return ((struct step *)arg)->done;
}

static bool step_failed(const char *what, int err)
{
    fprintf(stderr, "pair: %s: %d\n", what, err);
    return false;
}

static void do_enable(void *arg)
{
    struct step *step = arg;
    step->err = bt_enable(NULL);
    if (!step->err && step->options->mtu) {
        step->err = breeze_mtu_set(step->options->mtu);
    }
}

static void write_trace(void *ctx, const void *data, size_t len)
{
    FILE *file = fopen(ctx, "ab");
    if (file) {
        (void)fwrite(data, 1, len, file);
        (void)fclose(file);
    }
}

// With PAIR_TRACE=DIR in the environment, each host's HCI is left there as btsnoop.
static void trace(struct pair_host *host, const char *name)
{
    static char paths[2][256];
    const char *folder = getenv("PAIR_TRACE");
    if (folder) {
        char *path = paths[host == &current->hosts[1]];
        (void)snprintf(path, sizeof(paths[0]), "%s/%s.btsnoop", folder, name);
        (void)remove(path);
        air_controller_trace(sim_controller(host->host), (struct air_sink){write_trace, path});
    }
}

bool pair_enable(struct pair *pair, const struct pair_options *options)
{
    memset(pair, 0, sizeof(*pair));
    current = pair;
    pair->sim = sim_new(&(struct air_config){.seed = options->seed, .loss_ppm = options->loss_ppm});
    if (!pair->sim) {
        return step_failed("no simulation", -ENOMEM);
    }
    for (int i = 0; i < 2; i++) {
        struct air_controller_config config = options->controller;
        config.name = i == PAIR_PERIPHERAL ? "peripheral" : "central";
        pair->hosts[i].host = sim_host_add(pair->sim, &config);
        trace(&pair->hosts[i], config.name);
    }
    for (int i = 0; i < 2; i++) {
        struct step step = {.options = options};
        sim_on(pair->hosts[i].host, do_enable, &step);
        if (step.err) {
            return step_failed("bt_enable", step.err);
        }
    }
    return true;
}

static const struct bt_data ad[] = {BT_DATA_BYTES(BT_DATA_FLAGS, BT_LE_AD_GENERAL)};

static void do_advertise(void *arg)
{
    struct step *step = arg;
    step->err = bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, ad, ARRAY_SIZE(ad), NULL, 0);
}

static void do_connect(void *arg)
{
    struct step *step = arg;
    bt_addr_le_t peer = {.type = BT_ADDR_LE_RANDOM};
    air_controller_static_address(sim_controller(current->hosts[PAIR_PERIPHERAL].host), peer.a.val);
    struct bt_conn *conn = NULL;
    struct bt_le_conn_param param = BT_LE_CONN_PARAM_INIT(step->number, step->number, 0, 400);
    step->err = bt_conn_le_create(&peer, BT_CONN_LE_CREATE_CONN, &param, &conn);
    if (!step->err) {
        bt_conn_unref(conn);
    }
}

static bool both_connected(void *arg)
{
    return current->hosts[0].conn && current->hosts[1].conn;
}

bool pair_connect(struct pair *pair, uint16_t interval)
{
    struct step step = {.number = interval ? interval : 6};
    sim_on(pair->hosts[PAIR_PERIPHERAL].host, do_advertise, &step);
    if (step.err) {
        return step_failed("bt_le_adv_start", step.err);
    }
    sim_on(pair->hosts[PAIR_CENTRAL].host, do_connect, &step);
    if (step.err) {
        return step_failed("bt_conn_le_create", step.err);
    }
    return pair_until(both_connected, NULL, STEP_LIMIT_US) || step_failed("no connection", 0);
}

static void do_disconnect(void *arg)
{
    struct step *step = arg;
    step->err = bt_conn_disconnect(pair_here()->conn, BT_HCI_ERR_REMOTE_USER_TERM_CONN);
}

static bool both_disconnected(void *arg)
{
    return !current->hosts[0].conn && !current->hosts[1].conn;
}

bool pair_disconnect(struct pair *pair, unsigned int who)
{
    struct step step = {0};
    sim_on(pair->hosts[who].host, do_disconnect, &step);
    if (step.err) {
        return step_failed("bt_conn_disconnect", step.err);
    }
    return pair_until(both_disconnected, NULL, STEP_LIMIT_US) || step_failed("still connected", 0);
}

static void mtu_done(struct bt_conn *conn, uint8_t err, struct bt_gatt_exchange_params *params);

static struct {
    struct bt_gatt_exchange_params params;
    struct step *step;
} exchange = {.params = {.func = mtu_done}};

static void mtu_done(struct bt_conn *conn, uint8_t err, struct bt_gatt_exchange_params *params)
{
    exchange.step->err = err;
    exchange.step->done = true;
}

static void do_exchange(void *arg)
{
    exchange.step = arg;
    exchange.step->err = bt_gatt_exchange_mtu(pair_here()->conn, &exchange.params);
}

// Raw commands: their own calls come with the issue on links.
static void command(struct step *step, uint16_t opcode, const void *params, size_t len)
{
    struct net_buf *buf = bt_hci_cmd_create(opcode, (uint8_t)len);
    if (!buf) {
        step->err = -ENOBUFS;
        return;
    }
    net_buf_add_mem(buf, params, len);
    step->err = bt_hci_cmd_send_sync(opcode, buf, NULL);
}

static void do_data_length(void *arg)
{
    uint16_t handle = pair_here()->handle;
    const uint8_t params[] = {handle & 0xff, handle >> 8, 251, 0, 2120 & 0xff, 2120 >> 8};
    command(arg, BT_HCI_OP_LE_SET_DATA_LEN, params, sizeof(params));
}

static void do_phy(void *arg)
{
    uint16_t handle = pair_here()->handle;
    const uint8_t params[] = {handle & 0xff, handle >> 8, 0, 2, 2, 0, 0};
    command(arg, BT_HCI_OP_LE_SET_PHY, params, sizeof(params));
}

static bool link_is(void *arg)
{
    const struct pair_options *options = arg;
    struct air_link_stats stats;
    for (int i = 0; i < 2; i++) {
        if (air_link_stats(sim_controller(current->hosts[i].host), current->hosts[i].handle,
                           &stats)) {
            return false;
        }
        if ((options->data_length && (stats.max_tx_octets != 251 || stats.max_rx_octets != 251)) ||
            (options->phy_2m && (stats.tx_phy != 2 || stats.rx_phy != 2))) {
            return false;
        }
    }
    return true;
}

static uint8_t on_notified(struct bt_conn *conn, struct bt_gatt_subscribe_params *params,
                           const void *data, uint16_t len)
{
    struct pair_host *here = pair_here();
    if (data) {
        here->notified++;
        here->notified_octets += len;
        here->value_len = MIN(len, sizeof(here->value));
        memcpy(here->value, data, here->value_len);
    }
    return BT_GATT_ITER_CONTINUE;
}

static struct bt_gatt_subscribe_params subscription;

// Also called when the subscription is renewed with a bonded peer, when no step waits for it.
static void subscribed(struct bt_conn *conn, uint8_t err, struct bt_gatt_subscribe_params *params)
{
    if (exchange.step) {
        exchange.step->err = err;
        exchange.step->done = true;
        exchange.step = NULL;
    }
}

static void do_handles(void *arg)
{
    current->notify_handle = bt_gatt_attr_value_handle(pair_notify_attr());
    current->write_handle = current->notify_handle + 3; // CCC, declaration, value
}

static void do_subscribe(void *arg)
{
    exchange.step = arg;
    subscription = (struct bt_gatt_subscribe_params){
        .notify = on_notified,
        .subscribe = subscribed,
        .value_handle = current->notify_handle,
        .ccc_handle = current->notify_handle + 1,
        .value = BT_GATT_CCC_NOTIFY,
    };
    exchange.step->err = bt_gatt_subscribe(pair_here()->conn, &subscription);
}

// Run a step that ends in a callback on the central.
static bool central_step(struct pair *pair, const char *what, void (*fn)(void *arg))
{
    struct step step = {0};
    sim_on(pair->hosts[PAIR_CENTRAL].host, fn, &step);
    if (step.err || !pair_until(step_done, &step, STEP_LIMIT_US) || step.err) {
        return step_failed(what, step.err);
    }
    return true;
}

static bool pair_radio(struct pair *pair, const struct pair_options *options)
{
    struct step step = {0};
    if (options->data_length) {
        sim_on(pair->hosts[PAIR_CENTRAL].host, do_data_length, &step);
    }
    if (!step.err && options->phy_2m) {
        sim_on(pair->hosts[PAIR_CENTRAL].host, do_phy, &step);
    }
    if (step.err || !pair_until(link_is, (void *)options, STEP_LIMIT_US)) {
        return step_failed("data length or PHY", step.err);
    }
    return true;
}

bool pair_start(struct pair *pair, const struct pair_options *options)
{
    if (!pair_enable(pair, options) || !pair_connect(pair, options->interval) ||
        !pair_radio(pair, options)) {
        return false;
    }
    sim_on(pair->hosts[PAIR_PERIPHERAL].host, do_handles, NULL);
    return (!options->mtu || central_step(pair, "bt_gatt_exchange_mtu", do_exchange)) &&
           (!options->subscribe || central_step(pair, "bt_gatt_subscribe", do_subscribe));
}

static void do_disable(void *arg)
{
    (void)bt_disable();
}

void pair_stop(struct pair *pair)
{
    for (int i = 0; i < 2; i++) {
        if (pair->hosts[i].host) {
            sim_on(pair->hosts[i].host, do_disable, NULL);
        }
    }
    sim_free(pair->sim);
    current = NULL;
}
