"""The btsnoop files of host and air decode in btmon and tshark without a complaint.

Runs last: first over a session of its own, then over what all the tests before it left.
"""

import functools
import re
import shutil
import signal
import struct
import subprocess
import tempfile
from pathlib import Path

import common
import pytest
from common import find_characteristic
from conftest import FAILED_LOGS, skip
from pairs import link

SECONDS = 120  # one run of a decoder; a hang detector
BREAKS_MAX = 5  # packets that btmon may break on in one trace
EPOCH = 0x00DCDDB30F2F8000  # of btsnoop time stamps
# btmon writes names from the specification with capitals ("Invalid Handle"), its own complaints
# without.
COMPLAINT = re.compile(r"^\s*(invalid|malformed|too short|truncated)")
TSHARK_ERRORS = "_ws.malformed or _ws.expert.severity >= 8388608"  # 8388608: Error


def run(*command):
    """What the command prints; when it fails, a line that counts as a complaint."""
    if shutil.which(command[0]) is None:
        skip(f"{command[0]} is not installed")
    result = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    if result.returncode != 0:
        return f"invalid end of {command[0]}: {result.returncode} {result.stderr}"
    return result.stdout


def att_pdu(packet):
    """The ATT PDU in a packet of data, on whichever bearer."""
    pdu = packet[9:] if packet[7:9] == b"\x04\x00" else packet[11:]  # behind the length of an SDU
    return pdu if packet[0] == 2 else b""


def characteristic_request(packet):
    """Whether this is an ATT request for characteristic declarations."""
    pdu = att_pdu(packet)
    return pdu[:1] == b"\x08" and pdu[5:] == b"\x03\x28"


def several_values(packet):
    """Whether this is a Read Multiple Variable Response: btmon (5.66) takes values for handles there."""
    return att_pdu(packet)[:1] == b"\x21"


def include_without_uuid(packet):
    """Whether included services may stand here without a UUID, as those of 128 bits do (Vol 3, Part G,
    4.5.1): tshark (4.0) looks for one in each."""
    return att_pdu(packet)[:2] == b"\x09\x06"


def part_of_sdu(packet):
    """Whether this is a K-frame that is no whole SDU: on enhanced bearers btmon takes each for a PDU."""
    start = packet[0] == 2 and packet[2] >> 4 & 3 != 1
    length, cid, sdu = (int.from_bytes(packet[i : i + 2], "little") for i in (5, 7, 9))
    whole_frame = length == len(packet) - 9
    return start and whole_frame and 0x40 <= cid < 0x80 and sdu != length - 2


def btmon(packets):
    """What btmon prints about these packets; None when it breaks."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some.btsnoop"
        write_snoop(path, packets)
        command = ["btmon", "-r", str(path)]
        result = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    return None if result.returncode == -signal.SIGSEGV else result.stdout


@functools.cache
def btmon_is_broken():
    """BlueZ 5.66 (Debian 12) reads through NULL when it prints a legal request of that kind."""
    request = bytes.fromhex("0201000b000700040008010005000328")
    assert characteristic_request(request)
    return btmon([(0, request)]) is None


def without_breaker(packets):
    """The packets without the first one that btmon breaks on, which tshark checks all the same."""
    good, bad = 0, len(packets)
    while bad - good > 1:
        middle = (good + bad) // 2
        if btmon(packets[:middle]) is None:
            bad = middle
        else:
            good = middle
    print("btmon breaks on", packets[bad - 1][1].hex())
    return packets[: bad - 1] + packets[bad:]


def btmon_output(path):
    if shutil.which("btmon") is None:
        skip("btmon is not installed")
    unread = (part_of_sdu, several_values)
    packets = [entry for entry in packets_of(path) if not any(kind(entry[1]) for kind in unread)]
    if btmon_is_broken():
        packets = [entry for entry in packets if not characteristic_request(entry[1])]
    for _ in range(BREAKS_MAX):
        output = btmon(packets)
        if output is not None:
            return output
        packets = without_breaker(packets)
    return "invalid: btmon breaks on this trace again and again"


def btmon_complaints(path):
    lines = btmon_output(path).splitlines()
    found = [i for i, text in enumerate(lines) if COMPLAINT.match(text)]
    return ["\n".join(lines[max(i - 3, 0) : i + 2]) for i in found]


def report_of(packet):
    """Whose data an (extended, periodic) advertising report has, and whether more is to come."""
    kind = packet[3] if packet[:2] == b"\x04\x3e" else 0
    if kind == 0x0D:  # one report in an event, as the air and RootCanal send them
        return (packet[7:14], packet[16]), packet[5] >> 5 & 3 == 1
    return ((packet[4:6], None), packet[9] == 1) if kind == 0x0F else (None, False)


def fragments(packets):
    """Which packets have a part of advertising data: it may end within an AD structure (Vol 4, Part E,
    7.8.54, 7.8.55, 7.8.62, 7.7.65.13, 7.7.65.15), and tshark reads each as if it were the whole."""
    commands = (b"\x01\x37\x20", b"\x01\x38\x20", b"\x01\x3f\x20")
    parts, begun = set(), set()
    for i, (_, packet) in enumerate(packets):
        whose, more = report_of(packet)
        if (packet[:3] in commands and packet[5] != 3) or more or whose in begun:
            parts.add(i)
        begun = begun - {whose} | ({whose} if more else set())
    return parts


def tshark_complaints(path):
    fields = ["-T", "fields"]
    for field in ("frame.number", "_ws.expert.message", "_ws.col.Info"):
        fields += ["-e", field]
    lines = run("tshark", "-n", "-r", str(path), "-Y", TSHARK_ERRORS, *fields).splitlines()
    packets = packets_of(path)
    parts = fragments(packets)
    parts |= {i for i, (_, packet) in enumerate(packets) if include_without_uuid(packet)}
    numbers = [line.split("\t")[0] for line in lines]
    excused = [n.isdigit() and int(n) - 1 in parts for n in numbers]
    return [line for line, fine in zip(lines, excused) if not fine]


def packets_of(path):
    """(flags, packet) from a btsnoop file, whose header and record sizes are checked on the way."""
    data = path.read_bytes()
    assert data[:16] == b"btsnoop\0" + struct.pack(">II", 1, 1002)
    packets, at, before = [], 16, 0
    while at < len(data):
        size, kept, flags, drops, stamp = struct.unpack(">IIIIq", data[at : at + 24])
        assert size == kept and drops == 0 and at + 24 + size <= len(data)
        assert stamp >= before
        packets.append((flags, data[at + 24 : at + 24 + size]))
        at, before = at + 24 + size, stamp
    return packets


def write_snoop(path, packets):
    with open(path, "wb") as out:
        out.write(b"btsnoop\0" + struct.pack(">II", 1, 1002))
        for i, (flags, packet) in enumerate(packets):
            head = struct.pack(">IIIIq", len(packet), len(packet), flags, 0, EPOCH + i)
            out.write(head + packet)


def check(path):
    """Both decoders like this file, and directions in it are right."""
    packets = packets_of(path)
    assert packets, f"{path.name} is empty"
    for flags, packet in packets:
        # Bit 0: received by the host. Bit 1: command or event (Vol 4, Part A: 1 command, 4 event).
        assert packet[0] in (1, 2, 4)
        assert flags & 2 == (2 if packet[0] in (1, 4) else 0)
        assert packet[0] == 2 or flags & 1 == (1 if packet[0] == 4 else 0)
    assert btmon_complaints(path) == []
    assert tshark_complaints(path) == []
    return packets


def test_decoders_find_damage(tmp_path):
    """The checks themselves: a good file passes, one whose last octet is lost does not."""
    command, answer = bytes.fromhex("01030c00"), bytes.fromhex("040e0401030c00")
    write_snoop(tmp_path / "good.btsnoop", [(2, command), (3, answer)])
    check(tmp_path / "good.btsnoop")
    write_snoop(tmp_path / "bad.btsnoop", [(2, command), (3, answer[:-1])])
    assert btmon_complaints(tmp_path / "bad.btsnoop")
    assert tshark_complaints(tmp_path / "bad.btsnoop")


@pytest.mark.parametrize("medium", ["air", "rootcanal_large", "rootcanal_small"])
def test_session_decodes(rig_for, medium):
    """Two Breeze hosts do a bit of everything; their traces, and the air's, are whole and clean."""
    made = {}

    async def whole(room):
        peripheral, central = await room.host("breeze"), await room.host("breeze")
        await central.scan(active=True)
        near, far = await link(peripheral, central)
        await central.stop_scan()
        await far.exchange_mtu()
        services = await far.discover()
        assert await far.read(find_characteristic(services, common.LONG).handle)
        box = await far.subscribe(find_characteristic(services, common.NOTIFY))
        await near.notify(10)
        for _ in range(10):
            await box.get()
        await far.update(24, 24, 0, 300)
        await near.wait_update(24, 24, 0, 300)
        await far.disconnect()
        await near.wait_end()
        await far.wait_end()
        made["hosts"] = [peripheral.trace, central.trace]
        made["air"] = room.air

    rig = rig_for(medium, ("breeze",))
    rig.run(whole)
    for path in made["hosts"]:
        sent = [packet for flags, packet in check(path) if flags & 1 == 0]
        assert sent[0] == bytes.fromhex("01030c00"), "the first packet is not HCI Reset"
        assert any(packet[0] == 2 for packet in sent)
    if made["air"]:
        traces = sorted(made["air"].traces.rglob("*.btsnoop"))
        assert len(traces) == 2
        for path in traces:
            check(path)


def joined(traces, path):
    """All traces of the tests before in one file; for each packet in it, where it came from."""
    packets, origin = [], []
    for taken in traces.taken:
        found = packets_of(taken.path)
        packets += found
        origin += [taken] * len(found)
    assert packets, "there are no traces"
    write_snoop(path, packets)
    return origin


def keep(taken):
    """Keep a trace that a decoder complained about; its name."""
    FAILED_LOGS.mkdir(parents=True, exist_ok=True)
    return shutil.copy(taken.path, FAILED_LOGS / f"{taken.function}-{taken.path.name}")


def test_all_traces_decode_in_btmon(traces):
    """Every trace of every test before, hosts' and air's."""
    assert traces.taken
    for taken in traces.taken:
        complaints = btmon_complaints(taken.path)
        assert complaints == [], f"{taken.test}: {keep(taken)}"


def test_all_traces_decode_in_tshark(traces, tmp_path):
    """The same in tshark, which takes longer to start than to read: all in one file."""
    origin = joined(traces, tmp_path / "all.btsnoop")
    for complaint in tshark_complaints(tmp_path / "all.btsnoop"):
        taken = origin[int(complaint.split("\t")[0]) - 1]
        assert tshark_complaints(taken.path) == [], f"{taken.test}: {keep(taken)}"
