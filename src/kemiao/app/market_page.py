"""The page of a cleared market: one file, no scripts, nothing from elsewhere; it opens without a network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from kemiao.app import market_drawn as drawn
from kemiao.app.door import seen
from kemiao.app.market_shown import RESULTS, blocking_text, cut_text, floors_text, group_text, price_text, summary
from kemiao.base.money import short_text
from kemiao.base.rates import percent_text

SHOWN = 300  # rows of a table: matches.csv and result.json have them all
_STYLE = """
:root{color-scheme:light}*{box-sizing:border-box}body{margin:0;background:#f4f6f8;color:#1c2b36;font:15px/1.55 'Noto Sans SC','PingFang SC','Microsoft YaHei','Noto Sans CJK SC',system-ui,sans-serif}
main{max-width:960px;margin:0 auto;padding:28px 20px 60px}h1{font-size:25px;margin:0 0 4px}h2{font-size:17px;margin:0 0 10px}p{margin:6px 0}.soft{color:#5b6b78;font-size:13px}
section{background:#fff;border:1px solid #d9e0e5;border-radius:10px;padding:18px 20px;margin:16px 0;overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13.5px}th,td{padding:5px 10px;border-bottom:1px solid #e9edf0;text-align:left;white-space:nowrap}th{color:#5b6b78;font-weight:600}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}tr.c td{background:#eef6f6}.mark{display:inline-block;background:#0f6c74;color:#fff;border-radius:9px;padding:0 9px;font-size:12.5px}
svg{max-width:100%;height:auto;display:block}code{font-size:12.5px;overflow-wrap:anywhere;white-space:normal}
@media print{body{background:#fff}section{break-inside:avoid;border:0;padding:8px 0}}
"""


def page(whole: Mapping[str, Any], lang: str) -> str:
    """Of the whole document: for the operator, not for everybody."""
    zh = lang == "zh"
    counts, cleared = whole["counts"], whole["cleared"]
    title = f"资金撮合 {whole['day']}" if zh else f"Market of {whole['day']}"
    parts = [
        _head(whole, zh, title),
        _section("两个结果与先到先得" if zh else "Both results, and first come, first served", _three(whole, lang), _summary(whole, lang)),
    ]  # fmt: skip
    if counts["mandates"]:
        parts.append(_section("各家资金放了多少" if zh else "What each funder lends", drawn.funders(whole["stable"]["mandates"], whole["best"]["mandates"], lang)))  # fmt: skip
        parts.append(_section("录取线(稳定匹配)" if zh else "Cut-offs of the stable matching", drawn.cut_offs(whole["stable"]["cut_offs"], lang), _cuts(whole, lang)))  # fmt: skip
    parts.append(_section("稳定的代价:谁更好,谁更差" if zh else "The price of stability: who gains, who loses", _price(whole["price_of_stability"], lang)))  # fmt: skip
    floors = floors_text(whole, lang)
    if floors:
        parts.append(_section("公平下限" if zh else "Floors", f"<p>{_e(floors)}</p>"))
    if whole["fairness"]["stable"]:
        parts.append(_section("谁得到了资金:按群体" if zh else "Who was served, by group", _fair(whole, lang)))
    parts.append(_blocking(whole, zh))
    parts.append(_section(f"成交({RESULTS[cleared][0] if zh else RESULTS[cleared][1]})" if zh else f"Contracts ({RESULTS[cleared][1]})", _matches(whole, lang)))  # fmt: skip
    if whole["bad_rows"]:
        parts.append(_section("未能读入的行" if zh else "Rows that could not be read", _bad(whole, lang)))
    return (
        f'<!doctype html><html lang="{"zh-CN" if zh else "en"}"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{_e(title)}</title><style>{_STYLE}</style></head>'
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def _e(words: object) -> str:
    return escape(seen(str(words)))


def _section(title: str, *inside: str) -> str:
    return f"<section><h2>{_e(title)}</h2>{''.join(inside)}</section>"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], numbers: frozenset[int] = frozenset()) -> str:
    """numbers: the columns that are set flush right."""

    def cells(tag: str, row: Sequence[object]) -> str:
        return "".join(
            f"<{tag}{' class=n' if at in numbers else ''}>{'' if cell is None else _e(cell)}</{tag}>"
            for at, cell in enumerate(row)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<table><thead><tr>{cells('th', heads)}</tr></thead><tbody>{body}</tbody></table>"


def _head(whole: Mapping[str, Any], zh: bool, title: str) -> str:
    counts = whole["counts"]
    lang = "zh" if zh else "en"
    asked, budget = short_text(counts["asked_fen"], lang), short_text(counts["budget_fen"], lang)
    if zh:
        said = f"{counts['requests']} 笔需求共 {asked},{counts['mandates']} 笔资金共 {budget},{counts['covers']} 项担保;可签的合同 {counts['options']} 种,{counts['without_option']} 笔需求没有一家资金的条件相合。"
        result = f"成交以 <span class=mark>{_e(RESULTS[whole['cleared']][0])}</span> 为准;另一结果仅供对照。"
    else:
        said = f"{counts['requests']} requests for {asked} yuan, {counts['mandates']} mandates of {budget} yuan, {counts['covers']} covers; {counts['options']} contracts could be signed, and {counts['without_option']} requests meet no mandate's terms."
        result = f"The <span class=mark>{_e(RESULTS[whole['cleared']][1])}</span> result counts; the other is there to compare."
    seed = f"{'抽签种子' if zh else 'Seed of the lottery'} <code>{_e(whole['seed'])}</code>"
    return f"<h1>{_e(title)}</h1><p>{_e(said)}</p><p>{result}</p><p class=soft>{seed}</p>"


def _three(whole: Mapping[str, Any], lang: str) -> str:
    zh = lang == "zh"

    def values(key: str) -> list[int]:
        return [whole[name][key] or 0 for name in RESULTS]

    rows = [
        ("成交金额" if zh else "lent", values("lent_fen"), lambda fen: short_text(fen, lang)),
        ("社会福利(年)" if zh else "welfare, a year", values("welfare_fen"), lambda fen: short_text(fen, lang)),
        ("得到资金的企业" if zh else "companies served", values("matched"), str),
    ]
    return drawn.three(rows, [name[0] if zh else name[1] for name in RESULTS.values()])


def _summary(whole: Mapping[str, Any], lang: str) -> str:
    zh = lang == "zh"
    heads = ["项目" if zh else "what", *(name[0] if zh else name[1] for name in RESULTS.values())]
    return table(heads, summary(whole, lang), frozenset({1, 2, 3}))


def _cuts(whole: Mapping[str, Any], lang: str) -> str:
    zh = lang == "zh"
    rest = [cut for cut in whole["stable"]["cut_offs"] if cut["at"] != "mandate" and not cut["open"]]
    note = (
        "更愿意来而没有被录取的企业都排在线后:先看资金方自己的排序,再看价值,同值者抽签。线后也有被录取的:前面的整笔贷款放不下的余额,后面放得下的填上。"
        if zh
        else "Whoever would rather have come and was not taken stands behind the line: first by the funder's own ranking, then by value, then by lot. Some behind it may be in: they fitted into what was too small for whole loans before them."
    )
    said = f"<p class=soft>{_e(note)}</p>"
    if not rest:
        return said
    words = {"limit": "行业集中度" if zh else "limit of an industry", "cover": "担保" if zh else "cover"}
    rows = [(words[cut["at"]], cut["name"], cut_text(cut, lang)) for cut in rest[:SHOWN]]
    return said + table(["限制" if zh else "limit", "名称" if zh else "name", "录取线" if zh else "cut-off"], rows, frozenset({2}))  # fmt: skip


def _price(price: Mapping[str, Any], lang: str) -> str:
    zh = lang == "zh"
    said = price_text(price, lang)
    rows = [
        (named[0] if zh else named[1], one["id"], short_text(one["value_fen"], lang), short_text(one["stable_fen"], lang), short_text(one["best_fen"], lang))
        for side, named in (("companies", ("企业", "company")), ("funders", ("资金方", "funder")), ("covers", ("担保方", "cover")))
        for way in ("gain", "lose") for one in price[side][way]["largest"]
    ]  # fmt: skip
    heads = ["一方" if zh else "side", "谁" if zh else "who", "每年多(少)" if zh else "more (less) a year", "稳定:金额" if zh else "stable: amount", "最优:金额" if zh else "best: amount"]  # fmt: skip
    return f"<p>{_e(said)}</p>" + drawn.gains(price, lang) + (table(heads, rows, frozenset({2, 3, 4})) if rows else "")


def _fair(whole: Mapping[str, Any], lang: str) -> str:
    """Shares of each group, then the difference from the others of the same grade, both with their intervals."""
    zh = lang == "zh"
    colours = (("stable", drawn.TEAL), ("best", drawn.AMBER))
    shares, apart = [], []
    for place, row in enumerate(whole["fairness"]["stable"]):
        name = group_text(row["group"], lang)
        for result, colour in colours:
            number = whole["fairness"][result][place]["number"]
            for side, words in (("members", name), ("others", f"— {'其他' if zh else 'others'}")):
                shares.append(_interval(words, number[side]["share"], colour))
            apart.append(_interval(name, number["within_grade"], colour))
    share = percent_text(whole["rules"]["fairness"]["confidence_ppm"], 0)
    said = (
        f"得到资金的比例,{share} 区间。"
        if zh
        else f"Share of the requests that were served, with intervals of {share}."
    )
    more = "与同等级其他企业的差:单看一个区间,不含 0 者不像是偶然(区间一多,总有几个碰巧不含 0);其余原因可能是等级所不知道的。" if zh else "Difference from the others of the same grade: where an interval, looked at alone, leaves out 0, chance is no likely reason (among many, a few do by chance); what the grade does not know may be."  # fmt: skip
    return f"<p>{_e(said)}</p>{drawn.intervals(shares, lang)}<p>{_e(more)}</p>{drawn.intervals(apart, lang)}"


def _interval(words: str, interval: Mapping[str, int] | None, colour: str) -> tuple[str, int | None, int, int, str]:
    if interval is None:
        return words, None, 0, 0, colour
    return words, interval["ppm"], interval["low_ppm"], interval["high_ppm"], colour


def _blocking(whole: Mapping[str, Any], zh: bool) -> str:
    stable = whole["stable"]
    if stable["exact"]:
        words = "严格稳定:没有一对企业与资金方都更愿意彼此成交(贷款都可拆分,有定理;也逐一核对过)。" if zh else "Exactly stable: no company and funder would both rather have each other (a theorem, as all loans can be split; looked for all the same)."  # fmt: skip
    elif not stable["blocking"]["count"]:
        words = "没有阻碍合同:每份可签而未签的合同,总有一方不愿以它代替现在所得。" if zh else "No contract blocks: of each that could be signed and was not, some side would not rather have it."  # fmt: skip
    else:
        words = f"{blocking_text(stable, 'zh' if zh else 'en')}。" if zh else f"{blocking_text(stable, 'en')}."
        fewest = stable["blocking"]["fewest"]
        if fewest is not None:
            words += f"少于 {fewest['at_least']} 份的配置不存在(已证明)。" if zh else f" No allocation has fewer than {fewest['at_least']} (proven)."  # fmt: skip
    listed = stable["blocking"]["listed"]
    rows = [(one["request"], one["mandate"], one["cover"]) for one in listed[:SHOWN]]
    if len(rows) < stable["blocking"]["count"]:
        words += f"下面是前 {len(rows)} 份。" if zh else f" The first {len(rows)} are below."
    heads = ["需求" if zh else "request", "资金" if zh else "mandate", "担保" if zh else "cover"]
    return _section("稳定性" if zh else "Stability", f"<p>{_e(words)}</p>", table(heads, rows) if rows else "")


def _matches(whole: Mapping[str, Any], lang: str) -> str:
    zh = lang == "zh"
    found = whole[whole["cleared"]]["matches"]
    if not found:
        return f"<p>{'没有成交。' if zh else 'Nothing is lent.'}</p>"
    heads = [("企业", "company"), ("资金", "mandate"), ("机构", "funder"), ("担保", "cover"), ("金额", "amount"), ("月", "months"), ("利率", "rate"), ("综合成本", "true cost"), ("志愿", "choice")]  # fmt: skip
    rows = [
        (one["company"], one["mandate"], one["funder"], one["cover"], short_text(one["amount_fen"], lang), one["months"], percent_text(one["rate_ppm"]), percent_text(one["cost_ppm"]), one["choice"])
        for one in found[:SHOWN]
    ]  # fmt: skip
    more = (
        f"共 {len(found)} 笔,显示前 {len(rows)} 笔"
        if zh
        else f"{len(found)} contracts, the first {len(rows)} are shown"
    )
    return table([head[0 if zh else 1] for head in heads], rows, frozenset({4, 5, 6, 7, 8})) + f"<p class=soft>{_e(more)}</p>"  # fmt: skip


def _bad(whole: Mapping[str, Any], lang: str) -> str:
    zh = lang == "zh"
    rows = [
        (*(each["where"].get(name) for name in ("file", "row", "column")), each[lang])
        for each in whole["bad_rows"][:SHOWN]
    ]
    return table(["文件" if zh else "file", "行" if zh else "row", "列" if zh else "column", "问题" if zh else "problem"], rows)  # fmt: skip
