// The twin of accept.c in a build without the filter accept list.
#include "gap/gap.h"

bool accept_next(struct hci_cmd *cmd, struct wr *params)
{
    return false;
}

void accept_lost(void)
{
}

bool accept_is_empty(void)
{
    return true;
}
