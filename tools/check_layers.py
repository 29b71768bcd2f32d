#!/usr/bin/env python3
"""Checks that every #include points down (doc/DESIGN.md, "Layers").

A case per folder; exits with 1 and names file, line and rule at every violation.

    tools/check_layers.py [--root DIR] [--junit FILE]
"""

import argparse
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import junit  # noqa: E402

# What each layer of src/ may include from src/, besides itself. Written out in full, so that the
# rule can be read here and nowhere has to be computed.
BASE = ["base"]
SHIM = BASE + ["kernel", "buf"]
SIDE = ["settings", "crypto", "trace"]  # side services: for any layer at or above hci
HCI = SHIM + SIDE + ["hci"]
CONN = HCI + ["conn"]
GAP = CONN + ["gap"]
L2CAP = GAP + ["l2cap"]
ATT = L2CAP + ["att"]
SMP = L2CAP + ["smp"]
GATT = ATT + ["smp", "gatt"]
API = GATT + ["api"]
MAY = {
    "base": BASE,
    "kernel": SHIM,
    "buf": SHIM,
    "settings": SHIM + SIDE,
    "crypto": SHIM + SIDE + ["hci"],  # controller.c: the controller's commands
    "trace": SHIM + SIDE,
    "hci": HCI,
    "conn": CONN,
    "gap": GAP,
    "l2cap": L2CAP,
    "att": ATT,
    "smp": SMP,
    "gatt": GATT,
    "api": API,
}
# These two put the layers together and may see all of them.
WIRING = {"src/api/wiring.c", "src/api/state.c"}

# Folders outside src/: the public headers, their own folder, and what is listed here.
PUBLIC_ONLY = {
    "air": [],
    "ports": ["air/start.h", "air/vendor.h"],
    "micropython": ["ports/unix/", "air/start.h", "air/vendor.h"],
    "examples": ["ports/unix/"],
}
# The shim is separable: its headers see no header of the host.
INCLUDE_ROOTS = ["include/kernel", "include/host"]
# Side services of the C library and of the machine that need not be in the tree.
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')
SUFFIXES = {".c", ".h", ".S", ".inc"}


def includes(path):
    """Yields (line number, bracket, name) for each #include of a file."""
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def resolve(root, path, bracket, name):
    """The file of the tree, relative to root, that an #include names; None when it is foreign."""
    places = [root / "src"] + [root / r for r in INCLUDE_ROOTS]
    if bracket == '"':
        places.insert(0, path.parent)
        # Programs outside src/ may name files from the root of the tree.
        places.append(root)
        places += [root / f for f in PUBLIC_ONLY]
    else:
        places += [root] + [root / f for f in PUBLIC_ONLY]
    for place in places:
        candidate = (place / name).resolve()
        if candidate.is_file():
            try:
                return candidate.relative_to(root.resolve()).as_posix()
            except ValueError:
                return None
    if bracket == '"':
        # Reached through an -I of its own folder: any header of the tree that ends so.
        for top in ["src", "include"] + list(PUBLIC_ONLY):
            for candidate in sorted((root / top).rglob(Path(name).name)):
                if candidate.as_posix().endswith("/" + name):
                    return candidate.relative_to(root).as_posix()
    return None


def layer_of(relative):
    parts = relative.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def check_src(relative, target):
    """The rule that a file of src/ breaks by including target, or None."""
    layer = layer_of(relative)
    if layer not in MAY:
        return f"folder src/{layer} is in no layer"
    if relative in WIRING or target.startswith("include/kernel/"):
        return None
    if target.startswith("include/host/"):
        if layer in ("base", "kernel", "buf"):
            return f"{layer} is part of the shim and may not see the host's headers"
        return None
    other = layer_of(target)
    if other is None:
        return f"{layer} may not include {target}"
    if other not in MAY[layer]:
        return f"{layer} may not include {other}: an include may only point down"
    return None


def check_include_root(relative, target):
    if relative.startswith("include/kernel/") and not target.startswith("include/kernel/"):
        return "the shim's headers may see only the shim's headers"
    if not target.startswith("include/"):
        return "a public header may see only public headers"
    return None


def check_program(relative, target):
    folder = relative.split("/")[0]
    if target.startswith("include/"):
        return None
    if target.startswith(folder + "/"):
        return None
    if any(target.startswith(extra) for extra in PUBLIC_ONLY[folder]):
        return None
    return f"{folder} may include public headers and its own only, not {target}"


def check_file(root, path):
    relative = path.relative_to(root).as_posix()
    top = relative.split("/")[0]
    check = {"src": check_src, "include": check_include_root}.get(top, check_program)
    for number, bracket, name in includes(path):
        target = resolve(root, path, bracket, name)
        if target is None:
            first = name.split("/")[0]
            if first in MAY or first in ("zephyr", "breeze"):
                yield f"{relative}:{number}: {name} does not exist"
            continue
        problem = check(relative, target)
        if problem:
            yield f"{relative}:{number}: {problem}"


def folders(root):
    """(case name, folder) for everything that is checked."""
    src = root / "src"
    for folder in sorted(p for p in src.iterdir() if p.is_dir()) if src.is_dir() else []:
        yield f"src/{folder.name}", folder
    for name in ["include/kernel", "include/host"] + list(PUBLIC_ONLY):
        yield name, root / name


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--junit", type=Path)
    args = parser.parse_args()
    root = args.root.resolve()
    suite = junit.Suite("layers")
    for name, folder in folders(root):
        with suite.case(name) as case:
            if not folder.is_dir():
                case.fail(f"{name} does not exist")
                continue
            problems = []
            for path in sorted(folder.rglob("*")):
                if path.suffix in SUFFIXES and path.is_file():
                    problems += check_file(root, path)
            if problems:
                case.fail("\n".join(problems))
    return suite.finish(args.junit)


if __name__ == "__main__":
    sys.exit(main())
