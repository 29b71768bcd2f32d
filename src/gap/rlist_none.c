// The twin of rlist.c in a build that leaves the resolving list alone.
#include "gap/gap.h"

bool rlist_next(struct hci_cmd *cmd, struct wr *params)
{
    return false;
}

bool rlist_needs_quiet(void)
{
    return false;
}

void rlist_changed(void)
{
}

void rlist_lost(void)
{
}

bool rlist_resolves(const bt_addr_le_t *identity)
{
    return false;
}

uint8_t rlist_own_type(const bt_addr_le_t *own)
{
    return own->type;
}
