// Signed Write Commands, PDU by PDU (Vol 3, Part F, 3.4.5.4; Vol 3, Part G, 4.9.2). The keys are the test's:
// a signature is right when its octets are those of `right`.
//
// Handles: GAP and GATT to 0x000d, 0e service, 0f/10 takes signed writes, 11 its CCC, 12/13 does not take them,
// 14/15 takes them when encrypted.
#include "pdu/fake.h"

#include "att/signed.h"

static struct bt_conn *conn;
static char written[64];
static unsigned int writes;
static uint8_t written_flags;
static int sign_result;
static char signed_pdu[64];
static unsigned int checks;

static const uint8_t right[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

static int sign(const struct bt_conn *c, const uint8_t *pdu, size_t len, uint8_t *signature)
{
    memcpy(signed_pdu, pdu, len);
    memcpy(signature, right, sizeof(right));
    return sign_result;
}

static bool check(const struct bt_conn *c, const uint8_t *pdu, size_t len, const uint8_t *signature)
{
    checks++;
    assert_int_equal(pdu[0], 0xd2);
    return !memcmp(signature, right, sizeof(right));
}

const struct att_signing att_signing = {.sign = sign, .check = check};

static ssize_t on_write(struct bt_conn *c, const struct bt_gatt_attr *attr, const void *buf,
                        uint16_t len, uint16_t offset, uint8_t flags)
{
    writes++;
    written_flags = flags;
    memset(written, 0, sizeof(written));
    memcpy(written, buf, len);
    return len;
}

BT_GATT_SERVICE_DEFINE(test_svc, BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xff00)),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff01),
                                              BT_GATT_CHRC_AUTH | BT_GATT_CHRC_NOTIFY,
                                              BT_GATT_PERM_WRITE, NULL, on_write, NULL),
                       BT_GATT_CCC(NULL, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff02),
                                              BT_GATT_CHRC_WRITE_WITHOUT_RESP, BT_GATT_PERM_WRITE,
                                              NULL, on_write, NULL),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff03), BT_GATT_CHRC_AUTH,
                                              BT_GATT_PERM_WRITE_ENCRYPT, NULL, on_write, NULL));

static int begin(void **state)
{
    fake_begin(BT_CONN_ROLE_PERIPHERAL);
    conn = conn_at(0);
    writes = 0;
    checks = 0;
    sign_result = 0;
    return 0;
}

static int end(void **state)
{
    fake_end();
    return 0;
}

#define SIGNATURE "01 02 03 04 05 06 07 08 09 0a 0b 0c"

static void server_takes_a_signed_write(void **state)
{
    ATT(conn, "> d2 10 00 61 62 " SIGNATURE " < -");
    assert_int_equal(writes, 1);
    assert_string_equal(written, "ab");
    assert_int_equal(written_flags, BT_GATT_WRITE_FLAG_CMD);
    ATT(conn, "> d2 10 00 " SIGNATURE " < -"); // A value of no octets.
    assert_int_equal(writes, 2);
    assert_string_equal(written, "");
    assert_int_equal(fake.stats.att_dropped, 0);
}

static void hostile_39_wrong_signature(void **state)
{
    ATT(conn, "> d2 10 00 61 01 02 03 04 05 06 07 08 09 0a 0b 0d < -"
              "> d2 10 00 61 00 02 03 04 05 06 07 08 09 0a 0b 0c < -");
    assert_int_equal(checks, 2);
    assert_int_equal(writes, 0);
    assert_int_equal(fake.stats.att_dropped, 2);
}

static void hostile_39_short_signature(void **state)
{
    static const uint8_t pdu[] = {0xd2, 0x10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    for (size_t len = 1; len < sizeof(pdu); len++) {
        fake_att(conn, pdu, len);
        ATT(conn, "< -");
    }
    assert_int_equal(checks, 0);
    assert_int_equal(writes, 0);
    assert_int_equal(fake.stats.att_dropped, sizeof(pdu) - 1);
}

static void hostile_39_on_an_encrypted_link(void **state)
{
    fake.security = BT_SECURITY_L2;
    ATT(conn, "> d2 10 00 61 " SIGNATURE " > d2 15 00 61 " SIGNATURE " < -");
    assert_int_equal(checks, 0);
    assert_int_equal(writes, 0);
    assert_int_equal(fake.stats.att_dropped, 2);
}

static void hostile_39_where_none_are_taken(void **state)
{
    // No attribute, a declaration, a descriptor, no property, handle 0 and the last: no counter is spent.
    ATT(conn,
        "> d2 77 00 61 " SIGNATURE " > d2 0f 00 61 " SIGNATURE " > d2 11 00 01 00 " SIGNATURE
        "> d2 13 00 61 " SIGNATURE " > d2 00 00 61 " SIGNATURE " > d2 ff ff 61 " SIGNATURE " < -");
    assert_int_equal(checks, 0);
    assert_int_equal(fake.stats.att_dropped, 6);
    // A signature is no encryption.
    ATT(conn, "> d2 15 00 61 " SIGNATURE " < -");
    assert_int_equal(checks, 1);
    assert_int_equal(writes, 0);
}

static void client_sends_a_signed_write(void **state)
{
    assert_int_equal(bt_gatt_write_without_response(conn, 3, "ab", 2, true), 0);
    ATT(conn, "< d2 03 00 61 62 " SIGNATURE);
    assert_memory_equal(signed_pdu, "\xd2\x03\0ab", 5);
    // What needs no signature has none.
    assert_int_equal(bt_gatt_write_without_response(conn, 3, "ab", 2, false), 0);
    fake.security = BT_SECURITY_L2;
    assert_int_equal(bt_gatt_write_without_response(conn, 3, "cd", 2, true), 0);
    ATT(conn, "< 52 03 00 61 62 < 52 03 00 63 64");
}

static void client_cannot_sign(void **state)
{
    assert_int_equal(bt_gatt_write_without_response(conn, 3, "123456789", 9, true), -EMSGSIZE);
    assert_int_equal(bt_gatt_write_without_response(conn, 0, "a", 1, true), -EINVAL);
    assert_int_equal(bt_gatt_write_without_response(NULL, 3, "a", 1, true), -ENOTCONN);
    sign_result = -ENOENT;
    assert_int_equal(bt_gatt_write_without_response(conn, 3, "a", 1, true), -ENOENT);
    sign_result = 0;
    fake.tx_dry = true;
    assert_int_equal(bt_gatt_write_without_response(conn, 3, "a", 1, true), -ENOMEM);
    fake.tx_dry = false;
    ATT(conn, "< -");
    assert_int_equal(bt_gatt_write_without_response(conn, 3, "12345678", 8, true), 0);
    ATT(conn, "< d2 03 00 31 32 33 34 35 36 37 38 " SIGNATURE);
    fake_disconnect(conn);
    assert_int_equal(bt_gatt_write_without_response(conn, 3, "a", 1, true), -ENOTCONN);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(server_takes_a_signed_write, begin, end),
        cmocka_unit_test_setup_teardown(hostile_39_wrong_signature, begin, end),
        cmocka_unit_test_setup_teardown(hostile_39_short_signature, begin, end),
        cmocka_unit_test_setup_teardown(hostile_39_on_an_encrypted_link, begin, end),
        cmocka_unit_test_setup_teardown(hostile_39_where_none_are_taken, begin, end),
        cmocka_unit_test_setup_teardown(client_sends_a_signed_write, begin, end),
        cmocka_unit_test_setup_teardown(client_cannot_sign, begin, end),
    };
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
