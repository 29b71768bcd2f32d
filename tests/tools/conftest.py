"""What the tests of the tools share: a small tree on which a check is tried."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
sys.path.insert(0, str(ROOT / "tests"))


class Tree:
    """A source tree with every folder that the checks expect, one clean file in each."""

    FOLDERS = [
        "src/base", "src/kernel", "src/buf", "src/hci", "src/conn", "src/gap", "src/l2cap",
        "src/att", "src/gatt", "src/api", "src/settings", "include/kernel/breeze",
        "include/kernel/zephyr", "include/host/breeze", "include/host/zephyr/bluetooth", "air",
        "ports/unix", "micropython", "examples", "bench", "tests",
    ]

    def __init__(self, root):
        self.root = root
        for folder in self.FOLDERS:
            name = folder.split("/")[-1]
            self.write(f"{folder}/{name}.h", f"// The header of {folder}.\nint {name}(void);\n")
            self.write(f"{folder}/{name}.c", f'#include "{name}.h"\n\nint {name}(void)\n{{\n    return 0;\n}}\n')

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def check(self, tool, *arguments):
        """(status, output) of a check run on this tree."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "tools" / tool), "--root", str(self.root), *arguments],
            capture_output=True, text=True, timeout=120,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path / "tree")


@pytest.fixture
def root():
    return ROOT


@pytest.fixture
def release():
    """The release build that tests/run.py made."""
    return Path(os.environ.get("BREEZE_BUILD") or ROOT / "build" / "release")
