"""Whom to call: signals, chance, expected value, order; against a naive loop."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.base.refusal import Refusal
from kemiao.credit.calling import COLUMNS, SIGNALS, CallPolicy, call_policy, ranked
from little_bank import policy_on


def policy(**changed: Any) -> CallPolicy:
    read = call_policy({**policy_on()["calling"], **changed})
    assert not isinstance(read, Refusal)
    return read


def row(company: str = "uscc:1", **said: Any) -> dict[str, Any]:
    quiet = dict.fromkeys(COLUMNS.names)
    return quiet | {"company": company, "decision": "approve", "pd_ppm": 5_000, "rate_ppm": 45_000, "lgd_ppm": 450_000, "funds_ppm": 22_500, "months": 12} | said  # fmt: skip


def shown(*rows: dict[str, Any], by: CallPolicy | None = None) -> list[dict[str, Any]]:
    found = ranked(pa.Table.from_pylist(list(rows), COLUMNS), by or policy()).to_pylist()
    return [dict(each) for each in found]


@pytest.mark.parametrize(("said", "signal"), [
    ({"unused_fen": 10_000_000}, "unused_limit"), ({"unused_fen": 9_999_999}, None), ({"matures_in_days": 90}, "maturing"), ({"matures_in_days": 91}, None),
    ({"matures_in_days": -1}, None), ({"repaid_ppm": 700_000}, "nearly_repaid"), ({"repaid_ppm": 699_999}, None), ({"offer_in_days": 0}, "offer_open"),
    ({"offer_in_days": 16}, None), ({"product": "revolving"}, "product_fits"), ({"qualifications": 2, "qualifications_before": 1}, "qualification_new"),
    ({"qualifications": 2, "qualifications_before": None}, None), ({"growth_ppm": 200_000, "sales_fen": 50_000_000}, "growing"),
    ({"growth_ppm": 200_000, "sales_fen": 49_999_999}, None), ({"growth_ppm": 199_999, "sales_fen": 50_000_000}, None),
])  # fmt: skip
def test_each_signal_begins_where_policy_says(said: dict[str, Any], signal: str | None) -> None:
    assert [each["signals"] for each in shown(row(**said))] == ([[signal]] if signal else [])


def test_nobody_is_called_who_was_declined_is_too_risky_or_past_due() -> None:
    said = {"unused_fen": 50_000_000}
    assert not shown(row(decision="decline", **said), row(decision=None, **said), row(pd_ppm=100_001, **said), row(past_due_days=1, **said))  # fmt: skip
    assert len(shown(row(pd_ppm=100_000, past_due_days=0, **said))) == 1


def test_expected_value_is_chance_by_amount_by_margin_for_the_first_year() -> None:
    (one,) = shown(row(amount_fen=100_000_000, unused_fen=100_000_000, months=36))
    assert one["chance_ppm"] == 150_000 + 20_000
    # 17 % × 1,000,000 yuan × (4.5 % − 2.25 % − 0.5 % × 45 %) × one year
    assert one["value_fen"] == 100_000_000 * 170_000 * (22_500 * 10**6 - 5_000 * 450_000) // 10**18


def test_what_a_product_lacks_lowers_the_chance_and_a_negative_margin_brings_nothing() -> None:
    lacking, costly = shown(row("a", product="equipment", lacking=1, amount_fen=10**8), row("b", unused_fen=10**8, amount_fen=10**8, rate_ppm=20_000))  # fmt: skip
    assert (lacking["chance_ppm"], costly["value_fen"]) == (200_000 * 300_000 // 10**6, 0)


def test_unknown_value_comes_last_and_equals_stand_by_key() -> None:
    said = {"unused_fen": 10**8, "amount_fen": 10**8}
    rows = shown(row("b", **said), row("c", unused_fen=10**8), row("a", **said), row("d", unused_fen=10**8, amount_fen=2 * 10**8))  # fmt: skip
    assert [each["company"] for each in rows] == ["d", "a", "b", "c"]


_maybe = st.none() | st.integers(0, 10**12)


@given(st.lists(st.fixed_dictionaries({
    "decision": st.sampled_from(["approve", "refer", "decline", None]), "pd_ppm": st.none() | st.integers(0, 200_000), "unused_fen": _maybe, "amount_fen": _maybe,
    "matures_in_days": st.none() | st.integers(-10, 200), "repaid_ppm": st.none() | st.integers(0, 10**6), "past_due_days": st.none() | st.integers(0, 2),
    "offer_in_days": st.none() | st.integers(-3, 30), "product": st.none() | st.just("x"), "lacking": st.none() | st.integers(0, 2), "months": st.integers(1, 60),
}), max_size=12))  # fmt: skip
def test_columns_agree_with_the_naive_loop(given_rows: list[dict[str, Any]]) -> None:
    rows, by = [row(f"uscc:{at}", **each) for at, each in enumerate(given_rows)], policy()
    assert {each["company"]: (each["chance_ppm"], each["value_fen"]) for each in shown(*rows, by=by)} == naive(rows, by)


def naive(rows: list[dict[str, Any]], by: CallPolicy) -> dict[str, tuple[int, int | None]]:
    found: dict[str, tuple[int, int | None]] = {}
    for each in rows:
        seen = {
            "offer_open": each["offer_in_days"] is not None and 0 <= each["offer_in_days"] <= by.offer_days, "nearly_repaid": (each["repaid_ppm"] or 0) >= by.repaid_ppm,
            "maturing": each["matures_in_days"] is not None and 0 <= each["matures_in_days"] <= by.maturing_days, "qualification_new": False, "growing": False,
            "product_fits": each["product"] is not None, "unused_limit": (each["unused_fen"] or 0) >= by.unused_fen,
        }  # fmt: skip
        out = (
            each["decision"] not in by.chance_ppm
            or (each["pd_ppm"] or 0) > by.pd_above_ppm
            or (each["past_due_days"] or 0) > 0
        )
        if out or not any(seen.values()):
            continue
        chance = min(
            by.chance_ppm[each["decision"]] + sum(by.adds_ppm[name] for name in SIGNALS if seen[name]),
            by.chance_most_ppm,
        )
        if each["lacking"]:
            chance = (chance * by.lacking_ppm + 500_000) // 10**6
        value = None
        if each["amount_fen"] is not None and each["pd_ppm"] is not None:
            margin = max((45_000 - 22_500) * 10**6 - each["pd_ppm"] * 450_000, 0)
            value = chance * each["amount_fen"] * margin * min(each["months"], by.value_months) // (12 * 10**18)
        found[each["company"]] = (chance, value)
    return found


@pytest.mark.parametrize("wrong", [{"list": {"most": 1}}, {"never": {"pd_above_ppm": 1, "past_due": 1}}, {"days": {"called": -1}}])  # fmt: skip
def test_policy_that_lacks_a_number_is_refused(wrong: dict[str, Any]) -> None:
    read = call_policy({**policy_on()["calling"], **wrong})
    assert isinstance(read, Refusal)
    assert read.code == "POLICY_NUMBER"
