"""Faults: the node killed, its disk full, its file cut off or flipped, two processes at once. Acknowledged entries are all there, or the
damage is named: it never answers something else in silence.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chain.actors import cast, genesis
from chain.node_suite import codes, model
from kemiao.base.clock import FixedClock
from kemiao.base.refusal import Outage, Refusal, Refused
from kemiao.chain.audit import Audited, audit
from kemiao.chain.node import Record
from kemiao.chain.sqlite_node import SqliteNode

NOW = FixedClock(datetime(2026, 3, 1, 8, tzinfo=UTC))
NODE_KEY = cast()["bank-a"].signers["node"]
TESTS = Path(__file__).parents[1]
KILLS = 10

# Submits bank-a's entries from wherever the file stands, in groups whose sizes are drawn, and says what was acknowledged.
SUBMITTER = """
import random, sys
from pathlib import Path
from chain.node_suite import model
from chain.test_node_faults import NODE_KEY, NOW
from kemiao.chain.node import Accepted
from kemiao.chain.sqlite_node import SqliteNode
author, path, lots = sys.argv[1], Path(sys.argv[2]), random.Random(int(sys.argv[3]))
node = SqliteNode.open(path, NOW, NODE_KEY)
sequence = (node.get(f"sequence/{author}") or 0) + 1
for _ in range(int(sys.argv[4])):
    count = lots.choice([1, 1, 2, 5, 20])
    for one in node.submit([model(author, sequence + each) for each in range(count)]).results:
        assert isinstance(one, Accepted), one
        print(one.index, one.id, flush=True)
    sequence += count
node.close()
"""


def submitter(author: str, path: Path, seed: int, groups: int = 100_000) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SUBMITTER, author, str(path), str(seed), str(groups)],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(TESTS)},
    )  # fmt: skip


def kill_many_times(folder: Path, kills: int) -> int:
    """Answers how many entries were acknowledged in all."""
    path = folder / "node.db"
    SqliteNode.create(path, genesis(), NOW, NODE_KEY).close()
    moments = random.Random(8)  # noqa: S311 - when to kill, not a secret
    told: dict[int, str] = {}
    for number in range(kills):
        process = submitter("bank-a", path, number)
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        time.sleep(moments.uniform(0, 0.25))
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.read().split("\n")
        process.stdout.close()
        process.wait()
        told |= {int(index): own for index, _, own in (line.strip().partition(" ") for line in lines) if len(own) == 64}
        node = SqliteNode.open(path, NOW, NODE_KEY)
        records = node.records(1, 1_000_000)
        assert {record.index: record.id for record in records if record.index in told} == told, f"kill {number}"
        # A prefix of what was sent: the author's entries in their order, each whole, none twice.
        assert [record.envelope for record in records[-50:]] == [model("bank-a", record.index) for record in records[-50:]]  # fmt: skip
        assert [record.index for record in records] == list(range(1, node.size()))
        node.close()
    found = audit(path)
    assert isinstance(found, Audited), found
    return len(told)


@pytest.mark.slow
def test_a_node_killed_at_any_moment_keeps_what_it_acknowledged(tmp_path):
    assert kill_many_times(tmp_path, KILLS) > KILLS


@pytest.mark.slow
def test_two_processes_at_once_share_one_chain(tmp_path):
    path = tmp_path / "node.db"
    SqliteNode.create(path, genesis(), NOW, NODE_KEY).close()
    both = [submitter(author, path, seed, 30) for seed, author in enumerate(("bank-a", "bank-b"))]
    told: dict[int, str] = {}
    for process in both:
        lines = process.communicate(timeout=100)[0].split("\n")
        assert process.returncode == 0
        acknowledged = {int(line.split()[0]): line.split()[1] for line in lines if line}
        assert not told.keys() & acknowledged.keys()
        told |= acknowledged
    node = SqliteNode.open(path, NOW)
    assert {record.index: record.id for record in node.records(1, 100_000)} == told
    node.close()
    assert isinstance(audit(path), Audited)


@contextmanager
def small_disk(largest: int) -> Iterator[None]:
    """No file grows beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_acknowledges_nothing_and_the_node_goes_on_after_it(tmp_path):
    node = SqliteNode.create(tmp_path / "node.db", genesis(), NOW, NODE_KEY)
    assert codes(node, model("bank-a", 1)) == ["ok"]
    head, sequence = node.checkpoint(), 2
    with small_disk((tmp_path / "node.db-wal").stat().st_size + 200_000), pytest.raises(Outage) as outage:
        while True:
            node.submit([model("bank-a", sequence + each) for each in range(20)])
            head, sequence = node.checkpoint(), sequence + 20
    assert outage.value.code == "CHAIN_DISK"
    assert node.size() == sequence
    assert node.checkpoint() == head
    assert set(codes(node, *[model("bank-a", sequence + each) for each in range(20)])) == {"ok"}
    node.close()
    node = SqliteNode.open(tmp_path / "node.db", NOW, NODE_KEY)
    assert node.size() == sequence + 20
    node.close()
    assert isinstance(audit(tmp_path / "node.db"), Audited)


@pytest.mark.parametrize("statement", ["INSERT INTO records", "INSERT INTO state", "INSERT OR REPLACE INTO tiles", "INSERT OR REPLACE INTO head", "COMMIT"])  # fmt: skip
def test_a_write_that_fails_leaves_nothing(tmp_path, statement):
    """Each write of a group in turn."""
    import sqlite3

    node = SqliteNode.create(tmp_path / "node.db", genesis(), NOW, NODE_KEY)
    assert codes(node, model("bank-a", 1)) == ["ok"]
    head = node.checkpoint()

    class Failing:
        def __init__(self, real: sqlite3.Connection) -> None:
            self._real = real

        def _try(self, text: str) -> None:
            if text.startswith(statement):
                error = sqlite3.OperationalError("disk I/O error")
                error.sqlite_errorname = "SQLITE_IOERR_WRITE"  # type: ignore[attr-defined]
                raise error

        def execute(self, text: str, *rest: object) -> object:
            self._try(text)
            return self._real.execute(text, *rest)  # type: ignore[arg-type]

        def executemany(self, text: str, *rest: object) -> object:
            self._try(text)
            return self._real.executemany(text, *rest)  # type: ignore[arg-type]

        @property
        def in_transaction(self) -> bool:
            return self._real.in_transaction

    real = node._store._writer
    node._store._writer = Failing(real)
    with pytest.raises(Outage):
        node.submit([model("bank-a", 2), model("bank-b", 1)])
    node._store._writer = real
    assert (node.size(), node.checkpoint()) == (2, head)
    assert codes(node, model("bank-a", 2), model("bank-b", 1)) == ["ok", "ok"]
    node.close()
    assert isinstance(audit(tmp_path / "node.db"), Audited)


# Damage


class Told:
    """What a healthy node says, to be compared."""

    def __init__(self, path: Path) -> None:
        node = SqliteNode.open(path, NOW)
        try:
            self.head, self.records = node.checkpoint(), node.records(0, 10_000)
            self.state = node.scan("", limit=10_000)
            self.found = [node.find(record.id) for record in self.records]
            self.keys = [node.get(key) for key, _ in self.state]
            self.paths = [node.inclusion(record.index, len(self.records)) for record in self.records]
        finally:
            node.close()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Told) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


@pytest.fixture(scope="module")
def healthy(tmp_path_factory) -> tuple[Path, Told]:
    path = tmp_path_factory.mktemp("healthy") / "node.db"
    node = SqliteNode.create(path, genesis(), NOW, NODE_KEY)
    for sequence in range(1, 7):
        node.submit([model(name, sequence) for name in cast()])
    node.close()
    return path, Told(path)


def named_or_harmless(path: Path, told: Told) -> str:
    """'named' when opened or read, 'audit' where only the audit says it, 'harmless'. Anything else fails."""
    try:
        same = Told(path) == told
    except Refused as refused:
        assert refused.refusal.code in ("CHAIN_DAMAGED", "OTHER_FORMAT"), refused.refusal
        return "named"
    found = audit(path)
    if isinstance(found, Refusal):
        return "audit"
    assert same, "it says something else, and nobody notices"
    return "harmless"


@pytest.mark.slow
def test_a_flipped_byte_anywhere_is_named_or_harmless(tmp_path, healthy):
    path, told = healthy
    content = path.read_bytes()
    lots = random.Random(5)  # noqa: S311 - where to flip, not a secret
    outcomes: dict[str, int] = {}
    for place in [*range(0, 100, 9), *(lots.randrange(len(content)) for _ in range(120))]:
        spoiled = bytearray(content)
        spoiled[place] ^= 1 << lots.randrange(8)
        other = tmp_path / f"flipped-{place}.db"
        other.write_bytes(spoiled)
        outcome = named_or_harmless(other, told)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        for left in tmp_path.iterdir():
            left.unlink()
    assert outcomes["named"] > outcomes.get("audit", 0)


@pytest.mark.slow
def test_a_file_that_was_cut_off_is_named(tmp_path, healthy):
    path, told = healthy
    content = path.read_bytes()
    lots = random.Random(6)  # noqa: S311 - where to cut, not a secret
    for place in [0, 1, 100, 4096, len(content) - 4096, len(content) - 1, *(lots.randrange(len(content)) for _ in range(20))]:  # fmt: skip
        other = tmp_path / f"cut-{place}.db"
        other.write_bytes(content[:place])
        assert named_or_harmless(other, told) != "harmless", place


def test_a_journal_that_was_cut_off_or_flipped_does_not_turn_the_chain_back(tmp_path):
    """SQLite takes it for a crash and goes on from an older state: the largest head seen knows better."""
    node = SqliteNode.create(tmp_path / "node.db", genesis(), NOW, NODE_KEY)
    for sequence in range(1, 6):
        node.submit([model("bank-a", sequence)])
    ends = ("", "-wal", "-seen")
    journal = (tmp_path / "node.db-wal").read_bytes()
    contents = {end: (tmp_path / f"node.db{end}").read_bytes() for end in ends}
    lots = random.Random(7)  # noqa: S311 - where to cut, not a secret
    for number in range(12):
        place = lots.randrange(1, len(journal))
        cut = journal[:place] if number % 2 else journal[:place] + bytes([journal[place] ^ 4]) + journal[place + 1 :]
        other = tmp_path / f"crashed-{number}.db"
        for end in ends:
            other.with_name(other.name + end).write_bytes(cut if end == "-wal" else contents[end])
        try:
            opened = SqliteNode.open(other, NOW)
        except Refused as refused:
            assert refused.refusal.code in ("CHAIN_DAMAGED", "NO_CHAIN_FILE")
            continue
        assert opened.size() == 6
        opened.close()
    whole = tmp_path / "whole.db"
    for end in ends:
        whole.with_name(whole.name + end).write_bytes(contents[end])
    opened = SqliteNode.open(whole, NOW)
    assert opened.size() == 6
    opened.close()
    node.close()


def test_a_damaged_file_is_restored_from_a_follower(tmp_path, healthy):
    path, told = healthy
    follower, mine = tmp_path / "follower.db", tmp_path / "node.db"
    shutil.copy(path, follower)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 5000] = bytes(5000)
    mine.write_bytes(content)
    assert named_or_harmless(mine, told) != "harmless"
    other = SqliteNode.open(follower, NOW)
    SqliteNode.restore(mine, other.records(0, 10_000), NOW, NODE_KEY, chain=other.chain).close()
    other.close()
    assert Told(mine).records == told.records
    assert isinstance(audit(mine), Audited)
    assert sorted(left.name for left in tmp_path.iterdir()) == ["follower.db", "node.db"]


def test_bad_records_do_not_take_the_place_of_a_damaged_file(tmp_path, healthy):
    _, told = healthy
    mine = tmp_path / "node.db"
    mine.write_bytes(b"what is left")
    rows = list(told.records)
    rows[7] = Record(7, rows[7].at, rows[7].id, rows[8].envelope)
    with pytest.raises(Refused) as refused:
        SqliteNode.restore(mine, rows, NOW, NODE_KEY)
    assert dict(refused.value.refusal.where)["index"] == "7"
    with pytest.raises(Refused) as refused:
        SqliteNode.restore(mine, told.records, NOW, chain="0" * 64)
    assert refused.value.refusal.code == "OTHER_CHAIN"
    assert mine.read_bytes() == b"what is left"
    assert [left.name for left in tmp_path.iterdir()] == ["node.db"]
