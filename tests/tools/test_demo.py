"""tools/demo.py: what is wrong is one clear sentence and a status; facts are found in lines."""

import os
import queue
import subprocess
import sys
import time
from types import SimpleNamespace

import demo
import pytest


def run(root, *arguments, **env):
    return subprocess.run(
        [sys.executable, str(root / "tools" / "demo.py"), *arguments],
        env=dict(os.environ, **env), capture_output=True, text=True, timeout=60,
    )


@pytest.mark.parametrize("arguments,sentence", [
    (["--peripheral", "foo"], "PERIPHERAL=foo is no transport"),
    (["--central", "uart:/dev/nothing"], "/dev/nothing does not exist"),
    (["--build", "/nonexistent"], "holds no build; run make first"),
])
def test_one_sentence(root, arguments, sentence):
    done = run(root, *arguments)
    assert done.returncode == 1
    assert sentence in done.stderr and len(done.stderr.splitlines()) == 1


def test_missing_interpreter(root, tmp_path):
    done = run(root, BREEZE_MICROPYTHON="/nonexistent", BREEZE_TRIXIE="", XDG_CACHE_HOME=str(tmp_path))
    assert done.returncode == 1 and "no stock MicroPython interpreter" in done.stderr


def program(name, code, tmp_path, lines, monkeypatch):
    (tmp_path / "examples").mkdir(exist_ok=True)
    (tmp_path / "examples" / f"{name}.py").write_text(code)
    monkeypatch.setattr(demo, "ROOT", tmp_path)
    return demo.Program(name, [sys.executable], "air:x#y", tmp_path, lines)


def test_play_asks_the_survivor_to_leave(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(demo, "FAREWELL", 1)
    lines = queue.Queue()
    stay = "import time\nprint('advertising', flush=True)\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('bye')\n"
    both = [
        program("peripheral", stay, tmp_path, lines, monkeypatch),
        program("central", "print('connected')\n", tmp_path, lines, monkeypatch),
    ]
    demo.play(both, lines, time.monotonic())
    assert all(demo.ended_well(p) for p in both)
    told = capsys.readouterr().out
    assert "peripheral  advertising" in told and "central     connected" in told and "bye" in told


def test_the_passkey_is_typed_at_the_other_program(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(demo, "FAREWELL", 30)
    lines = queue.Queue()
    both = [
        program("peripheral", "print('the passkey is 012345')\n", tmp_path, lines, monkeypatch),
        program("central", "print('typed', input())\n", tmp_path, lines, monkeypatch),
    ]
    demo.play(both, lines, time.monotonic(), demo.type_passkey)
    assert "central     typed 012345" in capsys.readouterr().out
    both[0].type("to one who has gone")


def test_a_build_without_security_has_no_secured_part(tmp_path):
    cache = tmp_path / "CMakeCache.txt"
    cache.write_text("BREEZE_SMP:BOOL=OFF\n")
    assert not demo.has_security(tmp_path)
    cache.write_text("BREEZE_SMP:BOOL=ON\n")
    assert demo.has_security(tmp_path)


def test_play_names_a_hang(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "LIMIT", 1)
    lines = queue.Queue()
    both = [program(n, "import time\ntime.sleep(60)\n", tmp_path, lines, monkeypatch) for n in ("peripheral", "central")]
    try:
        with pytest.raises(demo.Problem, match="central and the peripheral did not end"):
            demo.play(both, lines, time.monotonic())
    finally:
        for p in both:
            p.end()


def test_fact():
    lines = [(0, "received 10 notifications in order, 5 per second"), (1, "found aa:bb"), (2, "found cc:dd")]
    assert demo.fact(lines, r"^received (\d+)") == "10"
    assert demo.fact(lines, r"^found (\S+)") == "cc:dd"
    assert demo.fact(lines, r"(nothing)") == "-"
    assert demo.count(lines, "found") == "2"


def test_the_table_knows_the_examples_lines(root):
    """Every line that the table looks for is one that the two programs print."""
    texts = {n: (root / "examples" / f"{n}.py").read_text() for n in ("peripheral", "central")}
    for words, name in (("connected by", "peripheral"), ("connected to", "central"), ("found", "central"),
                        ("MTU is", "peripheral"), ("MTU is", "central"), ("discovered", "central"),
                        ("temperature is", "central"), ("sent", "peripheral"), ("disconnected", "central"),
                        ("notifications in order, %d per second", "central"), ("disconnected", "peripheral")):
        assert f'"{words}' in texts[name] or f"{words}" in texts[name], (name, words)
    assert demo.peripheral_name() in texts["peripheral"] and demo.peripheral_name() != "?"


def test_ended_well():
    assert demo.ended_well(SimpleNamespace(process=SimpleNamespace(returncode=0)))
    assert not demo.ended_well(SimpleNamespace(process=SimpleNamespace(returncode=1)))
