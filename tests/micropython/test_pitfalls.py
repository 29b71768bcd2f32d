# Traps that others fell into when they put a Zephyr-like host under MicroPython.

from test_gatt import both


def test_pitfall_42_calls_in_the_handler_do_not_nest_events(pair):
    """A handler that calls the radio is not entered a second time by what the call causes."""
    one, two = pair(
        *both(
            "start()\naddress()\nadvertise()\nwait(1), wait(2)\n",
            """
            depth = worst = 0
            def hook(event, data):
                global depth, worst
                depth += 1
                worst = max(worst, depth)
                if event == 5:
                    ble.gap_scan(None)
                    ble.config("mtu")
                depth -= 1
            bt.hook = hook
            ble.gap_scan(0, 30000, 30000)
            wait(6)
            disconnect(connect(to))
            print(worst)
            """,
        )
    )
    assert two == ["1"]


def test_pitfall_47_active_twice(run, air):
    program = run(
        """
        from bt import *
        start()
        for i in range(3):
            print(ble.active(True), ble.active(), end=" ")
        ble.gap_scan(50)
        wait(6)
        print(ble.active(False), ble.active(False))
        """,
        hci=f"air:{air}",
    )
    assert program.finish() == ["True True True True True True False False"]


def test_pitfall_49_scan_results_after_a_restart(run, air):
    beacon = run("from bt import *\nstart()\nadvertise()\ntell('up')\nlisten()\n", "p", f"air:{air}#p")
    beacon.told("up")
    program = run(
        """
        from bt import *
        for i in range(3):
            start()
            ble.gap_scan(0, 30000, 30000)
            wait(5)
            ble.active(False)
            print(i)
        """,
        "c",
        f"air:{air}#c",
    )
    assert program.finish() == ["0", "1", "2"]


def test_pitfall_50_51_52_many_cycles(pair):
    """Everything once, fifteen times: nothing is left over from the time before."""
    one, two = pair(
        *both(
            """
            handles = set()
            start()
            address()
            for i in range(15):
                handles.add(ble.gatts_register_services(((SERVICE, ((CHRC, READ | NOTIFY),)),)))
                h = list(handles)[0][0][0]
                ble.gatts_write(h, str(i))
                advertise()
                conn = wait(1)[0]
                wait(4)
                ble.gatts_notify(conn, h, "n%d" % i)
                wait(2)
                ble.active(False)
                start()
            print(len(handles))
            """,
            """
            for i in range(15):
                conn = connect(to)
                h = characteristics(conn)[CHRC][0]
                print(read(conn, h), wait(18)[2])
                disconnect(conn)
                ble.active(False)
                start("c")
            """,
        )
    )
    assert one == ["1"]
    assert two == [f"b'{i}' b'n{i}'" for i in range(15)]


def test_pitfall_58_connecting_works_after_failures(pair):
    one, two = pair(
        *both(
            "start()\naddress()\nadvertise()\nwait(1), wait(2)\n",
            """
            nobody = 1, b"\\xc0\\1\\2\\3\\4\\5"
            for i in range(10):
                ble.gap_connect(*nobody, 50)
                if i & 1:
                    ble.gap_connect(None)
                wait(8)
            disconnect(connect(to))
            print("connected")
            """,
        )
    )
    assert two == ["connected"]


def test_pitfall_67_68_calls_from_the_connect_events(pair):
    one, two = pair(
        *both(
            """
            def hook(event, data):
                if event == 1:
                    ble.gatts_notify(data[0], h, "hello")
            start()
            bt.hook = hook
            ((h,),) = ble.gatts_register_services(((SERVICE, ((CHRC, READ | NOTIFY),)),))
            address()
            advertise()
            wait(1), wait(2)
            """,
            """
            def hook(event, data):
                if event == 7:
                    ble.gattc_discover_services(data[0], SERVICE)
            bt.hook = hook
            conn = connect(to)
            wait(10)
            print(len([1 for e, d in log if e == 9]), wait(18)[2])
            disconnect(conn)
            """,
        )
    )
    assert two == ["1 b'hello'"]


def test_pitfall_69_handles_tell_connections_apart(run, air):
    source = """
        from bt import *
        import bt
        start()
        def hook(event, data):
            if event == 4:
                ble.gatts_write(data[1], "conn %d" % data[0])
        bt.hook = hook
        ((h,),) = ble.gatts_register_services(((bluetooth.UUID(1), ((bluetooth.UUID(2), 2),)),))
        address()
        conns = set()
        for i in range(2):
            advertise()
            conns.add(wait(1)[0])
        print(len(conns))
        wait(2), wait(2)
        """
    client = """
        from bt import *
        start("c")
        conn = connect(peer())
        tell("up")
        listen()
        value = read(conn, characteristics(conn)[bluetooth.UUID(2)][0])
        disconnect(conn)
        print(value)
        """
    server = run(source, "p", f"air:{air}#p")
    address = server.told("address")
    clients = []
    for name in ("c1", "c2"):
        clients.append(run(client, name, f"air:{air}#{name}"))
        clients[-1].tell(address)
        clients[-1].told("up")
    for program in clients:
        program.tell("go")
    assert {program.finish()[0] for program in clients} == {"b'conn 0'", "b'conn 1'"}
    assert server.finish() == ["2"]


def test_pitfall_72_empty_value_is_a_result(pair):
    one, two = pair(
        *both(
            """
            start()
            ((h,),) = ble.gatts_register_services(((SERVICE, ((CHRC, READ),)),))
            address()
            advertise()
            wait(1), wait(2)
            """,
            """
            conn = connect(to)
            print(read(conn, characteristics(conn)[CHRC][0]))
            disconnect(conn)
            """,
        )
    )
    assert two == ["b''"]


def test_slow_handler_loses_no_notification(pair):
    """Far more than is queued anywhere: the peer is held back."""
    one, two = pair(
        *both(
            """
            start()
            ((h,),) = ble.gatts_register_services(((SERVICE, ((CHRC, NOTIFY | WRITE),)),))
            address()
            advertise()
            conn = wait(1)[0]
            wait(3)
            for i in range(4000):
                while True:
                    try:
                        ble.gatts_notify(conn, h, str(i))
                        break
                    except OSError as error:
                        if error.errno != 12:
                            raise
                        time.sleep_ms(2)
            wait(2)
            """,
            """
            got = []
            def counting(event, data):
                if event != 18:
                    return irq(event, data)
                got.append(int(bytes(data[2])))
                if len(got) < 50:
                    time.sleep_ms(10)
            ble.irq(counting)
            conn = connect(to)
            h = characteristics(conn)[CHRC][0]
            write(conn, h, "go")
            while len(got) < 4000:
                time.sleep_ms(10)
            print(got == list(range(4000)))
            """,
        )
    )
    assert two == ["True"]


def test_malformed_advertising_data_goes_out_as_it_is(pair):
    one, two = pair(
        *both(
            """
            start()
            address()
            advertise(20000, b"\\x02\\x01\\x06\\x09ab", resp_data=b"hello")
            wait(1), wait(2)
            """,
            """
            ble.gap_scan(0, 30000, 30000, True)
            for kind in (0, 4):
                print(wait(5, lambda d: d[2] == kind and d[1] == to[1])[4])
            disconnect(connect(to))
            """,
        )
    )
    assert two == ["b'\\x02\\x01\\x06\\tab'", "b'hello'"]


def test_advertising_data_none_and_empty(run, air):
    beacon = run(
        """
        from bt import *
        start()
        address()
        for data in (b"\\x02\\x01\\x06", None, b""):
            ble.gap_advertise(20000, data)
            tell("next")
            listen()
        """,
        "p",
        f"air:{air}#p",
    )
    observer = run(
        """
        from bt import *
        start("c")
        to = peer()
        for i in range(3):
            listen()
            log.clear()
            ble.gap_scan(0, 30000, 30000)
            print(wait(5)[4])
            ble.gap_scan(None)
            wait(6)
            tell("seen")
        """,
        "c",
        f"air:{air}#c",
    )
    observer.tell(beacon.told("address"))
    for _ in range(3):
        beacon.told("next")
        observer.tell("go")
        observer.told("seen")
        beacon.tell("go")
    assert observer.finish() == ["b'\\x02\\x01\\x06'", "b'\\x02\\x01\\x06'", "b''"]
    beacon.finish()
