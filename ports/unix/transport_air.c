// The virtual air: air:PATH#NAME. It is started if nobody serves PATH, and told NAME before
// bring-up, so that this program has the same address in every run of every air.
//
// PATH is $XDG_RUNTIME_DIR/breeze-air.sock if left out, or breeze-air-UID.sock in the folder for
// temporary files, as breeze-air itself has it. NAME is the program's name if left out.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <zephyr/bluetooth/hci.h>

#include "air/start.h"
#include "air/vendor.h"
#include "transport_impl.h"

#define NAME_MAX_LEN  248
#define NAME_TRIES    10
#define NAME_PAUSE_US 20000

static void default_path(char *path, size_t size)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (runtime && runtime[0] && strlen(runtime) < 80) {
        snprintf(path, size, "%s/breeze-air.sock", runtime);
        return;
    }
    const char *tmp = getenv("TMPDIR");
    snprintf(path, size, "%s/breeze-air-%u.sock", tmp && tmp[0] ? tmp : P_tmpdir,
             (unsigned int)getuid());
}

// Cuts PATH#NAME in two.
static void split(const char *rest, char *path, size_t path_size, const char **name)
{
    const char *hash = strchr(rest, '#');
    size_t len = hash ? (size_t)(hash - rest) : strlen(rest);
    snprintf(path, path_size, "%.*s", (int)len, rest);
    if (!path[0]) {
        default_path(path, path_size);
    }
    *name = hash && hash[1] ? hash + 1 : transport_program();
    if (!(*name)[0]) {
        *name = "breeze";
    }
}

void transport_air_complete(const char *rest, char *text, size_t size)
{
    char path[TRANSPORT_TEXT];
    const char *name;
    split(rest, path, sizeof(path), &name);
    snprintf(text, size, "air:%.250s#%.250s", path, name);
}

static int air_check(const char *rest)
{
    char path[TRANSPORT_TEXT];
    const char *name;
    split(rest, path, sizeof(path), &name);
    const struct sockaddr_un addr;
    if (strlen(path) >= sizeof(addr.sun_path)) {
        return transport_fail(EINVAL,
                              "BREEZE_HCI=air:%s: the path of a socket has at most %zu "
                              "characters",
                              rest, sizeof(addr.sun_path) - 1);
    }
    if (strlen(name) > NAME_MAX_LEN) {
        return transport_fail(EINVAL, "BREEZE_HCI=air:%s: a name has at most %d characters", rest,
                              NAME_MAX_LEN);
    }
    return 0;
}

static int explain_start(int err, const char *path)
{
    if (err == -ENOENT) {
        return transport_fail(ENOENT,
                              "the virtual air is not running at %s and the program "
                              "breeze-air is not found; install it, or set BREEZE_AIR to "
                              "its path",
                              path);
    }
    return transport_fail(-err, "the virtual air could not be started at %s (%s); %s.log says more",
                          path, strerror(-err), path);
}

static int air_open(const char *rest)
{
    char path[TRANSPORT_TEXT];
    const char *name;
    split(rest, path, sizeof(path), &name);
    // An air that leaves just now (its last client went) is started again.
    int fd = -ECONNREFUSED;
    for (int tries = 0; tries < 3 && fd < 0; tries++) {
        int err = breeze_air_start(path, NULL);
        if (err) {
            return explain_start(err, path);
        }
        fd = transport_connect_unix(path);
    }
    if (fd < 0) {
        return transport_fail(-fd, "the virtual air at %s does not take us (%s); %s.log says more",
                              path, strerror(-fd), path);
    }
    return fd;
}

static int set_name(const char *name)
{
    struct net_buf *buf = bt_hci_cmd_create(AIR_VENDOR_SET_NAME, (uint8_t)strlen(name));
    if (!buf) {
        return -ENOBUFS;
    }
    net_buf_add_mem(buf, name, strlen(name));
    return bt_hci_cmd_send_sync(AIR_VENDOR_SET_NAME, buf, NULL);
}

static int air_setup(void *ctx)
{
    (void)ctx;
    char path[TRANSPORT_TEXT];
    const char *name;
    split(transport_rest(), path, sizeof(path), &name);
    int err = set_name(name);
    // A program that was killed a moment ago may still have the name: its socket is about to go.
    for (int tries = 0; err == -EALREADY && tries < NAME_TRIES; tries++) {
        usleep(NAME_PAUSE_US);
        err = set_name(name);
    }
    if (err == -EALREADY || err == -EACCES) {
        return transport_fail(EADDRINUSE,
                              "another program on the air at %s is called %s already; give this "
                              "one another name: BREEZE_HCI=air:%s#NAME",
                              path, name, path);
    }
    if (err) {
        return transport_fail(-err,
                              "whoever serves %s is no virtual air (%s); for another H4 "
                              "controller use BREEZE_HCI=unix:%s",
                              path, strerror(-err), path);
    }
    return 0;
}

const struct transport_kind transport_air = {
    .prefix = "air",
    .check = air_check,
    .open = air_open,
    .setup = air_setup,
};
