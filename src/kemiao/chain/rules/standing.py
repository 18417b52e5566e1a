"""Does a consent stand for a reading? Pure, so that every reader asks its own replica before it reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from kemiao.base.refusal import Refusal
from kemiao.chain.rules.participants import distrusted
from kemiao.chain.rules.state import State
from kemiao.facts.permit import COVERS
from kemiao.facts.tables import TABLES

Consent = dict[str, Any]  # the state's value of consent/<id>: see consents.py
WITH_ACCOUNTS = frozenset(name for name, table in TABLES.items() if any(c.name == "account" for c in table.columns))


def standing(
    state: State, consent_id: str, reader: str, purpose: str | None, tables: Collection[str],
    accounts: Collection[str] | None, day: str,
) -> Refusal | Consent:  # fmt: skip
    """The consent, or why it does not cover this. purpose None: for whichever it was given. accounts None: all of them.

    Looked at in this order: NO_SUCH_CONSENT, NOT_THE_READER; for the consent and then for each that it was passed on from:
    CONSENT_REVOKED, CONSENT_DISTRUSTED, CONSENT_NOT_YET, CONSENT_EXPIRED, CONSENT_USED_UP; PURPOSE_NOT_COVERED,
    TABLE_NOT_COVERED, ACCOUNT_NOT_COVERED. Whether a query was approved is `approved`'s question.
    """
    own: Consent | None = state.get(f"consent/{consent_id}")
    if own is None:
        return _refused("NO_SUCH_CONSENT", "没有这份授权", "there is no such consent", consent_id)
    if own["reader"] != reader:
        return _refused("NOT_THE_READER", "授权给的是别人", "the consent was given to another", consent_id)
    for each_id, each in with_parents(state, consent_id):
        lapsed = lapsed_by(state, each_id, each, day)
        if lapsed is not None:
            return lapsed
    if purpose is not None and not covered(own["purposes"], purpose):
        return _refused("PURPOSE_NOT_COVERED", "授权不包括这一用途", "the consent does not cover this purpose", consent_id, purpose)  # fmt: skip
    beyond = next((table for table in tables if table not in own["tables"]), None)
    if beyond is not None:
        return _refused("TABLE_NOT_COVERED", "授权不包括这张表", "the consent does not cover this table", consent_id, beyond)  # fmt: skip
    if own["accounts"] is not None and not _accounts_fit(own["accounts"], tables, accounts):
        return _refused("ACCOUNT_NOT_COVERED", "授权只包括所列账户", "the consent covers the listed accounts only", consent_id)  # fmt: skip
    return own


def lapsed_by(state: State, consent_id: str, consent: Consent, day: str) -> Refusal | None:
    """Why this consent alone, not those that it was passed on from, does not stand on a day."""
    if consent["revoked"] is not None or consent["withdrawals"] != withdrawals(
        state, consent["company"], consent["reader"]
    ):
        return _refused("CONSENT_REVOKED", "授权已撤回", "the consent was revoked", consent_id)
    if distrusted(state, consent["by"], consent["key"], consent["at"]):
        return _refused("CONSENT_DISTRUSTED", "授权由已失信的密钥签署", "the consent was signed by a key that is no longer trusted", consent_id)  # fmt: skip
    if day < consent["from"]:
        return _refused("CONSENT_NOT_YET", f"授权自 {consent['from']} 起有效", f"the consent begins on {consent['from']}", consent_id)  # fmt: skip
    if day > consent["until"]:
        return _refused("CONSENT_EXPIRED", f"授权已于 {consent['until']} 到期", f"the consent ended on {consent['until']}", consent_id)  # fmt: skip
    if consent["queries"] is not None and consent["used"] >= consent["queries"]:
        return _refused("CONSENT_USED_UP", f"授权的 {consent['queries']} 次查询已用完", f"the consent's {consent['queries']} queries are used up", consent_id)  # fmt: skip
    return None


def approved(
    state: State, request_id: str | None, consent_id: str, purpose: str, tables: Collection[str]
) -> Refusal | dict[str, Any]:
    """The approved request that one reading under an ask-consent may use, or APPROVAL_NEEDED and why."""
    request = None if request_id is None else state.get(f"request/{request_id}")
    if request is None or request["consent"] != consent_id:
        why = ("没有对应的查询申请", "there is no request for it")
    elif request["approved"] is None:
        why = ("企业尚未同意这次查询", "the company has not approved this query yet")
    elif request["used"] is not None:
        why = ("这次同意已经用过", "this approval was used")
    elif distrusted(state, request["approved_by"], request["approved_key"], request["approved"]):
        why = ("同意由已失信的密钥签署", "the approval was signed by a key that is no longer trusted")
    elif not covered([request["purpose"]], purpose) or not set(tables) <= set(request["tables"]):
        why = ("企业同意的是另一用途或另一些表", "the company approved another purpose or other tables")
    else:
        return dict(request)
    return Refusal.at("APPROVAL_NEEDED", f"每次查询须经企业同意:{why[0]}。请先申请(kemiao consent request 授权 --purpose …),企业同意(kemiao consent approve)后再试", f"each query needs the company's approval: {why[1]}. Ask for one (kemiao consent request CONSENT --purpose …); the company approves it (kemiao consent approve)", consent=consent_id, request=request_id)  # fmt: skip


def with_parents(state: State, consent_id: str) -> Iterator[tuple[str, Consent]]:
    """The consent, then the one that it was passed on from, up to the company's own grant."""
    following: str | None = consent_id
    while following is not None:
        consent: Consent = state.get(f"consent/{following}")  # type: ignore[assignment]
        yield following, consent
        following = consent["parent"]


def covered(given: Collection[str], purpose: str) -> bool:
    return any(purpose in COVERS[each] for each in given)


def withdrawals(state: State, company: str, reader: str) -> int:
    """How often the company withdrew everything from the reader: consents given before the last time are dead."""
    withdrawn = state.get(f"withdrawn/{company}/{reader}")
    return 0 if withdrawn is None else int(withdrawn["count"])


def _accounts_fit(listed: Collection[str], tables: Collection[str], asked: Collection[str] | None) -> bool:
    if asked is None:  # all accounts: only where no table has any
        return not WITH_ACCOUNTS & set(tables)
    return set(asked) <= set(listed)


def _refused(code: str, zh: str, en: str, consent: str, asked: str | None = None) -> Refusal:
    return Refusal.at(code, zh, en, consent=consent, asked=asked)
