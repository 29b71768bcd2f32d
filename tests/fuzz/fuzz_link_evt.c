// Fuzz target: HCI events for connections and GAP, whatever their parameters, in any order, while the
// application advertises, scans and connects as the input says; a list of {what, length, parameters}.
// At the end everything must come to rest: no slot, no timer, no post.
#include <stdlib.h>

#include "link_fake.h"

#include "kernel/loop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bt_conn *created;

static void do_advertise(void)
{
    (void)bt_le_adv_start(BT_LE_ADV_CONN, NULL, 0, NULL, 0);
}

static void do_advertise_not(void)
{
    (void)bt_le_adv_stop();
}

static void do_scan(void)
{
    (void)bt_le_scan_start(BT_LE_SCAN_ACTIVE, NULL);
}

static void do_scan_not(void)
{
    (void)bt_le_scan_stop();
}

static void do_create(void)
{
    if (!created) {
        (void)bt_conn_le_create(&peer_a, BT_CONN_LE_CREATE_CONN, BT_LE_CONN_PARAM_DEFAULT,
                                &created);
    }
}

static void do_leave(void)
{
    if (created) {
        (void)bt_conn_disconnect(created, BT_HCI_ERR_REMOTE_USER_TERM_CONN);
        bt_conn_unref(created);
        created = NULL;
    }
}

static void do_leave_all(void)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        (void)bt_conn_disconnect(conn_at(i), BT_HCI_ERR_REMOTE_USER_TERM_CONN);
    }
}

static void do_update(void)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        (void)bt_conn_le_param_update(conn_at(i), BT_LE_CONN_PARAM(6, 6, 0, 100));
    }
}

static void do_sleep(void)
{
    fake_sleep(700000);
}

static void do_subrate(void)
{
    static const struct bt_conn_le_subrate_param param = {1, 5, 0, 4, 400};
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        (void)bt_conn_le_subrate_request(conn_at(i), &param);
    }
}

static void (*const deeds[])(void) = {
    do_advertise, do_advertise_not, do_scan,   do_scan_not, do_create,
    do_leave,     do_leave_all,     do_update, do_sleep,    do_subrate,
};

static void one(struct rd *r)
{
    uint8_t what = rd_u8(r);
    uint8_t len = rd_u8(r);
    len = (uint8_t)MIN(len, rd_left(r));
    const uint8_t *params = rd_take(r, len);
    unsigned int rows = CONN_EVT_ROWS + GAP_EVT_ROWS;
    unsigned int pick = what % (rows + ARRAY_SIZE(deeds) + SUBRATE_EVT_ROWS);
    if (pick >= rows + ARRAY_SIZE(deeds)) {
        const struct hci_evt_row *row = &subrate_evt_rows[pick - rows - ARRAY_SIZE(deeds)];
        (void)fake_event(row->code, row->sub, params, len);
    } else if (pick >= rows) {
        deeds[pick - rows]();
    } else {
        const struct hci_evt_row *row =
            pick < CONN_EVT_ROWS ? &conn_evt_rows[pick] : &gap_evt_rows[pick - CONN_EVT_ROWS];
        (void)fake_event(row->code, row->sub, params, len);
    }
    fake_run();
    fake_forget();
    fake.log[0] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1000) {
        return 0;
    }
    (void)fake_setup(NULL);
    hci_run.info.le_features[0] = 0x0a;
    hci_run.info.le_features[4] = 0x20; // Subrating.
    struct rd r = rd_init(data, size);
    while (rd_left(&r) >= 2) {
        one(&r);
    }
    if (created) {
        bt_conn_unref(created);
        created = NULL;
    }
    (void)fake_teardown(NULL);
    return 0;
}
