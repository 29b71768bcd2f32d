# The programs in examples/, as the demo runs them; the first two once more with the sanitizers in the
# library.

import os
import subprocess
from pathlib import Path

import conftest
import pytest

SANITIZE = os.environ.get("BREEZE_SANITIZE_BUILD")


def sanitizer_libraries():
    found = []
    for name in ("libasan.so", "libubsan.so"):
        path = subprocess.run(
            ["gcc", f"-print-file-name={name}"], capture_output=True, text=True
        ).stdout.strip()
        found.append(os.path.realpath(path))
    return ":".join(found)


def play(run, air, folder, **env):
    examples = conftest.ROOT / "examples"
    peripheral = run((examples / "peripheral.py").read_text(), "peripheral", f"air:{air}#p", **env)
    peripheral.expect("^advertising as breeze-demo")
    central = run((examples / "central.py").read_text(), "central", f"air:{air}#c", **env)
    lines = central.finish(120)
    peripheral.interrupt()
    return peripheral.finish(), lines


def check(one, two):
    text = "\n".join(two)
    for line in (
        "scanning",
        "found ",
        "connected to ",
        "MTU is 256",
        "discovered 4 services",
        "temperature is 2",
        "subscribed",
        "ping answered with pong",
        "received 1000 notifications in order, ",
        "disconnected",
        "done",
    ):
        assert line in text, text
    assert two[-1] == "done" and text.count("connected to ") == 2 and text.count("disconnected") == 2
    assert one[-1] == "stopped" and "\n".join(one).count("connected by ") == 2


def test_peripheral_and_central(run, air, folder):
    check(*play(run, air, folder))


def test_peripheral_and_central_with_sanitizers(run, air, folder):
    if not SANITIZE:
        pytest.skip("BREEZE_SANITIZE_BUILD names no build")
    lib = Path(SANITIZE) / "micropython" / "lib"
    assert (lib / "libbreeze_mpy.so").exists(), f"{lib} has no library"
    check(
        *play(
            run,
            air,
            folder,
            MICROPYPATH=f".frozen:{lib}",
            LD_PRELOAD=sanitizer_libraries(),
            ASAN_OPTIONS="detect_leaks=0:log_path=" + str(folder / "asan"),
            UBSAN_OPTIONS="print_stacktrace=1",
        )
    )
    assert not list(folder.glob("asan*"))


def test_central_without_a_peripheral(run, air):
    program = run((conftest.ROOT / "examples" / "central.py").read_text(), "c", f"air:{air}#c")
    assert program.finish(status=1)[-1] == "failed: found no peripheral; is peripheral.py running?"


class Safe:
    """secure_peripheral.py, and secure_central.py against it as often as wanted."""

    def __init__(self, run, air, folder):
        self.run, self.air, self.folder = run, air, folder
        self.start_peripheral()

    def start(self, name):
        examples = conftest.ROOT / "examples"
        (self.folder / "bonds.py").write_text((examples / "bonds.py").read_text())
        return self.run((examples / f"secure_{name}.py").read_text(), name, f"air:{self.air}#{name}")

    def start_peripheral(self):
        self.peripheral = self.start("peripheral")
        self.peripheral.expect("^advertising as breeze-safe")

    def stop_peripheral(self):
        self.peripheral.interrupt()
        lines = self.peripheral.finish()
        assert lines[-1] == "stopped"
        return lines

    def fetch(self, *answers):
        """What the central prints; answers None: the passkey that the peripheral shows."""
        central = self.start("central")
        for answer in answers:
            shown = self.peripheral.expect(r"^the passkey is (\d{6})$").group(1)
            central.tell(shown if answer is None else answer)
        return [line for line in central.finish() if not line.startswith("the passkey that it")]


WITH_PASSKEY = "encrypted and authenticated with the passkey"
WITH_BOND = "encrypted and authenticated with the bond"
SECRET = "read: it is under the oak"


def test_secure_pair(run, air, folder):
    """A passkey once, mistyped first; then the bond does, in new processes on both sides."""
    safe = Safe(run, air, folder)
    lines = safe.fetch("no number", None)
    assert lines[3:] == [
        *("read: refused", "it did not succeed with the passkey", WITH_PASSKEY, SECRET),
        *("disconnected", "done"),
    ]
    assert "pairing failed" in safe.stop_peripheral()
    safe.start_peripheral()
    assert safe.fetch()[2:] == ["read: refused", WITH_BOND, SECRET, "disconnected", "done"]
    assert not [line for line in safe.stop_peripheral() if "passkey" in line or "no bonds" in line]


def test_secure_pair_after_one_side_lost_its_bond(run, air, folder):
    """The central deletes its own and asks for the passkey; the peripheral simply pairs anew."""
    safe = Safe(run, air, folder)
    safe.fetch(None)
    safe.stop_peripheral()
    (folder / "secure_peripheral.json").unlink()
    safe.start_peripheral()
    lines = safe.fetch(None)
    assert lines[3:5] == ["it did not succeed with the bond", "the bond is deleted"]
    assert lines[-4:] == [WITH_PASSKEY, SECRET, "disconnected", "done"]
    (folder / "secure_central.json").unlink()
    lines = safe.fetch(None)
    assert lines[-4:] == [WITH_PASSKEY, SECRET, "disconnected", "done"]
    safe.stop_peripheral()


def test_secure_central_without_a_peripheral(run, air, folder):
    (folder / "bonds.py").write_text((conftest.ROOT / "examples" / "bonds.py").read_text())
    program = run((conftest.ROOT / "examples" / "secure_central.py").read_text(), "c", f"air:{air}#c")
    assert program.finish(status=1)[-1] == (
        "failed: found no peripheral; is secure_peripheral.py running?"
    )


def test_bonds_are_kept_as_they_should(run, folder):
    (folder / "bonds.py").write_text((conftest.ROOT / "examples" / "bonds.py").read_text())
    (folder / "damaged.json").write_text('{"1 00": "zz"')
    program = run(
        """
        from bonds import Bonds
        store = Bonds("b.json")
        key, value = memoryview(b"\\1key"), memoryview(b"value")
        print(store.answer(30, (1, key, value)), store.answer(30, (2, key, b"other")))
        store = Bonds("b.json")
        print(store.answer(29, (1, 0, key)), store.answer(29, (1, 0, None)), store.answer(29, (1, 1, None)))
        print(store.answer(29, (3, 0, None)), store.answer(29, (2, 0, b"no")), store.answer(1, (0, 0, key)))
        print(store.answer(30, (1, key, None)), store.answer(30, (1, key, None)))
        print(Bonds("b.json").kept)
        print(Bonds("damaged.json").kept)
        """
    )
    assert program.finish() == [
        "no bonds in b.json",
        "True True",
        "b'value' b'value' None",
        "None None None",
        "True False",
        "{'2 016b6579': b'other'}",
        "no bonds in damaged.json",
        "{}",
    ]


# ---- Files over a channel ----------------------------------------------------------------------


def receiver(run, air, folder):
    (folder / "in").mkdir()
    source = (conftest.ROOT / "examples" / "l2cap_receive.py").read_text()
    program = run(source, "receive", f"air:{air}#r", args=["in"])
    program.expect("^waiting for files as breeze-files")
    return program


def send(run, air, *files):
    source = (conftest.ROOT / "examples" / "l2cap_send.py").read_text()
    return run(source, "send", f"air:{air}#s", args=files)


def test_files_over_a_channel(run, air, folder):
    contents = {
        "empty": b"",
        "one": b"x",
        "exactly": bytes(512 * 4),
        "large.bin": bytes((i * 7 + (i >> 8) * 13) & 0xFF for i in range(100_000)),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    one = receiver(run, air, folder)
    for i in range(2):  # The receiver serves one sender after the other.
        lines = send(run, air, *contents).finish(120)
        assert lines[-1] == "done", lines
        for (name, content), line in zip(contents.items(), lines[2:]):
            assert line.startswith(f"sent {name}, {len(content)} octets, ")
            assert (folder / "in" / name).read_bytes() == content
            (folder / "in" / name).unlink()
        one.expect("^disconnected")
    one.interrupt()
    assert one.finish()[-1] == "stopped"
    assert not list((folder / "in").iterdir())


def test_a_file_that_is_not_whole_is_not_kept(run, air, folder):
    (folder / "large").write_bytes(bytes(3_000_000))
    one = receiver(run, air, folder)
    two = send(run, air, "large")
    one.expect("^receiving large of 3000000 octets")
    two.kill()
    one.expect("^only .* of 3000000 octets came")
    # And one that would lie elsewhere does not.
    (folder / "ok").write_bytes(b"content")
    assert send(run, air, "../" + folder.name + "/ok").finish()[-1] == "done"
    assert [(path.name, path.read_bytes()) for path in (folder / "in").iterdir()] == [("ok", b"content")]


def test_send_without_a_receiver(run, air, folder):
    program = send(run, air, "none")
    assert program.finish(status=1)[-1] == "failed: found no receiver; is l2cap_receive.py running?"
