# A Bluetooth LE central that fetches the secret of secure_peripheral.py: it pairs with the passkey that its
# user reads there and types here, and keeps the bond in a JSON file (bonds.py). When it comes again, by
# itself at its end or in another run, the bond is enough. Runs on the desktop and on any board
# whose MicroPython has `bluetooth` with pairing as a central.

import bluetooth
import sys
import time

from bonds import Bonds

# MicroPython leaves these numbers to the program.
IRQ_SCAN_RESULT = 5
IRQ_SCAN_DONE = 6
IRQ_PERIPHERAL_CONNECT = 7
IRQ_PERIPHERAL_DISCONNECT = 8
IRQ_GATTC_CHARACTERISTIC_RESULT = 11
IRQ_GATTC_CHARACTERISTIC_DONE = 12
IRQ_GATTC_READ_RESULT = 15
IRQ_GATTC_READ_DONE = 16
IRQ_ENCRYPTION_UPDATE = 28
IRQ_PASSKEY_ACTION = 31
PASSKEY_INPUT = 2
KEYBOARD_ONLY = 2

NAME = b"breeze-safe"
SECRET = bluetooth.UUID("5afe0002-9e57-4f5c-8b3a-7d2f1c0e4a60")
TRIES = 3


class Central:
    def __init__(self, ble):
        self.ble = ble
        self.bonds = Bonds("secure_central.json")
        self.events = {}  # The last of each event that came and was not waited for.
        self.peer = None
        self.conn = None
        self.handle = None
        self.value = None
        ble.irq(self.on_event)
        ble.config(bond=True, mitm=True, le_secure=True, io=KEYBOARD_ONLY)
        ble.active(True)

    # Called for every event: take the data out, which is gone afterwards. It answers for the bonds at
    # once; the user is asked in the main loop, because here the radio waits.
    def on_event(self, event, data):
        if event == IRQ_SCAN_RESULT:
            addr_type, addr, adv_type, rssi, adv_data = data
            if self.peer is None and NAME in bytes(adv_data):
                self.peer = addr_type, bytes(addr)
                self.ble.gap_scan(None)
        elif event == IRQ_PERIPHERAL_CONNECT:
            self.conn = data[0]
        elif event == IRQ_GATTC_CHARACTERISTIC_RESULT:
            if data[4] == SECRET:
                self.handle = data[2]
        elif event == IRQ_GATTC_READ_RESULT:
            self.value = bytes(data[2])
        answer = self.bonds.answer(event, data)
        self.events[event] = [x for x in data if not isinstance(x, memoryview)]
        return answer

    # The data of the first of these events that comes, and which it was.
    def wait(self, *events, seconds=10):
        for _ in range(seconds * 100):
            for event in events:
                if event in self.events:
                    return event, self.events.pop(event)
            if IRQ_PERIPHERAL_DISCONNECT in self.events:
                raise OSError("the peripheral is gone")
            time.sleep_ms(10)
        raise OSError("event %d did not come" % events[0])

    def find(self):
        print("scanning for", NAME.decode())
        self.ble.gap_scan(10_000, 50_000, 50_000)
        self.wait(IRQ_SCAN_DONE, seconds=12)
        if self.peer is None:
            raise OSError("found no peripheral; is secure_peripheral.py running?")

    def connect(self):
        self.events.clear()
        self.ble.gap_connect(*self.peer, 5000, 15_000, 15_000)
        self.wait(IRQ_PERIPHERAL_CONNECT)
        print("connected to", self.peer[1].hex(":"))

    def disconnect(self):
        self.ble.gap_disconnect(self.conn)
        self.wait(IRQ_PERIPHERAL_DISCONNECT)
        print("disconnected")

    # By the bond if there is one, else with a passkey.
    def secure(self):
        for _ in range(TRIES):
            self.ble.gap_pair(self.conn)
            event, data = self.wait(IRQ_PASSKEY_ACTION, IRQ_ENCRYPTION_UPDATE)
            asked = event == IRQ_PASSKEY_ACTION and data[1] == PASSKEY_INPUT
            if asked:
                self.ble.gap_passkey(self.conn, PASSKEY_INPUT, self.ask())
                event, data = self.wait(IRQ_ENCRYPTION_UPDATE)
            how = "with the passkey" if asked else "with the bond"
            if data[1]:
                print("encrypted", "and authenticated" if data[2] else "only", how)
                return
            print("it did not succeed", how)
            if not asked:
                self.forget()
        raise OSError("the peripheral cannot be paired with")

    def ask(self):
        try:
            return int(input("the passkey that it shows: "))
        except ValueError:
            return 0  # That is not the one, most likely: it will fail and be asked for again.

    # The peripheral has lost the bond, and ours is in the way of another one.
    def forget(self):
        if not hasattr(self.ble, "gap_unpair"):
            raise OSError("the bond does not do; delete " + self.bonds.name)
        self.ble.gap_unpair(*self.peer)
        self.wait(IRQ_PERIPHERAL_DISCONNECT)
        print("the bond is deleted")
        self.connect()

    def read(self):
        self.ble.gattc_discover_characteristics(self.conn, 1, 0xFFFF)
        self.wait(IRQ_GATTC_CHARACTERISTIC_DONE)
        if self.handle is None:
            raise OSError("this peripheral has no secret")
        self.value = None
        self.ble.gattc_read(self.conn, self.handle)
        event, data = self.wait(IRQ_GATTC_READ_DONE)
        print("read:", "refused" if data[2] else self.value.decode())

    def run(self):
        self.find()
        self.connect()
        self.read()
        self.secure()
        self.read()
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
