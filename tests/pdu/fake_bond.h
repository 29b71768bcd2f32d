// A stand-in for the Security Manager, above fake.h: every peer is bonded, or one, or none.
#ifndef BREEZE_TESTS_PDU_FAKE_BOND_H_
#define BREEZE_TESTS_PDU_FAKE_BOND_H_

#include "pdu/fake.h"

struct fake_bond {
    bool bonded;
    bt_addr_le_t local; // The identity.
    const bt_addr_le_t *only; // This peer alone is; NULL: all are.
};
extern struct fake_bond fake_bond;

// Before fake_begin(): nobody is bonded, nothing is kept of a peer. Behind fake_end(): what waits for
// a peer is handed back.
void fake_bond_begin(void);
void fake_bond_end(void);

// The peer's bond has encrypted this link.
void fake_secure(struct bt_conn *conn);

// The link goes down; another of the same peer comes up.
void fake_leave(struct bt_conn *conn);
struct bt_conn *fake_come_back(struct bt_conn *conn);

#endif // BREEZE_TESTS_PDU_FAKE_BOND_H_
