"""The money of a disbursement, followed: against a naive reading of the same, and cases that a loan officer knows."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_tracing import naive

from kemiao.base.refusal import Refusal
from kemiao.credit.tracing.columns import METHODS, REASONS, Disbursements, Payments, Traced
from kemiao.credit.tracing.follow import follow
from kemiao.credit.tracing.kernel import share
from kemiao.credit.tracing.related import groups
from kemiao.credit.tracing.rules import TracingRules, tracing_rules

POLICY = tomllib.loads(files("kemiao.bank.default_policy").joinpath("tracing.toml").read_text("utf-8"))
RULES = tracing_rules(POLICY)
assert not isinstance(RULES, Refusal)
KINDS = [kind.name for kind in RULES.kinds]
WORKING = list(RULES.purposes).index("working_capital")


def traced(world: dict[str, Any], rules: TracingRules = RULES, *, flows: bool = False) -> Traced:
    """The same world as columns: a payment between two accounts of the bank is two rows."""
    owner = [one for one, _ in world["accounts"]]
    rows = [
        (loan["day"], loan["account"], 0, loan["amount"], -1, "unknown", ("loan", place))
        for place, loan in enumerate(world["loans"])
    ]
    for place, pay in enumerate(world["payments"], 1):
        rows.append((pay["day"], pay["from"], place, -pay["amount"], pay["party"], pay["kind"], None))
        if pay["to"] is not None:
            rows.append(
                (
                    pay["day"] + pay.get("later", 0),
                    pay["to"],
                    place,
                    pay["amount"],
                    -1 if pay.get("nameless") else owner[pay["from"]],
                    "unknown",
                    None,
                )
            )
    rows.sort(key=lambda row: row[:3])
    where = {row[6][1]: place for place, row in enumerate(rows) if row[6]}
    day, account, _, amount, party, kind, _ = zip(*rows, strict=True)
    loans = world["loans"]
    parties = len(world["group"])
    return follow(
        Payments(
            np.array(day, np.int32), np.array(account, np.int32), np.array(amount, np.int64), np.array(party, np.int32),
            np.array([KINDS.index(one) for one in kind], np.int8), np.array(owner, np.int32),
            np.array([opening for _, opening in world["accounts"]], np.int64), np.array(world["group"], np.int32),
        ),
        Disbursements(
            np.array([where[place] for place in range(len(loans))], np.int64), np.array([loan["amount"] for loan in loans], np.int64),
            np.array([loan["day"] for loan in loans], np.int32), np.array([loan["borrower"] for loan in loans], np.int32),
            np.array([loan["payee"] for loan in loans], np.int32), np.full(len(loans), WORKING, np.int32), np.zeros(len(loans), bool),
            np.array(sorted(one * parties + other for one, other in world["suppliers"]), np.int64),
        ),
        rules, keep_flows=flows,
    )  # fmt: skip


def reasons(answer: Traced, method: str, loan: int = 0) -> dict[str, int]:
    return {name: int(fen) for name, fen in zip(REASONS, answer.fen[method][loan], strict=True) if fen}


def town(payments: list[dict[str, Any]], *, opening: int = 0, amount: int = 1_000, **more: Any) -> dict[str, Any]:
    """Five parties with an account each: 0 borrows on day 1; 4 belongs to its group."""
    loan = {
        "account": 0,
        "borrower": 0,
        "day": 1,
        "amount": amount,
        "kinds": RULES.purposes["working_capital"],
        "payee": -1,
    }
    return {
        "accounts": [(0, opening), (1, 0), (2, 0), (3, 0), (4, 0)], "group": [0, 1, 2, 3, 0, 5], "suppliers": set(), "loans": [loan],
        "payments": payments, "rules": {"hops": RULES.hops, "watch": RULES.watch_days, "least_ppm": RULES.least_ppm}, **more,
    }  # fmt: skip


def pay(day: int, payer: int, to: int | None, amount: int, kind: str = "unknown", party: int | None = None, **more: Any) -> dict[str, Any]:  # fmt: skip
    return {"day": day, "from": payer, "to": to, "amount": amount, "party": (to if to is not None else -1) if party is None else party, "kind": kind, **more}  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    parties, accounts = draw(st.integers(2, 5)), draw(st.integers(2, 6))
    owners = [draw(st.integers(0, parties - 1)) for _ in range(accounts)]
    days = draw(st.lists(st.integers(1, 120), min_size=2, max_size=25, unique=True))
    loans, payments = [], []
    for day in sorted(days):
        if draw(st.integers(0, 5)) == 0 or not loans:
            account = draw(st.integers(0, accounts - 1))
            loans.append({
                "account": account, "borrower": owners[account], "day": day, "amount": draw(st.integers(1, 5_000)),
                "kinds": RULES.purposes["working_capital"], "payee": draw(st.integers(-1, parties - 1)),
            })  # fmt: skip
            continue
        payer = draw(st.integers(0, accounts - 1))
        to = draw(st.one_of(st.none(), st.integers(0, accounts - 1).filter(lambda one, payer=payer: one != payer)))
        party = owners[to] if to is not None else draw(st.integers(-1, parties - 1))
        payments.append(pay(day, payer, to, draw(st.integers(1, 6_000)), draw(st.sampled_from(KINDS)), party))
    return {
        "accounts": [(owner, draw(st.sampled_from([0, 0, 700]))) for owner in owners],
        "group": [draw(st.integers(0, parties - 1)) for _ in range(parties)],
        "suppliers": set(draw(st.lists(st.tuples(st.integers(0, parties - 1), st.integers(0, parties - 1)), max_size=2))),
        "loans": loans, "payments": payments, "rules": {"hops": RULES.hops, "watch": RULES.watch_days, "least_ppm": RULES.least_ppm},
    }  # fmt: skip


@settings(max_examples=50)
@given(worlds())
def test_both_methods_agree_with_the_naive_reading_and_add_up(world: dict[str, Any]) -> None:
    answer = traced(world)
    for method in METHODS:
        for place, expected in enumerate(naive(world, method == "proportional")):
            assert reasons(answer, method, place) == dict(expected), method
            assert sum(reasons(answer, method, place).values()) == world["loans"][place]["amount"]


def test_first_in_first_out_spends_older_money_first_and_proportional_a_share_of_all() -> None:
    answer = traced(town([pay(2, 0, None, 600, "securities")], opening=500))
    assert reasons(answer, "fifo") == {"securities": 100, "cash_own": 900}
    assert reasons(answer, "proportional") == {"securities": 400, "cash_own": 600}


def test_money_that_comes_home_through_a_supplier_is_a_round_trip() -> None:
    world = town([pay(2, 0, 1, 1_000, "goods"), pay(3, 1, 2, 900), pay(4, 2, 0, 800)])
    assert reasons(traced(world), "fifo") == {"for_purpose": 200, "round_trip": 800}


def test_a_circle_within_one_day_is_found_too_whatever_the_order_of_accounts() -> None:
    for circle in ((0, 1, 2), (0, 2, 1), (0, 3, 1)):
        first, second, third = circle
        world = town([pay(2, first, second, 1_000), pay(2, second, third, 1_000), pay(2, third, first, 1_000)])
        assert reasons(traced(world), "fifo") == {"round_trip": 1_000}


def test_accounts_that_wait_for_one_another_are_all_served() -> None:
    # each receives before it pays, in a circle: no order satisfies all; nothing is lost
    world = town([pay(2, 1, 2, 300), pay(2, 2, 3, 300), pay(2, 3, 1, 300), pay(3, 0, 1, 1_000), pay(4, 1, None, 1_000)])
    world["payments"][:3] = [world["payments"][place] for place in (2, 0, 1)]
    assert sum(reasons(traced(world), "fifo").values()) == 1_000


def test_a_related_party_keeps_its_name_until_the_money_is_somewhere_worse() -> None:
    world = town(
        [pay(2, 0, 4, 1_000), pay(3, 4, None, 400, "property"), pay(4, 4, None, 100), pay(5, 4, 1, 50, "goods")]
    )
    assert reasons(traced(world), "fifo") == {"property": 400, "related": 600}


def test_after_six_payments_money_is_followed_no_further() -> None:
    chain = [pay(2 + step, place, place + 1, 1_000) for step, place in enumerate(range(7))]
    world = town(chain, accounts=[(place, 0) for place in range(8)], group=list(range(8)))
    assert reasons(traced(world), "fifo") == {"beyond_hops": 1_000}
    assert reasons(traced(world | {"payments": chain[:6]}), "fifo") == {"cash_others": 1_000}


def test_a_payee_is_watched_for_a_time_only() -> None:
    world = town([pay(2, 0, 1, 1_000, "goods"), pay(1 + RULES.watch_days + 1, 1, 2, 1_000), pay(90, 2, 0, 1_000)])
    assert reasons(traced(world), "fifo") == {"for_purpose": 1_000}


def test_money_under_way_between_two_accounts_is_cash_with_others() -> None:
    world = town([pay(2, 0, 1, 1_000, later=1), pay(3, 1, None, 1_000)])
    assert reasons(traced(world), "fifo") == {"left": 1_000}


def test_crumbs_are_not_followed_on() -> None:
    world = town([pay(2, 0, 1, 99), pay(3, 0, 2, 100)], amount=100_000)
    assert reasons(traced(world), "fifo") == {"too_small": 99, "cash_others": 100, "cash_own": 99_801}


def test_flows_name_each_payment_and_add_up_to_what_ended() -> None:
    answer = traced(town([pay(2, 0, 1, 1_000, "goods"), pay(3, 1, 0, 400)]), flows=True)
    rows = answer.flows["fifo"].to_pylist()
    assert [(row["hop"], row["amount_fen"], row["reason"], row["into"]) for row in rows] == [
        (1, 1_000, -1, 1),
        (2, 400, 5, -1),
    ]


@given(st.integers(1, 10**13), st.integers(0, 10**13), st.integers(0, 10**13))
def test_shares_are_exact(amount: int, part: int, rest: int) -> None:
    whole = part + rest + amount  # a payment takes at most what is there
    assert share(amount, part, whole) == amount * part // whole


def test_who_holds_whom_makes_groups() -> None:
    parties = {"a": 0, "b": 1, "c": 2, "d": 3}
    found = groups(
        parties, [("a", "x", 300_000), ("b", "x", 260_000), ("c", "x", 249_999), ("d", "c", 1_000_000)], 250_000
    )
    assert found[0] == found[1] and found[2] == found[3] and found[0] != found[2]


@pytest.mark.parametrize(
    ("key", "value"), [("hops", 7), ("hops", True), ("kind", [{"name": "x"}]), ("purpose", []), ("least_ppm", -1)]
)
def test_a_faulty_policy_is_refused_with_its_key(key: str, value: object) -> None:
    answer = tracing_rules({**POLICY, key: value})
    assert (
        isinstance(answer, Refusal)
        and answer.code == "BAD_TRACING_POLICY"
        and dict(answer.where)["key"].startswith(key)
    )


def test_the_first_kind_whose_words_fit_counts() -> None:
    assert KINDS[RULES.kind("北京XX置业有限公司", "货款", None)] == "property"
    assert KINDS[RULES.kind("深圳 精密设备 有限公司", None, None)] == "equipment"
    assert KINDS[RULES.kind("某某公司", None, None)] == "unknown"
    assert RULES.purpose("采购原材料") == WORKING and list(RULES.purposes)[RULES.purpose("购置设备")] == "equipment"


def test_money_that_came_in_without_a_name_is_known_by_who_paid_it() -> None:
    world = town([pay(2, 0, 1, 1_000, nameless=True), pay(3, 1, None, 1_000, "property")])
    assert reasons(traced(world), "fifo") == {"property": 1_000}


def test_what_an_account_is_not_known_to_hold_goes_last() -> None:
    world = town([pay(2, 0, 1, 1_500), pay(3, 1, None, 1_000, "property")])
    assert reasons(traced(world), "fifo") == {"property": 1_000}
    assert traced(world).short == 1
