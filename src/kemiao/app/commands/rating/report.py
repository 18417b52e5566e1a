"""kemiao rating report"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.commands.rating.fit import AsOf, Baseline, Drop, Event, Horizon, Key, Label, Seed, Table
from kemiao.app.door import Door, command

FORMS = {".pdf": "pdf", ".html": "html", ".htm": "html", ".json": "json"}
Groups = Annotated[str | None, typer.Option("--groups", help="按这些列分组检验公平性,逗号分隔 / look at groups by these columns: A,B", show_default=False)]  # fmt: skip
Size = Annotated[str | None, typer.Option("--size", help="规模列:三等分检验,并作单列基准 / a column of size: in terciles, and alone as baseline", show_default=False)]  # fmt: skip
Time = Annotated[str | None, typer.Option("--time", help="日期或年份列:检验跨期稳定 / a column of dates or years: stability over time", show_default=False)]  # fmt: skip


def register(group: typer.Typer) -> None:
    @command(group)
    def report(
        door: Door,
        model: Annotated[str | None, typer.Argument(help="已训练的模型;不给则现场验证 / a fitted model; without it the table or home is validated now")] = None,
        output: Annotated[Path, typer.Option("--output", help="输出文件 .pdf | .html | .json / the file to write")] = ...,
        table: Table = None, label: Label = None, drop: Drop = None, key: Key = None, event: Event = None, baseline: Baseline = None,
        seed: Seed = 0, horizon_days: Horizon = None, as_of: AsOf = None, groups: Groups = None, size: Size = None, time: Time = None,
    ) -> object:  # fmt: skip
        """模型验证报告:区分、校准、公平、稳定、收益 / The validation report of a model.

        例 e.g.: kemiao rating report --table loans.csv --label default --groups region --size sales --time year --output report.pdf
        """
        form = FORMS.get(output.suffix.lower())
        if form is None:
            raise typer.BadParameter(".pdf | .html | .json", param_hint="--output")
        if model is not None and table is not None:
            raise typer.BadParameter(door.word("给出模型或 --table,不能都给", "name a model or --table, not both"))

        from kemiao.app.commands.report import _room, _write
        from kemiao.app.world import MachineClock, world_if_any
        from kemiao.bank.commands.examine_rating import examination_of, examine_rating, validation_report
        from kemiao.base.refusal import Refusal

        request = _request(
            door, table, label, drop, key, event, baseline, seed, horizon_days, as_of, groups, size, time
        )
        with world_if_any(door, needed=table is None) as world:
            today = world.clock.today() if world else MachineClock().today()
            room = _room(output)  # before the work: a folder that can't be written is said at once
            if isinstance(room, Refusal):
                return room
            try:
                if model is not None:
                    found = examination_of(world, model)
                else:
                    with door.progress("验证", "validating") as bar:
                        found = examine_rating(world, request, today if world else None, bar)
                if isinstance(found, Refusal):
                    return found
                content = validation_report(found, form, door.lang, today)
                refused = _write(room, output, content)
            finally:
                room.unlink(missing_ok=True)
        if refused is not None:
            return refused
        _show(door, found, output, content)
        return None


def _request(door, table, label, drop, key, event, baseline, seed, horizon_days, as_of, groups, size, time):
    from kemiao.app.options import optional_day
    from kemiao.bank.commands.fit_rating import Request

    if table is not None and label is None:
        raise typer.BadParameter(door.word("--table 需要 --label", "--table needs --label"))

    def names(text):
        return tuple(name.strip() for name in text.split(",") if name.strip()) if text else ()

    return Request(
        table, label or "defaulted", names(drop), key, event, baseline, seed, "rating", horizon_days, optional_day(as_of),
        groups=names(groups), size=size, time=time,
    )  # fmt: skip


def _show(door: Door, found, output: Path, content: bytes) -> None:
    from hashlib import sha256

    from kemiao.bank.examination_json import examination_json
    from kemiao.bank.validation_findings import findings, verdict

    every = findings(found)
    tone, words = verdict(every)
    mark = sha256(content).hexdigest()
    if door.as_json:
        said = [{"tone": each.tone, "zh": each.text.say("zh"), "en": each.text.en} for each in every]
        door.document({"file": str(output), "sha256": mark, "bytes": len(content), "verdict": tone, "findings": said, "examination": examination_json(found)})  # fmt: skip
        return
    door.text(words.say(door.lang))
    for each in every:
        door.text(f"{ {'good': '+', 'warn': '!', 'bad': '×'}[each.tone] } {each.text.say(door.lang)}")
    door.text(door.word(f"已写入 {output}({len(content):,} 字节,SHA-256 {mark})", f"wrote {output} ({len(content):,} bytes, SHA-256 {mark})"))  # fmt: skip
