"""Pairing, and channels, between two Breeze hosts over RootCanal, which compares the keys of both
sides when it encrypts."""

import asyncio

import pytest
from pairs import link

MEDIA = ["rootcanal_large", "rootcanal_small"]
DISPLAY, YES_NO, KEYBOARD, NONE = range(4)
PSM = 0x85
TOTAL = 20000

# (IO capability of the peripheral, of the central, Secure Connections, level that both reach)
METHODS = [
    pytest.param(NONE, NONE, True, 2, id="just_works"),
    pytest.param(NONE, NONE, False, 2, id="just_works_legacy"),
    pytest.param(YES_NO, YES_NO, True, 4, id="numeric"),
    pytest.param(DISPLAY, KEYBOARD, True, 4, id="passkey_at_the_central"),
    pytest.param(KEYBOARD, DISPLAY, True, 4, id="passkey_at_the_peripheral"),
    pytest.param(DISPLAY, KEYBOARD, False, 2, id="passkey_legacy"),
]


async def users(near, far):
    """Both users, who read each other's displays."""
    seen = [await near.prompts.get(), await far.prompts.get()]
    if seen[0][0] == "compare":
        assert seen[0] == seen[1]
        await asyncio.gather(*(end.host.command("answer", end.index, "yes") for end in (near, far)))
        return
    [shown] = [number for what, number in seen if what == "show"]
    typing = near if seen[0][0] == "type" else far
    await typing.host.command("answer", typing.index, "passkey", shown)


async def pair_and_encrypt_again(room, build, near_io, far_io, sc, level):
    """Pair, part, and encrypt the next link with what both kept."""
    peripheral, central = await room.host(build), await room.host(build)
    await peripheral.command("io", near_io, int(sc))
    await central.command("io", far_io, int(sc))
    near, far = await link(peripheral, central)
    await central.command("security", far.index, 2)
    if near_io != NONE:
        await users(near, far)
    for end in (near, far):
        assert await end.security.get() == ("level", level, 0)
        assert await end.security.get() == ("paired", 1, 0)
    await far.disconnect()
    await near.wait_end()
    await far.wait_end()
    near, far = await link(peripheral, central)
    await central.command("security", far.index, level)
    for end in (near, far):
        assert await end.security.get() == ("level", level, 0)


@pytest.mark.parametrize("medium", MEDIA)
@pytest.mark.parametrize("near_io, far_io, sc, level", METHODS)
def test_pairing(rig_for, medium, near_io, far_io, sc, level):
    async def whole(room):
        await pair_and_encrypt_again(room, "breeze", near_io, far_io, sc, level)

    rig_for(medium, ("breeze",)).run(whole)


@pytest.mark.parametrize("opener", ["peripheral", "central"])
@pytest.mark.parametrize("medium", MEDIA)
def test_channel(rig_for, medium, opener):
    """A channel that either side opens, and octets both ways."""

    async def whole(room):
        peripheral, central = await room.host("breeze"), await room.host("breeze")
        near, far = await link(peripheral, central)
        mine, other = (near, far) if opener == "peripheral" else (far, near)
        await other.host.command("chan_listen", PSM)
        await mine.host.command("chan_connect", mine.index, PSM)
        ends = [mine.host, other.host]
        for host in ends:
            assert await host.opened.get() == 2000
            await host.command("chan_expect", TOTAL)
        for host in ends:
            await host.command("chan_send", TOTAL)
        for host in ends:
            assert await host.received.get() == (TOTAL, 0)
        # To close the channel instead may cross a credit of the peer, which counts as dropped.
        await mine.disconnect()
        for host in ends:
            await host.closed.get()
        await other.wait_end()

    rig_for(medium, ("breeze",)).run(whole)
