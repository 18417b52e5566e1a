"""Proof files: what each kind proves, and that it proves nothing once a part is not what it was."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chain.actors import ACME, chain, seeded, signed
from chain.plain_node import PlainNode
from chain.proving import COLUMNS, DECISIONS, ROWS, decision_proof, files, rotation, told
from kemiao.base.refusal import Refusal
from kemiao.chain import checkpoint, receipt
from kemiao.chain.proof import of_consistency, of_entry, of_receipt
from kemiao.chain.proof_checking import Proved, check


def facts(content, **given):
    answer = check(content, **given)
    assert isinstance(answer, Proved), answer
    return answer.facts


def code(answer):
    assert isinstance(answer, Refusal), answer
    return answer.code


def changed(content, change):
    value = json.loads(content)
    change(value)
    return json.dumps(value).encode()


@pytest.mark.parametrize("suite", ["ed25519", "sm2"])
def test_each_kind_of_file_says_what_it_proves(suite):
    made, here = files(suite), told(suite)
    entry = facts(made["entry"], chain=chain(suite))
    assert (entry["chain_compared"], entry["entry"]["id"], entry["entry"]["subject"]) == (True, here.ids["statement"], ACME)  # fmt: skip
    signer = entry["entry"]["signed_by"]
    assert (signer["participant"], signer["roles"], signer["suite"]) == ("tax-office", ["government"], suite)
    assert (entry["head"]["size"], entry["head"]["signed_by"][0]["participant"]) == (here.node.size(), "bank-a")
    row = facts(made["row"])["row"]
    assert (row["table"], row["number"], row["of"]) == ("invoice", 7, len(ROWS))
    assert row["cells"] == [list(pair) for pair in zip(COLUMNS, ("20260008", "购方 Büyer", "800", None), strict=True)]
    decision = facts(made["decision"])
    assert (decision["decision"]["id"], decision["decision"]["of"]) == ("decision-3", len(DECISIONS))
    assert decision["entry"]["signed_by"]["key"] == seeded("bank-a second", suite).key_id  # a key that came later
    between = facts(made["consistency"])
    assert (between["older"]["size"], between["head"]["size"]) == (2, here.node.size())
    kept = facts(made["receipt"])["receipt"]
    assert (kept["outcome"], kept["id"], kept["given_by"]["participant"]) == ("kept", here.ids["last"], "bank-a")


def test_a_reader_that_knows_the_chain_or_holds_a_head_has_them_compared():
    here, made = told(), files()
    assert code(check(made["entry"], chain="ab" * 32)) == "OTHER_CHAIN"
    assert facts(made["row"], head=here.older)["head_compared"]
    assert facts(made["entry"], head=here.node.checkpoint())["head_compared"]
    assert code(check(made["entry"], head=here.older)) == "HEAD_NOT_COMPARED"
    forked = checkpoint.write(checkpoint.origin_of(here.node.chain), here.node.size(), bytes(32), here.node.signer)
    assert code(check(made["entry"], head=forked)) == "FORK"


def test_an_altered_entry_signature_row_cell_or_decision_proves_nothing():
    made = files()
    for name, change, expected in [
        ("entry", lambda file: file["entry"]["entry"]["body"].update(statement="false sales"), "NOT_IN_THE_TREE"),
        ("entry", lambda file: file["entry"].update(signature="0" * 128), "BAD_SIGNATURE"),
        ("entry", lambda file: file["entry"].update(at=file["entry"]["at"] + 1), "NOT_IN_THE_TREE"),
        ("entry", lambda file: file["entry"].update(index=2), "NOT_IN_THE_TREE"),
        ("entry", lambda file: file.update(checkpoint=told().older), "NOT_IN_THE_TREE"),
        ("entry", lambda file: file["genesis"]["content"]["cards"].pop(), "CHAIN_ID_WRONG"),
        ("entry", lambda file: file["entry"].update(more=1), "MALFORMED_PROOF"),
        ("row", lambda file: file["row"]["cells"].__setitem__(2, "80000"), "ROW_NOT_IN_THE_BATCH"),
        ("row", lambda file: file["row"]["cells"].__setitem__(3, ""), "ROW_NOT_IN_THE_BATCH"),  # null is not an empty text
        ("row", lambda file: file["row"]["columns"].__setitem__(2, "amount"), "ROW_NOT_IN_THE_BATCH"),
        ("row", lambda file: file["row"].update(number=6), "ROW_NOT_IN_THE_BATCH"),
        ("row", lambda file: file["row"].update(salt="00" * 16), "ROW_NOT_IN_THE_BATCH"),
        ("row", lambda file: file["older"].update(path=[]), "NOT_CONSISTENT"),
        ("decision", lambda file: file["decision"].update(id="decision-2"), "DECISION_NOT_UNDER_THE_ENTRY"),
        ("decision", lambda file: file["decision"].update(commitment="0" * 64), "DECISION_NOT_UNDER_THE_ENTRY"),
        ("decision", lambda file: file["keys"].clear(), "KEY_NOT_FROM_GENESIS"),
        ("receipt", lambda file: file["receipt"]["receipt"]["accepted"][0].__setitem__(1, 5), "RECEIPT_BADLY_SIGNED"),
    ]:  # fmt: skip
        assert code(check(changed(made[name], change))) == expected


def test_cells_cannot_be_moved_between_columns():
    def shift(file):
        file["row"]["cells"][0:2] = ["20260008" + "6:x", ""]

    assert code(check(changed(files()["row"], shift))) == "ROW_NOT_IN_THE_BATCH"


def test_a_key_that_was_retired_before_or_distrusted_by_then_proves_nothing():
    node = PlainNode()
    said = {"form": "statement", "statement": "x"}
    early = node.stage.accepted("attestation", "bank-b", body=said)
    rotation(node.stage, "bank-b", retire=seeded("bank-b consent").key_id)
    index = node.find(early).index
    good = of_entry(node, node.find(early))
    assert isinstance(good, bytes)
    assert facts(good)["entry"]["id"] == early  # what was signed before stays valid
    # Long after it was retired, the key turns out to have been stolen before it signed.
    node.stage.accepted("attestation", "acme", body=said)
    rotation(node.stage, "bank-b", retire=seeded("bank-b consent").key_id, distrusted_from=node.records(index)[0].at)
    assert code(check(of_entry(node, node.find(early)))) == "KEY_DISTRUSTED"
    assert code(check(changed(good, lambda file: file["entry"].update(index=3)))) == "NOT_IN_THE_TREE"


def test_an_entry_that_retires_the_key_that_signed_it_is_proved():
    node = PlainNode()
    second = seeded("acme second keys")
    rotation(node.stage, "acme", add=second, purposes=("keys",))
    last = rotation(node.stage, "acme", retire=seeded("acme keys").key_id)
    assert facts(of_entry(node, node.find(last)))["entry"]["signed_by"]["key"] == seeded("acme keys").key_id


def test_a_node_proves_right_after_it_changed_its_own_key_and_its_old_key_signs_nothing_more():
    node = PlainNode()
    fresh = seeded("bank-a second node")
    changed_by = rotation(node.stage, "bank-a", add=fresh, purposes=("node",), retire=node.signer.key_id)
    assert facts(of_entry(node, node.find(changed_by)))["head"]["signed_by"][0]["key"] == node.signer.key_id
    said = node.stage.accepted("attestation", "acme", body={"form": "statement", "statement": "x"})
    assert code(check(of_entry(node, node.find(said)))) == "HEAD_NOT_SIGNED"
    node.signer = fresh
    assert facts(of_entry(node, node.find(said)))["head"]["signed_by"][0]["key"] == fresh.key_id


def test_a_node_that_put_something_else_in_the_promised_place_is_shown_to_have_broken_its_word():
    node = PlainNode()
    promised = node.submit([signed("attestation", "acme", sequence=1, subject=ACME, body={"form": "statement", "statement": "x"})])  # fmt: skip
    given = receipt.read(promised.receipt)
    # The node forgets what it promised, and takes another entry in its place.
    other = PlainNode()
    other.stage.accepted("attestation", "bank-a", body={"form": "statement", "statement": "y"})
    other.stage.accepted("attestation", "bank-a", body={"form": "statement", "statement": "z"})
    content = of_receipt(other, given)
    told_of = facts(content)["receipt"]
    assert (told_of["outcome"], told_of["id"], told_of["standing"]["id"]) == ("broken", given.accepted[0][2], other.records(1, 1)[0].id)  # fmt: skip
    assert facts(of_receipt(node, given))["receipt"]["outcome"] == "kept"
    assert (
        facts(of_receipt(PlainNode(), given))["receipt"]["outcome"] == "promised"
    )  # its head does not reach the place
    stranger = replace(given, key="0" * 32)
    assert code(of_receipt(node, stranger)) == "RECEIPT_OF_NO_NODE"


def test_a_fork_cannot_be_shown_consistent():
    node, other = PlainNode(), PlainNode()
    node.stage.accepted("attestation", "acme", body={"form": "statement", "statement": "x"})
    other.stage.accepted("attestation", "acme", body={"form": "statement", "statement": "y"})
    other.stage.accepted("attestation", "acme", body={"form": "statement", "statement": "z"})
    assert code(check(of_consistency(other, node.checkpoint()))) == "NOT_CONSISTENT"
    assert code(of_consistency(node, other.checkpoint())) == "NEWER_HEAD"
    assert code(of_consistency(node, "rubbish")) == "MALFORMED_HEAD"
    foreign = checkpoint.write(checkpoint.origin_of("ab" * 32), 1, bytes(32), node.signer)
    assert code(of_consistency(node, foreign)) == "OTHER_CHAIN"


def test_the_genesis_is_not_an_entry_and_a_head_that_nobody_signed_is_none():
    node = PlainNode()
    assert code(of_entry(node, node.records(0, 1)[0])) == "NOT_AN_ENTRY"
    head = checkpoint.read(node.checkpoint())
    node.checkpoint = lambda: replace(head, signatures=()).text()
    assert code(of_consistency(node, head.text())) == "HEAD_NOT_SIGNED"
    stranger = checkpoint.write(head.origin, head.size, head.root, seeded("a stranger"))
    node.checkpoint = lambda: stranger
    assert code(check(of_consistency(node, head.text()))) == "HEAD_NOT_SIGNED"


_PATH = ["0" * 64]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("entry", lambda file: file.update(format="kemiao.proof/2")), ("entry", lambda file: file.update(what="all")),
        ("entry", lambda file: file.update(what=[])), ("entry", lambda file: file.update(more=1)), ("entry", lambda file: file.pop("row")),
        ("entry", lambda file: file.update(entry=None)), ("entry", lambda file: file.update(row={})), ("row", lambda file: file.update(row=None)),
        ("row", lambda file: file.update(what="entry")), ("decision", lambda file: file.update(decision=None)),
        ("receipt", lambda file: file.update(receipt=None)), ("consistency", lambda file: file.update(older=None)),
        ("entry", lambda file: file.update(chain=1)), ("entry", lambda file: file.update(checkpoint=1)), ("entry", lambda file: file.update(keys={})),
        ("entry", lambda file: file.update(keys=[1])), ("entry", lambda file: file.update(keys=file["keys"] * 1025)),
        ("decision", lambda file: file.update(keys=file["keys"] * 2)), ("entry", lambda file: file.update(genesis=[])),
        ("entry", lambda file: file["genesis"].update(path={})), ("entry", lambda file: file["genesis"].update(path=[1])),
        ("entry", lambda file: file["entry"].update(path=_PATH * 65)), ("entry", lambda file: file["entry"].update(signature="0" * 127)),
        ("entry", lambda file: file["entry"].update(at=True)), ("entry", lambda file: file["entry"].update(index=-1)),
        ("entry", lambda file: file["entry"].pop("at")), ("row", lambda file: file["row"].update(salt="0" * 31)),
        ("row", lambda file: file["row"].update(cells=[1])), ("row", lambda file: file["row"].update(columns=[1])),
        ("row", lambda file: file["row"].update(cells=[None] * 4097)), ("row", lambda file: file["row"].update(columns=["a"] * 4097)),
        ("decision", lambda file: file["decision"].update(commitment="0" * 63)), ("decision", lambda file: file["decision"].update(id="a\0b")),
        ("decision", lambda file: file["decision"].update(id="a" * 201)), ("receipt", lambda file: file["receipt"].update(more=1)),
        ("receipt", lambda file: file["receipt"]["standing"].update(id="x")), ("receipt", lambda file: file["receipt"]["standing"].pop("at")),
        ("row", lambda file: file["older"].update(checkpoint=1)),
    ],
)  # fmt: skip
def test_a_file_of_another_form_is_refused(name, change):
    assert code(check(changed(files()[name], change))) == "MALFORMED_PROOF"


def test_as_much_as_is_allowed_is_looked_at_and_found_wrong():
    def at_most(file):
        file["row"].update(cells=[None] * 4096, columns=["a"] * 4096, path=_PATH * 64)

    assert code(check(changed(files()["row"], at_most))) == "ROW_NOT_IN_THE_BATCH"
    many = json.loads(files()["entry"])["keys"] * 1024
    assert (
        code(check(changed(files()["entry"], lambda file: file.update(keys=many[:1024])))) == "MALFORMED_PROOF"
    )  # not in order
    long = changed(files()["decision"], lambda file: file["decision"].update(id="a" * 200))
    assert code(check(long)) == "DECISION_NOT_UNDER_THE_ENTRY"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "NOT_JSON"), (b"\xff", "NOT_JSON"), (b"[" * 100_000, "NOT_JSON"), (b'{"a":1,"a":1}', "NOT_JSON"), (b"1.5", "NOT_JSON"),
        (b"1" * 5000, "NOT_JSON"), (b"9007199254740992", "NOT_JSON"), (b'"\\ud800"', "NOT_JSON"), (b"[" * 30 + b"]" * 30, "TOO_DEEP"),
        (b"{}", "MALFORMED_PROOF"), (b" " * (8 * 1024 * 1024 + 1), "PROOF_TOO_LARGE"),
        (b"[" * 100_001 + b"{" * 100_000, "PROOF_TOO_LARGE"), (b"[" * 100_000 + b"{" * 100_000, "NOT_JSON"),
    ],
)  # fmt: skip
def test_what_is_no_proof_file_is_refused(content, expected):
    assert code(check(content)) == expected


def test_a_row_of_another_batch_and_a_decision_of_another_entry_are_refused():
    here = told()
    entry, row = here.record("statement"), here.row(3)
    assert code(check(of_entry(here.node, entry, row=row))) == "ROW_NOT_IN_THE_BATCH"
    assert code(check(of_entry(here.node, entry, decision=decision_proof()))) == "DECISION_NOT_UNDER_THE_ENTRY"
