"""tools/deps.sh: says what and why; without root gives the command and a status; never hangs."""

import os
import re
import subprocess

import pytest

GOALS = ["build", "demo", "test", "bench", "size", "fuzz", "doc", "interop", "format"]


def deps(root, *arguments, path=None, **env):
    return subprocess.run(
        [str(root / "tools" / "deps.sh"), *arguments],
        env=dict(os.environ, **env, **({"PATH": path} if path else {})),
        capture_output=True, text=True, timeout=60,
    )


@pytest.mark.parametrize("goal", GOALS)
def test_list_names_a_reason_for_each_package(root, goal):
    done = deps(root, "--list", goal)
    assert done.returncode == 0 and done.stdout
    for line in done.stdout.splitlines():
        assert re.match(rf"{goal}\s+[a-z0-9.+-]+\s+\S.*", line), line


def test_unknown_goal(root):
    done = deps(root, "nothing")
    assert done.returncode == 3 and "there is no goal 'nothing'" in done.stderr


@pytest.fixture
def bare(tmp_path):
    """A PATH with what the script itself needs, a user who is not root, and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in "sh cut sed grep sort head tr dirname uname cat mkdir printf".split():
        for place in ("/usr/bin", "/bin"):
            if os.path.exists(f"{place}/{name}"):
                (folder / name).symlink_to(f"{place}/{name}")
                break
    for name, text in (("id", "echo 1000"), ("apt-get", "exit 1"), ("apt-cache", "exit 0")):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    return folder


def test_without_root_it_says_the_command(root, bare):
    done = deps(root, "build", path=str(bare))
    assert done.returncode == 3
    assert "build needs cmake: the build system behind the Makefile" in done.stdout
    match = re.search(r"Run: sudo apt-get update && sudo apt-get install -y --no-install-recommends (.*)", done.stderr)
    assert match and {"cmake", "ninja-build", "gcc"} <= set(match.group(1).split())


def test_without_apt_it_names_the_packages(root, bare):
    (bare / "apt-get").unlink()
    done = deps(root, "size", path=str(bare))
    assert done.returncode == 3 and "not a Debian system" in done.stderr and "gcc-arm-none-eabi" in done.stderr


def test_as_root_it_updates_once_and_installs(root, bare, tmp_path):
    log = tmp_path / "log"
    (bare / "id").write_text("#!/bin/sh\necho 0\n")
    (bare / "apt-get").write_text(f'#!/bin/sh\necho "$DEBIAN_FRONTEND $*" >>{log}\n')
    done = deps(root, "build", path=str(bare))
    assert done.returncode == 0, done.stderr
    lines = log.read_text().splitlines()
    assert len(lines) == 2 and lines[0].startswith("noninteractive update")
    assert "install" in lines[1] and "cmake" in lines[1].split()


def test_failed_installation_is_said(root, bare):
    (bare / "id").write_text("#!/bin/sh\necho 0\n")
    done = deps(root, "build", path=str(bare))
    assert done.returncode == 3 and "apt-get update failed" in done.stderr


def test_wrong_python_environment_is_said(root):
    done = deps(root, "test", BREEZE_VENV="/nonexistent")
    assert done.returncode == 3 and "BREEZE_VENV=/nonexistent has no bin/python" in done.stderr
