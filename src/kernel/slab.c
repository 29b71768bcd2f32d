// Memory slabs. A freed block's first word links it into the free list; blocks that were never
// handed out come from the end of the buffer, so a slab needs no initialisation.
#include "kernel/sched.h"

int k_mem_slab_init(struct k_mem_slab *slab, void *buffer, size_t block_size, uint32_t num_blocks)
{
    if (block_size == 0 || block_size % sizeof(void *) || (uintptr_t)buffer % sizeof(void *)) {
        return -EINVAL;
    }
    *slab = (struct k_mem_slab)Z_MEM_SLAB_INITIALIZER(*slab, buffer, block_size, num_blocks);
    return 0;
}

static void *block_take(struct k_mem_slab *slab)
{
    char *block = slab->free_list;
    if (block) {
        memcpy(&slab->free_list, block, sizeof(char *));
    } else if (slab->fresh) {
        block = &slab->buffer[(slab->info.num_blocks - slab->fresh) * slab->info.block_size];
        slab->fresh--;
    }
    return block;
}

int k_mem_slab_alloc(struct k_mem_slab *slab, void **mem, k_timeout_t timeout)
{
    *mem = block_take(slab);
    if (*mem) {
        slab->info.num_used++;
        slab->info.max_used = MAX(slab->info.max_used, slab->info.num_used);
        return 0;
    }
    if (K_TIMEOUT_EQ(timeout, K_NO_WAIT)) {
        return -ENOMEM;
    }
    struct sched_waiter waiter = {0};
    int err = sched_pend(&slab->wait_q, &waiter, timeout);
    *mem = err ? NULL : waiter.data;
    return err;
}

void k_mem_slab_free(struct k_mem_slab *slab, void *mem)
{
    __ASSERT((char *)mem >= slab->buffer &&
                 (char *)mem < slab->buffer + slab->info.num_blocks * slab->info.block_size &&
                 (size_t)((char *)mem - slab->buffer) % slab->info.block_size == 0,
             "not a block of this slab");
    if (sched_wake_first(&slab->wait_q, 0, mem)) {
        return;
    }
    memcpy(mem, &slab->free_list, sizeof(char *));
    slab->free_list = mem;
    slab->info.num_used--;
}
