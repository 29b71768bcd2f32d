// Subrating (Core Specification, Vol 6, Part B, 4.5.1 and 5.1.20): which connection events are used, and
// how a link comes to it.
#include "rig.h"

#define MS       1000
#define INTERVAL 24 // 30 ms

#define OP_HOST_FEATURE    0x2074
#define OP_DEFAULT_SUBRATE 0x207d
#define OP_SUBRATE         0x207e
#define LE_EV_SUBRATE      0x23

struct link {
    struct rig rig;
    uint16_t handles[2];
};

struct rate {
    uint16_t min, max, latency, continuation, timeout;
};

static uint8_t set_default(struct link *link, int i, const struct rate *rate)
{
    uint8_t p[10];
    memcpy(p, rate, sizeof(p)); // Both are little-endian.
    return rig_cmd(&link->rig, i, OP_DEFAULT_SUBRATE, p, sizeof(p));
}

static uint8_t request(struct link *link, int i, const struct rate *rate)
{
    uint8_t p[12];
    put16(p, link->handles[i]);
    memcpy(p + 2, rate, 10);
    return rig_cmd(&link->rig, i, OP_SUBRATE, p, sizeof(p));
}

static void features(struct link *link)
{
    struct packet packet;
    uint8_t p[2];
    put16(p, link->handles[0]);
    assert_int_equal(rig_cmd(&link->rig, 0, OP_REMOTE_FEATURES, p, 2), 0);
    assert_true(rig_le_event(&link->rig, 0, LE_EV_FEATURES, 1000 * MS, &packet));
    put16(p, link->handles[1]);
    assert_int_equal(rig_cmd(&link->rig, 1, OP_REMOTE_FEATURES, p, 2), 0);
    assert_true(rig_le_event(&link->rig, 1, LE_EV_FEATURES, 1000 * MS, &packet));
}

// Central 0, peripheral 1, of these levels, whose hosts take part where they can.
static void open_at(struct link *link, enum air_level a, enum air_level b)
{
    struct rig *rig = &link->rig;
    rig_open(rig, 21);
    const enum air_level levels[] = {a, b};
    for (int i = 0; i < 2; i++) {
        rig_add_ready(rig, &(struct air_controller_config){.level = levels[i]});
        assert_int_equal(RIG_CMD(rig, i, OP_HOST_FEATURE, 38, 1), levels[i] < 53);
    }
}

static void open_link(struct link *link)
{
    open_at(link, AIR_LEVEL_5_4, AIR_LEVEL_5_3);
    rig_link(&link->rig, 0, 1, INTERVAL, link->handles);
    rig_run(&link->rig, 200 * MS);
    features(link);
}

static void assert_change(struct link *link, int i, uint8_t status, uint16_t factor,
                          uint16_t latency, uint16_t continuation, uint16_t timeout)
{
    struct packet packet;
    assert_true(rig_le_event(&link->rig, i, LE_EV_SUBRATE, 5000 * MS, &packet));
    const uint8_t *p = packet.data + 4;
    assert_int_equal(packet.len, 15);
    assert_int_equal(p[0], status);
    assert_int_equal(get16(p + 1), link->handles[i]);
    assert_int_equal(get16(p + 3), factor);
    assert_int_equal(get16(p + 5), latency);
    assert_int_equal(get16(p + 7), continuation);
    assert_int_equal(get16(p + 9), timeout);
}

static void change(struct link *link, const struct rate *rate)
{
    assert_int_equal(request(link, 0, rate), 0);
    for (int i = 0; i < 2; i++) {
        assert_change(link, i, 0, rate->max, rate->latency, rate->continuation, rate->timeout);
    }
}

static uint64_t used(struct link *link, int i)
{
    struct air_link_stats stats;
    assert_int_equal(air_link_stats(link->rig.c[i], link->handles[i], &stats), 0);
    return stats.used;
}

// The events that both sides use in this many intervals.
static void assert_used(struct link *link, unsigned int intervals, unsigned int central,
                        unsigned int peripheral)
{
    uint64_t before[2] = {used(link, 0), used(link, 1)};
    rig_run(&link->rig, (int64_t)intervals * INTERVAL * 1250);
    assert_int_equal(used(link, 0) - before[0], central);
    assert_int_equal(used(link, 1) - before[1], peripheral);
}

static void test_idle(void **state)
{
    struct link link;
    open_link(&link);
    assert_used(&link, 100, 100, 100);
    change(&link, &(struct rate){1, 10, 0, 0, 200});
    rig_run(&link.rig, 1000 * MS);
    assert_used(&link, 100, 10, 10);
    change(&link, &(struct rate){1, 1, 0, 0, 200});
    rig_run(&link.rig, 1000 * MS);
    assert_used(&link, 100, 100, 100);
    rig_close(&link.rig);
}

// The peripheral's latency counts the events that are left.
static void test_latency_of_subrated_events(void **state)
{
    struct link link;
    open_link(&link);
    change(&link, &(struct rate){5, 5, 3, 0, 400});
    rig_run(&link.rig, 3000 * MS);
    assert_used(&link, 200, 40, 10);
    rig_close(&link.rig);
}

// One PDU: it leaves in the next subrated event, and so many events behind it are used. Its answer within
// them does not wait for the next subrated one.
static void test_continuation(void **state)
{
    struct link link;
    struct packet packet;
    open_link(&link);
    change(&link, &(struct rate){20, 20, 0, 6, 400});
    rig_run(&link.rig, 3000 * MS);
    assert_used(&link, 100, 5, 5);
    rig_acl(&link.rig, 0, link.handles[0], true, "\x01\x00\x04\x00x", 5);
    assert_used(&link, 100, 5 + 6, 5 + 6);
    rig_drain(&link.rig, 0);
    rig_drain(&link.rig, 1);
    rig_acl(&link.rig, 0, link.handles[0], true, "\x01\x00\x04\x00x", 5);
    do {
        assert_true(rig_wait(&link.rig, 1, 700 * MS, &packet));
    } while (packet.data[0] != 0x02);
    int64_t heard = air_now(link.rig.air);
    rig_acl(&link.rig, 1, link.handles[1], true, "\x01\x00\x04\x00y", 5);
    do {
        assert_true(rig_wait(&link.rig, 0, 700 * MS, &packet));
    } while (packet.data[0] != 0x02);
    assert_in_range(air_now(link.rig.air) - heard, 1, 31 * MS);
    rig_close(&link.rig);
}

// Without continuation data waits for the subrated events, with it a full queue has them all.
static void test_data(void **state)
{
    struct link link;
    open_link(&link);
    change(&link, &(struct rate){10, 10, 0, 1, 400});
    assert_int_equal(air_link_saturate(link.rig.c[0], link.handles[0], 27), 0);
    rig_run(&link.rig, 1000 * MS);
    assert_used(&link, 100, 100, 100);
    assert_int_equal(air_link_saturate(link.rig.c[0], link.handles[0], 0), 0);
    change(&link, &(struct rate){10, 10, 0, 0, 400});
    assert_int_equal(air_link_saturate(link.rig.c[0], link.handles[0], 27), 0);
    rig_run(&link.rig, 1000 * MS);
    assert_used(&link, 100, 10, 10);
    rig_close(&link.rig);
}

// What the peripheral asks for is cut to what the central's host accepts, or refused.
static void test_peripheral_asks(void **state)
{
    struct link link;
    open_at(&link, AIR_LEVEL_5_4, AIR_LEVEL_5_4);
    assert_int_equal(set_default(&link, 0, &(struct rate){4, 8, 2, 3, 300}), 0);
    rig_link(&link.rig, 0, 1, INTERVAL, link.handles);
    features(&link);
    assert_int_equal(request(&link, 1, &(struct rate){9, 20, 0, 0, 3200}), 0);
    assert_change(&link, 1, 0x20, 1, 0, 0, 100);
    assert_int_equal(request(&link, 1, &(struct rate){1, 3, 0, 0, 3200}), 0);
    assert_change(&link, 1, 0x20, 1, 0, 0, 100);
    assert_int_equal(request(&link, 1, &(struct rate){2, 20, 1, 1, 3200}), 0);
    assert_change(&link, 1, 0, 8, 1, 3, 300);
    assert_change(&link, 0, 0, 8, 1, 3, 300);
    assert_int_equal(request(&link, 1, &(struct rate){1, 6, 4, 5, 250}), 0);
    assert_change(&link, 1, 0, 6, 2, 5, 250);
    assert_change(&link, 0, 0, 6, 2, 5, 250);
    rig_close(&link.rig);
}

static void test_no_defaults(void **state)
{
    struct link link;
    open_link(&link);
    assert_int_equal(request(&link, 1, &(struct rate){2, 10, 0, 0, 400}), 0);
    assert_change(&link, 1, 0x20, 1, 0, 0, 100);
    assert_int_equal(request(&link, 1, &(struct rate){1, 10, 0, 0, 400}), 0);
    assert_change(&link, 1, 0, 1, 0, 0, 400);
    rig_close(&link.rig);
}

// An old controller, and one whose host does not take part.
static void test_peers_without(void **state)
{
    const struct rate rate = {2, 10, 0, 0, 400};
    struct link link;
    for (int old = 0; old < 2; old++) {
        open_at(&link, old ? AIR_LEVEL_5_2 : AIR_LEVEL_5_3, old ? AIR_LEVEL_5_3 : AIR_LEVEL_5_2);
        rig_link(&link.rig, 0, 1, INTERVAL, link.handles);
        assert_int_equal(request(&link, old, &rate), 0); // Nothing is known of the peer yet.
        assert_change(&link, old, 0x1a, 1, 0, 0, 100);
        assert_int_equal(request(&link, !old, &rate), 0x01);
        features(&link);
        assert_int_equal(request(&link, old, &rate), 0x1a);
        rig_run(&link.rig, 1000 * MS);
        assert_used(&link, 100, 100, 100);
        rig_close(&link.rig);
    }
    open_at(&link, AIR_LEVEL_5_3, AIR_LEVEL_5_3);
    assert_int_equal(RIG_CMD(&link.rig, 0, OP_HOST_FEATURE, 38, 0), 0);
    rig_link(&link.rig, 0, 1, INTERVAL, link.handles);
    assert_int_equal(request(&link, 0, &rate), 0x0c);
    assert_int_equal(request(&link, 1, &rate), 0);
    assert_change(&link, 1, 0x1a, 1, 0, 0, 100);
    features(&link);
    assert_int_equal(request(&link, 1, &rate), 0x1a);
    assert_int_equal(RIG_CMD(&link.rig, 0, OP_HOST_FEATURE, 38, 1), 0x0c); // There is a link.
    rig_close(&link.rig);
}

static void test_wrong_parameters(void **state)
{
    static const struct rate bad[] = {
        {0, 5, 3, 4, 400},   {6, 5, 3, 4, 400}, {1, 501, 0, 4, 3200}, {1, 5, 100, 4, 3200},
        {1, 1, 500, 0, 400}, {2, 5, 3, 5, 400}, {2, 5, 3, 4, 9},      {2, 5, 3, 4, 3201},
    };
    struct link link;
    open_link(&link);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(set_default(&link, 0, &bad[i]), 0x12);
        assert_int_equal(request(&link, 0, &bad[i]), 0x12);
    }
    // 30 ms x 5 x 4, twice.
    assert_int_equal(request(&link, 0, &(struct rate){5, 5, 3, 0, 120}), 0x12);
    change(&link, &(struct rate){5, 5, 3, 0, 121});
    link.handles[0]++;
    assert_int_equal(request(&link, 0, &(struct rate){5, 5, 3, 0, 400}), 0x02);
    assert_int_equal(RIG_CMD(&link.rig, 1, OP_HOST_FEATURE, 32, 1), 0x11);
    rig_close(&link.rig);
}

// New parameters end it (5.1.1); their instant is met although events are rested before it.
static void test_update_ends_it(void **state)
{
    struct link link;
    struct packet packet;
    open_link(&link);
    change(&link, &(struct rate){30, 30, 1, 0, 600});
    rig_run(&link.rig, 5000 * MS);
    uint8_t p[14] = {0};
    put16(p, link.handles[0]);
    put16(p + 2, INTERVAL);
    put16(p + 4, INTERVAL);
    put16(p + 8, 400);
    assert_int_equal(rig_cmd(&link.rig, 0, OP_UPDATE, p, sizeof(p)), 0);
    assert_true(rig_le_event(&link.rig, 1, LE_EV_PARAM, 5000 * MS, &packet));
    put16(p, link.handles[1]);
    assert_int_equal(rig_cmd(&link.rig, 1, OP_PARAM_REPLY, p, sizeof(p)), 0);
    for (int i = 0; i < 2; i++) {
        assert_true(rig_le_event(&link.rig, i, LE_EV_UPDATE, 10000 * MS, &packet));
        assert_int_equal(packet.data[4], 0);
    }
    rig_run(&link.rig, 100 * MS);
    assert_used(&link, 100, 100, 100);
    rig_close(&link.rig);
}

static void test_supervision(void **state)
{
    struct link link;
    struct packet packet;
    open_link(&link);
    change(&link, &(struct rate){10, 10, 0, 0, 100});
    rig_run(&link.rig, 5000 * MS);
    air_controller_power(link.rig.c[1], false);
    int64_t start = air_now(link.rig.air);
    assert_true(rig_event(&link.rig, 0, EV_DISCONNECTION, 5000 * MS, &packet));
    assert_int_equal(packet.data[6], 0x08);
    assert_in_range(air_now(link.rig.air) - start, 690 * MS, 1001 * MS);
    rig_close(&link.rig);
}

// Changes all the time on a bad radio: the sides stay together.
static void test_losses(void **state)
{
    struct link link;
    open_link(&link);
    air_controller_radio(link.rig.c[0], 200000, 100000);
    for (uint16_t i = 0; i < 50; i++) {
        const struct rate rate = {1, (uint16_t)(1 + i % 9), i % 3, (uint16_t)(i % 9 / 2), 3200};
        assert_int_equal(request(&link, 0, &rate), 0);
        assert_change(&link, 0, 0, rate.max, rate.latency, rate.continuation, 3200);
        assert_change(&link, 1, 0, rate.max, rate.latency, rate.continuation, 3200);
    }
    rig_close(&link.rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_idle),
        cmocka_unit_test(test_latency_of_subrated_events),
        cmocka_unit_test(test_continuation),
        cmocka_unit_test(test_data),
        cmocka_unit_test(test_peripheral_asks),
        cmocka_unit_test(test_no_defaults),
        cmocka_unit_test(test_peers_without),
        cmocka_unit_test(test_wrong_parameters),
        cmocka_unit_test(test_update_ends_it),
        cmocka_unit_test(test_supervision),
        cmocka_unit_test(test_losses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
