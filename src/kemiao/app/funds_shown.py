"""How a tracing of funds is shown: a table of outcomes by both methods, and the payments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kemiao.app.door import Door
from kemiao.bank.commands.trace_funds import largest
from kemiao.base.money import yuan_text
from kemiao.credit.tracing.columns import METHODS, OUTCOMES, REASONS

_VERDICTS = {
    "none": ("未见改变用途", "no change of use seen"),
    "cannot_tell": ("无法判断", "cannot tell"),
    "suspected": ("疑似改变用途:两种口径不一致", "suspected: the two methods do not agree"),
    "use_changed": ("改变用途:两种口径一致", "use changed, by both methods"),
}
_WAYS = {"fifo": ("先进先出", "first in, first out"), "proportional": ("按比例", "proportional")}
_FROM_LEDGER = ("台账所载,迁入前发放", "paid out before the loan came in, by its ledger")


def way(door: Door, method: str) -> str:
    return door.word(*_WAYS[method])


def verdict(door: Door, finding: Mapping[str, Any]) -> str:
    """Where nothing can be told, how much of the money was seen."""
    said = door.word(*_VERDICTS[finding["verdict"]])
    if finding["verdict"] != "cannot_tell":
        return said
    share = f"{min(finding['seen_fen'].values()) * 100 / finding['amount_fen']:.0f}%"
    return said + door.word(f"(可见 {share})", f" ({share} seen)")


def show(door: Door, finding: Mapping[str, Any], *, payments: bool) -> None:
    head = f"{finding['loan']}  {finding['disbursement']}  {finding['value_day']}  {yuan_text(finding['amount_fen'])}"
    if finding["from_ledger"]:
        head += f"  {door.word(*_FROM_LEDGER)}"
        if finding["booked_on"] not in (None, finding["value_day"]):
            head += door.word(f",{finding['booked_on']} 入账", f", in the account on {finding['booked_on']}")
    rows = []
    for name, words in OUTCOMES.items():
        fens = [finding["methods"][method]["outcomes"][name] for method in METHODS]
        why = {
            reason
            for method in METHODS
            for reason in finding["methods"][method]["reasons"]
            if REASONS[reason][0] == name
        }
        if any(fens):
            shares = [f"{fen * 100 / finding['amount_fen']:.1f}%" for fen in fens]
            rows.append([
                door.word(*words), yuan_text(fens[0]), shares[0], yuan_text(fens[1]), shares[1],
                "; ".join(door.word(*REASONS[reason][1:]) for reason in REASONS if reason in why),
            ])  # fmt: skip
    total = yuan_text(finding["amount_fen"])
    rows.append([door.word("合计", "total"), total, "100.0%", total, "100.0%", ""])
    fifo, proportional = (way(door, method) for method in METHODS)
    door.table(head, [door.word("去向", "where"), fifo, "", proportional, "", door.word("依据", "why")], rows)
    if payments and finding["payments"].get("fifo"):
        door.table(
            f"{fifo}", [door.word(*words) for words in (("层", "hop"), ("日期", "day"), ("付款方", "from"), ("收款方", "to"), ("金额", "amount"), ("摘要", "summary"), ("去向", "where"))],
            [
                [each["hop"], each["day"], each["from_name"] or each["from"], each["to_name"] or each["to"], yuan_text(each["amount_fen"]), each["summary"],
                 door.word(*REASONS[each["reason"]][1:]) if each["reason"] else "→"]
                for each in largest(finding["payments"]["fifo"])
            ],
        )  # fmt: skip
    door.text(verdict(door, finding))
    missed = finding["not_entrusted"]
    if missed and missed["payments"]:
        total = yuan_text(missed["total_fen"])
        door.text(door.word(
            f"{missed['payments']} 笔自主支付超过受托支付起点,合计 {total} 元", f"{missed['payments']} payments of the borrower's own, {total} yuan, are above what the bank has to pay itself",
        ))  # fmt: skip
    door.text(unseen(door, finding))


def unseen(door: Door, finding: Mapping[str, Any]) -> str:
    """What this can't know."""
    accounts, closed, gaps = finding["accounts_read"], finding["companies_closed"], finding["gaps"]
    zh = f"只看到本行可读的 {accounts} 个账户;付往他行的钱此后去了哪里看不到"
    en = f"accounts seen, of those that the bank may read: {accounts}; where money goes beyond them is not seen"
    if closed:
        zh, en = f"{zh};{closed} 家企业的账户未获授权", f"{en}; accounts of {closed} companies may not be read"
    if gaps:
        zh, en = (
            f"{zh};{gaps} 处余额与上一笔接不上(流水可能不全)",
            f"{en}; {gaps} balances do not follow from the row before (rows may be missing)",
        )
    return door.word(zh, en)
