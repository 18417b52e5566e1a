"""patents: each patent of a company with its value index, its values by method, and what a pledge of it would carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from kemiao.bank.kept_query import profile_query
from kemiao.bank.permits import permit, receipt
from kemiao.bank.views import batches, default_as_of
from kemiao.bank.world import World
from kemiao.base.columns import Ints
from kemiao.base.refusal import Refusal
from kemiao.credit.technology.patent_value import (
    KINDS,
    PatentRules,
    PatentValue,
    patent_rules,
    patent_value,
)
from kemiao.credit.technology.valuation import (
    Asked,
    ValuationRules,
    Valued,
    portfolio_pledge_fen,
    valuation_rules,
    value_patent,
)
from kemiao.law.patent_term import patent_terms

Document = dict[str, Any]
_SHOWN = ("number", "kind", "title", "status", "filed_on", "granted_on", "fees_paid_until", "transferred_on")


@dataclass(frozen=True, slots=True)
class Request:
    """as_of: None for the home's day. loan_months: None for the policy's."""

    company: str
    as_of: date | None = None
    loan_months: int | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    index: PatentRules
    money: ValuationRules
    law_confidence: str


def patents(world: World, request: Request) -> Document | Refusal:
    """One document: the company's patents, pending and lapsed ones too, and what they carry together."""
    brought = batches(world)
    if not brought:
        return Refusal("NOTHING_IMPORTED", "还没有导入任何资料:先 kemiao import", "nothing has been imported: run kemiao import first")  # fmt: skip
    rules = rules_on(world, world.clock.today())
    if isinstance(rules, Refusal):
        return rules
    as_of = request.as_of or default_as_of(world, brought)
    given = permit(world, [request.company], "credit_review", brought=brought)
    with world.lake.open(given, world.log.snapshot()[1], as_of, world.clock.today()) as facts:
        kinds = ", ".join(f"'{kind}'" for kind in KINDS)
        rows = facts.sql(f"SELECT * FROM intellectual_property WHERE kind IN ({kinds}) ORDER BY number")  # noqa: S608 - our own words
        profile = facts.sql(profile_query(as_of, frozenset(), frozenset(facts)))
    if not rows.num_rows:
        return Refusal.at("NO_PATENTS", "没有这家企业的专利资料", "there is no patent of this company", company=request.company, as_of=as_of)  # fmt: skip
    asked = Asked(as_of, request.loan_months or rules.money.loan_months, profile["net_margin_ppm"][0].as_py())
    answer = decide(rows, rules, asked) | {"company": request.company}
    with world.log.write() as tx:
        receipt(tx, given)
    return answer


def rules_on(world: World, day: date) -> Rules | Refusal:
    policy = world.policy.on(day).get("patent_value")
    if policy is None:
        return Refusal.at("POLICY_NOT_IN_FORCE", "没有生效的专利价值政策", "no policy of patent value is in force", file="patent_value.toml", on=day)  # fmt: skip
    terms = patent_terms(world.law, day)
    if isinstance(terms, Refusal):
        return terms
    index, money = patent_rules(policy, terms[0]), valuation_rules(policy)
    if isinstance(index, Refusal):
        return index
    return money if isinstance(money, Refusal) else Rules(index, money, terms[1])


def decide(rows: pa.Table, rules: Rules, asked: Asked) -> Document:
    """Pure: rows of one company, by number."""
    value = patent_value(rows, rules.index, asked.as_of)
    index = _column(value.index_milli)
    listed = rows.to_pylist()
    valued = [value_patent(row, index[place], rules.index, rules.money, asked) for place, row in enumerate(listed)]
    known = [each for each, row in zip(index, listed, strict=True) if each is not None and row["status"] == "in_force"]
    return {
        "as_of": asked.as_of, "loan_months": asked.loan_months, "discount_ppm": rules.money.discount_ppm,
        "net_margin_ppm": asked.margin_ppm, "legal_terms_confidence": rules.law_confidence,
        "index_sum_milli": sum(known) if known else None, "pledge_fen": portfolio_pledge_fen(valued, rules.money),
        "patents": [_patent(place, row, value, valued[place], rules.index) for place, row in enumerate(listed)],
    }  # fmt: skip


def _patent(place: int, row: Mapping[str, Any], value: PatentValue, valued: Valued, rules: PatentRules) -> Document:
    parts = {part.name: _column(value.parts[part.name])[place] for part in rules.parts}
    observed = {name: _column(column)[place] for name, column in value.observed.items()}
    return {
        **{name: row[name] for name in _SHOWN},
        "index_milli": _column(value.index_milli)[place],
        "confidence_ppm": int(value.confidence_ppm[place]),
        "groups": {name: _column(column)[place] for name, column in value.groups.items()},
        "parts": [{"name": part.name, "of": part.of, "zh": part.zh, "en": part.en, "observed": observed.get(part.name, row.get(part.name)), "score": parts[part.name]} for part in rules.parts],
        "unknown": [part.name for part in rules.parts if parts[part.name] is None],
        "life_months": valued.life_months,
        "values": [{"method": each.name, "value_fen": each.value_fen, "lacking": list(each.lacking), "assumed": list(each.assumed), "parts_fen": list(each.parts_fen)} for each in valued.methods],
        "lending_fen": valued.lending_fen,
        "pledge_fen": valued.pledge_fen,
        "blocks": list(valued.blocks),
        "to_check": list(valued.to_check),
    }  # fmt: skip


def _column(column: Ints) -> list[int | None]:
    return column.arrow().to_pylist()  # type: ignore[no-any-return]
