"""Enhanced ATT bearers with Linux and BlueZ, which opens two as central and takes two as
peripheral, beside the bearer without credits; its kernel wants encryption for them, and pairs."""

import asyncio

import common
from common import find_characteristic
from roles import ROLES
from test_linux_security import NONE, SecurePair

ENHANCED = 2  # BT_ATT_CHAN_OPT_ENHANCED_ONLY
BEARERS = 2


async def bearers(end, wanted):
    """Wait until there are so many and no more."""
    for _ in range(600):
        await end.host.command("eatt_count", end.index)
        if await end.host.bearers.get() == wanted:
            return
        await asyncio.sleep(0.2)
    raise AssertionError(f"not {wanted} bearers")


@ROLES
def test_eatt(run, role):
    async def body(breeze, linux):
        pair = SecurePair(breeze, linux, role)
        await pair.begin("NoInputNoOutput", NONE)
        await linux.serve()
        end = await pair.link()
        if role == "peripheral":
            await breeze.command("security", end.index, 2)
        await linux.console.expect("Request authorization")
        linux.console.send("yes")
        assert await end.security.get() == ("level", 2, 0)
        await bearers(end, BEARERS)
        await breeze.command("bearers", ENHANCED)
        services = await end.discover(common.SERVICE)
        handle = find_characteristic(services, common.LONG).handle
        assert await end.read(handle) == common.LONG_VALUE
        characteristic = find_characteristic(services, common.NOTIFY)
        box = await end.subscribe(characteristic)
        for value in (b"one", b"two", bytes(range(20))):
            await end.write(characteristic.handle, value)
            assert await box.get() == value

    run(body, "-eatt", Channels=BEARERS + 1)
