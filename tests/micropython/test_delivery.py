# Events reach the handler whatever the main program is doing, and the interpreter keeps its semantics.
#
# A beacon program advertises; the other one scans and counts results while it does this or that. The
# beacon's events come about every 25 ms, so each second of waiting must show many.

import os
import pty
import select
import signal
import textwrap
import time

import conftest
import pytest

BEACON = """
from bt import *
start()
address()
advertise(20000, connectable=False)
listen()
"""

SCAN = """
import bluetooth, sys, time
count = 0
def irq(event, data):
    global count
    if event == 5:
        count += 1
ble = bluetooth.BLE()
ble.irq(irq)
ble.active(True)
ble.gap_scan(0, 30000, 30000)
while count < 3:
    time.sleep_ms(10)
def seen(what, least=5):
    global count
    print(what, "saw" if count >= least else "missed: %d" % count)
    count = 0
count = 0
"""


@pytest.fixture
def beacon(run, air):
    program = run(BEACON, "beacon", f"air:{air}#beacon")
    program.told("address")
    return program


BUSY = "t = time.ticks_ms()\nwhile time.ticks_diff(time.ticks_ms(), t) < ms:\n    "
WAYS = {
    "sleep": "time.sleep(ms / 1000)",
    "sleep_ms": "time.sleep_ms(ms)",
    "poll": "import select\np = select.poll()\np.register(sys.stdin, select.POLLIN)\np.poll(ms)",
    "busy": BUSY + "pass",
    "idle": "import machine\n" + BUSY + "machine.idle()",
    "asyncio": "import asyncio\nasync def main():\n    await asyncio.sleep_ms(ms)\nasyncio.run(main())",
    "api": BUSY + "ble.config('gap_name')",
}
# A busy machine may need a longer wait for its events; all of them must come in one wait.
ONE_WAIT = """
for ms in (1000, 5000, 30000):
    count = 0
    WAY
    if count >= 5:
        break
seen("it")
"""


@pytest.mark.parametrize("way", WAYS)
def test_events_arrive_in(way, run, air, beacon):
    way = textwrap.indent(WAYS[way], "    ").strip()
    program = run(SCAN + ONE_WAIT.replace("WAY", way), "c", f"air:{air}#c")
    assert program.finish()[-1] == "it saw"


def test_sleep_keeps_its_length(run, air, beacon):
    program = run(
        SCAN
        + """
for sleep, ms in ((lambda: time.sleep(0.5), 500), (lambda: time.sleep_ms(500), 500), (lambda: time.sleep_us(500000), 500)):
    t = time.ticks_ms()
    sleep()
    print(time.ticks_diff(time.ticks_ms(), t) >= ms - 1)
""",
        "c",
        f"air:{air}#c",
    )
    assert program.finish() == ["True"] * 3


@pytest.mark.parametrize("reader", ["sys.stdin.readline()", "input()", "sys.stdin.read(5)"])
def test_events_arrive_in_reads(reader, run, air, beacon):
    # The handler itself tells when enough has come, while main is inside the read.
    program = run(
        SCAN
        + f"""
def irq(event, data):
    global count
    count += 1
    if count == 10:
        print("TELL inside")
ble.irq(irq)
print(repr({reader}.strip()))
""",
        "c",
        f"air:{air}#c",
    )
    program.told("inside")
    program.tell("line")
    assert program.finish()[-1] == "'line'"  # input() echoes, too.


def test_thread_safe_flag(run, air, beacon):
    program = run(
        """
        import asyncio, bluetooth
        flag = asyncio.ThreadSafeFlag()
        seen = []
        def irq(event, data):
            if event == 5:
                seen.append(bytes(data[1]))
                flag.set()
        ble = bluetooth.BLE()
        ble.irq(irq)
        ble.active(True)
        async def main():
            ble.gap_scan(0, 30000, 30000)
            for i in range(20):
                await asyncio.wait_for(flag.wait(), 20)
            ble.gap_scan(None)
            print(len(seen) >= 20)
        asyncio.run(main())
        """,
        "c",
        f"air:{air}#c",
    )
    assert program.finish() == ["True"]


def test_collecting_garbage_under_load(run, air, beacon):
    program = run(
        SCAN
        + """
import gc
i = 0
while i < 300 or (count < 3 and i < 100000):
    junk = [bytearray(100) for _ in range(50)]
    gc.collect()
    if i % 10 == 0:
        time.sleep_ms(5)
    i += 1
seen("gc", 3)
ble.active(False)
""",
        "c",
        f"air:{air}#c",
    )
    assert program.finish() == ["gc saw"]


def test_handler_exception_is_reported_and_later_events_arrive(run, air, beacon):
    program = run(
        SCAN
        + """
def irq(event, data):
    global count
    count += 1
    if count == 2:
        raise ValueError("in the handler")
ble.irq(irq)
while count < 6:
    time.sleep_ms(10)
print("more")
ble.irq(None)
""",
        "c",
        f"air:{air}#c",
    )
    lines = program.finish()
    assert lines[0] == "Unhandled exception in IRQ callback handler"
    assert lines.count("ValueError: in the handler") == 1
    assert lines[-1] == "more"


def test_memory_of_an_event_dies_with_the_handler(run, air, beacon):
    program = run(
        SCAN
        + """
kept = []
def irq(event, data):
    if event == 5 and not kept:
        kept.extend((data[1], bytes(data[1]), data[4]))
        try:
            data[1][0] = 0
        except TypeError:
            print("read-only")
ble.irq(irq)
while not kept:
    time.sleep_ms(10)
print(kept[0] != kept[1], bytes(kept[0]) == b"\\xa5" * 6, type(kept[0]))
""",
        "c",
        f"air:{air}#c",
    )
    assert program.finish() == ["read-only", "True True <class 'memoryview'>"]


def test_full_schedule_queue_delays_only(run, air, beacon):
    program = run(
        SCAN
        + """
import micropython
busy = 0
def again(_):
    global busy
    busy += 1
    if busy < 2000:
        try:
            micropython.schedule(again, 0)
        except RuntimeError:
            pass
for i in range(4):
    try:
        micropython.schedule(again, 0)
    except RuntimeError:
        pass
while count < 5:
    time.sleep_ms(10)
seen("queue")
""",
        "c",
        f"air:{air}#c",
    )
    assert program.finish() == ["queue saw"]


def test_calls_from_another_thread(run, air, beacon):
    program = run(
        SCAN
        + """
import _thread
done = []
def other():
    for i in range(200):
        ble.config("mtu")
    done.append(1)
_thread.start_new_thread(other, ())
for i in range(200):
    ble.gatts_read(1)
while not done:
    time.sleep_ms(10)
print("both")
""",
        "c",
        f"air:{air}#c",
    )
    assert program.finish() == ["both"]


def test_active_false_in_the_handler(run, air, beacon):
    program = run(
        SCAN
        + """
def irq(event, data):
    if ble.active():
        ble.active(False)
        print("off", ble.active())
ble.irq(irq)
while ble.active():
    time.sleep_ms(10)
time.sleep_ms(300)
ble.irq(None)
print(ble.active(True))
""",
        "c",
        f"air:{air}#c",
    )
    assert program.finish() == ["off False", "True"]


class Terminal:
    """An interpreter at its prompt."""

    def __init__(self, words, env, cwd):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execve(words[0], words, env)
        self.text = ""

    def expect(self, text, limit=conftest.LIMIT):
        end = time.monotonic() + limit
        while text not in self.text:
            assert time.monotonic() < end, f"no {text!r} in {self.text!r}"
            if select.select([self.fd], [], [], 0.2)[0]:
                self.text += os.read(self.fd, 4096).decode(errors="replace")
        before, _, self.text = self.text.partition(text)
        return before

    def type(self, line):
        os.write(self.fd, line.encode() + b"\r")

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def test_events_and_ctrl_c_at_the_prompt(interpreter, environment, folder, air, beacon):
    env = dict(environment, BREEZE_HCI=f"air:{air}#repl", TERM="dumb")
    terminal = Terminal(interpreter, env, folder)
    try:
        terminal.expect(">>> ")
        for line in (
            "import bluetooth",
            "ble = bluetooth.BLE()",
            "ble.active(True)",
            "ble.irq(lambda event, data: print('EVENT', event, data[1] and bytes(data[1]).hex()))",
            "ble.gap_scan(0, 30000, 30000)",
        ):
            terminal.type(line)
            terminal.expect(">>> ")
        for _ in range(5):
            terminal.expect("EVENT 5 ")  # Nobody types.
        terminal.type("ble.irq(None)")
        terminal.expect(">>> ")
        terminal.type("import time; print('as' + 'leep'); time.sleep(1000)")
        terminal.expect("asleep")
        os.write(terminal.fd, b"\x03")
        terminal.expect("KeyboardInterrupt")
        terminal.type("print('still', ble.active())")
        terminal.expect("still True")
    finally:
        terminal.close()


# How libraries built on asyncio use the module: one handler that fans out to flags, tasks that wait.
FANOUT = """
import asyncio, bluetooth, sys
UUID = bluetooth.UUID
ble = bluetooth.BLE()
flags = {}
last = {}
def irq(event, data):
    last[event] = tuple([bytes(x) if isinstance(x, memoryview) else x for x in data])
    flags.setdefault(event, asyncio.ThreadSafeFlag()).set()
ble.irq(irq)
ble.active(True)
async def event(number):
    await asyncio.wait_for(flags.setdefault(number, asyncio.ThreadSafeFlag()).wait(), 120)
    return last[number]
"""


def test_tasks_on_both_sides(run, air):
    peripheral = run(
        FANOUT
        + """
((h,),) = ble.gatts_register_services(((UUID(0x180F), ((UUID(0x2A19), 2 | 8 | 16),)),))
kind, addr = ble.config("mac")
print("TELL address", kind, addr.hex())
ticks = 0
async def ticker():
    global ticks
    while True:
        ticks += 1
        await asyncio.sleep_ms(10)
async def main():
    asyncio.create_task(ticker())
    for n in range(2):
        ble.gap_advertise(20000, b"\\x02\\x01\\x06")
        conn, _, _ = await event(1)
        _, handle = await event(3)
        value = ble.gatts_read(handle)
        for i in range(5):
            ble.gatts_write(h, value + b"%d" % i, True)
            await asyncio.sleep_ms(20)
        await event(2)
    print(ticks > 10)
asyncio.run(main())
""",
        "p",
        f"air:{air}#p",
    )
    central = run(
        FANOUT
        + """
kind, addr = sys.stdin.readline().split()
async def main():
    for n in range(2):
        ble.gap_connect(int(kind), bytes.fromhex(addr), 60000, None, None)
        conn, kind_seen, addr_seen = await event(7)
        ble.gattc_discover_services(conn, UUID(0x180F))
        await event(10)
        _, first, end, _ = last[9]
        ble.gattc_discover_characteristics(conn, first, end, UUID(0x2A19))
        await event(12)
        h = last[11][2]
        ble.gattc_write(conn, h + 1, b"\\1\\0", True)
        await event(17)
        ble.gattc_write(conn, h, b"value", True)
        await event(17)
        while last.get(18, (0, 0, b""))[2] != b"value4":
            await event(18)
        last.clear()
        ble.gap_disconnect(conn)
        await event(8)
    print("twice")
asyncio.run(main())
""",
        "c",
        f"air:{air}#c",
    )
    central.tell(peripheral.told("address"))
    assert central.finish() == ["twice"]
    assert peripheral.finish() == ["True"]
