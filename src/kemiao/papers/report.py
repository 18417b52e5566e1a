"""The credit investigation report (授信调查报告) on one company, chapter by chapter in the order a committee reads."""

from __future__ import annotations

from kemiao.papers.blocks import Paper
from kemiao.papers.chapters import (
    basis,
    closing,
    limit,
    portrait,
    price,
    rating,
    risks,
    sources,
    summary,
    technology,
    unknowns,
)
from kemiao.papers.content import ReportContent, Text
from kemiao.papers.figures import day_text
from kemiao.papers.numbered import numbered
from kemiao.papers.words import Lang


def compose_report(content: ReportContent, lang: Lang) -> Paper:
    """Every chapter that has something to say; chapters are numbered by what is there."""
    chapters = (
        (Text("结论与授信方案", "Decision and proposal"), summary.summary(content, lang)),
        (Text("依据与口径", "What this rests on"), basis.basis(content, lang)),
        (Text("企业画像", "Portrait of the company"), portrait.portrait(content, lang)),
        (Text("信用评级及理由", "Rating and its reasons"), rating.rating(content, lang)),
        (Text("技术评价", "Technology"), technology.technology(content.technology, lang)),
        (Text("资金需求与授信额度", "Need and limit"), limit.limit(content, lang)),
        (Text("定价", "Price"), price.price(content, lang)),
        (Text("主要风险", "Main risks"), risks.risks(content, lang)),
        (Text("授信前提条件", "Conditions precedent"), closing.conditions(content, lang)),
        (
            Text("未知事项与补证材料", "What is unknown, and which paper would settle it"),
            unknowns.unknowns(content, lang),
        ),
        (Text("不予授信告知(拟文)", "Adverse-action notice (draft)"), closing.adverse(content, lang)),
        (Text("数据来源", "Source of each figure"), sources.sources(content, lang)),
        (Text("签署", "Signatures"), closing.signatures(content, lang)),
    )
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
        tuple(numbered(chapters, lang)),
    )
