// The client's side of `breeze-air status` and `breeze-air stop`: one line to the socket, and what
// comes back until it closes. The line starts with a letter, which no H4 packet does.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "server.h"

int socket_connect(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(addr.sun_path)) {
        return -ENAMETOOLONG;
    }
    strcpy(addr.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
        int err = -errno;
        close(fd);
        return err;
    }
    return fd;
}

int control_ask(const char *socket_path, const char *verb)
{
    int fd = socket_connect(socket_path);
    if (fd < 0) {
        fprintf(stderr, "breeze-air: nobody serves %s: %s\n", socket_path, strerror(-fd));
        return EXIT_NOT_SERVED;
    }
    dprintf(fd, CONTROL_PREFIX "%s\n", verb);
    char buf[1024];
    bool answered = false;
    ssize_t n;
    while ((n = read(fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR)) {
        answered = answered || n > 0;
        fwrite(buf, 1, n > 0 ? (size_t)n : 0, stdout);
    }
    close(fd);
    if (!answered) {
        fprintf(stderr, "breeze-air: %s does not answer as a breeze-air does\n", socket_path);
    }
    return answered ? EXIT_FINE : EXIT_FAILED;
}
