# Ctrl-C at any moment is a KeyboardInterrupt in the main program, and everything works afterwards.

import random
import socket
import threading

import conftest
import pytest

HITS = 200

# Keeps the radio as busy as a program can, and says when a Ctrl-C arrived. It does not call gc.collect():
# the interpreter itself leaves its heap locked for ever when Ctrl-C meets that (1.25, without us).
STORM = """
from bt import *
hits = 0
ble.irq(irq)
tell("ready")
while hits < HITS:
    try:
        while True:
            WORK
    except KeyboardInterrupt:
        hits += 1
        tell("hit", hits)
"""

RADIO = """
            ble.active(True)
            ble.gap_scan(0, 30000, 30000)
            for i in range(20):
                ble.config("mtu")
                ble.gatts_read(1)
                time.sleep_ms(1)
            log.clear()
            ble.gap_advertise(20000, b"\\x02\\x01\\x06")
            time.sleep(0.02)
            ble.gap_scan(None)
            ble.gap_connect(1, b"\\xc0\\1\\2\\3\\4\\5", 20)
            time.sleep_ms(30)
            ble.active(False)
"""

DEAD = """
            try:
                ble.active(True)
            except OSError:
                pass
            ble.active(False)
            time.sleep_ms(1)
"""


def storm(program, hits, longest, seed):
    chance = random.Random(seed)
    program.told("ready")
    pause = threading.Event()
    for n in range(hits):
        pause.wait(chance.random() * longest)
        program.interrupt()
        assert program.told("hit") == str(n + 1)


def test_ctrl_c_at_200_random_moments_then_reconnect(run, air):
    peripheral = run(
        """
        from bt import *
        start()
        address()
        advertise()
        wait(1)
        wait(2)
        """,
        "p",
        f"air:{air}#p",
    )
    address = peripheral.told("address")
    program = run(
        STORM.replace("HITS", str(HITS)).replace("WORK", RADIO.strip())
        + """
start("c")
to = peer()
conn = connect(to)
print("connected", len(characteristics(conn)) > 0)
disconnect(conn)
""",
        "c",
        f"air:{air}#c",
    )
    storm(program, HITS, 0.12, 1)
    program.tell(address)
    assert program.finish()[-1] == "connected True"
    peripheral.finish()


@pytest.fixture
def dead(folder):
    """A socket that takes connections and never answers."""
    path = folder / "dead"
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen(64)
    kept = []

    def take():
        while True:
            try:
                kept.append(server.accept()[0])
            except OSError:
                return

    threading.Thread(target=take, daemon=True).start()
    yield path
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    for connection in kept:
        connection.close()


def test_ctrl_c_at_200_random_moments_on_a_dead_controller(run, air, dead):
    program = run(
        STORM.replace("HITS", str(HITS)).replace("WORK", DEAD.strip())
        + """
import os
os.putenv("BREEZE_HCI", listen())
start("c")
ble.gap_scan(50)
wait(6)
print("alive")
""",
        "c",
        f"unix:{dead}",
    )
    storm(program, HITS, 0.12, 2)
    program.tell(f"air:{air}#c")
    assert program.finish()[-1] == "alive"


def test_dead_controller_is_a_sentence(run, dead):
    program = run(
        """
        import bluetooth
        try:
            bluetooth.BLE().active(True)
        except OSError as error:
            print(error.errno, error.args[1])
        print(bluetooth.BLE().active())
        """,
        "c",
        f"unix:{dead}",
    )
    lines = program.finish()
    assert lines[0].startswith("110 ")
    assert str(dead) in lines[0] and "BREEZE_TRACE" in lines[0] and "BREEZE_LOG" in lines[0]
    assert lines[1] == "False"


def test_ctrl_c_in_the_handler_reaches_the_program(run, air):
    program = run(
        """
        from bt import *
        def busy(event, data):
            tell("busy")
            while True:
                pass
        ble.irq(busy)
        ble.active(True)
        ble.gap_scan(100)
        try:
            time.sleep(1000)
        except KeyboardInterrupt:
            print("interrupted")
        ble.irq(irq)
        ble.gap_scan(50)
        wait(6)
        print("goes on")
        """,
        "c",
        f"air:{air}",
    )
    program.told("busy")
    program.interrupt()
    assert program.finish() == ["interrupted", "goes on"]


@pytest.mark.parametrize("wait", ["time.sleep(1000)", "sys.stdin.readline()", "asyncio.run(forever())", "while True: pass"])
def test_ctrl_c_ends_the_program_and_peers_see_it(wait, run, air):
    central = run(
        """
        from bt import *
        start("c")
        conn = connect(peer())
        tell("up")
        wait(8)
        print("gone")
        """,
        "c",
        f"air:{air}#c",
    )
    program = run(
        f"""
        from bt import *
        import asyncio
        async def forever():
            await asyncio.sleep(1000)
        start()
        address()
        advertise()
        {wait}
        """,
        "p",
        f"air:{air}#p",
    )
    central.tell(program.told("address"))
    central.told("up")
    program.interrupt()
    program.finish(status=1)
    assert "KeyboardInterrupt: " in program.output
    assert central.finish() == ["gone"]
