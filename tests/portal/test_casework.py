"""The bank's casework through the API: referral, four eyes, dissent, decline, conditions, money; and what must not go through."""

from __future__ import annotations

import base64
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kemiao.bank.lending.people import ADDED, DELEGATED
from kemiao.bank.lending.standing import states
from little_bank import ME, OTHER, at
from portal.served import Served, served

pytestmark = pytest.mark.slow
PAPER = {"name": "../../回执.pdf", "content": base64.b64encode(b"signed by hand").decode()}


def apply(home: Path, company: str = ME, amount_fen: int = 50_000_000) -> str:
    from kemiao.bank.commands.apply import Apply
    from kemiao.bank.commands.apply import apply as run
    from kemiao.bank.lending.applications import Effort

    with at(home) as world:
        answer: Any = run(world, Apply(company, "tech_credit", amount_fen, 12, "采购原材料"), Effort())
        return str(answer.application.id)


def refused(answer: Any) -> str:
    assert answer.status_code >= 400, answer.text
    return str(answer.json()["code"])


def fine(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_officer_refers_a_case_and_the_other_role_decides_it_with_a_second_person(home: Path) -> None:
    own = apply(home)
    with served(home) as portal:
        path = f"/applications/{own}"
        note = {"to": "branch_officer", "note": "订单集中于一家客户"}
        told = fine(portal.post("li", f"{path}/referral", note))
        assert (told["by"], told["state"]) == ("li", "applied") and told["event"] > 0
        assert refused(portal.post("li", f"{path}/offer", {})) == "REFERRED"
        assert refused(portal.post("wang", f"{path}/referral", note)) == "OWN_ROLE"
        case = fine(portal.get("wang", f"{path}/case"))
        assert case["referrals"][0]["note"] == note["note"] and case["next"] == "offer" and case["may"]["offer"]
        assert not fine(portal.get("li", f"{path}/case"))["may"]["offer"]
        # referred by a person: not passed without one, though the product would let it
        assert fine(portal.get("wang", f"{path}/proposal"))["automatic"] is True
        asked = portal.post("wang", f"{path}/offer", {})
        assert refused(asked) == "FOUR_EYES_NEEDED"
    with served(home) as portal:  # between the two the server was started anew
        request = asked.json()["where"]["request"]
        shown = fine(portal.get("zhao", f"/approvals/{request}"))
        assert shown["may"] and shown["bound"]["amount_fen"] == 50_000_000 and shown["application"] == own
        given = fine(portal.post("zhao", f"/approvals/{request}/approval", {"seen": shown["seen"]}))
        offered = fine(portal.post("wang", f"{path}/offer", {}))
        assert offered["state"] == "offered" and offered["event"] > given["event"]
        with at(home) as world:
            step = world.log.last("application", ref=own)
            assert step is not None and step.seq == offered["event"] and step.public["approved_by"] == "zhao"


def test_an_approval_serves_once_as_it_was_shown_and_never_its_own_maker(home: Path) -> None:
    own = apply(home)
    with at(home) as world, world.log.write() as tx:
        second = {"person": "李强", "roles": ["branch_officer"], "unit": "technology_branch", "bootstrap": False, "by": None}  # fmt: skip
        tx.append(ADDED, None, "li2", second)
    with served(home) as portal:
        body = {"reasons": ["PURPOSE_NOT_SHOWN"], "note": "合同无法核实"}
        asked = portal.post("li", f"/applications/{own}/decline", body)
        request = asked.json()["where"]["request"]
        shown = fine(portal.get("wang", f"/approvals/{request}"))
        assert shown["bound"]["reasons"] == body["reasons"] and shown["bound"]["note"] == body["note"]
        give = f"/approvals/{request}/approval"
        assert refused(portal.post("li", give, {"seen": shown["seen"]})) == "OWN_REQUEST"
        mine = fine(portal.get("li2", f"/approvals/{request}"))  # another account, the same person
        assert not mine["may"] and refused(portal.post("li2", give, {"seen": shown["seen"]})) == "OWN_REQUEST"
        assert refused(portal.post("wang", give, {"seen": "0" * 64})) == "SEEN_OTHERWISE"
        assert refused(portal.post("wang", give, {"seen": shown["seen"], "state": "given"})) == "UNFIT_INPUT"
        fine(portal.post("wang", give, {"seen": shown["seen"]}))
        altered = portal.post("li", f"/applications/{own}/decline", body | {"reasons": ["OUTLOOK"]})
        assert refused(altered) == "FOUR_EYES_NEEDED" and altered.json()["where"]["request"] != request
        done = fine(portal.post("li", f"/applications/{own}/decline", body))
        assert done["state"] == "declined" and [why["code"] for why in done["declined_for"]] == body["reasons"]
        assert refused(portal.post("wang", give, {"seen": shown["seen"]})) == "REQUEST_CLOSED"
        fine(portal.post("li", f"/applications/{own}/reopening", {}))
        again = portal.post("li", f"/applications/{own}/decline", body)
        assert refused(again) == "FOUR_EYES_NEEDED" and again.json()["where"]["request"] != request
        with at(home) as world:
            step = next(event for event in world.log.events("application", ref=own) if event.public["step"] == "declined")  # fmt: skip
            assert body["note"] not in str(step.public) and (world.log.private(step) or {})["note"] == body["note"]


def test_dissent_is_kept_and_a_delegate_is_shown_as_such(home: Path) -> None:
    own = apply(home)
    with at(home) as world, world.log.write() as tx:
        said = {"from": "wang", "until": date(2024, 7, 9).isoformat(), "by": "wang"}
        tx.append(DELEGATED, None, "sun", said)
    with served(home) as portal:
        body = {"reasons": ["OUTLOOK"]}
        request = portal.post("li", f"/applications/{own}/decline", body).json()["where"]["request"]
        fine(portal.post("wang", f"/approvals/{request}/refusal", {"reason": "订单已补充,应当要约"}))
        kept = fine(portal.get("li", f"/approvals/{request}"))
        assert (kept["state"], kept["reason"], kept["answered_by"]) == ("refused", "订单已补充,应当要约", "wang")
        second = portal.post("li", f"/applications/{own}/decline", body).json()["where"]["request"]
        shown = fine(portal.get("sun", f"/approvals/{second}"))
        assert (second != request, shown["refused_before"], shown["stands_in"]) == (True, 1, "wang")
        fine(portal.post("sun", f"/approvals/{second}/approval", {"seen": shown["seen"]}))
        told = fine(portal.get("li", f"/approvals/{second}"))
        assert (told["answered_by"], told["answered_for"]) == ("sun", "wang")


def test_from_offer_to_money_by_the_bank(home: Path) -> None:
    own = apply(home)
    path = f"/applications/{own}"
    with served(home) as portal:
        assert fine(portal.post("li", f"{path}/offer", {}))["state"] == "offered"
        with at(home) as world:
            from kemiao.bank.commands.apply import accept
            from kemiao.bank.lending.applications import Effort
            from kemiao.bank.lending.people import Account, account_of

            li = account_of(world, "li")
            assert isinstance(li, Account)
            accept(world, own, Effort(li))
        assert refused(portal.post("li", f"{path}/bank-signature", {"how": "paper", "paper": PAPER})) == "NO_DUE_DILIGENCE"  # fmt: skip
        looked = fine(portal.post("li", f"/companies/{ME}/due-diligence", {"owners": [{"name": "张三", "share_ppm": 600_000}], "risk": "low"}))  # fmt: skip
        assert looked["passed"] and looked["event"] > 0
        codes = [each["code"] for each in fine(portal.get("li", f"{path}/case"))["conditions"]]
        ticked = fine(
            portal.post("li", f"{path}/conditions", {"conditions": codes, "paper": PAPER, "note": "核对原件"})
        )
        assert ticked["by"] == "li"
        case = fine(portal.get("li", f"{path}/case"))
        assert all(each["ticked"]["paper"] for each in case["conditions"]) and case["next"] == "sign"
        assert {step["file"] for step in case["steps"] if step["step"] == "ticked"} == {"回执.pdf"}
        assert refused(portal.post("li", f"{path}/bank-signature", {"how": "paper"})) == "PAPER_NEEDED"
        signed = fine(portal.post("li", f"{path}/bank-signature", {"how": "paper", "paper": PAPER}))
        assert signed["state"] == "signed" and signed["loan"]
        paid = fine(portal.post("sun", f"{path}/disbursement", {}, key="disburse-once-0001"))
        again = portal.post("sun", f"{path}/disbursement", {}, key="disburse-once-0001")
        assert again.headers["idempotency-replayed"] == "true" and fine(again) == paid
        with at(home) as world:
            assert states(world, own=str(paid["loan"])).to_pylist()[0]["drawn_fen"] == 50_000_000
        waits = fine(portal.get("sun", "/payments"))["waiting"]
        assert [row["why_en"] is not None for row in waits] == [True]  # no account of the company is on record yet
        account = {"number": "6222020200112233", "name": "甲科技有限公司"}
        asked = portal.post("sun", f"/companies/{ME}/payment-account", account).json()["where"]["request"]
        seen = fine(portal.get("wang", f"/approvals/{asked}"))
        assert seen["bound"]["number"] == account["number"]
        fine(portal.post("wang", f"/approvals/{asked}/approval", {"seen": seen["seen"]}))
        fine(portal.post("sun", f"/companies/{ME}/payment-account", account))
        ordered = portal.post("sun", "/payments/orders", {})
        if ordered.status_code == 200:
            assert ordered.json()["orders"] == 1 and "6222020200112233" in ordered.json()["content"]
            assert fine(portal.post("sun", "/payments/orders", {}))["file"] is None
        else:  # a home without a settlement account says so
            assert refused(ordered) == "NO_SETTLEMENT_ACCOUNT"


def test_evidence_goes_down_to_the_row_and_reads_only_what_is_opened(home: Path) -> None:
    with served(home) as portal:
        decision = fine(portal.get("li", f"/companies/{ME}"))["decision_id"]
        with at(home) as world:
            before = sum(1 for _ in world.log.events("reading"))
        tree = fine(portal.get("li", f"/decisions/{decision}/evidence"))
        assert tree["features"] and tree["batches"] and "financial_statement" in tree["rows"]
        with at(home) as world:
            assert sum(1 for _ in world.log.events("reading")) == before
        rows = fine(portal.get("li", f"/decisions/{decision}/evidence/financial_statement"))
        assert rows["kept"] and rows["rows"][0]["row"] and len(rows["rows"]) == sum(tree["rows"]["financial_statement"].values())  # fmt: skip
        assert portal.get("li", f"/decisions/{decision}/evidence/bank_transaction'%20OR%201").status_code == 422
        assert portal.get("mine", f"/decisions/{decision}/evidence").status_code == 403


def test_complaints_run_by_their_clocks(portal: Served) -> None:
    filing = {
        "received_on": "2024-06-25", "channel": "phone", "category": "fee", "by": "complainant", "person": "王某", "contact": "138", "request": "退还多收利息",
        "facts": "三月多扣一期", "handler": "qian", "respondent": "li", "company": OTHER,
    }  # fmt: skip
    own = fine(portal.post("qian", "/complaints", filing))["complaint"]
    assert fine(portal.post("qian", "/complaints", filing))["complaint"] == own
    (row,) = fine(portal.get("qian", "/complaints"))["items"]
    assert (row["due_on"], row["state"], row["details"]) == ("2024-07-10", "open", None)
    assert "王某" in str(fine(portal.get("qian", f"/complaints/{own}"))["details"])
    told = {"outcome": "upheld", "reason": "多扣属实", "told_on": "2024-07-01"}
    assert refused(portal.post("qian", f"/complaints/{own}/answer", told)) == "ROOT_CAUSE_NEEDED"
    whole = told | {"root_cause": "系统参数", "correction": "已退还"}
    assert refused(portal.post("li", f"/complaints/{own}/answer", whole)) == "CONFLICT_OF_INTEREST"
    assert fine(portal.post("qian", f"/complaints/{own}/answer", whole))["state"] == "answered"
    assert portal.get("mine", f"/complaints/{own}").status_code == 403


@pytest.mark.parametrize(("account", "path", "body"), [
    ("sun", "/applications/{own}/offer", {}), ("qian", "/applications/{own}/decline", {"reasons": ["OUTLOOK"]}),
    ("mine", "/applications/{own}/conditions", {"conditions": ["LICENCE"]}), ("fund", "/applications/{own}/disbursement", {}),
    ("chen", "/applications/{own}/referral", {"to": "branch_officer", "note": "请判断"}),
])  # fmt: skip
def test_who_has_not_the_role_does_nothing(home: Path, account: str, path: str, body: Any) -> None:
    own = apply(home)
    with served(home) as portal:
        assert refused(portal.post(account, path.format(own=own), body)) == "NOT_ALLOWED"
        with at(home) as world:
            assert len(list(world.log.events("application", ref=own))) == 1
