// See start.h. Runs inside other programs: no signal handlers, no stdout, no memory kept.
#include "start.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POLL_MS     10
#define PATIENCE_MS 5000
#define LINGER_TEXT "5"

extern char **environ;

static void sleep_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

// 0 when somebody answers there.
static int answers(const char *path)
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
    int err = connect(fd, (struct sockaddr *)&addr, sizeof(addr)) ? -errno : 0;
    close(fd);
    return err;
}

static bool usable(const char *path)
{
    return !access(path, X_OK);
}

static bool beside(const char *object, const char *relative, char *path, size_t len)
{
    const char *slash = strrchr(object, '/');
    int dir = slash ? (int)(slash - object) : 1;
    int n = snprintf(path, len, "%.*s/%s", dir, slash ? object : ".", relative);
    return n > 0 && (size_t)n < len && usable(path);
}

static bool in_path(char *path, size_t len)
{
    const char *dirs = getenv("PATH");
    while (dirs && *dirs) {
        size_t n = strcspn(dirs, ":");
        int used = snprintf(path, len, "%.*s/breeze-air", (int)n, dirs);
        if (n && used > 0 && (size_t)used < len && usable(path)) {
            return true;
        }
        dirs += n + (dirs[n] == ':');
    }
    return false;
}

int breeze_air_find(const char *program, char *path, size_t len)
{
    const char *given = program && *program ? program : getenv("BREEZE_AIR");
    if (given && *given) {
        int n = snprintf(path, len, "%s", given);
        return n > 0 && (size_t)n < len && usable(path) ? 0 : -ENOENT;
    }
    Dl_info info;
    bool known = dladdr((void *)(uintptr_t)breeze_air_find, &info) && info.dli_fname;
    if (known && (beside(info.dli_fname, "breeze-air", path, len) ||
                  beside(info.dli_fname, "../bin/breeze-air", path, len) ||
                  beside(info.dli_fname, "../../bin/breeze-air", path, len))) {
        return 0;
    }
    return in_path(path, len) ? 0 : -ENOENT;
}

// The new process gets an empty signal mask: its parent may block anything.
static int spawn(const char *program, const char *socket_path, pid_t *child)
{
    char *argv[] = {(char *)program,    "--daemon",          "--socket", (char *)socket_path,
                    (char *)"--linger", (char *)LINGER_TEXT, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, 0, 1);
    posix_spawn_file_actions_adddup2(&actions, 0, 2);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int err = posix_spawn(child, program, &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return -err;
}

// The process that we started ends as soon as its daemon is ready, or when it fails.
static void collect(pid_t child)
{
    for (int waited = 0; waited < PATIENCE_MS; waited += POLL_MS) {
        pid_t done = waitpid(child, NULL, WNOHANG);
        if (done == child || (done < 0 && errno != EINTR)) {
            return;
        }
        sleep_ms(POLL_MS);
    }
}

static int start_locked(const char *socket_path, const char *program)
{
    if (!answers(socket_path)) {
        return 0; // somebody else was faster
    }
    pid_t child;
    int err = spawn(program, socket_path, &child);
    if (err) {
        return err;
    }
    collect(child);
    for (int waited = 0; waited < PATIENCE_MS; waited += POLL_MS) {
        if (!answers(socket_path)) {
            return 0;
        }
        sleep_ms(POLL_MS);
        if (waited >= 500 && waited % 500 == 0 && spawn(program, socket_path, &child) == 0) {
            collect(child); // the one that left just then kept the first one out
        }
    }
    return -ETIMEDOUT;
}

int breeze_air_start(const char *socket_path, const char *program)
{
    char path[PATH_MAX], lock_path[PATH_MAX];
    int err = answers(socket_path);
    if (!err || err == -ENAMETOOLONG) {
        return err;
    }
    err = breeze_air_find(program, path, sizeof(path));
    if (err) {
        return err;
    }
    snprintf(lock_path, sizeof(lock_path), "%s.start", socket_path);
    int lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) {
        return -errno;
    }
    while (flock(lock, LOCK_EX)) {
        if (errno != EINTR) {
            err = -errno;
            close(lock);
            return err;
        }
    }
    err = start_locked(socket_path, path);
    close(lock);
    return err;
}
