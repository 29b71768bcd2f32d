"""Which hosts meet over which medium, and the decorator that makes tests of a coroutine."""

import pytest

from common import FLAGS, ad, name

# (medium, peripheral, central). Two Bumbles show that a medium is right without our host; where the
# air and RootCanal disagree about them, the Core Specification decides.
PAIRS = [
    ("air", "breeze", "bumble"),
    ("air", "bumble", "breeze"),
    ("air", "bumble", "bumble"),
    ("rootcanal_large", "breeze", "breeze"),
    ("rootcanal_large", "bumble", "bumble"),
    ("rootcanal_small", "breeze", "breeze"),
]
# The air as a controller of version 4.0 (no procedure for connection parameters in the link layer,
# 27 octets per packet), and one that loses packets and has two small buffers: for what depends on it.
OLD = [("air_4_0", *hosts) for hosts in (("breeze", "bumble"), ("bumble", "breeze"))]
LOSSY = [("air_lossy", *hosts) for hosts in (("breeze", "bumble"), ("bumble", "breeze"))]


def over(medium):
    return [pair for pair in PAIRS if pair[0] == medium]


def with_peripheral(kind):
    return [pair for pair in PAIRS if pair[1] == kind]


def pair_name(pair):
    return "{}-{}_peripheral-{}_central".format(*pair)


def for_pairs(pairs=PAIRS):
    """A test of `body(peripheral, central)` for each pair."""

    def decorate(body):
        @pytest.mark.parametrize("pair", pairs, ids=pair_name)
        def test(rig_for, pair):
            medium, peripheral, central = pair

            async def whole(room):
                hosts = [await room.host(peripheral), await room.host(central)]
                await body(*hosts)

            rig_for(medium, (peripheral, central)).run(whole)

        test.__name__ = body.__name__
        test.__doc__ = body.__doc__
        return test

    return decorate


async def link(peripheral, central, interval=6):
    """Connect two hosts; their ends of the link, the peripheral's first."""
    await peripheral.advertise("conn", ad(FLAGS, name(peripheral.label)))
    far = await central.connect(peripheral.address, interval=interval)
    near = await peripheral.wait_link()
    for host in (peripheral, central):
        if host.loss and host.kind == "bumble":  # the worse of both ends counts
            await host.lose(host.loss)
    return near, far
