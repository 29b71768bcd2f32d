// Discovery of descriptors with their values by Read By Type, for the types whose value the Core
// Specification fixes (Vol 3, Part G, 3.3.3).
#include "att/db.h"
#include "att/pdu.h"
#include "att/uuid.h"
#include "gatt/clt.h"

union std_value {
    struct bt_gatt_cep cep;
    struct bt_gatt_ccc ccc;
    struct bt_gatt_scc scc;
    struct bt_gatt_cpf cpf;
};

static void get_cep(struct rd *from, union std_value *value)
{
    value->cep.properties = rd_le16(from);
}

static void get_ccc(struct rd *from, union std_value *value)
{
    value->ccc.flags = rd_le16(from);
}

static void get_scc(struct rd *from, union std_value *value)
{
    value->scc.flags = rd_le16(from);
}

static void get_cpf(struct rd *from, union std_value *value)
{
    value->cpf.format = rd_u8(from);
    value->cpf.exponent = rd_i8(from);
    value->cpf.unit = rd_le16(from);
    value->cpf.name_space = rd_u8(from);
    value->cpf.description = rd_le16(from);
}

static const struct std_kind {
    uint16_t uuid;
    uint8_t len;
    void (*get)(struct rd *from, union std_value *value);
} kinds[] = {
    {BT_UUID_GATT_CEP_VAL, 2, get_cep},
    {BT_UUID_GATT_CCC_VAL, 2, get_ccc},
    {BT_UUID_GATT_SCC_VAL, 2, get_scc},
    {BT_UUID_GATT_CPF_VAL, 7, get_cpf},
};

static const struct std_kind *kind_of(const struct bt_uuid *uuid)
{
    for (size_t i = 0; uuid && i < ARRAY_SIZE(kinds); i++) {
        if (uuid_is(uuid, kinds[i].uuid)) {
            return &kinds[i];
        }
    }
    return NULL;
}

bool clt_std_desc_known(const struct bt_uuid *uuid)
{
    return kind_of(uuid) != NULL;
}

static bool build(struct bt_conn *conn, struct bt_gatt_op *op, struct wr *w)
{
    const struct bt_gatt_discover_params *params = op->params;
    wr_u8(w, ATT_READ_TYPE_REQ);
    wr_le16(w, op->at);
    wr_le16(w, params->end_handle);
    uuid_put(w, params->uuid);
    return true;
}

static int on_rsp(struct bt_conn *conn, struct bt_gatt_op *op, struct rd *rsp)
{
    const struct bt_gatt_discover_params *params = op->params;
    const struct std_kind *kind = kind_of(params->uuid);
    size_t item = rd_u8(rsp);
    uint16_t last = 0;
    if (!kind || item != 2u + kind->len || !rd_left(rsp) || rd_left(rsp) % item) {
        return BT_ATT_ERR_INVALID_PDU;
    }
    while (rd_left(rsp)) {
        union std_value value;
        uint16_t handle = rd_le16(rsp);
        if (handle < op->at || handle <= last || handle > params->end_handle) {
            return BT_ATT_ERR_INVALID_PDU;
        }
        last = handle;
        kind->get(rsp, &value);
        int wish = clt_discovered(conn, op, params->uuid, handle, &value);
        if (wish) {
            return wish;
        }
    }
    return clt_discover_next(op, last);
}

const struct clt_proc clt_std_descs = {
    "discover standard descriptors", build, on_rsp, clt_discover_on_err, clt_discover_end, false,
};
