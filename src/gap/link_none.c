// The twin of link.c in a build without links.
#include "gap/gap.h"

bool link_on_complete(struct rd *params)
{
    return false;
}

bool link_on_enhanced_complete(struct rd *params)
{
    return false;
}
