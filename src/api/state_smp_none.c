// The twin of state_smp.c in a build without the Security Manager.
#include "api/state.h"

const struct state_part state_smp[] = {STATE_END};
