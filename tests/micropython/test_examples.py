# The two programs in examples/, as the demo runs them; once more with the sanitizers in the library.

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
