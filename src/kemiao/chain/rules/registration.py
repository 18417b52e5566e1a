"""What a registration must satisfy: its form, its term, and that those who stand there are acknowledged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from kemiao.base.keys import parse_company
from kemiao.base.money import FEN_MAX, yuan_text
from kemiao.base.refusal import Refusal
from kemiao.chain.blinding import VARIANTS
from kemiao.chain.entry import is_digest
from kemiao.chain.rules import bodies as form
from kemiao.chain.rules.rights import Seen, priority_law
from kemiao.chain.rules.state import State
from kemiao.law.priority import KINDS, registration_term

REGISTRANTS = frozenset(("bank", "guarantor", "leasing", "factor", "funder"))
FITTING: Mapping[str, frozenset[str]] = {
    "invoice": frozenset(("pledge", "factoring")),
    "machine": frozenset(("mortgage", "pledge", "lien", "lease", "retention")),
    "stock": frozenset(("mortgage", "pledge", "lien", "retention")),
    "patent": frozenset(("pledge",)),
    "other": frozenset(KINDS) - {"floating"},
    "movables": frozenset(("floating",)),
}
STANDING_MAX = 32  # rights over one thing at one time


def not_a_registrant(state: State, participant: str) -> Refusal | None:
    known = state.get(f"participant/{participant}")
    if known is not None and not REGISTRANTS.isdisjoint(known["roles"]):
        return None
    return Refusal.at("ROLE_MAY_NOT_REGISTER", "该参与方的角色不能持有担保物权", "the participant has no role that may hold security", participant=participant)  # fmt: skip


def is_company(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 80 and parse_company(value) == value


def _is_asset(value: object) -> bool:
    if not isinstance(value, dict) or value.keys() != {"kind", "id", "variants"}:
        return False
    if not isinstance(value["kind"], str) or value["kind"] not in FITTING:
        return False
    variants = value["variants"]
    named = isinstance(variants, dict) and variants.keys() == set(VARIANTS[value["kind"]])
    return named and is_digest(value["id"]) and all(map(is_digest, variants.values()))


FEN = form.number(1, FEN_MAX)
REGISTER = {
    "asset": _is_asset, "right": form.one_of(*KINDS), "debtor": is_company,
    "claim_fen": FEN, "total_fen": form.nothing_or(form.number(-FEN_MAX, FEN_MAX)), "pledged_fen": form.nothing_or(FEN),
    "contract_on": form.nothing_or(form.DAY), "until": form.DAY, "behind": form.many(form.DIGEST, STANDING_MAX, 0),
    "purchase_money": form.nothing_or(lambda value: isinstance(value, dict) and value.keys() == {"delivered_on"} and form.DAY(value["delivered_on"])),
}  # fmt: skip


def unfit(body: Mapping[str, Any], day: str) -> Refusal | None:
    kind, right = body["asset"]["kind"], body["right"]
    if right not in FITTING[kind]:
        return Refusal.at("RIGHT_DOES_NOT_FIT", f"{kind} 上不能设立 {KINDS[right][0]}", f"there is no {KINDS[right][1]} over {kind}", kind=kind, right=right)  # fmt: skip
    total, pledged = body["total_fen"], body["pledged_fen"]
    if kind != "invoice" and (total is not None or pledged is not None):
        return form.malformed("total_fen" if total is not None else "pledged_fen")
    if kind == "invoice" and (total is None or total <= 0):
        return Refusal.at("NOT_A_RECEIVABLE", "红字或零金额的发票不是应收账款", "an invoice of nothing or less (red-letter) is no receivable")  # fmt: skip
    bought = body["purchase_money"]
    if bought is not None and bought["delivered_on"] > day:  # else a day far ahead would rank first for ever
        return Refusal.at("DELIVERED_IN_THE_FUTURE", "交付日在将来:请在交付后登记", "the day of delivery is in the future: register once it was delivered", delivered_on=bought["delivered_on"])  # fmt: skip
    return None


def out_of_term(until: str, day: str) -> Refusal | None:
    bounds = registration_term(priority_law(), date.fromisoformat(day))
    if isinstance(bounds, Refusal):
        return bounds
    first, last = (each.isoformat() for each in bounds)
    if first <= until <= last:
        return None
    code = "TERM_TOO_SHORT" if until < first else "TERM_TOO_LONG"
    return Refusal.at(code, f"登记期限应在 {first} 至 {last} 之间届满", f"the registration is to end between {first} and {last}", until=until)  # fmt: skip


def encumbered(body: Mapping[str, Any], standing: Sequence[Seen]) -> Refusal | None:
    """Each right that stands must be acknowledged; a patent that is pledged can't be pledged again (RULES 10.1)."""
    if body["asset"]["kind"] == "patent" and standing:
        return _named("ALREADY_ENCUMBERED", "专利已质押,不能再质押", "the patent is pledged: it can't be pledged again", standing)  # fmt: skip
    unknown = [each for each in standing if each.id not in body["behind"]]
    if unknown:
        return _named("ALREADY_ENCUMBERED", "其上已有担保物权;承认其在先(behind)方可登记", "security stands over it: acknowledge it (behind) to register", unknown)  # fmt: skip
    if len(standing) >= STANDING_MAX:
        return Refusal.at("TOO_MANY_RIGHTS", f"同一担保物上最多 {STANDING_MAX} 项权利", f"no more than {STANDING_MAX} rights over one thing")  # fmt: skip
    return None


def _named(code: str, zh: str, en: str, standing: Sequence[Seen]) -> Refusal:
    names, holders = ",".join(each.id for each in standing), ",".join(each.holder for each in standing)
    return Refusal.at(code, zh, en, rights=names, holders=holders)


def other_total(standing: Sequence[Seen], total: int | None) -> Refusal | None:
    """Against those that stand: a wrong total that was registered and released must not block the receivable for ever."""
    for each in standing:
        before = each.value["total_fen"]
        if before != total:
            return Refusal.at("TOTAL_DIFFERS", f"同一应收账款登记的总额是 {yuan_text(before or 0)} 元", f"the same receivable is registered with a total of {yuan_text(before or 0)} yuan", right=each.id)  # fmt: skip
    return None


def over_pledged(body: Mapping[str, Any], standing: Sequence[Seen]) -> Refusal | None:
    if body["total_fen"] is None:
        return None
    own = body["total_fen"] if body["pledged_fen"] is None else body["pledged_fen"]
    return _more_than(body["total_fen"], own + sum(each.pledged_of_total_fen for each in standing))


def _more_than(total: int, pledged: int) -> Refusal | None:
    if pledged <= total:
        return None
    over, whole = yuan_text(pledged), yuan_text(total)
    return Refusal("OVER_PLEDGED", f"合计质押 {over} 元,超过应收账款总额 {whole} 元", f"{over} yuan would be pledged of a receivable of {whole} yuan")  # fmt: skip
