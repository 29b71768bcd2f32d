// See rig.h.
#include "rig.h"

static void blob_write(void *ctx, const void *data, size_t len)
{
    struct blob *blob = ctx;
    while (blob->len + len > blob->cap) {
        blob->cap = blob->cap ? blob->cap * 2 : 65536;
        blob->data = realloc(blob->data, blob->cap);
        assert_non_null(blob->data);
    }
    memcpy(blob->data + blob->len, data, len);
    blob->len += len;
}

struct air_sink blob_sink(struct blob *blob)
{
    return (struct air_sink){.write = blob_write, .ctx = blob};
}

void blob_free(struct blob *blob)
{
    free(blob->data);
    *blob = (struct blob){0};
}

void rig_open_config(struct rig *rig, const struct air_config *config)
{
    *rig = (struct rig){.air = air_new(config)};
    assert_non_null(rig->air);
}

void rig_open(struct rig *rig, uint64_t seed)
{
    rig_open_config(rig, &(struct air_config){.seed = seed});
}

void rig_close(struct rig *rig)
{
    air_free(rig->air);
}

int rig_add(struct rig *rig, const struct air_controller_config *config)
{
    struct air_controller *c = air_controller_new(rig->air, config);
    assert_non_null(c);
    rig->c[rig->count] = c;
    return rig->count++;
}

void rig_addr(struct rig *rig, int i, uint8_t addr[6])
{
    air_controller_static_address(rig->c[i], addr);
}

void rig_restart(struct rig *rig, int i)
{
    uint8_t addr[6];
    rig_addr(rig, i, addr);
    assert_int_equal(rig_cmd(rig, i, OP_RESET, NULL, 0), 0);
    assert_int_equal(RIG_CMD(rig, i, OP_EVENT_MASK, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
                     0);
    assert_int_equal(
        RIG_CMD(rig, i, OP_LE_EVENT_MASK, 0xff, 0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), 0);
    assert_int_equal(rig_cmd(rig, i, OP_RANDOM_ADDRESS, addr, 6), 0);
}

int rig_add_ready(struct rig *rig, const struct air_controller_config *config)
{
    int i = rig_add(rig, config);
    rig_restart(rig, i);
    return i;
}

void rig_run(struct rig *rig, int64_t us)
{
    air_run(rig->air, air_now(rig->air) + us);
}

static void read_exactly(struct rig *rig, int i, uint8_t *buf, size_t len)
{
    assert_int_equal(air_hci_read(rig->c[i], buf, len), len);
}

bool rig_read(struct rig *rig, int i, struct packet *packet)
{
    if (!air_hci_pending(rig->c[i])) {
        return false;
    }
    read_exactly(rig, i, packet->data, 1);
    size_t header = packet->data[0] == 0x02 ? 4 : 2;
    read_exactly(rig, i, packet->data + 1, header);
    size_t body = header == 4 ? get16(packet->data + 3) : packet->data[2];
    assert_true(1 + header + body <= sizeof(packet->data));
    read_exactly(rig, i, packet->data + 1 + header, body);
    packet->len = 1 + header + body;
    return true;
}

bool rig_wait(struct rig *rig, int i, int64_t us, struct packet *packet)
{
    int64_t until = air_now(rig->air) + us;
    while (!air_hci_pending(rig->c[i]) && air_next(rig->air) <= until) {
        air_step(rig->air);
    }
    if (!air_hci_pending(rig->c[i])) {
        air_run(rig->air, until);
        return false;
    }
    return rig_read(rig, i, packet);
}

static bool wait_for(struct rig *rig, int i, uint8_t code, uint8_t subevent, int64_t us,
                     struct packet *packet)
{
    int64_t until = air_now(rig->air) + us;
    while (rig_wait(rig, i, until - air_now(rig->air), packet)) {
        if (packet->data[0] == 0x04 && packet->data[1] == code &&
            (code != 0x3e || packet->data[3] == subevent)) {
            return true;
        }
    }
    return false;
}

bool rig_event(struct rig *rig, int i, uint8_t code, int64_t us, struct packet *packet)
{
    return wait_for(rig, i, code, 0, us, packet);
}

bool rig_le_event(struct rig *rig, int i, uint8_t subevent, int64_t us, struct packet *packet)
{
    return wait_for(rig, i, 0x3e, subevent, us, packet);
}

void rig_drain(struct rig *rig, int i)
{
    struct packet packet;
    while (rig_read(rig, i, &packet)) {
    }
}

void rig_cmd_nowait(struct rig *rig, int i, uint16_t opcode, const void *params, size_t len)
{
    uint8_t buf[260] = {0x01};
    put16(buf + 1, opcode);
    buf[3] = (uint8_t)len;
    if (len) {
        memcpy(buf + 4, params, len);
    }
    assert_int_equal(air_hci_write(rig->c[i], buf, 4 + len), 0);
}

uint8_t rig_cmd_rsp(struct rig *rig, int i, uint16_t opcode, const void *params, size_t len,
                    struct packet *rsp)
{
    rig_cmd_nowait(rig, i, opcode, params, len);
    struct packet packet;
    while (rig_wait(rig, i, 1000000, &packet)) {
        const uint8_t *p = packet.data;
        if (p[0] == 0x04 && p[1] == EV_COMPLETE && get16(p + 4) == opcode) {
            assert_int_equal(p[3], 1); // Num_HCI_Command_Packets
            rsp->len = packet.len - 6;
            memcpy(rsp->data, p + 6, rsp->len);
            return p[6];
        }
        if (p[0] == 0x04 && p[1] == EV_STATUS && get16(p + 5) == opcode) {
            assert_int_equal(p[4], 1);
            rsp->len = 0;
            return p[3];
        }
    }
    fail_msg("no response to command %04x", opcode);
    return 0xff;
}

uint8_t rig_cmd(struct rig *rig, int i, uint16_t opcode, const void *params, size_t len)
{
    struct packet rsp;
    return rig_cmd_rsp(rig, i, opcode, params, len, &rsp);
}

void rig_advertise(struct rig *rig, int i, uint8_t type, uint16_t interval)
{
    uint8_t params[15] = {0};
    put16(params, interval);
    put16(params + 2, interval);
    params[4] = type;
    params[5] = 1;
    params[13] = 7;
    assert_int_equal(rig_cmd(rig, i, OP_ADV_PARAMS, params, sizeof(params)), 0);
    assert_int_equal(RIG_CMD(rig, i, OP_ADV_ENABLE, 1), 0);
}

void rig_scan(struct rig *rig, int i, bool active, uint16_t interval, uint16_t window, bool dups)
{
    uint8_t params[7] = {active};
    put16(params + 1, interval);
    put16(params + 3, window);
    params[5] = 1;
    assert_int_equal(rig_cmd(rig, i, OP_SCAN_PARAMS, params, sizeof(params)), 0);
    assert_int_equal(RIG_CMD(rig, i, OP_SCAN_ENABLE, 1, dups), 0);
}

uint8_t rig_connect(struct rig *rig, int i, int to, uint16_t interval, uint16_t latency,
                    uint16_t timeout)
{
    uint8_t params[25] = {0};
    put16(params, 0x60);
    put16(params + 2, 0x60);
    params[5] = 1;
    rig_addr(rig, to, params + 6);
    params[12] = 1;
    put16(params + 13, interval);
    put16(params + 15, interval);
    put16(params + 17, latency);
    put16(params + 19, timeout);
    return rig_cmd(rig, i, OP_CREATE, params, sizeof(params));
}

void rig_link(struct rig *rig, int central, int peripheral, uint16_t interval, uint16_t handles[2])
{
    struct packet packet;
    rig_advertise(rig, peripheral, 0, 0x20);
    assert_int_equal(rig_connect(rig, central, peripheral, interval, 0, 100), 0);
    assert_true(rig_le_event(rig, central, LE_EV_CONNECTION, 5000000, &packet));
    assert_int_equal(packet.data[4], 0);
    assert_int_equal(packet.data[7], 0); // role
    handles[0] = get16(packet.data + 5);
    assert_true(rig_le_event(rig, peripheral, LE_EV_CONNECTION, 5000000, &packet));
    assert_int_equal(packet.data[4], 0);
    assert_int_equal(packet.data[7], 1);
    handles[1] = get16(packet.data + 5);
}

void rig_acl(struct rig *rig, int i, uint16_t handle, bool start, const void *data, size_t len)
{
    uint8_t buf[300] = {0x02};
    put16(buf + 1, (uint16_t)(handle | (start ? 0 : 0x1000)));
    put16(buf + 3, (uint16_t)len);
    memcpy(buf + 5, data, len);
    assert_int_equal(air_hci_write(rig->c[i], buf, 5 + len), 0);
}
