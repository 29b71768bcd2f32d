// The rest of what Breeze offers beyond Zephyr's API: counters.
#include <breeze/breeze.h>

#include "hci/hci.h"

void breeze_stats(struct breeze_stats *stats)
{
    *stats = *hci_stats();
}
