"""Consent: the company gives it, asks to be asked, takes it back; the reader asks, and passes on what it may pass on.

State: consent/<id> → {company, reader, by, key, at, sequence, tables, purposes, from, until, may_pass_on, queries, used, accounts, ask,
notice, parent, depth, revoked, withdrawals}; consents/<company>/<reader>/<id> and held/<reader>/<company>/<id> → at;
request/<id> → {company, reader, consent, purpose, tables, at, sequence, approved, approved_by, approved_key, used};
requests/<company>/<id> and asked/<reader>/<id> → at; withdrawn/<company>/<reader> → {at, count, entry}.
"""

from __future__ import annotations

from typing import Any

from kemiao.base.refusal import Refusal
from kemiao.chain.entry import Signed
from kemiao.chain.rules import bodies as form
from kemiao.chain.rules.standing import standing, withdrawals
from kemiao.chain.rules.state import Effects, State, day_of

PASSED_DEPTH = 4  # a company → a bank → its guarantor → …: further than this nobody asked the company
QUERIES_MAX = 1_000_000
_QUERIES = form.nothing_or(form.number(1, QUERIES_MAX))
_GRANT = {
    "reader": form.PARTICIPANT, "tables": form.TABLES_NAMED, "purposes": form.PURPOSES_NAMED, "from": form.DAY, "until": form.DAY,
    "may_pass_on": form.is_flag, "queries": _QUERIES, "accounts": form.nothing_or(form.ACCOUNTS), "ask": form.is_flag,
    "notice": form.nothing_or(form.DIGEST),
}  # fmt: skip
_REQUEST = {"consent": form.nothing_or(form.DIGEST), "purpose": form.is_purpose, "tables": form.TABLES_NAMED}
_PASS = {
    "consent": form.DIGEST, "reader": form.PARTICIPANT, "tables": form.TABLES_NAMED, "purposes": form.PURPOSES_NAMED,
    "until": form.DAY,
}  # fmt: skip
_PASS_ALSO = {"queries": _QUERIES, "may_pass_on": form.is_flag}
_REVOKE = {"consent": form.nothing_or(form.DIGEST), "reader": form.nothing_or(form.PARTICIPANT)}


def grant(state: State, signed: Signed, at: int) -> Effects | Refusal:
    entry, body = signed.entry, dict(signed.entry.body or {})
    refused = form.faulty(entry, _GRANT) or not_the_company(state, entry.subject, entry.author)
    refused = refused or _no_reader(state, body["reader"], entry.subject)
    if refused is not None:
        return refused
    if body["from"] > body["until"]:
        return form.malformed("until")
    if body["until"] < day_of(at):
        return Refusal.at("CONSENT_EXPIRED", "授权的截止日已过", "the consent's last day is over", until=body["until"])
    granted = {
        **body, "company": entry.subject, "parent": None, "depth": 0,
        "withdrawals": withdrawals(state, str(entry.subject), body["reader"]),
    }  # fmt: skip
    return Effects(_kept(signed, granted, at))


def request(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """Under an ask-consent: one query, which waits for the company's approval. Without a consent: asks for one."""
    entry, body = signed.entry, dict(signed.entry.body or {})
    refused = form.faulty(entry, _REQUEST)
    if refused is not None:
        return refused
    if body["consent"] is None:
        if entry.subject is None or state.get(f"company/{entry.subject}") is None:
            return Refusal.at("NO_SUCH_COMPANY", "链上没有代表该企业的参与方", "nobody on the chain speaks for the company", company=entry.subject)  # fmt: skip
        if withdrawals(state, entry.subject, entry.author):
            return withdrawn(entry.subject, entry.author)
    else:
        # Which accounts is the company's choice already; the reading is held to it.
        consent = standing(state, body["consent"], entry.author, body["purpose"], body["tables"], (), day_of(at))
        if isinstance(consent, Refusal):
            return consent
        if entry.subject != consent["company"]:
            return _other_company(body["consent"])
        if not consent["ask"]:
            return no_approval_needed(body["consent"])
    asked = {
        **body, "company": entry.subject, "reader": entry.author, "at": at, "sequence": entry.sequence, "approved": None, "approved_by": None,
        "approved_key": None, "used": None,
    }  # fmt: skip
    own = signed.id
    return Effects({f"request/{own}": asked, f"requests/{entry.subject}/{own}": at, f"asked/{entry.author}/{own}": at})


def approve(state: State, signed: Signed, at: int) -> Effects | Refusal:
    entry = signed.entry
    refused = form.faulty(entry, {"request": form.DIGEST})
    if refused is not None:
        return refused
    request_id = str((entry.body or {})["request"])
    asked = state.get(f"request/{request_id}")
    if asked is None:
        return Refusal.at("NO_SUCH_REQUEST", "没有这份申请", "there is no such request", request=request_id)
    if entry.subject != asked["company"]:
        return _other_company(request_id)
    refused = not_the_company(state, entry.subject, entry.author)
    if refused is not None:
        return refused
    if asked["consent"] is None:
        return Refusal.at("NO_SUCH_CONSENT", "申请不基于任何授权:请先授权(consent grant)", "the request rests on no consent: grant one instead", request=request_id)  # fmt: skip
    if asked["approved"] is not None:
        return Refusal.at("APPROVED_ALREADY", "这份申请已经同意过", "the request was approved already", request=request_id)  # fmt: skip
    consent = standing(state, asked["consent"], asked["reader"], asked["purpose"], asked["tables"], (), day_of(at))
    if isinstance(consent, Refusal):
        return consent
    given = {**asked, "approved": at, "approved_by": entry.author, "approved_key": entry.key}
    return Effects({f"request/{request_id}": given})


def revoke(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """One consent, or everything from one reader: what it holds, what was passed on to it, what it has on paper."""
    entry, body = signed.entry, signed.entry.body or {}
    refused = form.faulty(entry, _REVOKE) or not_the_company(state, entry.subject, entry.author)
    if refused is not None:
        return refused
    if (body["consent"] is None) == (body["reader"] is None):
        return form.malformed("consent")
    if body["consent"] is None:
        company, reader = str(entry.subject), body["reader"]
        refused = _no_reader(state, reader, company)
        if refused is not None:
            return refused
        count = withdrawals(state, company, reader) + 1
        return Effects({f"withdrawn/{company}/{reader}": {"at": at, "count": count, "entry": signed.id}})
    consent = state.get(f"consent/{body['consent']}")
    if consent is None:
        return Refusal.at("NO_SUCH_CONSENT", "没有这份授权", "there is no such consent", consent=body["consent"])
    if consent["company"] != entry.subject:
        return _other_company(body["consent"])
    if consent["revoked"] is not None:
        return Refusal.at("CONSENT_REVOKED", "授权已撤回", "the consent was revoked", consent=body["consent"])
    return Effects({f"consent/{body['consent']}": {**consent, "revoked": at}})


def pass_on(state: State, signed: Signed, at: int) -> Effects | Refusal:
    """A part of what the author holds, to another reader. It dies with what it came from, and uses that up too."""
    entry, body = signed.entry, {"queries": None, "may_pass_on": False, **(signed.entry.body or {})}
    refused = form.faulty(entry, _PASS, _PASS_ALSO)
    if refused is not None:
        return refused
    parent = standing(state, body["consent"], entry.author, None, (), None, day_of(at))
    if isinstance(parent, Refusal):
        return parent
    if entry.subject != parent["company"]:
        return _other_company(body["consent"])
    if not parent["may_pass_on"] or parent["depth"] >= PASSED_DEPTH:
        return Refusal.at("PASSING_NOT_ALLOWED", "授权不得转授", "the consent may not be passed on", consent=body["consent"])  # fmt: skip
    refused = _no_reader(state, body["reader"], entry.subject)
    if refused is not None:
        return refused
    if body["reader"] == entry.author:
        return form.malformed("reader")
    if withdrawals(state, str(entry.subject), body["reader"]):
        return withdrawn(str(entry.subject), body["reader"])
    for code, zh, en, name in _PARTS:
        if not set(body[name]) <= set(parent[name]):
            return Refusal.at(code, zh, en, consent=body["consent"])
    if body["until"] > parent["until"]:
        return Refusal.at("CONSENT_EXPIRED", f"原授权至 {parent['until']} 为止", f"the consent that it comes from ends on {parent['until']}", consent=body["consent"])  # fmt: skip
    if body["until"] < day_of(at):
        return Refusal.at("CONSENT_EXPIRED", "授权的截止日已过", "the consent's last day is over", until=body["until"])
    passed = {
        "reader": body["reader"], "tables": body["tables"], "purposes": body["purposes"], "until": body["until"],
        "queries": body["queries"], "may_pass_on": body["may_pass_on"], "from": parent["from"], "accounts": parent["accounts"],
        "ask": parent["ask"], "notice": None, "company": parent["company"], "parent": body["consent"],
        "depth": parent["depth"] + 1, "withdrawals": 0,
    }  # fmt: skip
    return Effects(_kept(signed, passed, at))


_PARTS = (
    ("PURPOSE_NOT_COVERED", "原授权没有这一用途", "the consent that it comes from has no such purpose", "purposes"),
    ("TABLE_NOT_COVERED", "原授权没有这张表", "the consent that it comes from has no such table", "tables"),
)


def not_the_company(state: State, company: str | None, author: str) -> Refusal | None:
    if company is not None and state.get(f"company/{company}") == author:
        return None
    return Refusal.at(
        "NOT_THE_COMPANY", "只有企业自己可以这样做", "only the company itself may do this", company=company
    )


def withdrawn(company: str, reader: str) -> Refusal:
    return Refusal.at("WITHDRAWN", "企业已撤回对该机构的全部授权", "the company withdrew everything from this reader", company=company, reader=reader)  # fmt: skip


def no_approval_needed(consent: str) -> Refusal:
    return Refusal.at("NO_APPROVAL_NEEDED", "这份授权无需逐次申请", "this consent needs no approval of each query", consent=consent)  # fmt: skip


def _kept(signed: Signed, consent: dict[str, Any], at: int) -> dict[str, Any]:
    company, reader, own = consent["company"], consent["reader"], signed.id
    full = {
        **consent,
        "by": signed.entry.author,
        "key": signed.entry.key,
        "at": at,
        "sequence": signed.entry.sequence,
        "used": 0,
        "revoked": None,
    }
    return {f"consent/{own}": full, f"consents/{company}/{reader}/{own}": at, f"held/{reader}/{company}/{own}": at}


def _no_reader(state: State, reader: str, company: str | None) -> Refusal | None:
    if state.get(f"participant/{reader}") is None:
        return Refusal.at("NO_SUCH_PARTICIPANT", "没有这个参与方", "there is no such participant", participant=reader)
    if company is not None and state.get(f"company/{company}") == reader:
        return Refusal.at("READER_IS_THE_COMPANY", "企业读自己的资料不需要授权", "a company needs no consent to read its own", reader=reader)  # fmt: skip
    return None


def _other_company(where: str) -> Refusal:
    return Refusal.at("OTHER_COMPANY", "条目写的是另一家企业", "the entry names another company", of=where)
