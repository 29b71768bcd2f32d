// k_queue, and with it k_fifo and k_lifo. An item that someone waits for is handed over and never
// enters the list.
#include "kernel/sched.h"
#include "kernel/state.h"

void k_queue_init(struct k_queue *queue)
{
    *queue = (struct k_queue){0};
}

void k_queue_cancel_wait(struct k_queue *queue)
{
    if (!sched_wake_first(&queue->wait_q, -ECANCELED, NULL)) {
        poll_notify(kernel_state.poll_notify, queue, K_POLL_STATE_CANCELLED);
    }
}

// Hand the item to one who waits for it; false if nobody does.
static bool queue_hand_over(struct k_queue *queue, void *data)
{
    return sched_wake_first(&queue->wait_q, 0, data) != NULL;
}

static void queue_put(struct k_queue *queue, sys_snode_t *prev, void *data)
{
    if (queue_hand_over(queue, data)) {
        return;
    }
    sys_slist_insert(&queue->data_q, prev, data);
    poll_notify(kernel_state.poll_notify, queue, K_POLL_STATE_DATA_AVAILABLE);
}

void k_queue_append(struct k_queue *queue, void *data)
{
    queue_put(queue, sys_slist_peek_tail(&queue->data_q), data);
}

void k_queue_prepend(struct k_queue *queue, void *data)
{
    queue_put(queue, NULL, data);
}

void k_queue_insert(struct k_queue *queue, void *prev, void *data)
{
    queue_put(queue, prev, data);
}

int k_queue_append_list(struct k_queue *queue, void *head, void *tail)
{
    if (head == NULL || tail == NULL) {
        return -EINVAL;
    }
    sys_snode_t *node = head;
    ((sys_snode_t *)tail)->next = NULL;
    while (node && queue->wait_q.head) {
        // The link is ours only until the item is handed over.
        sys_snode_t *next = node->next;
        (void)queue_hand_over(queue, node);
        node = next;
    }
    if (node) {
        sys_slist_append_list(&queue->data_q, node, tail);
        poll_notify(kernel_state.poll_notify, queue, K_POLL_STATE_DATA_AVAILABLE);
    }
    return 0;
}

int k_queue_merge_slist(struct k_queue *queue, sys_slist_t *list)
{
    int err = k_queue_append_list(queue, list->head, list->tail);
    if (err == 0) {
        sys_slist_init(list);
    }
    return err;
}

void *k_queue_get(struct k_queue *queue, k_timeout_t timeout)
{
    void *data = sys_slist_get(&queue->data_q);
    if (data || K_TIMEOUT_EQ(timeout, K_NO_WAIT)) {
        return data;
    }
    struct sched_waiter waiter = {0};
    return sched_pend(&queue->wait_q, &waiter, timeout) == 0 ? waiter.data : NULL;
}

bool k_queue_remove(struct k_queue *queue, void *data)
{
    return sys_slist_find_and_remove(&queue->data_q, data);
}

bool k_queue_unique_append(struct k_queue *queue, void *data)
{
    if (sys_slist_find(&queue->data_q, data, NULL)) {
        return false;
    }
    k_queue_append(queue, data);
    return true;
}
