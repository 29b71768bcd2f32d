// The words of a command to the test host (host.c says what they are).
#ifndef INTEROP_HOST_WORDS_H_
#define INTEROP_HOST_WORDS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zephyr/bluetooth/addr.h>
#include <zephyr/bluetooth/uuid.h>

#define WORDS_MAX 8

struct words {
    char *word[WORDS_MAX];
    size_t count;
};

// A command by its name: 0, or a negative errno. A table of them ends with NULL.
struct command {
    const char *name;
    int (*run)(const struct words *w);
};

// Cut a line into its words, in place.
struct words words_of(char *line);

// Word `i` as text, "" when it is absent; as a number.
const char *text_at(const struct words *w, size_t i);
uint32_t number_at(const struct words *w, size_t i, uint32_t otherwise);

// As octets, in hexadecimal; returns how many there are.
size_t bytes_at(const struct words *w, size_t i, uint8_t *out, size_t size);

// As an address. 0, or -EINVAL.
int addr_at(const struct words *w, size_t i, bt_addr_le_t *addr);

// As a UUID, the most significant octet first, dashes allowed; false when the word is absent.
bool uuid_at(const struct words *w, size_t i, struct bt_uuid_128 *uuid);

// Commands that single tests need (host_more.c).
extern const struct command more_commands[];

#endif // INTEROP_HOST_WORDS_H_
