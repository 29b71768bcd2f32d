// The log: levels per layer, their text form, both families of macros, the sink.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include <zephyr/logging/log.h>
#include <zephyr/sys/printk.h>

#define LOG_LAYER LOG_HCI
#include "base/log.h"
#include "kernel/state.h"

LOG_MODULE_REGISTER(my_module, LOG_LEVEL_INF);

static char lines[8][256];
static int layers[8], levels[8];
static unsigned int count;

static void sink(enum breeze_log_layer layer, int level, const char *line)
{
    strncpy(lines[count % 8], line, sizeof(lines[0]) - 1);
    layers[count % 8] = (int)layer;
    levels[count % 8] = level;
    count++;
}

static int setup(void **state)
{
    kernel_state_reset();
    breeze_log_sink(sink);
    count = 0;
    memset(lines, 0, sizeof(lines));
    return 0;
}

static void layers_start_at_warning(void **state)
{
    for (int layer = 0; layer < LOG_LAYERS; layer++) {
        assert_true(breeze_log_on(layer, BREEZE_LOG_WRN));
        assert_false(breeze_log_on(layer, BREEZE_LOG_INF));
    }
    log_inf("hidden");
    log_err("error %d", 5);
    assert_int_equal(count, BREEZE_LOG_MAX >= 1);
    assert_string_equal(lines[0], BREEZE_LOG_MAX >= 1 ? "error 5" : "");
    assert_int_equal(layers[0], BREEZE_LOG_MAX >= 1 ? LOG_HCI : 0);
}

static void level_is_set_for_one_layer(void **state)
{
    breeze_log_level(LOG_ATT, BREEZE_LOG_DBG);
    breeze_log_level(LOG_HCI, BREEZE_LOG_OFF);
    breeze_log_level(LOG_HCI, 99);
    breeze_log_level(LOG_LAYERS, BREEZE_LOG_DBG);
    assert_true(breeze_log_on(LOG_ATT, BREEZE_LOG_DBG));
    assert_false(breeze_log_on(LOG_HCI, BREEZE_LOG_ERR));
    assert_false(breeze_log_on(LOG_GATT, BREEZE_LOG_INF));
}

static void text_sets_levels(void **state)
{
    assert_int_equal(breeze_log_parse("info,hci=debug,smp=off"), 0);
    assert_true(breeze_log_on(LOG_HCI, BREEZE_LOG_DBG));
    assert_false(breeze_log_on(LOG_SMP, BREEZE_LOG_ERR));
    assert_true(breeze_log_on(LOG_GAP, BREEZE_LOG_INF));
    assert_false(breeze_log_on(LOG_GAP, BREEZE_LOG_DBG));
    assert_int_equal(breeze_log_parse("att=error"), 0);
    assert_false(breeze_log_on(LOG_ATT, BREEZE_LOG_WRN));
    assert_true(breeze_log_on(LOG_HCI, BREEZE_LOG_DBG));
}

static void bad_text_changes_nothing(void **state)
{
    static const char *const bad[] = {"",
                                      "loud",
                                      "debug,",
                                      "hci=",
                                      "=debug",
                                      "hci",
                                      "hci=debugx",
                                      "debug,info",
                                      "radio=info",
                                      ",info",
                                      "debug,hci=debug,att=what",
                                      "info hci=debug"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(breeze_log_parse(bad[i]), -EINVAL);
        for (int layer = 0; layer < LOG_LAYERS; layer++) {
            assert_true(breeze_log_on(layer, BREEZE_LOG_WRN));
            assert_false(breeze_log_on(layer, BREEZE_LOG_INF));
        }
    }
}

static void every_layer_has_a_name_that_parses(void **state)
{
    for (int layer = 0; layer < LOG_LAYERS; layer++) {
        char text[32];
        assert_non_null(breeze_log_layer_name(layer));
        snprintf(text, sizeof(text), "%s=debug", breeze_log_layer_name(layer));
        assert_int_equal(breeze_log_parse(text), 0);
        assert_true(breeze_log_on(layer, BREEZE_LOG_DBG));
    }
    assert_null(breeze_log_layer_name(LOG_LAYERS));
}

static void long_lines_are_cut(void **state)
{
    char text[1000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    breeze_log_print(LOG_HCI, BREEZE_LOG_ERR, "%s", text);
    assert_int_equal(strlen(lines[0]), CONFIG_BREEZE_LOG_LINE - 1);
}

static void no_sink_is_silence(void **state)
{
    breeze_log_sink(NULL);
    assert_false(breeze_log_on(LOG_HCI, BREEZE_LOG_ERR));
    breeze_log_print(LOG_HCI, BREEZE_LOG_ERR, "nobody hears");
    printk("nor this\n");
    assert_int_equal(count, 0);
}

static void zephyr_macros_name_their_module(void **state)
{
    breeze_log_level(LOG_APP, BREEZE_LOG_DBG);
    LOG_INF("value %d", 7);
    LOG_DBG("above the module's level");
    LOG_WRN("plain");
    static const uint8_t data[] = {0, 1, 0xab};
    LOG_HEXDUMP_WRN(data, sizeof(data), "bytes");
    if (BREEZE_LOG_MAX < 3) {
        skip();
    }
    assert_int_equal(count, 4);
    assert_string_equal(lines[0], "my_module: value 7");
    assert_int_equal(layers[0], LOG_APP);
    assert_string_equal(lines[1], "my_module: plain");
    assert_string_equal(lines[2], "my_module: bytes (3 bytes)");
    assert_string_equal(lines[3], "my_module:  00 01 ab");
}

static void printk_makes_lines(void **state)
{
    printk("one %d\ntwo\n", 1);
    assert_int_equal(count, 2);
    assert_string_equal(lines[0], "one 1");
    assert_string_equal(lines[1], "two");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(layers_start_at_warning, setup),
        cmocka_unit_test_setup(level_is_set_for_one_layer, setup),
        cmocka_unit_test_setup(text_sets_levels, setup),
        cmocka_unit_test_setup(bad_text_changes_nothing, setup),
        cmocka_unit_test_setup(every_layer_has_a_name_that_parses, setup),
        cmocka_unit_test_setup(long_lines_are_cut, setup),
        cmocka_unit_test_setup(no_sink_is_silence, setup),
        cmocka_unit_test_setup(zephyr_macros_name_their_module, setup),
        cmocka_unit_test_setup(printk_makes_lines, setup),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
