// The twin of state_eatt.c in a build without enhanced bearers.
#include "api/state.h"

const struct state_part state_eatt[] = {STATE_END};
