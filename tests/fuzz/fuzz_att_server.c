// Fuzz target: any ATT PDUs from a client, against a database with every kind of attribute; a list
// of {length, PDU}. Two links, so that configurations meet.
#include "pdu/fake.h"

#include "base/rd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t value[512];
static uint16_t value_len;

static ssize_t on_read(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                       uint16_t len, uint16_t offset)
{
    return bt_gatt_attr_read(conn, attr, buf, len, offset, value, value_len);
}

static ssize_t on_write(struct bt_conn *conn, const struct bt_gatt_attr *attr, const void *buf,
                        uint16_t len, uint16_t offset, uint8_t flags)
{
    if (len > sizeof(value)) {
        return BT_GATT_ERR(BT_ATT_ERR_INVALID_ATTRIBUTE_LEN);
    }
    memcpy(value, buf, len);
    value_len = len;
    return len;
}

static void on_changed(const struct bt_gatt_attr *attr, uint16_t ccc)
{
    (void)bt_gatt_notify(NULL, attr - 1, "n", 1);
}

#define RW (BT_GATT_PERM_READ | BT_GATT_PERM_WRITE)
BT_GATT_SERVICE_DEFINE(
    fuzz_svc, BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xff00)),
    BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xff01), BT_GATT_CHRC_READ | BT_GATT_CHRC_WRITE, RW,
                           on_read, on_write, NULL),
    BT_GATT_CCC(on_changed, RW),
    BT_GATT_CHARACTERISTIC(
        BT_UUID_DECLARE_128(BT_UUID_128_ENCODE(0x6e400001, 0xb5a3, 0xf393, 0xe0a9, 0xe50e24dcca9e)),
        BT_GATT_CHRC_READ, BT_GATT_PERM_READ_AUTHEN | BT_GATT_PERM_WRITE, on_read, on_write, NULL),
    BT_GATT_CUD("name", BT_GATT_PERM_READ));

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 4000) {
        return 0;
    }
    value_len = 0;
    fake_begin(BT_CONN_ROLE_PERIPHERAL);
    (void)fake_connect(1, BT_CONN_ROLE_PERIPHERAL);
    struct rd r = rd_init(data, size);
    while (rd_left(&r)) {
        struct fake_frame frame;
        uint8_t head = rd_u8(&r);
        size_t len = MIN(head & 0x7f, rd_left(&r));
        fake_att(conn_at(head >> 7), rd_take(&r, len), len);
        while (fake_sent(&frame)) {
            assert_true(frame.len <=
                        4u + bt_gatt_get_mtu(frame.conn)); // Nothing beyond the ATT_MTU.
        }
    }
    fake_end();
    return 0;
}
