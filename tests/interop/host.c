// A Breeze host that is driven line by line: the tests in this folder write commands to its standard
// input and read one line per event from its standard output. It uses public headers and the Unix
// port only; BREEZE_HCI, BREEZE_TRACE and BREEZE_LOG are the port's, INTEROP_SETTINGS names a
// file for the host's settings.
//
// A command is words with spaces between: a name, then numbers (0x.. or decimal), addresses
// (AA:BB:CC:DD:EE:FF/random), or bytes in hexadecimal ("-": none). The answer is "ok NAME ..." or
// "err NAME ERRNO". Connections are named by bt_conn_index(). Everything else that happens is a line
// of its own: "connected 0 ...". The reader of standard input is a thread, which only queues lines
// and calls breeze_wake(); the host runs in main().
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <breeze/breeze.h>
#include <breeze/privacy.h>
#include <zephyr/bluetooth/att.h>
#include <zephyr/bluetooth/bluetooth.h>
#include <zephyr/bluetooth/conn.h>
#include <zephyr/bluetooth/gatt.h>
#include <zephyr/bluetooth/hci_types.h>
#include <zephyr/bluetooth/uuid.h>
#include <zephyr/settings/settings.h>

#include "breeze_unix.h"
#include "host_parts.h"
#include "host_words.h"
#include "transport.h"

// ---- Output ---------------------------------------------------------------------------------------

void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    (void)putchar('\n');
}

const char *hex(const void *data, size_t len)
{
    static char text[2 * VALUE_MAX + 1];
    const uint8_t *p = data;
    if (len == 0) {
        return "-";
    }
    for (size_t i = 0; i < len && i < VALUE_MAX; i++) {
        (void)snprintf(&text[2 * i], 3, "%02x", p[i]);
    }
    return text;
}

const char *addr_text(const bt_addr_le_t *addr)
{
    static char text[32];
    (void)snprintf(text, sizeof text, "%02X:%02X:%02X:%02X:%02X:%02X/%s", addr->a.val[5],
                   addr->a.val[4], addr->a.val[3], addr->a.val[2], addr->a.val[1], addr->a.val[0],
                   addr->type == BT_ADDR_LE_PUBLIC ? "public" : "random");
    return text;
}

// ---- Links ----------------------------------------------------------------------------------------

static bool refuse_params;
static struct bt_conn
    *links[CONFIG_BT_MAX_CONN]; // a reference each, from connected to disconnected
static struct bt_conn *pending; // a reference, from connect to connected

struct bt_conn *link_at(uint32_t index)
{
    return index < CONFIG_BT_MAX_CONN ? links[index] : NULL;
}

static void on_connected(struct bt_conn *conn, uint8_t err)
{
    struct bt_conn_info info;
    int rc = bt_conn_get_info(conn, &info);
    uint8_t index = bt_conn_index(conn);
    if (conn == pending) {
        pending = NULL;
        bt_conn_unref(conn);
    }
    if (err != 0 || rc != 0) {
        say("connect_failed %u %s err=0x%02x", index, addr_text(bt_conn_get_dst(conn)), err);
        return;
    }
    links[index] = bt_conn_ref(conn);
    say("connected %u %s %s", index, info.role == BT_CONN_ROLE_CENTRAL ? "central" : "peripheral",
        addr_text(bt_conn_get_dst(conn)));
}

static void on_disconnected(struct bt_conn *conn, uint8_t reason)
{
    uint8_t index = bt_conn_index(conn);
    say("disconnected %u reason=0x%02x", index, reason);
    if (links[index] != NULL) {
        links[index] = NULL;
        bt_conn_unref(conn);
    }
}

static bool on_param_req(struct bt_conn *conn, struct bt_le_conn_param *param)
{
    say("param_req %u %u %u %u %u", bt_conn_index(conn), param->interval_min, param->interval_max,
        param->latency, param->timeout);
    return !refuse_params;
}

static void on_param_updated(struct bt_conn *conn, uint16_t interval, uint16_t latency,
                             uint16_t timeout)
{
    say("param %u %u %u %u", bt_conn_index(conn), interval, latency, timeout);
}

static void on_recycled(void)
{
    say("recycled");
}

BT_CONN_CB_DEFINE(interop_conn_cb) = {
    .connected = on_connected,
    .disconnected = on_disconnected,
    .recycled = on_recycled,
    .le_param_req = on_param_req,
    .le_param_updated = on_param_updated,
};

static int cmd_connect(const struct words *w)
{
    bt_addr_le_t peer;
    if (addr_at(w, 1, &peer) != 0) {
        return -EINVAL;
    }
    struct bt_conn_le_create_param create = {
        .interval = BT_GAP_SCAN_FAST_INTERVAL,
        .window = BT_GAP_SCAN_FAST_INTERVAL,
        .timeout = (uint16_t)(number_at(w, 2, 0) / 10),
    };
    struct bt_le_conn_param param = {
        .interval_min = (uint16_t)number_at(w, 3, 12),
        .interval_max = (uint16_t)number_at(w, 4, 12),
        .latency = (uint16_t)number_at(w, 5, 0),
        .timeout = (uint16_t)number_at(w, 6, 200),
    };
    struct bt_conn *conn = NULL;
    int rc = bt_conn_le_create(&peer, &create, &param, &conn);
    if (rc == 0) {
        pending = conn;
    }
    return rc;
}

static int cmd_cancel(const struct words *w)
{
    return pending == NULL ? -ENOTCONN
                           : bt_conn_disconnect(pending, BT_HCI_ERR_REMOTE_USER_TERM_CONN);
}

static int cmd_disconnect(const struct words *w)
{
    struct bt_conn *conn = link_at(number_at(w, 1, 0));
    uint8_t reason = (uint8_t)number_at(w, 2, BT_HCI_ERR_REMOTE_USER_TERM_CONN);
    return conn == NULL ? -ENOTCONN : bt_conn_disconnect(conn, reason);
}

static int cmd_param(const struct words *w)
{
    struct bt_conn *conn = link_at(number_at(w, 1, 0));
    struct bt_le_conn_param param = {
        .interval_min = (uint16_t)number_at(w, 2, 24),
        .interval_max = (uint16_t)number_at(w, 3, 40),
        .latency = (uint16_t)number_at(w, 4, 0),
        .timeout = (uint16_t)number_at(w, 5, 200),
    };
    return conn == NULL ? -ENOTCONN : bt_conn_le_param_update(conn, &param);
}

static int cmd_refuse(const struct words *w)
{
    refuse_params = number_at(w, 1, 1) != 0;
    return 0;
}

static int cmd_info(const struct words *w)
{
    struct bt_conn *conn = link_at(number_at(w, 1, 0));
    struct bt_conn_info info;
    if (conn == NULL || bt_conn_get_info(conn, &info) != 0) {
        return -ENOTCONN;
    }
    say("info %u interval=%u latency=%u timeout=%u mtu=%u", bt_conn_index(conn),
        (unsigned int)info.le.interval, info.le.latency, info.le.timeout, bt_gatt_get_mtu(conn));
    return 0;
}

// ---- Advertising and scanning -----------------------------------------------------------------------

// AD structures from their bytes: length, type, data.
static size_t ad_from(const uint8_t *raw, size_t len, struct bt_data *ad)
{
    size_t count = 0;
    for (size_t i = 0; i + 1 < len && count < AD_MAX; i += (size_t)raw[i] + 1) {
        ad[count++] = (struct bt_data){
            .type = raw[i + 1], .data_len = (uint8_t)(raw[i] - 1), .data = &raw[i + 2]};
    }
    return count;
}

struct ad_pair {
    uint8_t raw[2][64];
    struct bt_data data[2][AD_MAX];
    size_t count[2];
};

static void ad_pair_at(const struct words *w, size_t i, struct ad_pair *pair)
{
    for (size_t k = 0; k < 2; k++) {
        size_t len = bytes_at(w, i + k, pair->raw[k], sizeof pair->raw[k]);
        pair->count[k] = ad_from(pair->raw[k], len, pair->data[k]);
    }
}

static const struct {
    const char *name;
    uint32_t options;
} adv_kinds[] = {
    {"conn", BT_LE_ADV_OPT_CONN},
    {"scan", BT_LE_ADV_OPT_SCANNABLE | BT_LE_ADV_OPT_USE_IDENTITY},
    {"nonconn", BT_LE_ADV_OPT_USE_IDENTITY},
};

// adv KIND MIN MAX AD SD: intervals in 0.625 ms
static int cmd_adv(const struct words *w)
{
    struct ad_pair pair;
    ad_pair_at(w, 4, &pair);
    for (size_t i = 0; i < ARRAY_SIZE(adv_kinds); i++) {
        if (strcmp(adv_kinds[i].name, text_at(w, 1)) == 0) {
            struct bt_le_adv_param param = {
                .id = BT_ID_DEFAULT,
                .options = adv_kinds[i].options,
                .interval_min = number_at(w, 2, 0x30),
                .interval_max = number_at(w, 3, 0x40),
            };
            return bt_le_adv_start(&param, pair.data[0], pair.count[0], pair.data[1],
                                   pair.count[1]);
        }
    }
    return -EINVAL;
}

// adv_to ADDR high|low
static int cmd_adv_to(const struct words *w)
{
    bt_addr_le_t peer;
    int rc = addr_at(w, 1, &peer);
    return rc ? rc : adv_to(&peer, strcmp(text_at(w, 2), "high") == 0);
}

static int cmd_remote(const struct words *w)
{
    return remote_say(number_at(w, 1, 0));
}

static int cmd_adv_data(const struct words *w)
{
    struct ad_pair pair;
    ad_pair_at(w, 1, &pair);
    return bt_le_adv_update_data(pair.data[0], pair.count[0], pair.data[1], pair.count[1]);
}

static int cmd_adv_stop(const struct words *w)
{
    return bt_le_adv_stop();
}

static void on_report(const bt_addr_le_t *addr, int8_t rssi, uint8_t type,
                      struct net_buf_simple *ad)
{
    say("report %s %u %d %s", addr_text(addr), type, rssi, hex(ad->data, ad->len));
}

// scan active|passive [filter duplicates 0|1]
static int cmd_scan(const struct words *w)
{
    bool active = strcmp(text_at(w, 1), "active") == 0;
    struct bt_le_scan_param param = {
        .type = active ? BT_LE_SCAN_TYPE_ACTIVE : BT_LE_SCAN_TYPE_PASSIVE,
        .options = number_at(w, 2, 0) != 0 ? BT_LE_SCAN_OPT_FILTER_DUPLICATE : BT_LE_SCAN_OPT_NONE,
        .interval = BT_GAP_SCAN_FAST_INTERVAL,
        .window = BT_GAP_SCAN_FAST_INTERVAL,
    };
    return bt_le_scan_start(&param, on_report);
}

static int cmd_scan_stop(const struct words *w)
{
    return bt_le_scan_stop();
}

// ---- The host itself --------------------------------------------------------------------------------

static int cmd_enable(const struct words *w)
{
    int rc = bt_enable(NULL);
    if (rc != 0) {
        say("why %s", breeze_unix_transport_error());
        return rc;
    }
    (void)settings_load();
    bt_addr_le_t addr[CONFIG_BT_ID_MAX];
    size_t count = ARRAY_SIZE(addr);
    bt_id_get(addr, &count);
    say("identity %s", count > 0 ? addr_text(&addr[0]) : "none");
    return 0;
}

static int cmd_disable(const struct words *w)
{
    return bt_disable();
}

static int cmd_mtu_set(const struct words *w)
{
    return breeze_mtu_set((uint16_t)number_at(w, 1, 247));
}

static int cmd_stats(const struct words *w)
{
    struct breeze_stats s;
    breeze_stats(&s);
    say("stats malformed=%" PRIu32 " unknown=%" PRIu32 " l2cap_dropped=%" PRIu32
        " att_dropped=%" PRIu32 " h4_skipped=%" PRIu32 " resets=%" PRIu32,
        s.evt_malformed, s.evt_unknown, s.l2cap_dropped, s.att_dropped, s.h4_skipped, s.resets);
    return 0;
}

static void on_reset(enum breeze_reset_reason reason, bool recovered)
{
    say("controller_lost reason=%d recovered=%d", reason, recovered);
}

// ---- The client and the server, which live in files of their own -------------------------------------

static int cmd_mtu(const struct words *w)
{
    return client_mtu(number_at(w, 1, 0));
}

// discover CONN services|chars|descs [FIRST LAST [UUID]]
static int cmd_discover(const struct words *w)
{
    struct bt_uuid_128 uuid;
    bool narrow = uuid_at(w, 5, &uuid);
    return client_discover(number_at(w, 1, 0), text_at(w, 2), (uint16_t)number_at(w, 3, 1),
                           (uint16_t)number_at(w, 4, 0xffff), narrow ? &uuid.uuid : NULL);
}

static int cmd_read(const struct words *w)
{
    return client_read(number_at(w, 1, 0), (uint16_t)number_at(w, 2, 0),
                       (uint16_t)number_at(w, 3, 0));
}

// read_uuid CONN UUID
static int cmd_read_uuid(const struct words *w)
{
    struct bt_uuid_128 uuid;
    return uuid_at(w, 2, &uuid) ? client_read_uuid(number_at(w, 1, 0), &uuid.uuid) : -EINVAL;
}

static int cmd_write(const struct words *w)
{
    uint8_t value[VALUE_MAX];
    size_t len = bytes_at(w, 3, value, sizeof value);
    return client_write(number_at(w, 1, 0), (uint16_t)number_at(w, 2, 0), value, len);
}

static int cmd_write_cmd(const struct words *w)
{
    uint8_t value[VALUE_MAX];
    size_t len = bytes_at(w, 3, value, sizeof value);
    return client_write_cmd(number_at(w, 1, 0), (uint16_t)number_at(w, 2, 0), value, len, false);
}

static int cmd_write_signed(const struct words *w)
{
    uint8_t value[VALUE_MAX];
    size_t len = bytes_at(w, 3, value, sizeof value);
    return client_write_cmd(number_at(w, 1, 0), (uint16_t)number_at(w, 2, 0), value, len, true);
}

// subscribe CONN VALUE_HANDLE CCC_HANDLE notify|indicate
static int cmd_subscribe(const struct words *w)
{
    uint16_t ccc =
        strcmp(text_at(w, 4), "indicate") == 0 ? BT_GATT_CCC_INDICATE : BT_GATT_CCC_NOTIFY;
    return client_subscribe(number_at(w, 1, 0), (uint16_t)number_at(w, 2, 0),
                            (uint16_t)number_at(w, 3, 0), ccc);
}

static int cmd_unsubscribe(const struct words *w)
{
    return client_unsubscribe(number_at(w, 1, 0), (uint16_t)number_at(w, 2, 0));
}

// notify CONN COUNT [LENGTH]: values that count from 0, in the first four octets
static int cmd_notify(const struct words *w)
{
    return server_notify(number_at(w, 1, 0), number_at(w, 2, 1), number_at(w, 3, 20));
}

static int cmd_indicate(const struct words *w)
{
    uint8_t value[VALUE_MAX];
    size_t len = bytes_at(w, 2, value, sizeof value);
    return server_indicate(number_at(w, 1, 0), value, len);
}

// service 1|0: another one is there, or not
static int cmd_service(const struct words *w)
{
    return server_extra(number_at(w, 1, 1) != 0);
}

static int cmd_chan_listen(const struct words *w)
{
    return chan_listen((uint16_t)number_at(w, 1, 0));
}

// chan_connect CONN PSM [ENHANCED [LEVEL]]
static int cmd_chan_connect(const struct words *w)
{
    return chan_connect(number_at(w, 1, 0), (uint16_t)number_at(w, 2, 0), number_at(w, 3, 0) != 0,
                        number_at(w, 4, 0));
}

static int cmd_chan_expect(const struct words *w)
{
    return chan_expect(number_at(w, 1, 0));
}

static int cmd_chan_send(const struct words *w)
{
    return chan_send(number_at(w, 1, 0));
}

static int cmd_chan_close(const struct words *w)
{
    (void)w;
    return chan_close();
}

uint32_t bearers;

// eatt CONN COUNT: open enhanced bearers
static int cmd_eatt(const struct words *w)
{
    return bt_eatt_connect(link_at(number_at(w, 1, 0)), number_at(w, 2, 1));
}

static int cmd_eatt_count(const struct words *w)
{
    uint32_t link = number_at(w, 1, 0);
    say("eatt_count %u %zu", (unsigned int)link, bt_eatt_count(link_at(link)));
    return 0;
}

static int cmd_eatt_drop(const struct words *w)
{
    return bt_eatt_disconnect_one(link_at(number_at(w, 1, 0)));
}

// bearers 0|1|2: any, unenhanced, enhanced
static int cmd_bearers(const struct words *w)
{
    bearers = number_at(w, 1, 0);
    return 0;
}

// ecred_listen PSM; ecred_connect CONN PSM COUNT; ecred_reconfigure MTU
static int cmd_ecred_listen(const struct words *w)
{
    return ecred_listen((uint16_t)number_at(w, 1, 0));
}

static int cmd_ecred_connect(const struct words *w)
{
    return ecred_connect(number_at(w, 1, 0), (uint16_t)number_at(w, 2, 0), number_at(w, 3, 1));
}

static int cmd_ecred_reconfigure(const struct words *w)
{
    return ecred_reconfigure((uint16_t)number_at(w, 1, 0));
}

static int cmd_ecred_free(const struct words *w)
{
    ecred_free();
    return 0;
}

// ---- Pairing --------------------------------------------------------------------------------------

// io NUMBER [sc=1 [repair=0]]
static int cmd_io(const struct words *w)
{
    return security_io(number_at(w, 1, 3), number_at(w, 2, 1) != 0, number_at(w, 3, 0) != 0);
}

// security CONN LEVEL
static int cmd_security(const struct words *w)
{
    return security_set(number_at(w, 1, 0), number_at(w, 2, 2));
}

// answer CONN passkey|yes|cancel [PASSKEY]
static int cmd_answer(const struct words *w)
{
    return security_answer(number_at(w, 1, 0), text_at(w, 2), number_at(w, 3, 0));
}

static int cmd_unpair(const struct words *w)
{
    return security_unpair();
}

// privacy MODE [SECONDS]: 0 none, 1 resolvable, 2 non-resolvable private addresses
static int cmd_privacy(const struct words *w)
{
    uint32_t seconds = number_at(w, 2, 0);
    int err = breeze_privacy_set((enum breeze_privacy)number_at(w, 1, 0));
    return err || !seconds ? err : bt_le_set_rpa_timeout((uint16_t)seconds);
}

// ---- Advertising sets -----------------------------------------------------------------------------

// set_make SLOT OPTIONS SID LEN adv|rsp
static int cmd_set_make(const struct words *w)
{
    return set_make(number_at(w, 1, 0), number_at(w, 2, 0), (uint8_t)number_at(w, 3, 0),
                    number_at(w, 4, 0), strcmp(text_at(w, 5), "rsp") == 0);
}

// set_start SLOT [10 MS] [EVENTS]
static int cmd_set_start(const struct words *w)
{
    return set_start(number_at(w, 1, 0), (uint16_t)number_at(w, 2, 0), (uint8_t)number_at(w, 3, 0));
}

static int cmd_set_stop(const struct words *w)
{
    return set_stop(number_at(w, 1, 0));
}

static int cmd_set_remove(const struct words *w)
{
    return set_remove(number_at(w, 1, 0));
}

// set_scan active|passive OPTIONS
static int cmd_set_scan(const struct words *w)
{
    return set_scan(strcmp(text_at(w, 1), "active") == 0, (uint8_t)number_at(w, 2, 0));
}

// ---- Periodic advertising -------------------------------------------------------------------------

// per_make SLOT INTERVAL LEN
static int cmd_per_make(const struct words *w)
{
    return per_make(number_at(w, 1, 0), (uint16_t)number_at(w, 2, 80), number_at(w, 3, 0));
}

static int cmd_per_stop(const struct words *w)
{
    return per_stop(number_at(w, 1, 0));
}

// sync ADDR SID
static int cmd_sync(const struct words *w)
{
    bt_addr_le_t addr;
    int rc = addr_at(w, 1, &addr);
    return rc ? rc : sync_make(&addr, (uint8_t)number_at(w, 2, 0));
}

static int cmd_sync_end(const struct words *w)
{
    return sync_end();
}

static int cmd_past_take(const struct words *w)
{
    return past_take();
}

// past_give LINK set|sync SLOT SERVICE_DATA
static int cmd_past_give(const struct words *w)
{
    return past_give(number_at(w, 1, 0), strcmp(text_at(w, 2), "set") == 0, number_at(w, 3, 0),
                     (uint16_t)number_at(w, 4, 0));
}

// ---- Main ---------------------------------------------------------------------------------------------

static const struct command commands[] = {
    {"enable", cmd_enable},
    {"disable", cmd_disable},
    {"adv", cmd_adv},
    {"adv_to", cmd_adv_to},
    {"adv_data", cmd_adv_data},
    {"adv_stop", cmd_adv_stop},
    {"scan", cmd_scan},
    {"scan_stop", cmd_scan_stop},
    {"connect", cmd_connect},
    {"cancel", cmd_cancel},
    {"disconnect", cmd_disconnect},
    {"param", cmd_param},
    {"refuse_params", cmd_refuse},
    {"info", cmd_info},
    {"remote", cmd_remote},
    {"mtu_set", cmd_mtu_set},
    {"mtu", cmd_mtu},
    {"discover", cmd_discover},
    {"read", cmd_read},
    {"read_uuid", cmd_read_uuid},
    {"write", cmd_write},
    {"write_cmd", cmd_write_cmd},
    {"write_signed", cmd_write_signed},
    {"subscribe", cmd_subscribe},
    {"unsubscribe", cmd_unsubscribe},
    {"notify", cmd_notify},
    {"indicate", cmd_indicate},
    {"service", cmd_service},
    {"chan_listen", cmd_chan_listen},
    {"chan_connect", cmd_chan_connect},
    {"chan_expect", cmd_chan_expect},
    {"chan_send", cmd_chan_send},
    {"chan_close", cmd_chan_close},
    {"ecred_listen", cmd_ecred_listen},
    {"ecred_connect", cmd_ecred_connect},
    {"ecred_reconfigure", cmd_ecred_reconfigure},
    {"ecred_free", cmd_ecred_free},
    {"eatt", cmd_eatt},
    {"eatt_count", cmd_eatt_count},
    {"eatt_drop", cmd_eatt_drop},
    {"bearers", cmd_bearers},
    {"stats", cmd_stats},
    {"io", cmd_io},
    {"security", cmd_security},
    {"answer", cmd_answer},
    {"unpair", cmd_unpair},
    {"oob", cmd_oob},
    {"oob_peer", cmd_oob_peer},
    {"oob_tk", cmd_oob_tk},
    {"subrate", cmd_subrate},
    {"subrate_default", cmd_subrate_default},
    {"privacy", cmd_privacy},
    {"set_make", cmd_set_make},
    {"set_start", cmd_set_start},
    {"set_stop", cmd_set_stop},
    {"set_remove", cmd_set_remove},
    {"set_scan", cmd_set_scan},
    {"per_make", cmd_per_make},
    {"per_stop", cmd_per_stop},
    {"sync", cmd_sync},
    {"sync_end", cmd_sync_end},
    {"past_take", cmd_past_take},
    {"past_give", cmd_past_give},
    {NULL, NULL},
};

static const struct command *command_of(const struct command *table, const char *name)
{
    while (table->name != NULL && strcmp(table->name, name) != 0) {
        table++;
    }
    return table->name != NULL ? table : NULL;
}

static void run_command(char *line)
{
    struct words w = words_of(line);
    const struct command *command = command_of(commands, text_at(&w, 0));
    command = command != NULL ? command : command_of(more_commands, text_at(&w, 0));
    int rc = command != NULL ? command->run(&w) : -ENOSYS;
    if (rc == 0) {
        say("ok %s", text_at(&w, 0));
    } else {
        say("err %s %d", text_at(&w, 0), -rc);
    }
}

// Lines from standard input: the reader adds at the end, main() takes from the front.
static struct {
    pthread_mutex_t lock;
    char *line[LINES_MAX];
    size_t first, count;
    bool ended;
} input = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *read_input(void *unused)
{
    char *line = NULL;
    size_t size = 0;
    bool more = true;
    while (more) {
        more = getline(&line, &size, stdin) >= 0 && strncmp(line, "quit", 4) != 0;
        (void)pthread_mutex_lock(&input.lock);
        if (!more) {
            input.ended = true;
        } else if (input.count < LINES_MAX) {
            input.line[(input.first + input.count++) % LINES_MAX] = strdup(line);
        }
        (void)pthread_mutex_unlock(&input.lock);
        breeze_wake();
    }
    free(line);
    return NULL;
}

// The next line, to be freed by the caller; NULL when there is none now.
static char *next_line(bool *ended)
{
    char *line = NULL;
    (void)pthread_mutex_lock(&input.lock);
    if (input.count > 0) {
        line = input.line[input.first];
        input.first = (input.first + 1) % LINES_MAX;
        input.count--;
    }
    *ended = input.ended && line == NULL;
    (void)pthread_mutex_unlock(&input.lock);
    return line;
}

static void serve(void)
{
    for (bool ended = false; !ended;) {
        int64_t next = breeze_step();
        char *line = next_line(&ended);
        server_pump();
        if (line != NULL) {
            run_command(line);
            free(line);
        } else if (!ended) {
            (void)breeze_port_idle(next);
        }
    }
}

static int open_port(void)
{
    int rc = breeze_unix_setup("interop-host");
    const char *settings = getenv("INTEROP_SETTINGS");
    if (rc == 0 && settings != NULL) {
        rc = breeze_unix_settings_file(settings);
    }
    return rc;
}

int main(void)
{
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    int rc = open_port();
    if (rc != 0) {
        say("why %s", breeze_unix_transport_error());
        return 1;
    }
    breeze_reset_cb(on_reset);
    server_start();
    pthread_t reader;
    if (pthread_create(&reader, NULL, read_input, NULL) != 0) {
        return 1;
    }
    say("ready");
    serve();
    if (bt_is_ready()) {
        rc = bt_disable();
    }
    (void)pthread_join(reader, NULL);
    (void)breeze_unix_trace(NULL);
    say("%s quit %d", rc == 0 ? "ok" : "err", -rc);
    return rc == 0 ? 0 : 1;
}
