"""Pairing with data out of band, with Bumble as the other host: Secure Connections, whoever has whose data,
and legacy with a common key."""

import asyncio
import secrets

import pytest
from bumble.smp import OobContext, OobLegacyContext, OobSharedData
from pairs import link
from test_security import NONE, ROLES, Delegate, PairingConfig, secure

from common import WAIT

HAS = {"theirs": (True, False), "ours": (False, True), "both": (True, True)}


async def pair(room, roles, sc, config, has_theirs):
    peripheral, central = [await room.host(kind) for kind in roles]
    breeze, bumble = (peripheral, central) if roles[0] == "breeze" else (central, peripheral)
    await breeze.command("io", NONE, int(sc))
    await breeze.command("oob", int(has_theirs))
    oob = await config(breeze)
    bumble.device.pairing_config_factory = lambda _connection: PairingConfig(
        sc=sc, mitm=True, bonding=True, delegate=Delegate(NONE), oob=oob
    )
    near, far = await link(peripheral, central)
    ours, theirs = (near, far) if roles[0] == "breeze" else (far, near)
    return ours, asyncio.create_task(asyncio.wait_for(secure(ours, theirs), WAIT))


async def paired(ours, began, level):
    assert await ours.security.get() == ("level", level, 0)
    assert await ours.security.get() == ("paired", 1, 0)
    assert await ours.prompts.get() == ("oob", 0)
    await began


@pytest.mark.parametrize("roles", ROLES, ids=lambda r: f"{r[0]}_peripheral")
@pytest.mark.parametrize("has", HAS)
def test_out_of_band(rig_for, has, roles):
    async def whole(room):
        has_theirs, has_ours = HAS[has]
        context = OobContext()

        async def config(breeze):
            shared = context.share()
            await breeze.command("oob_peer", shared.r.hex(), shared.c.hex())
            return PairingConfig.OobConfig(context, OobSharedData(**breeze.oob) if has_ours else None, None)

        ours, began = await pair(room, roles, True, config, has_theirs)
        await paired(ours, began, 4)

    rig_for("air", roles).run(whole)


@pytest.mark.parametrize("roles", ROLES, ids=lambda r: f"{r[0]}_peripheral")
def test_out_of_band_legacy(rig_for, roles):
    async def whole(room):
        tk = secrets.token_bytes(16)

        async def config(breeze):
            await breeze.command("oob_tk", tk.hex())
            return PairingConfig.OobConfig(None, None, OobLegacyContext(tk))

        ours, began = await pair(room, roles, False, config, True)
        await paired(ours, began, 3)

    rig_for("air", roles).run(whole)


@pytest.mark.parametrize("roles", ROLES, ids=lambda r: f"{r[0]}_peripheral")
def test_out_of_band_forged(rig_for, roles):
    """Who has the other's data sees that a confirmation is not of its key."""

    async def whole(room):
        context = OobContext()

        async def config(breeze):
            shared = OobContext(r=context.r).share()  # of another key
            await breeze.command("oob_peer", shared.r.hex(), shared.c.hex())
            return PairingConfig.OobConfig(context, OobSharedData(**breeze.oob), None)

        ours, began = await pair(room, roles, True, config, True)
        assert (await ours.security.get())[0] == "failed"
        began.cancel()

    rig_for("air", roles).run(whole)
