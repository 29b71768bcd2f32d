"""Pairing, and encryption with the bond after a new connection, with Bumble as the other host.

Bumble's user types what Breeze's sees and the other way round; numbers are compared for real."""

import asyncio

import pytest
from bumble.pairing import PairingConfig, PairingDelegate
from pairs import link

from common import WAIT, Mailbox

DISPLAY, YES_NO, KEYBOARD, NONE, BOTH = range(5)

# (Breeze's IO capability, Bumble's, Secure Connections, level that Breeze must reach)
METHODS = [
    pytest.param(NONE, NONE, True, 2, id="just_works"),
    pytest.param(NONE, NONE, False, 2, id="just_works_legacy"),
    pytest.param(YES_NO, YES_NO, True, 4, id="numeric"),
    pytest.param(DISPLAY, KEYBOARD, True, 4, id="passkey_shown"),
    pytest.param(KEYBOARD, DISPLAY, True, 4, id="passkey_typed"),
    pytest.param(DISPLAY, KEYBOARD, False, 2, id="passkey_shown_legacy"),
    pytest.param(KEYBOARD, DISPLAY, False, 2, id="passkey_typed_legacy"),
    pytest.param(KEYBOARD, KEYBOARD, True, 4, id="passkey_agreed"),
    pytest.param(KEYBOARD, KEYBOARD, False, 2, id="passkey_agreed_legacy"),
    pytest.param(BOTH, BOTH, True, 4, id="both"),
    pytest.param(BOTH, BOTH, False, 2, id="both_legacy"),
    pytest.param(BOTH, DISPLAY, True, 4, id="both_types"),
    pytest.param(BOTH, KEYBOARD, True, 4, id="both_shows"),
]
AGREED = 314159  # by two users where neither side can show anything
ROLES = [("breeze", "bumble"), ("bumble", "breeze")]


class Delegate(PairingDelegate):
    """Bumble's user."""

    def __init__(self, io):
        super().__init__(PairingDelegate.IoCapability(io))
        self.shown = Mailbox("a number that Bumble shows")
        self.typed = Mailbox("a passkey for Bumble")
        self.numbers = Mailbox("the number that Breeze shows")

    async def display_number(self, number, digits):
        self.shown.put(number)

    async def get_number(self):
        return await self.typed.get()

    async def compare_numbers(self, number, digits):
        return number == await self.numbers.get()


async def user(end, delegate, agreed=None):
    """Breeze's user, who also tells Bumble's what Breeze shows."""
    if agreed is not None:
        delegate.shown.put(agreed)
        delegate.typed.put(agreed)
    while True:
        what, number = await end.prompts.queue.get()
        if what == "show":
            delegate.typed.put(number)
        elif what == "type":
            await end.host.command("answer", end.index, "passkey", await delegate.shown.get())
        else:
            delegate.numbers.put(number)
            await end.host.command("answer", end.index, "yes")


async def right_keys(bumble):
    """Bumble as the peripheral of a legacy pairing files the two LTKs under the wrong roles: it would
    answer our EDIV and Rand, which name the key that it gave us, with the one that we gave it."""
    store = bumble.device.keystore
    bonds = await store.get_all()
    assert len(bonds) == 1
    for name, keys in bonds:
        keys.ltk_central, keys.ltk_peripheral = keys.ltk_peripheral, keys.ltk_central
        await store.update(name, keys)


async def secure(ours, theirs, again=False):
    """Whoever is the central begins: Bumble leaves Security Requests to its application."""
    if ours.role == "central":
        await ours.host.command("security", ours.index, 2)
    else:
        began = theirs.connection.encrypt() if again else theirs.connection.pair()
        await asyncio.wait_for(began, WAIT)


async def pair_and_encrypt_again(room, build, roles, ours_io, theirs_io, sc, level):
    """Both, between this build of Breeze and Bumble."""
    peripheral, central = [
        await room.host(build if kind == "breeze" else kind) for kind in roles
    ]
    breeze, bumble = (peripheral, central) if roles[0] == "breeze" else (central, peripheral)
    delegate = Delegate(theirs_io)
    bumble.device.pairing_config_factory = lambda _connection: PairingConfig(
        sc=sc, mitm=True, bonding=True, delegate=delegate
    )
    await breeze.command("io", ours_io, int(sc))
    near, far = await link(peripheral, central)
    ours, theirs = (near, far) if roles[0] == "breeze" else (far, near)
    kept = Mailbox("keys at Bumble")
    theirs.connection.on("pairing", kept.put)
    agreed = AGREED if ours_io == theirs_io == KEYBOARD else None
    answers = asyncio.create_task(user(ours, delegate, agreed))
    began = asyncio.create_task(secure(ours, theirs))
    assert await ours.security.get() == ("level", level, 0)
    assert await ours.security.get() == ("paired", 1, 0)
    await began
    await kept.get()
    answers.cancel()
    # Again, with what both kept.
    await ours.disconnect()
    await theirs.wait_end()
    if not sc and roles[0] == "bumble":
        await right_keys(bumble)
    near, far = await link(peripheral, central)
    ours, theirs = (near, far) if roles[0] == "breeze" else (far, near)
    await secure(ours, theirs, again=True)
    assert await ours.security.get() == ("level", level, 0)


@pytest.mark.parametrize("roles", ROLES, ids=lambda r: f"{r[0]}_peripheral")
@pytest.mark.parametrize("ours_io, theirs_io, sc, level", METHODS)
def test_pair_and_encrypt_again(rig_for, ours_io, theirs_io, sc, level, roles):
    async def whole(room):
        await pair_and_encrypt_again(room, "breeze", roles, ours_io, theirs_io, sc, level)

    rig_for("air", roles).run(whole)


@pytest.mark.parametrize("roles", ROLES, ids=lambda r: f"{r[0]}_peripheral")
def test_wrong_passkey(rig_for, roles):
    async def whole(room):
        peripheral, central = [await room.host(kind) for kind in roles]
        breeze, bumble = (peripheral, central) if roles[0] == "breeze" else (central, peripheral)
        delegate = Delegate(DISPLAY)
        bumble.device.pairing_config_factory = lambda _connection: PairingConfig(
            sc=True, mitm=True, bonding=True, delegate=delegate
        )
        await breeze.command("io", KEYBOARD)
        near, far = await link(peripheral, central)
        ours, theirs = (near, far) if roles[0] == "breeze" else (far, near)
        began = asyncio.create_task(secure(ours, theirs))
        assert await ours.prompts.get() == ("type", None)
        wrong = (await delegate.shown.get() + 1) % 1000000
        await breeze.command("answer", ours.index, "passkey", wrong)
        assert (await ours.security.get())[0] == "failed"
        assert (await ours.security.get())[:2] == ("level", 1)
        began.cancel()

    rig_for("air", roles).run(whole)


async def two_users(shows, types):
    """The user who types sees what the other one's device shows."""
    what, number = await shows.prompts.get()
    assert what == "show"
    assert (await types.prompts.get())[0] == "type"
    await types.host.command("answer", types.index, "passkey", number)


# (peripheral's IO capability, central's, Secure Connections, level)
OVER_ROOTCANAL = [
    pytest.param(NONE, NONE, True, 2, id="just_works"),
    pytest.param(NONE, NONE, False, 2, id="just_works_legacy"),
    pytest.param(DISPLAY, KEYBOARD, True, 4, id="passkey"),
]


FORCE = 0x80  # BT_SECURITY_FORCE_PAIR


@pytest.mark.parametrize("near_io, far_io, sc, level", OVER_ROOTCANAL)
def test_pair_over_rootcanal(rig_for, near_io, far_io, sc, level):
    """Both hosts are ours; the controllers check the keys against each other. Paired once more while the
    link is encrypted, which the controllers tell as a Key Refresh; then again with the bond."""

    async def whole(room):
        peripheral, central = [await room.host("breeze") for _ in range(2)]
        await peripheral.command("io", near_io, int(sc))
        await central.command("io", far_io, int(sc))
        near, far = await link(peripheral, central)
        for wish in (2, 2 | FORCE):
            users = asyncio.create_task(two_users(near, far)) if near_io == DISPLAY else None
            await central.command("security", far.index, wish)
            for end in (near, far):
                assert await end.security.get() == ("level", level, 0)
                assert await end.security.get() == ("paired", 1, 0)
            if users:
                await users
        await far.disconnect()
        await near.wait_end()
        near, far = await link(peripheral, central)
        await central.command("security", far.index, 2)
        for end in (near, far):
            assert await end.security.get() == ("level", level, 0)

    rig_for("rootcanal_large", ("breeze", "breeze")).run(whole)
