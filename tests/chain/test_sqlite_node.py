"""The embedded node: the suite of all nodes, then what its file alone can do."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chain.actors import START, Stage, cast, chain, genesis, seeded, signed
from chain.node_suite import NodeSuite, Start, codes, model
from kemiao.base import tree
from kemiao.base.clock import FixedClock
from kemiao.base.refusal import BrokenInvariant, Refusal, Refused
from kemiao.chain import checkpoint, tiles
from kemiao.chain.entry import leaf
from kemiao.chain.genesis import key_card
from kemiao.chain.node import Accepted, Record
from kemiao.chain.rules.participants import added_key_bytes
from kemiao.chain.sqlite_node import SqliteNode
from kemiao.chain.tile_cache import TileCache

NOW = FixedClock(datetime(2026, 3, 1, 8, tzinfo=UTC))
NODE_KEY = cast()["bank-a"].signers["node"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    opened: list[SqliteNode] = []

    def make() -> SqliteNode:
        opened.append(SqliteNode.create(tmp_path / f"node-{len(opened)}.db", genesis(), NOW, NODE_KEY))
        return opened[-1]

    yield make
    for node in opened:
        node.close()


class TestSqliteNode(NodeSuite):
    pass


def test_what_was_accepted_is_there_after_opening_again(tmp_path):
    node = SqliteNode.create(tmp_path / "node.db", genesis(), NOW, NODE_KEY)
    node.submit([model("bank-a", 1), model("bank-b", 1)])
    head, records = node.checkpoint(), node.records(0)
    node.close()
    node = SqliteNode.open(tmp_path / "node.db", NOW, NODE_KEY)
    assert (node.checkpoint(), node.records(0)) == (head, records)
    assert codes(node, model("bank-a", 1), model("bank-a", 2)) == ["again", "ok"]
    node.close()


def test_a_node_whose_key_is_retired_takes_nothing_and_the_new_key_signs_its_head_anew(tmp_path):
    new = seeded("bank-a node, the second")
    node = SqliteNode.create(tmp_path / "node.db", genesis(), NOW, NODE_KEY)
    card = key_card(new, ["node"])
    proof = new.sign(added_key_bytes(chain(), "bank-a", card)).hex()
    body = {"retire": NODE_KEY.key_id, "add": {**card, "proof": proof}, "distrusted_from": None}
    assert codes(node, signed("key.rotate", "bank-a", sequence=1, purpose="keys", body=body)) == ["ok"]
    with pytest.raises(Refused, match="NODE_KEY_RETIRED"):
        node.submit([model("bank-a", 2)])
    reopened = SqliteNode.open(tmp_path / "node.db", NOW, new)
    head = checkpoint.read(reopened.checkpoint())
    assert checkpoint.signers(head, [(new.suite, new.public)]) == (new.key_id,)
    assert codes(reopened, model("bank-a", 2)) == ["ok"]
    with pytest.raises(Refused, match="NODE_KEY_RETIRED"):  # still, behind what another process wrote
        node.submit([model("bank-a", 3)])
    node.close()
    reopened.close()


def test_a_node_without_a_key_takes_nothing_and_answers(tmp_path):
    SqliteNode.create(tmp_path / "node.db", genesis(), NOW, NODE_KEY).close()
    node = SqliteNode.open(tmp_path / "node.db", NOW)
    with pytest.raises(Refused) as refused:
        node.submit([model("bank-a", 1)])
    assert refused.value.refusal.code == "NODE_TAKES_NOTHING"
    assert node.get("chain") == chain()
    node.close()


def test_a_clock_that_is_set_back_does_not_set_the_chain_back(tmp_path):
    node = SqliteNode.create(tmp_path / "node.db", genesis(), NOW, NODE_KEY)
    node.submit([model("bank-a", 1)])
    node.close()
    earlier = FixedClock(NOW.instant - timedelta(days=400))
    node = SqliteNode.open(tmp_path / "node.db", earlier, NODE_KEY)
    node.submit([model("bank-a", 2)])
    genesis_at, first, second = (record.at for record in node.records(0))
    assert genesis_at == START
    assert first == second == int(NOW.instant.timestamp()) * 1000
    node.close()


def test_two_processes_of_one_file_see_each_other(tmp_path):
    """Here two nodes over one file: nothing that one remembers may stand against what the other wrote."""
    one = SqliteNode.create(tmp_path / "node.db", genesis(), NOW, NODE_KEY)
    two = SqliteNode.open(tmp_path / "node.db", NOW, NODE_KEY)
    for sequence in range(1, 20):
        assert codes((one, two)[sequence % 2], model("bank-a", sequence)) == ["ok"]
        assert codes((two, one)[sequence % 2], model("bank-a", sequence)) == ["again"]
    assert one.size() == two.size() == 20
    assert one.checkpoint() == two.checkpoint()
    one.close()
    two.close()


def test_readers_do_not_wait_for_a_writer_and_see_whole_groups(tmp_path):
    node = SqliteNode.create(tmp_path / "node.db", genesis(), NOW, NODE_KEY)
    done = threading.Event()
    seen: list[int] = []

    def read() -> None:
        while not done.is_set():
            size = node.size()
            seen.append(size)
            assert node.records(size - 1, 1)[0].index == size - 1
            assert (node.get("sequence/bank-a") or 0) >= size - 1  # asked later than the size

    reader = threading.Thread(target=read)
    reader.start()
    with node._store.writing():  # a writer that takes its time
        before = len(seen)
        while len(seen) < before + 20 and reader.is_alive():
            pass
    for group in range(10):
        node.submit([model("bank-a", group * 10 + number) for number in range(1, 11)])
    done.set()
    reader.join()
    assert {(size - 1) % 10 for size in seen} == {0}
    assert node.size() == 101
    node.close()


def test_submissions_of_many_threads_are_gathered_and_each_gets_its_own_answer(tmp_path):
    node = SqliteNode.create(tmp_path / "node.db", genesis(), NOW, NODE_KEY)
    answers: dict[str, list[Accepted | Refusal]] = {}

    def send(author: str) -> None:
        answers[author] = [one for sequence in range(1, 31) for one in node.submit([model(author, sequence)]).results]

    threads = [threading.Thread(target=send, args=(name,)) for name in cast()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for author, told in answers.items():
        for sequence, one in enumerate(told, 1):
            assert node.by_sequence(author, sequence).id == one.id
            assert node.records(one.index, 1)[0].id == one.id
    assert node.size() == 1 + 30 * len(cast())
    node.close()


def test_who_writes_a_faulty_submission_for_another_is_not_told_of_its_fault(tmp_path, monkeypatch):
    from kemiao.chain import group as groups
    from kemiao.chain import sqlite_node

    node = SqliteNode.create(tmp_path / "node.db", genesis(), NOW, NODE_KEY)
    apply = groups.apply

    def faulty(state, signed, at):
        if signed.entry.author == "acme":
            raise KeyError("a fault")
        return apply(state, signed, at)

    monkeypatch.setattr(groups, "apply", faulty)
    monkeypatch.setattr(sqlite_node, "_TOGETHER", 1)  # each is a group of its own, and acme's is the first
    theirs, mine = (
        sqlite_node._Waiting(sent, node._checker.check(sent)) for sent in ([model("acme", 1)], [model("bank-a", 1)])
    )
    node._waiting = [theirs, mine]
    with node._lock:
        node._lead(mine)
        assert (theirs.alone, theirs.answer, mine.answer) == (True, None, None)
        node._lead(mine)
        assert isinstance(mine.answer.results[0], Accepted)
        with pytest.raises(KeyError):
            node._lead(theirs)
    node.close()


def test_a_submission_that_breaks_the_node_breaks_no_other(tmp_path, monkeypatch):
    """A fault of ours in one rule: who sent it is told, who came along is accepted."""
    from kemiao.chain import group as groups

    node = SqliteNode.create(tmp_path / "node.db", genesis(), NOW, NODE_KEY)
    apply = groups.apply

    def faulty(state, signed, at):
        if signed.entry.author == "acme":
            raise KeyError("a fault")
        return apply(state, signed, at)

    monkeypatch.setattr(groups, "apply", faulty)
    told: dict[str, object] = {}

    def send(author: str) -> None:
        try:
            told[author] = codes(node, model(author, 1))
        except KeyError as error:
            told[author] = error

    with node._lock:  # all of them wait, and go as one group
        threads = [threading.Thread(target=send, args=(name,)) for name in ("bank-a", "acme", "bank-b")]
        for thread in threads:
            thread.start()
        while len(node._waiting) < 3:
            pass
    for thread in threads:
        thread.join()
    assert told["bank-a"] == told["bank-b"] == ["ok"]
    assert isinstance(told["acme"], KeyError)
    assert node.size() == 3
    node.close()


@pytest.mark.parametrize("sizes", [[1, 1, 1, 1, 30, 1, 2], [31, 1], [32, 33], [1023, 1, 1, 1024, 3], [5000, 77, 1]])
def test_tiles_hold_the_hashes_of_the_tree(sizes):
    stored: dict[int, bytes] = {}
    leaves: list[bytes] = []
    for count in sizes:
        new = [tree.leaf_hash(f"{len(leaves) + number}".encode()) for number in range(count)]
        changed, edge = tiles.grown(len(leaves), new, stored.get)
        leaves += new
        stored |= {tile: bytes(content) for tile, content in changed.items()}
        assert edge.root() == tree.root(leaves)
    for level, row in enumerate(tree.levels(leaves)):
        for index in range(0, len(row), max(1, len(row) // 50)):
            assert tiles.hash_in(stored.get, level, index) == row[index]


@pytest.mark.parametrize("size", [1, 2, 3, 31, 32, 33, 1000, 1024, 1025, 3333])
def test_paths_by_tiles_are_those_of_the_definition(size):
    leaves = [tree.leaf_hash(f"{number}".encode()) for number in range(size)]
    stored, _ = tiles.grown(0, leaves, lambda _: None)
    cache, rows = TileCache(lambda tile: bytes(stored[tile]) if tile in stored else None), tree.levels(leaves)
    for older in {size, max(1, size - 1), max(1, size // 2), max(1, size - 30)}:
        for index in {0, older - 1, older // 2, older // 3, max(0, older - 33)}:
            assert cache.inclusion(index, older) == tree.inclusion_path(index, older, lambda level, i: rows[level][i])
    for index, beyond in ((size, size), (-1, size), (0, size + 1)):
        with pytest.raises(BrokenInvariant):
            cache.inclusion(index, beyond)


# Replicas


def records_of(*contents: bytes) -> list[Record]:
    stage = Stage()
    for content in contents:
        assert not isinstance(stage.submit(content), Refusal)
    return stage.records[1:]


def replica(tmp_path: Path) -> SqliteNode:
    return SqliteNode.create(tmp_path / "replica.db", genesis(), NOW)


def test_a_replica_ends_in_the_state_and_tree_of_its_node(tmp_path):
    node = SqliteNode.create(tmp_path / "node.db", genesis(), NOW, NODE_KEY)
    node.submit([model(name, sequence) for sequence in range(1, 20) for name in cast()])
    own = replica(tmp_path)
    for first in range(1, node.size(), 40):
        own.append_replica(node.records(first, 40))
    assert own.head().root == node.head().root
    assert own.scan("", limit=10_000) == node.scan("", limit=10_000)
    own.close()
    node.close()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda rows: rows[1:], "OUT_OF_ORDER"),
        (lambda rows: [rows[0], rows[0], *rows[1:]], "OUT_OF_ORDER"),
        (lambda rows: [rows[0], Record(2, rows[1].at, "0" * 64, rows[1].envelope)], "OTHER_ID"),
        (lambda rows: [rows[0], Record(2, rows[0].at - 1, rows[1].id, rows[1].envelope)], "TIME_RAN_BACK"),
        (lambda rows: [rows[0], Record(2, rows[1].at, rows[1].id, rows[1].envelope + b" ")], "NOT_CANONICAL"),
        (lambda rows: [rows[0], Record(2, rows[0].at, rows[0].id, rows[0].envelope)], "SEQUENCE_USED"),
        (lambda rows: [rows[0], Record(2, rows[2].at, rows[2].id, rows[2].envelope)], "SEQUENCE_GAP"),
    ],
)
def test_a_replica_stops_at_the_first_bad_record(tmp_path, spoil, code):
    rows = records_of(model("bank-a", 1), model("bank-a", 2), model("bank-a", 3))
    own = replica(tmp_path)
    with pytest.raises(Refused) as refused:
        own.append_replica(spoil(rows))
    assert refused.value.refusal.code == code
    own.append_replica(rows[own.size() - 1 :])  # what stood before it is kept, and the honest ones still fit
    assert own.size() == 4
    own.close()


def test_a_replica_does_not_take_what_the_author_did_not_sign(tmp_path):
    rows = records_of(model("bank-a", 1))
    forged = rows[0].envelope[:-4] + bytes([rows[0].envelope[-4] ^ 1]) + rows[0].envelope[-3:]
    own = replica(tmp_path)
    with pytest.raises(Refused) as refused:
        own.append_replica([Record(1, rows[0].at, rows[0].id, forged)])
    assert refused.value.refusal.code == "BAD_SIGNATURE"
    assert dict(refused.value.refusal.where)["index"] == "1"
    own.close()


@pytest.mark.slow
def test_random_histories_leave_the_state_of_a_plain_dict(tmp_path):
    """10^4 entries in groups of random sizes, with refused ones between: the million of soak goes the same way."""
    random_history(tmp_path, 10_000)


@pytest.mark.soak
def test_a_million_entries_leave_the_state_of_a_plain_dict(tmp_path):
    random_history(tmp_path, 1_000_000)


def random_history(folder: Path, count: int) -> None:
    lots = random.Random(20)  # noqa: S311 - a history, not a secret
    stage, node = Stage(), SqliteNode.create(folder / "node.db", genesis(), NOW, NODE_KEY)
    at = int(NOW.instant.timestamp()) * 1000
    names = sorted(cast())
    sent = 0
    while sent < count:
        group = [_random_entry(lots, stage, names, at) for _ in range(lots.choice([1, 2, 10, 60, 100, 700]))]
        told = node.submit([content for content, _ in group]).results
        for (_, wanted), one in zip(group, told, strict=True):
            assert (one.code if isinstance(one, Refusal) else one.id) == wanted
        sent += len(group)
    assert node.size() == len(stage.records)
    assert [(one.id, one.envelope) for one in node.records(0, 20_000)] == [(one.id, one.envelope) for one in stage.records[:20_000]]  # fmt: skip
    after, keys = "", 0
    while page := node.scan("", after, 1000):
        assert all(stage.state.get(key) == value for key, value in page)
        after, keys = page[-1][0], keys + len(page)
    assert keys == len(stage.state.values)
    leaves = [tree.leaf_hash(leaf(max(record.at, record.at), record.id)) for record in stage.records]
    assert node.head().root == tree.root(leaves)
    node.close()


def _random_entry(lots: random.Random, stage: Stage, names: list[str], at: int) -> tuple[bytes, str]:
    """An envelope and what must become of it."""
    author = lots.choice(names)
    sequence = stage.sequence(author) + lots.choices([1, 2, 0, -1], [90, 4, 3, 3])[0]
    content = model(author, max(1, sequence), lots.randrange(1, 1000), **({} if lots.random() < 0.97 else {"signer": seeded("a stranger")}))  # fmt: skip
    if lots.random() < 0.02:
        content = content.replace(b'"fitted"', b'"kept"')
    told = stage.submit(content, at)
    known = next((record for record in stage.records[-400:] if record.envelope == content), None)
    if isinstance(told, Refusal):
        return content, known.id if known is not None and told.code == "SEQUENCE_USED" else told.code
    return content, told


def test_a_creation_that_was_cut_off_is_no_chain_and_can_be_made_again(tmp_path, monkeypatch):
    from kemiao.chain import sqlite_node

    def fails(_path, **_rest):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(sqlite_node, "_signed_head", fails)
        with pytest.raises((KeyboardInterrupt, TypeError)):
            SqliteNode.create(tmp_path / "node.db", genesis(), NOW, NODE_KEY)
    assert not (tmp_path / "node.db").exists()
    SqliteNode.create(tmp_path / "node.db", genesis(), NOW, NODE_KEY).close()
    with pytest.raises(Refused) as refused:
        SqliteNode.create(tmp_path / "node.db", genesis(), NOW, NODE_KEY)
    assert refused.value.refusal.code == "CHAIN_EXISTS"


def test_an_interrupted_leader_leaves_nobody_waiting(tmp_path, monkeypatch):
    node = SqliteNode.create(tmp_path / "node.db", genesis(), NOW, NODE_KEY)
    write, first = node._write, threading.Event()

    def interrupted(waiting):
        if not first.is_set():
            first.set()
            raise KeyboardInterrupt
        write(waiting)

    monkeypatch.setattr(node, "_write", interrupted)
    told: dict[str, object] = {}

    def send(author: str) -> None:
        try:
            told[author] = codes(node, model(author, 1))
        except KeyboardInterrupt as error:
            told[author] = error

    with node._lock:
        threads = [threading.Thread(target=send, args=(name,)) for name in ("bank-a", "acme", "bank-b")]
        for thread in threads:
            thread.start()
        while len(node._waiting) < 3:
            pass
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert sorted(map(str, told.values())) == ["", "['ok']", "['ok']"]
    node.close()


def test_opening_while_others_write_finds_no_damage(tmp_path):
    node = SqliteNode.create(tmp_path / "node.db", genesis(), NOW, NODE_KEY)
    done = threading.Event()

    def write() -> None:
        for sequence in range(1, 150):
            node.submit([model("bank-a", sequence)])
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    opened = 0
    while not done.is_set():
        SqliteNode.open(tmp_path / "node.db", NOW).close()
        opened += 1
    writer.join()
    assert opened > 3
    node.close()
