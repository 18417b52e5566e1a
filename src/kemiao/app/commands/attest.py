"""kemiao attest"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command
from kemiao.base.refusal import Refusal


def register(cli: typer.Typer) -> None:
    @command(cli)
    def attest(
        door: Door,
        file: Annotated[Path, typer.Argument(help="CSV、XLSX、JSON Lines、Parquet,或一个 JSON 对象 / or one JSON object")],
        subject: Annotated[str | None, typer.Option("--subject", help="关于哪家企业(链上公开) / the company it is about: public on the chain", show_default=False)] = None,
        about: Annotated[str | None, typer.Option("--about", help="所述日期或期间 / the day or days it is about: 2025-01-01..2025-12-31", show_default=False)] = None,
        basis: Annotated[str | None, typer.Option("--basis", help="依据 / on what basis: office:TEXT | consent:ID | paper:TEXT", show_default=False)] = None,
        public: Annotated[bool, typer.Option("--public", help="内容公开(仅限一条) / everybody may read it: one statement only")] = False,
        table: Annotated[str | None, typer.Option("--table", help="对应的事实表 / the table of facts that it is", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """在共享链上作存证声明:一份文件的全部事实由一个根、一次签名保证,各行可单独证明,内容不公开 / States facts on the shared chain: one root and one signature for a whole file; each row can be proved alone, and nobody sees the others.

        例 e.g.: kemiao attest invoices.csv --about 2025-01-01..2025-12-31 --basis office:发票管理 --table invoice
        证明一行 / prove one row: kemiao chain prove ENTRY --row 1 --out row.json
        """
        from kemiao.app.options import company_keys
        from kemiao.app.world import open_world
        from kemiao.bank.commands.attest import Attest
        from kemiao.bank.commands.attest import attest as attest_file

        keys = company_keys([subject] if subject else None)
        asked = Attest(file, keys[0] if keys else None, _period(about), _basis(basis), table, public)
        with open_world(door) as world:
            answer = attest_file(world, asked)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document({
                "entry": answer.entry, "index": answer.index, "at": answer.at, "count": answer.count, "columns": list(answer.columns),
                "root": answer.root, "folder": None if answer.folder is None else str(answer.folder), "notes": list(answer.notes),
            })  # fmt: skip
        door.text(door.word(f"已存证,条目 {answer.entry}", f"stated, entry {answer.entry}"))
        door.text(door.word(f"  链上序号 {answer.index},{answer.count} 条事实", f"  index {answer.index} on the chain, {answer.count} facts"))  # fmt: skip
        if answer.root is not None:
            door.text(door.word(f"  根 {answer.root}", f"  root {answer.root}"))
            door.text(
                door.word(f"  事实(已加密)与叶子:{answer.folder}", f"  facts (sealed) and leaves: {answer.folder}")
            )
            prove = f"kemiao chain prove {answer.entry[:12]} --row 1 --out row.json"
            door.text(door.word(f"  证明其中一行:{prove}", f"  to prove one row: {prove}"))
        for note in answer.notes:
            door.text(f"  {door.word(note['zh'], note['en'])}  [{note['code']}]")
        return None


def _period(text: str | None) -> dict[str, str] | None:
    """One day, or the first and the last."""
    from kemiao.app.options import optional_day

    if text is None:
        return None
    first, _, last = text.partition("..")
    start = optional_day(first)
    end = optional_day(last) if last else start
    if start is None or end is None or end < start:
        raise typer.BadParameter("2025-01-01..2025-12-31", param_hint="--about")
    return {"from": start.isoformat(), "until": end.isoformat()}


def _basis(text: str | None) -> dict[str, str] | None:
    from kemiao.chain.entry import BASES

    if text is None:
        return None
    kind, colon, told = text.partition(":")
    if not colon or kind not in BASES or not told.strip():
        raise typer.BadParameter(f"{' | '.join(BASES)}:TEXT", param_hint="--basis")
    return {kind: told.strip()}
