"""Fixtures: the Linux guest, booted once; per test an air, a Breeze host and Linux on it.

With BREEZE_CI=1 a test that would be skipped fails instead.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "interop")]

import image  # noqa: E402
import media  # noqa: E402
from breeze_host import BreezeHost  # noqa: E402
from guest import Guest  # noqa: E402
from linux_host import LinuxHost  # noqa: E402

TEST_SECONDS = 1200  # one test, everything included; a hang detector for an emulated machine
FAILED_LOGS = media.ROOT / "build" / "test-results" / "bluez-logs"


@pytest.fixture(scope="session")
def guest():
    folder = Path(tempfile.mkdtemp(prefix="bluez-guest-"))
    shutil.rmtree(FAILED_LOGS, ignore_errors=True)
    machine = Guest(folder)
    try:
        machine.start()
    except image.Unavailable as error:
        shutil.rmtree(folder, ignore_errors=True)
        if os.environ.get("BREEZE_CI") == "1":
            pytest.fail(f"BREEZE_CI=1 allows no skips: {error}", pytrace=False)
        pytest.skip(str(error))
    try:
        yield machine
    finally:
        machine.stop()
        if FAILED_LOGS.exists():
            shutil.copy(machine.console, FAILED_LOGS)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.when == "call":
        item.failed_call = report.failed


async def stop_all(parts):
    """Stop all; the first complaint is raised when everything has ended."""
    complaints = []
    for part in parts:
        try:
            await part.stop()
        except Exception as error:  # the others must end too
            complaints.append(error)
    if complaints:
        raise complaints[0]


async def meet(guest, folder, body, build, settings):
    air = media.Air(folder, "air")
    program = media.built("tests/interop/interop-host" + build)
    breeze = BreezeHost(program, f"unix:{air.socket}", folder, "breeze0")
    linux = LinuxHost(guest, folder, settings)
    try:
        await air.start()
        await breeze.start()
        await linux.start(air.socket)
        await body(breeze, linux)
    except BaseException:
        await linux.keep_log(folder / "bluetoothd.log")
        raise
    finally:
        await stop_all((linux, breeze, air))


@pytest.fixture
def run(request, guest):
    """A function that runs `body(breeze, linux)`; logs and traces of a failed test are kept.

    `build`: the end of the name of another interop-host; the rest: what main.conf says otherwise.
    """
    folder = Path(tempfile.mkdtemp(prefix="bluez-"))

    def bounded(body, build="", **settings):
        meeting = meet(guest, folder, body, build, settings)
        asyncio.run(asyncio.wait_for(meeting, TEST_SECONDS))

    yield bounded
    if getattr(request.node, "failed_call", False):
        kept = FAILED_LOGS / f"{request.module.__name__}.{request.node.name}"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(folder, kept, ignore=shutil.ignore_patterns("*.sock"))
        print(f"logs and traces: {kept}")
    shutil.rmtree(folder, ignore_errors=True)
