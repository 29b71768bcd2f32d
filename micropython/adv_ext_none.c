// The twin of adv_ext.c in a build without advertising sets.
#include <errno.h>

#include "backend.h"

int mpy_adv_ext_start(const struct bt_le_adv_param *param, const uint8_t *adv, size_t adv_len,
                      const uint8_t *rsp, size_t rsp_len)
{
    return -ENOTSUP;
}

void mpy_adv_ext_stop(void)
{
}

void mpy_adv_ext_reset(void)
{
}
