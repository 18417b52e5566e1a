"""The form of a table of facts: columns with unit and meaning, the columns that name a company, provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

Kind = Literal["text", "company", "day", "fen", "ppm", "count", "flag", "choice"]
Protection = Literal["plain", "personal", "text"]  # the last two are encrypted under the subject's key

ARROW: Mapping[str, pa.DataType] = {
    "text": pa.string(),
    "company": pa.string(),
    "day": pa.date32(),
    "fen": pa.int64(),
    "ppm": pa.int64(),
    "count": pa.int64(),
    "flag": pa.bool_(),
    "choice": pa.string(),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `required` columns are never null in the lake; the others are null where unknown, never zero.

    later: came after the first release. Where it is null it adds nothing to a row's digests, so that rows written before it
    keep theirs: the same paper is still the same fact, and an older decision's fingerprints still fit.
    """

    name: str
    kind: Kind
    zh: str
    en: str
    required: bool = False
    choices: tuple[str, ...] = ()
    low: int | None = None  # smallest value allowed, where there is one
    protection: Protection = "plain"
    later: bool = False

    @property
    def arrow(self) -> pa.DataType:
        return pa.binary() if self.protection != "plain" else ARROW[self.kind]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of facts. `subjects` are the columns whose company the row is about: a Permit opens rows by them."""

    name: str
    zh: str
    en: str
    happened_on: str  # the own column that dates the fact
    key: tuple[str, ...]  # what makes two rows the same fact, unless a map states another key
    columns: tuple[Column, ...]
    subjects: tuple[str, ...] = ("company",)
    by_name: Mapping[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})

    @property
    def arrow_schema(self) -> pa.Schema:
        own = [pa.field(column.name, column.arrow, not column.required) for column in self.columns]
        return pa.schema([*own, *PROVENANCE])


# Every row says when it happened, when it was known, who said so, on what basis, and where it stood.
PROVENANCE = (
    pa.field("fact_id", pa.binary(), nullable=False),  # 16 bytes of SHA-256 over the map's key of the row
    pa.field("content_id", pa.binary(), nullable=False),  # 16 bytes of SHA-256 over all of the row's own columns
    pa.field("happened_on", pa.date32()),  # null where the source does not date it
    pa.field("known_at", pa.date32()),  # null: undated, always known
    pa.field("source", pa.string(), nullable=False),  # the map's name
    pa.field("basis", pa.string(), nullable=False),  # consent:FILE, office:ARTICLE, anonymised, own
    pa.field("batch", pa.int64(), nullable=False),
    pa.field("file", pa.int32(), nullable=False),  # number of the file inside its batch
    pa.field("row", pa.int64(), nullable=False),  # as the owner counts: the header is row 1
    pa.field("revision", pa.int32(), nullable=False),  # 0 at first; a later state of the same fact counts up
)
