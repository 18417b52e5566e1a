"""What the bank's people do in several transactions, cut off after each of them: asked again it is finished, or, where that might do
something twice, it is said to be done and a new request goes on from there."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from kemiao.bank.commands.approval import give
from kemiao.bank.lending.standing import states
from little_bank import ME, OTHER
from portal.served import Served
from portal.test_cut_off import PATH, WISH, cut_off, steps_of
from portal.test_money import known

pytestmark = pytest.mark.slow
PAPER = {"name": "合同.pdf", "content": base64.b64encode(b"%PDF-1.4 signed by hand").decode()}


def cut(portal: Served, monkeypatch: pytest.MonkeyPatch, at: int, account: str, path: str, body: Any, key: str) -> int:
    """The status of a request that is cut off after so many transactions."""
    with monkeypatch.context() as patch:
        cut_off(patch, at)
        return portal.post(account, path, body, key).status_code


def kinds(portal: Served, kind: str, **which: Any) -> int:
    with portal.portal.worlds.world() as world:
        assert world.log.broken_link() is None
        return sum(1 for _ in world.log.events(kind, **which))


def approved(portal: Served, by: str, waits: Any) -> str:
    assert waits.json()["code"] == "FOUR_EYES_NEEDED", waits.text
    request = str(waits.json()["where"]["request"])
    with portal.portal.worlds.world() as world:
        given = give(world, by, request)
        assert not hasattr(given, "code"), given
    return request


def test_an_offer_that_a_second_person_approved(portal: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read and decided, looked for the approval, offered."""
    with portal.portal.worlds.world() as world:
        product = world.home.policy / "products" / "tech_credit.toml"
        automatic = product.read_text("utf-8").replace("automatic_max_fen = 100_000_000", "automatic_max_fen = 0")
        product.write_text(automatic, "utf-8")
    for at, status in ((1, 200), (2, 200), (3, 409), (4, None)):
        own = portal.post("mine", PATH, {**WISH, "amount_fen": (10 + at) * 1_000_000}).json()["application"]
        path, key = f"/applications/{own}/offer", f"offered-once-{at}"
        request = approved(portal, "zhao", portal.post("wang", path, {}))
        first = cut(portal, monkeypatch, at, "wang", path, {}, key)
        assert first == (500 if status else 200)
        if status:
            again = portal.post("wang", path, {}, key)
            assert again.status_code == status, again.text
            assert again.json().get("code" if status == 409 else "state") == ("DONE_BEFORE" if status == 409 else "offered")  # fmt: skip
        assert steps_of(portal, own) == ["applied", "offered"]
        assert kinds(portal, "approval_used", ref=request) == 1
        assert portal.post("mine", f"/applications/{own}/withdrawal", {"reason": "next"}).status_code == 200


def test_money_is_paid_once_and_its_step_is_taken_by_the_next_request(
    portal: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recorded, noted. The same request may not go on by itself: of a part it would pay another part."""
    made = portal.post("mine", PATH, WISH).json()
    own = made["application"]
    portal.post("mine", f"/applications/{own}/acceptance", {"offer": made["offer"]["digest"]})
    with portal.portal.worlds.world() as world:
        known(world, own, *(each["code"] for each in made["offer"]["conditions"]))
    signed = portal.post("li", f"/applications/{own}/bank-signature", {"how": "paper", "paper": PAPER}).json()
    path, part = f"/applications/{own}/disbursement", {"amount_fen": 10_000_000}
    for at in (1, 2, 3):
        key = f"paid-once-{at}"
        first = cut(portal, monkeypatch, at, "sun", path, part, key)
        assert first == (500 if at < 3 else 200)
        if at < 3:
            assert portal.post("sun", path, part, key).json()["code"] == "DONE_BEFORE"
        if at == 1:  # the money has left and the application does not say so yet
            assert steps_of(portal, own)[-1] == "signed"
            assert portal.post("sun", path, part).json()["state"] == "disbursed"
        assert steps_of(portal, own).count("disbursed") == kinds(portal, "loan_message") == at
        with portal.portal.worlds.world() as world:
            assert states(world, own=str(signed["loan"])).to_pylist()[0]["drawn_fen"] == at * 10_000_000


@pytest.mark.parametrize(("at", "company", "account"), [(1, ME, "mine"), (2, OTHER, "theirs")])
def test_a_review_that_changes_a_decision_is_answered_with_the_change_or_neither_is(portal: Served, monkeypatch: pytest.MonkeyPatch, at: int, company: str, account: str) -> None:  # fmt: skip
    """Looked for the approval; changed and answered."""
    decision = portal.get(account, f"/companies/{company}/own").json()["decision_id"]
    asked = {"decision": decision, "about": "decision", "text": "请复核这份决定"}
    review = portal.post(account, "/reviews", asked).json()["review"]
    portal.post("li", f"/reviews/{review}/taking")
    path, said = (
        f"/reviews/{review}/answer",
        {"outcome": "changed", "to": "decline", "reason": "复核发现订单已被取消,风险过大"},
    )
    approved(portal, "wang", portal.post("li", path, said))
    assert cut(portal, monkeypatch, at, "li", path, said, "answered-once") == 500
    assert portal.get("li", f"/reviews/{review}").json()["state"] == ("taken" if at == 1 else "answered")
    assert kinds(portal, "override", ref=decision) == kinds(portal, "review_answered", ref=review) == at - 1
    again = portal.post("li", path, said, "answered-once")
    assert again.json().get("state" if at == 1 else "code") == ("answered" if at == 1 else "DONE_BEFORE")
    assert kinds(portal, "override", ref=decision) == kinds(portal, "review_answered", ref=review) == 1


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_call_is_cleared_and_lent_on_once(portal: Served, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Gathered, cleared, matched; applied for, decided, offered."""
    request = {"amount_fen": 20_000_000, "months": 12, "rate_max_ppm": 90_000, "purpose": "raw_materials"}
    mandate = {"budget_fen": 40_000_000, "rate_ppm": 42_000, "product": "tech_credit", "name": "一号"}
    assert portal.post("mine", f"/companies/{ME}/market/requests", request).status_code == 201
    assert portal.post("fund", "/mandates", mandate).status_code == 201
    opened = portal.post("sun", "/market/calls", {"local": True, "commit_minutes": 0, "reveal_minutes": 0})
    assert opened.status_code == 201, opened.text
    call = opened.json()["call"]
    path = f"/market/calls/{call}/clearing"
    assert cut(portal, monkeypatch, at, "sun", path, None, "cleared-once") == 500
    again = portal.post("sun", path, None, "cleared-once")
    assert (again.status_code, again.json()["matches"]) == (200, 1), again.text
    assert [kinds(portal, kind) for kind in ("market_gathering", "market_clearing", "market_cleared", "market_match")] == [1, 1, 1, 1]  # fmt: skip
    path = f"/market/calls/{call}/loans"
    assert cut(portal, monkeypatch, at, "li", path, {}, "lent-on-once") == 500
    (lent,) = portal.post("li", path, {}, "lent-on-once").json()
    assert lent["refused"] is None
    with portal.portal.worlds.world() as world:
        (own,) = {str(event.ref) for event in world.log.events("application")}
    assert steps_of(portal, own) == ["applied", "offered"]
