# The preferred MTU at run time, and exchanges in every order; what MicroPython's own tests pin about
# it is in test_gatt.py.

from test_gatt import CENTRAL, PERIPHERAL, both

SERVER = """
start()
((h,),) = ble.gatts_register_services(((SERVICE, ((CHRC, READ | WRITE | NOTIFY),)),))
ble.gatts_set_buffer(h, 600)
"""


def test_smallest_and_largest(pair):
    """23 and 517 on either side, and what a notification and a write carry then."""
    one, two = pair(
        *both(
            SERVER
            + """
address()
for mtu in (23, 517, 517):
    ble.config(mtu=mtu)
    advertise()
    conn = wait(1)[0]
    print(wait(21)[1], end=" ")
    ble.gatts_notify(conn, h, bytes(600))
    wait(3)
    print(len(ble.gatts_read(h)))
    wait(2)
""",
            """
            for mtu in (517, 23, 517):
                ble.config(mtu=mtu)
                conn = connect(to)
                ble.gattc_exchange_mtu(conn)
                print(wait(21)[1], len(wait(18)[2]))
                write(conn, characteristics(conn)[CHRC][0], bytes(600))
                disconnect(conn)
            """,
        )
    )
    assert one == ["23 20", "23 20", "517 512"]
    assert two == ["23 20", "23 20", "517 512"]


def test_both_sides_at_once(pair):
    """Each side's own exchange works once; both agree; the MTU never shrinks."""
    work = """
ble.gattc_exchange_mtu(conn)
try:
    ble.gattc_exchange_mtu(conn)
except OSError as error:
    print(error.errno, end=" ")
print(wait(21)[1], wait(21)[1], end=" ")
for i in range(2):
    try:
        ble.gattc_exchange_mtu(conn)
    except OSError as error:
        print(error.errno, end=" ")
"""
    one, two = pair(
        *both(
            SERVER
            + """
address()
for mtu in (100, 300, 200):
    ble.config(mtu=mtu)
    advertise()
    conn = wait(1)[0]
"""
            + work.replace("\n", "\n    ")
            + """
    wait(3)
    ble.gatts_notify(conn, h, bytes(600))
    wait(2)
    print([e for e, _ in log if e == 21])
""",
            """
            for mtu in (300, 100, 200):
                ble.config(mtu=mtu)
                conn = connect(to)
            """
            + work.replace("\n", "\n                ")
            + """
                write(conn, characteristics(conn)[CHRC][0], b"go")
                print(len(wait(18)[2]))
                disconnect(conn)
            """,
        )
    )
    assert one == [f"114 {n} {n} 114 114 []" for n in (100, 100, 200)]
    assert two == [f"114 {n} {n} 114 114 {n - 3}" for n in (100, 100, 200)]


def test_for_connections_without_an_exchange(run, air):
    """config(mtu=) changes what the next exchange offers, on links that are up already too, and nothing
    for one that has been settled."""
    server = run(
        PERIPHERAL
        + SERVER
        + """
address()
conns = []
for i in range(3):
    advertise()
    conns.append(wait(1)[0])
tell("connected")
for conn, mtu in zip(conns, (100, 200, 300)):
    ble.config(mtu=mtu)
    tell("go")
    print(conn == wait(21)[0])
ble.config(mtu=400)
# Our own exchange on a settled link may only offer what was offered before.
ble.gattc_exchange_mtu(conns[0])
print(wait(21) == (conns[0], 100))
for conn in conns:
    ble.gatts_notify(conn, h, bytes(600))
for conn in conns:
    wait(2)
""",
        "p",
        f"air:{air}#p",
    )
    address = server.told("address")
    clients = []
    for i in range(3):
        client = run(
            CENTRAL
            + """
ble.config(mtu=517)
conn = connect(to)
tell("up")
listen()
ble.gattc_exchange_mtu(conn)
print(wait(21)[1], len(wait(18)[2]))
disconnect(conn)
""",
            f"c{i}",
            f"air:{air}#c{i}",
        )
        client.tell(address)
        client.told("up")
        clients.append(client)
    server.told("connected")
    for client in clients:
        server.told("go")
        client.tell("go")
    assert server.finish() == ["True"] * 4
    assert [client.finish() for client in clients] == [["100 97"], ["200 197"], ["300 297"]]
