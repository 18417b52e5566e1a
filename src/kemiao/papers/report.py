"""The credit investigation report (授信调查报告) on one company: from content to blocks, in the order a committee reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from kemiao.papers import charts
from kemiao.papers.blocks import (
    Block,
    Bullets,
    Cell,
    Chart,
    Charts,
    Column,
    Heading,
    Notice,
    Pairs,
    Paper,
    Paragraph,
    Signatures,
    Table,
    Tables,
    Tone,
    Verdict,
)
from kemiao.papers.content import (
    Candidate,
    Contribution,
    Counterparties,
    Finding,
    Measure,
    MeasureGroup,
    Monthly,
    ReportContent,
    Text,
)
from kemiao.papers.figures import amount, basis_points, bound_text, day_text, figure, rate, signed, wan
from kemiao.papers.words import CONFIDENCE, DECISION, MODEL_KIND, NOTHING, basis_text, chapter_number

Lang = Literal["zh", "en"]
DECISION_TONE: dict[str, Tone] = {"approve": "good", "refer": "warn", "decline": "bad"}
_BAND = 44  # rows, heads and gaps counted, in both columns of a band together
_NAMED = 6  # missing inputs named before the rest is counted
_NOT_SET = {"approve": Text("未定", "not set"), "refer": Text("未定", "not set"), "decline": NOTHING}


def compose_report(content: ReportContent, lang: Lang) -> Paper:
    """Every chapter that has something to say; chapters are numbered by what is there."""
    chapters = (
        (Text("结论与授信方案", "Decision and proposal"), summary(content, lang)),
        (Text("依据与口径", "What this rests on"), basis(content, lang)),
        (Text("企业画像", "Portrait of the company"), portrait(content, lang)),
        (Text("信用评级及理由", "Rating and its reasons"), rating(content, lang)),
        (Text("资金需求与授信额度", "Need and limit"), limit(content, lang)),
        (Text("定价", "Price"), price(content, lang)),
        (Text("主要风险", "Main risks"), risks(content, lang)),
        (Text("授信前提条件", "Conditions precedent"), conditions(content, lang)),
        (Text("未知事项与补证材料", "What is unknown, and which paper would settle it"), unknowns(content, lang)),
        (Text("不予授信告知(拟文)", "Adverse-action notice (draft)"), adverse(content, lang)),
        (Text("数据来源", "Source of each figure"), sources(content, lang)),
        (Text("签署", "Signatures"), signatures(content, lang)),
    )
    blocks: list[Block] = []
    for title, chapter in chapters:
        inside = tuple(chapter)
        if inside:
            number = sum(isinstance(block, Heading) and block.level == 1 for block in blocks) + 1
            blocks += [Heading(1, chapter_number(number, lang), title.say(lang)), *inside]
    name = content.name or content.company
    kind = Text("授信调查报告", "Credit investigation report").say(lang)
    return Paper(
        lang,
        kind,
        name,
        " · ".join(
            (
                content.company,
                Text(
                    f"报告日期 {day_text(content.prepared_on, 'zh')}", f"prepared on {content.prepared_on.isoformat()}"
                ).say(lang),
                Text(f"决策编号 {content.decision_id}", f"decision {content.decision_id}").say(lang),
            )
        ),
        f"{kind} · {name}",
        Text("内部资料 注意保密", "Internal and confidential").say(lang) + f" · {content.decision_id}",
        content.prepared_on,
        tuple(blocks),
    )


def summary(content: ReportContent, lang: Lang) -> Iterator[Block]:
    proposed = content.decision != "decline"
    yield Verdict(
        DECISION_TONE[content.decision],
        Text("系统建议", "Proposal of the system").say(lang),
        DECISION[content.decision].say(lang),
        Text("审批权限:", "Authority: ").say(lang) + content.authority.say(lang),
        (
            (
                Text("授信额度", "Limit").say(lang),
                amount(content.limit_fen, lang)
                if content.limit_fen and proposed
                else _NOT_SET[content.decision].say(lang),
                _binding_words(content, lang) if proposed else "",
            ),
            (
                Text("年利率", "Rate a year").say(lang),
                rate(content.rate_ppm, lang)
                if content.rate_ppm is not None and proposed
                else _NOT_SET[content.decision].say(lang),
                _over_lpr(content, lang) if proposed else "",
            ),
            (
                Text("信用等级", "Grade").say(lang),
                content.grade or Text("未评", "none").say(lang),
                _points_words(content, lang),
            ),
            (
                Text("违约概率", "PD").say(lang),
                rate(content.pd_ppm, lang),
                Text("未来一年", "over one year").say(lang),
            ),
        ),
    )
    yield Paragraph(_story(content).say(lang))
    if content.reasons:
        yield Heading(2, "", Text("决策理由", "Reasons for the decision").say(lang))
        yield Bullets(tuple(Cell(point.text.say(lang)) for point in content.reasons), numbered=True)
    if content.changes:
        yield Heading(2, "", Text("与上一次决策相比", "Since the last decision").say(lang))
        yield Table(
            (
                Column(Text("项目", "item").say(lang), 3),
                Column(Text("上次", "before").say(lang), 2, "right"),
                Column(Text("本次", "now").say(lang), 2, "right"),
            ),
            tuple(
                (
                    Cell(change.title.say(lang)),
                    Cell(figure(change.before, change.unit, lang), "muted"),
                    Cell(figure(change.after, change.unit, lang)),
                )
                for change in content.changes
            ),
        )


def _story(content: ReportContent) -> Text:
    """The decision in one breath, from the figures above and nothing else."""
    zh = [f"依据截至{day_text(content.as_of, 'zh')}的数据,"]
    en = [f"On facts as of {content.as_of}, "]
    if content.grade:
        zh.append(f"信用等级为 {content.grade},未来一年违约概率 {rate(content.pd_ppm, 'zh')};")
        en.append(f"the grade is {content.grade} with a PD of {rate(content.pd_ppm, 'en')} over one year; ")
    else:
        zh.append("未能评级;")
        en.append("no grade could be given; ")
    zh.append(f"建议{DECISION[content.decision].zh}。")
    en.append(f"the proposal is to {DECISION[content.decision].en.lower()}.")
    if content.reasons:
        zh.append(f"首要理由:{content.reasons[0].text.zh.rstrip('。.')}。")
        en.append(f" First reason: {content.reasons[0].text.en.rstrip('.')}.")
    zh.append(f"前提条件 {len(content.conditions)} 项,可补证材料 {len(content.unknowns)} 种。")
    en.append(
        f" Conditions precedent: {len(content.conditions)}; papers that would settle unknowns: {len(content.unknowns)}."
    )
    return Text("".join(zh), "".join(en))


def _binding_words(content: ReportContent, lang: Lang) -> str:
    bound = next((c for c in content.candidates if c.name == content.binding), None)
    return Text(f"取决于{bound.title.zh}", f"bound by {bound.title.en}").say(lang) if bound else ""


def _over_lpr(content: ReportContent, lang: Lang) -> str:
    lpr = content.price.lpr_ppm
    if lpr is None or content.rate_ppm is None:
        return ""
    gap = content.rate_ppm - lpr
    sign = "+" if gap >= 0 else "−"
    return f"LPR {rate(lpr, lang)} {sign} {basis_points(abs(gap))} bp"


def _points_words(content: ReportContent, lang: Lang) -> str:
    points = content.rating.points
    kind = MODEL_KIND.get(content.model.kind, Text(content.model.kind, content.model.kind)).say(lang)
    return kind if points is None else Text(f"{points} 分 · {kind}", f"{points} points · {kind}").say(lang)


def basis(content: ReportContent, lang: Lang) -> Iterator[Block]:
    tables = sorted({source.table.say(lang) for source in content.sources})
    yield Pairs(
        (
            (Text("数据截止日", "Facts as of").say(lang), Cell(day_text(content.as_of, lang))),
            (Text("法规政策适用日", "Law and policy on").say(lang), Cell(day_text(content.law_on, lang))),
            (Text("决策时间", "Decided at").say(lang), Cell(content.decided_at.replace("T", " ", 1))),
            (Text("决策编号", "Decision").say(lang), Cell(content.decision_id)),
            (
                Text("评级模型", "Model").say(lang),
                Cell(f"{content.model.name} · {MODEL_KIND.get(content.model.kind, NOTHING).say(lang)}"),
            ),
            (
                Text("取数依据", "Legal basis").say(lang),
                Cell(Text("、", ", ").say(lang).join(basis_text(each, lang) for each in content.bases) or "—"),
            ),
            (
                Text("数据表", "Tables of facts").say(lang),
                Cell(Text("、", ", ").say(lang).join(tables) or NOTHING.say(lang)),
            ),
            (Text("数据快照", "Snapshot").say(lang), Cell(_snapshot_words(content))),
        )
    )
    if content.assumed:
        names = Text("、", ", ").say(lang).join(content.assumed)
        yield Notice(
            "warn",
            Text("可知日期为推定", "When these facts were known is assumed").say(lang),
            (
                Text(
                    f"来源 {names} 未载明事实何时为人所知,本报告按映射所定的时滞推定;回溯检验时须另行核实。",
                    f"The sources {names} do not say when their facts became known; the lag of their maps is used. Check before any back-test.",
                ).say(lang),
            ),
        )
    if content.rows_differ:
        yield Notice(
            "warn",
            Text("数据行已有变动", "The rows have changed since").say(lang),
            (
                Text(
                    "图表与数据来源所读的行与决策当时不完全相同(资料被更正、撤回或删除);决策所用的输入以决策记录为准。",
                    "The rows behind charts and sources are not all those that the decision read (corrected, undone or erased since); the figures of the decision itself are from its own record.",
                ).say(lang),
            ),
        )
    if content.price.lpr_stale:
        until = day_text(content.price.lpr_observed_until, lang)
        yield Notice(
            "warn",
            Text("LPR 序列已过观测期", "The LPR series is out of date").say(lang),
            (
                Text(
                    f"LPR 序列观测至 {until},其后沿用最后一期;签约前须载入最新报价。",
                    f"Observed until {until}; the last row is used beyond it. Load the newest fixing before signing.",
                ).say(lang),
            ),
        )


def _snapshot_words(content: ReportContent) -> str:
    return " · ".join(f"{table}@{version}" for table, version in sorted(content.snapshot.items())) or "—"


def portrait(content: ReportContent, lang: Lang) -> Iterator[Block]:
    if content.profile:
        yield Heading(2, "", Text("基本情况", "Who it is").say(lang))
        yield Pairs(tuple((each.title.say(lang), _measure_cell(each, lang)) for each in content.profile))
    if content.monthly:
        yield Charts((_monthly_chart(content.monthly[0], 490, lang),))
        rest = content.monthly[1:]
        for left in range(0, len(rest), 2):
            yield Charts(tuple(_monthly_chart(each, 238, lang) for each in rest[left : left + 2]))
    if content.counterparties:
        yield Charts(tuple(_counterparty_chart(each, lang) for each in content.counterparties))
    if content.portrait:
        yield Heading(2, "", Text("经营与信用特征", "Features").say(lang))
    yield from _bands([_group_table(group, lang) for group in content.portrait])
    if content.findings:
        yield Heading(2, "", Text("依法规作出的认定", "What the rules say").say(lang))
        yield Table(
            (
                Column(Text("规则", "rule").say(lang), 2.2),
                Column(Text("结论", "result").say(lang), 3),
                Column(Text("规则文本可靠程度", "standing of the rule's text").say(lang), 2),
                Column(Text("缺少的输入", "missing inputs").say(lang), 3),
            ),
            tuple(_finding_row(finding, lang) for finding in content.findings),
        )


def _bands(tables: Sequence[Table]) -> Iterator[Tables]:
    """Tables in their order, in bands of two columns of about the same height; a band is short enough to fit a page."""
    while tables:
        band: list[Table] = []
        while tables and (not band or sum(map(_height, band)) + _height(tables[0]) <= _BAND):
            band, tables = [*band, tables[0]], tables[1:]
        heights = [_height(each) for each in band]
        cut = min(range(1, len(band) + 1), key=lambda k: abs(sum(heights[:k]) - sum(heights[k:])))
        yield Tables(tuple(band[:cut]), tuple(band[cut:]))


def _height(table: Table) -> int:
    return len(table.rows) + 2


def _monthly_chart(monthly: Monthly, width: float, lang: Lang) -> Chart:
    title = monthly.title.say(lang)
    drawn = charts.months(
        monthly.months,
        [(each.title.say(lang), each.values) for each in monthly.series],
        monthly.unit,
        lang,
        monthly.silent.say(lang),
        width,
    )
    span = f"{monthly.months[0]:%Y-%m} – {monthly.months[-1]:%Y-%m}"
    return Chart(drawn, title, f"{title}, {span}", monthly.sources, narrow=width < 300)


def _counterparty_chart(side: Counterparties, lang: Lang) -> Chart:
    title = side.title.say(lang)
    rows = [
        (
            each.key.partition(":")[2] or each.key,
            each.share_ppm,
            f"{rate(each.share_ppm, lang, 1)} {amount(each.amount_fen, lang)}",
        )
        for each in side.largest
    ]
    return Chart(charts.bars(rows, 238), title, title, side.sources, narrow=True)


def _group_table(group: MeasureGroup, lang: Lang) -> Table:
    return Table(
        (
            Column(group.title.say(lang), 4.4),
            Column("", 2.5, "right"),
            Column(Text("来源", "source").say(lang), 1.1),
        ),
        tuple(
            (
                Cell(each.title.say(lang)),
                Cell(figure(each.value, each.unit, lang), "muted" if each.value is None else "plain"),
                Cell("", refs=each.sources if each.value is not None else ()),
            )
            for each in group.measures
        ),
    )


def _measure_cell(measure: Measure, lang: Lang) -> Cell:
    if measure.value is None:
        return Cell(figure(None, measure.unit, lang), "muted")
    return Cell(figure(measure.value, measure.unit, lang), "plain", measure.sources)


def _finding_row(finding: Finding, lang: Lang) -> tuple[Cell, ...]:
    result = finding.result.say(lang) if finding.result else Text("无法判断", "cannot tell").say(lang)
    confidence = CONFIDENCE.get(finding.confidence or "", NOTHING).say(lang)
    return (
        Cell(finding.title.say(lang)),
        Cell(result, "strong" if finding.result else "muted"),
        Cell(confidence, "warn" if finding.confidence in ("single", "recalled") else "plain"),
        Cell(_names(finding.missing, lang, _NAMED), "muted"),
    )


def _names(names: Sequence[Text], lang: Lang, most: int | None = None) -> str:
    """The names, or the first `most` of them and how many there are."""
    if not names:
        return NOTHING.say(lang)
    listed = Text("、", ", ").say(lang).join(name.say(lang) for name in names[:most])
    if most is None or len(names) <= most:
        return listed
    return listed + Text(f" 等 {len(names)} 项", f" and {len(names) - most} more").say(lang)


def rating(content: ReportContent, lang: Lang) -> Iterator[Block]:
    card = content.rating
    if card.scale:
        *most, last = card.scale
        steps = [(grade.name, f"< {bound_text(grade.high_ppm)}") for grade in most]
        steps.append((last.name, f"≥ {bound_text(last.low_ppm)}"))
        drawn = charts.scale_strip(steps, content.grade)
        title = Text("主标尺(各级违约概率上限)", "Master scale (upper bound of PD)").say(lang)
        yield Charts((Chart(drawn, title, f"{title}: {content.grade}"),))
    if content.model.kind == "expert":
        yield Notice(
            "warn",
            Text("专家评分卡", "An expert card").say(lang),
            (
                Text(
                    "评级出自专家评分卡,未经本行历史违约数据拟合或检验;违约概率为主标尺映射值,不是观测违约率。",
                    "This rating comes from an expert card that was neither fitted nor validated on this bank's own defaults; its PD is read from the master scale, not observed.",
                ).say(lang),
            ),
        )
    if content.model.facts:
        yield Pairs(tuple((name, Cell(value)) for name, value in content.model.facts))
    if not card.contributions:
        return
    ordered = sorted(card.contributions, key=lambda each: (each.points - each.best_points, each.title.zh))
    if card.base_points is not None and card.points is not None:
        zeros = sum(each.points == 0 for each in ordered)
        silent = [(Text(f"其余 {zeros} 项", f"{zeros} others").say(lang), "", 0)] if zeros else []
        title = Text("得分构成:由基础分到总分", "How the points add up").say(lang)
        drawn = charts.waterfall(
            (Text("基础分", "base").say(lang), card.base_points),
            [(each.title.say(lang), each.label.say(lang), each.points) for each in ordered if each.points] + silent,
            (Text("总分", "total").say(lang), card.points),
            Text("横轴自 {low} 分起", "the axis begins at {low} points").say(lang),
        )
        yield Charts((Chart(drawn, title, title),))
    yield Table(
        (
            Column(Text("评价项", "characteristic").say(lang), 4),
            Column(Text("数值", "value").say(lang), 2.2, "right"),
            Column(Text("来源", "source").say(lang), 0.9),
            Column(Text("所在区间", "bin").say(lang), 2.4),
            Column(Text("得分", "points").say(lang), 1, "right"),
            Column(Text("最高", "best").say(lang), 1, "right"),
            Column(Text("失分", "lost").say(lang), 1, "right"),
        ),
        tuple(_contribution_row(each, lang) for each in ordered),
        Text("评分明细,按失分由多到少", "Points by characteristic, most lost first").say(lang),
    )


def _contribution_row(each: Contribution, lang: Lang) -> tuple[Cell, ...]:
    lost = each.points - each.best_points
    return (
        Cell(each.title.say(lang)),
        Cell(figure(each.value, each.unit, lang), "muted" if each.value is None else "plain"),
        Cell("", refs=each.sources if each.value is not None else ()),
        Cell(each.label.say(lang), "muted"),
        Cell(signed(each.points)),
        Cell(signed(each.best_points), "muted"),
        Cell(signed(lost), "bad" if lost < 0 else "muted"),
    )


def limit(content: ReportContent, lang: Lang) -> Iterator[Block]:
    bound = next((k for k, each in enumerate(content.candidates) if each.name == content.binding), None)
    if bound is not None and content.limit_fen:
        chosen = content.candidates[bound].title
        yield Paragraph(
            Text(
                f"授信额度 {amount(content.limit_fen, 'zh')},由“{chosen.zh}”决定。各口径分别测算,取其中起约束作用者;算不出的口径列明缺少什么,不作零处理。",
                f"The limit is {amount(content.limit_fen, 'en')}, bound by: {chosen.en}. Every way is worked out; one that could not be says what it lacks and is never taken as zero.",
            ).say(lang)
        )
    if not content.candidates:
        return
    lacks = Text("无法测算,缺少:", "cannot be worked out, lacks: ").say(lang)
    drawn = charts.bars(
        [(each.title.say(lang), each.fen, _candidate_words(each, lang, lacks)) for each in content.candidates],
        marked=bound,
        mark_words=Text("起约束作用", "binding").say(lang),
        missing=Text("无法测算", "cannot be worked out").say(lang),
    )
    title = Text("各测算口径", "Candidates").say(lang)
    yield Charts((Chart(drawn, title, title),))
    yield Table(
        (
            Column(Text("测算口径", "candidate").say(lang), 3.2),
            Column(Text("金额(万元)", "thousand yuan").say(lang), 1.8, "right"),
            Column(Text("约束", "binding").say(lang), 1.2, "center"),
            Column(Text("缺少的输入", "missing inputs").say(lang), 4),
        ),
        tuple(
            (
                Cell(each.title.say(lang), "strong" if k == bound else "plain"),
                Cell(wan(each.fen, lang), "strong" if k == bound else "plain" if each.fen is not None else "muted"),
                Cell("●" if k == bound else "", "good"),
                Cell(_names(each.missing, lang, _NAMED), "muted"),
            )
            for k, each in enumerate(content.candidates)
        ),
    )


def _candidate_words(each: Candidate, lang: Lang, lacks: str) -> str:
    return amount(each.fen, lang) if each.fen is not None else lacks + _names(each.missing, lang)


def price(content: ReportContent, lang: Lang) -> Iterator[Block]:
    priced = content.price
    if not priced.parts:
        yield Paragraph(Text("本次未定价。", "No price was set.").say(lang), "muted")
        return
    built_up = sum(part.ppm for part in priced.parts)
    marks = [
        (f"{words.say(lang)} {rate(ppm, lang)}", ppm)
        for words, ppm in (
            (Text("下限", "floor"), priced.floor_ppm),
            (Text("上限", "cap"), priced.cap_ppm),
            (Text("执行利率", "rate"), priced.rate_ppm),
        )
        if ppm is not None
    ]
    title = Text("利率构成(基点)", "What the rate is made of (bp)").say(lang)
    drawn = charts.stack([(part.title.say(lang), part.ppm) for part in priced.parts], marks)
    yield Charts((Chart(drawn, title, title),))
    yield Table(
        (
            Column(Text("组成", "part").say(lang), 5),
            Column(Text("年利率", "a year").say(lang), 1.6, "right"),
            Column("bp", 1.6, "right"),
        ),
        (
            *(
                (Cell(part.title.say(lang)), Cell(rate(part.ppm, lang, 3)), Cell(basis_points(part.ppm)))
                for part in priced.parts
            ),
            (
                Cell(Text("合计", "sum").say(lang), "strong"),
                Cell(rate(built_up, lang, 3), "strong"),
                Cell(basis_points(built_up), "strong"),
            ),
        ),
        last_is_total=True,
    )
    if priced.rate_ppm is not None:
        yield Paragraph(_rate_words(content, built_up, lang))


def _rate_words(content: ReportContent, built_up: int, lang: Lang) -> str:
    priced = content.price
    final = rate(priced.rate_ppm, lang)
    over = _over_lpr(content, lang)
    tail = f"({over})" if over and lang == "zh" else f" ({over})" if over else ""
    final_zh, final_en = f"执行利率为 {final}{tail}。", f"the rate is {final}{tail}."
    sum_zh, sum_en = f"组成合计 {rate(built_up, 'zh', 3)},", f"The parts sum to {rate(built_up, 'en', 3)}; "
    built = priced.built_ppm if priced.built_ppm is not None else built_up
    if priced.rate_ppm is not None and priced.rate_ppm < built:
        return Text(f"{sum_zh}高于政策上限,{final_zh}", f"{sum_en}above policy's cap, so {final_en}").say(lang)
    if priced.rate_ppm is not None and priced.rate_ppm > built:
        return Text(f"{sum_zh}低于政策下限,{final_zh}", f"{sum_en}below policy's floor, so {final_en}").say(lang)
    if built != built_up:
        return Text(f"{sum_zh}按政策步长取整,{final_zh}", f"{sum_en}rounded to policy's step, {final_en}").say(lang)
    return Text(final_zh, final_en[0].upper() + final_en[1:]).say(lang)


def risks(content: ReportContent, lang: Lang) -> Iterator[Block]:
    """What speaks against the company: lost points with their evidence, weak law, unknowns. Nothing is invented here."""
    lost = sorted(
        (each for each in content.rating.contributions if each.points < each.best_points),
        key=lambda each: (each.points - each.best_points, each.title.zh),
    )[:6]
    ruled = [point for point in content.reasons if point.ruled]
    effect = Text("触发政策规则", "sets off a rule of policy")
    rows = [
        (Cell(Text("政策规则", "Policy rule").say(lang)), Cell(point.text.say(lang)), Cell(effect.say(lang)))
        for point in ruled
    ]
    rows += [
        (
            Cell(each.title.say(lang)),
            Cell(
                Text("未知,按未知档计分", "unknown, scored as unknown").say(lang)
                if each.value is None
                else figure(each.value, each.unit, lang),
                "muted" if each.value is None else "plain",
                each.sources if each.value is not None else (),
            ),
            Cell(
                Text(
                    f"较最佳档少 {each.best_points - each.points} 分",
                    f"{each.best_points - each.points} points below the best bin",
                ).say(lang)
            ),
        )
        for each in lost
    ]
    weak = [finding for finding in content.findings if finding.confidence in ("single", "recalled")]
    if weak:
        rows.append(
            (
                Cell(Text("规则文本待核", "Text of rules to be checked").say(lang)),
                Cell(_names([finding.title for finding in weak], lang)),
                Cell(
                    Text("规则数值仅有单一来源或未复核", "their numbers rest on one source, or were not re-read").say(
                        lang
                    )
                ),
            )
        )
    unknown = [item for each in content.unknowns for item in each.items]
    if unknown:
        rows.append(
            (
                Cell(Text("信息不完整", "Incomplete information").say(lang)),
                Cell(_names(unknown, lang, _NAMED)),
                Cell(
                    Text(
                        f"共 {len(unknown)} 项未知,见补证材料一章", f"{len(unknown)} unknown; see the chapter on papers"
                    ).say(lang)
                ),
            )
        )
    if not rows:
        yield Paragraph(Text("现有数据未显示失分项。", "The data at hand show no lost points.").say(lang), "muted")
        return
    yield Table(
        (
            Column(Text("风险点", "risk").say(lang), 3),
            Column(Text("事实依据", "evidence").say(lang), 4),
            Column(Text("影响", "effect").say(lang), 3),
        ),
        tuple(rows),
    )


def conditions(content: ReportContent, lang: Lang) -> Iterator[Block]:
    if content.conditions:
        yield Bullets(tuple(Cell(point.text.say(lang)) for point in content.conditions), numbered=True)
    else:
        yield Paragraph(Text("无。", "None.").say(lang), "muted")


def unknowns(content: ReportContent, lang: Lang) -> Iterator[Block]:
    if not content.unknowns:
        yield Paragraph(Text("无未知事项。", "Nothing that the assessment asked for is unknown.").say(lang), "muted")
        return
    yield Paragraph(
        Text(
            "未知一律按未知处理,不以零或平均数代替。下表列出可以补证的材料、能补足的事项,以及补证后额度至多减少、至多增加多少(单项测算)。",
            "What is unknown is treated as unknown, never as zero or an average. Each line names a paper, what it would settle, and how far the limit could fall or rise by one of its items.",
        ).say(lang)
    )
    yield Table(
        (
            Column(Text("可以补证的材料", "paper").say(lang), 3.2),
            Column(Text("未知事项", "what it would settle").say(lang), 4.6),
            Column(Text("至多减少", "could fall by").say(lang), 1.7, "right"),
            Column(Text("至多增加", "could rise by").say(lang), 1.7, "right"),
        ),
        tuple(
            (
                Cell(each.paper.say(lang)),
                Cell(_names(each.items, lang), "muted"),
                Cell(each.note.say(lang), "muted") if each.note else _move(each.fall_fen, lang),
                Cell("") if each.note else _move(each.rise_fen, lang),
            )
            for each in content.unknowns
        ),
    )


def _move(fen: int | None, lang: Lang) -> Cell:
    if fen is None:
        return Cell(Text("未测算", "not worked out").say(lang), "muted")
    if fen == 0:
        return Cell(Text("不变", "none").say(lang), "muted")
    return Cell(("+" if fen > 0 else "−") + amount(abs(fen), lang), "good" if fen > 0 else "bad")


def adverse(content: ReportContent, lang: Lang) -> Iterator[Block]:
    if content.adverse is not None:
        paragraphs = tuple(line for line in content.adverse.say(lang).splitlines() if line.strip())
        yield Notice("plain", Text("致申请人", "To the applicant").say(lang), paragraphs)


def sources(content: ReportContent, lang: Lang) -> Iterator[Block]:
    if not content.sources:
        yield Paragraph(
            Text("本次评估没有可用的数据来源。", "No source stood behind this assessment.").say(lang), "muted"
        )
        return
    yield Paragraph(
        Text(
            "正文数字右上角的方括号编号对应下表。逐行追溯可用 kemiao trace 命令。",
            "The numbers in brackets beside figures lead here. `kemiao trace` goes down to single rows.",
        ).say(lang),
        "muted",
    )
    yield Table(
        (
            Column(Text("编号", "no.").say(lang), 0.8, "center"),
            Column(Text("数据表", "table").say(lang), 1.7),
            Column(Text("映射", "map").say(lang), 2.2, breaks=True),
            Column(Text("批次", "batch").say(lang), 0.9, "right"),
            Column(Text("文件", "files").say(lang), 3.4, breaks=True),
            Column(Text("行数", "rows").say(lang), 1.0, "right"),
            Column(Text("起止", "span").say(lang), 2.0),
            Column(Text("依据", "basis").say(lang), 2.3, breaks=True),
        ),
        tuple(
            (
                Cell(f"{each.number}", "strong", anchor=each.number),
                Cell(each.table.say(lang)),
                Cell(each.map_name + ("*" if each.assumed else "")),
                Cell(f"{each.batch}"),
                Cell(Text("、", ", ").say(lang).join(each.files)),
                Cell(f"{each.rows:,}"),
                Cell(f"{each.first_on or '—'}\n{each.last_on or '—'}"),
                Cell(basis_text(each.basis, lang)),
            )
            for each in content.sources
        ),
    )
    if any(each.assumed for each in content.sources):
        yield Paragraph(Text("* 可知日期为推定。", "* When these facts were known is assumed.").say(lang), "muted")


def signatures(content: ReportContent, lang: Lang) -> Iterator[Block]:
    yield Signatures(
        (
            Text("主调查人", "Investigated by").say(lang),
            Text("协办调查人", "Seconded by").say(lang),
            Text("审查人", "Reviewed by").say(lang),
            Text("有权审批人", "Approved by").say(lang),
        ),
        Text("签名", "signature").say(lang),
        Text("日期", "date").say(lang),
    )
    yield Table(
        (
            Column(Text("验证信息", "for verification").say(lang), 1.6),
            Column(Text("值", "value").say(lang), 6, breaks=True),
        ),
        (
            (Cell(Text("决策编号", "decision").say(lang)), Cell(content.decision_id)),
            (
                Cell(Text("评级模型", "model").say(lang)),
                Cell(f"{content.model.name} · {content.model.digest}"),
            ),
            *((Cell(label.say(lang)), Cell(value)) for label, value in content.digests),
        ),
    )
