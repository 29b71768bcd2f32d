# What no Python program of ours can cause: the other side is Bumble.

import asyncio
import re
import subprocess

import conftest
import pytest

bumble_device = pytest.importorskip("bumble.device", reason="Bumble is not installed")
bumble_hci = pytest.importorskip("bumble.hci")
bumble_core = pytest.importorskip("bumble.core")
bumble_keys = pytest.importorskip("bumble.keys")
bumble_l2cap = pytest.importorskip("bumble.l2cap")
bumble_pairing = pytest.importorskip("bumble.pairing")
bumble_transport = pytest.importorskip("bumble.transport")


BUMBLE = "F0:F1:F2:F3:F4:F5"


async def bumble_at(port):
    source = await bumble_transport.open_transport(f"tcp-client:127.0.0.1:{port}")
    random = bumble_hci.Address(BUMBLE)
    device = bumble_device.Device.with_hci("bumble", random, source.source, source.sink)
    await device.power_on()
    return source, device


async def with_link(port, address, play):
    """Bumble connects, play(device, link) runs, the link ends, or the one that play returns."""
    source, device = await bumble_at(port)
    kind = bumble_hci.Address.RANDOM_DEVICE_ADDRESS
    link = await device.connect(bumble_hci.Address(address, kind))
    link = await play(device, link) or link
    await link.disconnect()
    await source.close()


async def with_central(port, program, play):
    """Bumble advertises, is connected to, and play(device, link) runs until the link ends."""
    source, device = await bumble_at(port)
    links = asyncio.Queue()
    device.on("connection", links.put_nowait)
    await device.start_advertising(advertising_interval_min=20, advertising_interval_max=20)
    program.tell("go")
    link = await links.get()
    ended = asyncio.Event()
    link.on("disconnection", lambda reason: ended.set())
    await play(device, link)
    await ended.wait()
    await source.close()


async def update_parameters(device, link):
    updated = asyncio.Event()
    link.on("connection_parameters_update", updated.set)
    await link.update_parameters(50, 60, 0, 4000)
    await updated.wait()


@pytest.fixture
def against_bumble(run, folder):
    """against_bumble(program, play, central): what the program, a peripheral or else a central, prints
    while Bumble plays."""
    path = folder / "air"
    server = subprocess.Popen(
        [str(conftest.BUILD / "air" / "breeze-air"), "--socket", str(path), "--tcp", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    port = None
    while port is None:
        line = server.stdout.readline()
        assert line, "breeze-air ended"
        port = re.search(r"127\.0\.0\.1:(\d+)", line)

    def play_with(source, play, central=False):
        program = play_with.program = run(source, "p", f"air:{path}#p")
        if central:
            work = with_central(port.group(1), program, play)
        else:
            digits = program.told("address").split()[1]
            address = ":".join(digits[i : i + 2] for i in range(0, 12, 2)).upper()
            work = with_link(port.group(1), address, play)
        try:
            asyncio.run(asyncio.wait_for(work, conftest.LIMIT))
        except asyncio.TimeoutError:
            program.kill()
            raise AssertionError("Bumble waits; the program:\n" + "\n".join(program.output)) from None
        return program.finish()

    yield play_with
    server.terminate()
    server.wait(10)


def test_connection_update_event(against_bumble):
    lines = against_bumble(
        """
        from bt import *
        start()
        address()
        advertise()
        conn = wait(1)[0]
        print(wait(27) == (conn, 48, 0, 400, 0))
        wait(2)
        """,
        update_parameters,
    )
    assert lines == ["True"]


@pytest.mark.parametrize("use_l2cap", [False, True])
def test_connection_update_event_as_central(against_bumble, use_l2cap):
    """A peripheral asks, over the link layer's procedure and over L2CAP: we agree and tell the program."""

    async def ask(device, link):
        await link.update_parameters(50, 60, 2, 4000, use_l2cap=use_l2cap)

    lines = against_bumble(
        f"""
        from bt import *
        start("c")
        listen()
        conn = connect((1, bytes.fromhex("{BUMBLE.replace(":", "")}")))
        print(wait(27) == (conn, 48, 2, 400, 0))
        disconnect(conn)
        """,
        ask,
        central=True,
    )
    assert lines == ["True"]


TOTAL = 50_000


def stream(seed):
    return bytes((i * 7 + (i >> 8) * 13 + seed) & 0xFF for i in range(TOTAL))


class Channel:
    """Bumble's end of a channel: collects what comes."""

    def __init__(self, channel):
        self.channel = channel
        self.got = bytearray()
        self.whole = asyncio.Event()
        self.closed = asyncio.Event()
        channel.sink = self.sink
        channel.on("close", self.closed.set)

    def sink(self, sdu):
        self.got += sdu
        if len(self.got) >= TOTAL:
            self.whole.set()

    async def send(self, data):
        for at in range(0, TOTAL, 400):
            self.channel.write(data[at : at + 400])
            await self.channel.drain()


async def channels(device, link):
    """One channel that Bumble opens and one that it is asked for, octets both ways on both at once."""
    theirs = asyncio.Queue()
    spec = bumble_l2cap.LeCreditBasedChannelSpec
    device.create_l2cap_server(
        spec(psm=0x86, mtu=400, mps=100, max_credits=20), lambda c: theirs.put_nowait(Channel(c))
    )
    with pytest.raises(Exception):  # noqa: B017  The program listens on 0x85 only.
        await link.create_l2cap_channel(spec(psm=0x87, mtu=400, mps=100, max_credits=20))
    mine = Channel(await link.create_l2cap_channel(spec(psm=0x85, mtu=512, mps=247, max_credits=20)))
    other = await theirs.get()
    await asyncio.gather(mine.send(stream(1)), other.send(stream(2)))
    await asyncio.gather(mine.whole.wait(), other.whole.wait())
    assert mine.got == stream(3) and other.got == stream(4)
    await mine.channel.disconnect()
    await other.closed.wait()


def test_channels(against_bumble):
    lines = against_bumble(
        f"""
        TOTAL = {TOTAL}
        from l2 import *
        import l2
        l2.reading = False
        def stream(seed):
            data = bytearray(TOTAL)
            for i in range(TOTAL):
                data[i] = (i * 7 + (i >> 8) * 13 + seed) & 0xFF
            return data
        class End:
            def __init__(self, key, inward, outward):
                self.key, self.inward, self.outward = key, inward, outward
                self.got = self.sent = 0
                self.into = bytearray(TOTAL)
                self.stalled = False
            def step(self):
                if self.stalled:
                    self.stalled = ready.pop(self.key, None) is None
                elif self.sent < TOTAL:
                    data = memoryview(self.outward)[self.sent : self.sent + 350]
                    self.stalled = not ble.l2cap_send(*self.key, data)
                    self.sent += len(data)
                if self.got < TOTAL:
                    self.got += ble.l2cap_recvinto(*self.key, memoryview(self.into)[self.got :])
                return self.sent == TOTAL and self.got == TOTAL
        streams = [stream(i) for i in range(5)]
        start()
        address()
        ble.l2cap_listen(0x85, 512)
        advertise()
        conn, cid, psm, ours, peers = wait(23)
        print(psm, ours, peers)
        one = End((conn, cid), streams[1], streams[3])
        ble.l2cap_connect(conn, 0x86, 300)
        conn, cid, psm, ours, peers = wait(23)
        print(psm, ours, peers)
        two = End((conn, cid), streams[2], streams[4])
        while one.step() + two.step() < 2:
            time.sleep_ms(1)
        print(one.into == streams[1], two.into == streams[2])
        print(wait(24) == one.key + (0x85, 0))
        ble.l2cap_disconnect(*two.key)
        print(wait(24) == two.key + (0x86, 0))
        wait(2)
        """,
        channels,
    )
    assert lines == ["133 512 512", "134 300 400", "True True", "True", "True"]


def pairs_and_comes_back(shown):
    """Bumble's user mistypes the passkey, then types it; Bumble subscribes; then it comes back."""

    class User(bumble_pairing.PairingDelegate):
        tries = 0

        def __init__(self):
            super().__init__(bumble_pairing.PairingDelegate.IoCapability.KEYBOARD_INPUT_ONLY)

        async def get_number(self):
            User.tries += 1
            return int(await asyncio.to_thread(shown)) ^ (User.tries == 1)

    async def play(device, link):
        device.keystore = bumble_keys.MemoryKeyStore()
        device.pairing_config_factory = lambda _link: bumble_pairing.PairingConfig(
            sc=True, mitm=True, bonding=True, delegate=User()
        )
        with pytest.raises(bumble_core.ProtocolError):
            await link.pair()
        await link.pair()
        peer = bumble_device.Peer(link)
        await peer.discover_all()
        (value,) = peer.get_characteristics_by_uuid(bumble_core.UUID.from_16_bits(0x2A6E))
        assert await value.read_value() == b"secret"
        await value.subscribe()
        await link.disconnect()
        link = await device.connect(link.peer_address)
        await link.encrypt()
        return link

    return play


def test_extensions_of_security(against_bumble):
    """Events 0x80 to 0x82, bonds: with another host's pairing, bond and subscription."""
    lines = against_bumble(
        """
        from bt import *
        READ, NOTIFY, READ_AUTHENTICATED = 2, 0x10, 0x400
        ble.config(bond=True, mitm=True, io=0, events="ext")
        start()
        chrc = bluetooth.UUID(0x2A6E), READ | NOTIFY | READ_AUTHENTICATED
        ((h,),) = ble.gatts_register_services(((bluetooth.UUID(0x181A), (chrc,)),))
        ble.gatts_write(h, b"secret")
        address()
        advertise()
        conn = wait(1)[0]
        tell("passkey", wait(31)[2])
        print(wait(0x81), wait(28)[1:], ble.gap_bonds())
        tell("passkey", wait(31)[2])
        print(wait(28)[1:], ble.gap_bonds())
        print(wait(0x80) == (conn, h, 1, 0))
        print(wait(0x82))
        wait(2)
        advertise()
        conn = wait(1)[0]
        print(wait(28)[1:], ble.gap_conn_info(conn)[7:])
        print(wait(0x80) == (conn, h, 1, 0))
        wait(2)
        ble.gap_unpair(1, b"\\xf0\\xf1\\xf2\\xf3\\xf4\\xf5")
        print(ble.gap_bonds())
        """,
        pairs_and_comes_back(lambda: against_bumble.program.told("passkey")),
    )
    assert lines == [
        "(0, 1) (0, 0, 0, 0) []",
        "(1, 1, 1, 16) [(1, b'\\xf0\\xf1\\xf2\\xf3\\xf4\\xf5', 3)]",
        "True",
        "(0, 19)",
        "(1, 1, 1, 16) (4, 16)",
        "True",
        "[]",
    ]
