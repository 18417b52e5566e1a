"""A company asks that a person looks again: taken up by somebody else, answered in words, changed only with four eyes."""

from __future__ import annotations

import json

import pytest

from little_bank import ME, OTHER
from portal.served import Served

CANARY = "金丝雀-只有本企业可见"


@pytest.fixture
def decision(portal: Served) -> str:
    return str(portal.get("mine", f"/companies/{ME}/own").json()["decision_id"])


def _ask(portal: Served, decision: str, **more: object) -> dict:
    answer = portal.post("mine", "/reviews", {"decision": decision, "about": "decision", "text": CANARY, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.slow
def test_from_the_request_to_the_answer(portal: Served, decision: str) -> None:
    own = _ask(portal, decision)
    assert (own["state"], own["asked_on"], own["due_on"], own["late"]) == ("asked", "2024-07-01", "2024-07-21", False)
    taken = portal.post("wang", f"/reviews/{own['review']}/taking").json()
    assert (taken["state"], taken["taken_by"]) == ("taken", "wang")
    told = portal.post(
        "wang", f"/reviews/{own['review']}/answer", {"outcome": "upheld", "reason": "资料核对无误,维持原决定"}
    ).json()
    assert (told["state"], told["outcome"]) == ("answered", "upheld")
    seen = portal.get("mine", f"/reviews/{own['review']}").json()
    assert (seen["answer"], seen["answered_by"], seen["taken_by"]) == ("资料核对无误,维持原决定", None, None)


def test_another_company_sees_and_asks_nothing(portal: Served, decision: str) -> None:
    own = _ask(portal, decision)["review"]
    assert portal.get("theirs", "/reviews").json()["items"] == []
    for answer in (
        portal.get("theirs", f"/reviews/{own}"), portal.post("theirs", f"/reviews/{own}/withdrawal"),
        portal.post("theirs", "/reviews", {"decision": decision, "about": "decision", "text": "别人的决定"}),
        portal.post("theirs", "/reviews", {"decision": "dec-nothing", "about": "decision", "text": "没有的决定"}),
    ):  # fmt: skip
        assert answer.status_code == 404
        assert CANARY not in answer.text
    assert portal.post("mine", f"/reviews/{own}/taking").status_code == 403
    assert portal.get("audit", f"/reviews/{own}").status_code == 403


@pytest.mark.slow
def test_it_is_sealed_and_goes_with_the_company(portal: Served, decision: str) -> None:
    own = _ask(portal, decision)["review"]
    with portal.portal.worlds.world() as world:
        from kemiao.bank.commands.erase import erase
        from kemiao.bank.lending.reviews import shown, waiting

        event = world.log.last("review_asked", ref=own)
        assert event is not None
        assert CANARY not in json.dumps(event.public, ensure_ascii=False)
        assert [row["review"] for row in waiting(world)] == [own]
        erase(world, ME, "企业要求")
        row = shown(world, own)
        assert isinstance(row, dict)
        assert row["text"] is None


def test_one_review_of_a_decision_at_a_time_and_it_can_be_taken_back(portal: Served, decision: str) -> None:
    own = _ask(portal, decision)
    assert _ask(portal, decision)["review"] == own["review"]  # the same again is the same
    other = portal.post("mine", "/reviews", {"decision": decision, "about": "decision", "text": "另一份说明"})
    assert other.json()["code"] == "REVIEW_OPEN"
    assert portal.post("mine", f"/reviews/{own['review']}/withdrawal").json()["state"] == "withdrawn"
    assert _ask(portal, decision, text="另一份说明")["state"] == "asked"


def test_a_fact_is_named(portal: Served, decision: str) -> None:
    assert _ask(portal, decision, about="fact", fact="staff_total")["fact"] == "staff_total"
    for bad in ({"about": "fact"}, {"about": "fact", "fact": "nonsense"}, {"about": "decision", "fact": "staff_total"}):
        answer = portal.post("mine", "/reviews", {"decision": decision, "text": "有误,请更正", **bad})
        assert answer.json()["code"] == "UNKNOWN_CHOICE"


@pytest.mark.slow
def test_changed_by_an_override_with_a_second_person(portal: Served, decision: str) -> None:
    own = _ask(portal, decision)["review"]
    portal.post("li", f"/reviews/{own}/taking")
    said = {"outcome": "changed", "to": "decline", "reason": "复核发现订单已被取消,风险过大"}
    waits = portal.post("li", f"/reviews/{own}/answer", said)
    assert waits.json()["code"] == "FOUR_EYES_NEEDED"
    assert portal.get("mine", f"/reviews/{own}").json()["state"] == "taken"
    with portal.portal.worlds.world() as world:
        from kemiao.bank.commands.approval import give

        give(world, "wang", waits.json()["where"]["request"])
    done = portal.post("li", f"/reviews/{own}/answer", said).json()
    assert (done["state"], done["outcome"], done["to"]) == ("answered", "changed", "decline")
    assert portal.get("mine", f"/companies/{ME}/own").json()["decision"] == "decline"
    again = _ask(portal, decision, text="对复核结果仍有异议")["review"]
    assert portal.post("wang", f"/reviews/{again}/taking").json()["code"] == "HAD_A_PART"  # who approved the override
    assert portal.post("zhao", f"/reviews/{again}/taking").status_code == 200


@pytest.mark.slow
def test_only_who_took_it_up_answers_it(portal: Served, decision: str) -> None:
    own = _ask(portal, decision)["review"]
    upheld = {"outcome": "upheld", "reason": "资料核对无误,维持"}
    assert portal.post("wang", f"/reviews/{own}/answer", upheld).json()["code"] == "NOT_NOW"
    portal.post("wang", f"/reviews/{own}/taking")
    assert portal.post("li", f"/reviews/{own}/answer", upheld).json()["code"] == "NOT_IN_YOUR_HAND"
    assert portal.post("sun", f"/reviews/{own}/taking").status_code == 403
    assert portal.post("wang", f"/reviews/{own}/giving-back").json()["state"] == "asked"
    assert portal.post("li", f"/reviews/{own}/taking").json()["taken_by"] == "li"


def test_corrected_names_a_newer_decision_of_the_company(portal: Served, decision: str) -> None:
    own = _ask(portal, decision)["review"]
    portal.post("wang", f"/reviews/{own}/taking")
    others = portal.get("theirs", f"/companies/{OTHER}/own").json()["decision_id"]
    for bad in (decision, others, "dec-nothing"):
        said = {"outcome": "corrected", "reason": "已更正人数并重新评估", "new_decision": bad}
        assert portal.post("wang", f"/reviews/{own}/answer", said).json()["code"] == "NO_NEWER_DECISION"
