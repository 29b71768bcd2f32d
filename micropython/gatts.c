// MicroPython's Bluetooth backend: services, the values behind them, notifications and indications.
//
// Invariants: a table that programs register is built completely before the old one goes; if the host
// refuses it, the old one is back (a failed registration leaves nothing behind). Handles therefore
// depend on the table alone: the same table has the same handles each time. Each characteristic and
// descriptor has one value for all connections; remote writes never make it longer than its buffer
// (what does not fit is dropped, MicroPython's rule). Vol 3, Part G, 3 and 4.
#include <errno.h>
#include <string.h>

#include <breeze/gatt.h>

#include "py/mperrno.h"

#include "backend.h"
#include "extend.h"

#define PROPERTIES_MASK 0x7f

// Attribute types; the attributes keep pointers to them.
static const struct bt_uuid_16 uuid_primary = BT_UUID_INIT_16(BT_UUID_GATT_PRIMARY_VAL);
static const struct bt_uuid_16 uuid_chrc = BT_UUID_INIT_16(BT_UUID_GATT_CHRC_VAL);
static const struct bt_uuid_16 uuid_ccc = BT_UUID_INIT_16(BT_UUID_GATT_CCC_VAL);

struct value {
    uint8_t *data;
    size_t alloc;
    size_t len;
    bool append;
};

// A CCC descriptor; first what the host knows of it.
struct ccc {
    struct bt_gatt_ccc_managed_user_data managed;
    uint8_t told[CONFIG_BT_MAX_CONN]; // BT_GATT_CCC_* of each peer, as the program heard.
};

// One service as programs gave it; the arrays are parts of this allocation or of their own.
struct service {
    struct service *next;
    struct bt_gatt_service svc;
    uint16_t
        *handles; // Where to put the value handles; the program's, until the table is registered.
    struct value *values;
    size_t value_count;
    union mpy_uuid *uuids;
    size_t uuid_count;
    struct bt_gatt_chrc *chrcs;
    size_t chrc_count;
    struct ccc *cccs;
    size_t ccc_count;
};

static struct {
    struct service *services; // Registered.
    struct service *staged;   // Being built.
    size_t staged_count;
} gatts;

// ---- Values ------------------------------------------------------------------------------------

static bool value_resize(struct value *value, size_t len)
{
    uint8_t *data = mpy_alloc(len ? len : 1);
    if (!data) {
        return false;
    }
    if (value->len) {
        memcpy(data, value->data, MIN(value->len, len));
    }
    mpy_free(value->data);
    value->data = data;
    value->alloc = len;
    value->len = MIN(value->len, len);
    return true;
}

// The value with this handle, and its attribute; NULL when there is none.
static struct value *value_find(uint16_t handle, const struct bt_gatt_attr **attr)
{
    for (struct service *service = gatts.services; service; service = service->next) {
        const struct bt_gatt_attr *attrs = service->svc.attrs;
        size_t count = service->svc.attr_count;
        if (handle < attrs[0].handle || handle > attrs[count - 1].handle) {
            continue;
        }
        const struct bt_gatt_attr *found = &attrs[handle - attrs[0].handle];
        struct value *value = found->user_data;
        if (value < service->values || value >= service->values + service->value_count) {
            return NULL;
        }
        *attr = found;
        return value;
    }
    return NULL;
}

static ssize_t on_read(struct bt_conn *conn, const struct bt_gatt_attr *attr, void *buf,
                       uint16_t len, uint16_t offset)
{
    struct mpy_conn *mc = mpy_conn_of(conn);
    if (!mc) {
        return BT_GATT_ERR(BT_ATT_ERR_UNLIKELY);
    }
    mpy_enter();
    int err = mp_bluetooth_gatts_on_read_request(mpy_conn_handle(mc), attr->handle);
    mpy_leave();
    if (err) {
        return BT_GATT_ERR((uint8_t)err);
    }
    const struct value *value = attr->user_data;
    return bt_gatt_attr_read(conn, attr, buf, len, offset, value->data, (uint16_t)value->len);
}

static void value_put(struct value *value, const uint8_t *data, size_t len, size_t offset)
{
    size_t at = MIN(value->append ? value->len : offset, value->alloc);
    len = MIN(len, value->alloc - at);
    if (at > value->len) {
        memset(value->data + value->len, 0, at - value->len);
    }
    memcpy(value->data + at, data, len);
    value->len = at + len;
}

static ssize_t on_write(struct bt_conn *conn, const struct bt_gatt_attr *attr, const void *buf,
                        uint16_t len, uint16_t offset, uint8_t flags)
{
    struct mpy_conn *mc = mpy_conn_of(conn);
    if (!mc) {
        return BT_GATT_ERR(BT_ATT_ERR_UNLIKELY);
    }
    if (flags & BT_GATT_WRITE_FLAG_PREPARE) {
        return 0; // Allowed; the octets come at the execute request.
    }
    value_put(attr->user_data, buf, len, offset);
    mpy_enter();
    mp_bluetooth_gatts_on_write(mpy_conn_handle(mc), attr->handle);
    mpy_leave();
    return len;
}

// ---- Building a table --------------------------------------------------------------------------

static void service_free(struct service *service)
{
    for (size_t i = 0; service->values && i < service->value_count; i++) {
        mpy_free(service->values[i].data);
    }
    mpy_free(service->svc.attrs);
    mpy_free(service->values);
    mpy_free(service->uuids);
    mpy_free(service->chrcs);
    mpy_free(service->cccs);
    mpy_free(service);
}

static void services_free(struct service **list)
{
    while (*list) {
        struct service *service = *list;
        *list = service->next;
        service_free(service);
    }
}

static struct bt_gatt_attr *add_attr(struct service *service, const struct bt_uuid *uuid)
{
    struct bt_gatt_attr *attr = &service->svc.attrs[service->svc.attr_count++];
    attr->uuid = uuid;
    return attr;
}

// Copies a program's UUID; NULL if it has a length that no UUID has.
static const struct bt_uuid *add_uuid(struct service *service, const mp_obj_bluetooth_uuid_t *from)
{
    union mpy_uuid *uuid = &service->uuids[service->uuid_count++];
    return mpy_uuid_to_bt(uuid, from) ? &uuid->uuid : NULL;
}

// What clients need for an access, by flag.
static const struct {
    uint16_t flag;
    uint16_t perm;
} perms[] = {
    {MP_BLUETOOTH_CHARACTERISTIC_FLAG_READ, BT_GATT_PERM_READ},
    {MP_BLUETOOTH_CHARACTERISTIC_FLAG_WRITE, BT_GATT_PERM_WRITE | BT_GATT_PERM_PREPARE_WRITE},
    {MP_BLUETOOTH_CHARACTERISTIC_FLAG_WRITE_NO_RESPONSE, BT_GATT_PERM_WRITE},
    {MP_BLUETOOTH_CHARACTERISTIC_FLAG_READ_ENCRYPTED, BT_GATT_PERM_READ_ENCRYPT},
    {MP_BLUETOOTH_CHARACTERISTIC_FLAG_READ_AUTHENTICATED, BT_GATT_PERM_READ_AUTHEN},
    {MP_BLUETOOTH_CHARACTERISTIC_FLAG_WRITE_ENCRYPTED, BT_GATT_PERM_WRITE_ENCRYPT},
    {MP_BLUETOOTH_CHARACTERISTIC_FLAG_WRITE_AUTHENTICATED, BT_GATT_PERM_WRITE_AUTHEN},
};

// A value attribute: of a characteristic, or a descriptor.
static bool add_value(struct service *service, const struct bt_uuid *uuid, uint16_t flags)
{
    struct value *value = &service->values[service->value_count++];
    struct bt_gatt_attr *attr = add_attr(service, uuid);
    attr->read = on_read;
    attr->write = on_write;
    attr->user_data = value;
    for (size_t i = 0; i < ARRAY_SIZE(perms); i++) {
        if (flags & perms[i].flag) {
            attr->perm |= perms[i].perm;
        }
    }
    return value_resize(value, MP_BLUETOOTH_DEFAULT_ATTR_LEN);
}

// ---- Subscriptions of peers --------------------------------------------------------------------

// The value stands before its CCC descriptor: a program's own descriptors follow behind.
static void subscription_tell(struct bt_conn *conn, const struct bt_gatt_attr *attr)
{
    struct mpy_conn *mc = mpy_conn_of(conn);
    struct ccc *ccc = attr->user_data;
    bool notify = bt_gatt_is_subscribed(conn, attr - 1, BT_GATT_CCC_NOTIFY);
    bool indicate = bt_gatt_is_subscribed(conn, attr - 1, BT_GATT_CCC_INDICATE);
    uint8_t now = (notify ? BT_GATT_CCC_NOTIFY : 0) | (indicate ? BT_GATT_CCC_INDICATE : 0);
    if (mc && ccc->told[mpy_conn_handle(mc)] != now) {
        ccc->told[mpy_conn_handle(mc)] = now;
        mpy_raise_ext(MPY_EXT_IRQ_SUBSCRIBE, mpy_conn_handle(mc), attr[-1].handle, notify,
                      indicate);
    }
}

static ssize_t on_write_ccc(struct bt_conn *conn, const struct bt_gatt_attr *attr, const void *buf,
                            uint16_t len, uint16_t offset, uint8_t flags)
{
    ssize_t taken = bt_gatt_attr_write_ccc(conn, attr, buf, len, offset, flags);
    if (taken >= 0) {
        subscription_tell(conn, attr);
    }
    return taken;
}

void mpy_gatts_subscribed(struct bt_conn *conn)
{
    for (struct service *service = gatts.services; service; service = service->next) {
        for (size_t i = 0; i < service->svc.attr_count; i++) {
            if (service->svc.attrs[i].write == on_write_ccc) {
                subscription_tell(conn, &service->svc.attrs[i]);
            }
        }
    }
}

void mpy_gatts_conn_gone(const struct mpy_conn *mc)
{
    for (struct service *service = gatts.services; service; service = service->next) {
        for (size_t i = 0; i < service->ccc_count; i++) {
            service->cccs[i].told[mpy_conn_handle(mc)] = 0;
        }
    }
}

// ---- Building a table, continued ---------------------------------------------------------------

static void add_ccc(struct service *service)
{
    struct bt_gatt_attr *attr = add_attr(service, &uuid_ccc.uuid);
    attr->perm = BT_GATT_PERM_READ | BT_GATT_PERM_WRITE;
    attr->read = bt_gatt_attr_read_ccc;
    attr->write = on_write_ccc;
    attr->user_data = &service->cccs[service->ccc_count++];
}

static bool add_chrc(struct service *service, const mp_obj_bluetooth_uuid_t *from, uint16_t flags)
{
    const struct bt_uuid *uuid = add_uuid(service, from);
    struct bt_gatt_chrc *chrc = &service->chrcs[service->chrc_count++];
    chrc->uuid = uuid;
    chrc->properties = flags & PROPERTIES_MASK;
    struct bt_gatt_attr *decl = add_attr(service, &uuid_chrc.uuid);
    decl->perm = BT_GATT_PERM_READ;
    decl->read = bt_gatt_attr_read_chrc;
    decl->user_data = chrc;
    if (!uuid || !add_value(service, uuid, flags)) {
        return false;
    }
    if (flags &
        (MP_BLUETOOTH_CHARACTERISTIC_FLAG_NOTIFY | MP_BLUETOOTH_CHARACTERISTIC_FLAG_INDICATE)) {
        add_ccc(service);
    }
    return true;
}

static struct service *service_new(size_t chrcs, size_t descs)
{
    struct service *service = mpy_alloc(sizeof(*service));
    if (!service) {
        return NULL;
    }
    // Per characteristic at most a declaration, a value and a CCC; one too many of each array is
    // asked for, so that none is empty.
    service->svc.attrs = mpy_alloc((1 + 3 * chrcs + descs) * sizeof(struct bt_gatt_attr));
    service->values = mpy_alloc((1 + chrcs + descs) * sizeof(struct value));
    service->uuids = mpy_alloc((1 + chrcs + descs) * sizeof(union mpy_uuid));
    service->chrcs = mpy_alloc((1 + chrcs) * sizeof(struct bt_gatt_chrc));
    service->cccs = mpy_alloc((1 + chrcs) * sizeof(struct ccc));
    if (!service->svc.attrs || !service->values || !service->uuids || !service->chrcs ||
        !service->cccs) {
        service_free(service);
        return NULL;
    }
    return service;
}

static void stage(struct service *service)
{
    struct service **end = &gatts.staged;
    while (*end) {
        end = &(*end)->next;
    }
    *end = service;
    gatts.staged_count++;
}

int mp_bluetooth_gatts_register_service_begin(bool append)
{
    if (!mpy_on()) {
        return MP_ENODEV;
    }
    if (append) {
        return MP_EOPNOTSUPP; // MicroPython never asks for it.
    }
    services_free(&gatts.staged); // Of a registration that was given up.
    gatts.staged_count = 0;
    if (mpy_gap_busy() || mpy_connected()) {
        return MP_EBUSY;
    }
    return 0;
}

int mp_bluetooth_gatts_register_service(mp_obj_bluetooth_uuid_t *service_uuid,
                                        mp_obj_bluetooth_uuid_t **characteristic_uuids,
                                        uint16_t *characteristic_flags,
                                        mp_obj_bluetooth_uuid_t **descriptor_uuids,
                                        uint16_t *descriptor_flags, uint8_t *num_descriptors,
                                        uint16_t *handles, size_t num_characteristics)
{
    if (gatts.staged_count == CONFIG_BREEZE_GATT_SERVICES_MAX) {
        return MP_E2BIG;
    }
    size_t descs = 0;
    for (size_t i = 0; i < num_characteristics; i++) {
        descs += num_descriptors[i];
    }
    struct service *service = service_new(num_characteristics, descs);
    if (!service) {
        return MP_ENOMEM;
    }
    stage(service);
    service->handles = handles;
    struct bt_gatt_attr *decl = add_attr(service, &uuid_primary.uuid);
    const struct bt_uuid *uuid = add_uuid(service, service_uuid);
    decl->perm = BT_GATT_PERM_READ;
    decl->read = bt_gatt_attr_read_service;
    decl->user_data = (void *)uuid;
    bool ok = uuid != NULL;
    size_t desc = 0;
    for (size_t i = 0; ok && i < num_characteristics; i++) {
        ok = add_chrc(service, characteristic_uuids[i], characteristic_flags[i]);
        for (size_t end = desc + num_descriptors[i]; ok && desc < end; desc++) {
            uuid = add_uuid(service, descriptor_uuids[desc]);
            ok = uuid && add_value(service, uuid, descriptor_flags[desc]);
        }
    }
    return ok ? 0 : uuid ? MP_ENOMEM : MP_EINVAL;
}

static void unregister_all(struct service *list)
{
    for (; list; list = list->next) {
        if (bt_gatt_service_is_registered(&list->svc)) {
            (void)bt_gatt_service_unregister(&list->svc);
        }
    }
}

// Attributes of a table that is offered anew get their handles anew.
static int register_all(struct service *list)
{
    for (; list; list = list->next) {
        for (size_t i = 0; i < list->svc.attr_count; i++) {
            list->svc.attrs[i].handle = 0;
        }
        int err = bt_gatt_service_register(&list->svc);
        if (err) {
            return err;
        }
    }
    return 0;
}

// Tell the program its handles: values and descriptors in the order it gave them.
static void handles_put(struct service *service)
{
    size_t at = 0;
    for (size_t i = 0; i < service->svc.attr_count; i++) {
        if (service->svc.attrs[i].read == on_read) {
            service->handles[at++] = service->svc.attrs[i].handle;
        }
    }
    service->handles = NULL;
}

int mp_bluetooth_gatts_register_service_end(void)
{
    unregister_all(gatts.services);
    int err = register_all(gatts.staged);
    if (err) {
        unregister_all(gatts.staged);
        services_free(&gatts.staged);
        (void)register_all(gatts.services); // They were accepted before.
        return mpy_errno(err);
    }
    services_free(&gatts.services);
    gatts.services = gatts.staged;
    gatts.staged = NULL;
    for (struct service *service = gatts.services; service; service = service->next) {
        handles_put(service);
    }
    return 0;
}

// ---- Access from the program -------------------------------------------------------------------

int mp_bluetooth_gatts_read(uint16_t value_handle, const uint8_t **val, size_t *value_len)
{
    if (!mpy_on()) {
        return MP_ENODEV;
    }
    const struct bt_gatt_attr *attr;
    struct value *value = value_find(value_handle, &attr);
    if (!value) {
        return MP_EINVAL;
    }
    *val = value->data;
    *value_len = value->len;
    if (value->append) {
        value->len = 0; // The octets stay where they are until the next write.
    }
    return 0;
}

static int update(const struct mpy_conn *mc, const struct bt_gatt_attr *attr)
{
    if (bt_gatt_is_subscribed(mc->conn, attr, BT_GATT_CCC_NOTIFY)) {
        return mp_bluetooth_gatts_notify_indicate(mpy_conn_handle(mc), attr->handle,
                                                  MP_BLUETOOTH_GATTS_OP_NOTIFY, NULL, 0);
    }
    if (bt_gatt_is_subscribed(mc->conn, attr, BT_GATT_CCC_INDICATE)) {
        return mp_bluetooth_gatts_notify_indicate(mpy_conn_handle(mc), attr->handle,
                                                  MP_BLUETOOTH_GATTS_OP_INDICATE, NULL, 0);
    }
    return 0;
}

// Every subscriber is served; the first error is told.
static int update_all(const struct bt_gatt_attr *attr)
{
    int err = 0;
    for (uint16_t i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        const struct mpy_conn *mc = mpy_conn_get(i);
        int one = mc ? update(mc, attr) : 0;
        err = err ? err : one;
    }
    return err;
}

int mp_bluetooth_gatts_write(uint16_t value_handle, const uint8_t *val, size_t value_len,
                             bool send_update)
{
    if (!mpy_on()) {
        return MP_ENODEV;
    }
    const struct bt_gatt_attr *attr;
    struct value *value = value_find(value_handle, &attr);
    if (!value) {
        return MP_EINVAL;
    }
    if (value_len > UINT16_MAX || (value_len > value->alloc && !value_resize(value, value_len))) {
        return MP_ENOMEM;
    }
    if (value_len) {
        memcpy(value->data, val, value_len);
    }
    value->len = value_len;
    return send_update ? update_all(attr) : 0;
}

int mp_bluetooth_gatts_set_buffer(uint16_t value_handle, size_t len, bool append)
{
    if (!mpy_on()) {
        return MP_ENODEV;
    }
    const struct bt_gatt_attr *attr;
    struct value *value = value_find(value_handle, &attr);
    if (!value) {
        return MP_EINVAL;
    }
    value->len = 0;
    if (len > UINT16_MAX || !value_resize(value, len)) {
        return MP_ENOMEM;
    }
    value->append = append;
    return 0;
}

// ---- Notifications and indications -------------------------------------------------------------

// The end of an indication, as the host tells it.
static const struct {
    int err;
    uint8_t status;
} indication_status[] = {
    {0, 0},
    {-ENOTCONN, MPY_STATUS_NOT_CONN},
    {-ETIMEDOUT, MPY_STATUS_TIMEOUT},
};

static void indication_done(struct bt_conn *conn, uint16_t handle, int err, void *user)
{
    struct mpy_conn *mc = mpy_conn_of(conn);
    if (!mc) {
        return;
    }
    uint8_t status = MPY_STATUS_NOT_CONN;
    for (size_t i = 0; i < ARRAY_SIZE(indication_status); i++) {
        if (indication_status[i].err == err) {
            status = indication_status[i].status;
        }
    }
    mpy_enter();
    mp_bluetooth_gatts_on_indicate_complete(mpy_conn_handle(mc), handle, status);
    mpy_leave();
}

int mp_bluetooth_gatts_notify_indicate(uint16_t conn_handle, uint16_t value_handle, int gatts_op,
                                       const uint8_t *val, size_t value_len)
{
    if (!mpy_on()) {
        return MP_ENODEV;
    }
    struct mpy_conn *mc = mpy_conn_get(conn_handle);
    if (!mc) {
        return MP_ENOTCONN;
    }
    const struct bt_gatt_attr *attr;
    const struct value *value = value_find(value_handle, &attr);
    if (!value) {
        return MP_EINVAL;
    }
    if (!val) {
        val = value->data;
        value_len = value->len;
    }
    bool indication = gatts_op == MP_BLUETOOTH_GATTS_OP_INDICATE;
    size_t len = MIN(value_len, mpy_value_max(mc));
    return mpy_errno(breeze_gatt_send(mc->conn, value_handle, val, (uint16_t)len, indication,
                                      indication ? indication_done : NULL, NULL));
}

void mpy_gatts_reset(void)
{
    unregister_all(gatts.services);
    services_free(&gatts.services);
    services_free(&gatts.staged);
    gatts.staged_count = 0;
}
