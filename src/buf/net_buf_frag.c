// Chains of fragments, and buffers in lists. A reference moves with its buffer.
#include <zephyr/net_buf.h>

struct net_buf *net_buf_frag_last(struct net_buf *frags)
{
    while (frags->frags) {
        frags = frags->frags;
    }
    return frags;
}

void net_buf_frag_insert(struct net_buf *parent, struct net_buf *frag)
{
    if (parent->frags) {
        net_buf_frag_last(frag)->frags = parent->frags;
    }
    parent->frags = frag;
}

struct net_buf *net_buf_frag_add(struct net_buf *head, struct net_buf *frag)
{
    if (!head) {
        return net_buf_ref(frag);
    }
    net_buf_frag_insert(net_buf_frag_last(head), frag);
    return head;
}

struct net_buf *net_buf_frag_del(struct net_buf *parent, struct net_buf *frag)
{
    struct net_buf *next = frag->frags;
    if (parent) {
        parent->frags = next;
    }
    frag->frags = NULL;
    net_buf_unref(frag);
    return next;
}

void net_buf_slist_put(sys_slist_t *list, struct net_buf *buf)
{
    sys_slist_append(list, &buf->node);
}

struct net_buf *net_buf_slist_get(sys_slist_t *list)
{
    return (struct net_buf *)sys_slist_get(list);
}

// The fragment that holds byte *offset of the chain; *offset becomes the place in it.
static const struct net_buf *frag_at(const struct net_buf *buf, size_t *offset)
{
    while (buf && *offset >= buf->len) {
        *offset -= buf->len;
        buf = buf->frags;
    }
    return buf;
}

size_t net_buf_linearize(void *dst, size_t dst_len, const struct net_buf *src, size_t offset,
                         size_t len)
{
    size_t copied = 0;
    size_t wanted = MIN(len, dst_len);
    for (src = frag_at(src, &offset); src && copied < wanted; src = src->frags) {
        size_t part = MIN(wanted - copied, src->len - offset);
        memcpy((uint8_t *)dst + copied, src->data + offset, part);
        copied += part;
        offset = 0;
    }
    return copied;
}

size_t net_buf_data_match(const struct net_buf *buf, size_t offset, const void *data, size_t len)
{
    const uint8_t *bytes = data;
    size_t equal = 0;
    for (buf = frag_at(buf, &offset); buf && equal < len; buf = buf->frags) {
        for (; offset < buf->len && equal < len; offset++, equal++) {
            if (buf->data[offset] != bytes[equal]) {
                return equal;
            }
        }
        offset = 0;
    }
    return equal;
}

struct net_buf *net_buf_skip(struct net_buf *buf, size_t len)
{
    while (buf && len > 0) {
        size_t part = MIN(len, buf->len);
        (void)net_buf_pull_mem(buf, part);
        len -= part;
        if (buf->len == 0) {
            buf = net_buf_frag_del(NULL, buf);
        }
    }
    return buf;
}

size_t net_buf_append_bytes(struct net_buf *buf, size_t len, const void *value, k_timeout_t timeout,
                            net_buf_allocator_cb allocate_cb, void *user_data)
{
    struct net_buf *last = net_buf_frag_last(buf);
    const uint8_t *bytes = value;
    size_t added = 0;
    for (;;) {
        size_t part = MIN(len - added, net_buf_tailroom(last));
        (void)net_buf_add_mem(last, bytes + added, part);
        added += part;
        if (added == len) {
            return added;
        }
        struct net_buf *next = allocate_cb ? allocate_cb(timeout, user_data)
                               : last->pool->fixed_data
                                   ? net_buf_alloc(last->pool, timeout)
                                   : net_buf_alloc_len(last->pool, len - added, timeout);
        if (!next || net_buf_tailroom(next) == 0) {
            net_buf_unref(next);
            return added;
        }
        last->frags = next;
        last = next;
    }
}
