"""Linux in QEMU: starts the guest, and joins its HCI UART to a controller of the virtual air.

The guest boots once for all tests; each test gives it a fresh controller. Three of its UARTs are
Unix sockets: `hci`, `sh` (a shell, see guest/init) and `ctl` (bluetoothctl, while one runs).
"""

import asyncio
import shutil
import socket
import subprocess
import time

import image
from rootcanal_relay import die_with_parent

BOOT_SECONDS = 1200  # 8 s on an idle machine; emulated without the help of the processor
SHELL_SECONDS = 240
QEMU = "qemu-system-x86_64"
CONSOLE = "console=ttyS0 quiet panic=-1 random.trust_cpu=on mitigations=off no_timer_check"

# The number and the interrupt of each. A PC's four share two interrupts, and in QEMU the one that
# lowers a shared line takes the other's interrupt away: its UART then stands still.
UARTS = {"hci": (1, 3), "sh": (2, 5), "ctl": (3, 7)}

# H4 (Vol 4, Part A, 2): octets before the length field, its size, by packet type.
H4 = {1: (2, 1), 2: (2, 2), 3: (2, 1), 4: (1, 1), 5: (2, 2)}


class Guest:
    """The virtual machine."""

    def __init__(self, folder):
        self.folder, self.process = folder, None
        self.console = folder / "console.log"

    def start(self):
        if shutil.which(QEMU) is None:
            raise image.Unavailable(f"{QEMU} is not installed; {image.MISSING}")
        kernel, initramfs = image.build(self.folder)
        command = [QEMU, "-M", "pc", "-accel", "tcg", "-m", "256", "-nodefaults", "-nographic"]
        command += ["-no-reboot", "-kernel", str(kernel), "-initrd", str(initramfs)]
        command += ["-append", CONSOLE, "-serial", f"file:{self.console}"]
        for name, (port, irq) in UARTS.items():
            command += ["-chardev", f"socket,id={name},path={self.path(name)},server=on,wait=off"]
            command += ["-device", f"isa-serial,chardev={name},index={port},irq={irq}"]
        with open(self.folder / "qemu.log", "w") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        self.wait_ready()

    def wait_ready(self):
        """Until the shell of the guest has spoken, and what it said is read."""
        end = time.monotonic() + BOOT_SECONDS
        while not self.path("sh").exists():
            if self.process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"QEMU did not start: {self.tail('qemu.log')}")
            time.sleep(0.05)
        said = b""
        with socket.socket(socket.AF_UNIX) as shell:
            shell.connect(str(self.path("sh")))
            while not said.endswith(b"--- ready\n"):
                shell.settimeout(max(end - time.monotonic(), 0.01))
                try:
                    more = shell.recv(4096)
                except TimeoutError:
                    more = b""
                if not more:
                    raise AssertionError(f"Linux did not start: {self.tail('console.log')}")
                said += more

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def path(self, name):
        return self.folder / name

    def tail(self, name):
        path = self.folder / name
        text = path.read_text(errors="replace") if path.exists() else "no log"
        return "\n".join(text.splitlines()[-20:])


class Shell:
    """The shell of the guest, for one test."""

    async def open(self, guest):
        self.reader, self.writer = await asyncio.open_unix_connection(str(guest.path("sh")))

    async def run(self, line):
        """(status, output) of a line."""
        self.writer.write(line.encode() + b"\n")
        output = []
        while True:
            said = await asyncio.wait_for(self.reader.readline(), SHELL_SECONDS)
            assert said, "the guest is gone"
            text = said.decode(errors="replace").rstrip()
            if text.startswith("--- "):
                return int(text[4:]), "\n".join(output)
            output.append(text)

    def close(self):
        self.writer.close()


# ---- The wire between the guest's UART and a controller ------------------------------------------


async def packet(reader):
    """The next H4 packet. A UART gives octets; the air gets whole packets, and so do its traces."""
    kind = await reader.readexactly(1)
    before, size = H4[kind[0]]
    head = await reader.readexactly(before + size)
    length = int.from_bytes(head[before:], "little")
    return kind + head + await reader.readexactly(length)


async def pump(reader, writer):
    try:
        while True:
            writer.write(await packet(reader))
            await writer.drain()
    except (asyncio.IncompleteReadError, OSError):
        pass  # one of them is gone


class Wire:
    """Joins the guest to the controller behind a socket until it is closed."""

    async def open(self, guest, controller):
        near, far = str(guest.path("hci")), str(controller)
        ends = [await asyncio.open_unix_connection(path) for path in (near, far)]
        (from_guest, to_guest), (from_air, to_air) = ends
        self.writers = [to_guest, to_air]
        pumps = (pump(from_guest, to_air), pump(from_air, to_guest))
        self.tasks = [asyncio.create_task(one) for one in pumps]

    def close(self):
        for task in self.tasks:
            task.cancel()
        for writer in self.writers:
            writer.close()
