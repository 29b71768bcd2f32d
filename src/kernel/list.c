// The parts of sys_slist that are too long to be inline.
#include <zephyr/sys/slist.h>

void sys_slist_append_list(sys_slist_t *list, void *head, void *tail)
{
    if (head == NULL || tail == NULL) {
        return;
    }
    if (list->tail == NULL) {
        list->head = head;
    } else {
        list->tail->next = head;
    }
    list->tail = tail;
}

void sys_slist_merge_slist(sys_slist_t *list, sys_slist_t *list_to_append)
{
    sys_slist_append_list(list, list_to_append->head, list_to_append->tail);
    sys_slist_init(list_to_append);
}

bool sys_slist_find(const sys_slist_t *list, const sys_snode_t *node, sys_snode_t **prev)
{
    sys_snode_t *before = NULL;
    sys_snode_t *at = list->head;
    while (at && at != node) {
        before = at;
        at = at->next;
    }
    if (prev) {
        *prev = before;
    }
    return at != NULL;
}

bool sys_slist_find_and_remove(sys_slist_t *list, sys_snode_t *node)
{
    sys_snode_t *prev;
    if (!sys_slist_find(list, node, &prev)) {
        return false;
    }
    sys_slist_remove(list, prev, node);
    return true;
}

size_t sys_slist_len(const sys_slist_t *list)
{
    size_t len = 0;
    for (const sys_snode_t *node = list->head; node; node = node->next) {
        len++;
    }
    return len;
}
