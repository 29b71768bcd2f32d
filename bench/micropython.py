"""Two stock MicroPython interpreters over the real-time air, at an interval of 12.5 ms: connection events
per ping-pong of notifications, and octets per second over an L2CAP channel. What is counted comes from the
air's own record of its packets; nothing else in the bench depends on how busy the machine is.

    bench/micropython.py --build DIR [-v]
"""

import argparse
import collections
import os
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INTERVAL_US = 12500
ROUNDS = 1000
SDU = 512
# As the host cuts such SDUs: three PDUs, each with a third of the SDU and of its two octets of length.
FRAMES = 3
PDU = 176
TRANSFER_MS = 10000
SATURATE_S = 3
LIMIT_S = 180
# The pseudo header's kinds of PDU: from the central, from the peripheral. LLID of a control PDU.
FROM_LINKS = (2, 3)
LL_CONTROL = 3

COMMON = """
import bluetooth, struct, sys, time
ble = bluetooth.BLE()
conn = None
wanted = 0
def wait(test):
    while not test():
        time.sleep_ms(1)
def start(on_event):
    ble.irq(on_event)
    ble.active(True)
    uuid = bluetooth.UUID
    return ble.gatts_register_services(((uuid(0x1234), ((uuid(0x5678), 0x10),)),))[0][0]
"""

# Answers each notification with the next number, from the handler.
PINGPONG = """
def on_event(event, data):
    global conn, count
    if event in (1, 7):
        conn = data[0]
    elif event in (2, 8):
        conn = None
    elif event == 18:
        (count,) = struct.unpack("<I", data[2])
        if count < {last}:
            count += 1
            ble.gatts_notify(conn, value, struct.pack("<I", count))
count = 0
value = start(on_event)
"""

PERIPHERAL = """
def on_event(event, data):
    global conn, total, channel
    if event == 1:
        conn = data[0]
    elif event == 2:
        conn = None
    elif event == 23:
        channel = data[:2]
    elif event == 25:
        n = ble.l2cap_recvinto(data[0], data[1], buf)
        while n:
            total += n
            n = ble.l2cap_recvinto(data[0], data[1], buf)
buf = bytearray({sdu})
total = 0
start(on_event)
ble.l2cap_listen(0x80, {sdu})
"""

CENTRAL = """
def on_event(event, data):
    global conn, channel, ready
    if event == 7:
        conn = data[0]
    elif event == 8:
        conn = None
    elif event == 23:
        channel = data[:2]
    elif event == 26:
        ready = True
channel = None
ready = True
start(on_event)
"""

ADVERTISE = """
print(*ble.config("mac")[1])
ble.gap_advertise(20000, b"\\x02\\x01\\x06")
"""

CONNECT = """
peer = bytes([int(x) for x in sys.stdin.readline().split()])
ble.gap_connect(1, peer, 10000, {us}, {us})
wait(lambda: conn is not None)
# The link settles its PHY and its data length.
time.sleep_ms(500)
""".format(us=INTERVAL_US)

PINGPONG_SERVE = """
wait(lambda: conn is not None)
wait(lambda: conn is None)
print(count)
"""

PINGPONG_RUN = """
count = 1
ble.gatts_notify(conn, value, struct.pack("<I", 1))
wait(lambda: count >= {last} or conn is None)
time.sleep_ms(100)
ble.gap_disconnect(conn)
wait(lambda: conn is None)
"""

RECEIVE = """
wait(lambda: conn is not None)
sys.stdin.readline()
print(total)
sys.stdin.readline()
"""

SEND = """
ble.l2cap_connect(conn, 0x80, {sdu})
wait(lambda: channel)
sdu = bytes([i & 0xff for i in range({sdu})])
end = time.ticks_add(time.ticks_ms(), {ms})
sent = 0
while time.ticks_diff(end, time.ticks_ms()) > 0:
    if not ready:
        time.sleep_ms(1)
        continue
    ready = ble.l2cap_send(*channel, sdu)
    sent += {sdu}
wait(lambda: ready)
time.sleep_ms(500)
print(sent)
sys.stdin.readline()
"""


class Rig:
    """An air with a record of its packets, and interpreters on it."""

    def __init__(self, build, words):
        self.build, self.words = build, words
        self.folder = tempfile.TemporaryDirectory(prefix="brz")
        self.path = Path(self.folder.name)
        self.programs = []

    def __enter__(self):
        self.air = subprocess.Popen(
            [self.build / "air/breeze-air", "--socket", self.path / "a", "--pcap", self.path / "pcap"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        while not (self.path / "a").exists():
            if self.air.poll() is not None:
                raise RuntimeError("breeze-air ended")
            time.sleep(0.01)
        return self

    def __exit__(self, *_):
        for program in self.programs:
            if program.poll() is None:
                program.kill()
            program.communicate()
        self.air.terminate()
        self.air.wait()
        self.folder.cleanup()

    def run(self, name, source):
        (self.path / f"{name}.py").write_text(source)
        env = {k: v for k, v in os.environ.items() if not k.startswith("BREEZE_")}
        env["MICROPYPATH"] = f".frozen:{self.build / 'micropython/lib'}"
        env["BREEZE_HCI"] = f"air:{self.path / 'a'}#{name}"
        program = subprocess.Popen(
            [*self.words, f"{name}.py"], env=env, cwd=self.path, text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        self.programs.append(program)
        return program

    def saturate(self, name):
        subprocess.run(
            [self.build / "air/breeze-air", "saturate", name, str(PDU), "--socket", self.path / "a"],
            check=True, stdout=subprocess.DEVNULL,
        )

    def packets(self):
        """(time in microseconds, from the central, payload) of the link's data PDUs. Those that are sent
        again, because the receiver's host had no buffer for them, are there once."""
        self.air.terminate()
        self.air.wait()
        data = (self.path / "pcap").read_bytes()
        at = 24
        last = {}
        while at < len(data):
            sec, us, size, _ = struct.unpack_from("<IIII", data, at)
            record = data[at + 16 : at + 16 + size]
            at += 16 + size
            flags = struct.unpack_from("<H", record, 8)[0]
            kind = flags >> 7 & 7
            if kind not in FROM_LINKS:
                continue
            number = record[14] >> 3 & 1
            again = last.get(kind) == number
            last[kind] = number
            if not again and record[14] & 3 != LL_CONTROL:
                yield sec * 1_000_000 + us, kind == FROM_LINKS[0], record[16:-3]


def tell(program, line):
    program.stdin.write(line.rstrip() + "\n")
    program.stdin.flush()


def pingpong(build, words):
    """Connection events of each round: from one notification of the central to its next."""
    last = 2 * ROUNDS + 1
    with Rig(build, words) as rig:
        program = PINGPONG.format(last=last)
        peripheral = rig.run("p", COMMON + program + ADVERTISE + PINGPONG_SERVE)
        central = rig.run("c", COMMON + program + CONNECT + PINGPONG_RUN.format(last=last))
        tell(central, peripheral.stdout.readline())
        central.communicate(timeout=LIMIT_S)
        seen = {}
        start = None
        for at, _, payload in rig.packets():
            start = at if start is None else start
            if payload[2:5] == b"\x04\x00\x1b":
                (count,) = struct.unpack("<I", payload[7:11])
                seen.setdefault(count, (at - start) // INTERVAL_US)
    events = [seen[i + 2] - seen[i] for i in range(1, last - 1, 2)]
    assert len(events) == ROUNDS
    return events


def transfer(build, words):
    """Octets a second of SDUs that arrived, and of SDUs whose PDUs an ideal source keeps coming."""
    with Rig(build, words) as rig:
        peripheral = rig.run("p", COMMON + PERIPHERAL.format(sdu=SDU) + ADVERTISE + RECEIVE)
        central = rig.run(
            "c", COMMON + CENTRAL + CONNECT + SEND.format(sdu=SDU, ms=TRANSFER_MS)
        )
        tell(central, peripheral.stdout.readline())
        sent = int(central.stdout.readline())
        tell(peripheral, "")
        assert int(peripheral.stdout.readline()) == sent
        rig.saturate("c")
        time.sleep(SATURATE_S)
        program = {"host": [], "ideal": []}
        for at, from_central, payload in rig.packets():
            if from_central and len(payload) == PDU and payload[:4] == b"ZZZZ":
                program["ideal"].append((at, 0))
            elif from_central and len(payload) > 100:
                program["host"].append((at, len(payload) - 4))
    host, ideal = program["host"], program["ideal"]
    octets = sum(n for _, n in host[:-1])
    assert octets + host[-1][1] == sent // SDU * (SDU + 2)
    seconds = (host[-1][0] - host[0][0]) / 1e6
    ideal_seconds = (ideal[-1][0] - ideal[0][0]) / 1e6
    return (
        octets * SDU / (SDU + 2) / seconds,
        (len(ideal) - 1) * SDU / FRAMES / ideal_seconds,
    )


def interpreter():
    done = subprocess.run([ROOT / "tools/micropython", "--command"], capture_output=True, text=True)
    return done.stdout.split("\n")[:-1] if done.returncode == 0 else []


def measure(build, verbose=False):
    """The figures by name; none without an interpreter."""
    words = interpreter()
    if not words:
        print("no stock MicroPython interpreter (tools/deps.sh demo installs one): its figures are left out")
        return {}
    events = pingpong(build, words)
    octets, ideal = transfer(build, words)
    if verbose:
        print("    events per round:", dict(sorted(collections.Counter(events).items())))
    return {
        "mpy.pingpong.events": sum(events) / len(events),
        "mpy.pingpong.share_of_2": events.count(2) / len(events),
        "mpy.l2cap.bytes_s": octets,
        "mpy.l2cap.ideal_bytes_s": ideal,
        "mpy.l2cap.share": octets / ideal,
        "mpy.load": os.getloadavg()[0] / (os.cpu_count() or 1),
    }


def main():
    parser = argparse.ArgumentParser(description="MicroPython over the real-time air, 12.5 ms")
    parser.add_argument("--build", type=Path, required=True, help="the build folder")
    parser.add_argument("-v", "--verbose", action="store_true", help="the rounds by their events")
    args = parser.parse_args()
    for name, value in measure(args.build.resolve(), args.verbose).items():
        print(f"{name:40} {value:12.4f}".rstrip("0").rstrip("."))


if __name__ == "__main__":
    sys.exit(main())
