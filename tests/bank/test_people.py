"""Accounts name persons; who acts for whom; what a second person must approve."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from kemiao.bank.commands import approval, staff
from kemiao.bank.commands.staff import Add
from kemiao.bank.lending.clearance import USED, Clearance, clear
from kemiao.bank.lending.organisation import organisation_of
from kemiao.bank.lending.people import account_of
from kemiao.bank.lending.policies import unfit
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal, Refused
from little_bank import DAY, at, clock_on, new_home

PEOPLE = (
    ("chen", "陈静", ("administrator",), "head_office"),
    ("li", "李强", ("customer_manager",), "technology_team"),
    ("ops", "周宁", ("operations",), "technology_branch"),
    ("zhao", "赵敏", ("branch_officer",), "technology_branch"),
    ("zhao2", " 赵 敏", ("customer_manager", "head_office_officer"), "head_office"),
    ("wu", "吴刚", ("head_office_officer",), "head_office"),
    ("city", "孙丽", ("branch_officer",), "city_branch"),
)
BOUND = {"loan": "loan-1", "company": "uscc:x", "on": DAY}


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = new_home(tmp_path_factory.mktemp("people") / "home")
    with at(root) as world:
        for account, person, roles, unit in PEOPLE:
            added = staff.add(world, "chen", Add(account, person, roles, unit))
            assert not isinstance(added, Refusal), added
    return root


@pytest.fixture
def root(peopled: Path, tmp_path: Path) -> Path:
    shutil.copytree(peopled, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def world(root: Path) -> Iterator[World]:
    with at(root) as world:
        yield world


def who(world: World, name: str) -> Any:
    account = account_of(world, name)
    assert not isinstance(account, Refusal), account
    return account


def code(answer: object) -> str:
    assert isinstance(answer, Refusal), answer
    return answer.code


def ask(world: World, amount: int = 200_000_000, maker: str = "li", action: str = "disburse", **bound: Any) -> Any:
    return clear(world, who(world, maker), action, amount, BOUND | bound)


def waiting(world: World) -> str:
    (request,) = approval.requests(world)
    return str(request["request"])


def test_the_first_account_administers_and_is_recorded_as_the_first(tmp_path):
    with at(new_home(tmp_path / "home")) as world:
        assert code(account_of(world, None)) == "NO_ACCOUNT_NAMED"
        assert code(staff.add(world, None, Add("a", "甲", ("operations",), "head_office"))) == "FIRST_ADMINISTERS"
        first = staff.add(world, None, Add("a", "甲", ("administrator",), "head_office"))
        assert first["bootstrap"] and first["by"] is None
        assert code(staff.add(world, None, Add("b", "乙", ("operations",), "head_office"))) == "NO_ACCOUNT_NAMED"
        assert not staff.add(world, "a", Add("b", "乙", ("operations",), "head_office"))["bootstrap"]
        assert code(staff.add(world, "b", Add("c", "丙", ("operations",), "head_office"))) == "NOT_YOUR_ROLE"
        assert code(staff.add(world, "a", Add("c", "丙", ("operations",), "nowhere"))) == "NO_SUCH_UNIT"
        assert code(staff.add(world, "a", Add("c", "丙", (), "head_office"))) == "NO_SUCH_ROLE"
        assert code(staff.add(world, "a", Add("c d", "丙", ("operations",), "head_office"))) == "BAD_ACCOUNT_NAME"
        assert code(staff.add(world, "a", Add("c", " ", ("operations",), "head_office"))) == "BAD_PERSON_NAME"
        assert code(staff.close(world, "a", "a")) == "LAST_ADMINISTRATOR"
        assert code(staff.change(world, "a", "a", ("operations",), None)) == "LAST_ADMINISTRATOR"


def test_a_closed_account_acts_no_more_and_its_name_is_not_given_again(world):
    staff.close(world, "chen", "li")
    assert code(account_of(world, "li")) == "ACCOUNT_CLOSED"
    assert code(staff.add(world, "chen", Add("li", "李强", ("operations",), "head_office"))) == "ACCOUNT_EXISTS"
    assert code(account_of(world, "nobody")) == "NO_SUCH_ACCOUNT"


def test_once_two_persons_administer_one_alone_adds_nobody(world):
    staff.add(world, "chen", Add("second", "钱", ("administrator",), "head_office"))
    new = Add("more", "孔", ("operations",), "head_office")
    assert code(staff.add(world, "chen", new)) == "FOUR_EYES_NEEDED"
    approval.give(world, "second", waiting(world))
    assert staff.add(world, "chen", new)["approved_by"] == "second"


def test_below_the_threshold_the_role_suffices_and_from_it_on_a_second_person_is_needed(world):
    assert isinstance(ask(world, 99_999_999), Clearance)
    assert approval.requests(world) == []
    assert code(ask(world, 100_000_000)) == "FOUR_EYES_NEEDED"
    assert code(ask(world, 100_000_000)) == "FOUR_EYES_NEEDED"  # the same again is the same request
    assert len(approval.requests(world)) == 1


def do(world: World, amount: int, maker: str = "li", **bound: Any) -> Any:
    """Asked for, and if nobody else is needed done."""
    cleared = ask(world, amount, maker, **bound)
    if isinstance(cleared, Clearance):
        with world.log.write() as tx:
            cleared.use(tx)
    return cleared


def test_an_amount_in_pieces_counts_as_the_whole_for_the_person_the_company_and_some_days(root):
    with at(root) as world:
        staff.add(world, "chen", Add("li2", "李 强", ("operations",), "head_office"))
        late = ask(world, 60_000_000, loan="loan-4")  # cleared, while the same person does the others
        assert isinstance(do(world, 60_000_000), Clearance)
        assert code(do(world, 60_000_000, loan="loan-2")) == "FOUR_EYES_NEEDED"  # another loan of the company
        assert code(do(world, 40_000_000, "li2", loan="loan-2")) == "FOUR_EYES_NEEDED"  # another account of the person
        with pytest.raises(Refused, match="COUNTED_MEANWHILE"), world.log.write() as tx:
            late.use(tx)
        assert isinstance(do(world, 39_999_999), Clearance)
        assert isinstance(do(world, 60_000_000, "ops"), Clearance)  # another person
        assert isinstance(do(world, 60_000_000, company="uscc:y"), Clearance)
    with at(root, clock_on(DAY + timedelta(29))) as world:
        assert code(do(world, 1)) == "FOUR_EYES_NEEDED"
    with at(root, clock_on(DAY + timedelta(30))) as world:
        assert isinstance(do(world, 60_000_000), Clearance)


def test_pieces_that_were_approved_count_for_the_limit_of_who_approves_the_next(world):
    do(world, 300_000_000)
    approval.give(world, "zhao", waiting(world))
    assert isinstance(do(world, 300_000_000), Clearance)
    do(world, 300_000_000, loan="loan-2")
    assert code(approval.give(world, "zhao", waiting(world))) == "BEYOND_AUTHORITY"  # 6 million in two pieces
    assert approval.give(world, "wu", waiting(world))["state"] == "given"


def test_an_approval_serves_only_while_who_gave_it_still_may(world):
    ask(world)
    request = waiting(world)
    approval.give(world, "zhao", request)
    held = ask(world)
    staff.change(world, "chen", "zhao", ("customer_manager",), None)
    with pytest.raises(Refused, match="APPROVER_NO_LONGER_FIT"), world.log.write() as tx:
        held.use(tx)
    assert code(ask(world)) == "FOUR_EYES_NEEDED" and waiting(world) == request  # the same request waits again
    approval.give(world, "wu", request)
    assert isinstance(ask(world), Clearance)
    staff.close(world, "chen", "wu")
    assert code(ask(world)) == "FOUR_EYES_NEEDED"


def test_nobody_approves_by_a_role_that_the_maker_handed_over(world):
    ask(world, maker="zhao")
    staff.delegate(world, "zhao", "zhao", "li", DAY)
    assert code(approval.give(world, "li", waiting(world))) == "NOT_YOUR_ROLE"
    staff.delegate(world, "wu", "wu", "li", DAY)
    assert approval.give(world, "li", waiting(world))["state"] == "given"


@pytest.mark.parametrize("typed", ["赵\u200b敏", "赵\u3164敏", "\ufeff赵敏\u00ad", "赵\ufe0f 敏", "赵\u034f敏"])
def test_what_nobody_sees_makes_no_other_person(world, typed):
    staff.add(world, "chen", Add("third", typed, ("head_office_officer",), "head_office"))
    ask(world, maker="zhao")
    assert code(approval.give(world, "third", waiting(world))) == "OWN_REQUEST"


def test_letters_that_look_alike_are_not_mixed_in_a_name(world):
    for typed in ("Аnna", "Nικος a", "А\u0391"):
        assert code(staff.add(world, "chen", Add("x", typed, ("operations",), "head_office"))) == "MIXED_SCRIPTS"
    assert not isinstance(staff.add(world, "chen", Add("x", "王 Anna", ("operations",), "head_office")), Refusal)


def test_an_older_organisation_says_which_action_it_lacks_and_counts_all_that_can(root):
    file = root / "policy" / "organisation.toml"
    text = file.read_text("utf-8").replace("counted_days = 30\n", "").replace('name = "payments_account"', 'name = "x"')
    file.write_text(text, "utf-8")
    with at(root) as world:
        missing = clear(world, who(world, "ops"), "payments_account", 0, BOUND)
        assert code(missing) == "ACTION_UNKNOWN" and dict(missing.where)["key"] == "action.payments_account"
        assert "kemiao upgrade" in missing.en and [each.code for each in unfit(world, DAY)] == ["ACTION_UNKNOWN"]
        do(world, 60_000_000)
    with at(root, clock_on(DAY + timedelta(200))) as world:
        assert code(do(world, 60_000_000)) == "FOUR_EYES_NEEDED"


def test_an_approval_that_is_taken_back_while_the_command_runs_serves_no_more(world):
    ask(world)
    first = waiting(world)
    approval.give(world, "zhao", first)
    cleared = ask(world)
    approval.refuse(world, "zhao", first, "合同金额不符")
    with pytest.raises(Refused, match="APPROVAL_TAKEN_BACK"), world.log.write() as tx:
        cleared.use(tx)


def test_an_approval_serves_once(world):
    ask(world)
    first = waiting(world)
    approval.give(world, "zhao", first)
    cleared = ask(world)
    assert cleared.public == {"by": "li", "approval": first, "approved_by": "zhao"}
    rival = ask(world)  # a second operator holds the same approval
    with world.log.write() as tx:
        cleared.use(tx)
    with pytest.raises(Refused, match="APPROVAL_USED"), world.log.write() as tx:
        tx.append("loan_message", ref="never")
        rival.use(tx)
    assert world.log.last("loan_message", ref="never") is None  # nothing of the loser's transaction stays
    assert len(list(world.log.events(USED))) == 1
    assert code(ask(world)) == "FOUR_EYES_NEEDED" and waiting(world) != first  # the same action again asks anew


@pytest.mark.parametrize("changed", [{"amount": 200_000_001}, {"maker": "ops"}, {"action": "extend"}, {"loan": "loan-2"}, {"on": DAY + timedelta(1)}])  # fmt: skip
def test_an_approval_is_bound_to_action_amount_maker_and_what_is_done(world, changed):
    ask(world)
    approval.give(world, "zhao", waiting(world))
    assert code(ask(world, **changed)) == "FOUR_EYES_NEEDED"


def test_persons_are_compared_not_accounts(world):
    ask(world, maker="zhao2")
    request = waiting(world)
    assert code(approval.give(world, "zhao2", request)) == "OWN_REQUEST"
    assert code(approval.give(world, "zhao", request)) == "OWN_REQUEST"
    assert approval.give(world, "wu", request)["state"] == "given"
    assert code(approval.give(world, "wu", request)) == "REQUEST_CLOSED"


def test_who_approves_has_the_role_the_unit_and_the_authority(world):
    ask(world)
    request = waiting(world)
    assert code(approval.give(world, "ops", request)) == "NOT_YOUR_ROLE"
    assert code(approval.give(world, "city", request)) == "NOT_YOUR_UNIT"
    ask(world, 500_000_001)
    large = next(one["request"] for one in approval.requests(world) if one["amount_fen"] == 500_000_001)
    assert code(approval.give(world, "zhao", large)) == "BEYOND_AUTHORITY"
    assert approval.give(world, "wu", large)["state"] == "given"
    assert code(approval.give(world, "wu", "apr-unknown")) == "NO_SUCH_REQUEST"


def test_the_maker_has_the_role_and_sits_above_the_loans_unit(world):
    assert code(clear(world, who(world, "li"), "write_off", 1, BOUND)) == "NOT_YOUR_ROLE"
    assert code(clear(world, who(world, "city"), "rate", 1, BOUND, unit="technology_team")) == "NOT_YOUR_UNIT"
    assert isinstance(clear(world, who(world, "zhao"), "rate", 1, BOUND, unit="technology_team"), Clearance)
    assert code(clear(world, who(world, "li"), "unheard_of", 1, BOUND)) == "ACTION_UNKNOWN"


def test_of_two_who_approve_at_once_one_finds_it_closed(root):
    with at(root) as world:
        ask(world)
        request = waiting(world)

    def give(name: str) -> Any:
        with at(root) as own:
            return approval.give(own, name, request)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(give, ("zhao", "wu")))
    assert {getattr(answer, "code", "given") for answer in answers} == {"given", "REQUEST_CLOSED"}


def test_a_refused_request_is_closed_and_the_next_one_says_so(world):
    ask(world)
    first = waiting(world)
    assert code(approval.refuse(world, "zhao", first, " ")) == "REASON_NEEDED"
    approval.refuse(world, "zhao", first, "合同金额不符")
    assert code(ask(world)) == "FOUR_EYES_NEEDED"
    (again,) = approval.requests(world)
    assert again["request"] != first and again["refused_before"] == 1
    assert [one["state"] for one in approval.requests(world, every=True)] == ["refused", "waiting"]


def test_a_given_approval_can_be_taken_back_until_it_is_used(world):
    ask(world)
    approval.give(world, "zhao", waiting(world))
    approval.refuse(world, "wu", waiting(world), "情况有变")
    assert code(ask(world)) == "FOUR_EYES_NEEDED"


def test_a_request_lapses(root):
    with at(root) as world:
        ask(world)
        request = waiting(world)
        approval.give(world, "zhao", request)
    with at(root, clock_on(DAY + timedelta(7))) as world:
        assert isinstance(ask(world), Clearance)
    with at(root, clock_on(DAY + timedelta(8))) as world:
        assert code(ask(world)) == "FOUR_EYES_NEEDED" and waiting(world) != request


def test_a_delegate_has_the_absent_ones_authority_but_remains_himself(root):
    with at(root) as world:
        assert code(staff.delegate(world, "li", "zhao", "li", DAY)) == "SELF_DELEGATION"
        assert code(staff.delegate(world, "ops", "zhao", "li", DAY)) == "NOT_YOUR_ROLE"
        assert code(staff.delegate(world, "zhao", "zhao", "zhao2", DAY)) == "SAME_PERSON"
        assert code(staff.delegate(world, "zhao", "zhao", "li", DAY + timedelta(400))) == "TOO_LONG"
        staff.delegate(world, "zhao", "zhao", "li", DAY + timedelta(1))
        assert who(world, "li").roles == ("customer_manager", "branch_officer")
        ask(world)
        assert code(approval.give(world, "li", waiting(world))) == "OWN_REQUEST"
        ask(world, maker="ops", loan="loan-3")
        other = next(one["request"] for one in approval.requests(world) if one["maker"] == "ops")
        assert approval.give(world, "li", other)["by"] == "li"
    with at(root, clock_on(DAY + timedelta(2))) as world:
        assert who(world, "li").roles == ("customer_manager",)
    with at(root) as world:
        staff.delegate(world, "zhao", "zhao", "li", date(2024, 6, 30))  # a day that is past ends it
        assert who(world, "li").roles == ("customer_manager",)


def test_delegation_is_not_handed_on_and_ends_with_the_account(world):
    staff.delegate(world, "wu", "wu", "zhao", DAY)
    staff.delegate(world, "zhao", "zhao", "li", DAY)
    assert who(world, "li").roles == ("customer_manager", "branch_officer")
    staff.close(world, "chen", "zhao")
    assert who(world, "li").roles == ("customer_manager",)


def test_what_a_request_is_about_is_sealed_and_its_amount_is_not(world):
    ask(world)
    event = world.log.last("approval_requested")
    assert "loan-1" not in str(event.public) and world.log.private(event)["bound"]["loan"] == "loan-1"
    assert event.public["amount_fen"] == 200_000_000


@pytest.mark.parametrize(("change", "key"), [
    ({"unit": [{"name": "a", "zh": "", "en": "", "kind": "branch", "under": "a"}]}, "unit.a"),
    ({"unit": [{"name": "a", "zh": "", "en": "", "kind": "shop"}]}, "unit.a"),
    ({"role": [{"name": "r", "zh": "", "en": "", "level": "king"}]}, "role.r"),
    ({"action": [{"name": "x", "zh": "", "en": "", "makers": ["nobody"], "approvers": []}]}, "action.x"),
    ({"action": [{"name": "x", "zh": "", "en": "", "makers": [], "approvers": [], "four_eyes_from_fen": -1}]}, "action.x"),
    ({"action": [{"name": "x", "zh": "", "en": "", "makers": [], "approvers": []}] * 2}, "action.x"),
    ({"action": [{"name": "x", "zh": "", "en": "", "makers": [], "approvers": [], "counted_days": 367}]}, "action.x"),
    ({"request_days": 0}, "request_days"), ({"complaint_file_years": 0}, "complaint_file_years"),
    ({"unit": None}, "'NoneType' object is not iterable"),
])  # fmt: skip
def test_an_unfit_organisation_is_told_with_its_place(change, key):
    whole = {
        "unit": [{"name": "h", "zh": "", "en": "", "kind": "head_office"}],
        "role": [],
        "action": [],
        "request_days": 7,
        "complaint_file_years": 5,
    }
    answer = organisation_of(whole | change, {})
    assert code(answer) == "ORGANISATION_UNFIT" and dict(answer.where)["key"] == key
