// Level peripheral: it advertises, takes a link, and serves its attributes; no scanner, no initiator,
// no GATT client.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/gatt.h>

#include "peer.h"

static struct sim *sim;
static struct sim_host *host;
static struct peer peer;
static unsigned int connects;
static unsigned int disconnects;
static uint8_t written[20];
static uint16_t written_len;

static void on_connected(struct bt_conn *conn, uint8_t err)
{
    connects += err == 0;
}

static void on_disconnected(struct bt_conn *conn, uint8_t reason)
{
    disconnects++;
}

BT_CONN_CB_DEFINE(callbacks) = {.connected = on_connected, .disconnected = on_disconnected};

static ssize_t on_write(struct bt_conn *conn, const struct bt_gatt_attr *attr, const void *buf,
                        uint16_t len, uint16_t offset, uint8_t flags)
{
    written_len = MIN(len, sizeof(written));
    memcpy(written, buf, written_len);
    return len;
}

BT_GATT_SERVICE_DEFINE(service, BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xfff0)),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xfff1),
                                              BT_GATT_CHRC_WRITE | BT_GATT_CHRC_NOTIFY,
                                              BT_GATT_PERM_WRITE, NULL, on_write, NULL),
                       BT_GATT_CCC(NULL, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE));

static void enable(void *arg)
{
    assert_int_equal(bt_enable(NULL), 0);
}

static void disable(void *arg)
{
    assert_int_equal(bt_disable(), 0);
}

static void advertise(void *arg)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
}

static void find(void *arg)
{
    *(uint16_t *)arg = bt_gatt_attr_get_handle(&service.attrs[2]);
}

static void notify(void *arg)
{
    assert_int_equal(bt_gatt_notify(NULL, &service.attrs[2], "news", 4), 0);
}

static int setup(void **state)
{
    connects = disconnects = 0;
    sim = sim_new(&(struct air_config){.seed = 8});
    host = sim_host_add(sim, &(struct air_controller_config){.name = "peripheral"});
    sim_on(host, enable, NULL);
    return peer_open(&peer, sim) ? 0 : -1;
}

static int teardown(void **state)
{
    sim_on(host, disable, NULL);
    sim_free(sim);
    return 0;
}

static void link_up(void)
{
    uint8_t addr[6];
    air_controller_static_address(sim_controller(host), addr);
    sim_on(host, advertise, NULL);
    assert_true(peer_connect(&peer, addr));
}

static bool is_disconnected(void *arg)
{
    return disconnects == connects;
}

static void serves_a_link(void **state)
{
    uint16_t handle;
    link_up();
    assert_true(peer_att(&peer, "\x02\xf7\x00", 3)); // Exchange MTU
    assert_true(peer_att_wait(&peer));
    assert_int_equal(peer.pdu[0], 0x03);
    assert_int_equal(connects, 1);
    sim_on(host, find, &handle);
    const uint8_t write[] = {0x12, (uint8_t)handle, 0, 'h', 'i'};
    assert_true(peer_att(&peer, write, sizeof(write)));
    assert_true(peer_att_wait(&peer));
    assert_int_equal(peer.pdu[0], 0x13);
    assert_int_equal(written_len, 2);
    assert_memory_equal(written, "hi", 2);
    const uint8_t ccc[] = {0x12, (uint8_t)(handle + 1), 0, 1, 0};
    assert_true(peer_att(&peer, ccc, sizeof(ccc)));
    assert_true(peer_att_wait(&peer));
    assert_int_equal(peer.pdu[0], 0x13);
    sim_on(host, notify, NULL);
    assert_true(peer_att_wait(&peer));
    assert_int_equal(peer.pdu[0], 0x1b);
    assert_memory_equal(peer.pdu + 3, "news", 4);
    assert_true(peer_disconnect(&peer));
    assert_true(sim_until(sim, is_disconnected, NULL, 1000000));
}

// Notifications and answers for a client that is not there are ignored.
static void hostile_29_answers_without_a_client(void **state)
{
    link_up();
    assert_true(peer_att(&peer, "\x1b\x10\x00x", 4)); // Handle Value Notification
    assert_true(peer_att(&peer, "\x0bxyz", 4));       // Read Response
    assert_true(peer_att(&peer, "\x1d\x10\x00x", 4)); // Handle Value Indication
    assert_true(peer_att_wait(&peer));
    assert_int_equal(peer.pdu[0], 0x1e);
    assert_true(peer_att(&peer, "\x0a\x03\x00", 3)); // The name
    assert_true(peer_att_wait(&peer));
    assert_int_equal(peer.pdu[0], 0x0b);
    assert_memory_equal(peer.pdu + 1, CONFIG_BT_DEVICE_NAME, peer.pdu_len - 1);
}

static void disable_ends_the_link(void **state)
{
    for (unsigned int i = 1; i <= 10; i++) {
        link_up();
        sim_run(sim, 50000);
        assert_int_equal(connects, i);
        sim_on(host, disable, NULL);
        assert_int_equal(disconnects, i);
        sim_run(sim, 1500000); // The peer notices.
        sim_on(host, enable, NULL);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(serves_a_link),
        TEST(hostile_29_answers_without_a_client),
        TEST(disable_ends_the_link),
    };
    return cmocka_run_group_tests_name("level peripheral", tests, NULL, NULL);
}
