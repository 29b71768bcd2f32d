// The conformance program on the back end with stacks.
#include "conformance.h"

const int conformance_backend = FIBER;
