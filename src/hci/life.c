// The life of the controller: start, stop, and the one path of failure (hci.h).
//
// A failure is only noted where it is found, deep in a send or a read, and treated where nothing is
// half done (hci_life_settle). Then every command and every link ends, and HCI Reset goes out; the
// framer discards all until its Command Complete (Vol 4, Part A, 4 recommends this for lost
// synchronisation; we do it after every failure).
#include <errno.h>

#include "hci/bringup.h"
#include "hci/life.h"
#include "hci/state.h"
#include "hci/wait.h"

#define LOG_LAYER LOG_HCI
#include "base/log.h"

// Bits of life_post.
#define POST_SETUP  BIT(0)
#define POST_NOTICE BIT(1)

static const char *const reason_names[] = {
    [BREEZE_RESET_CMD_TIMEOUT] = "a command was not answered",
    [BREEZE_RESET_LOST_SYNC] = "lost synchronisation",
    [BREEZE_RESET_HARDWARE_ERROR] = "hardware error",
    [BREEZE_RESET_TRANSPORT] = "the transport ended",
};

static const int8_t reason_errnos[] = {
    [BREEZE_RESET_CMD_TIMEOUT] = ETIMEDOUT,
    [BREEZE_RESET_LOST_SYNC] = EIO,
    [BREEZE_RESET_HARDWARE_ERROR] = EIO,
    [BREEZE_RESET_TRANSPORT] = ENODEV,
};

enum hci_state hci_state(void)
{
    return hci_run.state;
}

const struct hci_info *hci_info(void)
{
    return &hci_run.info;
}

bool hci_has_command(unsigned int octet, unsigned int bit)
{
    return octet < sizeof(hci_run.info.commands) && (hci_run.info.commands[octet] & BIT(bit));
}

bool hci_has_feature(unsigned int bit)
{
    return bit / 8 < sizeof(hci_run.info.le_features) &&
           (hci_run.info.le_features[bit / 8] & BIT(bit % 8));
}

bool hci_life_usable(void)
{
    return hci_run.in_setup || hci_run.state == HCI_READY || hci_run.state == HCI_STARTING ||
           hci_run.state == HCI_STOPPING;
}

int breeze_transport_set(const struct breeze_transport *transport, void *ctx)
{
    if (hci_run.state != HCI_OFF && hci_run.state != HCI_FAILED) {
        return -EBUSY;
    }
    hci_kept.transport = transport;
    hci_kept.transport_ctx = ctx;
    return 0;
}

void breeze_reset_cb(breeze_reset_cb_t cb)
{
    hci_reg.reset_cb = cb;
}

// Take everything back that lies in queues, stop what runs.
static void halt(void)
{
    bringup_stop();
    hci_cmd_reset();
    user_cmd_flush();
    hci_rx_flush();
    acl_reset();
    loop_timer_stop(&hci_run.retry);
    hci_run.blocked = false;
}

static void close_transport(void)
{
    if (hci_run.open) {
        hci_run.open = false;
        hci_run.transport->close(hci_run.transport_ctx);
    }
    loop_timer_stop(&hci_run.cmd.timer);
}

// The controller is given up.
static void go_down(enum hci_state was, int err)
{
    hci_run.state = HCI_FAILED;
    close_transport();
    if (was == HCI_STARTING && hci_run.started && !hci_run.in_setup) {
        hci_run.started(err);
    } else if (was == HCI_READY || was == HCI_RESETTING) {
        hci_run.recovered = false;
        post_set(&hci_run.life_post, POST_NOTICE);
    }
}

static void tell_lost(void)
{
    for (const struct hci_up *const *up = hci_ups; *up; up++) {
        if ((*up)->lost) {
            (*up)->lost();
        }
    }
}

void hci_fail(enum breeze_reset_reason reason)
{
    if (!hci_run.failed && hci_run.state != HCI_OFF && hci_run.state != HCI_FAILED) {
        hci_run.failed = (uint8_t)(reason + 1);
        hci_need_turn();
    }
}

// Treat the failure while `failed` still keeps everyone from sending.
static void treat(enum breeze_reset_reason reason)
{
    enum hci_state was = hci_run.state;
    log_err("controller reset: %s", reason_names[reason]);
    hci_kept.stats.resets++;
    hci_run.losses++;
    bool recover = was == HCI_READY && reason != BREEZE_RESET_TRANSPORT;
    hci_run.state = recover ? HCI_RESETTING : HCI_FAILED;
    if (was == HCI_READY) {
        hci_run.reason = (uint8_t)reason;
        tell_lost();
    }
    halt();
    hci_run.failed = 0;
    if (recover) {
        hci_run.setup_done = !hci_run.transport->setup;
        bringup_begin();
    } else {
        go_down(was, -reason_errnos[reason]);
    }
}

void hci_life_settle(void)
{
    while (hci_run.failed) {
        bool nested = hci_run.dispatching;
        hci_run.dispatching = true;
        treat((enum breeze_reset_reason)(hci_run.failed - 1));
        hci_run.dispatching = nested;
    }
}

void hci_life_up(int err)
{
    enum hci_state was = hci_run.state;
    if (err) {
        halt();
        go_down(was, err);
        return;
    }
    hci_run.state = HCI_READY;
    for (const struct hci_up *const *up = hci_ups; *up; up++) {
        if ((*up)->ready) {
            (*up)->ready();
        }
    }
    if (was == HCI_STARTING && hci_run.started) {
        hci_run.started(0);
    } else if (was == HCI_RESETTING) {
        hci_run.recovered = true;
        post_set(&hci_run.life_post, POST_NOTICE);
    }
}

bool hci_life_reset_done(void)
{
    if (hci_run.state == HCI_STOPPING) {
        hci_run.state = HCI_OFF;
        return false;
    }
    if (!hci_run.setup_done) {
        post_set(&hci_run.life_post, POST_SETUP);
        return false;
    }
    return true;
}

// The transport's setup step; commands of the application work in it.
static int run_setup(void)
{
    if (!hci_run.transport->setup) {
        return 0;
    }
    hci_run.in_setup = true;
    int err = hci_run.transport->setup(hci_run.transport_ctx);
    hci_run.in_setup = false;
    hci_run.setup_done = true;
    return err;
}

static void deliver(struct post *post, uint16_t bits)
{
    if ((bits & POST_SETUP) && hci_run.state == HCI_RESETTING) {
        int err = run_setup();
        if (hci_run.state == HCI_RESETTING && err) {
            hci_life_up(err);
        } else if (hci_run.state == HCI_RESETTING) {
            bringup_begin();
        }
    }
    if ((bits & POST_NOTICE) && hci_reg.reset_cb) {
        hci_reg.reset_cb((enum breeze_reset_reason)hci_run.reason, hci_run.recovered);
    }
}

int hci_start(void (*done)(int err))
{
    if (hci_run.state != HCI_OFF && hci_run.state != HCI_FAILED) {
        return -EALREADY;
    }
    if (!hci_kept.transport) {
        return -ENODEV;
    }
    hci_pools_init();
    post_clear(&hci_run.life_post);
    post_init(&hci_run.life_post, deliver);
    hci_run.transport = hci_kept.transport;
    hci_run.transport_ctx = hci_kept.transport_ctx;
    hci_run.started = done;
    int err = hci_run.transport->open(hci_run.transport_ctx);
    if (err) {
        return err;
    }
    hci_run.open = true;
    hci_run.state = HCI_STARTING;
    h4_reset();
    acl_reset();
    hci_cmd_reset();
    err = run_setup();
    if (!err && hci_run.state != HCI_STARTING) {
        err = -EIO;
    }
    if (err) {
        halt();
        close_transport();
        hci_run.state = HCI_OFF;
        return err;
    }
    hci_run.setup_done = true;
    bringup_begin();
    return 0;
}

static bool stopping(void *arg)
{
    return hci_run.state == HCI_STOPPING;
}

int hci_stop(void)
{
    if (hci_run.state == HCI_OFF) {
        return 0;
    }
    hci_life_settle();
    if (hci_run.open) {
        hci_run.started = NULL;
        hci_run.state = HCI_STOPPING;
        halt();
        bringup_begin(); // Its first row is HCI Reset, with which hci_life_reset_done() ends it.
        (void)hci_wait(stopping, NULL);
    }
    halt();
    post_clear(&hci_run.life_post);
    (void)hci_stats(); // Keep the low-water marks.
    close_transport();
    hci_run.state = HCI_OFF;
    hci_run.failed = 0;
    return 0;
}
