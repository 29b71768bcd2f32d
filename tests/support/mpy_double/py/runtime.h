// A STAND-IN, not MicroPython: see obj.h.
#ifndef BREEZE_TESTS_MPY_DOUBLE_RUNTIME_H_
#define BREEZE_TESTS_MPY_DOUBLE_RUNTIME_H_

#include <setjmp.h>

#include "py/obj.h"

// Exceptions: a long jump to the last nlr_push() that has not been popped.
typedef struct double_nlr {
    struct double_nlr *before;
    void *ret_val;
    jmp_buf jump;
} nlr_buf_t;
void double_nlr_begin(nlr_buf_t *nlr);
#define nlr_push(nlr) (double_nlr_begin(nlr), setjmp((nlr)->jump))
void nlr_pop(void);
void mp_raise_OSError(int err) __attribute__((__noreturn__));

// Roots of the collector are plain variables here.
#define MP_REGISTER_ROOT_POINTER(declaration) static declaration
#define MP_STATE_VM(name)                     (name)

mp_obj_t mp_call_function_2(mp_obj_t fun, mp_obj_t a, mp_obj_t b);
void mp_sched_keyboard_interrupt(void);

typedef struct {
    void *data;
} mp_print_t;
extern const mp_print_t mp_plat_print;
int mp_printf(const mp_print_t *print, const char *format, ...)
    __attribute__((__format__(__printf__, 2, 3)));
void mp_obj_print_exception(const mp_print_t *print, mp_obj_t exception);

#endif // BREEZE_TESTS_MPY_DOUBLE_RUNTIME_H_
