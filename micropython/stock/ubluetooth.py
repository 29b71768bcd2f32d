# MicroPython's `bluetooth` module for the stock desktop interpreter, over ffi: what a board has built in
# and calls `ubluetooth` where a bluetooth.py, ours with the extensions, stands before it.
#
# The Python API is MicroPython's own (https://docs.micropython.org/en/latest/library/bluetooth.html);
# the host behind it is Breeze's, in libbreeze_mpy.so beside this file. BREEZE_HCI chooses the
# controller; micropython/stock/README.md has the strings and what differs from a board.
#
# How events arrive: a helper thread waits in the library; when an event is there it schedules _pump
# and the library interrupts whatever the main thread sleeps in. _pump pulls events and calls the
# handler, in the main thread, between two bytecodes of the program. See breeze_mpy.h.

import _thread
import ffi
import micropython
import struct
import sys

FLAG_READ = 0x02
FLAG_WRITE_NO_RESPONSE = 0x04
FLAG_WRITE = 0x08
FLAG_NOTIFY = 0x10
FLAG_INDICATE = 0x20

# ---- The library ---------------------------------------------------------------------------------


def _open_library():
    folder = __file__[: __file__.rfind("/") + 1] if "/" in __file__ else "./"
    if not folder.startswith(("/", ".")):
        folder = "./" + folder
    try:
        return ffi.open(folder + "libbreeze_mpy.so")
    except OSError:
        raise ImportError(
            "libbreeze_mpy.so is not beside ubluetooth.py in " + folder + "; make install-micropython"
        )


def _number(n):
    if type(n) is not int and type(n) is not bool:
        raise TypeError("can't convert %s to int" % type(n).__name__)
    if not -0x80000000 <= n <= 0xFFFFFFFF:
        raise OverflowError("overflow converting long int to machine word")


# ffi takes the address of a str for a number, and None for 0: as on a board, neither is one.
class _Library:
    def __init__(self, lib):
        self._lib = lib

    def func(self, result, name, types):
        call = self._lib.func(result, name, types)
        numbers = [i for i in range(len(types)) if types[i] == "i"]
        if not numbers:
            return call

        def checked(*args):
            for i in numbers:
                _number(args[i])
            return call(*args)

        return checked


_lib = _Library(_open_library())

# int breeze_mpy_NAME(types): as in breeze_mpy.h; i int, I unsigned int, P pointer, s string.
_open = _lib.func("i", "breeze_mpy_open", "s")
_helper_wait = _lib.func("i", "breeze_mpy_helper_wait", "")
_not_scheduled = _lib.func("i", "breeze_mpy_not_scheduled", "")
_pump_begin = _lib.func("i", "breeze_mpy_pump_begin", "")
_next_event = _lib.func("i", "breeze_mpy_next_event", "Pi")
_answer = _lib.func("i", "breeze_mpy_answer", "Ii")
_answer_data = _lib.func("i", "breeze_mpy_answer_data", "IPi")
_set_handler = _lib.func("i", "breeze_mpy_set_handler", "i")
_resend_interrupt = _lib.func("i", "breeze_mpy_resend_interrupt", "")
_poll = _lib.func("i", "breeze_mpy_poll", "i")
_abandon = _lib.func("i", "breeze_mpy_abandon", "i")
_result_len = _lib.func("i", "breeze_mpy_result_len", "i")
_result = _lib.func("i", "breeze_mpy_result", "iPi")
_error_text = _lib.func("i", "breeze_mpy_error_text", "Pi")
_is_active = _lib.func("i", "breeze_mpy_is_active", "")
_active = _lib.func("i", "breeze_mpy_active", "i")
_mac = _lib.func("i", "breeze_mpy_mac", "")
_set_addr_mode = _lib.func("i", "breeze_mpy_set_addr_mode", "i")
_get_mtu = _lib.func("i", "breeze_mpy_get_mtu", "")
_set_mtu = _lib.func("i", "breeze_mpy_set_mtu", "i")
_get_name = _lib.func("i", "breeze_mpy_get_name", "")
_set_name = _lib.func("i", "breeze_mpy_set_name", "Pi")
_set_security = _lib.func("i", "breeze_mpy_set_security", "ii")
_pair = _lib.func("i", "breeze_mpy_pair", "i")
_passkey = _lib.func("i", "breeze_mpy_passkey", "iii")
_advertise = _lib.func("i", "breeze_mpy_advertise", "iiPiPi")
_advertise_stop = _lib.func("i", "breeze_mpy_advertise_stop", "")
_scan = _lib.func("i", "breeze_mpy_scan", "iiii")
_scan_stop = _lib.func("i", "breeze_mpy_scan_stop", "")
_connect = _lib.func("i", "breeze_mpy_connect", "iPiii")
_connect_cancel = _lib.func("i", "breeze_mpy_connect_cancel", "")
_disconnect = _lib.func("i", "breeze_mpy_disconnect", "i")
_register = _lib.func("i", "breeze_mpy_register", "Pi")
_gatts_read = _lib.func("i", "breeze_mpy_gatts_read", "i")
_gatts_write = _lib.func("i", "breeze_mpy_gatts_write", "iPii")
_gatts_notify = _lib.func("i", "breeze_mpy_gatts_notify", "iiiPi")
_gatts_set_buffer = _lib.func("i", "breeze_mpy_gatts_set_buffer", "iii")
_discover_services = _lib.func("i", "breeze_mpy_discover_services", "iPi")
_discover_characteristics = _lib.func("i", "breeze_mpy_discover_characteristics", "iiiPi")
_discover_descriptors = _lib.func("i", "breeze_mpy_discover_descriptors", "iii")
_gattc_read = _lib.func("i", "breeze_mpy_gattc_read", "ii")
_gattc_write = _lib.func("i", "breeze_mpy_gattc_write", "iiPii")
_exchange_mtu = _lib.func("i", "breeze_mpy_exchange_mtu", "i")
_l2cap_listen = _lib.func("i", "breeze_mpy_l2cap_listen", "ii")
_l2cap_connect = _lib.func("i", "breeze_mpy_l2cap_connect", "iii")
_l2cap_disconnect = _lib.func("i", "breeze_mpy_l2cap_disconnect", "ii")
_l2cap_send = _lib.func("i", "breeze_mpy_l2cap_send", "iiPi")
_l2cap_recv = _lib.func("i", "breeze_mpy_l2cap_recv", "iii")
_l2cap_available = _lib.func("i", "breeze_mpy_l2cap_available", "ii")

_SECURITY = {"bond": 0, "mitm": 1, "le_secure": 2, "io": 3}
_ENODEV = 19
_EINVAL = 22
_ENOTCONN = 107
_STALLED = 1000

# What these numbers mean wherever they come from.
_SENTENCES = {
    _ENODEV: "the radio is off: active(True) comes first",
    _ENOTCONN: "there is no such connection",
}


def _error(err, why=None):
    why = why or _SENTENCES.get(err)
    return OSError(err, why) if why else OSError(err)


# Wait for a call; its errno. The waiting is done here, a slice at a time, so that scheduled
# functions run and Ctrl-C comes through.
def _errno(r):
    try:
        while r < 0:
            r = _poll(r)
    except KeyboardInterrupt:
        _abandon(r)
        raise
    return r


# `why` says what EINVAL means here, if anything.
def _do(r, why=None):
    r = _errno(r)
    if r:
        raise _error(r, why if r == _EINVAL else None)


# The same for a call with octets as its result.
def _data(token):
    _do(token)
    n = _result_len(token)
    buf = bytearray(n)
    _result(token, buf, n)
    return bytes(buf)


# A buffer and its length in octets, as two arguments; None is (None, -1).
def _in(data):
    if data is None:
        return None, -1
    if isinstance(data, str):
        data = data.encode()
    elif type(data) is not bytes and type(data) is not bytearray:
        data = bytes(memoryview(data))
    return data, len(data)


def _error_sentence():
    buf = bytearray(512)
    return bytes(buf[: _error_text(buf, 512)]).decode()


# ---- UUID ----------------------------------------------------------------------------------------


def _parse_uuid(text):
    digits = []
    for c in text:
        if c == 0x2D:  # '-'
            continue
        if 0x30 <= c <= 0x39:
            digits.append(c - 0x30)
        elif 0x61 <= (c | 0x20) <= 0x66:
            digits.append((c | 0x20) - 0x57)
        else:
            raise ValueError("invalid char in UUID")
    if len(digits) > 32:
        raise ValueError("UUID too long")
    if len(digits) < 32:
        raise ValueError("UUID too short")
    return bytes([digits[i] << 4 | digits[i + 1] for i in range(30, -1, -2)])


def _uuid_octets(value):
    if isinstance(value, int):
        if value > 0xFFFF:
            raise ValueError("invalid UUID")
        return struct.pack("<H", value & 0xFFFF)
    if isinstance(value, str):
        value = value.encode()
    else:
        value = bytes(memoryview(value))
    return value if len(value) in (2, 4, 16) else _parse_uuid(value)


# A UUID has the buffer protocol on a board (its octets, least significant first); here that takes a
# subclass of bytes. What bytes has beyond it is closed off, but for isinstance(uuid, bytes).
class UUID(bytes):
    def __init__(self, value):
        super().__init__(_uuid_octets(value))

    def _key(self):
        octets = bytes(self)
        return len(octets), octets

    def __eq__(self, other):
        return isinstance(other, UUID) and self._key() == other._key()

    def __ne__(self, other):
        return not self == other

    def __lt__(self, other):
        return self._key() < other._key() if isinstance(other, UUID) else NotImplemented

    def __le__(self, other):
        return self._key() <= other._key() if isinstance(other, UUID) else NotImplemented

    def __gt__(self, other):
        return self._key() > other._key() if isinstance(other, UUID) else NotImplemented

    def __ge__(self, other):
        return self._key() >= other._key() if isinstance(other, UUID) else NotImplemented

    def __hash__(self):
        return hash(bytes(self))

    def __getitem__(self, index):
        raise TypeError("'UUID' object isn't subscriptable")

    def __iter__(self):
        raise TypeError("'UUID' object isn't iterable")

    def __repr__(self):
        n, octets = self._key()
        if n < 16:
            return "UUID(0x%0*x)" % (2 * n, int.from_bytes(octets, "little"))
        text = "".join(["%02x" % octets[i] for i in range(15, -1, -1)])
        parts = text[:8], text[8:12], text[12:16], text[16:20], text[20:]
        return "UUID('" + "-".join(parts) + "')"

    def __str__(self):
        return self.__repr__()


def _uuid_in(uuid):
    if uuid is None:
        return None, -1
    if not isinstance(uuid, UUID):
        raise TypeError("UUID")
    return _in(bytes(uuid))


# ---- Events --------------------------------------------------------------------------------------

# One buffer for every event, as on a board where the memory of an event is gone after the handler: the
# library fills it with 0xa5 then, so that a forgotten bytes(addr) shows. It is a bytes object so that
# memoryviews over it are read-only.
_handler = None
_HEADER = 20
_SIZE = 1696  # A long advertisement has 1650 octets.
_event = bytes(_SIZE)
_view = memoryview(_event)


def _uuid_at(n):
    return UUID(bytes(_view[_HEADER : _HEADER + n]))


# The handler's tuple; arguments as the library gives them (stock/events.c).
def _event_args(event, rssi, a, b, c, d, e, n):
    if event in (1, 2, 7, 8):
        return a, b, _view[_HEADER : _HEADER + 6]
    if event == 5:
        addr, data = _view[_HEADER : _HEADER + 6], _view[_HEADER + 6 : _HEADER + n]
        return a, addr, b, rssi, data
    if event == 6:
        return ()
    if event == 9:
        return a, b, c, _uuid_at(n)
    if event == 11:
        return a, b, c, d, _uuid_at(n)
    if event == 13:
        return a, b, _uuid_at(n)
    if event in (15, 18, 19):
        return a, b, _view[_HEADER : _HEADER + n]
    if event in (16, 17, 20, 26):
        return a, b, c
    if event == 24:
        return a, b, c, d
    if event in (22, 23, 27, 28):
        return a, b, c, d, e
    if event == 29:  # (type, index, key or None)
        return a, b, _view[_HEADER : _HEADER + n] if c else None
    if event == 30:  # (type, key, value or None)
        at = _HEADER + b
        return a, _view[_HEADER:at], _view[at : _HEADER + n] if c else None
    if event == 31:
        return a, b, int.from_bytes(_event[_HEADER : _HEADER + 4], "little")
    if event >= 0x80:  # Beyond MicroPython's own: _breeze's.
        return (a, b, c, d)[: (4, 2, 2, 1, 4)[event - 0x80]]
    return a, b  # 3, 4, 10, 12, 14, 21, 25


def _set_irq(handler):
    global _handler
    _handler = handler
    _set_handler(0 if handler is None else 1)


# The handler's answer; as on a board, one that raises is not called again.
def _call(event, args):
    try:
        answer = _handler(event, args)
        return _in(answer if answer else None) if event == 29 else answer
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        sys.stderr.write("Unhandled exception in IRQ callback handler\n")
        sys.print_exception(error, sys.stderr)
        _set_irq(None)
        return _in(None) if event == 29 else 0


def _deliver():
    event, rssi, a, b, c, d, e, n, _, token = struct.unpack_from("<BbHHHHHHHI", _event)
    answer = None
    if _handler is not None:
        answer = _call(event, _event_args(event, rssi, a, b, c, d, e, n))
    if token and event == 29:
        _answer_data(token, *(answer or _in(None)))
    elif token:
        _answer(token, int(answer) if isinstance(answer, (int, bool)) else 0)


# True while events are being delivered: the program is in its handler, if anywhere.
_pumping = False


# Scheduled by the helper. Ctrl-C in here would be swallowed by the interpreter's scheduler, and it
# is meant for the program: it is sent again.
def _pump(_):
    global _pumping
    _pumping = True
    try:
        _pump_begin()
        while _next_event(_event, _SIZE):
            _deliver()
    except KeyboardInterrupt:
        _resend_interrupt()
    _pumping = False


# The helper thread: allocates nothing.
def _helper():
    wait = _helper_wait
    schedule = micropython.schedule
    pump = _pump
    while True:
        r = wait()
        if r < 0:
            return
        if r:
            try:
                schedule(pump, 0)
            except RuntimeError:  # The queue is full: the library asks again.
                _not_scheduled()


# ---- BLE -----------------------------------------------------------------------------------------

# The one object of each class: BLE, and what is made of it.
_objects = {}


# The default NAME of the virtual air: the program's file name.
def _program():
    name = sys.argv[0] if sys.argv else ""
    name = name[name.rfind("/") + 1 :]
    if name.endswith(".py"):
        name = name[:-3]
    return name or "micropython"


def _uuid_bytes(uuid, what):
    if not isinstance(uuid, UUID):
        raise ValueError("invalid " + what + " UUID")
    octets = bytes(uuid)
    return bytes([len(octets)]) + octets


_E2BIG = 7
_EBUSY = 16
_TOO_LARGE = "the service table is too large: at most 16 services, each with at most 255 characteristics of at most 255 descriptors"


_TABLE = {
    _E2BIG: _TOO_LARGE,
    _EBUSY: "not while advertising, scanning, connecting or connected",
}


def _count(n):
    if n > 255:
        raise _error(_E2BIG, _TOO_LARGE)
    return bytes([n])


# The table as octets for the library, and the number of handles of each service.
def _encode_services(services):
    table = bytearray()
    counts = []
    for service in services:
        uuid, characteristics = service
        characteristics = tuple(characteristics)
        table.extend(_uuid_bytes(uuid, "service") + _count(len(characteristics)))
        n = 0
        for characteristic in characteristics:
            if not 2 <= len(characteristic) <= 3:
                raise ValueError("invalid characteristic tuple")
            table.extend(_uuid_bytes(characteristic[0], "characteristic"))
            table.extend(struct.pack("<H", characteristic[1] & 0xFFFF))
            descriptors = tuple(characteristic[2]) if len(characteristic) == 3 else ()
            table.extend(_count(len(descriptors)))
            n += 1 + len(descriptors)
            for descriptor in descriptors:
                uuid, flags = descriptor
                table.extend(_uuid_bytes(uuid, "descriptor") + struct.pack("<H", flags & 0xFFFF))
        counts.append(n)
    return table, counts


def _l2cap_mtu(mtu):
    return max(32, min(65535, mtu))


class BLE:
    _rxbuf = 128

    def __new__(cls, *args):
        if not _objects:
            err = _open(_program())
            if err:
                raise OSError(err)
            _thread.start_new_thread(_helper, ())
        if cls not in _objects:
            _objects[cls] = super().__new__(cls)
        return _objects[cls]

    def __init__(self, *args):
        pass

    def active(self, *args):
        if len(args) > 1:
            raise TypeError("function expected at most 2 arguments, got %d" % (1 + len(args)))
        if args:
            err = _errno(_active(1 if args[0] else 0))
            if err:
                raise OSError(err, _error_sentence()) if args[0] else OSError(err)
        return bool(_is_active())

    def irq(self, handler):
        if handler is not None and not callable(handler):
            raise ValueError("invalid handler")
        _set_irq(handler)

    def config(self, *args, **kwargs):
        if kwargs:
            if args:
                raise TypeError("can't specify pos and kw args")
            for key in kwargs:
                self._config_set(key, kwargs[key])
            return None
        if len(args) != 1:
            raise TypeError("must query one param")
        return self._config_get(args[0])

    def _config_get(self, key):
        if key == "mac":
            mac = _data(_mac())
            return mac[0], mac[1:]
        if key == "gap_name":
            return _data(_get_name())
        if key == "mtu":
            return int.from_bytes(_data(_get_mtu()), "little")
        if key == "rxbuf":
            return self._rxbuf
        raise ValueError("unknown config param")

    def _config_set(self, key, value):
        if key == "gap_name":
            _do(_set_name(*_in(value)), "the name is too long: at most 31 octets")
        elif key == "mtu":
            _do(_set_mtu(value), "the MTU is 23 to 517")
        elif key == "addr_mode":
            _do(_set_addr_mode(value & 0xFF), "this controller has the other kind of address")
        elif key in _SECURITY:
            _do(_set_security(_SECURITY[key], int(value)))
        elif key == "rxbuf":
            # Events are never dropped for want of a buffer here: remembered, without effect.
            if not 16 <= value <= 0xFFFF:
                raise ValueError
            self._rxbuf = value
        else:
            raise ValueError("unknown config param")

    def gap_advertise(self, interval_us=500000, adv_data=None, *, resp_data=None, connectable=True):
        if interval_us is None:
            _do(_advertise_stop())
            return
        adv, adv_len = _in(adv_data)
        rsp, rsp_len = _in(resp_data)
        long = adv_len > 31 or rsp_len > 31
        why = "at most 31 octets of data, and of resp_data" if long else "the interval is 20 ms to 10.24 s"
        _do(_advertise(1 if connectable else 0, interval_us, adv, adv_len, rsp, rsp_len), why)

    def gap_scan(self, duration_ms=0, interval_us=1280000, window_us=11250, active=False):
        if duration_ms is None:
            _do(_scan_stop())
        else:
            why = "the window is not longer than the interval, and no time is negative"
            _do(_scan(duration_ms, interval_us, window_us, 1 if active else 0), why)

    def gap_connect(
        self, addr_type, *args
    ):  # addr, scan_duration_ms=2000, min_conn_interval_us=None, max_conn_interval_us=None
        if not args:
            if addr_type is not None:
                raise TypeError("invalid addr")
            _do(_connect_cancel())
            return
        if len(args) > 4:
            raise TypeError("function expected at most 6 arguments, got %d" % (2 + len(args)))
        addr, n = _in(args[0])
        if n != 6:
            raise ValueError("invalid addr")
        times = [2000, 0, 0]
        for i in range(1, len(args)):
            if args[i] is not None:
                times[i - 1] = args[i]
        why = "addr_type is 0 or 1, intervals are 7.5 ms to 4 s"
        _do(_connect(addr_type, addr, *times), why)

    def gap_pair(self, conn_handle):
        _do(_pair(conn_handle))

    def gap_passkey(self, conn_handle, action, passkey):
        _do(_passkey(conn_handle, action, passkey))

    def gap_disconnect(self, conn_handle):
        err = _errno(_disconnect(conn_handle))
        if err == _ENOTCONN:
            return False
        if err:
            raise _error(err)
        return True

    def gatts_register_services(self, services):
        if not _is_active():
            raise _error(_ENODEV)
        table, counts = _encode_services(services)
        token = _register(table, len(table))
        err = _errno(token)
        if err:
            raise _error(err, _TABLE.get(err))
        n = _result_len(token)
        buf = bytearray(n)
        _result(token, buf, n)
        handles = struct.unpack("<%dH" % (n // 2), buf)
        result = []
        at = 0
        for count in counts:
            result.append(tuple(handles[at : at + count]))
            at += count
        return tuple(result)

    def gatts_read(self, value_handle):
        token = _gatts_read(value_handle)
        if _errno(token):
            return b""
        n = _result_len(token)
        buf = bytearray(n)
        _result(token, buf, n)
        return bytes(buf)

    def gatts_write(self, value_handle, data, send_update=False):
        data, n = _in(data)
        _do(_gatts_write(value_handle, data, n, 1 if send_update else 0), "no value has this handle")
        return n

    def gatts_notify(self, conn_handle, value_handle, data=None):
        _do(_gatts_notify(conn_handle, value_handle, 1, *_in(data)))

    def gatts_indicate(self, conn_handle, value_handle, data=None):
        _do(_gatts_notify(conn_handle, value_handle, 2, *_in(data)))

    def gatts_set_buffer(self, value_handle, len, append=False):
        why = "no value has this handle, or the length is negative"
        _do(_gatts_set_buffer(value_handle, len, 1 if append else 0), why)

    def gattc_discover_services(self, conn_handle, uuid=None):
        _do(_discover_services(conn_handle, *_uuid_in(uuid)))

    def gattc_discover_characteristics(self, conn_handle, start_handle, end_handle, uuid=None):
        _do(_discover_characteristics(conn_handle, start_handle, end_handle, *_uuid_in(uuid)))

    def gattc_discover_descriptors(self, conn_handle, start_handle, end_handle):
        _do(_discover_descriptors(conn_handle, start_handle, end_handle))

    def gattc_read(self, conn_handle, value_handle):
        _do(_gattc_read(conn_handle, value_handle))

    def gattc_write(self, conn_handle, value_handle, data, mode=0):
        data, n = _in(data)
        _do(_gattc_write(conn_handle, value_handle, data, n, int(mode or 0)))

    def gattc_exchange_mtu(self, conn_handle):
        _do(_exchange_mtu(conn_handle))

    def l2cap_listen(self, psm, mtu):
        _do(_l2cap_listen(psm, _l2cap_mtu(mtu)))

    def l2cap_connect(self, conn_handle, psm, mtu):
        _do(_l2cap_connect(conn_handle, psm, _l2cap_mtu(mtu)))

    def l2cap_disconnect(self, conn_handle, cid):
        _do(_l2cap_disconnect(conn_handle, cid))

    def l2cap_send(self, conn_handle, cid, buf):
        if buf is None:
            raise TypeError("object with buffer protocol required")
        buf, n = _in(buf)
        err = _errno(_l2cap_send(conn_handle, cid, buf, n))
        if err and err != _STALLED:
            raise _error(err)
        return not err

    def l2cap_recvinto(self, conn_handle, cid, buf):
        if buf is None:
            return int.from_bytes(_data(_l2cap_available(conn_handle, cid)), "little")
        view = memoryview(buf)
        view[0:0] = view[0:0]  # TypeError if it is read-only, as on a board.
        n = len(buf) if type(buf) is bytearray else len(bytes(view))
        token = _l2cap_recv(conn_handle, cid, n)
        _do(token)
        return _result(token, buf, n)
