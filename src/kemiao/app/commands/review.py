"""kemiao review ask | list | show | take | give-back | answer | withdraw"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kemiao.app.door import Account, Door, command
from kemiao.base.refusal import Refusal

Own = Annotated[str, typer.Argument(metavar="REVIEW", help="复核编号 / the review's id")]


def register(cli: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    cli.add_typer(group, name="review", help="企业要求人工复核 / A person looks at a decision again, where the company asks for it.  例 e.g.: kemiao review list")  # fmt: skip

    @command(group)
    def ask(
        door: Door,
        decision: Annotated[str, typer.Argument(metavar="DECISION", help="决定编号 / the decision's id")],
        text: Annotated[str, typer.Option("--text", help="说明 / what is wrong")],
        about: Annotated[str, typer.Option("--about", help="decision | fact")] = "decision",
        fact: Annotated[str | None, typer.Option("--fact", help="对哪项资料有异议:kemiao features 的名称或事实表 / which fact: a name of kemiao features, or a table")] = None,
        as_: Account = None,
    ) -> object:  # fmt: skip
        """提出异议、要求人工复核 / Objects, and asks for a person's review.

        例 e.g.: kemiao review ask dec-0123456789abcdef0123 --about fact --fact staff_total --text 人数应为 32 人 --as li
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.review import ask as run

        with open_world(door) as world:
            answer = run(world, as_, decision, about, text, fact)
        return _said(door, answer)

    @command(group, name="list")
    def list_(
        door: Door,
        company: Annotated[str | None, typer.Argument(help="只看一家企业 / of one company")] = None,
        waiting: Annotated[
            bool, typer.Option("--waiting", help="只看待办 / only those that wait for the bank")
        ] = False,
    ) -> object:
        """复核与期限,最急的在前 / Reviews and their clocks, the most urgent first.  例 e.g.: kemiao review list --waiting --json"""
        from kemiao.app.options import company_keys
        from kemiao.app.world import open_world
        from kemiao.bank.lending.reviews import WORDS, reviews

        (key,) = company_keys([company] if company else None) or (None,)
        with open_world(door) as world:
            rows = [row for row in reviews(world, key) if not waiting or row["state"] in ("asked", "taken")]
        if door.as_json:
            return door.lines(rows)
        titles = [("编号", "id"), ("企业", "company"), ("决定", "decision"), ("提出", "asked"), ("期限", "due"), ("受理人", "taken by"), ("状态", "state"), ("超期", "late")]  # fmt: skip
        door.table("", [door.word(*title) for title in titles], [
            [row["review"], row["company"], row["decision"], row["asked_on"], row["due_on"], row["taken_by"], door.word(*WORDS[row["state"]]), "!" if row["late"] else ""]
            for row in rows
        ], ("没有复核申请", "there are no reviews"))  # fmt: skip
        return None

    @command(group)
    def show(door: Door, review: Own) -> object:
        """一份复核 / One review.  例 e.g.: kemiao review show rev-0123456789abcdef"""
        from kemiao.app.world import open_world
        from kemiao.bank.lending.reviews import shown

        with open_world(door) as world:
            answer = shown(world, review)
        return _said(door, answer)

    @command(group)
    def take(door: Door, review: Own, as_: Account = None) -> object:
        """受理:须未参与原决定 / Takes it up: a person who had no part in the decision.  例 e.g.: kemiao review take rev-… --as wang"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.review import take as run

        with open_world(door) as world:
            answer = run(world, as_, review)
        return _said(door, answer)

    @command(group, name="give-back")
    def give_back(door: Door, review: Own, as_: Account = None) -> object:
        """退回待受理 / Puts it back for another person.  例 e.g.: kemiao review give-back rev-… --as wang"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.review import give_back as run

        with open_world(door) as world:
            answer = run(world, as_, review)
        return _said(door, answer)

    @command(group)
    def answer(
        door: Door,
        review: Own,
        outcome: Annotated[str, typer.Option("--outcome", help="upheld | changed | corrected")],
        reason: Annotated[str, typer.Option("--reason", help="告知企业的理由 / why, as the company is told")],
        to: Annotated[str | None, typer.Option("--to", help="changed:approve | decline")] = None,
        decision: Annotated[
            str | None, typer.Option("--decision", help="corrected:更正后的新决定 / the newer decision")
        ] = None,
        as_: Account = None,
    ) -> object:
        """答复:维持、改变(须另一人批准)或更正 / Upholds it, changes it (a second person approves), or names the corrected decision.

        例 e.g.: kemiao review answer rev-… --outcome changed --to approve --reason 补充的订单已核实 --as wang
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.review import answer as run

        with open_world(door) as world:
            said = run(world, as_, review, outcome, reason, to, decision)
        return _said(door, said)

    @command(group)
    def withdraw(door: Door, review: Own, as_: Account = None) -> object:
        """撤回 / Takes it back.  例 e.g.: kemiao review withdraw rev-… --as li"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.review import withdraw as run

        with open_world(door) as world:
            answer = run(world, as_, review)
        return _said(door, answer)


def _said(door: Door, answer: dict[str, Any] | Refusal) -> object:
    from kemiao.bank.lending.reviews import OUTCOME_WORDS, WORDS

    if isinstance(answer, Refusal) or door.as_json:
        return answer if isinstance(answer, Refusal) else door.document(answer)
    words = {"state": WORDS, "outcome": OUTCOME_WORDS}
    rows = [(name, door.word(*words[name][value]) if name in words and value else value) for name, value in answer.items() if value is not None]  # fmt: skip
    return door.table("", ["", ""], rows)
