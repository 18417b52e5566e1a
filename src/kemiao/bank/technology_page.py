"""The technology page of a report: the grade that the decision kept, with the figures behind it read again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from kemiao.bank.commands.assess import profile_rows, silent
from kemiao.bank.commands.technology import has_reference, read_reference, rows_of
from kemiao.bank.event_log import Event
from kemiao.bank.rulebook import kept_law, kept_policy, technology_rules
from kemiao.bank.views import batches
from kemiao.bank.world import World
from kemiao.credit.technology import matrix
from kemiao.credit.technology.grade import explain, technology_grade
from kemiao.credit.technology.rules import GRADES, STAGE_WORDS
from kemiao.data.lake import Facts
from kemiao.papers.content import TechnologyMeasure, TechnologyPage, Text
from kemiao.papers.figures import amount, rate

_UNKNOWNS = 6  # the weightiest are named


def technology_page(world: World, facts: Facts, document: Mapping[str, Any], event: Event) -> TechnologyPage | None:
    """None where the decision knew no reference, or where the reference's file is gone."""
    kept = document.get("technology")
    if kept is None or not has_reference(world, kept["reference"]):
        return None
    as_of, law_on = date.fromisoformat(document["as_of"]), date.fromisoformat(document["law_on"])
    policy, law = kept_policy(world, document["policy"]), kept_law(world, document["law_tables"])
    rules, reference = technology_rules(policy), read_reference(world, kept["reference"])
    none = silent(batches(world, until=event.seq), as_of)
    rows = rows_of(facts, profile_rows(facts, as_of, none), as_of, none, policy, law, law_on)
    said = explain(technology_grade(rows, rules, reference), rules)[0]
    points, flow = said["points"], said["flow"]
    stage = STAGE_WORDS[points["stage"]] if points["stage"] else None
    return TechnologyPage(
        grade=kept["grade"],
        scale=tuple(zip(GRADES, rules.grade_from_ppm, strict=True)),
        stage=Text(*stage) if stage else None,
        points_milli=points["points_milli"],
        points_coverage_ppm=points["coverage_ppm"],
        classes=tuple((Text(each["zh"], each["en"]), each["points_milli"]) for each in points["classes"]),
        measures=tuple(_measure(each) for each in flow["measures"]),
        correction_ppm=flow["correction_ppm"] if flow["conversion_known"] else None,
        place_ppm=flow["place_ppm"],
        coverage_ppm=flow["coverage_ppm"],
        negative=tuple(
            Text(f"{hit['zh']}(最高 {hit['grade_best']})", f"{hit['en']} (at best {hit['grade_best']})")
            for hit in flow["negative"]
        ),
        effect=_effect(kept, document),
        unknowns=tuple(
            (Text(each["zh"], each["en"]), Text(each["paper_zh"], each["paper_en"]))
            for each in said["unknown"][:_UNKNOWNS]
        ),
        reference=kept["reference"],
        companies=reference.companies,
    )


def _measure(each: Mapping[str, Any]) -> TechnologyMeasure:
    def reads(lang: str, unknown: str) -> str:
        return "; ".join(f"{part[lang]} {rate(part['ppm'], lang, 0) if part['ppm'] is not None else unknown}" for part in each["parts"])  # fmt: skip

    return TechnologyMeasure(
        Text(each["zh"], each["en"]), each["ppm"], Text(reads("zh", "未知"), reads("en", "unknown"))
    )


def _effect(kept: Mapping[str, Any], document: Mapping[str, Any]) -> Text:
    said = matrix.explain(kept, document["grade"])
    if said["cell"] is None:
        return Text(said["zh"], said["en"])
    factor = f"{kept['factor_ppm'] / 10**6:.2f}"
    before, after = kept["before_fen"], document["allowed_fen"]
    words = {"refer": ("须由人工判断(投贷联动)", "a person decides (investment-loan linkage)"), "decline": ("不支持贷款", "carries no loan")}  # fmt: skip
    zh, en = words.get(kept["outcome"], ("", ""))
    if kept["guarantee"]:
        zh, en = "须有保证或质押", "with a guarantee or a pledge"
    return Text(
        f"信用 × 技术 = {said['cell']}:额度 × {factor},由 {amount(before, 'zh')}到 {amount(after, 'zh')},不超过公式需求与产品上限" + (f";{zh}" if zh else ""),
        f"credit × technology = {said['cell']}: limit × {factor}, from {amount(before, 'en')} to {amount(after, 'en')}, never above the formula's need or the product's cap" + (f"; {en}" if en else ""),
    )  # fmt: skip
