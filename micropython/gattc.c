// MicroPython's Bluetooth backend: the GATT client.
//
// Invariants: one discovery per connection at a time; every operation that was accepted ends with
// exactly one event of its own (*_DONE, MTU_EXCHANGED), link loss included, unless the radio went
// down. Operation slots keep copies of what the program gave. Vol 3, Part G, 4.
#include <errno.h>
#include <string.h>

#include <breeze/gatt.h>

#include "py/mperrno.h"

#include "backend.h"

#define OPS_MAX 8 // Reads and writes with response under way at once, over all connections.

struct op {
    bool busy;
    uint16_t handle;
    uint8_t *data; // Of a write.
    union {
        struct bt_gatt_read_params read;
        struct bt_gatt_write_params write;
    };
};

static struct {
    struct op ops[OPS_MAX];
} gattc;

// The connection for an operation of the program; else *err says what is wrong.
static struct mpy_conn *client(uint16_t conn_handle, int *err)
{
    struct mpy_conn *mc = mpy_conn_get(conn_handle);
    if (!mc) {
        *err = mpy_on() ? MP_ENOTCONN : MP_ENODEV;
    }
    return mc;
}

// ---- Discovery ---------------------------------------------------------------------------------

static uint8_t discovery_end(struct mpy_conn *mc)
{
    uint8_t event = mc->discovery.event;
    uint16_t status = mpy_status(mc->conn, BT_ATT_ERR_ATTRIBUTE_NOT_FOUND);
    mc->discovery.event = 0; // First: the handler may start the next one.
    mpy_enter();
    mp_bluetooth_gattc_on_discover_complete(event, mpy_conn_handle(mc),
                                            status == MPY_STATUS_NOT_CONN ? status : 0);
    mpy_leave();
    return BT_GATT_ITER_STOP;
}

static uint8_t on_service(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                          struct bt_gatt_discover_params *params)
{
    struct mpy_conn *mc = mpy_conn_of(conn);
    if (!mc) {
        return BT_GATT_ITER_STOP;
    }
    if (!attr) {
        return discovery_end(mc);
    }
    const struct bt_gatt_service_val *service = attr->user_data;
    mp_obj_bluetooth_uuid_t uuid = {.type = 0};
    mpy_uuid_from_bt(&uuid, service->uuid);
    mpy_enter();
    mp_bluetooth_gattc_on_primary_service_result(mpy_conn_handle(mc), attr->handle,
                                                 service->end_handle, &uuid);
    mpy_leave();
    return BT_GATT_ITER_CONTINUE;
}

static bool same_uuid(const mp_obj_bluetooth_uuid_t *a, const union mpy_uuid *b)
{
    union mpy_uuid other;
    return mpy_uuid_to_bt(&other, a) && !bt_uuid_cmp(&other.uuid, &b->uuid);
}

// The characteristic seen last ends at `end`.
static void characteristic_end(struct mpy_conn *mc, uint16_t end)
{
    struct mpy_discovery *discovery = &mc->discovery;
    uint16_t value_handle = discovery->value_handle;
    discovery->value_handle = 0;
    if (!value_handle ||
        (discovery->filtered && !same_uuid(&discovery->chrc_uuid, &discovery->uuid))) {
        return;
    }
    mp_obj_bluetooth_uuid_t uuid = discovery->chrc_uuid;
    mpy_enter();
    mp_bluetooth_gattc_on_characteristic_result(mpy_conn_handle(mc), value_handle, end,
                                                discovery->properties, &uuid);
    mpy_leave();
}

static uint8_t on_characteristic(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                                 struct bt_gatt_discover_params *params)
{
    struct mpy_conn *mc = mpy_conn_of(conn);
    if (!mc) {
        return BT_GATT_ITER_STOP;
    }
    struct mpy_discovery *discovery = &mc->discovery;
    if (!attr) {
        characteristic_end(mc, discovery->end);
        return mpy_conn_of(conn) ? discovery_end(mc) : BT_GATT_ITER_STOP;
    }
    const struct bt_gatt_chrc *chrc = attr->user_data;
    mp_obj_bluetooth_uuid_t uuid = {.type = 0};
    mpy_uuid_from_bt(&uuid, chrc->uuid);
    uint8_t properties = chrc->properties;
    uint16_t value_handle = chrc->value_handle;
    characteristic_end(mc, attr->handle - 1);
    discovery->chrc_uuid = uuid;
    discovery->properties = properties;
    discovery->value_handle = value_handle;
    return BT_GATT_ITER_CONTINUE;
}

static uint8_t on_descriptor(struct bt_conn *conn, const struct bt_gatt_attr *attr,
                             struct bt_gatt_discover_params *params)
{
    struct mpy_conn *mc = mpy_conn_of(conn);
    if (!mc) {
        return BT_GATT_ITER_STOP;
    }
    if (!attr) {
        return discovery_end(mc);
    }
    mp_obj_bluetooth_uuid_t uuid = {.type = 0};
    mpy_uuid_from_bt(&uuid, attr->uuid);
    mpy_enter();
    mp_bluetooth_gattc_on_descriptor_result(mpy_conn_handle(mc), attr->handle, &uuid);
    mpy_leave();
    return BT_GATT_ITER_CONTINUE;
}

// What differs between the three discoveries.
struct discovery_kind {
    uint8_t event;
    uint8_t type;
    bt_gatt_discover_func_t func;
    bool host_filters; // The peer is asked for the UUID; else all come and ours is picked.
};

static const struct discovery_kind services = {MP_BLUETOOTH_IRQ_GATTC_SERVICE_DONE,
                                               BT_GATT_DISCOVER_PRIMARY, on_service, true};
static const struct discovery_kind characteristics = {MP_BLUETOOTH_IRQ_GATTC_CHARACTERISTIC_DONE,
                                                      BT_GATT_DISCOVER_CHARACTERISTIC,
                                                      on_characteristic, false};
static const struct discovery_kind descriptors = {MP_BLUETOOTH_IRQ_GATTC_DESCRIPTOR_DONE,
                                                  BT_GATT_DISCOVER_ATTRIBUTE, on_descriptor, true};

static int discover(const struct discovery_kind *kind, uint16_t conn_handle, uint16_t start,
                    uint16_t end, const mp_obj_bluetooth_uuid_t *uuid)
{
    int err = 0;
    struct mpy_conn *mc = client(conn_handle, &err);
    if (!mc) {
        return err;
    }
    struct mpy_discovery *discovery = &mc->discovery;
    if (discovery->event) {
        return MP_EBUSY;
    }
    *discovery = (struct mpy_discovery){.filtered = uuid != NULL, .end = end};
    if (!start || start > end || (uuid && !mpy_uuid_to_bt(&discovery->uuid, uuid))) {
        return MP_EINVAL;
    }
    discovery->params = (struct bt_gatt_discover_params){
        .uuid = uuid && kind->host_filters ? &discovery->uuid.uuid : NULL,
        .func = kind->func,
        .start_handle = start,
        .end_handle = end,
        .type = kind->type,
    };
    discovery->event = kind->event;
    err = bt_gatt_discover(mc->conn, &discovery->params);
    if (err) {
        discovery->event = 0;
    }
    return mpy_errno(err);
}

int mp_bluetooth_gattc_discover_primary_services(uint16_t conn_handle,
                                                 const mp_obj_bluetooth_uuid_t *uuid)
{
    return discover(&services, conn_handle, BT_ATT_FIRST_ATTRIBUTE_HANDLE,
                    BT_ATT_LAST_ATTRIBUTE_HANDLE, uuid);
}

int mp_bluetooth_gattc_discover_characteristics(uint16_t conn_handle, uint16_t start_handle,
                                                uint16_t end_handle,
                                                const mp_obj_bluetooth_uuid_t *uuid)
{
    return discover(&characteristics, conn_handle, start_handle, end_handle, uuid);
}

// The start is a value's handle: its descriptors begin after it.
int mp_bluetooth_gattc_discover_descriptors(uint16_t conn_handle, uint16_t start_handle,
                                            uint16_t end_handle)
{
    uint16_t start = start_handle < UINT16_MAX ? start_handle + 1 : 0;
    return discover(&descriptors, conn_handle, start, end_handle, NULL);
}

// ---- Reads and writes --------------------------------------------------------------------------

static struct op *op_new(uint16_t handle)
{
    for (size_t i = 0; i < OPS_MAX; i++) {
        if (!gattc.ops[i].busy) {
            gattc.ops[i] = (struct op){.busy = true, .handle = handle};
            return &gattc.ops[i];
        }
    }
    return NULL;
}

static void op_free(struct op *op)
{
    mpy_free(op->data);
    *op = (struct op){.busy = false};
}

static void raise_status(struct mpy_conn *mc, uint8_t event, uint16_t handle, uint16_t status)
{
    mpy_enter();
    mp_bluetooth_gattc_on_read_write_status(event, mpy_conn_handle(mc), handle, status);
    mpy_leave();
}

static void raise_data(struct mpy_conn *mc, uint8_t event, uint16_t handle, const void *data,
                       uint16_t len)
{
    const uint8_t *fragment = data ? data : (const uint8_t *)"";
    mpy_enter();
    mp_bluetooth_gattc_on_data_available(event, mpy_conn_handle(mc), handle, &fragment, &len, 1);
    mpy_leave();
}

// One PDU answers a read: a value that fills it may be longer, and MicroPython reads no further.
static uint8_t on_read(struct bt_conn *conn, uint8_t err, struct bt_gatt_read_params *params,
                       const void *data, uint16_t len)
{
    struct op *op = CONTAINER_OF(params, struct op, read);
    uint16_t handle = op->handle;
    op_free(op);
    struct mpy_conn *mc = mpy_conn_of(conn);
    if (mc && !err) {
        raise_data(mc, MP_BLUETOOTH_IRQ_GATTC_READ_RESULT, handle, data, len);
        mc = mpy_conn_of(conn);
    }
    if (mc) {
        raise_status(mc, MP_BLUETOOTH_IRQ_GATTC_READ_DONE, handle, mpy_status(conn, err));
    }
    return BT_GATT_ITER_STOP;
}

int mp_bluetooth_gattc_read(uint16_t conn_handle, uint16_t value_handle)
{
    int err = 0;
    struct mpy_conn *mc = client(conn_handle, &err);
    if (!mc) {
        return err;
    }
    if (!value_handle) {
        return MP_EINVAL;
    }
    struct op *op = op_new(value_handle);
    if (!op) {
        return MP_ENOMEM;
    }
    op->read.func = on_read;
    op->read.handle_count = 1;
    op->read.single.handle = value_handle;
    err = bt_gatt_read(mc->conn, &op->read);
    if (err) {
        op_free(op);
    }
    return mpy_errno(err);
}

static void on_write(struct bt_conn *conn, uint8_t err, struct bt_gatt_write_params *params)
{
    struct op *op = CONTAINER_OF(params, struct op, write);
    uint16_t handle = op->handle;
    op_free(op);
    struct mpy_conn *mc = mpy_conn_of(conn);
    if (mc) {
        raise_status(mc, MP_BLUETOOTH_IRQ_GATTC_WRITE_DONE, handle, mpy_status(conn, err));
    }
}

static int write_with_response(struct bt_conn *conn, uint16_t handle, const uint8_t *data,
                               size_t len)
{
    struct op *op = op_new(handle);
    if (!op) {
        return -ENOMEM;
    }
    op->data = mpy_alloc(len ? len : 1);
    if (!op->data) {
        op_free(op);
        return -ENOMEM;
    }
    if (len) {
        memcpy(op->data, data, len);
    }
    op->write = (struct bt_gatt_write_params){
        .func = on_write,
        .handle = handle,
        .data = op->data,
        .length = (uint16_t)len,
    };
    int err = bt_gatt_write(conn, &op->write);
    if (err) {
        op_free(op);
    }
    return err;
}

int mp_bluetooth_gattc_write(uint16_t conn_handle, uint16_t value_handle, const uint8_t *value,
                             size_t value_len, unsigned int mode)
{
    int err = 0;
    struct mpy_conn *mc = client(conn_handle, &err);
    if (!mc) {
        return err;
    }
    if (!value_handle || mode > MP_BLUETOOTH_WRITE_MODE_WITH_RESPONSE) {
        return MP_EINVAL;
    }
    size_t len = MIN(value_len, mpy_value_max(mc));
    if (mode == MP_BLUETOOTH_WRITE_MODE_WITH_RESPONSE) {
        err = write_with_response(mc->conn, value_handle, value, len);
    } else {
        err = bt_gatt_write_without_response(mc->conn, value_handle, value, (uint16_t)len, false);
    }
    return mpy_errno(err);
}

// ---- MTU ---------------------------------------------------------------------------------------

void mpy_gattc_mtu_updated(struct mpy_conn *mc, uint16_t mtu)
{
    mc->mtu_told = true;
    mpy_enter();
    mp_bluetooth_gatts_on_mtu_exchanged(mpy_conn_handle(mc), mtu);
    mpy_leave();
}

static void on_mtu(struct bt_conn *conn, uint8_t err, struct bt_gatt_exchange_params *params)
{
    struct mpy_conn *mc = mpy_conn_of(conn);
    if (!mc) {
        return;
    }
    mc->mtu_busy = false;
    if (!err && !mc->mtu_told) { // The exchange changed nothing, and the host tells changes only.
        mpy_gattc_mtu_updated(mc, bt_gatt_get_mtu(conn));
    }
}

int mp_bluetooth_gattc_exchange_mtu(uint16_t conn_handle)
{
    int err = 0;
    struct mpy_conn *mc = client(conn_handle, &err);
    if (!mc) {
        return err;
    }
    if (mc->mtu_busy) {
        return MP_EALREADY;
    }
    mc->mtu_busy = true;
    mc->mtu_told = false;
    mc->mtu_params = (struct bt_gatt_exchange_params){.func = on_mtu};
    err = bt_gatt_exchange_mtu(mc->conn, &mc->mtu_params);
    if (err) {
        mc->mtu_busy = false;
    }
    return mpy_errno(err);
}

// ---- Notifications of peers --------------------------------------------------------------------

static void notified(struct bt_conn *conn, uint16_t handle, const void *data, uint16_t len,
                     bool indication)
{
    struct mpy_conn *mc = mpy_conn_of(conn);
    if (mc) {
        uint8_t event =
            indication ? MP_BLUETOOTH_IRQ_GATTC_INDICATE : MP_BLUETOOTH_IRQ_GATTC_NOTIFY;
        raise_data(mc, event, handle, data, len);
    }
}

static const struct breeze_gatt_any_cb any_callbacks = {.notified = notified};

void mpy_gattc_register(void)
{
    breeze_gatt_any_cb_set(&any_callbacks);
}

void mpy_gattc_reset(void)
{
    for (size_t i = 0; i < OPS_MAX; i++) {
        if (gattc.ops[i].busy) {
            op_free(&gattc.ops[i]);
        }
    }
}
