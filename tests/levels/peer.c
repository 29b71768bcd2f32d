// The raw peer (peer.h).
#include "peer.h"

#include <string.h>

#include "base/rd.h"
#include "base/wr.h"

#define LIMIT_US 5000000

#define OP_DISCONNECT  0x0406
#define OP_EVENT_MASK  0x0c01
#define OP_RESET       0x0c03
#define OP_RANDOM_ADDR 0x2005
#define OP_SCAN_PARAM  0x200b
#define OP_SCAN_ENABLE 0x200c
#define OP_CREATE      0x200d

// ---- What the controller says -------------------------------------------------------------------

static void on_complete(struct peer *peer, struct rd *r)
{
    (void)rd_u8(r);
    peer->answered = rd_le16(r);
    peer->status = rd_u8(r);
}

static void on_status(struct peer *peer, struct rd *r)
{
    peer->status = rd_u8(r);
    (void)rd_u8(r);
    peer->answered = rd_le16(r);
}

static void on_disconnected(struct peer *peer, struct rd *r)
{
    (void)rd_take(r, 3);
    peer->linked = false;
    peer->reason = rd_u8(r);
}

static void on_connected(struct peer *peer, struct rd *r)
{
    peer->linked = rd_u8(r) == 0;
    peer->handle = rd_le16(r);
}

static void on_report(struct peer *peer, struct rd *r)
{
    (void)rd_u8(r); // One report in each event.
    peer->report_type = rd_u8(r);
    (void)rd_take(r, 7);
    peer->report_len = rd_u8(r);
    rd_copy(r, peer->report, peer->report_len);
    peer->reports++;
}

static const struct {
    uint8_t code;
    uint8_t sub;
    void (*fn)(struct peer *peer, struct rd *r);
} events[] = {
    {0x0e, 0, on_complete},     {0x0f, 0, on_status},    {0x05, 0, on_disconnected},
    {0x3e, 0x01, on_connected}, {0x3e, 0x02, on_report},
};

static void on_event(struct peer *peer, struct rd *r)
{
    uint8_t code = rd_u8(r);
    (void)rd_u8(r);
    uint8_t sub = code == 0x3e ? rd_u8(r) : 0;
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (events[i].code == code && events[i].sub == sub) {
            events[i].fn(peer, r);
        }
    }
}

// ATT PDUs are short here: one fragment.
static void on_acl(struct peer *peer, struct rd *r)
{
    (void)rd_take(r, 4);
    uint16_t len = rd_le16(r);
    if (rd_le16(r) == 4 && len <= sizeof(peer->pdu)) {
        rd_copy(r, peer->pdu, len);
        peer->pdu_len = rd_ok(r) ? len : 0;
    }
}

static void read_all(struct peer *peer)
{
    uint8_t packet[300];
    while (air_hci_read(peer->controller, packet, 1) == 1) {
        size_t header = packet[0] == 0x02 ? 4 : 2;
        (void)air_hci_read(peer->controller, packet + 1, header);
        size_t body = header == 4 ? packet[3] | (size_t)packet[4] << 8 : packet[2];
        (void)air_hci_read(peer->controller, packet + 1 + header, body);
        struct rd r = rd_init(packet + 1, header + body);
        (header == 4 ? on_acl : on_event)(peer, &r);
    }
}

// ---- What it is told ----------------------------------------------------------------------------

static bool answered(void *arg)
{
    struct peer *peer = arg;
    read_all(peer);
    return peer->answered != 0;
}

static bool command(struct peer *peer, uint16_t opcode, const void *params, size_t len)
{
    uint8_t packet[64];
    struct wr w = wr_init(packet, sizeof(packet));
    wr_u8(&w, 0x01);
    wr_le16(&w, opcode);
    wr_u8(&w, (uint8_t)len);
    wr_bytes(&w, params, len);
    peer->answered = 0;
    return air_hci_write(peer->controller, packet, wr_len(&w)) == 0 &&
           sim_until(peer->sim, answered, peer, LIMIT_US) && peer->answered == opcode &&
           peer->status == 0;
}

bool peer_open(struct peer *peer, struct sim *sim)
{
    static const uint8_t all[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint8_t addr[6];
    *peer = (struct peer){.sim = sim};
    peer->controller =
        air_controller_new(sim_air(sim), &(struct air_controller_config){.name = "peer"});
    air_controller_static_address(peer->controller, addr);
    return command(peer, OP_RESET, "", 0) && command(peer, OP_EVENT_MASK, all, sizeof(all)) &&
           command(peer, OP_RANDOM_ADDR, addr, sizeof(addr));
}

bool peer_scan(struct peer *peer, bool on)
{
    static const uint8_t params[7] = {0, 0x10, 0, 0x10, 0, 1, 0}; // Passive, all the time.
    return (!on || command(peer, OP_SCAN_PARAM, params, sizeof(params))) &&
           command(peer, OP_SCAN_ENABLE, on ? "\x01\x00" : "\x00\x00", 2);
}

static bool is_linked(void *arg)
{
    read_all(arg);
    return ((struct peer *)arg)->linked;
}

static bool is_not_linked(void *arg)
{
    return !is_linked(arg);
}

bool peer_connect(struct peer *peer, const uint8_t static_addr[6])
{
    uint8_t params[25];
    struct wr w = wr_init(params, sizeof(params));
    wr_le16(&w, 0x10); // Scan interval and window
    wr_le16(&w, 0x10);
    wr_u8(&w, 0); // No filter
    wr_u8(&w, 1);
    wr_bytes(&w, static_addr, 6);
    wr_u8(&w, 1);
    wr_le16(&w, 6); // 7.5 ms
    wr_le16(&w, 6);
    wr_le16(&w, 0);
    wr_le16(&w, 100); // 1 s
    wr_le32(&w, 0);
    return command(peer, OP_CREATE, params, sizeof(params)) &&
           sim_until(peer->sim, is_linked, peer, LIMIT_US);
}

bool peer_disconnect(struct peer *peer)
{
    const uint8_t params[3] = {(uint8_t)peer->handle, (uint8_t)(peer->handle >> 8), 0x13};
    return command(peer, OP_DISCONNECT, params, sizeof(params)) &&
           sim_until(peer->sim, is_not_linked, peer, LIMIT_US);
}

bool peer_att(struct peer *peer, const void *pdu, size_t len)
{
    uint8_t packet[300];
    struct wr w = wr_init(packet, sizeof(packet));
    wr_u8(&w, 0x02);
    wr_le16(&w, peer->handle);
    wr_le16(&w, (uint16_t)(4 + len));
    wr_le16(&w, (uint16_t)len);
    wr_le16(&w, 4);
    wr_bytes(&w, pdu, len);
    return wr_ok(&w) && air_hci_write(peer->controller, packet, wr_len(&w)) == 0;
}

static bool has_pdu(void *arg)
{
    read_all(arg);
    return ((struct peer *)arg)->pdu_len != 0;
}

bool peer_att_wait(struct peer *peer)
{
    peer->pdu_len = 0;
    return sim_until(peer->sim, has_pdu, peer, LIMIT_US);
}

static bool has_report(void *arg)
{
    read_all(arg);
    return ((struct peer *)arg)->reports != 0;
}

bool peer_report_wait(struct peer *peer)
{
    peer->reports = 0;
    return sim_until(peer->sim, has_report, peer, LIMIT_US);
}
