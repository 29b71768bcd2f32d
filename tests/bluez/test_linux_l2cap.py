"""LE credit based channels with Linux's kernel, by BlueZ's l2test, opened by either side."""

import asyncio
import re

import pytest
from roles import ROLES, Pair

PSM = 0x85
OURS = bytes(i % 251 for i in range(600))  # one SDU of Linux, more than an MPS
THEIRS = 5000  # octets from Breeze, in SDUs of many lengths
OUTPUT = "/tmp/l2test.log"


async def needs_l2test(linux):
    status, _ = await linux.shell.run("which l2test")
    if status != 0:
        pytest.skip("this BlueZ has no l2test")


async def received(linux, octets):
    """Wait until l2test has got so many octets; what it wrote."""
    got = 0
    while got < octets:
        await asyncio.sleep(0.5)
        _, text = await linux.shell.run(f"cat {OUTPUT}")
        got = sum(int(size) for size in re.findall(r"Received (\d+) bytes", text))
    assert got == octets


@ROLES
def test_channel_by_linux(run, role):
    """Linux opens a channel and sends."""

    async def body(breeze, linux):
        await needs_l2test(linux)
        await breeze.command("chan_listen", PSM)
        await Pair(breeze, linux, role).link()
        await breeze.command("chan_expect", len(OURS))
        octal = "".join(f"\\{octet:03o}" for octet in OURS)
        for at in range(0, len(octal), 1000):
            await linux.shell.run(f"printf '{octal[at:at + 1000]}' >>/tmp/sdu")
        to = breeze.address.split("/")[0]
        command = f"l2test -s -V le_public -P {PSM} -O 672 -b {len(OURS)} -B /tmp/sdu {to}"
        await linux.shell.run(f"{command} >{OUTPUT} 2>&1; rm /tmp/sdu")
        assert await breeze.opened.get() > 0
        assert await breeze.received.get() == (len(OURS), 0)
        await breeze.closed.get()

    run(body)


@ROLES
def test_channel_by_breeze(run, role):
    """Breeze opens a channel and sends."""

    async def body(breeze, linux):
        await needs_l2test(linux)
        end = await Pair(breeze, linux, role).link()
        listen = f"l2test -d -V le_public -P {PSM} -I 672"
        await linux.shell.run(f"{listen} >{OUTPUT} 2>&1 &")
        await linux.shell.run(f"until grep -q Waiting {OUTPUT}; do usleep 50000; done")
        await breeze.command("chan_connect", end.index, PSM)
        assert await breeze.opened.get() == 672
        await breeze.command("chan_send", THEIRS)
        await received(linux, THEIRS)
        await breeze.command("chan_close")
        await breeze.closed.get()
        await linux.shell.run("killall l2test")

    run(body)
