// The seam on the controller's own commands (crypto.h; Vol 4, Part E, 7.8.22, 7.8.36 and 7.8.37), in place
// of a library: a build with BREEZE_CRYPTO=controller links none.
//
// AES is LE Encrypt, one block a command, with the wait of API calls (design D3). So whoever needs a block
// runs in the drain or in main; where waiting is impossible there is none, and crypto_ok() is false.
//
// P-256 is a command whose result an event brings. There is one operation at a time, and nothing waits
// for it: -EINPROGRESS, then crypto_p256_up(), then the same call again finds the result. One that nobody
// fetches gives way to the next. The controller does not say whose result an event brings, so what comes while
// none is due is dropped; one that comes late and is taken for another's ends that pairing, whose
// DHKey checks differ.
//
// The private key stays in the controller, until HCI Reset. Whether the peer's point lies on the curve is
// the controller's to say: by its status, or as those before 5.1 do by a key of ones.
#include <errno.h>
#include <string.h>

#include <zephyr/bluetooth/crypto.h>

#include "crypto/controller.h"
#include "crypto/crypto.h"
#include "hci/wait.h"
#include "kernel/loop.h"

#define LOG_LAYER LOG_SMP
#include "base/log.h"

// How long a product may take: no slow controller is near it.
#define P256_US 10000000

enum { AES_IDLE, AES_WANTED, AES_SENT, AES_DONE, AES_FAILED };
enum { P256_IDLE, P256_WANTED, P256_SENT, P256_DONE };

// ---- AES ----------------------------------------------------------------------------------------

bool crypto_has_aes(void)
{
    return hci_state() == HCI_READY && hci_has_command(27, 6);
}

static bool aes_busy(void *arg)
{
    return crypto_run.aes.state == AES_WANTED || crypto_run.aes.state == AES_SENT;
}

static void aes_done(void *arg, uint8_t status, struct rd *ret)
{
    struct crypto_aes *aes = &crypto_run.aes;
    const uint8_t *block = rd_take(ret, CRYPTO_LEN);
    aes->state = status || !block ? AES_FAILED : AES_DONE;
    if (aes->state == AES_DONE) {
        crypto_reverse(aes->block, block, CRYPTO_LEN);
    }
}

static void aes_put(struct wr *params)
{
    uint8_t octets[2 * CRYPTO_LEN];
    crypto_reverse(octets, crypto_run.aes.key, CRYPTO_LEN);
    crypto_reverse(octets + CRYPTO_LEN, crypto_run.aes.block, CRYPTO_LEN);
    wr_bytes(params, octets, sizeof(octets));
    crypto_run.aes.state = AES_SENT;
}

// A block that an earlier call gave up may still be out.
static bool aes(const uint8_t *key, const uint8_t *in)
{
    struct crypto_aes *aes = &crypto_run.aes;
    if (!crypto_has_aes() || hci_wait(aes_busy, NULL)) {
        return false;
    }
    uint8_t ticket = ++aes->ticket;
    memcpy(aes->key, key, CRYPTO_LEN);
    memcpy(aes->block, in, CRYPTO_LEN);
    aes->state = AES_WANTED;
    int err = hci_wait(aes_busy, NULL);
    if (aes->ticket != ticket) {
        return false; // Another thread's call has taken the place.
    }
    if (aes->state == AES_WANTED) {
        aes->state = AES_IDLE;
    }
    return !err && aes->state == AES_DONE;
}

void crypto_aes_block(const uint8_t key[CRYPTO_LEN], const uint8_t in[CRYPTO_LEN],
                      uint8_t out[CRYPTO_LEN])
{
    if (hci_may_wait() && aes(key, in)) {
        memcpy(out, crypto_run.aes.block, CRYPTO_LEN);
    } else {
        memset(out, 0, CRYPTO_LEN);
        crypto_run.failed = true;
    }
    if (!aes_busy(NULL)) {
        memset(crypto_run.aes.key, 0, CRYPTO_LEN);
        memset(crypto_run.aes.block, 0, CRYPTO_LEN);
    }
}

// ---- P-256 --------------------------------------------------------------------------------------

bool crypto_has_p256(void)
{
    return hci_state() == HCI_READY && hci_has_command(34, 1) && hci_has_command(34, 2);
}

static void p256_end(int err)
{
    struct crypto_p256 *p256 = &crypto_run.p256;
    loop_timer_stop(&p256->timer);
    p256->state = P256_DONE;
    p256->err = (int8_t)err;
    p256->has_key = p256->has_key || (!p256->multiplies && !err);
    crypto_p256_up(false);
}

static void p256_late(struct loop_timer *timer)
{
    log_wrn("no result of the controller's P-256");
    p256_end(-EIO);
}

// Only a refusal ends it; the result comes as an event.
static void p256_done(void *arg, uint8_t status, struct rd *ret)
{
    if (status && crypto_run.p256.state == P256_SENT) {
        bool invalid = crypto_run.p256.multiplies && status == BT_HCI_ERR_INVALID_PARAM;
        p256_end(invalid ? -EINVAL : -EIO);
    }
}

// Is it what is due. Any result ends what is out; one of the other kind is nobody's.
static bool p256_due(bool product)
{
    const struct crypto_p256 *p256 = &crypto_run.p256;
    bool due = p256->state == P256_SENT && p256->multiplies == product;
    hci_stats()->evt_stale += !due;
    return due;
}

static bool on_public_key(struct rd *params)
{
    uint8_t status = rd_u8(params);
    const uint8_t *key = rd_take(params, 2 * CRYPTO_P256_LEN);
    if (!rd_done(params)) {
        return false;
    }
    if (p256_due(false)) {
        memcpy(crypto_run.p256.value, key, 2 * CRYPTO_P256_LEN);
        p256_end(status ? -EIO : 0);
    }
    return true;
}

static bool is_ones(const uint8_t key[CRYPTO_P256_LEN])
{
    uint8_t all = 0xff;
    for (size_t i = 0; i < CRYPTO_P256_LEN; i++) {
        all &= key[i];
    }
    return all == 0xff;
}

static bool on_dhkey(struct rd *params)
{
    uint8_t status = rd_u8(params);
    const uint8_t *key = rd_take(params, CRYPTO_P256_LEN);
    if (!rd_done(params)) {
        return false;
    }
    if (p256_due(true)) {
        memcpy(crypto_run.p256.value, key, CRYPTO_P256_LEN);
        p256_end(status || is_ones(key) ? -EINVAL : 0);
    }
    return true;
}

static void p256_begin(const uint8_t *peer)
{
    struct crypto_p256 *p256 = &crypto_run.p256;
    p256->multiplies = peer != NULL;
    p256->has_key = p256->has_key && peer;
    memset(p256->value, 0, sizeof(p256->value));
    if (peer) {
        memcpy(p256->peer, peer, sizeof(p256->peer));
    }
    p256->state = P256_WANTED;
    hci_cmd_kick();
}

// The result of this operation if it is there: 0 or its error. Otherwise it is begun, as soon as
// none is out.
static int p256(const uint8_t *peer, uint8_t *out)
{
    struct crypto_p256 *p256 = &crypto_run.p256;
    bool out_of_turn = p256->state == P256_WANTED || p256->state == P256_SENT;
    bool same = p256->multiplies == (peer != NULL) &&
                (!peer || !memcmp(p256->peer, peer, sizeof(p256->peer)));
    if (!crypto_has_p256() || (peer && !p256->has_key)) {
        return -EIO;
    }
    if (p256->state != P256_DONE || !same) {
        if (!out_of_turn) {
            p256_begin(peer);
        }
        return -EINPROGRESS;
    }
    crypto_reverse(out, p256->value, CRYPTO_P256_LEN);
    if (!peer) {
        crypto_reverse(out + CRYPTO_P256_LEN, p256->value + CRYPTO_P256_LEN, CRYPTO_P256_LEN);
    }
    memset(p256->value, 0, sizeof(p256->value));
    p256->state = P256_IDLE;
    return p256->err;
}

int crypto_p256_make(uint8_t priv[CRYPTO_P256_LEN], uint8_t pub[2 * CRYPTO_P256_LEN])
{
    memset(priv, 0, CRYPTO_P256_LEN);
    return p256(NULL, pub);
}

int crypto_p256_dh(const uint8_t priv[CRYPTO_P256_LEN], const uint8_t pub[2 * CRYPTO_P256_LEN],
                   uint8_t dh[CRYPTO_P256_LEN])
{
    return p256(pub, dh);
}

// ---- Random octets ------------------------------------------------------------------------------

// A generator of our own would need AES where nobody may wait for it. The port's entropy and LE Rand are
// fit for keys as they are.
int crypto_rand(void *buf, size_t len)
{
    return bt_rand(buf, len);
}

// ---- The controller -----------------------------------------------------------------------------

static void p256_put(struct wr *params)
{
    struct crypto_p256 *p256 = &crypto_run.p256;
    uint8_t octets[CRYPTO_P256_LEN];
    for (size_t at = 0; p256->multiplies && at < sizeof(p256->peer); at += sizeof(octets)) {
        crypto_reverse(octets, p256->peer + at, sizeof(octets));
        wr_bytes(params, octets, sizeof(octets));
    }
    p256->state = P256_SENT;
    loop_timer_start(&p256->timer, P256_US, p256_late);
}

static bool source_next(struct hci_cmd *cmd, struct wr *params)
{
    if (crypto_run.aes.state == AES_WANTED) {
        aes_put(params);
        *cmd = (struct hci_cmd){BT_HCI_OP_LE_ENCRYPT, aes_done, NULL};
        return true;
    }
    if (crypto_run.p256.state == P256_WANTED) {
        p256_put(params);
        *cmd = (struct hci_cmd){crypto_run.p256.multiplies ? BT_HCI_OP_LE_GENERATE_DHKEY
                                                           : BT_HCI_OP_LE_P256_PUBLIC_KEY,
                                p256_done, NULL};
        return true;
    }
    return false;
}

static void ready(void)
{
    if (!crypto_has_aes()) {
        log_wrn("the controller has no LE Encrypt: no pairing, no private addresses of ours");
    } else if (!crypto_has_p256()) {
        log_wrn("the controller has no P-256 commands: legacy pairing only");
    }
}

static void lost(void)
{
    loop_timer_stop(&crypto_run.p256.timer);
    memset(&crypto_run.p256, 0, sizeof(crypto_run.p256));
    crypto_p256_up(true);
}

const struct hci_source crypto_source = {.name = "crypto", .next = source_next};
const struct hci_evt_row crypto_evt_rows[] = {
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_P256_PUBLIC_KEY_COMPLETE, on_public_key},
    {BT_HCI_EVT_LE_META_EVENT, BT_HCI_EVT_LE_GENERATE_DHKEY_COMPLETE, on_dhkey},
};
const struct hci_up crypto_hci_up = {.ready = ready, .lost = lost};
