"""tools/doxygen/filter.py: plain comments become documentation, lines keep their numbers."""

import importlib.util

import pytest


@pytest.fixture
def convert(root):
    spec = importlib.util.spec_from_file_location("doxygen_filter", root / "tools" / "doxygen" / "filter.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda text: module.convert(text.split("\n"))


def test_file_comment(convert):
    assert convert("// What it is.\n// More.\n#ifndef X")[:2] == ["/// @thisfile What it is.", "/// More."]


def test_function_comment_and_its_family(convert):
    out = convert("// File.\n\n// Sets it.\nint set(int a);\nint get(void);\n\nint lone(void);")
    assert out[2] == "/// Sets it."
    assert out[3] == "int set(int a);"
    assert out[4] == "/** Sets it. */ int get(void);"
    assert out[6] == "int lone(void);"


def test_trailing_comment(convert):
    out = convert("// File.\n\nenum e {\n    A, // First.\n};\n#define X 1 // One.")
    assert out[3] == "    A, /**< First. */"
    assert out[5] == "#define X 1 /**< One. */"


def test_commands_and_markup_are_plain_text(convert):
    assert convert("// File.\n\n// 100% of <x> @ \\n.\nint f(void);")[2] == "/// 100\\% of \\<x\\> \\@ \\\\n."


def test_lines_keep_their_numbers_in_every_header(convert, root):
    for path in (root / "include").rglob("*.h"):
        text = path.read_text()
        assert len(convert(text)) == len(text.split("\n")), path
