// The twin of ext.c, ext_adv.c, ext_scan.c and per_sync.c in a build without extended advertising.
#include "gap/gap.h"

bool ext_used(void)
{
    return false;
}

const struct adv_step *ext_adv_steps(void)
{
    return NULL;
}

uint16_t ext_adv_put_enable(const struct adv_run *run, bool on, struct wr *params)
{
    return 0;
}

bool ext_adv_next(struct hci_cmd *cmd, struct wr *params)
{
    return false;
}

void ext_adv_lost(void)
{
}

void ext_scan_lost(void)
{
}

bool ext_adv_uses(uint8_t id)
{
    return false;
}

bool ext_adv_defers(const struct conn_link *link)
{
    return false;
}

bool ext_adv_on_terminated(struct rd *params)
{
    return false;
}

bool ext_adv_on_scan_request(struct rd *params)
{
    return false;
}

bool ext_scan_on_report(struct rd *params)
{
    return false;
}

uint16_t ext_scan_put_param(const struct bt_le_scan_param *param, struct wr *params)
{
    return 0;
}

uint16_t ext_scan_put_enable(bool on, bool filter, struct wr *params)
{
    return 0;
}

uint16_t ext_init_put_create(const struct init_run *run, struct wr *params)
{
    return 0;
}

bool ext_adv_is_on(void)
{
    return false;
}

bool per_sync_is_out(void)
{
    return false;
}

bool per_sync_next(struct hci_cmd *cmd, struct wr *params)
{
    return false;
}

void per_sync_lost(void)
{
}

bool per_sync_on_established(struct rd *params)
{
    return false;
}

bool per_sync_on_report(struct rd *params)
{
    return false;
}

bool per_sync_on_lost(struct rd *params)
{
    return false;
}

bool per_sync_on_transfer(struct rd *params)
{
    return false;
}
