"""Tests that Linux takes part in as central and as peripheral."""

import pytest

from common import FLAGS, ad, name

ROLES = pytest.mark.parametrize("role", ["central", "peripheral"], ids=lambda role: f"linux_{role}")


class Pair:
    """A Breeze host and Linux in one of its roles, with a link again and again."""

    def __init__(self, breeze, linux, role):
        self.breeze, self.linux, self.role = breeze, linux, role

    async def link(self):
        """Connect for the first time; Breeze's end."""
        if self.role == "peripheral":
            await self.linux.advertise("linux")
            return await self.breeze.connect(self.linux.address)
        await self.breeze.advertise("conn", ad(FLAGS, name(self.breeze.label)))
        await self.linux.connect(self.breeze)
        return await self.breeze.wait_link()

    async def link_again(self):
        """Connect to a device that is known; a Linux central encrypts by itself."""
        if self.role == "peripheral":  # Linux advertises again by itself
            return await self.breeze.connect(self.linux.address)
        await self.breeze.advertise("conn", ad(FLAGS, name(self.breeze.label)))
        await self.linux.connect_known(self.breeze)
        return await self.breeze.wait_link()

    async def part(self, end):
        await end.disconnect()
        await end.wait_end()
        await self.linux.wait_end(self.breeze)
