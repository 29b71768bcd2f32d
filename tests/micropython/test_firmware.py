# The firmware's side of the extensions: one table of calls for both worlds, and the files that a board's
# maintainer builds in. No MicroPython is here to build: headers are the stand-ins of tests/support/mpy_double
# and micropython/stock. What the module does is in tests/unit/test_mpy_module.c.

import ast
import os
import re
import shutil
import subprocess

import pytest

from conftest import ROOT

FOLDER = ROOT / "micropython"
DOUBLE = ROOT / "tests" / "support" / "mpy_double"
FLAGS = [f"-I{ROOT}/include/host", f"-I{ROOT}/include/kernel", "-DBREEZE_LEVEL_FULL=1", "-DCONFIG_BT_SMP=1"]
# What MicroPython compiles external modules with.
WARNINGS = "-Wall -Wextra -Wdouble-promotion -Wfloat-conversion -Werror".split()


def table():
    text = (FOLDER / "extend.h").read_text()
    return {name: int(count) for name, count in re.findall(r"CALL\((\w+), (\d)\)", text)}


def test_both_modules_have_the_calls_of_the_table():
    """The stock interpreter's twin has each function with as many arguments, and no other."""
    tree = ast.parse((FOLDER / "stock" / "_breeze.py").read_text())
    found = {f.name: len(f.args.args) for f in tree.body if isinstance(f, ast.FunctionDef)}
    assert len(found) > 15
    assert found == table()


def test_bluetooth_uses_the_calls_of_the_table():
    tree = ast.parse((FOLDER / "bluetooth.py").read_text())
    used = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "_breeze":
            used.setdefault(node.attr, 0)
    assert set(used) == set(table())
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("_breeze."):
            name = node.func.attr
            used[name] += 1
            if any(isinstance(a, ast.Starred) for a in node.args):
                assert len(node.args) <= table()[name], name
            else:
                assert len(node.args) == table()[name], name
            assert not node.keywords, name
    assert all(used.values())


def by_make(folder, *variables):
    """What micropython.mk adds to the build, word by word."""
    names = "SRC_USERMOD_C SRC_USERMOD_LIB_C CFLAGS_USERMOD LIBS_USERMOD"
    (folder / "Makefile").write_text(
        f"USERMOD_DIR := {FOLDER}\ninclude {FOLDER}/micropython.mk\nshow:\n"
        + "".join(f"\t@echo {n} $({n})\n" for n in names.split())
    )
    done = subprocess.run(
        ["make", "-C", str(folder), "--no-print-directory", *variables, "show"],
        capture_output=True, text=True, check=True, env={**os.environ, "MAKEFLAGS": ""},
    )
    return {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line}


def package(folder, definitions):
    """An installed Breeze, as far as its package tells what it was built with."""
    where = folder / "prefix" / "lib" / "cmake" / "breeze"
    where.mkdir(parents=True)
    (where / "breezeConfig.cmake").write_text(
        "add_library(breeze::breeze INTERFACE IMPORTED)\n"
        "set_target_properties(breeze::breeze PROPERTIES INTERFACE_COMPILE_DEFINITIONS\n"
        f'    "{definitions}")\n'
    )
    return folder / "prefix"


def configure(folder, definitions):
    prefix = package(folder, definitions)
    (folder / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.13)\nproject(firmware NONE)\nadd_library(usermod INTERFACE)\n"
        f"set(BREEZE {prefix})\ninclude({FOLDER}/micropython.cmake)\n"
        "get_target_property(sources usermod_breeze INTERFACE_SOURCES)\n"
        "get_target_property(definitions usermod_breeze INTERFACE_COMPILE_DEFINITIONS)\n"
        "get_target_property(linked usermod INTERFACE_LINK_LIBRARIES)\n"
        'message("SOURCES ${sources}")\nmessage("DEFINITIONS ${definitions}")\n'
        'message("SCANNED ${MICROPY_CPP_DEF_EXTRA}")\nmessage("LINKED ${linked}")\n'
    )
    return subprocess.run(
        ["cmake", "-S", str(folder), "-B", str(folder / "b")], capture_output=True, text=True
    )


def by_cmake(folder):
    done = configure(folder, "BREEZE_LEVEL_FULL=1;CONFIG_BT_SMP=1")
    assert done.returncode == 0, done.stderr
    return {k: v.split(";") for k, v in re.findall(r"^([A-Z]+) (.*)$", done.stderr, re.M)}


def real(paths):
    return sorted(os.path.realpath(p) for p in paths)


def test_make_and_cmake_build_the_same(folder):
    made = by_make(folder, "BREEZE_CFLAGS=" + " ".join(FLAGS), "BREEZE_LIBS=-lbreeze")
    configured = by_cmake(folder)
    assert made["SRC_USERMOD_C"] == [str(FOLDER / "mod_breeze.c")]
    sources = made["SRC_USERMOD_C"] + made["SRC_USERMOD_LIB_C"]
    assert real(sources) == real(configured["SOURCES"])
    assert all(os.path.exists(s) for s in sources)
    assert made["LIBS_USERMOD"] == ["-lbreeze"]
    defined = {f[2:] for f in made["CFLAGS_USERMOD"] if f.startswith("-DMICROPY")}
    assert defined == set(configured["DEFINITIONS"]) == set(configured["SCANNED"])
    assert configured["LINKED"] == ["usermod_breeze"]
    # Nothing of the backend is forgotten: each file is in this build, or it is another's twin.
    twins = {"adv_ext_none.c", "security_none.c"}
    assert {os.path.basename(s) for s in sources} | twins == {
        p.name for p in FOLDER.glob("*.c")
    } | {"mbedtls.c"}


def test_twin_where_the_host_does_not_pair(folder):
    made = by_make(folder, "BREEZE_CFLAGS=-DBREEZE_LEVEL_FULL=1", "BREEZE_LIBS=")
    names = {os.path.basename(s) for s in made["SRC_USERMOD_LIB_C"]}
    assert "security_none.c" in names
    assert not names & {"security.c", "secrets.c", "mbedtls.c"}


def test_twin_where_the_host_has_no_sets(folder):
    made = by_make(folder, "BREEZE_CFLAGS=-DBREEZE_LEVEL_FULL=1 -DCONFIG_BT_EXT_ADV=0", "BREEZE_LIBS=")
    done = configure(folder, "BREEZE_LEVEL_FULL=1;CONFIG_BT_EXT_ADV=0")
    for sources in (made["SRC_USERMOD_LIB_C"], re.search("^SOURCES (.*)$", done.stderr, re.M)[1].split(";")):
        names = {os.path.basename(s) for s in sources}
        assert "adv_ext_none.c" in names and "adv_ext.c" not in names


def test_a_lower_level_is_refused(folder):
    with pytest.raises(subprocess.CalledProcessError) as refused:
        by_make(folder, "BREEZE_CFLAGS=-DBREEZE_LEVEL_PERIPHERAL=1", "BREEZE_LIBS=")
    assert "build it with -DBREEZE_LEVEL=full" in refused.value.stderr
    done = configure(folder, "BREEZE_LEVEL_PERIPHERAL=1")
    assert done.returncode and "build it with -DBREEZE_LEVEL=full" in done.stderr


@pytest.mark.parametrize("compiler", ["cc -O2", "arm-none-eabi-gcc -Os -mcpu=cortex-m0plus -mthumb"])
def test_compiles_without_a_warning(folder, compiler):
    words = compiler.split()
    if not shutil.which(words[0]):
        assert not os.environ.get("BREEZE_CI"), f"no {words[0]}"
        pytest.skip(f"no {words[0]}")
    made = by_make(folder, "BREEZE_CFLAGS=" + " ".join(FLAGS), "BREEZE_LIBS=")
    for source in made["SRC_USERMOD_C"] + made["SRC_USERMOD_LIB_C"]:
        if source.endswith("mbedtls.c"):
            continue  # MicroPython's own headers of Mbed TLS are what it needs.
        headers = [DOUBLE] if source.endswith("mod_breeze.c") else []
        flags = made["CFLAGS_USERMOD"] + [f"-I{h}" for h in headers + [FOLDER / "stock"]]
        done = subprocess.run(
            words + ["-std=gnu11", *WARNINGS, *flags, "-c", source, "-o", str(folder / "x.o")],
            capture_output=True, text=True,
        )
        assert done.returncode == 0, f"{source}\n{done.stderr}"
