// Periodic advertising of the test host: trains of its sets, and one sync with somebody's.
#include <errno.h>

#include <zephyr/bluetooth/bluetooth.h>

#include "host_parts.h"

static struct bt_le_per_adv_sync *sync;

static void on_synced(struct bt_le_per_adv_sync *which, struct bt_le_per_adv_sync_synced_info *info)
{
    sync = which;
    say("synced %s %u %u %u %u", addr_text(info->addr), info->sid, info->interval, info->phy,
        info->service_data);
}

static void on_term(struct bt_le_per_adv_sync *which,
                    const struct bt_le_per_adv_sync_term_info *info)
{
    sync = NULL;
    say("sync_ended reason=0x%02x", info->reason);
}

static void on_recv(struct bt_le_per_adv_sync *which,
                    const struct bt_le_per_adv_sync_recv_info *info, struct net_buf_simple *buf)
{
    say_octets("per_report", buf->data, buf->len);
}

static struct bt_le_per_adv_sync_cb sync_cb = {
    .synced = on_synced, .term = on_term, .recv = on_recv};

int per_make(uint32_t slot, uint16_t interval, uint32_t len)
{
    struct bt_le_ext_adv *set = set_at(slot);
    struct bt_data data[PARTS_MAX];
    size_t count = structures(data, len);
    if (set == NULL) {
        return -EINVAL;
    }
    int rc = bt_le_per_adv_set_param(set, BT_LE_PER_ADV_PARAM(interval, interval, 0));
    rc = rc ? rc : bt_le_per_adv_set_data(set, data, count);
    return rc ? rc : bt_le_per_adv_start(set);
}

int per_stop(uint32_t slot)
{
    struct bt_le_ext_adv *set = set_at(slot);
    return set ? bt_le_per_adv_stop(set) : -EINVAL;
}

int sync_make(const bt_addr_le_t *addr, uint8_t sid)
{
    struct bt_le_per_adv_sync_param param = {.addr = *addr, .sid = sid, .timeout = 100};
    (void)bt_le_per_adv_sync_cb_register(&sync_cb);
    return bt_le_per_adv_sync_create(&param, &sync);
}

int sync_end(void)
{
    return bt_le_per_adv_sync_delete(sync);
}

int past_take(void)
{
    struct bt_le_per_adv_sync_transfer_param param = {.timeout = 100};
    (void)bt_le_per_adv_sync_cb_register(&sync_cb);
    return bt_le_per_adv_sync_transfer_subscribe(NULL, &param);
}

int past_give(uint32_t link, bool own, uint32_t slot, uint16_t service_data)
{
    struct bt_conn *conn = link_at(link);
    struct bt_le_ext_adv *set = set_at(slot);
    if (conn == NULL || (own ? set == NULL : sync == NULL)) {
        return -EINVAL;
    }
    return own ? bt_le_per_adv_set_info_transfer(set, conn, service_data)
               : bt_le_per_adv_sync_transfer(sync, conn, service_data);
}
