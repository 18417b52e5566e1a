"""decline: a person declines an application, with reasons of lending.toml that the applicant reads, and a second person who agrees.

The decision of the rules stays as it was made (`override` is for that); what is declined here can be opened again like every other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kemiao.bank.commands.apply import Stepped, step
from kemiao.bank.lending.applications import Effort, at_step, lending_policy
from kemiao.bank.lending.clearance import clear
from kemiao.bank.lending.referrals import not_referred_to, standing_referral
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal

NOTE_MAX = 2000


def reasons(world: World) -> list[Mapping[str, Any]] | Refusal:
    """Those that may be given: {code, zh, en}. Refuses POLICY_INCOMPLETE where lending.toml has none."""
    rules = lending_policy(world)
    if isinstance(rules, Refusal):
        return rules
    listed = [row for row in rules.get("decline_reason", ()) if {"code", "zh", "en"} <= row.keys()]
    if not listed:
        return Refusal.at("POLICY_INCOMPLETE", "lending.toml 没有 [[decline_reason]]:请照随附文件补上", "lending.toml has no [[decline_reason]]: add them as in the packaged file", file="lending.toml", key="decline_reason")  # fmt: skip
    return listed


def decline(world: World, own: str, codes: Sequence[str], note: str, effort: Effort) -> Stepped | Refusal:
    """note: for the bank's own file, sealed. Refuses NO_ACCOUNT_NAMED, REASON_NEEDED, NO_SUCH_REASON, REFERRED, and what clear() refuses."""
    account = effort.account
    if account is None:
        return Refusal("NO_ACCOUNT_NAMED", "拒绝须由人办理:用 --as 账户,或设 KEMIAO_ACCOUNT", "a person declines: --as ACCOUNT, or set KEMIAO_ACCOUNT")  # fmt: skip
    found, known = at_step(world, own, "applied"), reasons(world)
    if isinstance(found, Refusal):
        return found
    if isinstance(known, Refusal):
        return known
    listed = {str(row["code"]): row for row in known}
    unknown = next((code for code in codes if code not in listed), None)
    if unknown is not None:
        return Refusal.at("NO_SUCH_REASON", f"没有这个理由;有:{'、'.join(listed)}", f"there is no such reason; there are: {', '.join(listed)}", reason=unknown)  # fmt: skip
    if not codes or len(note) > NOTE_MAX:
        return Refusal.at("REASON_NEEDED", f"至少一条理由,备注至多 {NOTE_MAX} 字", f"one reason at least, and a note of at most {NOTE_MAX} characters", application=own)  # fmt: skip
    elsewhere = not_referred_to(world, standing_referral(world, found), account)
    if elsewhere is not None:
        return elsewhere
    given = list(dict.fromkeys(codes))
    bound = {
        "application": found.id, "round": found.round, "company": found.company, "amount_fen": int(found.asked["amount_fen"]), "reasons": given,
        "note": note.strip(),
    }  # fmt: skip
    may = clear(world, account, "decline", 0, bound, unit=account.unit)
    if isinstance(may, Refusal):
        return may
    newest = world.log.last("decision", subject=found.company)
    said = {
        "decision": newest.ref if newest else None, "why": [{name: listed[code][name] for name in ("code", "zh", "en")} for code in given],
        "approval": may.request, "approved_by": may.approver,
    }  # fmt: skip
    return step(world, found.id, ("applied",), "declined", effort, said, {"note": note.strip()}, clearance=may)
