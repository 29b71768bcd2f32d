// The GATT server: services, client configurations, notifications, indications, Service Changed
// (Vol 3, Part G). Handles: GAP 1..9, GATT 0x0a..0x0d, then this file's static services from 0x0e.
#include "pdu/fake.h"

#include <stdlib.h>

#include "att/db.h"
#include "att/state.h"
#include "gatt/state.h"
#include "kernel/loop.h"

static struct bt_conn *conn;
static uint16_t changed_value;
static unsigned int changes;

static void on_changed(const struct bt_gatt_attr *attr, uint16_t value)
{
    assert_true(bt_gatt_attr_get_handle(attr) != 0);
    changed_value = value;
    changes++;
}

// Defined in the order b, a: the database has them by name. a: 0e..11, value 10, CCC 11.
BT_GATT_SERVICE_DEFINE(b_svc, BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xff0b)),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff01), BT_GATT_CHRC_NOTIFY,
                                              BT_GATT_PERM_READ_ENCRYPT, NULL, NULL, NULL),
                       BT_GATT_CUD("temperature", BT_GATT_PERM_READ),
                       BT_GATT_CCC(NULL, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE));
BT_GATT_SERVICE_DEFINE(a_svc, BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xff0a)),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff01),
                                              BT_GATT_CHRC_NOTIFY | BT_GATT_CHRC_INDICATE,
                                              BT_GATT_PERM_NONE, NULL, NULL, NULL),
                       BT_GATT_CCC(on_changed, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE));

static struct bt_gatt_attr dyn_attrs[] = {
    BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xff0d)),
    BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff0e), BT_GATT_CHRC_NOTIFY, BT_GATT_PERM_READ, NULL,
                           NULL, NULL),
    BT_GATT_CCC(on_changed, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE),
};
static struct bt_gatt_service dyn_svc = BT_GATT_SERVICE(dyn_attrs);

static int begin(void **state)
{
    fake_begin(BT_CONN_ROLE_PERIPHERAL);
    conn = conn_at(0);
    changes = 0;
    changed_value = 0;
    return 0;
}

static int end(void **state)
{
    fake_end();
    return 0;
}

static void statics_come_by_name(void **state)
{
    assert_int_equal(bt_gatt_attr_get_handle(&attr_a_svc[0]), 0x0e);
    assert_int_equal(bt_gatt_attr_get_handle(&attr_b_svc[0]), 0x12);
    assert_int_equal(attr_a_svc[0].handle, 0);
    ATT(conn, "> 0a 15 00 < 0b 74 65 6d 70 65 72 61 74 75 72 65");
}

static void walks(void **state)
{
    assert_int_equal(bt_gatt_attr_value_handle(&attr_a_svc[1]), 0x10);
    assert_int_equal(bt_gatt_attr_value_handle(&attr_a_svc[2]), 0);
    assert_ptr_equal(bt_gatt_attr_next(&attr_a_svc[3]), &attr_b_svc[0]);
    assert_null(bt_gatt_attr_next(&attr_b_svc[4]));
    assert_ptr_equal(bt_gatt_find_by_uuid(attr_a_svc, 4, BT_UUID_GATT_CCC), &attr_a_svc[3]);
    assert_null(bt_gatt_find_by_uuid(attr_a_svc, 3, BT_UUID_GATT_CCC));
    assert_int_equal(bt_gatt_attr_get_handle(&dyn_attrs[0]), 0);
}

static uint8_t count(const struct bt_gatt_attr *attr, uint16_t handle, void *user_data)
{
    *(unsigned int *)user_data += handle;
    return BT_GATT_ITER_CONTINUE;
}

static void foreach_filters(void **state)
{
    unsigned int sum = 0;
    bt_gatt_foreach_attr_type(1, 0xffff, BT_UUID_GATT_CCC, NULL, 0, count, &sum);
    assert_int_equal(sum, 0x0d + 0x11 + 0x16);
    sum = 0;
    bt_gatt_foreach_attr_type(1, 0xffff, BT_UUID_GATT_CCC, NULL, 2, count, &sum);
    assert_int_equal(sum, 0x0d + 0x11);
    sum = 0;
    bt_gatt_foreach_attr(0x10, 0x12, count, &sum);
    assert_int_equal(sum, 0x10 + 0x11 + 0x12);
}

static void registration(void **state)
{
    assert_false(bt_gatt_service_is_registered(&dyn_svc));
    assert_int_equal(bt_gatt_service_register(&dyn_svc), 0);
    assert_int_equal(bt_gatt_service_register(&dyn_svc), -EALREADY);
    assert_true(bt_gatt_service_is_registered(&dyn_svc));
    assert_int_equal(dyn_attrs[0].handle, 0x17);
    assert_int_equal(bt_gatt_attr_get_handle(&dyn_attrs[3]), 0x1a);
    assert_int_equal(bt_gatt_service_unregister(&dyn_svc), 0);
    assert_int_equal(bt_gatt_service_unregister(&dyn_svc), -ENOENT);
    assert_int_equal(dyn_attrs[0].handle, 0);
    struct bt_gatt_service empty = {0};
    assert_int_equal(bt_gatt_service_register(&empty), -EINVAL);
    struct bt_gatt_service no_decl = {.attrs = &dyn_attrs[1], .attr_count = 2};
    assert_int_equal(bt_gatt_service_register(&no_decl), -EINVAL);
    struct bt_gatt_service no_value = {.attrs = dyn_attrs, .attr_count = 2};
    assert_int_equal(bt_gatt_service_register(&no_value), -EINVAL);
    assert_int_equal(bt_gatt_service_register(NULL), -EINVAL);
}

// Services of one attribute each, to fill the map.
static const struct bt_gatt_attr one = BT_GATT_PRIMARY_SERVICE(BT_UUID_GAP);
static struct bt_gatt_attr many[CONFIG_BREEZE_GATT_SERVICES_MAX + 1];
static struct bt_gatt_service many_svc[CONFIG_BREEZE_GATT_SERVICES_MAX + 1];

static void too_many_services(void **state)
{
    for (unsigned int i = 0; i <= CONFIG_BREEZE_GATT_SERVICES_MAX; i++) {
        many[i] = one;
        many_svc[i] = (struct bt_gatt_service){.attrs = &many[i], .attr_count = 1};
        assert_int_equal(bt_gatt_service_register(&many_svc[i]),
                         i < CONFIG_BREEZE_GATT_SERVICES_MAX ? 0 : -ENOMEM);
    }
    // A gap in the middle is not used while there is room behind; look-ups go across it.
    uint16_t hole = many[3].handle;
    assert_int_equal(bt_gatt_service_unregister(&many_svc[3]), 0);
    assert_null(db_find(hole));
    assert_ptr_equal(db_find((uint16_t)(hole + 1)), &many[4]);
    assert_int_equal(bt_gatt_service_register(&many_svc[3]), 0);
    assert_true(many[3].handle > hole);
    for (unsigned int i = 0; i < CONFIG_BREEZE_GATT_SERVICES_MAX; i++) {
        assert_int_equal(bt_gatt_service_unregister(&many_svc[i]), 0);
    }
}

static void wanted_handles(void **state)
{
    for (unsigned int i = 0; i < 4; i++) {
        dyn_attrs[i].handle = (uint16_t)(0x10 + i);
    }
    assert_int_equal(bt_gatt_service_register(&dyn_svc), -EINVAL); // Taken.
    dyn_attrs[0].handle = 0x30;
    assert_int_equal(bt_gatt_service_register(&dyn_svc), -EINVAL); // Not consecutive.
    for (unsigned int i = 0; i < 4; i++) {
        dyn_attrs[i].handle = (uint16_t)(0x100 + i);
    }
    assert_int_equal(bt_gatt_service_register(&dyn_svc), 0);
    ATT(conn, "> 0a 01 01 < 0b 10 02 01 0e ff");
    assert_int_equal(bt_gatt_service_unregister(&dyn_svc), 0);
    for (unsigned int i = 0; i < 4; i++) {
        dyn_attrs[i].handle = 0;
    }
}

static void ccc_is_per_connection(void **state)
{
    struct bt_conn *other = fake_connect(1, BT_CONN_ROLE_PERIPHERAL);
    ATT(conn, "> 12 11 00 01 00 < 13 > 0a 11 00 < 0b 01 00");
    ATT(other, "> 0a 11 00 < 0b 00 00");
    assert_int_equal(changes, 1);
    assert_int_equal(changed_value, 1);
    ATT(other, "> 12 11 00 03 00 < 13");
    assert_int_equal(changed_value, 3);
    ATT(conn, "> 12 11 00 00 00 < 13"); // The greatest value stays.
    assert_int_equal(changes, 2);
    assert_true(bt_gatt_is_subscribed(other, &attr_a_svc[1], BT_GATT_CCC_NOTIFY));
    assert_true(bt_gatt_is_subscribed(other, &attr_a_svc[2], BT_GATT_CCC_INDICATE));
    assert_false(bt_gatt_is_subscribed(conn, &attr_a_svc[1], BT_GATT_CCC_NOTIFY));
    fake_disconnect(other);
    assert_int_equal(changed_value, 0);
    assert_int_equal(changes, 3);
    assert_false(bt_gatt_is_subscribed(other, &attr_a_svc[1], BT_GATT_CCC_NOTIFY));
}

static void hostile_36_ccc_writes(void **state)
{
    ATT(conn, "> 12 11 00 < 01 12 11 00 0d > 12 11 00 01 00 00 < 01 12 11 00 0d"
              "> 12 11 00 01 00 00 00 < 01 12 11 00 0d > 12 11 00 04 00 < 01 12 11 00 13"
              "> 12 11 00 01 80 < 01 12 11 00 13 > 0a 11 00 < 0b 00 00"
              "> 12 11 00 01 < 13 > 0a 11 00 < 0b 01 00"); // One octet is taken.
    // The value needs encryption: so do its subscription, and its notification, whatever was
    // subscribed.
    ATT(conn, "> 12 16 00 01 00 < 01 12 16 00 05 > 12 16 00 00 00 < 13 > 0a 16 00 < 0b 00 00");
    fake.security = BT_SECURITY_L2;
    ATT(conn, "> 12 16 00 01 00 < 13");
    fake.security = BT_SECURITY_L1;
    assert_int_equal(bt_gatt_notify(conn, &attr_b_svc[1], "x", 1), -EPERM);
    assert_int_equal(breeze_gatt_send(conn, 0x14, "x", 1, false, NULL, NULL), -EPERM);
    fake.security = BT_SECURITY_L2;
    assert_int_equal(bt_gatt_notify(conn, &attr_b_svc[1], "x", 1), 0);
    ATT(conn, "< 1b 14 00 78");
}

static ssize_t refuse(struct bt_conn *c, const struct bt_gatt_attr *attr, uint16_t value)
{
    return value == 1 ? (ssize_t)sizeof(value) : BT_GATT_ERR(BT_ATT_ERR_CCC_IMPROPER_CONF);
}

static bool no_match(struct bt_conn *c, const struct bt_gatt_attr *attr)
{
    return false;
}

static const struct bt_gatt_ccc_managed_user_data managed =
    BT_GATT_CCC_MANAGED_USER_DATA_INIT(on_changed, refuse, no_match);
static struct bt_gatt_attr managed_attrs[] = {
    BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xff30)),
    BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff31), BT_GATT_CHRC_NOTIFY, BT_GATT_PERM_NONE, NULL,
                           NULL, NULL),
    BT_GATT_CCC_MANAGED(&managed, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE),
};
static struct bt_gatt_service managed_svc = BT_GATT_SERVICE(managed_attrs);

static void managed_ccc(void **state)
{
    assert_int_equal(bt_gatt_service_register(&managed_svc), 0);
    ATT(conn, "> 12 1a 00 02 00 < 01 12 1a 00 fd > 12 1a 00 01 00 < 13");
    assert_int_equal(changed_value, 1);
    assert_int_equal(bt_gatt_notify(NULL, &managed_attrs[1], "x", 1),
                     -ENOTCONN); // cfg_match says no.
    assert_int_equal(bt_gatt_notify(conn, &managed_attrs[1], "x", 1), 0);
    ATT(conn, "< 1b 19 00 78");
    assert_int_equal(bt_gatt_service_unregister(&managed_svc), 0);
}

static void ccc_table_full(void **state)
{
    for (unsigned int i = 0; i < CONFIG_BREEZE_GATT_CCC_MAX; i++) {
        gatt_run.ccc[i] = (struct gatt_ccc){.handle = 0x999, .conn = 1, .value = 1};
    }
    ATT(conn, "> 12 11 00 01 00 < 01 12 11 00 11 > 12 11 00 00 00 < 13");
    memset(gatt_run.ccc, 0, sizeof(gatt_run.ccc));
}

static void pitfall_73_notify_finds_the_value(void **state)
{
    // By declaration, by value, by UUID: always the value's own handle, never the CCC behind it.
    ATT(conn, "> 12 11 00 01 00 < 13");
    assert_int_equal(bt_gatt_notify(conn, &attr_a_svc[1], "ab", 2), 0);
    assert_int_equal(bt_gatt_notify(conn, &attr_a_svc[2], "cd", 2), 0);
    assert_int_equal(bt_gatt_notify_uuid(conn, BT_UUID_DECLARE_16(0xff01), NULL, "ef", 2), 0);
    assert_int_equal(bt_gatt_notify_uuid(conn, BT_UUID_DECLARE_16(0xff01), &attr_a_svc[0], "", 0),
                     0);
    assert_int_equal(bt_gatt_notify(NULL, &attr_a_svc[1], "gh", 2), 0);
    assert_int_equal(breeze_gatt_send(conn, 0x10, "ij", 2, false, NULL, NULL), 0);
    ATT(conn, "< 1b 10 00 61 62 < 1b 10 00 63 64 < 1b 10 00 65 66 < 1b 10 00 < 1b 10 00 67 68"
              "< 1b 10 00 69 6a");
}

static void notify_errors(void **state)
{
    assert_int_equal(bt_gatt_notify(conn, &attr_a_svc[1], "x", 1), -EINVAL); // Not subscribed.
    assert_int_equal(bt_gatt_notify(NULL, &attr_a_svc[1], "x", 1), -ENOTCONN);
    assert_int_equal(bt_gatt_notify(conn, &dyn_attrs[1], "x", 1), -EINVAL); // Not registered.
    assert_int_equal(bt_gatt_notify_uuid(conn, BT_UUID_DECLARE_16(0xdead), NULL, "x", 1), -ENOENT);
    assert_int_equal(breeze_gatt_send(conn, 0x99, "x", 1, false, NULL, NULL), -EINVAL);
    ATT(conn, "> 12 11 00 03 00 < 13");
    uint8_t big[21] = {0};
    assert_int_equal(bt_gatt_notify(conn, &attr_a_svc[1], big, 21), -EMSGSIZE);
    assert_int_equal(bt_gatt_notify(conn, &attr_a_svc[1], big, 20), 0);
    struct fake_frame frame;
    assert_true(fake_sent(&frame));
    struct bt_conn *down = fake_connect(2, BT_CONN_ROLE_PERIPHERAL);
    fake_disconnect(down);
    assert_int_equal(bt_gatt_notify(down, &attr_a_svc[1], "x", 1), -ENOTCONN);
    assert_int_equal(breeze_gatt_send(down, 0x10, "x", 1, true, NULL, NULL), -ENOTCONN);
}

static unsigned int completions;
static int last_err;
static uint16_t last_handle;

static void on_sent(struct bt_conn *c, void *user_data)
{
    assert_ptr_equal(user_data, &completions);
    completions++;
}

static void on_done(struct bt_conn *c, uint16_t handle, int err, void *user)
{
    assert_ptr_equal(user, &completions);
    completions++;
    last_err = err;
    last_handle = handle;
}

static unsigned int readies;
static void on_ready(struct bt_conn *c)
{
    readies++;
}

static void completions_come_once(void **state)
{
    completions = 0;
    fake.hold_done = true;
    ATT(conn, "> 12 11 00 01 00 < 13");
    struct bt_gatt_notify_params params = {
        .attr = &attr_a_svc[1], .data = "x", .len = 1, .func = on_sent, .user_data = &completions};
    assert_int_equal(bt_gatt_notify_cb(conn, &params), 0);
    assert_int_equal(breeze_gatt_send(conn, 0x10, "y", 1, false, on_done, &completions), 0);
    assert_int_equal(completions, 0);
    fake_complete(0);
    assert_int_equal(completions, 2);
    assert_int_equal(last_err, 0);
    assert_int_equal(last_handle, 0x10);
    assert_int_equal(breeze_gatt_send(conn, 0x10, "z", 1, false, on_done, &completions), 0);
    fake_disconnect(conn);
    assert_int_equal(completions, 3);
    assert_int_equal(last_err, -ENOTCONN);
}

static void no_buffer_then_ready(void **state)
{
    readies = 0;
    breeze_gatt_ready_cb_set(on_ready);
    ATT(conn, "> 12 11 00 01 00 < 13");
    fake_tx_free();
    assert_int_equal(readies, 0); // Nobody was refused.
    fake.tx_dry = true;
    assert_int_equal(bt_gatt_notify(conn, &attr_a_svc[1], "x", 1), -ENOMEM);
    fake.tx_dry = false;
    fake_tx_free();
    fake_tx_free();
    assert_int_equal(readies, 1);
    // Completion slots run out as well.
    fake.hold_done = true;
    completions = 0;
    int err = 0;
    unsigned int sent = 0;
    while (!(err = breeze_gatt_send(conn, 0x10, "y", 1, false, on_done, &completions))) {
        sent++;
    }
    assert_int_equal(err, -ENOMEM);
    assert_int_equal(sent, CONFIG_BT_CONN_TX_MAX);
    fake_complete(0);
    assert_int_equal(completions, sent);
    assert_int_equal(breeze_gatt_send(conn, 0x10, "y", 1, false, on_done, &completions), 0);
    breeze_gatt_ready_cb_set(NULL);
    struct fake_frame frame;
    while (fake_sent(&frame)) {
    }
}

static unsigned int funcs;
static unsigned int destroys;
static uint8_t func_err;

static void on_indicated(struct bt_conn *c, struct bt_gatt_indicate_params *params, uint8_t err)
{
    funcs++;
    func_err = err;
}

static void on_destroy(struct bt_gatt_indicate_params *params)
{
    destroys++;
}

static struct bt_gatt_indicate_params ind;

static void ind_begin(void)
{
    funcs = 0;
    destroys = 0;
    ind = (struct bt_gatt_indicate_params){.attr = &attr_a_svc[1],
                                           .func = on_indicated,
                                           .destroy = on_destroy,
                                           .data = "i",
                                           .len = 1,
                                           ._ref = 77};
}

static void indications_one_at_a_time(void **state)
{
    ind_begin();
    assert_int_equal(bt_gatt_indicate(conn, &ind), -EINVAL); // Not subscribed.
    ATT(conn, "> 12 11 00 02 00 < 13");
    assert_int_equal(bt_gatt_indicate(conn, &ind), 0);
    ind.data = "j";
    assert_int_equal(bt_gatt_indicate(conn, &ind), 0);
    assert_int_equal(bt_gatt_indicate(conn, &ind), -ENOMEM); // One under way, one waiting.
    ATT(conn, "< 1d 10 00 69");
    assert_int_equal(funcs, 0);
    readies = 0;
    breeze_gatt_ready_cb_set(on_ready);
    ATT(conn, "> 1e < 1d 10 00 6a");
    assert_int_equal(readies, 0 + 1);
    assert_int_equal(funcs, 1);
    assert_int_equal(destroys, 0);
    ATT(conn, "> 1e < -");
    assert_int_equal(funcs, 2);
    assert_int_equal(destroys, 1);
    assert_int_equal(func_err, 0);
    assert_int_equal(loop_timer_count(), 0);
    breeze_gatt_ready_cb_set(NULL);
}

static void hostile_37_confirmations(void **state)
{
    ind_begin();
    ATT(conn, "> 1e < -"); // Unsolicited.
    ATT(conn, "> 12 11 00 02 00 < 13");
    assert_int_equal(bt_gatt_indicate(conn, &ind), 0);
    ATT(conn, "< 1d 10 00 69 > 1e 00 < -"); // Too long: not a confirmation.
    assert_int_equal(funcs, 0);
    ATT(conn, "> 1e > 1e < -"); // Twice.
    assert_int_equal(funcs, 1);
    assert_int_equal(fake.stats.att_dropped, 3);
}

static void hostile_37_indication_times_out(void **state)
{
    ind_begin();
    completions = 0;
    ATT(conn, "> 12 11 00 03 00 < 13");
    assert_int_equal(bt_gatt_indicate(conn, &ind), 0);
    assert_int_equal(breeze_gatt_send(conn, 0x10, "k", 1, true, on_done, &completions), 0);
    ATT(conn, "< 1d 10 00 69");
    fake_time(29999999);
    assert_int_equal(funcs, 0);
    fake_time(1);
    assert_int_equal(funcs, 1);
    assert_int_equal(func_err, BT_ATT_ERR_UNLIKELY);
    assert_int_equal(completions, 1);
    assert_int_equal(last_err, -ETIMEDOUT);
    // The bearer carries nothing of ours any more, but answers still (Vol 3, Part F, 3.3.3).
    assert_int_equal(bt_gatt_notify(conn, &attr_a_svc[1], "x", 1), -ENOTCONN);
    ATT(conn, "> 1e > 0a 05 00 < 0b 41 03");
}

static void indications_to_all_and_link_loss(void **state)
{
    ind_begin();
    struct bt_conn *other = fake_connect(1, BT_CONN_ROLE_PERIPHERAL);
    ATT(conn, "> 12 11 00 02 00 < 13");
    ATT(other, "> 12 11 00 02 00 < 13");
    assert_int_equal(bt_gatt_indicate(NULL, &ind), 0);
    struct fake_frame frame;
    assert_true(fake_sent(&frame) && frame.conn == conn);
    assert_true(fake_sent(&frame) && frame.conn == other);
    fake_disconnect(other);
    assert_int_equal(funcs, 1);
    assert_int_equal(func_err, BT_ATT_ERR_UNLIKELY);
    assert_int_equal(destroys, 0);
    ATT(conn, "> 1e < -");
    assert_int_equal(funcs, 2);
    assert_int_equal(destroys, 1);
}

static void forced_sends_need_no_subscription(void **state)
{
    completions = 0;
    assert_int_equal(breeze_gatt_send(conn, 0x10, "f", 1, false, NULL, NULL), 0);
    assert_int_equal(breeze_gatt_send(conn, 0x10, "g", 1, true, on_done, &completions), 0);
    ATT(conn, "< 1b 10 00 66 < 1d 10 00 67 > 1e");
    assert_int_equal(completions, 1);
    assert_int_equal(last_err, 0);
}

static void service_changed(void **state)
{
    assert_int_equal(bt_gatt_service_register(&dyn_svc), 0);
    ATT(conn, "< - > 12 0d 00 02 00 < 13"); // Not told before it subscribed.
    many[0] = one;
    many_svc[0] = (struct bt_gatt_service){.attrs = &many[0], .attr_count = 1};
    assert_int_equal(bt_gatt_service_register(&many_svc[0]), 0);
    assert_int_equal(bt_gatt_service_unregister(&dyn_svc), 0);
    ATT(conn, "< 1d 0c 00 17 00 1b 00"); // One indication for both.
    assert_int_equal(bt_gatt_service_unregister(&many_svc[0]), 0);
    ATT(conn, "< -"); // Waits behind the other,
    ATT(conn, "> 1e < 1d 0c 00 1b 00 1b 00 > 1e < -");
    fake.tx_dry = true;
    assert_int_equal(bt_gatt_service_register(&dyn_svc), 0);
    ATT(conn, "< -"); // ... or for a buffer.
    fake.tx_dry = false;
    fake_tx_free();
    ATT(conn, "< 1d 0c 00 17 00 1a 00 > 1e");
    assert_int_equal(bt_gatt_service_unregister(&dyn_svc), 0);
    ATT(conn, "< 1d 0c 00 17 00 1a 00");
}

static void unregistering_forgets_configurations(void **state)
{
    assert_int_equal(bt_gatt_service_register(&dyn_svc), 0);
    ATT(conn, "> 12 1a 00 01 00 < 13");
    assert_int_equal(bt_gatt_service_unregister(&dyn_svc), 0);
    assert_int_equal(bt_gatt_service_register(&dyn_svc), 0);
    ATT(conn, "> 0a 1a 00 < 0b 00 00");
    assert_int_equal(bt_gatt_notify(conn, &dyn_attrs[1], "x", 1), -EINVAL);
    assert_int_equal(bt_gatt_service_unregister(&dyn_svc), 0);
}

static uint16_t mtu_tx;
static unsigned int mtu_calls;
static void on_mtu(struct bt_conn *c, uint16_t tx, uint16_t rx)
{
    assert_int_equal(bt_gatt_get_mtu(c), tx);
    mtu_tx = tx;
    mtu_calls++;
}

static void mtu_callback_registers_once(void **state)
{
    static struct bt_gatt_cb cb = {.att_mtu_updated = on_mtu};
    mtu_calls = 0;
    bt_gatt_cb_register(&cb);
    bt_gatt_cb_register(&cb); // Harmless (pitfall 48).
    ATT(conn, "> 02 50 00 < 03 f7 00");
    assert_int_equal(mtu_calls, 1);
    assert_int_equal(mtu_tx, 80);
    assert_int_equal(bt_gatt_cb_unregister(&cb), 0);
    assert_int_equal(bt_gatt_cb_unregister(&cb), -ENOENT);
}

static struct bt_gatt_cb *first_cb;
static struct bt_gatt_cb *second_cb;
static unsigned int second_calls;

static void on_first(struct bt_conn *c, uint16_t tx, uint16_t rx)
{
    assert_int_equal(bt_gatt_cb_unregister(second_cb), 0);
    assert_int_equal(bt_gatt_cb_unregister(first_cb), 0);
    free(second_cb);
    free(first_cb);
}

static void on_second(struct bt_conn *c, uint16_t tx, uint16_t rx)
{
    second_calls++;
}

static void mtu_callbacks_that_end_each_other(void **state)
{
    static struct bt_gatt_cb last = {.att_mtu_updated = on_mtu};
    first_cb = malloc(sizeof(*first_cb));
    second_cb = malloc(sizeof(*second_cb));
    *first_cb = (struct bt_gatt_cb){.att_mtu_updated = on_first};
    *second_cb = (struct bt_gatt_cb){.att_mtu_updated = on_second};
    mtu_calls = second_calls = 0;
    bt_gatt_cb_register(first_cb);
    bt_gatt_cb_register(second_cb);
    bt_gatt_cb_register(&last);
    ATT(conn, "> 02 50 00 < 03 f7 00");
    assert_int_equal(second_calls, 0);
    assert_int_equal(mtu_calls, 1);
    assert_int_equal(bt_gatt_cb_unregister(&last), 0);
}

static void uuids(void **state)
{
    char text[BT_UUID_STR_LEN];
    struct bt_uuid_any any;
    bt_uuid_to_str(BT_UUID_GATT_CCC, text, sizeof(text));
    assert_string_equal(text, "2902");
    bt_uuid_to_str(BT_UUID_DECLARE_32(0x12345678), text, sizeof(text));
    assert_string_equal(text, "12345678");
    bt_uuid_to_str(
        BT_UUID_DECLARE_128(BT_UUID_128_ENCODE(0x6e400001, 0xb5a3, 0xf393, 0xe0a9, 0xe50e24dcca9e)),
        text, sizeof(text));
    assert_string_equal(text, "6e400001-b5a3-f393-e0a9-e50e24dcca9e");
    bt_uuid_to_str(BT_UUID_GATT_CCC, text, 3);
    assert_string_equal(text, "29");
    assert_false(bt_uuid_create(&any.uuid, (const uint8_t *)"abc", 3));
    assert_true(bt_uuid_create(&any.uuid, (const uint8_t *)"\x02\x29", 2));
    assert_int_equal(bt_uuid_cmp(&any.uuid, BT_UUID_GATT_CCC), 0);
    assert_int_equal(bt_uuid_cmp(BT_UUID_DECLARE_32(0x2902), BT_UUID_GATT_CCC), 0);
    assert_int_equal(bt_uuid_cmp(BT_UUID_DECLARE_128(BT_UUID_128_ENCODE(0x00002902, 0x0000, 0x1000,
                                                                        0x8000, 0x00805f9b34fb)),
                                 BT_UUID_GATT_CCC),
                     0);
    assert_true(bt_uuid_cmp(BT_UUID_GATT_CCC, BT_UUID_GATT_CUD) > 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(statics_come_by_name),
        CASE(walks),
        CASE(foreach_filters),
        CASE(registration),
        CASE(too_many_services),
        CASE(wanted_handles),
        CASE(ccc_is_per_connection),
        CASE(hostile_36_ccc_writes),
        CASE(managed_ccc),
        CASE(ccc_table_full),
        CASE(pitfall_73_notify_finds_the_value),
        CASE(notify_errors),
        CASE(completions_come_once),
        CASE(no_buffer_then_ready),
        CASE(indications_one_at_a_time),
        CASE(hostile_37_confirmations),
        CASE(hostile_37_indication_times_out),
        CASE(indications_to_all_and_link_loss),
        CASE(forced_sends_need_no_subscription),
        CASE(service_changed),
        CASE(unregistering_forgets_configurations),
        CASE(mtu_callback_registers_once),
        CASE(mtu_callbacks_that_end_each_other),
        CASE(uuids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
