"""The chart of accounts and the posting rules, read from policy and proven to balance before anything is posted.

A rule turns a line of servicing (kind, component, on or off balance) into legs. A leg takes a portion of the line's amount:
all = own + sold, own = net + vat. So a rule balances for every amount if it does so for net, vat and sold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from kemiao.base.refusal import Refusal

KINDS = ("asset", "liability", "equity", "income", "expense", "memorandum")
PORTIONS = {
    "all": (1, 1, 1),
    "own": (1, 1, 0),
    "net": (1, 0, 0),
    "vat": (0, 1, 0),
    "sold": (0, 0, 1),
}  # of net, vat, sold
ROLES = ("settlement", "principal", "interest_receivable", "penalty_receivable", "fee_receivable", "kept", "allowance", "funders_payable", "memo_interest", "memo_sold")  # fmt: skip
"""Accounts that the program itself asks for: what it reconciles against states, and what others pay through."""
ANY = "*"


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    code: str
    zh: str
    en: str
    kind: str
    customer: bool  # part of what a customer's statement shows


@dataclass(frozen=True, slots=True)
class Leg:
    account: str
    sign: int  # 1 debit, -1 credit
    portion: str


@dataclass(frozen=True, slots=True)
class Rule:
    """off_balance: None for both. taxed: 1 where VAT becomes owed, -1 where it is taken back, 0 where none moves."""

    kind: str
    component: str
    off_balance: bool | None
    legs: tuple[Leg, ...]
    taxed: int


@dataclass(frozen=True, slots=True)
class Chart:
    accounts: Mapping[str, Account]
    rules: tuple[Rule, ...]

    def rule(self, kind: str, component: str | None, off_balance: bool) -> int | None:
        """The place of the rule for a line: the most particular one, the first of equals."""
        fits = [
            (rule.component == ANY, rule.off_balance is None, place)
            for place, rule in enumerate(self.rules)
            if rule.kind == kind and rule.component in (ANY, component) and rule.off_balance in (None, off_balance)
        ]
        return min(fits)[2] if fits else None


def chart_of(policy: Mapping[str, Any]) -> Chart | Refusal:
    """From accounts.toml. Refuses CHART_BAD with file and the place in it: unknown keys, names, and rules that don't balance."""
    file = str(policy.get("_file", "accounts.toml"))
    accounts: dict[str, Account] = {}
    codes: set[str] = set()
    for place, given in enumerate(_tables(policy, "account"), start=1):
        key = f"account {given.get('name', place)}"
        texts = [given.get(name) for name in ("name", "code", "zh", "en", "kind")]
        if not all(isinstance(text, str) and text for text in texts) or set(given) - {"name", "code", "zh", "en", "kind", "customer"}:  # fmt: skip
            return _bad(file, key, "须有 name, code, zh, en, kind(文字),可有 customer", "needs name, code, zh, en, kind as text, and may have customer")  # fmt: skip
        if given["kind"] not in KINDS or type(given.get("customer", False)) is not bool:
            return _bad(file, key, f"kind 须为 {' | '.join(KINDS)},customer 须为真假", f"kind is one of {' | '.join(KINDS)}, customer a truth")  # fmt: skip
        if given["name"] in accounts or given["code"] in codes:
            return _bad(file, key, "名称或科目号重复", "its name or code stands twice")
        accounts[given["name"]] = Account(
            given["name"], given["code"], given["zh"], given["en"], given["kind"], given.get("customer", False)
        )
        codes.add(given["code"])
    lacking = [name for name in ROLES if name not in accounts]
    if lacking:
        return _bad(file, "account", f"缺少科目:{', '.join(lacking)}", f"lacks the accounts {', '.join(lacking)}")
    if len(accounts) > 100:
        return _bad(file, "account", "最多 100 个科目", "has more than 100 accounts")
    rules = []
    for given in _tables(policy, "rule"):
        for kind, component in product(_list(given.get("kind")), _list(given.get("component", ANY))):
            rule = _rule(file, given, kind, component, accounts)
            if isinstance(rule, Refusal):
                return rule
            rules.append(rule)
    return Chart(accounts, tuple(rules))


def _rule(
    file: str, given: Mapping[str, Any], kind: object, component: object, accounts: Mapping[str, Account]
) -> Rule | Refusal:
    key = f"rule {kind}/{component}"
    off = given.get("off_balance")
    known = {"kind", "component", "off_balance", "debit", "credit"}
    if not isinstance(kind, str) or not isinstance(component, str) or type(off) not in (bool, type(None)) or set(given) - known:  # fmt: skip
        return _bad(file, key, "须有 kind, component;可有 off_balance, debit, credit", "needs kind, component; may have off_balance, debit, credit")  # fmt: skip
    legs = []
    for side, sign in (("debit", 1), ("credit", -1)):
        for account, portion in given.get(side, {}).items():
            if account not in accounts or portion not in PORTIONS:
                return _bad(file, key, f"{side}.{account}:没有这个科目,或份额不是 {' | '.join(PORTIONS)}", f"{side}.{account}: no such account, or its portion is not one of {' | '.join(PORTIONS)}")  # fmt: skip
            legs.append(Leg(account, sign, portion))
    for memorandum in (False, True):
        here = [leg for leg in legs if (accounts[leg.account].kind == "memorandum") == memorandum]
        if any(sum(leg.sign * PORTIONS[leg.portion][part] for leg in here) for part in range(3)):
            where = ("表外", "off balance") if memorandum else ("表内", "on balance")
            return _bad(file, key, f"{where[0]}借贷不平", f"its debits and credits differ {where[1]}")
    taxes = {-leg.sign for leg in legs if leg.portion in ("vat", "net")}
    if len(taxes) > 1:
        return _bad(file, key, "net 与 vat 须在同一方", "net and vat stand on one side")
    return Rule(kind, component, off, tuple(legs), taxes.pop() if taxes else 0)


def _list(given: object) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _tables(policy: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = policy.get(name, [])
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _bad(file: str, key: str, zh: str, en: str) -> Refusal:
    return Refusal.at("CHART_BAD", zh, en, file=file, key=key)
