// Singly linked list with O(1) append. An all-zero list is empty and ready for use.
//
// Nodes live in the objects that they link; a node is in at most one list.
#ifndef ZEPHYR_SYS_SLIST_H_
#define ZEPHYR_SYS_SLIST_H_

#include <stdbool.h>
#include <stddef.h>

#include <zephyr/sys/util.h>

#ifdef __cplusplus
extern "C" {
#endif

struct _snode {
    struct _snode *next;
};
typedef struct _snode sys_snode_t;

struct _slist {
    sys_snode_t *head;
    sys_snode_t *tail;
};
typedef struct _slist sys_slist_t;

#define SYS_SLIST_STATIC_INIT(ptr_to_list)                                                         \
    {                                                                                              \
        NULL, NULL                                                                                 \
    }

// Walk the nodes; the list must not change meanwhile.
#define SYS_SLIST_FOR_EACH_NODE(__sl, __sn)                                                        \
    for (__sn = sys_slist_peek_head(__sl); __sn != NULL; __sn = sys_slist_peek_next(__sn))
// Go on from node `__sn`, or from the head when it is NULL.
#define SYS_SLIST_ITERATE_FROM_NODE(__sl, __sn)                                                    \
    for (__sn = __sn ? sys_slist_peek_next_no_check(__sn) : sys_slist_peek_head(__sl);             \
         __sn != NULL; __sn = sys_slist_peek_next(__sn))
// Walk the nodes; the body may remove the current one.
#define SYS_SLIST_FOR_EACH_NODE_SAFE(__sl, __sn, __sns)                                            \
    for (__sn = sys_slist_peek_head(__sl), __sns = sys_slist_peek_next(__sn); __sn != NULL;        \
         __sn = __sns, __sns = sys_slist_peek_next(__sn))

#define SYS_SLIST_CONTAINER(__ln, __cn, __n)                                                       \
    ((__ln) ? CONTAINER_OF((__ln), __typeof__(*(__cn)), __n) : NULL)
#define SYS_SLIST_PEEK_HEAD_CONTAINER(__sl, __cn, __n)                                             \
    SYS_SLIST_CONTAINER(sys_slist_peek_head(__sl), __cn, __n)
#define SYS_SLIST_PEEK_TAIL_CONTAINER(__sl, __cn, __n)                                             \
    SYS_SLIST_CONTAINER(sys_slist_peek_tail(__sl), __cn, __n)
#define SYS_SLIST_PEEK_NEXT_CONTAINER(__cn, __n)                                                   \
    ((__cn) ? SYS_SLIST_CONTAINER(sys_slist_peek_next(&((__cn)->__n)), __cn, __n) : NULL)

// The same two walks over the objects that hold the nodes.
#define SYS_SLIST_FOR_EACH_CONTAINER(__sl, __cn, __n)                                              \
    for (__cn = SYS_SLIST_PEEK_HEAD_CONTAINER(__sl, __cn, __n); __cn != NULL;                      \
         __cn = SYS_SLIST_PEEK_NEXT_CONTAINER(__cn, __n))
#define SYS_SLIST_FOR_EACH_CONTAINER_SAFE(__sl, __cn, __cns, __n)                                  \
    for (__cn = SYS_SLIST_PEEK_HEAD_CONTAINER(__sl, __cn, __n),                                    \
        __cns = SYS_SLIST_PEEK_NEXT_CONTAINER(__cn, __n);                                          \
         __cn != NULL; __cn = __cns, __cns = SYS_SLIST_PEEK_NEXT_CONTAINER(__cn, __n))

static inline void sys_slist_init(sys_slist_t *list)
{
    list->head = NULL;
    list->tail = NULL;
}

static inline sys_snode_t *sys_slist_peek_head(const sys_slist_t *list)
{
    return list->head;
}

static inline sys_snode_t *sys_slist_peek_tail(const sys_slist_t *list)
{
    return list->tail;
}

static inline bool sys_slist_is_empty(const sys_slist_t *list)
{
    return list->head == NULL;
}

static inline sys_snode_t *sys_slist_peek_next_no_check(const sys_snode_t *node)
{
    return node->next;
}

static inline sys_snode_t *sys_slist_peek_next(const sys_snode_t *node)
{
    return node ? node->next : NULL;
}

static inline void sys_slist_prepend(sys_slist_t *list, sys_snode_t *node)
{
    node->next = list->head;
    list->head = node;
    if (list->tail == NULL) {
        list->tail = node;
    }
}

static inline void sys_slist_append(sys_slist_t *list, sys_snode_t *node)
{
    node->next = NULL;
    if (list->tail == NULL) {
        list->head = node;
    } else {
        list->tail->next = node;
    }
    list->tail = node;
}

// Put `node` behind `prev`; with `prev` NULL in front.
static inline void sys_slist_insert(sys_slist_t *list, sys_snode_t *prev, sys_snode_t *node)
{
    if (prev == NULL) {
        sys_slist_prepend(list, node);
    } else if (prev->next == NULL) {
        sys_slist_append(list, node);
    } else {
        node->next = prev->next;
        prev->next = node;
    }
}

// Take the first node of a list that has one.
static inline sys_snode_t *sys_slist_get_not_empty(sys_slist_t *list)
{
    sys_snode_t *node = list->head;
    list->head = node->next;
    if (list->tail == node) {
        list->tail = NULL;
    }
    return node;
}

// Take the first node, or NULL.
static inline sys_snode_t *sys_slist_get(sys_slist_t *list)
{
    return sys_slist_is_empty(list) ? NULL : sys_slist_get_not_empty(list);
}

// Take out `node`, whose predecessor is `prev` (NULL for the head). The node's link is cleared.
static inline void sys_slist_remove(sys_slist_t *list, sys_snode_t *prev, sys_snode_t *node)
{
    if (prev == NULL) {
        list->head = node->next;
    } else {
        prev->next = node->next;
    }
    if (list->tail == node) {
        list->tail = prev;
    }
    node->next = NULL;
}

// Append the chain `head` .. `tail`.
void sys_slist_append_list(sys_slist_t *list, void *head, void *tail);
// Append all of `list_to_append` and empty it.
void sys_slist_merge_slist(sys_slist_t *list, sys_slist_t *list_to_append);
// Whether `node` is in the list; `prev` (may be NULL) gets its predecessor.
bool sys_slist_find(const sys_slist_t *list, const sys_snode_t *node, sys_snode_t **prev);
// Take out `node` if it is in the list; says whether it was.
bool sys_slist_find_and_remove(sys_slist_t *list, sys_snode_t *node);
// Number of nodes, by counting them.
size_t sys_slist_len(const sys_slist_t *list);

#ifdef __cplusplus
}
#endif

#endif // ZEPHYR_SYS_SLIST_H_
