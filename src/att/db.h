// The attribute database: which attribute has which handle (Vol 3, Part F, 3.2).
//
// The map is an array of services sorted by handle; an attribute's handle is its service's start
// plus its index, so nothing is ever stored in the (often constant) objects of the application.
// Look-ups are a binary search. Whoever calls the application between two look-ups must look up
// again by handle: the application may have removed the service.
#ifndef BREEZE_SRC_ATT_DB_H_
#define BREEZE_SRC_ATT_DB_H_

#include <stdbool.h>
#include <stdint.h>

#include <breeze/config.h>
#include <zephyr/bluetooth/gatt.h>

#define DB_SERVICES_MAX (CONFIG_BREEZE_GATT_STATIC_MAX + CONFIG_BREEZE_GATT_SERVICES_MAX)

struct db_service {
    const struct bt_gatt_attr *attrs;
    uint16_t start;
    uint16_t count;
};

// Add a service at `start`, or with 0 behind the last one (or in the first gap that fits). Returns
// its start handle; 0 when the map is full, the handles are used up or taken.
uint16_t db_add(const struct bt_gatt_attr *attrs, uint16_t count, uint16_t start);

// Remove the service that has these attributes; false if there is none. Its range goes to *removed.
bool db_remove(const struct bt_gatt_attr *attrs, struct db_service *removed);

// The service that has these attributes, or NULL.
const struct db_service *db_service_of(const struct bt_gatt_attr *attrs);

// The attribute with this handle, or NULL.
const struct bt_gatt_attr *db_find(uint16_t handle);

// The first attribute with a handle from *handle to `end`, both inclusive; *handle becomes its
// handle. NULL when there is none.
const struct bt_gatt_attr *db_next(uint16_t *handle, uint16_t end);

// The service that holds this attribute; NULL if it is not in the database.
const struct db_service *db_service_with(const struct bt_gatt_attr *attr);

// The handle of an attribute, 0 if it is not in the database.
uint16_t db_handle_of(const struct bt_gatt_attr *attr);

// The last handle of the group that the attribute at `handle` begins: for a service declaration the
// end of the service, for anything else the handle itself (Vol 3, Part F, 3.4.3.4).
uint16_t db_group_end(uint16_t handle);

// Is this the 16-bit UUID `val`.
static inline bool uuid_is(const struct bt_uuid *uuid, uint16_t val)
{
    return uuid->type == BT_UUID_TYPE_16 && ((const struct bt_uuid_16 *)uuid)->val == val;
}

// Is this the type of a service declaration.
static inline bool uuid_is_service(const struct bt_uuid *uuid)
{
    return uuid_is(uuid, BT_UUID_GATT_PRIMARY_VAL) || uuid_is(uuid, BT_UUID_GATT_SECONDARY_VAL);
}

#endif // BREEZE_SRC_ATT_DB_H_
