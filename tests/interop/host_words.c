// The words of a command (host_words.h).
#include "host_words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct words words_of(char *line)
{
    struct words w = {.count = 0};
    char *save = NULL;
    for (char *p = strtok_r(line, " \r\n", &save); p != NULL && w.count < WORDS_MAX;
         p = strtok_r(NULL, " \r\n", &save)) {
        w.word[w.count++] = p;
    }
    return w;
}

const char *text_at(const struct words *w, size_t i)
{
    return i < w->count ? w->word[i] : "";
}

uint32_t number_at(const struct words *w, size_t i, uint32_t otherwise)
{
    return i < w->count ? (uint32_t)strtoul(w->word[i], NULL, 0) : otherwise;
}

size_t bytes_at(const struct words *w, size_t i, uint8_t *out, size_t size)
{
    const char *text = text_at(w, i);
    size_t len = 0;
    for (unsigned int byte; len < size && sscanf(text, "%2x", &byte) == 1; text += 2) {
        out[len++] = (uint8_t)byte;
        if (text[1] == '\0') {
            break;
        }
    }
    return len;
}

int addr_at(const struct words *w, size_t i, bt_addr_le_t *addr)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%s", text_at(w, i));
    char *slash = strchr(text, '/');
    if (slash == NULL) {
        return -EINVAL;
    }
    *slash = '\0';
    return bt_addr_le_from_str(text, slash + 1, addr);
}

bool uuid_at(const struct words *w, size_t i, struct bt_uuid_128 *uuid)
{
    uint8_t le[16];
    size_t len = 0;
    const char *text = text_at(w, i);
    for (size_t n = strlen(text); n >= 2 && len < sizeof le;) {
        if (text[n - 1] == '-') {
            n--;
            continue;
        }
        unsigned int byte = 0;
        (void)sscanf(&text[n - 2], "%2x", &byte);
        le[len++] = (uint8_t)byte;
        n -= 2;
    }
    return len > 0 && bt_uuid_create(&uuid->uuid, le, (uint8_t)len);
}
