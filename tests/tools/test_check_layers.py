"""tools/check_layers.py: a clean tree passes, each forbidden direction is found and named."""

import pytest

DOWN = [
    ("src/kernel/a.c", '"base/base.h"'),
    ("src/buf/a.c", '"kernel/kernel.h"'),
    ("src/hci/a.c", '"buf/buf.h"'),
    ("src/hci/a.c", '"settings/settings.h"'),
    ("src/gap/a.c", '"conn/conn.h"'),
    ("src/l2cap/a.c", '"gap/gap.h"'),
    ("src/gatt/a.c", '"att/att.h"'),
    ("src/api/a.c", '"gatt/gatt.h"'),
    ("src/api/wiring.c", '"hci/hci.h"'),
    ("src/settings/a.c", '"base/base.h"'),
    ("src/hci/a.c", "<breeze/breeze.h>"),
    ("src/base/a.c", "<zephyr/zephyr.h>"),
    ("ports/unix/a.c", "<breeze/breeze.h>"),
    ("air/a.c", '"air.h"'),
    ("examples/a.c", '"ports/unix/unix.h"'),
]

UP = [
    ("src/base/a.c", '"kernel/kernel.h"', "base may not include kernel"),
    ("src/base/a.c", '"hci/hci.h"', "base may not include hci"),
    ("src/kernel/a.c", '"hci/hci.h"', "kernel may not include hci"),
    ("src/hci/a.c", '"conn/conn.h"', "hci may not include conn"),
    ("src/conn/a.c", '"gap/gap.h"', "conn may not include gap"),
    ("src/conn/a.c", '"l2cap/l2cap.h"', "conn may not include l2cap"),
    ("src/l2cap/a.c", '"att/att.h"', "l2cap may not include att"),
    ("src/att/a.c", '"gatt/gatt.h"', "att may not include gatt"),
    ("src/gatt/a.c", '"api/api.h"', "gatt may not include api"),
    ("src/settings/a.c", '"hci/hci.h"', "settings may not include hci"),
    ("src/buf/a.c", '"../hci/hci.h"', "buf may not include hci"),
    ("src/hci/a.c", '"conn.h"', "hci may not include conn"),
    ("src/hci/a.c", '"air/air.h"', "hci may not include air/air.h"),
    ("src/buf/a.c", "<zephyr/bluetooth/bluetooth.h>", "may not see the host's headers"),
    ("include/kernel/breeze/a.h", "<zephyr/bluetooth/bluetooth.h>", "only the shim's headers"),
    ("include/host/breeze/a.h", '"hci/hci.h"', "only public headers"),
    ("air/a.c", '"hci/hci.h"', "air may include public headers and its own only"),
    ("air/a.c", '"../src/hci/hci.h"', "air may include public headers and its own only"),
    ("ports/unix/a.c", '"kernel/kernel.h"', "ports may include public headers and its own only"),
    ("micropython/a.c", '"hci/hci.h"', "micropython may include public headers and its own only"),
    ("examples/a.c", '"hci/hci.h"', "examples may include public headers and its own only"),
]


def test_clean_tree_passes(tree):
    status, output = tree.check("check_layers.py")
    assert status == 0, output


@pytest.mark.parametrize("path,header", DOWN)
def test_down_is_allowed(tree, path, header):
    tree.write(path, f"#include {header}\n")
    status, output = tree.check("check_layers.py")
    assert status == 0, output


@pytest.mark.parametrize("path,header,problem", UP)
def test_up_is_found(tree, path, header, problem):
    tree.write(path, f"#include <stdint.h>\n#include {header}\n")
    status, output = tree.check("check_layers.py")
    assert status == 1
    assert f"{path}:2: " in output and problem in output


def test_unknown_folder_is_found(tree):
    tree.write("src/extra/a.c", '#include "base/base.h"\n')
    status, output = tree.check("check_layers.py")
    assert status == 1 and "src/extra is in no layer" in output


def test_missing_header_is_found(tree):
    tree.write("src/hci/a.c", '#include "base/nothing.h"\n')
    status, output = tree.check("check_layers.py")
    assert status == 1 and "base/nothing.h does not exist" in output


def test_commented_include_is_ignored(tree):
    tree.write("src/base/a.c", '// #include "hci/hci.h"\n')
    assert tree.check("check_layers.py")[0] == 0


def test_missing_folder_is_found(tree):
    (tree.root / "air" / "air.c").unlink()
    (tree.root / "air" / "air.h").unlink()
    (tree.root / "air").rmdir()
    status, output = tree.check("check_layers.py")
    assert status == 1 and "air does not exist" in output
