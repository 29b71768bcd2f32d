// The module `_breeze` of a firmware (micropython/mod_breeze.c), called through the table that it registers,
// over a stand-in for MicroPython's objects (tests/support/mpy_double) and for the backend's half of
// extend.h, which notes what it is given.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <breeze/config.h>
#include <breeze/log.h>

#include "py/mperrno.h"
#include "py/runtime.h"

#include "double.h"
#include "needs.h"

// ---- The backend's half --------------------------------------------------------------------------

static struct {
    const char *what;
    long n[8];
    uint8_t octets[2][32];
    size_t len[2];
    int err; // What it answers.
    unsigned int bonds;
} host;

static int heard(const char *what, long a, long b, long c, long d, long e)
{
    host.what = what;
    const long n[] = {a, b, c, d, e};
    memcpy(host.n, n, sizeof(n));
    return host.err;
}

static void keep(unsigned int i, const uint8_t *data, size_t len)
{
    host.len[i] = data ? len : SIZE_MAX;
    if (data) {
        memcpy(host.octets[i], data, len);
    }
}

void mpy_ext_events(bool on)
{
    (void)heard("events", on, 0, 0, 0, 0);
}

void mpy_ext_load_secrets(void)
{
    (void)heard("load_secrets", 0, 0, 0, 0, 0);
}

int mpy_ext_level(int level)
{
    return heard("level", level, 0, 0, 0, 0);
}

int mpy_ext_unpair(uint8_t addr_type, const uint8_t *addr)
{
    keep(0, addr, 6);
    return heard("unpair", addr_type, 0, 0, 0, 0);
}

int mpy_ext_bonds(void (*func)(uint8_t addr_type, const uint8_t *addr, uint8_t flags, void *user),
                  void *user)
{
    for (unsigned int i = 0; i < host.bonds; i++) {
        const uint8_t addr[6] = {0xc0, 1, 2, 3, 4, (uint8_t)i};
        func(1, addr, (uint8_t)(i & 3), user);
    }
    return heard("bonds", 0, 0, 0, 0, 0);
}

int mpy_ext_conn_update(uint16_t conn_handle, int32_t min_us, int32_t max_us, int32_t latency,
                        int32_t timeout_ms)
{
    return heard("conn_update", conn_handle, min_us, max_us, latency, timeout_ms);
}

int mpy_ext_conn_info(uint16_t conn_handle, struct mpy_ext_conn_info *info)
{
    *info = (struct mpy_ext_conn_info){7500, 420, 3, 247, 1, 2, 4, 4, 16};
    return heard("conn_info", conn_handle, 0, 0, 0, 0);
}

int mpy_ext_rssi(uint16_t conn_handle, int8_t *rssi)
{
    *rssi = -61;
    return heard("rssi", conn_handle, 0, 0, 0, 0);
}

int mpy_ext_phy(uint16_t conn_handle, int32_t tx, int32_t rx)
{
    return heard("phy", conn_handle, tx, rx, 0, 0);
}

int mpy_ext_data_len(uint16_t conn_handle, int32_t octets)
{
    return heard("data_len", conn_handle, octets, 0, 0, 0);
}

int mpy_ext_addr(const uint8_t *addr)
{
    keep(0, addr, 6);
    return heard("addr", 0, 0, 0, 0, 0);
}

int mpy_ext_accept_list(const uint8_t *list, size_t count)
{
    keep(0, list, count * MPY_EXT_ACCEPT_LEN);
    return heard("accept_list", (long)count, 0, 0, 0, 0);
}

int mpy_ext_advertise_to(int32_t interval_us, uint8_t addr_type, const uint8_t *addr)
{
    keep(0, addr, 6);
    return heard("advertise_to", interval_us, addr_type, 0, 0, 0);
}

int mpy_ext_advertise(const struct mpy_ext_adv *ext)
{
    keep(0, ext->adv, ext->adv_len);
    keep(1, ext->addr ? ext->addr : ext->rsp, ext->addr ? 6 : ext->rsp_len);
    return heard("advertise_ext", ext->interval_us, ext->connectable, ext->phy, ext->addr_type, 0);
}

int mpy_ext_tx_power(int32_t dbm)
{
    return heard("tx_power", dbm, 0, 0, 0, 0);
}

int mpy_ext_scan(const struct mpy_ext_scan *scan)
{
    (void)heard("scan", scan->duration_ms, scan->interval_us, scan->window_us, scan->active,
                scan->once);
    host.n[5] = scan->phys;
    return host.err;
}

// ---- The program's half --------------------------------------------------------------------------

static int begin(void **state)
{
    double_reset();
    mp_obj_t none[] = {mp_const_none};
    assert_ptr_equal(double_call("events", none), mp_const_none);
    memset(&host, 0, sizeof(host));
    return 0;
}

static const uint8_t addr[] = {0xc0, 0x11, 0x22, 0x33, 0x44, 0x55};
static const uint8_t list_of_five[5];

#define INT(n)          mp_obj_new_int(n)
#define BYTES(a)        mp_obj_new_bytes(a, sizeof(a))
#define CALL(name, ...) double_call(name, (mp_obj_t[]){__VA_ARGS__})
#define NONE            mp_const_none

static void assert_heard(const char *what, long a, long b, long c, long d, long e)
{
    assert_int_equal(double_state.raised, 0);
    assert_non_null(host.what);
    assert_string_equal(host.what, what);
    const long n[] = {a, b, c, d, e};
    assert_memory_equal(host.n, n, sizeof(n));
}

static void module_is_registered_with_the_table(void **state)
{
    assert_int_equal(double_module_name, MP_QSTR__breeze);
    assert_ptr_equal(double_module->base.type, &mp_type_module);
#define ARITY(name, count) assert_int_equal(double_arity(#name), count);
    MPY_EXT_CALLS(ARITY)
    assert_int_equal(double_arity("nothing"), -1);
}

static void numbers_cross(void **state)
{
    assert_ptr_equal(CALL("load_secrets", NONE), NONE);
    assert_heard("load_secrets", 0, 0, 0, 0, 0);
    assert_ptr_equal(CALL("level", INT(3)), NONE);
    assert_heard("level", 3, 0, 0, 0, 0);
    assert_ptr_equal(CALL("conn_update", INT(2), INT(7500), INT(-1), INT(4), INT(5000)), NONE);
    assert_heard("conn_update", 2, 7500, -1, 4, 5000);
    assert_ptr_equal(CALL("phy", INT(1), INT(2), INT(300)), NONE);
    assert_heard("phy", 1, 2, 300, 0, 0);
    assert_ptr_equal(CALL("tx_power", INT(-12)), NONE);
    assert_heard("tx_power", -12, 0, 0, 0, 0);
    assert_ptr_equal(CALL("data_len", INT(1), INT(251)), NONE);
    assert_heard("data_len", 1, 251, 0, 0, 0);
    mp_obj_t yes = double_bool(true);
    assert_ptr_equal(CALL("scan", INT(1), INT(2), INT(3), yes, double_bool(false), INT(5)), NONE);
    assert_heard("scan", 1, 2, 3, 1, 0);
    assert_int_equal(host.n[5], 5);
}

static void buffers_cross(void **state)
{
    assert_ptr_equal(CALL("addr", BYTES(addr)), NONE);
    assert_heard("addr", 0, 0, 0, 0, 0);
    assert_memory_equal(host.octets[0], addr, sizeof(addr));
    assert_ptr_equal(CALL("unpair", INT(1), BYTES(addr)), NONE);
    assert_heard("unpair", 1, 0, 0, 0, 0);
    assert_memory_equal(host.octets[0], addr, sizeof(addr));
    assert_ptr_equal(CALL("unpair", INT(0), NONE), NONE);
    assert_int_equal(host.len[0], SIZE_MAX);
    assert_ptr_equal(CALL("advertise_to", INT(20000), INT(1), BYTES(addr)), NONE);
    assert_heard("advertise_to", 20000, 1, 0, 0, 0);
    static const uint8_t list[14] = {1, 2, 3};
    assert_ptr_equal(CALL("accept_list", BYTES(list)), NONE);
    assert_heard("accept_list", 2, 0, 0, 0, 0);
    assert_memory_equal(host.octets[0], list, sizeof(list));
    assert_ptr_equal(
        CALL("advertise_ext", INT(0), BYTES(addr), NONE, double_bool(true), INT(4), INT(0), NONE),
        NONE);
    assert_heard("advertise_ext", 0, 1, 4, 0, 0);
    assert_int_equal(host.len[0], sizeof(addr));
    assert_int_equal(host.len[1], SIZE_MAX);
    assert_ptr_equal(
        CALL("advertise_ext", INT(9), NONE, NONE, double_bool(true), INT(1), INT(1), BYTES(addr)),
        NONE);
    assert_heard("advertise_ext", 9, 1, 1, 1, 0);
    assert_memory_equal(host.octets[1], addr, sizeof(addr));
}

static void results_cross(void **state)
{
    mp_obj_t rssi = CALL("rssi", INT(1));
    assert_int_equal(rssi->number, -61);
    mp_obj_t info = CALL("conn_info", INT(7));
    static const mp_int_t expected[] = {1, 7500, 3, 420, 247, 2, 4, 4, 16};
    assert_int_equal(host.n[0], 7);
    assert_int_equal(info->kind, DOUBLE_TUPLE);
    assert_int_equal(info->len, 9);
    for (size_t i = 0; i < 9; i++) {
        assert_int_equal(info->items[i]->number, expected[i]);
    }
    host.bonds = CONFIG_BT_MAX_PAIRED + 1; // One more than there can be.
    mp_obj_t bonds = CALL("bonds", NONE);
    assert_int_equal(bonds->kind, DOUBLE_LIST);
    assert_int_equal(bonds->len, CONFIG_BT_MAX_PAIRED);
    for (size_t i = 0; i < bonds->len; i++) {
        const struct double_obj *bond = bonds->items[i];
        assert_int_equal(bond->kind, DOUBLE_TUPLE);
        assert_int_equal(bond->items[0]->number, 1);
        assert_int_equal(bond->items[1]->octets[5], i);
        assert_int_equal(bond->items[2]->number, i & 3);
    }
}

static void assert_raises(int err)
{
    assert_int_equal(double_state.raised, err);
    assert_null(host.what);
}

// What cannot be is refused before the host hears of it.
static void wrong_arguments(void **state)
{
    CALL("addr", BYTES(list_of_five));
    assert_raises(MP_EINVAL);
    CALL("unpair", INT(256), BYTES(addr));
    assert_raises(MP_EINVAL);
    CALL("unpair", INT(-1), BYTES(addr));
    assert_raises(MP_EINVAL);
    CALL("addr", NONE);
    assert_raises(MP_EINVAL);
    CALL("addr", INT(1));
    assert_raises(DOUBLE_TYPE_ERROR);
    CALL("level", BYTES(addr));
    assert_raises(DOUBLE_TYPE_ERROR);
    CALL("advertise_ext", INT(0), NONE, NONE, double_bool(true), INT(260), INT(0), NONE);
    assert_raises(MP_EINVAL);
    if (sizeof(mp_int_t) > 4) {
        CALL("level", INT((mp_int_t)INT32_MAX + 1));
        assert_raises(MP_EINVAL);
        CALL("level", INT((mp_int_t)INT32_MIN - 1));
        assert_raises(MP_EINVAL);
    }
}

// Every function that can be refused raises what the backend says.
static void errors_of_the_host(void **state)
{
    static const struct {
        const char *name;
        int number; // Of each argument; 'a' an address.
        const char *args;
    } rows[] = {
        {"level", 1, "n"},           {"unpair", 1, "na"},        {"bonds", 0, ""},
        {"conn_update", 1, "nnnnn"}, {"conn_info", 1, "n"},      {"rssi", 1, "n"},
        {"phy", 1, "nnn"},           {"data_len", 1, "nn"},      {"addr", 0, "a"},
        {"accept_list", 0, "a"},     {"advertise_to", 1, "nna"}, {"advertise_ext", 1, "naannna"},
        {"scan", 1, "nnnnnn"},       {"tx_power", 1, "n"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        mp_obj_t args[7];
        double_reset();
        for (size_t k = 0; rows[i].args[k]; k++) {
            args[k] = rows[i].args[k] == 'a' ? BYTES(addr) : INT(rows[i].number);
        }
        host.err = 90 + (int)i;
        assert_null(double_call(rows[i].name, args));
        assert_int_equal(double_state.raised, host.err);
        assert_string_equal(host.what, rows[i].name);
    }
}

static void events_reach_the_handler(void **state)
{
    static const struct {
        uint8_t event;
        size_t count;
    } rows[] = {{0x80, 4}, {0x81, 2}, {0x82, 2}, {0x83, 1}, {0x84, 4}};
    const uint16_t args[4] = {1, 0xffff, 3, 4};
    mpy_ext_on_event(0x80, args);
    assert_int_equal(double_state.calls, 0);
    CALL("events", double_handler());
    assert_heard("events", 1, 0, 0, 0, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        mpy_ext_on_event(rows[i].event, args);
        assert_int_equal(double_state.calls, i + 1);
        assert_int_equal(double_state.arg[0]->number, rows[i].event);
        assert_int_equal(double_state.arg[1]->len, rows[i].count);
        for (size_t k = 0; k < rows[i].count; k++) {
            assert_int_equal(double_state.arg[1]->items[k]->number, args[k]);
        }
    }
    CALL("events", NONE);
    assert_heard("events", 0, 0, 0, 0, 0);
    mpy_ext_on_event(0x80, args);
    assert_int_equal(double_state.calls, 5);
}

// Nothing passes the host's frames: neither what a handler raises, nor want of memory.
static void exceptions_end_here(void **state)
{
    const uint16_t args[4] = {0};
    CALL("events", double_handler());
    double_state.handler_raises = true;
    mpy_ext_on_event(0x81, args);
    assert_int_equal(double_state.printed, 1);
    double_state.handler_raises = false;
    double_state.objects_left = 2;
    mpy_ext_on_event(0x81, args);
    assert_int_equal(double_state.printed, 2);
    assert_int_equal(double_state.calls, 1);
    double_state.memory_raises = true;
    assert_null(mpy_alloc(8));
    double_state.memory_raises = false;
    uint8_t *mem = mpy_alloc(8);
    assert_non_null(mem);
    assert_int_equal(mem[0] | mem[7], 0);
    mpy_free(mem);
}

static void rest_of_the_interpreter(void **state)
{
    CALL("interrupt", NONE);
    assert_int_equal(double_state.interrupts, 1);
    mpy_say("a sentence");
    assert_string_equal(double_state.text, "bluetooth: a sentence\n");
    static const uint8_t good[] = "hci=debug";
    static const uint8_t bad[] = "hci=loud";
    CALL("log", BYTES(bad));
    assert_int_equal(double_state.raised, MP_EINVAL);
    assert_false(breeze_log_on(LOG_HCI, BREEZE_LOG_DBG));
    assert_ptr_equal(CALL("log", BYTES(good)), NONE);
    assert_true(breeze_log_on(LOG_HCI, BREEZE_LOG_DBG));
    breeze_log_print(LOG_HCI, BREEZE_LOG_DBG, "%d", 5);
    assert_string_equal(double_state.text, "breeze hci: 5\n");
    breeze_log_sink(NULL);
    CALL("trace", BYTES(good));
    assert_int_equal(double_state.raised, MP_EOPNOTSUPP);
    assert_ptr_equal(CALL("trace", mp_obj_new_bytes(good, 0)), NONE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
    const struct CMUnitTest tests[] = {
        TEST(module_is_registered_with_the_table),
        TEST(numbers_cross),
        TEST(buffers_cross),
        TEST(results_cross),
        TEST(wrong_arguments),
        TEST(errors_of_the_host),
        TEST(events_reach_the_handler),
        TEST(exceptions_end_here),
        TEST(rest_of_the_interpreter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
