// Fuzz target: what is kept of a bonded peer in the settings, as {length, record}; then that peer: ATT
// PDUs while services come and go and it leaves and returns, as a list of {step} or {0x80 + length,
// PDU}.
#include "pdu/fake_bond.h"

#include "base/rd.h"
#include "gatt/gatt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ssize_t on_read(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                       uint16_t len, uint16_t offset)
{
    return bt_gatt_attr_read(conn, attr, buf, len, offset, "value", 5);
}

static struct bt_gatt_attr extra_attrs[] = {
    BT_GATT_PRIMARY_SERVICE(BT_UUID_DECLARE_16(0xffc0)),
    BT_GATT_CHARACTERISTIC(BT_UUID_DECLARE_16(0xffc1), BT_GATT_CHRC_READ, BT_GATT_PERM_READ,
                           on_read, NULL, NULL),
    BT_GATT_CCC(NULL, BT_GATT_PERM_READ | BT_GATT_PERM_WRITE),
};
static struct bt_gatt_service extra = BT_GATT_SERVICE(extra_attrs);
static struct bt_conn *conn;

static void do_secure(void)
{
    fake_secure(conn);
}

static void do_come_back(void)
{
    conn = fake_come_back(conn);
}

static void do_add(void)
{
    (void)bt_gatt_service_register(&extra);
}

static void do_remove(void)
{
    (void)bt_gatt_service_unregister(&extra);
}

static void do_unbond(void)
{
    gatt_conn_up.unbonded(conn->id, &conn->dst);
}

static void do_notify(void)
{
    (void)bt_gatt_notify(conn, &extra_attrs[1], "n", 1);
}

static void (*const steps[])(void) = {do_secure, do_come_back, do_add,
                                      do_remove, do_unbond,    do_notify};

static ssize_t read_record(void *arg, void *to, size_t len)
{
    if (len) {
        memcpy(to, arg, len);
    }
    return (ssize_t)len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 2000) {
        return 0;
    }
    fake_bond_begin();
    fake_begin(BT_CONN_ROLE_PERIPHERAL);
    fake_bond.bonded = true;
    conn = conn_at(0);
    struct rd r = rd_init(data, size);
    size_t len = rd_u8(&r);
    len = MIN(len, rd_left(&r));
    const uint8_t *record = rd_take(&r, len);
    (void)gatt_keep_settings.h_set("peer", len, read_record, (void *)record);
    (void)breeze_gatt_keep_import(record, len);
    while (rd_left(&r)) {
        struct fake_frame frame;
        uint8_t step = rd_u8(&r);
        if (step & 0x80) {
            len = MIN(step & 0x7f, rd_left(&r));
            fake_att(conn, rd_take(&r, len), len);
        } else {
            steps[step % ARRAY_SIZE(steps)]();
        }
        while (fake_sent(&frame)) {
            assert_true(frame.len <= 4u + bt_gatt_get_mtu(frame.conn));
        }
    }
    fake_end();
    fake_bond_end();
    do_remove();
    return 0;
}
