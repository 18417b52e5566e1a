"""From a kept decision and the rows behind it to what a report says. Pure: values in, ReportContent out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from kemiao.base.dates import add_months
from kemiao.credit.assessment import Rulebook
from kemiao.credit.decision.rules import OUTCOMES
from kemiao.credit.document import unknown_of
from kemiao.credit.limit import DEBTS
from kemiao.credit.profile import COLUMNS, PAPERS, Feature
from kemiao.credit.rating import cycle
from kemiao.credit.rating.master_scale import Grade
from kemiao.credit.rating.model import base_points
from kemiao.credit.rating.trees import Trees
from kemiao.facts.tables import TABLES
from kemiao.law import capital, sme_size, tech_sme, working_capital
from kemiao.papers.content import (
    Candidate,
    Change,
    Contribution,
    Counterparties,
    Counterparty,
    Decision,
    Finding,
    Measure,
    MeasureGroup,
    Model,
    Monthly,
    Point,
    Price,
    PricePart,
    Rating,
    ReportContent,
    Series,
    Source,
    Sureness,
    TechnologyPage,
    Text,
    Theme,
    Unknown,
    Value,
)
from kemiao.papers.content import Grade as Step
from kemiao.papers.figures import amount, rate
from kemiao.papers.portrait import PortraitContent
from kemiao.papers.words import DECISION

Document = Mapping[str, Any]
_PPM_END = 1_000_001  # the last grade holds a PD of one
_MONTHS = 24
_MOVED = 12  # features of the card that a list of changes names

# Who the company is, shown as its card; the other groups follow in the order in which an officer asks.
_PROFILE = ("industry", "region", "registered_on", "registered_capital_fen", "register_status", "staff_total", "high_tech_certificate")  # fmt: skip
GROUPS: Mapping[str, Text] = {
    "revenue": Text("营业收入", "Revenue"),
    "sales": Text("销售", "Sales"),
    "purchases": Text("采购", "Purchases"),
    "customers": Text("客户", "Customers"),
    "suppliers": Text("供应商", "Suppliers"),
    "invoices": Text("发票质量", "Quality of invoices"),
    "tax": Text("纳税", "Tax"),
    "cash": Text("资金流水", "Cash"),
    "people": Text("人员与工资", "People and pay"),
    "research": Text("研发", "Research"),
    "property": Text("知识产权", "Intellectual property"),
    "orders": Text("订单", "Orders"),
    "qualifications": Text("资质", "Qualifications"),
    "power": Text("用电", "Power"),
    "statements": Text("财务报表", "Financial statements"),
    "ownership": Text("股权", "Ownership"),
    "debt": Text("负债", "Debt"),
    "legal": Text("涉诉与名录", "Courts and lists"),
    "register": Text("登记", "Register"),
}
_STATUS = {"active": Text("存续", "active"), "closed": Text("注销", "closed"), "revoked": Text("吊销", "revoked")}
_SIZE = {
    "micro": Text("微型企业", "micro"),
    "small": Text("小型企业", "small"),
    "medium": Text("中型企业", "medium"),
    "large": Text("大型企业", "large"),
}
_FLAGS = {"true": Text("是", "yes"), "false": Text("否", "no")}
_HEADLINE = {
    "decision": (Text("决策", "Decision"), "text"),
    "grade": (Text("信用等级", "Grade"), "text"),
    "pd_ppm": (Text("违约概率", "PD"), "ppm"),
    "limit_fen": (Text("授信额度", "Limit"), "fen"),
    "rate_ppm": (Text("年利率", "Rate"), "ppm"),
    "authority": (Text("审批权限", "Authority"), "text"),
    "as_of": (Text("数据截止日", "Facts as of"), "day"),
    "law_on": (Text("法规政策适用日", "Law and policy on"), "day"),
}
_RESTS_ON = {
    "model": Text("评级模型", "Rating model"),
    "policy": Text("本行政策", "Policy"),
    "law_tables": Text("法规表", "Law tables"),
}
_LAW_INPUTS = {
    each.name: Text(each.zh, each.en)
    for module in (capital, sme_size, tech_sme, working_capital)
    for each in module.RULE.inputs
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the rows say beside the decision: read under the report's own Permit, as of the decision's day.

    months: company, month, sales_fen, purchases_fen of `credit.profile.months`, as (month, sales, purchases).
    customers, suppliers: (key, amount_fen, share_ppm), largest first.
    """

    name: str | None
    sources: tuple[Source, ...]
    first_month: date  # of the chart
    months: tuple[tuple[date, int, int], ...]
    customers: tuple[tuple[str, int, int], ...]
    suppliers: tuple[tuple[str, int, int], ...]
    rows_differ: bool
    technology: TechnologyPage | None = None
    beside: PortraitContent | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """The decision's event: when it was made, the snapshot that is read, and digests by which it can be checked."""

    decided_at: str
    digest: str
    commitment: str | None
    snapshot: int


def report_content(
    document: Document, said: Document, book: Rulebook, evidence: Evidence, stamp: Stamp, since: Document | None, prepared_on: date
) -> ReportContent:  # fmt: skip
    """document: as it is kept; said: `bank.reasons.explained` of it; since: differences from the decision before, or None."""
    words = _Words(document, book, evidence.sources)
    law = document["law"]
    return ReportContent(
        company=document["company"],
        name=evidence.name,
        profile=tuple(words.measure(COLUMNS[name]) for name in _PROFILE),
        prepared_on=prepared_on,
        as_of=date.fromisoformat(document["as_of"]),
        law_on=date.fromisoformat(document["law_on"]),
        decision=cast(Decision, document["decision"]),
        decision_id=said["decision_id"],
        decided_at=stamp.decided_at,
        grade=document["grade"],
        pd_ppm=document["pd_ppm"],
        limit_fen=document["limit_fen"],
        rate_ppm=document["rate_ppm"],
        authority=authority_words(document["authority"], book),
        model=model_of(document, book),
        reasons=reasons_of(said, book),
        conditions=tuple(Point(each["code"], Text(each["zh"], each["en"])) for each in said["conditions"]),
        unknowns=_unknowns(document, said),
        portrait=words.groups(),
        monthly=_monthly(evidence, words),
        counterparties=_counterparties(evidence, words),
        findings=_findings(law),
        rating=Rating(
            base_points(book.card), document["points"], tuple(words.contribution(each) for each in said["rating"]["contributions"]), steps(book.scale)
        ),
        candidates=tuple(_candidate(each, said["limit"]) for each in said["limit"]["candidates"]),
        binding=document["binding"],
        price=_price(said["price"], law),
        adverse=Text(said["adverse"]["zh"], said["adverse"]["en"]) if said["adverse"] else None,
        changes=_changes(since, words, book) if since else (),
        bases=tuple(document["bases"]),
        assumed=tuple(document["assumed"]),
        snapshot=stamp.snapshot,
        rows_differ=evidence.rows_differ,
        sources=evidence.sources,
        digests=(
            (Text("决策事件摘要", "digest of the decision's event"), stamp.digest),
            *(((Text("决策内容承诺", "commitment to its content"), stamp.commitment),) if stamp.commitment else ()),
            (Text("政策摘要", "digest of the policy"), document["policy"]),
            (Text("法规表摘要", "digest of the law tables"), document["law_tables"]),
            (Text("判定代码版本", "version of the judging code"), document["code"]),
        ),
        sureness=_sureness(said.get("confidence")),
        themes=tuple(Theme(Text(each["zh"], each["en"]), each["change"], each["lost"]) for each in said.get("themes") or ()),
        technology=evidence.technology,
        beside=evidence.beside,
    )  # fmt: skip


def _sureness(said: Document | None) -> Sureness | None:
    if said is None:
        return None
    best, worst = said["pd_unknown_band_ppm"]
    return Sureness(said["confidence"], tuple(Text(each["zh"], each["en"]) for each in said["reasons"]), (best, worst))


class _Words:
    """Values of one decision with their titles, units and sources."""

    def __init__(self, document: Document, book: Rulebook, sources: Sequence[Source]) -> None:
        self._features: Mapping[str, Any] = document["features"]
        self._industries = industries(book)
        self._by_table: dict[Text, list[int]] = {}
        for source in sources:
            self._by_table.setdefault(source.table, []).append(source.number)

    def measure(self, feature: Feature) -> Measure:
        value = self.value(feature, self._features.get(feature.name))
        return Measure(feature.name, Text(feature.zh, feature.en), value, feature.unit, self.sources(feature.tables))

    def sources(self, tables: Iterable[str]) -> tuple[int, ...]:
        return tuple(sorted(number for name in tables for number in self._by_table.get(table_words(name), ())))

    def value(self, feature: Feature | None, raw: Any) -> Value:
        if feature is None or raw is None:
            return cast(Value, raw)
        if feature.unit == "day":
            return date.fromisoformat(raw)
        match feature.name:
            case "industry":
                return self._industries.get(raw, Text(raw, raw))
            case "register_status":
                return _STATUS.get(raw, Text(raw, raw))
            case "revenue_source":
                return table_words(raw) if raw in TABLES else cast(Value, raw)
            case _:
                return cast(Value, raw)

    def groups(self) -> tuple[MeasureGroup, ...]:
        """Groups of which anything is known; what is unknown of all others stands in the chapter on papers."""
        shown = []
        for name, title in GROUPS.items():
            features = [each for each in COLUMNS.values() if each.group == name and each.name not in _PROFILE]
            if any(each.name in self._features for each in features):
                shown.append(MeasureGroup(title, tuple(self.measure(each) for each in features)))
        return tuple(shown)

    def contribution(self, each: Document) -> Contribution:
        feature = COLUMNS.get(each["feature"])
        value = self.value(feature, each["value"])
        label = _FLAGS.get(each["label"]) or Text(_short(each["label_zh"]), _short(each["label"]))
        sources = self.sources(feature.tables) if feature else ()
        return Contribution(
            feature_words(each["feature"]) if feature else Text(each["zh"], each["en"]),
            value,
            each["unit"],
            label,
            each["points"],
            each["best_points"],
            sources,
        )


def _short(label: str) -> str:
    """A bin's bounds without places that say nothing: `60.00%` as `60%`."""
    return label.replace(".00%", "%")


def industries(book: Rulebook) -> dict[str, Text]:
    return {
        str(row.cells["industry"]): Text(str(row.cells["zh"]), str(row.cells["en"]))
        for row in book.law["sme_size"].on(book.law_on)
        if "industry" in row.cells
    }


def table_words(name: str) -> Text:
    return Text(TABLES[name].zh, TABLES[name].en)


def steps(scale: Sequence[Grade]) -> tuple[Step, ...]:
    ends = [*(grade.pd_ppm_from for grade in scale[1:]), _PPM_END]
    return tuple(Step(grade.name, grade.pd_ppm_from, end) for grade, end in zip(scale, ends, strict=True))


def authority_words(name: str, book: Rulebook) -> Text:
    level = next((level for level in book.levels if level.name == name), None)
    if level is None:
        return Text(name, name)
    return Text(
        f"{level.zh}(单户 {amount(level.limit_fen, 'zh')}以内)", f"{level.en} (up to {amount(level.limit_fen, 'en')})"
    )


def model_of(document: Document, book: Rulebook) -> Model:
    facts = tuple((name, f"{value}") for name, value in sorted(book.card.facts.items()))
    said = cycle.explain(document).get("cycle")
    moved = Text(said["zh"], said["en"]) if said else None
    return Model(book.card.name, book.card.kind, document["model"], () if book.card.kind == "expert" else facts, moved)


def reasons_of(said: Document, book: Rulebook) -> tuple[Point, ...]:
    deciding = {rule.code for rule in book.rules} | {f"{rule.code}_UNKNOWN" for rule in book.rules}
    return tuple(
        Point(each["code"], Text(each["zh"], each["en"]), each["code"] in deciding) for each in said["reasons"]
    )


def feature_words(name: str) -> Text:
    feature = COLUMNS.get(name)
    return Text(feature.zh, feature.en) if feature else _LAW_INPUTS.get(name, Text(name, name))


def _names(missing: Sequence[str] | None) -> tuple[Text, ...]:
    return tuple(_LAW_INPUTS.get(name) or feature_words(name) for name in missing or ())


def papers_lacking(document: Document) -> dict[str, list[str]]:
    """Table of facts → what is unknown for want of it: the first table of a feature of which the company has no rows."""
    by_table: dict[str, list[str]] = {}
    for name in unknown_of(document):
        tables = COLUMNS[name].tables
        lacking = next((table for table in tables if table not in document["rows"]), tables[0])
        by_table.setdefault(lacking, []).append(name)
    return by_table


def _unknowns(document: Document, said: Document) -> tuple[Unknown, ...]:
    moves = {paper["feature"]: (paper["limit_fall_fen"], paper["limit_rise_fen"]) for paper in said["unknown_papers"]}
    found = [_unknown(table, names, moves) for table, names in papers_lacking(document).items()]
    return tuple(sorted(found, key=lambda each: (-_width(each), each.note is None, each.paper.en)))


def _width(each: Unknown) -> int:
    return (each.rise_fen or 0) - (each.fall_fen or 0)


def _unknown(table: str, names: Sequence[str], moved: Mapping[str, tuple[int, int]]) -> Unknown:
    moves = [moved[name] for name in names if name in moved]
    ordered = sorted(names, key=lambda name: -_spread(moved.get(name)))
    deducted = Text("查得余额从额度中扣除", "what is found is deducted") if set(names) & set(DEBTS) else None
    return Unknown(
        tuple(feature_words(name) for name in ordered),
        Text(*PAPERS[table]),
        min((low for low, _ in moves), default=None),
        max((high for _, high in moves), default=None),
        deducted,
    )


def _spread(move: Sequence[int] | None) -> int:
    return move[1] - move[0] if move else -1


def _monthly(evidence: Evidence, words: _Words) -> tuple[Monthly, ...]:
    if not evidence.months:
        return ()
    months = tuple(add_months(evidence.first_month, k) for k in range(_MONTHS))
    said = {month: (sales, purchases) for month, sales, purchases in evidence.months}
    return (
        Monthly(
            Text("月度开票:销售与采购", "Invoices by month: sales and purchases"),
            Text("当月无发票", "no invoice in the month"),
            "fen",
            months,
            tuple(
                Series(title, tuple(said[month][side] if month in said else None for month in months))
                for side, title in enumerate((Text("销售", "sales"), Text("采购", "purchases")))
            ),
            words.sources(("invoice",)),
        ),
    )


def _counterparties(evidence: Evidence, words: _Words) -> tuple[Counterparties, ...]:
    sides = (
        (Text("主要客户(近 12 个整月)", "Largest customers, last 12 months"), evidence.customers),
        (Text("主要供应商(近 12 个整月)", "Largest suppliers, last 12 months"), evidence.suppliers),
    )
    return tuple(
        Counterparties(title, tuple(Counterparty(*each) for each in largest), words.sources(("invoice",)))
        for title, largest in sides
        if largest
    )


def _findings(law: Document) -> tuple[Finding, ...]:
    size, tech, need = law["size_class"], law["tech_sme"], law["working_capital_fen"]
    return (
        Finding(
            Text("中小企业划型", "Company size"),
            _SIZE.get(size, Text(size, size)) if size else None,
            law["size_confidence"],
            _names(law["size_missing"]),
        ),
        Finding(
            Text("科技型中小企业(数据口径)", "Technology SME, by its figures"),
            _tech_words(tech, law["tech_sme_score"], law["tech_sme_route"]) if tech is not None else None,
            law["tech_sme_confidence"],
            _names(law["tech_sme_missing"]),
        ),
        Finding(
            Text("流动资金需求测算", "Working-capital need"),
            _need_words(need, law["working_capital_review"]),
            law["working_capital_confidence"],
            _names(law["working_capital_missing"]),
        ),
        Finding(
            Text("资本风险权重(权重法)", "Risk weight, standardised approach"),
            Text(f"{rate(law['risk_weight_ppm'], 'zh', 0)}", f"{rate(law['risk_weight_ppm'], 'en', 0)}"),
            law["risk_weight_confidence"],
            (),
        ),
        Finding(
            Text("一年期 LPR", "One-year LPR"),
            Text(
                f"{rate(law['lpr_ppm'], 'zh')}(观测至 {law['lpr_observed_until']})",
                f"{rate(law['lpr_ppm'], 'en')} (observed until {law['lpr_observed_until']})",
            ),
            law["lpr_confidence"],
        ),
    )


def _tech_words(passes: bool, score: int | None, route: str | None) -> Text:
    tail_zh = f"(评分 {score})" if score is not None else f"(直接确认 {route})" if route else ""
    tail_en = f" (score {score})" if score is not None else f" (direct route {route})" if route else ""
    return Text(f"符合{tail_zh}", f"passes{tail_en}") if passes else Text(f"不符合{tail_zh}", f"does not pass{tail_en}")


def _need_words(need_fen: int | None, review: bool | None) -> Text | None:
    if review:
        return Text("现金周期为负,须人工复核", "negative cash cycle: a person reviews it")
    return None if need_fen is None else Text(amount(need_fen, "zh"), amount(need_fen, "en"))


def _candidate(each: Document, limit: Document) -> Candidate:
    title = Text(each["zh"], each["en"])
    if each["name"] == "need" and limit["need_by"]:
        by = Text("公式法", "formula") if limit["need_by"] == "formula" else Text("按营业收入比例", "share of turnover")
        title = Text(f"{each['zh']}({by.zh})", f"{each['en']} ({by.en})")
    missing = each["missing"]
    if each["name"] == "need" and limit["need_by"] != "formula":
        missing = [*missing, *(name for name in limit["need_formula_missing"] or () if name not in missing)]
    return Candidate(each["name"], title, each["fen"], _names(missing))


def _price(said: Document, law: Document) -> Price:
    parts = said["parts"]
    known = all(part["ppm"] is not None for part in parts)
    return Price(
        tuple(PricePart(Text(part["zh"], part["en"]), part["ppm"]) for part in parts) if known else (),
        said["floor_ppm"],
        said["cap_ppm"],
        said["built_ppm"],
        said["rate_ppm"],
        law["lpr_ppm"],
        date.fromisoformat(law["lpr_observed_until"]),
        law["lpr_stale"],
    )


def _changes(since: Document, words: _Words, book: Rulebook) -> tuple[Change, ...]:
    found = [
        Change(title, _headline(name, since[name][0], book), _headline(name, since[name][1], book), unit)
        for name, (title, unit) in _HEADLINE.items()
        if name in since
    ]
    found += [
        Change(_RESTS_ON[name], Text("—", "—"), Text("已更换", "another one"), "text")
        for name in since["rests_on"]
        if name in _RESTS_ON
    ]
    for each in book.card.features if isinstance(book.card, Trees) else book.card.characteristics:
        if each.feature in since["features"]:
            feature = COLUMNS.get(each.feature)
            before, now = (words.value(feature, raw) for raw in since["features"][each.feature])
            found.append(Change(feature_words(each.feature), before, now, each.unit))
    return tuple(found[: len(_HEADLINE) + _MOVED])


def _headline(name: str, value: Any, book: Rulebook) -> Value:
    match name:
        case "decision" if value in OUTCOMES:
            return DECISION[value]
        case "authority":
            return authority_words(value, book)
        case "as_of" | "law_on":
            return date.fromisoformat(value)
        case _:
            return cast(Value, value)
