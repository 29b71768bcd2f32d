// The one reader of bytes that come from a peer or a controller (design D5).
//
// Sticky: after the first short read every read gives 0 or NULL and `bad` stays set, so a parser
// reads all fields in a straight line and asks once at the end: rd_ok() where trailing bytes are
// legal, rd_done() where the PDU must be consumed exactly. Values are used only after that check.
// Pointer arithmetic on PDUs lives nowhere else. All integers on the air are little-endian.
#ifndef BREEZE_SRC_BASE_RD_H_
#define BREEZE_SRC_BASE_RD_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <zephyr/toolchain.h>

#include "base/fn.h"

struct rd {
    const uint8_t *p;
    const uint8_t *end;
    bool bad;
};

BASE_TINY struct rd rd_init(const void *data, size_t len)
{
    return (struct rd){data, (const uint8_t *)data + len, false};
}

BASE_TINY size_t rd_left(const struct rd *r)
{
    return (size_t)(r->end - r->p);
}

// Consume `n` bytes; NULL (and bad) when there are not as many.
BASE_FN const uint8_t *rd_take(struct rd *r, size_t n)
{
    if (rd_left(r) < n) {
        r->bad = true;
        r->p = r->end;
        return NULL;
    }
    const uint8_t *at = r->p;
    r->p += n;
    return at;
}

BASE_FN uint8_t rd_u8(struct rd *r)
{
    const uint8_t *at = rd_take(r, 1);
    return at ? at[0] : 0;
}

BASE_TINY int8_t rd_i8(struct rd *r)
{
    return (int8_t)rd_u8(r);
}

BASE_FN uint16_t rd_le16(struct rd *r)
{
    const uint8_t *at = rd_take(r, 2);
    return at ? (uint16_t)(at[0] | at[1] << 8) : 0;
}

BASE_FN uint32_t rd_le24(struct rd *r)
{
    const uint8_t *at = rd_take(r, 3);
    return at ? (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 : 0;
}

BASE_FN uint32_t rd_le32(struct rd *r)
{
    const uint8_t *at = rd_take(r, 4);
    return at ? (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
                    (uint32_t)at[3] << 24
              : 0;
}

BASE_FN uint64_t rd_le64(struct rd *r)
{
    uint64_t low = rd_le32(r);
    return low | (uint64_t)rd_le32(r) << 32;
}

// Copy `n` bytes out; zeroes when there are not as many.
BASE_FN void rd_copy(struct rd *r, void *to, size_t n)
{
    const uint8_t *at = rd_take(r, n);
    if (at) {
        memcpy(to, at, n);
    } else {
        memset(to, 0, n);
    }
}

// A nested block of `n` bytes as a reader of its own; the caller checks rd_done() on it.
BASE_FN struct rd rd_sub(struct rd *r, size_t n)
{
    const uint8_t *at = rd_take(r, n);
    return at ? rd_init(at, n) : (struct rd){r->end, r->end, true};
}

// Everything that was asked for was there.
BASE_TINY bool rd_ok(const struct rd *r)
{
    return !r->bad;
}

// ... and nothing is left over.
BASE_TINY bool rd_done(const struct rd *r)
{
    return !r->bad && r->p == r->end;
}

#endif // BREEZE_SRC_BASE_RD_H_
