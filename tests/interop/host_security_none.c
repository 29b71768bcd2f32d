// The test host's pairing in a build without the Security Manager.
#include <errno.h>

#include "host_parts.h"

int security_io(uint32_t io, bool sc, bool repair)
{
    return -ENOTSUP;
}

int security_set(uint32_t link, uint32_t level)
{
    return -ENOTSUP;
}

int security_answer(uint32_t link, const char *what, uint32_t passkey)
{
    return -ENOTSUP;
}

int security_unpair(void)
{
    return -ENOTSUP;
}

int cmd_oob(const struct words *w)
{
    return -ENOTSUP;
}

int cmd_oob_peer(const struct words *w)
{
    return -ENOTSUP;
}

int cmd_oob_tk(const struct words *w)
{
    return -ENOTSUP;
}
