// The Security Manager: what its files tell each other, and the rows for src/api/wiring.c
// (Vol 3, Part H).
//
// Everything of a pairing runs in the drain or in a call of the application: received PDUs, what
// timers and HCI events posted, the curve. Only the look-up of a key for the controller runs in
// dispatch. A link is in one of the states of enum smp_state; pair.c has the one table of what each
// state takes.
//
//   base.c    PDUs out, the end of a pairing, waiting, the curve
//   features.c  phase 1; pair.c: phase 2 and the table
//   dist.c    phase 3: keys out and in, the end of a pairing
//   keypress.c  what the user types, told to who shows the passkey
//   method.c  IO capabilities to method, method to security level
//   enc.c     encryption: commands and events of the controller
//   bond.c    bonds in memory; store.c: as records in the settings
//   sign.c    keys that sign: given, kept, used; sign_none.c its twin
//   api.c     the application's calls; oob.c: out of band data
//   none.c    the twin of it all in a build without the Security Manager
#ifndef BREEZE_SRC_SMP_SMP_H_
#define BREEZE_SRC_SMP_SMP_H_

#include <stdbool.h>
#include <stdint.h>

#include <zephyr/net_buf.h>
#include <zephyr/settings/settings.h>

#include "conn/conn.h"
#include "hci/cmd.h"
#include "hci/evt.h"

// ---- Rows for src/api/wiring.c --------------------------------------------------------------------

extern const struct hci_source smp_source;
extern const struct hci_evt_row smp_evt_rows[]; // Before conn_evt_rows, whose rows refuse.
#define SMP_EVT_ROWS 3
extern const struct conn_up smp_conn_up; // Behind ATT's, before L2CAP's.
void smp_recv(struct bt_conn *conn, struct net_buf *pdu);
void smp_tx_free(void);
extern const struct settings_handler_static smp_settings;
struct gap_bond;
bool smp_bond_at(unsigned int place, struct gap_bond *bond); // For gap_bond_at.
void smp_bonds_delete(uint8_t id);                           // For gap_bonds_delete.
// For att_signing (att/signed.h), in a build with signed writes.
int smp_sign(const struct bt_conn *conn, const uint8_t *pdu, size_t len, uint8_t *signature);
bool smp_sign_check(const struct bt_conn *conn, const uint8_t *pdu, size_t len,
                    const uint8_t *signature);

#endif // BREEZE_SRC_SMP_SMP_H_
