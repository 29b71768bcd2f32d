// Services in the database: static and registered ones, and walks over their attributes.
//
// Static services enter the database's map when it is first needed: GAP, GATT, then those of the
// application by name. Registered ones follow. Handles are the map's business (att/db.h).
#include <errno.h>
#include <string.h>

#include <zephyr/bluetooth/gatt.h>

#include "att/db.h"
#include "att/state.h"
#include "gatt/gatt.h"

#define LOG_LAYER LOG_GATT
#include "base/log.h"

// The order of static services: by name, those of one name as the linker placed them.
static bool is_behind(const struct bt_gatt_service_static *svc,
                      const struct bt_gatt_service_static *than)
{
    int order = than ? strcmp(svc->_name, than->_name) : 1;
    return order > 0 || (order == 0 && svc > than);
}

static const struct bt_gatt_service_static *next_static(const struct bt_gatt_service_static *last)
{
    const struct bt_gatt_service_static *next = NULL;
    STRUCT_SECTION_FOREACH (bt_gatt_service_static, svc) {
        if (is_behind(svc, last) && (!next || is_behind(next, svc))) {
            next = svc;
        }
    }
    return next;
}

static void add_static(const struct bt_gatt_service_static *svc)
{
    if (gatt_reg.static_cnt == CONFIG_BREEZE_GATT_STATIC_MAX ||
        !db_add(svc->attrs, (uint16_t)svc->attr_count, 0)) {
        log_err("static service %s does not fit: raise CONFIG_BREEZE_GATT_STATIC_MAX", svc->_name);
        return;
    }
    gatt_reg.static_cnt++;
}

void gatt_db_ensure(void)
{
    if (gatt_reg.static_cnt) {
        return;
    }
    add_static(&gap_service);
    add_static(&gatt_service);
    const struct bt_gatt_service_static *svc = NULL;
    while ((svc = next_static(svc)) != NULL) {
        add_static(svc);
    }
}

// ---- Registration ------------------------------------------------------------------------------

// The handle that the application wants for an attribute, 0 any.
static uint16_t wanted(const struct bt_gatt_attr *attr)
{
    return attr->_auto_assigned_handle ? 0 : attr->handle;
}

// A service begins with its declaration; a characteristic declaration is followed by its value;
// handles are all given, consecutively, or none.
static bool well_formed(const struct bt_gatt_service *svc)
{
    if (!svc || !svc->attrs || !svc->attr_count || svc->attr_count > UINT16_MAX) {
        return false;
    }
    uint16_t start = wanted(&svc->attrs[0]);
    for (size_t i = 0; i < svc->attr_count; i++) {
        const struct bt_gatt_attr *attr = &svc->attrs[i];
        if (!attr->uuid || wanted(attr) != (start ? (uint16_t)(start + i) : 0)) {
            return false;
        }
        if (uuid_is(attr->uuid, BT_UUID_GATT_CHRC_VAL) && i + 1 == svc->attr_count) {
            return false;
        }
    }
    return uuid_is_service(svc->attrs[0].uuid);
}

int bt_gatt_service_register(struct bt_gatt_service *svc)
{
    gatt_db_ensure();
    if (!well_formed(svc)) {
        return -EINVAL;
    }
    if (db_service_of(svc->attrs)) {
        return -EALREADY;
    }
    if (att_reg.db_count - gatt_reg.static_cnt >= CONFIG_BREEZE_GATT_SERVICES_MAX) {
        return -ENOMEM;
    }
    uint16_t want = wanted(&svc->attrs[0]);
    uint16_t start = db_add(svc->attrs, (uint16_t)svc->attr_count, want);
    if (!start) {
        return want ? -EINVAL : -ENOMEM;
    }
    for (size_t i = 0; !want && i < svc->attr_count; i++) {
        svc->attrs[i].handle = (uint16_t)(start + i);
        svc->attrs[i]._auto_assigned_handle = true;
    }
    gatt_changed(start, (uint16_t)(start + svc->attr_count - 1));
    return 0;
}

int bt_gatt_service_unregister(struct bt_gatt_service *svc)
{
    struct db_service removed;
    if (!svc || !db_remove(svc->attrs, &removed)) {
        return -ENOENT;
    }
    for (size_t i = 0; i < svc->attr_count; i++) {
        if (svc->attrs[i]._auto_assigned_handle) {
            svc->attrs[i].handle = 0;
            svc->attrs[i]._auto_assigned_handle = false;
        }
    }
    uint16_t end = (uint16_t)(removed.start + removed.count - 1);
    gatt_ccc_drop_range(removed.start, end);
    gatt_changed(removed.start, end);
    return 0;
}

bool bt_gatt_service_is_registered(const struct bt_gatt_service *svc)
{
    return svc && svc->attrs && db_service_of(svc->attrs);
}

int bt_gatt_authorization_cb_register(const struct bt_gatt_authorization_cb *cb)
{
    if (cb && att_reg.authorization && att_reg.authorization != cb) {
        return -EALREADY;
    }
    att_reg.authorization = cb;
    return 0;
}

// ---- Walks -------------------------------------------------------------------------------------

void bt_gatt_foreach_attr_type(uint16_t start_handle, uint16_t end_handle,
                               const struct bt_uuid *uuid, const void *attr_data,
                               uint16_t num_matches, bt_gatt_attr_func_t func, void *user_data)
{
    gatt_db_ensure();
    uint16_t left = num_matches ? num_matches : UINT16_MAX;
    uint16_t at = start_handle ? start_handle : 1;
    const struct bt_gatt_attr *attr;
    while (left && (attr = db_next(&at, end_handle)) != NULL) {
        if ((!uuid || !bt_uuid_cmp(uuid, attr->uuid)) &&
            (!attr_data || attr_data == attr->user_data)) {
            left = num_matches ? (uint16_t)(left - 1) : left;
            if (func(attr, at, user_data) == BT_GATT_ITER_STOP) {
                return;
            }
        }
        if (at == UINT16_MAX) {
            return;
        }
        at++;
    }
}

struct bt_gatt_attr *bt_gatt_attr_next(const struct bt_gatt_attr *attr)
{
    uint16_t handle = bt_gatt_attr_get_handle(attr);
    return handle && handle < UINT16_MAX ? (struct bt_gatt_attr *)db_find((uint16_t)(handle + 1))
                                         : NULL;
}

struct bt_gatt_attr *bt_gatt_find_by_uuid(const struct bt_gatt_attr *attr, uint16_t attr_count,
                                          const struct bt_uuid *uuid)
{
    for (uint16_t i = 0; i < attr_count; i++) {
        if (bt_uuid_cmp(attr[i].uuid, uuid) == 0) {
            return (struct bt_gatt_attr *)&attr[i];
        }
    }
    return NULL;
}

uint16_t bt_gatt_attr_get_handle(const struct bt_gatt_attr *attr)
{
    if (!attr) {
        return 0;
    }
    if (attr->handle) {
        return attr->handle;
    }
    gatt_db_ensure();
    return db_handle_of(attr);
}

uint16_t bt_gatt_attr_value_handle(const struct bt_gatt_attr *attr)
{
    if (!attr || !uuid_is(attr->uuid, BT_UUID_GATT_CHRC_VAL)) {
        return 0;
    }
    const struct bt_gatt_chrc *chrc = attr->user_data;
    uint16_t handle = chrc->value_handle ? 0 : bt_gatt_attr_get_handle(attr);
    return handle ? (uint16_t)(handle + 1) : chrc->value_handle;
}
