"""What every node must do, whoever runs it. A module of tests gives `start`, a function that starts a fresh node of the test chain with
bank-a's node key, and takes the suite in: `class TestMine(NodeSuite)`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from chain.actors import ACME, START, Stage, cast, chain, entry, genesis, seeded, signed
from kemiao.base import tree
from kemiao.base.canonical import canonical_bytes
from kemiao.base.refusal import Refusal
from kemiao.chain import checkpoint, receipt
from kemiao.chain.entry import ENVELOPE_BYTES, envelope, leaf, open_envelope, signed_bytes
from kemiao.chain.node import Accepted, Node
from kemiao.chain.rules.participants import added_key_bytes

Start = Callable[[], Node]
ORDER = 2**252 + 27742317777372353535851937790883648493  # of the group of Ed25519


def model(author: str, sequence: int, number: int = 0, **parts: Any) -> bytes:
    """An entry that is always welcome."""
    body = {"what": "model", "digest": f"{number or sequence:064x}", "event": "fitted", "before": None}
    return signed("lineage", author, sequence=sequence, body=body, **parts)


def codes(node: Node, *envelopes: bytes) -> list[str]:
    """'ok', 'again', or the code of the refusal."""
    return [
        one.code if isinstance(one, Refusal) else "again" if one.again else "ok"
        for one in node.submit(envelopes).results
    ]


def node_key() -> tuple[str, bytes]:
    key = cast()["bank-a"].signers["node"]
    return key.suite, key.public


class NodeSuite:
    @pytest.fixture
    def node(self, start: Start) -> Node:
        return start()

    def test_a_new_node_holds_the_genesis_alone(self, node):
        assert node.chain == chain()
        assert node.size() == 1
        (record,) = node.records(0)
        assert (record.index, record.at, record.id, record.envelope) == (0, START, chain(), canonical_bytes(genesis()))
        assert node.get("chain") == chain()
        assert node.get("participant/bank-a")["roles"] == ["bank"]
        assert node.get("participant/nobody") is None

    def test_entries_come_back_as_they_were_sent(self, node):
        sent = [model("bank-a", 1), model("bank-b", 1), model("bank-a", 2)]
        results = node.submit(sent).results
        assert [one.index for one in results] == [1, 2, 3]
        assert [record.envelope for record in node.records(1)] == sent
        assert [record.envelope for record in node.records(2, 1)] == [sent[1]]
        assert node.records(4) == []
        assert node.find(results[1].id).envelope == sent[1]
        assert node.find("0" * 64) is None
        assert node.by_sequence("bank-a", 2).id == results[2].id
        assert node.by_sequence("bank-a", 3) is None
        assert node.get("sequence/bank-a") == 2

    def test_time_never_runs_back(self, node):
        node.submit([model("bank-a", 1)])
        node.submit([model("bank-a", 2)])
        times = [record.at for record in node.records(0)]
        assert times == sorted(times)

    def test_the_state_is_scanned_in_the_order_of_its_keys(self, node):
        names = [key for key, _ in node.scan("participant/")]
        assert names == sorted(f"participant/{name}" for name in cast())
        assert [key for key, _ in node.scan("participant/", "participant/bank-a", 2)] == [
            "participant/bank-b",
            "participant/bolt",
        ]
        assert node.scan("participant/zzz") == []

    def test_a_receipt_names_what_was_accepted_and_is_signed(self, node):
        submission = node.submit([model("bank-a", 1), b"nonsense", model("bank-b", 1)])
        read = receipt.read(submission.receipt)
        assert receipt.check(read, [node_key()]) is None
        taken = [one for one in submission.results if isinstance(one, Accepted)]
        assert list(read.accepted) == [(one.index, one.at, one.id) for one in taken]
        assert read.chain == chain()
        assert node.submit([b"nonsense"]).receipt is None
        assert node.submit([]).results == ()

    def test_the_head_is_signed_and_grows_consistently(self, node):
        sizes = [1, 2, 3, 7, 40]
        heads = {}
        for size in sizes:
            while node.size() < size:
                node.submit([model("bank-a", node.size())])
            heads[size] = checkpoint.verified(node.checkpoint(), [node_key()])
            assert (heads[size].size, heads[size].chain) == (size, chain())
        for old in sizes:
            for new in sizes[sizes.index(old) :]:
                path = node.consistency(old, new)
                assert tree.check_consistency(old, new, heads[old].root, heads[new].root, path)
        for record in node.records(0):
            hash_ = tree.leaf_hash(leaf(record.at, record.id))
            path = node.inclusion(record.index, 40)
            assert tree.check_inclusion(hash_, record.index, 40, path, heads[40].root)
            assert not tree.check_inclusion(hash_, record.index, 40, path, heads[7].root)

    def test_the_same_entry_again_is_one(self, node):
        first = model("bank-a", 1)
        (accepted,) = node.submit([first]).results
        submission = node.submit([first, first])
        assert [(one.again, one.index, one.at) for one in submission.results] == [
            (True, accepted.index, accepted.at)
        ] * 2
        assert receipt.check(receipt.read(submission.receipt), [node_key()]) is None
        assert codes(node, model("bank-b", 1), model("bank-b", 1)) == ["ok", "again"]
        assert node.size() == 3

    def test_another_entry_under_a_used_number_is_refused(self, node):
        assert codes(node, model("bank-a", 1), model("bank-a", 1, 7)) == ["ok", "SEQUENCE_USED"]
        assert codes(node, model("bank-a", 1, 7)) == ["SEQUENCE_USED"]

    def test_entries_out_of_their_order_are_refused(self, node):
        assert codes(node, model("bank-a", 2), model("bank-a", 1)) == ["SEQUENCE_GAP", "ok"]
        assert codes(node, model("bank-a", 2)) == ["ok"]

    def test_one_refused_entry_stops_nobody_else(self, node):
        sent = [model("bank-a", 1), b"{", model("bank-b", 1), model("bank-a", 3), model("acme", 1)]
        assert codes(node, *sent) == ["ok", "NOT_JSON", "ok", "SEQUENCE_GAP", "ok"]
        assert node.size() == 4

    def test_an_altered_entry_is_refused(self, node):
        content = model("bank-a", 1)
        altered = content.replace(b'"fitted"', b'"kept"')
        assert codes(node, altered) == ["BAD_SIGNATURE"]
        assert node.size() == 1

    def test_a_signature_by_a_stranger_is_refused(self, node):
        made = entry("lineage", "bank-a", sequence=1, body={"what": "model", "digest": "0" * 64, "event": "fitted", "before": None})  # fmt: skip
        stranger = envelope(made, seeded("a stranger").sign(signed_bytes(made.id())))
        assert codes(node, stranger) == ["BAD_SIGNATURE"]
        own_key = model("bank-a", 1, signer=seeded("a stranger"))
        assert codes(node, own_key) == ["FOREIGN_KEY"]
        others_key = model("bank-a", 1, signer=cast()["bank-b"].signers["entries"])
        assert codes(node, others_key) == ["FOREIGN_KEY"]

    def test_a_signature_made_for_another_use_is_refused(self, node):
        made = entry("lineage", "bank-a", sequence=1, body={"what": "model", "digest": "0" * 64, "event": "fitted", "before": None})  # fmt: skip
        key = cast()["bank-a"].signers["entries"]
        for message in (bytes.fromhex(made.id()), b"kemiao/signature/receipt\0" + bytes.fromhex(made.id())):
            assert codes(node, envelope(made, key.sign(message))) == ["BAD_SIGNATURE"]

    def test_a_malleable_signature_is_refused(self, node):
        signed_one = open_envelope(model("bank-a", 1))
        r, s = signed_one.signature[:32], int.from_bytes(signed_one.signature[32:], "little")
        twin = r + (s + ORDER).to_bytes(32, "little")
        assert codes(node, envelope(signed_one.entry, twin)) == ["BAD_SIGNATURE"]

    def test_a_retired_key_signs_nothing_new(self, node):
        keys, new = cast()["bank-a"].signers["keys"], seeded("bank-a second")
        old = cast()["bank-a"].signers["entries"].key_id
        from kemiao.chain.genesis import key_card

        card = key_card(new, ["entries"])
        proof = new.sign(added_key_bytes(chain(), "bank-a", card)).hex()
        rotate = signed(
            "key.rotate", "bank-a", sequence=2, signer=keys,
            body={"retire": old, "add": {**card, "proof": proof}, "distrusted_from": None},
        )  # fmt: skip
        # In one group: the new key signs at once, the old one no longer; what it signed before stays.
        sent = [model("bank-a", 1), rotate, model("bank-a", 3), model("bank-a", 3, signer=new)]
        assert codes(node, *sent) == ["ok", "ok", "KEY_RETIRED", "ok"]
        assert codes(node, model("bank-a", 4), model("bank-a", 1)) == ["KEY_RETIRED", "again"]

    def test_a_suspended_participant_says_nothing(self, node):
        suspend = signed("participant.suspend", "bank-a", sequence=1, purpose="keys", body={"suspended": True})
        assert codes(node, suspend, model("bank-a", 2), model("bank-b", 1)) == ["ok", "SUSPENDED", "ok"]

    def test_two_spellings_of_one_entry_are_refused(self, node):
        content = model("bank-a", 1)
        value = json.loads(content)
        for other in (
            json.dumps(value).encode(),
            content + b"\n",
            content.replace(b'"sequence":1', b'"sequence":1.0'),
            content.replace(b'"fitted"', b'"\\u0066itted"'),
            content.replace(b'"kind":"lineage"', b'"kind":"lineage","kind":"lineage"'),
            content.replace(b'"signature":"', b'"signature":"AA'),
        ):
            assert codes(node, other)[0] in ("NOT_JSON", "NOT_CANONICAL", "MALFORMED_ENTRY")
        assert node.size() == 1

    def test_huge_and_deep_json_is_refused_at_once(self, node):
        huge = canonical_bytes({"entry": "x" * ENVELOPE_BYTES, "signature": "0" * 128})
        deep = b'{"entry":' + b"[" * 60_000 + b"]" * 60_000 + b"}"
        assert codes(node, huge) == ["ENTRY_TOO_LARGE"]
        assert codes(node, deep[: ENVELOPE_BYTES - 1]) == ["TOO_DEEP"]

    def test_an_entry_of_another_chain_is_refused(self, node):
        assert codes(node, model("bank-a", 1, suite="sm2"))[0] in ("OTHER_CHAIN", "FOREIGN_KEY")

    def test_many_at_once_are_checked_like_few(self, node):
        sent = [model("bank-a", sequence) for sequence in range(1, 301)]
        sent[100] = sent[100].replace(b'"fitted"', b'"kept"')
        sent[150] = b"[]"
        told = codes(node, *sent)
        assert told[:100] == ["ok"] * 100
        assert told[100] == "BAD_SIGNATURE"
        assert told[150] == "MALFORMED_ENTRY"
        assert set(told[101:150] + told[151:]) == {"SEQUENCE_GAP"}
        assert node.size() == 101

    def test_two_at_the_same_moment_get_one_place_each(self, node):
        """Two banks register at once, and two processes of one author use the same number."""
        told: dict[str, list[str]] = {}
        barrier = threading.Barrier(4)

        def send(name: str, content: bytes) -> None:
            barrier.wait()
            told[name] = codes(node, content)

        sent = {"a": model("bank-a", 1, 1), "a again": model("bank-a", 1, 2), "b": model("bank-b", 1), "c": model("acme", 1)}  # fmt: skip
        threads = [threading.Thread(target=send, args=item) for item in sent.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert told["b"] == told["c"] == ["ok"]
        assert sorted(told["a"] + told["a again"]) == ["SEQUENCE_USED", "ok"]
        assert node.size() == 4

    def test_its_state_is_that_of_the_rules(self, node):
        """Against the state machine over a plain dict."""
        stage = Stage()
        stage.accepted(
            "consent.grant", "acme", subject=ACME,
            body={"reader": "bank-a", "tables": ["invoice"], "purposes": ["credit_review"], "from": "2026-01-01",
                  "until": "2027-12-31", "may_pass_on": False, "queries": 5, "accounts": None, "ask": False, "notice": None},
        )  # fmt: skip
        for name in ("bank-a", "bank-b", "bank-a"):
            stage.accepted("lineage", name, body={"what": "model", "digest": f"{stage.at:064x}", "event": "fitted", "before": None})  # fmt: skip
        assert set(codes(node, *[record.envelope for record in stage.records[1:]])) == {"ok"}
        wanted = json.loads(canonical_bytes(stage.state.values))
        found: dict[str, Any] = {}
        while page := node.scan("", max(found, default=""), 7):
            found |= dict(page)
        assert found.keys() == wanted.keys()
        timeless = {key for key in wanted if "/" not in key or key.split("/")[0] in ("participant", "sequence", "key", "company")}  # fmt: skip
        assert {key: found[key] for key in timeless} == {key: wanted[key] for key in timeless}
