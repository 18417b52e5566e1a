"""A person decides otherwise: with a reason, a second person and authority; counted, and held against what came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from kemiao.bank.commands import approval, staff
from kemiao.bank.commands.override import back_test, counted, override, overrides
from kemiao.bank.commands.staff import Add
from kemiao.bank.lending.loan_store import loan_draft, message_draft
from kemiao.base.refusal import Refusal
from little_bank import ME, THIN, at, clock_on, decided_home

REASON = "已取得龙头企业三年订单并逐笔核实"
PEOPLE = (("chen", "陈静", "administrator", "head_office"), ("li", "李强", "customer_manager", "technology_team"), ("zhao", "赵敏", "branch_officer", "technology_branch"), ("wu", "吴刚", "head_office_officer", "head_office"))  # fmt: skip


@dataclass(frozen=True)
class House:
    root: Path
    ids: dict[str, str]


@pytest.fixture
def house(tmp_path: Path) -> House:
    ids = decided_home(tmp_path / "home")
    with at(tmp_path / "home") as world:
        for account, person, role, unit in PEOPLE:
            staff.add(world, "chen", Add(account, person, (role,), unit))
    return House(tmp_path / "home", ids)


def code(answer: object) -> str:
    assert isinstance(answer, Refusal), answer
    return answer.code


def test_an_override_needs_a_reason_a_second_person_and_counts_once(house):
    decision = house.ids[THIN]
    with at(house.root) as world:
        assert code(override(world, "li", decision, "approve", "不错")) == "REASON_NEEDED"
        assert code(override(world, "li", "dec-none", "approve", REASON)) == "NO_DECISION"
        assert code(override(world, "li", decision, "approve", REASON)) == "FOUR_EYES_NEEDED"
        (request,) = approval.requests(world)
        assert request["bound"]["reason"] == REASON and request["company"] == THIN
        approval.give(world, "wu", request["request"])
        done = override(world, "li", decision, "approve", REASON)
        assert (done["to"], done["by"], done["approved_by"]) == ("approve", "li", "wu")
        assert code(override(world, "li", decision, "approve", REASON)) == "ALREADY_SO"
        (kept,) = overrides(world)
        assert kept["reason"] == REASON and REASON not in str(world.log.last("override").public)
        count = counted(world)
        assert (count["overrides"], count["decisions"], count["share_ppm"]) == (1, 3, 333_333)
        assert count["ways"] == {f"{done['from']}→approve": 1} and count["makers"] == {"li": 1}


def test_the_back_test_sets_loans_of_persons_beside_those_of_the_rules(house):
    start, today = date(2024, 7, 1), date(2025, 3, 1)
    with at(house.root) as world:
        override(world, "li", house.ids[THIN], "approve", REASON)
        approval.give(world, "wu", approval.requests(world)[0]["request"])
        override(world, "li", house.ids[THIN], "approve", REASON)
        from test_loan_sale import LOAN  # a loan's terms, in the same folder

        dated = {
            **LOAN,
            "signed_on": start,
            "starts_on": start,
            "matures_on": date(2025, 7, 1),
            "first_due_on": date(2024, 8, 1),
            "pd_ppm": 10_000,
        }
        with world.log.write() as tx:
            for own, company in (("l-1", THIN), ("l-2", ME)):
                tx.append_many([loan_draft({**dated, "loan": own, "company": company, "decision": house.ids[company]})])
                tx.append_many(
                    [
                        message_draft(
                            company,
                            {
                                "message": f"d-{own}",
                                "loan": own,
                                "kind": "disburse",
                                "value_day": start,
                                "amount_fen": 100_000_000,
                            },
                        )
                    ]
                )
            paid = {"message": "p-1", "loan": "l-2", "kind": "repay", "value_day": start, "amount_fen": 101_000_000}
            tx.append_many([message_draft(ME, paid)])
    with at(house.root, clock_on(today)) as world:
        rows = {row["group"]: row for row in back_test(world, 90)}
        assert (rows["approved_by_person"]["loans"], rows["approved_by_person"]["bad"]) == (1, 1)
        assert (rows["as_decided"]["loans"], rows["as_decided"]["bad"], rows["as_decided"]["expected_ppm"]) == (
            1,
            0,
            10_000,
        )
        assert rows["declined_by_person"]["bad_ppm"] is None
