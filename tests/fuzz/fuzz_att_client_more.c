// Fuzz target: a hostile server, against the client's procedures for long and several values,
// includes, descriptor values and the search for a configuration. Each must end exactly once, also
// when it is cancelled, and move forward.
#include "pdu/fake.h"

#include "base/rd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INCLUDE, STD_DESC, BY_UUID, MULTI, LONG_WRITE, RELIABLE, SUBSCRIBE, PROCEDURES };

static bool held[PROCEDURES]; // The host has the parameters.
static uint16_t last_handle[PROCEDURES];

static void end(unsigned int what)
{
    assert_true(held[what]);
    held[what] = false;
}

static uint8_t on_found(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                        struct bt_gatt_discover_params *params)
{
    unsigned int what = params->type == BT_GATT_DISCOVER_INCLUDE ? INCLUDE : STD_DESC;
    if (!attr) {
        end(what);
        return BT_GATT_ITER_STOP;
    }
    assert_true(attr->handle > last_handle[what] && attr->handle <= params->end_handle);
    last_handle[what] = attr->handle;
    return BT_GATT_ITER_CONTINUE;
}

static uint8_t on_read(struct bt_conn *conn, uint8_t err, struct bt_gatt_read_params *params,
                       const void *data, uint16_t length)
{
    unsigned int what = params->handle_count ? MULTI : BY_UUID;
    if (!data) {
        end(what);
        return BT_GATT_ITER_STOP;
    }
    if (what == BY_UUID) {
        assert_true(params->by_uuid.start_handle > last_handle[what]);
        last_handle[what] = params->by_uuid.start_handle;
    }
    return BT_GATT_ITER_CONTINUE;
}

static void on_written(struct bt_conn *conn, uint8_t err, struct bt_gatt_write_params *params)
{
    end(LONG_WRITE);
}

static void on_reliable(struct bt_conn *conn, uint8_t err,
                        struct breeze_gatt_reliable_params *params)
{
    end(RELIABLE);
}

static uint8_t on_value(struct bt_conn *conn, struct bt_gatt_subscribe_params *params,
                        const void *data, uint16_t length)
{
    if (!data) {
        end(SUBSCRIBE);
    }
    return length == 3 ? BT_GATT_ITER_STOP : BT_GATT_ITER_CONTINUE;
}

static struct bt_gatt_discover_params disc[2];
static struct bt_gatt_read_params rd[2];
static struct bt_gatt_write_params wr;
static struct breeze_gatt_reliable_params reliable;
static struct bt_gatt_subscribe_params sub;
static const struct bt_uuid_16 uuids[] = {
    BT_UUID_INIT_16(BT_UUID_GATT_CEP_VAL), BT_UUID_INIT_16(BT_UUID_GATT_CCC_VAL),
    BT_UUID_INIT_16(BT_UUID_GATT_SCC_VAL), BT_UUID_INIT_16(BT_UUID_GATT_CPF_VAL)};

static void *params_of(unsigned int what)
{
    void *const params[] = {&disc[0], &disc[1], &rd[0], &rd[1], &wr, &reliable, &sub};
    return params[what];
}

static int start(struct bt_conn *conn, unsigned int what, uint8_t variant)
{
    static const struct breeze_gatt_part parts[] = {{3, 0, 2, "ab"},
                                                    {5, 1, 30, "012345678901234567890123456789"}};
    static uint16_t handles[] = {3, 5, 7};
    last_handle[what] = 0;
    switch (what) {
    case INCLUDE:
    case STD_DESC:
        disc[what] = (struct bt_gatt_discover_params){
            .func = on_found,
            .uuid = what == STD_DESC ? &uuids[variant & 3].uuid : NULL,
            .start_handle = 1,
            .end_handle = variant & 1 ? 0x40 : 0xffff,
            .type = what == INCLUDE ? BT_GATT_DISCOVER_INCLUDE : BT_GATT_DISCOVER_STD_CHAR_DESC};
        return bt_gatt_discover(conn, &disc[what]);
    case BY_UUID:
        rd[0] =
            (struct bt_gatt_read_params){.func = on_read, .by_uuid = {1, 0xffff, &uuids[0].uuid}};
        return bt_gatt_read(conn, &rd[0]);
    case MULTI:
        rd[1] = (struct bt_gatt_read_params){
            .func = on_read, .handle_count = 3, .multiple = {handles, variant & 1}};
        return bt_gatt_read(conn, &rd[1]);
    case LONG_WRITE:
        wr = (struct bt_gatt_write_params){.func = on_written,
                                           .handle = 3,
                                           .offset = variant,
                                           .data = parts[1].data,
                                           .length = parts[1].length};
        return bt_gatt_write(conn, &wr);
    case RELIABLE:
        reliable =
            (struct breeze_gatt_reliable_params){.func = on_reliable, .parts = parts, .count = 2};
        return breeze_gatt_write_reliable(conn, &reliable);
    default:
        sub = (struct bt_gatt_subscribe_params){.notify = on_value,
                                                .value_handle = 0x10,
                                                .end_handle = variant & 1 ? 0x20 : 0,
                                                .value = 1};
        return bt_gatt_subscribe(conn, &sub);
    }
}

// Start it, or cancel it when it runs.
static void act(struct bt_conn *conn, uint8_t head)
{
    unsigned int what = (head & 0x0f) % PROCEDURES;
    if (held[what]) {
        bt_gatt_cancel(conn, params_of(what));
    } else {
        held[what] = start(conn, what, head >> 4 & 7) == 0;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 4000) {
        return 0;
    }
    memset(held, 0, sizeof(held));
    fake_begin(BT_CONN_ROLE_CENTRAL);
    struct bt_conn *conn = conn_at(0);
    struct rd r = rd_init(data, size);
    while (rd_left(&r)) {
        struct fake_frame frame;
        uint8_t head = rd_u8(&r);
        if (head & 0x80) {
            act(conn, head);
        } else {
            size_t len = MIN(head, rd_left(&r));
            fake_att(conn, rd_take(&r, len), len);
        }
        while (fake_sent(&frame)) {
            assert_true(frame.len <= 4u + bt_gatt_get_mtu(conn));
        }
    }
    fake_disconnect(conn);
    for (unsigned int i = 0; i < PROCEDURES; i++) {
        assert_false(held[i]);
    }
    fake_end();
    return 0;
}
