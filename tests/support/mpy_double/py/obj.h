// A STAND-IN, not MicroPython: the part of its interface for external C modules that
// micropython/mod_breeze.c uses, over a tiny object model, so that the module can be compiled and called
// in a test (tests/unit/test_mpy_module.c). Names and signatures as MicroPython documents them; all else
// is the test's own.
#ifndef BREEZE_TESTS_MPY_DOUBLE_OBJ_H_
#define BREEZE_TESTS_MPY_DOUBLE_OBJ_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "extend.h"

typedef intptr_t mp_int_t;
typedef struct double_obj *mp_obj_t;
typedef const void *mp_rom_obj_t;

struct double_type {
    const char *name;
};
typedef struct double_type mp_obj_type_t;
typedef struct {
    const mp_obj_type_t *type;
} mp_obj_base_t;
extern const mp_obj_type_t mp_type_module;

// Every object of the model.
enum double_kind {
    DOUBLE_NONE,
    DOUBLE_BOOL,
    DOUBLE_INT,
    DOUBLE_BYTES,
    DOUBLE_TUPLE,
    DOUBLE_LIST,
    DOUBLE_HANDLER
};
struct double_obj {
    enum double_kind kind;
    mp_int_t number;
    uint8_t octets[64];
    size_t len; // Of octets, or of items.
    mp_obj_t items[16];
};

// Names of the module, as numbers.
enum double_qstr {
    MP_QSTR_NULL,
    MP_QSTR___name__,
    MP_QSTR__breeze,
#define DOUBLE_QSTR(name, count) MP_QSTR_##name,
    MPY_EXT_CALLS(DOUBLE_QSTR)
};

#define MP_OBJ_NULL             ((mp_obj_t)NULL)
#define MP_OBJ_FROM_PTR(p)      ((mp_obj_t)(p))
#define MP_OBJ_NEW_SMALL_INT(n) mp_obj_new_int(n)
#define MP_ROM_QSTR(q)          (mp_rom_obj_t)(uintptr_t)(q)
#define MP_ROM_PTR(p)           (p)
extern struct double_obj double_none;
#define mp_const_none (&double_none)

mp_obj_t mp_obj_new_int(mp_int_t value);
mp_obj_t mp_obj_new_bytes(const uint8_t *data, size_t len);
mp_obj_t mp_obj_new_tuple(size_t n, const mp_obj_t *items);
mp_obj_t mp_obj_new_list(size_t n, mp_obj_t *items);
mp_obj_t mp_obj_list_append(mp_obj_t list, mp_obj_t item);
mp_int_t mp_obj_get_int(mp_obj_t obj);
bool mp_obj_is_true(mp_obj_t obj);
const char *mp_obj_str_get_str(mp_obj_t obj);

typedef struct {
    void *buf;
    size_t len;
    int typecode;
} mp_buffer_info_t;
#define MP_BUFFER_READ 1
void mp_get_buffer_raise(mp_obj_t obj, mp_buffer_info_t *info, unsigned int flags);

// ---- Functions, tables, modules --------------------------------------------------------------------

typedef mp_obj_t (*mp_fun_0_t)(void);
typedef mp_obj_t (*mp_fun_1_t)(mp_obj_t);
typedef mp_obj_t (*mp_fun_2_t)(mp_obj_t, mp_obj_t);
typedef mp_obj_t (*mp_fun_3_t)(mp_obj_t, mp_obj_t, mp_obj_t);
typedef mp_obj_t (*mp_fun_var_t)(size_t, const mp_obj_t *);
struct double_fun {
    unsigned int count;
    union {
        mp_fun_0_t f0;
        mp_fun_1_t f1;
        mp_fun_2_t f2;
        mp_fun_3_t f3;
        mp_fun_var_t var;
    } fun;
};
#define MP_DEFINE_CONST_FUN_OBJ_0(obj, f) const struct double_fun obj = {0, {.f0 = f}}
#define MP_DEFINE_CONST_FUN_OBJ_1(obj, f) const struct double_fun obj = {1, {.f1 = f}}
#define MP_DEFINE_CONST_FUN_OBJ_2(obj, f) const struct double_fun obj = {2, {.f2 = f}}
#define MP_DEFINE_CONST_FUN_OBJ_3(obj, f) const struct double_fun obj = {3, {.f3 = f}}
// One number of arguments is all that the module needs.
#define MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(obj, min, max, f)                                      \
    const struct double_fun obj = {(min) == (max) ? (min) : 99, {.var = f}}

typedef struct {
    mp_rom_obj_t key;
    mp_rom_obj_t value;
} mp_rom_map_elem_t;
typedef struct {
    size_t count;
    const mp_rom_map_elem_t *rows;
} mp_obj_dict_t;
#define MP_DEFINE_CONST_DICT(dict, table)                                                          \
    const mp_obj_dict_t dict = {sizeof(table) / sizeof((table)[0]), table}
typedef struct {
    mp_obj_base_t base;
    mp_obj_dict_t *globals;
} mp_obj_module_t;

// The module that registered itself.
extern const mp_obj_module_t *const double_module;
extern const unsigned int double_module_name;
#define MP_REGISTER_MODULE(name, module)                                                           \
    const mp_obj_module_t *const double_module = &module;                                          \
    const unsigned int double_module_name = name

#endif // BREEZE_TESTS_MPY_DOUBLE_OBJ_H_
