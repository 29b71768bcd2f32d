// The one wait (wait.h, design D3).
#include "hci/wait.h"

#include <errno.h>

#include <zephyr/sys/util.h>

#include "hci/life.h"
#include "hci/state.h"

#define LOG_LAYER LOG_HCI
#include "base/log.h"

static int64_t next_due(void)
{
    int64_t due = hci_cmd_deadline();
    if (hci_run.blocked) {
        due = MIN(due, hci_run.retry.due_us);
    }
    return due;
}

static int pump_while(bool (*busy)(void *arg), void *arg)
{
    uint16_t losses = hci_run.losses;
    while (busy(arg)) {
        loop_wake_clear();
        if (!hci_life_usable() || losses != hci_run.losses) {
            return -ENODEV;
        }
        enum h4_result result = hci_pump();
        if (result == H4_PACKET || result == H4_ANSWER || !busy(arg)) {
            continue;
        }
        if (result == H4_STALLED) {
            return -EINPROGRESS;
        }
        if (losses != hci_run.losses) {
            continue;
        }
        hci_cmd_go();
        int64_t due = next_due();
        if (due == BREEZE_NEVER) {
            // No command is out, so no answer can end this: the operation needs an event.
            log_dbg("nothing to wait for");
            return -EINPROGRESS;
        }
        if (breeze_port_idle(due) == -EINTR) {
            return -EINTR;
        }
    }
    return 0;
}

bool hci_may_wait(void)
{
    return !hci_run.dispatching && !hci_run.cmd.asking;
}

int hci_wait(bool (*busy)(void *arg), void *arg)
{
    if (!busy(arg)) {
        return 0;
    }
    if (!hci_may_wait()) {
        return -EAGAIN;
    }
    hci_cmd_kick();
    int err = pump_while(busy, arg);
    breeze_wake(); // What was queued meanwhile, and timers that were started, are the loop's.
    return err;
}
