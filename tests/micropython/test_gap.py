# Advertising, scanning, connecting, between two stock interpreters.


def test_advertise_types_and_data(pair):
    one, two = pair(
        """
        from bt import *
        start()
        address()
        while not log:  # a link
            advertise(20000, connectable=False)
            time.sleep_ms(500)
            advertise(20000, connectable=True)
            time.sleep_ms(500)
        wait(1)
        wait(2)
        """,
        """
        from bt import *
        import bt
        seen = {}
        def hook(event, data):
            if event == 5 and data[:2] == to:
                seen[data[2]] = data[4]
        start("c")
        to = peer()
        bt.hook = hook
        ble.gap_scan(0, 30000, 30000)
        for _ in range(4000):
            if 0 in seen and 2 in seen:
                break
            time.sleep_ms(10)
        ble.gap_scan(None)
        wait(6)
        print(sorted(seen), [seen[k] for k in sorted(seen)])
        disconnect(connect(to))
        """,
    )
    assert two == ["[0, 2] [b'\\x02\\x01\\x06\\x04\\xffMPY', b'\\x02\\x01\\x06\\x04\\xffMPY']"]


def test_active_scan_gets_the_response_and_addresses_are_equal(pair):
    one, two = pair(
        """
        from bt import *
        start()
        address()
        advertise(20000, resp_data=b"\\x05\\x09resp")
        wait(1)
        wait(2)
        """,
        """
        from bt import *
        start("c")
        to = peer()
        ble.gap_scan(0, 30000, 30000, True)
        kind, addr, adv_type, rssi, data = wait(5, lambda d: d[2] == 4)
        print(data, (kind, addr) == to, -128 < rssi < 20)
        ble.gap_connect(*to, 10000)  # Stops the scan.
        wait(6)
        conn, kind, addr = wait(7)
        print((kind, addr) == to)
        disconnect(conn)
        """,
    )
    assert two == ["b'\\x05\\tresp' True True", "True"]


def test_connect_twice_each_side_disconnects_once(pair):
    one, two = pair(
        """
        from bt import *
        start()
        address()
        advertise()
        wait(1), print("connect")
        wait(2), print("disconnect")
        advertise()
        conn = wait(1)[0]
        print("connect")
        print(ble.gap_disconnect(conn))
        wait(2), print("disconnect")
        print(ble.gap_disconnect(conn))
        """,
        """
        from bt import *
        start("c")
        to = peer()
        conn = connect(to)
        print("connect")
        print(ble.gap_disconnect(conn))
        wait(8), print("disconnect")
        connect(to)
        print("connect")
        wait(8), print("disconnect")
        """,
    )
    assert one == ["connect", "disconnect", "connect", "True", "disconnect", "False"]
    assert two == ["connect", "True", "disconnect", "connect", "disconnect"]


def test_device_name_and_stable_handles(pair):
    one, two = pair(
        """
        from bt import *
        ble.config(gap_name="NAME")
        print(ble.config("gap_name"))
        start("NAME0")
        print(ble.gatts_register_services([]))
        address()
        for i in range(2):
            ble.config(gap_name="NAME%d" % i)
            print(ble.config("gap_name"))
            advertise()
            wait(1)
            wait(2)
        """,
        """
        from bt import *
        start("c")
        to = peer()
        for i in range(2):
            conn = connect(to)
            handle = characteristics(conn)[bluetooth.UUID(0x2A00)][0]
            print(handle, read(conn, handle))
            disconnect(conn)
        """,
    )
    assert one == ["b'NAME'", "()", "b'NAME0'", "b'NAME1'"]
    handles = [line.split()[0] for line in two]
    assert handles[0] == handles[1]
    assert [line.split()[1] for line in two] == ["b'NAME0'", "b'NAME1'"]


def test_scan_ends(run, air):
    program = run(
        """
        from bt import *
        start()
        t = time.ticks_ms()
        ble.gap_scan(300)
        wait(6)
        print(time.ticks_diff(time.ticks_ms(), t) >= 290)
        ble.gap_scan(0)
        for call in (lambda: ble.gap_scan(0), lambda: ble.gap_scan(100, 10000, 20000)):
            try:
                call()
            except OSError as error:
                print(error.errno)
        print(ble.gap_scan(None))
        wait(6)
        print(ble.gap_scan(None))  # Nothing runs: no event.
        try:
            ble.gap_scan(100, 10000, 20000)
        except OSError as error:
            print(error.errno)
        time.sleep_ms(100)
        print([e for e, d in log if e == 6])
        """,
        hci=f"air:{air}",
    )
    assert program.finish() == ["True", "114", "114", "None", "None", "22", "[]"]


def test_connect_times_out_and_is_cancelled(run, air):
    program = run(
        """
        from bt import *
        start()
        nobody = b"\\xc0\\x01\\x02\\x03\\x04\\x05"
        ble.gap_connect(1, nobody, 300)
        print(wait(8))
        ble.gap_connect(1, nobody, 30000)
        for call in (lambda: ble.gap_connect(1, nobody), lambda: ble.gap_scan(0)):
            try:
                call()
            except OSError as error:
                print(error.errno)
        ble.gap_connect(None)
        print(wait(8))
        print(ble.gap_connect(None))
        ble.gap_connect(1, nobody, 200, None, None)
        print(wait(8)[0])
        """,
        hci=f"air:{air}",
    )
    failed = "(65535, 255, b'\\x00\\x00\\x00\\x00\\x00\\x00')"
    assert program.finish() == [failed, "114", "16", failed, "None", "65535"]


def test_connect_again_while_connected(pair):
    one, two = pair(
        """
        from bt import *
        start()
        address()
        advertise()
        wait(1)
        wait(2)
        """,
        """
        from bt import *
        start("c")
        to = peer()
        conn = connect(to)
        try:
            ble.gap_connect(*to)
        except OSError as error:
            print(error.errno)
        disconnect(conn)
        """,
    )
    assert two == ["5"]


def test_active_false_with_link_up_gives_no_event_and_the_same_address(pair):
    one, two = pair(
        """
        from bt import *
        start()
        address()
        mac = ble.config("mac")
        for i in range(3):
            advertise()
            wait(1)
            ble.active(False)
            print(ble.active(), [e for e, d in log if e == 2])
            start()
            print(ble.config("mac") == mac)
        """,
        """
        from bt import *
        start("c")
        to = peer()
        for i in range(3):
            connect(to)
            wait(8)
        """,
    )
    assert one == ["False []", "True"] * 3


def test_peer_that_vanishes_is_a_lost_link(run, air):
    peripheral = run(
        """
        from bt import *
        start()
        address()
        advertise()
        wait(1)
        tell("up")
        wait(2)
        print("lost")
        advertise()
        """,
        "p",
        f"air:{air}#p",
    )
    address = peripheral.told("address")
    central = run("from bt import *\nstart('c')\nconnect(peer())\ntell('up')\nlisten()\n", "c", f"air:{air}#c")
    central.tell(address)
    central.told("up")
    peripheral.told("up")
    central.process.kill()
    assert peripheral.finish() == ["lost"]


def test_two_peripherals_at_once(run, air):
    source = """
        from bt import *
        start()
        ((h,),) = ble.gatts_register_services(((bluetooth.UUID(0x180F), ((bluetooth.UUID(0x2A19), 2),)),))
        ble.gatts_write(h, NAME)
        address()
        advertise()
        wait(1)
        wait(2)
        """
    first = run(source.replace("NAME", "b'one'"), "p1", f"air:{air}#p1")
    second = run(source.replace("NAME", "b'two'"), "p2", f"air:{air}#p2")
    central = run(
        """
        from bt import *
        start("c")
        conns = [connect(peer()), connect(peer())]
        for conn in conns:
            print(read(conn, characteristics(conn)[bluetooth.UUID(0x2A19)][0]))
        print(conns[0] != conns[1])
        for conn in conns:
            disconnect(conn)
        """,
        "c",
        f"air:{air}#c",
    )
    central.tell(first.told("address"))
    central.tell(second.told("address"))
    assert central.finish() == ["b'one'", "b'two'", "True"]
    first.finish()
    second.finish()
