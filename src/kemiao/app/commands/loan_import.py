"""kemiao loan import | history: existing loans of another system come in"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from kemiao.app.door import Account, Door, command
from kemiao.app.groups import group
from kemiao.base.refusal import Refusal, Refused


def register(cli: typer.Typer) -> None:
    loan = group(cli, "loan")

    @command(loan, name="import")
    def import_(
        door: Door,
        file: Annotated[Path, typer.Argument(metavar="FILE", help="台账 / the ledger: CSV, XLSX, Parquet, JSON Lines")],
        history: Annotated[Path | None, typer.Option("--history", metavar="FILE", help="历史明细 / what happened before, one row each")] = None,
        on: Annotated[str | None, typer.Option("--on", help="余额日(日终),默认今天 / the day at whose end the balances hold; today")] = None,
        total: Annotated[str | None, typer.Option("--total", help="余额控制总数 / the control total of the balances, e.g. 1.2亿")] = None,
        rejects: Annotated[Path | None, typer.Option("--rejects", metavar="FILE", help="未迁入的行写到 / where rows that wait are written (CSV)")] = None,
        sheet: Annotated[str | None, typer.Option("--sheet", metavar="NAME", help="工作簿中的哪张表 / which sheet, where several hold a ledger")] = None,
        as_: Account = None,
    ) -> object:  # fmt: skip
        """存量贷款带余额与历史迁入,核对控制总数 / Existing loans come in with balances and history, reconciled.

        例 e.g.: kemiao loan import 台账.xlsx --history 明细.csv --on 2024-06-30 --total 1.2亿 --as zhou
        """
        from kemiao.app.options import amount_fen, optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.own_loans import OwnLoans, bring_loans

        if rejects is not None and rejects.exists():
            return Refusal.at(
                "FILE_EXISTS", "文件已存在,不覆盖", "the file exists; it is not overwritten", file=rejects
            )
        request = OwnLoans(file, history, optional_day(on), amount_fen(total), rejects, sheet)
        with open_world(door) as world, door.progress("迁入", "bringing in") as bar:
            answer = bring_loans(world, as_, request, bar)
        if isinstance(answer, Refusal):
            return answer
        return door.document(answer) if door.as_json else show(door, answer)

    imports = next(each.typer_instance for each in cli.registered_groups if each.name == "import")

    @command(imports, name="own_loans")
    def own_loans(
        door: Door,
        paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="台账 / ledgers of existing loans")],
        history: Annotated[Path | None, typer.Option("--history", metavar="FILE", help="历史明细 / what happened before")] = None,
        on: Annotated[str | None, typer.Option("--on", help="余额日(日终),默认今天 / the day at whose end the balances hold; today")] = None,
        total: Annotated[str | None, typer.Option("--total", help="余额控制总数 / the control total of the balances")] = None,
        company: Annotated[str | None, typer.Option("--company", help="这些文件属于哪家企业 / whose papers these are", metavar="KEY")] = None,
        basis: Annotated[str | None, typer.Option("--basis", help="依据 / consent:FILE, office:ARTICLE, anonymised, own")] = None,
        as_: Account = None,
    ) -> object:  # fmt: skip
        """本行贷款台账:作为资料导入;指明经办账户(--as)时,贷款也迁入账上 / The ledger as facts; with an account, into the book too.

        例 e.g.: kemiao import own_loans 台账.csv --total 1.2亿 --as zhou
        """
        from kemiao.app.commands.import_ import show as show_import
        from kemiao.app.options import amount_fen, company_keys, optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.import_files import ImportFiles, import_files
        from kemiao.bank.commands.own_loans import OwnLoans, bring_loans
        from kemiao.data.discovery import discover
        from kemiao.data.map import load_map

        (key,) = company_keys([company] if company else None) or (None,)
        ledgers = list(dict.fromkeys(found.path for found in discover(load_map("own_loans"), paths)[0]))
        if (history or total) and (len(ledgers) != 1 or as_ is None):
            raise typer.BadParameter(door.word("--history 与 --total 用于一个文件,并须 --as", "--history and --total go with one file and --as"))  # fmt: skip
        source = ImportFiles(load_map("own_loans"), "own_loans", tuple(paths), {"company": key} if key else {}, basis)
        with open_world(door, create=True) as world:
            brought = []
            for path in ledgers if as_ is not None else ():
                with door.progress("迁入", "bringing in") as bar:
                    answer = bring_loans(world, as_, OwnLoans(path, history, optional_day(on), amount_fen(total)), bar)
                if isinstance(answer, Refusal):
                    return answer
                brought.append(answer)
            try:
                with door.progress("导入", "importing") as bar:
                    imported = import_files(world, source, told=bar)
            except Refused as refused:
                imported = refused.refusal
        if isinstance(imported, Refusal):
            if any(each["taken"] for each in brought):
                return _half(imported, sum(each["taken"] for each in brought))
            return imported
        if door.as_json:
            return door.document(imported.as_json() | {"book": brought})
        show_import(door, imported)
        for each in brought:
            show(door, each)
        if as_ is None:
            door.say("只作为资料导入;要把贷款迁入账上,请指明经办账户 --as", "taken as facts only: to bring the loans into the book, name an account with --as")  # fmt: skip
        return None

    @command(loan)
    def history(door: Door, loan: Annotated[str, typer.Argument(metavar="LOAN", help="贷款 / the loan")]) -> object:
        """迁入之前的明细,照来处所述 / What happened to an existing loan before it came in, as it was told.

        例 e.g.: kemiao loan history JJ202301000123 --json
        """
        from kemiao.app.world import open_world
        from kemiao.bank.lending.history import HISTORY, history_of
        from kemiao.base.money import yuan_text

        with open_world(door) as world:
            rows = list(history_of(world, loan))
        if door.as_json:
            return door.lines(rows)
        titles = [("贷款", "loan"), ("日期", "day"), ("类型", "kind"), ("金额", "amount"), ("本金", "principal"), ("利息", "interest"), ("流水号", "reference")]  # fmt: skip
        door.table("", [door.word(*title) for title in titles], [
            [yuan_text(row[name]) if name.endswith("_fen") and row[name] is not None else row[name] for name in HISTORY.names] for row in rows
        ], ("没有迁入前的明细", "nothing was told of the time before it came in"))  # fmt: skip
        return None


def _half(refused: Refusal, taken: int) -> Refusal:
    """The loans are in the book; as facts of the companies' profiles the ledger was refused. Both are said."""
    return replace(refused, zh=f"{taken} 笔贷款已迁入账上,但作为资料未能导入:{refused.zh}", en=f"{taken} loans came into the book, but as facts they were refused: {refused.en}")  # fmt: skip


def show(door: Door, answer: dict[str, Any]) -> None:
    """Counts and totals, and the way to what was not taken."""
    from kemiao.base.money import yuan_text

    if answer["again"]:
        door.text(door.word("这些贷款都已在账上,未作任何改动", "the book has these loans already; nothing was done"))
    titles = [("行", "rows"), ("迁入", "taken"), ("已在账上", "known"), ("已结清", "settled"), ("隔离", "rejected"), ("合计行", "total rows"), ("迁入余额(元)", "balances brought in, yuan"), ("台账合计(元)", "ledger's sum, yuan"), ("声明或合计行(元)", "stated, or its total row, yuan"), ("余额读不出的行", "balances not read")]  # fmt: skip
    stated = answer["ledger_total_fen"] if answer["stated_fen"] is None else answer["stated_fen"]
    door.table(" ".join(filter(None, (answer["file"], answer["sheet"], answer["on"]))), [door.word(*title) for title in titles], [[
        answer["rows"], answer["taken"], answer["known"], answer["settled"], answer["rejected"], answer["totals"], yuan_text(answer["principal_fen"]),
        yuan_text(answer["read_fen"]), "—" if stated is None else yuan_text(stated), answer["unread"],
    ]])  # fmt: skip
    if answer["history_rows"]:
        parts = [("保留", "kept", "history"), ("属已在账上或已结清的贷款", "of loans known or settled", "history_known"), ("随贷款等待", "wait with their loan", "history_waiting"), ("隔离", "rejected", "history_rejected"), ("合计行", "total rows", "history_totals")]  # fmt: skip
        zh, en = (", ".join(f"{part[at]} {answer[part[2]]}" for part in parts if answer[part[2]]) for at in (0, 1))
        door.text(door.word(f"历史明细 {answer['history_rows']} 行:{zh};{answer['history_agreed']} 笔贷款与余额相符", f"history of {answer['history_rows']} rows: {en}; {answer['history_agreed']} loans agree with their balance"))  # fmt: skip
    if answer["reckoned"] and answer["taken"]:
        door.say(f"{answer['reckoned']} 笔未给出应计利息,按最近结息日起计算", f"{answer['reckoned']} loans did not say their accrued interest: it was reckoned from the last due day")  # fmt: skip
    if answer["rejects"]:
        door.say(f"未迁入的行:{answer['rejects']};更正后可再次迁入", f"rows that wait: {answer['rejects']}; correct them and bring them again")  # fmt: skip
    if answer["history_rejects"]:
        door.say(f"明细中未保留的行:{answer['history_rejects']}", f"rows of the history that were not kept: {answer['history_rejects']}")  # fmt: skip
