"""A map: which raw columns of a file become which columns of a table of facts. TOML; docs/maps.md describes it.

Everything wrong with a map is found when it is read, and named by file and key.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib.resources import files
from pathlib import Path
from typing import Literal

from kemiao.base.digest import digest_bytes
from kemiao.base.refusal import Refusal, Refused
from kemiao.facts.schema import Column, Table

PACKAGE = "kemiao.data.maps"
OnChange = Literal["revise", "quarantine"]
_BITS = 63  # bad cells and failed checks of a row are bits of one integer


@dataclass(frozen=True, slots=True)
class Sign:
    """A raw column that says whether an amount goes out or comes in."""

    raw: tuple[str, ...]  # the first of these names that the header has
    minus: tuple[str, ...]
    plus: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """One canonical column: where it comes from (raw or credit/debit, then option, value, sql) and how it is read.

    raw: alternatives, each a tuple of names whose cells are joined. Names are normalised as `raw_name` does.
    """

    column: Column
    raw: tuple[tuple[str, ...], ...] = ()
    credit: tuple[str, ...] = ()
    debit: tuple[str, ...] = ()
    value: str | None = None
    option: str | None = None
    sql: str | None = None
    generate: bool = False
    optional: bool = False
    join: str = ""
    reading: str = ""
    unit: str = ""
    sign: int = 1
    sign_by: Sign | None = None
    scheme: str = ""
    fallback: str = ""
    hash_of: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    others: str | None = None
    true: tuple[str, ...] = ()
    false: tuple[str, ...] = ()
    round: bool = False
    keep_last: int | None = None
    blank: tuple[str, ...] = ()

    def needs(self) -> tuple[tuple[tuple[str, ...], ...], ...]:
        """What a header must have: for each entry, one of its alternatives with all its names."""
        if self.optional or self.option or self.generate or self.value is not None or self.sql is not None:
            return ()
        asked: list[tuple[tuple[str, ...], ...]] = [self.raw] if self.raw else []
        asked += [tuple((name,) for name in names) for names in (self.credit, self.debit) if names]
        if self.sign_by:
            asked.append(tuple((name,) for name in self.sign_by.raw))
        return tuple(asked)


@dataclass(frozen=True, slots=True)
class Check:
    code: str
    expect: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class KnownAt:
    """How the day on which a fact was known follows: happened_on + lag, a column, the import, or always (undated)."""

    lag_days: int | None = None
    column: str | None = None
    at_import: bool = False
    undated: bool = False
    assumed: bool = True


@dataclass(frozen=True, slots=True)
class TableMap:
    name: str
    fact: Table
    part: str
    columns: tuple[ColumnMap, ...]
    key: tuple[str, ...]  # canonical columns; all own columns where the map says "row"
    on_change: OnChange
    happened_on: str | None
    known_at: KnownAt
    owner: str | None
    checks: tuple[Check, ...] = ()
    files: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    with_raw: tuple[tuple[str, ...], ...] = ()  # of each entry one name
    without_raw: tuple[str, ...] = ()
    only_without: str | None = None
    sum: tuple[str, ...] = ()
    skip_where_blank: tuple[str, ...] = ()
    blank: tuple[str, ...] = ()

    @property
    def mapped(self) -> frozenset[str]:
        return frozenset(column.column.name for column in self.columns)

    def missing_from(self, header: Sequence[str]) -> list[str]:
        """Raw columns that a header lacks, as people read them; empty where the header fits."""
        have = set(header)
        lacking = []
        for column in self.columns:
            for alternatives in column.needs():
                if not any(set(names) <= have for names in alternatives):
                    lacking.append(" / ".join("+".join(names) for names in alternatives))
        lacking += [" / ".join(names) for names in self.with_raw if not have & set(names)]
        lacking += [f"-{name}" for name in self.without_raw if name in have]
        return lacking

    def admits(self, file: str, sheet: str | None) -> bool:
        by_file = not self.files or any(fnmatch(file, pattern) for pattern in self.files)
        return by_file and (not self.sheets or sheet is None or any(fnmatch(sheet, pattern) for pattern in self.sheets))

    def expected(self) -> list[str]:
        return self.missing_from(())


@dataclass(frozen=True, slots=True)
class Map:
    name: str
    title: Mapping[str, str]
    basis: str
    historical: bool
    absence: str
    tables: tuple[TableMap, ...]
    digest: str

    @property
    def options(self) -> frozenset[str]:
        return frozenset(column.option for table in self.tables for column in table.columns if column.option)


def raw_name(name: str) -> str:
    """Header names are compared without blanks, full-width forms as half-width."""
    return "".join(unicodedata.normalize("NFKC", name).replace("\ufeff", "").split())


def packaged_maps() -> dict[str, str]:
    """Name → text of the maps that come with the package."""
    folder = files(PACKAGE)
    return {
        resource.name.removesuffix(".toml"): resource.read_text("utf-8")
        for resource in sorted(folder.iterdir(), key=lambda resource: resource.name)
        if resource.name.endswith(".toml")
    }


def load_map(name_or_path: str) -> Map:
    """A packaged map by name, or the TOML file at a path. Raises Refused: NO_SUCH_MAP, or what is wrong with it."""
    packaged = packaged_maps()
    if name_or_path in packaged:
        return read_map(packaged[name_or_path], f"{name_or_path}.toml")
    path = Path(name_or_path)
    if path.suffix == ".toml" and path.is_file():
        try:
            return read_map(path.read_text("utf-8"), path.name)
        except UnicodeDecodeError as error:
            raise Refused(
                Refusal.at("NOT_UTF8", "映射文件须为 UTF-8", "a map is a UTF-8 file", file=path.name)
            ) from error
    known = ", ".join(packaged)
    raise Refused(
        Refusal.at("NO_SUCH_MAP", f"没有映射“{name_or_path}”;已有:{known};或写一个 .toml 文件的路径", f"there is no map {name_or_path!r}; there are {known}; or give the path of a .toml file")
    )  # fmt: skip


def read_map(text: str, file: str) -> Map:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused(
            Refusal.at("NOT_TOML", f"不是合法的 TOML:{error}", f"is not valid TOML: {error}", file=file)
        ) from error
    from kemiao.data.map_reading import MapReader

    return MapReader(file).map(content, digest_bytes("map", text.encode()))
