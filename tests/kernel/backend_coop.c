// The conformance program on the back end without stacks.
#include "conformance.h"

const int conformance_backend = COOP;
