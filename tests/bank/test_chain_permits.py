"""Permits from the chain: what consents open, and everything that they don't."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bank.chain_bank import DAY, at, chain_home, grant, on, revoke, say, shared
from chain.actors import ACME, BOLT
from kemiao.bank.chain_side import ChainSettings, write_settings
from kemiao.bank.commands.import_files import ImportFiles, import_files
from kemiao.bank.commands.quarantine import export, retry, waiting_list
from kemiao.bank.home import Home
from kemiao.bank.import_consent import consented
from kemiao.bank.outbox import flush
from kemiao.bank.permits import permit, receipt
from kemiao.base.refusal import Refusal, Refused
from kemiao.chain.views import readings
from kemiao.data.map import load_map
from kemiao.facts.permit import Told
from little_bank import put

ROWS = {
    "bank_transaction": [
        {"company": ACME, "account": account, "transaction_no": f"{account}-{n}", "booked_on": date(2026, 2, n), "amount_fen": n}
        for account in ("1234", "5678")
        for n in (1, 2)
    ]
}  # fmt: skip
OWN = {"company": [{"company": BOLT, "name": None, "registered_on": date(2020, 1, 1)}]}


@pytest.fixture
def home(tmp_path) -> Path:
    return chain_home(tmp_path / "home")


@pytest.fixture
def world(home):
    with at(home) as opened:
        yield opened


def amounts(world, given) -> int:
    with world.lake.open(given, world.log.snapshot()[1], None, world.clock.today()) as facts:
        return facts.sql('SELECT count(*) AS n FROM "bank_transaction"')["n"][0].as_py()


def refused(world, *companies: str, purpose: str = "credit_review") -> str:
    with pytest.raises(Refused) as caught:
        permit(world, companies or (ACME,), purpose)
    return caught.value.refusal.code


def test_a_consent_opens_its_tables_and_each_reading_is_counted_and_receipted_on_the_chain(world):
    consent = grant(world)
    put(world, ROWS, companies=(ACME,), basis=f"consent:{consent}")
    given = permit(world, (ACME,), "credit_review")
    assert amounts(world, given) == 4
    (seen,) = readings(shared(world).node, ACME)
    assert [(one.company, one.entry) for one in given.readings] == [(ACME, seen["id"])]
    assert (seen["reader"], seen["purpose"], seen["tables"], seen["consent"]) == ("bank-a", "credit_review", ["bank_transaction"], consent)  # fmt: skip
    assert shared(world).node.get(f"consent/{consent}")["used"] == 1
    with world.log.write() as tx:
        receipt(tx, given)
    assert world.log.last("reading").public["entries"] == [seen["id"]]
    kept = world.log.last("chain_effect", ref=seen["id"]).public["receipt"]
    assert seen["id"] in world.log.last("chain_receipt", ref=kept).public["text"]


def test_a_revoked_consent_opens_nothing_and_nothing_is_submitted(world):
    consent = grant(world)
    put(world, ROWS, companies=(ACME,), basis=f"consent:{consent}")
    revoke(world, consent)
    size = shared(world).node.size()
    assert refused(world) == "CONSENT_REVOKED"
    assert shared(world).node.size() == size


def test_a_consent_that_ended_begins_later_or_is_for_another_purpose_opens_nothing(home):
    with at(home) as world:
        put(world, ROWS, companies=(ACME,), basis=f"consent:{grant(world, until='2026-06-30')}")
        assert refused(world, purpose="model_fitting") == "PURPOSE_NOT_COVERED"
    with at(home, on(date(2026, 7, 1))) as world:
        assert refused(world) == "CONSENT_EXPIRED"


def test_a_consent_that_begins_later_opens_nothing_yet(world):
    put(world, ROWS, companies=(ACME,), basis=f"consent:{grant(world, **{'from': '2026-04-01'})}")
    assert refused(world) == "CONSENT_NOT_YET"


def test_a_consent_for_other_tables_opens_nothing(world):
    put(world, ROWS, companies=(ACME,), basis=f"consent:{grant(world, tables=['invoice'])}")
    assert refused(world) == "TABLE_NOT_COVERED"


def test_a_consent_is_used_up_by_readings(world):
    put(world, ROWS, companies=(ACME,), basis=f"consent:{grant(world, queries=2)}")
    for _ in range(2):
        permit(world, (ACME,), "credit_review")
    assert refused(world) == "CONSENT_USED_UP"


def test_a_consent_given_to_another_or_unknown_here_opens_nothing(world):
    put(world, ROWS, companies=(ACME,), basis=f"consent:{grant(world, reader='bank-b')}")
    assert refused(world) == "NOT_THE_READER"
    put(world, OWN, companies=(BOLT,), basis=f"consent:{'0' * 64}")
    assert refused(world, BOLT) == "NO_SUCH_CONSENT"


@pytest.mark.parametrize("many", [False, True])
def test_only_rows_of_the_accounts_that_the_consent_names_are_opened(world, many):
    put(world, ROWS, companies=(ACME,), basis=f"consent:{grant(world, accounts=['1234'])}")
    others = tuple(f"cumcm:E{n}" for n in range(60)) if many else ()
    given = permit(world, (ACME, *others), "credit_review")
    assert amounts(world, given) == 2
    assert readings(shared(world).node, ACME)[0]["accounts"] == ["1234"]


def test_where_each_query_is_asked_for_an_approval_opens_one_reading(world):
    consent = grant(world, ask=True)
    put(world, ROWS, companies=(ACME,), basis=f"consent:{consent}")
    assert refused(world) == "APPROVAL_NEEDED"
    asked = shared(world).act("consent.request", subject=ACME, body={"consent": consent, "purpose": "credit_review", "tables": ["bank_transaction"]})  # fmt: skip
    assert refused(world) == "APPROVAL_NEEDED"
    say(world, "consent.approve", subject=ACME, body={"request": asked.id})
    assert amounts(world, permit(world, (ACME,), "credit_review")) == 4
    assert refused(world) == "APPROVAL_NEEDED"


def test_what_came_on_paper_is_read_until_the_company_withdraws_on_the_chain(world):
    put(world, ROWS, companies=(ACME,), basis="consent:2024-17")
    given = permit(world, (ACME,), "credit_review")
    assert (given.readings, given.told) == ((), (Told(ACME, ("bank_transaction",), ("consent:2024-17",)),))
    revoke(world, reader="bank-a")
    assert refused(world) == "WITHDRAWN"
    assert permit(world, (ACME,), "subject_access").subjects == (ACME,)


def test_what_is_read_by_office_beside_a_consent_is_told_without_what_the_consent_covers(world):
    put(world, ROWS, companies=(ACME,), basis=f"consent:{grant(world)}")
    put(world, {"company": [{"company": ACME, "registered_on": date(2020, 1, 1)}]}, companies=(ACME,), basis="office:the register")  # fmt: skip
    given = permit(world, (ACME,), "credit_review")
    assert [one.company for one in given.readings] == [ACME]
    assert given.told == (Told(ACME, ("company",), ("office:the register",)),)


def test_one_company_without_a_standing_consent_is_left_out_of_many_and_named_with_the_reason(world):
    consent = grant(world)
    put(world, ROWS, companies=(ACME,), basis=f"consent:{consent}")
    put(world, OWN, companies=(BOLT,))
    revoke(world, consent)
    given = permit(world, (ACME, BOLT), "credit_review")
    assert given.subjects == (BOLT,)
    assert [(company, why.code) for company, why in given.left_out] == [(ACME, "CONSENT_REVOKED")]
    assert given.bases == ("own",)
    assert amounts(world, given) == 0


def test_if_any_batch_of_a_company_rests_on_a_consent_that_does_not_stand_it_is_not_read_at_all(world):
    put(world, ROWS, companies=(ACME,), basis=f"consent:{grant(world)}")
    second = grant(world, tables=["company"])
    put(world, {"company": [{"company": ACME, "registered_on": date(2020, 1, 1)}]}, companies=(ACME,), basis=f"consent:{second}")  # fmt: skip
    revoke(world, second)
    size = shared(world).node.size()
    assert refused(world) == "CONSENT_REVOKED"
    assert shared(world).node.size() == size  # nor is the consent that stands used


def invoice(seller: str, buyer: str, number: str) -> dict[str, object]:
    return {"invoice_no": number, "seller": seller, "buyer": buyer, "issued_on": date(2026, 2, 1), "amount_fen": 100, "status": "normal", "red_letter": False}  # fmt: skip


@pytest.mark.parametrize("many", [False, True])
def test_rows_that_came_under_a_lapsed_consent_are_shut_for_the_other_party_too(world, many):
    consent = grant(world)
    put(world, {"invoice": [invoice(ACME, BOLT, "1")]}, companies=(ACME,), basis=f"consent:{consent}")
    put(world, {"invoice": [invoice(BOLT, "foreign:x", "2")]}, companies=(BOLT,))
    others = tuple(f"cumcm:E{n}" for n in range(60)) if many else ()

    def seen() -> list[str]:
        given = permit(world, (BOLT, *others), "credit_review")
        with world.lake.open(given, world.log.snapshot()[1], None, DAY) as facts:
            return facts.sql("SELECT invoice_no FROM invoice ORDER BY 1")["invoice_no"].to_pylist()

    assert seen() == ["1", "2"]
    revoke(world, consent)
    assert seen() == ["2"]


def test_without_the_passphrase_nothing_under_a_consent_is_read_and_paper_is(home):
    with at(home) as world:
        put(world, ROWS, companies=(ACME,), basis=f"consent:{grant(world)}")
        put(world, OWN, companies=(BOLT,), basis="consent:2024-18")
    with at(home, passphrase=None) as world:
        assert refused(world) == "PASSPHRASE_NEEDED"
        given = permit(world, (BOLT,), "credit_review")
        with world.log.write() as tx:
            receipt(tx, given)
        assert [(each["kind"], each["subject"]) for each in world.log.outbox()] == [("reading", BOLT)]


@pytest.mark.parametrize("limit", [{"queries": 1}, {"ask": True}])
def test_a_consent_that_is_counted_opens_nothing_to_a_reading_of_the_other_party(world, limit):
    consent = grant(world, **limit)
    put(world, {"invoice": [invoice(ACME, BOLT, "1")]}, companies=(ACME,), basis=f"consent:{consent}")
    put(world, {"invoice": [invoice(BOLT, "foreign:x", "2")]}, companies=(BOLT,))
    if "ask" in limit:
        asked = shared(world).act("consent.request", subject=ACME, body={"consent": consent, "purpose": "credit_review", "tables": ["invoice"]})  # fmt: skip
        say(world, "consent.approve", subject=ACME, body={"request": asked.id})
    given = permit(world, (BOLT,), "credit_review")
    with world.lake.open(given, world.log.snapshot()[1], None, DAY) as facts:
        assert facts.sql("SELECT invoice_no FROM invoice")["invoice_no"].to_pylist() == ["2"]


def test_rows_in_quarantine_are_shut_with_the_consent_that_they_came_under(world, tmp_path):
    consent = grant(world)
    (tmp_path / "flow.csv").write_text("账号,流水号,记账日期,贷方发生额,借方发生额\n6621,T1,no day,7.00,\n", "utf-8")
    request = ImportFiles(load_map("bank_statement"), "bank_statement", (tmp_path / "flow.csv",), {"company": ACME}, f"consent:{consent}")  # fmt: skip
    assert import_files(world, request).quarantined == 1
    assert len(waiting_list(world)) == 1
    revoke(world, consent)
    for look in (lambda: waiting_list(world), lambda: export(world, tmp_path / "out.csv", None, "en"), lambda: retry(world, None, None, lambda _: None)):  # fmt: skip
        with pytest.raises(Refused, match="CONSENT_REVOKED"):
            look()
    assert not (tmp_path / "out.csv").exists()


def test_a_consents_id_in_capitals_does_not_pass_for_paper(world):
    consent = grant(world)
    assert consented(world, f"consent:{consent.upper()} ", ("invoice",), ACME) == f"consent:{consent}"
    revoke(world, consent)
    answer = consented(world, f"consent:{consent.upper()}", ("invoice",), ACME)
    assert isinstance(answer, Refusal) and answer.code == "CONSENT_REVOKED"


def test_settings_that_name_another_chain_are_refused(home):
    write_settings(Home(home), ChainSettings("bank-a", "0" * 64, "node"))
    with at(home) as world, pytest.raises(Refused, match="BAD_CHAIN_SETTINGS"):
        shared(world).node.size()


@pytest.mark.parametrize("purpose", ["credit_review", "subject_access"])
def test_who_withdrew_still_sees_what_is_read_on_another_basis(world, purpose):
    """A bank that imports the same rows again as its own is not kept from it; the company sees what it claims."""
    put(world, ROWS, companies=(ACME,), basis="own")
    revoke(world, reader="bank-a")
    with world.log.write() as tx:
        receipt(tx, permit(world, (ACME,), purpose))
    assert flush(world).refused == ()
    (seen,) = readings(shared(world).node, ACME)
    assert "own" in seen["basis"] or "office" in seen["basis"]
