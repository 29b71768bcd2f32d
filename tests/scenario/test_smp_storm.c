// Any call from any callback: both hosts start procedures with parameters that are freed at the first
// moment the documentation allows, and from their callbacks, by dice, cancel, start anew, unsubscribe,
// notify, register and remove services, pair, unpair, disconnect, and disable the host. What must hold: the
// sanitizers are silent, each object comes back exactly once, and the hosts work afterwards.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/gatt.h>

#include "smp_users.h"

#define SEEDS 100
#define ITEMS 12

static uint32_t dice_state;
static bool over; // No more acts: all that is under way ends.

static uint32_t dice(uint32_t sides)
{
    dice_state = dice_state * 1664525u + 1013904223u;
    return (dice_state >> 8) % sides;
}

static void act(void);

// ---- Objects of the application, on the heap ------------------------------------------------------

enum kind { DISCOVER, READ, READ_UUID, READ_MULTI, WRITE, RELIABLE, SUBSCRIBE, INDICATE, KINDS };

struct item {
    union {
        struct bt_gatt_discover_params discover;
        struct bt_gatt_read_params read;
        struct bt_gatt_write_params write;
        struct breeze_gatt_reliable_params reliable;
        struct bt_gatt_subscribe_params subscribe;
        struct bt_gatt_indicate_params indicate;
    } u; // First: its address is the item's.
    enum kind kind;
    uint16_t handles[2];
    struct breeze_gatt_part part;
    uint8_t data[100];
};

static struct item *items[2][ITEMS]; // By host; NULL: none.
static unsigned int made;
static unsigned int came_back;

static struct item **place_of(const struct item *item)
{
    for (unsigned int i = 0; i < ITEMS; i++) {
        if (items[here()][i] == item) {
            return &items[here()][i];
        }
    }
    return NULL;
}

// The host has done with it: the memory is gone at once.
static void give_back(void *params)
{
    struct item **place = place_of(params);
    assert_non_null(place);
    *place = NULL;
    came_back++;
    free(params);
}

// A result, or (NULL) the end, after which the host has nothing to do with the object; or the
// application has enough, and returning that is the end.
static uint8_t result(void *params, const void *what, bool enough)
{
    if (what && !enough) {
        act(); // Perhaps on these very parameters.
        return BT_GATT_ITER_CONTINUE;
    }
    give_back(params);
    if (!what) {
        act();
    }
    return BT_GATT_ITER_STOP;
}

static uint8_t on_found(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                        struct bt_gatt_discover_params *params)
{
    return result(params, attr, dice(4) == 0);
}

static uint8_t on_value(struct bt_conn *conn, uint8_t err, struct bt_gatt_read_params *params,
                        const void *data, uint16_t len)
{
    return result(params, data, dice(3) == 0);
}

static void on_written(struct bt_conn *conn, uint8_t err, struct bt_gatt_write_params *params)
{
    give_back(params);
    act();
}

static void on_reliable(struct bt_conn *conn, uint8_t err,
                        struct breeze_gatt_reliable_params *params)
{
    give_back(params);
    act();
}

static uint8_t on_notified(struct bt_conn *conn, struct bt_gatt_subscribe_params *params,
                           const void *data, uint16_t len)
{
    if (!data) {
        give_back(params);
        act();
        return BT_GATT_ITER_STOP;
    }
    act();
    return dice(3) ? BT_GATT_ITER_CONTINUE : BT_GATT_ITER_STOP;
}

static void on_subscribed(struct bt_conn *conn, uint8_t err,
                          struct bt_gatt_subscribe_params *params)
{
    act();
}

static void on_indicated(struct bt_conn *conn, struct bt_gatt_indicate_params *params, uint8_t err)
{
    act();
}

static void on_destroy(struct bt_gatt_indicate_params *params)
{
    give_back(params);
    act();
}

static void prepare(struct item *item)
{
    static const struct bt_uuid_16 name = BT_UUID_INIT_16(BT_UUID_GAP_DEVICE_NAME_VAL);
    static const struct bt_uuid_16 changed = BT_UUID_INIT_16(BT_UUID_GATT_SC_VAL);
    uint16_t handle = dice(2) ? pair.write_handle : (uint16_t)(1 + dice(pair.write_handle + 12u));
    uint16_t len = (uint16_t)(1 + dice(sizeof(item->data)));
    item->handles[0] = 3;
    item->handles[1] = handle;
    item->part = (struct breeze_gatt_part){handle, (uint16_t)dice(30), len, item->data};
    switch (item->kind) {
    case DISCOVER:
        item->u.discover = (struct bt_gatt_discover_params){
            .func = on_found,
            .start_handle = 1,
            .end_handle = 0xffff,
            .type = dice(BT_GATT_DISCOVER_ATTRIBUTE + 1),
        };
        break;
    case READ:
        item->u.read = (struct bt_gatt_read_params){
            .func = on_value, .handle_count = 1, .single.handle = handle};
        break;
    case READ_UUID:
        item->u.read =
            (struct bt_gatt_read_params){.func = on_value, .by_uuid = {1, 0xffff, &name.uuid}};
        break;
    case READ_MULTI:
        item->u.read = (struct bt_gatt_read_params){
            .func = on_value, .handle_count = 2, .multiple = {item->handles, dice(2)}};
        break;
    case WRITE:
        item->u.write = (struct bt_gatt_write_params){
            .func = on_written, .handle = handle, .data = item->data, .length = len};
        break;
    case RELIABLE:
        item->u.reliable = (struct breeze_gatt_reliable_params){
            .func = on_reliable, .parts = &item->part, .count = 1};
        break;
    case SUBSCRIBE:
        item->u.subscribe = (struct bt_gatt_subscribe_params){
            .notify = on_notified,
            .subscribe = on_subscribed,
            .value_handle = pair.notify_handle,
            .ccc_handle = dice(2) ? (uint16_t)(pair.notify_handle + 1) : 0,
            .value = BT_GATT_CCC_NOTIFY,
        };
        if (dice(2)) {
            atomic_set_bit(item->u.subscribe.flags, BT_GATT_SUBSCRIBE_FLAG_VOLATILE);
        }
        break;
    default:
        item->u.indicate = (struct bt_gatt_indicate_params){
            .uuid = &changed.uuid,
            .func = on_indicated,
            .destroy = on_destroy,
            .data = item->data,
            .len = 4,
        };
        break;
    }
}

static int submit(struct bt_conn *conn, struct item *item)
{
    switch (item->kind) {
    case DISCOVER:
        return bt_gatt_discover(conn, &item->u.discover);
    case READ:
    case READ_UUID:
    case READ_MULTI:
        return bt_gatt_read(conn, &item->u.read);
    case WRITE:
        return bt_gatt_write(conn, &item->u.write);
    case RELIABLE:
        return breeze_gatt_write_reliable(conn, &item->u.reliable);
    case SUBSCRIBE:
        return bt_gatt_subscribe(conn, &item->u.subscribe);
    default:
        return bt_gatt_indicate(conn, &item->u.indicate);
    }
}

static void start_one(struct bt_conn *conn)
{
    struct item **place = place_of(NULL);
    if (!place) {
        return;
    }
    struct item *item = calloc(1, sizeof(*item));
    assert_non_null(item);
    item->kind = (enum kind)dice(KINDS);
    prepare(item);
    *place = item;
    made++;
    if (submit(conn, item)) {
        *place_of(item) = NULL; // Refused: it was never the host's.
        made--;
        free(item);
    }
}

// ---- What the dice choose ----------------------------------------------------------------------------

static struct bt_gatt_attr extra_attrs[2][3] = {
    {
        BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xffc0)),
        BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xffc1), BT_GATT_CHRC_READ, 0, NULL, NULL, NULL),
    },
    {
        BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xffc8)),
        BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xffc9), BT_GATT_CHRC_READ, 0, NULL, NULL, NULL),
    },
};
static struct bt_gatt_service extras[2] = {BT_GATT_SERVICE(extra_attrs[0]),
                                           BT_GATT_SERVICE(extra_attrs[1])};

static void toggle_service(void)
{
    struct bt_gatt_service *service = &extras[here()];
    if (bt_gatt_service_unregister(service)) {
        assert_int_equal(bt_gatt_service_register(service), 0);
    }
}

static void cancel_one(struct bt_conn *conn)
{
    struct item *item = items[here()][dice(ITEMS)];
    if (item && item->kind == SUBSCRIBE && dice(2)) {
        (void)bt_gatt_unsubscribe(conn, &item->u.subscribe);
    } else if (item && item->kind != INDICATE) {
        bt_gatt_cancel(conn, item);
    }
}

static unsigned int depth;

// One call, perhaps, of the application: in a callback or from its main line.
static void act(void)
{
    struct bt_conn *conn = pair_here()->conn;
    if (over || depth > 3) {
        return;
    }
    depth++;
    switch (conn ? dice(16) : 15) {
    case 0:
    case 1:
    case 2:
    case 3:
        start_one(conn);
        break;
    case 4:
    case 5:
        cancel_one(conn);
        break;
    case 6:
    case 7:
        (void)bt_gatt_notify(dice(2) ? conn : NULL, pair_notify_attr(), "n", 1);
        break;
    case 8:
        toggle_service();
        break;
    case 9:
        (void)bt_conn_set_security(conn, BT_SECURITY_L2 | (dice(4) ? 0 : BT_SECURITY_FORCE_PAIR));
        break;
    case 10:
        (void)bt_conn_auth_cancel(conn);
        break;
    case 11:
        if (dice(6) == 0) {
            (void)bt_unpair(BT_ID_DEFAULT, NULL);
        }
        break;
    case 12:
        if (dice(20) == 0) {
            (void)bt_conn_disconnect(conn, BT_HCI_ERR_REMOTE_USER_TERM_CONN);
        }
        break;
    case 13:
        if (dice(60) == 0) {
            (void)bt_disable();
        }
        break;
    default:
        break;
    }
    depth--;
}

static void do_act(void *arg)
{
    act();
}

// ---- More callbacks that act ----------------------------------------------------------------------------

static void on_storm_changed(struct bt_conn *conn, bt_security_t level, enum bt_security_err err)
{
    if (pair_now()) {
        act();
    }
}

static void on_storm_connected(struct bt_conn *conn, uint8_t err)
{
    if (pair_now()) {
        act();
    }
}

static void on_storm_disconnected(struct bt_conn *conn, uint8_t reason)
{
    if (pair_now()) {
        act();
    }
}

static void on_storm_identity(struct bt_conn *conn, const bt_addr_le_t *rpa,
                              const bt_addr_le_t *identity)
{
    act();
}

BT_CONN_CB_DEFINE(storm_callbacks) = {
    .connected = on_storm_connected,
    .disconnected = on_storm_disconnected,
    .security_changed = on_storm_changed,
    .identity_resolved = on_storm_identity,
};

static void on_storm_complete(struct bt_conn *conn, bool bonded)
{
    act();
}

static void on_storm_failed(struct bt_conn *conn, enum bt_security_err reason)
{
    act();
}

static void on_storm_deleted(uint8_t id, const bt_addr_le_t *peer)
{
    act();
}

static void on_mtu(struct bt_conn *conn, uint16_t tx, uint16_t rx)
{
    act();
}

static void on_storm_ready(struct bt_conn *conn)
{
    act();
}

static struct bt_conn_auth_info_cb storm_infos[2];
static struct bt_gatt_cb gatt_cbs[2];

static void do_register(void *arg)
{
    storm_infos[here()] = (struct bt_conn_auth_info_cb){
        .pairing_complete = on_storm_complete,
        .pairing_failed = on_storm_failed,
        .bond_deleted = on_storm_deleted,
    };
    gatt_cbs[here()] = (struct bt_gatt_cb){.att_mtu_updated = on_mtu};
    assert_int_equal(bt_conn_auth_info_cb_register(&storm_infos[here()]), 0);
    bt_gatt_cb_register(&gatt_cbs[here()]);
    breeze_gatt_ready_cb_set(on_storm_ready);
    breeze_gatt_raise_security(dice(2));
}

static void do_enable(void *arg)
{
    int err = bt_enable(NULL);
    assert_true(err == 0 || err == -EALREADY);
}

static void do_disable(void *arg)
{
    (void)bt_disable();
}

// ---- The storm --------------------------------------------------------------------------------------

static void one_storm(uint32_t seed)
{
    const struct breeze_smp_policy policy = {.replace_oldest = true, .repair_just_works = true};
    dice_state = seed * 2654435761u;
    over = false;
    made = came_back = depth = 0;
    memset(items, 0, sizeof(items));
    start(SMP_IO_NONE, SMP_IO_NONE, &policy);
    for (unsigned int who = 0; who < 2; who++) {
        on(who, do_register, NULL);
    }
    for (unsigned int turn = 0; turn < 60 && pair.hosts[0].conn && pair.hosts[1].conn; turn++) {
        for (unsigned int i = dice(4); i; i--) {
            on(dice(2), do_act, NULL);
        }
        (void)pair_until(never, NULL, dice(30000));
    }
    over = true;
    (void)pair_until(never, NULL, 2000000);
    for (unsigned int who = 0; who < 2; who++) {
        on(who, do_disable, NULL);
    }
    (void)pair_until(never, NULL, 500000); // One that was called from a callback.
    if (made != came_back) {
        fail_msg("seed %u: %u made, %u came back", seed, made, came_back);
    }
    forget();
    for (unsigned int who = 0; who < 2; who++) {
        on(who, do_enable, NULL);
        quiet();
    }
    assert_true(pair_connect(&pair, 6));
    assert_int_equal(ask(1, BT_SECURITY_L2 | BT_SECURITY_FORCE_PAIR), 0);
    run_pairing();
    assert_int_equal(heard[1].complete, 1);
    pair_stop(&pair);
}

static void any_call_from_any_callback(void **state)
{
    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        one_storm(seed);
    }
}

// An argument is the one seed to play.
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(any_call_from_any_callback, after),
    };
    if (argc > 1) {
        one_storm((uint32_t)atoi(argv[1]));
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
