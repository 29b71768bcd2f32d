// MicroPython's channels over a stand-in for the host's: what no well-behaved peer sends, and no
// interpreter shows.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/l2cap.h>
#include <zephyr/bluetooth/l2cap.h>

#include "py/mperrno.h"

#include "backend.h"

#define CID 0x40

// ---- Stand-ins ---------------------------------------------------------------------------------

static struct {
    bool on;
    bool starved; // No memory.
    int blocks;   // Allocations that are not freed.
    uint16_t cid; // Of the next channel.
    int refuse;   // What the program says to ACCEPT.
    unsigned int credits;
    struct bt_l2cap_server *server;
    struct bt_l2cap_chan *chan;
    struct net_buf *sent[32];
    size_t sent_count;
    int closed; // bt_l2cap_chan_disconnect() calls.
    int accepts, connects, disconnects, recvs, readys;
    uint16_t status; // Of the last DISCONNECT or SEND_READY.
} host;

static struct mpy_conn the_conn = {.conn = (struct bt_conn *)&host};

bool mpy_on(void)
{
    return host.on;
}

struct mpy_conn *mpy_conn_get(uint16_t conn_handle)
{
    return host.on && conn_handle == 0 ? &the_conn : NULL;
}

struct mpy_conn *mpy_conn_of(struct bt_conn *conn)
{
    return host.on && conn == the_conn.conn ? &the_conn : NULL;
}

uint16_t mpy_conn_handle(const struct mpy_conn *mc)
{
    return 0;
}

void mpy_enter(void)
{
}

void mpy_leave(void)
{
}

int mpy_errno(int err)
{
    return -err;
}

void *mpy_alloc(size_t len)
{
    host.blocks += !host.starved;
    return host.starved ? NULL : calloc(1, len);
}

void mpy_free(void *mem)
{
    host.blocks--;
    free(mem);
}

int bt_l2cap_server_register(struct bt_l2cap_server *server)
{
    host.server = server;
    return 0;
}

int bt_l2cap_server_unregister(struct bt_l2cap_server *server)
{
    host.server = NULL;
    return 0;
}

int bt_l2cap_chan_connect(struct bt_conn *conn, struct bt_l2cap_chan *chan, uint16_t psm)
{
    chan->conn = conn;
    BT_L2CAP_LE_CHAN(chan)->rx.cid = host.cid;
    host.chan = chan;
    return 0;
}

int bt_l2cap_chan_disconnect(struct bt_l2cap_chan *chan)
{
    host.closed++;
    return 0;
}

int bt_l2cap_chan_give_credits(struct bt_l2cap_chan *chan, uint16_t additional_credits)
{
    host.credits += additional_credits;
    return 0;
}

int bt_l2cap_chan_send(struct bt_l2cap_chan *chan, struct net_buf *buf)
{
    assert_true(net_buf_headroom(buf) >= BT_L2CAP_SDU_CHAN_SEND_RESERVE);
    host.sent[host.sent_count++] = buf;
    return 0;
}

int breeze_l2cap_asked(struct breeze_l2cap_asked *asked)
{
    *asked = (struct breeze_l2cap_asked){.cid = host.cid, .mtu = 100, .mps = 50};
    return 0;
}

int mp_bluetooth_on_l2cap_accept(uint16_t conn_handle, uint16_t cid, uint16_t psm, uint16_t our_mtu,
                                 uint16_t peer_mtu)
{
    host.accepts++;
    return host.refuse;
}

void mp_bluetooth_on_l2cap_connect(uint16_t conn_handle, uint16_t cid, uint16_t psm,
                                   uint16_t our_mtu, uint16_t peer_mtu)
{
    host.connects++;
}

void mp_bluetooth_on_l2cap_disconnect(uint16_t conn_handle, uint16_t cid, uint16_t psm,
                                      uint16_t status)
{
    host.disconnects++;
    host.status = status;
}

void mp_bluetooth_on_l2cap_send_ready(uint16_t conn_handle, uint16_t cid, uint8_t status)
{
    host.readys++;
    host.status = status;
}

void mp_bluetooth_on_l2cap_recv(uint16_t conn_handle, uint16_t cid)
{
    host.recvs++;
}

// ---- The tests' tools --------------------------------------------------------------------------

static int setup(void **state)
{
    memset(&host, 0, sizeof(host));
    host.on = true;
    host.cid = CID;
    return 0;
}

// Everything goes, and nothing is left.
static int teardown(void **state)
{
    for (size_t i = 0; i < host.sent_count; i++) {
        net_buf_unref(host.sent[i]);
    }
    host.on = false;
    if (host.chan) {
        host.chan->ops->disconnected(host.chan);
        host.chan->conn = NULL;
        host.chan->ops->released(host.chan);
    }
    mpy_l2cap_reset();
    return host.blocks;
}

static struct bt_l2cap_le_chan *opened(uint16_t mtu, uint16_t peer_mtu)
{
    host.credits = 0;
    assert_int_equal(mp_bluetooth_l2cap_connect(0, 0x80, mtu), 0);
    struct bt_l2cap_le_chan *le = BT_L2CAP_LE_CHAN(host.chan);
    le->tx.mtu = peer_mtu;
    host.chan->ops->connected(host.chan);
    return le;
}

// The peer, or we, end the channel.
static void ended(void)
{
    struct bt_l2cap_chan *chan = host.chan;
    host.chan = NULL;
    chan->ops->disconnected(chan);
    chan->conn = NULL;
    chan->ops->released(chan);
}

static void segment(size_t sdu_len, size_t offset, uint8_t *data, size_t len)
{
    struct net_buf_simple seg;
    net_buf_simple_init_with_data(&seg, data, len);
    assert_true(host.credits > 0);
    host.credits--;
    host.chan->ops->seg_recv(host.chan, sdu_len, (off_t)offset, &seg);
}

static uint32_t number;

static uint32_t below(uint32_t n)
{
    number = number * 1664525 + 1013904223;
    return (number >> 8) % n;
}

// ---- Receiving ---------------------------------------------------------------------------------

// A peer that cuts SDUs as it likes, empty frames and empty SDUs among them, and a program that
// reads when and as much as it likes.
struct stream {
    uint16_t mtu;
    uint16_t mps;
    uint8_t next_in; // Octets count up.
    uint8_t next_out;
    size_t sdu_len;
    size_t at;
    bool in_sdu;
    unsigned int frames;
    unsigned int whole; // SDUs that are not empty.
};

static void feed(struct stream *s)
{
    uint8_t data[2000];
    if (!s->in_sdu) {
        s->sdu_len = below(5) ? below(s->mtu + 1) : 0;
        s->at = 0;
    }
    size_t room = s->in_sdu ? s->mps : s->mps - 2u;
    size_t left = s->sdu_len - s->at;
    size_t len = below(3) ? (left < room ? left : room) : below((left < room ? left : room) + 1);
    for (size_t i = 0; i < len; i++) {
        data[i] = s->next_in++;
    }
    segment(s->sdu_len, s->at, data, len);
    s->at += len;
    s->in_sdu = s->at < s->sdu_len;
    s->whole += s->sdu_len && !s->in_sdu;
    s->frames++;
}

static size_t take(struct stream *s)
{
    uint8_t data[2000];
    size_t len = below(sizeof(data)) + 1;
    assert_int_equal(mp_bluetooth_l2cap_recvinto(0, CID, data, &len), 0);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(data[i], s->next_out++);
    }
    return len;
}

static void pitfall_88_any_frames_and_any_reader(void **state)
{
    for (number = 1; number < 60000; number += 1999) {
        static const uint16_t most[] = {100, 2000, 20000};
        struct stream s = {.mtu = (uint16_t)(32 + below(most[below(3)]))};
        uint32_t seed = number;
        struct bt_l2cap_le_chan *le = opened(s.mtu, 100);
        s.mps = le->rx.mps;
        host.recvs = 0;
        unsigned int eager = below(20) + 2;
        while (s.frames < 3000) {
            if (host.credits && below(eager)) {
                feed(&s);
            } else if (!take(&s)) {
                // Nothing to read: then the peer may always send.
                assert_true(host.credits > 0);
            }
        }
        while (s.in_sdu) {
            if (host.credits) {
                feed(&s);
            } else {
                assert_true(take(&s) > 0);
            }
        }
        while (take(&s)) {
        }
        assert_int_equal(s.next_in, s.next_out);
        assert_int_equal(host.recvs, s.whole);
        ended();
        number = seed;
    }
}

// The largest SDU, cut so that its last octets do not fill the frames that room is kept for: the
// peer may always go on.
static void pitfall_88_an_sdu_always_ends(void **state)
{
    uint8_t data[247] = {0};
    size_t mtu = 40 * 247 - 2;
    assert_int_equal(opened((uint16_t)mtu, 100)->rx.mps, 247);
    segment(mtu, 0, data, 1);
    size_t at = 1;
    while (at < mtu) {
        size_t len = mtu - at >= 247 ? 247 : 1;
        segment(mtu, at, data, len);
        at += len;
    }
    size_t len;
    assert_int_equal(mp_bluetooth_l2cap_recvinto(0, CID, NULL, &len), 0);
    assert_int_equal(len, mtu);
}

static void pitfall_88_nobody_reads(void **state)
{
    // Full frames, which take all the room there is; small ones, which take less than is kept for each.
    static const size_t lens[] = {245, 1};
    for (size_t k = 0; k < ARRAY_SIZE(lens); k++) {
        uint8_t data[245];
        (void)opened(245, 100);
        size_t frames = 0;
        while (host.credits) {
            memset(data, (int)frames, sizeof(data));
            segment(lens[k], 0, data, lens[k]);
            assert_true(++frames < 10000);
        }
        for (size_t i = 0; i < frames; i++) {
            size_t len = sizeof(data);
            assert_int_equal(mp_bluetooth_l2cap_recvinto(0, CID, data, &len), 0);
            assert_int_equal(len, lens[k]);
            assert_int_equal(data[0], i & 0xff);
            assert_int_equal(data[len - 1], i & 0xff);
        }
        assert_true(host.credits > 16);
        ended();
    }
}

// ---- Sending -----------------------------------------------------------------------------------

static void left(size_t count)
{
    while (count--) {
        net_buf_unref(host.sent[0]);
        memmove(host.sent, host.sent + 1, --host.sent_count * sizeof(host.sent[0]));
        host.chan->ops->sent(host.chan);
    }
}

static void send_until_stalled(size_t len, size_t expected)
{
    static const uint8_t data[20000];
    bool stalled = false;
    size_t count = host.sent_count;
    while (!stalled) {
        assert_int_equal(mp_bluetooth_l2cap_send(0, CID, data, len, &stalled), 0);
    }
    assert_int_equal(host.sent_count - count, expected);
    assert_int_equal(mp_bluetooth_l2cap_send(0, CID, data, len, &stalled), MP_EBUSY);
}

static void stall_and_ready(void **state)
{
    (void)opened(10000, 20000);
    send_until_stalled(10, 16);
    left(7);
    assert_int_equal(host.readys, 0);
    left(1); // Half of them are gone.
    assert_int_equal(host.readys, 1);
    send_until_stalled(10, 8);
    left(16);
    assert_int_equal(host.readys, 2);
    send_until_stalled(20000, 2); // Two of any size.
    left(1);
    assert_int_equal(host.readys, 3);
    assert_int_equal(host.status, 0);
    left(1);
}

static void send_errors(void **state)
{
    uint8_t data[300] = {1, 2, 3};
    bool stalled;
    (void)opened(100, 250);
    assert_int_equal(mp_bluetooth_l2cap_send(0, CID, data, 0, &stalled), MP_EINVAL);
    assert_int_equal(mp_bluetooth_l2cap_send(0, CID, data, 201, &stalled), MP_EINVAL);
    assert_int_equal(mp_bluetooth_l2cap_send(0, CID + 1, data, 1, &stalled), MP_EINVAL);
    assert_int_equal(mp_bluetooth_l2cap_send(1, CID, data, 1, &stalled), MP_ENOTCONN);
    host.starved = true;
    assert_int_equal(mp_bluetooth_l2cap_send(0, CID, data, 1, &stalled), MP_ENOMEM);
    assert_int_equal(mp_bluetooth_l2cap_connect(0, 0x80, 100), MP_ENOMEM);
    assert_int_equal(mp_bluetooth_l2cap_listen(0x80, 100), MP_ENOMEM);
    host.starved = false;
    assert_int_equal(mp_bluetooth_l2cap_send(0, CID, data, 200, &stalled), 0);
    assert_memory_equal(host.sent[0]->data, data, 200);
    left(1);
}

static void disconnecting_waits_for_what_was_sent(void **state)
{
    bool stalled;
    (void)opened(100, 100);
    assert_int_equal(mp_bluetooth_l2cap_send(0, CID, (const uint8_t *)"ab", 2, &stalled), 0);
    assert_int_equal(mp_bluetooth_l2cap_send(0, CID, (const uint8_t *)"c", 1, &stalled), 0);
    assert_int_equal(mp_bluetooth_l2cap_disconnect(0, CID), 0);
    assert_int_equal(mp_bluetooth_l2cap_disconnect(0, CID), MP_EALREADY);
    assert_int_equal(mp_bluetooth_l2cap_send(0, CID, (const uint8_t *)"d", 1, &stalled),
                     MP_ENOTCONN);
    left(1);
    assert_int_equal(host.closed, 0);
    left(1);
    assert_int_equal(host.closed, 1);
}

// ---- Life --------------------------------------------------------------------------------------

static void pitfall_85_a_stalled_sender_hears_the_end(void **state)
{
    (void)opened(100, 100);
    send_until_stalled(10, 16);
    struct bt_l2cap_chan *chan = host.chan;
    chan->ops->disconnected(chan);
    assert_int_equal(host.readys, 1);
    assert_int_equal(host.disconnects, 1);
    assert_int_equal(host.status, 0); // It was open.
}

static void refused_and_unusable(void **state)
{
    struct bt_l2cap_chan *chan = NULL;
    assert_int_equal(mp_bluetooth_l2cap_listen(0x80, 100), 0);
    host.refuse = 1;
    assert_int_equal(host.server->accept(the_conn.conn, host.server, &chan), -ENOMEM);
    assert_int_equal(host.blocks, 1); // The listener.
    host.refuse = 0;
    for (int i = 0; i < 5; i++) {
        // Accepted, but the host cannot use it: the next one finds it.
        assert_int_equal(host.server->accept(the_conn.conn, host.server, &chan), 0);
        assert_int_equal(host.blocks, 2);
    }
    host.starved = true;
    assert_int_equal(host.server->accept(the_conn.conn, host.server, &chan), -ENOMEM);
    assert_int_equal(host.accepts, 6);
    host.starved = false;
}

static void what_came_is_read_after_the_end(void **state)
{
    uint8_t data[] = "abc";
    uint8_t got[10];
    size_t len = sizeof(got);
    (void)opened(100, 100);
    segment(3, 0, data, 3);
    segment(5, 0, data, 2); // Not whole: nobody will see it.
    ended();
    assert_int_equal(mp_bluetooth_l2cap_recvinto(0, CID, got, &len), 0);
    assert_int_equal(len, 3);
    assert_memory_equal(got, "abc", 3);
    assert_int_equal(mp_bluetooth_l2cap_recvinto(0, CID, got, &len), 0);
    assert_int_equal(len, 0);
    assert_int_equal(mp_bluetooth_l2cap_recvinto(0, CID, got, &len), MP_EINVAL);
    assert_int_equal(host.blocks, 0);
}

static void what_nobody_reads_does_not_pile_up(void **state)
{
    uint8_t data[] = "x";
    for (host.cid = CID; host.cid < CID + 30; host.cid++) {
        (void)opened(100, 100);
        segment(1, 0, data, 1);
        ended();
    }
    assert_int_equal(host.blocks, 8);
    // A new channel with the CID of an old one has none of its data.
    host.cid = CID + 29;
    (void)opened(100, 100);
    size_t len = 1;
    assert_int_equal(mp_bluetooth_l2cap_recvinto(0, host.cid, NULL, &len), 0);
    assert_int_equal(len, 0);
    assert_int_equal(host.blocks, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(pitfall_88_any_frames_and_any_reader),
        T(pitfall_88_an_sdu_always_ends),
        T(pitfall_88_nobody_reads),
        T(stall_and_ready),
        T(send_errors),
        T(disconnecting_waits_for_what_was_sent),
        T(pitfall_85_a_stalled_sender_hears_the_end),
        T(refused_and_unusable),
        T(what_came_is_read_after_the_end),
        T(what_nobody_reads_does_not_pile_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
