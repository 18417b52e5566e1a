"""What law's qualifications ask for, what a company has of it, and what is missing: by number, with the row of law that says so.

The verdict is the rule's own (law/tech_sme, law/sme_size); this module only lays its rows beside the company's figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pyarrow as pa

from kemiao.base.money import PPM
from kemiao.base.refusal import Refusal
from kemiao.base.tables import Row
from kemiao.credit.legal import tech_inputs
from kemiao.law import sme_size, tech_sme
from kemiao.law.in_force import by_id, number, rows_in_force
from kemiao.law.rule import Law

State = Literal["met", "missing", "unknown"]
FEN_PER_WAN = 1_000_000
_WORDS = {item.name: (item.zh, item.en) for item in tech_sme.RULE.inputs}
_STAFF, _SALES, _COST = ("staff_tech", "staff_total"), ("rd_expense_fen", "revenue_fen"), ("rd_expense_fen", "total_cost_fen")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """A condition or a way in. have: in the unit, None unknown. need: the number that the row asks for."""

    code: str
    zh: str
    en: str
    unit: str
    have: int | bool | None
    need: int | bool
    at_most: bool
    state: State
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Scored:
    """A measure that earns points. have, need: a share in ppm or a count; more: how much more of `part` reaches the next step,
    everything else as it is. Null where it is unknown, or the top is reached."""

    code: str
    group: str
    zh: str
    en: str
    unit: str
    have: int | None
    points: int | None
    most: int
    need: int | None
    earns: int | None
    more: int | None
    more_unit: str
    part_zh: str
    part_en: str
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class TechSme:
    """said: the rule's row of answers. needs: points that T5 asks for."""

    said: dict[str, Any]
    needs: int
    conditions: tuple[Item, ...]
    routes: tuple[Item, ...]
    scores: tuple[Scored, ...]


@dataclass(frozen=True, slots=True)
class SizeStep:
    """Where an indicator of the company's industry begins to be small, medium, large, in its own unit."""

    name: str
    zh: str
    en: str
    unit: str
    have: int | None
    steps: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Size:
    said: dict[str, Any]
    industry_zh: str | None
    industry_en: str | None
    indicators: tuple[SizeStep, ...]
    source: str | None
    confidence: str | None


def tech_sme_gaps(row: pa.Table, law: Law, on: date) -> TechSme | Refusal:
    """row: the profile of one company."""
    inputs = tech_inputs(row, law, on)
    said = tech_sme.RULE.check(inputs, law, on, {})
    if isinstance(said, Refusal):
        return said
    rows = rows_in_force(law, "tech_sme", on, ("T5",))
    if isinstance(rows, Refusal):
        return rows
    have = {item.name: inputs[item.name][0].as_py() if item.name in inputs.column_names else None for item in tech_sme.RULE.inputs}  # fmt: skip
    return TechSme(
        said.to_pylist()[0], number(by_id(rows, "T5"), "score_at_least"),
        tuple(_item(each, have) for each in rows if each.cells["kind"] in ("flag", "ceiling")),
        tuple(_item(each, have) for each in rows if each.cells["kind"] == "route"),
        (
            _share("staff", "staff", "科技人员占职工总数", "technology staff in all staff", _STAFF, "count", rows, have),
            _share("rd_to_sales", "rd", "研发费用占销售收入", "R&D expense in sales", _SALES, "fen", rows, have),
            _share("rd_to_cost", "rd", "研发费用占成本费用", "R&D expense in total cost", _COST, "fen", rows, have),
            _counted("class_1", "ip_class_1", rows, have), _counted("class_2", "ip_class_2", rows, have),
        ),
    )  # fmt: skip


def _item(row: Row, have: dict[str, Any]) -> Item:
    cells, name = row.cells, str(row.cells["input"])
    own = have[name]
    ceiling = cells["kind"] == "ceiling"
    if ceiling:
        need: int | bool = number(row, "at_most") if "at_most" in cells else number(row, "at_most_yuan") * 100
        met = own is not None and own <= need
    else:
        need = bool(cells.get("must_be", True))
        met = own is not None and own == need
    state: State = "unknown" if own is None else "met" if met else "missing"
    unit = ("count" if "at_most" in cells else "fen") if ceiling else "flag"
    return Item(str(cells["id"]), str(cells["zh"]), str(cells["en"]), unit, own, need, ceiling, state, row.source, row.confidence)  # fmt: skip


def _share(
    kind: str, group: str, zh: str, en: str, parts: tuple[str, str], more_unit: str, rows: tuple[Row, ...], have: dict[str, Any]
) -> Scored:  # fmt: skip
    """Steps of part over whole; more of the part, the whole unchanged."""
    steps = sorted((number(each, "from_ppm"), number(each, "points")) for each in rows if each.cells["kind"] == kind)
    row = next(each for each in rows if each.cells["kind"] == kind)
    part, whole = have[parts[0]], have[parts[1]]
    told = part is not None and whole is not None
    share = part * PPM // whole if told and whole else None
    # Exactly as the rule compares: part / whole >= from, without a quotient.
    points = None if not told else max((earned for lower, earned in steps if whole and part * PPM >= lower * whole), default=0)  # fmt: skip
    after = None if points is None else next(((lower, earned) for lower, earned in steps if earned > points), None)
    more = None if after is None or not whole else -(-after[0] * whole // PPM) - part
    words = _WORDS[parts[0]]
    return Scored(
        kind, group, zh, en, "ppm", share, points, steps[-1][1], after[0] if after else None, after[1] if after else None, more, more_unit,
        *words, row.source, row.confidence,
    )  # fmt: skip


def _counted(kind: str, name: str, rows: tuple[Row, ...], have: dict[str, Any]) -> Scored:
    steps = sorted((number(each, "at_least"), number(each, "points")) for each in rows if each.cells["kind"] == kind)
    row = next(each for each in rows if each.cells["kind"] == kind)
    own, words = have[name], _WORDS[name]
    points = None if own is None else max((earned for least, earned in steps if own >= least), default=0)
    after = None if points is None else next(((least, earned) for least, earned in steps if earned > points), None)
    return Scored(
        kind, "ip", *words, "count", own, points, steps[-1][1], after[0] if after else None, after[1] if after else None,
        after[0] - own if after else None, "count", *words, row.source, row.confidence,
    )  # fmt: skip


def size_steps(row: pa.Table, law: Law, on: date) -> Size | Refusal:
    """row: the profile of one company. No indicators where its industry is unknown."""
    said = sme_size.RULE.check(row, law, on, {})
    if isinstance(said, Refusal):
        return said
    rows = rows_in_force(law, "sme_size", on)
    if isinstance(rows, Refusal):
        return rows
    industry = row["industry"][0].as_py()
    here = next((each for each in rows if each.cells["industry"] == industry), None)
    if here is None:
        return Size(said.to_pylist()[0], None, None, (), None, None)
    found = []
    for item in sme_size.RULE.inputs:
        cell, unit = {"staff_total": ("staff_total", 1), "revenue_fen": ("revenue_wan", FEN_PER_WAN), "total_assets_fen": ("total_assets_wan", FEN_PER_WAN)}.get(item.name, ("", 1))  # fmt: skip
        steps = here.cells.get(cell)
        if isinstance(steps, list):
            small, medium, large = (int(each) * unit for each in steps)
            found.append(SizeStep(item.name, item.zh, item.en, item.kind, row[item.name][0].as_py(), (small, medium, large)))  # fmt: skip
    return Size(said.to_pylist()[0], str(here.cells["zh"]), str(here.cells["en"]), tuple(found), here.source, here.confidence)  # fmt: skip
