"""Database Hash, robust caching and Service Changed of Breeze's server, with Bumble as its client.

The hash is computed here as well, from what Bumble discovers."""

import asyncio
import struct

import pytest
from bumble.pairing import PairingConfig, PairingDelegate
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from pairs import link

import common
from common import WAIT, AttError, find_characteristic

SERVICE_CHANGED, FEATURES, HASH = "2a05", "2b29", "2b2a"
ROBUST_CACHING = b"\x01"
OUT_OF_SYNC = 0x12
IN_THE_HASH = ["2901", "2902", "2903", "2904", "2905"]


def uuid_octets(text):
    return bytes.fromhex(text.replace("-", ""))[::-1]


def database_hash(services):
    """Vol 3, Part G, 7.3.1, of a database of primary services; least significant octet first."""
    rows = []
    for service in services:
        rows.append(struct.pack("<HH", service.start, 0x2800) + uuid_octets(service.uuid))
        for chrc in service.characteristics:
            head = struct.pack("<HHBH", chrc.declaration, 0x2803, chrc.properties, chrc.handle)
            rows.append(head + uuid_octets(chrc.uuid))
            for uuid, handle in chrc.descriptors.items():
                if uuid in IN_THE_HASH:
                    rows.append(struct.pack("<HH", handle, int(uuid, 16)))
    code = CMAC(AES(bytes(16)))
    code.update(b"".join(sorted(rows, key=lambda row: struct.unpack_from("<H", row))))
    return code.finalize()[::-1]


def one_test(body):
    """With Breeze as the peripheral and Bumble as the central, over the air."""

    def test(rig_for):
        async def whole(room):
            await body(await room.host("breeze"), await room.host("bumble"))

        rig_for("air", ("breeze", "bumble")).run(whole)

    test.__name__, test.__doc__ = body.__name__, body.__doc__
    return test


async def watch_changes(far, services):
    """Subscribe to Service Changed; a mailbox of (first handle, last handle)."""
    return await far.subscribe(find_characteristic(services, SERVICE_CHANGED), "indicate")


def range_of(value):
    return struct.unpack("<HH", value)


async def extra_service(far):
    (found,) = await far.discover(common.BASE.format(0x10))
    return found.start, found.end


@one_test
async def test_database_hash(peripheral, central):
    _, far = await link(peripheral, central)
    for command in ([], ["service", 1], ["service", 0]):
        if command:
            await peripheral.command(*command)
        services = await far.discover()
        assert await far.read_by_uuid(HASH) == [database_hash(services)]


@one_test
async def test_service_changed(peripheral, central):
    _, far = await link(peripheral, central)
    changes = await watch_changes(far, await far.discover("1801"))
    await peripheral.command("service", 1)
    added = range_of(await changes.get())
    assert added == await extra_service(far)
    await peripheral.command("service", 0)
    assert range_of(await changes.get()) == added


@one_test
async def test_robust_caching(peripheral, central):
    _, far = await link(peripheral, central)
    services = await far.discover()
    value = find_characteristic(services, common.VALUE).handle
    await far.write(find_characteristic(services, FEATURES).handle, ROBUST_CACHING)
    await peripheral.command("service", 1)
    with pytest.raises(AttError) as refused:
        await far.read(value)
    assert refused.value.code == OUT_OF_SYNC
    assert await far.read(value) == common.FIRST_VALUE
    # A client that looks for itself is not refused.
    await peripheral.command("service", 0)
    (before,) = await far.read_by_uuid(HASH)
    services = await far.discover()
    assert before == database_hash(services)
    assert await far.read(value) == common.FIRST_VALUE


@one_test
async def test_service_changed_while_away(peripheral, central):
    """A bonded client is told after it comes back, when its bond has encrypted the link, and once."""
    delegate = PairingDelegate(PairingDelegate.IoCapability(3))
    central.device.pairing_config_factory = lambda _connection: PairingConfig(
        sc=True, mitm=False, bonding=True, delegate=delegate
    )
    near, far = await link(peripheral, central)
    await asyncio.wait_for(far.connection.pair(), WAIT)
    services = await far.discover()
    await watch_changes(far, services)
    await far.write(find_characteristic(services, FEATURES).handle, ROBUST_CACHING)
    changed = find_characteristic(services, SERVICE_CHANGED).handle
    value = find_characteristic(services, common.VALUE).handle
    await far.disconnect()
    await near.wait_end()
    await peripheral.command("service", 1)
    near, far = await link(peripheral, central)
    changes = far.expect_indications(changed)
    assert await far.read(value) == common.FIRST_VALUE  # Nobody knows yet who asks.
    assert changes.queue.empty()
    await asyncio.wait_for(far.connection.encrypt(), WAIT)
    told = range_of(await changes.get())
    assert await far.read(value) == common.FIRST_VALUE  # It confirmed, so it is aware.
    assert told == await extra_service(far)
    await far.disconnect()
    await near.wait_end()
    _, far = await link(peripheral, central)
    changes = far.expect_indications(changed)
    await asyncio.wait_for(far.connection.encrypt(), WAIT)
    assert await far.read(value) == common.FIRST_VALUE
    assert changes.queue.empty()
