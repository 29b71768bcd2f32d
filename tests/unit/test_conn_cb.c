// Registration of connection callbacks: errors, order, changes while they run.
#include "link_fake.h"

static struct bt_conn_cb a;
static struct bt_conn_cb b;
static struct bt_conn_cb c;

static void static_connected(struct bt_conn *conn, uint8_t err)
{
    fake_note("static");
}

BT_CONN_CB_DEFINE(defined) = {.connected = static_connected};

static void note_a(struct bt_conn *conn, uint8_t err)
{
    fake_note("a");
}

static void note_b(struct bt_conn *conn, uint8_t err)
{
    fake_note("b");
}

static void note_c(struct bt_conn *conn, uint8_t err)
{
    fake_note("c");
}

static void drop_self(struct bt_conn *conn, uint8_t err)
{
    fake_note("a");
    assert_int_equal(bt_conn_cb_unregister(&a), 0);
}

static void drop_next(struct bt_conn *conn, uint8_t err)
{
    fake_note("a");
    assert_int_equal(bt_conn_cb_unregister(&b), 0);
}

static void drop_all(struct bt_conn *conn, uint8_t err)
{
    fake_note("a");
    assert_int_equal(bt_conn_cb_unregister(&a), 0);
    assert_int_equal(bt_conn_cb_unregister(&b), 0);
    assert_int_equal(bt_conn_cb_unregister(&c), 0);
}

static void add_self_again(struct bt_conn *conn, uint8_t err)
{
    fake_note("a");
    if (conn_reg.next) { // Once: the second time it stands at the end.
        assert_int_equal(bt_conn_cb_unregister(&a), 0);
        assert_int_equal(bt_conn_cb_register(&a), 0);
    }
}

static void walk(void)
{
    assert_int_equal(bt_le_adv_start(BT_LE_ADV_CONN_FAST_1, NULL, 0, NULL, 0), 0);
    fake_connected(0, 0x40, BT_HCI_ROLE_PERIPHERAL, &peer_a);
    fake_disconnected(0x40, 0x13);
}

static int setup(void **state)
{
    fake_setup(state);
    a = (struct bt_conn_cb){.connected = note_a};
    b = (struct bt_conn_cb){.connected = note_b};
    c = (struct bt_conn_cb){.connected = note_c};
    assert_int_equal(bt_conn_cb_register(&a), 0);
    assert_int_equal(bt_conn_cb_register(&b), 0);
    return bt_conn_cb_register(&c);
}

static void test_errors(void **state)
{
    struct bt_conn_cb other = {0};
    assert_int_equal(bt_conn_cb_register(NULL), -EINVAL);
    assert_int_equal(bt_conn_cb_unregister(NULL), -EINVAL);
    assert_int_equal(bt_conn_cb_register(&b), -EEXIST);
    assert_int_equal(bt_conn_cb_register(&c), -EEXIST);
    assert_int_equal(bt_conn_cb_unregister(&other), -ENOENT);
    assert_int_equal(bt_conn_cb_unregister(&b), 0);
    assert_int_equal(bt_conn_cb_unregister(&b), -ENOENT);
    assert_int_equal(bt_conn_cb_register(&b), 0);
    walk();
    assert_log("up:connected a c b static up:disconnected");
}

static void test_unregister_self(void **state)
{
    a.connected = drop_self;
    walk();
    assert_log("up:connected a b c static up:disconnected");
    walk();
    assert_log("up:connected b c static up:disconnected");
}

static void test_unregister_next(void **state)
{
    a.connected = drop_next;
    walk();
    assert_log("up:connected a c static up:disconnected");
    a.connected = note_a;
}

static void test_unregister_all(void **state)
{
    a.connected = drop_all;
    walk();
    assert_log("up:connected a static up:disconnected");
    walk();
    assert_log("up:connected static up:disconnected");
}

static void test_register_while_told(void **state)
{
    a.connected = add_self_again;
    walk();
    assert_log("up:connected a b c a static up:disconnected");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_errors),         TEST(test_unregister_self),     TEST(test_unregister_next),
        TEST(test_unregister_all), TEST(test_register_while_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
