"""kemiao books balance | statement | export | check"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import FAULT, Door, command
from kemiao.app.groups import group
from kemiao.base.refusal import Refusal

On = Annotated[str | None, typer.Option("--on", help="哪天日终,默认今天 / at the end of a day, today by default", show_default=False)]  # fmt: skip
From = Annotated[str | None, typer.Option("--from", help="起始记账日 / the first day of booking", show_default=False)]
To = Annotated[str | None, typer.Option("--to", help="截止记账日,默认今天 / the last day of booking, today by default", show_default=False)]  # fmt: skip


def register(cli: typer.Typer) -> None:
    books = group(cli, "books")

    @command(books)
    def balance(door: Door, on: On = None) -> object:
        """试算平衡表:由分录汇总,不取存储的合计 / The trial balance, summed from postings.  例 e.g.: kemiao books balance --on 2024-07-31"""
        from kemiao.app.options import optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.books import as_json, trial_balance

        day = optional_day(on)
        with open_world(door) as world:
            answer = trial_balance(world, day)
        return door.document(as_json(answer)) if door.as_json else _show_balance(door, answer)

    @command(books)
    def statement(
        door: Door,
        whose: Annotated[str, typer.Argument(help="企业或贷款 / a company's key or a loan's id")],
        first: From = None, last: To = None,
        out: Annotated[Path | None, typer.Option("--out", help="写到 .pdf 或 .xlsx / to a .pdf or .xlsx file", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """客户对账单 / A customer's statement.  例 e.g.: kemiao books statement uscc:91… --from 2024-01-01 --to 2024-06-30 --out 对账单.pdf"""
        from kemiao.app.options import optional_day
        from kemiao.app.statement_file import write_statement
        from kemiao.app.world import open_world
        from kemiao.bank.commands.books import statement_of
        from kemiao.bank.lending.registered_name import registered_names
        from kemiao.bank.lending.settlement import settlement

        if out is not None and out.suffix.lower() not in (".pdf", ".xlsx"):
            raise typer.BadParameter(".pdf | .xlsx", param_hint="--out")
        days = optional_day(first), optional_day(last)
        with open_world(door) as world:
            answer = statement_of(world, whose, *days)
            if isinstance(answer, Refusal):
                return answer
            if out is not None:
                today = world.clock.today()
                own = settlement(world, today)
                name = registered_names(world, [answer.company]).get(answer.company)
                write_statement(door, answer, out, today, name, None if isinstance(own, Refusal) else own.payer.name)
        if door.as_json:
            said = answer.statement
            return door.document({
                "company": answer.company, "loan": answer.loan, "from": said.first, "to": said.last, "opening_fen": said.opening_fen,
                "movements": [each.as_json() for each in said.movements], "closing_fen": said.closing_fen, "loans": dict(said.loans),
                **({"file": str(out)} if out else {}),
            })  # fmt: skip
        return door.text(door.word(f"已写入 {out}", f"wrote {out}")) if out else _show_statement(door, answer)

    @command(books)
    def export(
        door: Door,
        form: Annotated[str, typer.Option("--format", help="beancount | xlsx | core")],
        out: Annotated[Path, typer.Option("--out", help="输出文件 / the file to write")],
        first: From = None, last: To = None,
    ) -> object:  # fmt: skip
        """导出分录,附控制总数 / Postings as a file, with control totals.  例 e.g.: kemiao books export --format core --out 分录.csv"""
        from kemiao.app.options import optional_day
        from kemiao.app.whole_file import whole_file
        from kemiao.app.world import open_world
        from kemiao.bank.books_export import FORMATS
        from kemiao.bank.books_export import export as run

        if form not in FORMATS:
            raise typer.BadParameter(" | ".join(FORMATS), param_hint="--format")
        days = optional_day(first), optional_day(last)
        with open_world(door) as world, whole_file(out) as file:
            answer = run(world, form, *days, file.stream)
            file.keep = not isinstance(answer, Refusal)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document({"file": str(out), "format": form, "rows": answer.rows, "debit_fen": answer.debit_fen, "credit_fen": answer.credit_fen})  # fmt: skip
        from kemiao.base.money import yuan_text

        return door.text(door.word(
            f"{answer.rows:,} 条分录写到 {out};借方 {yuan_text(answer.debit_fen)},贷方 {yuan_text(answer.credit_fen)}",
            f"{answer.rows:,} postings written to {out}; debits {yuan_text(answer.debit_fen)}, credits {yuan_text(answer.credit_fen)}",
        ))  # fmt: skip

    @command(books)
    def check(door: Door) -> object:
        """核对账簿:摘要、借贷、逐笔贷款与服务状态 / Digests, debits and credits, each loan against how it stands.  例 e.g.: kemiao books check"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.books_check import check_books

        with open_world(door) as world, door.progress("核对", "checking") as bar:
            answer = check_books(world, bar)
        if isinstance(answer, Refusal):
            return answer
        _show_check(door, answer)
        if not answer.whole:
            raise typer.Exit(FAULT)
        return None


def _show_balance(door: Door, answer) -> None:
    from kemiao.base.money import yuan_text

    rows = [
        [line.account.code, door.word(line.account.zh, line.account.en), yuan_text(line.debit_fen), yuan_text(line.credit_fen),
         yuan_text(line.balance_fen) if line.balance_fen > 0 else "", yuan_text(-line.balance_fen) if line.balance_fen < 0 else ""]
        for line in sorted(answer.lines, key=lambda line: line.account.code)
    ]  # fmt: skip
    totals = [yuan_text(sum(getattr(line, side) for line in answer.lines)) for side in ("debit_fen", "credit_fen")]
    ends = [yuan_text(sum(max(sign * line.balance_fen, 0) for line in answer.lines)) for sign in (1, -1)]
    rows.append(["", door.word("合计", "total"), *totals, *ends])
    titles = [door.word(*pair) for pair in (("科目", "code"), ("名称", "account"), ("借方发生", "debits"), ("贷方发生", "credits"), ("借方余额", "debit balance"), ("贷方余额", "credit balance"))]  # fmt: skip
    closed = door.word(f"已结到 {answer.closed_until or '—'}", f"closed up to {answer.closed_until or '—'}")
    door.table(f"{answer.on}  {closed}", titles, rows)
    off = answer.total_fen(memorandum=False), answer.total_fen(memorandum=True)
    door.text(door.word(f"表内借贷差 {yuan_text(off[0])},表外 {yuan_text(off[1])}", f"debits less credits: on balance {yuan_text(off[0])}, memorandum {yuan_text(off[1])}"))  # fmt: skip


def _show_statement(door: Door, answer) -> None:
    from kemiao.base.money import yuan_text
    from kemiao.credit.books.words import words

    said = answer.statement
    rows = [
        [each.booked_on, "" if each.value_day == each.booked_on else each.value_day, each.loan,
         words(each.kind, each.component, door.lang) + (door.word("(冲正)", " (reversed)") if each.reversal else ""),
         yuan_text(each.fen), yuan_text(each.balance_fen)]
        for each in said.movements
    ]  # fmt: skip
    titles = [door.word(*pair) for pair in (("记账日", "booked"), ("起息日", "value day"), ("贷款", "loan"), ("事项", "what"), ("金额", "yuan"), ("欠款", "owed"))]  # fmt: skip
    opening = door.word(f"期初欠款 {yuan_text(said.opening_fen)}", f"owed at the start {yuan_text(said.opening_fen)}")
    door.table(f"{answer.loan or answer.company}  {said.first} – {said.last}  {opening}", titles, rows)
    door.text(door.word(f"期末欠款 {yuan_text(said.closing_fen)} 元", f"owed at the end: {yuan_text(said.closing_fen)} yuan"))  # fmt: skip


def _show_check(door: Door, answer) -> None:
    from kemiao.base.money import yuan_text

    if door.as_json:
        return door.document({
            "closed_until": answer.closed_until.isoformat(), "parts": answer.parts, "postings": answer.rows, "loans": answer.loans, "whole": answer.whole,
            "damaged": list(answer.damaged), "replayed": answer.replayed, "allowance_fen": answer.allowance_fen, "expected_loss_fen": answer.expected_loss_fen,
            "differences": [{"loan": each.loan, "account": each.account, "ledger_fen": each.ledger_fen, "servicing_fen": each.servicing_fen} for each in answer.differences],
        })  # fmt: skip
    door.text(door.word(
        f"至 {answer.closed_until}:{answer.parts:,} 个数据块,{answer.rows:,} 条分录,{answer.loans:,} 笔贷款",
        f"up to {answer.closed_until}: {answer.parts:,} parts, {answer.rows:,} postings, {answer.loans:,} loans",
    ))  # fmt: skip
    for each in answer.damaged:
        door.text(door.word(f"损坏:{each}", f"damaged: {each}"))
    for each in answer.differences:
        door.text(door.word(f"不符:{each.loan} {each.account} 账簿 {yuan_text(each.ledger_fen)},服务 {yuan_text(each.servicing_fen)}", f"differs: {each.loan} {each.account} ledger {yuan_text(each.ledger_fen)}, servicing {yuan_text(each.servicing_fen)}"))  # fmt: skip
    if not answer.replayed:
        door.text(door.word("今天重算得到的状态与结账时不同:下一次日终会冲正", "states computed again differ from those that were posted: the next end of day corrects them"))  # fmt: skip
    if answer.allowance_fen != answer.expected_loss_fen:
        door.text(door.word(f"减值准备 {yuan_text(answer.allowance_fen)} 与预期信用损失 {yuan_text(answer.expected_loss_fen)} 不符", f"the allowance {yuan_text(answer.allowance_fen)} is not the expected credit loss {yuan_text(answer.expected_loss_fen)}"))  # fmt: skip
    return door.text(door.word("账簿完好" if answer.whole else "账簿有误", "the books are whole" if answer.whole else "the books are not whole"))  # fmt: skip
