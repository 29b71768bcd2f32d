// Fuzz target: a server and a client with enhanced bearers, a peer that sends anything on any
// channel, and bearers that open, close and run out of credits meanwhile. A list of {what,
// argument, length, octets}.
#include "pdu/fake.h"

#include <zephyr/bluetooth/l2cap.h>

#include "att/state.h"
#include "base/rd.h"
#include "l2cap/l2cap.h"

#define OPS 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bt_conn *conn;
static struct bt_gatt_read_params reads[OPS];
static struct bt_gatt_write_params writes[OPS];
static struct bt_gatt_indicate_params inds[OPS];
static unsigned int begun;
static unsigned int ended;

BT_GATT_SERVICE_DEFINE(fuzz_eatt_svc, BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xff0a)),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff01),
                                              BT_GATT_CHRC_NOTIFY | BT_GATT_CHRC_INDICATE,
                                              BT_GATT_PERM_NONE, NULL, NULL, NULL),
                       BT_GATT_CCC(NULL, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE));

static uint8_t on_value(struct bt_conn *c, uint8_t err, struct bt_gatt_read_params *params,
                        const void *value, uint16_t length)
{
    ended += value == NULL;
    return BT_GATT_ITER_CONTINUE;
}

static void on_written(struct bt_conn *c, uint8_t err, struct bt_gatt_write_params *params)
{
    ended++;
}

static void on_indicated(struct bt_conn *c, struct bt_gatt_indicate_params *params, uint8_t err)
{
    ended++;
}

static void frame_in(uint16_t cid, uint8_t code, struct rd *r)
{
    uint8_t frame[300] = {0};
    size_t len = rd_left(r);
    size_t head = cid == L2CAP_CID_SIG ? 4 : 0;
    frame[0] = (uint8_t)(head + len);
    frame[1] = (uint8_t)((head + len) >> 8);
    frame[2] = (uint8_t)cid;
    if (head) {
        frame[4] = code & 0x1f;
        frame[5] = 1 + (code >> 5);
        frame[6] = (uint8_t)len;
    }
    if (len) {
        memcpy(frame + 4 + head, rd_take(r, len), len);
    }
    fake_raw(conn, frame, 4 + head + len);
}

static void call(uint8_t what, uint8_t arg)
{
    static const uint8_t value[300];
    unsigned int i = arg % OPS;
    enum bt_att_chan_opt opt = (enum bt_att_chan_opt)(arg >> 3 & 3);
    uint16_t len = arg >> 5;
    struct bt_gatt_notify_params note = {
        .attr = &attr_fuzz_eatt_svc[1], .data = value, .len = 40 * len, .chan_opt = opt};
    switch (what % 10) {
    case 0:
        (void)bt_eatt_connect(conn, arg);
        break;
    case 1:
        (void)bt_eatt_disconnect_one(conn);
        break;
    case 2:
        (void)bt_gatt_notify_cb(conn, &note);
        break;
    case 3:
        inds[i].attr = &attr_fuzz_eatt_svc[1];
        inds[i].func = on_indicated;
        inds[i].data = value;
        inds[i].len = len;
        inds[i].chan_opt = opt;
        begun += !bt_gatt_indicate(conn, &inds[i]);
        break;
    case 4:
        reads[i].func = on_value;
        reads[i].handle_count = 1;
        reads[i].single.handle = 1 + i;
        reads[i].chan_opt = opt;
        begun += !bt_gatt_read(conn, &reads[i]);
        break;
    case 5:
        writes[i].func = on_written;
        writes[i].handle = 1 + i;
        writes[i].data = value;
        writes[i].length = 40 * len;
        writes[i].chan_opt = opt;
        begun += !bt_gatt_write(conn, &writes[i]);
        break;
    case 6:
        bt_gatt_cancel(conn, arg & 0x80 ? (void *)&reads[i] : (void *)&writes[i]);
        break;
    case 7:
        fake_time((int64_t)arg * 1000000);
        break;
    case 8:
        fake.tx_dry = arg & 1;
        fake_tx_free();
        break;
    default:
        fake_disconnect(conn);
        conn = fake_connect(0, arg & 1);
        conn->interval = 24;
        att_conn_up.security(conn, BT_SECURITY_ERR_SUCCESS);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fake_frame frame;
    if (size > 4000) {
        return 0;
    }
    fake_begin(BT_CONN_ROLE_PERIPHERAL);
    fake.security = BT_SECURITY_L2;
    conn = conn_at(0);
    conn->interval = 24;
    begun = ended = 0;
    struct rd r = rd_init(data, size);
    while (rd_left(&r) >= 3) {
        uint8_t what = rd_u8(&r);
        uint8_t arg = rd_u8(&r);
        size_t len = rd_u8(&r);
        struct rd octets = rd_sub(&r, MIN(len, rd_left(&r)));
        if ((what & 0xc0) == 0x80) {
            frame_in((uint16_t)(L2CAP_CID_DYNAMIC + arg % 8), 0, &octets);
        } else if ((what & 0xc0) == 0x40) {
            frame_in(L2CAP_CID_SIG, arg, &octets);
        } else if ((what & 0xc0) == 0xc0) {
            frame_in(L2CAP_CID_ATT, 0, &octets);
        } else {
            call(what, arg);
        }
        while (fake_sent(&frame)) {
        }
    }
    fake.tx_dry = false;
    fake_tx_free();
    fake_end();
    while (fake_sent(&frame)) {
    }
    assert_true(ended == begun); // Each procedure, each indication ends exactly once.
    return 0;
}
