"""Audit against a file that somebody altered with care: checksums, ids, leaves and roots made to fit, as far as can be done without keys."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chain.actors import ACME, Stage, cast, chain, genesis, seeded
from chain.node_suite import model
from kemiao.base import tree
from kemiao.base.clock import FixedClock
from kemiao.base.refusal import Refusal
from kemiao.chain import checkpoint
from kemiao.chain.audit import Audited, audit
from kemiao.chain.entry import Entry, Signed, leaf, open_envelope
from kemiao.chain.node import Record
from kemiao.chain.sqlite_node import SqliteNode
from kemiao.chain.sqlite_store import check_sum, row
from kemiao.chain.tiles import grown

NOW = FixedClock(datetime(2026, 3, 1, 8, tzinfo=UTC))
NODE_KEY = cast()["bank-a"].signers["node"]
BAD = 5  # the record that is altered
Alter = Callable[[sqlite3.Connection], None]


@pytest.fixture(scope="module")
def healthy(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("audit") / "node.db"
    node = SqliteNode.create(path, genesis(), NOW, NODE_KEY)
    for sequence in range(1, 4):
        node.submit([model(name, sequence) for name in cast()])
    node.close()
    return path


def altered(healthy: Path, folder: Path, alter: Alter) -> Path:
    path = folder / "node.db"
    shutil.copy(healthy, path)
    connection = sqlite3.connect(path)
    with connection:
        alter(connection)
    connection.close()
    return path


def records(connection: sqlite3.Connection) -> list[Record]:
    rows = connection.execute("SELECT idx, at, id, envelope FROM records ORDER BY idx")
    return [Record(index, at, own.hex(), content) for index, at, own, content in rows]


def rewrite(connection: sqlite3.Connection, rows: list[Record]) -> None:
    """All records anew with everything that can be computed: columns, sums, leaves, tree, root. The node's signature can't be."""
    opened = [open_envelope(record.envelope) for record in rows[1:]]
    entries: list[Entry | None] = [None, *(one.entry if isinstance(one, Signed) else None for one in opened)]
    connection.execute("DELETE FROM records")
    connection.executemany(
        "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [row(place, record.at, record.id, entry, record.envelope) for place, (record, entry) in enumerate(zip(rows, entries, strict=True))],
    )  # fmt: skip
    tiles, edge = grown(0, [tree.leaf_hash(leaf(record.at, record.id)) for record in rows], lambda _: None)
    connection.execute("DELETE FROM tiles")
    connection.executemany("INSERT INTO tiles VALUES (?, ?)", tiles.items())
    connection.execute("UPDATE head SET size = ?, root = ?, at = ?, note = NULL", (len(rows), edge.root(), rows[-1].at))


def changed_entry(connection: sqlite3.Connection) -> None:
    """Another digest in an entry, its new id, and all that follows from it; only the author could sign it."""
    rows = records(connection)
    old = open_envelope(rows[BAD].envelope)
    assert isinstance(old, Signed)
    content = rows[BAD].envelope.replace(b'"fitted"', b'"kept"')
    new = open_envelope(content)
    assert isinstance(new, Signed)
    rows[BAD] = Record(BAD, rows[BAD].at, new.id, content)
    rewrite(connection, rows)


def swapped(connection: sqlite3.Connection) -> None:
    rows = records(connection)
    first = [record for record in rows if b'"author":"bank-a"' in record.envelope]
    one, other = first[1].index, first[2].index
    rows[one], rows[other] = rows[other], rows[one]
    rewrite(connection, rows)


def dropped(connection: sqlite3.Connection) -> None:
    rows = records(connection)
    del rows[BAD]
    rewrite(connection, rows)


def repeated(connection: sqlite3.Connection) -> None:
    rows = records(connection)
    rewrite(connection, [*rows, rows[BAD]])


def earlier(connection: sqlite3.Connection) -> None:
    rows = records(connection)
    rows[BAD] = Record(BAD, rows[BAD].at - 1, rows[BAD].id, rows[BAD].envelope)
    rewrite(connection, rows)


def forged(connection: sqlite3.Connection) -> None:
    """An entry more, under a participant's name, signed by a stranger."""
    rows = records(connection)
    content = model("bank-a", 4, signer=seeded("a stranger"))
    made = open_envelope(content)
    assert isinstance(made, Signed)
    rewrite(connection, [*rows, Record(len(rows), rows[-1].at, made.id, content)])


@pytest.mark.parametrize(
    ("alter", "code", "index"),
    [
        (changed_entry, "BAD_SIGNATURE", BAD),
        (swapped, "SEQUENCE_GAP", None),
        (dropped, "SEQUENCE_GAP", None),
        (repeated, "SEQUENCE_USED", 25),
        (earlier, "TIME_RAN_BACK", BAD),
        (forged, "FOREIGN_KEY", 25),
    ],
)
def test_history_rewritten_without_the_keys_is_found_at_its_first_bad_record(healthy, tmp_path, alter, code, index):
    found = audit(altered(healthy, tmp_path, alter))
    assert isinstance(found, Refusal)
    assert found.code == code
    if index is not None:
        assert dict(found.where)["index"] == str(index)
        assert len(dict(found.where)["id"]) == 64


def _sql(statement: str, *arguments: object) -> Alter:
    return lambda connection: connection.execute(statement, arguments) and None


def _state(key: str, value: bytes) -> Alter:
    return _sql("INSERT OR REPLACE INTO state VALUES (?, ?, ?)", key, value, check_sum(key, value))


def _note(connection: sqlite3.Connection, signer: object, size: int | None = None) -> None:
    held, root = connection.execute("SELECT size, root FROM head").fetchone()
    note = checkpoint.write(checkpoint.origin_of(chain()), size or held, root, signer)  # type: ignore[arg-type]
    connection.execute("UPDATE head SET note = ?", (note,))


@pytest.mark.parametrize(
    ("alter", "code", "what"),
    [
        (_sql("UPDATE records SET kind = 'reading' WHERE idx = 5"), "RECORD_DIFFERS", None),
        (_sql("UPDATE records SET author = 'acme' WHERE idx = 5"), "RECORD_DIFFERS", None),
        (_sql("UPDATE records SET at = at + 1 WHERE idx = 5"), "RECORD_DIFFERS", None),
        (_sql("UPDATE records SET short = 7 WHERE idx = 0"), "RECORD_DIFFERS", None),
        (_sql("UPDATE records SET envelope = substr(envelope, 1, 100) WHERE idx = 5"), "NOT_JSON", None),
        (_sql("UPDATE records SET envelope = 'text' WHERE idx = 5"), "CHAIN_DAMAGED", "record"),
        (_sql("UPDATE records SET at = 'noon', id = x'00' WHERE idx = 0"), "CHAIN_DAMAGED", "record"),
        (_sql("UPDATE tiles SET hashes = 'text' WHERE id = 0"), "LEAF_DIFFERS", None),
        (_sql("UPDATE state SET value = 'text' WHERE key = 'sequence/acme'"), "CHAIN_DAMAGED", "state"),
        (_sql("DELETE FROM records WHERE idx = 24"), "CHAIN_DAMAGED", "head"),
        (_sql("DELETE FROM records WHERE idx = 5"), "MISSING_RECORD", None),
        (_sql("DELETE FROM records WHERE idx = 0"), "MISSING_RECORD", None),
        (_sql("UPDATE tiles SET hashes = zeroblob(1984) WHERE id = 0"), "LEAF_DIFFERS", None),
        (_sql("UPDATE tiles SET hashes = CAST(substr(hashes, 1, 1600) || zeroblob(384) AS BLOB) WHERE id = 0"), "CHAIN_DAMAGED", "tree"),
        (_sql("UPDATE head SET root = zeroblob(32)"), "CHAIN_DAMAGED", "head"),
        (_sql("UPDATE head SET size = size - 1"), "CHAIN_DAMAGED", "head"),
        (_sql("DELETE FROM head"), "CHAIN_DAMAGED", "head"),
        (lambda connection: _note(connection, seeded("a stranger")), "CHAIN_DAMAGED", "head"),
        (lambda connection: _note(connection, cast()["bank-a"].signers["entries"]), "CHAIN_DAMAGED", "head"),
        (lambda connection: _note(connection, NODE_KEY, 9), "CHAIN_DAMAGED", "head"),
        (_state("consent/made-up", b'{"reader":"bank-a"}'), "CHAIN_DAMAGED", "state"),
        (_state("sequence/bank-a", b"2"), "CHAIN_DAMAGED", "state"),
        (_state("participant/bank-a", b'"nobody"'), "CHAIN_DAMAGED", "state"),
        (_sql("DELETE FROM state WHERE key = 'sequence/acme'"), "CHAIN_DAMAGED", "state"),
    ],
)  # fmt: skip
def test_each_thing_in_the_file_that_was_altered_is_named(healthy, tmp_path, alter, code, what):
    found = audit(altered(healthy, tmp_path, alter))
    assert isinstance(found, Refusal)
    assert (found.code, dict(found.where).get("what")) == (code, what)


def test_a_healthy_chain_is_told_to_be_so(healthy):
    seen: list[tuple[int, int]] = []
    found = audit(healthy, lambda done, total: seen.append((done, total)))
    assert isinstance(found, Audited)
    assert (found.chain, found.size, found.signed) == (chain(), 25, True)
    assert seen == [(25, 25)]


def test_what_is_written_meanwhile_does_not_disturb(tmp_path):
    path = tmp_path / "node.db"
    node = SqliteNode.create(path, genesis(), NOW, NODE_KEY)
    node.submit([model("bank-a", sequence) for sequence in range(1, 6)])

    def meanwhile(done: int, _total: int) -> None:
        node.submit([model("bank-b", 1)])
        assert done == 6

    found = audit(path, meanwhile)
    assert isinstance(found, Audited)
    assert found.size == 6
    assert node.size() == 7
    node.close()
    assert isinstance(audit(path), Audited)


def test_a_chain_of_sm2_and_of_all_kinds_of_entries_is_audited(tmp_path):
    stage = Stage("sm2")
    stage.accepted(
        "consent.grant", "acme", subject=ACME,
        body={"reader": "bank-a", "tables": ["invoice"], "purposes": ["credit_review"], "from": "2026-01-01",
              "until": "2027-12-31", "may_pass_on": False, "queries": 5, "accounts": None, "ask": False, "notice": None},
    )  # fmt: skip
    stage.accepted("participant.suspend", "bolt", body={"suspended": True})
    node = SqliteNode.create(tmp_path / "node.db", genesis("sm2"), NOW, cast("sm2")["bank-a"].signers["node"])
    node.append_replica(stage.records[1:])
    node.close()
    found = audit(tmp_path / "node.db")
    assert isinstance(found, Audited)
    assert found.size == 3


def test_no_file_and_no_database_are_named(tmp_path):
    assert audit(tmp_path / "none.db").code == "NO_CHAIN_FILE"
    (tmp_path / "text.db").write_text("hello " * 1000)
    assert audit(tmp_path / "text.db").code == "CHAIN_DAMAGED"
