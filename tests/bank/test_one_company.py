"""One company read alone, on a connection that others were read on before, decides as in a reading of the whole book."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from kemiao.bank.commands.assess import Request, decide, read
from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import Refusal
from kemiao.data import lake
from little_bank import DAY, ME, at, new_home, put, sound


def decided(world, companies: tuple[str, ...]) -> dict[str, bytes]:
    inputs = read(world, Request(companies, as_of=DAY))
    assert not isinstance(inputs, Refusal)
    documents = decide(inputs, lambda done, total: None)
    assert not isinstance(documents, Refusal)
    return {document["company"]: canonical_bytes(document) for document in documents}


@pytest.mark.slow
def test_alone_and_together_the_bytes_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [ME, *(f"cumcm:E{number}" for number in range(1, 7))]
    drawn = random.Random(1)  # noqa: S311 - a test draw
    rows: dict[str, list[dict]] = {}
    for key in keys:  # each with another part of the same papers
        for name, some in sound(key).items():
            rows.setdefault(name, []).extend(row for row in some if drawn.random() < 0.6)
    with at(new_home(tmp_path / "home")) as world:
        put(world, rows, companies=keys)
        asked = keys * 2
        drawn.shuffle(asked)
        alone = [decided(world, (key,)) for key in asked]
        with monkeypatch.context() as patched:
            patched.setattr(lake, "_IN_LIST", 0)  # every reading takes the way of a whole book
            together = decided(world, tuple(keys))
        assert len(set(together.values())) == len(keys)
        assert all(together[key] == content for each in alone for key, content in each.items())
