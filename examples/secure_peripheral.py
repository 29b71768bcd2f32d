# A Bluetooth LE peripheral with a secret, which it gives only to a central that has proved, with a passkey,
# that its user stands before both. The bond that comes of it is kept in a JSON file (bonds.py), so the
# passkey is asked for once. Runs on the desktop and on any board whose MicroPython has `bluetooth` with
# pairing.

import bluetooth
import time

from bonds import Bonds

# MicroPython leaves these numbers to the program.
IRQ_CENTRAL_CONNECT = 1
IRQ_CENTRAL_DISCONNECT = 2
IRQ_ENCRYPTION_UPDATE = 28
IRQ_PASSKEY_ACTION = 31
PASSKEY_DISPLAY = 3
DISPLAY_ONLY = 0
FLAG_READ_AUTHENTICATED = 0x0400

NAME = "breeze-safe"
SAFE = bluetooth.UUID("5afe0001-9e57-4f5c-8b3a-7d2f1c0e4a60")
SECRET = (
    bluetooth.UUID("5afe0002-9e57-4f5c-8b3a-7d2f1c0e4a60"),
    bluetooth.FLAG_READ | FLAG_READ_AUTHENTICATED,
)


class Peripheral:
    def __init__(self, ble):
        self.ble = ble
        self.bonds = Bonds("secure_peripheral.json")
        self.todo = []  # What the handler leaves to the main loop.
        ble.irq(self.on_event)
        ble.config(bond=True, mitm=True, le_secure=True, io=DISPLAY_ONLY)
        ble.active(True)
        ble.config(gap_name=NAME)
        ((self.secret,),) = ble.gatts_register_services(((SAFE, (SECRET,)),))
        ble.gatts_write(self.secret, "it is under the oak")
        self.advertise()

    def advertise(self):
        name = NAME.encode()
        data = b"\x02\x01\x06" + bytes([len(name) + 1, 0x09]) + name
        self.ble.gap_advertise(100_000, data)
        print("advertising as", NAME)

    # Called for every event. It answers for the bonds at once; what a user sees or does is left to the
    # main loop, because here the radio waits.
    def on_event(self, event, data):
        if event == IRQ_CENTRAL_CONNECT:
            print("connected by", bytes(data[2]).hex(":"))
        elif event == IRQ_CENTRAL_DISCONNECT:
            print("disconnected")
            self.todo.append((self.advertise, ()))
        elif event == IRQ_PASSKEY_ACTION:
            self.todo.append((self.on_passkey, tuple(data)))
        elif event == IRQ_ENCRYPTION_UPDATE:
            self.todo.append((self.on_encrypted, tuple(data)))
        return self.bonds.answer(event, data)

    def on_passkey(self, conn, action, passkey):
        if action == PASSKEY_DISPLAY:
            print("the passkey is %06d" % passkey)
            self.ble.gap_passkey(conn, action, passkey)

    def on_encrypted(self, conn, encrypted, authenticated, bonded, key_size):
        if encrypted:
            print("encrypted", "and authenticated" if authenticated else "but not authenticated")
        else:
            print("pairing failed")

    def run(self):
        while True:
            while self.todo:
                call, data = self.todo.pop(0)
                call(*data)
            time.sleep_ms(10)


ble = bluetooth.BLE()
try:
    Peripheral(ble).run()
except KeyboardInterrupt:
    ble.active(False)
    print("stopped")
