// The stand-in for src/hci (link_fake.h).
#include "link_fake.h"

#include <stdio.h>

#include <breeze/port.h>

#include "kernel/loop.h"

struct fake fake;
struct hci_run hci_run;
struct conn_run conn_run;
struct conn_reg conn_reg;
struct gap_run gap_run;
struct scan_run scan_run;
struct accept_run accept_run;
struct dup_run dup_run;
struct scan_reg scan_reg;
struct init_run init_run;
struct ext_adv_run ext_adv_run;
struct ext_scan_run ext_scan_run;
struct per_sync_run per_sync_run;
struct per_sync_reg per_sync_reg;
struct gap_reg gap_reg;

static struct breeze_stats stats;
static struct net_buf held;
static bool in_dispatch;
static bool in_flight;
static struct hci_cmd flight;

const bt_addr_le_t peer_a = {BT_ADDR_LE_RANDOM, {{0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xc6}}};
const bt_addr_le_t peer_b = {BT_ADDR_LE_PUBLIC, {{0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6}}};

// ---- Port ---------------------------------------------------------------------------------------

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
}

int breeze_port_idle(int64_t until)
{
    fake.now = until;
    return 0;
}

int breeze_port_entropy(void *buf, size_t len)
{
    return -ENODEV;
}

// ---- hci ----------------------------------------------------------------------------------------

enum hci_state hci_state(void)
{
    return hci_run.state;
}

const struct hci_info *hci_info(void)
{
    return &hci_run.info;
}

bool hci_has_feature(unsigned int bit)
{
    return hci_run.info.le_features[bit / 8] & BIT(bit % 8);
}

bool hci_has_command(unsigned int octet, unsigned int bit)
{
    return hci_run.info.commands[octet] & BIT(bit);
}

struct breeze_stats *hci_stats(void)
{
    return &stats;
}

int hci_rand(void *buf, size_t len)
{
    static uint8_t next;
    if (hci_run.state == HCI_OFF) {
        return -ENODEV;
    }
    uint8_t *to = buf;
    for (size_t i = 0; i < len; i++) {
        to[i] = ++next;
    }
    return 0;
}

struct net_buf *hci_evt_hold(void)
{
    assert_true(in_dispatch);
    fake.evt_refs++;
    return &held;
}

void __wrap_net_buf_unref(struct net_buf *buf)
{
    assert_ptr_equal(buf, &held);
    fake.evt_refs--;
}

void acl_link_open(struct acl_link *link, uint16_t handle)
{
    link->handle = handle;
    link->open = true;
}

static void completions(struct post *post, uint16_t bits)
{
    fake_note("tx");
}

// As the real one: what was queued completes (-ENOTCONN) in a delivery of the link's own.
void acl_link_close(struct acl_link *link)
{
    link->open = false;
    if (link->sent) {
        post_init(&link->post, completions);
        post_set(&link->post, 1);
    }
}

static int fallback(struct bt_conn *conn, const struct bt_le_conn_param *param)
{
    fake.fallback_calls++;
    fake.fallback_param = *param;
    return fake.fallback_err;
}

static void up_connected(struct bt_conn *conn)
{
    fake_note("up:connected");
}

static void up_disconnected(struct bt_conn *conn)
{
    fake_note("up:disconnected");
}

static const struct conn_up fake_up = {
    .connected = up_connected,
    .disconnected = up_disconnected,
    .param_fallback = fallback,
};
const struct conn_up *const conn_ups[] = {&gap_conn_up, &fake_up, NULL};

void gap_settings_save_id(void)
{
    fake.saves++;
}

void gap_settings_save_name(void)
{
    fake.saves++;
}

void gap_settings_save_appearance(void)
{
    fake.saves++;
}

void gap_settings_save_irk(const void *irks, size_t len)
{
    fake.saves++;
}

// ---- Commands -----------------------------------------------------------------------------------

static bool next_command(void)
{
    struct hci_cmd cmd = {0};
    struct fake_cmd *log = &fake.cmds[fake.cmd_count];
    struct wr params = wr_init(log->params, sizeof(log->params));
    if (hci_run.state != HCI_READY || in_flight ||
        (!gap_source.next(&cmd, &params) && !conn_source.next(&cmd, &params))) {
        return false;
    }
    assert_true(wr_ok(&params));
    log->opcode = cmd.opcode;
    log->len = (uint8_t)wr_len(&params);
    fake.cmd_count++;
    assert_true(fake.cmd_count < ARRAY_SIZE(fake.cmds));
    flight = cmd;
    in_flight = true;
    return true;
}

static void answer_with(uint8_t status, const void *ret, size_t len)
{
    struct rd r = rd_init(ret, len);
    in_flight = false;
    if (flight.done) {
        in_dispatch = true;
        flight.done(flight.arg, status, &r);
        in_dispatch = false;
    }
}

// What a test said about this command; success.
static struct fake_answer answer_of(uint16_t opcode)
{
    for (size_t i = 0; i < fake.answer_count; i++) {
        struct fake_answer *answer = &fake.answers[i];
        if (answer->opcode == opcode) {
            struct fake_answer copy = *answer;
            if (answer->count && !--answer->count) {
                answer->opcode = 0;
            }
            return copy;
        }
    }
    return (struct fake_answer){0};
}

static void answer_now(void)
{
    struct fake_answer answer = answer_of(flight.opcode);
    answer_with(answer.status, answer.ret, answer.ret_len);
}

// Commands that are sent as they are.
struct net_buf *bt_hci_cmd_alloc(k_timeout_t timeout)
{
    static uint8_t octets[64];
    static struct net_buf buf;
    buf.data = buf.__buf = octets;
    buf.size = sizeof(octets);
    buf.len = 0;
    return &buf;
}

int bt_hci_cmd_send_sync(uint16_t opcode, struct net_buf *buf, struct net_buf **rsp)
{
    struct fake_cmd *log = &fake.cmds[fake.cmd_count++];
    assert_true(fake.cmd_count < ARRAY_SIZE(fake.cmds));
    assert_null(rsp);
    log->opcode = opcode;
    log->len = buf ? (uint8_t)buf->len : 0;
    if (log->len) {
        memcpy(log->params, buf->data, log->len);
    }
    return hci_errno(answer_of(opcode).status);
}

// One command, sent and answered.
static bool pump(void)
{
    (void)next_command();
    if (!in_flight || fake.silent) {
        return false;
    }
    answer_now();
    return true;
}

void hci_cmd_kick(void)
{
}

int hci_wait(bool (*busy)(void *arg), void *arg)
{
    fake.wait_calls++;
    if (!busy(arg)) {
        return 0;
    }
    if (fake.wait_err) {
        int err = fake.wait_err;
        fake.wait_err = 0;
        (void)next_command();
        return err;
    }
    while (busy(arg)) {
        if (hci_run.state != HCI_READY) {
            return -ENODEV;
        }
        if (!pump() && busy(arg)) {
            return -EINPROGRESS;
        }
    }
    return 0;
}

void fake_answer(uint16_t opcode, uint8_t status, uint8_t count)
{
    assert_true(fake.answer_count < ARRAY_SIZE(fake.answers));
    fake.answers[fake.answer_count++] =
        (struct fake_answer){.opcode = opcode, .status = status, .count = count};
}

void fake_run(void)
{
    do {
        (void)post_drain();
    } while (pump() || post_drain());
}

bool fake_event(uint8_t code, uint8_t sub, const void *params, size_t len)
{
    const struct hci_evt_table tables[] = {{conn_evt_rows, CONN_EVT_ROWS},
                                           {subrate_evt_rows, SUBRATE_EVT_ROWS},
                                           {gap_evt_rows, GAP_EVT_ROWS}};
    for (size_t t = 0; t < ARRAY_SIZE(tables); t++) {
        for (size_t i = 0; i < tables[t].count; i++) {
            if (tables[t].rows[i].code == code && tables[t].rows[i].sub == sub) {
                // Exactly as many octets as there are, for the sanitizer.
                uint8_t *copy = test_malloc(len + 1);
                memcpy(copy + 1, params, len);
                struct rd r = rd_init(copy + 1, len);
                in_dispatch = true;
                bool ok = tables[t].rows[i].fn(&r);
                in_dispatch = false;
                if (!fake.evt_refs) {
                    test_free(copy);
                } else {
                    (void)post_drain();
                    test_free(copy);
                }
                return ok;
            }
        }
    }
    fail_msg("no row for event %02x/%02x", code, sub);
    return false;
}

void fake_sleep(int64_t us)
{
    fake.now += us;
    (void)breeze_step();
    fake_run();
}

void fake_note(const char *format, ...)
{
    size_t len = strlen(fake.log);
    char *to = fake.log + len;
    size_t room = sizeof(fake.log) - len;
    va_list args;
    va_start(args, format);
    if (len) {
        *to++ = ' ';
        room--;
    }
    assert_true((size_t)vsnprintf(to, room, format, args) < room);
    va_end(args);
}

const struct fake_cmd *fake_cmd_last(uint16_t opcode)
{
    for (size_t i = fake.cmd_count; i-- > 0;) {
        if (fake.cmds[i].opcode == opcode) {
            return &fake.cmds[i];
        }
    }
    return NULL;
}

size_t fake_cmd_count(uint16_t opcode)
{
    size_t count = 0;
    for (size_t i = 0; i < fake.cmd_count; i++) {
        count += fake.cmds[i].opcode == opcode;
    }
    return count;
}

void fake_forget(void)
{
    fake.cmd_count = 0;
}

void fake_connected(uint8_t status, uint16_t handle, uint8_t role, const bt_addr_le_t *peer)
{
    uint8_t evt[18];
    struct wr w = wr_init(evt, sizeof(evt));
    wr_u8(&w, status);
    wr_le16(&w, handle);
    wr_u8(&w, role);
    wr_u8(&w, peer->type);
    wr_bytes(&w, peer->a.val, 6);
    wr_le16(&w, 24);
    wr_le16(&w, 0);
    wr_le16(&w, 42);
    wr_u8(&w, 0);
    assert_true(fake_event(BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_CONN_COMPLETE, evt, wr_len(&w)));
    fake_run();
}

void fake_disconnected(uint16_t handle, uint8_t reason)
{
    uint8_t evt[] = {0, (uint8_t)handle, (uint8_t)(handle >> 8), reason};
    assert_true(fake_event(BT_HCI_EVT_DISCONN_COMPLETE, 0, evt, sizeof(evt)));
    fake_run();
}

// ---- Life ---------------------------------------------------------------------------------------

void fake_enable(void)
{
    hci_run.state = HCI_READY;
    gap_hci_up.ready();
    fake_run();
}

void fake_disable(void)
{
    gap_hci_up.lost();
    conn_hci_up.lost();
    (void)post_drain();
    if (in_flight) {
        answer_with(HCI_STATUS_GONE, "", 0);
    }
    hci_run.state = HCI_OFF;
    post_clear(&conn_run.recycled_post);
    assert_int_equal(loop_timer_count(), 0);
    memset(&gap_run, 0, sizeof(gap_run));
    memset(&scan_run, 0, sizeof(scan_run));
    memset(&accept_run, 0, sizeof(accept_run));
    memset(&dup_run, 0, sizeof(dup_run));
    memset(&init_run, 0, sizeof(init_run));
    memset(&ext_adv_run, 0, sizeof(ext_adv_run));
    memset(&ext_scan_run, 0, sizeof(ext_scan_run));
    memset(&per_sync_run, 0, sizeof(per_sync_run));
    conn_wipe();
}

static void fresh(void)
{
    memset(&fake, 0, sizeof(fake));
    memset(&hci_run, 0, sizeof(hci_run));
    memset(&conn_run, 0, sizeof(conn_run));
    memset(&conn_reg, 0, sizeof(conn_reg));
    memset(&gap_run, 0, sizeof(gap_run));
    memset(&scan_run, 0, sizeof(scan_run));
    memset(&accept_run, 0, sizeof(accept_run));
    memset(&dup_run, 0, sizeof(dup_run));
    memset(&init_run, 0, sizeof(init_run));
    memset(&ext_adv_run, 0, sizeof(ext_adv_run));
    memset(&ext_scan_run, 0, sizeof(ext_scan_run));
    memset(&per_sync_run, 0, sizeof(per_sync_run));
    memset(&per_sync_reg, 0, sizeof(per_sync_reg));
    memset(&gap_reg, 0, sizeof(gap_reg));
    memset(&scan_reg, 0, sizeof(scan_reg));
    memset(&stats, 0, sizeof(stats));
    in_flight = false;
    fake.now = 1000000;
    memset(hci_run.info.le_features, 0, sizeof(hci_run.info.le_features));
}

int fake_setup(void **state)
{
    fresh();
    hci_run.info.public_addr = (bt_addr_t){{6, 5, 4, 3, 2, 1}};
    fake_enable();
    fake_forget();
    return 0;
}

int fake_setup_random(void **state)
{
    fresh();
    fake_enable();
    return 0;
}

int fake_teardown(void **state)
{
    fake.silent = false;
    fake_run();
    fake_disable();
    for (size_t i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        assert_int_equal(conn_run.slots[i].refs, 0);
        assert_int_equal(conn_run.slots[i].state, CONN_FREE);
    }
    assert_int_equal(fake.evt_refs, 0);
    assert_true(sys_slist_is_empty(&hci_run.posts));
    return 0;
}
