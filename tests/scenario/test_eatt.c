// Enhanced ATT bearers between two whole hosts on the virtual air: they open by themselves, carry
// procedures at once, keep what must keep its order, and whatever closes when, every procedure ends
// exactly once.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/gatt.h>

#include "att/state.h"
#include "smp_users.h"

#define OPS 6

static size_t counts[2];

static void do_count(void *arg)
{
    counts[here()] = bt_eatt_count(pair_here()->conn);
}

static bool all_open(void *arg)
{
    size_t want = *(size_t *)arg;
    on(0, do_count, NULL);
    on(1, do_count, NULL);
    return counts[0] == want && counts[1] == want;
}

static void until_open(size_t want)
{
    if (!pair_until(all_open, &want, LIMIT_US)) {
        fail_msg("%zu and %zu bearers, not %zu", counts[0], counts[1], want);
    }
}

static void let_pass(int64_t us)
{
    (void)pair_until(never, NULL, us);
}

static void start_encrypted(void)
{
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
}

static void start_open(void)
{
    start_encrypted();
    until_open(CONFIG_BT_EATT_MAX);
}

// ---- Opening -----------------------------------------------------------------------------------

static void encrypted_links_open_bearers(void **state)
{
    start(SMP_IO_NONE, SMP_IO_NONE, NULL);
    let_pass(1000000);
    until_open(0);
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    run_pairing();
    until_open(CONFIG_BT_EATT_MAX);
    // Again after a reconnection, by the bond.
    assert_true(pair_disconnect(&pair, 0));
    forget();
    assert_true(pair_connect(&pair, 6));
    assert_int_equal(ask(1, BT_SECURITY_L2), 0);
    until_open(CONFIG_BT_EATT_MAX);
    pair_stop(&pair);
}

static int connect_err;
static void do_connect(void *arg)
{
    connect_err = bt_eatt_connect(pair_here()->conn, *(size_t *)arg);
}

static void do_drop(void *arg)
{
    (void)bt_eatt_disconnect_one(pair_here()->conn);
}

// Both ask at the same moment, each for all that it has: neither fails for good.
static void both_sides_connect_at_once(void **state)
{
    start_open();
    for (unsigned int i = 0; i < CONFIG_BT_EATT_MAX; i++) {
        on(i % 2, do_drop, NULL);
        let_pass(200000);
    }
    until_open(0);
    size_t all = CONFIG_BT_EATT_MAX;
    on(0, do_connect, &all);
    assert_int_equal(connect_err, 0);
    on(1, do_connect, &all);
    assert_int_equal(connect_err, 0);
    until_open(CONFIG_BT_EATT_MAX);
    let_pass(1000000);
    until_open(CONFIG_BT_EATT_MAX);
    pair_stop(&pair);
}

// ---- Procedures --------------------------------------------------------------------------------

static struct bt_gatt_read_params reads[OPS];
static struct bt_gatt_write_params writes[OPS];
static unsigned int read_ends[OPS];
static unsigned int write_ends[OPS];
static unsigned int failed;

static uint8_t on_value(struct bt_conn *conn, uint8_t err, struct bt_gatt_read_params *params,
                        const void *data, uint16_t length)
{
    if (!data) {
        read_ends[params - reads]++;
        failed += err != 0;
    }
    return BT_GATT_ITER_CONTINUE;
}

static void on_written(struct bt_conn *conn, uint8_t err, struct bt_gatt_write_params *params)
{
    write_ends[params - writes]++;
    failed += err != 0;
}

static void do_start(void *arg)
{
    static const uint8_t data[40] = "a long value, in several pieces where";
    memset(read_ends, 0, sizeof(read_ends));
    memset(write_ends, 0, sizeof(write_ends));
    failed = 0;
    for (unsigned int i = 0; i < OPS; i++) {
        enum bt_att_chan_opt opt =
            i % 3 == 2 ? BT_ATT_CHAN_OPT_ENHANCED_ONLY : BT_ATT_CHAN_OPT_NONE;
        reads[i] = (struct bt_gatt_read_params){.func = on_value,
                                                .handle_count = 1,
                                                .single.handle = pair.write_handle,
                                                .chan_opt = opt};
        writes[i] = (struct bt_gatt_write_params){.func = on_written,
                                                  .handle = pair.write_handle,
                                                  .data = data,
                                                  .length = sizeof(data),
                                                  .chan_opt = opt};
        read_ends[i] = bt_gatt_read(pair_here()->conn, &reads[i]) ? 1 : 0;
        write_ends[i] = bt_gatt_write(pair_here()->conn, &writes[i]) ? 1 : 0;
    }
}

static bool all_ended(void *arg)
{
    for (unsigned int i = 0; i < OPS; i++) {
        if (!read_ends[i] || !write_ends[i]) {
            return false;
        }
    }
    return true;
}

static void check_once(void)
{
    for (unsigned int i = 0; i < OPS; i++) {
        assert_int_equal(read_ends[i], 1);
        assert_int_equal(write_ends[i], 1);
    }
}

static void procedures_run_at_once(void **state)
{
    start_open();
    on(1, do_start, NULL);
    assert_true(pair_until(all_ended, NULL, LIMIT_US));
    check_once();
    assert_int_equal(failed, 0);
    pair_stop(&pair);
}

// At each moment of twelve procedures a bearer closes, by one side or the other.
static void bearers_close_in_the_middle(void **state)
{
    start_open();
    for (unsigned int at = 0; at < 40; at++) {
        on(1, do_start, NULL);
        let_pass((int64_t)at * 1250);
        on(at % 2, do_drop, NULL);
        assert_true(pair_until(all_ended, NULL, LIMIT_US));
        check_once();
        let_pass(200000);
        check_once();
        size_t one = 1;
        on(at / 2 % 2, do_connect, &one);
        assert_int_equal(connect_err, 0);
        until_open(CONFIG_BT_EATT_MAX);
    }
    pair_stop(&pair);
}

// The same with the whole link, or the whole host.
static void links_end_in_the_middle(void **state)
{
    for (unsigned int at = 0; at < 24; at++) {
        start_open();
        on(1, do_start, NULL);
        let_pass((int64_t)at * 1250);
        if (at % 3) {
            assert_true(pair_disconnect(&pair, at % 2));
        } else {
            pair_stop(&pair);
        }
        assert_true(all_ended(NULL));
        check_once();
        if (at % 3) {
            pair_stop(&pair);
        }
    }
}

// ---- Notifications -----------------------------------------------------------------------------

#define NOTES 500

static unsigned int sent;
static unsigned int received;
static unsigned int completed;

static void on_sent(struct bt_conn *conn, void *user_data)
{
    assert_int_equal((uintptr_t)user_data, completed);
    completed++;
}

static void send_notes(struct bt_conn *conn)
{
    int err = 0;
    while (sent < NOTES && !err) {
        uint8_t data[20] = {(uint8_t)sent, (uint8_t)(sent >> 8)};
        struct bt_gatt_notify_params params = {
            .attr = pair_notify_attr(),
            .data = data,
            .len = sizeof(data),
            .func = on_sent,
            .user_data = (void *)(uintptr_t)sent,
        };
        err = bt_gatt_notify_cb(conn, &params);
        sent += !err;
    }
    assert_true(!err || err == -ENOMEM); // -ENOMEM: send_notes() is called again.
}

static void do_send_notes(void *arg)
{
    breeze_gatt_ready_cb_set(send_notes);
    send_notes(pair_here()->conn);
}

static void on_note(struct bt_conn *conn, uint16_t handle, const void *data, uint16_t len,
                    bool indication)
{
    const uint8_t *octets = data;
    assert_int_equal(octets[0] | octets[1] << 8, received);
    received++;
}

static const struct breeze_gatt_any_cb any = {.notified = on_note};

static void do_listen(void *arg)
{
    breeze_gatt_any_cb_set(&any);
}

static bool all_received(void *arg)
{
    return received == NOTES && completed == NOTES;
}

static void do_check_spread(void *arg)
{
    const struct eatt_link *link = &eatt_run.links[bt_conn_index(pair_here()->conn)];
    for (unsigned int i = 0; i < CONFIG_BT_EATT_MAX; i++) {
        assert_true(link->bearers[i].put > 0);
    }
}

// Spread over all bearers, as fast as they go, while procedures run: none is lost, none passes another.
static void notifications_of_a_handle_keep_their_order(void **state)
{
    start_open();
    sent = received = completed = 0;
    on(1, do_listen, NULL);
    on(0, do_send_notes, NULL);
    on(1, do_start, NULL);
    let_pass(100000);
    on(0, do_check_spread, NULL);
    assert_true(pair_until(all_received, NULL, LIMIT_US));
    assert_true(pair_until(all_ended, NULL, LIMIT_US));
    check_once();
    assert_int_equal(failed, 0);
    pair_stop(&pair);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_teardown(fn, after)
    const struct CMUnitTest tests[] = {
        CASE(encrypted_links_open_bearers), CASE(both_sides_connect_at_once),
        CASE(procedures_run_at_once),       CASE(bearers_close_in_the_middle),
        CASE(links_end_in_the_middle),      CASE(notifications_of_a_handle_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
