"""What takes several values or a list, and what links are asked for by call, between Breeze and Bumble."""

import asyncio
import struct

import common
import pytest
from bumble import att
from bumble.core import UUID
from bumble.gatt import Service as ServedService
from bumble.hci import Phy
from bumble_host import BumbleLink, uuid_text
from common import AttError, Mailbox, find_characteristic
from pairs import for_pairs, link, over

MIXED = [pair for pair in over("air") if "breeze" in pair]
OUR_SERVER = [pair for pair in MIXED if pair[1] == "breeze"]
OUR_CLIENT = [pair for pair in MIXED if pair[2] == "breeze"]
INNER, OUTER = common.BASE.format(0x21), common.BASE.format(0x20)  # host_more.c
BUMBLE_INNER = "fe21"
SECONDARY_SERVICE, INCLUDE = 0x2801, 0x2802
FEATURES = "2b29"  # Client Supported Features
MULTIPLE_NOTIFICATIONS = 0x04
QUIET_SECONDS = 0.3  # ten advertising intervals


async def read_several(end, handles, variable):
    """The values: one by one where each has its length, else in one piece."""
    if end.kind == "breeze":
        await end.operation("read_several", end.index, int(variable), *handles)
        return list(end.values)
    if variable:
        answer = await end.request(att.ATT_Read_Multiple_Variable_Request(set_of_handles=handles))
        return [value for _, value in answer.length_value_tuple_list]
    answer = await end.request(att.ATT_Read_Multiple_Request(set_of_handles=handles))
    return [answer.set_of_values]


@for_pairs(MIXED)
async def test_read_multiple(peripheral, central):
    _, far = await link(peripheral, central)
    services = await far.discover()
    value = find_characteristic(services, common.VALUE).handle
    battery = find_characteristic(services, common.BATTERY).handle
    both = [common.FIRST_VALUE, bytes([87])]
    assert await read_several(far, [value, battery], False) == [b"".join(both)]
    assert await read_several(far, [value, battery], True) == both
    assert await read_several(far, [battery, value, battery], True) == [both[1], *both]
    for variable in (False, True):
        with pytest.raises(AttError) as refused:
            await read_several(far, [value, 0x7777], variable)
        wanted = 0x01 if peripheral.kind == "breeze" else 0x0A  # Bumble: Attribute Not Found
        assert refused.value.code == wanted


async def serve_including(host):
    """A service that includes a secondary one."""
    if host.kind == "breeze":
        return await host.command("including")
    # Bumble cuts 128-bit UUIDs in the declaration to two octets.
    inner = ServedService(BUMBLE_INNER, [], primary=False)
    host.device.add_service(inner)
    host.device.add_service(ServedService(OUTER, [], included_services=[inner]))


async def included(end):
    """By PDU: Bumble's call cannot take a UUID that is not in the answer (Vol 3, Part G, 4.5.1)."""
    pdu = att.ATT_Read_By_Type_Request(
        starting_handle=1, ending_handle=0xFFFF, attribute_type=UUID.from_16_bits(INCLUDE)
    )
    found = []
    for _, value in (await end.request(pdu)).attributes:
        first, last = struct.unpack("<HH", value)
        found.append((uuid_text(UUID.from_bytes(await end.read(first))), first, last))
    return found


async def secondary(end):
    pdu = att.ATT_Read_By_Group_Type_Request(
        starting_handle=1,
        ending_handle=0xFFFF,
        attribute_group_type=UUID.from_16_bits(SECONDARY_SERVICE),
    )
    rows = (await end.request(pdu)).attributes
    return [(uuid_text(UUID.from_bytes(value)), first, last) for first, last, value in rows]


async def ranges(end, what):
    """(UUID, first handle, last handle) of what is found: "includes" or "secondary"."""
    if end.kind == "bumble":
        return await (included if what == "includes" else secondary)(end)
    await end.operation("discover_more", end.index, what)
    return [(uuid, int(first), int(last)) for first, last, uuid in end.found]


@for_pairs(MIXED)
async def test_included_and_secondary_services(peripheral, central):
    await serve_including(peripheral)
    _, far = await link(peripheral, central)
    assert OUTER in [service.uuid for service in await far.discover()]
    inner = await ranges(far, "secondary")
    wanted = INNER if peripheral.kind == "breeze" else BUMBLE_INNER
    assert [uuid for uuid, _, _ in inner] == [wanted]
    assert await ranges(far, "includes") == inner


@for_pairs(OUR_CLIENT)
async def test_reliable_write(peripheral, central):
    """Both values or none: Bumble takes the pieces and writes them when it is told to."""
    _, far = await link(peripheral, central)
    services = await far.discover(common.SERVICE)
    value = find_characteristic(services, common.VALUE).handle
    refused = find_characteristic(services, common.REFUSED).handle
    words = ("write_reliable", far.index, value, b"first".hex(), value, b"second".hex())
    await far.operation(*words)
    assert (await peripheral.writes.get())[0] == b"second"  # the later piece of the same value
    with pytest.raises(AttError) as error:
        await far.operation(*words[:2], value, b"third".hex(), refused, b"x".hex())
    assert error.value.code == common.APPLICATION_ERROR
    with pytest.raises(AttError) as error:
        await far.operation(*words[:2], value, b"fourth".hex(), 0x7777, b"x".hex())
    assert error.value.code == 0x01
    assert await far.read(value) == b"third"  # the fourth was cancelled
    assert peripheral.device.gatt_server.prepared_writes == {}


@for_pairs(OUR_SERVER)
async def test_reliable_write_to_us(peripheral, central):
    """Pieces are kept until the client says: first that they go, then that they count."""
    _, far = await link(peripheral, central)
    services = await far.discover(common.SERVICE)
    value = find_characteristic(services, common.VALUE).handle
    for flags, after in ((0, common.FIRST_VALUE), (1, b"whole")):
        for offset, part in ((0, b"who"), (3, b"le")):
            pdu = att.ATT_Prepare_Write_Request(
                attribute_handle=value, value_offset=offset, part_attribute_value=part
            )
            assert bytes(await far.request(pdu))[1:] == bytes(pdu)[1:]
        await far.request(att.ATT_Execute_Write_Request(flags=flags))
        assert await far.read(value) == after
    assert (await peripheral.writes.get())[0] == b"whole"
    assert peripheral.writes.queue.empty()


def hear_pdus(bumble_link):
    """What Bumble's client has no handler for, as octets."""
    box = Mailbox("a PDU that Bumble does not know")
    client = bumble_link.gatt.gatt_client
    usual = client.on_gatt_pdu

    def take(pdu):
        if pdu.op_code == 0x23:
            box.put(bytes(pdu.payload))
        else:
            usual(pdu)

    client.on_gatt_pdu = take
    return box


@for_pairs(OUR_SERVER)
async def test_multiple_notifications(peripheral, central):
    """In one PDU for a client that says it understands that, else one each (Vol 3, Part G, 7.2)."""
    await peripheral.command("including")
    near, far = await link(peripheral, central)
    service = {s.uuid: s for s in await far.discover()}
    features = find_characteristic(service.values(), FEATURES).handle
    first, last = (await ranges(far, "secondary"))[0][1:]
    box = hear_pdus(far)
    single = Mailbox("notification to Bumble")
    for handle in (first + 2, first + 5):
        far.gatt.gatt_client.notification_subscribers.setdefault(handle, set()).add(single.put)
        await far.write(handle + 1, b"\x01\0")
    assert first + 6 == last
    await peripheral.command("notify_both", near.index, "aa", "bbcc")
    assert [await single.get(), await single.get()] == [b"\xaa", b"\xbb\xcc"]
    await far.write(features, bytes([MULTIPLE_NOTIFICATIONS]))
    await peripheral.command("notify_both", near.index, "aa", "bbcc")
    handles = [handle.to_bytes(2, "little") for handle in (first + 2, first + 5)]
    assert await box.get() == handles[0] + b"\1\0\xaa" + handles[1] + b"\2\0\xbb\xcc"


@for_pairs(OUR_CLIENT)
async def test_multiple_notifications_to_us(peripheral, central):
    near, far = await link(peripheral, central)
    services = await far.discover()
    boxes = [
        await far.subscribe(find_characteristic(services, uuid))
        for uuid in (common.NOTIFY, common.BATTERY)
    ]
    pdu = b"\x23"
    for uuid, value in ((common.NOTIFY, b"one"), (common.BATTERY, b"2")):
        handle = find_characteristic(services, uuid).handle
        pdu += handle.to_bytes(2, "little") + len(value).to_bytes(2, "little") + value
    near.host.device.send_l2cap_pdu(near.connection.handle, att.ATT_CID, pdu)
    assert [await box.get() for box in boxes] == [b"one", b"2"]


@for_pairs(OUR_CLIENT)
async def test_accept_list_of_a_central(peripheral, central):
    """Who is not on the list is neither reported nor connected to."""
    other = "C0:00:00:00:00:0A/random"
    await peripheral.advertise("conn")
    await central.command("accept", other)
    await central.command("scan_accepted")
    await asyncio.sleep(QUIET_SECONDS)
    assert central.reports.queue.empty()
    await central.command("scan_stop")
    await central.command("connect_accepted")
    await asyncio.sleep(QUIET_SECONDS)
    assert central.arrivals.queue.empty()
    await central.command("disable")  # ends the search; the list goes with it
    await central.command("enable")
    await central.command("accept", peripheral.address)
    await central.command("scan_accepted")
    assert (await central.reports.get()).address == peripheral.address
    await central.command("scan_stop")
    await central.command("connect_accepted")
    assert (await central.wait_link()).peer == peripheral.address


@for_pairs(OUR_SERVER)
async def test_accept_list_of_a_peripheral(peripheral, central):
    """Connection requests of others are not heard; their link ends before it was one."""
    await peripheral.command("accept", "C0:00:00:00:00:0A/random")
    await peripheral.command("adv_accepted")
    far = await central.connect(peripheral.address)
    assert await far.wait_end() == 0x3E  # Connection Failed to be Established
    assert peripheral.arrivals.queue.empty()
    await peripheral.command("adv_stop")
    await peripheral.command("accept", central.address)
    await peripheral.command("adv_accepted")
    assert (await central.connect(peripheral.address)).peer == peripheral.address
    assert (await peripheral.wait_link()).peer == central.address


@for_pairs([("air", "breeze_eatt", "bumble")])
async def test_name_and_appearance_are_written(peripheral, central):
    """In a build that lets a peer write them (Vol 3, Part C, 12.1 and 12.2): they are then ours."""
    _, far = await link(peripheral, central)
    services = await far.discover("1800")
    name = find_characteristic(services, "2a00")
    appearance = find_characteristic(services, "2a01")
    assert name.properties & common.WRITE and appearance.properties & common.WRITE
    await far.write(name.handle, b"by Bumble")
    assert await far.read(name.handle) == b"by Bumble"
    await far.write(appearance.handle, b"\x41\x03")
    assert await far.read(appearance.handle) == b"\x41\x03"
    with pytest.raises(AttError) as refused:
        await far.write(appearance.handle, b"\x41\x03\0")
    assert refused.value.code == 0x0D  # Invalid Attribute Value Length
    await far.disconnect()
    await peripheral.advertise("conn", common.ad((0x09, b"x")))
    far = await central.connect(peripheral.address)
    assert await far.read(name.handle) == b"by Bumble"


def other_end(near, far):
    """(Breeze's end, Bumble's)."""
    return (far, near) if isinstance(near, BumbleLink) else (near, far)


@for_pairs(MIXED)
async def test_phy_by_call(peripheral, central):
    """LE 1M asked for by Breeze, LE 2M by Bumble: each is told of both."""
    ours, theirs = other_end(*await link(peripheral, central))
    seen = Mailbox("a PHY at Bumble")
    theirs.connection.on("connection_phy_update", lambda phy: seen.put((phy.tx_phy, phy.rx_phy)))
    await ours.host.phys.find(lambda phys: phys == (2, 2))  # by itself
    await ours.host.command("phy", ours.index, 1)
    assert await ours.host.phys.find(lambda phys: phys == (1, 1))
    await seen.find(lambda phys: phys == (1, 1))
    await theirs.connection.set_phy([Phy.LE_2M], [Phy.LE_2M])
    assert await ours.host.phys.find(lambda phys: phys == (2, 2))
    await seen.find(lambda phys: phys == (2, 2))


@for_pairs(MIXED)
async def test_data_length_by_call(peripheral, central):
    """Each shortens what it sends; the other is told what it will receive."""
    ours, theirs = other_end(*await link(peripheral, central))
    lengths, seen = ours.host.lengths, Mailbox("a data length at Bumble")

    def on_change():
        now = theirs.connection.data_length
        seen.put((now.max_tx_octets, now.max_rx_octets))

    theirs.connection.on("connection_data_length_change", on_change)
    await lengths.find(lambda length: length == (251, 251))  # by itself
    await ours.host.command("data_len", ours.index, 100, 2120)
    assert await lengths.find(lambda length: length[0] == 100)
    await theirs.connection.set_data_length(60, 2120)
    assert await lengths.find(lambda length: length == (100, 60))
    await seen.find(lambda length: length == (60, 100))
