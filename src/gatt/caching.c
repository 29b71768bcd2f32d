// Robust caching (Vol 3, Part G, 2.5.2.1): a client that asked for it is not served by handles of a
// database that is not the one it knows. It is refused once (Database Out Of Sync); its next request
// makes it aware, as it does after it read the hash. Service Changed, confirmed, does so at once.
#include <zephyr/bluetooth/gatt.h>

#include "att/pdu.h"
#include "att/server.h"
#include "gatt/gatt.h"

// Requests of handles, which may be others than the client thinks. Prepared writes were looked at
// when they were prepared.
static bool is_by_handle(uint8_t op)
{
    static const uint8_t by_handle[] = {ATT_READ_REQ,  ATT_READ_BLOB_REQ,      ATT_READ_MULTI_REQ,
                                        ATT_WRITE_REQ, ATT_READ_MULTI_VAR_REQ, ATT_PREPARE_REQ};
    for (unsigned int i = 0; i < sizeof(by_handle); i++) {
        if (op == by_handle[i]) {
            return true;
        }
    }
    return false;
}

// Read By Type discovers where it asks for declarations or in all the database, and is by handle
// otherwise.
static bool is_discovery(struct rd params)
{
    uint16_t start = rd_le16(&params);
    uint16_t end = rd_le16(&params);
    struct bt_uuid_any type;
    bool declaration = uuid_get(&params, rd_left(&params), &type) &&
                       (!bt_uuid_cmp(&type.uuid, BT_UUID_GATT_INCLUDE) ||
                        !bt_uuid_cmp(&type.uuid, BT_UUID_GATT_CHRC));
    return declaration || (start == 1 && end == ATT_HANDLE_MAX);
}

uint8_t gatt_access(struct bt_conn *conn, uint8_t op, struct rd params, uint16_t *handle)
{
    struct gatt_link *link = gatt_link_of(conn);
    if (!CONFIG_BT_GATT_CACHING || link->sync == GATT_SYNC_AWARE) {
        return 0;
    }
    if (op & ATT_OP_COMMAND) {
        return gatt_out_of_sync(link) ? BT_ATT_ERR_DB_OUT_OF_SYNC : 0;
    }
    if (link->sync == GATT_SYNC_TOLD) {
        gatt_aware(conn);
        return 0;
    }
    bool by_handle = op == ATT_READ_TYPE_REQ ? !is_discovery(params) : is_by_handle(op);
    if (!by_handle || !gatt_out_of_sync(link)) {
        return 0;
    }
    *handle = rd_le16(&params);
    link->sync = GATT_SYNC_TOLD;
    return BT_ATT_ERR_DB_OUT_OF_SYNC;
}
