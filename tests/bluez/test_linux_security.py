"""Pairing with Linux and BlueZ in both roles, and encryption with the bond after a new link."""

import pytest
from roles import ROLES, Pair

DISPLAY, YES_NO, KEYBOARD, NONE = range(4)

# (capability of bluetoothctl's agent, Breeze's, Secure Connections, level that Breeze must reach)
METHODS = [
    pytest.param("NoInputNoOutput", NONE, True, 2, id="just_works"),
    pytest.param("NoInputNoOutput", NONE, False, 2, id="just_works_legacy"),
    pytest.param("DisplayYesNo", YES_NO, True, 4, id="numeric"),
    pytest.param("KeyboardOnly", DISPLAY, True, 4, id="passkey_shown"),
    pytest.param("DisplayOnly", KEYBOARD, True, 4, id="passkey_typed"),
    pytest.param("KeyboardOnly", DISPLAY, False, 2, id="passkey_shown_legacy"),
]


class SecurePair(Pair):
    """The same, and the users of both."""

    async def begin(self, agent, io, sc=True):
        await self.breeze.command("io", io, int(sc))
        await self.linux.agent(agent)

    async def secure(self, end):
        """The central begins."""
        if self.role == "central":
            self.linux.console.send(f"pair {self.breeze.address.split('/')[0]}")
        else:
            await self.breeze.command("security", end.index, 2)

    async def users(self, end, agent, io):
        """The users of both sides do what they see."""
        if agent == "NoInputNoOutput":
            if self.role == "peripheral":
                await self.linux.console.expect("Request authorization")
                self.linux.console.send("yes")
            return
        what, number = await end.prompts.get()
        if what == "show":
            await self.linux.console.expect("Request passkey")
            self.linux.console.send(f"{number:06}")
        elif what == "type":
            shown = await self.linux.console.expect(r"Passkey: (\d{6})")
            await self.breeze.command("answer", end.index, "passkey", int(shown.group(1)))
        else:
            await self.linux.console.expect("Request confirmation")
            self.linux.console.send("yes")  # what it asks comes out with the answer's echo
            asked = await self.linux.console.expect(r"Confirm passkey (\d{6}) \(yes/no\):")
            assert int(asked.group(1)) == number
            await self.breeze.command("answer", end.index, "yes")

    async def pair(self, end, agent, io, level):
        await self.secure(end)
        await self.users(end, agent, io)
        assert await end.security.get() == ("level", level, 0)
        assert await end.security.get() == ("paired", 1, 0)
        if self.role == "central":
            await self.linux.console.expect("Pairing successful")


@ROLES
@pytest.mark.parametrize("agent, io, sc, level", METHODS)
def test_pair_and_encrypt_again(run, agent, io, sc, level, role):
    async def body(breeze, linux):
        pair = SecurePair(breeze, linux, role)
        await pair.begin(agent, io, sc)
        end = await pair.link()
        await pair.pair(end, agent, io, level)
        await pair.part(end)
        end = await pair.link_again()
        if role == "peripheral":
            await breeze.command("security", end.index, level)
        assert await end.security.get() == ("level", level, 0)

    run(body)


@ROLES
def test_wrong_passkey(run, role):
    async def body(breeze, linux):
        pair = SecurePair(breeze, linux, role)
        await pair.begin("DisplayOnly", KEYBOARD)
        end = await pair.link()
        await pair.secure(end)
        assert await end.prompts.get() == ("type", None)
        shown = int((await linux.console.expect(r"Passkey: (\d{6})")).group(1))
        await breeze.command("answer", end.index, "passkey", (shown + 1) % 1000000)
        assert (await end.security.get())[0] == "failed"

    run(body)
