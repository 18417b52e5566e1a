"""kemiao letter"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command

FORMS = {".pdf": "pdf", ".html": "html", ".htm": "html", ".txt": "txt"}


def register(cli: typer.Typer) -> None:
    @command(cli)
    def letter(
        door: Door,
        about: Annotated[str, typer.Argument(metavar="DECISION|COMPANY", help="决定编号,或企业(取最新的决定)/ a decision's id, or a company (its newest)")],
        out: Annotated[Path | None, typer.Option("--out", help="输出文件,不给则打印文字 / the file to write: .pdf, .html or .txt; without it the text is printed", show_default=False)] = None,
        asked: Annotated[str | None, typer.Option("--asked", help="企业申请的金额,如 500万 / what was asked for", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """给企业的授信结果通知:未批准、转人工或少于申请时 / The letter to a company declined, referred or given less.

        例 e.g.: kemiao letter uscc:91… --out 通知.pdf ; kemiao letter dec-0123456789abcdef0123 --asked 500万 --lang en
        """
        form = "txt" if out is None else FORMS.get(out.suffix.lower())
        if form is None:
            raise typer.BadParameter(door.word("文件名须以 .pdf、.html 或 .txt 结尾", "the file name ends in .pdf, .html or .txt"), param_hint="--out")  # fmt: skip

        from kemiao.app.commands.report import _room, _write
        from kemiao.app.options import amount_fen, company_keys
        from kemiao.app.world import open_world
        from kemiao.bank.commands.letter import LetterRequest
        from kemiao.bank.commands.letter import letter as make
        from kemiao.base.refusal import Refusal

        decision = about if about.startswith("dec-") else None
        key = None if decision else company_keys([about])[0]
        request = LetterRequest(key, decision, form, door.lang, amount_fen(asked))
        room = _room(out) if out is not None else None
        if isinstance(room, Refusal):
            return room
        try:
            with open_world(door) as world:
                made = make(world, request)
            if isinstance(made, Refusal):
                return made
            refused = _write(room, out, made.content) if room is not None else None
        finally:
            if room is not None:
                room.unlink(missing_ok=True)
        if refused is not None:
            return refused
        if door.as_json:
            own = made.said
            both = {name: [{"zh": each.zh, "en": each.en} for each in getattr(own, name)] for name in ("reasons", "advice", "papers", "read")}  # fmt: skip
            door.document({
                "company": made.company, "decision_id": made.decision_id, "decision": own.decision, "limit_fen": own.limit_fen, "asked_fen": own.asked_fen,
                **both, "sha256": made.sha256, "file": None if out is None else str(out), "text": made.content.decode() if out is None else None,
            })  # fmt: skip
        elif out is None:
            door.text(made.content.decode().rstrip("\n"))
        else:
            door.text(door.word(f"已写入 {out}({len(made.content):,} 字节,SHA-256 {made.sha256})", f"wrote {out} ({len(made.content):,} bytes, SHA-256 {made.sha256})"))  # fmt: skip
        return None
