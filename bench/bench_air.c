// Throughput and delay in virtual time. Prints "name value" lines; defined in doc/BENCH.md.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "support/pair.h"

#define SEED        7
#define FEATURE_2M  (1ULL << 8)
#define MTU         247
#define PAYLOAD     (MTU - 3)
#define PDU_OCTETS  251 // A notification of PAYLOAD octets with its L2CAP and ATT headers.
#define DELAY_TRIES 200

static struct pair pair;

// ---- A source that never rests ------------------------------------------------------------------

static bool sending;

static void sent(struct bt_conn *conn, void *user_data);

static void send_all(void *arg)
{
    static const uint8_t payload[PAYLOAD];
    struct bt_gatt_notify_params params = {
        .attr = pair_notify_attr(), .data = payload, .len = PAYLOAD, .func = sent};
    while (sending && pair_here()->conn && bt_gatt_notify_cb(pair_here()->conn, &params) == 0) {
    }
}

static void sent(struct bt_conn *conn, void *user_data)
{
    send_all(NULL);
}

// What a link is measured under. Without 2M its controllers must not have it: the hosts would use it.
static uint32_t loss_ppm;
static int64_t measure_us;

static bool start(uint16_t interval, bool phy_2m, uint32_t latency_us)
{
    struct pair_options options = {
        .seed = SEED,
        .controller = {.acl_len = PDU_OCTETS,
                       .acl_count = 4,
                       .latency_us = latency_us,
                       .without_features = phy_2m ? 0 : FEATURE_2M},
        .interval = interval,
        .mtu = MTU,
        .data_length = true,
        .phy_2m = phy_2m,
        .subscribe = true,
    };
    if (!pair_start(&pair, &options)) {
        return false;
    }
    for (int i = 0; i < 2; i++) {
        air_controller_radio(sim_controller(pair.hosts[i].host), loss_ppm, 0);
    }
    return true;
}

static uint64_t host_octets(uint16_t interval, bool phy_2m)
{
    if (!start(interval, phy_2m, 1000)) {
        return 0;
    }
    sending = true;
    sim_on(pair.hosts[PAIR_PERIPHERAL].host, send_all, NULL);
    sim_run(pair.sim, 1000000);
    uint64_t before = pair.hosts[PAIR_CENTRAL].notified_octets;
    sim_run(pair.sim, measure_us);
    uint64_t octets = pair.hosts[PAIR_CENTRAL].notified_octets - before;
    sending = false;
    pair_stop(&pair);
    return octets;
}

static uint64_t ideal_octets(uint16_t interval, bool phy_2m)
{
    if (!start(interval, phy_2m, 1000)) {
        return 0;
    }
    struct air_controller *from = sim_controller(pair.hosts[PAIR_PERIPHERAL].host);
    struct air_controller *to = sim_controller(pair.hosts[PAIR_CENTRAL].host);
    struct air_link_stats before;
    struct air_link_stats after;
    (void)air_link_saturate(from, pair.hosts[PAIR_PERIPHERAL].handle, PDU_OCTETS);
    sim_run(pair.sim, 1000000);
    (void)air_link_stats(to, pair.hosts[PAIR_CENTRAL].handle, &before);
    sim_run(pair.sim, measure_us);
    (void)air_link_stats(to, pair.hosts[PAIR_CENTRAL].handle, &after);
    pair_stop(&pair);
    return (after.saturate_pdus - before.saturate_pdus) * PAYLOAD;
}

static bool shares(const char *loss)
{
    static const struct {
        uint16_t interval;
        const char *name;
    } points[] = {{6, "7ms5"}, {12, "15ms"}, {24, "30ms"}, {40, "50ms"}};
    for (int phy = 1; phy <= 2; phy++) {
        for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
            uint64_t host = host_octets(points[i].interval, phy == 2);
            uint64_t ideal = ideal_octets(points[i].interval, phy == 2);
            if (!ideal) {
                return false;
            }
            printf("air.notify.%dm.%s%s.share %.4f\n", phy, points[i].name, loss,
                   (double)host / ideal);
            printf("air.notify.%dm.%s%s.kbytes_s %.1f\n", phy, points[i].name, loss,
                   host / ((double)measure_us / 1e6) / 1000);
        }
    }
    return true;
}

// ---- Delay --------------------------------------------------------------------------------------

static void send_one(void *arg)
{
    static const uint8_t payload[20];
    *(int *)arg = bt_gatt_notify(pair_here()->conn, pair_notify_attr(), payload, sizeof(payload));
}

// Connection events that pass between the call and the event that carries it: 0 when the first event
// that begins after the call carries it. The call falls anywhere between two events.
static bool delay(void)
{
    if (!start(24, false, 0)) {
        return false;
    }
    struct air_controller *from = sim_controller(pair.hosts[PAIR_PERIPHERAL].host);
    uint16_t handle = pair.hosts[PAIR_PERIPHERAL].handle;
    uint64_t worst = 0;
    for (int i = 0; i < DELAY_TRIES; i++) {
        struct air_link_stats before;
        struct air_link_stats after;
        sim_run(pair.sim, 61000 + 97 * i);
        (void)air_link_stats(from, handle, &before);
        int err = -1;
        sim_on(pair.hosts[PAIR_PERIPHERAL].host, send_one, &err);
        sim_run(pair.sim, 120000);
        (void)air_link_stats(from, handle, &after);
        if (err || after.tx_pdus != before.tx_pdus + 1) {
            fprintf(stderr, "delay: notification %d was not sent: %d\n", i, err);
            return false;
        }
        uint64_t late = after.last_tx_event - before.events;
        worst = late > worst ? late : worst;
    }
    pair_stop(&pair);
    printf("air.notify.delay_events %llu\n", (unsigned long long)worst);
    return true;
}

int main(void)
{
    static const struct {
        uint32_t ppm;
        const char *name;
        int64_t measure_us; // Longer where chance plays a part.
    } losses[] = {{50000, ".loss5", 60000000}, {200000, ".loss20", 60000000}, {0, "", 10000000}};
    for (size_t i = 0; i < ARRAY_SIZE(losses); i++) {
        loss_ppm = losses[i].ppm;
        measure_us = losses[i].measure_us;
        if (!shares(losses[i].name)) {
            return 1;
        }
    }
    return delay() ? 0 : 1;
}
