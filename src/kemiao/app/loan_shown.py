"""Loans shown to people."""

from __future__ import annotations

import json
from typing import Any

from kemiao.app.door import Door
from kemiao.base.money import yuan_text
from kemiao.base.rates import percent_text

STATUSES = {
    "agreed": ("已签约", "agreed"), "active": ("在还", "active"), "settled": ("已结清", "settled"),
    "written_off": ("已核销", "written off"), "renewed": ("已续贷", "renewed"),
}  # fmt: skip
KINDS = {
    "opening": ("期初余额", "opening"), "disburse": ("放款", "disbursed"), "repay": ("还款", "repaid"), "fee": ("费用", "fee"),
    "extend": ("展期", "extended"), "restructure": ("重组", "restructured"), "renew": ("续贷转出", "renewed by"),
    "renewed": ("续贷转入", "renews"), "rate": ("调整利率", "rate"), "defer": ("宽限本金", "principal deferred"),
    "divert": ("挪用", "diverted"), "sell": ("转让份额", "share sold"), "buy_back": ("回购份额", "share bought back"),
    "write_off": ("核销", "written off"), "recover": ("核销后收回", "recovered"), "refund": ("退款", "refunded"),
    "reverse": ("冲正", "reversal of"),
}  # fmt: skip
REPAYMENTS = {
    "bullet": ("到期一次还本付息", "bullet"), "interest_first": ("先息后本", "interest first"), "equal_principal": ("等额本金", "equal principal"),
    "equal_installment": ("等额本息", "equal instalments"), "revolving": ("随借随还", "revolving"),
}  # fmt: skip
_OWED = {
    "principal_fen": ("本金", "principal"), "principal_due_fen": ("其中到期未还", "of it due"), "interest_fen": ("应计利息", "interest accrued"),
    "interest_due_fen": ("到期未付利息", "interest due"), "penalty_fen": ("罚息", "penalty interest"), "compound_fen": ("复利", "compound interest"),
    "fee_fen": ("费用", "fees"), "off_balance_fen": ("其中表外利息", "of it off balance"), "kept_fen": ("为借款人保留", "kept for the borrower"),
    "written_off_fen": ("已核销", "written off"), "recovered_fen": ("核销后已收回", "recovered"), "sold_principal_fen": ("已转让本金", "principal sold"),
    "received_fen": ("累计收到", "received so far"),
}  # fmt: skip


def show_list(door: Door, rows: list[dict[str, Any]]) -> None:
    titles = [door.word("贷款", "loan"), door.word("企业", "company"), door.word("状态", "status"), door.word("本金", "principal"),
              door.word("利率", "rate"), door.word("到期日", "matures"), door.word("下次应还", "next due"), door.word("逾期天数", "days past due")]  # fmt: skip
    shown = [
        [row["loan"], row["company"], door.word(*STATUSES[row["status"]]), yuan_text(row["principal_fen"]), percent_text(row["rate_ppm"]),
         row["matures_on"], row["next_due_on"], row["past_due_days"] or ""]
        for row in rows
    ]  # fmt: skip
    door.table("", titles, shown, ("没有这样的贷款", "there are no such loans"))
    if not rows:
        return
    total = sum(row["principal_fen"] for row in rows)
    door.text(door.word(f"{len(rows)} 笔,本金合计 {yuan_text(total)} 元", f"{len(rows)} loans, principal {yuan_text(total)} yuan"))  # fmt: skip


def show_loan(door: Door, answer: dict[str, Any]) -> None:
    agreed, state = answer["loan"], answer["state"]
    door.text(f"{agreed['loan']}  {agreed['company']}  {state['day']}  {door.word(*STATUSES[state['status']])}")
    terms = [
        (door.word("合同金额", "agreed amount"), yuan_text(agreed["amount_fen"])), (door.word("还款方式", "repayment"), door.word(*REPAYMENTS[state["repayment"]])),
        (door.word("年利率", "rate a year"), percent_text(state["rate_ppm"])), (door.word("到期日", "matures on"), state["matures_on"]),
        (door.word("下次应还", "next due"), "" if state["next_due_on"] is None else f"{state['next_due_on']}  {yuan_text(state['next_due_fen'])}"),
        (door.word("逾期天数", "days past due"), state["past_due_days"]), (door.word("当日结清金额(明细见下)", "payoff that day (see below)"), yuan_text(answer["payoff"]["total_fen"])),
    ]  # fmt: skip
    owed = [(door.word(*words), yuan_text(state[name])) for name, words in _OWED.items() if state[name]]
    door.table("", [door.word("项目", "item"), door.word("数值(元)", "value, yuan")], [*terms, *owed])
    if answer["payoff"]["total_fen"]:
        show_payoff(door, {**answer["payoff"], "loan": door.word("结清金额", "payoff"), "on": state["day"]})
    taken_back = {row["word"] for row in answer["messages"] if row["kind"] == "reverse"}
    rows = [
        [row["value_day"], door.word(*KINDS[row["kind"]]) + (door.word("(已冲正)", " (reversed)") if row["message"] in taken_back else ""), yuan_text(row["amount_fen"]) if "amount_fen" in row else "", _said(door, row), row["message"]]
        for row in answer["messages"]
    ]  # fmt: skip
    titles = [door.word("起息日", "value day"), door.word("事项", "what"), door.word("金额", "amount"), door.word("内容", "content"), door.word("报文", "message")]  # fmt: skip
    door.table("", titles, rows, ("还没有任何事项:尚未放款", "nothing has happened to it yet: no money was paid out"))


_WORDS = {
    "early": ("多还部分提前还本", "what is more repays early"), "next": ("多还部分留待下期", "what is more waits for the next due"),
    "entrusted": ("受托支付", "entrusted payment"), **REPAYMENTS,
}  # fmt: skip


def _said(door: Door, row: dict[str, Any]) -> str:
    parts = [str(row[name]) for name in ("day", "count") if name in row]
    if row["kind"] == "opening":
        parts += _brought(door, row.get("word") or "{}")
    elif "word" in row:
        parts.append(door.word(*_WORDS[row["word"]]) if row["word"] in _WORDS else row["word"])
    parts += [str(row[name]) for name in ("counterparty", "reason") if name in row]
    parts += [percent_text(row[name]) for name in ("rate_ppm", "share_ppm") if name in row]
    return "  ".join(parts)


def _brought(door: Door, word: str) -> list[str]:
    """What stood beside the principal when the loan came in (MESSAGES of columns.py)."""
    words = {**_OWED, "oldest_due_on": ("最早未还", "due since")}
    return [
        f"{door.word(*words[name]) if name in words else name} {yuan_text(value) if name.endswith('_fen') else value}"
        for name, value in json.loads(word).items()
    ]


def show_plan(door: Door, loan: str, rows: list[dict[str, Any]]) -> None:
    titles = [door.word("到期日", "due"), door.word("最迟还款日", "to be paid by"), door.word("本金", "principal"), door.word("利息", "interest"),
              door.word("合计", "together"), door.word("其后剩余本金", "principal after it"), ""]  # fmt: skip
    shown = [
        [row["due_on"], row["pay_by"], yuan_text(row["principal_fen"]), yuan_text(row["interest_fen"]), yuan_text(row["principal_fen"] + row["interest_fen"]),
         yuan_text(row["balance_fen"]), _mark(door, row)]
        for row in rows
    ]  # fmt: skip
    door.table(loan, titles, shown, ("没有应还款项", "nothing fell due, and nothing is to fall due"))


def _mark(door: Door, row: dict[str, Any]) -> str:
    if row["passed"]:
        return door.word("已到期", "passed")
    return door.word("节假日未公布,按周末推算", "holidays not published: by weekends") if row["guessed"] else ""


def show_payoff(door: Door, answer: dict[str, Any]) -> None:
    words = {
        "principal_fen": ("本金", "principal"), "interest_fen": ("利息", "interest"), "penalty_fen": ("罚息", "penalty interest"),
        "compound_fen": ("复利", "compound interest"), "fee_fen": ("费用", "fees"), "early_fee_fen": ("提前还款费", "fee for repaying early"),
        "kept_fen": ("减:为借款人保留", "less what is kept"), "total_fen": ("结清金额", "payoff"),
    }  # fmt: skip
    signed = {**answer, "kept_fen": -answer["kept_fen"]}  # so that the lines add up
    rows = [(door.word(*words[name]), yuan_text(signed[name])) for name in words if answer[name] or name == "total_fen"]
    door.table(f"{answer['loan']}  {answer['on']}", [door.word("项目", "item"), door.word("元", "yuan")], rows)


def show_due(door: Door, rows: list[dict[str, Any]]) -> None:
    titles = [door.word("客户经理", "manager"), door.word("贷款", "loan"), door.word("企业", "company"), door.word("逾期天数", "days past due"),
              door.word("现应还", "due now"), door.word("最早到期", "since"), door.word("即将到期", "falls due"), door.word("金额", "amount"), door.word("已存入", "kept")]  # fmt: skip
    shown = [
        [row["manager"] or "—", row["loan"], row["company"], row["past_due_days"] or "", yuan_text(row["due_now_fen"]) if row["due_now_fen"] else "",
         row["oldest_due_on"], row["next_due_on"], "" if row["next_due_fen"] is None else yuan_text(row["next_due_fen"]), yuan_text(row["kept_fen"]) if row["kept_fen"] else ""]
        for row in rows
    ]  # fmt: skip
    door.table("", titles, shown, ("没有逾期、到期或即将到期的款项", "nothing is overdue, due, or falls due soon"))
    for manager in dict.fromkeys(row["manager"] for row in rows):
        own = [row for row in rows if row["manager"] == manager]
        late, now = sum(row["past_due_days"] > 0 for row in own), sum(row["due_now_fen"] for row in own)
        door.text(door.word(f"{manager or '—'}:{len(own)} 笔,其中逾期 {late} 笔,现应还 {yuan_text(now)} 元", f"{manager or '—'}: {len(own)} loans, {late} overdue, due now {yuan_text(now)} yuan"))  # fmt: skip
