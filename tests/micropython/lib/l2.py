# What the L2CAP programs share: sending as the documentation says, and a handler that reads everything at
# once.

from bt import *
import bt

ready = {}  # (conn, cid): the status of SEND_READY since the last send().
got = {}  # (conn, cid): all that was read.
sizes = []  # How much each read gave.
opened = []
closed = []
buf = bytearray(1024)
reading = True  # The handler reads.


def drain(conn, cid):
    total = got.setdefault((conn, cid), bytearray())
    while True:
        n = ble.l2cap_recvinto(conn, cid, buf)
        if not n:
            return
        sizes.append(n)
        total.extend(buf[:n])


def hook(event, data):
    if event == 23:
        opened.append(data)
    elif event == 24:
        closed.append(data)
    elif event == 25:
        if reading:
            drain(*data)
    elif event == 26:
        ready[data[:2]] = data[2]
    else:
        return on_other(event, data)


def on_other(event, data):
    pass


bt.hook = hook


def until(test):
    for _ in range(LIMIT_MS // 2):
        if test():
            return
        time.sleep_ms(2)
    raise Exception("it does not happen; log %s" % log)


# False: the channel has gone.
def send(conn, cid, data):
    try:
        if not ble.l2cap_send(conn, cid, data):
            until(lambda: (conn, cid) in ready)
            return ready.pop((conn, cid)) == 0
        return True
    except OSError as error:
        if error.args[0] in (22, 107):
            return False
        raise


# Octets that tell their place, so that a lost or doubled one shows.
def pattern(n, seed=0):
    data = bytearray(n)
    for i in range(n):
        data[i] = (i * 7 + (i >> 8) * 13 + (i >> 16) * 31 + seed) & 0xFF
    return bytes(data)


# Be there for a peer: each (PSM, MTU) is listened on.
def serve(*psms):
    start()
    address()
    for psm, mtu in psms:
        ble.l2cap_listen(psm, mtu)
    advertise()


def open_channel(conn, psm, mtu):
    ble.l2cap_connect(conn, psm, mtu)
    return wait(23, lambda d: d[2] == psm)


def error(call, *args):
    try:
        return call(*args)
    except OSError as error:
        return error.args[0]
