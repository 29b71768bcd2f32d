// A STAND-IN, not MicroPython: what a test does with the object model of py/obj.h.
#ifndef BREEZE_TESTS_MPY_DOUBLE_H_
#define BREEZE_TESTS_MPY_DOUBLE_H_

#include "py/obj.h"

// The one exception of the model is OSError; a TypeError is this number of it.
#define DOUBLE_TYPE_ERROR 1000

extern struct double_state {
    unsigned int objects_left; // Then MemoryError, 12.
    bool memory_raises;
    bool handler_raises;
    unsigned int calls; // Of the handler,
    mp_obj_t arg[2];    // and its last arguments.
    unsigned int interrupts;
    unsigned int printed; // Exceptions.
    char text[128];       // Printed last.
    int raised;           // What the last double_call() raised, 0 nothing.
} double_state;

void double_reset(void);
mp_obj_t double_bool(bool value);
mp_obj_t double_handler(void);

// How many arguments a function of the registered module takes; -1: there is none of that name.
int double_arity(const char *name);
// Call it; NULL when it raised.
mp_obj_t double_call(const char *name, const mp_obj_t *args);

#endif // BREEZE_TESTS_MPY_DOUBLE_H_
