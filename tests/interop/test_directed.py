"""Directed advertising, controllers without the extended commands, and what is known of a peer's
controller, between independent hosts."""

import common
import pytest
from common import FLAGS, ad, find_characteristic, name
from pairs import OLD, for_pairs, link, over

ADV_TIMEOUT = 0x3C
WITH_US = [pair for pair in over("air") if "breeze" in pair]
OUR_PERIPHERAL = [pair for pair in over("air") + OLD if pair[1] == "breeze"]
# LE commands from 5.0 on: LE Set Advertising Set Random Address to LE Extended Create Connection.
EXTENDED = range(0x2035, 0x2044)


@for_pairs(OUR_PERIPHERAL)
async def test_directed_high_duty_ends(peripheral, central):
    """Nobody connects in 1.28 s: `connected` tells it, and advertising can be started again."""
    for _ in range(2):
        await peripheral.command("adv_to", central.address, "high")
        assert await peripheral.failures.get() == ADV_TIMEOUT


@for_pairs(OUR_PERIPHERAL)
async def test_directed_is_seen_and_ends(peripheral, central):
    """A scanner that it is for sees it as long as it lasts."""
    await central.scan(active=True)
    await peripheral.command("adv_to", central.address, "high")
    seen = await central.reports.find(lambda report: report.address == peripheral.address)
    assert seen.connectable and not seen.scannable and not seen.data
    assert await peripheral.failures.get() == ADV_TIMEOUT
    await central.stop_scan()


@pytest.mark.parametrize("duty", ["high", "low"])
@pytest.mark.parametrize("pair", OUR_PERIPHERAL, ids="-".join)
def test_directed_connect(rig_for, pair, duty):
    """The peer that it is for connects; a high duty advertiser is started again until then."""

    async def whole(room):
        peripheral, central = [await room.host(kind) for kind in pair[1:]]
        await central.scan(active=False)
        await peripheral.command("adv_to", central.address, "low")
        await central.reports.find(lambda report: report.address == peripheral.address)
        await central.stop_scan()
        if duty == "high":
            await peripheral.command("adv_stop")
            await peripheral.command("adv_to", central.address, "high")
            assert await peripheral.failures.get() == ADV_TIMEOUT
            await peripheral.command("adv_to", central.address, "low")
        far = await central.connect(peripheral.address)
        near = await peripheral.wait_link()
        assert near.peer == central.address
        await far.exchange_mtu()

    rig_for(pair[0], pair[1:]).run(whole)


def opcodes(trace):
    """Of the commands in a btsnoop file of a host."""
    octets = trace.read_bytes()
    at = 16
    while at + 24 <= len(octets):
        size = int.from_bytes(octets[at + 4 : at + 8], "big")
        packet = octets[at + 24 : at + 24 + size]
        at += 24 + size
        if packet[:1] == b"\x01":
            yield int.from_bytes(packet[1:3], "little")


@for_pairs(OLD)
async def test_falls_back_to_legacy_commands(peripheral, central):
    """All that the legacy calls do, where the controller has no other commands."""
    data = ad(FLAGS, name("old"))
    await peripheral.advertise("scan", data, ad(name("rsp")))
    await central.scan(active=True)
    seen = await central.reports.find(lambda r: r.address == peripheral.address and r.response)
    assert seen.data == ad(name("rsp"))
    await central.stop_scan()
    await peripheral.stop_advertising()
    near, far = await link(peripheral, central)
    services = await far.discover(common.SERVICE)
    value = find_characteristic(services, common.VALUE)
    await far.write(value.handle, b"legacy")
    assert await far.read(value.handle) == b"legacy"
    await near.disconnect()
    await far.wait_end()
    ours = peripheral if peripheral.kind == "breeze" else central
    used = set(opcodes(ours.trace))
    assert used & ({0x2006, 0x2008} if ours is peripheral else {0x200B, 0x200D})
    assert not used.intersection(EXTENDED)


@for_pairs(WITH_US + OLD)
async def test_remote_version_and_features(peripheral, central):
    """What our host learns over the link is what the peer's host reads from its controller."""
    near, far = await link(peripheral, central)
    ours, theirs = (near, far) if near.kind == "breeze" else (far, near)
    version, manufacturer, subversion, features = await ours.remote()
    want = await theirs.controller()
    assert (version, manufacturer, subversion) == want[:3]
    # Features of the controller alone do not go over the air (Vol 6, Part B, 4.6), and peripherals
    # may ask for them from 4.1 on.
    assert features[0] & ~want[3][0] == 0
    assert features[0] & 0x01 or (version == 6 and ours is near)


@for_pairs(over("rootcanal_large")[:1])
async def test_remote_version_over_rootcanal(peripheral, central):
    """Both ends learn the same of two equal controllers that nobody here wrote."""
    near, far = await link(peripheral, central)
    seen = await near.remote(), await far.remote()
    assert seen[0] == seen[1]
    assert seen[0][0] >= 9 and seen[0][3][0] & 0x01
