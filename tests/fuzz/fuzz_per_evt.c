// Fuzz target: events of periodic advertising, whatever their parameters, in any order, while the
// application makes syncs and gives them up; a list of {what, length, parameters}. Data that is put
// together stays within its buffer, every sync that was had ends, and at the end everything comes to
// rest.
#include <stdlib.h>

#include "link_fake.h"

#include "kernel/loop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bt_le_per_adv_sync *last;
static int had; // syncs that have not ended

static void on_synced(struct bt_le_per_adv_sync *sync, struct bt_le_per_adv_sync_synced_info *info)
{
    had += info->conn ? 1 : 0; // of a transfer
    last = sync;
}

static void on_term(struct bt_le_per_adv_sync *sync,
                    const struct bt_le_per_adv_sync_term_info *info)
{
    had--;
    if (last == sync) {
        last = NULL;
    }
}

static void on_recv(struct bt_le_per_adv_sync *sync,
                    const struct bt_le_per_adv_sync_recv_info *info, struct net_buf_simple *buf)
{
    static uint8_t copy[CONFIG_BT_PER_ADV_SYNC_BUF_SIZE];
    memcpy(copy, buf->data, buf->len);
    if (buf->len == 13) {
        (void)bt_le_per_adv_sync_delete(sync);
    }
}

static struct bt_le_per_adv_sync_cb cb;

static void do_create(void)
{
    struct bt_le_per_adv_sync_param param = {.options = BT_LE_PER_ADV_SYNC_OPT_USE_PER_ADV_LIST,
                                             .timeout = 100};
    had += bt_le_per_adv_sync_create(&param, &last) ? 0 : 1;
}

static void do_delete(void)
{
    (void)bt_le_per_adv_sync_delete(last);
}

static void do_silent(void)
{
    (void)bt_le_per_adv_sync_recv_disable(last);
}

static void do_loud(void)
{
    (void)bt_le_per_adv_sync_recv_enable(last);
}

static void do_scan(void)
{
    (void)bt_le_scan_start(BT_LE_SCAN_PASSIVE, NULL);
}

static void do_scan_not(void)
{
    (void)bt_le_scan_stop();
}

// A link, over which trains may come.
static void do_link(void)
{
    static const uint8_t complete[] = {0,    0x40, 0,  1, 1, 0xb1, 0xb2, 0xb3, 0xb4,
                                       0xb5, 0xc6, 24, 0, 0, 0,    42,   0,    0};
    (void)bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0);
    (void)fake_event(BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_CONN_COMPLETE, complete,
                     sizeof(complete));
}

static void do_leave(void)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        (void)bt_conn_disconnect(conn_at(i), BT_HCI_ERR_REMOTE_USER_TERM_CONN);
    }
}

static void (*const deeds[])(void) = {do_create, do_delete,   do_silent, do_loud,
                                      do_scan,   do_scan_not, do_link,   do_leave};

static const uint8_t events[] = {BT_HCI_EVT_LE_PER_ADV_SYNC_ESTABLISHED,
                                 BT_HCI_EVT_LE_PER_ADVERTISING_REPORT,
                                 BT_HCI_EVT_LE_PER_ADV_SYNC_LOST, BT_HCI_EVT_LE_PAST_RECEIVED};

static void one(struct rd *r)
{
    uint8_t what = rd_u8(r);
    uint8_t len = rd_u8(r);
    len = (uint8_t)MIN(len, rd_left(r));
    const uint8_t *params = rd_take(r, len);
    unsigned int pick = what % (ARRAY_SIZE(events) + ARRAY_SIZE(deeds));
    if (pick >= ARRAY_SIZE(events)) {
        deeds[pick - ARRAY_SIZE(events)]();
    } else {
        (void)fake_event(BT_HCI_EVT_LE_META_EVENT, events[pick], params, len);
    }
    fake_run();
    fake_forget();
    fake.log[0] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 4000) {
        return 0;
    }
    (void)fake_setup(NULL);
    hci_run.info.le_features[1] = 0x31; // 2M, extended and periodic advertising
    hci_run.info.le_features[3] = 0x03; // its transfer
    last = NULL;
    had = 0;
    cb = (struct bt_le_per_adv_sync_cb){.synced = on_synced, .term = on_term, .recv = on_recv};
    (void)bt_le_per_adv_sync_cb_register(&cb);
    struct rd r = rd_init(data, size);
    while (rd_left(&r) >= 2) {
        one(&r);
    }
    fake_disable();
    if (had) {
        abort();
    }
    fake_enable();
    (void)fake_teardown(NULL);
    return 0;
}
