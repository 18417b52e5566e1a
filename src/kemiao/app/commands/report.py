"""kemiao report"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command

FORMS = {".pdf": "pdf", ".html": "html", ".htm": "html"}


def register(cli: typer.Typer) -> None:
    @command(cli)
    def report(
        door: Door,
        company: Annotated[str | None, typer.Argument(help="企业 / the company")] = None,
        out: Annotated[Path, typer.Option("--out", help="输出文件 / the file to write: .pdf or .html")] = ...,
        all_: Annotated[bool, typer.Option("--all", help="全部企业的汇总 / the summary of all companies")] = False,
        decision: Annotated[
            str | None, typer.Option("--decision", help="决策编号,默认最新 / the decision, the newest by default")
        ] = None,
    ) -> object:
        """授信调查报告,或全部评估的汇总 / A credit investigation report, or the summary of all.  例 e.g.: kemiao report uscc:91… --out report.pdf ; kemiao report --all --out all.html"""
        form = FORMS.get(out.suffix.lower())
        if form is None:
            raise typer.BadParameter(
                door.word("文件名须以 .pdf 或 .html 结尾", "the file name ends in .pdf or .html"), param_hint="--out"
            )
        if (company is None) != all_ or (all_ and decision):
            raise typer.BadParameter(
                door.word(
                    "请给出一家企业,或用 --all(不带 --decision)", "name one company, or --all without --decision"
                ),
                param_hint="COMPANY",
            )

        from kemiao.app.world import open_world
        from kemiao.bank.commands.report import ReportRequest
        from kemiao.bank.commands.report import report as make
        from kemiao.base.keys import parse_company
        from kemiao.base.refusal import Refusal

        key = parse_company(company) if company is not None else None
        if isinstance(key, Refusal):
            return key
        with open_world(door) as world:
            room = _room(out)  # before the work: a folder that can't be written is said at once
            if isinstance(room, Refusal):
                return room
            try:
                made = make(world, ReportRequest(key, form, door.lang, decision))
                if isinstance(made, Refusal):
                    return made
                refused = _write(room, out, made.content)
            finally:
                room.unlink(missing_ok=True)
        if refused is not None:
            return refused
        if door.as_json:
            door.document({
                "file": str(out), "sha256": made.sha256, "bytes": len(made.content), "decision_id": made.decision_id,
                "decisions": made.decisions, "erased": made.erased,
            })  # fmt: skip
        else:
            door.text(
                door.word(
                    f"已写入 {out}({len(made.content):,} 字节,SHA-256 {made.sha256})",
                    f"wrote {out} ({len(made.content):,} bytes, SHA-256 {made.sha256})",
                )
            )
        return None


def _room(out: Path):
    """An empty file beside the target, to be moved onto it whole: a reader never sees half a report."""
    import tempfile

    if out.is_dir():
        return _unwritable(out, "是一个目录", "is a folder")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    except OSError as error:
        return _unwritable(out, error.strerror or str(error), error.strerror or str(error))
    import os

    os.close(handle)
    return Path(name)


def _write(room: Path, out: Path, content: bytes):
    import os

    try:
        with room.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        room.chmod(0o600)  # about one company, for those who may read it
        room.replace(out)
    except OSError as error:
        return _unwritable(out, error.strerror or str(error), error.strerror or str(error))
    return None


def _unwritable(out: Path, zh: str, en: str):
    from kemiao.base.refusal import Refusal

    return Refusal.at("OUT_UNWRITABLE", f"无法写入:{zh}", f"can't be written: {en}", file=out)
