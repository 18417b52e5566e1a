"""kemiao user add | list | close | password | totp | token: accounts of the portal and what they sign in with"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from kemiao.app.door import Account, Door, command
from kemiao.base.refusal import Refusal, Refused

Name = Annotated[str, typer.Argument(metavar="ACCOUNT", help="账户 / the account")]
_FILE_MAX = 1024


def register(cli: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    cli.add_typer(group, name="user", help="门户账户与登录 / Accounts of the portal and what they sign in with.  例 e.g.: kemiao user list")  # fmt: skip

    @command(group)
    def add(
        door: Door,
        account: Name,
        kind: Annotated[str, typer.Option("--kind", help="company | funder | auditor(员工用 kemiao staff add / staff: kemiao staff add)")],
        person: Annotated[str, typer.Option("--person", help="账户所属的人 / whose account it is")],
        company: Annotated[str | None, typer.Option("--company", help="企业账户属于哪家企业 / of which company", metavar="KEY", show_default=False)] = None,
        funder: Annotated[str | None, typer.Option("--funder", help="资金方账户属于哪一方 / of which funder", show_default=False)] = None,
        as_: Account = None,
    ) -> object:  # fmt: skip
        """新增企业、资金方或审计的账户;设密码后才能登录 / A new account of a company, a funder or an auditor; a password lets it in.

        例 e.g.: kemiao user add zhang --kind company --company 91310115MA1H8ABC12 --person 张伟 --as chen
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.users import AddUser, add_user

        with open_world(door) as world:
            answer = add_user(world, as_, AddUser(account, kind, person, company, funder))
        return _said(door, answer, f"已新增账户 {account};设首个密码:kemiao user password {account} --generate", f"account {account} added; its first password: kemiao user password {account} --generate")  # fmt: skip

    @command(group, name="list")
    def list_(door: Door) -> object:
        """全部门户账户(含员工)及其登录方式 / All accounts of the portal, staff too, and how they sign in.  例 e.g.: kemiao user list --json"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.users import users

        with open_world(door) as world:
            rows = list(users(world))
        if door.as_json:
            return door.lines(rows)
        titles = [("账户", "account"), ("类型", "kind"), ("人", "person"), ("企业/资金方", "of"), ("密码", "password"), ("验证码", "codes"), ("令牌", "tokens"), ("状态", "state")]  # fmt: skip
        states = {"none": door.word("未设", "none"), "first": door.word("首次", "first"), "lapsed": door.word("失效", "lapsed"), "set": door.word("已设", "set")}  # fmt: skip
        door.table("", [door.word(*title) for title in titles], [
            [row["account"], row["kind"], row["person"] or "—", row["company"] or row["funder"], states[row["password"]],
             door.word("已启用", "on") if row["totp"] else "", row["tokens"] or "", door.word("停用", "closed") if row["closed"] else ""]
            for row in rows
        ], ("还没有账户:kemiao staff add", "there are no accounts yet: kemiao staff add"))  # fmt: skip
        return None

    @command(group)
    def close(door: Door, account: Name, as_: Account = None) -> object:
        """停用账户:不再能登录,会话与令牌失效 / The account signs in no more; sessions and tokens end.  例 e.g.: kemiao user close zhang --as chen"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.users import close_user

        with open_world(door) as world:
            answer = close_user(world, as_, account)
        return _said(door, answer, f"账户 {account} 已停用", f"account {account} is closed")

    @command(group)
    def password(
        door: Door,
        account: Name,
        file: Annotated[Path | None, typer.Option("--password-file", help="首行是密码,只有本人可读 / its first line; only you may read it", metavar="FILE", show_default=False)] = None,
        generate: Annotated[bool, typer.Option("--generate", help="生成一个,只显示一次 / one is made and shown once")] = False,
        as_: Account = None,
    ) -> object:  # fmt: skip
        """设首个密码:只开一次门,登录后须改;其会话结束 / A first password: opens once and is changed then; the account's sessions end.

        例 e.g.: kemiao user password zhang --generate --as chen
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.users import set_password

        if generate and file is not None:
            raise typer.BadParameter("--generate | --password-file")
        chosen = None if generate else _from_file(file) if file is not None else _typed(door)
        with open_world(door) as world:
            answer = set_password(world, as_, account, chosen)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document({name: value for name, value in answer.items() if name != "password" or value is not None})  # fmt: skip
        until = answer["until"]
        door.say(f"账户 {account} 的首个密码已设,{until} 前用一次", f"the first password of {account} is set: it opens once, until {until}")  # fmt: skip
        return door.text(answer["password"]) if answer["password"] else None

    @command(group)
    def totp(
        door: Door,
        account: Name,
        reset: Annotated[bool, typer.Option("--reset", help="手机与恢复码都丢失时停用 / where phone and recovery codes are lost")] = False,
        as_: Account = None,
    ) -> object:  # fmt: skip
        """一次性验证码的状态;--reset 停用(启用在门户的“我的账户”)/ One-time codes; --reset takes them away (they are set at the portal).

        例 e.g.: kemiao user totp zhang --reset --as chen
        """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.users import reset_totp, state_of

        with open_world(door) as world:
            answer = reset_totp(world, as_, account) if reset else state_of(world, account)
        if isinstance(answer, Refusal) or reset:
            return _said(
                door, answer, f"账户 {account} 的验证码已停用", f"the one-time codes of {account} are taken away"
            )
        if door.as_json:
            return door.document(answer)
        if not answer["totp"]:
            return door.text(door.word("未启用", "none"))
        left = answer["recovery_left"]
        return door.text(door.word(f"已启用,剩余恢复码 {left} 个", f"on; {left} recovery codes left"))

    tokens = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group.add_typer(tokens, name="token", help="API 令牌 / API tokens.  例 e.g.: kemiao user token list")

    @command(tokens, name="add")
    def token_add(
        door: Door,
        name: Annotated[str, typer.Argument(metavar="NAME", help="用途 / what it is for")],
        scope: Annotated[list[str], typer.Option("--scope", help="范围,可多次 / a scope, may be repeated (access.toml)")],
        until: Annotated[str, typer.Option("--until", help="至哪天(含) / until that day, included")],
        as_: Account = None,
    ) -> object:  # fmt: skip
        """为自己的账户(--as)建一个令牌,只显示一次 / A token of one's own account (--as), shown once.

        例 e.g.: kemiao user token add 报表取数 --scope companies --until 2025-06-30 --as li
        """
        from kemiao.app.options import optional_day
        from kemiao.app.world import open_world
        from kemiao.bank.commands.users import make_token

        day = optional_day(until)
        if day is None:
            raise typer.BadParameter("--until")
        with open_world(door) as world:
            answer = make_token(world, as_, name, tuple(scope), day)
        if isinstance(answer, Refusal):
            return answer
        if door.as_json:
            return door.document(answer)
        door.say(
            f"令牌 {answer['token']} 至 {day},只显示这一次:", f"token {answer['token']} until {day}, shown this once:"
        )
        return door.text(answer["text"])

    @command(tokens, name="list")
    def token_list(
        door: Door,
        account: Annotated[str | None, typer.Option("--account", help="只看这个账户 / of this account only", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """令牌:账户、用途、范围、期限 / Tokens: account, purpose, scopes, until.  例 e.g.: kemiao user token list --account li"""
        from kemiao.app.world import open_world
        from kemiao.bank.credentials import tokens as run

        with open_world(door) as world:
            rows = [{"token": each.number, "account": each.account, "name": each.name, "scopes": list(each.scopes), "until": each.until.isoformat(), "made_at": each.made_at, "revoked": each.revoked} for each in run(world, account)]  # fmt: skip
        if door.as_json:
            return door.lines(rows)
        titles = [
            ("令牌", "token"),
            ("账户", "account"),
            ("用途", "for"),
            ("范围", "scopes"),
            ("至", "until"),
            ("状态", "state"),
        ]
        door.table("", [door.word(*title) for title in titles], [
            [row["token"], row["account"], row["name"], " ".join(row["scopes"]), row["until"], door.word("已撤销", "revoked") if row["revoked"] else ""]
            for row in rows
        ], ("没有令牌", "there are no tokens"))  # fmt: skip
        return None

    @command(tokens, name="revoke")
    def token_revoke(
        door: Door, token: Annotated[str, typer.Argument(metavar="TOKEN", help="令牌编号 / its number")], as_: Account = None
    ) -> object:  # fmt: skip
        """撤销令牌:本人或管理员 / Revokes a token: its own account or an administrator.  例 e.g.: kemiao user token revoke 3f2a9c0112345678 --as chen"""
        from kemiao.app.world import open_world
        from kemiao.bank.commands.users import revoke_token

        with open_world(door) as world:
            answer = revoke_token(world, as_, token)
        return _said(door, answer, f"令牌 {token} 已撤销", f"token {token} is revoked")


def _said(door: Door, answer: Any, zh: str, en: str) -> object:
    if isinstance(answer, Refusal):
        return answer
    return door.document(answer) if door.as_json else door.text(door.word(zh, en))


def _from_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise Refused(Refusal.at("PASSWORD_FILE_OPEN_TO_OTHERS", f"别的用户也能读写它;请执行 chmod 600 {path}", f"other users may read or write it; run chmod 600 {path}", file=path))  # fmt: skip
            line = file.readline(_FILE_MAX).decode("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(Refusal.at("NO_PASSWORD_FILE", "密码文件读不出", "the password file can't be read", file=path)) from error  # fmt: skip
    return line


def _typed(door: Door) -> str:
    if not sys.stdin.isatty():
        raise Refused(Refusal("PASSWORD_NEEDED", "需要密码:--generate、--password-file,或在终端输入", "a password is needed: --generate, --password-file, or typed at a terminal"))  # fmt: skip
    from getpass import getpass

    typed = getpass(door.word("首个密码:", "First password: "))
    if getpass(door.word("再输一次:", "Once more: ")) != typed:
        raise Refused(Refusal("PASSWORDS_DIFFER", "两次输入的密码不同", "the two passwords differ"))
    return typed
