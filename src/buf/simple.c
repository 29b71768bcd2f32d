// net_buf_simple: data in the middle of a span of memory.
//
// Adding beyond the room is our own bug: asserted, and refused without assertions too. Taking more
// than there is happens with a peer's data: logged, and the rest of the data is dropped, so that a
// caller who does not look cannot go on with what is not there.
#include <zephyr/net_buf.h>

#define LOG_LAYER LOG_KERNEL
#include "base/log.h"

void net_buf_simple_init(struct net_buf_simple *buf, size_t reserve_head)
{
    if (!buf->__buf) {
        buf->__buf = (uint8_t *)buf + sizeof(*buf);
    }
    buf->data = buf->__buf + reserve_head;
    buf->len = 0;
}

void net_buf_simple_init_with_data(struct net_buf_simple *buf, void *data, size_t size)
{
    *buf = (struct net_buf_simple){data, (uint16_t)size, (uint16_t)size, data};
}

void net_buf_simple_clone(const struct net_buf_simple *original, struct net_buf_simple *clone)
{
    *clone = *original;
}

void net_buf_simple_reserve(struct net_buf_simple *buf, size_t reserve)
{
    __ASSERT(buf->len == 0 && reserve <= buf->size, "reserve before adding data, within the size");
    buf->data = buf->__buf + reserve;
}

void *net_buf_simple_add(struct net_buf_simple *buf, size_t len)
{
    if (net_buf_simple_tailroom(buf) < len) {
        log_err("no room for %u more bytes", (unsigned int)len);
        __ASSERT(false, "no room at the end of the buffer");
        return NULL;
    }
    uint8_t *tail = net_buf_simple_tail(buf);
    buf->len += (uint16_t)len;
    return tail;
}

void *net_buf_simple_add_mem(struct net_buf_simple *buf, const void *mem, size_t len)
{
    void *at = net_buf_simple_add(buf, len);
    return at && len ? memcpy(at, mem, len) : at;
}

uint8_t *net_buf_simple_add_u8(struct net_buf_simple *buf, uint8_t val)
{
    return net_buf_simple_add_mem(buf, &val, 1);
}

void *net_buf_simple_push(struct net_buf_simple *buf, size_t len)
{
    if (net_buf_simple_headroom(buf) < len) {
        log_err("no room for %u bytes in front", (unsigned int)len);
        __ASSERT(false, "no room in front of the data");
        return NULL;
    }
    buf->data -= len;
    buf->len += (uint16_t)len;
    return buf->data;
}

void *net_buf_simple_push_mem(struct net_buf_simple *buf, const void *mem, size_t len)
{
    void *at = net_buf_simple_push(buf, len);
    return at && len ? memcpy(at, mem, len) : at;
}

void net_buf_simple_push_u8(struct net_buf_simple *buf, uint8_t val)
{
    (void)net_buf_simple_push_mem(buf, &val, 1);
}

// Whether `len` bytes are there; if not, none are left.
static bool data_has(struct net_buf_simple *buf, size_t len)
{
    if (len <= buf->len) {
        return true;
    }
    log_wrn("%u bytes asked for, %u there", (unsigned int)len, (unsigned int)buf->len);
    buf->data += buf->len;
    buf->len = 0;
    return false;
}

void *net_buf_simple_pull_mem(struct net_buf_simple *buf, size_t len)
{
    if (!data_has(buf, len)) {
        return NULL;
    }
    uint8_t *data = buf->data;
    buf->data += len;
    buf->len -= (uint16_t)len;
    return data;
}

void *net_buf_simple_pull(struct net_buf_simple *buf, size_t len)
{
    return net_buf_simple_pull_mem(buf, len) ? buf->data : NULL;
}

uint8_t net_buf_simple_pull_u8(struct net_buf_simple *buf)
{
    const uint8_t *at = net_buf_simple_pull_mem(buf, 1);
    return at ? *at : 0;
}

void *net_buf_simple_remove_mem(struct net_buf_simple *buf, size_t len)
{
    if (!data_has(buf, len)) {
        return NULL;
    }
    buf->len -= (uint16_t)len;
    return buf->data + buf->len;
}

uint8_t net_buf_simple_remove_u8(struct net_buf_simple *buf)
{
    const uint8_t *at = net_buf_simple_remove_mem(buf, 1);
    return at ? *at : 0;
}

// The words, from the functions of byteorder.h.
#define WORD(suffix, type)                                                                         \
    void net_buf_simple_add_##suffix(struct net_buf_simple *buf, type val)                         \
    {                                                                                              \
        uint8_t *at = net_buf_simple_add(buf, WORD_BYTES(suffix));                                 \
        if (at) {                                                                                  \
            sys_put_##suffix(val, at);                                                             \
        }                                                                                          \
    }                                                                                              \
    void net_buf_simple_push_##suffix(struct net_buf_simple *buf, type val)                        \
    {                                                                                              \
        uint8_t *at = net_buf_simple_push(buf, WORD_BYTES(suffix));                                \
        if (at) {                                                                                  \
            sys_put_##suffix(val, at);                                                             \
        }                                                                                          \
    }                                                                                              \
    type net_buf_simple_pull_##suffix(struct net_buf_simple *buf)                                  \
    {                                                                                              \
        const uint8_t *at = net_buf_simple_pull_mem(buf, WORD_BYTES(suffix));                      \
        return at ? sys_get_##suffix(at) : 0;                                                      \
    }                                                                                              \
    type net_buf_simple_remove_##suffix(struct net_buf_simple *buf)                                \
    {                                                                                              \
        const uint8_t *at = net_buf_simple_remove_mem(buf, WORD_BYTES(suffix));                    \
        return at ? sys_get_##suffix(at) : 0;                                                      \
    }
#define WORD_BYTES(suffix) BYTES_##suffix
enum {
    BYTES_le16 = 2,
    BYTES_be16 = 2,
    BYTES_le24 = 3,
    BYTES_be24 = 3,
    BYTES_le32 = 4,
    BYTES_be32 = 4,
    BYTES_le40 = 5,
    BYTES_be40 = 5,
    BYTES_le48 = 6,
    BYTES_be48 = 6,
    BYTES_le64 = 8,
    BYTES_be64 = 8,
};
Z_NET_BUF_WORDS(WORD)
