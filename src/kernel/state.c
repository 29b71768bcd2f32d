// The one object with the shim's state, and its reset.
//
// A reset must leave no object that believes it is running or queued (pitfall 52) and no pool with
// a stale free list (pitfall 50): the objects outlive the lists that the reset empties.
#include <zephyr/net_buf.h>

#include "kernel/loop.h"
#include "kernel/state.h"

struct kernel_state kernel_state;

struct log_state *log_state(void)
{
    return &kernel_state.log;
}

static void timers_release(sys_dlist_t *list)
{
    sys_dnode_t *node;
    while (list->head && (node = sys_dlist_get(list)) != NULL) {
        CONTAINER_OF(node, struct loop_timer, node)->running = false;
    }
}

static void queue_release(struct k_work_q *queue)
{
    sys_snode_t *node;
    while ((node = sys_slist_get(&queue->pending)) != NULL) {
        CONTAINER_OF(node, struct k_work, node)->flags &= K_WORK_DELAYABLE;
    }
    if (queue->running) {
        queue->running->flags &= K_WORK_DELAYABLE;
    }
    queue->running = NULL;
    queue->flags = 0;
    queue->done.head = NULL;
    queue->drainers.head = NULL;
    queue->notify.head = NULL;
}

void kernel_state_blank(void)
{
    memset(&kernel_state, 0, sizeof(kernel_state));
}

void kernel_state_reset(void)
{
    timers_release(&kernel_state.timers);
    timers_release(&kernel_state.due);
    for (struct k_work_q *queue = kernel_state.queues; queue; queue = queue->next_queue) {
        queue_release(queue);
    }
    STRUCT_SECTION_FOREACH (net_buf_pool, pool) {
        net_buf_pool_reset(pool);
    }
    STRUCT_SECTION_FOREACH (k_mem_slab, slab) {
        slab->wait_q.head = NULL;
        slab->free_list = NULL;
        slab->fresh = slab->info.num_blocks;
        slab->info.num_used = 0;
        slab->info.max_used = 0;
    }
    STRUCT_SECTION_FOREACH (k_heap, heap) {
        heap->wait_q.head = NULL;
        heap->ready = false;
    }
    kernel_state_blank();
}
