"""A company signs at its bank: by the key in custody after its password, or by a key of its own; nobody else's, nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kemiao.base.canonical import canonical_bytes
from kemiao.base.digest import digest_bytes
from kemiao.base.signing import Signer
from kemiao.chain.entry import signed_bytes
from kemiao.chain.genesis import key_card
from kemiao.chain.rules.participants import added_key_bytes
from little_bank import ME, OTHER
from portal.served import Served, served
from portal.trust_home import PASSPHRASE, PASSWORD, signer, trust_home, world_of

pytestmark = pytest.mark.slow
GUESSED = "guessed"
GRANT = {
    "what": "grant",
    "reader": "bank-a",
    "tables": ["invoice"],
    "purposes": ["credit_review"],
    "until": "2025-06-30",
}


@pytest.fixture(params=["ed25519", "sm2"])
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def home(tmp_path: Path, suite: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KEMIAO_PASSPHRASE", PASSPHRASE)
    return trust_home(tmp_path / "home", suite)


@pytest.fixture
def portal(home: Path) -> Iterator[Served]:
    with served(home) as found:
        yield found


def drafted(portal: Served, account: str, company: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = portal.post(account, f"/companies/{company}/drafts", body)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    assert digest_bytes("entry", made["entry"].encode()) == made["id"]
    return made


def handed(portal: Served, account: str, company: str, draft: str, **how: Any) -> Any:
    return portal.post(account, f"/companies/{company}/signatures", {"draft": draft, **how})


def by(own: Signer, draft: dict[str, Any]) -> str:
    return own.sign(signed_bytes(draft["id"])).hex()


def test_in_custody_it_is_signed_at_the_companys_command_alone(portal: Served, home: Path, suite: str) -> None:
    key = portal.get("mine", f"/companies/{ME}/key").json()
    assert (key["how"], {one["suite"] for one in key["keys"]}) == ("custody", {suite})
    draft = drafted(portal, "mine", ME, GRANT)
    assert draft["how"] == "custody" and "园区银行" in draft["zh"] and "credit review" in draft["en"]
    assert (
        digest_bytes("notice", f"{draft['zh']}\n\n{draft['en']}\n".encode())
        == json.loads(draft["entry"])["body"]["notice"]
    )
    wrong = handed(portal, "mine", ME, draft["entry"], password=GUESSED)
    assert (wrong.status_code, wrong.json()["code"]) == (403, "PASSWORD_WRONG")
    assert handed(portal, "mine", ME, draft["entry"], signature="0" * 128).json()["code"] == "IN_CUSTODY"
    assert handed(portal, "mine", ME, draft["entry"]).status_code == 422
    done = handed(portal, "mine", ME, draft["entry"], password=PASSWORD)
    assert (done.status_code, done.json()["entry"], done.json()["how"]) == (200, draft["id"], "custody")
    with world_of(home) as world:
        event = world.log.last("company_signature", ref=draft["id"])
        assert event is not None and event.subject == ME and event.public["account"] == "mine"
        assert world.log.last("chain_effect", ref=draft["id"]) is not None


def test_after_five_wrong_passwords_the_right_one_waits_too(portal: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    draft, now = drafted(portal, "mine", ME, GRANT), portal.portal.now_ms()
    monkeypatch.setattr(portal.portal.sessions, "_now_ms", lambda: now)
    for _ in range(5):
        assert handed(portal, "mine", ME, draft["entry"], password=GUESSED).json()["code"] == "PASSWORD_WRONG"
    waits = handed(portal, "mine", ME, draft["entry"], password=PASSWORD)
    assert (waits.status_code, waits.headers["retry-after"]) == (429, "5")
    monkeypatch.setattr(portal.portal.sessions, "_now_ms", lambda: now + 5_000)
    assert handed(portal, "mine", ME, draft["entry"], password=PASSWORD).status_code == 200


def test_with_its_own_key_nothing_but_its_signature_counts(portal: Served) -> None:
    own, other = signer("theirs entries"), signer("theirs keys")
    draft = drafted(portal, "theirs", OTHER, {**GRANT, "key": own.key_id})
    assert (draft["how"], draft["key"]) == ("own", own.key_id)
    assert handed(portal, "theirs", OTHER, draft["entry"], signature=by(other, draft)).json()["code"] == "BAD_SIGNATURE"
    assert handed(portal, "theirs", OTHER, draft["entry"], password=PASSWORD).json()["code"] == "NO_KEY"
    altered = draft["entry"].replace('"invoice"', '"company"')
    assert handed(portal, "theirs", OTHER, altered, signature=by(own, draft)).json()["code"] == "OTHER_NOTICE"
    done = handed(portal, "theirs", OTHER, draft["entry"], signature=by(own, draft))
    assert (done.status_code, done.json()["how"]) == (200, "own")
    again = handed(portal, "theirs", OTHER, draft["entry"], signature=by(own, draft))
    assert (again.json()["again"], again.json()["index"]) == (True, done.json()["index"])


def test_nobody_signs_for_another(portal: Served) -> None:
    own = signer("theirs entries")
    draft = drafted(portal, "theirs", OTHER, GRANT)
    assert handed(portal, "mine", OTHER, draft["entry"], signature=by(own, draft)).status_code == 404
    assert handed(portal, "mine", ME, draft["entry"], signature=by(own, draft)).json()["code"] == "NOT_THIS_DRAFT"
    assert handed(portal, "mine", ME, draft["entry"], password=PASSWORD).json()["code"] == "NOT_THIS_DRAFT"
    assert portal.post("li", f"/companies/{ME}/drafts", GRANT).status_code == 403
    assert portal.post("audit", f"/companies/{ME}/drafts", GRANT).status_code == 403


@pytest.mark.parametrize("change", [
    {"kind": "reading"}, {"kind": "attestation"}, {"author": "bank-a"}, {"subject": OTHER}, {"chain": "ab" * 32}, {"sequence": 9}, {"body": {}},
    {"key": "0" * 32}, {"sequence": 0}, {"more": 1},
])  # fmt: skip
def test_a_draft_that_comes_back_as_another_is_refused(portal: Served, change: dict[str, Any]) -> None:
    entry = {**json.loads(drafted(portal, "mine", ME, GRANT)["entry"]), **change}
    answer = handed(portal, "mine", ME, canonical_bytes(entry).decode(), password=PASSWORD)
    assert answer.status_code in (409, 422), answer.text
    assert portal.get("audit", "/chain").json()["size"] == 1


def test_what_the_company_takes_back_no_longer_opens_and_a_request_is_approved_once(portal: Served) -> None:
    mine = handed(
        portal, "mine", ME, drafted(portal, "mine", ME, {**GRANT, "ask": True})["entry"], password=PASSWORD
    ).json()
    with portal.portal.worlds.world() as world:
        from kemiao.bank.commands.consent import Request, request

        asked = request(world, Request(ME, "credit_review", ("invoice",), mine["entry"]))
    waiting = portal.get("mine", f"/companies/{ME}/consents").json()["requests"]
    assert [(one["id"], one["state"]) for one in waiting] == [(asked.id, "waiting")]  # type: ignore[union-attr]
    approval = drafted(portal, "mine", ME, {"what": "approve", "request": waiting[0]["id"]})
    assert handed(portal, "mine", ME, approval["entry"], password=PASSWORD).status_code == 200
    back = drafted(portal, "mine", ME, {"what": "revoke", "consent": mine["entry"]})
    assert handed(portal, "mine", ME, back["entry"], password=PASSWORD).status_code == 200
    assert [one["state"] for one in portal.get("mine", f"/companies/{ME}/consents").json()["given"]] == ["revoked"]
    assert (
        portal.post("mine", f"/companies/{OTHER}/drafts", {"what": "revoke", "consent": mine["entry"]}).status_code
        == 404
    )
    assert (
        portal.post("theirs", f"/companies/{OTHER}/drafts", {"what": "revoke", "consent": mine["entry"]}).json()["code"]
        == "NO_SUCH_CONSENT"
    )


def proven(own: Signer, chain: str, participant: str, purposes: tuple[str, ...]) -> dict[str, Any]:
    card = key_card(own, purposes)
    return {**card, "proof": own.sign(added_key_bytes(chain, participant, card)).hex()}


def test_out_of_custody_the_companys_new_keys_sign_and_the_banks_do_not(portal: Served, home: Path) -> None:
    key = portal.get("mine", f"/companies/{ME}/key").json()
    entries, keys = signer("mine entries"), signer("mine keys")
    given = {
        "entries": proven(entries, key["chain"], key["participant"], ("consent", "entries")),
        "keys": proven(keys, key["chain"], key["participant"], ("keys",)), "password": PASSWORD,
    }  # fmt: skip
    forged = {**given, "keys": {**given["keys"], "proof": given["entries"]["proof"]}}
    assert portal.post("mine", f"/companies/{ME}/key/release", forged).json()["code"] == "KEY_NOT_PROVED"
    assert (
        portal.post("mine", f"/companies/{ME}/key/release", {**given, "password": "x"}).json()["code"]
        == "PASSWORD_WRONG"
    )
    done = portal.post("mine", f"/companies/{ME}/key/release", given)
    assert (done.status_code, [one["kind"] for one in done.json()]) == (200, ["key.rotate", "key.rotate"])
    after = portal.get("mine", f"/companies/{ME}/key").json()
    assert after["how"] == "own" and {one["key"] for one in after["keys"]} == {entries.key_id, keys.key_id}
    assert not list((home / "keys" / "custody").glob("*.key"))
    draft = drafted(portal, "mine", ME, GRANT)
    assert handed(portal, "mine", ME, draft["entry"], password=PASSWORD).json()["code"] == "NO_KEY"
    assert handed(portal, "mine", ME, draft["entry"], signature=by(entries, draft)).status_code == 200


def test_a_contract_is_signed_under_the_very_text_that_was_shown(portal: Served) -> None:
    from kemiao.bank.lending import contract

    terms = {"amount_fen": 50_000_000, "starts_on": "2024-07-01", "matures_on": "2025-07-01", "repayment": "bullet", "rate_ppm": 40_000, "rate_kind": "fixed"}  # fmt: skip
    for account, company in (("mine", ME), ("theirs", OTHER)):
        document = {
            "application": "app-1", "bank": "bank-a", "company": company, "loan": "loan-1", "nonce": "ab" * 32, "on": "2024-07-01", "round": 1,
            "until": "2024-07-20", "terms": terms, "offer": {"apr_ppm": 41_300, "conditions": [], "covenants": [], "decision": "dec-1", "product_digest": "cd"},
        }  # fmt: skip
        with portal.portal.worlds.world() as world:
            with world.log.write() as tx:
                tx.append(contract.KIND, company, "app-1/1", {"digest": contract.commitment(document)}, document)
            assert world.chain is not None
            proposed = world.chain.act("contract.propose", subject=company, body={"until": "2024-07-20"}, commitment=contract.commitment(document))  # fmt: skip
        draft = drafted(portal, account, company, {"what": "contract", "contract": proposed.id})  # type: ignore[union-attr]
        assert "500,000.00" in draft["zh"] and draft["document"] == document
        how = {"password": PASSWORD} if company == ME else {"signature": by(signer("theirs entries"), draft)}
        assert handed(portal, account, company, draft["entry"], **how).status_code == 200
        states = {
            one["what"]: one["state"] for one in portal.get(account, f"/companies/{company}/receipts").json()["items"]
        }
        assert states["contract_signed"] == "signed"
    assert (
        portal.post("mine", f"/companies/{ME}/drafts", {"what": "contract", "contract": proposed.id}).json()["code"]
        == "NO_SUCH_CONTRACT"
    )  # type: ignore[union-attr]
