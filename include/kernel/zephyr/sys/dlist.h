// Doubly linked list: a ring through its head. A list needs sys_dlist_init() before use; a node
// that is in no list has a NULL next pointer, so an all-zero node counts as not linked.
#ifndef ZEPHYR_SYS_DLIST_H_
#define ZEPHYR_SYS_DLIST_H_

#include <stdbool.h>
#include <stddef.h>

#include <zephyr/sys/util.h>

#ifdef __cplusplus
extern "C" {
#endif

struct _dnode {
    union {
        struct _dnode *head;
        struct _dnode *next;
    };
    union {
        struct _dnode *tail;
        struct _dnode *prev;
    };
};
typedef struct _dnode sys_dlist_t;
typedef struct _dnode sys_dnode_t;

#define SYS_DLIST_STATIC_INIT(ptr_to_list)                                                         \
    {                                                                                              \
        {(ptr_to_list)},                                                                           \
        {                                                                                          \
            (ptr_to_list)                                                                          \
        }                                                                                          \
    }

// Walk the nodes; the list must not change meanwhile.
#define SYS_DLIST_FOR_EACH_NODE(__dl, __dn)                                                        \
    for (__dn = sys_dlist_peek_head(__dl); __dn != NULL; __dn = sys_dlist_peek_next(__dl, __dn))
#define SYS_DLIST_ITERATE_FROM_NODE(__dl, __dn)                                                    \
    for (__dn = __dn ? sys_dlist_peek_next_no_check(__dl, __dn) : sys_dlist_peek_head(__dl);       \
         __dn != NULL; __dn = sys_dlist_peek_next(__dl, __dn))
// Walk the nodes; the body may remove the current one.
#define SYS_DLIST_FOR_EACH_NODE_SAFE(__dl, __dn, __dns)                                            \
    for (__dn = sys_dlist_peek_head(__dl), __dns = sys_dlist_peek_next(__dl, __dn); __dn != NULL;  \
         __dn = __dns, __dns = sys_dlist_peek_next(__dl, __dn))

#define SYS_DLIST_CONTAINER(__dn, __cn, __n)                                                       \
    ((__dn) ? CONTAINER_OF((__dn), __typeof__(*(__cn)), __n) : NULL)
#define SYS_DLIST_PEEK_HEAD_CONTAINER(__dl, __cn, __n)                                             \
    SYS_DLIST_CONTAINER(sys_dlist_peek_head(__dl), __cn, __n)
#define SYS_DLIST_PEEK_NEXT_CONTAINER(__dl, __cn, __n)                                             \
    ((__cn) ? SYS_DLIST_CONTAINER(sys_dlist_peek_next(__dl, &((__cn)->__n)), __cn, __n) : NULL)
#define SYS_DLIST_FOR_EACH_CONTAINER(__dl, __cn, __n)                                              \
    for (__cn = SYS_DLIST_PEEK_HEAD_CONTAINER(__dl, __cn, __n); __cn != NULL;                      \
         __cn = SYS_DLIST_PEEK_NEXT_CONTAINER(__dl, __cn, __n))
#define SYS_DLIST_FOR_EACH_CONTAINER_SAFE(__dl, __cn, __cns, __n)                                  \
    for (__cn = SYS_DLIST_PEEK_HEAD_CONTAINER(__dl, __cn, __n),                                    \
        __cns = SYS_DLIST_PEEK_NEXT_CONTAINER(__dl, __cn, __n);                                    \
         __cn != NULL; __cn = __cns, __cns = SYS_DLIST_PEEK_NEXT_CONTAINER(__dl, __cn, __n))

static inline void sys_dlist_init(sys_dlist_t *list)
{
    list->head = list;
    list->tail = list;
}

static inline void sys_dnode_init(sys_dnode_t *node)
{
    node->next = NULL;
    node->prev = NULL;
}

static inline bool sys_dnode_is_linked(const sys_dnode_t *node)
{
    return node->next != NULL;
}

static inline bool sys_dlist_is_empty(const sys_dlist_t *list)
{
    return list->head == list;
}

static inline bool sys_dlist_is_head(const sys_dlist_t *list, const sys_dnode_t *node)
{
    return list->head == node;
}

static inline bool sys_dlist_is_tail(const sys_dlist_t *list, const sys_dnode_t *node)
{
    return list->tail == node;
}

static inline bool sys_dlist_has_multiple_nodes(const sys_dlist_t *list)
{
    return list->head != list->tail;
}

static inline sys_dnode_t *sys_dlist_peek_head_not_empty(const sys_dlist_t *list)
{
    return list->head;
}

static inline sys_dnode_t *sys_dlist_peek_head(const sys_dlist_t *list)
{
    return sys_dlist_is_empty(list) ? NULL : list->head;
}

static inline sys_dnode_t *sys_dlist_peek_tail(const sys_dlist_t *list)
{
    return sys_dlist_is_empty(list) ? NULL : list->tail;
}

static inline sys_dnode_t *sys_dlist_peek_next_no_check(const sys_dlist_t *list,
                                                        const sys_dnode_t *node)
{
    return node == list->tail ? NULL : node->next;
}

static inline sys_dnode_t *sys_dlist_peek_next(const sys_dlist_t *list, const sys_dnode_t *node)
{
    return node ? sys_dlist_peek_next_no_check(list, node) : NULL;
}

static inline sys_dnode_t *sys_dlist_peek_prev_no_check(const sys_dlist_t *list,
                                                        const sys_dnode_t *node)
{
    return node == list->head ? NULL : node->prev;
}

static inline sys_dnode_t *sys_dlist_peek_prev(const sys_dlist_t *list, const sys_dnode_t *node)
{
    return node ? sys_dlist_peek_prev_no_check(list, node) : NULL;
}

// Put `node` in front of `successor`, which is in a list (or is the list: then at its end).
static inline void sys_dlist_insert(sys_dnode_t *successor, sys_dnode_t *node)
{
    sys_dnode_t *before = successor->prev;
    node->prev = before;
    node->next = successor;
    before->next = node;
    successor->prev = node;
}

static inline void sys_dlist_append(sys_dlist_t *list, sys_dnode_t *node)
{
    sys_dlist_insert(list, node);
}

static inline void sys_dlist_prepend(sys_dlist_t *list, sys_dnode_t *node)
{
    sys_dlist_insert(list->head, node);
}

// Put `node` in front of the first node for which cond() is true, else at the end.
static inline void sys_dlist_insert_at(sys_dlist_t *list, sys_dnode_t *node,
                                       int (*cond)(sys_dnode_t *node, void *data), void *data)
{
    sys_dnode_t *pos = sys_dlist_peek_head(list);
    while (pos && !cond(pos, data)) {
        pos = sys_dlist_peek_next(list, pos);
    }
    sys_dlist_insert(pos ? pos : list, node);
}

// Take out a node that is in a list.
static inline void sys_dlist_remove(sys_dnode_t *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    sys_dnode_init(node);
}

static inline void sys_dlist_dequeue(sys_dnode_t *node)
{
    sys_dlist_remove(node);
}

// Take the first node, or NULL.
static inline sys_dnode_t *sys_dlist_get(sys_dlist_t *list)
{
    sys_dnode_t *node = sys_dlist_peek_head(list);
    if (node) {
        sys_dlist_remove(node);
    }
    return node;
}

// Number of nodes, by counting them.
static inline size_t sys_dlist_len(const sys_dlist_t *list)
{
    size_t len = 0;
    for (const sys_dnode_t *node = list->head; node != list; node = node->next) {
        len++;
    }
    return len;
}

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_SYS_DLIST_H_
