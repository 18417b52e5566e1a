"""The validation report of a rating model as blocks of a paper: findings in words first, then the figures behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from kemiao.bank.validation_findings import (
    auc_text,
    between,
    findings,
    group_text,
    kind_text,
    points_text,
    share_text,
    verdict,
)
from kemiao.credit.rating.examination import Examination
from kemiao.credit.rating.fairness import Group, Grouping
from kemiao.papers.blocks import (  # fmt: skip
    Align,
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
    Verdict,
)
from kemiao.papers.charts import AMBER, TEAL
from kemiao.papers.content import Text
from kemiao.papers.figures import day_text
from kemiao.papers.numbered import numbered
from kemiao.papers.validation import charts
from kemiao.papers.words import Lang

_SHIFTS = 20


def validation_paper(found: Examination, prepared_on: date, lang: Lang) -> Paper:
    chapters = (
        (Text("结论", "Findings"), _summary(found, lang)),
        (Text("检验依据", "What was examined"), _basis(found, lang)),
        (Text("区分能力", "How it ranks"), _ranking(found, lang)),
        (Text("与其他方法相比", "Against other ways to rank"), _contests(found, lang)),
        (Text("违约概率是否可信", "Are its PDs true"), _calibration(found, lang)),
        (Text("通过率与收益", "Approval rate and profit"), _cutoff(found, lang)),
        (Text("分组与公平", "Groups and fairness"), _groups(found, lang)),
        (Text("稳定性", "Stability"), _stability(found, lang)),
        (Text("拒绝与可疑的列", "Refused and suspect columns"), _columns(found, lang)),
        (Text("签署", "Signatures"), _signatures(found, lang)),
    )
    own = found.basis
    kind = Text("评级模型验证报告", "Validation report of a rating model").say(lang)
    source = own.source or own.label
    return Paper(
        lang, kind, own.name if own.model else f"{own.name} · {source}",
        " · ".join((
            Text(f"报告日期 {day_text(prepared_on, 'zh')}", f"prepared on {prepared_on.isoformat()}").say(lang),
            Text(f"标签 {own.label} = {own.event_value}", f"label {own.label} = {own.event_value}").say(lang),
            Text(f"模型 {own.model[:12]}", f"model {own.model[:12]}").say(lang) if own.model else Text(f"数据摘要 {own.table_digest[:12]}", f"data digest {own.table_digest[:12]}").say(lang),
        )),
        f"{kind} · {own.name}", Text("内部资料 注意保密", "Internal and confidential").say(lang), prepared_on, tuple(numbered(chapters, lang)),
    )  # fmt: skip


def _head(words: Text, lang: Lang) -> Heading:
    return Heading(2, "", words.say(lang))


def _columns_of(lang: Lang, *titles: tuple[str, str, float, Align]) -> tuple[Column, ...]:
    return tuple(Column(Text(zh, en).say(lang), width, align) for zh, en, width, align in titles)


def _row(*words: str) -> tuple[Cell, ...]:
    return tuple(Cell(each) for each in words)


def _summary(found: Examination, lang: Lang) -> Iterator[Block]:
    every = findings(found)
    tone, words = verdict(every)
    auc, own = found.ranking.auc, found.calibration
    yield Verdict(
        tone, Text("系统核查结论", "Finding of the system").say(lang), words.say(lang),
        Text("最终结论由签署人作出", "the signatories decide").say(lang),
        (
            (Text("折外 AUC", "Out-of-fold AUC").say(lang), f"{auc.value:.3f}", f"95%: {auc.low:.3f} – {auc.high:.3f}"),
            (Text("平均预测 / 实际", "Mean PD / came").say(lang), f"{share_text(own.mean_pd)} / {share_text(own.event_rate.value)}", Text(f"校准斜率 {own.slope:.2f}", f"calibration slope {own.slope:.2f}").say(lang)),
            (Text("KS", "KS"). say(lang), f"{found.ranking.ks.value:.3f}", f"{found.ranking.ks.low:.3f} – {found.ranking.ks.high:.3f}"),
            (Text("行数 / 违约", "Rows / defaults").say(lang), f"{found.basis.rows:,} / {found.basis.events:,}", ""),
        ),
    )  # fmt: skip
    for tone, title in (
        ("bad", Text("反对启用的理由", "Against its use")),
        ("warn", Text("保留意见与局限", "Reservations and limits")),
        ("good", Text("符合要求之处", "What is as it should be")),
    ):
        said = tuple(Cell(each.text.say(lang)) for each in every if each.tone == tone)
        if said:
            yield _head(title, lang)
            yield Bullets(said, numbered=True)


def _basis(found: Examination, lang: Lang) -> Iterator[Block]:
    own = found.basis
    never = Text("标签没有时间跨度", "label without horizon").say(lang)
    horizon = (
        never if own.horizon_days is None else Text(f"{own.horizon_days} 天", f"{own.horizon_days} days").say(lang)
    )
    split = Text(f"{own.folds} 折 × {own.repeats} 次,内层 {own.inner_folds} 折", f"{own.folds} folds × {own.repeats}, {own.inner_folds} inner").say(lang)  # fmt: skip
    pairs = (
        (Text("数据", "data"), own.source or "—"), (Text("标签", "label"), f"{own.label} = {own.event_value}"),
        (Text("行数", "rows"), f"{own.rows:,}"), (Text("违约", "defaults"), f"{own.events:,} ({share_text(own.events / own.rows)})"),
        (Text("时间跨度", "horizon"), horizon), (Text("检验方法", "method"), split),
        (Text("无标签的行", "rows without label"), f"{own.without_label:,}"), (Text("读不了的行", "unreadable rows"), f"{own.unreadable:,}"),
        (Text("种子", "seed"), str(own.seed)), (Text("重抽样", "resampled"), Text(f"{found.draws} 次", f"{found.draws} times").say(lang)),
        (Text("数据摘要", "data digest"), own.table_digest[:24]), (Text("模型", "model"), own.model[:24] or Text("未存", "not stored").say(lang)),
    )  # fmt: skip
    yield Pairs(tuple((name.say(lang), Cell(value)) for name, value in pairs))
    once = " 违约超过一万,只作一次划分、内层一折。" if own.inner_folds == 1 and own.repeats == 1 else ""
    once_en = " With so many defaults one split and one inner fold were made." if once else ""
    yield Paragraph(Text(
        f"每一行都由没有见过它的模型预测:选列、分箱、系数、校准与模型取舍都在折内完成。区间为 95%:AUC 用 DeLong 方差,比例用 Wilson 区间,曲线与截断点对行重抽样。区间只反映现有这些行,不反映换一批训练样本。{once.strip()}",
        f"Each row was predicted by a model that never saw it: selection, bins, coefficients, calibration and the choice of model are made inside the fold. Intervals are 95 %: DeLong's variance for AUC, Wilson's for shares, rows drawn again for curves and cut-offs. They speak of the rows at hand, not of other training samples.{once_en}",
    ).say(lang), "muted")  # fmt: skip


def _ranking(found: Examination, lang: Lang) -> Iterator[Block]:
    own = found.ranking
    roc = charts.curve(own.roc, Text("误拒率(好客户)", "false alarms (good ones)").say(lang), Text("命中率(违约)", "hits (defaults)").say(lang), Text("随机", "chance").say(lang))  # fmt: skip
    declined = 1 - found.approval.approval
    gains = charts.curve(own.gains, Text("按风险从高到低取的比例", "share taken, riskiest first").say(lang), Text("其中违约占全部违约", "share of all defaults").say(lang), Text("随机", "chance").say(lang), (declined, Text(f"拒绝 {share_text(declined, 0)}", f"decline {share_text(declined, 0)}").say(lang)))  # fmt: skip
    yield Charts((
        Chart(roc, Text(f"ROC 曲线,AUC {own.auc.value:.3f}", f"ROC curve, AUC {own.auc.value:.3f}").say(lang), f"ROC, AUC {auc_text(own.auc)}"),
        Chart(gains, Text("累计提升曲线", "Cumulative gains").say(lang), "gains"),
    ))  # fmt: skip
    at = found.approval
    yield Paragraph(Text(
        f"按政策通过率 {share_text(at.approval, 0)}:通过者违约 {between(at.bad_rate)}(全体 {share_text(found.calibration.event_rate.value)});拒绝部分挡住全部违约的 {between(at.bads_kept_out, 0)},其违约率是全体的 {at.lift_of_declined:.2f} 倍。",
        f"At the policy's approval rate of {share_text(at.approval, 0)}: {between(at.bad_rate)} of the approved default ({share_text(found.calibration.event_rate.value)} of all); the declined hold {between(at.bads_kept_out, 0)} of all defaults, {at.lift_of_declined:.2f} times the rate of all.",
    ).say(lang))  # fmt: skip
    good, bad = Text("未违约 ↑", "good ↑").say(lang), Text("违约 ↓", "defaulted ↓").say(lang)
    drawn = charts.distribution(found.bars.edges, found.bars.good, found.bars.bad, good, bad, Text("预测违约概率(对数几率等距)", "predicted PD (equal steps of log odds)").say(lang))  # fmt: skip
    own_c = found.calibration
    points = [(pd, rate.value, rate.low, rate.high) for pd, rate, _ in own_c.points]
    ideal = Text("预测 = 实际", "predicted = came").say(lang)
    plot = charts.calibration(
        points, Text("平均预测违约概率", "mean predicted PD").say(lang), Text("实际违约率", "came").say(lang), ideal
    )
    yield Charts((
        Chart(drawn, Text("好坏客户的分布", "Distribution of good and bad").say(lang), "distribution"),
        Chart(plot, Text("校准图(十组,95% 区间)", "Calibration (groups of like PD, 95 %)").say(lang), "calibration"),
    ))  # fmt: skip


def _contests(found: Examination, lang: Lang) -> Iterator[Block]:
    if not found.contests:
        yield Paragraph(
            Text(
                "没有可比的方法(--baseline 或 --size 指定一列)。",
                "Nothing to compare with (name a column by --baseline or --size).",
            ).say(lang),
            "muted",
        )
        return
    rows = [
        _row(
            Text("本模型", "the model").say(lang),
            auc_text(found.ranking.auc),
            "—",
            "—",
            between(found.approval_at_bad_rate, 0),
        )
    ]
    for each in found.contests:
        p = "< 0.001" if each.p < 0.001 else f"{each.p:.3f}"
        rows.append(
            _row(
                kind_text(each.name).say(lang),
                auc_text(each.auc),
                points_text(each.difference),
                p,
                between(each.approval_at_bad_rate, 0),
            )
        )
    limit = share_text(found.bad_rate_max, 0)
    yield Table(
        _columns_of(lang, ("方法", "way to rank", 1.6, "left"), ("AUC", "AUC", 1.6, "right"), ("本模型减它", "model less it", 1.8, "right"), ("p", "p", 0.7, "right"), (f"违约 {limit} 时可通过", f"approved at {limit} bad", 1.6, "right")),
        tuple(rows), Text("同一批行上的成对 DeLong 检验", "Paired test of DeLong on the same rows").say(lang),
    )  # fmt: skip


def _calibration(found: Examination, lang: Lang) -> Iterator[Block]:
    own = found.calibration
    pairs = (
        (Text("Brier 分", "Brier score"), f"{own.brier.value:.4f} [{own.brier.low:.4f}, {own.brier.high:.4f}]"),
        (Text("Brier 技巧分", "Brier skill"), between(own.brier_skill)),
        (Text("对数损失", "log loss"), f"{own.log_loss.value:.4f}"), (Text("对数损失技巧分", "log loss skill"), between(own.log_loss_skill)),
        (Text("可靠性 / 分辨力", "reliability / resolution"), f"{own.reliability:.4f} / {own.resolution:.4f}"),
        (Text("不确定性", "uncertainty"), f"{own.uncertainty:.4f}"),
        (Text("斜率 / 截距", "slope / intercept"), f"{own.slope:.2f} / {own.intercept:+.2f}".replace("-", "−")),
        (Text("Spiegelhalter z", "Spiegelhalter's z"), f"{own.spiegelhalter_z:+.2f} (p = {own.spiegelhalter_p:.3f})".replace("-", "−")),
        (Text("Hosmer–Lemeshow", "Hosmer–Lemeshow"), f"{own.hosmer_lemeshow:.1f} (p = {own.hosmer_lemeshow_p:.3f})"),
    )  # fmt: skip
    yield Pairs(tuple((name.say(lang), Cell(value)) for name, value in pairs))
    yield Table(
        _columns_of(lang, ("组", "group", 0.6, "left"), ("行数", "rows", 0.9, "right"), ("平均预测", "mean PD", 1.1, "right"), ("实际违约率", "came", 2.2, "right"), ("预测在区间内", "PD within interval", 1.3, "right")),
        tuple(
            (Cell(str(number)), Cell(f"{rows:,}"), Cell(share_text(pd, 2)), Cell(between(rate)), _within(pd, rate.low, rate.high, lang))
            for number, (pd, rate, rows) in enumerate(own.points, start=1)
        ), Text("按预测违约概率分组,各次重复的平均", "Groups of like PD, mean over repeats").say(lang),
    )  # fmt: skip


def _within(value: float, low: float, high: float, lang: Lang) -> Cell:
    if low <= value <= high:
        return Cell(Text("是", "yes").say(lang))
    return Cell((Text("否,偏低", "no, too low") if value < low else Text("否,偏高", "no, too high")).say(lang), "warn")


def _cutoff(found: Examination, lang: Lang) -> Iterator[Block]:
    own = found.cutoff
    points = [(each.approval, each.profit.value, each.profit.low, each.profit.high) for each in own.curve]
    best = (own.best.approval, own.best.profit.value, own.best.profit.low, own.best.profit.high)
    policy = Text(f"政策通过率 {share_text(found.approval.approval, 0)}", f"policy's {share_text(found.approval.approval, 0)}").say(lang)  # fmt: skip
    drawn = charts.profit(points, best, (own.position.low, own.position.high), (found.approval.approval, policy), Text("收益最高", "earns most").say(lang), Text("其位置的 95% 区间", "95 % of its position").say(lang), Text("通过率", "approval rate").say(lang), Text("每位申请人的收益(占贷款额)", "profit per applicant (of the loan)").say(lang))  # fmt: skip
    yield Charts((Chart(drawn, Text("收益曲线", "Profit curve").say(lang), "profit by approval rate"),))
    steps = [(own.best, "good"), *((each, "plain") for each in own.neighbours), (own.all_approved, "muted")]
    steps.sort(key=lambda each: each[0].approval)
    yield Table(
        _columns_of(lang, ("通过率", "approval rate", 1.3, "right"), ("截断违约概率", "PD at the edge", 1, "right"), ("通过者违约", "bad rate", 1, "right"), ("每位申请人收益", "profit per applicant", 2, "right"), ("", "", 1.4, "left")),
        tuple(
            (Cell(share_text(each.approval, 0)), Cell(share_text(each.pd)), Cell(share_text(each.bad_rate)), Cell(between(each.profit, 2)),
             Cell(Text("收益最高", "earns most").say(lang) if tone == "good" else Text("全部通过", "all approved").say(lang) if tone == "muted" else "", "good" if tone == "good" else "muted"))
            for each, tone in steps
        ), Text("相邻通过率上的收益", "Profit at neighbouring approval rates").say(lang),
    )  # fmt: skip
    yield Table(
        _columns_of(lang, ("通过率", "approval rate", 1, "right"), ("通过者违约", "bad rate", 2, "right"), ("挡住的违约", "defaults kept out", 2, "right"), ("拒绝部分的倍数", "lift of the declined", 1.4, "right")),
        tuple(_row(share_text(each.approval, 0), between(each.bad_rate), between(each.bads_kept_out, 0), f"{each.lift_of_declined:.2f}") for each in found.approvals),
        Text("各通过率下的违约", "Defaults at each approval rate").say(lang),
    )  # fmt: skip
    yield Paragraph(Text(
        f"收益 = 好客户 × 利差 {share_text(found.margin)} − 违约 × 损失率 {share_text(found.lgd, 0)} − 通过者 × 运营成本 {share_text(found.operating)},按等额贷款计;盈亏平衡的违约概率为 {share_text(own.break_even_pd)}。参数出自政策 rating.toml 与 pricing.toml,不是测算结果。",
        f"Profit = good × margin {share_text(found.margin)} − defaults × LGD {share_text(found.lgd, 0)} − approved × handling {share_text(found.operating)}, loans of equal size; the break-even PD is {share_text(own.break_even_pd)}. These numbers are policy (rating.toml, pricing.toml), not measured.",
    ).say(lang), "muted")  # fmt: skip


def _groups(found: Examination, lang: Lang) -> Iterator[Block]:
    if not found.groupings:
        yield Paragraph(
            Text("没有指定分组,公平性未检验。", "No groups were named; fairness was not examined.").say(lang), "muted"
        )
        return
    for each in found.groupings:
        yield _head(Text(each.column + ("(三等分)" if each.how == "terciles" else ""), each.column + (" (terciles)" if each.how == "terciles" else "")), lang)  # fmt: skip
        yield from _grouping(each, found, lang)
    rate = share_text(found.approval.approval, 0)
    yield Paragraph(Text(
        f"机会差:按政策通过率 {rate} 时,该组好客户的通过率减去其余好客户的通过率。校准差:平均预测减实际违约率。“—”表示违约或未违约太少,不作判断。",
        f"Equal opportunity gap: at the policy's approval rate of {rate}, the share of the group's good ones approved less that of all other good ones. Calibration gap: mean PD less event rate. A dash: too few of a class to tell.",
    ).say(lang), "muted")  # fmt: skip


def _grouping(own: Grouping, found: Examination, lang: Lang) -> Iterator[Block]:
    if own.groups:
        missing = Text("太少,不作判断", "too few to tell").say(lang)
        rows = [
            (group_text(each.name).say(lang), each.gap_good.value if each.gap_good else None, each.gap_good.low if each.gap_good else 0.0, each.gap_good.high if each.gap_good else 0.0, f"n = {each.rows:,}")
            for each in own.groups
        ]  # fmt: skip
        off = [(group_text(each.name).say(lang), each.calibration_gap.value, each.calibration_gap.low, each.calibration_gap.high, f"n = {each.rows:,}") for each in own.groups]  # fmt: skip
        if len(own.groups) > 1:
            yield Charts((Chart(charts.dots(rows, 0.0, "", missing), Text("机会差(好客户通过率,95%)", "Equal opportunity gap (95 %)").say(lang), "equal opportunity"),))  # fmt: skip
        yield Charts((Chart(charts.dots(off, 0.0, "", missing), Text("校准差(预测减实际,95%)", "Calibration gap (predicted less came, 95 %)").say(lang), "calibration gap"),))  # fmt: skip
        yield Table(
            _columns_of(lang, ("组", "group", 1.9, "left"), ("行数", "rows", 0.7, "right"), ("违约", "bad", 0.6, "right"), ("违约率", "came", 0.8, "right"), ("平均预测", "mean PD", 0.9, "right"), ("AUC", "AUC", 1.7, "right"), ("通过", "approved", 0.9, "right"), ("好客户通过", "good approved", 1.2, "right")),
            tuple(_group_row(each, lang) for each in own.groups),
        )  # fmt: skip
    if own.too_small:
        named = own.too_small[:8]
        zh = "、".join(f"{group_text(name).zh}({rows} 行)" for name, rows in named)
        en = ", ".join(f"{group_text(name).en} ({rows} rows)" for name, rows in named)
        more = len(own.too_small) - len(named)
        yield Paragraph(Text(f"行数太少或排在其后、未列出:{zh}{f' 等 {len(own.too_small)} 组' if more > 0 else ''}。", f"Too small, or beyond the largest that are shown: {en}{f' and {more} more' if more > 0 else ''}.").say(lang), "muted")  # fmt: skip


def _group_row(each: Group, lang: Lang) -> tuple[Cell, ...]:
    return _row(
        group_text(each.name).say(lang), f"{each.rows:,}", f"{each.events:,}", share_text(each.event_rate.value), share_text(each.mean_pd),
        auc_text(each.auc) if each.auc else "—", share_text(each.approved.value, 0), share_text(each.approved_good.value, 0) if each.approved_good else "—",
    )  # fmt: skip


def _stability(found: Examination, lang: Lang) -> Iterator[Block]:
    own = found.stability
    if own is None:
        yield Paragraph(
            Text("时间列只有一个值,不能比较。", "The column of time has one value: nothing to compare.").say(lang),
            "muted",
        )
        return
    if own.periods:
        names = [each.name for each in own.periods]
        auc = [(each.auc.value, each.auc.low, each.auc.high) if each.auc else None for each in own.periods]
        rate = [(each.event_rate.value, each.event_rate.low, each.event_rate.high) for each in own.periods]
        mean = [(each.mean_pd, each.mean_pd, each.mean_pd) for each in own.periods]
        left = (Chart(charts.over_time(names, [("AUC", TEAL, auc)], 0.5), Text(f"各期 AUC(按 {own.by})", f"AUC by period ({own.by})").say(lang), "AUC by period"),) if any(auc) else ()  # fmt: skip
        drawn = charts.over_time(names, [(Text("实际违约率", "came").say(lang), TEAL, rate), (Text("平均预测", "mean PD").say(lang), AMBER, mean)], None)  # fmt: skip
        yield Charts((*left, Chart(drawn, Text("各期违约率与预测", "Event rate and mean PD by period").say(lang), "rates by period", narrow=True)))  # fmt: skip
        yield Table(
            _columns_of(lang, ("时期", "period", 1.2, "left"), ("行数", "rows", 0.8, "right"), ("违约", "bad", 0.7, "right"), ("违约率", "came", 2, "right"), ("平均预测", "mean PD", 1, "right"), ("AUC", "AUC", 1.8, "right"), ("PSI", "PSI", 0.7, "right"), ("噪声", "noise", 0.7, "right")),
            tuple(
                _row(each.name, f"{each.rows:,}", f"{each.events:,}", between(each.event_rate), share_text(each.mean_pd), auc_text(each.auc) if each.auc else "—", f"{each.psi:.3f}", f"{each.psi_noise:.3f}")
                for each in own.periods
            ), Text("评分的 PSI 为该期对其余各期", "PSI of the score: this period against all others").say(lang),
        )  # fmt: skip
    else:
        yield Notice("plain", Text("没有时间列", "No column of time").say(lang), (Text("以下比较文件的前一半与后一半;若行的先后不代表时间,这里只说明噪声有多大。", "The halves of the file are compared below; where the order of rows is not that of time, this only shows how great noise is.").say(lang),))  # fmt: skip
    listed = [own.score, *own.inputs[: _SHIFTS - 1]]
    rows = [
        (each.name or Text("评分(违约概率)", "score (PD)").say(lang), each.psi, each.noise, each.moved)
        for each in listed
    ]
    spans = Text(f"{own.earlier} 对 {own.later}", f"{own.earlier} against {own.later}") if own.by else Text("文件前一半对后一半", "first half of the file against the second")  # fmt: skip
    drawn = charts.shifts(rows, Text("无变化时的噪声水平(95%)", "noise level without change (95 %)").say(lang), Text("超出噪声(已作多重比较校正)", "beyond noise (corrected for many)").say(lang), Text("未超出", "within").say(lang))  # fmt: skip
    yield Charts(
        (Chart(drawn, Text("分布变化 PSI:", "Shift of distributions, PSI: ").say(lang) + spans.say(lang), "PSI"),)
    )
    more = len(own.inputs) + 1 - len(listed)
    hidden = (
        Text(f"另有 {more} 列变化更小,未列出。", f"{more} more columns moved less and are not shown. ")
        if more
        else Text("", "")
    )
    undated = Text(f"{own.undated} 行没有日期,未计入。", f"{own.undated} rows have no date and are left out. ") if own.undated else Text("", "")  # fmt: skip
    yield Paragraph(Text(
        f"{hidden.zh}{undated.zh}PSI 在小样本里本来就不为零:噪声水平 = χ²(箱数−1) 的 95% 分位数 × (1/n + 1/m)。固定的 0.1、0.25 不适用于所有样本量。",
        f"{hidden.en}{undated.en}In small samples PSI is never zero: the noise level is the 95 % quantile of χ²(bins − 1) × (1/n + 1/m). The customary 0.1 and 0.25 do not fit every size.",
    ).say(lang), "muted")  # fmt: skip


def _columns(found: Examination, lang: Lang) -> Iterator[Block]:
    for rows, words in (
        (found.basis.suspect, Text("可疑,仍在使用", "suspect, still in use")),
        (found.basis.refused, Text("已拒绝", "refused")),
    ):
        if rows:
            yield Table(
                _columns_of(lang, ("列", "column", 1.4, "left"), ("原因", "why", 4, "left")),
                tuple((Cell(name), Cell(Text(zh, en).say(lang), "muted")) for name, zh, en in rows), words.say(lang),
            )  # fmt: skip


def _signatures(found: Examination, lang: Lang) -> Iterator[Block]:
    roles: Sequence[Text] = (Text("建模人", "Modelled by"), Text("独立验证人", "Validated by"), Text("模型风险负责人", "Head of model risk"), Text("批准启用", "Approved for use"))  # fmt: skip
    yield Signatures(
        tuple(each.say(lang) for each in roles), Text("签名", "signature").say(lang), Text("日期", "date").say(lang)
    )
