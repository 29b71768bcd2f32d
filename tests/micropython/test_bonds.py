# Bonds that move: what a program keeps in its JSON file (examples/bonds.py) brings everything back on
# another board, which here is another interpreter whose controller has another address.

import json
import shutil

import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from conftest import ROOT
from test_privacy import FIND
from test_security import STORE

PERIPHERAL = """
from bt import *
import bt
from bonds import Bonds

UUID = bluetooth.UUID
kept = Bonds("bonds.json")
made = []
def hook(event, data):
    if event == 30 and data[0] == 1:
        made.append(data)
    return kept.answer(event, data)
bt.hook = hook
ble.config(bond=True)
"""

SERVE = """
((h,),) = ble.gatts_register_services(((UUID(0x181A), ((UUID(0x2A6E), 0x12),)),))
address()
advertise()
conn = wait(1)[0]
print("ENC", wait(28)[1:])
"""

CENTRAL = """
from bt import *
import bt
from test_store import *

ble.config(bond=True)
start("c")
to = peer()
"""


@pytest.fixture
def files(folder):
    shutil.copy(ROOT / "examples" / "bonds.py", folder)
    (folder / "test_store.py").write_text("import bt\n" + STORE)
    return folder


def first_board(run, air):
    """The board that the bond is made on, whose central stays; and how the central saw it."""
    first = run(PERIPHERAL + "start()\n" + SERVE + "listen()\nble.active(False)\n", "p", f"air:{air}#p")
    address = first.told("address")
    central = run(
        CENTRAL
        + """
def come():
    conn = connect(to)
    ble.gap_pair(conn)
    print("ENC", wait(28)[1:])
    return conn
conn = come()
h = characteristics(conn)[bluetooth.UUID(0x2A6E)][0]
print("CCC", write(conn, h + 1, b"\\x01\\x00"))
disconnect(conn)
tell("apart")
listen()
conn = come()
tell("there")
print("VALUE", wait(18)[1:])
disconnect(conn)
""",
        "c",
        f"air:{air}#c",
    )
    central.tell(address)
    central.told("apart")
    first.tell("end")
    return address, first.finish(), central


def test_moves_to_another_board(run, air, files):
    """The central finds its peripheral at the address that it knows, encrypts without pairing again, and
    is subscribed."""
    address, lines, central = first_board(run, air)
    assert "ENC (1, 0, 1, 16)" in lines
    kinds = sorted(key.split()[0] for key in json.loads((files / "bonds.json").read_text()))
    assert kinds == ["1", "3"]
    second = run(
        PERIPHERAL
        + "ble.active(True)\nprint('BOARD', ble.config('mac')[1].hex())\nble.active(False)\n"
        + "ble.irq(irq)\nstart()\n"
        + SERVE
        + """
listen()
ble.gatts_write(h, "moved", True)
wait(2)
print("MADE", len(made))
""",
        "q",
        f"air:{air}#q",
    )
    assert second.told("address") == address
    central.tell("up")
    central.told("there")
    second.tell("go")
    lines = central.finish()
    assert [x for x in lines if x.startswith("ENC")] == ["ENC (1, 0, 1, 16)"] * 2
    assert any(x.startswith("VALUE") and "b'moved'" in x for x in lines)
    lines = second.finish()
    board = [x.split()[1] for x in lines if x.startswith("BOARD")]
    assert board and board[0] != address.split()[1]
    assert "ENC (1, 0, 1, 16)" in lines and "MADE 0" in lines


LOAD = PERIPHERAL + """
start()
print("BONDS", len(ble.gap_bonds()), ble.config("mac")[1].hex())
"""


def bond_file(folder, change):
    kept = json.loads((folder / "bonds.json").read_text())
    for key in kept:
        kept[key] = change(key, bytearray.fromhex(kept[key])).hex()
    (folder / "bonds.json").write_text(json.dumps(kept))


def test_damaged_record_is_refused_with_a_message(run, air, files):
    address, _, central = first_board(run, air)

    def damage(key, record):
        record[-1 if key.startswith("1") else 30] ^= 1
        return record

    bond_file(files, damage)
    lines = run(LOAD, "q", f"air:{air}#q").finish()
    assert "bluetooth: a bond is not used: the record is damaged, or of another version" in lines
    assert any(x.startswith("bluetooth: what a bonded peer subscribed to is not restored") for x in lines)
    (bonds,) = [x for x in lines if x.startswith("BONDS")]
    assert bonds.startswith("BONDS 0 ") and address.split()[1] not in bonds


def test_bond_of_a_public_address_stays_with_its_board(run, air, files):
    """A record that says that it was made with a public address."""
    first_board(run, air)

    def public(key, record):
        if key.startswith("1"):
            record[8] = 0
            mac = CMAC(AES(b"Breeze bond 1".ljust(16, b"\0")))
            mac.update(bytes(record[:-4]))
            record[-4:] = mac.finalize()[:4]
        return record

    bond_file(files, public)
    lines = run(LOAD, "q", f"air:{air}#q").finish()
    said = [x for x in lines if x.startswith("bluetooth: a bond is not used")]
    assert len(said) == 1 and "public address, which stays with its board" in said[0]
    assert any(x.startswith("BONDS 0 ") for x in lines)


def test_not_while_the_program_has_an_address(run, air, files):
    """Another board's bonds are refused by a program that chose its address, or advertises already."""
    first_board(run, air)
    chosen = LOAD.replace("start()", "ble.config(addr=bytes.fromhex('c00000000001'))\nstart()")
    lines = run(chosen, "q", f"air:{air}#q").finish()
    assert any("this device has another address in use" in x for x in lines)
    assert "BONDS 0 c00000000001" in lines
    advertising = PERIPHERAL + """
ble.active(True)
advertise()
ble.irq(irq)
print("BONDS", len(ble.gap_bonds()))
"""
    lines = run(advertising, "r", f"air:{air}#r").finish()
    assert any("this device has another address in use" in x for x in lines)
    assert "BONDS 0" in lines


HIDDEN = """
start()
ble.config(addr_mode=2)
((h,),) = ble.gatts_register_services(((UUID(0x181A), ((UUID(0x2A6E), 0x12),)),))
advertise()
tell("up")
print("ENC", wait(28)[1:])
wait(2)
"""


def test_moves_behind_private_addresses(run, air, files):
    """The other board makes private addresses with the key that the central knows."""
    first = run(PERIPHERAL + HIDDEN, "p", f"air:{air}#p")
    central = run(
        CENTRAL.replace("to = peer()\n", "")
        + FIND
        + """
listen()
to = find()
conn = connect(to)
ble.gap_pair(conn)
print("ENC", wait(28)[1:])
disconnect(conn)
key = [k[1] for k in secrets if k[0] == 1][0]
tell("apart")
listen()
conn = connect((key[0], key[1:]))
ble.gap_pair(conn)
print("ENC", wait(28)[1:])
disconnect(conn)
""",
        "c",
        f"air:{air}#c",
    )
    first.told("up")
    central.tell("go")
    central.told("apart")
    first.finish()
    second = run(PERIPHERAL + HIDDEN + "print('MADE', len(made))\n", "q", f"air:{air}#q")
    second.told("up")
    central.tell("go")
    assert [x for x in central.finish() if x.startswith("ENC")] == ["ENC (1, 0, 1, 16)"] * 2
    lines = second.finish()
    assert "ENC (1, 0, 1, 16)" in lines and "MADE 0" in lines
