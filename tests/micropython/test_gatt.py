# GATT between two stock interpreters: server and client behaviour as MicroPython defines it.

import textwrap

PERIPHERAL = """
from bt import *
import bt
UUID = bluetooth.UUID
READ, WNR, WRITE, NOTIFY, INDICATE = 2, 4, 8, 16, 32
SERVICE, CHRC, DESC = UUID("00000011-1111-2222-3333-444455556666"), UUID(0x2A6E), UUID(0x2904)
"""

CENTRAL = """
from bt import *
import bt
UUID = bluetooth.UUID
SERVICE, CHRC, DESC = UUID("00000011-1111-2222-3333-444455556666"), UUID(0x2A6E), UUID(0x2904)
start("c")
to = peer()
"""


def both(peripheral, central):
    return PERIPHERAL + textwrap.dedent(peripheral), CENTRAL + textwrap.dedent(central)


def test_characteristic(pair):
    one, two = pair(
        *both(
            """
            start()
            ((h,),) = ble.gatts_register_services(((SERVICE, ((CHRC, READ | WRITE | WNR | NOTIFY | INDICATE),)),))
            ble.gatts_write(h, "periph0")
            address()
            advertise()
            conn = wait(1)[0]
            wait(3), print("WRITE", ble.gatts_read(h))
            ble.gatts_write(h, "periph1")
            ble.gatts_notify(conn, h)
            ble.gatts_write(h, "periph2")
            ble.gatts_notify(conn, h, "custom")
            print("DB", ble.gatts_read(h))
            wait(3), print("WRITE", ble.gatts_read(h))
            ble.gatts_write(h, "periph3")
            ble.gatts_indicate(conn, h)
            print("DONE", wait(20) == (conn, h, 0))
            wait(3), print("WRITE", ble.gatts_read(h))
            ble.gatts_notify(conn, h, "central3")
            wait(2)
            """,
            """
            conn = connect(to)
            h = characteristics(conn)[CHRC][0]
            print("READ", read(conn, h))
            order = []
            bt.hook = lambda event, data: order.append(event)
            print("WRITE", write(conn, h, "central0"))
            print("NOTIFY", wait(18)[1:] == (h, b"periph1"))
            print("NOTIFY", wait(18)[1:] == (h, b"custom"))
            print("ORDER", order[:2])
            print("WRITE", write(conn, h, "central1", 1))
            print("INDICATE", wait(19)[1:] == (h, b"periph3"))
            print("READ", read(conn, h))
            write(conn, h, "central3", 0)
            print("NOTIFY", wait(18)[2])
            disconnect(conn)
            """,
        )
    )
    assert one == [
        "WRITE b'central0'",
        "DB b'periph2'",
        "WRITE b'central1'",
        "DONE True",
        "WRITE b'central3'",
    ]
    assert two == [
        "READ b'periph0'",
        "WRITE 0",
        "NOTIFY True",
        "NOTIFY True",
        "ORDER [17, 18]",
        "WRITE 0",
        "INDICATE True",
        "READ b'periph3'",
        "NOTIFY b'central3'",
    ]


def test_descriptor(pair):
    one, two = pair(
        *both(
            """
            start()
            ((h, d),) = ble.gatts_register_services(((SERVICE, ((CHRC, READ, ((DESC, READ | WRITE | WNR),)),)),))
            print(d == h + 1)
            ble.gatts_write(d, "desc0")
            address()
            advertise()
            for i in range(2):
                print(wait(3)[1] == d, ble.gatts_read(d))
            wait(2)
            """,
            """
            conn = connect(to)
            h, end = characteristics(conn)[CHRC]
            ble.gattc_discover_descriptors(conn, h, end)
            _, d, uuid = wait(13)
            wait(14)
            print(uuid == DESC, [e for e, _ in log if e == 13])
            print(read(conn, d), write(conn, d, "central0"))
            write(conn, d, "central1", 0)
            print(read(conn, d))
            disconnect(conn)
            """,
        )
    )
    assert one == ["True", "True b'central0'", "True b'central1'"]
    assert two == ["True []", "b'desc0' 0", "b'central1'"]


def test_descriptors_stop_at_the_next_characteristic(pair):
    one, two = pair(
        *both(
            """
            start()
            table = (SERVICE, (
                (UUID(1), READ | NOTIFY, ((UUID(0x100), READ),)),
                (UUID(2), READ),
                (UUID(3), READ | INDICATE, ((UUID(0x101), READ), (UUID(0x102), READ))),
            ))
            print(ble.gatts_register_services((table,)) == ble.gatts_register_services((table,)))
            address()
            advertise()
            wait(1), wait(2)
            """,
            """
            conn = connect(to)
            found = characteristics(conn)
            for i in (1, 2, 3):
                h, end = found[UUID(i)]
                if h == end:
                    print(i, "none")
                    try:
                        ble.gattc_discover_descriptors(conn, h, end)
                    except OSError as error:
                        print(error.errno)
                    continue
                ble.gattc_discover_descriptors(conn, h, end)
                wait(14)
                print(i, [(data[1] - h, str(data[2])) for event, data in log if event == 13])
                log.clear()
            disconnect(conn)
            """,
        )
    )
    assert one == ["True"]
    assert two == [
        "1 [(1, 'UUID(0x2902)'), (2, 'UUID(0x0100)')]",
        "2 none",
        "22",
        "3 [(1, 'UUID(0x2902)'), (2, 'UUID(0x0101)'), (3, 'UUID(0x0102)')]",
    ]


def test_discover_services(pair):
    one, two = pair(
        *both(
            """
            start()
            ble.gatts_register_services(((UUID(0x180D), ()), (SERVICE, ()), (UUID(b"\\1\\2\\3\\4"), ())))
            address()
            advertise()
            wait(1), wait(2)
            """,
            """
            conn = connect(to)
            for uuid in (None, SERVICE, UUID(0x180D), UUID(0x1815)):
                ble.gattc_discover_services(conn, uuid)
                done = wait(10)
                print(done == (conn, 0), [str(d[3]) for e, d in log if e == 9 and str(d[3])[:9] != "UUID(0x18" or d and e == 9 and d[3] == UUID(0x180D)])
                log.clear()
            ble.gattc_discover_characteristics(conn, 1, 0xFFFF, UUID(0x2A00))
            wait(12)
            print([str(d[4]) for e, d in log if e == 11])
            try:
                ble.gattc_discover_services(conn, 0x180D)
            except TypeError as error:
                print(error)
            disconnect(conn)
            """,
        )
    )
    own = "UUID('00000011-1111-2222-3333-444455556666')"
    # A 32-bit UUID crosses the air in 128 bits.
    long = "UUID('04030201-0000-1000-8000-00805f9b34fb')"
    assert two[0] == f"True ['UUID(0x180d)', \"{own}\", \"{long}\"]"
    assert two[1] == f'True ["{own}"]'
    assert two[2:4] == ["True ['UUID(0x180d)']", "True []"]
    assert two[4:] == ["['UUID(0x2a00)']", "UUID"]


def test_data_transfer_append_mode(pair):
    one, two = pair(
        *both(
            """
            start()
            ((rx, tx),) = ble.gatts_register_services(((SERVICE, ((UUID(1), WRITE | WNR), (UUID(2), NOTIFY))),))
            ble.gatts_set_buffer(rx, 40, True)
            address()
            advertise()
            conn = wait(1)[0]
            for i in range(5):
                wait(3)
            print(ble.gatts_read(rx), ble.gatts_read(rx))
            for i in range(4):
                ble.gatts_notify(conn, tx, "message%d" % i)
            wait(3)
            print(ble.gatts_read(rx))
            wait(2)
            """,
            """
            conn = connect(to)
            found = characteristics(conn)
            rx, tx = found[UUID(1)][0], found[UUID(2)][0]
            for i in range(4):
                write(conn, rx, "central%d" % i, i & 1)
            write(conn, rx, "!" * 20)
            print([wait(18)[2] for i in range(4)])
            write(conn, rx, "OK")
            disconnect(conn)
            """,
        )
    )
    # 32 octets, then what fits of 20.
    assert one == ["b'central0central1central2central3!!!!!!!!' b''", "b'OK'"]
    assert two == ["[b'message0', b'message1', b'message2', b'message3']"]


def test_irq_calls_everything_from_the_handler(pair):
    one, two = pair(
        *both(
            """
            start()
            ((h,),) = ble.gatts_register_services(((SERVICE, ((CHRC, READ | WRITE | NOTIFY),)),))
            ble.gatts_write(h, "value")
            address()
            advertise()
            wait(2)
            print([e for e, d in log if e != 27])
            """,
            """
            seen = []
            def deep(n):
                return deep(n + 1) + 1
            def hook(event, data):
                global conn, h, reads
                seen.append(event)
                if event == 7:
                    conn = data[0]
                    try:
                        deep(0)
                    except RuntimeError:
                        print("deep")
                    ble.gattc_discover_services(conn, SERVICE)
                elif event == 9:
                    global first, last
                    first, last = data[1:3]
                elif event == 10:
                    print("range", last - first)
                    ble.gattc_discover_characteristics(conn, first, last)
                elif event == 11:
                    h = data[2]
                elif event == 12:
                    ble.gattc_discover_descriptors(conn, first, last)
                elif event == 13:
                    print(data[1] - first, data[2])
                elif event == 14:
                    ble.gattc_exchange_mtu(conn)
                elif event == 21:
                    ble.gattc_write(conn, h + 1, b"\\1\\0", 1)
                elif event == 17 or (event == 16 and seen.count(16) == 1):
                    ble.gattc_read(conn, h)
                elif event == 16:
                    ble.gap_disconnect(conn)
            bt.hook = hook
            ble.gap_connect(*to)
            wait(8)
            print([e for e in seen if e != 27])
            """,
        )
    )
    assert one == ["[1, 21, 4, 4]"]
    assert two == [
        "deep",
        "range 3",
        "1 UUID(0x2803)",
        "2 UUID(0x2a6e)",
        "3 UUID(0x2902)",
        "[7, 9, 10, 11, 12, 13, 13, 13, 14, 21, 17, 15, 16, 15, 16, 8]",
    ]


def test_subscribe(run, air):
    peripheral, central = both(
        """
        start()
        ((h,),) = ble.gatts_register_services(((SERVICE, ((CHRC, READ | NOTIFY | INDICATE),)),))
        address()
        advertise()
        conn = wait(1)[0]
        ble.gatts_write(h, "1", True)
        ble.gatts_notify(conn, h, "2 forced")
        for i in range(3):
            listen()
            ble.gatts_write(h, "update %d" % i, True)
            if i == 1:
                wait(20)
            tell("sent")
        ble.gatts_notify(conn, h, "9 forced")
        wait(2)
        print([e for e, d in log if e == 3])
        """,
        """
        conn = connect(to)
        h = characteristics(conn)[CHRC][0]
        print(wait(18)[2])
        for value in (b"\\1\\0", b"\\2\\0", b"\\0\\0"):
            write(conn, h + 1, value)
            tell("subscribed")
            listen()
        print(wait(18, lambda d: d[2] == b"9 forced")[2])
        print([(e, d[2]) for e, d in log if e in (18, 19)])
        disconnect(conn)
        """,
    )
    first = run(peripheral, "p", f"air:{air}#p")
    address = first.told("address")
    second = run(central, "c", f"air:{air}#c")
    second.tell(address)
    for _ in range(3):
        second.told("subscribed")
        first.tell("go")
        first.told("sent")
        second.tell("go")
    assert second.finish() == [
        "b'2 forced'",
        "b'9 forced'",
        "[(18, b'update 0'), (19, b'update 1')]",
    ]
    assert first.finish() == ["[]"]


MTU_SERVER = """
start()
((h,),) = ble.gatts_register_services(((SERVICE, ((CHRC, READ | WRITE | NOTIFY),)),))
ble.gatts_set_buffer(h, 600)
address()
for mtu in (MTUS):
    ble.config(mtu=mtu)
    advertise()
    conn = wait(1)[0]
    INITIATE
    print(wait(21)[1], ble.config("mtu"))
    ble.gatts_notify(conn, h, "n" * 64)
    wait(3), print(len(ble.gatts_read(h)))
    wait(2)
"""
MTU_CLIENT = """
for mtu in (MTUS):
    ble.config(mtu=mtu)
    conn = connect(to)
    INITIATE
    mtu = wait(21)[1]
    h = characteristics(conn)[CHRC][0]
    print(mtu, len(wait(18)[2]))
    write(conn, h, "w" * (mtu + 20))
    disconnect(conn)
"""


def test_mtu(pair):
    one, two = pair(
        *both(
            MTU_SERVER.replace("MTUS", "256, 200, 400, 50").replace("INITIATE", "pass"),
            MTU_CLIENT.replace("MTUS", "300, 300, 300, 300").replace(
                "INITIATE", "ble.gattc_exchange_mtu(conn)"
            ),
        )
    )
    assert one == ["256 256", "253", "200 200", "197", "300 400", "297", "50 50", "47"]
    assert two == ["256 64", "200 64", "300 64", "50 47"]


def test_mtu_from_the_peripheral(pair):
    one, two = pair(
        *both(
            MTU_SERVER.replace("MTUS", "290, 290, 290").replace(
                "INITIATE", "ble.gattc_exchange_mtu(conn)"
            ),
            MTU_CLIENT.replace("MTUS", "256, 190, 350").replace("INITIATE", "pass"),
        )
    )
    assert one == ["256 290", "253", "190 290", "187", "290 290", "287"]
    assert two == ["256 64", "190 64", "290 64"]


def test_second_mtu_exchange_is_refused(pair):
    one, two = pair(
        *both(
            "start()\naddress()\nadvertise()\nwait(1), wait(2)\nprint([e for e, d in log if e == 21])\n",
            """
            conn = connect(to)
            ble.gattc_exchange_mtu(conn)
            wait(21)
            try:
                ble.gattc_exchange_mtu(conn)
                print(wait(21))
            except OSError as error:
                print(error.errno)
            disconnect(conn)
            """,
        )
    )
    assert one == ["[21]"]
    assert two == ["114"]


def test_truncation_to_the_buffer(pair):
    one, two = pair(
        *both(
            """
            start()
            ((h,),) = ble.gatts_register_services(((SERVICE, ((CHRC, READ | WRITE),)),))
            address()
            advertise()
            wait(3), print(len(ble.gatts_read(h)))
            ble.gatts_set_buffer(h, 30)
            print(ble.gatts_read(h))
            tell("go")
            wait(3), print(len(ble.gatts_read(h)))
            print(ble.gatts_write(h, b"x" * 70))
            tell("go")
            wait(3), print(len(ble.gatts_read(h)))
            wait(2)
            """,
            """
            conn = connect(to)
            ble.gattc_exchange_mtu(conn)
            wait(21)
            h = characteristics(conn)[CHRC][0]
            for n in range(3):
                print(write(conn, h, "y" * 100))
                for i in range(10):
                    read(conn, h)  # Gives the other side the time to act: ten round trips.
            disconnect(conn)
            """,
        )
    )
    assert two == ["0"] * 3
    assert one[0] == "20" and one[1] == "b''"
    assert one[2:] == ["30", "70", "70"]


def test_read_request_is_answered_by_the_handler(pair):
    one, two = pair(
        *both(
            """
            count = 0
            def hook(event, data):
                global count
                if event == 4:
                    count += 1
                    ble.gatts_write(data[1], "read %d" % count)
                    return (0, 5, True, None)[count - 1]
            start()
            bt.hook = hook
            ((h,),) = ble.gatts_register_services(((SERVICE, ((CHRC, READ),)),))
            address()
            advertise()
            wait(1), wait(2)
            """,
            """
            conn = connect(to)
            h = characteristics(conn)[CHRC][0]
            for i in range(4):
                print(read(conn, h))
            disconnect(conn)
            """,
        )
    )
    # ATT errors come from 0x100 on.
    assert two == ["b'read 1'", str(0x105), str(0x101), "b'read 4'"]


def test_write_without_response_is_delivered_one_by_one(pair):
    one, two = pair(
        *both(
            """
            got = []
            def hook(event, data):
                if event == 3:
                    got.append(int(ble.gatts_read(data[1])))
            start()
            bt.hook = hook
            ((h,),) = ble.gatts_register_services(((SERVICE, ((CHRC, WRITE | WNR),)),))
            address()
            advertise()
            wait(1), wait(2)
            print(got == list(range(80)), len(got))
            """,
            """
            conn = connect(to)
            h = characteristics(conn)[CHRC][0]
            for i in range(80):
                while True:
                    try:
                        write(conn, h, str(i), i // 40)
                        break
                    except OSError as error:
                        if error.errno != 12:
                            raise
                        time.sleep_ms(2)
            disconnect(conn)
            """,
        )
    )
    assert one == ["True 80"]


def test_notification_ping_pong(pair):
    one, two = pair(
        *both(
            """
            start()
            ((h,),) = ble.gatts_register_services(((SERVICE, ((CHRC, NOTIFY),)),))
            address()
            advertise()
            conn = wait(1)[0]
            wait(18)
            for i in range(50):
                ble.gatts_notify(conn, h, "ping%d" % i)
                assert wait(18)[2] == b"ping%d" % i
            ble.gap_disconnect(conn)
            wait(2)
            print("50")
            """,
            """
            ((mine,),) = ble.gatts_register_services(((SERVICE, ((CHRC, 16),)),))
            conn = connect(to)
            h = characteristics(conn)[CHRC][0]
            def hook(event, data):
                if event == 18:
                    ble.gatts_notify(conn, mine, data[2])
            bt.hook = hook
            ble.gatts_notify(conn, mine, "start")
            for i in range(50):
                wait(18)
            wait(8)
            """,
        )
    )
    assert one == ["50"]


def test_link_loss_ends_operations(pair):
    one, two = pair(
        *both(
            """
            def hook(event, data):
                if event == 4:
                    ble.gap_disconnect(data[0])
            start()
            bt.hook = hook
            ((h,),) = ble.gatts_register_services(((SERVICE, ((CHRC, READ),)),))
            address()
            advertise()
            wait(1), wait(2)
            """,
            """
            conn = connect(to)
            h = characteristics(conn)[CHRC][0]
            seen = []
            bt.hook = lambda event, data: seen.append(event)
            ble.gattc_read(conn, h)
            ble.gattc_read(conn, h)
            wait(8)
            print(seen[-1], sum([1 for e in seen if e == 16]))
            for call in (ble.gattc_read, ble.gatts_notify):
                try:
                    call(conn, h)
                except OSError as error:
                    print(error.errno)
            """,
        )
    )
    assert two == ["8 2", "107", "107"]


def test_unknown_connection_and_handles(run, air):
    program = run(
        """
        from bt import *
        start()
        U = bluetooth.UUID
        ((h,),) = ble.gatts_register_services(((U(1), ((U(2), 2),)),))
        calls = (
            lambda: ble.gattc_read(3, 1),
            lambda: ble.gattc_write(3, 1, b""),
            lambda: ble.gatts_notify(3, h),
            lambda: ble.gatts_indicate(3, h),
            lambda: ble.gattc_discover_services(3),
            lambda: ble.gattc_discover_characteristics(3, 1, 2),
            lambda: ble.gattc_discover_descriptors(3, 1, 2),
            lambda: ble.gattc_exchange_mtu(3),
            lambda: ble.gap_disconnect(3),
            lambda: ble.gatts_write(999, b""),
            lambda: ble.gatts_set_buffer(999, 10),
            lambda: ble.gatts_read(999),
        )
        for call in calls:
            try:
                print(call())
            except OSError as error:
                print(error.errno)
        """,
        hci=f"air:{air}",
    )
    assert program.finish() == ["107"] * 8 + ["False", "22", "22", "b''"]


def test_indications_queue(pair):
    """One is out, one waits, the third finds no room; each that was taken is told once."""
    one, two = pair(
        *both(
            """
            start()
            ((h,),) = ble.gatts_register_services(((SERVICE, ((CHRC, INDICATE),)),))
            address()
            advertise()
            conn = wait(1)[0]
            for i in range(3):
                try:
                    print(ble.gatts_indicate(conn, h, "i%d" % i))
                except OSError as error:
                    print(error.errno)
            print(wait(20) == wait(20) == (conn, h, 0))
            ble.gatts_indicate(conn, h, "last")
            wait(2)
            """,
            """
            conn = connect(to)
            while True:
                data = wait(19)[2]
                print(data)
                if data == b"last":
                    break
            disconnect(conn)
            """,
        )
    )
    assert one == ["None", "None", "12", "True"]
    assert two == ["b'i0'", "b'i1'", "b'last'"]


def test_active_false_in_the_write_handler(pair):
    one, two = pair(
        *both(
            """
            def hook(event, data):
                if event == 3:
                    ble.active(False)
                    print("off", ble.active())
            start()
            bt.hook = hook
            ((h,),) = ble.gatts_register_services(((SERVICE, ((CHRC, WRITE),)),))
            address()
            advertise()
            wait(3)
            start()
            advertise()
            wait(1), wait(2)
            print("again")
            """,
            """
            conn = connect(to)
            ble.gattc_write(conn, characteristics(conn)[CHRC][0], b"x", 1)
            wait(8)
            disconnect(connect(to))
            print("again")
            """,
        )
    )
    assert one == ["off False", "again"]
    assert two == ["again"]
