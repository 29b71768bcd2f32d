"""Bumble as the other host: the same words as breeze_host.py, for an independent implementation."""

import asyncio
import logging
import os
import struct

from bumble.att import ATT_Error, ATT_Execute_Write_Request, ATT_Prepare_Write_Request
from bumble.core import UUID, ConnectionError, TimeoutError
from bumble.device import Advertisement, AdvertisingEventProperties, AdvertisingParameters
from bumble.device import AdvertisingType, ConnectionParametersPreferences, Device, Peer
from bumble.device import PeriodicAdvertisingParameters
from bumble.gatt import Attribute, Characteristic as ServedCharacteristic
from bumble.gatt import CharacteristicValue, Descriptor, Service as ServedService
from bumble.hci import Address, HCI_Command, HCI_Error
from bumble.hci import HCI_LE_Set_Default_Periodic_Advertising_Sync_Transfer_Parameters_Command
from bumble.hci import Phy
from bumble.transport import open_transport

import common
from common import CONNECT_SECONDS, WAIT, AttError, Characteristic, ConnectFailed, Mailbox
from common import Report, Service, SetReport, Synced

logging.getLogger("bumble").setLevel(logging.CRITICAL)

SET_RADIO, KEEP = 0xFFB1, 0xFFFFFFFF  # of the virtual air: air/README.md

ADV_KINDS = {
    "conn": AdvertisingType.UNDIRECTED_CONNECTABLE_SCANNABLE,
    "scan": AdvertisingType.UNDIRECTED_SCANNABLE,
    "nonconn": AdvertisingType.UNDIRECTED,
}


PHYS = {"1m": Phy.LE_1M, "2m": Phy.LE_2M, "coded": Phy.LE_CODED}


def text_of(address):
    kind = "public" if address.is_public else "random"
    return f"{address.to_string(False)}/{kind}"


def address_of(text):
    octets, kind = text.split("/")
    kinds = {"public": Address.PUBLIC_DEVICE_ADDRESS, "random": Address.RANDOM_DEVICE_ADDRESS}
    return Address(octets, kinds[kind])


def uuid_text(uuid):
    """16-bit UUIDs as four digits, the others with dashes, lower case."""
    raw = bytes(reversed(uuid.to_bytes())).hex()
    if len(raw) != 32:
        return raw
    return "-".join((raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:]))


async def att(awaitable):
    """ATT errors of Bumble as ours."""
    try:
        return await asyncio.wait_for(awaitable, WAIT)
    except ATT_Error as error:
        raise AttError(error.error_code) from None


class BumbleLink:
    """A link of a Bumble host."""

    kind = "bumble"

    def __init__(self, host, connection):
        self.host, self.connection = host, connection
        self.peer = text_of(connection.peer_address)
        self.role = "central" if connection.role == 0 else "peripheral"
        self.gatt = Peer(connection)
        self.proxies = {}
        self.updates = Mailbox("connection parameter update at Bumble")
        self.mtus = Mailbox("MTU update at Bumble")
        self.ends = Mailbox("disconnection at Bumble")
        connection.on("connection_parameters_update", self.on_update)
        connection.on("connection_att_mtu_update", lambda: self.mtus.put(connection.att_mtu))
        connection.on("disconnection", self.ends.put)

    def on_update(self):
        now = self.connection.parameters
        interval = round(now.connection_interval / 1.25)
        self.updates.put((interval, now.peripheral_latency, round(now.supervision_timeout / 10)))

    @property
    def mtu(self):
        return self.connection.att_mtu

    async def exchange_mtu(self):
        return await att(self.gatt.request_mtu(self.host.offered_mtu))

    async def wait_mtu(self, wanted):
        if self.connection.att_mtu != wanted:
            await self.mtus.find(lambda mtu: mtu == wanted)

    async def discover(self, uuid=None):
        uuids = [UUID(uuid)] if uuid else []
        services = []
        for proxy in await att(self.gatt.discover_services(uuids)):
            service = Service(uuid_text(proxy.uuid), proxy.handle, proxy.end_group_handle)
            await self.discover_inside(service, proxy)
            services.append(service)
        return services

    async def discover_inside(self, service, proxy):
        for inner in await att(self.gatt.discover_characteristics((), proxy)):
            uuid = uuid_text(inner.uuid)
            found = Characteristic(uuid, inner.handle - 1, inner.handle, int(inner.properties))
            for descriptor in await att(self.gatt.discover_descriptors(inner)):
                found.descriptors[uuid_text(descriptor.type)] = descriptor.handle
            self.proxies[inner.handle] = inner
            service.characteristics.append(found)

    async def read(self, handle):
        return bytes(await att(self.gatt.read_value(handle)))

    async def read_by_uuid(self, uuid):
        return [bytes(v) for v in await att(self.gatt.read_characteristics_by_uuid(UUID(uuid)))]

    async def write(self, handle, value):
        await att(self.gatt.write_value(handle, value, with_response=True))

    async def write_long(self, handle, value):
        """By Prepare Write and Execute Write, which Bumble knows as PDUs only."""
        size = self.mtu - 5
        for offset in range(0, len(value), size):
            part = value[offset : offset + size]
            echo = await self.request(
                ATT_Prepare_Write_Request(
                    attribute_handle=handle, value_offset=offset, part_attribute_value=part
                )
            )
            assert (echo.attribute_handle, echo.value_offset) == (handle, offset)
            assert echo.part_attribute_value == part
        await self.request(ATT_Execute_Write_Request(flags=1))

    async def request(self, pdu):
        response = await att(self.gatt.gatt_client.send_request(pdu))
        if response.op_code == 0x01:
            raise AttError(response.error_code)
        return response

    async def write_command(self, handle, value):
        await att(self.gatt.write_value(handle, value, with_response=False))

    async def subscribe(self, characteristic, kind="notify"):
        box = Mailbox("notification to Bumble")
        proxy = self.proxies[characteristic.handle]
        await att(self.gatt.subscribe(proxy, box.put, prefer_notify=kind == "notify"))
        return box

    def expect_indications(self, handle):
        """Of a subscription that the server kept: nothing is written."""
        box = Mailbox("indication to Bumble")
        self.gatt.gatt_client.indication_subscribers.setdefault(handle, set()).add(box.put)
        return box

    async def unsubscribe(self, characteristic):
        await att(self.gatt.unsubscribe(self.proxies[characteristic.handle]))

    async def notify(self, count, length=20):
        for number in range(count):
            value = number.to_bytes(4, "little").ljust(length, b"\0")
            served = self.host.served[common.NOTIFY]
            await self.host.device.notify_subscriber(self.connection, served, value)

    async def indicate(self, value):
        served = self.host.served[common.INDICATE]
        await att(self.host.device.indicate_subscriber(self.connection, served, value))

    async def update(self, low, high, latency, timeout):
        await self.connection.update_parameters(low * 1.25, high * 1.25, latency, timeout * 10)

    async def controller(self):
        """(version, manufacturer, subversion, features) of our own controller."""
        host = self.host.device.host
        local = host.local_version
        features = int(host.local_le_features).to_bytes(8, "little")
        return (local.hci_version, local.company_identifier, local.lmp_subversion, features)

    async def update_l2cap(self, low, high, latency, timeout):
        """The older procedure, over L2CAP signalling; a peripheral only."""
        values = (low * 1.25, high * 1.25, latency, timeout * 10)
        await self.connection.update_parameters(*values, use_l2cap=True)

    async def wait_update(self, low, high, latency, timeout):
        def wanted(update):
            return low <= update[0] <= high and update[1:] == (latency, timeout)

        return await self.updates.find(wanted)

    async def disconnect(self, reason=0x13):
        await asyncio.wait_for(self.connection.disconnect(reason), WAIT)

    async def wait_end(self):
        return await self.ends.get()


class BumbleHost:
    """A Bumble device with the tests' service."""

    kind = "bumble"

    def __init__(self, transport, address, label, trace):
        self.transport_name, self.own, self.label, self.trace = transport, address, label, trace
        self.offered_mtu = 200
        self.served = {}
        self.value = bytearray(common.FIRST_VALUE)
        self.reports = Mailbox(f"advertising report at {label}")
        self.arrivals = Mailbox(f"connection at {label}")
        self.set_reports = Mailbox(f"report of an advertising set at {label}")
        self.parts = {}  # of long data, by whom it is from
        self.sets = {}
        self.syncs = Mailbox(f"beginning or end of a sync at {label}")
        self.trains = Mailbox(f"periodic advertising at {label}")
        self.followed = None
        self.writes = Mailbox(f"write to {label}")
        self.subscriptions = Mailbox(f"subscription to {label}")

    async def start(self):
        os.environ["BUMBLE_SNOOPER"] = f"btsnoop:file:{self.trace}"  # for whom looks at a failure
        self.transport = await asyncio.wait_for(open_transport(self.transport_name), WAIT)
        own = Address(self.own)
        ends = (self.transport.source, self.transport.sink)
        self.device = Device.with_hci(self.label, own, *ends)
        self.device.add_service(self.make_service())
        self.device.add_service(self.make_battery())
        self.device.on("connection", self.on_connection)
        # Below the device, which joins an advertisement and its scan response into one.
        self.device.host.on("advertising_report", self.on_report)
        await asyncio.wait_for(self.device.power_on(), WAIT)

    async def stop(self):
        if getattr(self, "transport", None) is not None:
            transport, self.transport = self.transport, None
            await asyncio.wait_for(transport.close(), WAIT)

    vanish = stop

    # ---- The service -----------------------------------------------------------------------------

    def serve(self, uuid, properties, permissions, value=b"", descriptors=()):
        properties = ServedCharacteristic.Properties(properties)
        made = ServedCharacteristic(uuid, properties, permissions, value, descriptors)
        made.on("subscription", lambda *args: self.on_subscription(uuid, *args))
        self.served[uuid] = made
        return made

    def make_service(self):
        readable, writeable = Attribute.READABLE, Attribute.WRITEABLE
        properties = {uuid: entry[0] for uuid, entry in common.CHARACTERISTICS.items()}
        value = CharacteristicValue(lambda _: bytes(self.value), self.on_write)
        refused = CharacteristicValue(None, self.on_refused)
        text = Descriptor(UUID.from_16_bits(0x2901), readable, common.DESCRIPTION_VALUE)
        rows = [
            self.serve(common.VALUE, properties[common.VALUE], readable | writeable, value),
            self.serve(common.NOTIFY, properties[common.NOTIFY], 0, b"", [text]),
            self.serve(common.INDICATE, properties[common.INDICATE], 0),
            self.serve(common.LONG, properties[common.LONG], readable, common.LONG_VALUE),
            self.serve(common.REFUSED, properties[common.REFUSED], writeable, refused),
        ]
        return ServedService(common.SERVICE, rows)

    def make_battery(self):
        properties = common.READ | common.NOTIFIES
        row = self.serve("2A19", properties, Attribute.READABLE, bytes([87]))
        return ServedService("180F", [row])

    def on_write(self, _connection, value):
        self.value = bytearray(value)
        self.writes.put((bytes(value), None))

    def on_refused(self, _connection, _value):
        raise ATT_Error(common.APPLICATION_ERROR)

    def on_subscription(self, uuid, _connection, notify, indicate):
        names = {common.NOTIFY: "notify", common.INDICATE: "indicate", "2A19": "battery"}
        self.subscriptions.put((names[uuid], int(notify) | int(indicate) << 1))

    # ---- GAP -------------------------------------------------------------------------------------

    def on_connection(self, connection):
        self.arrivals.put(BumbleLink(self, connection))

    def on_report(self, report):
        seen = Advertisement.from_advertising_report(report)
        if seen is None:
            return
        if not seen.is_legacy:
            self.on_set_report(seen)
            return
        address = text_of(seen.address)
        flags = (seen.is_connectable, seen.is_scannable, seen.is_scan_response)
        self.reports.put(Report(address, *flags, bytes(seen.data_bytes)))

    def on_set_report(self, seen):
        address = "anonymous" if seen.is_anonymous else text_of(seen.address)
        data = self.parts.pop((address, seen.sid), b"") + bytes(seen.data_bytes)
        if not seen.is_complete and not seen.is_truncated:
            self.parts[address, seen.sid] = data
        elif seen.is_complete:
            kinds = (seen.is_connectable, seen.is_scannable, seen.is_scan_response)
            phys = (seen.primary_phy, seen.secondary_phy)
            self.set_reports.put(SetReport(address, seen.sid, *kinds, phys, data))

    @property
    def address(self):
        return f"{self.own}/random"

    async def advertise_set(self, slot, kind, sid, length, phy="2m", notify=False):
        """A set whose data, or scan response where it is scannable, has so many octets."""
        properties = AdvertisingEventProperties(
            is_connectable=kind == "conn",
            is_scannable=kind == "scan",
            is_anonymous=kind == "anonymous",
        )
        parameters = AdvertisingParameters(
            advertising_event_properties=properties,
            primary_advertising_interval_min=30,
            primary_advertising_interval_max=30,
            primary_advertising_phy=PHYS["coded" if phy == "coded" else "1m"],
            secondary_advertising_phy=PHYS[phy],
            advertising_sid=sid,
            enable_scan_request_notifications=notify,
        )
        data = common.structures(length)
        self.sets[slot] = await self.device.create_advertising_set(
            parameters,
            advertising_data=b"" if kind == "scan" else data,
            scan_response_data=data if kind == "scan" else b"",
        )

    async def stop_set(self, slot):
        await self.sets[slot].stop()

    async def advertise_train(self, slot, sid, length, interval=40):
        """A set without data of its own, with periodic advertising of so many octets."""
        times = PeriodicAdvertisingParameters(interval * 1.25, interval * 1.25)
        self.sets[slot] = await self.device.create_advertising_set(
            AdvertisingParameters(
                advertising_event_properties=AdvertisingEventProperties(is_connectable=False),
                primary_advertising_interval_min=30,
                primary_advertising_interval_max=30,
                advertising_sid=sid,
            ),
            periodic_advertising_parameters=times,
            periodic_advertising_data=common.structures(length),
        )
        await self.sets[slot].start_periodic()

    async def stop_train(self, slot):
        await self.sets[slot].stop_periodic()

    def follow(self, sync):
        def begun():
            interval = round(sync.periodic_advertising_interval / 1.25)
            address = text_of(sync.advertiser_address)
            self.syncs.put(Synced(address, sync.sid, interval))

        self.followed = sync
        sync.on("loss", lambda: self.syncs.put(0x08))
        sync.on("establishment_error", lambda: self.syncs.put(sync.status))
        sync.on("periodic_advertisement", lambda report: self.trains.put(report.data_bytes))
        if sync.state == sync.State.ESTABLISHED:
            begun()
        else:
            sync.on("establishment", begun)

    async def sync(self, address, sid):
        await self.device.start_scanning(active=False, scan_interval=60, scan_window=60)
        sync = await self.device.create_periodic_advertising_sync(
            address_of(address), sid, sync_timeout=1.0
        )
        self.follow(sync)

    async def end_sync(self):
        await self.followed.terminate()
        await self.device.stop_scanning()
        self.syncs.put(0x16)  # Bumble has no event for what it was asked for

    async def take_transfers(self):
        await self.device.send_sync_command(
            HCI_LE_Set_Default_Periodic_Advertising_Sync_Transfer_Parameters_Command(
                mode=2, skip=0, sync_timeout=100, cte_type=0
            )
        )
        # A transferred sync has begun when it is told; Bumble keeps no service data.
        self.device.on("periodic_advertising_sync_transfer", lambda sync, _: self.follow(sync))

    async def give_train(self, link, slot, service_data):
        await self.sets[slot].transfer_periodic_info(link.connection, service_data)

    async def give_sync(self, link, service_data):
        await self.followed.transfer(link.connection, service_data)

    async def remove_set(self, slot):
        await self.sets.pop(slot).remove()

    async def scan_sets(self, active=False, coded=False):
        self.set_reports.clear()
        phys = [Phy.LE_1M, Phy.LE_CODED] if coded else [Phy.LE_1M]
        await self.device.start_scanning(
            active=active, scan_interval=60, scan_window=60, scanning_phys=phys
        )

    async def advertise(self, kind, data=b"", response=b"", interval=30):
        await self.device.start_advertising(
            advertising_type=ADV_KINDS[kind],
            advertising_data=data,
            scan_response_data=response,
            advertising_interval_min=interval,
            advertising_interval_max=interval,
        )

    async def stop_advertising(self):
        await self.device.stop_advertising()

    async def scan(self, active):
        self.reports.clear()
        await self.device.start_scanning(active=active, scan_interval=60, scan_window=60)

    async def stop_scan(self):
        await self.device.stop_scanning()

    async def connect(self, address, timeout=CONNECT_SECONDS, interval=12):
        wish = ConnectionParametersPreferences(interval * 1.25, interval * 1.25, 0, 2000)
        self.arrivals.clear()
        try:
            await self.device.connect(
                address_of(address),
                connection_parameters_preferences={Phy.LE_1M: wish},
                timeout=timeout,
            )
        except TimeoutError:
            raise ConnectFailed(0x02) from None
        except (ConnectionError, HCI_Error) as error:
            raise ConnectFailed(error.error_code) from None
        return await self.arrivals.get()

    async def cancel_connect(self):
        await self.device.cancel_connection()

    async def lose(self, loss):
        """The controller loses so many packets of a million from now on."""
        values = struct.pack("<II", loss, KEEP)
        answer = await self.device.host.send_command(HCI_Command(values, op_code=SET_RADIO))
        assert bytes(answer.return_parameters) == b"\0", answer

    async def wait_link(self):
        return await self.arrivals.get()
