// MicroPython's Bluetooth backend: extended advertising, in one set (Vol 6, Part B, 4.4.2.5).
//
// Invariant: the set lives from a start to a stop; a set that ended with a connection waits for either.
#include <breeze/adv.h>

#include "backend.h"

static struct bt_le_ext_adv *set;

int mpy_adv_ext_start(const struct bt_le_adv_param *param, const uint8_t *adv, size_t adv_len,
                      const uint8_t *rsp, size_t rsp_len)
{
    mpy_adv_ext_stop();
    int err = bt_le_ext_adv_create(param, NULL, &set);
    if (!err) {
        err = breeze_ext_adv_set_data_raw(set, adv, adv_len, rsp, rsp_len);
        err = err ? err : bt_le_ext_adv_start(set, BT_LE_EXT_ADV_START_DEFAULT);
    }
    if (err) {
        mpy_adv_ext_stop();
    }
    return err;
}

void mpy_adv_ext_stop(void)
{
    if (set) {
        (void)bt_le_ext_adv_stop(set);
        (void)bt_le_ext_adv_delete(set);
    }
    set = NULL;
}

void mpy_adv_ext_reset(void)
{
    set = NULL;
}
