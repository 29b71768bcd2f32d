# Pairing between two stock interpreters: the plain contract of MicroPython, in both roles.

import textwrap

PERIPHERAL = """
from bt import *
import bt
UUID = bluetooth.UUID
CHRC = UUID(0x2A6E)
READ, READ_ENCRYPTED = 2, 0x200
"""

CENTRAL = """
from bt import *
import bt
UUID = bluetooth.UUID
CHRC = UUID(0x2A6E)
"""

# A store of secrets as examples have it, and the passkeys: what one side shows the test tells the other.
STORE = """
secrets = {}
def hook(event, data):
    if event == 30:
        kind, key, value = data
        if value is None:
            return secrets.pop((kind, key), None) is not None
        secrets[kind, key] = value
        return True
    if event == 29:
        kind, index, key = data
        if key is None:
            found = [v for k, v in secrets.items() if k[0] == kind]
            return found[index] if index < len(found) else None
        return secrets.get((kind, key))
bt.hook = hook
"""

SERVE = """
start()
((h,),) = ble.gatts_register_services(((UUID(0x181A), ((CHRC, READ | READ_ENCRYPTED),)),))
ble.gatts_write(h, "encrypted")
address()
advertise()
conn = wait(1)[0]
"""


def peripheral(configuration, rest, before=""):
    return PERIPHERAL + before + configuration + SERVE + textwrap.dedent(rest)


def central(configuration, rest, before=""):
    begin = "start('c')\nto = peer()\nconn = connect(to)\nh = characteristics(conn)[CHRC][0]\n"
    return CENTRAL + before + configuration + begin + textwrap.dedent(rest)


def test_pair(pair):
    """As MicroPython's own ble_gap_pair: mitm asked for and impossible, configured before activation."""
    configuration = "ble.config(mitm=True, le_secure=True, bond=False)\n"
    one, two = pair(
        peripheral(configuration, "print('ENC', wait(28)[1:]); wait(2); print(len(log))"),
        central(
            configuration,
            """
            print("PLAIN", read(conn, h))
            ble.gap_pair(conn)
            print("ENC", wait(28)[1:])
            print("READ", read(conn, h))
            ble.gap_disconnect(conn)
            wait(8)
            print([e for e in log if e[0] == 28])
            """,
        ),
    )
    assert one[0] == "ENC (1, 0, 0, 16)"
    assert "PLAIN" in two[0] and "encrypted" not in two[0]
    assert two[1] == "ENC (1, 0, 0, 16)"
    assert "encrypted" in two[2]
    assert two[3] == "[]"


def test_bond_and_come_back_after_a_restart(pair):
    configuration = "ble.config(mitm=True, le_secure=True, bond=True)\n"
    again = """
        print("ENC", wait(28)[1:])
        wait(2)
        ble.active(False)
        start()
        advertise()
        conn = wait(1)[0]
        print("ENC", wait(28)[1:])
        wait(2)
        """
    one, two = pair(
        peripheral(configuration, again, STORE),
        central(
            configuration,
            """
            ble.gap_pair(conn)
            print("ENC", wait(28)[1:])
            print("SECRETS", [(k[0], len(k[1])) for k in secrets])
            ble.gap_disconnect(conn)
            wait(8)
            ble.active(False)
            start("c")
            conn = connect(to)
            ble.gap_pair(conn)
            print("ENC", wait(28)[1:])
            ble.gap_disconnect(conn)
            wait(8)
            """,
            STORE,
        ),
    )
    assert [line for line in one if line.startswith("ENC")] == ["ENC (1, 0, 1, 16)"] * 2
    assert two == ["ENC (1, 0, 1, 16)", "SECRETS [(1, 7)]", "ENC (1, 0, 1, 16)"]


def passkeys(run, air, central_io, peripheral_io, shows):
    """Play a pairing with a passkey that `shows` shows; what both print of event 28."""
    show = "bt.tell('passkey', wait(31)[2])\nprint('ENC', wait(28)[1:])\n"
    type_in = "n = wait(31)\nassert n[1] == 2, n\nble.gap_passkey(conn, 2, int(listen()))\nprint('ENC', wait(28)[1:])\n"
    configuration = "ble.config(mitm=True, le_secure=True, bond=True, io=%d)\n"
    first = run(
        peripheral(configuration % peripheral_io, (show if shows == "p" else type_in) + "wait(2)\n"),
        "p",
        f"air:{air}#p",
    )
    address = first.told("address")
    second = run(
        central(
            configuration % central_io,
            "ble.gap_pair(conn)\n"
            + (show if shows == "c" else type_in)
            + "ble.gap_disconnect(conn)\nwait(8)\n",
        ),
        "c",
        f"air:{air}#c",
    )
    second.tell(address)
    one, other = (first, second) if shows == "p" else (second, first)
    other.tell(one.told("passkey"))
    lines = second.finish() + first.finish()
    return [line for line in lines if line.startswith("ENC")]


def test_passkey_shown_by_the_peripheral(run, air):
    assert passkeys(run, air, 2, 0, "p") == ["ENC (1, 1, 1, 16)"] * 2


def test_passkey_shown_by_the_central(run, air):
    """The passkey as a central, which others cannot answer."""
    assert passkeys(run, air, 0, 2, "c") == ["ENC (1, 1, 1, 16)"] * 2


def test_numeric_comparison(pair):
    compare = "n = wait(31)\nprint('ACTION', n[1])\nble.gap_passkey(conn, 4, %d)\nprint('ENC', wait(28)[1:])\n"
    configuration = "ble.config(mitm=True, bond=True, io=1)\n"
    one, two = pair(
        peripheral(configuration, compare % 1 + "wait(2)\n"),
        central(
            configuration,
            "ble.gap_pair(conn)\n" + compare % 1 + "ble.gap_disconnect(conn)\nwait(8)\n",
        ),
    )
    assert one == two == ["ACTION 4", "ENC (1, 1, 1, 16)"]
    one, two = pair(
        peripheral(configuration, compare % 1 + "wait(2)\n"),
        central(
            configuration,
            "ble.gap_pair(conn)\n" + compare % 0 + "ble.gap_disconnect(conn)\nwait(8)\n",
        ),
    )
    assert one == two == ["ACTION 4", "ENC (0, 0, 0, 0)"]
