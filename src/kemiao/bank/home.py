"""A home: one installation in a folder, with a schema version. An old one is upgraded, a newer one refused."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib.resources import as_file, files
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DatabaseError, DBAPIError

from kemiao.bank.database import Database, is_outage, outages, parse_database, postgres_engine, sqlite_engine, url_of
from kemiao.base.refusal import BrokenInvariant, Outage, Refusal, Refused
from kemiao.data.vault import Vault

SCHEMA = 1
_SETTINGS = "kemiao.toml"
_UNFIT = re.compile(r"[\[\]\\^|\t]|%[0-9A-Fa-f]{2}")
_FOLDERS = ("lake", "quarantine", "models", "reports", "policy", "law", "work")


@dataclass(frozen=True, slots=True)
class Home:
    """Where things lie. `today` stands where a study or a demo fixed the day of this installation. database: where the event log
    is, if not in this folder."""

    root: Path
    today: date | None = None
    database: Database | None = None

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def references(self) -> Path:
        """Populations that technology grades are given against; the folder comes with the first."""
        return self.root / "references"

    @property
    def books(self) -> Path:
        """Columnar chunks of loans, messages and postings, by digest. The folder comes with the first."""
        return self.root / "books"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def policy(self) -> Path:
        return self.root / "policy"

    @property
    def law(self) -> Path:
        return self.root / "law"

    @property
    def work(self) -> Path:
        """Scratch: whatever lies here may be deleted when nobody holds the lock."""
        return self.root / "work"

    @property
    def vault(self) -> Path:
        return self.root / "vault.db"

    @property
    def event_log(self) -> Path:
        return self.root / "event_log.db"

    @property
    def chain(self) -> Path:
        """Our side of the shared chain: settings, genesis, node or replica, leaves of batches. Comes when the home takes part."""
        return self.root / "chain"

    @property
    def keys(self) -> Path:
        """Encrypted key files. They come with the first identity."""
        return self.root / "keys"

    @property
    def settings(self) -> Path:
        return self.root / _SETTINGS

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """The one writer of this home. Others wait; the lock goes with its process, however that ends."""
        try:
            file = (self.root / ".lock").open("a+")
        except OSError as error:
            raise _unwritable(self.root, error) from error
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def open_home(root: Path) -> Home:
    """Refuses NO_HOME, HOME_IS_NEWER, HOME_IS_OLDER, BAD_SETTINGS."""
    settings = root / _SETTINGS
    _fit(root)
    if not settings.is_file():
        raise Refused(
            Refusal.at("NO_HOME", "这里没有科苗的数据目录,请先 kemiao init 或 kemiao import", "there is no home here: kemiao init or kemiao import makes one", home=root)
        )  # fmt: skip
    content = _settings(settings)
    schema = content.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool):
        raise Refused(
            Refusal.at("BAD_SETTINGS", "schema 须为整数", "schema is a whole number", file=settings, key="schema")
        )
    if schema > SCHEMA:
        raise Refused(
            Refusal.at("HOME_IS_NEWER", f"数据目录的版本是 {schema},本程序只认识到 {SCHEMA},请升级程序", f"the home has schema {schema}, this program knows up to {SCHEMA}: install a newer one", home=root)
        )  # fmt: skip
    if schema < SCHEMA:
        raise Refused(
            Refusal.at("HOME_IS_OLDER", f"数据目录的版本是 {schema},请先 kemiao upgrade", f"the home has schema {schema}: run kemiao upgrade", home=root)
        )  # fmt: skip
    today = content.get("today")
    if today is not None and type(today) is not date:  # a date with a time is no day
        raise Refused(
            Refusal.at(
                "BAD_SETTINGS",
                "today 须为日期,例如 2024-07-01",
                "today is a date such as 2024-07-01",
                file=settings,
                key="today",
            )
        )
    return Home(root, today, _database(content, settings))


def create_home(
    root: Path, random_bytes: Callable[[int], bytes], today: date | None = None, database: Database | None = None
) -> Home:
    """Makes a home, whole or not at all: it is built beside its place and moved there. database: for its event log; refuses
    DATABASE_IN_USE where another home's is there."""
    if (root / _SETTINGS).exists():
        raise Refused(Refusal.at("HOME_EXISTS", "数据目录已存在", "the home exists already", home=root))
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise Refused(
            Refusal.at(
                "NOT_EMPTY", "该目录不为空,也不是科苗的数据目录", "the folder is neither empty nor a home", home=root
            )
        )
    root = root.absolute()  # `.` has no name to build beside
    _fit(root)
    building = root.with_name(f".{root.name}.{os.getpid()}.new")
    shutil.rmtree(building, ignore_errors=True)  # left by a process of the same number that was killed
    try:
        building.mkdir(parents=True, mode=0o700)
        home = Home(building, today, database)
        for folder in _FOLDERS:
            (building / folder).mkdir()
        _write_policy(home.policy)
        Vault.create(home.vault, random_bytes)
        if database is not None:
            empty(database)
        migrate(home)
        lines = [
            f"schema = {SCHEMA}",
            *([f"today = {today.isoformat()}  # 固定的当日 / this installation's day stands still"] if today else []),
            *(database_lines(database) if database else []),
        ]
        home.settings.write_text("\n".join(lines) + "\n", "utf-8")
        if root.exists():
            root.rmdir()
        building.rename(root)
    except (OSError, DatabaseError) as error:
        raise _unwritable(root, error) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)  # nothing is left of it once it was moved
    return Home(root, today, database)


def engine_of(home: Home) -> Engine:
    """To the database of the event log."""
    return sqlite_engine(home.event_log) if home.database is None else postgres_engine(home.database)


def empty(database: Database) -> None:
    """Refuses DATABASE_IN_USE. Raises Outage."""
    engine = postgres_engine(database)
    try:
        with outages(database), engine.connect() as connection:
            if connection.execute(text("SELECT to_regclass('event')")).scalar() is not None:
                raise Refused(Refusal.at("DATABASE_IN_USE", "该数据库里已有事件日志", "there is an event log in this database already", database=database.shown))  # fmt: skip
    finally:
        engine.dispose()


def database_lines(database: Database) -> list[str]:
    """Of kemiao.toml."""
    lines = [f"event_log = {json.dumps(url_of(database))}  # 事件日志所在 / where the event log is"]
    if database.password_file is not None:
        lines.append(f"event_log_password_file = {json.dumps(str(database.password_file), ensure_ascii=False)}")
    return lines


def _database(content: dict[str, object], settings: Path) -> Database | None:
    """Refuses BAD_SETTINGS."""
    url, file = content.get("event_log"), content.get("event_log_password_file")
    if url is None:
        return None
    found = parse_database(url, Path(file) if isinstance(file, str) else None) if isinstance(url, str) else None
    if not isinstance(found, Database) or not isinstance(file, str | None):
        zh, en = (found.zh, found.en) if isinstance(found, Refusal) else ("须为文字", "a text")
        raise Refused(Refusal.at("BAD_SETTINGS", f"event_log:{zh}", f"event_log: {en}", file=settings, key="event_log"))
    return found


def migrate(home: Home) -> None:
    """Brings the event log's tables to this program's form (Alembic). Raises Outage where its database is away."""
    from alembic import command
    from alembic.config import Config

    engine = engine_of(home)
    with as_file(files("kemiao.bank").joinpath("migrations")) as scripts:
        config = Config()
        config.set_main_option("script_location", str(scripts))
        config.attributes["engine"] = engine  # an option would take `%` in a path for its own
        try:
            command.upgrade(config, "head")
        except DBAPIError as error:
            if home.database is None or not is_outage(error):
                raise
            with outages(home.database):
                raise
        finally:
            engine.dispose()


def upgrade_home(root: Path) -> tuple[int, int]:
    """An older home, step by step to this schema, with the policies that it lacks. Returns the schema before and after. A newer one is refused."""
    content = _settings(root / _SETTINGS) if (root / _SETTINGS).is_file() else {}
    schema = content.get("schema")
    if schema == SCHEMA:
        home = open_home(root)
        with home.exclusive():
            migrate(home)
            _write_policy(home.policy)
        return SCHEMA, SCHEMA
    if isinstance(schema, int) and schema < SCHEMA:
        raise Refused(
            Refusal.at("HOME_TOO_OLD", f"没有从版本 {schema} 升级的办法:版本 1 是第一个发布的版本", f"there is no way up from schema {schema}: schema 1 is the first ever released", home=root)
        )  # fmt: skip
    open_home(root)  # says what is wrong
    raise BrokenInvariant("open_home admits only this schema")


def _fit(root: Path) -> None:
    """Refuses a place whose name the Delta tables can't live under: it would be taken for a URL, wrongly."""
    odd = _UNFIT.search(str(root.absolute()))
    if odd is not None:
        raise Refused(
            Refusal.at("PLACE_UNFIT", f"目录名不能含“{odd[0]}”", f"the name of the folder may not have {odd[0]!r}", home=root)
        )  # fmt: skip


def _settings(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(
            Refusal.at("NOT_TOML", f"不是合法的 TOML:{error}", f"is not valid TOML: {error}", file=path)
        ) from error


def _write_policy(folder: Path) -> None:
    """The package's policies that the home has no version of."""
    own = {path.name.split(".")[0] for path in folder.glob("*.toml")}
    for resource in files("kemiao.bank.default_policy").iterdir():
        if resource.name.endswith(".toml") and resource.name.split(".")[0] not in own:
            (folder / resource.name).write_bytes(resource.read_bytes())
    _write_products(folder / "products")


def _write_products(folder: Path) -> None:
    """The package's products that the home has no version of; in a home that was made before there were any: all."""
    folder.mkdir(exist_ok=True)
    own = {path.name.split(".")[0] for path in folder.glob("*.toml")}
    for resource in files("kemiao.bank.default_policy").joinpath("products").iterdir():
        if resource.name.endswith(".toml") and resource.name.split(".")[0] not in own:
            (folder / resource.name).write_bytes(resource.read_bytes())


def _unwritable(root: Path, error: OSError | DatabaseError) -> Outage:
    cause = error.strerror if isinstance(error, OSError) else error.orig
    return Outage("HOME_UNWRITABLE", f"数据目录无法写入:{cause}", f"the home can't be written: {cause}", {"home": root})
