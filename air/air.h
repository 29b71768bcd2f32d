// The virtual air: Bluetooth LE controllers and the radio between them, in virtual microseconds.
//
// Everything is deterministic: one heap of events ordered by (time, order of creation), one seed.
// Nothing here reads a clock, a file or a socket. A controller is driven by HCI packets in H4
// framing (Core Specification, Vol 4, Parts A and E); the link layer (Vol 6, Part B) between
// controllers is simulated packet by packet, with airtime, T_IFS and retransmission.
//
//     struct air *air = air_new(&(struct air_config){.seed = 1});
//     struct air_controller *a = air_controller_new(air, &(struct air_controller_config){0});
//     air_hci_write(a, "\x01\x03\x0c\x00", 4);
//     air_run(air, 1000);
//     len = air_hci_read(a, buf, sizeof buf);
//
// The library is not thread-safe: one thread per air. air/README.md tells what is simplified.
#ifndef BREEZE_AIR_H_
#define BREEZE_AIR_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct air;
struct air_controller;

// "No event": what air_next() says when nothing is planned.
#define AIR_NEVER INT64_MAX

// Probabilities are in parts per million; this value means "take the air's default".
#define AIR_DEFAULT_PPM UINT32_MAX

struct air_config {
    uint64_t seed;     // everything random derives from it
    int64_t start_us;  // what air_now() says at first
    uint32_t loss_ppm; // default: a packet arrives with a bad CRC
    uint32_t miss_ppm; // default: a packet is not received at all
};

// A new, empty air; NULL when there is no memory. air_free() frees its controllers too.
struct air *air_new(const struct air_config *config);
void air_free(struct air *air);

// The virtual time, in microseconds.
int64_t air_now(const struct air *air);

// When the next event is due, AIR_NEVER if none is planned.
int64_t air_next(const struct air *air);

// Process every event that is due up to and including `until`, each at its own time, then set the
// time to `until` (time never goes back).
void air_run(struct air *air, int64_t until);

// Process the next event only. False when there is none.
bool air_step(struct air *air);

// A number that depends on the seed and on `stream` only; for seeding other generators.
uint64_t air_seed(const struct air *air, uint64_t stream);

// The version of the specification that a controller shows, and with it its commands and features.
enum air_level {
    AIR_LEVEL_DEFAULT = 0, // 5.4
    AIR_LEVEL_4_0 = 40,
    AIR_LEVEL_4_1 = 41,
    AIR_LEVEL_4_2 = 42,
    AIR_LEVEL_5_0 = 50,
    AIR_LEVEL_5_1 = 51,
    AIR_LEVEL_5_2 = 52,
    AIR_LEVEL_5_3 = 53,
    AIR_LEVEL_5_4 = 54,
};

// Everything that may differ between controllers. All zero is a good 5.4 controller with four ACL
// buffers of 251 octets, a static random address derived from its number and no public address.
struct air_controller_config {
    const char *name;            // for traces; the static address derives from it when it is given
    enum air_level level;        // see above
    bool has_public_address;     // else BD_ADDR reads as zeros
    uint8_t public_address[6];   // little-endian, as HCI has it
    bool has_static_address;     // else derived from `name` or the controller's number
    uint8_t static_address[6];   // little-endian; the two top bits must be set
    bool no_static_address;      // the vendor command that reads it answers "none"
    uint16_t acl_len;            // octets per ACL packet from the host; 0: 251 (27 below 4.2)
    uint8_t acl_count;           // ACL packets from the host at once; 0: 4
    bool acl_shared;             // one buffer pool with BR/EDR: LE Read Buffer Size answers 0
    uint32_t latency_us;         // HCI latency in each direction
    uint8_t max_links;           // links at once; 0: 8
    uint8_t accept_list_size;    // 0: 8
    uint8_t resolving_list_size; // 0: 8
    uint16_t max_data_octets;    // longest link-layer data PDU, 27 to 251; 0: 251
    uint32_t loss_ppm;           // AIR_DEFAULT_PPM, or this controller's own (0: see radio_own)
    uint32_t miss_ppm;           //
    bool radio_own;              // loss_ppm and miss_ppm are meant even where they are 0
    uint64_t without_features;   // LE feature bits (Vol 6, Part B, 4.6) to take away
    const uint16_t *without_commands; // opcodes to take away ("Unknown HCI Command")
    size_t without_commands_len;      // how many
};

// A new controller, switched on, as after its power-on reset; NULL when there is no memory.
// Strings and arrays in `config` are copied.
struct air_controller *air_controller_new(struct air *air,
                                          const struct air_controller_config *config);

// Take a controller out of the air: it loses power and is freed.
void air_controller_free(struct air_controller *controller);

// Power. Off: the device falls silent, all its state is lost, HCI writes answer -ENODEV; peers see
// their supervision time-outs (0x08). On: as after a power-on reset.
void air_controller_power(struct air_controller *controller, bool on);

// Give one H4 packet to the controller, packet type first. 0; -EAGAIN: its queue is full, nothing
// was taken; -EINVAL: not a whole command or ACL packet; -ENODEV: no power.
int air_hci_write(struct air_controller *controller, const uint8_t *packet, size_t len);

// Read the H4 stream towards the host: at most `len` octets, any size. Returns how many, 0 when
// nothing is ready now.
int air_hci_read(struct air_controller *controller, uint8_t *buf, size_t len);

// True when air_hci_read() would return something.
bool air_hci_pending(const struct air_controller *controller);

// Throw away what the host has not read yet (it closed its transport).
void air_hci_discard(struct air_controller *controller);

// Call `fn` whenever a packet becomes readable. It must not call back into the air.
void air_hci_on_ready(struct air_controller *controller, void (*fn)(void *ctx), void *ctx);

// Fault injection: tests play a hostile controller, or lose packets, with this.
enum air_dir {
    AIR_TO_HOST,
    AIR_TO_CONTROLLER,
};
enum air_verdict {
    AIR_PASS,
    AIR_DROP, // with air_hci_inject(): replace, duplicate or delay
};
typedef enum air_verdict (*air_filter_fn)(void *ctx, enum air_dir dir, const uint8_t *packet,
                                          size_t len);
// Every H4 packet passes `filter` as its sender hands it over; NULL takes the filter away.
void air_hci_filter(struct air_controller *controller, air_filter_fn filter, void *ctx);
// Put any octets into either direction, `delay_us` from now, past the filter. Towards the
// controller they must be a whole command or ACL packet. 0 or negative errno.
int air_hci_inject(struct air_controller *controller, enum air_dir dir, const uint8_t *packet,
                   size_t len, int64_t delay_us);

// What virtual time 0 stands for in traces, as Unix time in seconds: 2024-01-01 00:00:00 UTC.
#define AIR_TRACE_EPOCH 1704067200

// Where a trace goes. The header of the file is written at once.
struct air_sink {
    void (*write)(void *ctx, const void *data, size_t len);
    void *ctx;
};
// One controller's HCI as btsnoop (data link 1002, H4), as its host sees it.
void air_controller_trace(struct air_controller *controller, struct air_sink sink);
// Every packet on the air as pcap (link type 256, LE LL with pseudo header); packets that nobody
// received are in it, with CRC marked bad where the receiver found it so. Records are in order of
// time; air_pcap_flush() writes those that still wait for their turn.
void air_pcap(struct air *air, struct air_sink sink);
void air_pcap_flush(struct air *air);

// A link as its tests and benches want to see it.
struct air_link_stats {
    uint16_t interval;        // 1.25 ms
    uint16_t latency;         // events
    uint16_t timeout;         // 10 ms
    uint8_t tx_phy, rx_phy;   // 1: 1M, 2: 2M, 3: coded
    uint16_t max_tx_octets;   // now in force
    uint16_t max_rx_octets;   //
    uint64_t events;          // connection events since the start
    uint64_t used;            // those in which this side took part
    uint64_t last_tx_event;   // number of the event in which a data PDU was last sent first
    uint64_t last_rx_event;   // number of the event in which a data PDU last arrived
    uint64_t tx_pdus;         // data PDUs acknowledged by the peer
    uint64_t rx_pdus;         // data PDUs received
    uint64_t retransmissions; // PDUs sent again
    uint64_t bad_crc;         // PDUs received with a bad CRC
    uint64_t saturate_pdus;   // PDUs of the peer's test source that arrived here
    uint64_t saturate_octets; // their payload
    bool encrypted;           //
};
// 0, or -ENOTCONN for a handle that does not exist.
int air_link_stats(const struct air_controller *controller, uint16_t handle,
                   struct air_link_stats *stats);

// The ideal source: from now on this side's queue is never empty but full of data PDUs of `octets`
// (0 ends it). They go to no host; the peer's stats count them. 0, -ENOTCONN, or -EINVAL when
// `octets` is more than a PDU holds.
int air_link_saturate(struct air_controller *controller, uint16_t handle, uint16_t octets);
// The same on all links that the controller has; how many.
unsigned int air_controller_saturate(struct air_controller *controller, uint16_t octets);

// The addresses of a controller, little-endian: the static one is always there.
void air_controller_static_address(const struct air_controller *controller, uint8_t address[6]);

// The static random address that belongs to a name: the same everywhere, for ever.
void air_address_from_name(const char *name, size_t len, uint8_t address[6]);

// Change a controller's packet loss while it runs; AIR_DEFAULT_PPM goes back to the air's default.
void air_controller_radio(struct air_controller *controller, uint32_t loss_ppm, uint32_t miss_ppm);

// How many links a controller has, and its name, for status displays.
unsigned int air_controller_links(const struct air_controller *controller);
const char *air_controller_name(const struct air_controller *controller);

#ifdef __cplusplus
}
#endif

#endif // BREEZE_AIR_H_
