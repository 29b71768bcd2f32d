// See fake_bond.h.
#include "pdu/fake_bond.h"

#include <breeze/port.h>
#include <breeze/smp.h>

#include "crypto/crypto.h"
#include "gap/id.h"
#include "gatt/gatt.h"
#include "settings/handlers.h"

struct fake_bond fake_bond;
const bt_addr_le_t bt_addr_le_any;
struct gatt_keep_reg gatt_keep_reg;
struct crypto_run crypto_run;
int (*const crypto_entropy)(void *buf, size_t len) = breeze_port_entropy;
const struct settings_handler_static *const settings_host_handlers[] = {&gatt_keep_settings, NULL};

int breeze_smp_bond_flags(uint8_t id, const bt_addr_le_t *addr)
{
    bool is_one = !fake_bond.only || bt_addr_le_eq(fake_bond.only, addr);
    return fake_bond.bonded && is_one ? 0 : -ENOENT;
}

const bt_addr_le_t *gap_id_addr(uint8_t id)
{
    return id == 0 ? &fake_bond.local : NULL;
}

struct bt_conn *bt_conn_lookup_addr_le(uint8_t id, const bt_addr_le_t *peer)
{
    struct bt_conn *conn;
    for (unsigned int i = 0; (conn = conn_at(i)); i++) {
        if (conn_is_up(conn) && conn->id == id && bt_addr_le_eq(&conn->dst, peer)) {
            return conn;
        }
    }
    return NULL;
}

void bt_conn_unref(struct bt_conn *conn)
{
}

void fake_bond_begin(void)
{
    fake_bond = (struct fake_bond){0};
    memset(&gatt_keep_reg, 0, sizeof(gatt_keep_reg));
}

void fake_bond_end(void)
{
    gatt_conn_up.off();
    for (unsigned int i = 0; i < CONFIG_BT_MAX_PAIRED; i++) {
        assert_true(sys_slist_is_empty(&clt_run.away[i].subs));
    }
}

void fake_secure(struct bt_conn *conn)
{
    fake.security = BT_SECURITY_L2;
    gatt_conn_up.secured(conn);
}

void fake_leave(struct bt_conn *conn)
{
    fake.security = BT_SECURITY_L1;
    fake_disconnect(conn);
}

struct bt_conn *fake_come_back(struct bt_conn *conn)
{
    fake_leave(conn);
    return fake_connect(conn->index, conn->role);
}
