// The one function of MicroPython's runtime that the backend calls, for builds outside MicroPython.
#ifndef BREEZE_STOCK_RUNTIME_H_
#define BREEZE_STOCK_RUNTIME_H_

// In a firmware this raises and does not come back; here it notes the number for the call that runs
// (stock/calls.c) and returns. The backend calls it last in a function, so both are the same to it.
void mp_raise_OSError(int err);

#endif // BREEZE_STOCK_RUNTIME_H_
