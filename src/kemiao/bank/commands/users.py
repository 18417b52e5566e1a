"""user: accounts of companies, funders and auditors, and what every account of the portal signs in with.

An administrator adds, closes and resets, with four eyes as for staff (action `staff`): what he sets opens once. Passwords, one-time
codes and tokens that last are set by the account's own person, and nobody makes a token for another: it would lend him the other's rights.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from kemiao.bank.commands.staff import by_whom, cleared_to_administer, name_given, unfit_name, was_given
from kemiao.bank.credentials import (
    RECOVERY_USED,
    SET,
    TOKEN_MADE,
    TOKEN_REVOKED,
    TOTP_CLEARED,
    TOTP_OFFERED,
    TOTP_SET,
    Standing,
    fits,
    generated,
    hashed,
    new_secret,
    new_token,
    recovery_codes,
    recovery_digest,
    spent,
    standing,
    step_of,
    tokens,
    totp_of,
    unfit_password,
    uri,
)
from kemiao.bank.event_log import Draft
from kemiao.bank.lending.people import accounts as staff_accounts
from kemiao.bank.portal_accounts import USER_ADDED, USER_CLOSED, person_of, portal_account
from kemiao.bank.sign_in_rules import sign_in_rules
from kemiao.bank.world import World
from kemiao.base.keys import parse_company
from kemiao.base.refusal import Refusal

KINDS = ("company", "funder", "auditor")
_NAME_MAX = 100


@dataclass(frozen=True, slots=True)
class AddUser:
    """company: of kind company. funder: of kind funder, the name that its mandates begin with."""

    account: str
    kind: str
    person: str
    company: str | None = None
    funder: str | None = None


def add_user(world: World, acting: str | None, request: AddUser) -> dict[str, Any] | Refusal:
    """A new account; it can't sign in before it has a password. Refuses NO_SUCH_KIND, COMPANY_NEEDED, FUNDER_NEEDED, ACCOUNT_EXISTS."""
    unfit = _unfit_kind(request) or unfit_name(request.account, request.person)
    if unfit is not None:
        return unfit
    said: dict[str, Any] = {"account": request.account, "kind": request.kind, "person": request.person.strip()}
    if request.company is not None:
        key = parse_company(request.company)
        if isinstance(key, Refusal):
            return key
        said["company"] = key
    if request.funder is not None:
        said["funder"] = request.funder.strip()
    if was_given(world, request.account):
        return name_given(request.account)
    found = cleared_to_administer(world, acting, {"user": "add", **said})
    if isinstance(found, Refusal):
        return found
    maker, cleared = found
    public = {**said, **by_whom(maker, cleared)}
    sealed = ("person",) if request.kind == "company" else ()
    with world.log.write() as tx:
        if was_given(world, request.account):
            return name_given(request.account)
        if cleared is not None:
            cleared.use(tx)
        tx.append(
            USER_ADDED, said.get("company"), request.account, {name: value for name, value in public.items() if name not in sealed},
            {name: public[name] for name in sealed} or None,
        )  # fmt: skip
    return public


def close_user(world: World, acting: str | None, own: str) -> dict[str, Any] | Refusal:
    """The account signs in no more, its sessions and tokens end, its name is not given again. Staff are closed by `staff close`."""
    if world.log.last(USER_ADDED, ref=own) is None:
        return Refusal.at("NO_SUCH_ACCOUNT", "没有这个用户账户(员工账户用 staff close)", "there is no such user's account (staff close closes staff)", account=own)  # fmt: skip
    account = portal_account(world, own)
    if isinstance(account, Refusal):
        return account
    return _administered(world, acting, "close", own, [Draft(USER_CLOSED, account.company, own, {"account": own})])


def set_password(world: World, acting: str | None, own: str, password: str | None) -> dict[str, Any] | Refusal:
    """By an administrator: opens once, within first_days, and is changed then; all sessions end. None: one is made and told once.
    Refuses PASSWORD_TOO_SHORT, PASSWORD_COMMON, FOUR_EYES_NEEDED."""
    account = portal_account(world, own)
    if isinstance(account, Refusal):
        return account
    rules = sign_in_rules(world)
    chosen = generated(world.random_bytes) if password is None else password
    unfit = unfit_password(chosen, rules, own, account.person)
    if unfit is not None:
        return unfit
    found = cleared_to_administer(world, acting, {"user": "password", "account": own})
    if isinstance(found, Refusal):
        return found
    maker, cleared = found
    kept = {"password": hashed(chosen, rules)}
    public = {"account": own, **by_whom(maker, cleared), "first": True}
    with world.log.write() as tx:
        if cleared is not None:
            cleared.use(tx)
        tx.append(SET, account.company, own, public, kept)
    until = world.clock.today() + timedelta(days=rules.first_days)
    return {**public, "until": until.isoformat(), "password": chosen if password is None else None}


def change_password(world: World, own: str, old: str, new: str) -> dict[str, Any] | Refusal:
    """By its own person. All other sessions end. Refuses PASSWORD_WRONG, PASSWORD_SAME, PASSWORD_TOO_SHORT, PASSWORD_COMMON."""
    account = portal_account(world, own)
    if isinstance(account, Refusal):
        return account
    rules = sign_in_rules(world)
    event = fits(world, own, old, rules)
    if event is None:
        return wrong_password()
    if old == new:
        return Refusal("PASSWORD_SAME", "新密码与原密码相同", "the new password is the old one")
    unfit = unfit_password(new, rules, own, account.person)
    if unfit is not None:
        return unfit
    kept = {"password": hashed(new, rules)}
    with world.log.write() as tx:
        now = world.log.last(SET, ref=own)
        if now is None or now.seq != event.seq:
            return wrong_password()  # another set it meanwhile
        tx.append(SET, account.company, own, {"account": own, "by": own, "first": False}, kept)
    return {"account": own, "by": own}


def offer_totp(world: World, own: str) -> dict[str, Any] | Refusal:
    """A secret for an authenticator, shown once. It counts when a code of it has come back."""
    account = portal_account(world, own)
    if isinstance(account, Refusal):
        return account
    secret = new_secret(world.random_bytes)
    with world.log.write() as tx:
        tx.append(TOTP_OFFERED, account.company, own, {"by": own}, {"secret": secret})
    return {"secret": secret, "uri": uri(secret, own)}


def confirm_totp(world: World, own: str, password: str, code: str, at_ms: int) -> dict[str, Any] | Refusal:
    """The newest offer counts from now on; the recovery codes are told once. Refuses PASSWORD_WRONG, NO_TOTP_OFFERED, CODE_WRONG."""
    rules = sign_in_rules(world)
    if fits(world, own, password, rules) is None:
        return wrong_password()
    offered, before = world.log.last(TOTP_OFFERED, ref=own), world.log.last(TOTP_SET, ref=own)
    kept = world.log.private(offered) if offered is not None else None
    if offered is None or kept is None or (before is not None and before.public["offer"] >= offered.seq):
        return Refusal("NO_TOTP_OFFERED", "请先生成二维码", "ask for a QR code first")
    step = step_of(kept["secret"], code, at_ms)
    if step is None:
        return Refusal(
            "CODE_WRONG",
            "验证码不对:请核对手机时间后再试",
            "the code is wrong: check the clock of your phone and try again",
        )
    codes = recovery_codes(world.random_bytes, rules.recovery_codes)
    private = {"secret": kept["secret"], "recovery": [recovery_digest(code) for code in codes]}
    with world.log.write() as tx:
        again = world.log.last(TOTP_SET, ref=own)
        if again is not None and again.public["offer"] >= offered.seq:
            return Refusal("NO_TOTP_OFFERED", "请先生成二维码", "ask for a QR code first")
        tx.append(TOTP_SET, offered.subject, own, {"by": own, "offer": offered.seq}, private)
    return {"recovery": codes, "step": step}


def remove_totp(world: World, own: str, password: str) -> dict[str, Any] | Refusal:
    """By its own person. Refuses PASSWORD_WRONG, NO_TOTP."""
    if fits(world, own, password, sign_in_rules(world)) is None:
        return wrong_password()
    if totp_of(world, own) is None:
        return _no_totp(own)
    with world.log.write() as tx:
        tx.append(TOTP_CLEARED, None, own, {"account": own, "by": own})
    return {"account": own, "by": own}


def reset_totp(world: World, acting: str | None, own: str) -> dict[str, Any] | Refusal:
    """By an administrator, of somebody who lost the phone and the recovery codes; all sessions end."""
    if totp_of(world, own) is None:
        return _no_totp(own)
    return _administered(world, acting, "totp", own, [Draft(TOTP_CLEARED, None, own, {"account": own})])


def make_token(
    world: World, own: str | None, name: str, scopes: tuple[str, ...], until: date
) -> dict[str, Any] | Refusal:
    """A token of one's own account, for a machine, told once. Refuses NO_SUCH_SCOPE, TOO_LONG, TOO_MANY_TOKENS, BAD_TOKEN_NAME."""
    account = portal_account(world, own or "")
    if isinstance(account, Refusal):
        return account
    rules, today = sign_in_rules(world), world.clock.today()
    known = scopes_of(world)
    unknown = [scope for scope in scopes if scope not in known]
    if unknown or not scopes:
        names = ", ".join(sorted(known))
        return Refusal.at("NO_SUCH_SCOPE", f"范围须为其中之一:{names}", f"a scope is one of: {names}", scope=", ".join(unknown))  # fmt: skip
    if not today <= until <= today + timedelta(days=rules.token_days_max):
        return Refusal.at("TOO_LONG", f"令牌的有效期从今天起至多 {rules.token_days_max} 天", f"a token lives from today for at most {rules.token_days_max} days", until=until)  # fmt: skip
    if not name.strip() or len(name) > _NAME_MAX:
        return Refusal("BAD_TOKEN_NAME", f"令牌的用途须写明,至多 {_NAME_MAX} 字", f"say what the token is for, in at most {_NAME_MAX} characters")  # fmt: skip
    number, text, kept = new_token(world.random_bytes)
    public = {"account": account.account, "name": name.strip(), "scopes": sorted(set(scopes)), "until": until.isoformat(), "by": account.account}  # fmt: skip
    with world.log.write() as tx:
        standing_now = [token for token in tokens(world, account.account) if not token.revoked and token.until >= today]
        if len(standing_now) >= rules.tokens_most:
            return Refusal.at("TOO_MANY_TOKENS", f"有效令牌至多 {rules.tokens_most} 个:先撤销不用的", f"at most {rules.tokens_most} tokens stand at once: revoke one first", account=account.account)  # fmt: skip
        tx.append(TOKEN_MADE, account.company, number, public, {"digest": kept})
    return {"token": number, **public, "text": text}


def revoke_token(world: World, acting: str | None, number: str, *, own_only: bool = False) -> dict[str, Any] | Refusal:
    """By its own account, or by an administrator, alone: it takes rights away and gives none."""
    token = next((each for each in tokens(world) if each.number == number), None)
    if token is None or (own_only and token.account != acting):
        return Refusal.at("NO_SUCH_TOKEN", "没有这个令牌", "there is no such token", token=number)
    if token.account != acting:
        account = portal_account(world, acting or "")
        if isinstance(account, Refusal):
            return account
        if "administrator" not in account.roles:
            return Refusal.at("NOT_YOUR_ROLE", "只有本账户或管理员可以撤销", "its own account or an administrator revokes it", token=number)  # fmt: skip
    said = {"token": number, "account": token.account, "by": acting}
    with world.log.write() as tx:
        if world.log.last(TOKEN_REVOKED, ref=number) is None:
            tx.append(TOKEN_REVOKED, None, number, said)
    return said


def scopes_of(world: World) -> frozenset[str]:
    """What access.toml asks of tokens."""
    return frozenset(row["scope"] for row in world.policy.named("access", world.clock.today()).get("rule", ()) if "scope" in row)  # fmt: skip


def users(world: World) -> Iterator[dict[str, Any]]:
    """All accounts of the portal, staff too: what they are, and what they sign in with; no secret. person: null where it was erased."""
    outside = [
        {"account": str(event.ref), "kind": event.public["kind"], "person": person_of(world, event), "roles": [event.public["kind"]], "unit": None,
         "company": event.public.get("company"), "funder": event.public.get("funder"), "closed": world.log.last(USER_CLOSED, ref=event.ref) is not None}
        for event in world.log.events(USER_ADDED)
    ]  # fmt: skip
    staff = [
        {"account": row["account"], "kind": "staff", "person": row["person"], "roles": row["roles"], "unit": row["unit"], "company": None,
         "funder": None, "closed": row["closed"]}
        for row in staff_accounts(world)
    ]  # fmt: skip
    today = world.clock.today()
    counted: dict[str, int] = {}
    for token in tokens(world):
        if not token.revoked and token.until >= today:
            counted[token.account] = counted.get(token.account, 0) + 1
    for row in sorted([*outside, *staff], key=lambda row: str(row["account"])):
        yield {**row, **sign_in_state(world, str(row["account"])), "tokens": counted.get(str(row["account"]), 0)}


def sign_in_state(world: World, own: str) -> dict[str, Any]:
    """password: none, first (set by an administrator, not changed yet), lapsed (a first one that was used or waited too long), set."""
    event = world.log.last(SET, ref=own)
    if event is None:
        state = "none"
    elif spent(world, event, sign_in_rules(world)):
        state = "lapsed"
    else:
        state = "first" if event.public.get("first") else "set"
    kept = totp_of(world, own)
    left = None if kept is None else len(set(kept["recovery"]) - {used.public["code"] for used in world.log.events(RECOVERY_USED, ref=own)})  # fmt: skip
    return {
        "password": state,
        "password_at": event.at if event else None,
        "totp": kept is not None,
        "recovery_left": left,
    }


def must_have_totp(world: World, found: Standing) -> bool:
    needed = sign_in_rules(world).totp_for
    return bool(needed & (found.account.roles | {found.account.kind}))


def state_of(world: World, own: str) -> dict[str, Any] | Refusal:
    """Of an account that stands."""
    found = standing(world, own)
    if isinstance(found, Refusal):
        return found
    return {"account": own, **sign_in_state(world, own), "totp_needed": must_have_totp(world, found)}


def _administered(world: World, acting: str | None, what: str, own: str, drafts: list[Draft]) -> dict[str, Any] | Refusal:  # fmt: skip
    found = cleared_to_administer(world, acting, {"user": what, "account": own})
    if isinstance(found, Refusal):
        return found
    maker, cleared = found
    said = by_whom(maker, cleared)
    with world.log.write() as tx:
        if cleared is not None:
            cleared.use(tx)
        tx.append_many([Draft(draft.kind, draft.subject, draft.ref, {**(draft.public or {}), **said}) for draft in drafts])  # fmt: skip
    return {"account": own, **said}


def _unfit_kind(request: AddUser) -> Refusal | None:
    if request.kind not in KINDS:
        return Refusal.at("NO_SUCH_KIND", "账户类型为 company、funder 或 auditor;员工用 staff add", "a kind is company, funder or auditor; staff are added by staff add", kind=request.kind)  # fmt: skip
    if (request.company is None) == (request.kind == "company"):
        return Refusal.at("COMPANY_NEEDED", "企业账户须指明企业,其他账户不得指明", "an account of a company names it, and no other does", account=request.account)  # fmt: skip
    if (request.funder is None or not request.funder.strip()) == (request.kind == "funder"):
        return Refusal.at("FUNDER_NEEDED", "资金方账户须指明资金方,其他账户不得指明", "an account of a funder names it, and no other does", account=request.account)  # fmt: skip
    return None


def wrong_password() -> Refusal:
    return Refusal("PASSWORD_WRONG", "原密码不对", "the password is wrong")


def _no_totp(own: str) -> Refusal:
    return Refusal.at("NO_TOTP", "该账户没有启用一次性验证码", "the account has no one-time codes", account=own)
