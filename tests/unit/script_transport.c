// The scripted transport (script_transport.h).
#include "script_transport.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <breeze/loop.h>
#include <breeze/port.h>

struct script script;

static void check(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "script: %s\n", what);
        abort();
    }
}

void script_reset(void)
{
    memset(&script, 0, sizeof(script));
    script.now = 1000000;
    script.idle_limit = INT64_MAX;
    script.has_entropy = true;
}

void script_inject(const void *octets, size_t len)
{
    if (script.rx_at == script.rx_len) {
        script.rx_at = 0;
        script.rx_len = 0;
    }
    check(script.rx_len + len <= sizeof(script.rx), "too many octets injected");
    memcpy(script.rx + script.rx_len, octets, len);
    script.rx_len += len;
}

static void talk(char kind, const void *octets, size_t len)
{
    check(script.talk_count < 32 && len <= SCRIPT_PACKET_MAX, "dialogue too long");
    script.talk[script.talk_count].kind = kind;
    script.talk[script.talk_count].packet.len = (uint16_t)len;
    memcpy(script.talk[script.talk_count].packet.data, octets, len);
    script.talk_count++;
}

void script_expect_octets(const void *octets, size_t len)
{
    talk('e', octets, len);
}

void script_answer_octets(const void *octets, size_t len)
{
    talk('a', octets, len);
}

bool script_talk_done(void)
{
    return script.talk_at == script.talk_count;
}

void script_complete(uint16_t opcode, uint8_t ncmd, const void *ret, size_t len)
{
    uint8_t head[] = {4, 0x0e, (uint8_t)(3 + len), ncmd, (uint8_t)opcode, (uint8_t)(opcode >> 8)};
    script_inject(head, sizeof(head));
    script_inject(ret, len);
}

void script_status(uint16_t opcode, uint8_t ncmd, uint8_t status)
{
    script_put(4, 0x0f, 4, status, ncmd, (uint8_t)opcode, (uint8_t)(opcode >> 8));
}

void script_controller(const struct script_row *rows, size_t count)
{
    script.rows = rows;
    script.row_count = count;
}

static void answer_from_table(uint16_t opcode)
{
    for (size_t i = 0; i < script.row_count; i++) {
        if (script.rows[i].opcode == opcode) {
            script_complete(opcode, 1, script.rows[i].ret, script.rows[i].len);
            return;
        }
    }
    script_status(opcode, 1, 0x01);
}

static void play(const uint8_t *packet, size_t len)
{
    check(script.talk_at < script.talk_count, "the host sent more than was expected");
    const struct script_packet *want = &script.talk[script.talk_at].packet;
    check(script.talk[script.talk_at].kind == 'e' && want->len == len &&
              !memcmp(want->data, packet, len),
          "the host sent something else than was expected");
    script.talk_at++;
    while (script.talk_at < script.talk_count && script.talk[script.talk_at].kind == 'a') {
        script_inject(script.talk[script.talk_at].packet.data,
                      script.talk[script.talk_at].packet.len);
        script.talk_at++;
    }
}

static int script_open(void *ctx)
{
    (void)ctx;
    script.opened += !script.open_err;
    return script.open_err;
}

static void script_close(void *ctx)
{
    (void)ctx;
    script.closed++;
}

static int script_send(void *ctx, const uint8_t *packet, size_t len)
{
    (void)ctx;
    if (script.send_errs) {
        script.send_errs--;
        return script.send_err;
    }
    check(len >= 4 && len <= SCRIPT_PACKET_MAX, "packet of impossible length");
    check(packet[0] != 1 || len == 4u + packet[3], "command with a wrong length");
    check(packet[0] != 2 || (len >= 5 && len == 5u + packet[3] + 256u * packet[4]),
          "ACL packet with a wrong length");
    struct script_packet *p = &script.sent[script.sent_count++ % SCRIPT_SENT_MAX];
    p->len = (uint16_t)len;
    memcpy(p->data, packet, len);
    if (script.talk_count) {
        play(packet, len);
    } else if (packet[0] == 1 && !script.mute) {
        uint16_t opcode = (uint16_t)(packet[1] | packet[2] << 8);
        bool answered = script.on_command && script.on_command(opcode, packet + 4, len - 4);
        if (!answered && opcode != 0x0c35) {
            answer_from_table(opcode);
        }
    }
    return 0;
}

static int script_recv(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    size_t n = script.rx_len - script.rx_at;
    if (!n) {
        return script.dead ? -EIO : 0;
    }
    n = n < len ? n : len;
    if (script.chunk && n > script.chunk) {
        n = script.chunk;
    }
    if (script.seed) {
        script.seed = script.seed * 1664525u + 1013904223u;
        size_t piece = script.seed >> 24;
        if (piece < 64) {
            return 0; // Nothing this time.
        }
        n = 1 + piece % n;
    }
    memcpy(buf, script.rx + script.rx_at, n);
    script.rx_at += n;
    return (int)n;
}

static int script_setup(void *ctx)
{
    return script.setup ? script.setup(ctx) : 0;
}

const struct breeze_transport script_transport = {
    .open = script_open,
    .close = script_close,
    .send = script_send,
    .recv = script_recv,
    .setup = script_setup,
};

static bool is_command(const struct script_packet *p, uint16_t opcode)
{
    return p->data[0] == 1 && p->data[1] == (uint8_t)opcode && p->data[2] == opcode >> 8;
}

unsigned int script_commands(uint16_t opcode)
{
    unsigned int n = 0;
    for (unsigned int i = 0; i < script.sent_count && i < SCRIPT_SENT_MAX; i++) {
        n += is_command(&script.sent[i], opcode);
    }
    return n;
}

const struct script_packet *script_last(uint16_t opcode)
{
    const struct script_packet *last = NULL;
    for (unsigned int i = 0; i < script.sent_count && i < SCRIPT_SENT_MAX; i++) {
        last = is_command(&script.sent[i], opcode) ? &script.sent[i] : last;
    }
    return last;
}

const struct script_packet *script_acl(unsigned int i)
{
    for (unsigned int k = 0; k < script.sent_count && k < SCRIPT_SENT_MAX; k++) {
        if (script.sent[k].data[0] == 2 && i-- == 0) {
            return &script.sent[k];
        }
    }
    return NULL;
}

// ---- The port -----------------------------------------------------------------------------------

int64_t breeze_port_now(void)
{
    return script.now;
}

unsigned int breeze_port_irq_lock(void)
{
    return 0;
}

void breeze_port_irq_unlock(unsigned int key)
{
    (void)key;
}

int breeze_port_idle(int64_t until)
{
    if (script.interrupt) {
        script.interrupt = false;
        return -EINTR;
    }
    if (breeze_wake_pending() || script.rx_at < script.rx_len || until <= script.now) {
        return 0;
    }
    check(until != BREEZE_NEVER && until <= script.idle_limit, "the host waits for ever");
    script.now = until;
    return 0;
}

int breeze_port_entropy(void *buf, size_t len)
{
    if (!script.has_entropy) {
        return -ENODEV;
    }
    memset(buf, 0x5a, len);
    return 0;
}
