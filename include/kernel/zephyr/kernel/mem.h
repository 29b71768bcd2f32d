// Memory slabs (blocks of one size) and heaps (fixed buffers handed out in pieces).
#ifndef ZEPHYR_KERNEL_MEM_H_
#define ZEPHYR_KERNEL_MEM_H_

#include <zephyr/kernel/types.h>
#include <zephyr/sys/iterable_sections.h>

#ifdef __cplusplus
extern "C" {
#endif

struct k_mem_slab_info {
    uint32_t num_blocks;
    size_t block_size;
    uint32_t num_used;
    uint32_t max_used;
};

struct k_mem_slab {
    _wait_q_t wait_q;
    char *buffer;
    char *free_list;
    uint32_t fresh; // blocks at the end of the buffer that were never handed out
    struct k_mem_slab_info info;
};

// A slab initialises itself as it is used: blocks come fresh from the buffer until one is freed.
#define Z_MEM_SLAB_INITIALIZER(_slab, _slab_buffer, _slab_block_size, _slab_num_blocks)            \
    {                                                                                              \
        .wait_q = Z_WAIT_Q_INIT(&(_slab).wait_q), .buffer = (_slab_buffer),                        \
        .fresh = (_slab_num_blocks),                                                               \
        .info = {                                                                                  \
            .num_blocks = (_slab_num_blocks),                                                      \
            .block_size = (_slab_block_size),                                                      \
        },                                                                                         \
    }
#define K_MEM_SLAB_DEFINE_IN_SECT(name, in_section, slab_block_size, slab_num_blocks, slab_align)  \
    char in_section __aligned(WB_UP(slab_align))                                                   \
        _k_mem_slab_buf_##name[(slab_num_blocks)*WB_UP(slab_block_size)];                          \
    STRUCT_SECTION_ITERABLE(k_mem_slab, name) = Z_MEM_SLAB_INITIALIZER(                            \
        name, _k_mem_slab_buf_##name, WB_UP(slab_block_size), slab_num_blocks)
#define K_MEM_SLAB_DEFINE(name, slab_block_size, slab_num_blocks, slab_align)                      \
    K_MEM_SLAB_DEFINE_IN_SECT(name, , slab_block_size, slab_num_blocks, slab_align)
#define K_MEM_SLAB_DEFINE_STATIC(name, slab_block_size, slab_num_blocks, slab_align)               \
    static char __aligned(WB_UP(slab_align))                                                       \
        _k_mem_slab_buf_##name[(slab_num_blocks)*WB_UP(slab_block_size)];                          \
    static STRUCT_SECTION_ITERABLE(k_mem_slab, name) = Z_MEM_SLAB_INITIALIZER(                     \
        name, _k_mem_slab_buf_##name, WB_UP(slab_block_size), slab_num_blocks)

// Set up a slab in `buffer`, aligned to a pointer. 0; -EINVAL: the block size is 0 or no multiple of
// a pointer's size, or the buffer is not aligned.
int k_mem_slab_init(struct k_mem_slab *slab, void *buffer, size_t block_size, uint32_t num_blocks);
// Take a block into *mem. 0; -ENOMEM: none and K_NO_WAIT; -EAGAIN: timed out (*mem is NULL).
int k_mem_slab_alloc(struct k_mem_slab *slab, void **mem, k_timeout_t timeout);
// Give a block back: to the first who waits, else to the slab.
void k_mem_slab_free(struct k_mem_slab *slab, void *mem);
static inline uint32_t k_mem_slab_num_used_get(struct k_mem_slab *slab)
{
    return slab->info.num_used;
}
static inline uint32_t k_mem_slab_max_used_get(struct k_mem_slab *slab)
{
    return slab->info.max_used;
}
static inline uint32_t k_mem_slab_num_free_get(struct k_mem_slab *slab)
{
    return slab->info.num_blocks - slab->info.num_used;
}

// A heap: first fit over one fixed buffer, neighbours joined when freed. Good for tens of blocks;
// there is no heap behind k_malloc() and none is needed.
struct k_heap {
    _wait_q_t wait_q;
    void *mem;
    size_t bytes;
    bool ready;
};

#define Z_HEAP_MIN_SIZE (4 * sizeof(uint64_t))
#define K_HEAP_DEFINE(name, size)                                                                  \
    static uint64_t _k_heap_buf_##name[DIV_ROUND_UP(MAX(size, Z_HEAP_MIN_SIZE), 8) + 2];           \
    STRUCT_SECTION_ITERABLE(k_heap, name) = {                                                      \
        .mem = _k_heap_buf_##name,                                                                 \
        .bytes = sizeof(_k_heap_buf_##name),                                                       \
    }
#define K_HEAP_DEFINE_NOCACHE(name, size) K_HEAP_DEFINE(name, size)

// Set up a heap in `mem` (aligned to 8 bytes, at least 16 bytes).
void k_heap_init(struct k_heap *heap, void *mem, size_t bytes);
// Take memory aligned to 8 (k_heap_alloc) or to `align` bytes (a power of two up to 8; larger ones
// fail). NULL when none is free in time, or `bytes` is 0.
void *k_heap_alloc(struct k_heap *heap, size_t bytes, k_timeout_t timeout);
void *k_heap_aligned_alloc(struct k_heap *heap, size_t align, size_t bytes, k_timeout_t timeout);
// Give it back; NULL is ignored.
void k_heap_free(struct k_heap *heap, void *mem);

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_KERNEL_MEM_H_
