"""Runs the C tests that CMake registered (what ctest would run), and collects every case by name.

cmocka writes its cases as XML when asked to by the environment; each program gets a file of its own.
A program that fails or dies without a failed case in its XML still gives a case of its own.
"""

import concurrent.futures
import json
import os
import signal
import subprocess
import time

import junit

JOBS = 2
TIMEOUT = 300  # seconds, where the test sets none
TAIL = 60  # lines of a failed program's output that its case keeps
CONFORMANCE = "kernel_conformance_"  # the same cases, a program for each back end
# Properties of add_test that are honoured or mean nothing here; any other is an error, so that
# nobody relies on one in vain.
KNOWN = {"ENVIRONMENT", "WORKING_DIRECTORY", "TIMEOUT", "RUN_SERIAL", "LABELS", "COST", "PROCESSORS"}

ENVIRONMENT = {
    "CMOCKA_MESSAGE_OUTPUT": "xml",
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}


def run(command, cwd, env, timeout):
    """(status, output): runs a program in a session of its own, ends all of it at the time limit."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=timeout)
        return process.returncode, output.decode(errors="replace")
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        return None, output.decode(errors="replace") + f"\nended after {timeout:.0f} s"


def tail(text):
    lines = text.splitlines()
    return "\n".join(lines[-TAIL:])


def listed(build):
    """The tests of a build folder, as ctest knows them."""
    text = subprocess.run(
        ["ctest", "--show-only=json-v1"], cwd=build, capture_output=True, text=True, check=True
    ).stdout
    return json.loads(text)["tests"]


def properties(test):
    values = {p["name"]: p["value"] for p in test.get("properties", [])}
    unknown = set(values) - KNOWN
    if unknown:
        raise ValueError(f"{test['name']}: tests/run_c.py does not know {', '.join(sorted(unknown))}")
    return values


def describe(status):
    if status is None:
        return "did not end"
    if status < 0:
        return f"died of {signal.Signals(-status).name}"
    return f"ended with status {status}"


def read_cases(name, path):
    cases = []
    if path.exists():
        cases = junit.read(path)
        for case in cases:
            case.suite = name
    return cases


def run_test(test, results):
    """The cases of one program."""
    name = test["name"]
    own = junit.Case(name, name)
    if "command" not in test:
        own.fail("the program was not built")
        return [own]
    values = properties(test)
    path = results / "c" / f"{name}.xml"
    path.parent.mkdir(parents=True, exist_ok=True)
    env = dict(os.environ, **ENVIRONMENT, CMOCKA_XML_FILE=str(path))
    for setting in values.get("ENVIRONMENT", []):
        key, _, value = setting.partition("=")
        env[key] = value
    start = time.monotonic()
    status, output = run(
        test["command"], values.get("WORKING_DIRECTORY"), env, float(values.get("TIMEOUT", TIMEOUT))
    )
    own.seconds = time.monotonic() - start
    try:
        cases = read_cases(name, path)
    except ValueError as error:
        cases = []
        output += f"\n{error}"
        status = status or 1
    if status != 0 and not any(case.outcome == "failed" for case in cases):
        own.name = f"{name} (the program)"
        own.fail(f"{describe(status)}\n{tail(output)}")
        cases.append(own)
    return cases or [own]


def drop_other_backends(cases):
    """The cases without those that hold on other back ends of the kernel shim: the conformance program
    skips them, and they ran where they hold. One that ran nowhere stays, as a skip."""
    ran = {c.name for c in cases if c.suite.startswith(CONFORMANCE) and c.outcome != "skipped"}
    return [
        c for c in cases
        if not (c.suite.startswith(CONFORMANCE) and c.outcome == "skipped" and c.name in ran)
    ]


def run_all(build, results, suite):
    """Adds the cases of all C tests to the suite, two programs at a time."""
    tests = listed(build)
    serial = [t for t in tests if properties(t).get("RUN_SERIAL")]
    parallel = [t for t in tests if t not in serial]
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for cases in pool.map(lambda t: run_test(t, results), parallel):
            suite.cases += cases
    for test in serial:
        suite.cases += run_test(test, results)
    suite.cases = drop_other_backends(suite.cases)
