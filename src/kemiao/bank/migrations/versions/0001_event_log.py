"""The event log and its outbox, as first released."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # in the order of its bytes, as in SQLite


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("subject", _TEXT),
        sa.Column("ref", _TEXT),
        sa.Column("public", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("commitment", sa.Text),
        sa.Column("digest", sa.Text, nullable=False),
    )
    op.create_index("event_kind_subject", "event", ["kind", "subject", "seq"])
    op.create_index("event_ref", "event", ["ref"])
    op.create_table(
        "outbox",
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("event_seq", sa.Integer, sa.ForeignKey("event.seq"), nullable=False),
        sa.Column("entry", sa.Text, nullable=False),
    )
