"""What an examination found, in words: what is good, what is not, what can't be told. Each sentence carries its figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from kemiao.credit.rating.examination import Examination
from kemiao.credit.rating.intervals import Figure
from kemiao.papers.content import Text

Tone = Literal["good", "warn", "bad"]
KINDS = {
    "model": Text("本模型", "the model"),
    "card": Text("评分卡", "the scorecard"),
    "challenger": Text("挑战者模型", "the challenger"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """bad: against its use. warn: a reservation. good: as it should be."""

    tone: Tone
    text: Text


def kind_text(name: str) -> Text:
    return KINDS.get(name) or Text(f"单列 {name}", f"{name} alone")


def share_text(found: float, places: int = 1) -> str:
    return f"{found * 100:.{places}f}%".replace("-", "−")


def between(found: Figure, places: int = 1) -> str:
    return f"{share_text(found.value, places)} [{share_text(found.low, places)}, {share_text(found.high, places)}]"


def points_text(found: Figure) -> str:
    """A difference of AUCs."""
    return f"{found.value:+.3f} [{found.low:+.3f}, {found.high:+.3f}]".replace("-", "−")


def auc_text(found: Figure) -> str:
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def group_text(name: str) -> Text:
    return Text(name, name) if name else Text("未知", "unknown")


def findings(found: Examination) -> tuple[Finding, ...]:
    every = [*_ranks(found), *_true(found), *_fair(found), *_steady(found), *_earns(found), *_label(found)]
    order = {"bad": 0, "warn": 1, "good": 2}
    return tuple(sorted(every, key=lambda each: order[each.tone]))


def verdict(every: tuple[Finding, ...]) -> tuple[Tone, Text]:
    if any(each.tone == "bad" for each in every):
        return "bad", Text("不宜启用", "Not fit for use")
    if any(each.tone == "warn" for each in every):
        return "warn", Text("有保留", "With reservations")
    return "good", Text("未见异常", "Nothing against it")


def _ranks(found: Examination) -> Iterator[Finding]:
    auc = found.ranking.auc
    if auc.low <= 0.5:
        yield Finding(
            "bad",
            Text(
                f"排序不比掷硬币可靠:AUC {auc_text(auc)},区间含 0.5。",
                f"It does not rank better than chance for sure: AUC {auc_text(auc)} reaches 0.5.",
            ),
        )
    else:
        yield Finding(
            "good",
            Text(
                f"能区分好坏:折外 AUC {auc_text(auc)}，KS {found.ranking.ks.value:.3f}。",
                f"It tells good from bad: out-of-fold AUC {auc_text(auc)}, KS {found.ranking.ks.value:.3f}.",
            ),
        )
    for each in found.contests:
        name, gap = kind_text(each.name), points_text(each.difference)
        if each.difference.high < 0:
            yield Finding(
                "bad", Text(f"不如{name.zh}：AUC 相差 {gap}。", f"Worse than {name.en}: AUC differs by {gap}.")
            )
        elif each.difference.low > 0:
            yield Finding(
                "good", Text(f"优于{name.zh}：AUC 相差 {gap}。", f"Better than {name.en}: AUC differs by {gap}.")
            )
        elif each.name not in KINDS:
            yield Finding(
                "warn",
                Text(
                    f"不能证明优于{name.zh}：AUC 相差 {gap}。",
                    f"Not shown to be better than {name.en}: AUC differs by {gap}.",
                ),
            )
        else:
            yield Finding(
                "good", Text(f"与{name.zh}不相上下:AUC 相差 {gap}。", f"On a par with {name.en}: AUC differs by {gap}.")
            )


def _true(found: Examination) -> Iterator[Finding]:
    own = found.calibration
    rates = f"{share_text(own.mean_pd)}", between(own.event_rate)
    if own.spiegelhalter_p >= 0.05:
        yield Finding(
            "good",
            Text(
                f"违约概率可信:平均预测 {rates[0]},实际 {rates[1]}；Spiegelhalter 检验 p = {own.spiegelhalter_p:.2f}。",
                f"Its PDs hold: predicted {rates[0]} on average, came {rates[1]}; Spiegelhalter's test p = {own.spiegelhalter_p:.2f}.",
            ),
        )
    else:
        sure = Text("过于自信", "too sure") if own.slope < 1 else Text("过于保守", "too cautious")
        yield Finding(
            "warn",
            Text(
                f"违约概率有偏:平均预测 {rates[0]},实际 {rates[1]};校准斜率 {own.slope:.2f}({sure.zh}),Spiegelhalter 检验 p = {own.spiegelhalter_p:.3f}。",
                f"Its PDs are off: predicted {rates[0]} on average, came {rates[1]}; calibration slope {own.slope:.2f} ({sure.en}), Spiegelhalter's test p = {own.spiegelhalter_p:.3f}.",
            ),
        )
    if own.brier_skill.low <= 0:
        yield Finding(
            "warn",
            Text(
                f"违约概率不比“人人取平均”准:Brier 技巧分 {between(own.brier_skill)}。",
                f"Its PDs may be no better than the mean rate for all: Brier skill {between(own.brier_skill)}.",
            ),
        )


def _fair(found: Examination) -> Iterator[Finding]:
    if not found.groupings:
        yield Finding(
            "warn",
            Text(
                "没有指定分组,公平性未检验(--groups、--size)。",
                "No groups were named, so fairness was not examined (--groups, --size).",
            ),
        )
        return
    shown = [(grouping, group) for grouping in found.groupings for group in grouping.groups]
    held_back, off = [], []
    for grouping, group in shown:
        name = _in_column(grouping.column, group.name)
        if group.gap_good is not None and group.gap_good.high < 0:
            held_back.append((name, between(group.gap_good, 0)))
        if group.calibration_gap.low > 0 or group.calibration_gap.high < 0:
            off.append((name, between(group.calibration_gap)))
    if held_back:
        yield Finding(
            "warn",
            Text(
                "好客户更难通过的组（机会差）：" + "；".join(f"{name.zh} {gap}" for name, gap in held_back) + "。",
                "Groups whose good ones are approved less often (equal opportunity gap): "
                + "; ".join(f"{name.en} {gap}" for name, gap in held_back)
                + ".",
            ),
        )
    if off:
        yield Finding(
            "warn",
            Text(
                "违约概率有偏的组（预测减实际）：" + "；".join(f"{name.zh} {gap}" for name, gap in off) + "。",
                "Groups whose PDs are off (predicted less came): "
                + "; ".join(f"{name.en} {gap}" for name, gap in off)
                + ".",
            ),
        )
    small = sum(len(grouping.too_small) for grouping in found.groupings)
    if held_back or off:
        count = 2 * len(shown)
        yield Finding(
            "warn",
            Text(
                f"共作 {count} 项组间比较,无差异时平均也会有 {count * 0.05:.1f} 项越界。",
                f"{count} comparisons of groups were made; {count * 0.05:.1f} would stand out by chance where nothing differs.",
            ),
        )
    else:
        yield Finding(
            "good",
            Text(
                f"{len(shown)} 个组中未见机会差或校准偏差超出区间。",
                f"None of {len(shown)} groups shows a gap of opportunity or of calibration beyond its interval.",
            ),
        )
    if small:
        yield Finding(
            "warn",
            Text(
                f"{small} 个组行数太少,不作判断。",
                f"{small} groups are too small or too many to be shown and are not judged.",
            ),
        )


def _in_column(column: str, name: str) -> Text:
    said = group_text(name)
    sign = " " if name[:1] in ("≤", ">") else ": "
    return Text(f"{column}{sign}{said.zh}", f"{column}{sign}{said.en}")


def _steady(found: Examination) -> Iterator[Finding]:
    own = found.stability
    if own is None or own.by is None:
        yield Finding(
            "warn",
            Text(
                "没有时间列,不能说明跨期稳定性(--time)。",
                "There is no column of time, so stability over time can't be told (--time).",
            ),
        )
        if own is None:
            return
    moved = [each for each in (own.score, *own.inputs) if each.moved and each.psi >= found.psi_notice]
    spans = (
        Text(f"{own.earlier} 与 {own.later}", f"{own.earlier} and {own.later}")
        if own.by
        else Text("文件前后两半", "the halves of the file")
    )
    if moved:
        names = [Text("评分", "the score") if not each.name else Text(each.name, each.name) for each in moved[:6]]
        more = len(moved) - len(names)
        listed = (
            "、".join(f"{name.zh} {each.psi:.2f}" for name, each in zip(names, moved, strict=False)),
            ", ".join(f"{name.en} {each.psi:.2f}" for name, each in zip(names, moved, strict=False)),
        )
        yield Finding(
            "warn",
            Text(
                f"{spans.zh}之间分布变化超出噪声（PSI）：{listed[0]}{f' 等 {len(moved)} 项' if more > 0 else ''}。",
                f"Between {spans.en} these moved beyond noise (PSI): {listed[1]}{f' and {more} more' if more > 0 else ''}.",
            ),
        )
    else:
        yield Finding(
            "good",
            Text(
                f"{spans.zh}之间未见超出噪声的明显变化:评分 PSI {own.score.psi:.3f},噪声水平 {own.score.noise:.3f}。",
                f"Between {spans.en} nothing moved markedly beyond noise: PSI of the score {own.score.psi:.3f}, noise level {own.score.noise:.3f}.",
            ),
        )


def _earns(found: Examination) -> Iterator[Finding]:
    best, position = found.cutoff.best, found.cutoff.position
    if best.approval == 0:
        yield Finding(
            "warn",
            Text(
                "按政策的收益与损失,任何通过率都不赚钱。",
                "By the policy's margin and losses no approval rate earns anything.",
            ),
        )
    else:
        yield Finding(
            "good",
            Text(
                f"收益最高的通过率为 {between(position, 0)},其中违约 {share_text(best.bad_rate)};违约不超过 {share_text(found.bad_rate_max)} 时可通过 {between(found.approval_at_bad_rate, 0)}。",
                f"It earns most at an approval rate of {between(position, 0)}, of whom {share_text(best.bad_rate)} default; at a bad rate of {share_text(found.bad_rate_max)} it can approve {between(found.approval_at_bad_rate, 0)}.",
            ),
        )


def _label(found: Examination) -> Iterator[Finding]:
    own = found.basis
    if own.horizon_days is None:
        yield Finding(
            "warn",
            Text(
                "标签没有时间跨度:违约率说的是这张表,不是一年内。",
                "The label has no horizon: PDs speak of this table, not of a year.",
            ),
        )
    if own.suspect:
        yield Finding(
            "warn",
            Text(
                "可疑的列（可能知道结果）：" + "、".join(each[0] for each in own.suspect) + "。",
                "Suspect columns (they may know the outcome): " + ", ".join(each[0] for each in own.suspect) + ".",
            ),
        )
    if own.weighted:
        yield Finding(
            "warn",
            Text(
                "样本有权重,但本报告的图表每行计一次。",
                "The rows have weights, but the figures of this report count each row once.",
            ),
        )
