"""Four links at once, in any mix of roles."""

import asyncio

import common
import pytest
from common import counter, find_characteristic
from pairs import link

# (medium, the host in the middle, the hosts around it)
STARS = [
    ("air", "breeze", "bumble"),
    ("air", "bumble", "breeze"),
    ("air", "breeze", "breeze"),
    ("rootcanal_large", "breeze", "breeze"),
    ("rootcanal_small", "breeze", "breeze"),
]


def star_name(star):
    return "{}-{}_amid_four_{}".format(*star)


async def use(client, server_end):
    """What a client does on one of four links."""
    services = await client.discover(common.SERVICE)
    value = find_characteristic(services, common.VALUE)
    await client.write(value.handle, b"four")
    assert await client.read(find_characteristic(services, common.LONG).handle) == common.LONG_VALUE
    box = await client.subscribe(find_characteristic(services, common.NOTIFY))
    await server_end.notify(50)
    assert [counter(await box.get()) for _ in range(50)] == list(range(50))


async def end_all(links):
    for near, far in links:
        await near.disconnect(0x13)
        assert await far.wait_end() == 0x13
        assert await near.wait_end() == 0x16


@pytest.mark.parametrize("star", STARS, ids=star_name)
def test_four_links_as_central(rig_for, star):
    """One central, four peripherals, all links used at the same time."""
    medium, middle, around = star

    async def whole(room):
        central = await room.host(middle)
        links = []
        for _ in range(4):
            peripheral = await room.host(around)
            near, far = await link(peripheral, central, interval=12)
            links.append((far, near))
        assert len({far.peer for far, _ in links}) == 4
        await asyncio.gather(*(use(far, near) for far, near in links))
        await end_all(links)

    rig_for(medium, (middle, around)).run(whole)


@pytest.mark.parametrize("star", STARS, ids=star_name)
def test_four_links_mixed_roles(rig_for, star):
    """The one in the middle is central on two links and peripheral on two."""
    medium, middle, around = star

    async def whole(room):
        centre = await room.host(middle)
        links = []
        for number in range(4):
            other = await room.host(around)
            if number % 2 == 0:
                near, far = await link(other, centre, interval=12)
                links.append((far, near))
            else:
                links.append(await link(centre, other, interval=12))
        roles = [mine.role for mine, _ in links]
        assert roles == ["central", "peripheral"] * 2
        used = [use(a, b) if a.role == "central" else use(b, a) for a, b in links]
        await asyncio.gather(*used)
        await end_all(links)

    rig_for(medium, (middle, around)).run(whole)
