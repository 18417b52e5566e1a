"""Decisions of a bank on a chain: what trace shows of it, what still replays, what a stranger can't reach."""

from __future__ import annotations

import inspect
from datetime import date
from pathlib import Path

import pytest

import kemiao.chain
import kemiao.data.lake
import kemiao.data.reading_room
from bank.chain_bank import DAY, at, chain_home, grant, join, on, revoke, say, shared
from chain.actors import ACME
from kemiao.bank.attesting import attest_missing, batch_key, leaf_path
from kemiao.bank.commands.assess import Request, assess
from kemiao.bank.commands.erase import erase
from kemiao.bank.commands.replay import replay
from kemiao.bank.commands.trace import trace
from kemiao.bank.outbox import flush
from kemiao.base.refusal import Refusal, Refused
from kemiao.chain.node import Accepted
from kemiao.credit.document import decision_id
from kemiao.data.lake import Facts, Lake
from kemiao.facts.permit import Permit
from little_bank import decided_home, put

AMOUNT = 7_654_321_00


@pytest.fixture
def home(tmp_path) -> Path:
    return chain_home(tmp_path / "home")


def invoices(count: int = 4) -> dict[str, list[dict[str, object]]]:
    return {
        "invoice": [
            {"invoice_no": f"{n}", "seller": ACME, "buyer": "foreign:x", "issued_on": date(2026, 1, 1 + n), "amount_fen": AMOUNT, "status": "normal", "red_letter": False}
            for n in range(count)
        ]
    }  # fmt: skip


@pytest.fixture
def decided(home):
    with at(home) as world:
        consent = grant(world)
        put(world, invoices(), companies=(ACME,), basis=f"consent:{consent}")
        attest_missing(world)
        answer = assess(world, Request((ACME,)))
        flush(world)
        yield world, consent, decision_id(answer.documents[0])


@pytest.mark.slow
def test_trace_shows_run_attestation_consent_reading_and_lineage(decided):
    world, consent, wanted = decided
    shown = trace(world, wanted, 5).chain
    assert shown["decision"]["index"] < shared(world).node.size()
    (attested,) = shown["attestations"]
    assert (attested["batch"], attested["author"], attested["contradicted"]) == (1, "bank-a", False)
    assert [(each["id"], each["state"]) for each in shown["consents"]] == [(consent, "standing")]
    assert [each["purpose"] for each in shown["readings"]] == ["credit_review"]
    assert {each["what"]: [event["event"] for event in each["events"]] for each in shown["lineage"]} == {
        "model": ["kept"], "policy": ["kept"], "law": ["kept"],
    }  # fmt: skip


@pytest.mark.slow
def test_a_check_that_contradicts_the_batch_is_shown(decided):
    world, _, wanted = decided
    (attested,) = trace(world, wanted, 0).chain["attestations"]
    body = {"attestation": attested["entry"], "verdict": "contradict", "evidence": None, "grounds": "not our invoices"}
    said = say(world, "check", "acme", subject=ACME, body=body, commitment="0" * 64)
    assert isinstance(said, Accepted), said
    (again,) = trace(world, wanted, 0).chain["attestations"]
    assert again["contradicted"]
    assert [check["checker"] for check in again["checks"]] == ["acme"]


@pytest.mark.slow
def test_after_a_revocation_the_decision_replays_and_its_rows_stay_shut(decided):
    world, consent, wanted = decided
    assert trace(world, wanted, 5).rows["invoice"]
    assert replay(world, wanted).rows == "identical"
    revoke(world, consent)
    shut = trace(world, wanted, 5)
    assert (shut.rows, shut.closed["code"]) == ({}, "CONSENT_REVOKED")
    again = replay(world, wanted)
    assert (again.result, again.rows) == ("identical", "closed")


@pytest.mark.slow
def test_of_all_companies_those_that_may_not_be_read_are_left_out_and_one_that_is_named_is_refused(tmp_path):
    decided_home(tmp_path / "home")
    join(tmp_path / "home")
    with at(tmp_path / "home") as world:
        consent = grant(world)
        put(world, invoices(), companies=(ACME,), basis=f"consent:{consent}")
        revoke(world, consent)
        every = assess(world, Request(None))
        assert [(company, why.code) for company, why in every.left_out] == [(ACME, "CONSENT_REVOKED")]
        assert len(every.documents) == 3
        assert shared(world).left_out[ACME].code == "CONSENT_REVOKED"
        named = assess(world, Request((ACME, every.documents[0]["company"])))
        assert isinstance(named, Refusal)
        assert named.code == "CONSENT_REVOKED"


@pytest.mark.slow
def test_batches_from_before_the_chain_are_attested_when_there_is_one(tmp_path):
    decided_home(tmp_path / "home")
    join(tmp_path / "home")
    with at(tmp_path / "home") as world:
        assert attest_missing(world) == 2
        assert attest_missing(world) == 0
        done = flush(world)
        assert done.refused == ()
        assert leaf_path(world, 1, "invoice").is_file()


@pytest.mark.slow
def test_an_erased_companys_batch_loses_the_key_of_its_salts(decided):
    world, _, _ = decided
    assert len(batch_key(world, 1, make=False)) == 32
    erase(world, ACME, "on request")
    with pytest.raises(KeyError):
        batch_key(world, 1, make=False)


@pytest.mark.slow
def test_a_consent_that_ends_shuts_the_rows_of_a_decision_too(home, decided):
    _, _, wanted = decided
    with at(home, on(date(2027, 1, 1))) as world:
        assert trace(world, wanted, 5).closed["code"] == "CONSENT_EXPIRED"


@pytest.mark.slow
def test_nothing_public_gives_rows_without_a_permit(decided):
    """Whatever the lake, its reading room and the chain offer: rows come from Lake.open alone, and only for a Permit."""
    world, _, _ = decided
    public = {name for name, _ in inspect.getmembers(Lake, inspect.isfunction) if not name.startswith("_")}
    writes = {"append", "remove", "update", "restore", "sweep", "close"}
    assert public - writes == {
        "open",
        "tables",
        "versions",
        "uris",
        "owners",
        "fact_ids",
    }  # a new one must be tried here too
    snapshot = world.log.snapshot()[1]
    secret = b"foreign:x"  # of a row
    told = [
        world.lake.tables(), world.lake.versions(), world.lake.uris("invoice", snapshot), world.lake.owners(snapshot),
        world.lake.fact_ids(None, "invoice", snapshot),
    ]  # fmt: skip
    assert all(secret.decode() not in repr(answer) for answer in told)
    for key in (None, (ACME,), {"subjects": (ACME,)}):
        with pytest.raises(AttributeError), world.lake.open(key, snapshot, None, DAY):
            pass
    with (
        pytest.raises(Refused, match="PERMIT_ENDED"),
        world.lake.open(
            Permit((ACME,), ("invoice",), "credit_review", date(2020, 1, 1), "reading"), snapshot, None, DAY
        ),
    ):
        pass
    with kemiao.data.reading_room.ReadingRoom({}).desk() as desk:
        assert desk.connection.execute("SELECT count(*) FROM invoice").fetchall() == [(0,)]
    node = shared(world).node
    everything = [record.envelope for record in node.records(0)] + [repr(pair).encode() for pair in node.scan("")]
    assert not any(secret in content or str(AMOUNT).encode() in content for content in everything)
    assert not any(inspect.isclass(value) and issubclass(value, Facts) for value in vars(kemiao.chain).values())
