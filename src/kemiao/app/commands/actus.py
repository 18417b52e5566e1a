"""kemiao actus check"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command
from kemiao.base.refusal import Refusal

_SHOWN = 5  # differences of a case, for people; --json has all
_UNREADABLE = {FileNotFoundError: "没有这个文件", IsADirectoryError: "是目录", PermissionError: "无权读取"}


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

        read, unread = [], []
        for file in files:
            try:
                with file.open("rb") as stream:
                    content = stream.read(BYTES_MAX + 1)
            except OSError as fault:
                unread.append((file, Refusal.at("FILE_NOT_READ", f"无法读取:{_UNREADABLE.get(type(fault), f'错误号 {fault.errno}')}", f"can't be read: {fault.strerror}", file=file)))  # fmt: skip
                continue
            cases = cases_of(content)
            if isinstance(cases, Refusal):
                unread.append((file, Refusal.at(cases.code, cases.zh, cases.en, file=file, **dict(cases.where))))
                continue
            read.append((file, cases))
        if len(files) == len(unread) == 1:
            return unread[0][1]
        if not door.as_json:
            door.say("首次运行需编译,约半分钟", "the first run compiles, for about half a minute")
        return _show(door, read, unread)

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


def _show(door: Door, read: list[tuple[Path, dict]], unread: list[tuple[Path, Refusal]]) -> Refusal | None:
    """unread: files that could not be read; the others go on."""
    from kemiao.credit.contracts.actus.check import check

    results = [(file, result, _assumed(cases[result.case])) for file, cases in read for result in check(cases)]
    differing = [result for _, result, _ in results if result.mismatches]
    refused = [result for _, result, _ in results if result.refusal]
    if door.as_json:
        door.lines(_as_json(*one) for one in results)
        door.lines({"file": str(file), "case": None, "type": None, "events": 0, "mismatches": None, "refused": why.as_json()} for file, why in unread)  # fmt: skip
    else:
        titles = [door.word(*pair) for pair in (("文件", "file"), ("用例", "case"), ("类型", "type"), ("事件", "events"), ("不一致", "mismatches"), ("说明", "what"))]  # fmt: skip
        rows = [[file.name, one.case, one.type, one.events, len(one.mismatches) if not one.refusal else "–", _what(door, one, assumed)] for file, one, assumed in results]  # fmt: skip
        rows += [[file.name, "–", "", "", "–", f"{why.code} {why.text(door.lang)}"] for file, why in unread]
        door.table("", titles, rows)
        events = sum(result.events for _, result, _ in results)
        door.text(door.word(
            f"{len(results)} 个用例,{events} 个事件:{len(results) - len(differing) - len(refused)} 个一致,{len(differing)} 个不一致,{len(refused)} 个未能计算",
            f"{len(results)} cases, {events} events: {len(results) - len(differing) - len(refused)} agree, {len(differing)} differ, {len(refused)} not computed",
        ))  # fmt: skip
    if differing or refused or unread:
        names = [*(result.case for result in [*differing, *refused]), *(file.name for file, _ in unread)]
        shown = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
        files = (f",{len(unread)} 个文件读不了", f", {len(unread)} files can't be read") if unread else ("", "")
        refusal = Refusal("CASES_DIFFER", f"{len(differing)} 个用例不一致,{len(refused)} 个未能计算{files[0]}:{shown}", f"{len(differing)} cases differ, {len(refused)} were not computed{files[1]}: {shown}")  # fmt: skip
        if door.as_json:  # stdout holds one line a case and nothing else
            door.say(f"{refusal.code}  {refusal.zh}", f"{refusal.code}  {refusal.en}")
            raise typer.Exit(3)
        return refusal
    return None


def _assumed(case: object) -> tuple[str, ...]:
    """What a case leaves open and was taken as given."""
    from kemiao.credit.contracts.actus.cases import Case

    return (
        ("xDayNotice=P0D",) if isinstance(case, Case) and case.type == "CLM" and "xDayNotice" not in case.terms else ()
    )


def _as_json(file: Path, result: object, assumed: tuple[str, ...]) -> dict:
    line = {
        "file": str(file), "case": result.case, "type": result.type or None, "events": result.events,
        "mismatches": len(result.mismatches),
        "differences": [dict(zip(("row", "what", "expected", "found"), one, strict=True)) for one in result.mismatches],
        "assumed": list(assumed),
    }  # fmt: skip
    if result.refusal:  # not computed: no count of mismatches is stated
        return line | {"mismatches": None, "refused": result.refusal.as_json()}
    return line


_DIFFERS = {
    "time": "时间", "event": "事件", "payoff": "收付额", "notional": "本金", "rate": "利率", "accrued": "应计利息", "missing": "缺少", "surplus": "多出",
}  # fmt: skip


def _what(door: Door, result: object, assumed: tuple[str, ...]) -> str:
    if result.refusal:
        return f"{result.refusal.code} {door.word(result.refusal.zh, result.refusal.en)}"
    said = [f"{row} {door.word(_DIFFERS[what], what)}: {'–' if expected is None else expected} ≠ {'–' if found is None else found}" for row, what, expected, found in result.mismatches[:_SHOWN]]  # fmt: skip
    said += [door.word(f"未给通知期,按 {each} 计算", f"no notice period is given: taken as {each}") for each in assumed]
    return "; ".join(said)
