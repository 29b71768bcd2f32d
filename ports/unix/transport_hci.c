// A Linux adapter: hci:N, through the user channel of its HCI socket, which hands the controller to one
// program. The kernel's interface is small enough to be written down here; its headers need not be
// installed.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport_impl.h"

#ifndef AF_BLUETOOTH
#define AF_BLUETOOTH 31
#endif
#define BTPROTO_HCI      1
#define HCI_CHANNEL_USER 1

struct hci_sockaddr {
    sa_family_t family;
    unsigned short dev;
    unsigned short channel;
};

static int parse(const char *rest, unsigned short *dev)
{
    char *end = NULL;
    unsigned long n = strtoul(rest, &end, 10);
    if (rest[0] < '0' || rest[0] > '9' || *end || n > 255) {
        return -EINVAL;
    }
    *dev = (unsigned short)n;
    return 0;
}

static int hci_check(const char *rest)
{
    unsigned short dev;
    if (parse(rest, &dev)) {
        return transport_fail(EINVAL, "BREEZE_HCI=hci:%s needs the number of an adapter: hci:0",
                              rest);
    }
    return 0;
}

// The commands that free an adapter, or give the right to use it.
#define COMMANDS                                                                                   \
    "\"sudo hciconfig hci%u down\" frees it, \"sudo setcap cap_net_admin+ep FILE\" gives the "     \
    "interpreter FILE the right to use it"

static int explain(int err, unsigned int dev)
{
    switch (err) {
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
        return transport_fail(err,
                              "hci:%u: this kernel has no Bluetooth (sudo modprobe bluetooth "
                              "loads it); unset BREEZE_HCI for the virtual air",
                              dev);
    case ENODEV:
        return transport_fail(err, "there is no Bluetooth adapter hci%u (hciconfig lists them)",
                              dev);
    case EBUSY:
        return transport_fail(err, "adapter hci%u is in use: " COMMANDS, dev, dev);
    case EPERM:
    case EACCES:
        return transport_fail(err, "no right to take adapter hci%u: " COMMANDS, dev, dev);
    default:
        return transport_fail(err, "adapter hci%u cannot be used (%s): " COMMANDS, dev,
                              strerror(err), dev);
    }
}

static int hci_open(const char *rest)
{
    unsigned short dev = 0;
    (void)parse(rest, &dev);
    int fd = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, BTPROTO_HCI);
    if (fd < 0) {
        return explain(errno, dev);
    }
    const struct hci_sockaddr addr = {
        .family = AF_BLUETOOTH,
        .dev = dev,
        .channel = HCI_CHANNEL_USER,
    };
    if (bind(fd, (const struct sockaddr *)&addr, sizeof(addr))) {
        int err = errno;
        close(fd);
        return explain(err, dev);
    }
    return fd;
}

const struct transport_kind transport_hci = {
    .prefix = "hci",
    .check = hci_check,
    .open = hci_open,
    .packets = true,
};
