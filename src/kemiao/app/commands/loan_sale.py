"""kemiao loan sell | buy-back | funder-report"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from kemiao.app.door import Account, Door, command
from kemiao.app.groups import group
from kemiao.base.refusal import Refusal

Loan = Annotated[str, typer.Argument(metavar="LOAN", help="贷款 / the loan")]
Share = Annotated[str, typer.Option("--share", help="份额 / the share: 40%")]
Price = Annotated[
    str | None, typer.Option("--amount", help="价款,默认为所欠全部的份额 / the price; that share of all that is owed")
]
On = Annotated[str | None, typer.Option("--on", help="哪天,默认今天 / the day; today")]
Id = Annotated[str | None, typer.Option("--message", help="报文编号 / the message's id")]
_COLUMNS = {
    "opening_fen": ("期初本金", "opening"), "bought_fen": ("受让", "bought"), "drawn_fen": ("增加", "added"), "principal_fen": ("收回本金", "principal"),
    "sold_back_fen": ("回购", "sold back"), "written_off_fen": ("核销", "written off"), "other_fen": ("其他", "other"), "closing_fen": ("期末本金", "closing"),
    "interest_fen": ("利息", "interest"), "penalty_fen": ("罚息", "penalty"), "recovered_fen": ("核销后收回", "recovered"), "remitted_fen": ("应划付", "to be passed on"),
}  # fmt: skip


def register(cli: typer.Typer) -> None:
    loan = group(cli, "loan")

    @command(loan)
    def sell(
        door: Door, own: Loan, to: Annotated[str, typer.Option("--to", help="受让方 / the funder")], share: Share,
        amount: Price = None, on: On = None, message: Id = None, as_: Account = None,
    ) -> object:  # fmt: skip
        """转让贷款的一部分,仍由本行服务 / Sells a part of a loan; this bank goes on serving it.

        例 e.g.: kemiao loan sell loan-… --to 城市银行 --share 40% --as zhou
        """
        return _transfer(door, "sell", own, to, share, amount, on, message, as_)

    @command(loan, name="buy-back")
    def buy_back(
        door: Door, own: Loan, source: Annotated[str, typer.Option("--from", help="受让方 / the funder")], share: Share,
        amount: Price = None, on: On = None, message: Id = None, as_: Account = None,
    ) -> object:  # fmt: skip
        """回购已转让的部分 / Buys a part back.  例 e.g.: kemiao loan buy-back loan-… --from 城市银行 --share 40% --as zhou"""
        return _transfer(door, "buy_back", own, source, share, amount, on, message, as_)

    @command(loan, name="funder-report")
    def report(
        door: Door,
        funder: Annotated[str, typer.Argument(metavar="FUNDER", help="受让方 / the funder")],
        first: Annotated[str, typer.Option("--from", help="起日 / the first day")],
        last: Annotated[str, typer.Option("--to", help="止日 / the last day")],
        out: Annotated[Path | None, typer.Option("--out", help="写到 / to FILE.xlsx", metavar="FILE")] = None,
    ) -> object:
        """给受让方的服务报告:本金、收回、应划付 / The servicing report for a funder: principal, collections, what is passed on.

        例 e.g.: kemiao loan funder-report 城市银行 --from 2024-07-01 --to 2024-07-31 --out 报告.xlsx
        """
        from kemiao.app.options import optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.loan_sale import funder_report

        since, until = optional_day(first), optional_day(last)
        if since is None or until is None:
            raise typer.BadParameter("--from, --to")
        if out is not None and out.suffix.lower() != ".xlsx":
            raise typer.BadParameter("FILE.xlsx", param_hint="--out")
        if out is not None and out.exists():
            return Refusal.at("FILE_EXISTS", "文件已存在,不覆盖", "the file exists; it is not overwritten", file=out)
        with open_world(door) as world:
            answer = funder_report(world, funder, since, until)
        if isinstance(answer, Refusal):
            return answer
        if out is not None:
            _write(door, answer, out)
        if door.as_json:
            return door.document(answer)
        _show(door, answer)
        return door.text(door.word(f"写到 {out}", f"written to {out}")) if out is not None else None


def _transfer(
    door: Door, kind: Literal["sell", "buy_back"], own: str, funder: str, share: str, amount: str | None, on: str | None, message: str | None, as_: str | None
) -> object:  # fmt: skip
    from kemiao.app.options import amount_fen, optional_day
    from kemiao.app.world import open_world
    from kemiao.bank.commands.loan_sale import Transfer, price_fen, transfer
    from kemiao.base.money import yuan_text
    from kemiao.base.rates import parse_ppm

    ppm = parse_ppm(share)
    if isinstance(ppm, Refusal):
        raise typer.BadParameter(ppm.text(door.lang), param_hint="--share")
    request = Transfer(kind, own, funder, ppm, amount_fen(amount), optional_day(on), message)
    with open_world(door) as world:
        answer = transfer(world, as_, request)
        price = None if isinstance(answer, Refusal) else price_fen(world, answer.message)
    if isinstance(answer, Refusal):
        return answer
    if door.as_json:
        return door.document(answer.as_json())
    again = door.word("(已登记过)", " (recorded before)") if answer.again else ""
    zh, en = ("", "") if price is None else (f",价款 {yuan_text(price)} 元", f", for {yuan_text(price)} yuan")
    return door.text(door.word(f"已登记 {answer.message}:份额 {share}{zh}{again}", f"recorded {answer.message}: {share}{en}{again}"))  # fmt: skip


def _show(door: Door, answer: dict[str, Any]) -> None:
    from kemiao.base.money import yuan_text
    from kemiao.base.rates import percent_text

    titles = [
        door.word("贷款", "loan"),
        door.word("份额", "share"),
        *(door.word(*words) for words in _COLUMNS.values()),
    ]
    rows = [[row["loan"], percent_text(row["share_ppm"]), *(yuan_text(row[name]) for name in _COLUMNS)] for row in answer["loans"]]  # fmt: skip
    total = [door.word("合计", "all"), "", *(yuan_text(answer["totals"][name]) for name in _COLUMNS)]
    door.table(
        f"{answer['funder']}  {answer['from']} … {answer['to']}  {door.word('单位:元', 'in yuan')}",
        titles,
        [*rows, total],
    )


def _write(door: Door, answer: dict[str, Any], out: Path) -> None:
    """Two sheets: a row a loan with the totals, and every movement. Amounts are yuan; the file appears whole or not at all."""
    import os
    from decimal import Decimal

    from openpyxl import Workbook

    from kemiao.base.refusal import Outage

    book = Workbook()
    sheet = book.active
    sheet.title = door.word("汇总", "summary")
    sheet.append([answer["funder"], str(answer["from"]), str(answer["to"]), door.word("单位:元", "in yuan")])
    sheet.append([door.word("贷款", "loan"), door.word("企业", "company"), door.word("份额", "share"), door.word("逾期天数", "days past due"), *(door.word(*words) for words in _COLUMNS.values())])  # fmt: skip
    for row in answer["loans"]:
        sheet.append([row["loan"], row["company"], Decimal(row["share_ppm"]) / 1_000_000, row["past_due_days"], *(Decimal(row[name]) / 100 for name in _COLUMNS)])  # fmt: skip
    sheet.append([door.word("合计", "all"), "", "", "", *(Decimal(answer["totals"][name]) / 100 for name in _COLUMNS)])
    moved = book.create_sheet(door.word("明细", "movements"))
    moved.append([door.word(*words) for words in (("贷款", "loan"), ("日期", "day"), ("类型", "kind"), ("组成", "component"), ("金额", "amount"), ("报文", "message"))])  # fmt: skip
    for row in answer["loans"]:
        for one in row["movements"]:
            moved.append([row["loan"], one["day"], one["kind"], one["component"], Decimal(one["amount_fen"]) / 100, one["message"]])  # fmt: skip
    for cell in (cell for page in book for row in page.iter_rows() for cell in row):
        if cell.data_type == "f":  # a funder's name that begins with "=" is a name
            cell.data_type = "s"
    building = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        book.save(building)
        building.rename(out)
    except OSError as error:
        building.unlink(missing_ok=True)
        raise Outage("FILE_UNWRITABLE", f"报告无法写入:{error.strerror}", f"the report can't be written: {error.strerror}", {"file": out}) from error  # fmt: skip
