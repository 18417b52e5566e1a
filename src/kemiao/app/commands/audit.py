"""kemiao audit access | check | summary"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kemiao.app.door import REFUSED, Door, command
from kemiao.app.groups import group

if TYPE_CHECKING:
    from kemiao.bank.access_log import AccessLog


def register(cli: typer.Typer) -> None:
    audit = group(cli, "audit")

    @command(audit)
    def access(
        door: Door,
        company: Annotated[str | None, typer.Option("--company", help="关于哪家企业 / about whom", show_default=False)] = None,
        account: Annotated[str | None, typer.Option("--account", help="谁访问的 / who asked", show_default=False)] = None,
        route: Annotated[str | None, typer.Option("--route", help="哪个地址,如 access.toml / which route, as access.toml writes it", show_default=False)] = None,
        before: Annotated[int | None, typer.Option("--before", help="此序号之前 / before this number", show_default=False)] = None,
        most: Annotated[int, typer.Option("--most", min=1, max=10_000, help="最多几条 / at most")] = 50,
    ) -> object:  # fmt: skip
        """门户的访问日志,新的在前 / Who asked the portal for what, newest first.

        例 e.g.: kemiao audit access --company 91310000MA1FL0L951 --most 20
        """
        from kemiao.app.options import company_keys

        (key,) = company_keys([company]) or (None,) if company else (None,)
        with _access_log(door) as log:
            found = log.entries(company=key, account=account, route=route, before=before, most=most)
        if door.as_json:
            return door.lines([{**each._asdict(), "said": dict(each.said)} for each in found])
        return _show(door, found)

    @command(audit)
    def check(door: Door) -> object:
        """事件日志与访问日志是否如当初写下的 / Whether the event log and the access log are as they were written.  例 e.g.: kemiao audit check"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.audit_summary import Checked, check_event_log

        with open_world(door) as world:
            found = [check_event_log(world)]
        with _access_log(door) as log:
            newest = log.entries(most=1)
            found.append(Checked("access", newest[0].seq if newest else 0, log.broken_link(), None))
        if door.as_json:
            door.lines([each.as_json() for each in found])
        else:
            words = {"event": ("事件日志", "event log"), "access": ("访问日志", "access log")}
            heads = (("日志", "log"), ("条数", "entries"), ("结论", "verdict"))
            rows = [(door.word(*words[each.log]), each.entries, door.word("完整", "whole") if each.broken is None else door.word(f"第 {each.broken} 条被改动", f"entry {each.broken} was altered")) for each in found]  # fmt: skip
            door.table("", [door.word(*pair) for pair in heads], rows)
        if any(each.broken is not None for each in found):
            raise typer.Exit(REFUSED)
        return None

    @command(audit)
    def summary(door: Door) -> object:
        """例外:推翻的决定、隔离的行、撤销的导入 / What was out of the ordinary: overrides, rows in quarantine, undone imports.

        例 e.g.: kemiao audit summary
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.audit_summary import summary as run

        with open_world(door) as world:
            found = run(world)
        if door.as_json:
            return door.document(found)
        rows: list[tuple[str, object]] = [
            (door.word("推翻的决定", "overrides"), found["overrides"]["count"]),
            (door.word("撤销的导入", "imports undone"), found["undone_imports"]["count"]),
            (door.word("失效的撮合", "matches that fell"), found["fallen_matches"]["count"]),
            (door.word("隔离中的行", "rows in quarantine"), sum(row["rows"] for row in found["quarantine"])),
        ]
        return door.table("", [door.word("项目", "what"), door.word("数量", "count")], rows)


@contextmanager
def _access_log(door: Door) -> Iterator[AccessLog]:
    """To read: nothing is recorded by it."""
    from kemiao.bank.access_log import FILE, AccessLog
    from kemiao.bank.home import open_home

    log = AccessLog(open_home(door.home).root / FILE, lambda: 0)
    try:
        yield log
    finally:
        log.close()


def _show(door: Door, found: list[Any]) -> None:
    from kemiao.base.china_time import when

    heads = (("序号", "number"), ("时间", "at"), ("账户", "account"), ("企业", "company"), ("地址", "route"), ("目的", "purpose"), ("结果", "status"))  # fmt: skip
    rows = [(each.seq, when(each.at), each.account, each.company, each.said["route"], each.said["why"], each.said["status"]) for each in found]  # fmt: skip
    door.table("", [door.word(*pair) for pair in heads], rows, none=("没有记录", "no entries"))
