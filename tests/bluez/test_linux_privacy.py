"""Private addresses with Linux and BlueZ in both roles: bonded once, found again by the identity
behind another address. Linux resolves ours in its kernel; we resolve Linux's in our controller."""

import asyncio
import re

from breeze_host import BreezeHost
from common import FLAGS, ad, name
from test_linux_security import NONE, SecurePair

AGENT = "NoInputNoOutput"
RPA = 1
PERIOD = 2  # seconds that an address of Breeze's lasts here
DEBUG = "/sys/kernel/debug/bluetooth/hci0"  # what Linux's kernel knows


def is_private(mac):
    return int(mac[0:2], 16) >> 6 == 1


async def address_seen(linux, breeze):
    """The last private address behind which Linux has found Breeze."""
    _, said = await linux.shell.run(f"cat {DEBUG}/identity_resolving_keys")
    found = re.search(rf"(?i){breeze.address.split('/')[0]} .* ([0-9a-f:]{{17}})$", said, re.M)
    assert found, said
    return found.group(1)


async def address_used(linux):
    """The private address that Linux connects with."""
    _, said = await linux.shell.run(f"cat {DEBUG}/random_address")
    return said.strip().upper()


async def address_on_the_air(breeze):
    """With which address Linux advertises, in the eyes of a host that has no key for it."""
    witness = BreezeHost(breeze.program, breeze.hci, breeze.folder, "witness")
    try:
        await witness.start()
        return await find_hidden(witness, "hidden")
    finally:
        await witness.stop()


async def find_hidden(breeze, label):
    """The address with which who has this name appears now."""
    await breeze.scan(active=True)
    report = await breeze.reports.find(lambda r: label.encode() in r.data)
    await breeze.stop_scan()
    return report.address


async def advertise(breeze):
    await breeze.advertise("conn", ad(FLAGS, name("hidden")))


async def found_by_linux(linux):
    """The private address of Breeze in the daemon's eyes, which has no bond with it yet."""
    await linux.console.ask("scan le", "Discovery started")
    mac = (await linux.console.expect(r"Device ([0-9A-F:]{17}) hidden$")).group(1)
    await linux.stop_scan()
    return mac


async def connect(linux, mac):
    await linux.console.ask(f"connect {mac}", "Connection successful")
    await linux.console.expect("ServicesResolved: yes")


async def bonded(end, level=2):
    assert await end.security.get() == ("level", level, 0)
    assert await end.security.get() == ("paired", 1, 0)


def test_breeze_hides_as_peripheral(run):
    async def body(breeze, linux):
        pair = SecurePair(breeze, linux, "central")
        await pair.begin(AGENT, NONE)
        await breeze.command("privacy", RPA, PERIOD)
        await advertise(breeze)
        mac = await found_by_linux(linux)
        assert is_private(mac)
        await connect(linux, mac)
        end = await breeze.wait_link()
        linux.console.send(f"pair {mac}")
        await linux.console.expect("Pairing successful")
        await bonded(end)
        first = await address_seen(linux, breeze)
        await end.disconnect()
        await linux.wait_end(breeze)
        await asyncio.sleep(PERIOD)
        await advertise(breeze)
        await linux.connect_known(breeze)
        end = await breeze.wait_link()
        assert await end.security.get() == ("level", 2, 0)
        second = await address_seen(linux, breeze)
        assert is_private(first) and is_private(second) and first != second

    run(body)


def test_breeze_hides_as_central(run):
    async def body(breeze, linux):
        pair = SecurePair(breeze, linux, "peripheral")
        await pair.begin(AGENT, NONE)
        await breeze.command("privacy", RPA, PERIOD)
        seen = []
        for again in False, True:
            end = await (pair.link_again() if again else pair.link())
            await breeze.command("security", end.index, 2)
            if again:
                assert await end.security.get() == ("level", 2, 0)
            else:
                await linux.console.expect("Request authorization")
                linux.console.send("yes")
                await bonded(end)
            seen.append(await address_seen(linux, breeze))
            await pair.part(end)
            await asyncio.sleep(PERIOD)
        assert all(map(is_private, seen)) and seen[0] != seen[1]

    run(body)


def test_linux_hides_as_peripheral(run):
    async def body(breeze, linux):
        pair = SecurePair(breeze, linux, "peripheral")
        await pair.begin(AGENT, NONE)
        await linux.advertise("hidden")
        first = await find_hidden(breeze, "hidden")
        assert is_private(first) and first.endswith("/random")
        end = await breeze.connect(first)
        await breeze.command("security", end.index, 2)
        await linux.console.expect("Request authorization")
        linux.console.send("yes")
        await bonded(end)
        await pair.part(end)
        await linux.console.ask("advertise off", "Advertising object unregistered")
        await linux.advertise("hidden")  # a new set has a new address
        assert await find_hidden(breeze, "hidden") == linux.address
        second = await address_on_the_air(breeze)
        assert is_private(second) and second != first
        end = await breeze.connect(linux.address)
        assert end.peer == linux.address
        await breeze.command("security", end.index, 2)
        assert await end.security.get() == ("level", 2, 0)

    run(body, Privacy="device")


def test_linux_hides_as_central(run):
    async def body(breeze, linux):
        pair = SecurePair(breeze, linux, "central")
        await pair.begin(AGENT, NONE)
        end = await pair.link()
        first = end.peer
        assert is_private(first) and first.endswith("/random")
        await pair.pair(end, AGENT, NONE, 2)
        await pair.part(end)
        # It takes a new address when its controller comes on; its own period is 15 minutes.
        await linux.console.ask("power off", "Changing power off succeeded")
        await linux.power()
        end = await pair.link_again()
        assert end.peer == linux.address
        assert await end.security.get() == ("level", 2, 0)
        assert f"{await address_used(linux)}/random" != first

    run(body, Privacy="device")
