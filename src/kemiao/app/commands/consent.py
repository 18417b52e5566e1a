"""kemiao consent grant|request|approve|pass|revoke|list|reads: a company's consent to be read, on the shared chain."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command
from kemiao.base.refusal import Refusal

_NOTICE_BYTES = 1_000_000
To = Annotated[str, typer.Option("--to", help="给谁(参与方编号) / to whom, a participant", metavar="PARTICIPANT")]
Tables = Annotated[list[str], typer.Option("--table", "--tables", help="哪些表,可多次;all 为全部 / which tables, several times; all for every one", metavar="T")]  # fmt: skip
TablesIfAny = Annotated[list[str] | None, typer.Option("--table", "--tables", help="哪些表;不给则与授权相同 / which tables; as the consent, where not given", metavar="T", show_default=False)]  # fmt: skip
Purposes = Annotated[list[str], typer.Option("--purpose", help="用途,可多次 / for what, several times: credit_review post_loan …", metavar="P")]  # fmt: skip
Queries = Annotated[int | None, typer.Option("--queries", min=1, max=1_000_000, help="最多几次 / how often at most", show_default=False)]  # fmt: skip
Company = Annotated[str | None, typer.Option("--company", help="企业 / a company's key", show_default=False)]
Reader = Annotated[str | None, typer.Option("--reader", help="机构(参与方编号) / a reader, a participant", show_default=False)]  # fmt: skip
PassOn = Annotated[bool, typer.Option("--may-pass-on", help="可以转授 / may be passed on")]


def register(cli: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    cli.add_typer(group, name="consent", help="企业授权:给出、申请、同意、撤回、谁读过 / Consents of companies: grant, request, approve, revoke, who read.  例 e.g.: kemiao consent list")  # fmt: skip

    @command(group)
    def grant(
        door: Door,
        to: To,
        table: Tables,
        purpose: Purposes,
        until: Annotated[str, typer.Option("--until", help="截止日(含) / the last day", metavar="DAY")],
        from_: Annotated[str | None, typer.Option("--from", help="起始日,默认今天 / the first day, today unless given", metavar="DAY", show_default=False)] = None,
        queries: Queries = None,
        account: Annotated[list[str] | None, typer.Option("--account", help="只限这些账户(尾号),可多次 / these accounts only, by their last four digits", metavar="LAST4", show_default=False)] = None,
        ask: Annotated[bool, typer.Option("--ask", help="每次查询须另经同意 / each query needs an approval of its own")] = False,
        may_pass_on: PassOn = False,
        notice: Annotated[Path | None, typer.Option("--notice", help="另附对方的告知书 / the reader's own notice beside ours", metavar="FILE", show_default=False)] = None,
        yes: Annotated[bool, typer.Option("--yes", help="不再询问 / don't ask")] = False,
    ) -> object:  # fmt: skip
        """企业给出授权:先写明授权内容,再签署 / The company lets a reader in: what is granted is shown first, then signed.

        例 e.g.: kemiao consent grant --to bank-a --table bank_transaction --account 6621 --purpose credit_review --until 2026-12-31 --ask
        """
        from kemiao.app.options import optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.chain_side import chain_of
        from kemiao.bank.commands import consent as run
        from kemiao.bank.consent_notice import notice as notice_text

        tables, purposes = run.known_tables(table), run.known_purposes(purpose)
        own_text = None if notice is None else _text_of(notice)
        for read in (tables, purposes, own_text):
            if isinstance(read, Refusal):
                return read
        first, last = optional_day(from_), optional_day(until)
        with open_world(door) as world:
            chain = chain_of(world)
            chain.refresh()
            company = run.own_company(chain)
            if isinstance(company, Refusal):
                return company
            asked = run.Grant(
                to, tables, purposes, first.isoformat() if first else chain.today(), last.isoformat(), queries,
                tuple(dict.fromkeys(account)) if account else None, ask, may_pass_on, own_text,
            )  # fmt: skip
            if asked.until < asked.from_on:
                raise typer.BadParameter("截止日早于起始日 / the last day is before the first", param_hint="--until")
            shown = notice_text(chain, company, asked)
            sys.stderr.write(shown)
            if (
                not yes
                and asked_at_a_terminal()
                and not typer.confirm(door.word("签署这份授权?", "sign this consent?"), err=True)
            ):
                return Refusal("NOT_CONFIRMED", "没有签署", "nothing was signed")
            answer = run.grant(world, asked, shown)
        return _told(door, answer, "授权", "consent")

    @command(group)
    def request(
        door: Door,
        purpose: Annotated[str, typer.Option("--purpose", help="用途 / for what", metavar="P")],
        consent: Annotated[
            str | None, typer.Argument(help="在哪份授权之下 / under which consent", show_default=False)
        ] = None,
        company: Company = None,
        table: TablesIfAny = None,
    ) -> object:
        """机构申请一次查询;没有授权时,申请授权 / The reader asks for one query, or for a consent where it has none.

        例 e.g.: kemiao consent request --company 91310000MA1FL0L95C --purpose credit_review --table bank_transaction
        """
        from kemiao.app.options import company_keys
        from kemiao.app.world import open_world
        from kemiao.bank.commands import consent as run

        tables = None if table is None else run.known_tables(table)
        purposes = run.known_purposes([purpose])
        for read in (tables, purposes):
            if isinstance(read, Refusal):
                return read
        keys = company_keys([company] if company else None)
        with open_world(door) as world:
            answer = run.request(world, run.Request(keys[0] if keys else None, purpose, tables, consent))
        return _told(door, answer, "申请", "request")

    @command(group)
    def approve(door: Door, request: Annotated[str, typer.Argument(help="申请的编号 / the request's id")]) -> object:
        """企业同意一次查询 / The company approves one query.  例 e.g.: kemiao consent approve 3fa91c02"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands import consent as run

        with open_world(door) as world:
            answer = run.approve(world, request)
        return _told(door, answer, "同意", "approval")

    @command(group, name="pass")
    def pass_on(
        door: Door,
        consent: Annotated[str, typer.Argument(help="转授哪一份 / which consent")],
        to: To,
        table: TablesIfAny = None,
        purpose: Annotated[list[str] | None, typer.Option("--purpose", help="用途;不给则与授权相同 / for what; as the consent, where not given", metavar="P", show_default=False)] = None,
        until: Annotated[str | None, typer.Option("--until", help="截止日(含) / the last day", metavar="DAY", show_default=False)] = None,
        queries: Queries = None,
        may_pass_on: PassOn = False,
    ) -> object:  # fmt: skip
        """机构把可转授的授权转给另一机构,全部或一部分 / The reader passes a consent on, or a part of it.

        例 e.g.: kemiao consent pass 3fa91c02 --to guarantor --table invoice --queries 1
        """
        from kemiao.app.options import optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands import consent as run

        tables = None if table is None else run.known_tables(table)
        purposes = None if purpose is None else run.known_purposes(purpose)
        for read in (tables, purposes):
            if isinstance(read, Refusal):
                return read
        last = optional_day(until)
        asked = run.PassOn(consent, to, tables, purposes, last.isoformat() if last else None, queries, may_pass_on)
        with open_world(door) as world:
            answer = run.pass_on(world, asked)
        return _told(door, answer, "转授", "consent")

    @command(group)
    def revoke(
        door: Door,
        consent: Annotated[str | None, typer.Argument(help="撤回哪一份 / which consent", show_default=False)] = None,
        reader: Reader = None,
    ) -> object:
        """企业撤回一份授权,或对一家机构的全部(含纸质),即刻生效 / The company takes back one consent, or everything from a reader.

        例 e.g.: kemiao consent revoke --reader bank-a
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands import consent as run

        if (consent is None) == (reader is None):
            raise typer.BadParameter("给出 CONSENT 或 --reader 之一 / give CONSENT or --reader")
        with open_world(door) as world:
            answer = run.revoke(world, consent, reader)
        return _told(door, answer, "撤回", "revocation")

    @command(group, name="list")
    def list_(
        door: Door,
        company: Company = None,
        reader: Reader = None,
        requests: Annotated[bool, typer.Option("--requests", help="只看申请 / requests only")] = False,
    ) -> object:
        """我给出的、我持有的授权,待同意的申请 / What we gave, what we hold, what waits for an approval.

        例 e.g.: kemiao consent list --requests
        """
        from kemiao.app.consent_shown import show_listing, show_requests
        from kemiao.app.last_known import catch_up
        from kemiao.app.options import company_keys
        from kemiao.app.world import open_world
        from kemiao.bank.commands import consent as run

        keys = company_keys([company] if company else None)
        with open_world(door) as world:
            catch_up(door, world)
            answer = run.listing(world, keys[0] if keys else None, reader)
        if door.as_json:
            said = answer.as_json()
            return door.document({"requests": said["requests"]} if requests else said)
        return show_requests(door, answer.requests) if requests else show_listing(door, answer)

    @command(group)
    def reads(
        door: Door,
        company: Annotated[str | None, typer.Argument(help="企业,默认本企业 / the company, our own unless given", show_default=False)] = None,
        csv: Annotated[Path | None, typer.Option("--csv", help="写成表格 / as a table to FILE", metavar="FILE", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """谁、何时、为何、依何授权读过本企业 / Who read the company's papers, when, for what, on what basis.

        例 e.g.: kemiao consent reads --csv 读取记录.csv
        """
        from kemiao.app.consent_shown import show_reads, write_csv
        from kemiao.app.last_known import catch_up
        from kemiao.app.options import company_keys
        from kemiao.app.world import open_world
        from kemiao.bank.commands import consent as run

        keys = company_keys([company] if company else None)
        with open_world(door) as world:
            catch_up(door, world)
            answer = run.reads(world, keys[0] if keys else None)
        if isinstance(answer, Refusal):
            return answer
        if csv is not None:
            try:
                write_csv(csv, answer, door.lang)
            except OSError as error:
                return Refusal.at("FILE_UNWRITABLE", f"无法写入:{error.strerror}", f"can't be written: {error.strerror}", file=csv)  # fmt: skip
            return door.say(f"{len(answer)} 次读取写到 {csv}", f"{len(answer)} readings written to {csv}")
        if door.as_json:
            return door.lines(answer)
        return show_reads(door, answer)


def asked_at_a_terminal() -> bool:
    return sys.stdin.isatty()


def _told(door: Door, answer: object, zh: str, en: str) -> object:
    """What the chain said to an entry of ours."""
    if isinstance(answer, Refusal):
        return answer
    if door.as_json:
        return door.document({"id": answer.id, "index": answer.index, "at": answer.at, "notes": list(answer.notes)})
    from kemiao.base.china_time import when

    for note in answer.notes:
        door.say(note["zh"], note["en"])
    return door.text(door.word(f"{zh} {answer.id}  链上第 {answer.index} 条,{when(answer.at)}", f"{en} {answer.id}  entry {answer.index} of the chain, {when(answer.at)} "))  # fmt: skip


def _text_of(file: Path) -> str | Refusal:
    try:
        content = file.read_bytes()
    except OSError as error:
        return Refusal.at(
            "FILE_UNREADABLE", f"无法读取:{error.strerror}", f"can't be read: {error.strerror}", file=file
        )
    try:
        text = content.decode("utf-8").strip()
    except UnicodeDecodeError:
        text = ""
    if not text or len(content) > _NOTICE_BYTES:
        return Refusal.at("NOT_A_TEXT", "告知书须为 UTF-8 文本,不空,不超过 1 MB", "a notice is text in UTF-8, not empty, of 1 MB at most", file=file)  # fmt: skip
    return text
