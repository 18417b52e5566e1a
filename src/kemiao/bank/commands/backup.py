"""backup, restore: a whole home in one file, taken while nobody writes."""

from __future__ import annotations

import gzip
import os
import shutil
import tarfile
import zlib
from contextlib import suppress
from pathlib import Path, PurePosixPath

from kemiao.bank.home import Home, open_home
from kemiao.base.refusal import Outage, Refusal

_PIECE = 1 << 20
_LEFT_OUT = ("work", ".lock")  # scratch, and the lock itself


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
        building.rename(out)
    except OSError as error:
        with suppress(OSError):
            building.unlink(missing_ok=True)
        raise Outage(
            "BACKUP_FAILED", f"备份失败:{error.strerror}", f"the backup failed: {error.strerror}", {"file": out}
        ) from error
    return out.stat().st_size


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


def restore(file: Path, root: Path) -> Refusal | None:
    """Unpacks a backup as the home `root`, which must not exist; refuses what is not a backup or is of another schema."""
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
