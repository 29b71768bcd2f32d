// Fuzz target: events of extended advertising, whatever their parameters, in any order, while the
// application scans and advertises with sets; a list of {what, length, parameters}. Data that is put
// together stays within its buffer, and at the end everything comes to rest.
#include <stdlib.h>

#include "link_fake.h"

#include "kernel/loop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROWS 6 // Those of periodic advertising, behind them, have a target of their own.

static struct bt_le_ext_adv *set;

static void on_report(const bt_addr_le_t *addr, int8_t rssi, uint8_t type,
                      struct net_buf_simple *buf)
{
    static uint8_t copy[CONFIG_BT_EXT_SCAN_BUF_SIZE];
    memcpy(copy, buf->data, buf->len);
    if (buf->len == 13) {
        (void)bt_le_scan_stop();
    }
}

static void do_scan(void)
{
    (void)bt_le_scan_start(BT_LE_SCAN_ACTIVE, on_report);
}

static void do_scan_not(void)
{
    (void)bt_le_scan_stop();
}

static void do_set(void)
{
    if (!set) {
        (void)bt_le_ext_adv_create(BT_LE_EXT_ADV_CONN, NULL, &set);
    }
    if (set) {
        (void)bt_le_ext_adv_start(set, BT_LE_EXT_ADV_START_DEFAULT);
    }
}

static void do_set_not(void)
{
    if (set && !bt_le_ext_adv_stop(set) && !bt_le_ext_adv_delete(set)) {
        set = NULL;
    }
}

static void do_sleep(void)
{
    fake_sleep(700000);
}

static void do_leave(void)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        (void)bt_conn_disconnect(conn_at(i), BT_HCI_ERR_REMOTE_USER_TERM_CONN);
    }
}

static void (*const deeds[])(void) = {do_scan, do_scan_not, do_set, do_set_not, do_sleep, do_leave};

static void one(struct rd *r)
{
    uint8_t what = rd_u8(r);
    uint8_t len = rd_u8(r);
    len = (uint8_t)MIN(len, rd_left(r));
    const uint8_t *params = rd_take(r, len);
    unsigned int pick = what % (ROWS + ARRAY_SIZE(deeds));
    if (pick >= ROWS) {
        deeds[pick - ROWS]();
    } else {
        (void)fake_event(gap_evt_rows[pick].code, gap_evt_rows[pick].sub, params, len);
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
    hci_run.info.le_features[1] = 0x19; // 2M, Coded, extended advertising
    set = NULL;
    do_scan();
    struct rd r = rd_init(data, size);
    while (rd_left(&r) >= 2) {
        one(&r);
    }
    (void)fake_teardown(NULL);
    return 0;
}
