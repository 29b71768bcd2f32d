// The device name and appearance (Vol 3, Part C, 12.1 and 12.2).
#include <errno.h>
#include <string.h>

#include "gap/state.h"

int bt_set_name(const char *name)
{
    if (!name) {
        return -EINVAL;
    }
    size_t len = strlen(name);
    if (len > CONFIG_BT_DEVICE_NAME_MAX) {
        return -ENOMEM;
    }
    if (strcmp(bt_get_name(), name) == 0) {
        return 0;
    }
    memmove(gap_reg.name, name, len + 1);
    gap_reg.name_set = true;
    gap_settings_save_name();
    return 0;
}

const char *bt_get_name(void)
{
    return gap_reg.name_set ? gap_reg.name : CONFIG_BT_DEVICE_NAME;
}

bool name_load(const char *name, size_t len)
{
    if (len > CONFIG_BT_DEVICE_NAME_MAX || memchr(name, '\0', len)) {
        return false;
    }
    memcpy(gap_reg.name, name, len);
    gap_reg.name[len] = '\0';
    gap_reg.name_set = true;
    return true;
}

uint16_t bt_get_appearance(void)
{
    return gap_reg.appearance_set ? gap_reg.appearance : CONFIG_BT_DEVICE_APPEARANCE;
}

int bt_set_appearance(uint16_t new_appearance)
{
    if (bt_get_appearance() != new_appearance) {
        gap_reg.appearance = new_appearance;
        gap_reg.appearance_set = true;
        gap_settings_save_appearance();
    }
    return 0;
}
