"""tools/check_shape.py: a clean tree passes, each broken rule is found and named."""

import shutil
import subprocess

import pytest

BODY = "int f(int a)\n{{\n{}    return a;\n}}\n"

BAD_SOURCES = [
    ("file_length", "src/hci/a.c", "int a;\n" * 801, "801 lines, at most 800"),
    ("file_length", "tests/a.py", "a = 1\n" * 801, "801 lines, at most 800"),
    ("function_length", "src/hci/a.c", BODY.format("    a++;\n" * 58), "f has 62 lines, at most 60"),
    ("function_length", "tests/a.c", BODY.format("    a++;\n" * 98), "f has 102 lines, at most 100"),
    ("no_heap", "src/hci/a.c", BODY.format("    void *p = malloc(1);\n"), "the heap is not used here: malloc("),
    ("no_heap", "src/gap/a.c", BODY.format("    free (p);\n"), "the heap is not used here: free ("),
    ("no_heap", "src/gap/a.c", BODY.format("    char *p = strdup(q);\n"), "the heap is not used here"),
    ("no_conditional_in_function", "src/att/a.c", BODY.format("#if CONFIG_X\n    a++;\n#endif\n"), "#if CONFIG_X inside f"),
    ("no_conditional_in_function", "src/att/a.c", BODY.format("#ifdef X\n    a++;\n#endif\n"), "#ifdef X inside f"),
    ("no_packed_struct", "src/att/a.c", "struct a {\n    int b;\n} __packed;\n", "packed struct"),
    ("no_packed_struct", "src/att/a.c", "struct a {\n    int b;\n} __attribute__((packed));\n", "packed struct"),
    ("no_packed_struct", "src/gap/a.h", "struct __attribute__((__packed__)) a {\n    int b;\n};\n", "packed struct"),
    ("no_packed_struct", "src/att/a.c", "#pragma pack(1)\n", "packed struct"),
    ("no_packet_cast", "src/att/a.c", BODY.format("    struct x *h = (struct x *)buf->data;\n"), "seen through a pointer"),
    ("no_packet_cast", "src/hci/a.c", BODY.format("    const struct x *h = (const struct x *)pdu;\n"), "seen through a pointer"),
    ("no_packet_cast", "src/hci/a.c", BODY.format("    uint16_t h = *(uint16_t *)&packet[1];\n"), "seen through a pointer"),
    ("no_open_end", "src/hci/a.c", "// TODO: more\n", "open end: TODO"),
    ("no_open_end", "air/a.c", "// FIXME later\n", "open end: FIXME"),
]

GOOD_SOURCES = [
    ("src/hci/a.c", "int a;\n" * 800),
    ("src/hci/a.c", BODY.format("    a++;\n" * 56)),
    ("tests/a.c", BODY.format("    a++;\n" * 96)),
    ("src/hci/a.c", "// malloc() is not used, nor free(x)\n"),
    ("src/hci/a.c", BODY.format('    log("free(%d)");\n')),
    ("src/hci/a.c", BODY.format("    pool->free(a);\n    net_buf_free(b);\n    k_free(c);\n")),
    ("src/hci/a.c", "#if CONFIG_X\nint b;\n#endif\n" + BODY.format("")),
    ("src/hci/a.c", BODY.format("    struct own *o = (struct own *)user_data;\n")),
    ("src/hci/a.c", BODY.format("    struct own *o = (struct own *)buf->user_data;\n")),
    ("src/buf/a.c", BODY.format("    struct own *o = (struct own *)bytes;\n")),
    ("include/host/breeze/a.h", "struct a {\n    int b;\n} __packed;\n"),
    ("air/a.c", BODY.format("#if X\n    a++;\n#endif\n    free(p);\n")),
]


def test_clean_tree_passes(tree):
    status, output = tree.check("check_shape.py")
    assert status == 0, output


@pytest.mark.parametrize("rule,path,text,problem", BAD_SOURCES)
def test_bad_source_is_found(tree, rule, path, text, problem):
    tree.write(path, text)
    status, output = tree.check("check_shape.py")
    assert status == 1
    assert f"shape: {rule}." in output and path in output and problem in output


@pytest.mark.parametrize("path,text", GOOD_SOURCES)
def test_good_source_passes(tree, path, text):
    tree.write(path, text)
    status, output = tree.check("check_shape.py")
    assert status == 0, output


def compile_as(tree, name, text):
    """An object where the build of the library would leave it."""
    source = tree.write("objects.c", text)
    out = tree.root / "build" / "CMakeFiles" / "breeze.dir" / f"{name}.o"
    out.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["gcc", "-c", "-fPIC", "-fdata-sections", str(source), "-o", str(out)], check=True)
    source.unlink()


MUTABLE = [
    "int counter;\n",
    "int counter = 3;\n",
    "static int counter;\nint *f(void)\n{\n    return &counter;\n}\n",
    "int *f(void)\n{\n    static int counter;\n    return &counter;\n}\n",
    "__thread int counter;\n",
    "extern int other;\nint *counter = &other;\n",
    "__attribute__((section(\"mine\"))) int counter = 1;\n",
]
CONSTANT = [
    "const int counter = 3;\n",
    "static const char *const names[] = {\"a\", \"b\"};\nconst char *f(int i)\n{\n    return names[i];\n}\n",
    "extern int other(void);\nint (*const row)(void) = other;\n",
]


@pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc")
@pytest.mark.parametrize("text", MUTABLE)
def test_mutable_data_is_found(tree, text):
    compile_as(tree, "src/hci/h4.c", text)
    status, output = tree.check("check_shape.py", "--objects", str(tree.root / "build"))
    assert status == 1 and "src/hci/h4.c: counter" in output and "is mutable data" in output


@pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc")
@pytest.mark.parametrize("text", CONSTANT)
def test_constants_pass(tree, text):
    compile_as(tree, "src/hci/h4.c", text)
    status, output = tree.check("check_shape.py", "--objects", str(tree.root / "build"))
    assert status == 0, output


@pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc")
@pytest.mark.parametrize("owner", ["src/api/state.c", "src/api/state_links.c", "src/kernel/state.c"])
def test_state_files_may_hold_state(tree, owner):
    compile_as(tree, owner, MUTABLE[0])
    assert tree.check("check_shape.py", "--objects", str(tree.root / "build"))[0] == 0


@pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc")
def test_section_objects_are_found(tree):
    text = 'const int row __attribute__((section("breeze_iter_conn_cb"), used)) = 3;\n'
    compile_as(tree, "src/hci/h4.c", text)
    status, output = tree.check("check_shape.py", "--objects", str(tree.root / "build"))
    assert status == 1 and "src/hci/h4.c: has an object in section breeze_iter_conn_cb" in output


def test_no_objects_is_a_failure(tree):
    status, output = tree.check("check_shape.py", "--objects", str(tree.root / "nothing"))
    assert status == 1 and "no objects of the library" in output


def test_missing_folder_is_found(tree):
    shutil.rmtree(tree.root / "bench")
    status, output = tree.check("check_shape.py")
    assert status == 1 and "bench does not exist" in output
