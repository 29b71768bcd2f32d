// See fake.h.
#include "pdu/fake.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/net_buf.h>

#include "att/state.h"
#include "base/wr.h"
#include "gatt/gatt.h"
#include "hci/hci.h"
#include "hci/state.h"
#include "l2cap/coc.h"
#include "l2cap/l2cap.h"
#include "l2cap/sig.h"
#include "l2cap/state.h"

#define FRAMES_MAX 2048
#define DONES_MAX  64

struct fake fake;
struct hci_run hci_run;
struct l2cap_run l2cap_run;
struct coc_run coc_run;
struct coc_reg coc_reg;
struct att_run att_run;
struct att_reg att_reg;
struct gatt_run gatt_run;
struct clt_run clt_run;
struct gatt_reg gatt_reg;
struct eatt_run eatt_run;
struct eatt_reg eatt_reg;

static struct bt_conn conns[CONFIG_BT_MAX_CONN];
static struct fake_frame frames[FRAMES_MAX];
static size_t frame_put;
static size_t frame_get;
static struct {
    struct acl_link *link;
    acl_done_t done;
    void *user;
    int err;
} dones[DONES_MAX];
static size_t done_count;
static bool tx_wanted;
static bool tx_freed;

NET_BUF_POOL_FIXED_DEFINE(tx_pool, 32, HCI_TX_SIZE, 16, NULL);
NET_BUF_POOL_FIXED_DEFINE(rx_pool, 8, 1024, 16, NULL);

const struct l2cap_fixed l2cap_fixed[] = {
    {L2CAP_CID_ATT, att_recv},
    {L2CAP_CID_SIG, l2cap_sig_recv},
    {0, NULL},
};

// ---- The port ----------------------------------------------------------------------------------

int64_t breeze_port_now(void)
{
    return fake.now;
}

unsigned int breeze_port_irq_lock(void)
{
    return 0;
}

void breeze_port_irq_unlock(unsigned int key)
{
    (void)key;
}

int breeze_port_idle(int64_t until)
{
    (void)until;
    return 0;
}

int breeze_port_entropy(void *buf, size_t len)
{
    memset(buf, 0x55, len);
    return 0;
}

// ---- Below L2CAP -------------------------------------------------------------------------------

struct breeze_stats *hci_stats(void)
{
    return &fake.stats;
}

struct net_buf *acl_tx_alloc(void)
{
    if (fake.tx_dry) {
        return NULL;
    }
    struct net_buf *buf = net_buf_alloc(&tx_pool, K_NO_WAIT);
    if (buf) {
        net_buf_reserve(buf, ACL_HEADROOM);
    }
    return buf;
}

static void sent(struct acl_link *link, const uint8_t *data, size_t len)
{
    struct fake_frame *to = &frames[frame_put++];
    assert_true(frame_put < FRAMES_MAX);
    to->conn = conn_of(link);
    to->len = len;
    assert_true(len <= FAKE_FRAME_MAX);
    memcpy(to->data, data, len);
    link->put++;
    link->got++;
}

static void remember(struct acl_link *link, acl_done_t done, void *user)
{
    assert_true(done_count < DONES_MAX);
    dones[done_count].err = 0;
    dones[done_count].link = link;
    dones[done_count].done = done;
    dones[done_count++].user = user;
}

int acl_send(struct acl_link *link, struct net_buf *frame, acl_done_t done, void *user)
{
    if (!link->open) {
        return -ENOTCONN;
    }
    sent(link, frame->data, frame->len);
    net_buf_unref(frame);
    if (done) {
        remember(link, done, user);
    }
    return 0;
}

const struct hci_info *hci_info(void)
{
    static const struct hci_info info = {.acl_len = 251, .acl_count = 4};
    return &info;
}

static struct acl_link *pulling;

bool acl_frame_done(struct acl_frame *frame, acl_done_t done, void *user)
{
    remember(pulling, done, user);
    return true;
}

// Room for everything, unless there is none at all.
void acl_pull(struct acl_link *link)
{
    struct acl_frame frame = {0};
    while (link->open && !fake.tx_dry && (pulling = link, coc_pull(link, &frame))) {
        sent(link, frame.at + ACL_HEADROOM, frame.left);
        if (frame.hold) {
            net_buf_unref(frame.hold);
        }
        frame = (struct acl_frame){0};
    }
}

// What acl_promise.c does, with these completions.
struct promise {
    acl_done_t done;
    void *user;
};

static struct promise *promise_of(struct net_buf *buf)
{
    return net_buf_user_data(buf);
}

bool acl_promise(struct net_buf *buf, acl_done_t done, void *user)
{
    *promise_of(buf) = (struct promise){done, user};
    return true;
}

void acl_promise_keep(struct acl_frame *frame, struct net_buf *buf)
{
    if (promise_of(buf)->done) {
        remember(pulling, promise_of(buf)->done, promise_of(buf)->user);
    }
}

void acl_promise_break(struct acl_link *link, struct net_buf *buf)
{
    if (promise_of(buf)->done) {
        remember(link, promise_of(buf)->done, promise_of(buf)->user);
        dones[done_count - 1].err = -ENOTCONN;
    }
}

void acl_tx_want(void)
{
    tx_wanted = true;
}

void acl_tx_freed(void)
{
    tx_freed = tx_freed || tx_wanted;
    tx_wanted = false;
}

struct bt_conn *conn_at(unsigned int index)
{
    return index < CONFIG_BT_MAX_CONN ? &conns[index] : NULL;
}

uint8_t bt_conn_index(const struct bt_conn *conn)
{
    return (uint8_t)(conn - conns);
}

static bool fake_has_key(const struct bt_conn *conn)
{
    return fake.has_key;
}

static const struct conn_up fake_smp_up = {.has_key = fake_has_key};
const struct conn_up *const conn_ups[] = {&fake_smp_up, NULL};

bt_security_t bt_conn_get_security(const struct bt_conn *conn)
{
    (void)conn;
    return fake.security;
}

int bt_conn_set_security(struct bt_conn *conn, bt_security_t sec)
{
    fake.raised = sec;
    fake.raises++;
    return fake.raise_err;
}

bool conn_param_ask(struct bt_conn *conn, struct bt_le_conn_param *param)
{
    (void)conn;
    (void)param;
    return fake.accept_params;
}

void conn_param_failed(struct bt_conn *conn, uint8_t status)
{
    (void)conn;
    fake.param_failed = status;
}

int bt_conn_le_param_update(struct bt_conn *conn, const struct bt_le_conn_param *param)
{
    (void)conn;
    fake.updates++;
    fake.update = *param;
    return 0;
}

static char name[CONFIG_BT_DEVICE_NAME_MAX + 1] = "Breeze";
static uint16_t appearance = 0x0341;

const char *bt_get_name(void)
{
    return name;
}

int bt_set_name(const char *to)
{
    strcpy(name, to);
    return 0;
}

uint16_t bt_get_appearance(void)
{
    return appearance;
}

int bt_set_appearance(uint16_t to)
{
    appearance = to;
    return 0;
}

// ---- The fixture -------------------------------------------------------------------------------

void fake_complete(int err)
{
    size_t count = done_count;
    for (size_t i = 0; i < count; i++) {
        dones[i].done(dones[i].link, dones[i].user, dones[i].err ? dones[i].err : err);
    }
    memmove(dones, dones + count, (done_count - count) * sizeof(dones[0]));
    done_count -= count;
}

static void settle(void)
{
    post_drain();
    while (!fake.hold_done && done_count) {
        fake_complete(0);
        post_drain();
    }
    if (tx_freed) {
        tx_freed = false;
        fake_tx_free();
    }
}

void fake_tx_free(void)
{
    l2cap_sig_tx_free();
    att_tx_free();
    coc_tx_free();
    gatt_tx_free();
    settle();
}

void fake_security(struct bt_conn *conn, bt_security_t level, enum bt_security_err err)
{
    fake.security = level;
    l2cap_conn_up.security(conn, err);
    settle();
}

void fake_time(int64_t us)
{
    fake.now += us;
    (void)breeze_step();
    settle();
}

struct bt_conn *fake_connect(unsigned int index, uint8_t role)
{
    struct bt_conn *conn = &conns[index];
    memset(conn, 0, sizeof(*conn));
    conn->index = (uint8_t)index;
    conn->acl.handle = (uint16_t)(0x40 + index);
    conn->acl.open = true;
    conn->state = CONN_CONNECTED;
    conn->role = role;
    gatt_conn_up.connected(conn);
    att_conn_up.connected(conn);
    l2cap_conn_up.connected(conn);
    return conn;
}

void acl_link_deliver(struct acl_link *link)
{
    for (size_t i = 0; i < done_count;) {
        if (dones[i].link != link) {
            i++;
            continue;
        }
        acl_done_t done = dones[i].done;
        void *user = dones[i].user;
        memmove(&dones[i], &dones[i + 1], (--done_count - i) * sizeof(dones[0]));
        done(link, user, -ENOTCONN);
    }
}

void fake_disconnect(struct bt_conn *conn)
{
    conn->acl.open = false;
    conn->state = CONN_DISCONNECTED;
    acl_link_deliver(&conn->acl);
    gatt_conn_up.disconnected(conn);
    att_conn_up.disconnected(conn);
    l2cap_conn_up.disconnected(conn);
    post_drain();
}

void fake_begin(uint8_t role)
{
    memset(&hci_run, 0, sizeof(hci_run));
    memset(&l2cap_run, 0, sizeof(l2cap_run));
    memset(&coc_run, 0, sizeof(coc_run));
    memset(&coc_reg, 0, sizeof(coc_reg));
    memset(&att_run, 0, sizeof(att_run));
    memset(&att_reg, 0, sizeof(att_reg));
    memset(&gatt_run, 0, sizeof(gatt_run));
    memset(&clt_run, 0, sizeof(clt_run));
    memset(&gatt_reg, 0, sizeof(gatt_reg));
    memset(&eatt_run, 0, sizeof(eatt_run));
    memset(&eatt_reg, 0, sizeof(eatt_reg));
    tx_wanted = tx_freed = false;
    memset(conns, 0, sizeof(conns));
    fake = (struct fake){
        .now = 1000000, .security = BT_SECURITY_L1, .raise_err = -ENOTSUP, .accept_params = true};
    frame_put = 0;
    frame_get = 0;
    done_count = 0;
    (void)fake_connect(0, role);
}

static void pool_is_full(struct net_buf_pool *pool, unsigned int count)
{
    struct net_buf *bufs[32];
    for (unsigned int i = 0; i < count; i++) {
        bufs[i] = net_buf_alloc(pool, K_NO_WAIT);
        assert_non_null(bufs[i]);
    }
    for (unsigned int i = 0; i < count; i++) {
        net_buf_unref(bufs[i]);
    }
}

void fake_end(void)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        if (conns[i].state == CONN_CONNECTED) {
            fake_disconnect(&conns[i]);
        }
        assert_true(sys_slist_is_empty(&clt_run.links[i].queue));
        assert_true(sys_slist_is_empty(&clt_run.links[i].ended));
        assert_true(sys_slist_is_empty(&clt_run.links[i].subs));
        assert_null(clt_run.links[i].op);
        assert_false(gatt_run.links[i].ind[0].used);
    }
    for (unsigned int i = 0; i < CONFIG_BREEZE_GATT_CCC_MAX; i++) {
        assert_int_equal(gatt_run.ccc[i].value, 0);
    }
    unsigned int back = 0;
    for (struct gatt_tx *tx = gatt_run.tx_free; tx; tx = tx->next) {
        back++;
    }
    assert_int_equal(back, gatt_run.tx_fresh);
    assert_int_equal(loop_timer_count(), 0);
    for (unsigned int i = 0; i < CONFIG_BREEZE_L2CAP_CHAN_MAX; i++) {
        assert_null(coc_run.chans[i].conn);
    }
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN * CONFIG_BT_EATT_MAX; i++) {
        const struct eatt_bearer *bearer =
            &eatt_run.links[i / CONFIG_BT_EATT_MAX].bearers[i % CONFIG_BT_EATT_MAX];
        assert_int_equal(bearer->state, EATT_FREE);
        assert_null(bearer->att.conn);
    }
    if (eatt_run.rx.pool.buf_count) {
        assert_int_equal(eatt_run.rx.pool.avail_count, EATT_RX_COUNT);
    }
    pool_is_full(&tx_pool, 32);
    pool_is_full(&rx_pool, 8);
}

void fake_raw(struct bt_conn *conn, const void *data, size_t len)
{
    struct net_buf *pdu = net_buf_alloc(&rx_pool, K_NO_WAIT);
    assert_non_null(pdu);
    net_buf_add_mem(pdu, data, len);
    l2cap_recv(&conn->acl, pdu);
    settle();
}

static void frame_from(struct bt_conn *conn, uint16_t cid, const void *data, size_t len)
{
    uint8_t frame[FAKE_FRAME_MAX];
    struct wr w = wr_init(frame, sizeof(frame));
    wr_le16(&w, (uint16_t)len);
    wr_le16(&w, cid);
    wr_bytes(&w, data, len);
    assert_true(wr_ok(&w));
    fake_raw(conn, frame, wr_len(&w));
}

void fake_att(struct bt_conn *conn, const void *data, size_t len)
{
    frame_from(conn, L2CAP_CID_ATT, data, len);
}

bool fake_sent(struct fake_frame *frame)
{
    if (frame_get == frame_put) {
        frame_get = frame_put = 0;
        return false;
    }
    *frame = frames[frame_get++];
    return true;
}

// ---- Scripts -----------------------------------------------------------------------------------

static void show(const char *what, const uint8_t *data, size_t len)
{
    fprintf(stderr, "  %s:", what);
    for (size_t i = 0; i < len; i++) {
        fprintf(stderr, " %02x", data[i]);
    }
    fprintf(stderr, "\n");
}

static size_t hex(const char **text, uint8_t *to)
{
    size_t len = 0;
    while (**text && **text != '<' && **text != '>') {
        if (isxdigit((unsigned char)**text)) {
            char digits[3] = {(*text)[0], (*text)[1], 0};
            to[len++] = (uint8_t)strtoul(digits, NULL, 16);
            *text += 2;
        } else {
            (*text)++;
        }
    }
    return len;
}

static void expect(struct bt_conn *conn, uint16_t cid, const uint8_t *want, size_t len,
                   const char *file, int line)
{
    struct fake_frame got;
    if (!fake_sent(&got)) {
        show("nothing was sent, expected", want, len);
        _fail(file, line);
    }
    uint8_t head[4];
    struct wr w = wr_init(head, sizeof(head));
    wr_le16(&w, (uint16_t)len);
    wr_le16(&w, cid);
    if (got.conn != conn || got.len != len + 4 || memcmp(got.data, head, 4) != 0 ||
        memcmp(got.data + 4, want, len) != 0) {
        show("sent", got.data, got.len);
        show("expected behind the header", want, len);
        _fail(file, line);
    }
}

void fake_script(struct bt_conn *conn, uint16_t cid, const char *text, const char *file, int line)
{
    uint8_t pdu[FAKE_FRAME_MAX];
    settle();
    while (*text) {
        char kind = *text++;
        if (kind != '<' && kind != '>') {
            continue;
        }
        const char *from = text;
        size_t len = hex(&text, pdu);
        bool nothing = memchr(from, '-', (size_t)(text - from)) != NULL;
        if (kind == '>') {
            frame_from(conn, cid, pdu, len);
        } else if (!nothing) {
            expect(conn, cid, pdu, len, file, line);
        }
    }
    struct fake_frame extra;
    if (fake_sent(&extra)) {
        show("sent unexpectedly", extra.data, extra.len);
        _fail(file, line);
    }
}
