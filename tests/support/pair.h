// Two hosts on the virtual air that know each other: what most scenarios and benches begin with.
//
// Both hosts serve the service of pair.c: one characteristic to notify, one to write. Host 0 is the
// peripheral, host 1 the central. The objects here are the test's; the hosts' own state is the
// library's (air/sim.h).
#ifndef BREEZE_TESTS_SUPPORT_PAIR_H_
#define BREEZE_TESTS_SUPPORT_PAIR_H_

#include <stdbool.h>
#include <stdint.h>

#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/gatt.h>

#include "sim.h"

#define PAIR_PERIPHERAL 0
#define PAIR_CENTRAL    1

struct pair_host {
    struct sim_host *host;
    struct bt_conn *conn; // Referenced while the link is up.
    uint16_t handle;      // Its handle.
    unsigned int connected;
    unsigned int failed; // `connected` with an error.
    unsigned int disconnected;
    uint8_t reason;
    unsigned int notified;    // Notifications received
    uint64_t notified_octets; //
    unsigned int written;     // Writes received
    uint8_t value[512];       // The last value received, either way
    uint16_t value_len;       //
};

struct pair {
    struct sim *sim;
    struct pair_host hosts[2];
    uint16_t notify_handle;
    uint16_t write_handle;
};

struct pair_options {
    uint64_t seed;
    struct air_controller_config controller; // Of both.
    uint32_t loss_ppm;
    uint16_t interval; // 1.25 ms; 0: 6 (7.5 ms)
    uint16_t mtu;      // Exchange this ATT_MTU; 0: none
    bool data_length;  // Ask for 251 octets
    bool phy_2m;       // Ask for LE 2M
    bool subscribe;    // The central subscribes to the notifications
};

// Enable both hosts, connect them and do what the options say. False (and a line on stderr) when a
// step does not happen.
bool pair_start(struct pair *pair, const struct pair_options *options);

// Disable both hosts and free the simulation.
void pair_stop(struct pair *pair);

// The pair that was started last, for callbacks; and this host's part of it.
struct pair *pair_now(void);
struct pair_host *pair_here(void);

// The attribute to notify and the one to write, in the service of pair.c.
const struct bt_gatt_attr *pair_notify_attr(void);

// Let time pass until `pred` says true; false after `limit_us`.
bool pair_until(bool (*pred)(void *arg), void *arg, int64_t limit_us);

// Run a function as one of the hosts.
void pair_on(unsigned int who, void (*fn)(void *arg), void *arg);

// Steps of pair_start() for tests that want to do them apart; each runs in the host's own state.
bool pair_enable(struct pair *pair, const struct pair_options *options);
bool pair_connect(struct pair *pair, uint16_t interval);
bool pair_disconnect(struct pair *pair, unsigned int who);

#endif // BREEZE_TESTS_SUPPORT_PAIR_H_
