"""Linux and BlueZ as peripheral, with an application of bluetoothctl; Breeze as central."""

import common
from common import find_characteristic, name

NAME = "linux-peripheral"
BATTERY = "00002a19-0000-1000-8000-00805f9b34fb"


async def join(breeze, linux):
    """Connect to a Linux that serves; Breeze's end of the link, and the service it discovered."""
    await linux.serve()
    await linux.advertise(NAME)
    far = await breeze.connect(linux.address)
    await far.exchange_mtu()
    return far, await far.discover(common.SERVICE)


def handle_of(services, uuid):
    return find_characteristic(services, uuid).handle


def test_scan(run):
    async def body(breeze, linux):
        await linux.advertise(NAME)
        await breeze.scan(active=True)
        seen = await breeze.reports.find(lambda r: r.address == linux.address and not r.response)
        assert seen.connectable and seen.scannable
        structure = common.ad(name(NAME))
        await breeze.reports.find(lambda r: r.response and structure in r.data)
        await breeze.stop_scan()
        await breeze.scan(active=False)
        for _ in range(4):
            seen = await breeze.reports.find(lambda r: r.address == linux.address)
            assert not seen.response

    run(body)


def test_connect_and_mtu(run):
    async def body(breeze, linux):
        await linux.advertise(NAME)
        far = await breeze.connect(linux.address)
        assert far.role == "central" and far.peer == linux.address
        await linux.wait_link(breeze)
        assert await far.exchange_mtu() == 247

    run(body)


def test_discover_everything(run):
    async def body(breeze, linux):
        far, services = await join(breeze, linux)
        [service] = services
        flags = {c.uuid: c.properties for c in service.characteristics}
        assert flags[common.VALUE] == common.READ | common.WRITE | common.WRITE_COMMAND
        assert flags[common.NOTIFY] == common.READ | common.WRITE | common.NOTIFIES
        assert flags[common.INDICATE] == common.READ | common.WRITE | common.INDICATES
        assert flags[common.LONG] == common.READ
        for uuid in (common.NOTIFY, common.INDICATE):
            assert common.CCC in find_characteristic(services, uuid).descriptors
        found = {service.uuid for service in await far.discover()}
        assert {"1800", "1801", common.SERVICE} <= found
        assert await far.discover(common.BASE.format(0x1234)) == []

    run(body)


def test_read(run):
    async def body(breeze, linux):
        far, services = await join(breeze, linux)
        assert await far.read(handle_of(services, common.VALUE)) == common.FIRST_VALUE

    run(body)


def test_read_long(run):
    async def body(breeze, linux):
        far, services = await join(breeze, linux)
        assert await far.read(handle_of(services, common.LONG)) == common.LONG_VALUE

    run(body)


def test_read_refused(run):
    async def body(breeze, linux):
        far, _ = await join(breeze, linux)
        try:
            await far.read(0x7777)
        except common.AttError as refused:
            assert refused.code == 0x01  # Invalid Handle
        else:
            raise AssertionError("a read of no attribute was answered")

    run(body)


def test_write(run):
    async def body(breeze, linux):
        far, services = await join(breeze, linux)
        handle = handle_of(services, common.NOTIFY)  # see APPLICATION_CHARACTERISTICS
        for value in (b"x", bytes(range(20)), bytes(i % 256 for i in range(244))):
            await far.write(handle, value)
            assert await far.read(handle) == value

    run(body)


def test_write_refused(run):
    async def body(breeze, linux):
        far, services = await join(breeze, linux)
        try:
            await far.write(handle_of(services, common.LONG), b"x")
        except common.AttError as refused:
            assert refused.code == 0x03  # Write Not Permitted
        else:
            raise AssertionError("a write to a read-only value was accepted")

    run(body)


def test_write_without_response(run):
    async def body(breeze, linux):
        far, services = await join(breeze, linux)
        handle = handle_of(services, common.VALUE)
        # At the first one the daemon asks the application for a socket, and keeps no copy of the
        # octets meanwhile (5.66): another PDU may overwrite them.
        await far.write_command(handle, b"first")
        await linux.console.expect("Write sock acquired")
        for value in (b"without", b"response"):
            await far.write_command(handle, value)
            await linux.check_written(value)

    run(body)


def test_notify(run):
    async def body(breeze, linux):
        far, services = await join(breeze, linux)
        characteristic = find_characteristic(services, common.NOTIFY)
        box = await far.subscribe(characteristic)
        for value in (b"one", b"two", bytes(range(20))):
            await far.write(characteristic.handle, value)
            assert await box.get() == value
        await far.unsubscribe(characteristic)
        ccc = await far.read(characteristic.descriptors[common.CCC])
        assert int.from_bytes(ccc, "little") == 0

    run(body)


def test_indicate(run):
    async def body(breeze, linux):
        far, services = await join(breeze, linux)
        characteristic = find_characteristic(services, common.INDICATE)
        box = await far.subscribe(characteristic, "indicate")
        for value in (b"one", b"two", bytes(range(20))):  # each waits for the one before
            await far.write(characteristic.handle, value)
            assert await box.get() == value

    run(body)


def test_parameter_update_by_peripheral(run):
    """Linux, as peripheral, asks of its own accord; Breeze agrees, and both go on."""

    async def body(breeze, linux):
        far, services = await join(breeze, linux)
        low, high, latency, timeout = await far.requests.get()
        await far.wait_update(low, high, latency, timeout)
        assert await far.read(handle_of(services, common.VALUE)) == common.FIRST_VALUE

    run(body)


def test_parameter_update_refused_by_central(run):
    """Linux asks, Breeze's application says no, and both go on as before."""

    async def body(breeze, linux):
        await breeze.command("refuse_params", 1)
        far, services = await join(breeze, linux)
        await far.requests.get()
        assert await far.read(handle_of(services, common.VALUE)) == common.FIRST_VALUE
        assert far.updates.queue.empty()

    run(body)


def test_parameter_update_by_central(run):
    async def body(breeze, linux):
        far, services = await join(breeze, linux)
        await far.update(24, 24, 2, 400)  # Linux agrees to 24 to 40
        await far.wait_update(24, 24, 2, 400)
        assert await far.read(handle_of(services, common.VALUE)) == common.FIRST_VALUE

    run(body)


def test_disconnect_by_central_and_reconnect(run):
    async def body(breeze, linux):
        far, services = await join(breeze, linux)
        await far.disconnect()
        assert await far.wait_end() == 0x16
        await linux.wait_end(breeze)
        far = await breeze.connect(linux.address)  # Linux advertises again by itself
        assert await far.read(handle_of(services, common.VALUE)) == common.FIRST_VALUE

    run(body)


def test_disconnect_by_peripheral(run):
    async def body(breeze, linux):
        far, _ = await join(breeze, linux)
        await linux.disconnect(breeze)
        assert await far.wait_end() == 0x13

    run(body)


def test_central_serves(run):
    """Linux, the peripheral, discovers and reads what Breeze offers."""

    async def body(breeze, linux):
        await join(breeze, linux)
        await linux.console.expect("ServicesResolved: yes")
        # Both have a characteristic of this UUID; the path says whose.
        found = await linux.console.ask("gatt.list-attributes", rf"(/\S+)\n\t{BATTERY}")
        await linux.check_read(found.group(1), bytes([87]))

    run(body)
