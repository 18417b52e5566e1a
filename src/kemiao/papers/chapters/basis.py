"""What the report rests on: the two days, the model, the legal basis, and what is assumed or out of date."""

from __future__ import annotations

from collections.abc import Iterator

from kemiao.papers.blocks import (
    Block,
    Cell,
    Notice,
    Pairs,
)
from kemiao.papers.content import (
    ReportContent,
    Text,
)
from kemiao.papers.figures import day_text
from kemiao.papers.words import MODEL_KIND, NOTHING, Lang, basis_text


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
            (
                Text("数据快照", "Snapshot").say(lang),
                Cell(Text(f"第 {content.snapshot} 号", f"no. {content.snapshot}").say(lang)),
            ),
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
