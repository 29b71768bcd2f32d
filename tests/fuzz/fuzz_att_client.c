// Fuzz target: a hostile server. The first octet of each step chooses a procedure to start, or what
// the server sends next; every procedure must end exactly once, discovery must move forward.
#include "pdu/fake.h"

#include "base/rd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned int started;
static unsigned int ended;
static uint16_t last_handle;
static bool sub_held; // `sub` is the host's: it is passed again, but not changed.

static uint8_t on_found(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                        struct bt_gatt_discover_params *params)
{
    if (!attr) {
        ended++;
        return BT_GATT_ITER_STOP;
    }
    assert_true(attr->handle > last_handle && attr->handle <= params->end_handle);
    last_handle = attr->handle;
    return BT_GATT_ITER_CONTINUE;
}

static uint8_t on_read(struct bt_conn *conn, uint8_t err, struct bt_gatt_read_params *params,
                       const void *data, uint16_t length)
{
    ended += data == NULL;
    return BT_GATT_ITER_CONTINUE;
}

static void on_written(struct bt_conn *conn, uint8_t err, struct bt_gatt_write_params *params)
{
    ended++;
}

static void on_exchange(struct bt_conn *conn, uint8_t err, struct bt_gatt_exchange_params *params)
{
    ended++;
}

static uint8_t on_value(struct bt_conn *conn, struct bt_gatt_subscribe_params *params,
                        const void *data, uint16_t length)
{
    if (!data) {
        ended++;
        sub_held = false;
    }
    return length == 3 ? BT_GATT_ITER_STOP : BT_GATT_ITER_CONTINUE;
}

static struct bt_gatt_discover_params disc;
static struct bt_gatt_read_params rd;
static struct bt_gatt_write_params wr;
static struct bt_gatt_exchange_params mtu;
static struct bt_gatt_subscribe_params sub;
static const struct bt_uuid_16 gap_uuid = BT_UUID_INIT_16(BT_UUID_GAP_VAL);

static int start(struct bt_conn *conn, uint8_t what)
{
    switch (what % 8) {
    case 0:
        rd.func = on_read;
        rd.handle_count = 1;
        rd.single.handle = 3;
        return bt_gatt_read(conn, &rd);
    case 1:
        wr.func = on_written;
        wr.handle = 3;
        wr.data = "w";
        wr.length = 1;
        return bt_gatt_write(conn, &wr);
    case 2:
        mtu.func = on_exchange;
        return bt_gatt_exchange_mtu(conn, &mtu);
    case 3: {
        if (!sub_held) {
            sub.notify = on_value;
            sub.value_handle = 0x10;
            sub.ccc_handle = 0x11;
            sub.value = 1;
        }
        int err = bt_gatt_subscribe(conn, &sub);
        sub_held = sub_held || !err;
        return err;
    }
    default:
        if (disc._op.proc && started != ended) {
            return -EBUSY; // last_handle belongs to the one under way.
        }
        last_handle = 0;
        disc.func = on_found;
        disc.uuid = what & 0x40 ? &gap_uuid.uuid : NULL;
        disc.start_handle = 1;
        disc.end_handle = what & 0x20 ? 0x40 : 0xffff;
        disc.type = what % 8 == 4   ? BT_GATT_DISCOVER_PRIMARY
                    : what % 8 == 5 ? BT_GATT_DISCOVER_CHARACTERISTIC
                    : what % 8 == 6 ? BT_GATT_DISCOVER_DESCRIPTOR
                                    : BT_GATT_DISCOVER_ATTRIBUTE;
        return bt_gatt_discover(conn, &disc);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 4000) {
        return 0;
    }
    started = ended = 0;
    sub_held = false;
    memset(&disc, 0, sizeof(disc));
    fake_begin(BT_CONN_ROLE_CENTRAL);
    struct bt_conn *conn = conn_at(0);
    struct rd r = rd_init(data, size);
    while (rd_left(&r)) {
        struct fake_frame frame;
        uint8_t head = rd_u8(&r);
        if (head & 0x80) {
            started += start(conn, head) == 0;
        } else {
            size_t len = MIN(head, rd_left(&r));
            fake_att(conn, rd_take(&r, len), len);
        }
        while (fake_sent(&frame)) {
            assert_true(frame.len <= 4u + bt_gatt_get_mtu(conn));
        }
    }
    fake_disconnect(conn);
    assert_int_equal(started, ended);
    fake_end();
    return 0;
}
