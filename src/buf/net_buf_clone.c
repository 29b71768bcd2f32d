// Cloning, and pools whose buffers share one area of data.
//
// The data of such a pool is counted by a header in front of it, so that clones can share it.
#include <zephyr/net_buf.h>

struct var_data {
    uint32_t refs;
    uint32_t unused; // what follows stays aligned to 8 bytes
};

static uint8_t *var_alloc(struct net_buf *buf, size_t *size, k_timeout_t timeout)
{
    struct var_data *data =
        k_heap_alloc(buf->pool->alloc->alloc_data, sizeof(*data) + *size, timeout);
    if (!data) {
        return NULL;
    }
    data->refs = 1;
    return (uint8_t *)(data + 1);
}

static uint8_t *var_ref(struct net_buf *buf, uint8_t *bytes)
{
    ((struct var_data *)bytes - 1)->refs++;
    return bytes;
}

static void var_unref(struct net_buf *buf, uint8_t *bytes)
{
    struct var_data *data = (struct var_data *)bytes - 1;
    if (--data->refs == 0) {
        k_heap_free(buf->pool->alloc->alloc_data, data);
    }
}

const struct net_buf_data_cb net_buf_var_cb = {var_alloc, var_ref, var_unref};

// Without a data callback the data cannot be shared: copy it to the same place.
static struct net_buf *clone_copy(struct net_buf *buf, k_timeout_t timeout)
{
    struct net_buf *clone = net_buf_alloc_len(buf->pool, buf->size, timeout);
    if (clone) {
        net_buf_reserve(clone, net_buf_headroom(buf));
        (void)net_buf_add_mem(clone, buf->data, buf->len);
    }
    return clone;
}

static struct net_buf *clone_share(struct net_buf *buf, k_timeout_t timeout)
{
    struct net_buf *clone = net_buf_alloc_with_data(buf->pool, buf->__buf, buf->size, timeout);
    if (!clone) {
        return NULL;
    }
    clone->data = buf->data;
    clone->len = buf->len;
    clone->flags = buf->flags;
    if (!(buf->flags & NET_BUF_EXTERNAL_DATA)) {
        (void)buf->pool->alloc->cb->ref(clone, clone->__buf);
    }
    return clone;
}

struct net_buf *net_buf_clone(struct net_buf *buf, k_timeout_t timeout)
{
    bool shared = (buf->flags & NET_BUF_EXTERNAL_DATA) || (buf->pool->alloc && buf->__buf);
    struct net_buf *clone = shared ? clone_share(buf, timeout) : clone_copy(buf, timeout);
    if (clone) {
        (void)net_buf_user_data_copy(clone, buf);
    }
    return clone;
}
