"""examples/board, which doc/PORTING.md is about: it builds for Cortex-M0+, and in QEMU a central connects to
it over the virtual air."""

import asyncio
import os
import shutil
import subprocess

import common
import media
import pytest
from conftest import skip
from rootcanal_relay import die_with_parent

QEMU = "qemu-system-arm"
UPTIME = "5a1e0101-bee2-4e5a-8f00-0242ac120002"
NAME = common.ad((0x09, b"board"))


@pytest.fixture(scope="module")
def image():
    """The program, built as its CMakeLists.txt says."""
    folder = media.ROOT / "build" / "board"
    toolchain = f"-DCMAKE_TOOLCHAIN_FILE={media.ROOT}/cmake/arm-none-eabi.cmake"
    configure = ["cmake", "-S", media.ROOT / "examples" / "board", "-B", folder, "-G", "Ninja"]
    for words in (
        [*configure, toolchain, "-DCMAKE_COMPILE_WARNING_AS_ERROR=ON"],
        ["cmake", "--build", folder, "--target", "board.elf"],
    ):
        done = subprocess.run(words, capture_output=True, text=True, timeout=common.WAIT * 10)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "board.elf"


def test_board_builds(image):
    """It fits a small part, static definitions included."""
    words = ["arm-none-eabi-size", "-A", image]
    text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    rows = [row.split() for row in text.splitlines()]
    sizes = {row[0]: int(row[1]) for row in rows if len(row) == 3 and row[1].isdigit()}
    assert sizes["breeze_iter_bt_gatt_service_static"] > 0
    assert sizes[".text"] + sizes[".rodata"] + sizes[".data"] < 64 * 1024
    assert sizes[".data"] + sizes[".bss"] < 16 * 1024


class Board:
    """The machine, as a part of a room that is started and stopped."""

    def __init__(self, image, socket, console):
        self.command = [QEMU, "-M", "mps2-an385", "-nographic", "-monitor", "none"]
        self.command += ["-serial", f"file:{console}", "-serial", f"unix:{socket}", "-kernel", image]
        self.console = console

    async def start(self):
        self.process = await asyncio.create_subprocess_exec(
            *map(os.fspath, self.command),
            stdin=asyncio.subprocess.DEVNULL,
            preexec_fn=die_with_parent,
        )

    async def stop(self):
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    def said(self):
        return self.console.read_text().split()


async def meet(room, image):
    board = Board(image, room.socket(), room.folder / "console")
    room.hosts.append(board)
    await board.start()
    central = await room.host("bumble")
    for _ in range(2):
        await central.scan(active=False)
        seen = await central.reports.find(lambda report: NAME in report.data)
        assert seen.connectable
        await central.stop_scan()
        link = await central.connect(seen.address)
        found = common.find_characteristic(await link.discover(), UPTIME)
        assert len(await link.read(found.handle)) == 4
        box = await link.subscribe(found)
        first, second = [common.counter(await box.get()) for _ in range(2)]
        assert second > first  # whole seconds
        await link.disconnect()
        await link.wait_end()
    said = board.said()
    assert said[:5] == ["advertising", "connected", "disconnected", "advertising", "connected"]


def test_board_runs(rig_for, image):
    if not shutil.which(QEMU):
        skip(f"{QEMU} is not installed")
    rig_for("air", ["bumble"]).run(meet, image)
