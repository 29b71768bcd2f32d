// Requests of ours that met a procedure of the central's with an instant of its own (Vol 6, Part B, 5.3):
// a peripheral's is rejected then, as Different Transaction Collision, and may be started again when
// that other one is over. Done a few times, so that neither the application nor who asked for nothing
// (data lengths and PHYs of new links) has to know of it.
#include "conn/state.h"

#define TRIES 3
// The central's instant is six events ahead, or a little more (5.1.1, 5.1.10).
#define EVENTS 8

static void again(struct loop_timer *timer)
{
    struct bt_conn *conn = CONTAINER_OF(timer, struct bt_conn, timer);
    if (conn_is_up(conn)) {
        conn->want |= conn->again;
        hci_cmd_kick();
    }
    conn->again = 0;
}

bool conn_again(struct bt_conn *conn, enum conn_want want, uint8_t status)
{
    uint8_t *tries = want == CONN_WANT_PHY ? &conn->phy_tries : &conn->update_tries;
    if (status != BT_HCI_ERR_DIFF_TRANS_COLLISION || *tries == TRIES || !conn_is_up(conn)) {
        return false;
    }
    ++*tries;
    conn->again |= (uint16_t)BIT(want);
    // The disconnection's timer: only links that nobody disconnects ask again.
    loop_timer_start(&conn->timer, EVENTS * (conn->latency + 1LL) * conn->interval * 1250, again);
    return true;
}

void conn_first(struct bt_conn *conn, enum conn_want want)
{
    conn->again &= (uint16_t)~BIT(want);
    *(want == CONN_WANT_PHY ? &conn->phy_tries : &conn->update_tries) = 0;
}
