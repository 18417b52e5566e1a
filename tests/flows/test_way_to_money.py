"""From an application to a contract that two keys have signed, and to money; and what stands in the way at each step."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bank.chain_bank import ME as BANK
from bank.chain_bank import chain_home, say
from chain.actors import ACME
from kemiao.bank.commands import condition, due_diligence
from kemiao.bank.commands.apply import Apply, accept, apply, reopen, withdraw
from kemiao.bank.commands.approval import request, requests
from kemiao.bank.commands.disburse import Disburse, disburse, schedule_of
from kemiao.bank.commands.due_diligence import Look, Owner
from kemiao.bank.commands.economics import economics
from kemiao.bank.commands.loan_draw import draw, take_over
from kemiao.bank.commands.offer import Offer, Offered, offer
from kemiao.bank.commands.sign import Paper, Proposed, Signed, sign
from kemiao.bank.lending import contract
from kemiao.bank.lending.applications import Application, Effort, application, applications
from kemiao.bank.lending.clearance import GIVEN, decide
from kemiao.bank.lending.loan_store import loan
from kemiao.bank.lending.people import ADDED, account_of
from kemiao.bank.lending.standing import states
from kemiao.bank.world import World
from kemiao.base.clock import FixedClock
from kemiao.base.refusal import Refusal
from kemiao.chain.node import Accepted
from little_bank import DAY, ME, OTHER, at, clock_on, decided_home, put, sound

pytestmark = pytest.mark.slow
ASKED = Apply(ME, "tech_credit", 50_000_000, 12, "采购原材料")
ALONE = Effort()


def hire(world: World) -> None:
    """li makes, wang approves; both sit in the branch."""
    for name, person, role in (("li", "李", "customer_manager"), ("wang", "王", "branch_officer")):
        with world.log.write() as tx:
            said = {"person": person, "roles": [role], "unit": "technology_branch", "bootstrap": False, "by": None}
            tx.append(ADDED, None, name, said)


def li(world: World, minutes: int | None = None) -> Effort:
    account = account_of(world, "li")
    assert not isinstance(account, Refusal), account
    return Effort(account, minutes, lambda: 7)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = tmp_path / "home"
    decided_home(root)
    with at(root) as world:
        hire(world)
    return root


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    (tmp_path / "contract.pdf").write_bytes(b"signed by hand")
    return tmp_path / "contract.pdf"


def done(answer: Any) -> Any:
    assert not isinstance(answer, Refusal), answer
    return answer


def code(answer: Any) -> str:
    assert isinstance(answer, Refusal), answer
    return answer.code


def offered(world: World, asked: Apply = ASKED, **parts: Any) -> Application:
    own = done(apply(world, asked, ALONE)).application.id
    answer = done(offer(world, Offer(own, **parts), ALONE))
    assert not answer.declined, answer.application.why
    return answer.application


def ready(world: World, found: Application, paper: Path) -> Application:
    """Accepted, looked into, every condition ticked."""
    done(accept(world, found.id, li(world)))
    done(due_diligence.due_diligence(world, Look(found.company, (Owner("张三", 600_000),), "low"), li(world)))
    codes = tuple(each["code"] for each in condition.conditions(found))
    return done(condition.tick(world, condition.Tick(found.id, codes, paper), li(world))).application


def test_the_same_application_is_one_and_an_offer_is_the_plan_with_its_whole_cost(home: Path) -> None:
    with at(home) as world:
        first = done(apply(world, ASKED, ALONE))
        again = done(apply(world, ASKED, ALONE))
        assert (first.again, again.again, first.application.id) == (False, True, again.application.id)
        answer = done(offer(world, Offer(first.application.id), ALONE))
        said = answer.application.offer
        assert said is not None and said["automatic"] and said["by"] is None
        assert sum(due["principal_fen"] for due in answer.schedule) == ASKED.amount_fen
        assert said["apr_ppm"] > said["terms"]["rate_ppm"]
        assert code(offer(world, Offer(first.application.id), ALONE)) == "NOT_AT_THIS_STEP"


def test_on_paper_nothing_is_signed_before_the_company_is_known_and_the_papers_are_there(home: Path, paper: Path) -> None:  # fmt: skip
    with at(home) as world:
        found = offered(world)
        assert code(sign(world, found.id, Paper(paper), li(world))) == "NOT_AT_THIS_STEP"
        assert code(accept(world, found.id, ALONE)) == "ACCEPTANCE_NOT_SHOWN"
        assert code(accept(world, found.id, ALONE, paper.parent / "none.pdf")) == "NO_SUCH_FILE"
        said = done(accept(world, found.id, ALONE, paper)).application.steps[-1].public
        assert (said["step"], said["paper"], len(said["offer"])) == ("accepted", hashlib.sha256(b"signed by hand").hexdigest(), 64)  # fmt: skip
        assert code(sign(world, found.id, Paper(paper), ALONE)) == "NO_ACCOUNT_NAMED"
        assert code(sign(world, found.id, Paper(paper), li(world))) == "NO_DUE_DILIGENCE"
        done(due_diligence.due_diligence(world, Look(ME, (Owner("张三", 600_000),), "low"), li(world)))
        assert code(sign(world, found.id, Paper(paper), li(world))) == "CONDITIONS_OPEN"
        assert code(condition.tick(world, condition.Tick(found.id, ("NOPE",)), li(world))) == "NO_SUCH_CONDITION"
        codes = tuple(each["code"] for each in condition.conditions(found))
        done(condition.tick(world, condition.Tick(found.id, codes, paper), li(world)))
        assert code(sign(world, found.id, None, li(world))) == "PAPER_NEEDED"
        signed = done(sign(world, found.id, Paper(paper), li(world)))
        assert (signed.how, signed.signature) == ("paper", hashlib.sha256(b"signed by hand").hexdigest())
        row = done(loan(world, signed.loan["loan"]))
        assert (row["signed_on"], row["amount_fen"], row["manager"]) == (DAY, ASKED.amount_fen, "li")
        assert code(withdraw(world, found.id, "", ALONE)) == "NOT_AT_THIS_STEP"


def test_where_the_bank_wants_two_for_a_contract_the_approval_serves_once(home: Path, paper: Path) -> None:
    rules = home / "policy" / "organisation.toml"
    before, name, after = rules.read_text("utf-8").partition('name = "sign"\n')
    rules.write_text(f"{before}{name}four_eyes_from_fen = 0\n{after}", "utf-8")
    with at(home) as world:
        found = ready(world, offered(world), paper)
        refused = sign(world, found.id, Paper(paper), li(world))
        assert code(refused) == "FOUR_EYES_NEEDED"
        done(decide(world, done(account_of(world, "wang")), dict(refused.where)["request"], GIVEN))
        done(sign(world, found.id, Paper(paper), li(world)))
        used = world.log.last("approval_used")
        assert used is not None and used.ref == dict(refused.where)["request"]


def test_an_approval_serves_though_the_decision_is_another_if_it_says_the_same(home: Path) -> None:
    asked = replace(ASKED, product="equipment", months=24, purpose="购置设备")
    with at(home) as world:
        own = Offer(done(apply(world, asked, ALONE)).application.id, security_value_fen=200_000_000)
        refused = offer(world, own, li(world))
        request = dict(refused.where)["request"]
        (listed,) = requests(world)
        assert (listed["asked_fen"], listed["product_zh"], listed["purpose"]) == (
            asked.amount_fen,
            "设备贷",
            "购置设备",
        )
        assert listed["grade"] and listed["rate_ppm"] and listed["authority"] in ("branch", "automatic", "head_office")
        done(decide(world, done(account_of(world, "wang")), request, GIVEN))
    with at(home, clock_on(DAY + timedelta(days=1))) as world:  # there the rate is another
        assert code(offer(world, own, li(world))) == "FOUR_EYES_NEEDED"
    levels = home / "policy" / "authority.toml"
    levels.write_text(levels.read_text("utf-8").replace("5_000_000_000", "6_000_000_000"), "utf-8")
    with at(home) as world:
        said = done(offer(world, own, li(world))).application.offer
        assert said is not None and world.log.last("decision", subject=ME).ref != said["decision"]
        assert said is not None and said["approval"] == request


def test_an_approval_of_money_is_of_its_day_and_a_condition_is_ticked_by_a_role(home: Path, paper: Path) -> None:
    rules = home / "policy" / "organisation.toml"
    before, name, after = rules.read_text("utf-8").partition('name = "disburse"\n')
    rules.write_text(before + name + after.replace("four_eyes_from_fen = 100_000_000", "four_eyes_from_fen = 0", 1), "utf-8")  # fmt: skip
    with at(home) as world:
        with world.log.write() as tx:
            tx.append(ADDED, None, "root", {"person": "管", "roles": ["administrator"], "unit": "head_office", "bootstrap": True, "by": None})  # fmt: skip
        found = signed_on_paper(world, offered(world), paper)
        root = Effort(done(account_of(world, "root")))
        code_ = condition.conditions(found)[0]["code"]
        assert code(condition.tick(world, condition.Tick(found.id, (code_,), paper), root)) == "NOT_YOUR_ROLE"
        to = Disburse(found.id, None, "某某材料有限公司", "6222020200112233")
        asked = dict(disburse(world, to, li(world)).where)["request"]
        assert done(request(world, asked))["opened"] == {"payee": [to.payee, to.payee_account]}, (
            "who approves sees to whom"
        )
        done(decide(world, done(account_of(world, "wang")), asked, GIVEN))
        assert code(disburse(world, replace(to, payee="另一家公司"), li(world))) == "FOUR_EYES_NEEDED"
    with at(home, clock_on(DAY + timedelta(days=1))) as world:
        assert code(disburse(world, to, li(world))) == "FOUR_EYES_NEEDED"
    with at(home) as world:
        done(disburse(world, to, li(world)))


def test_an_offer_lapses_and_a_new_round_begins_with_nothing_of_the_old_one(home: Path, paper: Path) -> None:
    with at(home) as world:
        found = offered(world)
        codes = tuple(each["code"] for each in condition.conditions(found))
        done(condition.tick(world, condition.Tick(found.id, codes, paper), li(world)))
        assert code(reopen(world, found.id, ALONE)) == "NOT_AT_THIS_STEP"
    with at(home, clock_on(DAY + timedelta(days=15))) as world:
        assert done(application(world, found.id)).word(world.clock.today()) == "offered"  # its last day
    with at(home, clock_on(DAY + timedelta(days=16))) as world:
        assert code(accept(world, found.id, li(world))) == "APPLICATION_LAPSED"
        again = done(reopen(world, found.id, ALONE, amount_fen=40_000_000)).application
        assert (again.step, again.round, again.asked["amount_fen"]) == ("applied", 2, 40_000_000)
        assert again.offer is None and not again.ticks
        withdrawn = done(withdraw(world, found.id, "改主意", ALONE)).application
        assert withdrawn.step == "withdrawn"
        assert code(offer(world, Offer(found.id), ALONE)) == "NOT_AT_THIS_STEP"


def test_what_the_rules_decline_is_an_answer_with_its_reasons(home: Path) -> None:
    with at(home) as world:
        own = done(apply(world, replace(ASKED, purpose="补充股权投资"), ALONE)).application.id
        answer = done(offer(world, Offer(own), ALONE))
        assert isinstance(answer, Offered) and answer.declined
        assert [why["code"] for why in answer.application.why] == ["PURPOSE_PROHIBITED"]
        refused = done(apply(world, replace(ASKED, purpose="炒股"), ALONE)).application.id
        assert code(offer(world, Offer(refused), ALONE)) == "PURPOSE_REFUSED"
        above = done(apply(world, replace(ASKED, amount_fen=400_000_000), ALONE)).application.id
        assert code(offer(world, Offer(above), ALONE)) == "ABOVE_LIMIT"


WRONG = [
    ({"amount_fen": 0}, "AMOUNT_OUT_OF_RANGE"), ({"amount_fen": -1}, "AMOUNT_OUT_OF_RANGE"), ({"months": 0}, "MONTHS_OUT_OF_RANGE"),
    ({"purpose": " "}, "PURPOSE_NEEDED"), ({"product": "tech_credits"}, "NO_SUCH_PRODUCT"), ({"product": "green"}, "LAW_NOT_IN_FORCE"),
    ({"payee": "x" * 201}, "TEXT_TOO_LONG"),
]  # fmt: skip


def test_a_wish_that_cannot_be_is_refused_at_once(home: Path) -> None:
    with at(home) as world:
        for changed, expected in WRONG:
            assert code(apply(world, replace(ASKED, **changed), ALONE)) == expected
        assert list(applications(world)) == []


def test_what_a_product_does_not_decide_alone_needs_a_second_person(home: Path) -> None:
    with at(home) as world:
        asked = replace(ASKED, product="risk_sharing", guarantor="某担保公司")
        own = done(apply(world, asked, ALONE)).application.id
        assert code(offer(world, Offer(own), ALONE)) == "NO_ACCOUNT_NAMED"
        refused = offer(world, Offer(own), li(world))
        assert code(refused) == "FOUR_EYES_NEEDED"
        done(decide(world, done(account_of(world, "wang")), dict(refused.where)["request"], GIVEN))
        said = done(offer(world, Offer(own), li(world))).application.offer
        assert said is not None and (said["by"], said["approved_by"], said["automatic"]) == ("li", "wang", False)


def test_who_is_on_a_list_gets_no_contract_until_a_person_says_why_it_is_another(home: Path, paper: Path, tmp_path: Path) -> None:  # fmt: skip
    names = tmp_path / "名单.csv"
    names.write_bytes("姓名\n王五\n张 三\n".encode("gb18030"))
    with at(home) as world:
        found = ready(world, offered(world), paper)
        look = Look(ME, (Owner("张三", 600_000),), "medium", (names,))
        hit = done(due_diligence.due_diligence(world, look, li(world)))
        assert (hit.passed, [each["list"] for each in hit.hits]) == (False, ["名单.csv:3"])
        assert code(sign(world, found.id, Paper(paper), li(world))) == "SCREENING_HIT"
        refused = due_diligence.due_diligence(world, replace(look, cleared="同名,证件号不同"), li(world))
        assert code(refused) == "FOUR_EYES_NEEDED"
        done(decide(world, done(account_of(world, "wang")), dict(refused.where)["request"], GIVEN))
        done(due_diligence.due_diligence(world, replace(look, cleared="同名,证件号不同"), li(world)))
        done(sign(world, found.id, Paper(paper), li(world)))
        event = world.log.last("due_diligence", subject=ME)
        assert event is not None and "张三" not in str(event.public)
        assert world.log.private(event)["owners"][0]["name"] == "张三"
        for owners, expected in (((), "OWNER_NEEDED"), ((Owner("甲", 600_000), Owner("乙", 500_000)), "SHARES_UNFIT"), ((Owner("甲", 1), Owner(" 甲", 1)), "OWNER_UNFIT")):  # fmt: skip
            assert (
                code(due_diligence.due_diligence(world, replace(look, owners=owners, lists=()), li(world))) == expected
            )


def signed_on_paper(world: World, found: Application, paper: Path) -> Application:
    return done(sign(world, ready(world, found, paper).id, Paper(paper), li(world))).application


def test_money_is_paid_once_and_no_more_than_was_agreed(home: Path, paper: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    with at(home) as world:
        found = signed_on_paper(world, offered(world), paper)
        for amount, expected in ((0, "AMOUNT_OUT_OF_RANGE"), (-1, "AMOUNT_OUT_OF_RANGE"), (50_000_001, "ABOVE_WHAT_IS_LEFT")):  # fmt: skip
            assert code(disburse(world, Disburse(found.id, amount), li(world))) == expected
        assert code(disburse(world, Disburse(found.id), ALONE)) == "NO_ACCOUNT_NAMED"
        first = done(disburse(world, Disburse(found.id, 20_000_000), li(world)))
        with monkeypatch.context() as patched:  # killed after the money was recorded
            patched.setattr("kemiao.bank.commands.disburse._noted", killed)
            with pytest.raises(KeyboardInterrupt):
                disburse(world, Disburse(found.id), li(world))
        second = done(disburse(world, Disburse(found.id), li(world)))
        again = next(event for event in reversed(second.application.steps) if event.public["step"] == "disbursed")
        with world.log.write() as tx:  # as another operator's command at the same moment would
            tx.append(again.kind, again.subject, again.ref, again.public)
        assert done(application(world, found.id)).disbursed_fen == 50_000_000
        assert (first.amount_fen, second.amount_fen, second.application.disbursed_fen) == (20_000_000, 30_000_000, 50_000_000)  # fmt: skip
        assert code(disburse(world, Disburse(found.id), li(world))) == "AMOUNT_OUT_OF_RANGE"
        (state,) = states(world, own=str(found.loan)).to_pylist()
        assert (state["drawn_fen"], state["principal_fen"]) == (50_000_000, 50_000_000)
        assert sum(due["principal_fen"] for due in schedule_of(world, second.loan, 50_000_000, DAY)) == 50_000_000
        answer = done(economics(world))
        assert (answer.loans, answer.loans_of_applications_ppm, answer.loss_realised_ppm) == (1, 1_000_000, 0)
        assert answer.margin_ppm == answer.rate_ppm - (34_500 - 12_000)


def killed(*_arguments: Any) -> None:
    raise KeyboardInterrupt


def test_the_first_money_comes_in_its_days_and_only_to_whom_it_is_entrusted(home: Path, paper: Path) -> None:
    with at(home) as world:
        asked = replace(ASKED, product="equipment", months=24, purpose="购置设备")
        own = done(apply(world, asked, ALONE)).application.id
        refused = offer(world, Offer(own, security_value_fen=200_000_000), li(world))
        assert code(refused) == "FOUR_EYES_NEEDED"
        done(decide(world, done(account_of(world, "wang")), dict(refused.where)["request"], GIVEN))
        found = done(offer(world, Offer(own, security_value_fen=200_000_000), li(world))).application
        found = signed_on_paper(world, found, paper)
        assert code(disburse(world, Disburse(found.id), li(world))) == "PAYEE_NEEDED"
        assert code(disburse(world, Disburse(found.id, None, "某设备公司"), li(world))) == "PAYEE_ACCOUNT_NEEDED"
        assert code(disburse(world, Disburse(found.id, None, ME, "622202020011"), li(world))) == "PAYEE_IS_BORROWER"
    with at(home, clock_on(DAY + timedelta(days=61))) as world:
        assert (
            code(disburse(world, Disburse(found.id, None, "某设备公司", "622202020011"), li(world)))
            == "AVAILABILITY_OVER"
        )
    with at(home, clock_on(DAY + timedelta(days=60))) as world:
        paid = done(disburse(world, Disburse(found.id, None, "某设备公司", "622202020011"), li(world)))
        assert paid.entrusted and paid.payee == "某设备公司 622202020011"


def test_a_line_is_drawn_again_on_the_conditions_of_the_first_draw_and_not_before_it(home: Path, paper: Path) -> None:
    (paper.parent / "名单.csv").write_text("姓名\n张三\n", "utf-8")
    with at(home) as world:
        found = signed_on_paper(world, offered(world, replace(ASKED, product="revolving")), paper)
        row = {"loan": found.loan, "value_day": DAY, "amount_fen": 10_000_000}
        assert code(draw(world, "li", row)) == "FIRST_DRAW"
    with at(home, clock_on(DAY + timedelta(days=61))) as world:
        assert code(draw(world, "li", row)) == "AVAILABILITY_OVER"
    with at(home) as world:
        done(disburse(world, Disburse(found.id, 20_000_000), li(world)))
        assert code(draw(world, "nobody", row)) == "NO_SUCH_ACCOUNT"
        first, again = (done(draw(world, "li", row)) for _ in range(2))
        assert (first.again, again.again) == (False, True)
        (state,) = states(world, own=str(found.loan)).to_pylist()
        assert (state["drawn_fen"], state["principal_fen"]) == (30_000_000, 30_000_000)
        done(due_diligence.due_diligence(world, Look(ME, (Owner("张三", 600_000),), "low", (paper.parent / "名单.csv",)), li(world)))  # fmt: skip
        assert code(draw(world, "li", row | {"message": "second"})) == "SCREENING_HIT"


def test_a_renewal_takes_the_principal_over_and_no_money_moves(home: Path, paper: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    with at(home) as world:
        old = signed_on_paper(world, offered(world), paper)
        done(disburse(world, Disburse(old.id), li(world)))
    with at(home, clock_on(DAY + timedelta(days=20))) as world:
        asked = replace(ASKED, product="renewal", months=6, purpose="renewal", renews=old.loan)
        other = done(apply(world, replace(asked, company=OTHER), ALONE)).application.id
        assert code(offer(world, Offer(other, as_of=DAY), li(world))) == "LOAN_OF_ANOTHER"
        own = done(apply(world, asked, ALONE)).application.id
        refused = offer(world, Offer(own, as_of=DAY), li(world))
        assert code(refused) == "FOUR_EYES_NEEDED"
        done(decide(world, done(account_of(world, "wang")), dict(refused.where)["request"], GIVEN))
        found = done(offer(world, Offer(own, as_of=DAY), li(world))).application
        assert found.step == "offered", found.why
        found = signed_on_paper(world, found, paper)
        assert code(take_over(world, "li", str(old.loan), str(found.loan), world.clock.today())) == "FIRST_DRAW"
        with monkeypatch.context() as patched:  # killed after it was recorded
            patched.setattr("kemiao.bank.commands.disburse._noted", killed)
            with pytest.raises(KeyboardInterrupt):
                disburse(world, Disburse(found.id), li(world))
    with at(home, clock_on(DAY + timedelta(days=21))) as world:  # gone on with on another day
        done(disburse(world, Disburse(found.id), li(world)))
        before, after = (states(world, own=str(each)).to_pylist()[0] for each in (old.loan, found.loan))
        assert (before["status"], before["principal_fen"], after["principal_fen"]) == ("renewed", 0, 50_000_000)
        assert code(disburse(world, Disburse(found.id), li(world))) == "RENEWED_ALREADY"


def test_no_contract_is_signed_on_a_stale_lpr(home: Path, paper: Path) -> None:
    with at(home, clock_on(date(2025, 10, 10))) as world:
        found = ready(world, offered(world, as_of=DAY), paper)
        assert code(sign(world, found.id, Paper(paper), li(world))) == "LPR_STALE"


# -- on the chain


@pytest.fixture
def shared_home(tmp_path: Path) -> Path:
    """bank-a's node with a sound company that has a key of its own there; the LPR observed until then."""
    root = chain_home(tmp_path / "bank")
    rows = "".join(
        f'[[row]]\ntenor = "{tenor}"\nrate_ppm = {rate}\nsource = "test"\neffective_from = 2026-02-20\nconfidence = "synthetic"\n'
        for tenor, rate in (("1Y", 30_000), ("5Y", 35_000))
    )
    (root / "law" / "lpr.toml").write_text(f"observed_until = 2026-02-20\n{rows}", "utf-8")
    with chain_at(root) as world:
        put(world, sound(ACME), companies=(ACME,), historical=True)
        hire(world)
    return root


CHAIN_DAY = date(2026, 3, 2)


@contextmanager
def chain_at(root: Path, day: date = CHAIN_DAY) -> Iterator[World]:
    from bank.chain_bank import at as chain_bank_at

    with chain_bank_at(root, FixedClock(datetime(day.year, day.month, day.day, 9, tzinfo=UTC))) as world:
        yield world


ON_CHAIN = replace(ASKED, company=ACME, amount_fen=30_000_000)


def company_signs(world: World, answer: Proposed, text: str | None = None) -> Accepted | Refusal:
    read = done(contract.read_file(answer.file))
    mark = text or contract.commitment(read.document)
    return say(world, "contract.sign", subject=ACME, body={"contract": read.entry}, commitment=mark)


def test_both_keys_sign_the_same_text_and_only_then_is_there_a_loan(shared_home: Path, paper: Path) -> None:
    with chain_at(shared_home) as world:
        found = ready(world, offered(world, ON_CHAIN, as_of=DAY), paper)
        proposed = done(sign(world, found.id, None, li(world)))
        assert isinstance(proposed, Proposed) and not proposed.again
        again = done(sign(world, found.id, None, li(world)))
        assert isinstance(again, Proposed) and again.again and again.file == proposed.file
        assert code(sign(world, found.id, Paper(paper), li(world))) == "WAITS_ON_CHAIN"
        assert code(company_signs(world, proposed, "ab" * 32)) == "OTHER_TEXT"
        entry = done(company_signs(world, proposed)).id
        signed = done(sign(world, found.id, None, li(world)))
        assert isinstance(signed, Signed) and (signed.how, signed.signature) == ("chain", entry)
        row = done(loan(world, signed.loan["loan"]))
        assert row["loan"] == done(contract.read_file(proposed.file)).document["loan"]
        assert BANK in contract.text(done(contract.read_file(proposed.file)).document, "en")


def test_a_withdrawal_takes_the_proposal_back_on_the_chain_too(shared_home: Path, paper: Path) -> None:
    with chain_at(shared_home) as world:
        found = ready(world, offered(world, ON_CHAIN, as_of=DAY), paper)
        proposed = done(sign(world, found.id, None, li(world)))
        done(withdraw(world, found.id, "", ALONE))
        assert code(company_signs(world, proposed)) == "CONTRACT_WITHDRAWN"


@pytest.mark.parametrize("dies", ["before the chain answers", "after the chain answered"])
def test_killed_while_it_proposes_the_same_command_goes_on_with_the_same_contract(shared_home: Path, paper: Path, monkeypatch: pytest.MonkeyPatch, dies: str) -> None:  # fmt: skip
    from kemiao.bank.chain_side import SharedChain

    class Killed(BaseException):
        pass

    def asked(chain: Any, intents: Any, true: Callable[..., Any] = SharedChain._asked) -> Any:
        if dies.startswith("after"):
            true(chain, intents)
        raise Killed

    with chain_at(shared_home) as world:
        found = ready(world, offered(world, ON_CHAIN, as_of=DAY), paper)
        with monkeypatch.context() as patched:
            patched.setattr(SharedChain, "_asked", asked)
            with pytest.raises(Killed):
                sign(world, found.id, None, li(world))
    with chain_at(shared_home) as world:
        proposed = done(sign(world, found.id, None, li(world)))
        assert isinstance(proposed, Proposed)
        assert len(list(world.log.events(contract.KIND))) == 1
        assert len(list(world.chain.node.scan(f"proposals/{BANK}/"))) == 1
        done(company_signs(world, proposed))
        assert isinstance(done(sign(world, found.id, None, li(world))), Signed)


def test_economics_counts_what_each_step_took(home: Path, paper: Path) -> None:
    with at(home) as world:
        found = ready(world, offered(world), paper)
        done(withdraw(world, found.id, "", li(world, minutes=60)))
        answer = done(economics(world))
        assert (answer.applications, answer.finished, answer.loans, answer.loans_of_applications_ppm) == (1, 1, 0, 0)
        by_step = {each["step"]: each for each in answer.by_step}
        assert (by_step["withdrawn"]["minutes"], by_step["withdrawn"]["cost_fen"]) == (60, 12_000 + 0)
        assert {"loans_of_applications", "time_to_money", "cost_of_a_loan", "loss", "rate"} == {each["figure"] for each in answer.practice}  # fmt: skip
