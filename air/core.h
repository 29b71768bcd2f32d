// Inside the air: clock, timers, random numbers, the pcap writer. Used by every file of air/.
#ifndef BREEZE_AIR_CORE_H_
#define BREEZE_AIR_CORE_H_

#include "air.h"

// One planned event. Lives in its owner; in the heap while `slot` is not 0.
struct air_timer {
    int64_t at;
    uint64_t seq;
    size_t slot; // position in the heap + 1
    void (*fn)(void *ctx);
    void *ctx;
};

struct air_rng {
    uint64_t state;
};

struct pcap_record {
    int64_t at;
    size_t len;
    uint8_t *data;
};

struct air_pcap {
    struct air_sink sink;
    struct pcap_record *records; // wait for their turn, in order of time
    size_t count, cap;
};

struct air {
    struct air_config config;
    int64_t now;
    uint64_t seq;
    struct air_timer **heap;
    size_t count, cap;
    struct air_controller *controllers; // in order of creation
    struct air_link *links;
    uint32_t next_id;
    struct air_pcap pcap;
};

void air_timer_set(struct air *air, struct air_timer *timer, int64_t at);
void air_timer_stop(struct air *air, struct air_timer *timer);

// Mixing of 64 bits (the finaliser of SplitMix64) and a generator over it.
uint64_t air_mix(uint64_t v);
static inline uint64_t air_hash(uint64_t a, uint64_t b, uint64_t c)
{
    return air_mix(air_mix(air_mix(a) ^ b) ^ c);
}
uint64_t air_rng_next(struct air_rng *rng);
bool air_rng_chance(struct air_rng *rng, uint32_t ppm);
static inline bool air_chance(uint64_t draw, uint32_t ppm)
{
    return ppm && draw % 1000000 < ppm;
}

// Airtime of the pseudo header's PHY numbers and of LL packets: `octets` is the payload after the
// two octets of header (Vol 6, Part B, 2.1 and 2.2).
#define PHY_1M    1
#define PHY_2M    2
#define PHY_CODED 3
int64_t ll_airtime(uint8_t phy, unsigned int octets);
// The longest payload whose airtime is at most `us`; negative when not even an empty PDU fits.
int ll_octets_in(uint8_t phy, int64_t us);

#define T_IFS_US 150

#define ADV_ACCESS_ADDRESS 0x8e89bed6u
#define ADV_CRC_INIT       0x555555u

// What the pcap record of one packet says.
struct ll_packet {
    int64_t at;
    uint8_t channel; // 0..39, the link layer's numbers
    uint8_t phy;
    uint32_t access_address;
    uint32_t crc_init;
    uint8_t kind; // 0 advertising, 2 data central to peripheral, 3 peripheral to central
    bool bad_crc;
    bool encrypted;
    const uint8_t *header;  // two octets
    const uint8_t *payload; // without MIC
    unsigned int payload_len;
};
void air_pcap_packet(struct air *air, const struct ll_packet *packet);
static inline bool air_pcap_on(const struct air *air)
{
    return air->pcap.sink.write != NULL;
}

// btsnoop records (one controller's trace).
void btsnoop_header(const struct air_sink *sink);
void btsnoop_packet(const struct air_sink *sink, int64_t at, enum air_dir dir,
                    const uint8_t *packet, size_t len);

#endif // BREEZE_AIR_CORE_H_
