// Which method two devices pair with, and what it is worth (Vol 3, Part H, 2.3.5.1; Vol 3, Part C,
// 10.2.1).
#include "smp/state.h"

// Table 2.8, [initiator][responder], columns in the order of enum smp_io. J Just Works, N numeric
// comparison, I the initiator types and the responder shows, R the other way round, B both type.
static const char legacy_table[5][6] = {"JJRJR", "JJRJR", "IIBJI", "JJJJJ", "IIRJR"};
static const char sc_table[5][6] = {"JJRJR", "JNRJN", "IIBJI", "JJJJJ", "INRJN"};

// What the application can do is what it has callbacks for. Comparing numbers takes a screen too.
enum smp_io smp_io_of(const struct smp_link *link)
{
    const struct bt_conn_auth_cb *auth = smp_auth(link);
    bool show = (auth && auth->passkey_display) || smp_reg.passkey_fixed;
    bool type = auth && auth->passkey_entry && !smp_reg.passkey_fixed;
    bool yes_no = auth && auth->passkey_confirm && !smp_reg.passkey_fixed;
    if (show && type && yes_no) {
        return SMP_IO_KEYBOARD_DISPLAY;
    }
    if (type) {
        return SMP_IO_KEYBOARD_ONLY;
    }
    if (show) {
        return yes_no ? SMP_IO_DISPLAY_YESNO : SMP_IO_DISPLAY_ONLY;
    }
    return SMP_IO_NONE;
}

enum smp_method smp_method_of(uint8_t initiator_io, uint8_t responder_io, bool sc, bool central)
{
    switch ((sc ? sc_table : legacy_table)[initiator_io][responder_io]) {
    case 'N':
        return SMP_NUMERIC;
    case 'I':
        return central ? SMP_TYPE : SMP_SHOW;
    case 'R':
        return central ? SMP_SHOW : SMP_TYPE;
    case 'B':
        return SMP_TYPE;
    default:
        return SMP_JUST_WORKS;
    }
}

enum smp_method smp_method(const struct smp_link *link)
{
    bool oob = link->sc ? link->req[2] || link->rsp[2] : link->req[2] && link->rsp[2];
    if (oob) {
        return SMP_OOB;
    }
    if (!((link->req[3] | link->rsp[3]) & SMP_AUTH_MITM)) {
        return SMP_JUST_WORKS;
    }
    return smp_method_of(link->req[1], link->rsp[1], link->sc, smp_is_central(link));
}

bt_security_t smp_level(enum smp_method method, bool sc, uint8_t size)
{
    bool legacy_passkey = !sc && method != SMP_OOB; // Not authenticated since Core 6.2.
    if (method == SMP_JUST_WORKS || (legacy_passkey && !smp_reg.policy.legacy_auth)) {
        return BT_SECURITY_L2;
    }
    return sc && size == CRYPTO_LEN ? BT_SECURITY_L4 : BT_SECURITY_L3;
}

bt_security_t smp_keys_level(const struct smp_keys *keys)
{
    if (!(keys->flags & SMP_KEYS_AUTH)) {
        return BT_SECURITY_L2;
    }
    return keys->flags & SMP_KEYS_SC && keys->size == CRYPTO_LEN ? BT_SECURITY_L4 : BT_SECURITY_L3;
}

uint8_t smp_min_size(void)
{
    return smp_reg.policy.min_key_size ? smp_reg.policy.min_key_size : CRYPTO_LEN;
}
