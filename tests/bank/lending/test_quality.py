"""The book judged from a bank's own records: at the end of each day, by flags, by groups under one control, as of any day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pyarrow.compute as pc
import pytest

from kemiao.bank.commands import book
from kemiao.bank.commands.book_flag import Request, book_flag
from kemiao.bank.commands.book_related import book_related
from kemiao.bank.commands.book_report import book_report
from kemiao.bank.commands.end_of_day import end_of_day
from kemiao.bank.commands.staff import Add, add
from kemiao.bank.lending.flags import flags_on, standing_flags
from kemiao.bank.lending.loan_store import loan_draft, message_draft
from kemiao.bank.lending.postings_store import chunks, rows_of
from kemiao.bank.lending.quality import as_of, kept
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal, Refused
from little_bank import ME, at, clock_on, new_home, put

OTHER = "uscc:91110108MA01KPGK0L"
YUAN = 100
LOAN = {
    "product": "credit", "repayment": "interest_first", "amount_fen": 1_000_000 * YUAN, "signed_on": date(2024, 1, 2), "starts_on": date(2024, 1, 2),
    "matures_on": date(2025, 1, 2), "first_due_on": date(2024, 2, 2), "every_months": 1, "month_end": False, "business_day": "none",
    "day_count": "A360", "rate_ppm": 50_000, "rate_kind": "fixed", "reset_months": 0, "overdue_markup_ppm": 500_000, "diverted_markup_ppm": 0,
    "compound": True, "grace_days": 0, "allocation": "fee,penalty,compound,interest,principal", "early_fee_ppm": 0, "fee_fen": 0, "vat_ppm": 60_000,
    "security": "none", "purpose": "采购", "entrusted": False, "pd_ppm": 20_000, "lgd_ppm": 450_000, "size_class": "small", "industry": "software",
    "technology": "tech_sme", "origin": "signed", "unit": "technology_team",
}  # fmt: skip


def lend(world: World, own: str, company: str, **more: Any) -> None:
    row = LOAN | {"loan": own, "company": company} | more
    said = {
        "message": f"{own}/1",
        "loan": own,
        "kind": "disburse",
        "value_day": row["starts_on"],
        "amount_fen": row["amount_fen"],
    }
    with world.log.write() as tx:
        tx.append_many([loan_draft(row), message_draft(company, said)])


def tell(world: World, own: str, company: str, kind: str, day: date, **more: Any) -> None:
    with world.log.write() as tx:
        tx.append_many(
            [
                message_draft(
                    company, {"message": f"{own}/{kind}/{day}", "loan": own, "kind": kind, "value_day": day} | more
                )
            ]
        )


@pytest.fixture
def root(tmp_path: Any) -> Iterator[Any]:
    new_home(tmp_path / "home")
    with at(tmp_path / "home", clock_on(date(2024, 1, 2))) as world:
        assert not isinstance(add(world, None, Add("wang", "王一", ("administrator",), "head_office")), Refusal)
        lend(world, "loan-a", ME)
        lend(world, "loan-b", ME, amount_fen=9_000_000 * YUAN)
        lend(world, "loan-c", OTHER)
    yield tmp_path / "home"


def in_ledger(world: World) -> dict[str, int]:
    """loan → allowance as the postings have it."""
    found: dict[str, int] = {}
    for each in chunks(world):
        chunk = rows_of(world, each)
        for row in (
            chunk.filter(pc.equal(chunk["account"].cast("string"), "allowance"))
            .select(["loan", "amount_fen"])
            .to_pylist()
        ):
            found[row["loan"]] = found.get(row["loan"], 0) - row["amount_fen"]
    return {loan: fen for loan, fen in found.items() if fen}


def written_off_in_ledger(world: World) -> int:
    tables = [rows_of(world, each).select(["account", "kind", "amount_fen"]).to_pylist() for each in chunks(world)]
    return sum(row["amount_fen"] for rows in tables for row in rows if (row["account"], row["kind"]) == ("allowance", "write_off"))  # fmt: skip


def judged(world: World) -> dict[str, int]:
    quality = kept(world, world.clock.today())
    assert quality is not None
    return {row["loan"]: row["ecl_fen"] for row in quality[1].to_pylist() if row["ecl_fen"]}


def test_the_allowance_in_the_books_is_what_the_book_was_judged_to_need(root):
    with at(root, clock_on(date(2024, 1, 4))) as world:
        assert not isinstance(end_of_day(world, None), Refusal)
        assert in_ledger(world) == judged(world)
        tell(world, "loan-a", ME, "write_off", date(2024, 1, 4))  # comes after that day was closed
        tell(world, "loan-c", OTHER, "repay", date(2024, 1, 5), amount_fen=400_000 * YUAN)
    with at(root, clock_on(date(2024, 1, 6))) as world:
        assert not isinstance(end_of_day(world, None), Refusal)
        assert in_ledger(world) == judged(world)
        found = as_of(world)
        assert found.closed
        rows = {row["loan"]: row for row in found.quality.to_pylist()}
        assert (rows["loan-a"]["class"], rows["loan-b"]["class"]) == ("loss", "special_mention")
        moves = book.movement(world, date(2024, 1, 3), None)
        allowance = moves["allowance"]
        assert allowance["closing"]["total"] == sum(judged(world).values())
        taken = written_off_in_ledger(world)
        assert taken == 1_000_000 * YUAN + 27_778  # two days of 5 % in 360
        assert moves["balance"]["written_off"]["total"] == allowance["written_off"]["total"] == -taken
        for table in (moves["balance"], allowance):
            for column in ("stage1", "stage2", "stage3", "total"):
                assert sum(table[part][column] for part in table if part != "closing") == table["closing"][column]


def test_a_movement_opens_the_day_before_the_book_began(root):
    with at(root, clock_on(date(2024, 1, 6))) as world:
        moves = book.movement(world, None, None)
        assert not isinstance(moves, Refusal)
        assert (moves["since"], moves["balance"]["opening"]["total"]) == ("2024-01-01", 0)
        assert moves["balance"]["new"]["total"] == moves["balance"]["closing"]["total"]
        tell(world, "loan-a", ME, "write_off", date(2024, 1, 4))  # not closed yet: as servicing has it
        moves = book.movement(world, date(2024, 1, 3), None)
        assert not isinstance(moves, Refusal)
        assert moves["balance"]["written_off"]["total"] == -(1_000_000 * YUAN + 27_778)


def test_loans_that_came_in_before_the_banks_first_policies_are_no_obstacle(root):
    with at(root, clock_on(date(2024, 3, 1))) as world:
        row = LOAN | {"loan": "old", "company": OTHER, "origin": "imported", "signed_on": date(2022, 1, 2), "starts_on": date(2022, 1, 2)}  # fmt: skip
        said = {"message": "opening-old", "loan": "old", "kind": "opening", "value_day": date(2023, 12, 31), "amount_fen": 5_000 * YUAN, "rate_ppm": 50_000}  # fmt: skip
        with world.log.write() as tx:
            tx.append_many([loan_draft(row), message_draft(OTHER, said)])
        moves, report = book.movement(world, None, None), book_report(world, None, None)
        assert not isinstance(moves, Refusal) and not isinstance(report, Refusal)
        assert moves["since"] == report["since"] == "2024-01-01"  # the first day that the bank's policy judges
        assert moves["balance"]["opening"]["total"] >= 5_000 * YUAN
        assert book.show(world, date(2023, 12, 30))["loans"] == 0
        with pytest.raises(Refused, match="POLICY_NOT_IN_FORCE"):
            book.movement(world, date(2023, 12, 31), None)


def test_a_day_that_is_not_closed_is_judged_when_it_is_asked_for(root):
    with at(root, clock_on(date(2024, 6, 30))) as world:
        shown = book.show(world, None)
        assert (shown["closed"], shown["loans"]) == (False, 3)
        assert shown["npl_ratio_ppm"] == 1_000_000  # nobody paid for five months
        assert book.show(world, date(2024, 2, 2))["npl_ratio_ppm"] == 0
        assert book.show(world, date(2023, 12, 31))["loans"] == 0  # before there was anything
        with pytest.raises(Refused, match="DAY_TO_COME"):
            book.show(world, date(2024, 7, 1))
        curve = book.vintage(world, None, 90)["vintages"]
        assert [row["ever_ppm"] for row in curve] == [
            [0, 0, 0, 0, 1_000_000, 1_000_000]
        ]  # due 2 February: 91 days late on 3 May
        moved = book.roll_rates(world, date(2024, 2, 1), date(2024, 3, 1))["roll"]
        assert (moved[0]["loans"], moved[0]["to"]["1-30"], moved[0]["to"]["current"]) == (3, 1_000_000, 0)


def test_a_flag_counts_from_its_day_on_until_it_is_cleared(root):
    with at(root, clock_on(date(2024, 1, 10))) as world:
        asked = Request(OTHER, "bankrupt", True, "法院受理破产清算", "wang")
        first, again = book_flag(world, asked), book_flag(world, asked)
        assert (first["again"], again["again"]) == (False, True)
        assert book.classify(world, None, None, "normal")["loans"][0]["class"] == "loss"
        assert book.show(world, date(2024, 1, 9))["npl_ratio_ppm"] == 0
    with at(root, clock_on(date(2024, 1, 11))) as world:
        cleared = book_flag(world, Request(OTHER, "bankrupt", False, "裁定驳回", "wang"))
        assert not isinstance(cleared, Refusal)
        assert flags_on(world, date(2024, 1, 11)).num_rows == 0
        assert flags_on(world, date(2024, 1, 10)).num_rows == 1
        refused = [
            book_flag(world, Request(OTHER, "bankrupt", False, "再次解除", "wang")), book_flag(world, Request(OTHER, "bad", True, "x", "wang")),
            book_flag(world, Request("uscc:nobody", "evades", True, "x", "wang")), book_flag(world, Request(OTHER, "evades", True, " ", "wang")),
            book_flag(world, Request(OTHER, "other_bank_npl", True, "x", "wang", 100, 101)), book_flag(world, Request(OTHER, "evades", True, "x", None)),
        ]  # fmt: skip
        assert [one.code for one in refused] == ["FLAG_NOT_RAISED", "NO_SUCH_FLAG", "NO_SUCH_BORROWER", "REASON_NEEDED", "PART_ABOVE_WHOLE", "NO_ACCOUNT_NAMED"]  # fmt: skip


def test_what_the_tracing_of_funds_found_flags_the_borrower_until_cleared(root):
    with at(root, clock_on(date(2024, 1, 10))) as world:
        with world.log.write() as tx:
            tx.append("funds_finding", OTHER, "loan-c", {"loan": "loan-c", "disbursement": "loan-c/1", "as_of": "2024-01-10", "verdict": "use_changed"})  # fmt: skip
        assert [(row["flag"], row["loan"]) for row in standing_flags(world, date(2024, 1, 10))] == [
            ("use_changed", "loan-c")
        ]
        (row,) = book.classify(world, None, OTHER, None)["loans"]
        assert (row["class"], row["class_reasons"], row["stage"]) == ("special_mention", ["C1"], 2)
        assert not isinstance(book_flag(world, Request(OTHER, "use_changed", False, "已查明", "wang")), Refusal)
        assert flags_on(world, date(2024, 1, 10)).num_rows == 0


def test_borrowers_under_one_control_are_one_group(root):
    with at(root, clock_on(date(2024, 1, 10))) as world:

        def held(share: int) -> list[dict[str, Any]]:
            return [{"company": key, "holder": "person:x", "holder_kind": "person", "since": date(2015, 1, 1), "share_ppm": share} for key in (ME, OTHER)]  # fmt: skip

        put(world, {"shareholding": held(500_000)}, companies=[ME, OTHER])
        assert book_related(world)["groups"] == 0  # half is not more than half
        put(
            world, {"shareholding": [row | {"since": date(2024, 1, 1)} for row in held(500_001)]}, companies=[ME, OTHER]
        )
        found = book_related(world)
        assert (found["groups"], [len(members) for members in found["members"].values()]) == (1, [2])
        assert book_related(world)["again"]
        (group,) = book.concentration(world, None, 10)["group_members"]
        shown = book.concentration(world, None, 10)
        assert shown["group"][0]["key"] == group
        assert shown["group"][0]["exposure_fen"] == shown["exposure_fen"]


def test_the_regulators_figures_agree_with_each_other(root):
    with at(root, clock_on(date(2024, 8, 1))) as world:
        report = book_report(world, None, date(2024, 3, 31))
        assert not isinstance(report, Refusal)
        assert [row for row in report["control"] if row["difference"]] == []
        small = report["inclusive"]
        assert (small["borrowers"], small["loans"], small["mean_rate_ppm"], small["new_mean_rate_ppm"]) == (
            2,
            3,
            50_000,
            50_000,
        )
        assert (
            book_report(world, date(2024, 6, 30), None)["inclusive"]["code"] == "LAW_NOT_IN_FORCE"
        )  # its rule begins in July 2024
        reversed_ = book_report(world, date(2024, 3, 1), date(2024, 3, 1))
        assert isinstance(reversed_, Refusal)
