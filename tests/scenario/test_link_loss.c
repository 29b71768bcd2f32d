// The order in which an application hears of a lost link (design D4): completions, client procedures,
// subscriptions' ends, channels, `disconnected`, and `recycled` after the last reference. Each case
// listens to one of the two hosts, which both have everything under way.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/breeze.h>
#include <zephyr/bluetooth/hci.h>
#include <zephyr/bluetooth/l2cap.h>

#include "support/pair.h"
#include "support/story.h"

#define SECOND 1000000
#define PSM    0x80

static struct pair pair;
static unsigned int listens; // Whose story is told.
static bool lost;            // From here on.

static unsigned int here(void)
{
    return (unsigned int)(pair_here() - pair.hosts);
}

#define SAY(...)                                                                                   \
    do {                                                                                           \
        if (lost && here() == listens) {                                                           \
            tell(__VA_ARGS__);                                                                     \
        }                                                                                          \
    } while (0)

// ---- The connection -----------------------------------------------------------------------------

static struct bt_conn *kept[2];

static void on_connected(struct bt_conn *conn, uint8_t err)
{
    assert_int_equal(err, 0);
    kept[here()] = bt_conn_ref(conn);
}

static void on_disconnected(struct bt_conn *conn, uint8_t reason)
{
    SAY("disconnected %02x;", reason);
}

static void on_recycled(void)
{
    SAY("recycled;");
}

BT_CONN_CB_DEFINE(loss_callbacks) = {
    .connected = on_connected,
    .disconnected = on_disconnected,
    .recycled = on_recycled,
};

static void do_unref(void *arg)
{
    bt_conn_unref(kept[here()]);
    kept[here()] = NULL;
}

// ---- GATT ---------------------------------------------------------------------------------------

static ssize_t on_read(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                       uint16_t len, uint16_t offset)
{
    return bt_gatt_attr_read(conn, attr, buf, len, offset, "value", 5);
}

BT_GATT_SERVICE_DEFINE(loss_service, BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xffb0)),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xffb1),
                                              BT_GATT_CHRC_READ | BT_GATT_CHRC_NOTIFY |
                                                  BT_GATT_CHRC_INDICATE,
                                              BT_GATT_PERM_READ, on_read, NULL, NULL),
                       BT_GATT_CCC(NULL, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE));

static struct {
    struct bt_gatt_subscribe_params sub;
    struct bt_gatt_read_params reads[2];
    struct bt_gatt_write_params write;
    struct bt_gatt_discover_params discover;
    struct bt_gatt_notify_params notify;
    struct bt_gatt_indicate_params indicate;
    bool subscribed;
} gatt[2];

static uint16_t value_handle;

static uint8_t on_notify(struct bt_conn *conn, struct bt_gatt_subscribe_params *params,
                         const void *data, uint16_t len)
{
    SAY(data ? "value;" : "unsubscribed;");
    return BT_GATT_ITER_CONTINUE;
}

static void on_subscribed(struct bt_conn *conn, uint8_t err,
                          struct bt_gatt_subscribe_params *params)
{
    assert_int_equal(err, 0);
    gatt[here()].subscribed = true;
}

static void do_subscribe(void *arg)
{
    value_handle = bt_gatt_attr_value_handle(&loss_service.attrs[1]);
    gatt[here()].sub = (struct bt_gatt_subscribe_params){
        .notify = on_notify,
        .subscribe = on_subscribed,
        .value_handle = value_handle,
        .ccc_handle = value_handle + 1,
        .value = BT_GATT_CCC_NOTIFY | BT_GATT_CCC_INDICATE,
    };
    assert_int_equal(bt_gatt_subscribe(pair_here()->conn, &gatt[here()].sub), 0);
}

static void on_sent(struct bt_conn *conn, void *user_data)
{
    SAY("%s sent;", (const char *)user_data);
}

static void on_indicated(struct bt_conn *conn, struct bt_gatt_indicate_params *params, uint8_t err)
{
    assert_int_not_equal(err, 0);
    SAY("indication failed;");
}

static uint8_t on_value(struct bt_conn *conn, uint8_t err, struct bt_gatt_read_params *params,
                        const void *data, uint16_t len)
{
    assert_int_not_equal(err, 0);
    SAY("read %d failed;", (int)(params - gatt[here()].reads));
    return BT_GATT_ITER_STOP;
}

static void on_written(struct bt_conn *conn, uint8_t err, struct bt_gatt_write_params *params)
{
    assert_int_not_equal(err, 0);
    SAY("write failed;");
}

static uint8_t on_found(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                        struct bt_gatt_discover_params *params)
{
    assert_null(attr);
    SAY("discovery over;");
    return BT_GATT_ITER_STOP;
}

static void do_send(void *arg)
{
    struct bt_conn *conn = pair_here()->conn;
    gatt[here()].notify = (struct bt_gatt_notify_params){
        .attr = &loss_service.attrs[1],
        .data = "n",
        .len = 1,
        .func = on_sent,
        .user_data = "notification",
    };
    assert_int_equal(bt_gatt_notify_cb(conn, &gatt[here()].notify), 0);
    assert_int_equal(
        bt_gatt_write_without_response_cb(conn, value_handle, "w", 1, false, on_sent, "command"),
        0);
}

static void do_ask(void *arg)
{
    struct bt_conn *conn = pair_here()->conn;
    gatt[here()].indicate = (struct bt_gatt_indicate_params){
        .attr = &loss_service.attrs[1], .data = "i", .len = 1, .func = on_indicated};
    assert_int_equal(bt_gatt_indicate(conn, &gatt[here()].indicate), 0);
    for (int i = 0; i < 2; i++) {
        gatt[here()].reads[i] = (struct bt_gatt_read_params){
            .func = on_value, .handle_count = 1, .single.handle = value_handle};
        assert_int_equal(bt_gatt_read(conn, &gatt[here()].reads[i]), 0);
    }
    gatt[here()].write = (struct bt_gatt_write_params){
        .func = on_written, .handle = pair.write_handle, .data = "v", .length = 1};
    assert_int_equal(bt_gatt_write(conn, &gatt[here()].write), 0);
    gatt[here()].discover = (struct bt_gatt_discover_params){
        .func = on_found,
        .start_handle = 1,
        .end_handle = 0xffff,
        .type = BT_GATT_DISCOVER_PRIMARY,
    };
    assert_int_equal(bt_gatt_discover(conn, &gatt[here()].discover), 0);
}

// ---- A channel ----------------------------------------------------------------------------------

static struct bt_l2cap_le_chan chans[2];
static bool open[2];

static void on_sdu_gone(struct net_buf *buf)
{
    SAY("SDU gone;");
    net_buf_destroy(buf);
}

NET_BUF_POOL_FIXED_DEFINE(sdu_pool, 2, BT_L2CAP_SDU_BUF_SIZE(64), 0, on_sdu_gone);

static void on_open(struct bt_l2cap_chan *chan)
{
    open[here()] = true;
}

static void on_closed(struct bt_l2cap_chan *chan)
{
    SAY("channel closed;");
}

static void on_released(struct bt_l2cap_chan *chan)
{
    SAY("channel released;");
}

static int on_sdu(struct bt_l2cap_chan *chan, struct net_buf *buf)
{
    fail_msg("nothing arrives");
    return 0;
}

static const struct bt_l2cap_chan_ops ops = {
    .connected = on_open,
    .disconnected = on_closed,
    .released = on_released,
    .recv = on_sdu,
};

static void chan_ready(void)
{
    chans[here()] = (struct bt_l2cap_le_chan){.chan.ops = &ops, .rx.mtu = 64};
}

static int on_accept(struct bt_conn *conn, struct bt_l2cap_server *server,
                     struct bt_l2cap_chan **chan)
{
    chan_ready();
    *chan = &chans[here()].chan;
    return 0;
}

static void do_listen(void *arg)
{
    static struct bt_l2cap_server server;
    server = (struct bt_l2cap_server){.psm = PSM, .accept = on_accept};
    assert_int_equal(bt_l2cap_server_register(&server), 0);
}

static void do_open(void *arg)
{
    chan_ready();
    assert_int_equal(bt_l2cap_chan_connect(pair_here()->conn, &chans[here()].chan, PSM), 0);
}

static void do_chan_send(void *arg)
{
    struct net_buf *buf = net_buf_alloc(&sdu_pool, K_NO_WAIT);
    assert_non_null(buf);
    net_buf_reserve(buf, BT_L2CAP_SDU_CHAN_SEND_RESERVE);
    net_buf_add_mem(buf, "sdu", 3);
    assert_true(bt_l2cap_chan_send(&chans[here()].chan, buf) >= 0);
}

// ---- The story ----------------------------------------------------------------------------------

static bool all_ready(void *arg)
{
    return gatt[0].subscribed && gatt[1].subscribed && open[0] && open[1];
}

static bool gone(void *arg)
{
    return pair.hosts[0].disconnected && pair.hosts[1].disconnected;
}

// Both are subscribed to each other and share a channel; then nothing more crosses the air.
static void begin(unsigned int who)
{
    struct pair_options options = {.seed = 4};
    listens = who;
    lost = false;
    memset(gatt, 0, sizeof(gatt));
    memset(open, 0, sizeof(open));
    story[0] = 0;
    assert_true(pair_start(&pair, &options));
    pair_on(0, do_listen, NULL);
    pair_on(0, do_subscribe, NULL);
    pair_on(1, do_subscribe, NULL);
    pair_on(1, do_open, NULL);
    assert_true(pair_until(all_ready, NULL, 10 * SECOND));
    sim_run(pair.sim, SECOND);
    for (unsigned int i = 0; i < 2; i++) {
        air_controller_radio(sim_controller(pair.hosts[i].host), 1000000, 0);
    }
    lost = true;
}

static void tell_the_loss(unsigned int who)
{
    begin(who);
    for (unsigned int i = 0; i < 2; i++) {
        pair_on(i, do_send, NULL);
        pair_on(i, do_ask, NULL);
        pair_on(i, do_chan_send, NULL);
    }
    sim_run(pair.sim, SECOND);
    heard(""); // The link is not lost yet, and nothing has ended.
    assert_true(pair_until(gone, NULL, 10 * SECOND));
    sim_run(pair.sim, SECOND);
    heard("notification sent;command sent;"
          "indication failed;read 0 failed;read 1 failed;write failed;discovery over;"
          "unsubscribed;"
          "SDU gone;channel closed;channel released;"
          "disconnected 08;");
    pair_on(!who, do_unref, NULL);
    sim_run(pair.sim, SECOND);
    heard("");
    pair_on(who, do_unref, NULL);
    sim_run(pair.sim, SECOND);
    heard("recycled;");
    pair_stop(&pair);
    heard("");
}

static void order_at_link_loss_peripheral(void **state)
{
    tell_the_loss(PAIR_PERIPHERAL);
}

static void order_at_link_loss_central(void **state)
{
    tell_the_loss(PAIR_CENTRAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_at_link_loss_peripheral),
        cmocka_unit_test(order_at_link_loss_central),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
