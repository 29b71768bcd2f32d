# The module `_breeze` of the stock interpreter: what micropython/bluetooth.py has beyond the plain
# contract, over the same library as ubluetooth.py. A firmware has the same names in C.

import ubluetooth
from ubluetooth import _data, _do, _in, _lib

_events = _lib.func("i", "breeze_mpy_events", "i")
_unpair = _lib.func("i", "breeze_mpy_unpair", "iPi")
_bonds = _lib.func("i", "breeze_mpy_bonds", "")
_load_secrets = _lib.func("i", "breeze_mpy_load_secrets", "")
_level = _lib.func("i", "breeze_mpy_level", "i")


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
