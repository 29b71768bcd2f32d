"""Signed writes between two of our hosts over RootCanal: paired once, written on a link that nobody encrypts.
Bumble has none; tests/bluez holds our signatures against those of BlueZ."""

import common
from common import find_characteristic
from pairs import link
from test_security import NONE

SIGNED_SERVICE, SIGNED = common.BASE.format(0x30), common.BASE.format(0x31)


def test_signed_write_over_rootcanal(rig_for):
    async def whole(room):
        peripheral, central = [await room.host("breeze_signing") for _ in range(2)]
        for host in peripheral, central:
            await host.command("io", NONE, 1)
        near, far = await link(peripheral, central)
        await central.command("security", far.index, 2)
        for end in (near, far):
            assert await end.security.get() == ("level", 2, 0)
            assert await end.security.get() == ("paired", 1, 0)
        handle = find_characteristic(await far.discover(SIGNED_SERVICE), SIGNED).handle
        await far.disconnect()
        await near.wait_end()
        near, far = await link(peripheral, central)
        for writer, at in ((far, peripheral), (near, central), (far, peripheral)):
            value = bytes([writer.index, 1, 2, 3])
            await writer.host.command("write_signed", writer.index, handle, value.hex())
            assert await at.writes.get() == (value, True)
        assert near.security.queue.empty() and far.security.queue.empty()

    rig_for("rootcanal_large", ("breeze", "breeze")).run(whole)
