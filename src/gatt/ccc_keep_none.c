// The twin of ccc_keep.c in a build without the Security Manager: no peer is bonded.
#include "gatt/gatt.h"

void gatt_keep_written(struct bt_conn *conn)
{
}

void gatt_keep_changed(uint16_t start, uint16_t end)
{
}

void gatt_keep_secured(struct bt_conn *conn)
{
}

bool gatt_keep_has(const struct bt_conn *conn, uint16_t ccc_handle)
{
    return false;
}

void gatt_keep_unbonded(uint8_t id, const bt_addr_le_t *peer)
{
}

const struct settings_handler_static gatt_keep_settings = {.name =
                                                               "bt/ccc"}; // Left where they are.
