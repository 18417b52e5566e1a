"""Where the event log lies: SQLite in the home's folder, or a database of PostgreSQL that the home's settings name.

The password is never in the settings: a file has it, alone on its line or as a line of libpq's .pgpass.
"""

from __future__ import annotations

import ssl
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, ProgrammingError

from kemiao.base.refusal import Outage, Refusal, Refused

_LOCK = 0x6B656D69  # one number for all homes: a database has one home
_SECONDS = 10  # to a connection
_PORT = 5432


@dataclass(frozen=True, slots=True)
class Database:
    """A database of PostgreSQL. socket: folder of its Unix socket, instead of a host. password_file: None where none is asked for."""

    name: str
    user: str
    host: str | None
    port: int
    socket: str | None = None
    ca: str | None = None
    password_file: Path | None = None

    @property
    def shown(self) -> str:
        return f"postgresql://{self.user}@{self.socket or self.host}:{self.port}/{self.name}"

    @property
    def near(self) -> bool:
        """On this machine: then without TLS."""
        return self.socket is not None or self.host in ("localhost", "127.0.0.1", "::1")


def parse_database(url: str, password_file: Path | None = None) -> Database | Refusal:
    """postgresql://USER@HOST[:PORT]/NAME, or postgresql://USER@/NAME?host=FOLDER for a socket; ?sslrootcert=FILE: whom to trust.
    Refuses BAD_DATABASE."""
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):
        return _bad("postgresql://USER@HOST:PORT/NAME")
    query = dict(parts.query)
    socket, ca = query.pop("host", None), query.pop("sslrootcert", None)
    if parts.drivername != "postgresql" or not parts.database or not parts.username or query:
        return _bad("postgresql://USER@HOST:PORT/NAME")
    if parts.password is not None:
        return _bad("密码须在文件中 / the password belongs into a file: --event-log-password-file, PGPASSFILE")
    if not isinstance(socket, str | None) or not isinstance(ca, str | None) or (socket is None) == (parts.host is None):
        return _bad("host 须一个 / one host")
    return Database(parts.database, parts.username, parts.host, parts.port or _PORT, socket, ca, password_file)


def url_of(database: Database) -> str:
    """What parse_database reads."""
    query = {name: value for name, value in (("host", database.socket), ("sslrootcert", database.ca)) if value}
    return URL.create(
        "postgresql", database.user, host=database.host, port=database.port, database=database.name, query=query
    ).render_as_string()


def sqlite_engine(file: Path, **options: Any) -> Engine:
    return create_engine(URL.create("sqlite", database=str(file)), connect_args={"timeout": 60}, **options)


def postgres_engine(database: Database, **options: Any) -> Engine:
    """Connections are tried before they are used: the server may have been away meanwhile."""
    given: dict[str, Any] = {"timeout": _SECONDS, "application_name": "kemiao", "tcp_keepalive": True}
    if database.socket is not None:
        given["unix_sock"] = f"{database.socket}/.s.PGSQL.{database.port}"
    if not database.near:
        given["ssl_context"] = ssl.create_default_context(cafile=database.ca)
    password = _password(database)
    url = URL.create(
        "postgresql+pg8000", database.user, password, database.host, None if database.socket else database.port, database.name
    )  # fmt: skip
    return create_engine(url, connect_args=given, pool_pre_ping=True, pool_size=1, max_overflow=20, **options)


def hold(connection: Connection) -> None:
    """Until the transaction's end nobody else writes, from whatever machine; and its commit is on disk when it returns."""
    connection.execute(text("SET LOCAL synchronous_commit = on"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def said_by(error: DBAPIError) -> str:
    """The driver's message, in one line."""
    told = error.orig.args[0] if error.orig is not None and error.orig.args else error.orig
    return str(told.get("M", told) if isinstance(told, dict) else told)


def is_outage(error: DBAPIError) -> bool:
    """Not what our own statement did wrong."""
    return not isinstance(error, IntegrityError | ProgrammingError)


@contextmanager
def outages(database: Database) -> Iterator[None]:
    """Raises Outage EVENT_LOG_UNAVAILABLE where the server is away or will not serve."""
    try:
        yield
    except DBAPIError as error:
        raise Outage(
            "EVENT_LOG_UNAVAILABLE", f"数据库不可用:{said_by(error)}", f"the database is not available: {said_by(error)}",
            {"database": database.shown},
        ) from error  # fmt: skip


def _password(database: Database) -> str | None:
    """Refuses PASSWORD_FILE where the file can't be read, or others may read it."""
    file = database.password_file
    if file is None:
        return None
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise Refused(Refusal.at("PASSWORD_FILE", "密码文件不得让他人读取(chmod 600)", "others may read the file of the password: chmod 600", file=file))  # fmt: skip
        lines = [line for line in file.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    except OSError as error:
        raise Refused(Refusal.at("PASSWORD_FILE", f"无法读取密码文件:{error.strerror}", f"the file of the password can't be read: {error.strerror}", file=file)) from error  # fmt: skip
    for line in lines:
        parts = _pgpass(line)
        if len(parts) == 5:
            asked = (database.socket or database.host, str(database.port), database.name, database.user)
            if all(part in ("*", value) for part, value in zip(parts, asked, strict=False)):
                return parts[4]
        elif len(lines) == 1:
            return line
    raise Refused(Refusal.at("PASSWORD_FILE", "密码文件里没有这个数据库的一行", "the file of the password has no line for this database", file=file))  # fmt: skip


def _pgpass(line: str) -> list[str]:
    """host:port:database:user:password; a backslash keeps what follows it."""
    parts, kept = [""], False
    for letter in line:
        if letter == "\\" and not kept:
            kept = True
        elif letter == ":" and not kept and len(parts) < 5:
            parts.append("")
        else:
            parts[-1], kept = parts[-1] + letter, False
    return parts


def _bad(why: str) -> Refusal:
    return Refusal.at("BAD_DATABASE", f"数据库地址不对:{why}", f"not an address of a database: {why}")
