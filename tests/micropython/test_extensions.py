# What micropython/bluetooth.py has beyond the plain contract (doc/EXTENSIONS.md), between stock
# interpreters.

import conftest
from sides import UPDATED, central, peripheral


def test_a_handler_that_raises_is_the_plain_contracts_end_and_not_ours(run, air):
    """A board calls it never again; with bluetooth.py it is reported, each time."""
    program = run(
        """
        import bluetooth, sys, time, ubluetooth
        plain, ble = ubluetooth.BLE(), bluetooth.BLE()
        print(plain is ubluetooth.BLE(), ble is bluetooth.BLE(3), plain is ble)
        count = 0
        def irq(event, data):
            global count
            count += 1
            raise ValueError("in the handler")
        ble.active(True)
        for it in (plain, ble):
            it.irq(irq)
            count = 0
            for _ in range(2):
                it.gap_scan(1)
                time.sleep_ms(300)
            print(count)
        """,
        hci=f"air:{air}",
    )
    lines = [line for line in program.finish() if line[0] in "TF12U"]
    reported = "Unhandled exception in IRQ callback handler"
    trace = "Traceback (most recent call last):"
    assert lines == ["True True False", reported, trace, "1", reported, trace, reported, trace, "2"]


def test_the_extensions_stand_on_a_native_class(run, environment, folder):
    """As in a firmware: the class below is written in C, and its __new__ may not be called."""
    lib = folder / "native"
    lib.mkdir()
    (lib / "ubluetooth.py").write_text(
        "import socket\nBLE = socket.socket\nUUID = int\nFLAG_READ = FLAG_WRITE = FLAG_NOTIFY = 0\n"
        "FLAG_INDICATE = FLAG_WRITE_NO_RESPONSE = 0\n"
    )
    (lib / "_breeze.py").write_text("")
    (lib / "bluetooth.py").write_text((conftest.ROOT / "micropython" / "bluetooth.py").read_text())
    program = run(
        """
        import bluetooth
        ble = bluetooth.BLE()
        number = ble.fileno()
        print(bluetooth.BLE(1, 2) is ble, ble.fileno() == number, hasattr(bluetooth.BLE, "irq"))
        """,
        MICROPYPATH=f".frozen:{lib}",
    )
    assert program.finish() == ["True True True"]


def test_a_secret_that_is_no_buffer_is_reported(run):
    program = run(
        """
        import bluetooth
        ble = bluetooth.BLE()
        ble.irq(lambda event, data: data)
        print(ble._on_event(29, b"octets"), ble._on_event(29, None), ble._on_event(29, 5))
        """
    )
    lines = program.finish()
    assert lines[-1] == "b'octets' None None" and "TypeError" in "\n".join(lines)


# What a pairing that failed was told with, and that no bond came of it.
FAILED = """
def failed():
    while not [e for e, d in log if e == 28]:
        time.sleep_ms(5)
    print("FAILED", [(e, d[1:]) for e, d in log if e in (28, 0x81)], ble.gap_bonds())
    log.clear()
"""

# The bonds are in a JSON file and nowhere else.
BONDS = """
from bonds import Bonds
ble.config(bond=True)
store = Bonds("%s.json")
bt.hook = store.answer
"""


def test_without_being_asked_for_no_event_of_ours_comes(pair):
    ended = "print([e for e, d in log if e >= 128])"
    one = peripheral("wait(2)\n" + ended)
    two = central("ble.gattc_write(conn, 1, b'', 1)\nwait(17)\ndisconnect(conn)\n" + ended)
    asked = 'ble.config(events="ext")'
    one, two = pair(one.replace(asked, ""), two.replace(asked, asked + "\nble.config(events=None)"))
    assert one == two == ["[]"]


def test_reasons_of_disconnections(pair, run, air):
    one, two = pair(
        peripheral("print('REASON', wait(0x82)); wait(2)"),
        central("ble.gap_disconnect(conn)\nprint('REASON', wait(0x82))\nwait(8)"),
    )
    assert (one[0], two[0]) == ("REASON (0, 19)", "REASON (0, 22)")
    alone = run(
        """
        from bt import *
        start()
        ble.config(events="ext")
        ble.gap_connect(0, b"\\1" * 6, 50)
        while len(log) < 2:
            time.sleep_ms(5)
        print(log)
        """,
        hci=f"air:{air}#alone",
    )
    no = "b'\\x00\\x00\\x00\\x00\\x00\\x00'"
    assert alone.finish() == [f"[(130, (65535, 2)), (8, (65535, 255, {no}))]"]


def test_subscriptions(pair):
    """Each change once; those of a bonded peer come back with it."""
    one, two = pair(
        peripheral(
            """
            print("VALUE", h)
            wait(2)
            advertise()
            wait(1)
            wait(2)
            for event, data in log:
                if event == 0x80:
                    print(data)
            """,
            "ble.config(bond=True)\n",
        ),
        central(
            """
            h = characteristics(conn)[bluetooth.UUID(0x2A6E)][0]
            ble.gap_pair(conn)
            wait(28)
            for value in (1, 1, 2, 3, 0, 2):
                write(conn, h + 1, bytes([value, 0]))
            disconnect(conn)
            conn = connect(to)
            ble.gap_pair(conn)
            print("ENC", wait(28)[1:])
            disconnect(conn)
            """,
            "ble.config(bond=True)\n",
        ),
    )
    h = int(one[0].split()[1])
    expected = [(1, 0), (0, 1), (1, 1), (0, 0), (0, 1), (0, 1)]
    assert one[1:] == [str((0, h, *wish)) for wish in expected]
    assert two == ["ENC (1, 0, 1, 16)"]


def test_pitfall_26_notify_ready_follows_enomem(pair):
    """Notifications as fast as Python can, over a slow link, without a pause but the event; none is lost."""
    one, two = pair(
        peripheral(
            """
            assert updated(50_000, 50_000, 0, 4000)[0] == 40
            waits = 0
            for i in range(200):
                while True:
                    try:
                        ble.gatts_notify(conn, h, b"%d" % i)
                        break
                    except OSError as error:
                        assert error.errno == 12
                        wait(0x83, lambda d: d == (conn,))
                        waits += 1
            print(waits > 0)
            wait(2)
            print([e for e in log if e[0] == 0x83])
            """,
            UPDATED,
        ),
        central(
            """
            bt.hook = lambda event, data: count.append(int(data[2])) if event == 18 else None
            count = []
            while len(count) < 200:
                time.sleep_ms(10)
            print(count == list(range(200)))
            disconnect(conn)
            """
        ),
    )
    assert (one, two) == (["True", "[]"], ["True"])


def test_phy(pair):
    """Links go to 2M by themselves: both sides hear of it."""
    one, two = pair(
        peripheral("print(wait(0x84))\nwait(2)"), central("print(wait(0x84))\ndisconnect(conn)")
    )
    assert one == two == ["(0, 2, 2, 0)"]


def test_bonds_are_listed_deleted_and_made_anew(pair):
    bonding = "ble.config(bond=True)\n"
    one, two = pair(
        peripheral(
            """
            print("BONDS", ble.gap_bonds())
            print("ENC", wait(28)[1:])
            print("BONDS", [(t, flags) for t, addr, flags in ble.gap_bonds()])
            wait(2)
            # The central has forgotten us; we still know it, and it may pair anew.
            advertise()
            conn = wait(1)[0]
            print("ENC", wait(28)[1:])
            wait(2)
            (kind, addr, flags), = ble.gap_bonds()
            ble.gap_unpair(kind, addr)
            print("BONDS", ble.gap_bonds())
            for call in (lambda: ble.gap_unpair(kind, addr), lambda: ble.gap_unpair()):
                try:
                    call()
                except OSError as error:
                    print("ERROR", error.errno)
            for call in (lambda: ble.gap_unpair(kind), lambda: ble.gap_unpair(kind, b"short")):
                try:
                    call()
                except (TypeError, ValueError) as error:
                    print(type(error))
            ble.active(False)
            try:
                ble.gap_bonds()
            except OSError as error:
                print("ERROR", error.errno)
            """,
            bonding,
        ),
        central(
            """
            ble.gap_pair(conn)
            print("ENC", wait(28)[1:])
            print("BONDS", ble.gap_bonds() == [(to[0], to[1], 2)])
            log.clear()
            ble.gap_unpair(*to)
            print("REASON", wait(0x82))
            print("BONDS", ble.gap_bonds())
            conn = connect(to)
            ble.gap_pair(conn)
            print("ENC", wait(28)[1:])
            ble.gap_unpair()
            wait(8)
            print("BONDS", ble.gap_bonds())
            """,
            bonding,
        ),
    )
    enc = "ENC (1, 0, 1, 16)"
    assert one == [
        *("BONDS []", enc, "BONDS [(1, 2)]", enc, "BONDS []", "ERROR 2", "ERROR 2"),
        *("<class 'ValueError'>", "<class 'ValueError'>", "ERROR 19"),
    ]
    assert two == [enc, "BONDS True", "REASON (0, 22)", "BONDS []", enc, "BONDS []"]


def test_wrong_then_right_passkey(run, air):
    """The failure is told with its reason, before event 28; nothing is kept; the next try is right."""
    io = "ble.config(mitm=True, bond=True, io=%d)\n"
    first = run(
        peripheral(
            """
            tell("passkey", wait(31)[2])
            failed()
            tell("passkey", wait(31)[2])
            print("ENC", wait(28)[1:], [bond[2] for bond in ble.gap_bonds()])
            wait(2)
            """,
            FAILED + io % 0,
        ),
        "p",
        f"air:{air}#p",
    )
    address = first.told("address")
    second = run(
        central(
            """
            ble.gap_pair(conn)
            assert wait(31)[1] == 2
            ble.gap_passkey(conn, 2, (int(listen()) + 1) % 1000000)
            failed()
            ble.gap_pair(conn)
            assert wait(31)[1] == 2
            ble.gap_passkey(conn, 2, int(listen()))
            print("ENC", wait(28)[1:], [bond[2] for bond in ble.gap_bonds()])
            disconnect(conn)
            """,
            FAILED + io % 2,
        ),
        "c",
        f"air:{air}#c",
    )
    second.tell(address)
    for _ in range(2):
        second.tell(first.told("passkey"))
    lines = second.finish(), first.finish()
    assert lines[0] == lines[1] == [
        "FAILED [(129, (1,)), (28, (0, 0, 0, 0))] []",
        "ENC (1, 1, 1, 16) [3]",
    ]


def test_pitfall_75_mitm_only_asks_and_a_level_refuses(pair):
    """Two sides without any way to prove anything: mitm pairs all the same, level 3 does not."""
    one, two = pair(
        peripheral(
            """
            print("ENC", wait(28)[1:])
            wait(2)
            ble.gap_unpair()
            ble.config(level=3)
            advertise()
            conn = wait(1)[0]
            failed()
            wait(2)
            for level in (0, 5):
                try:
                    ble.config(level=level)
                except OSError as error:
                    print("ERROR", error.errno)
            ble.config(level=1)
            advertise()
            conn = wait(1)[0]
            print("ENC", wait(28)[1:])
            wait(2)
            """,
            FAILED + "ble.config(mitm=True, bond=True)\n",
        ),
        central(
            """
            ble.gap_pair(conn)
            print("ENC", wait(28)[1:])
            disconnect(conn)
            ble.gap_unpair()
            log.clear()
            conn = connect(to)
            ble.gap_pair(conn)
            failed()
            disconnect(conn)
            conn = connect(to)
            ble.gap_pair(conn)
            print("ENC", wait(28)[1:])
            disconnect(conn)
            """,
            FAILED + "ble.config(bond=True)\n",
        ),
    )
    enc = "ENC (1, 0, 1, 16)"
    failed = "FAILED [(129, (4,)), (28, (0, 0, 0, 0))] []"
    assert one == [enc, failed, "ERROR 22", "ERROR 22", enc]
    assert two == [enc, failed, enc]


def test_a_weak_bond_is_not_used_below_the_level(pair):
    """The level was raised after the bond was made: the peer hears that its key is not accepted."""
    one, two = pair(
        peripheral(
            """
            print("ENC", wait(28)[1:])
            wait(2)
            ble.config(level=3)
            advertise()
            conn = wait(1)[0]
            wait(2)
            print([d for e, d in log if e == 28])
            """,
            "ble.config(bond=True)\n",
        ),
        central(
            """
            ble.gap_pair(conn)
            print("ENC", wait(28)[1:])
            disconnect(conn)
            log.clear()
            conn = connect(to)
            ble.gap_pair(conn)
            failed()
            """,
            FAILED.replace(", ble.gap_bonds()", "") + "ble.config(bond=True)\n",
        ),
    )
    assert one == ["ENC (1, 0, 1, 16)", "[]"]
    assert two == ["ENC (1, 0, 1, 16)", "FAILED [(129, (2,)), (28, (0, 0, 0, 0))]"]


def restarted(run, air, folder, one, two, before=BONDS):
    """Each of the two with its JSON file, in processes of their own; what both print."""
    (folder / "bonds.py").write_text((conftest.ROOT / "examples" / "bonds.py").read_text())
    first = run(peripheral(one, before % "p"), "p", f"air:{air}#p")
    address = first.told("address")
    second = run(central(two, before % "c"), "c", f"air:{air}#c")
    second.tell(address)
    lines = second.finish(), first.finish()
    # Nothing of a bond is anywhere else.
    kept = {path.name for path in folder.rglob("*") if path.is_file()}
    assert kept <= {"p.py", "c.py", "p.json", "c.json", "bonds.py", "a.lock", "air.log"}, kept
    return lines


STAY = "print('ENC', wait(28)[1:], len(ble.gap_bonds()))\nwait(2)\n"
LEAVE = "ble.gap_pair(conn)\nprint('ENC', wait(28)[1:], len(ble.gap_bonds()))\ndisconnect(conn)\n"
BONDED = "ENC (1, 0, 1, 16) 1"


def test_a_bond_in_a_json_file_survives_a_restart_of_both(run, air, folder):
    """The files are all that is kept, and stay as they are: the old keys did, no new ones were made."""
    fresh = ["no bonds in c.json", BONDED], ["no bonds in p.json", BONDED]
    assert restarted(run, air, folder, STAY, LEAVE) == fresh
    kept = [(folder / f"{side}.json").read_text() for side in "pc"]
    assert restarted(run, air, folder, STAY, LEAVE) == ([BONDED], [BONDED])
    assert kept == [(folder / f"{side}.json").read_text() for side in "pc"]


def test_pitfall_76_bonded_is_told_by_each_side_whichever_was_restarted(run, air, folder):
    (folder / "bonds.py").write_text((conftest.ROOT / "examples" / "bonds.py").read_text())
    hci = f"air:{air}#%s"
    again = "advertise()\nconn = wait(1)[0]\n" + STAY
    first = run(peripheral(STAY, BONDS % "p"), "p", hci % "p")
    address = first.told("address")
    reconnect = "tell('left')\nlisten()\nconn = connect(to)\n" + LEAVE
    central_1 = run(central(LEAVE + reconnect, BONDS % "c"), "c", hci % "c")
    central_1.tell(address)
    central_1.told("left")
    assert first.finish() == ["no bonds in p.json", BONDED]
    kept = [(folder / f"{side}.json").read_text() for side in "pc"]
    # The peripheral is a new process, the central the old one.
    second = run(peripheral(STAY + again, BONDS % "p"), "p", hci % "p")
    assert second.told("address") == address
    central_1.tell("on")
    assert central_1.finish() == ["no bonds in c.json", BONDED, BONDED]
    # Now the other way round.
    central_2 = run(central(LEAVE, BONDS % "c"), "c", hci % "c")
    central_2.tell(address)
    assert central_2.finish() == [BONDED]
    assert second.finish() == [BONDED, BONDED]
    assert kept == [(folder / f"{side}.json").read_text() for side in "pc"]


def test_a_handler_set_late_gives_its_bonds(run, air, folder):
    """After active(True), with no connection yet; and GATT on the restored bond works."""
    restarted(run, air, folder, STAY, LEAVE)
    program = run(
        """
        import bluetooth
        from bonds import Bonds
        ble = bluetooth.BLE()
        ble.config(bond=True)
        ble.active(True)
        print(ble.gap_bonds())
        store = Bonds("p.json")
        ble.irq(store.answer)
        print(len(ble.gap_bonds()))
        """,
        "p",
        f"air:{air}#p",
    )
    assert program.finish() == ["[]", "1"]


def test_a_late_handler_of_the_plain_contract_gives_its_bonds_too(run, air, folder):
    """Nobody tells the host of that handler: it asks when the next connection comes."""
    restarted(run, air, folder, STAY, LEAVE)
    kept = (folder / "p.json").read_text()
    first = run(
        """
        from bt import *
        import bt, ubluetooth
        from bonds import Bonds
        bt.ble = ble = ubluetooth.BLE()
        ble.config(bond=True)
        ble.active(True)
        store = Bonds("p.json")
        bt.hook = store.answer
        ble.irq(bt.irq)
        address()
        advertise()
        wait(1)
        print("ENC", wait(28)[1:])
        wait(2)
        """,
        "p",
        f"air:{air}#p",
    )
    second = run(central(LEAVE, BONDS % "c"), "c", f"air:{air}#c")
    second.tell(first.told("address"))
    assert second.finish() == [BONDED]
    assert first.finish() == ["ENC (1, 0, 1, 16)"] and (folder / "p.json").read_text() == kept


def test_a_bond_lost_by_one_side_is_told_and_made_anew(run, air, folder):
    """The peripheral's file is gone. The central's key is refused, and told so; it unpairs and pairs."""
    restarted(run, air, folder, STAY, LEAVE)
    (folder / "p.json").unlink()
    one = """
        wait(2)
        advertise()
        conn = wait(1)[0]
        print("ENC", wait(28)[1:])
        wait(2)
        """
    two = """
        ble.gap_pair(conn)
        print("FAILED", wait(0x81)[1])
        ble.gap_unpair(*to)
        wait(8)
        log.clear()
        conn = connect(to)
        ble.gap_pair(conn)
        print("ENC", wait(28)[1:])
        disconnect(conn)
        """
    two, one = restarted(run, air, folder, one, two)
    assert two == ["FAILED 2", "ENC (1, 0, 1, 16)"]
    assert one[1:] == ["ENC (1, 0, 1, 16)"]
    assert len((folder / "p.json").read_text()) > 100


def test_unpairing_in_the_handler(pair):
    """The program answers event 30 after the handler that asked for it."""
    one, two = pair(
        peripheral("wait(28)\nwait(2)", "ble.config(bond=True)\n"),
        central(
            """
            def hook(event, data):
                if event == 28:
                    ble.gap_unpair()
                    print("UNPAIRED", ble.gap_bonds())
                if event == 30:
                    print("SECRET", data[2] is None)
                    return True
            bt.hook = hook
            ble.gap_pair(conn)
            wait(8)
            """,
            "ble.config(bond=True)\n",
        ),
    )
    assert two == ["SECRET False", "UNPAIRED []", "SECRET True"]
