"""Alembic's entry: runs the versions against the event log it is pointed at."""

from __future__ import annotations

from alembic import context
from sqlalchemy import URL, create_engine

engine = create_engine(URL.create("sqlite", database=context.config.attributes["event_log"]))
with engine.connect() as connection:
    context.configure(connection=connection, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
