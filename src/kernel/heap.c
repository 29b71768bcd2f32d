// k_heap: first fit over a fixed buffer.
//
// The buffer is a row of chunks, each with an 8-byte header that holds its size in units of 8 bytes
// (header included) and whether it is used; the sizes lead from one chunk to the next up to the end
// of the buffer. Freed neighbours are joined while looking for room, so that freeing is O(1).
#include "kernel/sched.h"

#define UNIT      8U
#define ALIGN_MAX 8U

struct chunk {
    uint32_t units;
    uint32_t used;
};
_Static_assert(sizeof(struct chunk) == UNIT, "a chunk's header is one unit");

static struct chunk *chunk_next(struct chunk *chunk)
{
    return chunk + chunk->units;
}

static struct chunk *heap_end(struct k_heap *heap)
{
    return (struct chunk *)heap->mem + heap->bytes / UNIT;
}

static void heap_prepare(struct k_heap *heap)
{
    if (!heap->ready) {
        *(struct chunk *)heap->mem = (struct chunk){(uint32_t)(heap->bytes / UNIT), 0};
        heap->ready = true;
    }
}

void k_heap_init(struct k_heap *heap, void *mem, size_t bytes)
{
    __ASSERT((uintptr_t)mem % UNIT == 0 && bytes >= 2 * UNIT, "a heap is aligned to 8 bytes");
    *heap = (struct k_heap){.mem = mem, .bytes = bytes};
}

static void chunk_join(struct k_heap *heap, struct chunk *chunk)
{
    struct chunk *next = chunk_next(chunk);
    while (next < heap_end(heap) && !next->used) {
        chunk->units += next->units;
        next = chunk_next(chunk);
    }
}

static void chunk_take(struct chunk *chunk, uint32_t units)
{
    if (chunk->units > units) {
        chunk[units] = (struct chunk){chunk->units - units, 0};
        chunk->units = units;
    }
    chunk->used = 1;
}

static void *heap_take(struct k_heap *heap, size_t bytes)
{
    heap_prepare(heap);
    if (bytes == 0 || bytes > heap->bytes - UNIT) {
        return NULL;
    }
    uint32_t units = (uint32_t)(1 + DIV_ROUND_UP(bytes, UNIT));
    for (struct chunk *chunk = heap->mem; chunk < heap_end(heap); chunk = chunk_next(chunk)) {
        if (chunk->used) {
            continue;
        }
        chunk_join(heap, chunk);
        if (chunk->units >= units) {
            chunk_take(chunk, units);
            return chunk + 1;
        }
    }
    return NULL;
}

void *k_heap_aligned_alloc(struct k_heap *heap, size_t align, size_t bytes, k_timeout_t timeout)
{
    if (align > ALIGN_MAX) {
        return NULL;
    }
    k_timepoint_t end = sys_timepoint_calc(timeout);
    void *mem = heap_take(heap, bytes);
    // What is freed may be too little: look again each time, for what is left of the time.
    while (mem == NULL && bytes <= heap->bytes - UNIT && bytes > 0) {
        timeout = sys_timepoint_timeout(end);
        if (K_TIMEOUT_EQ(timeout, K_NO_WAIT) || sched_pend_plain(&heap->wait_q, timeout) < 0) {
            break;
        }
        mem = heap_take(heap, bytes);
    }
    return mem;
}

void *k_heap_alloc(struct k_heap *heap, size_t bytes, k_timeout_t timeout)
{
    return k_heap_aligned_alloc(heap, ALIGN_MAX, bytes, timeout);
}

void k_heap_free(struct k_heap *heap, void *mem)
{
    if (mem == NULL) {
        return;
    }
    struct chunk *chunk = (struct chunk *)mem - 1;
    __ASSERT(chunk->used == 1, "not an allocated block of this heap, or freed twice");
    chunk->used = 0;
    (void)sched_wake_all(&heap->wait_q, 0);
}
