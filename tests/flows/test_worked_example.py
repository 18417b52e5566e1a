"""The company of docs/worked-example.md, worked out by hand there, through the command line here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
COMPANY = "91990100MA0EXAMP1C"
_ROW = re.compile(r"^\| ([a-z_.0-9]+) \| (.+) \|$", re.MULTILINE)


def kemiao(home: Path, *arguments: object) -> str:
    command = [Path(sys.executable).with_name("kemiao"), *map(str, arguments), "--home", home]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def decided(tmp_path_factory) -> dict:
    home = tmp_path_factory.mktemp("worked") / "home"
    kemiao(home, "init", "--today", "2024-07-01")
    kemiao(home, "import", "etax_invoices", DOCS / "worked-example" / "发票.csv")
    kemiao(home, "import", "company_register", DOCS / "worked-example" / "工商登记.csv")
    return json.loads(kemiao(home, "assess", COMPANY, "--json"))


def checked() -> list[tuple[str, str]]:
    page = (DOCS / "worked-example.md").read_text("utf-8")
    return _ROW.findall(page[page.index("## 核对") :])


def test_the_page_has_its_table() -> None:
    assert len(checked()) >= 35


@pytest.mark.slow
@pytest.mark.parametrize(("name", "value"), checked())
def test_the_program_agrees_with_the_hand(decided, name: str, value: str) -> None:
    named = {candidate["name"]: candidate["fen"] for candidate in decided["limit"]["candidates"]}
    parts = {part["name"]: part["ppm"] for part in decided["price"]["parts"]}
    places = decided | {
        "limit": decided["limit"] | named,
        "price": parts,
    }
    found = places
    for step in name.split("."):
        found = found[step]
    assert str(found) == value
