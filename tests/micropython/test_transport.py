# BREEZE_HCI, BREEZE_TRACE and BREEZE_LOG: what is wrong is one sentence and the right errno.

import errno
import os
import shutil
import socket
import subprocess
import threading
import time

import conftest
import pytest

ACTIVATE = """
import bluetooth
ble = bluetooth.BLE()
try:
    ble.active(True)
    kind, mac = ble.config("mac")
    print("mac", kind, mac.hex())
    ble.active(False)
except OSError as error:
    print(error.errno, error.args[1])
    print(ble.active())
"""

SYNTAX = [
    "nonsense",
    "bluetooth:0",
    "hci:",
    "hci:x",
    "hci:0x",
    "hci:-1",
    "hci:300",
    "tcp:localhost",
    "tcp:localhost:",
    "tcp::12",
    "tcp:localhost:x",
    "unix:",
    "uart:",
    "uart:,115200",
    "uart:/dev/ttyACM0,fast",
    "uart:/dev/ttyACM0,115201",
    "uart:/dev/ttyACM0,",
    "air:/" + "x" * 200,
    "unix:/" + "x" * 600,
]


def one_sentence(lines, number):
    """The sentence, if that is all the program said."""
    assert len(lines) == 2 and lines[1] == "False", lines
    code, _, text = lines[0].partition(" ")
    assert int(code) == number, lines
    assert 20 < len(text) < 400, text
    return text


@pytest.mark.parametrize("hci", SYNTAX, ids=[s[:24] for s in SYNTAX])
def test_wrong_text(hci, run):
    text = one_sentence(run(ACTIVATE, hci=hci).finish(), errno.EINVAL)
    assert "BREEZE_HCI" in text


def test_no_socket(run, folder):
    text = one_sentence(run(ACTIVATE, hci=f"unix:{folder}/none").finish(), errno.ENOENT)
    assert f"{folder}/none" in text


def test_nobody_listens(run, folder):
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(folder / "deaf"))
    one_sentence(run(ACTIVATE, hci=f"unix:{folder}/deaf").finish(), errno.ECONNREFUSED)
    server.close()


def test_no_tcp_server(run):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        one_sentence(run(ACTIVATE, hci=f"tcp:127.0.0.1:{port}").finish(), errno.ECONNREFUSED)


def test_unknown_host(run):
    text = one_sentence(run(ACTIVATE, hci="tcp:no-such-host.invalid:1").finish(), errno.EHOSTUNREACH)
    assert "no-such-host.invalid" in text


def test_no_serial_device(run):
    one_sentence(run(ACTIVATE, hci="uart:/dev/ttyNONE9").finish(), errno.ENOENT)


def test_not_a_serial_device(run):
    one_sentence(run(ACTIVATE, hci="uart:/dev/null").finish(), errno.ENOTTY)


def test_linux_adapter(run):
    """No machine has 200 adapters: whatever is missing here, it is said with the commands."""
    lines = run(ACTIVATE, hci="hci:200").finish()
    number = int(lines[0].split()[0])
    assert number in (errno.ENODEV, errno.EPERM, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT)
    text = one_sentence(lines, number)
    assert "sudo" in text or "hciconfig" in text


def test_linux_adapter_sentences_name_the_commands():
    source = (conftest.ROOT / "ports" / "unix" / "transport_hci.c").read_text()
    assert "sudo hciconfig hci%u down" in source and "sudo setcap cap_net_admin+ep" in source


class Peer:
    """A socket whose controller does as it is told: closes at once, or answers rubbish."""

    def __init__(self, path, answer):
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(path))
        self.server.listen(8)
        self.answer = answer
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client = self.server.accept()[0]
            except OSError:
                return
            if self.answer is not None:
                client.recv(100)
                client.sendall(self.answer)
            if self.answer is None:
                client.close()


def test_controller_that_closes_at_once(run, folder):
    Peer(folder / "s", None)
    lines = run(ACTIVATE, hci=f"unix:{folder}/s").finish()
    assert int(lines[0].split()[0]) in (errno.ENODEV, errno.EPIPE, errno.ECONNRESET)
    assert f"{folder}/s" in lines[0]


def test_rubbish_is_no_controller(run, folder):
    Peer(folder / "s", b"HTTP/1.0 400 Bad Request\r\n\r\n")
    text = one_sentence(run(ACTIVATE, hci=f"unix:{folder}/s").finish(), errno.ETIMEDOUT)
    assert "BREEZE_TRACE" in text and "BREEZE_LOG" in text


def test_no_air_program(run, folder, environment):
    environment["BREEZE_AIR"] = str(folder / "none")
    environment["PATH"] = str(folder)
    text = one_sentence(run(ACTIVATE, hci=f"air:{folder}/a").finish(), errno.ENOENT)
    assert "breeze-air" in text


def test_name_in_use(run, air):
    first = run("from bt import *\nstart()\ntell('up')\nlisten()\n", "first", f"air:{air}#same")
    first.told("up")
    text = one_sentence(run(ACTIVATE, "second", f"air:{air}#same").finish(), errno.EADDRINUSE)
    assert "same" in text


def mac_of(lines):
    assert lines[0].startswith("mac 1 "), lines
    return lines[0]


def test_air_address_comes_from_the_name(run, air, folder):
    one = mac_of(run(ACTIVATE, "prog", f"air:{air}#one").finish())
    assert mac_of(run(ACTIVATE, "other", f"air:{air}#one").finish()) == one
    assert mac_of(run(ACTIVATE, "prog", f"air:{air}#two").finish()) != one
    # The program's name is the default NAME.
    assert mac_of(run(ACTIVATE, "one", f"air:{air}").finish()) == one


def test_air_starts_by_itself_and_stops(run, folder, environment):
    """BREEZE_HCI unset: everybody meets on the air of this user."""
    program = environment["BREEZE_AIR"]
    peripheral = run("from bt import *\nstart()\naddress()\nadvertise()\nwait(1), wait(2)\n", "p")
    central = run("from bt import *\nstart('c')\nconn = connect(peer())\ndisconnect(conn)\n", "c")
    central.tell(peripheral.told("address"))
    central.finish()
    peripheral.finish()
    assert (folder / "breeze-air.sock").exists()
    done = subprocess.run([program, "status"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0
    subprocess.run([program, "stop"], env=environment, capture_output=True)
    end = time.monotonic() + conftest.LIMIT
    while (folder / "breeze-air.sock").exists() and time.monotonic() < end:
        time.sleep(0.1)
    assert not (folder / "breeze-air.sock").exists()


def test_tcp_and_settings_keep_the_address(run, folder):
    """A plain H4 controller: the address is remembered under the program's name."""
    program = str(conftest.BUILD / "air" / "breeze-air")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with open(folder / "log", "w") as log:
        server = subprocess.Popen([program, "--tcp", str(port)], stdout=log, stderr=log)
    try:
        end = time.monotonic() + conftest.LIMIT
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        first = run(ACTIVATE, "prog", f"tcp:127.0.0.1:{port}").finish()
        again = run(ACTIVATE, "prog", f"tcp:127.0.0.1:{port}").finish()
        assert first[0].startswith("mac ") and first == again
    finally:
        server.terminate()
        server.wait(10)


def test_trace_is_a_btsnoop_file(run, air, folder):
    trace = folder / "trace.btsnoop"
    run(ACTIVATE, hci=f"air:{air}", BREEZE_TRACE=str(trace)).finish()
    data = trace.read_bytes()
    assert data[:16] == b"btsnoop\0" + bytes([0, 0, 0, 1, 0, 0, 3, 0xEA])
    at, packets = 16, []
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        assert length == int.from_bytes(data[at + 4 : at + 8], "big")
        micros = int.from_bytes(data[at + 16 : at + 24], "big") - 0x00DCDDB30F2F8000
        assert abs(micros / 1e6 - time.time()) < 3600
        packets.append((data[at + 11], data[at + 24 : at + 24 + length]))
        at += 24 + length
    assert at == len(data)
    assert (2, b"\x01\x03\x0c\x00") in packets  # HCI Reset, sent.
    assert any(flags == 3 and packet[:2] == b"\x04\x0e" for flags, packet in packets)
    if shutil.which("btmon"):
        text = subprocess.run(["btmon", "-r", str(trace)], capture_output=True, text=True).stdout
        assert "Reset" in text


def test_trace_that_cannot_be_written(run, air, folder):
    lines = run(ACTIVATE, hci=f"air:{air}", BREEZE_TRACE=str(folder / "no" / "trace")).finish()
    assert "BREEZE_TRACE" in one_sentence(lines, errno.ENOENT)


def test_log(run, air):
    quiet = run(ACTIVATE, hci=f"air:{air}").finish()
    assert len(quiet) == 1
    loud = run(ACTIVATE, hci=f"air:{air}", BREEZE_LOG="off,hci=debug").finish()
    assert any(line.startswith("breeze D hci: ") for line in loud)
    lines = run(ACTIVATE, hci=f"air:{air}", BREEZE_LOG="loud").finish()
    assert "BREEZE_LOG" in one_sentence(lines, errno.EINVAL)


def test_controller_that_dies_later(run, air, folder):
    """The link to the controller breaks while the radio is in use."""
    relay_path = folder / "relay"
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(relay_path))
    server.listen(4)
    ends = []

    def serve():
        while True:
            try:
                client = server.accept()[0]
            except OSError:
                return
            upstream = socket.socket(socket.AF_UNIX)
            upstream.connect(str(air))
            ends[:] = [client, upstream]
            for source, sink in ((client, upstream), (upstream, client)):
                threading.Thread(target=pump, args=(source, sink), daemon=True).start()

    def pump(source, sink):
        try:
            while data := source.recv(4096):
                sink.sendall(data)
        except OSError:
            pass

    threading.Thread(target=serve, daemon=True).start()
    program = run(
        """
        from bt import *
        start()
        ble.gap_scan(0)
        tell("up")
        wait(6)
        print("scan over", ble.active())
        try:
            ble.gap_scan(0)
        except OSError as error:
            print(error.errno)
        listen()
        ble.active(True)
        ble.gap_scan(50)
        wait(6)
        print("back")
        """,
        hci=f"unix:{relay_path}",
    )
    program.told("up")
    for end in ends:
        end.shutdown(socket.SHUT_RDWR)
    program.tell("go")
    assert program.finish() == ["scan over False", "19", "back"]
    server.close()


def test_serial_line(run, folder):
    """A pseudo terminal stands for the serial line."""
    server = subprocess.Popen(
        [str(conftest.BUILD / "air" / "breeze-air"), "--pty"], stdout=subprocess.PIPE, text=True
    )
    try:
        path = None
        while path is None:
            line = server.stdout.readline()
            assert line, "breeze-air ended"
            path = next((word.strip(".,:") for word in line.split() if word.startswith("/dev/")), None)
        source = ACTIVATE.replace("    ble.active(False)", "    ble.gap_scan(50)\n    ble.active(False)")
        first = run(source, "prog", f"uart:{path}").finish()
        assert first[0].startswith("mac ") and run(source, "prog", f"uart:{path},115200").finish() == first
    finally:
        server.terminate()
        server.wait(10)
