// Queues of items that carry their own link: the first word of an item belongs to the queue while
// the item is in it. Append and get are O(1). k_fifo and k_lifo are k_queue with fewer names.
#ifndef ZEPHYR_KERNEL_QUEUE_H_
#define ZEPHYR_KERNEL_QUEUE_H_

#include <zephyr/kernel/types.h>
#include <zephyr/sys/slist.h>

#ifdef __cplusplus
extern "C" {
#endif

struct k_queue {
    sys_slist_t data_q;
    _wait_q_t wait_q;
};

#define Z_QUEUE_INITIALIZER(obj)                                                                   \
    {                                                                                              \
        .data_q = SYS_SLIST_STATIC_INIT(&obj.data_q), .wait_q = Z_WAIT_Q_INIT(&obj.wait_q)         \
    }
#define K_QUEUE_DEFINE(name) struct k_queue name = Z_QUEUE_INITIALIZER(name)

// An empty queue that nobody waits for. Anywhere.
void k_queue_init(struct k_queue *queue);
// Wake the first who waits, with NULL (and a k_poll() on the queue with -EINTR).
void k_queue_cancel_wait(struct k_queue *queue);
// Put an item behind all others, or in front of them. Its first word is the queue's until it is got
// out. Anywhere, interrupts included.
void k_queue_append(struct k_queue *queue, void *data);
void k_queue_prepend(struct k_queue *queue, void *data);
// Put `data` behind `prev`, an item of the queue (NULL: in front).
void k_queue_insert(struct k_queue *queue, void *prev, void *data);
// Append a chain of items linked by their first words. 0; -EINVAL: no head or no tail.
int k_queue_append_list(struct k_queue *queue, void *head, void *tail);
// Append all items of `list` and empty it. 0; -EINVAL: it is empty.
int k_queue_merge_slist(struct k_queue *queue, sys_slist_t *list);
// Take the first item; NULL when there is none in time or the wait was cancelled.
void *k_queue_get(struct k_queue *queue, k_timeout_t timeout);
// Take out one item, wherever it is; false if it is not there.
bool k_queue_remove(struct k_queue *queue, void *data);
// Append unless it is there already; false if it was.
bool k_queue_unique_append(struct k_queue *queue, void *data);
static inline int k_queue_is_empty(struct k_queue *queue)
{
    return sys_slist_is_empty(&queue->data_q);
}
static inline void *k_queue_peek_head(struct k_queue *queue)
{
    return sys_slist_peek_head(&queue->data_q);
}
static inline void *k_queue_peek_tail(struct k_queue *queue)
{
    return sys_slist_peek_tail(&queue->data_q);
}

struct k_fifo {
    struct k_queue _queue;
};

#define Z_FIFO_INITIALIZER(obj)                                                                    \
    {                                                                                              \
        ._queue = Z_QUEUE_INITIALIZER(obj._queue)                                                  \
    }
#define K_FIFO_DEFINE(name) struct k_fifo name = Z_FIFO_INITIALIZER(name)

// First in, first out; see the k_queue functions.
#define k_fifo_init(fifo)                 k_queue_init(&(fifo)->_queue)
#define k_fifo_cancel_wait(fifo)          k_queue_cancel_wait(&(fifo)->_queue)
#define k_fifo_put(fifo, data)            k_queue_append(&(fifo)->_queue, data)
#define k_fifo_put_list(fifo, head, tail) k_queue_append_list(&(fifo)->_queue, head, tail)
#define k_fifo_put_slist(fifo, list)      k_queue_merge_slist(&(fifo)->_queue, list)
#define k_fifo_get(fifo, timeout)         k_queue_get(&(fifo)->_queue, timeout)
#define k_fifo_is_empty(fifo)             k_queue_is_empty(&(fifo)->_queue)
#define k_fifo_peek_head(fifo)            k_queue_peek_head(&(fifo)->_queue)
#define k_fifo_peek_tail(fifo)            k_queue_peek_tail(&(fifo)->_queue)

struct k_lifo {
    struct k_queue _queue;
};

#define Z_LIFO_INITIALIZER(obj)                                                                    \
    {                                                                                              \
        ._queue = Z_QUEUE_INITIALIZER(obj._queue)                                                  \
    }
#define K_LIFO_DEFINE(name) struct k_lifo name = Z_LIFO_INITIALIZER(name)

// Last in, first out.
#define k_lifo_init(lifo)         k_queue_init(&(lifo)->_queue)
#define k_lifo_put(lifo, data)    k_queue_prepend(&(lifo)->_queue, data)
#define k_lifo_get(lifo, timeout) k_queue_get(&(lifo)->_queue, timeout)

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_KERNEL_QUEUE_H_
