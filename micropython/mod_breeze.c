// The module `_breeze` of a firmware: what bluetooth.py has beyond MicroPython's own `bluetooth`, and what
// the backend needs of the interpreter (needs.h). stock/_breeze.py is its twin.
//
// Written against MicroPython's interface for external C modules (its documentation, "MicroPython
// external C modules") and nothing else of it. Invariant: nothing is raised while the host is on the
// stack. Functions here raise when the host has returned, and a handler's exception ends in
// mpy_ext_on_event().
#include <breeze/config.h>
#include <breeze/log.h>

#include "py/misc.h"
#include "py/mperrno.h"
#include "py/obj.h"
#include "py/runtime.h"

#include "extend.h"
#include "needs.h"

#define ADDR_LEN 6

// The handler of the events from 0x80 on; the collector finds it here.
MP_REGISTER_ROOT_POINTER(mp_obj_t breeze_handler);

// ---- Arguments and results -----------------------------------------------------------------------

static mp_obj_t done(int err)
{
    if (err) {
        mp_raise_OSError(err);
    }
    return mp_const_none;
}

// A number that the host takes as 32 bits.
static int32_t number(mp_obj_t obj)
{
    mp_int_t n = mp_obj_get_int(obj);
    if (n < INT32_MIN || n > INT32_MAX) {
        mp_raise_OSError(MP_EINVAL);
    }
    return (int32_t)n;
}

static uint16_t connection(mp_obj_t obj)
{
    return (uint16_t)number(obj);
}

static uint8_t octet(mp_obj_t obj)
{
    int32_t n = number(obj);
    if (n < 0 || n > UINT8_MAX) {
        mp_raise_OSError(MP_EINVAL);
    }
    return (uint8_t)n;
}

// Octets of any buffer; NULL and 0 for None.
static const uint8_t *octets(mp_obj_t obj, size_t *len)
{
    *len = 0;
    if (obj == mp_const_none) {
        return NULL;
    }
    mp_buffer_info_t info;
    mp_get_buffer_raise(obj, &info, MP_BUFFER_READ);
    *len = info.len;
    return info.buf;
}

static const uint8_t *address(mp_obj_t obj)
{
    size_t len;
    const uint8_t *addr = octets(obj, &len);
    if (len != ADDR_LEN) {
        mp_raise_OSError(MP_EINVAL);
    }
    return addr;
}

// ---- Events --------------------------------------------------------------------------------------

// What bluetooth.py lets through is a surprise, so it is shown; it must not leave by the host's frames.
void mpy_ext_on_event(uint8_t event, const uint16_t args[4])
{
    static const uint8_t counts[] = MPY_EXT_IRQ_COUNTS;
    mp_obj_t handler = MP_STATE_VM(breeze_handler);
    nlr_buf_t nlr;
    if (handler == MP_OBJ_NULL || handler == mp_const_none) {
        return;
    }
    if (nlr_push(&nlr) == 0) {
        mp_obj_t items[4];
        for (size_t i = 0; i < 4; i++) {
            items[i] = MP_OBJ_NEW_SMALL_INT(args[i]);
        }
        size_t count = counts[event - MPY_EXT_IRQ_SUBSCRIBE];
        mp_call_function_2(handler, MP_OBJ_NEW_SMALL_INT(event), mp_obj_new_tuple(count, items));
        nlr_pop();
    } else {
        mp_obj_print_exception(&mp_plat_print, MP_OBJ_FROM_PTR(nlr.ret_val));
    }
}

static mp_obj_t breeze_events(mp_obj_t handler)
{
    MP_STATE_VM(breeze_handler) = handler;
    mpy_ext_events(handler != mp_const_none);
    return mp_const_none;
}

// Ctrl-C met the handler, and is meant for the main program.
static mp_obj_t breeze_interrupt(void)
{
    mp_sched_keyboard_interrupt();
    return mp_const_none;
}

// ---- Bonds and security --------------------------------------------------------------------------

static mp_obj_t breeze_load_secrets(void)
{
    mpy_ext_load_secrets();
    return mp_const_none;
}

static mp_obj_t breeze_level(mp_obj_t level)
{
    return done(mpy_ext_level((int)number(level)));
}

static mp_obj_t breeze_unpair(mp_obj_t addr_type, mp_obj_t addr)
{
    return done(mpy_ext_unpair(octet(addr_type), addr == mp_const_none ? NULL : address(addr)));
}

// They are collected first: an object that finds no memory must not leave by the host's frames.
struct bonds {
    size_t count;
    struct {
        uint8_t addr_type;
        uint8_t addr[ADDR_LEN];
        uint8_t flags;
    } found[CONFIG_BT_MAX_PAIRED];
};

static void add_bond(uint8_t addr_type, const uint8_t *addr, uint8_t flags, void *user)
{
    struct bonds *bonds = user;
    if (bonds->count < CONFIG_BT_MAX_PAIRED) {
        bonds->found[bonds->count].addr_type = addr_type;
        for (size_t i = 0; i < ADDR_LEN; i++) {
            bonds->found[bonds->count].addr[i] = addr[i];
        }
        bonds->found[bonds->count++].flags = flags;
    }
}

static mp_obj_t breeze_bonds(void)
{
    struct bonds bonds = {.count = 0};
    (void)done(mpy_ext_bonds(add_bond, &bonds));
    mp_obj_t list = mp_obj_new_list(0, NULL);
    for (size_t i = 0; i < bonds.count; i++) {
        mp_obj_t items[] = {
            MP_OBJ_NEW_SMALL_INT(bonds.found[i].addr_type),
            mp_obj_new_bytes(bonds.found[i].addr, ADDR_LEN),
            MP_OBJ_NEW_SMALL_INT(bonds.found[i].flags),
        };
        mp_obj_list_append(list, mp_obj_new_tuple(3, items));
    }
    return list;
}

// ---- Links and radio -----------------------------------------------------------------------------

static mp_obj_t breeze_conn_update(size_t count, const mp_obj_t *args)
{
    (void)count;
    return done(mpy_ext_conn_update(connection(args[0]), number(args[1]), number(args[2]),
                                    number(args[3]), number(args[4])));
}

static mp_obj_t breeze_conn_info(mp_obj_t conn)
{
    struct mpy_ext_conn_info info;
    (void)done(mpy_ext_conn_info(connection(conn), &info));
    mp_obj_t items[] = {
        MP_OBJ_NEW_SMALL_INT(info.role),     mp_obj_new_int((mp_int_t)info.interval_us),
        MP_OBJ_NEW_SMALL_INT(info.latency),  mp_obj_new_int((mp_int_t)info.timeout_ms),
        MP_OBJ_NEW_SMALL_INT(info.mtu),      MP_OBJ_NEW_SMALL_INT(info.phy_tx),
        MP_OBJ_NEW_SMALL_INT(info.phy_rx),   MP_OBJ_NEW_SMALL_INT(info.level),
        MP_OBJ_NEW_SMALL_INT(info.key_size),
    };
    return mp_obj_new_tuple(9, items);
}

static mp_obj_t breeze_rssi(mp_obj_t conn)
{
    int8_t rssi;
    (void)done(mpy_ext_rssi(connection(conn), &rssi));
    return MP_OBJ_NEW_SMALL_INT(rssi);
}

static mp_obj_t breeze_phy(mp_obj_t conn, mp_obj_t tx, mp_obj_t rx)
{
    return done(mpy_ext_phy(connection(conn), number(tx), number(rx)));
}

static mp_obj_t breeze_data_len(mp_obj_t conn, mp_obj_t count)
{
    return done(mpy_ext_data_len(connection(conn), number(count)));
}

static mp_obj_t breeze_addr(mp_obj_t addr)
{
    return done(mpy_ext_addr(address(addr)));
}

static mp_obj_t breeze_accept_list(mp_obj_t list)
{
    size_t len;
    const uint8_t *peers = octets(list, &len);
    return done(mpy_ext_accept_list(peers, len / MPY_EXT_ACCEPT_LEN));
}

static mp_obj_t breeze_advertise_to(mp_obj_t interval_us, mp_obj_t addr_type, mp_obj_t addr)
{
    return done(mpy_ext_advertise_to(number(interval_us), octet(addr_type), address(addr)));
}

static mp_obj_t breeze_advertise_ext(size_t count, const mp_obj_t *args)
{
    (void)count;
    size_t adv_len;
    size_t rsp_len;
    const uint8_t *adv = octets(args[1], &adv_len);
    const uint8_t *rsp = octets(args[2], &rsp_len);
    const struct mpy_ext_adv ext = {
        .interval_us = number(args[0]),
        .connectable = mp_obj_is_true(args[3]),
        .phy = octet(args[4]),
        .adv = adv,
        .adv_len = adv_len,
        .rsp = rsp,
        .rsp_len = rsp_len,
        .addr_type = octet(args[5]),
        .addr = args[6] == mp_const_none ? NULL : address(args[6]),
    };
    return done(mpy_ext_advertise(&ext));
}

static mp_obj_t breeze_scan(size_t count, const mp_obj_t *args)
{
    (void)count;
    const struct mpy_ext_scan scan = {
        .duration_ms = number(args[0]),
        .interval_us = number(args[1]),
        .window_us = number(args[2]),
        .active = mp_obj_is_true(args[3]),
        .once = mp_obj_is_true(args[4]),
        .phys = number(args[5]),
    };
    return done(mpy_ext_scan(&scan));
}

static mp_obj_t breeze_tx_power(mp_obj_t dbm)
{
    return done(mpy_ext_tx_power(number(dbm)));
}

// ---- Trace and log -------------------------------------------------------------------------------

// A firmware has no file that the host could write while the interpreter's code runs; "" ends what
// never began.
static mp_obj_t breeze_trace(mp_obj_t path)
{
    size_t len;
    (void)octets(path, &len);
    return done(len ? MP_EOPNOTSUPP : 0);
}

static void print_line(enum breeze_log_layer layer, int level, const char *line)
{
    (void)level;
    mp_printf(&mp_plat_print, "breeze %s: %s\n", breeze_log_layer_name(layer), line);
}

static mp_obj_t breeze_log(mp_obj_t levels)
{
    int err = breeze_log_parse(mp_obj_str_get_str(levels));
    breeze_log_sink(print_line);
    return done(err ? MP_EINVAL : 0);
}

// ---- The module ----------------------------------------------------------------------------------

#define FUN_0(name)      static MP_DEFINE_CONST_FUN_OBJ_0(name##_obj, name);
#define FUN_1(name)      static MP_DEFINE_CONST_FUN_OBJ_1(name##_obj, name);
#define FUN_2(name)      static MP_DEFINE_CONST_FUN_OBJ_2(name##_obj, name);
#define FUN_3(name)      static MP_DEFINE_CONST_FUN_OBJ_3(name##_obj, name);
#define FUN_5(name)      static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(name##_obj, 5, 5, name);
#define FUN_7(name)      static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(name##_obj, 7, 7, name);
#define FUN_6(name)      static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(name##_obj, 6, 6, name);
#define FUN(name, count) FUN_##count(breeze_##name)
#define ROW(name, count) {MP_ROM_QSTR(MP_QSTR_##name), MP_ROM_PTR(&breeze_##name##_obj)},

MPY_EXT_CALLS(FUN)

static const mp_rom_map_elem_t breeze_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__breeze)}, MPY_EXT_CALLS(ROW)};
static MP_DEFINE_CONST_DICT(breeze_globals, breeze_globals_table);

const mp_obj_module_t breeze_user_cmodule = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&breeze_globals,
};
MP_REGISTER_MODULE(MP_QSTR__breeze, breeze_user_cmodule);

// ---- What the backend needs ----------------------------------------------------------------------

// Memory of the interpreter's heap that the collector leaves alone (MICROPY_TRACKED_ALLOC). Called with
// the host on the stack: what is raised ends here.
void *mpy_alloc(size_t len)
{
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        void *mem = m_tracked_calloc(1, len);
        nlr_pop();
        return mem;
    }
    return NULL;
}

void mpy_free(void *mem)
{
    m_tracked_free(mem);
}

void mpy_say(const char *sentence)
{
    mp_printf(&mp_plat_print, "bluetooth: %s\n", sentence);
}
