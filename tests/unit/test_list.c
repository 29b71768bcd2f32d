// Lists, checked against a plain array over long random sequences of operations.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <zephyr/sys/dlist.h>
#include <zephyr/sys/slist.h>

#define NODES 12

struct thing {
    int number;
    sys_snode_t snode;
    sys_dnode_t dnode;
};
static struct thing things[NODES];
static int model[NODES];
static size_t model_len;
static uint32_t seed = 12345;

static uint32_t pick(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

static void model_insert(size_t at, int number)
{
    memmove(&model[at + 1], &model[at], (model_len - at) * sizeof(model[0]));
    model[at] = number;
    model_len++;
}

static void model_remove(size_t at)
{
    model_len--;
    memmove(&model[at], &model[at + 1], (model_len - at) * sizeof(model[0]));
}

static int model_find(int number)
{
    for (size_t i = 0; i < model_len; i++) {
        if (model[i] == number) {
            return (int)i;
        }
    }
    return -1;
}

static void slist_check(sys_slist_t *list)
{
    size_t at = 0;
    struct thing *thing;
    SYS_SLIST_FOR_EACH_CONTAINER (list, thing, snode) {
        assert_true(at < model_len);
        assert_int_equal(thing->number, model[at++]);
    }
    assert_int_equal(at, model_len);
    assert_int_equal(sys_slist_len(list), model_len);
    assert_int_equal(sys_slist_is_empty(list), model_len == 0);
    sys_snode_t *tail = model_len ? &things[model[model_len - 1]].snode : NULL;
    assert_ptr_equal(sys_slist_peek_tail(list), tail);
}

static void slist_agrees_with_an_array(void **state)
{
    sys_slist_t list = SYS_SLIST_STATIC_INIT(&list);
    model_len = 0;
    for (int step = 0; step < 20000; step++) {
        int number = (int)pick(NODES);
        int at = model_find(number);
        uint32_t what = pick(4);
        things[number].number = number;
        if (at >= 0) {
            assert_true(what == 0 && at == 0
                            ? sys_slist_get(&list) == &things[number].snode
                            : sys_slist_find_and_remove(&list, &things[number].snode));
            model_remove((size_t)at);
        } else if (what == 0) {
            sys_slist_prepend(&list, &things[number].snode);
            model_insert(0, number);
        } else if (what == 1 || model_len == 0) {
            sys_slist_append(&list, &things[number].snode);
            model_insert(model_len, number);
        } else {
            size_t prev = pick((uint32_t)model_len);
            sys_slist_insert(&list, &things[model[prev]].snode, &things[number].snode);
            model_insert(prev + 1, number);
        }
        slist_check(&list);
    }
    assert_false(sys_slist_find_and_remove(&list, &(sys_snode_t){NULL}));
}

static void dlist_agrees_with_an_array(void **state)
{
    sys_dlist_t list;
    sys_dlist_init(&list);
    model_len = 0;
    memset(things, 0, sizeof(things));
    for (int step = 0; step < 20000; step++) {
        int number = (int)pick(NODES);
        int at = model_find(number);
        struct thing *thing = &things[number];
        thing->number = number;
        assert_int_equal(sys_dnode_is_linked(&thing->dnode), at >= 0);
        if (at >= 0) {
            sys_dlist_remove(&thing->dnode);
            model_remove((size_t)at);
        } else if (pick(2)) {
            sys_dlist_append(&list, &thing->dnode);
            model_insert(model_len, number);
        } else {
            sys_dlist_prepend(&list, &thing->dnode);
            model_insert(0, number);
        }
        size_t seen = 0;
        struct thing *other, *next;
        SYS_DLIST_FOR_EACH_CONTAINER_SAFE (&list, other, next, dnode) {
            assert_int_equal(other->number, model[seen++]);
        }
        assert_int_equal(seen, model_len);
        assert_int_equal(sys_dlist_len(&list), model_len);
    }
}

static void safe_walk_may_remove(void **state)
{
    sys_slist_t list = SYS_SLIST_STATIC_INIT(&list);
    for (int i = 0; i < 5; i++) {
        things[i].number = i;
        sys_slist_append(&list, &things[i].snode);
    }
    struct thing *thing, *next;
    int seen = 0;
    SYS_SLIST_FOR_EACH_CONTAINER_SAFE (&list, thing, next, snode) {
        sys_slist_find_and_remove(&list, &thing->snode);
        memset(&thing->snode, 0xff, sizeof(thing->snode));
        seen++;
    }
    assert_int_equal(seen, 5);
    assert_true(sys_slist_is_empty(&list));
}

static void lists_are_joined(void **state)
{
    sys_slist_t a = SYS_SLIST_STATIC_INIT(&a), b = SYS_SLIST_STATIC_INIT(&b);
    sys_slist_merge_slist(&a, &b);
    assert_true(sys_slist_is_empty(&a));
    sys_slist_append(&b, &things[0].snode);
    sys_slist_append(&b, &things[1].snode);
    sys_slist_merge_slist(&a, &b);
    assert_true(sys_slist_is_empty(&b));
    sys_slist_append(&b, &things[2].snode);
    sys_slist_merge_slist(&a, &b);
    assert_int_equal(sys_slist_len(&a), 3);
    assert_ptr_equal(sys_slist_peek_tail(&a), &things[2].snode);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slist_agrees_with_an_array),
        cmocka_unit_test(dlist_agrees_with_an_array),
        cmocka_unit_test(safe_walk_may_remove),
        cmocka_unit_test(lists_are_joined),
    };
    return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
