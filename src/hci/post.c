// Posting and draining (post.h, design D4).
//
// Invariant: an object is in hci_run.posts exactly while it has bits. A delivery sees its bits
// cleared already, so that what it posts itself comes in a round of its own, behind the others.
#include "hci/post.h"

#include "hci/life.h"
#include "hci/state.h"

void post_set(struct post *post, uint16_t bits)
{
    if (!post->bits) {
        sys_slist_append(&hci_run.posts, &post->node);
        hci_need_turn();
    }
    post->bits |= bits;
}

void post_clear(struct post *post)
{
    if (post->bits) {
        (void)sys_slist_find_and_remove(&hci_run.posts, &post->node);
        post->bits = 0;
    }
}

bool post_draining(void)
{
    return hci_run.draining;
}

bool post_drain(void)
{
    if (hci_run.draining || sys_slist_is_empty(&hci_run.posts)) {
        return false;
    }
    hci_run.draining = true;
    sys_snode_t *node;
    while ((node = sys_slist_get(&hci_run.posts))) {
        struct post *post = CONTAINER_OF(node, struct post, node);
        uint16_t bits = post->bits;
        post->bits = 0;
        post->fn(post, bits);
    }
    hci_run.draining = false;
    return true;
}
