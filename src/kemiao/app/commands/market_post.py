"""kemiao market request | offer | cover | list | withdraw: what stands posted in this home."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from kemiao.app.door import DONE, REFUSED, Door, command
from kemiao.app.groups import group


def _option(names: str, zh: str, en: str) -> Any:
    return typer.Option(names, help=f"{zh} / {en}", show_default=False)


File = Annotated[
    Path | None, _option("--file", "成批挂牌:CSV、XLSX、Parquet", "many at once: the columns of market-tables")
]
Instead = Annotated[bool, typer.Option("--instead", help="取代同一编号(或同一企业)的有效挂牌 / in place of what stands under the same id, or for the same company")]  # fmt: skip
More = Annotated[list[str] | None, _option("--set", "其他列,可多次", "any other column, several times: NAME=VALUE")]
Covered = Annotated[str | None, _option("--covered", "担保", "no | accept | need")]
Ranking = Annotated[str | None, _option("--ranking", "自己的排序", "one's own order: A>B>*")]
Collateral = Annotated[str | None, _option("--collateral", "押品", "collateral, separated by ;")]


def register(cli: typer.Typer) -> None:
    market = group(cli, "market")

    @command(market)
    def request(
        door: Door,
        company: Annotated[str | None, typer.Argument(help="企业 / the company", show_default=False)] = None,
        amount: Annotated[str | None, _option("--amount", "金额", "amount: 200万")] = None,
        months: Annotated[int | None, _option("--months", "期限(月)", "months")] = None,
        rate_max: Annotated[str | None, _option("--rate-max", "最高综合成本(含担保费)", "highest true annual cost, fees included: 6%")] = None,
        purpose: Annotated[str | None, _option("--purpose", "用途", "purpose")] = None,
        form: Annotated[str | None, _option("--form", "方式", "whole | split | syndicated")] = None,
        latest: Annotated[str | None, _option("--latest", "最晚到账日", "the day by which the money is needed")] = None,
        covered: Covered = None, collateral: Collateral = None, ranking: Ranking = None,
        veto: Annotated[str | None, _option("--veto", "不接受的机构", "funders that are not wanted, separated by ;")] = None,
        more: More = None, file: File = None, instead: Instead = False,
    ) -> object:  # fmt: skip
        """企业的融资需求,撤回或成交前一直有效 / A company's request; it stands until withdrawn or matched.

        例 e.g.: kemiao market request 91110000MA0ABCDE12 --amount 200万 --months 12 --rate-max 6%
        """
        typed = {
            "company": company, "amount": amount, "months": months, "rate_max": rate_max, "purpose": purpose, "form": form, "latest": latest,
            "covered": covered, "collateral": collateral, "ranking": ranking, "veto": veto,
        }  # fmt: skip
        return _post(door, "requests", typed, more, file, instead, "COMPANY --amount --months --rate-max")

    @command(market)
    def offer(
        door: Door,
        mandate: Annotated[str | None, typer.Argument(help="这笔资金的编号 / a name for this mandate", show_default=False)] = None,
        budget: Annotated[str | None, _option("--budget", "预算", "budget: 1亿")] = None,
        rate: Annotated[str | None, _option("--rate", "利率(最好等级)", "rate of the best grade: 3.9%")] = None,
        per_grade: Annotated[str | None, _option("--per-grade", "每降一级加", "added a grade below the best: 0.2%")] = None,
        funder: Annotated[str | None, _option("--funder", "机构名称", "who lends")] = None,
        grade_floor: Annotated[str | None, _option("--grade-floor", "最低等级", "the worst grade that is taken")] = None,
        amount_low: Annotated[str | None, _option("--amount-low", "单笔最低", "smallest loan")] = None,
        amount_high: Annotated[str | None, _option("--amount-high", "单笔最高", "largest loan")] = None,
        industries: Annotated[str | None, _option("--industries", "行业", "industries, separated by ;")] = None,
        regions: Annotated[str | None, _option("--regions", "地区", "regions, separated by ;")] = None,
        covered: Covered = None, collateral: Collateral = None, ranking: Ranking = None, more: More = None, file: File = None, instead: Instead = False,
    ) -> object:  # fmt: skip
        """机构愿意投放的资金 / What a funder lends, and on which terms.

        例 e.g.: kemiao market offer M-2026 --funder 城东支行 --budget 1亿 --rate 3.9% --per-grade 0.2%
        """
        typed = {
            "mandate": mandate, "budget": budget, "rate": rate, "rate_per_grade": per_grade, "funder": funder, "grade_floor": grade_floor, "amount_low": amount_low,
            "amount_high": amount_high, "industries": industries, "regions": regions, "covered": covered, "collateral": collateral, "ranking": ranking,
        }  # fmt: skip
        return _post(door, "mandates", typed, more, file, instead, "MANDATE --budget --rate")

    @command(market)
    def cover(
        door: Door,
        cover: Annotated[str | None, typer.Argument(help="这项额度的编号 / a name for this cover", show_default=False)] = None,
        capacity: Annotated[str | None, _option("--capacity", "额度", "capacity: 5000万")] = None,
        share: Annotated[str | None, _option("--share", "分担比例", "share of the loss that it bears: 80%")] = None,
        fee: Annotated[str | None, _option("--fee", "年费率", "fee, a year of what it bears: 1%")] = None,
        guarantor: Annotated[str | None, _option("--guarantor", "机构名称", "who covers")] = None,
        kind: Annotated[str | None, _option("--kind", "类别", "guarantee | pool")] = None,
        mandates: Annotated[str | None, _option("--mandates", "合作的资金或机构", "mandates or funders that it works with, separated by ;")] = None,
        more: More = None, file: File = None, instead: Instead = False,
    ) -> object:  # fmt: skip
        """担保或风险补偿额度 / Capacity of a guarantor or of a risk compensation fund.

        例 e.g.: kemiao market cover G-1 --guarantor 市担保公司 --capacity 5000万 --share 80% --fee 1%
        """
        typed = {
            "cover": cover,
            "capacity": capacity,
            "share": share,
            "fee": fee,
            "guarantor": guarantor,
            "kind": kind,
            "mandates": mandates,
        }
        return _post(door, "covers", typed, more, file, instead, "COVER --capacity --share")

    @command(market, name="list")
    def list_(
        door: Door,
        every: Annotated[bool, typer.Option("--all", help="含已撤回和已成交的 / ended ones too")] = False,
    ) -> object:
        """本机构的挂牌 / What is posted in this home.  例 e.g.: kemiao market list"""
        from kemiao.app.market_call_shown import postings
        from kemiao.app.world import open_world
        from kemiao.bank.commands.market_post import listed

        with open_world(door) as world:
            found = listed(world, ended=every)
        return postings(door, found)

    @command(market)
    def withdraw(
        door: Door,
        posting: Annotated[str, typer.Argument(help="挂牌编号,或 --bid 时标书编号 / the posting; with --bid the bid's entry")],
        bid: Annotated[bool, typer.Option("--bid", help="撤回链上的标书 / takes a bid on the chain back")] = False,
        standing: Annotated[bool, typer.Option("--standing", help="标书只是不再参加以后的撮合 / the bid only stays out of later calls")] = False,
    ) -> object:  # fmt: skip
        """撤回挂牌或标书 / Takes a posting or a bid back.  例 e.g.: kemiao market withdraw M-2026"""
        from dataclasses import asdict

        from kemiao.app.world import open_world
        from kemiao.bank.commands.market_bid import take_back
        from kemiao.bank.commands.market_post import as_json
        from kemiao.bank.commands.market_post import withdraw as take
        from kemiao.base.refusal import Refusal

        with open_world(door) as world:
            if bid:
                back = take_back(world, posting, standing_only=standing)
                if isinstance(back, Refusal):
                    return back
                return door.document(asdict(back)) if door.as_json else door.say(f"标书 {back.bid[:8]} 已撤回", f"bid {back.bid[:8]}: taken back")  # fmt: skip
            done = take(world, posting)
        if isinstance(done, Refusal):
            return done
        return door.document(as_json(done)) if door.as_json else door.say(f"{done.id} 已撤回", f"{done.id}: withdrawn")


def _post(
    door: Door, side: Any, typed: dict[str, Any], more: list[str] | None, file: Path | None, instead: bool, needed: str
) -> object:
    from kemiao.app.world import open_world
    from kemiao.bank.commands.market_post import as_json, post
    from kemiao.base.refusal import Refusal

    if file is not None and (any(value is not None for value in typed.values()) or more):
        raise typer.BadParameter(
            door.word("文件与单笔选项不能并用", "a file, or one posting by options"), param_hint="--file"
        )
    unreadable: list[Any] = []
    rows = _rows(typed, more) if file is None else _of_file(file, unreadable)
    if file is None and not any(rows[0].cells.values()):
        raise typer.BadParameter(door.word(f"需要 {needed},或 --file", f"needs {needed}, or --file"))
    with open_world(door) as world:
        answers = post(world, side, rows, instead=instead)
    if isinstance(answers, Refusal):
        return answers
    refused = [each for each in answers if isinstance(each, Refusal)]
    if file is None and refused:
        return refused[0]
    refused += unreadable
    posted = [each for each in answers if not isinstance(each, Refusal)]
    if door.as_json:
        door.lines([{"refused": each.as_json()} if isinstance(each, Refusal) else as_json(each) for each in (*answers, *unreadable)])  # fmt: skip
    else:
        for each in refused[:20]:
            door.say(f"{each.code}  {each.text('zh')}", f"{each.code}  {each.text('en')}")
        names = "、".join(each.id for each in posted[:10])
        door.say(
            f"已挂牌 {len(posted)} 笔:{names};未受理 {len(refused)} 行",
            f"{len(posted)} posted: {names}; {len(refused)} rows refused",
        )
    raise typer.Exit(REFUSED if refused else DONE)


def _rows(typed: dict[str, Any], more: list[str] | None) -> list[Any]:
    from kemiao.bank.commands.market_post import Row

    cells = {name: str(value) for name, value in typed.items() if value is not None}
    for text in more or ():
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise typer.BadParameter(f"NAME=VALUE: {text}", param_hint="--set")
        cells[name.strip()] = value
    return [Row(cells)]


def _of_file(file: Path, unreadable: list[Any]) -> list[Any]:
    """unreadable: takes a refusal for each line that can't be read as a row."""
    from kemiao.bank.commands.market_post import Row
    from kemiao.bank.commands.plan import rows_of
    from kemiao.base.refusal import Refusal, Refused

    faults: list[Any] = []
    header, rows = rows_of(file, faults)
    made, names = [], [name.strip() for name in header]
    if len(set(names)) < len(names):
        raise Refused(Refusal.at("COLUMN_TWICE", "有重名的列", "a column stands twice", file=file.name))
    for row, cells in rows:
        made.append(Row(dict(zip(names, cells, strict=False)), (("file", file.name), ("row", str(row)))))
    unreadable += [Refusal.at(fault.code, "这一行读不成一行(单元格数目、引号或编码不对)", "this line can't be read as a row (its number of cells, a quote, or its encoding)", file=file.name, row=fault.row) for fault in faults]  # fmt: skip
    return made
