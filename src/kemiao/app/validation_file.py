"""The validation report as a file that appears whole or not at all, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import typer

from kemiao.app.door import Door

FORMS = {".pdf": "pdf", ".html": "html", ".htm": "html", ".json": "json"}


class Paper:
    """path None: nothing is written. room: the empty file that will be moved to it."""

    def __init__(self, path: Path | None, room: Path | None) -> None:
        self._path, self._room = path, room

    def write(self, found, lang: str, day: date) -> dict[str, object]:
        """Of an examination; answers what a script is told of it."""
        from hashlib import sha256

        from kemiao.app.commands.report import _write
        from kemiao.bank.commands.examine_rating import validation_report
        from kemiao.bank.examination_json import examination_json
        from kemiao.bank.validation_findings import findings, verdict
        from kemiao.base.refusal import Refused

        every = findings(found)
        tone, words = verdict(every)
        said = [{"tone": each.tone, "zh": each.text.say("zh"), "en": each.text.en} for each in every]
        told: dict[str, object] = {"verdict": tone, "verdict_text": words.say(lang), "findings": said, "examination": examination_json(found)}  # fmt: skip
        if self._path is None or self._room is None:
            return told
        content = validation_report(found, FORMS[self._path.suffix.lower()], lang, day)
        refused = _write(self._room, self._path, content)
        if refused is not None:
            raise Refused(refused)
        return {"file": str(self._path), "sha256": sha256(content).hexdigest(), "bytes": len(content)} | told


@contextmanager
def report_room(path: Path | None, option: str = "--report") -> Iterator[Paper]:
    """Before the work: a form that is none, or a folder that can't be written, is said at once."""
    if path is None:
        yield Paper(None, None)
        return
    if path.suffix.lower() not in FORMS:
        raise typer.BadParameter(".pdf | .html | .json", param_hint=option)
    from kemiao.app.commands.report import _room
    from kemiao.base.refusal import Refusal, Refused

    room = _room(path)
    if isinstance(room, Refusal):
        raise Refused(room)
    try:
        yield Paper(path, room)
    finally:
        room.unlink(missing_ok=True)


def show_findings(door: Door, told: dict) -> None:
    """The verdict, what it rests on, and the file."""
    door.text(told["verdict_text"])
    for each in told["findings"]:
        door.text(f"{ {'good': '+', 'warn': '!', 'bad': '×'}[each['tone']] } {each[door.lang]}")
    if "file" in told:
        door.text(door.word(f"已写入 {told['file']}({told['bytes']:,} 字节,SHA-256 {told['sha256']})", f"wrote {told['file']} ({told['bytes']:,} bytes, SHA-256 {told['sha256']})"))  # fmt: skip
