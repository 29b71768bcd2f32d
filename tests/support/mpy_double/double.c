// A STAND-IN, not MicroPython: the object model behind py/obj.h and py/runtime.h. Objects come from one pool
// that double_reset() empties.
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "py/misc.h"
#include "py/obj.h"
#include "py/runtime.h"

#include "double.h"

#define POOL 256

const mp_obj_type_t mp_type_module = {"module"};
const mp_print_t mp_plat_print;
struct double_obj double_none = {.kind = DOUBLE_NONE};
struct double_state double_state;

static struct double_obj pool[POOL];
static nlr_buf_t *top;

void double_reset(void)
{
    assert(!top);
    memset(pool, 0, sizeof(pool));
    double_state = (struct double_state){.objects_left = POOL};
}

// ---- Exceptions ----------------------------------------------------------------------------------

void double_nlr_begin(nlr_buf_t *nlr)
{
    nlr->before = top;
    top = nlr;
}

void nlr_pop(void)
{
    top = top->before;
}

static _Noreturn void raise_object(mp_obj_t exception)
{
    nlr_buf_t *nlr = top;
    assert(nlr);
    top = nlr->before;
    nlr->ret_val = exception;
    longjmp(nlr->jump, 1);
}

void mp_raise_OSError(int err)
{
    static struct double_obj error = {.kind = DOUBLE_INT};
    error.number = err;
    raise_object(&error);
}

// ---- Objects -------------------------------------------------------------------------------------

static mp_obj_t fresh(enum double_kind kind)
{
    if (!double_state.objects_left) {
        mp_raise_OSError(12);
    }
    mp_obj_t obj = &pool[POOL - double_state.objects_left--];
    *obj = (struct double_obj){.kind = kind};
    return obj;
}

mp_obj_t mp_obj_new_int(mp_int_t value)
{
    mp_obj_t obj = fresh(DOUBLE_INT);
    obj->number = value;
    return obj;
}

mp_obj_t mp_obj_new_bytes(const uint8_t *data, size_t len)
{
    mp_obj_t obj = fresh(DOUBLE_BYTES);
    assert(len < sizeof(obj->octets));
    memcpy(obj->octets, data, len);
    obj->len = len;
    return obj;
}

mp_obj_t mp_obj_new_tuple(size_t n, const mp_obj_t *items)
{
    mp_obj_t obj = fresh(DOUBLE_TUPLE);
    for (size_t i = 0; i < n; i++) {
        obj->items[obj->len++] = items[i];
    }
    return obj;
}

mp_obj_t mp_obj_new_list(size_t n, mp_obj_t *items)
{
    mp_obj_t obj = mp_obj_new_tuple(n, items);
    obj->kind = DOUBLE_LIST;
    return obj;
}

mp_obj_t mp_obj_list_append(mp_obj_t list, mp_obj_t item)
{
    assert(list->kind == DOUBLE_LIST);
    list->items[list->len++] = item;
    return mp_const_none;
}

mp_obj_t double_bool(bool value)
{
    mp_obj_t obj = fresh(DOUBLE_BOOL);
    obj->number = value;
    return obj;
}

mp_obj_t double_handler(void)
{
    return fresh(DOUBLE_HANDLER);
}

mp_int_t mp_obj_get_int(mp_obj_t obj)
{
    if (obj->kind != DOUBLE_INT && obj->kind != DOUBLE_BOOL) {
        mp_raise_OSError(DOUBLE_TYPE_ERROR);
    }
    return obj->number;
}

bool mp_obj_is_true(mp_obj_t obj)
{
    return obj->number || obj->len;
}

void mp_get_buffer_raise(mp_obj_t obj, mp_buffer_info_t *info, unsigned int flags)
{
    if (obj->kind != DOUBLE_BYTES || flags != MP_BUFFER_READ) {
        mp_raise_OSError(DOUBLE_TYPE_ERROR);
    }
    *info = (mp_buffer_info_t){obj->octets, obj->len, 'B'};
}

const char *mp_obj_str_get_str(mp_obj_t obj)
{
    mp_buffer_info_t info;
    mp_get_buffer_raise(obj, &info, MP_BUFFER_READ);
    return info.buf;
}

// ---- The interpreter -----------------------------------------------------------------------------

mp_obj_t mp_call_function_2(mp_obj_t fun, mp_obj_t a, mp_obj_t b)
{
    assert(fun->kind == DOUBLE_HANDLER);
    double_state.calls++;
    double_state.arg[0] = a;
    double_state.arg[1] = b;
    if (double_state.handler_raises) {
        mp_raise_OSError(5);
    }
    return mp_const_none;
}

void mp_sched_keyboard_interrupt(void)
{
    double_state.interrupts++;
}

void mp_obj_print_exception(const mp_print_t *print, mp_obj_t exception)
{
    assert(print == &mp_plat_print && exception);
    double_state.printed++;
}

int mp_printf(const mp_print_t *print, const char *format, ...)
{
    va_list args;
    assert(print == &mp_plat_print);
    va_start(args, format);
    int len = vsnprintf(double_state.text, sizeof(double_state.text), format, args);
    va_end(args);
    return len;
}

void *m_tracked_calloc(size_t count, size_t size)
{
    if (double_state.memory_raises) {
        mp_raise_OSError(12);
    }
    return calloc(count, size);
}

void m_tracked_free(void *mem)
{
    free(mem);
}

// ---- What a program does -------------------------------------------------------------------------

static const char *const names[] = {"", "__name__", "_breeze",
#define NAME(name, count) #name,
                                    MPY_EXT_CALLS(NAME)};

static const struct double_fun *fun_of(const char *name)
{
    const mp_obj_dict_t *globals = double_module->globals;
    for (size_t i = 0; i < globals->count; i++) {
        if (!strcmp(names[(uintptr_t)globals->rows[i].key], name)) {
            return globals->rows[i].value;
        }
    }
    return NULL;
}

int double_arity(const char *name)
{
    const struct double_fun *fun = fun_of(name);
    return fun ? (int)fun->count : -1;
}

static mp_obj_t apply(const struct double_fun *fun, const mp_obj_t *a)
{
    switch (fun->count) {
    case 0:
        return fun->fun.f0();
    case 1:
        return fun->fun.f1(a[0]);
    case 2:
        return fun->fun.f2(a[0], a[1]);
    case 3:
        return fun->fun.f3(a[0], a[1], a[2]);
    default:
        return fun->fun.var(fun->count, a);
    }
}

mp_obj_t double_call(const char *name, const mp_obj_t *args)
{
    nlr_buf_t nlr;
    double_state.raised = 0;
    if (nlr_push(&nlr) == 0) {
        mp_obj_t result = apply(fun_of(name), args);
        nlr_pop();
        return result;
    }
    double_state.raised = (int)((mp_obj_t)nlr.ret_val)->number;
    return NULL;
}
