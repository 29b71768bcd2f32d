// The calls of synchronising with periodic advertising, its list and its transfer (Vol 4, Part E,
// 7.8.67 to 7.8.73 and 7.8.88 to 7.8.92). Syncs have wishes (per_sync.c); what is one command and
// done with is sent as it is.
#include <errno.h>

#include <zephyr/bluetooth/hci.h>

#include "gap/ext_adv.h"
#include "gap/per_sync.h"
#include "hci/wait.h"

#define SID_MAX     0x0f
#define SKIP_MAX    0x01f3
#define TIMEOUT_MIN 0x000a
#define TIMEOUT_MAX 0x4000
#define OPT_KNOWN                                                                                  \
    (BT_LE_PER_ADV_SYNC_OPT_USE_PER_ADV_LIST |                                                     \
     BT_LE_PER_ADV_SYNC_OPT_REPORTING_INITIALLY_DISABLED |                                         \
     BT_LE_PER_ADV_SYNC_OPT_FILTER_DUPLICATE)

// Modes of a transfer's receiver (7.8.91).
#define PAST_OFF      0
#define PAST_ON       2
#define PAST_FILTERED 3

// 0, or why a call cannot be with this controller.
static int usable(unsigned int feature)
{
    return !gap_is_ready() ? -EAGAIN : hci_has_feature(feature) ? 0 : -ENOTSUP;
}

// A handle that the application has.
static bool is_sync(const struct bt_le_per_adv_sync *which)
{
    FOR_EACH_SYNC(sync)
    {
        if (sync == which) {
            return sync->owned && sync->state != SYNC_FREE;
        }
    }
    return false;
}

static bool times_valid(uint16_t skip, uint16_t timeout)
{
    return skip <= SKIP_MAX && timeout >= TIMEOUT_MIN && timeout <= TIMEOUT_MAX;
}

// ---- Syncs --------------------------------------------------------------------------------------

static bool is_busy(void *arg)
{
    const struct bt_le_per_adv_sync *sync = arg;
    return sync->busy || sync->state == SYNC_WANTED ||
           (sync->gone && !sync->asked && sync->state != SYNC_FREE && sync->state != SYNC_ENDED);
}

static int create_check(const struct bt_le_per_adv_sync_param *param)
{
    bool listed = param->options & BT_LE_PER_ADV_SYNC_OPT_USE_PER_ADV_LIST;
    if ((param->options & ~(uint32_t)OPT_KNOWN) || !times_valid(param->skip, param->timeout) ||
        (!listed && (param->sid > SID_MAX || param->addr.type > BT_ADDR_LE_RANDOM))) {
        return -EINVAL;
    }
    FOR_EACH_SYNC(sync)
    {
        if (sync->state == SYNC_WANTED || sync->state == SYNC_OUT) {
            return -EBUSY;
        }
    }
    return !listed && bt_le_per_adv_sync_lookup_addr(&param->addr, param->sid) ? -EALREADY : 0;
}

int bt_le_per_adv_sync_create(const struct bt_le_per_adv_sync_param *param,
                              struct bt_le_per_adv_sync **out_sync)
{
    int err = usable(BT_LE_FEAT_BIT_PER_ADV);
    if (!err) {
        err = param && out_sync ? create_check(param) : -EINVAL;
    }
    if (err) {
        return err;
    }
    struct bt_le_per_adv_sync *sync = per_sync_take();
    if (!sync) {
        return -ENOMEM;
    }
    sync->param = *param;
    sync->silent = param->options & BT_LE_PER_ADV_SYNC_OPT_REPORTING_INITIALLY_DISABLED;
    hci_cmd_kick();
    err = hci_wait(is_busy, sync);
    if (err == -EINPROGRESS) {
        err = 0; // It goes on.
    } else if (!err) {
        err = hci_errno(sync->status);
    }
    if (err) {
        sync->gone = true;
        hci_cmd_kick();
        return err;
    }
    sync->owned = true;
    *out_sync = sync;
    return 0;
}

int bt_le_per_adv_sync_delete(struct bt_le_per_adv_sync *per_adv_sync)
{
    struct bt_le_per_adv_sync *sync = per_adv_sync;
    if (!gap_is_ready()) {
        return -EAGAIN;
    }
    if (!is_sync(sync) || sync->gone || sync->state == SYNC_ENDED) {
        return -EINVAL;
    }
    sync->gone = true;
    hci_cmd_kick();
    int err = hci_wait(is_busy, sync);
    return err == -EINPROGRESS ? 0 : err;
}

static int recv_set(struct bt_le_per_adv_sync *sync, bool on)
{
    int err = usable(BT_LE_FEAT_BIT_PER_ADV);
    if (err) {
        return err;
    }
    if (!is_sync(sync) || sync->gone || sync->state != SYNC_SYNCED) {
        return -EINVAL;
    }
    if (sync->silent != on) {
        return -EALREADY;
    }
    struct net_buf *cmd = bt_hci_cmd_alloc(K_NO_WAIT);
    if (!cmd) {
        return -ENOBUFS;
    }
    bool filter = sync->param.options & BT_LE_PER_ADV_SYNC_OPT_FILTER_DUPLICATE;
    net_buf_add_le16(cmd, sync->handle);
    net_buf_add_u8(cmd, (uint8_t)((on ? BIT(0) : 0) | (on && filter ? BIT(1) : 0)));
    err = bt_hci_cmd_send_sync(BT_HCI_OP_LE_SET_PER_ADV_RECV_ENABLE, cmd, NULL);
    if (!err && sync->state == SYNC_SYNCED) {
        sync->silent = !on;
        sync->len = 0;
        post_set(&sync->post, SYNC_POST_STATE);
    }
    return err;
}

int bt_le_per_adv_sync_recv_enable(struct bt_le_per_adv_sync *per_adv_sync)
{
    return recv_set(per_adv_sync, true);
}

int bt_le_per_adv_sync_recv_disable(struct bt_le_per_adv_sync *per_adv_sync)
{
    return recv_set(per_adv_sync, false);
}

int bt_le_per_adv_sync_cb_register(struct bt_le_per_adv_sync_cb *cb)
{
    if (!cb) {
        return -EINVAL;
    }
    if (sys_slist_find(&per_sync_reg.cbs, &cb->node, NULL)) {
        return -EEXIST;
    }
    sys_slist_append(&per_sync_reg.cbs, &cb->node);
    return 0;
}

uint8_t bt_le_per_adv_sync_get_index(struct bt_le_per_adv_sync *per_adv_sync)
{
    return (uint8_t)(per_adv_sync - per_sync_run.syncs);
}

struct bt_le_per_adv_sync *bt_le_per_adv_sync_lookup_index(uint8_t index)
{
    struct bt_le_per_adv_sync *sync =
        index < CONFIG_BT_PER_ADV_SYNC_MAX ? &per_sync_run.syncs[index] : NULL;
    return sync && is_sync(sync) ? sync : NULL;
}

struct bt_le_per_adv_sync *bt_le_per_adv_sync_lookup_addr(const bt_addr_le_t *adv_addr, uint8_t sid)
{
    FOR_EACH_SYNC(sync)
    {
        if (adv_addr && sync->state == SYNC_SYNCED && sync->param.sid == sid &&
            bt_addr_le_eq(&sync->param.addr, adv_addr)) {
            return sync;
        }
    }
    return NULL;
}

int bt_le_per_adv_sync_get_info(struct bt_le_per_adv_sync *per_adv_sync,
                                struct bt_le_per_adv_sync_info *info)
{
    const struct bt_le_per_adv_sync *sync = per_adv_sync;
    if (!is_sync(sync) || !info) {
        return -EINVAL;
    }
    *info = (struct bt_le_per_adv_sync_info){
        .addr = sync->param.addr,
        .sid = sync->param.sid,
        .interval = sync->interval,
        .phy = sync->phy ? (uint8_t)BIT(sync->phy - 1) : BT_GAP_LE_PHY_NONE,
    };
    return 0;
}

// ---- Transfer -----------------------------------------------------------------------------------

// A command about a link, with its handle in it; NULL: *err says why not.
static struct net_buf *link_cmd(const struct bt_conn *conn, int *err)
{
    uint16_t handle;
    struct net_buf *cmd = NULL;
    *err = conn ? bt_hci_get_conn_handle(conn, &handle) : -EINVAL;
    if (!*err) {
        cmd = bt_hci_cmd_alloc(K_NO_WAIT);
        *err = cmd ? 0 : -ENOBUFS;
    }
    if (cmd) {
        net_buf_add_le16(cmd, handle);
    }
    return cmd;
}

int bt_le_per_adv_sync_transfer(const struct bt_le_per_adv_sync *per_adv_sync,
                                const struct bt_conn *conn, uint16_t service_data)
{
    int err = usable(BT_LE_FEAT_BIT_PAST_SEND);
    if (!err && (!is_sync(per_adv_sync) || per_adv_sync->state != SYNC_SYNCED)) {
        err = -EINVAL;
    }
    struct net_buf *cmd = err ? NULL : link_cmd(conn, &err);
    if (!cmd) {
        return err;
    }
    net_buf_add_le16(cmd, service_data);
    net_buf_add_le16(cmd, per_adv_sync->handle);
    return bt_hci_cmd_send_sync(BT_HCI_OP_LE_PER_ADV_SYNC_TRANSFER, cmd, NULL);
}

int bt_le_per_adv_set_info_transfer(const struct bt_le_ext_adv *adv, const struct bt_conn *conn,
                                    uint16_t service_data)
{
    int err = usable(BT_LE_FEAT_BIT_PAST_SEND);
    err = err ? err : ext_adv_check(adv);
    struct net_buf *cmd = err ? NULL : link_cmd(conn, &err);
    if (!cmd) {
        return err;
    }
    net_buf_add_le16(cmd, service_data);
    net_buf_add_u8(cmd, ext_adv_handle(adv));
    return bt_hci_cmd_send_sync(BT_HCI_OP_LE_PER_ADV_SET_INFO_TRANSFER, cmd, NULL);
}

// How transfers are taken, over a link or over every link to come.
static int past_set(const struct bt_conn *conn, uint8_t mode, uint16_t skip, uint16_t timeout)
{
    int err = 0;
    struct net_buf *cmd = conn ? link_cmd(conn, &err) : bt_hci_cmd_alloc(K_NO_WAIT);
    if (!cmd) {
        return err ? err : -ENOBUFS;
    }
    net_buf_add_u8(cmd, mode);
    net_buf_add_le16(cmd, skip);
    net_buf_add_le16(cmd, timeout);
    net_buf_add_u8(cmd, 0); // Any CTE
    return bt_hci_cmd_send_sync(conn ? BT_HCI_OP_LE_PAST_PARAM : BT_HCI_OP_LE_DEFAULT_PAST_PARAM,
                                cmd, NULL);
}

int bt_le_per_adv_sync_transfer_subscribe(const struct bt_conn *conn,
                                          const struct bt_le_per_adv_sync_transfer_param *param)
{
    const uint32_t known = BT_LE_PER_ADV_SYNC_TRANSFER_OPT_FILTER_DUPLICATES;
    int err = usable(BT_LE_FEAT_BIT_PAST_RECV);
    if (err) {
        return err;
    }
    if (!param || !times_valid(param->skip, param->timeout)) {
        return -EINVAL;
    }
    if (param->options & ~known) {
        return -ENOTSUP;
    }
    return past_set(conn, param->options ? PAST_FILTERED : PAST_ON, param->skip, param->timeout);
}

int bt_le_per_adv_sync_transfer_unsubscribe(const struct bt_conn *conn)
{
    int err = usable(BT_LE_FEAT_BIT_PAST_RECV);
    return err ? err : past_set(conn, PAST_OFF, 0, TIMEOUT_MIN);
}

// ---- The list -----------------------------------------------------------------------------------

static int list_change(uint16_t opcode, const bt_addr_le_t *addr, uint8_t sid)
{
    int err = usable(BT_LE_FEAT_BIT_PER_ADV);
    if (err) {
        return err;
    }
    if (!addr || addr->type > BT_ADDR_LE_RANDOM || sid > SID_MAX) {
        return -EINVAL;
    }
    struct net_buf *cmd = bt_hci_cmd_alloc(K_NO_WAIT);
    if (!cmd) {
        return -ENOBUFS;
    }
    net_buf_add_u8(cmd, addr->type);
    net_buf_add_mem(cmd, addr->a.val, BT_ADDR_SIZE);
    net_buf_add_u8(cmd, sid);
    return bt_hci_cmd_send_sync(opcode, cmd, NULL);
}

int bt_le_per_adv_list_add(const bt_addr_le_t *addr, uint8_t sid)
{
    return list_change(BT_HCI_OP_LE_ADD_DEV_TO_PER_ADV_LIST, addr, sid);
}

int bt_le_per_adv_list_remove(const bt_addr_le_t *addr, uint8_t sid)
{
    return list_change(BT_HCI_OP_LE_REM_DEV_FROM_PER_ADV_LIST, addr, sid);
}

int bt_le_per_adv_list_clear(void)
{
    int err = usable(BT_LE_FEAT_BIT_PER_ADV);
    return err ? err : bt_hci_cmd_send_sync(BT_HCI_OP_LE_CLEAR_PER_ADV_LIST, NULL, NULL);
}
