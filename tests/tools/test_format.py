"""tools/format.sh: formats the files that it is given, and refuses what it does not know."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments):
    command = [str(ROOT / "tools" / "format.sh"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize("argument", ["--cheque", "-i", "README.md", "src", "nowhere.c"])
def test_what_it_does_not_know_is_refused_with_a_sentence(argument):
    done = run(argument)
    assert done.returncode == 2
    assert argument in done.stderr and done.stderr.startswith("format: ")


@pytest.mark.skipif(not shutil.which("clang-format"), reason="no clang-format")
def test_only_named_files_are_formatted(tmp_path):
    shutil.copy(ROOT / ".clang-format", tmp_path)
    named, other = tmp_path / "named.c", tmp_path / "other.c"
    for file in (named, other):
        file.write_text("int  f( void )\n{\n return 1 ;\n}\n")
    assert run("--check", named).returncode != 0
    assert run(named).returncode == 0
    assert named.read_text() == "int f(void)\n{\n    return 1;\n}\n"
    assert other.read_text() == "int  f( void )\n{\n return 1 ;\n}\n"
    assert run("--check", named).returncode == 0
