"""The company's way to money through the API: asks, gets an offer, accepts, signs; the bank pays; it repays. With what must not happen."""

from __future__ import annotations

from typing import Any

import pytest

from kemiao.bank.commands.condition import Tick, tick
from kemiao.bank.commands.disburse import Disburse, disburse
from kemiao.bank.commands.due_diligence import Look, Owner, due_diligence
from kemiao.bank.lending.applications import Applicant, Effort, step_draft
from kemiao.bank.lending.people import account_of
from kemiao.base.refusal import Refusal
from little_bank import ME, OTHER
from portal.served import Served

WISH = {
    "product": "tech_credit",
    "amount_fen": 30_000_000,
    "months": 12,
    "purpose": "raw_materials",
    "contact": "张会计 13800000000",
}
PASSWORD = "a sentence that is remembered"  # noqa: S105

pytestmark = pytest.mark.slow


def asked(portal: Served, **changed: Any) -> dict[str, Any]:
    answer = portal.post("mine", f"/companies/{ME}/applications", {**WISH, **changed})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def accepted(portal: Served) -> dict[str, Any]:
    made = asked(portal)
    answer = portal.post("mine", f"/applications/{made['application']}/acceptance", {"offer": made["offer"]["digest"]})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def li(world: Any) -> Effort:
    account = account_of(world, "li")
    assert not isinstance(account, Refusal)
    return Effort(account, 5)


def known(world: Any, application: str, *codes: str) -> None:
    """What only the bank may do: it looks at the company, and ticks what it has seen."""
    done = due_diligence(world, Look(ME, (Owner("张三", 600_000),), "low"), li(world))
    assert not isinstance(done, Refusal), done
    ticked = tick(world, Tick(application, codes), li(world))
    assert not isinstance(ticked, Refusal), ticked


def test_what_fits_is_shown_with_its_whole_cost_and_nothing_is_decided(portal: Served) -> None:
    trial = portal.get("mine", f"/companies/{ME}/products").json()
    first = trial["items"][0]
    assert first["fits"] and trial["kept"] and trial["limit_fen"] > 0
    query = "amount_fen=30000000&months=12&purpose=raw_materials"
    one = portal.get("mine", f"/companies/{ME}/products/tech_credit?{query}").json()["items"][0]
    assert one["automatic"] and one["costs"]["apr_ppm"] >= one["costs"]["rate_ppm"]
    assert sum(due["principal_fen"] for due in one["costs"]["schedule"]) == 30_000_000
    assert portal.get("mine", f"/companies/{ME}/applications").json()["items"] == []


def test_what_needs_no_person_is_offered_at_once_and_what_was_shown_is_what_is_offered(portal: Served) -> None:
    before = portal.get("mine", f"/companies/{ME}/products/tech_credit?amount_fen=30000000&months=12&purpose=raw_materials").json()["items"][0]  # fmt: skip
    made = asked(portal)
    assert (made["state"], made["next"]["who"], made["next"]["what"]) == ("offered", "company", "answer")
    assert made["next"]["until"] == "2024-07-16"  # lending.toml: offered, 15 days
    assert (made["offer"]["costs"]["apr_ppm"], made["offer"]["costs"]["schedule"]) == (before["costs"]["apr_ppm"], before["costs"]["schedule"])  # fmt: skip
    assert [(step["step"], step["who"]) for step in made["steps"]] == [("applied", "company"), ("offered", "program")]
    assert asked(portal)["application"] == made["application"]  # the same on one day is one
    with portal.portal.worlds.world() as world:
        first = next(iter(world.log.events("application", ref=made["application"])))
        assert (first.public["by"], first.public["applicant"]) == (None, "mine")
        assert "13800000000" not in str(first.public)


def test_what_needs_a_person_waits_and_says_so(portal: Served) -> None:
    with portal.portal.worlds.world() as world:
        product = world.home.policy / "products" / "tech_credit.toml"
        product.write_text(
            product.read_text("utf-8").replace("automatic_max_fen = 100_000_000", "automatic_max_fen = 0"), "utf-8"
        )
    made = asked(portal)
    assert (made["state"], made["next"]["who"], made["waits_for"]["code"]) == ("applied", "bank", "NO_ACCOUNT_NAMED")
    assert made["next"]["until"] == "2024-07-31"


def test_the_yes_is_to_the_offer_that_was_seen_and_keeps_who_said_it(portal: Served) -> None:
    made = asked(portal)
    path = f"/applications/{made['application']}/acceptance"
    assert portal.post("mine", path, {"offer": "0" * 64}).json()["code"] == "OTHER_OFFER"
    assert portal.post("theirs", path, {"offer": made["offer"]["digest"]}).status_code == 404
    assert portal.post("mine", path, {"offer": made["offer"]["digest"]}).json()["state"] == "accepted"
    with portal.portal.worlds.world() as world:
        said = list(world.log.events("application", ref=made["application"]))[-1].public
        assert (said["offer"], said["applicant"], said["by"]) == (made["offer"]["digest"], "mine", None)
        assert said["session"] == portal.portal.sessions.of(portal.tokens["mine"][0]).digest


def test_an_account_of_a_company_takes_no_step_of_the_bank_and_none_of_another(portal: Served) -> None:
    made = accepted(portal)
    with portal.portal.worlds.world() as world:
        mine, theirs = (
            Effort(applicant=Applicant(name, company, "s")) for name, company in (("mine", ME), ("theirs", OTHER))
        )
        for step in ("offered", "proposed", "ticked", "disbursed", "declined"):
            refused = step_draft(world, made["application"], ME, step, mine, {})
            assert isinstance(refused, Refusal) and refused.code == "NOT_THE_APPLICANT"
        other = step_draft(world, made["application"], ME, "withdrawn", theirs, {})
        assert isinstance(other, Refusal) and other.code == "NOT_THE_APPLICANT"
        for refused in (tick(world, Tick(made["application"], ("LICENCE",)), mine), disburse(world, Disburse(made["application"]), mine)):  # fmt: skip
            assert isinstance(refused, Refusal)
    assert (
        portal.post("mine", f"/applications/{made['application']}/bank-signature", {"how": "portal"}).status_code == 403
    )


def test_the_contract_is_read_and_signed_by_the_account_that_shows_its_password(portal: Served) -> None:
    password_of(portal, "mine")
    made = accepted(portal)
    own, before = made["application"], f"/applications/{made['application']}/contract"
    assert portal.get("mine", before).json()["code"] == "NO_SUCH_CONTRACT"
    assert (
        portal.post("li", f"/applications/{own}/bank-signature", {"how": "portal"}).status_code == 409
    )  # nobody has looked at the company yet
    with portal.portal.worlds.world() as world:
        known(world, own, "LICENCE", "CONSENT", "RESOLUTION", "USE")
    assert portal.post("li", f"/applications/{own}/bank-signature", {"how": "portal"}).status_code == 200
    assert portal.get("mine", f"/applications/{own}").json()["next"]["what"] == "sign"
    text = portal.get("mine", before).json()
    assert "300,000.00" in text["zh"] and text["how"] == "portal" and not text["signed"]
    sign = f"{before}/signature"
    assert portal.post("li", sign, {"digest": text["digest"], "password": PASSWORD}).status_code == 403
    assert portal.post("mine", sign, {"digest": "0" * 64, "password": PASSWORD}).json()["code"] == "OTHER_TEXT"
    assert portal.post("mine", sign, {"digest": text["digest"]}).json()["code"] == "PASSWORD_NEEDED"
    assert portal.post("mine", sign, {"digest": text["digest"], "password": "not it, not it"}).json()["code"] == "PASSWORD_WRONG"  # fmt: skip
    signed = portal.post("mine", sign, {"digest": text["digest"], "password": PASSWORD}).json()
    assert (signed["state"], signed["contract"]["how"], signed["contract"]["signature"]) == ("signed", "portal", text["digest"])  # fmt: skip
    with portal.portal.worlds.world() as world:
        said = list(world.log.events("application", ref=own))[-1].public
        assert (said["how"], said["applicant"], said["commitment"]) == ("portal", "mine", text["digest"])
        assert PASSWORD not in str(said)
    assert portal.get("mine", f"/loans/{signed['loan']}").json()["status"] == "agreed"


def test_above_the_banks_amount_no_account_signs(portal: Served) -> None:
    with portal.portal.worlds.world() as world:
        policy = world.home.policy / "lending.toml"
        policy.write_text(
            policy.read_text("utf-8").replace("portal_max_fen = 300_000_000", "portal_max_fen = 29_999_999"), "utf-8"
        )
    own = accepted(portal)["application"]
    with portal.portal.worlds.world() as world:
        known(world, own, "LICENCE", "CONSENT", "RESOLUTION", "USE")
    assert (
        portal.post("li", f"/applications/{own}/bank-signature", {"how": "portal"}).json()["code"]
        == "PORTAL_SIGNING_NOT_ALLOWED"
    )


def test_offers_lie_side_by_side_until_one_is_declined(portal: Served) -> None:
    made, other = asked(portal), asked(portal, product="revolving", months=6)
    found = portal.get("mine", f"/companies/{ME}/offers").json()
    assert {one["application"]["application"] for one in found["offers"]} == {
        each["application"] for each in (made, other) if each["state"] == "offered"
    }  # fmt: skip
    gone = portal.post("mine", f"/applications/{made['application']}/withdrawal", {"reason": "利率偏高"}).json()
    assert gone["state"] == "withdrawn"
    left = portal.get("mine", f"/companies/{ME}/offers").json()["offers"]
    assert made["application"] not in {one["application"]["application"] for one in left}
    assert portal.post("mine", f"/applications/{made['application']}/new-round", {"amount_fen": 20_000_000}).json()["round"] == 2  # fmt: skip


@pytest.mark.parametrize(("changed", "status", "code"), [
    ({"amount_fen": 0}, 422, "UNFIT_INPUT"), ({"amount_fen": 10**16}, 422, "UNFIT_INPUT"), ({"by": "li"}, 422, "UNFIT_INPUT"),
    ({"company": OTHER}, 422, "UNFIT_INPUT"), ({"product": "../tech"}, 422, "UNFIT_INPUT"), ({"purpose": " "}, 409, "PURPOSE_NEEDED"),
    ({"product": "no_such"}, 404, "NO_SUCH_PRODUCT"),
])  # fmt: skip
def test_what_does_not_fit_is_refused_before_anything_is_kept(
    portal: Served, changed: Any, status: int, code: str
) -> None:
    answer = portal.post("mine", f"/companies/{ME}/applications", {**WISH, **changed})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert portal.get("mine", f"/companies/{ME}/applications").json()["items"] == []


def test_another_company_sees_none_of_it(portal: Served) -> None:
    own = asked(portal)["application"]
    for path in (f"/applications/{own}", f"/applications/{own}/contract", f"/companies/{ME}/offers", f"/companies/{ME}/applications", f"/companies/{ME}/products"):  # fmt: skip
        assert portal.get("theirs", path).status_code == 404, path
    assert portal.post("theirs", f"/companies/{ME}/applications", WISH).status_code == 404


def password_of(portal: Served, account: str) -> None:
    """With a session that began with it."""
    from kemiao.bank.credentials import SET, hashed, standing

    with portal.portal.worlds.world() as world:
        with world.log.write() as tx:
            tx.append(SET, None, account, {}, {"password": hashed(PASSWORD)})
        now = standing(world, account)
    assert not isinstance(now, Refusal)
    token, session = portal.portal.sessions.begin(account, now.version)
    portal.tokens[account] = (token, session.csrf)
