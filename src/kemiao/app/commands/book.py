"""kemiao book show | classify | provision | capital | concentration | vintage | roll | movement | report | flag | flags | related"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from kemiao.app.door import Account, Door, command
from kemiao.app.groups import group
from kemiao.base.refusal import Refusal

AsOf = Annotated[str | None, typer.Option("--as-of", help="以哪天为准,默认今天 / as of a day, today by default", show_default=False)]  # fmt: skip
Since = Annotated[str | None, typer.Option("--since", help="期初日,以当日日终为期初 / the opening is the end of that day", show_default=False)]  # fmt: skip


def register(cli: typer.Typer) -> None:
    book = group(cli, "book")

    @command(book)
    def show(door: Door, as_of: AsOf = None) -> object:
        """资产质量总览:分类、阶段、逾期、不良率、拨备 / The book in few figures.  例 e.g.: kemiao book show --as-of 2024-12-31"""
        from kemiao.app.book_shown import show_book
        from kemiao.bank.commands import book as run

        return _answer(door, as_of, run.show, show_book)

    @command(book)
    def classify(
        door: Door,
        as_of: AsOf = None,
        company: Annotated[str | None, typer.Option("--company", help="只看一家企业 / of one company", show_default=False)] = None,
        every: Annotated[bool, typer.Option("--all", help="正常类也列 / normal ones too")] = False,
    ) -> object:  # fmt: skip
        """每笔贷款的五级分类及依据 / The class of each loan, and what it follows from.  例 e.g.: kemiao book classify --json"""
        from kemiao.app.book_shown import show_classes
        from kemiao.app.options import company_keys
        from kemiao.bank.commands import book as run

        key = (company_keys([company]) or (None,))[0] if company else None
        worse = None if every or company or door.as_json else "normal"
        return _answer(door, as_of, lambda world, day: run.classify(world, day, key, worse), show_classes, "loans")

    @command(book)
    def provision(door: Door, as_of: AsOf = None) -> object:
        """减值准备:阶段、情景、覆盖率 / Loss allowances by stage and class.  例 e.g.: kemiao book provision"""
        from kemiao.app.book_shown import show_provision
        from kemiao.bank.commands import book as run

        return _answer(door, as_of, run.provision, show_provision)

    @command(book)
    def capital(door: Door, as_of: AsOf = None) -> object:
        """风险加权资产、资本占用、RAROC / Risk-weighted assets, capital, RAROC.  例 e.g.: kemiao book capital --json"""
        from kemiao.app.book_shown import show_capital
        from kemiao.bank.commands import book as run

        return _answer(door, as_of, run.capital, show_capital)

    @command(book)
    def concentration(
        door: Door,
        as_of: AsOf = None,
        top: Annotated[int, typer.Option("--top", min=1, max=1000, help="列前几名 / how many of the largest")] = 10,
    ) -> object:
        """单户、集团、行业集中度与限额 / The largest borrowers, groups and industries against limits.

        例 e.g.: kemiao book concentration --top 20
        """
        from kemiao.app.book_shown import show_concentration
        from kemiao.bank.commands import book as run

        return _answer(door, as_of, lambda world, day: run.concentration(world, day, top), show_concentration)

    @command(book)
    def vintage(
        door: Door,
        as_of: AsOf = None,
        days: Annotated[int, typer.Option("--days", min=0, max=3650, help="逾期超过几天 / past due by more than")] = 90,
    ) -> object:
        """按发放季度的账龄曲线 / By quarter of start: the share that was ever so late, by month on book.

        例 e.g.: kemiao book vintage --days 30
        """
        from kemiao.app.book_shown import show_vintage
        from kemiao.bank.commands import book as run

        with door.progress("月末", "month ends") as bar:
            return _answer(door, as_of, lambda world, day: run.vintage(world, day, days, bar), show_vintage)

    @command(book)
    def roll(door: Door, since: Since = None, as_of: AsOf = None) -> object:
        """逾期迁徙率:期初各档到期末去了哪里(默认自上月末) / Roll rates between two days; since the end of last month by default.

        例 e.g.: kemiao book roll --since 2024-11-30 --as-of 2024-12-31
        """
        from kemiao.app.book_shown import show_roll
        from kemiao.app.options import optional_day
        from kemiao.bank.commands import book as run

        opened = optional_day(since)
        return _answer(door, as_of, lambda world, day: run.roll_rates(world, opened, day), show_roll)

    @command(book)
    def movement(door: Door, since: Since = None, as_of: AsOf = None) -> object:
        """余额与减值准备变动表:期初 + 变动 = 期末 / Movement of balances and allowances: opening + changes = closing.

        默认自上年末,账簿后来才开始的自开始前一日 / Since the end of last year, or the day before the book began where that is later.
        例 e.g.: kemiao book movement --since 2023-12-31 --as-of 2024-12-31
        """
        from kemiao.app.book_shown import show_movement
        from kemiao.app.options import optional_day
        from kemiao.bank.commands import book as run

        opened = optional_day(since)
        return _answer(door, as_of, lambda world, day: run.movement(world, opened, day), show_movement)

    @command(book)
    def report(
        door: Door,
        out: Annotated[Path, typer.Option("--out", help="写到 / to FILE.xlsx", metavar="FILE")],
        since: Since = None,
        as_of: AsOf = None,
    ) -> object:
        """监管报表工作簿:行业、规模、分类、技术类别、普惠、变动、控制数 / The regulator's workbook, with control totals.

        --since 为变动表期初,默认同 movement / --since is the opening of its movement tables, by default as of `movement`.
        例 e.g.: kemiao book report --out 资产质量.xlsx
        """
        from kemiao.app.book_file import write_workbook
        from kemiao.app.options import optional_day
        from kemiao.bank.commands.book_report import book_report

        if out.suffix.lower() != ".xlsx":
            return Refusal.at("UNKNOWN_KIND_OF_FILE", "请写 .xlsx", "write .xlsx", file=out.name)
        opened = optional_day(since)

        def write(door: Door, answer: dict[str, Any]) -> None:
            write_workbook(door, answer, out)
            wrong = [row for row in answer["control"] if row["difference"]]
            door.text(door.word(f"已写 {out}:{answer['totals']['loans']:,} 笔,控制数{'一致' if not wrong else '有差额!'}", f"wrote {out}: {answer['totals']['loans']:,} loans, control totals {'agree' if not wrong else 'DIFFER'}"))  # fmt: skip

        def written(answer: dict[str, Any]) -> dict[str, Any]:
            write_workbook(door, answer, out)
            return {name: answer[name] for name in ("as_of", "closed", "since", "totals", "inclusive", "control")} | {"file": str(out)}  # fmt: skip

        return _answer(door, as_of, lambda world, day: book_report(world, day, opened), write, written)

    @command(book)
    def flag(
        door: Door,
        company: Annotated[str, typer.Argument(help="企业 / the company's key")],
        flag: Annotated[str, typer.Argument(help="bankrupt | evades | other_bank_npl | rating_down | use_changed | impaired | risk_increased | difficulty | technical")],
        reason: Annotated[str, typer.Option("--reason", help="理由 / why")],
        clear: Annotated[bool, typer.Option("--clear", help="解除 / clears it")] = False,
        all_banks: Annotated[str | None, typer.Option("--all-banks", help="在所有银行的债务 / debts at all banks", show_default=False)] = None,
        overdue_90: Annotated[str | None, typer.Option("--overdue-90", help="其中逾期超过90天 / of them more than 90 days past due", show_default=False)] = None,
        as_: Account = None,
    ) -> object:  # fmt: skip
        """挂起或解除一家企业的风险标记,当日起影响分类 / Raises or clears a flag that the classification reads.

        例 e.g.: kemiao book flag uscc:91110108MA01KPGK0L bankrupt --reason 法院受理破产清算 --as wang
        """
        from kemiao.app.options import amount_fen, company_keys
        from kemiao.app.world import open_world
        from kemiao.bank.commands.book_flag import Request, book_flag
        from kemiao.credit.quality.columns import FLAG_WORDS

        (key,) = company_keys([company]) or ("",)
        asked = Request(key, flag, not clear, reason, as_, amount_fen(all_banks), amount_fen(overdue_90))
        with open_world(door) as world:
            answer = book_flag(world, asked)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document(answer)
        words = door.word(*FLAG_WORDS[flag])
        done = door.word("已挂起" if answer["raised"] else "已解除", "raised" if answer["raised"] else "cleared")
        return door.text(f"{key}  {words}: {door.word('早已挂起', 'raised already') if answer['again'] else done}")

    @command(book)
    def flags(door: Door, as_of: AsOf = None) -> object:
        """挂起中的风险标记 / Flags that stand.  例 e.g.: kemiao book flags --json"""
        from kemiao.app.book_shown import show_flags
        from kemiao.bank.lending.flags import standing_flags

        return _answer(
            door, as_of, lambda world, day: standing_flags(world, day or world.clock.today()), show_flags, ""
        )

    @command(book)
    def related(door: Door) -> object:
        """按股权识别同一控制下的集团客户 / Borrowers under one control, by their shareholdings.  例 e.g.: kemiao book related"""
        from kemiao.app.book_shown import show_related
        from kemiao.app.world import open_world
        from kemiao.bank.commands.book_related import book_related

        with open_world(door) as world, door.progress("集团客户", "related borrowers") as bar:
            answer = book_related(world, bar)
        if isinstance(answer, Refusal):
            return answer
        return door.document(answer) if door.as_json else show_related(door, answer)


def _answer(door: Door, as_of: str | None, ask: Any, show: Any, lines: Any = None) -> object:
    """Asks and shows. lines: as JSON, a key under which rows are (JSON Lines), "" where the answer is rows; or a function of the answer."""
    from kemiao.app.options import optional_day
    from kemiao.app.world import open_world

    day = optional_day(as_of)
    with open_world(door) as world:
        answer = ask(world, day)
    if isinstance(answer, Refusal):
        return answer
    if not door.as_json:
        return show(door, answer)
    if callable(lines):
        return door.document(lines(answer))
    if lines is not None:
        return door.lines(answer[lines] if lines else answer)
    return door.document(answer)
