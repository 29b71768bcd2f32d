// Name, appearance and identity in the settings: written as they change, back after settings_load(),
// nonsense refused. With the shim's settings and its store in RAM; the rest of GAP is faked.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/settings.h>

#include "gap/state.h"
#include "kernel/state.h"
#include "settings/handlers.h"

struct gap_reg gap_reg;
const struct settings_handler_static *const settings_host_handlers[] = {&gap_settings, NULL};

static uint8_t mem[256];
static struct breeze_settings_ram ram;
static bt_addr_le_t loaded[CONFIG_BT_ID_MAX];
static size_t loaded_count;
static int commits;
static char name[CONFIG_BT_DEVICE_NAME_MAX + 1];

int64_t breeze_port_now(void)
{
    return 0;
}

unsigned int breeze_port_irq_lock(void)
{
    return 0;
}

void breeze_port_irq_unlock(unsigned int key)
{
}

int breeze_port_idle(int64_t until)
{
    return 0;
}

const char *bt_get_name(void)
{
    return name;
}

bool name_load(const char *text, size_t len)
{
    if (len > CONFIG_BT_DEVICE_NAME_MAX) {
        return false;
    }
    memcpy(name, text, len);
    name[len] = '\0';
    return true;
}

static uint8_t irks[16];

bool own_irk_load(const uint8_t *value, size_t len)
{
    if (len != sizeof(irks)) {
        return false;
    }
    memcpy(irks, value, len);
    return true;
}

bool id_load(const bt_addr_le_t *addrs, size_t count)
{
    memcpy(loaded, addrs, count * sizeof(addrs[0]));
    loaded_count = count;
    return true;
}

void id_load_done(void)
{
    commits++;
}

static int setup(void **state)
{
    memset(&kernel_state, 0, sizeof(kernel_state));
    memset(&gap_reg, 0, sizeof(gap_reg));
    memset(mem, 0, sizeof(mem));
    memset(name, 0, sizeof(name));
    loaded_count = 0;
    commits = 0;
    breeze_settings_ram_init(&ram, mem, sizeof(mem));
    settings_src_register(&ram.store);
    settings_dst_register(&ram.store);
    return settings_subsys_init();
}

static void test_round_trip(void **state)
{
    const bt_addr_le_t addr = {BT_ADDR_LE_RANDOM, {{1, 2, 3, 4, 5, 0xc0}}};
    gap_reg.ids[0] = addr;
    gap_reg.id_count = 1;
    gap_reg.appearance = 0x1234;
    strcpy(name, "kept");
    gap_settings_save_id();
    gap_settings_save_name();
    gap_settings_save_appearance();
    gap_settings_save_irk((const uint8_t[16]){1, 2, 3}, 16);
    memset(&gap_reg, 0, sizeof(gap_reg));
    strcpy(name, "lost");
    assert_int_equal(settings_load(), 0);
    assert_int_equal(loaded_count, 1);
    assert_true(bt_addr_le_eq(&loaded[0], &addr));
    assert_string_equal(name, "kept");
    assert_true(gap_reg.appearance_set);
    assert_int_equal(gap_reg.appearance, 0x1234);
    assert_int_equal(commits, 1);
    assert_memory_equal(irks, ((const uint8_t[16]){1, 2, 3}), 16);
}

static void test_nothing_stored(void **state)
{
    assert_int_equal(settings_load(), 0);
    assert_int_equal(loaded_count, 0);
    assert_false(gap_reg.appearance_set);
    assert_int_equal(commits, 1);
}

// Truncated, too long, unknown: refused, one by one, and the rest is loaded.
static void test_hostile_57_bad_values(void **state)
{
    uint8_t octets[64] = {1};
    assert_int_equal(settings_save_one("bt/id", octets, 6), 0);
    memset(irks, 0, sizeof(irks));
    assert_int_equal(settings_save_one("bt/irk", octets, 15), 0);
    assert_int_equal(settings_save_one("bt/appearance", octets, 1), 0);
    assert_int_equal(settings_save_one("bt/other", octets, 3), 0);
    assert_int_equal(settings_save_one("bt/name", "ok", 2), 0);
    (void)settings_load();
    assert_int_equal(loaded_count, 0);
    assert_false(gap_reg.appearance_set);
    assert_string_equal(name, "ok");
    assert_int_equal(settings_runtime_set("bt/id", octets, 14), -EINVAL);
    assert_int_equal(settings_runtime_set("bt/id", octets, 64), -EINVAL);
    assert_int_equal(settings_runtime_set("bt/name", octets, 64), -EINVAL);
    assert_int_equal(settings_runtime_set("bt/appearance", octets, 3), -EINVAL);
    assert_int_equal(settings_runtime_set("bt/other", octets, 3), -ENOENT);
    assert_int_equal(settings_runtime_set("bt/appearance", "\x40\x00", 2), 0);
    assert_int_equal(gap_reg.appearance, 0x40);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        TEST(test_round_trip),
        TEST(test_nothing_stored),
        TEST(test_hostile_57_bad_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
