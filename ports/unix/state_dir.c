// Where a program's settings are: $XDG_STATE_HOME/breeze/PROGRAM, else ~/.local/state/breeze/PROGRAM.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "breeze_unix.h"
#include "transport_impl.h"

#define PATH_SIZE 1024

// Make the folders on the way to a file, as private as the first has to be.
static int make_folders(char *path)
{
    for (char *at = path + 1; (at = strchr(at, '/')); at++) {
        *at = '\0';
        int failed = mkdir(path, 0700) && errno != EEXIST;
        *at = '/';
        if (failed) {
            return -errno;
        }
    }
    return 0;
}

int transport_settings(void)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    char path[PATH_SIZE];
    if (state && state[0] == '/') {
        snprintf(path, sizeof(path), "%s/breeze/%s", state, transport_program());
    } else if (home && home[0] == '/') {
        snprintf(path, sizeof(path), "%s/.local/state/breeze/%s", home, transport_program());
    } else {
        return 0; // Nowhere to keep anything: a new address at each start.
    }
    int err = make_folders(path);
    if (!err) {
        err = breeze_unix_settings_file(path);
    }
    if (err) {
        return transport_fail(-err,
                              "the settings in %s cannot be used (%s); XDG_STATE_HOME moves "
                              "them to another folder",
                              path, strerror(-err));
    }
    return 0;
}
