"""tools/smp_table.py: doc/SMP.md is what the code says, and the tool notices when it is not."""

import importlib.util
import subprocess
import sys

import pytest


@pytest.fixture
def tool(root):
    spec = importlib.util.spec_from_file_location("smp_table", root / "tools" / "smp_table.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(root):
    subprocess.run([sys.executable, root / "tools" / "smp_table.py", "--check"], check=True)


def test_a_stale_page_fails(tool, tmp_path, monkeypatch, capsys):
    page = tmp_path / "SMP.md"
    page.write_text(tool.PAGE.read_text().replace("`on_public_key`", "ends"))
    monkeypatch.setattr(tool, "PAGE", page)
    monkeypatch.setattr(sys, "argv", ["smp_table.py", "--check"])
    assert tool.main() == 1
    assert "run tools/smp_table.py" in capsys.readouterr().err
    monkeypatch.setattr(sys, "argv", ["smp_table.py"])
    assert tool.main() == 0
    assert "`on_public_key`" in page.read_text()


TABLE = """
} rows[] = {
    {S(IDLE), SMP_PAIRING_REQ, P, on_request},
    {ANY, SMP_FAILED, C | P, on_failed},
    {S(KEY) | S(LOCAL), SMP_KEYPRESS, C, on_key},
};
"""
STATES = ["IDLE", "KEY", "LOCAL", "DEAD"]


def test_rows(tool):
    assert tool.rows(TABLE, STATES) == [
        (["IDLE"], "PAIRING_REQ", ["P"], "on_request"),
        (["KEY", "LOCAL"], "FAILED", ["C", "P"], "on_failed"),
        (["KEY", "LOCAL"], "KEYPRESS", ["C"], "on_key"),
    ]


@pytest.mark.parametrize("row", ["{MANY, SMP_FAILED, C, f},", "{S(IDLE), SMP_FAILED, f},"])
def test_a_row_that_is_not_understood(tool, row):
    with pytest.raises(ValueError):
        tool.rows(TABLE.replace("\n};", f"\n    {row}\n}};"), STATES)


def test_what_a_pdu_leads_to(tool):
    functions = {
        "on_key": "\n    go(link);",
        "go": "\n    smp_expect(link, central ? SMP_KEY : SMP_LOCAL);\n    on_key(link);",
        "other": "\n    smp_expect(link, SMP_IDLE);",
    }
    assert tool.leads_to("on_key", functions) == {"KEY", "LOCAL"}
