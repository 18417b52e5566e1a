"""Who asks for money at the same time as others is answered as by itself: same decisions to the byte, same steps, a receipt each."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bank.test_own_book import lent
from kemiao.bank.commands.apply import Apply
from kemiao.bank.commands.ask_for_money import AskedFor, Wish, ask_for_money, ask_many
from kemiao.bank.lending.applications import Effort
from kemiao.bank.world import World
from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import Refusal
from little_bank import ME, OTHER, THIN, at, new_home, put, sound

STRANGER = "cumcm:E99"
WISHES = [
    Apply(ME, "tech_credit", 30_000_000, 12, "raw_materials"),
    Apply(OTHER, "tech_credit", 20_000_000, 12, "raw_materials"),
    Apply(THIN, "tech_credit", 10_000_000, 12, "raw_materials"),
    Apply(ME, "tech_credit", 900_000_000_000, 12, "raw_materials"),  # a second wish of the first, above what may be lent
    Apply(OTHER, "no_such_product", 10_000_000, 12, "raw_materials"),
    Apply(STRANGER, "tech_credit", 10_000_000, 12, "raw_materials"),
    Apply(ME, "tech_credit", 30_000_000, 0, "raw_materials"),
]  # fmt: skip

pytestmark = pytest.mark.slow


def home(root: Path, *, own_loans: bool) -> Path:
    new_home(root)
    with at(root) as world:
        for company in (ME, OTHER):
            put(world, sound(company), companies=(company,), basis=f"consent:{company[-4:]}")
        thin = [{**sound(THIN)["invoice"][0], "seller": THIN, "buyer": "cumcm:X"}]
        put(world, {"invoice": thin}, companies=(THIN,))
        if own_loans:  # of one of them, in this bank's own book
            lent(world, "loan-1", 10_000_000)
    return root


def told(world: World) -> dict[str, Any]:
    """What the log says of each, without the clock of the machine."""
    log = world.log
    return {
        "steps": sorted(canonical_bytes({**event.public, "machine_ms": 0, "subject": event.subject}) for event in log.events("application")),
        "waits": sorted(canonical_bytes({**event.public, "ref": event.ref}) for event in log.events("application_waits")),
        "decisions": sorted((str(event.ref), canonical_bytes(log.private(event) or {})) for event in log.events("decision")),
        "readings": sorted(canonical_bytes({**event.public}) for event in log.events("reading")),
    }  # fmt: skip


def one_by_one(world: World) -> list[AskedFor | Refusal | Exception]:
    return [ask_for_money(world, wish, Effort()) for wish in WISHES]


def together(world: World) -> list[AskedFor | Refusal | Exception]:
    return ask_many([Wish(replace(world, log=world.log.caused_by(f"cause-{n}")), wish, Effort()) for n, wish in enumerate(WISHES)])  # fmt: skip


def outcome(answers: Sequence[AskedFor | Refusal | Exception]) -> list[Any]:
    return [(one.application.id, one.application.step, one.waits) if isinstance(one, AskedFor) else one for one in answers]  # fmt: skip


@pytest.mark.parametrize("own_loans", [False, True])
def test_together_as_one_by_one(tmp_path: Path, own_loans: bool) -> None:
    home(tmp_path / "home", own_loans=own_loans)
    found = []
    for name, ask in (("alone", one_by_one), ("many", together)):
        shutil.copytree(tmp_path / "home", tmp_path / name)
        with at(tmp_path / name) as world:
            answers = ask(world)
            found.append((outcome(answers), told(world)))
            assert world.log.broken_link() is None
            _marked(world)
    assert found[0] == found[1]
    answers, said = found[1]
    # Nothing was ever paid on the loan: who has it is declined, and the other is not.
    assert [one[1] for one in answers[:2]] == ["declined" if own_loans else "offered", "offered"]
    assert any(b'"own_book"' in content for _, content in said["decisions"]) is own_loans
    assert answers[4].code == "NO_SUCH_PRODUCT"
    assert answers[5][2].code == "NO_FACTS"
    assert len(said["readings"]) >= 4  # one each, and one more for the second wish


def _marked(world: World) -> None:
    """Each by the request that caused it, and by no other."""
    caused = [(event.ref, event.public["first"], event.public["last"]) for event in world.log.events("caused")]
    of = {event.seq: event.subject for event in world.log.events() if event.kind in ("application", "reading", "decision")}  # fmt: skip
    for ref, first, last in caused:
        assert {of[seq] for seq in range(first, last + 1) if seq in of} <= {WISHES[int(str(ref)[6:])].company}


def test_what_can_not_be_judged_together_is_judged_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("a row that nobody thought of")

    with at(home(tmp_path / "home", own_loans=False)) as world:
        monkeypatch.setattr("kemiao.bank.commands.ask_for_money.read_each", broken)
        steps = [one[1] for one in outcome(together(world)) if isinstance(one, tuple)]
    assert steps[:2] == ["offered", "offered"]
