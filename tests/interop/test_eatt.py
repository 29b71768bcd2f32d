"""Enhanced ATT bearers with Bumble, and between two Breezes over RootCanal.

Bumble's subscriptions belong to a bearer, not to a client, and it exchanges an MTU on an enhanced bearer if
asked to; the tests do neither where it matters."""

import asyncio

import common
import pytest
from bumble import gatt_client
from bumble.core import UUID
from common import WAIT
from pairs import link
from test_security import NONE, Delegate, PairingConfig, secure

ROLES = [("breeze_eatt", "bumble"), ("bumble", "breeze_eatt")]
ENHANCED = 2  # BT_ATT_CHAN_OPT_ENHANCED_ONLY
TEXT = bytes(range(100))


async def bearers(end, wanted):
    """Wait for so many on this link."""
    for _ in range(100):
        await end.host.command("eatt_count", end.index)
        if await end.host.bearers.get() == wanted:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"not {wanted} bearers")


async def encrypted(room, roles):
    """Breeze's end and Bumble's of an encrypted link."""
    hosts = [await room.host(kind) for kind in roles]
    breeze, bumble = hosts if roles[1] == "bumble" else hosts[::-1]
    bumble.device.gatt_server.register_eatt()
    bumble.device.pairing_config_factory = lambda _: PairingConfig(
        sc=True, mitm=False, bonding=True, delegate=Delegate(NONE)
    )
    await breeze.command("io", NONE, 1)
    near, far = await link(*hosts)
    ours, theirs = (near, far) if near.kind == "breeze" else (far, near)
    await secure(ours, theirs)
    assert await ours.security.get() == ("level", 2, 0)
    return ours, theirs


@pytest.mark.parametrize("roles", ROLES, ids=lambda r: f"{r[0]}_peripheral")
def test_breeze_opens_bearers(rig_for, roles):
    async def whole(room):
        ours, theirs = await encrypted(room, roles)
        if roles[0] == "breeze_eatt":  # The central opens by itself.
            await ours.host.command("eatt", ours.index, 3)
        await bearers(ours, 3)
        await ours.host.command("bearers", ENHANCED)
        service = (await ours.discover(common.SERVICE))[0]
        found = {c.uuid: c for c in service.characteristics}
        await ours.write(found[common.VALUE].handle, TEXT)
        assert theirs.host.value == TEXT
        assert await ours.read(found[common.VALUE].handle) == TEXT
        assert await ours.read(found[common.LONG].handle) == common.LONG_VALUE
        notes = await ours.subscribe(found[common.NOTIFY])
        await theirs.notify(10)
        for number in range(10):
            assert int.from_bytes((await notes.get())[:4], "little") == number
        await ours.unsubscribe(found[common.NOTIFY])

    rig_for("air", roles).run(whole)


@pytest.mark.parametrize("roles", ROLES, ids=lambda r: f"{r[0]}_peripheral")
def test_bumble_opens_bearers(rig_for, roles):
    async def whole(room):
        ours, theirs = await encrypted(room, roles)
        if roles[1] == "breeze_eatt":
            await bearers(ours, 3)
            for _ in range(3):
                await ours.host.command("eatt_drop", ours.index)
            await bearers(ours, 0)
        clients = await gatt_client.Client.connect_eatt(theirs.connection, count=3)
        await bearers(ours, 3)
        service = (await ask(clients[0].discover_service(UUID(common.SERVICE))))[0]
        found = await ask(clients[0].discover_characteristics([UUID(common.VALUE)], service))
        handle = found[0].handle
        await ask(clients[1].write_value(handle, TEXT[:20], with_response=True))
        # All at once: each is answered where it was asked.
        values = await ask(asyncio.gather(*(client.read_value(handle) for client in clients)))
        assert values == [TEXT[:20]] * 3

    rig_for("air", roles).run(whole)


def test_bearers_over_rootcanal(rig_for):
    """Both hosts ours: the central opens three, each side reads and writes over them."""

    async def whole(room):
        hosts = [await room.host("breeze_eatt") for _ in range(2)]
        for host in hosts:
            await host.command("io", NONE, 1)
        ends = await link(*hosts)
        await hosts[1].command("security", ends[1].index, 2)
        for end in ends:
            assert await end.security.get() == ("level", 2, 0)
        for end in ends:
            await bearers(end, 3)
            await end.host.command("bearers", ENHANCED)
        for end in ends:
            services = await end.discover(common.SERVICE)
            value = common.find_characteristic(services, common.VALUE)
            await end.write(value.handle, TEXT)
            assert await end.read(value.handle) == TEXT
        notes = await ends[1].subscribe(common.find_characteristic(services, common.NOTIFY))
        await ends[0].notify(100)
        for number in range(100):
            assert int.from_bytes((await notes.get())[:4], "little") == number

    rig_for("rootcanal_large", ["breeze", "breeze"]).run(whole)


async def ask(awaitable):
    return await asyncio.wait_for(awaitable, WAIT)
