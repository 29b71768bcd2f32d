"""Credit based channels against Bumble, LE and enhanced: 1 MB each way, both sides opening and closing."""

import asyncio

from bumble.l2cap import LeCreditBasedChannelSpec
from pairs import for_pairs, link

from common import Mailbox

PSM = 0x85
TOTAL = 1_000_000
TRANSFER_SECONDS = 120  # a hang detector
PAIRS = [("air", "breeze", "bumble"), ("air", "bumble", "breeze")]
SPEC = LeCreditBasedChannelSpec(psm=PSM, mtu=1500, mps=247, max_credits=60)


def stream(total):
    return bytes(i % 251 for i in range(251)) * (total // 251) + bytes(range(total % 251))


class BumbleEnd:
    """Bumble's end of a channel."""

    def __init__(self, channel):
        self.channel = channel
        self.got = bytearray()
        self.whole = Mailbox("all octets at Bumble")
        self.closed = Mailbox("the channel's end at Bumble")
        channel.sink = self.sink
        channel.on("close", lambda: self.closed.put(None))

    def sink(self, sdu):
        self.got += sdu
        if len(self.got) >= TOTAL:
            self.whole.put(None)

    async def send(self):
        data = stream(TOTAL)
        for at in range(0, TOTAL, 1400):
            self.channel.write(data[at : at + 1400])
            await self.channel.drain()


def ends_of(peripheral, central, near, far):
    """(Breeze's host, its link, Bumble's host, its link)."""
    if near.kind == "breeze":
        return peripheral, near, central, far
    return central, far, peripheral, near


async def both_ways(breeze, end):
    await breeze.command("chan_expect", TOTAL)
    await breeze.command("chan_send", TOTAL)
    await end.send()
    assert await breeze.received.get(TRANSFER_SECONDS) == (TOTAL, 0)
    await end.whole.get(TRANSFER_SECONDS)
    assert end.got == stream(TOTAL)


async def breeze_opens(peripheral, central, enhanced):
    near, far = await link(peripheral, central)
    breeze, mine, bumble, _ = ends_of(peripheral, central, near, far)
    accepted = asyncio.Queue()
    bumble.device.create_l2cap_server(SPEC, lambda channel: accepted.put_nowait(BumbleEnd(channel)))
    await breeze.command("chan_connect", mine.index, PSM, int(enhanced))
    assert await breeze.opened.get() == 1500
    end = await accepted.get()
    await both_ways(breeze, end)
    await breeze.command("chan_close")
    await breeze.closed.get()
    await end.closed.get()


@for_pairs(PAIRS)
async def test_breeze_opens(peripheral, central):
    await breeze_opens(peripheral, central, enhanced=False)


@for_pairs(PAIRS)
async def test_breeze_opens_enhanced(peripheral, central):
    await breeze_opens(peripheral, central, enhanced=True)


async def bumble_opens(peripheral, central, enhanced):
    near, far = await link(peripheral, central)
    breeze, _, _, theirs = ends_of(peripheral, central, near, far)
    await breeze.command("chan_listen", PSM)
    if enhanced:
        manager = theirs.host.device.l2cap_channel_manager
        [channel] = await manager.create_enhanced_credit_based_channels(theirs.connection, SPEC, 1)
    else:
        channel = await theirs.connection.create_l2cap_channel(SPEC)
    end = BumbleEnd(channel)
    assert await breeze.opened.get() == 1500
    await both_ways(breeze, end)
    await end.channel.disconnect()
    await breeze.closed.get()


@for_pairs(PAIRS)
async def test_bumble_opens(peripheral, central):
    await bumble_opens(peripheral, central, enhanced=False)


@for_pairs(PAIRS)
async def test_bumble_opens_enhanced(peripheral, central):
    await bumble_opens(peripheral, central, enhanced=True)
