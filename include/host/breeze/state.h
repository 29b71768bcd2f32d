// All mutable state of one host and its kernel shim as a value: what lets one process run many
// hosts, one at a time (the virtual air does). State always lives at the same addresses, so pointers
// inside it stay valid whenever its owner is switched in.
#ifndef BREEZE_STATE_H_
#define BREEZE_STATE_H_

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// Bytes that breeze_state_save() writes.
size_t breeze_state_size(void);

// Copy the running host's state out, and another's in. Must not be called from a callback of the
// host, except where its port's idle function runs another host and puts everything back.
void breeze_state_save(void *to);
void breeze_state_load(const void *from);

// Set everything to the state of a program that just started.
void breeze_state_reset(void);

#ifdef __cplusplus
}
#endif

#endif // BREEZE_STATE_H_
