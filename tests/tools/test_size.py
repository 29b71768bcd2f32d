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


def test_removed_sections_do_not_count():
    assert sum(n for _, n in size.sections(READELF, {".text.f", ".bss.b"})) == 0x25 + 0x0C


SOURCE = """
int bss_LAYER[5];
int data_LAYER = 3;
const int rodata_LAYER[2] = {1, 2};
const int table_LAYER[100] = {1};
int unused_LAYER(int i)
{
    return table_LAYER[i];
}
int bt_LAYER(int i)
{
    return data_LAYER + bss_LAYER[i] + rodata_LAYER[i & 1] + breeze_port_now();
}
"""


@pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="no arm-none-eabi-gcc")
def test_measure_links_what_the_api_reaches(tmp_path):
    for layer in ("hci", "att"):
        out = tmp_path / "CMakeFiles" / "breeze.dir" / "src" / layer / "x.c.obj"
        out.parent.mkdir(parents=True)
        source = tmp_path / f"{layer}.c"
        source.write_text("int breeze_port_now(void);" + SOURCE.replace("LAYER", layer))
        flags = [*size.TARGET, "-Os", "-ffunction-sections", "-fdata-sections"]
        subprocess.run(["arm-none-eabi-gcc", *flags, "-c", str(source), "-o", str(out)], check=True)
    layers = size.measure(tmp_path)
    assert set(layers) == {"hci", "att", "libc"}
    for layer in ("hci", "att"):
        row = layers[layer]
        assert (row["rodata"], row["data"], row["bss"]) == (8, 4, 20) and row["text"] > 0
    assert size.totals({k: v for k, v in layers.items() if k != "libc"})["bss"] == 40


def test_no_objects_is_an_error(tmp_path):
    with pytest.raises(SystemExit, match="no objects"):
        size.measure(tmp_path)
