from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kemiao.base.refusal import Refusal
from kemiao.law.priority import KINDS, Right, divided, ranked, registration_term
from law.judging import MILLION, judge, refuses

ON = date(2026, 6, 1)
DELIVERED = date(2026, 5, 1)


def order(law, *rights, on=ON):
    return [(place.right.id, place.rank) for place in ranked(rights, law, on)]


def names(law, *rights):
    return [name for name, _ in order(law, *rights)]


def at(hour, minute):
    return (hour * 60 + minute) * 60_000


FLOATING = Right("A", "floating", registered_on=date(2026, 1, 10))


def price_claim(registered_on, kind="mortgage", name="B"):
    return Right(name, kind, registered_on=registered_on, delivered_on=DELIVERED, purchase_money=True)


def test_vector_pr1_and_pr2_purchase_money_has_ten_days_and_the_day_of_delivery_is_not_counted(law):
    assert names(law, FLOATING, price_claim(date(2026, 5, 11))) == ["B", "A"]
    assert names(law, FLOATING, price_claim(date(2026, 5, 12))) == ["A", "B"]


def test_vector_pr3_a_lien_comes_before_all(law):
    lien = Right("C", "lien", delivered_on=date(2026, 5, 20))
    assert names(law, FLOATING, price_claim(date(2026, 5, 11)), lien) == ["C", "B", "A"]


def test_vector_pr4_the_unregistered_share_pro_rata(law):
    places = ranked([Right("A", "mortgage", 3 * MILLION), Right("B", "mortgage", MILLION)], law, ON)
    assert divided(places, 2 * MILLION) == {"A": 150 * MILLION // 100, "B": 50 * MILLION // 100}


def test_vector_pr5_the_minute_decides_and_at_one_instant_the_place_in_the_register(law):
    day = date(2026, 3, 1)
    late, early = Right("A", "mortgage", registered_on=day, registered_at=at(10, 5)), Right("B", "mortgage", registered_on=day, registered_at=at(10, 4))  # fmt: skip
    assert order(law, late, early) == [("B", 1), ("A", 2)]
    twin = Right("C", "mortgage", registered_on=day, registered_at=at(10, 4), entry=1)
    assert names(law, twin, late, early) == ["B", "C", "A"]


def test_vector_pr6_a_pledge_ranks_from_its_delivery(law):
    pledge = Right("P", "pledge", delivered_on=date(2026, 3, 1))
    assert names(law, Right("M", "mortgage", registered_on=date(2026, 3, 2)), pledge) == ["P", "M"]
    assert names(law, Right("M", "mortgage", registered_on=date(2026, 2, 28)), pledge) == ["M", "P"]


def test_vector_pr7_a_registered_factor_comes_before_one_that_only_told_the_debtor(law):
    told = Right("A", "factoring", contract_on=date(2026, 2, 1), notice_on=date(2026, 2, 20))
    assert names(law, told, Right("B", "factoring", contract_on=date(2026, 3, 1), registered_on=date(2026, 3, 1))) == ["B", "A"]  # fmt: skip
    later = Right("C", "factoring", contract_on=date(2026, 1, 1), notice_on=date(2026, 2, 21))
    assert order(law, Right("D", "factoring"), later, told) == [("A", 1), ("C", 2), ("D", 3)]


def test_vector_pr8_factors_without_registration_and_notice_share_pro_rata(law):
    places = ranked([Right("A", "factoring", 60_000_000), Right("B", "factoring", 40_000_000)], law, ON)
    assert divided(places, 50_000_000) == {"A": 30_000_000, "B": 20_000_000}


def test_what_was_only_recalled_says_so(law):
    def confidence(*rights):
        return {place.confidence for place in ranked(rights, law, ON)}

    assert confidence(FLOATING, price_claim(date(2026, 5, 11))) == {"text"}
    assert confidence(FLOATING, price_claim(date(2026, 5, 11), "lease")) == {"recalled"}
    assert confidence(price_claim(date(2026, 5, 11)), price_claim(date(2026, 5, 10), name="C")) == {"recalled"}
    pledge = Right("P", "pledge", registered_on=date(2026, 5, 11))
    assert confidence(pledge, Right("F", "factoring", registered_on=date(2026, 5, 12))) == {"recalled"}


def test_a_pledge_neither_delivered_nor_registered_has_not_arisen_and_gets_nothing(law):
    places = ranked([Right("P", "pledge", 100), Right("M", "mortgage", 100)], law, ON)
    assert [(place.right.id, place.rank, place.ground) for place in places] == [("M", 1, "pro_rata"), ("P", None, "none")]  # fmt: skip
    assert divided(places, 150) == {"M": 100, "P": 0}


@pytest.mark.parametrize(
    ("rights", "code"),
    [
        ([Right("F", "factoring"), Right("M", "mortgage")], "KINDS_DO_NOT_MEET"),
        ([Right("P", "pledge", purchase_money=True)], "NOT_FOR_A_PRICE"),
        ([Right("F", "factoring", contract_on=date(2026, 3, 1), notice_on=date(2026, 2, 28))], "NOTICE_BEFORE_CONTRACT"),
        ([Right("P", "pledge", delivered_on=ON), Right("M", "mortgage", registered_on=ON, registered_at=1)], "HOUR_NEEDED"),
        ([Right("A", "mortgage", registered_on=ON), Right("B", "mortgage", registered_on=ON, registered_at=1)], "HOUR_NEEDED"),
    ],
)  # fmt: skip
def test_what_the_law_has_no_answer_for_is_refused(law, rights, code):
    assert ranked(rights, law, ON).code == code


def test_before_the_civil_code_it_refuses(law):
    assert ranked([FLOATING], law, date(2020, 12, 31)).code == "LAW_NOT_IN_FORCE"
    assert not isinstance(ranked([FLOATING], law, date(2021, 1, 1)), Refusal)
    assert registration_term(law, date(2022, 1, 31)).code == "LAW_NOT_IN_FORCE"
    assert registration_term(law, date(2022, 2, 1)) == (date(2022, 3, 1), date(2052, 2, 1))
    assert registration_term(law, date(2026, 1, 31)) == (date(2026, 2, 28), date(2056, 1, 31))


def test_an_unknown_claim_leaves_open_what_comes_behind_it_and_nothing_before(law):
    day = date(2026, 3, 1)
    rights = [Right(name, "mortgage", claim, day + timedelta(days=place)) for place, (name, claim) in enumerate([("A", 100), ("B", None), ("C", 100)])]  # fmt: skip
    assert divided(ranked(rights, law, ON), 300) == {"A": 100, "B": None, "C": None}
    assert divided(ranked(rights, law, ON), 100) == {"A": 100, "B": 0, "C": 0}


DAYS = st.one_of(st.none(), st.integers(0, 40).map(lambda day: DELIVERED + timedelta(days=day)))


@st.composite
def rights(draw):
    receivable = draw(st.booleans())
    kinds = ["factoring", "pledge"] if receivable else [kind for kind in KINDS if kind != "factoring"]
    made = []
    for place in range(draw(st.integers(1, 7))):
        kind, registered = draw(st.sampled_from(kinds)), draw(DAYS)
        made.append(Right(
            f"r{place}", kind, draw(st.integers(0, 10**6)), registered, None if registered is None else draw(st.integers(0, 3)), place,
            draw(DAYS) if kind != "pledge" else None, kind in ("mortgage", "lease", "retention") and draw(st.booleans()), None, draw(DAYS),
        ))  # fmt: skip
    return made


@given(rights(), st.randoms(use_true_random=False), st.integers(0, 4 * 10**6))
def test_the_order_is_total_whatever_order_they_come_in_and_no_fen_is_lost(law, made, chance, price):
    places = ranked(made, law, ON)
    mixed = list(made)
    chance.shuffle(mixed)
    assert ranked(mixed, law, ON) == places
    assert sorted(place.right.id for place in places) == sorted(right.id for right in made)
    standing = [place.rank for place in places if place.rank is not None]
    assert standing == sorted(standing)
    assert set(standing) == set(range(1, len(set(standing)) + 1))
    parts = divided(places, price)
    claims = {place.right.id: place.right.claim_fen for place in places if place.rank is not None}
    assert sum(parts.values()) == min(price, sum(claims.values()))
    assert all(0 <= parts[name] <= claim for name, claim in claims.items())
    for place in places:  # nobody gets a fen before all those ahead have everything
        if place.rank is not None and parts[place.right.id]:
            assert all(parts[other.right.id] == other.right.claim_fen for other in places if other.rank and other.rank < place.rank)  # fmt: skip


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=6), st.integers(0, 10**13))
def test_shares_pro_rata_are_within_a_fen_of_the_exact_part(law, claims, price):
    places = ranked([Right(str(place), "mortgage", claim) for place, claim in enumerate(claims)], law, ON)
    whole, paid = sum(claims), min(price, sum(claims))
    for place, claim in enumerate(claims):
        part = divided(places, price)[str(place)]
        assert part == 0 if whole == 0 else abs(part * whole - paid * claim) < whole


def test_a_table_ranks_each_thing_by_itself(law):
    rows = [
        {"asset": "a", "right": "floating", "registered_at": "2026-01-10", "claim_fen": 100, "price_fen": 150},
        {"asset": "b", "right": "mortgage", "registered_at": "2026-03-01 10:05"},
        {"asset": "a", "right": "mortgage", "registered_at": "2026-05-11", "delivered_on": DELIVERED, "purchase_money": True, "claim_fen": 100},
        {"asset": "b", "right": "mortgage", "registered_at": "2026-03-01 10:04:59"},
        {"asset": "c", "right": "mortgage"},
        {"asset": "c", "right": None},
        {"asset": "d", "right": "mortgage", "registered_at": "25:00"},
        {"asset": "d", "right": "mortgage"},
        {"asset": "e", "right": "lien", "price_fen": 1},
        {"asset": "e", "right": "mortgage", "price_fen": 2},
    ]  # fmt: skip
    answers = judge(law, "priority", rows, ON)
    assert [(row["rank"], row["paid_fen"]) for row in answers[:4]] == [(2, 50), (2, None), (1, 100), (1, None)]
    assert answers[2]["ground"] == "purchase_money"
    assert [row["missing"] for row in answers[4:6]] == [["right"], ["right"]]
    assert [row["refused"] for row in answers[6:]] == ["NOT_AN_INSTANT", "ANOTHER_ROW_REFUSED", "TWO_PRICES", "TWO_PRICES"]  # fmt: skip
    assert refuses(law, "priority", date(2020, 12, 31), right="mortgage")
    (open_claim,) = judge(law, "priority", [{"right": "mortgage", "price_fen": 5}], ON)
    assert (open_claim["rank"], open_claim["paid_fen"], open_claim["missing"]) == (1, None, ["claim_fen"])


def test_where_time_does_not_decide_no_hour_is_asked_for(law):
    liens = [Right(name, "lien", 100, registered_on=ON) for name in "AB"]
    assert order(law, *liens) == [("A", 1), ("B", 1)]
    told_at_once = Right("F", "factoring", contract_on=ON, notice_on=ON)
    assert order(law, told_at_once) == [("F", 1)]
