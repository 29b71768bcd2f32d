"""Extended advertising, scanning and connecting, between independent hosts."""

import pytest
from common import structures
from pairs import for_pairs, over, with_peripheral

# A host of our own may send chains; Bumble hands all data over in one command of at most 251 octets.
LENGTHS = {"breeze": [0, 31, 245, 300, 1650], "bumble": [0, 31, 245]}


def of(advertiser, sid):
    return lambda report: report.address == advertiser.address and report.sid == sid


@for_pairs(over("air"))
async def test_ext_data_of_any_length(peripheral, central):
    """Every length that takes another number of fragments or packets."""
    for length in LENGTHS[peripheral.kind]:
        await peripheral.advertise_set(0, "nonconn", 5, length)
        await central.scan_sets()
        seen = await central.set_reports.find(of(peripheral, 5))
        assert seen.data == structures(length)
        assert not seen.connectable and not seen.scannable and not seen.response
        assert seen.phys == (1, 2)
        await central.stop_scan()
        await peripheral.stop_set(0)


@for_pairs(over("rootcanal_large"))
async def test_ext_data_over_rootcanal(peripheral, central):
    """Another controller takes our commands, and we its reports."""
    await peripheral.advertise_set(0, "nonconn", 5, 200, phy="1m")
    await central.scan_sets()
    seen = await central.set_reports.find(of(peripheral, 5))
    assert seen.data == structures(200)


@for_pairs(over("air"))
async def test_ext_scan_response(peripheral, central):
    length = LENGTHS[peripheral.kind][-1]
    await peripheral.advertise_set(0, "scan", 1, length, notify=True)
    await central.scan_sets(active=True)
    seen = await central.set_reports.find(lambda r: of(peripheral, 1)(r) and r.response)
    assert seen.data == structures(length)
    assert seen.scannable and not seen.connectable


@for_pairs([pair for pair in over("air") if pair[1] == "breeze"])
async def test_ext_scan_request_is_told(peripheral, central):
    await peripheral.advertise_set(0, "scan", 1, 20, notify=True)
    await central.scan_sets(active=True)
    assert await peripheral.set_events.get() == ("scanned", 0, central.address)


@for_pairs(over("air"))
async def test_ext_anonymous(peripheral, central):
    await peripheral.advertise_set(0, "anonymous", 9, 60)
    await central.scan_sets()
    seen = await central.set_reports.find(lambda report: report.sid == 9)
    assert seen.address == "anonymous"
    assert seen.data == structures(60)


@for_pairs(over("air") + over("rootcanal_large"))
async def test_ext_several_sets(peripheral, central):
    """Two sets and legacy advertising at once."""
    await peripheral.advertise("nonconn", structures(20))
    await peripheral.advertise_set(0, "nonconn", 0, 40)
    await peripheral.advertise_set(1, "nonconn", 1, 50)
    await central.scan_sets()
    for sid, length in ((0, 40), (1, 50), (0, 40)):
        seen = await central.set_reports.find(of(peripheral, sid))
        assert seen.data == structures(length)


@pytest.mark.parametrize("phy, numbers", [("1m", (1, 1)), ("2m", (1, 2)), ("coded", (3, 3))])
@pytest.mark.parametrize("pair", over("air") + over("rootcanal_large"), ids="-".join)
def test_ext_phys(rig_for, pair, phy, numbers):
    """All three PHYs, with a scanner on both primary ones."""

    async def whole(room):
        peripheral, central = [await room.host(kind) for kind in pair[1:]]
        await peripheral.advertise_set(0, "nonconn", 3, 100, phy=phy)
        await central.scan_sets(coded=True)
        seen = await central.set_reports.find(of(peripheral, 3))
        assert seen.phys == numbers
        assert seen.data == structures(100)

    rig_for(pair[0], pair[1:]).run(whole)


@for_pairs(over("air") + over("rootcanal_large"))
async def test_ext_connect(peripheral, central):
    """A link out of a connectable set, and data over it."""
    await peripheral.advertise_set(0, "conn", 2, 100, phy="1m")
    far = await central.connect(peripheral.address)
    near = await peripheral.wait_link()
    assert (near.role, far.role) == ("peripheral", "central")
    assert near.peer == central.address
    assert far.peer == peripheral.address
    await far.exchange_mtu()
    assert near.mtu == far.mtu


@for_pairs(with_peripheral("breeze")[:1])
async def test_ext_connected_set_is_told(peripheral, central):
    """Of two connectable sets the one that was connected to."""
    await peripheral.advertise_set(1, "conn", 2, 20)
    await central.connect(peripheral.address)
    link = await peripheral.wait_link()
    assert await peripheral.set_events.get() == ("connected", 1, link.index)


@for_pairs(with_peripheral("breeze")[:1])
async def test_ext_set_ends(peripheral, central):
    """After a number of events, and after a time."""
    await peripheral.command("set_make", 0, 0x400, 4, 30, "adv")
    await central.scan_sets()
    await peripheral.command("set_start", 0, 0, 5)
    assert await peripheral.set_events.get() == ("sent", 0, 5)
    seen = await central.set_reports.find(of(peripheral, 4))
    assert seen.data == structures(30)
    await peripheral.command("set_start", 0, 20)
    assert (await peripheral.set_events.get())[:2] == ("sent", 0)

