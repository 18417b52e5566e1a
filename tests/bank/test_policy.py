"""Policy: dated files of the bank; a typo is named by file, line and column; a version takes effect on its day."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.bank.policy import freeze, read_policy, thaw
from kemiao.bank.rulebook import grounds
from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import Refusal, Refused
from little_bank import DAY, at, new_home


@pytest.fixture
def home(tmp_path) -> Path:
    return new_home(tmp_path / "home")


def edit(home: Path, name: str, before: str, after: str, *, every: bool = False) -> Path:
    path = home / "policy" / f"{name}.toml"
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after, -1 if every else 1), "utf-8")
    return path


def refusal(home: Path, day: date = DAY) -> Refusal:
    with pytest.raises(Refused) as refused, at(home) as world:
        grounds(world, day)
    return refused.value.refusal


def test_the_policy_of_a_new_home_reads_well(home):
    with at(home) as world:
        base = grounds(world, DAY)
        assert len(base.book.rules) > 10
        assert base.policy != world.policy.digest_on(DAY)  # the grounds are what a decision needs, not every file


def test_a_typo_in_the_toml_is_named_by_file(home):
    edit(home, "pricing", "floor_ppm = 25_000", "floor_ppm = = 25_000")
    found = refusal(home)
    assert (found.code, dict(found.where)) == ("NOT_TOML", {"file": "pricing.toml"})
    assert "line" in found.en


def test_a_file_in_another_encoding_is_named(home):
    path = home / "policy" / "pricing.toml"
    path.write_bytes(path.read_text("utf-8").encode("gb18030"))
    assert (refusal(home).code, dict(refusal(home).where)) == ("NOT_TOML", {"file": "pricing.toml"})


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ("[policy]", "[polcy]", "owner"),
        ("approved_by", "aproved_by", "approved_by"),
        ("approved_on = 2024-01-01", 'approved_on = "2024-01-01"', "approved_on"),
        ("effective_from = 2024-01-01", "effective_from = 2024-01-01T00:00:00", "effective_from"),
        ('owner = "授信审批部"', "owner = 7", "owner"),
    ],
)
def test_a_policy_says_who_owns_it_who_approved_it_and_from_when(home, before, after, key):
    edit(home, "decision", before, after)
    assert (refusal(home).code, dict(refusal(home).where)) == ("POLICY_HEAD", {"file": "decision.toml", "key": key})


def test_a_head_that_is_no_table_is_refused(home):
    path = edit(home, "decision", "[policy]\n", "[policy_]\n")
    path.write_text('policy = "mine"\n' + path.read_text("utf-8"), "utf-8")
    assert refusal(home).code == "POLICY_HEAD"


def place(path: Path, piece: str, offset: int = 0) -> dict[str, str]:
    """Where a piece stands, counted as an editor counts."""
    lines = path.read_text("utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, start=1) if piece in text)
    return {"file": path.name, "line": str(line), "column": str(lines[line - 1].index(piece) + 1 + offset)}


def test_an_unknown_column_is_named_by_file_line_and_column(home):
    path = edit(home, "decision", "tax_arrears_fen > 0", "tax_arears_fen > 0")
    found = refusal(home)
    assert (found.code, dict(found.where)) == ("UNKNOWN_COLUMN", place(path, "tax_arears_fen"))
    assert "did you mean tax_arrears_fen?" in found.en


def test_a_kind_that_does_not_fit_is_named_where_it_stands(home):
    path = edit(home, "decision", "largest_customer_ppm > 800000", "largest_customer_ppm > 'most'")
    assert (refusal(home).code, dict(refusal(home).where)) == ("KINDS_DIFFER", place(path, "'most'"))


def test_a_rule_twice_is_named_at_the_second(home):
    path = edit(home, "decision", 'code = "YOUNG"', 'code = "TAX_ARREARS"')
    second = [n for n, text in enumerate(path.read_text("utf-8").splitlines(), start=1) if text == 'code = "TAX_ARREARS"'][1]  # fmt: skip
    assert (refusal(home).code, dict(refusal(home).where)) == ("RULE_TWICE", {"file": "decision.toml", "line": str(second)})  # fmt: skip


@pytest.mark.parametrize(("name", "before"), [("limits", "max_fen = 1_000_000_000           #"), ("pricing", "cap_ppm"), ("decision", "reasons_max")])  # fmt: skip
def test_a_number_that_is_missing_is_named(home, name, before):
    edit(home, name, before, "x" + before)
    found = refusal(home)
    assert found.code == "POLICY_INCOMPLETE"
    assert before.split()[0] in found.en


@pytest.mark.parametrize("name", ["limits", "pricing"])
def test_a_grade_without_a_limit_or_a_margin_is_refused_not_taken_as_none(home, name):
    edit(home, name, 'grade = "BBB"', 'grade = "Baa"')
    found = refusal(home)
    assert (found.code, dict(found.where)) == ("POLICY_INCOMPLETE", {"file": f"{name}.toml"})
    assert "BBB" in found.en


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("limits", "step_fen = 1_000_000 ", "step_fen = '1万' "),
        ("limits", "repayment_years = 3", "repayment_years = 2.5"),
        ("limits", "step_fen = 1_000_000 ", "step_fen = 0 "),
        ("pricing", "step_ppm = 500", "step_ppm = 0"),
        ("pricing", "cap_ppm = 150_000", "cap_ppm = true"),
        ("limits", "share_ppm = 250_000", "share_ppm = '25%'"),
        ("pricing", "margin_ppm = 2_000", "margin_ppm = 0.2"),
        ("authority", "limit_fen = 100_000_000", "limit_fen = '100万'"),
        ("decision", "reasons_max = 4", "reasons_max = 'four'"),
        ("decision", "coverage_low_ppm = 300_000", "coverage_low_ppm = 0.3"),
    ],
)
def test_a_number_that_is_no_whole_number_is_refused_before_it_is_used(home, name, before, after):
    edit(home, name, before, after)
    found = refusal(home)
    assert (found.code, dict(found.where)["file"]) == ("POLICY_NUMBER", f"{name}.toml")
    assert after.split("=")[0].strip() in found.en


def test_a_later_version_takes_effect_on_its_day_and_the_earlier_one_holds_until_then(home):
    folder = home / "policy"
    later = DAY + timedelta(days=30)
    shutil.copy(folder / "pricing.toml", folder / "pricing.2024-08.toml")
    edit(home, "pricing.2024-08", "effective_from = 2024-01-01", f"effective_from = {later}")
    edit(home, "pricing.2024-08", "cap_ppm = 150_000", "cap_ppm = 80_000")
    with at(home) as world:
        caps = {day: grounds(world, day).book.pricing.cap_ppm for day in (DAY, later - timedelta(days=1), later, later + timedelta(days=400))}  # fmt: skip
        assert list(caps.values()) == [150_000, 150_000, 80_000, 80_000]
        assert grounds(world, DAY).policy != grounds(world, later).policy


def test_a_day_before_any_policy_is_refused(home):
    first = date(2024, 1, 1)
    found = refusal(home, first - timedelta(days=1))
    assert (found.code, dict(found.where)) == ("POLICY_NOT_IN_FORCE", {"home": str(home / "policy")})
    assert "decision" in found.en
    with at(home) as world:
        assert grounds(world, first).book.law_on == first


def test_a_policy_that_is_gone_is_named(home):
    (home / "policy" / "limits.toml").unlink()
    assert (refusal(home).code, "limits" in refusal(home).en) == ("POLICY_NOT_IN_FORCE", True)


TOML = st.recursive(
    st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans() | st.text(max_size=5).filter(lambda text: max(text, default="") < "\ud800") | st.dates() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3), max_leaves=8,
)  # fmt: skip


@given(TOML)
def test_what_is_kept_of_a_policy_is_read_back_as_it_was(value):
    import json

    frozen = freeze(value)
    assert thaw(frozen) == value
    assert thaw(json.loads(canonical_bytes(frozen))) == value


def test_comments_and_the_files_name_are_no_part_of_what_a_policy_says(home):
    with at(home) as world:
        before = grounds(world, DAY).policy
    edit(home, "decision", "# outcome:", "# the outcome:")
    with at(home) as world:
        assert grounds(world, DAY).policy == before
        assert read_policy(home / "policy").digest_on(DAY) == world.policy.digest_on(DAY)


def test_a_policy_that_the_home_has_not_is_named_with_what_brings_it(home):
    policy = read_policy(home / "policy")
    assert policy.named("pricing", date(2024, 7, 1)) == policy.on(date(2024, 7, 1))["pricing"]
    for name, day in (("tides", date(2024, 7, 1)), ("pricing", date(1999, 1, 1))):
        with pytest.raises(Refused) as refused:
            policy.named(name, day)
        found = refused.value.refusal
        assert (found.code, dict(found.where)) == ("POLICY_NOT_IN_FORCE", {"policy": f"{name}.toml"})
        assert "kemiao upgrade" in found.zh and "kemiao upgrade" in found.en
