// The twin of scan.c in a build that does not scan.
#include "gap/gap.h"

bool scan_filters(void)
{
    return false;
}

bool scan_next(struct hci_cmd *cmd, struct wr *params)
{
    return false;
}

void scan_lost(void)
{
}

bool scan_is_on(void)
{
    return false;
}

bool scan_on_report(struct rd *params)
{
    return false;
}

bool scan_is_wanted(void)
{
    return false;
}
