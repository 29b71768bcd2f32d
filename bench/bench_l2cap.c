// Channels in virtual time: throughput, fairness, ping-pong. Prints "name value" lines; defined in
// doc/BENCH.md.
#include <stdio.h>
#include <string.h>

#include <breeze/gatt.h>
#include <zephyr/bluetooth/l2cap.h>

#include "support/pair.h"

#define SEED       7
#define PSM        0x80
#define SDU_MAX    2468
#define PDU_OCTETS 251
#define FEATURE_2M (1ULL << 8)
#define LINKS      4

static struct pair pair;

// ---- An application that always has an SDU to send ----------------------------------------------

struct end {
    struct bt_l2cap_le_chan le;
    bool open;
    uint64_t octets; // Received.
};

static struct end senders[LINKS];
static struct end receivers[LINKS];
static uint16_t sdu_len;
static bool sending;

NET_BUF_POOL_FIXED_DEFINE(tx_pool, 3 * LINKS, BT_L2CAP_SDU_BUF_SIZE(SDU_MAX), 0, NULL);
NET_BUF_POOL_FIXED_DEFINE(rx_pool, LINKS, SDU_MAX, 0, NULL);

static struct end *end_of(struct bt_l2cap_chan *chan)
{
    return CONTAINER_OF(BT_L2CAP_LE_CHAN(chan), struct end, le);
}

static void send_one(struct bt_l2cap_chan *chan)
{
    struct net_buf *buf = sending ? net_buf_alloc(&tx_pool, K_NO_WAIT) : NULL;
    if (!buf) {
        return;
    }
    net_buf_reserve(buf, BT_L2CAP_SDU_CHAN_SEND_RESERVE);
    memset(net_buf_add(buf, sdu_len), 0, sdu_len);
    if (bt_l2cap_chan_send(chan, buf)) {
        net_buf_unref(buf);
    }
}

static void on_connected(struct bt_l2cap_chan *chan)
{
    end_of(chan)->open = true;
}

static struct net_buf *on_alloc(struct bt_l2cap_chan *chan)
{
    return net_buf_alloc(&rx_pool, K_NO_WAIT);
}

static int on_recv(struct bt_l2cap_chan *chan, struct net_buf *buf)
{
    end_of(chan)->octets += buf->len;
    return 0;
}

static const struct bt_l2cap_chan_ops ops = {
    .connected = on_connected,
    .sent = send_one,
    .alloc_buf = on_alloc,
    .recv = on_recv,
};

static void ready(struct end *end)
{
    *end = (struct end){.le = {.chan.ops = &ops, .rx.mtu = SDU_MAX}};
}

static unsigned int accepted;

static int on_accept(struct bt_conn *conn, struct bt_l2cap_server *server,
                     struct bt_l2cap_chan **chan)
{
    ready(&receivers[accepted]);
    *chan = &receivers[accepted++].le.chan;
    return 0;
}

static struct bt_l2cap_server servers[LINKS];

static void forget_channels(void)
{
    memset(senders, 0, sizeof(senders));
    memset(receivers, 0, sizeof(receivers));
    accepted = 0;
}

static void do_listen(void *arg)
{
    struct bt_l2cap_server *server = arg;
    *server = (struct bt_l2cap_server){.psm = PSM, .accept = on_accept};
    (void)bt_l2cap_server_register(server);
}

static void do_open(void *arg)
{
    ready(&senders[0]);
    (void)bt_l2cap_chan_connect(pair_here()->conn, &senders[0].le.chan, PSM);
}

static void do_send(void *arg)
{
    sending = true;
    for (unsigned int i = 0; i < LINKS; i++) {
        for (int n = 0; senders[i].open && n < 3; n++) {
            send_one(&senders[i].le.chan);
        }
    }
}

static bool all_open(void *arg)
{
    for (unsigned int i = 0; i < *(unsigned int *)arg; i++) {
        if (!senders[i].open || !receivers[i].open) {
            return false;
        }
    }
    return true;
}

// ---- Throughput ---------------------------------------------------------------------------------

struct point {
    uint16_t interval;
    const char *name;
    bool phy_2m;
    uint32_t loss_ppm;
    int64_t measure_us;
};

static bool start(const struct point *point)
{
    unsigned int one = 1;
    struct pair_options options = {
        .seed = SEED,
        .controller = {.acl_len = PDU_OCTETS,
                       .acl_count = 4,
                       .latency_us = 1000,
                       .without_features = point->phy_2m ? 0 : FEATURE_2M},
        .interval = point->interval,
        .data_length = true,
        .phy_2m = point->phy_2m,
    };
    if (!pair_start(&pair, &options)) {
        return false;
    }
    forget_channels();
    sim_on(pair.hosts[PAIR_CENTRAL].host, do_listen, &servers[0]);
    sim_on(pair.hosts[PAIR_PERIPHERAL].host, do_open, NULL);
    if (!pair_until(all_open, &one, 10000000)) {
        return false;
    }
    for (int i = 0; i < 2; i++) {
        air_controller_radio(sim_controller(pair.hosts[i].host), point->loss_ppm, 0);
    }
    return true;
}

static uint64_t host_octets(const struct point *point)
{
    if (!start(point)) {
        return 0;
    }
    sim_on(pair.hosts[PAIR_PERIPHERAL].host, do_send, NULL);
    sim_run(pair.sim, 1000000);
    uint64_t before = receivers[0].octets;
    sim_run(pair.sim, point->measure_us);
    uint64_t octets = receivers[0].octets - before;
    sending = false;
    pair_stop(&pair);
    return octets;
}

// An SDU of this length, and the PDUs that carry it: as few as MPS 247 allows, of equal length.
struct sdu {
    uint16_t len;
    const char *name;
    uint16_t pdu; // Octets of the longest,
    double part;  // ... and of the SDU in each.
};

static uint64_t ideal_octets(const struct point *point, const struct sdu *sdu)
{
    if (!start(point)) {
        return 0;
    }
    struct air_controller *from = sim_controller(pair.hosts[PAIR_PERIPHERAL].host);
    struct air_controller *to = sim_controller(pair.hosts[PAIR_CENTRAL].host);
    struct air_link_stats before;
    struct air_link_stats after;
    (void)air_link_saturate(from, pair.hosts[PAIR_PERIPHERAL].handle, sdu->pdu);
    sim_run(pair.sim, 1000000);
    (void)air_link_stats(to, pair.hosts[PAIR_CENTRAL].handle, &before);
    sim_run(pair.sim, point->measure_us);
    (void)air_link_stats(to, pair.hosts[PAIR_CENTRAL].handle, &after);
    pair_stop(&pair);
    return (uint64_t)((double)(after.saturate_pdus - before.saturate_pdus) * sdu->part);
}

static bool measure(const struct point *point, const char *loss)
{
    static const struct sdu sdus[] = {{SDU_MAX, "", PDU_OCTETS, SDU_MAX / 10.0},
                                      {512, ".sdu512", 176, 512 / 3.0}};
    for (size_t i = 0; i < ARRAY_SIZE(sdus); i++) {
        uint64_t ideal = ideal_octets(point, &sdus[i]);
        sdu_len = sdus[i].len;
        uint64_t host = host_octets(point);
        if (!ideal || !host) {
            return false;
        }
        int phy = point->phy_2m ? 2 : 1;
        printf("air.l2cap.%dm.%s%s%s.share %.4f\n", phy, point->name, loss, sdus[i].name,
               (double)host / (double)ideal);
        printf("air.l2cap.%dm.%s%s%s.kbytes_s %.1f\n", phy, point->name, loss, sdus[i].name,
               (double)host / ((double)point->measure_us / 1e6) / 1000);
    }
    return true;
}

static bool shares(void)
{
    static const struct point points[] = {{.interval = 6, .name = "7ms5"},
                                          {.interval = 12, .name = "15ms"},
                                          {.interval = 24, .name = "30ms"},
                                          {.interval = 40, .name = "50ms"}};
    static const struct {
        uint32_t ppm;
        const char *name;
        int64_t measure_us; // Longer where chance plays a part.
    } losses[] = {{0, "", 10000000}, {50000, ".loss5", 60000000}, {200000, ".loss20", 60000000}};
    for (int phy = 1; phy <= 2; phy++) {
        for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
            for (size_t k = 0; k < ARRAY_SIZE(losses); k++) {
                struct point point = points[i];
                point.phy_2m = phy == 2;
                point.loss_ppm = losses[k].ppm;
                point.measure_us = losses[k].measure_us;
                if (!measure(&point, losses[k].name)) {
                    return false;
                }
            }
        }
    }
    return true;
}

// ---- Fairness -----------------------------------------------------------------------------------

// One host in the middle, four around it.
static struct {
    struct sim *sim;
    struct sim_host *hub;
    struct sim_host *around[LINKS];
    unsigned int connected;
} star;

static void star_connected(struct bt_conn *conn, uint8_t err)
{
    if (star.sim && sim_current() == star.hub && !err) {
        struct end *end = &senders[star.connected++];
        ready(end);
        (void)bt_l2cap_chan_connect(conn, &end->le.chan, PSM);
    }
}

BT_CONN_CB_DEFINE(star_callbacks) = {.connected = star_connected};

static void do_enable(void *arg)
{
    (void)bt_enable(NULL);
}

static void do_disable(void *arg)
{
    (void)bt_disable();
}

static void do_advertise(void *arg)
{
    (void)bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0);
}

static void do_connect(void *arg)
{
    bt_addr_le_t peer = {.type = BT_ADDR_LE_RANDOM};
    air_controller_static_address(sim_controller(arg), peer.a.val);
    struct bt_conn *conn = NULL;
    if (!bt_conn_le_create(&peer, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM(24, 24, 0, 400),
                           &conn)) {
        bt_conn_unref(conn);
    }
}

static bool star_start(void)
{
    star.sim = sim_new(&(struct air_config){.seed = SEED});
    struct air_controller_config config = {
        .acl_len = PDU_OCTETS, .acl_count = 4, .latency_us = 1000};
    config.name = "hub";
    star.hub = sim_host_add(star.sim, &config);
    sim_on(star.hub, do_enable, NULL);
    star.connected = 0;
    forget_channels();
    for (unsigned int i = 0; i < LINKS; i++) {
        const char *const names[LINKS] = {"north", "east", "south", "west"};
        config.name = names[i];
        star.around[i] = sim_host_add(star.sim, &config);
        sim_on(star.around[i], do_enable, NULL);
        sim_on(star.around[i], do_listen, &servers[i]);
        sim_on(star.around[i], do_advertise, NULL);
        sim_on(star.hub, do_connect, star.around[i]);
        unsigned int so_far = i + 1;
        if (!sim_until(star.sim, all_open, &so_far, 10000000)) {
            fprintf(stderr, "fairness: link %u did not come up\n", i);
            return false;
        }
    }
    return true;
}

// Jain's index of what four links get from one host that always has something for each.
static bool fairness(void)
{
    sdu_len = SDU_MAX;
    if (!star_start()) {
        return false;
    }
    sim_run(star.sim, 2000000); // Data lengths and PHYs have settled.
    sim_on(star.hub, do_send, NULL);
    sim_run(star.sim, 1000000);
    double before[LINKS];
    for (unsigned int i = 0; i < LINKS; i++) {
        before[i] = (double)receivers[i].octets;
    }
    sim_run(star.sim, 20000000);
    double sum = 0;
    double squares = 0;
    for (unsigned int i = 0; i < LINKS; i++) {
        double octets = (double)receivers[i].octets - before[i];
        sum += octets;
        squares += octets * octets;
    }
    sending = false;
    sim_on(star.hub, do_disable, NULL);
    for (unsigned int i = 0; i < LINKS; i++) {
        sim_on(star.around[i], do_disable, NULL);
    }
    sim_free(star.sim);
    star.sim = NULL;
    printf("air.l2cap.fairness %.4f\n", squares > 0 ? sum * sum / (LINKS * squares) : 0);
    printf("air.l2cap.fairness.kbytes_s %.1f\n", sum / 20 / 1000);
    return squares > 0;
}

// ---- Ping-pong ----------------------------------------------------------------------------------

#define ROUNDS 1000

static unsigned int rounds;

static void strike(void *arg)
{
    static const uint8_t ball[20];
    (void)breeze_gatt_send(pair_here()->conn, pair.notify_handle, ball, sizeof(ball), false, NULL,
                           NULL);
}

static void on_ball(struct bt_conn *conn, uint16_t handle, const void *data, uint16_t len,
                    bool indication)
{
    rounds += pair_here() == &pair.hosts[PAIR_CENTRAL];
    strike(NULL);
}

static const struct breeze_gatt_any_cb on_any = {.notified = on_ball};

static void do_watch(void *arg)
{
    breeze_gatt_any_cb_set(&on_any);
}

static bool played(void *arg)
{
    return rounds >= *(unsigned int *)arg;
}

static bool ping_pong(void)
{
    struct pair_options options = {
        .seed = SEED, .interval = 10, .controller = {.latency_us = 1000}};
    struct air_link_stats before;
    struct air_link_stats after;
    if (!pair_start(&pair, &options)) {
        return false;
    }
    sim_run(pair.sim, 2000000);
    for (int i = 0; i < 2; i++) {
        sim_on(pair.hosts[i].host, do_watch, NULL);
    }
    struct air_controller *controller = sim_controller(pair.hosts[PAIR_CENTRAL].host);
    rounds = 0;
    sim_on(pair.hosts[PAIR_CENTRAL].host, strike, NULL);
    unsigned int first = 1;
    unsigned int last = 1 + ROUNDS;
    bool ok = pair_until(played, &first, 600000000);
    (void)air_link_stats(controller, pair.hosts[PAIR_CENTRAL].handle, &before);
    ok = ok && pair_until(played, &last, 600000000);
    (void)air_link_stats(controller, pair.hosts[PAIR_CENTRAL].handle, &after);
    printf("air.notify.pingpong.events %.3f\n", (double)(after.events - before.events) / ROUNDS);
    pair_stop(&pair);
    return ok;
}

int main(void)
{
    return shares() && fairness() && ping_pong() ? 0 : 1;
}
