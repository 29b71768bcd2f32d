"""Linux and BlueZ as a client that keeps what it discovered: it reads our Database Hash, sets
robust caching in our Client Supported Features, and hears Service Changed, also of what changed
while it was away."""

import common
from test_linux_security import NONE, SecurePair

EXTRA = common.BASE.format(0x10)
DISCOVERS = "Primary services found"  # in the daemon's log


def test_database_hash_and_service_changed(run):
    async def body(breeze, linux):
        pair = SecurePair(breeze, linux, "central")
        await pair.begin("NoInputNoOutput", NONE)
        end = await pair.link()
        await linux.logged("DB Hash found")
        await linux.logged("Writing Client Features 0x05")  # robust caching, multiple notifications
        await pair.pair(end, "NoInputNoOutput", NONE, 2)
        await pair.part(end)
        # Nothing has changed: the hash says so, and no service is discovered again.
        await linux.forget_log()
        end = await pair.link_again()
        await linux.console.expect("ServicesResolved: yes")
        await linux.logged("DB Hash found")
        await linux.check_read(common.VALUE, common.FIRST_VALUE)
        await linux.not_logged(DISCOVERS)
        await pair.part(end)
        # Changed while it was away: it is told, and reads without "out of sync".
        await breeze.command("service", 1)
        await linux.forget_log()
        end = await pair.link_again()
        await linux.console.expect(EXTRA)
        await linux.console.expect("ServicesResolved: yes")
        await linux.logged("ATT PDU received: 0x1d")
        await linux.logged(DISCOVERS)
        await linux.check_read(common.VALUE, common.FIRST_VALUE)
        # Changed while it is there.
        await linux.forget_log()
        await breeze.command("service", 0)
        await linux.console.expect(rf"DEL.*Primary Service.*\n.*\n\t{EXTRA}")
        await linux.check_read(common.LONG, common.LONG_VALUE)

    run(body, Cache="yes")
