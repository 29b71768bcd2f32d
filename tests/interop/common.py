"""What all hosts in these tests have in common: the service they offer and the words they speak."""

import asyncio
import dataclasses

WAIT = 60.0  # seconds; a hang detector, far above what anything here takes on a busy machine
CONNECT_SECONDS = 40.0  # an attempt to connect; the same

BASE = "b5ee{:04x}-1b2f-4c7e-9a55-0123456789ab"
SERVICE = BASE.format(1)
VALUE = BASE.format(2)  # read, write, write without response
NOTIFY = BASE.format(3)  # notify, with a user description
INDICATE = BASE.format(4)
LONG = BASE.format(5)  # read, 400 octets
REFUSED = BASE.format(6)  # every write is answered with the application error 0x80
BATTERY_SERVICE = "180f"
BATTERY = "2a19"
CCC = "2902"
DESCRIPTION = "2901"

LONG_VALUE = bytes(i % 251 for i in range(400))
DESCRIPTION_VALUE = b"counter"
FIRST_VALUE = b"breeze"
APPLICATION_ERROR = 0x80

# Characteristic properties (Vol 3, Part G, 3.3.1.1).
READ, WRITE_COMMAND, WRITE, NOTIFIES, INDICATES = 0x02, 0x04, 0x08, 0x10, 0x20

# What both ends of a test agree on: {characteristic: (properties, descriptors)} of SERVICE.
CHARACTERISTICS = {
    VALUE: (READ | WRITE | WRITE_COMMAND, []),
    NOTIFY: (NOTIFIES, [CCC, DESCRIPTION]),
    INDICATE: (INDICATES, [CCC]),
    LONG: (READ, []),
    REFUSED: (WRITE, []),
}


class ConnectFailed(Exception):
    """No link came up; `status` is the HCI error."""

    def __init__(self, status):
        super().__init__(f"status 0x{status:02x}")
        self.status = status


class AttError(Exception):
    """The peer answered with this ATT error code."""

    def __init__(self, code):
        super().__init__(f"ATT error 0x{code:02x}")
        self.code = code


@dataclasses.dataclass
class Report:
    """An advertising report; `response` tells a scan response from an advertisement."""

    address: str
    connectable: bool
    scannable: bool
    response: bool
    data: bytes


@dataclasses.dataclass
class SetReport:
    """A report of an advertising set, whole; PHYs as 1: LE 1M, 2: LE 2M, 3: LE Coded."""

    address: str  # or "anonymous"
    sid: int
    connectable: bool
    scannable: bool
    response: bool
    phys: tuple  # primary, secondary
    data: bytes


@dataclasses.dataclass
class Synced:
    """A sync with periodic advertising; interval in 1.25 ms."""

    address: str
    sid: int
    interval: int
    service_data: int = 0  # of a transfer


@dataclasses.dataclass
class Characteristic:
    uuid: str
    declaration: int
    handle: int
    properties: int
    descriptors: dict = dataclasses.field(default_factory=dict)  # handle by UUID


@dataclasses.dataclass
class Service:
    uuid: str
    start: int
    end: int
    characteristics: list = dataclasses.field(default_factory=list)


class Mailbox:
    """Things that happened, in order, for a test to wait on."""

    def __init__(self, what):
        self.what = what
        self.queue = asyncio.Queue()

    def put(self, item):
        self.queue.put_nowait(item)

    def clear(self):
        while not self.queue.empty():
            self.queue.get_nowait()

    async def get(self, timeout=WAIT):
        try:
            return await asyncio.wait_for(self.queue.get(), timeout)
        except asyncio.TimeoutError:
            raise AssertionError(f"nothing came in {timeout:g} s: {self.what}") from None

    async def find(self, wanted, timeout=WAIT):
        """The next item that `wanted` likes; those before it are dropped."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while True:
            item = await self.get(max(end - loop.time(), 0))
            if wanted(item):
                return item


def find_characteristic(services, uuid):
    for service in services:
        for characteristic in service.characteristics:
            if characteristic.uuid == uuid:
                return characteristic
    raise AssertionError(f"characteristic {uuid} was not discovered")


def counter(value):
    """The number in a counting notification."""
    return int.from_bytes(value[:4], "little")


def ad(*structures):
    """Advertising data from (type, bytes) pairs."""
    return b"".join(bytes([len(data) + 1, kind]) + data for kind, data in structures)


def structures(length):
    """The data that stands for a length: AD structures of known octets, as host_ext.c has them."""
    octets = bytes((i * 11 + i // 200) & 0xFF for i in range(1650))
    data = b""
    while len(data) + 2 <= length:
        part = min(length - len(data) - 2, 250)
        data += ad((0xFF, octets[len(data) : len(data) + part]))
    return data


FLAGS = (0x01, b"\x06")


def name(text):
    return (0x09, text.encode())


def vendor(data):
    return (0xFF, b"\xff\xff" + data)
