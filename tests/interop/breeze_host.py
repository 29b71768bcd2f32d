"""A Breeze host as a test sees it: the program host.c, driven over its standard streams."""

import asyncio
import collections
import errno
import os

from common import (
    CONNECT_SECONDS,
    WAIT,
    AttError,
    Characteristic,
    ConnectFailed,
    Mailbox,
    Report,
    Service,
    SetReport,
    Synced,
)
from rootcanal_relay import die_with_parent

ADV_TYPES = {0: (True, True, False), 1: (True, False, False), 2: (False, True, False)}
ADV_TYPES.update({3: (False, False, False), 4: (False, False, True)})


# Options of sets (bluetooth.h).
SET_OPTIONS = {"conn": 0x403, "scan": 0x600, "nonconn": 0x400, "anonymous": 0x2400}
PHY_OPTIONS = {"1m": 0x800, "2m": 0, "coded": 0x1000}
NOTIFY_SCANS = 0x100
SCAN_CODED = 0x04
PHY_NUMBERS = {0: 0, 1: 1, 2: 2, 4: 3}  # of the bits that GAP has for them


def unhex(word):
    return b"" if word == "-" else bytes.fromhex(word)


def code_of(word):
    """The number in a word such as err=0x13."""
    return int(word.split("=")[1], 0)


class HostError(Exception):
    """A command of the host was refused with this errno."""

    def __init__(self, command, number):
        super().__init__(f"{command}: {os.strerror(number)} ({number})")
        self.errno = number


class BreezeLink:
    """A link of a Breeze host."""

    kind = "breeze"

    def __init__(self, host, index, role, peer):
        self.host, self.index, self.role, self.peer = host, index, role, peer
        self.mtu = 23
        self.updates = Mailbox("connection parameter update at Breeze")
        self.requests = Mailbox("connection parameter request at Breeze")
        self.mtus = Mailbox("MTU update at Breeze")
        self.ends = Mailbox("disconnection at Breeze")
        self.bursts = Mailbox("the end of notifications from Breeze")
        self.answers = Mailbox("the end of a GATT operation at Breeze")
        self.security = Mailbox("security at Breeze")
        self.prompts = Mailbox("a question to Breeze's user")
        self.subrates = Mailbox("a change of subrating at Breeze")
        self.found = []
        self.values = []
        self.notified = collections.defaultdict(lambda: Mailbox("notification to Breeze"))

    async def operation(self, *words):
        """Run a GATT command to its end, the error code in its last line."""
        self.found, self.values = [], []
        await self.host.command(*words)
        answer = await self.answers.get()
        code = code_of(answer) if answer else 0
        if code:
            raise AttError(code)

    async def exchange_mtu(self):
        await self.operation("mtu", self.index)
        return self.mtu

    async def wait_mtu(self, wanted):
        await self.mtus.find(lambda mtu: mtu == wanted)

    async def discover(self, uuid=None):
        """Services, all or those with this UUID, with all that is in them."""
        words = ["1", "0xffff", uuid] if uuid else []
        await self.operation("discover", self.index, "services", *words)
        services = [Service(uuid, int(first), int(last)) for first, last, uuid in self.found]
        for service in services:
            await self.discover_inside(service)
        return services

    async def discover_inside(self, service):
        await self.operation("discover", self.index, "chars", service.start, service.end)
        for declaration, value, properties, uuid in self.found:
            properties = int(properties, 0)
            found = Characteristic(uuid, int(declaration), int(value), properties)
            service.characteristics.append(found)
        ends = [c.declaration - 1 for c in service.characteristics[1:]] + [service.end]
        for characteristic, end in zip(service.characteristics, ends):
            if characteristic.handle < end:
                first = characteristic.handle + 1
                await self.operation("discover", self.index, "descs", first, end)
                characteristic.descriptors = {uuid: int(handle) for handle, uuid in self.found}

    async def read(self, handle):
        await self.operation("read", self.index, handle)
        return b"".join(self.values)

    async def write(self, handle, value):
        await self.operation("write", self.index, handle, value.hex() or "-")

    async def read_by_uuid(self, uuid):
        await self.operation("read_uuid", self.index, uuid)
        return list(self.values)

    async def write_long(self, handle, value):
        await self.write(handle, value)  # its client chooses by the length

    async def write_command(self, handle, value):
        """Send it as soon as there is a buffer: the host answers -ENOMEM while there is none."""
        while True:
            try:
                return await self.host.command("write_cmd", self.index, handle, value.hex() or "-")
            except HostError as error:
                if error.errno != errno.ENOMEM:
                    raise
                await self.host.room.get()

    async def subscribe(self, characteristic, kind="notify"):
        ccc = characteristic.descriptors["2902"]
        await self.operation("subscribe", self.index, characteristic.handle, ccc, kind)
        return self.notified[characteristic.handle]

    async def unsubscribe(self, characteristic):
        await self.host.command("unsubscribe", self.index, characteristic.handle)
        await self.host.unsubscribed.find(lambda handle: handle == characteristic.handle)

    async def notify(self, count, length=20):
        """Send counting notifications; returns when the host has sent them all."""
        await self.host.command("notify", self.index, count, length)
        await self.bursts.get(WAIT + count / 50)

    async def indicate(self, value):
        await self.host.command("indicate", self.index, value.hex())
        code = await self.host.indications.get()
        if code:
            raise AttError(code)

    async def update(self, low, high, latency, timeout):
        """Units of the specification: 1.25 ms, events, 10 ms."""
        await self.host.command("param", self.index, low, high, latency, timeout)

    async def wait_update(self, low, high, latency, timeout):
        def wanted(update):
            return low <= update[0] <= high and update[1:] == (latency, timeout)

        return await self.updates.find(wanted)

    async def remote(self):
        """(version, manufacturer, subversion, features) of the other controller."""
        while True:
            try:
                await self.host.command("remote", self.index)
                return await self.host.remotes.get()
            except HostError as error:
                if error.errno != errno.EBUSY:
                    raise
                await asyncio.sleep(0.05)

    async def disconnect(self, reason=0x13):
        await self.host.command("disconnect", self.index, reason)

    async def wait_end(self):
        return await self.ends.get()


class BreezeHost:
    """The process, and the links it has."""

    kind = "breeze"

    def __init__(self, program, hci, folder, label):
        self.program, self.hci, self.folder, self.label = program, hci, folder, label
        self.trace = folder / f"{label}.btsnoop"
        self.links = {}
        self.lives = 1
        self.reports = Mailbox(f"advertising report at {label}")
        self.set_reports = Mailbox(f"report of an advertising set at {label}")
        self.set_events = Mailbox(f"event of an advertising set at {label}")
        self.remotes = Mailbox(f"version and features at {label}")
        self.syncs = Mailbox(f"beginning or end of a sync at {label}")
        self.trains = Mailbox(f"periodic advertising at {label}")
        self.arrivals = Mailbox(f"connection at {label}")
        self.failures = Mailbox(f"failed connection at {label}")
        self.writes = Mailbox(f"write to {label}")
        self.subscriptions = Mailbox(f"subscription to {label}")
        self.unsubscribed = Mailbox(f"end of a subscription at {label}")
        self.opened = Mailbox("a channel at Breeze")
        self.echoes = Mailbox("an enhanced channel at Breeze")
        self.ends = Mailbox("an enhanced channel's end at Breeze")
        self.changes = Mailbox("a reconfiguration at Breeze")
        self.bearers = Mailbox(f"the number of bearers at {label}")
        self.phys = Mailbox(f"the PHYs of a link at {label}")
        self.lengths = Mailbox(f"the data length of a link at {label}")
        self.closed = Mailbox("a channel's end at Breeze")
        self.received = Mailbox("all octets at Breeze")
        self.indications = Mailbox(f"confirmation at {label}")
        self.room = Mailbox(f"a buffer at {label}")
        self.ready = asyncio.Event()
        self.replies = collections.deque()  # a future for each command that waits for its answer
        self.stats_seen = {}
        self.identity = None
        self.oob = {}  # of ours, for another host

    async def start(self):
        env = dict(os.environ, BREEZE_HCI=self.hci, BREEZE_TRACE=str(self.trace))
        env.update(INTEROP_SETTINGS=str(self.folder / f"{self.label}.settings"))
        self.log = open(self.folder / f"{self.label}.log", "a", buffering=1)
        self.process = await asyncio.create_subprocess_exec(
            str(self.program),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=self.log,
            env=env,
            limit=1 << 20,
            preexec_fn=die_with_parent,
        )
        self.reader = asyncio.create_task(self.read())
        await asyncio.wait_for(self.ready.wait(), WAIT)  # else it did not start; see its log
        await self.command("enable")

    async def stop(self):
        """End the process; that it ends well is part of every test."""
        process = getattr(self, "process", None)
        if process is None:
            return
        try:
            if process.returncode is None:
                await self.command("stats")
                process.stdin.write(b"quit\n")
            await asyncio.wait_for(process.wait(), WAIT)
        except (asyncio.TimeoutError, ConnectionError):
            pass
        if process.returncode is None:
            process.kill()
            await process.wait()
            raise AssertionError(f"{self.label} did not end in {WAIT:g} s")
        await self.reader
        self.log.close()
        assert process.returncode == 0, f"{self.label} ended with {process.returncode}"
        wrong = {key: value for key, value in self.stats_seen.items() if value}
        assert not wrong, f"{self.label} counted {wrong}: the peers here make no mistakes"

    async def again(self):
        """Start one more process after the last, with what that one kept in its settings."""
        self.ready.clear()
        self.links.clear()
        self.lives += 1
        self.trace = self.folder / f"{self.label}-life{self.lives}.btsnoop"
        await self.start()

    async def vanish(self):
        """End the process without a word, as a device that loses power."""
        self.process.kill()
        await self.process.wait()
        await self.reader
        self.process = None
        self.log.close()

    async def command(self, *words):
        """Several may be under way at once: the host answers in their order."""
        line = " ".join(str(word) for word in words)
        reply = asyncio.get_running_loop().create_future()
        self.replies.append(reply)
        self.log.write(f"> {line}\n")
        self.process.stdin.write(line.encode() + b"\n")
        try:
            result, rest = await asyncio.wait_for(reply, WAIT)
        except asyncio.TimeoutError:
            raise AssertionError(f"{self.label} did not answer in {WAIT:g} s: {line}") from None
        assert rest[:1] == [str(words[0])], f"{line}: answered {result} {rest}"
        if result == "err":
            raise HostError(line, int(rest[1]))

    async def read(self):
        while line := await self.process.stdout.readline():
            self.log.write(line.decode())
            words = line.decode().split()
            handler = getattr(self, f"on_{words[0]}", None) if words else None
            if handler is not None:
                handler(*words[1:])
        for reply in self.replies:
            if not reply.done():
                reply.set_exception(ConnectionError(f"{self.label} has ended"))

    # ---- Lines of the host -----------------------------------------------------------------------

    def on_ready(self):
        self.ready.set()

    def on_ok(self, *words):
        self.answer("ok", list(words))

    def on_err(self, *words):
        self.answer("err", list(words))

    def answer(self, result, words):
        """To the oldest command; a wait that was given up leaves its future done."""
        if words[0] != "quit":
            reply = self.replies.popleft()
            if not reply.done():
                reply.set_result((result, words))

    def on_identity(self, address):
        self.identity = address

    def on_stats(self, *words):
        self.stats_seen = {key: int(value) for key, value in (w.split("=") for w in words)}

    def on_report(self, address, kind, _rssi, data):
        connectable, scannable, response = ADV_TYPES[int(kind)]
        self.reports.put(Report(address, connectable, scannable, response, unhex(data)))

    def on_set_report(self, address, props, sid, primary, secondary, data):
        bits = int(props)
        kinds = (bool(bits & 1), bool(bits & 2), bool(bits & 8))
        phys = (PHY_NUMBERS[int(primary)], PHY_NUMBERS[int(secondary)])
        self.set_reports.put(SetReport(address, int(sid), *kinds, phys, unhex(data)))

    def on_set_sent(self, slot, events):
        self.set_events.put(("sent", int(slot), int(events)))

    def on_set_connected(self, slot, index):
        self.set_events.put(("connected", int(slot), int(index)))

    def on_set_scanned(self, slot, address):
        self.set_events.put(("scanned", int(slot), address))

    def on_synced(self, address, sid, interval, _phy, service_data):
        self.syncs.put(Synced(address, int(sid), int(interval), int(service_data)))

    def on_sync_ended(self, reason):
        self.syncs.put(code_of(reason))

    def on_per_report(self, data):
        self.trains.put(unhex(data))

    def on_connected(self, index, role, peer):
        self.links[int(index)] = link = BreezeLink(self, int(index), role, peer)
        self.arrivals.put(link)

    def on_remote(self, _index, *words):
        values = [word.split("=")[1] for word in words]
        self.remotes.put((*map(int, values[:3]), bytes.fromhex(values[3])))

    def on_connect_failed(self, _index, _peer, err):
        self.failures.put(code_of(err))

    def on_disconnected(self, index, reason):
        link = self.links.pop(int(index), None)
        if link is not None:
            link.ends.put(code_of(reason))

    def on_param(self, index, interval, latency, timeout):
        self.links[int(index)].updates.put((int(interval), int(latency), int(timeout)))

    def on_param_req(self, index, *values):
        self.links[int(index)].requests.put(tuple(int(v) for v in values))

    # Security: everything of a link goes to one mailbox, in order, questions to another.

    def on_security(self, index, level, err):
        if int(index) in self.links:
            self.links[int(index)].security.put(("level", int(level), int(err)))

    def on_paired(self, index, bonded):
        self.links[int(index)].security.put(("paired", int(bonded), 0))

    def on_pairing_failed(self, index, reason):
        if int(index) in self.links:
            self.links[int(index)].security.put(("failed", int(reason), 0))

    def on_show(self, index, passkey):
        self.links[int(index)].prompts.put(("show", int(passkey)))

    def on_type(self, index):
        self.links[int(index)].prompts.put(("type", None))

    def on_compare(self, index, number):
        self.links[int(index)].prompts.put(("compare", int(number)))

    def on_oob_r(self, octets):
        self.oob["r"] = unhex(octets)

    def on_oob_c(self, octets):
        self.oob["c"] = unhex(octets)

    def on_oob_given(self, index, err):
        self.links[int(index)].prompts.put(("oob", int(err)))

    def on_subrate(self, index, *values):
        """Status, factor, latency, continuation number, time-out."""
        if int(index) in self.links:
            self.links[int(index)].subrates.put(tuple(map(int, values)))

    def on_mtu(self, index, tx, _rx):
        if int(index) in self.links:
            self.links[int(index)].mtu = int(tx)
            self.links[int(index)].mtus.put(int(tx))

    def on_mtu_exchanged(self, index, err, mtu):
        self.links[int(index)].mtu = code_of(mtu)
        self.links[int(index)].answers.put(err)

    def on_service(self, index, *words):
        self.links[int(index)].found.append(words)

    on_char = on_desc = on_service

    def on_discovered(self, index, _what):
        self.links[int(index)].answers.put("")

    def on_value(self, index, data):
        self.links[int(index)].values.append(unhex(data))

    def on_read(self, index, err):
        if int(index) in self.links:
            self.links[int(index)].answers.put(err)

    def on_written(self, index, _handle, err):
        if int(index) in self.links:
            self.links[int(index)].answers.put(err)

    def on_subscribed(self, index, _handle, err, value):
        if int(index) in self.links and value != "value=0":
            self.links[int(index)].answers.put(err)

    def on_unsubscribed(self, handle):
        self.unsubscribed.put(int(handle))

    def on_notified(self, index, handle, data):
        self.links[int(index)].notified[int(handle)].put(unhex(data))

    def on_wrote(self, _index, flags, _offset, data):
        self.writes.put((unhex(data), bool(code_of(flags) & 0x02)))

    def on_ccc(self, which, value):
        self.subscriptions.put((which, int(value)))

    def on_notify_done(self, index, count):
        if int(index) in self.links:
            self.links[int(index)].bursts.put(int(count))

    def on_write_cmd_sent(self, _index):
        self.room.put(None)

    def on_indicated(self, _index, err):
        self.indications.put(code_of(err))

    def on_ecred_open(self, number, mtu):
        self.echoes.put((int(number), int(mtu)))

    def on_ecred_closed(self, number):
        self.ends.put(int(number))

    def on_ecred_reconfigured(self, number, rx, tx):
        self.changes.put((int(number), int(rx), int(tx)))

    def on_phy(self, _index, tx, rx):
        self.phys.put((int(tx), int(rx)))

    def on_data_len(self, _index, tx, rx):
        self.lengths.put((int(tx), int(rx)))

    def on_eatt_count(self, _index, count):
        self.bearers.put(int(count))

    def on_chan_open(self, mtu):
        self.opened.put(int(mtu))

    def on_chan_closed(self):
        self.closed.put(None)

    def on_chan_received(self, octets, wrong):
        self.received.put((int(octets), int(wrong)))

    # ---- What tests do ---------------------------------------------------------------------------

    @property
    def address(self):
        return self.identity

    async def advertise(self, kind, data=b"", response=b"", interval=30):
        units = int(interval / 0.625)
        words = (data.hex() or "-", response.hex() or "-")
        await self.command("adv", kind, units, units, *words)

    async def update_advertising(self, data=b"", response=b""):
        await self.command("adv_data", data.hex() or "-", response.hex() or "-")

    async def stop_advertising(self):
        await self.command("adv_stop")

    async def advertise_set(self, slot, kind, sid, length, phy="2m", notify=False):
        """A set whose data, or scan response where it is scannable, has so many octets."""
        options = SET_OPTIONS[kind] | PHY_OPTIONS[phy] | (NOTIFY_SCANS if notify else 0)
        where = "rsp" if kind == "scan" else "adv"
        await self.command("set_make", slot, options, sid, length, where)
        await self.command("set_start", slot)

    async def stop_set(self, slot):
        await self.command("set_stop", slot)

    async def advertise_train(self, slot, sid, length, interval=40):
        """A set without data of its own, with periodic advertising of so many octets."""
        await self.command("set_make", slot, SET_OPTIONS["nonconn"], sid, 0, "adv")
        await self.command("per_make", slot, interval, length)
        await self.command("set_start", slot)

    async def stop_train(self, slot):
        await self.command("per_stop", slot)

    async def sync(self, address, sid):
        await self.command("sync", address, sid)

    async def end_sync(self):
        await self.command("sync_end")

    async def take_transfers(self):
        await self.command("past_take")

    async def give_train(self, link, slot, service_data):
        await self.command("past_give", link.index, "set", slot, service_data)

    async def give_sync(self, link, service_data):
        await self.command("past_give", link.index, "sync", 0, service_data)

    async def remove_set(self, slot):
        await self.command("set_remove", slot)

    async def scan_sets(self, active=False, coded=False):
        self.set_reports.clear()
        options = SCAN_CODED if coded else 0
        await self.command("set_scan", "active" if active else "passive", options)

    async def scan(self, active):
        self.reports.clear()
        await self.command("scan", "active" if active else "passive")

    async def stop_scan(self):
        await self.command("scan_stop")

    async def connect(self, address, timeout=CONNECT_SECONDS, interval=12):
        """Connect; `timeout` in seconds, `interval` in 1.25 ms."""
        self.arrivals.clear()
        self.failures.clear()
        await self.command("connect", address, int(timeout * 1000), interval, interval, 0, 200)
        arrival = asyncio.create_task(self.arrivals.get(timeout + WAIT))
        failure = asyncio.create_task(self.failures.get(timeout + WAIT))
        try:
            tasks = (arrival, failure)
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            arrival.cancel()
            failure.cancel()
        if failure in done:
            raise ConnectFailed(failure.result())
        return arrival.result()

    async def cancel_connect(self):
        await self.command("cancel")

    async def wait_link(self):
        return await self.arrivals.get()
