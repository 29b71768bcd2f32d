"""Subrating with Bumble as the other host, over our air: it asks, or answers; Bumble says in which links."""

import pytest
from bumble import hci
from pairs import link

from common import Mailbox

ROLES = [("breeze", "bumble"), ("bumble", "breeze")]
FACTOR, CONTINUATION, TIMEOUT = 5, 1, 400  # the last in 10 ms
GOOD = (0, FACTOR, 0, CONTINUATION, TIMEOUT)


async def hosts(room, roles):
    """Our end of a link and Bumble's, which takes part in subrating."""
    made = [await room.host(kind) for kind in roles]
    [bumble] = [host for host in made if host.kind == "bumble"]
    await bumble.device.send_sync_command(
        hci.HCI_LE_Set_Host_Feature_Command(
            bit_number=hci.LeFeature.CONNECTION_SUBRATING_HOST_SUPPORT, bit_value=1
        )
    )
    # What a central agrees to counts for links to come.
    if made[1] is bumble:
        await bumble.device.set_default_connection_subrate(1, 8, 0, CONTINUATION, TIMEOUT * 10)
    else:
        await made[1].command("subrate_default", 1, 8, 0, CONTINUATION, TIMEOUT)
    near, far = await link(*made, interval=12)
    ours, theirs = (near, far) if roles[0] == "breeze" else (far, near)
    await ours.discover()  # by then the procedures with which our host begins a link are over
    return ours, theirs


def told(theirs):
    """What Bumble says of its link when that changes."""
    box = Mailbox("a change of parameters at Bumble")

    def on_update():
        now = theirs.connection.parameters
        if now.subrate_factor > 1:
            box.put((now.subrate_factor, now.continuation_number, now.supervision_timeout))

    theirs.connection.on("connection_parameters_update", on_update)
    return box


async def both_know(ours, changes):
    assert await ours.subrates.get() == GOOD
    assert await changes.get() == (FACTOR, CONTINUATION, TIMEOUT * 10)


@pytest.mark.parametrize("roles", ROLES, ids=lambda r: f"{r[0]}_peripheral")
def test_subrate_by_breeze(rig_for, roles):
    async def whole(room):
        ours, theirs = await hosts(room, roles)
        changes = told(theirs)
        words = (FACTOR, FACTOR, 0, CONTINUATION, TIMEOUT)
        await ours.host.command("subrate", ours.index, *words)
        await both_know(ours, changes)

    rig_for("air", roles).run(whole)


@pytest.mark.parametrize("roles", ROLES, ids=lambda r: f"{r[0]}_peripheral")
def test_subrate_by_bumble(rig_for, roles):
    async def whole(room):
        ours, theirs = await hosts(room, roles)
        changes = told(theirs)
        await theirs.connection.update_subrate(FACTOR, FACTOR, 0, CONTINUATION, TIMEOUT * 10)
        await both_know(ours, changes)

    rig_for("air", roles).run(whole)


def test_subrate_over_rootcanal(rig_for):
    """Both hosts ours; another controller takes the commands and makes the events. A peripheral's
    request it refused (1.13: 0x1E) with the parameters of the tests above."""

    async def whole(room):
        hosts = [await room.host("breeze") for _ in range(2)]
        await hosts[1].command("subrate_default", 1, 8, 0, CONTINUATION, TIMEOUT)
        ends = await link(*hosts, interval=12)
        await ends[1].discover()
        words = (FACTOR, FACTOR, 0, CONTINUATION, TIMEOUT)
        await hosts[1].command("subrate", ends[1].index, *words)
        for end in ends:
            assert await end.subrates.get() == GOOD

    rig_for("rootcanal_large", ("breeze", "breeze")).run(whole)
