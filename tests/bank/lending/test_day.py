"""The end of a day: resumable, correct however late a message comes, and the books are whole after it."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import kemiao.bank.lending.day as closing
from kemiao.bank.commands.books import account_balance_fen, statement_of, trial_balance
from kemiao.bank.commands.books_check import check_books
from kemiao.bank.commands.end_of_day import Ended, end_of_day
from kemiao.bank.lending.loan_store import loan_draft, message_draft
from kemiao.bank.lending.postings_store import POSTING_CHUNK, account_totals, chunks, rows_of
from kemiao.bank.world import World
from kemiao.base.refusal import Outage, Refusal
from kemiao.credit.servicing.columns import INTEREST_FIRST
from little_bank import ME, at, clock_on, new_home

START = date(2024, 1, 31)
OTHER = "cumcm:E7"


def a_loan(own: str, company: str, **changed: Any) -> dict[str, Any]:
    return {
        "loan": own, "company": company, "product": "p", "origin": "signed", "repayment": "equal_installment", "amount_fen": 10**8,
        "signed_on": START, "starts_on": START, "matures_on": date(2025, 1, 31), "first_due_on": date(2024, 2, 10), "every_months": 1,
        "month_end": False, "business_day": "following", "day_count": "A360", "rate_ppm": 45_000, "rate_kind": "fixed", "spread_ppm": 0,
        "reset_months": 0, "overdue_markup_ppm": 500_000, "diverted_markup_ppm": 1_000_000, "compound": True, "grace_days": 0,
        "allocation": INTEREST_FIRST, "early_fee_ppm": 0, "fee_fen": 12_345, "vat_ppm": 60_000, "security": "none", "entrusted": False,
        "pd_ppm": 20_000, "lgd_ppm": 450_000, **changed,
    }  # fmt: skip


LOANS = [
    a_loan("loan-a", ME),
    a_loan("loan-b", OTHER, repayment="interest_first", rate_kind="lpr_1y", spread_ppm=10_000, first_reset_on=date(2024, 2, 12), reset_months=1),
    a_loan("loan-c", ME, repayment="revolving"),
]  # fmt: skip
COMPANY = {row["loan"]: row["company"] for row in LOANS}


def message(own: str, loan: str, kind: str, day: int, **rest: Any) -> dict[str, Any]:
    return {"message": own, "loan": loan, "kind": kind, "value_day": START + timedelta(day), **rest}


PAID_OUT = [message("d1", "loan-a", "disburse", 0, amount_fen=10**8), message("d2", "loan-b", "disburse", 0, amount_fen=50_000_000), message("d3", "loan-c", "disburse", 0, amount_fen=3_000_000)]  # fmt: skip
LATER = [
    message("r1", "loan-a", "repay", 10, amount_fen=8_700_000), message("r2", "loan-b", "repay", 10, amount_fen=100_000),
    message("s1", "loan-a", "sell", 11, share_ppm=300_000, amount_fen=27_000_000), message("r3", "loan-c", "repay", 12, amount_fen=5_000_000),
    message("w1", "loan-b", "write_off", 13), message("v1", "loan-b", "recover", 14, amount_fen=1_234_567),
]  # fmt: skip


def say(world: World, messages: Iterable[Mapping[str, Any]], loans: Iterable[Mapping[str, Any]] = ()) -> None:
    with world.log.write() as tx:
        tx.append_many([loan_draft(row) for row in loans] + [message_draft(COMPANY[row["loan"]], row) for row in messages])  # fmt: skip


def close(root: Path, day: int, messages: Iterable[Mapping[str, Any]] = (), loans: Iterable[Mapping[str, Any]] = ()) -> Ended:  # fmt: skip
    """On a day, something is heard and the day is closed."""
    with at(root, clock_on(START + timedelta(day))) as world:
        say(world, messages, loans)
        ended = end_of_day(world)
        assert isinstance(ended, Ended), ended
        return ended


def in_time(root: Path, until: int, messages: Iterable[Mapping[str, Any]] = LATER) -> Path:
    close(root, 0, PAID_OUT, LOANS)
    for row in messages:
        day = (row["value_day"] - START).days
        if day <= until:
            close(root, day, [row])
    close(root, until)
    return root


def written(root: Path) -> list[tuple[Any, ...]]:
    with at(root) as world:
        return [(event.kind, event.ref, dict(event.public)) for event in world.log.events()]


def balances(root: Path) -> dict[str, int]:
    with at(root) as world:
        return {name: debit - credit for name, (debit, credit) in account_totals(world).items() if debit != credit}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that heard everything in time and closed 16 days."""
    return in_time(new_home(tmp_path_factory.mktemp("lived") / "home"), 15)


@pytest.fixture
def copy(lived: Path, tmp_path: Path) -> Path:
    shutil.copytree(lived, tmp_path / "home")
    return tmp_path / "home"


@pytest.mark.slow
def test_the_books_balance_and_say_of_each_loan_what_servicing_says(lived: Path):
    with at(lived, clock_on(START + timedelta(15))) as world:
        checked = check_books(world)
        assert not isinstance(checked, Refusal)
        assert (checked.damaged, checked.differences, checked.replayed) == ((), (), True)
        assert checked.allowance_fen == checked.expected_loss_fen > 0
        for day in (0, 10, 11, 13, 15):
            shown = trial_balance(world, START + timedelta(day))
            assert (shown.total_fen(memorandum=False), shown.total_fen(memorandum=True)) == (0, 0)
        paid_out, came_in = 153_000_000, 8_700_000 + 100_000 + 27_000_000 + 5_000_000 + 1_234_567
        assert account_balance_fen(world, "settlement", START + timedelta(15)) == came_in - paid_out


def test_a_day_closed_already_is_done_and_one_to_come_is_refused(lived: Path):
    with at(lived, clock_on(START + timedelta(15))) as world:
        again = end_of_day(world, START + timedelta(3))
        assert isinstance(again, Ended) and again.days == () and again.closed_until == START + timedelta(15)
        refused = end_of_day(world, START + timedelta(16))
        assert isinstance(refused, Refusal) and refused.code == "DAY_NOT_COME"


@pytest.mark.slow
def test_what_comes_late_gives_the_balances_of_what_comes_in_time(lived: Path, tmp_path: Path):
    late = new_home(tmp_path / "home")
    close(late, 0, PAID_OUT, LOANS)
    close(late, 12, LATER[2:4])
    close(late, 14)
    ended = close(late, 15, [*LATER[:2], *LATER[4:]])
    assert ended.rows > 0
    assert balances(late) == balances(lived)
    with at(late, clock_on(START + timedelta(15))) as world:
        checked = check_books(world)
        assert not isinstance(checked, Refusal) and checked.whole
        last = rows_of(world, next(chunk for chunk in chunks(world) if "again" in chunk.part))
    assert {True, False} == set(last["reversal"].to_pylist())
    states = [next(event for event in reversed(written(root)) if event[0] == "end_of_day")[2]["digests"] for root in (late, lived)]  # fmt: skip
    assert all(states[0][name] == states[1][name] for name in ("states", "served", "taxed"))


@pytest.mark.slow
def test_a_reversed_message_takes_back_what_it_moved(copy: Path, tmp_path: Path):
    close(copy, 16, [message("x1", "loan-a", "reverse", 16, word="r1")])
    never = in_time(new_home(tmp_path / "other"), 16, [row for row in LATER if row["message"] != "r1"])
    assert balances(copy) == balances(never)


@pytest.mark.slow
def test_fixings_loaded_late_are_posted_for_the_days_that_were_closed(tmp_path: Path):
    root = new_home(tmp_path / "home")
    close(root, 0, PAID_OUT, LOANS)
    close(root, 15)
    before = balances(root)
    (root / "law" / "lpr.toml").write_text(_LATE_FIXING, "utf-8")
    close(root, 16)
    assert balances(root)["interest_income"] != before["interest_income"]
    with at(root, clock_on(START + timedelta(16))) as world:
        checked = check_books(world)
        assert not isinstance(checked, Refusal) and checked.whole
        again = [chunk for chunk in chunks(world) if "again" in chunk.part]
        assert set(rows_of(world, again[0])["loan"].to_pylist()) == {"loan-b"}


_LATE_FIXING = """
[[row]]
tenor = "1Y"
rate_ppm = 30_000
source = "test"
effective_from = 2024-02-05
confidence = "text"
"""


class Killed(Exception):
    """As by a signal: nobody catches it."""


@pytest.mark.slow
@pytest.mark.parametrize("at_append", [1, 2])
def test_killed_after_any_posting_the_second_run_writes_the_same_events(copy: Path, tmp_path: Path, monkeypatch, at_append):  # fmt: skip
    late = [message("late", "loan-a", "repay", 11, amount_fen=1_000_000)]
    shutil.copytree(copy, tmp_path / "unkilled")
    monkeypatch.setattr(closing, "AT_ONCE", 2)  # several parts
    monkeypatch.setattr(closing, "AT_ONCE_ANEW", 1)
    count, append = 0, closing.append_postings

    def killing(*given: Any) -> Any:
        nonlocal count
        done = append(*given)
        count += 1
        if count == at_append:
            raise Killed
        return done

    close(tmp_path / "unkilled", 16, late)
    with monkeypatch.context() as during:
        during.setattr(closing, "append_postings", killing)
        with pytest.raises(Killed):
            close(copy, 16, late)
    with at(copy, clock_on(START + timedelta(16))) as world:
        say(world, [message("meanwhile", "loan-c", "disburse", 16, amount_fen=5)])  # heard of between the two runs
        end_of_day(world)
    mine = [event for event in written(copy) if event[1] != "meanwhile"]
    assert [event for event in mine if event[1] and event[1] < "2024-02-17"] == [event for event in written(tmp_path / "unkilled") if event[1] and event[1] < "2024-02-17"]  # fmt: skip
    close(copy, 17)
    with at(copy, clock_on(START + timedelta(17))) as world:
        checked = check_books(world)
        assert not isinstance(checked, Refusal) and checked.whole


@pytest.mark.slow
@pytest.mark.parametrize("first", [True, False])
def test_killed_and_closed_again_under_another_policy_what_was_posted_is_corrected(copy: Path, tmp_path: Path, monkeypatch, first):  # fmt: skip
    root = new_home(tmp_path / "new") if first else copy
    day, loans, heard = (15, LOANS, PAID_OUT) if first else (16, [], [message("w2", "loan-a", "write_off", 16)])
    finish = closing._finish
    monkeypatch.setattr(closing, "AT_ONCE", 2)  # several parts, posted one by one

    def killing(*given: Any) -> None:
        raise Killed

    with monkeypatch.context() as during:
        during.setattr(closing, "_finish", killing)
        with pytest.raises(Killed):
            close(root, day, heard, loans)
    for name, old, new in (("servicing", "non_accrual_days = 90", "non_accrual_days = 1"), ("provisioning", "pd_assumed_ppm = ", "pd_assumed_ppm = 1")):  # fmt: skip
        path = root / "policy" / f"{name}.toml"
        assert old in path.read_text("utf-8")
        path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    assert closing._finish is finish
    close(root, day)
    with at(root, clock_on(START + timedelta(day))) as world:
        checked = check_books(world)
        assert not isinstance(checked, Refusal) and checked.whole, checked


def test_a_thrown_away_view_is_made_again(copy: Path, tmp_path: Path):
    shutil.copytree(copy, tmp_path / "kept")
    shutil.rmtree(copy / "books" / "state")
    close(copy, 17)
    close(tmp_path / "kept", 17)
    assert written(copy)[-8:] == written(tmp_path / "kept")[-8:]


def test_a_damaged_view_is_not_believed(copy: Path, tmp_path: Path):
    shutil.copytree(copy, tmp_path / "kept")
    for path in (copy / "books" / "state").rglob("served.arrow"):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    close(copy, 17)
    close(tmp_path / "kept", 17)
    assert written(copy)[-8:] == written(tmp_path / "kept")[-8:]


def test_a_full_disk_is_an_outage_that_leaves_nothing_half_written(copy: Path, tmp_path: Path, monkeypatch):
    shutil.copytree(copy, tmp_path / "roomy")
    close(tmp_path / "roomy", 16)
    opened = Path.open

    def full(path: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        if path.name.endswith(".part") and "w" in mode:
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(path, mode, *rest, **more)

    with monkeypatch.context() as during:
        during.setattr(Path, "open", full)
        with pytest.raises(Outage) as outage:
            close(copy, 16)
    assert outage.value.code == "BOOKS_UNWRITABLE"
    assert not list((copy / "books").rglob("*.part"))
    close(copy, 16)
    assert written(copy) == written(tmp_path / "roomy")


def test_a_damaged_chunk_is_found(copy: Path):
    with at(copy, clock_on(START + timedelta(15))) as world:
        chunk = chunks(world)[3]
    path = copy / "books" / chunk.digest[:2] / f"{chunk.digest}.arrow"
    content = bytearray(path.read_bytes())
    content[-300] ^= 1
    path.write_bytes(content)
    with at(copy, clock_on(START + timedelta(15))) as world:
        checked = check_books(world)
    assert not isinstance(checked, Refusal) and not checked.whole and len(checked.damaged) == 1


def test_a_statement_runs_from_what_was_owed_to_what_is_owed(lived: Path):
    with at(lived, clock_on(START + timedelta(15))) as world:
        whole = statement_of(world, ME, None, None)
        part = statement_of(world, "loan-a", START + timedelta(5), START + timedelta(12))
        assert not isinstance(whole, Refusal) and not isinstance(part, Refusal)
        for asked in (whole, part):
            said = asked.statement
            assert said.opening_fen + sum(each.fen for each in said.movements) == said.closing_fen
            assert said.closing_fen == sum(fen for _, fen in said.loans)
        kinds = [(each.kind, each.component, each.fen) for each in part.statement.movements if each.kind == "repay"]
        assert sum(fen for _, _, fen in kinds) == -8_700_000
        assert not any(each.kind in ("sell", "suspend") for each in part.statement.movements)  # nothing to the customer
        for whose, code in (("loan-z", "NO_SUCH_LOAN"), ("uscc:91310000MA1FL0000N", None)):
            refused = statement_of(world, whose, None, None)
            assert isinstance(refused, Refusal) and code in (None, refused.code)
        refused = statement_of(world, "loan-a", START + timedelta(9), START)
        assert isinstance(refused, Refusal) and refused.code == "DAYS_REVERSED"


@pytest.mark.slow
def test_a_statement_is_the_same_from_chunks_gathered_by_company(lived: Path, tmp_path: Path):
    root = tmp_path / "home"
    shutil.copytree(lived, root)
    folder = root / "books" / "by_company"

    def ask(world: World) -> list[Any]:
        days = [(None, None), (START + timedelta(3), START + timedelta(9))]
        return [statement_of(world, whose, *some) for whose in (ME, OTHER, "loan-a") for some in days]

    with at(root, clock_on(START + timedelta(15))) as world:
        gathered = ask(world)
        (file,) = folder.iterdir()
        content = file.read_bytes()
        for other in (
            content[:-1],
            b"",
            content.replace(b"chunks", b"chunkz"),
        ):  # half of it, none of it, not of these chunks
            file.write_bytes(other)
            assert ask(world) == gathered
        shutil.rmtree(folder)
        assert ask(world) == gathered


def test_parts_are_named_once_and_balance(lived: Path):
    with at(lived) as world:
        events = list(world.log.events(POSTING_CHUNK))
    assert len({event.ref for event in events}) == len(events)
    assert all(event.public["debit_fen"] == event.public["credit_fen"] for event in events)
