"""kemiao market lend | matches | release | reoffer: from a match to an offer, and who comes next where one falls."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kemiao.app.door import DONE, REFUSED, Account, Door, command
from kemiao.app.effort import Minutes
from kemiao.app.groups import group

Call = Annotated[str | None, typer.Argument(metavar="[CALL]", help="哪一场;不写为最近一场 / which call; the newest without", show_default=False)]  # fmt: skip


def register(cli: typer.Typer) -> None:
    market = group(cli, "market")

    @command(market)
    def lend(
        door: Door,
        call: Call = None,
        match: Annotated[str | None, typer.Option("--match", help="只办这一笔 / this match only", show_default=False)] = None,
        product: Annotated[str | None, typer.Option("--product", help="挂牌没有写产品时用它 / where the mandate names no product", show_default=False)] = None,
        purpose: Annotated[str | None, typer.Option("--purpose", help="申请没有写用途时用它 / where the request names no purpose", show_default=False)] = None,
        as_: Account = None,
        minutes: Minutes = None,
    ) -> object:  # fmt: skip
        """把本机构出资的撮合变成申请与要约,按撮合的金额、期限和利率 / Makes applications and offers of the matches that this home funds.

        有未办成的退出码为 3,重发本命令继续 / Exit code 3 where one is not offered yet; the same command goes on from there.

        例 e.g.: kemiao market lend --as li
        """
        from kemiao.app.effort import clocked, effort_of
        from kemiao.app.market_lend_shown import lent_json, show_lent
        from kemiao.app.world import open_world
        from kemiao.bank.commands.market_lend import Lend
        from kemiao.bank.commands.market_lend import lend as run
        from kemiao.base.refusal import Refusal

        clock = clocked()
        with open_world(door) as world:
            day = world.clock.today()
            effort = effort_of(world, as_, minutes, clock)
            made = effort if isinstance(effort, Refusal) else run(world, Lend(call, match, product, purpose), effort)
        if isinstance(made, Refusal):
            return made
        if door.as_json:
            door.lines(lent_json(each, day) for each in made)
        else:
            show_lent(door, made, day)
        raise typer.Exit(REFUSED if any(each.refusal for each in made) else DONE)

    @command(market)
    def matches(door: Door, call: Call = None) -> object:
        """一场撮合的成交:谁、多少、哪天为止、变成了哪份申请 / The matches of a call: whose, how much, until when, which application.

        例 e.g.: kemiao market matches
        """
        from kemiao.app.market_lend_shown import match_json, show_matches
        from kemiao.app.world import open_world
        from kemiao.bank.market.calls import named
        from kemiao.bank.market.matches import lent_on
        from kemiao.bank.market.matches import matches as of_call
        from kemiao.base.refusal import Refusal

        with open_world(door) as world:
            found = named(world, call)
            if isinstance(found, Refusal):
                return found
            day, known = world.clock.today(), list(of_call(world, found.id))
            begun = lent_on(world, {match.company for match in known})
        if door.as_json:
            return door.lines(match_json(match, begun.get(match.id), day) for match in known)
        return show_matches(door, known, begun, day)

    @command(market)
    def release(
        door: Door,
        match: Annotated[str, typer.Argument(help="撮合编号 / a match: kemiao market matches")],
        reason: Annotated[str, typer.Option("--reason", help="原因 / why")],
    ) -> object:
        """放弃一笔还没有要约的撮合,让给候补者 / Lets a match go that is no offer yet, for who waits behind it.

        例 e.g.: kemiao market release m-0123456789abcdef0123 --reason 企业改用自有资金
        """
        from kemiao.app.market_lend_shown import match_json
        from kemiao.app.world import open_world
        from kemiao.bank.commands.market_reoffer import release as run
        from kemiao.base.refusal import Refusal

        with open_world(door) as world:
            day = world.clock.today()
            done = run(world, match, reason)
        if isinstance(done, Refusal):
            return done
        if door.as_json:
            return door.document(match_json(done, None, day) | {"fallen": "released"})
        door.text(door.word(f"{done.id} 已放弃", f"{done.id} was let go"))
        return door.say("下一步:kemiao market reoffer", "next: kemiao market reoffer")

    @command(market)
    def reoffer(door: Door, call: Call = None) -> object:
        """失效的撮合让给候补者;已有撮合的人不动 / Fallen matches go to who waits; nobody who holds one is moved.

        例 e.g.: kemiao market reoffer
        """
        from kemiao.app.market_lend_shown import reoffered_json, show_reoffered
        from kemiao.app.world import open_world
        from kemiao.bank.commands.market_reoffer import reoffer as run
        from kemiao.base.refusal import Refusal

        with open_world(door) as world:
            done: Any = run(world, call)
        if isinstance(done, Refusal):
            return done
        return door.document(reoffered_json(done)) if door.as_json else show_reoffered(door, done)
