"""kemiao funds trace | findings"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command


def register(cli: typer.Typer) -> None:
    funds = typer.Typer(
        no_args_is_help=True,
        help="资金用途:放款的钱去了哪里 / use of funds: where the money of loans went.  例 e.g.: kemiao funds trace --all",
    )
    cli.add_typer(funds, name="funds")

    @command(funds)
    def trace(
        door: Door,
        loan: Annotated[str | None, typer.Argument(help="贷款 / the loan")] = None,
        every: Annotated[bool, typer.Option("--all", help="全部贷款 / every loan")] = False,
        as_of: Annotated[str | None, typer.Option("--as-of", help="截至哪天 / as of a day", show_default=False)] = None,
        svg: Annotated[Path | None, typer.Option("--svg", help="画图到文件 / draw the flows into a file", show_default=False)] = None,
        method: Annotated[str, typer.Option("--method", help="画图口径 / of the drawing: fifo | proportional")] = "fifo",
    ) -> object:  # fmt: skip
        """追踪放款资金:先进先出与按比例两种口径 / Follow the money of disbursements, by two methods.

        例 e.g.: kemiao funds trace loan-0123456789abcdef0123 --svg flows.svg ; kemiao funds trace --all --json
        """
        from kemiao.app.funds_drawing import drawing
        from kemiao.app.funds_shown import show
        from kemiao.app.options import optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.trace_funds import Request, trace_funds
        from kemiao.base.refusal import Outage, Refusal
        from kemiao.credit.tracing.columns import METHODS

        if (loan is None) != every:
            raise typer.BadParameter(door.word("给出贷款,或 --all", "name a loan, or --all"))
        if method not in METHODS:
            raise typer.BadParameter(" | ".join(METHODS), param_hint="--method")
        if svg is not None and every:
            raise typer.BadParameter(door.word("画图只对一笔贷款", "a drawing is of one loan"), param_hint="--svg")
        door.say("首次运行需编译,约半分钟", "the first run compiles, about half a minute") if _first() else None
        with open_world(door) as world, door.progress("追踪", "tracing") as bar:
            answer = trace_funds(world, Request(loan, optional_day(as_of)), bar)
        if isinstance(answer, Refusal):
            return answer
        if svg is not None:
            # Several draws of one loan make several drawings: the first has the name that was asked for.
            for number, finding in enumerate(answer.findings):
                path = svg if number == 0 else svg.with_name(f"{svg.stem}-{number + 1}{svg.suffix}")
                try:
                    path.write_text(drawing(door, finding, method), "utf-8")
                except OSError as error:
                    raise Outage("FILE_UNWRITABLE", f"无法写入:{error.strerror}", f"can't be written: {error.strerror}", {"file": path}) from error  # fmt: skip
        if door.as_json:
            door.lines(answer.findings)
            door.lines({"company": company, "left_out": why.as_json()} for company, why in answer.left_out)
            return None
        if every:
            _show_all(door, answer.findings)
            if not answer.findings[0]["kept"]:
                door.say(
                    "放款笔数多,只留合计;看逐笔付款请追踪单笔贷款",
                    "of so many only sums are kept: trace one loan for its payments",
                )
        else:
            for finding in answer.findings:
                show(door, finding, payments=True)
        for company, why in answer.left_out:
            door.say(f"{company}:{why.zh}", f"{company}: {why.en}")
        door.text(door.word(f"新记录 {answer.appended} 条发现", f"{answer.appended} findings are new"))
        return None

    @command(funds, name="findings")
    def list_findings(
        door: Door,
        loan: Annotated[str | None, typer.Argument(help="贷款 / the loan")] = None,
        every: Annotated[bool, typer.Option("--all", help="含未见异常的 / also those that found nothing")] = False,
    ) -> object:
        """已记录的资金用途发现 / Findings on the use of funds, as kept.  例 e.g.: kemiao funds findings --all"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.trace_funds import findings

        with open_world(door) as world:
            kept = findings(world, loan, every=every)
        if door.as_json:
            door.lines(kept)
        else:
            _show_all(door, kept)


def _first() -> bool:
    """Whether numba has not kept the compiled pass yet."""
    from kemiao.credit import tracing

    folder = Path(tracing.__file__).parent / "__pycache__"
    return not any(folder.glob("kernel.run-*.nbc"))


def _show_all(door: Door, findings) -> None:
    from kemiao.app.funds_shown import verdict
    from kemiao.base.money import yuan_text
    from kemiao.credit.tracing.columns import METHODS, OUTCOMES

    methods = [each["methods"] for each in findings]
    some = [name for name in OUTCOMES if any(each[way]["outcomes"][name] for each in methods for way in METHODS)]

    def shares(each, name: str) -> str:
        fens = [each["methods"][way]["outcomes"][name] for way in METHODS]
        return " / ".join(f"{fen * 100 / each['amount_fen']:.0f}%" for fen in fens) if any(fens) else ""

    door.table(
        "", [door.word("贷款", "loan"), door.word("放款", "disbursed"), *(door.word(*OUTCOMES[name]) for name in some), door.word("结论", "verdict")],
        [
            [each["loan"] + ("*" if each.get("from_ledger") else ""), yuan_text(each["amount_fen"]), *(shares(each, name) for name in some), verdict(door, each)]
            for each in findings
        ],
    )  # fmt: skip
    door.text(
        door.word(
            "先进先出 / 按比例;* 台账所载,迁入前发放",
            "first in first out / proportional; * by the ledger, before the loan came in",
        )
    )
