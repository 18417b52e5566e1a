"""kemiao payments in | unmatched | match | out | account | reconcile"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import REFUSED, Account, Door, command
from kemiao.app.groups import group

File = Annotated[Path, typer.Argument(help="文件 / the file", exists=True, dir_okay=False)]


def register(cli: typer.Typer) -> None:
    payments = group(cli, "payments")

    @command(payments, name="in")
    def take_in(door: Door, file: File, account: Account = None) -> object:
        """导入银行对账单 camt.053,还款自动匹配贷款 / Take in a statement (camt.053); repayments find their loans.

        例 e.g.: kemiao payments in statement.xml --as teller
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.payments_in import payments_in
        from kemiao.bank.lending.people import account_of
        from kemiao.base.refusal import Refusal

        with open_world(door) as world, door.progress("入账", "taking in") as bar:
            who = account_of(world, account)
            if isinstance(who, Refusal):
                return who
            answer = payments_in(world, file, who, bar)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.lines(
                {"statement": each.statement, "account": each.account, "closing_on": each.closing_on, "again": each.again, **each.counts, "waiting": list(each.unmatched)}
                for each in answer
            )  # fmt: skip
        for each in answer:
            if each.again:
                door.text(door.word(f"对账单 {each.statement} 已导入过,未做任何事", f"statement {each.statement} came in before: nothing was done"))  # fmt: skip
                continue
            n = each.counts
            door.text(door.word(
                f"对账单 {each.statement}({each.closing_on}):还款入账 {n['recorded']} 笔,付款确认 {n['order']} 笔,已知 {n['known']} 笔,待处理 {n['unmatched']} 笔,未记账 {n['pending']} 笔",
                f"statement {each.statement} ({each.closing_on}): {n['recorded']} repayments, {n['order']} orders carried out, {n['known']} known before, {n['unmatched']} wait, {n['pending']} not booked by the bank yet",
            ))  # fmt: skip
            _show_waiting(door, each.unmatched)
        return None

    @command(payments)
    def unmatched(door: Door) -> object:
        """等待处理的银行流水及原因 / Bank entries that wait for a person, and why.  例 e.g.: kemiao payments unmatched"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.payments_in import unmatched as waiting

        with open_world(door) as world:
            rows = waiting(world)
        return door.lines(rows) if door.as_json else _show_waiting(door, rows)

    @command(payments)
    def match(
        door: Door,
        entry: Annotated[str, typer.Argument(help="流水编号 / the entry's id")],
        loan: Annotated[str | None, typer.Option("--loan", help="还的是哪笔贷款 / the loan that it repays", show_default=False)] = None,
        none: Annotated[bool, typer.Option("--none", help="与贷款无关 / concerns no loan")] = False,
        reason: Annotated[str | None, typer.Option("--reason", help="说明 / why", show_default=False)] = None,
        account: Account = None,
    ) -> object:  # fmt: skip
        """人工认领一笔流水 / Say what a waiting entry is.

        例 e.g.: kemiao payments match bank-0123456789abcdef0123 --loan loan-0123456789abcdef0123 --as teller
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.payments_in import match as say
        from kemiao.bank.lending.people import account_of
        from kemiao.base.money import yuan_text
        from kemiao.base.refusal import Refusal

        if (loan is None) != none or (none and not reason):
            raise typer.BadParameter(door.word("--loan 贷款,或 --none --reason 说明", "--loan LOAN, or --none --reason WHY"))  # fmt: skip
        with open_world(door) as world:
            who = account_of(world, account)
            answer = who if isinstance(who, Refusal) else say(world, entry, loan, reason, who)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document(answer)
        return door.text(
            f"{entry}  {yuan_text(answer['amount_fen'])}  {_state(door, answer['status'])}  {answer.get('loan') or ''}"
        )

    @command(payments)
    def out(
        door: Door,
        file: Annotated[Path, typer.Option("--out", help="写到哪个文件 / the file to write", dir_okay=False)],
        again: Annotated[str | None, typer.Option("--again", help="重写一份已下达的文件 / write an ordered file anew", show_default=False)] = None,
        account: Account = None,
    ) -> object:  # fmt: skip
        """未下达的放款与退款写成付款指令 pain.001 / Disbursements and refunds that were not ordered yet, as pain.001.

        例 e.g.: kemiao payments out --out orders.xml --as operator
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.payments_out import again as write_again
        from kemiao.bank.commands.payments_out import payments_out
        from kemiao.bank.lending.people import account_of
        from kemiao.base.money import yuan_text
        from kemiao.base.refusal import Refusal

        with open_world(door) as world:
            who = account_of(world, account)
            if isinstance(who, Refusal):
                return who
            answer = payments_out(world, file, who) if again is None else write_again(world, again, file, who)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            door.document({
                "file": answer.file, "orders": answer.orders, "total_fen": answer.total_fen, "written": str(file) if answer.file else None,
                "left_out": [{"message": message, **why.as_json()} for message, why in answer.left_out],
            })  # fmt: skip
        elif answer.file is None:
            n = len(answer.left_out)
            door.text(door.word(f"有 {n} 笔付款未能下达", f"{n} payments could not be ordered") if n else door.word("没有待下达的付款", "nothing to order"))  # fmt: skip
        else:
            door.text(door.word(f"{answer.file}:{answer.orders} 笔,合计 {yuan_text(answer.total_fen)} 元,已写入 {file}", f"{answer.file}: {answer.orders} orders, {yuan_text(answer.total_fen)} yuan, written to {file}"))  # fmt: skip
        for message, why in answer.left_out:
            door.say(f"未下达 {message}:{why.text('zh')}", f"left out: {message}: {why.text('en')}")
        if answer.file is None and answer.left_out:
            raise typer.Exit(REFUSED)
        return None

    @command(payments, name="account")
    def set_account(
        door: Door,
        company: Annotated[str, typer.Argument(help="企业 / the company's key")],
        number: Annotated[str, typer.Option("--number", help="账号 / account number")],
        name: Annotated[str, typer.Option("--name", help="户名 / name of the account")],
        bank: Annotated[str | None, typer.Option("--bank", help="开户行联行号 / clearing number of its bank", show_default=False)] = None,
        account: Account = None,
    ) -> object:  # fmt: skip
        """登记企业的收付款账户 / The account that a company's money goes to and comes from.

        例 e.g.: kemiao payments account uscc:91… --number 6222020200112233 --name 某某科技有限公司 --as operator
        """
        from kemiao.app.options import company_keys
        from kemiao.app.world import open_world
        from kemiao.bank.commands.payments_out import set_account as keep
        from kemiao.bank.lending.people import account_of
        from kemiao.bank.lending.registered_name import registered_names
        from kemiao.base.refusal import Refusal

        (key,) = company_keys([company]) or ("",)
        with open_world(door) as world:
            who = account_of(world, account)
            answer = who if isinstance(who, Refusal) else keep(world, key, number, name, bank, who)
            registered = None if isinstance(who, Refusal) else registered_names(world, [key]).get(key)
        if registered is not None and registered != name.strip():  # also where a second person is still to approve
            door.say(f"注意:户名“{name.strip()}”与登记名称“{registered}”不一致", f"note: the account's name {name.strip()} is not the registered name {registered}")  # fmt: skip
        if isinstance(answer, Refusal):
            return answer
        return door.document(answer) if door.as_json else door.text(f"{key}  {answer['name']}  {answer['number']}")

    @command(payments)
    def reconcile(door: Door, file: File) -> object:
        """清算账户对账:账面与银行对账单,逐笔列出差异 / The settlement account: books against statement, each difference listed.

        例 e.g.: kemiao payments reconcile statement.xml
        """
        from dataclasses import asdict

        from kemiao.app.world import open_world
        from kemiao.bank.commands.payments_reconcile import reconcile as compare
        from kemiao.base.refusal import Refusal

        with open_world(door) as world:
            answer = compare(world, file)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.lines({**asdict(each), "agrees": each.agrees} for each in answer)
        for each in answer:
            _show_reconciled(door, each)
        return None


_STATES = {
    "unmatched": ("待处理", "waits"), "recorded": ("已入账", "recorded"), "order": ("付款已执行", "order carried out"), "dismissed": ("与贷款无关", "concerns no loan"),
    "new": ("尚未导入", "not taken in yet"), "pending": ("银行未记账", "not booked by the bank yet"), "fee": ("费用", "fee"), "repay": ("还款", "repayment"),
    "disburse": ("放款", "disbursement"), "refund": ("退款", "refund"), "recover": ("核销后收回", "recovery"), "sell": ("转让份额", "share sold"), "buy_back": ("回购份额", "share bought back"),
    "opening": ("期初余额", "opening"),
}  # fmt: skip


def _state(door: Door, name: str) -> str:
    """What became of an entry, or what a posting is of."""
    return door.word(*_STATES[name]) if name in _STATES else name


def _show_reconciled(door: Door, each) -> None:
    from kemiao.base.money import yuan_text

    titles = (("对账单余额", "statement"), ("期初(账外)", "brought forward"), ("账面发生额", "books"), ("差异", "difference"), ("对账单缺期", "gap between statements"))  # fmt: skip
    fens = (each.statement_fen, each.brought_forward_fen, each.ledger_fen, each.difference_fen, each.gap_fen)
    door.table(f"{each.statement}  {each.on}", [door.word(*title) for title in titles], [[yuan_text(fen) for fen in fens]])  # fmt: skip
    rows = [
        *((door.word("仅银行", "statement only"), one["value_day"], one["loan"], one["key"], yuan_text(one["amount_fen"]), _state(door, one["status"])) for one in each.only_statement),
        *((door.word("仅账面", "books only"), one["value_day"], one["loan"], one["key"], yuan_text(one["amount_fen"]), _state(door, one["kind"])) for one in each.only_ledger),
    ]  # fmt: skip
    if rows:
        door.table("", [door.word(*title) for title in (("在哪边", "where"), ("起息日", "value day"), ("贷款", "loan"), ("报文", "message"), ("金额", "amount"), ("状态", "what"))], rows)  # fmt: skip
    if each.closed_until is None or each.closed_until < each.on:
        door.say(f"账面只结到 {each.closed_until}:先 kemiao eod", f"the books are closed up to {each.closed_until}: kemiao eod first")  # fmt: skip
    agree = ("账实相符", "books and statement agree")
    door.text(door.word(*(agree if each.agrees else ("有差异,已逐笔列出", "there are differences: each is listed"))))


def _show_waiting(door: Door, rows) -> None:
    from kemiao.base.money import yuan_text

    if not rows:
        return
    door.table(
        "", [door.word(*title) for title in (("流水", "entry"), ("起息日", "value day"), ("金额", "amount"), ("对方", "party"), ("附言", "text"), ("为何等待", "why"))],
        [[row["entry"], row["value_day"], yuan_text(row["amount_fen"]), row.get("party"), row.get("text"), (row.get("why") or {}).get(door.lang)] for row in rows],
    )  # fmt: skip
