// The twin of resolve.c in a build without bonds.
#include "gap/rpa.h"

bool gap_resolve(uint8_t id, bt_addr_le_t *addr)
{
    return false;
}

bool gap_find_behind_rpa(uint8_t id, const bt_addr_le_t *addr, struct gap_bond *bond)
{
    return false;
}

bool gap_is_hidden(const bt_addr_le_t *identity)
{
    return false;
}

void gap_bonds_forget(uint8_t id)
{
}

void gap_bonds_changed(void)
{
}
