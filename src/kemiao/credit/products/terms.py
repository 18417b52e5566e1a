"""The terms of one loan: a product, a company's decision, an amount and a number of months make a row of LOANS, or a refusal.

Rate: the decision's price, its expected loss counted anew for the product's security (PD × LGD × the part that nobody else
bears), the product's own addition, rounded up to whole steps, within floor and cap. What it is above the LPR of the day of
the decision is the spread, which stands for the life of the loan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from kemiao.base.dates import add_months
from kemiao.base.money import PPM, share_fen, short_text
from kemiao.base.rates import percent_text
from kemiao.base.refusal import BrokenInvariant, Refusal
from kemiao.credit.document import decision_id
from kemiao.credit.limit import CEILINGS
from kemiao.credit.products.form import PURPOSES
from kemiao.credit.products.product import Product, RateFormula
from kemiao.credit.products.qualifying import Qualified, qualify
from kemiao.law.loan_terms import LoanLaw
from kemiao.law.lpr import Lpr

Decision = Mapping[str, Any]
Row = dict[str, Any]
_LONG_RATE_MONTHS = 60  # beyond it the five-year LPR is the base: what its name says
_AFTER_DEBTS = ("need", "repayment", "exposure")  # ceilings that known debts were taken off
_SHARED = ("none", "guarantee")  # kinds of security that have no value of their own


@dataclass(frozen=True, slots=True)
class Facts:
    """What the decision does not know of the request. Null is unknown.

    purpose: a code of PURPOSES, or words. security_value_fen: appraised. security_lends_fen: what it carries, where worked
    out otherwise than by loan to value (patents). renews: the loan that is renewed; renews_fen its principal, and how it stands.
    green: a heading's code. approved: a person with authority approved what was declined or referred (an override). longer:
    head office allowed a longer term. owed_fen, committed_fen: what the company owes the bank beside what is renewed, and what the bank
    agreed or offered it beside this request and did not pay out yet. agreed_spread_ppm: over the one-year LPR, as a call of the
    market matched it; the decision's price then only says whether a person has to look at it.
    """

    purpose: str | None = None
    security_value_fen: int | None = None
    security_lends_fen: int | None = None
    guarantor: str | None = None
    renews: str | None = None
    renews_fen: int | None = None
    renews_past_due_days: int | None = None
    renews_extended: bool | None = None
    green: str | None = None
    approved: bool = False
    longer: bool = False
    owed_fen: int | None = None
    committed_fen: int | None = None
    agreed_spread_ppm: int | None = None


def terms(
    product: Product, facts: Facts, decision: Decision, amount_fen: int, months: int, day: date, lpr: Lpr
) -> Row | Refusal:
    """The row of LOANS without loan, manager and unit. product: of bank.lending.products.product, with the law of the day.

    decision: a kept document of `assess`. lpr: of the day of signing. Whoever signs later asks again: the rate may differ.
    Refuses with what does not fit: the decision, who qualifies, the law's term, amount, months, purpose, security.
    """
    law = product.law
    if law is None:
        raise BrokenInvariant(f"product {product.name} without the law of its day")
    refused = (
        _decided(decision, facts)
        or _green(product, facts, day)
        or _months(product, law, decision, facts, months)
        or _purpose(product, law, facts)
        or _secured(product, facts, amount_fen)
        or _amount(product, decision, facts, amount_fen)
        or _who(product, facts, decision, amount_fen, months)
    )
    if refused is not None:
        return refused
    rate = _rate(product, facts, decision, months, lpr)
    return rate if isinstance(rate, Refusal) else _row(product, law, facts, decision, amount_fen, months, day, rate)


def qualified(product: Product, facts: Facts, decision: Decision, amount_fen: int, months: int) -> Qualified:
    """The product's own rules over the company and the request: declines, referrals and conditions, all of them."""
    return qualify(product.rules, decision, {
        "asked_fen": amount_fen, "asked_months": months, "security_value_fen": facts.security_value_fen, "renews_fen": facts.renews_fen,
        "renews_past_due_days": facts.renews_past_due_days, "renews_extended": facts.renews_extended,
    })  # fmt: skip


def most_fen(product: Product, decision: Decision, facts: Facts) -> int:
    """The largest amount that product, limit, security and renewed loan leave, in whole steps; below min_fen: nothing."""
    most = min(product.amount.max_fen, share_fen(_limit_fen(product, decision, facts), product.amount.of_limit_ppm))
    carried = _carried_fen(product, facts)
    for ceiling in (carried, facts.renews_fen if product.head.renewal else None):
        most = most if ceiling is None else min(most, ceiling)
    return most // product.amount.step_fen * product.amount.step_fen


def _limit_fen(product: Product, decision: Decision, facts: Facts) -> int:
    """The assessed limit; of the ceilings that the product names where those are not all (equipment is not working capital)."""
    names = product.amount.ceilings
    if decision["decision"] == "decline" and not facts.approved:
        return 0
    back = _renewed_fen(product, decision, facts)
    unseen, beside = _exposure_fen(product, decision, facts)
    whole = set(names) == set(CEILINGS) and not back
    if whole and not unseen and not beside:
        return int(decision["allowed_fen"])
    of = decision["ceilings"]
    known = [of[name] + (back - unseen if name in _AFTER_DEBTS else -beside) for name in names if of[name] is not None]
    factor = (decision.get("technology") or {}).get("factor_ppm", PPM)
    left = share_fen(max(min(known), 0), factor) if known else 0
    return min(left, int(decision["allowed_fen"])) if whole else left


def _exposure_fen(product: Product, decision: Decision, facts: Facts) -> tuple[int, int]:
    """What the ceilings after debts have not seen: what was agreed and not paid out, and loans since the decision. And what the caps
    for one borrower (grade, product), which no debt was taken off, have to bear beside this request: all of it."""
    committed, counted = facts.committed_fen or 0, decision["features"].get("own_loan_balance_fen") or 0
    if facts.owed_fen is None:
        return committed, committed
    back = _renewed_fen(product, decision, facts)
    repaid = max(_booked_fen(decision) - back - facts.owed_fen, 0)  # since the decision, as the book says
    counted -= back
    return committed + max(facts.owed_fen - counted, 0), committed + max(facts.owed_fen, counted - repaid)


def _booked_fen(decision: Decision) -> int:
    """What of the counted debts stood in the bank's own book; the rest was known from papers alone, and no book says that it was repaid."""
    loans = (decision.get("own_book") or {}).get("loans") or ()
    return sum(loan["balance_fen"] or 0 for loan in loans)


def _counted_as_repaid(decision: Decision, facts: Facts) -> bool:
    return facts.renews is not None and (decision.get("own_book") or {}).get("renews") == facts.renews


def _renewed_fen(product: Product, decision: Decision, facts: Facts) -> int:
    """The loan that is renewed was taken off the ceilings as a debt, as far as the bank's own loans were known: it comes back."""
    if not product.head.renewal or _counted_as_repaid(decision, facts):
        return 0
    return max(min(facts.renews_fen or 0, decision["features"].get("own_loan_balance_fen") or 0), 0)


def automatic(product: Product, decision: Decision, facts: Facts, amount_fen: int, months: int) -> bool:
    """Whether it needs no person: approved by the rules, no referral of the product's own, within its authority; and where a call of
    the market agreed the rate, that it covers what the decision says the risk costs."""
    authority, covering = product.authority, _covering_ppm(product, decision)
    agreed = facts.agreed_spread_ppm
    return (
        decision["decision"] == "approve"
        and (agreed is None or (covering is not None and decision["law"]["lpr_ppm"] + agreed >= covering))
        and amount_fen <= authority.automatic_max_fen
        and decision["grade"] in authority.automatic_grades
        and not qualified(product, facts, decision, amount_fen, months).referrals
    )


def _decided(decision: Decision, facts: Facts) -> Refusal | None:
    if decision["decision"] != "decline" or facts.approved:
        return None
    return Refusal.at("DECISION_DECLINES", "评估未通过", "the assessment declines it", company=decision["company"])


def _green(product: Product, facts: Facts, day: date) -> Refusal | None:
    if not product.head.green:
        return None
    headings = product.green or {}
    if facts.green in headings:
        return None
    codes = ", ".join(f"{code} {zh}" for code, (zh, _) in headings.items())
    codes_en = ", ".join(f"{code} {en}" for code, (_, en) in headings.items())
    return Refusal.at("GREEN_HEADING_NEEDED", f"绿色贷款须归入目录({day}):{codes}", f"a green loan falls under a heading of the catalogue ({day}): {codes_en}", product=product.name)  # fmt: skip


def _months(product: Product, law: LoanLaw, decision: Decision, facts: Facts, months: int) -> Refusal | None:
    tenor = product.tenor
    if not tenor.min_months <= months <= tenor.max_months:
        return Refusal.at("MONTHS_OUTSIDE_PRODUCT", f"期限须为 {tenor.min_months} 至 {tenor.max_months} 个月", f"the product runs from {tenor.min_months} to {tenor.max_months} months", product=product.name, months=months)  # fmt: skip
    cycle = decision["features"].get("cash_cycle_days")
    longest = law.longest_months(cycle is not None and cycle >= tenor.long_cycle_days)
    if months <= longest or (law.longer_by is not None and facts.longer):
        return None
    return Refusal.at("TERM_ABOVE_LAW", f"法规允许最长 {longest} 个月", f"the law allows {longest} months at most", product=product.name, months=months)  # fmt: skip


def _amount(product: Product, decision: Decision, facts: Facts, amount_fen: int) -> Refusal | None:
    amount = product.amount
    if amount_fen < amount.min_fen or amount_fen > amount.max_fen or amount_fen % amount.step_fen:
        zh = f"金额须为 {short_text(amount.min_fen)} 至 {short_text(amount.max_fen)},按 {short_text(amount.step_fen)} 取整"
        en = f"amounts are from {short_text(amount.min_fen, 'en')} to {short_text(amount.max_fen, 'en')} yuan in steps of {short_text(amount.step_fen, 'en')}"
        return Refusal.at("AMOUNT_OUTSIDE_PRODUCT", zh, en, product=product.name, amount_fen=amount_fen)
    most = most_fen(product, decision, facts)
    if amount_fen <= most:
        return None
    zh, en = _exposure_words(product, decision, facts)
    if not most and decision["decision"] == "refer" and not facts.approved:
        zh, en = (
            f"{zh};评估转人工:有权人可复核决定(kemiao override)",
            f"{en}; the assessment refers it: a person with authority may decide otherwise (kemiao override)",
        )
    return Refusal.at("ABOVE_LIMIT", f"最多可借 {short_text(most)}{zh}", f"at most {short_text(most, 'en')} yuan can be lent{en}", product=product.name, amount_fen=amount_fen, most_fen=most)  # fmt: skip


def _exposure_words(product: Product, decision: Decision, facts: Facts) -> tuple[str, str]:
    """What the company has of this bank already, where that is known and something."""
    _, beside = _exposure_fen(product, decision, facts)
    committed = facts.committed_fen or 0
    if not beside:
        return "", ""
    owed = beside - committed
    return (
        f":已欠本行 {short_text(owed)},已承诺未放款 {short_text(committed)}",
        f": it owes this bank {short_text(owed, 'en')} and has {short_text(committed, 'en')} agreed or offered and not paid out",
    )


def _purpose(product: Product, law: LoanLaw, facts: Facts) -> Refusal | None:
    """A purpose in words is a person's to read; what it says of what is forbidden is seen at once."""
    if facts.purpose is None:
        return None
    said = facts.purpose.strip().casefold()
    for names in law.prohibited:
        if any(name.casefold() in said for name in names):
            return Refusal.at("PURPOSE_PROHIBITED", f"法规禁止用于:{names[1]}", f"the law forbids this use: {names[2]}", purpose=facts.purpose)  # fmt: skip
    word = next((word for word in product.head.refused_words if word.casefold() in said), None)
    if word is not None:
        return Refusal.at("PURPOSE_REFUSED", f"本产品不受理含“{word}”的用途", f"the product does not take a purpose with {word!r}", purpose=facts.purpose)  # fmt: skip
    code = purpose_code(said)
    if code is None or code in product.head.purposes:
        return None
    zh, en = ("、".join(PURPOSES[own][0] for own in product.head.purposes), ", ".join(product.head.purposes))
    return Refusal.at(
        "PURPOSE_NOT_OF_PRODUCT", f"本产品可用于:{zh}", f"the product is for: {en}", purpose=facts.purpose
    )


def purpose_code(text: str) -> str | None:
    """The code of a purpose as people write it; None for words of their own."""
    said = text.strip().casefold()
    return next((code for code, (zh, en) in PURPOSES.items() if said in (code, zh.casefold(), en.casefold())), None)


def _secured(product: Product, facts: Facts, amount_fen: int) -> Refusal | None:
    security = product.security
    if security.kind == "guarantee" and not facts.guarantor:
        return Refusal.at("GUARANTOR_NEEDED", "须有保证人", "a guarantor is needed", product=product.name)
    if product.head.renewal and not facts.renews:
        return Refusal.at("LOAN_TO_RENEW_NEEDED", "须指明所续的贷款", "the loan to be renewed is to be named", product=product.name)  # fmt: skip
    if security.kind in _SHARED:
        return None
    carried = _carried_fen(product, facts)
    if carried is None:
        return Refusal.at("SECURITY_VALUE_NEEDED", "须有押品的评估价值", "the appraised value of the security is needed", product=product.name)  # fmt: skip
    return None if amount_fen <= carried else Refusal.at("ABOVE_SECURITY", f"押品最多支持 {short_text(carried)}", f"the security carries {short_text(carried, 'en')} yuan", product=product.name)  # fmt: skip


def _carried_fen(product: Product, facts: Facts) -> int | None:
    """What the security carries; None where there is none, or its value is unknown."""
    if product.security.kind in _SHARED:
        return None
    if facts.security_lends_fen is not None:
        return facts.security_lends_fen
    value = facts.security_value_fen
    return None if value is None else value * product.security.loan_to_value_ppm // PPM


def _who(product: Product, facts: Facts, decision: Decision, amount_fen: int, months: int) -> Refusal | None:
    declines = qualified(product, facts, decision, amount_fen, months).declines
    if not declines:
        return None
    return Refusal.at("NOT_QUALIFIED", ";".join(why.zh for why in declines), "; ".join(why.en for why in declines), product=product.name)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rated:
    rate_ppm: int
    kind: str  # of RATE_KINDS
    spread_ppm: int


def _rate(product: Product, facts: Facts, decision: Decision, months: int, lpr: Lpr) -> Rated | Refusal:
    formula, stepped = product.rate, _covering_ppm(product, decision)
    if stepped is None:
        return Refusal.at("NO_PRICE", "没有评出等级,无法定价", "without a grade there is no price", company=decision["company"])  # fmt: skip
    kind = _kind(formula, months)
    if facts.agreed_spread_ppm is not None:
        return _agreed(product, kind, facts.agreed_spread_ppm, lpr)
    spread = stepped - decision["law"]["lpr_ppm"]
    rate = min(max(lpr.one_year_ppm + spread, formula.floor_ppm), formula.cap_ppm)
    if stepped > formula.cap_ppm and not facts.approved:  # a person may lend at the cap
        return Refusal.at("PRICE_ABOVE_CAP", f"覆盖风险的利率 {percent_text(stepped)} 高于产品上限 {percent_text(formula.cap_ppm)}", f"the rate that covers the risk, {percent_text(stepped)}, is above the product's cap of {percent_text(formula.cap_ppm)}", product=product.name)  # fmt: skip
    base = {"fixed": rate, "lpr_1y": lpr.one_year_ppm, "lpr_5y": lpr.five_year_ppm}[kind]
    own = (
        0 if kind == "fixed" else lpr.one_year_ppm + spread - base
    )  # the same rate on the day, whatever LPR it follows
    return Rated(rate, kind, own)


def _covering_ppm(product: Product, decision: Decision) -> int | None:
    """The rate that covers what the risk costs with this product, in its whole steps; None where the decision has no grade."""
    price, pd = decision["price"], decision["pd_ppm"]
    if pd is None or any(part is None for part in price.values()):
        return None
    formula, security = product.rate, product.security
    own_loss = share_fen(share_fen(pd, security.lgd_ppm), PPM - security.shared_ppm)
    built = int(sum(price.values()) - price["expected_loss"] + own_loss + formula.add_ppm)
    return -(-built // formula.step_ppm) * formula.step_ppm


def _agreed(product: Product, kind: str, spread: int, lpr: Lpr) -> Rated | Refusal:
    """A rate that the market agreed is taken as it is, or not at all: it is not bent into the product's band."""
    formula, rate = product.rate, lpr.one_year_ppm + spread
    if not formula.floor_ppm <= rate <= formula.cap_ppm:
        band = f"{percent_text(formula.floor_ppm)}..{percent_text(formula.cap_ppm)}"
        return Refusal.at("AGREED_RATE_OUTSIDE_PRODUCT", f"撮合利率 {percent_text(rate)} 不在产品的 {band} 之内", f"the rate that was matched, {percent_text(rate)}, is outside the product's {band}", product=product.name)  # fmt: skip
    base = {"fixed": rate, "lpr_1y": lpr.one_year_ppm, "lpr_5y": lpr.five_year_ppm}[kind]
    return Rated(rate, kind, 0 if kind == "fixed" else rate - base)


def _kind(formula: RateFormula, months: int) -> str:
    if formula.kind == "lpr":
        return "lpr_5y" if months > _LONG_RATE_MONTHS else "lpr_1y"
    return formula.kind


def _row(
    product: Product, law: LoanLaw, facts: Facts, decision: Decision, amount_fen: int, months: int, day: date, rated: Rated
) -> Row:  # fmt: skip
    rate, schedule, security = product.rate, product.schedule, product.security
    at_end = schedule.month_end and day == _month_end(day)
    matures = _month_end(add_months(day, months)) if at_end else add_months(day, months)
    floating = rated.kind != "fixed" and 0 < rate.reset_months < months
    features, says = decision["features"], decision["law"]
    above = law.entrusted_above_fen
    return {
        "company": decision["company"], "product": product.name, "decision": decision_id(dict(decision)), "origin": "signed",
        "repayment": schedule.repayment, "amount_fen": amount_fen, "signed_on": day, "starts_on": day, "matures_on": matures,
        "first_due_on": _first_due(product, day, matures, at_end), "every_months": schedule.every_months, "month_end": at_end,
        "business_day": schedule.business_day, "day_count": rate.day_count,
        "rate_ppm": rated.rate_ppm, "rate_kind": rated.kind, "spread_ppm": rated.spread_ppm, "floor_ppm": rate.floor_ppm, "cap_ppm": rate.cap_ppm,
        "first_reset_on": add_months(day, rate.reset_months) if floating else None, "reset_months": rate.reset_months if floating else 0,
        "overdue_markup_ppm": rate.overdue_markup_ppm, "diverted_markup_ppm": rate.diverted_markup_ppm, "compound": rate.compound,
        "grace_days": schedule.grace_days, "allocation": schedule.allocation, "early_fee_ppm": schedule.early_fee_ppm,
        "fee_fen": first_fee_fen(product, amount_fen), "vat_ppm": product.accounting.vat_ppm,
        "security": security.kind, "security_value_fen": None if security.kind in _SHARED else facts.security_value_fen, "guarantor": facts.guarantor,
        "guaranteed_ppm": security.guaranteed_ppm, "pool_ppm": security.pool_ppm, "purpose": facts.purpose,
        "entrusted": product.authority.entrusted_always or (above is not None and amount_fen > above),
        "pd_ppm": decision["pd_ppm"], "lgd_ppm": security.lgd_ppm, "grade": decision["grade"],
        "industry": features.get("industry") or features.get("industry_named"), "size_class": says["size_class"],
        "technology": technology_category(decision), "renews": facts.renews if product.head.renewal else None,
    }  # fmt: skip


def first_fee_fen(product: Product, amount_fen: int) -> int:
    """What the bank itself takes from the borrower at the first draw."""
    taken = (fee for fee in product.fees if fee.paid_to == "bank" and fee.borne_by == "borrower")
    return sum(share_fen(amount_fen, fee.once_ppm) + fee.fixed_fen for fee in taken)


def technology_category(decision: Decision) -> str | None:
    """The strongest recognition that is known: high_tech_enterprise, specialized_sme, tech_sme; None where there is none."""
    features = decision["features"]
    for name, holds in (
        ("high_tech_enterprise", features.get("high_tech_certificate")),
        ("specialized_sme", features.get("specialized")),
        ("tech_sme", decision["law"]["tech_sme"]),
    ):
        if holds:
            return name
    return None


def _first_due(product: Product, day: date, matures: date, at_end: bool) -> date | None:
    """One period after the start, on the product's day of that month where it names one; never after the end."""
    schedule = product.schedule
    if schedule.every_months == 0:
        return None
    due = add_months(day, schedule.every_months)
    if at_end:
        due = _month_end(due)
    elif schedule.due_day:
        due = due.replace(day=schedule.due_day)
    return min(due, matures)


def _month_end(day: date) -> date:
    return add_months(day.replace(day=1), 1) - timedelta(days=1)
