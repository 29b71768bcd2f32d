#!/usr/bin/env python3
"""Runs every fuzz target for a while, from its committed corpus.

New inputs that reach new code stay in build/fuzz/corpus/NAME; one that breaks something is written to
build/fuzz/found/NAME-... and the exit status is 1.

    tools/fuzz.py [--build DIR] [--seconds N] [--only NAME ...]
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GRACE = 60  # seconds beyond --seconds before a target counts as hung
TAIL = 40  # lines of a broken run that are printed


def targets(build):
    """{name: program} of the fuzz targets in a build folder."""
    found = {}
    for path in sorted((build / "tests" / "fuzz").glob("fuzz_*")):
        if path.is_file() and os.access(path, os.X_OK):
            found[path.name[len("fuzz_") :]] = path
    return found


def command(program, name, build, seconds):
    work = build / "corpus" / name
    found = build / "found"
    work.mkdir(parents=True, exist_ok=True)
    found.mkdir(parents=True, exist_ok=True)
    words = [str(program), f"-max_total_time={seconds}", "-print_final_stats=1", "-timeout=10"]
    words += [f"-artifact_prefix={found}/{name}-", str(work)]
    committed = ROOT / "tests" / "fuzz" / "corpus" / name
    if not committed.is_dir():
        raise SystemExit(f"fuzz: {committed.relative_to(ROOT)} does not exist; each target has a corpus.")
    return words + [str(committed)]


def number(output, what):
    match = re.findall(rf"{what}:?\s+(\d+)", output)
    return int(match[-1]) if match else 0


def run(program, name, build, seconds):
    """(whether it held, a line of the table)."""
    try:
        done = subprocess.run(
            command(program, name, build, seconds),
            capture_output=True, text=True, errors="replace", timeout=seconds + GRACE,
        )
        output, status = done.stderr + done.stdout, done.returncode
    except subprocess.TimeoutExpired:
        output, status = "it did not end", -1
    if status:
        print("\n".join(output.splitlines()[-TAIL:]))
    runs = number(output, "stat::number_of_executed_units")
    state = "held" if status == 0 else "BROKE"
    return status == 0, f"{name:20}{runs:12}{number(output, 'cov'):10}  {state}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "fuzz")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--only", nargs="+", metavar="NAME")
    args = parser.parse_args()
    found = targets(args.build.resolve())
    if args.only:
        missing = set(args.only) - set(found)
        if missing:
            raise SystemExit(f"fuzz: there is no target {', '.join(sorted(missing))}.")
        found = {name: found[name] for name in args.only}
    if not found:
        raise SystemExit(f"fuzz: no targets in {args.build}/tests/fuzz.")
    lines, good = [], True
    for name, program in found.items():
        print(f"fuzz: {name}, {args.seconds} s", flush=True)
        held, line = run(program, name, args.build.resolve(), args.seconds)
        good = good and held
        lines.append(line)
    print(f"\n{'target':20}{'runs':>12}{'coverage':>10}")
    print("\n".join(lines))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
