# The module by itself: constants, UUID, config, errors, what works while inactive.

import re

import conftest


def test_uuid(run):
    program = run(
        """
        from bluetooth import *
        import ubluetooth
        print(ubluetooth.UUID is UUID, issubclass(BLE, ubluetooth.BLE))
        print(FLAG_READ, FLAG_WRITE_NO_RESPONSE, FLAG_WRITE, FLAG_NOTIFY, FLAG_INDICATE)
        text = "6E400001-B5A3-F393-E0A9-E50E24DCCA9E"
        print(UUID(0x180D), UUID(0), UUID(-1), UUID("AB12"), UUID(text), UUID(text.replace("-", "")))
        print(bytes(UUID(0x180D)), bytes(UUID(text))[:4], UUID(bytes(UUID(text))) == UUID(text))
        for bad in (65536, "12345", "0" * 31, "0" * 33, "g" * 32, None, 1.5):
            try:
                print(UUID(bad))
            except Exception as error:
                print(type(error).__name__, error)
        a = UUID(0x180D)
        print(a == UUID(a), a == b"\\x0d\\x18", b"\\x0d\\x18" == bytes(a), a != UUID(0x180E))
        print(hash(a) == hash(UUID(a)), {a: 1}[UUID(0x180D)], a in [UUID(1), a])
        print(a < UUID(0x180E), a < UUID("AB12") < UUID(text), UUID(text) > a, a <= a, a >= UUID(1))
        # A different size is a different UUID, base UUID or not.
        print(a == UUID("0000180d-0000-1000-8000-00805f9b34fb"))
        payload = bytearray(b"\\x03\\x03") + a
        payload += bytes(a)
        payload.extend(a)
        print(payload, memoryview(a)[0], b"".join([bytes(a), b"!"]))
        for call in (lambda: a[0], lambda: list(a), lambda: a < 1):
            try:
                print(call())
            except TypeError:
                print("TypeError")
        """
    )
    assert program.finish() == [
        "True True",
        "2 4 8 16 32",
        "UUID(0x180d) UUID(0x0000) UUID(0xffff) UUID(0x32314241) "
        "UUID('6e400001-b5a3-f393-e0a9-e50e24dcca9e') UUID('6e400001-b5a3-f393-e0a9-e50e24dcca9e')",
        "b'\\r\\x18' b'\\x9e\\xca\\xdc$' True",
        "ValueError invalid UUID",
        "ValueError UUID too short",
        "ValueError UUID too short",
        "ValueError UUID too long",
        "ValueError invalid char in UUID",
        "TypeError object with buffer protocol required",
        "TypeError object with buffer protocol required",
        "True False True True",
        "True 1 True",
        "True True True True True",
        "False",
        "bytearray(b'\\x03\\x03\\r\\x18\\r\\x18\\r\\x18') 13 b'\\r\\x18!'",
        "TypeError",
        "TypeError",
        "TypeError",
    ]


def test_inactive(run):
    """Nothing is started, so nothing needs an air; what works works."""
    program = run(
        """
        import bluetooth
        ble = bluetooth.BLE()
        U = bluetooth.UUID
        print(ble is bluetooth.BLE(1, 2, 3), ble.active(), ble.active(False))
        ble.irq(None)
        addr = bytes(6)
        calls = (
            lambda: ble.config("mac"),
            lambda: ble.config("mtu"),
            lambda: ble.config(mtu=100),
            lambda: ble.config(addr_mode=1),
            lambda: ble.gap_advertise(100000),
            lambda: ble.gap_scan(100),
            lambda: ble.gap_scan(None),
            lambda: ble.gap_connect(0, addr),
            lambda: ble.gap_connect(None),
            lambda: ble.gap_disconnect(0),
            lambda: ble.gatts_register_services(((U(1), ()),)),
            lambda: ble.gatts_write(1, b""),
            lambda: ble.gatts_notify(0, 1),
            lambda: ble.gatts_indicate(0, 1),
            lambda: ble.gatts_set_buffer(1, 10),
            lambda: ble.gattc_discover_services(0),
            lambda: ble.gattc_discover_characteristics(0, 1, 2),
            lambda: ble.gattc_discover_descriptors(0, 1, 2),
            lambda: ble.gattc_read(0, 1),
            lambda: ble.gattc_write(0, 1, b""),
            lambda: ble.gattc_exchange_mtu(0),
        )
        for call in calls:
            try:
                print(call())
            except OSError as error:
                print(error.errno)
        print(ble.gap_advertise(None), ble.gatts_read(1), ble.config("gap_name"))
        ble.config(gap_name="inactive")
        print(ble.config("gap_name"))
        """
    )
    lines = program.finish()
    assert lines == ["True False False", *["19"] * 21, "None b'' b'MPY BREEZE'", "b'inactive'"]


def test_config(run, air):
    program = run(
        """
        import bluetooth
        ble = bluetooth.BLE()
        ble.active(True)
        kind, mac = ble.config("mac")
        print(kind, len(mac), mac[0] >> 6, type(mac))
        print(ble.config("mtu"), ble.config("rxbuf"))
        ble.config(mtu=100, rxbuf=300)
        print(ble.config("mtu"), ble.config("rxbuf"))
        ble.active(False), ble.active(True)
        print(ble.config("mtu"), ble.config("mac")[1] == mac)
        calls = (
            lambda: ble.config(),
            lambda: ble.config("mac", "mtu"),
            lambda: ble.config("mac", mtu=1),
            lambda: ble.config("nonsense"),
            lambda: ble.config(nonsense=1),
            lambda: ble.config("addr_mode"),
            lambda: ble.config(rxbuf=1),
            lambda: ble.config(mtu=22),
            lambda: ble.config(mtu=600),
            lambda: ble.config(addr_mode=0),
            lambda: ble.config(addr_mode=1),
            lambda: ble.config(addr_mode=2),
            lambda: ble.config(addr_mode=77),
            lambda: ble.config(gap_name="x" * 300),
            lambda: ble.irq(3),
            lambda: ble.gap_connect(1),
            lambda: ble.gap_connect(1, b"short"),
            lambda: ble.gap_advertise(100000, b"x" * 32),
            lambda: ble.gap_advertise(100000, resp_data=b"x" * 32),
            lambda: ble.gap_connect(1, bytes(6), 100, 1000, 1000),
        )
        for call in calls:
            try:
                print(call())
            except Exception as error:
                print(repr(error))
        for name in (b"bytes", bytearray(b"array"), memoryview(b"view"), "e\\u00e9", "nul\\0tail"):
            ble.config(gap_name=name)
            print(ble.config("gap_name"))
        """,
        hci=f"air:{air}",
    )
    assert program.finish() == [
        "1 6 3 <class 'bytes'>",
        "256 128",
        "100 300",
        "256 True",
        "TypeError('must query one param',)",
        "TypeError('must query one param',)",
        'TypeError("can\'t specify pos and kw args",)',
        "ValueError('unknown config param',)",
        "ValueError('unknown config param',)",
        "ValueError('unknown config param',)",
        "ValueError()",
        "OSError(22, 'the MTU is 23 to 517')",
        "OSError(22, 'the MTU is 23 to 517')",
        "OSError(22, 'this controller has the other kind of address')",
        "None",
        "None",
        "None",
        "OSError(22, 'the name is too long: at most 31 octets')",
        "ValueError('invalid handler',)",
        "TypeError('invalid addr',)",
        "ValueError('invalid addr',)",
        "OSError(22, 'at most 31 octets of data, and of resp_data')",
        "OSError(22, 'at most 31 octets of data, and of resp_data')",
        "OSError(22, 'addr_type is 0 or 1, intervals are 7.5 ms to 4 s')",
        "b'bytes'",
        "b'array'",
        "b'view'",
        "b'e\\xc3\\xa9'",
        "b'nul'",
    ]


def test_registration(run, air):
    program = run(
        """
        import bluetooth
        ble = bluetooth.BLE()
        ble.active(True)
        U = bluetooth.UUID
        good = (U(1), ((U(2), 2 | 16), (U(3), 0x10002, ((U(4), 2), (U(5), 2)))))
        first = ble.gatts_register_services([good, good])
        print(first)
        ble.gatts_write(first[0][0], b"kept")
        calls = (
            lambda: ble.gatts_register_services(((1, ()),)),
            lambda: ble.gatts_register_services(((U(1), ((U(2),),)),)),
            lambda: ble.gatts_register_services(((U(1), ((U(2), 1, (), 1),)),)),
            lambda: ble.gatts_register_services(((U(1), ((2, 1),)),)),
            lambda: ble.gatts_register_services(((U(1), ((U(2), 1, ((3, 1),)),)),)),
            lambda: ble.gatts_register_services([good] * 17),
        )
        for call in calls:
            try:
                print(call())
            except Exception as error:
                print(repr(error))
        # A failed registration leaves what was there, and does not spoil the next one.
        print(ble.gatts_read(first[0][0]))
        print(ble.gatts_register_services((good, good)) == first, ble.gatts_read(first[0][0]))
        print(len(ble.gatts_register_services([good] * 16)))
        print(ble.gatts_register_services(()))
        ble.gap_advertise(100000)
        try:
            ble.gatts_register_services((good,))
        except OSError as error:
            print(error.errno)
        ble.gap_advertise(None)
        print(ble.gatts_register_services((good, good)) == first)
        """,
        hci=f"air:{air}",
    )
    lines = program.finish()
    assert re.match(r"\(\((\d+), (\d+), (\d+), (\d+)\), \(\d+, \d+, \d+, \d+\)\)$", lines[0])
    a, b, c, d, e = [int(n) for n in re.findall(r"\d+", lines[0])[:5]]
    # value, CCC, declaration, value, two descriptors, service, declaration, value
    assert (b, c, d, e) == (a + 3, a + 4, a + 5, a + 8)
    assert lines[1:6] == [
        "ValueError('invalid service UUID',)",
        "ValueError('invalid characteristic tuple',)",
        "ValueError('invalid characteristic tuple',)",
        "ValueError('invalid characteristic UUID',)",
        "ValueError('invalid descriptor UUID',)",
    ]
    assert lines[6].startswith("OSError(7, 'the service table is too large")
    assert lines[7:] == ["b'kept'", "True b''", "16", "()", "16", "True"]


def test_values(run, air):
    program = run(
        """
        import bluetooth
        ble = bluetooth.BLE()
        ble.active(True)
        U = bluetooth.UUID
        ((h,),) = ble.gatts_register_services(((U(1), ((U(2), 2),)),))
        print(ble.gatts_read(h), ble.gatts_write(h, b"x" * 50), len(ble.gatts_read(h)))
        print(ble.gatts_write(h, "text"), ble.gatts_read(h), ble.gatts_write(h, b""), ble.gatts_read(h))
        ble.gatts_write(h, bytearray(b"array"))
        ble.gatts_set_buffer(h, 10)
        print(ble.gatts_read(h))
        ble.gatts_write(h, memoryview(b"view"))
        print(ble.gatts_read(h), ble.gatts_read(h), ble.gatts_write(h, U(0x180D)), ble.gatts_read(h))
        ble.gatts_set_buffer(h, 10, True)
        ble.gatts_write(h, b"once")
        print(ble.gatts_read(h), ble.gatts_read(h))
        """,
        hci=f"air:{air}",
    )
    assert program.finish() == [
        "b'' 50 50",
        "4 b'text' 0 b''",
        "b''",
        "b'view' b'view' 2 b'\\r\\x18'",
        "b'once' b''",
    ]


def test_prototypes_are_those_of_the_header():
    stock = conftest.ROOT / "micropython" / "stock"
    header = re.sub(r"//[^\n]*", "", (stock / "breeze_mpy.h").read_text())
    letters = {"int": "i", "unsigned int": "I", "const void *": "P", "void *": "P", "const char *": "s"}
    declared = {}
    for name, arguments in re.findall(r"\bint (breeze_mpy_\w+)\(([^)]*)\);", header):
        kinds = []
        for argument in arguments.split(","):
            argument = " ".join(argument.split())
            if argument != "void":
                kinds.append(letters[re.sub(r"\w+$", "", argument).strip()])
        declared[name] = "".join(kinds)
    python = "".join((stock / name).read_text() for name in ("ubluetooth.py", "_breeze.py"))
    used = dict(re.findall(r'_lib\.func\("i", "(breeze_mpy_\w+)", "(\w*)"\)', python))
    assert len(declared) > 30
    assert used == declared
