"""A complaint from acceptance to review, by the law's clocks."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from kemiao.bank.commands import approval, complaint, staff
from kemiao.bank.commands.complaint import Filing
from kemiao.bank.commands.staff import Add
from kemiao.bank.lending import complaints
from kemiao.base.refusal import Refusal
from little_bank import at, clock_on, new_home

RECEIVED = date(2026, 3, 2)
FILING = Filing(RECEIVED, "phone", "interest", "complainant", "王某", "13800000000", "退还多收利息", "三月多扣一期", "li", respondent="zhou")  # fmt: skip
PEOPLE = (
    ("chen", "陈静", "administrator", "head_office"), ("li", "李强", "branch_officer", "technology_branch"), ("zhou", "周宁", "operations", "technology_branch"),
    ("wu", "吴刚", "compliance", "head_office"), ("peer", "钱多", "branch_officer", "technology_branch"),
)  # fmt: skip


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = new_home(tmp_path_factory.mktemp("complaint") / "home")
    with at(root, clock_on(RECEIVED)) as world:
        for account, person, role, unit in PEOPLE:
            staff.add(world, "chen", Add(account, person, (role,), unit))
    return root


@pytest.fixture
def on(kept: Path, tmp_path: Path) -> Any:
    shutil.copytree(kept, tmp_path / "home")
    return lambda day: at(tmp_path / "home", clock_on(day))


def code(answer: object) -> str:
    assert isinstance(answer, Refusal), answer
    return answer.code


def test_the_vector_received_extended_and_extended_again(on):
    with on(RECEIVED) as world:
        filed = complaint.file(world, "zhou", FILING)
        own = filed["complaint"]
        assert code(complaint.file(world, "chen", FILING)) == "NOT_YOUR_ROLE"
        assert filed["due_on"] == date(2026, 3, 17) and complaint.file(world, "zhou", FILING)["complaint"] == own
    with on(date(2026, 3, 17)) as world:
        assert complaint.extend(world, "li", own, "须核实", date(2026, 3, 17))["due_on"] == date(2026, 4, 1)
    with on(date(2026, 4, 1)) as world:
        assert code(complaint.extend(world, "li", own, "特别复杂", date(2026, 4, 1))) == "FOUR_EYES_NEEDED"
        (request,) = approval.requests(world)
        approval.give(world, "wu", request["request"])
        assert complaint.extend(world, "li", own, "特别复杂", date(2026, 4, 1))["due_on"] == date(2026, 5, 1)
        assert code(complaint.extend(world, "li", own, "又", date(2026, 4, 1))) == "NOT_PUT_OFF"
    with on(date(2026, 5, 2)) as world:
        assert complaints.shown(world, own)["late"]


def test_an_extension_after_its_day_comes_too_late(on):
    with on(RECEIVED) as world:
        own = complaint.file(world, "zhou", FILING)["complaint"]
    with on(date(2026, 3, 18)) as world:
        assert code(complaint.extend(world, "li", own, "须核实", date(2026, 3, 18))) == "TOO_LATE"


def test_an_answer_names_the_remedies_and_a_review_is_decided_above(on):
    with on(RECEIVED) as world:
        own = complaint.file(world, "zhou", FILING)["complaint"]
        assert (
            code(complaint.answer(world, "zhou", own, "rejected", "无误", RECEIVED, "", "")) == "CONFLICT_OF_INTEREST"
        )
        assert code(complaint.answer(world, "li", own, "upheld", "属实", RECEIVED, "", "")) == "ROOT_CAUSE_NEEDED"
        answered = complaint.answer(world, "li", own, "upheld", "属实", RECEIVED, "批次重复", "已加校验")
        assert answered["remedies_told"] == ["review", "mediation", "arbitration", "lawsuit"]
        assert (answered["review_until"], answered["keep_until"]) == (date(2026, 4, 1), date(2031, 3, 2))
        assert code(complaint.answer(world, "li", own, "upheld", "属实", RECEIVED, "a", "b")) == "NOT_NOW"
    with on(date(2026, 4, 2)) as world:
        assert code(complaint.ask_review(world, "zhou", own, date(2026, 4, 2), "不认可")) == "TOO_LATE"
        asked = complaint.ask_review(world, "zhou", own, date(2026, 4, 1), "不认可")
        assert asked["review_due_on"] == date(2026, 5, 1)
        for other in ("li", "peer"):
            assert code(complaint.review(world, other, own, "rejected", "无误", date(2026, 4, 2))) == "NOT_ABOVE"
        assert complaint.review(world, "wu", own, "rejected", "无误", date(2026, 4, 2))["state"] == "reviewed"


def test_a_withdrawal_ends_it_on_its_day(on):
    with on(RECEIVED + timedelta(3)) as world:
        own = complaint.file(world, "zhou", FILING)["complaint"]
        assert complaint.withdraw(world, "li", own, RECEIVED + timedelta(3))["state"] == "withdrawn"
        assert code(complaint.extend(world, "li", own, "x", RECEIVED)) == "NOT_NOW"


@pytest.mark.parametrize(("change", "refused"), [
    ({"representatives": 6}, "TOO_MANY_REPRESENTATIVES"), ({"representatives": 0}, "TOO_MANY_REPRESENTATIVES"), ({"by": "neighbour"}, "UNKNOWN_CHOICE"),
    ({"by": "agent"}, "AUTHORISATION_NEEDED"), ({"handler": "zhou"}, "CONFLICT_OF_INTEREST"), ({"handler": "nobody"}, "NO_SUCH_ACCOUNT"),
    ({"facts": " "}, "MISSING"), ({"received_on": RECEIVED + timedelta(1)}, "IN_THE_FUTURE"), ({"received_on": date(2020, 2, 29)}, "LAW_NOT_IN_FORCE"),
])  # fmt: skip
def test_what_is_not_accepted(on, change, refused):
    with on(RECEIVED) as world:
        assert code(complaint.file(world, "zhou", replace(FILING, **change))) == refused


def test_a_credit_report_dispute_has_20_days_and_is_not_put_off(on):
    with on(RECEIVED) as world:
        filed = complaint.file(world, "zhou", replace(FILING, credit_report=True))
        assert filed["due_on"] == date(2026, 3, 22)
        assert code(complaint.extend(world, "li", filed["complaint"], "x", RECEIVED)) == "NOT_PUT_OFF"


def test_who_complains_and_about_what_is_sealed(on):
    with on(RECEIVED) as world:
        own = complaint.file(world, "zhou", FILING)["complaint"]
        event = world.log.last("complaint_filed", ref=own)
        assert not any(text in str(event.public) for text in ("王某", "13800000000", "三月多扣一期"))
        assert complaints.sealed(world, own)["complaint_filed"][0]["person"] == "王某"
        assert [row["complaint"] for row in complaints.complaints(world)] == [own]
