// gatts_register_services: from the octets that ubluetooth.py makes of a table to the backend's calls.
#include <stdlib.h>
#include <string.h>

#include "extmod/modbluetooth.h"
#include "py/mperrno.h"

#include "breeze_mpy.h"
#include "stock.h"

#define CHRCS_MAX 255
#define DESCS_MAX 1024 // In one service.

// Reads the table; `bad` is sticky.
struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool bad;
};

// One service as the backend wants it.
struct table {
    mp_obj_bluetooth_uuid_t service;
    mp_obj_bluetooth_uuid_t uuids[CHRCS_MAX + DESCS_MAX];
    mp_obj_bluetooth_uuid_t *chrcs[CHRCS_MAX];
    uint16_t chrc_flags[CHRCS_MAX];
    uint8_t desc_counts[CHRCS_MAX];
    mp_obj_bluetooth_uuid_t *descs[DESCS_MAX];
    uint16_t desc_flags[DESCS_MAX];
    size_t chrc_count;
    size_t desc_count;
    size_t uuid_count;
};

static uint8_t read_u8(struct reader *reader)
{
    if (reader->at == reader->end) {
        reader->bad = true;
        return 0;
    }
    return *reader->at++;
}

static uint16_t read_u16(struct reader *reader)
{
    uint16_t low = read_u8(reader);
    return (uint16_t)(low | read_u8(reader) << 8);
}

static void read_uuid(struct reader *reader, mp_obj_bluetooth_uuid_t *uuid)
{
    *uuid = (mp_obj_bluetooth_uuid_t){.type = read_u8(reader)};
    if (uuid->type > sizeof(uuid->data)) {
        reader->bad = true;
        return;
    }
    for (size_t i = 0; i < uuid->type; i++) {
        uuid->data[i] = read_u8(reader);
    }
}

static void read_characteristic(struct reader *reader, struct table *table)
{
    mp_obj_bluetooth_uuid_t *uuid = &table->uuids[table->uuid_count++];
    read_uuid(reader, uuid);
    size_t chrc = table->chrc_count++;
    table->chrcs[chrc] = uuid;
    table->chrc_flags[chrc] = read_u16(reader);
    table->desc_counts[chrc] = read_u8(reader);
    for (size_t i = 0; i < table->desc_counts[chrc] && !reader->bad; i++) {
        if (table->desc_count == DESCS_MAX) {
            reader->bad = true;
            return;
        }
        uuid = &table->uuids[table->uuid_count++];
        read_uuid(reader, uuid);
        table->descs[table->desc_count] = uuid;
        table->desc_flags[table->desc_count++] = read_u16(reader);
    }
}

static int register_one(struct reader *reader, struct table *table, uint16_t *handles,
                        size_t *handle_count)
{
    table->chrc_count = 0;
    table->desc_count = 0;
    table->uuid_count = 0;
    read_uuid(reader, &table->service);
    uint8_t chrcs = read_u8(reader);
    for (size_t i = 0; i < chrcs && !reader->bad; i++) {
        read_characteristic(reader, table);
    }
    if (reader->bad) {
        return MP_E2BIG;
    }
    uint16_t *out = handles + *handle_count;
    *handle_count += table->chrc_count + table->desc_count;
    return mp_bluetooth_gatts_register_service(&table->service, table->chrcs, table->chrc_flags,
                                               table->descs, table->desc_flags, table->desc_counts,
                                               out, table->chrc_count);
}

static int register_all(struct request *request, struct table *table, uint16_t *handles,
                        size_t *handle_count)
{
    int err = mp_bluetooth_gatts_register_service_begin(false);
    struct reader reader = {
        .at = request->in[0],
        .end = request->in[0] + request->in_len[0],
    };
    while (!err && reader.at < reader.end) {
        err = register_one(&reader, table, handles, handle_count);
    }
    return err ? err : mp_bluetooth_gatts_register_service_end();
}

static int run_register(struct request *request)
{
    // Each handle took at least four octets of the table.
    size_t max = (size_t)request->in_len[0] / 4 + 1;
    uint16_t *handles = calloc(max, sizeof(*handles));
    struct table *table = malloc(sizeof(*table));
    size_t count = 0;
    int err = handles && table ? register_all(request, table, handles, &count) : MP_ENOMEM;
    request->out = malloc(2 * max);
    err = err ? err : request->out ? 0 : MP_ENOMEM;
    for (size_t i = 0; !err && i < count; i++) {
        request->out[2 * i] = (uint8_t)handles[i];
        request->out[2 * i + 1] = (uint8_t)(handles[i] >> 8);
    }
    request->out_len = err ? 0 : 2 * count;
    free(table);
    free(handles);
    return err;
}

int breeze_mpy_register(const void *table, int len)
{
    struct request request = {
        .run = run_register,
        .heavy = true,
        .data = true,
        .in = {(uint8_t *)table},
        .in_len = {len},
    };
    return request_submit(&request);
}
