"""A follower against nodes that are honest, behind, forgetful, forked and lying."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chain.actors import cast, genesis, seeded, signed
from chain.plain_node import PlainNode
from kemiao.base.clock import FixedClock
from kemiao.base.refusal import Outage, Refusal
from kemiao.chain import evidence, following
from kemiao.chain.following import Replica, Synced
from kemiao.chain.node_keys import node_keys
from kemiao.chain.rules.participants import added_key_bytes
from kemiao.chain.sqlite_node import SqliteNode

LATER = FixedClock(datetime(2027, 1, 1, tzinfo=UTC))


def note(number: int, author: str = "bank-a", sequence: int | None = None, suite: str = "ed25519") -> bytes:
    body = {"what": "model", "digest": f"{number:064x}", "event": "fitted", "before": None}
    return signed("lineage", author, sequence=sequence or number, body=body, suite=suite)


def forged() -> bytes:
    """Under the author's name and key, signed by somebody else."""
    from chain.actors import entry
    from kemiao.chain.entry import envelope, signed_bytes

    made = entry("lineage", "bank-a", sequence=3, body={"what": "model", "digest": "0" * 64, "event": "fitted", "before": None})  # fmt: skip
    return envelope(made, seeded("a stranger").sign(signed_bytes(made.id())))


def grown(count: int, node: PlainNode | None = None) -> PlainNode:
    node = node or PlainNode()
    start = node.size()
    for number in range(start, start + count):
        assert not isinstance(node.submit([note(number)]).results[0], Refusal)
    return node


@pytest.fixture
def replica(tmp_path: Path):
    opened: list[SqliteNode] = []

    def make(node: PlainNode, suite: str = "ed25519") -> Replica:
        own = SqliteNode.create(tmp_path / f"node-{len(opened)}.db", genesis(suite), LATER)
        opened.append(own)
        return Replica(tmp_path, own, node)

    yield make
    for own in opened:
        own.close()


def code(answer: Synced | Refusal) -> str:
    return answer.code if isinstance(answer, Refusal) else "SYNCED"


def kept_evidence(folder: Path) -> list[dict[str, object]]:
    return [json.loads(path.read_text()) for path in sorted((folder / "evidence").glob("*.json"))]


def test_a_follower_has_what_the_node_has_and_follows_on(replica, monkeypatch):
    monkeypatch.setattr(following, "CHUNK", 4)
    node = grown(11)
    copy_ = replica(node)
    seen: list[tuple[int, int]] = []
    assert copy_.sync(lambda done, total: seen.append((done, total))) == Synced(1, 12, node.checkpoint())
    assert seen[0] == (1, 12)
    assert seen[-1] == (12, 12)
    assert copy_.own.records(0) == node.records(0)
    assert copy_.own.scan("") == node.scan("")
    grown(3, node)
    assert copy_.sync() == Synced(12, 15, node.checkpoint())
    assert copy_.sync() == Synced(15, 15, node.checkpoint())
    head, text = copy_.last_head()
    assert (head.size, text) == (15, node.checkpoint())


def test_the_other_suite_is_followed_alike(replica):
    node = PlainNode(suite="sm2")
    node.submit([note(1, suite="sm2")])
    assert code(replica(node, "sm2").sync()) == "SYNCED"


def test_a_node_that_dates_entries_far_ahead_does_not_end_our_consents_with_them(replica, tmp_path):
    node = grown(3)
    day = 86_400_000
    node.at = int(LATER.now().timestamp() * 1000) + day  # a clock that is off by hours is no lie
    grown(1, node)
    copy_ = replica(node)
    assert code(copy_.sync()) == "SYNCED"
    node.at += 366 * day
    grown(1, node)
    assert code(copy_.sync()) == "TIME_AHEAD"
    assert copy_.own.size() == 5
    assert not (tmp_path / "evidence").exists()  # nobody else could check it


def test_two_histories_under_one_key_are_a_fork_and_the_file_of_evidence_proves_it(replica, tmp_path):
    node = grown(5)
    copy_ = replica(node)
    copy_.sync()
    other = grown(2)
    other.at = other.stage.at + 1
    grown(6, other)
    copy_._node = other
    before = copy_.own.size()
    assert code(copy_.sync()) == "FORK_DETECTED"
    assert copy_.own.size() == before
    (found,) = kept_evidence(tmp_path)
    keys = node_keys(copy_.own)
    assert evidence.check(found, keys) == "fork"
    # It is proof against the holder of that key, and nobody else; and what was changed in it proves nothing.
    stranger = seeded("a stranger")
    assert isinstance(evidence.check(found, [(stranger.suite, stranger.public)]), Refusal)
    for spoilt in (
        {**found, "leaves": [found["leaves"][0], found["leaves"][0]]},
        {**found, "heads": [found["heads"][0], found["heads"][0]]},
        {**found, "leaves": None},
        {**found, "chain": "0" * 64},
        {**found, "what": "dropped"},
        {},
        [],
        None,
    ):
        assert isinstance(evidence.check(spoilt, keys), Refusal)
    copy_._node = node  # the honest one again
    assert code(copy_.sync()) == "SYNCED"


def test_a_fork_of_the_same_length_is_found(replica, tmp_path):
    node = grown(3)
    copy_ = replica(node)
    copy_.sync()
    other = grown(2)
    other.at = other.stage.at + 7
    copy_._node = grown(1, other)
    assert code(copy_.sync()) == "FORK_DETECTED"
    assert evidence.check(kept_evidence(tmp_path)[0], node_keys(copy_.own)) == "fork"


def test_a_shorter_fork_is_a_fork_and_a_shorter_history_went_back(replica):
    node = grown(6)
    copy_ = replica(node)
    copy_.sync()
    copy_._node = grown(3)
    assert code(copy_.sync()) == "NODE_WENT_BACK"
    other = grown(1)
    other.at = other.stage.at + 7
    copy_._node = grown(2, other)
    assert code(copy_.sync()) == "FORK_DETECTED"


def test_a_head_once_seen_binds_the_node_even_if_we_stopped_before_its_records(replica):
    """The head is kept first; then the machine stops. The node may not come back with another history."""
    node = grown(5)
    copy_ = replica(node)
    node.records = _raising(Outage("NODE_UNREACHABLE", "", ""))
    with pytest.raises(Outage):
        copy_.sync()
    assert copy_.own.size() == 1
    other = grown(2)
    other.at = other.stage.at + 7
    copy_._node = grown(9, other)
    assert code(copy_.sync()) == "FORK_DETECTED"
    copy_._node = grown(4, grown(5))
    assert code(copy_.sync()) == "SYNCED"


def test_a_node_can_lie_about_the_state_but_not_to_a_follower(replica):
    node = grown(2)
    node.get = lambda key: {"name": "nobody", "keys": {}, "suspended": None}
    node.scan = lambda *_: []
    copy_ = replica(node)
    assert code(copy_.sync()) == "SYNCED"
    assert copy_.own.get("participant/acme")["name"] == "Acme"


def test_an_altered_record_is_not_taken(replica):
    node = grown(4)
    honest = node.records
    node.records = lambda start, limit=1000: [
        replace(row, at=row.at + 1) if row.index == 3 else row for row in honest(start, limit)
    ]
    copy_ = replica(node)
    assert code(copy_.sync()) == "RECORDS_DIFFER"
    assert copy_.own.size() == 1


def test_another_envelope_under_a_true_id_is_named(replica):
    node = grown(4)
    honest = node.records
    node.records = lambda start, limit=1000: [
        replace(row, envelope=note(77, sequence=3)) if row.index == 3 else row for row in honest(start, limit)
    ]
    answer = replica(node).sync()
    assert code(answer) == "BAD_RECORD"
    assert dict(answer.where)["index"] == "3"


@pytest.mark.parametrize(
    ("content", "because"),
    [
        (lambda: note(3, author="acme", sequence=7), "SEQUENCE_GAP"),
        (forged, "BAD_SIGNATURE"),
        (lambda: signed("no.kind", "bank-a", sequence=3), "NO_SUCH_KIND"),
    ],
)
def test_a_record_that_the_rules_refuse_is_named_and_kept_though_the_node_signed_for_it(
    replica, tmp_path, content, because
):
    from kemiao.chain.entry import open_envelope
    from kemiao.chain.node import Record

    node = grown(2)
    stage = node.stage
    envelope = content()
    stage.records.append(Record(3, stage.at, open_envelope(envelope).id, envelope))
    copy_ = replica(node)
    answer = copy_.sync()
    assert code(answer) == "BAD_RECORD"
    where = dict(answer.where)
    assert (where["index"], where["because"]) == ("3", because)
    (found,) = kept_evidence(tmp_path)
    assert evidence.check(found, node_keys(copy_.own)) == "bad_record"
    assert copy_.own.size() == 3  # those before it stand


def test_records_that_are_held_back_are_named(replica):
    node = grown(4)
    node.records = lambda start, limit=1000: []
    assert code(replica(node).sync()) == "RECORDS_WITHHELD"


def test_a_head_by_another_key_or_of_another_chain_is_refused(replica):
    node = grown(2)
    node.signer = seeded("a stranger")
    assert code(replica(node).sync()) == "HEAD_NOT_SIGNED"
    node.signer = cast()["bank-a"].signers["entries"]  # a participant's, but not for this
    assert code(replica(node).sync()) == "HEAD_NOT_SIGNED"
    node = grown(2)
    node.chain = "0" * 64
    text = node.checkpoint()
    node.checkpoint = lambda: text
    node.chain = grown(0).chain
    assert code(replica(node).sync()) == "OTHER_CHAIN"


def test_an_altered_head_is_refused(replica):
    node = grown(2)
    text = node.checkpoint()
    node.checkpoint = lambda: text.replace("\n3\n", "\n2\n")
    assert code(replica(node).sync()) == "HEAD_BADLY_SIGNED"
    node.checkpoint = lambda: text[:40]
    assert isinstance(replica(node).sync(), Refusal)


def test_a_node_may_change_its_key_and_is_still_followed(replica):
    node = grown(2)
    copy_ = replica(node)
    copy_.sync()
    rotate(node, "bank-a", old=cast()["bank-a"].signers["node"], new=seeded("bank-a node, the second"), sequence=3)
    grown_with(node, 4)
    assert code(copy_.sync()) == "SYNCED"
    assert code(replica(node).sync()) == "SYNCED"  # one that begins now
    # The old key signs nothing any more.
    node.signer = cast()["bank-a"].signers["node"]
    grown_with(node, 5)
    assert code(copy_.sync()) == "HEAD_NOT_SIGNED"


def test_a_new_key_counts_only_if_its_owner_says_so(replica):
    """Somebody serves a rotation that the owner did not sign, and a head by the key that it brings."""
    node = grown(2)
    copy_ = replica(node)
    copy_.sync()
    new = seeded("of a thief")
    envelope = rotation("bank-a", cast()["bank-a"].signers["node"], new, 3, by=seeded("of a thief, for keys"))
    from kemiao.chain.entry import open_envelope
    from kemiao.chain.node import Record

    node.stage.records.append(Record(3, node.stage.at, open_envelope(envelope).id, envelope))
    node.signer = new
    assert code(copy_.sync()) == "HEAD_NOT_SIGNED"


def test_a_dropped_entry_is_shown_by_its_receipt(replica, tmp_path):
    node = grown(3)
    promised = node.submit([note(1, "acme"), note(2, "acme")]).receipt
    forgot = grown(3)
    forgot.at = forgot.stage.at + 5
    grown(4, forgot)
    copy_ = replica(forgot)
    copy_.sync()
    path = copy_.dropped(promised)
    assert isinstance(path, Path)
    found = json.loads(path.read_text())
    assert evidence.check(found, node_keys(copy_.own)) == "dropped"
    spoilt = copy.deepcopy(found)
    spoilt["leaves"][0]["at"] += 1
    assert isinstance(evidence.check(spoilt, node_keys(copy_.own)), Refusal)


def test_a_kept_promise_leaves_no_evidence(replica, tmp_path):
    node = grown(3)
    promised = node.submit([note(1, "acme")]).receipt
    copy_ = replica(node)
    assert copy_.dropped(promised).code == "NOT_THERE_YET"
    copy_.sync()
    assert copy_.dropped(promised) is None
    assert not (tmp_path / "evidence").exists()
    assert copy_.dropped(promised.replace("1", "2", 1)).code in ("RECEIPT_BADLY_SIGNED", "MALFORMED_RECEIPT")
    assert copy_.dropped("{}").code == "MALFORMED_RECEIPT"


def test_a_torn_line_of_the_heads_hides_none_of_the_others(replica, tmp_path):
    node = grown(2)
    copy_ = replica(node)
    copy_.sync()
    with (tmp_path / "heads.jsonl").open("ab") as file:
        file.write(b'"kemiao.chain/half of a li')
    assert copy_.last_head()[0].size == 3
    grown(1, node)
    copy_.sync()
    assert copy_.last_head()[0].size == 4


def rotation(participant: str, old, new, sequence: int, by=None) -> bytes:
    from chain.actors import chain
    from kemiao.chain.genesis import key_card

    card = key_card(new, ["node"])
    proof = new.sign(added_key_bytes(chain(), participant, card)).hex()
    body = {"retire": old.key_id, "add": {**card, "proof": proof}, "distrusted_from": None}
    return signed("key.rotate", participant, sequence=sequence, purpose="keys", body=body, signer=by)


def rotate(node: PlainNode, participant: str, old, new, sequence: int) -> None:
    (result,) = node.submit([rotation(participant, old, new, sequence)]).results
    assert not isinstance(result, Refusal), result
    node.signer = new


def grown_with(node: PlainNode, sequence: int) -> None:
    assert not isinstance(node.submit([note(sequence)]).results[0], Refusal)


def _raising(error: Exception):
    def raising(*_: object) -> None:
        raise error

    return raising
