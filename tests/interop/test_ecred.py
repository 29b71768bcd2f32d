"""Enhanced credit based channels with Bumble: five at once, data both ways, refusals, reconfiguration.

Bumble 0.0.236 has no reconfiguration of its own: it rejects ours, and its frames for one are built here."""

import asyncio

import pytest
from bumble import l2cap
from common import WAIT, Mailbox
from pairs import for_pairs, link

PSM = 0x86
EACH = 40_000  # octets on each of five channels, and back
PAIRS = [("air", "breeze", "bumble"), ("air", "bumble", "breeze")]
SPEC = l2cap.LeCreditBasedChannelSpec(psm=PSM, mtu=1200, mps=247, max_credits=60)


def ends_of(peripheral, central, near, far):
    if near.kind == "breeze":
        return peripheral, near, central, far
    return central, far, peripheral, near


async def echoed(channel, seed):
    """All that is sent on a channel comes back."""
    data = bytes((i * seed + i // 251) % 256 for i in range(EACH))
    got = bytearray()
    whole = Mailbox("the echo")

    def sink(sdu):
        got.extend(sdu)
        if len(got) >= EACH:
            whole.put(None)

    channel.sink = sink
    at = 0
    while at < EACH:
        length = min(1 + at * 7 % 1000, EACH - at)
        channel.write(data[at : at + length])
        at += length
        await channel.drain()
    await whole.get(90)
    assert got == data


@for_pairs(PAIRS)
async def test_bumble_opens_five(peripheral, central):
    near, far = await link(peripheral, central)
    breeze, _, _, theirs = ends_of(peripheral, central, near, far)
    await breeze.command("ecred_listen", PSM)
    manager = theirs.host.device.l2cap_channel_manager
    channels = await manager.create_enhanced_credit_based_channels(theirs.connection, SPEC, 5)
    assert sorted([await breeze.echoes.get() for _ in range(5)]) == [(i, 1200) for i in range(5)]
    await asyncio.gather(*(echoed(channel, 3 + i) for i, channel in enumerate(channels)))
    # A sixth finds no room (0x0004), a PSM that nobody listens on none either (0x0002).
    with pytest.raises(Exception, match=".*"):
        await ask(manager.create_enhanced_credit_based_channels(theirs.connection, SPEC, 1))
    await ask(channels[2].disconnect())
    assert await breeze.ends.get() == 2


@for_pairs(PAIRS)
async def test_breeze_opens_five(peripheral, central):
    near, far = await link(peripheral, central)
    breeze, mine, bumble, _ = ends_of(peripheral, central, near, far)
    await breeze.command("ecred_connect", mine.index, PSM, 2)  # Nobody listens.
    assert sorted([await breeze.ends.get() for _ in range(2)]) == [0, 1]
    accepted = asyncio.Queue()
    bumble.device.create_l2cap_server(SPEC, accepted.put_nowait)
    await breeze.command("ecred_free")
    await breeze.command("ecred_connect", mine.index, PSM, 5)
    assert sorted([await breeze.echoes.get() for _ in range(5)]) == [(i, 1200) for i in range(5)]
    channels = [await ask(accepted.get()) for _ in range(5)]
    await asyncio.gather(*(echoed(channel, 5 + i) for i, channel in enumerate(channels)))


@for_pairs(PAIRS)
async def test_reconfigure(peripheral, central):
    near, far = await link(peripheral, central)
    breeze, _, _, theirs = ends_of(peripheral, central, near, far)
    await breeze.command("ecred_listen", PSM)
    manager = theirs.host.device.l2cap_channel_manager
    channels = await manager.create_enhanced_credit_based_channels(theirs.connection, SPEC, 2)
    assert sorted([await breeze.echoes.get() for _ in range(2)]) == [(0, 1200), (1, 1200)]
    # Ours: Bumble does not know the request, all stays as it was.
    await breeze.command("ecred_reconfigure", 1100)
    assert sorted([await breeze.changes.get() for _ in range(2)]) == [(0, 1000, 1200), (1, 1000, 1200)]
    answers = Mailbox("the answer to a reconfiguration")
    manager.on_l2cap_credit_based_reconfigure_response = lambda _connection, _cid, frame: answers.put(
        int(frame.result)
    )
    for number, (mtu, mps, result) in enumerate([(1300, 300, 0), (1299, 300, 1), (1300, 299, 2)]):
        request = l2cap.L2CAP_Credit_Based_Reconfigure_Request(
            identifier=0x70 + number,
            mtu=mtu,
            mps=mps,
            destination_cid=[channel.source_cid for channel in channels],
        )
        manager.send_control_frame(theirs.connection, l2cap.L2CAP_LE_SIGNALING_CID, request)
        assert await answers.get() == result
    assert sorted([await breeze.changes.get() for _ in range(2)]) == [(0, 1000, 1300), (1, 1000, 1300)]


async def ask(awaitable):
    return await asyncio.wait_for(awaitable, WAIT)
