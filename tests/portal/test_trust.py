"""Consents, who read, receipts and the chain browser: what is shown is what the bank's commands say, and no more than one may see."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kemiao.bank.commands.assess import Request, assess
from kemiao.base.refusal import Refused
from kemiao.chain.proof_checking import Proved, check
from little_bank import ME, OTHER
from portal.served import Served, served
from portal.test_signing import GRANT, drafted, handed
from portal.trust_home import PASSPHRASE, PASSWORD, trust_home, world_of

pytestmark = pytest.mark.slow


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KEMIAO_PASSPHRASE", PASSPHRASE)
    return trust_home(tmp_path / "home")


@pytest.fixture
def portal(home: Path) -> Iterator[Served]:
    with served(home) as found:
        yield found


def granted(portal: Served, **changed: Any) -> str:
    draft = drafted(
        portal, "mine", ME, {**GRANT, "purposes": ["credit_review", "peer_comparison"], "tables": ["all"], **changed}
    )
    done = handed(portal, "mine", ME, draft["entry"], password=PASSWORD)
    assert done.status_code == 200, done.text
    return str(done.json()["entry"])


def tied(home: Path, consent: str) -> None:
    """ME's papers as if they had come under the consent: what the import of them records."""
    from sqlalchemy import create_engine, text

    engine = create_engine(f"sqlite:///{home / 'event_log.db'}")
    with engine.begin() as connection:
        rows = connection.execute(text("SELECT seq, public FROM event WHERE kind = 'import'")).all()
        for seq, public in rows:
            said = json.loads(public)
            if said["companies"] == [ME]:
                said["basis"] = f"consent:{consent}"
                connection.execute(
                    text("UPDATE event SET public = :public WHERE seq = :seq"), {"public": json.dumps(said), "seq": seq}
                )
    engine.dispose()


def test_what_is_taken_back_is_not_read_again(portal: Served, home: Path) -> None:
    consent = granted(portal)
    tied(home, consent)
    with world_of(home) as world:
        assess(world, Request((ME,)))
    assert portal.get("li", f"/companies/{ME}/view").status_code == 200
    looks = portal.get("mine", f"/companies/{ME}/readings").json()["items"]
    under = [one for one in looks if one["basis"] and one["basis"].startswith(f"consent:{consent}")]
    assert [(one["source"], one["purpose"]) for one in under] == [("bank", "credit_review")] * 2, (
        "the assessment's, the view's"
    )
    assert len({one["entry"] for one in under}) == 2 and all(len(one["entry"]) == 64 for one in under)
    back = drafted(portal, "mine", ME, {"what": "revoke", "consent": consent})
    assert handed(portal, "mine", ME, back["entry"], password=PASSWORD).status_code == 200
    with world_of(home) as world, pytest.raises(Refused) as refused:
        assess(world, Request((ME,)))
    assert refused.value.refusal.code == "CONSENT_REVOKED"
    assert portal.get("li", f"/companies/{ME}/view").json()["code"] == "CONSENT_REVOKED", (
        "what was read before is not shown"
    )
    (given,) = portal.get("mine", f"/companies/{ME}/consents").json()["given"]
    assert (given["state"], given["reader"], given["name"]) == ("revoked", "bank-a", "园区银行")


def test_who_looked_is_told_by_role_and_not_by_name(portal: Served) -> None:
    for _ in range(3):
        portal.get("li", f"/companies/{ME}")
    portal.get("mine", f"/companies/{ME}")
    looks = [
        one for one in portal.get("mine", f"/companies/{ME}/readings").json()["items"] if one["source"] == "portal"
    ]
    assert [(one["who"], one["name"], one["times"], one["status"]) for one in looks] == [
        ("customer_manager", None, 3, 200)
    ]
    assert "李强" not in portal.get("mine", f"/companies/{ME}/readings").text
    own = portal.get("mine", f"/companies/{ME}/readings?own=true").json()["items"]
    assert "company" in {one["who"] for one in own}


def test_readings_are_paged_without_a_gap_or_a_double(portal: Served) -> None:
    whole = [one["id"] for one in portal.get("mine", f"/companies/{ME}/readings?own=false").json()["items"]]
    paged, cursor = [], ""
    while True:
        page = portal.get("mine", f"/companies/{ME}/readings?own=false&limit=1{cursor}").json()
        paged += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert paged == whole and whole


def test_a_receipt_is_a_proof_that_the_independent_checker_takes(portal: Served, tmp_path: Path) -> None:
    consent = granted(portal)
    (receipt,) = [
        one for one in portal.get("mine", f"/companies/{ME}/receipts").json()["items"] if one["what"] == "consent"
    ]
    assert receipt["id"] == consent
    file = portal.get("mine", f"/receipts/{consent}/proof")
    proved = check(file.content)
    assert isinstance(proved, Proved) and proved.facts["entry"]["id"] == consent
    promise = check(portal.get("mine", f"/receipts/{consent}/promise").content)
    assert isinstance(promise, Proved) and promise.facts["receipt"]["outcome"] == "kept"
    path = tmp_path / "proof.json"
    path.write_bytes(file.content)
    chain = portal.get("audit", "/chain").json()["chain"]
    ran = subprocess.run(
        [sys.executable, "-m", "kemiao_verify", str(path), "--chain", chain, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, json.loads(ran.stdout)["proved"]) == (0, True)


def test_receipts_and_consents_of_another_are_as_if_they_were_not_there(portal: Served) -> None:
    consent = granted(portal)
    for path in (
        f"/receipts/{consent}/proof",
        f"/receipts/{consent}/promise",
        f"/consents/{consent}",
        f"/companies/{ME}/readings",
        f"/companies/{ME}/receipts",
        f"/companies/{ME}/key",
    ):
        assert portal.get("theirs", path).status_code == 404, path
        assert portal.get("fund", path).status_code == 403, path
    assert consent not in portal.get("theirs", f"/companies/{OTHER}/consents").text
    with portal.portal.worlds.world() as world:
        event = world.log.last("decision", subject=ME)
    assert event is not None
    assert portal.get("theirs", f"/receipts/{event.ref}/proof").status_code == 404
    assert portal.get("mine", f"/receipts/{event.ref}/proof").json()["code"] in ("NOT_ANCHORED", "RUN_WITHOUT_LEAVES")
    assert portal.get("mine", "/chain/entries").status_code == 403


def test_the_auditor_pages_filters_opens_and_proves(portal: Served) -> None:
    first, second = granted(portal), granted(portal, reader="bank-b")
    page = portal.get("audit", "/chain/entries?limit=2").json()
    assert [one["id"] for one in page["items"]] == [second, first]
    rest = portal.get("audit", f"/chain/entries?limit=2&cursor={page['next']}").json()
    assert ([one["kind"] for one in rest["items"]], rest["next"]) == (["genesis"], None)
    author = page["items"][0]["author"]
    for query, count in (
        (f"author={author}", 2),
        ("author=bank-a", 0),
        ("kind=consent.grant", 2),
        ("kind=reading", 0),
        (f"subject={ME}", 2),
        (f"subject={OTHER}", 0),
    ):
        assert len(portal.get("audit", f"/chain/entries?{query}").json()["items"]) == count, query
    assert portal.get("audit", "/chain/entries?author=nobody").status_code == 404
    assert portal.get("audit", "/chain/entries?kind=' OR 1").status_code == 422
    one = portal.get("audit", f"/chain/entries/{first[:8]}").json()
    assert (one["id"], one["entry"]["body"]["reader"]) == (first, "bank-a")
    assert isinstance(check(portal.get("audit", f"/chain/entries/{first}/proof").content), Proved)
    people = {one["id"]: one for one in portal.get("audit", "/chain/participants").json()}
    assert people["bank-a"]["me"] and {"bank-b", author} < set(people) and people[author]["company"] == ME


def test_an_older_head_is_shown_to_be_the_beginning_of_the_newest(portal: Served) -> None:
    granted(portal)
    older = portal.get("audit", "/chain").json()["head"]
    granted(portal, reader="bank-b")
    file = portal.get("audit", "/chain/consistency", params={"older": older})
    proved = check(file.content, None, older)
    assert isinstance(proved, Proved) and proved.facts["older"]["size"] == 2
    assert portal.get("audit", "/chain/consistency", params={"older": "nonsense"}).json()["code"] == "MALFORMED_HEAD"


def test_a_home_without_a_chain_says_so(tmp_path: Path) -> None:
    from portal.served import little_home

    with served(little_home(tmp_path / "plain")) as portal:
        assert portal.get("mine", f"/companies/{ME}/key").json()["chain"] is None
        found = portal.get("mine", f"/companies/{ME}/consents").json()
        assert (found["chain"], found["given"]) == (False, []) and found["papers"]
        assert portal.get("audit", "/chain").json()["chain"] is None
        assert portal.post("mine", f"/companies/{ME}/drafts", GRANT).json()["code"] == "NO_CHAIN"
        assert portal.get("mine", f"/companies/{ME}/receipts").status_code == 200
        card = portal.post("mine", f"/companies/{ME}/card", {"card": {"id": "x"}})
        assert card.json()["code"] == "MALFORMED_CARD"
