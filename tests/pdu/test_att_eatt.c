// Enhanced ATT bearers against scripts of a peer (Vol 3, Part F, 3.2.11; Vol 3, Part G, 5.3 and
// 5.4). The peer gives its channels the numbers that ours have, so that one script has both
// directions. Handles: GAP 1..9, GATT 0x0a..0x11, this file's service from 0x12: value 0x14, CCC
// 0x15, value 0x17, CCC 0x18.
#include "pdu/fake.h"

#include <stdio.h>
#include <stdlib.h>

#include <zephyr/bluetooth/l2cap.h>

#include "att/state.h"
#include "gatt/state.h"
#include "kernel/loop.h"
#include "l2cap/state.h"
#include "support/story.h"

static struct bt_conn *conn;

static uint8_t value[512];
static uint16_t value_len;

static ssize_t on_read(struct bt_conn *c, const struct bt_gatt_attr *attr, void *buf, uint16_t len,
                       uint16_t offset)
{
    return bt_gatt_attr_read(c, attr, buf, len, offset, value, value_len);
}

static ssize_t on_write(struct bt_conn *c, const struct bt_gatt_attr *attr, const void *buf,
                        uint16_t len, uint16_t offset, uint8_t flags)
{
    return len;
}

BT_GATT_SERVICE_DEFINE(
    eatt_svc, BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xff0a)),
    BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff01),
                           BT_GATT_CHRC_NOTIFY | BT_GATT_CHRC_INDICATE | BT_GATT_CHRC_READ,
                           BT_GATT_PERM_READ | BT_GATT_PERM_WRITE, on_read, on_write, NULL),
    BT_GATT_CCC(NULL, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE),
    BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff02), BT_GATT_CHRC_NOTIFY | BT_GATT_CHRC_INDICATE,
                           BT_GATT_PERM_NONE, NULL, NULL, NULL),
    BT_GATT_CCC(NULL, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE));

static void on_mtu(struct bt_conn *c, uint16_t tx, uint16_t rx)
{
    tell("mtu%u;", tx);
}
static struct bt_gatt_cb gatt_cb = {.att_mtu_updated = on_mtu};

static void on_ready(struct bt_conn *c)
{
    tell("ready;");
}

static void begin_as(uint8_t role)
{
    fake_begin(role);
    fake.security = BT_SECURITY_L2;
    conn = conn_at(0);
    conn->interval = 80; // 100 ms
    conn->role = role;
    value_len = 3;
    memcpy(value, "abc", 3);
    story[0] = 0;
    breeze_gatt_ready_cb_set(on_ready);
}

static int begin(void **state)
{
    begin_as(BT_CONN_ROLE_PERIPHERAL);
    return 0;
}

static int end(void **state)
{
    fake_end();
    return 0;
}

#define ON(cid, text) fake_script(conn, cid, text, __FILE__, __LINE__)

// What was sent until now, whatever it is.
static unsigned int forget_sent(void)
{
    struct fake_frame frame;
    unsigned int count = 0;
    while (fake_sent(&frame)) {
        count++;
    }
    return count;
}

static size_t octets(const char *hex, uint8_t *to)
{
    size_t len = 0;
    for (; *hex; hex += hex[2] ? 3 : 2) {
        to[len++] = (uint8_t)strtoul(hex, NULL, 16);
    }
    return len;
}

// One frame from the peer, one of ours: for what happens on several channels at once.
static void in(uint8_t cid, const char *hex)
{
    uint8_t frame[300] = {0, 0, cid};
    frame[0] = (uint8_t)octets(hex, frame + 4);
    fake_raw(conn, frame, 4u + frame[0]);
}

static void out(uint8_t cid, const char *hex)
{
    struct fake_frame frame;
    uint8_t want[300];
    size_t len = octets(hex, want);
    assert_true(fake_sent(&frame));
    assert_int_equal(frame.data[2], cid);
    assert_int_equal(frame.len - 4, len);
    assert_memory_equal(frame.data + 4, want, len);
}

// A PDU that means nothing, for which the channel gives all its credits at once.
static void warm_up(unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        const uint8_t frame[] = {3, 0, (uint8_t)(0x40 + i), 0, 1, 0, 0x1e};
        fake_raw(conn, frame, sizeof(frame));
        assert_int_equal(forget_sent(), 1);
    }
    fake.stats.att_dropped = 0;
}

// One, two or three bearers that the peer opens: MTU 247, MPS 247, so many credits.
static void peer_opens(unsigned int count, uint8_t credits)
{
    char text[200];
    snprintf(text, sizeof(text),
             "> 17 01 %02x 00 27 00 f7 00 f7 00 %02x 00 40 00 %s %s"
             "< 18 01 %02x 00 f7 00 f7 00 02 00 00 00 40 00 %s %s",
             8 + 2 * count, credits, count > 1 ? "41 00" : "", count > 2 ? "42 00" : "",
             8 + 2 * count, count > 1 ? "41 00" : "", count > 2 ? "42 00" : "");
    SIG(conn, text);
    assert_int_equal(bt_eatt_count(conn), count);
    warm_up(count);
}

// ---- Opening -----------------------------------------------------------------------------------

static void peer_opens_what_there_is(void **state)
{
    bt_gatt_cb_register(&gatt_cb);
    // Four, of which three are left.
    SIG(conn, "> 17 01 10 00 27 00 f7 00 f7 00 05 00 40 00 41 00 42 00 43 00"
              "< 18 01 10 00 f7 00 f7 00 02 00 04 00 40 00 41 00 42 00 00 00");
    heard("mtu247;");
    assert_int_equal(bt_eatt_count(conn), 3);
    assert_int_equal(bt_gatt_get_mtu(conn), 247);
    assert_int_equal(bt_gatt_get_uatt_mtu(conn), 23);
    SIG(conn, "> 06 02 04 00 41 00 41 00 < 07 02 04 00 41 00 41 00");
    assert_int_equal(bt_eatt_count(conn), 2);
    // One of another MTU has its own.
    SIG(conn, "> 17 03 0a 00 27 00 40 00 f7 00 05 00 44 00"
              "< 18 03 0a 00 f7 00 f7 00 02 00 00 00 41 00");
    assert_int_equal(eatt_run.links[0].bearers[1].att.mtu, 64);
    heard("");
}

// L2CAP has no slot left for what we accepted: nothing of it stays.
static void accepted_in_vain(void **state)
{
    struct bt_l2cap_server *server = &eatt_reg.server;
    struct bt_l2cap_chan *chan;
    for (unsigned int i = 0; i < 10; i++) {
        assert_int_equal(server->accept(conn, server, &chan), 0);
    }
    peer_opens(3, 5);
    assert_int_equal(server->accept(conn, server, &chan), -ENOMEM);
    SIG(conn, "> 06 02 04 00 41 00 41 00 < 07 02 04 00 41 00 41 00");
    assert_int_equal(server->accept(conn, server, &chan), 0);
    assert_int_equal(bt_eatt_connect(conn, 1), 0);
    assert_int_equal(forget_sent(), 1);
}

static void encryption_is_needed(void **state)
{
    fake.security = BT_SECURITY_L1;
    SIG(conn, "> 17 01 0a 00 27 00 f7 00 f7 00 05 00 40 00"
              "< 18 01 0a 00 00 00 00 00 00 00 05 00 00 00");
    assert_int_equal(bt_eatt_connect(conn, 1), -EACCES);
    assert_int_equal(bt_eatt_count(conn), 0);
}

static void we_open(void **state)
{
    assert_int_equal(bt_eatt_connect(NULL, 1), -EINVAL);
    assert_int_equal(bt_eatt_connect(conn, 0), -EINVAL);
    assert_int_equal(bt_eatt_connect(conn, 4), -EINVAL);
    assert_int_equal(bt_eatt_connect(conn, 2), 0);
    assert_int_equal(bt_eatt_connect(conn, 2), -ENOMEM);
    SIG(conn, "< 17 01 0c 00 27 00 f7 00 f7 00 02 00 40 00 41 00"
              "> 18 01 0c 00 64 00 f7 00 05 00 00 00 40 00 41 00");
    assert_int_equal(bt_eatt_count(conn), 2);
    assert_int_equal(bt_gatt_get_mtu(conn), 100);
    assert_int_equal(bt_eatt_connect(conn, 1), 0);
    // The peer does not know the request.
    SIG(conn, "< 17 02 0a 00 27 00 f7 00 f7 00 02 00 42 00 > 01 02 02 00 00 00");
    assert_int_equal(bt_eatt_count(conn), 2);
    assert_int_equal(eatt_run.links[0].goal, 0);
    assert_int_equal(bt_eatt_disconnect_one(conn), 0);
    SIG(conn, "< 06 03 04 00 41 00 41 00 > 07 03 04 00 41 00 41 00");
    assert_int_equal(bt_eatt_count(conn), 1);
    assert_int_equal(bt_eatt_disconnect_one(conn), 0);
    assert_int_equal(bt_eatt_disconnect_one(conn), -ENOENT);
    SIG(conn, "< 06 04 04 00 40 00 40 00 > 07 04 04 00 40 00 40 00");
}

#define REFUSED_FOR_RESOURCES(ident)                                                               \
    "> 18 " ident " 0e 00 00 00 00 00 00 00 04 00 00 00 00 00 00 00"

// A central asks again at once, three times.
static void collision_as_central(void **state)
{
    conn->role = BT_CONN_ROLE_CENTRAL;
    assert_int_equal(bt_eatt_connect(conn, 3), 0);
    SIG(conn, "< 17 01 0e 00 27 00 f7 00 f7 00 02 00 40 00 41 00 42 00" REFUSED_FOR_RESOURCES(
                  "01") "< 17 02 0e 00 27 00 f7 00 f7 00 02 00 40 00 41 00 42 "
                        "00" REFUSED_FOR_RESOURCES("02") "< 17 03 0e 00 27 00 f7 00 f7 00 02 00 40 "
                                                         "00 41 00 42 "
                                                         "00" REFUSED_FOR_RESOURCES(
                                                             "03") "< 17 04 0e 00 27 00 f7 00 f7 "
                                                                   "00 02 00 40 "
                                                                   "00 41 00 42 "
                                                                   "00" REFUSED_FOR_RESOURCES("0"
                                                                                              "4"));
    fake_time(10000000);
    assert_int_equal(forget_sent(), 0);
    assert_int_equal(bt_eatt_count(conn), 0);
}

// A peripheral waits: 100 ms, or longer where the link's latency is; what the peer has opened
// meanwhile counts.
static void collision_as_peripheral(void **state)
{
    conn->latency = 3; // Two intervals of it: 800 ms.
    assert_int_equal(bt_eatt_connect(conn, 3), 0);
    // The peer asks at the same time, and our room is taken by our own request.
    SIG(conn, "< 17 01 0e 00 27 00 f7 00 f7 00 02 00 40 00 41 00 42 00"
              "> 17 09 0a 00 27 00 f7 00 f7 00 05 00 50 00"
              "< 18 09 0a 00 00 00 00 00 00 00 04 00 00 00" REFUSED_FOR_RESOURCES("01"));
    fake_time(790000);
    assert_int_equal(forget_sent(), 0);
    SIG(conn, "> 17 0a 0c 00 27 00 f7 00 f7 00 05 00 50 00 51 00"
              "< 18 0a 0c 00 f7 00 f7 00 02 00 00 00 40 00 41 00");
    fake_time(10000);
    SIG(conn, "< 17 02 0a 00 27 00 f7 00 f7 00 02 00 42 00"
              "> 18 02 0a 00 f7 00 f7 00 05 00 00 00 52 00");
    assert_int_equal(bt_eatt_count(conn), 3);
    assert_int_equal(eatt_run.links[0].goal, 0);
    assert_int_equal(loop_timer_count(), 0);
}

static void collision_in_which_the_peer_opened_all(void **state)
{
    assert_int_equal(bt_eatt_connect(conn, 2), 0);
    SIG(conn, "< 17 01 0c 00 27 00 f7 00 f7 00 02 00 40 00 41 00"
              "> 18 01 0c 00 00 00 00 00 00 00 04 00 00 00 00 00"
              "> 17 0a 0c 00 27 00 f7 00 f7 00 05 00 50 00 51 00"
              "< 18 0a 0c 00 f7 00 f7 00 02 00 00 00 40 00 41 00");
    fake_time(10000000);
    assert_int_equal(forget_sent(), 0);
    assert_int_equal(bt_eatt_count(conn), 2);
}

// By itself: the central when the link is encrypted, the peripheral when the peer's client wants it.
static void auto_connect(void **state)
{
    att_conn_up.security(conn, BT_SECURITY_ERR_SUCCESS);
    assert_int_equal(forget_sent(), 0);
    ATT(conn, "> 08 01 00 ff ff 29 2b < 09 03 0f 00 00 > 08 01 00 ff ff 3a 2b < 09 03 11 00 01");
    assert_int_equal(gatt_run.links[0].features, 0);
    const uint8_t write[] = {0x12, 0x0f, 0x00, 0x02};
    fake_att(conn, write, sizeof(write));
    assert_int_equal(forget_sent(), 2); // The response, and the request for bearers.
    SIG(conn, "> 18 01 0e 00 f7 00 f7 00 05 00 00 00 40 00 41 00 42 00");
    assert_int_equal(bt_eatt_count(conn), 3);
    fake_disconnect(conn);
    (void)fake_connect(0, BT_CONN_ROLE_CENTRAL);
    fake.security = BT_SECURITY_L1;
    att_conn_up.security(conn, BT_SECURITY_ERR_AUTH_FAIL);
    assert_int_equal(forget_sent(), 0);
    fake.security = BT_SECURITY_L2;
    att_conn_up.security(conn, BT_SECURITY_ERR_SUCCESS);
    SIG(conn, "< 17 01 0e 00 27 00 f7 00 f7 00 02 00 40 00 41 00 42 00");
    att_conn_up.security(conn, BT_SECURITY_ERR_SUCCESS); // Once per link.
    assert_int_equal(forget_sent(), 0);
}

// ---- The server --------------------------------------------------------------------------------

static void answered_where_it_came(void **state)
{
    peer_opens(2, 9);
    ON(0x41, "> 03 00 0a 14 00 < 04 00 0b 61 62 63");
    ATT(conn, "> 0a 14 00 < 0b 61 62 63");
    ON(0x40, "> 03 00 0a 14 00 < 04 00 0b 61 62 63");
    // The MTU is the channel's (3.4.2); an empty SDU is nothing.
    ON(0x40, "> 03 00 02 f7 00 < 05 00 01 02 00 00 06");
    ON(0x40, "> 00 00");
    assert_int_equal(fake.stats.att_dropped, 1);
    // A request in two frames.
    ON(0x40, "> 03 00 0a > 14 00 < 04 00 0b 61 62 63");
    ON(0x41, "> 03 00 1e > 00 00"); // Not what it announced: a confirmation that is too long.
    assert_int_equal(bt_eatt_count(conn), 2);
}

// Parked until the peer gives credits; another request on that bearer meanwhile breaks the rules.
static void response_without_credits(void **state)
{
    SIG(conn, "> 17 01 0c 00 27 00 40 00 40 00 01 00 40 00 41 00"
              "< 18 01 0c 00 f7 00 f7 00 02 00 00 00 40 00 41 00");
    warm_up(2);
    ON(0x40, "> 03 00 0a 14 00 < 04 00 0b 61 62 63"); // The only credit.
    ON(0x40, "> 03 00 0a 14 00");
    ON(0x40, "> 03 00 0a 14 00"); // One more before the response: dropped.
    assert_int_equal(fake.stats.att_dropped, 1);
    ON(0x41, "> 03 00 0a 14 00 < 04 00 0b 61 62 63");
    const uint8_t credits[] = {0x08, 0, 0x05, 0, 0x16, 0x05, 0x04, 0, 0x40, 0, 0x02, 0};
    fake_raw(conn, credits, sizeof(credits));
    ON(0x40, "< 04 00 0b 61 62 63");
}

// ---- Notifications -----------------------------------------------------------------------------

static struct bt_gatt_notify_params note(unsigned int attr, const char *data,
                                         enum bt_att_chan_opt opt)
{
    return (struct bt_gatt_notify_params){
        .attr = &attr_eatt_svc[attr], .data = data, .len = (uint16_t)strlen(data), .chan_opt = opt};
}

static int notify(unsigned int attr, const char *data, enum bt_att_chan_opt opt)
{
    struct bt_gatt_notify_params params = note(attr, data, opt);
    return bt_gatt_notify_cb(conn, &params);
}

static void subscribe_both(const char *value_hex)
{
    char text[64];
    snprintf(text, sizeof(text), "> 12 15 00 %s 00 < 13 > 12 18 00 %s 00 < 13", value_hex,
             value_hex);
    ATT(conn, text);
}

static void notifications_and_options(void **state)
{
    subscribe_both("01");
    assert_int_equal(notify(1, "a", BT_ATT_CHAN_OPT_ENHANCED_ONLY), -ENOTCONN);
    assert_int_equal(notify(1, "a", (enum bt_att_chan_opt)3), -EINVAL);
    assert_int_equal(notify(1, "a", BT_ATT_CHAN_OPT_NONE), 0);
    ATT(conn, "< 1b 14 00 61");
    peer_opens(2, 2);
    assert_int_equal(notify(1, "b", BT_ATT_CHAN_OPT_UNENHANCED_ONLY), 0);
    ATT(conn, "< 1b 14 00 62");
    // In turn.
    assert_int_equal(notify(1, "c", BT_ATT_CHAN_OPT_NONE), 0);
    ON(0x40, "< 04 00 1b 14 00 63");
    assert_int_equal(notify(1, "d", BT_ATT_CHAN_OPT_ENHANCED_ONLY), 0);
    ON(0x41, "< 04 00 1b 14 00 64");
    assert_int_equal(notify(1, "e", BT_ATT_CHAN_OPT_NONE), 0);
    ON(0x40, "< 04 00 1b 14 00 65");
    assert_int_equal(notify(1, "f", BT_ATT_CHAN_OPT_ENHANCED_ONLY), 0);
    ON(0x41, "< 04 00 1b 14 00 66");
    // No credits: on the unenhanced one, or not now, and then it tells.
    assert_int_equal(notify(1, "g", BT_ATT_CHAN_OPT_NONE), 0);
    ATT(conn, "< 1b 14 00 67");
    assert_int_equal(notify(1, "h", BT_ATT_CHAN_OPT_ENHANCED_ONLY), -ENOMEM);
    heard("");
    SIG(conn, "> 16 05 04 00 41 00 01 00");
    heard("ready;");
    // What is too long for one goes where it fits, or nowhere.
    assert_int_equal(
        notify(1, "a value of more than twenty octets", BT_ATT_CHAN_OPT_UNENHANCED_ONLY),
        -EMSGSIZE);
    assert_int_equal(notify(1, "a value of more than twenty octets", BT_ATT_CHAN_OPT_NONE), 0);
    assert_int_equal(forget_sent(), 1);
}

static unsigned int completed;
static void on_complete(struct bt_conn *c, void *user_data)
{
    completed++;
}

// Two frames for each value and one credit: the rest of it waits, and nothing of the same handle
// passes it.
static void one_handle_keeps_its_order(void **state)
{
    static const char longer[] =
        "a value that needs more than the 64 octets of one frame, as it is here, "
        "really";
    subscribe_both("01");
    SIG(conn, "> 17 01 0c 00 27 00 f7 00 40 00 01 00 40 00 41 00"
              "< 18 01 0c 00 f7 00 f7 00 02 00 00 00 40 00 41 00");
    struct bt_gatt_notify_params params = note(1, longer, BT_ATT_CHAN_OPT_NONE);
    params.func = on_complete;
    completed = 0;
    assert_int_equal(bt_gatt_notify_cb(conn, &params), 0);
    assert_int_equal(forget_sent(), 1);
    assert_int_equal(notify(1, "x", BT_ATT_CHAN_OPT_NONE), -ENOMEM);
    assert_int_equal(notify(4, "y", BT_ATT_CHAN_OPT_NONE), 0); // Another handle may.
    ON(0x41, "< 04 00 1b 17 00 79");
    assert_int_equal(completed, 0);
    heard("");
    const uint8_t credits[] = {0x08, 0, 0x05, 0, 0x16, 0x05, 0x04, 0, 0x40, 0, 0x02, 0};
    fake_raw(conn, credits, sizeof(credits));
    assert_int_equal(forget_sent(), 1);
    assert_int_equal(completed, 1);
    heard("ready;");
    assert_int_equal(notify(1, "x", BT_ATT_CHAN_OPT_NONE), 0);
    ON(0x40, "< 04 00 1b 14 00 78");
}

// ---- Indications -------------------------------------------------------------------------------

static struct bt_gatt_indicate_params inds[5];

static void on_indicated(struct bt_conn *c, struct bt_gatt_indicate_params *params, uint8_t err)
{
    tell("i%u:%u;", (unsigned int)(params - inds), err);
}

static void on_destroy(struct bt_gatt_indicate_params *params)
{
    tell("~%u;", (unsigned int)(params - inds));
}

static int indicate(unsigned int i, unsigned int attr, enum bt_att_chan_opt opt)
{
    inds[i] = (struct bt_gatt_indicate_params){.attr = &attr_eatt_svc[attr],
                                               .func = on_indicated,
                                               .destroy = on_destroy,
                                               .data = "v",
                                               .len = 1,
                                               .chan_opt = opt};
    return bt_gatt_indicate(conn, &inds[i]);
}

static void one_indication_on_each_bearer(void **state)
{
    subscribe_both("02");
    peer_opens(1, 9);
    assert_int_equal(indicate(0, 1, BT_ATT_CHAN_OPT_NONE), 0);
    ATT(conn, "< 1d 14 00 76");
    assert_int_equal(indicate(1, 4, BT_ATT_CHAN_OPT_NONE), 0);
    ON(0x40, "< 04 00 1d 17 00 76");
    assert_int_equal(indicate(2, 1, BT_ATT_CHAN_OPT_NONE), 0); // Waits,
    assert_int_equal(indicate(3, 1, BT_ATT_CHAN_OPT_NONE), -ENOMEM);
    ON(0x40, "> 01 00 1e"); // ... for the one of its handle, not only for a bearer.
    heard("i1:0;~1;ready;");
    ATT(conn, "> 1e < 1d 14 00 76");
    heard("i0:0;~0;");
    ON(0x40, "> 01 00 1e"); // Of nobody.
    heard("");
    ATT(conn, "> 1e");
    heard("i2:0;~2;");
}

static void indications_end_with_their_bearer(void **state)
{
    subscribe_both("02");
    peer_opens(1, 9);
    assert_int_equal(indicate(0, 1, BT_ATT_CHAN_OPT_ENHANCED_ONLY), 0);
    ON(0x40, "< 04 00 1d 14 00 76");
    assert_int_equal(indicate(1, 4, BT_ATT_CHAN_OPT_ENHANCED_ONLY), 0);
    SIG(conn, "> 06 02 04 00 40 00 40 00 < 07 02 04 00 40 00 40 00");
    heard("i0:14;~0;i1:14;~1;");
    assert_int_equal(indicate(2, 1, BT_ATT_CHAN_OPT_ENHANCED_ONLY), -ENOTCONN);
}

static void indication_times_out(void **state)
{
    subscribe_both("02");
    peer_opens(1, 9);
    assert_int_equal(indicate(0, 1, BT_ATT_CHAN_OPT_ENHANCED_ONLY), 0);
    ON(0x40, "< 04 00 1d 14 00 76");
    fake_time(30000000);
    heard("i0:14;~0;");
    SIG(conn, "< 06 02 04 00 40 00 40 00"); // 3.3.3: the bearer is closed, the link is not.
    assert_int_equal(indicate(1, 1, BT_ATT_CHAN_OPT_NONE), 0);
    ATT(conn, "< 1d 14 00 76 > 1e");
    heard("i1:0;~1;");
    SIG(conn, "> 07 02 04 00 40 00 40 00");
}

// ---- The client --------------------------------------------------------------------------------

static struct bt_gatt_read_params reads[8];

static uint8_t on_value(struct bt_conn *c, uint8_t err, struct bt_gatt_read_params *params,
                        const void *data, uint16_t length)
{
    unsigned int i = (unsigned int)(params - reads);
    if (data) {
        tell("r%u=%u;", i, length);
    } else {
        tell("R%u:%u;", i, err);
    }
    return BT_GATT_ITER_CONTINUE;
}

static int start_read(unsigned int i, enum bt_att_chan_opt opt)
{
    reads[i] = (struct bt_gatt_read_params){.func = on_value,
                                            .handle_count = 1,
                                            .single.handle = (uint16_t)(0x20 + i),
                                            .chan_opt = opt};
    return bt_gatt_read(conn, &reads[i]);
}

static void one_request_on_each_bearer(void **state)
{
    assert_int_equal(start_read(0, BT_ATT_CHAN_OPT_ENHANCED_ONLY), -ENOTCONN);
    assert_int_equal(start_read(0, (enum bt_att_chan_opt)3), -EINVAL);
    peer_opens(2, 9);
    for (unsigned int i = 0; i < 4; i++) {
        assert_int_equal(start_read(i, BT_ATT_CHAN_OPT_NONE), 0);
    }
    assert_int_equal(bt_gatt_read(conn, &reads[0]), -EBUSY);
    out(0x04, "0a 20 00");
    out(0x40, "03 00 0a 21 00");
    out(0x41, "03 00 0a 22 00");
    // Answered out of order; the fourth goes where the first answer came.
    ON(0x41, "> 02 00 0b 31 < 03 00 0a 23 00");
    heard("r2=1;R2:0;");
    ON(0x40, "> 02 00 13 31"); // Of another request: nobody waits for it.
    ON(0x40, "> 05 00 01 0a 21 00 01");
    heard("R1:1;");
    ATT(conn, "> 0b");
    heard("r0=0;R0:0;");
    ON(0x41, "> 02 00 0b 31");
    heard("r3=1;R3:0;");
    assert_int_equal(fake.stats.att_dropped, 1);
}

// A procedure of several requests keeps to its bearer, and its size is that bearer's.
static void long_read_keeps_to_its_bearer(void **state)
{
    SIG(conn, "> 17 01 0a 00 27 00 40 00 f7 00 09 00 40 00"
              "< 18 01 0a 00 f7 00 f7 00 02 00 00 00 40 00");
    warm_up(1);
    assert_int_equal(start_read(0, BT_ATT_CHAN_OPT_ENHANCED_ONLY), 0);
    out(0x40, "03 00 0a 20 00");
    uint8_t piece[4 + 2 + 64] = {66, 0, 0x40, 0, 64, 0, 0x0b};
    fake_raw(conn, piece, sizeof(piece));
    ON(0x40, "< 05 00 0c 20 00 3f 00 > 02 00 0d 01");
    heard("r0=63;r0=1;R0:0;");
}

static void procedures_end_with_their_bearer(void **state)
{
    peer_opens(1, 9);
    for (unsigned int i = 0; i < 3; i++) {
        assert_int_equal(start_read(i, BT_ATT_CHAN_OPT_ENHANCED_ONLY), 0);
    }
    ON(0x40, "< 03 00 0a 20 00");
    assert_int_equal(start_read(3, BT_ATT_CHAN_OPT_NONE), 0);
    ATT(conn, "< 0a 23 00");
    assert_int_equal(start_read(4, BT_ATT_CHAN_OPT_NONE), 0); // May use either.
    SIG(conn, "> 06 02 04 00 40 00 40 00 < 07 02 04 00 40 00 40 00");
    heard("R0:14;R1:14;R2:14;");
    ATT(conn, "> 0b 31 < 0a 24 00 > 0b 31");
    heard("r3=1;R3:0;r4=1;R4:0;");
}

static void request_times_out(void **state)
{
    peer_opens(1, 9);
    assert_int_equal(start_read(0, BT_ATT_CHAN_OPT_ENHANCED_ONLY), 0);
    ON(0x40, "< 03 00 0a 20 00");
    fake_time(30000000);
    heard("R0:14;");
    SIG(conn, "< 06 02 04 00 40 00 40 00");
    assert_int_equal(start_read(1, BT_ATT_CHAN_OPT_ENHANCED_ONLY), -ENOTCONN);
    ON(0x40, "> 02 00 0b 31"); // Too late.
    heard("");
    assert_int_equal(start_read(1, BT_ATT_CHAN_OPT_NONE), 0);
    ATT(conn, "< 0a 21 00 > 0b 31");
    heard("r1=1;R1:0;");
    SIG(conn, "> 07 02 04 00 40 00 40 00");
    assert_int_equal(bt_eatt_count(conn), 0);
}

static struct bt_gatt_write_params writes[3];

static void on_written(struct bt_conn *c, uint8_t err, struct bt_gatt_write_params *params)
{
    tell("w%u:%u;", (unsigned int)(params - writes), err);
}

static int start_write(unsigned int i, const void *data, uint16_t len)
{
    writes[i] = (struct bt_gatt_write_params){
        .func = on_written, .handle = 0x30, .data = data, .length = len};
    return bt_gatt_write(conn, &writes[i]);
}

// What fits only the enhanced one waits for it; if that closes there is no other.
static void only_a_larger_bearer_will_do(void **state)
{
    static const uint8_t data[60];
    peer_opens(1, 9);
    assert_int_equal(start_read(0, BT_ATT_CHAN_OPT_ENHANCED_ONLY), 0);
    ON(0x40, "< 03 00 0a 20 00");
    assert_int_equal(start_write(0, data, sizeof(data)), 0);
    assert_int_equal(forget_sent(), 0);
    in(0x40, "02 00 0b 31");
    assert_int_equal(forget_sent(), 1);
    assert_int_equal(start_write(1, data, sizeof(data)), 0);
    heard("r0=1;R0:0;");
    SIG(conn, "> 06 02 04 00 40 00 40 00 < 07 02 04 00 40 00 40 00");
    heard("w0:14;w1:14;");
}

// Long writes fill one queue of the server, whatever they come on: one at a time. A bearer that
// closes in the middle leaves pieces there, which are cancelled elsewhere.
static void long_writes_one_at_a_time(void **state)
{
    static const uint8_t data[300];
    peer_opens(2, 9);
    assert_int_equal(start_write(0, data, sizeof(data)), 0);
    assert_int_equal(start_write(1, data, sizeof(data)), 0);
    struct fake_frame frame;
    assert_true(fake_sent(&frame)); // Prepare Write, of the unenhanced bearer.
    assert_int_equal(frame.data[2], 0x04);
    assert_int_equal(frame.data[4], 0x16);
    assert_false(fake_sent(&frame));
    bt_gatt_cancel(conn, &writes[0]);
    fake_time(1);
    heard("w0:14;");
    ATT(conn, "> 01 16 30 00 05 < 18 00");
    in(0x04, "19");
    assert_true(fake_sent(&frame)); // The second one, now that the server has forgotten the first.
    assert_int_equal(frame.data[4], 0x16);
    ATT(conn, "> 01 16 30 00 05 < 18 00 > 19");
    heard("w1:5;");
}

// One closes in the middle: what it left in the server's queue is cancelled on another bearer.
static void long_write_whose_bearer_closes(void **state)
{
    static const uint8_t data[300];
    peer_opens(1, 9);
    writes[0] = (struct bt_gatt_write_params){.func = on_written,
                                              .handle = 0x30,
                                              .data = data,
                                              .length = sizeof(data),
                                              .chan_opt = BT_ATT_CHAN_OPT_ENHANCED_ONLY};
    assert_int_equal(bt_gatt_write(conn, &writes[0]), 0);
    assert_int_equal(forget_sent(), 2); // A Prepare Write of 242 octets, in two frames.
    in(0x05, "06 02 04 00 40 00 40 00");
    heard("w0:14;");
    out(0x05, "07 02 04 00 40 00 40 00");
    ATT(conn, "< 18 00 > 19");
}

// ---- Every PDU in every state --------------------------------------------------------------------

enum bearer_state { CLOSED, IDLE, ASKING, INDICATING, BOTH, DEAD, PARKED, STATES };

static void into(enum bearer_state s)
{
    begin_as(BT_CONN_ROLE_PERIPHERAL);
    subscribe_both("02");
    if (s == CLOSED) {
        return;
    }
    peer_opens(1, s == PARKED ? 1 : 30);
    if (s == ASKING || s == BOTH || s == DEAD) {
        assert_int_equal(start_read(0, BT_ATT_CHAN_OPT_ENHANCED_ONLY), 0);
    }
    if (s == INDICATING || s == BOTH) {
        assert_int_equal(indicate(0, 1, BT_ATT_CHAN_OPT_ENHANCED_ONLY), 0);
    }
    if (s == DEAD) {
        fake_time(30000000);
    }
    if (s == PARKED) {
        ON(0x40, "> 03 00 0a 14 00 < 04 00 0b 61 62 63 > 03 00 0a 14 00");
    }
    (void)forget_sent();
    story[0] = 0;
}

// Each is answered once or ignored, nothing ends twice, nothing is left behind.
static void every_pdu_in_every_state(void **state)
{
    for (enum bearer_state s = CLOSED; s < STATES; s++) {
        for (unsigned int op = 0; op < 256; op++) {
            for (unsigned int len = 0; len < 6; len++) {
                uint8_t frame[4 + 2 + 1 + 5] = {(uint8_t)(3 + len), 0, 0x40, 0,
                                                (uint8_t)(1 + len), 0};
                frame[6] = (uint8_t)op;
                frame[7] = 0x14;
                into(s);
                fake_raw(conn, frame, 7 + len);
                bool request = s != CLOSED && s != DEAD && s != PARKED && !(op & 0x40) &&
                               !(op & 1) && op != 0x1e;
                unsigned int sent = forget_sent();
                // A response, a confirmation, and the next in line at most.
                assert_in_range(sent, request, 3);
                fake_end();
                const char *once = strstr(story, "R0:");
                assert_true((s == ASKING || s == BOTH) == (once != NULL));
                assert_true(!once || !strstr(once + 1, "R0:"));
                once = strstr(story, "i0:");
                assert_true((s == INDICATING || s == BOTH) == (once != NULL));
                assert_true(!once || !strstr(once + 1, "i0:"));
            }
        }
    }
    begin_as(BT_CONN_ROLE_PERIPHERAL);
}

// ---- The rest ----------------------------------------------------------------------------------

static void peer_reconfigures(void **state)
{
    SIG(conn, "> 17 01 0a 00 27 00 40 00 40 00 09 00 40 00"
              "< 18 01 0a 00 f7 00 f7 00 02 00 00 00 40 00");
    assert_int_equal(bt_gatt_get_mtu(conn), 64);
    SIG(conn, "> 19 02 06 00 c8 00 c8 00 40 00 < 1a 02 02 00 00 00");
    assert_int_equal(bt_gatt_get_mtu(conn), 200);
}

// All by one request.
static void we_reconfigure(void **state)
{
    conn->role = BT_CONN_ROLE_CENTRAL;
    assert_int_equal(bt_eatt_reconfigure(conn, 200), -ENOENT);
    assert_int_equal(breeze_mtu_set(100), 0);
    assert_int_equal(bt_eatt_connect(conn, 2), 0);
    SIG(conn, "< 17 01 0c 00 27 00 64 00 66 00 01 00 40 00 41 00"
              "> 18 01 0c 00 f0 00 f0 00 05 00 00 00 40 00 41 00");
    bt_gatt_cb_register(&gatt_cb);
    story[0] = 0;
    assert_int_equal(bt_eatt_reconfigure(conn, 99), -EINVAL);
    assert_int_equal(bt_eatt_reconfigure(conn, CONFIG_BREEZE_ATT_MTU + 1), -EINVAL);
    assert_int_equal(bt_eatt_reconfigure(conn, 200), 0);
    SIG(conn, "< 19 02 08 00 c8 00 ca 00 40 00 41 00 > 1a 02 02 00 00 00");
    assert_int_equal(bt_gatt_get_mtu(conn), 200);
    assert_string_equal(story, "mtu200;");
}

static void several_values_in_one(void **state)
{
    subscribe_both("01");
    ATT(conn, "> 12 0f 00 04 < 13");
    peer_opens(1, 9);
    struct bt_gatt_notify_params params[2] = {note(1, "ab", BT_ATT_CHAN_OPT_NONE),
                                              note(4, "c", BT_ATT_CHAN_OPT_NONE)};
    assert_int_equal(bt_gatt_notify_multiple(conn, 2, params), 0);
    ON(0x40, "< 0c 00 23 14 00 02 00 61 62 17 00 01 00 63");
    params[1].chan_opt = BT_ATT_CHAN_OPT_UNENHANCED_ONLY;
    assert_int_equal(bt_gatt_notify_multiple(conn, 2, params), -EINVAL);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(peer_opens_what_there_is),
        CASE(accepted_in_vain),
        CASE(encryption_is_needed),
        CASE(we_open),
        CASE(collision_as_central),
        CASE(collision_as_peripheral),
        CASE(collision_in_which_the_peer_opened_all),
        CASE(auto_connect),
        CASE(answered_where_it_came),
        CASE(response_without_credits),
        CASE(notifications_and_options),
        CASE(one_handle_keeps_its_order),
        CASE(one_indication_on_each_bearer),
        CASE(indications_end_with_their_bearer),
        CASE(indication_times_out),
        CASE(one_request_on_each_bearer),
        CASE(long_read_keeps_to_its_bearer),
        CASE(procedures_end_with_their_bearer),
        CASE(request_times_out),
        CASE(only_a_larger_bearer_will_do),
        CASE(long_writes_one_at_a_time),
        CASE(long_write_whose_bearer_closes),
        CASE(every_pdu_in_every_state),
        CASE(peer_reconfigures),
        CASE(we_reconfigure),
        CASE(several_values_in_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
