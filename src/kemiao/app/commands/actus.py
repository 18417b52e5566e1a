"""kemiao actus check"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command
from kemiao.base.refusal import Refusal

_SHOWN = 5  # differences of a case, for people; --json has all


def register(cli: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    cli.add_typer(group, name="actus", help="ACTUS 合同标准 / The ACTUS standard of contracts.  例 e.g.: kemiao actus check actus-tests-pam.json")  # fmt: skip

    @command(group)
    def check(
        door: Door,
        files: Annotated[list[Path], typer.Argument(help="标准测试格式的文件 / files in the standard's test format", metavar="FILE…")],
    ):  # fmt: skip
        """用标准的测试用例检验合同引擎:PAM LAM NAM ANN CLM UMP,误差 1e-8 / Runs the engine on the standard's own cases.

        退出码 0:全部一致;3:有不一致、读不了或不支持的用例 / Exit 0: all agree; 3: a case differs, can't be read, or is of another type.
        首次运行需编译 / The first run compiles.  例 e.g.: kemiao actus check actus-tests-*.json --json
        """
        from kemiao.credit.contracts.actus.cases import BYTES_MAX, cases_of

        read = []
        for file in files:
            try:
                with file.open("rb") as stream:
                    content = stream.read(BYTES_MAX + 1)
            except OSError as fault:
                return Refusal.at("FILE_NOT_READ", f"无法读取:{fault.strerror}", f"can't be read: {fault.strerror}", file=file)  # fmt: skip
            cases = cases_of(content)
            if isinstance(cases, Refusal):
                return Refusal.at(cases.code, cases.zh, cases.en, file=file, **dict(cases.where))
            read.append((file, cases))
        if not door.as_json:
            door.say("首次运行需编译,约半分钟", "the first run compiles, for about half a minute")
        return _show(door, read)

    @command(group)
    def rounding(door: Door):
        """取整到分在合同一生中造成的差异 / The difference that rounding to the fen makes over a contract's life.

        例 e.g.: kemiao actus rounding
        """
        from dataclasses import asdict

        from kemiao.credit.contracts.actus.rounding import differences

        found = list(differences())
        if door.as_json:
            return door.lines(asdict(one) | {"difference": one.difference} for one in found)
        titles = [door.word(*pair) for pair in (("类型", "type"), ("本金(元)", "notional, yuan"), ("月数", "months"), ("利息(分)", "interest, fen"), ("取整后", "in whole fen"), ("差异", "difference"), ("单笔最大", "largest of an event"))]  # fmt: skip
        rows = ([one.type, one.notional, one.months, f"{one.interest:,.3f}", f"{one.interest_fen:,}", f"{one.difference:+.3f}", f"{one.largest:.3f}"] for one in found)  # fmt: skip
        return door.table(door.word("利率 3.65%,按月,A360", "3.65 %, monthly, A360"), titles, rows)


def _show(door: Door, read: list[tuple[Path, dict]]) -> Refusal | None:
    from kemiao.credit.contracts.actus.check import check

    results = [(file, result) for file, cases in read for result in check(cases)]
    differing = [result for _, result in results if result.mismatches]
    refused = [result for _, result in results if result.refusal]
    if door.as_json:
        door.lines(_as_json(file, result) for file, result in results)
    else:
        titles = [door.word(*pair) for pair in (("文件", "file"), ("用例", "case"), ("类型", "type"), ("事件", "events"), ("不一致", "mismatches"), ("说明", "what"))]  # fmt: skip
        door.table("", titles, ([file.name, one.case, one.type, one.events, len(one.mismatches) if not one.refusal else "–", _what(door, one)] for file, one in results))  # fmt: skip
        events = sum(result.events for _, result in results)
        door.text(door.word(
            f"{len(results)} 个用例,{events} 个事件:{len(results) - len(differing) - len(refused)} 个一致,{len(differing)} 个不一致,{len(refused)} 个未能计算",
            f"{len(results)} cases, {events} events: {len(results) - len(differing) - len(refused)} agree, {len(differing)} differ, {len(refused)} not computed",
        ))  # fmt: skip
    if differing or refused:
        names = [result.case for result in [*differing, *refused]]
        shown = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
        refusal = Refusal("CASES_DIFFER", f"{len(differing)} 个用例不一致,{len(refused)} 个未能计算:{shown}", f"{len(differing)} cases differ, {len(refused)} were not computed: {shown}")  # fmt: skip
        if door.as_json:  # stdout holds one line a case and nothing else
            door.say(f"{refusal.code}  {refusal.zh}", f"{refusal.code}  {refusal.en}")
            raise typer.Exit(3)
        return refusal
    return None


def _as_json(file: Path, result: object) -> dict:
    line = {
        "file": str(file), "case": result.case, "type": result.type or None, "events": result.events,
        "mismatches": len(result.mismatches),
        "differences": [dict(zip(("row", "what", "expected", "found"), one, strict=True)) for one in result.mismatches],
    }  # fmt: skip
    if result.refusal:  # not computed: no count of mismatches is stated
        return line | {"mismatches": None, "refused": result.refusal.as_json()}
    return line


def _what(door: Door, result: object) -> str:
    if result.refusal:
        return f"{result.refusal.code} {door.word(result.refusal.zh, result.refusal.en)}"
    return "; ".join(f"{row} {what}: {expected} ≠ {found}" for row, what, expected, found in result.mismatches[:_SHOWN])
