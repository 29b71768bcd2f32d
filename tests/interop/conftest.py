"""Fixtures: the medium, the hosts on it, logs kept on failure, everything ended in any case.

With BREEZE_CI=1 a test that would be skipped fails instead.
"""

import asyncio
import dataclasses
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

collect_ignore = []
try:
    import bumble_host  # noqa: E402
except ImportError as error:
    bumble_host = None
    bumble_missing = f"the Python package bumble is not installed (PyPI): {error}"

import media  # noqa: E402
from breeze_host import BreezeHost  # noqa: E402

TEST_SECONDS = 200  # one test, everything included; a hang detector
FAILED_LOGS = media.ROOT / "build" / "test-results" / "interop-logs"


def skip(reason):
    if os.environ.get("BREEZE_CI") == "1":
        pytest.fail(f"would be skipped, and BREEZE_CI=1 allows no skips: {reason}", pytrace=False)
    pytest.skip(reason)


class Room:
    """One test's hosts and what they talk through."""

    def __init__(self, folder, medium, rootcanal):
        self.folder, self.medium, self.rootcanal = folder, medium, rootcanal
        self.air = None
        self.hosts = []

    async def open(self):
        if self.medium in media.Air.OPTIONS:
            self.air = media.Air(self.folder, self.medium)
            await self.air.start()

    def socket(self):
        return self.air.socket if self.air else self.rootcanal.path(self.medium.split("_")[1])

    async def host(self, kind):
        """A running host of this kind."""
        number = len(self.hosts)
        label = f"{kind}{number}"
        if kind.startswith("breeze"):  # "breeze_eatt": the build with enhanced bearers
            program = media.built("tests/interop/interop-host" + kind[6:].replace("_", "-"))
            host = BreezeHost(program, f"unix:{self.socket()}", self.folder, label)
        else:
            transport = f"unix-client:{self.socket()}"
            trace = self.folder / f"{label}.btsnoop"
            host = bumble_host.BumbleHost(transport, f"F{number}:F1:F2:F3:F4:F5", label, trace)
        host.loss = media.Air.LOSS.get(self.medium, 0)
        self.hosts.append(host)
        await host.start()
        return host

    async def close(self):
        """Stop all, the first complaint is raised when everything has ended."""
        complaints = []
        for part in [*self.hosts, self.air]:
            if part is not None:
                try:
                    await part.stop()
                except Exception as error:  # the others must end too
                    complaints.append(error)
        if complaints:
            raise complaints[0]


class Rig:
    """Runs a test's coroutine in a room of its own."""

    def __init__(self, folder, medium, rootcanal):
        self.room = Room(folder, medium, rootcanal)

    def run(self, test, *arguments):
        async def whole():
            try:
                await self.room.open()
                await test(self.room, *arguments)
            finally:
                await self.room.close()

        async def bounded():
            await asyncio.wait_for(whole(), TEST_SECONDS)

        asyncio.run(bounded())


@pytest.fixture(scope="session")
def rootcanal_holder():
    """The running RootCanal, or why there is none; started at first use, again when it has died."""
    folder = Path(tempfile.mkdtemp(prefix="rootcanal-"))
    holder = {"instance": None, "reason": None}

    def get():
        if holder["reason"] is None and not (holder["instance"] and holder["instance"].alive()):
            instance = media.RootCanal(folder)
            for path in folder.glob("*.sock"):
                path.unlink()
            try:
                instance.start()
                holder["instance"] = instance
            except media.Unavailable as error:
                holder["reason"] = str(error)
        if holder["reason"]:
            skip(holder["reason"])
        return holder["instance"]

    yield get
    if holder["instance"] is not None:
        holder["instance"].stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.when == "call":
        item.failed_call = report.failed


@pytest.fixture
def rig_for(request, rootcanal_holder, traces):
    """A function that makes the rig for a medium; keeps traces, and logs of a failed test."""
    folder = Path(tempfile.mkdtemp(prefix="interop-"))
    rigs = []

    def make(medium, kinds):
        if "bumble" in kinds and bumble_host is None:
            skip(bumble_missing)
        rootcanal = rootcanal_holder() if medium.startswith("rootcanal") else None
        rig = Rig(folder, medium, rootcanal)
        rigs.append((rig, rootcanal))
        return rig

    yield make
    name = request.node.name
    traces.take(request.node.originalname, name, folder)
    if getattr(request.node, "failed_call", False):
        kept = FAILED_LOGS / "".join(c if c.isalnum() or c in "._-" else "_" for c in name)
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(folder, kept, ignore=shutil.ignore_patterns("*.sock"))
        for _, rootcanal in rigs:
            if rootcanal is not None:
                shutil.copy(rootcanal.log, kept)
        for log in sorted(kept.glob("*.log")):
            if log.name != "rootcanal.log":
                print(f"---- {log.name}\n" + "\n".join(log.read_text().splitlines()[-25:]))
        print(f"logs and traces: {kept}")
    shutil.rmtree(folder, ignore_errors=True)


@dataclasses.dataclass
class Trace:
    function: str  # of the test
    test: str  # its whole name
    by_air: bool  # else by a Breeze host
    path: Path


class Traces:
    """Copies of the btsnoop files of all tests, for the tests of the traces themselves."""

    def __init__(self, folder):
        self.folder = folder
        self.taken = []

    def take(self, function, test, folder):
        for path in sorted(folder.rglob("*.btsnoop")):
            if path.name.startswith("bumble"):
                continue
            copy = self.folder / f"{len(self.taken):04}.btsnoop"
            shutil.copy(path, copy)
            self.taken.append(Trace(function, test, path.parent.name == "air", copy))


@pytest.fixture(scope="session")
def traces():
    folder = Path(tempfile.mkdtemp(prefix="interop-traces-"))
    yield Traces(folder)
    shutil.rmtree(folder, ignore_errors=True)
