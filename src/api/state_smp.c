// The parts of the host's state that the Security Manager has (state.c).
#include "api/state.h"
#include "gap/state.h"
#include "gatt/state.h"
#include "hci/hci.h"
#include "smp/state.h"

struct crypto_run crypto_run;
struct smp_run smp_run;
struct smp_reg smp_reg;
struct gatt_keep_reg gatt_keep_reg;
struct resolve_run resolve_run;

int (*const crypto_entropy)(void *buf, size_t len) = hci_rand;
void (*const crypto_p256_up)(bool lost) = smp_curve_up;
bool (*const gap_bond_at)(unsigned int place, struct gap_bond *bond) = smp_bond_at;
void (*const gap_bonds_delete)(uint8_t id) = smp_bonds_delete;

const struct state_part state_smp[] = {
    STATE_PART(crypto_run, STATE_RUN),  STATE_PART(smp_run, STATE_RUN),
    STATE_PART(smp_reg, STATE_REG),     STATE_PART(gatt_keep_reg, STATE_REG),
    STATE_PART(resolve_run, STATE_RUN), STATE_END,
};
