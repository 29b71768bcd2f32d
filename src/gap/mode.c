// Privacy modes of bonded peers (breeze/privacy.h; Vol 6, Part B, 4.7; Vol 4, Part E, 7.8.77).
//
// Those in network privacy mode stand in rpa_reg, by identity; all others are in device privacy mode.
// Who leaves the bonds leaves this list with them (gap_bonds_changed()). rlist.c tells the controller;
// for whom it does not know, scan.c and link.c ask here.
#include <errno.h>

#include "gap/state.h"

static int find(uint8_t id, const bt_addr_le_t *addr)
{
    for (int i = 0; i < rpa_reg.network_count; i++) {
        if (rpa_reg.network[i].id == id && bt_addr_le_eq(&rpa_reg.network[i].addr, addr)) {
            return i;
        }
    }
    return -1;
}

static void forget(int at)
{
    rpa_reg.network[at] = rpa_reg.network[--rpa_reg.network_count];
}

bool mode_is_network(uint8_t id, const bt_addr_le_t *addr)
{
    return find(id, addr) >= 0;
}

void mode_bonds_changed(void)
{
    struct gap_bond bond;
    for (int i = rpa_reg.network_count - 1; i >= 0; i--) {
        if (!gap_find_behind_rpa(rpa_reg.network[i].id, &rpa_reg.network[i].addr, &bond)) {
            forget(i);
        }
    }
}

// ---- The API ------------------------------------------------------------------------------------

int breeze_privacy_mode_set(uint8_t id, const bt_addr_le_t *peer, enum breeze_privacy_mode mode)
{
    struct gap_bond bond;
    if (!peer || (unsigned int)mode > BREEZE_PRIVACY_MODE_NETWORK) {
        return -EINVAL;
    }
    if (!gap_find_behind_rpa(id, peer, &bond)) {
        return -ENOENT;
    }
    int at = find(id, peer);
    if (mode == BREEZE_PRIVACY_MODE_NETWORK && at < 0) {
        // There is room: each is a bond of its own.
        rpa_reg.network[rpa_reg.network_count].id = id;
        rpa_reg.network[rpa_reg.network_count++].addr = *peer;
    } else if (mode == BREEZE_PRIVACY_MODE_DEVICE && at >= 0) {
        forget(at);
    }
    rlist_changed();
    return 0;
}

enum breeze_privacy_mode breeze_privacy_mode_get(uint8_t id, const bt_addr_le_t *peer)
{
    return peer && mode_is_network(id, peer) ? BREEZE_PRIVACY_MODE_NETWORK
                                             : BREEZE_PRIVACY_MODE_DEVICE;
}
