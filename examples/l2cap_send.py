# Sends files to l2cap_receive.py over a Bluetooth LE L2CAP channel. Runs on the desktop and on any board whose
# MicroPython has L2CAP channels.
#
#   micropython l2cap_send.py FILE...
#
# A channel carries one file: a header, then its octets. l2cap_send() says True while it takes more and
# False when the link is full: then IRQ_L2CAP_SEND_READY tells when to go on.

import bluetooth
import os
import struct
import sys
import time

# MicroPython leaves these numbers to the program.
IRQ_SCAN_RESULT = 5
IRQ_SCAN_DONE = 6
IRQ_PERIPHERAL_CONNECT = 7
IRQ_PERIPHERAL_DISCONNECT = 8
IRQ_L2CAP_CONNECT = 23
IRQ_L2CAP_DISCONNECT = 24
IRQ_L2CAP_RECV = 25
IRQ_L2CAP_SEND_READY = 26

SERVICE = bluetooth.UUID("2a9c5a6c-8b5d-4d5c-9d3e-5f1f2f7b0001")
PSM = 0x80
MTU = 512
HEADER = "<IB"  # Octets of the file and of its name, which follows.


# Adler-32 over everything, a piece at a time.
def checksum(data, before=1):
    a, b = before & 0xFFFF, before >> 16
    for octet in data:
        a += octet
        b += a
    return b % 65521 << 16 | a % 65521


class Sender:
    def __init__(self, ble):
        self.ble = ble
        self.done = set()  # Events that came since wait() was called for them.
        self.peer = None
        self.conn = None
        self.channel = None
        self.size = 0  # The largest SDU that both sides take.
        ble.irq(self.on_event)
        ble.active(True)

    # Called for every event: take the data out, which is gone afterwards, and note the event.
    def on_event(self, event, data):
        if event == IRQ_SCAN_RESULT:
            addr_type, addr, adv_type, rssi, adv_data = data
            if self.peer is None and bytes(SERVICE) in bytes(adv_data):
                self.peer = addr_type, bytes(addr)
                self.ble.gap_scan(None)
        elif event == IRQ_PERIPHERAL_CONNECT:
            self.conn = data[0]
        elif event == IRQ_PERIPHERAL_DISCONNECT:
            self.conn = None
        elif event == IRQ_L2CAP_CONNECT:
            conn, cid, psm, our_mtu, peer_mtu = data
            self.channel = conn, cid
            self.size = min(peer_mtu, 2 * our_mtu)
        elif event == IRQ_L2CAP_DISCONNECT:
            self.channel = None
        self.done.add(event)

    def wait(self, event, seconds=10):
        for _ in range(seconds * 200):
            if event in self.done:
                self.done.discard(event)
                return
            for lost in (IRQ_L2CAP_DISCONNECT, IRQ_PERIPHERAL_DISCONNECT):
                if event != lost and lost in self.done:
                    raise OSError("the receiver is gone, or does not take the file")
            time.sleep_ms(5)
        raise OSError("event %d did not come" % event)

    def connect(self):
        print("scanning")
        self.ble.gap_scan(10_000, 50_000, 50_000)
        self.wait(IRQ_SCAN_DONE, 12)
        if self.peer is None:
            raise OSError("found no receiver; is l2cap_receive.py running?")
        self.done.clear()
        self.ble.gap_connect(*self.peer, 5000, 7500, 15000)
        self.wait(IRQ_PERIPHERAL_CONNECT)
        print("connected to", self.peer[1].hex(":"))

    def disconnect(self):
        if self.conn is not None:
            self.ble.gap_disconnect(self.conn)
            self.wait(IRQ_PERIPHERAL_DISCONNECT)

    # One SDU, and the wait for room behind it.
    def put(self, data):
        if not self.ble.l2cap_send(*self.channel, data):
            self.wait(IRQ_L2CAP_SEND_READY)

    # Eight octets: how many came, and their checksum.
    def answer(self):
        buffer = bytearray(MTU)
        self.wait(IRQ_L2CAP_RECV, 30)
        n = self.ble.l2cap_recvinto(*self.channel, buffer)
        return struct.unpack("<II", buffer[:n])

    def send(self, path):
        name = path.split("/")[-1].encode()
        size = os.stat(path)[6]
        self.done.clear()
        self.ble.l2cap_connect(self.conn, PSM, MTU)
        self.wait(IRQ_L2CAP_CONNECT)
        start = time.ticks_ms()
        self.put(struct.pack(HEADER, size, len(name)) + name)
        sent, total = 0, 1
        buffer = bytearray(self.size)
        with open(path, "rb") as file:
            while True:
                n = file.readinto(buffer)
                if not n:
                    break
                data = memoryview(buffer)[:n]
                self.put(data)
                total = checksum(data, total)
                sent += n
        if self.answer() != (sent, total):
            raise OSError("the receiver has something else")
        ms = max(1, time.ticks_diff(time.ticks_ms(), start))
        print("sent %s, %d octets, %d a second" % (name.decode(), sent, sent * 1000 // ms))
        self.ble.l2cap_disconnect(*self.channel)
        self.wait(IRQ_L2CAP_DISCONNECT)


ble = bluetooth.BLE()
try:
    sender = Sender(ble)
    sender.connect()
    for path in sys.argv[1:]:
        sender.send(path)
    sender.disconnect()
    print("done")
except OSError as error:
    print("failed:", error.args[-1])
    sys.exit(1)
finally:
    ble.active(False)
