"""Pairing with the controller's cryptography (BREEZE_CRYPTO=controller) in place of a library: over the virtual air
with Bumble, which has its own; over RootCanal, whose LE Encrypt is not the air's, what needs no more than that
(it lists LE Generate DHKey among its commands and then does not know it)."""

import pytest
import test_rootcanal
import test_security

BUILD = "breeze_controller"
LEGACY = [method for method in test_rootcanal.METHODS if not method.values[2]]


@pytest.mark.parametrize("roles", test_security.ROLES, ids=lambda r: f"{r[0]}_peripheral")
@pytest.mark.parametrize("ours_io, theirs_io, sc, level", test_security.METHODS)
def test_pair_and_encrypt_again(rig_for, ours_io, theirs_io, sc, level, roles):
    async def whole(room):
        await test_security.pair_and_encrypt_again(room, BUILD, roles, ours_io, theirs_io, sc, level)

    rig_for("air", roles).run(whole)


@pytest.mark.parametrize("near_io, far_io, sc, level", LEGACY)
def test_rootcanal_legacy_pairing(rig_for, near_io, far_io, sc, level):
    async def whole(room):
        await test_rootcanal.pair_and_encrypt_again(room, BUILD, near_io, far_io, sc, level)

    rig_for("rootcanal_large", ("breeze",)).run(whole)
