// H4 over stream sockets: unix:PATH and tcp:HOST:PORT. Whoever listens there is never started by us.
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "transport_impl.h"
#include "watch.h"

#define CONNECT_MS 5000
#define SLICE_MS   50

int transport_connect_unix(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(addr.sun_path)) {
        return -ENAMETOOLONG;
    }
    strcpy(addr.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -errno;
    }
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
        int err = errno;
        close(fd);
        return -err;
    }
    return fd;
}

static int unix_check(const char *rest)
{
    if (!rest[0]) {
        return transport_fail(EINVAL, "BREEZE_HCI=unix: needs the path of a socket: unix:PATH");
    }
    return 0;
}

static int unix_open(const char *rest)
{
    int fd = transport_connect_unix(rest);
    if (fd >= 0) {
        return fd;
    }
    const char *help = fd == -ENOENT || fd == -ECONNREFUSED
                           ? "start an H4 controller there, or unset BREEZE_HCI for the virtual air"
                           : "check the path and its permissions";
    return transport_fail(-fd, "no controller at the socket %s (%s): %s", rest, strerror(-fd),
                          help);
}

const struct transport_kind transport_unix = {
    .prefix = "unix",
    .check = unix_check,
    .open = unix_open,
};

// ---- TCP ---------------------------------------------------------------------------------------

// Splits HOST:PORT, or [HOST]:PORT.
static int split(const char *rest, char *host, size_t host_size, const char **tcp_port)
{
    const char *colon = strrchr(rest, ':');
    if (!colon || colon == rest || !colon[1] || (size_t)(colon - rest) >= host_size) {
        return -EINVAL;
    }
    size_t len = (size_t)(colon - rest);
    if (rest[0] == '[' && rest[len - 1] == ']') {
        rest++;
        len -= 2;
    }
    memcpy(host, rest, len);
    host[len] = '\0';
    *tcp_port = colon + 1;
    return strspn(*tcp_port, "0123456789") == strlen(*tcp_port) ? 0 : -EINVAL;
}

static int tcp_check(const char *rest)
{
    char host[256];
    const char *tcp_port = NULL;
    if (split(rest, host, sizeof(host), &tcp_port)) {
        return transport_fail(EINVAL,
                              "BREEZE_HCI=tcp:%s needs a host and a port number: "
                              "tcp:HOST:PORT, for example tcp:127.0.0.1:6402",
                              rest);
    }
    return 0;
}

// Wait until the connection stands or failed: 0 or negative errno.
static int connected(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
    for (int ms = 0; ms < CONNECT_MS; ms += SLICE_MS) {
        if (breeze_unix_interrupted()) {
            return -EINTR;
        }
        if (poll(&poll_fd, 1, SLICE_MS) > 0) {
            int err = 0;
            socklen_t len = sizeof(err);
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
            return -err;
        }
    }
    return -ETIMEDOUT;
}

static int connect_one(const struct addrinfo *info)
{
    int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    info->ai_protocol);
    if (fd < 0) {
        return -errno;
    }
    int err = connect(fd, info->ai_addr, info->ai_addrlen) ? -errno : 0;
    if (err == -EINPROGRESS) {
        err = connected(fd);
    }
    if (err) {
        close(fd);
        return err;
    }
    const int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

static int tcp_open(const char *rest)
{
    char host[256];
    const char *tcp_port = NULL;
    (void)split(rest, host, sizeof(host), &tcp_port);
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    int failure = getaddrinfo(host, tcp_port, &hints, &list);
    if (failure) {
        return transport_fail(EHOSTUNREACH, "the host of BREEZE_HCI=tcp:%s is not known: %s", rest,
                              gai_strerror(failure));
    }
    int fd = -EHOSTUNREACH;
    for (const struct addrinfo *info = list; info && fd < 0; info = info->ai_next) {
        fd = connect_one(info);
    }
    freeaddrinfo(list);
    if (fd < 0) {
        return transport_fail(-fd,
                              "no controller at tcp:%s (%s): start an H4 server there, or "
                              "unset BREEZE_HCI for the virtual air",
                              rest, strerror(-fd));
    }
    return fd;
}

const struct transport_kind transport_tcp = {
    .prefix = "tcp",
    .check = tcp_check,
    .open = tcp_open,
};
