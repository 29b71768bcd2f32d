"""tools/micropython: finds the interpreter, passes arguments on untouched, says when there is none."""

import os
import subprocess

import pytest


def run(root, *arguments, **env):
    return subprocess.run(
        [str(root / "tools" / "micropython"), *arguments],
        env=dict(os.environ, **env), capture_output=True, text=True, timeout=60,
    )


@pytest.fixture
def fake(tmp_path):
    """A program that claims to be an interpreter with ffi and else prints its arguments."""
    path = tmp_path / "an interpreter's name"
    path.write_text('#!/bin/sh\n[ "$1" = -c ] && { echo yes; exit; }\nfor a; do echo "<$a>"; done\nexit 7\n')
    path.chmod(0o755)
    return str(path)


def test_arguments_and_status_pass_through(root, fake):
    done = run(root, "a b", "", "c'd", "*", BREEZE_MICROPYTHON=fake)
    assert done.stdout.splitlines() == ["<a b>", "<>", "<c'd>", "<*>"] and done.returncode == 7


def test_wrapper_is_a_script_that_does_the_same(root, fake, tmp_path):
    script = tmp_path / "wrapper"
    script.write_text(run(root, "--wrapper", BREEZE_MICROPYTHON=fake).stdout)
    done = subprocess.run(["sh", script, "a b", "c'd"], capture_output=True, text=True)
    assert done.stdout.splitlines() == ["<a b>", "<c'd>"] and done.returncode == 7


def test_none_is_one_sentence(root, tmp_path):
    env = {"BREEZE_MICROPYTHON": "/nonexistent", "BREEZE_TRIXIE": "", "XDG_CACHE_HOME": str(tmp_path)}
    done = run(root, "x.py", **env)
    assert done.returncode == 127 and done.stderr.count("\n") == 1 and "no interpreter" in done.stderr
    assert run(root, "--command", **env).returncode == 3


def test_the_real_one_runs(root):
    done = run(root, "-c", "import ffi, sys; print(sys.implementation.name)")
    assert done.stdout.strip() == "micropython", done.stderr
