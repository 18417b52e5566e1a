"""kemiao assess | trace | replay | decisions"""

from __future__ import annotations

from typing import Annotated

import typer

from kemiao.app.door import Door, command


def register(cli: typer.Typer) -> None:
    @command(cli)
    def assess(
        door: Door,
        companies: Annotated[list[str] | None, typer.Argument(help="企业 / companies")] = None,
        every: Annotated[bool, typer.Option("--all", help="全部企业 / every company")] = False,
        as_of: Annotated[str | None, typer.Option("--as-of", help="以哪天所知为准 / what was known on DATE")] = None,
        law_on: Annotated[
            str | None, typer.Option("--law-on", help="以哪天的法规与政策为准 / law and policy of DATE")
        ] = None,
        what_if: Annotated[list[str] | None, typer.Option("--what-if", metavar="NAME=VALUE", help="若某项不同会怎样:不作决定 / judge with another value; decides nothing")] = None,
        lift: Annotated[bool, typer.Option("--lift", help="什么能提升等级:不作决定 / what would lift the grade; decides nothing")] = False,
        as_subject: Annotated[bool, typer.Option("--as-subject", help="随 --what-if 或 --lift:以企业本人查询的名义读取 / with --what-if or --lift: read as the company's own enquiry")] = False,
    ) -> object:  # fmt: skip
        """评估:评级、定价、额度、决定 / See, rate, price and decide.  例 e.g.: kemiao assess --all --as-of 2024-07-01 --json

        例 e.g.: kemiao assess uscc:91… --what-if largest_customer_ppm=45% --what-if revenue_fen=800万 ; kemiao assess uscc:91… --lift
        """
        from kemiao.app.options import company_keys, optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.assess import Request
        from kemiao.bank.commands.assess import assess as run
        from kemiao.bank.reasons import explained
        from kemiao.bank.rulebook import grounds
        from kemiao.base.refusal import Refusal

        if bool(companies) == every:
            raise typer.BadParameter(door.word("给出企业,或 --all", "name companies, or --all"))
        if as_subject and not (what_if or lift):
            raise typer.BadParameter(door.word("--as-subject 随 --what-if 或 --lift", "--as-subject goes with --what-if or --lift"))  # fmt: skip
        if what_if or lift:
            from kemiao.app.what_if import supposed

            return supposed(door, companies or (), optional_day(as_of), optional_day(law_on), what_if, lift, as_subject)
        keys, day, law_day = company_keys(companies), optional_day(as_of), optional_day(law_on)
        with open_world(door) as world, door.progress("评估", "assessing") as bar:
            answer = run(world, Request(keys, day, law_day), bar)
            if isinstance(answer, Refusal):
                return answer
            law_day = law_day or world.clock.today()
            said = explained(
                world, answer.documents if door.as_json or not every else (), grounds(world, law_day).book, law_day
            )
            if door.as_json:
                door.lines(each | {"since_last": answer.since.get(each["company"])} for each in said)
                door.lines({"company": company, "left_out": why.as_json()} for company, why in answer.left_out)
                return None
            shown = list(said)
        if every:
            from kemiao.app.shown import show_book

            show_book(door, answer)
        else:
            from kemiao.app.shown import show_decision

            for each in shown:
                show_decision(door, each, answer.since.get(each["company"]))
        return None

    @command(cli)
    def replay(
        door: Door,
        decision: Annotated[str, typer.Argument(help="决定编号 / the decision's id")],
        changed: Annotated[
            list[str] | None, typer.Option("--with", help="NAME=VALUE:换一个输入再算 / another value for an input")
        ] = None,
    ) -> object:
        """重演一份决定,逐字节比对 / Decide again and compare to the byte.  例 e.g.: kemiao replay dec-0123456789abcdef0123"""
        from kemiao.app.options import changed_inputs
        from kemiao.app.world import open_world
        from kemiao.bank.commands.replay import replay as run
        from kemiao.base.refusal import Refusal

        with open_world(door) as world:
            answer = run(world, decision, changed_inputs(changed))
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            door.document({
                "decision_id": answer.decision_id, "result": answer.result, "identical": answer.identical, "differing": dict(answer.differing),
                "rows": answer.rows, "code": answer.code, "command": answer.command,
            })  # fmt: skip
        else:
            from kemiao.app.shown import show_replay

            show_replay(door, answer)
        return None

    @command(cli)
    def trace(
        door: Door,
        decision: Annotated[str, typer.Argument(help="决定编号 / the decision's id")],
        rows: Annotated[int, typer.Option(min=0, help="每张表最多列出的行数 / rows shown of each table")] = 5,
    ) -> object:
        """追溯到每一行原始资料 / From a decision down to the rows it read.  例 e.g.: kemiao trace dec-0123456789abcdef0123 --rows 20"""
        from dataclasses import asdict

        from kemiao.app.world import open_world
        from kemiao.bank.commands.trace import trace as run
        from kemiao.base.refusal import Refusal

        with open_world(door) as world:
            answer = run(world, decision, rows)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            door.document(asdict(answer))
        else:
            from kemiao.app.shown import show_trace

            show_trace(door, answer)
        return None

    @command(cli)
    def decisions(
        door: Door,
        company: Annotated[str | None, typer.Argument(help="只看一家企业的全部决定 / all of one company")] = None,
    ) -> object:
        """每家企业的最新决定,或一家企业的全部决定 / The newest decisions.  例 e.g.: kemiao decisions uscc:91…"""
        from kemiao.app.options import company_keys
        from kemiao.app.world import open_world
        from kemiao.credit.document import headline

        with open_world(door) as world:
            keys = company_keys([company] if company else None)
            events = list(world.log.events("decision", subject=keys[0]) if keys else world.log.last_of_each("decision"))
            kept = list(world.log.privates(events))
        rows = [
            {
                "company": event.subject,
                "decision_id": event.ref,
                "at": event.at,
                "as_of": event.public["as_of"],
                "erased": document is None,
            }
            | (
                {name: document[name] for name in ("decision", "grade", "pd_ppm", "limit_fen", "rate_ppm", "authority")}
                if document
                else {}
            )
            for event, document in zip(events, kept, strict=True)
        ]
        if door.as_json:
            door.lines(rows)
        else:
            said = [
                door.word("已删除", "erased") if document is None else headline(document, door.lang)
                for document in kept
            ]
            door.table("", [door.word("企业", "company"), door.word("决定", "decision"), "id", "as of"],
                       [(row["company"], words, row["decision_id"], row["as_of"]) for row, words in zip(rows, said, strict=True)])  # fmt: skip
        return None
