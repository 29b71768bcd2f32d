"""Linux and BlueZ as central, Breeze as peripheral."""

import common
from common import FLAGS, ad, name, vendor
from linux_host import dump

NOTIFICATIONS = 50


async def join(breeze, linux):
    """Connect; Breeze's end of the link."""
    await breeze.advertise("conn", ad(FLAGS, name(breeze.label)))
    await linux.connect(breeze)
    return await breeze.wait_link()


def test_scan(run):
    """Advertisement and scan response arrive, as the daemon's view of the device."""

    async def body(breeze, linux):
        await breeze.advertise("conn", ad(FLAGS, name("interop")), ad(vendor(b"answer")))
        await linux.find(breeze, "interop")
        await linux.knows(breeze, rf"(?i)ManufacturerData.*Value:\n{dump(b'answer')}")
        await linux.stop_scan()

    run(body)


def test_connect_and_mtu(run):
    async def body(breeze, linux):
        near = await join(breeze, linux)
        assert near.role == "peripheral"
        assert near.peer == linux.address
        await near.wait_mtu(247)  # Linux offers 517

    run(body)


def test_discover_everything(run):
    """The daemon shows our services as they are, and the name it read from GAP's service."""

    async def body(breeze, linux):
        await join(breeze, linux)
        await linux.console.ask("gatt.list-attributes", r"Service")
        await linux.console.ask("version", "Version")
        text = linux.console.text()
        for uuid in (common.SERVICE, *common.CHARACTERISTICS):
            assert f"\t{uuid}\n" in text, f"{uuid} was not discovered"
        for short in (common.BATTERY_SERVICE, common.BATTERY, common.CCC, common.DESCRIPTION):
            assert f"\t0000{short}-0000-1000-8000-00805f9b34fb\n" in text
        await linux.knows(breeze, r"\tName: Breeze\n")

    run(body)


def test_read(run):
    async def body(breeze, linux):
        await join(breeze, linux)
        await linux.check_read(common.VALUE, common.FIRST_VALUE)

    run(body)


def test_read_long(run):
    """400 octets, in pieces of the MTU."""

    async def body(breeze, linux):
        await join(breeze, linux)
        await linux.check_read(common.LONG, common.LONG_VALUE)

    run(body)


def test_read_refused(run):
    async def body(breeze, linux):
        await join(breeze, linux)
        await linux.check_read_refused(common.NOTIFY, "NotPermitted")

    run(body)


def test_write(run):
    async def body(breeze, linux):
        await join(breeze, linux)
        for value in (b"x", bytes(range(20)), bytes(i % 256 for i in range(200))):
            await linux.write(common.VALUE, value)
            assert await breeze.writes.get() == (value, False)
            await linux.check_read(common.VALUE, value)

    run(body)


def test_write_long(run):
    """More than a request carries: the daemon prepares pieces."""

    async def body(breeze, linux):
        await join(breeze, linux)
        value = bytes(i % 251 for i in range(400))
        await linux.write(common.VALUE, value)
        assert await breeze.writes.get() == (value, False)
        await linux.check_read(common.VALUE, value)

    run(body)


def test_write_refused(run):
    async def body(breeze, linux):
        await join(breeze, linux)
        await linux.write(common.REFUSED, b"x")
        await linux.console.expect(r"Failed to write: org\.bluez\.Error\.Failed$")

    run(body)


def test_write_without_response(run):
    async def body(breeze, linux):
        await join(breeze, linux)
        for number in range(5):
            await linux.write(common.VALUE, bytes([number]), "command")
            assert await breeze.writes.get() == (bytes([number]), True)

    run(body)


def test_notify(run):
    """Notifications in order; none after the daemon was told to stop."""

    async def body(breeze, linux):
        near = await join(breeze, linux)
        await linux.subscribe(common.NOTIFY)
        await breeze.subscriptions.find(lambda seen: seen == ("notify", 1))
        await near.notify(NOTIFICATIONS)
        for number in range(NOTIFICATIONS):
            await linux.check_next(number.to_bytes(4, "little") + bytes(16))
        await linux.subscribe(common.NOTIFY, on=False)
        await breeze.subscriptions.find(lambda seen: seen == ("notify", 0))

    run(body)


def test_indicate(run):
    async def body(breeze, linux):
        near = await join(breeze, linux)
        await linux.subscribe(common.INDICATE)
        await breeze.subscriptions.find(lambda seen: seen == ("indicate", 2))
        for value in (b"one", b"two", bytes(20)):
            await near.indicate(value)  # returns when it was confirmed
            await linux.check_next(value)

    run(body)


def test_parameter_update_by_peripheral(run):
    async def body(breeze, linux):
        near = await join(breeze, linux)
        await near.update(32, 40, 0, 300)  # Linux agrees to 24 to 40
        await near.wait_update(32, 40, 0, 300)
        await linux.check_read(common.VALUE, common.FIRST_VALUE)

    run(body)


def test_parameter_update_by_central(run):
    async def body(breeze, linux):
        near = await join(breeze, linux)
        await linux.hcitool("lecup --min 64 --max 64 --latency 2 --timeout 400")
        await near.wait_update(64, 64, 2, 400)
        await linux.check_read(common.VALUE, common.FIRST_VALUE)

    run(body)


def test_disconnect_by_central(run):
    async def body(breeze, linux):
        near = await join(breeze, linux)
        await linux.disconnect(breeze)
        assert await near.wait_end() == 0x13

    run(body)


def test_disconnect_by_peripheral_and_reconnect(run):
    async def body(breeze, linux):
        near = await join(breeze, linux)
        await near.disconnect()
        assert await near.wait_end() == 0x16
        await linux.wait_end(breeze)
        await join(breeze, linux)
        await linux.check_read(common.VALUE, common.FIRST_VALUE)

    run(body)


def test_peripheral_vanishes(run):
    async def body(breeze, linux):
        await join(breeze, linux)
        await breeze.vanish()
        await linux.wait_end(breeze)

    run(body)


def test_central_vanishes(run):
    async def body(breeze, linux):
        near = await join(breeze, linux)
        await linux.vanish()
        assert await near.wait_end() == 0x08  # Connection Timeout

    run(body)


def test_peripheral_as_client(run):
    """Breeze, the peripheral, reads what Linux offers."""

    async def body(breeze, linux):
        await linux.serve()
        near = await join(breeze, linux)
        services = await near.discover(common.SERVICE)
        handle = common.find_characteristic(services, common.LONG).handle
        assert await near.read(handle) == common.LONG_VALUE

    run(body)
