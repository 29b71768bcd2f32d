// The server's handlers, one per request (Vol 3, Part F, 3.4). Each reads the parameters from
// rx->in, writes the response's parameters to rx->out and returns 0, or returns an error code with
// the attribute in error in rx->handle. They may call the application.
#ifndef BREEZE_SRC_ATT_SERVER_H_
#define BREEZE_SRC_ATT_SERVER_H_

#include "att/bearer.h"
#include "att/uuid.h"

uint8_t att_on_mtu_req(struct att_rx *rx);
uint8_t att_on_find_info(struct att_rx *rx);
uint8_t att_on_find_type(struct att_rx *rx);
uint8_t att_on_read_type(struct att_rx *rx);
uint8_t att_on_read(struct att_rx *rx);
uint8_t att_on_read_blob(struct att_rx *rx);
uint8_t att_on_read_group(struct att_rx *rx);
uint8_t att_on_write_req(struct att_rx *rx);
uint8_t att_on_write_cmd(struct att_rx *rx);
uint8_t att_on_read_multi(struct att_rx *rx);
uint8_t att_on_read_multi_var(struct att_rx *rx);
uint8_t att_on_prepare(struct att_rx *rx);
uint8_t att_on_execute(struct att_rx *rx);

// What this connection prepared is forgotten.
#if CONFIG_BREEZE_ATT_PREPARE_QUEUES
void att_queue_drop(const struct bt_conn *conn);
#else
static inline void att_queue_drop(const struct bt_conn *conn)
{
}
#endif

// A range of handles as several requests begin with: start from 1, not above end (3.4.3.1 ...).
// Sets rx->handle to start. 0 or BT_ATT_ERR_INVALID_HANDLE.
uint8_t att_range(struct att_rx *rx, uint16_t start, uint16_t end);

// Read a request for a type in a range: the whole PDU of Read By Type and Read By Group Type. 0 or
// the error.
struct att_type_range {
    uint16_t start;
    uint16_t end;
    struct bt_uuid_any type;
};
uint8_t att_type_range(struct att_rx *rx, struct att_type_range *request);

#endif // BREEZE_SRC_ATT_SERVER_H_
