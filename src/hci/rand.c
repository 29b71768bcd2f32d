// Randomness: the port's entropy, or a store of octets from LE Rand (Vol 4, Part E, 7.8.23) that
// bring-up fills and this file's source refills. Nothing is stretched: a generator of our own would
// need a cipher (design D14).
#include <errno.h>
#include <string.h>

#include <zephyr/bluetooth/crypto.h>
#include <zephyr/sys/util.h>

#include "hci/life.h"
#include "hci/state.h"
#include "hci/wait.h"

// Octets of one LE Rand.
#define RAND_LEN 8

void rand_start(void)
{
    uint8_t probe[4];
    hci_run.rand_wanted = breeze_port_entropy(probe, sizeof(probe)) != 0;
    hci_run.rand_busy = false;
}

bool rand_wanted(void)
{
    return hci_run.rand_wanted && hci_has_command(27, 7) &&
           hci_run.rand_len + RAND_LEN <= HCI_RAND_STORE;
}

void rand_store(void *arg, uint8_t status, struct rd *ret)
{
    const uint8_t *octets = rd_take(ret, RAND_LEN);
    hci_run.rand_busy = false;
    if (status || !octets) {
        hci_run.rand_wanted = status == HCI_STATUS_GONE && hci_run.rand_wanted;
        return; // A controller that refuses is not asked for ever.
    }
    struct wr w = wr_init(hci_run.rand + hci_run.rand_len, HCI_RAND_STORE - hci_run.rand_len);
    hci_run.rand_len += (uint8_t)wr_cut(&w, octets, RAND_LEN);
}

static bool rand_next(struct hci_cmd *cmd, struct wr *params)
{
    if (hci_run.rand_busy || !rand_wanted()) {
        return false;
    }
    hci_run.rand_busy = true;
    *cmd = (struct hci_cmd){BT_HCI_OP_LE_RAND, rand_store, NULL};
    return true;
}

const struct hci_source rand_source = {"random", rand_next};

// Take from the end of the store, and leave nothing behind of what was taken.
static size_t take(uint8_t *to, size_t len)
{
    size_t n = MIN(len, hci_run.rand_len);
    hci_run.rand_len -= (uint8_t)n;
    memcpy(to, hci_run.rand + hci_run.rand_len, n);
    memset(hci_run.rand + hci_run.rand_len, 0, n);
    return n;
}

static bool no_store(void)
{
    return !hci_run.rand_wanted || !hci_has_command(27, 7);
}

int hci_rand(void *buf, size_t len)
{
    if (!breeze_port_entropy(buf, len)) {
        return 0;
    }
    if (len > hci_run.rand_len) {
        hci_cmd_kick();
        return no_store() ? -ENODEV : -EAGAIN;
    }
    (void)take(buf, len);
    hci_cmd_kick();
    return 0;
}

static bool store_empty(void *arg)
{
    return hci_run.rand_len == 0 && !no_store();
}

int bt_rand(void *buf, size_t len)
{
    if (!breeze_port_entropy(buf, len)) {
        return 0;
    }
    if (hci_run.state != HCI_READY) {
        return -EAGAIN;
    }
    struct wr w = wr_init(buf, len);
    while (wr_room(&w)) {
        int err = hci_wait(store_empty, NULL);
        if (!err && !hci_run.rand_len) {
            err = -ENODEV;
        }
        if (err) {
            return err;
        }
        size_t n = MIN(wr_room(&w), hci_run.rand_len);
        (void)take(wr_reserve(&w, n), n);
    }
    hci_cmd_kick();
    return 0;
}
