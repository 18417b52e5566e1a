"""A park of small technology companies as the files that users have: `generate_park`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from kemiao.twin.population.city import City, make_city
from kemiao.twin.population.dirt import spoil
from kemiao.twin.population.files import write_paper
from kemiao.twin.population.invoices import Invoices, make_invoices
from kemiao.twin.population.papers.accounts import accounts
from kemiao.twin.population.papers.registers import registers
from kemiao.twin.population.papers.returns import returns
from kemiao.twin.population.papers.technology import technology
from kemiao.twin.population.papers.trade import invoice_papers, order_paper
from kemiao.twin.population.sheet import Dirt, Paper, Sheet, text_table

AFTERWARDS = "事后"  # known only after the day: no bank sees this folder on it
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Written:
    """One file. An import of it into an empty lake takes `rows - quarantined - repeated` rows."""

    path: str
    map: str
    rows: int
    quarantined: int
    repeated: int  # rows that stand twice inside the file
    option: tuple[tuple[str, str], ...]
    dirt: tuple[Dirt, ...]
    copy_of: str
    size: int


def generate_park(folder: Path, companies: int = 300, seed: int = 1, day: date = date(2024, 7, 1)) -> list[Written]:
    """Writes the park below `folder`; the same arguments give the same bytes. Returns a line a file, in import order.

    `manifest.json` says what was written and spoilt; `事后/` holds what became of the companies in the 12 months after.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    for_city, for_invoices, for_papers, for_dirt = rng.spawn(4)
    city = make_city(for_city, companies, day)
    invoices = make_invoices(for_invoices, city)
    papers = spoil(for_dirt, draw_papers(for_papers, city, invoices))
    written = [_written(paper, write_paper(folder, paper)) for paper in papers]
    outcome = _outcomes(city)
    write_paper(folder, outcome)
    _write_manifest(folder, seed, city, invoices, written, papers)
    return written


def draw_papers(rng: np.random.Generator, city: City, invoices: Invoices) -> list[Paper]:
    """All papers of the park, clean, in the order in which a bank would ask for them."""
    parts = rng.spawn(6)
    return [
        *registers(parts[0], city),
        *invoice_papers(parts[1], city, invoices),
        *returns(parts[2], city, invoices),
        order_paper(parts[3], city),
        *accounts(parts[4], city),
        *technology(parts[5], city),
    ]


def _written(paper: Paper, size: int) -> Written:
    fact_sheets = [sheet for sheet in paper.sheets if not sheet.is_lines]
    dirt = tuple(sorted((one for sheet in fact_sheets for one in sheet.dirt), key=lambda one: one.row))
    return Written(
        path=paper.path,
        map=paper.map,
        rows=sum(sheet.cells.num_rows for sheet in fact_sheets),
        quarantined=sum(one.outcome == "quarantined" for one in dirt),
        repeated=sum(one.outcome == "duplicate" for one in dirt),
        option=paper.option,
        dirt=dirt,
        copy_of=paper.copy_of,
        size=size,
    )


def _outcomes(city: City) -> Paper:
    """Which of the companies ran out of cash in the 12 months after the day, and in which month."""
    calendar = city.calendar
    closed = city.books.closed[city.tenants]
    bad = closed < calendar.months
    columns = {
        "统一社会信用代码": [city.code(int(firm)) for firm in city.tenants],
        "企业名称": [city.name(int(firm)) for firm in city.tenants],
        "观察日": [f"{calendar.start(calendar.months):%Y-%m-%d}"] * len(closed),
        "是否违约": ["是" if one else "否" for one in bad],
        "资金断裂月份": [
            f"{calendar.start(int(at)):%Y-%m}" if one else "" for one, at in zip(bad, closed, strict=True)
        ],
    }
    return Paper(f"{AFTERWARDS}/违约结果.csv", "", [Sheet("结果", text_table(columns), np.arange(len(closed)))])  # type: ignore[arg-type]


def distinct_facts(papers: list[Paper], map_name: str) -> int:
    """How many facts an import of all papers of a map should take: each once, from the first clean row that has it."""
    seen: set[int] = set()
    for paper in papers:
        if paper.map == map_name:
            for sheet in paper.sheets:
                if not sheet.is_lines:
                    spoilt = {one.row - sheet.first_row for one in sheet.dirt if one.outcome == "quarantined"}
                    clean = np.ones(sheet.cells.num_rows, dtype=bool)
                    clean[list(spoilt)] = False
                    seen.update(sheet.facts[clean].tolist())
    return len(seen)


def _write_manifest(
    folder: Path, seed: int, city: City, invoices: Invoices, written: list[Written], papers: list[Paper]
) -> None:
    manifest = {
        "seed": seed,
        "day": city.calendar.day.isoformat(),
        "companies": len(city.tenants),
        "invoices": {
            "written": len(invoices),
            "void": int(invoices.void.sum()),
            "red_letter": int(invoices.red.sum()),
            "distinct_clean": distinct_facts(papers, "etax_invoices"),
        },
        "files": [
            {
                "path": one.path, "map": one.map, "rows": one.rows, "quarantined": one.quarantined, "repeated": one.repeated,
                **({"option": dict(one.option)} if one.option else {}), **({"copy_of": one.copy_of} if one.copy_of else {}),
                "dirt": [{"kind": spot.kind, "row": spot.row, "column": spot.column, "outcome": spot.outcome} for spot in one.dirt],
            }
            for one in written
        ],
    }  # fmt: skip
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", "utf-8")
