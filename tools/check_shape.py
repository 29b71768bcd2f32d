#!/usr/bin/env python3
"""Checks the house rules on the shape of the code that a script can check.

Sources: files of at most 800 lines, functions of at most 60 (100 in tests), and in src/ no heap, no
`#if` inside a function, no packed structs, no casts of packet bytes to structs, no open ends.
Objects: no mutable data in the library but in the files that design D2 names, no static definitions
that are found by section (D13: those are the application's). A case per rule and folder; exits with 1
and names file, line and rule at every violation.

    tools/check_shape.py [--root DIR] [--objects DIR] [--junit FILE]
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import csource  # noqa: E402
import junit  # noqa: E402

FILE_LINES = 800
FUNCTION_LINES = 60
TEST_FUNCTION_LINES = 100
FOLDERS = ["include", "src", "air", "ports", "micropython", "examples", "bench", "tests"]
TEXT = {".c", ".h", ".py", ".sh"}

# The only files of the library with mutable data (design D2).
STATE = {
    "src/kernel/state.c",
    "src/api/state.c",
    "src/api/state_links.c",
    "src/api/state_central.c",
    "src/api/state_smp.c",
    "src/api/state_ext_adv.c",
    "src/api/state_privacy.c",
}
# Sections that can be written at run time but hold constants that the loader relocates.
CONSTANT_SECTIONS = re.compile(r"\.(data\.rel\.ro|init_array|fini_array|ctors|dtors|preinit_array)")
# Data of the tools that watch a program, not of the program.
FOREIGN_SYMBOLS = re.compile(r"^(__(odr_)?asan|__ubsan|\.L|__gcov|__llvm|__sancov)")

HEAP = re.compile(r"(?<![\w.>])(?:malloc|calloc|realloc|reallocarray|free|strdup|alloca)\s*\(")
CONDITIONAL = re.compile(r"^\s*#\s*(if|ifdef|ifndef|elif|else)\b")
PACKED = re.compile(r"__packed\b|\(\s*(?:__)?packed(?:__)?\s*[,)]|#\s*pragma\s+pack")
# A cast to a struct, or to an integer wider than an octet, of something that is a packet's bytes.
PDU_CAST = re.compile(
    r"\(\s*(?:const\s+)?(?:struct\s+\w+|u?int(?:16|32|64)_t)\s*(?:const\s*)?\*\s*\)\s*"
    r"[(&]*\s*(?:\w+\s*(?:->|\.)\s*)*(?:data|pdu|packet|pkt|payload|bytes|p)\b(?!\s*(?:->|\.))"
)
# Layers that store bytes and know nothing of packets.
BELOW_PACKETS = ("src/base/", "src/buf/", "src/kernel/")
OPEN_END = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def sources(root, folder, suffixes):
    base = root / folder
    for path in sorted(base.rglob("*")) if base.is_dir() else []:
        if path.suffix in suffixes and path.is_file() and "__pycache__" not in path.parts:
            yield path, path.relative_to(root).as_posix(), path.read_text(errors="replace")


def long_files(root, folder):
    for _, name, text in sources(root, folder, TEXT):
        lines = text.count("\n")
        if lines > FILE_LINES:
            yield f"{name}: {lines} lines, at most {FILE_LINES}"


def long_functions(root, folder):
    limit = TEST_FUNCTION_LINES if folder == "tests" else FUNCTION_LINES
    for _, name, text in sources(root, folder, {".c", ".h"}):
        for function, first, last, _ in csource.functions(csource.strip(text)):
            if last - first + 1 > limit:
                yield f"{name}:{first}: {function} has {last - first + 1} lines, at most {limit}"


def matches(root, folder, pattern, problem, raw=False):
    for _, name, text in sources(root, folder, TEXT if raw else {".c", ".h"}):
        lines = text.split("\n") if raw else csource.strip(text).split("\n")
        for number, line in enumerate(lines, 1):
            match = pattern.search(line)
            if match:
                yield f"{name}:{number}: {problem}: {match.group(0).strip()}"


def heap(root, folder):
    return matches(root, folder, HEAP, "the heap is not used here")


def packed(root, folder):
    return matches(root, folder, PACKED, "packed struct; use src/base/rd.h and wr.h")


def pdu_casts(root, folder):
    for problem in matches(root, folder, PDU_CAST, "packet bytes seen through a pointer; use src/base/rd.h"):
        if not problem.startswith(BELOW_PACKETS):
            yield problem


def open_ends(root, folder):
    return matches(root, folder, OPEN_END, "open end", raw=True)


def conditionals(root, folder):
    for _, name, text in sources(root, folder, {".c", ".h"}):
        lines = csource.strip(text).split("\n")
        for function, _, last, body in csource.functions("\n".join(lines)):
            for number in range(body, last):
                if CONDITIONAL.match(lines[number - 1]):
                    yield f"{name}:{number}: {lines[number - 1].strip()} inside {function}"


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def source_of(object_path):
    """src/hci/h4.c for .../breeze.dir/src/hci/h4.c.o"""
    text = object_path.as_posix()
    name = text[text.rindex("/src/") + 1 :]
    return re.sub(r"\.(o|obj)$", "", name)


def writable_sections(path):
    """Names of the sections of an object that a program can write, bar relocated constants."""
    names = set()
    for line in run("readelf", "-SW", str(path)).splitlines():
        match = re.match(r"\s*\[\s*\d+\]\s+(\S+)\s+\S+\s+\S+\s+\S+\s+\S+\s+\S+\s+([A-Za-z]*)", line)
        if match and "W" in match.group(2) and not CONSTANT_SECTIONS.match(match.group(1)):
            names.add(match.group(1))
    return names


def mutable_symbols(path):
    """Yields (name, section, size) of each mutable object in an object file."""
    sections = writable_sections(path)
    for line in run("objdump", "-t", str(path)).splitlines():
        match = re.match(r"[0-9a-f]+ (.{7}) (\S+)\s+([0-9a-f]+)\s+(?:\.hidden |\.protected )?(\S+)$", line)
        if not match:
            continue
        flags, section, size, name = match.groups()
        if section != "*COM*" and section not in sections:
            continue
        if "d" in flags and "O" not in flags:
            continue  # the section itself
        if int(size, 16) and not FOREIGN_SYMBOLS.match(name):
            yield name, section, int(size, 16)


def mutable_data(objects):
    for path in objects:
        source = source_of(path)
        if source in STATE:
            continue
        for name, section, size in mutable_symbols(path):
            yield f"{source}: {name} is mutable data ({section}, {size} bytes) outside {' and '.join(sorted(STATE))}"


def section_objects(objects):
    for path in objects:
        for name in re.findall(r"\s(breeze_iter_\w+)\s+PROGBITS", run("readelf", "-SW", str(path))):
            yield f"{source_of(path)}: has an object in section {name}, which is for applications"


def library_objects(build):
    found = []
    for target in ("breeze", "breeze_kernel"):
        found += sorted(build.glob(f"CMakeFiles/{target}.dir/src/**/*.o"))
    return found


SOURCE_RULES = [
    ("file_length", long_files, FOLDERS),
    ("function_length", long_functions, FOLDERS),
    ("no_heap", heap, ["src"]),
    ("no_conditional_in_function", conditionals, ["src"]),
    ("no_packed_struct", packed, ["src"]),
    ("no_packet_cast", pdu_casts, ["src"]),
    ("no_open_end", open_ends, [f for f in FOLDERS if f != "tests"]),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--objects", type=Path, help="a build folder whose objects are checked too")
    parser.add_argument("--junit", type=Path)
    args = parser.parse_args()
    suite = junit.Suite("shape")
    for rule, check, folders in SOURCE_RULES:
        for folder in folders:
            with suite.case(f"{rule}.{folder}") as case:
                if not (args.root / folder).is_dir():
                    case.fail(f"{folder} does not exist")
                for problem in check(args.root, folder):
                    case.fail(problem)
    if args.objects:
        objects = library_objects(args.objects)
        for rule, check in (("no_mutable_data", mutable_data), ("no_section_objects", section_objects)):
            with suite.case(f"{rule}.src") as case:
                if not objects:
                    case.fail(f"no objects of the library in {args.objects}")
                for problem in check(objects):
                    case.fail(problem)
    return suite.finish(args.junit)


if __name__ == "__main__":
    sys.exit(main())
