// The map of the attribute database; see db.h.
#include "att/db.h"

#include <string.h>

#include "att/pdu.h"
#include "att/state.h"

// Index of the first service that ends at or behind `handle`; db_count when all end before it.
static unsigned int db_index(uint16_t handle)
{
    unsigned int low = 0;
    unsigned int high = att_reg.db_count;
    while (low < high) {
        unsigned int middle = (low + high) / 2;
        const struct db_service *svc = &att_reg.db[middle];
        if (svc->start + svc->count - 1u < handle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

// First handle of `count` free ones: behind the last service, else in the first gap; 0 none.
static uint16_t db_free(uint16_t count)
{
    uint32_t next = 1;
    uint32_t gap = 0;
    for (unsigned int i = 0; i < att_reg.db_count; i++) {
        const struct db_service *svc = &att_reg.db[i];
        if (!gap && svc->start - next >= count) {
            gap = next;
        }
        next = (uint32_t)svc->start + svc->count;
    }
    if (next + count - 1u <= ATT_HANDLE_MAX) {
        return (uint16_t)next;
    }
    return (uint16_t)gap;
}

uint16_t db_add(const struct bt_gatt_attr *attrs, uint16_t count, uint16_t start)
{
    if (att_reg.db_count == DB_SERVICES_MAX || !count) {
        return 0;
    }
    if (!start) {
        start = db_free(count);
    }
    if (!start || (uint32_t)start + count - 1u > ATT_HANDLE_MAX) {
        return 0;
    }
    unsigned int at = db_index(start);
    struct db_service *svc = &att_reg.db[at];
    if (at < att_reg.db_count && svc->start < (uint32_t)start + count) {
        return 0;
    }
    memmove(svc + 1, svc, (att_reg.db_count - at) * sizeof(*svc));
    *svc = (struct db_service){attrs, start, count};
    att_reg.db_count++;
    return start;
}

const struct db_service *db_service_of(const struct bt_gatt_attr *attrs)
{
    for (unsigned int i = 0; i < att_reg.db_count; i++) {
        if (att_reg.db[i].attrs == attrs) {
            return &att_reg.db[i];
        }
    }
    return NULL;
}

bool db_remove(const struct bt_gatt_attr *attrs, struct db_service *removed)
{
    const struct db_service *found = db_service_of(attrs);
    if (!found) {
        return false;
    }
    *removed = *found;
    struct db_service *svc = &att_reg.db[found - att_reg.db];
    att_reg.db_count--;
    memmove(svc, svc + 1, (size_t)(&att_reg.db[att_reg.db_count] - svc) * sizeof(*svc));
    return true;
}

const struct bt_gatt_attr *db_next(uint16_t *handle, uint16_t end)
{
    unsigned int at = db_index(*handle);
    if (at == att_reg.db_count) {
        return NULL;
    }
    const struct db_service *svc = &att_reg.db[at];
    uint16_t found = *handle > svc->start ? *handle : svc->start;
    if (found > end) {
        return NULL;
    }
    *handle = found;
    return &svc->attrs[found - svc->start];
}

const struct bt_gatt_attr *db_find(uint16_t handle)
{
    return handle ? db_next(&handle, handle) : NULL;
}

const struct db_service *db_service_with(const struct bt_gatt_attr *attr)
{
    for (unsigned int i = 0; i < att_reg.db_count; i++) {
        const struct db_service *svc = &att_reg.db[i];
        if (attr >= svc->attrs && attr < svc->attrs + svc->count) {
            return svc;
        }
    }
    return NULL;
}

// Registered attributes know their handle; those of static services, which come first, do not.
uint16_t db_handle_of(const struct bt_gatt_attr *attr)
{
    if (attr->handle && db_find(attr->handle) == attr) {
        return attr->handle;
    }
    const struct db_service *svc = db_service_with(attr);
    return svc ? (uint16_t)(svc->start + (attr - svc->attrs)) : 0;
}

uint16_t db_group_end(uint16_t handle)
{
    unsigned int at = db_index(handle);
    if (at == att_reg.db_count || att_reg.db[at].start > handle) {
        return handle;
    }
    const struct db_service *svc = &att_reg.db[at];
    unsigned int i = handle - svc->start;
    if (!uuid_is_service(svc->attrs[i].uuid)) {
        return handle;
    }
    do {
        i++;
    } while (i < svc->count && !uuid_is_service(svc->attrs[i].uuid));
    return (uint16_t)(svc->start + i - 1);
}
