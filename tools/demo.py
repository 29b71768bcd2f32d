#!/usr/bin/env python3
"""The demo: two stock MicroPython programs, examples/peripheral.py and examples/central.py, talk BLE.

Each runs in its own unmodified interpreter with the Breeze module; by default both sit on a virtual
air of their own. Prints the story of both as it happens, then a table, leaves btsnoop traces. It ends with a secured
pair: examples/secure_peripheral.py shows a passkey, the demo types it into examples/secure_central.py as a
user would, and then both come back by the bond that they keep.

    tools/demo.py [--build DIR] [--peripheral TRANSPORT] [--central TRANSPORT]

TRANSPORT is what BREEZE_HCI takes (README.md). With only one given, that program runs alone and the
demo says what can be the other side.
"""

import argparse
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 60  # seconds for the whole story, which takes a tenth of that
FAREWELL = 1.5  # seconds after one program's end in which the other may end by itself
LEAVE = 5  # seconds that it then has to end when asked to
WIDTH = 10

ALONE = {
    "peripheral": """\
The peripheral runs alone on {transport}. The other side can be
  - a phone: in nRF Connect scan, connect to "{name}", and enable notifications;
  - a Linux machine: bluetoothctl, then: scan le, connect ADDRESS, menu gatt, list-attributes;
  - this program's partner on another board: mpremote run examples/central.py
Ctrl-C ends it.""",
    "central": """\
The central runs alone on {transport} and looks for a peripheral named "{name}". That can be
  - this program's partner on another board: mpremote run examples/peripheral.py
  - a second controller on this or another machine: make demo PERIPHERAL=TRANSPORT
  - a phone: in nRF Connect add a GATT server with the services of examples/peripheral.py and an
    advertiser with that name.
Ctrl-C ends it.""",
}


SECURED = """
Now in secret: a peripheral that shows a passkey, and a central that needs it. The demo types it, as you would.
"""
AGAIN = """
Both once more, in new processes. They have kept their bonds, so nobody is asked:
"""
FAREWELL_SECURED = """
The bonds are in {where}/secure_*.json. To be the one who types, take two terminals:
  micropython examples/secure_peripheral.py      and      micropython examples/secure_central.py"""


class Problem(Exception):
    """What the user reads in place of a traceback: one clear sentence."""


class Program:
    """One MicroPython program; its lines go into a queue that all programs share."""

    def __init__(self, name, interpreter, transport, where, lines, script=None):
        self.name = name
        self.lines = lines
        self.output = []
        script = script or name
        self.trace = where / f"{script}.btsnoop"
        self.trace.unlink(missing_ok=True)
        env = dict(os.environ, BREEZE_HCI=transport, BREEZE_TRACE=str(self.trace))
        env["MICROPYPATH"] = f".frozen:{where / 'lib'}"
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            # A shell's background job: the programs would inherit that and never see Ctrl-C.
            signal.signal(signal.SIGINT, signal.default_int_handler)
        self.process = subprocess.Popen(
            interpreter + [str(ROOT / "examples" / f"{script}.py")],
            env=env,
            cwd=where,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put((time.monotonic(), self, line.decode(errors="replace").rstrip()))
        self.lines.put((time.monotonic(), self, None))

    def type(self, line):
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:  # It has ended; its own last line says why.
            pass

    def interrupt(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def interpreter():
    """The words that run the stock interpreter."""
    done = subprocess.run([str(ROOT / "tools" / "micropython"), "--command"], capture_output=True, text=True)
    if done.returncode:
        raise Problem("there is no stock MicroPython interpreter with ffi here; tools/deps.sh demo installs one.")
    return done.stdout.split("\n")[:-1]


def stage(build, where):
    """Installs the module as a user would, into a folder of the demo's own."""
    if not (build / "CMakeCache.txt").exists():
        raise Problem(f"{build} holds no build; run make first.")
    shutil.rmtree(where / "lib", ignore_errors=True)
    (where / "lib").mkdir(parents=True)
    words = ["cmake", "--install", str(build), "--component", "micropython", "--prefix", str(where / "lib")]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        raise Problem(f"the MicroPython module is not built: {(done.stderr or done.stdout).strip().splitlines()[-1]}")
    if not (where / "lib" / "bluetooth.py").exists():
        raise Problem(f"{build} has no MicroPython module; run make again.")


def check_transport(role, transport):
    """Says early what the program would find out late."""
    if not re.match(r"(air|unix|tcp|uart|hci):.", transport):
        raise Problem(
            f"{role.upper()}={transport} is no transport; write air:PATH#NAME, unix:PATH, tcp:HOST:PORT, "
            "uart:/dev/ttyX[,BAUD] or hci:N."
        )
    if transport.startswith("uart:"):
        device = transport[len("uart:") :].split(",")[0]
        if not os.path.exists(device):
            raise Problem(f"{role.upper()}={transport}: {device} does not exist; is the controller plugged in?")
        if not os.access(device, os.R_OK | os.W_OK):
            raise Problem(f"{role.upper()}={transport}: {device} may not be opened; being in the group dialout helps.")


def peripheral_name():
    """The name that examples/peripheral.py advertises."""
    match = re.search(r'^NAME\s*=\s*b?"([^"]+)"', (ROOT / "examples" / "peripheral.py").read_text(), re.MULTILINE)
    return match.group(1) if match else "?"


def tell(start, moment, name, line):
    print(f"{moment - start:8.3f}  {name:{WIDTH}}  {line}", flush=True)


def next_line(lines, deadline):
    """The next (moment, program, line); None when nothing came until the deadline."""
    try:
        return lines.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        return None


def play(programs, lines, start, heard=None):
    """Prints lines until every program has ended, each of which heard(programs, program, line) hears too. One
    that outlives its partner is asked to leave with Ctrl-C, as a user would; one that does not is a
    problem."""
    running = set(programs)
    deadline = start + LIMIT
    asked = False
    while running:
        item = next_line(lines, deadline)
        if item is None:
            late = " and the ".join(sorted(p.name for p in running))
            if asked or len(running) == len(programs):
                raise Problem(f"the {late} did not end in time; the last lines above say where it stands.")
            for program in running:
                program.interrupt()
            asked = True
            deadline = time.monotonic() + LEAVE
            continue
        moment, program, line = item
        if line is not None:
            program.output.append((moment, line))
            tell(start, moment, program.name, line)
            if heard:
                heard(programs, program, line)
            continue
        program.process.wait()
        running.discard(program)
        deadline = min(deadline, time.monotonic() + FAREWELL)


def play_alone(program, lines, start):
    while True:
        item = next_line(lines, time.monotonic() + 3600)
        if item is None:
            continue
        moment, _, line = item
        if line is None:
            return
        program.output.append((moment, line))
        tell(start, moment, program.name, line)


def fact(lines, pattern):
    """The first group of a pattern's last match in a program's lines; a dash when nothing matches."""
    found = [match.group(1) for match in (re.search(pattern, line) for _, line in lines) if match]
    return found[-1] if found else "-"


def count(lines, word):
    return str(sum(1 for _, line in lines if line.startswith(word)))


# The table: a row's title, and how each program's value is found in its lines.
ROWS = [
    ("found", {"central": lambda lines: fact(lines, r"^found (\S+)")}),
    ("connections", {"peripheral": lambda lines: count(lines, "connected by"),
                     "central": lambda lines: count(lines, "connected to")}),
    ("MTU", {"peripheral": lambda lines: fact(lines, r"^MTU is (\d+)"),
             "central": lambda lines: fact(lines, r"^MTU is (\d+)")}),
    ("services", {"central": lambda lines: fact(lines, r"^discovered (\d+)")}),
    ("temperature", {"central": lambda lines: fact(lines, r"^temperature is (.*)")}),
    ("notifications", {"peripheral": lambda lines: fact(lines, r"^sent (\d+)"),
                       "central": lambda lines: fact(lines, r"^received (\d+) notifications in order")}),
    ("per second", {"central": lambda lines: fact(lines, r"notifications in order, (\d+) per second")}),
    ("disconnections", {"peripheral": lambda lines: count(lines, "disconnected"),
                        "central": lambda lines: count(lines, "disconnected")}),
]


def table(programs):
    """[(title, {program: value})] of the summary."""
    rows = []
    for title, finders in ROWS:
        rows.append((title, {p.name: finders[p.name](p.output) if p.name in finders else "" for p in programs}))
    ends = {p.name: "well" if ended_well(p) else f"with status {p.process.returncode}" for p in programs}
    return rows + [("ended", ends)]


def ended_well(program):
    return program.process.returncode == 0


def summary(programs, seconds):
    names = [p.name for p in programs]
    print()
    print(f"{'':20}" + "".join(f"{name:>20}" for name in names))
    print("-" * (20 + 20 * len(names)))
    for title, values in table(programs):
        print(f"{title:20}" + "".join(f"{values[name]:>20}" for name in names))
    print(f"\nThe whole story took {seconds:.1f} s. Traces of everything that crossed HCI; open them with")
    for program in programs:
        print(f"  tshark -r {relative(program.trace)}     or  wireshark {relative(program.trace)}")


def has_security(build):
    """Pairing is built in where there is Mbed TLS."""
    return "BREEZE_SMP:BOOL=OFF" not in (build / "CMakeCache.txt").read_text()


def relative(path):
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


def stop_air(build, socket):
    """Ends the air that the programs started; it would leave by itself a little later."""
    program = build / "air" / "breeze-air"
    if program.exists() and socket.exists():
        subprocess.run([str(program), "stop", "--socket", str(socket)], capture_output=True, timeout=10)


def show_air_log(folder):
    for path in sorted(folder.glob("*log*")):
        text = path.read_text(errors="replace").strip()
        if text:
            print(f"demo: the air's log:\n  " + "\n  ".join(text.splitlines()[-10:]), file=sys.stderr)


def run_two(where, words, socket, transports, prefix="", heard=None):
    """Runs a peripheral and a central to their ends, and returns them."""
    lines = queue.Queue()
    programs = []
    start = time.monotonic()
    try:
        for role in ("peripheral", "central"):
            transport = transports.get(role) or f"air:{socket}#{role}"
            programs.append(Program(role, words, transport, where, lines, prefix + role))
        play(programs, lines, start, heard)
    finally:
        for program in programs:
            program.end()
    if not all(ended_well(p) for p in programs):
        raise Problem("a program ended with an error; its last line above says which.")
    return programs


def type_passkey(programs, program, line):
    """The user: reads the passkey at one program and types it at the other."""
    match = re.match(r"the passkey is (\d{6})$", line)
    if match:
        for other in programs:
            if other is not program:
                other.type(match.group(1))


def run_secured(where, words, socket, transports):
    for role in ("peripheral", "central"):
        (where / f"secure_{role}.json").unlink(missing_ok=True)
    print(SECURED)
    run_two(where, words, socket, transports, "secure_", type_passkey)
    print(AGAIN)
    run_two(where, words, socket, transports, "secure_")
    print(FAREWELL_SECURED.format(where=relative(where)))


def run_pair(where, build, words, transports):
    private = Path(tempfile.mkdtemp(prefix="breeze-demo-"))  # short: a socket's path has 107 octets
    socket = private / "air"
    start = time.monotonic()
    try:
        programs = run_two(where, words, socket, transports)
        summary(programs, time.monotonic() - start)
        if has_security(build):
            run_secured(where, words, socket, transports)
    except Problem:
        show_air_log(private)
        raise
    finally:
        stop_air(build, socket)
        shutil.rmtree(private, ignore_errors=True)


def run_alone(where, words, role, transport):
    print(ALONE[role].format(transport=transport, name=peripheral_name()) + "\n")
    lines = queue.Queue()
    start = time.monotonic()
    program = Program(role, words, transport, where, lines)
    try:
        play_alone(program, lines, start)
    except KeyboardInterrupt:
        program.process.wait(timeout=LEAVE)
    finally:
        program.end()
    print(f"\nThe trace of everything that crossed HCI: tshark -r {relative(program.trace)}")
    if program.process.returncode not in (0, -signal.SIGINT, 130):
        raise Problem(f"the {role} ended with status {program.process.returncode}; its last line above says why.")


def demo(args):
    transports = {r: t for r, t in (("peripheral", args.peripheral), ("central", args.central)) if t}
    for role, transport in transports.items():
        check_transport(role, transport)
    for role in ("peripheral", "central"):
        if not (ROOT / "examples" / f"{role}.py").exists():
            raise Problem(f"examples/{role}.py does not exist.")
    words = interpreter()
    build = args.build.resolve()
    where = ROOT / "build" / "demo"
    stage(build, where)
    if len(transports) == 1:
        run_alone(where, words, *next(iter(transports.items())))
    else:
        run_pair(where, build, words, transports)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--peripheral", metavar="TRANSPORT")
    parser.add_argument("--central", metavar="TRANSPORT")
    try:
        demo(parser.parse_args())
    except Problem as problem:
        print(f"demo: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("demo: ended by Ctrl-C", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
