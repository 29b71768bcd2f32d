// bt_enable(), bt_disable() and the host's turn of the loop (design D2, D3).
//
// Invariants: `phase` alone says where the host is; the loop source exists while it is not API_OFF.
// bt_disable() from a callback only marks; api_turn() then runs it before anything else. Every
// application object has had its final callback before a run part is wiped.
#include <errno.h>

#include <breeze/breeze.h>
#include <zephyr/bluetooth/bluetooth.h>

#include "api/state.h"
#include "conn/conn.h"
#include "gap/id.h"
#include "hci/cmd.h"
#include "hci/hci.h"
#include "hci/post.h"
#include "hci/wait.h"

#define LOG_LAYER LOG_API
#include "base/log.h"

// How long links may take to go down in bt_disable() (design D2).
#define DISABLE_LINKS_US 100000

#define PACKETS_PER_TURN 8

static int disable_now(void);

static bool starting(void *arg)
{
    (void)arg;
    return hci_state() == HCI_STARTING || (hci_state() == HCI_READY && gap_id_busy());
}

// Packets, until there are none, so many at most that timers and work have their turn; each is done
// with, callbacks included, before the next. True when there may be more.
static bool packets_turn(void)
{
    bool more = true;
    for (int n = 0; more && n < PACKETS_PER_TURN && !api_run.disable_wanted; n++) {
        more = hci_turn();
    }
    return more;
}

// The host's turn: a postponed bt_disable(), packets, the end of a bring-up.
static bool api_turn(void)
{
    if (api_run.disable_wanted) {
        (void)disable_now();
        return false;
    }
    bool more = packets_turn();
    if (api_run.phase == API_STARTING && !starting(NULL)) {
        bt_ready_cb_t cb = api_run.ready_cb;
        int err = api_run.start_err;
        if (hci_state() == HCI_READY) {
            api_run.phase = API_ON;
        } else {
            api_off();
        }
        if (cb) {
            cb(err);
        }
        return true; // The callback may have changed everything, phase included.
    }
    return more;
}

// The end of hci_start(), in the drain.
static void started(int err)
{
    api_run.start_err = err;
    if (err) {
        log_err("bring-up failed: %d", err);
    }
}

int bt_enable(bt_ready_cb_t cb)
{
    if (api_run.phase == API_ON && hci_state() == HCI_FAILED) {
        (void)disable_now(); // The controller was lost for good; this is the way back.
    }
    if (api_run.phase != API_OFF) {
        return -EALREADY;
    }
    api_run.ready_cb = cb;
    api_run.start_err = 0;
    api_run.source.turn = api_turn;
    loop_source_add(&api_run.source);
    api_run.phase = API_STARTING;
    int err = hci_start(started);
    if (err) {
        api_off();
        return err;
    }
    if (cb) {
        return 0;
    }
    err = hci_wait(starting, NULL);
    if (!err && hci_state() != HCI_READY) {
        err = api_run.start_err ? api_run.start_err : -ENODEV;
    }
    if (err) {
        (void)hci_stop();
        api_off();
        return err;
    }
    api_run.phase = API_ON;
    return 0;
}

bool bt_is_ready(void)
{
    return api_run.phase == API_ON && hci_state() == HCI_READY;
}

static bool links_up(void)
{
    const struct bt_conn *conn;
    for (unsigned int i = 0; (conn = conn_at(i)); i++) {
        if (conn->state == CONN_CONNECTED || conn->state == CONN_DISCONNECTING) {
            return true;
        }
    }
    return false;
}

// Ask every peer to go, and give that DISABLE_LINKS_US.
static void links_close(void)
{
    struct bt_conn *conn;
    for (unsigned int i = 0; (conn = conn_at(i)); i++) {
        if (conn_is_up(conn)) {
            conn_want_disconnect(conn, BT_HCI_ERR_REMOTE_POWER_OFF);
        }
    }
    int64_t end = breeze_port_now() + DISABLE_LINKS_US;
    while (links_up() && breeze_port_now() < end && hci_state() == HCI_READY) {
        loop_wake_clear();
        if (!hci_turn() && breeze_port_idle(end) == -EINTR) {
            break;
        }
    }
}

static int disable_now(void)
{
    api_run.disable_wanted = false;
    api_run.phase = API_STOPPING;
    links_close();
    for (const struct hci_up *const *up = hci_ups; *up; up++) {
        if ((*up)->lost) {
            (*up)->lost();
        }
    }
    (void)post_drain();
    conn_off();
    (void)hci_stop();
    api_off();
    return 0;
}

int bt_disable(void)
{
    if (api_run.phase == API_OFF || api_run.phase == API_STOPPING) {
        return -EALREADY;
    }
    if (post_draining()) {
        api_run.disable_wanted = true;
        breeze_wake();
        return 0;
    }
    return disable_now();
}

int breeze_forget(void)
{
    if (api_run.phase != API_OFF) {
        return -EBUSY;
    }
    state_wipe_reg();
    return 0;
}

void api_off(void)
{
    loop_source_remove(&api_run.source);
    state_wipe_run();
}
