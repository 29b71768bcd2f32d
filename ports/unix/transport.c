// The transport that BREEZE_HCI names: choosing it, and moving H4 octets through its descriptor.
//
// One transport per process. Descriptors never block: what a write could not take stays in `out`, and
// until it is gone send() takes nothing (-EAGAIN). A descriptor that ends or fails means that the
// controller is gone; the host is told by a negative errno. Core Specification, Vol 4, Part A.
#include "transport.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <breeze/log.h>
#include <breeze/transport.h>

#include "transport_impl.h"
#include "watch.h"

#define PACKET_MAX 4096 // More than any H4 packet of this host.

static const struct transport_kind *const kinds[] = {
    &transport_air, &transport_unix, &transport_tcp, &transport_uart, &transport_hci,
};

static struct {
    const struct transport_kind *kind;
    char text[TRANSPORT_TEXT]; // The whole text; `rest` points into it.
    const char *rest;
    char program[128];
    char error[TRANSPORT_TEXT + 256];
    int fd;
    uint8_t out[PACKET_MAX]; // Taken, not yet written.
    size_t out_len;
    uint8_t in[PACKET_MAX]; // Of a packet socket: the rest of the last packet.
    size_t in_at;
    size_t in_len;
} port = {.fd = -1};

int transport_fail(int err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(port.error, sizeof(port.error), format, args);
    va_end(args);
    return -err;
}

const char *transport_program(void)
{
    return port.program;
}

const char *transport_rest(void)
{
    return port.rest;
}

const char *breeze_unix_transport_error(void)
{
    return port.error;
}

const char *breeze_unix_transport_name(void)
{
    return port.text;
}

// ---- The transport's functions -----------------------------------------------------------------

static int do_open(void *ctx)
{
    (void)ctx;
    port.error[0] = '\0';
    int fd = port.kind->open(port.rest);
    if (fd < 0) {
        return fd;
    }
    port.fd = fd;
    port.out_len = 0;
    port.in_len = 0;
    port.in_at = 0;
    breeze_unix_watch(fd, POLLIN);
    return 0;
}

static void do_close(void *ctx)
{
    (void)ctx;
    if (port.fd >= 0) {
        breeze_unix_watch(port.fd, 0);
        close(port.fd);
        port.fd = -1;
    }
}

// The number of octets that went, 0 when none can go now, or negative errno.
static ssize_t put(const uint8_t *data, size_t len)
{
    ssize_t n = write(port.fd, data, len);
    if (n >= 0) {
        return n;
    }
    return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

// Write what was taken before: 0, -EAGAIN when some is left, or negative errno.
static int flush(void)
{
    while (port.out_len) {
        ssize_t n = put(port.out, port.out_len);
        if (n < 0) {
            return (int)n;
        }
        if (n == 0) {
            return -EAGAIN;
        }
        port.out_len -= (size_t)n;
        memmove(port.out, port.out + n, port.out_len);
    }
    breeze_unix_watch(port.fd, POLLIN);
    return 0;
}

static int lost(int err)
{
    return transport_fail(err, "the controller at BREEZE_HCI=%s is gone: %s", port.text,
                          strerror(err));
}

static int do_send(void *ctx, const uint8_t *packet, size_t len)
{
    (void)ctx;
    if (port.fd < 0) {
        return -ENODEV;
    }
    if (port.out_len) {
        int err = flush();
        if (err) {
            return err == -EAGAIN ? err : lost(-err);
        }
    }
    if (len > sizeof(port.out)) {
        return -EMSGSIZE;
    }
    ssize_t n = put(packet, len);
    if (n < 0) {
        return lost((int)-n);
    }
    port.out_len = len - (size_t)n;
    if (port.out_len) {
        memcpy(port.out, packet + n, port.out_len);
        breeze_unix_watch(port.fd, POLLIN | POLLOUT);
    }
    return 0;
}

static int get(uint8_t *buf, size_t len)
{
    ssize_t n = read(port.fd, buf, len);
    if (n > 0) {
        return (int)n;
    }
    if (n == 0) {
        return transport_fail(ENODEV, "the controller at BREEZE_HCI=%s closed the connection",
                              port.text);
    }
    return errno == EAGAIN || errno == EINTR ? 0 : lost(errno);
}

static int do_recv(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    if (port.fd < 0) {
        return -ENODEV;
    }
    if (port.out_len) {
        (void)flush(); // Errors show at the next send.
    }
    if (!port.kind->packets) {
        return get(buf, len);
    }
    if (port.in_at == port.in_len) {
        int n = get(port.in, sizeof(port.in));
        if (n <= 0) {
            return n;
        }
        port.in_at = 0;
        port.in_len = (size_t)n;
    }
    size_t n = port.in_len - port.in_at < len ? port.in_len - port.in_at : len;
    memcpy(buf, port.in + port.in_at, n);
    port.in_at += n;
    return (int)n;
}

// ---- Choosing ----------------------------------------------------------------------------------

static const struct transport_kind *kind_of(const char *text)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t len = strlen(kinds[i]->prefix);
        if (strncmp(text, kinds[i]->prefix, len) == 0 && text[len] == ':') {
            return kinds[i];
        }
    }
    return NULL;
}

int breeze_unix_transport(const char *text, const char *program)
{
    port.error[0] = '\0';
    text = text && text[0] ? text : "air:";
    const struct transport_kind *kind = kind_of(text);
    if (!kind) {
        return transport_fail(EINVAL,
                              "BREEZE_HCI=%s names no transport: use air:PATH#NAME, unix:PATH, "
                              "tcp:HOST:PORT, uart:/dev/ttyX[,BAUD] or hci:N",
                              text);
    }
    if (strlen(text) >= sizeof(port.text) / 2) {
        return transport_fail(EINVAL, "BREEZE_HCI is longer than %zu characters",
                              sizeof(port.text) / 2 - 1);
    }
    const char *rest = text + strlen(kind->prefix) + 1;
    snprintf(port.program, sizeof(port.program), "%s", program ? program : "");
    int err = kind->check(rest);
    if (err) {
        return err;
    }
    struct breeze_transport table = {
        .open = do_open,
        .close = do_close,
        .send = do_send,
        .recv = do_recv,
        .setup = kind->setup,
    };
    static struct breeze_transport chosen; // The host keeps the pointer.
    err = breeze_transport_set(&chosen, NULL);
    if (err) {
        return transport_fail(-err, "BREEZE_HCI cannot change while Bluetooth is active");
    }
    chosen = table;
    port.kind = kind;
    if (kind == &transport_air) {
        transport_air_complete(rest, port.text, sizeof(port.text));
    } else {
        snprintf(port.text, sizeof(port.text), "%s", text);
    }
    port.rest = strchr(port.text, ':') + 1;
    return 0;
}

static void log_line(enum breeze_log_layer layer, int level, const char *line)
{
    static const char marks[] = "-EWID";
    char mark = level > 0 && level < (int)sizeof(marks) - 1 ? marks[level] : '-';
    fprintf(stderr, "breeze %c %s: %s\n", mark, breeze_log_layer_name(layer), line);
}

static int log_setup(const char *levels)
{
    breeze_log_sink(log_line);
    // Without the variable errors are told where they happen, as sentences.
    levels = levels && levels[0] ? levels : "off";
    if (breeze_log_parse(levels)) {
        return transport_fail(EINVAL,
                              "BREEZE_LOG=%s is not level[,layer=level]... with the levels off, "
                              "error, warning, info, debug, for example info,hci=debug",
                              levels);
    }
    return 0;
}

int breeze_unix_setup(const char *program)
{
    port.error[0] = '\0';
    int err = log_setup(getenv("BREEZE_LOG"));
    if (!err) {
        err = breeze_unix_trace(getenv("BREEZE_TRACE"));
    }
    if (!err) {
        err = breeze_unix_transport(getenv("BREEZE_HCI"), program);
    }
    // On the air the name gives the address; elsewhere it has to be remembered.
    if (!err && port.kind != &transport_air) {
        err = transport_settings();
    }
    return err;
}
