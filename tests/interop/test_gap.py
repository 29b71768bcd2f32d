"""Advertising, scanning, connecting, parameters, disconnecting, between independent hosts."""

import asyncio

import pytest
from common import FLAGS, ConnectFailed, ad, name, vendor
from pairs import OLD, PAIRS, for_pairs, link, over, with_peripheral

DATA = ad(FLAGS, name("interop"))
RESPONSE = ad(vendor(b"the scan response"))
ABSENT = "C0:00:00:00:00:0A/random"
QUIET_SECONDS = 0.3  # ten advertising intervals


async def reports_of(scanner, advertiser, count):
    """The next reports about this advertiser."""
    address = advertiser.address
    return [await scanner.reports.find(lambda r: r.address == address) for _ in range(count)]


def holding(advertiser, data):
    return lambda report: report.address == advertiser.address and data in report.data


@for_pairs()
async def test_advertise_connectable_scan_active(peripheral, central):
    await peripheral.advertise("conn", DATA, RESPONSE)
    await central.scan(active=True)
    seen = await central.reports.find(holding(peripheral, DATA))
    assert seen.connectable and seen.scannable and not seen.response
    seen = await central.reports.find(holding(peripheral, RESPONSE))
    assert seen.response
    await central.stop_scan()


@for_pairs()
async def test_advertise_connectable_scan_passive(peripheral, central):
    await peripheral.advertise("conn", DATA, RESPONSE)
    await central.scan(active=False)
    for report in await reports_of(central, peripheral, 8):
        assert report.data == DATA
        assert report.connectable and report.scannable and not report.response


@for_pairs()
async def test_advertise_scannable(peripheral, central):
    await peripheral.advertise("scan", DATA, RESPONSE)
    await central.scan(active=True)
    seen = await central.reports.find(holding(peripheral, DATA))
    assert seen.scannable and not seen.connectable and not seen.response
    seen = await central.reports.find(holding(peripheral, RESPONSE))
    assert seen.response and not seen.connectable
    await central.stop_scan()
    await central.scan(active=False)
    for report in await reports_of(central, peripheral, 4):
        assert report.scannable and not report.connectable and report.data == DATA


@for_pairs()
async def test_advertise_non_connectable(peripheral, central):
    await peripheral.advertise("nonconn", DATA)
    await central.scan(active=True)
    for report in await reports_of(central, peripheral, 6):
        assert not report.connectable and not report.scannable and not report.response
        assert report.data == DATA


@for_pairs()
async def test_advertise_31_octets(peripheral, central):
    """Data and scan response as long as they may be."""
    data, response = ad(FLAGS, name("n" * 26)), ad(vendor(bytes(range(27))))
    assert len(data) == 31 and len(response) == 31
    await peripheral.advertise("conn", data, response)
    await central.scan(active=True)
    await central.reports.find(holding(peripheral, data))
    await central.reports.find(holding(peripheral, response))


@for_pairs(with_peripheral("breeze"))
async def test_advertise_update_data(peripheral, central):
    """New data and a new scan response while advertising goes on."""
    await peripheral.advertise("conn", DATA, RESPONSE)
    await central.scan(active=True)
    await central.reports.find(holding(peripheral, RESPONSE))
    data, response = ad(FLAGS, name("changed")), ad(vendor(b"new"))
    await peripheral.update_advertising(data, response)
    await central.reports.find(holding(peripheral, data))
    await central.reports.find(holding(peripheral, response))


@for_pairs()
async def test_advertise_stop(peripheral, central):
    await peripheral.advertise("conn", DATA)
    await central.scan(active=False)
    await reports_of(central, peripheral, 3)
    await peripheral.stop_advertising()
    await central.stop_scan()  # all reports of before have come when this has ended
    await central.scan(active=False)
    await asyncio.sleep(QUIET_SECONDS)
    left = [central.reports.queue.get_nowait() for _ in range(central.reports.queue.qsize())]
    assert peripheral.address not in [report.address for report in left]
    await peripheral.advertise("conn", DATA)
    await reports_of(central, peripheral, 1)


@for_pairs(PAIRS + OLD)
async def test_connect(peripheral, central):
    near, far = await link(peripheral, central, interval=24)
    assert (near.role, far.role) == ("peripheral", "central")
    assert near.peer == central.address
    assert far.peer == peripheral.address


@for_pairs()
async def test_connect_before_advertising(peripheral, central):
    """An attempt waits for its peer."""
    attempt = asyncio.create_task(central.connect(peripheral.address))
    await asyncio.sleep(QUIET_SECONDS)
    assert not attempt.done()
    await peripheral.advertise("conn", DATA)
    await peripheral.wait_link()
    assert (await attempt).peer == peripheral.address


@for_pairs()
async def test_connect_time_out_then_connect(peripheral, central):
    with pytest.raises(ConnectFailed) as failed:
        await central.connect(ABSENT, timeout=0.5)
    assert failed.value.status == 0x02  # Unknown Connection Identifier (Vol 4, Part E, 7.8.13)
    await link(peripheral, central)


@for_pairs()
async def test_connect_cancel_then_connect(peripheral, central):
    attempt = asyncio.create_task(central.connect(ABSENT))
    await asyncio.sleep(QUIET_SECONDS)
    await central.cancel_connect()
    with pytest.raises(ConnectFailed) as failed:
        await attempt
    assert failed.value.status == 0x02
    await link(peripheral, central)


@for_pairs()
async def test_disconnect_by_central(peripheral, central):
    near, far = await link(peripheral, central)
    await far.disconnect(0x13)
    assert await near.wait_end() == 0x13  # Remote User Terminated Connection
    assert await far.wait_end() == 0x16  # Connection Terminated By Local Host


@for_pairs()
async def test_disconnect_by_peripheral(peripheral, central):
    near, far = await link(peripheral, central)
    await near.disconnect(0x15)
    assert await far.wait_end() == 0x15  # Remote Device Terminated ... Power Off
    assert await near.wait_end() == 0x16


@for_pairs()
async def test_reconnect(peripheral, central):
    for _ in range(4):
        near, far = await link(peripheral, central)
        assert far.peer == peripheral.address
        await near.disconnect(0x13)
        assert await far.wait_end() == 0x13
        assert await near.wait_end() == 0x16


@for_pairs(over("air"))
async def test_peripheral_vanishes(peripheral, central):
    _, far = await link(peripheral, central)
    await far.exchange_mtu()  # a link without a packet ends in 0x3e instead
    await peripheral.vanish()
    assert await far.wait_end() == 0x08  # Connection Timeout


@for_pairs(over("air"))
async def test_central_vanishes(peripheral, central):
    near, far = await link(peripheral, central)
    await far.exchange_mtu()
    await central.vanish()
    assert await near.wait_end() == 0x08


@for_pairs(PAIRS + OLD)
async def test_parameter_update_by_central(peripheral, central):
    near, far = await link(peripheral, central)
    await far.update(24, 32, 2, 321)
    assert await near.wait_update(24, 32, 2, 321) == await far.wait_update(24, 32, 2, 321)
    await far.update(6, 6, 0, 200)
    assert await near.wait_update(6, 6, 0, 200) == await far.wait_update(6, 6, 0, 200)


# Over a controller of version 4.0, Breeze falls back to L2CAP; Bumble is told to, below.
@for_pairs(PAIRS + [pair for pair in OLD if pair[1] == "breeze"])
async def test_parameter_update_by_peripheral(peripheral, central):
    near, far = await link(peripheral, central)
    await near.update(30, 40, 1, 456)
    assert await far.wait_update(30, 40, 1, 456) == await near.wait_update(30, 40, 1, 456)


@for_pairs([pair for pair in PAIRS + OLD if pair[1] == "bumble"])
async def test_parameter_update_by_peripheral_over_l2cap(peripheral, central):
    """The procedure of peers without the link layer's own (Vol 3, Part A, 4.20)."""
    near, far = await link(peripheral, central)
    await near.update_l2cap(20, 28, 0, 345)
    assert await far.wait_update(20, 28, 0, 345) == await near.wait_update(20, 28, 0, 345)


@for_pairs([pair for pair in PAIRS if pair[2] == "breeze"])
async def test_parameter_update_refused_by_central(peripheral, central):
    near, far = await link(peripheral, central)
    await central.command("refuse_params", 1)
    try:
        await near.update(30, 40, 1, 456)
    except Exception as error:  # Bumble reports the refusal, Breeze's API has no word for it
        assert peripheral.kind == "bumble", error
    assert await far.requests.get() == (30, 40, 1, 456)
    await central.command("refuse_params", 0)
    await far.update(18, 18, 0, 222)
    assert await near.wait_update(18, 18, 0, 222) == (18, 0, 222)
