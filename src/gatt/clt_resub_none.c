// The twin of clt_resub.c in a build without the Security Manager: no peer is bonded, every
// subscription ends with its link.
#include <errno.h>

#include "gatt/clt.h"

bool clt_away_keep(struct bt_conn *conn, struct bt_gatt_subscribe_params *params)
{
    return false;
}

bool clt_away_drop(struct bt_gatt_subscribe_params *params)
{
    return false;
}

void clt_secured(struct bt_conn *conn)
{
}

void clt_unbonded(uint8_t id, const bt_addr_le_t *peer)
{
}

void clt_off(void)
{
}

int bt_gatt_resubscribe(uint8_t id, const bt_addr_le_t *peer,
                        struct bt_gatt_subscribe_params *params)
{
    return -EINVAL;
}
