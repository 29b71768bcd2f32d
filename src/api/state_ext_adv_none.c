// The twin of state_ext_adv.c in a build without extended advertising.
#include "api/state.h"

const struct state_part state_ext_adv[] = {STATE_END};
