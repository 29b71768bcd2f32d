# A Bluetooth LE peripheral: a thermometer with a serial port beside it. Runs on the desktop and on any
# board whose MicroPython has `bluetooth`.
#
# It advertises, serves one central at a time, and takes text commands on its serial port (the Nordic
# UART Service): "ping" is answered with "pong", "burst N" with N numbered notifications.

import bluetooth
import struct
import time

# MicroPython leaves these numbers to the program.
IRQ_CENTRAL_CONNECT = 1
IRQ_CENTRAL_DISCONNECT = 2
IRQ_GATTS_WRITE = 3
IRQ_MTU_EXCHANGED = 21
ENOMEM = 12
ENOTCONN = 107

NAME = "breeze-demo"
SENSING = bluetooth.UUID(0x181A)
TEMPERATURE = (bluetooth.UUID(0x2A6E), bluetooth.FLAG_READ | bluetooth.FLAG_NOTIFY)
UART = bluetooth.UUID("6e400001-b5a3-f393-e0a9-e50e24dcca9e")
UART_TX = (bluetooth.UUID("6e400003-b5a3-f393-e0a9-e50e24dcca9e"), bluetooth.FLAG_NOTIFY)
UART_RX = (
    bluetooth.UUID("6e400002-b5a3-f393-e0a9-e50e24dcca9e"),
    bluetooth.FLAG_WRITE | bluetooth.FLAG_WRITE_NO_RESPONSE,
)


def payload(*fields):
    data = bytearray()
    for kind, value in fields:
        data.extend(bytes([len(bytes(value)) + 1, kind]) + bytes(value))
    return data


class Peripheral:
    def __init__(self, ble):
        self.ble = ble
        self.conn = None
        self.commands = []
        ble.irq(self.on_event)
        ble.active(True)
        ble.config(gap_name=NAME)
        services = ((SENSING, (TEMPERATURE,)), (UART, (UART_TX, UART_RX)))
        ((self.temperature,), (self.tx, self.rx)) = ble.gatts_register_services(services)
        ble.gatts_set_buffer(self.rx, 64)
        self.measure(21.5)
        self.advertise()

    def advertise(self):
        # Flags (general discoverable, LE only), the service and the name; the long UUID in the answer
        # to active scanners.
        adv = payload((0x01, b"\x06"), (0x03, SENSING), (0x09, NAME.encode()))
        self.ble.gap_advertise(100_000, adv, resp_data=payload((0x07, UART)))
        print("advertising as", NAME)

    def measure(self, celsius):
        self.ble.gatts_write(self.temperature, struct.pack("<h", int(celsius * 100)), True)

    # Called for every event. What takes time is left to the main loop.
    def on_event(self, event, data):
        if event == IRQ_CENTRAL_CONNECT:
            self.conn, _, addr = data
            print("connected by", bytes(addr).hex(":"))
        elif event == IRQ_CENTRAL_DISCONNECT:
            self.conn = None
            print("disconnected")
            self.advertise()
        elif event == IRQ_MTU_EXCHANGED:
            print("MTU is", data[1])
        elif event == IRQ_GATTS_WRITE and data[1] == self.rx:
            self.commands.append(self.ble.gatts_read(self.rx))

    def send(self, text):
        while self.conn is not None:
            try:
                self.ble.gatts_notify(self.conn, self.tx, text)
                return
            except OSError as error:
                if error.args[0] == ENOTCONN:
                    return
                if error.args[0] != ENOMEM:
                    raise
                time.sleep_ms(2)  # No buffer free: the radio is behind.

    def burst(self, count):
        print("sending", count, "notifications")
        for i in range(count):
            self.send("notification %d" % i)
        print("sent", count, "notifications")

    def run(self):
        celsius = 21.5
        while True:
            while self.commands:
                words = self.commands.pop(0).decode().split()
                print("command:", *words)
                if words[0] == "burst":
                    self.burst(int(words[1]))
                else:
                    self.send("pong")
            time.sleep_ms(50)
            celsius = celsius + 0.01 if celsius < 25 else 21.5
            self.measure(celsius)


ble = bluetooth.BLE()
try:
    Peripheral(ble).run()
except KeyboardInterrupt:
    ble.active(False)
    print("stopped")
