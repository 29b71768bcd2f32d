// Instructions per unit, counted by callgrind (bench/run.py): one unit per connection event, UNITS
// units, one side. Only the measured host's turns are collected; bench/callgrind.py then keeps what
// stands under src/. Usage: bench_insn NAME [ACL_LEN], the names are in the table below.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <breeze/breeze.h>
#include <valgrind/callgrind.h>
#include <zephyr/bluetooth/l2cap.h>

#include "support/pair.h"

#define UNITS 1000

static struct pair pair;

static void collect(bool on)
{
    CALLGRIND_TOGGLE_COLLECT;
}

// ---- Units --------------------------------------------------------------------------------------

static const uint8_t payload[20];
static unsigned int done;

static void sent(struct bt_conn *conn, void *user_data)
{
    done++;
}

static void notify(void *arg)
{
    struct bt_gatt_notify_params params = {
        .attr = pair_notify_attr(), .data = payload, .len = sizeof(payload), .func = sent};
    if (bt_gatt_notify_cb(pair_here()->conn, &params)) {
        fprintf(stderr, "bench: a notification was refused\n");
    }
}

static void written(struct bt_conn *conn, uint8_t err, struct bt_gatt_write_params *params)
{
    done += !err;
}

static void write_value(void *arg)
{
    static struct bt_gatt_write_params params;
    params = (struct bt_gatt_write_params){
        .func = written, .handle = pair.write_handle, .data = payload, .length = sizeof(payload)};
    if (bt_gatt_write(pair_here()->conn, &params)) {
        fprintf(stderr, "bench: a write was refused\n");
    }
}

// ---- An SDU of 512 octets ------------------------------------------------------------------------

#define SDU 512
#define PSM 0x80

NET_BUF_POOL_FIXED_DEFINE(tx_pool, 2, BT_L2CAP_SDU_BUF_SIZE(SDU), 0, NULL);
NET_BUF_POOL_FIXED_DEFINE(rx_pool, 2, SDU, 0, NULL);
static struct bt_l2cap_le_chan chans[2]; // Of the receiver, of the sender.
static bool chan_open;

static void chan_connected(struct bt_l2cap_chan *chan)
{
    chan_open = true;
}

static struct net_buf *chan_alloc(struct bt_l2cap_chan *chan)
{
    return net_buf_alloc(&rx_pool, K_NO_WAIT);
}

static int chan_recv(struct bt_l2cap_chan *chan, struct net_buf *buf)
{
    done += buf->len == SDU;
    return 0;
}

static void chan_sent(struct bt_l2cap_chan *chan)
{
}

static const struct bt_l2cap_chan_ops chan_ops = {
    .connected = chan_connected,
    .sent = chan_sent,
    .alloc_buf = chan_alloc,
    .recv = chan_recv,
};

static int chan_accept(struct bt_conn *conn, struct bt_l2cap_server *server,
                       struct bt_l2cap_chan **chan)
{
    chans[0] = (struct bt_l2cap_le_chan){.chan.ops = &chan_ops, .rx.mtu = SDU};
    *chan = &chans[0].chan;
    return 0;
}

static void chan_listen(void *arg)
{
    static struct bt_l2cap_server server = {.psm = PSM, .accept = chan_accept};
    (void)bt_l2cap_server_register(&server);
}

static void chan_connect(void *arg)
{
    chans[1] = (struct bt_l2cap_le_chan){.chan.ops = &chan_ops, .rx.mtu = SDU};
    (void)bt_l2cap_chan_connect(pair_here()->conn, &chans[1].chan, PSM);
}

static void send_sdu(void *arg)
{
    struct net_buf *buf = net_buf_alloc(&tx_pool, K_NO_WAIT);
    net_buf_reserve(buf, BT_L2CAP_SDU_CHAN_SEND_RESERVE);
    memset(net_buf_add(buf, SDU), 0, SDU);
    if (bt_l2cap_chan_send(&chans[1].chan, buf)) {
        fprintf(stderr, "bench: an SDU was refused\n");
    }
}

static bool chans_open(void)
{
    sim_on(pair.hosts[PAIR_CENTRAL].host, chan_listen, NULL);
    sim_on(pair.hosts[PAIR_PERIPHERAL].host, chan_connect, NULL);
    sim_run(pair.sim, 1000000);
    return chan_open;
}

static void idle(void *arg)
{
    (void)breeze_step();
    done++;
}

static void on_report(const bt_addr_le_t *addr, int8_t rssi, uint8_t type,
                      struct net_buf_simple *data)
{
    done++;
}

static void scan(void *arg)
{
    struct bt_le_scan_param param = {
        .type = BT_LE_SCAN_TYPE_PASSIVE, .interval = 0x10, .window = 0x10};
    *(int *)arg = bt_le_scan_start(&param, on_report);
}

static const struct bt_data ad[] = {BT_DATA_BYTES(BT_DATA_FLAGS, BT_LE_AD_GENERAL),
                                    BT_DATA(BT_DATA_NAME_COMPLETE, "Breeze", 6)};

static void advertise(void *arg)
{
    struct bt_le_adv_param param = {
        .options = BT_LE_ADV_OPT_USE_IDENTITY, .interval_min = 0xa0, .interval_max = 0xa0};
    *(int *)arg = bt_le_adv_start(&param, ad, 2, NULL, 0);
}

static bool enough(void *arg)
{
    return done >= UNITS;
}

// ---- The measurements ---------------------------------------------------------------------------

static const struct unit {
    const char *name;
    void (*fn)(void *arg); // One unit, on host `from`.
    unsigned int from;
    unsigned int measured;
} units[] = {
    {"notify.tx", notify, PAIR_PERIPHERAL, PAIR_PERIPHERAL},
    {"notify.rx", notify, PAIR_PERIPHERAL, PAIR_CENTRAL},
    {"write.client", write_value, PAIR_CENTRAL, PAIR_CENTRAL},
    {"write.server", write_value, PAIR_CENTRAL, PAIR_PERIPHERAL},
    {"l2cap.tx", send_sdu, PAIR_PERIPHERAL, PAIR_PERIPHERAL},
    {"l2cap.rx", send_sdu, PAIR_PERIPHERAL, PAIR_CENTRAL},
    {"idle_step", idle, PAIR_CENTRAL, PAIR_CENTRAL},
};

// `acl_len` 0: the air's, 251.
static bool run_unit(const struct unit *unit, uint16_t acl_len)
{
    struct pair_options options = {.seed = 7,
                                   .interval = 24,
                                   .mtu = 247,
                                   .subscribe = true,
                                   .controller = {.acl_len = acl_len}};
    if (!pair_start(&pair, &options)) {
        return false;
    }
    sim_run(pair.sim, 5000000);
    if (unit->fn == send_sdu && !chans_open()) {
        return false;
    }
    sim_watch(pair.hosts[unit->measured].host, collect);
    for (unsigned int i = 0; i < UNITS; i++) {
        sim_on(pair.hosts[unit->from].host, unit->fn, NULL);
        if (unit->fn != idle) {
            sim_run(pair.sim, 120000);
        }
    }
    sim_watch(NULL, NULL);
    if (!enough(NULL)) {
        fprintf(stderr, "bench: %s: %u of %u units ended\n", unit->name, done, UNITS);
    }
    return enough(NULL);
}

static bool run_reports(void)
{
    struct pair_options options = {.seed = 7};
    int err = -1;
    if (!pair_enable(&pair, &options)) {
        return false;
    }
    sim_on(pair.hosts[PAIR_PERIPHERAL].host, advertise, &err);
    if (!err) {
        sim_on(pair.hosts[PAIR_CENTRAL].host, scan, &err);
    }
    done = 0;
    sim_watch(pair.hosts[PAIR_CENTRAL].host, collect);
    bool ok = !err && pair_until(enough, NULL, 1000000000);
    sim_watch(NULL, NULL);
    return ok;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(units); i++) {
        if (!strcmp(argv[1], units[i].name)) {
            return run_unit(&units[i], argc > 2 ? (uint16_t)atoi(argv[2]) : 0) ? 0 : 1;
        }
    }
    if (argc > 1 && !strcmp(argv[1], "adv_report")) {
        return run_reports() ? 0 : 1;
    }
    fprintf(stderr, "usage: bench_insn NAME [ACL_LEN]\n");
    return 2;
}
