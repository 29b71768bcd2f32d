# What the programs of these tests share: an event log, waiting on events, talking to the test.
#
# wait(event) takes the first such event that has not been taken, or sleeps until it comes; its limit is
# a hang detector. A hook may answer events and act inside the handler.

import bluetooth
import sys
import time

LIMIT_MS = 120000

ble = bluetooth.BLE()
log = []
hook = None


def irq(event, data):
    data = tuple([bytes(x) if isinstance(x, memoryview) else x for x in data])
    result = hook(event, data) if hook else None
    log.append((event, data))
    return result


def wait(event, match=None):
    for _ in range(LIMIT_MS // 5):
        for i in range(len(log)):
            if log[i][0] == event and (match is None or match(log[i][1])):
                return log.pop(i)[1]
        time.sleep_ms(5)
    raise Exception("event %d did not come; came: %s" % (event, log))


def start(name="peripheral"):
    ble.irq(irq)
    ble.active(True)
    ble.config(gap_name=name)


# Tell the test: a line that it waits for; and wait for a line of the test.
def tell(*words):
    print("TELL", *words)


def listen():
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    return line.strip()


def address():
    kind, addr = ble.config("mac")
    tell("address", kind, addr.hex())


# The peripheral's address, which the test passes on.
def peer():
    kind, addr = listen().split()[-2:]
    return int(kind), bytes.fromhex(addr)


def advertise(interval_us=20000, adv=b"\x02\x01\x06\x04\xffMPY", **kw):
    ble.gap_advertise(interval_us, adv, **kw)


def connect(to, **kw):
    ble.gap_connect(*to, 60000, 7500, 7500)
    return wait(7)[0]


def disconnect(conn, event=8):
    result = ble.gap_disconnect(conn)
    wait(event, lambda d: d[0] == conn)
    return result


# uuid -> (value handle, end handle) of everything between two handles.
def characteristics(conn, first=1, last=0xFFFF):
    ble.gattc_discover_characteristics(conn, first, last)
    wait(12)
    found = {}
    for event, data in log[:]:
        if event == 11:
            log.remove((event, data))
            found[data[4]] = data[2], data[1]
    return found


def read(conn, handle):
    ble.gattc_read(conn, handle)
    conn_done, handle_done, status = wait(16)
    assert handle_done == handle, "READ_DONE for another handle"
    if status:
        return status
    return wait(15)[2]


def write(conn, handle, data, mode=1):
    ble.gattc_write(conn, handle, data, mode)
    if mode:
        return wait(17)[2]
