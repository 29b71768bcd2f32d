// The twin of rpa.c in a build that shows its identity only.
#include <errno.h>

#include <zephyr/bluetooth/bluetooth.h>

#include "gap/gap.h"
#include "gap/id.h"
#include "gap/rpa.h"

enum own_kind own_kind(void)
{
    return OWN_IDENTITY;
}

int own_kind_of(uint32_t adv_options)
{
    bool private = adv_options & (BT_LE_ADV_OPT_USE_NRPA | BT_LE_ADV_OPT_DIR_ADDR_RPA);
    return private ? -ENOTSUP : (int)OWN_IDENTITY;
}

bool own_aim(uint32_t adv_options, uint8_t id, const bt_addr_le_t *peer, bt_addr_le_t *to)
{
    *to = *peer;
    return true;
}

const bt_addr_le_t *own_addr(enum own_kind kind, uint8_t id)
{
    return gap_id_addr(id);
}

const uint8_t *own_irk(uint8_t id)
{
    return NULL;
}

void own_irk_restore(uint8_t id, const uint8_t irk[16])
{
}

int own_irk_assign(uint8_t id, uint8_t *irk)
{
    return irk ? -EINVAL : 0;
}

void own_irk_forget(uint8_t id)
{
}

// Left as they are, for a build that uses them.
bool own_irk_load(const uint8_t *value, size_t len)
{
    return true;
}

void own_irk_load_done(void)
{
}

void own_lost(void)
{
}

int breeze_privacy_set(enum breeze_privacy privacy)
{
    return privacy == BREEZE_PRIVACY_NONE ? 0 : -ENOTSUP;
}

enum breeze_privacy breeze_privacy_get(void)
{
    return BREEZE_PRIVACY_NONE;
}

int breeze_privacy_addr(bt_addr_le_t *addr)
{
    const bt_addr_le_t *own = addr && gap_is_ready() ? gap_id_addr(BT_ID_DEFAULT) : NULL;
    if (!own) {
        return addr ? -EAGAIN : -EINVAL;
    }
    *addr = *own;
    return 0;
}

int bt_le_set_rpa_timeout(uint16_t new_rpa_timeout)
{
    return -ENOTSUP;
}

int breeze_privacy_mode_set(uint8_t id, const bt_addr_le_t *peer, enum breeze_privacy_mode mode)
{
    return -ENOTSUP;
}

enum breeze_privacy_mode breeze_privacy_mode_get(uint8_t id, const bt_addr_le_t *peer)
{
    return BREEZE_PRIVACY_MODE_DEVICE;
}
