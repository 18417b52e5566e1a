"""What waits for whom: by role, unit and delegation; never to the one whom four eyes forbid it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kemiao.bank.commands import approval, complaint
from kemiao.bank.commands.apply import Apply, accept, apply
from kemiao.bank.commands.complaint import Filing
from kemiao.bank.commands.decline import decline
from kemiao.bank.commands.offer import Offer, offer
from kemiao.bank.commands.refer import refer
from kemiao.bank.lending.applications import Effort
from kemiao.bank.lending.people import ADDED, DELEGATED, Account, account_of
from kemiao.bank.lending.worklist import Item, counts, worklist
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal
from little_bank import DAY, ME, at, clock_on, decided_home

PEOPLE = (
    ("li", "李强", "customer_manager", "technology_team"), ("city", "何城", "customer_manager", "city_team"), ("wang", "王敏", "branch_officer", "technology_branch"),
    ("zhao", "赵磊", "head_office_officer", "head_office"), ("sun", "孙丽", "operations", "technology_branch"), ("qian", "钱法", "compliance", "head_office"),
)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    decided_home(tmp_path / "home")
    with at(tmp_path / "home") as world, world.log.write() as tx:
        for name, person, role, unit in PEOPLE:
            tx.append(ADDED, None, name, {"person": person, "roles": [role], "unit": unit, "bootstrap": False, "by": None})  # fmt: skip
    return tmp_path / "home"


def of(world: World, name: str) -> Account:
    account = account_of(world, name)
    assert isinstance(account, Account)
    return account


def list_of(world: World, name: str) -> list[Item]:
    found = worklist(world, of(world, name))
    assert not isinstance(found, Refusal)
    return found


def seen(world: World, name: str) -> list[tuple[str, str, bool]]:
    return [(item.kind, item.next, item.todo) for item in list_of(world, name)]


def applied(world: World, by: str = "li") -> str:
    answer: Any = apply(world, Apply(ME, "tech_credit", 50_000_000, 12, "采购原材料"), Effort(of(world, by)))
    return str(answer.application.id)


def test_an_application_waits_for_the_unit_that_took_it_in_and_those_above(home: Path) -> None:
    with at(home) as world:
        applied(world)
        offers = ("application", "offer", True)
        assert [offers in seen(world, name) for name in ("li", "wang", "zhao", "city", "sun", "qian")] == [True, True, True, False, False, False]  # fmt: skip
        (item,) = list_of(world, "li")
        assert (item.amount_fen, item.company, item.urgent) == (50_000_000, ME, False)
    with at(home, clock_on(date(2024, 7, 29))) as world:  # the last day is the 31st
        assert list_of(world, "li")[0].urgent and counts(list_of(world, "li"))["urgent"] == 1
    with at(home, clock_on(date(2024, 8, 1))) as world:
        assert list_of(world, "li") == []


def test_a_referred_case_is_another_role_s_turn(home: Path) -> None:
    with at(home) as world:
        own = applied(world)
        refer(world, own, "branch_officer", "请支行判断", Effort(of(world, "li")))
        assert seen(world, "li") == [("application", "elsewhere", False)] == seen(world, "zhao")
        assert seen(world, "wang") == [("application", "offer", True)]
        asked = offer(world, Offer(own), Effort(of(world, "li")))
        assert isinstance(asked, Refusal) and asked.code == "REFERRED"


def test_a_request_waits_for_those_who_may_give_it_and_comes_back_to_its_maker(home: Path) -> None:
    with at(home) as world:
        own = applied(world)
        with world.log.write() as tx:
            tx.append(ADDED, None, "li2", {"person": "李 强", "roles": ["head_office_officer"], "unit": "head_office", "bootstrap": False, "by": None})  # fmt: skip
            tx.append(DELEGATED, None, "sun", {"from": "wang", "until": DAY.isoformat(), "by": "wang"})
        assert isinstance(decline(world, own, ["OUTLOOK"], "", Effort(of(world, "li"))), Refusal)
        assert ("own_request", "second_person", False) in seen(world, "li")
        assert all(kind != "approval" for kind, _, _ in seen(world, "li2"))  # the same person under another account
        assert [("approval", "approve", True) in seen(world, name) for name in ("wang", "zhao", "city", "qian")] == [True, True, False, False]  # fmt: skip
        (stands_in,) = (item for item in list_of(world, "sun") if item.kind == "approval")
        assert stands_in.stands_in == "wang"
        approval.give(world, "zhao", stands_in.ref)
        assert ("own_request", "send_again", True) in seen(world, "li")
        done: Any = decline(world, own, ["OUTLOOK"], "", Effort(of(world, "li")))
        assert done.application.step == "declined" and list_of(world, "li") == []
        event = world.log.last("application", ref=own)
        assert event is not None and event.public["approved_by"] == "zhao"


def test_after_the_yes_the_next_thing_that_lacks_is_named(home: Path) -> None:
    with at(home) as world:
        own = applied(world)
        assert not isinstance(offer(world, Offer(own), Effort(of(world, "li"))), Refusal)
        assert seen(world, "li") == [("application", "applicant_accepts", False)]
        assert not isinstance(accept(world, own, Effort(of(world, "li"))), Refusal)
        assert seen(world, "li") == [("application", "due_diligence", True)] == seen(world, "qian")


def test_a_complaint_waits_for_its_handler_by_the_law_s_day_and_compliance_watches(home: Path) -> None:
    filing = Filing(date(2024, 6, 25), "phone", "fee", "complainant", "王某", "138", "退还", "多扣", "wang", respondent="sun")  # fmt: skip
    with at(home) as world:
        complaint.file(world, "wang", filing)
        (mine,) = list_of(world, "wang")
        assert (mine.kind, mine.todo, mine.due_on) == ("complaint", True, date(2024, 7, 10))
        assert seen(world, "qian") == [("complaint", "answer", False)] and list_of(world, "sun") == []


def test_a_decline_says_only_what_policy_lists_and_to_nobody_outside_the_role(home: Path) -> None:
    with at(home) as world:
        own = applied(world)
        for codes, name, expected in (([], "li", "REASON_NEEDED"), (["NO_LIKE"], "li", "NO_SUCH_REASON"), (["OUTLOOK"], "sun", "NOT_YOUR_ROLE")):  # fmt: skip
            answer = decline(world, own, codes, "", Effort(of(world, name)))
            assert isinstance(answer, Refusal) and answer.code == expected
