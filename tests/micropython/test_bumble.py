# What no Python program of ours can cause: the other side is Bumble.

import asyncio
import re
import subprocess

import conftest
import pytest

bumble_device = pytest.importorskip("bumble.device", reason="Bumble is not installed")
bumble_hci = pytest.importorskip("bumble.hci")
bumble_transport = pytest.importorskip("bumble.transport")


async def update_parameters(port, address):
    source = await bumble_transport.open_transport(f"tcp-client:127.0.0.1:{port}")
    random = bumble_hci.Address("F0:F1:F2:F3:F4:F5")
    device = bumble_device.Device.with_hci("central", random, source.source, source.sink)
    await device.power_on()
    kind = bumble_hci.Address.RANDOM_DEVICE_ADDRESS
    link = await device.connect(bumble_hci.Address(address, kind))
    updated = asyncio.Event()
    link.on("connection_parameters_update", updated.set)
    await link.update_parameters(50, 60, 0, 4000)
    await updated.wait()
    await link.disconnect()
    await source.close()


def test_connection_update_event(run, folder):
    path = folder / "air"
    server = subprocess.Popen(
        [str(conftest.BUILD / "air" / "breeze-air"), "--socket", str(path), "--tcp", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        port = None
        while port is None:
            line = server.stdout.readline()
            assert line, "breeze-air ended"
            port = re.search(r"127\.0\.0\.1:(\d+)", line)
        program = run(
            """
            from bt import *
            start()
            address()
            advertise()
            conn = wait(1)[0]
            print(wait(27) == (conn, 48, 0, 400, 0))
            wait(2)
            """,
            "p",
            f"air:{path}#p",
        )
        digits = program.told("address").split()[1]
        address = ":".join(digits[i : i + 2] for i in range(0, 12, 2)).upper()
        asyncio.run(asyncio.wait_for(update_parameters(port.group(1), address), conftest.LIMIT))
        assert program.finish() == ["True"]
    finally:
        server.terminate()
        server.wait(10)
