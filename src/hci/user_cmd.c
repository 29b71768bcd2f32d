// HCI commands of the application, and vendor events (zephyr/bluetooth/hci.h).
//
// A command holds one of CONFIG_BT_BUF_CMD_TX_COUNT slots from the call to its answer. Its buffer
// comes back as the buffer of the response. A call whose wait ended early leaves its slot behind as
// ABANDONED: the answer frees it.
#include <errno.h>

#include <zephyr/bluetooth/hci.h>
#include <zephyr/sys/util.h>

#include "hci/evt.h"
#include "hci/life.h"
#include "hci/state.h"
#include "hci/wait.h"

#define LOG_LAYER LOG_HCI
#include "base/log.h"

// `state` of a slot. DONE: the caller has yet to look.
enum { FREE, ABANDONED, WAITED_FOR, DONE };

static void slot_free(struct hci_user_cmd *slot)
{
    net_buf_unref(slot->buf);
    slot->buf = NULL;
    slot->state = FREE;
}

// Return parameters, status first, in the command's own buffer.
static void keep_response(struct hci_user_cmd *slot, uint8_t status, struct rd *ret)
{
    size_t len = rd_left(ret);
    const uint8_t *rest = rd_take(ret, len);
    net_buf_reset(slot->buf);
    (void)net_buf_add_u8(slot->buf, status);
    if (len) {
        (void)net_buf_add_mem(slot->buf, rest, len);
    }
}

static void user_done(void *arg, uint8_t status, struct rd *ret)
{
    struct hci_user_cmd *slot = arg;
    slot->status = status;
    if (slot->state == WAITED_FOR) {
        keep_response(slot, status, ret);
        slot->state = DONE;
    } else {
        slot_free(slot);
    }
}

static bool user_next(struct hci_cmd *cmd, struct wr *params)
{
    sys_snode_t *node = sys_slist_get(&hci_run.user_queue);
    if (!node) {
        return false;
    }
    struct hci_user_cmd *slot = CONTAINER_OF(node, struct hci_user_cmd, node);
    *cmd = (struct hci_cmd){slot->opcode, user_done, slot};
    wr_bytes(params, slot->buf->data, slot->buf->len);
    return true;
}

const struct hci_source user_cmd_source = {"application", user_next};

void user_cmd_flush(void)
{
    sys_snode_t *node;
    while ((node = sys_slist_get(&hci_run.user_queue))) {
        struct rd none = rd_init("", 0);
        user_done(CONTAINER_OF(node, struct hci_user_cmd, node), HCI_STATUS_GONE, &none);
    }
    struct net_buf *buf;
    while ((buf = net_buf_slist_get(&hci_run.vnd_queue))) {
        net_buf_unref(buf);
    }
    post_clear(&hci_run.vnd_post);
}

static bool none_free(void *arg)
{
    return !hci_kept.cmd_pool.pool.avail_count && !sys_slist_is_empty(&hci_run.user_queue);
}

struct net_buf *bt_hci_cmd_alloc(k_timeout_t timeout)
{
    if (!hci_kept.cmd_pool.pool.buf_count) {
        return NULL; // Bluetooth was never on.
    }
    if (!K_TIMEOUT_EQ(timeout, K_NO_WAIT)) {
        (void)hci_wait(none_free, NULL);
    }
    struct net_buf *buf = net_buf_alloc_fixed(&hci_kept.cmd_pool.pool, K_NO_WAIT);
    if (buf) {
        net_buf_reserve(buf, BT_BUF_CMD_SIZE(0));
    }
    return buf;
}

struct net_buf *bt_hci_cmd_create(uint16_t opcode, uint8_t param_len)
{
    return bt_hci_cmd_alloc(K_FOREVER);
}

// Queue a command; takes the buffer in any case.
static int enqueue(uint16_t opcode, struct net_buf *buf, uint8_t state, struct hci_user_cmd **out)
{
    int err = 0;
    struct hci_user_cmd *slot = hci_run.user;
    while (slot < hci_run.user + ARRAY_SIZE(hci_run.user) && slot->state != FREE) {
        slot++;
    }
    if (!hci_life_usable() || hci_run.state == HCI_STOPPING) {
        err = -EAGAIN;
    } else if (buf && buf->len > 255) {
        err = -EINVAL;
    } else if (slot == hci_run.user + ARRAY_SIZE(hci_run.user)) {
        err = -ENOBUFS;
    } else if (!buf && !(buf = bt_hci_cmd_alloc(K_NO_WAIT))) {
        err = -ENOBUFS;
    }
    if (err) {
        if (buf) {
            net_buf_unref(buf);
        }
        return err;
    }
    *slot = (struct hci_user_cmd){.buf = buf, .opcode = opcode, .state = state};
    sys_slist_append(&hci_run.user_queue, &slot->node);
    *out = slot;
    hci_cmd_kick();
    return 0;
}

int bt_hci_cmd_send(uint16_t opcode, struct net_buf *buf)
{
    struct hci_user_cmd *slot;
    return enqueue(opcode, buf, ABANDONED, &slot);
}

static bool pending(void *arg)
{
    const struct hci_user_cmd *slot = arg;
    return slot->state != DONE;
}

int bt_hci_cmd_send_sync(uint16_t opcode, struct net_buf *buf, struct net_buf **rsp)
{
    if (hci_run.dispatching) {
        if (buf) {
            net_buf_unref(buf);
        }
        return -EAGAIN;
    }
    struct hci_user_cmd *slot;
    int err = enqueue(opcode, buf, WAITED_FOR, &slot);
    if (err) {
        return err;
    }
    err = hci_wait(pending, slot);
    if (slot->state != DONE) {
        slot->state = ABANDONED;
        return err;
    }
    err = hci_errno(slot->status);
    if (!err && rsp) {
        *rsp = net_buf_ref(slot->buf);
    }
    slot_free(slot);
    return err;
}

int bt_hci_le_rand(void *buffer, size_t len)
{
    struct wr w = wr_init(buffer, len);
    while (wr_room(&w)) {
        struct net_buf *rsp;
        int err = bt_hci_cmd_send_sync(BT_HCI_OP_LE_RAND, NULL, &rsp);
        if (err) {
            return err;
        }
        struct rd r = rd_init(rsp->data, rsp->len);
        (void)rd_u8(&r); // Status.
        const uint8_t *octets = rd_take(&r, 8);
        (void)wr_cut(&w, octets, octets ? 8 : 0);
        net_buf_unref(rsp);
        if (!octets) {
            return -EIO;
        }
    }
    return 0;
}

// ---- Vendor events ------------------------------------------------------------------------------

static void vendor_deliver(struct post *post, uint16_t bits)
{
    struct net_buf *buf;
    while ((buf = net_buf_slist_get(&hci_run.vnd_queue))) {
        (void)net_buf_pull(buf, BT_BUF_EVT_SIZE(0));
        if (!hci_reg.vnd_cb || !hci_reg.vnd_cb(&buf->b)) {
            hci_kept.stats.evt_unknown++;
        }
        net_buf_unref(buf);
    }
}

bool vendor_on_event(struct rd *params)
{
    struct net_buf *buf = hci_reg.vnd_cb ? hci_evt_hold() : NULL;
    if (!buf) {
        hci_kept.stats.evt_unknown++;
        return true;
    }
    net_buf_slist_put(&hci_run.vnd_queue, buf);
    hci_run.vnd_post.fn = vendor_deliver;
    post_set(&hci_run.vnd_post, 1);
    return true;
}

int bt_hci_register_vnd_evt_cb(bt_hci_vnd_evt_cb_t cb)
{
    hci_reg.vnd_cb = cb;
    return 0;
}
