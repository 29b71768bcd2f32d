// The twin of state_privacy.c in a build without private addresses of our own.
#include "api/state.h"

const struct state_part state_privacy[] = {STATE_END};
