// Fuzz target: an application with channels, a peer that sends any signalling and any channel data. A
// list of {command, argument, length, octets}: frames for the signalling channel or a dynamic one,
// calls of the application, time, links that end.
#include "pdu/coc_app.h"

#include "base/rd.h"
#include "l2cap/l2cap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void forget_sent(void)
{
    struct fake_frame frame;
    while (fake_sent(&frame)) {
    }
}

// A request, rightly framed: only its data is the fuzzer's.
static void signal_in(uint8_t code, struct rd *r)
{
    uint8_t frame[64] = {0};
    size_t len = MIN(rd_left(r), (size_t)24);
    frame[0] = (uint8_t)(len + 4);
    frame[2] = L2CAP_CID_SIG;
    frame[4] = code;
    frame[5] = 1 + (code >> 5);
    frame[6] = (uint8_t)len;
    if (len) {
        memcpy(frame + 8, rd_take(r, len), len);
    }
    frame[4] &= 0x1f;
    fake_raw(conn, frame, len + 8);
}

static void data_in(uint8_t cid, struct rd *r)
{
    uint8_t frame[300] = {0};
    size_t len = rd_left(r);
    frame[0] = (uint8_t)len;
    frame[2] = (uint8_t)(L2CAP_CID_DYNAMIC + cid % 16);
    if (len) {
        memcpy(frame + 4, rd_take(r, len), len);
    }
    fake_raw(conn, frame, len + 4);
}

static void complete_one(struct bt_l2cap_chan *chan)
{
    if (kept_count) {
        struct net_buf *buf = kept[--kept_count];
        if (bt_l2cap_chan_recv_complete(chan, buf)) {
            net_buf_unref(buf);
        }
    }
}

static void send_one(struct bt_l2cap_chan *chan, size_t len)
{
    struct net_buf *buf = net_buf_alloc(&sdu_pool, K_NO_WAIT);
    if (!buf) {
        return;
    }
    net_buf_reserve(buf, BT_L2CAP_SDU_CHAN_SEND_RESERVE);
    memset(net_buf_add(buf, len + 1), 0, len + 1);
    if (bt_l2cap_chan_send(chan, buf)) {
        net_buf_unref(buf);
    }
}

static void call(uint8_t what, uint8_t arg)
{
    struct bt_l2cap_chan *chan = &chans[arg % APP_CHANS].chan;
    struct bt_l2cap_chan *list[] = {chan, &chans[(arg + 1) % APP_CHANS].chan,
                                    &chans[(arg + 2) % APP_CHANS].chan, NULL};
    switch (what % 14) {
    case 0:
        (void)bt_l2cap_chan_connect(conn, chan, 0x25);
        break;
    case 1:
        (void)bt_l2cap_chan_disconnect(chan);
        break;
    case 2:
        send_one(chan, arg);
        break;
    case 3:
        (void)bt_l2cap_ecred_chan_connect(conn, list, 0x27);
        break;
    case 4:
        (void)(arg & 1 ? bt_l2cap_ecred_chan_reconfigure(list, (uint16_t)(100 + arg))
                       : bt_l2cap_ecred_chan_reconfigure_explicit(list, 1 + arg % 3, 120,
                                                                  (uint16_t)(60 + arg)));
        break;
    case 5:
        (void)bt_l2cap_chan_give_credits(chan, arg);
        break;
    case 6:
        complete_one(chan);
        break;
    case 7:
        recv_says = kept_count < ARRAY_SIZE(kept) - 1 && (arg & 1) ? -EINPROGRESS
                    : (arg & 2)                                    ? -EIO
                                                                   : 0;
        break;
    case 8:
        fake_time((int64_t)arg * 1000000);
        break;
    case 9:
        fake.tx_dry = arg & 1;
        fake_tx_free();
        break;
    case 10:
        accept_ops = arg & 1 ? &seg_ops : arg & 2 ? &all_ops : &ops;
        accept_err = arg & 4 ? -ENOMEM : 0;
        break;
    case 11:
        chans[arg % APP_CHANS].required_sec_level = arg % 5;
        fake.raise_err = arg & 0x80 ? -EBUSY : arg & 0x40 ? -EINVAL : 0;
        break;
    case 12:
        fake_security(conn, BT_SECURITY_L1 + arg % 4,
                      arg & 0x80 ? BT_SECURITY_ERR_AUTH_FAIL : BT_SECURITY_ERR_SUCCESS);
        break;
    default:
        fake_disconnect(conn);
        conn = fake_connect(0, arg & 1);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 4000) {
        return 0;
    }
    struct rd r = rd_init(data, size);
    app_begin(100, &ops);
    while (rd_left(&r) >= 3) {
        uint8_t what = rd_u8(&r);
        uint8_t arg = rd_u8(&r);
        size_t len = rd_u8(&r);
        struct rd octets = rd_sub(&r, MIN(len, rd_left(&r)));
        heard[0] = 0;
        if (what & 0x80) {
            data_in(arg, &octets);
        } else if (what & 0x40) {
            signal_in(arg, &octets);
        } else {
            call(what, arg);
        }
        if (kept_count == ARRAY_SIZE(kept)) {
            recv_says = 0;
        }
        forget_sent();
    }
    fake.tx_dry = false;
    fake_tx_free();
    forget_sent();
    (void)app_end(NULL);
    return 0;
}
