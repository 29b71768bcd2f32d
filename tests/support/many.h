// One host, the hub, that is central of up to 16 others, each subscribed to its notifications: for
// the scenario and the bench of many connections. Built against breeze_many.
#ifndef BREEZE_TESTS_SUPPORT_MANY_H_
#define BREEZE_TESTS_SUPPORT_MANY_H_

#include <stdbool.h>

#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/gatt.h>

#include "sim.h"

#define MANY_MAX 16

struct many {
    struct sim *sim;
    struct sim_host *hub;
    struct sim_host *peers[MANY_MAX];
    unsigned int count;
    struct bt_conn *conns[MANY_MAX]; // The hub's, in the order of connecting.
    unsigned int links;              // Of the hub.
    unsigned int connected;          // Peers.
    unsigned int subscribed;         // Peers.
    unsigned int notified[MANY_MAX]; // What each peer has heard.
};
extern struct many many;

// Enable the hub and `count` peers and connect and subscribe them all. False (and a line on stderr)
// when a step does not happen.
bool many_start(unsigned int count);
// Disable all and free the simulation; every connection's end must have been told.
bool many_stop(void);

// The characteristic that the hub notifies.
const struct bt_gatt_attr *many_attr(void);

#endif // BREEZE_TESTS_SUPPORT_MANY_H_
