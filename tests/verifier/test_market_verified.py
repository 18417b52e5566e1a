"""A market that was cleared, checked by the verifier, which shares no code with us; and results that were changed."""

from __future__ import annotations

import copy
import csv
import io
from datetime import date
from pathlib import Path

import pytest

from kemiao.bank.commands.market_clear_files import Files, FilesCleared, clear_files
from kemiao.credit.matching.posted import cover_table, mandate_table, request_table
from kemiao.twin.population.market import drawn
from kemiao_verify.market import verify_market
from kemiao_verify.outcome import NotProved


@pytest.fixture(scope="module")
def cleared(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, dict[str, bytes]]:
    folder: Path = tmp_path_factory.mktemp("market")
    market = drawn(120, 6, 2, seed=5, forms={"whole": 0.5, "split": 0.3, "syndicated": 0.2})
    tables = {}
    for name, (header, rows) in (
        ("requests", request_table(market.requests, market.grades)), ("mandates", mandate_table(market.mandates, market.grades)),
        ("covers", cover_table(market.covers, market.grades)),
    ):  # fmt: skip
        text = io.StringIO()
        csv.writer(text).writerows([header, *rows])
        tables[name] = text.getvalue().encode()
        (folder / f"{name}.csv").write_bytes(tables[name])
    found = clear_files(None, Files(*(folder / f"{name}.csv" for name in tables), date(2024, 7, 1)))
    assert isinstance(found, FilesCleared)
    return copy.deepcopy(dict(found.document)), tables


def test_what_was_cleared_is_true(cleared: tuple[dict, dict[str, bytes]]) -> None:
    document, tables = cleared
    facts = verify_market(document, tables)
    assert facts["contracts"] == document["counts"]["options"]
    assert facts["blocking"] == document["stable"]["blocking"]["count"]


def _swap(document: dict) -> None:
    document["stable"]["matches"].pop()


CHANGES = {
    "MARKET_SUM": _swap,
    "MARKET_BLOCKING": lambda d: d["stable"]["blocking"].update(count=d["stable"]["blocking"]["count"] + 1),
    "MARKET_FLOOR": lambda d: d["stable"].update(floors_unmet=["green"]),
    "MARKET_BOUND": lambda d: d["best"].update(bound_fen_ppm=str(int(d["best"]["bound_fen_ppm"]) // 2)),
    "MARKET_TERMS": lambda d: d["best"]["matches"][0].update(rate_ppm=1),
    "MARKET_AMOUNT": lambda d: d["best"]["matches"][0].update(amount_fen=10**12),
    "MARKET_MATCH": lambda d: d["best"]["matches"].append(d["best"]["matches"][0]),
    "MARKET_OPTIONS": lambda d: d["counts"].update(options=1),
    "MARKET_ROWS": lambda d: d["counts"].update(requests=1),
    "MARKET_INPUT": lambda d: d["inputs"].update(requests="0" * 64),
    "MARKET_CUT_OFF": lambda d: [one.update(open=True) for one in d["stable"]["cut_offs"]],
    "MARKET_FORM": lambda d: d.pop("rules"),
}


@pytest.mark.parametrize("code", CHANGES)
def test_what_was_changed_is_not(cleared: tuple[dict, dict[str, bytes]], code: str) -> None:
    document, tables = cleared
    changed = copy.deepcopy(document)
    CHANGES[code](changed)
    with pytest.raises(NotProved) as wrong:
        verify_market(changed, tables)
    assert wrong.value.code == code


def test_what_blocks_is_listed_in_full(cleared: tuple[dict, dict[str, bytes]]) -> None:
    document, tables = cleared
    assert document["stable"]["blocking"]["count"] > 1
    for change in (lambda listed: listed.pop(), lambda listed: listed.__setitem__(0, listed[1])):
        changed = copy.deepcopy(document)
        change(changed["stable"]["blocking"]["listed"])
        with pytest.raises(NotProved, match="MARKET_BLOCKING"):
            verify_market(changed, tables)


def test_another_seed_is_found_out(cleared: tuple[dict, dict[str, bytes]]) -> None:
    document, tables = cleared
    with pytest.raises(NotProved):
        verify_market({**document, "seed": "f" * 64}, tables)


def test_another_day_is_found_out(cleared: tuple[dict, dict[str, bytes]]) -> None:
    document, tables = cleared
    with pytest.raises(NotProved):
        verify_market({**document, "day": "2030-01-01"}, tables)


def test_units_behind_the_names_of_columns_are_read_as_they_were_cleared(cleared, tmp_path: Path) -> None:
    _, tables = cleared
    lines = list(csv.DictReader(io.StringIO(tables["requests"].decode())))
    for row in lines:
        row["申请金额(万元)"] = str(int(row.pop("amount_fen")) / 10**6) if "amount_fen" in row else row.pop("amount")
        row["最高利率 (%)"] = (
            str(int(row.pop("rate_max_ppm")) / 10**4) if "rate_max_ppm" in row else row.pop("rate_max")
        )
        row["期限(月)"] = row.pop("months")
    lines[0]["最高利率 (%)"] = "0.055"  # a bad row for both
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]))
    writer.writeheader()
    writer.writerows(lines)
    mine = tables | {"requests": text.getvalue().encode()}
    for name, content in mine.items():
        (tmp_path / f"{name}.csv").write_bytes(content)
    found = clear_files(None, Files(*(tmp_path / f"{name}.csv" for name in mine), date(2024, 7, 1)))
    assert isinstance(found, FilesCleared)
    assert (found.document["counts"]["requests"], found.document["counts"]["bad_rows"]) == (119, 1)
    assert verify_market(copy.deepcopy(dict(found.document)), mine)["contracts"] > 0
