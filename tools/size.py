#!/usr/bin/env python3
"""Flash and RAM of the library on Cortex-M0+, per layer and in total, for each level.

Builds the presets arm-LEVEL (-Os, logs and asserts off) and links, with --gc-sections, a program that
uses every public function of the host: the whole host of that level, and of the kernel shim what it
needs. `full-smp` is the full level with the Security Manager, whose ciphers (src/crypto/crypto.h, the seam)
the program brings and which are not counted; `full-controller` the same with the controller's
cryptography, which needs no others; `comparable` full-smp with what other hosts' figures were taken with
(doc/BENCH.md). Counted are the sections of the library that stay; a program that uses less is smaller. `libc` is
what the C library and the compiler's add for it.

    tools/size.py [--out FILE] [--no-build]
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEVELS = ["beacon", "peripheral", "full", "full-smp", "full-controller", "comparable"]
COLUMNS = ["text", "rodata", "data", "bss"]
TOOLS = "arm-none-eabi-"
TARGET = ["-mcpu=cortex-m0plus", "-mthumb"]
# What a program calls: the API of the host, and of the shim what every program needs.
API = re.compile(r"(bt|breeze)_\w+$")
SHIM_API = ["breeze_step"]
# ... and what those need whose host keeps something in the settings.
SETTINGS_API = ["settings_subsys_init", "settings_load"]
REMOVED = re.compile(r"removing unused section '(?P<section>[^']+)' in file '(?P<file>[^']+)'")
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


def sections(readelf_text, removed=()):
    """Yields (column, bytes) from the output of readelf -SW, without the sections named."""
    for line in readelf_text.splitlines():
        match = SECTION.match(line)
        if match and match.group("name") not in removed:
            where = column(match.group("type"), match.group("flags"))
            if where:
                yield where, int(match.group("size"), 16)


def object_layer(path):
    """hci for .../breeze.dir/src/hci/h4.c.obj"""
    parts = path.as_posix().split("/src/")[-1].split("/")
    return parts[0]


def tool(name, *arguments):
    done = subprocess.run([TOOLS + name, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"size: {TOOLS}{name} failed:\n{done.stderr}")
    return done.stdout + done.stderr


def api(objects):
    """The public functions that the host's objects define."""
    for line in tool("nm", "--defined-only", "--extern-only", *objects).splitlines():
        words = line.split()
        if len(words) == 3 and words[1] == "T" and API.match(words[2]):
            yield words[2]


def shim_api(objects):
    keeps = "gap_settings" in tool("nm", "--defined-only", *objects).split()
    return SHIM_API + (SETTINGS_API if keeps else [])


def link(objects, roots, out):
    """Links the program; returns {object: the names of its sections that were removed}. The port's
    functions are missing and may be."""
    arguments = ["-nostartfiles", "-Wl,--gc-sections,--print-gc-sections", "-Wl,--unresolved-symbols=ignore-all"]
    arguments += [f"-Wl,-e,{roots[0]}"] + [f"-Wl,-u,{root}" for root in roots]
    removed = {}
    for line in tool("gcc", *TARGET, *arguments, *objects, "-o", out).splitlines():
        match = REMOVED.search(line)
        if match:
            removed.setdefault(match.group("file"), set()).add(match.group("section"))
    return removed


def measure(build):
    """{layer: {column: bytes}} of what the program holds of the library in a build folder."""
    objects = sorted(map(str, build.glob("CMakeFiles/breeze*.dir/src/**/*.obj")))
    if not objects:
        raise SystemExit(f"size: no objects of the library in {build}")
    host = [path for path in objects if "/breeze_kernel.dir/" not in path]
    program = build / "size.elf"
    removed = link(objects, sorted(set(api(host)) | set(shim_api(host))), program)
    layers = {}
    for path in objects:
        row = layers.setdefault(object_layer(Path(path)), dict.fromkeys(COLUMNS, 0))
        for where, size in sections(tool("readelf", "-SW", path), removed.get(path, ())):
            row[where] += size
    ours = totals(layers)
    whole = dict.fromkeys(COLUMNS, 0)
    for where, size in sections(tool("readelf", "-SW", program)):
        whole[where] += size
    layers["libc"] = {c: max(whole[c] - ours[c], 0) for c in COLUMNS}
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
