// Fuzz target: any ATT PDUs from a client of a server that takes signed writes; a list of {length, PDU}. The
// lowest bit of the last octet says whether a signature is right; the topmost of the length, whether the link is encrypted.
#include "pdu/fake.h"

#include "att/signed.h"
#include "base/rd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t value[512];

static int sign(const struct bt_conn *conn, const uint8_t *pdu, size_t len, uint8_t *signature)
{
    memset(signature, pdu[len - 1], 12);
    return 0;
}

static bool check(const struct bt_conn *conn, const uint8_t *pdu, size_t len,
                  const uint8_t *signature)
{
    assert_true(len >= 3 && pdu + len == signature);
    assert_true(fake.security < BT_SECURITY_L2);
    return signature[11] & 1;
}

const struct att_signing att_signing = {.sign = sign, .check = check};

// What was taken is sent back signed, where there is room for it.
static ssize_t on_write(struct bt_conn *conn, const struct bt_gatt_attr *attr, const void *buf,
                        uint16_t len, uint16_t offset, uint8_t flags)
{
    if (len > sizeof(value)) {
        return BT_GATT_ERR(BT_ATT_ERR_INVALID_ATTRIBUTE_LEN);
    }
    memcpy(value, buf, len);
    (void)bt_gatt_write_without_response(conn, 3, value, len, true);
    return len;
}

BT_GATT_SERVICE_DEFINE(fuzz_svc, BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xff00)),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff01),
                                              BT_GATT_CHRC_AUTH | BT_GATT_CHRC_WRITE,
                                              BT_GATT_PERM_WRITE, NULL, on_write, NULL),
                       BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff02), BT_GATT_CHRC_AUTH,
                                              BT_GATT_PERM_WRITE_AUTHEN, NULL, on_write, NULL));

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 4000) {
        return 0;
    }
    fake_begin(BT_CONN_ROLE_PERIPHERAL);
    struct rd r = rd_init(data, size);
    while (rd_left(&r)) {
        struct fake_frame frame;
        uint8_t head = rd_u8(&r);
        size_t len = MIN(head & 0x7f, rd_left(&r));
        fake.security = head & 0x80 ? BT_SECURITY_L2 : BT_SECURITY_L1;
        fake_att(conn_at(0), rd_take(&r, len), len);
        while (fake_sent(&frame)) {
            assert_true(frame.len <= 4u + bt_gatt_get_mtu(frame.conn));
        }
    }
    fake_end();
    return 0;
}
