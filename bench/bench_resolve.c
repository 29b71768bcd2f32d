// Resolving private addresses against N bonds (src/gap/resolve.c), counted by callgrind as in bench_insn.c:
// UNITS addresses of the peer whose bond comes last, in a build with room for 100 bonds. Usage: bench_resolve
// new|met N: each address another one, or always the same. Prints the blocks of AES for each, which are
// the library's and not among the instructions.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <valgrind/callgrind.h>

#include "crypto/crypto.h"
#include "gap/rpa.h"
#include "gap/state.h"
#include "smp/state.h"

#define UNITS 1000

static bool counting;
static unsigned int blocks;

void __real_crypto_aes_block(const uint8_t *key, const uint8_t *in, uint8_t *out);
void __wrap_crypto_aes_block(const uint8_t *key, const uint8_t *in, uint8_t *out);

void __wrap_crypto_aes_block(const uint8_t *key, const uint8_t *in, uint8_t *out)
{
    blocks += counting;
    __real_crypto_aes_block(key, in, out);
}

static void bonds_make(unsigned int count)
{
    gap_reg.ids[0] = (bt_addr_le_t){BT_ADDR_LE_RANDOM, {{1, 2, 3, 4, 5, 0xc5}}};
    gap_reg.id_count = 1;
    for (unsigned int i = 0; i < count; i++) {
        smp_reg.bonds[i] = (struct smp_keys){
            .flags = SMP_KEYS_USED | SMP_KEYS_IRK,
            .addr = {BT_ADDR_LE_RANDOM, {{(uint8_t)i, 2, 3, 4, 5, 0xc6}}},
            .local = gap_reg.ids[0],
            .irk = {(uint8_t)(i + 1)},
        };
    }
    gap_bonds_changed();
}

// Private address `number` of a peer (Vol 6, Part B, 1.3.2.2).
static bt_addr_le_t rpa_of(const uint8_t irk[16], unsigned int number)
{
    bt_addr_le_t addr = {BT_ADDR_LE_RANDOM,
                         {{0, 0, 0, (uint8_t)number, (uint8_t)(number >> 8), 0x40}}};
    crypto_ah(irk, addr.a.val + 3, addr.a.val);
    return addr;
}

static bool resolve(const struct smp_keys *bond, bt_addr_le_t addr)
{
    counting = true;
    CALLGRIND_TOGGLE_COLLECT;
    bool found = gap_resolve(BT_ID_DEFAULT, &addr);
    CALLGRIND_TOGGLE_COLLECT;
    counting = false;
    return found && bt_addr_le_eq(&addr, &bond->addr);
}

static bool run(unsigned int count, bool met)
{
    const struct smp_keys *last = &smp_reg.bonds[count - 1];
    unsigned int found = 0;
    if (met) {
        bt_addr_le_t addr = rpa_of(last->irk, UNITS);
        (void)gap_resolve(BT_ID_DEFAULT, &addr);
    }
    for (unsigned int i = 0; i < UNITS; i++) {
        found += resolve(last, rpa_of(last->irk, met ? UNITS : i));
    }
    return found == UNITS;
}

int main(int argc, char **argv)
{
    unsigned int count = argc == 3 ? (unsigned int)atoi(argv[2]) : 0;
    bool met = argc == 3 && !strcmp(argv[1], "met");
    if (!count || count > CONFIG_BT_MAX_PAIRED || (!met && strcmp(argv[1], "new"))) {
        fprintf(stderr, "usage: bench_resolve new|met N, N up to %d\n", CONFIG_BT_MAX_PAIRED);
        return 2;
    }
    bonds_make(count);
    if (!run(count, met)) {
        return 1;
    }
    printf("aes.resolve.%s.bonds.%u %f\n", argv[1], count, (double)blocks / UNITS);
    return 0;
}
