// The other side of a host of a lower level: a controller on the same air, driven by raw HCI.
#ifndef BREEZE_TESTS_LEVELS_PEER_H_
#define BREEZE_TESTS_LEVELS_PEER_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim.h"

struct peer {
    struct sim *sim;
    struct air_controller *controller;
    uint16_t answered; // Opcode of the last Command Complete or Status ...
    uint8_t status;    // ... and its status.
    unsigned int reports;
    uint8_t report_type; // Of the last advertising report,
    uint8_t report[31];
    uint8_t report_len;
    bool linked; // A link is up,
    uint16_t handle;
    uint8_t reason;   // ... or the last one ended with this.
    uint8_t pdu[300]; // The last ATT PDU received
    size_t pdu_len;
};

// A controller with a reset done and all events on. Time limits: 5 s of virtual time each; false is
// "did not happen".
bool peer_open(struct peer *peer, struct sim *sim);
bool peer_scan(struct peer *peer, bool on);
bool peer_connect(struct peer *peer, const uint8_t static_addr[6]);
bool peer_disconnect(struct peer *peer);
// Send an ATT PDU; wait for one.
bool peer_att(struct peer *peer, const void *pdu, size_t len);
bool peer_att_wait(struct peer *peer);
// Wait for a report.
bool peer_report_wait(struct peer *peer);

#endif // BREEZE_TESTS_LEVELS_PEER_H_
