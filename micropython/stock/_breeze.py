# The module `_breeze` of the stock interpreter: what micropython/bluetooth.py has beyond the plain
# contract, over the same library as ubluetooth.py. A firmware has the same names in C.

import struct

import ubluetooth
from ubluetooth import _data, _do, _in, _lib

_events = _lib.func("i", "breeze_mpy_events", "i")
_unpair = _lib.func("i", "breeze_mpy_unpair", "iPi")
_bonds = _lib.func("i", "breeze_mpy_bonds", "")
_load_secrets = _lib.func("i", "breeze_mpy_load_secrets", "")
_level = _lib.func("i", "breeze_mpy_level", "i")
_conn_update = _lib.func("i", "breeze_mpy_conn_update", "iiiii")
_conn_info = _lib.func("i", "breeze_mpy_conn_info", "i")
_rssi = _lib.func("i", "breeze_mpy_rssi", "i")
_phy = _lib.func("i", "breeze_mpy_phy", "iii")
_data_len = _lib.func("i", "breeze_mpy_data_len", "ii")
_addr = _lib.func("i", "breeze_mpy_addr", "P")
_accept_list = _lib.func("i", "breeze_mpy_accept_list", "Pi")
_advertise_to = _lib.func("i", "breeze_mpy_advertise_to", "iiP")
_advertise_ext = _lib.func("i", "breeze_mpy_advertise_ext", "iiPiPiPi")
_tx_power = _lib.func("i", "breeze_mpy_tx_power", "i")
_scan_ext = _lib.func("i", "breeze_mpy_scan_ext", "iiiii")
_trace = _lib.func("i", "breeze_mpy_trace", "Pi")
_log = _lib.func("i", "breeze_mpy_log", "Pi")


# Ctrl-C met the handler, and is meant for the main program: ubluetooth's pump sends it again.
def interrupt():
    raise KeyboardInterrupt


# Whether the handler gets the events from 0x80 on. They come as the plain ones do, so who handles those
# gets these; in a firmware `handler` is called.
def events(handler):
    _do(_events(0 if handler is None else 1))


# The handler is new: ask it for the secrets that nobody gave so far. Within a handler that has to wait,
# for the next connection.
def load_secrets():
    if not ubluetooth._pumping:
        _do(_load_secrets())


def level(value):
    _do(_level(value))


def unpair(addr_type, addr):
    _do(_unpair(addr_type, *_in(addr)))


def bonds():
    data = _data(_bonds())
    return [(data[i], data[i + 1 : i + 7], data[i + 7]) for i in range(0, len(data), 8)]


def conn_update(conn_handle, min_us, max_us, latency, timeout_ms):
    _do(_conn_update(conn_handle, min_us, max_us, latency, timeout_ms))


def conn_info(conn_handle):
    return struct.unpack("<9I", _data(_conn_info(conn_handle)))


def rssi(conn_handle):
    return struct.unpack("b", _data(_rssi(conn_handle)))[0]


def phy(conn_handle, tx, rx):
    _do(_phy(conn_handle, tx, rx))


def data_len(conn_handle, octets):
    _do(_data_len(conn_handle, octets))


def addr(octets):
    _do(_addr(_in(octets)[0]))


# Seven octets per peer.
def accept_list(octets):
    _do(_accept_list(octets, len(octets)))


def advertise_to(interval_us, addr_type, octets):
    _do(_advertise_to(interval_us, addr_type, _in(octets)[0]))


def advertise_ext(interval_us, adv_data, resp_data, connectable, phy, addr_type, octets):
    mode = (1 if connectable else 0) + 2 * phy
    peer = None if octets is None else bytes([addr_type]) + bytes(octets)
    _do(_advertise_ext(interval_us, mode, *(_in(adv_data) + _in(resp_data) + _in(peer))))


def scan(duration_ms, interval_us, window_us, active, once, phys):
    how = (1 if active else 0) + (2 if once else 0)
    _do(_scan_ext(duration_ms, interval_us, window_us, how, phys))


def tx_power(dbm):
    _do(_tx_power(dbm))


def trace(path):
    _do(_trace(*_in(path)))


def log(levels):
    _do(_log(*_in(levels)))
