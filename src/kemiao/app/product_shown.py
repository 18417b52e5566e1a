"""How products are shown: lists, sheets, trials with schedule and yearly rate."""

from __future__ import annotations

import dataclasses

import typer

from kemiao.app.door import REFUSED, Door
from kemiao.base.money import short_text, yuan_text
from kemiao.base.rates import percent_text
from kemiao.base.refusal import Refusal

_ASSUMED = {
    "GUARANTOR_NEEDED": ("有保证人", "that there is a guarantor"), "SECURITY_VALUE_NEEDED": ("押品足值", "that the security is worth enough"),
    "LOAN_TO_RENEW_NEEDED": ("有正常的在贷可续", "that there is a sound loan to renew"), "GREEN_HEADING_NEEDED": ("项目属于绿色目录", "that the project falls under the catalogue"),
}  # fmt: skip


def show_list(door: Door, rows) -> None:
    """rows: (name, product or refusal, the same with its law or a refusal)."""
    if door.as_json:
        for name, own, lawful in rows:
            if isinstance(own, Refusal):
                door.document({"product": name, "refused": own.as_json()})
                continue
            refused = lawful.as_json() if isinstance(lawful, Refusal) else None
            door.document({"product": name, "zh": own.head.zh, "en": own.head.en, "file": own.file, "digest": own.digest, "effective_from": own.effective_from,
                           "min_fen": own.amount.min_fen, "max_fen": own.amount.max_fen, "min_months": own.tenor.min_months, "max_months": own.tenor.max_months,
                           "rate_kind": own.rate.kind, "repayment": own.schedule.repayment, "security": own.security.kind, "refused": refused})  # fmt: skip
        return
    table = []
    for name, own, lawful in rows:
        if isinstance(own, Refusal):
            table.append((name, "", "", "", "", f"{own.code} {own.text(door.lang)}"))
            continue
        head, amount, tenor = own.head, own.amount, own.tenor
        state = f"{lawful.code} {lawful.text(door.lang)}" if isinstance(lawful, Refusal) else own.effective_from
        table.append((name, door.word(head.zh, head.en), f"{short_text(amount.min_fen, door.lang)} – {short_text(amount.max_fen, door.lang)}",
                      f"{tenor.min_months} – {tenor.max_months}", own.schedule.repayment, state))  # fmt: skip
    door.table("", [door.word("产品", "product"), door.word("名称", "title"), door.word("金额", "amount"), door.word("月数", "months"), door.word("还款", "repayment"), door.word("生效", "in force from")], table)  # fmt: skip


def show_sheet(door: Door, own, lawful) -> None:
    from kemiao.credit.products.sheet import sheet

    refused = lawful if isinstance(lawful, Refusal) else None
    if door.as_json:
        plain = {field.name: getattr(own, field.name) for field in dataclasses.fields(own) if field.name not in ("rules", "law", "green")}  # fmt: skip
        document = {name: dataclasses.asdict(part) if dataclasses.is_dataclass(part) else [dataclasses.asdict(each) for each in part] if isinstance(part, tuple) else part for name, part in plain.items()}  # fmt: skip
        document["rules"] = [{"code": rule.code, "outcome": rule.outcome, "when": rule.when.text, "when_unknown": rule.when_unknown, "zh": rule.zh, "en": rule.en} for rule in own.rules]  # fmt: skip
        document["law"] = None if refused else dataclasses.asdict(lawful.law)
        document["sheet"] = {lang: [list(line) for line in sheet(own, lang)] for lang in ("zh", "en")}
        door.document(document | {"refused": refused.as_json() if refused else None})
        return
    door.table(f"{door.word(own.head.zh, own.head.en)}  ({own.name}, {own.digest[:12]}, {own.effective_from})", ["", ""], sheet(own, door.lang))  # fmt: skip
    if refused is not None:
        door.text(f"{refused.code}  {refused.text(door.lang)}")
    else:
        law = lawful.law
        longest = (
            f"{law.months_max}"
            if law.months_max == law.months_max_long_cycle
            else f"{law.months_max} / {law.months_max_long_cycle}"
        )
        door.text(door.word(f"法规:最长 {longest} 个月(可信度 {law.confidence})", f"the law: {longest} months at most (confidence {law.confidence})"))  # fmt: skip


def show_check(door: Door, found) -> None:
    """Every file; exits 3 where one can't be read."""
    rows = [
        {"product": file.name, "file": file.path.name, "digest": file.product.digest if file.product else None, "refused": file.refusal.as_json() if file.refusal else None}
        for file in found
    ]  # fmt: skip
    if door.as_json:
        door.lines(rows)
    else:
        door.table("", [door.word("文件", "file"), door.word("结果", "result")], [(file.path.name, f"{file.refusal.code} {file.refusal.text(door.lang)}" if file.refusal else "✓") for file in found])  # fmt: skip
    if any(file.refusal for file in found):
        raise typer.Exit(REFUSED)


def show_trial(door: Door, answer, *, whole: bool) -> object:
    """whole: one product, with its schedule; refused where it does not fit. Of all products those that don't are an answer too."""
    from kemiao.bank.commands.product_try import as_json

    if door.as_json:
        door.lines(as_json(answer, one) for one in answer.products)
        if whole and answer.products[0].refusal is not None:
            raise typer.Exit(REFUSED)
        return None
    if answer.lpr.stale:
        door.say(f"LPR 只观察到 {answer.lpr.observed_until}", f"the LPR is observed until {answer.lpr.observed_until} only (LPR_STALE)")  # fmt: skip
    return _one(door, answer, answer.products[0]) if whole else _all(door, answer)


def _all(door: Door, answer) -> None:
    rows = []
    for one in answer.products:
        tried, cost = one.tried, one.cost
        title = door.word(tried.product.head.zh, tried.product.head.en) if tried else ""
        if one.refusal is not None or cost is None:
            rows.append((one.name, title, "", "", "", "", f"✗ {one.refusal.code} {one.refusal.text(door.lang)}"))
            continue
        said = [door.word(*_ASSUMED[code]) for code in tried.assumed]
        assumed = door.word(f"假定{'、'.join(said)}", f"taking it {', '.join(said)}") if said else ""
        decides = door.word("自动", "no person") if tried.automatic else door.word("人工", "a person")
        rows.append((one.name, title, short_text(tried.amount_fen, door.lang), tried.months, percent_text(tried.row["rate_ppm"]), _rate(cost.apr_ppm), f"✓ {decides} {assumed}"))  # fmt: skip
    door.table(
        f"{answer.company}  {answer.day}  {answer.decision['grade']}",
        [door.word("产品", "product"), door.word("名称", "title"), door.word("金额", "amount"), door.word("月数", "months"), door.word("利率", "rate"), door.word("综合年化", "APR"), ""],
        rows,
    )  # fmt: skip
    door.text(door.word("综合年化按复利(内部收益率)计,含全部费用", "APR: internal rate of return, compounded, with all fees"))  # fmt: skip


def _one(door: Door, answer, one) -> object:
    if one.refusal is not None:
        return one.refusal
    tried, cost = one.tried, one.cost
    row, head = tried.row, tried.product.head
    lines = [
        (door.word("金额", "amount"), f"{yuan_text(row['amount_fen'])} ({door.word('最多', 'at most')} {short_text(tried.most_fen, door.lang)})"),
        (door.word("期限", "tenor"), f"{tried.months} {door.word('个月', 'months')}: {row['starts_on']} – {row['matures_on']}"),
        (door.word("利率", "rate"), f"{percent_text(row['rate_ppm'], 3)} ({row['rate_kind']} {_spread(row['spread_ppm'])})"),
        (door.word("利息合计", "interest in all"), yuan_text(cost.interest_fen)),
        (door.word("费用", "fees"), "; ".join(f"{door.word(due.fee.zh, due.fee.en)} {yuan_text(due.amount_fen)} ({due.on})" for due in cost.fees) or "0"),
        (door.word("综合年化(复利,含全部费用)", "APR, compounded, all fees in"), _rate(cost.apr_ppm)),
        (door.word("综合年化(单利,含全部费用)", "APR, simple, all fees in"), _rate(cost.simple_ppm)),
        (door.word("审批", "decided by"), door.word("无需人工", "no person") if tried.automatic else door.word("人工", "a person")),
        *((door.word("转人工", "a person, because"), door.word(why.zh, why.en)) for why in tried.who.referrals),
        *((door.word("放款前提", "before money is paid out"), door.word(why.zh, why.en)) for why in tried.who.conditions),
        *((door.word("假定", "taken as given"), door.word(*_ASSUMED[code])) for code in tried.assumed),
    ]  # fmt: skip
    door.table(f"{door.word(head.zh, head.en)}  {answer.company}  {answer.day}", ["", ""], lines)
    door.table(
        door.word("还款计划(元,一次提清)", "schedule (yuan, if all is drawn at once)"),
        [door.word("应还日", "due"), door.word("可付至", "payable until"), door.word("利息", "interest"), door.word("本金", "principal"), door.word("费用", "fee"), door.word("余额", "balance")],
        [(due["due_on"], due["paid_on"], yuan_text(due["interest_fen"]), yuan_text(due["principal_fen"]), yuan_text(due["fee_fen"]), yuan_text(due["balance_fen"])) for due in cost.schedule],
    )  # fmt: skip
    return None


def _spread(ppm: int) -> str:
    return f"{'+' if ppm >= 0 else ''}{ppm / 100:g}bp"


def _rate(ppm: int | None) -> str:
    return "—" if ppm is None else percent_text(ppm, 3)
