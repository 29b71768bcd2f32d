// Which advertisers a scan has reported already: a hash table of fixed size over address, set and
// event type, in which the oldest entry gives way. Works whatever the controller filters.
//
// Invariants: entries 0 to count - 1 are in use, each in the chain of its bucket; `oldest` is the
// one that was written first. Links are index + 1, 0 is the end.
#include <string.h>

#include "gap/state.h"

#define DUP_MAX CONFIG_BREEZE_SCAN_DUP_MAX

static uint16_t *bucket_of(struct dup_run *run, const uint8_t key[DUP_KEY_LEN])
{
    uint32_t hash = 2166136261u; // FNV-1a
    for (unsigned int i = 0; i < DUP_KEY_LEN; i++) {
        hash = (hash ^ key[i]) * 16777619u;
    }
    return &run->buckets[(hash ^ hash >> 16) % DUP_MAX];
}

static void unlink_oldest(struct dup_run *run)
{
    uint16_t *at = bucket_of(run, run->entries[run->oldest].key);
    while (*at != run->oldest + 1u) {
        at = &run->entries[*at - 1].next;
    }
    *at = run->entries[run->oldest].next;
}

void scan_dup_reset(void)
{
    memset(&dup_run, 0, sizeof(dup_run));
}

bool scan_dup_seen(const bt_addr_le_t *addr, uint8_t type, uint8_t set)
{
    struct dup_run *run = &dup_run;
    uint8_t key[DUP_KEY_LEN] = {(uint8_t)(addr->type << 4 | type), set};
    memcpy(&key[2], addr->a.val, BT_ADDR_SIZE);
    uint16_t *bucket = bucket_of(run, key);
    for (uint16_t at = *bucket; at; at = run->entries[at - 1].next) {
        if (memcmp(run->entries[at - 1].key, key, DUP_KEY_LEN) == 0) {
            return true;
        }
    }
    uint16_t at = run->count;
    if (run->count < DUP_MAX) {
        run->count++;
    } else {
        at = run->oldest;
        unlink_oldest(run);
        run->oldest = (uint16_t)((at + 1) % DUP_MAX);
    }
    memcpy(run->entries[at].key, key, DUP_KEY_LEN);
    run->entries[at].next = *bucket;
    *bucket = (uint16_t)(at + 1);
    return false;
}
