#!/usr/bin/env python3
"""Builds the API reference with Doxygen and checks that it is complete.

Cases: Doxygen has nothing to complain about; and, per public header, every function says something.

    tools/doc.py [--out DIR] [--junit FILE]
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import junit  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
# Families of tiny functions (byte order, lists, atomics) have one comment above the family.
FAMILIES = "zephyr/sys/"


def version():
    text = (ROOT / "include" / "host" / "breeze" / "version.h").read_text()
    parts = [re.search(rf"BREEZE_VERSION_{p} (\d+)", text) for p in ("MAJOR", "MINOR", "PATCH")]
    return ".".join(p.group(1) for p in parts)


def build(out):
    """Runs Doxygen; returns its complaints."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    env = dict(
        os.environ,
        BREEZE_VERSION=version(),
        BREEZE_DOC_OUT=str(out),
        BREEZE_PYTHON=sys.executable,
        PYTHONDONTWRITEBYTECODE="1",
    )
    done = subprocess.run(
        ["doxygen", "tools/doxygen/Doxyfile"], cwd=ROOT, env=env, capture_output=True, text=True
    )
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    if done.returncode:
        lines.append(f"doxygen ended with status {done.returncode}")
    return [line.replace(str(ROOT) + "/", "") for line in lines]


def has_text(member):
    return any("".join(member.find(tag).itertext()).strip()
               for tag in ("briefdescription", "detaileddescription") if member.find(tag) is not None)


def functions(xml):
    """Yields (header, line, function, documented) for each function of the public headers."""
    for path in sorted(xml.glob("*_8h.xml")):
        for member in ET.parse(path).getroot().iter("memberdef"):
            if member.get("kind") == "function":
                location = member.find("location")
                header = location.get("declfile") or location.get("file")
                yield header, int(location.get("line")), member.findtext("name"), has_text(member)


def headers():
    for root in ("kernel", "host"):
        for path in sorted((ROOT / "include" / root).rglob("*.h")):
            yield path.relative_to(ROOT / "include" / root).as_posix()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "doc")
    parser.add_argument("--junit", type=Path)
    args = parser.parse_args()
    suite = junit.Suite("doc")
    with suite.case("doxygen") as case:
        for line in build(args.out.resolve()):
            case.fail(line)
    found = list(functions(args.out / "xml"))
    spoken = {name for _, _, name, documented in found if documented}
    silent = {}
    for header, line, name, _ in found:
        short = re.sub(r"^.*include/(kernel|host)/", "", header)
        if name not in spoken and not name.startswith("_") and not name.isupper():
            silent.setdefault(short, {})[name] = line
    for header in headers():
        if header.startswith(FAMILIES):
            continue
        with suite.case(f"documented.{header}") as case:
            for name, line in silent.get(header, {}).items():
                case.fail(f"{header}:{line}: {name} says nothing")
    shutil.rmtree(args.out / "xml", ignore_errors=True)
    status = suite.finish(args.junit)
    print(f"doc: {args.out / 'html' / 'index.html'}")
    return status


if __name__ == "__main__":
    sys.exit(main())
