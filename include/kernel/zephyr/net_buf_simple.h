// Simple buffers: a span of memory with data in the middle, headroom before and tailroom behind it.
// Part of <zephyr/net_buf.h>, which is what to include.
//
//     add     more data at the end               push    more data in front
//     remove  take data off the end              pull    take data off the front
//
// Each exists for plain lengths, for memory (_mem), for bytes (_u8) and for words of 16 to 64 bits in
// either byte order (_le16, _be24 ...). Adding or pushing beyond the room is the caller's bug: an
// assertion, and without assertions nothing is written and NULL is returned. Pulling or removing
// more than there is happens with data from outside: it is logged, the data that is left is dropped,
// and NULL or 0 is returned.
#ifndef ZEPHYR_NET_BUF_SIMPLE_H_
#define ZEPHYR_NET_BUF_SIMPLE_H_

#include <stddef.h>
#include <stdint.h>

#include <zephyr/sys/util.h>
#include <zephyr/toolchain.h>

#ifdef __cplusplus
extern "C" {
#endif

struct net_buf_simple {
    uint8_t *data;  // start of the data
    uint16_t len;   // length of the data
    uint16_t size;  // length of the memory
    uint8_t *__buf; // start of the memory
};

// A buffer of `_size` bytes as a local variable.
#define NET_BUF_SIMPLE_DEFINE(_name, _size)                                                        \
    uint8_t net_buf_data_##_name[_size];                                                           \
    struct net_buf_simple _name = {                                                                \
        .data = net_buf_data_##_name,                                                              \
        .len = 0,                                                                                  \
        .size = (_size),                                                                           \
        .__buf = net_buf_data_##_name,                                                             \
    }
#define NET_BUF_SIMPLE_DEFINE_STATIC(_name, _size)                                                 \
    static __noinit uint8_t net_buf_data_##_name[_size];                                           \
    static struct net_buf_simple _name = {                                                         \
        .data = net_buf_data_##_name,                                                              \
        .len = 0,                                                                                  \
        .size = (_size),                                                                           \
        .__buf = net_buf_data_##_name,                                                             \
    }
// A buffer as an expression; call net_buf_simple_init() on it.
#define NET_BUF_SIMPLE(_size)                                                                      \
    ((struct net_buf_simple *)(&(struct {                                                          \
        struct net_buf_simple buf;                                                                 \
        uint8_t data[_size];                                                                       \
    }){                                                                                            \
        .buf.size = (_size),                                                                       \
    }))

// Empty the buffer, with `reserve_head` bytes of headroom. The memory is `size` bytes at __buf, or
// behind the struct when __buf is NULL.
void net_buf_simple_init(struct net_buf_simple *buf, size_t reserve_head);
// Take memory that is full of data.
void net_buf_simple_init_with_data(struct net_buf_simple *buf, void *data, size_t size);
static inline void net_buf_simple_reset(struct net_buf_simple *buf)
{
    buf->len = 0U;
    buf->data = buf->__buf;
}
// A second view of the same memory.
void net_buf_simple_clone(const struct net_buf_simple *original, struct net_buf_simple *clone);
// Set the headroom of an empty buffer.
void net_buf_simple_reserve(struct net_buf_simple *buf, size_t reserve);

// The end of the data.
static inline uint8_t *net_buf_simple_tail(const struct net_buf_simple *buf)
{
    return buf->data + buf->len;
}
// Octets free in front of the data.
static inline size_t net_buf_simple_headroom(const struct net_buf_simple *buf)
{
    return (size_t)(buf->data - buf->__buf);
}
// Octets free behind the data.
static inline size_t net_buf_simple_tailroom(const struct net_buf_simple *buf)
{
    return buf->size - net_buf_simple_headroom(buf) - buf->len;
}
// Headroom not counted: the longest data that would fit.
static inline uint16_t net_buf_simple_max_len(const struct net_buf_simple *buf)
{
    return (uint16_t)(buf->size - net_buf_simple_headroom(buf));
}

// Make room; returns where the new data goes (for remove: where the removed data lies).
void *net_buf_simple_add(struct net_buf_simple *buf, size_t len);
void *net_buf_simple_add_mem(struct net_buf_simple *buf, const void *mem, size_t len);
uint8_t *net_buf_simple_add_u8(struct net_buf_simple *buf, uint8_t val);
void *net_buf_simple_remove_mem(struct net_buf_simple *buf, size_t len);
uint8_t net_buf_simple_remove_u8(struct net_buf_simple *buf);
void *net_buf_simple_push(struct net_buf_simple *buf, size_t len);
void *net_buf_simple_push_mem(struct net_buf_simple *buf, const void *mem, size_t len);
void net_buf_simple_push_u8(struct net_buf_simple *buf, uint8_t val);
// net_buf_simple_pull() returns the new start of the data, _pull_mem() the old one.
void *net_buf_simple_pull(struct net_buf_simple *buf, size_t len);
void *net_buf_simple_pull_mem(struct net_buf_simple *buf, size_t len);
uint8_t net_buf_simple_pull_u8(struct net_buf_simple *buf);

// The words: net_buf_simple_add_le16(buf, val), _push_, _pull_(buf), _remove_(buf) ...
#define Z_NET_BUF_WORDS(X)                                                                         \
    X(le16, uint16_t)                                                                              \
    X(be16, uint16_t)                                                                              \
    X(le24, uint32_t)                                                                              \
    X(be24, uint32_t)                                                                              \
    X(le32, uint32_t)                                                                              \
    X(be32, uint32_t)                                                                              \
    X(le40, uint64_t)                                                                              \
    X(be40, uint64_t)                                                                              \
    X(le48, uint64_t)                                                                              \
    X(be48, uint64_t)                                                                              \
    X(le64, uint64_t)                                                                              \
    X(be64, uint64_t)
#define Z_NET_BUF_SIMPLE_WORD(suffix, type)                                                        \
    void net_buf_simple_add_##suffix(struct net_buf_simple *buf, type val);                        \
    void net_buf_simple_push_##suffix(struct net_buf_simple *buf, type val);                       \
    type net_buf_simple_pull_##suffix(struct net_buf_simple *buf);                                 \
    type net_buf_simple_remove_##suffix(struct net_buf_simple *buf);
Z_NET_BUF_WORDS(Z_NET_BUF_SIMPLE_WORD)

// Remember offset and length, and go back to them; what lies between stays as it is.
struct net_buf_simple_state {
    uint16_t offset;
    uint16_t len;
};
static inline void net_buf_simple_save(const struct net_buf_simple *buf,
                                       struct net_buf_simple_state *state)
{
    state->offset = (uint16_t)net_buf_simple_headroom(buf);
    state->len = buf->len;
}
static inline void net_buf_simple_restore(struct net_buf_simple *buf,
                                          struct net_buf_simple_state *state)
{
    buf->data = buf->__buf + state->offset;
    buf->len = state->len;
}

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_NET_BUF_SIMPLE_H_
