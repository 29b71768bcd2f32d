"""The test host's own line protocol."""

import asyncio


def test_commands_at_once(rig_for):
    """Each of two tasks that use one host gets the answers to its own commands."""

    async def whole(room):
        host = await room.host("breeze")

        async def many(*words):
            for _ in range(500):
                await host.command(*words)  # raises on the answer to another

        await asyncio.gather(many("refuse_params", 0), many("mtu_set", 247))

    rig_for("air", ("breeze",)).run(whole)
