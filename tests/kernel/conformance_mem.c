// Memory slabs, heaps, atomics.
#include "conformance.h"

#include <zephyr/sys/atomic_locked.h>

K_MEM_SLAB_DEFINE(slab, 24, 3, 8);
K_MEM_SLAB_DEFINE_STATIC(static_slab, 8, 1, 4);
K_HEAP_DEFINE(heap, 256);
static struct k_timer timer;
static void *held;

static void slab_is_exhausted_and_refilled(void)
{
    void *blocks[3];
    void *none = &none;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(k_mem_slab_alloc(&slab, &blocks[i], K_NO_WAIT), 0);
        assert_int_equal((uintptr_t)blocks[i] % 8, 0);
        memset(blocks[i], 0xff, 24);
    }
    assert_int_equal(k_mem_slab_num_free_get(&slab), 0);
    assert_int_equal(k_mem_slab_alloc(&slab, &none, K_NO_WAIT), -ENOMEM);
    assert_null(none);
    none = &none;
    assert_int_equal(k_mem_slab_alloc(&slab, &none, K_MSEC(4)), -EAGAIN);
    assert_null(none);
    k_mem_slab_free(&slab, blocks[1]);
    assert_int_equal(k_mem_slab_num_used_get(&slab), 2);
    assert_int_equal(k_mem_slab_alloc(&slab, &none, K_NO_WAIT), 0);
    assert_ptr_equal(none, blocks[1]);
    assert_int_equal(k_mem_slab_max_used_get(&slab), 3);
    for (int i = 0; i < 3; i++) {
        k_mem_slab_free(&slab, blocks[i]);
    }
    assert_int_equal(k_mem_slab_num_free_get(&slab), 3);
}

static void free_held(struct k_timer *unused)
{
    k_mem_slab_free(&static_slab, held);
}

static void slab_hands_a_block_to_the_waiter(void)
{
    void *block;
    assert_int_equal(k_mem_slab_alloc(&static_slab, &held, K_NO_WAIT), 0);
    k_timer_init(&timer, free_held, NULL);
    k_timer_start(&timer, K_MSEC(1), K_NO_WAIT);
    assert_int_equal(k_mem_slab_alloc(&static_slab, &block, K_FOREVER), 0);
    assert_ptr_equal(block, held);
    assert_int_equal(k_mem_slab_num_used_get(&static_slab), 1);
    k_mem_slab_free(&static_slab, block);
}

static void slab_init_checks_alignment(void)
{
    static uint64_t memory[8];
    struct k_mem_slab local;
    assert_int_equal(k_mem_slab_init(&local, (char *)memory + 1, 8, 1), -EINVAL);
    assert_int_equal(k_mem_slab_init(&local, memory, 7, 1), -EINVAL);
    assert_int_equal(k_mem_slab_init(&local, memory, 0, 1), -EINVAL);
    assert_int_equal(k_mem_slab_init(&local, memory, 16, 4), 0);
}

static void heap_gives_takes_and_joins(void)
{
    void *parts[3];
    for (int i = 0; i < 3; i++) {
        parts[i] = k_heap_alloc(&heap, 64, K_NO_WAIT);
        assert_non_null(parts[i]);
        assert_int_equal((uintptr_t)parts[i] % 8, 0);
        memset(parts[i], 0xa5, 64);
    }
    assert_null(k_heap_alloc(&heap, 64, K_NO_WAIT));
    assert_null(k_heap_alloc(&heap, 64, K_MSEC(1)));
    assert_null(k_heap_alloc(&heap, 0, K_NO_WAIT));
    assert_null(k_heap_alloc(&heap, 10000, K_FOREVER));
    k_heap_free(&heap, parts[0]);
    k_heap_free(&heap, parts[1]);
    // Only both together are enough.
    void *big = k_heap_alloc(&heap, 130, K_NO_WAIT);
    assert_ptr_equal(big, parts[0]);
    k_heap_free(&heap, big);
    k_heap_free(&heap, parts[2]);
    k_heap_free(&heap, NULL);
    void *all = k_heap_alloc(&heap, 256, K_NO_WAIT);
    assert_non_null(all);
    k_heap_free(&heap, all);
}

static void free_heap_block(struct k_timer *unused)
{
    k_heap_free(&heap, held);
}

static void heap_waits_for_memory(void)
{
    held = k_heap_alloc(&heap, 200, K_NO_WAIT);
    assert_non_null(held);
    k_timer_init(&timer, free_heap_block, NULL);
    k_timer_start(&timer, K_MSEC(2), K_NO_WAIT);
    void *mem = k_heap_alloc(&heap, 200, K_SECONDS(1));
    assert_ptr_equal(mem, held);
    k_heap_free(&heap, mem);
}

// A shim of the prior system returned the new value, and a reference count underflowed.
static void pitfall_38_atomics_return_the_old_value(void)
{
    atomic_t value = ATOMIC_INIT(5);
    assert_int_equal(atomic_inc(&value), 5);
    assert_int_equal(atomic_dec(&value), 6);
    assert_int_equal(atomic_add(&value, 10), 5);
    assert_int_equal(atomic_sub(&value, 3), 15);
    assert_int_equal(atomic_or(&value, 0x10), 12);
    assert_int_equal(atomic_and(&value, 0x18), 0x1c);
    assert_int_equal(atomic_xor(&value, 0x11), 0x18);
    assert_int_equal(atomic_nand(&value, 0x8), 0x9);
    assert_int_equal(atomic_set(&value, 3), ~0x8L);
    assert_int_equal(atomic_clear(&value), 3);
    assert_int_equal(atomic_get(&value), 0);
    assert_false(atomic_cas(&value, 1, 2));
    assert_true(atomic_cas(&value, 0, 2));
    assert_int_equal(atomic_get(&value), 2);
    int target;
    atomic_ptr_t pointer = ATOMIC_PTR_INIT(NULL);
    assert_null(atomic_ptr_set(&pointer, &target));
    assert_false(atomic_ptr_cas(&pointer, NULL, NULL));
    assert_ptr_equal(atomic_ptr_clear(&pointer), &target);
    assert_null(atomic_ptr_get(&pointer));
}

static void pitfall_38_locked_atomics_agree(void)
{
    atomic_t value = 5;
    assert_int_equal(atomic_locked_add(&value, 10), 5);
    assert_int_equal(atomic_locked_sub(&value, 3), 15);
    assert_int_equal(atomic_locked_or(&value, 0x10), 12);
    assert_int_equal(atomic_locked_and(&value, 0x18), 0x1c);
    assert_int_equal(atomic_locked_xor(&value, 0x11), 0x18);
    assert_int_equal(atomic_locked_nand(&value, 0x8), 0x9);
    assert_int_equal(atomic_locked_set(&value, 3), ~0x8L);
    assert_false(atomic_locked_cas(&value, 1, 2));
    assert_true(atomic_locked_cas(&value, 3, 2));
    assert_int_equal(value, 2);
    atomic_ptr_t pointer = NULL;
    assert_null(atomic_locked_ptr_set(&pointer, &value));
    assert_true(atomic_locked_ptr_cas(&pointer, &value, NULL));
}

static void bits_above_31_address_their_word(void)
{
    ATOMIC_DEFINE(bits, 200);
    memset(bits, 0, sizeof(bits));
    static const int numbers[] = {0, 31, 32, 63, 64, 100, 127, 128, 199};
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        assert_false(atomic_test_and_set_bit(bits, numbers[i]));
        assert_true(atomic_test_and_set_bit(bits, numbers[i]));
    }
    for (int bit = 0; bit < 200; bit++) {
        bool expected = false;
        for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
            expected |= numbers[i] == bit;
        }
        assert_int_equal(atomic_test_bit(bits, bit), expected);
    }
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        assert_true(atomic_test_and_clear_bit(bits, numbers[i]));
        assert_false(atomic_test_and_clear_bit(bits, numbers[i]));
    }
    atomic_set_bit_to(bits, 150, true);
    assert_true(atomic_test_bit(bits, 150));
    atomic_set_bit_to(bits, 150, false);
    assert_false(atomic_test_bit(bits, 150));
    atomic_set_bit(bits, 63);
    atomic_clear_bit(bits, 63);
    for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
        assert_int_equal(atomic_get(&bits[i]), 0);
    }
}

static void a_heap_is_made_at_run_time(void)
{
    static uint64_t memory[32];
    struct k_heap own;
    k_heap_init(&own, memory, sizeof(memory));
    uint8_t *first = k_heap_alloc(&own, 100, K_NO_WAIT);
    uint8_t *second = k_heap_alloc(&own, 100, K_NO_WAIT);
    assert_in_range(first, (uintptr_t)memory, (uintptr_t)(memory + 32) - 100);
    assert_in_range(second, (uintptr_t)memory, (uintptr_t)(memory + 32) - 100);
    assert_true(second >= first + 100 || first >= second + 100);
    assert_null(k_heap_alloc(&own, 100, K_NO_WAIT));
    k_heap_free(&own, first);
    k_heap_free(&own, second);
    k_heap_init(&own, memory, sizeof(memory) / 2);
    assert_null(k_heap_alloc(&own, 200, K_NO_WAIT));
}

static const struct conformance_case cases[] = {
    CASE(slab_is_exhausted_and_refilled, ALL),  CASE(slab_hands_a_block_to_the_waiter, ALL),
    CASE(slab_init_checks_alignment, ALL),      CASE(heap_gives_takes_and_joins, ALL),
    CASE(heap_waits_for_memory, ALL),           CASE(pitfall_38_atomics_return_the_old_value, ALL),
    CASE(pitfall_38_locked_atomics_agree, ALL), CASE(bits_above_31_address_their_word, ALL),
    CASE(a_heap_is_made_at_run_time, ALL),
};
CASE_LIST(cases_mem, cases);
