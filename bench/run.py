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

import micropython
from callgrind import host_instructions

UNITS = 1000
INSN = ["notify.tx", "notify.rx", "write.client", "write.server", "adv_report", "idle_step"]
# Name: arguments. A unit is an SDU of 512 octets, half a KiB.
L2CAP = {
    "l2cap.tx_kib": ["l2cap.tx"],
    "l2cap.rx_kib": ["l2cap.rx"],
    "l2cap.tx_kib.acl192": ["l2cap.tx", "192"],
    "l2cap.rx_kib.acl192": ["l2cap.rx", "192"],
}
# Pairings and encryptions of bench_smp, of which a run has 20; each side apart.
SMP = ["smp.pair", "smp.pair_numeric", "smp.pair_legacy", "smp.encrypt"]
SMP_UNITS = 20
GROWTH = {
    "notify": ("insn.notify.tx.links", [1, 4, 16]),
    "lookup": ("insn.lookup.attributes", [10, 100, 1000]),
    "report": ("insn.adv_report.duplicates", [10, 1000]),
}
# Addresses that are new, or were met before, against so many bonds.
RESOLVE = [(kind, bonds) for kind in ("new", "met") for bonds in (1, 10, 100)]


def virtual(*command):
    """Figures that a program prints as "name value" lines."""
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    return {name: float(value) for name, value in map(str.split, result.stdout.splitlines())}


def instructions(program, *unit, verbose, units=UNITS):
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "callgrind.out"
        subprocess.run(
            ["valgrind", "--tool=callgrind", "--collect-atstart=no", f"--callgrind-out-file={out}",
             program, *unit],
            check=True, capture_output=True, text=True,
        )
        functions = host_instructions(out)
    if verbose:
        for name, count in sorted(functions.items(), key=lambda item: -item[1])[:25]:
            print(f"    {count / units:8.1f}  {name}")
    return sum(functions.values()) / units


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
        print("channels on the virtual air ...", flush=True)
        figures.update(virtual(build / "bench/bench_l2cap"))
        insn = build / "bench/bench_insn"
        for unit in INSN:
            print(f"instructions: {unit} ...", flush=True)
            figures[f"insn.{unit}"] = instructions(insn, unit, verbose=args.verbose)
        for name, unit in L2CAP.items():
            print(f"instructions: {name} ...", flush=True)
            figures[f"insn.{name}"] = 2 * instructions(insn, *unit, verbose=args.verbose)
        smp = build / "bench/bench_smp"
        if smp.exists():  # a build with the Security Manager
            figures.update(virtual(smp))
            for unit in [f"{name}.{side}" for name in SMP for side in ("central", "peripheral")]:
                print(f"instructions: {unit} ...", flush=True)
                figures[f"insn.{unit}"] = instructions(
                    smp, unit, verbose=args.verbose, units=SMP_UNITS
                )
        for kind, (name, numbers) in GROWTH.items():
            print(f"growth: {kind} ...", flush=True)
            for number in numbers:
                figures[f"{name}.{number}"] = instructions(
                    build / "bench/bench_growth", kind, str(number), verbose=args.verbose
                )
        resolve = build / "bench/bench_resolve"
        for kind, bonds in RESOLVE if resolve.exists() else []:
            print(f"resolution: {kind}, {bonds} bonds ...", flush=True)
            figures.update(virtual(resolve, kind, str(bonds)))
            figures[f"insn.resolve.{kind}.bonds.{bonds}"] = instructions(
                resolve, kind, str(bonds), verbose=args.verbose
            )
        print("MicroPython over the real-time air ...", flush=True)
        figures.update(micropython.measure(build.resolve(), args.verbose))
    except subprocess.CalledProcessError as error:
        sys.exit(f"bench: {error.cmd} failed:\n{error.stderr}")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    for name, value in figures.items():
        print(f"{name:40} {value:12.4f}".rstrip("0").rstrip("."))
    print(f"written to {out}")


if __name__ == "__main__":
    main()
