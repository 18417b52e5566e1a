"""kemiao check ENTRY --agree|--contradict; kemiao check --list"""

from __future__ import annotations

from typing import Annotated

import typer

from kemiao.app.door import Door, command
from kemiao.base.refusal import Refusal

_SHOWN = 200


def register(cli: typer.Typer) -> None:
    @command(cli)
    def check(
        door: Door,
        entry: Annotated[str | None, typer.Argument(help="要核对的声明 / the attestation to check", show_default=False)] = None,
        agree: Annotated[bool, typer.Option("--agree", help="与我们所知相符 / it is as we know it")] = False,
        contradict: Annotated[bool, typer.Option("--contradict", help="与我们所知不符,附证据 / it is not, with evidence")] = False,
        evidence: Annotated[str | None, typer.Option("--evidence", help="链上另一声明,或一个文件(链上只留其承诺) / another attestation, or a file, of which the chain gets a commitment only", metavar="ENTRY|FILE", show_default=False)] = None,
        grounds: Annotated[str, typer.Option("--grounds", help="理由,200 字以内 / why, in 200 characters", metavar="TEXT", show_default=False)] = "",
        list_: Annotated[bool, typer.Option("--list", help="列出核对 / the checks there are")] = False,
        contradicted: Annotated[bool, typer.Option("--contradicted", help="与 --list 一起:被反驳的声明及依据它的决定 / with --list: contradicted statements and the decisions that rested on them")] = False,
    ) -> object:  # fmt: skip
        """核对他人的存证声明:相符,或附证据反驳 / Checks another's attestation: agrees, or contradicts with evidence.

        例 e.g.: kemiao check 3fa91c02 --contradict --evidence 银行回单.pdf --grounds 金额不符
        """
        from kemiao.app.last_known import catch_up
        from kemiao.app.world import open_world
        from kemiao.bank.commands import check as run

        if list_:
            if entry is not None or agree or contradict:
                raise typer.BadParameter(door.word("--list 不与条目同用", "--list goes without an entry"))
            with open_world(door) as world:
                catch_up(door, world)
                found = run.contradicted(world) if contradicted else run.all_checks(world)
            if door.as_json:
                return door.lines(one.as_json() if contradicted else one for one in found)
            return _show_contradicted(door, found) if contradicted else _show(door, found)
        if entry is None or agree == contradict or contradicted:
            raise typer.BadParameter(door.word("给出条目,以及 --agree 或 --contradict;或者 --list", "give an entry and --agree or --contradict; or --list"))  # fmt: skip
        asked = run.Check(entry, "agree" if agree else "contradict", evidence, grounds.strip())
        with open_world(door) as world:
            answer = run.check(world, asked)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document({"id": answer.id, "index": answer.index, "at": answer.at, "notes": list(answer.notes)})
        return door.text(door.word(f"核对 {answer.id}  链上第 {answer.index} 条", f"check {answer.id}  entry {answer.index} of the chain"))  # fmt: skip


def _show(door: Door, found: list[dict]) -> None:
    from kemiao.base.china_time import when

    titles = [
        door.word("时间", "at"), door.word("核对方", "checker"), door.word("结论", "verdict"), door.word("声明", "attestation"),
        door.word("作者", "author"), door.word("企业", "company"), door.word("理由", "grounds"), door.word("证据", "evidence"),
    ]  # fmt: skip
    verdicts = {"agree": door.word("相符", "agrees"), "contradict": door.word("反驳", "contradicts")}
    rows = (
        (when(one["at"]), one["checker"], verdicts[one["verdict"]], one["attestation"][:12], one["author"], one["subject"], one["grounds"],
         (one["evidence"] or one["commitment"] or "")[:12])
        for one in found[-_SHOWN:]
    )  # fmt: skip
    door.table("", titles, rows)
    door.say(f"共 {len(found)} 次核对", f"{len(found)} checks")


def _show_contradicted(door: Door, found: list) -> None:
    from kemiao.base.china_time import when

    for one in found:
        seen = one.seen
        door.text(f"{seen.attestation[:12]}  {seen.value['author']}  {seen.value['subject'] or '-'}  {when(seen.value['at'])}  {' '.join(seen.value['tables'])}")  # fmt: skip
        for check in seen.checks:
            if check["verdict"] == "contradict":
                door.text(door.word(f"  {check['checker']} 反驳:{check['grounds']}", f"  {check['checker']} contradicts: {check['grounds']}"))  # fmt: skip
        for decision in seen.decisions:
            door.text(door.word(f"  依据它的决定:{decision['author']} {decision['id'][:12]} {when(decision['at'])}", f"  rested on by: {decision['author']} {decision['id'][:12]} {when(decision['at'])}"))  # fmt: skip
        for own in one.own:
            door.text(
                door.word(f"    本方决定 {own}:kemiao trace {own}", f"    our decision {own}: kemiao trace {own}")
            )
    door.say(f"{len(found)} 份声明被反驳", f"{len(found)} statements are contradicted")
