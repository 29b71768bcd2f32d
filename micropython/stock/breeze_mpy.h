// The flat C API of libbreeze_mpy.so, which ubluetooth.py and _breeze.py call through MicroPython's
// ffi.
//
// Threads. The host, its loop and the backend run in one thread of the library's own (host.c), which
// blocks all signals and is unknown to the interpreter. Everybody else only leaves requests there.
//
// Calls. A function under "Calls" leaves a request and waits a moment (less than 50 ms, SIGINT
// blocked). It returns 0 or a positive errno when the request is done, else the negative token of
// the request: the caller then calls breeze_mpy_poll(token) until that is not negative. Between two
// polls the interpreter is free to run scheduled functions and to raise KeyboardInterrupt, after
// which breeze_mpy_abandon(token) gives the request up. Functions marked (data) never return 0 at once:
// when polling gives 0, breeze_mpy_result_len() and breeze_mpy_result() fetch the octets. All buffers
// are copied before a function returns. A length of -1 means None.
//
// Events. Python pulls them: the helper thread of ubluetooth.py sits in breeze_mpy_helper_wait() and
// schedules the pump when that returns 1; the pump calls breeze_mpy_pump_begin(), then
// breeze_mpy_next_event() until 0. An event whose `token` is not 0 is answered with
// breeze_mpy_answer(); meanwhile the host waits inside the callback and serves calls.
//
// The two have the same prototypes; tests/micropython/test_module.py compares them.
#ifndef BREEZE_MPY_H_
#define BREEZE_MPY_H_

// All that the library shows; the rest of it is hidden.
#pragma GCC visibility push(default)

// ---- Life --------------------------------------------------------------------------------------

// Start the host's thread, once. `program` is the default NAME of BREEZE_HCI. 0 or a positive errno.
int breeze_mpy_open(const char *program);
// For the helper thread only, which it readies at the first call: 1: schedule the pump; 0: call
// again; -1: end. Allocates nothing, takes no lock; may be cancelled anywhere.
int breeze_mpy_helper_wait(void);
// The pump could not be scheduled: the helper asks again a little later.
int breeze_mpy_not_scheduled(void);

// ---- Events ------------------------------------------------------------------------------------

// The pump runs, in the interpreter's main thread.
int breeze_mpy_pump_begin(void);
// Overwrite the last event in `buf` with 0xA5, then put the next one there: a struct
// breeze_mpy_event, then its data. 1; 0 when there is none (the pump is over).
int breeze_mpy_next_event(void *buf, int size);
// Answer the event with this token. Stale tokens are ignored.
int breeze_mpy_answer(unsigned int token, int value);
// The same with octets: the value of a secret.
int breeze_mpy_answer_data(unsigned int token, const void *data, int len);
// Events are wanted (1) or dropped where they arise (0).
int breeze_mpy_set_handler(int on);
// Send SIGINT to the main thread again in 2 ms: it hit the pump, which must not swallow it.
int breeze_mpy_resend_interrupt(void);

// ---- Calls -------------------------------------------------------------------------------------

int breeze_mpy_poll(int token);
int breeze_mpy_abandon(int token);
int breeze_mpy_result_len(int token);
int breeze_mpy_result(int token, void *buf, int size);
// The sentence about the last activation that failed, terminated; its length.
int breeze_mpy_error_text(void *buf, int size);

int breeze_mpy_is_active(void); // At once: 0 or 1.
int breeze_mpy_active(int on);
int breeze_mpy_mac(void); // (data) address type, six octets
int breeze_mpy_set_addr_mode(int mode);
int breeze_mpy_get_mtu(void); // (data) two octets, least significant first
int breeze_mpy_set_mtu(int mtu);
int breeze_mpy_get_name(void); // (data)
int breeze_mpy_set_name(const void *name, int len);

// key: 0 bond, 1 mitm, 2 le_secure, 3 io.
int breeze_mpy_set_security(int key, int value);
int breeze_mpy_pair(int conn);
int breeze_mpy_passkey(int conn, int action, int passkey);

int breeze_mpy_advertise(int connectable, int interval_us, const void *adv, int adv_len,
                         const void *rsp, int rsp_len);
int breeze_mpy_advertise_stop(void);
int breeze_mpy_scan(int duration_ms, int interval_us, int window_us, int active);
int breeze_mpy_scan_stop(void);
int breeze_mpy_connect(int addr_type, const void *addr, int duration_ms, int min_us, int max_us);
int breeze_mpy_connect_cancel(void);
int breeze_mpy_disconnect(int conn);

// (data) `table`: per service its UUID and its number of characteristics; per characteristic its
// UUID, flags and number of descriptors; per descriptor its UUID and flags. A UUID is a length octet
// and the octets, flags are two octets, numbers one. The result is the handles, two octets each.
int breeze_mpy_register(const void *table, int len);
int breeze_mpy_gatts_read(int handle); // (data)
int breeze_mpy_gatts_write(int handle, const void *data, int len, int send_update);
int breeze_mpy_gatts_notify(int conn, int handle, int op, const void *data, int len);
int breeze_mpy_gatts_set_buffer(int handle, int len, int append);

int breeze_mpy_discover_services(int conn, const void *uuid, int uuid_len);
int breeze_mpy_discover_characteristics(int conn, int start, int end, const void *uuid,
                                        int uuid_len);
int breeze_mpy_discover_descriptors(int conn, int start, int end);
int breeze_mpy_gattc_read(int conn, int handle);
int breeze_mpy_gattc_write(int conn, int handle, const void *data, int len, int mode);
int breeze_mpy_exchange_mtu(int conn);

int breeze_mpy_l2cap_listen(int psm, int mtu);
int breeze_mpy_l2cap_connect(int conn, int psm, int mtu);
int breeze_mpy_l2cap_disconnect(int conn, int cid);
// 0, or, sent as well but the last before event 26:
#define BREEZE_MPY_STALLED 1000
int breeze_mpy_l2cap_send(int conn, int cid, const void *data, int len);
int breeze_mpy_l2cap_recv(int conn, int cid, int size); // (data) at most `size` octets
int breeze_mpy_l2cap_available(int conn, int cid);      // (data) two octets: how many there are

// ---- Extensions (extend.h) ---------------------------------------------------------------------

int breeze_mpy_events(int on);
int breeze_mpy_unpair(int addr_type, const void *addr, int addr_len); // addr None: all
int breeze_mpy_bonds(void); // (data) per bond: address type, six octets, flags
int breeze_mpy_load_secrets(void);
int breeze_mpy_level(int level);
int breeze_mpy_conn_update(int conn, int min_us, int max_us, int latency, int timeout_ms);
// (data) nine numbers of four octets: role, interval, latency, time-out, MTU, PHYs, level, key size.
int breeze_mpy_conn_info(int conn);
int breeze_mpy_rssi(int conn); // (data) one octet
int breeze_mpy_phy(int conn, int tx, int rx);
int breeze_mpy_data_len(int conn, int octets);
int breeze_mpy_addr(const void *addr);                 // six octets
int breeze_mpy_accept_list(const void *list, int len); // per peer its type and six octets
int breeze_mpy_advertise_to(int interval_us, int addr_type, const void *addr);
// mode: connectable + 2 * PHY; peer: its type and six octets, None: all.
int breeze_mpy_advertise_ext(int interval_us, int mode, const void *adv, int adv_len,
                             const void *rsp, int rsp_len, const void *peer, int peer_len);
// how: active + 2 * each advertiser once.
int breeze_mpy_scan_ext(int duration_ms, int interval_us, int window_us, int how, int phys);
int breeze_mpy_tx_power(int dbm);                // 127: the controller's choice
int breeze_mpy_trace(const void *path, int len); // empty: no trace
int breeze_mpy_log(const void *levels, int len);

#pragma GCC visibility pop

#endif // BREEZE_MPY_H_
