// Fuzz target: what a controller says of its cryptography, whatever its parameters, in any order and beside or
// in place of what it should say, while two hosts pair. A first octet of options, then a list of {what,
// length, parameters}. At the end nothing is under way, and both hosts have a bond or neither.
#include <stdlib.h>

#include <breeze/smp.h>

#include "base/rd.h"
#include "smp/state.h"
#include "support/pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EVT_COMPLETE 0x0e
#define EVT_STATUS   0x0f
#define EVT_LE       0x3e
#define LEN_MAX      70

static struct pair pair;

static bool never(void *arg)
{
    return false;
}

static void do_begin(void *arg)
{
    if (pair_here()->conn) {
        (void)bt_conn_set_security(pair_here()->conn, BT_SECURITY_L2);
    }
}

static void do_oob(void *arg)
{
    struct bt_le_oob oob;
    (void)bt_le_oob_get_local(BT_ID_DEFAULT, &oob);
}

// Nothing is under way; how many bonds there are.
static void do_check(void *arg)
{
    for (unsigned int i = 0; i < CONFIG_BT_MAX_CONN; i++) {
        if (smp_is_pairing(&smp_run.links[i]) || loop_timer_running(&smp_run.links[i].timer)) {
            abort();
        }
    }
    if (loop_timer_running(&crypto_run.p256.timer) || crypto_run.failed) {
        abort();
    }
    *(unsigned int *)arg = smp_reg.bonds[0].flags & SMP_KEYS_USED;
}

// The controller's own events about the curve do not come.
static enum air_verdict mute(void *ctx, enum air_dir dir, const uint8_t *packet, size_t len)
{
    bool curve = dir == AIR_TO_HOST && packet[0] == 0x04 && packet[1] == EVT_LE &&
                 (packet[3] == 0x08 || packet[3] == 0x09);
    return curve ? AIR_DROP : AIR_PASS;
}

struct event {
    uint8_t head[8]; // Behind the length.
    uint8_t head_len;
    uint8_t code;
};

static const struct event events[] = {
    {{0x08}, 1, EVT_LE}, // Public key
    {{0x09}, 1, EVT_LE}, // DHKey
    {{1, 0x17, 0x20}, 3, EVT_COMPLETE},
    {{0x00, 1, 0x25, 0x20}, 4, EVT_STATUS},
    {{0x12, 1, 0x26, 0x20}, 4, EVT_STATUS},
    {{1, 0x18, 0x20}, 3, EVT_COMPLETE},
};

static void say(struct air_controller *controller, const struct event *event, struct rd *params)
{
    uint8_t packet[3 + sizeof(event->head) + LEN_MAX];
    size_t len = rd_left(params);
    struct wr w = wr_init(packet, sizeof(packet));
    wr_u8(&w, 0x04);
    wr_u8(&w, event->code);
    wr_u8(&w, (uint8_t)(event->head_len + len));
    wr_bytes(&w, event->head, event->head_len);
    wr_bytes(&w, rd_take(params, len), len);
    (void)air_hci_inject(controller, AIR_TO_HOST, packet, wr_len(&w), 0);
}

static void play(unsigned int who, struct rd *r)
{
    struct air_controller *controller = sim_controller(pair.hosts[who].host);
    while (rd_left(r)) {
        uint8_t what = rd_u8(r);
        size_t len = rd_u8(r);
        len = MIN(MIN(len, rd_left(r)), LEN_MAX);
        struct rd params = rd_sub(r, len);
        if (what < ARRAY_SIZE(events)) {
            say(controller, &events[what], &params);
        } else if (what == 0xfe) {
            sim_on(pair.hosts[1].host, do_begin, NULL);
        } else if (what == 0xff) {
            sim_on(pair.hosts[who].host, do_oob, NULL);
        }
        (void)pair_until(never, NULL, what & 0x80 ? (what & 0x7f) * 500 : 10);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct pair_options options = {.seed = 3};
    if (size < 2 || size > 2000) {
        return 0;
    }
    if (!pair_start(&pair, &options)) {
        abort();
    }
    struct rd r = rd_init(data, size);
    uint8_t choice = rd_u8(&r);
    unsigned int who = choice & 1;
    if (choice & 2) {
        air_hci_filter(sim_controller(pair.hosts[who].host), mute, NULL);
    }
    if (choice & 4) {
        sim_on(pair.hosts[1].host, do_begin, NULL);
    }
    (void)pair_until(never, NULL, (choice >> 3) * 2000);
    play(who, &r);
    (void)pair_until(never, NULL, 60000000);
    unsigned int bonds[2];
    sim_on(pair.hosts[0].host, do_check, &bonds[0]);
    sim_on(pair.hosts[1].host, do_check, &bonds[1]);
    if (!bonds[0] != !bonds[1]) {
        abort();
    }
    pair_stop(&pair);
    return 0;
}
