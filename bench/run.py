#!/usr/bin/env python3
"""Runs the benches and writes a flat JSON file of their figures; doc/BENCH.md defines each.

    bench/run.py --build DIR --out FILE [-v]
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from callgrind import host_instructions

UNITS = 1000
INSN = ["notify.tx", "notify.rx", "write.client", "write.server", "adv_report", "idle_step"]


def virtual(program):
    """Figures that a program prints as "name value" lines."""
    result = subprocess.run([program], check=True, capture_output=True, text=True)
    return {name: float(value) for name, value in map(str.split, result.stdout.splitlines())}


def instructions(program, unit, verbose):
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "callgrind.out"
        subprocess.run(
            ["valgrind", "--tool=callgrind", "--collect-atstart=no", f"--callgrind-out-file={out}",
             program, unit],
            check=True, capture_output=True, text=True,
        )
        functions = host_instructions(out)
    if verbose:
        for name, count in sorted(functions.items(), key=lambda item: -item[1])[:25]:
            print(f"    {count / UNITS:8.1f}  {name}")
    return sum(functions.values()) / UNITS


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True, help="the build folder")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("-v", "--verbose", action="store_true", help="instructions per function")
    args = parser.parse_args()
    build, out = args.build, args.out
    figures = {}
    try:
        print("throughput and delay on the virtual air ...", flush=True)
        figures.update(virtual(build / "bench/bench_air"))
        print("enable and disable ...", flush=True)
        figures.update(virtual(build / "bench/bench_cycles"))
        for unit in INSN:
            print(f"instructions: {unit} ...", flush=True)
            figures[f"insn.{unit}"] = instructions(build / "bench/bench_insn", unit, args.verbose)
    except subprocess.CalledProcessError as error:
        sys.exit(f"bench: {error.cmd} failed:\n{error.stderr}")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    for name, value in figures.items():
        print(f"{name:40} {value:12.4f}".rstrip("0").rstrip("."))
    print(f"written to {out}")


if __name__ == "__main__":
    main()
