"""Linux as a test sees it: bluetoothd in the guest, driven through bluetoothctl."""

import asyncio
import re

import common
import guest as guests
import pytest

STEP_SECONDS = 240  # one step of bluetoothctl; a hang detector for an emulated machine
ATTACH_SECONDS, ATTACH_TRIES = 90, 5
NEW_CONTROLLER = r"\[(?:NEW|CHG)\] Controller ([0-9A-F:]{17})"
LOG, SETTINGS = "/tmp/bluetoothd.log", "/tmp/main.conf"  # in the guest
# Colours, readline's marks around them, and prompts such as "[Breeze:/service0012]# ".
NOISE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x01\x02\r]")
PROMPT = re.compile(r"\[[^\]\n]*\][#>] ")


class Console:
    """bluetoothctl: lines go in, text comes out, and a test waits for patterns in it."""

    def __init__(self, log):
        self.log = log

    async def open(self, guest):
        self.raw, self.read_to, self.news = "", 0, asyncio.Event()
        self.reader, self.writer = await asyncio.open_unix_connection(str(guest.path("ctl")))
        self.task = asyncio.create_task(self.listen())

    async def listen(self):
        with open(self.log, "w") as log:
            while data := await self.reader.read(4096):
                text = data.decode(errors="replace")
                log.write(text)
                log.flush()
                self.raw += text
                self.news.set()

    def send(self, line):
        self.writer.write(line.encode() + b"\n")

    def text(self):
        return PROMPT.sub("", NOISE.sub("", self.raw))

    async def expect(self, pattern, seconds=STEP_SECONDS):
        """The first match after what was matched before."""

        async def search():
            while True:
                self.news.clear()
                found = re.compile(pattern, re.MULTILINE).search(self.text(), self.read_to)
                if found:
                    self.read_to = found.end()
                    return found
                await self.news.wait()

        try:
            return await asyncio.wait_for(search(), seconds)
        except asyncio.TimeoutError:
            rest = self.text()[self.read_to :]
            raise AssertionError(f"bluetoothctl did not say {pattern!r}, but: {rest}") from None

    async def ask(self, line, pattern):
        self.read_to = len(self.text())
        self.send(line)
        return await self.expect(pattern)

    def close(self):
        self.task.cancel()
        self.writer.close()


class LinuxHost:
    """A bluetoothd with a fresh controller; its GATT application when it is asked for one."""

    kind = "linux"

    def __init__(self, guest, folder, settings):
        self.guest, self.shell, self.wire = guest, guests.Shell(), guests.Wire()
        self.settings = settings
        self.console = Console(folder / "bluetoothctl.log")
        self.opened = []
        self.mac = None

    async def start(self, controller):
        for part in (self.shell, self.console):
            await part.open(self.guest)
            self.opened.append(part)
        changes = "; ".join(f"s/^{key} = .*/{key} = {it}/" for key, it in self.settings.items())
        await self.shell.run(f"sed '{changes}' /etc/bluetooth/main.conf >{SETTINGS}")
        await self.shell.run(f"rm -f {LOG}")
        await self.start_daemon()
        for _ in range(ATTACH_TRIES):
            if await self.attach(controller):
                return await self.power()
            await self.unattach()
        raise AssertionError("Linux did not bring its controller up")

    async def attach(self, controller):
        """Whether the daemon got a controller. On a busy machine the kernel may give up in the
        midst of bringing one up, as it waits 10 s for a command; no more comes of that one."""
        await self.wire.open(self.guest, controller)
        self.opened.append(self.wire)
        await self.shell.run("btattach -B /dev/ttyS1 -P h4 >/dev/null 2>&1 &")
        try:
            self.mac = (await self.console.expect(NEW_CONTROLLER, ATTACH_SECONDS)).group(1)
        except AssertionError:
            return False
        return True

    async def unattach(self):
        await self.shell.run("killall btattach")
        await self.shell.run("while [ -e /sys/class/bluetooth/hci0 ]; do usleep 50000; done")
        self.opened.remove(self.wire)
        self.wire.close()

    async def start_daemon(self):
        await self.shell.run(f"bluetoothd -n -d -p gap -f {SETTINGS} >>{LOG} 2>&1 &")
        await self.shell.run("bluetoothctl </dev/ttyS3 >/dev/ttyS3 2>&1 &")

    async def stop_daemon(self):
        await self.shell.run("killall bluetoothctl bluetoothd")
        await self.shell.run("while pidof bluetoothctl bluetoothd; do usleep 50000; done")

    async def restart_daemon(self, change=":"):
        """A daemon that knows what the one before has stored; the shell changes that meanwhile."""
        await self.stop_daemon()
        status, said = await self.shell.run(change)
        assert status == 0, said
        self.console.read_to = len(self.console.text())
        await self.start_daemon()
        await self.console.expect("Agent registered")  # from here on it loses no input
        await self.power()

    async def power(self):
        found = await self.console.ask("power on", r"(power on succeeded|No default|Failed)")
        while "succeeded" not in found.group(0):  # the daemon is about to make it the default
            await asyncio.sleep(0.2)
            found = await self.console.ask("power on", r"(power on succeeded|No default|Failed)")

    async def detach(self):
        """Links end before the controller goes: a socket that outlives its link's controller makes
        Linux 6.1 use freed memory (hci_chan_del in l2cap_sock_release). Where the link has a bond
        the daemon (5.66) ends instead of an answer, and bluetoothctl sees its controller go."""
        if self.mac:
            done = r"Changing power off succeeded|\[DEL\] Controller"
            await self.console.ask("power off", done)
        await self.stop_daemon()
        if self.wire in self.opened:
            await self.unattach()
        await self.shell.run("rm -rf /var/lib/bluetooth/*")

    async def keep_log(self, path):
        """What the daemon wrote in this test."""
        if self.shell in self.opened:
            path.write_text((await self.shell.run(f"cat {LOG}"))[1])

    async def logged(self, pattern):
        """Wait until the daemon has written this in its log since `forget_log` or its start."""
        await self.shell.run(f"until grep -q '{pattern}' {LOG}; do usleep 50000; done")

    async def not_logged(self, pattern):
        status, said = await self.shell.run(f"grep '{pattern}' {LOG}")
        assert status == 1, said

    async def forget_log(self):
        await self.shell.run(f">{LOG}")

    async def vanish(self):
        """Out of everybody's reach: the controller loses all packets (air/README.md, Set Radio)."""
        status, said = await self.shell.run("hcitool cmd 0x3f 0x3b1 40 42 0f 00 40 42 0f 00")
        if status == 127:
            pytest.skip("this BlueZ has no hcitool")
        assert status == 0, said

    async def stop(self):
        try:
            if self.shell in self.opened:
                await self.detach()
        finally:
            for part in self.opened:
                part.close()

    @property
    def address(self):
        return f"{self.mac}/public"

    async def agent(self, capability):
        """What the user of this Linux can see and type."""
        await self.console.ask("agent off", "Agent unregistered")
        await self.console.ask(f"agent {capability}", "Agent registered")
        await self.console.ask("default-agent", "Default agent request successful")
        await self.console.ask("pairable on", "Changing pairable on succeeded")

    # ---- Central ---------------------------------------------------------------------------------

    async def find(self, peer, name):
        """Scan until this device is there by name."""
        console = self.console
        await console.ask("scan le", "Discovery started")
        # Of a device that it knows by this name already, bluetoothctl says only how near it is.
        await console.expect(rf"Device {mac_of(peer)} (?:RSSI: |(?:Name: )?{name}$)")
        await self.knows(peer, rf"\tName: {name}\n")

    async def stop_scan(self):
        await self.console.ask("scan off", "Discovery stopped")

    async def info(self, peer):
        """What the daemon knows of a device."""
        console = self.console
        before = len(console.text())
        console.send(f"info {mac_of(peer)}")
        await console.ask("version", r"Version \d")  # both answer at once, in order
        return console.text()[before:]

    async def knows(self, peer, pattern):
        """Wait until what the daemon knows of a device holds this."""
        for _ in range(STEP_SECONDS * 4):
            known = await self.info(peer)
            if re.search(pattern, known):
                return
            await asyncio.sleep(0.25)
        raise AssertionError(f"the daemon did not come to know {pattern!r}: {known}")

    async def connect(self, peer):
        """Connect, and wait until the daemon has discovered the services."""
        await self.find(peer, peer.label)
        await self.stop_scan()
        self.console.send(f"connect {mac_of(peer)}")
        await self.console.expect("Connection successful")
        await self.console.expect("ServicesResolved: yes")

    async def connect_known(self, peer):
        """Connect to a device with which there is a bond."""
        await self.console.ask(f"connect {mac_of(peer)}", "Connection successful")

    async def disconnect(self, peer):
        self.console.send(f"disconnect {mac_of(peer)}")
        await self.wait_end(peer)

    async def wait_end(self, peer):
        await self.console.expect(rf"Device {mac_of(peer)} Connected: no")

    async def select(self, uuid):
        self.console.send(f"gatt.select-attribute {uuid}")

    async def check_read(self, uuid, value):
        """Read, and compare with how bluetoothctl prints this value."""
        await self.select(uuid)
        await self.console.ask("gatt.read", "Attempting to read")
        await self.console.expect(rf"^{dump(value)}")

    async def check_read_refused(self, uuid, error):
        await self.select(uuid)
        await self.console.ask("gatt.read", rf"Failed to read: org\.bluez\.Error\.{error}$")

    async def write(self, uuid, value, kind="request"):
        """Start to write; what the daemon says of a refusal comes later."""
        await self.select(uuid)
        self.console.send(f'gatt.write "{octets(value)}" 0 {kind}')
        await self.console.expect("Attempting to write")

    async def subscribe(self, uuid, on=True):
        await self.select(uuid)
        if on:
            await self.console.ask("gatt.notify on", "Notify started")
        else:
            await self.console.ask("gatt.notify off", "Notify stopped")

    async def check_next(self, value):
        """The next value that the daemon reports as changed is this one."""
        await self.console.expect(rf"Value:\n{dump(value)}")

    async def hcitool(self, line):
        """Run hcitool on the only link."""
        status, said = await self.shell.run("hcitool con")
        if status == 127:
            pytest.skip("this BlueZ has no hcitool")
        handle = re.search(r"handle (\d+)", said)
        assert status == 0 and handle, f"hcitool con: {status} {said}"
        status, said = await self.shell.run(f"hcitool {line} --handle {handle.group(1)}")
        assert status == 0, f"hcitool {line}: {status} {said}"

    # ---- Peripheral ------------------------------------------------------------------------------

    async def serve(self):
        """Register the service of these tests, as far as bluetoothctl can hold it."""
        console = self.console
        await console.ask(f"gatt.register-service {common.SERVICE}", r"yes/no")
        console.send("yes")
        for uuid, flags, value in APPLICATION_CHARACTERISTICS:
            await console.ask(f"gatt.register-characteristic {uuid} {flags}", r"Enter value")
            console.send(octets(value))
        await console.ask("gatt.register-application", "Application registered")

    async def advertise(self, name):
        console = self.console
        for line in (f"advertise.name {name}", "advertise.discoverable on"):
            console.send(line)
        await console.ask("advertise on", "Advertising object registered")

    async def check_written(self, value):
        """A client has written this to one of our characteristics."""
        await self.console.expect(rf"written:\n{dump(value)}")

    async def wait_link(self, peer):
        await self.console.expect(rf"Device {mac_of(peer)} ")  # a new one, or one that changed


# bluetoothctl sends a notification when a value of its own changes, which a client can bring about;
# no value grows longer than it was at first. What comes to a characteristic that takes writes
# without response goes to bluetoothctl's screen, not to the value; 5.66 prints one octet as 00.
APPLICATION_CHARACTERISTICS = [
    (common.VALUE, "read,write,write-without-response", common.FIRST_VALUE),
    (common.NOTIFY, "read,write,notify", bytes(244)),
    (common.INDICATE, "read,write,indicate", bytes(20)),
    (common.LONG, "read", common.LONG_VALUE),
]


def mac_of(host):
    return host.address.split("/")[0]


def octets(value):
    return " ".join(f"0x{octet:02x}" for octet in value)


def dump(value):
    """A pattern for bluetoothctl's dump of a value: rows of 16 octets, and as characters."""
    rows = [value[i : i + 16].hex(" ") for i in range(0, len(value), 16)]
    return r"\n".join(rf"  {row:<47}  .{{1,16}}" for row in rows)
