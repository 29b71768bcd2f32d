// Synchronisation with periodic advertising: what a controller knows of trains that it follows, or
// looks for (per_sync.c). Core Specification, Vol 6, Part B, 4.4.5 and 4.6; Vol 4, Part E, 7.8.67
// to 7.8.70.
#ifndef BREEZE_AIR_PER_H_
#define BREEZE_AIR_PER_H_

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "core.h"

#define AIR_MAX_SYNCS    4
#define AIR_MAX_PER_LIST 8

struct air_controller;
struct air_end;
struct ext_set;

struct per_source {
    struct le_addr addr;
    uint8_t sid;
};

// How a train is to be followed.
struct per_wish {
    bool silent;      // without reports, until the host asks for them
    uint16_t skip;    // events that may be left out after one that was received
    uint16_t timeout; // 10 ms
};

struct per_sync {
    struct air_controller *controller; // NULL: free
    uint32_t access_address;           // of the train
    struct per_source source;
    struct per_wish wish;
    uint8_t phy;
    uint16_t interval;
    bool synced;        // an AUX_SYNC_IND was received, the host was told
    bool listening;     // to the event under way
    bool reporting;     // has been given a part of it
    unsigned int skips; // events that are still left out
    bool transferred;   // came over a link:
    uint16_t link, service_data;
    struct air_timer timer; // the train is lost, or was not found
};

// LE Periodic Advertising Create Sync that has not found its train.
struct per_create {
    bool wanted;
    bool by_list;
    struct per_source source;
    struct per_wish wish;
};

// Transfers over a link that are taken (7.8.91): mode 0 ignores them.
struct per_past {
    uint8_t mode;
    uint16_t skip, timeout;
};

struct per_listener {
    struct per_create create;
    struct per_source list[AIR_MAX_PER_LIST];
    unsigned int list_count;
    struct per_past past; // of links to come
    struct per_sync syncs[AIR_MAX_SYNCS];
};

void per_listener_clear(struct air_controller *controller);
struct per_sync *per_sync_by_handle(struct air_controller *controller, uint16_t handle);
bool per_sync_room(const struct air_controller *controller);
bool per_synced_to(const struct air_controller *controller, const struct per_source *source);
// Is LE Periodic Advertising Create Sync under way.
bool per_creating(const struct air_controller *controller);
void per_sync_end(struct per_sync *sync);
// What is looked for is given up; false: nothing is.
bool per_create_cancel(struct air_controller *controller);

// One PDU of a train, to whoever follows it.
struct per_pdu {
    uint32_t access_address;
    int64_t at, end;
    bool first, last;
    int8_t tx_power;
    const uint8_t *data;
    uint8_t len;
};
void per_receive_all(const struct ext_set *set, const struct per_pdu *pdu);
// The rest of a chain does not come.
void per_cut_all(struct air *air, uint32_t access_address, int64_t at);

// LL_PERIODIC_SYNC_IND (Vol 6, Part B, 2.4.2.27): of a train that is followed or sent; and its
// receiver.
void per_transfer_sync(struct air_end *end, const struct per_sync *sync, uint16_t service_data);
void per_transfer_set(struct air_end *end, const struct ext_set *set, uint16_t service_data);
void per_transferred(struct air_end *end, int64_t at, const uint8_t *data);

#endif // BREEZE_AIR_PER_H_
