"""kemiao disburse; kemiao due-diligence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Account, Door, command
from kemiao.app.effort import Minutes
from kemiao.base.refusal import Refusal

_RISKS = {"low": "低", "medium": "中", "high": "高"}


def register(cli: typer.Typer) -> None:
    @command(cli)
    def disburse(
        door: Door,
        application: Annotated[str, typer.Argument(help="申请编号 / the application's id", metavar="APPLICATION")],
        amount: Annotated[str | None, typer.Option("--amount", help="只放一部分 / a part only; all that is left without", show_default=False)] = None,
        payee: Annotated[str | None, typer.Option("--payee", help="收款人(受托支付必填) / the payee; needed for entrusted payment", show_default=False)] = None,
        payee_account: Annotated[str | None, typer.Option("--payee-account", help="收款人账户 / the payee's account", show_default=False)] = None,
        as_: Account = None,
        minutes: Minutes = None,
    ) -> object:  # fmt: skip
        """放款:条件齐备、金额权限与复核通过之后 / Pays out, once every condition is met and a second person has cleared the amount.

        例 e.g.: kemiao disburse app-0123456789abcdef0123 --payee 某设备公司 --payee-account 6222… --as li
        """
        from kemiao.app.application_shown import as_json, show_schedule
        from kemiao.app.effort import clocked, effort_of
        from kemiao.app.options import amount_fen
        from kemiao.app.world import open_world
        from kemiao.bank.commands.disburse import Disburse, schedule_of
        from kemiao.bank.commands.disburse import disburse as run
        from kemiao.base.money import yuan_text

        clock, asked = clocked(), Disburse(application, amount_fen(amount), payee, payee_account)
        with open_world(door) as world:
            day = world.clock.today()
            effort = effort_of(world, as_, minutes, clock)
            answer = effort if isinstance(effort, Refusal) else run(world, asked, effort)
            if isinstance(answer, Refusal):
                return answer
            schedule = schedule_of(world, answer.loan, answer.amount_fen, day)
        if door.as_json:
            paid = {"loan": answer.loan["loan"], "message": answer.message, "amount_fen": answer.amount_fen, "payee": answer.payee, "entrusted": answer.entrusted}  # fmt: skip
            return door.document(as_json(answer.application, day) | paid | {"schedule": schedule})
        how = (
            door.word("受托支付", "entrusted payment") if answer.entrusted else door.word("自主支付", "to the borrower")
        )
        door.text(f"{answer.loan['loan']}  {door.word('已放款', 'paid out')} {yuan_text(answer.amount_fen)}  {how} {answer.payee or ''}")  # fmt: skip
        if schedule:
            show_schedule(door, schedule)
        return door.say(f"之后:kemiao loan show {answer.loan['loan']}", f"from here on: kemiao loan show {answer.loan['loan']}")  # fmt: skip

    @command(cli, name="due-diligence")
    def due_diligence(
        door: Door,
        company: Annotated[str, typer.Argument(help="企业 / the company's key")],
        owner: Annotated[list[str] | None, typer.Option("--owner", help="受益所有人:姓名=比例[=证件号],可多次 / beneficial owner: NAME=SHARE[=ID], several times", metavar="NAME=SHARE", show_default=False)] = None,
        risk: Annotated[str | None, typer.Option("--risk", help="风险等级 / risk class: low | medium | high", show_default=False)] = None,
        screen: Annotated[list[Path] | None, typer.Option("--screen", help="名单文件:每行一个名称或代码 / a list of names or codes, one a row", metavar="FILE", show_default=False)] = None,
        cleared: Annotated[str | None, typer.Option("--cleared", help="命中系同名或已核实的理由 / why a hit is another of that name", show_default=False)] = None,
        note: Annotated[str | None, typer.Option("--note", help="备注(密封保存) / a note, sealed", show_default=False)] = None,
        as_: Account = None,
        minutes: Minutes = None,
    ) -> object:  # fmt: skip
        """客户尽职调查:受益所有人、名单筛查、风险等级;不给 --owner 则查看 / Beneficial owners, screening, risk class; shows the last one without --owner.

        例 e.g.: kemiao due-diligence 91110108MA01KPGK0L --owner 张三=60% --owner 李四=40% --risk low --screen 名单.csv --as li
        """
        from kemiao.app.effort import clocked, effort_of
        from kemiao.app.options import company_keys
        from kemiao.app.world import open_world
        from kemiao.bank.commands import due_diligence as commands

        clock = clocked()
        (key,) = company_keys([company]) or ("",)
        if not owner:
            return _shown(door, key)
        if risk is None:
            raise typer.BadParameter("low | medium | high", param_hint="--risk")
        owners = tuple(_owner(text) for text in owner)
        asked = commands.Look(key, owners, risk, tuple(screen or ()), cleared, note)
        with open_world(door) as world:
            effort = effort_of(world, as_, minutes, clock)
            if isinstance(effort, Refusal):
                return effort
            if effort.account is None:
                return Refusal("NO_ACCOUNT_NAMED", "尽职调查须由人办理:用 --as 账户,或设 KEMIAO_ACCOUNT", "a person does the due diligence: --as ACCOUNT, or set KEMIAO_ACCOUNT")  # fmt: skip
            answer = commands.due_diligence(world, asked, effort)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document({"company": key, "risk": answer.risk, "until": answer.until, "hits": list(answer.hits), "passed": answer.passed})  # fmt: skip
        for hit in answer.hits:
            door.text(f"{door.word('命中', 'hit')}  {hit['list']}  {hit['what']}")
        door.text(door.word(f"风险等级 {_RISKS.get(answer.risk, answer.risk)},有效至 {answer.until}", f"risk class {answer.risk}, holds until {answer.until}"))  # fmt: skip
        if not answer.passed:
            door.say("有命中未排除:不能签约、放款;核实后用 --cleared 写明理由", "a hit is not cleared: no contract, no payment; once looked into, --cleared REASON")  # fmt: skip
        return None


def _shown(door: Door, company: str) -> object:
    from kemiao.app.world import open_world
    from kemiao.bank.commands.due_diligence import KIND, standing

    with open_world(door) as world:
        event = world.log.last(KIND, subject=company)
        stands = standing(world, company)
        private = world.log.private(event) if event is not None else None
    if event is None:
        return stands
    why = stands.as_json() if isinstance(stands, Refusal) else None
    if door.as_json:
        return door.document({"company": company, **event.public, "details": private, "at": event.at, "refused": why})
    for each in (private or {}).get("owners", ()):
        door.text(f"{each['name']}  {each['share_ppm'] / 10_000:.2f}%")
    door.text(door.word(f"风险等级 {_RISKS.get(event.public['risk'], event.public['risk'])},有效至 {event.public['until']},命中 {event.public['hits']}", f"risk class {event.public['risk']}, holds until {event.public['until']}, hits {event.public['hits']}"))  # fmt: skip
    return stands if isinstance(stands, Refusal) else None


def _owner(text: str) -> object:
    from kemiao.bank.commands.due_diligence import Owner
    from kemiao.base.rates import parse_ppm

    name, equals, rest = text.partition("=")
    share, _, number = rest.partition("=")
    ppm = parse_ppm(share) if equals else None
    if ppm is None or isinstance(ppm, Refusal) or not name.strip():
        raise typer.BadParameter(f"NAME=60%: {text}", param_hint="--owner")
    return Owner(name.strip(), ppm, number.strip() or None)
