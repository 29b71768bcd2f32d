"""tools/size.py: sections land in the right column, sums are right."""

import shutil
import subprocess

import pytest
import size

READELF = """
  [Nr] Name              Type            Addr     Off    Size   ES Flg Lk Inf Al
  [ 0]                   NULL            00000000 000000 000000 00      0   0  0
  [ 4] .text.f           PROGBITS        00000000 000034 000010 00  AX  0   0  2
  [ 5] .rodata.t         PROGBITS        00000000 000044 000020 00   A  0   0  4
  [ 6] .data.d           PROGBITS        00000000 000064 000004 00  WA  0   0  4
  [ 7] .bss.b            NOBITS          00000000 000068 000100 00  WA  0   0  4
  [ 8] bt_conn_cb        PROGBITS        00000000 000068 000008 00  WA  0   0  4
  [ 9] .rel.text.f       REL             00000000 000200 000018 08   I 15   4  4
  [10] .comment          PROGBITS        00000000 000068 00004a 01  MS  0   0  1
  [11] .ARM.attributes   ARM_ATTRIBUTES  00000000 0000b2 00002c 00      0   0  1
  [12] .rodata.str1.1    PROGBITS        00000000 000068 000005 01 AMS  0   0  1
"""


def test_sections_are_sorted_into_columns():
    sums = dict.fromkeys(size.COLUMNS, 0)
    for where, count in size.sections(READELF):
        sums[where] += count
    assert sums == {"text": 0x10, "rodata": 0x25, "data": 0x0C, "bss": 0x100}


def test_flash_and_ram():
    row = {"text": 1, "rodata": 2, "data": 4, "bss": 8}
    assert size.flash(row) == 7 and size.ram(row) == 12


@pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="no arm-none-eabi-gcc")
def test_measure_reads_real_objects(tmp_path):
    text = "int bss[5];\nint data = 3;\nconst int rodata[2] = {1, 2};\nint f(void)\n{\n    return data;\n}\n"
    source = tmp_path / "x.c"
    source.write_text(text)
    for layer in ("hci", "att"):
        out = tmp_path / "CMakeFiles" / "breeze.dir" / "src" / layer / "x.c.obj"
        out.parent.mkdir(parents=True)
        subprocess.run(["arm-none-eabi-gcc", "-mcpu=cortex-m0plus", "-mthumb", "-Os", "-c", str(source), "-o", str(out)], check=True)
    layers = size.measure(tmp_path)
    assert set(layers) == {"hci", "att"}
    for row in layers.values():
        assert (row["rodata"], row["data"], row["bss"]) == (8, 4, 20) and row["text"] > 0
    assert size.totals(layers)["bss"] == 40


def test_no_objects_is_an_error(tmp_path):
    with pytest.raises(SystemExit, match="no objects"):
        size.measure(tmp_path)
