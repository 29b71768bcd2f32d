# A Bluetooth LE central: finds peripheral.py, reads its temperature, talks to its serial port, counts
# a burst of notifications, goes and comes back. Runs on the desktop and on any board whose
# MicroPython has `bluetooth`.

import bluetooth
import struct
import sys
import time

# MicroPython leaves these numbers to the program.
IRQ_SCAN_RESULT = 5
IRQ_SCAN_DONE = 6
IRQ_PERIPHERAL_CONNECT = 7
IRQ_PERIPHERAL_DISCONNECT = 8
IRQ_GATTC_SERVICE_RESULT = 9
IRQ_GATTC_SERVICE_DONE = 10
IRQ_GATTC_CHARACTERISTIC_RESULT = 11
IRQ_GATTC_CHARACTERISTIC_DONE = 12
IRQ_GATTC_READ_RESULT = 15
IRQ_GATTC_READ_DONE = 16
IRQ_GATTC_WRITE_DONE = 17
IRQ_GATTC_NOTIFY = 18
IRQ_MTU_EXCHANGED = 21

NAME = b"breeze-demo"
TEMPERATURE = bluetooth.UUID(0x2A6E)
UART_RX = bluetooth.UUID("6e400002-b5a3-f393-e0a9-e50e24dcca9e")
UART_TX = bluetooth.UUID("6e400003-b5a3-f393-e0a9-e50e24dcca9e")

COUNT = 1000
SUBSCRIBE = b"\x01\x00"


class Central:
    def __init__(self, ble):
        self.ble = ble
        self.done = set()  # Events that came since wait() was called for them.
        self.peer = None
        self.conn = None
        self.services = {}
        self.handles = {}
        self.value = None
        self.notified = []
        ble.irq(self.on_event)
        ble.active(True)

    # Called for every event: take the data out, which is gone afterwards, and note the event.
    def on_event(self, event, data):
        if event == IRQ_SCAN_RESULT:
            addr_type, addr, adv_type, rssi, adv_data = data
            if self.peer is None and NAME in bytes(adv_data):
                self.peer = addr_type, bytes(addr)
                print("found", self.peer[1].hex(":"), "at", rssi, "dBm")
                self.ble.gap_scan(None)
        elif event == IRQ_PERIPHERAL_CONNECT:
            self.conn = data[0]
        elif event == IRQ_PERIPHERAL_DISCONNECT:
            self.conn = None
        elif event == IRQ_GATTC_SERVICE_RESULT:
            _, start, end, uuid = data
            self.services[bluetooth.UUID(uuid)] = start, end
        elif event == IRQ_GATTC_CHARACTERISTIC_RESULT:
            _, end, handle, properties, uuid = data
            self.handles[bluetooth.UUID(uuid)] = handle
        elif event == IRQ_GATTC_READ_RESULT:
            self.value = bytes(data[2])
        elif event == IRQ_GATTC_NOTIFY:
            if data[1] == self.handles.get(UART_TX):
                self.notified.append(bytes(data[2]))
        elif event == IRQ_MTU_EXCHANGED:
            print("MTU is", data[1])
        self.done.add(event)

    def wait(self, event, seconds=10):
        for _ in range(seconds * 100):
            if event in self.done:
                self.done.discard(event)
                return
            if event != IRQ_PERIPHERAL_DISCONNECT and IRQ_PERIPHERAL_DISCONNECT in self.done:
                raise OSError("the peripheral is gone")
            time.sleep_ms(10)
        raise OSError("event %d did not come" % event)

    def find(self):
        print("scanning")
        self.ble.gap_scan(10_000, 50_000, 50_000, True)
        self.wait(IRQ_SCAN_DONE, 12)
        if self.peer is None:
            raise OSError("found no peripheral; is peripheral.py running?")

    def connect(self):
        self.done.clear()
        self.ble.gap_connect(*self.peer, 5000, 7500, 15000)
        self.wait(IRQ_PERIPHERAL_CONNECT)
        print("connected to", self.peer[1].hex(":"))

    def disconnect(self):
        self.ble.gap_disconnect(self.conn)
        self.wait(IRQ_PERIPHERAL_DISCONNECT)
        print("disconnected")

    def discover(self):
        self.ble.gattc_exchange_mtu(self.conn)
        self.wait(IRQ_MTU_EXCHANGED)
        self.ble.gattc_discover_services(self.conn)
        self.wait(IRQ_GATTC_SERVICE_DONE)
        for uuid in self.services:
            self.ble.gattc_discover_characteristics(self.conn, *self.services[uuid])
            self.wait(IRQ_GATTC_CHARACTERISTIC_DONE)
        print("discovered", len(self.services), "services,", len(self.handles), "characteristics")

    def read_temperature(self):
        self.ble.gattc_read(self.conn, self.handles[TEMPERATURE])
        self.wait(IRQ_GATTC_READ_DONE)
        print("temperature is %.2f C" % (struct.unpack("<h", self.value)[0] / 100))

    def write(self, handle, data):
        self.ble.gattc_write(self.conn, handle, data, 1)
        self.wait(IRQ_GATTC_WRITE_DONE)

    def receive(self, count, seconds=60):
        for _ in range(seconds * 100):
            if len(self.notified) >= count:
                return
            time.sleep_ms(10)
        raise OSError("%d of %d notifications came" % (len(self.notified), count))

    def ping(self):
        self.notified.clear()
        self.write(self.handles[UART_RX], "ping")
        self.receive(1)
        print("ping answered with", self.notified[0].decode())

    def burst(self):
        self.notified.clear()
        start = time.ticks_ms()
        self.write(self.handles[UART_RX], "burst %d" % COUNT)
        self.receive(COUNT)
        ms = time.ticks_diff(time.ticks_ms(), start)
        for i in range(COUNT):
            if self.notified[i] != b"notification %d" % i:
                raise OSError("notification %d is %s" % (i, self.notified[i]))
        print("received %d notifications in order, %d per second" % (COUNT, COUNT * 1000 // ms))

    def run(self):
        self.find()
        self.connect()
        self.discover()
        self.read_temperature()
        # The descriptor that turns notifications on follows the value.
        self.write(self.handles[UART_TX] + 1, SUBSCRIBE)
        print("subscribed")
        self.ping()
        self.burst()
        self.disconnect()
        self.connect()
        self.read_temperature()
        self.disconnect()


ble = bluetooth.BLE()
try:
    Central(ble).run()
    print("done")
except OSError as error:
    print("failed:", error.args[-1])
    sys.exit(1)
finally:
    ble.active(False)
