// Encryption start, pause and restart (Core Specification, Vol 6, Part B, 5.1.3).
//
// The frames are real, the cipher is not: an encrypted PDU carries four octets of MIC in its
// airtime, and its receiver compares the two sides' keys (exchange.c). No data flows while keys
// change. A peripheral whose host has no key refuses a first encryption (0x06) and ends the link
// when the keys were to be changed (5.1.3.2).
#include <string.h>

#include "bytes.h"
#include "link.h"

static void enc_event(struct air_end *end, int64_t at, uint8_t status)
{
    uint8_t params[4] = {status};
    put16(params + 1, end->handle);
    if (end->refresh) {
        hci_event(end->controller, at, EVT_KEY_REFRESH, params, 3);
    } else {
        params[3] = status ? 0 : 1;
        hci_event(end->controller, at, EVT_ENCRYPTION_CHANGE, params, 4);
    }
    end->refresh = false;
}

static void enc_send_req(struct air_end *end)
{
    uint8_t pdu[23] = {LL_ENC_REQ};
    memcpy(pdu + 1, end->rand, 8);
    memcpy(pdu + 9, end->ediv, 2);
    put64(pdu + 11, air_rng_next(&end->controller->rng));
    put32(pdu + 19, (uint32_t)air_rng_next(&end->controller->rng));
    link_control_send(end, pdu, sizeof(pdu));
}

void enc_start(struct air_end *end)
{
    end->paused = true;
    end->refresh = end->encrypted;
    if (end->encrypted) {
        link_control_send(end, (uint8_t[]){LL_PAUSE_ENC_REQ}, 1);
    } else {
        enc_send_req(end);
    }
}

void enc_fail(struct air_end *end, uint8_t status)
{
    end->paused = false;
    enc_event(end, end->controller->air->now, status);
    llcp_done(end);
}

void enc_receive_pause_req(struct air_end *end, int64_t at, const uint8_t *data)
{
    if (end->role == PERIPHERAL && end->encrypted) {
        end->paused = true;
        end->refresh = true;
        link_control_send(end, (uint8_t[]){LL_PAUSE_ENC_RSP}, 1);
    }
}

void enc_receive_pause_rsp(struct air_end *end, int64_t at, const uint8_t *data)
{
    end->encrypted = false;
    if (end->role == CENTRAL) {
        link_control_send(end, (uint8_t[]){LL_PAUSE_ENC_RSP}, 1);
        enc_send_req(end);
    }
}

// Without an LTK request there can be no answer but "no".
static void ask_host(struct air_end *end, int64_t at)
{
    if (!hci_le_event_on(end->controller, LE_LTK_REQUEST)) {
        enc_ltk_reply(end, NULL);
        return;
    }
    uint8_t params[12];
    put16(params, end->handle);
    memcpy(params + 2, end->rand, 8);
    memcpy(params + 10, end->ediv, 2);
    end->ltk_asked = true;
    hci_le_event(end->controller, at, LE_LTK_REQUEST, params, sizeof(params));
}

void enc_receive_req(struct air_end *end, int64_t at, const uint8_t *data)
{
    if (end->role != PERIPHERAL) {
        link_control_send(end, (uint8_t[]){LL_UNKNOWN_RSP, LL_ENC_REQ}, 2);
        return;
    }
    memcpy(end->rand, data + 1, 8);
    memcpy(end->ediv, data + 9, 2);
    end->paused = true;
    uint8_t pdu[13] = {LL_ENC_RSP};
    put64(pdu + 1, air_rng_next(&end->controller->rng));
    put32(pdu + 9, (uint32_t)air_rng_next(&end->controller->rng));
    link_control_send(end, pdu, sizeof(pdu));
    ask_host(end, at);
}

void enc_receive_rsp(struct air_end *end, int64_t at, const uint8_t *data)
{
    // Half of the session key and of the vector: the air has no use for them.
}

// The host's answer to the LTK request; NULL: it has none.
void enc_ltk_reply(struct air_end *end, const uint8_t *ltk)
{
    end->ltk_asked = false;
    if (ltk) {
        memcpy(end->ltk, ltk, 16);
        link_control_send(end, (uint8_t[]){LL_START_ENC_REQ}, 1);
    } else if (end->refresh) {
        llcp_terminate(end, HCI_KEY_MISSING);
    } else {
        end->paused = false;
        llcp_reject(end, LL_ENC_REQ, HCI_KEY_MISSING);
    }
}

void enc_receive_start_req(struct air_end *end, int64_t at, const uint8_t *data)
{
    if (end->role == CENTRAL && end->local == PROC_ENCRYPT) {
        memcpy(end->ltk, end->ltk_new, 16);
        end->encrypted = true;
        link_control_send(end, (uint8_t[]){LL_START_ENC_RSP}, 1);
    }
}

void enc_receive_start_rsp(struct air_end *end, int64_t at, const uint8_t *data)
{
    if (end->role == PERIPHERAL) {
        end->encrypted = true;
        link_control_send(end, (uint8_t[]){LL_START_ENC_RSP}, 1);
    }
    end->paused = false;
    enc_event(end, at, HCI_SUCCESS);
    if (end->role == CENTRAL && end->local == PROC_ENCRYPT) {
        llcp_done(end);
    }
}
