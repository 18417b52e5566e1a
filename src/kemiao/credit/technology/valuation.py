"""Valuation of patents: cost, royalty relief, profit share and market, in whole fen; what a bank would lend against.

Formulae: RULES 10.2 (资产评估执业准则——知识产权, 专利资产评估指导意见). Products are exact in Python integers; each year's part
is rounded half up to a fen and the parts add up to the value. Rates, terms and growth of the income are policy `patent_value`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kemiao.base.dates import add_months
from kemiao.base.money import PPM, div_half_up, share_fen
from kemiao.base.refusal import Refusal
from kemiao.credit.technology.patent_value import PatentRules, legal_months
from kemiao.law.patent_term import legal_end

METHODS = {
    "cost": ("成本法", "cost"),
    "royalty": ("收益法·许可费节省", "royalty relief"),
    "profit": ("收益法·利润分成", "profit share"),
    "market": ("市场法", "market"),
}
BLOCKS = {
    "terminated": ("专利权已终止", "the right has ended"),
    "not_granted": ("尚未授权", "not granted"),
    "disputed": ("无效宣告或权属争议未决", "invalidation or ownership pending"),
    "fees_unpaid": ("年费未缴", "annual fee unpaid"),
    "pledged": ("已质押", "already pledged"),
    "shorter_than_loan": ("剩余期限短于贷款期限", "the term left is shorter than the loan"),
    "index_below_floor": ("价值指数低于质押下限", "the value index is below the floor for pledges"),
    "kind_not_taken": ("该类型不接受质押", "this kind is not taken as a pledge"),
    "no_value": ("没有可用的评估方法", "no method of valuation applies"),
}


@dataclass(frozen=True, slots=True)
class Discounted:
    """The parts of the years, and their sum."""

    parts_fen: tuple[int, ...]

    @property
    def value_fen(self) -> int:
        return sum(self.parts_fen)


def cost_value_fen(direct_fen: int, indirect_fen: int, profit_ppm: int, obsolescence_ppm: int) -> int:
    """(direct + indirect) × (1 + profit) × (1 − obsolescence), half up to a fen."""
    return div_half_up((direct_fen + indirect_fen) * (PPM + profit_ppm) * (PPM - obsolescence_ppm), PPM**2)


def income_value(yearly_fen: Sequence[int], share_ppm: int, discount_ppm: int) -> Discounted:
    """Σ amount × share ÷ (1 + r)^t, t = 1, 2, …: royalty relief of revenues, profit share of profits."""
    parts = (
        div_half_up(amount * share_ppm * PPM**year, PPM * (PPM + discount_ppm) ** year)
        for year, amount in enumerate(yearly_fen, start=1)
    )
    return Discounted(tuple(parts))


def market_value_fen(comparable_fen: int, adjust_ppm: Sequence[int]) -> int:
    """The price of a comparable right, times each adjustment, half up to a fen."""
    top = comparable_fen
    for factor in adjust_ppm:
        top *= factor
    return div_half_up(top, PPM ** len(adjust_ppm))


@dataclass(frozen=True, slots=True)
class ValuationRules:
    cost_profit_ppm: int
    royalty_ppm: Mapping[str, int]
    profit_share_ppm: Mapping[str, int]
    income_decay_ppm: int
    discount_ppm: int
    loan_to_value_ppm: Mapping[str, int]
    portfolio_cap_ppm: int
    pledge_floor_milli: int
    loan_months: int


def valuation_rules(policy: Mapping[str, Any]) -> ValuationRules | Refusal:
    try:
        own = policy["valuation"]
        return ValuationRules(
            own["cost_profit_ppm"], own["royalty_ppm"], own["profit_share_ppm"], own["income_decay_ppm"],
            sum(own["discount_ppm"].values()), policy["loan_to_value_ppm"], policy["portfolio_cap_ppm"],
            policy["pledge_floor_milli"], policy["loan_months"],
        )  # fmt: skip
    except (KeyError, TypeError, AttributeError) as error:
        return Refusal.at("BAD_POLICY", f"专利评估政策读不懂:{error}", f"the policy of valuation can't be read: {error}", file=policy.get("_file", "patent_value.toml"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Method:
    """value_fen is None where the method does not apply: `lacking` names what is not known. assumed: policy in place of a
    fact."""

    name: str
    value_fen: int | None
    lacking: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    parts_fen: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Valued:
    """lending_fen: the lowest of the methods that apply. to_check: what would block a pledge and is not known."""

    methods: tuple[Method, ...]
    life_months: int | None
    lending_fen: int | None
    pledge_fen: int
    blocks: tuple[str, ...]
    to_check: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """margin_ppm: the company's net profit on sales, where known."""

    as_of: date
    loan_months: int
    margin_ppm: int | None


def value_patent(
    patent: Mapping[str, Any], index_milli: int | None, rules: PatentRules, money: ValuationRules, asked: Asked
) -> Valued:
    """patent: one row of facts.intellectual_property. Nothing unknown is taken as zero."""
    life, assumed = _life_months(patent, rules, asked.as_of)
    methods = (
        _by_cost(patent, money, life, assumed, asked.as_of),
        _by_income("royalty", patent, money, life, assumed, money.royalty_ppm, None),
        _by_income("profit", patent, money, life, assumed, money.profit_share_ppm, asked.margin_ppm),
        Method("market", None, ("comparable_price",)),
    )
    values = [method.value_fen for method in methods if method.value_fen is not None]
    lending = min(values) if values else None
    blocks, to_check = _blocks(patent, index_milli, rules, money, asked, lending)
    pledge = 0 if blocks or lending is None else share_fen(lending, money.loan_to_value_ppm[patent["kind"]])
    return Valued(methods, life, lending, pledge, blocks, to_check)


def portfolio_pledge_fen(valued: Sequence[Valued], money: ValuationRules) -> int:
    """What the unblocked patents carry together, up to the cap on their summed values."""
    free = [each for each in valued if not each.blocks and each.lending_fen is not None]
    whole = sum(each.lending_fen or 0 for each in free)
    return min(sum(each.pledge_fen for each in free), share_fen(whole, money.portfolio_cap_ppm))


def _life_months(patent: Mapping[str, Any], rules: PatentRules, as_of: date) -> tuple[int | None, tuple[str, ...]]:
    """min(economic life, remaining legal life), never below zero; the policy's economic life where nobody states one."""
    kind, filed = str(patent["kind"]), patent["filed_on"]
    legal = legal_months(kind, filed, rules, as_of)
    if legal is None:
        return None, ()
    until, assumed = patent["economic_until"], ()
    if until is None:
        years = rules.economic_years.get(kind)
        if years is None:
            return None, ()
        until, assumed = add_months(filed, 12 * years), ("economic_until",)  # type: ignore[assignment]
    economic = (until.year - as_of.year) * 12 + until.month - as_of.month - (until.day < as_of.day)
    return max(min(economic, legal), 0), assumed


def _by_cost(
    patent: Mapping[str, Any], money: ValuationRules, life: int | None, assumed: tuple[str, ...], as_of: date
) -> Method:
    """Obsolescence is the part of the whole life that is over."""
    lacking = [name for name in ("direct_cost_fen", "indirect_cost_fen", "filed_on") if patent[name] is None]
    if lacking or life is None:
        return Method("cost", None, tuple(lacking) or ("economic_until",))
    filed = patent["filed_on"]
    used = max((as_of.year - filed.year) * 12 + as_of.month - filed.month, 0)
    obsolescence = div_half_up(used * PPM, used + life) if used + life else PPM
    value = cost_value_fen(patent["direct_cost_fen"], patent["indirect_cost_fen"], money.cost_profit_ppm, obsolescence)
    return Method("cost", value, (), assumed)


def _by_income(
    name: str, patent: Mapping[str, Any], money: ValuationRules, life: int | None, assumed: tuple[str, ...],
    shares: Mapping[str, int], margin_ppm: int | None,
) -> Method:  # fmt: skip
    """The products' income of last year, falling by the policy's rate, over the life; the last part of a year by months."""
    income, share = patent["product_income_fen"], shares.get(str(patent["kind"]))
    lacking = [*(["product_income_fen"] if income is None else []), *(["filed_on"] if life is None else [])]
    if name == "profit" and (margin_ppm is None or margin_ppm <= 0):  # of a loss there is no share
        lacking.append("net_margin_ppm" if margin_ppm is None else "net_profit_above_zero")
    if lacking or share is None or life is None:
        return Method(name, None, tuple(lacking) or ("share_of_kind",))
    yearly = projected_fen(income, life, money.income_decay_ppm)
    if name == "profit" and margin_ppm is not None:
        yearly = [share_fen(amount, margin_ppm) for amount in yearly]
    found = income_value(yearly, share, money.discount_ppm)
    return Method(name, found.value_fen, (), (*assumed, "income_decay_ppm"), found.parts_fen)


def projected_fen(income_fen: int, life_months: int, decay_ppm: int) -> list[int]:
    """Year t: income × (1 − decay)^t, the last year in proportion to its months."""
    years = -(-life_months // 12)
    amounts = [div_half_up(income_fen * (PPM - decay_ppm) ** year, PPM**year) for year in range(1, years + 1)]
    if years and life_months % 12:
        amounts[-1] = div_half_up(amounts[-1] * (life_months % 12), 12)
    return amounts


def _blocks(
    patent: Mapping[str, Any], index_milli: int | None, rules: PatentRules, money: ValuationRules, asked: Asked, lending: int | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:  # fmt: skip
    left = legal_months(str(patent["kind"]), patent["filed_on"], rules, asked.as_of)
    years, filed = rules.terms_years.get(str(patent["kind"])), patent["filed_on"]
    over = years is not None and filed is not None and legal_end(filed, years) <= asked.as_of
    fees, disputed, pledged = patent["fees_paid_until"], patent["disputed"], patent["pledged"]
    blocks = {
        "terminated": patent["status"] == "lapsed" or over,
        "not_granted": patent["status"] == "pending",
        "disputed": disputed is True,
        "fees_unpaid": fees is not None and fees < asked.as_of,
        "pledged": pledged is True,
        "shorter_than_loan": left is not None and left < asked.loan_months,
        "index_below_floor": index_milli is not None and index_milli < money.pledge_floor_milli,
        "kind_not_taken": patent["kind"] not in money.loan_to_value_ppm,
        "no_value": not lending,
    }
    unknown = {
        "disputed": disputed is None,
        "fees_unpaid": fees is None,
        "pledged": pledged is None,
        "shorter_than_loan": left is None,
    }
    return tuple(name for name, holds in blocks.items() if holds), tuple(
        name for name, holds in unknown.items() if holds
    )
