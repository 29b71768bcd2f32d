"""Bonds that outlive a restart, bonds that one side has lost, and who may pair anew, with Bumble as the other host.

That a bond is still there is seen by giving Bumble the keys back that it had lost: they encrypt again."""

import asyncio

import pytest
from bumble.hci import HCI_Error
from bumble.keys import JsonKeyStore
from bumble.pairing import PairingConfig
from pairs import link

from common import WAIT, Mailbox
from test_security import FORCE, NONE, ROLES, YES_NO, Delegate, right_keys, secure, user

KEY_MISSING = 0x06  # HCI
KEY_MISSING_ERR, AUTH_REQUIREMENT_ERR = 2, 4  # bt_security_err
AUTH_REQUIREMENTS = 0x03  # reason of Pairing Failed

# (IO capability of both, Secure Connections, level)
STRONG = (YES_NO, True, 4)
PLAIN = (NONE, True, 2)
LEGACY = (NONE, False, 2)
METHODS = [
    pytest.param(STRONG, id="numeric"),
    pytest.param(PLAIN, id="just_works"),
    pytest.param(LEGACY, id="just_works_legacy"),
]
EACH_ROLE = pytest.mark.parametrize("roles", ROLES, ids=lambda r: f"{r[0]}_peripheral")


class Two:
    """Our host and Bumble, with one link at a time."""

    def __init__(self, room, roles):
        self.room, self.roles = room, roles
        self.central = roles[1] == "breeze"  # we are

    async def start(self):
        peripheral, central = [await self.room.host(kind) for kind in self.roles]
        self.breeze, self.bumble = (central, peripheral) if self.central else (peripheral, central)
        self.keep()

    def keep(self):
        """Bumble's keys go to a file, as a device's that may restart."""
        self.bumble.device.keystore = JsonKeyStore(None, str(self.room.folder / "bumble.keys"))

    async def capable(self, method, repair=False):
        """What both can do from now on; `repair`: our policy repair_just_works."""
        io, self.sc, self.level = method
        self.delegate = delegate = Delegate(io)
        self.bumble.device.pairing_config_factory = lambda _connection: PairingConfig(
            sc=self.sc, mitm=True, bonding=True, delegate=delegate
        )
        await self.breeze.command("io", io, int(self.sc), int(repair))

    async def link(self):
        hosts = (self.bumble, self.breeze) if self.central else (self.breeze, self.bumble)
        near, far = await link(*hosts)
        self.ours, self.theirs = (far, near) if self.central else (near, far)
        self.kept = Mailbox("keys at Bumble")
        self.refusals = Mailbox("a failed pairing at Bumble")
        self.theirs.connection.on("pairing", self.kept.put)
        self.theirs.connection.on("pairing_failure", self.refusals.put)

    async def part(self):
        assert self.ours.security.queue.empty()  # Nothing came that the test did not ask for.
        ours = self.ours
        await ours.disconnect()
        await self.theirs.wait_end()
        await ours.wait_end()

    async def begin_pairing(self):
        """The central does; we say that the keys we may have are no good."""
        if self.central:
            await self.breeze.command("security", self.ours.index, 2 | FORCE)
        else:
            await asyncio.wait_for(self.theirs.connection.pair(), WAIT)

    async def paired(self, began):
        """The pairing that `began` comes to a bond at both."""
        answers = asyncio.create_task(user(self.ours, self.delegate))
        began = asyncio.create_task(began)
        assert await self.ours.security.get() == ("level", self.level, 0)
        assert await self.ours.security.get() == ("paired", 1, 0)
        await began
        await self.kept.get()
        answers.cancel()
        if not self.sc and self.central:
            await right_keys(self.bumble)

    async def refused(self):
        """We refuse a pairing, and both hear of it."""
        began = asyncio.create_task(self.begin_pairing())
        assert await self.ours.security.get() == ("failed", AUTH_REQUIREMENT_ERR, 0)
        assert await self.ours.security.get() == ("level", 1, AUTH_REQUIREMENT_ERR)
        assert await self.refusals.get() == AUTH_REQUIREMENTS
        await asyncio.wait([began])
        assert (began.exception() is None) == self.central
        assert not self.theirs.connection.is_encrypted

    async def encrypts(self, level):
        """A new link, by the bond alone."""
        await self.link()
        await secure(self.ours, self.theirs, again=True)
        assert await self.ours.security.get() == ("level", level, 0)
        assert self.theirs.connection.is_encrypted
        assert self.kept.queue.empty()
        await self.part()

    async def bond(self):
        """A first link, and a bond."""
        await self.link()
        await self.paired(self.begin_pairing())

    async def bumble_forgets(self):
        """Bumble has no keys any more; they are returned."""
        lost = await self.bumble.device.keystore.get_all()
        assert len(lost) == 1
        await self.bumble.device.keystore.delete_all()
        return lost

    async def bumble_recalls(self, lost):
        for name, keys in lost:
            await self.bumble.device.keystore.update(name, keys)

    async def told_that_bumble_has_no_key(self):
        """Our central asks for what its bond gives; the link stays as it was."""
        await self.breeze.command("security", self.ours.index, 2)
        assert await self.ours.security.get() == ("level", 1, KEY_MISSING_ERR)
        assert not self.theirs.connection.is_encrypted

    async def bumble_told_that_we_have_no_key(self):
        with pytest.raises(HCI_Error) as told:
            await asyncio.wait_for(self.theirs.connection.encrypt(), WAIT)
        assert told.value.error_code == KEY_MISSING
        assert not self.theirs.connection.is_encrypted


def meet(rig_for, roles, body):
    async def whole(room):
        two = Two(room, roles)
        await two.start()
        await body(two)

    rig_for("air", roles).run(whole)


# ---- Restarts ------------------------------------------------------------------------------------


async def we_end(two):
    await two.part()
    await two.breeze.stop()
    await two.breeze.again()


async def we_lose_power(two):
    await two.breeze.vanish()
    await two.theirs.wait_end()
    await two.breeze.again()


async def bumble_ends(two):
    ours = two.ours
    await two.bumble.stop()
    await ours.wait_end()
    await two.bumble.start()
    two.keep()


@EACH_ROLE
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("restart", [we_end, we_lose_power, bumble_ends], ids=lambda f: f.__name__)
def test_bond_after_restart(rig_for, restart, method, roles):
    async def body(two):
        await two.capable(method)
        await two.bond()
        address = two.breeze.address
        await restart(two)
        assert two.breeze.address == address
        await two.capable(method)
        await two.encrypts(two.level)

    meet(rig_for, roles, body)


# ---- We have lost the bond -----------------------------------------------------------------------


@EACH_ROLE
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("restarted", [False, True], ids=["unpaired", "unpaired_restarted"])
def test_we_lose_the_bond(rig_for, restarted, method, roles):
    async def body(two):
        await two.capable(method)
        await two.bond()
        await two.part()
        await two.breeze.command("unpair")
        if restarted:
            await two.breeze.stop()
            await two.breeze.again()
            await two.capable(method)
        await two.link()
        if two.central:  # Without a key of ours a wish for security is a pairing at once.
            await two.paired(two.breeze.command("security", two.ours.index, 2))
        else:
            await two.bumble_told_that_we_have_no_key()
            assert two.ours.security.queue.empty()  # It was Bumble that asked.
            asked = Mailbox("a Security Request")
            two.theirs.connection.on("security_request", asked.put)
            await two.breeze.command("security", two.ours.index, 2)
            await asked.get()
            await two.bumble_told_that_we_have_no_key()
            assert await two.ours.security.get() == ("level", 1, KEY_MISSING_ERR)
            await two.paired(two.begin_pairing())
        await two.part()
        await two.encrypts(two.level)

    meet(rig_for, roles, body)


# ---- Bumble has lost the bond --------------------------------------------------------------------


@EACH_ROLE
@pytest.mark.parametrize("method", METHODS)
def test_bumble_loses_the_bond(rig_for, method, roles):
    """Our central says when to pair anew. Our peripheral lets a stranger with the peer's address do so by
    Just Works only where the policy says so; who authenticates may."""

    async def body(two):
        await two.capable(method)
        await two.bond()
        await two.part()
        lost = await two.bumble_forgets()
        await two.link()
        if two.central:
            await two.told_that_bumble_has_no_key()
        elif method is not STRONG:
            await two.refused()
        await two.part()
        await two.bumble_recalls(lost)
        await two.encrypts(two.level)
        lost = await two.bumble_forgets()
        await two.capable(method, repair=not two.central and method is not STRONG)
        await two.link()
        if two.central:
            await two.told_that_bumble_has_no_key()
        await two.paired(two.begin_pairing())
        assert await two.bumble.device.keystore.get_all() != lost
        await two.part()
        await two.encrypts(two.level)

    meet(rig_for, roles, body)


@EACH_ROLE
@pytest.mark.parametrize(
    "first, weaker",
    [
        pytest.param(STRONG, PLAIN, id="just_works_over_authenticated"),
        pytest.param(PLAIN, LEGACY, id="legacy_over_secure_connections"),
    ],
)
def test_bumble_loses_the_bond_and_offers_less(rig_for, first, weaker, roles):
    """No policy lets a weaker pairing replace a bond; bt_unpair() does."""

    async def body(two):
        await two.capable(first)
        await two.bond()
        await two.part()
        lost = await two.bumble_forgets()
        await two.capable(weaker, repair=True)
        await two.link()
        if two.central:
            await two.told_that_bumble_has_no_key()
        await two.refused()
        await two.part()
        await two.bumble_recalls(lost)
        await two.encrypts(first[2])
        await two.bumble_forgets()
        await two.breeze.command("unpair")
        await two.link()
        await two.paired(two.begin_pairing())
        await two.part()
        await two.encrypts(two.level)

    meet(rig_for, roles, body)
