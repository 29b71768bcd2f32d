// Network buffers: reference-counted buffers from fixed pools, in chains of fragments.
//
// A pool initialises itself as it is used. Nothing here needs a heap: NET_BUF_POOL_VAR_DEFINE() cuts
// its data from a fixed area. The reserved first word of a buffer (`node`) makes it an item for
// k_fifo and sys_slist. May not be used from interrupts (see <zephyr/kernel.h>).
#ifndef ZEPHYR_NET_BUF_H_
#define ZEPHYR_NET_BUF_H_

#include <zephyr/kernel.h>
#include <zephyr/net_buf_simple.h>
#include <zephyr/sys/byteorder.h>
#include <zephyr/sys/iterable_sections.h>

#ifdef __cplusplus
extern "C" {
#endif

#define __net_buf_align __aligned(sizeof(void *))

struct net_buf_pool;

struct net_buf {
    sys_snode_t node;      // for lists and queues; the pool's free list
    struct net_buf *frags; // the next fragment
    struct net_buf_pool *pool;
    uint8_t ref;
    uint8_t flags;
    uint8_t pool_id; // of pools made by a DEFINE macro; else NET_BUF_POOL_ID_NONE
    uint8_t user_data_size;
    union {
        struct {
            uint8_t *data;
            uint16_t len;
            uint16_t size;
            uint8_t *__buf;
        };
        struct net_buf_simple b;
    };
    uint8_t user_data[] __net_buf_align;
};

#define NET_BUF_POOL_ID_NONE  0xff
#define NET_BUF_EXTERNAL_DATA BIT(0) // flags: the data is not the pool's

// Where a pool's data comes from.
struct net_buf_data_cb {
    uint8_t *(*alloc)(struct net_buf *buf, size_t *size, k_timeout_t timeout);
    uint8_t *(*ref)(struct net_buf *buf, uint8_t *data);
    void (*unref)(struct net_buf *buf, uint8_t *data);
};
struct net_buf_data_alloc {
    const struct net_buf_data_cb *cb;
    void *alloc_data;
    size_t max_alloc_size; // the fixed size, or 0
};

struct net_buf_pool {
    sys_slist_t free;
    _wait_q_t wait_q;
    uint16_t buf_count;
    uint16_t uninit_count; // buffers that were never handed out
    uint16_t avail_count;
    uint16_t min_avail_count; // the low-water mark
    uint8_t user_data_size;
    uint8_t id;
    uint16_t buf_size; // of struct net_buf with its user data
    void (*destroy)(struct net_buf *buf);
    const struct net_buf_data_alloc *alloc;
    struct net_buf *__bufs;
    // With `alloc` NULL: data of one size for each buffer, in one array.
    uint8_t *fixed_data;
    uint16_t fixed_size;
};

// Bytes of one buffer with its user data.
#define Z_NET_BUF_SIZE(ud_size) ROUND_UP(sizeof(struct net_buf) + (ud_size), sizeof(void *))
#define Z_NET_BUF_ARRAY(_name, _count, _ud_size)                                                   \
    static struct {                                                                                \
        uint8_t b[Z_NET_BUF_SIZE(_ud_size)] __net_buf_align;                                       \
    } _name[_count]
#define Z_NET_BUF_POOL_COMMON(_bufs, _count, _ud_size, _destroy)                                   \
    .buf_count = (_count), .uninit_count = (_count), .avail_count = (_count),                      \
    .min_avail_count = (_count), .user_data_size = (_ud_size), .id = NET_BUF_POOL_ID_NONE,         \
    .buf_size = Z_NET_BUF_SIZE(_ud_size), .destroy = (_destroy),                                   \
    .__bufs = (struct net_buf *)(_bufs)

// A pool of `_count` buffers of `_data_size` bytes each. destroy (may be NULL) is called at the last
// unref and must end with net_buf_destroy().
#define NET_BUF_POOL_FIXED_DEFINE(_name, _count, _data_size, _ud_size, _destroy)                   \
    Z_NET_BUF_ARRAY(_net_buf_##_name, _count, _ud_size);                                           \
    static uint8_t __noinit net_buf_data_##_name[_count][_data_size] __net_buf_align;              \
    STRUCT_SECTION_ITERABLE(net_buf_pool, _name) = {                                               \
        Z_NET_BUF_POOL_COMMON(_net_buf_##_name, _count, _ud_size, _destroy),                       \
        .fixed_data = (uint8_t *)net_buf_data_##_name, .fixed_size = (_data_size)}
#define NET_BUF_POOL_DEFINE(_name, _count, _size, _ud_size, _destroy)                              \
    NET_BUF_POOL_FIXED_DEFINE(_name, _count, _size, _ud_size, _destroy)

extern const struct net_buf_data_cb net_buf_var_cb;
// A pool of `_count` buffers that share `_data_size` bytes; each takes what it asks for.
#define NET_BUF_POOL_VAR_DEFINE(_name, _count, _data_size, _ud_size, _destroy)                     \
    Z_NET_BUF_ARRAY(_net_buf_##_name, _count, _ud_size);                                           \
    K_HEAP_DEFINE(net_buf_mem_pool_##_name, _data_size);                                           \
    static const struct net_buf_data_alloc net_buf_data_alloc_##_name = {                          \
        .cb = &net_buf_var_cb,                                                                     \
        .alloc_data = &net_buf_mem_pool_##_name,                                                   \
    };                                                                                             \
    STRUCT_SECTION_ITERABLE(net_buf_pool, _name) = {                                               \
        Z_NET_BUF_POOL_COMMON(_net_buf_##_name, _count, _ud_size, _destroy),                       \
        .alloc = &net_buf_data_alloc_##_name}

// For pools inside other structs (a layer's run state): a member that holds the memory, and the
// call that makes a pool of it.
//
//     struct hci_run { struct net_buf_pool pool; NET_BUF_POOL_MEMBER(mem, 4, 255, 8); };
//     NET_BUF_POOL_MEMBER_INIT(&run->pool, run->mem, 4, 255, 8, NULL);
#define NET_BUF_POOL_MEMBER(_name, _count, _data_size, _ud_size)                                   \
    struct {                                                                                       \
        struct {                                                                                   \
            uint8_t b[Z_NET_BUF_SIZE(_ud_size)] __net_buf_align;                                   \
        } bufs[_count];                                                                            \
        uint8_t data[_count][_data_size] __net_buf_align;                                          \
    } _name
#define NET_BUF_POOL_MEMBER_INIT(_pool, _mem, _count, _data_size, _ud_size, _destroy)              \
    (*(_pool) =                                                                                    \
         (struct net_buf_pool){Z_NET_BUF_POOL_COMMON((_mem).bufs, _count, _ud_size, _destroy),     \
                               .fixed_data = (uint8_t *)(_mem).data, .fixed_size = (_data_size)})

// The pool with this number (see net_buf.pool_id); NULL if there is none.
struct net_buf_pool *net_buf_pool_get(int id);
// Which buffer of its pool this is, from 0.
int net_buf_id(const struct net_buf *buf);

// Set a pool back to all buffers free, whoever held one. For resets only.
void net_buf_pool_reset(struct net_buf_pool *pool);

// Take a buffer with one reference, no data and no headroom. NULL when there is none in time.
// _fixed(): the pool's size of data; _len(): `size` bytes (a fixed pool: at most its size);
// _with_data(): the data is the caller's, the buffer only refers to it.
struct net_buf *net_buf_alloc_fixed(struct net_buf_pool *pool, k_timeout_t timeout);
static inline struct net_buf *net_buf_alloc(struct net_buf_pool *pool, k_timeout_t timeout)
{
    return net_buf_alloc_fixed(pool, timeout);
}
struct net_buf *net_buf_alloc_len(struct net_buf_pool *pool, size_t size, k_timeout_t timeout);
struct net_buf *net_buf_alloc_with_data(struct net_buf_pool *pool, void *data, size_t size,
                                        k_timeout_t timeout);

// One more reference. Returns buf.
struct net_buf *net_buf_ref(struct net_buf *buf);
// One reference less; at the last one the buffer goes back to its pool, and so on with the fragments
// behind it.
void net_buf_unref(struct net_buf *buf);
// Back to the pool; for the end of a pool's destroy function only.
void net_buf_destroy(struct net_buf *buf);
// Empty the buffer, all room as tailroom.
void net_buf_reset(struct net_buf *buf);
// A buffer from the same pool with the same user data, sharing the data (fixed pools: with a copy of
// it). NULL when there is none in time.
struct net_buf *net_buf_clone(struct net_buf *buf, k_timeout_t timeout);
static inline void *net_buf_user_data(const struct net_buf *buf)
{
    return (void *)buf->user_data;
}
// 0; -EINVAL: `dst` has less room for user data than `src`.
int net_buf_user_data_copy(struct net_buf *dst, const struct net_buf *src);

// Buffers in lists (with their fragments). The reference moves with the buffer.
void net_buf_slist_put(sys_slist_t *list, struct net_buf *buf);
struct net_buf *net_buf_slist_get(sys_slist_t *list);
// Buffers in queues, under their earlier names.
static inline void net_buf_put(struct k_fifo *fifo, struct net_buf *buf)
{
    k_fifo_put(fifo, buf);
}
static inline struct net_buf *net_buf_get(struct k_fifo *fifo, k_timeout_t timeout)
{
    return (struct net_buf *)k_fifo_get(fifo, timeout);
}

// Fragments. The last one; append `frag` to the chain `head`, to which its reference moves (NULL:
// start a chain, with one more reference to frag); put `frag` and what hangs on it behind `parent`;
// unlink `frag` and drop its reference, returning the one behind it (`parent` NULL: it is the head).
struct net_buf *net_buf_frag_last(struct net_buf *frags);
struct net_buf *net_buf_frag_add(struct net_buf *head, struct net_buf *frag);
void net_buf_frag_insert(struct net_buf *parent, struct net_buf *frag);
struct net_buf *net_buf_frag_del(struct net_buf *parent, struct net_buf *frag);
// Bytes of data in the whole chain.
static inline size_t net_buf_frags_len(const struct net_buf *buf)
{
    size_t bytes = 0;
    for (; buf; buf = buf->frags) {
        bytes += buf->len;
    }
    return bytes;
}
// Copy up to `len` bytes of a chain from `offset` on, at most dst_len. Returns how many.
size_t net_buf_linearize(void *dst, size_t dst_len, const struct net_buf *src, size_t offset,
                         size_t len);
// Add bytes to the chain's end; more fragments come from allocate_cb, or the last fragment's pool when
// that is NULL. Returns how many were added.
typedef struct net_buf *(*net_buf_allocator_cb)(k_timeout_t timeout, void *user_data);
size_t net_buf_append_bytes(struct net_buf *buf, size_t len, const void *value, k_timeout_t timeout,
                            net_buf_allocator_cb allocate_cb, void *user_data);
// Compare `len` bytes of a chain from `offset` on; returns how many at the start are equal.
size_t net_buf_data_match(const struct net_buf *buf, size_t offset, const void *data, size_t len);
// Skip `len` bytes at the front, dropping fragments that become empty. Returns the chain that is
// left; NULL when all of it is gone.
struct net_buf *net_buf_skip(struct net_buf *buf, size_t len);

// The functions of net_buf_simple.h on a buffer.
static inline void net_buf_reserve(struct net_buf *buf, size_t reserve)
{
    net_buf_simple_reserve(&buf->b, reserve);
}
static inline void *net_buf_add(struct net_buf *buf, size_t len)
{
    return net_buf_simple_add(&buf->b, len);
}
static inline void *net_buf_add_mem(struct net_buf *buf, const void *mem, size_t len)
{
    return net_buf_simple_add_mem(&buf->b, mem, len);
}
static inline uint8_t *net_buf_add_u8(struct net_buf *buf, uint8_t val)
{
    return net_buf_simple_add_u8(&buf->b, val);
}
static inline void *net_buf_remove_mem(struct net_buf *buf, size_t len)
{
    return net_buf_simple_remove_mem(&buf->b, len);
}
static inline uint8_t net_buf_remove_u8(struct net_buf *buf)
{
    return net_buf_simple_remove_u8(&buf->b);
}
static inline void *net_buf_push(struct net_buf *buf, size_t len)
{
    return net_buf_simple_push(&buf->b, len);
}
static inline void *net_buf_push_mem(struct net_buf *buf, const void *mem, size_t len)
{
    return net_buf_simple_push_mem(&buf->b, mem, len);
}
static inline void net_buf_push_u8(struct net_buf *buf, uint8_t val)
{
    net_buf_simple_push_u8(&buf->b, val);
}
static inline void *net_buf_pull(struct net_buf *buf, size_t len)
{
    return net_buf_simple_pull(&buf->b, len);
}
static inline void *net_buf_pull_mem(struct net_buf *buf, size_t len)
{
    return net_buf_simple_pull_mem(&buf->b, len);
}
static inline uint8_t net_buf_pull_u8(struct net_buf *buf)
{
    return net_buf_simple_pull_u8(&buf->b);
}
static inline size_t net_buf_tailroom(const struct net_buf *buf)
{
    return net_buf_simple_tailroom(&buf->b);
}
static inline size_t net_buf_headroom(const struct net_buf *buf)
{
    return net_buf_simple_headroom(&buf->b);
}
static inline uint16_t net_buf_max_len(const struct net_buf *buf)
{
    return net_buf_simple_max_len(&buf->b);
}
static inline uint8_t *net_buf_tail(const struct net_buf *buf)
{
    return net_buf_simple_tail(&buf->b);
}
#define Z_NET_BUF_WORD(suffix, type)                                                               \
    static inline void net_buf_add_##suffix(struct net_buf *buf, type val)                         \
    {                                                                                              \
        net_buf_simple_add_##suffix(&buf->b, val);                                                 \
    }                                                                                              \
    static inline void net_buf_push_##suffix(struct net_buf *buf, type val)                        \
    {                                                                                              \
        net_buf_simple_push_##suffix(&buf->b, val);                                                \
    }                                                                                              \
    static inline type net_buf_pull_##suffix(struct net_buf *buf)                                  \
    {                                                                                              \
        return net_buf_simple_pull_##suffix(&buf->b);                                              \
    }                                                                                              \
    static inline type net_buf_remove_##suffix(struct net_buf *buf)                                \
    {                                                                                              \
        return net_buf_simple_remove_##suffix(&buf->b);                                            \
    }
Z_NET_BUF_WORDS(Z_NET_BUF_WORD)

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_NET_BUF_H_
