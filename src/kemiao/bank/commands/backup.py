"""backup, restore: a whole home in one file, taken while nobody writes.

Of a log in PostgreSQL the archive has the rows (event_log.rows, a line each), and a backup may be restored into either engine.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import tarfile
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from kemiao.bank.database import Database
from kemiao.bank.event_log import EventLog
from kemiao.bank.home import Home, database_lines, empty, migrate, open_home
from kemiao.base.clock import FixedClock
from kemiao.base.refusal import BrokenInvariant, Outage, Refusal
from kemiao.data.vault import Vault

_PIECE = 1 << 20
_LEFT_OUT = ("work", ".lock")  # scratch, and the lock itself
_ROWS = "event_log.rows"


def backup(root: Path, out: Path) -> Refusal | int:
    """Writes `out` (a .tar.gz that only its owner may read: it holds the vault's keys); returns its size in bytes.

    The file appears whole or not at all.
    """
    home = open_home(root)
    if out.exists():
        return Refusal.at("FILE_EXISTS", "文件已存在,不覆盖", "the file exists; it is not overwritten", file=out)
    building = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with home.exclusive(), tarfile.open(building, "x:gz", compresslevel=3) as tar:
            building.chmod(0o600)
            for path in sorted(root.iterdir()):
                if path == home.chain:
                    _add_chain(tar, path, building.with_suffix(".node"))
                elif path.name not in _LEFT_OUT:
                    tar.add(path, arcname=path.name)
            if home.database is not None:
                _add_rows(tar, home, building.with_suffix(".rows"))
        building.rename(out)
    except OSError as error:
        with suppress(OSError):
            building.unlink(missing_ok=True)
        raise Outage(
            "BACKUP_FAILED", f"备份失败:{error.strerror}", f"the backup failed: {error.strerror}", {"file": out}
        ) from error
    return out.stat().st_size


def _add_rows(tar: tarfile.TarFile, home: Home, file: Path) -> None:
    try:
        with closing(_log(home)) as log, file.open("w", encoding="utf-8") as lines:
            file.chmod(0o600)
            for table, row in log.rows():
                if row.get("sealed") is not None:
                    row["sealed"] = b64encode(row["sealed"]).decode()
                lines.write(json.dumps([table, row], ensure_ascii=False) + "\n")
        tar.add(file, arcname=_ROWS)
    finally:
        file.unlink(missing_ok=True)


def _rows(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            table, row = json.loads(line)
            if row.get("sealed") is not None:
                row["sealed"] = b64decode(row["sealed"])
            yield table, row


def _log(home: Home) -> EventLog:
    """To copy rows: nothing is dated, sealed or opened."""
    return EventLog(home, FixedClock(datetime(1970, 1, 1, tzinfo=UTC)), Vault(home.vault, _no_bytes), _no_bytes)


def _no_bytes(_: int) -> bytes:
    raise BrokenInvariant("rows are copied as they are")


def _settle(building: Home, database: Database | None) -> None:
    """The event log where it is to be: the archive has it as a file of SQLite or as rows."""
    rows, file = building.root / _ROWS, building.event_log
    kept = [line for line in building.settings.read_text("utf-8").splitlines() if not line.startswith("event_log")]
    target = Home(building.root, database=database)
    if rows.is_file():
        migrate(target)
        with closing(_log(target)) as log:
            log.fill(_rows(rows))
        rows.unlink()
    elif database is not None:
        migrate(target)
        with closing(_log(Home(building.root))) as old, closing(_log(target)) as log:
            log.fill(old.rows())
        file.unlink()
    lines = database_lines(database) if database else []
    building.settings.write_text("\n".join([*kept, *lines]) + "\n", "utf-8")


def _add_chain(tar: tarfile.TarFile, folder: Path, copy: Path) -> None:
    """A node serves others while we copy: its file, and that of the parcels, are taken as they are at one moment, without what
    lies beside them."""
    from kemiao.bank.chain_link import NODE_FILE, PARCELS_FILE
    from kemiao.chain.mailbox import Mailbox
    from kemiao.chain.sqlite_store import SqliteStore

    tar.add(folder, arcname=folder.name, recursive=False)
    for path in sorted(folder.iterdir()):
        if path.name in (NODE_FILE, PARCELS_FILE):
            try:
                (SqliteStore if path.name == NODE_FILE else Mailbox).copy(path, copy)
                copy.chmod(0o600)
                tar.add(copy, arcname=f"{folder.name}/{path.name}")
            finally:
                copy.unlink(missing_ok=True)
        elif not path.name.startswith((NODE_FILE, PARCELS_FILE)):
            tar.add(path, arcname=f"{folder.name}/{path.name}")


def restore(file: Path, root: Path, database: Database | None = None) -> Refusal | None:
    """Unpacks a backup as the home `root`, which must not exist; refuses what is not a backup or is of another schema.
    database: for the event log, which must have none yet (DATABASE_IN_USE); without it the log becomes a file of the home."""
    if root.exists():
        return Refusal.at(
            "HOME_EXISTS",
            "目标目录已存在,恢复只写入新目录",
            "the target exists; a backup is restored to a new folder",
            home=root,
        )
    building = root.with_name(f".{root.name}.{os.getpid()}.restore")
    try:
        building.mkdir(parents=True, mode=0o700)  # as every home: it holds keys
        with gzip.open(file) as packed:
            with tarfile.open(fileobj=packed, mode="r:") as tar:
                for member in tar:
                    _unpack(tar, member, building)
            while packed.read(_PIECE):  # to the end, where the checksum of the whole stands: tarfile stops before it
                pass
        (building / "work").mkdir(exist_ok=True)
        if not Home(building).settings.is_file():
            return Refusal.at("NOT_A_BACKUP", "不是科苗的备份文件", "is not a backup of a home", file=file)
        open_home(building)  # refuses a home that this program would misread
        if database is not None:
            empty(database)
        _settle(Home(building), database)
        building.rename(root)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        return Refusal.at("NOT_A_BACKUP", f"不是完整的备份文件:{error}", f"is not a whole backup: {error}", file=file)
    except FileNotFoundError:
        return Refusal.at("NO_SUCH_FILE", "没有这个文件", "there is no such file", file=file)
    except OSError as error:
        raise Outage("RESTORE_FAILED", f"恢复失败:{error}", f"the restore failed: {error}", {"file": file}) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return None


def _unpack(tar: tarfile.TarFile, member: tarfile.TarInfo, root: Path) -> None:
    """A file or a folder below root. Links, devices and paths that lead outside are no backup of ours.

    Written out because tarfile's own filters came with Python 3.11.4, and systems carry older ones.
    """
    place = PurePosixPath(member.name)
    if place.is_absolute() or ".." in place.parts or not (member.isreg() or member.isdir()):
        raise tarfile.ReadError(f"{member.name} leads outside or is no plain file")
    target = root / place
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        return
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = tar.extractfile(member)
    if content is None:
        raise tarfile.ReadError(f"{member.name} has no content")
    with content, target.open("wb") as file:
        shutil.copyfileobj(content, file)
    target.chmod(member.mode & 0o777)
