"""Periodic advertising and synchronisation, between independent hosts."""

import pytest
from common import structures
from pairs import for_pairs, link, over, pair_name

# Chains need several fragments from the host, which Bumble does not send.
LENGTHS = {"breeze": [20, 245, 252, 700], "bumble": [20, 245]}
LOST, ENDED_HERE = 0x08, 0x16


@for_pairs(over("air"))
async def test_per_data_of_any_length(peripheral, central):
    for sid, length in enumerate(LENGTHS[peripheral.kind]):
        await peripheral.advertise_train(0, sid, length)
        await central.sync(peripheral.address, sid)
        synced = await central.syncs.get()
        assert (synced.address, synced.sid) == (peripheral.address, sid)
        assert synced.interval == 40
        central.trains.clear()
        for _ in range(3):
            assert await central.trains.get() == structures(length)
        await central.end_sync()
        assert await central.syncs.get() == ENDED_HERE
        await peripheral.stop_train(0)
        await peripheral.stop_set(0)
        await peripheral.remove_set(0)


@for_pairs(over("air"))
async def test_per_train_that_stops_is_lost(peripheral, central):
    await peripheral.advertise_train(0, 7, 30)
    await central.sync(peripheral.address, 7)
    await central.trains.get()
    await peripheral.stop_train(0)
    assert (await central.syncs.get()).sid == 7
    assert await central.syncs.get() == LOST


@for_pairs(over("air") + over("rootcanal_large")[:1])
async def test_per_transfer_of_a_set(peripheral, central):
    """The advertiser hands its train over a link; the other end has not looked for it."""
    await central.take_transfers()
    near, _ = await link(peripheral, central)
    await peripheral.advertise_train(0, 4, 100)
    await peripheral.give_train(near, 0, 0x1234)
    synced = await central.syncs.get()
    assert (synced.address, synced.sid) == (peripheral.address, 4)
    if central.kind == "breeze":
        assert synced.service_data == 0x1234
    assert await central.trains.get() == structures(100)


@pytest.mark.parametrize("pair", over("air") + over("rootcanal_large")[:1], ids=pair_name)
def test_per_transfer_of_a_sync(rig_for, pair):
    """Who follows a train hands it on; the advertiser is a third host."""

    async def whole(room):
        peripheral, central, advertiser = [
            await room.host(kind) for kind in (*pair[1:], "breeze")
        ]
        await advertiser.advertise_train(0, 4, 100)
        await peripheral.sync(advertiser.address, 4)
        await peripheral.trains.get()
        await central.take_transfers()
        near, _ = await link(peripheral, central)
        await peripheral.give_sync(near, 0x4321)
        synced = await central.syncs.get()
        assert (synced.address, synced.sid) == (advertiser.address, 4)
        if central.kind == "breeze":
            assert synced.service_data == 0x4321
        assert await central.trains.get() == structures(100)

    rig_for(pair[0], pair[1:]).run(whole)


@for_pairs(over("rootcanal_large"))
async def test_per_over_rootcanal(peripheral, central):
    """Another controller takes our commands, and we its events."""
    await peripheral.advertise_train(0, 2, 100)
    await central.sync(peripheral.address, 2)
    assert (await central.syncs.get()).sid == 2
    assert await central.trains.get() == structures(100)
    await central.end_sync()
    assert await central.syncs.get() == ENDED_HERE
