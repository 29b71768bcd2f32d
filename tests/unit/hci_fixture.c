// The fixture of the HCI tests (hci_fixture.h).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hci_fixture.h"
#include "hci/evt.h"
#include "kernel/state.h"
#include "trace/state.h"

struct hci_run hci_run;
struct acl_run acl_run;
struct hci_reg hci_reg;
struct hci_kept hci_kept;
struct trace_reg trace_reg;
struct fix fix;

// ---- Controllers --------------------------------------------------------------------------------

#define OK_ROW(op)                                                                                 \
    {                                                                                              \
        op, 1,                                                                                     \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }
#define FEATURES(...)                                                                              \
    {                                                                                              \
        BT_HCI_OP_LE_READ_LOCAL_FEATURES, 9,                                                       \
        {                                                                                          \
            0, __VA_ARGS__                                                                         \
        }                                                                                          \
    }
#define VERSION(v)                                                                                 \
    {                                                                                              \
        BT_HCI_OP_READ_LOCAL_VERSION_INFO, 9,                                                      \
        {                                                                                          \
            0, v, 1, 0, v, 0xff, 0xff, 2, 0                                                        \
        }                                                                                          \
    }
#define LE_ROOM(len, n)                                                                            \
    {                                                                                              \
        BT_HCI_OP_LE_READ_BUFFER_SIZE, 4,                                                          \
        {                                                                                          \
            0, (len)&255, (len) >> 8, n                                                            \
        }                                                                                          \
    }
#define ADDR                                                                                       \
    {                                                                                              \
        BT_HCI_OP_READ_BD_ADDR, 7,                                                                 \
        {                                                                                          \
            0, 1, 2, 3, 4, 5, 6                                                                    \
        }                                                                                          \
    }
#define STATES                                                                                     \
    {                                                                                              \
        BT_HCI_OP_LE_READ_SUPP_STATES, 9,                                                          \
        {                                                                                          \
            0, 255, 255, 255, 255, 255, 3, 0, 0                                                    \
        }                                                                                          \
    }
#define RAND_ROW                                                                                   \
    {                                                                                              \
        BT_HCI_OP_LE_RAND, 9,                                                                      \
        {                                                                                          \
            0, 1, 2, 3, 4, 5, 6, 7, 8                                                              \
        }                                                                                          \
    }
#define COMMON                                                                                     \
    OK_ROW(BT_HCI_OP_RESET), OK_ROW(BT_HCI_OP_SET_EVENT_MASK),                                     \
        OK_ROW(BT_HCI_OP_LE_SET_EVENT_MASK), ADDR, STATES, RAND_ROW
// Supported commands, by octet.
#define COMMANDS(...)                                                                              \
    {                                                                                              \
        BT_HCI_OP_READ_SUPPORTED_COMMANDS, 65,                                                     \
        {                                                                                          \
            0, __VA_ARGS__                                                                         \
        }                                                                                          \
    }
#define BASE_COMMANDS                                                                              \
    [1 + 5] = 0xc0, [1 + 15] = 0x02, [1 + 25] = 0xf7, [1 + 26] = 0xff, [1 + 27] = 0xff,            \
         [1 + 28] = 0x0f

const struct script_row ctl_40[] = {COMMON, VERSION(6), COMMANDS(BASE_COMMANDS, [1 + 14] = 0x88),
                                    FEATURES(1), LE_ROOM(27, 3)};
const size_t ctl_40_count = ARRAY_SIZE(ctl_40);

const struct script_row ctl_42[] = {
    COMMON,
    VERSION(8),
    COMMANDS(BASE_COMMANDS, [1 + 14] = 0x88, [1 + 33] = 0xf0, [1 + 34] = 0x01, [1 + 35] = 0x08),
    FEATURES(0x3f),
    LE_ROOM(251, 4),
    {BT_HCI_OP_LE_READ_MAX_DATA_LEN, 9, {0, 251, 0, 0x48, 0x08, 251, 0, 0x48, 0x08}},
    OK_ROW(BT_HCI_OP_LE_WRITE_DEFAULT_DATA_LEN)};
const size_t ctl_42_count = ARRAY_SIZE(ctl_42);

const struct script_row ctl_54[] = {
    COMMON,
    VERSION(13),
    COMMANDS(BASE_COMMANDS, [1 + 14] = 0x88, [1 + 10] = 0xe0, [1 + 33] = 0xf0, [1 + 34] = 0xff,
             [1 + 35] = 0xff),
    FEATURES(0xff, 0x59),
    LE_ROOM(251, 4),
    OK_ROW(BT_HCI_OP_HOST_BUFFER_SIZE),
    OK_ROW(BT_HCI_OP_SET_CTL_TO_HOST_FLOW),
    {BT_HCI_OP_LE_READ_MAX_DATA_LEN, 9, {0, 251, 0, 0x90, 0x42, 251, 0, 0x90, 0x42}},
    OK_ROW(BT_HCI_OP_LE_WRITE_DEFAULT_DATA_LEN)};
const size_t ctl_54_count = ARRAY_SIZE(ctl_54);

// Both radios, one set of buffers (Vol 4, Part E, 4.1.1).
const struct script_row ctl_shared[] = {
    COMMON,
    VERSION(7),
    COMMANDS(BASE_COMMANDS, [1 + 14] = 0xa8, [1 + 24] = 0x60),
    FEATURES(1),
    LE_ROOM(0, 0),
    {BT_HCI_OP_READ_LOCAL_FEATURES, 9, {0, 255, 255, 255, 255, 0x40, 0, 0, 0}},
    {BT_HCI_OP_READ_BUFFER_SIZE, 8, {0, 0xfd, 0x03, 64, 6, 0, 0, 0}},
    OK_ROW(BT_HCI_OP_LE_WRITE_LE_HOST_SUPP)};
const size_t ctl_shared_count = ARRAY_SIZE(ctl_shared);

// ---- What happened ------------------------------------------------------------------------------

void fix_log(const char *word, ...)
{
    size_t used = strlen(fix.log);
    va_list args;
    va_start(args, word);
    if (used) {
        fix.log[used++] = ' ';
    }
    vsnprintf(fix.log + used, sizeof(fix.log) - used, word, args);
    va_end(args);
}

void fix_assert_log(const char *want)
{
    assert_string_equal(fix.log, want);
    fix.log[0] = '\0';
}

// ---- Wiring -------------------------------------------------------------------------------------

static void cmd_done(void *arg, uint8_t status, struct rd *ret)
{
    fix.status = status;
    fix.done_calls++;
    fix.ret_len = rd_left(ret);
    rd_copy(ret, fix.ret, fix.ret_len);
}

static bool test_next(struct hci_cmd *cmd, struct wr *params)
{
    if (!fix.wish[fix.wish_at]) {
        return false;
    }
    *cmd = (struct hci_cmd){fix.wish[fix.wish_at++], cmd_done, NULL};
    return true;
}

static const struct hci_source test_source = {"test", test_next};
const struct hci_source *const hci_sources[] = {&test_source, NULL};

static struct acl_link *find(uint16_t handle)
{
    for (unsigned int i = 0; i < FIX_LINKS; i++) {
        if (fix.links[i].open && fix.links[i].handle == handle) {
            return &fix.links[i];
        }
    }
    return NULL;
}

static struct acl_link *at(unsigned int i)
{
    return i < FIX_LINKS ? &fix.links[i] : NULL;
}

static void recv_pdu(struct acl_link *link, struct net_buf *pdu)
{
    fix.pdus++;
    fix.pdu_len = pdu->len;
    fix.pdu_link = link;
    memcpy(fix.pdu, pdu->data, pdu->len);
    fix_log("pdu%u", pdu->len);
    if (fix.on_pdu) {
        fix.on_pdu(link);
    }
    if (fix.keep_pdus) {
        fix.kept[fix.kept_count++] = pdu;
    } else {
        net_buf_unref(pdu);
    }
}

const struct acl_up acl_up = {recv_pdu, find, at, NULL};

static void told(struct post *post, uint16_t bits)
{
    fix_log(bits & 1 ? "connected" : "disconnected");
}

struct post conn_post;

// A made-up short form: handle only.
static bool on_connected(struct rd *r)
{
    (void)rd_u8(r);
    uint16_t handle = rd_le16(r);
    for (unsigned int i = 0; rd_ok(r) && i < FIX_LINKS; i++) {
        if (!fix.links[i].open) {
            acl_link_open(&fix.links[i], handle);
            conn_post.fn = told;
            post_set(&conn_post, 1);
            break;
        }
    }
    return rd_ok(r);
}

static bool on_disconnected(struct rd *r)
{
    (void)rd_u8(r);
    struct acl_link *link = find(rd_le16(r));
    if (!rd_ok(r)) {
        return false;
    }
    if (!link) {
        hci_stats()->evt_stale++;
        return true;
    }
    acl_link_close(link);
    post_set(&conn_post, 2);
    return true;
}

static bool on_report(struct rd *r)
{
    uint8_t count = rd_u8(r);
    if (fix.keep_reports) {
        fix.kept[fix.kept_count++] = hci_evt_hold();
    }
    fix_log("report");
    return rd_ok(r) && count > 0;
}

static bool on_phy(struct rd *r)
{
    return true;
}

static const struct hci_evt_row test_rows[] = {
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_CONN_COMPLETE, on_connected},
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_ADVERTISING_REPORT, on_report},
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_PHY_UPDATE_COMPLETE, on_phy},
    {BT_HCI_EVT_DISCONN_COMPLETE, 0, on_disconnected},
};
const struct hci_evt_table hci_evt_tables[] = {{test_rows, ARRAY_SIZE(test_rows)}, {NULL, 0}};

static void ready(void)
{
    fix_log("ready");
}

static void lost(void)
{
    fix_log("lost");
    for (unsigned int i = 0; i < FIX_LINKS; i++) {
        if (fix.links[i].open) {
            acl_link_close(&fix.links[i]);
            conn_post.fn = told;
            post_set(&conn_post, 2);
        }
    }
}

static const struct hci_up test_up = {ready, lost};
const struct hci_up *const hci_ups[] = {&test_up, NULL};

static void tx_free(void)
{
    fix.free_hooks++;
}

void (*const acl_tx_free_hooks[])(void) = {tx_free, NULL};

// ---- Steps --------------------------------------------------------------------------------------

void fix_reset(void)
{
    script_reset();
    memset(&hci_run, 0, sizeof(hci_run));
    memset(&acl_run, 0, sizeof(acl_run));
    memset(&hci_reg, 0, sizeof(hci_reg));
    memset(&hci_kept, 0, sizeof(hci_kept));
    memset(&trace_reg, 0, sizeof(trace_reg));
    memset(&fix, 0, sizeof(fix));
    memset(&conn_post, 0, sizeof(conn_post));
    memset(&kernel_state, 0, sizeof(kernel_state));
    assert_int_equal(breeze_transport_set(&script_transport, NULL), 0);
    fix.source.turn = hci_turn;
    loop_source_add(&fix.source);
}

void fix_run(void)
{
    for (int i = 0; i < 100000; i++) {
        int64_t due = breeze_step();
        if (due > script.now && script.rx_at == script.rx_len) {
            return;
        }
    }
    fail_msg("the loop does not come to rest");
}

void fix_run_for(int64_t us)
{
    int64_t end = script.now + us;
    for (;;) {
        int64_t due = breeze_step();
        if (due > end && script.rx_at == script.rx_len) {
            script.now = end;
            return;
        }
        if (due > script.now && script.rx_at == script.rx_len) {
            script.now = due;
        }
    }
}

static void started(int err)
{
    fix.started++;
    fix.start_err = err;
}

void fix_up(const struct script_row *rows, size_t count)
{
    script_controller(rows, count);
    assert_int_equal(hci_start(started), 0);
    for (int i = 0; i < 20 && !fix.started; i++) {
        fix_run_for(1000000);
    }
}

void fix_up_54(void)
{
    fix_reset();
    fix_up(ctl_54, ctl_54_count);
    assert_int_equal(fix.start_err, 0);
    assert_int_equal(hci_state(), HCI_READY);
    fix_assert_log("ready");
}

void fix_down(void)
{
    for (unsigned int i = 0; i < fix.kept_count; i++) {
        net_buf_unref(fix.kept[i]);
    }
    fix.kept_count = 0;
    for (unsigned int i = 0; i < FIX_LINKS; i++) {
        acl_link_close(&fix.links[i]);
    }
    (void)post_drain();
    assert_int_equal(hci_stop(), 0);
    assert_int_equal(hci_state(), HCI_OFF);
    assert_int_equal(script.opened, script.closed);
    assert_int_equal(acl_run.rx.pool.avail_count, CONFIG_BT_BUF_ACL_RX_COUNT);
    assert_int_equal(hci_run.evt_rx.pool.avail_count, CONFIG_BT_BUF_EVT_RX_COUNT);
    assert_int_equal(acl_run.tx.pool.avail_count, CONFIG_BT_L2CAP_TX_BUF_COUNT);
    assert_int_equal(hci_kept.cmd_pool.pool.avail_count, CONFIG_BT_BUF_CMD_TX_COUNT);
    assert_int_equal(sys_slist_len(&acl_run.txs_free), CONFIG_BT_CONN_TX_MAX);
    assert_int_equal(loop_timer_count(), 0);
    assert_int_equal(acl_run.queued, 0);
}

struct net_buf *fix_frame(uint16_t len, uint8_t fill)
{
    struct net_buf *frame = acl_tx_alloc();
    if (frame) {
        net_buf_add_le16(frame, len);
        net_buf_add_le16(frame, 4);
        memset(net_buf_add(frame, len), fill, len);
    }
    return frame;
}

void fix_completed(uint16_t handle, uint16_t count)
{
    script_put(4, 0x13, 5, 1, (uint8_t)handle, (uint8_t)(handle >> 8), (uint8_t)count,
               (uint8_t)(count >> 8));
}

void fix_acl(uint16_t handle_flags, const void *data, size_t len)
{
    script_put(2, (uint8_t)handle_flags, (uint8_t)(handle_flags >> 8), (uint8_t)len,
               (uint8_t)(len >> 8));
    script_inject(data, len);
}

void fix_done(struct acl_link *link, void *user, int err)
{
    fix_log("%s%s", (const char *)user, err ? "!" : "");
}

void fix_connect(uint16_t handle)
{
    script_put(4, 0x3e, 4, 1, 0, (uint8_t)handle, (uint8_t)(handle >> 8));
}

void fix_disconnect(uint16_t handle)
{
    script_put(4, 0x05, 4, 0, (uint8_t)handle, (uint8_t)(handle >> 8), 0x08);
}
