"""What speaks against the company. Nothing is invented here: rules, lost points, weak law, unknowns."""

from __future__ import annotations

from collections.abc import Iterator

from kemiao.papers.blocks import (
    Block,
    Cell,
    Column,
    Paragraph,
    Table,
)
from kemiao.papers.content import (
    ReportContent,
    Text,
)
from kemiao.papers.figures import figure, title
from kemiao.papers.words import WEAK, Lang, names

_LOST = 6  # characteristics named
_NAMED = 6  # unknowns named before the rest is counted


def risks(content: ReportContent, lang: Lang) -> Iterator[Block]:
    """What speaks against the company: lost points with their evidence, weak law, unknowns. Nothing is invented here."""
    lost = sorted(
        (each for each in content.rating.contributions if each.points < each.best_points),
        key=lambda each: (each.points - each.best_points, each.title.zh),
    )[:_LOST]
    ruled = [point for point in content.reasons if point.ruled]
    effect = Text("触发政策规则", "sets off a rule of policy")
    rows = [
        (Cell(Text("政策规则", "Policy rule").say(lang)), Cell(title(point.text, lang)), Cell(effect.say(lang)))
        for point in ruled
    ]
    rows += [
        (
            Cell(title(each.title, lang)),
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
    weak = [finding for finding in content.findings if finding.confidence in WEAK]
    if weak:
        rows.append(
            (
                Cell(Text("规则文本待核", "Text of rules to be checked").say(lang)),
                Cell(names([finding.title for finding in weak], lang)),
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
                Cell(names(unknown, lang, _NAMED)),
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
