"""The end of a day: every loan is served one day further, its lines are posted, the book is judged, the day is closed.

Event end_of_day (ref: the day): {day, loans, until_seq, digests of states, carried rows, quality…}. All of it follows from what the
log held at until_seq, so a day that was interrupted is closed again to the same events; what a part posted already is found there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kemiao.bank.event_log import Draft, Event
from kemiao.bank.lending import loan_store
from kemiao.bank.lending.chunks import read_chunk, write_chunk
from kemiao.bank.lending.closed_view import read_view, table_digest, write_view
from kemiao.bank.lending.day_grounds import DayGrounds, day_grounds, fixings_digest
from kemiao.bank.lending.judged_day import judge_book
from kemiao.bank.lending.postings_store import (
    POSTING_CHUNK,
    PostedOtherwise,
    append_once,
    append_postings,
    chunks,
    gather_small,
    of_loans,
    posting_draft,
    rows_of,
)
from kemiao.bank.world import World
from kemiao.base.columns import BoolArray
from kemiao.base.refusal import Outage, Refusal, Refused
from kemiao.credit.books.columns import POSTINGS, plain
from kemiao.credit.books.correct import corrections
from kemiao.credit.books.post import post
from kemiao.credit.quality.kept import pack, unpack
from kemiao.credit.quality.provisions import USED, provisions
from kemiao.credit.servicing.columns import LINES, MESSAGES, STATES
from kemiao.credit.servicing.serve import serve

END_OF_DAY = "end_of_day"
HEARD = (loan_store.LOAN, loan_store.MESSAGE, loan_store.LOAN_CHUNK, loan_store.MESSAGE_CHUNK)
AT_ONCE = 200_000  # loans served and posted together: memory stays flat, and a part is what a killed run has done
AT_ONCE_ANEW = 10_000  # loans served from their start together: they bring all their days' lines

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Closed:
    """How the book stood when a day was closed. served: what serving goes on from, by loan. taxed: loan, taxed_fen, aligned to it.
    waiting: messages (MESSAGES) known by then whose day had not come. whole: False where the law or the code of today gives
    another result than was posted, so that every loan is to be looked at again."""

    day: date
    until_seq: int
    fixings: str
    served: pa.Table
    taxed: pa.Table
    waiting: pa.Table
    quality: pa.Table | None
    whole: bool = True
    rows: int = 0  # postings that the day wrote


def last_closed(world: World, until: date | None = None) -> Event | None:
    """The event of the newest day that was closed, or of the newest not after a day."""
    for event in world.log.events(END_OF_DAY, newest_first=True):
        if until is None or date.fromisoformat(event.public["day"]) <= until:
            return event
    return None


def standing_at(world: World, event: Event) -> Closed:
    """The view of a closed day, or, where it was thrown away or altered, the same made again from loans and messages."""
    public, day = event.public, date.fromisoformat(event.public["day"])
    digests = public["digests"]
    quality = unpack(read_chunk(world.home, digests["quality"])) if digests.get("quality") else None
    names = ("served", "taxed", "waiting")
    view = read_view(world.home, day, {name: digests[name] for name in names})
    if view is not None:
        return Closed(
            day, public["until_seq"], digests["fixings"], view["served"], view["taxed"], view["waiting"], quality
        )
    ground = day_grounds(world, day)
    book = _book(world, public["until_seq"])
    known = loan_store.messages(world, until=public["until_seq"])
    due, waiting = _by_day(known, day)
    rows, tax = [], []
    for start in range(0, book.num_rows, AT_ONCE_ANEW):
        here = book.slice(start, AT_ONCE_ANEW)
        made = serve(here, _of(due, here["loan"]), ground.lpr, day, rules=ground.rules, calendar=ground.calendar)
        rows.append(made.carried)
        tax.append(_posted(ground, made.lines, here, np.zeros(here.num_rows, np.int64), day, 1)[1])
    carried = pa.concat_tables(rows) if rows else _no_loans()
    taxed = np.concatenate([np.zeros(0, np.int64), *tax])
    same = table_digest(carried) == digests["served"]
    return Closed(day, public["until_seq"], digests["fixings"], carried, _taxed(book, taxed), waiting, quality, same)


def close_day(world: World, day: date, before: Closed | None, *, last: bool = True, progress: Progress = lambda done, total: None) -> Closed:  # fmt: skip
    """Closes one day after `before`. last: of this run; then the view is written. Raises Refused for policies that are not there.

    Where law, policy or program changed since a part of this day was posted, that part stands and is corrected by reversal.
    """
    try:
        return _close(world, day, before, last, progress, None)
    except PostedOtherwise:
        return _close(world, day, before, last, progress, Stood.of(world, day))


@dataclass(frozen=True, slots=True)
class Stood:
    """What is posted of the day already, on other grounds: rows (POSTINGS in plain words), parts, vouchers."""

    rows: pa.Table
    parts: int
    vouchers: int

    @classmethod
    def of(cls, world: World, day: date) -> Stood:
        parts = [plain(rows_of(world, chunk)) for chunk in chunks(world, day, day)]
        rows = pa.concat_tables([plain(POSTINGS.empty_table()), *parts])
        return cls(rows, len(parts), pc.max(rows["voucher"]).as_py() or 0)

    def of_kind(self, provide: bool) -> pa.Table:
        """Allowances, or all else."""
        is_so = pc.equal(self.rows["kind"], "provide")
        return self.rows.filter(is_so if provide else pc.invert(is_so))


@dataclass(frozen=True, slots=True)
class _Written:
    """Where a day's postings go. held: events that come with that of the day's end, in one commit; None: each part at once, so that
    a run that is killed has not worked for nothing."""

    world: World
    day: date
    until: int
    held: list[Draft] | None

    def part(self, name: str, postings: pa.Table) -> None:
        if self.held is None:
            append_postings(self.world, self.day, name, self.until, postings)
        else:
            self.held.append(posting_draft(self.world, self.day, name, self.until, postings))


def _close(world: World, day: date, before: Closed | None, last: bool, progress: Progress, stood: Stood | None) -> Closed:  # fmt: skip
    ground = day_grounds(world, day)
    until = heard_until(world, day)
    book = _book(world, until)
    heard = before.until_seq if before else 0
    fresh = loan_store.messages(world, after=heard, until=until) if until > heard else MESSAGES.empty_table()
    due, waiting = _by_day(pa.concat_tables([before.waiting, fresh]) if before else fresh, day)
    late = _late(book, fresh, due, before, ground) if before else pa.array([], pa.string())
    late = _flat(book["loan"]) if stood is not None else late
    history = (
        _of(_by_day(loan_store.messages(world, until=until), day)[0], late) if len(late) else MESSAGES.empty_table()
    )
    served, taxed, states, voucher, posted = [], [], [], 1 + (stood.vouchers if stood else 0), 0
    used = [_used(stood.of_kind(False))] if stood else []
    suffix = f"-{stood.parts}" if stood else ""
    held: list[Draft] = []
    written = _Written(world, day, until, held if book.num_rows <= AT_ONCE else None)
    for number, start in enumerate(range(0, book.num_rows, AT_ONCE)):
        part = book.slice(start, AT_ONCE)
        done = _part(
            world,
            ground,
            part,
            due,
            late,
            history,
            before,
            day,
            voucher,
            (written, f"{number:04d}{suffix}", stood is not None),
        )
        served.append(done.served)
        taxed.append(done.taxed)
        states.append(done.states)
        used.append(done.used)
        voucher, posted = done.voucher, posted + done.rows
        progress(start + part.num_rows, book.num_rows)
    all_states = pa.concat_tables(states) if states else STATES.empty_table()
    quality = judge_book(world, all_states, book, before.quality if before else None, day, until)
    moved = provisions(before.quality if before else None, quality, day, _summed(used))
    allowances = _posted(ground, moved, book, np.zeros(book.num_rows, np.int64), day, voucher)[0]
    if stood is not None:
        allowances = corrections(stood.of_kind(True), allowances, day, voucher)[0]
    if allowances.num_rows:
        written.part(f"allowances{suffix}", allowances)
    closed = Closed(
        day, until, fixings_digest(ground.lpr, day),
        pa.concat_tables(served) if served else _no_loans(),
        pa.concat_tables(taxed) if taxed else _taxed(book, np.zeros(0, np.int64)), waiting.combine_chunks(), quality, rows=posted + allowances.num_rows,
    )  # fmt: skip
    _finish(world, closed, all_states, last, held)
    return closed


def heard_until(world: World, day: date) -> int:
    """What a day rests on: the newest loan or message; of a day that was begun already, what its first part rested on."""
    heard = world.read_once["heard"] = _heard(world)
    return heard.posted_until if heard.posted == day.isoformat() else heard.newest


@dataclass(frozen=True, slots=True)
class _Heard:
    """By event `end`: the newest loan or message; the day of the newest part, and what that rested on."""

    end: int
    newest: int
    posted: str
    posted_until: int

    def after(self, event: Event) -> _Heard:
        if event.kind == POSTING_CHUNK:
            return _Heard(event.seq, self.newest, event.public["day"], int(event.public["until_seq"]))
        return replace(self, end=event.seq, newest=event.seq if event.kind in HEARD else self.newest)


def _heard(world: World) -> _Heard:
    """Days that are closed one after another read what came since, not the log's end for each kind."""
    known: _Heard | None = world.read_once.get("heard")
    if known is None:
        end = next((event.seq for event in world.log.events(newest_first=True, most=1)), 0)
        newest = (world.log.last(kind) for kind in (*HEARD, POSTING_CHUNK))
        known = _Heard(0, 0, "", 0)
        for event in sorted((event for event in newest if event is not None), key=lambda event: event.seq):
            known = known.after(event)
        known = replace(known, end=end)
    for event in world.log.events(after=known.end):
        known = known.after(event)
    return known


def _book(world: World, until: int) -> pa.Table:
    """All loans (LOANS) as of an event. Days that are closed one after another read them once."""
    kept = world.read_once.get("book")
    if kept is None or kept[0] != until:
        kept = world.read_once["book"] = (until, loan_store.loans(world, until))
    book: pa.Table = kept[1]
    return book


@dataclass(frozen=True, slots=True)
class _Part:
    served: pa.Table
    taxed: pa.Table
    states: pa.Table
    used: pa.Table  # of the allowance, by write-offs (schema provisions.USED)
    voucher: int
    rows: int


def _part(
    world: World, ground: DayGrounds, book: pa.Table, due: pa.Table, late: pa.Array, history: pa.Table, before: Closed | None, day: date,
    voucher: int, named: tuple[_Written, str, bool],
) -> _Part:  # fmt: skip
    """Some loans: those that go on from yesterday, those that are new, and those that are served again from their start."""
    written, name, redo = named
    again = _is_in(book["loan"], late)
    place = pc.index_in(_flat(book["loan"]), value_set=_flat(before.served["loan"])) if before else pa.nulls(book.num_rows, pa.int32())  # fmt: skip
    known = np.asarray(place.is_valid()) & ~again
    zero = np.zeros(book.num_rows, np.int64)
    results, out_of_allowance, rows = [], [USED.empty_table()], 0
    for which, goes_on, word in _pieces(known, again):
        here = book if which.all() else book.filter(pa.array(which))
        messages = history if goes_on is None else due
        messages = _of(messages, here["loan"])
        from_day = before.served.take(place.filter(pa.array(which))) if goes_on and before else None
        made = serve(here, messages, ground.lpr, day, start=from_day, rules=ground.rules, calendar=ground.calendar)
        old = _old_tax(before, place, which) if goes_on else zero[which]
        postings, tax, used = _posted(ground, made.lines, here, old, day, voucher)
        if goes_on is None:
            pairs = dict(zip(here["loan"].to_pylist(), here["company"].to_pylist(), strict=True))
            stood = [each.filter(pc.not_equal(each["kind"], "provide")) for each in of_loans(world, pairs, day if redo or before is None else before.day)]  # fmt: skip
            was = pa.concat_tables(stood) if stood else POSTINGS.empty_table()
            postings, used = corrections(was, postings, day, voucher)
        if postings.num_rows:
            written.part(f"{name}-{word}", postings)
        out_of_allowance.append(_used(postings))
        voucher, rows = voucher + used, rows + postings.num_rows
        results.append((which, made, tax))
    order = np.argsort(np.concatenate([np.flatnonzero(which) for which, _, _ in results]), kind="stable")
    take = pa.array(order)
    tables = [pa.concat_tables([getattr(made, field) for _, made, _ in results]) for field in ("carried", "states")]
    if len(results) > 1:
        tables = [table.take(take) for table in tables]
    return _Part(
        tables[0],
        _taxed(book, np.concatenate([tax for _, _, tax in results])[order]),
        tables[1],
        pa.concat_tables(out_of_allowance),
        voucher,
        rows,
    )


def _used(postings: pa.Table) -> pa.Table:
    """What write-offs took out of the allowance, by loan; below zero where one was reversed."""
    legs = postings.filter(pc.equal(postings["account"].cast(pa.string()), "allowance"))
    return _summed([pa.table([legs["loan"].cast(pa.string()), legs["amount_fen"]], schema=USED)])


def _summed(used: list[pa.Table]) -> pa.Table:
    sums = (
        pa.concat_tables([USED.empty_table(), *used])
        .group_by("loan", use_threads=False)
        .aggregate([("used_fen", "sum")])
    )
    return pa.table([sums["loan"], sums["used_fen_sum"]], schema=USED)


def _pieces(known: BoolArray, again: BoolArray) -> Iterator[tuple[BoolArray, bool | None, str]]:
    """Which loans are served together, whether they go on (True), are new (False) or are served again (None), the part's word."""
    if known.any():
        yield known, True, "on"
    for which, goes_on, word in ((~known & ~again, False, "new"), (again, None, "again")):
        rows = np.flatnonzero(which)
        for number, start in enumerate(range(0, len(rows), AT_ONCE_ANEW)):
            piece = np.zeros(len(which), bool)
            piece[rows[start : start + AT_ONCE_ANEW]] = True
            yield piece, goes_on, f"{word}{number or ''}"


def _no_loans() -> pa.Table:
    return pa.table({"loan": pa.array([], pa.string())})


def _late(book: pa.Table, fresh: pa.Table, due: pa.Table, before: Closed, ground: DayGrounds) -> pa.Array:
    """Loans to be served again from their start: a message came for a day that is closed, takes another back, or fixings changed."""
    if not before.whole:
        return _flat(book["loan"])
    past = pc.less_equal(fresh["value_day"], pa.scalar(before.day, pa.date32()))
    late = [_flat(table["loan"]) for table in (fresh.filter(past), due.filter(pc.equal(due["kind"], "reverse")))]
    if before.fixings != fixings_digest(ground.lpr, before.day):
        late.append(_flat(book.filter(pc.not_equal(book["rate_kind"], "fixed"))["loan"]))
    return pc.unique(pa.concat_arrays(late))


def _posted(ground: DayGrounds, lines: pa.Table, book: pa.Table, taxed: Any, day: date, voucher: int) -> tuple[pa.Table, Any, int]:  # fmt: skip
    made = post(ground.chart, lines if lines.num_rows else LINES.empty_table(), book, taxed, day, voucher)
    if isinstance(made, Refusal):
        raise Refused(made)
    return made.postings, made.taxed_fen, made.vouchers


def _finish(world: World, closed: Closed, states: pa.Table, last: bool, held: list[Draft]) -> None:
    tables = {"served": closed.served, "taxed": closed.taxed, "waiting": closed.waiting}
    if last:
        write_view(world.home, closed.day, tables)
    digests: dict[str, str | None] = {name: table_digest(table) for name, table in tables.items()}
    digests |= {"states": table_digest(states), "fixings": closed.fixings}
    digests["quality"] = write_chunk(world.home, pack(closed.quality)) if closed.quality is not None else None
    day = closed.day.isoformat()
    public: Mapping[str, Any] = {
        "day": day, "loans": states.num_rows, "rows": closed.rows, "until_seq": closed.until_seq,
        "digests": {name: own for name, own in digests.items() if own is not None},
    }  # fmt: skip
    with world.log.write() as tx:
        for draft in held:
            append_once(world, tx, draft)
        there = world.log.last(END_OF_DAY, ref=day)
        if there is None:
            tx.append(END_OF_DAY, ref=day, public=public)
        elif dict(there.public) != public:
            raise Outage("DAY_CLOSED_OTHERWISE", "另一进程已以不同的依据结账,请重试", "another process closed the same day on another ground: try again", {"day": day})  # fmt: skip
    if last:
        gather_small(world)


def _by_day(messages: pa.Table, day: date) -> tuple[pa.Table, pa.Table]:
    """Those that count by then, and those that wait."""
    now = pc.less_equal(messages["value_day"], pa.scalar(day, pa.date32()))
    return messages.filter(now), messages.filter(pc.invert(now))


def _of(messages: pa.Table, loans: pa.ChunkedArray | pa.Array) -> pa.Table:
    return messages.filter(pa.array(_is_in(messages["loan"], _flat(loans))))


def _is_in(column: pa.ChunkedArray, wanted: pa.Array) -> Any:
    return np.asarray(pc.is_in(_flat(column), value_set=wanted))


def _old_tax(before: Closed | None, place: pa.Array, which: Any) -> Any:
    if before is None:
        return np.zeros(int(which.sum()), np.int64)
    return np.asarray(_flat(before.taxed["taxed_fen"]).take(place.filter(pa.array(which))))


def _taxed(book: pa.Table, fen: Any) -> pa.Table:
    return pa.table({"loan": _flat(book["loan"]), "taxed_fen": pa.array(fen, pa.int64())})


def _flat(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    if not isinstance(column, pa.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)  # fmt: skip
