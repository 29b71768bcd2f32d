#!/usr/bin/env python3
"""Flash and RAM of the library on Cortex-M0+, per layer and in total, for each level.

Builds the presets arm-LEVEL and sums the sections of every object of the library (-Os, logs and
asserts off): what a program would link at most; what it does not use, --gc-sections removes.

    tools/size.py [--out FILE] [--no-build]
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEVELS = ["beacon", "peripheral", "full"]
COLUMNS = ["text", "rodata", "data", "bss"]
READELF = "arm-none-eabi-readelf"
SECTION = re.compile(
    r"\s*\[\s*\d+\]\s+(?P<name>\S*)\s+(?P<type>[A-Z_]+)\s+[0-9a-f]+\s+[0-9a-f]+\s+"
    r"(?P<size>[0-9a-f]+)\s+[0-9a-f]+\s+(?P<flags>[A-Za-z]*)\s+\d+\s+\d+\s+\d+"
)


def column(kind, flags):
    """Where a section is counted; None when it takes no room on the target."""
    if "A" not in flags:
        return None
    if kind == "NOBITS":
        return "bss"
    if "X" in flags:
        return "text"
    return "data" if "W" in flags else "rodata"


def sections(readelf_text):
    """Yields (column, bytes) from the output of readelf -SW."""
    for line in readelf_text.splitlines():
        match = SECTION.match(line)
        if match:
            where = column(match.group("type"), match.group("flags"))
            if where:
                yield where, int(match.group("size"), 16)


def object_layer(path):
    """hci for .../breeze.dir/src/hci/h4.c.obj"""
    parts = path.as_posix().split("/src/")[-1].split("/")
    return parts[0]


def measure(build):
    """{layer: {column: bytes}} of all objects of the library in a build folder."""
    layers = {}
    objects = sorted(build.glob("CMakeFiles/breeze*.dir/src/**/*.obj"))
    if not objects:
        raise SystemExit(f"size: no objects of the library in {build}")
    for path in objects:
        row = layers.setdefault(object_layer(path), dict.fromkeys(COLUMNS, 0))
        text = subprocess.run([READELF, "-SW", str(path)], capture_output=True, text=True, check=True)
        for where, size in sections(text.stdout):
            row[where] += size
    return layers


def totals(layers):
    return {c: sum(row[c] for row in layers.values()) for c in COLUMNS}


def flash(row):
    return row["text"] + row["rodata"] + row["data"]


def ram(row):
    return row["data"] + row["bss"]


def table(level, layers):
    head = f"{'m0plus ' + level:20}" + "".join(f"{c:>9}" for c in COLUMNS + ["flash", "ram"])
    lines = [head, "-" * len(head)]
    for name, row in list(sorted(layers.items())) + [("total", totals(layers))]:
        values = [row[c] for c in COLUMNS] + [flash(row), ram(row)]
        lines.append(f"{name:20}" + "".join(f"{v:9}" for v in values))
    return "\n".join(lines)


def build(level):
    for command in (
        [str(ROOT / "tools" / "configure.sh"), f"arm-{level}", "-Wno-dev"],
        ["cmake", "--build", "--preset", f"arm-{level}", "--", "--quiet"],
    ):
        if subprocess.run(command, cwd=ROOT).returncode:
            raise SystemExit(f"size: the Cortex-M0+ build of level {level} failed; see above.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "size.json")
    parser.add_argument("--no-build", action="store_true", help="measure what is there")
    args = parser.parse_args()
    result = {}
    for level in LEVELS:
        if not args.no_build:
            build(level)
        layers = measure(ROOT / "build" / f"arm-{level}")
        print(table(level, layers) + "\n", flush=True)
        result[f"m0plus.{level}.flash"] = flash(totals(layers))
        result[f"m0plus.{level}.ram"] = ram(totals(layers))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(result, indent=1) + "\n")
    print(f"size: wrote {args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
