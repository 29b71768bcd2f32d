"""The suites of tests/run.py: one row each, what it is, what must be done before, how it runs."""

import dataclasses
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Callable

import junit
import run_c

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
RESULTS = BUILD / "test-results"
CI = os.environ.get("BREEZE_CI") == "1"
SANITIZE = BUILD / "sanitize"
RELEASE = BUILD / "release"

# Time limits are hang detectors: far above what a suite takes on two cores.
BUILD_SECONDS = 2400
CHECK_SECONDS = 120
PYTEST_SECONDS = 1800
CASE_SECONDS = 240


@dataclasses.dataclass
class Suite:
    name: str
    what: str
    run: Callable[[junit.Suite], None]
    needs: tuple = ()


def step(suite, name, command, seconds, env=None):
    """A case that passes when the command does; returns whether it did."""
    with suite.case(name) as case:
        status, output = run_c.run(command, ROOT, dict(os.environ, **(env or {})), seconds)
        if status != 0:
            case.fail(f"{' '.join(map(str, command))}: {run_c.describe(status)}\n{run_c.tail(output)}")
    return case.outcome == "passed"


# ---- Builds --------------------------------------------------------------------------------------


def build(preset):
    def run(suite):
        errors = "ON" if CI else "OFF"
        configure = ["cmake", "--preset", preset, f"-DCMAKE_COMPILE_WARNING_AS_ERROR={errors}"]
        if step(suite, f"configure.{preset}", configure, BUILD_SECONDS):
            step(suite, f"build.{preset}", ["cmake", "--build", "--preset", preset], BUILD_SECONDS)

    return run


def configurations():
    """(name, compiler, level, log, flags) from tools/configurations.txt."""
    for line in (ROOT / "tools" / "configurations.txt").read_text().splitlines():
        words = line.split("#")[0].split(None, 4)
        if words:
            yield words[0], words[1], words[2], words[3], words[4] if len(words) > 4 else ""


def compile_one(suite, name, compiler, level, log, flags):
    folder = BUILD / "configurations" / name
    configure = ["cmake", "-S", str(ROOT), "-B", str(folder), "-G", "Ninja"]
    configure += [f"-DBREEZE_LEVEL={level}", f"-DBREEZE_LOG_MAX={log}"]
    configure += [word for word in flags.split() if word.startswith("-DBREEZE_")]
    flags = " ".join(word for word in flags.split() if not word.startswith("-DBREEZE_"))
    configure += ["-DCMAKE_COMPILE_WARNING_AS_ERROR=ON", f"-DCMAKE_C_FLAGS={flags}"]
    if compiler == "arm":
        configure += [f"-DCMAKE_TOOLCHAIN_FILE={ROOT}/cmake/arm-none-eabi.cmake", "-DBREEZE_AIR=OFF"]
        # The toolchain file's own flags are needed beside ours.
        configure = [c for c in configure if not c.startswith("-DCMAKE_C_FLAGS=")]
        configure.append(f"-DCMAKE_C_FLAGS=-mcpu=cortex-m0plus -mthumb {flags}")
    else:
        configure.append(f"-DCMAKE_C_COMPILER={compiler}")
    targets = ["breeze", "breeze_kernel"] if compiler == "arm" else ["all"]
    command = ["cmake", "--build", str(folder), "-j", "2", "--target"] + targets
    with suite.case(name) as case:
        for words in (configure, command):
            status, output = run_c.run(words, ROOT, None, BUILD_SECONDS)
            if status != 0:
                case.fail(f"{compiler} {level} log {log} {flags}\n{run_c.tail(output)}")
                return
    shutil.rmtree(folder, ignore_errors=True)


def compile_all(suite):
    for row in configurations():
        compile_one(suite, *row)


# ---- Checks --------------------------------------------------------------------------------------


def collect(suite, path, name):
    """Adds the cases of a JUnit file that a tool wrote; its absence is a failure."""
    if not path.exists():
        with suite.case(f"{name}.results") as case:
            case.fail(f"{name} left no results")
        return
    suite.cases += junit.read(path)


def script(name, *arguments):
    """A suite that a script of tools/ runs, which writes the cases itself."""

    def run(suite):
        path = RESULTS / "part" / f"{suite.name}.xml"
        command = [sys.executable, str(ROOT / "tools" / name), *arguments, "--junit", str(path)]
        status, output = run_c.run(command, ROOT, None, CHECK_SECONDS)
        collect(suite, path, name)
        if status != 0 and not suite.count("failed"):
            with suite.case(name) as case:
                case.fail(f"{run_c.describe(status)}\n{run_c.tail(output)}")
        path.unlink(missing_ok=True)

    return run


def c_tests(suite):
    run_c.run_all(SANITIZE, RESULTS, suite)


# ---- pytest --------------------------------------------------------------------------------------


def venv():
    return Path(os.environ.get("BREEZE_VENV") or BUILD / "venv")


def python():
    """The Python that runs pytest, and whether it has the independent peers."""
    inside = venv() / "bin" / "python"
    return (str(inside), True) if inside.exists() else (sys.executable, False)


def missing_reason():
    path = BUILD / "venv.missing"
    return path.read_text().strip() if path.exists() else "build/venv is missing; run tools/deps.sh test"


def has(executable, module):
    return subprocess.run([executable, "-c", f"import {module}"], capture_output=True).returncode == 0


def test_environment():
    return {
        "BREEZE_BUILD": str(RELEASE),
        "BREEZE_SANITIZE_BUILD": str(SANITIZE),
        "BREEZE_INTERPRETER": str(ROOT / "tools" / "micropython"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def pytest(folder, peers=False, case_seconds=CASE_SECONDS, seconds=PYTEST_SECONDS):
    """A suite of Python tests. `peers`: it needs what only PyPI has."""

    def run(suite):
        executable, complete = python()
        if peers and not complete:
            with suite.case(f"{suite.name}.all") as case:
                case.skip(missing_reason())
            return
        path = RESULTS / "part" / f"{suite.name}.xml"
        command = [executable, "-m", "pytest", "-q", "-ra", f"--junitxml={path}", "-o", "junit_family=xunit2"]
        command += ["-p", "no:cacheprovider", "--rootdir", str(ROOT)]
        if has(executable, "pytest_timeout"):
            command += [f"--timeout={case_seconds}"]
        command.append(str(ROOT / folder))
        env = dict(os.environ, **test_environment())
        status, output = run_c.run(command, ROOT, env, seconds)
        collect(suite, path, f"pytest {folder}")
        if status != 0 and not suite.count("failed"):
            with suite.case(f"{suite.name} (the run)") as case:
                case.fail(f"{run_c.describe(status)}\n{run_c.tail(output)}")
        path.unlink(missing_ok=True)

    return run


# ---- The table -----------------------------------------------------------------------------------

SUITES = [
    Suite("layers", "every #include points down", script("check_layers.py")),
    Suite("build.sanitize", "everything, with ASan and UBSan", build("sanitize")),
    Suite("build.release", "everything, as it is installed", build("release")),
    Suite("shape", "the house rules that a script can check",
          script("check_shape.py", "--objects", str(RELEASE)), ("build.release",)),
    Suite("c", "C tests: unit, PDU scripts, air, kernel conformance, fuzz corpora",
          c_tests, ("build.sanitize",)),
    Suite("micropython", "stock interpreters on private airs",
          pytest("tests/micropython"), ("build.release", "build.sanitize")),
    Suite("doc", "the API reference builds and is complete", script("doc.py", "--out", str(BUILD / "doc"))),
    Suite("tools", "the tools' own tests", pytest("tests/tools"), ("build.release",)),
    Suite("interop", "against Bumble and RootCanal", pytest("tests/interop", peers=True),
          ("build.release", "build.sanitize")),
    Suite("configurations", "levels, options, logs, gcc, clang, Cortex-M0+", compile_all),
]


def choose(names):
    """All suites, or the named ones and what they need."""
    if not names:
        return SUITES
    by_name = {suite.name: suite for suite in SUITES}
    wanted = []

    def add(name):
        if name not in by_name:
            raise SystemExit(f"there is no suite '{name}'; there are {', '.join(by_name)}.")
        for need in by_name[name].needs:
            add(need)
        if by_name[name] not in wanted:
            wanted.append(by_name[name])

    for name in names:
        add(name)
    return wanted


def required_numbers():
    for line in (ROOT / "tests" / "required.txt").read_text().splitlines():
        words = line.split("#")[0].split()
        for number in words[1:]:
            yield words[0], int(number)


def required_cases(results):
    """A case per trap and hostile input: there is a test of that number, and it ran."""
    found = {}
    for result in results:
        for case in result.cases:
            for kind, number in re.findall(r"(pitfall|hostile)_0*(\d+)(?!\d)", case.name):
                found.setdefault((kind, int(number)), []).append(case)
    suite = junit.Suite("required")
    for key in required_numbers():
        with suite.case(f"{key[0]}_{key[1]:02d}.exists") as case:
            cases = found.get(key, [])
            if not cases:
                case.fail(f"no case of any suite has {key[0]}_{key[1]:02d} in its name")
            elif all(c.outcome == "skipped" for c in cases):
                case.skip(f"all cases were skipped: {cases[0].text}")
    return suite
