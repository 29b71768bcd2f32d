// Power loss while the Unix port's settings file is written, after every octet: a bond is the old
// one or the new one, all others are as they were, and the next save works (hostile 57).
//
// A child process saves under a limit on the size of files: the system writes what fits and kills it at
// the next octet (SIGXFSZ), in the midst of its write.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <breeze/settings.h>

#include "breeze_unix.h"
#include "kernel/state.h"

#define RECORD 110

static char path[] = P_tmpdir "/breeze-power-XXXXXX";

// What a load brings: the first octet of each value, when the whole of it is that octet.
static struct {
    unsigned int values;
    unsigned int torn;
    uint8_t first; // of bt/keys/a
    uint8_t other; // of bt/keys/b
} seen;

static int on_value(const char *key, size_t len, settings_read_cb read_cb, void *cb_arg,
                    void *param)
{
    uint8_t value[RECORD];
    seen.values++;
    bool whole = len == sizeof(value) && read_cb(cb_arg, value, len) == (ssize_t)len;
    for (size_t i = 1; whole && i < len; i++) {
        whole = value[i] == value[0];
    }
    seen.torn += !whole;
    *(key[0] == 'a' ? &seen.first : &seen.other) = value[0];
    return 0;
}

static void save(const char *name, uint8_t octet)
{
    uint8_t value[RECORD];
    memset(value, octet, sizeof(value));
    assert_int_equal(settings_save_one(name, value, sizeof(value)), 0);
}

static void boot(void)
{
    kernel_state_reset();
    assert_int_equal(settings_subsys_init(), 0);
    assert_int_equal(breeze_unix_settings_file(path), 0);
    memset(&seen, 0, sizeof(seen));
    assert_int_equal(settings_load_subtree_direct("bt/keys", on_value, NULL), 0);
    assert_int_equal(seen.torn, 0);
}

// In the child: 0 when nothing cut it off.
static int save_until(rlim_t octets, const char *name, uint8_t octet)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit none = {0, 0};
        const struct rlimit limit = {octets, octets};
        uint8_t value[RECORD];
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)setrlimit(RLIMIT_FSIZE, &limit);
        (void)signal(SIGXFSZ, SIG_DFL);
        memset(value, octet, sizeof(value));
        int err = octet ? settings_save_one(name, value, sizeof(value)) : settings_delete(name);
        _exit(err ? 1 : 0);
    }
    int status = 0;
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) || WTERMSIG(status) == SIGXFSZ);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static off_t size_of_file(void)
{
    struct stat stat_of;
    assert_int_equal(stat(path, &stat_of), 0);
    return stat_of.st_size;
}

static void begin(void)
{
    (void)remove(path);
    boot();
    save("bt/keys/a", 1);
    save("bt/keys/b", 99);
}

static void cut_everywhere(uint8_t octet)
{
    begin();
    off_t whole = size_of_file();
    unsigned int cut = 0;
    int result = -1;
    for (off_t at = 0; at <= whole && result; at++) {
        boot();
        result = save_until((rlim_t)at, "bt/keys/a", octet);
        cut += result == -1;
        boot();
        assert_int_equal(seen.other, 99);
        if (result) {
            assert_int_equal(seen.values, 2);
            assert_int_equal(seen.first, 1); // The old one,
        }
    }
    assert_int_equal(result, 0);
    assert_true(cut > RECORD);           // It was cut off within records.
    assert_int_equal(seen.first, octet); // and at the end the new one.
    assert_int_equal(seen.values, octet ? 2 : 1);
    // What the cuts left behind is in nobody's way.
    save("bt/keys/a", 7);
    boot();
    assert_int_equal(seen.first, 7);
}

static void hostile_57_power_loss_in_a_save(void **state)
{
    cut_everywhere(2);
}

static void hostile_57_power_loss_in_a_deletion(void **state)
{
    cut_everywhere(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_57_power_loss_in_a_save),
        cmocka_unit_test(hostile_57_power_loss_in_a_deletion),
    };
    int fd = mkstemp(path);
    if (fd < 0) {
        return 1;
    }
    close(fd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char temporary[sizeof(path) + 4];
    snprintf(temporary, sizeof(temporary), "%s.new", path);
    (void)remove(temporary);
    (void)remove(path);
    return failed;
}
