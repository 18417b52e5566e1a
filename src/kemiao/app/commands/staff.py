"""kemiao staff add | list | change | close | delegate"""

from __future__ import annotations

from typing import Annotated

import typer

from kemiao.app.door import Account, Door, command
from kemiao.base.refusal import Refusal

Name = Annotated[str, typer.Argument(metavar="ACCOUNT", help="账户 / the account")]


def register(cli: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    cli.add_typer(group, name="staff", help="账户与权限 / Accounts and their authority.  例 e.g.: kemiao staff list")

    @command(group)
    def add(
        door: Door,
        account: Name,
        person: Annotated[str, typer.Option("--person", help="账户所属的人,四眼按人比对 / whose account it is: four eyes compare persons")],
        role: Annotated[list[str], typer.Option("--role", help="角色,可多次 / a role, may be repeated (organisation.toml)")],
        unit: Annotated[str, typer.Option("--unit", help="机构 / the unit (organisation.toml)")],
        as_: Account = None,
    ) -> object:  # fmt: skip
        """新增账户;第一个账户无需他人 / A new account; the first of a home needs nobody.

        例 e.g.: kemiao staff add chen --person 陈静 --role administrator --unit head_office ; kemiao staff add li --person 李强 --role customer_manager --unit technology_team --as chen
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.staff import Add
        from kemiao.bank.commands.staff import add as run

        with open_world(door) as world:
            answer = run(world, as_, Add(account, person, tuple(dict.fromkeys(role)), unit))
        if isinstance(answer, Refusal) or door.as_json:
            return answer if isinstance(answer, Refusal) else door.document(answer)
        first = door.word("(本行第一个账户)", " (the first account of this bank)") if answer["bootstrap"] else ""
        return door.text(door.word(f"已新增账户 {account}:{answer['person']}{first}", f"account {account} added: {answer['person']}{first}"))  # fmt: skip

    @command(group, name="list")
    def list_(door: Door) -> object:
        """账户、所属的人、角色、机构、代理 / Accounts, their persons, roles, units, and whom they stand in for.  例 e.g.: kemiao staff list"""
        from kemiao.app.world import open_world
        from kemiao.bank.lending.organisation import organisation
        from kemiao.bank.lending.people import accounts

        with open_world(door) as world:
            rows, rules = list(accounts(world)), organisation(world, world.clock.today())
        if door.as_json:
            return door.lines(rows)
        named = {} if isinstance(rules, Refusal) else {**rules.units, **rules.roles}

        def said(name: str) -> str:
            return door.word(f"{named[name].zh} {name}", name) if name in named else name

        titles = [("账户", "account"), ("人", "person"), ("角色", "roles"), ("机构", "unit"), ("代理", "stands in for"), ("状态", "state")]  # fmt: skip
        door.table("", [door.word(*title) for title in titles], [
            [row["account"], row["person"], ", ".join(map(said, row["roles"])), said(row["unit"]),
             ", ".join(f"{other['account']} → {other['until']}" for other in row["stands_in_for"]),
             door.word("停用", "closed") if row["closed"] else door.word("首个", "first") if row["bootstrap"] else ""]
            for row in rows
        ], ("还没有账户:kemiao staff add", "there are no accounts yet: kemiao staff add"))  # fmt: skip
        return None

    @command(group)
    def change(
        door: Door,
        account: Name,
        role: Annotated[list[str] | None, typer.Option("--role", help="新的角色 / its roles from now on")] = None,
        unit: Annotated[str | None, typer.Option("--unit", help="新的机构 / its unit from now on")] = None,
        as_: Account = None,
    ) -> object:
        """变更角色或机构 / Other roles or another unit.  例 e.g.: kemiao staff change li --role branch_officer --unit technology_branch --as chen"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.staff import change as run

        if not role and unit is None:
            raise typer.BadParameter("--role | --unit")
        with open_world(door) as world:
            answer = run(world, as_, account, tuple(dict.fromkeys(role or ())), unit)
        return _said(door, answer, f"账户 {account} 已变更", f"account {account} is changed")

    @command(group)
    def close(door: Door, account: Name, as_: Account = None) -> object:
        """停用账户,名称不再使用 / The account acts no more; its name is not given again.  例 e.g.: kemiao staff close li --as chen"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.staff import close as run

        with open_world(door) as world:
            answer = run(world, as_, account)
        return _said(door, answer, f"账户 {account} 已停用", f"account {account} is closed")

    @command(group)
    def delegate(
        door: Door,
        source: Annotated[str, typer.Argument(metavar="FROM", help="被代理的账户 / whose authority")],
        to: Annotated[str, typer.Argument(metavar="TO", help="代理的账户 / who stands in")],
        until: Annotated[str, typer.Option("--until", help="至哪天(含) / until that day, included")],
        as_: Account = None,
    ) -> object:
        """外出期间由他人代理;四眼仍按人比对 / Another stands in while one is absent; four eyes still compare persons.

        例 e.g.: kemiao staff delegate wang zhao --until 2024-08-15 --as wang
        """
        from kemiao.app.options import optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.staff import delegate as run

        day = optional_day(until)
        if day is None:
            raise typer.BadParameter("--until")
        with open_world(door) as world:
            answer = run(world, as_, source, to, day)
        return _said(door, answer, f"{to} 代理 {source} 至 {day}", f"{to} stands in for {source} until {day}")


def _said(door: Door, answer: object, zh: str, en: str) -> object:
    if isinstance(answer, Refusal):
        return answer
    return door.document(answer) if door.as_json else door.text(door.word(zh, en))
