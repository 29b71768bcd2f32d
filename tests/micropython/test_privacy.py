# Private addresses between stock interpreters: config(addr_mode=) of MicroPython's contract.

import re

from test_security import CENTRAL, PERIPHERAL, STORE

# The peripheral by what it advertises, whatever its address is.
FIND = """
def find():
    ble.gap_scan(0, 30000, 30000)
    seen = wait(5, lambda d: d[4] == b"\\x02\\x01\\x06\\x04\\xffMPY")
    ble.gap_scan(None)
    wait(6)
    log[:] = [e for e in log if e[0] != 5]
    return seen[0], seen[1]
"""


def test_modes(run, air):
    """What each mode says of the address, and what others see of it."""
    first = run(
        PERIPHERAL
        + """
start()
mac = ble.config("mac")
for mode in 2, 3, 1:
    ble.config(addr_mode=mode)
    advertise()
    try:
        kind, now = ble.config("mac")
        print(mode, kind, now[0] >> 6, now == mac[1])
    except OSError as error:
        print(mode, error.errno)
    tell("mode", mode)
    listen()
    ble.gap_advertise(None)
""",
        "p",
        f"air:{air}#p",
    )
    second = run(
        CENTRAL
        + FIND
        + """
start("c")
for mode in range(3):
    listen()
    kind, addr = find()
    print(kind, addr[0] >> 6)
    tell("seen")
""",
        "c",
        f"air:{air}#c",
    )
    for _ in range(3):
        first.told("mode")
        second.tell("go")
        second.told("seen")
        first.tell("go")
    assert [x for x in first.finish() if not x.startswith("TELL")] == [
        "2 22",
        "3 1 0 False",
        "1 1 3 True",
    ]
    assert [x for x in second.finish() if not x.startswith("TELL")] == ["1 1", "1 0", "1 3"]


SERVE = """
start()
((h,),) = ble.gatts_register_services(((UUID(0x181A), ((CHRC, READ | READ_ENCRYPTED),)),))
ble.gatts_write(h, "encrypted")
def serve():
    ble.config(addr_mode=2)
    advertise()
    tell("up")
    conn = wait(1)[0]
    print("ENC", wait(28)[1:])
    wait(2)
serve()
ble.active(False)
start()
serve()
"""


def test_central_finds_its_bonded_peripheral_again(run, air):
    """Bonded to a peripheral that hides; the peripheral restarts, has another address, and is reached by
    the identity that the bond's secret is filed under. The bond file brings back its key."""
    configuration = "ble.config(bond=True)\n"
    first = run(PERIPHERAL + STORE + configuration + SERVE, "p", f"air:{air}#p")
    second = run(
        CENTRAL
        + STORE
        + FIND
        + configuration
        + """
start("c")
listen()
seen = find()
conn = connect(seen)
h = characteristics(conn)[CHRC][0]
ble.gap_pair(conn)
print("ENC", wait(28)[1:])
print(read(conn, h))
(_, key), = secrets
identity = key[0], key[1:]
print("HIDDEN", seen[0], seen[1][0] >> 6, identity[0], identity[1][0] >> 6)
ble.gap_disconnect(conn)
wait(8)
listen()
again = find()
print("SAME", again == identity)
conn = connect(identity)
ble.gap_pair(conn)
print("ENC", wait(28)[1:])
ble.gap_disconnect(conn)
wait(8)
""",
        "c",
        f"air:{air}#c",
    )
    for _ in range(2):
        first.told("up")
        second.tell("go")
    enc = "ENC (1, 0, 1, 16)"
    assert [x for x in first.finish() if x.startswith("ENC")] == [enc, enc]
    lines = second.finish()
    assert [x for x in lines if x.startswith("ENC")] == [enc, enc]
    assert "HIDDEN 1 1 1 3" in lines
    assert "SAME True" in lines
    assert any(re.search("encrypted", x) for x in lines)


def test_peripheral_knows_its_bonded_central_again(run, air):
    """The central hides, both sides restart nothing: the second connection is encrypted by the bond and its
    address is the identity."""
    configuration = "ble.config(bond=True)\n"
    first = run(
        PERIPHERAL
        + STORE
        + configuration
        + """
start()
((h,),) = ble.gatts_register_services(((UUID(0x181A), ((CHRC, READ),)),))
address()
for _ in range(2):
    advertise()
    conn, kind, addr = wait(1)
    print("FROM", kind, addr[0] >> 6)
    print("ENC", wait(28)[1:])
    wait(2)
    tell("gone")
""",
        "p",
        f"air:{air}#p",
    )
    address = first.told("address")
    second = run(
        CENTRAL
        + STORE
        + configuration
        + """
start("c")
ble.config(addr_mode=2)
to = peer()
for _ in range(2):
    conn = connect(to)
    ble.gap_pair(conn)
    print("ENC", wait(28)[1:])
    ble.gap_disconnect(conn)
    wait(8)
    if _ == 0:
        listen()
        ble.active(False)
        start("c")
        ble.config(addr_mode=2)
""",
        "c",
        f"air:{air}#c",
    )
    second.tell(address)
    first.told("gone")
    second.tell("go")
    first.told("gone")
    lines = first.finish()
    assert [x for x in lines if x.startswith("FROM")] == ["FROM 1 1", "FROM 1 3"]
    enc = "ENC (1, 0, 1, 16)"
    assert [x for x in lines if x.startswith("ENC")] == [enc, enc]
    assert [x for x in second.finish() if x.startswith("ENC")] == [enc, enc]
