"""Channels that need security, with Bumble: ours wait for pairing, whoever of the two needs it.

Bumble 0.0.236 asks nothing of a link before it opens a channel: here it refuses as the specification has it
(Vol 3, Part A, 4.23 and 4.26) as long as the link is not encrypted."""

import asyncio

from bumble import l2cap
from bumble.pairing import PairingConfig
from common import WAIT
from pairs import for_pairs, link

PSM = 0x87
PAIRS = [("air", "breeze", "bumble"), ("air", "bumble", "breeze")]
SPEC = l2cap.LeCreditBasedChannelSpec(psm=PSM, mtu=1500, mps=247, max_credits=60)
LE_RESULT = l2cap.L2CAP_LE_Credit_Based_Connection_Response.Result
RESULT = l2cap.L2CAP_Credit_Based_Connection_Response.Result


def ends_of(peripheral, central, near, far):
    if near.kind == "breeze":
        return peripheral, near, central, far
    return central, far, peripheral, near


def refuse_plain(bumble, refusals):
    """Bumble refuses channels on a link that is not encrypted."""
    manager = bumble.device.l2cap_channel_manager
    grant_le = manager.on_l2cap_le_credit_based_connection_request
    grant = manager.on_l2cap_credit_based_connection_request

    def answer(connection, cid, request, response, grants):
        if connection.is_encrypted:
            return grants(connection, cid, request)
        refusals.append(request.identifier)
        return manager.send_control_frame(connection, cid, response)

    def on_le(connection, cid, request):
        response = l2cap.L2CAP_LE_Credit_Based_Connection_Response(
            identifier=request.identifier,
            destination_cid=0,
            mtu=0,
            mps=0,
            initial_credits=0,
            result=LE_RESULT.CONNECTION_REFUSED_INSUFFICIENT_AUTHENTICATION,
        )
        return answer(connection, cid, request, response, grant_le)

    def on_enhanced(connection, cid, request):
        response = l2cap.L2CAP_Credit_Based_Connection_Response(
            identifier=request.identifier,
            mtu=0,
            mps=0,
            initial_credits=0,
            result=RESULT.ALL_CONNECTIONS_REFUSED_INSUFFICIENT_AUTHENTICATION,
            destination_cid=[],
        )
        return answer(connection, cid, request, response, grant)

    manager.on_l2cap_le_credit_based_connection_request = on_le
    manager.on_l2cap_credit_based_connection_request = on_enhanced


async def opens(peripheral, central, enhanced, required):
    """Our channel; Bumble refuses it unencrypted unless we see to security ourselves (`required`)."""
    near, far = await link(peripheral, central)
    breeze, mine, bumble, theirs = ends_of(peripheral, central, near, far)
    bumble.device.pairing_config_factory = lambda _connection: PairingConfig(mitm=False)
    if mine.role == "peripheral":  # Bumble leaves Security Requests to its application.
        theirs.connection.on(
            "security_request", lambda _auth: asyncio.ensure_future(theirs.connection.pair())
        )
    refusals = []
    refuse_plain(bumble, refusals)
    accepted = asyncio.Queue()
    bumble.device.create_l2cap_server(SPEC, accepted.put_nowait)
    await breeze.command("chan_connect", mine.index, PSM, int(enhanced), 2 if required else 0)
    assert await breeze.opened.get() == 1500
    assert len(refusals) == (0 if required else 1)
    assert await mine.security.get() == ("level", 2, 0)
    channel = await asyncio.wait_for(accepted.get(), WAIT)
    assert theirs.connection.is_encrypted
    await asyncio.wait_for(channel.disconnect(), WAIT)
    await breeze.closed.get()


@for_pairs(PAIRS)
async def test_we_need_it(peripheral, central):
    await opens(peripheral, central, enhanced=False, required=True)


@for_pairs(PAIRS)
async def test_we_need_it_enhanced(peripheral, central):
    await opens(peripheral, central, enhanced=True, required=True)


@for_pairs(PAIRS)
async def test_bumble_needs_it(peripheral, central):
    await opens(peripheral, central, enhanced=False, required=False)


@for_pairs(PAIRS)
async def test_bumble_needs_it_enhanced(peripheral, central):
    await opens(peripheral, central, enhanced=True, required=False)
