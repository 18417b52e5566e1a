"""kemiao chain export"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TextIO

import typer

from kemiao.app.door import Door, command
from kemiao.app.groups import group
from kemiao.base.refusal import Outage, Refusal


def register(cli: typer.Typer) -> None:
    @command(group(cli, "chain"))
    def export(
        door: Door,
        entry: Annotated[str | None, typer.Argument(help="只要这一条(需 --as) / this entry alone, with --as", show_default=False)] = None,
        form: Annotated[str | None, typer.Option("--as", help="credential:W3C 可验证凭证 / W3C Verifiable Credential", show_default=False)] = None,
        start: Annotated[int, typer.Option("--from", min=0, help="从哪个序号起 / from this index on")] = 0,
        out: Annotated[Path | None, typer.Option("--out", help="写入文件(默认标准输出) / to a file instead of stdout", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """全部条目为 JSON Lines;或本方的一条为可验证凭证 / Every entry as JSON Lines; or one of ours as a verifiable credential.

        例 e.g.: kemiao chain export --out chain.jsonl
        例 e.g.: kemiao chain export ENTRY --as credential --out consent.credential.json
        """
        from kemiao.app.world import open_world
        from kemiao.bank.chain_side import chain_of
        from kemiao.bank.commands.export_chain import as_credential, entries

        if form not in (None, "credential") or (entry is None) != (form is None):
            raise typer.BadParameter("ENTRY 与 --as credential 须一起给出 / ENTRY and --as credential go together")
        with open_world(door) as world:
            try:
                chain_of(world).refresh()
            except Outage:
                door.say("节点没有应答,以下为本地副本所知", "the node does not answer: this is what our replica knows")
            if entry is not None:
                made = as_credential(world, entry)
                if isinstance(made, Refusal):
                    return made
                text = json.dumps(made, ensure_ascii=False, indent=2) + "\n"
                return _written(door, out, lambda file: _one(file, text), {"entry": entry, "as": form})
            if out is None:
                return door.lines(entries(world, start))
            return _written(door, out, lambda file: sum(_one(file, json.dumps(line, ensure_ascii=False) + "\n") for line in entries(world, start)), {"from": start})  # fmt: skip


def _one(file: TextIO, text: str) -> int:
    file.write(text)
    return 1


def _written(door: Door, out: Path | None, write: Callable[[TextIO], int], told: dict[str, object]) -> object:
    """To stdout, or to a file that is there whole or not at all."""
    import sys

    if out is None:
        write(sys.stdout)
        return None
    building = out.with_name(f".{out.name}.new")
    try:
        with building.open("w", encoding="utf-8") as file:
            count = write(file)
        building.replace(out)
    except OSError as error:
        building.unlink(missing_ok=True)
        raise Outage("FILE_UNWRITABLE", f"文件无法写入:{error.strerror}", f"the file can't be written: {error.strerror}", {"file": out}) from error  # fmt: skip
    if door.as_json:
        return door.document({**told, "count": count, "file": str(out)})
    return door.text(door.word(f"已写入 {out}:{count} 条", f"wrote {out}: {count} entries"))
