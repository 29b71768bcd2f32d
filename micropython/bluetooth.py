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


# (addr_type, addr)
def _peer(peer):
    if type(peer) not in (tuple, list) or len(peer) != 2:
        raise ValueError("a peer is (addr_type, addr)")
    return peer[0], _addr(peer[1])


def _addr(addr):
    if len(addr) != 6:
        raise ValueError("invalid addr")
    return addr


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
        handler = self._handler
        if handler is None:
            return
        try:
            answer = handler(event, data)
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
            raise ValueError("events is None or 'ext'")
        _breeze.events(self._on_event if value else None)

    def _set_level(self, value):
        _breeze.level(value)

    def _set_addr(self, value):
        _breeze.addr(_addr(value))

    # dBm, of advertising that begins from now on; None: the controller's choice.
    def _set_tx_power(self, value):
        _breeze.tx_power(127 if value is None else value)

    # A file for everything that crosses HCI, in the format btsnoop; "" or None: none.
    def _set_trace(self, value):
        _breeze.trace(value or "")

    # level[,layer=level]..., with the levels off, error, warning, info, debug.
    def _set_log(self, value):
        _breeze.log(value)

    # gap_unpair(addr_type, addr), as events and gap_bonds() give them; gap_unpair(): all bonds.
    def gap_unpair(self, *peer):
        if not peer:
            _breeze.unpair(0, None)
            return
        _breeze.unpair(*_peer(peer))

    # [(addr_type, addr, flags)], flags: 1 authenticated, 2 Secure Connections.
    def gap_bonds(self):
        return _breeze.bonds()

    # Event 27 tells the outcome.
    def gap_conn_update(self, conn_handle, min_us, max_us, latency, timeout_ms):
        _breeze.conn_update(conn_handle, min_us, max_us, latency, timeout_ms)

    # (role, interval_us, latency, timeout_ms, mtu, phy_tx, phy_rx, level, key_size)
    def gap_conn_info(self, conn_handle):
        return _breeze.conn_info(conn_handle)

    def gap_rssi(self, conn_handle):
        return _breeze.rssi(conn_handle)

    # Event 0x84 tells the outcome.
    def gap_phy(self, conn_handle, tx, rx):
        _breeze.phy(conn_handle, tx, rx)

    def gap_data_len(self, conn_handle, octets):
        _breeze.data_len(conn_handle, octets)

    # [(addr_type, addr)]; while it is not empty, nobody else counts.
    def gap_accept_list(self, peers):
        octets = b""
        for peer in peers:
            addr_type, addr = _peer(peer)
            octets += bytes([addr_type]) + bytes(addr)
        _breeze.accept_list(octets)

    def gap_advertise(
        self,
        interval_us=500000,
        adv_data=None,
        *,
        resp_data=None,
        connectable=True,
        mode=None,
        peer=None,
        phy=None
    ):
        if mode not in (None, "ext"):
            raise ValueError("mode is None or 'ext'")
        if phy and not mode:
            raise ValueError("phy is for mode='ext'")
        addr_type, addr = _peer(peer) if peer else (0, None)
        if interval_us is None or not (mode or peer):
            super().gap_advertise(interval_us, adv_data, resp_data=resp_data, connectable=connectable)
        elif mode:
            _breeze.advertise_ext(
                interval_us, adv_data, resp_data, connectable, phy or 0, addr_type, addr
            )
        else:
            _breeze.advertise_to(interval_us, addr_type, addr)

    def gap_scan(self, *args, phy=None, dup=True):
        if (args and args[0] is None) or (phy is None and dup):
            super().gap_scan(*args)
        else:
            defaults = 0, 1280000, 11250, False
            _breeze.scan(*(args + defaults[len(args) :]), not dup, phy or 0)


# The native class has one object; so have we. It is made before there is a __new__ to return it, because
# MicroPython cannot call a native __new__ from ours.
_ble = BLE()
BLE.__new__ = staticmethod(lambda cls, *args: _ble)
