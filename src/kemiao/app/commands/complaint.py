"""kemiao complaint file | list | show | extend | answer | withdraw | ask-review | review"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kemiao.app.door import Account, Door, command
from kemiao.base.refusal import Refusal

Own = Annotated[str, typer.Argument(metavar="COMPLAINT", help="投诉编号 / the complaint's id")]
Reason = Annotated[str, typer.Option("--reason", help="理由 / why")]
Told = Annotated[
    str | None, typer.Option("--told-on", help="告知投诉人的日期,默认今天 / the day the complainant is told; today")
]
Outcome = Annotated[str, typer.Option("--outcome", help="upheld | partly_upheld | rejected | settled")]
_STATES = {"open": ("处理中", "open"), "answered": ("已答复", "answered"), "withdrawn": ("已撤回", "withdrawn"), "review": ("核查中", "under review"), "reviewed": ("已核查", "reviewed")}  # fmt: skip


_CATEGORIES = {"loan": ("贷款", "loan"), "fee": ("收费", "fee"), "service": ("服务", "service"), "data": ("个人信息", "personal data"), "collection": ("催收", "collection")}  # fmt: skip


def _category(door: Door, name: str) -> str:
    """A bank may use words of its own: those are shown as they are."""
    return door.word(*_CATEGORIES[name]) if name in _CATEGORIES else name


def register(cli: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    cli.add_typer(group, name="complaint", help="消费投诉 / Complaints of customers, by the law's clocks.  例 e.g.: kemiao complaint list")  # fmt: skip

    @command(group)
    def file(
        door: Door,
        person: Annotated[str, typer.Option("--person", help="投诉人 / who complains")],
        contact: Annotated[str, typer.Option("--contact", help="联系方式 / how to reach them")],
        request: Annotated[str, typer.Option("--request", help="请求 / what is asked for")],
        facts: Annotated[str, typer.Option("--facts", help="主要事实 / the main facts and grounds")],
        handler: Annotated[str, typer.Option("--handler", help="处理人账户 / the account that handles it")],
        category: Annotated[str, typer.Option("--category", help="类别 / category: loan | fee | service | data | collection | …")] = "loan",
        channel: Annotated[str, typer.Option("--channel", help="branch | phone | letter | web | regulator")] = "branch",
        by: Annotated[str, typer.Option("--by", help="complainant | legal_representative | agent | heir")] = "complainant",
        received: Annotated[str | None, typer.Option("--received-on", help="收到日期,默认今天 / the day of receipt; today")] = None,
        company: Annotated[str | None, typer.Option("--company", help="企业 / the company")] = None,
        respondent: Annotated[str | None, typer.Option("--respondent", help="被投诉的账户或机构 / the account or unit complained about")] = None,
        product: Annotated[str | None, typer.Option("--product", help="产品 / product")] = None,
        amount: Annotated[str | None, typer.Option("--amount", help="争议金额 / amount in dispute")] = None,
        identity: Annotated[str | None, typer.Option("--identity", help="证件信息 / identity data")] = None,
        address: Annotated[str | None, typer.Option("--address", help="地址 / address")] = None,
        agent: Annotated[str | None, typer.Option("--agent", help="代理人 / the agent")] = None,
        authorisation: Annotated[str | None, typer.Option("--authorisation", help="授权委托书或继承证明的摘要 / digest of the power of attorney or proof")] = None,
        representatives: Annotated[int, typer.Option("--representatives", help="共同投诉的代表人数 / representatives of a joint complaint")] = 1,
        credit_report: Annotated[bool, typer.Option("--credit-report", help="征信异议(20日) / a credit-report dispute (20 days)")] = False,
        as_: Account = None,
    ) -> object:  # fmt: skip
        """受理登记 / Accepts a complaint.

        例 e.g.: kemiao complaint file --person 王某 --contact 13800000000 --request 退还多收利息 --facts 三月多扣一期 --handler li --as zhou
        """
        from kemiao.app.options import amount_fen, company_keys, optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.complaint import Filing
        from kemiao.bank.commands.complaint import file as run

        (key,) = company_keys([company] if company else None) or (None,)
        with open_world(door) as world:
            filing = Filing(
                optional_day(received) or world.clock.today(), channel, category, by, person, contact, request, facts, handler, key, respondent, product,
                amount_fen(amount), identity, address, agent, authorisation, representatives, credit_report,
            )  # fmt: skip
            answer = run(world, as_, filing)
        return _said(door, answer)

    @command(group, name="list")
    def list_(door: Door) -> object:
        """投诉与期限,最急的在前 / Complaints and their clocks, the most urgent first.  例 e.g.: kemiao complaint list --json"""
        from kemiao.app.world import open_world
        from kemiao.bank.lending.complaints import complaints

        with open_world(door) as world:
            rows = complaints(world)
        if door.as_json:
            return door.lines(rows)
        titles = [("编号", "id"), ("收到", "received"), ("期限", "due"), ("类别", "category"), ("处理人", "handler"), ("状态", "state"), ("超期", "late")]  # fmt: skip
        door.table("", [door.word(*title) for title in titles], [
            [row["complaint"], row["received_on"], row["due_on"], _category(door, row["category"]), row["handler"], door.word(*_STATES[row["state"]]), "!" if row["late"] else ""]
            for row in rows
        ], ("没有投诉", "there are no complaints"))  # fmt: skip
        return None

    @command(group)
    def show(door: Door, own: Own, opened: Annotated[bool, typer.Option("--sealed", help="也显示封存的内容 / what is sealed too")] = False) -> object:  # fmt: skip
        """一份投诉 / One complaint.  例 e.g.: kemiao complaint show cmp-0123456789abcdef --sealed"""
        from kemiao.app.world import open_world
        from kemiao.bank.lending.complaints import sealed, shown

        with open_world(door) as world:
            answer = shown(world, own)
            if not isinstance(answer, Refusal) and opened:
                answer["sealed"] = sealed(world, own)
        if isinstance(answer, Refusal) or door.as_json:
            return answer if isinstance(answer, Refusal) else door.document(answer)
        door.table("", ["", ""], [[name, value] for name, value in answer.items() if value is not None])
        return None

    @command(group)
    def extend(door: Door, own: Own, reason: Reason, told: Told = None, as_: Account = None) -> object:
        """延期并告知:一次至30日,再次(须批准)至60日 / Puts the answer off: to 30 days, and with approval to 60.

        例 e.g.: kemiao complaint extend cmp-… --reason 需向他行核实流水 --as li
        """
        from kemiao.bank.commands.complaint import extend as run

        return _dated(door, told, lambda world, day: run(world, as_, own, reason, day))

    @command(group)
    def answer(
        door: Door, own: Own, outcome: Outcome, reason: Reason, told: Told = None,
        root_cause: Annotated[str, typer.Option("--root-cause", help="原因 / root cause")] = "",
        correction: Annotated[str, typer.Option("--correction", help="整改 / what is corrected")] = "",
        as_: Account = None,
    ) -> object:  # fmt: skip
        """作出处理决定并告知,列明救济途径 / Decides and tells, with the remedies.

        例 e.g.: kemiao complaint answer cmp-… --outcome upheld --reason 已核实 --root-cause 扣款批次重复 --correction 已退款并加校验 --as li
        """
        from kemiao.bank.commands.complaint import answer as run

        return _dated(door, told, lambda world, day: run(world, as_, own, outcome, reason, day, root_cause, correction))

    @command(group)
    def withdraw(door: Door, own: Own, received: Annotated[str | None, typer.Option("--received-on", help="收到撤回的日期 / the day it came in")] = None, as_: Account = None) -> object:  # fmt: skip
        """投诉人撤回,处理当日终止 / The complainant withdraws; it ends that day.  例 e.g.: kemiao complaint withdraw cmp-… --as li"""
        from kemiao.bank.commands.complaint import withdraw as run

        return _dated(door, received, lambda world, day: run(world, as_, own, day))

    @command(group, name="ask-review")
    def ask_review(door: Door, own: Own, reason: Reason, received: Annotated[str | None, typer.Option("--received-on", help="收到申请的日期 / the day it came in")] = None, as_: Account = None) -> object:  # fmt: skip
        """登记投诉人的核查申请 / The complainant asks for a review.  例 e.g.: kemiao complaint ask-review cmp-… --reason 不认可 --as zhou"""
        from kemiao.bank.commands.complaint import ask_review as run

        return _dated(door, received, lambda world, day: run(world, as_, own, day, reason))

    @command(group)
    def review(
        door: Door, own: Own, outcome: Outcome, reason: Reason, told: Told = None, as_: Account = None
    ) -> object:
        """上级机构的核查决定 / The superior office's decision.  例 e.g.: kemiao complaint review cmp-… --outcome rejected --reason 原决定无误 --as wu"""
        from kemiao.bank.commands.complaint import review as run

        return _dated(door, told, lambda world, day: run(world, as_, own, outcome, reason, day))


def _dated(door: Door, day: str | None, run: Any) -> object:
    from kemiao.app.options import optional_day
    from kemiao.app.world import open_world

    with open_world(door) as world:
        answer = run(world, optional_day(day) or world.clock.today())
    return _said(door, answer)


def _said(door: Door, answer: dict[str, Any] | Refusal) -> object:
    if isinstance(answer, Refusal):
        return answer
    if door.as_json:
        return door.document(answer)
    state, due = door.word(*_STATES[answer["state"]]), answer["review_due_on"] if answer["state"] == "review" else answer["due_on"]  # fmt: skip
    return door.text(f"{answer['complaint']}  {state}  {door.word('期限', 'due')} {due}")
