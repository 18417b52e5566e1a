"""market request, offer, cover, withdraw, list: what stands posted in this home, until it is withdrawn or matched.

A company's row is sealed under its key, so erasing the company erases its requests. In a home that assesses companies, what a clearing
knows of one comes from the newest decision; in a company's own home nothing of that is known, and the operator of the call adds it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kemiao.bank.event_log import Draft
from kemiao.bank.market.documents import CELL_MOST, COLUMNS_MOST
from kemiao.bank.market.facts import facts_of, typed
from kemiao.bank.market.postings import ID, KEY, Posting, Side, postings, standing
from kemiao.bank.market.reading import plain_of, read_rows
from kemiao.bank.market.terms import Terms, frozen_on, terms_of
from kemiao.bank.world import World
from kemiao.base.digest import digest
from kemiao.base.keys import parse_company
from kemiao.base.refusal import Refusal

ROWS_MOST = 200_000  # of one file


@dataclass(frozen=True, slots=True)
class Row:
    """cells: by column, as typed. where: file and row, for refusals."""

    cells: Mapping[str, str]
    where: tuple[tuple[str, str], ...] = ()


def post(world: World, side: Side, rows: Sequence[Row], *, instead: bool = False) -> list[Posting | Refusal] | Refusal:
    """One answer for each row, in their order; a bad one stops none of the others. What is posted is one transaction.

    instead: what stands under the same id, or for the same company, is withdrawn in that transaction. A mandate's budget is then what it
    may lend from now on: what was matched before stays matched and is not taken off it.
    """
    if len(rows) > ROWS_MOST:
        return Refusal.at(
            "TOO_MANY_ROWS", f"一次最多 {ROWS_MOST} 行", f"at most {ROWS_MOST} rows at once", rows=len(rows)
        )
    terms = terms_of(frozen_on(world, world.clock.today()))
    if isinstance(terms, Refusal):
        return terms
    plain = plain_of(side, terms)
    after = world.log.end()  # so that the same request, posted again after it was withdrawn, has another id
    cells = [_named(side, row, plain(row.cells), after) for row in rows]
    answers: dict[int, Posting | Refusal] = {
        place: each for place, each in enumerate(cells) if isinstance(each, Refusal)
    }
    answers |= _twice(side, cells, rows)
    fit = {place: each for place, each in enumerate(cells) if not isinstance(each, Refusal) and place not in answers}
    full = _with_facts(world, fit, answers) if side == "requests" else fit
    answers |= _unreadable(side, {place: full[place] for place in fit if place not in answers}, rows, terms)
    with world.log.write() as tx:
        stood = postings(world)
        taken = {each.id for each in stood}
        companies = {each.subject for each in stood if each.side == "requests"}
        drafts: list[Draft] = []
        for place, row in fit.items():
            if place in answers:
                continue
            own, company = row[KEY[side]], row.get("company") if side == "requests" else None
            gone = [each for each in stood if instead and _gives_way(each, side, row)]
            taken -= {each.id for each in gone}
            companies -= {each.subject for each in gone}
            if own in taken or (company is not None and company in companies):
                answers[place] = Refusal.at(
                    "ALREADY_POSTED", "已有一笔有效挂牌;先 kemiao market withdraw", "one stands already; kemiao market withdraw takes it back",
                    **dict(rows[place].where), posting=own,
                )  # fmt: skip
                continue
            taken.add(own)
            companies.add(company)
            drafts += [Draft("market_posting_withdrawn", each.subject, each.id, {"side": side}) for each in gone]
            drafts.append(Draft("market_posting", company, own, {"side": side}, {"row": row}))
            answers[place] = Posting(own, side, company, row, 0, "")
        tx.append_many(drafts)
    return [answers[place] for place in range(len(rows))]


def _gives_way(stood: Posting, side: Side, row: Mapping[str, str]) -> bool:
    """To what is posted instead of it: the same company's request, or the same one's mandate or cover under the same id."""
    if stood.side != side or stood.row is None:
        return False
    if side == "requests":
        return stood.subject == row.get("company")
    by = {"mandates": "funder", "covers": "guarantor"}[side]
    return stood.id == row[KEY[side]] and stood.row.get(by) == row.get(by)


def _twice(side: Side, cells: Sequence[dict[str, str] | Refusal], rows: Sequence[Row]) -> dict[int, Posting | Refusal]:
    """By place: rows of an id, or of a company, that another row has before them."""
    seen: set[str] = set()
    found: dict[int, Posting | Refusal] = {}
    for place, row in enumerate(cells):
        if isinstance(row, Refusal):
            continue
        names = {row[KEY[side]], *({row["company"]} if side == "requests" else ())}
        if names & seen:
            found[place] = Refusal.at("TWICE", "同一编号或企业在前面已有一行", "another row before it has the same id or company", **dict(rows[place].where), posting=row[KEY[side]])  # fmt: skip
        else:
            seen |= names
    return found


def withdraw(world: World, posting: str) -> Posting | Refusal:
    """It takes part in no later call. What was matched stays matched."""
    with world.log.write() as tx:
        found = standing(world, posting)
        if not isinstance(found, Refusal):
            tx.append("market_posting_withdrawn", found.subject, found.id, {"side": found.side})
    return found


def listed(world: World, *, ended: bool = False) -> list[Posting]:
    return postings(world, ended=ended)


def assesses(world: World) -> bool:
    """Whether companies are judged in this home: a company's own home takes part in the chain as nothing but one."""
    if world.chain is None:
        return True
    me = world.chain.node.get(f"participant/{world.chain.me}") or {}
    return me.get("roles") != ["company"]


def _named(side: Side, row: Row, cells: dict[str, str] | Refusal, after: int) -> dict[str, str] | Refusal:
    """The cells that are not empty, in our columns and units, with an id."""
    where = dict(row.where)
    if isinstance(cells, Refusal):
        return Refusal.at(cells.code, cells.zh, cells.en, **{**where, **dict(cells.where)})
    if len(cells) > COLUMNS_MOST or any(len(cell) > CELL_MOST for cell in cells.values()):
        return Refusal.at("ROW_TOO_LONG", f"一行最多 {COLUMNS_MOST} 列,每格最多 {CELL_MOST} 字", f"a row has at most {COLUMNS_MOST} columns of at most {CELL_MOST} characters", **where)  # fmt: skip
    if side == "requests":
        if "company" not in cells:
            return Refusal.at(
                "NO_COMPANY", "没有写是哪家企业", "it does not say for which company", **where, column="company"
            )
        company = parse_company(cells["company"])
        if isinstance(company, Refusal):
            return Refusal.at(company.code, company.zh, company.en, **where, column="company")
        cells["company"] = company
        said = typed(cells)
        if said:
            return Refusal.at("FACT_TYPED", f"{'、'.join(said)} 取自撮合运营方最近一次评估,不能填写", f"{', '.join(said)} come from the newest assessment of who runs the market and can't be typed", **where)  # fmt: skip
        cells.setdefault("request", f"r-{digest('market_request', [after, cells])[:12]}")
    own = cells.get(KEY[side], "")
    if not ID.fullmatch(own):
        return Refusal.at(
            "BAD_POSTING_ID", "编号须为 1 至 60 个字,不含空格和 : ; > * / , 引号", "an id has 1 to 60 characters, without blanks, quotes, and : ; > * / ,",
            **where, column=KEY[side], given=own[:70],
        )  # fmt: skip
    return cells


def _with_facts(
    world: World, rows: Mapping[int, dict[str, str]], answers: dict[int, Posting | Refusal]
) -> dict[int, dict[str, str]]:
    """With what a clearing would know of each company now; in a company's own home as they are."""
    if not assesses(world):
        return dict(rows)
    facts = facts_of(world, {row["company"] for row in rows.values()})
    full = {}
    for place, row in rows.items():
        known = facts[row["company"]]
        if isinstance(known, Refusal):
            answers[place] = known
        else:
            full[place] = row | known["cells"]
    return full


def _unreadable(
    side: Side, full: Mapping[int, Mapping[str, str]], rows: Sequence[Row], terms: Terms
) -> dict[int, Refusal]:
    """By place: the first thing that the market's table finds wrong with a row."""
    places = list(full)
    read = read_rows(side, [full[place] for place in places], terms)
    faults: dict[int, Refusal] = {}
    for number, fault in read.faults:
        where = {name: value for name, value in fault.where if name == "column"}
        place = places[number]
        faults.setdefault(place, Refusal.at(fault.code, fault.zh, fault.en, **{**dict(rows[place].where), **where}))
    return faults


def as_json(posting: Posting) -> dict[str, Any]:
    return {"posting": posting.id, "side": posting.side, "company": posting.subject, "row": posting.row, "posted_at": posting.at or None, "ended": posting.ended or None, "used_fen": posting.used_fen}  # fmt: skip
