// The one writer of bytes that leave for a peer or a controller (design D5).
//
// Sticky like its twin rd.h: once something does not fit, nothing more is written and `full` stays
// set; commit the PDU only if wr_ok(). The end is the MTU or the buffer, so "fits the MTU" needs no
// arithmetic anywhere else. wr_reserve() leaves room for a length that is patched later.
#ifndef BREEZE_SRC_BASE_WR_H_
#define BREEZE_SRC_BASE_WR_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <zephyr/toolchain.h>

#include "base/fn.h"

struct wr {
    uint8_t *start;
    uint8_t *p;
    uint8_t *end;
    bool full;
};

BASE_TINY struct wr wr_init(void *data, size_t len)
{
    return (struct wr){data, data, (uint8_t *)data + len, false};
}

BASE_TINY size_t wr_len(const struct wr *w)
{
    return (size_t)(w->p - w->start);
}

BASE_TINY size_t wr_room(const struct wr *w)
{
    return (size_t)(w->end - w->p);
}

// Space for `n` bytes to be filled in by the caller; NULL (and full) when there is none.
BASE_FN uint8_t *wr_reserve(struct wr *w, size_t n)
{
    if (w->full || wr_room(w) < n) {
        w->full = true;
        return NULL;
    }
    uint8_t *at = w->p;
    w->p += n;
    return at;
}

BASE_FN void wr_bytes(struct wr *w, const void *data, size_t n)
{
    uint8_t *at = wr_reserve(w, n);
    if (at && n) {
        memcpy(at, data, n);
    }
}

BASE_FN void wr_u8(struct wr *w, uint8_t v)
{
    uint8_t *at = wr_reserve(w, 1);
    if (at) {
        at[0] = v;
    }
}

BASE_TINY void wr_put_le16(uint8_t *at, uint16_t v)
{
    at[0] = (uint8_t)v;
    at[1] = (uint8_t)(v >> 8);
}

BASE_FN void wr_le16(struct wr *w, uint16_t v)
{
    uint8_t *at = wr_reserve(w, 2);
    if (at) {
        wr_put_le16(at, v);
    }
}

BASE_FN void wr_le24(struct wr *w, uint32_t v)
{
    uint8_t *at = wr_reserve(w, 3);
    if (at) {
        wr_put_le16(at, (uint16_t)v);
        at[2] = (uint8_t)(v >> 16);
    }
}

BASE_FN void wr_le32(struct wr *w, uint32_t v)
{
    uint8_t *at = wr_reserve(w, 4);
    if (at) {
        wr_put_le16(at, (uint16_t)v);
        wr_put_le16(at + 2, (uint16_t)(v >> 16));
    }
}

BASE_FN void wr_le64(struct wr *w, uint64_t v)
{
    wr_le32(w, (uint32_t)v);
    wr_le32(w, (uint32_t)(v >> 32));
}

// As many of the `n` bytes as fit; for values that are cut to the MTU. Returns how many.
BASE_FN size_t wr_cut(struct wr *w, const void *data, size_t n)
{
    size_t fit = w->full ? 0 : wr_room(w);
    size_t take = n < fit ? n : fit;
    wr_bytes(w, data, take);
    return take;
}

BASE_TINY bool wr_ok(const struct wr *w)
{
    return !w->full;
}

#endif // BREEZE_SRC_BASE_WR_H_
