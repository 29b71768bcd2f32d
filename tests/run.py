#!/usr/bin/env python3
"""Runs all tests and sums them up: what `make test` is.

Every suite leaves JUnit XML, each case by name, in build/test-results/. Suites run two at a time
where they do not need each other. With BREEZE_CI=1 a skipped case is a failure.

    tests/run.py [--only SUITE ...] [--list]
"""

import argparse
import os
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
sys.path.insert(0, str(ROOT / "tests"))
import junit  # noqa: E402
import run_suites  # noqa: E402

RESULTS = ROOT / "build" / "test-results"
LANES = 2
TEXT_LINES = 40  # of a failure's text, on the terminal; the XML has all of it
TEXTS = 20  # failures of a suite that are printed with their text; of the others the name


class Board:
    """Which suites are done, and the lock under which lanes pick the next."""

    def __init__(self, suites):
        self.waiting = list(suites)
        self.names = {suite.name for suite in suites}
        self.done = {}
        self.seconds = {}
        self.lock = threading.Condition()

    def take(self):
        """The next suite whose needs are done; None when all are taken."""
        with self.lock:
            while self.waiting:
                for suite in self.waiting:
                    if all(n in self.done for n in suite.needs if n in self.names):
                        self.waiting.remove(suite)
                        return suite
                self.lock.wait()
            return None

    def broken_need(self, suite):
        """A suite that this one needs and that failed, or None."""
        with self.lock:
            for name in suite.needs:
                if name in self.done and self.done[name].count("failed"):
                    return name
            return None

    def finish(self, suite, result, seconds):
        with self.lock:
            self.done[suite.name] = result
            self.seconds[suite.name] = seconds
            self.lock.notify_all()


def say(text):
    print(time.strftime("%H:%M:%S ") + text, flush=True)


def judge(result, strict):
    """A suite without cases has failed; where nothing may be skipped, a skip has too."""
    if not result.cases:
        with result.case(f"{result.name}.empty") as case:
            case.fail("the suite has no cases")
    for case in result.cases:
        if strict and case.outcome == "skipped":
            reason = case.text
            case.outcome, case.text = "failed", ""
            case.fail(f"skipped, and BREEZE_CI=1 allows no skips: {reason}")


def run_suite(suite, strict, broken_need=None):
    result = junit.Suite(suite.name)
    try:
        if broken_need:
            with result.case(f"{suite.name} (not run)") as case:
                case.fail(f"{broken_need} failed, which this suite needs")
        else:
            suite.run(result)
    except Exception as error:  # a runner that breaks must show as a failure, with its place
        with result.case(f"{suite.name}.runner") as case:
            case.fail(f"{type(error).__name__}: {error}")
    judge(result, strict)
    result.write(RESULTS / f"{suite.name}.xml")
    return result


def lane(board, strict):
    while True:
        suite = board.take()
        if suite is None:
            return
        say(f"{suite.name}: {suite.what}")
        start = time.monotonic()
        result = run_suite(suite, strict, board.broken_need(suite))
        seconds = time.monotonic() - start
        failed = result.count("failed")
        state = f"{failed} FAILED" if failed else "ok"
        say(f"{suite.name}: {len(result.cases)} cases, {state}, {seconds:.0f} s")
        board.finish(suite, result, seconds)


def excerpt(text):
    """A failure's text, its middle left out when it is long."""
    lines = text.splitlines()
    half = TEXT_LINES // 2
    if len(lines) > TEXT_LINES:
        lines = lines[:half] + [f"... {len(lines) - 2 * half} lines ..."] + lines[-half:]
    return "    " + "\n    ".join(lines)


def print_failures(results):
    for result in results:
        failed = [case for case in result.cases if case.outcome == "failed"]
        for number, case in enumerate(failed):
            print(f"\nFAILED {result.name}: {case.suite}: {case.name}")
            if number < TEXTS:
                print(excerpt(case.text))


def print_skips(results):
    reasons = {}
    for result in results:
        for case in result.cases:
            if case.outcome == "skipped":
                reasons.setdefault((result.name, case.text.splitlines()[0]), []).append(case.name)
    for (suite, reason), names in reasons.items():
        print(f"skipped {len(names)} of {suite}: {reason}")


def print_table(results, seconds):
    row = "{:22}{:>8}{:>8}{:>9}{:>9}"
    print("\n" + row.format("suite", "cases", "failed", "skipped", "seconds"))
    print("-" * 56)
    for result in results:
        counts = [len(result.cases), result.count("failed"), result.count("skipped")]
        print(row.format(result.name, *counts, f"{seconds[result.name]:.1f}"))
    print("-" * 56)
    total = [sum(len(r.cases) for r in results)]
    total += [sum(r.count(o) for r in results) for o in ("failed", "skipped")]
    print(row.format("all", *total, f"{seconds['all']:.1f}"), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", metavar="SUITE", help="only these, and what they need")
    parser.add_argument("--list", action="store_true", help="print the suites")
    args = parser.parse_args()
    suites = run_suites.choose(args.only)
    if args.list:
        for suite in suites:
            print(f"{suite.name:22}{suite.what}")
        return 0
    strict = os.environ.get("BREEZE_CI") == "1"
    for old in RESULTS.glob("**/*.xml"):
        old.unlink()
    board = Board(suites)
    start = time.monotonic()
    lanes = [threading.Thread(target=lane, args=(board, strict)) for _ in range(LANES)]
    for thread in lanes:
        thread.start()
    for thread in lanes:
        thread.join()
    results = [board.done[suite.name] for suite in suites]
    if not args.only:
        required = run_suites.required_cases(results)
        required.write(RESULTS / "required.xml")
        results.append(required)
        board.seconds["required"] = 0.0
    board.seconds["all"] = time.monotonic() - start
    print_failures(results)
    print_table(results, board.seconds)
    print_skips(results)
    failed = sum(result.count("failed") for result in results)
    print(f"JUnit XML: {RESULTS.relative_to(ROOT)}/")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
