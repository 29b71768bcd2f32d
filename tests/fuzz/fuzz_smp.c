// Fuzz target: any Security Manager PDUs to a host that is the peripheral or the central, idle or
// in the midst of a pairing, and any octets as the record of a bond. A first octet of options, then
// a list of {length, PDU}.
#include <stdlib.h>
#include <string.h>

#include <breeze/smp.h>

#include "base/rd.h"
#include "smp/state.h"
#include "support/pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct piece {
    const uint8_t *pdu;
    size_t len;
};

static void do_send(void *arg)
{
    const struct piece *piece = arg;
    struct bt_conn *conn = pair_here()->conn;
    if (conn && piece->len) {
        smp_send(smp_link_of(conn), piece->pdu, piece->len);
    }
}

static void do_begin(void *arg)
{
    if (pair_here()->conn) {
        (void)bt_conn_set_security(pair_here()->conn, BT_SECURITY_L2);
    }
}

// As it is, and with the check that belongs to it.
static void do_import(void *arg)
{
    static const uint8_t key[CRYPTO_LEN] = "Breeze bond 1";
    const struct piece *piece = arg;
    uint8_t record[2000];
    uint8_t check[CRYPTO_LEN];
    (void)breeze_smp_bond_import(piece->pdu, piece->len);
    (void)bt_unpair(BT_ID_DEFAULT, NULL);
    if (piece->len > 4) {
        memcpy(record, piece->pdu, piece->len);
        crypto_cmac(key, record, piece->len - 4, check);
        memcpy(record + piece->len - 4, check, 4);
        (void)breeze_smp_bond_import(record, piece->len);
        (void)bt_unpair(BT_ID_DEFAULT, NULL);
    }
}

static bool never(void *arg)
{
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct pair pair;
    const struct pair_options options = {.seed = 3};
    if (size < 2 || size > 2000) {
        return 0;
    }
    if (!pair_start(&pair, &options)) {
        abort();
    }
    struct rd r = rd_init(data, size);
    uint8_t choice = rd_u8(&r);
    unsigned int who = choice & 1;
    struct piece record = {r.p, rd_left(&r)};
    sim_on(pair.hosts[who].host, do_import, &record);
    if (choice & 2) {
        sim_on(pair.hosts[1].host, do_begin, NULL);
    }
    while (rd_left(&r)) {
        size_t len = rd_u8(&r);
        len = MIN(MIN(len, rd_left(&r)), SMP_PDU_MAX);
        struct piece piece = {rd_take(&r, len), len};
        sim_on(pair.hosts[who].host, do_send, &piece);
        (void)pair_until(never, NULL, (choice >> 2) * 1000 + 1);
    }
    (void)pair_until(never, NULL, 100000);
    pair_stop(&pair);
    return 0;
}
