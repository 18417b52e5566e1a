"""A home with two companies and two funders, each with things of every kind, and in everything of one side its canary: a word that
nobody else may ever be answered."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from kemiao.bank.commands.apply import Apply, apply
from kemiao.bank.commands.assess import Request, assess
from kemiao.bank.commands.condition import Tick, tick
from kemiao.bank.commands.disburse import Disburse, disburse
from kemiao.bank.commands.due_diligence import Look, Owner, due_diligence
from kemiao.bank.commands.market_call import Opening, open_call
from kemiao.bank.commands.users import make_token
from kemiao.bank.credentials import SET, hashed
from kemiao.bank.lending.applications import Effort
from kemiao.bank.lending.people import ADDED, account_of
from kemiao.bank.portal_accounts import USER_ADDED
from kemiao.base.refusal import Refusal
from little_bank import DAY, ME, OTHER, new_home, put, sound
from portal.served import STAFF, Served, served
from portal.test_signing import GRANT, by
from portal.trust_home import CHEAP, PASSPHRASE, PASSWORD, signer, world_of

MINE, THEIRS = "zebra7731", "okapi8842"
FUND_A, FUND_B = "heron5519", "ibis6620"
CANARY = {ME: MINE, OTHER: THEIRS, "fund-a": FUND_A, "fund-b": FUND_B}
ACCOUNT = {ME: "mine", OTHER: "theirs", "fund-a": "fund", "fund-b": "fundb"}
AMOUNT = {ME: 31_000_000, OTHER: 27_000_000}
PRODUCT = "tech_credit"
_TEXTS = (
    "name",
    "customer",
    "account",
    "transaction_no",
    "certificate_no",
    "number",
    "case_no",
    "loan_no",
    "lender",
    "invoice_no",
    "order_no",
)


@dataclass
class Sides:
    """ids: by company or funder, and by the name of the path parameter."""

    home: Path
    ids: dict[str, dict[str, str]] = field(default_factory=lambda: {name: {} for name in CANARY})
    token: str = ""


def facts_of(company: str) -> dict[str, list[dict[str, Any]]]:
    """Sound ones, with the company's canary in every name, number and counterpart."""
    tag = CANARY[company]
    facts = sound(company)
    for rows in facts.values():
        for row in rows:
            row |= {name: f"{tag}-{row[name]}" for name in _TEXTS if isinstance(row.get(name), str)}
            for name in ("buyer", "seller", "holder"):
                kind, _, own = str(row.get(name) or "").partition(":")
                if kind in ("foreign", "person"):
                    row[name] = f"{kind}:{tag}-{own}"
    return facts


def two_sides(root: Path, monkeypatch: pytest.MonkeyPatch) -> Sides:
    monkeypatch.setenv("KEMIAO_PASSPHRASE", PASSPHRASE)
    made = _template()
    shutil.copytree(made.home, root)
    return replace(made, home=root)


@contextmanager
def asked(sides: Sides) -> Iterator[Served]:
    with served(sides.home) as portal:
        yield portal


@cache
def _template() -> Sides:
    sides = Sides(_bank(Path(mkdtemp(prefix="kemiao-sides-")) / "home"))
    with served(sides.home) as portal:
        for company in (ME, OTHER):
            _company(portal, sides, company)
        for funder in ("fund-a", "fund-b"):
            terms = {"budget_fen": 41_000_000, "rate_ppm": 42_000, "product": PRODUCT, "name": f"{CANARY[funder]}"}
            sides.ids[funder]["mandate"] = _mandate(portal, funder, terms)
        with portal.portal.worlds.world() as world:
            opened: Any = open_call(world, Opening(None, 1, 1, True))
            assert not isinstance(opened, Refusal), opened
            token: Any = make_token(world, "li", "machine", ("events",), DAY)
            sides.token = token["text"]
        call = portal.get("sun", "/market/calls").json()[0]["call"]
        for name in sides.ids:
            sides.ids[name]["call"] = call
    return sides


def _bank(root: Path) -> Path:
    from kemiao.bank.commands.company_key import participant_id, take_into_custody
    from kemiao.bank.commands.participant import Create, create
    from kemiao.bank.commands.start_chain import Start, Started, start_chain
    from kemiao.base.canonical import canonical_bytes
    from kemiao.chain.genesis import make_card

    new_home(root)
    password = {"password": hashed(PASSWORD)}
    with world_of(root) as world:
        for company in (ME, OTHER):
            put(world, facts_of(company), companies=(company,), basis="own", assumed=True)
        with world.log.write() as tx:
            for name, person, role, unit in STAFF:
                tx.append(ADDED, None, name, {"person": person, "roles": [role], "unit": unit, "bootstrap": name == "chen", "by": None})  # fmt: skip
            for name, kind, own in (
                ("mine", "company", {"company": ME}), ("theirs", "company", {"company": OTHER}), ("fund", "funder", {"funder": "fund-a"}),
                ("fundb", "funder", {"funder": "fund-b"}), ("audit", "auditor", {}),
            ):  # fmt: skip
                tx.append(USER_ADDED, None, name, {"kind": kind, "person": f"某人 {name}", **own})
                tx.append(SET, None, name, {"by": None}, password)
            tx.append(SET, None, "li", {"by": None}, password)
        assess(world, Request(None))
        create(world, Create("bank-a", "园区银行", ("bank",)), lambda: PASSPHRASE, CHEAP)
        kept = take_into_custody(world, ME, f"{MINE} 企业", "ed25519", lambda: PASSPHRASE, cost=CHEAP)
        assert not isinstance(kept, Refusal), kept
        own_keys = [(signer("theirs keys"), ("keys",)), (signer("theirs entries"), ("consent", "entries"))]
        other = [(signer("b keys"), ("keys",)), (signer("b entries"), ("consent", "entries"))]
        cards = (
            kept, make_card(participant_id(OTHER), f"{THEIRS} 企业", ("company",), OTHER, own_keys), make_card("bank-b", "第二家银行", ("bank",), None, other),
        )  # fmt: skip
        paths = [root / "work" / f"{number}.card.json" for number in range(len(cards))]
        for path, card in zip(paths, cards, strict=True):
            path.write_bytes(canonical_bytes(card))
        started = start_chain(world, Start(tuple(paths), "测试链"), lambda: PASSPHRASE, CHEAP)
        assert isinstance(started, Started), started
    _with_numbers(root)
    settings = root / "kemiao.toml"
    settings.write_text(f"today = {DAY}\n" + settings.read_text("utf-8"), "utf-8")
    return root


def _with_numbers(root: Path) -> None:
    """What `put` leaves out of an import's files, and a report of a company names."""
    with closing(sqlite3.connect(root / "event_log.db")) as connection, connection:
        for seq, public in connection.execute("SELECT seq, public FROM event WHERE kind = 'import'").fetchall():
            said = json.loads(public)
            said["files"] = [{"number": 1, "sheet": None, **each} for each in said["files"]]
            connection.execute("UPDATE event SET public = ? WHERE seq = ?", (json.dumps(said), seq))


def _company(portal: Served, sides: Sides, company: str) -> None:
    """A loan with an order of repayment, an application that waits for a second person, a consent, a review, a complaint, papers,
    a request at the market."""
    tag, account, ids = CANARY[company], ACCOUNT[company], sides.ids[company]
    ids["company"] = company
    wish = {"product": PRODUCT, "amount_fen": AMOUNT[company], "months": 12, "purpose": "raw_materials", "contact": f"{tag} 139", "payee": f"{tag} 收款人", "payee_account": f"{tag}6222"}  # fmt: skip
    first = _fine(portal.post(account, f"/companies/{company}/applications", wish), 201)
    own = first["application"]
    assert first["offer"], first
    _fine(portal.post(account, f"/applications/{own}/acceptance", {"offer": first["offer"]["digest"]}))
    with portal.portal.worlds.world() as world:
        li = Effort(_staff(world, "li"), 5)
        for done in (
            due_diligence(world, Look(company, (Owner(f"{tag} 股东", 600_000),), "low"), li),
            tick(world, Tick(own, ("LICENCE", "CONSENT", "RESOLUTION", "USE")), li),
        ):
            assert not isinstance(done, Refusal), done
    _fine(portal.post("li", f"/applications/{own}/bank-signature", {"how": "portal"}))
    text = portal.get(account, f"/applications/{own}/contract").json()
    signed = _fine(portal.post(account, f"/applications/{own}/contract/signature", {"digest": text["digest"], "password": PASSWORD}))  # fmt: skip
    ids["loan"] = signed["loan"]
    with portal.portal.worlds.world() as world:
        paid = disburse(world, Disburse(own), Effort(_staff(world, "sun"), 5))
        assert not isinstance(paid, Refusal), paid
    order = {"kind": "early", "pay_on": DAY.isoformat(), "amount_fen": 1_000_000}
    ids["repayment"] = _fine(portal.post(account, f"/loans/{ids['loan']}/repayments", order), 201)["order"]["id"]
    with portal.portal.worlds.world() as world:  # at the bank: nothing is decided by itself
        second: Any = apply(world, Apply(company, PRODUCT, 20_000_000, 12, f"{tag} 原料"), Effort())
    ids["application"] = str(second.application.id)
    _fine(portal.post("li", f"/applications/{ids['application']}/referral", {"to": "branch_officer", "note": f"{tag} 的说明"}))  # fmt: skip
    held = portal.post("wang", f"/applications/{ids['application']}/offer", {})
    assert held.json()["code"] == "FOUR_EYES_NEEDED", held.text
    ids["approval_request"] = held.json()["where"]["request"]
    ids["consent"] = ids["receipt"] = ids["entry"] = _consent(portal, company)
    ids["decision"] = portal.get(account, f"/companies/{company}").json()["decision_id"]
    review = {"decision": ids["decision"], "about": "decision", "text": f"{tag} 请复核这份决定"}
    ids["review"] = _fine(portal.post(account, "/reviews", review), 201)["review"]
    complaint = {
        "received_on": DAY.isoformat(), "channel": "web", "category": "loan", "by": "legal_representative", "person": f"{tag} 张三", "contact": f"{tag} 138",
        "request": f"{tag} 退还费用", "facts": f"{tag} 多收费用", "handler": "qian", "company": company,
    }  # fmt: skip
    ids["complaint"] = _complaint(portal, complaint)
    _fine(portal.post("sun", f"/companies/{company}/payment-account", {"number": "6222020000007731", "name": f"{tag} 户名"}), 409)  # waits for a second person  # fmt: skip
    code = company.removeprefix("uscc:")
    rows = f"统一社会信用代码,订单号,客户名称,签订日期,合同金额(万元),交付日期,状态\n{code},{tag}D1,{tag}客户,2024-01-15,100,2024-09-30,执行中\n{code},{tag}D2,{tag}客户,2024-02-15,{tag},2024-09-30,执行中\n"
    brought = portal.post("sun", "/imports", data={"map": "orders", "basis": "own", "company": company}, files=[("files", (f"{tag}订单.csv", rows.encode(), "text/csv"))])  # fmt: skip
    ids["batch"] = str(_fine(brought, 201)["batch"]["batch"])
    request = {"amount_fen": 10_000_000, "months": 12, "rate_max_ppm": 90_000, "purpose": "raw_materials"}
    _fine(portal.post(account, f"/companies/{company}/market/requests", request), 201)


def _consent(portal: Served, company: str) -> str:
    account = ACCOUNT[company]
    draft = _fine(portal.post(account, f"/companies/{company}/drafts", GRANT))
    how = {"password": PASSWORD} if draft["how"] == "custody" else {"signature": by(signer("theirs entries"), draft)}
    return str(_fine(portal.post(account, f"/companies/{company}/signatures", {"draft": draft["entry"], **how}))["entry"])  # fmt: skip


def _complaint(portal: Served, filed: Mapping[str, Any]) -> str:
    answer = portal.post("qian", "/complaints", dict(filed))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["complaint"])


def _mandate(portal: Served, funder: str, terms: Mapping[str, Any]) -> str:
    answer = portal.post(ACCOUNT[funder], "/mandates", dict(terms))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["posting"])


def _staff(world: Any, name: str) -> Any:
    account = account_of(world, name)
    assert not isinstance(account, Refusal), account
    return account


def _fine(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()
