// What the transports of the Unix port share: one file descriptor, and sentences.
#ifndef BREEZE_UNIX_TRANSPORT_IMPL_H_
#define BREEZE_UNIX_TRANSPORT_IMPL_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRANSPORT_TEXT 512

// One kind of transport. `rest` is the text after "kind:".
struct transport_kind {
    const char *prefix;
    // Look at the text when it is chosen: 0, or -EINVAL with a sentence.
    int (*check)(const char *rest);
    // Open it: a descriptor, or negative errno with a sentence.
    int (*open)(const char *rest);
    // The vendor steps of struct breeze_transport; NULL: none.
    int (*setup)(void *ctx);
    bool packets; // One read or write is one whole packet.
};

extern const struct transport_kind transport_air;
extern const struct transport_kind transport_unix;
extern const struct transport_kind transport_tcp;
extern const struct transport_kind transport_uart;
extern const struct transport_kind transport_hci;

// Set the sentence and return -err.
int transport_fail(int err, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The program's name as breeze_unix_transport() was told it.
const char *transport_program(void);

// The text after "kind:" of the transport that was chosen.
const char *transport_rest(void);

// Connect a stream socket to a Unix path: a descriptor, or negative errno without a sentence.
int transport_connect_unix(const char *path);

// Keep the program's settings in its file from now on (state_dir.c). 0, or negative errno with a
// sentence.
int transport_settings(void);

// The text of air: with its defaults filled in (transport_air.c).
void transport_air_complete(const char *rest, char *text, size_t size);

#endif // BREEZE_UNIX_TRANSPORT_IMPL_H_
