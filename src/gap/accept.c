// The filter accept list (Vol 6, Part B, 4.3.1; Vol 4, Part E, 7.8.15 to 7.8.18).
//
// `list` is what the application wants. The controller has its first `sent` entries, but for one
// that is to be removed, and for nothing of it when it is to be cleared. After a reset of the
// controller, which empties its list, it is written anew. The controller refuses changes while it
// uses the list; the calls find that out before.
#include <errno.h>
#include <string.h>

#include "gap/state.h"
#include "hci/wait.h"

static void entry_forget(uint8_t at)
{
    struct accept_run *run = &accept_run;
    run->count--;
    memmove(&run->list[at], &run->list[at + 1], (run->count - at) * sizeof(run->list[0]));
}

static void add_done(void *arg, uint8_t status, struct rd *ret)
{
    struct accept_run *run = &accept_run;
    if (status == HCI_STATUS_GONE) {
        return;
    }
    run->status = status;
    if (status) {
        entry_forget(run->sent);
    } else {
        run->sent++;
    }
}

static void remove_done(void *arg, uint8_t status, struct rd *ret)
{
    accept_run.removing = false;
    accept_run.status = status == HCI_STATUS_GONE ? 0 : status;
}

static void clear_done(void *arg, uint8_t status, struct rd *ret)
{
    accept_run.clearing = false;
    accept_run.status = status == HCI_STATUS_GONE ? 0 : status;
}

static void put_addr(struct wr *params, const bt_addr_le_t *addr)
{
    wr_u8(params, addr->type);
    wr_bytes(params, addr->a.val, BT_ADDR_SIZE);
}

bool accept_next(struct hci_cmd *cmd, struct wr *params)
{
    const struct accept_run *run = &accept_run;
    if (run->clearing) {
        *cmd = (struct hci_cmd){BT_HCI_OP_LE_CLEAR_FAL, clear_done, NULL};
    } else if (run->removing) {
        put_addr(params, &run->removed);
        *cmd = (struct hci_cmd){BT_HCI_OP_LE_REM_DEV_FROM_FAL, remove_done, NULL};
    } else if (run->sent < run->count) {
        put_addr(params, &run->list[run->sent]);
        *cmd = (struct hci_cmd){BT_HCI_OP_LE_ADD_DEV_TO_FAL, add_done, NULL};
    } else {
        return false;
    }
    return true;
}

void accept_lost(void)
{
    accept_run.sent = 0;
    accept_run.clearing = false;
    accept_run.removing = false;
}

bool accept_is_empty(void)
{
    return !accept_run.count;
}

static int find(const bt_addr_le_t *addr)
{
    for (int i = 0; i < accept_run.count; i++) {
        if (bt_addr_le_eq(&accept_run.list[i], addr)) {
            return i;
        }
    }
    return -1;
}

bool accept_has(const bt_addr_le_t *addr)
{
    return find(addr) >= 0;
}

bool accept_hides(void)
{
    for (int i = 0; i < accept_run.count; i++) {
        if (gap_is_hidden(&accept_run.list[i])) {
            return true;
        }
    }
    return false;
}

// ---- The API ------------------------------------------------------------------------------------

static int usable(const bt_addr_le_t *addr)
{
    if (!gap_is_ready()) {
        return -EAGAIN;
    }
    if (addr && addr->type > BT_ADDR_LE_RANDOM) {
        return -EINVAL;
    }
    return adv_filters() || scan_filters() || init_filters() ? -EBUSY : 0;
}

static bool accept_busy(void *arg)
{
    const struct accept_run *run = &accept_run;
    return run->clearing || run->removing || run->sent < run->count;
}

static int accept_settle(void)
{
    accept_run.status = 0;
    hci_cmd_kick();
    int err = hci_wait(accept_busy, NULL);
    return err ? err : hci_errno(accept_run.status);
}

int bt_le_filter_accept_list_add(const bt_addr_le_t *addr)
{
    struct accept_run *run = &accept_run;
    int err = addr ? usable(addr) : -EINVAL;
    if (err || find(addr) >= 0) {
        return err;
    }
    if (run->count == CONFIG_BREEZE_ACCEPT_LIST_MAX) {
        return -ENOMEM;
    }
    run->list[run->count++] = *addr;
    return accept_settle();
}

int bt_le_filter_accept_list_remove(const bt_addr_le_t *addr)
{
    struct accept_run *run = &accept_run;
    int err = addr ? usable(addr) : -EINVAL;
    int at = err ? -1 : find(addr);
    if (at < 0) {
        return err ? err : -ENOENT;
    }
    entry_forget((uint8_t)at);
    if (at < run->sent) {
        run->sent--;
        run->removed = *addr;
        run->removing = true;
    }
    return accept_settle();
}

int bt_le_filter_accept_list_clear(void)
{
    struct accept_run *run = &accept_run;
    int err = usable(NULL);
    if (err) {
        return err;
    }
    run->count = 0;
    run->sent = 0;
    run->removing = false;
    run->clearing = true;
    return accept_settle();
}
