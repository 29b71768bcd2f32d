// Periodic advertising: the commands that go out, octet by octet, and events that a controller may send
// at the wrong time (Vol 4, Part E, 7.8.61 to 7.8.73, 7.8.88 to 7.8.92, 7.7.65.14 to 7.7.65.16 and
// 7.7.65.24).
#include "link_fake.h"

#define PEER 1, 1, 2, 3, 4, 5, 0xc6 // type and address

static unsigned int synced, terms, reports;
static uint8_t reason;
static uint16_t len;
static struct bt_le_per_adv_sync *sync;

static void on_synced(struct bt_le_per_adv_sync *which, struct bt_le_per_adv_sync_synced_info *info)
{
    sync = which;
    synced++;
}

static void on_term(struct bt_le_per_adv_sync *which,
                    const struct bt_le_per_adv_sync_term_info *info)
{
    reason = info->reason;
    terms++;
}

static void on_recv(struct bt_le_per_adv_sync *which,
                    const struct bt_le_per_adv_sync_recv_info *info, struct net_buf_simple *buf)
{
    len = buf->len;
    reports++;
}

static struct bt_le_per_adv_sync_cb cb;

static int setup(void **state)
{
    synced = terms = reports = 0;
    sync = NULL;
    int err = fake_setup(state);
    hci_run.info.le_features[1] = 0x31; // 2M, extended and periodic advertising
    hci_run.info.le_features[3] = 0x03; // its transfer
    cb = (struct bt_le_per_adv_sync_cb){.synced = on_synced, .term = on_term, .recv = on_recv};
    assert_int_equal(bt_le_per_adv_sync_cb_register(&cb), 0);
    return err;
}

static void assert_cmd(uint16_t opcode, const void *params, size_t size)
{
    const struct fake_cmd *cmd = fake_cmd_last(opcode);
    assert_non_null(cmd);
    assert_int_equal(cmd->len, size);
    assert_memory_equal(cmd->params, params, size);
}
#define ASSERT_CMD(opcode, ...)                                                                    \
    assert_cmd(opcode, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

#define EVENT(sub, ...)                                                                            \
    fake_event(BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_##sub, (const uint8_t[]){__VA_ARGS__},      \
               sizeof((const uint8_t[]){__VA_ARGS__}))

static const struct bt_le_per_adv_sync_param param = {
    .addr = {BT_ADDR_LE_RANDOM, {{1, 2, 3, 4, 5, 0xc6}}}, .sid = 3, .skip = 2, .timeout = 0x123};

static void create(void)
{
    assert_int_equal(bt_le_per_adv_sync_create(&param, &sync), 0);
}

static void create_another(void)
{
    struct bt_le_per_adv_sync_param another = param;
    another.sid = 4;
    assert_int_equal(bt_le_per_adv_sync_create(&another, &sync), 0);
}

static bool established(uint8_t status, uint8_t handle)
{
    bool ok = EVENT(PER_ADV_SYNC_ESTABLISHED, status, handle, 0, 3, PEER, 1, 80, 0, 5);
    fake_run();
    return ok;
}

static void advertising_octet_by_octet(void **state)
{
    struct bt_le_ext_adv *set;
    const struct bt_data ad[] = {BT_DATA_BYTES(BT_DATA_MANUFACTURER_DATA, 7, 8)};
    assert_int_equal(bt_le_ext_adv_create(BT_LE_EXT_ADV_NCONN, NULL, &set), 0);
    assert_int_equal(bt_le_per_adv_set_param(
                         set, BT_LE_PER_ADV_PARAM(0x50, 0x1a0, BT_LE_PER_ADV_OPT_USE_TX_POWER)),
                     0);
    ASSERT_CMD(BT_HCI_OP_LE_SET_PER_ADV_PARAM, 1, 0x50, 0, 0xa0, 1, 0x40, 0);
    assert_int_equal(bt_le_per_adv_set_data(set, ad, 1), 0);
    ASSERT_CMD(BT_HCI_OP_LE_SET_PER_ADV_DATA, 1, 3, 4, 3, 0xff, 7, 8);
    assert_int_equal(bt_le_per_adv_start(set), 0);
    ASSERT_CMD(BT_HCI_OP_LE_SET_PER_ADV_ENABLE, 1, 1);
    fake_answer(BT_HCI_OP_LE_SET_PER_ADV_ENABLE, BT_HCI_ERR_CMD_DISALLOWED, 1);
    assert_int_equal(bt_le_per_adv_stop(set), -EACCES);
    assert_int_equal(bt_le_per_adv_start(set), -EALREADY); // it is still on
    assert_int_equal(bt_le_per_adv_stop(set), 0);
    ASSERT_CMD(BT_HCI_OP_LE_SET_PER_ADV_ENABLE, 0, 1);
    assert_int_equal(bt_le_ext_adv_delete(set), 0);
}

static void following_octet_by_octet(void **state)
{
    create();
    ASSERT_CMD(BT_HCI_OP_LE_PER_ADV_CREATE_SYNC, 0, 3, PEER, 2, 0, 0x23, 1, 0);
    fake_run();
    ASSERT_CMD(BT_HCI_OP_LE_SET_EXT_SCAN_ENABLE, 1, 0, 0, 0, 0, 0);
    assert_true(established(0, 5));
    ASSERT_CMD(BT_HCI_OP_LE_SET_EXT_SCAN_ENABLE, 0, 0, 0, 0, 0, 0);
    assert_int_equal(synced, 1);
    assert_int_equal(bt_le_per_adv_sync_recv_disable(sync), 0);
    ASSERT_CMD(BT_HCI_OP_LE_SET_PER_ADV_RECV_ENABLE, 5, 0, 0);
    assert_int_equal(bt_le_per_adv_sync_recv_enable(sync), 0);
    ASSERT_CMD(BT_HCI_OP_LE_SET_PER_ADV_RECV_ENABLE, 5, 0, 1);
    assert_int_equal(bt_le_per_adv_list_add(&param.addr, 9), 0);
    ASSERT_CMD(BT_HCI_OP_LE_ADD_DEV_TO_PER_ADV_LIST, PEER, 9);
    struct bt_le_per_adv_sync_transfer_param past = {.skip = 1, .timeout = 0x100};
    assert_int_equal(bt_le_per_adv_sync_transfer_subscribe(NULL, &past), 0);
    ASSERT_CMD(BT_HCI_OP_LE_DEFAULT_PAST_PARAM, 2, 1, 0, 0, 1, 0);
    assert_int_equal(bt_le_per_adv_sync_transfer_unsubscribe(NULL), 0);
    ASSERT_CMD(BT_HCI_OP_LE_DEFAULT_PAST_PARAM, 0, 0, 0, 10, 0, 0);
    assert_int_equal(bt_le_per_adv_sync_delete(sync), 0);
    ASSERT_CMD(BT_HCI_OP_LE_PER_ADV_TERMINATE_SYNC, 5, 0);
    fake_run();
    assert_int_equal(terms, 1);
    assert_int_equal(reason, BT_HCI_ERR_LOCALHOST_TERM_CONN);
}

static void a_refused_create_is_no_sync(void **state)
{
    struct bt_le_per_adv_sync *none = NULL;
    fake_answer(BT_HCI_OP_LE_PER_ADV_CREATE_SYNC, BT_HCI_ERR_MEM_CAPACITY_EXCEEDED, 1);
    assert_int_equal(bt_le_per_adv_sync_create(&param, &none), -ENOMEM);
    fake_run();
    assert_null(none);
    assert_int_equal(terms, 0);
    for (int i = 0; i < CONFIG_BT_PER_ADV_SYNC_MAX + 1; i++) { // every slot is free
        create();
        fake_run();
        assert_true(established(BT_HCI_ERR_CONN_FAIL_TO_ESTAB, 0));
        assert_int_equal(terms, i + 1);
        assert_int_equal(reason, BT_HCI_ERR_CONN_FAIL_TO_ESTAB);
    }
}

// The scanner cannot run: nobody would ever be found.
static void without_a_scanner_it_is_given_up(void **state)
{
    fake_answer(BT_HCI_OP_LE_SET_EXT_SCAN_ENABLE, BT_HCI_ERR_CMD_DISALLOWED, 0);
    create();
    fake_run();
    ASSERT_CMD(BT_HCI_OP_LE_PER_ADV_CREATE_SYNC_CANCEL);
    assert_true(fake_cmd_count(BT_HCI_OP_LE_SET_EXT_SCAN_ENABLE) < 4);
    assert_true(established(BT_HCI_ERR_OP_CANCELLED_BY_HOST, 0));
    assert_int_equal(terms, 1);
}

// Found while the cancel was on its way.
static void a_cancel_that_comes_too_late(void **state)
{
    create();
    fake_answer(BT_HCI_OP_LE_PER_ADV_CREATE_SYNC_CANCEL, BT_HCI_ERR_CMD_DISALLOWED, 1);
    assert_int_equal(bt_le_per_adv_sync_delete(sync), 0);
    fake_run();
    assert_int_equal(terms, 0);
    assert_true(established(0, 7));
    ASSERT_CMD(BT_HCI_OP_LE_PER_ADV_TERMINATE_SYNC, 7, 0);
    assert_int_equal(synced, 0);
    assert_int_equal(terms, 1);
}

static void hostile_events_of_nobody(void **state)
{
    assert_true(established(0, 9)); // nobody asked
    ASSERT_CMD(BT_HCI_OP_LE_PER_ADV_TERMINATE_SYNC, 9, 0);
    uint32_t stale = hci_stats()->evt_stale;
    assert_true(EVENT(PER_ADV_SYNC_LOST, 9, 0));
    assert_true(EVENT(PER_ADVERTISING_REPORT, 9, 0, 0, 0, 0xff, 0, 1, 1));
    assert_true(established(0x3e, 9));
    assert_int_equal(hci_stats()->evt_stale - stale, 3);
    // Over a link that is not there.
    assert_true(EVENT(PAST_RECEIVED, 0, 0x40, 0, 1, 1, 8, 0, 3, PEER, 1, 80, 0, 5));
    fake_run();
    ASSERT_CMD(BT_HCI_OP_LE_PER_ADV_TERMINATE_SYNC, 8, 0);
    assert_true(EVENT(PAST_RECEIVED, 0x3e, 0x40, 0, 1, 1, 0, 0, 3, PEER, 1, 80, 0, 5));
    assert_int_equal(synced + terms + reports, 0);
}

static void hostile_events_that_cannot_be(void **state)
{
    create();
    assert_false(EVENT(PER_ADV_SYNC_ESTABLISHED, 0, 0, 0x0f, 3, PEER, 1, 80, 0, 5)); // handle
    assert_false(EVENT(PER_ADV_SYNC_ESTABLISHED, 0, 5, 0, 16, PEER, 1, 80, 0, 5));   // SID
    assert_false(EVENT(PER_ADV_SYNC_ESTABLISHED, 0, 5, 0, 3, PEER, 0, 80, 0, 5));    // PHY
    assert_false(EVENT(PER_ADV_SYNC_ESTABLISHED, 0, 5, 0, 3, PEER, 4, 80, 0, 5));
    assert_false(EVENT(PER_ADV_SYNC_ESTABLISHED, 0, 5, 0, 3, PEER, 1, 5, 0, 5)); // interval
    assert_false(EVENT(PER_ADV_SYNC_ESTABLISHED, 0, 5, 0));
    assert_false(EVENT(PER_ADV_SYNC_LOST, 5));
    assert_true(established(0, 5));
    create_another();
    assert_false(established(0, 5)); // again the same handle
    assert_true(established(BT_HCI_ERR_CONN_FAIL_TO_ESTAB, 0));
    assert_false(EVENT(PER_ADVERTISING_REPORT, 5, 0, 0, 0, 0xff, 3, 0));    // status
    assert_false(EVENT(PER_ADVERTISING_REPORT, 5, 0, 0, 0, 0xff, 0, 2, 1)); // length
    assert_false(EVENT(PAST_RECEIVED, 0, 0x40, 0, 1, 1, 5, 0, 3, PEER, 1, 80, 0, 5));
    assert_true(EVENT(PER_ADV_SYNC_LOST, 5, 0));
    fake_run();
    assert_int_equal(synced, 1);
    assert_int_equal(terms, 2);
}

static void report(uint8_t status, uint8_t octets)
{
    uint8_t event[7 + 200] = {5, 0, 0x7f, 0xce, 0xff, status, octets};
    assert_true(fake_event(BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_PER_ADVERTISING_REPORT, event,
                           7u + octets));
    fake_run();
}

static void only_whole_data(void **state)
{
    create();
    assert_true(established(0, 5));
    report(1, 200);
    report(1, 200);
    report(0, 10);
    assert_int_equal(reports, 1);
    assert_int_equal(len, 410);
    uint32_t dropped = hci_stats()->adv_dropped;
    report(1, 100);
    report(2, 0); // cut by the controller
    assert_int_equal(hci_stats()->adv_dropped - dropped, 1);
    for (int i = 0; i < CONFIG_BT_PER_ADV_SYNC_BUF_SIZE / 200 + 1; i++) {
        report(1, 200);
    }
    report(0, 0); // too long
    assert_int_equal(hci_stats()->adv_dropped - dropped, 2);
    report(1, 100);
    hci_stats()->adv_dropped++; // a report found no buffer: it may have been a part
    report(0, 100);
    assert_int_equal(reports, 1);
    report(0, 77);
    assert_int_equal(reports, 2);
    assert_int_equal(len, 77);
}

static void the_end_tells_of_every_sync(void **state)
{
    create();
    assert_true(established(0, 5));
    create_another();
    fake_disable();
    assert_int_equal(terms, 2);
    fake_enable();
    fake_forget();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, fake_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(advertising_octet_by_octet),    CASE(following_octet_by_octet),
        CASE(a_refused_create_is_no_sync),   CASE(without_a_scanner_it_is_given_up),
        CASE(a_cancel_that_comes_too_late),  CASE(hostile_events_of_nobody),
        CASE(hostile_events_that_cannot_be), CASE(only_whole_data),
        CASE(the_end_tells_of_every_sync),
    };
    return cmocka_run_group_tests_name("gap_per", tests, NULL, NULL);
}
