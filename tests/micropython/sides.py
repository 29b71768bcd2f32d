# The two programs of most tests: a peripheral with one characteristic, and a central that connects to it,
# both with the events of the extensions. Each is its beginning and the `rest` of a test.

import textwrap

PERIPHERAL = """
from bt import *
import bt
UUID = bluetooth.UUID
CHRC = UUID(0x2A6E)
READ, NOTIFY, INDICATE = 2, 0x10, 0x20
"""

SERVE = """
start()
ble.config(events="ext")
((h,),) = ble.gatts_register_services(((UUID(0x181A), ((CHRC, READ | NOTIFY | INDICATE),)),))
address()
advertise()
conn = wait(1)[0]
"""

CENTRAL = """
from bt import *
import bt
"""

CONNECT = """
start("c")
ble.config(events="ext")
to = peer()
conn = connect(to)
"""


# A link's own procedures at its beginning, for data length and PHY, may be in the way (0x23, 0x2a).
UPDATED = """
def updated(*numbers):
    while True:
        ble.gap_conn_update(conn, *numbers)
        outcome = wait(27)[1:]
        if outcome[3] not in (0x23, 0x2A):
            return outcome
"""


def peripheral(rest, before=""):
    return PERIPHERAL + before + SERVE + textwrap.dedent(rest)


def central(rest, before=""):
    return CENTRAL + before + CONNECT + textwrap.dedent(rest)
