from __future__ import annotations

import pytest

from chain.actors import ACME, BLINDING_KEY, BOLT, Stage
from kemiao.chain import collateral_views as views
from kemiao.chain.blinding import blinded
from kemiao.chain.rules.rights import seen

DAY = "2026-01-01"


def machine(serial):
    return blinded(BLINDING_KEY, "machine", {"serial": serial, "maker": "沈阳机床"})


def mortgage(stage, author="bank-a", serial="SN-0071", debtor=ACME, until="2027-01-01", behind=(), **changed):
    body = {
        "asset": machine(serial).as_json(), "right": "mortgage", "debtor": debtor, "claim_fen": 90_000, "total_fen": None, "pledged_fen": None,
        "contract_on": "2025-12-20", "until": until, "purchase_money": None, "behind": list(behind),
    } | changed  # fmt: skip
    return stage.accepted("right.register", author, subject=debtor, body=body)


@pytest.fixture
def stage():
    return Stage()


def test_rights_over_a_thing_come_in_the_order_of_payment_with_their_grounds(stage):
    first = mortgage(stage)
    second = mortgage(stage, "leasing-c", behind=[first], purchase_money={"delivered_on": "2025-12-28"})
    shown = views.over_thing(stage.state, machine("sn 0071").place(), None, DAY)
    assert [(each["id"], each["rank"], each["ground"], each["ground_en"]) for each in shown] == [
        (second, 1, "purchase_money", "purchase-money priority"), (first, 2, "by_time", "by time of registration or delivery"),
    ]  # fmt: skip
    assert (shown[1]["holder"], shown[1]["registered_by"], shown[1]["claim_fen"], shown[1]["pledged_fen"]) == ("bank-a", "bank-a", 90_000, None)  # fmt: skip


def test_lists_of_a_debtor_and_of_a_holder_follow_the_holder_and_keep_what_is_gone(stage):
    first, second = mortgage(stage), mortgage(stage, serial="XY-2")
    mortgage(stage, serial="QQ-3", debtor=BOLT)
    stage.accepted("right.transfer", "bank-a", body={"right": first, "to": "bank-b"})
    stage.accepted("right.release", "bank-a", body={"right": second, "amount_fen": None})
    assert [(each.id, each.word) for each in views.of_debtor(stage.state, ACME, DAY)] == [(first, "standing"), (second, "released")]  # fmt: skip
    assert [each.id for each in views.of_holder(stage.state, "bank-b", DAY)] == [first]
    assert len(views.of_holder(stage.state, "bank-a", DAY)) == 2
    gone = views.rank_of(stage.state, seen(stage.state, second, DAY), DAY)
    assert (gone["state"], gone["rank"], gone["ground"], gone["confidence"]) == ("released", None, None, None)
    assert [each.id for each in views.ever_over(stage.state, machine("XY-2").place(), DAY)] == [second]


def test_a_history_says_which_acts_count(stage):
    own = mortgage(stage, until="2026-02-01")
    stage.accepted("right.renew", "bank-a", body={"right": own, "until": "2026-06-01"})
    stage.accepted("right.release", "bank-a", body={"right": own, "amount_fen": 1})
    told = views.history(stage.state, seen(stage.state, own, DAY))
    assert [(act["act"], act["by"], act["counts"]) for act in told] == [("register", "bank-a", True), ("renew", "bank-a", True), ("release", "bank-a", True)]  # fmt: skip
    assert "key" not in told[1]


def test_near_things_are_found_before_anything_is_registered(stage):
    first = mortgage(stage, serial="SN-0071")
    near = machine("SN-0O71")
    assert [(each["right"], each["variants"], each["weight"]) for each in views.near(stage.state, "machine", near.id, near.variants, DAY)] == [(first, ["folded"], "strong")]  # fmt: skip
    own = machine("SN-0071")
    assert views.near(stage.state, "machine", own.id, own.variants, DAY) == []
    assert views.near(stage.state, "machine", near.id, near.variants, "2027-01-02") == []  # it has lapsed
    second = mortgage(stage, "bank-b", serial="SN-0072")
    (told,) = views.suspicions_of(stage.state, second)
    assert (told["right"], told["holder"], told["weight"], told["en"]) == (first, "bank-a", "weak", "the serial number but for its last character")  # fmt: skip
    stage.accepted("right.transfer", "bank-a", body={"right": first, "to": "leasing-c"})
    assert views.suspicions_of(stage.state, second)[0]["holder"] == "leasing-c"  # who holds it now
    assert views.suspicions_of(stage.state, first)[0]["holder"] == "bank-b"


def test_searches_are_listed_by_thing_and_by_debtor_and_not_those_of_a_name_alike(stage):
    mortgage(stage)
    body = {"asset": machine("SN-0071").place(), "debtor": None, "reason": "贷前"}
    first = stage.accepted("right.search", "bank-b", body=body)
    longer = "foreign:x/y"
    second = stage.accepted("right.search", "bank-b", body={"asset": None, "debtor": longer, "reason": "贷前"})
    assert [(each["entry"], each["by"]) for each in views.searches(stage.state, debtor=ACME)] == [(first, "bank-b")]
    assert [each["entry"] for each in views.searches(stage.state, place=machine("SN-0071").place())] == [first]
    assert views.searches(stage.state, debtor="foreign:x") == []
    assert [each["entry"] for each in views.searches(stage.state, debtor=longer)] == [second]
