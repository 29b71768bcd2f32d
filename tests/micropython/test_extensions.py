# What micropython/bluetooth.py has beyond the plain contract (doc/EXTENSIONS.md), between stock
# interpreters.

import conftest


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
