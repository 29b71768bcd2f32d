"""Signed writes from Linux and BlueZ, whose signatures show in which order the octets of ours go
(Vol 3, Part H, 2.4.5). The daemon signs on a link without encryption only, and encrypts wherever
there is a key for it: in these tests it forgets that key and keeps the one for signatures. As a
server it (5.66) takes no signed writes."""

import common
from test_linux_security import NONE, SecurePair

SIGNED = common.BASE.format(0x31)
NO_LTK = "sed -i '/LongTermKey/,/^$/d' /var/lib/bluetooth/*/*/info"
COUNTER = "sed -n '/Local/,/^$/s/Counter=//p' /var/lib/bluetooth/*/*/info"


async def signatures_spent(linux, wanted):
    """Wait until the daemon has stored that it gave so many signatures."""
    line = f'until [ "$({COUNTER})" = {wanted} ]; do usleep 50000; done'
    await linux.shell.run(line)


def test_signed_writes(run):
    async def body(breeze, linux):
        pair = SecurePair(breeze, linux, "central")
        await pair.begin("NoInputNoOutput", NONE)
        end = await pair.link()
        await pair.pair(end, "NoInputNoOutput", NONE, 2)
        await pair.part(end)
        await linux.restart_daemon(NO_LTK)
        for number in range(2):  # the counter goes on over links
            end = await pair.link_again()
            await linux.console.expect("ServicesResolved: yes")
            value = bytes([number]) + bytes(range(8))
            await linux.write(SIGNED, value, "command")
            assert await breeze.writes.get() == (value, True)
            await signatures_spent(linux, number + 1)
            assert end.security.queue.empty()
            await pair.part(end)

    run(body, "-signing")
