"""calls: whom to call and why, and what came of it. Read from the bank's own records alone (decisions, loans, applications, calls):
no paper is opened for it. Who closed its papers on the chain, or was erased, is not on it.

call_made (subject: company): public {by, outcome, until}, private {note}.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from kemiao.bank.consent_gate import closed_today
from kemiao.bank.lending.applications import WAITING, Application, applications
from kemiao.bank.lending.exposure import exposure
from kemiao.bank.lending.loan_store import loans
from kemiao.bank.lending.people import account_of
from kemiao.bank.lending.products import product, product_files
from kemiao.bank.lending.standing import states
from kemiao.bank.newest_decisions import Newest, NewestDecisions
from kemiao.bank.views import batches
from kemiao.bank.world import World
from kemiao.base.money import PPM, div_half_up, share_fen, short_text
from kemiao.base.rates import percent_text
from kemiao.base.refusal import Refusal
from kemiao.credit.calling import COLUMNS, OUTCOMES, CallPolicy, call_policy, ranked
from kemiao.credit.products.offers import try_product
from kemiao.credit.products.product import Product
from kemiao.credit.products.terms import Facts
from kemiao.facts.tables import TABLES
from kemiao.law.lpr import Lpr, lpr_on

Row = dict[str, Any]
MADE = "call_made"
NOTE_MAX = 500
_YEAR_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Answer:
    """rows: as shown, the most valuable first. considered: companies with a decision. waiting: those that are not to be called yet."""

    day: date
    rows: tuple[Row, ...]
    considered: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Made:
    """until: None for what policy says of the outcome."""

    company: str
    outcome: str
    until: date | None = None
    note: str | None = None


def call_list(world: World, newest: NewestDecisions | None = None) -> Answer | Refusal:
    """newest: kept by who asks often. Refuses POLICY_NUMBER, LAW_NOT_IN_FORCE. Raises Refused POLICY_NOT_IN_FORCE."""
    day = world.clock.today()
    policy, lpr = call_policy(world.policy.named("calling", day)), lpr_on(world.law, day)
    if isinstance(policy, Refusal):
        return policy
    if isinstance(lpr, Refusal):
        return lpr
    pricing = world.policy.named("pricing", day)
    costs = {"funds_ppm": lpr.one_year_ppm + int(pricing["funding_to_lpr_ppm"]), "lgd_ppm": int(pricing["lgd_ppm"])}
    decided = (newest or NewestDecisions()).all(world)
    later, busy, offers = _later(world, day), set[str](), dict[str, Application]()
    for each in applications(world):
        word = each.word(day)
        if word == "offered":
            offers[each.company] = each
        elif word in WAITING:
            busy.add(each.company)  # it is on its way already
    closed = _closed(world, sorted(decided))
    standing = _standing(world, day)
    rows = [
        _row(company, one, standing.get(company, {}), offers.get(company), day) | costs
        for company, one in sorted(decided.items())
        if company not in later and company not in busy and company not in closed
    ]
    first = ranked(pa.Table.from_pylist(rows, COLUMNS), policy).slice(0, policy.tried)
    tried = _tried(world, first, standing, day, lpr)
    whole = ranked(pa.Table.from_pylist(tried["rows"], COLUMNS), policy) if tried["rows"] else first
    return Answer(day, tuple(_shown(whole, tried["products"], standing, offers, policy)), len(decided), len(later))


def still_open(world: World, rows: Sequence[Row]) -> list[Row]:
    """Of a list that was made a while ago, whom the chain still opens today."""
    closed = _closed(world, [row["company"] for row in rows])
    return [row for row in rows if row["company"] not in closed]


def _closed(world: World, whom: Sequence[str]) -> frozenset[str]:
    if world.chain is None:
        return frozenset()
    return closed_today(world.chain, whom, "credit_review", tuple(TABLES), batches(world))


def record_call(world: World, acting: str | None, made: Made) -> Row | Refusal:
    """Refuses UNKNOWN_CHOICE, NO_SUCH_COMPANY, DAY_PASSED, DAY_TOO_FAR, TEXT_TOO_LONG."""
    account = account_of(world, acting)
    if isinstance(account, Refusal):
        return account
    day = world.clock.today()
    policy = call_policy(world.policy.named("calling", day))
    if isinstance(policy, Refusal):
        return policy
    if made.outcome not in OUTCOMES:
        return Refusal.at("UNKNOWN_CHOICE", f"应为 {' | '.join(OUTCOMES)}", f"is one of {' | '.join(OUTCOMES)}", option="outcome")  # fmt: skip
    if world.log.last("decision", subject=made.company) is None:
        return Refusal.at("NO_SUCH_COMPANY", "没有这家企业的评估", "this company was never assessed", company=made.company)  # fmt: skip
    until = made.until or day + timedelta(days=policy.days[made.outcome])
    if until < day:
        return Refusal.at("DAY_PASSED", "日期已过", "that day has passed", until=until)
    if until > day + timedelta(days=policy.days_most):
        return Refusal.at("DAY_TOO_FAR", f"至多 {policy.days_most} 天", f"at most {policy.days_most} days ahead", until=until)  # fmt: skip
    note = (made.note or "").strip()
    if len(note) > NOTE_MAX:
        return Refusal.at("TEXT_TOO_LONG", f"至多 {NOTE_MAX} 字", f"at most {NOTE_MAX} characters", option="note")
    public = {"by": account.account, "outcome": made.outcome, "until": until.isoformat()}
    with world.log.write() as tx:
        tx.append(MADE, made.company, public=public, private={"note": note} if note else None)
    return {"company": made.company, **public}


def calls_made(world: World, company: str, most: int = 50) -> list[Row]:
    """The newest first."""
    events = list(world.log.events(MADE, subject=company, newest_first=True, most=most))
    return [
        {"at": event.at, **event.public, "note": (kept or {}).get("note")}
        for event, kept in zip(events, world.log.privates(events), strict=True)
    ]


def _later(world: World, day: date) -> set[str]:
    """Who is not to be called yet, by what came of the last call."""
    return {str(event.subject) for event in world.log.last_of_each(MADE) if date.fromisoformat(event.public["until"]) > day}  # fmt: skip


def _standing(world: World, day: date) -> dict[str, Row]:
    """By company: owed, promised and not paid out, the soonest maturity, the most repaid, days past due."""
    agreed = {row["loan"]: row for row in loans(world).to_pylist()}
    found: dict[str, Row] = {}
    for state in states(world, day).to_pylist() if agreed else ():
        own = agreed[state["loan"]]
        if state["status"] not in ("agreed", "active"):
            continue
        one = found.setdefault(own["company"], {"owed_fen": 0, "undrawn_fen": 0, "past_due_days": 0, "matures_on": None, "repaid_ppm": None, "loan": None, "matures_fen": None})  # fmt: skip
        one["owed_fen"] += state["principal_fen"]
        one["past_due_days"] = max(one["past_due_days"], state["past_due_days"])
        if own["origin"] != "imported" and own["repayment"] != "revolving":
            one["undrawn_fen"] += max(own["amount_fen"] - state["drawn_fen"], 0)
        if state["principal_fen"] > 0:
            if one["matures_on"] is None or state["matures_on"] < one["matures_on"]:
                one |= {"matures_on": state["matures_on"], "loan": state["loan"], "matures_fen": state["principal_fen"]}
            if own["repayment"] != "revolving" and own["amount_fen"] > 0:
                repaid = PPM - div_half_up(min(state["principal_fen"], own["amount_fen"]) * PPM, own["amount_fen"])
                one["repaid_ppm"] = max(one["repaid_ppm"] or 0, repaid)
    return found


def _row(company: str, one: Newest, loan: Row, offer: Application | None, day: date) -> Row:
    """Before products are tried: the unused limit, lent for a year at the decision's rate."""
    limit = None if one.decision == "decline" else one.allowed_fen
    since = max(loan.get("owed_fen", 0) - one.owed_fen, 0)  # lent after the decision
    offered = int(offer.offer["terms"]["amount_fen"]) if offer and offer.offer else 0
    unused = None if limit is None else max(limit - since - loan.get("undrawn_fen", 0) - offered, 0)
    until = offer.until if offer else None
    return {
        "company": company, "decision": one.decision, "pd_ppm": one.pd_ppm, "rate_ppm": one.rate_ppm, "unused_fen": unused,
        "amount_fen": unused or None, "months": _YEAR_MONTHS, "product": None, "lacking": None, "past_due_days": loan.get("past_due_days"), "repaid_ppm": loan.get("repaid_ppm"),
        "matures_in_days": (loan["matures_on"] - day).days if loan.get("matures_on") else None, "offer_in_days": (until - day).days if until else None,
        "growth_ppm": one.growth_ppm, "sales_fen": one.sales_fen, "qualifications": one.qualifications, "qualifications_before": one.qualifications_before,
    }  # fmt: skip


def _tried(
    world: World,
    first: pa.Table,
    standing: Mapping[str, Row],
    day: date,
    lpr: Lpr,
) -> dict[str, Any]:
    """A row for each product that a company could have, and one without where there is none. As `kemiao product try`, with what lacks
    (a guarantor, security) taken to be there and named."""
    named = sorted({file.name for file in product_files(world)})
    known = [each for each in (product(world, name, day) for name in named) if isinstance(each, Product)]
    decisions = {event.subject: event for event in world.log.among("decision", "subject", first["company"].to_pylist())}
    kept = dict(zip(decisions, world.log.privates(list(decisions.values())), strict=True))
    rows: list[Row] = []
    found: dict[tuple[str, str], Row] = {}
    for row in first.select(COLUMNS.names).to_pylist():
        decision = kept[row["company"]]
        if decision is None:  # erased this moment
            continue
        beside = exposure(world, row["company"])
        facts = Facts(owed_fen=beside.owed_fen, committed_fen=beside.committed_fen)
        fits = []
        for own in known:
            tried = try_product(own, facts, decision, None, None, day, lpr)
            if tried.row is None or own.head.renewal:  # a renewal is spoken of where a loan matures
                continue
            terms = tried.row
            loss = share_fen(terms["lgd_ppm"], PPM - (terms["guaranteed_ppm"] or 0) - (terms["pool_ppm"] or 0))
            found[row["company"], own.name] = {"zh": own.head.zh, "en": own.head.en, "amount_fen": tried.amount_fen, "months": tried.months, "rate_ppm": terms["rate_ppm"], "assumed": list(tried.assumed)}  # fmt: skip
            fits.append(row | {"product": own.name, "lacking": len(tried.assumed), "amount_fen": tried.amount_fen, "months": tried.months, "rate_ppm": terms["rate_ppm"], "lgd_ppm": loss})  # fmt: skip
        # Where no product can be had, nothing of the limit is left to use: what can be spoken of is the loan that matures.
        # What is left of the limit is what a product would lend that lacks nothing.
        left = max((each["amount_fen"] for each in fits if not each["lacking"]), default=0)
        fits = [each | {"unused_fen": min(each["unused_fen"] or 0, left)} for each in fits]
        rows += fits or [row | {"unused_fen": 0, "amount_fen": (standing.get(row["company"]) or {}).get("matures_fen")}]
    return {"rows": rows, "products": found}


def _shown(
    whole: pa.Table, products: Mapping[tuple[str, str], Row], standing: Mapping[str, Row], offers: Mapping[str, Application], policy: CallPolicy
) -> Iterable[Row]:  # fmt: skip
    """One row a company: its best product, and the next best."""
    by: dict[str, list[Row]] = {}
    for row in whole.to_pylist():
        by.setdefault(row["company"], []).append(row)
    for company, some in list(by.items())[: policy.most]:
        best = some[0]
        fits = [{"product": row["product"], **products[company, row["product"]], "value_fen": row["value_fen"]} for row in some if row["product"]]  # fmt: skip
        yield {
            **{name: best[name] for name in ("company", "decision", "pd_ppm", "unused_fen", "signals", "chance_ppm", "value_fen")},
            "product": fits[0] if fits else None, "next_product": fits[1] if len(fits) > 1 else None,
            "reasons": _reasons(best, fits[0] if fits else None, standing.get(company, {}), offers.get(company)),
        }  # fmt: skip


def _reasons(row: Row, fits: Row | None, loan: Row, offer: Application | None) -> list[Row]:
    """What to say, in words."""
    said = []
    for signal in row["signals"]:
        zh, en = _words(signal, row, fits, loan, offer)
        said.append({"signal": signal, "zh": zh, "en": en})
    return said


def _words(signal: str, row: Row, fits: Row | None, loan: Row, offer: Application | None) -> tuple[str, str]:
    match signal:
        case "offer_open":
            until = offer.until if offer else None
            return (
                f"要约还没有答复,{until} 过期:问有什么顾虑",
                f"its offer is open until {until}: ask what holds it back",
            )
        case "maturing":
            return f"贷款 {loan.get('loan')} 于 {loan.get('matures_on')} 到期:商量续贷或新贷", f"loan {loan.get('loan')} matures on {loan.get('matures_on')}: speak of a renewal or a new loan"  # fmt: skip
        case "nearly_repaid":
            share = percent_text(row["repaid_ppm"], 0)
            return f"贷款已还 {share}:可谈下一笔", f"{share} of its loan is repaid: speak of the next"
        case "qualification_new":
            return (
                "新取得资质:额度和产品可能随之变化",
                "a qualification was newly reached: limit and products may follow",
            )
        case "growing":
            share = percent_text(row["growth_ppm"], 0)
            return f"近一季开票同比增长 {share}:可能需要周转资金", f"sales of the last quarter grew by {share}: it may need working capital"  # fmt: skip
        case "product_fits" if fits is not None:
            lacks = (
                (";还须落实担保等条件", "; security or another condition is still needed")
                if fits["assumed"]
                else ("", "")
            )
            zh = f"适合“{fits['zh']}”,可借 {short_text(fits['amount_fen'])},年利率 {percent_text(fits['rate_ppm'])}"
            en = f"{fits['en']} fits: {short_text(fits['amount_fen'], 'en')} yuan at {percent_text(fits['rate_ppm'])} a year"
            return zh + lacks[0], en + lacks[1]
        case _:
            return f"额度还有 {short_text(row['unused_fen'])} 未用", f"{short_text(row['unused_fen'], 'en')} yuan of its limit are unused"  # fmt: skip
