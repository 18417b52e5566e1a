"""refer: a person hands an application to another role, with a note: upward, or back to who is to look again."""

from __future__ import annotations

from kemiao.bank.commands.apply import Stepped
from kemiao.bank.lending.applications import Effort, application, at_step
from kemiao.bank.lending.clearance import unfit_maker
from kemiao.bank.lending.organisation import organisation
from kemiao.bank.lending.referrals import KIND, not_referred_to, standing_referral
from kemiao.bank.world import World
from kemiao.base.refusal import Refusal

_NOTE = 4, 2000


def refer(world: World, own: str, to: str, note: str, effort: Effort) -> Stepped | Refusal:
    """to: a role that makes or approves offers. The application stays at its step, and its days run on.

    Refuses NO_ACCOUNT_NAMED, NOTE_NEEDED, NO_SUCH_ROLE, OWN_ROLE, NOT_YOUR_ROLE, REFERRED, and what at_step() refuses.
    """
    account = effort.account
    if account is None:
        return Refusal("NO_ACCOUNT_NAMED", "上报须由人办理:用 --as 账户,或设 KEMIAO_ACCOUNT", "a person refers a case: --as ACCOUNT, or set KEMIAO_ACCOUNT")  # fmt: skip
    low, high = _NOTE
    if not low <= len(note.strip()) <= high:
        return Refusal.at("NOTE_NEEDED", f"请写明为何上报({low} 至 {high} 字)", f"say why, in {low} to {high} characters", application=own)  # fmt: skip
    rules = organisation(world, world.clock.today())
    if isinstance(rules, Refusal):
        return rules
    refused = unfit_maker(world, account, "offer")
    if refused is not None:
        return refused
    action = rules.actions["offer"]
    known = sorted(action.makers | action.approvers)
    if to not in known:
        return Refusal.at("NO_SUCH_ROLE", f"可上报给:{'、'.join(known)}", f"a case is referred to one of {', '.join(known)}", role=to)  # fmt: skip
    if to in account.hats[0].roles:
        return Refusal.at("OWN_ROLE", "本账户就是这个角色", "the account has this role itself", role=to)
    with world.log.write() as tx:
        found = at_step(world, own, "applied")
        if isinstance(found, Refusal):
            return found
        elsewhere = not_referred_to(world, standing_referral(world, found), account)
        if elsewhere is not None:
            return elsewhere
        said = {"to": to, "unit": account.unit, "round": found.round, "by": account.account, "person": account.person}
        tx.append(KIND, found.company, found.id, said, {"note": note.strip()})
    now = application(world, own)
    return now if isinstance(now, Refusal) else Stepped(now)
