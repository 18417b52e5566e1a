"""chain prove at the bank: rows of imports, and what a follower can prove."""

from __future__ import annotations

from pathlib import Path

import pytest

from bank.chain_bank import NOW, at, chain_home, grant, revoke, shared
from bank.test_chain_outbox import bring, invoices
from chain.actors import ACME, chain, genesis
from kemiao.bank.chain_link import NODE_FILE
from kemiao.bank.chain_side import ChainSettings, write_settings
from kemiao.bank.commands.erase import erase
from kemiao.bank.commands.prove import ProofMade, Prove, prove
from kemiao.bank.home import Home
from kemiao.bank.outbox import attestations, flush
from kemiao.base.refusal import Refusal, Refused
from kemiao.chain.following import Replica
from kemiao.chain.sqlite_node import SqliteNode
from kemiao_verify import verify


@pytest.fixture
def world(tmp_path: Path):
    with at(chain_home(tmp_path / "home")) as opened:
        yield opened


def code(answer):
    assert isinstance(answer, Refusal), answer
    return answer.code


def test_each_row_of_an_import_is_proved_alone_and_its_reading_is_told(world, tmp_path):
    assert bring(world, invoices(tmp_path / "a.csv"), company=ACME).taken == 3
    flush(world)
    (entry,) = attestations(world, 1)
    numbers = []
    for row in range(3):
        made = prove(world, Prove(entry, row))
        assert isinstance(made, ProofMade), made
        cells = dict(verify(made.content, shared(world).chain)["row"]["cells"])
        assert cells["seller"] == ACME
        numbers.append(cells["invoice_no"])
        readings = list(world.log.events("reading"))
        assert (len(readings), readings[-1].public["purpose"]) == (row + 1, "trace")
    assert numbers == ["24312000000000000000", "24312000000000000001", "24312000000000000002"]
    assert code(prove(world, Prove(entry, 3))) == "NO_SUCH_ROW"


def test_a_row_of_a_company_that_withdrew_its_consent_is_shown_to_nobody(world, tmp_path):
    consent = grant(world)
    assert bring(world, invoices(tmp_path / "a.csv"), f"consent:{consent}", company=ACME).taken == 3
    flush(world)
    (entry,) = attestations(world, 1)
    assert isinstance(prove(world, Prove(entry, 1)), ProofMade)
    revoke(world, consent)
    with pytest.raises(Refused) as caught:
        prove(world, Prove(entry, 1))
    assert caught.value.refusal.code == "CONSENT_REVOKED"
    assert isinstance(prove(world, Prove(entry)), ProofMade)  # the entry alone shows no payload
    assert isinstance(prove(world, Prove(entry, 1, to_company=True)), ProofMade)  # its own rows are its right
    assert [event.public["purpose"] for event in world.log.events("reading")] == ["trace", "subject_access"]


def test_rows_of_what_is_no_batch_or_not_kept_here_are_refused(world, tmp_path):
    answer = shared(world).act("attestation", body={"form": "statement", "statement": "x"})
    assert code(prove(world, Prove(answer.id, 0))) == "NOT_A_BATCH"
    bring(world, invoices(tmp_path / "a.csv"), company=ACME)
    flush(world)
    (entry,) = attestations(world, 1)
    for file in (world.home.chain / "batches").iterdir():
        file.unlink()
    assert code(prove(world, Prove(entry, 0))) in ("NO_LEAF_FILE", "NOT_KEPT_HERE")


def test_a_row_that_was_changed_by_an_erasure_is_not_shown_any_more(world, tmp_path):
    bring(world, invoices(tmp_path / "a.csv"), company=ACME)
    flush(world)
    (entry,) = attestations(world, 1)
    made = prove(world, Prove(entry, 1))
    assert isinstance(made, ProofMade)
    erase(world, "uscc:91110108MA01KPGK0L", "征信业管理条例 16")  # the buyer on every invoice
    assert code(prove(world, Prove(entry, 1))) == "ROW_ERASED"
    assert verify(made.content)["row"]["number"] == 1  # what was shown before stays proved


def test_a_follower_proves_under_the_newest_signed_head_that_it_keeps(world, tmp_path):
    answer = shared(world).act("attestation", body={"form": "statement", "statement": "x"})
    root = chain_home(tmp_path / "other")
    home = Home(root)
    (home.chain / NODE_FILE).unlink()
    for left in home.chain.glob(f"{NODE_FILE}*"):
        left.unlink()
    own = SqliteNode.create(home.chain / NODE_FILE, genesis(), NOW)
    write_settings(home, ChainSettings("acme", chain(), "follow", "https://node.example:8421"))
    with at(root) as follower:
        assert code(prove(follower, Prove("0"))) == "HEAD_NOT_SIGNED"
    Replica(home.chain, own, shared(world).node).sync()
    own.close()
    with at(root) as follower:
        made = prove(follower, Prove(answer.id))
        assert isinstance(made, ProofMade)
        said = verify(made.content, chain())
        assert (said["entry"]["id"], said["head"]["signed_by"][0]["participant"]) == (answer.id, "bank-a")
