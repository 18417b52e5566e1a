"""What is wrong with a map is found when it is read, and named by file and key."""

from __future__ import annotations

import pytest

from kemiao.base.refusal import Refused
from kemiao.data.map import load_map, packaged_maps, read_map
from kemiao.facts.tables import TABLES

GOOD = """
name = "loans"
title = { zh = "贷款", en = "loans" }
basis = "own"
[[table]]
fact = "own_loan"
known_at = { import = true }
[table.columns]
company = { raw = "企业" }
loan_no = { raw = "借据号" }
drawn_on = { raw = "发放日期" }
due_on = { raw = "到期日" }
principal_fen = { raw = "金额(元)", unit = "yuan" }
balance_fen = { raw = ["余额", "剩余 本金"] }
[[table.check]]
code = "X"
expect = "due_on >= drawn_on"
zh = "x"
en = "x"
"""


def test_a_map_reads_with_header_names_normalised():
    (table,) = read_map(GOOD, "loans.toml").tables
    assert table.fact is TABLES["own_loan"]
    assert table.key == ("company", "loan_no")
    assert table.missing_from(["企业", "借据号", "发放日期", "到期日", "金额(元)", "剩余本金"]) == []
    assert table.missing_from(["企业", "借据号"]) == ["发放日期", "到期日", "金额(元)", "余额 / 剩余本金"]


@pytest.mark.parametrize(
    ("old", "new", "code", "key"),
    [
        ('basis = "own"', 'basis = "none"', "BAD_BASIS", "basis"),
        ('basis = "own"', 'basis = "own"\ncolour = 1', "UNKNOWN_KEY", "colour"),
        ('fact = "own_loan"', 'fact = "loan"', "NO_SUCH_TABLE", "table[1].fact"),
        ("loan_no = {", "loan_number = {", "NO_SUCH_COLUMN", "table[1].columns.loan_number"),
        ('due_on = { raw = "到期日" }', "", "MAP_LACKS_COLUMN", "table[1].columns"),
        ('due_on = { raw = "到期日" }', 'due_on = { raw = "到期日", unit = "yuan" }', "BAD_MAP", "table[1].columns.due_on.unit"),
        ('due_on = { raw = "到期日" }', 'due_on = { raw = "到期日", as = "money" }', "BAD_READING", "table[1].columns.due_on.as"),
        ('due_on = { raw = "到期日" }', "due_on = { as = 'date' }", "BAD_MAP", "table[1].columns.due_on"),
        ('unit = "yuan"', 'unit = "dollar"', "BAD_UNIT", "table[1].columns.principal_fen.unit"),
        ("{ import = true }", "{ lag_days = 1, import = true }", "BAD_KNOWN_AT", "table[1].known_at"),
        ("{ import = true }", '{ column = "rate_ppm" }', "BAD_KNOWN_AT", "table[1].known_at"),
        ("due_on >= drawn_on", "due_on >= draw_on", "BAD_SQL", "table[1].check[1].expect"),
        ("due_on >= drawn_on", "due_on - drawn_on", "BAD_SQL", "table[1].check[1].expect"),
        ("due_on >= drawn_on", "due_on >=", "BAD_SQL", "table[1].check[1].expect"),
        ("due_on >= drawn_on", "(SELECT content FROM read_text('/etc/passwd')) <> ''", "BAD_SQL", "table[1].check[1].expect"),
        ("due_on >= drawn_on", "count(*) > 0", "BAD_SQL", "table[1].check[1].expect"),
        ("name =", "name ", "NOT_TOML", None),
    ],
)  # fmt: skip
def test_a_wrong_map_is_refused_by_file_and_key(old, new, code, key):
    assert old in GOOD
    with pytest.raises(Refused) as refused:
        read_map(GOOD.replace(old, new, 1), "loans.toml")
    where = dict(refused.value.refusal.where)
    assert (refused.value.refusal.code, where["file"], where.get("key")) == (code, "loans.toml", key)


def test_an_outcome_is_never_undated():
    text = 'name="o"\nbasis="own"\n[[table]]\nfact="outcome"\nkey=["company"]\nknown_at={undated=true}\n[table.columns]\ncompany={raw="a"}\n'
    with pytest.raises(Refused, match="BAD_KNOWN_AT"):
        read_map(text, "o.toml")


def test_a_map_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(Refused) as refused:
        load_map("etax")
    assert refused.value.refusal.code == "NO_SUCH_MAP"
    assert all(name in refused.value.refusal.en for name in packaged_maps())


def test_a_map_of_ones_own_is_read_from_its_path(tmp_path):
    (tmp_path / "mine.toml").write_text(GOOD)
    assert load_map(str(tmp_path / "mine.toml")).name == "loans"
