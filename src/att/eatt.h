// Enhanced ATT bearers (Vol 3, Part F, 3.2.11; Vol 3, Part G, 5.3 and 5.4): ATT over enhanced credit
// based channels on the SPSM 0x0027, up to CONFIG_BT_EATT_MAX per link besides the unenhanced bearer.
// In a build without them (CONFIG_BT_EATT 0) nothing here is called: callers test that constant.
//
// Order. Requests of ours and indications go to whichever bearer is free, so two that are under way at
// once may be answered in any order. Notifications and commands of one handle never pass each
// other: they follow on a bearer that still holds one of them. Between handles there is no order.
#ifndef BREEZE_SRC_ATT_EATT_H_
#define BREEZE_SRC_ATT_EATT_H_

#include <stdbool.h>
#include <stdint.h>

#include <zephyr/bluetooth/conn.h>
#include <zephyr/net_buf.h>

struct att_bearer;

// The open enhanced bearer behind `last`; NULL at the end.
struct att_bearer *eatt_next(const struct bt_conn *conn, const struct att_bearer *last);
// See att_mtu_of(), att_bearer_pick(), att_pdu_alloc(), which call these.
uint16_t eatt_mtu(const struct bt_conn *conn, unsigned int opt);
struct att_bearer *eatt_pick(struct bt_conn *conn, unsigned int opt, uint16_t handle, uint16_t len);
struct net_buf *eatt_alloc(const struct att_bearer *bearer);
// May it take another PDU; if not, acl_tx_free_hooks will tell.
bool eatt_has_room(const struct att_bearer *bearer);
// A transaction of ours timed out on it: its channel is closed.
void eatt_dead(struct att_bearer *bearer);
// For acl_tx_free_hooks[]; and the ends of a link and its security for conn_ups[]. Down: before
// anything else that ends with the link.
void eatt_tx_free(void);
void eatt_link_up(void);
void eatt_link_down(struct bt_conn *conn);
void eatt_security(struct bt_conn *conn, enum bt_security_err err);
// Open bearers if they open by themselves (CONFIG_BT_EATT_AUTO_CONNECT) and may be opened now.
void eatt_auto(struct bt_conn *conn);

#endif // BREEZE_SRC_ATT_EATT_H_
