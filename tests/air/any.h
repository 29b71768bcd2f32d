// Three controllers on a lossy air, disturbed at random: whatever comes, it all ends.
#ifndef BREEZE_TESTS_AIR_ANY_H_
#define BREEZE_TESTS_AIR_ANY_H_

#include "rig.h"

struct any_command {
    uint16_t opcode;
    uint8_t len; // Of its parameters, at most ANY_PARAMS_MAX.
};
#define ANY_PARAMS_MAX 32

void any_open(struct rig *rig, uint64_t seed);
// Every controller resets, and within 40 s nothing is left to happen.
void any_close(struct rig *rig);

uint32_t any(uint64_t *random);

// The command as a packet, with parameters at random: any, or (by a bit of `draw`) those within
// `small`, which often mean something. Returns its length.
size_t any_packet(uint8_t buf[4 + ANY_PARAMS_MAX], const struct any_command *command, uint32_t draw,
                  uint8_t small, uint64_t *random);

#endif // BREEZE_TESTS_AIR_ANY_H_
