// A rig for tests of the air: controllers driven by raw HCI, without any host.
#ifndef BREEZE_TESTS_AIR_RIG_H_
#define BREEZE_TESTS_AIR_RIG_H_

#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "air.h"
#include "bytes.h"

#define RIG_MAX 8

// A file in memory.
struct blob {
    uint8_t *data;
    size_t len, cap;
};
struct air_sink blob_sink(struct blob *blob);
void blob_free(struct blob *blob);

struct rig {
    struct air *air;
    struct air_controller *c[RIG_MAX];
    int count;
};

// An event or ACL packet as read: H4 type first.
struct packet {
    uint8_t data[300];
    size_t len;
};

void rig_open(struct rig *rig, uint64_t seed);
void rig_open_config(struct rig *rig, const struct air_config *config);
void rig_close(struct rig *rig);
int rig_add(struct rig *rig, const struct air_controller_config *config);
// A controller with a reset done, all events on (of the two for new links the old one) and a random
// address set.
int rig_add_ready(struct rig *rig, const struct air_controller_config *config);

// What such a controller has behind its reset, again.
void rig_restart(struct rig *rig, int i);

void rig_run(struct rig *rig, int64_t us);
// The next packet of a controller without letting time pass; false when there is none.
bool rig_read(struct rig *rig, int i, struct packet *packet);
// Let time pass until a packet arrives, at most `us`.
bool rig_wait(struct rig *rig, int i, int64_t us, struct packet *packet);
// ... until an event of this code (or LE subevent) arrives; others are dropped.
bool rig_event(struct rig *rig, int i, uint8_t code, int64_t us, struct packet *packet);
bool rig_le_event(struct rig *rig, int i, uint8_t subevent, int64_t us, struct packet *packet);
void rig_drain(struct rig *rig, int i);

// Send a command and wait for its response, dropping what comes before; returns its status and, if
// wanted, its return parameters (from the status on).
uint8_t rig_cmd_rsp(struct rig *rig, int i, uint16_t opcode, const void *params, size_t len,
                    struct packet *rsp);
uint8_t rig_cmd(struct rig *rig, int i, uint16_t opcode, const void *params, size_t len);
void rig_cmd_nowait(struct rig *rig, int i, uint16_t opcode, const void *params, size_t len);
#define RIG_CMD(rig, i, opcode, ...)                                                               \
    rig_cmd(rig, i, opcode, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

// Shorthands. Intervals in 0.625 ms (advertising, scanning) and 1.25 ms (links).
void rig_advertise(struct rig *rig, int i, uint8_t type, uint16_t interval);
void rig_scan(struct rig *rig, int i, bool active, uint16_t interval, uint16_t window, bool dups);
uint8_t rig_connect(struct rig *rig, int i, int to, uint16_t interval, uint16_t latency,
                    uint16_t timeout);
// Advertise, connect, wait for both Connection Complete events; handles[0] of `central`.
void rig_link(struct rig *rig, int central, int peripheral, uint16_t interval, uint16_t handles[2]);
void rig_acl(struct rig *rig, int i, uint16_t handle, bool start, const void *data, size_t len);
void rig_addr(struct rig *rig, int i, uint8_t addr[6]);

#define OP_DISCONNECT        0x0406
#define OP_REMOTE_VERSION    0x041d
#define OP_EVENT_MASK        0x0c01
#define OP_RESET             0x0c03
#define OP_HOST_FLOW         0x0c31
#define OP_HOST_BUFFER_SIZE  0x0c33
#define OP_HOST_COMPLETED    0x0c35
#define OP_READ_VERSION      0x1001
#define OP_READ_COMMANDS     0x1002
#define OP_READ_BUFFER_SIZE  0x1005
#define OP_READ_BD_ADDR      0x1009
#define OP_LE_EVENT_MASK     0x2001
#define OP_LE_BUFFER_SIZE    0x2002
#define OP_LE_FEATURES       0x2003
#define OP_RANDOM_ADDRESS    0x2005
#define OP_ADV_PARAMS        0x2006
#define OP_ADV_DATA          0x2008
#define OP_SCAN_RSP          0x2009
#define OP_ADV_ENABLE        0x200a
#define OP_SCAN_PARAMS       0x200b
#define OP_SCAN_ENABLE       0x200c
#define OP_CREATE            0x200d
#define OP_CREATE_CANCEL     0x200e
#define OP_CLEAR_ACCEPT      0x2010
#define OP_ADD_ACCEPT        0x2011
#define OP_REMOVE_ACCEPT     0x2012
#define OP_UPDATE            0x2013
#define OP_SET_CHANNELS      0x2014
#define OP_READ_CHANNELS     0x2015
#define OP_REMOTE_FEATURES   0x2016
#define OP_ENCRYPT           0x2017
#define OP_RAND              0x2018
#define OP_START_ENCRYPTION  0x2019
#define OP_LTK_REPLY         0x201a
#define OP_LTK_NEGATIVE      0x201b
#define OP_PARAM_REPLY       0x2020
#define OP_PARAM_NEGATIVE    0x2021
#define OP_DATA_LENGTH       0x2022
#define OP_READ_DEFAULT_LEN  0x2023
#define OP_WRITE_DEFAULT_LEN 0x2024
#define OP_READ_MAX_LEN      0x202f
#define OP_READ_PHY          0x2030
#define OP_SET_PHY           0x2032

#define EV_DISCONNECTION     0x05
#define EV_ENCRYPTION_CHANGE 0x08
#define EV_REMOTE_VERSION    0x0c
#define EV_COMPLETE          0x0e
#define EV_STATUS            0x0f
#define EV_COMPLETED_PACKETS 0x13
#define EV_OVERFLOW          0x1a
#define EV_KEY_REFRESH       0x30
#define LE_EV_CONNECTION     0x01
#define LE_EV_REPORT         0x02
#define LE_EV_UPDATE         0x03
#define LE_EV_FEATURES       0x04
#define LE_EV_LTK            0x05
#define LE_EV_PARAM          0x06
#define LE_EV_LENGTH         0x07
#define LE_EV_PHY            0x0c

#endif // BREEZE_TESTS_AIR_RIG_H_
