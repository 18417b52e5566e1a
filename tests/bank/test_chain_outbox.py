"""Entries of ours: every one once, whatever dies in between; decisions and batches provable under what stands on the chain."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from bank.chain_bank import PASSPHRASE, at, chain_home, grant, join, shared
from chain.actors import ACME, chain, seeded
from kemiao.bank import intents
from kemiao.bank.attesting import batch_key, leaf_path
from kemiao.bank.commands.import_files import ImportFiles, import_files
from kemiao.bank.outbox import flush, waiting
from kemiao.bank.own_entries import decision_leaf
from kemiao.base import tree
from kemiao.base.refusal import Outage, Refusal, Refused
from kemiao.chain import receipt
from kemiao.chain.entry import Signed, open_envelope
from kemiao.chain.leaf_file import LeafFile
from kemiao.chain.node import Accepted, Submission
from kemiao.data.map import load_map
from little_bank import decided_home


@pytest.fixture
def home(tmp_path) -> Path:
    return chain_home(tmp_path / "home")


@pytest.fixture
def world(home):
    with at(home) as opened:
        yield opened


def statement(text: str = "x") -> dict[str, object]:
    return {"form": "statement", "statement": text}


def entries(world, kind: str) -> list[dict[str, object]]:
    records = shared(world).node.records(1)
    return [entry for entry in (json.loads(each.envelope)["entry"] for each in records) if entry["kind"] == kind]


def test_an_entry_of_ours_leaves_an_intent_an_effect_and_the_nodes_receipt(world):
    answer = shared(world).act("attestation", body=statement())
    assert isinstance(answer, Accepted)
    assert [event.kind for event in world.log.events()] == ["chain_intent", "chain_receipt", "chain_effect"]
    effect = world.log.last("chain_effect", ref=answer.id)
    assert (effect.public["index"], effect.public["at"]) == (answer.index, answer.at)
    assert answer.id in world.log.last("chain_receipt", ref=effect.public["receipt"]).public["text"]


def test_what_is_refused_takes_no_number_and_stops_none_of_the_others(world):
    drafts = [intents.EntryDraft("attestation", body=body) for body in (statement("a"), {"form": "?"}, statement("b"))]
    first, second, third = shared(world).act_many(drafts)
    assert isinstance(first, Accepted)
    assert isinstance(second, Refusal)
    assert isinstance(third, Accepted)
    assert [entry["sequence"] for entry in entries(world, "attestation")] == [1, 2]
    assert intents.unfinished(world.log) == []


@pytest.mark.parametrize("moment", ["before the submission", "after it"])
def test_a_bank_that_died_between_intent_and_effect_finishes_when_it_writes_next(home, monkeypatch, moment):
    class Died(BaseException):
        """Nothing catches it."""

    def die(*_: object) -> None:
        raise Died

    with at(home) as world:
        if moment == "after it":
            monkeypatch.setattr(intents, "end", die)
        else:
            monkeypatch.setattr("kemiao.chain.sqlite_node.SqliteNode.submit", die)
        with pytest.raises(Died):
            shared(world).act("attestation", body=statement("a"))
        monkeypatch.undo()
    with at(home) as world:
        assert len(intents.unfinished(world.log)) == 1
        shared(world).act("attestation", body=statement("b"))
        assert [entry["body"]["statement"] for entry in entries(world, "attestation")] == ["a", "b"]
        assert intents.unfinished(world.log) == []
        assert len(list(world.log.events("chain_effect"))) == 2
        assert world.log.broken_link() is None


def test_a_node_whose_receipt_does_not_hold_is_not_believed(world, monkeypatch):
    monkeypatch.setattr("kemiao.chain.receipt.write", lambda *_: '{"accepted":[]}')
    with pytest.raises(Outage, match="BAD_RECEIPT"):
        shared(world).act("attestation", body=statement())
    assert world.log.last("chain_effect") is None


@pytest.mark.parametrize("lie", [
    lambda own: Submission((Accepted(own, 1, 1, again=True),), None),
    lambda own: Submission((Accepted(own, 1, 1, again=True),), receipt.write(seeded("bank-a node"), chain(), [(1, 1, "0" * 64)])),
    lambda own: Submission((Accepted("0" * 64, 1, 1),), receipt.write(seeded("bank-a node"), chain(), [(1, 1, "0" * 64)])),
])  # fmt: skip
def test_a_node_that_drops_an_entry_cannot_call_it_accepted_without_a_receipt_for_it(world, monkeypatch, lie):
    def submit(_: object, envelopes: Sequence[bytes]) -> Submission:
        opened = open_envelope(envelopes[0])
        assert isinstance(opened, Signed)
        return lie(opened.id)

    monkeypatch.setattr("kemiao.chain.sqlite_node.SqliteNode.submit", submit)
    with pytest.raises(Outage, match="BAD_RECEIPT"):
        shared(world).act("attestation", body=statement())
    assert world.log.last("chain_effect") is None


@pytest.fixture
def decided(tmp_path):
    ids = decided_home(tmp_path / "home")
    join(tmp_path / "home")
    with at(tmp_path / "home") as world:
        yield world, ids


def test_a_flushed_outbox_is_empty_and_a_second_flush_submits_nothing(decided):
    world, _ = decided
    assert waiting(world) > 0
    done = flush(world)
    assert (done.refused, done.waiting) == ((), 0)
    size = shared(world).node.size()
    assert flush(world).anchored == 0
    assert shared(world).node.size() == size


def test_the_entry_of_a_run_proves_each_of_its_decisions(decided):
    world, ids = decided
    waits = decision_leaf(world, next(iter(ids.values())))
    assert isinstance(waits, Refusal)
    assert waits.code == "NOT_ANCHORED"
    flush(world)
    for decision_id in ids.values():
        entry, place, leaves = decision_leaf(world, decision_id)
        assert leaves[place].startswith(b"kemiao/decision\0" + decision_id.encode())
        body = next(each["body"] for each in entries(world, "decision"))
        hashes = [tree.leaf_hash(leaf) for leaf in leaves]
        assert tree.root(hashes).hex() == body["root"]
        assert shared(world).node.find(entry).index > 0


def test_a_crash_after_the_chain_has_it_anchors_it_once(decided, monkeypatch):
    world, _ = decided
    monkeypatch.setattr(intents, "end", lambda *_: (_ for _ in ()).throw(Outage("CUT", "断", "cut")))
    with pytest.raises(Outage):
        flush(world)
    monkeypatch.undo()
    size = shared(world).node.size()
    done = flush(world)
    assert done.finished > 0
    assert done.waiting == 0
    assert shared(world).node.size() == size
    assert len(entries(world, "decision")) == 1


def test_without_the_passphrase_what_waits_goes_on_waiting(tmp_path):
    decided_home(tmp_path / "home")
    join(tmp_path / "home")
    with at(tmp_path / "home", passphrase=None) as world, pytest.raises(Refused) as caught:
        flush(world)
    assert caught.value.refusal.code == "PASSPHRASE_NEEDED"
    with at(tmp_path / "home", passphrase=PASSPHRASE[::-1]) as world, pytest.raises(Refused) as caught:
        flush(world)
    assert caught.value.refusal.code == "WRONG_PASSPHRASE"
    with at(tmp_path / "home") as world:
        assert waiting(world) > 0


HEADER = "数电发票号码,销方识别号,销方名称,购方识别号,购买方名称,开票日期,金额,税额,价税合计,发票状态,是否正数发票"


def invoices(path: Path, seller: str = ACME, count: int = 3) -> Path:
    rows = [f"2431200000000000{n:04},{seller[5:]},甲,91110108MA01KPGK0L,乙,2026-02-01,1000.00,130.00,1130.00,正常,是" for n in range(count)]  # fmt: skip
    path.write_text("\n".join((HEADER, *rows)) + "\n", "utf-8")
    return path


def bring(world, path: Path, basis: str | None = None, **options: str):
    return import_files(world, ImportFiles(load_map("etax_invoices"), "etax_invoices", (path,), options, basis))


@pytest.mark.slow
def test_an_import_is_attested_under_a_root_of_which_every_row_can_be_proved(world, tmp_path):
    assert bring(world, invoices(tmp_path / "a.csv"), company=ACME).taken == 3
    flush(world)
    (attested,) = entries(world, "attestation")
    body = attested["body"]
    assert (attested["subject"], body["table"], body["count"]) == (ACME, "invoice", 3)
    leaves = LeafFile.open(leaf_path(world, 1, "invoice"))
    assert (leaves.root, leaves.count) == (body["root"], 3)
    assert len(batch_key(world, 1, make=False)) == 32


@pytest.mark.slow
def test_a_batch_under_a_consent_of_the_chain_is_about_its_company_alone(world, tmp_path):
    consent = grant(world)
    stranger = invoices(tmp_path / "b.csv", seller="uscc:91310000607213478L")
    with pytest.raises(Refused) as caught:
        bring(world, stranger, f"consent:{consent[:12]}")
    assert caught.value.refusal.code == "OTHER_COMPANY"
    assert world.log.last("import") is None
    assert bring(world, invoices(tmp_path / "a.csv"), f"consent:{consent[:12]}", company=ACME).taken == 3
    assert world.log.last("import").public["basis"] == f"consent:{consent}"


@pytest.mark.slow
def test_an_import_asks_whether_its_consent_stands_for_us_and_the_tables(world, tmp_path):
    file = invoices(tmp_path / "a.csv")
    for consent, code in (
        (grant(world, tables=["company"]), "TABLE_NOT_COVERED"), (grant(world, reader="bank-b"), "NOT_THE_READER"), ("0" * 64, "NO_SUCH_CONSENT"),
    ):  # fmt: skip
        answer = bring(world, file, f"consent:{consent}", company=ACME)
        assert isinstance(answer, Refusal)
        assert answer.code == code
    assert bring(world, file, "consent:20240717", company=ACME).taken == 3  # a paper's number may look like an id


def test_what_a_paper_is_called_does_not_go_to_the_chain(world, tmp_path):
    bring(world, invoices(tmp_path / "a.csv"), "consent:授权书-甲公司.pdf", company=ACME)
    flush(world)
    (attested,) = entries(world, "attestation")
    assert attested["basis"] == {"paper": "on file"}


def test_every_kind_that_the_bank_witnesses_becomes_an_entry(world):
    digest, before = "a" * 64, "b" * 64
    with world.log.write() as tx:
        for each in (
            {"kind": "model", "digest": digest}, {"kind": "model", "digest": digest, "event": "imported"},
            {"kind": "promotion", "model": digest, "before": before}, {"kind": "promotion", "model": None, "before": digest},
            {"kind": "retirement", "model": digest}, {"kind": "technology_reference", "digest": digest},
            {"kind": "model_watch", "model": digest, "digest": before},
        ):  # fmt: skip
            tx.witness(tx.append("something"), each)
    assert flush(world).refused == ()
    said = [(entry["body"]["what"], entry["body"]["event"]) for entry in entries(world, "lineage")]
    assert said == [
        ("model", "fitted"), ("model", "imported"), ("model", "promoted"), ("model", "promoted"), ("model", "retired"),
        ("technology_reference", "made"), ("model_watch", "watched"),
    ]  # fmt: skip
    assert [len(list(world.log.events("anchored"))), waiting(world)] == [7, 0]


def test_what_is_refused_for_what_it_says_waits_no_longer_and_what_for_our_standing_waits_on(world):
    with world.log.write() as tx:
        tx.witness(tx.append("something"), {"kind": "model", "digest": "no digest"})
        tx.witness(tx.append("something"), {"kind": "model", "digest": "a" * 64})
    done = flush(world)
    assert [refusal.code for refusal in done.refused] == ["MALFORMED_BODY"]
    assert (done.anchored, done.waiting) == (1, 0)
    with world.log.write() as tx:
        tx.witness(tx.append("something"), {"kind": "model", "digest": "b" * 64})
    shared(world).act("participant.suspend", body={"suspended": True})
    done = flush(world)
    assert [refusal.code for refusal in done.refused] == ["SUSPENDED"]
    assert done.waiting == 1
    shared(world).act("participant.suspend", body={"suspended": False})
    assert flush(world).anchored == 1


def test_two_that_flush_at_once_submit_everything_once(home):
    from concurrent.futures import ThreadPoolExecutor

    with at(home) as world, world.log.write() as tx:
        for number in range(20):
            tx.witness(tx.append("something"), {"kind": "model", "digest": f"{number:064x}"})

    def send(_: int) -> int:
        with at(home) as world:
            return flush(world).anchored

    with ThreadPoolExecutor(3) as pool:
        sent = list(pool.map(send, range(3)))
    assert sum(sent) == 20
    with at(home) as world:
        assert len(entries(world, "lineage")) == 20
        assert world.log.broken_link() is None


def test_two_that_act_at_once_are_numbered_without_holes(home):
    from concurrent.futures import ThreadPoolExecutor

    def act(number: int) -> bool:
        with at(home) as world:
            return isinstance(shared(world).act("attestation", body=statement(f"{number}")), Accepted)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(act, range(8)))
    with at(home) as world:
        assert [entry["sequence"] for entry in entries(world, "attestation")] == list(range(1, 9))
