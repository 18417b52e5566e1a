"""References in a home: loaded and named, used by assess from their day on, replayed, and refused where damaged."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli
from kemiao.bank.commands.assess import Decided, Request, assess
from kemiao.bank.commands.replay import replay
from kemiao.bank.commands.technology import Request as Tech
from kemiao.bank.commands.technology import load, make, references, technology
from kemiao.base.refusal import Refused
from kemiao.credit.technology.grade import make_reference
from little_bank import ME, at, decided_home
from technology_population import companies, rules, table


@pytest.fixture
def home(tmp_path) -> Path:
    decided_home(tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def world(home):
    with at(home) as opened:
        yield opened


def reference_file(folder: Path, as_of: str = "2024-06-30") -> Path:
    path = folder / f"reference-{as_of}.json"
    path.write_bytes(make_reference(table(companies(200)), rules(), {"as_of": as_of, "companies": 200}))
    return path


def decided(world, **days) -> dict:
    answer = assess(world, Request((ME,), **days))
    assert isinstance(answer, Decided), answer
    return answer.documents[0]


def test_a_home_with_few_companies_makes_no_reference_and_loads_one(world, tmp_path):
    assert make(world).code == "REFERENCE_TOO_SMALL"
    assert technology(world, Tech(None, make=True)).code == "REFERENCE_TOO_SMALL"
    assert technology(world, Tech((ME,))).code == "NO_REFERENCE"
    loaded = load(world, reference_file(tmp_path))
    assert [event.ref for event in references(world)] == [loaded.digest]
    witnessed = [entry for entry in world.log.outbox() if entry["kind"] == "technology_reference"]
    assert [entry["digest"] for entry in witnessed] == [loaded.digest]
    answer = technology(world, Tech((ME,)))
    assert answer.reference.digest == loaded.digest
    assert answer.documents[0]["reference"] == loaded.digest


def test_a_decision_keeps_grade_and_reference_and_is_the_same_when_made_again(world, tmp_path):
    plain = decided(world)
    assert "technology" not in plain
    loaded = load(world, reference_file(tmp_path))
    kept = decided(world)
    assert kept["technology"]["reference"] == loaded.digest
    own = world.log.last("decision", subject=ME).ref
    answer = replay(world, own)
    assert (answer.result, answer.rows) == ("identical", "identical"), answer
    (world.home.references / f"{loaded.digest}.json").unlink()
    world.read_once.clear()
    assert replay(world, own).result == "identical"  # the kept grade is enough; only the rows can't be graded again


def test_a_reference_of_a_later_day_is_not_looked_at(world, tmp_path):
    load(world, reference_file(tmp_path, "2024-06-30"))
    assert "technology" not in decided(world, as_of=date(2024, 6, 1))


def test_a_damaged_reference_is_refused_by_its_digest(world, tmp_path):
    loaded = load(world, reference_file(tmp_path))
    world.read_once.clear()
    path = world.home.references / f"{loaded.digest}.json"
    path.write_bytes(path.read_bytes().replace(b'"companies":200', b'"companies":201', 1))
    with pytest.raises(Refused, match="REFERENCE_ALTERED"):
        decided(world)
    (tmp_path / "notes.json").write_text("{}")
    assert load(world, tmp_path / "notes.json").code == "NOT_A_REFERENCE"
    assert load(world, tmp_path / "none.json").code == "NO_FILE"


def typed(home: Path, *words: object) -> tuple[int, str]:
    said = CliRunner().invoke(cli, [*map(str, words), "--home", str(home)])
    return said.exit_code, said.stdout


def test_the_command_line_loads_lists_and_grades(home, tmp_path):
    (home / "kemiao.toml").write_text("schema = 1\ntoday = 2024-07-01\n", "utf-8")
    assert typed(home, "tech")[0] == 2
    code, said = typed(home, "tech", ME, "--json")
    assert (code, json.loads(said)["refused"]["code"]) == (3, "NO_REFERENCE")
    code, said = typed(home, "tech-reference", "load", reference_file(tmp_path), "--json")
    loaded = json.loads(said)
    assert (code, loaded["groups"][""]) == (0, 200)
    code, said = typed(home, "tech-reference", "show", loaded["reference"][:8], "--json")
    assert (code, json.loads(said)) == (0, loaded)
    assert typed(home, "tech-reference", "show", "000000", "--json")[0] == 3
    assert [
        json.loads(line)["reference"] for line in typed(home, "tech-reference", "list", "--json")[1].splitlines()
    ] == [loaded["reference"]]
    code, said = typed(home, "tech", ME, "--json")
    document = json.loads(said)
    assert (code, document["reference"]) == (0, loaded["reference"])
    assert len(document["points"]["indicators"]) == 18
    assert len(document["flow"]["measures"]) == 5
    code, said = typed(home, "tech", ME)
    assert code == 0
    assert "技术流" in said
    everyone = [json.loads(line) for line in typed(home, "tech", "--all", "--json")[1].splitlines()]
    assert document in everyone  # alone as among all
    assert typed(home, "tech", "cumcm:E999")[0] == 3
