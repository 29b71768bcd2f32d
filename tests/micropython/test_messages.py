# What a user reads who made a mistake: the number that a board gives too, and a sentence. What is no number is
# a TypeError, as on a board; ffi alone would take the address of a str for one, and None for 0.

import pytest

SAID = """
import bluetooth
ble = bluetooth.BLE()
UUID = bluetooth.UUID
def said(call, *args, **kw):
    try:
        print(call(*args, **kw))
    except BaseException as error:
        print(type(error).__name__, *error.args)
"""

OFF = [
    ('ble.config, "mac"', "OSError 19 the radio is off: active(True) comes first"),
    ("ble.gap_scan, 100", "OSError 19 the radio is off: active(True) comes first"),
    ("ble.gatts_register_services, ()", "OSError 19 the radio is off: active(True) comes first"),
    ("ble.gap_rssi, 0", "OSError 19 the radio is off: active(True) comes first"),
    ('ble.config, level="high"', "TypeError can't convert str to int"),
    ('ble.config, gap_name="x" * 32', "OSError 22 the name is too long: at most 31 octets"),
    ("ble.config, events=True", "ValueError events is None or 'ext'"),
]
ON = [
    ("ble.gap_disconnect, 0", "False"),
    ("ble.gap_disconnect, None", "TypeError can't convert NoneType to int"),
    ("ble.gatts_notify, None, 20", "TypeError can't convert NoneType to int"),
    ("ble.gatts_notify, 0, 20", "OSError 107 there is no such connection"),
    ("ble.gattc_read, 0, 1.5", "TypeError can't convert float to int"),
    ("ble.gap_scan, 1 << 40", "OverflowError overflow converting long int to machine word"),
    ('ble.gap_advertise, "100"', "TypeError can't convert str to int"),
    ("ble.gap_advertise, 100000, bytes(32)", "OSError 22 at most 31 octets of data, and of resp_data"),
    ("ble.gap_advertise, 100", "OSError 22 the interval is 20 ms to 10.24 s"),
    (
        "ble.gap_scan, 0, 30000, 60000",
        "OSError 22 the window is not longer than the interval, and no time is negative",
    ),
    ("ble.config, mtu=600", "OSError 22 the MTU is 23 to 517"),
    ('ble.gatts_write, 999, b""', "OSError 22 no value has this handle"),
    ("ble.gap_unpair, 0", "ValueError a peer is (addr_type, addr)"),
    ('ble.gap_accept_list, [b"123456"]', "ValueError a peer is (addr_type, addr)"),
    ('ble.gap_accept_list, [(9, b"123456")]', "OSError 22"),
    ('ble.gap_advertise, 20000, peer=(9, b"123456")', "OSError 22"),
    ('ble.gap_advertise, 20000, mode="ext", peer=(9, b"123456")', "OSError 22"),
    ('ble.gap_advertise, 20000, peer=b"123456"', "ValueError a peer is (addr_type, addr)"),
    ('ble.gap_advertise, 20000, mode="long"', "ValueError mode is None or 'ext'"),
    ("ble.gap_advertise, 20000, phy=4", "ValueError phy is for mode='ext'"),
    ("ble.gap_advertise, 20000", "None"),
    (
        "ble.gatts_register_services, ()",
        "OSError 16 not while advertising, scanning, connecting or connected",
    ),
]


@pytest.mark.parametrize("rows", [OFF, ON], ids=["off", "on"])
def test_mistakes(run, air, rows):
    lines = [SAID] + (["ble.active(True)"] if rows is ON else [])
    program = run("\n".join(lines + [f"said({call})" for call, _ in rows]), "p", f"air:{air}#p")
    assert program.finish() == [said for _, said in rows]
