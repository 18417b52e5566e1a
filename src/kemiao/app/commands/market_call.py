"""kemiao market call open|show|list, commit, reveal, result, check, replay: the sealed call."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from kemiao.app.door import REFUSED, Door, command
from kemiao.app.groups import group

_TIME = re.compile(r"(\d{1,6})(m|h|d)")
_MINUTES = {"m": 1, "h": 60, "d": 1440}


def _option(names: str, zh: str, en: str) -> Any:
    return typer.Option(names, help=f"{zh} / {en}", show_default=False)


Call = Annotated[
    str | None,
    _option("--call", "哪一场(编号或其开头);不写为最近一场", "which call, by number or id; the newest without"),
]
CallArgument = Annotated[str | None, typer.Argument(metavar="[CALL]", help="哪一场;不写为最近一场 / which call; the newest without", show_default=False)]  # fmt: skip


def register(cli: typer.Typer) -> None:
    market = group(cli, "market")
    call = typer.Typer(no_args_is_help=True)
    market.add_typer(
        call,
        name="call",
        help="密封撮合的开启与查看 / opens and shows calls.  例 e.g.: kemiao market call open --auditor audit-1",
    )

    @command(call, name="open")
    def open_(
        door: Door,
        auditor: Annotated[str | None, _option("--auditor", "审计方(链上参与方)", "a participant of the chain who may replay all of it")] = None,
        commit: Annotated[str | None, _option("--commit", "提交承诺的时间", "how long commitments are taken: 8h, 30m, 1d")] = None,
        reveal: Annotated[str | None, _option("--reveal", "此后揭示的时间", "how long they may be revealed after that")] = None,
        local: Annotated[bool, typer.Option("--local", help="不上链:以本机构时钟为准,没有密封标书 / not on the chain: this home's clock decides, and nothing is sealed")] = False,
    ) -> object:  # fmt: skip
        """开启一场撮合 / Opens a call.  例 e.g.: kemiao market call open --auditor audit-1 --commit 8h --reveal 2h"""
        from kemiao.app.market_call_shown import call_json, calls
        from kemiao.app.world import open_world
        from kemiao.bank.commands.market_call import Opening, open_call
        from kemiao.bank.market.calls import now_ms
        from kemiao.base.refusal import Refusal

        with open_world(door) as world:
            done = open_call(world, Opening(auditor, _minutes("--commit", commit), _minutes("--reveal", reveal), local))
            now = now_ms(world)
        if isinstance(done, Refusal):
            return done
        return door.document(call_json(done, now)) if door.as_json else calls(door, [done], now)

    @command(call, name="list")
    def list_(door: Door) -> object:
        """所有撮合 / All calls that this home knows of.  例 e.g.: kemiao market call list"""
        from kemiao.app.market_call_shown import calls
        from kemiao.app.world import open_world
        from kemiao.bank.market.calls import calls as known
        from kemiao.bank.market.calls import now_ms

        with open_world(door) as world:
            _refresh(world)
            return calls(door, known(world), now_ms(world))

    @command(call, name="show")
    def show(door: Door, call: CallArgument = None) -> object:
        """一场撮合的时间、标书数、结果摘要,和本机构的标书 / One call: its times, its digests, our bids in it.  例 e.g.: kemiao market call show"""
        from kemiao.app.market_call_shown import one_call
        from kemiao.app.world import open_world
        from kemiao.bank.commands.market_bid import our_bids
        from kemiao.bank.market.calls import named, now_ms
        from kemiao.base.refusal import Refusal

        with open_world(door) as world:
            _refresh(world)
            found = named(world, call)
            if isinstance(found, Refusal):
                return found
            return one_call(door, found, our_bids(world, found.id), now_ms(world))

    @command(market)
    def commit(
        door: Door,
        posting: Annotated[list[str] | None, typer.Argument(help="挂牌编号;不写为全部有效挂牌 / postings; all that stand without", show_default=False)] = None,
        call: Call = None,
        once: Annotated[bool, typer.Option("--once", help="只参加这一场 / for this call only; else it stands for the next ones too")] = False,
    ) -> object:  # fmt: skip
        """把挂牌密封提交(只有摘要上链)/ Commits postings to a call: only a digest goes to the chain.  例 e.g.: kemiao market commit --call 3"""
        from kemiao.app.market_call_shown import bids
        from kemiao.app.world import open_world
        from kemiao.bank.commands.market_bid import commit as make
        from kemiao.base.refusal import Refusal

        with open_world(door) as world:
            done = make(world, posting or (), call, not once)
        return done if isinstance(done, Refusal) else bids(door, done)

    @command(market)
    def reveal(door: Door, call: Call = None) -> object:
        """揭示:密封内容发给运营方和审计方 / Reveals our bids to operator and auditor, sealed for them.  例 e.g.: kemiao market reveal --call 3"""
        from kemiao.app.market_call_shown import bids
        from kemiao.app.world import open_world
        from kemiao.bank.commands.market_bid import reveal as show_them
        from kemiao.base.refusal import Refusal

        with open_world(door) as world:
            done = show_them(world, call)
        return done if isinstance(done, Refusal) else bids(door, done)

    @command(market)
    def result(
        door: Door,
        call: CallArgument = None,
        company: Annotated[str | None, typer.Argument(help="只看一家企业 / of one company alone", show_default=False)] = None,
        published: Annotated[Path | None, _option("--published", "把人人可看的部分写入文件", "writes what everybody may read to a file")] = None,
        rows: Annotated[int, typer.Option(min=0, help="显示前几笔 / how many contracts to show")] = 20,
    ) -> object:  # fmt: skip
        """结果:运营方看全部,其他机构看自己的结果单 / The result: the operator's whole, a bidder's own sheet.  例 e.g.: kemiao market result 3"""
        from kemiao.app.market_call_shown import result as shown

        return shown(door, call, company, published, rows)

    @command(market)
    def check(
        door: Door,
        call: CallArgument = None,
        evidence: Annotated[Path | None, _option("--evidence", "有误时把证据写入文件", "where something is wrong, the proof of it is written there")] = None,
    ) -> object:  # fmt: skip
        """自查:标书在承诺根之下,结果单在摘要之下,没有人越过我们 / Our bid is under the root, our sheet under its digest, and nobody passed us over.

        例 e.g.: kemiao market check 3 --evidence evidence.json
        """
        from kemiao.app.market_call_shown import checked
        from kemiao.app.world import open_world
        from kemiao.bank.commands.market_check import check as make
        from kemiao.base.refusal import Refusal

        with open_world(door) as world:
            done = make(world, call)
        if isinstance(done, Refusal):
            return done
        checked(door, done, evidence)
        if not done.holds:
            raise typer.Exit(REFUSED)
        return None

    @command(market)
    def replay(door: Door, call: CallArgument = None) -> object:
        """审计方重放:全部重算,与公布的比较 / The auditor computes all of it again and compares.  例 e.g.: kemiao market replay 3"""
        from kemiao.app.market_call_shown import replayed
        from kemiao.app.world import open_world
        from kemiao.bank.commands.market_replay import replay as make
        from kemiao.base.refusal import Refusal

        with open_world(door) as world:
            done = make(world, call)
        if isinstance(done, Refusal):
            return done
        replayed(door, done)
        if not done.identical:
            raise typer.Exit(REFUSED)
        return None


def _refresh(world: Any) -> None:
    if world.chain is not None:
        world.chain.refresh()


def _minutes(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    found = _TIME.fullmatch(text.strip().lower())
    if found is None:
        raise typer.BadParameter("8h | 30m | 1d", param_hint=option)
    return int(found[1]) * _MINUTES[found[2]]
