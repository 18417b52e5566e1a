"""A backup of a home that is a node, taken while the node serves others."""

from __future__ import annotations

import threading

from bank.chain_bank import NODE_FILE, NOW, at, chain_home, grant, shared
from chain.actors import seeded
from chain.node_suite import model
from kemiao.bank.commands.backup import backup, restore
from kemiao.chain.audit import Audited, audit
from kemiao.chain.sqlite_node import SqliteNode


def test_a_node_that_writes_meanwhile_is_copied_whole(tmp_path):
    root = chain_home(tmp_path / "home")
    with at(root) as world:
        grant(world)
    node = SqliteNode.open(root / "chain" / NODE_FILE, NOW, seeded("bank-a node"))
    done = threading.Event()

    def write() -> None:
        sequence = 1
        while not done.is_set():
            node.submit([model("bank-b", sequence)])
            sequence += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert isinstance(backup(root, tmp_path / "backup.tar.gz"), int)
    finally:
        done.set()
        writer.join()
    size = node.size()
    node.close()
    assert restore(tmp_path / "backup.tar.gz", tmp_path / "restored") is None
    names = sorted(path.name for path in (tmp_path / "restored" / "chain").iterdir())
    assert [name for name in names if name.startswith(NODE_FILE)] == [NODE_FILE]
    found = audit(tmp_path / "restored" / "chain" / NODE_FILE)
    assert isinstance(found, Audited)
    assert 2 <= found.size <= size
    with at(tmp_path / "restored") as world:
        assert shared(world).node.size() == found.size
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.tar.gz", "home", "restored"]
