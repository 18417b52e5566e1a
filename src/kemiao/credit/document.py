"""The decision as a document. The kept form is compact (numbers, codes, names); `explain` writes it out in words.

Kept is what can't be derived: words follow from the model and the policy, which are kept by digest; `bins` (of a challenger
`parts`, the points of each feature) and `moves` stand in the model's order, the move of all unknowns together last; an unknown feature is absent. The kept form is
canonical JSON, so deciding the same facts twice gives the same bytes and the same decision id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from kemiao.base.canonical import canonical_bytes
from kemiao.base.columns import Ints
from kemiao.base.digest import digest_bytes
from kemiao.base.money import short_text
from kemiao.base.rates import percent_text
from kemiao.credit import limit as limits
from kemiao.credit import pricing
from kemiao.credit.assessment import Assessment, Rulebook
from kemiao.credit.decision.rules import OUTCOMES, Rule
from kemiao.credit.legal import lists
from kemiao.credit.profile import COLUMNS
from kemiao.credit.rating import cycle as cycles
from kemiao.credit.rating.labels import value_label
from kemiao.credit.rating.model import Model, features_of
from kemiao.credit.rating.trees import Trees
from kemiao.credit.technology import matrix

Document = dict[str, Any]
_DOMAIN = "decision"


def documents(assessed: Assessment, book: Rulebook, rested_on: Mapping[str, Any]) -> list[Document]:
    """One kept document a row. rested_on: digests of model, policy and law, as_of, what was assumed: equal for all rows."""
    features = _known_rows(assessed.features)
    column = _columns(assessed)
    names = features_of(book.card)
    answer = "parts" if isinstance(book.card, Trees) else "bins"
    column_of = {feature: column[f"{'points' if answer == 'parts' else 'bin'}.{feature}"] for feature in names}
    found = [(finding.rule.code, finding.holds.tolist(), finding.unknown.tolist()) for finding in assessed.findings]
    moves = {name: (_list(low), _list(high)) for name, (low, high) in assessed.moves.items()}
    cycle = cycles.kept(book.cycle, assessed.scored["points"])
    result = []
    for row, known in enumerate(features):
        company = known.pop("company")
        document: Document = {
            "company": company,
            **rested_on,
            "decision": OUTCOMES[column["decision"][row]],
            **{
                name: column[name][row]
                for name in ("grade", "points", "pd_ppm", "coverage_ppm", "limit_fen", "rate_ppm", "authority")
            },
            answer: [column_of[feature][row] for feature in names],
            "rules": [code for code, holds, _ in found if holds[row]],
            "rules_unknown": [code for code, _, unknown in found if unknown[row]],
            "ceilings": {name: column[f"ceiling.{name}"][row] for name in limits.CEILINGS},
            "binding": limits.CEILINGS[column["binding"][row]] if column["binding"][row] >= 0 else None,
            "allowed_fen": column["allowed"][row],
            "need_by": column["need_by"][row],
            "debts_unknown": column["debts_unknown"][row],
            "price": {name: column[f"price.{name}"][row] for name in pricing.PARTS},
            "price_built_ppm": column["built"][row],
            "law": {name: values[row] for name, values in column["law"].items()},
            "moves": [_move(moves, feature, row) for feature in (*names, "*")],
            "features": known,
            **({"technology": column["technology"][row]} if column["technology"] else {}),  # absent without a reference
            **({"cycle": cycle[row]} if cycle else {}),  # absent where the PD is the model's own
        }
        result.append(document)
    return result


def decision_id(document: Document) -> str:
    """`dec-` and 20 hex digits of the digest of the kept form."""
    return id_of(canonical_bytes(document))


def id_of(content: bytes) -> str:
    """The id of a kept document by its canonical bytes."""
    return f"dec-{digest_bytes(_DOMAIN, content)[:20]}"


def explain(document: Document, book: Rulebook) -> Document:
    """The document in words, zh and en: what `assess --json` prints and what reports are written from."""
    rules = {rule.code: rule for rule in book.rules}
    return {
        **{name: document[name] for name in ("company", "as_of", "law_on", "decision", "grade")},
        "pd": document["pd_ppm"] / 10**6,
        **{name: document[name] for name in ("pd_ppm", "limit_fen", "rate_ppm", "authority")},
        "model": {"name": book.card.name, "kind": book.card.kind, "digest": document["model"]},
        **cycles.explain(document),
        "reasons": _reasons(document, book, rules),
        "unknown": unknown_of(document),
        "decision_id": decision_id(document),
        "conditions": _conditions(document, rules),
        "unknown_papers": [_paper(name, ends) for name, ends in _widest(document, book.card)],
        "rating": {
            "points": document["points"],
            "coverage_ppm": document["coverage_ppm"],
            "contributions": _contributions(document, book.card),
        },
        "price": _price(document, book),
        "technology": matrix.explain(document.get("technology"), document["grade"]),
        "limit": _limit(document),
        "law": document["law"],
        "assumed": document["assumed"],
        "bases": document["bases"],
        "adverse": _adverse(document, book, rules),
        "features": document["features"],
        "rests_on": {
            name: document[name]
            for name in ("model", "policy", "law_tables", "code", "rows", "own_book")
            if name in document
        },
    }


def unknown_of(document: Mapping[str, Any]) -> list[str]:
    """The columns of the profile that were null."""
    return [name for name in COLUMNS if name not in document["features"]]


def differences(before: Document, now: Document) -> Document:
    """What changed since the last decision: outcome, grade, amounts, and the features that moved."""
    headline = {
        name: [before[name], now[name]] for name in ("decision", "grade", "pd_ppm", "limit_fen", "rate_ppm", "authority", "as_of", "law_on")
        if before[name] != now[name]
    }  # fmt: skip
    moved = sorted(
        name
        for name in before["features"].keys() | now["features"].keys()
        if before["features"].get(name) != now["features"].get(name)
    )
    return {
        "decision_id": decision_id(before), **headline,
        "features": {name: [before["features"].get(name), now["features"].get(name)] for name in moved},
        "rests_on": [name for name in ("model", "policy", "law_tables") if before[name] != now[name]],
    }  # fmt: skip


def _move(
    moves: Mapping[str, tuple[list[int | None], list[int | None]]], feature: str, row: int
) -> list[int | None] | None:
    """[fall, rise] of the limit where the feature is unknown in the row and a limit could be told."""
    if feature not in moves or moves[feature][0][row] is None:
        return None
    return [moves[feature][0][row], moves[feature][1][row]]


def _columns(assessed: Assessment) -> dict[str, Any]:
    """Every column as a Python list, taken over once."""
    scored = assessed.scored
    return {
        "decision": assessed.decision.tolist(), "grade": assessed.grades.to_pylist(), "points": scored["points"].to_pylist(),
        "pd_ppm": scored["pd_ppm"].to_pylist(), "coverage_ppm": assessed.coverage_ppm.tolist(), "limit_fen": assessed.limit_fen.tolist(),
        "rate_ppm": _list(assessed.price.rate), "authority": list(assessed.authority), "binding": assessed.limit.binding.tolist(),
        "allowed": assessed.limit.limit.tolist(), "need_by": assessed.limit.need_by.to_pylist(), "built": _list(assessed.price.built),
        "debts_unknown": assessed.limit.debts_unknown.tolist(), "technology": matrix.kept(assessed.technology), "law": lists(assessed.legal, assessed.weight, scored.num_rows),
        **{f"ceiling.{name}": _list(ceiling) for name, ceiling in assessed.limit.ceilings.items()},
        **{f"price.{name}": _list(part) for name, part in assessed.price.parts.items()},
        **{name: scored[name].to_pylist() for name in scored.column_names if name.startswith(("bin.", "points."))},
    }  # fmt: skip


def _known_rows(features: pa.Table) -> list[dict[str, Any]]:
    """Each row without its nulls; dates as text."""
    rows: list[dict[str, Any]] = [{} for _ in range(features.num_rows)]
    for name in features.column_names:
        for row, value in zip(rows, features[name].to_pylist(), strict=True):
            if value is not None:
                row[name] = value.isoformat() if isinstance(value, date) else value
    return rows


def table_of(document: Document, schema: pa.Schema) -> pa.Table:
    """The features of a kept document as the one-row table that they were."""
    values = {"company": document["company"], **document["features"]}
    columns = {}
    for field in schema:
        value = values.get(field.name)
        columns[field.name] = pa.array(
            [date.fromisoformat(value) if value and pa.types.is_date(field.type) else value], field.type
        )
    return pa.table(columns, schema=schema)


def _list(column: Ints) -> list[int | None]:
    return [
        value if known else None for value, known in zip(column.values.tolist(), column.known.tolist(), strict=True)
    ]


def _reasons(document: Document, book: Rulebook, rules: Mapping[str, Rule]) -> list[Document]:
    """Rules that decided first, then where the rating lost most points."""
    hits = [rules[code] for code in document["rules"] if rules[code].outcome != "condition"]
    hits.sort(key=lambda rule: -OUTCOMES.index(rule.outcome))
    unknown = [rules[code] for code in document["rules_unknown"] if rules[code].when_unknown == "refer"]
    said = [{"code": rule.code, "zh": rule.zh, "en": rule.en} for rule in hits]
    said += [{"code": f"{rule.code}_UNKNOWN", "zh": rule.unknown_zh, "en": rule.unknown_en} for rule in unknown]
    said += matrix.reasons(document.get("technology"), document["grade"])
    if document["decision"] == "approve":
        said.append(
            {
                "code": "WITHIN_POLICY",
                "zh": "符合准入政策,没有规则要求拒绝或转人工",
                "en": "within policy: no rule declines it or refers it to a person",
            }
        )
    return said + _rating_reasons(document, book.reasons_max, book.card)


def _rating_reasons(document: Document, count: int, model: Model) -> list[Document]:
    return [
        {
            "code": f"RATING_{each['feature'].upper()}{'_UNKNOWN' if each['value'] is None else ''}",
            "zh": f"{each['zh']} {each['label_zh']}(得 {each['points']} 分,最高 {each['best_points']} 分)",
            "en": f"{each['en']} {each['label']} ({each['points']} points of {each['best_points']})",
        }
        for each in _costly(document, model)[:count]
    ]


def _costly(document: Document, model: Model) -> list[Document]:
    """The features that lost points against their best answer, the greatest loss first."""
    lost = [each for each in _contributions(document, model) if each["points"] < each["best_points"]]
    return sorted(lost, key=lambda each: each["points"] - each["best_points"])


def _name(feature: str, lang: str) -> str:
    known = COLUMNS.get(feature)
    return feature if known is None else known.zh if lang == "zh" else known.en


def _contributions(document: Document, model: Model) -> list[Document]:
    said = []
    if isinstance(model, Trees):
        for asked, points in zip(model.features, document["parts"], strict=True):
            value = document["features"].get(asked.feature)
            label_zh, label = value_label(asked.unit, value)
            said.append({
                "feature": asked.feature, "zh": asked.zh, "en": asked.en, "value": value, "unit": asked.unit,
                "label": label, "label_zh": label_zh, "points": points, "best_points": asked.best_points,
            })  # fmt: skip
        return said
    for each, number in zip(model.characteristics, document["bins"], strict=True):
        feature = each.feature
        one = each.bins[number]
        said.append({
            "feature": feature, "zh": each.zh, "en": each.en, "value": document["features"].get(feature), "unit": each.unit,
            "label": one.en, "label_zh": one.zh, "points": one.points, "best_points": each.best_points,
        })  # fmt: skip
    return said


def _conditions(document: Document, rules: Mapping[str, Rule]) -> list[Document]:
    if document["decision"] == "decline":
        return []
    held = [rules[code] for code in document["rules"] if rules[code].outcome == "condition"]
    unknown = [rules[code] for code in document["rules_unknown"] if rules[code].when_unknown == "condition"]
    said = [{"code": rule.code, "zh": rule.zh, "en": rule.en} for rule in held]
    said += [{"code": f"{rule.code}_UNKNOWN", "zh": rule.unknown_zh, "en": rule.unknown_en} for rule in unknown]
    said += matrix.conditions(document.get("technology"))
    if document["law"]["lpr_stale"]:
        said.append({
            "code": "LPR_STALE", "zh": f"LPR 只观察到 {document['law']['lpr_observed_until']};签约前须载入最新报价(kemiao law load lpr)",
            "en": f"the LPR is observed until {document['law']['lpr_observed_until']}: load newer rows before signing (kemiao law load lpr)",
        })  # fmt: skip
    return said


def _paper(name: str, ends: Sequence[int]) -> Document:
    feature = COLUMNS.get(name)
    return {
        "feature": name, "zh": feature.paper_zh if feature else name, "en": feature.paper_en if feature else name,
        "name_zh": feature.zh if feature else name, "name_en": feature.en if feature else name,
        "limit_fall_fen": ends[0], "limit_rise_fen": ends[1], "limit_move_fen": ends[1],
    }  # fmt: skip


def _widest(document: Document, model: Model) -> list[tuple[str, Sequence[int]]]:
    """The unknowns of the model, the one first with which the limit would move most."""
    single = [
        (feature, ends)
        for feature, ends in zip(features_of(model), document["moves"], strict=False)
        if ends is not None
    ]
    return sorted(single, key=lambda item: item[1][0] - item[1][1])


def _price(document: Document, book: Rulebook) -> Document:
    parts = [
        {"name": name, "zh": pricing.WORDS[name][0], "en": pricing.WORDS[name][1], "ppm": document["price"][name]}
        for name in pricing.PARTS
    ]
    return {
        "parts": parts, "built_ppm": document["price_built_ppm"], "floor_ppm": book.pricing.floor_ppm, "cap_ppm": book.pricing.cap_ppm,
        "rate_ppm": document["rate_ppm"], "capped": document["price_built_ppm"] is not None and document["price_built_ppm"] > book.pricing.cap_ppm,
    }  # fmt: skip


def _limit(document: Document) -> Document:
    candidates = [
        {
            "name": name, "zh": limits.WORDS[name][0], "en": limits.WORDS[name][1], "fen": document["ceilings"][name],
            "missing": [feature for feature in limits.INPUTS[name] if feature not in document["features"]] if document["ceilings"][name] is None else [],
        }
        for name in limits.CEILINGS
    ]  # fmt: skip
    return {
        "candidates": candidates, "binding": document["binding"], "limit_fen": document["limit_fen"], "allowed_fen": document["allowed_fen"],
        "need_by": document["need_by"], "need_formula_missing": document["law"]["working_capital_missing"], "debts_unknown": document["debts_unknown"],
        "all_unknown_move_fen": document["moves"][-1],
    }  # fmt: skip


def _adverse(document: Document, book: Rulebook, rules: Mapping[str, Rule]) -> Document | None:
    """What the company is told where it is declined: the decisive reasons, and its right to an explanation and a person.

    Source of the right: 个人信息保护法 art. 24 (RULES P27), given here to companies as well.
    """
    if document["decision"] != "decline":
        return None
    ruled = [reason for reason in _reasons(document, book, rules) if not reason["code"].startswith("RATING_")]
    costly = [each for each in _costly(document, book.card)[: book.reasons_max] if each["value"] is not None]
    zh = ";".join(
        [reason["zh"] for reason in ruled] + [f"{_name(each['feature'], 'zh')}({each['label_zh']})" for each in costly]
    )
    en = "; ".join(
        [reason["en"] for reason in ruled] + [f"{_name(each['feature'], 'en')} ({each['label']})" for each in costly]
    )
    return {
        "zh": f"贵公司的申请本次未获批准。主要原因:{zh}。您有权要求说明理由、补充或更正资料,并要求由审批人员重新审查。",
        "en": f"Your application was not approved this time. The main reasons: {en}. You may ask for an explanation, add to or correct what we hold, and ask that a person reviews the decision.",
    }


def headline(document: Document, lang: str) -> str:
    """One line for people."""
    grade, pd_text = document["grade"], percent_text(document["pd_ppm"])
    rate = percent_text(document["rate_ppm"]) if document["rate_ppm"] is not None else "—"
    amount = short_text(document["limit_fen"], lang)
    words = {"approve": ("批准", "approved"), "refer": ("转人工", "referred"), "decline": ("拒绝", "declined")}[
        document["decision"]
    ]
    return f"{words[0] if lang == 'zh' else words[1]}  {grade}  PD {pd_text}  {amount}  {rate}"
