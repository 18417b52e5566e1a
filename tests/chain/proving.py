"""A chain on which something of everything was said, and the proof files that can be made from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from chain.actors import ACME, Stage, chain, seeded, signed
from chain.plain_node import PlainNode
from kemiao.base import tree
from kemiao.base.refusal import Refusal
from kemiao.chain import receipt as receipts
from kemiao.chain.batch import Batch, batch_of_rows
from kemiao.chain.genesis import key_card
from kemiao.chain.node import Record
from kemiao.chain.proof import Decision, Row, of_consistency, of_entry, of_receipt
from kemiao.chain.rules.participants import added_key_bytes

COLUMNS = ("invoice_no", "buyer", "amount_fen", "voided_on")
ROWS = [(f"2026{number:04d}", "购方 Büyer", 100 * number, None) for number in range(1, 12)]
DECISIONS = [(f"decision-{number}", f"{number:064x}") for number in range(5)]


@dataclass(frozen=True)
class Told:
    """receipt: for the last submission. older: the head before the batch was attested."""

    node: PlainNode
    batch: Batch
    older: str
    receipt: receipts.Receipt
    ids: dict[str, str]

    def record(self, name: str) -> Record:
        found = self.node.find(self.ids[name])
        assert found is not None
        return found

    def row(self, number: int) -> Row:
        fact = self.batch.row(number, ROWS[number])
        return Row(fact.columns, fact.cells, fact.salt, fact.index, fact.path)


def rotation(stage: Stage, author: str, *, add: Any = None, purposes: Any = (), **body: Any) -> str:
    card = None
    if add is not None:
        card = key_card(add, purposes)
        card["proof"] = add.sign(added_key_bytes(chain(stage.suite), author, card)).hex()
    return stage.accepted("key.rotate", author, body={"retire": None, "distrusted_from": None, **body, "add": card})


def decision_leaves() -> list[bytes]:
    return [tree.leaf_hash(b"kemiao/decision\0" + name.encode() + b"\0" + said.encode()) for name, said in DECISIONS]


@cache
def told(suite: str = "ed25519") -> Told:
    node = PlainNode(suite=suite)
    stage, ids = node.stage, {}
    said = {"form": "statement", "statement": "销售额属实 / true sales", "table": None}
    ids["statement"] = stage.accepted("attestation", "tax-office", subject=ACME, body=said)
    older = node.checkpoint()
    batch = batch_of_rows(COLUMNS, ROWS, bytes(range(32)))
    body = {"form": "batch", "table": "invoice", "columns": list(COLUMNS), "count": batch.count, "root": batch.root}
    ids["batch"] = stage.accepted("attestation", "bank-a", subject=ACME, body=body)
    fresh = seeded("bank-a second", suite)
    ids["rotation"] = rotation(stage, "bank-a", add=fresh, purposes=("entries",), retire=seeded("bank-a consent", suite).key_id)  # fmt: skip
    made = {
        "count": len(DECISIONS), "root": tree.root(decision_leaves()).hex(), "model": None, "policy": "p1", "law": [],
        "code": "c", "as_of": "2026-01-01", "law_on": "2026-01-01",
    }  # fmt: skip
    ids["decision"] = stage.accepted("decision", "bank-a", body=made, refs=(ids["batch"],), signer=fresh)
    sent = [
        signed("attestation", "tax-office", suite=suite, sequence=number, subject=ACME, body=said) for number in (2, 3, 4)
    ]  # fmt: skip
    submission = node.submit(sent)
    given = receipts.read(submission.receipt or "")
    assert not isinstance(given, Refusal)
    ids["last"] = given.accepted[1][2]
    return Told(node, batch, older, given, ids)


def decision_proof() -> Decision:
    rows = tree.levels(decision_leaves())
    path = tree.inclusion_path(3, len(DECISIONS), lambda level, i: rows[level][i])
    return Decision(*DECISIONS[3], 3, path)


@cache
def files(suite: str = "ed25519") -> dict[str, bytes]:
    """One proof file of each kind."""
    here = told(suite)
    one = receipts.part(here.receipt, here.ids["last"])
    assert not isinstance(one, Refusal)
    made = {
        "entry": of_entry(here.node, here.record("statement")),
        "rotation": of_entry(here.node, here.record("rotation")),
        "row": of_entry(here.node, here.record("batch"), row=here.row(7), older=here.older),
        "decision": of_entry(here.node, here.record("decision"), decision=decision_proof()),
        "consistency": of_consistency(here.node, here.older),
        "receipt": of_receipt(here.node, one),
    }
    for content in made.values():
        assert isinstance(content, bytes), content
    return made  # type: ignore[return-value]
