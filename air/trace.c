// Trace files: btsnoop for a controller's HCI, pcap for the packets on the air.
//
// Both are byte streams into a sink, nothing else. The link layer simulates an exchange in one go,
// so pcap records can come out of order by a few milliseconds; they wait, sorted, until the clock
// has passed them.
//
// Encrypted packets are shown deciphered, as sniffers that know the key do: flags "decrypted" and
// "MIC valid", without the MIC's four octets (which their airtime counts), and a CRC over what is
// shown.
//
// Formats: btsnoop version 1, data link 1002 (H4); pcap 2.4, link type 256 (LE link layer with a
// ten-octet pseudo header).
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "controller.h"

// btsnoop counts microseconds from the year 0.
#define BTSNOOP_EPOCH_US 0x00dcddb30f2f8000

static void put32be(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static void put64be(uint8_t *p, uint64_t v)
{
    put32be(p, (uint32_t)(v >> 32));
    put32be(p + 4, (uint32_t)v);
}

void btsnoop_header(const struct air_sink *sink)
{
    uint8_t header[16] = "btsnoop";
    put32be(header + 8, 1);
    put32be(header + 12, 1002);
    sink->write(sink->ctx, header, sizeof(header));
}

void btsnoop_packet(const struct air_sink *sink, int64_t at, enum air_dir dir,
                    const uint8_t *packet, size_t len)
{
    // Flags: bit 0 received by the host, bit 1 command or event.
    bool command_or_event = packet[0] == 0x01 || packet[0] == 0x04;
    uint8_t header[24];
    put32be(header, (uint32_t)len);
    put32be(header + 4, (uint32_t)len);
    put32be(header + 8, (dir == AIR_TO_HOST ? 1u : 0u) | (command_or_event ? 2u : 0u));
    put32be(header + 12, 0);
    put64be(header + 16, (uint64_t)at + AIR_TRACE_EPOCH * UINT64_C(1000000) + BTSNOOP_EPOCH_US);
    sink->write(sink->ctx, header, sizeof(header));
    sink->write(sink->ctx, packet, len);
}

void air_controller_trace(struct air_controller *controller, struct air_sink sink)
{
    controller->trace = sink;
    if (sink.write) {
        btsnoop_header(&sink);
    }
}

void air_pcap(struct air *air, struct air_sink sink)
{
    air_pcap_flush(air);
    air->pcap.sink = sink;
    if (sink.write) {
        uint8_t header[24] = {0};
        put32(header, 0xa1b2c3d4);
        put16(header + 4, 2);
        put16(header + 6, 4);
        put32(header + 16, 65535);
        put32(header + 20, 256);
        sink.write(sink.ctx, header, sizeof(header));
    }
}

static void pcap_write_until(struct air *air, int64_t until)
{
    struct air_pcap *pcap = &air->pcap;
    size_t done = 0;
    while (done < pcap->count && pcap->records[done].at < until) {
        struct pcap_record *record = &pcap->records[done++];
        if (pcap->sink.write) {
            pcap->sink.write(pcap->sink.ctx, record->data, record->len);
        }
        free(record->data);
    }
    if (!done) {
        return;
    }
    pcap->count -= done;
    memmove(pcap->records, pcap->records + done, pcap->count * sizeof(*pcap->records));
}

void air_pcap_flush(struct air *air)
{
    pcap_write_until(air, AIR_NEVER);
}

static struct pcap_record *pcap_insert(struct air_pcap *pcap, int64_t at)
{
    if (pcap->count == pcap->cap) {
        pcap->cap = pcap->cap ? pcap->cap * 2 : 32;
        pcap->records = realloc(pcap->records, pcap->cap * sizeof(*pcap->records));
        if (!pcap->records) {
            abort();
        }
    }
    size_t i = pcap->count++;
    for (; i && pcap->records[i - 1].at > at; i--) {
        pcap->records[i] = pcap->records[i - 1];
    }
    return &pcap->records[i];
}

// CRC of Vol 6, Part B, 3.1.1: x^24 + x^10 + x^9 + x^6 + x^4 + x^3 + x + 1, fed with the least
// significant bit first. The register is kept mirrored, so it leaves in transmission order.
static uint32_t crc_mirror(uint32_t v)
{
    uint32_t out = 0;
    for (int i = 0; i < 24; i++) {
        out |= (v >> i & 1) << (23 - i);
    }
    return out;
}

static uint32_t crc_feed(uint32_t crc, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc & 1 ? crc >> 1 ^ 0xda6000 : crc >> 1;
        }
    }
    return crc;
}

// Pseudo header flags.
#define PHDR_DEWHITENED   0x0001
#define PHDR_POWER_VALID  0x0002
#define PHDR_DECRYPTED    0x0008
#define PHDR_REF_AA_VALID 0x0010
#define PHDR_CRC_CHECKED  0x0400
#define PHDR_CRC_VALID    0x0800
#define PHDR_MIC_CHECKED  0x1000
#define PHDR_MIC_VALID    0x2000

static uint16_t pcap_flags(const struct ll_packet *packet)
{
    static const uint16_t phy_bits[] = {[PHY_1M] = 0x0000, [PHY_2M] = 0x4000, [PHY_CODED] = 0x8000};
    unsigned int flags = PHDR_DEWHITENED | PHDR_POWER_VALID | PHDR_REF_AA_VALID | PHDR_CRC_CHECKED |
                         phy_bits[packet->phy] | packet->kind << 7;
    flags |= packet->bad_crc ? 0 : PHDR_CRC_VALID;
    flags |= packet->encrypted ? PHDR_DECRYPTED | PHDR_MIC_CHECKED | PHDR_MIC_VALID : 0;
    return (uint16_t)flags;
}

// The RF channel (2402 + 2k MHz) of a link-layer channel number (Vol 6, Part B, 1.4.1).
static uint8_t rf_channel(uint8_t channel)
{
    static const uint8_t advertising[] = {0, 12, 39};
    if (channel >= 37) {
        return advertising[channel - 37];
    }
    return (uint8_t)(channel < 11 ? channel + 1 : channel + 2);
}

void air_pcap_packet(struct air *air, const struct ll_packet *packet)
{
    if (!air_pcap_on(air)) {
        return;
    }
    pcap_write_until(air, air->now);
    bool coded = packet->phy == PHY_CODED;
    size_t body = 10 + 4 + coded + 2 + packet->payload_len + 3;
    struct pcap_record *record = pcap_insert(&air->pcap, packet->at);
    record->at = packet->at;
    record->len = 16 + body;
    record->data = calloc(1, record->len);
    if (!record->data) {
        abort();
    }
    uint8_t *p = record->data;
    put32(p, (uint32_t)(AIR_TRACE_EPOCH + packet->at / 1000000));
    put32(p + 4, (uint32_t)(packet->at % 1000000));
    put32(p + 8, (uint32_t)body);
    put32(p + 12, (uint32_t)body);
    p += 16;
    p[0] = rf_channel(packet->channel);
    p[1] = (uint8_t)-50;
    put32(p + 4, packet->access_address);
    put16(p + 8, pcap_flags(packet));
    put32(p + 10, packet->access_address);
    p += 14;
    if (coded) {
        *p++ = 0; // coding indicator: S = 8
    }
    memcpy(p, packet->header, 2);
    if (packet->payload_len) {
        memcpy(p + 2, packet->payload, packet->payload_len);
    }
    size_t covered = 2 + packet->payload_len;
    uint32_t crc = crc_feed(crc_mirror(packet->crc_init), p, covered);
    put24(p + covered, packet->bad_crc ? crc ^ 0x000001 : crc);
}
