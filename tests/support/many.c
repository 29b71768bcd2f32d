// See many.h.
#include "support/many.h"

#include <stdio.h>
#include <string.h>

#define LIMIT_US 60000000

struct many many;

BT_GATT_SERVICE_DEFINE(many_service, BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xff00)),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff01), BT_GATT_CHRC_NOTIFY,
                                              BT_GATT_PERM_NONE, NULL, NULL, NULL),
                       BT_GATT_CCC(NULL, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE));

const struct bt_gatt_attr *many_attr(void)
{
    return &attr_many_service[1];
}

static int peer_here(void)
{
    for (unsigned int i = 0; i < many.count; i++) {
        if (many.peers[i] == sim_current()) {
            return (int)i;
        }
    }
    return -1;
}

// ---- Peers -------------------------------------------------------------------------------------

static struct bt_gatt_subscribe_params subs[MANY_MAX];

static uint8_t on_value(struct bt_conn *conn, struct bt_gatt_subscribe_params *params,
                        const void *data, uint16_t len)
{
    many.notified[params - subs] += data != NULL;
    return BT_GATT_ITER_CONTINUE;
}

static void on_subscribed(struct bt_conn *conn, uint8_t err,
                          struct bt_gatt_subscribe_params *params)
{
    many.subscribed += !err;
}

static void on_connected(struct bt_conn *conn, uint8_t err)
{
    int peer = peer_here();
    if (err) {
        fprintf(stderr, "many: connected: 0x%02x\n", err);
    } else if (peer < 0) {
        many.conns[many.links++] = bt_conn_ref(conn);
    } else {
        many.connected++;
        subs[peer] = (struct bt_gatt_subscribe_params){
            .notify = on_value,
            .subscribe = on_subscribed,
            .value_handle = bt_gatt_attr_value_handle(many_attr()), // Both sides have the service.
            .value = BT_GATT_CCC_NOTIFY};
        if (bt_gatt_subscribe(conn, &subs[peer])) {
            fprintf(stderr, "many: peer %d cannot subscribe\n", peer);
        }
    }
}

static void on_disconnected(struct bt_conn *conn, uint8_t reason)
{
    if (peer_here() >= 0) {
        many.connected--;
        return;
    }
    for (unsigned int i = 0; i < MANY_MAX; i++) {
        if (many.conns[i] == conn) {
            many.conns[i] = NULL;
            many.links--;
            bt_conn_unref(conn);
        }
    }
}

BT_CONN_CB_DEFINE(many_callbacks) = {
    .connected = on_connected,
    .disconnected = on_disconnected,
};

// ---- Steps --------------------------------------------------------------------------------------

static void do_enable(void *arg)
{
    *(int *)arg = bt_enable(NULL);
}

static void do_disable(void *arg)
{
    *(int *)arg = bt_disable();
}

static void do_advertise(void *arg)
{
    *(int *)arg = bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0);
}

static void do_connect(void *arg)
{
    bt_addr_le_t peer = {.type = BT_ADDR_LE_RANDOM};
    air_controller_static_address(sim_controller(many.peers[many.links]), peer.a.val);
    struct bt_conn *conn = NULL;
    *(int *)arg =
        bt_conn_le_create(&peer, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM(80, 80, 0, 400), &conn);
    if (conn) {
        bt_conn_unref(conn);
    }
}

static bool reached(void *arg)
{
    unsigned int wanted = *(unsigned int *)arg;
    return many.links == wanted && many.connected == wanted && many.subscribed == wanted;
}

static bool step(struct sim_host *host, void (*fn)(void *arg), const char *what)
{
    int err = -1;
    sim_on(host, fn, &err);
    if (err) {
        fprintf(stderr, "many: %s: %d\n", what, err);
    }
    return !err;
}

bool many_start(unsigned int count)
{
    struct air_controller_config config = {.name = "hub", .max_links = MANY_MAX};
    memset(&many, 0, sizeof(many));
    many.sim = sim_new(&(struct air_config){.seed = 5});
    many.hub = sim_host_add(many.sim, &config);
    if (!step(many.hub, do_enable, "bt_enable")) {
        return false;
    }
    for (unsigned int i = 1; i <= count; i++) {
        char name[] = {'p', (char)('a' + i), '\0'};
        config.name = name;
        many.peers[many.count++] = sim_host_add(many.sim, &config);
        struct sim_host *peer = many.peers[i - 1];
        if (!step(peer, do_enable, "bt_enable") || !step(peer, do_advertise, "bt_le_adv_start") ||
            !step(many.hub, do_connect, "bt_conn_le_create")) {
            return false;
        }
        if (!sim_until(many.sim, reached, &i, LIMIT_US)) {
            fprintf(stderr, "many: connection %u does not come up\n", i);
            return false;
        }
    }
    return true;
}

bool many_stop(void)
{
    bool ok = step(many.hub, do_disable, "bt_disable") && !many.links;
    for (unsigned int i = 0; i < many.count; i++) {
        ok = step(many.peers[i], do_disable, "bt_disable") && ok;
    }
    sim_free(many.sim);
    return ok && !many.connected;
}
