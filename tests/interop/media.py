"""What the hosts talk through: our air, or RootCanal. Each gives one address to connect to."""

import asyncio
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from common import WAIT
from rootcanal_relay import die_with_parent

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


class Unavailable(Exception):
    """A tool that a test needs is not there; the text is the reason to skip."""


def built(name):
    """A program of the build: with sanitizers if there is such a build, else the release."""
    folders = [os.environ.get("BREEZE_SANITIZE_BUILD"), os.environ.get("BREEZE_BUILD")]
    folders += [str(ROOT / "build" / kind) for kind in ("sanitize", "release")]
    for folder in filter(None, folders):
        path = Path(folder) / name
        if os.access(path, os.X_OK):
            return path
    raise AssertionError(f"{name} is not built; looked in {', '.join(filter(None, folders))}")


def output_of(command):
    result = subprocess.run(command, capture_output=True, text=True, timeout=WAIT)
    return result.returncode, result.stdout + result.stderr


# ---- RootCanal -----------------------------------------------------------------------------------


def rootcanal_binary():
    if importlib.util.find_spec("rootcanal") is None:
        raise Unavailable("the Python package rootcanal is not installed (PyPI)")
    import rootcanal.binaries

    return rootcanal.binaries.get_package_binary_resource_path("rootcanal")


def newer_loader():
    """The dynamic loader of the unpacked Debian 13 that tools/deps.sh keeps for older systems."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    for top in filter(None, (os.environ.get("BREEZE_TRIXIE"), cache / "breeze" / "trixie")):
        for loader in Path(top).glob("usr/lib/*/ld-linux-*.so.*"):
            yield [str(loader), "--library-path", str(loader.parent)]


def rootcanal_command():
    """The words that run RootCanal. Its wheel wants glibc 2.39: on Debian 12, Debian 13's."""
    binary = rootcanal_binary()
    said = []
    for prefix in ([], *newer_loader()):
        command = [*prefix, binary]
        _, text = output_of([*command, "-help"])
        if "hci_port" in text:
            return command
        said.append(text.strip().splitlines()[-1] if text.strip() else "no output")
    where = "BREEZE_TRIXIE names an unpacked Debian 13 with libstdc++6"
    raise Unavailable(f"RootCanal does not run here ({'; '.join(said)}); {where}")


def namespace_command():
    """The words that run a program in a network namespace of its own."""
    if shutil.which("unshare") is None:
        raise Unavailable("RootCanal needs a network namespace: unshare is not installed")
    for command in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        status, _ = output_of([*command, "true"])
        if status == 0:
            return command
    raise Unavailable("RootCanal needs a network namespace of its own: not root, or not permitted")


class RootCanal:
    """One RootCanal for all tests; each connection to a socket is a fresh controller."""

    # "large": four ACL buffers of 512 octets; "small": 20 of 27, every PDU is cut into pieces.
    # Without `strict: false`, a listed command that is not implemented ends the process.
    CONFIGURATIONS = {
        "large": "preset: LAIRD_BL654 strict: false",
        "small": "strict: false",
    }

    def __init__(self, folder):
        self.folder = folder
        self.log = folder / "rootcanal.log"
        self.process = None

    def start(self):
        relay = [sys.executable, str(HERE / "rootcanal_relay.py"), str(self.log)]
        relay += [f"{self.path(name)}={text}" for name, text in self.CONFIGURATIONS.items()]
        command = [*namespace_command(), *relay, "--", *rootcanal_command()]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=self.folder,
            preexec_fn=die_with_parent,
        )
        line = self.process.stdout.readline().strip()
        if line != b"ready":
            raise AssertionError(f"RootCanal did not start: {self.tail()}")

    def stop(self):
        if self.process is None:
            return
        self.process.stdin.close()
        try:
            self.process.wait(WAIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def path(self, name):
        return self.folder / f"{name}.sock"

    def tail(self):
        text = self.log.read_text(errors="replace") if self.log.exists() else "no log"
        return "\n".join(text.splitlines()[-20:])


# ---- Our air -------------------------------------------------------------------------------------


class Air:
    """A breeze-air for one test: a controller per connection to its socket."""

    OPTIONS = {
        "air": [],
        "air_4_0": ["--level", "4.0"],
        "air_lossy": ["--acl", "27:2"],
    }
    # Packets lost, of a million, once a link is up: before that, a lost CONNECT_IND is a link that
    # fails to be established (Vol 6, Part B, 4.5), which these tests are not about.
    LOSS = {"air_lossy": 50000}

    def __init__(self, folder, medium):
        self.folder, self.medium = folder, medium
        self.socket = folder / "air.sock"
        self.traces = folder / "air"
        self.process = None

    async def start(self):
        self.traces.mkdir()
        self.log = open(self.folder / "air.log", "w")
        command = [str(built("air/breeze-air")), "--socket", str(self.socket)]
        command += ["--trace", str(self.traces), *self.OPTIONS[self.medium]]
        self.process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=self.log,
            preexec_fn=die_with_parent,
        )
        line = await asyncio.wait_for(self.process.stdout.readline(), WAIT)
        assert line.split() == [b"socket", str(self.socket).encode()], f"breeze-air said {line!r}"

    async def stop(self):
        if self.process is None:
            return
        if self.process.returncode is None:
            self.process.terminate()
        try:
            status = await asyncio.wait_for(self.process.wait(), WAIT)
        except asyncio.TimeoutError:
            self.process.kill()
            await self.process.wait()
            raise AssertionError("breeze-air did not end when asked to") from None
        finally:
            self.log.close()
        assert status in (0, -15), f"breeze-air ended with {status}; see air.log"
