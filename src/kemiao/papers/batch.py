"""The summary of a batch (授信评估汇总): what was decided about all companies at once, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from kemiao.papers import charts
from kemiao.papers.blocks import (
    Block,
    Cell,
    Chart,
    Charts,
    Column,
    Notice,
    Pairs,
    Paper,
    Paragraph,
    Signatures,
    Table,
    Tone,
)
from kemiao.papers.content import BatchContent, BatchRow, Text
from kemiao.papers.figures import amount, day_text, rate, wan
from kemiao.papers.numbered import numbered
from kemiao.papers.words import DECISION, MODEL_KIND, NOTHING, Lang, basis_text

TONE: dict[str, Tone] = {"approve": "good", "refer": "warn", "decline": "bad"}
LISTED = 5_000  # companies printed by name: beyond it a list is read by a machine, and `assess --all --json` gives it
UNGRADED = Text("未评级", "no grade")
NO_INDUSTRY = Text("行业未知", "industry unknown")
_PD_STEPS = (0, 5_000, 10_000, 20_000, 30_000, 50_000, 80_000, 120_000, 200_000, 1_000_001)


def compose_batch(content: BatchContent, lang: Lang) -> Paper:
    chapters = (
        (Text("汇总结论", "Summary"), _summary(content, lang)),
        (Text("依据与口径", "What this rests on"), _basis(content, lang)),
        (Text("信用等级与违约概率", "Grades and PD"), _grades(content, lang)),
        (Text("授信额度分布", "Limits"), _limits(content, lang)),
        (Text("决策理由排序", "Reasons, most frequent first"), _reasons(content, lang)),
        (Text("待补材料排序", "Papers that are lacking, most frequent first"), _papers(content, lang)),
        (Text("企业清单", "List of companies"), _list(content, lang)),
        (Text("签署", "Signatures"), _signatures(content, lang)),
    )
    kind = Text("授信评估汇总报告", "Batch assessment summary").say(lang)
    title = Text(f"{len(content.rows):,} 家企业授信评估", f"Assessment of {len(content.rows):,} companies").say(lang)
    return Paper(
        lang,
        kind,
        title,
        Text(
            f"报告日期 {day_text(content.prepared_on, 'zh')} · 数据截止 {_days(content.as_of, 'zh')}",
            f"prepared on {content.prepared_on} · facts as of {_days(content.as_of, 'en')}",
        ).say(lang),
        f"{kind} · {title}",
        Text("内部资料 注意保密", "Internal and confidential").say(lang),
        content.prepared_on,
        tuple(numbered(chapters, lang)),
    )


def _days(days: tuple[object, ...], lang: str) -> str:
    if not days:
        return NOTHING.say(lang)
    return str(days[0]) if len(days) == 1 else f"{days[0]} … {days[-1]}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "—"


def _summary(content: BatchContent, lang: Lang) -> Iterator[Block]:
    counts = Counter(row.decision for row in content.rows)
    approved = [row for row in content.rows if row.decision == "approve"]
    total = sum(row.limit_fen or 0 for row in approved)
    yield Paragraph(
        Text(
            f"共评估 {len(content.rows):,} 家:建议同意 {counts['approve']:,} 家,转人工审查 {counts['refer']:,} 家,不予授信 {counts['decline']:,} 家;同意授信额度合计 {amount(total, 'zh')}。",
            f"{len(content.rows):,} companies were assessed: {counts['approve']:,} approved, {counts['refer']:,} referred to a person, {counts['decline']:,} declined; approved limits sum to {amount(total, 'en')}.",
        ).say(lang)
    )
    if content.erased:
        yield Paragraph(
            Text(
                f"另有 {content.erased:,} 家的资料已删除,不在汇总之内。",
                f"{content.erased:,} more companies were erased and are not in this summary.",
            ).say(lang),
            "muted",
        )
    yield Table(
        (
            Column(Text("决策", "decision").say(lang), 3),
            Column(Text("家数", "companies").say(lang), 1.4, "right"),
            Column(Text("占比", "share").say(lang), 1.4, "right"),
            Column(Text("额度合计(万元)", "limits, thousand yuan").say(lang), 2, "right"),
            Column(Text("额度加权利率", "rate, weighted by limit").say(lang), 2, "right"),
            Column(Text("额度加权违约概率", "PD, weighted by limit").say(lang), 2, "right"),
        ),
        (
            *(_summary_row(DECISION[name], _of(content, name), content, lang, TONE[name]) for name in DECISION),
            _summary_row(Text("合计", "all"), content.rows, content, lang, "strong"),
        ),
        last_is_total=True,
    )
    drawn = charts.bars(
        [
            (words.say(lang), counts[name], f"{counts[name]:,} ({_share(counts[name], len(content.rows))})")  # type: ignore[index]
            for name, words in DECISION.items()
        ]
    )
    title = Text("按决策的企业数", "Companies by decision").say(lang)
    yield Charts((Chart(drawn, title, title),))


def _of(content: BatchContent, decision: str) -> tuple[BatchRow, ...]:
    return tuple(row for row in content.rows if row.decision == decision)


def _summary_row(
    words: Text, rows: tuple[BatchRow, ...], content: BatchContent, lang: Lang, tone: Tone
) -> tuple[Cell, ...]:
    weighted = [row for row in rows if row.limit_fen]
    weight = sum(row.limit_fen or 0 for row in weighted)
    priced = [(row.rate_ppm, row.limit_fen or 0) for row in weighted if row.rate_ppm is not None]
    rated = [(row.pd_ppm, row.limit_fen or 0) for row in weighted if row.pd_ppm is not None]
    return (
        Cell(words.say(lang), tone),
        Cell(f"{len(rows):,}"),
        Cell(_share(len(rows), len(content.rows))),
        Cell(wan(weight, lang) if weighted else "—"),
        Cell(_weighted(priced, lang)),
        Cell(_weighted(rated, lang)),
    )


def _weighted(pairs: list[tuple[int, int]], lang: Lang) -> str:
    weight = sum(fen for _, fen in pairs)
    return rate(sum(ppm * fen for ppm, fen in pairs) // weight, lang) if weight else "—"


def _basis(content: BatchContent, lang: Lang) -> Iterator[Block]:
    comma = Text("、", ", ").say(lang)
    models = comma.join(
        f"{model.name} · {MODEL_KIND.get(model.kind, NOTHING).say(lang)} · {model.digest[:12]}"
        for model in content.models
    )
    yield Pairs(
        (
            (Text("数据截止日", "Facts as of").say(lang), Cell(_days(content.as_of, lang))),
            (Text("法规政策适用日", "Law and policy on").say(lang), Cell(_days(content.law_on, lang))),
            (Text("评级模型", "Model").say(lang), Cell(models or "—")),
            (
                Text("取数依据", "Legal basis").say(lang),
                Cell(comma.join(basis_text(each, lang) for each in content.bases) or "—"),
            ),
        )
    )
    if content.assumed:
        names = comma.join(content.assumed)
        yield Notice(
            "warn",
            Text("可知日期为推定", "When these facts were known is assumed").say(lang),
            (Text(f"来源:{names}。", f"Sources: {names}.").say(lang),),
        )


def _grades(content: BatchContent, lang: Lang) -> Iterator[Block]:
    names = [grade.name for grade in content.scale]
    names += sorted({row.grade for row in content.rows if row.grade} - set(names))
    counts = Counter(row.grade for row in content.rows)
    bins = [(name, counts[name]) for name in names]
    if counts[None]:
        bins.append((UNGRADED.say(lang), counts[None]))
    known = [row.pd_ppm for row in content.rows if row.pd_ppm is not None]
    steps = list(pairwise(_PD_STEPS))
    pd_bins = [(_pd_words(low, high), sum(low <= pd < high for pd in known)) for low, high in steps]
    yield Charts(
        (
            _column_chart(bins, Text("信用等级分布(家)", "Companies by grade"), lang),
            _column_chart(pd_bins, Text("违约概率分布(家,%)", "Companies by PD (%)"), lang),
        )
    )
    yield Table(
        (
            Column(Text("等级", "grade").say(lang), 1),
            Column(Text("家数", "companies").say(lang), 1.2, "right"),
            *(Column(words.say(lang), 1.2, "right") for words in DECISION.values()),
            Column(Text("同意额度(万元)", "approved limits, thousand yuan").say(lang), 2, "right"),
            Column(Text("平均违约概率", "mean PD").say(lang), 1.6, "right"),
        ),
        tuple(_grade_row(name, content, lang) for name in [*names, None] if counts[name]),
        Text("各等级的决策与额度", "Decisions and limits by grade").say(lang),
    )


def _pd_words(low: int, high: int) -> str:
    return f"≥{low / 10_000:g}" if high > 1_000_000 else f"{low / 10_000:g}–{high / 10_000:g}"


def _column_chart(bins: list[tuple[str, int]], title: Text, lang: Lang) -> Chart:
    return Chart(charts.columns(bins, lang), title.say(lang), title.say(lang))


def _grade_row(name: str | None, content: BatchContent, lang: Lang) -> tuple[Cell, ...]:
    rows = [row for row in content.rows if row.grade == name]
    counts = Counter(row.decision for row in rows)
    pds = [row.pd_ppm for row in rows if row.pd_ppm is not None]
    limits = [row.limit_fen or 0 for row in rows if row.decision == "approve"]
    return (
        Cell(name or UNGRADED.say(lang), "strong"),
        Cell(f"{len(rows):,}"),
        *(Cell(f"{counts[decision]:,}") for decision in ("approve", "refer", "decline")),
        Cell(wan(sum(limits), lang) if limits else "—"),
        Cell(rate(sum(pds) // len(pds), lang) if pds else "—"),
    )


def _limits(content: BatchContent, lang: Lang) -> Iterator[Block]:
    approved = _of(content, "approve")
    if not approved:
        yield Paragraph(Text("没有同意授信的企业。", "No company was approved.").say(lang), "muted")
        return
    by_industry: dict[str, list[BatchRow]] = {}
    for row in approved:
        by_industry.setdefault((row.industry or NO_INDUSTRY).say(lang), []).append(row)
    ordered = sorted(by_industry.items(), key=lambda item: (-sum(row.limit_fen or 0 for row in item[1]), item[0]))
    total = sum(row.limit_fen or 0 for row in approved)
    title = Text("同意额度,按行业", "Approved limits by industry").say(lang)
    sums = [(name, sum(row.limit_fen or 0 for row in rows)) for name, rows in ordered]
    drawn = charts.bars([(name, fen, f"{amount(fen, lang)} ({_share(fen, total)})") for name, fen in sums])
    yield Charts((Chart(drawn, title, title),))
    yield Table(
        (
            Column(Text("行业", "industry").say(lang), 3),
            Column(Text("同意家数", "approved").say(lang), 1.4, "right"),
            Column(Text("额度合计(万元)", "limits, thousand yuan").say(lang), 2, "right"),
            Column(Text("占比", "share").say(lang), 1.2, "right"),
            Column(Text("户均(万元)", "mean, thousand yuan").say(lang), 2, "right"),
            Column(Text("最大一户(万元)", "largest, thousand yuan").say(lang), 2, "right"),
        ),
        (
            *(_limit_row(name, rows, total, lang) for name, rows in ordered),
            _limit_row(Text("合计", "all").say(lang), list(approved), total, lang),
        ),
        last_is_total=True,
    )


def _limit_row(name: str, rows: list[BatchRow], total: int, lang: Lang) -> tuple[Cell, ...]:
    limits = [row.limit_fen or 0 for row in rows]
    return (
        Cell(name),
        Cell(f"{len(rows):,}"),
        Cell(wan(sum(limits), lang)),
        Cell(_share(sum(limits), total)),
        Cell(wan(sum(limits) // len(limits), lang)),
        Cell(wan(max(limits), lang)),
    )


def _reasons(content: BatchContent, lang: Lang) -> Iterator[Block]:
    for ruled, caption in (
        (True, Text("政策规则", "Rules of policy")),
        (False, Text("评级与其他", "Rating and others")),
    ):
        counts: Counter[tuple[str, str]] = Counter()
        words: dict[str, Text] = {}
        for row in content.rows:
            said = {point.code: point.text for point in row.reasons if point.ruled == ruled}
            words = said | words
            counts.update((code, row.decision) for code in said)
        totals = {code: sum(counts[(code, decision)] for decision in DECISION) for code in words}
        ordered = sorted(totals, key=lambda code: (-totals[code], code))[:20]
        if ordered:
            yield _reason_table([(words[code], totals[code], code) for code in ordered], counts, caption, lang)


def _reason_table(
    rows: list[tuple[Text, int, str]], counts: Counter[tuple[str, str]], caption: Text, lang: Lang
) -> Table:
    return Table(
        (
            Column(Text("理由", "reason").say(lang), 6),
            Column(Text("家数", "companies").say(lang), 1.1, "right"),
            *(Column(name.say(lang), 1.5, "right") for name in DECISION.values()),
        ),
        tuple(
            (
                Cell(words.say(lang)),
                Cell(f"{total:,}", "strong"),
                *(Cell(f"{counts[(code, decision)]:,}") for decision in DECISION),
            )
            for words, total, code in rows
        ),
        caption.say(lang),
    )


def _papers(content: BatchContent, lang: Lang) -> Iterator[Block]:
    counts = Counter(name.say(lang) for row in content.rows for name in row.papers)
    if counts:
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:15]
        drawn = charts.bars([(name, n, f"{n:,} ({_share(n, len(content.rows))})") for name, n in ordered])
        title = Text("须补充该材料的企业数", "Companies that would have to bring it").say(lang)
        yield Charts((Chart(drawn, title, title),))


def _list(content: BatchContent, lang: Lang) -> Iterator[Block]:
    order = {"approve": 0, "refer": 1, "decline": 2}
    rows = sorted(content.rows, key=lambda row: (order[row.decision], -(row.limit_fen or 0), row.company))
    if len(rows) > LISTED:
        yield Notice(
            "warn",
            Text(f"仅列前 {LISTED:,} 家", f"Only the first {LISTED:,} are listed").say(lang),
            (
                Text(
                    "全部企业请用 kemiao assess --all --json 取得。", "`kemiao assess --all --json` gives all of them."
                ).say(lang),
            ),
        )
    yield Table(
        (
            Column(Text("序号", "no.").say(lang), 0.75, "right"),
            Column(Text("企业", "company").say(lang), 4.4),
            Column(Text("行业", "industry").say(lang), 2.0),
            Column(Text("决策", "decision").say(lang), 1.5),
            Column(Text("等级", "grade").say(lang), 0.8, "center"),
            Column(Text("违约概率", "PD").say(lang), 1.1, "right"),
            Column(Text("额度(万元)", "limit, k yuan").say(lang), 1.5, "right"),
            Column(Text("利率", "rate").say(lang), 0.95, "right"),
        ),
        tuple(_list_row(k, row, lang) for k, row in enumerate(rows[:LISTED], start=1)),
    )


def _list_row(number: int, row: BatchRow, lang: Lang) -> tuple[Cell, ...]:
    return (
        Cell(f"{number}", "muted"),
        Cell(f"{row.name}\n{row.company}" if row.name else row.company),
        Cell(row.industry.say(lang) if row.industry else "—", "plain" if row.industry else "muted"),
        Cell(DECISION[row.decision].say(lang), TONE[row.decision]),
        Cell(row.grade or "—"),
        Cell(rate(row.pd_ppm, lang) if row.pd_ppm is not None else "—"),
        Cell(wan(row.limit_fen, lang)),
        Cell(rate(row.rate_ppm, lang) if row.rate_ppm is not None else "—"),
    )


def _signatures(content: BatchContent, lang: Lang) -> Iterator[Block]:
    yield Signatures(
        (Text("编制人", "Prepared by").say(lang), Text("审核人", "Reviewed by").say(lang)),
        Text("签名", "signature").say(lang),
        Text("日期", "date").say(lang),
    )
    if content.digests:
        yield Table(
            (Column(Text("验证信息", "for verification").say(lang), 1.6), Column(Text("值", "value").say(lang), 6)),
            tuple((Cell(label.say(lang)), Cell(value)) for label, value in content.digests),
        )
