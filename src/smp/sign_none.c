// The twin of sign.c in a build without signed writes: keys that sign are neither written nor kept.
#include "base/rd.h"
#include "smp/state.h"

void smp_sign_put(const struct smp_keys *bond, struct wr *w)
{
}

void smp_sign_get(struct smp_keys *bond, struct rd *r)
{
    (void)rd_take(r, SMP_SIGN_RECORD_LEN);
}

void smp_sign_merge(struct smp_keys *keys, const struct smp_keys *old)
{
}
