// See any.h.
#include "any.h"

void any_open(struct rig *rig, uint64_t seed)
{
    rig_open_config(rig, &(struct air_config){.seed = seed, .loss_ppm = 20000});
    for (int i = 0; i < 3; i++) {
        rig_add_ready(rig, &(struct air_controller_config){0});
    }
}

void any_close(struct rig *rig)
{
    for (int i = 0; i < rig->count; i++) {
        rig_drain(rig, i);
        assert_int_equal(rig_cmd(rig, i, OP_RESET, NULL, 0), 0);
    }
    rig_run(rig, 40000000);
    assert_int_equal(air_next(rig->air), AIR_NEVER);
    rig_close(rig);
}

uint32_t any(uint64_t *random)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*random >> 32);
}

size_t any_packet(uint8_t buf[4 + ANY_PARAMS_MAX], const struct any_command *command, uint32_t draw,
                  uint8_t small, uint64_t *random)
{
    buf[0] = 0x01;
    put16(buf + 1, command->opcode);
    buf[3] = command->len;
    for (int k = 0; k < command->len; k++) {
        buf[4 + k] = (uint8_t)any(random) & (draw & 0x10000 ? 0xff : small);
    }
    return 4u + command->len;
}
