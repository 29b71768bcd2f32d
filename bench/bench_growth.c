// How instructions grow with numbers, counted by callgrind as in bench_insn.c: UNITS units on the hub
// of tests/support/many.h. Usage: bench_growth notify|lookup|report N.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <breeze/breeze.h>
#include <valgrind/callgrind.h>

#include "att/db.h"
#include "support/many.h"

#define UNITS 1000

static void collect(bool on)
{
    CALLGRIND_TOGGLE_COLLECT;
}

// ---- A notification with N connections, to one after the other ------------------------------------

static unsigned int sent;
static unsigned int refused;

static void on_sent(struct bt_conn *conn, void *user_data)
{
    sent++;
}

static void notify(void *arg)
{
    static const uint8_t payload[20];
    struct bt_gatt_notify_params params = {
        .attr = many_attr(), .data = payload, .len = sizeof(payload), .func = on_sent};
    refused += bt_gatt_notify_cb(many.conns[*(unsigned int *)arg % many.links], &params) != 0;
}

static bool run_notify(unsigned int count)
{
    if (count > MANY_MAX || !many_start(count)) {
        return false;
    }
    sim_run(many.sim, 5000000);
    sim_watch(many.hub, collect);
    for (unsigned int i = 0; i < UNITS; i++) {
        sim_on(many.hub, notify, &i);
        sim_run(many.sim, 250000);
    }
    sim_watch(NULL, NULL);
    return sent == UNITS && !refused;
}

// ---- A look-up of a handle among N attributes -----------------------------------------------------

#define ATTRS_PER_SERVICE 10

static struct bt_gatt_attr attrs[1000];
static struct bt_gatt_service services[100];
static uint16_t first;
static const struct bt_uuid_16 primary = BT_UUID_INIT_16(BT_UUID_GATT_PRIMARY_VAL);
static const struct bt_uuid_16 plain = BT_UUID_INIT_16(0xff77);

static void add_attributes(void *arg)
{
    unsigned int count = *(unsigned int *)arg;
    for (unsigned int i = 0; i < count; i++) {
        attrs[i] =
            (struct bt_gatt_attr){.uuid = i % ATTRS_PER_SERVICE ? &plain.uuid : &primary.uuid,
                                  .user_data = (void *)&plain};
    }
    for (unsigned int i = 0; i < count / ATTRS_PER_SERVICE; i++) {
        services[i] = (struct bt_gatt_service){.attrs = &attrs[i * ATTRS_PER_SERVICE],
                                               .attr_count = ATTRS_PER_SERVICE};
        refused += bt_gatt_service_register(&services[i]) != 0;
    }
    first = bt_gatt_attr_get_handle(&attrs[0]);
}

static void look_up(void *arg)
{
    unsigned int count = *(unsigned int *)arg;
    for (unsigned int i = 0; i < UNITS; i++) {
        unsigned int at = i * 7919 % count;
        sent += db_find((uint16_t)(first + at)) == &attrs[at];
    }
}

static bool run_lookup(unsigned int count)
{
    if (count > ARRAY_SIZE(attrs) || count % ATTRS_PER_SERVICE || !many_start(0)) {
        return false;
    }
    sim_on(many.hub, add_attributes, &count);
    sim_run(many.sim, 1000000);
    sim_watch(many.hub, collect);
    sim_on(many.hub, look_up, &count);
    sim_watch(NULL, NULL);
    return sent == UNITS && !refused;
}

// ---- A report among N advertisers that were reported before ---------------------------------------

static unsigned int told;

static void on_report(const bt_addr_le_t *addr, int8_t rssi, uint8_t type,
                      struct net_buf_simple *buf)
{
    told++;
}

static void scan(void *arg)
{
    refused += bt_le_scan_start(BT_LE_SCAN_PASSIVE_CONTINUOUS, on_report) != 0;
}

// The report of advertiser `number`, as from the controller.
static void hear(unsigned int number)
{
    const uint8_t event[] = {
        0x04, 0x3e, 0x0f, 0x02, 0x01, 0x00, 0x01, (uint8_t)number, (uint8_t)(number >> 8), 3, 4,
        5,    0xc6, 3,    2,    1,    6,    0xc4};
    refused += air_hci_inject(sim_controller(many.hub), AIR_TO_HOST, event, sizeof(event), 0) != 0;
    sim_run(many.sim, 1000);
}

static bool run_report(unsigned int count)
{
    if (count > CONFIG_BREEZE_SCAN_DUP_MAX || !many_start(0)) {
        return false;
    }
    sim_on(many.hub, scan, NULL);
    for (unsigned int i = 0; i < count; i++) {
        hear(i);
    }
    bool all = told == count;
    sim_watch(many.hub, collect);
    for (unsigned int i = 0; i < UNITS; i++) {
        hear(i * 7919 % count);
    }
    sim_watch(NULL, NULL);
    return all && told == count && !refused;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        bool (*run)(unsigned int count);
    } kinds[] = {{"notify", run_notify}, {"lookup", run_lookup}, {"report", run_report}};
    for (size_t i = 0; argc == 3 && i < ARRAY_SIZE(kinds); i++) {
        if (!strcmp(argv[1], kinds[i].name)) {
            if (kinds[i].run((unsigned int)atoi(argv[2]))) {
                return 0;
            }
            fprintf(stderr, "bench: %s %s: %u of %u units\n", argv[1], argv[2], sent, UNITS);
            return 1;
        }
    }
    fprintf(stderr, "usage: bench_growth notify|lookup|report N\n");
    return 2;
}
