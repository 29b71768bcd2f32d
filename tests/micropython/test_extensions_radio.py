# Links and radio beyond the plain contract (doc/EXTENSIONS.md): parameters, PHYs, the accept list, directed
# and extended advertising, our own address, trace and log.

import pytest

from sides import CENTRAL, UPDATED, central, peripheral


ERRNO = """
def errno(call, *args, **kw):
    try:
        call(*args, **kw)
    except (OSError, ValueError) as error:
        return error.errno if isinstance(error, OSError) else type(error).__name__
    return 0
"""


def test_connection_parameters(pair):
    """Asked for by either side; event 27 on both. What cannot be is refused at once."""
    one, two = pair(
        peripheral(
            """
            print("INFO", ble.gap_conn_info(conn)[0])
            print("UPDATED", wait(27)[1:])
            print("UPDATED", updated(100_000, 100_000, 2, 3000), ble.gap_conn_info(conn)[1:4])
            ble.gap_conn_update(conn, 100_000, 100_000, 2, 3000)
            print("SAME", wait(27)[1:])
            bad = ((5000, 7500, 0, 1000), (7500, 15000, 0, 10), (-1, 7500, 0, 1000), (7500, 7500, 70000, 1000))
            print([errno(ble.gap_conn_update, conn, *numbers) for numbers in bad])
            disconnect(conn, 2)
            print([errno(f, conn) for f in (ble.gap_conn_info, ble.gap_rssi)], errno(ble.gap_phy, conn, 1, 1))
            ble.active(False)
            print(errno(ble.gap_conn_info, 0), errno(ble.gap_data_len, 0, 100))
            """,
            ERRNO + UPDATED,
        ),
        central(
            """
            print("INFO", ble.gap_conn_info(conn)[:5])
            print("UPDATED", updated(30_000, 30_000, 0, 2000))
            print("UPDATED", wait(27)[1:])
            wait(8)
            print("NO EVENT", [e for e, d in log if e == 27])
            """,
            UPDATED,
        ),
    )
    updates = ["UPDATED (24, 0, 200, 0)", "UPDATED (80, 2, 300, 0)"]
    assert one == [
        *("INFO 1", updates[0], updates[1] + " (100000, 2, 3000)", "SAME (80, 2, 300, 0)"),
        *("[22, 22, 22, 22]", "[107, 107] 107", "19 19"),
    ]
    assert two == ["INFO (0, 7500, 0, 2560, 23)", *updates, "NO EVENT []"]


def test_radio_of_a_link(pair):
    one, two = pair(
        peripheral("wait(2)"),
        central(
            """
            print(wait(0x84)[1:])
            ble.gap_phy(conn, 1, 1)
            print(wait(0x84, lambda d: d[1] == 1)[1:], ble.gap_conn_info(conn)[5:])
            ble.gap_phy(conn, 2, 0)
            print(wait(0x84, lambda d: d[1] == 2)[3])
            ble.gap_data_len(conn, 100)
            ble.gap_data_len(conn, 100)
            print([errno(ble.gap_data_len, conn, n) for n in (26, 252)], errno(ble.gap_phy, conn, 8, 1))
            print(-127 < ble.gap_rssi(conn) < 20)
            ble.config(bond=True)
            ble.gap_pair(conn)
            wait(28)
            print(ble.gap_conn_info(conn)[7:])
            disconnect(conn)
            """,
            ERRNO,
        ),
    )
    assert two == ["(2, 2, 0)", "(1, 1, 0) (1, 1, 1, 0)", "0", "[22, 22] 22", "True", "(2, 16)"]


SCANNED = """
def heard(ms=300, *args, **kw):
    log.clear()
    ble.gap_scan(ms, 30000, 30000, *args, **kw)
    wait(6)
    found = [d for e, d in log if e == 5]
    log.clear()
    return found
"""


def test_scanning_each_advertiser_once(pair):
    one, two = pair(
        peripheral("wait(2)"),
        CENTRAL
        + SCANNED
        + """
start("c")
to = peer()
print(len(heard()) > 3, [d[2] for d in heard(dup=False)], len(heard(300, True, dup=False)))
conn = connect(to)
disconnect(conn)
""",
    )
    assert two == ["True [0] 2"]


def test_accept_list(run, air):
    """Who is not on the list is not heard and not let in; an empty list lets everyone."""
    first = run(
        peripheral(
            """
            wait(2)
            ble.gap_accept_list([(1, b"\\xc0\\1\\2\\3\\4\\5")])
            advertise()
            print(errno(ble.gap_accept_list, []), errno(ble.gap_accept_list, [(1, b"x")]))
            tell("closed")
            listen()
            print([e for e, d in log if e < 3])
            ble.gap_advertise(None)
            ble.gap_accept_list([])
            advertise()
            tell("open")
            wait(1)
            wait(2)
            """,
            ERRNO,
        ),
        "p",
        f"air:{air}#p",
    )
    second = run(
        central(
            """
            disconnect(conn)
            listen()
            ble.gap_accept_list([(1, b"\\xc0\\1\\2\\3\\4\\5")])
            print(heard())
            ble.gap_accept_list([to, (1, b"\\xc0\\1\\2\\3\\4\\5")])
            print({d[:2] for d in heard()} == {to})
            ble.gap_accept_list([])
            # The peripheral does not answer: the link is made and then is not there (0x3e).
            connect(to)
            print(wait(0x82))
            wait(8)
            tell("refused")
            listen()
            disconnect(connect(to))
            """,
            SCANNED,
        ),
        "c",
        f"air:{air}#c",
    )
    second.tell(first.told("address"))
    first.told("closed")
    second.tell("on")
    second.told("refused")
    first.tell("open")
    first.told("open")
    second.tell("on")
    assert second.finish() == ["[]", "True", "(0, 62)"]
    assert first.finish() == ["16 ValueError", "[]"]


def test_directed_advertising(pair):
    """Only the one it is meant for may connect, and it is reported as what it is."""
    one, two = pair(
        peripheral(
            """
            central = wait(2)[1:]
            for interval in (20000, 0):
                ble.gap_advertise(interval, peer=central)
                wait(1)
                wait(2)
            print(errno(ble.gap_advertise, 20000, peer=(0, b"short")))
            print(errno(ble.gap_advertise, 20000, peer=central, phy=1), errno(ble.gap_advertise, 1, mode="x"))
            """,
            ERRNO,
        ),
        central(
            """
            disconnect(conn)
            print({d[2] for d in heard()})
            disconnect(connect(to))
            disconnect(connect(to))
            """,
            SCANNED,
        ),
    )
    assert (one, two) == (["ValueError", "ValueError ValueError"], ["{1}"])


def test_extended_advertising(run, air):
    """Long data, LE Coded, and a connection that began with it; the plain scan does not hear of it."""
    first = run(
        peripheral(
            """
            wait(2)
            long = bytes([255, 255]) + bytes(range(254)) + bytes([2, 1, 6])
            ble.gap_advertise(20000, long, mode="ext", connectable=False)
            tell("long")
            listen()
            print(errno(ble.gap_advertise, 20000, bytes(246), mode="ext"))
            ble.gap_advertise(20000, b"\\2\\1\\6", mode="ext", phy=4)
            tell("coded")
            listen()
            ble.gap_advertise(20000, resp_data=b"\\2\\1\\5", mode="ext", connectable=False)
            tell("scannable")
            listen()
            ble.gap_advertise(20000, b"\\2\\1\\6", mode="ext")
            tell("connectable")
            wait(1)
            wait(2)
            ble.gap_advertise(20000)
            tell("legacy")
            listen()
            """,
            ERRNO,
        ),
        "p",
        f"air:{air}#p",
    )
    second = run(
        central(
            """
            disconnect(conn)
            listen()
            print(heard())
            found = heard(phy=1)
            print({(d[2], len(d[4]), d[4][-3:]) for d in found}, {d[:2] for d in found} == {to})
            tell("next"), listen()
            print(heard(phy=1), {d[4] for d in heard(phy=4)}, {d[4] for d in heard(phy=5)})
            print([errno(ble.gap_scan, 100, 30000, 30000, phy=n) for n in (2, 3, 8, -1)])
            tell("next"), listen()
            print({d[4] for d in heard(300, True, phy=1) if d[4]})
            tell("next"), listen()
            disconnect(connect(to))
            listen()
            print({d[2] for d in heard()})
            """,
            SCANNED + ERRNO,
        ),
        "c",
        f"air:{air}#c",
    )
    second.tell(first.told("address"))
    for stage in ("long", "coded", "scannable", "connectable"):
        first.told(stage)
        second.tell("on")
        if stage != "connectable":
            second.told("next")
            first.tell("on")
    first.told("legacy")
    second.tell("on")
    assert second.finish() == [
        "[]",
        "{(5, 259, b'\\x02\\x01\\x06')} True",
        "[] {b'\\x02\\x01\\x06'} {b'\\x02\\x01\\x06'}",
        "[22, 22, 22, 22]",
        "{b'\\x02\\x01\\x05'}",
        "{0}",
    ]
    first.tell("end")
    assert first.finish() == ["22"]


def test_extended_advertising_to_few(run, air):
    """To who is on the accept list, or to one peer, on LE Coded too, where the central that scanned there finds
    it."""
    first = run(
        peripheral(
            """
            central = wait(2)[1:]
            ble.gap_accept_list([(1, b"\\xc0\\1\\2\\3\\4\\5")])
            ble.gap_advertise(20000, b"\\2\\1\\6", mode="ext", phy=4)
            print(errno(ble.gap_accept_list, []))
            tell("others")
            listen()
            print([e for e, d in log if e < 3])
            ble.gap_advertise(None)
            ble.gap_accept_list([central])
            ble.gap_advertise(20000, b"\\2\\1\\6", mode="ext", phy=4)
            tell("listed")
            wait(1)
            wait(2)
            ble.gap_accept_list([(1, b"\\xc0\\1\\2\\3\\4\\5")])
            ble.gap_advertise(0, mode="ext", phy=4, peer=central)  # The list is not asked.
            tell("directed")
            print("PHY", ble.gap_conn_info(wait(1)[0])[5:7])
            wait(2)
            print(errno(ble.gap_advertise, 20000, mode="ext", peer=(1, b"short")))
            """,
            ERRNO,
        ),
        "p",
        f"air:{air}#p",
    )
    second = run(
        central(
            """
            disconnect(conn)
            listen()
            print(len(heard(phy=4)) > 0)
            ble.gap_connect(*to, 1000)  # Who is not on the list is not answered.
            print(wait(0x82))
            wait(8)
            tell("refused")
            listen()
            disconnect(connect(to))
            listen()
            disconnect(connect(to))
            """,
            SCANNED,
        ),
        "c",
        f"air:{air}#c",
    )
    second.tell(first.told("address"))
    first.told("others")
    second.tell("on")
    second.told("refused")
    first.tell("on")
    for stage in ("listed", "directed"):
        first.told(stage)
        second.tell("on")
    assert second.finish() == ["True", "(65535, 2)"]
    assert first.finish() == ["16", "[]", "PHY (4, 4)", "ValueError"]


def powers(trace):
    """What LE Set Extended Advertising Parameters asked for, from a btsnoop file."""
    found, at = [], 0
    while (at := trace.find(b"\x36\x20\x19", at)) >= 0:
        found.append(trace[at + 3 + 19])
        at += 1
    return found


POWER = """
from bt import *
def errno(call, **kw):
    try:
        call(**kw)
    except (OSError, ValueError) as error:
        return error.errno if isinstance(error, OSError) else type(error).__name__
    return 0
print(errno(ble.config, tx_power=4))
start()
"""


def test_tx_power(run, air, folder):
    """Extended advertising asks for it, and so does plain advertising where the controller has both."""
    program = run(
        POWER
        + """
ble.config(trace="t.btsnoop")
advertise()
ble.config(tx_power=-8)
advertise()
ble.gap_advertise(20000, mode="ext")
ble.active(False)
start()
advertise()
ble.config(tx_power=None)
advertise()
print([errno(ble.config, tx_power=n) for n in (21, -128, 1000)])
""",
        hci=f"air:{air}#p",
    )
    assert program.finish() == ["19", "[22, 22, 22]"]
    trace = (folder / "t.btsnoop").read_bytes()
    assert powers(trace) == [0x7F, 0xF8, 0xF8, 0xF8, 0x7F]


@pytest.mark.parametrize("air", [["--level", "4.2"]], indirect=True)
def test_tx_power_of_an_old_controller(run, air):
    program = run(POWER + "print(errno(ble.config, tx_power=4))", hci=f"air:{air}#p")
    assert program.finish() == ["19", "95"]


def test_own_address(run, air):
    """A static one, before the first activation."""
    program = run(
        """
        from bt import *
        def errno(call, **kw):
            try:
                call(**kw)
            except (OSError, ValueError) as error:
                return error.errno if isinstance(error, OSError) else type(error).__name__
            return 0
        own = b"\\xc1\\2\\3\\4\\5\\6"
        print(errno(ble.config, addr=b"\\x01\\2\\3\\4\\5\\6"), errno(ble.config, addr=b"short"))
        ble.config(addr=own)
        start()
        print(ble.config("mac") == (1, own))
        ble.active(False)
        start()
        print(ble.config("mac") == (1, own), errno(ble.config, addr=own), errno(ble.config, addr=b"\\xc1\\2\\3\\4\\5\\7"))
        print(errno(ble.config, events="all"), errno(ble.config, nonsense=1))
        """,
        hci=f"air:{air}#p",
    )
    assert program.finish() == ["22 ValueError", "True", "True 0 16", "ValueError ValueError"]


def test_trace_and_log(run, air, folder):
    program = run(
        """
        import bluetooth
        ble = bluetooth.BLE()
        ble.config(trace="t.btsnoop", log="debug")
        ble.active(True)
        ble.config(log="off", trace=None)
        ble.active(False)
        print("SILENT")
        ble.active(True)
        ble.active(False)
        for key in ("trace", "log"):
            try:
                ble.config(**{key: "/nonsense/file"})
            except OSError as error:
                print(error.errno)
        """,
        hci=f"air:{air}#p",
    )
    lines = program.finish()
    at = lines.index("SILENT")
    assert lines[0].startswith("breeze D") and lines[at + 1 :] == ["2", "22"]
    trace = (folder / "t.btsnoop").read_bytes()
    assert trace.startswith(b"btsnoop\0") and len(trace) > 200
