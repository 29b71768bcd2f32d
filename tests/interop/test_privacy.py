"""Private addresses against Bumble, in both roles: bonded once, found again by the identity behind another
address. With the air's resolving list and, on a controller of version 4.0, without; between two of our own
hosts on RootCanal, which has a resolving list too."""

import secrets

import pytest
from bumble.hci import Address, HCI_LE_Set_Random_Address_Command
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.smp import AddressResolver

from bumble_host import text_of
from common import FLAGS, ad, name

RPA = 1
NONE = 3
MEDIA = ["air", "air_4_0"]
PERIOD = 2  # seconds that an address of Breeze's lasts here


def is_rpa(address):
    return address.endswith("/random") and int(address[0:2], 16) >> 6 == 1


async def hide(bumble):
    """Bumble takes a private address; its own method tells the controller the one before."""
    device = bumble.device
    device.random_address = Address.generate_private_address(device.irk)
    await device.send_sync_command(
        HCI_LE_Set_Random_Address_Command(random_address=device.random_address)
    )


async def hosts(room, roles, bumble_hides):
    peripheral, central = [await room.host(kind) for kind in roles]
    breeze, bumble = (peripheral, central) if roles[0] == "breeze" else (central, peripheral)
    bumble.device.irk = secrets.token_bytes(16)
    bumble.device.pairing_config_factory = lambda _connection: PairingConfig(
        sc=True,
        mitm=False,
        bonding=True,
        delegate=PairingDelegate(PairingDelegate.IoCapability(NONE)),
        identity_address_type=PairingConfig.AddressType.RANDOM,
    )
    await breeze.command("io", NONE, 1)
    if bumble_hides:
        await hide(bumble)
    return breeze, bumble


async def find(scanner, label, known=()):
    """The address under which who has this name advertises now."""
    await scanner.scan(False)
    report = await scanner.reports.find(
        lambda r: label.encode() in r.data and r.address not in known
    )
    await scanner.stop_scan()
    return report.address


async def paired(ours):
    assert await ours.security.get() == ("level", 2, 0)
    assert await ours.security.get() == ("paired", 1, 0)


async def resolved(bumble, address):
    """Whom Bumble's keys know behind an address."""
    resolver = AddressResolver(await bumble.device.keystore.get_resolving_keys())
    found = resolver.resolve(Address(address.split("/")[0]))
    return found and text_of(found)


@pytest.mark.parametrize("medium", MEDIA)
def test_breeze_hides_as_peripheral(rig_for, medium):
    async def whole(room):
        breeze, bumble = await hosts(room, ("breeze", "bumble"), False)
        await breeze.command("privacy", RPA, PERIOD)
        await breeze.advertise("conn", ad(FLAGS, name("hidden")))
        first = await find(bumble, "hidden")
        assert is_rpa(first) and first != breeze.address
        far = await bumble.connect(first)
        near = await breeze.wait_link()
        await far.connection.pair()
        await paired(near)
        await near.disconnect()
        await far.wait_end()
        await breeze.advertise("conn", ad(FLAGS, name("hidden")))
        second = await find(bumble, "hidden", (first,))
        assert is_rpa(second)
        assert await resolved(bumble, second) == breeze.address
        far = await bumble.connect(second)
        near = await breeze.wait_link()
        await far.connection.encrypt()
        assert await near.security.get() == ("level", 2, 0)

    rig_for(medium, ("breeze", "bumble")).run(whole)


@pytest.mark.parametrize("medium", MEDIA)
def test_breeze_hides_as_central(rig_for, medium):
    async def whole(room):
        breeze, bumble = await hosts(room, ("bumble", "breeze"), False)
        await breeze.command("privacy", RPA, PERIOD)
        for again in False, True:
            await bumble.advertise("conn", ad(FLAGS, name("open")))
            near = await breeze.connect(bumble.address)
            far = await bumble.wait_link()
            if not again:
                assert is_rpa(far.peer)
            await breeze.command("security", near.index, 2)
            if again:
                assert await near.security.get() == ("level", 2, 0)
            else:
                await paired(near)
            await near.disconnect()
            await far.wait_end()

    rig_for(medium, ("bumble", "breeze")).run(whole)


@pytest.mark.parametrize("medium", MEDIA)
def test_bumble_hides_as_peripheral(rig_for, medium):
    async def whole(room):
        breeze, bumble = await hosts(room, ("bumble", "breeze"), True)
        await bumble.advertise("conn", ad(FLAGS, name("hidden")))
        first = await find(breeze, "hidden")
        assert is_rpa(first)
        near = await breeze.connect(first)
        far = await bumble.wait_link()
        await breeze.command("security", near.index, 2)
        await paired(near)
        await near.disconnect()
        await far.wait_end()
        await bumble.stop_advertising()
        await hide(bumble)
        await bumble.advertise("conn", ad(FLAGS, name("hidden")))
        assert await find(breeze, "hidden") == bumble.address  # Its identity, whatever it shows.
        near = await breeze.connect(bumble.address)
        await bumble.wait_link()
        assert near.peer == bumble.address
        await breeze.command("security", near.index, 2)
        assert await near.security.get() == ("level", 2, 0)

    rig_for(medium, ("bumble", "breeze")).run(whole)


@pytest.mark.parametrize("medium", MEDIA)
def test_bumble_hides_as_central(rig_for, medium):
    async def whole(room):
        breeze, bumble = await hosts(room, ("breeze", "bumble"), True)
        for again in False, True:
            await breeze.advertise("conn", ad(FLAGS, name("open")))
            far = await bumble.connect(breeze.address)
            near = await breeze.wait_link()
            if again:
                assert near.peer == bumble.address
                await far.connection.encrypt()
                assert await near.security.get() == ("level", 2, 0)
            else:
                assert is_rpa(near.peer)
                await far.connection.pair()
                await paired(near)
            await near.disconnect()
            await far.wait_end()
            await hide(bumble)

    rig_for(medium, ("breeze", "bumble")).run(whole)


def test_two_of_ours_on_rootcanal(rig_for):
    async def whole(room):
        peripheral, central = [await room.host("breeze") for _ in range(2)]
        for host in peripheral, central:
            await host.command("io", NONE, 1)
            await host.command("privacy", RPA, PERIOD)
        await peripheral.advertise("conn", ad(FLAGS, name("hidden")))
        first = await find(central, "hidden")
        assert is_rpa(first)
        for again in False, True:
            far = await central.connect(peripheral.address if again else first)
            near = await peripheral.wait_link()
            await central.command("security", far.index, 2)
            if again:
                assert await near.security.get() == ("level", 2, 0)
                assert (near.peer, far.peer) == (central.address, peripheral.address)
            else:
                await paired(near)
                await paired(far)
            await far.disconnect()
            await near.wait_end()
            await peripheral.advertise("conn", ad(FLAGS, name("hidden")))

    rig_for("rootcanal_large", ("breeze", "breeze")).run(whole)
