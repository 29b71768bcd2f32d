// The twin of init.c in a build that is never a central.
#include "gap/gap.h"

bool init_filters(void)
{
    return false;
}

bool init_next(struct hci_cmd *cmd, struct wr *params)
{
    return false;
}

void init_lost(void)
{
}

bool init_is_active(void)
{
    return false;
}

bool init_is_out(void)
{
    return false;
}

struct bt_conn *init_connected(const bt_addr_le_t *peer)
{
    return NULL;
}

bool init_failed(uint8_t status)
{
    return false;
}

bool init_seeks(void)
{
    return false;
}
