"""own_loans: existing loans come in with opening balances and history, reconciled to a stated control total."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kemiao.bank.event_log import Transaction
from kemiao.bank.lending.clearance import clear
from kemiao.bank.lending.control_total import control
from kemiao.bank.lending.history import Told, judge_history, keep_history, principal_left_fen
from kemiao.bank.lending.loan_file import Rows, read_history, read_loans
from kemiao.bank.lending.loan_row import Grounds, grounds
from kemiao.bank.lending.loan_store import LOAN_CHUNK, MESSAGE_CHUNK, append_chunk, loans, messages
from kemiao.bank.lending.organisation import organisation
from kemiao.bank.lending.own_loans import Judged, Progress, judge
from kemiao.bank.lending.people import Account, account_of
from kemiao.bank.lending.standing import lpr_series
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.money import FEN_MAX, yuan_text
from kemiao.base.refusal import Outage, Refusal
from kemiao.credit.servicing.columns import LOANS, MESSAGES

EVENT = "own_loans"
_POLICY = "own_loans"


@dataclass(frozen=True, slots=True)
class OwnLoans:
    """on: the day at whose end the balances hold; None for today. total_fen: the ledger's own sum of balances, if it is stated.
    rejects: where rows that can't be taken are written; None for the home's quarantine.
    sheet: of a workbook in which several hold a ledger."""

    file: Path
    history: Path | None = None
    on: date | None = None
    total_fen: int | None = None
    rejects: Path | None = None
    sheet: str | None = None


def bring_loans(
    world: World, acting: str | None, request: OwnLoans, progress: Progress = lambda done, total: None
) -> dict[str, Any] | Refusal:
    """What came in, in counts and fen. Good rows go on; the same files again do nothing. Of both files the counts add up to the rows.

    Refuses CONTROL_TOTAL_DIFFERS where every balance could be read and their sum is not the stated one, or that of the ledger's own
    total row: nothing comes in then.
    """
    account = account_of(world, acting)
    if isinstance(account, Refusal):
        return account
    today = world.clock.today()
    policy = world.policy.named(_POLICY, today)
    rows = read_loans(request.file, request.sheet)
    if isinstance(rows, Refusal):
        return rows
    history = read_history(request.history) if request.history else None
    if isinstance(history, Refusal):
        return history
    own = digest("own_loans", [_sha256(path) for path in (request.file, request.history) if path] + ([request.sheet] if request.sheet else []))  # fmt: skip
    before = world.log.last(
        EVENT, ref=own
    )  # the same files without a day of their own are of the day that they first were
    on = request.on or (today if before is None else date.fromisoformat(before.public["on"]))
    if on > today:
        return Refusal.at("DAY_AHEAD", f"余额日 {on} 在今天 {today} 之后", f"{on} is after today, {today}", on=on)
    return _bring(world, account, request, own, on, rows, history, grounds(policy, lpr_series(world)), progress)


def _bring(
    world: World,
    account: Account,
    request: OwnLoans,
    own: str,
    on: date,
    rows: Rows,
    history: Rows | None,
    by: Grounds,
    progress: Progress,
) -> dict[str, Any] | Refusal:
    judged = judge(rows, on, by, progress)
    found = control(rows, judged, request.total_fen)
    if isinstance(found, Refusal):
        return found
    _check_people(world, rows, judged)
    told = judge_history(history, judged.places, on) if history else Told()
    agreed = _reconcile(rows, judged, told)
    cleared = clear(world, account, "own_loans", min(max(found.read_fen, 0), FEN_MAX), {"files": own, "on": on})
    if isinstance(cleared, Refusal):
        return cleared
    with world.log.write() as tx:  # what is known already is read under the lock
        known = _known(world, rows, judged)
        taken = {loan["loan"] for loan in judged.loans.values()}
        if history is not None:
            for loan in [each for each in told.rows if each not in taken | known | judged.settled]:
                told.wait(history, loan)
        kept = {loan: len(each) for loan, each in told.rows.items()}
        answer = {
            "file": rows.file, "sheet": rows.sheet, "on": on.isoformat(), "rows": len(rows.numbers) + len(rows.faults), "taken": len(taken), "known": len(known),
            "settled": len(judged.settled), "rejected": len(judged.rejected) + len(rows.faults), "totals": len(rows.totals), "reckoned": judged.reckoned,
            "principal_fen": sum(int(each["amount_fen"]) for each in judged.openings.values()), "read_fen": found.read_fen, "unread": found.unread,
            "stated_fen": request.total_fen, "ledger_total_fen": found.own_fen, "history_agreed": agreed,
            "history_rows": len(history.numbers) + len(history.faults) if history else 0, "history": sum(kept.get(loan, 0) for loan in taken),
            "history_known": sum(count for loan, count in kept.items() if loan not in taken), "history_waiting": told.waiting,
            "history_rejected": len(told.rejected) - told.waiting + (len(history.faults) if history else 0), "history_totals": len(history.totals) if history else 0,
        }  # fmt: skip
        if judged.loans:
            cleared.use(tx)
            _append(world, tx, judged, told)
            tx.append(EVENT, ref=own, public={**answer, **cleared.public})
        path = _write_rejects(world, request, own, rows, judged.rejected, "")
        history_path = _write_rejects(world, request, own, history, told.rejected, "-history")
    return {
        **answer,
        **cleared.public,
        "again": bool(known) and not judged.loans,
        "rejects": str(path) if path else None,
        "history_rejects": str(history_path) if history_path else None,
    }


def _check_people(world: World, rows: Rows, judged: Judged) -> None:
    """A unit that the organisation does not have would be nobody's."""
    rules = organisation(world, world.clock.today())
    units = {} if isinstance(rules, Refusal) else rules.units
    for place, loan in list(judged.loans.items()):
        if loan.get("unit") is not None and loan["unit"] not in units:
            names = ", ".join(units)
            judged.reject(place, Refusal.at("NO_SUCH_UNIT", f"机构须为其中之一:{names}", f"a unit is one of: {names}", **rows.at(place, "unit")))  # fmt: skip


def _reconcile(rows: Rows, judged: Judged, told: Told) -> int:
    """Loans whose history leads to their balance. One whose history leads elsewhere waits until somebody has looked."""
    agreed = 0
    for place, loan in list(judged.loans.items()):
        left = principal_left_fen(told.rows.get(loan["loan"], []))
        owed = judged.openings[place]["amount_fen"]
        if left is None:
            continue
        if left == owed:
            agreed += 1
        else:
            judged.reject(place, Refusal.at("HISTORY_DISAGREES", f"按明细应剩本金 {yuan_text(left)} 元,台账余额为 {yuan_text(owed)} 元", f"its history leaves {yuan_text(left)} yuan of principal, the ledger says {yuan_text(owed)} yuan", **rows.at(place, "balance_fen")))  # fmt: skip
    return agreed


def _known(world: World, rows: Rows, judged: Judged) -> set[str]:
    """Takes out what the book has already: the same is returned, anything else of that number is rejected."""
    ids = pa.array([loan["loan"] for loan in judged.loans.values()], pa.string())
    known = loans(world)
    known = known.filter(pc.is_in(known["loan"], ids))
    if not known.num_rows:
        return set()
    had = {row["loan"]: row for row in known.to_pylist()}
    places = [place for place, loan in judged.loans.items() if loan["loan"] in had]
    new = pa.Table.from_pylist([judged.loans[place] for place in places], LOANS).to_pylist()
    openings = {row["loan"]: row for row in messages(world).filter(pc.field("kind") == "opening").to_pylist()}
    same = set()
    for place, row in zip(places, new, strict=True):
        opening, before = judged.openings[place], openings.get(row["loan"], {})
        if had[row["loan"]] == row and all(before.get(name) == value for name, value in opening.items()):
            same.add(row["loan"])
            judged.loans.pop(place), judged.openings.pop(place)
        else:
            judged.reject(place, Refusal.at("LOAN_KNOWN", "账上已有这笔贷款,内容不同;之后的变化请逐笔登记", "the book has this loan, with other content; what changed since is recorded as messages", **rows.at(place, "loan_no")))  # fmt: skip
    return same


def _append(world: World, tx: Transaction, judged: Judged, told: Told) -> None:
    if not judged.loans:
        return
    order = sorted(judged.loans, key=lambda place: str(judged.loans[place]["loan"]))
    append_chunk(world, tx, LOAN_CHUNK, pa.Table.from_pylist([judged.loans[place] for place in order], LOANS))
    day = world.clock.today()
    openings = [judged.openings[place] | {"received_on": day} for place in order]
    append_chunk(world, tx, MESSAGE_CHUNK, pa.Table.from_pylist(openings, MESSAGES))
    kept = [row for place in order for row in told.rows.get(str(judged.loans[place]["loan"]), ())]
    if kept:
        keep_history(world, tx, kept)


def _write_rejects(
    world: World, request: OwnLoans, own: str, rows: Rows | None, rejected: Mapping[int, list[Refusal]], ending: str
) -> Path | None:
    """A CSV file with a line a row: file, row, column, code, zh, en, sheet, then the row as it came, to be corrected and brought again.

    Several faults of one row stand side by side.
    """
    if rows is None or not (rejected or rows.faults):
        return None
    path = request.rejects or world.home.quarantine / f"loans-{own[:12]}.csv"
    path = path.with_stem(path.stem + ending)
    building = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with building.open("w", encoding="utf-8-sig", newline="") as file:
            out = csv.writer(file)
            out.writerow(["_file", "_row", "_column", "_code", "_zh", "_en", "_sheet", *rows.header])
            for place, faults in sorted(rejected.items()):
                out.writerow([*_told(faults), *rows.row(place)])
            for fault in rows.faults:
                out.writerow(_told([fault]))
        building.rename(path)
    except OSError as error:
        building.unlink(missing_ok=True)
        raise Outage("FILE_UNWRITABLE", f"隔离文件无法写入:{error.strerror}", f"the quarantine file can't be written: {error.strerror}", {"file": path}) from error  # fmt: skip
    return path


def _told(faults: list[Refusal]) -> list[str | None]:
    where = [dict(fault.where) for fault in faults]
    columns = [each.get("column") or "" for each in where]
    if len(faults) == 1:
        zh, en = faults[0].zh, faults[0].en
    else:
        zh = "; ".join(f"{column}: {fault.zh}" for column, fault in zip(columns, faults, strict=True))
        en = "; ".join(f"{column}: {fault.en}" for column, fault in zip(columns, faults, strict=True))
    codes = "; ".join(fault.code for fault in faults)
    return [where[0].get("file"), where[0].get("row"), "; ".join(columns), codes, zh, en, where[0].get("sheet")]


def _sha256(path: Path) -> str:
    whole = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            whole.update(piece)
    return whole.hexdigest()
