"""MTU, discovery, reading, writing, notifying, indicating, between independent hosts."""

import asyncio

import common
import pytest
from common import AttError, counter, find_characteristic
from pairs import LOSSY, OLD, PAIRS, for_pairs, link

NOTIFICATIONS = 1000
OFFERS = {"breeze": 247, "bumble": 200}  # what each offers as client; as servers: 247 and 517


async def explored(peripheral, central):
    near, far = await link(peripheral, central)
    return near, far, await far.discover(common.SERVICE)


@for_pairs()
async def test_mtu_by_central(peripheral, central):
    near, far = await link(peripheral, central)
    wanted = min(OFFERS[central.kind], 247 if peripheral.kind == "breeze" else 517)
    assert await far.exchange_mtu() == wanted
    await near.wait_mtu(wanted)
    assert near.mtu == far.mtu == wanted


@for_pairs()
async def test_mtu_by_peripheral(peripheral, central):
    near, far = await link(peripheral, central)
    wanted = min(OFFERS[peripheral.kind], 247 if central.kind == "breeze" else 517)
    assert await near.exchange_mtu() == wanted
    await far.wait_mtu(wanted)
    assert near.mtu == far.mtu == wanted


@for_pairs(PAIRS + OLD + LOSSY)
async def test_discover_everything(peripheral, central):
    _, far = await link(peripheral, central)
    services = await far.discover()
    uuids = [service.uuid for service in services]
    for uuid in ("1800", "1801", common.SERVICE, common.BATTERY_SERVICE):
        assert uuids.count(uuid) == 1
    for before, after in zip(services, services[1:]):
        assert before.start <= before.end < after.start
    service = services[uuids.index(common.SERVICE)]
    assert [c.uuid for c in service.characteristics] == list(common.CHARACTERISTICS)
    for characteristic in service.characteristics:
        properties, descriptors = common.CHARACTERISTICS[characteristic.uuid]
        assert characteristic.properties == properties
        assert sorted(characteristic.descriptors) == sorted(descriptors)


@for_pairs()
async def test_discover_by_uuid(peripheral, central):
    _, far = await link(peripheral, central)
    for uuid in (common.SERVICE, common.BATTERY_SERVICE):
        assert [service.uuid for service in await far.discover(uuid)] == [uuid]
    assert await far.discover("1234") == []
    assert await far.discover(common.BASE.format(0x1234)) == []


@for_pairs()
async def test_read(peripheral, central):
    _, far, services = await explored(peripheral, central)
    value = find_characteristic(services, common.VALUE)
    assert await far.read(value.handle) == common.FIRST_VALUE
    description = find_characteristic(services, common.NOTIFY).descriptors[common.DESCRIPTION]
    assert await far.read(description) == common.DESCRIPTION_VALUE
    assert await far.read_by_uuid(common.BATTERY) == [bytes([87])]


@for_pairs(PAIRS + OLD + LOSSY)
async def test_read_long(peripheral, central):
    """400 octets, at the smallest MTU and at a larger one."""
    _, far, services = await explored(peripheral, central)
    handle = find_characteristic(services, common.LONG).handle
    assert await far.read(handle) == common.LONG_VALUE
    await far.exchange_mtu()
    assert await far.read(handle) == common.LONG_VALUE


@for_pairs()
async def test_read_refused(peripheral, central):
    _, far, services = await explored(peripheral, central)
    if peripheral.kind == "breeze":  # Bumble's server lets everything be read
        with pytest.raises(AttError) as refused:
            await far.read(find_characteristic(services, common.NOTIFY).handle)
        assert refused.value.code == 0x02  # Read Not Permitted
    with pytest.raises(AttError) as refused:
        await far.read(0x7777)
    assert refused.value.code == 0x01  # Invalid Handle


@for_pairs()
async def test_write(peripheral, central):
    _, far, services = await explored(peripheral, central)
    handle = find_characteristic(services, common.VALUE).handle
    for value in (b"x", bytes(range(20)), b""):
        await far.write(handle, value)
        assert (await peripheral.writes.get())[0] == value
        assert await far.read(handle) == value


@for_pairs()
async def test_write_large(peripheral, central):
    """A write request as large as the MTU allows."""
    _, far, services = await explored(peripheral, central)
    value = bytes(i % 256 for i in range(await far.exchange_mtu() - 3))
    handle = find_characteristic(services, common.VALUE).handle
    await far.write(handle, value)
    assert (await peripheral.writes.get())[0] == value
    assert await far.read(handle) == value


@for_pairs(PAIRS + LOSSY[:1])
async def test_write_long(peripheral, central):
    """More than a request carries, in pieces; the server takes it whole."""
    _, far, services = await explored(peripheral, central)
    value = bytes(i % 251 for i in range(400))
    handle = find_characteristic(services, common.VALUE).handle
    await far.write_long(handle, value)
    assert (await peripheral.writes.get())[0] == value
    assert await far.read(handle) == value


@for_pairs()
async def test_write_refused(peripheral, central):
    _, far, services = await explored(peripheral, central)
    with pytest.raises(AttError) as refused:
        await far.write(find_characteristic(services, common.REFUSED).handle, b"x")
    assert refused.value.code == common.APPLICATION_ERROR
    if peripheral.kind == "breeze":  # Bumble's server lets everything be written
        with pytest.raises(AttError) as refused:
            await far.write(find_characteristic(services, common.LONG).handle, b"x")
        assert refused.value.code == 0x03  # Write Not Permitted


@for_pairs()
async def test_write_without_response(peripheral, central):
    _, far, services = await explored(peripheral, central)
    handle = find_characteristic(services, common.VALUE).handle
    for number in range(100):
        await far.write_command(handle, number.to_bytes(20, "big"))
    for number in range(100):
        value, command = await peripheral.writes.get()
        assert value == number.to_bytes(20, "big")
        assert command in (True, None)  # Bumble does not tell


@for_pairs()
async def test_notify_1000_in_order(peripheral, central):
    near, far, services = await explored(peripheral, central)
    characteristic = find_characteristic(services, common.NOTIFY)
    box = await far.subscribe(characteristic)
    assert await peripheral.subscriptions.get() == ("notify", 1)
    sending = asyncio.create_task(near.notify(NOTIFICATIONS))
    for number in range(NOTIFICATIONS):
        value = await box.get()
        assert counter(value) == number and len(value) == 20
    await sending


@for_pairs()
async def test_notify_after_unsubscribe(peripheral, central):
    near, far, services = await explored(peripheral, central)
    characteristic = find_characteristic(services, common.NOTIFY)
    box = await far.subscribe(characteristic)
    assert await peripheral.subscriptions.get() == ("notify", 1)
    await near.notify(1)
    assert counter(await box.get()) == 0
    await far.unsubscribe(characteristic)
    assert await peripheral.subscriptions.get() == ("notify", 0)
    assert int.from_bytes(await far.read(characteristic.descriptors[common.CCC]), "little") == 0
    box = await far.subscribe(characteristic)
    assert await peripheral.subscriptions.get() == ("notify", 1)
    await near.notify(2)
    assert [counter(await box.get()) for _ in range(2)] == [0, 1]


@for_pairs(PAIRS + OLD + LOSSY)
async def test_notify_large(peripheral, central):
    """Notifications as large as the MTU allows, which every link layer cuts into pieces."""
    near, far, services = await explored(peripheral, central)
    length = await far.exchange_mtu() - 3
    await near.wait_mtu(length + 3)
    box = await far.subscribe(find_characteristic(services, common.NOTIFY))
    await peripheral.subscriptions.get()
    sending = asyncio.create_task(near.notify(30, length))
    for number in range(30):
        value = await box.get()
        assert counter(value) == number and len(value) == length
    await sending


@for_pairs()
async def test_indicate(peripheral, central):
    near, far, services = await explored(peripheral, central)
    box = await far.subscribe(find_characteristic(services, common.INDICATE), "indicate")
    assert await peripheral.subscriptions.get() == ("indicate", 2)
    for value in (b"one", b"two", bytes(20)):
        await near.indicate(value)  # returns when it was confirmed
        assert await box.get() == value


@for_pairs()
async def test_peripheral_as_client(peripheral, central):
    """The peripheral discovers, reads, writes and subscribes at the central."""
    near, far = await link(peripheral, central)
    services = await near.discover(common.SERVICE)
    assert await near.read(find_characteristic(services, common.LONG).handle) == common.LONG_VALUE
    await near.write(find_characteristic(services, common.VALUE).handle, b"upwards")
    assert (await central.writes.get())[0] == b"upwards"
    box = await near.subscribe(find_characteristic(services, common.NOTIFY))
    assert await central.subscriptions.get() == ("notify", 1)
    await far.notify(20)
    assert [counter(await box.get()) for _ in range(20)] == list(range(20))


@for_pairs(PAIRS + OLD + LOSSY)
async def test_both_directions_at_once(peripheral, central):
    """Both ends are client and server at the same time, requests and notifications crossing."""
    near, far = await link(peripheral, central)

    async def use(client, server_end):
        services = await client.discover(common.SERVICE)
        box = await client.subscribe(find_characteristic(services, common.NOTIFY))
        sending = asyncio.create_task(server_end.notify(100))
        handle = find_characteristic(services, common.LONG).handle
        for _ in range(3):
            assert await client.read(handle) == common.LONG_VALUE
        assert [counter(await box.get()) for _ in range(100)] == list(range(100))
        await sending

    await asyncio.gather(use(near, far), use(far, near))
