// The clock of the virtual air: a heap of timers ordered by (time, order of setting), so that equal
// times have one order and a run with the same seed repeats itself to the octet.
//
// Invariant: while a timer is in the heap, heap[timer->slot - 1] == timer. A timer is taken out
// before its function runs, so the function may set it again or free its owner.
#include "core.h"

#include <stdlib.h>
#include <string.h>

#include "controller.h"

uint64_t air_mix(uint64_t v)
{
    v ^= v >> 30;
    v *= 0xbf58476d1ce4e5b9u;
    v ^= v >> 27;
    v *= 0x94d049bb133111ebu;
    return v ^ v >> 31;
}

uint64_t air_rng_next(struct air_rng *rng)
{
    rng->state += 0x9e3779b97f4a7c15u;
    return air_mix(rng->state);
}

bool air_rng_chance(struct air_rng *rng, uint32_t ppm)
{
    return air_chance(air_rng_next(rng), ppm);
}

static bool heap_before(const struct air_timer *a, const struct air_timer *b)
{
    return a->at < b->at || (a->at == b->at && a->seq < b->seq);
}

static void heap_put(struct air *air, size_t i, struct air_timer *timer)
{
    air->heap[i] = timer;
    timer->slot = i + 1;
}

static void heap_up(struct air *air, size_t i)
{
    struct air_timer *timer = air->heap[i];
    while (i && heap_before(timer, air->heap[(i - 1) / 2])) {
        heap_put(air, i, air->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    heap_put(air, i, timer);
}

static void heap_down(struct air *air, size_t i)
{
    struct air_timer *timer = air->heap[i];
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= air->count) {
            break;
        }
        if (child + 1 < air->count && heap_before(air->heap[child + 1], air->heap[child])) {
            child++;
        }
        if (!heap_before(air->heap[child], timer)) {
            break;
        }
        heap_put(air, i, air->heap[child]);
        i = child;
    }
    heap_put(air, i, timer);
}

void air_timer_stop(struct air *air, struct air_timer *timer)
{
    if (!timer->slot) {
        return;
    }
    size_t i = timer->slot - 1;
    timer->slot = 0;
    struct air_timer *last = air->heap[--air->count];
    if (last != timer) {
        heap_put(air, i, last);
        heap_up(air, i);
        heap_down(air, last->slot - 1);
    }
}

void air_timer_set(struct air *air, struct air_timer *timer, int64_t at)
{
    air_timer_stop(air, timer);
    if (air->count == air->cap) {
        size_t cap = air->cap ? air->cap * 2 : 64;
        struct air_timer **heap = realloc(air->heap, cap * sizeof(*heap));
        if (!heap) {
            abort(); // an air without memory cannot keep its promises
        }
        air->heap = heap;
        air->cap = cap;
    }
    timer->at = at > air->now ? at : air->now;
    timer->seq = air->seq++;
    air->heap[air->count] = timer;
    heap_up(air, air->count++);
}

struct air *air_new(const struct air_config *config)
{
    struct air *air = calloc(1, sizeof(*air));
    if (air) {
        air->config = *config;
        air->now = config->start_us;
    }
    return air;
}

void air_free(struct air *air)
{
    if (!air) {
        return;
    }
    while (air->controllers) {
        air_controller_free(air->controllers);
    }
    air_pcap_flush(air);
    free(air->pcap.records);
    free(air->heap);
    free(air);
}

int64_t air_now(const struct air *air)
{
    return air->now;
}

int64_t air_next(const struct air *air)
{
    return air->count ? air->heap[0]->at : AIR_NEVER;
}

bool air_step(struct air *air)
{
    if (!air->count) {
        return false;
    }
    struct air_timer *timer = air->heap[0];
    air->now = timer->at;
    air_timer_stop(air, timer);
    timer->fn(timer->ctx);
    return true;
}

void air_run(struct air *air, int64_t until)
{
    while (air_next(air) <= until && air_step(air)) {
    }
    if (until > air->now && until != AIR_NEVER) {
        air->now = until;
    }
}

uint64_t air_seed(const struct air *air, uint64_t stream)
{
    return air_hash(air->config.seed, 0x736565640000u, stream);
}

// Airtime: preamble, access address, header, payload, CRC (Vol 6, Part B, 2.1); coded with S = 8:
// 80 us preamble, 256 + 16 + 24 us of first block, 64 us per octet, 24 us of terminator.
int64_t ll_airtime(uint8_t phy, unsigned int octets)
{
    if (phy == PHY_CODED) {
        return 80 + 256 + 16 + 24 + (int64_t)(2 + octets + 3) * 64 + 24;
    }
    if (phy == PHY_2M) {
        return (int64_t)(2 + 4 + 2 + octets + 3) * 4;
    }
    return (int64_t)(1 + 4 + 2 + octets + 3) * 8;
}

int ll_octets_in(uint8_t phy, int64_t us)
{
    int64_t per_octet = phy == PHY_CODED ? 64 : phy == PHY_2M ? 4 : 8;
    int64_t left = us - ll_airtime(phy, 0);
    return left < 0 ? -1 : (int)(left / per_octet);
}
