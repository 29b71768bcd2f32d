// Settings: names, handlers, the RAM store, and the file store with every kind of damage.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <breeze/settings.h>

#include "breeze_unix.h"
#include "kernel/state.h"

static char loaded[256];
static unsigned int commits;
static unsigned int errors;
static struct breeze_settings_ram ram;
static uint8_t ram_mem[200];
static char folder[64];
static char path[96];

static int handler_set(const char *key, size_t len, settings_read_cb read_cb, void *cb_arg)
{
    char value[64] = "";
    assert_int_equal(read_cb(cb_arg, value, sizeof(value) - 1), len);
    size_t at = strlen(loaded);
    snprintf(loaded + at, sizeof(loaded) - at, "%s=%s;", key ? key : "", value);
    return strcmp(value, "refuse") == 0 ? -EINVAL : 0;
}

static int handler_get(const char *key, char *val, int val_len_max)
{
    return snprintf(val, (size_t)val_len_max, "got %s", key);
}

static int handler_commit(void)
{
    commits++;
    return 0;
}

static int handler_export(int (*export_func)(const char *name, const void *val, size_t val_len))
{
    int err = export_func("bt/name", "exported", 8);
    return err ? err : export_func("bt/id", "1", 1);
}

SETTINGS_STATIC_HANDLER_DEFINE(bt, "bt", handler_get, handler_set, handler_commit, handler_export);

static int deep_set(const char *key, size_t len, settings_read_cb read_cb, void *cb_arg)
{
    strcat(loaded, "deep:");
    return handler_set(key, len, read_cb, cb_arg);
}

static struct settings_handler deep = {.name = "bt/keys", .h_set = deep_set};

static void sink(enum breeze_log_layer layer, int level, const char *line)
{
    errors += level == BREEZE_LOG_ERR ? 1 : 0;
}

static int setup(void **state)
{
    kernel_state_reset();
    breeze_log_sink(sink);
    loaded[0] = '\0';
    commits = 0;
    errors = 0;
    breeze_settings_ram_init(&ram, ram_mem, sizeof(ram_mem));
    settings_src_register(&ram.store);
    settings_dst_register(&ram.store);
    return settings_subsys_init();
}

static int file_setup(void **state)
{
    kernel_state_reset();
    breeze_log_sink(sink);
    loaded[0] = '\0';
    errors = 0;
    strcpy(folder, "breeze-settings-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/settings", folder);
    return 0;
}

static int file_teardown(void **state)
{
    (void)unlink(path);
    return rmdir(folder); // fails if a temporary file was left behind
}

static void names_are_compared_by_parts(void **state)
{
    const char *next;
    assert_true(settings_name_steq("bt/keys/1", "bt", &next));
    assert_string_equal(next, "keys/1");
    assert_true(settings_name_steq("bt", "bt", &next));
    assert_null(next);
    assert_false(settings_name_steq("btx/keys", "bt", &next));
    assert_false(settings_name_steq("b", "bt", &next));
    assert_int_equal(settings_name_next("keys/1", &next), 4);
    assert_string_equal(next, "1");
    assert_int_equal(settings_name_next("keys", &next), 4);
    assert_null(next);
    assert_int_equal(settings_name_next("a=b", &next), 1);
    assert_null(next);
}

static void saved_values_are_loaded(void **state)
{
    assert_int_equal(settings_save_one("bt/name", "x", 1), 0);
    assert_int_equal(settings_save_one("bt/id", "two", 3), 0);
    assert_int_equal(settings_save_one("other/id", "nobody", 6), 0);
    assert_int_equal(settings_save_one("bt/name", "longer", 6), 0);
    assert_int_equal(settings_load(), 0);
    assert_string_equal(loaded, "id=two;name=longer;");
    assert_int_equal(commits, 1);
    assert_int_equal(settings_delete("bt/name"), 0);
    assert_int_equal(settings_delete("bt/never"), 0);
    loaded[0] = '\0';
    assert_int_equal(settings_load_subtree("bt/id"), 0);
    assert_string_equal(loaded, "id=two;");
    char one[8] = "";
    assert_int_equal(settings_load_one("bt/id", one, sizeof(one)), 3);
    assert_string_equal(one, "two");
    assert_int_equal(settings_load_one("bt/name", one, sizeof(one)), -ENOENT);
}

static void the_longest_name_wins(void **state)
{
    assert_int_equal(settings_register(&deep), 0);
    assert_int_equal(settings_register(&deep), -EEXIST);
    settings_save_one("bt/keys/ab", "k", 1);
    settings_load();
    assert_string_equal(loaded, "deep:ab=k;");
}

static int direct(const char *key, size_t len, settings_read_cb read_cb, void *cb_arg, void *param)
{
    strcat(param, key ? key : "-");
    return 0;
}

static void direct_load_has_keys_below_the_subtree(void **state)
{
    char keys[64] = "";
    settings_save_one("bt/keys/1", "a", 1);
    settings_save_one("bt/keys/2", "b", 1);
    settings_save_one("bt/name", "c", 1);
    assert_int_equal(settings_load_subtree_direct("bt/keys", direct, keys), 0);
    assert_string_equal(keys, "12");
    assert_string_equal(loaded, "");
    assert_int_equal(commits, 0);
}

static void a_refused_value_does_not_stop_the_others(void **state)
{
    settings_save_one("bt/a", "refuse", 6);
    settings_save_one("bt/b", "fine", 4);
    assert_int_equal(settings_load(), 0);
    assert_string_equal(loaded, "a=refuse;b=fine;");
    assert_true(errors >= 1 || BREEZE_LOG_MAX == 0);
}

static void export_saves_everything(void **state)
{
    assert_int_equal(settings_save(), 0);
    settings_load();
    assert_string_equal(loaded, "name=exported;id=1;");
    settings_dst_register(NULL);
    assert_int_equal(settings_save(), -ENOENT);
    assert_int_equal(settings_save_one("bt/a", "b", 1), -ENOENT);
}

static void runtime_values_need_no_store(void **state)
{
    char value[32];
    assert_int_equal(settings_runtime_set("bt/name", "now", 3), 0);
    assert_string_equal(loaded, "name=now;");
    assert_int_equal(settings_runtime_get("bt/name", value, sizeof(value)), 8);
    assert_string_equal(value, "got name");
    assert_int_equal(settings_runtime_commit("bt"), 0);
    assert_int_equal(settings_commit(), 0);
    assert_int_equal(commits, 2);
    assert_int_equal(settings_runtime_set("nobody/x", "", 0), -EINVAL);
}

static void a_full_store_keeps_what_it_has(void **state)
{
    char value[SETTINGS_MAX_VAL_LEN + 1];
    memset(value, 'v', sizeof(value));
    assert_int_equal(settings_save_one("bt/a", value, 100), 0);
    assert_int_equal(settings_save_one("bt/b", value, 100), -ENOSPC);
    assert_int_equal(settings_save_one("bt/a", value, sizeof(value)), -EINVAL);
    // A replacement may use the room of what it replaces.
    assert_int_equal(settings_save_one("bt/a", value, 190), 0);
    assert_int_equal(settings_load_one("bt/a", value, sizeof(value)), 190);
}

static int nested_result;

static int saving(const char *key, size_t len, settings_read_cb read_cb, void *cb_arg, void *param)
{
    nested_result = settings_delete("bt/a");
    return 0;
}

static void saving_while_loading_is_refused(void **state)
{
    settings_save_one("bt/a", "1", 1);
    settings_save_one("bt/b", "2", 1);
    assert_int_equal(settings_load_subtree_direct("bt", saving, NULL), 0);
    assert_int_equal(nested_result, -EBUSY);
    assert_int_equal(settings_delete("bt/a"), 0);
}

static void file_survives_a_restart(void **state)
{
    assert_int_equal(breeze_unix_settings_file(path), 0);
    assert_int_equal(settings_load(), 0);
    assert_int_equal(settings_save_one("bt/name", "kept", 4), 0);
    assert_int_equal(settings_save_one("bt/id", "gone", 4), 0);
    assert_int_equal(settings_delete("bt/id"), 0);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600); // keys are in there
    kernel_state_reset();
    assert_int_equal(breeze_unix_settings_file(path), 0);
    assert_int_equal(settings_load(), 0);
    assert_string_equal(loaded, "name=kept;");
    assert_int_equal(settings_save(), 0); // all at once
    loaded[0] = '\0';
    settings_load();
    assert_string_equal(loaded, "name=exported;id=1;");
}

static uint8_t content[4096];

static size_t content_read(void)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(content, 1, sizeof(content), file);
    fclose(file);
    return len;
}

static void content_write(size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_int_equal(fwrite(content, 1, len, file), len);
    fclose(file);
}

static void expect_refused(void)
{
    kernel_state_reset();
    breeze_log_sink(sink);
    errors = 0;
    loaded[0] = '\0';
    assert_int_equal(breeze_unix_settings_file(path), -EBADMSG);
    assert_true(errors >= 1 || BREEZE_LOG_MAX == 0);
    assert_int_equal(settings_load(), -EBADMSG);
    assert_string_equal(loaded, "");
    assert_int_equal(settings_save_one("bt/new", "x", 1), -EBADMSG);
}

// Every truncation and every single flipped bit: refused as a whole, and left as it is.
static void hostile_damaged_file_is_never_half_loaded(void **state)
{
    assert_int_equal(breeze_unix_settings_file(path), 0);
    settings_save_one("bt/a", "first", 5);
    settings_save_one("bt/b", "second", 6);
    size_t len = content_read();
    for (size_t cut = 0; cut < len; cut++) {
        content_write(cut);
        expect_refused();
    }
    for (size_t at = 0; at < len * 8; at++) {
        content[at / 8] ^= (uint8_t)(1 << at % 8);
        content_write(len);
        expect_refused();
        content[at / 8] ^= (uint8_t)(1 << at % 8);
    }
    content_write(len + 1);
    expect_refused();
    content_write(len);
    kernel_state_reset();
    assert_int_equal(breeze_unix_settings_file(path), 0);
    settings_load();
    assert_string_equal(loaded, "a=first;b=second;");
}

static void a_failed_write_changes_nothing(void **state)
{
    assert_int_equal(breeze_unix_settings_file(path), 0);
    assert_int_equal(settings_save_one("bt/a", "old", 3), 0);
    char temporary[112];
    snprintf(temporary, sizeof(temporary), "%s.new", path);
    assert_int_equal(mkdir(temporary, 0700), 0); // in the way
    assert_int_equal(settings_save_one("bt/a", "new", 3), -EISDIR);
    assert_int_equal(rmdir(temporary), 0);
    settings_load();
    assert_string_equal(loaded, "a=old;");
    assert_int_equal(breeze_unix_settings_file("no-such-folder/settings"), 0);
    assert_int_equal(settings_save_one("bt/a", "x", 1), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(names_are_compared_by_parts, setup),
        cmocka_unit_test_setup(saved_values_are_loaded, setup),
        cmocka_unit_test_setup(the_longest_name_wins, setup),
        cmocka_unit_test_setup(direct_load_has_keys_below_the_subtree, setup),
        cmocka_unit_test_setup(a_refused_value_does_not_stop_the_others, setup),
        cmocka_unit_test_setup(export_saves_everything, setup),
        cmocka_unit_test_setup(runtime_values_need_no_store, setup),
        cmocka_unit_test_setup(a_full_store_keeps_what_it_has, setup),
        cmocka_unit_test_setup(saving_while_loading_is_refused, setup),
        cmocka_unit_test_setup_teardown(file_survives_a_restart, file_setup, file_teardown),
        cmocka_unit_test_setup_teardown(hostile_damaged_file_is_never_half_loaded, file_setup,
                                        file_teardown),
        cmocka_unit_test_setup_teardown(a_failed_write_changes_nothing, file_setup, file_teardown),
    };
    return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
