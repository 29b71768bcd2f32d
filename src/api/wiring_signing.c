// The wiring of signed writes (wiring.c), in a build that has them.
#include "att/signed.h"
#include "smp/smp.h"

const struct att_signing att_signing = {.sign = smp_sign, .check = smp_sign_check};
