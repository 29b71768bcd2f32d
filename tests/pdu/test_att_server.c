// The ATT server's PDUs (Vol 3, Part F, 3.4), scripts in the manner of the SIG's GATT server tests.
//
// Handles: GAP 0x0001..9 (name 3, appearance 5, parameters 7, resolution 9), GATT 0x000a..d
// (Service Changed 0c, its CCC 0d), then the static service of this file from 0x000e.
#include "pdu/fake.h"

#include "att/state.h"
#include "kernel/loop.h"

static struct bt_conn *conn;
static char value[600] = "0123456789";
static uint16_t value_len = 10;
static uint8_t written[600];
static uint16_t written_len;
static uint8_t written_flags;
static unsigned int writes;

static ssize_t on_read(struct bt_conn *c, const struct bt_gatt_attr *attr, void *buf, uint16_t len,
                       uint16_t offset)
{
    return bt_gatt_attr_read(c, attr, buf, len, offset, value, value_len);
}

static ssize_t on_write(struct bt_conn *c, const struct bt_gatt_attr *attr, const void *buf,
                        uint16_t len, uint16_t offset, uint8_t flags)
{
    writes++;
    memcpy(written, buf, len);
    written_len = len;
    written_flags = flags;
    return len && written[0] == 0xee ? BT_GATT_ERR(0x80) : len;
}

#define RW (BT_GATT_PERM_READ | BT_GATT_PERM_WRITE)
#define UUID128                                                                                    \
    BT_UUID_DECLARE_128(BT_UUID_128_ENCODE(0x6e400001, 0xb5a3, 0xf393, 0xe0a9, 0xe50e24dcca9e))

// 0e service, 0f/10 rw, 11/12 read only, 13/14 write only, 15/16 encrypted, 17/18 128-bit.
BT_GATT_SERVICE_DEFINE(test_svc, BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xff00)),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff01),
                                              BT_GATT_CHRC_READ | BT_GATT_CHRC_WRITE, RW, on_read,
                                              on_write, NULL),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff02), BT_GATT_CHRC_READ,
                                              BT_GATT_PERM_READ, on_read, NULL, NULL),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff03), BT_GATT_CHRC_WRITE,
                                              BT_GATT_PERM_WRITE, NULL, on_write, NULL),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff04),
                                              BT_GATT_CHRC_READ | BT_GATT_CHRC_WRITE,
                                              BT_GATT_PERM_READ_ENCRYPT | BT_GATT_PERM_WRITE_AUTHEN,
                                              on_read, on_write, NULL),
                       BT_GATT_CHARACTERISTIC(UUID128, BT_GATT_CHRC_READ, BT_GATT_PERM_READ_LESC,
                                              on_read, NULL, NULL));

static int begin(void **state)
{
    fake_begin(BT_CONN_ROLE_PERIPHERAL);
    conn = conn_at(0);
    strcpy(value, "0123456789");
    value_len = 10;
    writes = 0;
    return 0;
}

static int end(void **state)
{
    fake_end();
    return 0;
}

static void mtu_exchange_as_server(void **state)
{
    ATT(conn, "> 02 00 01 < 03 f7 00");
    assert_int_equal(bt_gatt_get_mtu(conn), 247);
    // A second request changes nothing, and hears the same.
    ATT(conn, "> 02 17 00 < 03 f7 00");
    assert_int_equal(bt_gatt_get_mtu(conn), 247);
}

static void mtu_follows_the_preference(void **state)
{
    assert_int_equal(breeze_mtu_set(22), -EINVAL);
    assert_int_equal(breeze_mtu_set(CONFIG_BT_L2CAP_RX_MTU + 1), -EINVAL);
    assert_int_equal(breeze_mtu_get(), CONFIG_BREEZE_ATT_MTU);
    assert_int_equal(breeze_mtu_set(100), 0);
    ATT(conn, "> 02 40 00 < 03 64 00");
    assert_int_equal(bt_gatt_get_mtu(conn), 64);
}

static void find_information(void **state)
{
    ATT(conn, "> 04 01 00 05 00"
              "< 05 01 01 00 00 28 02 00 03 28 03 00 00 2a 04 00 03 28 05 00 01 2a"
              // A change of UUID size ends the list; the last attribute; nothing behind it.
              "> 04 16 00 ff ff < 05 01 16 00 04 ff 17 00 03 28"
              "> 04 18 00 ff ff < 05 02 18 00 9e ca dc 24 0e e5 a9 e0 93 f3 a3 b5 01 00 40 6e"
              "> 04 19 00 ff ff < 01 04 19 00 0a");
}

static void find_by_type_value(void **state)
{
    ATT(conn, "> 06 01 00 ff ff 00 28 00 18 < 07 01 00 09 00"
              "> 06 01 00 ff ff 00 28 00 ff < 07 0e 00 18 00"
              "> 06 01 00 ff ff 00 28 0f ff < 01 06 01 00 0a"
              "> 06 02 00 ff ff 00 28 00 18 < 01 06 02 00 0a"
              // Any readable attribute can be asked for; it is its own group.
              "> 06 01 00 ff ff 01 2a 41 03 < 07 05 00 05 00"
              // A prefix of the value is not the value.
              "> 06 01 00 ff ff 01 2a 41 < 01 06 01 00 0a");
}

static void read_by_group_type(void **state)
{
    ATT(conn, "> 10 01 00 ff ff 00 28"
              "< 11 06 01 00 09 00 00 18 0a 00 0d 00 01 18 0e 00 18 00 00 ff"
              "> 10 02 00 ff ff 00 28 < 11 06 0a 00 0d 00 01 18 0e 00 18 00 00 ff"
              "> 10 0f 00 ff ff 00 28 < 01 10 0f 00 0a"
              "> 10 01 00 ff ff 01 28 < 01 10 01 00 0a");
}

static void read_by_type(void **state)
{
    ATT(conn, "> 08 01 00 ff ff 03 28"
              "< 09 07 02 00 02 03 00 00 2a 04 00 02 05 00 01 2a 06 00 02 07 00 04 2a"
              "> 08 03 00 09 00 00 2a < 09 08 03 00 42 72 65 65 7a 65"
              // A denied attribute is named; one behind an allowed one only ends the list.
              "> 08 01 00 ff ff 03 ff < 01 08 14 00 02"
              "> 08 17 00 ff ff 03 28"
              "< 09 15 17 00 02 18 00 9e ca dc 24 0e e5 a9 e0 93 f3 a3 b5 01 00 40 6e"
              "> 08 19 00 ff ff 03 28 < 01 08 19 00 0a");
}

static void read_by_type_takes_values_of_one_length(void **state)
{
    static const struct bt_gatt_attr *same = &attr_test_svc[2];
    assert_int_equal(bt_gatt_attr_get_handle(same), 0x10);
    // Value of 10 octets, cut to what a PDU of 23 holds: 19.
    value_len = 40;
    memset(value, 'x', 40);
    ATT(conn, "> 08 10 00 12 00 01 ff"
              "< 09 15 10 00 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78");
}

static void reads(void **state)
{
    ATT(conn, "> 0a 03 00 < 0b 42 72 65 65 7a 65"
              "> 0a 05 00 < 0b 41 03"
              "> 0a 07 00 < 0b 18 00 28 00 00 00 2a 00"
              "> 0a 09 00 < 0b 00"
              "> 0a 0a 00 < 0b 01 18"
              "> 0a 0b 00 < 0b 20 0c 00 05 2a"
              "> 0a 0d 00 < 0b 00 00"
              "> 0a 10 00 < 0b 30 31 32 33 34 35 36 37 38 39"
              "> 0a 14 00 < 01 0a 14 00 02"
              "> 0a 0c 00 < 01 0a 0c 00 02"
              "> 0a 00 00 < 01 0a 00 00 01"
              "> 0a 19 00 < 01 0a 19 00 01"
              "> 0a ff ff < 01 0a ff ff 01");
    value_len = 0;
    ATT(conn, "> 0a 10 00 < 0b");
}

static void hostile_34_read_blob_offsets(void **state)
{
    value_len = 30;
    memset(value, 'a', 22);
    memset(value + 22, 'b', 8);
    ATT(conn, "> 0a 10 00 < 0b 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61"
              "> 0c 10 00 16 00 < 0d 62 62 62 62 62 62 62 62"
              "> 0c 10 00 1e 00 < 0d"
              "> 0c 10 00 1f 00 < 01 0c 10 00 07"
              "> 0c 10 00 ff ff < 01 0c 10 00 07"
              "> 0c 00 00 00 00 < 01 0c 00 00 01"
              "> 0c 10 00 00 < 01 0c 00 00 04");
}

static void writing(void **state)
{
    ATT(conn, "> 12 10 00 61 62 < 13");
    assert_int_equal(written_len, 2);
    assert_memory_equal(written, "ab", 2);
    assert_int_equal(written_flags, 0);
    ATT(conn, "> 12 10 00 < 13"); // An empty value is a value.
    assert_int_equal(written_len, 0);
    ATT(conn, "> 12 10 00 ee < 01 12 10 00 80" // The application's own error.
              "> 12 12 00 61 < 01 12 12 00 03"
              "> 12 03 00 61 < 01 12 03 00 03"
              "> 12 00 00 61 < 01 12 00 00 01"
              "> 12 19 00 61 < 01 12 19 00 01");
    assert_int_equal(writes, 3);
    ATT(conn, "> 52 14 00 63 < -");
    assert_int_equal(written_flags, BT_GATT_WRITE_FLAG_CMD);
    assert_int_equal(written[0], 'c');
    ATT(conn, "> 52 10 00 ee > 52 12 00 61 > 52 00 00 61 > 52 10 < -"); // Never an answer.
}

static void permissions_follow_the_security_level(void **state)
{
    ATT(conn, "> 0a 16 00 < 01 0a 16 00 05 > 12 16 00 61 < 01 12 16 00 05"
              "> 0a 18 00 < 01 0a 18 00 05"); // LESC alone demands it (CVE-2024-1638).
    fake.has_key = true;                      // Encrypting with it is the next thing to do.
    ATT(conn, "> 0a 16 00 < 01 0a 16 00 0f > 12 16 00 61 < 01 12 16 00 0f"
              "> 0a 18 00 < 01 0a 18 00 0f");
    fake.security = BT_SECURITY_L2;
    value_len = 1;
    ATT(conn, "> 0a 16 00 < 0b 30 > 12 16 00 61 < 01 12 16 00 05 > 0a 18 00 < 01 0a 18 00 05");
    fake.security = BT_SECURITY_L3;
    conn->enc_size = 16;
    ATT(conn, "> 12 16 00 61 < 13 > 0a 18 00 < 01 0a 18 00 05");
    conn->enc_size = 15;
    ATT(conn, "> 0a 18 00 < 01 0a 18 00 0c");
    fake.security = BT_SECURITY_L4;
    ATT(conn, "> 0a 18 00 < 0b 30");
}

static bool allow;

static bool ask(struct bt_conn *c, const struct bt_gatt_attr *attr)
{
    return allow;
}

static void authorization(void **state)
{
    static const struct bt_gatt_authorization_cb cb = {ask, ask};
    static const struct bt_gatt_authorization_cb other = {NULL, NULL};
    assert_int_equal(bt_gatt_authorization_cb_register(&cb), 0);
    assert_int_equal(bt_gatt_authorization_cb_register(&other), -EALREADY);
    allow = false;
    ATT(conn, "> 0a 10 00 < 01 0a 10 00 08 > 12 10 00 61 < 01 12 10 00 08");
    allow = true;
    ATT(conn, "> 12 10 00 61 < 13");
    assert_int_equal(bt_gatt_authorization_cb_register(NULL), 0);
    allow = false;
    ATT(conn, "> 12 10 00 61 < 13");
}

static void hostile_29_empty_and_unknown(void **state)
{
    fake_att(conn, "", 0);
    ATT(conn, "< -");
    ATT(conn, "> 0a < 01 0a 00 00 04 > 02 < 01 02 00 00 04 > 12 10 < 01 12 00 00 04"
              "> 0e 03 00 05 < 01 0e 00 00 04 > 16 10 00 00 < 01 16 00 00 04"
              "> 18 < 01 18 00 00 04 > 20 03 00 05 < 01 20 00 00 04"
              "> 00 < 01 00 00 00 06 > 3f 01 < 01 3f 00 00 06 > a2 01 < 01 a2 00 00 06"
              "> 40 > 7f 01 02 > d2 10 00 61 61 61 61 61 61 61 61 61 61 61 61 < -" // Commands.
              "> 03 17 00 > 05 01 01 00 00 28 > 07 > 09 > 0b > 0d > 11 > 13 > 17 > 19 > 21"
              "> 01 0a 03 00 01 > 23 03 00 02 00 61 < -"); // Responses nobody waits for.
    assert_true(fake.stats.att_dropped >= 17);
    ATT(conn, "> 0a 05 00 < 0b 41 03");
}

static void hostile_30_pipelined_requests(void **state)
{
    ATT(conn, "> 0a 05 00 > 0a 09 00 < 0b 41 03 < 0b 00");
    // With the first one's response waiting for a buffer the second breaks the protocol: dropped.
    fake.tx_dry = true;
    ATT(conn, "> 0a 05 00 > 0a 09 00 < -");
    fake.tx_dry = false;
    fake_tx_free();
    ATT(conn, "< 0b 41 03 > 0a 09 00 < 0b 00");
    fake.tx_dry = true;
    ATT(conn, "> 0a 05 00 < -"); // The link goes with a request parked: no leak (fake_end).
}

static void hostile_31_lengths_and_mtu(void **state)
{
    uint8_t pdu[60] = {0x12, 0x10, 0x00};
    fake_att(conn, pdu, 24); // One more than ATT_MTU.
    ATT(conn, "< 01 12 00 00 04");
    pdu[0] = 0x52;
    fake_att(conn, pdu, 24);
    ATT(conn, "< -");
    assert_int_equal(writes, 0);
    ATT(conn, "> 02 16 00 < 01 02 00 00 04 > 02 00 00 < 01 02 00 00 04 > 02 17 < 01 02 00 00 04"
              "> 02 17 00 00 < 01 02 00 00 04");
    assert_int_equal(bt_gatt_get_mtu(conn), 23);
    ATT(conn, "> 02 ff ff < 03 f7 00");
    assert_int_equal(bt_gatt_get_mtu(conn), 247);
    pdu[0] = 0x12;
    fake_att(conn, pdu, 60);
    ATT(conn, "< 13");
    assert_int_equal(written_len, 57);
}

static void hostile_32_handle_ranges(void **state)
{
    ATT(conn,
        "> 04 00 00 ff ff < 01 04 00 00 01 > 04 02 00 01 00 < 01 04 02 00 01"
        "> 08 00 00 ff ff 03 28 < 01 08 00 00 01 > 08 05 00 04 00 03 28 < 01 08 05 00 01"
        "> 10 00 00 ff ff 00 28 < 01 10 00 00 01 > 10 05 00 04 00 00 28 < 01 10 05 00 01"
        "> 06 00 00 ff ff 00 28 00 18 < 01 06 00 00 01"
        "> 06 05 00 04 00 00 28 00 18 < 01 06 05 00 01"
        "> 04 ff ff ff ff < 01 04 ff ff 0a > 08 ff ff ff ff 03 28 < 01 08 ff ff 0a"
        "> 10 ff ff ff ff 00 28 < 01 10 ff ff 0a > 06 ff ff ff ff 00 28 00 18 < 01 06 ff ff 0a");
}

static struct bt_gatt_attr last_attrs[] = {
    BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xff10)),
    BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff11), BT_GATT_CHRC_READ, BT_GATT_PERM_READ,
                           on_read, NULL, NULL),
};
static struct bt_gatt_service last_svc = BT_GATT_SERVICE(last_attrs);

static void hostile_32_last_attribute_of_all(void **state)
{
    for (unsigned int i = 0; i < 3; i++) {
        last_attrs[i].handle = (uint16_t)(0xfffd + i);
    }
    value_len = 1;
    assert_int_equal(bt_gatt_service_register(&last_svc), 0);
    ATT(conn,
        "> 0a ff ff < 0b 30 > 04 fe ff ff ff < 05 01 fe ff 03 28 ff ff 11 ff"
        "> 08 fe ff ff ff 11 ff < 09 03 ff ff 30 > 10 0f 00 ff ff 00 28 < 11 06 fd ff ff ff 10 ff"
        "> 06 0f 00 ff ff 00 28 10 ff < 07 fd ff ff ff");
    // No room behind it: the next one goes into a gap.
    assert_int_equal(bt_gatt_service_unregister(&last_svc), 0);
    assert_int_equal(last_attrs[0].handle, 0xfffd);
    for (unsigned int i = 0; i < 3; i++) {
        last_attrs[i].handle = 0;
    }
}

static void hostile_33_uuid_sizes_and_groups(void **state)
{
    ATT(conn, "> 08 01 00 ff ff 03 28 00 < 01 08 00 00 04" // 3 octets
              "> 08 01 00 ff ff 03 < 01 08 00 00 04"       // 1 octet, and the minimum
              "> 10 01 00 ff ff 00 28 00 < 01 10 00 00 04"
              "> 08 01 00 ff ff 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f < 01 08 00 00 04"
              "> 10 01 00 ff ff 00 28 00 00 < 01 10 00 00 04" // 4 octets never on the air
              "> 10 01 00 ff ff 03 28 < 01 10 01 00 10"
              "> 10 01 00 ff ff 00 ff < 01 10 01 00 10"
              // The 128-bit form of a 16-bit UUID is the same UUID.
              "> 08 03 00 03 00 fb 34 9b 5f 80 00 00 80 00 10 00 00 00 2a 00 00"
              "< 09 08 03 00 42 72 65 65 7a 65"
              "> 10 01 00 09 00 fb 34 9b 5f 80 00 00 80 00 10 00 00 00 28 00 00"
              "< 11 06 01 00 09 00 00 18");
}

static void response_waits_for_a_buffer_with_its_request(void **state)
{
    fake.tx_dry = true;
    ATT(conn, "> 12 10 00 61 < -");
    assert_int_equal(writes, 0); // Not executed before it can be answered.
    fake_tx_free();
    assert_int_equal(writes, 0);
    fake.tx_dry = false;
    fake_tx_free();
    ATT(conn, "< 13");
    assert_int_equal(writes, 1);
}

// A read callback that removes the service being read.
static struct bt_gatt_service gone_svc;
static ssize_t read_and_go(struct bt_conn *c, const struct bt_gatt_attr *attr, void *buf,
                           uint16_t len, uint16_t offset)
{
    assert_int_equal(bt_gatt_service_unregister(&gone_svc), 0);
    return bt_gatt_attr_read(c, attr, buf, len, offset, "z", 1);
}
static struct bt_gatt_attr gone_attrs[] = {
    BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xff20)),
    BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff21), BT_GATT_CHRC_READ, BT_GATT_PERM_READ,
                           read_and_go, NULL, NULL),
    BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff21), BT_GATT_CHRC_READ, BT_GATT_PERM_READ,
                           read_and_go, NULL, NULL),
};
static struct bt_gatt_service gone_svc = BT_GATT_SERVICE(gone_attrs);

static void service_removed_while_it_is_read(void **state)
{
    assert_int_equal(bt_gatt_service_register(&gone_svc), 0);
    ATT(conn, "> 08 01 00 ff ff 21 ff < 09 03 1b 00 7a > 0a 1b 00 < 01 0a 1b 00 01");
    assert_int_equal(bt_gatt_service_register(&gone_svc), 0);
    ATT(conn, "> 0a 1b 00 < 0b 7a > 0a 1b 00 < 01 0a 1b 00 01");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mtu_exchange_as_server, begin, end),
        cmocka_unit_test_setup_teardown(mtu_follows_the_preference, begin, end),
        cmocka_unit_test_setup_teardown(find_information, begin, end),
        cmocka_unit_test_setup_teardown(find_by_type_value, begin, end),
        cmocka_unit_test_setup_teardown(read_by_group_type, begin, end),
        cmocka_unit_test_setup_teardown(read_by_type, begin, end),
        cmocka_unit_test_setup_teardown(read_by_type_takes_values_of_one_length, begin, end),
        cmocka_unit_test_setup_teardown(reads, begin, end),
        cmocka_unit_test_setup_teardown(writing, begin, end),
        cmocka_unit_test_setup_teardown(permissions_follow_the_security_level, begin, end),
        cmocka_unit_test_setup_teardown(authorization, begin, end),
        cmocka_unit_test_setup_teardown(hostile_29_empty_and_unknown, begin, end),
        cmocka_unit_test_setup_teardown(hostile_30_pipelined_requests, begin, end),
        cmocka_unit_test_setup_teardown(hostile_31_lengths_and_mtu, begin, end),
        cmocka_unit_test_setup_teardown(hostile_32_handle_ranges, begin, end),
        cmocka_unit_test_setup_teardown(hostile_32_last_attribute_of_all, begin, end),
        cmocka_unit_test_setup_teardown(hostile_33_uuid_sizes_and_groups, begin, end),
        cmocka_unit_test_setup_teardown(hostile_34_read_blob_offsets, begin, end),
        cmocka_unit_test_setup_teardown(response_waits_for_a_buffer_with_its_request, begin, end),
        cmocka_unit_test_setup_teardown(service_removed_while_it_is_read, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
