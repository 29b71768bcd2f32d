// A btsnoop file of everything that crosses HCI, for btmon -r and tshark: datalink 1002, H4.
//
// Each packet is one write, so the file is whole up to the last packet whenever a program ends.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <breeze/port.h>
#include <breeze/trace.h>

#include "transport.h"
#include "transport_impl.h"

// Microseconds from the format's year 0 to 1970.
#define EPOCH_US 0x00dcddb30f2f8000

static struct {
    int fd;
    int64_t offset_us; // From breeze_port_now() to the format's time.
} trace = {.fd = -1};

static uint8_t *put_be(uint8_t *at, uint64_t value, unsigned int octets)
{
    for (unsigned int i = 0; i < octets; i++) {
        at[i] = (uint8_t)(value >> (8 * (octets - 1 - i)));
    }
    return at + octets;
}

static void on_packet(void *ctx, const uint8_t *packet, size_t len, bool from_controller,
                      int64_t time_us)
{
    (void)ctx;
    bool acl = len && packet[0] == 0x02;
    uint8_t header[24];
    uint8_t *at = put_be(header, len, 4);
    at = put_be(at, len, 4);
    at = put_be(at, (from_controller ? 1 : 0) | (acl ? 0 : 2), 4);
    at = put_be(at, 0, 4);
    (void)put_be(at, (uint64_t)(time_us + trace.offset_us), 8);
    const struct iovec parts[] = {{header, sizeof(header)}, {(void *)packet, len}};
    ssize_t ignored = writev(trace.fd, parts, 2); // A full disk does not stop the radio.
    (void)ignored;
}

int breeze_unix_trace(const char *path)
{
    breeze_trace_set(NULL, NULL);
    if (trace.fd >= 0) {
        close(trace.fd);
        trace.fd = -1;
    }
    if (!path || !path[0]) {
        return 0;
    }
    static const uint8_t head[16] = {'b', 't', 's', 'n', 'o', 'o', 'p',  0,
                                     0,   0,   0,   1,   0,   0,   0x03, 0xea};
    // A second activation of the same program goes on in the same file.
    static char last[TRANSPORT_TEXT];
    bool again = strcmp(path, last) == 0;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (again ? O_APPEND : O_TRUNC), 0644);
    if (fd < 0 || (!again && write(fd, head, sizeof(head)) != sizeof(head))) {
        int err = errno;
        if (fd >= 0) {
            close(fd);
        }
        return transport_fail(err, "BREEZE_TRACE=%s cannot be written: %s", path, strerror(err));
    }
    strncpy(last, path, sizeof(last) - 1);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    trace.fd = fd;
    trace.offset_us =
        (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 + EPOCH_US - breeze_port_now();
    breeze_trace_set(on_packet, NULL);
    return 0;
}
