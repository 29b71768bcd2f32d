// The server loop of breeze-air: sockets and pseudo terminals outside, the air inside, and the wall
// clock mapped on the air's.
//
// Each turn the air runs up to the present; events that are late (the machine was busy) happen in
// order at their own virtual times, so a stall delays but never reorders. Then bytes go in and out,
// then ppoll sleeps until the next event of the air or of a descriptor. One thread, no locks.
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "bytes.h"
#include "client.h"

#define MAX_CLIENTS 64
#define PTY_POLL_US 50000 // how soon a program that opens a pty is noticed
#define NO_LIMIT    INT64_MAX

struct server {
    const struct server_options *options;
    struct air *air;
    struct client *clients;
    int unix_fd, tcp_fd, lock_fd;
    unsigned int connections; // so far, for trace file names
    unsigned int ptys;
    int64_t clock_offset; // air time - monotonic time
    int64_t started_us;
    int64_t idle_since; // when the last client left; NO_LIMIT while there is one
    FILE *pcap;
    bool stop;
    char error[256];
};

static volatile sig_atomic_t signalled;

static void on_signal(int number)
{
    signalled = number;
}

static bool failed(struct server *server, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(server->error, sizeof(server->error), format, args);
    va_end(args);
    return false;
}

// Time

static int64_t clock_us(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static int64_t wall_us(const struct server *server)
{
    return clock_us(CLOCK_MONOTONIC) + server->clock_offset;
}

// Files

static void file_write(void *ctx, const void *data, size_t len)
{
    (void)fwrite(data, 1, len, ctx);
}

static void trace_open(struct server *server, struct client *client)
{
    char path[512];
    if (!server->options->trace_dir) {
        return;
    }
    snprintf(path, sizeof(path), "%s/client-%u.btsnoop", server->options->trace_dir,
             server->connections);
    client->trace = fopen(path, "wb");
    if (!client->trace) {
        fprintf(stderr, "breeze-air: cannot write %s: %s\n", path, strerror(errno));
        return;
    }
    air_controller_trace(client->controller,
                         (struct air_sink){.write = file_write, .ctx = client->trace});
}

// Clients

static unsigned int slot_free(const struct server *server)
{
    for (unsigned int slot = 0;; slot++) {
        bool taken = false;
        for (const struct client *c = server->clients; c; c = c->next) {
            taken |= c->controller && c->slot == slot;
        }
        if (!taken) {
            return slot;
        }
    }
}

// The first H4 byte arrived: a device is switched on.
static void client_power_on(struct server *server, struct client *client)
{
    char name[80];
    client->slot = slot_free(server);
    server->connections++;
    struct air_controller_config config = server->options->controller;
    snprintf(name, sizeof(name), "client %u", client->slot);
    config.name = name;
    config.has_public_address = true;
    static const uint8_t prefix[6] = {0, 0, 0, 0x2e, 0xee, 0xb2};
    memcpy(config.public_address, prefix, 6);
    put16(config.public_address, (uint16_t)(client->slot + 1));
    client->controller = air_controller_new(server->air, &config);
    client->air = server->air;
    if (!client->controller) {
        client->gone = true;
        return;
    }
    trace_open(server, client);
}

static struct client *client_add(struct server *server, int fd, enum client_kind kind)
{
    struct client *client = client_new(fd, kind);
    if (!client) {
        close(fd);
        return NULL;
    }
    struct client **at = &server->clients;
    while (*at) {
        at = &(*at)->next;
    }
    *at = client;
    return client;
}

static unsigned int devices(const struct server *server)
{
    unsigned int count = 0;
    for (const struct client *c = server->clients; c; c = c->next) {
        count += c->controller != NULL;
    }
    return count;
}

static void reap(struct server *server)
{
    for (struct client **at = &server->clients; *at;) {
        struct client *client = *at;
        if (!client->gone) {
            at = &client->next;
            continue;
        }
        if (client->kind == CLIENT_PTY) {
            client_power_off(client);
            client->gone = client->open = false;
            at = &client->next;
        } else {
            *at = client->next;
            client_free(client);
        }
    }
    if (devices(server)) {
        server->idle_since = NO_LIMIT;
    } else if (server->idle_since == NO_LIMIT) {
        server->idle_since = wall_us(server);
    }
}

// Control connections

static void status_text(const struct server *server, char *text, size_t len)
{
    const struct server_options *options = server->options;
    int64_t up = (wall_us(server) - server->started_us) / 1000000;
    size_t at = (size_t)snprintf(text, len, "breeze-air %s, process %d, up %lld s, %u device%s\n",
                                 BREEZE_AIR_VERSION, (int)getpid(), (long long)up, devices(server),
                                 devices(server) == 1 ? "" : "s");
    at += (size_t)snprintf(text + at, len - at, "loss %g %%, miss %g %%, seed %llu\n",
                           options->air.loss_ppm / 1e4, options->air.miss_ppm / 1e4,
                           (unsigned long long)options->air.seed);
    for (const struct client *c = server->clients; c && at + 128 < len; c = c->next) {
        if (c->controller) {
            uint8_t a[6];
            air_controller_static_address(c->controller, a);
            at += (size_t)snprintf(text + at, len - at,
                                   "  %02X:%02X:%02X:%02X:%02X:%02X  %s, %u link%s\n", a[5], a[4],
                                   a[3], a[2], a[1], a[0], air_controller_name(c->controller),
                                   air_controller_links(c->controller),
                                   air_controller_links(c->controller) == 1 ? "" : "s");
        }
    }
}

// Nobody finds us any more; who has come in already stays.
static void close_unix(struct server *server)
{
    if (server->unix_fd >= 0) {
        unlink(server->options->socket_path);
        close(server->unix_fd);
        server->unix_fd = -1;
    }
}

// "saturate NAME OCTETS" behind the prefix: the links of that device carry an ideal source's PDUs.
static bool saturate(struct server *server, const char *line, char *text, size_t len)
{
    char name[64];
    unsigned int octets = 0;
    unsigned int links = 0;
    if (sscanf(line, CONTROL_PREFIX "saturate %63s %3u\n", name, &octets) != 2) {
        return false;
    }
    for (struct client *c = server->clients; c; c = c->next) {
        if (c->controller && !strcmp(air_controller_name(c->controller), name)) {
            links += air_controller_saturate(c->controller, (uint16_t)octets);
        }
    }
    snprintf(text, len, "%u link%s of %s\n", links, links == 1 ? "" : "s", name);
    return true;
}

static void control_line(struct server *server, struct client *client)
{
    char line[CONTROL_MAX + 1] = "";
    char text[sizeof(client->out)];
    memcpy(line, client->in, client->in_len < CONTROL_MAX ? client->in_len : CONTROL_MAX);
    if (!strchr(line, '\n')) {
        client->gone = client->in_len >= CONTROL_MAX;
        return;
    }
    if (!strcmp(line, CONTROL_PREFIX "status\n")) {
        status_text(server, text, sizeof(text));
    } else if (!strcmp(line, CONTROL_PREFIX "stop\n")) {
        snprintf(text, sizeof(text), "breeze-air, process %d, stops\n", (int)getpid());
        server->stop = true;
        close_unix(server); // Before the answer: who asked may start another one at once.
    } else if (!saturate(server, line, text, sizeof(text))) {
        snprintf(text, sizeof(text), "breeze-air knows status, stop and saturate\n");
    }
    client->in_len = 0;
    client->out_len = strlen(text);
    memcpy(client->out, text, client->out_len);
    client->closing = true;
}

static void client_input(struct server *server, struct client *client)
{
    if (!client_receive(client)) {
        client->gone = true;
    } else if (!client->controller && client->in_len && client->in[0] == CONTROL_PREFIX[0]) {
        control_line(server, client);
    } else if (!client->controller && client->in_len && !client->closing) {
        client_power_on(server, client);
    }
}

// Listening

static void accept_client(struct server *server, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        return;
    }
    unsigned int count = 0;
    for (const struct client *c = server->clients; c; c = c->next) {
        count++;
    }
    if (count >= MAX_CLIENTS) {
        close(fd);
        return;
    }
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)client_add(server, fd, CLIENT_STREAM);
}

static bool listen_unix(struct server *server, int *code)
{
    const char *path = server->options->socket_path;
    server->lock_fd = daemon_lock(path, code, server->error, sizeof(server->error));
    if (server->lock_fd < 0) {
        return false;
    }
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    strcpy(addr.sun_path, path);
    server->unix_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    unlink(path); // the lock is ours, so this one is dead
    mode_t before = umask(0177);
    int err = server->unix_fd < 0 ||
              bind(server->unix_fd, (struct sockaddr *)&addr, sizeof(addr)) ||
              listen(server->unix_fd, 16);
    umask(before);
    return !err || failed(server, "cannot listen on %s: %s", path, strerror(errno));
}

static bool listen_tcp(struct server *server)
{
    unsigned int port = server->options->tcp_port;
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t len = sizeof(addr);
    int on = 1;
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->tcp_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server->tcp_fd < 0 ||
        setsockopt(server->tcp_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
        bind(server->tcp_fd, (struct sockaddr *)&addr, sizeof(addr)) ||
        listen(server->tcp_fd, 16) || getsockname(server->tcp_fd, (struct sockaddr *)&addr, &len)) {
        return failed(server, "cannot listen on TCP port %u: %s", port, strerror(errno));
    }
    printf("tcp 127.0.0.1:%u\n", ntohs(addr.sin_port));
    return true;
}

static bool open_pty(struct server *server)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    char path[64];
    if (fd < 0 || grantpt(fd) || unlockpt(fd) || ptsname_r(fd, path, sizeof(path))) {
        return failed(server, "cannot create a pseudo terminal: %s", strerror(errno));
    }
    int slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios mode;
    if (slave < 0 || tcgetattr(slave, &mode)) {
        return failed(server, "cannot open %s: %s", path, strerror(errno));
    }
    cfmakeraw(&mode);
    tcsetattr(slave, TCSANOW, &mode);
    close(slave);
    struct client *client = client_add(server, fd, CLIENT_PTY);
    if (!client) {
        return failed(server, "no memory");
    }
    strcpy(client->path, path);
    server->ptys++;
    printf("pty %s\n", path);
    return true;
}

static bool open_all(struct server *server, int *code)
{
    const struct server_options *options = server->options;
    struct air_config config = options->air;
    *code = EXIT_FAILED;
    config.start_us = clock_us(CLOCK_REALTIME) - AIR_TRACE_EPOCH * INT64_C(1000000);
    server->clock_offset = config.start_us - clock_us(CLOCK_MONOTONIC);
    server->started_us = server->idle_since = config.start_us;
    server->air = air_new(&config);
    if (!server->air) {
        return failed(server, "no memory");
    }
    if (*options->socket_path && !listen_unix(server, code)) {
        return false;
    }
    if (options->tcp && !listen_tcp(server)) {
        return false;
    }
    for (unsigned int i = 0; i < options->ptys; i++) {
        if (!open_pty(server)) {
            return false;
        }
    }
    if (options->pcap_file) {
        server->pcap = fopen(options->pcap_file, "wb");
        if (!server->pcap) {
            return failed(server, "cannot write %s: %s", options->pcap_file, strerror(errno));
        }
        air_pcap(server->air, (struct air_sink){.write = file_write, .ctx = server->pcap});
    }
    struct stat dir;
    if (options->trace_dir && (stat(options->trace_dir, &dir) || !S_ISDIR(dir.st_mode))) {
        return failed(server, "--trace wants a directory, %s is none", options->trace_dir);
    }
    if (*options->socket_path) {
        printf("socket %s\n", options->socket_path);
    }
    fflush(stdout);
    return true;
}

static void close_all(struct server *server)
{
    close_unix(server);
    if (server->tcp_fd >= 0) {
        close(server->tcp_fd);
    }
    while (server->clients) {
        struct client *client = server->clients;
        server->clients = client->next;
        client_free(client);
    }
    air_free(server->air); // writes the rest of the pcap
    if (server->pcap) {
        fclose(server->pcap);
    }
    if (server->lock_fd >= 0) {
        close(server->lock_fd);
    }
}

// The loop

// A pty that no program has open says so with POLLHUP for ever; it is looked at now and then.
static void ptys_look(struct server *server)
{
    for (struct client *client = server->clients; client; client = client->next) {
        if (client->kind == CLIENT_PTY && !client->open) {
            struct pollfd fd = {.fd = client->fd};
            client->open = poll(&fd, 1, 0) == 0;
        }
    }
}

static bool pty_asleep(const struct server *server)
{
    for (const struct client *c = server->clients; c; c = c->next) {
        if (c->kind == CLIENT_PTY && !c->open) {
            return true;
        }
    }
    return false;
}

static int64_t linger_end(const struct server *server)
{
    double linger = server->options->linger_s;
    bool never = linger < 0 || server->idle_since == NO_LIMIT;
    return never ? NO_LIMIT : server->idle_since + (int64_t)(linger * 1e6);
}

static int64_t next_us(const struct server *server, int64_t now)
{
    int64_t next = air_next(server->air);
    int64_t linger = linger_end(server);
    next = linger < next ? linger : next;
    if (pty_asleep(server) && now + PTY_POLL_US < next) {
        next = now + PTY_POLL_US;
    }
    return next;
}

// Packets in, the present, packets out.
static void turn(struct server *server)
{
    for (struct client *client = server->clients; client; client = client->next) {
        (void)client_feed(client);
    }
    air_run(server->air, wall_us(server));
    for (struct client *client = server->clients; client; client = client->next) {
        if ((client->controller || client->closing) && !client_send(client)) {
            client->gone = true;
        }
    }
    reap(server);
    if (server->pcap) {
        fflush(server->pcap);
    }
}

static void sleep_until_something(struct server *server, const sigset_t *mask)
{
    struct pollfd fds[MAX_CLIENTS + 20];
    struct client *owners[MAX_CLIENTS + 20];
    nfds_t count = 0;
    int listeners[] = {server->unix_fd, server->tcp_fd};
    for (size_t i = 0; i < 2; i++) {
        owners[count] = NULL;
        fds[count++] = (struct pollfd){.fd = listeners[i], .events = POLLIN};
    }
    for (struct client *c = server->clients; c; c = c->next) {
        if (c->kind == CLIENT_STREAM || c->open) {
            short events = c->in_len < CLIENT_IN_SIZE / 2 ? POLLIN : 0;
            events |= client_wants_write(c) ? POLLOUT : 0;
            owners[count] = c;
            fds[count++] = (struct pollfd){.fd = c->fd, .events = events};
        }
    }
    int64_t now = wall_us(server);
    int64_t next = next_us(server, now);
    int64_t wait = next > now ? next - now : 0;
    struct timespec time = {wait / 1000000, wait % 1000000 * 1000};
    if (ppoll(fds, count, next == NO_LIMIT ? NULL : &time, mask) <= 0) {
        return;
    }
    air_run(server->air, wall_us(server)); // what comes in comes in now
    for (nfds_t i = 0; i < count; i++) {
        if (owners[i] && fds[i].revents) {
            client_input(server, owners[i]);
        } else if (fds[i].revents) {
            accept_client(server, fds[i].fd);
        }
    }
}

static void serve(struct server *server)
{
    sigset_t blocked, before;
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    sigdelset(&before, SIGINT);
    sigdelset(&before, SIGTERM);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    while (!server->stop && !signalled && wall_us(server) < linger_end(server)) {
        ptys_look(server);
        sleep_until_something(server, &before);
        turn(server);
    }
}

int server_run(const struct server_options *options, int report)
{
    struct server server = {.options = options, .unix_fd = -1, .tcp_fd = -1, .lock_fd = -1};
    int code = EXIT_FAILED;
    if (!open_all(&server, &code)) {
        daemon_report(report, server.error);
        if (report < 0) {
            fprintf(stderr, "breeze-air: %s\n", server.error);
        }
        close_all(&server);
        return code;
    }
    daemon_report(report, NULL);
    serve(&server);
    close_all(&server);
    return EXIT_FINE;
}
