"""tools/fuzz.py: a target that breaks is a failure, so are a missing corpus and an unknown name."""

import fuzz
import pytest


@pytest.fixture
def build(tmp_path, monkeypatch):
    """A tree with two targets that stand in for libFuzzer's: one holds, one breaks."""
    monkeypatch.setattr(fuzz, "ROOT", tmp_path)
    folder = tmp_path / "build" / "fuzz"
    programs = folder / "tests" / "fuzz"
    programs.mkdir(parents=True)
    held = "echo '#2 INITED cov: 7 ft: 8' >&2; echo 'stat::number_of_executed_units: 123' >&2"
    for name, text in (("good", held), ("bad", "echo 'ERROR: AddressSanitizer' >&2; exit 77")):
        (programs / f"fuzz_{name}").write_text(f"#!/bin/sh\n{text}\n")
        (programs / f"fuzz_{name}").chmod(0o755)
        (tmp_path / "tests" / "fuzz" / "corpus" / name).mkdir(parents=True)
    (programs / "fuzz_readme.txt").write_text("not a program")
    return folder


def test_targets(build):
    assert set(fuzz.targets(build)) == {"good", "bad"}


def test_a_target_that_holds(build):
    held, line = fuzz.run(fuzz.targets(build)["good"], "good", build, 1)
    assert held and "123" in line and "7" in line and "held" in line


def test_a_target_that_breaks(build, capsys):
    held, line = fuzz.run(fuzz.targets(build)["bad"], "bad", build, 1)
    assert not held and "BROKE" in line and "AddressSanitizer" in capsys.readouterr().out


def test_main_fails_when_one_breaks(build, monkeypatch):
    for words, status in ((["--only", "good"], 0), ([], 1)):
        monkeypatch.setattr("sys.argv", ["fuzz.py", "--build", str(build), "--seconds", "1", *words])
        assert fuzz.main() == status


@pytest.mark.parametrize("words,sentence", [(["--only", "x"], "no target x"), (["--build", "/nonexistent"], "no targets")])
def test_sentences(build, monkeypatch, words, sentence):
    monkeypatch.setattr("sys.argv", ["fuzz.py", "--build", str(build), *words])
    with pytest.raises(SystemExit, match=sentence):
        fuzz.main()


def test_missing_corpus(build):
    (fuzz.ROOT / "tests" / "fuzz" / "corpus" / "good").rmdir()
    with pytest.raises(SystemExit, match="does not exist"):
        fuzz.run(fuzz.targets(build)["good"], "good", build, 1)
