# MicroPython's `bluetooth` module with Breeze's extensions: doc/EXTENSIONS.md is their table.
#
# The plain contract is the module that lies below and that stays reachable as `ubluetooth`: built into
# a firmware, or micropython/stock/ubluetooth.py for the stock interpreter. What goes beyond it
# reaches the host through the module `_breeze`. This file is the same for both. A board gets it frozen
# (micropython/manifest.py) or copied to its file system; without it there is the plain contract.
# `hasattr(bluetooth.BLE, name)` tells a portable program what there is.

import sys

import _breeze
import ubluetooth
from ubluetooth import (
    FLAG_INDICATE,
    FLAG_NOTIFY,
    FLAG_READ,
    FLAG_WRITE,
    FLAG_WRITE_NO_RESPONSE,
    UUID,
)

_IRQ_GET_SECRET = 29


class BLE(ubluetooth.BLE):
    _ready = False
    _handler = None

    # Comes again at each BLE(): see the end of this file.
    def __init__(self, *args):
        if not self._ready:
            super().__init__()
            self._ready = True

    def irq(self, handler):
        if callable(handler):
            self._handler = handler
            super().irq(self._on_event)
            _breeze.load_secrets()  # It may be set after active(True).
        else:
            super().irq(handler)
            self._handler = None

    # A handler that raises is reported and called again for the next event; below us it would not be.
    def _on_event(self, event, data):
        try:
            answer = self._handler(event, data)
            if event == _IRQ_GET_SECRET and answer:
                memoryview(answer)  # Anything else would raise below us.
            return answer
        except KeyboardInterrupt:
            _breeze.interrupt()  # It is meant for the main program.
        except BaseException as error:
            sys.stderr.write("Unhandled exception in IRQ callback handler\n")
            sys.print_exception(error, sys.stderr)

    def config(self, *args, **kwargs):
        if args or not kwargs:
            return super().config(*args, **kwargs)
        for key in kwargs:
            own = getattr(self, "_set_" + key, None)
            if own:
                own(kwargs[key])
            else:
                super().config(**{key: kwargs[key]})

    def _set_events(self, value):
        if value not in (None, "ext"):
            raise ValueError("events")
        _breeze.events(self._on_event if value else None)

    def _set_level(self, value):
        _breeze.level(value)

    # gap_unpair(addr_type, addr), as events and gap_bonds() give them; gap_unpair(): all bonds.
    def gap_unpair(self, *peer):
        if not peer:
            _breeze.unpair(0, None)
            return
        addr_type, addr = peer
        if len(addr) != 6:
            raise ValueError("invalid addr")
        _breeze.unpair(addr_type, addr)

    # [(addr_type, addr, flags)], flags: 1 authenticated, 2 Secure Connections.
    def gap_bonds(self):
        return _breeze.bonds()


# The native class has one object; so have we. It is made before there is a __new__ to return it, because
# MicroPython cannot call a native __new__ from ours.
_ble = BLE()
BLE.__new__ = staticmethod(lambda cls, *args: _ble)
