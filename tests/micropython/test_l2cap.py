# L2CAP channels between two stock interpreters, as MicroPython's documentation defines them.

import textwrap

PERIPHERAL = """
from l2 import *
import l2
"""

CENTRAL = """
from l2 import *
import l2
start("c")
to = peer()
"""


def both(peripheral, central):
    return PERIPHERAL + textwrap.dedent(peripheral), CENTRAL + textwrap.dedent(central)


def test_there_and_back(pair):
    """What MicroPython's own two-device test does: 16 SDUs each way, of random octets."""
    one, two = pair(
        *both(
            """
            import random
            serve((22, 450))
            conn = wait(1)[0]
            accept = wait(22)
            connected = wait(23)
            print(accept[2:], connected[2:], accept == connected, conn == accept[0])
            cid = accept[1]
            until(lambda: len(got.get((conn, cid), b"")) == 3640)
            random.seed(22)
            data = bytes([random.getrandbits(8) for _ in range(3640)])
            print(got[conn, cid] == data, sizes)
            at = 0
            for i in range(16):
                print(send(conn, cid, data[at : at + 400 - 23 * i]), end=" ")
                at += 400 - 23 * i
            print(at, wait(24) == (conn, cid, 22, 0))
            wait(2)
            """,
            """
            import random
            conn = connect(to)
            conn, cid, psm, our_mtu, peer_mtu = open_channel(conn, 22, 450)
            print(psm, our_mtu, peer_mtu, [e for e, _ in log])
            random.seed(22)
            data = bytes([random.getrandbits(8) for _ in range(3640)])
            at = 0
            for i in range(16):
                assert send(conn, cid, data[at : at + 400 - 23 * i])
                at += 400 - 23 * i
            until(lambda: len(got.get((conn, cid), b"")) == 3640)
            print(got[conn, cid] == data)
            ble.l2cap_disconnect(conn, cid)
            print(wait(24) == (conn, cid, 22, 0))
            disconnect(conn)
            """,
        )
    )
    sizes = [400 - 23 * i for i in range(16)]
    assert one == [
        "(22, 450, 450) (22, 450, 450) True True",
        f"True {sizes}",
        "True " * 16 + "3640 True",
    ]
    assert two == ["22 450 450 []", "True", "True"]


def test_many_channels_and_psms(pair):
    """Three channels on two PSMs, opened from both sides, used at the same time, each on its own."""
    one, two = pair(
        *both(
            """
            serve((0x80, 300), (0x25, 100))
            conn = wait(1)[0]
            until(lambda: len(opened) == 3)
            ble.l2cap_connect(conn, 0x81, 64)
            until(lambda: len(opened) == 4)
            print(sorted([d[2:] for d in opened]), len(set([d[1] for d in opened])))
            tell("open")
            for i in range(60):
                for c, cid, psm, our, peers in opened:
                    assert send(c, cid, pattern(50, psm + i))
            until(lambda: len(got) == 4 and min([len(x) for x in got.values()]) == 60 * 40)
            for c, cid, psm, our, peers in opened:
                print(psm, got[c, cid] == b"".join([pattern(40, psm + i) for i in range(60)]))
            wait(2)
            # Channels end before their connection does, each with status 0.
            print(sorted([(d[2], d[3]) for d in closed]))
            """,
            """
            conn = connect(to)
            ble.l2cap_listen(0x81, 50)
            for psm in (0x80, 0x25, 0x80):
                open_channel(conn, psm, 128)
            until(lambda: len(opened) == 4)
            for i in range(60):
                for c, cid, psm, our, peers in opened:
                    assert send(c, cid, pattern(40, psm + i))
            until(lambda: len(got) == 4 and min([len(x) for x in got.values()]) == 60 * 50)
            for c, cid, psm, our, peers in opened:
                print(psm, got[c, cid] == b"".join([pattern(50, psm + i) for i in range(60)]))
            disconnect(conn)
            print(len(closed))
            """,
        )
    )
    assert one == [
        "[(37, 100, 128), (128, 300, 128), (128, 300, 128), (129, 64, 50)] 4",
        "128 True",
        "37 True",
        "128 True",
        "129 True",
        "[(37, 0), (128, 0), (128, 0), (129, 0)]",
    ]
    assert two == ["128 True", "37 True", "128 True", "129 True", "4"]


def test_refused(pair):
    """A handler that says no, and a PSM on which nobody listens: one event with a status, no channel."""
    one, two = pair(
        *both(
            """
            def on_other(event, data):
                if event == 22:
                    return (None, 0, False, 1, -1, True, 7)[count()]
            calls = 0
            def count():
                global calls
                calls += 1
                return calls - 1
            l2.on_other = on_other
            serve((0x80, 100))
            wait(1), wait(2)
            print(calls, len(opened), len(closed))
            """,
            """
            conn = connect(to)
            for i in range(7):
                ble.l2cap_connect(conn, 0x80, 100)
                until(lambda: len(opened) + len(closed) == i + 1)
            print([d[2] for d in opened])
            print([(d[0] == conn, d[2], d[3] != 0) for d in closed])
            print([error(ble.l2cap_send, conn, d[1], b"x") for d in closed])
            closed.clear()
            ble.l2cap_connect(conn, 0x90, 100)
            print(wait(24, lambda d: d[2] == 0x90)[3] != 0)
            for cid in [d[1] for d in opened]:
                ble.l2cap_disconnect(conn, cid)
            until(lambda: len(closed) == 4)
            disconnect(conn)
            """,
        )
    )
    assert one == ["7 3 3"]
    assert two == [
        "[128, 128, 128]",
        "[(True, 128, True), (True, 128, True), (True, 128, True), (True, 128, True)]",
        "[22, 22, 22, 22]",
        "True",
    ]


def test_errors(pair):
    """Every wrong argument has an error, and harms nothing."""
    one, two = pair(
        *both(
            """
            start()
            address()
            print([error(ble.l2cap_listen, psm, 100) for psm in (0, 0x100, -1, 0x80, 0x80)])
            advertise()
            wait(1), wait(2)
            """,
            """
            conn = connect(to)
            print([error(ble.l2cap_connect, conn, psm, 100) for psm in (0, 0x100, -1, 70000)])
            print([error(ble.l2cap_connect, c, 0x80, 100) for c in (conn + 1, 99, 0xFFFF, -1, 70000)])
            _, cid, _, ours, peers = open_channel(conn, 0x80, 1)
            print(ours, peers)
            calls = (
                lambda c, i: ble.l2cap_send(c, i, b"x"),
                lambda c, i: ble.l2cap_recvinto(c, i, buf),
                lambda c, i: ble.l2cap_recvinto(c, i, None),
                lambda c, i: ble.l2cap_disconnect(c, i),
            )
            for call in calls:
                print([error(call, *to) for to in ((conn, cid + 1), (conn, 0), (conn, 0xFFFF), (conn, 70000), (99, cid), (-1, cid))])
            # No data; more than twice our MTU; more than the peer takes.
            print([error(ble.l2cap_send, conn, cid, bytes(n)) for n in (0, 65, 64, 1)])
            ble.l2cap_disconnect(conn, cid)
            print(error(ble.l2cap_disconnect, conn, cid), error(ble.l2cap_send, conn, cid, b"x"))
            wait(24)
            print([error(call, conn, cid) for call in calls])
            _, cid, _, ours, peers = open_channel(conn, 0x80, 100000)
            print(ours, error(ble.l2cap_send, conn, cid, bytes(101)), error(ble.l2cap_send, conn, cid, bytes(100)))
            # As many as there is room for, and then an error.
            try:
                for i in range(100):
                    open_channel(conn, 0x80, 23)
            except OSError as e:
                print(2 < i < 100, e.args[0])
            for call in (lambda: ble.l2cap_recvinto(conn, cid, b"abc"), lambda: ble.l2cap_recvinto(conn, cid, 5),
                         lambda: ble.l2cap_send(conn, cid, None), lambda: ble.l2cap_send(conn, cid)):
                try:
                    print(call())
                except TypeError:
                    print("TypeError", end=" ")
            print()
            disconnect(conn)
            print([error(call, conn, cid) for call in calls], error(ble.l2cap_connect, conn, 0x80, 100))
            """,
        )
    )
    assert one == ["[22, 22, 22, None, 114]"]
    assert two == [
        "[22, 22, 22, 22]",
        "[107, 107, 107, 22, 22]",
        "32 100",
        *["[22, 22, 22, 22, 107, 22]"] * 4,
        "[22, 22, True, True]",
        "114 107",
        "[22, 22, 22, 22]",
        "65533 22 True",
        "True 12",
        "TypeError TypeError TypeError TypeError ",
        "[107, 107, 107, 107] 107",
    ]


def test_partial_reads(pair):
    """recvinto takes what fits and leaves the rest; None says how much there is; never across SDUs."""
    one, two = pair(
        *both(
            """
            l2.reading = False
            serve((0x80, 500))
            conn, cid = wait(23)[:2]
            wait(25), wait(25), wait(25)
            read = ble.l2cap_recvinto
            print(read(conn, cid, None), read(conn, cid, bytearray(0)), read(conn, cid, None))
            part = bytearray(300)
            print(read(conn, cid, part), part == pattern(300), read(conn, cid, None))
            print(read(conn, cid, memoryview(part)[100:140]), part[100:140] == pattern(340)[300:])
            print(read(conn, cid, part), part[:60] == pattern(400)[340:], read(conn, cid, None))
            print(read(conn, cid, part), part[0])
            import array
            words = array.array("H", [0] * 4)
            print(read(conn, cid, words), bytes(words) == b"12345678", read(conn, cid, None))
            # The channel may have ended meanwhile: what came is still there, and then a last 0.
            until(lambda: closed)
            print(read(conn, cid, part), bytes(part[:2]), read(conn, cid, None), read(conn, cid, part))
            print(error(read, conn, cid, part) in (22, 107)) # The link may be gone already.
            wait(2)
            """,
            """
            conn = connect(to)
            conn, cid = open_channel(conn, 0x80, 500)[:2]
            send(conn, cid, pattern(400))
            send(conn, cid, b"x")
            send(conn, cid, "123456789!")
            l2.reading = True
            until(lambda: error(ble.l2cap_disconnect, conn, cid) is None)
            wait(24)
            disconnect(conn)
            """,
        )
    )
    assert one == [
        "400 0 400",
        "300 True 100",
        "40 True",
        "60 True 1",
        "1 120",
        "8 True 2",
        "2 b'9!' 0 0",
        "True",
    ]


STALL = """
conn, cid = wait(23)[:2]
data = pattern(200)
sent = 0
def fill():
    global sent
    while ble.l2cap_send(conn, cid, data):
        sent += 1
        assert sent < 1000
    sent += 1
# Send until nothing has moved for a second.
l2.reading = False
fill()
quiet = 0
while quiet < 100:
    time.sleep_ms(10)
    quiet += 1
    if ready.pop((conn, cid), None) is not None:
        fill()
        quiet = 0
print(error(ble.l2cap_send, conn, cid, data), 20 <= sent <= 300)
tell("stalled", sent)
expected = int(listen()) * 200
l2.reading = True
drain(conn, cid)
until(lambda: len(got[conn, cid]) == expected)
until(lambda: (conn, cid) in ready)
print(got[conn, cid] == data * (expected // 200), set(sizes), ready)
tell("done")
listen()
"""


def test_pitfall_88_back_pressure_both_ways(run, air):
    """Nobody reads: both senders stall, further sends are EBUSY, and nothing is lost when they go on."""
    one = run(
        PERIPHERAL + "serve((0x80, 512))\nwait(1)\n" + STALL,
        "p",
        f"air:{air}#p",
    )
    address = one.told("address")
    two = run(
        CENTRAL + "conn = connect(to)\nble.l2cap_connect(conn, 0x80, 512)\n" + STALL,
        "c",
        f"air:{air}#c",
    )
    two.tell(address)
    sent = one.told("stalled"), two.told("stalled")
    one.tell(sent[1])
    two.tell(sent[0])
    one.told("done"), two.told("done")
    one.tell("end")
    two.tell("end")
    for program in (one, two):
        lines = program.finish()
        assert lines[0] == "16 True"
        assert lines[1].startswith("True {200} {(") and lines[1].endswith("): 0}")


def test_big_transfer_both_ways(pair):
    """100 KB each way at once, in SDUs of many sizes, the readers slower than the senders."""
    work = """
    import random
    random.seed(5)
    total, at = 100_000, 0
    data = pattern(total)
    into = bytearray(total)
    end = 0
    key = None
    while True:
        if opened and not key:
            key = opened[0][:2]
        if not key:
            time.sleep_ms(1)
            continue
        if at < total:
            if not (at and stalled):
                n = random.getrandbits(9) + 1
                stalled = not ble.l2cap_send(*key, memoryview(data)[at : at + n])
                at += n
            elif ready.pop(key, None) is not None:
                stalled = False
        if random.getrandbits(2) == 0:
            end += ble.l2cap_recvinto(*key, memoryview(into)[end : end + 300])
        if at >= total and end == total:
            break
    print(into == data)
    """
    one, two = pair(
        *both(
            "l2.reading = False\nserve((0x80, 600))\nwait(1)\n"
            + textwrap.dedent(work)
            + "ble.l2cap_disconnect(*key)\nwait(2)\n",
            "l2.reading = False\nconn = connect(to)\nble.l2cap_connect(conn, 0x80, 700)\n"
            + textwrap.dedent(work)
            + "until(lambda: closed)\ndisconnect(conn)\n",
        ),
        limit=120,
    )
    assert (one, two) == (["True"], ["True"])


def test_large_sdu(pair):
    """An SDU of 65,524 octets, the largest that is sent, and one of a single octet behind it."""
    one, two = pair(
        *both(
            """
            l2.reading = False
            serve((0x80, 65535))
            conn, cid, psm, ours, peers = wait(23)
            wait(25)
            whole = bytearray(65524)
            print(ours, peers, ble.l2cap_recvinto(conn, cid, whole), whole == pattern(65524))
            wait(25)
            print(ble.l2cap_recvinto(conn, cid, buf), buf[:1])
            wait(2)
            """,
            """
            conn = connect(to)
            conn, cid = open_channel(conn, 0x80, 65535)[:2]
            print(send(conn, cid, pattern(65524)), send(conn, cid, b"!"))
            ble.l2cap_disconnect(conn, cid)
            wait(24)
            disconnect(conn)
            """,
        )
    )
    assert one == ["65533 65524 65524 True", "1 bytearray(b'!')"]
    assert two == ["True True"]


def test_pitfall_85_disconnect_in_the_middle(pair):
    """A sender that waits hears of the end, by SEND_READY with a status and by DISCONNECT, once each."""
    one, two = pair(
        *both(
            """
            l2.reading = False
            serve((0x80, 100))
            conn, cid = wait(23)[:2]
            for i in range(32):
                wait(25)
            ble.l2cap_disconnect(conn, cid)
            until(lambda: closed)
            print(closed == [(conn, cid, 0x80, 0)])
            for i in range(5):
                conn, cid = wait(23)[:2]
                wait(25)
                ble.l2cap_disconnect(conn, cid)
            wait(2)
            """,
            """
            conn = connect(to)
            conn, cid = open_channel(conn, 0x80, 100)[:2]
            n = 0
            while send(conn, cid, bytes(100)):
                n += 1
            print(n > 30, closed == [(conn, cid, 0x80, 0)], ready.get((conn, cid), 1) != 0)
            print(error(ble.l2cap_send, conn, cid, b"x"), error(ble.l2cap_recvinto, conn, cid, None))
            # The link and new channels are as good as before.
            for i in range(5):
                conn, cid = open_channel(conn, 0x80, 100)[:2]
                send(conn, cid, b"x")
                until(lambda: len(closed) == i + 2)
            disconnect(conn)
            """,
        )
    )
    assert two == ["True True True", "22 22"]
    assert one == ["True"]


def test_disconnect_after_send(pair):
    """What was sent before l2cap_disconnect() arrives, the more so as it returned True."""
    one, two = pair(
        *both(
            """
            serve((0x80, 400))
            for n in (1, 2, 5, 40):
                conn, cid = wait(23)[:2]
                until(lambda: (conn, cid, 0x80, 0) in closed)
                print(got.pop((conn, cid)) == pattern(400) * n)
                closed.clear()
            wait(2)
            """,
            """
            conn = connect(to)
            for n in (1, 2, 5, 40):
                conn, cid = open_channel(conn, 0x80, 400)[:2]
                for i in range(n):
                    send(conn, cid, pattern(400))
                ble.l2cap_disconnect(conn, cid)
                until(lambda: closed)
                print(closed.pop())
            # A peer that does not read does not hold it up for long.
            disconnect(conn)
            """,
        )
    )
    assert one == ["True"] * 4
    assert two == ["(0, 64, 128, 0)"] * 4


def test_disconnect_while_nobody_reads(pair):
    """A peer that does not read does not keep a channel open for ever."""
    one, two = pair(
        *both(
            """
            l2.reading = False
            serve((0x80, 100))
            until(lambda: closed)
            conn, cid = closed[0][:2]
            # It is over; what had come can be read.
            drain(conn, cid)
            after = error(ble.l2cap_send, conn, cid, b"x")
            print(got[conn, cid] == bytes(100) * 32, closed[0][3], after in (22, 107))
            wait(2)
            """,
            """
            conn = connect(to)
            conn, cid = open_channel(conn, 0x80, 100)[:2]
            for i in range(36): # 32 fit into the peer's buffer.
                send(conn, cid, bytes(100))
            ble.l2cap_disconnect(conn, cid)
            until(lambda: closed)
            print(closed[0][3], error(ble.l2cap_disconnect, conn, cid))
            disconnect(conn)
            """,
        )
    )
    assert one == ["True 0 True"]
    assert two == ["0 22"]


def test_link_lost(pair):
    """Channels end before the event of their link, on both sides; those being opened with a status."""
    one, two = pair(
        *both(
            """
            serve((0x80, 100))
            until(lambda: len(opened) == 3)
            wait(2)
            order = [e for e, d in log if e in (2, 24)]
            print(order, [d[3] for d in closed])
            """,
            """
            order = []
            l2.on_other = lambda event, data: order.append(event)
            conn = connect(to)
            for i in range(3):
                open_channel(conn, 0x80, 100)
            ble.l2cap_connect(conn, 0x80, 100)
            ble.gap_disconnect(conn)
            wait(8)
            print(sorted([d[3] for d in closed])[:3], len(closed), order[-1])
            """,
        )
    )
    assert one[0].startswith("[24, 24, 24") and "1" not in one[0].split("]")[1]
    assert two == ["[0, 0, 0] 4 8"]


CALLS = """
calls = (
    lambda: ble.l2cap_listen(0x80, 100),
    lambda: ble.l2cap_connect(0, 0x80, 100),
    lambda: ble.l2cap_disconnect(0, 0x40),
    lambda: ble.l2cap_send(0, 0x40, b"x"),
    lambda: ble.l2cap_recvinto(0, 0x40, buf),
    lambda: ble.l2cap_recvinto(0, 0x40, None),
)
"""


def test_inactive(run):
    """Elsewhere these calls crash the interpreter."""
    program = run("from l2 import *\n" + CALLS + "print([error(call) for call in calls])\n")
    assert program.finish() == ["[19, 19, 19, 19, 19, 19]"]


def test_after_active_false(pair):
    """Nothing is left over: no listener, no channel, no data; and all works again, three times."""
    one, two = pair(
        *both(
            CALLS
            + textwrap.dedent(
                """
            l2.reading = False
            start()
            address()
            for i in range(3):
                # One listener, two channels, data that nobody reads, a sender that is stalled.
                ble.l2cap_listen(0x80, 100)
                advertise()
                conn, cid = wait(23)[:2]
                wait(25)
                while ble.l2cap_send(conn, cid, bytes(100)):
                    pass
                wait(25)
                log.clear()
                ble.active(False)
                print([error(call) for call in calls], [e for e, _ in log if e in (22, 23, 24)])
                start()
                print(error(ble.l2cap_recvinto, conn, cid, None))
            """
            ),
            """
            for i in range(3):
                closed.clear()
                conn = connect(to)
                for i in range(2):
                    open_channel(conn, 0x80, 100)
                    send(conn, opened[-1][1], b"x")
                wait(8)
                print([d[3] for d in closed])
                ble.active(False)
                start("c")
            """,
        )
    )
    assert one == ["[19, 19, 19, 19, 19, 19] []", "107"] * 3
    assert two == ["[0, 0]"] * 3


def test_active_false_in_the_handler(pair):
    """From every event of a channel."""
    one, two = pair(
        *both(
            """
            plain = l2.hook
            def hook(event, data):
                if event == when:
                    ble.active(False)
                return plain(event, data)
            l2.reading = False
            bt.hook = hook
            when = 0
            start()
            address()
            for when in (22, 23, 25, 26, 24):
                start()
                ble.l2cap_listen(0x80, 100)
                advertise()
                if when == 26:
                    conn, cid = wait(23)[:2]
                    while ble.l2cap_send(conn, cid, bytes(100)):
                        pass
                until(lambda: not ble.active())
                print(when, end=" ")
                log.clear()
            """,
            """
            for i in range(5):
                conn = connect(to)
                closed.clear()
                opened.clear()
                ble.l2cap_connect(conn, 0x80, 100)
                until(lambda: opened or closed)
                if opened and not closed and send(conn, opened[0][1], b"x") and i == 4:
                    ble.l2cap_disconnect(conn, opened[0][1])
                wait(8)
                print(i, end=" ")
            """,
        )
    )
    assert one == ["22 23 25 26 24 "]
    assert two == ["0 1 2 3 4 "]


def test_pitfall_86_listening_too_late(pair):
    """A channel asked for before anybody listens is an event with a status; the next one opens."""
    one, two = pair(
        *both(
            """
            start()
            ((h,),) = ble.gatts_register_services(((bluetooth.UUID(1), ((bluetooth.UUID(2), 0x18),)),))
            address()
            advertise()
            conn = wait(1)[0]
            # Until the peer has been refused, which it says by a write.
            wait(3)
            ble.l2cap_listen(0x80, 100)
            ble.gatts_notify(conn, h, b"now")
            wait(2)
            print(len(opened), len(closed))
            """,
            """
            conn = connect(to)
            ble.l2cap_connect(conn, 0x80, 100)
            print(wait(24)[2:], len(opened))
            write(conn, characteristics(conn)[bluetooth.UUID(2)][0], b"refused")
            wait(18)
            print(open_channel(conn, 0x80, 100)[2:])
            disconnect(conn)
            """,
        )
    )
    assert one == ["1 1"]
    assert two == ["(128, 16) 0", "(128, 100, 100)"]
