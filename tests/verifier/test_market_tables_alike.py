"""Both readers of posted tables take the same rows and understand the same of them, whatever somebody types into a cell."""

from __future__ import annotations

import csv
import io
import random
import tomllib
from importlib.resources import files

import pytest

from kemiao.credit.matching.columns import cover_columns, mandate_columns, request_columns
from kemiao.credit.matching.rules import rules_from
from kemiao.credit.matching.tables import read_covers, read_mandates, read_requests
from kemiao.twin.population.market import GRADES
from kemiao_verify.market_tables import read

RULES = rules_from(tomllib.loads(files("kemiao.bank.default_policy").joinpath("market.toml").read_text("utf-8")))
PD = {grade: 1_000 * (place + 1) for place, grade in enumerate(GRADES)}
NUMBERS = {"company": dict(RULES.company), "funder": dict(RULES.funder), "pd_ppm": PD, "grades": list(GRADES)}
CELLS = (
    "", " ", "0", "1", "12", "0.05", "5%", "4.3521%", "4.35211%", "35bp", "35BP", "8‰", "99.9999%", "100%", "101%", "-1%", "-0.5%", "+5%", "1500%",
    "200万", "200万元", "3千", "5百万", "1亿", "1亿元整", "¥1,234.56", "RMB500", "(500)", "-500", "12,34", "1 000", ".5", "5.", "0.001", "1e400", "inf", "NaN",
    "1000亿", "1001亿", "10亿", "11亿", "999999999999999", "9999999999999999", "1e-2", "1_0", "١٢", "12", "whole", "SPLIT", "整笔", "银团", "need", "不要",
    "yes", "否", "TRUE", "T3", "t10", "T11", "AAA", "aaa", "D", "E", "micro", "大型", "micro;小型", "pool", "none", "不贷", "A;B", "A>B>*", "A>*>B", ">A", "*",
    "A>A>B", "=1+1", "@x", "+x", "a\u200bb", "\u3164", "软件=30%;*=40%", "软件=30%;软件=40%", "软件", "=5%", "2024-07-01", "2024/7/1", "2024年7月1日", "2024.7.1",
    "20240701", "45474", "2024-02-30", "2024-07-01 12:00", "x" * 121, "366", "367", "600", "601", "12001", "2000", "2001", "0.2%", "0.21%", "1000000", "1000001",
)  # fmt: skip
OURS = {
    "requests": lambda header, rows: read_requests(header, rows, "f", GRADES, PD, RULES),
    "mandates": lambda header, rows: read_mandates(header, rows, "f", GRADES, RULES),
    "covers": lambda header, rows: read_covers(header, rows, "f", GRADES, RULES),
}
COLUMNS = {
    "requests": request_columns(GRADES, RULES),
    "mandates": mandate_columns(GRADES, RULES),
    "covers": cover_columns(GRADES),
}
GOOD = {
    "requests": {"request": "R", "amount": "100万", "months": "12", "rate_max": "8%"},
    "mandates": {"mandate": "M", "budget": "1000万", "rate": "4%"},
    "covers": {"cover": "G", "capacity": "1000万", "share": "80%"},
}


def _rows(side: str, draw: random.Random) -> list[list[str]]:
    """A good row in which one cell, or some, say something else; some ids and names stand twice."""
    odd = {"requests": "company", "mandates": "funder", "covers": "guarantor"}[side]
    spelled = [next(iter(column.spellings)) for column in COLUMNS[side]]
    fen = [
        next((name for name in column.spellings if name.endswith(("_fen", "_ppm"))), None) for column in COLUMNS[side]
    ]
    header = [own if own and draw.random() < 0.2 else plain for plain, own in zip(spelled, fen, strict=True)]
    lines = [header]
    changed = [place for place, name in enumerate(spelled) if name not in (odd, spelled[0])]
    for number in range(120):
        cells = [GOOD[side].get(plain, "") if own == plain else "" for plain, own in zip(spelled, header, strict=True)]
        for place, (plain, own) in enumerate(zip(spelled, header, strict=True)):
            if own != plain and plain in GOOD[side]:
                cells[place] = "50000"
        cells[0] = f"{GOOD[side][spelled[0]]}{draw.choice((number,) * 9 + (draw.randrange(120),))}"
        cells[spelled.index(odd)] = draw.choice(("", "", "", f"{GOOD[side][spelled[0]]}{draw.randrange(120)}", f"C{draw.randrange(60)}"))  # fmt: skip
        for place in draw.sample(changed, draw.choice((1, 1, 1, 2))):
            cells[place] = draw.choice(CELLS)
        lines.append(cells)
    return lines


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("side", ["requests", "mandates", "covers"])
def test_both_readers_take_the_same_rows(side: str, seed: int) -> None:
    lines = _rows(side, random.Random(f"{side}{seed}"))  # noqa: S311 — the same cells each time
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    found = OURS[side](lines[0], list(enumerate(lines[1:], 2)))
    other = read(side, text.getvalue().encode(), GRADES, NUMBERS)
    ours, theirs = set(found.value.id), {row["id"] for row in other}
    cells = {
        line[0]: [(name, cell) for name, cell in zip(lines[0], line, strict=True) if cell][1:] for line in lines[1:]
    }
    assert {name: cells[name] for name in ours ^ theirs} == {}
    for row in other:
        place = found.value.id.index(row["id"])
        if side == "requests":
            mine = [int(getattr(found.value, name)[place]) for name in ("amount_fen", "rate_max_ppm", "latest_day", "pd_ppm", "lgd_ppm", "collateral_fen", "speed_ppm_day")]  # fmt: skip
            assert mine == [row[name] for name in ("amount", "rate_max", "latest", "pd", "lgd", "collateral_value", "speed")]  # fmt: skip
        elif side == "mandates":
            assert int(found.value.budget_fen[place]) == row["budget"]
            table = {(g, t): int(found.value.rate_ppm[place, g, max(t, 0)]) for g in range(-1, len(GRADES)) for t in (-1, *range(1, 11))}  # fmt: skip
            assert {key: ppm for key, ppm in table.items() if ppm >= 0} == row["rates"]
