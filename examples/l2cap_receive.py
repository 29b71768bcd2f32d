# Receives files over a Bluetooth LE L2CAP channel; l2cap_send.py sends them. Runs on the desktop and on any
# board whose MicroPython has L2CAP channels.
#
#   micropython l2cap_receive.py [FOLDER]
#
# It advertises, and takes one file after the other. A channel carries one file: a header, then its
# octets, which come in SDUs of any size. The receiver answers with the number of octets and their checksum,
# so the sender knows that all is well; a file that is not whole is not kept.

import bluetooth
import os
import struct
import sys
import time

# MicroPython leaves these numbers to the program.
IRQ_CENTRAL_CONNECT = 1
IRQ_CENTRAL_DISCONNECT = 2
IRQ_L2CAP_ACCEPT = 22
IRQ_L2CAP_CONNECT = 23
IRQ_L2CAP_DISCONNECT = 24
IRQ_L2CAP_RECV = 25

NAME = "breeze-files"
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


# A file on its way in.
class Incoming:
    def __init__(self, folder):
        self.folder = folder
        self.head = b""
        self.file = None
        self.size = None
        self.name = None
        self.count = 0
        self.sum = 1

    def feed(self, data):
        if self.file is None:
            data = self.take_head(data)
        if data:
            self.file.write(data)
            self.count += len(data)
            self.sum = checksum(data, self.sum)

    # The header may come in pieces; what is behind it belongs to the file.
    def take_head(self, data):
        self.head += bytes(data)
        fixed = struct.calcsize(HEADER)
        if len(self.head) < fixed:
            return b""
        self.size, n = struct.unpack_from(HEADER, self.head)
        if len(self.head) < fixed + n:
            return b""
        # Only the last part of the name: files stay in the folder.
        self.name = self.head[fixed : fixed + n].decode().split("/")[-1]
        if self.name in ("", ".", ".."):
            raise ValueError("a file without a name")
        print("receiving", self.name, "of", self.size, "octets")
        self.path = self.folder + "/" + self.name
        self.file = open(self.path + ".part", "wb")
        return self.head[fixed + n :]

    def whole(self):
        return self.file is not None and self.count >= self.size

    def close(self):
        if self.file is None:
            return
        self.file.close()
        if self.count == self.size:
            os.rename(self.path + ".part", self.path)
        else:
            print("only", self.count, "of", self.size, "octets came")
            os.remove(self.path + ".part")
        self.file = None


class Receiver:
    def __init__(self, ble, folder):
        self.ble = ble
        self.folder = folder
        self.channel = None
        self.incoming = None
        self.waiting = False  # Data was announced.
        self.ended = False  # The channel was closed.
        self.buffer = bytearray(MTU)
        ble.irq(self.on_event)
        ble.active(True)
        ble.config(gap_name=NAME)
        ble.l2cap_listen(PSM, MTU)
        self.advertise()

    def advertise(self):
        # Flags (general discoverable, LE only) and the service; the name in the answer to active scanners.
        adv = b"\x02\x01\x06" + bytes([17, 0x07]) + bytes(SERVICE)
        name = NAME.encode()
        self.ble.gap_advertise(100_000, adv, resp_data=bytes([len(name) + 1, 0x09]) + name)
        print("waiting for files as", NAME)

    # Called for every event. Reading is left to the main loop: until it has read, the sender waits.
    def on_event(self, event, data):
        if event == IRQ_CENTRAL_CONNECT:
            print("connected by", bytes(data[2]).hex(":"))
        elif event == IRQ_CENTRAL_DISCONNECT:
            print("disconnected")
            self.advertise()
        elif event == IRQ_L2CAP_ACCEPT:
            return 1 if self.channel else 0  # One file at a time.
        elif event == IRQ_L2CAP_CONNECT:
            self.incoming = Incoming(self.folder)
            self.ended = False
            self.channel = data[:2]
        elif event == IRQ_L2CAP_DISCONNECT and data[:2] == self.channel:
            self.ended = True
        elif event == IRQ_L2CAP_RECV:
            self.waiting = True

    def read(self):
        self.waiting = False
        while True:
            n = self.ble.l2cap_recvinto(*self.channel, self.buffer)
            if n == 0:
                return
            self.incoming.feed(memoryview(self.buffer)[:n])
            if self.incoming.whole():
                return

    def finish(self):
        done = self.incoming
        done.close()
        if done.count == done.size:
            print("received", done.name)
        if not self.ended:
            self.ble.l2cap_send(*self.channel, struct.pack("<II", done.count, done.sum))
            while not self.ended:  # The sender hangs up when it has read the answer.
                time.sleep_ms(5)
        self.channel = None

    def run(self):
        while True:
            if self.channel is None:
                time.sleep_ms(20)
            elif self.waiting:
                self.read()
                if self.incoming.whole():
                    self.finish()
            elif self.ended:
                self.finish()
            else:
                time.sleep_ms(2)


ble = bluetooth.BLE()
try:
    Receiver(ble, sys.argv[1] if len(sys.argv) > 1 else ".").run()
except KeyboardInterrupt:
    ble.active(False)
    print("stopped")
