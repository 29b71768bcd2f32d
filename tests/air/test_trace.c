// The traces: the same seed gives the same octets; and the walk of design D12: the pcap of a busy
// scene is read back and held against the rules of the link layer (Core Specification, Vol 6,
// Part B): T_IFS kept, nothing past the anchor, airtime = octets x PHY, hop sequence, CRC, sequence
// numbers. Everything here is computed from the file alone.
#include <stdio.h>

#include "rig.h"

#define MS        1000
#define T_IFS     150
#define EPOCH_US  (INT64_C(1704067200) * 1000000)
#define MAX_LINKS 4

// The scene: links with loss, long PDUs, a PHY change, an interval change, encryption, a second
// link, advertising and active scanning, all at the same time.

struct scene {
    struct blob pcap, snoop[4];
};

static void command(struct rig *rig, int i, uint16_t opcode, uint16_t handle, const void *rest,
                    size_t len)
{
    uint8_t params[64];
    put16(params, handle);
    memcpy(params + 2, rest, len);
    assert_int_equal(rig_cmd(rig, i, opcode, params, len + 2), 0);
}

static void chat(struct rig *rig, int a, int b, const uint16_t handles[2], int64_t us)
{
    uint8_t data[251];
    memset(data, 0x3c, sizeof(data));
    int64_t until = air_now(rig->air) + us;
    for (int n = 0; air_now(rig->air) < until; n++) {
        struct packet packet;
        size_t len = (size_t)(5 + n * 37 % 247);
        put16(data, (uint16_t)(len - 4)); // an L2CAP frame, so that dissectors are content
        put16(data + 2, 0x0040);
        rig_acl(rig, n & 1 ? a : b, handles[!(n & 1)], true, data, len);
        for (int i = 0; i < rig->count; i++) {
            while (rig_read(rig, i, &packet)) {
                if (packet.data[0] == 4 && packet.data[1] == 0x3e &&
                    packet.data[3] == LE_EV_PARAM) {
                    command(rig, i, OP_PARAM_REPLY, get16(packet.data + 4),
                            (uint8_t[]){30, 0, 30, 0, 0, 0, 200, 0, 0, 0, 0, 0}, 12);
                }
                if (packet.data[0] == 4 && packet.data[1] == 0x3e && packet.data[3] == LE_EV_LTK) {
                    command(rig, i, OP_LTK_REPLY, get16(packet.data + 4), (uint8_t[16]){9}, 16);
                }
            }
        }
        rig_run(rig, 9 * MS);
    }
}

static void scene_play(struct scene *scene, uint64_t seed)
{
    struct rig rig;
    uint16_t ab[2], ac[2];
    *scene = (struct scene){0};
    rig_open_config(&rig, &(struct air_config){.seed = seed, .loss_ppm = 50000, .miss_ppm = 20000});
    air_pcap(rig.air, blob_sink(&scene->pcap));
    for (int i = 0; i < 4; i++) {
        rig_add_ready(&rig, &(struct air_controller_config){.latency_us = 300, .acl_count = 20});
        air_controller_trace(rig.c[i], blob_sink(&scene->snoop[i]));
    }
    rig_link(&rig, 0, 1, 24, ab);
    rig_advertise(&rig, 3, 0, 0x40);
    rig_scan(&rig, 2, true, 0x60, 0x60, false);
    chat(&rig, 0, 1, ab, 1000 * MS);
    for (int i = 0; i < 2; i++) {
        command(&rig, i, OP_DATA_LENGTH, ab[i], (uint8_t[]){251, 0, 0x48, 8}, 4);
    }
    chat(&rig, 0, 1, ab, 2000 * MS);
    rig_link(&rig, 0, 2, 40, ac);
    command(&rig, 0, OP_SET_PHY, ab[0], (uint8_t[]){0, 2, 2, 0, 0}, 5);
    chat(&rig, 0, 1, ab, 1000 * MS);
    command(&rig, 0, OP_UPDATE, ab[0], (uint8_t[]){30, 0, 30, 0, 0, 0, 200, 0, 0, 0, 0, 0}, 12);
    chat(&rig, 0, 1, ab, 2000 * MS);
    command(&rig, 0, OP_START_ENCRYPTION, ab[0], (uint8_t[26]){[10] = 9}, 26);
    chat(&rig, 0, 1, ab, 3000 * MS);
    struct air_link_stats stats;
    assert_int_equal(air_link_stats(rig.c[0], ab[0], &stats), 0);
    assert_true(stats.encrypted && stats.interval == 30 && stats.tx_phy == 2);
    assert_int_equal(air_link_stats(rig.c[0], ac[0], &stats), 0);
    rig_close(&rig);
}

static void scene_free(struct scene *scene)
{
    blob_free(&scene->pcap);
    for (int i = 0; i < 4; i++) {
        blob_free(&scene->snoop[i]);
    }
}

static bool blob_equal(const struct blob *a, const struct blob *b)
{
    return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

// For a look with other tools: BREEZE_TEST_DUMP=DIR leaves the files there.
static void dump(const char *name, const struct blob *blob)
{
    const char *dir = getenv("BREEZE_TEST_DUMP");
    char path[512];
    if (!dir) {
        return;
    }
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(blob->data, 1, blob->len, file), blob->len);
    fclose(file);
}

static void test_same_seed_same_octets(void **state)
{
    struct scene one, two, other;
    scene_play(&one, 1);
    scene_play(&two, 1);
    scene_play(&other, 2);
    assert_true(one.pcap.len > 10000);
    assert_true(blob_equal(&one.pcap, &two.pcap));
    assert_false(blob_equal(&one.pcap, &other.pcap));
    for (int i = 0; i < 4; i++) {
        assert_true(one.snoop[i].len > 16);
        assert_true(blob_equal(&one.snoop[i], &two.snoop[i]));
    }
    assert_false(blob_equal(&one.snoop[0], &other.snoop[0]));
    dump("scene.pcap", &one.pcap);
    dump("scene-0.btsnoop", &one.snoop[0]);
    dump("scene-1.btsnoop", &one.snoop[1]);
    dump("scene-2.btsnoop", &one.snoop[2]);
    dump("scene-3.btsnoop", &one.snoop[3]);
    scene_free(&one);
    scene_free(&two);
    scene_free(&other);
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void test_btsnoop_is_well_formed(void **state)
{
    struct scene scene;
    scene_play(&scene, 1);
    for (int i = 0; i < 4; i++) {
        const struct blob *blob = &scene.snoop[i];
        assert_memory_equal(blob->data, "btsnoop\0\0\0\0\1\0\0\3\xea", 16);
        uint64_t before = 0;
        size_t at = 16;
        while (at < blob->len) {
            const uint8_t *p = blob->data + at;
            uint32_t len = be32(p);
            uint64_t time = (uint64_t)be32(p + 16) << 32 | be32(p + 20);
            uint8_t type = p[24];
            assert_int_equal(len, be32(p + 4));
            assert_true(time >= before);
            assert_int_equal(be32(p + 8) & 2, type == 2 ? 0 : 2);
            assert_int_equal(be32(p + 8) & 1, type == 4 || (type == 2 && p[26] >> 4));
            assert_int_equal(len, type == 2   ? 5u + get16(p + 27)
                                  : type == 1 ? 4u + p[27]
                                              : 3u + p[26]);
            before = time;
            at += 24 + len;
        }
        assert_int_equal(at, blob->len);
    }
    scene_free(&scene);
}

// The walk

struct record {
    int64_t at, end; // on air, microseconds
    uint8_t channel; // link layer's number
    int phy;         // 1, 2
    uint32_t access_address;
    int kind; // 0 advertising, 2, 3 data
    bool crc_good, encrypted;
    uint8_t header[2];
    const uint8_t *payload;
    size_t len; // as the header says
};

struct walk_link {
    uint32_t access_address, crc_init;
    int64_t anchor; // of event 0, moved by interval changes
    int64_t base_event, interval;
    int hop;
    int64_t instant, new_interval; // a planned change
    struct record last;            // in this event
    bool any;
    int64_t event;        // of `last`
    int sn[2];            // of the last new PDU by direction, -1: none
    uint8_t sent[2][260]; // and its octets
    size_t packets, exchanges, retransmissions, crc_bad;
};

struct walk {
    struct walk_link links[MAX_LINKS];
    size_t link_count;
    struct record adv; // last advertising channel packet
    bool adv_any;
    size_t scan_requests, scan_responses, connects, adv_pdus, fast_phy, encrypted, busy_overlaps;
};

// A CRC of its own: bit by bit, MSB of the register first (3.1.1).
static uint32_t crc24(uint32_t init, const uint8_t *data, size_t len)
{
    uint32_t reg = init;
    for (size_t i = 0; i < len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            uint32_t in = (data[i] >> bit & 1) ^ (reg >> 23 & 1);
            reg = (reg << 1 & 0xffffff) ^ (in ? 0x00065b : 0);
        }
    }
    return reg;
}

static uint32_t transmitted_crc(const uint8_t *p)
{
    uint32_t crc = 0;
    for (int byte = 0; byte < 3; byte++) {
        for (int bit = 0; bit < 8; bit++) {
            crc = crc << 1 | (p[byte] >> bit & 1);
        }
    }
    return crc;
}

static uint8_t channel_of(uint8_t rf)
{
    return rf == 0 ? 37 : rf == 12 ? 38 : rf == 39 ? 39 : (uint8_t)(rf < 12 ? rf - 1 : rf - 2);
}

static struct walk_link *walk_find(struct walk *walk, uint32_t access_address)
{
    for (size_t i = 0; i < walk->link_count; i++) {
        if (walk->links[i].access_address == access_address) {
            return &walk->links[i];
        }
    }
    return NULL;
}

static size_t record_parse(const struct blob *blob, size_t at, struct walk *walk,
                           struct record *record)
{
    const uint8_t *p = blob->data + at;
    size_t len = get32(p + 8);
    assert_int_equal(len, get32(p + 12));
    assert_true(at + 16 + len <= blob->len);
    uint16_t flags = get16(p + 16 + 8);
    const uint8_t *packet = p + 16 + 10;
    *record = (struct record){
        .at = (int64_t)get32(p) * 1000000 + get32(p + 4) - EPOCH_US,
        .channel = channel_of(p[16]),
        .phy = (flags >> 14) + 1,
        .access_address = get32(packet),
        .kind = flags >> 7 & 7,
        .crc_good = flags >> 11 & 1,
        .encrypted = flags >> 3 & 1,
        .header = {packet[4], packet[5]},
        .payload = packet + 6,
        .len = packet[5],
    };
    // Octets: access address 4, header 2, payload, CRC 3; preamble 1 (2 on 2M).
    assert_int_equal(len, 10 + 4 + 2 + record->len + 3);
    int64_t octets = (record->phy == 2 ? 2 : 1) + 4 + 2 + (int64_t)record->len + 3;
    octets += record->encrypted ? 4 : 0; // a deciphered packet is shown without its MIC
    record->end = record->at + octets * (record->phy == 2 ? 4 : 8);
    struct walk_link *link = walk_find(walk, record->access_address);
    uint32_t init = record->kind ? link ? link->crc_init : 0 : 0x555555;
    bool good =
        crc24(init, packet + 4, 2 + record->len) == transmitted_crc(packet + 6 + record->len);
    assert_int_equal(good, record->crc_good);
    return at + 16 + len;
}

static void walk_connect(struct walk *walk, const struct record *record)
{
    const uint8_t *ll = record->payload + 12;
    assert_true(walk->link_count < MAX_LINKS);
    assert_null(walk_find(walk, get32(ll)));
    struct walk_link *link = &walk->links[walk->link_count++];
    *link = (struct walk_link){
        .access_address = get32(ll),
        .crc_init = get32(ll + 4) & 0xffffff,
        .anchor = record->end + 1250 + get16(ll + 8) * 1250,
        .interval = get16(ll + 10) * 1250,
        .hop = ll[21] & 0x1f,
        .instant = -1,
        .event = -1,
        .sn = {-1, -1},
    };
    assert_in_range(link->hop, 5, 16);
    assert_memory_equal(ll + 16, "\xff\xff\xff\xff\x1f", 5);
}

static void walk_adv(struct walk *walk, const struct record *record)
{
    int type = record->header[0] & 0x0f;
    assert_int_equal(record->access_address, 0x8e89bed6);
    assert_in_range(record->channel, 37, 39);
    bool answer = type == 3 || type == 4 || type == 5;
    if (answer) { // SCAN_REQ, SCAN_RSP, CONNECT_IND: T_IFS after what they answer, same channel
        assert_true(walk->adv_any);
        assert_int_equal(record->at, walk->adv.end + T_IFS);
        assert_int_equal(record->channel, walk->adv.channel);
        int before = walk->adv.header[0] & 0x0f;
        assert_int_equal(before, type == 4 ? 3 : 0);
    }
    walk->scan_requests += type == 3;
    walk->scan_responses += type == 4;
    walk->connects += type == 5;
    walk->adv_pdus += type == 0;
    if (type == 5) {
        walk_connect(walk, record);
    }
    walk->adv = *record;
    walk->adv_any = true;
}

static int64_t event_at(const struct walk_link *link, int64_t time)
{
    return link->base_event + (time - link->anchor) / link->interval;
}

static int64_t anchor_of(const struct walk_link *link, int64_t event)
{
    return link->anchor + (event - link->base_event) * link->interval;
}

// An interval change comes into force at its instant.
static void walk_instant(struct walk_link *link, int64_t time)
{
    if (link->instant >= 0 && time >= anchor_of(link, link->instant)) {
        link->anchor = anchor_of(link, link->instant);
        link->base_event = link->instant;
        link->interval = link->new_interval;
        link->instant = -1;
    }
}

static void walk_sequence(struct walk_link *link, const struct record *record)
{
    int side = record->kind - 2;
    int sn = record->header[0] >> 3 & 1;
    if (link->sn[side] == sn) { // the same again
        link->retransmissions++;
        assert_int_equal(link->sent[side][0], record->len);
        assert_memory_equal(link->sent[side] + 1, record->payload, record->len);
    }
    link->sn[side] = sn;
    link->sent[side][0] = (uint8_t)record->len;
    memcpy(link->sent[side] + 1, record->payload, record->len);
}

static void walk_control(struct walk_link *link, const struct record *record)
{
    bool control = (record->header[0] & 3) == 3;
    if (control && record->payload[0] == 0x00 && link->instant < 0) {
        int64_t instant = get16(record->payload + 10);
        if (instant > event_at(link, record->at)) { // not a repetition of one that has passed
            link->instant = instant;
            link->new_interval = get16(record->payload + 4) * 1250;
        }
    }
}

static void walk_data(struct walk *walk, const struct record *record)
{
    struct walk_link *link = walk_find(walk, record->access_address);
    assert_non_null(link);
    walk_instant(link, record->at);
    int64_t event = event_at(link, record->at);
    bool first = !link->any || event != link->event;
    if (first) { // the central opens the event, at the anchor
        assert_int_equal(record->kind, 2);
        assert_int_equal(record->at, anchor_of(link, event));
    } else { // the other side's turn, T_IFS after the end of the last packet
        assert_int_not_equal(record->kind, link->last.kind);
        assert_int_equal(record->at, link->last.end + T_IFS);
        assert_int_equal(record->channel, link->last.channel);
    }
    // Channel selection algorithm 1 with all channels in use.
    assert_int_equal(record->channel, (event + 1) * link->hop % 37);
    // Nothing past the next anchor.
    int64_t next = link->instant == event + 1 ? anchor_of(link, event) + link->interval
                                              : anchor_of(link, event + 1);
    assert_true(record->end + T_IFS <= next);
    walk_sequence(link, record);
    walk_control(link, record);
    link->packets++;
    link->exchanges += record->kind == 3;
    link->crc_bad += !record->crc_good;
    link->last = *record;
    link->event = event;
    link->any = true;
    walk->fast_phy += record->phy == 2;
    walk->encrypted += record->encrypted;
}

static void test_pcap_walk(void **state)
{
    struct scene scene;
    struct walk walk = {0};
    struct record record;
    scene_play(&scene, 1);
    assert_int_equal(get32(scene.pcap.data), 0xa1b2c3d4);
    assert_int_equal(get32(scene.pcap.data + 20), 256);
    int64_t before = 0;
    for (size_t at = 24; at < scene.pcap.len;) {
        at = record_parse(&scene.pcap, at, &walk, &record);
        assert_true(record.at >= before); // in order of time
        before = record.at;
        if (record.kind) {
            walk_data(&walk, &record);
        } else {
            walk_adv(&walk, &record);
        }
    }
    // The scene had everything that the rules are about.
    assert_int_equal(walk.link_count, walk.connects);
    assert_true(walk.connects >= 2);
    assert_true(walk.links[0].exchanges > 400);
    assert_true(walk.links[0].retransmissions > 20);
    assert_true(walk.links[0].crc_bad > 20);
    assert_true(walk.links[walk.link_count - 1].exchanges > 50);
    assert_true(walk.scan_requests > 20 && walk.scan_responses > 20 && walk.adv_pdus > 100);
    assert_true(walk.fast_phy > 100 && walk.encrypted > 50);
    scene_free(&scene);
}

// No device sends on two links at once: with one central and three peripherals, packets of
// different links do not overlap in time, and links that do not share a device may.
static void test_links_of_one_device_do_not_overlap(void **state)
{
    struct rig rig;
    struct blob pcap = {0};
    struct walk walk = {0};
    struct record record, before = {0};
    uint16_t handles[2];
    rig_open(&rig, 9);
    air_pcap(rig.air, blob_sink(&pcap));
    for (int i = 0; i < 4; i++) {
        rig_add_ready(&rig, &(struct air_controller_config){0});
    }
    for (int i = 1; i < 4; i++) {
        rig_link(&rig, 0, i, (uint16_t)(5 + i), handles);
        air_link_saturate(rig.c[i], handles[1], 27);
        rig_run(&rig, 50 * MS);
    }
    rig_run(&rig, 2000 * MS);
    air_pcap_flush(rig.air);
    size_t packets = 0;
    for (size_t at = 24; at < pcap.len; packets++) {
        at = record_parse(&pcap, at, &walk, &record);
        if (record.kind == 0 && (record.header[0] & 0x0f) == 5) {
            walk_connect(&walk, &record);
        }
        if (record.kind && before.kind) {
            assert_true(record.at >= before.end + T_IFS);
        }
        before = record;
    }
    assert_true(packets > 2000);
    rig_close(&rig);
    blob_free(&pcap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_seed_same_octets),
        cmocka_unit_test(test_btsnoop_is_well_formed),
        cmocka_unit_test(test_pcap_walk),
        cmocka_unit_test(test_links_of_one_device_do_not_overlap),
    };
    return cmocka_run_group_tests_name("air_trace", tests, NULL, NULL);
}
