// Buffers and their pools.
//
// A pool hands out what was freed last, else a buffer that was never used, else it makes the caller
// wait; so it needs no initialisation. A pool with one array of data (fixed_data) is the usual kind
// and is served inline; others get their data through net_buf_data_cb.
#include <zephyr/net_buf.h>

#define LOG_LAYER LOG_KERNEL
#include "base/log.h"
#include "kernel/sched.h"
#include "kernel/state.h"

struct net_buf_pool *net_buf_pool_get(int id)
{
    size_t count;
    STRUCT_SECTION_COUNT(net_buf_pool, &count);
    if (id < 0 || (size_t)id >= count) {
        return NULL;
    }
    struct net_buf_pool *pool;
    STRUCT_SECTION_GET(net_buf_pool, id, &pool);
    return pool;
}

// The number of a pool of the section, from its place there.
static uint8_t pool_number(const struct net_buf_pool *pool)
{
    uint8_t id = 0;
    STRUCT_SECTION_FOREACH (net_buf_pool, other) {
        if (other == pool) {
            return id;
        }
        id++;
    }
    return NET_BUF_POOL_ID_NONE;
}

int net_buf_id(const struct net_buf *buf)
{
    const struct net_buf_pool *pool = buf->pool;
    size_t offset = (size_t)((const uint8_t *)buf - (const uint8_t *)pool->__bufs);
    return (int)(offset / pool->buf_size);
}

void net_buf_pool_reset(struct net_buf_pool *pool)
{
    sys_slist_init(&pool->free);
    pool->wait_q.head = NULL;
    pool->uninit_count = pool->buf_count;
    pool->avail_count = pool->buf_count;
    pool->min_avail_count = pool->buf_count;
}

// A buffer that was never handed out.
static struct net_buf *pool_fresh(struct net_buf_pool *pool)
{
    unsigned int index = pool->buf_count - pool->uninit_count--;
    struct net_buf *buf =
        (struct net_buf *)((uint8_t *)pool->__bufs + (size_t)index * pool->buf_size);
    buf->pool = pool;
    buf->pool_id = pool_number(pool);
    buf->user_data_size = pool->user_data_size;
    buf->__buf = pool->fixed_data ? pool->fixed_data + (size_t)index * pool->fixed_size : NULL;
    buf->size = pool->fixed_size;
    return buf;
}

static struct net_buf *pool_wait(struct net_buf_pool *pool, k_timeout_t timeout)
{
    struct sched_waiter waiter = {0};
    if (K_TIMEOUT_EQ(timeout, K_NO_WAIT) || sched_pend(&pool->wait_q, &waiter, timeout) < 0) {
        return NULL;
    }
    return waiter.data;
}

// A buffer without data yet.
static struct net_buf *pool_take(struct net_buf_pool *pool, k_timeout_t timeout)
{
    struct net_buf *buf = (struct net_buf *)sys_slist_get(&pool->free);
    if (!buf) {
        buf = pool->uninit_count ? pool_fresh(pool) : pool_wait(pool, timeout);
        if (!buf) {
            return NULL;
        }
    }
    if (--pool->avail_count < pool->min_avail_count) {
        pool->min_avail_count = pool->avail_count;
    }
    buf->ref = 1;
    buf->flags = 0;
    buf->frags = NULL;
    return buf;
}

// Back to the pool without its destroy function.
static void pool_give(struct net_buf *buf)
{
    struct net_buf_pool *pool = buf->pool;
    pool->avail_count++;
    if (pool->wait_q.head) {
        (void)sched_wake_first(&pool->wait_q, 0, buf);
    } else {
        sys_slist_prepend(&pool->free, &buf->node);
    }
}

static struct net_buf *data_attach(struct net_buf *buf, size_t size, k_timeout_t timeout)
{
    const struct net_buf_data_cb *cb = buf->pool->alloc->cb;
    buf->__buf = size ? cb->alloc(buf, &size, timeout) : NULL;
    if (size && !buf->__buf) {
        pool_give(buf);
        return NULL;
    }
    buf->size = (uint16_t)size;
    return buf;
}

// From a pool with one array of data.
static struct net_buf *alloc_array(struct net_buf_pool *pool, size_t size, k_timeout_t timeout)
{
    struct net_buf *buf = pool_take(pool, timeout);
    if (buf) {
        buf->data = buf->__buf;
        buf->len = 0;
        buf->size = (uint16_t)size;
    }
    return buf;
}

static struct net_buf *alloc_callback(struct net_buf_pool *pool, size_t size, k_timeout_t timeout)
{
    k_timepoint_t end = sys_timepoint_calc(timeout);
    struct net_buf *buf = pool_take(pool, timeout);
    if (buf) {
        buf = data_attach(buf, size, sys_timepoint_timeout(end));
    }
    if (buf) {
        net_buf_simple_reset(&buf->b);
    }
    return buf;
}

struct net_buf *net_buf_alloc_fixed(struct net_buf_pool *pool, k_timeout_t timeout)
{
    return pool->alloc ? alloc_callback(pool, pool->alloc->max_alloc_size, timeout)
                       : alloc_array(pool, pool->fixed_size, timeout);
}

struct net_buf *net_buf_alloc_len(struct net_buf_pool *pool, size_t size, k_timeout_t timeout)
{
    if (pool->alloc) {
        return alloc_callback(pool, size, timeout);
    }
    if (size > pool->fixed_size) {
        log_err("%u bytes from a pool of %u", (unsigned int)size, pool->fixed_size);
        return NULL;
    }
    return alloc_array(pool, size, timeout);
}

struct net_buf *net_buf_alloc_with_data(struct net_buf_pool *pool, void *data, size_t size,
                                        k_timeout_t timeout)
{
    struct net_buf *buf = pool_take(pool, timeout);
    if (buf) {
        net_buf_simple_init_with_data(&buf->b, data, size);
        buf->flags = NET_BUF_EXTERNAL_DATA;
    }
    return buf;
}

void net_buf_reset(struct net_buf *buf)
{
    __ASSERT(buf->flags == 0 && buf->frags == NULL, "a buffer with fragments or foreign data");
    net_buf_simple_reset(&buf->b);
}

struct net_buf *net_buf_ref(struct net_buf *buf)
{
    __ASSERT(buf->ref > 0 && buf->ref < UINT8_MAX, "a reference to a buffer that nobody holds");
    buf->ref++;
    return buf;
}

// Give the data back, or make the pool's own data that of the buffer again.
static void data_detach(struct net_buf *buf)
{
    struct net_buf_pool *pool = buf->pool;
    if (pool->fixed_data) {
        buf->__buf = pool->fixed_data + (size_t)net_buf_id(buf) * pool->fixed_size;
    } else if (buf->__buf && !(buf->flags & NET_BUF_EXTERNAL_DATA)) {
        pool->alloc->cb->unref(buf, buf->__buf);
        buf->__buf = NULL;
    }
}

void net_buf_destroy(struct net_buf *buf)
{
    pool_give(buf);
}

void net_buf_unref(struct net_buf *buf)
{
    while (buf) {
        __ASSERT(buf->ref > 0, "one unref too many");
        if (--buf->ref > 0) {
            return;
        }
        struct net_buf *frags = buf->frags;
        buf->frags = NULL;
        if (buf->flags || !buf->pool->fixed_data) {
            data_detach(buf);
        }
        if (buf->pool->destroy) {
            buf->pool->destroy(buf);
        } else {
            pool_give(buf);
        }
        buf = frags;
    }
}

int net_buf_user_data_copy(struct net_buf *dst, const struct net_buf *src)
{
    if (dst == src) {
        return 0;
    }
    if (dst->user_data_size < src->user_data_size) {
        return -EINVAL;
    }
    memcpy(dst->user_data, src->user_data, src->user_data_size);
    return 0;
}
