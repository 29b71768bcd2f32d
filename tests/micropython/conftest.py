# Stock MicroPython interpreters, driven from outside: each test has an air of its own and as many
# programs on it as it likes. Nothing here waits for a fixed time; limits are hang detectors.

import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = Path(os.environ.get("BREEZE_BUILD", ROOT / "build" / "release"))
LIMIT = 180


def interpreter_words():
    done = subprocess.run(
        [str(ROOT / "tools" / "micropython"), "--command"], capture_output=True, text=True
    )
    return done.stdout.split("\n")[:-1] if done.returncode == 0 else []


@pytest.fixture(scope="session")
def interpreter():
    words = interpreter_words()
    if not words:
        if os.environ.get("BREEZE_CI"):
            pytest.fail("no stock MicroPython interpreter with ffi; tools/deps.sh demo installs one")
        pytest.skip("no stock MicroPython interpreter with ffi; tools/deps.sh demo installs one")
    return words


@pytest.fixture(scope="session")
def module():
    """The folder with bluetooth.py and its library."""
    folder = BUILD / "micropython" / "lib"
    assert (folder / "libbreeze_mpy.so").exists(), f"{folder} has no library; run make"
    return folder


@pytest.fixture
def folder():
    """A folder whose path is short enough for sockets."""
    path = Path(tempfile.mkdtemp(prefix="brz"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


class Ended(Exception):
    pass


class Program:
    """A MicroPython program and the lines it prints."""

    def __init__(self, words, env, cwd):
        self.process = subprocess.Popen(
            words,
            env=env,
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.lines = queue.Queue()
        self.output = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.decode(errors="replace").rstrip("\r\n"))
        self.lines.put(None)

    def line(self, limit=LIMIT):
        """The next line; raises at the end."""
        try:
            line = self.lines.get(timeout=limit)
        except queue.Empty:
            raise Ended("nothing more after\n" + "\n".join(self.output)) from None
        if line is None:
            self.lines.put(None)
            raise Ended("ended after\n" + "\n".join(self.output))
        self.output.append(line)
        return line

    def expect(self, pattern, limit=LIMIT):
        """The match of the first line that has the pattern."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            match = re.search(pattern, self.line(end - time.monotonic()))
            if match:
                return match
        raise Ended(f"no {pattern} in\n" + "\n".join(self.output))

    def told(self, word, limit=LIMIT):
        return self.expect(rf"^TELL {word} ?(.*)", limit).group(1)

    def tell(self, *words):
        self.process.stdin.write((" ".join(str(w) for w in words) + "\n").encode())
        self.process.stdin.flush()

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def finish(self, limit=LIMIT, status=0):
        """Everything it printed, when it has ended well."""
        end = time.monotonic() + limit
        while True:
            try:
                self.line(end - time.monotonic())
            except Ended:
                break
        try:
            got = self.process.wait(max(1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise Ended("does not end after\n" + "\n".join(self.output)) from None
        assert status is None or got == status, f"status {got} after\n" + "\n".join(self.output)
        return [line for line in self.output if not line.startswith("TELL")]

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()


def base_environment(module, folder):
    env = {k: v for k, v in os.environ.items() if not k.startswith("BREEZE_")}
    env["MICROPYPATH"] = f".frozen:{module}:{HERE / 'lib'}"
    env["BREEZE_AIR"] = str(BUILD / "air" / "breeze-air")
    env["XDG_STATE_HOME"] = str(folder / "state")
    env["XDG_RUNTIME_DIR"] = str(folder)
    env["HOME"] = str(folder)
    return env


@pytest.fixture
def environment(module, folder):
    return base_environment(module, folder)


@pytest.fixture
def run(interpreter, environment, folder):
    """run(source, name, hci=None, **env): a running Program. hci None leaves BREEZE_HCI unset."""
    programs = []

    def start(source, name="program", hci=None, args=(), **env):
        path = folder / f"{name}.py"
        path.write_text(textwrap.dedent(source))
        full = dict(environment, **env)
        if hci is not None:
            full["BREEZE_HCI"] = hci
        program = Program(interpreter + [path.name, *map(str, args)], full, folder)
        programs.append(program)
        return program

    yield start
    for program in programs:
        program.kill()


@pytest.fixture
def air(request, folder):
    """The path of the socket of an air of this test's own; a parameter has more options for it."""
    path = folder / "a"
    options = getattr(request, "param", [])
    with open(folder / "air.log", "w") as log:
        server = subprocess.Popen(
            [str(BUILD / "air" / "breeze-air"), "--socket", str(path), *options],
            stdout=log,
            stderr=log,
        )
    end = time.monotonic() + LIMIT
    while not path.exists():
        assert server.poll() is None and time.monotonic() < end, (folder / "air.log").read_text()
        time.sleep(0.01)
    yield path
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


@pytest.fixture
def pair(run, air):
    """pair(peripheral, central): what both print, when both have ended. The peripheral tells its
    address when it is ready, which the central hears."""

    def play(peripheral, central, limit=LIMIT):
        first = run(peripheral, "p", f"air:{air}#p")
        address = first.told("address")
        second = run(central, "c", f"air:{air}#c")
        second.tell(address)
        try:
            two = second.finish(limit)
        except (Ended, AssertionError) as error:
            time.sleep(0.5)
            while not first.lines.empty():
                first.output.append(str(first.lines.get()))
            raise AssertionError(f"central: {error}\nperipheral: " + "\n".join(first.output)) from None
        return first.finish(limit), two

    return play
