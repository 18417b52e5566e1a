"""The plain-language sheet of a product: what a company's owner reads before asking for it, in Chinese or English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kemiao.base.money import PPM, short_text, yuan_text
from kemiao.base.rates import percent_text
from kemiao.credit.products.form import PURPOSES
from kemiao.credit.products.product import Fee, Product

Line = tuple[str, str]  # heading, what is said
REPAYMENT_WORDS: Mapping[str, Line] = {
    "bullet": ("到期一次还本付息", "all at the end, with interest"), "interest_first": ("按期付息,到期还本", "interest in between, principal at the end"),
    "equal_principal": ("等额本金", "equal parts of principal, and interest"), "equal_installment": ("等额本息", "equal instalments"),
    "revolving": ("随借随还,按期付息", "drawn and repaid at any time, interest in between"),
}  # fmt: skip
SECURITY_WORDS: Mapping[str, Line] = {
    "none": ("无需担保", "none"), "receivables": ("应收账款质押", "pledge of receivables"), "property": ("房产抵押", "mortgage of property"),
    "equipment": ("设备抵押", "mortgage of the equipment"), "cash": ("保证金或存单质押", "pledge of cash"),
    "intellectual_property": ("知识产权质押", "pledge of intellectual property"), "guarantee": ("保证", "a guarantor"),
}  # fmt: skip
_AT: Mapping[str, Line] = {"application": ("申请时", "when applying"), "signing": ("签约时", "when signing"), "drawdown": ("放款前", "before money is paid out")}  # fmt: skip
_OUTCOME: Mapping[str, Line] = {"decline": ("不适用", "not for a company that"), "refer": ("须人工判断", "a person decides where it"), "condition": ("条件", "conditions")}  # fmt: skip


def sheet(product: Product, lang: str) -> list[Line]:
    """Headings and lines, in the order in which they are read."""
    zh = lang == "zh"

    def word(chinese: str, english: str) -> str:
        return chinese if zh else english

    head, amount, tenor, schedule, security = product.head, product.amount, product.tenor, product.schedule, product.security  # fmt: skip
    join = "、" if zh else ", "
    lines = [
        (word("是什么", "what it is"), word(head.about_zh, head.about_en)),
        (word("用途", "for"), join.join(PURPOSES[own][not zh] for own in head.purposes)),
        (word("金额", "amount"), f"{short_text(amount.min_fen, lang)} – {short_text(amount.max_fen, lang)}{word('', ' yuan')}"),
        (word("期限", "tenor"), word(f"{tenor.min_months} 至 {tenor.max_months} 个月", f"{tenor.min_months} to {tenor.max_months} months")),
        (word("利率", "rate"), _rate(product, zh)),
        (word("还款", "repayment"), _repayment(product, zh)),
        (word("提前还款", "early repayment"), word("不收违约金", "free") if not schedule.early_fee_ppm else word(f"提前还本部分收 {percent_text(schedule.early_fee_ppm)}", f"{percent_text(schedule.early_fee_ppm)} of what is repaid early")),
        (word("逾期", "past due"), _past_due(product, zh)),
        (word("费用", "fees"), _fees(product.fees, lang)),
        (word("担保", "security"), _secured(product, zh)),
    ]  # fmt: skip
    if security.shared_ppm:
        own = PPM - security.shared_ppm
        lines.append((word("损失分担", "losses are shared"), word(f"保证人 {percent_text(security.guaranteed_ppm, 0)},资金池 {percent_text(security.pool_ppm, 0)},银行 {percent_text(own, 0)}", f"guarantor {percent_text(security.guaranteed_ppm, 0)}, pool {percent_text(security.pool_ppm, 0)}, bank {percent_text(own, 0)}")))  # fmt: skip
    for outcome, (chinese, english) in _OUTCOME.items():
        said = _each((rule.zh, rule.en) for rule in product.rules if rule.outcome == outcome)
        said += _each((rule.unknown_zh, rule.unknown_en) for rule in product.rules if outcome == rule.when_unknown == "condition")  # fmt: skip
        if said:
            lines.append((word(chinese, english), (";" if zh else "; ").join(each[not zh] for each in said)))
    if head.green:
        lines.append((word("绿色", "green"), word("须归入在用的绿色目录", "falls under a heading of the catalogue in force")))  # fmt: skip
    if product.covenants:
        lines.append((word("约定", "covenants"), (";" if zh else "; ").join((each.zh, each.en)[not zh] for each in product.covenants)))  # fmt: skip
    for at, (chinese, english) in _AT.items():
        papers = [(each.zh, each.en)[not zh] for each in product.documents if each.at == at]
        if papers:
            lines.append((word(f"{chinese}的资料", f"papers {english}"), (";" if zh else "; ").join(papers)))
    lines.append((word("审批", "decided by"), _decided(product, zh, lang)))
    return lines


def _each(words: Iterable[Line]) -> list[Line]:
    return list(dict.fromkeys(words))


def _rate(product: Product, zh: bool) -> str:
    rate = product.rate
    bases = {
        "fixed": ("固定利率,签约时按定价确定", "fixed, by the price on the day of signing"),
        "lpr_1y": ("一年期 LPR 加点", "one-year LPR and a spread"),
        "lpr_5y": ("五年期以上 LPR 加点", "five-year LPR and a spread"),
        "lpr": ("LPR 加点(五年以内用一年期,以上用五年期)", "LPR and a spread (one-year LPR up to five years, five-year beyond)"),
    }  # fmt: skip
    ends = f"{percent_text(rate.floor_ppm)} – {percent_text(rate.cap_ppm)}"
    reset = f";每 {rate.reset_months} 个月重定价" if zh else f"; reset every {rate.reset_months} months"
    base = bases[rate.kind][not zh]
    if rate.kind != "fixed":
        base += ",加点按评级定价" if zh else ", the spread set by the grade"
    return f"{base}{';' if zh else '; '}{ends}{reset if rate.reset_months else ''}"


def _repayment(product: Product, zh: bool) -> str:
    schedule = product.schedule
    words = REPAYMENT_WORDS[schedule.repayment][not zh]
    if schedule.every_months:
        words += f",每 {schedule.every_months} 个月一期" if zh else f", every {schedule.every_months} months" if schedule.every_months > 1 else ", every month"  # fmt: skip
        if schedule.due_day:
            words += f",{schedule.due_day} 日" if zh else f", on day {schedule.due_day}"
    if schedule.grace_days:
        words += f",宽限 {schedule.grace_days} 天" if zh else f", {schedule.grace_days} days of grace"
    return words


def _past_due(product: Product, zh: bool) -> str:
    late, diverted = percent_text(product.rate.overdue_markup_ppm, 0), percent_text(product.rate.diverted_markup_ppm, 0)
    compound = (";欠息计复利", "; unpaid interest bears interest")[not zh] if product.rate.compound else ""
    return f"利率上浮 {late};改作他用上浮 {diverted}{compound}" if zh else f"the rate and {late} of it; put to another use, {diverted}{compound}"  # fmt: skip


def _fees(fees: tuple[Fee, ...], lang: str) -> str:
    if not fees:
        return "无" if lang == "zh" else "none"
    return (";" if lang == "zh" else "; ").join(_fee(fee, lang) for fee in fees)


def _fee(fee: Fee, lang: str) -> str:
    zh = lang == "zh"
    parts = []
    if fee.once_ppm:
        parts.append(f"一次性 {percent_text(fee.once_ppm)}" if zh else f"{percent_text(fee.once_ppm)} once")
    if fee.yearly_ppm:
        parts.append(f"每年 {percent_text(fee.yearly_ppm)}" if zh else f"{percent_text(fee.yearly_ppm)} a year")
    if fee.fixed_fen:
        parts.append(f"{yuan_text(fee.fixed_fen)} 元" if zh else f"{yuan_text(fee.fixed_fen)} yuan")
    bears = {"borrower": ("借款人承担", "borne by the borrower"), "bank": ("银行承担", "borne by the bank")}[
        fee.borne_by
    ]
    return f"{fee.zh} {'加'.join(parts)}({bears[0]})" if zh else f"{fee.en} {' and '.join(parts)} ({bears[1]})"


def _secured(product: Product, zh: bool) -> str:
    security = product.security
    words = SECURITY_WORDS[security.kind][not zh]
    if security.kind == "none":
        return words
    if security.loan_to_value_ppm:
        words += f",最高为评估值的 {percent_text(security.loan_to_value_ppm, 0)}" if zh else f", up to {percent_text(security.loan_to_value_ppm, 0)} of its value"  # fmt: skip
    return f"{words};{security.register_zh}" if zh else f"{words}; {security.register_en}"


def _decided(product: Product, zh: bool, lang: str) -> str:
    authority = product.authority
    if not authority.automatic_max_fen or not authority.automatic_grades:
        return "都由人审批" if zh else "a person, always"
    most, grades = short_text(authority.automatic_max_fen, lang), "、".join(authority.automatic_grades)
    return f"{most}以内、等级 {grades} 的可自动审批,其余由人审批" if zh else f"up to {most} yuan and grades {grades.replace('、', ', ')} without a person; else a person"  # fmt: skip
