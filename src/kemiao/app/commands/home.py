"""kemiao init | backup | restore | upgrade | erase"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kemiao.app.door import Door, command


def register(cli: typer.Typer) -> None:
    @command(cli)
    def init(
        door: Door,
        today: Annotated[
            str | None, typer.Option(help="固定的当日,用于研究与演示 / the day stands still, for studies")
        ] = None,
        event_log: Annotated[str | None, typer.Option("--event-log", help="事件日志所在的 PostgreSQL / keep the event log in PostgreSQL: postgresql://USER@HOST/NAME", show_default=False)] = None,
        password_file: Annotated[Path | None, typer.Option("--event-log-password-file", help="其密码的文件 / file of its password [PGPASSFILE]", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """新建数据目录 / Make a new home.  例 e.g.: kemiao init --home branch"""
        import os

        from kemiao.app.options import database_of
        from kemiao.bank.home import create_home
        from kemiao.base.dates import parse_date
        from kemiao.base.refusal import Refusal

        day = parse_date(today) if today else None
        if isinstance(day, Refusal):
            return day
        database = database_of(event_log, password_file)
        if isinstance(database, Refusal):
            return database
        home = create_home(door.home, os.urandom, day, database)
        if door.as_json:
            door.document({"home": str(home.root), "today": day})
        else:
            door.text(
                door.word(
                    f"已新建 {home.root};政策在 {home.policy},请按本行的改",
                    f"made {home.root}; its policy is in {home.policy}: make it yours",
                )
            )
        return None

    @command(cli)
    def backup(
        door: Door, out: Annotated[Path, typer.Argument(help="目标文件 / the file to write, .tar.gz")]
    ) -> object:
        """备份整个数据目录(含密钥,请妥善保管) / Back up the whole home, keys included.  例 e.g.: kemiao backup 2024-07-01.tar.gz"""
        from kemiao.bank.commands.backup import backup as take
        from kemiao.base.refusal import Refusal

        size = take(door.home, out)
        if isinstance(size, Refusal):
            return size
        if door.as_json:
            door.document({"file": str(out), "bytes": size})
        else:
            door.text(
                door.word(
                    f"已备份到 {out}({size:,} 字节,含密钥,仅本人可读)",
                    f"backed up to {out} ({size:,} bytes, with the keys: readable by its owner only)",
                )
            )
        return None

    @command(cli)
    def restore(
        door: Door,
        file: Annotated[Path, typer.Argument(help="备份文件 / the backup")],
        event_log: Annotated[str | None, typer.Option("--event-log", help="事件日志所在的 PostgreSQL / keep the event log in PostgreSQL: postgresql://USER@HOST/NAME", show_default=False)] = None,
        password_file: Annotated[Path | None, typer.Option("--event-log-password-file", help="其密码的文件 / file of its password [PGPASSFILE]", show_default=False)] = None,
    ) -> object:  # fmt: skip
        """从备份恢复到新目录 / Restore a backup as a new home.  例 e.g.: kemiao restore 2024-07-01.tar.gz --home again"""
        from kemiao.app.options import database_of
        from kemiao.bank.commands.backup import restore as put_back
        from kemiao.base.refusal import Refusal

        database = database_of(event_log, password_file)
        if isinstance(database, Refusal):
            return database
        refusal = put_back(file, door.home, database)
        if refusal is not None:
            return refusal
        if door.as_json:
            door.document({"home": str(door.home)})
        else:
            door.text(
                door.word(
                    f"已恢复到 {door.home};备份之后做过的删除(kemiao erase)须重做一遍",
                    f"restored to {door.home}; what was erased after the backup was taken must be erased again (kemiao erase)",
                )
            )
        return None

    @command(cli)
    def upgrade(door: Door) -> object:
        """把旧版本的数据目录升级到本程序的版本 / Bring an older home to this program's schema.  例 e.g.: kemiao upgrade"""
        from kemiao.bank.home import upgrade_home

        before, after = upgrade_home(door.home)
        if door.as_json:
            door.document({"from": before, "to": after})
        else:
            door.text(door.word(f"数据目录的版本:{before} → {after}", f"schema of the home: {before} → {after}"))
        return None

    @command(cli)
    def erase(
        door: Door,
        company: Annotated[str, typer.Argument(help="企业 / the company")],
        reason: Annotated[str, typer.Option(help="依据 / the ground for it")],
    ) -> object:
        """删除一家企业:销毁密钥,移除数据行 / Erase a company for good.  例 e.g.: kemiao erase uscc:91… --reason "撤回授权 2024-17" """
        from kemiao.app.world import open_world
        from kemiao.bank.commands.erase import erase as forget
        from kemiao.base.keys import parse_company
        from kemiao.base.refusal import Refusal
        from kemiao.portal.sessions import forget as forget_at_the_portal

        key = parse_company(company)
        if isinstance(key, Refusal):
            return key
        with open_world(door) as world:
            gone = forget(world, key, reason)
            if isinstance(gone, Refusal):
                return gone
            forget_at_the_portal(world.home.root, gone.accounts)
        if door.as_json:
            door.document(
                {
                    "company": gone.company,
                    "key_destroyed": gone.key_destroyed,
                    "tables": list(gone.tables),
                    "accounts": list(gone.accounts),
                }
            )
        else:
            door.text(
                door.word(
                    f"已删除 {gone.company}:密钥已销毁,数据行已移除",
                    f"erased {gone.company}: its key is destroyed, its rows are gone",
                )
            )
        return None
