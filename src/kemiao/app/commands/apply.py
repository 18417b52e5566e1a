"""kemiao apply | offer | accept | application list|show|withdraw|reopen: from the wish to the offer and the yes to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from kemiao.app.door import Account, Door, command
from kemiao.app.effort import Minutes
from kemiao.base.refusal import Refusal

Application = Annotated[str, typer.Argument(help="申请编号 / the application's id", metavar="APPLICATION")]


def register(cli: typer.Typer) -> None:
    @command(cli)
    def apply(
        door: Door,
        company: Annotated[str, typer.Argument(help="企业 / the company's key")],
        product: Annotated[str, typer.Option("--product", help="产品 / a product: kemiao product list")],
        amount: Annotated[str, typer.Option("--amount", help="金额 / amount: 200万")],
        months: Annotated[int, typer.Option("--months", help="期限(月) / term in months")],
        purpose: Annotated[str, typer.Option("--purpose", help="用途 / what the money is for")],
        payee: Annotated[str | None, typer.Option("--payee", help="已知的收款人 / who is to be paid, if known", show_default=False)] = None,
        payee_account: Annotated[str | None, typer.Option("--payee-account", help="其账户 / its account", show_default=False)] = None,
        guarantor: Annotated[str | None, typer.Option("--guarantor", help="保证人 / guarantor", show_default=False)] = None,
        renews: Annotated[str | None, typer.Option("--renews", help="所续的贷款 / the loan that is renewed", show_default=False)] = None,
        green: Annotated[str | None, typer.Option("--green", help="绿色目录代码 / heading of the green catalogue", show_default=False)] = None,
        as_: Account = None,
        minutes: Minutes = None,
    ) -> object:  # fmt: skip
        """申请一笔贷款;同一天同一份申请只算一次 / Applies for a loan; the same on the same day is one.

        例 e.g.: kemiao apply 91110108MA01KPGK0L --product tech_credit --amount 200万 --months 12 --purpose 采购原材料
        """
        from kemiao.app.options import amount_fen, company_keys
        from kemiao.bank.commands.apply import Apply
        from kemiao.bank.commands.apply import apply as run

        (key,) = company_keys([company]) or ("",)
        fen = amount_fen(amount) or 0
        asked = Apply(key, product, fen, months, purpose, payee, payee_account, guarantor, renews, green)
        return stepped(door, as_, minutes, lambda world, effort: run(world, asked, effort))

    @command(cli)
    def offer(
        door: Door,
        application: Application,
        security_value: Annotated[str | None, typer.Option("--security-value", help="押品评估价值 / appraised value of the security", show_default=False)] = None,
        longer: Annotated[bool, typer.Option("--longer", help="总行已同意更长期限 / head office allowed a longer term")] = False,
        as_of: Annotated[str | None, typer.Option("--as-of", help="以哪天所知评估 / assess on what was known on a day", show_default=False)] = None,
        as_: Account = None,
        minutes: Minutes = None,
    ) -> object:  # fmt: skip
        """评估并要约(在若干天内有效),或拒绝并说明 / Assesses and offers, for some days; or declines and says why.

        例 e.g.: kemiao offer app-0123456789abcdef0123 --as li
        """
        from kemiao.app.application_shown import as_json, next_step, show, show_schedule
        from kemiao.app.effort import clocked, effort_of
        from kemiao.app.options import amount_fen, optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.offer import Offer
        from kemiao.bank.commands.offer import offer as run

        clock, asked = clocked(), Offer(application, amount_fen(security_value), longer, optional_day(as_of))
        with open_world(door) as world:
            day = world.clock.today()
            effort = effort_of(world, as_, minutes, clock)
            answer = effort if isinstance(effort, Refusal) else run(world, asked, effort)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document(as_json(answer.application, day) | {"declined": answer.declined, "schedule": list(answer.schedule)})  # fmt: skip
        show(door, answer.application, day)
        if answer.schedule:
            show_schedule(door, answer.schedule)
        return next_step(door, answer.application, day)

    @command(cli)
    def accept(
        door: Door,
        application: Application,
        paper: Annotated[Path | None, typer.Option("--paper", help="申请人的回执,只存其摘要 / the applicant's letter; its digest is kept", show_default=False)] = None,
        as_: Account = None,
        minutes: Minutes = None,
    ) -> object:  # fmt: skip
        """申请人接受要约,凭回执或由受理人记下 / The applicant accepts the offer: shown by a letter, or by the account that took it.

        例 e.g.: kemiao accept app-0123456789abcdef0123 --paper 回执.pdf --as li
        """
        from kemiao.bank.commands.apply import accept as run

        return stepped(door, as_, minutes, lambda world, effort: run(world, application, effort, paper))

    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    cli.add_typer(group, name="application", help="申请:列出、查看、撤回、重开 / applications: list, show, withdraw, reopen.  例 e.g.: kemiao application list")  # fmt: skip

    @command(group, name="list")
    def list_(
        door: Door,
        company: Annotated[str | None, typer.Option("--company", help="只看一家企业 / of one company", show_default=False)] = None,
        state: Annotated[str | None, typer.Option("--state", help="只看一种状态 / in one state: offered | lapsed | …", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """列出申请及其状态 / Applications and where they stand.  例 e.g.: kemiao application list --state offered"""
        from kemiao.app.application_shown import brief, show_list
        from kemiao.app.options import company_keys
        from kemiao.app.world import open_world
        from kemiao.bank.lending.applications import WORDS, applications

        states = [
            word for word in WORDS if word not in ("ticked", "reopened")
        ]  # steps after which another state stands
        if state is not None and state not in states:
            raise typer.BadParameter(" | ".join(states), param_hint="--state")
        keys = company_keys([company] if company else None)
        with open_world(door) as world:
            day = world.clock.today()
            found = [each for each in applications(world, keys[0] if keys else None) if state in (None, each.word(day))]
        if door.as_json:
            return door.lines(brief(each, day) for each in found)
        return show_list(door, found, day)

    @command(group)
    def show(door: Door, application: Application) -> object:
        """一份申请:要约、条件、每一步的经办与用时 / One application: offer, conditions, who did each step, how long it took.

        例 e.g.: kemiao application show app-0123456789abcdef0123 --json
        """
        from kemiao.app import application_shown
        from kemiao.app.world import open_world
        from kemiao.bank.lending.applications import application as find

        with open_world(door) as world:
            day, found = world.clock.today(), find(world, application)
        if isinstance(found, Refusal):
            return found
        if door.as_json:
            return door.document(application_shown.as_json(found, day))
        application_shown.show(door, found, day)
        return application_shown.next_step(door, found, day)

    @command(group)
    def withdraw(
        door: Door,
        application: Application,
        reason: Annotated[str, typer.Option("--reason", help="原因 / why")] = "",
        as_: Account = None,
        minutes: Minutes = None,
    ) -> object:
        """签署前撤回申请 / Takes an application back, before both have signed.  例 e.g.: kemiao application withdraw app-0123…"""
        from kemiao.bank.commands.apply import withdraw as run

        return stepped(door, as_, minutes, lambda world, effort: run(world, application, reason, effort))

    @command(group)
    def reopen(
        door: Door,
        application: Application,
        amount: Annotated[
            str | None, typer.Option("--amount", help="改为此金额 / another amount", show_default=False)
        ] = None,
        months: Annotated[
            int | None, typer.Option("--months", help="改为此期限 / another term", show_default=False)
        ] = None,
        as_: Account = None,
        minutes: Minutes = None,
    ) -> object:
        """重开过期、撤回或被拒的申请,另起一轮 / Opens a lapsed, withdrawn or declined one again, as a new round.

        例 e.g.: kemiao application reopen app-0123456789abcdef0123 --amount 100万
        """
        from kemiao.app.options import amount_fen
        from kemiao.bank.commands.apply import reopen as run

        fen = amount_fen(amount)
        return stepped(door, as_, minutes, lambda world, effort: run(world, application, effort, fen, months))


def stepped(door: Door, name: str | None, minutes: int | None, run: Callable[[Any, Any], Any]) -> object:
    """Runs a step and shows where the application stands."""
    from kemiao.app.application_shown import as_json, next_step
    from kemiao.app.effort import clocked, effort_of
    from kemiao.app.world import open_world
    from kemiao.bank.lending.applications import WORDS

    clock = clocked()
    with open_world(door) as world:
        day = world.clock.today()
        effort = effort_of(world, name, minutes, clock)
        answer = effort if isinstance(effort, Refusal) else run(world, effort)
    if isinstance(answer, Refusal):
        return answer
    found = answer.application
    if door.as_json:
        return door.document(as_json(found, day) | {"again": answer.again})
    again = door.word("(此前已有)", " (was there already)") if answer.again else ""
    door.text(f"{found.id}  {door.word(*WORDS[found.word(day)])}{again}")
    return next_step(door, found, day)
