"""kemiao doctor"""

from __future__ import annotations

import typer

from kemiao.app.door import Door, command


def register(cli: typer.Typer) -> None:
    @command(cli)
    def doctor(door: Door) -> object:
        """检查本机与数据目录:什么可用,缺什么,如何补 / What works here, what is missing and how to get it.  例 e.g.: kemiao doctor"""
        from kemiao.app.examination import examine

        findings = examine(door.home)
        if door.as_json:
            door.lines({"check": f.check, "state": f.state, "zh": f.zh, "en": f.en} for f in findings)
        else:
            marks = {"good": "✓", "look": "!", "bad": "✗"}
            door.table(
                "",
                ["", door.word("检查", "check"), door.word("结果", "finding")],
                [(marks[f.state], f.check, f.zh if door.lang == "zh" else f.en) for f in findings],
            )
        if any(finding.state == "bad" for finding in findings):
            raise typer.Exit(1)
        return None
